"""A function of the user's, and the copy of it that runs while it is traced."""

from __future__ import annotations

import builtins
import functools
import math
import sys
from collections.abc import Callable
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any, Final

import numpy as np

import wengert.numpy
from wengert.graph import Operand
from wengert.numpy.elements import vectorize
from wengert.numpy.host import hosted
from wengert.programs.conversions import BUILTINS, COMPARED, SHADOWS
from wengert.programs.mathematics import MATH, counterpart
from wengert.programs.need import names_in
from wengert.programs.objects import methods_of, servable, served_class, served_object
from wengert.programs.scope import Scope

__all__ = ["Program"]

# Functions of these packages run as they are: NumPy's by its protocols, the others since nothing of ours goes in there.
_LEFT_ALONE: Final = (frozenset(sys.stdlib_module_names) | {"numpy", "wengert", "pytest", "torch", "jax"}) - {
    "__main__",
}
_MISSING: Final = object()
_PLAIN: Final = (np.ndarray, np.generic, np.ufunc, float, int, complex, str, list, dict, tuple, set, Operand)
_MATH_FUNCTIONS: Final = {id(value): value for value in vars(math).values() if callable(value)}


def _mirrors() -> dict[int, Any]:
    """What stands for modules and functions of NumPy and Python, by their identities."""
    found: dict[int, Any] = {
        id(np): wengert.numpy,
        id(np.linalg): wengert.numpy.linalg,
        id(np.fft): wengert.numpy.fft,
        id(math): MATH,
        id(np.vectorize): vectorize,
    }
    for name in wengert.numpy.__all__:
        found.setdefault(id(getattr(np, name)), getattr(wengert.numpy, name))
    return found


_MIRRORS: Final = _mirrors()
_CACHED: Final = type(functools.lru_cache(len))
_EXAMINED: Final = (FunctionType, MethodType, functools.partial, ModuleType, np.vectorize, _CACHED)


