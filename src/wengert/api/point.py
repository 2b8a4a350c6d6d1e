"""The point at which a function is explained: its arguments, by position and by name."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.api.arguments import Names, Positions, Selection, name_of
from wengert.api.listing import WengertList, trace
from wengert.display.parts import Part
from wengert.errors import ArgumentError, IntegerInputError
from wengert.graph import ArrayType, concrete_type
from wengert.programs import Program

__all__ = ["Point", "hold", "is_float", "is_input_by_default"]

Function = Callable[..., Any]
Place = int | str


class Point:
    """A function's arguments, by position and by name, and which of them are differentiated."""

    def __init__(
        self,
        f: Function,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        argnums: Positions | None,
        argnames: Names | None,
    ) -> None:
        Selection("explain", f, argnums, argnames)  # raises where f, argnums or argnames are of the wrong kind
        self.name = name_of(f)
        self.args, self.kwargs, names = _bound(f, args, kwargs)
        self.values: dict[Place, Any] = dict([*enumerate(self.args), *self.kwargs.items()])
        self.names: dict[Place, str] = dict([*enumerate(names), *((name, name) for name in self.kwargs)])
        self.places: list[Place] = []
        if argnums is None and argnames is None:
            self.places.append(self._first_with_floats())
        else:
            self.places = Selection("explain", f, argnums, argnames).pick(self.args, self.kwargs)[2]
        for place in self.places:
            self._check(place)

    def _first_with_floats(self) -> Place:
        for place, value in self.values.items():
            leaves = tree.flatten(value)[0]
            if leaves and all(map(is_float, leaves)):
                return place
        if not self.values:
            raise ArgumentError(f"explain: {self.name} takes no argument, so that there is nothing to differentiate")
        held = ", ".join(f"{part.name} is {part.type}" for part in self.inputs())
        raise IntegerInputError(
            f"explain: no argument of {self.name} holds floating-point numbers only ({held}), and nothing "
            f"else has a derivative; pass floats, for example 3.0 for 3 or x.astype(float)"
        )

    def _check(self, place: Place) -> None:
        leaves, structure = tree.flatten(self.values[place])
        if not any(np.size(leaf) for leaf in leaves):
            raise ArgumentError(f"explain: {self.names[place]} is empty, so that there is nothing to differentiate")
        for path, leaf in zip(structure.paths(), leaves, strict=True):
            if not is_float(leaf):
                part = Part(self.names[place] + path, leaf)
                raise IntegerInputError(
                    f"explain: {part.name} is {part.type}, and only floats have a derivative; "
                    f"pass floats, for example 3.0 for 3 or x.astype(float), or choose another argument"
                )

    def inputs(self) -> tuple[Part, ...]:
        """Every leaf of the arguments under its name."""
        parts: list[Part] = []
        for place, value in self.values.items():
            leaves, structure = tree.flatten(value)
            note = "differentiated" if place in self.places else ""
            stem = self.names[place]
            parts += [Part(stem + path, leaf, note) for path, leaf in zip(structure.paths(), leaves, strict=True)]
        return tuple(parts)

    def fresh(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments in memory of their own: the function may write into them."""
        return tree.map(_copied, (self.args, self.kwargs))  # type: ignore[no-any-return]

    def run(self, function: Function) -> Any:
        """Call a function at this point."""
        args, kwargs = self.fresh()
        return function(*args, **kwargs)

    def closed(self, function: Function) -> Callable[[], Any]:
        """A call at this point, to be measured."""
        args, kwargs = self.fresh()
        return functools.partial(function, *args, **kwargs)

    def trace(self, function: Function) -> WengertList:
        """The Wengert list of what `inputs_of` says."""
        restricted, chosen = self.inputs_of(function)
        return trace(restricted, *chosen)

    def inputs_of(self, function: Function) -> tuple[Function, list[Any]]:
        """The function of its inputs, and these: counts, axes and flags are constants rather than inputs."""
        traced = [place for place, value in self.values.items() if place in self.places or _is_numeric(value)]
        return self.restrict(function, traced)

    def restrict(self, function: Function, places: Sequence[Place]) -> tuple[Function, list[Any]]:
        """A function of some of the arguments, with the others held, and these arguments."""
        args, kwargs = self.fresh()
        restricted, chosen = hold(function, args, kwargs, places)
        kind = inspect.Parameter.POSITIONAL_ONLY
        restricted.__name__ = self.name
        restricted.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [inspect.Parameter(self.names[place], kind) for place in places]
        )
        return restricted, chosen

    def keys(self) -> dict[str, Any]:
        """The differentiated arguments, as `grad` takes them."""
        numbers = tuple(place for place in self.places if isinstance(place, int))
        words = tuple(place for place in self.places if isinstance(place, str))
        return {"argnums": numbers or None, "argnames": words or None}


def hold(
    function: Function, args: tuple[Any, ...], kwargs: dict[str, Any], places: Sequence[Place]
) -> tuple[Function, list[Any]]:
    """A function of the arguments at these places, with the others held, and the arguments there."""
    program = Program(function)

    @functools.wraps(function, updated=())
    def restricted(*chosen: Any) -> Any:
        listed, named = list(args), dict(kwargs)
        for place, value in zip(places, chosen, strict=True):
            if isinstance(place, str):
                named[place] = value
            else:
                listed[place] = value
        return program.run(tuple(listed), named)

    return restricted, [kwargs[place] if isinstance(place, str) else args[place] for place in places]


def _bound(
    f: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], list[str]]:
    """The arguments of a call, with the defaults that are numbers, and the names of the positional ones."""
    try:
        signature = inspect.signature(f)
    except (TypeError, ValueError):
        return args, kwargs, [f"x{position}" for position in range(len(args))]
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        raise ArgumentError(f"explain: {name_of(f)}: {error}; give every argument that has no default") from error
    for name, parameter in signature.parameters.items():
        if parameter.default is not parameter.empty and name not in bound.arguments and is_input_by_default(parameter):
            bound.arguments[name] = parameter.default
    # the arguments of a call are read off in the order of their names
    bound.arguments = {name: bound.arguments[name] for name in signature.parameters if name in bound.arguments}
    names: list[str] = []
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            names += [f"{parameter.name}{i}" for i in range(len(bound.args) - len(names))]
        elif len(names) < len(bound.args):
            names.append(parameter.name)
    return bound.args, bound.kwargs, names


def is_input_by_default(parameter: inspect.Parameter) -> bool:
    """Whether a default becomes an input: numbers do, while `out=None` and the like only get in the way."""
    leaves = tree.flatten(parameter.default)[0]
    kinds = [concrete_type(leaf) for leaf in leaves]
    numbers = bool(kinds) and all(isinstance(kind, ArrayType) and kind.kind != "b" for kind in kinds)
    return numbers or parameter.kind is parameter.POSITIONAL_ONLY


def is_float(leaf: Any) -> bool:
    """Whether a value has a derivative: a real or complex floating-point number, or an array of them."""
    return concrete_type(leaf).inexact


def _is_numeric(value: Any) -> bool:
    """Whether an argument holds only floats and arrays: a lone integer may be an axis or a count."""
    leaves = tree.flatten(value)[0]
    return bool(leaves) and all(
        isinstance(kind, ArrayType) and (kind.inexact or (kind.ndim > 0 and kind.kind in "iub"))
        for kind in map(concrete_type, leaves)
    )


def _copied(leaf: Any) -> Any:
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf
