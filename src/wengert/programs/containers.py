"""Lists, dictionaries and namespaces of the user's as a traced program sees them: their members are served.

A view reads and writes the user's own container, at once, so that everybody sees the same content. It also holds the
content itself, for code of C that looks into lists and dictionaries without asking them.
"""

from __future__ import annotations

import copy
from collections import OrderedDict, defaultdict
from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from types import NoneType, SimpleNamespace
from typing import Any, Final

import numpy as np

from wengert.graph import Operand
from wengert.programs.kinds import STANDING
from wengert.tree import register

__all__ = ["CONTAINERS", "VIEWS", "contents", "is_data", "original_of", "refresh", "view_of", "was_written"]

_DATA: Final = frozenset(
    {float, int, complex, bool, str, bytes, NoneType, np.float64, np.float32, np.int64, np.bool_, np.complex128}
)


def is_data(members: Any) -> bool:
    """Whether there are only numbers and texts among some things, or traced values, which need not be served."""
    return all([kind in _DATA or issubclass(kind, (Operand, np.generic)) for kind in set(map(type, members))])


def contents(container: Any) -> list[Any]:
    """All that a container holds."""
    if isinstance(container, SimpleNamespace):
        return list(vars(container).values())
    return [*container, *container.values()] if isinstance(container, dict) else list(container)


class _Seen:
    """What all views share: the container, how its members are served, and how they are given back."""

    _container: Any
    _serve: Callable[[Any], Any]
    _given: Callable[[Any], Any]
    _written: bool

    def __copy__(self) -> Any:
        return self.copy()  # type: ignore[attr-defined]

    def __deepcopy__(self, memo: Any) -> Any:
        return copy.deepcopy(self.copy(), memo)  # type: ignore[attr-defined]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._container.__reduce_ex__(protocol)

    def __repr__(self) -> str:
        return repr(self._container)

    def __len__(self) -> int:
        return len(self._container)


def _writing(name: str) -> Callable[..., Any]:
    """A method that writes: the container is written, and then what the view holds."""

    def write(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = getattr(self._container, name)(*map(self._given, args), **kwargs)
        self._written = True
        self._refresh()
        return self if name.startswith("__i") else self._serve(result)

    write.__name__ = name
    return write


class ListView(_Seen, list):  # type: ignore[type-arg]
    """A list of the user's."""

    __slots__ = ("_container", "_given", "_serve", "_written")
    __class__ = property(lambda self: list)

    def _refresh(self) -> None:
        list.__init__(self, self._container)

    def __iter__(self) -> Iterator[Any]:
        return map(self._serve, self._container)

    def __reversed__(self) -> Iterator[Any]:
        return map(self._serve, reversed(self._container))

    def __getitem__(self, index: Any) -> Any:
        found = self._container[index]
        return list(map(self._serve, found)) if isinstance(index, slice) else self._serve(found)

    def __contains__(self, value: Any) -> bool:
        return value in self.copy()

    def index(self, value: Any, *bounds: Any) -> int:
        """The place of a member."""
        return self.copy().index(value, *bounds)

    def count(self, value: Any) -> int:
        """How often a member occurs."""
        return self.copy().count(value)

    def copy(self) -> list[Any]:
        """A list of the served members."""
        return list(iter(self))

    def __add__(self, other: Any) -> Any:
        return self.copy() + other

    def __radd__(self, other: Any) -> Any:
        return other + self.copy()

    def __mul__(self, count: Any) -> Any:
        return self.copy() * count

    __rmul__ = __mul__

    def __eq__(self, other: Any) -> Any:
        return self is other or self.copy() == (other.copy() if isinstance(other, list) else other)

    __hash__ = None

    def append(self, value: Any) -> None:
        """Append a member."""
        value = self._given(value)
        self._container.append(value)
        list.append(self, value)
        self._written = True

    def extend(self, values: Any) -> None:
        """Append members."""
        self[len(self) :] = values

    def __iadd__(self, values: Any) -> Any:
        self.extend(values)
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        self._container[index] = list(map(self._given, value)) if isinstance(index, slice) else self._given(value)
        self._written = True
        self._refresh()

    def remove(self, value: Any) -> None:
        """Remove the first of equal members."""
        del self[self.index(value)]

    def sort(self, **options: Any) -> None:
        """Sort the list as its served members ask for."""
        self[:] = sorted(self, **options)

    insert, pop, clear, reverse = map(_writing, ("insert", "pop", "clear", "reverse"))
    __delitem__, __imul__ = map(_writing, ("__delitem__", "__imul__"))


_ABSENT: Final = object()


class _MappingView(_Seen):
    """A dictionary of the user's."""

    _plain: type[dict[Any, Any]]

    def _refresh(self) -> None:
        self._plain.clear(self)  # type: ignore[arg-type]
        for key, value in self._container.items():
            self._plain.__setitem__(self, key, value)  # type: ignore[index]

    def __iter__(self) -> Iterator[Any]:
        return map(self._serve, self._container)

    def __reversed__(self) -> Iterator[Any]:
        return map(self._serve, reversed(self._container))

    def __getitem__(self, key: Any) -> Any:
        return self._serve(self._container[self._given(key)])

    def __contains__(self, key: Any) -> bool:
        return self._given(key) in self._container

    def get(self, key: Any, default: Any = None) -> Any:
        """The value of a key, or the default."""
        found = self._container.get(self._given(key), _ABSENT)
        return default if found is _ABSENT else self._serve(found)

    def keys(self) -> KeysView[Any]:
        """The keys."""
        return KeysView(self)

    def values(self) -> ValuesView[Any]:
        """The served values."""
        return ValuesView(self)

    def items(self) -> ItemsView[Any, Any]:
        """The keys and served values."""
        return ItemsView(self)

    def copy(self) -> dict[Any, Any]:
        """A dictionary of the served members."""
        found: dict[Any, Any] = self._container.copy()
        found.clear()
        found.update({key: self[key] for key in self})
        return found

    def __or__(self, other: Any) -> Any:
        return self.copy() | other

    def __ror__(self, other: Any) -> Any:
        return other | self.copy()

    def __eq__(self, other: Any) -> Any:
        return self is other or self.copy() == other

    __hash__ = None  # type: ignore[assignment]

    def __setitem__(self, key: Any, value: Any) -> None:
        key, value = self._given(key), self._given(value)
        self._container[key] = value
        self._plain.__setitem__(self, key, value)  # type: ignore[index]
        self._written = True

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """The value of a key, which is the default from here on if there was none."""
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *others: Any, **values: Any) -> None:
        """Take over values."""
        for key, value in dict(*others, **values).items():
            self[key] = value

    def __ior__(self, other: Any) -> Any:
        self.update(other)
        return self

    pop, popitem, clear, __delitem__ = map(_writing, ("pop", "popitem", "clear", "__delitem__"))


