"""What the arguments and the result of a compiled function look like, leaf by leaf."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from wengert import tree
from wengert.tree.kinds import DataclassKind, NamedtupleKind
from wengert.tree.registry import kind_of

__all__ = ["Constant", "Input", "Made", "NotNativeError", "Output", "arguments_of", "result_of"]


class NotNativeError(Exception):
    """An argument, or a type, that an entry cannot take: the call has to go the slow way."""


class Input:
    """A leaf of the arguments that is the input `index` of the kernel; in a result, that very object.

    `kind` is the class of the object: where it is not given, an array, a NumPy scalar for the shape (), and a Python
    number for a weak type.
    """

    __slots__ = ("index", "kind")

    def __init__(self, index: int, kind: type | None = None) -> None:
        self.index = index
        self.kind = kind


class Output:
    """A leaf of the result that is the output `index` of the kernel, an object of the class `kind` as for `Input`."""

    __slots__ = ("index", "kind")

    def __init__(self, index: int, kind: type | None = None) -> None:
        self.index = index
        self.kind = kind


class Constant:
    """A leaf that is always the same: of the arguments, where another one is a miss, or of the result."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Made:
    """A part of the result that `function(*parts)` makes."""

    __slots__ = ("function", "parts")

    def __init__(self, function: Callable[..., Any], parts: tuple[Any, ...]) -> None:
        self.function = function
        self.parts = parts


def arguments_of(
    args: tuple[Any, ...], kwargs: Mapping[str, Any], traced: Callable[[Any], bool]
) -> tuple[list[Any], dict[str, Any]]:
    """The patterns of arguments: an `Input` for each leaf that is `traced`, numbered in the order of `tree.flatten`.

    Raises `NotNativeError` where a container is no tuple, list, dictionary or data class, or an unusual one.
    """
    leaves, structure = tree.flatten((args, dict(kwargs)))
    numbers = iter(range(len(leaves)))
    patterns = [Input(next(numbers), type(leaf)) if traced(leaf) else Constant(leaf) for leaf in leaves]
    positional, named = structure.unflatten(patterns)
    if not all(map(_comes_apart, (*args, *kwargs.values()))):
        raise NotNativeError("an argument is a container of a class that only Python can take apart.")
    return list(positional), named


def result_of(structure: tree.Structure, leaves: Sequence[Any]) -> Any:
    """The pattern of a result of this structure, whose leaves are patterns."""
    pattern = structure.unflatten(leaves)
    if pattern is None:
        return Constant(None)
    return pattern if _is_native(pattern) else Made(lambda *values: structure.unflatten(values), tuple(leaves))


def _comes_apart(value: Any) -> bool:
    """Whether machine code can take an argument apart, as an entry does it."""
    if type(value) is dict:
        return all([type(key) is str and _comes_apart(member) for key, member in value.items()])
    kind = kind_of(type(value))
    if isinstance(kind, DataclassKind):
        names = set(kind.names)
        # what is computed once is kept among the attributes as well
        cached = any([isinstance(getattr(type(value), name, None), cached_property) for name in dir(type(value))])
        whole = not cached and (not hasattr(value, "__dict__") or names == vars(value).keys())
        return whole and all([_comes_apart(getattr(value, name)) for name in kind.names])
    if type(value) in (tuple, list) or isinstance(kind, NamedtupleKind):
        return all(map(_comes_apart, value))
    return kind is None or value is None


def _is_native(pattern: Any) -> bool:
    """Whether a pattern has no container but tuples, lists and dictionaries."""
    if type(pattern) in (tuple, list):
        return all([_is_native(member) for member in pattern])
    if type(pattern) is dict:
        return all([type(key) is str and _is_native(member) for key, member in pattern.items()])
    return pattern is None or isinstance(pattern, (Input, Output, Constant, Made))
