"""Systems that are solved more than once share one factorisation; positive definite ones have Cholesky's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from wengert.display.steps import Step, Steps, steps_of

__all__ = ["with_factors"]


def with_factors(steps: Steps, roots: Sequence[Step]) -> list[Step]:
    """The same results, with every solve and every logarithm of a determinant as a call."""
    order = list(steps_of(roots))
    solves = Counter(step.parts[0] for step in order if step.kind == "solve")
    definite = {step.parts[0] for step in order if step.kind == "solve" and step.data[1]}
    new: dict[Step, Step] = {}
    for step in order:
        parts = [new[part] for part in step.parts]
        if step.kind == "solve":
            new[step] = _solve(steps, step, parts, step.parts[0] in definite, solves[step.parts[0]] > 1)
        elif step.kind == "logdet":
            new[step] = _log_determinant(steps, parts[0], step.parts[0] in definite)
        else:
            new[step] = step if parts == list(step.parts) else steps.make(step.kind, parts, step.data, step.axes)
    return [new[root] for root in roots]


def _solve(steps: Steps, step: Step, parts: Sequence[Step], definite: bool, shared: bool) -> Step:
    matrix, right = parts
    if definite:
        factor = steps.call("linalg.cho_factor", [matrix], 0)
        return steps.call("linalg.cho_solve", [factor, right], step.axes)
    if shared:
        factor = steps.call("linalg.lu_factor", [matrix], 0)
        return steps.call("linalg.lu_solve", [factor, right], step.axes, *(["trans=1"] if step.data[0] else []))
    matrix = steps.transpose(matrix) if step.data[0] else matrix
    return steps.call("np.linalg.solve", [matrix, right], step.axes)


def _log_determinant(steps: Steps, matrix: Step, factored: bool) -> Step:
    if not factored:
        return steps.make("index", (steps.call("np.linalg.slogdet", [matrix], 0),), ("1",), 0)
    factor = steps.make("index", (steps.call("linalg.cho_factor", [matrix], 0),), ("0",), 2)
    logarithms = steps.call("np.log", [steps.call("np.diag", [factor], 1)], 1)
    return steps.multiply([steps.number(2), steps.call("np.sum", [logarithms], 0)])
