"""The derivative of a Cholesky factor, where it serves a logarithm of a determinant or a quadratic form.

For K = L Lᵀ and the cotangent G of L, that of K is S + Sᵀ with S = ½ L⁻ᵀ Φ(Lᵀ G)ᵀ L⁻¹, where Φ takes the lower triangle
and half of the diagonal (Murray, arXiv:1602.07527, eq. 10). It is linear in G, and two kinds of terms need no Φ:

- G = L⁻ᵀ Z Zᵀ, of quadratic forms in Z = L⁻¹ Y: then Lᵀ G = Z Zᵀ is symmetric, Φ(P) + Φ(P)ᵀ = P, and S + Sᵀ = ½ W Wᵀ
  with W = L⁻ᵀ Z = K⁻¹ Y.
- G = diag(d), of what is computed from the diagonal: then Lᵀ G is an upper triangle, of which Φ leaves half of the
  diagonal: S + Sᵀ = ½ L⁻ᵀ diag(d diag L) L⁻¹, and ½ K⁻¹ where d = 1 / diag L, as in the sum of its logarithms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.builder import Builder
from wengert.compiler.optimise.decompositions import cholesky_inverse
from wengert.compiler.optimise.diagonals import diagonal_of, names_diagonal
from wengert.compiler.optimise.internal import gram, weighted_gram
from wengert.compiler.optimise.products import matrix_transpose
from wengert.compiler.optimise.rules import Atom, rule
from wengert.graph import REGISTRY, Equation, Literal, Primitive

__all__: list[str] = []

add: Final = REGISTRY["add"]
broadcast_to: Final = REGISTRY["broadcast_to"]
cholesky: Final = REGISTRY["cholesky"]
divide: Final = REGISTRY["divide"]
matmul: Final = REGISTRY["matmul"]
multiply: Final = REGISTRY["multiply"]
negative: Final = REGISTRY["negative"]
put_add: Final = REGISTRY["put_add"]
reshape: Final = REGISTRY["reshape"]
subtract: Final = REGISTRY["subtract"]
transpose: Final = REGISTRY["transpose"]
triangle: Final = REGISTRY["triangle"]
triangular_solve: Final = REGISTRY["triangular_solve"]
_TURNED: Final = ((1, 0),)
_DEEPEST: Final = 20


@dataclass(frozen=True)
class Scaled:
    """An array times numbers, each a scalar of the graph."""

    factors: tuple[Atom, ...]
    atom: Atom

    def times(self, factors: tuple[Atom, ...]) -> Scaled:
        """The same with more factors."""
        return Scaled((*factors, *self.factors), self.atom)

    def value(self, build: Builder) -> Atom:
        """The product."""
        found = self.atom
        for factor in self.factors:
            found = build.apply(multiply, factor, found)
        return found


def _scaled(build: Builder, atom: Atom) -> Scaled:
    """An array with its sign and its scalar factors taken out."""
    factors: list[Atom] = []
    while atom.__class__ is not Literal:
        equation = build.definitions.get(atom)
        if equation is None:
            break
        if equation.primitive is negative:
            factors.append(build.literal(atom.type.dtype.type(-1)))
            atom = equation.inputs[0]
            continue
        found = _scalar_factor(equation) if equation.primitive is multiply else None
        if found is None:
            break
        factors.append(found[0])
        atom = found[1]
    return Scaled(tuple(factors), atom)


def _scalar_factor(equation: Equation) -> tuple[Atom, Atom] | None:
    for one, other in (equation.inputs, equation.inputs[::-1]):
        if not one.type.shape and other.type is equation.outputs[0].type:
            return one, other
    return None


@rule("add")
def pullback_of_cholesky(
    build: Builder, primitive: Primitive, inputs: tuple[Atom, ...], params: tuple[Any, ...]
) -> Atom | None:
    """S + Sᵀ by the inverse of K, where G is nothing but terms that allow it."""
    found = _pullback(build, *inputs) or _pullback(build, *inputs[::-1])
    if found is None:
        return None
    factor, scale, cotangent = found
    parts: list[Atom] = []
    for term in _terms(build, cotangent, ()):
        part = None if term is None else _part(build, factor, term)
        if part is None:
            return None
        parts.append(part)
    total = parts[0]
    for part in parts[1:]:
        total = build.apply(add, total, part)
    return Scaled(scale, total).value(build)


def _pullback(build: Builder, one: Atom, other: Atom) -> tuple[Atom, tuple[Atom, ...], Atom] | None:
    """The factor, the scalars before it, and its cotangent, where one is S and the other one its transpose."""
    turned = build.defined_by(other, transpose)
    if turned is None or turned.inputs[0] is not one or turned.params != _TURNED or one.type.kind != "f":
        return None
    scaled = _scaled(build, one)
    outer = _solve(build, scaled.atom)
    if outer is None:
        return None
    factor = outer[0]
    inner_turned = build.defined_by(outer[1], transpose)
    inner = _solve(build, inner_turned.inputs[0]) if inner_turned is not None else None
    half = build.defined_by(inner[1], triangle) if inner is not None else None
    if inner is None or inner[0] is not factor or half is None or half.params[:2] != (True, 0.5):
        return None
    inside = _scaled(build, half.inputs[0])
    product = build.defined_by(inside.atom, matmul)
    if product is None or product.inputs[0] is not matrix_transpose(build, factor):
        return None
    if build.defined_by(factor, cholesky) is None:
        return None
    return factor, (*scaled.factors, *inside.factors), product.inputs[1]


def _solve(build: Builder, atom: Atom) -> tuple[Atom, Atom] | None:
    """L and B where the atom is L⁻ᵀ B."""
    equation = build.defined_by(atom, triangular_solve)
    if equation is None or equation.params != (True, True):
        return None
    return equation.inputs[0], equation.inputs[1]


def _terms(
    build: Builder, atom: Atom, factors: tuple[Atom, ...], depth: int = 0, turned: bool = False
) -> Iterator[Scaled | None]:
    """The terms of a sum, or of its transpose; None where there are too many."""
    scaled = _scaled(build, atom).times(factors)
    equation = build.definitions.get(scaled.atom)
    primitive = None if equation is None else equation.primitive
    if equation is None or depth == _DEEPEST:
        yield None if equation is not None else _leaf(build, scaled, turned)
    elif primitive is transpose and equation.params == _TURNED:
        yield from _terms(build, equation.inputs[0], scaled.factors, depth + 1, not turned)
    elif primitive is triangle and equation.params[:2] == (not turned, 1.0):
        # what stands above the diagonal does not matter: there L has nothing that could vary
        yield from _terms(build, equation.inputs[0], scaled.factors, depth + 1, turned)
    elif primitive in (add, subtract) and all(operand.type is scaled.atom.type for operand in equation.inputs):
        left, right = equation.inputs
        yield from _terms(build, left, scaled.factors, depth + 1, turned)
        minus = (build.literal(atom.type.dtype.type(-1)),) if primitive is subtract else ()
        yield from _terms(build, right, (*minus, *scaled.factors), depth + 1, turned)
    else:
        yield _leaf(build, scaled, turned)


def _leaf(build: Builder, term: Scaled, turned: bool) -> Scaled:
    return Scaled(term.factors, matrix_transpose(build, term.atom)) if turned else term


def _part(build: Builder, factor: Atom, term: Scaled) -> Atom | None:
    """What one term of G adds to L⁻ᵀ (Φ(Lᵀ G) + Φ(Lᵀ G)ᵀ) L⁻¹."""
    diagonal = build.defined_by(term.atom, put_add)
    if diagonal is not None:
        return _of_diagonal(build, factor, term, diagonal)
    pair = _outer(build, term.atom)
    return None if pair is None else _of_product(build, factor, Scaled(term.factors, pair[0]), pair[1])


def _of_diagonal(build: Builder, factor: Atom, term: Scaled, put: Equation) -> Atom | None:
    size = factor.type.shape[0]
    if put.params != ((size, size), 0) or not names_diagonal(put.inputs[1:], (size, size)):
        return None
    values = _scaled(build, put.inputs[0])
    quotient = build.defined_by(values.atom, divide)
    if quotient is not None and _is_diagonal_of(build, quotient.inputs[1], factor):
        number = _number(build, quotient.inputs[0])
        if number is not None:
            inverse = build.apply(cholesky_inverse, factor)
            # of an infinity LAPACK makes zeros
            build.assume_finite(quotient.inputs[1])
            return Scaled((*term.factors, *values.factors, number), inverse).value(build)
    weighted = build.apply(multiply, put.inputs[0], diagonal_of(build, factor))
    identity = build.literal(np.eye(size, dtype=factor.type.dtype))
    inverse = build.apply(triangular_solve, factor, identity, params=(True, False))
    return Scaled(term.factors, build.apply(weighted_gram, inverse, weighted, params=(False,))).value(build)


def _is_diagonal_of(build: Builder, atom: Atom, factor: Atom) -> bool:
    """Whether an atom is the diagonal of a factor."""
    return atom is diagonal_of(build, factor)


def _number(build: Builder, atom: Atom) -> Atom | None:
    """The scalar that an array repeats."""
    if not atom.type.shape:
        return atom
    repeated = build.defined_by(atom, broadcast_to)
    return repeated.inputs[0] if repeated is not None and not repeated.inputs[0].type.shape else None


def _outer(build: Builder, atom: Atom) -> tuple[Atom, Atom] | None:
    """The columns W and Z where the atom is W Zᵀ."""
    equation = build.definitions.get(atom)
    if equation is None:
        return None
    size = atom.type.shape[0]
    if equation.primitive is transpose:
        turned = _outer(build, equation.inputs[0])
        return turned[::-1] if turned is not None else None
    if equation.primitive is matmul:
        left, right = equation.inputs
        return (left, matrix_transpose(build, right)) if len(left.type.shape) == len(right.type.shape) == 2 else None
    if equation.primitive is not multiply:
        return None
    for one, other in (equation.inputs, equation.inputs[::-1]):
        if one.type.shape == (size, 1) and other.type.shape in ((1, size), (size,)):
            return one, build.apply(reshape, other, params=((size, 1),))
    return None


def _of_product(build: Builder, factor: Atom, left: Scaled, right: Atom) -> Atom | None:
    """The part of W Zᵀ with W = L⁻ᵀ U, where U is Z times a number."""
    solved = _scaled(build, left.atom)
    found = _solve(build, solved.atom)
    if found is None or found[0] is not factor:
        return None
    one, other = _scaled(build, found[1]), _scaled(build, right)
    if one.atom is not other.atom:
        return None
    whole = build.apply(triangular_solve, factor, one.atom, params=(True, True))
    if whole.type.shape[1] == 1:
        square = build.apply(multiply, whole, build.apply(reshape, whole, params=((1, whole.type.shape[0]),)))
    else:
        square = build.apply(gram, matrix_transpose(build, whole))
    return Scaled((*left.factors, *solved.factors, *one.factors, *other.factors), square).value(build)
