"""Operations entry by entry, as arithmetic on LLVM values: NumPy's meaning of each in a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from wengert.compiler import ir
from wengert.compiler.mathlib import FUNCTIONS
from wengert.compiler.parts import PARTS
from wengert.compiler.values import (
    Builder,
    Value,
    copysign,
    fabs,
    floor,
    is_nan,
    maximum,
    minimum,
    rint,
    select,
    sqrt,
    trunc,
)
from wengert.graph import ArrayType, Equation

__all__ = ["cast", "computes", "constant", "element", "entry"]

Operation = Callable[..., Value]

_ELEMENTS: Final[dict[str, Any]] = {
    "float64": ir.DoubleType(),
    "float32": ir.FloatType(),
    **{f"{sign}int{width}": ir.IntType(width) for sign in ("", "u") for width in (8, 16, 32, 64)},
    "bool": ir.IntType(1),
}


def element(dtype: np.dtype[Any]) -> Any:
    """LLVM's type of one number of a dtype, in a register; None where there is none."""
    found = _known.get(dtype, _known)
    if found is _known:
        # to find the name of a dtype takes NumPy microseconds
        found = _known[dtype] = _ELEMENTS.get(dtype.name) if dtype.isnative else None
    return found


_known: Final[dict[Any, Any]] = {}


def constant(number: Any, dtype: np.dtype[Any], builder: Builder, lanes: int | None) -> Value:
    """A number of a dtype, in every lane."""
    kind = element(dtype)
    plain = float(number) if dtype.kind == "f" else int(number)
    return Value(ir.splat(ir.VectorType(kind, lanes) if lanes else kind, plain), builder, dtype.kind != "u")


def cast(x: Value, source: np.dtype[Any], target: np.dtype[Any]) -> Value:
    """A number of one dtype as one of another, as `astype` converts it."""
    if source == target:
        return x
    if target.kind == "f":
        return x.to_float(element(target))
    if target.kind == "b":
        return x != 0
    return x.to_integer(target.itemsize * 8, target.kind == "i")


def _representative(kind: ArrayType) -> Any:
    return {"f": 1.0, "i": 1, "u": 1, "b": True}[kind.kind] if kind.weak else kind.dtype


def _common(kinds: Sequence[Any]) -> np.dtype[Any]:
    """The dtype in which NumPy compares or combines operands."""
    return np.result_type(*map(_representative, kinds))


def _power_constant(x: Value, exponent: float) -> Value:
    if float(exponent).is_integer() and 0 <= abs(exponent) <= 8:
        return _whole_power(x, int(exponent))
    if exponent == 0.5:
        # NumPy's power gives +inf at -inf and +0 at -0, where the root gives NaN and -0
        return select(x == -np.inf, np.inf, sqrt(x) + 0.0)
    return FUNCTIONS["power"](x, x.constant(exponent))


