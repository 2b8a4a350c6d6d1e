"""PyTorch in float64, eager and compiled: the same source with ``np`` bound to ``torch``, or a spelling of its own."""

from __future__ import annotations

import importlib
import logging
import shutil
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.case import Case, Function
from benchmarks.contestant import Differentiator
from benchmarks.machine import core_count

__all__ = ["Torch", "TorchCompile"]


class Torch(Differentiator):
    """``torch.autograd``; Hessians by whichever of its ways is the fastest."""

    name = "torch"
    package = "torch"
    reports_to_tracemalloc = False

    def get_ready(self) -> None:
        """As many threads as there are cores, and what it imports lazily imported."""
        self.module().set_num_threads(core_count())
        importlib.import_module("torch.func")

    def programs(self, case: Case) -> Mapping[str, Function]:
        """The function in PyTorch's names."""
        return case.programs("torch", self.module(), self.module().special)

    def gradient(self, function: Function, arguments: tuple[int, ...]) -> Function:
        """``torch.autograd.grad`` of leaves made from the arrays."""
        both = self.value_and_gradient(function, arguments)
        return lambda *inputs: both(*inputs)[1]

    def value_and_gradient(self, function: Function, arguments: tuple[int, ...]) -> Function:
        """The same together with the value."""
        to_tensor, gradient_of = self._conversion(), self.module().autograd.grad

        def both(*inputs: Any) -> Any:
            tensors = [to_tensor(value) for value in inputs]
            leaves = [tensors[k].requires_grad_() for k in arguments]
            value = function(*tensors)
            gradients = tuple(gradient.numpy() for gradient in gradient_of(value, leaves))
            return value.detach().numpy(), gradients if len(gradients) > 1 else gradients[0]

        return both

    def jacobians(self, function: Function, argument: int) -> Mapping[str, Function]:
        """Row by row, and column by column."""
        return {
            "jacrev": self._functional(self.module().func.jacrev(function, argnums=argument)),
            "jacfwd": self._functional(self.module().func.jacfwd(function, argnums=argument)),
        }

    def hessians(self, function: Function, argument: int) -> Mapping[str, Function]:
        """The three ways that PyTorch offers."""
        torch, to_tensor = self.module(), self._conversion()

        def functional(vectorize: bool) -> Function:
            def hessian(*inputs: Any) -> Any:
                tensors = [to_tensor(value) for value in inputs]

                def partial(variable: Any) -> Any:
                    return function(*tensors[:argument], variable, *tensors[argument + 1 :])

                return torch.autograd.functional.hessian(partial, tensors[argument], vectorize=vectorize).numpy()

            return hessian

        return {
            "torch.func": self._functional(torch.func.hessian(function, argnums=argument)),
            "functional": functional(vectorize=False),
            "functional, vectorized": functional(vectorize=True),
        }

    def _functional(self, derivative: Function) -> Function:
        """A derivative by ``torch.func``, from arrays to arrays."""
        to_tensor = self._conversion()
        return lambda *inputs: _arrays(derivative(*map(to_tensor, inputs)))

    def _conversion(self) -> Callable[[Any], Any]:
        torch = self.module()

        def to_tensor(value: Any) -> Any:
            if isinstance(value, np.ndarray):
                return torch.from_numpy(value)
            return torch.tensor(value, dtype=torch.float64)

        return to_tensor


class TorchCompile(Torch):
    """``torch.compile`` around derivatives by ``torch.func``; its first call traces, and compiles C++."""

    name = "torch-compile"
    on_request = True

    def available(self) -> bool:
        """Whether there is a compiler for what it writes."""
        return super().available() and any(map(shutil.which, ("g++", "clang++", "c++", "cl")))

    def get_ready(self) -> None:
        """Nothing kept on disk from earlier runs, and the compiler in this process."""
        super().get_ready()
        importlib.import_module("torch._dynamo")
        settings: Any = importlib.import_module("torch._inductor.config")
        settings.force_disable_caches = True
        settings.compile_threads = 1
        # what it cannot compile is reported in a line, without its program
        for name in ("torch._dynamo", "torch._inductor"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)

    def forget(self) -> None:
        """``torch.compiler.reset``, without which programs that share code count as one."""
        self.module().compiler.reset()

    def gradient(self, function: Function, arguments: tuple[int, ...]) -> Function:
        """``torch.func.grad``."""
        return self._functional(self.module().func.grad(function, argnums=_argnums(arguments)))

    def value_and_gradient(self, function: Function, arguments: tuple[int, ...]) -> Function:
        """``torch.func.grad_and_value``, the other way round."""
        both = self._functional(self.module().func.grad_and_value(function, argnums=_argnums(arguments)))
        return lambda *inputs: both(*inputs)[::-1]

    def jacobians(self, function: Function, argument: int) -> Mapping[str, Function]:
        """Row by row; column by column is not compiled."""
        return {"": self._functional(self.module().func.jacrev(function, argnums=argument))}

    def hessians(self, function: Function, argument: int) -> Mapping[str, Function]:
        """``torch.func.hessian``."""
        return {"": self._functional(self.module().func.hessian(function, argnums=argument))}

    def _functional(self, derivative: Function) -> Function:
        return super()._functional(self.module().compile(derivative))


def _arrays(answer: Any) -> Any:
    if isinstance(answer, tuple):
        return tuple(map(_arrays, answer))
    return answer.numpy()


def _argnums(arguments: tuple[int, ...]) -> Any:
    return arguments if len(arguments) > 1 else arguments[0]
