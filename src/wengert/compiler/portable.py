"""Values as numbers, texts and tuples of them, which a file can hold and which mean the same in every process."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import EllipsisType, NoneType
from typing import Any, Final

import numpy as np

from wengert.graph import OPAQUE, ArrayType, Primitive, array_type
from wengert.tracing.index import SLOT, Index

__all__ = ["NotPortableError", "is_plain", "packed", "require_known", "unpacked"]

_PLAIN: Final = frozenset({int, bool, float, complex, str, bytes, NoneType, EllipsisType})
_NUMBERS: Final = "biufc"
# where functions of the user's become primitives
_OF_USERS: Final = "wengert.transforms.custom"
_CLASSES: Final[dict[str, type]] = {
    kind.__name__: kind for kind in (float, complex, int, bool, np.float16, np.float32, np.float64, np.complex128)
}


class NotPortableError(Exception):
    """A value that means nothing in another process, such as a function of the user's."""


def is_plain(values: Iterable[Any]) -> bool:
    """Whether there are only numbers, texts and the like among some values."""
    return _PLAIN.issuperset(map(type, values))


def packed(value: Any) -> Any:
    """A value as numbers, texts and tuples of them; `unpacked` makes it again.

    Raises `NotPortableError` for what is no number, text, array, type, index, or tuple or list of such values.
    """
    kind = value.__class__
    if kind in _PLAIN:
        return value
    if kind is tuple:
        return ("tuple", *value) if is_plain(value) else ("tuple", *map(packed, value))
    if isinstance(value, Index):
        return ("index", value.slots, *map(packed, value.items))
    packer = _PACKERS.get(kind)
    if packer is not None:
        return packer(value)
    if isinstance(value, np.generic):
        return "scalar", _dtype(value.dtype), value.tobytes()
    if isinstance(value, np.dtype):
        return "dtype", _dtype(value)
    if isinstance(value, type) and _CLASSES.get(value.__name__) is value:
        return "class", value.__name__
    raise NotPortableError(f"an object of the class {kind.__name__}")


def _dtype(dtype: np.dtype[Any]) -> str:
    if dtype.kind not in _NUMBERS:
        raise NotPortableError(f"the dtype {dtype}")
    return dtype.str


_PACKERS: Final[dict[type, Callable[[Any], Any]]] = {
    slice: lambda value: ("slice", packed(value.start), packed(value.stop), packed(value.step)),
    list: lambda value: ("list", *map(packed, value)),
    np.ndarray: lambda value: ("array", _dtype(value.dtype), value.shape, value.tobytes()),
    ArrayType: lambda value: ("type", value.shape, _dtype(value.dtype), value.weak),
    frozenset: lambda value: ("set", *map(packed, sorted(value))),
    type(SLOT): lambda value: ("slot",),
    type(OPAQUE): lambda value: ("opaque",),
}


def unpacked(value: Any) -> Any:
    """The value that `packed` has taken apart; arrays are the caller's own."""
    return _MAKERS[value[0]](*value[1:]) if value.__class__ is tuple else value


_MAKERS: Final[dict[str, Callable[..., Any]]] = {
    "tuple": lambda *members: tuple(map(unpacked, members)),
    "list": lambda *members: list(map(unpacked, members)),
    "set": lambda *members: frozenset(map(unpacked, members)),
    "slice": lambda *parts: slice(*map(unpacked, parts)),
    "array": lambda dtype, shape, data: np.frombuffer(data, dtype).reshape(shape).copy(),
    "scalar": lambda dtype, data: np.frombuffer(data, dtype)[0],
    "dtype": np.dtype,
    "type": lambda shape, dtype, weak: array_type(shape, np.dtype(dtype), weak),
    "index": lambda slots, *items: Index(tuple(map(unpacked, items)), slots),
    "slot": lambda: SLOT,
    "opaque": lambda: OPAQUE,
    "class": _CLASSES.__getitem__,
}


def require_known(primitive: Primitive) -> None:
    """Raise `NotPortableError` for a primitive of which the name does not say in every process what it computes."""
    rules = [rule for rule in (primitive.preparer, primitive.evaluator) if rule is not None]
    places = [getattr(rule, "__module__", None) or "" for rule in rules]
    own = all([place.startswith("wengert.") and place != _OF_USERS for place in places])
    if not own or not (rules or getattr(np, primitive.name, None) is primitive.ufunc):
        raise NotPortableError(f"the primitive {primitive.name}")
