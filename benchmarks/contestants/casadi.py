"""CasADi, on the scalar and small cases that invite it: an expression graph, interpreted or as compiled C."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.case import Case, Function, Quantity
from benchmarks.contestant import Contestant

__all__ = ["CasADi"]

COMPILED_INSTRUCTIONS = 5000
"""Longer expressions are not compiled: a C compiler takes minutes for them."""


class CasADi(Contestant):
    """``casadi.gradient`` and its siblings of expressions in scalar symbols."""

    name = "casadi"
    package = "casadi"
    by_invitation = True
    reports_to_tracemalloc = False

    def build(self, case: Case, inputs: tuple[Any, ...]) -> Mapping[str, Function]:
        """Write the function down symbolically and differentiate the expression."""
        if case.quantity is Quantity.MANY_GRADIENTS:
            ways = self._derivatives(case, (inputs[0][0],))
            return {way: _at_every_point(gradient) for way, gradient in ways.items()}
        return self._derivatives(case, inputs)

    def _derivatives(self, case: Case, inputs: tuple[Any, ...]) -> Mapping[str, Function]:
        casadi = self.module()
        shapes = [np.shape(value) for value in inputs]
        flat = [casadi.SX.sym(f"x{k}", math.prod(shape)) for k, shape in enumerate(shapes)]
        program = case.programs(self.name, _numpy_names(casadi) if self.name not in case.spellings else casadi)[""]
        value = program(*map(self._shaped, flat, shapes))
        wrt = [flat[k] for k in case.arguments]
        variables = [shapes[k] for k in case.arguments]
        match case.quantity:
            case Quantity.JACOBIAN:
                answers, answer_shapes = [casadi.jacobian(value, wrt[0]).T], [value.shape[:1] + variables[0]]
            case Quantity.HESSIAN:
                answers, answer_shapes = [casadi.hessian(value, wrt[0])[0]], [variables[0] * 2]
            case _:
                gradient = casadi.gradient(value, casadi.vertcat(*wrt))
                lengths = np.cumsum([0, *(math.prod(shape) for shape in variables)]).tolist()
                answers, answer_shapes = casadi.vertsplit(gradient, lengths), variables
        if case.quantity is Quantity.VALUE_AND_GRADIENT:
            answers, answer_shapes = [value, *answers], [(), *answer_shapes]
        dense = [casadi.densify(answer) for answer in answers]
        machine = casadi.Function("derivative", flat, dense)
        ways = {"virtual machine": _called(machine, answer_shapes, case.quantity)}
        if machine.n_instructions() <= COMPILED_INSTRUCTIONS and shutil.which("gcc"):
            compiled = casadi.Function("derivative", flat, dense, _compiler())
            ways["compiled C"] = _called(compiled, answer_shapes, case.quantity)
        return ways

    def _shaped(self, flat: Any, shape: tuple[int, ...]) -> Any:
        # CasADi stores columns first, NumPy rows first.
        return self.module().reshape(flat, shape[1], shape[0]).T if len(shape) == 2 else flat


def _called(function: Any, shapes: list[tuple[int, ...]], quantity: Quantity) -> Function:
    """From arrays to arrays through the buffers that the function reads and writes: a tenth of a plain call's time."""
    buffer, run = function.buffer()

    def call(*inputs: Any) -> Any:
        answers = [np.empty(shape) for shape in shapes]
        given = [np.ascontiguousarray(value, dtype=float) for value in inputs]
        for k, value in enumerate(given):
            buffer.set_arg(k, value.data)
        for k, value in enumerate(answers):
            buffer.set_res(k, value.data)
        run()
        if quantity is Quantity.VALUE_AND_GRADIENT:
            return answers[0], answers[1] if len(answers) == 2 else tuple(answers[1:])
        return answers[0] if len(answers) == 1 else tuple(answers)

    return call


def _at_every_point(gradient: Function) -> Function:
    return lambda points: np.array([gradient(point) for point in points])


def _compiler() -> dict[str, Any]:
    flags = {"compiler": "gcc", "flags": ["-O3", "-march=native"], "directory": tempfile.gettempdir() + "/"}
    return {"jit": True, "compiler": "shell", "jit_options": flags, "jit_temp_suffix": True, "jit_cleanup": True}


def _numpy_names(casadi: Any) -> SimpleNamespace:
    """The few NumPy names that the inviting cases use, as CasADi spells them."""
    return SimpleNamespace(
        sin=casadi.sin,
        cos=casadi.cos,
        exp=casadi.exp,
        sum=casadi.sum1,
        stack=lambda parts: casadi.vertcat(*parts),
    )
