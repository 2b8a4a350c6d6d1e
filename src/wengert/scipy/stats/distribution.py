"""A distribution of `scipy.stats` whose densities and probabilities take traced values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.primitives.arithmetic import log, select
from wengert.primitives.elementwise import exp, log1p, sqrt
from wengert.scipy.mirror import refusal, refuse_traced, traced
from wengert.scipy.special.declare import floating, guarded
from wengert.scipy.stats.frozen import Frozen
from wengert.scipy.stats.quantities import MOMENTS, QUANTILES
from wengert.scipy.stats.standard import Standard

__all__ = ["Continuous", "Discrete"]


class Distribution:
    """What continuous and discrete distributions share: the reading of arguments, and what is beyond an end."""

    # of a point or a probability, and of the parameters alone
    methods_at: tuple[str, ...] = ()
    summaries: tuple[str, ...] = ("mean", "var", "std", "entropy")

    def __init__(self, name: str, scipy_distribution: Any, standard: Standard) -> None:
        self.name = name
        self._plain = scipy_distribution
        self._standard = standard
        self.__doc__ = f"`scipy.stats.{name}`, with derivatives."

    def __repr__(self) -> str:
        return f"<wengert.scipy.stats.{self.name}>"

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._plain, name)
        return refuse_traced(f"scipy.stats.{self.name}.{name}", found) if callable(found) else found

    def __call__(self, *args: Any, **named: Any) -> Frozen:
        """The distribution with these parameters, traced or not."""
        return Frozen(self, self._plain, args, named)

    freeze = __call__

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that take traced values."""
        return (*self.methods_at, *self.summaries)

    def _arguments(self, args: tuple[Any, ...], named: dict[str, Any], last: tuple[str, ...]) -> list[Any]:
        names = (*self._standard.shapes, *last)
        given = dict(zip(names, args, strict=False))
        if len(args) > len(names) or set(named) - set(names) or set(named) & set(given):
            raise TypeError(f"scipy.stats.{self.name} takes the parameters {', '.join(names)}; received others")
        given.update(named)
        missing = [name for name in self._standard.shapes if name not in given]
        if missing:
            raise TypeError(f"scipy.stats.{self.name} needs its shape parameters {', '.join(missing)}")
        given = {"loc": 0.0, "scale": 1.0, **given}
        return [floating(given[name]) for name in names]

    def _ends(self, shapes: list[Any]) -> tuple[Any, Any]:
        low, high = self._standard.support
        return (low(*shapes) if callable(low) else low), (high(*shapes) if callable(high) else high)

    def _within(self, y: Any, shapes: list[Any], formula: Callable[..., Any], below: float, above: float,
                closed: tuple[bool, bool] = (True, True)) -> Any:  # fmt: skip
        """The formula inside of the support, constants beyond its ends."""
        low, high = self._ends(shapes)
        inside = ((y >= low) if closed[0] else (y > low)) & ((y <= high) if closed[1] else (y < high))
        safe = select(inside, y, self._inner(low, high))
        outside = select(y < high if not closed[1] else y <= low, below, above)
        return select(inside, formula(safe, *shapes), select(y == y, outside, np.nan))

    def _inner(self, low: Any, high: Any) -> Any:
        """A constant point of the support, at which no formula does harm."""
        return self._standard.inside if not traced(low, high) else 0.5 * (low + high)

    def _probability(self, y: Any, shapes: list[Any], name: str) -> Any:
        standard = self._standard
        upper = name.endswith("sf")
        known = getattr(standard, name)
        plain = standard.sf if upper else standard.cdf
        if name.startswith("log"):
            formula = known or self._log_of(upper)
            ends = (0.0, -np.inf) if upper else (-np.inf, 0.0)
        else:
            formula = plain or (lambda y, *shapes: 1 - standard.cdf(y, *shapes))
            ends = (1.0, 0.0) if upper else (0.0, 1.0)
        return self._edges(y, shapes, formula, ends)

    def _log_of(self, upper: bool) -> Callable[..., Any]:
        """The log of a probability, from its complement where it is nearly one."""
        sf = self._standard.sf or (lambda y, *shapes: 1 - self._standard.cdf(y, *shapes))
        this, other = (sf, self._standard.cdf) if upper else (self._standard.cdf, sf)

        def formula(y: Any, *shapes: Any) -> Any:
            p, q = this(y, *shapes), other(y, *shapes)
            return select(p > 0.5, log1p(-guarded(p > 0.5, q, 0.0)), log(guarded(p <= 0.5, p, 1.0)))

        return formula

    def _edges(self, y: Any, shapes: list[Any], formula: Callable[..., Any], ends: tuple[float, float]) -> Any:
        raise NotImplementedError

    def _probability_at(self, x: Any, args: tuple[Any, ...], named: dict[str, Any], name: str) -> Any:
        raise NotImplementedError

    def cdf(self, x: Any, *args: Any, **named: Any) -> Any:
        """The probability of values up to x."""
        return self._dispatch("cdf", x, args, named)

    def sf(self, x: Any, *args: Any, **named: Any) -> Any:
        """The probability of values beyond x."""
        return self._dispatch("sf", x, args, named)

    def logcdf(self, x: Any, *args: Any, **named: Any) -> Any:
        """The log of `cdf`."""
        return self._dispatch("logcdf", x, args, named)

    def logsf(self, x: Any, *args: Any, **named: Any) -> Any:
        """The log of `sf`."""
        return self._dispatch("logsf", x, args, named)

    def _dispatch(self, name: str, x: Any, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if not traced(x, *args, *named.values()):
            return getattr(self._plain, name)(x, *args, **named)
        return self._probability_at(x, args, named, name)

    def _summary(self, method: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if not traced(*args, *named.values()):
            return getattr(self._plain, method)(*args, **named)
        return self._summary_of(method, *self._with_scale(args, named))

    def _with_scale(self, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[list[Any], Any, Any]:
        """The shapes, the location and the scale, which is None for distributions of whole numbers."""
        raise NotImplementedError

    def _summary_of(self, method: str, shapes: list[Any], loc: Any, scale: Any) -> Any:
        mean, var, entropy = MOMENTS[self.name]
        beside = 0.0 * loc if scale is None else 0.0 * loc + 0.0 * scale
        factor = 1.0 if scale is None else scale
        if method == "mean":
            return loc + factor * mean(*shapes)
        if method == "var":
            return beside + factor * factor * var(*shapes)
        if method == "std":
            return beside + factor * sqrt(floating(var(*shapes)))
        if entropy is None:
            raise refusal(
                f"scipy.stats.{self.name}.entropy", "for traced parameters: it is a sum without a closed form"
            )
        return beside + entropy(*shapes) + (0.0 if scale is None else log(scale))

    def mean(self, *args: Any, **named: Any) -> Any:
        """The expectation."""
        return self._summary("mean", args, named)

    def var(self, *args: Any, **named: Any) -> Any:
        """The variance."""
        return self._summary("var", args, named)

    def std(self, *args: Any, **named: Any) -> Any:
        """The standard deviation."""
        return self._summary("std", args, named)

    def entropy(self, *args: Any, **named: Any) -> Any:
        """The entropy; for a density that of the logarithm to base e."""
        return self._summary("entropy", args, named)


class Continuous(Distribution):
    """A family of densities with a location and a scale, differentiable in the variable and all parameters.

    Outside of the support the log-density is -inf, and all derivatives are zero.
    """

    methods_at = ("logpdf", "pdf", "cdf", "sf", "logcdf", "logsf", "ppf", "isf")
    summaries = ("mean", "var", "std", "entropy", "median")

    def _with_scale(self, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[list[Any], Any, Any]:
        *shapes, loc, scale = self._arguments(args, named, ("loc", "scale"))
        return shapes, loc, select(scale > 0, scale, np.nan)

    def ppf(self, q: Any, *args: Any, **named: Any) -> Any:
        """The quantile: the point with the probability q below it; NaN unless 0 <= q <= 1."""
        return self._quantile("ppf", q, args, named)

    def isf(self, q: Any, *args: Any, **named: Any) -> Any:
        """The point with the probability q above it."""
        return self._quantile("isf", q, args, named)

    def median(self, *args: Any, **named: Any) -> Any:
        """The point with half of the probability on either side."""
        return self.ppf(0.5, *args, **named)

    def _quantile(self, name: str, q: Any, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if not traced(q, *args, *named.values()):
            return getattr(self._plain, name)(q, *args, **named)
        shapes, loc, scale = self._with_scale(args, named)
        q = floating(q)
        inside = (q >= 0) & (q <= 1)
        formula = QUANTILES[self.name][name == "isf"]
        return select(inside, loc + scale * formula(guarded(inside, q, 0.5), *shapes), np.nan)

    def _standardised(self, x: Any, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, list[Any], Any]:
        *shapes, loc, scale = self._arguments(args, named, ("loc", "scale"))
        scale = select(scale > 0, scale, np.nan)
        return (floating(x) - loc) / scale, shapes, scale

    def logpdf(self, x: Any, *args: Any, **named: Any) -> Any:
        """The log of the density."""
        if not traced(x, *args, *named.values()):
            return self._plain.logpdf(x, *args, **named)
        y, shapes, scale = self._standardised(x, args, named)
        return self._within(y, shapes, self._standard.logpdf, -np.inf, -np.inf) - log(scale)

    def pdf(self, x: Any, *args: Any, **named: Any) -> Any:
        """The density."""
        if not traced(x, *args, *named.values()):
            return self._plain.pdf(x, *args, **named)
        return exp(self.logpdf(x, *args, **named))

    def _edges(self, y: Any, shapes: list[Any], formula: Callable[..., Any], ends: tuple[float, float]) -> Any:
        return self._within(y, shapes, formula, *ends, closed=(False, False))

    def _probability_at(self, x: Any, args: tuple[Any, ...], named: dict[str, Any], name: str) -> Any:
        y, shapes, _ = self._standardised(x, args, named)
        return self._probability(y, shapes, name)


class Discrete(Distribution):
    """A family of probabilities of whole numbers, differentiable in its continuous parameters.

    Between whole numbers, and outside of the support, the probability is zero.
    """

    methods_at = ("logpmf", "pmf", "cdf", "sf", "logcdf", "logsf")

    def _with_scale(self, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[list[Any], Any, Any]:
        *shapes, loc = self._arguments(args, named, ("loc",))
        return shapes, loc, None

    def ppf(self, q: Any, *args: Any, **named: Any) -> Any:
        """The quantile, which takes steps: refused for traced values."""
        return self._stepwise("ppf", q, args, named)

    def isf(self, q: Any, *args: Any, **named: Any) -> Any:
        """The quantile from above, which takes steps: refused for traced values."""
        return self._stepwise("isf", q, args, named)

    def median(self, *args: Any, **named: Any) -> Any:
        """The median, which takes steps: refused for traced values."""
        return self._stepwise("ppf", 0.5, args, named)

    def _stepwise(self, name: str, q: Any, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if traced(q, *args, *named.values()):
            raise refusal(
                f"scipy.stats.{self.name}.{name}",
                "for traced values: it goes in steps. wengert.stop_gradient makes it a constant.",
            )
        return getattr(self._plain, name)(q, *args, **named)

    def logpmf(self, k: Any, *args: Any, **named: Any) -> Any:
        """The log of the probability."""
        if not traced(k, *args, *named.values()):
            return self._plain.logpmf(k, *args, **named)
        *shapes, loc = self._arguments(args, named, ("loc",))
        count = floating(k) - loc
        whole = count == np.floor(count)
        found = self._within(
            guarded(whole, count, self._standard.inside), shapes, self._standard.logpdf, -np.inf, -np.inf
        )
        return select(whole, found, -np.inf)

    def pmf(self, k: Any, *args: Any, **named: Any) -> Any:
        """The probability."""
        if not traced(k, *args, *named.values()):
            return self._plain.pmf(k, *args, **named)
        return exp(self.logpmf(k, *args, **named))

    def _edges(self, y: Any, shapes: list[Any], formula: Callable[..., Any], ends: tuple[float, float]) -> Any:
        return self._within(y, shapes, formula, *ends, closed=(True, False))

    def _probability_at(self, x: Any, args: tuple[Any, ...], named: dict[str, Any], name: str) -> Any:
        *shapes, loc = self._arguments(args, named, ("loc",))
        return self._probability(np.floor(floating(x) - loc), shapes, name)
