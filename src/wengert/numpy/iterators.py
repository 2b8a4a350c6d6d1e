"""`np.nditer` for traced values: reading the entries of arrays side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np

from wengert.errors import UnsupportedError
from wengert.graph import Operand, locate
from wengert.numpy.constants import plain_argument
from wengert.numpy.joining import stacked_list
from wengert.numpy.shaping import in_fortran_order
from wengert.tracing import Tracer, holds_traced, type_of

__all__ = ["nditer", "nested_iters"]


class _Reading:
    """Goes through the places of arrays as NumPy's iterator does, and gives the traced entries there."""

    def __init__(self, arrays: list[Any], single: bool, flags: Any, order: str, itershape: Any) -> None:
        self.operands = tuple(arrays)
        self.single = single
        self._flat = [np.reshape(array, -1) for array in arrays]
        places = [
            np.arange(type_of(array).size).reshape(type_of(array).shape[::-1]).T
            if in_fortran_order(array)
            else np.arange(type_of(array).size).reshape(type_of(array).shape)
            for array in arrays
        ]
        for array, numbers in zip(arrays, places, strict=True):
            # numbers count along the rows, however the array lies in memory
            numbers[...] = np.arange(type_of(array).size).reshape(type_of(array).shape)
        options: dict[str, Any] = {} if itershape is None else {"itershape": itershape}
        iterator: Any = np.nditer
        self._places = iterator(places, flags, [["readonly"]] * len(arrays), order=order, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._places, name)

    def _entries(self, places: Any) -> Any:
        numbers = places if isinstance(places, tuple) else (places,)
        entries = [
            flat[number if number.ndim else int(number)] for flat, number in zip(self._flat, numbers, strict=True)
        ]
        return entries[0] if self.single else tuple(entries)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return self._entries(next(self._places))

    def __getitem__(self, place: Any) -> Any:
        found = self._entries(self._places.value)
        return ((found,) if self.single else found)[place]

    @property
    def value(self) -> Any:
        """The entries at the place that is reached."""
        return self._entries(self._places.value)

    def __enter__(self) -> _Reading:
        return self

    def __exit__(self, *details: object) -> None:
        self._places.close()


def nditer(op: Any, flags: Any = None, op_flags: Any = None, op_dtypes: Any = None, order: Any = "K",
           casting: Any = "safe", op_axes: Any = None, itershape: Any = None, buffersize: Any = 0) -> Any:  # fmt: skip
    """An iterator over the entries of arrays; of traced ones it reads.

    >>> import wengert as wg
    >>> import wengert.numpy as np
    >>> wg.grad(lambda x: sum(entry**2 for entry in np.nditer(x)))(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    several = op if isinstance(op, (list, tuple)) else [op]
    if not holds_traced(list(several)):
        plain = plain_argument(op)
        return np.nditer(plain, flags or (), op_flags, op_dtypes, order, casting, op_axes, itershape, buffersize)
    writes = str(op_flags) if op_flags is not None else ""
    if "write" in writes or any([part is None for part in several]):
        _refuse("writes into its operands; read from it, and write into an array of your own at its multi_index")
    if op_dtypes is not None or op_axes is not None:
        _refuse("with op_dtypes or op_axes has no rule; convert or transpose the arrays first")
    arrays = [part if isinstance(part, Tracer) else stacked_list(part) for part in several]
    return _Reading(arrays, len(arrays) == 1, flags or (), order, itershape)


def nested_iters(op: Any, axes: Any, *args: Any, **options: Any) -> Any:
    """Nested iterators over plain arrays; traced ones are refused."""
    several = op if isinstance(op, (list, tuple)) else [op]
    if any([isinstance(part, Operand) for part in several]):
        _refuse("of traced values has no rule; iterate over numpy.ndindex(x.shape)", "np.nested_iters")
    return np.nested_iters(plain_argument(op), axes, *args, **options)


def _refuse(reason: str, name: str = "np.nditer") -> NoReturn:
    place = locate(3)
    raise UnsupportedError(f"{name}{f' at {place}' if place else ''} {reason}")
