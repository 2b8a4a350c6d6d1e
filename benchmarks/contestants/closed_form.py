"""Wengert's closed forms: the derivative as a formula, and the formula as a NumPy function."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.case import Case, Function, Quantity
from benchmarks.contestant import Contestant

__all__ = ["ClosedForm"]


class ClosedForm(Contestant):
    """``wg.derive`` and ``compile``, which are paid once; the first call takes them in."""

    name = "closed-form"
    package = "wengert"
    by_invitation = True

    def build(self, case: Case, inputs: tuple[Any, ...]) -> Mapping[str, Function]:
        """Derive the formula and compile its code."""
        names = list(inspect.signature(case.function).parameters)
        (variable,) = [names[k] for k in case.arguments]
        form = self.module().derive(case.function, *inputs, wrt=variable)
        if case.quantity is Quantity.GRADIENT:
            return {"": form.gradient.compile()}
        if np.ndim(inputs[case.arguments[0]]) < 2:
            return {"": form.hessian.compile()}
        second = form.hessian.linear_map()
        if case.quantity is Quantity.HESSIAN:
            return {"": second.compile()}

        def operator(*values: Any) -> Any:
            return second.operator(dict(zip(names, values, strict=True)))

        if case.quantity is Quantity.COMPRESSED_HESSIAN:
            return {"": operator}
        gradient = form.gradient.compile()
        return {"": lambda *values: operator(*values).solve(gradient(*values))}
