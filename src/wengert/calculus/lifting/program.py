"""Going through a recorded program, operation by operation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from wengert.calculus import algebra
from wengert.calculus.dimension import Length
from wengert.calculus.expression import Expression
from wengert.calculus.lifting.lifted import LIFTS, Lifted, Missing, Pending, State, UnplacedError, place, refused
from wengert.calculus.lifting.spectra import Imaginary
from wengert.calculus.recurrence import kept
from wengert.errors import UnsupportedError
from wengert.graph import Equation, Graph, Literal, Var, bind

__all__ = ["lift"]


def lift(
    graph: Graph,
    inputs: Sequence[Expression],
    values: Sequence[Any],
    lengths: Mapping[int, Length],
    sized: bool = False,
) -> list[Lifted]:
    """The results of a graph as expressions of its inputs.

    Parameters
    ----------
    graph
        Recorded at sizes that are distinct primes.
    inputs
        What its inputs are called.
    values
        The numbers at which it was recorded.
    lengths
        From the primes to symbolic lengths.
    sized
        Whether no number in the program is a length.

    Raises
    ------
    UnsupportedError
        An operation, or what is left of one in a result, is no formula; the error names it and its line.
    """
    state = State(lengths, sized)
    numbers: dict[Var, Any] = dict(zip(graph.inputs, values, strict=True))
    found: dict[Var, Any] = {
        variable: Lifted(expression, state.shape(variable.type.shape))
        for variable, expression in zip(graph.inputs, inputs, strict=True)
    }

    def lifted(atom: Var | Literal) -> Any:
        return found.get(atom) if isinstance(atom, Var) else _constant(state, atom.value)

    uses = Counter(atom for equation in graph.equations for atom in equation.inputs if isinstance(atom, Var))
    for recorded in graph.equations:
        # what a formula is evaluated with stands in no line of the user's
        equation = replace(recorded, source=None) if sized else recorded
        operands = tuple([numbers[atom] if isinstance(atom, Var) else atom.value for atom in equation.inputs])
        with np.errstate(all="ignore"):
            result = bind(equation.primitive, operands, equation.params)
        results = result if equation.primitive.outputs > 1 else (result,)
        numbers.update(zip(equation.outputs, results, strict=True))
        parts = [lifted(atom) for atom in equation.inputs]
        outcome = _lifted(state, equation, parts, operands)
        outcomes = outcome if isinstance(outcome, tuple) else (outcome,)
        found.update(
            {
                variable: _kept(outcome) if uses[variable] > 1 else outcome
                for variable, outcome in zip(equation.outputs, outcomes, strict=False)
            }
        )
    return [_expressed(lifted(atom), graph) for atom in graph.outputs]


def _kept(outcome: Any) -> Any:
    """A value that is used again, as one part of what is made of it where it is long."""
    return Lifted(kept(outcome.expression), outcome.shape) if isinstance(outcome, Lifted) else outcome


def _lifted(state: State, equation: Equation, parts: Sequence[Any], operands: Sequence[Any]) -> Any:
    """What an equation computes; for integers and truth values, which may never be asked for, a note why not."""
    kind = next((type(part) for part in parts if isinstance(part, Pending)), None)
    rule = LIFTS.get((kind, equation.primitive.name))
    counts = equation.outputs[0].type.dtype.kind in "biu" and equation.primitive.outputs == 1
    try:
        if rule is None:
            raise refused(equation, f"of {kind.what} has no closed form in matrix algebra" if kind else "")
        outcome = rule(state, parts, operands, equation)
        if isinstance(outcome, Lifted) and len(outcome.shape) > 2:
            raise refused(equation, f"gives an array of {len(outcome.shape)} axes, which is no matrix")
    except UnsupportedError as error:
        if isinstance(error, UnplacedError):
            error = UnsupportedError(f"{equation.primitive.name}{place(equation)} takes {error}")
        lazy = equation.primitive.outputs == 1 and any(isinstance(part, Missing) and part.lazy for part in parts)
        if counts or lazy:
            return Missing(str(error), state.result(equation), lazy=lazy)
        raise error from None
    return outcome


def _constant(state: State, value: Any) -> Any:
    if isinstance(value, complex):
        return Imaginary(algebra.number(value.real), algebra.number(value.imag))
    return state.constant(value) if isinstance(value, (np.ndarray, np.generic, int, float, complex)) else None


def _expressed(result: Any, graph: Graph) -> Lifted:
    if isinstance(result, Pending):
        last = graph.equations[-1]
        raise UnsupportedError(
            f"the result{place(last)} is {result.what}, which has no closed form in matrix algebra; wengert.grad and "
            f"wengert.jacobian give its derivative as numbers"
        )
    return Lifted(result.expression, result.shape)
