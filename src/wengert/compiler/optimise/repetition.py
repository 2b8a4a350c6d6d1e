"""Finding the steps that repeat in a long list of equations, and where their operands come from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.literals import LiteralTable
from wengert.graph import ArrayType, Equation, Graph, Literal, Var
from wengert.tracing.index import SLOT, Index

__all__ = ["Listing", "Run", "runs_of", "sliding", "weight"]

# Shorter graphs are left as they are; in others, fewer equations or steps than these are not worth a loop.
SHORTEST: Final = 256
SHORTEST_RUN: Final = 96
FEWEST_STEPS: Final = 12
# Neighbouring equations that are compared to guess a period, and how many guesses are tried.
GRAM: Final = 12
GUESSES: Final = 6
# Equations of more operands than this belong to no step.
MOST_OPERANDS: Final = 256
# Longest way back to an earlier step.
LARGEST_LAG: Final = 8
# Constants are numbered from here on, variables from zero, inputs of the graph below.
CONSTANTS: Final = 1 << 40
NOTHING: Final = 1 << 50


@dataclass(frozen=True)
class Run:
    """`count` steps of `period` equations each, from `start` on; the results of a step are numbered from `first` on."""

    start: int
    period: int
    count: int
    first: int
    width: int

    @property
    def end(self) -> int:
        """The equation behind the last step."""
        return self.start + self.period * self.count

    def later(self, steps: int, count: int) -> Run:
        """The run without its first steps, and of another length."""
        return Run(self.start + steps * self.period, self.period, count, self.first + steps * self.width, self.width)

    def holds(self, number: int) -> bool:
        """Whether a result belongs to a step."""
        return self.first <= number < self.first + self.count * self.width


def weight(params: tuple[Any, ...]) -> int:
    """For how many equations one with these parameters counts: a loop is as long as its body, and more."""
    bodies: tuple[Graph, ...] = getattr(params[0], "bodies", ()) if params else ()
    return 1 + sum([4 + len(body.equations) for body in bodies])


class Listing:
    """A graph as arrays of numbers: what kind of equation stands where, and which results it takes."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.constants: list[Literal] = []
        self._table = LiteralTable()
        self._numbers: dict[int, int] = {}
        self.variables: list[Var] = []
        # equations that join many arrays to one
        self.joining: list[int] = []
        # the rows that are too long for the table
        self._gathering: dict[int, list[int]] = {}
        self.number: dict[Any, int] = {variable: -1 - place for place, variable in enumerate(graph.inputs)}
        number, variables, constant = self.number, self.variables, self._constant
        known: dict[Any, int] = {}
        codes: list[int] = []
        lengths: list[int] = []
        operands: list[int] = []
        ends = [0]
        # there may be hundreds of thousands of equations: this is one walk through them
        for place, equation in enumerate(graph.equations):
            inputs, outputs = equation.inputs, equation.outputs
            if len(inputs) == 2 and len(outputs) == 1 and inputs[0].type.__class__ is ArrayType:
                # as most are
                one, other = inputs
                first, second = number.get(one), number.get(other)
                told: Any = other.type
                if second is None:
                    second = constant(other)  # type: ignore[arg-type]
                    if told.__class__ is not ArrayType:
                        told = _kind_of_opaque(equation, getattr(other, "value", None))
                operands.append(constant(one) if first is None else first)  # type: ignore[arg-type]
                operands.append(second)
                lengths.append(2)
                variable = outputs[0]
                number[variable] = len(variables)
                variables.append(variable)
                key: Any = (equation.primitive, equation.params, one.type, told, variable.type)
            else:
                key = self._general(place, equation, operands, lengths)
            ends.append(len(variables))
            code = known.get(key)
            if code is None:
                code = known[key] = len(known)
            codes.append(code)
        self.codes = np.array(codes, np.int64)
        weights = np.ones(len(codes), np.int64)
        for key, code in known.items():
            if len(key) > 1 and weight(key[1]) > 1:
                weights[self.codes == code] = weight(key[1])
        self.weight_before = np.concatenate([[0], np.cumsum(weights)])
        self.first_result = np.array(ends, np.int64)
        self.operands = np.full((len(codes), max(lengths, default=0)), NOTHING, np.int64)
        self.operands[np.arange(self.operands.shape[1]) < np.array(lengths, np.int64)[:, None]] = operands

    def _general(self, place: int, equation: Equation, operands: list[int], lengths: list[int]) -> tuple[Any, ...]:
        """An equation of any numbers of operands and results: what it is equal to others by."""
        # equal for equations that differ in their operands only, or in the integers of an index
        kind: list[Any] = [equation.primitive, equation.params]
        row: list[int] = []
        for atom in equation.inputs:
            found = self.number.get(atom)
            told: Any = atom.type
            if found is None:
                # a literal
                found = self._constant(atom)  # type: ignore[arg-type]
                if told.__class__ is not ArrayType:
                    told = _kind_of_opaque(equation, getattr(atom, "value", None))
            row.append(found)
            kind.append(told)
        for variable in equation.outputs:
            self.number[variable] = len(self.variables)
            self.variables.append(variable)
            kind.append(variable.type)
        if equation.primitive.name == "concatenate" and len(row) >= FEWEST_STEPS:
            self.joining.append(place)
        if len(row) <= MOST_OPERANDS:
            operands += row
            lengths.append(len(row))
            return tuple(kind)
        # one that gathers the results of many steps is like no other
        self._gathering[place] = row
        lengths.append(0)
        return (place,)

    def weight_of(self, start: int, end: int) -> int:
        """How many equations stand between two places, those of bodies included."""
        return int(self.weight_before[end] - self.weight_before[start])

    def _constant(self, literal: Literal) -> int:
        number = self._numbers.get(id(literal))
        if number is not None:
            return number
        found = self._table.interned(literal)
        number = self._numbers.get(id(found))
        if number is None:
            number = self._numbers[id(found)] = CONSTANTS + len(self.constants)
            self.constants.append(found)
        # the graph keeps its literals alive, so that their identities stay
        self._numbers[id(literal)] = number
        return number

    def row(self, place: int) -> list[int]:
        """The operands of one equation."""
        found: list[int] = self.operands[place, : len(self.graph.equations[place].inputs)].tolist()
        return self._gathering.get(place, found)

    def taken(self, start: int, end: int) -> set[int]:
        """All operands of the equations in between."""
        gathered = [row for place, row in self._gathering.items() if start <= place < end]
        return set(self.operands[start:end].ravel().tolist()).union(*gathered)

    def maker(self, run: Run, place: int) -> int:
        """Which equation of a step gives the result of this place."""
        return (
            int(np.searchsorted(self.first_result[run.start : run.start + run.period], run.first + place, "right")) - 1
        )

    def atom(self, number: int) -> Var | Literal:
        """The variable or constant of a number."""
        if number >= CONSTANTS:
            return self.constants[number - CONSTANTS]
        return self.variables[number] if number >= 0 else self.graph.inputs[-1 - number]


