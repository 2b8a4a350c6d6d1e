"""Wengert, eager: the user's NumPy function as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.case import Case, Function
from benchmarks.contestant import Differentiator

__all__ = ["Wengert"]


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


def _argnums(arguments: tuple[int, ...]) -> Any:
    return arguments if len(arguments) > 1 else arguments[0]
