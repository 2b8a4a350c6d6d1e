"""Higher derivatives: each order is checked by differences of the order below, which has been checked before."""

from __future__ import annotations

from functools import partial

from wengert.testing.comparison import Differences
from wengert.testing.differences import Evaluate, Probe
from wengert.testing.setting import Setting
from wengert.testing.space import Matrix, Vector
from wengert.testing.sweeps import FlatFunction, directional, gradient

__all__ = ["higher_order"]


class _Chains:
    """The derivative one order below, by forward and by reverse mode, along given directions.

    Both are contracted with the same vectors, so that their own derivatives can be compared. `wide` computes in
    double precision what single precision is checked against.
    """

    def __init__(self, setting: Setting, weights: Vector, vectors: list[Vector], wide: bool = False) -> None:
        self.weights = setting.codomain.unpack_cotangent(weights, wide)
        self.tangents = [setting.domain.unpack(vector, wide) for vector in vectors]
        below = self.tangents[:-1]
        self.forward: FlatFunction = setting.subject.call
        for tangent in below:
            self.forward = directional(self.forward, tangent)
        self.reverse = gradient(setting.subject.call, self.weights)
        for tangent in below[:-1]:
            self.reverse = gradient(self.reverse, tangent)


def higher_order(setting: Setting, order: int) -> None:
    """Run the tests of the derivative of an order above one, in every nesting of modes, with its symmetry."""
    weights = setting.draw_weights(1)[:, 0]
    vectors = [setting.draw(1)[:, 0] for _ in range(order)]
    chains = _Chains(setting, weights, vectors)
    wide = _Chains(setting, weights, vectors, wide=True) if setting.subject.wide else chains
    inner, outer = chains.tangents[-2:]
    if "forward" in setting.modes:
        claims = {_nest("forward", "forward", order): directional(chains.forward, outer)}
        _check(setting, order, wide.forward, False, vectors[-1], claims)
    if "reverse" in setting.modes:
        claims = {_nest("reverse", "reverse", order): gradient(chains.reverse, inner)}
        if "forward" in setting.modes:
            claims[_nest("forward", "reverse", order)] = directional(chains.reverse, inner)
            claims[_nest("reverse", "forward", order)] = gradient(chains.forward, chains.weights)
        _check(setting, order, wide.reverse, True, vectors[-2], claims)
        _symmetry(setting, order, chains.reverse, vectors[-2], vectors[-1])


def _nest(outer: str, inner: str, order: int) -> str:
    return " over ".join([outer, *[inner] * (order - 1)])


def _check(
    setting: Setting,
    order: int,
    below: FlatFunction,
    dual: bool,
    direction: Vector,
    claims: dict[str, FlatFunction],
) -> None:
    """Differences of one derivative along a direction, against what all nestings of modes claim."""
    space, subject = setting.domain if dual else setting.codomain, setting.subject
    evaluate = setting.evaluator(below, space, dual, wide=subject.wide)
    probe = Probe(evaluate, setting.point, setting.draw(1)[:, 0], subject.noise_unit)
    expected = Differences.measure(probe, direction[:, None], joint=True)

    def labels(row: int, column: int) -> tuple[str, str, float]:
        place = space.describe(row)
        what = f"the derivative of order {order - 1} in {place}" if dual else f"the derivative of {place}"
        return "all arguments together, along a random direction", what, 1.0

    # the rows of a gradient are slopes per unit of each coordinate
    floor = setting.size / setting.lengths[:, None] if dual else setting.size
    for mode, function in claims.items():
        compute = setting.evaluator(function, space, dual, forgiving=False)
        # the direction is built into the nested derivative
        claim = partial(_column, compute)
        setting.checks.append(setting.compare(order, mode, claim, direction[:, None], expected, labels, floor))


def _column(compute: Evaluate, point: Vector, directions: Matrix) -> Matrix:
    return compute(point)[:, None]


def _symmetry(setting: Setting, order: int, below: FlatFunction, u: Vector, v: Vector) -> None:
    """U'Hv = v'Hu, where H differentiates the gradient, or its derivatives along fixed directions."""
    both = "forward" in setting.modes
    along = directional if both else gradient
    pack, unpack = setting.domain.pack_cotangent, setting.domain.unpack

    def sides(point: Vector) -> tuple[Vector, Vector]:
        leaves = unpack(point)
        return pack(along(below, unpack(u))(leaves)) * v, pack(along(below, unpack(v))(leaves)) * u

    setting.agreement("symmetry", order, "forward over reverse" if both else "reverse over reverse", sides)
