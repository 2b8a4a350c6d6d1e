"""A function as a program of named arrays: its arguments, and what it refers to by name, which can be exchanged.

Arrays and floats count as data wherever the function finds them: among its arguments and their defaults, in closures
and globals, on objects and in small dicts and lists that it holds, and in the same places of the functions that it
calls. Whole numbers, strings and the like stay what they are.
"""

from __future__ import annotations

import dis
import functools
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import CodeType, FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any, Final

import numpy as np

from wengert.calculus.exchange import (
    attributes_of,
    exchanged,
    filled,
    holds_too_many,
    is_container,
    is_transform,
    items_of,
    uncompiled,
)
from wengert.errors import UnsupportedError
from wengert.graph.source import belongs_to_user
from wengert.programs import Program as TracedProgram

__all__ = ["Program", "is_data", "program_of"]

Function = Callable[..., Any]
_LIBRARIES: Final = frozenset({"numpy", "scipy", "wengert"})
_GLOBAL: Final = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})
_FREE: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@dataclass(frozen=True)
class Program:
    """A function with names for its arrays.

    Attributes
    ----------
    name
        Of the function.
    data
        Arrays and floats by name: the arguments first, then what is captured.
    arguments
        The names of those that are given in the call.
    numbers
        Numbers that stand in the code, or that it refers to.
    """

    name: str
    data: Mapping[str, Any]
    arguments: tuple[str, ...]
    numbers: frozenset[float]
    _function: Function
    _call: Callable[[Function, Mapping[str, Any]], Any]
    _held: Mapping[tuple[str, int], str]
    _reached: tuple[Any, ...]
    _renamed: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, values: Mapping[str, Any]) -> Any:
        """The result of the function with these arrays in the place of its own."""
        values = {self._renamed.get(name, name): value for name, value in values.items()}
        held = {key: values[name] for key, name in self._held.items() if name in values}
        function = exchanged(self._function, held, self._reached) if held else self._function
        return self._call(function, values)

    def takes(self, name: str) -> bool:
        """Whether one of its arguments has this name, of whatever kind it is."""
        return name in getattr(self._call, "rest", ())

    def renamed(self, names: Mapping[str, str]) -> Program:
        """The same with other names for some arguments."""
        return replace(
            self,
            data={names.get(name, name): value for name, value in self.data.items()},
            arguments=tuple([names.get(name, name) for name in self.arguments]),
            _renamed={new: old for old, new in names.items()},
        )

    def ordered(self, arguments: Sequence[str], name: str) -> Program:
        """The same with its arguments in another order, and called by another name."""
        data = {argument: self.data[argument] for argument in arguments}
        return replace(self, data=data, arguments=tuple(arguments), name=name)


def is_data(value: Any) -> bool:
    """Whether a value is an array or a number that a formula has a symbol for."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "fiub"
    return isinstance(value, (float, np.floating))


def program_of(function: Function, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None) -> Program:
    """A function, called with these arguments, as a program of named arrays.

    Raises
    ------
    TypeError
        The arguments do not fit the function.
    """
    inner, before, keywords = _opened(function)
    named, call = _arguments(inner, (*before, *args), {**keywords, **(kwargs or {})})
    own = {id(value) for value in (*before, *keywords.values())}
    reach = _Reach(inner)
    data = {name: value for name, value in named.items() if is_data(value)}
    # what a partial function brings along belongs to it, not to its callers
    arguments = tuple([name for name, value in data.items() if id(value) not in own and name not in call.defaults])
    held: dict[tuple[str, int], str] = {}
    for key, value in reach.data.items():
        held[key] = _name_for(key[0], value, data)
        data[held[key]] = value
    numbers = {float(v) for v in (*reach.numbers, *named.values()) if type(v) in (int, float)}
    name = getattr(inner, "__name__", type(inner).__name__)
    return Program(name, data, arguments, frozenset(numbers), inner, call, held, tuple(reach.reached))


def _name_for(name: str, value: Any, data: Mapping[str, Any]) -> str:
    """The name itself, or one with a number where it is taken by something else."""
    found, count = name, 1
    while found in data and data[found] is not value:
        found, count = f"{name}{count}", count + 1
    return found


def _opened(function: Function) -> tuple[Function, tuple[Any, ...], dict[str, Any]]:
    """The function inside a partial or a compiled one, with the arguments that it brings."""
    args: tuple[Any, ...] = ()
    keywords: dict[str, Any] = {}
    function = uncompiled(function)
    while isinstance(function, functools.partial):
        args, keywords = (*function.args, *args), {**function.keywords, **keywords}
        function = uncompiled(function.func)
    return function, args, keywords


@dataclass(frozen=True)
class _Call:
    """How a function is called with arguments by name."""

    positions: tuple[str, ...]
    keywords: Mapping[str, str]
    rest: Mapping[str, Any]
    defaults: frozenset[str]

    def __call__(self, function: Function, values: Mapping[str, Any]) -> Any:
        known = {**self.rest, **{name: value for name, value in values.items() if name in self.rest}}
        named = {keyword: known[name] for keyword, name in self.keywords.items()}
        # run as the other transforms run it, so that SciPy's functions take traced values
        return TracedProgram(function).run(tuple([known[name] for name in self.positions]), named)


def _arguments(function: Function, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[dict[str, Any], _Call]:
    """The arguments by name, and how to call with others in their place."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        positions = tuple([f"x{place + 1}" if len(args) > 1 else "x" for place in range(len(args))])
        given = {**dict(zip(positions, args, strict=True)), **kwargs}
        return given, _Call(positions, {name: name for name in kwargs}, given, frozenset())
    bound = signature.bind(*args, **kwargs)
    told = set(bound.arguments)
    bound.apply_defaults()
    named: dict[str, Any] = {}
    places: list[str] = []
    keywords: dict[str, str] = {}
    for name, parameter in signature.parameters.items():
        value = bound.arguments[name]
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            several = {f"{name}{place}": one for place, one in enumerate(value)}
            places += several
            named.update(several)
        elif parameter.kind is inspect.Parameter.VAR_KEYWORD:
            keywords.update({key: key for key in value})
            named.update(value)
        elif parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            if name in told or is_data(value):
                keywords[name] = name
                named[name] = value
        else:
            places.append(name)
            named[name] = value
    defaults = frozenset(
        name for name, parameter in signature.parameters.items() if name not in told and parameter.kind not in _FREE
    )
    return named, _Call(tuple(places), keywords, named, defaults)


