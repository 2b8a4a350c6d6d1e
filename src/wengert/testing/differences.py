"""Numerical derivatives with an error bar of their own, along one direction at a time.

Central differences at ever smaller steps are extrapolated to step 0 by Neville's scheme. Each entry of the result
takes the extrapolation that its neighbours in the table confirm best, and its error bar is how far they are apart plus
what the noise of the function can do at that step (C. J. F. Ridders, Advances in Engineering Software 4 (1982) 75-76).
The noise is measured, not assumed (J. J. Moré and S. M. Wild, SIAM J. Sci. Comput. 33 (2011) 1292-1314).
Second differences tell a kink: over the step they tend to the jump of the slope, which is 0 where f is smooth.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from wengert.testing.space import Vector

__all__ = ["Estimate", "Probe", "complex_step"]

Evaluate = Callable[[Vector], Vector]

FIRST_STEP: Final = 0.25
MOST_LEVELS: Final = 40
FEWEST_LEVELS: Final = 5
MOST_COLUMNS: Final = 6
# three neighbours can agree by chance; an error bar a few times their distance is rarely too short
CONFIDENCE: Final = 4.0


@dataclass(frozen=True)
class Estimate:
    """A directional derivative for every entry of a result; `jump` is the difference of its one-sided values."""

    value: Vector
    bar: Vector
    jump: Vector
    jump_bar: Vector


class Probe:
    """A function at a point, ready to be differentiated numerically along directions.

    Parameters
    ----------
    evaluate
        The function; NaN where it has no value.
    point
        Where.
    direction
        Some direction in which all coordinates move by about their own size.
    unit
        The unit roundoff that the function is evaluated with.
    """

    def __init__(self, evaluate: Evaluate, point: Vector, direction: Vector, unit: float) -> None:
        self.evaluate = evaluate
        self.point = point
        self.unit = unit
        self.centre = evaluate(point)
        self.noise = self._noise(direction)
        further = np.abs(evaluate(point + FIRST_STEP * direction))
        sizes = np.fmax(np.abs(self.centre), np.where(np.isfinite(further), further, 0.0))
        #: the size of the function near the point
        self.size = float(np.max(sizes, initial=0.0))

    def _noise(self, direction: Vector) -> Vector:
        """The noise of each entry, from high differences of values at points very near to one another."""
        step = self.unit**0.6
        values = np.array([self.evaluate(self.point + i * step * direction) for i in range(7)])
        noise = 0.5 * self.unit * np.abs(self.centre)
        table = values
        for order in range(1, 6):
            table = np.diff(table, axis=0)
            if order >= 3:
                weight = math.factorial(order) ** 2 / math.factorial(2 * order)
                with np.errstate(all="ignore"):
                    spread = 2.0 * np.sqrt(weight * np.mean(table**2, axis=0))
                noise = np.where(np.isfinite(spread), np.maximum(noise, spread), noise)
        return noise

    def shift(self, direction: Vector) -> float:
        """How far, in units of a direction, the rounding of the points moves them."""
        moved = direction != 0
        return self.unit * float(np.max(np.abs(self.point[moved] / direction[moved]), initial=0.0))

    def along(self, direction: Vector, target: float = 1e-8) -> Estimate:
        """The derivative along a direction; steps are refined until each error bar is `target` of its value."""
        slopes, jumps = _Table(), _Table()
        shift = self.shift(direction)
        with np.errstate(all="ignore"):
            for level in range(MOST_LEVELS):
                step = FIRST_STEP * 2.0**-level * _jitter(level)
                plus = self.evaluate(self.point + step * direction)
                minus = self.evaluate(self.point - step * direction)
                slope = (plus - minus) / (2 * step)
                noise = self.noise + 0.5 * self.unit * np.maximum(np.abs(plus), np.abs(minus))
                noise = (noise + 0.5 * shift * np.abs(slope)) / step
                # slopes err by even powers of the step; second differences over the step, by odd ones
                slopes.add(step**2, slope, noise)
                jumps.add(step, (plus - 2 * self.centre + minus) / step, 4 * noise)
                if level + 1 >= FEWEST_LEVELS and self._enough(slopes, jumps, noise, target):
                    break
        value, bar = slopes.best(self.centre.size)
        jump, jump_bar = jumps.best(self.centre.size)
        return Estimate(value, bar, jump, jump_bar)

    def _enough(self, slopes: _Table, jumps: _Table, noise: Vector, target: float) -> bool:
        value, bar = slopes.best(self.centre.size)
        jump, jump_bar = jumps.best(self.centre.size)
        scale = np.abs(value)
        settled = (bar <= target * scale) & (jump_bar <= 1e3 * target * scale)
        constant = (value == 0) & (jump == 0) & (bar <= target * np.abs(self.centre))
        # where noise alone is wider than the bar, smaller steps cannot help
        hopeless = (noise > 4 * bar) & (4 * noise > jump_bar)
        return bool(np.all(settled | constant | hopeless))


def _jitter(level: int) -> float:
    """Factors between 0.8 and 1.2 without a pattern.

    Steps that halve exactly can meet a fast oscillation at the same phase again and again, and take it for a slow one.
    """
    return 0.8 + 0.4 * ((level + 1) * 0.6180339887498949 % 1.0)


class _Table:
    """Neville's table: polynomials through the differences at the last steps, extrapolated to step 0."""

    def __init__(self) -> None:
        self.places: list[float] = []
        self.row: list[Vector] = []
        self.value: Vector | None = None
        self.bar: Vector | None = None

    def add(self, place: float, first: Vector, noise: Vector) -> None:
        """Append a difference, and keep for each entry the best extrapolation so far."""
        self.places.append(place)
        before, row = self.row, [first]
        for column in range(min(len(before), MOST_COLUMNS)):
            factor = self.places[-2 - column] / place - 1
            row.append(row[column] + (row[column] - before[column]) / factor)
        self.row = row
        for column in range(1, min(len(row), len(before))):
            now = row[column]
            distance = np.abs(now - row[column - 1])
            for other in (before[column - 1], before[column]):
                distance = np.maximum(distance, np.abs(now - other))
            self._keep(now, CONFIDENCE * (distance + noise))

    def _keep(self, value: Vector, bar: Vector) -> None:
        if self.value is None or self.bar is None:
            self.value, self.bar = value, np.where(np.isnan(bar), np.inf, bar)
            return
        better = bar < self.bar
        self.value = np.where(better, value, self.value)
        self.bar = np.where(better, bar, self.bar)

    def best(self, size: int) -> tuple[Vector, Vector]:
        """The best extrapolation of each entry with its error bar; infinite where there is none."""
        if self.value is None or self.bar is None:
            return np.full(size, np.nan), np.full(size, np.inf)
        return self.value, self.bar


def complex_step(
    evaluate: Callable[[Vector, Vector], Vector | None],
    point: Vector,
    direction: Vector,
    differences: Estimate,
) -> Estimate | None:
    """The derivative by a step into the complex plane, free of cancellation; None where it does not apply.

    The program is accepted as analytic where it agrees with the differences to their error bar. Two steps whose
    truncation errors are far below rounding show what rounding does (W. Squire and G. Trapp, SIAM Review 40 (1998)
    110-112).
    """
    found: list[Vector] = []
    for step in (1e-12, 1e-20):
        parts = evaluate(point, step * direction)
        if parts is None:
            return None
        found.append(parts / step)
    value = found[1]
    if not np.all(np.abs(value - differences.value) <= differences.bar):
        return None
    eps = float(np.finfo(float).eps)
    bar = CONFIDENCE * (
        np.abs(found[0] - value) + 8 * eps * (np.abs(value) + float(np.max(np.abs(value), initial=0.0)))
    )
    sharper = bar < differences.bar
    return Estimate(
        np.where(sharper, value, differences.value),
        np.where(sharper, bar, differences.bar),
        differences.jump,
        differences.jump_bar,
    )
