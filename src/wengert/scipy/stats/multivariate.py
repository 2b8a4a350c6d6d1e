"""Distributions of vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.stats

from wengert.primitives.access import cast
from wengert.primitives.arithmetic import log
from wengert.primitives.elementwise import exp
from wengert.scipy.mirror import refusal, refuse_traced, traced
from wengert.scipy.special.declare import floating
from wengert.scipy.special.gamma import gammaln
from wengert.scipy.special.logistic import xlogy
from wengert.scipy.stats.frozen import Frozen
from wengert.scipy.stats.standard import LOG_ROOT_TWO_PI
from wengert.tracing import type_of

__all__ = ["Dirichlet", "Multinomial", "MultivariateNormal"]


class _Vectors:
    """SciPy's distribution, with derivatives of the densities that a subclass gives."""

    name = ""

    def __getattr__(self, name: str) -> Any:
        found = getattr(getattr(scipy.stats, self.name), name)
        return refuse_traced(f"scipy.stats.{self.name}.{name}", found) if callable(found) else found

    methods: tuple[str, ...] = ()

    def __call__(self, *args: Any, **named: Any) -> Frozen:
        """The distribution with these parameters, traced or not."""
        return Frozen(self, getattr(scipy.stats, self.name), args, named)

    @property
    def methods_at(self) -> tuple[str, ...]:
        """The methods that take a point."""
        return self.methods

    def _log(self, *args: Any, **named: Any) -> Any:
        raise NotImplementedError

    def _either(self, method: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if not traced(*args, *named.values()):
            return getattr(getattr(scipy.stats, self.name), method)(*args, **named)
        found = self._log(*args, **named)
        return found if method.startswith("log") else exp(found)


class MultivariateNormal(_Vectors):
    """`scipy.stats.multivariate_normal`; the covariance must be positive definite."""

    name = "multivariate_normal"
    methods = ("logpdf", "pdf")

    def logpdf(self, *args: Any, **named: Any) -> Any:
        """The log of the density of vectors along the last axis."""
        return self._either("logpdf", args, named)

    def pdf(self, *args: Any, **named: Any) -> Any:
        """The density of vectors along the last axis."""
        return self._either("pdf", args, named)

    def _log(self, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
        if allow_singular:
            raise refusal("scipy.stats.multivariate_normal with allow_singular=True", "for traced values")
        x, cov = floating(x), floating(cov)
        deviation = x if mean is None else x - floating(mean)
        size = type_of(cov).shape[0] if type_of(cov).shape else type_of(deviation).shape[-1]
        rank = len(type_of(cov).shape)
        matrix = cov if rank == 2 else cov * np.eye(size)
        shape = type_of(deviation).shape
        if not shape or (size == 1 and shape[-1] != 1):
            deviation = np.reshape(deviation, (*shape, 1))
        shape = type_of(deviation).shape
        factor = np.linalg.cholesky(matrix)
        rows = np.reshape(deviation, (-1, size))
        white = np.linalg.solve(factor, np.transpose(rows))
        squares = np.reshape(np.sum(white * white, axis=0), shape[:-1])
        return -0.5 * squares - np.sum(log(np.diagonal(factor))) - size * LOG_ROOT_TWO_PI


class Dirichlet(_Vectors):
    """`scipy.stats.dirichlet`; the components run along the first axis, and the last one may be left out."""

    name = "dirichlet"
    methods = ("logpdf", "pdf")

    def logpdf(self, *args: Any, **named: Any) -> Any:
        """The log of the density."""
        return self._either("logpdf", args, named)

    def pdf(self, *args: Any, **named: Any) -> Any:
        """The density."""
        return self._either("pdf", args, named)

    def _log(self, x: Any, alpha: Any) -> Any:
        x, alpha = floating(x), floating(alpha)
        if type_of(x).shape[0] == type_of(alpha).shape[0] - 1:
            x = np.concatenate([x, 1 - np.sum(x, axis=0, keepdims=True)], axis=0)
        constant = gammaln(np.sum(alpha)) - np.sum(gammaln(alpha))
        powers = np.reshape(alpha - 1, (-1, *(1,) * (len(type_of(x).shape) - 1)))
        return constant + np.sum(xlogy(powers, x), axis=0)


class Multinomial(_Vectors):
    """`scipy.stats.multinomial`, in the probabilities; the last one is what is left of one, as in SciPy."""

    name = "multinomial"
    methods = ("logpmf", "pmf")

    def logpmf(self, *args: Any, **named: Any) -> Any:
        """The log of the probability of counts along the last axis."""
        return self._either("logpmf", args, named)

    def pmf(self, *args: Any, **named: Any) -> Any:
        """The probability of counts along the last axis."""
        return self._either("pmf", args, named)

    def _log(self, x: Any, n: Any, p: Any) -> Any:
        if traced(x, n):
            raise refusal("scipy.stats.multinomial", "in the counts")
        p = floating(p)
        p = np.concatenate([p[..., :-1], 1 - np.sum(p[..., :-1], axis=-1, keepdims=True)], axis=-1)
        x = cast(np.asarray(x), np.float64)
        constant = gammaln(np.asarray(n, np.float64) + 1) - np.sum(gammaln(x + 1), axis=-1)
        right = np.sum(x, axis=-1) == n
        return np.where(right, constant + np.sum(xlogy(x, p), axis=-1), -np.inf)
