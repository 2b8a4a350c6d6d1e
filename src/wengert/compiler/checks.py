"""What a kernel looks at in its results: whether steering values are the recorded ones, and whether there is a NaN."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.compiler import entrywise, ir
from wengert.compiler.counting import counting, number
from wengert.compiler.values import Builder, Value, any_lane, fabs, is_nan

__all__ = ["differs", "holds_nan"]

BYTE: Final = ir.IntType(8)
BIT: Final = ir.IntType(1)


def differs(builder: Builder, address: Any, expected: np.ndarray[Any, Any]) -> Any:
    """Whether the bytes at an address are other than those of an array."""
    data = expected.tobytes()
    table = _table(builder, data)
    if len(data) in (1, 2, 4, 8):
        word = ir.IntType(8 * len(data))
        return builder.icmp_unsigned(
            "!=", builder.load(address, align=1, typ=word), builder.load(table, align=1, typ=word)
        )
    found: Any = ir.Constant(BIT, 0)
    for start, width, count in _spans(len(data)):
        word = ir.IntType(8 * width)

        def look(place: Any, word: Any = word, width: int = width) -> Any:
            del width
            one, two = [
                builder.load(builder.gep(p, [place], inbounds=True, source_etype=BYTE), align=1, typ=word)
                for p in (address, table)
            ]
            return builder.icmp_unsigned("!=", one, two)

        found = builder.or_(found, _any(builder, start, width, count, look))
    return found


def holds_nan(
    builder: Builder, address: Any, size: int, dtype: np.dtype[Any], width: int, or_infinite: bool = False
) -> Any:
    """Whether an array of floating-point or complex numbers holds a NaN, or with `or_infinite` an infinity."""
    if dtype.kind == "c":
        # real and imaginary parts stand beside one another
        return holds_nan(builder, address, 2 * size, np.empty(0, dtype).real.dtype, width, or_infinite)
    half, item = dtype == np.float16, dtype.itemsize
    kind = ir.IntType(16) if half else entrywise.element(dtype)
    found: Any = ir.Constant(BIT, 0)
    lanes = 1 << min(4 * width, max(size, 1)).bit_length() - 1
    loaded = ir.VectorType(kind, lanes) if lanes > 1 else kind

    def bad(value: Value) -> Value:
        if half:
            # of half precision the bits tell, since not every machine computes in it
            return (value & 0x7FFF) > (0x7BFF if or_infinite else 0x7C00)
        return ~(fabs(value) < np.inf) if or_infinite else is_nan(value)

    def look(place: Any) -> Any:
        value = builder.load(builder.gep(address, [place], inbounds=True, source_etype=BYTE), align=item, typ=loaded)
        return any_lane(bad(Value(value, builder))).ir

    # the last vector begins earlier where it would not fit
    for start, count in ((0, size // lanes), (size - lanes, int(size % lanes != 0))):
        if count:
            found = builder.or_(found, _any(builder, start * item, lanes * item, count, look))
    return found


def _spans(length: int) -> list[tuple[int, int, int]]:
    """Stretches of words of eight bytes and of single ones: where they start, their width and number."""
    words = length // 8
    spans = [(0, 8, words), (8 * words, 1, length % 8)]
    return [span for span in spans if span[2]]


def _table(builder: Builder, data: bytes) -> Any:
    kind = ir.ArrayType(BYTE, len(data))
    variable = ir.GlobalVariable(builder.module, kind, builder.module.get_unique_name("expected"))
    variable.initializer = ir.Constant(kind, bytearray(data))
    variable.linkage, variable.global_constant = "internal", True
    return builder.bitcast(variable, ir.PointerType())


def _any(builder: Builder, start: int, step: int, count: int, look: Any) -> Any:
    """Whether `look` finds something at one of equally distant places."""
    if count == 1:
        return look(number(start))
    before = builder.block
    with counting(builder, start, start + step * count, step) as place:
        seen = builder.phi(BIT)
        seen.add_incoming(ir.Constant(BIT, 0), before)
        found = builder.or_(seen, look(place))
        seen.add_incoming(found, builder.block)
    return found
