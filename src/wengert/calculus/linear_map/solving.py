"""Inverting a linear map by its structure."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Final

import numpy as np
import scipy.linalg

from wengert.calculus import algebra
from wengert.calculus.expression import Expression, Inverse, walk
from wengert.calculus.linear_map.numbers import Array, At, NumericSum
from wengert.calculus.linear_map.pieces import Piece, chain_of, functional_of, is_identity
from wengert.calculus.linear_map.structure import Structure

__all__ = ["Solver", "solver_of"]

# what a solution may leave of the right side: a map that is nearly singular leaves more
_RESIDUAL: Final = 1e-7
# how closely an array of normal numbers must be found again
_RECOVERY: Final = 1e-3
# a matrix of so few rows is factored again at every call, which costs less than threads that share the work
_SMALL: Final = 64


class Solver:
    """From the result of a map to what it was applied to; `words` says by which method."""

    words = ""

    def __call__(self, y: Array) -> Array:
        """The solution, an array of two axes."""
        raise NotImplementedError


class _Division(Solver):
    words = "division by entries"

    def __init__(self, core: NumericSum) -> None:
        self._weights = core(np.ones(core.source))

    def __call__(self, y: Array) -> Array:
        if not np.all(self._weights):
            raise np.linalg.LinAlgError("an entry is multiplied by zero")
        return y / self._weights


class _Factored:
    """M ↦ A⁻¹M, with A factored once."""

    def __init__(self, expression: Expression, at: At) -> None:
        self.words = ""
        self._multiplied = self._factors = self._small = None
        if is_identity(expression):
            return
        turned = algebra.inverse(expression)
        if not any(isinstance(node, Inverse) for node in walk(turned)):
            # the inverse of X⁻¹ is there without a factorisation
            self._multiplied = at(turned)
            self.words = "a product"
            return
        matrix = at(expression)
        if matrix.shape[0] != matrix.shape[1]:
            raise np.linalg.LinAlgError(f"a factor of {matrix.shape[0]} × {matrix.shape[1]} has no inverse")
        self.words = f"an LU factorisation of {len(matrix)} × {len(matrix)}"
        if len(matrix) <= _SMALL:
            self._small = matrix
        else:
            self._factors = _lu(matrix)

    def __call__(self, y: Array, transposed: bool = False) -> Array:
        if self._multiplied is not None:
            return (self._multiplied.T if transposed else self._multiplied) @ y
        if self._small is not None:
            return np.linalg.solve(self._small.T if transposed else self._small, y)
        return y if self._factors is None else scipy.linalg.lu_solve(self._factors, y, trans=1 if transposed else 0)


def _lu(matrix: Array) -> Array:
    with warnings.catch_warnings():
        # what is singular is found by the residual
        warnings.simplefilter("ignore")
        return scipy.linalg.lu_factor(matrix)


class _Sides(Solver):
    """L M R or L Mᵀ R, by dividing on both sides."""

    def __init__(self, piece: Piece, at: At) -> None:
        chain = chain_of(piece)
        assert chain is not None
        self._turned = chain.turned
        self._front = float(np.reshape(at(piece.front), ()))
        self._left, self._right = _Factored(chain.left, at), _Factored(chain.right, at)
        self.words = " and ".join(dict.fromkeys(words for words in (self._left.words, self._right.words) if words))
        self.words = self.words or "a transposition"

    def __call__(self, y: Array) -> Array:
        if self._front == 0:
            raise np.linalg.LinAlgError("it is multiplied by zero")
        found = self._right(self._left(y).T, transposed=True).T / self._front
        return found.T if self._turned else found


class _Sylvester(Solver):
    words = "a Sylvester equation, by Schur decompositions"

    def __init__(self, pieces: Sequence[Piece], at: At) -> None:
        sides = [(piece, chain_of(piece)) for piece in pieces]
        ordered = sides if sides[0][1] is not None and is_identity(sides[0][1].right) else sides[::-1]
        (one, first), (other, second) = ordered
        assert first is not None
        assert second is not None
        left, right = at(one.front) * at(first.left), at(other.front) * at(second.right)
        # A = U R Uᵀ and Bᵀ = V S Vᵀ leave R Z + Z Sᵀ for Z = Uᵀ M V (Bartels and Stewart, 1972)
        self._schur = [*scipy.linalg.schur(left, output="real"), *scipy.linalg.schur(right.T, output="real")]

    def __call__(self, y: Array) -> Array:
        r, u, s, v = self._schur
        found, scale, fault = scipy.linalg.lapack.dtrsyl(r, s, u.T @ y @ v, tranb="T")
        if fault:
            raise np.linalg.LinAlgError("an eigenvalue of one factor is nearly the negative of one of the other")
        return u @ (found / scale) @ v.T


class _Blocks(Solver):
    """Every row, or every column, by a matrix of its own."""

    def __init__(self, core: NumericSum, by_rows: bool) -> None:
        self._by_rows = by_rows
        rows, cols = core.source
        count, across = (cols, rows) if by_rows else (rows, cols)
        # one unit vector in all rows at once shows one column of every block
        probes = [np.tile(unit, (across, 1)) for unit in np.eye(count)]
        found = [core(probe) if by_rows else core(probe.T).T for probe in probes]
        self._blocks = np.stack(found, axis=-1)
        self.words = f"{across} systems of {count} × {count}"

    def __call__(self, y: Array) -> Array:
        found = np.linalg.solve(self._blocks, (y if self._by_rows else y.T)[..., None])[..., 0]
        return found if self._by_rows else found.T


class _Dense(Solver):
    def __init__(self, whole: NumericSum) -> None:
        count = whole.source[0] * whole.source[1]
        self._source = whole.source
        self._factors = _lu(np.reshape(whole.dense(), (-1, count)))
        self.words = f"an LU factorisation of the dense matrix of {count} × {count}"

    def __call__(self, y: Array) -> Array:
        return np.reshape(scipy.linalg.lu_solve(self._factors, np.ravel(y)), self._source)


class _LowRank(Solver):
    """Woodbury's formula: what is inverted by its structure, and functionals beside it."""

    def __init__(self, core: Solver, low: Sequence[Piece], at: At) -> None:
        self._core = core
        pairs = [(float(np.reshape(at(piece.front), ())), functional_of(piece)) for piece in low]
        self._against = np.stack([at(pair[0]) for _, pair in pairs if pair is not None])
        self._spread = np.stack([core(front * at(pair[1])) for front, pair in pairs if pair is not None])
        count = len(low)
        self._small = np.eye(count) + self._products(self._spread)
        self.words = f"{core.words}, and Woodbury's formula for rank {count}"

    def _products(self, arrays: Array) -> Array:
        return np.einsum("aij,bij->ab", self._against, arrays)

    def __call__(self, y: Array) -> Array:
        first = self._core(y)
        weights = np.linalg.solve(self._small, self._products(first[None])[:, 0])
        return first - np.tensordot(weights, self._spread, axes=1)


