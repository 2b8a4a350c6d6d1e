"""The tests of one function at one point, at every order asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal

import numpy as np

from wengert.testing.comparison import ROUNDING, Differences, Labels, compare
from wengert.testing.differences import Evaluate, Probe
from wengert.testing.report import Check, Finding
from wengert.testing.space import Matrix, Space, Vector
from wengert.testing.subject import REFUSALS, Subject
from wengert.testing.sweeps import FlatFunction, directional, gradient, pull, push
from wengert.testing.taylor import taylor_check

__all__ = ["Mode", "Proof"]

Mode = Literal["forward", "reverse"]

# up to so many numbers each is looked at by itself; beyond, in random combinations
MOST_ENTRIES: Final = 200
MOST_NUMBERS: Final = 1_000_000
COMBINATIONS: Final = 6


class Proof:
    """Runs tests on a subject and collects their outcomes in `checks`."""

    def __init__(self, subject: Subject, modes: Sequence[Mode], seed: int) -> None:
        self.subject = subject
        self.modes = tuple(modes)
        self.random = np.random.default_rng(seed)
        self.domain, self.codomain = subject.domain, subject.codomain
        self.lengths = self.domain.lengths(subject.point)
        self.leaves = self.domain.unpack(subject.point)
        self.checks: list[Check] = []
        few = self.domain.size <= MOST_ENTRIES and self.domain.size * self.codomain.size <= MOST_NUMBERS
        self.entrywise = few
        self.directions = np.diag(self.lengths) if few else self._draw(COMBINATIONS)
        self.each_result = self.codomain.size <= MOST_ENTRIES
        self.weights = np.eye(self.codomain.size) if self.each_result else self._weights(COMBINATIONS)

    def run(self, order: int) -> None:
        """All tests up to an order."""
        self.first_order()
        for each in range(2, order + 1):
            self.higher_order(each)

    # Random directions and weights.

    def _draw(self, count: int) -> Matrix:
        """Directions in which every coordinate moves by about its own size, one per column."""
        sizes = self.random.uniform(0.5, 1.0, (self.domain.size, count))
        signs = self.random.choice([-1.0, 1.0], (self.domain.size, count))
        return sizes * signs * self.lengths[:, None]

    def _weights(self, count: int) -> Matrix:
        sizes = self.random.uniform(0.5, 1.0, (self.codomain.size, count))
        return sizes * self.random.choice([-1.0, 1.0], (self.codomain.size, count))

    def _nearby(self) -> list[Vector]:
        """Points that differ from this one by rounding."""
        point, unit = self.subject.point, self.subject.rounding
        return [point * (1 + 2 * unit * self.random.choice([-1.0, 1.0], point.size)) for _ in range(2)]

    # What is claimed.

    def columns(self, point: Vector) -> Matrix:
        """Forward mode: the derivative along each direction, one per column."""
        leaves = self.domain.unpack(point)
        found = [
            self.codomain.pack(push(self.subject.call, leaves, self.domain.unpack(direction)))
            for direction in self.directions.T
        ]
        return np.stack(found, axis=1)

    def rows(self, point: Vector) -> Matrix:
        """Reverse mode: the derivative of each weighted result, one per row, along each direction."""
        leaves = self.domain.unpack(point)
        seeds = [self.codomain.unpack_cotangent(weight) for weight in self.weights.T]
        found = pull(self.subject.call, leaves, seeds)
        return np.stack([self.domain.pack_cotangent(row) for row in found]) @ self.directions

    # First order.

    def first_order(self) -> None:
        """Differences in both modes, Taylor remainders, and the two modes against each other."""
        subject = self.subject
        probe = Probe(subject.value, subject.point, self._draw(1)[:, 0], subject.noise_unit)
        analytic = self.domain.is_real and self.codomain.is_real
        expected = Differences.measure(probe, self.directions, subject.complex_value if analytic else None)
        labels = self._labels()
        if "forward" in self.modes:
            self._compare_claim(1, "forward", self.columns, expected, labels)
        if "reverse" in self.modes:
            # each result by itself, or weighted sums of them
            wanted = expected if self.each_result else expected.weighted(self.weights)
            self._compare_claim(1, "reverse", self.rows, wanted, labels)
        self.checks.append(taylor_check(self._scalar_chain(), 1, self.modes[0]))
        if len(set(self.modes)) == 2:
            self._dot_product()

    def _compare_claim(
        self, order: int, mode: str, claim: Callable[[Vector], Matrix], expected: Differences, labels: Labels
    ) -> None:
        claimed = claim(self.subject.point)
        rounding = ROUNDING * self.subject.rounding * np.maximum(np.max(np.abs(claimed), axis=1, keepdims=True), 0.0)
        check = compare(claimed, expected, np.broadcast_to(rounding, claimed.shape),
                        lambda: [claim(point) for point in self._nearby()], labels, order=order, mode=mode)  # fmt: skip
        if check.finding is not None and not self.entrywise and order == 1:
            check = self._localised(check, claim)
        self.checks.append(check)

    def _labels(self) -> Labels:
        def name(row: int, column: int) -> tuple[str, str, float]:
            result = self.codomain.describe(row) if self.each_result else "a random combination of the results"
            if self.entrywise:
                return self.domain.describe(column), result, float(self.lengths[column])
            return f"all arguments along random direction {column}", result, 1.0

        return name

    def _localised(self, check: Check, claim: Callable[[Vector], Matrix]) -> Check:
        """Find a wrong entry by halving the coordinates that move."""
        kept, weights = self.directions, np.eye(self.codomain.size) if self.each_result else self.weights
        probe = Probe(self.subject.value, self.subject.point, kept[:, 0], self.subject.noise_unit)
        inside = np.arange(self.domain.size)
        self.directions = kept[:, :1]
        while True:
            measured = Differences.measure(probe, self.directions)
            expected = measured if self.each_result or check.mode == "forward" else measured.weighted(weights)
            claimed = claim(self.subject.point)
            error = np.abs(claimed - expected.value)[:, 0]
            row = int(np.argmax(error))
            if inside.size == 1 or not np.all(np.isfinite(error)):
                break
            halves = np.array_split(inside, 2)
            self.directions = np.zeros((self.domain.size, 1))
            self.directions[halves[0], 0] = kept[halves[0], 0]
            left = np.abs(claim(self.subject.point) - self._measured(probe, check, weights))[:, 0]
            inside = halves[0] if np.max(left) >= 0.5 * np.max(error) else halves[1]
            self.directions = np.zeros((self.domain.size, 1))
            self.directions[inside, 0] = kept[inside, 0]
        length = float(self.directions[inside[0], 0])
        self.directions = kept
        result = self.codomain.describe(row) if self.each_result else "a combination of the results"
        value, bar = float(expected.value[row, 0]) / length, abs(float(expected.bar[row, 0]) / length)
        finding = Finding(self.domain.describe(int(inside[0])), result, float(claimed[row, 0]) / length, value, bar)
        return Check(check.name, check.order, check.mode, "failed", finding.error, bar, check.count, check.undecided,
                     check.detail, finding)  # fmt: skip

    def _measured(self, probe: Probe, check: Check, weights: Matrix) -> Matrix:
        measured = Differences.measure(probe, self.directions)
        return (measured if self.each_result or check.mode == "forward" else measured.weighted(weights)).value

    def _dot_product(self) -> None:
        """<w, J v> from forward mode against <J' w, v> from reverse mode."""
        v, w = self._draw(1)[:, 0], self._weights(1)[:, 0]

        def sides(point: Vector) -> tuple[Vector, Vector]:
            leaves = self.domain.unpack(point)
            tangent = self.codomain.pack(push(self.subject.call, leaves, self.domain.unpack(v)))
            (pulled,) = pull(self.subject.call, leaves, [self.codomain.unpack_cotangent(w)])
            return w * tangent, self.domain.pack_cotangent(pulled) * v

        self.agreement("dot product of the two modes", 1, "forward · reverse", sides)

    def agreement(self, name: str, order: int, mode: str, sides: Callable[[Vector], tuple[Vector, Vector]]) -> None:
        """The test that two sums are equal to rounding."""
        left, right = sides(self.subject.point)
        error = abs(float(np.sum(left)) - float(np.sum(right)))
        unit = ROUNDING * self.subject.rounding
        allowed = unit * float(np.sum(np.abs(left)) + np.sum(np.abs(right)))
        if not error <= allowed:
            moved = [sides(point) for point in self._nearby()]
            spread = max(abs(float(np.sum(side)) - float(np.sum(base)))
                         for pair in moved for side, base in zip(pair, (left, right), strict=True))  # fmt: skip
            # a difference that rounding explains is far below the sums themselves
            allowed += min(4 * spread, 1e-2 * np.sqrt(self.subject.rounding) * allowed / unit)
        passed = error <= allowed
        detail = "" if passed else f"{float(np.sum(left)):.15g} on one side, {float(np.sum(right)):.15g} on the other"
        self.checks.append(Check(name, order, mode, "passed" if passed else "failed", error, allowed, detail=detail))

    # Higher orders: each checks the derivative of what the order before has proved.

    def higher_order(self, order: int) -> None:
        """Differences of the derivative one order below, in every nesting of modes; symmetry; Taylor remainders."""
        w = self.codomain.unpack_cotangent(self._weights(1)[:, 0])
        vectors = [self._draw(1)[:, 0] for _ in range(order)]
        tangents = [self.domain.unpack(vector) for vector in vectors]
        forward, reverse = self.subject.call, gradient(self.subject.call, w)
        for tangent in tangents[: order - 2]:
            forward, reverse = directional(forward, tangent), gradient(reverse, tangent)
        forward = directional(forward, tangents[order - 2])
        last, inner = vectors[order - 1], tangents[order - 2]
        if "forward" in self.modes:
            claims = {" over ".join(["forward"] * order): directional(forward, tangents[order - 1])}
            self._check_nested(order, forward, self.codomain, False, last, claims)
        if "reverse" not in self.modes:
            self.checks.append(taylor_check(self._scalar_chain(), order, "forward"))
            return
        claims = {" over ".join(["reverse"] * order): gradient(reverse, inner)}
        if "forward" in self.modes:
            below = " over ".join(["reverse"] * (order - 1))
            claims[f"forward over {below}"] = directional(reverse, inner)
            below = " over ".join(["forward"] * (order - 1))
            claims[f"reverse over {below}"] = gradient(forward, w)
        self._check_nested(order, reverse, self.domain, True, vectors[order - 2], claims)
        self._symmetry(order, reverse, vectors)
        self.checks.append(taylor_check(self._scalar_chain(), order, self.modes[0]))

    def _check_nested(
        self, order: int, below: FlatFunction, space: Space, dual: bool, direction: Vector,
        claims: dict[str, FlatFunction],
    ) -> None:  # fmt: skip
        """Differences of one derivative along a direction, against the claims of all nestings of modes."""
        unit = self.subject.rounding
        probe = Probe(self._evaluator(below, space, dual), self.subject.point, self._draw(1)[:, 0], unit)
        expected = Differences.measure(probe, direction[:, None])

        def label(row: int, column: int) -> tuple[str, str, float]:
            if dual:
                what = "gradient" if order == 2 else f"derivative of order {order - 1}"
                return "along a random direction", f"{what} in {self.domain.describe(row)}", 1.0
            return "along random directions", self.codomain.describe(row), 1.0

        for mode, claim in claims.items():
            compute = self._evaluator(claim, space, dual, forgiving=False)
            self._compare_claim(order, mode, lambda point, f=compute: f(point)[:, None], expected, label)  # type: ignore[misc]

    def _evaluator(self, function: FlatFunction, space: Space, dual: bool, forgiving: bool = True) -> Evaluate:
        """A derivative of the subject as a function of coordinates; `dual` where its results are cotangents."""
        pack = space.pack_cotangent if dual else space.pack

        def evaluate(point: Vector) -> Vector:
            try:
                with np.errstate(all="ignore"):
                    return pack(function(self.domain.unpack(point)))
            except REFUSALS:
                if not forgiving:
                    raise
                return np.full(space.size, np.nan)

        return evaluate

    def _symmetry(self, order: int, below: FlatFunction, vectors: list[Vector]) -> None:
        """u'Hv = v'Hu, where H is the derivative of the gradient, or of its derivatives along fixed directions."""
        both = "forward" in self.modes
        u, v = vectors[order - 2], vectors[order - 1]

        def sides(point: Vector) -> tuple[Vector, Vector]:
            leaves = self.domain.unpack(point)
            along = [
                (directional if both else gradient)(below, self.domain.unpack(x))(leaves) for x in (u, v)
            ]
            return self.domain.pack_cotangent(along[0]) * v, self.domain.pack_cotangent(along[1]) * u

        self.agreement("symmetry", order, "forward over reverse" if both else "reverse over reverse", sides)

    def _scalar_chain(self) -> tuple[list[Evaluate], Vector, Vector, float, float]:
        raise NotImplementedError
