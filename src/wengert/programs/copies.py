"""What a traced program gets for what it finds under its names: copies of functions, twins of objects, mirrors."""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from wengert.numpy.drawing import drawing, is_generator, random
from wengert.numpy.elements import vectorize
from wengert.numpy.host import hosted
from wengert.programs.conversions import BUILTINS, COMPARED, SHADOWS
from wengert.programs.libraries import counterpart_in, is_of_scipy, mirror_of
from wengert.programs.mathematics import counterpart
from wengert.programs.mirrors import MIRRORS
from wengert.programs.objects import served_class, twin
from wengert.programs.reach import CACHED, EXAMINED, MATH_FUNCTIONS, MISSING, Reach, content_of, left_alone
from wengert.programs.scope import Scope

__all__ = ["Copies"]


class Copies:
    """The copies that one program has made in one thread, by what `reach` says of its functions."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self._scopes: dict[tuple[int, bool, bool], Scope] = {}
        # by identity, with the original, so that the identity stays its own
        self._served: dict[int, tuple[Any, Any]] = {}
        self._arrays: dict[int, tuple[Any, Any]] = {}
        self._cells: list[tuple[CellType, Any]] = []

    def fresh(self) -> bool:
        """Whether names and closures still hold what was copied."""
        same = all([content_of(cell) is content for cell, content in self._cells])
        return same and all([scope.fresh() for scope in self._scopes.values()])

    def hand_back(self) -> None:
        """After a run: give the modules the global variables that the program has set."""
        self._arrays.clear()
        for scope in list(self._scopes.values()):
            scope.hand_back()

    def serve(self, value: Any) -> Any:
        """What the traced program gets for a value that it finds under a name."""
        if value.__class__ is np.ndarray:
            # one view for each array: what locks the array locks the view
            known = self._arrays.get(id(value))
            if known is None:
                known = self._arrays[id(value)] = (value, hosted(value))
            return known[1]
        if value.__class__ is tuple:
            members = [self.serve(member) for member in value]
            same = all([one is other for one, other in zip(members, value, strict=True)])
            return value if same else tuple(members)
        if is_generator(value):
            return drawing(value)
        if isinstance(value, ModuleType) and value.__name__ == "numpy.random":
            return random
        found = MIRRORS.get(id(value))
        if found is not None:
            return found
        if id(value) in MATH_FUNCTIONS:
            return counterpart(value)
        if is_of_scipy(value):
            found = mirror_of(value)
            if found is not None:
                return found
        if isinstance(value, EXAMINED) or self.reach.needing_class(value):
            known = self._served.get(id(value))
            if known is None:
                known = self._served[id(value)] = (value, self._serve_examined(value))
            return known[1]
        return value

    def _serve_examined(self, value: Any) -> Any:
        if isinstance(value, FunctionType):
            return self._copy(value) if self.reach.needs(value) else value
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
        return twin(value, self.serve(type(value)))

    def given_back(self, result: Any) -> Any:
        """What the program returns, in the user's own classes."""
        kind = type(result)
        original = SHADOWS.get(kind)
        if original is not None:
            given = twin(result, original)
            if given is result:
                # made by the program, with slots: it becomes what it stands for
                result.__class__ = original
            return given
        if kind in (tuple, list):
            parts = [self.given_back(part) for part in result]
            same = all([one is other for one, other in zip(parts, result, strict=True)])
            return result if same else kind(parts)
        if kind is dict:
            return {key: self.given_back(part) for key, part in result.items()}
        return result

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
        replaced = isinstance(content, (np.ndarray, tuple, *EXAMINED)) or id(content) in MIRRORS
        if not (replaced or id(content) in MATH_FUNCTIONS or self.reach.needing_class(content)):
            return cell, MISSING
        if self.reach.rebinds(cell):
            return cell, MISSING
        self._cells.append((cell, content))
        return CellType(), content

    def _scope(self, function: FunctionType) -> Scope:
        names = function.__globals__
        compares, matches = self.reach.manner(function)
        found = self._scopes.get((id(names), compares, matches))
        if found is None:
            # where classes are compared, `type(x) is float`, they must stay themselves
            kept = COMPARED if compares else frozenset()
            served = {name: value for name, value in BUILTINS.items() if name not in kept}
            own = {**vars(builtins), **served, "__import__": self._import}
            serve = self._serve_no_class if compares or matches else self.serve
            found = self._scopes[id(names), compares, matches] = Scope(names, own, serve)
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
