"""What a contestant is: something that, given a case, answers with NumPy arrays."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from benchmarks.case import Case, Function, Quantity

__all__ = ["Contestant", "Differentiator", "arrays_out"]


class Contestant(ABC):
    """One column of the tables."""

    name: ClassVar[str]
    package: ClassVar[str] = "numpy"
    """Import name and distribution name of what must be installed."""
    by_invitation: ClassVar[bool] = False
    """Whether it runs only the cases that invite it."""
    checked: ClassVar[bool] = True
    """Whether it answers with a derivative."""
    on_request: ClassVar[bool] = False
    """Whether it runs only where it is named, or where a promise is about it."""
    reports_to_tracemalloc: ClassVar[bool] = True
    """Whether its arrays are NumPy's, whose memory tracemalloc sees."""

    def available(self) -> bool:
        """Whether it can run here."""
        return importlib.util.find_spec(self.package) is not None

    def version(self) -> str:
        """The version of its package."""
        try:
            return importlib.metadata.version(self.package)
        except importlib.metadata.PackageNotFoundError:
            return str(getattr(self.module(), "__version__", "unknown"))

    def module(self) -> ModuleType:
        """Its package, imported on first use: no peer is a dependency of the benchmarks."""
        return importlib.import_module(self.package)

    def takes_part(self, case: Case) -> bool:
        """Whether it runs this case."""
        return not self.by_invitation or self.name in case.invited

    def get_ready(self) -> None:
        """Import and settings, once a process, before any clock runs."""
        self.module()

    def forget(self) -> None:  # noqa: B027 - most have nothing to forget
        """Drop what was compiled for earlier cases and might serve a later one."""

    @abstractmethod
    def build(self, case: Case, inputs: tuple[Any, ...]) -> Mapping[str, Function]:
        """Ways to answer the case, by name; the fastest correct one counts. All take and return NumPy arrays.

        Whatever is built here is paid in the first call, together with the call itself.
        """


class Differentiator(Contestant):
    """A contestant that turns functions into derivatives, and so needs to state each derivative only once."""

    def build(self, case: Case, inputs: tuple[Any, ...]) -> Mapping[str, Function]:
        """The derivative that the case asks for, in each way of each program."""
        return {
            ", ".join(filter(None, (program, way))): call
            for program, function in self.programs(case).items()
            for way, call in self._derivatives(case, function).items()
        }

    def _derivatives(self, case: Case, function: Function) -> Mapping[str, Function]:
        match case.quantity:
            case Quantity.GRADIENT:
                return {"": self.gradient(function, case.arguments)}
            case Quantity.VALUE_AND_GRADIENT:
                return {"": self.value_and_gradient(function, case.arguments)}
            case Quantity.JACOBIAN:
                return self.jacobians(function, case.arguments[0])
            case Quantity.HESSIAN | Quantity.COMPRESSED_HESSIAN:
                return self.hessians(function, case.arguments[0])
            case Quantity.NEWTON_STEP:
                right_side = self.gradient(function, case.arguments)
                hessians = self.hessians(function, case.arguments[0])
                return {way: _newton(right_side, hessian) for way, hessian in hessians.items()}
            case Quantity.MANY_GRADIENTS:
                gradient = self.gradient(function, case.arguments)
                return {"": lambda points: np.array([gradient(point) for point in points])}

    @abstractmethod
    def programs(self, case: Case) -> Mapping[str, Function]:
        """The case's function as this contestant runs it, in each way worth trying."""

    @abstractmethod
    def gradient(self, function: Function, arguments: tuple[int, ...]) -> Function:
        """Inputs to gradient: an array for one argument, a tuple for several."""

    @abstractmethod
    def value_and_gradient(self, function: Function, arguments: tuple[int, ...]) -> Function:
        """Inputs to value and gradient."""

    @abstractmethod
    def jacobians(self, function: Function, argument: int) -> Mapping[str, Function]:
        """Inputs to Jacobian, in each way worth trying."""

    @abstractmethod
    def hessians(self, function: Function, argument: int) -> Mapping[str, Function]:
        """Inputs to Hessian, in each way worth trying."""


def _newton(gradient: Function, hessian: Function) -> Function:
    """The Hessian as a matrix, solved for the gradient: what can be done with an array of derivatives."""

    def step(*inputs: Any) -> Any:
        right = gradient(*inputs)
        matrix = np.reshape(hessian(*inputs), (right.size, right.size))
        return np.reshape(np.linalg.solve(matrix, np.ravel(right)), right.shape)

    return step


def arrays_out(answer: Any) -> Any:
    """The answer with every array turned into NumPy's, which also waits for it."""
    if isinstance(answer, (tuple, list)):
        return tuple(arrays_out(part) for part in answer)
    return np.asarray(answer)
