"""Operations that raise an error for some values stay in a recording even where nobody needs their results.

The program may catch the error and go on elsewhere, as one that tries whether a matrix is positive definite.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from wengert.compiler.following import Expected
from wengert.compiler.steering import Steered
from wengert.graph import REGISTRY, Equation, Literal, Var, array_type
from wengert.graph.walk import dependents

__all__ = ["watched"]

_RAISING: Final = frozenset(
    {"cholesky", "eig_factor", "eigenvalues", "eigh_factor", "eigvals", "inv", "inverse_of_regular", "pinv", "qr"}
    | {"singular_values", "solve", "svd_factor", "triangular_solve"}
)
# operations at places, and which of their operands say where these are
_PLACES: Final = {"take": 2, "put_add": 2, "replace": 3}
_PERHAPS: Final = _RAISING | {"power"} | _PLACES.keys()
_FLOAT: Final = np.dtype(float)
_ANSWER: Final = np.dtype(bool)


def watched(
    equations: Sequence[Equation], needed: Sequence[Equation], inputs: Sequence[Var]
) -> tuple[list[Equation], Steered]:
    """Equations and steering values that need what may raise and nobody needs; none in most programs."""
    raising = {equation.primitive for equation in equations if equation.primitive.name in _PERHAPS}
    if not raising:
        return [], []
    found = [equation for equation in equations if equation.primitive in raising and _may_raise(equation)]
    if not found:
        return [], []
    kept, changing = set(map(id, needed)), dependents(equations, inputs)
    further: list[Equation] = []
    steered: Steered = []
    for equation in found:
        result = equation.outputs[0]
        if id(equation) in kept or result not in changing:
            continue
        if not result.type.inexact:
            # of which it is known that they are finite
            whole, result = result, Var(array_type(result.type.shape, _FLOAT))
            further.append(Equation(REGISTRY["convert"], (whole,), (_FLOAT,), (result,)))
        finite = Var(array_type(result.type.shape, _ANSWER))
        answer = Var(array_type((), _ANSWER))
        axes = tuple(range(result.type.ndim))
        further.append(Equation(REGISTRY["isfinite"], (result,), (), (finite,)))
        further.append(Equation(REGISTRY["all"], (finite,), (axes, False), (answer,)))
        steered.append((answer, Expected(True, "truth")))
    return further, steered


def _may_raise(equation: Equation) -> bool:
    """Whether an operation of that name raises an error for some values of the kind that it has."""
    name = equation.primitive.name
    if name in _PLACES:
        # which the program has computed
        return any([atom.__class__ is not Literal for atom in equation.inputs[_PLACES[name] :]])
    # negative powers of whole numbers are none
    return name in _RAISING or equation.outputs[0].type.kind in "iu"
