"""What a traced program gets for what it finds under its names: copies of functions, twins of objects, mirrors."""

from __future__ import annotations

import builtins
import enum
import functools
from collections.abc import Callable
from types import CellType, FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from wengert.numpy.drawing import drawing, is_generator, random
from wengert.numpy.elements import vectorize
from wengert.numpy.host import hosted, unhosted
from wengert.programs.containers import VIEWS, contents, is_data, original_of, refresh, view_of, was_written
from wengert.programs.conversions import BUILTINS, COMPARED, Asking, type_by
from wengert.programs.dispatching import dispatched, implementations
from wengert.programs.kinds import KINDS, NAMESPACES, SHADOWS, kind_of
from wengert.programs.libraries import counterpart_in, is_of_scipy, mirror_of
from wengert.programs.mirrors import MIRRORS
from wengert.programs.need import Manner
from wengert.programs.objects import served_class, served_enumeration, twin
from wengert.programs.reach import CACHED, EXAMINED, MISSING, Reach, content_of, left_alone
from wengert.programs.rewriting import rewritten
from wengert.programs.scope import Scope
from wengert.programs.settling import settle_members

__all__ = ["Copies"]


class Copies:
    """The copies that one program has made in one thread, by what `reach` says of its functions."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self._scopes: dict[tuple[int, Manner], Scope] = {}
        # by identity, with the original, so that the identity stays its own
        self._served: dict[int, tuple[Any, Any]] = {}
        # of one run: views of arrays, and tuples that hold them
        self._arrays: dict[int, tuple[Any, Any]] = {}
        self._tuples: dict[int, tuple[Any, Any]] = {}
        self._cells: list[tuple[CellType, Any]] = []
        # containers of the user's, their views among what is served; data that the program may extend
        self._views: dict[int, Any] = {}
        self._data: dict[int, tuple[Any, int]] = {}
        self._originals: dict[int, tuple[Any, Any]] = {}

    def fresh(self) -> bool:
        """Whether names and closures still hold what was copied."""
        same = all([content_of(cell) is content for cell, content in self._cells])
        return same and all([scope.fresh() for scope in self._scopes.values()])

    def begin(self) -> None:
        """Before a run: see what others have put into the containers since."""
        for view in self._views.values():
            refresh(view)

    def hand_back(self) -> None:
        """After a run: give the modules the global variables that the program has set, and its data their arrays."""
        self._arrays.clear()
        self._tuples.clear()
        for scope in list(self._scopes.values()):
            scope.hand_back()
        seen: set[int] = set()
        for view in self._views.values():
            if was_written(view):
                container = original_of(view)
                held = vars(container) if isinstance(container, SimpleNamespace) else container
                settle_members(held, self.given, seen)
        for container, length in self._data.values():
            if len(container) != length:
                settle_members(container, self.given, seen)
        self._data.clear()
        for original, served in list(self._served.values()):
            if served is not original and not isinstance(original, (type, ModuleType)):
                settle_members(getattr(original, "__dict__", {}), self.given, seen)

    def serve(self, value: Any) -> Any:
        """What the traced program gets for a value that it finds under a name."""
        if value.__class__ is np.ndarray:
            # one view for each array: what locks the array locks the view
            known = self._arrays.get(id(value))
            if known is None:
                known = self._arrays[id(value)] = (value, hosted(value))
            return known[1]
        kind = type(value)
        if isinstance(value, tuple):
            return self._serve_tuple(value, self._served_class(kind) if self.reach.needing_class(kind) else kind)
        if kind in VIEWS:
            return self._serve_container(value)
        if is_generator(value):
            return drawing(value)
        if isinstance(value, ModuleType) and value.__name__ == "numpy.random":
            return random
        found = MIRRORS.get(id(value))
        if found is not None:
            return found
        if is_of_scipy(value):
            found = mirror_of(value)
            if found is not None:
                return found
        if id(value) in self.reach.kept:
            return value
        if isinstance(value, EXAMINED) or self.reach.needing_class(value):
            known = self._served.get(id(value))
            if known is None:
                self._remember(value, self._serve_examined(value))
                known = self._served[id(value)]
            return known[1]
        if self.reach.is_object(value) and id(value) not in self._data:
            # it holds numbers only, but the program may add something
            held = getattr(value, "__dict__", ())
            self._data[id(value)] = (held, len(held))
        return value

    def _serve_tuple(self, value: tuple[Any, ...], kind: type) -> Any:
        known = self._arrays.get(id(value))
        if known is None:
            members = [self.serve(member) for member in value]
            same = kind is type(value) and all([one is other for one, other in zip(members, value, strict=True)])
            served = value if same else tuple.__new__(kind, members)
            known = self._arrays[id(value)] = (value, served)
            self._tuples[id(served)] = (served, value)
        return known[1]

    def _serve_container(self, value: Any, always: bool = False) -> Any:
        """A view of a container, unless it holds numbers only."""
        if id(value) in self._views:
            return self._views[id(value)]
        if id(value) in self._data and not always:
            return value
        members = contents(value)
        if members and is_data(members) and not always:
            held = vars(value) if type(value) is SimpleNamespace else value
            self._data[id(value)] = (held, len(held))
            return value
        view = self._views[id(value)] = view_of(value, self.serve, self.given)
        return view

    def _serve_kept(self, value: Any) -> Any:
        """`serve`, for what the copy of a function keeps: a container of numbers may be filled later."""
        return self._serve_container(value, always=True) if type(value) in VIEWS else self.serve(value)

    def given(self, value: Any) -> Any:
        """The user's own of something that the program has: what is served in its place is not to be stored."""
        found = self._originals.get(id(value)) or self._tuples.get(id(value))
        if found is not None:
            return found[1]
        if type(value) is tuple:
            members = [self.given(member) for member in value]
            same = all([one is other for one, other in zip(members, value, strict=True)])
            return value if same else tuple(members)
        return unhosted(original_of(value))

    def _serve_examined(self, value: Any) -> Any:
        if isinstance(value, FunctionType):
            if implementations(value):
                return dispatched(value, self.serve)
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
            return self._served_class(value)
        return twin(value, self._served_class(type(value)))

    def _served_class(self, cls: type) -> type:
        known = self._served.get(id(cls))
        if known is not None:
            return known[1]  # type: ignore[no-any-return]
        remember = functools.partial(self._remember, cls)
        if isinstance(cls, enum.EnumMeta):
            return served_enumeration(cls, self.serve, remember)
        return served_class(cls, self.serve, self._copy, remember, self.given)

    def given_back(self, result: Any) -> Any:
        """What the program returns, in the user's own classes."""
        own = self.given(result)
        if own is not result and type(result) is not tuple:
            return own
        kind = type(result)
        original = SHADOWS.get(kind)
        if original is not None:
            given = twin(result, original)
            if given is result:
                # made by the program, with slots: it becomes what it stands for
                object.__setattr__(result, "__class__", original)
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
        if served is not value:
            self._originals[id(served)] = (served, value)
            if isinstance(served, type):
                SHADOWS[served] = value

    def _copy(self, function: FunctionType) -> FunctionType:
        known = self._served.get(id(function))
        if known is not None:
            return known[1]  # type: ignore[no-any-return]
        cells = [self._cell(cell) for cell in function.__closure__ or ()]
        manner = self.reach.manner(function)
        code = rewritten(function.__code__, Asking(self._answer(manner)))
        copy = FunctionType(
            code, self._scope(function, manner), function.__name__, None, tuple([new for new, _ in cells]) or None
        )
        copy.__qualname__, copy.__module__, copy.__doc__ = function.__qualname__, function.__module__, function.__doc__
        copy.__dict__ = function.__dict__
        # known from here on, so that a function which refers to itself gets its copy
        self._remember(function, copy)
        copy.__defaults__ = tuple(map(self._serve_kept, function.__defaults__)) if function.__defaults__ else None
        copy.__kwdefaults__ = {name: self._serve_kept(value) for name, value in (function.__kwdefaults__ or {}).items()}
        for new, content in cells:
            if content is not MISSING:
                new.cell_contents = self._serve_kept(content)
        return copy

    def _cell(self, cell: CellType) -> tuple[CellType, Any]:
        """A cell for the copy, and what goes into it; other data share the cell: `nonlocal` may write into it."""
        content = content_of(cell)
        replaced = (
            isinstance(content, (np.ndarray, tuple, *EXAMINED)) or type(content) in VIEWS or id(content) in MIRRORS
        )
        if not (replaced or self.reach.needing_class(content)):
            return cell, MISSING
        if self.reach.rebinds(cell):
            return cell, MISSING
        self._cells.append((cell, content))
        return CellType(), content

    def _scope(self, function: FunctionType, manner: Manner) -> Scope:
        names = function.__globals__
        found = self._scopes.get((id(names), manner))
        if found is None:
            # where classes are compared, `type(x) is float`, they must stay themselves, or all be what stands for them
            kept = COMPARED if manner.compares and not manner.among_kinds else frozenset()
            served = {name: value for name, value in BUILTINS.items() if name not in kept}
            serve = self._serve_kind if manner.among_kinds else self.serve
            served |= {"type": type_by(self._answer(manner)), "__import__": functools.partial(_imported, serve)}
            found = self._scopes[id(names), manner] = Scope(names, {**vars(builtins), **served}, serve, self.given)
        return found

    def _answer(self, manner: Manner) -> Callable[[Any], Any]:
        """What tells the class of a value, as a function of this manner finds it under the name of the class."""

        def answer(x: Any) -> Any:
            kind = self.serve(kind_of(x))
            return KINDS.get(id(kind), kind) if manner.among_kinds else kind

        return answer

    def _serve_kind(self, value: Any) -> Any:
        """`serve`, where classes of numbers are called or matched."""
        found = KINDS.get(id(value)) or NAMESPACES.get(id(value))
        return self.serve(value) if found is None else found


def _imported(serve: Callable[[Any], Any], name: str, *details: Any, **options: Any) -> Any:
    """What an import statement of the program gets."""
    return serve(__import__(name, *details, **options))


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
