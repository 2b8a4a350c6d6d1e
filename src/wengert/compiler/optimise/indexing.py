"""Reading at an index: composed, and from where it was written.

A *place* is a basic index in full: for every axis an integer, which drops it, or a range of it.
"""

from __future__ import annotations

from typing import Any, Final

from wengert.compiler.optimise.builder import Builder
from wengert.compiler.optimise.moving import broadcasted
from wengert.compiler.optimise.rules import Atom, rule
from wengert.graph import REGISTRY, Primitive
from wengert.tracing.index import Index

__all__ = [
    "Place",
    "composed",
    "index_of",
    "is_everything",
    "is_shortest",
    "lengths_of",
    "place_of",
    "read",
    "target_of",
]

Shape = tuple[int, ...]
Place = tuple[int | range, ...]
take: Final = REGISTRY["take"]
put_add: Final = REGISTRY["put_add"]
replace: Final = REGISTRY["replace"]
reshape: Final = REGISTRY["reshape"]
transpose: Final = REGISTRY["transpose"]
broadcast_to: Final = REGISTRY["broadcast_to"]
concatenate: Final = REGISTRY["concatenate"]
# How many writes are looked through for the one that an entry was written by.
DEPTH: Final = 64


def place_of(index: Any, leading: int, shape: Shape) -> tuple[Place, Shape] | None:
    """The place that a basic index names and the shape of what is there; None for any other index."""
    if not isinstance(index, Index) or index.slots:
        return None
    items: list[Any] = [slice(None)] * leading
    given = sum(item is not None and item is not Ellipsis for item in index.items)
    for item in index.items:
        if item is Ellipsis:
            items.extend([slice(None)] * (len(shape) - leading - given))
        elif item is None or isinstance(item, slice) or (isinstance(item, int) and not isinstance(item, bool)):
            items.append(item)
        else:
            return None
    items.extend([slice(None)] * (len(shape) - sum(item is not None for item in items)))
    entries: list[int | range] = []
    part: list[int] = []
    lengths = iter(shape)
    for item in items:
        if item is None:
            part.append(1)
            continue
        length = next(lengths)
        if isinstance(item, slice):
            stretch = range(length)[item]
            entries.append(stretch)
            part.append(len(stretch))
        else:
            entries.append(range(length)[item])
    return tuple(entries), tuple(part)


def lengths_of(place: Place) -> Shape:
    """The shape of what is at a place."""
    return tuple([len(entry) for entry in place if isinstance(entry, range)])


def is_everything(place: Place, shape: Shape) -> bool:
    """Whether a place is all of an array."""
    return all(entry == range(length) for entry, length in zip(place, shape, strict=True))


def index_of(place: Place, shape: Shape) -> tuple[Any, ...]:
    """The shortest index for a place: the items of an `Index`."""
    items: list[Any] = []
    for entry, length in zip(place, shape, strict=True):
        if isinstance(entry, int):
            items.append(entry)
        elif entry == range(length):
            items.append(slice(None))
        elif not entry:
            # nothing may begin before the array, where a slice would count from its end
            items.append(slice(0, 0))
        else:
            stop = entry.stop if entry.stop >= 0 else None
            items.append(slice(entry.start, stop, None if entry.step == 1 else entry.step))
    while items and items[-1] == slice(None):
        items.pop()
    return tuple(items)


def within(outer: Place, inner: Place) -> Place | str:
    """Where a place lies inside what is at another one: a place there, "apart" or "across"."""
    found: list[int | range] = []
    across = False
    for whole, part in zip(outer, inner, strict=True):
        relation = _within_axis(whole, part)
        if isinstance(relation, str):
            if relation == "apart":
                return "apart"
            across = True
        elif relation is not None:
            found.append(relation)
    return "across" if across else tuple(found)


