"""From a graph to a plan.

Operations entry by entry on one domain (the lengths of the loops) go into one nest if no other step has to come
between them. Everything has a level: what is read from memory was written on an earlier level, so that the nests of a
level are independent of one another, and their order by levels is an order of execution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from wengert.compiler.clusters import clustered
from wengert.compiler.entrywise import computes
from wengert.compiler.lifetimes import Lifetimes
from wengert.compiler.memory import layout
from wengert.compiler.moves import MOVES
from wengert.compiler.optimise.internal import INTERNAL
from wengert.compiler.placed import is_placed
from wengert.compiler.plan import Block, Call, Entry, Nest, Plan, Read, Reduction, kind_of
from wengert.compiler.products import is_product
from wengert.compiler.shape import access_of
from wengert.compiler.views import Axis, View, broadcast, compose, identity, long_axes, transposed
from wengert.graph import REGISTRY, ArrayType, Equation, Graph, Literal, Var, array_type, live

__all__ = ["Planner", "laid_out"]

Shape = tuple[int, ...]
# Multiplications in a product of matrices that is written as loops.
_SMALL: Final = 4096


def laid_out(graph: Graph, results: int, own: Sequence[Var] = ()) -> Block:
    """The plan of a graph with everything in its place.

    Outputs behind the first `results` stay in the arena; inputs that are `own` may be overwritten.
    """
    planned = Planner(graph, results, own).plan()
    clusters = clustered(planned)
    return Block(planned, clusters, layout(planned, clusters, results))


class Planner:
    """Places one equation after the other."""

    def __init__(self, graph: Graph, results: int, own: Sequence[Var] = ()) -> None:
        self.graph = graph
        self.results = results
        self.equations = live(graph)
        self.lifetimes = Lifetimes(graph, self.equations)
        self.own = own
        # for every value the last level on which a step reads it
        self.read_on: dict[Var, int] = {}
        self.level: dict[Var, int] = {}
        self.entries: dict[Var, Entry] = {}
        self.aliases: dict[Var, Read] = {}
        self.stored: dict[Var, None] = {}
        self.same: dict[Var, Var] = {}
        self.constants: dict[int, Literal] = {}
        self.nests: dict[tuple[int, Shape], Nest] = {}
        self.calls: list[Call] = []
        # what is an argument of the caller's, or a result already
        self.given: set[Var] = set(graph.inputs)
        for variable in graph.inputs:
            self.level[variable] = -1

    def plan(self) -> Plan:
        for equation in self.equations:
            self.place(equation)
        outputs = [self.output(place, atom) for place, atom in enumerate(self.graph.outputs)]
        steps: list[Nest | Call] = [*self.nests.values(), *self.calls]
        steps.sort(key=lambda step: step.level)
        constants = list(self.constants.values())
        return Plan(list(self.graph.inputs), constants, steps, outputs, self.stored, self.same)

    def output(self, place: int, atom: Var | Literal) -> Var:
        """A result in memory of its own, or in that of the own input of the same number."""
        read = self.resolve(atom, atom.type.shape)
        base = read.base
        if isinstance(base, Var) and _is_whole(read, kind_of(atom).shape):
            root = self.same.get(base, base)
            if place >= self.results:
                # nobody else gets it: it may be an argument, or another result
                self.store(root)
                return base
            if place < len(self.own) and root is self.own[place] and base is not root:
                return base
            if root not in self.given:
                self.given.add(root)
                self.store(root)
                return base
        return self.copied(atom, read)

    def copied(self, atom: Var | Literal, read: Read) -> Var:
        """An operand once more, in memory of its own in the order of its axes."""
        result = Var(kind_of(atom))
        copying = Equation(REGISTRY["copy"], (atom,), ("K",), (result,))
        if computes(copying):
            self.enter(Entry(result, None, (read,)))
            self.store(result)
        else:
            self.call(copying)
        return result

    def resolve(self, atom: Var | Literal, shape: Shape) -> Read:
        """An operand as it is read by a result of this shape, through all views of it."""
        view = broadcast(atom.type.shape, shape)
        while isinstance(atom, Var) and atom in self.aliases:
            read = self.aliases[atom]
            atom, view = read.base, compose(read.view, view)
        if isinstance(atom, Literal) and np.ndim(atom.value):
            self.constants.setdefault(id(atom), atom)
        return Read(atom, view)

    def store(self, variable: Var) -> None:
        """Give a value a place in memory."""
        self.stored[variable] = None

    def ready(self, read: Read) -> int:
        """The level on which an operand can be read from memory; it is stored for that."""
        if isinstance(read.base, Literal):
            return 0
        if read.base in self.entries:
            self.store(read.base)
        return self.level[read.base] + 1

    def fuses(self, read: Read, domain: Shape) -> bool:
        """Whether an operand is computed entry by entry in the same domain."""
        base = read.base
        if not isinstance(base, Var) or base not in self.entries:
            return False
        return long_axes(base.type.shape) == domain and _is_whole(read, base.type.shape)

    def earliest(self, read: Read, domain: Shape) -> int:
        """The first level on which a nest of this domain has the operand."""
        if self.fuses(read, domain):
            assert isinstance(read.base, Var)
            return self.level[read.base]
        return self.ready(read)

    def hand_over(self, reads: Sequence[Read], level: int) -> None:
        """Store what was computed on an earlier level than the one on which it is read."""
        for read in reads:
            if isinstance(read.base, Var) and read.base in self.entries and self.level[read.base] < level:
                self.store(read.base)

    def nest(self, level: int, domain: Shape) -> Nest:
        return self.nests.setdefault((level, domain), Nest(level, domain))

    def enter(self, entry: Entry) -> None:
        """Put an operation into the first nest that can hold it."""
        domain = long_axes(entry.result.type.shape)
        if 0 in domain:
            level = 0
        else:
            reads = [*entry.reads, *(piece.read for piece in entry.pieces)]
            level = max([0, *(self.earliest(read, domain) for read in reads)])
            for piece in entry.pieces:
                level = max(level, self.ready(piece.read))
            self.hand_over(entry.reads, level)
        self.note([*entry.reads, *(piece.read for piece in entry.pieces)], level)
        self.level[entry.result] = level
        self.entries[entry.result] = entry
        self.nest(level, domain).entries.append(entry)

    def place(self, equation: Equation) -> None:
        """Decide how an equation is computed."""
        name = equation.primitive.name
        rule = _RULES.get(name)
        if rule is not None:
            if not rule(self, equation):
                self.call(equation)
        elif computes(equation):
            (result,) = equation.outputs
            shape = result.type.shape
            self.enter(Entry(result, equation, tuple([self.resolve(atom, shape) for atom in equation.inputs])))
        else:
            self.call(equation)

    def reduce(self, equation: Equation) -> bool:
        """A reduction, in a nest of its operand."""
        (atom,), (result,) = equation.inputs, equation.outputs
        shape, axis = kind_of(atom).shape, equation.params[0]
        if kind_of(atom).size == 0:
            return False
        if kind_of(atom).dtype != result.type.dtype and equation.primitive.name in ("sum", "prod"):
            wide = Var(array_type(shape, result.type.dtype))
            converting = Equation(REGISTRY["convert"], (atom,), (result.type.dtype,), (wide,), equation.source)
            if not computes(converting):
                return False
            self.place(converting)
            return self.reduce(replace(equation, inputs=(wide,)))
        if not computes(equation):
            return False
        domain = long_axes(shape)
        read = self.resolve(atom, shape)
        numbers = {place: n for n, place in enumerate([p for p, length in enumerate(shape) if length != 1])}
        axes = tuple([numbers[place] for place in axis if place in numbers])
        level = max(0, self.earliest(read, domain))
        self.hand_over((read,), level)
        self.note((read,), level)
        self.level[result] = level
        self.store(result)
        self.nest(level, domain).reductions.append(Reduction(result, equation.primitive.name, read, axes))
        return True

    def product(self, equation: Equation) -> bool:
        """A matrix product that a nest of loops computes as well as BLAS: with a vector in it, or small."""
        (left, right), (result,) = equation.inputs, equation.outputs
        kinds = (kind_of(left), kind_of(right))
        if not computes(equation) or min(kind.size for kind in kinds) == 0:
            return False
        vectors = [kind.ndim == 1 for kind in kinds]
        inner = kinds[0].shape[-1]
        if not any(vectors) and (
            len(kinds[0].shape) > 2 or len(kinds[1].shape) > 2 or result.type.size * inner > _SMALL
        ):
            return False
        # every entry of the result is a sum over `inner`, which becomes the axis before the last
        shape = result.type.shape
        place = len(shape) - (0 if vectors[1] else 1)
        whole = (*shape[:place], inner, *shape[place:])
        numbers = {p: n for n, p in enumerate([p for p, length in enumerate(whole) if length != 1])}
        # the operands' axes among those of the whole
        loop = len(shape) - (not vectors[0]) - (not vectors[1])
        rows = () if vectors[0] else (loop,)
        columns = () if vectors[1] else (len(whole) - 1,)
        spread = [(*range(loop - kinds[0].ndim + len(rows) + 1, loop), *rows, place),
                  (*range(loop - kinds[1].ndim + len(columns) + 1, loop), place, *columns)]  # fmt: skip
        reads = []
        for atom, kind, axes in zip((left, right), kinds, spread, strict=True):
            view = tuple(
                [Axis(numbers.get(axis)) for axis, length in zip(axes, kind.shape, strict=True) if length != 1]
            )
            read = self.resolve(atom, kind.shape)
            reads.append(Read(read.base, compose(read.view, view)))
        terms = Var(array_type(whole, result.type.dtype))
        multiplied = Equation(REGISTRY["multiply"], equation.inputs, (), (terms,), equation.source)
        self.enter(Entry(terms, multiplied, tuple(reads)))
        # a sum of truth values is whether any of them is true
        adding = REGISTRY["any" if result.type.kind == "b" else "sum"]
        added = Equation(adding, (terms,), ((place,), False), (result,), equation.source)
        return self.reduce(added)

    def gram(self, equation: Equation) -> bool:
        """A matrix times its own transpose, which loops compute where it is small."""
        (rows,), (result,) = equation.inputs, equation.outputs
        kind = kind_of(rows)
        if kind.size * result.type.shape[0] > _SMALL:
            return False
        turned = Var(array_type(kind.shape[::-1], kind.dtype))
        self.alias(turned, rows, transposed(kind.shape, (1, 0)))
        return self.product(Equation(REGISTRY["matmul"], (turned, rows), (), (result,), equation.source))

    def weighted_gram(self, equation: Equation) -> bool:
        """Xᵀ diag(w) X: of the rows times the roots of the weights' sizes, where all weights have one sign."""
        (rows, weights), (result,) = equation.inputs, equation.outputs
        kind, source = kind_of(rows), equation.source
        if kind.dtype != kind_of(weights).dtype or not computes(equation) or not kind.size:
            return False
        if kind.size * kind.shape[1] <= _SMALL or 1 in kind.shape:
            turned = Var(array_type(kind.shape[::-1], kind.dtype))
            self.alias(turned, self.by_rows(rows, weights, source), transposed(kind.shape, (1, 0)))
            self.place(Equation(REGISTRY["matmul"], (turned, rows), (), (result,), source))
            return True
        size, root = Var(kind_of(weights)), Var(kind_of(weights))
        self.place(Equation(REGISTRY["absolute"], (weights,), (), (size,), source))
        self.place(Equation(REGISTRY["sqrt"], (size,), (), (root,), source))
        scaled = self.by_rows(rows, root, source)
        if equation.params[0]:
            self.place(Equation(INTERNAL["gram"], (scaled,), (), (result,), source))
            return True
        extremes = [Var(array_type((), kind.dtype)) for _ in range(2)]
        for name, extreme in zip(("min", "max"), extremes, strict=True):
            self.place(Equation(REGISTRY[name], (weights,), ((0,), False), (extreme,), source))
        self.call(Equation(equation.primitive, (scaled, rows, weights, *extremes), (), (result,), source))
        return True

    def by_rows(self, rows: Var | Literal, weights: Var | Literal, source: Any) -> Var:
        """A matrix, each row times a weight of its own."""
        kind, factor = kind_of(rows), self.resolve(weights, kind_of(weights).shape)
        # the weights stand along the rows
        spread = Read(factor.base, compose(factor.view, (Axis(0),) if kind.shape[0] != 1 else ()))
        scaled = Var(kind)
        multiplied = Equation(REGISTRY["multiply"], (rows, weights), (), (scaled,), source)
        self.enter(Entry(scaled, multiplied, (self.resolve(rows, kind.shape), spread)))
        return scaled

    def call(self, equation: Equation) -> None:
        """Leave an equation to a library."""
        reads = tuple(
            [
                self.resolve(atom, atom.type.shape) if isinstance(atom.type, ArrayType) else Read(atom, ())
                for atom in equation.inputs
            ]
        )
        level = max([0, *(self.ready(read) for read in reads)])
        call = Call(level, equation, reads)
        if is_placed(call) and self.overwrites(equation):
            assert isinstance(reads[0].base, Var)
            (result,) = equation.outputs
            root = self.same[result] = self.same.get(reads[0].base, reads[0].base)
            # whoever reads what is overwritten comes before
            call = replace(call, level=max(level, self.read_on.get(root, -1) + 1))
        for variable in equation.outputs:
            self.level[variable] = call.level
            self.store(variable)
        if not (is_placed(call) or is_product(call)):
            address = Literal(np.zeros(1, np.uint64), array_type((1,), np.dtype(np.uint64)))
            self.constants[id(address)] = address
            call = replace(call, callback=address)
        self.note(reads, call.level)
        self.calls.append(call)

    def overwrites(self, equation: Equation) -> bool:
        """Whether a result may take the memory of the array that it is a changed copy of."""
        atom = equation.inputs[0]
        if equation.primitive.name not in ("replace", "add_at") or not isinstance(atom, Var):
            return False
        root = self.same.get(atom, atom)
        mine = (root not in self.given and atom not in self.entries) or root in self.own
        return mine and atom not in self.aliases and self.lifetimes.ends(atom, equation)

    def note(self, reads: Sequence[Read], level: int) -> None:
        """Remember on which level values are read."""
        for read in reads:
            if isinstance(read.base, Var):
                root = self.same.get(read.base, read.base)
                self.read_on[root] = max(level, self.read_on.get(root, -1))

    def loop(self, equation: Equation) -> bool:
        """A loop: its body is a block of its own, which works in room that the loop has for it."""
        loop = equation.params[0]
        own = loop.body.inputs[loop.fixed : loop.fixed + loop.carried]
        body = laid_out(loop.body, len(loop.body.outputs), own)
        for literal in body.plan.constants:
            self.constants.setdefault(id(literal), literal)
        count = loop.fixed + loop.carried
        reads = [self.whole_read(atom) for atom in equation.inputs[:count]]
        reads += [self.steps_read(atom) for atom in equation.inputs[count:]]
        level = max([0, *(self.ready(read) for read in reads)])
        spare = [Var(kind_of(atom)) for atom in loop.body.outputs[: loop.carried]]
        arena = Var(array_type((max(body.layout.arena, 1),), np.dtype(np.uint8)))
        for variable in (*equation.outputs, *spare, arena):
            self.level[variable] = level
            self.store(variable)
        self.note(reads, level)
        self.calls.append(Call(level, equation, tuple(reads), body, (*spare, arena)))
        return True

    def whole_read(self, atom: Var | Literal) -> Read:
        """An operand that stands in memory in the order of its axes."""
        variable = self.whole(atom)
        return Read(variable, identity(len(long_axes(variable.type.shape))))

    def steps_read(self, atom: Var | Literal) -> Read:
        """An operand whose entries along axis 0 each stand in memory in the order of their axes."""
        kind = kind_of(atom)
        read = self.resolve(atom, kind.shape)
        strides = access_of(read, kind.shape).strides[kind.shape[0] != 1 :]
        inner = long_axes(kind.shape[1:])
        whole = tuple([int(np.prod(inner[axis + 1 :], dtype=np.int64)) for axis in range(len(inner))])
        number = isinstance(read.base, Literal) and not np.ndim(read.base.value)
        return read if strides == whole and not number else self.whole_read(atom)

    def alias(self, result: Var, atom: Var | Literal, view: View) -> bool:
        """A result that is a view of an operand."""
        read = self.resolve(atom, atom.type.shape)
        self.aliases[result] = Read(read.base, compose(read.view, view))
        return True

    def whole(self, atom: Var | Literal) -> Var:
        """A variable that holds an operand in memory in the order of its axes."""
        read = self.resolve(atom, atom.type.shape)
        if isinstance(read.base, Var) and _is_whole(read, kind_of(atom).shape):
            self.ready(read)
            return read.base
        return self.copied(atom, read)


def _is_whole(read: Read, shape: Shape) -> bool:
    """Whether an operand of this shape is all of what it is read from, each entry at its own place."""
    lengths = long_axes(shape)
    return long_axes(kind_of(read.base).shape) == lengths and read.view == identity(len(lengths))


_RULES: Final[dict[str, Any]] = {
    **MOVES,
    **dict.fromkeys(("sum", "max", "min", "prod", "all", "any"), Planner.reduce),
    **dict.fromkeys(("matmul", "scale_matmul"), Planner.product),
    "gram": Planner.gram,
    "weighted_gram": Planner.weighted_gram,
    "loop": Planner.loop,
}
