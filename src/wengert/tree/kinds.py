"""The kinds of containers: how each comes apart, goes together again, and reads in a message."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

__all__ = [
    "DataclassKind",
    "DictKind",
    "Keys",
    "Kind",
    "MappingKind",
    "NamedtupleKind",
    "NoneKind",
    "RegisteredKind",
    "SequenceKind",
    "told_apart",
]

_MOST_NAMES_SHOWN: Final = 6


class Kind:
    """How one type of container comes apart, goes together again, and reads in a message.

    The auxiliary value is what a container holds besides its children: the keys of a dictionary, say.
    """

    __slots__ = ("container",)

    def __init__(self, container: type) -> None:
        self.container = container

    def take_apart(self, tree: Any) -> tuple[Sequence[Any], Hashable]:
        """Return the children and the auxiliary value of a container."""
        raise NotImplementedError

    def assemble(self, auxiliary: Any, children: list[Any]) -> Any:
        """Build a container of this kind around the children."""
        raise NotImplementedError

    def steps(self, auxiliary: Any, count: int) -> list[str]:
        """Write how each child is reached from the container."""
        return [f"[{position}]" for position in range(count)]

    def describe(self, auxiliary: Any, count: int) -> str:
        """Say in words what the container is."""
        name = self.container.__name__
        return f"{_with_article(name)} of {count}" if count else f"an empty {name}"

    def contrast(self, expected: Any, received: Any) -> str:
        """Say what sets two auxiliary values of this kind apart; empty when the descriptions show it."""
        return ""

    def text(self, auxiliary: Any, children: list[str]) -> str:
        """Write the container around the texts of its children."""
        return f"{self.container.__name__}({', '.join(children)})"


class SequenceKind(Kind):
    """``tuple`` and ``list``."""

    __slots__ = ()

    def take_apart(self, tree: Any) -> tuple[Sequence[Any], Hashable]:
        return tree, None

    def assemble(self, auxiliary: Any, children: list[Any]) -> Any:
        return children if self.container is list else self.container(children)

    def text(self, auxiliary: Any, children: list[str]) -> str:
        if self.container is list:
            return f"[{', '.join(children)}]"
        return f"({children[0]},)" if len(children) == 1 else f"({', '.join(children)})"


class Keys:
    """The keys of a dictionary, compared without regard to the order in which they were inserted."""

    __slots__ = ("inserted", "ordered")

    def __init__(self, keys: Iterable[Hashable]) -> None:
        self.inserted = tuple(keys)
        self.ordered = _ordered_keys(self.inserted)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Keys) and self.ordered == other.ordered

    def __hash__(self) -> int:
        return hash(self.ordered)


class MappingKind(Kind):
    """``OrderedDict``; the auxiliary value is the tuple of its keys."""

    __slots__ = ()

    def take_apart(self, tree: Any) -> tuple[Sequence[Any], Hashable]:
        return list(tree.values()), tuple(tree)

    def assemble(self, auxiliary: Any, children: list[Any]) -> Any:
        return self.container(zip(auxiliary, children, strict=True))

    def steps(self, auxiliary: Any, count: int) -> list[str]:
        return [f"[{key!r}]" for key in auxiliary]

    def describe(self, auxiliary: Any, count: int) -> str:
        name = self.container.__name__
        return f"{_with_article(name)} with keys {_listed(auxiliary)}" if count else f"an empty {name}"

    def contrast(self, expected: Any, received: Any) -> str:
        missing = [key for key in expected if key not in received]
        unexpected = [key for key in received if key not in expected]
        named = [("missing", missing), ("unexpected", unexpected)]
        return ", ".join(f"{word} {_listed(keys)}" for word, keys in named if keys) or "the order differs"

    def text(self, auxiliary: Any, children: list[str]) -> str:
        entries = [f"{key!r}: {child}" for key, child in zip(auxiliary, children, strict=True)]
        return f"{self.container.__name__}({{{', '.join(entries)}}})"


class DictKind(MappingKind):
    """``dict``; the auxiliary value is a :class:`Keys`, and the children follow its ``ordered`` keys."""

    __slots__ = ()

    def take_apart(self, tree: Any) -> tuple[Sequence[Any], Hashable]:
        keys = Keys(tree)
        return [tree[key] for key in keys.ordered], keys

    def assemble(self, auxiliary: Any, children: list[Any]) -> Any:
        values = dict(zip(auxiliary.ordered, children, strict=True))
        return {key: values[key] for key in auxiliary.inserted}

    def steps(self, auxiliary: Any, count: int) -> list[str]:
        return super().steps(auxiliary.ordered, count)

    def describe(self, auxiliary: Any, count: int) -> str:
        return super().describe(auxiliary.inserted, count)

    def contrast(self, expected: Any, received: Any) -> str:
        return super().contrast(expected.inserted, received.inserted)

    def text(self, auxiliary: Any, children: list[str]) -> str:
        entries = self.assemble(auxiliary, children)
        return f"{{{', '.join(f'{key!r}: {child}' for key, child in entries.items())}}}"


class FieldsKind(Kind):
    """A container whose children have the names of attributes: the same names for every instance."""

    __slots__ = ("names",)

    def __init__(self, container: type, names: Iterable[str]) -> None:
        super().__init__(container)
        self.names = tuple(names)

    def steps(self, auxiliary: Any, count: int) -> list[str]:
        return [f".{name}" for name in self.names]

    def describe(self, auxiliary: Any, count: int) -> str:
        name = _with_article(self.container.__name__)
        return f"{name} with fields {_listed(self.names, str)}" if count else f"{name} without fields"

    def text(self, auxiliary: Any, children: list[str]) -> str:
        entries = [f"{name}={child}" for name, child in zip(self.names, children, strict=True)]
        return super().text(auxiliary, entries)


class NamedtupleKind(FieldsKind):
    """Subclasses of ``tuple`` that name their items."""

    __slots__ = ()

    def take_apart(self, tree: Any) -> tuple[Sequence[Any], Hashable]:
        return tree, None

    def assemble(self, auxiliary: Any, children: list[Any]) -> Any:
        # A __new__ of the user's would get the fields one by one and might convert them.
        return tuple.__new__(self.container, children)


class DataclassKind(FieldsKind):
    """Dataclasses: frozen, with slots, with fields that ``__init__`` does not take."""

    __slots__ = ()

    def take_apart(self, tree: Any) -> tuple[Sequence[Any], Hashable]:
        self._refuse_other_attributes(tree)
        return [getattr(tree, name) for name in self.names], None

    def assemble(self, auxiliary: Any, children: list[Any]) -> Any:
        instance: Any = object.__new__(self.container)
        for name, child in zip(self.names, children, strict=True):
            object.__setattr__(instance, name, child)  # a frozen dataclass refuses setattr
        return instance

    def _refuse_other_attributes(self, tree: Any) -> None:
        """Raise for an attribute that rebuilding would lose; what a property caches may be lost."""
        attributes: Mapping[str, Any] = getattr(tree, "__dict__", {})
        for name in sorted(attributes.keys() - self.names):
            if not isinstance(getattr(self.container, name, None), cached_property):
                raise TypeError(
                    f"{self.container.__name__} has the attribute {name!r}, which is not a field of the "
                    f"dataclass and would be lost: expected the fields {_listed(self.names, str)} only; "
                    f"declare {name!r} as a field, or give {self.container.__name__} to tree.register"
                )


class NoneKind(Kind):
    """``None``, which holds no leaves."""

    __slots__ = ()

    def take_apart(self, tree: Any) -> tuple[Sequence[Any], Hashable]:
        return (), None

    def assemble(self, auxiliary: Any, children: list[Any]) -> Any:
        return None

    def describe(self, auxiliary: Any, count: int) -> str:
        return "None"

    def text(self, auxiliary: Any, children: list[str]) -> str:
        return "None"


class RegisteredKind(Kind):
    """A type of the user's, with the two functions given to :func:`register`."""

    __slots__ = ("_flatten", "_unflatten")

    def __init__(
        self,
        container: type,
        flatten: Callable[[Any], tuple[Iterable[Any], Hashable]],
        unflatten: Callable[[Any, list[Any]], Any],
    ) -> None:
        super().__init__(container)
        self._flatten = flatten
        self._unflatten = unflatten

    def take_apart(self, tree: Any) -> tuple[Sequence[Any], Hashable]:
        parts: Any = self._flatten(tree)
        name = self.container.__name__
        if not isinstance(parts, tuple) or len(parts) != 2 or not isinstance(parts[0], Iterable):
            raise TypeError(
                f"the flatten function registered for {name} must return the pair (children, auxiliary): "
                f"received {reprlib.repr(parts)}; return the children in a tuple, and None beside them "
                "when nothing else is needed"
            )
        children, auxiliary = parts
        try:
            hash(auxiliary)
        except TypeError:
            raise TypeError(
                f"the flatten function registered for {name} must return a hashable auxiliary value: "
                f"received {reprlib.repr(auxiliary)}; return arrays and containers among the children"
            ) from None
        return tuple(children), auxiliary

    def assemble(self, auxiliary: Any, children: list[Any]) -> Any:
        return self._unflatten(auxiliary, children)

    def describe(self, auxiliary: Any, count: int) -> str:
        description = super().describe(auxiliary, count)
        return description if auxiliary is None else f"{description} with {reprlib.repr(auxiliary)}"


def _ordered_keys(keys: tuple[Any, ...]) -> tuple[Hashable, ...]:
    # Keys that do not sort reliably cost equality of some structures, never a mix-up of leaves: structures
    # are equal only when their ordered keys agree one by one.
    try:
        return tuple(sorted(keys))
    except TypeError:
        return tuple(sorted(keys, key=lambda key: (type(key).__qualname__, repr(key))))


def told_apart(key: Any) -> Any:
    """What equal keys may differ in: their classes, and the signs of zeros."""
    if isinstance(key, tuple):
        return type(key), tuple(map(told_apart, key))
    return (type(key), repr(key)) if isinstance(key, (float, complex)) else type(key)


def _with_article(name: str) -> str:
    return f"an {name}" if name[0] in "AEIOUaeiou" else f"a {name}"


def _listed(names: Sequence[Any], write: Callable[[Any], str] = repr) -> str:
    shown = ", ".join([write(name) for name in names[:_MOST_NAMES_SHOWN]])
    hidden = len(names) - _MOST_NAMES_SHOWN
    return f"{shown} and {hidden} more" if hidden > 0 else shown
