"""Functions as a recorded program sees them: copies with the same code, whose names, cells and defaults are served."""

from __future__ import annotations

import builtins
import functools
import sys
import types
from collections.abc import Callable, Mapping
from types import CellType, FunctionType, ModuleType
from typing import Any, Final

from wengert.compiler.given import Given
from wengert.compiler.hosts import Place, cell, fixed, item
from wengert.compiler.identity import compares_objects
from wengert.compiler.outside import REFUSED_BUILTINS, is_harmless
from wengert.compiler.refusals import NotRecordable
from wengert.programs.conversions import BUILTINS, COMPARED, Asking, type_by
from wengert.programs.dispatching import dispatched, implementations
from wengert.programs.kinds import KINDS, NAMESPACES, is_subclass, kind_of
from wengert.programs.libraries import is_of_scipy, mirror_of
from wengert.programs.need import Manner, names_in
from wengert.programs.reach import MISSING, content_of, left_alone
from wengert.programs.rewriting import rewritten

__all__ = ["Functions"]

# names of Python's and NumPy's that reach attributes without saying their names in the code
_ANY_NAME: Final = frozenset(
    {"getattr", "hasattr", "vars", "dir", "__dict__", "asdict", "astuple", "fields", "replace", "copy", "deepcopy",
     "attrgetter", "methodcaller", "setattr", "__getattribute__", "signature", "getmembers", "format", "format_map"}
)  # fmt: skip


class _Names(dict[str, Any]):
    """The global names of a module as a recorded program sees them."""

    def __init__(
        self, world: Functions, names: dict[str, Any], known: dict[str, Any], serve: Callable[..., Any]
    ) -> None:
        super().__init__({name: names[name] for name in _OF_THE_MODULE if name in names})
        self["__builtins__"] = known
        self.of_library = str(names.get("__name__")).startswith("scipy.")
        self.world, self.names, self.serve = world, names, serve
        self.own = dict(self)

    def __missing__(self, name: str) -> Any:
        value = self.names.get(name, MISSING)
        if value is MISSING:
            self.world.notes.add("absent", Place("fixed", self.names, name, name), name)
            return self["__builtins__"][name]
        if self.of_library and isinstance(value, ModuleType) and value.__name__ in sys.stdlib_module_names:
            # what SciPy asks of the interpreter is whether other libraries are loaded
            served = value
        else:
            served = self.serve(value, item(self.names, name, name))
        self.own[name] = self[name] = served
        return served


_OF_THE_MODULE: Final = ("__name__", "__package__", "__spec__", "__loader__", "__file__", "__path__")


