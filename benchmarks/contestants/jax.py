"""JAX on the CPU in float64: the same source with ``np`` bound to ``jax.numpy``, eager and compiled."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from benchmarks.case import Case, Function
from benchmarks.contestant import Differentiator, arrays_out

__all__ = ["Jax", "JaxJit"]


class Jax(Differentiator):
    """``jax.grad`` and its siblings, operation by operation."""

    name = "jax"
    package = "jax"
    reports_to_tracemalloc = False

    def get_ready(self) -> None:
        """float64 like everyone else, and the CPU even where a GPU is to be had."""
        self.module().config.update("jax_enable_x64", True)
        self.module().config.update("jax_platforms", "cpu")
        importlib.import_module("jax.scipy.special")

    def programs(self, case: Case) -> Mapping[str, Function]:
        """The function under JAX's NumPy."""
        special = importlib.import_module("jax.scipy.special")
        return case.programs("jax", importlib.import_module("jax.numpy"), special)

    def gradient(self, function: Function, arguments: tuple[int, ...]) -> Function:
        """``jax.grad``."""
        return self._finish(self.module().grad(function, argnums=_argnums(arguments)))

    def value_and_gradient(self, function: Function, arguments: tuple[int, ...]) -> Function:
        """``jax.value_and_grad``."""
        return self._finish(self.module().value_and_grad(function, argnums=_argnums(arguments)))

    def jacobians(self, function: Function, argument: int) -> Mapping[str, Function]:
        """Column by column and row by row."""
        jax = self.module()
        ways = {"jacfwd": jax.jacfwd, "jacrev": jax.jacrev}
        return {name: self._finish(way(function, argnums=argument)) for name, way in ways.items()}

    def hessians(self, function: Function, argument: int) -> Mapping[str, Function]:
        """``jax.hessian``: forward over reverse."""
        return {"": self._finish(self.module().hessian(function, argnums=argument))}

    def _finish(self, derivative: Function) -> Function:
        return lambda *inputs: arrays_out(derivative(*inputs))


class JaxJit(Jax):
    """The same compiled by XLA; its first call traces and compiles."""

    name = "jax-jit"

    def forget(self) -> None:
        """``jax.clear_caches``."""
        self.module().clear_caches()

    def _finish(self, derivative: Function) -> Function:
        return super()._finish(self.module().jit(derivative))


def _argnums(arguments: tuple[int, ...]) -> Any:
    return arguments if len(arguments) > 1 else arguments[0]
