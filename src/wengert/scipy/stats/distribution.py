"""A distribution of `scipy.stats` whose densities and probabilities take traced values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.primitives.arithmetic import log, select
from wengert.primitives.elementwise import exp, log1p
from wengert.scipy.mirror import refuse_traced, traced
from wengert.scipy.special.declare import floating, guarded
from wengert.scipy.stats.standard import Standard

__all__ = ["Continuous", "Discrete"]


class Distribution:
    """What continuous and discrete distributions share: the reading of arguments, and what is beyond an end."""

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

    def __call__(self, *args: Any, **options: Any) -> Any:
        """A frozen distribution of SciPy's, for plain parameters."""
        return refuse_traced(f"scipy.stats.{self.name}(...) with frozen parameters", self._plain)(*args, **options)

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


class Continuous(Distribution):
    """A family of densities with a location and a scale, differentiable in the variable and all parameters.

    Outside of the support the log-density is -inf, and all derivatives are zero.
    """

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
