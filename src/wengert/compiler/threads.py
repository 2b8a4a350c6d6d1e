"""Loops of compiled code on all cores: `wengert_parallel_for(block, context, blocks)` for machine code to call.

The pool is machine code as well, `threads.ll`, so that it needs neither the interpreter's lock nor a C library. Its
threads start with the first loop that wants them, sleep when nothing is to be done, and are started anew in a child of
`fork`. The blocks are fixed by the caller: how many threads share them changes no result.
"""

from __future__ import annotations

import ctypes
import os
import platform
from functools import cache
from string import Template
from typing import Final

from wengert.compiler import linking

__all__ = ["SYMBOL", "limit", "running", "usable"]

SYMBOL: Final = "wengert_parallel_for"

_MOST: Final = 64
_SEAT_BYTES: Final = 128
# How often a thread looks whether it is called before it sleeps, some ten nanoseconds each: as long as it takes to
# get from one loop of a kernel to the next, and short for whoever needs the core.
_LOOKS: Final = 600
_LOOKS_OF_CALLER: Final = 2000
_FUNCTIONS: Final = (
    *("PyThread_allocate_lock", "PyThread_acquire_lock", "PyThread_release_lock", "PyThread_start_new_thread"),
)
_PAUSES: Final = {
    "amd64": ("declare void @llvm.x86.sse2.pause()", "call void @llvm.x86.sse2.pause()"),
    "x86_64": ("declare void @llvm.x86.sse2.pause()", "call void @llvm.x86.sse2.pause()"),
    "aarch64": ("declare void @llvm.aarch64.hint(i32)", "call void @llvm.aarch64.hint(i32 1)"),
    "arm64": ("declare void @llvm.aarch64.hint(i32)", "call void @llvm.aarch64.hint(i32 1)"),
}


def usable() -> int:
    """How many cores loops may use: `$WENGERT_NUM_THREADS`, `$OMP_NUM_THREADS`, or what the system allows."""
    for name in ("WENGERT_NUM_THREADS", "OMP_NUM_THREADS"):
        # the latter may be a list, by the depth of nesting
        chosen = os.environ.get(name, "").partition(",")[0].strip()
        if chosen.isdecimal():
            return min(max(int(chosen), 1), _MOST)
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(min(allowed, _share_of_container(), _MOST), 1)


def _share_of_container() -> int:
    """How many cores' time the process is given, where it runs in a container that has less than the whole machine."""
    try:
        with open("/sys/fs/cgroup/cpu.max", encoding="ascii") as file:
            time, period = file.read().split()
        return -(-int(time) // int(period))
    except (OSError, ValueError):
        return _MOST


def limit(count: int) -> None:
    """Let loops run on at most `count` threads, the caller's included, from the next one on."""
    _function("wengert_limit_threads", None, ctypes.c_int64)(min(max(count, 1), _MOST))


def running() -> int:
    """How many threads share loops at present, the caller's included; 0 before the first loop."""
    return int(_function("wengert_count_threads", ctypes.c_int64)())


def _function(name: str, result: type | None, *arguments: type) -> ctypes._CFunctionType:
    return ctypes.CFUNCTYPE(result, *arguments)(_pool().address(name))


def _pool() -> linking.Code:
    with linking.LOCK:
        return _compiled()


@cache
def _compiled() -> linking.Code:
    for name in _FUNCTIONS:
        linking.provide(name, ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0)
    declare, pause = _PAUSES.get(platform.machine().lower(), ("", ""))
    text = Template(linking.beside("threads.ll")).substitute(
        most=_MOST,
        seats_bytes=_MOST * _SEAT_BYTES,
        looks=_LOOKS,
        looks_of_caller=_LOOKS_OF_CALLER,
        declare_pause=declare,
        pause=pause,
    )
    code = linking.kept(linking.compiled(text, effort=0))
    ctypes.CFUNCTYPE(None, ctypes.c_int64)(code.address("wengert_limit_threads"))(usable())
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=ctypes.CFUNCTYPE(None)(code.address("wengert_forget_threads")))
    return code


linking.provide_on_demand(SYMBOL, lambda: _pool().address(SYMBOL))