class Program:
    """What runs in place of a function while it is traced.

    The function itself where it needs no names of ours, else a copy of it. The look at a function is repeated when a
    name that was found in it means something else, as after the cell of a notebook has been run again.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._target: Callable[..., Any] | None = None
        self._forget()

    def _forget(self) -> None:
        self._scopes: dict[tuple[int, bool], Scope] = {}
        self._served: dict[int, tuple[Any, Any]] = {}
        self._needs: dict[int, bool] = {}
        self._class_needs: dict[type, bool] = dict.fromkeys(_PLAIN, False)
        # (names, name, value) of all that the look at the functions has seen
        self._seen: list[tuple[dict[str, Any], str, Any]] = []
        self._cells: list[tuple[CellType, Any]] = []

    def current(self) -> Callable[..., Any]:
        """The function to run."""
        if self._target is None or not self._fresh():
            self._forget()
            self._target = self.serve(self.function)
            method = getattr(type(self.function), "__call__", None)  # noqa: B004 (not whether, but what)
            if self._target is self.function and isinstance(method, FunctionType):
                self._target = self.serve(MethodType(method, self.function))
        return self._target

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the function, as it runs while it is traced."""
        function = self.current()
        if function is self.function and not any([argument.__class__ is FunctionType for argument in args]):
            return function(*args, **kwargs)
        try:
            return function(*map(self.serve, args), **{name: self.serve(argument) for name, argument in kwargs.items()})
        finally:
            # global variables that the program has set belong to its modules
            for scope in list(self._scopes.values()):
                scope.hand_back()

    def _fresh(self) -> bool:
        for names, name, value in self._seen:
            if names.get(name, _MISSING) is not value:
                return False
        if not self._scopes:
            return True
        same = all([_content(cell) is content for cell, content in self._cells])
        return same and all([scope.fresh() for scope in self._scopes.values()])

    def serve(self, value: Any) -> Any:
        """What the traced program gets for a value that it finds under a name."""
        if value.__class__ is np.ndarray:
            return hosted(value)
        found = _MIRRORS.get(id(value))
        if found is not None:
            return found
        if id(value) in _MATH_FUNCTIONS:
            return counterpart(value)
        if isinstance(value, _EXAMINED) or self._of_needing_class(value):
            known = self._served.get(id(value))
            if known is None:
                known = self._served[id(value)] = (value, self._serve_examined(value))
            return known[1]
        return value

    def _of_needing_class(self, value: Any) -> bool:
        """Whether this is a class of the user's with a method that needs names of ours, or an object of one."""
        cls = value if isinstance(value, type) else type(value)
        known = self._class_needs.get(cls)
        if known is None:
            # a method that makes objects of its own class asks again while the answer is looked for
            self._class_needs[cls] = False
            known = servable(cls, _left_alone) and any([self.needs(method) for method in methods_of(cls)])
            self._class_needs[cls] = known
        return known

    def _serve_examined(self, value: Any) -> Any:
        if isinstance(value, FunctionType):
            return self._copy(value) if self.needs(value) else value
        if isinstance(value, MethodType):
            function, owner = self.serve(value.__func__), self.serve(value.__self__)
            same = function is value.__func__ and owner is value.__self__
            return value if same else MethodType(function, owner)
        if isinstance(value, functools.partial):
            function = self.serve(value.func)
            return value if function is value.func else functools.partial(function, *value.args, **value.keywords)
        if isinstance(value, np.vectorize):
            return vectorize(self.serve(value.pyfunc), value.otypes, excluded=value.excluded, signature=value.signature)
        if isinstance(value, ModuleType):
            return _ServedModule(value, self.serve) if not _left_alone(value.__name__) else value
        if isinstance(value, _CACHED):
            # a traced argument cannot be looked up in a cache
            return self.serve(value.__wrapped__)
        if isinstance(value, type):
            return served_class(value, self.serve, self._copy, lambda shadow: self._remember(value, shadow))
        return served_object(value, self.serve(type(value)))

    def _remember(self, value: Any, served: Any) -> None:
        """Make known what stands for a value that refers to itself, before it is finished."""
        self._served[id(value)] = (value, served)
        if isinstance(served, type):
            SHADOWS[served] = value

    def needs(self, function: FunctionType) -> bool:
        """Whether a function, or one that it calls, needs names of ours."""
        known = self._needs.get(id(function))
        if known is None:
            # a function that calls itself asks again while the answer is looked for
            self._needs[id(function)] = False
            known = self._needs[id(function)] = self._look(function)
        return known

    def _look(self, function: FunctionType) -> bool:
        names = function.__globals__
        if isinstance(names, Scope) or _left_alone(names.get("__name__") or ""):
            return False
        code = names_in(function.__code__)
        found = code.telling
        for name in code.loaded:
            value = names.get(name, _MISSING)
            if value is math or id(value) in _MATH_FUNCTIONS:
                found = True
            if value is _MISSING and not hasattr(builtins, name):
                # to be defined later
                self._seen.append((names, name, value))
            if value is not np and value is not _MISSING and self._may_need(value):
                self._seen.append((names, name, value))
                found = self._found_in(value, code.attributes) or found
        inner = [_content(cell) for cell in function.__closure__ or ()]
        inner += [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
        return any([self._found_in(value, code.attributes) for value in inner]) or found

    def _may_need(self, value: Any) -> bool:
        return isinstance(value, _EXAMINED) or not isinstance(value, _PLAIN)

    def _found_in(self, value: Any, attributes: frozenset[str]) -> bool:
        """Whether something that a function refers to needs names of ours."""
        if isinstance(value, FunctionType):
            return self.needs(value)
        if isinstance(value, MethodType):
            return self._found_in(value.__func__, attributes)
        if isinstance(value, functools.partial):
            return self._found_in(value.func, attributes)
        if isinstance(value, ModuleType):
            if value is math:
                return True
            return not _left_alone(value.__name__) and any(
                self._found_in(getattr(value, name, None), frozenset()) for name in attributes
            )
        if id(value) in _MATH_FUNCTIONS or isinstance(value, (np.vectorize, _CACHED)):
            return True
        return not isinstance(value, _PLAIN) and self._of_needing_class(value)

    def _copy(self, function: FunctionType) -> FunctionType:
        known = self._served.get(id(function))
        if known is not None:
            return known[1]  # type: ignore[no-any-return]
        cells = [self._cell(cell) for cell in function.__closure__ or ()]
        copy = FunctionType(
            function.__code__, self._scope(function), function.__name__, None, tuple([new for new, _ in cells]) or None
        )
        copy.__qualname__, copy.__module__, copy.__doc__ = function.__qualname__, function.__module__, function.__doc__
        copy.__dict__ = function.__dict__
        # known from here on, so that a function which refers to itself gets its copy
        self._remember(function, copy)
        copy.__defaults__ = tuple(map(self.serve, function.__defaults__)) if function.__defaults__ else None
        copy.__kwdefaults__ = {name: self.serve(value) for name, value in (function.__kwdefaults__ or {}).items()}
        for new, content in cells:
            if content is not _MISSING:
                new.cell_contents = self.serve(content)
        return copy

    def _cell(self, cell: CellType) -> tuple[CellType, Any]:
        """A cell for the copy, and what goes into it; data share the cell, because `nonlocal` may write into it."""
        content = _content(cell)
        plain = id(content) not in _MIRRORS and id(content) not in _MATH_FUNCTIONS
        plain = plain and content.__class__ is not np.ndarray
        if plain and not isinstance(content, _EXAMINED) and not self._of_needing_class(content):
            return cell, _MISSING
        self._cells.append((cell, content))
        return CellType(), content

    def _scope(self, function: FunctionType) -> Scope:
        names = function.__globals__
        # where classes are compared, `type(x) is float`, they must stay themselves
        compares = names_in(function.__code__).compares
        found = self._scopes.get((id(names), compares))
        if found is None:
            served = {name: value for name, value in BUILTINS.items() if not (compares and name in COMPARED)}
            own = {**vars(builtins), **served, "__import__": self._import}
            serve = self._serve_no_class if compares else self.serve
            found = self._scopes[id(names), compares] = Scope(names, own, serve)
        return found

    def _serve_no_class(self, value: Any) -> Any:
        return value if isinstance(value, type) else self.serve(value)

    def _import(self, name: str, *details: Any, **options: Any) -> Any:
        return self.serve(__import__(name, *details, **options))


class _ServedModule(ModuleType):
    """A module of the user's, or of SciPy's, whose functions are served when asked for."""

    def __init__(self, module: ModuleType, serve: Callable[[Any], Any]) -> None:
        super().__init__(module.__name__, module.__doc__)
        self.__dict__.update(_module=module, _serve=serve)

    def __getattr__(self, name: str) -> Any:
        return self._serve(getattr(self._module, name))

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._module, name, value)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        # not assigned yet
        return _MISSING


def _left_alone(module: str) -> bool:
    return module.partition(".")[0] in _LEFT_ALONE