def _within_axis(whole: int | range, part: int | range) -> int | range | str | None:
    if isinstance(whole, int):
        if isinstance(part, int):
            return None if whole == part else "apart"
        return "across" if whole in part else "apart"
    if isinstance(part, int):
        return whole.index(part) if part in whole else "apart"
    if not len(part):
        return range(0)
    if part[0] in whole and part[-1] in whole:
        first, last = whole.index(part[0]), whole.index(part[-1])
        if len(part) == 1:
            return range(first, first + 1)
        step, rest = divmod(part.step, whole.step)
        if not rest:
            return range(first, last + (1 if step > 0 else -1), step)
        return "across"
    if max(part[0], part[-1]) < min(whole[0], whole[-1]) if len(whole) else True:
        return "apart"
    return "apart" if len(whole) and min(part[0], part[-1]) > max(whole[0], whole[-1]) else "across"


def composed(outer: Place, inner: Place) -> Place:
    """The place in the whole of a place inside what is at another one."""
    rest = iter(inner)
    return tuple([entry if isinstance(entry, int) else _composed_axis(entry, next(rest)) for entry in outer])


def _composed_axis(outer: range, inner: int | range) -> int | range:
    if isinstance(inner, int):
        return outer[inner]
    return range(outer.start + inner.start * outer.step, outer.start + inner.stop * outer.step, outer.step * inner.step)


def read(build: Builder, x: Atom, place: Place) -> Atom:
    """What is at a place."""
    shape = x.type.shape
    if is_everything(place, shape):
        return x
    return build.apply(take, x, build.opaque(Index(index_of(place, shape), 0)), params=(0,))


@rule("take")
def take_simplified(
    build: Builder, primitive: Primitive, inputs: tuple[Atom, ...], params: tuple[Any, ...]
) -> Atom | None:
    """One reading for two, none of what is whole, and from where the entries were written."""
    x, index = inputs[0], inputs[1]
    (leading,) = params
    if len(inputs) > 2 or not x.type.shape:
        return None
    shape = x.type.shape
    parsed = place_of(index.value, leading, shape)
    if parsed is None:
        return None
    place, part = parsed
    # an axis of length one that is dropped is only another shape
    kept = tuple([range(1) if n == 1 and entry == 0 else entry for entry, n in zip(place, shape, strict=True)])
    if lengths_of(kept) != part:
        return build.apply(reshape, read(build, x, kept), params=(part,))
    if is_everything(place, shape):
        return x
    if place != kept:
        return build.apply(reshape, read(build, x, kept), params=(part,))
    if leading or not is_shortest(index, place, shape):
        return read(build, x, place)
    return _read_at_source(build, x, place)


def is_shortest(index: Atom, place: Place, shape: Shape) -> bool:
    """Whether an index is the one that `index_of` gives for its place."""
    items, shortest = index.value.items, index_of(place, shape)
    return len(items) == len(shortest) and all(
        a.__class__ is b.__class__ and a == b for a, b in zip(items, shortest, strict=True)
    )


def _read_at_source(build: Builder, x: Atom, place: Place) -> Atom | None:
    for depth in range(DEPTH):
        equation = build.definitions.get(x)
        if equation is not None and equation.primitive is replace:
            found = _read_replaced(build, equation, place)
            if found is not None:
                return found
            if _is_apart(equation, place):
                x = equation.inputs[0]
                continue
        if depth:
            return read(build, x, place)
        break
    else:
        return read(build, x, place)
    if equation is None:
        return None
    if equation.primitive is take and len(equation.inputs) == 2:
        inner = _place_read(equation)
        if inner is not None and lengths_of(inner[0]) == inner[1]:
            return read(build, equation.inputs[0], composed(inner[0], place))
    if equation.primitive is broadcast_to:
        return _read_repeated(build, equation.inputs[0], x.type.shape, place)
    if equation.primitive is put_add and len(equation.inputs) == 2:
        return _read_put(build, equation, place)
    if equation.primitive is concatenate:
        return _read_joined(build, equation, place)
    if equation.primitive is transpose:
        return _read_turned(build, equation, place)
    return None


