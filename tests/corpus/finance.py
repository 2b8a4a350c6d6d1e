"""Prices, curves and risk."""

from functools import reduce
from math import erf, exp, log, sqrt

import numpy as np
from scipy.special import ndtr


def norm_cdf(x: float) -> float:
    return 0.5 * (1.0 + erf(x / sqrt(2.0)))


def black_scholes(S, K, T, r, sigma, kind="call"):
    d1 = (log(S / K) + (r + 0.5 * sigma**2) * T) / (sigma * sqrt(T))
    d2 = d1 - sigma * sqrt(T)
    if kind == "call":
        return S * norm_cdf(d1) - K * exp(-r * T) * norm_cdf(d2)
    return K * exp(-r * T) * norm_cdf(-d2) - S * norm_cdf(-d1)


def option_chain(params, strikes=np.array([80.0, 100.0, 115.0])):
    S, r, sigma = params
    prices = []
    for K in strikes:
        prices.append(black_scholes(S, K, 0.75, r=r, sigma=sigma))
    return np.array(prices)


def vectorised_prices(S, vol):
    pricer = np.vectorize(lambda s, k: black_scholes(s, k, 1.0, 0.02, vol))
    return pricer(S, 95.0)


def implied_volatility(price, S=100.0, K=105.0, T=0.5, r=0.01):
    """Newton's method on the price."""
    sigma = 0.3
    for _ in range(50):
        d1 = (log(S / K) + (r + 0.5 * sigma**2) * T) / (sigma * sqrt(T))
        vega = S * sqrt(T) * exp(-0.5 * d1**2) / sqrt(2 * np.pi)
        step = (black_scholes(S, K, T, r, sigma) - price) / vega
        sigma -= step
        if abs(step) < 1e-12:
            return sigma
    raise RuntimeError("no convergence")


def binomial_tree(S0, sigma, K=100.0, r=0.03, T=1.0, n=5, american=True):
    dt = T / n
    u = np.exp(sigma * np.sqrt(dt))
    d = 1 / u
    p = (np.exp(r * dt) - d) / (u - d)
    prices = S0 * u ** np.arange(n, -n - 1, -2)
    values = np.maximum(K - prices, 0)
    for step in range(n - 1, -1, -1):
        values[: step + 1] = np.exp(-r * dt) * (p * values[: step + 1] + (1 - p) * values[1 : step + 2])
        if american:
            spot = S0 * u ** np.arange(step, -step - 1, -2)
            values[: step + 1] = np.maximum(values[: step + 1], K - spot)
    return values[0]


def heston_call(params, noise, S0=1.0, K=1.05, r=0.01, T=0.5):
    """Monte Carlo over fixed normal numbers, with the variance reflected at zero."""
    v0, kappa, theta, xi, rho = params
    n_paths, n_steps, _ = noise.shape
    dt = T / n_steps
    log_S = np.full(n_paths, np.log(S0))
    v = np.zeros(n_paths)
    v[:] = v0
    for t in range(n_steps):
        z1 = noise[:, t, 0]
        z2 = rho * z1 + np.sqrt(1 - rho**2) * noise[:, t, 1]
        vol = np.sqrt(np.abs(v))
        log_S += (r - 0.5 * v) * dt + vol * np.sqrt(dt) * z1
        v += kappa * (theta - v) * dt + xi * vol * np.sqrt(dt) * z2
    payoff = np.exp(log_S) - K
    payoff[payoff < 0] = 0.0
    return np.exp(-r * T) * payoff.mean()


def bootstrap_curve(swap_rates):
    """Discount factors from par swap rates, one after the other."""
    factors = np.zeros(len(swap_rates))
    for i, s in enumerate(swap_rates):
        annuity = factors[:i].sum()
        factors[i] = (1 - s * annuity) / (1 + s)
    return factors


def bond_price(face, coupon, yields):
    cashflows = [coupon * face] * (len(yields) - 1) + [(1 + coupon) * face]
    return sum(c / (1 + y) ** (t + 1) for t, (c, y) in enumerate(zip(cashflows, yields)))


