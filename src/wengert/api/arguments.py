"""From a call of the user's to leaves and back: which arguments, what may be differentiated, what came out."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.errors import (
    ArgumentError,
    IndependentOutputWarning,
    IntegerInputError,
    OutputError,
    SeedError,
)
from wengert.graph import ArrayType, Operand, concrete_type, locate
from wengert.graph.source import user_frame
from wengert.numpy.host import HostArray, unhosted
from wengert.tracing import type_of
from wengert.transforms.tape import own

__all__ = [
    "Selection",
    "check_input",
    "check_primals",
    "flat_output",
    "name_of",
    "require_alive",
    "seeds_for",
    "split_auxiliary",
    "strip_auxiliary",
    "warn_of_independence",
]

Positions = int | Sequence[int]
Names = str | Sequence[str]


def name_of(function: Any) -> str:
    """What error messages call the user's function."""
    return getattr(function, "__name__", None) or type(function).__name__


class Selection:
    """Which arguments of a function are differentiated: by position, by keyword, or both."""

    def __init__(self, operation: str, function: Any, argnums: Positions | None, argnames: Names | None) -> None:
        if not callable(function):
            raise ArgumentError(
                f"{operation} takes a function, received {type(function).__name__} {_short(function)}; "
                f"write wengert.{operation}(f)(x), not wengert.{operation}(f(x))"
            )
        if argnums is None and argnames is None:
            argnums = 0
        self.operation = operation
        self.function = function
        self.single = isinstance(argnums, (int, np.integer)) if argnames is None else (
            argnums is None and isinstance(argnames, str)
        )  # fmt: skip
        positions, names = _listed(argnums), _listed(argnames)
        if not all(map(_is_int, positions)) or not all(isinstance(name, str) for name in names):
            raise ArgumentError(
                f"{operation}: argnums takes an int or a tuple of them, argnames a str or a tuple of them; received "
                f"argnums={argnums!r}, argnames={argnames!r}"
            )
        self.keys: tuple[Any, ...] = (*map(int, positions), *names)
        if len(set(self.keys)) != len(self.keys) or not self.keys:
            raise ArgumentError(f"{operation}: name each differentiated argument once; received {self.keys}")
        self._first = self.single and self.keys == (0,)

    def pick(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[Any], tree.Structure, list[Any]]:
        """The leaves of the chosen arguments, their structure, and where each argument stands."""
        if self._first and args:
            leaves, structure = tree.flatten(args[0])
            return leaves, structure, [0]
        places = [self._place(key, args, kwargs) for key in self.keys]
        if len(set(places)) != len(places):
            raise ArgumentError(
                f"{self.operation}: name each differentiated argument once; {self.keys} chooses one argument of "
                f"{name_of(self.function)} twice"
            )
        chosen = [kwargs[place] if isinstance(place, str) else args[place] for place in places]
        leaves, structure = tree.flatten(chosen[0] if self.single else tuple(chosen))
        return leaves, structure, places

    def _place(self, key: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if isinstance(key, int):
            if -len(args) <= key < len(args):
                return key % len(args)
            raise ArgumentError(
                f"{self.operation}: argnums={key}, but {name_of(self.function)} was called with {len(args)} positional "
                f"argument{'s' * (len(args) != 1)}; pass the argument by position, or choose it with argnames"
            )
        if key in kwargs:
            return key
        try:
            place = list(inspect.signature(self.function).parameters).index(key)
        except (TypeError, ValueError):
            place = len(args)
        if place < len(args):
            return place
        raise ArgumentError(
            f"{self.operation}: argnames={key!r}, but {name_of(self.function)} was called without an argument of that "
            f"name; received keywords {sorted(kwargs)}"
        )

    def replace(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], places: list[Any], content: Any
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of the call with the chosen ones exchanged."""
        if self._first:
            return (content, *args[1:]), kwargs
        parts = (content,) if self.single else content
        listed, named = list(args), dict(kwargs)
        for place, part in zip(places, parts, strict=True):
            if isinstance(place, str):
                named[place] = part
            else:
                listed[place] = part
        return tuple(listed), named

    def check(self, leaves: list[Any], structure: tree.Structure) -> None:
        """Raise unless there is a chosen leaf, and every one can be differentiated."""
        if not leaves:
            what = "argument" if self.single else "arguments"
            keys = self.keys[0] if self.single else self.keys
            raise ArgumentError(
                f"{self.operation}: {what} {keys!r} of {name_of(self.function)} holds nothing to differentiate (None "
                f"and empty containers hold no numbers); pass floats or arrays"
            )
        for position, leaf in enumerate(leaves):
            if leaf.__class__ is HostArray:
                leaf = leaves[position] = unhosted(leaf)
            check_input(leaf, self.operation, self, structure, position)

    def describe(self, structure: tree.Structure, leaf: int) -> str:
        """What an error message calls a leaf: `argument 0['w']`."""
        path = structure.paths()[leaf]
        if self.single:
            return f"argument {self.keys[0]!r}{path}"
        return f"arguments {self.keys} at {path}"


def _listed(choice: Any) -> tuple[Any, ...]:
    """A choice of arguments as a tuple: several are given as a tuple or list, anything else is one."""
    if choice is None:
        return ()
    several = isinstance(choice, Sequence) and not isinstance(choice, str)
    return tuple(choice) if several else (choice,)


def _is_int(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 60 else text[:57] + "..."


_PLAIN = (float, complex, np.float64, np.float32, np.complex128)


def check_primals(leaves: list[Any], structure: tree.Structure, operation: str) -> None:
    """Raise unless every leaf of a tuple of arguments can be differentiated."""
    for position, leaf in enumerate(leaves):
        if leaf.__class__ is HostArray:
            # a plain array that a traced program passes on
            leaf = leaves[position] = unhosted(leaf)
        check_input(leaf, operation, None, structure, position)


def check_input(
    value: Any,
    operation: str,
    selection: Selection | None = None,
    structure: tree.Structure | None = None,
    leaf: int = 0,
) -> None:
    """Raise unless a value can be differentiated with respect to; the rest is for the message."""
    if value.__class__ in _PLAIN:
        return
    if value.__class__ is np.ndarray and value.dtype.kind in "fc" and value.dtype.isnative:
        return

    def describe() -> str:
        if structure is None:
            return "the first argument"
        path = structure.paths()[leaf]
        return selection.describe(structure, leaf) if selection else f"argument {path}" if path else "the argument"

    if isinstance(value, Operand):
        if not value.type.inexact:
            raise IntegerInputError(_integers(operation, describe(), value.type.dtype))
        return
    kind = concrete_type(value)
    if not isinstance(kind, ArrayType):
        raise ArgumentError(
            f"{operation}: {describe()} is {_article(type(value).__name__)} ({_short(value)}), which cannot be "
            f"differentiated; pass floats or NumPy arrays, or register the container with wengert.tree.register"
        )
    if isinstance(value, np.ndarray) and type(value) not in (np.ndarray, np.memmap):
        raise ArgumentError(
            f"{operation}: {describe()} is {_article(type(value).__name__)}, a subclass of ndarray with rules of "
            f"its own; pass a plain array, for example numpy.asarray(x)"
        )
    if kind.dtype.kind in "iub":
        raise IntegerInputError(_integers(operation, describe(), kind.dtype))
    if kind.dtype.kind not in "fc":
        raise ArgumentError(
            f"{operation}: {describe()} has dtype {kind.dtype}, which cannot be differentiated; "
            f"pass floating-point numbers"
        )
    if not kind.dtype.isnative:
        raise ArgumentError(
            f"{operation}: {describe()} has the foreign byte order {kind.dtype.str!r}; convert it with "
            f"x.astype(x.dtype.newbyteorder('='))"
        )


def _integers(operation: str, place: str, dtype: np.dtype[Any]) -> str:
    what = "Booleans" if dtype.kind == "b" else "integers"
    return (
        f"{operation}: {place} holds {what} (dtype {dtype}), which have no derivative; pass floating-point numbers, "
        f"for example 3.0 for 3 or x.astype(float), or exclude the argument with argnums"
    )


def _article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def flat_output(function: Any, result: Any, operation: str) -> tuple[list[Any], tree.Structure]:
    """The leaves of a result, each an array or a scalar."""
    if result is None:
        raise OutputError(
            f"{operation}: {name_of(function)} returned None; it needs a return statement with its result"
        )
    leaves, structure = tree.flatten(result)
    for position, leaf in enumerate(leaves):
        if not isinstance(type_of(leaf), ArrayType):
            path = structure.paths()[position]
            raise OutputError(
                f"{operation}: {name_of(function)} returned {_article(type(leaf).__name__)} ({_short(leaf)})"
                f"{f' at {path}' if path else ''}, which is no array; return arrays and scalars, and other things "
                f"through has_aux=True"
            )
        if isinstance(leaf, Operand):
            require_alive(leaf)
            if leaf.is_view:
                leaf.refresh()
    return leaves, structure


def require_alive(value: Operand) -> None:
    """Raise if a returned value is a traced one of a recording that has ended."""
    if value.recording.closed:
        raise value.recording.leaked()


def warn_of_independence(f: Any, operation: str) -> None:
    """Warn, at the user's line, that a derivative is zero because the result does not depend on the argument."""
    frame = user_frame(2)
    place = locate(2)
    warning = IndependentOutputWarning(
        f"{operation}: the result of {name_of(f)} does not depend on the differentiated argument"
        f"{f' (called at {place})' if place else ''}; its derivative is zero"
    )
    if frame is None:
        warnings.warn(warning, stacklevel=2)
    else:
        names = frame.f_globals
        warnings.warn_explicit(
            warning,
            category=IndependentOutputWarning,
            filename=frame.f_code.co_filename,
            lineno=frame.f_lineno,
            module=names.get("__name__"),
            registry=names.setdefault("__warningregistry__", {}),
        )


def split_auxiliary(function: Any, result: Any, operation: str) -> tuple[Any, Any]:
    """The two parts of a result under has_aux=True."""
    if not isinstance(result, tuple) or len(result) != 2:
        raise OutputError(
            f"{operation}: with has_aux=True {name_of(function)} must return a pair (output, extra); received "
            f"{_article(type(result).__name__)}"
        )
    return result


def strip_auxiliary(extra: Any, recording: Any) -> Any:
    """Extra results as values, without their derivative."""

    def strip(leaf: Any) -> Any:
        if isinstance(leaf, Operand):
            if leaf.is_view:
                leaf.refresh()
            if leaf.recording is recording:
                return own(leaf.value)
        return unhosted(leaf)

    return tree.map(strip, extra)


def seeds_for(
    seeds: Any, structure: tree.Structure, kinds: Sequence[ArrayType], operation: str, what: str, of: str
) -> list[Any]:
    """Tangents or cotangents as leaves of the right shapes and dtypes, or a `SeedError` that says what differs."""
    leaves, found = tree.flatten(seeds)
    mismatch = tree.difference(structure, found)
    if mismatch is not None:
        raise SeedError(f"{operation}: the {what} must be nested like the {of}: {mismatch}")
    return [
        _seed(leaf, kind, operation, f"the {what}{structure.paths()[i]}", f"the {of}")
        for i, (leaf, kind) in enumerate(zip(leaves, kinds, strict=True))
    ]


def _seed(leaf: Any, kind: ArrayType, operation: str, what: str, of: str) -> Any:
    leaf = unhosted(leaf)
    given: Any = type_of(leaf)
    if not isinstance(given, ArrayType):
        leaf = np.asarray(leaf)
        given = type_of(leaf)
    if given.shape != kind.shape:
        raise SeedError(
            f"{operation}: {what} has shape {given.shape}, but {of} has shape {kind.shape}; both must agree"
        )
    if given.dtype == kind.dtype:
        return leaf if not given.weak or isinstance(leaf, Operand) else kind.dtype.type(leaf)
    if not np.can_cast(given.dtype, kind.dtype, "same_kind"):
        raise SeedError(
            f"{operation}: {what} has dtype {given.dtype}, which does not fit into {kind.dtype}, the dtype of {of}; "
            f"convert it with .astype({kind.dtype})"
        )
    if isinstance(leaf, Operand):
        return leaf.astype(kind.dtype)  # type: ignore[attr-defined]
    return leaf.astype(kind.dtype) if isinstance(leaf, np.ndarray) else kind.dtype.type(leaf)