class Functions(Given):
    """How functions are copied."""

    def __init__(self) -> None:
        super().__init__()
        self._scopes: dict[tuple[int, Manner], _Names] = {}
        self._cells: dict[int, tuple[CellType, CellType, Any]] = {}

    def require_untouched(self) -> None:
        """Raise unless everything that the program was given from outside is as it was given."""
        for scope in self._scopes.values():
            for name, value in scope.items():
                if scope.own.get(name, MISSING) is not value and name != "__warningregistry__":
                    raise NotRecordable(f"it sets the global variable {name}", passing=True)
            if not scope.own.keys() <= scope.keys():
                raise NotRecordable("it deletes a global variable")
        for original, own, content in self._cells.values():
            if content_of(own) is not content:
                names = f"it sets a variable of an enclosing function, which holds {_short(content_of(original))}"
                raise NotRecordable(names, passing=True)
        super().require_untouched()

    def function(self, function: FunctionType, place: Place) -> Any:
        if isinstance(function.__globals__, _Names):
            return function
        module = function.__globals__.get("__name__") or ""
        if is_of_scipy(function):
            found = mirror_of(function)
            return self.copied(function) if found is None else found
        if implementations(function):
            self.note_implementations(function.registry, place.text)  # type: ignore[attr-defined]
            return dispatched(function, self.inner)
        if left_alone(module) and not (module.partition(".")[0] not in ("wengert", "numpy") and _holds_code(function)):
            if not is_harmless(module, function.__name__):
                raise NotRecordable(f"it calls {module}.{function.__name__}, whose result may change")
            return function
        return self.copied(function)

    def note_implementations(self, registry: Mapping[type, Any], text: str) -> None:
        """Note the functions among which one is chosen by the class of an argument."""
        self.notes.add("names", fixed(registry, text), list(registry))
        for kind in list(registry):
            self.notes.add("same", item(registry, kind, text), registry[kind])

    def copied(self, function: FunctionType) -> FunctionType:
        known = self.served.get(id(function))
        if known is not None:
            return known[1]  # type: ignore[no-any-return]
        if "tofile" in function.__code__.co_names:
            raise NotRecordable(f"{function.__name__} calls tofile, which writes a file")
        self._listen(function.__code__)
        self.comparing = self.comparing or compares_objects(function)
        manner = names_in(function.__code__).manner
        code = rewritten(function.__code__, Asking(self._answer(manner)))
        closure = tuple([self._cell(one, name) for one, name in _closure_of(function)])
        copy = FunctionType(code, self._scope(function, manner), function.__name__, None, closure or None)
        copy.__qualname__, copy.__module__, copy.__doc__ = function.__qualname__, function.__module__, function.__doc__
        # known from here on, so that a function which refers to itself gets its copy
        self.remember(function, copy)
        name = function.__name__
        self.notes.add("same", _own(function, "__code__"), function.__code__)
        # a function that had no defaults was always given all of its arguments
        for what in ("__defaults__", "__kwdefaults__"):
            given = getattr(function, what)
            if given is not None:
                self.notes.add("same", _own(function, what), given)
        defaults = function.__defaults__ or ()
        copy.__defaults__ = tuple([self.serve(v, fixed(v, f"a default of {name}")) for v in defaults]) or None
        if function.__kwdefaults__:
            copy.__kwdefaults__ = self.serve(function.__kwdefaults__, fixed(function.__kwdefaults__, name))
        if function.__dict__:
            self.attributes(function.__dict__, copy.__dict__, name)
        else:
            self.notes.add("void", fixed(function.__dict__, f"the attributes of {name}"), None)
        for (one, variable), new in zip(_closure_of(function), closure, strict=True):
            self._fill(one, new, variable)
        return copy

    def _listen(self, code: types.CodeType) -> None:
        """Note the attributes that a code may ask for."""
        if self.said is not None:
            said = _names_said(code)
            if _ANY_NAME.isdisjoint(said) and not names_in(code).manner.matches:
                self.said |= said
            else:
                self.said = None

    def _cell(self, one: CellType, name: str) -> CellType:
        known = self._cells.get(id(one))
        if known is None:
            known = self._cells[id(one)] = (one, CellType(), MISSING)
        return known[1]

    def _fill(self, one: CellType, new: CellType, name: str) -> None:
        content = content_of(one)
        if content is MISSING:
            self.notes.add("vacant", fixed(one, name), None)
        if content is MISSING or self._cells[id(one)][2] is not MISSING:
            return
        # a function that refers to itself comes by here again
        self._cells[id(one)] = (one, new, None)
        new.cell_contents = served = self.serve(content, cell(one, name))
        self._cells[id(one)] = (one, new, served)

    def _scope(self, function: FunctionType, manner: Manner) -> _Names:
        names = function.__globals__
        found = self._scopes.get((id(names), manner))
        if found is None:
            # where classes are compared, `type(x) is float`, they must stay themselves, or all be what stands for them
            kept = COMPARED if manner.compares and not manner.among_kinds else frozenset()
            serve = self._serve_kind if manner.among_kinds else self.serve
            known = {**vars(builtins), **{name: value for name, value in BUILTINS.items() if name not in kept}}
            known |= {name: self._refusal(name, why) for name, why in REFUSED_BUILTINS.items()}
            known |= {"type": type_by(self._answer(manner)), "__import__": functools.partial(self._imported, serve)}
            known["issubclass"] = is_subclass
            found = self._scopes[id(names), manner] = _Names(self, names, known, serve)
        return found

    def _refusal(self, name: str, why: str) -> Any:
        def refuse(*args: Any, **kwargs: Any) -> Any:
            raise NotRecordable(f"it calls {name}, which {why}")

        return refuse

    def _answer(self, manner: Manner) -> Callable[[Any], Any]:
        """What tells the class of a value, as a function of this manner finds it under the name of the class."""

        def answer(x: Any) -> Any:
            kind = self.inner(kind_of(x))
            return KINDS.get(id(kind), kind) if manner.among_kinds else kind

        return answer

    def _serve_kind(self, value: Any, place: Place, name: str = "") -> Any:
        """`serve`, where classes of numbers are called or matched."""
        found = KINDS.get(id(value)) or NAMESPACES.get(id(value))
        if found is None:
            return self.serve(value, place, name)
        self.notes.add("same", place, value, name)
        self.note_state(value)
        return found

    def _imported(self, serve: Callable[..., Any], name: str, *details: Any, **options: Any) -> Any:
        module = __import__(name, *details, **options)
        found = module.__name__
        known = sys.modules.get(found) is module
        return serve(module, item(sys.modules, found, name) if known else fixed(module, name))


def _own(function: FunctionType, name: str) -> Place:
    return Place("attribute", function, name, f"{function.__name__}.{name}")


def _closure_of(function: FunctionType) -> list[tuple[CellType, str]]:
    return list(zip(function.__closure__ or (), function.__code__.co_freevars, strict=True))


def _holds_code(function: FunctionType) -> bool:
    """Whether a function of Python's own, such as a decorator's, holds a function of the user's."""
    held = [content_of(one) for one in function.__closure__ or ()]
    return any([isinstance(one, FunctionType) for one in held])


def _names_said(code: types.CodeType) -> frozenset[str]:
    said = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            said |= _names_said(constant)
    return frozenset(said)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 40 else text[:37] + "..."
