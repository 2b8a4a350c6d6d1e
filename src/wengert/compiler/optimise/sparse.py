"""Arrays that are mostly zeros for all to see: seeds of Hessians and what is computed from them.

Such an array is its few values, put at places that are known: `reshape(put_add(values, places))`, flat in between. What
is linear in it is computed from the values; the zeros themselves are never written until somebody needs the array.
The factors that zeros would have met are taken to be finite.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.builder import Builder
from wengert.compiler.optimise.indexing import Place, lengths_of, place_of
from wengert.compiler.optimise.internal import add_at, inlay, places_of_inlay
from wengert.compiler.optimise.lattices import entries_in_steps, inlaid
from wengert.compiler.optimise.readings import flat_places, reading_of
from wengert.compiler.optimise.rules import Atom, rule
from wengert.graph import REGISTRY, Literal, Primitive
from wengert.tracing.index import SLOT, Index

__all__ = [
    "EACH",
    "SMALLEST",
    "Sparse",
    "alike",
    "array_of",
    "assume_values",
    "entries_at",
    "flat",
    "is_all",
    "sparse_of",
]

Inputs = tuple[Atom, ...]
Params = tuple[Any, ...]
Shape = tuple[int, ...]
add: Final = REGISTRY["add"]
broadcast_to: Final = REGISTRY["broadcast_to"]
divide: Final = REGISTRY["divide"]
multiply: Final = REGISTRY["multiply"]
negative: Final = REGISTRY["negative"]
reshape: Final = REGISTRY["reshape"]
put_add: Final = REGISTRY["put_add"]
take: Final = REGISTRY["take"]
concatenate: Final = REGISTRY["concatenate"]
# Smaller arrays, and those with more than one entry in so many, are left as they are.
SMALLEST: Final = 256
SHARE: Final = 8
# Values that are kept with a place each.
_MOST: Final = 1 << 20
EACH: Final = Index((SLOT,), 1)


@dataclass(frozen=True)
class Sparse:
    """The values of an array, one-dimensional, and their places in it, flat; at one place several may be added."""

    values: Atom
    places: Any
    shape: Shape


def sparse_of(build: Builder, atom: Atom, inlaid: bool = True) -> Sparse | None:
    """An array as its few values, if it is known to be one; with `inlaid` also those at places in steps."""
    if atom.type.kind != "f":
        return None
    key = (sparse_of, atom, inlaid)
    if key not in build.learnt:
        build.learnt[key] = _few_of_constant(build, atom) if atom.__class__ is Literal else _put(build, atom, inlaid)
    found: Sparse | None = build.learnt[key]
    return found


def _few_of_constant(build: Builder, atom: Atom) -> Sparse | None:
    kind = atom.type
    if kind.size < SMALLEST or not kind.shape:
        return None
    value = atom.value.reshape(-1)
    places = np.flatnonzero(value) if SHARE * np.count_nonzero(value) <= value.size else None
    if places is None or not len(places):
        return None
    return Sparse(build.literal(value[places]), places, kind.shape)


def _put(build: Builder, atom: Atom, inlaid: bool) -> Sparse | None:
    shape = atom.type.shape
    equation: Any = build.definitions.get(atom)
    if equation is not None and equation.primitive is reshape:
        equation = build.definitions.get(equation.inputs[0])
    if equation is not None and equation.primitive is inlay and inlaid:
        values = equation.inputs[0]
        return Sparse(flat(build, values), places_of_inlay(values.type.shape, equation.params), shape)
    if equation is None or equation.primitive is not put_add:
        return None
    (values, index, *arrays), (whole, leading) = equation.inputs, equation.params
    if len(whole) == 1 and index.value.items == (SLOT,) and arrays[0].__class__ is Literal:
        if len(values.type.shape) == len(arrays[0].type.shape) == 1:
            return Sparse(values, arrays[0].value, shape)
        return None
    if not inlaid or not (index.value.slots or index.value.advanced) or SHARE * values.type.size > atom.type.size:
        return None
    placed = reading_of(index.value, arrays, leading, whole) if atom.type.size >= SMALLEST else None
    if placed is None or values.type.shape != placed[1]:
        return None
    return Sparse(flat(build, values), flat_places(placed[0], whole, placed[1]), shape)


def array_of(build: Builder, found: Sparse) -> Atom:
    """The array, for those who look for its values or need it."""
    size = math.prod(found.shape)
    if is_all(found.places, size):
        return build.apply(reshape, found.values, params=(found.shape,))
    places = build.literal(np.asarray(found.places, np.intp))
    operands, params = (found.values, build.opaque(EACH), places), ((size,), 0)
    line = inlaid(build, operands, params) if build.is_last else None
    if line is None:
        line = build.apply(put_add, *operands, params=params)
    return build.apply(reshape, line, params=(found.shape,))


def is_all(places: Any, size: int) -> bool:
    """Whether places are all there are, in their order."""
    return len(places) == size and bool((places == np.arange(size)).all())


def flat(build: Builder, x: Atom) -> Atom:
    """All entries along one axis."""
    return build.apply(reshape, x, params=((x.type.size,),))


def entries_at(build: Builder, x: Atom, places: Any) -> Atom:
    """The entries of an array at flat places."""
    line = flat(build, x)
    if is_all(places, x.type.size):
        return line
    found = entries_in_steps(build, line, places)
    if found is not None:
        return found
    return build.apply(take, line, build.opaque(EACH), build.literal(np.asarray(places, np.intp)), params=(0,))


def _places_beside(found: Sparse, shape: Shape) -> Any:
    """Where the entries of another array, repeated to the shape of this one, stand beside its values."""
    where = np.unravel_index(found.places, found.shape)[len(found.shape) - len(shape) :]
    axes = [0 if length == 1 else axis for axis, length in zip(where, shape, strict=True)]
    return np.broadcast_to(np.ravel_multi_index(axes, shape), np.shape(found.places))


def assume_values(build: Builder, x: Atom) -> None:
    """Take what zeros would have met to be finite."""
    if x.__class__ is not Literal:
        build.finite.append(x)


def alike(build: Builder, primitive: Primitive, inputs: Inputs) -> bool:
    """Whether all operands are real arrays of one dtype, or numbers that yield."""
    expected = build.infer(primitive, inputs, ())[0]
    return expected.kind == "f" and all(
        atom.type.dtype == expected.dtype or (atom.type.weak and atom.type.kind in "fi") for atom in inputs
    )


@rule("multiply")
def sparse_product(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The few values times the entries beside them."""
    if not build.may_assume or max(atom.type.size for atom in inputs) < SMALLEST:
        return None
    for one, other in (inputs, inputs[::-1]):
        found = sparse_of(build, one)
        if found is None or not alike(build, primitive, inputs):
            continue
        found = _repeated(build, found, build.infer(primitive, inputs, params)[0].shape)
        if found is None or (one.__class__ is Literal and not other.type.shape):
            # a number times the identity, say, is best added where the other term is computed
            continue
        factor = other
        if other.type.shape:
            factor = entries_at(build, other, _places_beside(found, other.type.shape))
        assume_values(build, other)
        return array_of(build, Sparse(build.apply(multiply, found.values, factor), found.places, found.shape))
    return None


