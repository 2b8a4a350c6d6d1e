"""Factorisations that are known already."""

from __future__ import annotations

from typing import Any, Final

from wengert.compiler.optimise.builder import Builder
from wengert.compiler.optimise.rules import Atom, rule
from wengert.graph import REGISTRY, Primitive

__all__: list[str] = []

cholesky: Final = REGISTRY["cholesky"]
triangular_solve: Final = REGISTRY["triangular_solve"]
triangle: Final = REGISTRY["triangle"]
transpose: Final = REGISTRY["transpose"]


@rule("solve")
def solve_with_triangle(
    build: Builder, primitive: Primitive, inputs: tuple[Atom, ...], params: tuple[Any, ...]
) -> Atom | None:
    """A factor of Cholesky needs no factorisation, and a triangle none either."""
    a, _, _, b = inputs
    transposed = bool(params[0])
    turned = build.defined_by(a, transpose)
    if turned is not None and len(a.type.shape) == 2 and a.type.kind == "f":
        a, transposed = turned.inputs[0], not transposed
    equation = build.definitions.get(a)
    if equation is None or len(a.type.shape) != 2:
        return None
    if equation.primitive is cholesky:
        lower = True
    elif equation.primitive is triangle and equation.params[1] != 0:
        lower = bool(equation.params[0])
    else:
        return None
    found = build.apply(triangular_solve, a, b, params=(lower, transposed))
    return found if found.type is build.infer(primitive, inputs, params)[0] else None
