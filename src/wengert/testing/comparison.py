"""A claimed derivative beside the differences: what agrees, what is wrong, what cannot be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from wengert.testing.differences import Probe, complex_step
from wengert.testing.report import Check, Finding
from wengert.testing.space import Matrix, Vector

__all__ = ["ROUNDING", "Differences", "Labels", "compare", "resolution_of"]

Mask = npt.NDArray[np.bool_]
Labels = Callable[[int, int], tuple[str, str, float]]

# a derivative is a sum of products of a few factors, each rounded a few times
ROUNDING: Final = 64.0


def resolution_of(unit: float) -> float:
    """The relative deviation that differences must be able to see, for a function evaluated with this roundoff.

    Central differences of second order err by about unit**(2/3); a hundred times that still tells right from wrong.
    """
    return max(1e-5, 100.0 * float(unit ** (2 / 3)))


@dataclass(frozen=True)
class Differences:
    """Numerical derivatives, one column per direction."""

    value: Matrix
    bar: Matrix
    jump: Matrix
    jump_bar: Matrix
    size: float
    unit: float
    # whether the rows are parts of one derivative, so that its largest entry counts for all of them
    joint: bool = False

    @classmethod
    def measure(
        cls,
        probe: Probe,
        directions: Matrix,
        complex_value: Callable[[Vector, Vector], Vector | None] | None = None,
        joint: bool = False,
    ) -> Differences:
        """The derivatives along the columns of a matrix, sharpened by complex steps where the program takes them."""
        columns = []
        for direction in directions.T:
            estimate = probe.along(direction)
            if complex_value is not None:
                sharper = complex_step(complex_value, probe.point, direction, estimate)
                # one refusal is enough: the program is not analytic, or takes no complex numbers
                complex_value = complex_value if sharper is not None else None
                estimate = sharper or estimate
            columns.append((estimate.value, estimate.bar, estimate.jump, estimate.jump_bar))
        value, bar, jump, jump_bar = (np.stack(part, axis=1) for part in zip(*columns, strict=True))
        return cls(value, bar, jump, jump_bar, probe.size, probe.unit, joint)

    def weighted(self, weights: Matrix) -> Differences:
        """The derivatives of weighted sums of the results, one per column of weights."""
        absolute = np.abs(weights).T
        with np.errstate(invalid="ignore"):
            bars = [np.nan_to_num(absolute @ part, nan=np.inf) for part in (self.bar, self.jump_bar)]
            return Differences(weights.T @ self.value, bars[0], weights.T @ self.jump, bars[1], self.size, self.unit)

    @property
    def scale(self) -> Matrix:
        """The size that an error counts against: the largest derivative of the same result.

        A derivative that is zero can be told from one that is not as far as the rounding of the function allows, at
        steps of about a hundredth.
        """
        sizes = np.where(np.isfinite(self.value), np.abs(self.value), 0.0)
        least = max(1e-6, 1e3 * self.unit / self.resolution) * self.size
        axes = None if self.joint else 1
        return np.asarray(np.maximum(np.max(sizes, axis=axes, keepdims=True, initial=0.0), least))

    @property
    def resolution(self) -> float:
        """The relative deviation that counts as seen."""
        return resolution_of(self.unit)

    @property
    def kinked(self) -> Mask:
        """Where the slopes on the two sides differ."""
        known = np.isfinite(self.jump) & np.isfinite(self.jump_bar)
        jump = np.where(known, np.abs(self.jump), 0.0)
        return known & (jump > np.maximum(self.jump_bar, self.resolution * self.scale))

    @property
    def undecided(self) -> Mask:
        """Where the differences cannot tell right from wrong."""
        sharp = np.isfinite(self.value) & np.isfinite(self.bar) & (self.bar <= self.resolution * self.scale)
        smooth = self.jump_bar <= 100 * self.resolution * self.scale
        return ~(sharp & smooth) | self.kinked


@dataclass(frozen=True)
class _Verdict:
    error: Matrix
    allowed: Matrix
    wrong: Mask
    undecided: Mask


def _judge(claimed: Matrix, expected: Differences, rounding: Matrix) -> _Verdict:
    allowed = expected.bar + rounding
    error = np.abs(claimed - expected.value)
    undecided = expected.undecided
    # a kink leaves open which slope is meant, but not that it lies between those of the two sides
    outside = expected.kinked & ~(error <= 0.5 * np.abs(expected.jump) + allowed + 0.5 * expected.jump_bar)
    wrong = np.where(undecided, outside, ~(error <= allowed))
    return _Verdict(error, allowed, wrong, undecided & ~wrong)


def _rounding(claimed: Matrix, unit: float, floor: Matrix) -> Matrix:
    """What rounding may do to a claim: a multiple of its unit, per result.

    An entry that vanishes by cancellation keeps the rounding of what cancels, which its row does not show: that of
    other rows, or of the function itself, whose size is the `floor`.
    """
    sizes = np.max(np.abs(claimed), axis=1, keepdims=True, initial=0.0, where=np.isfinite(claimed))
    return np.asarray(unit * (ROUNDING * sizes + 4 * (np.max(sizes, initial=0.0) + floor)))


def _spread(claimed: Matrix, again: Callable[[], list[Matrix]]) -> Matrix:
    """How much rounding of the inputs moves a derivative: the same for all directions of one result."""
    moved = np.zeros_like(claimed)
    for other in again():
        with np.errstate(invalid="ignore"):
            moved = np.fmax(moved, np.abs(other - claimed))
    return np.asarray(np.max(moved, axis=1, keepdims=True, initial=0.0))


def compare(
    claimed: Matrix,
    expected: Differences,
    unit: float,
    floor: Matrix,
    again: Callable[[], list[Matrix]],
    labels: Labels,
    **about: Any,
) -> Check:
    """The test that a claimed derivative lies within the error bars of the differences, plus its own rounding.

    The claim is computed with the roundoff `unit`, from numbers of the size `floor`. `again` computes it at points
    that differ from this one by rounding; it is asked only where the error is so small that rounding might explain
    it. `labels(row, column)` gives the names of an entry, and the length by which its direction is scaled.
    """
    rounding = _rounding(claimed, unit, floor)
    verdict = _judge(claimed, expected, rounding)
    small = np.abs(claimed - expected.value) <= 1e-2 * resolution_of(unit) * expected.scale
    if np.any(verdict.wrong & small):
        verdict = _judge(claimed, expected, rounding + np.where(small, 4 * _spread(claimed, again), 0.0))
    count, undecided = claimed.size, int(np.sum(verdict.undecided))
    about = {"name": "differences", "count": count, "undecided": undecided, **about}
    if np.any(verdict.wrong):
        row, column = _worst(verdict, labels)
        finding = _finding(claimed, expected, row, column, labels)
        return Check(outcome="failed", error=finding.error, finding=finding,
                     allowed=float(verdict.allowed[row, column]) / labels(row, column)[2], **about)  # fmt: skip
    decided = ~verdict.undecided
    error, allowed = _largest(verdict, decided)
    if not undecided:
        return Check(outcome="passed", error=error, allowed=allowed, **about)
    return Check(outcome="inconclusive", error=error, allowed=allowed,
                 detail=_open(claimed, expected, verdict.undecided, labels), **about)  # fmt: skip


def _largest(verdict: _Verdict, decided: Mask) -> tuple[float, float]:
    if not np.any(decided):
        return float("nan"), float("nan")
    place = int(np.argmax(np.where(decided, verdict.error, -1.0)))
    return float(verdict.error.flat[place]), float(verdict.allowed.flat[place])


def _worst(verdict: _Verdict, labels: Labels) -> tuple[int, int]:
    rows, columns = np.nonzero(verdict.wrong)

    def size(place: int) -> float:
        row, column = int(rows[place]), int(columns[place])
        error = float(verdict.error[row, column]) / labels(row, column)[2]
        return error if np.isfinite(error) else np.inf

    place = max(range(len(rows)), key=size)
    return int(rows[place]), int(columns[place])


def _finding(claimed: Matrix, expected: Differences, row: int, column: int, labels: Labels) -> Finding:
    argument, result, length = labels(row, column)
    value, bar = float(expected.value[row, column]), float(expected.bar[row, column])
    left = right = None
    if expected.kinked[row, column]:
        half = 0.5 * float(expected.jump[row, column])
        left, right = (value - half) / length, (value + half) / length
    return Finding(argument, result, float(claimed[row, column]) / length, value / length, bar / length, left, right)


def _open(claimed: Matrix, expected: Differences, undecided: Mask, labels: Labels) -> str:
    """What is open, by its first example."""
    row, column = (int(part[0]) for part in np.nonzero(undecided))
    argument, result, _ = labels(row, column)
    finding = _finding(claimed, expected, row, column, labels)
    if finding.left is not None and finding.right is not None:
        reason = (
            f"has a kink here: its slopes are {finding.left:.6g} and {finding.right:.6g}, "
            f"the derivative {finding.derivative:.6g} lies between them"
        )
    elif not np.isfinite(expected.value[row, column]):
        reason = "has no finite value on both sides: the point is at the edge of the domain"
    else:
        reason = f"gives differences that do not converge: {finding.expected:.6g} ± {finding.bar:.1e} at best"
    many = int(np.sum(undecided))
    others = f" ({many - 1} more entries are open)" if many > 1 else ""
    return f"inconclusive: {result} as a function of {argument} {reason}{others}"