def _whole_power(x: Value, exponent: int) -> Value:
    if exponent < 0:
        return 1.0 / _whole_power(x, -exponent)
    if exponent == 0:
        return x.constant(1.0)
    half = _whole_power(x, exponent // 2) if exponent > 1 else None
    if half is None:
        return x
    return half * half * x if exponent % 2 else half * half


def _sign(x: Value) -> Value:
    if not x.is_float:
        return select(x > 0, 1, select(x < 0, -1, x)) if x.signed else select(x > 0, 1, x)
    return select(is_nan(x), x, select(x > 0, 1.0, select(x < 0, -1.0, x.constant(0.0))))


def _absolute(x: Value) -> Value:
    if x.is_float:
        return fabs(x)
    return select(x < 0, -x, x) if x.signed else x


def _first_number(x: Value, y: Value, chosen: Operation) -> Value:
    """`fmax` and `fmin`: what is no number counts only where both are none."""
    return select(is_nan(x), y, select(is_nan(y), x, chosen(x, y)))


_SAME: Final[dict[str, Operation]] = {
    "add": lambda x, y: x | y if x.width == 1 else x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "scale": lambda x, y: x * y,
    "negative": lambda x: -x,
    "positive": lambda x: x,
    "constant": lambda x: x,
    "copy": lambda x: x,
    "stop_gradient": lambda x: x,
    "convert": lambda x: x,
    "number": lambda x: x,
    "real": lambda x: x,
    "conj": lambda x: x,
    "square": lambda x: x * x,
    "sign": _sign,
    "absolute": _absolute,
    "maximum": maximum,
    "minimum": minimum,
    "clip": lambda x, low, high: minimum(maximum(x, low), high),
    "bitwise_and": lambda x, y: x & y,
    "bitwise_or": lambda x, y: x | y,
    "bitwise_xor": lambda x, y: x ^ y,
    "invert": lambda x: ~x,
}
"""Operations on operands of the dtype of the result, floating or not."""

_FLOATING: Final[dict[str, Operation]] = {
    "divide": lambda x, y: x / y,
    "reciprocal": lambda x: 1.0 / x,
    "sqrt": sqrt,
    "floor": floor,
    "ceil": lambda x: -floor(-x),
    "trunc": trunc,
    "rint": rint,
    "copysign": copysign,
    "fmax": lambda x, y: _first_number(x, y, maximum),
    "fmin": lambda x, y: _first_number(x, y, minimum),
    "deg2rad": lambda x: x * (np.pi / 180),
    "rad2deg": lambda x: x * (180 / np.pi),
    "heaviside": lambda x, h: select(is_nan(x), x, select(x == 0, h, select(x > 0, x.constant(1.0), 0.0))),
}
"""Operations on floating-point operands of the dtype of the result."""

_COMPARING: Final[dict[str, Operation]] = {
    "greater": lambda x, y: x > y,
    "greater_equal": lambda x, y: x >= y,
    "less": lambda x, y: x < y,
    "less_equal": lambda x, y: x <= y,
    "equal": lambda x, y: x == y,
    "not_equal": lambda x, y: x != y,
    "isnan": is_nan,
    "isinf": lambda x: fabs(x) == np.inf,
    "isfinite": lambda x: fabs(x) < np.inf,
}
"""Operations that give truth values, on operands of their common dtype."""

_LOGICAL: Final[dict[str, Operation]] = {
    "logical_and": lambda x, y: x & y,
    "logical_or": lambda x, y: x | y,
    "logical_xor": lambda x, y: x ^ y,
    "logical_not": lambda x: ~x,
}
"""Operations on truth values."""

_MOVING: Final = frozenset({"put_add", "replace", "concatenate", "assemble", "matmul", "scale_matmul", "weighted_gram"})
_FLOAT_ONLY: Final = frozenset({"isnan", "isinf", "isfinite"})
_REDUCING: Final = frozenset({"sum", "max", "min", "prod", "all", "any"})


def _array_types(equation: Equation) -> list[ArrayType]:
    return [atom.type for atom in equation.inputs if isinstance(atom.type, ArrayType)]


def computes(equation: Equation) -> bool:
    """Whether an equation can be written as a loop."""
    kinds = [*_array_types(equation), *(output.type for output in equation.outputs)]
    if any([element(kind.dtype) is None for kind in kinds]):
        return False
    name, result = equation.primitive.name, equation.outputs[0].type
    if name in _MOVING:
        return True
    if name in _REDUCING:
        return kinds[0].dtype == result.dtype
    if name == "convert":
        # from a floating number to an integer the machine and C agree only where it fits
        return kinds[0].kind != "f" or result.kind in "fb"
    if name == "select":
        return True
    if name == "power_constant":
        return result.kind == "f"
    if name in _FLOATING or name in FUNCTIONS or name in PARTS:
        return result.kind == "f"
    if name in _COMPARING:
        return name not in _FLOAT_ONLY or kinds[0].kind == "f"
    if name in ("bitwise_and", "bitwise_or", "bitwise_xor", "invert"):
        return result.kind in "iub"
    if name in ("negative", "subtract") and result.kind == "b":
        return False
    return name in _SAME or name in _LOGICAL


def entry(equation: Equation, operands: Sequence[Value]) -> Value:
    """One entry of the result of an equation; the operands have the dtypes of the equation's."""
    name, result = equation.primitive.name, equation.outputs[0].type.dtype
    kinds = _array_types(equation)

    def given(dtype: np.dtype[Any]) -> list[Value]:
        return [cast(x, kind.dtype, dtype) for x, kind in zip(operands, kinds, strict=True)]

    if name == "select":
        condition = cast(operands[0], kinds[0].dtype, np.dtype(np.bool_))
        yes, no = [cast(x, kind.dtype, result) for x, kind in zip(operands[1:], kinds[1:], strict=True)]
        return select(condition, yes, no)
    if name in _COMPARING:
        return _COMPARING[name](*given(_common(kinds)))
    if name in _LOGICAL:
        return _LOGICAL[name](*given(np.dtype(np.bool_)))
    if name == "power_constant":
        return _power_constant(given(result)[0], equation.params[0])
    table = next(table for table in (_SAME, _FLOATING, FUNCTIONS, PARTS) if name in table)
    return table[name](*given(result))
