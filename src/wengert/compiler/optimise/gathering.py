"""Entries at constant places, computed instead of the array that they are read from.

The gradient of what a diagonal matrix does is the diagonal of a cotangent; a Hessian by columns reads one diagonal for
each column. What is read are few entries of an array that was computed as a whole: reading goes before computing.

A *reading* has an array of integers for every axis of what is read. They all have the same number of axes, and together
they broadcast to the shape of the result: an axis along which nothing changes has the length one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.builder import Builder
from wengert.compiler.optimise.contraction import summed_product
from wengert.compiler.optimise.indexing import read
from wengert.compiler.optimise.internal import inlay
from wengert.compiler.optimise.lattices import entries_in_steps, lattice
from wengert.compiler.optimise.moving import broadcasted
from wengert.compiler.optimise.readings import (
    Reading,
    Shape,
    flat_places,
    narrowed,
    reading_of,
    shape_of,
    through_broadcast,
    through_reading,
    through_reshape,
)
from wengert.compiler.optimise.rules import Atom
from wengert.compiler.optimise.sparse import Sparse, array_of, sparse_of
from wengert.graph import REGISTRY, Var
from wengert.tracing.index import SLOT, Index

__all__ = ["read_before_computing"]

broadcast_to: Final = REGISTRY["broadcast_to"]
concatenate: Final = REGISTRY["concatenate"]
matmul: Final = REGISTRY["matmul"]
multiply: Final = REGISTRY["multiply"]
put_add: Final = REGISTRY["put_add"]
replace: Final = REGISTRY["replace"]
reshape: Final = REGISTRY["reshape"]
take: Final = REGISTRY["take"]
total: Final = REGISTRY["sum"]
transpose: Final = REGISTRY["transpose"]
# So many times fewer entries must be read than there are, for what is read to be computed by itself.
SHARE: Final = 4
# A product computes an entry in less time than a sum does that stands alone.
SHARE_OF_PRODUCT: Final = 2
# Operations that one reading may go through.
_LONGEST: Final = 64
_EACH: Final = Index((SLOT,), 1)
_MOVES: Final = frozenset({broadcast_to, reshape, transpose})


def read_before_computing(
    build: Builder, uses: Mapping[Any, int], inputs: tuple[Atom, ...], leading: int
) -> Atom | None:
    """What stands for a `take` at constant places; None where it is best left as it is."""
    source, index = inputs[0], inputs[1]
    if source.__class__ is not Var or not (index.value.slots or index.value.advanced):
        return None
    found = reading_of(index.value, inputs[2:], leading, source.type.shape)
    if found is None:
        return None
    at, shape = found
    at, runs = _in_runs(at, source.type.shape, shape)
    reader = _Reader(build, uses)
    if reader.is_worth(source, at):
        entries: Atom | None = reader.entries(source, at)
    else:
        entries = _in_steps(build, *reader.behind_moves(source, at))
    if entries is None:
        return None
    build.notes["read_before_computing"] += 1
    return build.apply(reshape, broadcasted(build, entries, runs), params=(shape,))


def _in_runs(at: Reading, source: Shape, shape: Shape) -> tuple[Reading, Shape]:
    """A reading of one axis with an axis for each of the runs within runs that it consists of, and their lengths."""
    steps = lattice(flat_places(at, source, shape)) if len(shape) == 1 else None
    if steps is None or len(steps.lengths) < 2:
        return at, shape
    return tuple([narrowed(np.broadcast_to(axis, shape).reshape(steps.lengths)) for axis in at]), steps.lengths


class _Reader:
    """Follows one reading to where its entries come from."""

    def __init__(self, build: Builder, uses: Mapping[Any, int]) -> None:
        self.build = build
        self.uses = uses
        self.left = _LONGEST
        self.found: dict[Any, Atom] = {}

    def is_worth(self, atom: Atom, at: Reading) -> bool:
        """Whether an array is not needed for this reading: it only moves others, or few of its entries are read."""
        equation = self.build.definitions.get(atom)
        if equation is None or not self.left:
            return False
        if equation.primitive in _MOVES:
            return self.is_worth(equation.inputs[0], self.moved(equation, at))
        if equation.primitive in (put_add, inlay):
            return _values_in(self.build, equation) is not None
        share = SHARE_OF_PRODUCT if equation.primitive is matmul else SHARE
        few = max(1, self.uses[atom]) * math.prod(shape_of(at)) * share <= atom.type.size
        return few and self.entry_rule(equation) is not None

    def behind_moves(self, atom: Atom, at: Reading) -> tuple[Atom, Reading]:
        """What is moved, if anything, to give an array, and the reading of that."""
        equation = self.build.definitions.get(atom)
        while equation is not None and equation.primitive in _MOVES and equation.inputs[0].type.shape:
            atom, at = equation.inputs[0], self.moved(equation, at)
            equation = self.build.definitions.get(atom)
        return atom, at

    def entries(self, atom: Atom, at: Reading) -> Atom:
        """The entries, in the shape to which the integers of the reading broadcast."""
        if not atom.type.shape:
            return atom
        key = (atom, tuple([(axis.shape, axis.tobytes()) for axis in at]))
        if key not in self.found:
            self.left -= 1
            self.found[key] = self._entries(atom, at)
        return self.found[key]

    def _entries(self, atom: Atom, at: Reading) -> Atom:
        build = self.build
        constant = build.constant(atom)
        if constant is not None:
            number = build.uniform(atom)
            value = atom.type.dtype.type(number) if number is not None else constant[tuple(at)]
            return broadcasted(build, build.literal(value), shape_of(at))
        equation = build.definitions.get(atom)
        if equation is None:
            return _leaf(build, atom, at)
        if equation.primitive in _MOVES:
            return self.entries(equation.inputs[0], self.moved(equation, at))
        if self.is_worth(atom, at):
            rule = self.entry_rule(equation)
            found = rule(equation, at) if rule is not None else None
            if found is not None:
                return found
        return _leaf(build, atom, at)

    def entry_rule(self, equation: Any) -> Any:
        """How the entries of a result are computed by themselves."""
        primitive = equation.primitive
        if primitive.elementwise and not primitive.gives_numbers:
            return self.of_elementwise
        if primitive is put_add or primitive is inlay:
            return self.of_sparse
        if primitive is take and _inner_reading(equation) is not None:
            return self.of_taken
        if primitive is matmul and all([len(atom.type.shape) > 1 for atom in equation.inputs]):
            return self.of_product
        return {total: self.of_sum, concatenate: self.of_joined, replace: self.of_written}.get(primitive)

    def moved(self, equation: Any, at: Reading) -> Reading:
        """The reading of what a broadcast, a reshape or a transpose moves."""
        source, result = equation.inputs[0].type.shape, equation.outputs[0].type.shape
        if equation.primitive is broadcast_to:
            return through_broadcast(at, source)
        if equation.primitive is reshape:
            return through_reshape(at, source, result)
        axes = equation.params[0]
        return tuple([at[axes.index(axis)] for axis in range(len(axes))])

    def of_elementwise(self, equation: Any, at: Reading) -> Atom | None:
        """The same operation on the entries of the operands."""
        operands = [self.entries(atom, through_broadcast(at, atom.type.shape)) for atom in equation.inputs]
        found = self.build.apply(equation.primitive, *operands, params=equation.params)
        return broadcasted(self.build, found, shape_of(at))

    def of_sparse(self, equation: Any, at: Reading) -> Atom | None:
        """Of the values in an array that is zero elsewhere, those that are read."""
        build, result = self.build, equation.outputs[0]
        found = _values_in(build, equation)
        if found is None:
            return None
        shape = shape_of(at)
        flat = flat_places(at, result.type.shape, shape)
        chosen, places = _met(np.asarray(found.places), flat)
        if chosen is None:
            return None
        if not len(chosen):
            return broadcasted(build, build.literal(result.type.dtype.type(0)), shape)
        if len(places) == len(flat) and (places == np.arange(len(flat))).all():
            return broadcasted(build, self.entries(found.values, (narrowed(chosen.reshape(shape)),)), shape)
        values = broadcasted(build, self.entries(found.values, (chosen,)), (len(chosen),))
        return array_of(build, Sparse(values, places, shape))

    def of_taken(self, equation: Any, at: Reading) -> Atom | None:
        """What is read of what was read before."""
        inner = _inner_reading(equation)
        return None if inner is None else self.entries(equation.inputs[0], through_reading(at, inner))

    def of_written(self, equation: Any, at: Reading) -> Atom | None:
        """All entries from what was written into an array, or none of them."""
        (whole, value, index, *arrays), (leading,) = equation.inputs, equation.params
        placed = reading_of(index.value, arrays, leading, whole.type.shape)
        if placed is None or value.type.dtype != whole.type.dtype or value.type.weak:
            return None
        shape = shape_of(at)
        written = flat_places(placed[0], whole.type.shape, placed[1])
        flat = flat_places(at, whole.type.shape, shape)
        if len(np.unique(written)) != len(written):
            return None
        chosen, places = _met(written, flat)
        if not len(chosen):
            return self.entries(whole, at)
        if len(places) != len(flat):
            return None
        line = broadcasted(self.build, value, placed[1])
        line = self.build.apply(reshape, line, params=((len(written),),))
        return broadcasted(self.build, self.entries(line, (narrowed(chosen.reshape(shape)),)), shape)

    def of_joined(self, equation: Any, at: Reading) -> Atom | None:
        """From the one of several arrays that all entries lie in."""
        (axis,) = equation.params
        start = 0
        for part in equation.inputs:
            length = part.type.shape[axis]
            if at[axis].min() >= start and at[axis].max() < start + length:
                return self.entries(part, (*at[:axis], at[axis] - start, *at[axis + 1 :]))
            start += length
        return None

    def of_sum(self, equation: Any, at: Reading) -> Atom | None:
        """The sums of the entries along the axes that are gone."""
        (source,), (axes, keeps) = equation.inputs, equation.params[:2]
        if keeps or source.type.dtype != equation.outputs[0].type.dtype:
            return None
        rank = len(shape_of(at))
        kept = iter([axis[(..., *[None] * len(axes))] for axis in at])
        wider = []
        for axis, length in enumerate(source.type.shape):
            place = rank + axes.index(axis) if axis in axes else None
            wider.append(next(kept) if place is None else _along(place, rank + len(axes), length))
        if not self.is_worth(source, tuple(wider)):
            return None
        terms = self.entries(source, tuple(wider))
        behind = tuple(range(rank, rank + len(axes)))
        wide = (*shape_of(at), *[source.type.shape[axis] for axis in axes])
        return self.summed(broadcasted(self.build, terms, wide), behind)

    def of_product(self, equation: Any, at: Reading) -> Atom | None:
        """The sums of rows of one matrix times columns of the other."""
        x, y = equation.inputs
        if x.type.dtype != y.type.dtype or x.type.kind not in "fc" or not x.type.shape[-1]:
            return None
        rank = len(shape_of(at))
        *batch, row, column = [axis[..., None] for axis in at]
        terms = _along(rank, rank + 1, x.type.shape[-1])
        left = through_broadcast((*batch, row, terms), x.type.shape)
        right = through_broadcast((*batch, terms, column), y.type.shape)
        self.build.notes["entries_of_product"] += 1
        found = self.summed(self.build.apply(multiply, self.entries(x, left), self.entries(y, right)), (rank,))
        return broadcasted(self.build, found, shape_of(at))

    def summed(self, atom: Atom, axes: tuple[int, ...]) -> Atom:
        """A sum, as a product of matrices where it is one."""
        product = self.build.defined_by(atom, multiply)
        found = summed_product(self.build, product, axes) if product is not None else None
        return found if found is not None else self.build.apply(total, atom, params=(axes, False))


def _inner_reading(equation: Any) -> Reading | None:
    """What a `take` reads, if that is constant."""
    source, index = equation.inputs[:2]
    found = reading_of(index.value, equation.inputs[2:], equation.params[0], source.type.shape)
    return None if found is None else found[0]


def _along(axis: int, rank: int, length: int) -> Any:
    """The integers below a length, along one of so many axes."""
    return np.arange(length).reshape([length if place == axis else 1 for place in range(rank)])


def _met(places: Any, flat: Any) -> tuple[Any, Any]:
    """Which of the values at some places are read, and by which entries; None where neither are all different."""
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    if not (np.diff(ordered) == 0).any():
        near = np.minimum(np.searchsorted(ordered, flat), len(ordered) - 1)
        entries = np.flatnonzero(ordered[near] == flat)
        return order[near[entries]], entries
    order = np.argsort(flat, kind="stable")
    ordered = flat[order]
    if (np.diff(ordered) == 0).any():
        return None, None
    near = np.minimum(np.searchsorted(ordered, places), len(ordered) - 1)
    chosen = np.flatnonzero(ordered[near] == places)
    return chosen, order[near[chosen]]


def _values_in(build: Builder, equation: Any) -> Sparse | None:
    """The values that stand in zeros, and their places."""
    result = equation.outputs[0]
    found = sparse_of(build, result)
    if found is not None or equation.primitive is not put_add:
        return found
    shape, leading = equation.params
    placed = reading_of(equation.inputs[1].value, equation.inputs[2:], leading, shape)
    if placed is None or equation.inputs[0].type.shape != placed[1]:
        return None
    flat = flat_places(placed[0], shape, placed[1])
    return Sparse(build.apply(reshape, equation.inputs[0], params=((len(flat),),)), flat, shape)


def _leaf(build: Builder, atom: Atom, at: Reading) -> Atom:
    """The entries of an array that is there."""
    found = _in_steps(build, atom, at, True)
    if found is not None:
        return found
    shape = shape_of(at)
    flat = build.apply(reshape, atom, params=((atom.type.size,),))
    places = flat_places(at, atom.type.shape, shape)
    entries = entries_in_steps(build, flat, places)
    if entries is None:
        entries = build.apply(take, flat, build.opaque(_EACH), build.literal(places.astype(np.intp)), params=(0,))
    return build.apply(reshape, entries, params=(shape,))


def _in_steps(build: Builder, atom: Atom, at: Reading, disordered: bool = False) -> Atom | None:
    """Entries at equal distances along every axis of the result, as a view; one axis may be in disorder if need be."""
    atom, at = _merged(build, atom, at)
    shape = shape_of(at)
    place: list[int | range] = []
    order: list[int] = []
    placed: tuple[int, Any] | None = None
    for axis, entries in enumerate(at):
        along = [number for number, length in enumerate(entries.shape) if length != 1]
        if not along:
            place.append(int(entries.flat[0]))
            continue
        if len(along) > 1 or along[0] in order:
            return None
        stretch = _stretch(entries.reshape(-1))
        if stretch is None and (placed is not None or not disordered):
            return None
        if stretch is None:
            placed = (axis - sum(isinstance(entry, int) for entry in place), entries.reshape(-1))
            stretch = range(atom.type.shape[axis])
        place.append(stretch)
        order.append(along[0])
    part = read(build, atom, tuple(place))
    if placed is not None:
        index = build.opaque(Index((*[slice(None)] * placed[0], SLOT), 1))
        part = build.apply(take, part, index, build.literal(placed[1].astype(np.intp)), params=(0,))
    axes = tuple([order.index(number) for number in sorted(order)])
    turned = build.apply(transpose, part, params=(axes,)) if axes else part
    return build.apply(reshape, turned, params=(shape,))


def _merged(build: Builder, atom: Atom, at: Reading) -> tuple[Atom, Reading]:
    """Neighbouring axes that are run through together, such as those of a diagonal, as one axis."""
    axis = 0
    while axis + 1 < len(at):
        one, other = at[axis], at[axis + 1]
        if one.shape != other.shape or one.size == 1 or _stretch(one.reshape(-1)) is None:
            axis += 1
            continue
        shape = atom.type.shape
        both = one * shape[axis + 1] + other
        if _stretch(both.reshape(-1)) is None:
            axis += 1
            continue
        atom = build.apply(reshape, atom, params=((*shape[:axis], shape[axis] * shape[axis + 1], *shape[axis + 2 :]),))
        at = (*at[:axis], both, *at[axis + 2 :])
    return atom, at


def _stretch(integers: Any) -> range | None:
    """Integers at equal distances as a range."""
    step = int(integers[1] - integers[0])
    if not step or (np.diff(integers) != step).any():
        return None
    last = int(integers[-1])
    return range(int(integers[0]), last + (1 if step > 0 else -1), step)
