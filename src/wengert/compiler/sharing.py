"""The kernel of a recording: one that another recording has already, one from the disk, or one that is made."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from importlib import import_module
from typing import Final

import numpy as np

from wengert.compiler import keeping
from wengert.compiler.fingerprint import fingerprint
from wengert.compiler.following import Expected
from wengert.compiler.kernel import Kernel
from wengert.graph import Graph, Literal

__all__ = ["forget", "kernel_for"]

# How many kernels are remembered, and how large one of them may be.
_REMEMBERED: Final = 256
_MOST_BYTES: Final = 1 << 20

# Operations of a program of which only the disk is asked whether it is known: to find out would take long.
_LOOKED_AT: Final = 1000
# The same for bytes of one of its constants.
_READ: Final = 1 << 20

_LOCK: Final = threading.RLock()
_KERNELS: Final[OrderedDict[str, Kernel]] = OrderedDict()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_LOCK.acquire, after_in_parent=_LOCK.release, after_in_child=_LOCK.release)


def kernel_for(graph: Graph, steering: Sequence[Expected], on_disk: bool) -> tuple[Kernel, dict[str, float]]:
    """The kernel of a recorded graph, whose last outputs have to be as expected, and what each part of that took."""
    if not on_disk and _is_long(graph):
        made = _made(graph, steering, on_disk)
        return made, made.seconds
    clock = time.perf_counter()
    text = fingerprint(graph, steering)
    seconds = {"fingerprint": time.perf_counter() - clock}
    if text is None:
        made = _made(graph, steering, on_disk)
        return made, {**seconds, **made.seconds}
    known = _remembered(text)
    if known is not None and not (on_disk and known.provisional):
        if on_disk and not keeping.holds(text):
            keeping.keep(text, known)
        return known, seconds
    kernel = keeping.kept(text) if on_disk else None
    if kernel is None:
        kernel = _made(graph, steering, on_disk)
        if on_disk:
            keeping.keep(text, kernel)
    _remember(text, kernel)
    return kernel, {**seconds, **kernel.seconds}


def _is_long(graph: Graph) -> bool:
    """Whether it takes long to find out which other programs this one equals."""
    if len(graph.equations) > _LOOKED_AT:
        return True
    constants = [atom.value for equation in graph.equations for atom in equation.inputs if isinstance(atom, Literal)]
    arrays = [value for value in constants if isinstance(value, np.ndarray) and 0 not in value.strides]
    return any([array.nbytes > _READ for array in arrays])


def _made(graph: Graph, steering: Sequence[Expected], on_disk: bool) -> Kernel:
    # which imports LLVM; what other processes shall use is not made in a hurry
    kernel: Kernel = import_module("wengert.compiler.building").built(graph, steering, patiently=on_disk)
    return kernel


def _remembered(text: str) -> Kernel | None:
    with _LOCK:
        if text in _KERNELS:
            _KERNELS.move_to_end(text)
        return _KERNELS.get(text)


def _remember(text: str, kernel: Kernel) -> None:
    if kernel.size > _MOST_BYTES:
        return
    with _LOCK:
        _KERNELS[text] = kernel
        while len(_KERNELS) > _REMEMBERED:
            _KERNELS.popitem(last=False)


def forget() -> None:
    """Remember no kernel any longer: the next recording is compiled anew, or taken from the disk."""
    with _LOCK:
        _KERNELS.clear()
