"""Small matrices, factored without a library, and stacks of matrices: NumPy's values, derivatives and errors."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from graph_gate import compare_graphs, loss_of
from outcomes import assert_same, outcome

import wengert as wg
from wengert.compiler import engine
from wengert.compiler.building import compile_kernel
from wengert.compiler.optimise import optimised
from wengert.compiler.optimise.decompositions import lu
from wengert.compiler.status import Status
from wengert.graph import Equation, Graph, Var, array_type


def turned(a):
    return np.swapaxes(a, -1, -2)


def definite(a):
    return a @ turned(a) + np.eye(a.shape[-1], dtype=a.dtype)


def lower(a):
    return np.tril(a) + a.shape[-1] * np.eye(a.shape[-1], dtype=a.dtype)


def root(a):
    return np.linalg.cholesky(definite(a))


PROGRAMS = {
    "solve": np.linalg.solve,
    "solve, transposed": lambda a, b: np.linalg.solve(turned(a), b),
    "shared factors": lambda a, b: (np.linalg.solve(a, b), np.linalg.solve(turned(a), -2 * b), np.linalg.slogdet(a)[1]),
    "inverse": lambda a, b: (np.linalg.inv(a), turned(np.linalg.inv(turned(a))) * b[..., :1, :1]),
    "determinant": lambda a, b: np.linalg.det(a) * b[..., 0, 0],
    "logarithm": lambda a, b: np.linalg.slogdet(turned(a)),
    "Cholesky": lambda a, b: root(a),
    "factor of Cholesky solved with": lambda a, b: np.linalg.solve(root(a), b),
    "turned factor solved with": lambda a, b: np.linalg.solve(turned(root(a)), b),
    "triangle": lambda a, b: np.linalg.solve(lower(a), b),
    "turned triangle": lambda a, b: np.linalg.solve(turned(lower(a)), b),
}
# of one matrix only: what the optimiser makes of the likelihood of a Gaussian process
PROCESS = {
    "process": lambda a, b: np.sum(np.linalg.solve(root(a), b) ** 2) + np.sum(np.log(np.diagonal(root(a)))),
}
WIDTH = engine.vector_width()
STACKS = [(1,), (2, 5), (19,)]


def operands(stack, size, columns, dtype=np.float64, seed=0):
    random = np.random.default_rng(seed)
    a = random.normal(size=(*stack, size, size)) + 2 * size**0.5 * np.eye(size)
    return a.astype(dtype), random.normal(size=(*stack, size, columns)).astype(dtype)


def both(program):
    return program, wg.value_and_grad(loss_of(program, {}), (0, 1))


@pytest.mark.parametrize("name", [*PROGRAMS, *PROCESS])
@pytest.mark.parametrize("size", range(1, 9))
def test_values_and_gradients_of_one_matrix(name, size):
    for asked in both({**PROGRAMS, **PROCESS}[name]):
        fast = wg.jit(asked)
        for dtype, columns, digits in ((np.float64, 1 + size % 2, 1e-12), (np.float32, 3, 1e-4)):
            for seed in range(2):
                given = operands((), size, columns, dtype, seed)
                assert_same(outcome(fast, *given), outcome(asked, *given), digits)
        assert "NumPy:" not in fast.explain()
        assert "LAPACK" not in fast.explain()


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("stack", STACKS)
def test_values_and_gradients_of_stacks(name, stack, monkeypatch):
    for asked in both(PROGRAMS[name]):
        for size, columns, width, dtype, digits in (
            *((1, 2, 8, np.float64, 1e-12), (2, 1, 4, np.float64, 1e-12), (3, 11, 2, np.float32, 1e-4)),
            *((4, 2, 4, np.float32, 1e-4), (6, 1, 8, np.float64, 1e-12), (8, 9, 8, np.float64, 1e-12)),
            *((9, 1, 8, np.float64, 1e-11), (17, 3, 8, np.float64, 1e-11)),
        ):
            # as on processors with shorter vectors, which put fewer matrices side by side
            monkeypatch.setattr(engine, "vector_width", partial(min, width, WIDTH))
            fast = wg.jit(asked)
            given = operands(stack, size, columns, dtype)
            assert_same(outcome(fast, *given), outcome(asked, *given), digits)
            assert "NumPy:" not in fast.explain()
            assert ("LAPACK" in fast.explain()) is (size > 8)


@pytest.mark.parametrize("name", ["solve", "inverse", "triangle", "determinant"])
def test_a_matrix_of_a_stack_is_factored_as_if_it_were_alone(name):
    program = PROGRAMS[name]
    for size in (2, 3, 6, 7):
        a, b = operands((11,), size, 2)
        alone, together = wg.jit(program), wg.jit(program)
        # the first call returns what the recorded program has
        alone(a[0], b[0]), together(a, b)
        found = wg.tree.flatten(together(a, b))[0]
        for place in range(11):
            for one, several in zip(wg.tree.flatten(alone(a[place], b[place]))[0], found, strict=True):
                # products of pivots are multiplied in an order of their own
                np.testing.assert_allclose(one, several[place], rtol=1e-15 if name == "determinant" else 0)


@pytest.mark.parametrize(
    "shapes", [((4, 3, 3), (3, 2)), ((4, 3, 3), (1, 3, 2)), ((3, 3), (4, 3, 2)), ((1, 3, 3), (4, 3, 2))]
)
def test_right_hand_sides_of_other_stacks(shapes):
    random = np.random.default_rng(3)
    a, b = (random.normal(size=shape) for shape in shapes)
    a = a + 3 * np.eye(3)
    for program in (np.linalg.solve, PROGRAMS["factor of Cholesky solved with"], PROGRAMS["turned triangle"]):
        for asked in both(program):
            assert_same(outcome(wg.jit(asked), a, b), outcome(asked, a, b), 1e-12)


def spoilt(kind, stack, size):
    a, b = operands(stack, size, 2)
    first = (2,) * len(stack)
    if kind == "singular":
        a[(*first, slice(None), size - 1)] = 0.0
    elif kind == "zeros":
        a[first] = 0.0
    elif kind == "small":
        a *= 1e-310
    elif kind == "large":
        a *= 1e307
    elif kind == "asymmetric":
        a[(*first, 0, size - 1)] += 10.0
    elif kind.startswith("right"):
        b[(*first, 0, 0)] = float(kind.split()[1])
    elif kind.startswith("matrix"):
        a[(*first, size - 1, 0)] = float(kind.split()[1])
    return a, b


SPOILT = (
    *("singular", "zeros", "small", "large", "asymmetric", "right nan", "right inf"),
    *("matrix nan", "matrix inf", "matrix -inf"),
)
PLAIN = {
    "plain Cholesky": lambda a, b: np.linalg.cholesky(a),
    "plain triangle": lambda a, b: np.linalg.solve(np.tril(a), b),
}


@pytest.mark.parametrize("name", [*PROGRAMS, *PLAIN])
@pytest.mark.parametrize(("stack", "size"), [((), 2), ((), 3), ((), 7), ((5,), 3), ((5,), 8), ((3,), 9)])
def test_what_numpy_refuses_or_cannot_count(name, stack, size):
    for asked in both({**PROGRAMS, **PLAIN}[name]):
        fast = wg.jit(asked)
        outcome(fast, *spoilt("", stack, size))
        for kind in SPOILT:
            given = spoilt(kind, stack, size)
            assert_same(outcome(fast, *given), outcome(asked, *given), 1e-11)


def eliminated(a):
    """Factors and pivots as they are to be, operation by operation."""
    a = a.copy()
    size, one = len(a), a.dtype.type(1)
    sums, pivots = np.zeros_like(a), np.zeros(size, np.int32)
    for k in range(size):
        a[k:, k] -= sums[k:, k]
        place = k + int(np.argmax(np.abs(a[k:, k])))
        pivots[k] = place + 1
        for rows in (a, sums):
            rows[[k, place]] = rows[[place, k]]
        a[k, k + 1 :] -= sums[k, k + 1 :]
        a[k + 1 :, k] *= one / a[k, k]
        sums[k + 1 :, k + 1 :] += np.outer(a[k + 1 :, k], a[k, k + 1 :])
    return a, pivots


@pytest.mark.parametrize("size", range(1, 9))
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_pivots_and_factors(size, dtype):
    a = Var(array_type((size, size), np.dtype(dtype)))
    results = tuple([Var(kind) for kind in lu.infer((a.type,), ())])
    kernel = compile_kernel(Graph((a,), (Equation(lu, (a,), (), results),), results))
    random = np.random.default_rng(size)
    for turn in range(20):
        # small integers, so that there are pairs of the same size, of either sign
        given = random.normal(size=(size, size)) if turn < 10 else random.integers(-3, 4, size=(size, size))
        given = given.astype(dtype)
        with np.errstate(all="ignore"):
            factors, pivots = eliminated(given)
        found = np.empty_like(factors), np.empty_like(pivots), np.full((), 9, np.int32)
        status = kernel.run([given], found)
        if not np.all(np.isfinite(factors)) or not np.diagonal(factors).all():
            assert status is Status.LOST
            continue
        assert status is Status.DONE
        np.testing.assert_array_equal(found[1], pivots)
        # of more rows nothing is summed up before it is subtracted
        np.testing.assert_allclose(found[0], factors, rtol=0, atol=0 if size < 7 else 1e3 * np.finfo(dtype).eps)
        assert found[2] == 0


@pytest.mark.parametrize("stack", [(), (3,), (2, 2)])
@pytest.mark.parametrize("name", PROGRAMS)
def test_optimised_graphs_are_right_where_numpy_runs_them(name, stack):
    for asked in both(PROGRAMS[name]):
        given = operands(stack, 3, 2)
        graph = wg.trace(asked, *given).graph
        assert compare_graphs(graph, optimised(graph), list(given))


def test_one_small_matrix_is_named():
    fast = wg.jit(np.linalg.solve)
    fast(*operands((), 3, 1))
    assert "unrolled: lu of (3, 3)" in fast.explain()
    fast = wg.jit(np.linalg.solve)
    fast(*operands((), 9, 1))
    assert "LAPACK: lu of (9, 9)" in fast.explain()


@pytest.mark.parametrize("sizes", [(2, 2, 2), (3, 3, 3), (4, 4, 4), (2, 4, 3), (8, 2, 2), (2, 8, 4)])
@pytest.mark.parametrize("turning", ["neither", "left", "right"])
def test_products_of_few_rows_are_written_without_a_loop(sizes, turning, monkeypatch):
    rows, terms, columns = sizes
    random = np.random.default_rng(5)
    left = random.normal(size=(terms, rows) if turning == "left" else (rows, terms))
    right = random.normal(size=(columns, terms) if turning == "right" else (terms, columns))

    def product(a, b):
        return (a.T if turning == "left" else a) @ (b.T if turning == "right" else b)

    graph = wg.trace(product, left, right).graph
    texts, compiling = [], engine.compile_module
    monkeypatch.setattr(engine, "compile_module", lambda text, **how: texts.append(text) or compiling(text, **how))
    kernel = compile_kernel(graph)
    # where an operand is turned, a loop may turn it or the result
    assert " phi " not in texts[-1] or turning != "neither"
    found = np.empty((rows, columns))
    assert kernel.run([left, right], [found]) is Status.DONE
    np.testing.assert_allclose(found, product(left, right), rtol=0, atol=1e-14)
