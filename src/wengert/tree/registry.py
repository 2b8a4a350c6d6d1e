"""Which classes are containers."""

from __future__ import annotations

import dataclasses
import reprlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache
from typing import Any, Final

from wengert.tree.kinds import (
    DataclassKind,
    DictKind,
    Kind,
    MappingKind,
    NamedtupleKind,
    NoneKind,
    RegisteredKind,
    SequenceKind,
)

__all__ = ["kind_of", "register"]


# The one registry of the process. Writers hold the lock; reading one entry of a dict needs none.
_kinds: Final[dict[type, Kind]] = {
    tuple: SequenceKind(tuple),
    list: SequenceKind(list),
    dict: DictKind(dict),
    OrderedDict: MappingKind(OrderedDict),
    type(None): NoneKind(type(None)),
}
_registration: Final = threading.Lock()


def register(
    cls: type,
    flatten: Callable[[Any], tuple[Iterable[Any], Hashable]],
    unflatten: Callable[[Any, list[Any]], Any],
) -> None:
    """Make a class a container, for the whole process and once and for all.

    ``flatten(instance)`` returns the children and an auxiliary value: anything hashable that sets two
    structures apart, or ``None``. ``unflatten(auxiliary, children)`` builds the instance again; it must
    take any children, not only arrays.

    >>> from wengert import tree
    >>> class Interval:
    ...     def __init__(self, low, high, unit):
    ...         self.low, self.high, self.unit = low, high, unit
    >>> tree.register(
    ...     Interval,
    ...     flatten=lambda interval: ((interval.low, interval.high), interval.unit),
    ...     unflatten=lambda unit, children: Interval(*children, unit),
    ... )
    >>> tree.map(lambda x: 2 * x, Interval(1.0, 3.0, "metre")).high
    6.0
    """
    if not isinstance(cls, type):
        raise TypeError(f"register takes a class: received {reprlib.repr(cls)}; pass the container's type")
    with _registration:
        if cls in _kinds:
            raise ValueError(
                f"{cls.__name__} is a container already: expected a class that has not been registered; "
                "register each class once, where it is defined"
            )
        _kinds[cls] = RegisteredKind(cls, flatten, unflatten)


def kind_of(container: type) -> Kind | None:
    """Return how a class comes apart; None says that its instances are leaves."""
    kind = _kinds.get(container)
    return kind if kind is not None else _derived_kind(container)


@lru_cache(maxsize=1024)
def _derived_kind(container: type) -> Kind | None:
    """Find the kind of a class that nobody has to register."""
    if issubclass(container, tuple) and hasattr(container, "_fields"):
        return NamedtupleKind(container, container._fields)
    if dataclasses.is_dataclass(container):
        return DataclassKind(container, [field.name for field in dataclasses.fields(container)])
    return None
