"""Diagonals, identities, seeds and broadcasts take no memory: what compiled derivatives of such programs work in."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import wengert as wg
from wengert import tree

SIZE = 48
RANDOM = np.random.default_rng(5)
X, Y, V = RANDOM.uniform(0.5, 1.5, SIZE), RANDOM.uniform(0.5, 1.5, SIZE), RANDOM.normal(size=SIZE)
A, B = RANDOM.normal(size=(SIZE, SIZE)), RANDOM.normal(size=(SIZE, SIZE))
S = A @ A.T / SIZE + np.eye(SIZE)
PLACES = RANDOM.integers(0, SIZE, SIZE)


def filled(x, a):
    a = a.copy()
    np.fill_diagonal(a, x)
    return a


def written(x):
    found = np.zeros((SIZE, SIZE))
    found[np.arange(SIZE), np.arange(SIZE)] = x
    return found


def added(x, a):
    found = a.copy()
    found[np.arange(SIZE), np.arange(SIZE)] += x
    return found


def scattered(x):
    found = np.zeros(SIZE)
    np.add.at(found, PLACES, x)
    return found


PROGRAMS = {
    "diagonal matrix": (np.diag, X),
    "flat diagonal matrix": (np.diagflat, X),
    "identity times rows": (lambda x: np.eye(SIZE) * x, X),
    "identity times columns": (lambda x: x[:, None] * np.eye(SIZE), X),
    "written diagonal": (written, X),
    "filled diagonal": (filled, X, A),
    "added diagonal": (added, X, A),
    "shifted": (lambda x, s: s + np.diag(x), X, S),
    "shifted by an identity": (lambda x, s: s + x * np.eye(SIZE), X, S),
    "chosen by an identity": (lambda x, a: np.where(np.eye(SIZE) > 0, x, a), X, A),
    "scaled rows": (lambda x, a: np.diag(x) @ a, X, A),
    "scaled columns": (lambda x, a: a @ np.diag(x), X, A),
    "scaled both ways": (lambda x, a: np.diag(x) @ a @ np.diag(x), X, A),
    "rows scaled by an identity": (lambda x, a: (x * np.eye(SIZE)) @ a, X, A),
    "scaled vector": (lambda x, v: np.diag(x) @ v, X, V),
    "weighted square": (lambda x, a: a.T @ np.diag(x) @ a, X, A),
    "diagonal of scaled rows": (lambda x, a: np.diag(np.diag(x) @ a).copy(), X, A),
    "trace of a product": (lambda x, a, b: np.trace(a @ np.diag(x) @ b), X, A, B),
    "scaled by einsum": (lambda x, a: np.einsum("i,ij->ij", x, a), X, A),
    "square distance": (lambda x, a: np.sum((a - np.diag(x)) ** 2), X, A),
    "outer product": (np.outer, X, Y),
    "row of an outer product": (lambda x: np.outer(x, np.eye(SIZE)[2]), X),
    "sums of pairs": (lambda x, y: x[:, None] + y, X, Y),
    "sums of triples": (lambda x, y, v: np.sum(x[:, None, None] * y[:, None] * v), X, Y, V),
    "kernel of pairs": (lambda x, y: np.sum(np.exp(-((x[:, None] - y) ** 2))), X, Y),
    "gathered": (lambda x: x[PLACES], X),
    "scattered": (scattered, X),
    "running sums": (np.cumsum, X),
    "reversed": (lambda x: x[::-1] * x, X),
    "rolled": (lambda x: np.roll(x, 1) * x, X),
    "joined": (lambda x, y: np.concatenate([x, y]), X, Y),
    "repeated blocks": (lambda x: np.kron(np.eye(2), x[:, None]), X),
    "quadratic form": (lambda x, a: x @ a @ x, X, A),
    "logistic regression": (lambda x, a, y: np.sum(np.logaddexp(0.0, a @ x) - y * (a @ x)), X, A, Y),
    "layer": (lambda x, a: np.tanh(a @ x), X, A),
    "shares": (lambda x: np.exp(x) / np.sum(np.exp(x)), X),
    "solution": (lambda x, s, v: np.linalg.solve(s + np.diag(x), v), X, S, V),
    "quadratic form of an inverse": (lambda x, s, v: v @ np.linalg.solve(s + np.diag(x), v), X, S, V),
    "logarithm of a determinant": (lambda x, s: np.linalg.slogdet(s + np.diag(x))[1], X, S),
    "the same, by an identity": (lambda x, s: np.linalg.slogdet(s + x * np.eye(SIZE))[1], X, S),
    "inverse": (lambda x, s: np.linalg.inv(s + np.diag(x)), X, S),
    "sum of an inverse": (lambda x, s: np.sum(np.linalg.inv(s + np.diag(x))), X, S),
    "trace of an inverse": (lambda x, s: np.trace(np.linalg.inv(s + np.diag(x))), X, S),
    "norm of a commutator": (lambda x, a: np.linalg.norm(np.diag(x) @ a - a @ np.diag(x)), X, A),
    "determinant by Cholesky": (lambda x, s: np.sum(np.log(np.diag(np.linalg.cholesky(s + np.diag(x))))), X, S),
}


def curved(f):
    """A number that depends on all results, each bent."""
    return lambda *args: np.sum(np.sin(f(*args)))


def along(f):
    """The derivative in the direction of the point itself."""
    return lambda x, *rest: wg.jvp(lambda moved: f(moved, *rest), (x,), (x,))[1]


MODES = {
    "value": lambda f: f,
    "gradient": lambda f: wg.grad(curved(f)),
    "Jacobian by columns": lambda f: wg.jacobian(f, mode="forward"),
    "Jacobian by rows": lambda f: wg.jacobian(f, mode="reverse"),
    "Hessian": lambda f: wg.hessian(curved(f)),
    "Hessian of the sum": lambda f: wg.hessian(lambda *args: np.sum(f(*args))),
    "direction": along,
    "Hessian in a direction": lambda f: along(wg.grad(curved(f))),
}

# How many times the memory of arguments and results a kernel may work in, constants included.
USUAL = 5.0
BOUNDS = {
    # two sums of matrices that are zeros but for a row and a column, whose places are constants
    ("scaled both ways", "Hessian"): 13.0,
    # places of the caller's, several values at one of them
    ("scattered", "Hessian"): 8.0,
    # matrices of the size of the argument, ten and fifteen of them, for a result that is a vector
    ("inverse", "Hessian in a direction"): 11.0,
    ("determinant by Cholesky", "Hessian in a direction"): 15.0,
    # what is computed of all pairs, which two sums read one after the other, for arguments that are vectors
    ("kernel of pairs", "gradient"): SIZE / 2,
    ("kernel of pairs", "Hessian"): 8.0,
    ("kernel of pairs", "Hessian in a direction"): SIZE / 2,
    # the second derivative has four indices, of which two are summed: a matrix for each column of the result
    ("weighted square", "Hessian"): 1.1 * SIZE,
    ("inverse", "Hessian"): 1.1 * SIZE,
    # differences of two outer products for each column, which a product sums
    ("sum of an inverse", "Hessian"): 1.1 * SIZE,
    ("trace of an inverse", "Hessian"): 1.1 * SIZE,
    # a root, guarded where it is zero, divides the derivative of a whole matrix for each column
    ("norm of a commutator", "Jacobian by columns"): 10.0,
    ("norm of a commutator", "Hessian"): 1.4 * SIZE,
    ("norm of a commutator", "Hessian of the sum"): 1.4 * SIZE,
    # triangular systems with a matrix for each column: no rule knows these derivatives of a factor as a whole
    ("determinant by Cholesky", "Jacobian by columns"): 3.0 * SIZE,
    ("determinant by Cholesky", "Hessian"): 7.0 * SIZE,
    ("determinant by Cholesky", "Hessian of the sum"): 7.0 * SIZE,
}


def bytes_of(nested):
    return sum([np.asarray(leaf).nbytes for leaf in tree.flatten(nested)[0]])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_kernel_works_in_as_much_memory_as_it_is_given(name, mode):
    program, *args = PROGRAMS[name]
    derivative = MODES[mode](program)
    expected = np.asarray(derivative(*args))
    if mode == "Jacobian by rows" and expected.ndim > 2:
        pytest.skip("a seed for each entry of a matrix")
    fast = wg.jit(derivative)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = np.asarray(fast(*args))
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11 * max(1.0, np.max(np.abs(expected))))
    ((compiled,),) = fast._compiled.values()
    kernel = compiled.kernel
    room = kernel.arena + sum([constant.nbytes for constant in kernel.constants])
    given = bytes_of(args) + expected.nbytes
    assert room <= BOUNDS.get((name, mode), USUAL) * given + 4096, fast.explain()
