"""Functions of numbers as machine code: by the names of the primitives, on single numbers and vectors of lanes alike.

No library is called. In double precision every function is within two units in the last place of the true value,
or of what its docstring says where that is a sum of larger terms; in single precision within one. Without fused
multiplication and addition the same bounds hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wengert.compiler import ir
from wengert.compiler.lanes import outlined
from wengert.compiler.mathlib import (
    division,
    error,
    exponential,
    gamma,
    hyperbolic,
    inverse_trigonometric,
    logarithm,
    logistic,
    power,
    single,
    trigonometric,
)
from wengert.compiler.values import Value

__all__ = ["FUNCTIONS", "call"]

_DOUBLE: Final[dict[str, Callable[..., Value]]] = {
    "exp": exponential.exp,
    "exp2": exponential.exp2,
    "exp10": exponential.exp10,
    "expm1": exponential.expm1,
    "log": logarithm.log,
    "log2": logarithm.log2,
    "log10": logarithm.log10,
    "log1p": logarithm.log1p,
    "logaddexp": logarithm.logaddexp,
    "logaddexp2": logarithm.logaddexp2,
    "sin": trigonometric.sin,
    "cos": trigonometric.cos,
    "tan": trigonometric.tan,
    "arcsin": inverse_trigonometric.arcsin,
    "arccos": inverse_trigonometric.arccos,
    "arctan": inverse_trigonometric.arctan,
    "arctan2": inverse_trigonometric.arctan2,
    "sinh": hyperbolic.sinh,
    "cosh": hyperbolic.cosh,
    "tanh": hyperbolic.tanh,
    "arcsinh": hyperbolic.arcsinh,
    "arccosh": hyperbolic.arccosh,
    "arctanh": hyperbolic.arctanh,
    "power": power.power,
    "cbrt": power.cbrt,
    "hypot": power.hypot,
    "fmod": division.fmod,
    "remainder": division.remainder,
    "floor_divide": division.floor_divide,
    "erf": error.erf,
    "erfc": error.erfc,
    "erfcx": error.erfcx,
    "ndtr": error.ndtr,
    "log_ndtr": error.log_ndtr,
    "gamma": gamma.gamma,
    "gammaln": gamma.gammaln,
    "loggamma": gamma.loggamma,
    "psi": gamma.psi,
    "expit": logistic.expit,
    "log_expit": logistic.log_expit,
    "logit": logistic.logit,
    "softplus": logistic.softplus,
    "xlogy": logistic.xlogy,
    "xlog1py": logistic.xlog1py,
    "entr": logistic.entr,
    "rel_entr": logistic.rel_entr,
    "huber": logistic.huber,
}


def _of_any_precision(name: str) -> Callable[..., Value]:
    """The function for both precisions: in single precision the result of double precision is rounded."""
    function = _DOUBLE[name]
    shorter = getattr(single, name, function)

    def emitted(*operands: Value) -> Value:
        element = operands[0].element
        if isinstance(element, ir.DoubleType):
            return function(*operands)
        return shorter(*(operand.to_float(ir.DoubleType()) for operand in operands)).to_float(element)

    emitted.__doc__ = function.__doc__
    return emitted


FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {name: _of_any_precision(name) for name in _DOUBLE}
"""The functions by the names of the primitives; all operands have one floating type, which is that of the result."""


def call(name: str, *operands: Value) -> Value:
    """A function of the table by a call within the module, where it is written once: less code, a little slower."""
    kind = operands[0].type
    (result,) = outlined(f"wengert.{name}", operands, [kind], lambda *xs: [FUNCTIONS[name](*xs)])
    return result
