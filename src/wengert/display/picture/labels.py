"""What is written in and beside the nodes of a picture."""

from __future__ import annotations

import math
import re
import string
from typing import Any, Final

import numpy as np

from wengert.display.quantities import memory
from wengert.graph import ArrayType, Equation, Literal
from wengert.graph.types import OpaqueType

__all__ = ["shape_of", "shown_constant", "shown_value", "size_of", "symbol"]

# operations that have a sign of their own on paper; the others are called by their name
_SIGNS: Final = {
    "add": "+", "subtract": "−", "negative": "−", "multiply": "×", "scale": "×", "divide": "÷", "matmul": "@",
    "scale_matmul": "@", "power": "xʸ", "sqrt": "√", "cbrt": "∛", "sum": "Σ", "prod": "∏", "absolute": "|·|",
    "square": "( )²", "transpose": "( )ᵀ", "inv": "( )⁻¹", "reciprocal": "1/x", "norm": "‖·‖", "select": "where",
    "greater": ">", "greater_equal": "≥", "less": "<", "less_equal": "≤", "equal": "=", "not_equal": "≠",
}  # fmt: skip
_RAISED: Final = str.maketrans("0123456789-.", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻·")
_LONGEST: Final = 16
# arrays of up to so many entries are written out
_FEW: Final = 3
_DIGITS: Final = 4


def symbol(equation: Equation) -> str:
    """An operation in a few characters: `+`, `log`, `( )²`, `[0]`."""
    primitive = equation.primitive
    if primitive.name in _SIGNS:
        return _SIGNS[primitive.name]
    named = primitive.named(equation.params)
    if primitive.name == "power_constant":
        return _power(named["exponent"])
    if primitive.name == "take":
        index = next((atom for atom in equation.inputs if not isinstance(atom.type, ArrayType)), None)
        text = f"[{index.value!r}]" if isinstance(index, Literal) else "[ ]"
        return text if len(text) <= _LONGEST else "[…]"
    name = primitive.notation.partition("(")[0]
    plain = re.fullmatch(r"\w+", name.removeprefix("{0}."))
    return name.removeprefix("{0}.") if plain else _without_operands(primitive.notation) or primitive.name


def _power(exponent: float) -> str:
    if exponent == 0.5:
        return "√"
    text = str(int(exponent)) if float(exponent).is_integer() else repr(float(exponent))
    return "( )" + text.translate(_RAISED)


def _without_operands(notation: str) -> str:
    """What is left of a notation where its operands are dots."""
    parts = [
        literal + ("·" if field and (field.isdecimal() or field == "args") else "")
        for literal, field, _, _ in string.Formatter().parse(notation)
    ]
    text = "".join(parts).strip().removeprefix("·.")
    return text if text.strip("· ") else ""


def shown_value(value: Any, kind: ArrayType | OpaqueType) -> str:
    """A number or a few of them with four digits; the shape of anything larger."""
    if not isinstance(kind, ArrayType):
        return ""
    if kind.size > _FEW or kind.ndim > 1:
        return shape_of(kind)
    numbers = np.ravel(value)
    texts = [_number(entry) for entry in numbers.tolist()]
    return texts[0] if kind.ndim == 0 else f"[{', '.join(texts)}]"


def _number(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, complex):
        return f"{value:.{_DIGITS - 1}g}"
    whole = math.isfinite(value) and value == int(value)
    text = str(int(value)) if whole and abs(value) >= 10**_DIGITS else f"{value:.{_DIGITS}g}"
    return text.replace("-", "−")


def shown_constant(literal: Literal) -> str:
    """A constant as it stands in a node."""
    return shown_value(literal.value, literal.type) or "constant"


def shape_of(kind: ArrayType | OpaqueType) -> str:
    """A shape, `569×31` or `(31,)`, with the dtype where it is not float64."""
    text = "×".join(map(str, kind.shape)) if kind.shape else "number"
    if isinstance(kind, ArrayType) and kind.ndim == 1:
        text = f"({text},)"
    dtype = kind.dtype.name if isinstance(kind, ArrayType) else ""
    return text if dtype in ("", "float64") else f"{text} {dtype}"


def size_of(kind: ArrayType | OpaqueType) -> str:
    """The memory that a value takes."""
    return memory(kind.size * kind.dtype.itemsize) if isinstance(kind, ArrayType) else ""
