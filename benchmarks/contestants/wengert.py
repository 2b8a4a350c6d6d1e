"""Wengert: the user's NumPy function as it is; eager, in plain IEEE arithmetic, and compiled."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
from collections.abc import Mapping
from contextvars import copy_context
from typing import Any

from benchmarks.case import Case, Function, Quantity
from benchmarks.contestant import Differentiator

__all__ = ["FunctionJit", "Wengert", "WengertIEEE", "WengertJit", "WengertJitOnDisk"]


class Wengert(Differentiator):
    """``wg.grad`` and its siblings."""

    name = "wengert"
    package = "wengert"

    def available(self) -> bool:
        """Whether the package is there and can differentiate."""
        return super().available() and hasattr(self.module(), "grad")

    def programs(self, case: Case) -> Mapping[str, Function]:
        """Unmodified."""
        return {"": case.function}

    def gradient(self, function: Function, arguments: tuple[int, ...]) -> Function:
        """``wg.grad``."""
        return self._finish(self.module().grad(function, argnums=_argnums(arguments)))

    def value_and_gradient(self, function: Function, arguments: tuple[int, ...]) -> Function:
        """``wg.value_and_grad``."""
        return self._finish(self.module().value_and_grad(function, argnums=_argnums(arguments)))

    def jacobians(self, function: Function, argument: int) -> Mapping[str, Function]:
        """``wg.jacobian``."""
        return {"": self._finish(self.module().jacobian(function, argnums=argument))}

    def hessians(self, function: Function, argument: int) -> Mapping[str, Function]:
        """``wg.hessian``."""
        return {"": self._finish(self.module().hessian(function, argnums=argument))}

    def _finish(self, derivative: Function) -> Function:
        return derivative


class WengertIEEE(Wengert):
    """The same in plain floating-point arithmetic, which need not look at a derivative for NaN."""

    name = "wengert-ieee"
    by_invitation = True

    def _finish(self, derivative: Function) -> Function:
        # a copy of the context in which it is in force, so that calls do not pay for entering it
        with self.module().ieee():
            context = copy_context()
        return functools.partial(context.run, derivative)


class WengertJit(Wengert):
    """``wg.jit`` around the same derivatives."""

    name = "wengert-jit"
    on_request = True

    def available(self) -> bool:
        """Whether there is a compiler, and what it needs."""
        installed = super().available() and importlib.util.find_spec("llvmlite") is not None
        return installed and hasattr(self.module(), "jit")

    def forget(self) -> None:
        """``forget`` of its kernels, which recordings of equal programs share, once no thread improves one any more."""
        importlib.import_module("wengert.compiler.improving").settle()
        importlib.import_module("wengert.compiler.sharing").forget()

    def _finish(self, derivative: Function) -> Function:
        compiled: Function = self.module().jit(derivative)
        return compiled


class WengertJitOnDisk(WengertJit):
    """The same with object code kept between processes: what it costs to call for the first time in the second."""

    name = "wengert-jit-disk"
    by_invitation = True

    def available(self) -> bool:
        """Whether the compiler keeps what it has compiled."""
        return super().available() and "cache" in inspect.signature(self.module().jit).parameters

    def _finish(self, derivative: Function) -> Function:
        compiled: Function = self.module().jit(derivative, cache=True)
        return compiled


class FunctionJit(WengertJit):
    """The function itself, compiled: what "gradient over function, both compiled" divides by."""

    name = "function-jit"
    checked = False

    def build(self, case: Case, inputs: tuple[Any, ...]) -> Mapping[str, Function]:
        """``wg.jit`` around the function."""
        function = self._finish(case.function)
        if case.quantity is Quantity.MANY_GRADIENTS:
            return {"": lambda points: [function(point) for point in points]}
        return {"": function}


def _argnums(arguments: tuple[int, ...]) -> Any:
    return arguments if len(arguments) > 1 else arguments[0]
