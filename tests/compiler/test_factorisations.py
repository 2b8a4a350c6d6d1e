"""Factorisations in compiled code: values, derivatives and errors are NumPy's, at awkward sizes and inputs too."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
from graph_gate import compare_graphs, loss_of
from outcomes import assert_same, outcome

import wengert as wg
from wengert.compiler.optimise import optimised
from wengert.compiler.optimise.lattices import lattice
from wengert.errors import UnsupportedError

Array = np.ndarray


def definite(a):
    return a @ a.T + len(a) * np.eye(len(a), dtype=a.dtype)


def process(a, b):
    """Minus a logarithm of a likelihood: a quadratic form and a determinant, by one factor."""
    factor = np.linalg.cholesky(definite(a))
    return 0.5 * np.sum(np.linalg.solve(factor, b) ** 2) + np.sum(np.log(np.diagonal(factor)))


def process_by_weights(a, b):
    factor = np.linalg.cholesky(definite(a))
    return np.sum(factor.diagonal() * b[:, 0] ** 2) - np.trace(b.T @ np.linalg.solve(factor.T, b))


def process_solved_twice(a, b):
    factor = np.linalg.cholesky(definite(a))
    return np.sum(b * np.linalg.solve(factor.T, np.linalg.solve(factor, b))) - 2 * np.sum(np.log(np.diag(factor)))


def process_of_scipy(a, b):
    factor = scipy.linalg.cho_factor(definite(a), lower=True)
    return np.sum(b * scipy.linalg.cho_solve(factor, b)) / 2 + np.log(np.diag(factor[0])).sum()


def process_by_upper_factor(a, b):
    factor = scipy.linalg.cholesky(definite(a))
    white = scipy.linalg.solve_triangular(factor, b, trans="T")
    return np.sum(white**2) + np.sum(np.log(np.diagonal(factor)))


def turned_products(a, b):
    """Cotangents of the factor that look like those of a process, but are turned."""
    factor = np.linalg.cholesky(definite(a))
    white = np.linalg.solve(factor, b[:, 0])
    twice = np.linalg.solve(factor.T, white)
    return (
        np.sum(np.outer(white, twice) * factor),
        np.sum(np.outer(twice, white) * factor),
        np.diag(factor) ** 2 * white,
    )


def twice_used(factor):
    return np.linalg.solve(factor.T, factor)


def lower(a):
    return np.tril(a) + len(a) * np.eye(len(a), dtype=a.dtype)


PROGRAMS = {
    "solve, one column": lambda a, b: np.linalg.solve(a, b[:, 0]),
    "solve, columns": np.linalg.solve,
    "solve, transposed": lambda a, b: np.linalg.solve(a.T, b),
    "solve, turned columns": lambda a, b: np.linalg.solve(a, (b.T * 2).T[::-1]),
    "shared factors": lambda a, b: (np.linalg.solve(a.T, b), np.linalg.solve(a, -2 * b), *np.linalg.slogdet(a)),
    "inverse": lambda a, b: (np.linalg.inv(a), np.linalg.inv(a.T) * b[:1, :1]),
    "determinant": lambda a, b: np.linalg.det(a),
    "determinant and logarithm": lambda a, b: (np.linalg.det(a.T) * b[0, 0], np.linalg.slogdet(a)[1]),
    "logarithm": lambda a, b: np.linalg.slogdet(a),
    "eigenvalues": lambda a, b: np.linalg.eigvalsh(a + a.T),
    "eigenvectors": lambda a, b: np.linalg.eigh(a + a.T),
    "diagonals": lambda a, b: (np.diag(b[:, 0]) @ a, a @ np.diag(b[:, 0]), np.diag(a), np.trace(a @ a)),
    "triangle": lambda a, b: np.linalg.solve(lower(a), b),
    "turned triangle": lambda a, b: np.linalg.solve(lower(a).T, b[:, 0]),
    "a triangle of itself": lambda a, b: twice_used(np.linalg.cholesky(definite(a))),
    "stack of columns": lambda a, b: np.linalg.solve(a, np.stack([b, 2 * b[::-1]])),
    "stack of columns of a triangle": lambda a, b: np.linalg.solve(lower(a).T, np.stack([b, b * b])),
    "Cholesky": lambda a, b: np.linalg.cholesky(definite(a)),
    "Cholesky, upper": lambda a, b: np.linalg.cholesky(definite(a), upper=True),
    "quadratic form": lambda a, b: b[:, 0] @ np.linalg.solve(definite(a), b),
    "process": process,
    "process by weights": process_by_weights,
    "process, solved twice": process_solved_twice,
    "process of SciPy's": process_of_scipy,
    "process by an upper factor": process_by_upper_factor,
    "turned products": turned_products,
    "twice the transpose": lambda a, b: (a + a.T, (3 * a).T + 3 * a, definite(a) + definite(a).T),
}
SIZES = [(1, 1), (2, 3), (7, 1), (16, 2), (17, 3), (41, 1)]


def operands(size, columns, dtype, seed=0):
    random = np.random.default_rng(seed)
    a = random.normal(size=(size, size)) + 2 * size**0.5 * np.eye(size)
    return a.astype(dtype), random.normal(size=(size, columns)).astype(dtype)


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize(("size", "columns"), SIZES)
def test_values_and_gradients(name, size, columns):
    for dtype, digits in ((np.float64, 1e-11), (np.float32, 1e-2)):
        if dtype is np.float32 and size not in (2, 17):
            continue
        program = PROGRAMS[name]
        for asked in (program, wg.value_and_grad(loss_of(program, {}), (0, 1))):
            fast = wg.jit(asked)
            for seed in range(3):
                given = operands(size, columns, dtype, seed)
                assert_same(outcome(fast, *given), outcome(asked, *given), digits)


LARGE = ("solve, columns", "solve, transposed", "shared factors", "determinant and logarithm", "logarithm")


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("size", [199, 200, 257])
def test_factors_in_blocks_of_columns(name, size):
    # each block of columns has rows to exchange
    order = np.random.default_rng(1).permutation(size)
    for dtype, digits in ((np.float64, 1e-11), (np.float32, 1e-2)):
        a, b = operands(size, 2, dtype)
        a = (a / size)[order]
        for asked in (PROGRAMS[name], wg.value_and_grad(loss_of(PROGRAMS[name], {}), (0, 1))):
            fast = wg.jit(asked)
            for _ in range(2):
                assert_same(outcome(fast, a, b), outcome(asked, a, b), digits)
            assert "LAPACK" in fast.explain()
            assert "NumPy:" not in fast.explain()


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("columns", [(0,), (63,), (64,), (256,), (3, 250)])
def test_a_zero_among_the_pivots_of_any_block(name, columns):
    a, b = operands(257, 2, np.float64)
    fast = wg.jit(PROGRAMS[name])
    for value in (None, 0.0, np.nan, np.inf):
        given = a.copy()
        if value is not None:
            given[:, list(columns)] = value
        assert_same(outcome(fast, given, b), outcome(PROGRAMS[name], given, b), 1e-11)


def spoilt(kind):
    """A matrix and a right-hand side that some factorisation does not like."""
    a, b = operands(9, 2, np.float64)
    if kind == "singular":
        a[:, 4] = 0.0
    elif kind == "zeros":
        a[:] = 0.0
    elif kind.startswith("right"):
        b[0, 0] = float(kind.split()[1])
    elif kind.startswith("matrix"):
        a[-1, 0] = float(kind.split()[1])
    elif kind == "columns first":
        return np.asfortranarray(a), b[::-1]
    return a, b


SPOILT = ("singular", "zeros", "right nan", "right inf", "matrix nan", "matrix inf", "matrix -inf", "columns first")


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_numpy_refuses_or_cannot_count(name):
    program = PROGRAMS[name]
    for asked in (program, wg.grad(loss_of(program, {}), (0, 1))):
        fast = wg.jit(asked)
        assert_same(outcome(fast, *spoilt("")), outcome(asked, *spoilt("")), 1e-11)
        for kind in SPOILT:
            assert_same(outcome(fast, *spoilt(kind)), outcome(asked, *spoilt(kind)), 1e-11)


# of a matrix with columns so far apart: what depends on the factors
GRADED = {
    "det": np.linalg.det,
    "slogdet": lambda a: np.linalg.slogdet(a)[1],
    "solve": lambda a: np.linalg.solve(a, np.ones(len(a))),
    "inv": np.linalg.inv,
    "gradient": wg.grad(np.linalg.det),
}


@pytest.mark.parametrize("name", GRADED)
@pytest.mark.parametrize(
    ("dtype", "decades"), [(np.float64, 250), (np.float64, 350), (np.float64, 500), (np.float32, 60)]
)
def test_columns_whose_scales_are_far_apart(name, dtype, decades):
    fast = wg.jit(GRADED[name])
    for seed in range(6):
        a = operands(2 + seed % 3, 1, np.float64, seed)[0]
        scales = 10.0 ** np.linspace(-decades / 2, decades / 2, len(a))
        for given in (a * scales, a * scales[:, None], a):
            given = given.astype(dtype)
            found, expected = outcome(fast, given), outcome(GRADED[name], given)
            if isinstance(expected, str):
                assert found == expected
            else:
                # entry by entry, each of its own scale
                np.testing.assert_allclose(found[0], expected[0], rtol=1e-3 if dtype is np.float32 else 1e-10)


def test_a_matrix_that_is_not_symmetric_is_treated_as_without_machine_code():
    plain = wg.jit(np.linalg.cholesky)
    asked = wg.grad(lambda a: np.sum(np.linalg.cholesky(a)))
    fast = wg.jit(asked)
    a = definite(operands(12, 1, np.float64)[0])
    fast(a), plain(a)
    a[3, 2] += 1.0
    # NumPy reads one triangle, and what it does not read has no derivative
    np.testing.assert_array_equal(plain(a), np.linalg.cholesky(a))
    a[2, 3] += 1.0 + 1e-9
    assert_same(outcome(fast, a), outcome(asked, a), 1e-11)
    a[3, 2] += 1.0
    with pytest.raises(UnsupportedError, match="of a matrix that is not symmetric"):
        fast(a)


# what is left of a gradient: which operations on matrices, and how often
LEFT = {
    "shared factors": {"lu": 1, "lu_solve": 6, "lu_inverse": 1},
    "logarithm": {"lu": 1, "lu_inverse": 1},
    "quadratic form": {"lu": 1, "lu_solve": 2},
    **{
        name: {"cholesky": 1, "triangular_solve": 2, "cholesky_inverse": 1}
        for name in ("process", "process, solved twice", "process of SciPy's", "process by an upper factor")
    },
}
COUNTED = {
    "cholesky",
    "cholesky_inverse",
    "inv",
    "lu",
    "lu_factor",
    "lu_inverse",
    "lu_solve",
    "solve",
    "triangular_solve",
}


@pytest.mark.parametrize("name", LEFT)
def test_one_factorisation_serves_all(name):
    given = operands(9, 1, np.float64)
    graph = wg.trace(wg.value_and_grad(loss_of(PROGRAMS[name], {}), (0, 1)), *given).graph
    found = optimised(graph)
    names = [equation.primitive.name for equation in found.graph.equations]
    assert {each: names.count(each) for each in COUNTED if each in names} == LEFT[name]
    assert compare_graphs(graph, found, list(given))
    fast = wg.jit(wg.value_and_grad(loss_of(PROGRAMS[name], {}), (0, 1)))
    fast(*given)
    assert "LAPACK" in fast.explain()
    assert "NumPy" not in fast.explain()


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        (np.arange(20), (0, (20,), (1,))),
        (3 + 2 * np.arange(20), (3, (20,), (2,))),
        (np.tile(np.arange(4), 5), (0, (5, 4), (0, 1))),
        (np.repeat(np.arange(4), 5), (0, (4, 5), (1, 0))),
        (
            (70 * np.arange(3)[:, None, None] + 10 * np.arange(2)[:, None] + np.arange(4)).ravel(),
            (0, (3, 2, 4), (70, 10, 1)),
        ),
        (np.arange(20)[::-1], (19, (20,), (-1,))),
        (np.r_[0:10, 11:21, 22:31], None),
        (np.arange(20) ** 2, None),
    ],
)
def test_places_at_equal_distances(places, expected):
    found = lattice(places)
    assert (None if found is None else (found.start, found.lengths, found.strides)) == expected


BLOCKS = {
    "rows": lambda u, v: np.sum((u @ v.T - 1.0) ** 2),
    "columns": lambda u, v: np.sum((v @ u.T - 1.0) ** 2),
    "entries": lambda u, v: np.sum(u**3 * v),
    "rows twice": lambda u, v: np.sum((u @ v.T) ** 2) + 3.0 * np.sum(u**2),
}


@pytest.mark.parametrize("name", BLOCKS)
@pytest.mark.parametrize("shape", [(2, 3), (7, 5), (30, 4), (33, 1), (1, 33)])
def test_hessians_of_sums_over_rows(name, shape):
    random = np.random.default_rng(7)
    asked = wg.hessian(BLOCKS[name])
    fast = wg.jit(asked)
    for value in (0.0, 0.0, np.nan, np.inf):
        u, v = random.normal(size=shape), random.normal(size=shape)
        v[0, 0] += value
        assert_same(outcome(fast, u, v), outcome(asked, u, v), 1e-13)


@pytest.mark.parametrize("size", [15, 16, 17, 64, 333])
def test_a_matrix_plus_its_transpose(size):
    def asked(a):
        return 0.5 * a + (0.5 * a).T, wg.hessian(lambda x, a: x @ a @ x)(a[0], a)

    fast = wg.jit(asked)
    for dtype in (np.float64, np.float32):
        a = operands(size, 1, dtype)[0]
        assert_same(outcome(fast, a), outcome(asked, a), 1e-6)
        assert_same(outcome(fast, a.T), outcome(asked, a.T), 1e-6)
        for value in (np.nan, np.inf, -np.inf):
            a[-1, 1] = value
            a[1, -1] = np.inf
            assert_same(outcome(fast, a), outcome(asked, a), 1e-6)


def filtered(a, noise, seen):
    """The likelihood of a Kalman filter, whose steps become a loop again."""
    spread, mean, total = np.eye(len(a)), np.zeros(len(a)), 0.0
    for one in seen:
        mean, spread = a @ mean, a @ spread @ a.T + noise
        whole = spread + noise.T
        whole = (whole + whole.T) / 2
        gap = one - mean
        total = total + 0.5 * gap @ np.linalg.solve(whole, gap) + 0.5 * np.linalg.slogdet(whole)[1]
        gain = np.linalg.solve(whole, spread).T
        mean, spread = mean + gain @ gap, spread - gain @ spread
    return total


def factored(a, noise, seen):
    spread, total = np.eye(len(a)), 0.0
    for one in seen:
        factor = np.linalg.cholesky(spread + noise @ noise.T)
        white = np.linalg.solve(factor, one)
        total = total + white @ white + np.sum(np.log(np.diag(factor)))
        spread = a @ spread @ a.T + np.diag(np.exp(one))
    return total


@pytest.mark.parametrize("program", [filtered, factored])
@pytest.mark.parametrize(("size", "steps"), [(3, 1), (4, 12), (17, 11)])
def test_factorisations_in_loops(program, size, steps):
    random = np.random.default_rng(size)
    given = 0.2 * random.normal(size=(size, size)), 2 * np.eye(size), random.normal(size=(steps, size))
    for asked in (program, wg.value_and_grad(program, (0, 1, 2))):
        fast = wg.jit(asked)
        for scale in (1.0, 1.0, 0.5):
            scaled = (scale * given[0], *given[1:])
            assert_same(outcome(fast, *scaled), outcome(asked, *scaled), 1e-11)
