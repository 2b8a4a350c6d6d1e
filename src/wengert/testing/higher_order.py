"""Higher derivatives: each order is checked by differences of the order below, which has been checked before."""

from __future__ import annotations

from wengert.testing.comparison import Differences
from wengert.testing.differences import Probe
from wengert.testing.setting import Setting
from wengert.testing.space import Matrix, Space, Vector
from wengert.testing.sweeps import FlatFunction, directional, gradient

__all__ = ["higher_order"]


def higher_order(setting: Setting, order: int) -> None:
    """Run the tests of the derivative of an order above one, in every nesting of modes, with its symmetry."""
    domain, codomain, call = setting.domain, setting.codomain, setting.subject.call
    w = codomain.unpack_cotangent(setting.draw_weights(1)[:, 0])
    vectors = [setting.draw(1)[:, 0] for _ in range(order)]
    tangents = [domain.unpack(vector) for vector in vectors]
    # both chains contract with the same vectors, so that their derivatives can be compared
    forward, reverse = call, gradient(call, w)
    for tangent in tangents[: order - 2]:
        forward, reverse = directional(forward, tangent), gradient(reverse, tangent)
    inner = tangents[order - 2]
    forward = directional(forward, inner)
    if "forward" in setting.modes:
        claims = {_nest("forward", "forward", order): directional(forward, tangents[order - 1])}
        _check(setting, order, forward, codomain, False, vectors[order - 1], claims)
    if "reverse" in setting.modes:
        claims = {_nest("reverse", "reverse", order): gradient(reverse, inner)}
        if "forward" in setting.modes:
            claims[_nest("forward", "reverse", order)] = directional(reverse, inner)
            claims[_nest("reverse", "forward", order)] = gradient(forward, w)
        _check(setting, order, reverse, domain, True, vectors[order - 2], claims)
        _symmetry(setting, order, reverse, vectors[order - 2], vectors[order - 1])


def _nest(outer: str, inner: str, order: int) -> str:
    return " over ".join([outer, *[inner] * (order - 1)])


def _check(
    setting: Setting, order: int, below: FlatFunction, space: Space, dual: bool, direction: Vector,
    claims: dict[str, FlatFunction],
) -> None:  # fmt: skip
    """Differences of one derivative along a direction, against what all nestings of modes claim."""
    probe = Probe(
        setting.evaluator(below, space, dual), setting.point, setting.draw(1)[:, 0], setting.subject.rounding
    )
    expected = Differences.measure(probe, direction[:, None])

    def labels(row: int, column: int) -> tuple[str, str, float]:
        place = space.describe(row)
        what = f"the derivative of order {order - 1} in {place}" if dual else f"the derivative of {place}"
        return "all arguments together, along a random direction", what, 1.0

    for mode, function in claims.items():
        compute = setting.evaluator(function, space, dual, forgiving=False)

        def claim(point: Vector, directions: Matrix, compute: object = compute) -> Matrix:
            # the direction is built into the nested derivative
            return compute(point)[:, None]  # type: ignore[operator, no-any-return]

        setting.checks.append(setting.compare(order, mode, claim, direction[:, None], expected, labels))


def _symmetry(setting: Setting, order: int, below: FlatFunction, u: Vector, v: Vector) -> None:
    """U'Hv = v'Hu, where H differentiates the gradient, or its derivatives along fixed directions."""
    both = "forward" in setting.modes
    along = directional if both else gradient
    pack, unpack = setting.domain.pack_cotangent, setting.domain.unpack

    def sides(point: Vector) -> tuple[Vector, Vector]:
        leaves = unpack(point)
        return pack(along(below, unpack(u))(leaves)) * v, pack(along(below, unpack(v))(leaves)) * u

    setting.agreement("symmetry", order, "forward over reverse" if both else "reverse over reverse", sides)
