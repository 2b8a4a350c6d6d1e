"""LLVM at work: a module becomes object code for this machine, and object code becomes addresses that can be called.

The loops reach this place already written with vectors of the host's width, so the passes are few and chosen for
latency: LLVM's own list for -O2 costs twenty times as much and finds little more in such code.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import Any, Final, NamedTuple

from llvmlite import binding

from wengert.compiler.linking import (
    LOCK,
    Code,
    EngineError,
    address_of,
    load,
    load_stored,
    provide,
    provide_on_demand,
    store,
)

__all__ = [
    "HURRIED",
    "LOCK",
    "Code",
    "EngineError",
    "Host",
    "compile_module",
    "has_fma",
    "host",
    "linked",
    "load",
    "load_stored",
    "object_code_aside",
    "provide",
    "provide_on_demand",
    "vector_width",
]

_LIBRARY_NUMBERS: Final = itertools.count()

# JITLink lays code and constants out side by side, so that both are reached relative to the program counter.
_JIT_LINK: Final = sys.platform in ("linux", "darwin")

# Characters of a module's text from which the back end works less hard: its time must stay in proportion to what the
# code can gain. A long run of code without a loop gains least, since it is limited by the instructions' own latencies.
_LONG: Final = 1_500_000
_VERY_LONG: Final = 16_000_000
_WITHOUT_A_LOOP: Final = 20_000

_ALL: Final = 3
HURRIED: Final = -1
"""An effort: code as soon as it can be there."""


def _before_fork() -> None:
    """Wait until LLVM is at rest: a child would inherit locks that nobody opens, and an LLVM that stopped half-way."""
    LOCK.acquire()
    # llvmlite's own, which it also takes when an object that is no longer used is given back to LLVM
    binding.ffi.lib._lock.__enter__()


def _after_fork() -> None:
    # an interrupt may have come before this thread had one or both of them
    with suppress(RuntimeError):
        binding.ffi.lib._lock.__exit__(None, None, None)
    with suppress(RuntimeError):
        LOCK.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)


class Host(NamedTuple):
    """The processor that code is made for: LLVM's names of the triple, the processor and its features."""

    triple: str
    processor: str
    features: str


@cache
def host() -> Host:
    """The processor that this process runs on."""
    with LOCK:
        triple = binding.get_process_triple()
        return Host(triple, binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten())


@cache
def vector_width() -> int:
    """How many float64 numbers one vector register of the host holds: 2, 4 or 8."""
    features = _features()
    if "avx512f" in features:
        return 8
    return 4 if "avx" in features else 2


@cache
def has_fma() -> bool:
    """Whether the host multiplies and adds in one instruction with one rounding."""
    return "fma" in _features() or host().triple.startswith(("aarch64", "arm64"))


@cache
def _features() -> frozenset[str]:
    return frozenset(feature[1:] for feature in host().features.split(",") if feature.startswith("+"))


def compile_module(module: Any, *, key: str | None = None, effort: int | None = None) -> Code:
    """Machine code of a module, an `ir.Module` or LLVM's text, for the host.

    `effort` is how hard LLVM works, 0 to 3, or `HURRIED`; without it 2, and less for modules of many megabytes. With 3
    it also runs its own passes of -O2, which takes about as long again, and gains up to a sixth where much arithmetic
    is done.

    With a `key` the object code is looked for on the disk first and kept there afterwards. The key must decide what
    the module is; host and versions are added to it.

    >>> code = compile_module("define i32 @answer() { ret i32 42 }")
    >>> import ctypes
    >>> ctypes.CFUNCTYPE(ctypes.c_int32)(code.address("answer"))()
    42
    """
    if key is not None:
        found = load_stored(key)
        if found is not None:
            return found
    started = time.perf_counter()
    text = str(module)
    seconds = {"text": time.perf_counter() - started}
    with LOCK:
        object_code, names, needed = _object_code(text, seconds, _effort(text) if effort is None else effort)
        started = time.perf_counter()
        code = load(object_code, names, needed)
    code.seconds = {**seconds, "link": time.perf_counter() - started}
    if key is not None:
        store(key, code)
    return code


def object_code_aside(text: str) -> tuple[bytes, list[str], list[str]]:
    """What `load` takes, for a module's text, from a back end that works as hard as it should while others compile too.

    No two threads may be in here at the same time.
    """
    return _object_code(text, {}, _effort(text), aside=True)


