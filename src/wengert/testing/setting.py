"""What all tests of one function share: its coordinates, random directions, and the list of outcomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal, TypeAlias

import numpy as np

from wengert.testing.comparison import ROUNDING, Differences, Labels, compare
from wengert.testing.differences import Evaluate
from wengert.testing.report import Check, Outcome
from wengert.testing.space import Matrix, Space, Vector
from wengert.testing.subject import REFUSALS, Subject
from wengert.testing.sweeps import FlatFunction

__all__ = ["Claim", "Mode", "Setting"]

Mode = Literal["forward", "reverse"]
Claim: TypeAlias = Callable[[Vector, Matrix], Matrix]

# up to so many coordinates each is looked at by itself; beyond, in random combinations
MOST_ENTRIES: Final = 200
MOST_NUMBERS: Final = 1_000_000
COMBINATIONS: Final = 6


class Setting:
    """A subject with the directions and the weights that its derivatives are contracted with."""

    def __init__(self, subject: Subject, modes: Sequence[Mode], seed: int) -> None:
        self.subject = subject
        self.modes = tuple(modes)
        self.point = subject.point
        self.domain, self.codomain = subject.domain, subject.codomain
        self.random = np.random.default_rng(seed)
        self.lengths = self.domain.lengths(subject.point)
        # the size of the function: a derivative in units of `lengths` that is far below it is one that vanishes
        value = subject.value(subject.point)
        self.finite = bool(np.all(np.isfinite(value)))
        self.size = float(np.sum(np.abs(value), where=np.isfinite(value)))
        self.checks: list[Check] = []
        few = self.domain.size <= MOST_ENTRIES and self.domain.size * self.codomain.size <= MOST_NUMBERS
        self.entrywise = few
        self.directions = np.diag(self.lengths) if few else self.draw(COMBINATIONS)
        self.each_result = self.codomain.size <= MOST_ENTRIES
        self.weights = np.eye(self.codomain.size) if self.each_result else self.draw_weights(COMBINATIONS)

    def draw(self, count: int) -> Matrix:
        """Directions in which every coordinate moves by about its own size, one per column."""
        return self._signed((self.domain.size, count)) * self.lengths[:, None]

    def draw_weights(self, count: int) -> Matrix:
        """Weights of the results, one set per column."""
        return self._signed((self.codomain.size, count))

    def _signed(self, shape: tuple[int, int]) -> Matrix:
        return np.asarray(self.random.uniform(0.5, 1.0, shape) * self.random.choice([-1.0, 1.0], shape))

    def nearby(self) -> list[Vector]:
        """Points that differ from this one by rounding."""
        unit = self.subject.rounding
        return [self.point * (1 + 2 * unit * self.random.choice([-1.0, 1.0], self.point.size)) for _ in range(2)]

    def evaluator(
        self, function: FlatFunction, space: Space, dual: bool, forgiving: bool = True, wide: bool = False
    ) -> Evaluate:
        """A derivative of the subject as a function of coordinates.

        `dual` says that its results are cotangents; `forgiving`, that a refused point gives NaN; `wide`, that it is
        computed in double precision.
        """
        pack = space.pack_cotangent if dual else space.pack

        def evaluate(point: Vector) -> Vector:
            try:
                with np.errstate(all="ignore"):
                    return pack(function(self.domain.unpack(point, wide)))
            except REFUSALS:
                if not forgiving:
                    raise
                return np.full(space.size, np.nan)

        return evaluate

    def compare(
        self,
        order: int,
        mode: str,
        claim: Claim,
        directions: Matrix,
        expected: Differences,
        labels: Labels,
        floor: Matrix | float | None = None,
    ) -> Check:
        """A claimed derivative against differences; `floor` is the size of the rows where they vanish."""
        claimed = claim(self.point, directions)
        floor = np.broadcast_to(self.size if floor is None else floor, claimed.shape)

        def again() -> list[Matrix]:
            return [claim(point, directions) for point in self.nearby()]

        return compare(claimed, expected, self.subject.rounding, floor, again, labels, order=order, mode=mode)

    def agreement(self, name: str, order: int, mode: str, sides: Callable[[Vector], tuple[Vector, Vector]]) -> None:
        """The test that two sums are equal to rounding."""
        left, right = sides(self.point)
        totals = float(np.sum(left)), float(np.sum(right))
        size = float(np.sum(np.abs(left)) + np.sum(np.abs(right)))
        # equal infinities agree; sums that vanish keep the rounding of the function itself
        error = 0.0 if totals[0] == totals[1] else abs(totals[0] - totals[1])
        allowed = self.subject.rounding * (ROUNDING * size + 4 * self.size)
        if not error <= allowed:
            moved = [[float(np.sum(side)) for side in sides(point)] for point in self.nearby()]
            spread = max(abs(side - total) for pair in moved for side, total in zip(pair, totals, strict=True))
            # what rounding does to ill-conditioned sums is still far below the sums themselves
            allowed += min(4 * spread, 1e-2 * float(np.sqrt(self.subject.rounding)) * size)
        if error <= allowed:
            self.checks.append(Check(name, order, mode, "passed", error, allowed))
            return
        detail = f"{totals[0]:.15g} on one side, {totals[1]:.15g} on the other"
        # two sums of which neither is finite say nothing about one another
        outcome: Outcome = "failed" if np.any(np.isfinite(totals)) else "inconclusive"
        undecided = int(outcome == "inconclusive")
        self.checks.append(Check(name, order, mode, outcome, error, allowed, undecided=undecided, detail=detail))
