"""What a recorded program finds outside of itself: copies of everything, arrays as inputs, notes of where it was.

The program runs as a copy whose global names, closures, containers and objects are copies too. What it writes there
reaches nobody: it is found afterwards, and the recording is given up.
"""

from __future__ import annotations

import contextvars
import enum
import functools
import operator
from collections import OrderedDict
from collections.abc import Callable
from types import FunctionType, MethodType, ModuleType
from typing import Any, Final

import numpy as np

from wengert.compiler.caching import cached
from wengert.compiler.classes import shadow_of, slots_of, twin_of
from wengert.compiler.enumerations import Enumerations
from wengert.compiler.functions import Functions
from wengert.compiler.given import NUMBERS, described, name_of
from wengert.compiler.hosts import HostArray, Place, fixed, item, plain_copy
from wengert.compiler.members import COPIED, Members, is_plain_namedtuple
from wengert.compiler.outside import PARTLY_OUTSIDE, is_harmless, is_still, refused_module
from wengert.compiler.refusals import REFUSALS, NotRecordable, Refused
from wengert.graph import ArrayType, Operand, concrete_type
from wengert.numpy.elements import vectorize
from wengert.numpy.host import HostArray as Hosted
from wengert.numpy.host import hosted
from wengert.programs import Program
from wengert.programs.kinds import SHADOWS
from wengert.programs.libraries import counterpart_in, is_of_scipy, mirror_of
from wengert.programs.mirrors import MIRRORS
from wengert.programs.objects import twin
from wengert.programs.reach import CACHED, left_alone
from wengert.tracing import active_recordings, type_of
from wengert.tree.registry import kind_of as container_kind

__all__ = ["World"]

_MOST_THINGS: Final = 20_000
_WRAPPING: Final = (MethodType, functools.partial, np.vectorize, CACHED)


