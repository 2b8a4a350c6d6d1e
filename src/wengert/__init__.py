"""Wengert differentiates NumPy programs.

>>> import numpy as np
>>> import wengert as wg
>>> def f(x):
...     return np.sum(np.sin(x) ** 2)
>>> wg.grad(f)(np.array([0.0, 0.5]))
array([0.        , 0.84147098])
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from wengert import errors, numpy, scipy, tree
from wengert.api.batching import vmap
from wengert.api.branches import cond
from wengert.api.custom import checkpoint, custom_rule, stop_gradient
from wengert.api.forward import derivative, elementwise_grad, jvp, linearize
from wengert.api.loops import scan, while_loop
from wengert.api.matrices import gauss_newton_product, hessian, hvp, jacobian
from wengert.api.reverse import grad, linear_transpose, value_and_grad, vjp
from wengert.api.strictness import ieee
from wengert.graph import Primitive

if TYPE_CHECKING:
    from wengert.api.derive import derive
    from wengert.api.explain import explain
    from wengert.api.explain_nan import explain_nan
    from wengert.api.jit import jit
    from wengert.api.listing import trace
    from wengert.api.steps import steps
    from wengert.api.symbols import Matrix, Scalar, Vector
    from wengert.api.variable import Variable, no_grad
    from wengert.testing import check_derivatives

__all__ = [
    "Matrix",
    "Primitive",
    "Scalar",
    "Variable",
    "Vector",
    "check_derivatives",
    "checkpoint",
    "cond",
    "custom_rule",
    "derivative",
    "derive",
    "elementwise_grad",
    "errors",
    "explain",
    "explain_nan",
    "gauss_newton_product",
    "grad",
    "hessian",
    "hvp",
    "ieee",
    "jacobian",
    "jit",
    "jvp",
    "linear_transpose",
    "linearize",
    "no_grad",
    "numpy",
    "scan",
    "scipy",
    "steps",
    "stop_gradient",
    "trace",
    "tree",
    "value_and_grad",
    "vjp",
    "vmap",
    "while_loop",
]

# What only a proof, a formula or a picture needs is imported on first use.
_ON_FIRST_USE = {
    **dict.fromkeys(("Matrix", "Scalar", "Vector"), "wengert.api.symbols"),
    **dict.fromkeys(("Variable", "no_grad"), "wengert.api.variable"),
    "check_derivatives": "wengert.testing",
    "derive": "wengert.api.derive",
    "explain": "wengert.api.explain",
    "explain_nan": "wengert.api.explain_nan",
    "jit": "wengert.api.jit",
    "trace": "wengert.api.listing",
    "steps": "wengert.api.steps",
}


def __getattr__(name: str) -> Any:
    if name in _ON_FIRST_USE:
        return getattr(import_module(_ON_FIRST_USE[name]), name)
    raise AttributeError(f"module 'wengert' has no attribute {name!r}")