def _kind_of_opaque(equation: Equation, value: Any) -> Any:
    """What tells indices apart, but for their integers and where a slice begins."""
    if not isinstance(value, Index):
        return id(value)
    if len(value.items) == 1 and value.items[0].__class__ is int and value.items[0] >= 0:
        return ("integer",)
    items: list[Any] = []
    for item in value.items:
        if item.__class__ is int:
            items.append("integer" if item >= 0 else ("integer", item))
        elif isinstance(item, slice):
            items.append((item.start, item.stop, item.step))
        elif item is None or item is Ellipsis or item is SLOT or isinstance(item, bool):
            items.append((item,))
        else:
            return id(value)
    place = sliding(value)
    if place is not None and value.items[place].stop <= _length_of_axis(equation, place):
        item = value.items[place]
        items[place] = ("slice", item.stop - item.start)
    return tuple(items)


def sliding(index: Index) -> int | None:
    """The place of the only slice of an index that may stand for as many integers."""
    if index.slots or any(item is None or item is Ellipsis or not isinstance(item, slice) for item in index.items):
        return None
    places = [place for place, item in enumerate(index.items) if item != slice(None)]
    if len(places) != 1:
        return None
    item = index.items[places[0]]
    plain = item.step in (None, 1) and isinstance(item.start, int) and isinstance(item.stop, int)
    return places[0] if plain and 0 <= item.start < item.stop else None


def _length_of_axis(equation: Equation, place: int) -> int:
    """The length of the axis that an item of an index speaks of; 0 where the operation is none of those that index."""
    name, params = equation.primitive.name, equation.params
    if name in ("take", "replace"):
        return int(equation.inputs[0].type.shape[params[0] + place])
    return int(params[0][params[1] + place]) if name == "put_add" else 0


def runs_of(listing: Listing) -> list[Run]:
    """The runs of equal steps, in order; their operands are not looked at."""
    found: list[Run] = []
    waiting = [(0, len(listing.codes))]
    while waiting:
        start, end = waiting.pop()
        run = _longest(listing, start, end)
        if run is not None:
            found.append(run)
            waiting += [(start, run.start), (run.end, end)]
    return sorted(found, key=lambda run: run.start)


def _longest(listing: Listing, start: int, end: int) -> Run | None:
    codes = listing.codes[start:end]
    best: tuple[int, int, int] | None = None
    for period in _periods(codes):
        first, length = _longest_true(codes[period:] == codes[:-period])
        covered = length + period
        place = start + first
        if listing.weight_of(place, place + covered) < SHORTEST_RUN or covered // period < FEWEST_STEPS:
            continue
        # of periods that cover the same, the shortest
        if best is None or covered > 1.1 * best[0] or (covered > 0.95 * best[0] and period < best[2]):
            best = (covered, first, period)
    if best is None:
        return None
    covered, first, period = best
    place = start + first
    results = listing.first_result
    return Run(place, period, covered // period, int(results[place]), int(results[place + period] - results[place]))


def _periods(codes: Any) -> list[int]:
    """Likely periods: how far back the same short sequence of equations has stood, most frequent first."""
    if len(codes) < 2 * GRAM:
        return []
    grams = np.zeros(len(codes) - GRAM + 1, np.uint64)
    for shift in range(GRAM):
        grams = grams * np.uint64(1_000_003) + codes[shift : len(codes) - GRAM + 1 + shift].astype(np.uint64)
    order = np.argsort(grams, kind="stable")
    gaps = np.diff(order)[grams[order][1:] == grams[order][:-1]]
    counts: Counter[int] = Counter(gaps[gaps <= len(codes) // FEWEST_STEPS].tolist())
    # weighed by their length: what repeats inside a step repeats more often than the step
    likely = sorted(counts, key=lambda gap: -counts[gap] * gap)[:GUESSES]
    return sorted({*likely, *[gap for gap, _ in counts.most_common(GUESSES)]})


def _longest_true(flags: Any) -> tuple[int, int]:
    """Where the longest stretch of True begins, and its length."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    if not len(edges):
        return 0, 0
    starts, ends = edges[::2], edges[1::2]
    place = int(np.argmax(ends - starts))
    return int(starts[place]), int(ends[place] - starts[place])
