"""Taylor remainders: with right derivatives up to order k they fall like the step to the power k + 1."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from wengert.testing.comparison import ROUNDING, Differences
from wengert.testing.differences import FIRST_STEP, Evaluate, Probe
from wengert.testing.report import Check
from wengert.testing.setting import Setting
from wengert.testing.space import Vector
from wengert.testing.sweeps import FlatFunction, directional, gradient

__all__ = ["taylor"]

LEVELS: Final = 13
RATIO: Final = 4.0
# a wrong term makes the slope an integer too small: halfway is where right and wrong part
SLACK: Final = 0.5


def taylor(setting: Setting, order: int) -> None:
    """Run the test of a random combination of the results along a random direction, in every mode by itself."""
    v, w = setting.draw(1)[:, 0], setting.draw_weights(1)[:, 0]
    plain = Probe(
        lambda x: setting.subject.value(x) @ w[:, None], setting.point, v, setting.subject.noise_unit
    )
    for mode in dict.fromkeys(setting.modes):
        terms = [_term(setting, mode, each, v, w) for each in range(1, order + 1)]
        values = [float(term(setting.point)[0]) for term in terms]
        below = plain if order == 1 else Probe(terms[-2], setting.point, v, setting.subject.rounding)
        smooth = not np.any(Differences.measure(below, v[:, None]).undecided)
        setting.checks.append(_judge(plain, v, order, mode, values, smooth, setting.subject.rounding))


def _term(setting: Setting, mode: str, order: int, v: Vector, w: Vector) -> Evaluate:
    """The derivative of an order along v, of the results weighted by w, as a function of the point."""
    tangent, dual = setting.domain.unpack(v), mode == "reverse"
    function: FlatFunction = setting.subject.call
    for each in range(order):
        if not dual:
            function = directional(function, tangent)
        else:
            function = gradient(function, tangent if each else setting.codomain.unpack_cotangent(w))
    evaluate = setting.evaluator(function, setting.domain if dual else setting.codomain, dual)
    weights = v if dual else w
    return lambda point: evaluate(point) @ weights[:, None]


def _judge(
    probe: Probe, v: Vector, order: int, mode: str, values: list[float], smooth: bool, unit: float
) -> Check:  # fmt: skip
    steps = FIRST_STEP * RATIO ** -np.arange(LEVELS)
    series = [value * steps**power / math.factorial(power) for power, value in enumerate(values, start=1)]
    reached = np.array([probe.evaluate(probe.point + step * v)[0] for step in steps])
    remainder = np.abs(reached - probe.centre[0] - sum(series))
    noise = 4 * (probe.noise[0] + probe.unit * probe.size)
    noise = noise + ROUNDING * unit * sum(np.abs(part) for part in series)
    seen = np.nonzero(np.isfinite(remainder) & (remainder > 8 * noise))[0][-3:]
    name, what = "Taylor remainder slope", mode
    if not smooth or (not np.all(np.isfinite(values)) and not np.any(np.isfinite(remainder))):
        return Check(name, order, what, "inconclusive", math.nan, math.nan, undecided=1,
                     detail="inconclusive: the function is not smooth, or not finite, along the random direction")  # fmt: skip
    if not np.all(np.isfinite(values)):
        return Check(name, order, what, "failed", math.inf, 0.0, detail=f"the derivatives are {values}")
    if seen.size < 3:
        # all there is to see is rounding
        return Check(name, order, what, "passed", 0.0, SLACK)
    slope = float(np.polyfit(np.log(steps[seen]), np.log(remainder[seen]), 1)[0])
    missing = max(order + 1 - slope, 0.0)
    if missing < SLACK:
        return Check(name, order, what, "passed", missing, SLACK)
    detail = (
        f"the remainder after {order} term{'s' * (order > 1)} falls like h^{slope:.2f} down to "
        f"{remainder[seen[-1]]:.1e} at h = {steps[seen[-1]]:.1e}, and should like h^{order + 1}"
    )
    return Check(name, order, what, "failed", missing, SLACK, detail=detail)
