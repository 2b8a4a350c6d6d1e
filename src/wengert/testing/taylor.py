"""Taylor remainders: with right derivatives up to order k they fall like the step to the power k + 1."""

from __future__ import annotations

import math
from dataclasses import replace
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
OPEN: Final = "inconclusive: the function is not smooth along the random direction, as far as differences tell"


def taylor(setting: Setting, order: int) -> None:
    """Run the test of a random combination of the results along a random direction, in every mode by itself."""
    v, w = setting.draw(1)[:, 0], setting.draw_weights(1)[:, 0]
    plain = Probe(lambda x: setting.subject.value(x) @ w[:, None], setting.point, v, setting.subject.noise_unit)
    for mode in dict.fromkeys(setting.modes):
        terms = [_term(setting, mode, each, v, w) for each in range(1, order + 1)]
        values = [float(term(setting.point)[0]) for term in terms]
        below = plain if order == 1 else Probe(terms[-2], setting.point, v, setting.subject.rounding)
        lowest = Differences.measure(below, v[:, None])
        check = _judge(plain, v, order, mode, values, setting.subject.rounding)
        if np.any(lowest.kinked) or (check.outcome != "passed" and np.any(lowest.undecided)):
            check = replace(check, outcome="inconclusive", undecided=1, detail=OPEN)
        setting.checks.append(check)


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


def _judge(probe: Probe, v: Vector, order: int, mode: str, values: list[float], unit: float) -> Check:
    steps = FIRST_STEP * RATIO ** -np.arange(LEVELS)
    series = [value * steps**power / math.factorial(power) for power, value in enumerate(values, start=1)]
    reached = np.array([probe.evaluate(probe.point + step * v)[0] for step in steps])
    remainder = np.abs(reached - probe.centre[0] - sum(series))
    noise = 4 * (probe.noise[0] + probe.unit * probe.size + probe.shift(v) * abs(values[0]))
    noise = noise + ROUNDING * unit * sum(np.abs(part) for part in series)
    seen = np.nonzero(np.isfinite(remainder) & (remainder > 8 * noise))[0][-3:]
    name = "Taylor remainder slope"
    if not np.all(np.isfinite(values)) or not np.any(np.isfinite(remainder)):
        return Check(name, order, mode, "failed", math.inf, SLACK, detail=f"the derivatives are {values}")
    if seen.size < 3:
        # all there is to see is rounding
        return Check(name, order, mode, "passed", 0.0, SLACK)
    slope = float(np.polyfit(np.log(steps[seen]), np.log(remainder[seen]), 1)[0])
    last = int(seen[-1])
    if last + 1 < LEVELS and np.isfinite(remainder[last + 1]):
        # below a kink or a jump that the larger steps reach over, the remainder drops all at once
        drop = remainder[last] / max(remainder[last + 1], 8 * noise[last + 1])
        slope = max(slope, math.log(drop, RATIO))
    missing = max(order + 1 - slope, 0.0)
    if missing < SLACK:
        return Check(name, order, mode, "passed", missing, SLACK)
    detail = (
        f"the remainder after {order} term{'s' * (order > 1)} falls like h^{slope:.2f} down to "
        f"{remainder[last]:.1e} at h = {steps[last]:.1e}, and should like h^{order + 1}"
    )
    return Check(name, order, mode, "failed", missing, SLACK, detail=detail)
