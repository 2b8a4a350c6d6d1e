"""PyTorch, eager, in float64: the same source with ``np`` bound to ``torch``, or a spelling of its own."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.case import Case, Function
from benchmarks.contestant import Differentiator
from benchmarks.machine import core_count

__all__ = ["Torch"]


class Torch(Differentiator):
    """``torch.autograd``; Hessians by whichever of its ways is the fastest."""

    name = "torch"
    package = "torch"
    reports_to_tracemalloc = False

    def get_ready(self) -> None:
        """As many threads as there are cores, and what it imports lazily imported."""
        self.module().set_num_threads(core_count())
        importlib.import_module("torch.func")

    def program(self, case: Case) -> Function:
        """The function in PyTorch's names."""
        return case.program(self.name, self.module())

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

        forward_over_reverse = torch.func.hessian(function, argnums=argument)
        return {
            "torch.func": lambda *inputs: forward_over_reverse(*map(to_tensor, inputs)).numpy(),
            "functional": functional(vectorize=False),
            "functional, vectorized": functional(vectorize=True),
        }

    def _conversion(self) -> Callable[[Any], Any]:
        torch = self.module()

        def to_tensor(value: Any) -> Any:
            if isinstance(value, np.ndarray):
                return torch.from_numpy(value)
            return torch.tensor(value, dtype=torch.float64)

        return to_tensor
