"""A function of the user's, and the copy of it that runs while it is traced."""

from __future__ import annotations

import builtins
import functools
import math
import threading
from collections.abc import Callable
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any, Final

import numpy as np

import wengert.numpy
from wengert.numpy.drawing import drawing
from wengert.numpy.elements import vectorize
from wengert.numpy.host import hosted
from wengert.programs.conversions import BUILTINS, COMPARED, SHADOWS
from wengert.programs.libraries import counterpart_in, is_of_scipy, mirror_of
from wengert.programs.mathematics import MATH, counterpart
from wengert.programs.need import names_in
from wengert.programs.objects import served_class, served_object
from wengert.programs.reach import CACHED, EXAMINED, MATH_FUNCTIONS, MISSING, Reach, content_of, left_alone
from wengert.programs.scope import Scope
from wengert.tracing import Tracer

__all__ = ["Program"]


def _mirrors() -> dict[int, Any]:
    """What stands for modules and functions of NumPy and Python, by their identities."""
    found: dict[int, Any] = {id(np): wengert.numpy, id(math): MATH}
    for name in wengert.numpy.__all__:
        found[id(getattr(np, name))] = getattr(wengert.numpy, name)
    return found


_MIRRORS: Final = _mirrors()
# what arguments mostly are, none of which brings code
_COMMON: Final = frozenset({Tracer, np.ndarray, float, int, np.float64, bool, type(None), str, tuple, list, dict})


class Program(threading.local):
    """What runs in place of a function while it is traced; each thread has a copy of its own.

    The function itself where it needs no names of ours, else a copy of it. The look at a function is repeated when a
    name that was found in it means something else, as after the cell of a notebook has been run again.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._target: Callable[..., Any] | None = None
        self._rests_on_names = False
        self._forget()

    def _forget(self) -> None:
        self._reach = Reach()
        self._scopes: dict[tuple[int, bool, bool], Scope] = {}
        self._served: dict[int, tuple[Any, Any]] = {}
        self._cells: list[tuple[CellType, Any]] = []

    def current(self) -> Callable[..., Any]:
        """The function to run."""
        if self._target is None or (self._rests_on_names and not self._fresh()):
            self._forget()
            target = self.serve(self.function)
            method = getattr(type(self.function), "__call__", None)  # noqa: B004 (not whether, but what)
            if target is self.function and isinstance(method, FunctionType):
                target = self.serve(MethodType(method, self.function))
            self._rests_on_names = bool(self._scopes or self._reach.seen)
            self._target = target
        return self._target

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the function, as it runs while it is traced."""
        function = self.current()
        if function is self.function:
            for argument in args:
                if argument.__class__ not in _COMMON and self.serve(argument) is not argument:
                    # a function of the user's, or an object with methods
                    break
            else:
                return function(*args, **kwargs)
        try:
            return function(*map(self.serve, args), **{name: self.serve(argument) for name, argument in kwargs.items()})
        finally:
            # global variables that the program has set belong to its modules
            for scope in list(self._scopes.values()):
                scope.hand_back()

    def _fresh(self) -> bool:
        if not self._reach.fresh():
            return False
        same = all([content_of(cell) is content for cell, content in self._cells])
        return same and all([scope.fresh() for scope in self._scopes.values()])

    def serve(self, value: Any) -> Any:
        """What the traced program gets for a value that it finds under a name."""
        if value.__class__ is np.ndarray:
            return hosted(value)
        if value.__class__ is tuple:
            members = [self.serve(member) for member in value]
            same = all([one is other for one, other in zip(members, value, strict=True)])
            return value if same else tuple(members)
        if isinstance(value, np.random.Generator):
            return drawing(value)
        found = _MIRRORS.get(id(value))
        if found is not None:
            return found
        if id(value) in MATH_FUNCTIONS:
            return counterpart(value)
        if is_of_scipy(value):
            found = mirror_of(value)
            if found is not None:
                return found
        if isinstance(value, EXAMINED) or self._reach.needing_class(value):
            known = self._served.get(id(value))
            if known is None:
                known = self._served[id(value)] = (value, self._serve_examined(value))
            return known[1]
        return value

    def _serve_examined(self, value: Any) -> Any:
        if isinstance(value, FunctionType):
            return self._copy(value) if self._reach.needs(value) else value
        if isinstance(value, MethodType):
            function, owner = self.serve(value.__func__), self.serve(value.__self__)
            same = function is value.__func__ and owner is value.__self__
            return value if same else MethodType(function, owner)
        if isinstance(value, functools.partial):
            keywords = {name: self.serve(argument) for name, argument in value.keywords.items()}
            return functools.partial(self.serve(value.func), *map(self.serve, value.args), **keywords)
        if isinstance(value, np.vectorize):
            return vectorize(self.serve(value.pyfunc), value.otypes, excluded=value.excluded, signature=value.signature)
        if isinstance(value, ModuleType):
            return _ServedModule(value, self.serve) if not left_alone(value.__name__) else value
        if isinstance(value, CACHED):
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
            if content is not MISSING:
                new.cell_contents = self.serve(content)
        return copy

    def _cell(self, cell: CellType) -> tuple[CellType, Any]:
        """A cell for the copy, and what goes into it; other data share the cell: `nonlocal` may write into it."""
        content = content_of(cell)
        replaced = isinstance(content, (np.ndarray, tuple, *EXAMINED)) or id(content) in _MIRRORS
        if not (replaced or id(content) in MATH_FUNCTIONS or self._reach.needing_class(content)):
            return cell, MISSING
        if self._reach.rebinds(cell):
            return cell, MISSING
        self._cells.append((cell, content))
        return CellType(), content

    def _scope(self, function: FunctionType) -> Scope:
        names = function.__globals__
        code = names_in(function.__code__)
        found = self._scopes.get((id(names), code.compares, code.matches))
        if found is None:
            # where classes are compared, `type(x) is float`, they must stay themselves
            kept = COMPARED if code.compares else frozenset()
            served = {name: value for name, value in BUILTINS.items() if name not in kept}
            own = {**vars(builtins), **served, "__import__": self._import}
            serve = self._serve_no_class if code.compares or code.matches else self.serve
            found = self._scopes[id(names), code.compares, code.matches] = Scope(names, own, serve)
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
        value = getattr(self._module, name)
        if is_of_scipy(self._module) and not isinstance(value, (ModuleType, np.ufunc)):
            found = counterpart_in(self._module.__name__, name)
            if found is not None:
                return found
        return self._serve(value)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._module, name, value)