class World(Functions, Members, Enumerations):
    """All that one recording has been given, and notes of where it was found.

    `input` makes an input of an array, or declines with None; arrays then count as constants that are guarded by their
    content.
    """

    def __init__(self, input: Callable[[HostArray, Any], Any], varying: frozenset[Any] = frozenset()) -> None:
        super().__init__()
        self.input = input
        # what the program runs in, without the recording
        self.context = contextvars.copy_context()
        # the identities of places whose floats are inputs too
        self.varying = varying

    def run(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function of the program's; its arguments are the program's own."""
        for recording in active_recordings():
            recording.hosts = True
        return self.serve(function, fixed(function, name_of(function)))(*args, **kwargs)

    def given_back(self, result: Any) -> Any:
        """What the program returns, in the user's own classes and objects."""
        found = self.given.get(id(result))
        if found is not None and not isinstance(found[1], COPIED):
            return found[1]
        kind = type(result)
        original = SHADOWS.get(kind)
        if original is not None:
            return self._given_object(result, original)
        if isinstance(result, tuple) or kind is list:
            parts = [self.given_back(part) for part in result]
            same = all([one is other for one, other in zip(parts, result, strict=True)])
            return result if same else parts if kind is list else tuple.__new__(kind, parts)
        if kind in (dict, OrderedDict):
            return kind((key, self.given_back(part)) for key, part in result.items())
        return result

    def _given_object(self, result: Any, original: type) -> Any:
        if container_kind(original) is None:
            raise NotRecordable(f"it returns an object of the class {original.__name__}, which is no container")
        if isinstance(result, tuple):
            return tuple.__new__(original, map(self.given_back, result))
        other: Any = object.__new__(original)
        for name, value in getattr(result, "__dict__", {}).items():
            vars(other)[name] = self.given_back(value)
        for name, slot in slots_of(original):
            if hasattr(result, name):
                slot.__set__(other, self.given_back(getattr(result, name)))
        return other

    def dressed(self, nested: Any) -> Any:
        """Arguments, rebuilt for the program, as objects of the classes that the program knows."""
        kind = type(nested)
        if isinstance(nested, tuple):
            members = [self.dressed(member) for member in nested]
            return tuple.__new__(self.tuple_class(kind), members)
        if kind is list:
            nested[:] = map(self.dressed, nested)
        elif kind in (dict, OrderedDict):
            for key, member in nested.items():
                nested[key] = self.dressed(member)
        elif nested is not None and container_kind(kind) is not None:
            self.said = None
            for name, member in list(getattr(nested, "__dict__", {}).items()):
                nested.__dict__[name] = self.dressed(member)
            for name, slot in slots_of(kind):
                if hasattr(nested, name):
                    slot.__set__(nested, self.dressed(getattr(nested, name)))
            # a frozen data class refuses assignments
            object.__setattr__(nested, "__class__", self._known_class(kind))
        return nested

    def serve(self, value: Any, place: Place, name: str = "") -> Any:
        """What the program gets for a value that it finds at a place; `name` is that of an attribute."""
        kind = type(value)
        if kind is Refused:
            return value
        if kind is float and place.identity in self.varying:
            return self._number(value, place, name)
        if kind in NUMBERS or isinstance(value, np.generic):
            self.notes.add("number", place, value, name)
            return value
        if isinstance(value, Operand) or id(value) in self.given or kind in SHADOWS:
            return value
        if isinstance(value, np.ndarray) and value.__class__ in (np.ndarray, Hosted):
            return self._array(value, place, name)
        self.notes.add("same", place, value, name)
        known = self.served.get(id(value))
        if known is not None:
            return known[1]
        found = MIRRORS.get(id(value))
        if found is not None:
            return found
        served = self._made_or_refused(value, place)
        self.remember(value, served)
        return served

    def _made_or_refused(self, value: Any, place: Place) -> Any:
        """What is made of a value; where it cannot be followed, the program may still pass it on."""
        if len(self.served) > _MOST_THINGS:
            raise NotRecordable(f"it reaches more than {_MOST_THINGS} things outside of itself")
        try:
            return self._made(value, place)
        except NotRecordable as refusal:
            heard = REFUSALS.get()
            if heard is not None and refusal in heard:
                heard.remove(refusal)
            return Refused(refusal.reason)

    def _made(self, value: Any, place: Place) -> Any:
        kind = type(value)
        if isinstance(value, tuple):
            return self.tuple(value, place)
        if kind in COPIED:
            return self.container(value, place)
        if isinstance(value, FunctionType):
            return self.function(value, place)
        if isinstance(value, _WRAPPING):
            return self._wrapped(value, place)
        if isinstance(value, ModuleType):
            return self._module(value)
        if is_of_scipy(value):
            return self._of_scipy(value, place)
        if isinstance(value, type):
            return self._class(value)
        if is_still(value):
            self.note_state(value)
            if isinstance(value, (operator.attrgetter, operator.methodcaller)):
                # which say names that do not stand in the code
                self.said = None
            return value
        if kind.__module__ == "argparse" and kind.__name__ == "Namespace":
            return self.namespace(value, place)
        return self._object(value, place)

    def _wrapped(self, value: Any, place: Place) -> Any:
        """What calls a function with something that it holds."""
        if isinstance(value, MethodType):
            return MethodType(self.inner(value.__func__), self.inner(value.__self__))
        if isinstance(value, functools.partial):
            if any([isinstance(argument, Program) for argument in value.args]):
                # a transform's own, which runs the program
                return value
            self.notes.add("names", fixed(value.keywords, place.text), list(value.keywords))
            keywords = {key: self.serve(part, item(value.keywords, key, key)) for key, part in value.keywords.items()}
            return functools.partial(self.inner(value.func), *map(self.inner, value.args), **keywords)
        if isinstance(value, np.vectorize):
            function = self.serve(value.pyfunc, item(value.__dict__, "pyfunc", name_of(value.pyfunc)))
            self.notes.add("number", item(value.__dict__, "otypes", place.text), value.otypes)
            return vectorize(function, value.otypes, excluded=value.excluded, signature=value.signature)
        return cached(value, self, self.context)

    def _number(self, value: float, place: Place, name: str) -> Any:
        """A float that changes often, as an input."""
        made = self.input(HostArray(place, type_of(value), float), value)
        if made is None:
            self.notes.add("number", place, value, name)
            return value
        self.notes.add("class", place, float, name)
        return made

    def _array(self, value: Any, place: Place, name: str) -> Any:
        if value.__class__ is Hosted:
            value = value.view(np.ndarray)
        if value.dtype.kind not in "fciub" or not value.dtype.isnative:
            self.notes.add("same", place, value, name)
            return Refused(f"it reads {place.text}, an array of dtype {value.dtype}, which cannot be followed")
        kind = concrete_type(value)
        assert isinstance(kind, ArrayType)
        self.notes.add("type", place, kind, name)
        made = self.input(HostArray(place, kind, np.ndarray), value)
        if made is not None:
            return made
        copy = plain_copy(value)
        self.notes.add("content", place, copy, name)
        copy.flags.writeable = False
        served = hosted(copy)
        content = copy.tobytes()
        # what a program may set of an array that cannot be written into
        self.watch(place.text, lambda: [served.shape == kind.shape, copy.tobytes() == content], [True, True])
        self.given[id(served)] = (served, value)
        return served

    def _module(self, module: ModuleType) -> Any:
        name = module.__name__
        if name in ("numpy", "wengert") or name.startswith(("numpy.", "wengert.")):
            if name.startswith("numpy.random"):
                raise NotRecordable(f"it draws random numbers from {name}")
            return module
        if is_of_scipy(module):
            return _Module(self, module, {}, name)
        if left_alone(name):
            why = refused_module(name)
            if why is not None:
                raise NotRecordable(f"it uses the module {name}, which {why}")
            if name in PARTLY_OUTSIDE:
                return _Module(self, module, vars(module), name)
            self.note_state(module)
            return module
        return _Module(self, module, vars(module), name)

    def _class(self, cls: type) -> Any:
        if issubclass(cls, BaseException):
            if cls.__module__ != "builtins":
                members = [name for name, part in vars(cls).items() if isinstance(part, FunctionType)]
                members += [name for name in vars(cls) if not name.startswith("__")]
                if members:
                    raise NotRecordable(f"it uses {cls.__name__}, an exception with methods or attributes")
                self.notes.add("length", fixed(vars(cls), f"the members of {cls.__name__}"), len(vars(cls)))
            return cls
        if cls.__module__ == "builtins" or left_alone(cls.__module__):
            if not is_harmless(cls.__module__, cls.__name__):
                raise NotRecordable(f"it uses {cls.__module__}.{cls.__name__}, whose results may change")
            self.note_state(cls)
            return cls
        if isinstance(cls, enum.EnumMeta):
            return self.enumeration(cls)
        if is_plain_namedtuple(cls):
            self.notes.add("length", fixed(vars(cls), f"the members of {cls.__name__}"), len(vars(cls)))
            return cls
        self.note_state(cls)
        shadow = shadow_of(cls, self, functools.partial(self.remember, cls))
        if shadow is None:
            raise NotRecordable(f"it uses the class {cls.__name__}, which cannot be copied")
        return shadow

    def _known_class(self, kind: type) -> Any:
        shadow = self.inner(kind)
        if type(shadow) is Refused:
            raise NotRecordable(object.__getattribute__(shadow, "_reason"))
        return shadow

    def _object(self, value: Any, place: Place) -> Any:
        kind = type(value)
        if kind.__module__.partition(".")[0] == "wengert":
            return self._transform(value, place)
        if left_alone(kind.__module__):
            raise NotRecordable(f"it reads {place.text}, {described(value)}, whose state cannot be followed")
        shadow = self._known_class(kind)
        if isinstance(value, enum.Enum):
            return value if shadow is kind else twin(value, shadow)
        self.notes.add("class", fixed(value, place.text), kind)
        if container_kind(kind) is not None:
            # a transform that takes it apart reads all attributes
            self.said = None
        return twin_of(value, shadow, self, place.text, functools.partial(self.remember, value))

    def _transform(self, value: Any, place: Place) -> Any:
        """An object of Wengert's own, such as a function with a rule: the functions that it holds are served."""
        kind = type(value)
        if kind.__module__.startswith("wengert.numpy"):
            return value
        held = getattr(value, "__dict__", {})
        if getattr(kind, "inlined", False):
            # a compiled function: what it computes becomes a part of this recording
            return self.serve(value.function, item(held, "function", place.text))
        if kind.__module__ != "wengert.api.custom":
            raise NotRecordable(f"it uses {place.text}, {described(value)}, which cannot be followed")
        other: Any = object.__new__(kind)
        self.remember(value, other)
        other.__dict__.update(held)
        self.notes.add("names", fixed(held, place.text), list(held))
        for name, part in held.items():
            if isinstance(part, FunctionType) and name not in ("function", "__wrapped__"):
                other.__dict__[name] = self.serve(part, item(held, name, f"{place.text}.{name}"))
            else:
                self.notes.add("same", item(held, name, f"{place.text}.{name}"), part)
        return other

    def _of_scipy(self, value: Any, place: Place) -> Any:
        """A class, a ufunc or a distribution of SciPy's; other objects may hold arrays."""
        if isinstance(value, (type, np.ufunc)):
            found = mirror_of(value)
            return value if found is None else found
        parameters = (*getattr(value, "args", ()), *getattr(value, "kwds", {}).values())
        found = mirror_of(value) if all([part.__class__ in NUMBERS for part in parameters]) else None
        if found is None or hasattr(value, "cov_object"):
            raise NotRecordable(f"it uses {place.text}, {described(value)}, whose state cannot be followed")
        return found


class _Module(ModuleType):
    """A module of the user's, or of SciPy's, as a recorded program sees it."""

    def __init__(self, world: World, module: ModuleType, names: dict[str, Any], text: str) -> None:
        super().__init__(module.__name__, module.__doc__)
        self.__dict__.update(_world=world, _module=module, _names=names, _text=text)

    def __getattr__(self, name: str) -> Any:
        world, module = self._world, self._module
        if is_of_scipy(module):
            value = getattr(module, name)
            found = None
            if not isinstance(value, (ModuleType, np.ufunc)):
                found = counterpart_in(module.__name__, name)
            return world.inner(value) if found is None else found
        if name not in self._names:
            if hasattr(module, name):
                raise NotRecordable(f"it reads {self._text}.{name}, which the module makes up")
            world.notes.add("absent", Place("fixed", self._names, name, f"{self._text}.{name}"), name)
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
        served = world.serve(self._names[name], item(self._names, name, f"{self._text}.{name}"))
        self.__dict__[name] = served
        return served

    def __setattr__(self, name: str, value: Any) -> None:
        raise NotRecordable(f"it sets {self._text}.{name}, a variable of a module")

    def __delattr__(self, name: str) -> None:
        raise NotRecordable(f"it deletes {self._text}.{name}, a variable of a module")