def _place_read(equation: Any) -> tuple[Place, Shape] | None:
    return place_of(equation.inputs[1].value, equation.params[0], equation.inputs[0].type.shape)


def target_of(equation: Any, position: int) -> tuple[Place, Shape] | None:
    """The place that a `replace` or `put_add` writes to."""
    if len(equation.inputs) != position + 1:
        return None
    leading = equation.params[-1]
    return place_of(equation.inputs[position].value, leading, equation.outputs[0].type.shape)


def _is_apart(equation: Any, place: Place) -> bool:
    target = target_of(equation, 2)
    return target is not None and within(target[0], place) == "apart"


def _read_replaced(build: Builder, equation: Any, place: Place) -> Atom | None:
    target = target_of(equation, 2)
    if target is None:
        return None
    inner = within(target[0], place)
    if isinstance(inner, str):
        return None
    value, whole = equation.inputs[1], equation.outputs[0].type
    if value.type.dtype != whole.dtype or value.type.weak:
        number = build.uniform(value)
        if number is None:
            return None
        value = build.literal(whole.dtype.type(number))
    if value.type.shape != target[1]:
        value = broadcasted(build, value, target[1])
    if lengths_of(target[0]) != target[1]:
        value = build.apply(reshape, value, params=(lengths_of(target[0]),))
    return read(build, value, inner)


def _read_put(build: Builder, equation: Any, place: Place) -> Atom | None:
    target = target_of(equation, 1)
    if target is None:
        return None
    inner = within(target[0], place)
    if inner == "apart":
        zero = build.literal(equation.outputs[0].type.dtype.type(0))
        return broadcasted(build, zero, lengths_of(place))
    if isinstance(inner, str):
        return None
    value = equation.inputs[0]
    if lengths_of(target[0]) != target[1]:
        value = build.apply(reshape, value, params=(lengths_of(target[0]),))
    return read(build, value, inner)


def _read_repeated(build: Builder, source: Atom, wide: Shape, place: Place) -> Atom | None:
    if source.type.weak:
        return None
    if source.type.size == 1:
        single = build.apply(reshape, source, params=((),)) if source.type.shape else source
        return broadcasted(build, single, lengths_of(place))
    narrow = (1,) * (len(wide) - len(source.type.shape)) + source.type.shape
    entries: list[int | range] = []
    for entry, length, full in zip(place, narrow, wide, strict=True):
        if length == full:
            entries.append(entry)
        elif isinstance(entry, int):
            entries.append(0)
        else:
            entries.append(range(1))
    if source.type.shape != narrow:
        source = build.apply(reshape, source, params=(narrow,))
    return broadcasted(build, read(build, source, tuple(entries)), lengths_of(place))


def _read_joined(build: Builder, equation: Any, place: Place) -> Atom | None:
    (axis,) = equation.params
    wanted = place[axis]
    ends = (wanted, wanted) if isinstance(wanted, int) else (wanted[0], wanted[-1]) if len(wanted) else (0, 0)
    start = 0
    for part in equation.inputs:
        length = part.type.shape[axis]
        if all(start <= end < start + length for end in ends):
            moved = (
                wanted - start
                if isinstance(wanted, int)
                else range(wanted.start - start, wanted.stop - start, wanted.step)
            )
            if isinstance(moved, range) and not len(moved):
                return None
            return read(build, part, (*place[:axis], moved, *place[axis + 1 :]))
        start += length
    return None


def _read_turned(build: Builder, equation: Any, place: Place) -> Atom | None:
    (axes,) = equation.params
    source = equation.inputs[0]
    entries: list[Any] = [None] * len(axes)
    for position, axis in enumerate(axes):
        entries[axis] = place[position]
    part = read(build, source, tuple(entries))
    order = [axis for position, axis in enumerate(axes) if isinstance(place[position], range)]
    ranked = sorted(order)
    return build.apply(transpose, part, params=(tuple([ranked.index(axis) for axis in order]),)) if order else part