def bond_yield(price, coupon=0.05, periods=4):
    """Bisection first, Newton after."""
    f = lambda y: sum(coupon / (1 + y) ** t for t in range(1, periods + 1)) + 1 / (1 + y) ** periods - price
    lo, hi = 0.0, 1.0
    while hi - lo > 1e-2:
        mid = 0.5 * (lo + hi)
        if f(mid) > 0:
            lo = mid
        else:
            hi = mid
    y = 0.5 * (lo + hi)
    for _ in range(6):
        slope = -sum(t * coupon / (1 + y) ** (t + 1) for t in range(1, periods + 1))
        slope -= periods / (1 + y) ** (periods + 1)
        y = y - f(y) / slope
    return y


def nelson_siegel(params, maturities):
    b0, b1, b2, tau = params
    t = np.atleast_1d(maturities) / tau
    loading = (1 - np.exp(-t)) / t
    return b0 + b1 * loading + b2 * (loading - np.exp(-t))


def risk_parity(w, cov):
    w = w / w.sum()
    sigma = np.sqrt(w @ cov @ w)
    contributions = w * cov.dot(w) / sigma
    return np.sum((contributions[:, None] - contributions[None, :]) ** 2)


def portfolio_cvar(w, scenarios, alpha=0.75):
    losses = -(scenarios @ w)
    ordered = np.sort(losses)
    k = int(np.ceil(alpha * len(losses)))
    return ordered[k:].mean() + 0.1 * max(losses)


def compound(rates):
    wealth = reduce(lambda acc, r: acc * (1 + r), rates, 1.0)
    return wealth ** (1 / len(rates)) - 1


def drawdown(returns):
    """The largest fall below the running maximum."""
    wealth = np.cumprod(1 + np.asarray(returns))
    peak = wealth[0]
    worst = 0.0
    for w in wealth:
        peak = max(peak, w)
        worst = max(worst, 1 - w / peak)
    return worst


def merton_credit(V, sigma, D=80.0, T=2.0, r=0.03):
    d1 = (np.log(V / D) + (r + sigma**2 / 2) * T) / (sigma * np.sqrt(T))
    d2 = d1 - sigma * np.sqrt(T)
    equity = V * ndtr(d1) - D * np.exp(-r * T) * ndtr(d2)
    spread = -np.log((V - equity) / (D * np.exp(-r * T))) / T
    return equity, spread


covariance = np.array([[0.04, 0.01, 0.0], [0.01, 0.09, 0.02], [0.0, 0.02, 0.16]])
rng = np.random.default_rng(3)

PROGRAMS = {
    "black-scholes": (black_scholes, (100.0, 105.0, 0.5, 0.02, 0.25), {}),
    "black-scholes put": (black_scholes, (100.0, 105.0, 0.5, 0.02, 0.25), {"kind": "put"}),
    "option chain": (option_chain, (np.array([100.0, 0.02, 0.3]),), {}),
    "vectorised prices": (vectorised_prices, (np.array([90.0, 100.0, 110.0]), 0.2), {}),
    "implied volatility": (implied_volatility, (6.5,), {}),
    "binomial tree": (binomial_tree, (101.0, 0.3), {}),
    "heston monte carlo": (
        heston_call,
        (np.array([0.04, 1.5, 0.05, 0.3, -0.6]), rng.normal(size=(12, 4, 2))),
        {"argnums": 0},
    ),
    "curve bootstrapping": (bootstrap_curve, (np.array([0.02, 0.024, 0.027, 0.03]),), {}),
    "bond price": (bond_price, (100.0, 0.05, np.array([0.02, 0.025, 0.03])), {}),
    "bond yield": (bond_yield, (0.97,), {}),
    "nelson-siegel": (nelson_siegel, (np.array([0.04, -0.02, 0.01, 1.8]), np.array([0.5, 1.0, 5.0])), {"argnums": 0}),
    "risk parity": (risk_parity, (np.array([0.5, 0.3, 0.2]), covariance), {"argnums": 0}),
    "conditional value at risk": (portfolio_cvar, (np.array([0.5, 0.3, 0.2]), rng.normal(size=(9, 3))), {"argnums": 0}),
    "compound growth": (compound, (np.array([0.02, -0.01, 0.04, 0.03]),), {}),
    "drawdown": (drawdown, (np.array([0.02, -0.05, 0.01, -0.08, 0.04]),), {}),
    "merton credit": (merton_credit, (100.0, 0.25), {}),
}
