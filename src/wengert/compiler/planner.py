"""From a graph to a plan.

Operations entry by entry on one domain (the lengths of the loops) go into one nest if no other step has to come
between them. Everything has a level: what is read from memory was written on an earlier level, so that the nests of a
level are independent of one another, and their order by levels is an order of execution.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from wengert.compiler.branching import plan_branch
from wengert.compiler.clusters import clustered
from wengert.compiler.complexes import COMPLEX, copied_pairs
from wengert.compiler.convolving import CONVOLUTIONS, is_convolution
from wengert.compiler.cumulative import is_cumulative
from wengert.compiler.entrywise import computes
from wengert.compiler.expressed import EXPRESSED
from wengert.compiler.factorising import FACTORISATIONS
from wengert.compiler.inlaying import INLAYS
from wengert.compiler.inlining import handed_over, with_repeated
from wengert.compiler.lifetimes import Lifetimes
from wengert.compiler.memory import layout
from wengert.compiler.moves import MOVES
from wengert.compiler.multiplying import PRODUCTS, summed_in_tiles
from wengert.compiler.overwriting import overwrite
from wengert.compiler.placed import Placement, placement_of, with_slots
from wengert.compiler.plan import Block, Call, Entry, Nest, Plan, Read, Reduction, kind_of
from wengert.compiler.products import is_product
from wengert.compiler.refusals import NotRecordable
from wengert.compiler.searching import is_search
from wengert.compiler.shape import access_of
from wengert.compiler.symmetrising import SUMS
from wengert.compiler.teams import teamed
from wengert.compiler.views import View, broadcast, compose, identity, long_axes
from wengert.compiler.watching import watched
from wengert.graph import REGISTRY, ArrayType, Equation, Graph, Literal, Var, array_type, live

__all__ = ["Planner", "laid_out"]

Shape = tuple[int, ...]
# Reductions that convert their operand before.
_CONVERTING: Final = frozenset({"sum", "prod", "all", "any"})
# What a call may be that needs neither NumPy nor a plan of its own.
_IN_LOOPS: Final = (is_cumulative, is_product, is_convolution, is_search)


def laid_out(
    graph: Graph, results: int, own: Sequence[Var] = (), *, lost: Sequence[int] = (), finite: Sequence[int] = ()
) -> Block:
    """The plan of a graph with everything in its place.

    Outputs behind the first `results` stay in the arena; inputs that are `own` may be overwritten. Outputs that must
    hold no NaN are `lost` if they do, those that are `finite` must hold no infinity either.
    """
    _require_native(graph)
    planned = Planner(graph, results, own).plan({**dict.fromkeys(lost, False), **dict.fromkeys(finite, True)})
    clusters = teamed(clustered(planned), planned)
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
        # products of matrices have nests of their own, by their results
        self.nests: dict[tuple[int, Shape] | Var, Nest] = {}
        self.calls: list[Call] = []
        # what nests compute once more, by their levels and domains
        self.repeats: dict[tuple[int, Shape, Read], Read] = {}
        # what has been overwritten by a value that took its memory
        self.changed: set[Var] = set()
        # results that are zeros but for the values read here
        self.inlaid: dict[Var, Read] = {}
        # results for which a call says itself, part by part, whether they hold a NaN
        self.flagged: dict[Var, Var] = {}
        # what is an argument of the caller's, or a result already
        self.given: set[Var] = set(graph.inputs)
        for variable in graph.inputs:
            self.level[variable] = -1

    def plan(self, looks: Mapping[int, bool]) -> Plan:
        """The plan; `looks` are the outputs that must hold no NaN, and whether that goes for infinities."""
        for equation in self.equations:
            self.place(equation)
        outputs = [self.output(place, atom) for place, atom in enumerate(self.graph.outputs)]
        flags = {outputs[place]: watched(self, outputs[place], too) for place, too in looks.items()}
        for variable in outputs[self.results :]:
            # what a flag says of a value needs no memory
            if flags.get(variable) is None:
                self.store(self.same.get(variable, variable))
        for nest in self.nests.values():
            self.clear_of_dead(nest)
        overwrite(self, outputs)
        steps: list[Nest | Call] = [*[nest for nest in self.nests.values() if nest.written(self.stored)], *self.calls]
        steps.sort(key=lambda step: step.level)
        constants = list(self.constants.values())
        found = {variable: flag for variable, flag in flags.items() if flag is not None}
        return Plan(list(self.graph.inputs), constants, steps, outputs, self.stored, self.same, found)

    def clear_of_dead(self, nest: Nest) -> None:
        """Take away what nothing reads: those who would have compute it themselves."""
        needed = {reduction.read.base for reduction in nest.reductions}
        for entry in reversed(nest.entries):
            if entry.result in self.stored or entry.result in needed:
                needed.update([read.base for read in entry.reads])
        nest.entries = [entry for entry in nest.entries if entry.result in self.stored or entry.result in needed]

    def output(self, place: int, atom: Var | Literal) -> Var:
        """A result in memory of its own, or in that of the own input of the same number."""
        read = self.resolve(atom, atom.type.shape)
        base = read.base
        if isinstance(base, Var) and _is_whole(read, kind_of(atom).shape):
            root = self.same.get(base, base)
            if place >= self.results:
                # nobody else gets it: it may be an argument, or another result
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
        elif not copied_pairs(self, result, read):
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

    def nest(self, level: int, domain: Shape) -> Nest:
        return self.nests.setdefault((level, domain), Nest(level, domain))

    def enter(self, entry: Entry) -> None:
        """Put an operation into the first nest that can hold it."""
        domain = long_axes(entry.result.type.shape)
        pieced = [read for piece in entry.pieces for read in piece.reads()]
        if 0 in domain:
            level = 0
        else:
            entry = with_repeated(self, entry, domain)
            pieced = [read for piece in entry.pieces for read in piece.reads()]
            level = max([0, *(self.earliest(read, domain) for read in entry.reads), *map(self.ready, pieced)])
            entry = replace(entry, reads=handed_over(self, entry.reads, level, domain))
        self.note([*entry.reads, *pieced], level)
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
        if kind_of(atom).dtype != result.type.dtype and equation.primitive.name in _CONVERTING:
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
        if summed_in_tiles(self, equation, domain, read, axes):
            return True
        level = max(0, self.earliest(read, domain))
        (read,) = handed_over(self, (read,), level, domain)
        self.note((read,), level)
        self.level[result] = level
        self.store(result)
        self.nest(level, domain).reductions.append(Reduction(result, equation.primitive.name, read, axes))
        return True

    def call(self, equation: Equation) -> None:
        """Leave an equation to a library."""
        equation = with_slots(equation)
        reads = tuple(
            [
                self.resolve(atom, atom.type.shape) if isinstance(atom.type, ArrayType) else Read(atom, ())
                for atom in equation.inputs
            ]
        )
        level = max([0, *(self.ready(read) for read in reads)])
        call = Call(level, equation, reads)
        placed = placement_of(call)
        if placed is not None and self.overwrites(call, placed):
            assert isinstance(reads[0].base, Var)
            (result,) = equation.outputs
            root = self.same[result] = self.same.get(reads[0].base, reads[0].base)
            self.changed.add(root)
            # whoever reads what is overwritten comes before
            call = replace(call, level=max(level, self.read_on.get(root, -1) + 1))
        for variable in equation.outputs:
            self.level[variable] = call.level
            self.store(variable)
        if placed is None and not any([serves(call) for serves in _IN_LOOPS]):
            address = Literal(np.zeros(1, np.uint64), array_type((1,), np.dtype(np.uint64)))
            self.constants[id(address)] = address
            call = replace(call, callback=address)
        self.note(reads, call.level)
        self.calls.append(call)

    def overwrites(self, call: Call, placed: Placement) -> bool:
        """Whether a result may take the memory of the array that it is a changed copy of."""
        equation, atom = call.equation, call.equation.inputs[0]
        if equation.primitive.name not in ("replace", "add_at") or not isinstance(atom, Var):
            return False
        roots = [self.same.get(read.base, read.base) for read in call.reads if isinstance(read.base, Var)]
        # what is written must not be read again, but for one number that is read before
        apart = roots.count(roots[0]) == 1 or kind_of(equation.outputs[0]).size == 1 or math.prod(placed.full) == 1
        return apart and self.uses_up(atom, equation)

    def uses_up(self, atom: Var, equation: Equation) -> bool:
        """Whether a value is the kernel's own, and nothing else needs it."""
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
        asked = None if loop.until is None else laid_out(loop.until, 1)
        blocks = [body] if asked is None else [body, asked]
        for literal in [literal for block in blocks for literal in block.plan.constants]:
            self.constants.setdefault(id(literal), literal)
        count = loop.fixed + loop.carried
        reads = [self.whole_read(atom) for atom in equation.inputs[:count]]
        reads += [self.steps_read(atom) for atom in equation.inputs[count:]]
        level = max([0, *(self.ready(read) for read in reads)])
        spare = [Var(kind_of(atom)) for atom in loop.body.outputs[: loop.carried]]
        arena = Var(array_type((max(1, *[block.layout.arena for block in blocks]),), np.dtype(np.uint8)))
        truth = [] if loop.counted else [Var(array_type((), np.dtype(bool)))]
        scratch = (*spare, arena, *truth)
        for variable in (*equation.outputs, *scratch):
            self.level[variable] = level
            self.store(variable)
        self.note(reads, level)
        self.calls.append(Call(level, equation, tuple(reads), body, scratch, otherwise=asked))
        return True

    def branch(self, equation: Equation) -> bool:
        """A branch: its bodies are blocks of their own."""
        one, other = [laid_out(body, len(body.outputs)) for body in equation.params[0].bodies]
        return plan_branch(self, equation, (one, other))

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
        whole = tuple([math.prod(inner[axis + 1 :]) for axis in range(len(inner))])
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


def _require_native(graph: Graph) -> None:
    """Raise unless numbers stand in memory as the processor reads them: views and libraries know no other order."""
    read = [atom.type for equation in graph.equations for atom in (*equation.inputs, *equation.outputs)]
    kinds = [*read, *[atom.type for atom in (*graph.inputs, *graph.outputs)]]
    if not all([kind.dtype.isnative for kind in kinds if isinstance(kind, ArrayType)]):
        raise NotRecordable("it computes with an array whose bytes are in another order than the processor's")


def _is_whole(read: Read, shape: Shape) -> bool:
    """Whether an operand of this shape is all of what it is read from, each entry at its own place."""
    lengths = long_axes(shape)
    return long_axes(kind_of(read.base).shape) == lengths and read.view == identity(len(lengths))


_RULES: Final[dict[str, Any]] = {
    **MOVES,
    **dict.fromkeys(("sum", "max", "min", "prod", "all", "any"), Planner.reduce),
    **PRODUCTS,
    **EXPRESSED,
    **CONVOLUTIONS,
    **COMPLEX,
    **FACTORISATIONS,
    **INLAYS,
    **SUMS,
    "loop": Planner.loop,
    "branch": Planner.branch,
}
