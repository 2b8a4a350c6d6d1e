"""Wengert, eager: the user's NumPy function as it is; with zeros that annihilate infinities, and without."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from contextvars import copy_context
from typing import Any

from benchmarks.case import Case, Function
from benchmarks.contestant import Differentiator

__all__ = ["Wengert", "WengertIEEE"]


class Wengert(Differentiator):
    """``wg.grad`` and its siblings."""

    name = "wengert"
    package = "wengert"

    def available(self) -> bool:
        """Whether the package is there and can differentiate."""
        return super().available() and hasattr(self.module(), "grad")

    def program(self, case: Case) -> Function:
        """Unmodified."""
        return case.function

    def gradient(self, function: Function, arguments: tuple[int, ...]) -> Function:
        """``wg.grad``."""
        gradient: Function = self.module().grad(function, argnums=_argnums(arguments))
        return gradient

    def value_and_gradient(self, function: Function, arguments: tuple[int, ...]) -> Function:
        """``wg.value_and_grad``."""
        both: Function = self.module().value_and_grad(function, argnums=_argnums(arguments))
        return both

    def hessians(self, function: Function, argument: int) -> Mapping[str, Function]:
        """``wg.hessian``."""
        return {"": self.module().hessian(function, argnums=argument)}


class WengertIEEE(Wengert):
    """The same in plain floating-point arithmetic, which need not look at a derivative for NaN."""

    name = "wengert-ieee"
    by_invitation = True

    def gradient(self, function: Function, arguments: tuple[int, ...]) -> Function:
        """``wg.grad`` under ``wg.ieee``."""
        return self._in_context(super().gradient(function, arguments))

    def value_and_gradient(self, function: Function, arguments: tuple[int, ...]) -> Function:
        """``wg.value_and_grad`` under ``wg.ieee``."""
        return self._in_context(super().value_and_gradient(function, arguments))

    def _in_context(self, derivative: Function) -> Function:
        # a copy of the context in which it is in force, so that calls do not pay for entering it
        with self.module().ieee():
            context = copy_context()
        return functools.partial(context.run, derivative)


def _argnums(arguments: tuple[int, ...]) -> Any:
    return arguments if len(arguments) > 1 else arguments[0]
