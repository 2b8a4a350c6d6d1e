"""HIPS autograd: the same source with ``np`` bound to ``autograd.numpy``."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from benchmarks.case import Case, Function
from benchmarks.contestant import Differentiator

__all__ = ["Autograd"]


class Autograd(Differentiator):
    """``autograd.grad`` and its siblings."""

    name = "autograd"
    package = "autograd"

    def get_ready(self) -> None:
        """What stands in for NumPy and SciPy."""
        super().get_ready()
        for name in ("autograd.numpy", "autograd.scipy.special"):
            importlib.import_module(name)

    def programs(self, case: Case) -> Mapping[str, Function]:
        """The function under autograd's wrapped NumPy."""
        special = importlib.import_module("autograd.scipy.special")
        return case.programs(self.name, importlib.import_module("autograd.numpy"), special)

    def gradient(self, function: Function, arguments: tuple[int, ...]) -> Function:
        """``autograd.grad``."""
        gradient: Function = self.module().grad(function, _argnum(arguments))
        return gradient

    def value_and_gradient(self, function: Function, arguments: tuple[int, ...]) -> Function:
        """``autograd.value_and_grad``."""
        both: Function = self.module().value_and_grad(function, _argnum(arguments))
        return both

    def jacobians(self, function: Function, argument: int) -> Mapping[str, Function]:
        """``autograd.jacobian``."""
        return {"": self.module().jacobian(function, argument)}

    def hessians(self, function: Function, argument: int) -> Mapping[str, Function]:
        """``autograd.hessian``."""
        return {"": self.module().hessian(function, argument)}


def _argnum(arguments: tuple[int, ...]) -> Any:
    return arguments if len(arguments) > 1 else arguments[0]