class _Reach:
    """What is reached from a function by the names in its code: functions, objects with their arrays, and data."""

    def __init__(self, function: Any) -> None:
        self.reached: list[Any] = []
        self.data: dict[tuple[str, int], Any] = {}
        self.numbers: set[Any] = set()
        self.attributes: set[str] = set()
        self._waiting = [function]
        self._known: set[int] = set()
        # what is known by its identity must live as long
        self._kept: list[Any] = []
        found = -1
        # a function that is reached late may name attributes of an object that was reached early
        while self._waiting or found != len(self.attributes):
            found = len(self.attributes)
            while self._waiting:
                self._visit(self._waiting.pop(0))
            for holder in self.reached:
                if not isinstance(holder, FunctionType):
                    self._look_into(holder)

    def _visit(self, value: Any) -> None:
        value = uncompiled(value)
        if id(value) in self._known:
            return
        self._known.add(id(value))
        self._kept.append(value)
        if isinstance(value, MethodType):
            self._waiting += [value.__func__, value.__self__]
        elif isinstance(value, functools.partial):
            self._waiting += [value.func]
        elif isinstance(value, TracedProgram):
            self._waiting += [value.function]
        elif is_transform(value):
            self.reached.append(value)
            held = [cell.cell_contents for cell in value.__closure__ if filled(cell)]
            self._waiting += [part for part in held if isinstance(part, TracedProgram) or is_transform(part)]
        elif _is_user_function(value) or _is_holder(value):
            self.reached.append(value)
            if isinstance(value, FunctionType):
                self._read(value)

    def _read(self, function: FunctionType) -> None:
        for name, value in _references(function):
            self._meet(name, value)
        for code in _codes(function.__code__):
            self.attributes |= set(code.co_names) - set(_loaded(code))
            self.numbers |= {constant for constant in code.co_consts if type(constant) in (int, float)}

    def _look_into(self, holder: Any) -> None:
        own = attributes_of(holder)
        for name in sorted(self.attributes):
            if name in own:
                self._meet(name, own[name])
            else:
                found = inspect.getattr_static(type(holder), name, None)
                if is_data(found):
                    self._meet(name, found)
            # methods of the classes above it are reached by super()
            for cls in type(holder).__mro__:
                method = vars(cls).get(name)
                self._await(uncompiled(method.__func__ if isinstance(method, staticmethod) else method))
        self._await(inspect.getattr_static(type(holder), "__call__", None))

    def _await(self, method: Any) -> None:
        if isinstance(method, FunctionType) and id(method) not in self._known:
            self._waiting.append(method)

    def _meet(self, name: str, value: Any) -> None:
        if is_data(value):
            self.data.setdefault((name, id(value)), value)
        elif type(value) is int:
            self.numbers.add(value)
        elif is_container(value):
            for inner, item in items_of(name, value):
                self._meet(inner, item)
        elif holds_too_many(value):
            raise UnsupportedError(
                f"derive: {name} holds {len(value)} arrays, which are more than a formula has names for; derive a part "
                f"of the function, or use wengert.grad, which gives its derivative as numbers"
            )
        elif id(value) not in self._known and (callable(value) or _is_holder(value)):
            # what is known waits no second time
            self._waiting.append(value)


def _is_user_function(value: Any) -> bool:
    return (
        isinstance(value, FunctionType)
        and _module(value) not in sys.stdlib_module_names
        and belongs_to_user(value.__code__)
    )


def _is_holder(value: Any) -> bool:
    """Whether a value is an object of a user's class, with attributes of its own."""
    if isinstance(value, (FunctionType, MethodType, ModuleType, type, np.ndarray)):
        return False
    if not hasattr(value, "__dict__") and not any("__slots__" in vars(cls) for cls in type(value).__mro__):
        return False
    if isinstance(value, SimpleNamespace):
        return True
    return _module(type(value)) not in _LIBRARIES | sys.stdlib_module_names


def _module(value: Any) -> str:
    return (getattr(value, "__module__", None) or "").partition(".")[0]


def _references(function: FunctionType) -> Iterator[tuple[str, Any]]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        if filled(cell):
            yield name, cell.cell_contents
    for name in dict.fromkeys(name for code in _codes(function.__code__) for name in _loaded(code)):
        if name in function.__globals__:
            yield name, function.__globals__[name]


@functools.lru_cache(maxsize=1000)
def _loaded(code: CodeType) -> tuple[str, ...]:
    """The names of globals in a code, which are no names of attributes."""
    return tuple(dict.fromkeys(step.argval for step in dis.get_instructions(code) if step.opname in _GLOBAL))


def _codes(code: CodeType) -> list[CodeType]:
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return [code, *(part for one in inner for part in _codes(one))]
