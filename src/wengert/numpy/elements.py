"""Functions of Python applied to every entry: `vectorize` and `fromiter` for traced values."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np

from wengert.errors import UnsupportedError
from wengert.graph import Operand
from wengert.numpy.constants import constant
from wengert.numpy.creating import array, asarray
from wengert.numpy.joining import stacked_list
from wengert.tracing import active_recordings, beneath

__all__ = ["fromfunction", "fromiter", "vectorize"]


class vectorize:  # noqa: N801 (NumPy's name)
    """`numpy.vectorize` whose arguments and results may be traced; a plain call is NumPy's.

    >>> import wengert as wg
    >>> import wengert.numpy as np
    >>> step = np.vectorize(lambda x: x**2 if x > 0 else 0.0)
    >>> wg.grad(lambda x: np.sum(step(x)))(np.array([-1.0, 3.0]))
    array([0., 6.])
    """

    def __init__(self, pyfunc: Any = None, otypes: Any = None, doc: str | None = None, excluded: Any = None,
                 cache: bool = False, signature: str | None = None) -> None:  # fmt: skip
        self.pyfunc = pyfunc
        self.options = {"otypes": otypes, "excluded": excluded, "cache": cache, "signature": signature}
        self.__doc__ = doc or getattr(pyfunc, "__doc__", None)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.pyfunc is None:
            # used as a decorator with options
            return vectorize(args[0], **self.options)
        # what the function returns may be traced even where no argument is
        if not active_recordings():
            return np.vectorize(self.pyfunc, **self.options)(*args, **kwargs)
        return self._apply(args, kwargs)

    def _apply(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self.options["signature"] is not None:
            raise UnsupportedError(
                "np.vectorize with a signature has no rule for traced values; use wengert.vmap, or a loop and np.stack"
            )
        excluded = self.options["excluded"] or ()
        places = [i for i in range(len(args)) if i not in excluded]
        names = [name for name in kwargs if name not in excluded]
        spread = np.broadcast_arrays(*[asarray(args[i]) for i in places], *[asarray(kwargs[n]) for n in names])
        shape = spread[0].shape
        found = []
        for index in itertools.product(*map(range, shape)):
            entries = iter([part[index] for part in spread])
            positional = [next(entries) if i in places else arg for i, arg in enumerate(args)]
            named = {n: next(entries) if n in names else value for n, value in kwargs.items()}
            found.append(self.pyfunc(*positional, **named))
        if not found:
            raise ValueError("cannot call `vectorize` on size 0 inputs unless `otypes` is set")
        if isinstance(found[0], tuple):
            parts = zip(*found, strict=True)
            return tuple([self._shaped(list(part), shape, place) for place, part in enumerate(parts)])
        return self._shaped(found, shape, 0)

    def _shaped(self, found: list[Any], shape: tuple[int, ...], place: int) -> Any:
        """One result of all calls, in the dtype that NumPy gives it: the declared one, or that of the first call."""
        otypes = self.options["otypes"]
        dtype = np.asarray(beneath(found[0])).dtype if otypes is None else np.dtype(otypes[place])
        # of scalars too NumPy makes an array
        return array(stacked_list(found).reshape(shape), dtype)


def fromfunction(function: Any, shape: Any, *, dtype: Any = float, like: Any = None, **kwargs: Any) -> Any:
    """What a function makes of the indices of an array of a shape."""
    return function(*constant(np.indices(shape, dtype)), **kwargs)


def fromiter(iter: Iterable[Any], dtype: Any, count: int = -1, **options: Any) -> Any:
    """An array of the values of an iterable, which may be traced."""
    values = list(itertools.islice(iter, count) if count >= 0 else iter)
    if any(isinstance(value, Operand) for value in values):
        return array(values, dtype)
    return array(np.fromiter(values, dtype, **options))
