"""Where in a recorded program the first value arises that is not finite, and on which the result depends.

The program and its reverse sweeps are recorded as one graph, each equation of a sweep with the equation whose
derivative it belongs to. A value that is not finite is *born* in an equation whose operands are all well. Of several
births the first one counts that makes the result bad by itself, with all others replaced by harmless numbers: an
infinity in a branch that is not taken, or one that ends as 1 / inf, is none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert.graph import ArrayType, Equation, Literal, Var, bind
from wengert.testing.subject import REFUSALS
from wengert.tracing import GraphRecording, primal, type_of
from wengert.transforms.finite import has_nan
from wengert.transforms.tape import Tape, zeros

__all__ = ["Bad", "Birth", "Sweeps", "is_nan", "not_finite", "places"]

Bad = Callable[[Any], Any]
# each candidate costs a run of the program
MOST_CANDIDATES: Final = 64


def is_nan(value: Any) -> Any:
    """Where a value is NaN; False for what is no floating-point number."""
    return np.isnan(value) if _floats(value) else np.False_


def not_finite(value: Any) -> Any:
    """Where a value is NaN or infinite; False for what is no floating-point number."""
    return ~np.isfinite(value) if _floats(value) else np.False_


def places(value: Any, bad: Bad) -> list[tuple[int, ...]]:
    """The indices of the bad entries."""
    return [tuple(map(int, index)) for index in np.argwhere(bad(value))]


def _floats(value: Any) -> bool:
    kind: Any = type_of(value)
    return isinstance(kind, ArrayType) and kind.inexact


@dataclass(frozen=True, eq=False)
class Birth:
    """Where a bad value arises: an equation with the values that it met, or an input of the program.

    `order` is 0 in the program itself, and otherwise the order of the derivative in whose sweep it is; `root` is then
    the equation of the program whose derivative is meant, None where parts of a derivative are added up.
    """

    variable: Var
    value: Any
    equation: Equation | None
    operands: tuple[Any, ...]
    order: int = 0
    root: Equation | None = None
    root_operands: tuple[Any, ...] = ()
    root_value: Any = None


class _PlacedTape(Tape):
    """A tape inside a graph recording that knows for each entry the equation of the graph."""

    def __init__(self, graph: GraphRecording) -> None:
        super().__init__()
        # every entry is made in `_append`
        self.quick = False
        self.graph = graph
        self.placed: list[int] = []

    def _append(self, *entry: Any) -> Any:
        self.placed.append(len(self.graph.equations) - 1)
        return super()._append(*entry)


class Sweeps:
    """A program recorded with its reverse sweeps up to some order.

    Parameters
    ----------
    program
        From a list of floating-point leaves to a list of results.
    leaves
        The point.
    order
        How many sweeps.
    """

    def __init__(self, program: Callable[[list[Any]], list[Any]], leaves: Sequence[Any], order: int) -> None:
        self.parents: dict[int, int] = {}
        self.orders: dict[int, int] = {}
        #: the results of the program, then those of each sweep
        self.outputs: list[list[Any]] = []
        #: those of each sweep as they are before zeros annihilate
        self.unsafe: list[list[Any]] = []
        with np.errstate(all="ignore"), GraphRecording(constants=True) as recording:
            self.recording = recording
            inputs = [recording.input(type_of(leaf), leaf) for leaf in leaves]
            self.inputs = dict(zip(recording.inputs, leaves, strict=True))
            tapes = [_PlacedTape(recording) for _ in range(order)]
            try:
                self._record(program, inputs, tapes)
            finally:
                for tape in tapes:
                    tape.release()
        self.values = self._run(range(len(self.equations)), None, None)

    @property
    def equations(self) -> list[Equation]:
        """All equations, those of the program first."""
        return self.recording.equations

    def _record(self, program: Callable[[list[Any]], list[Any]], inputs: list[Any], tapes: list[_PlacedTape]) -> None:
        for tape in tapes:
            tape.__enter__()
        try:
            traced = inputs
            # the last tape is the innermost one and belongs to the first derivative
            stages = []
            for tape in tapes:
                traced = [tape.input(leaf) for leaf in traced]
                stages.append(traced)
            results = program(traced)
            self._note(results)
            for order, tape in enumerate(reversed(tapes), start=1):
                outer = stages[len(tapes) - order - 1] if order < len(tapes) else inputs
                found, unsafe = self._swept(tape, results, outer, order)
                self.unsafe.append([self._atom(part) for part in unsafe])
                self._note(found)
                results = found
        finally:
            for tape in reversed(tapes):
                tape.__exit__(None, None, None)

    def _note(self, results: Sequence[Any]) -> None:
        self.outputs.append([self._atom(result) for result in results])

    def _atom(self, value: Any) -> Any:
        """The variable or literal of the graph under all tapes."""
        while not isinstance(value, Literal) and getattr(value, "recording", self.recording) is not self.recording:
            if value.is_view:
                value.refresh()
            value = value.value
        return self.recording.atom(value)

    def _swept(
        self, tape: _PlacedTape, results: Sequence[Any], inputs: Sequence[Any], order: int
    ) -> tuple[list[Any], list[Any]]:
        """One reverse sweep, and the same without zeros that annihilate; seeded with unequal positive numbers."""
        random = np.random.default_rng(order)
        seeds: list[tuple[int, Any]] = []
        single = len(results) == 1 and type_of(results[0]).shape == ()
        for result in results:
            slot, kind = tape.slot_of(result), type_of(result)
            weight = np.ones(kind.shape) if single else random.uniform(0.5, 1.5, kind.shape)
            if slot is not None:
                seeds.append((slot, np.asarray(weight, kind.dtype)[()]))
        found: list[list[Any]] = []
        for annihilate in (False, True):
            cotangents: list[Any] = [None] * tape.count
            for slot, seed in seeds:
                cotangents[slot] = seed if cotangents[slot] is None else cotangents[slot] + seed
            for entry, place in zip(reversed(tape.entries), reversed(tape.placed), strict=True):
                self._pull(cotangents, entry, annihilate, place, order)
            gradients = cotangents[: len(inputs)]
            found.append([zeros(type_of(x), 0) if g is None else g for g, x in zip(gradients, inputs, strict=True)])
            if not any(map(has_nan, found[-1])):
                break
        return found[-1], found[0]

    def _pull(self, cotangents: list[Any], entry: Any, annihilate: bool, place: int, order: int) -> None:
        """One entry of a tape, backwards."""
        _, slot, slots, saved, rule = entry
        incoming = cotangents[slot : slot + len(rule.results)]
        if all(part is None for part in incoming):
            return
        seeds = [zeros(kind, 0) if part is None else part for part, kind in zip(incoming, rule.results, strict=True)]
        before = len(self.equations)
        try:
            outgoing = rule.pullback(raw=False, annihilate=annihilate)(*saved, *seeds)
        except (ZeroDivisionError, OverflowError):
            # Python's own numbers raise where NumPy's become infinite
            outgoing = rule.pullback(raw=False, annihilate=True)(*saved, *seeds)
        self.parents.update(dict.fromkeys(range(before, len(self.equations)), place))
        parts = outgoing if len(rule.active) > 1 else (outgoing,)
        for target, part in zip((slots,) if isinstance(slots, int) else slots, parts, strict=True):
            if part is not None:
                present = cotangents[target]
                cotangents[target] = part if present is None else present + part
        self.orders.update(dict.fromkeys(range(before, len(self.equations)), order))

    def value_of(self, atom: Any) -> Any:
        """The value of a variable or literal."""
        return self.values[atom] if isinstance(atom, Var) else primal(atom.value)

    def birth(self, outputs: Sequence[Any], bad: Bad) -> Birth | None:
        """The first birth that makes one of the outputs bad by itself."""
        live = self._live(outputs)
        candidates: list[int | Var] = [variable for variable in self.inputs if np.any(bad(self.inputs[variable]))]
        candidates += [number for number in live if self._fresh(self.equations[number], self.values, bad)]
        if not candidates:
            return None
        chosen = candidates[0]
        for candidate in candidates[:MOST_CANDIDATES] if len(candidates) > 1 else ():
            try:
                values = self._run(live, bad, candidate)
            except REFUSALS:
                continue
            if any(np.any(bad(values[atom])) for atom in outputs if isinstance(atom, Var)):
                chosen = candidate
                break
        return self._described(chosen, bad)

    def _described(self, chosen: int | Var, bad: Bad) -> Birth:
        if isinstance(chosen, Var):
            return Birth(chosen, self.inputs[chosen], None, ())
        equation, operands = self._met(chosen)
        outputs = [variable for variable in equation.outputs if np.any(bad(self.values[variable]))]
        order, number = self.orders.get(chosen, 0), chosen
        while number in self.parents:
            number = self.parents[number]
        if not order:
            return Birth(outputs[0], self.values[outputs[0]], equation, operands)
        if number in self.orders:
            return Birth(outputs[0], self.values[outputs[0]], equation, operands, order)
        root, root_operands = self._met(number)
        value = self.values[root.outputs[0]]
        return Birth(outputs[0], self.values[outputs[0]], equation, operands, order, root, root_operands, value)

    def _met(self, number: int) -> tuple[Equation, tuple[Any, ...]]:
        equation = self.equations[number]
        return equation, tuple(self.value_of(atom) for atom in equation.inputs)

    def _live(self, outputs: Sequence[Any]) -> list[int]:
        """The equations that these depend on, in order."""
        needed = {atom for atom in outputs if isinstance(atom, Var)}
        found: list[int] = []
        for number in reversed(range(len(self.equations))):
            equation = self.equations[number]
            if not needed.isdisjoint(equation.outputs):
                found.append(number)
                needed.update(atom for atom in equation.inputs if isinstance(atom, Var))
        return found[::-1]

    def _fresh(self, equation: Equation, values: dict[Var, Any], bad: Bad) -> bool:
        """Whether a bad value arises here: none of the variables in the equation is bad."""
        if not any(np.any(bad(values[variable])) for variable in equation.outputs):
            return False
        return not any(np.any(bad(values[atom])) for atom in equation.inputs if isinstance(atom, Var))

    def _run(self, numbers: Any, bad: Bad | None, kept: int | Var | None) -> dict[Var, Any]:
        """The values of all variables; with `bad`, every birth but the kept one is healed."""
        values = dict(self.inputs)
        if bad is not None:
            values = {v: value if v is kept else _healed(value, bad) for v, value in values.items()}
        with np.errstate(all="ignore"):
            for number in numbers:
                equation = self.equations[number]
                operands = [values[atom] if isinstance(atom, Var) else atom.value for atom in equation.inputs]
                result = bind(equation.primitive, tuple(operands), equation.params)
                results = result if equation.primitive.outputs > 1 else (result,)
                values.update(zip(equation.outputs, results, strict=True))
                if bad is not None and number != kept and self._fresh(equation, values, bad):
                    values.update({v: _healed(values[v], bad) for v in equation.outputs})
        return values


def _healed(value: Any, bad: Bad) -> Any:
    """The value with harmless numbers in place of the bad ones."""
    wrong = bad(value)
    return np.where(wrong, np.ones_like(value), value)[()] if np.any(wrong) else value