def _repeated(build: Builder, found: Sparse, shape: Shape) -> Sparse | None:
    """The array over and over again, along axes in front; None for any other shape."""
    front = len(shape) - len(found.shape)
    if shape[front:] != found.shape:
        return None
    count, size = math.prod(shape[:front]), math.prod(found.shape)
    if count == 1:
        return Sparse(found.values, found.places, shape)
    if count * len(found.places) > _MOST:
        return None
    places = (size * np.arange(count)[:, None] + found.places).reshape(-1)
    values = build.apply(broadcast_to, found.values, params=((count, len(found.places)),))
    return Sparse(flat(build, values), places, shape)


@rule("divide")
def sparse_quotient(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The few values by a number, which is taken not to be zero."""
    x, y = inputs
    found = sparse_of(build, x) if x.type.size >= SMALLEST and not y.type.shape and build.may_assume else None
    if found is None or x.__class__ is Literal or not alike(build, primitive, inputs):
        return None
    assume_values(build, build.apply(divide, build.literal(x.type.dtype.type(1)), y))
    return array_of(build, Sparse(build.apply(divide, found.values, y), found.places, found.shape))


@rule("select")
def sparse_choice(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The few values, or zeros."""
    condition, *choices = inputs
    expected = build.infer(primitive, inputs, params)[0]
    for place, (one, other) in enumerate((choices, choices[::-1])):
        zero = build.uniform(other)
        if zero is None or zero != 0 or math.copysign(1.0, zero) < 0 or one.type.size < SMALLEST:
            continue
        found = sparse_of(build, one) if one.__class__ is not Literal else None
        if found is None or expected.shape != found.shape or expected.dtype != one.type.dtype:
            continue
        if condition.type.shape:
            condition = entries_at(build, condition, _places_beside(found, condition.type.shape))
        pair = (found.values, build.literal(expected.dtype.type(0)))
        chosen = build.apply(primitive, condition, *(pair if place == 0 else pair[::-1]))
        return array_of(build, Sparse(chosen, found.places, found.shape))
    return None


@rule("negative")
def sparse_sign(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The other sign of the few values."""
    found = sparse_of(build, inputs[0]) if inputs[0].type.size >= SMALLEST else None
    if found is None:
        return None
    return array_of(build, Sparse(build.apply(negative, found.values), found.places, found.shape))


@rule("add", "subtract")
def sparse_sum(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """Both lots of values, or the few added to an array where they belong."""
    x, y = inputs
    if x.type is not y.type or x.type.size < SMALLEST or x.type.kind != "f":
        return None
    left, right = sparse_of(build, x, False), sparse_of(build, y, False)
    if right is not None and primitive is not add:
        right = Sparse(build.apply(negative, right.values), right.places, right.shape)
    if left is not None and right is not None:
        values = build.apply(concatenate, left.values, right.values, params=(0,))
        return array_of(build, Sparse(values, np.concatenate([left.places, right.places]), left.shape))
    whole, part = (x, right) if right is not None else (y, left)
    if part is None or (left is not None and primitive is not add) or Literal in (x.__class__, y.__class__):
        # a constant is best added where the array is computed
        return None
    places = build.literal(np.asarray(part.places, np.intp))
    total = build.apply(add_at, flat(build, whole), part.values, build.opaque(EACH), places)
    return build.apply(reshape, total, params=(part.shape,))


@rule("transpose")
def sparse_transpose(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The same values at other places."""
    found = sparse_of(build, inputs[0]) if inputs[0].__class__ is not Literal else None
    if found is None:
        return None
    (axes,) = params
    shape = tuple([found.shape[axis] for axis in axes])
    where = np.unravel_index(found.places, found.shape)
    return array_of(build, Sparse(found.values, np.ravel_multi_index([where[axis] for axis in axes], shape), shape))


@rule("take")
def sparse_part(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The values that lie in a part."""
    if len(inputs) != 2 or params != (0,) or inputs[0].__class__ is Literal:
        return None
    found = sparse_of(build, inputs[0])
    parsed = place_of(inputs[1].value, 0, found.shape) if found is not None else None
    if found is None or parsed is None or lengths_of(parsed[0]) != parsed[1] or not parsed[1]:
        return None
    where = np.unravel_index(found.places, found.shape)
    inside, moved = _inside(parsed[0], where)
    if not inside.any():
        return None
    chosen = np.flatnonzero(inside)
    values = entries_at(build, found.values, chosen) if len(chosen) < len(inside) else found.values
    places = np.ravel_multi_index([axis[chosen] for axis in moved], parsed[1])
    return array_of(build, Sparse(values, places, parsed[1]))


def _inside(place: Place, where: Any) -> tuple[Any, list[Any]]:
    """Which entries lie at a place, and where they are in what is there."""
    inside = np.ones(len(where[0]), bool)
    moved = []
    for entry, axis in zip(place, where, strict=True):
        if isinstance(entry, int):
            inside &= axis == entry
            continue
        step, rest = np.divmod(axis - entry.start, entry.step)
        inside &= (rest == 0) & (step >= 0) & (step < len(entry))
        moved.append(step)
    return inside, moved


@rule("put_add")
def sparse_in_larger(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The few values, at their places in the larger array."""
    if len(inputs) != 2 or params[1] != 0 or inputs[0].__class__ is Literal:
        return None
    found = sparse_of(build, inputs[0])
    shape = params[0]
    if found is None or place_of(inputs[1].value, 0, shape) is None:
        return None
    numbers = np.arange(math.prod(shape)).reshape(shape)[inputs[1].value.key]
    return array_of(build, Sparse(found.values, numbers.reshape(-1)[found.places], shape))
