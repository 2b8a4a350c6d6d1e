"""Equations made one by one, each simplified as it is made and shared with an equal one."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import Any, Final, Protocol

import numpy as np

from wengert.compiler.optimise.internal import INTERNAL
from wengert.compiler.optimise.literals import LiteralTable
from wengert.compiler.optimise.rules import Atom, rules_of
from wengert.compiler.repeated import repeated_part
from wengert.graph import (
    REGISTRY,
    ArrayType,
    Equation,
    Graph,
    Literal,
    Primitive,
    Source,
    Var,
    concrete_type,
)

__all__ = ["Builder", "number"]

_broadcast: Final = REGISTRY["broadcast_to"]
# Entries that a constant may have that was none before: beyond, it is cheaper to compute than to keep.
_LARGEST_FOLDED: Final = 1 << 12
# What looks at the matrix beside its witness, or writes down which way it took.
_NEVER_FOLDED: Final = frozenset({"cofactor", "inverse_of_regular", "parted", "determined", "phase_checked"})
_pure: Final[dict[Primitive, bool]] = {}


def is_pure(primitive: Primitive) -> bool:
    """Whether equal operands give equal results and nothing else happens; what a user declared may do more."""
    found = _pure.get(primitive)
    if found is None:
        own = REGISTRY.get(primitive.name) is primitive or INTERNAL.get(primitive.name) is primitive
        found = _pure[primitive] = own and primitive.rule_maker is None
    return found


def number(atom: Atom) -> Any:
    """The value of a constant without axes, or None."""
    if atom.__class__ is Literal:
        kind = atom.type
        if kind.__class__ is ArrayType and not kind.shape:
            value = atom.value
            return value[()] if value.__class__ is np.ndarray else value
    return None


class Steps(Protocol):
    """What knows more of a graph than one equation: how often its values are used."""

    def changed(self, build: Builder, equation: Equation, inputs: tuple[Atom, ...]) -> Atom | None:
        """What is to stand for an equation, or None where it stays."""

    def settle(self, equation: Equation, found: Atom) -> None:
        """Take note of what stands for the first result of an equation."""


class Builder:
    """A list of equations that grows at its end.

    `apply` returns what stands for the result of an operation: a variable of an equation made here or before, an
    input, or a constant. Rules (`optimise.rules`) are asked first; they call `apply` for what they put instead.
    """

    def __init__(self, may_assume: bool = True, is_last: bool = False) -> None:
        self.may_assume = may_assume
        # whether no rule will look at the equations again, and they may be what the code generator knows best
        self.is_last = is_last
        self.equations: list[Equation] = []
        self.definitions: dict[Var, Equation] = {}
        self.notes: Counter[str] = Counter()
        self.source: Source | None = None
        # what rules took to be finite: where it is not, zeros of the original would have made NaN of it
        self.finite: list[Atom] = []
        # what rules have found out about values, so that they need not look again
        self.learnt: dict[Any, Any] = {}
        self._literals = LiteralTable()
        self._repeated: dict[Literal, Atom] = {}
        self._known: dict[Any, tuple[Atom, ...]] = {}
        self._inferred: dict[Any, tuple[ArrayType, ...]] = {}

    def assume_finite(self, atom: Atom) -> Atom:
        """Take a value to be finite, because its sums and products come in another order than in the program.

        With an infinity among the operands, ∞ - ∞ may be met in one order and not in the other one.
        """
        if self.may_assume and atom.__class__ is Var and atom.type.kind == "f":
            self.finite.append(atom)
        return atom

    # What rules ask.

    def defined_by(self, atom: Atom, primitive: Primitive) -> Equation | None:
        """The equation whose first result this is, if it is one of that primitive."""
        equation = self.definitions.get(atom)
        return equation if equation is not None and equation.primitive is primitive else None

    def dtype(self, atom: Atom) -> Any:
        """The dtype of the entries."""
        return atom.type.dtype

    def uniform(self, atom: Atom) -> Any:
        """The number that stands at every entry of a constant, or None."""
        if atom.__class__ is Literal:
            return number(atom)
        repeated = self.defined_by(atom, _broadcast)
        return number(repeated.inputs[0]) if repeated is not None else None

    def constant(self, atom: Atom) -> Any:
        """The value of a constant, repeated or not, or None."""
        if atom.__class__ is Literal:
            return atom.value
        repeated = self.defined_by(atom, _broadcast)
        if repeated is None or repeated.inputs[0].__class__ is not Literal:
            return None
        return np.broadcast_to(repeated.inputs[0].value, atom.type.shape)

    def infer(self, primitive: Primitive, inputs: tuple[Atom, ...], params: tuple[Any, ...]) -> tuple[ArrayType, ...]:
        """The types of the results of an operation."""
        operands = tuple([a.type if a.type.__class__ is ArrayType else a.value for a in inputs])
        key = (primitive, operands, params)
        try:
            found = self._inferred.get(key)
        except TypeError:
            # an opaque operand need not hash
            return primitive.infer(operands, params)
        if found is None:
            found = self._inferred[key] = primitive.infer(operands, params)
        return found

    def lookup(self, primitive: Primitive, inputs: tuple[Atom, ...], params: tuple[Any, ...]) -> Any:
        """The results of an operation that has been made before, or None."""
        return self._known.get((primitive, inputs, params))

    # What rules make.

    def apply(self, primitive: Primitive, *inputs: Atom, params: tuple[Any, ...] = ()) -> Atom:
        """The only result of an operation."""
        return self.results(primitive, inputs, params)[0]

    def literal(self, value: Any) -> Atom:
        """A constant; what is repeated in it becomes a broadcast."""
        return self.settled(self._literals.of(value))

    def opaque(self, value: Any) -> Literal:
        """A constant that is no array, such as an index."""
        return self._literals.of(value)

    def settled(self, literal: Literal) -> Atom:
        """What stands for a constant of the graph: one object for each content, never an array of equal entries."""
        if literal.value.__class__ is list:
            # a condition may be given as a list
            literal = self._literals.of(np.asarray(literal.value))
        literal = self._literals.interned(literal)
        kind = literal.type
        # arrays of integers may be an index, which is best known entry by entry
        if kind.__class__ is not ArrayType or not kind.shape or kind.kind not in "fcb" or not kind.size:
            return literal
        found = self._repeated.get(literal)
        if found is None:
            part = repeated_part(literal.value)
            found = literal
            if part is not literal.value:
                small = self._literals.of(np.array(part) if part.shape else part[()])
                found = self.results(_broadcast, (small,), (kind.shape,))[0]
            self._repeated[literal] = found
        return found

    def results(
        self,
        primitive: Primitive,
        inputs: tuple[Atom, ...],
        params: tuple[Any, ...],
        original: Equation | None = None,
    ) -> tuple[Atom, ...]:
        """All results of an operation; with the types of `original`, where that is given."""
        if not is_pure(primitive):
            return self._new(primitive, inputs, params, original)
        key = (primitive, inputs, params)
        found = self._known.get(key)
        if found is not None:
            if original is None or _same_types(found, original.outputs):
                return found
            return self._new(primitive, inputs, params, original)
        found = self._simplified(primitive, inputs, params)
        if found is None or (original is not None and not _same_types(found, original.outputs)):
            found = self._new(primitive, inputs, params, original)
        self._known[key] = found
        return found

    def _simplified(
        self, primitive: Primitive, inputs: tuple[Atom, ...], params: tuple[Any, ...]
    ) -> tuple[Atom, ...] | None:
        for rule in rules_of(primitive):
            atom = rule(self, primitive, inputs, params)
            if atom is not None:
                self.notes[rule.__name__] += 1
                return atom if atom.__class__ is tuple else (atom,)
        for atom in inputs:
            if atom.__class__ is Var and not self._is_repeated_constant(atom):
                return None
        return self._folded(primitive, inputs, params)

    def _is_repeated_constant(self, atom: Atom) -> bool:
        repeated = self.defined_by(atom, _broadcast)
        return repeated is not None and repeated.inputs[0].__class__ is Literal

    def _folded(
        self, primitive: Primitive, inputs: tuple[Atom, ...], params: tuple[Any, ...]
    ) -> tuple[Atom, ...] | None:
        """The value of an operation on constants, unless it fails, or is large."""
        if primitive is _broadcast or primitive.name in _NEVER_FOLDED:
            return None
        types = self.infer(primitive, inputs, params)
        room = max(_LARGEST_FOLDED, sum(atom.type.size for atom in inputs))
        if sum(kind.size for kind in types) > room or max(atom.type.size for atom in inputs) > 64 * _LARGEST_FOLDED:
            return None
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                value = primitive.function(params)(*[self.constant(atom) for atom in inputs])
        except Exception:  # noqa: BLE001 - the program is to fail where NumPy does, when it runs
            return None
        values = value if primitive.outputs > 1 else (value,)
        if tuple(concrete_type(each) for each in values) != types:
            return None
        self.notes["folded_constants"] += 1
        return tuple([self.literal(np.array(each) if isinstance(each, np.ndarray) else each) for each in values])

    def _new(
        self,
        primitive: Primitive,
        inputs: tuple[Atom, ...],
        params: tuple[Any, ...],
        original: Equation | None,
    ) -> tuple[Atom, ...]:
        if original is not None:
            outputs = original.outputs
            same = original.inputs == inputs and original.params == params
            equation = original if same else Equation(primitive, inputs, params, outputs, original.source)
        else:
            outputs = tuple([Var(kind) for kind in self.infer(primitive, inputs, params)])
            equation = Equation(primitive, inputs, params, outputs, self.source)
        self.equations.append(equation)
        definitions = self.definitions
        for variable in outputs:
            definitions[variable] = equation
        return outputs

    def extend(self, graph: Graph, steps: Steps | None = None) -> tuple[Atom, ...]:
        """Make the equations of a graph, simplified; what stands for its outputs.

        The variables of the graph itself are used again where an equation stays as it was. `steps` is asked for each
        equation first.
        """
        place: dict[Any, Atom] = {variable: variable for variable in graph.inputs}
        settled: Any = self.settled
        for equation in graph.equations:
            self.source = equation.source
            inputs = tuple([place[atom] if atom.__class__ is Var else settled(atom) for atom in equation.inputs])
            outputs = equation.outputs
            changed = steps.changed(self, equation, inputs) if steps is not None else None
            if changed is not None and changed.type is outputs[0].type:
                found: tuple[Atom, ...] = (changed,)
            else:
                found = self.results(equation.primitive, inputs, equation.params, equation)
            if steps is not None:
                steps.settle(equation, found[0])
            if len(outputs) == 1:
                place[outputs[0]] = found[0]
            else:
                place.update(zip(outputs, found, strict=True))
        return tuple([place[atom] if atom.__class__ is Var else settled(atom) for atom in graph.outputs])


def _same_types(found: tuple[Atom, ...], outputs: tuple[Var, ...]) -> bool:
    return all([atom.type is variable.type for atom, variable in zip(found, outputs, strict=True)])