class _Checked(Solver):
    """A solver that has found a known array again, and whose solutions are put into the map."""

    def __init__(self, inner: Solver, whole: NumericSum) -> None:
        self._inner, self._whole, self.words = inner, whole, inner.words
        known = np.random.default_rng(0).standard_normal(whole.source)
        # a singular map has solutions for what lies in its range, of which no one is the solution
        if not np.max(np.abs(self(whole(known)) - known), initial=0.0) <= _RECOVERY:
            raise np.linalg.LinAlgError(f"{self.words} does not find an array again from what the map makes of it")

    def __call__(self, y: Array) -> Array:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = self._inner(y)
            left = np.max(np.abs(self._whole(found) - y), initial=0.0)
        if not np.isfinite(left):
            raise np.linalg.LinAlgError(f"{self.words} gives no finite solution")
        if not left <= _RESIDUAL * np.max(np.abs(y), initial=0.0):
            raise np.linalg.LinAlgError(f"the solution by {self.words} leaves {left:.1e} of the right side")
        return found


def solver_of(structure: Structure, whole: NumericSum, at: At) -> Solver:
    """A solver for a map from arrays to arrays of as many entries.

    Raises
    ------
    numpy.linalg.LinAlgError
        The map is singular; the solver raises it, too.
    """
    if not structure.low:
        return _Checked(_for_core(structure, whole, at), whole)
    if structure.core:
        try:
            bare = NumericSum(structure.core, at, whole.source, whole.target)
            core = _Checked(_for_core(structure, bare, at), bare)
            return _Checked(_LowRank(core, structure.low, at), whole)
        except np.linalg.LinAlgError:
            # the sum may have an inverse where its part has none
            pass
    return _Checked(_Dense(whole), whole)


def _for_core(structure: Structure, core: NumericSum, at: At) -> Solver:
    kind = structure.kind
    if kind in ("scaled identity", "diagonal"):
        return _Division(core)
    if kind in ("matrix", "Kronecker product", "Kronecker product with a transposition"):
        return _Sides(structure.core[0], at)
    if kind == "Sylvester":
        return _Sylvester(structure.core, at)
    if kind.startswith("block diagonal"):
        return _Blocks(core, kind.endswith("rows"))
    return _Dense(core)
