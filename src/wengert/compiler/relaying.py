"""Products that are read by nothing but further products: their entries are used while they stand in registers.

In the gradient of a misfit such as Σ f(U Vᵀ - T), the product U Vᵀ becomes, entry by entry, a residual R, which is
multiplied by V from the right, and from the left by Uᵀ. R is as large as all of the data, and the factors are small: a
tile of R that is computed, multiplied both ways and forgotten costs no memory at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert.compiler import engine
from wengert.compiler.entrywise import computes
from wengert.compiler.mathlib import FUNCTIONS
from wengert.compiler.plan import Contraction, Entry, Nest, Plan, Read, Reduction, kind_of, sources
from wengert.compiler.shape import Access, access_of, key_of
from wengert.compiler.views import identity
from wengert.graph import Literal, Var

__all__ = ["Relay", "first_operands", "relayed"]

Shape = tuple[int, ...]
# Vectors of sums that a tile of lines may have in memory while it goes along the columns.
_MOST_SUMS: Final = 256
# Operations between the products, each of which is written once for every vector of a tile.
_MOST_BETWEEN: Final = 4
# Terms of a sum that are added up plainly, and entries that are read again for every tile of lines.
_LONGEST: Final = 256
_MOST_ENTRIES: Final = 1 << 15
# Lines and vectors of a tile, by how many float64 numbers a register holds.
_TILES: Final = {8: (8, 3), 4: (4, 3), 2: (4, 2)}


@dataclass(kw_only=True)
class Relay(Nest):
    """A product, operations entry by entry on it, and the products that read `handed`, one of their results.

    `down` sum over the rows of the first one, `along` over its columns, each times what the first one reads as vectors.
    """

    product: Contraction
    between: Nest
    handed: Var
    down: tuple[Contraction, ...]
    along: tuple[Contraction, ...]

    @property
    def tile(self) -> tuple[int, int, int]:
        """The lines, the vectors and the lanes of a tile."""
        width = engine.vector_width()
        return (*_TILES[width], width * 8 // self.handed.type.dtype.itemsize)

    @property
    def sums(self) -> int:
        """How many vectors of sums stay in memory while a tile of lines is run through."""
        return self.tile[0] * sum([nest.domain[2] for nest in self.along])

    def parts(self) -> tuple[Nest, ...]:
        """The nests in whose place it stands."""
        return (self.product, self.between, *self.down, *self.along)

    def reads(self) -> list[Read]:
        """What is read from memory."""
        parts = self.parts()
        own = {entry.result for part in parts for entry in part.entries}
        own |= {reduction.result for part in parts for reduction in part.reductions}
        return [read for part in parts for read in part.reads() if read.base not in own]


def relayed(steps: list[Any], plan: Plan, fewest_rows: int) -> list[Any]:
    """The steps of a cluster that runs in blocks, of at least so many rows, with products in one where they can be."""
    found: list[Any] = []
    place = 0
    while place < len(steps):
        relay = _relay(steps, place, plan)
        if relay is not None and _fits(relay, fewest_rows):
            found.append(relay)
            place += len(relay.parts())
        else:
            found.append(steps[place])
            place += 1
    return found


def _fits(relay: Relay, rows: int) -> bool:
    """Whether there are tiles enough, and room for the sums."""
    lines, vectors, lanes = relay.tile
    return rows >= lines and relay.product.domain[2] >= vectors * lanes and relay.sums <= _MOST_SUMS


def _relay(steps: list[Any], place: int, plan: Plan) -> Relay | None:
    """The products in one that begin at a place of the steps."""
    product, between = [*steps[place : place + 2], None, None][:2]
    if not isinstance(product, Contraction) or not isinstance(between, Nest) or isinstance(between, Contraction):
        return None
    if not _is_first(product) or not _is_between(product, between, plan):
        return None
    last = _handed(between, plan)
    assert last is not None
    consumers: list[Contraction] = []
    for step in steps[place + 2 :]:
        if not isinstance(step, Contraction) or last not in sources(step):
            break
        consumers.append(step)
    readers = [step for step in plan.steps if step is not between and last in sources(step)]
    readers_of_product = [step for step in plan.steps if product.reductions[0].result in sources(step)]
    if not consumers or len(readers) != len(consumers):
        return None
    if len(readers_of_product) != 1 or readers_of_product[0] is not between:
        return None
    down = tuple([nest for nest in consumers if _sums_down(nest, last)])
    along = tuple([nest for nest in consumers if _sums_along(nest, last, product, plan)])
    if len(down) + len(along) < len(consumers):
        return None
    reductions = [reduction for nest in (between, *down, *along) for reduction in nest.reductions]
    return Relay(
        product.level, product.domain, [], reductions,
        product=product, between=between, handed=last, down=down, along=along,
    )  # fmt: skip


def _handed(between: Nest, plan: Plan) -> Var | None:
    """The value that operations between products put into memory, if it is a single one."""
    given = [entry.result for entry in between.entries if entry.result in plan.stored]
    return given[0] if len(given) == 1 else None


def _strides(read: Read, domain: Shape) -> Access:
    return access_of(read, domain)


def _is_first(product: Contraction) -> bool:
    """Whether a product has rows, terms and columns, in this order, and vectors along the columns."""
    if len(product.domain) != 3 or product.terms != 1 or len(product.operands) != 2 or product.symmetric:
        return False
    _, terms, columns = product.domain
    if terms > _LONGEST or terms * columns > _MOST_ENTRIES:
        return False
    numbers, vectors = first_operands(product)
    return numbers.strides[2] == 0 and vectors.strides[::2] == (0, 1) and numbers.row != 0


def first_operands(product: Contraction) -> tuple[Access, Access]:
    """Where the numbers and the vectors of a product stand."""
    found = [_strides(read, product.domain) for read in product.operands]
    return (found[0], found[1]) if found[0].strides[0] else (found[1], found[0])


def _is_between(product: Contraction, between: Nest, plan: Plan) -> bool:
    """Whether a nest does little, entry by entry, and gives one value that the caller does not get."""
    result, handed = product.reductions[0].result, _handed(between, plan)
    domain = (product.domain[0], product.domain[2])
    if handed is None or between.domain != domain or len(between.entries) > _MOST_BETWEEN:
        return False
    if {*plan.outputs, *plan.same, *plan.same.values(), *plan.flags, *plan.flags.values()} & {handed, result}:
        return False
    own = {result}
    for entry in between.entries:
        if not _is_plain(entry, own, domain, result.type.dtype):
            return False
        own.add(entry.result)
    return all([_is_sum(reduction, own) for reduction in between.reductions])


def _is_sum(reduction: Reduction, own: set[Var]) -> bool:
    """Whether a reduction adds up all entries of an operation's result."""
    own_entries = reduction.read.base in own and reduction.read.view == identity(2)
    return reduction.name == "sum" and reduction.axes == (0, 1) and own_entries


