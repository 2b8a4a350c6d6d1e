"""Which functions and classes of a program need Wengert's names: those that reach code which asks for them."""

from __future__ import annotations

import builtins
import enum
import functools
import sys
from collections.abc import Iterable, Iterator
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any, Final

import numpy as np

from wengert.graph import Operand
from wengert.programs.containers import CONTAINERS, contents, is_data
from wengert.programs.dispatching import implementations
from wengert.programs.libraries import is_of_scipy
from wengert.programs.mirrors import MIRRORS
from wengert.programs.need import Manner, names_in
from wengert.programs.objects import attributes_of, dispatches, methods_of, servable, slots_of
from wengert.programs.scope import Scope

__all__ = ["CACHED", "EXAMINED", "MISSING", "Reach", "content_of", "left_alone"]

MISSING: Final = object()
CACHED: Final = type(functools.lru_cache(len))
EXAMINED: Final = (FunctionType, MethodType, functools.partial, ModuleType, np.vectorize, CACHED)
# Functions of these packages run as they are: NumPy's by its protocols, the others since nothing of ours goes in there.
# An assertion in a test refers to pytest's own modules, and by them to every test there is.
_LEFT_ALONE: Final = (
    frozenset(sys.stdlib_module_names) | {"numpy", "wengert", "pytest", "_pytest", "pluggy", "torch", "jax"}
) - {"__main__"}
# Objects of these classes have no methods of the user's; they are by far the most that programs refer to.
_PLAIN: Final = (np.ndarray, np.generic, np.ufunc, float, int, complex, str, list, dict, tuple, set, Operand)


def left_alone(module: str) -> bool:
    """Whether what a module defines runs as it is."""
    return module.partition(".")[0] in _LEFT_ALONE


def content_of(cell: Any) -> Any:
    """What a closure's cell holds; `MISSING` before it is assigned."""
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


def _spread(keys: list[int], callers: dict[int, list[int]], found: set[int]) -> None:
    """Add these, and all from which they are reached."""
    while keys:
        key = keys.pop()
        if key not in found:
            found.add(key)
            keys.extend(callers.get(key, ()))