@cache
def _target(effort: int) -> Any:
    """The machine that code is made for, with a back end that works as hard as `effort` says."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    binding.initialize_native_asmparser()
    target = binding.Target.from_triple(host().triple)
    model = {"codemodel": "small", "reloc": "pic"} if _JIT_LINK else {"codemodel": "jitdefault"}
    return target.create_target_machine(cpu=host().processor, features=host().features, opt=effort, jit=True, **model)


@cache
def _target_aside(effort: int) -> Any:
    return _target.__wrapped__(effort)


@cache
def _linker() -> Any:
    # which owns its machine, so that it cannot be one of the others
    return binding.create_lljit_compiler(_target.__wrapped__(2), use_jit_link=_JIT_LINK, suppress_errors=True)


def _object_code(
    text: str, seconds: dict[str, float], effort: int, aside: bool = False
) -> tuple[bytes, list[str], list[str]]:
    """The object code of a module's text, the functions that it exports, and the symbols that it needs."""
    target = (_target_aside if aside else _target)(min(max(effort, 0), 2))
    clock = time.perf_counter()
    # a context of its own, since a context keeps every type and constant that it has ever seen
    with binding.create_context() as context:
        try:
            parsed = binding.parse_assembly(text, context)
        except RuntimeError as error:
            raise EngineError(f"LLVM refuses the module: {error}") from error
        with parsed:
            _verify(parsed)
            seconds["parse"], clock = time.perf_counter() - clock, time.perf_counter()
            names, needed = _interface(parsed)
            for function in parsed.functions:
                if not function.is_declaration:
                    # no exceptions here, hence no tables of how to unwind them
                    function.add_function_attribute("nounwind")
            _optimise(parsed, target, effort)
            seconds["optimise"], clock = time.perf_counter() - clock, time.perf_counter()
            object_code = _emitted_aside(target, parsed) if aside else target.emit_object(parsed)
            seconds["emit"] = time.perf_counter() - clock
    return object_code, names, needed


def _emitted_aside(target: Any, parsed: Any) -> bytes:
    """The object code of a module whose context and target are nobody else's.

    llvmlite lets one thread at a time into LLVM. Choosing instructions is most of the time that LLVM takes, and needs
    nothing of what others work on.
    """
    buffer = _emission()(target, parsed, 1, ctypes.byref(ctypes.c_char_p()))
    if not buffer:
        raise EngineError("LLVM emits no object code.")
    found = ctypes.cast(buffer, binding.ffi.LLVMMemoryBufferRef)
    try:
        size = binding.ffi.lib.LLVMPY_GetBufferSize(found)
        return ctypes.string_at(binding.ffi.lib.LLVMPY_GetBufferStart(found), size)
    finally:
        binding.ffi.lib.LLVMPY_DisposeMemoryBuffer(found)


@cache
def _emission() -> Any:
    """LLVM's function that emits a module, without llvmlite's lock around it."""
    function = ctypes.CDLL(binding.ffi.lib._name).LLVMPY_TargetMachineEmitToMemory
    function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
    function.restype = ctypes.c_void_p
    return function


def _verify(parsed: Any) -> None:
    try:
        parsed.verify()
    except RuntimeError as error:
        raise EngineError(f"LLVM refuses the module: {error}") from error


def _effort(text: str) -> int:
    """The back end's level for a module of this length."""
    if len(text) > _LONG and len(text) > _WITHOUT_A_LOOP * (text.count("br i1") + 1):
        return 0
    return 2 if len(text) < _VERY_LONG else 1


def _interface(parsed: Any) -> tuple[list[str], list[str]]:
    """The functions that a module exports, and the symbols that it takes from outside."""
    exported, needed = [], []
    for function in itertools.chain(parsed.functions, parsed.global_variables):
        if function.is_declaration:
            if not function.name.startswith("llvm."):
                needed.append(function.name)
        elif function.is_function and function.linkage.name not in ("internal", "private"):
            exported.append(function.name)
    return exported, needed


def _optimise(parsed: Any, target: Any, effort: int) -> None:
    options = binding.create_pipeline_tuning_options(speed_level=2)
    if effort == _ALL:
        # loops come with their vectors and as often unrolled as they should be
        options.loop_vectorization = options.slp_vectorization = options.loop_unrolling = False
    builder = binding.create_pass_builder(target, options)
    if effort == _ALL:
        passes = builder.getModulePassManager()
    else:
        passes = binding.create_new_module_pass_manager()
        passes.add_always_inliner_pass()
        if effort != HURRIED:
            passes.add_global_dead_code_eliminate_pass()
        passes.add_sroa_pass()
        if effort != HURRIED:
            passes.add_simplify_cfg_pass()
            # what only a rare branch needs is computed there, and takes no register from the loop
            passes.add_sinking_pass()
    passes.run(parsed, builder)


def linked(object_code: bytes, names: Sequence[str], needed: Sequence[str]) -> tuple[dict[str, int], object]:
    """The addresses of functions in object code that LLVM's own linker brings into memory, and what keeps it there."""
    library = binding.JITLibraryBuilder().add_object_img(object_code).add_current_process()
    for name in needed:
        library.import_symbol(name, address_of(name))
    for name in names:
        library.export_symbol(name)
    try:
        found = library.link(_linker(), f"wengert{next(_LIBRARY_NUMBERS)}")
    except RuntimeError as error:
        raise EngineError(f"the compiled module cannot be linked: {error}") from error
    return {name: found[name] for name in names}, found