def _is_plain(entry: Entry, own: set[Var], domain: Shape, dtype: np.dtype[Any]) -> bool:
    """Whether an operation is cheap, and reads numbers that stand as those of a product do."""
    equation = entry.equation
    if equation is None or entry.pieces or not computes(equation) or equation.primitive.name in FUNCTIONS:
        return False
    if entry.result.type.dtype != dtype or not equation.primitive.elementwise:
        return False
    for read in entry.reads:
        if isinstance(read.base, Literal) and not np.ndim(read.base.value):
            continue
        if kind_of(read.base).dtype != dtype:
            return False
        if read.base in own:
            if read.view != identity(2):
                return False
        elif _strides(read, domain).strides[1] not in (0, 1):
            return False
    return True


def _other(nest: Contraction, last: Var) -> tuple[Access, Access] | None:
    """How a product reads a value, and its other operand."""
    if len(nest.operands) != 2 or nest.symmetric or len(nest.domain) != 3:
        return None
    bases = [read.base for read in nest.operands]
    if bases.count(last) != 1:
        return None
    mine = bases.index(last)
    return _strides(nest.operands[mine], nest.domain), _strides(nest.operands[1 - mine], nest.domain)


def _sums_down(nest: Contraction, last: Var) -> bool:
    """Whether a product sums over the rows of a value."""
    found = _other(nest, last)
    if found is None or nest.terms != 0:
        return False
    mine, other = found
    return mine.offset == 0 and mine.strides == (last.type.shape[1], 0, 1) and other.strides[2] == 0


def _sums_along(nest: Contraction, last: Var, product: Contraction, plan: Plan) -> bool:
    """Whether a product sums over the columns of a value, times what the first product reads as vectors."""
    found = _other(nest, last)
    if found is None or nest.terms != 1:
        return False
    mine, other = found
    if mine.offset != 0 or mine.strides != (last.type.shape[1], 1, 0) or other.strides[0] or nest.domain[2] == 1:
        return False
    _, vectors = first_operands(product)
    turned = Access(other.key, other.offset, (0, other.strides[2], other.strides[1]))
    length = nest.domain[2], nest.domain[1]
    return length == product.domain[1:] and _origin(vectors, plan, length) == _origin(turned, plan, length)


def _origin(access: Access, plan: Plan, lengths: Shape) -> tuple[Any, int, int, int]:
    """Where the matrix stands that an operand is, or of which it is a copy."""
    key, offset, (_, *steps) = access.key, access.offset, access.strides
    copy = next((entry for step in plan.steps if isinstance(step, Nest) for entry in step.entries
                 if entry.result is key and entry.equation is None and not entry.pieces), None)  # fmt: skip
    if copy is None or offset or len(copy.reads) != 1:
        return (key, offset, steps[0], steps[1])
    source = _strides(copy.reads[0], copy.result.type.shape)
    if len(source.strides) != 2 or isinstance(copy.reads[0].base, Literal):
        return (key, offset, steps[0], steps[1])
    for order, shape in (((0, 1), lengths), ((1, 0), lengths[::-1])):
        strides = (shape[1], 1)
        if copy.result.type.shape == shape and tuple(steps) == (strides[order[0]], strides[order[1]]):
            return (key_of(copy.reads[0].base), source.offset, source.strides[order[0]], source.strides[order[1]])
    return (key, offset, steps[0], steps[1])
