"""NumPy's ufuncs as a traced program finds them: of lists that hold traced values, with results to write into."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.numpy.constants import constant, plain_argument
from wengert.numpy.host import HostArray
from wengert.tracing import as_operand, holds_traced

__all__ = ["MirroredUfunc"]


class MirroredUfunc:
    """A ufunc of NumPy's that also takes lists of traced values; otherwise it is that ufunc.

    >>> import wengert as wg
    >>> import wengert.numpy as np
    >>> wg.grad(lambda x: np.sum(np.exp([x, 2 * x])))(0.0)
    3.0
    """

    def __init__(self, ufunc: Any) -> None:
        self.ufunc = ufunc
        self.__name__: str = ufunc.__name__
        self.__doc__ = ufunc.__doc__

    def __call__(self, *args: Any, **options: Any) -> Any:
        ufunc = self.ufunc
        if "where" in options:
            options["where"] = plain_argument(options["where"])
        for argument in args:
            if argument.__class__ in _PREPARED:
                args = (*map(_operand, args[: ufunc.nin]), *args[ufunc.nin :])
                break
        result = ufunc(*args, **options)
        if result.__class__ not in _ARRAYS or len(args) > ufunc.nin or options.get("out") is not None:
            return result
        return constant(result)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ufunc, name)

    def __repr__(self) -> str:
        return repr(self.ufunc)

    def __eq__(self, other: object) -> bool:
        return self.ufunc is getattr(other, "ufunc", other)

    def __hash__(self) -> int:
        return hash(self.ufunc)

    def __reduce__(self) -> Any:
        return self.ufunc.__reduce__()

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """A ufunc, to those who ask."""
        return np.ufunc

    def reduce(self, array: Any, *args: Any, **options: Any) -> Any:
        """The entries along an axis, combined."""
        return _applied(self.ufunc.reduce, 1, (array, *args), options)

    def accumulate(self, array: Any, *args: Any, **options: Any) -> Any:
        """The entries along an axis, combined from the first to each."""
        return _applied(self.ufunc.accumulate, 1, (array, *args), options)

    def reduceat(self, array: Any, *args: Any, **options: Any) -> Any:
        """The entries along an axis, combined in groups."""
        return _applied(self.ufunc.reduceat, 1, (array, *args), options)

    def outer(self, A: Any, B: Any, /, **options: Any) -> Any:
        """Each entry of one array with each of another."""
        return _applied(self.ufunc.outer, 2, (A, B), options)

    def at(self, a: Any, indices: Any, *b: Any) -> None:
        """Combine at these places, in place."""
        self.ufunc.at(a, indices, *map(_operand, b))


_PREPARED: Final = (list, tuple, HostArray)
_ARRAYS: Final = (np.ndarray, HostArray, tuple)


def _operand(value: Any) -> Any:
    if value.__class__ in (list, tuple) and holds_traced(value):
        return as_operand(value)
    return plain_argument(value)


def _applied(method: Any, operands: int, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    options = {name: plain_argument(value) for name, value in options.items()}
    result = method(*map(_operand, args[:operands]), *args[operands:], **options)
    return constant(result, *args[operands:], *options.values())