class Reach:
    """Answers for one program, with a record of what they rest on."""

    def __init__(self) -> None:
        # by identity, with the thing itself, so that the identity stays its own
        self._known: dict[int, tuple[Any, bool]] = {}
        self._servable: dict[type, bool] = dict.fromkeys(_PLAIN, False)
        self._manners: dict[int, Manner] = {}
        # what sets and objects with slots hold: they give it as it is, so that it must be the same everywhere
        self.kept: dict[int, Any] = {}
        self.seen: list[tuple[dict[str, Any], str, Any]] = []
        """(names, name, value) of all that the functions refer to"""

    def fresh(self) -> bool:
        """Whether all names still mean what they meant."""
        return all([names.get(name, MISSING) is value for names, name, value in self.seen])

    def needing_class(self, value: Any) -> bool:
        """Whether this is a class of the user's with a method that needs names of ours, or an object of one.

        An object counts too that holds what has to be served.
        """
        cls = self._class_of(value)
        if cls is None or id(value) in self.kept:
            return False
        # the members of an enumeration are served where it is, since they are told apart by identity
        holds = cls is not value and not isinstance(cls, enum.EnumMeta) and not is_data(attributes_of(value))
        return self.needs(cls) or holds

    def is_object(self, value: Any) -> bool:
        """Whether this is an object of a class of the user's."""
        return not isinstance(value, (type, *_PLAIN)) and self._class_of(value) is not None

    def _class_of(self, value: Any) -> type | None:
        cls = value if isinstance(value, type) else type(value)
        known = self._servable.get(cls)
        if known is None:
            known = self._servable[cls] = not is_of_scipy(cls) and servable(cls, left_alone)
        return cls if known else None

    def needs(self, node: Any) -> bool:
        """Whether a function or a class needs names of ours."""
        known = self._known.get(id(node))
        return self._explore(node) if known is None else known[1]

    def _explore(self, root: Any) -> bool:
        """Judge everything that is reached from here at once: functions may call one another in circles."""
        nodes: dict[int, Any] = {}
        callers: dict[int, list[int]] = {}
        needing: list[int] = []
        waiting = [root]
        while waiting:
            node = waiting.pop()
            if id(node) in nodes:
                continue
            nodes[id(node)] = node
            asks, references = self._look(node)
            if asks:
                needing.append(id(node))
            for reference in references:
                known = self._known.get(id(reference))
                if known is None:
                    callers.setdefault(id(reference), []).append(id(node))
                    waiting.append(reference)
                elif known[1]:
                    needing.append(id(node))
        found: set[int] = set()
        _spread(needing, callers, found)
        if found:
            # a copy keeps the global variables that it sets, where only copies see them
            functions = [node for node in nodes.values() if isinstance(node, FunctionType)]
            storing = {id(node.__globals__) for node in functions if names_in(node.__code__).stores}
            setters = [node for node in functions if id(node.__globals__) in storing]
            _spread([id(node) for node in setters], callers, found)
            self._share(setters)
        self._known.update({key: (node, key in found) for key, node in nodes.items()})
        return id(root) in found

    def _share(self, functions: list[FunctionType]) -> None:
        """Functions that share the variables that one of them sets see them in one manner."""
        for function in functions:
            code, key = names_in(function.__code__), id(function.__globals__)
            self._manners[key] = self._manners.get(key, Manner()).also(code.manner)

    def manner(self, function: FunctionType) -> Manner:
        """What the copy of a function does with classes."""
        return self._manners.get(id(function.__globals__), names_in(function.__code__).manner)

    def rebinds(self, cell: CellType) -> bool:
        """Whether a function of the program sets the variable of this cell."""
        for node, _ in self._known.values():
            if isinstance(node, FunctionType) and node.__closure__:
                names = zip(node.__code__.co_freevars, node.__closure__, strict=True)
                rebound = names_in(node.__code__).rebound
                if rebound and any([own is cell and name in rebound for name, own in names]):
                    return True
        return False

    def _look(self, node: Any) -> tuple[bool, list[Any]]:
        """Whether a function or class itself asks for names of ours, and what it refers to."""
        if isinstance(node, type):
            return dispatches(node), list(methods_of(node))
        names = node.__globals__
        if isinstance(names, Scope):
            return False, []
        if chosen := implementations(node):
            return True, [function for function in chosen if isinstance(function, FunctionType)]
        if left_alone(names.get("__name__") or ""):
            # a decorator of Python's, such as contextlib.contextmanager, holds the user's function
            held = [content_of(cell) for cell in node.__closure__ or ()]
            return False, [value for value in held if isinstance(value, FunctionType)]
        code = names_in(node.__code__)
        values: list[Any] = []
        for name in code.loaded:
            value = names.get(name, MISSING)
            if value is np or (value is MISSING and hasattr(builtins, name)):
                continue
            if isinstance(value, (*CONTAINERS, tuple, set, frozenset)):
                values.append(value)
            elif value is MISSING or not isinstance(value, _PLAIN):
                self.seen.append((names, name, value))
                values.append(value)
        values += [content_of(cell) for cell in node.__closure__ or ()]
        values += [*(node.__defaults__ or ()), *(node.__kwdefaults__ or {}).values()]
        held = list(_unfolded(values, set()))
        for value in held:
            if isinstance(value, (set, frozenset)):
                self.kept.update({id(part): part for part in value if not is_data([part])})
            elif not isinstance(value, (type, *EXAMINED, *_PLAIN)) and not left_alone(type(value).__module__):
                self.kept.update({id(part): part for part in slots_of(value)})
        asks = code.telling or any(
            id(value) in MIRRORS
            or isinstance(value, (np.vectorize, CACHED))
            or (not isinstance(value, np.ufunc) and is_of_scipy(value))
            for value in held
        )
        return asks, list(self._references(held, code.attributes))

    def _references(self, values: Iterable[Any], attributes: frozenset[str]) -> Iterator[Any]:
        """The functions and classes among values, those that modules have under some names included."""
        for value in values:
            if isinstance(value, FunctionType):
                yield value
            elif isinstance(value, ModuleType):
                if not is_of_scipy(value) and not left_alone(value.__name__):
                    yield from self._references(
                        _unfolded([getattr(value, name, None) for name in attributes], set()), frozenset()
                    )
            elif not isinstance(value, _PLAIN) and self._class_of(value) is not None:
                yield self._class_of(value)


def _unfolded(values: Iterable[Any], seen: set[int]) -> Iterator[Any]:
    """These values, and what the methods, partial functions, containers and objects among them hold."""
    for value in values:
        yield value
        parts: Any = ()
        if type(value) in CONTAINERS or isinstance(value, tuple):
            parts = contents(value)
        elif isinstance(value, MethodType):
            parts = (value.__func__, value.__self__)
        elif isinstance(value, functools.partial):
            parts = (value.func, *value.args, *value.keywords.values())
        elif not isinstance(value, (type, FunctionType, ModuleType, *_PLAIN)) and not left_alone(
            type(value).__module__
        ):
            parts = attributes_of(value)
        if parts and id(value) not in seen and not is_data(parts):
            seen.add(id(value))
            yield from _unfolded(parts, seen)
