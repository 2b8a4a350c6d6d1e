"""Operations on the parts of complex numbers, as optimised graphs hold them; with NumPy's own way for constants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.internal import internal
from wengert.graph import Primitive

__all__ = ["EXPONENTIAL", "PLUS_ZERO", "PRODUCT", "QUOTIENT", "ROOT", "TOGETHER"]


def _of_parts(name: str, operands: int, formula: Callable[..., Any]) -> Primitive:
    """An operation on parts, entry by entry; NumPy's own way for constants."""
    found = internal(name, elementwise=operands, domain="everywhere", cite="NumPy's formula for complex numbers")

    def value(xp: Any, *given: Any) -> Any:
        common = np.result_type(*given)
        return formula(*[np.asarray(one, common) for one in given])[()]

    found.evaluate(value)
    return found


def _joined(real: Any, imaginary: Any) -> Any:
    # two numbers of Python's are in double precision
    kind = np.result_type(np.result_type(real, imaginary), np.complex64)
    found = np.empty(np.broadcast_shapes(np.shape(real), np.shape(imaginary)), kind)
    found.real, found.imag = real, imaginary
    return found


PRODUCT: Final = (
    _of_parts("product_real", 4, lambda a, b, c, d: (_joined(a, b) * _joined(c, d)).real),
    _of_parts("product_imag", 4, lambda a, b, c, d: (_joined(a, b) * _joined(c, d)).imag),
)
QUOTIENT: Final = (
    _of_parts("quotient_real", 4, lambda a, b, c, d: (_joined(a, b) / _joined(c, d)).real),
    _of_parts("quotient_imag", 4, lambda a, b, c, d: (_joined(a, b) / _joined(c, d)).imag),
)
EXPONENTIAL: Final = (
    _of_parts("exponential_real", 2, lambda x, y: np.exp(_joined(x, y)).real),
    _of_parts("exponential_imag", 2, lambda x, y: np.exp(_joined(x, y)).imag),
)
ROOT: Final = (
    _of_parts("root_real", 2, lambda x, y: np.sqrt(_joined(x, y)).real),
    _of_parts("root_imag", 2, lambda x, y: np.sqrt(_joined(x, y)).imag),
)
# the sign of a zero goes, as where a real number is added to a complex one
PLUS_ZERO: Final = _of_parts("plus_zero", 1, lambda x: x + 0.0)


# `compose` for parts of which both are Python's, with the dtype that the complex number has
TOGETHER: Final = internal(
    "together", elementwise=2, params=("dtype", "weak"), notation="{0} + i {1}", domain="everywhere",
    shapes="the real and the imaginary part -> the complex number, which is Python's if `weak`",
)  # fmt: skip
TOGETHER.dtype(lambda x, y, *, dtype, weak: dtype)


@TOGETHER.evaluate
def _together_value(xp: Any, x: Any, y: Any, *, dtype: np.dtype[Any], weak: bool) -> Any:
    found = _joined(x, y).astype(dtype)
    return complex(found) if weak else found[()]
