"""CasADi, on the scalar and small cases that invite it: an expression graph run by its virtual machine."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.case import Case, Function, Quantity
from benchmarks.contestant import Contestant

__all__ = ["CasADi"]


class CasADi(Contestant):
    """``casadi.gradient`` and ``casadi.hessian`` of a scalar expression in one variable."""

    name = "casadi"
    package = "casadi"
    by_invitation = True
    reports_to_tracemalloc = False

    def build(self, case: Case, inputs: tuple[Any, ...]) -> Mapping[str, Function]:
        """Write the function down symbolically and differentiate the expression."""
        if case.quantity is Quantity.MANY_GRADIENTS:
            gradient = self._derivative(case, np.shape(inputs[0][0]))
            return {"": lambda points: np.array([gradient(point) for point in points])}
        return {"": self._derivative(case, np.shape(inputs[0]))}

    def _derivative(self, case: Case, shape: tuple[int, ...]) -> Function:
        casadi = self.module()
        flat = casadi.SX.sym("x", int(np.prod(shape, dtype=int)))
        # CasADi stores columns first, NumPy rows first.
        variable = casadi.reshape(flat, shape[1], shape[0]).T if len(shape) == 2 else flat
        value = case.program(self.name, _numpy_names(casadi))(variable)
        second = case.quantity is Quantity.HESSIAN
        derivative = casadi.hessian(value, flat)[0] if second else casadi.gradient(value, flat)
        run = casadi.Function("derivative", [flat], [casadi.densify(derivative)])
        answer_shape = shape * 2 if second else shape
        return lambda x: run(np.ravel(x)).full().reshape(answer_shape)


def _numpy_names(casadi: Any) -> SimpleNamespace:
    """The few NumPy names that the inviting cases use, as CasADi spells them."""
    return SimpleNamespace(sin=casadi.sin, exp=casadi.exp, sum=casadi.sum1)
