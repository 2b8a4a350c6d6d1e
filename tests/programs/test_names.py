"""What a traced program asks and finds under its names is what it finds without Wengert."""

import collections.abc
import functools
import math
import operator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import pytest

import wengert as wg
from wengert.programs.reach import Reach

X = np.array([0.5, 1.5, 0.7])
MATRIX = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 1.0]])
COUNTS = np.array([[1, 0, 2], [0, 1, 0], [1, 1, 1]])
DATA = (MATRIX, np.ones(3))
CACHE = {}
make = np.zeros


def cached_matrix(n):
    if n not in CACHE:
        matrix = np.zeros((n, n))
        matrix[0, 0] = 1.0
        CACHE[n] = matrix
    return CACHE[n]


def quadratic(b, A, y):
    return A.dot(b).dot(b) + y.dot(b)


def matched(x):
    match x[0]:
        case float():
            return x[0] * 2
        case _:
            return x[1]


class Pair(NamedTuple):
    a: float
    b: float

    def product(self):
        return math.sin(self.a) * self.b


class Slotted:
    __slots__ = ("w",)

    def __init__(self, w):
        self.w = w

    def __rmul__(self, c):
        return Slotted(np.array([c, c]) * self.w)


class Lazy:
    def __init__(self, x):
        self.x = x

    @functools.cached_property
    def value(self):
        return math.exp(self.x)


@contextmanager
def boxed(x):
    out = np.zeros(1)
    out[0] = x[0]
    yield out


def within(x):
    with boxed(x) as out:
        return out[0] ** 2


def filled_copy(x):
    v = MATRIX.copy()
    v[0] = x
    v *= x
    return np.sum(v)


def filled_like(x):
    v = np.zeros_like(MATRIX)
    v[0] = x
    return np.sum(v**2)


def noisy(x):
    generator = np.random.default_rng(0)
    noise = generator.normal(size=3)
    noise *= x
    y = x.copy()
    generator.shuffle(y)
    drawn = generator.normal(x[0], x[1], size=2)
    return np.sum(noise**2) + y @ np.array([1.0, 2.0, 3.0]) + np.sum(drawn) + generator.choice(x)


def seeded(x):
    np.random.seed(0)  # noqa: NPY002
    z = np.random.rand(3)  # noqa: NPY002
    z[0] = x[0]
    return np.sum(z * x)


PROGRAMS = {
    "hasattr": lambda x: x[0] if hasattr(x[0], "__len__") else x[1],
    "type of an array": lambda x: x[0] * 2 if type(x) is np.ndarray else x[1],
    "type of a scalar": lambda x: x[0] * 3 if type(x[0]) is np.float64 else x[1],
    "isscalar": lambda x: x[0] * 2 if np.isscalar(x[0]) else x[1],
    "iterable": lambda x: x[0] * 2 if isinstance(x[0], collections.abc.Iterable) else x[0] * 3,
    "an array of no axes": lambda x: x[0] * 2 if isinstance(np.asarray(x[0]), np.ndarray) else x[0] * 3,
    "match": matched,
    "a set of scalars": lambda x: len({x[0], x[0], x[1]}) * x[0],
    "a dictionary of scalars": lambda x: {x[0]: x[1]}[x[0]] ** 2,
    "dot of a plain array": lambda x: MATRIX.dot(x).dot(x),
    "dot of a list": lambda x: MATRIX.dot([x[0], x[1], 1.0]) @ x + np.sum(MATRIX.clip(min=[x[0], 0.1, 0.1])),
    "dot of whole numbers": lambda x: COUNTS.dot(x) @ x + np.arange(3).dot(x),
    "data in a tuple": lambda x: quadratic(x, *DATA),
    "data in a partial function": functools.partial(quadratic, A=MATRIX, y=np.ones(3)),
    "a copy of a plain array": filled_copy,
    "an array like a plain one": filled_like,
    "a cache": lambda x: x[:2] @ cached_matrix(2) @ x[:2],
    "another name for zeros": lambda x: operator.setitem(out := make(2), 0, x[0]) or np.sum(out**2),
    "a named tuple": lambda x: Pair(x[0], x[1]).product(),
    "slots and a reflected operator": lambda x: np.sum((x[0] * Slotted(np.array([1.0, 2.0]))).w),
    "a cached property": lambda x: Lazy(x[0]).value ** 2,
    "a context manager": within,
    "draws of traced parameters": noisy,
    "the global generator": seeded,
    "pairs": lambda x: sum(v * i for (i,), v in np.ndenumerate(x)),
    "joined in brackets": lambda x: np.sum(np.r_[x, 1.0] ** 2) + np.sum(np.c_[x, x]),
    "item": lambda x: x[0].item() * x.sum().item(),
    "blocks": lambda x: np.sum(np.block([[np.eye(3) * x[0], np.zeros((3, 1))], [x[None, :], np.ones((1, 1))]]) ** 2),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_finds_what_it_finds_without_wengert(name):
    program = PROGRAMS[name]
    np.testing.assert_allclose(wg.vjp(program, X)[0], program(X.copy()), rtol=1e-14)
    wg.check_derivatives(program, X.copy(), order=2)


def test_a_result_is_of_the_users_class():
    y, dy = wg.jvp(lambda t: Pair(t, 2 * t), (2.0,), (1.0,))
    assert type(y) is Pair
    assert type(dy) is Pair
    (pair, matrix), _ = wg.vjp(lambda x: (Pair(x[0], math.sin(x[1])), MATRIX), X)
    assert type(pair) is Pair
    assert type(matrix) is np.ndarray


def test_entry_points_run_programs_as_they_are_written():
    assert wg.derivative(lambda t: math.sin(t))(0.3) == pytest.approx(math.cos(0.3))
    found = wg.elementwise_grad(lambda t: np.array([math.sin(v) for v in t]))(X)
    np.testing.assert_allclose(found, np.cos(X))
    product = wg.gauss_newton_product(lambda t: np.array([t[0] ** 2, t[1]]), X[:2], np.ones(2))
    np.testing.assert_allclose(product, [1.0, 1.0])
    mapped = wg.vmap(lambda t: np.array([t, t * t]))(X)
    np.testing.assert_allclose(mapped, np.stack([X, X * X], axis=1))


def asserting(x):
    assert np.sum(x) > 0, "positive"
    return np.sum(x**2)


def test_an_assertion_leads_nowhere():
    # pytest writes its assertions anew, with a name for a module of its own that leads to all tests
    reach = Reach()
    assert any(name.startswith("@pytest") for name in asserting.__code__.co_names)
    reach.needs(asserting)
    assert [node for node, _ in reach._known.values()] == [asserting]
    assert not reach.kept
