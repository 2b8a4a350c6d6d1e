"""Kernels on the disk: what is written of one, and one that is made again from that."""

from __future__ import annotations

import time
from importlib import import_module
from typing import Any, Final

import numpy as np

from wengert.compiler import linking
from wengert.compiler.fallback import Fallback, Known, Stored
from wengert.compiler.kernel import Kernel
from wengert.compiler.portable import NotPortableError, packed, require_known, unpacked
from wengert.graph import REGISTRY, Primitive

__all__ = ["holds", "keep", "kept"]


_MOST_BYTES: Final = 32 << 20


def keep(text: str, kernel: Kernel) -> None:
    """Write a kernel to the disk under a text, if another process can use it, and it is not too large."""
    if kernel.size > _MOST_BYTES:
        return
    try:
        notes = _notes(kernel)
    except NotPortableError:
        return
    linking.store(text, kernel.code, notes)


def holds(text: str) -> bool:
    """Whether there is something on the disk under a text."""
    return linking.is_stored(text)


def kept(text: str) -> Kernel | None:
    """The kernel that is on the disk under a text; None where there is none that fits."""
    clock = time.perf_counter()
    code = linking.load_stored(text)
    if code is None:
        return None
    notes = code.metadata
    try:
        constants = [unpacked(constant) for constant in notes["constants"]]
        fallbacks = {number: _fallback(*parts) for number, parts in notes["fallbacks"]}
        kernel = Kernel(
            code, constants, fallbacks, notes["arena"], notes["heavy"], notes["operations"], notes["account"]
        )
        code.address("kernel")
    except (LookupError, TypeError, ValueError, linking.EngineError):
        return None
    kernel.seconds = {"from the disk": time.perf_counter() - clock}
    return kernel


def _notes(kernel: Kernel) -> dict[str, Any]:
    places = kernel.fallbacks
    # the address of a function is another one in every process
    constants = [np.zeros_like(c) if number in places else c for number, c in enumerate(kernel.constants)]
    return {
        "constants": list(map(packed, constants)),
        "fallbacks": [(number, _parts(fallback)) for number, fallback in places.items()],
        "arena": kernel.arena,
        "heavy": kernel.heavy,
        "operations": kernel.operations,
        "account": kernel.account,
    }


def _parts(fallback: Fallback) -> Any:
    primitive = fallback.primitive
    require_known(primitive)
    if _primitive(primitive.name) is not primitive:
        raise NotPortableError(f"the primitive {primitive.name}")
    operands = [
        (packed(operand.value),) if isinstance(operand, Known) else (packed(operand.type), *operand[1:])
        for operand in fallback.operands
    ]
    return primitive.name, packed(fallback.params), operands, list(map(packed, fallback.results))


def _primitive(name: str) -> Primitive | None:
    """The primitive of a name; the optimiser has some of its own."""
    found = REGISTRY.get(name)
    return found if found is not None else import_module("wengert.compiler.optimise.internal").INTERNAL.get(name)


def _fallback(name: str, params: Any, operands: Any, results: Any) -> Fallback:
    found = [
        Known(unpacked(parts[0])) if len(parts) == 1 else Stored(unpacked(parts[0]), *parts[1:]) for parts in operands
    ]
    primitive = _primitive(name)
    if primitive is None:
        raise LookupError(f"the primitive {name}")
    return Fallback(primitive, unpacked(params), found, list(map(unpacked, results)))
