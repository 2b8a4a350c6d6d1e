"""What is said to someone who takes a form, a formula or a symbol for a function or an array."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, ClassVar, NoReturn

import numpy as np

from wengert.calculus.dimension import Dim
from wengert.calculus.expression import Expression
from wengert.errors import ArgumentError

__all__ = ["NoArray", "misfit"]

_OPERATORS = ("add", "sub", "mul", "truediv", "matmul", "pow")


class NoArray:
    """An object that stands for numbers without being any: computing with it is an error that says what to do.

    A subclass says what to do instead, and what to write for names of attributes that it does not have.
    """

    _remedy: ClassVar[str] = ""
    _elsewhere: ClassVar[Mapping[str, str]] = {}

    def _misused(self, what: str) -> NoReturn:
        raise ArgumentError(f"a {self._kind} is no {what}; {self._remedy}")

    @property
    def _kind(self) -> str:
        return type(self).__name__

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._misused("function")

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._misused("array")

    def __array_ufunc__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._misused("array")

    def __float__(self) -> float:
        self._misused("number")

    def __getitem__(self, key: Any) -> Any:
        self._misused("array or dict")

    # without it, a loop would ask for entry after entry
    __iter__ = None

    def __getattr__(self, name: str) -> NoReturn:
        own = type(self)
        if hasattr(own, name):
            # the attribute is there, and what it computes has failed
            object.__getattribute__(self, name)
        text = f"a {self._kind} has no attribute {name!r}"
        if not name.startswith("_"):
            public = sorted({word for word in (*dir(own), *vars(self)) if not word.startswith("_")})
            close = difflib.get_close_matches(name, public, 1)
            advice = self._elsewhere.get(name) or (f"did you mean {close[0]}?" if close else "")
            text += f"; {advice}" if advice else f"; it has {', '.join(public)}"
        raise AttributeError(text)


def _operation(self: NoArray, other: Any) -> Any:
    self._misused("array")


for _word in _OPERATORS:
    setattr(NoArray, f"__{_word}__", _operation)
    setattr(NoArray, f"__r{_word}__", _operation)


def misfit(
    what: str,
    given: Mapping[str, Any],
    held: Mapping[str, Any],
    symbols: Mapping[str, Expression],
    axes: Mapping[str, int],
) -> str:
    """Why arrays are none for which a formula is meant; empty where nothing speaks against them.

    Parameters
    ----------
    what
        The word for the formula.
    given, held
        Arrays by name: those of the call, and those that the formula holds.
    symbols, axes
        By name what they are in the formula, and the number of their axes.
    """
    lengths: dict[Dim, tuple[int, str]] = {}
    for name, value in (*held.items(), *given.items()):
        array = np.asarray(value) if not isinstance(value, NoArray) else None
        if array is None or array.dtype.kind not in "fiubc":
            return f"the {what} takes {name} as numbers; received a {type(value).__name__}"
        count = axes.get(name, array.ndim)
        if array.ndim != count:
            kind = ("a number", "a vector", "a matrix")[count]
            return f"the {what} takes {name} as {kind}; received an array of shape {array.shape}"
        own = [length for length in symbols[name].shape if length != 1] if name in symbols else []
        if len(own) != array.ndim:
            continue
        for dim, length in zip(own, array.shape, strict=True):
            known, owner = lengths.setdefault(dim, (length, name)) if isinstance(dim, Dim) else (dim, "the formula")
            if known != length:
                return (
                    f"the {what} takes {name} with as many entries along {dim} as {owner} has: expected {known}, "
                    f"received {length}"
                )
    return ""
