"""Whether zeros annihilate infinities and NaN in derivatives, or meet them as in floating-point arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from wengert.transforms.finite import ANNIHILATING

__all__ = ["ieee"]


@contextmanager
def ieee() -> Iterator[None]:
    """Take derivatives in the plain arithmetic of IEEE 754, in which 0 times infinity is NaN.

    Otherwise a derivative in which a NaN comes out is computed once more, with zeros that annihilate what is not
    finite. In this mode it stays as it is, so that a NaN shows where a program passes by an infinite slope: in a branch
    that is not taken, or in a product that has a limit which the convention 0 times infinity = 0 does not know. The
    values chosen at kinks, such as 0 for abs at 0, are parts of the rules and hold in both modes.

    Shapes and dtypes are as always. Concerns derivatives taken in the `with` block, or in the function that it
    decorates, in the thread or task that entered it; blocks may be nested.

    Source: IEEE Standard for Floating-Point Arithmetic, IEEE 754-2019, section 7.2.

    >>> import numpy as np
    >>> import wengert as wg
    >>> f = lambda x: np.where(x > 0, np.sqrt(x), 0.0)
    >>> float(wg.grad(f)(0.0))
    0.0
    >>> with wg.ieee():
    ...     print(wg.grad(f)(0.0))
    nan
    """
    token = ANNIHILATING.set(False)
    try:
        yield
    finally:
        ANNIHILATING.reset(token)
