"""Black–Scholes Greeks: element-wise arithmetic with an exponential, a logarithm and error functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from benchmarks.case import Case, Quantity

__all__ = ["CASES"]

ROOT_HALF = math.sqrt(0.5)
DENSITY = 1.0 / math.sqrt(2.0 * math.pi)


def portfolio(spot: Any, strike: Any, time: Any, rate: Any, volatility: Any) -> Any:
    """The value of all European calls together, so that its gradient holds the Greeks of each."""
    spread = volatility * np.sqrt(time)
    above = (np.log(spot / strike) + (rate + 0.5 * volatility**2) * time) / spread
    below = above - spread
    return np.sum(spot * normal(above) - strike * np.exp(-rate * time) * normal(below))


def normal(x: Any) -> Any:
    """The normal distribution function."""
    return 0.5 * (1.0 + special.erf(ROOT_HALF * x))


def greeks(
    spot: np.ndarray, strike: np.ndarray, time: np.ndarray, rate: np.ndarray, volatility: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Delta, minus theta, rho and vega, which share the density and the discounted strike."""
    root = np.sqrt(time)
    spread = volatility * root
    above = np.log(spot / strike)
    above += (rate + 0.5 * volatility**2) * time
    above /= spread
    delta, exercised = normal(above), normal(above - spread)
    above *= above
    above *= -0.5
    weight = np.exp(above)
    weight *= spot
    weight *= DENSITY
    discounted = np.exp(-rate * time)
    discounted *= strike
    discounted *= exercised
    vega = weight * root
    theta = vega * volatility
    theta /= 2.0 * time
    theta += rate * discounted
    discounted *= time
    return delta, theta, discounted, vega


def options(n: int) -> tuple[np.ndarray, ...]:
    """Spot, strike, years to expiry, interest rate and volatility of each option."""
    rng = np.random.default_rng(11)
    ranges = ((50.0, 150.0), (50.0, 150.0), (0.1, 3.0), (0.0, 0.08), (0.1, 0.6))
    return tuple(rng.uniform(low, high, n) for low, high in ranges)


CASES = (
    Case(
        name="black-scholes-1000000",
        title="Black–Scholes, four Greeks of 10⁶ options",
        quantity=Quantity.GRADIENT,
        function=portfolio,
        inputs=options,
        derivative=greeks,
        sizes={"n": 10**6},
        small_sizes={"n": 7},
        arguments=(0, 2, 3, 4),
        # an exponential counts 15, a logarithm and an error function 20, a root or a division 5
        flops=lambda n: 120.0 * n,
    ),
)
