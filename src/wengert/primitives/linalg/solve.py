"""Linear systems and inverses, from LU factors that every derivative uses again."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import ShapeError
from wengert.graph import Operand, Primitive
from wengert.graph.signature import broadcast_shapes
from wengert.primitives.arithmetic import select
from wengert.primitives.linalg import lapack
from wengert.primitives.linalg.matrices import inexact, squares, triangle
from wengert.primitives.linalg.witness import declare_witness
from wengert.primitives.reductions import all_along, sum_along
from wengert.primitives.shaping import reshape, swap_last
from wengert.tracing import as_operand, implements, type_of

__all__ = ["inverse", "lu_factor", "regular", "solve_factored", "triangular_solve"]


def regular(*shape: int, dtype: Any = np.float64) -> Any:
    """A sampler of well-conditioned square matrices."""

    def draw(rng: np.random.Generator) -> Any:
        a = rng.normal(size=shape)
        if np.dtype(dtype).kind == "c":
            a = a + 1j * rng.normal(size=shape)
        return np.asarray(a + 2 * shape[-1] ** 0.5 * np.eye(shape[-1]), dtype)

    return draw


lu_factor = Primitive(
    "lu_factor",
    signature="(n,n)->(n,n),(n)",
    outputs=2,
    differentiable=False,
    notation="lu({0})",
    domain="everywhere; a witness, constant",
    cite="Golub & Van Loan, Matrix Computations (2013), 3.4",
)
lu_factor.evaluate(lambda xp, a: lapack.lu(a))
lu_factor.dtype(lambda a: (a.dtype, np.dtype(np.int64)))
lu_factor.flops(lambda a: 2 * a.size * a.shape[-1] // 3)
lu_factor.samples(lambda r: ((regular(3, 3)(r),), {}), lambda r: ((regular(2, 3, 3)(r),), {}))

solve_factored = Primitive(
    "solve",
    signature="(n,n),(n,n),(n),(n,k)->(n,k)",
    params=("transposed",),
    notation="{0}⁻¹ {3}",
    domain="A regular; NumPy's LinAlgError otherwise",
    cite="d(A^-1 B) = A^-1 (dB - dA X); Giles (2008), An extended collection of matrix derivative results, 2.3.1",
)


@solve_factored.evaluate
def _solve_value(xp: Any, a: Any, factors: Any, pivots: Any, b: Any, *, transposed: bool) -> Any:
    return lapack.lu_solve(factors, pivots, b, transposed)


@solve_factored.differential
def _d_solve(x: Any, a: Any, factors: Any, pivots: Any, b: Any, *, transposed: bool) -> Any:
    def in_matrix(da: Any) -> Any:
        product = _times(swap_last(da) if transposed else da, x)
        return -solve_factored(a, factors, pivots, product, transposed=transposed)

    return in_matrix, None, None, lambda db: solve_factored(a, factors, pivots, db, transposed=transposed)


def _times(a: Any, x: Any) -> Any:
    """A X; a single column by sums along the rows, whose adjoint is an outer product written in one pass."""
    if x.shape[-1] != 1:
        return a @ x
    return sum_along(a * swap_last(x), axis=(max(len(a.shape), len(x.shape)) - 1,), keepdims=True)


@solve_factored.transpose(3)
def _solve_adjoint(g: Any, a: Any, factors: Any, pivots: Any, b: Any, *, transposed: bool) -> Any:
    return solve_factored(a, factors, pivots, g, transposed=not transposed)


@solve_factored.annihilate(3)
def _zero_solved(a: Any, factors: Any, pivots: Any, b: Any, *, transposed: bool) -> Any:
    """The solution, which is zero for a right side of zeros, whether or not the matrix is one."""
    if not isinstance(b, Operand) and not np.any(b):
        loop = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        return np.zeros((*loop, *b.shape[-2:]), np.result_type(a.dtype, b.dtype))
    still, eye = _unused(a, b), np.eye(a.shape[-1], dtype=a.dtype)
    x = solve_factored(select(still, eye, a), select(still, eye, factors), pivots, b, transposed=transposed)
    return select(still, 0.0, x)


def _unused(a: Any, x: Any) -> Any:
    """Which matrices have entries that are not finite and are beside a matrix of zeros."""
    return all_along(x == 0, axis=_last_two(x), keepdims=True) & ~all_along(
        abs(a) < np.inf, axis=_last_two(a), keepdims=True
    )


def _last_two(x: Any) -> tuple[int, int]:
    return len(x.shape) - 2, len(x.shape) - 1


solve_factored.dtype(lambda a, factors, pivots, b, *, transposed: np.result_type(a.dtype, b.dtype))
solve_factored.flops(lambda a, factors, pivots, b, *, transposed: 2 * b.size * a.shape[-1])
declare_witness(solve_factored, lu_factor, (1, 2))


def _solve_sample(matrix: Any, right: tuple[int, ...], transposed: bool) -> Any:
    def draw(rng: np.random.Generator) -> Any:
        a = matrix(rng)
        b = np.asarray(rng.normal(size=right), a.dtype)
        return (a, *lapack.lu(a), b), {"transposed": transposed}

    return draw


solve_factored.samples(
    _solve_sample(regular(3, 3), (3, 1), False),
    _solve_sample(regular(3, 3), (2, 3, 2), True),
    _solve_sample(regular(2, 3, 3), (3, 2), False),
    _solve_sample(regular(2, 34, 34), (34, 1), True),
    _solve_sample(regular(3, 3, dtype=np.float32), (3, 2), False),
    _solve_sample(regular(3, 3, dtype=np.complex128), (3, 2), True),
)

inverse = Primitive(
    "inv",
    signature="(n,n)->(n,n)",
    notation="{0}⁻¹",
    domain="A regular; NumPy's LinAlgError otherwise",
    cite="d A^-1 = -A^-1 dA A^-1; Petersen & Pedersen, Matrix Cookbook (2012), eq. 40",
)
inverse.evaluate(lambda xp, a: xp.linalg.inv(a))
inverse.differential(lambda y, a: (lambda da: -(y @ da @ y),))
inverse.flops(lambda a: 2 * a.size * a.shape[-1])
inverse.samples(
    lambda r: ((regular(3, 3)(r),), {}),
    lambda r: ((regular(2, 3, 3)(r),), {}),
    lambda r: ((regular(3, 3, dtype=np.float32)(r),), {}),
    lambda r: ((regular(3, 3, dtype=np.complex128)(r),), {}),
)

triangular_solve = Primitive(
    "triangular_solve",
    signature="(n,n),(n,k)->(n,k)",
    params=("lower", "transposed"),
    notation="{0}⁻¹ {1}",
    domain="no zero on the diagonal; one triangle of T is read",
    cite="d(T^-1 B) = T^-1 (dB - dT X); Giles (2008), 2.3.1",
)


@triangular_solve.evaluate
def _triangular_value(xp: Any, t: Any, b: Any, *, lower: bool, transposed: bool) -> Any:
    return lapack.solve_triangle(t, b, lower, transposed)


@triangular_solve.differential
def _d_triangular(x: Any, t: Any, b: Any, *, lower: bool, transposed: bool) -> Any:
    def in_matrix(dt: Any) -> Any:
        read = triangle(dt, lower=lower, diagonal=1.0)
        return -triangular_solve(t, (swap_last(read) if transposed else read) @ x, lower=lower, transposed=transposed)

    return in_matrix, lambda db: triangular_solve(t, db, lower=lower, transposed=transposed)


@triangular_solve.transpose(1)
def _triangular_adjoint(g: Any, t: Any, b: Any, *, lower: bool, transposed: bool) -> Any:
    return triangular_solve(t, g, lower=lower, transposed=not transposed)


@triangular_solve.annihilate(1)
def _zero_solved_by_triangle(t: Any, b: Any, *, lower: bool, transposed: bool) -> Any:
    """The solution, which is zero for a right side of zeros, whether or not the factor is one."""
    size = t.shape[-1]
    if not isinstance(b, Operand) and not np.any(b):
        loop = np.broadcast_shapes(t.shape[:-2], b.shape[:-2])
        return np.zeros((*loop, *b.shape[-2:]), np.result_type(t.dtype, b.dtype))
    still = _unused(t, b)
    whole = select(still, np.eye(size, dtype=t.dtype), t)
    return select(still, 0.0, triangular_solve(whole, b, lower=lower, transposed=transposed))


triangular_solve.flops(lambda t, b, *, lower, transposed: b.size * t.shape[-1])
triangular_solve.samples(
    lambda r: ((regular(3, 3)(r), r.normal(size=(3, 2))), {"lower": True, "transposed": False}),
    lambda r: ((regular(3, 3)(r), r.normal(size=(2, 3, 1))), {"lower": False, "transposed": True}),
    lambda r: ((regular(2, 3, 3)(r), r.normal(size=(3, 2))), {"lower": True, "transposed": True}),
    lambda r: ((regular(2, 34, 34)(r), r.normal(size=(34, 2))), {"lower": False, "transposed": False}),
    lambda r: (
        (regular(3, 3, dtype=np.complex128)(r), r.normal(size=(3, 2)) + 1j * r.normal(size=(3, 2))),
        {"lower": True, "transposed": True},
    ),
)


@implements(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    """`np.linalg.solve`: one factorisation serves the value and the derivatives of all orders."""
    a, b = inexact(as_operand(a), as_operand(b))
    a = squares(a, "solve")
    rows, right = type_of(a).shape[-1], type_of(b).shape
    if not right:
        raise np.linalg.LinAlgError("np.linalg.solve(a, b) needs b with at least one axis; received a number")
    # since NumPy 2 only a one-dimensional b is a vector
    vector = len(right) == 1
    if right[-1 if vector else -2] != rows:
        raise ShapeError(
            f"np.linalg.solve(a, b): a of shape {type_of(a).shape} needs b with {rows} rows, received shape "
            f"{right}" + ("" if vector else "; write b[..., None] for a stack of vectors")
        )
    if not vector:
        broadcast_shapes([type_of(a).shape[:-2], right[:-2]], "np.linalg.solve(a, b), stacks of matrices")
    factors, pivots = lu_factor(a)
    x = solve_factored(a, factors, pivots, reshape(b, shape=(rows, 1)) if vector else b, transposed=False)
    return reshape(x, shape=type_of(x).shape[:-1]) if vector else x


@implements(np.linalg.inv)
def inv(a: Any) -> Any:
    """`np.linalg.inv`; the inverse itself is all that its derivatives need."""
    return inverse(squares(a, "inv"))
