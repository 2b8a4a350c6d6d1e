"""First derivatives: differences in both modes, and the two modes against each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from wengert.testing.comparison import Differences, Labels
from wengert.testing.differences import Probe
from wengert.testing.report import Check
from wengert.testing.setting import Claim, Setting
from wengert.testing.space import Matrix, Vector
from wengert.testing.sweeps import pull, push

__all__ = ["first_order"]

Indices: TypeAlias = npt.NDArray[np.intp]


def first_order(setting: Setting) -> None:
    """Run the tests of the first derivative."""
    subject, directions = setting.subject, setting.directions
    probe = Probe(subject.value, subject.point, setting.draw(1)[:, 0], subject.noise_unit)
    analytic = setting.domain.is_real and setting.codomain.is_real
    expected = Differences.measure(probe, directions, subject.complex_value if analytic else None)
    if "forward" in setting.modes:
        _compare(setting, "forward", _columns(setting), expected, lambda v: Differences.measure(probe, v))
    if "reverse" in setting.modes:

        def weighted(differences: Differences) -> Differences:
            return differences if setting.each_result else differences.weighted(setting.weights)

        _compare(setting, "reverse", _rows(setting), weighted(expected),
                 lambda v: weighted(Differences.measure(probe, v)))  # fmt: skip
    if len(set(setting.modes)) == 2:
        _dot_product(setting)


def _columns(setting: Setting) -> Claim:
    """Forward mode: the derivative along each direction, one per column."""

    def columns(point: Vector, directions: Matrix) -> Matrix:
        leaves = setting.domain.unpack(point)
        tangents = [setting.domain.unpack(direction) for direction in directions.T]
        found = [setting.codomain.pack(push(setting.subject.call, leaves, tangent)) for tangent in tangents]
        return np.stack(found, axis=1)

    return columns


def _rows(setting: Setting) -> Claim:
    """Reverse mode: the derivative of each result, or of each weighted sum of them, one per row."""

    def rows(point: Vector, directions: Matrix) -> Matrix:
        leaves = setting.domain.unpack(point)
        seeds = [setting.codomain.unpack_cotangent(weight) for weight in setting.weights.T]
        found = [setting.domain.pack_cotangent(row) for row in pull(setting.subject.call, leaves, seeds)]
        return _along(np.stack(found), directions)

    return rows


def _along(rows: Matrix, directions: Matrix) -> Matrix:
    """Derivatives along directions; one that is not finite spoils those directions only in which its entry moves."""
    finite = np.isfinite(rows)
    product = np.where(finite, rows, 0.0) @ directions
    return np.where((~finite).astype(float) @ np.abs(directions) > 0, np.nan, product)


def _compare(
    setting: Setting, mode: str, claim: Claim, expected: Differences, measure: Callable[[Matrix], Differences]
) -> None:
    each = setting.each_result or mode == "forward"

    def labels(row: int, column: int) -> tuple[str, str, float]:
        result = setting.codomain.describe(row) if each else "a random combination of the results"
        if setting.entrywise:
            return setting.domain.describe(column), result, float(setting.lengths[column])
        return "all arguments together, along a random direction", result, 1.0

    check = setting.compare(1, mode, claim, setting.directions, expected, labels)
    if check.outcome == "failed" and not setting.entrywise:
        check = _localised(setting, check, claim, measure, labels)
    setting.checks.append(check)


def _localised(
    setting: Setting, check: Check, claim: Claim, measure: Callable[[Matrix], Differences], labels: Labels
) -> Check:
    """The failure narrowed down to one coordinate, by halving the coordinates that move."""

    def only(part: Indices) -> Matrix:
        direction = np.zeros((setting.domain.size, 1))
        direction[part, 0] = setting.lengths[part]
        return direction

    def error(part: Indices) -> float:
        gap = np.abs(claim(setting.point, only(part)) - measure(only(part)).value)
        return float(np.max(np.where(np.isfinite(gap), gap, np.inf)))

    inside = np.arange(setting.domain.size)
    while inside.size > 1:
        left, right = np.array_split(inside, 2)
        inside = left if error(left) >= error(right) else right
    coordinate = int(inside[0])

    def narrow(row: int, column: int) -> tuple[str, str, float]:
        return setting.domain.describe(coordinate), labels(row, column)[1], float(setting.lengths[coordinate])

    found = setting.compare(1, check.mode, claim, only(inside), measure(only(inside)), narrow)
    # a wrong derivative may hide in the sum of many entries that are each within their error bars
    return found if found.outcome == "failed" else check


def _dot_product(setting: Setting) -> None:
    """<w, J v> from forward mode against <J' w, v> from reverse mode."""
    v, w = setting.draw(1)[:, 0], setting.draw_weights(1)[:, 0]
    domain, codomain, call = setting.domain, setting.codomain, setting.subject.call

    def sides(point: Vector) -> tuple[Vector, Vector]:
        leaves = domain.unpack(point)
        tangent = codomain.pack(push(call, leaves, domain.unpack(v)))
        (pulled,) = pull(call, leaves, [codomain.unpack_cotangent(w)])
        return w * tangent, domain.pack_cotangent(pulled) * v

    setting.agreement("dot product of the two modes", 1, "forward · reverse", sides)