def _mapping_view(plain: type[dict[Any, Any]]) -> type:
    own = {"_plain": plain, "__class__": property(lambda self: plain), "__doc__": _MappingView.__doc__}
    if plain is OrderedDict:
        own["move_to_end"] = _writing("move_to_end")
    return type(f"{plain.__name__}View", (_MappingView, plain), own)


class _DefaultView(_mapping_view(defaultdict)):  # type: ignore[misc]
    """A dictionary of the user's that makes up what it has not."""

    def __getitem__(self, key: Any) -> Any:
        factory = self._container.default_factory
        if factory is not None and key not in self:
            self[key] = self._serve(factory)()
        return super().__getitem__(key)


class NamespaceView(SimpleNamespace):
    """A namespace of the user's."""

    __slots__ = ("_container", "_given", "_serve")

    def __getattribute__(self, name: str) -> Any:
        own = object.__getattribute__
        return own(self, "_serve")(getattr(own(self, "_container"), name))

    def __setattr__(self, name: str, value: Any) -> None:
        own = object.__getattribute__
        setattr(own(self, "_container"), name, own(self, "_given")(value))

    def __delattr__(self, name: str) -> None:
        delattr(object.__getattribute__(self, "_container"), name)

    def __repr__(self) -> str:
        return repr(object.__getattribute__(self, "_container"))

    def __eq__(self, other: Any) -> bool:
        return bool(vars(self) == vars(other)) if isinstance(other, SimpleNamespace) else False

    __hash__ = None


VIEWS: Final[dict[type, type]] = {
    list: ListView, dict: _mapping_view(dict), OrderedDict: _mapping_view(OrderedDict), defaultdict: _DefaultView,
    SimpleNamespace: NamespaceView,
}  # fmt: skip
"""What views of containers are, by the classes of these."""
CONTAINERS: Final = tuple(VIEWS)
_ORIGINALS: Final = {view: plain for plain, view in VIEWS.items()}
STANDING.update(_ORIGINALS)
# a program may differentiate with respect to what it finds in one
register(ListView, lambda view: (view.copy(), None), lambda _, members: list(members))
for _view in (VIEWS[dict], VIEWS[OrderedDict]):
    register(
        _view,
        lambda view: (view.copy().values(), tuple(view)),
        lambda keys, members: dict(zip(keys, members, strict=True)),
    )


def view_of(container: Any, serve: Callable[[Any], Any], given: Callable[[Any], Any]) -> Any:
    """A container of the user's as a traced program sees it; `given` makes the user's own of what is put in."""
    view = VIEWS[type(container)]()
    for name, value in (("_container", container), ("_serve", serve), ("_given", given)):
        object.__setattr__(view, name, value)
    refresh(view)
    return view


def refresh(view: Any) -> None:
    """Let a view hold what its container holds, which others may have changed."""
    if type(view) is not NamespaceView:
        view._written = False
        view._refresh()


def original_of(view: Any) -> Any:
    """The container behind a view; anything else as it is."""
    return object.__getattribute__(view, "_container") if type(view) in _ORIGINALS else view


def was_written(view: Any) -> bool:
    """Whether the program has written into a view; what is set in a namespace is not noted."""
    return type(view) is NamespaceView or view._written
