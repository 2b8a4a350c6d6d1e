"""What steps have in common in other forms: one factorisation for all solves with a matrix, a norm for its square.

Positive definite matrices have Cholesky's factorisation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from wengert.display.steps import Step, Steps, steps_of

__all__ = ["with_factors"]


def with_factors(steps: Steps, roots: Sequence[Step]) -> list[Step]:
    """The same results, with every solve and every logarithm of a determinant as a call."""
    order = list(steps_of(roots))
    solved = {step.parts[0] for step in order if step.kind == "solve"}
    definite = {step.parts[0] for step in order if step.kind == "solve" and step.data[1]}
    uses = Counter(step.parts[0] for step in order if step.kind in ("solve", "logdet") or is_inverse(step))
    normed = {step.parts[0] for step in order if step.kind == "call" and step.data == ("np.linalg.norm",)}
    new: dict[Step, Step] = {}
    for step in order:
        parts = [new[part] for part in step.parts]
        if step.kind == "solve":
            new[step] = _solve(steps, step, parts, step.parts[0] in definite, uses[step.parts[0]] > 1)
        elif step.kind == "logdet":
            matrix = step.parts[0]
            new[step] = _log_determinant(steps, parts[0], matrix in definite, matrix in solved)
        elif (root := _squared(step)) is not None and root in normed:
            new[step] = steps.power(steps.call("np.linalg.norm", [new[root]], 0), Fraction(2))
        elif is_inverse(step) and step.parts[0] in solved:
            eye = steps.make("template", (parts[0],), ("np.eye(len({0}))",), 2)
            new[step] = _solve(steps, steps.make("solve", (step.parts[0], eye), (False, False), 2), [parts[0], eye],
                               step.parts[0] in definite, shared=True)  # fmt: skip
        else:
            new[step] = step if parts == list(step.parts) else steps.make(step.kind, parts, step.data, step.axes)
    return [new[root] for root in roots]


def _squared(step: Step) -> Step | None:
    """The vector or matrix of which this is the sum of squares."""
    inner = step.parts[0] if step.parts else step
    if step.kind == "matmul" and step.axes == 0 and inner is step.parts[1]:
        return inner
    total = step.kind == "call" and step.data == ("np.sum",)
    return inner.parts[0] if total and inner.kind == "power" and inner.data == (2,) else None


def is_inverse(step: Step) -> bool:
    """Whether a matrix is inverted as such."""
    return step.kind == "call" and step.data[0] == "np.linalg.inv"


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


def _log_determinant(steps: Steps, matrix: Step, definite: bool, factored: bool) -> Step:
    if not factored:
        return steps.make("index", (steps.call("np.linalg.slogdet", [matrix], 0),), ("1",), 0)
    name = "linalg.cho_factor" if definite else "linalg.lu_factor"
    factor = steps.make("index", (steps.call(name, [matrix], 0),), ("0",), 2)
    diagonal = steps.call("np.diag", [factor], 1)
    if not definite:
        # the pivots, whose signs are those of the determinant
        diagonal = steps.call("np.abs", [diagonal], 1)
    total = steps.call("np.sum", [steps.call("np.log", [diagonal], 1)], 0)
    return steps.multiply([steps.number(2), total]) if definite else total
