"""NumPy's functions on traced values: every form of a table against plain NumPy, differences and loops."""

from __future__ import annotations

import importlib
import math
import sys
from pathlib import Path

import numpy as np
import pytest

import wengert as wg
from wengert import tree
from wengert.numpy.refused import REFUSED
from wengert.tracing import FUNCTIONS, UFUNCS

if str(Path(__file__).parent) not in sys.path:
    sys.path.insert(0, str(Path(__file__).parent))
FORMS = importlib.import_module("call_forms").FORMS

CONDITION = np.array([True, False, True, True])
INDICES = np.array([2, 0, 2])
ORDER = np.array([[2, 0, 1], [1, 1, 0], [0, 2, 2]])
ROW = np.array([0.4, -1.3, 0.9, 2.1])
COLUMN = np.array([[0.7], [-0.2], [1.6]])
CUBE = np.linspace(-1.2, 1.5, 24).reshape(2, 3, 4)
WEIGHTS = np.array([1.0, 2.0, 0.5, 0.25])
BLOCK = np.linspace(-0.9, 1.1, 9).reshape(3, 3)

SHAPES = {"s": (), "v": (4,), "w": (3,), "m": (3, 4), "q": (3, 3), "t": (2, 3, 4), "o": (1, 3, 1)}

# shape: NumPy function, and forms of its call on an argument of that shape
TABLE = {
    "v": [
        (np.add, lambda x: np.add(x, ROW), lambda x: np.add(2.0, x), lambda x: np.add(x, COLUMN)),
        (np.subtract, lambda x: np.subtract(ROW, x), lambda x: x - x[::-1]),
        (np.multiply, lambda x: np.multiply(x, x), lambda x: np.multiply(COLUMN, x)),
        (np.divide, lambda x: np.divide(x, x[::-1]), lambda x: 1 / x, lambda x: np.divide(x, 3)),
        (np.negative, np.negative, lambda x: -x),
        (np.positive, np.positive, lambda x: +x),
        (np.maximum, lambda x: np.maximum(x, ROW), lambda x: np.maximum(0.8, x)),
        (np.minimum, lambda x: np.minimum(x, ROW), lambda x: np.minimum(x, 0.8)),
        (np.conjugate, np.conj, lambda x: x.conj()),
        (np.real, np.real, lambda x: np.real(x * 1j + x**2), lambda x: (x * 1j).real),
        (np.imag, np.imag, lambda x: np.imag(x**2 * 1j), lambda x: (x * 1j + 1).imag),
        (np.arctan2, lambda x: np.arctan2(x, ROW), lambda x: np.arctan2(ROW, x),
         lambda x: np.arctan2(x, x**2)),
        (np.hypot, lambda x: np.hypot(x, ROW), lambda x: np.hypot(x, x**2)),
        (np.logaddexp, lambda x: np.logaddexp(x, ROW), lambda x: np.logaddexp(x, -x)),
        (np.remainder, lambda x: np.remainder(3.3, x), lambda x: x % 0.71),
        (np.heaviside, lambda x: np.heaviside(np.array([0.0, 1.0, -1.0, 0.0]), x)),
        (np.nextafter, lambda x: np.nextafter(x, 10.0)),
        (np.fabs, np.fabs),
        (np.where, lambda x: np.where(x > 1, x**2, -x), lambda x: np.where(CONDITION, x, 0.0)),
        (np.clip, lambda x: np.clip(x, 0.5, 1.5), lambda x: x.clip(max=1.2), lambda x: np.clip(ROW, 0.1, x)),
        (np.nan_to_num, np.nan_to_num,
         lambda x: np.nan_to_num(x + np.array([0, np.nan, np.inf, 0]), posinf=3.0)),
        (np.reshape, lambda x: np.reshape(x, (2, 2)), lambda x: x.reshape(2, -1),
         lambda x: x.reshape((4, 1), order="F")),
        (np.expand_dims, lambda x: np.expand_dims(x, 0), lambda x: np.expand_dims(x, (0, -1)),
         lambda x: x[:, None]),
        (np.broadcast_to, lambda x: np.broadcast_to(x, (3, 4))),
        (np.broadcast_arrays, lambda x: np.broadcast_arrays(x, COLUMN)),
        (np.atleast_1d, np.atleast_1d, lambda x: np.atleast_1d(x, x[0])),
        (np.atleast_2d, np.atleast_2d),
        (np.atleast_3d, np.atleast_3d),
        (np.flip, np.flip, lambda x: np.flip(x, 0), lambda x: x[::-1]),
        (np.roll, lambda x: np.roll(x, 1), lambda x: np.roll(x, -5), lambda x: np.roll(x, 0)),
        (np.repeat, lambda x: np.repeat(x, 2), lambda x: x.repeat([1, 0, 2, 1])),
        (np.tile, lambda x: np.tile(x, 2), lambda x: np.tile(x, (2, 1))),
        (np.append, lambda x: np.append(x, ROW), lambda x: np.append(x, [x[0], 1.0])),
        (np.concatenate, lambda x: np.concatenate([x, ROW, x[:0], x]),
         lambda x: np.concatenate((x[:2], x[1:]))),
        (np.stack, lambda x: np.stack([x, ROW], axis=1), lambda x: np.stack([x[0], 1.0, x[1]])),
        (np.vstack, lambda x: np.vstack([x, CUBE[0]])),
        (np.hstack, lambda x: np.hstack([x, [1.0, 2.0]])),
        (np.dstack, lambda x: np.dstack([x, ROW])),
        (np.column_stack, lambda x: np.column_stack([x, ROW])),
        (np.array_split, lambda x: np.array_split(x, 3), lambda x: np.array_split(x, [1, 3])),
        (np.split, lambda x: np.split(x, 2), lambda x: np.split(x, [3])),
        (np.inner, lambda x: np.inner(x, ROW), lambda x: np.inner(CUBE, x)),
        (np.vdot, lambda x: np.vdot(x, x)),
        (np.linalg.vecdot, lambda x: np.linalg.vecdot(CUBE, x)),
        (np.outer, lambda x: np.outer(x, x), lambda x: np.outer(COLUMN, x)),
        (np.linalg.outer, lambda x: np.linalg.outer(x, ROW)),
        (np.kron, lambda x: np.kron(x, COLUMN), lambda x: np.kron(x, x)),
        (np.average, np.average, lambda x: np.average(x, weights=WEIGHTS),
         lambda x: np.average(ROW, weights=x**2)),
        (np.bincount, lambda x: np.bincount([0, 2, 2, 1], weights=x**2),
         lambda x: np.bincount([1, 1, 1, 1], x, 4)),
        (np.take, lambda x: np.take(x, INDICES), lambda x: x.take([5, 1], mode="wrap"),
         lambda x: np.take(ROW * x, 1)),
        (np.diagflat, np.diagflat, lambda x: np.diagflat(x, 1)),
        (np.diag, np.diag, lambda x: np.diag(x, -1)),
        (np.diff, np.diff, lambda x: np.diff(x, 2), lambda x: np.diff(x, prepend=0.0, append=[3.0, x[0]])),
        (np.select, lambda x: np.select([x > 1, x < 0.5], [x**2, 3 * x], 1.0)),
        (np.copy, np.copy, lambda x: x.copy()),
        (np.full_like, lambda x: x * np.full_like(x, 2.0)),
        (np.compress, lambda x: np.compress(CONDITION, x), lambda x: x.compress([True, False, True])),
        (np.extract, lambda x: np.extract(CONDITION, x)),
        (np.asarray, lambda x: np.asarray([1.0], like=x) * x),
        (np.array, lambda x: np.array([x[0], 2.0, x[1] ** 2], like=x)),
        (np.full, lambda x: np.full((2, 4), x, like=x)),
        (np.float_power, lambda x: np.float_power(x, 2), lambda x: np.float_power(2, x)),
        (np.power, lambda x: np.power(x, 3), lambda x: np.power(x, x), lambda x: 2**x,
         lambda x: x ** np.float64(1.5)),
    ],
    "m": [
        (np.matmul, lambda x: x @ ROW, lambda x: x @ x.T, lambda x: CUBE.swapaxes(1, 2) @ x),
        (np.linalg.matmul, lambda x: np.linalg.matmul(x.T, x)),
        (np.ravel, np.ravel, lambda x: x.ravel("F"), lambda x: x.T.ravel("K"), lambda x: x.T.flatten("A")),
        (np.transpose, np.transpose, lambda x: x.transpose(1, 0), lambda x: np.transpose(x, (-1, 0)),
         lambda x: x.T),
        (np.matrix_transpose, np.matrix_transpose, lambda x: x.mT),
        (np.linalg.matrix_transpose, np.linalg.matrix_transpose),
        (np.swapaxes, lambda x: x.swapaxes(0, -1)),
        (np.fliplr, np.fliplr),
        (np.flipud, np.flipud),
        (np.rot90, np.rot90, lambda x: np.rot90(x, 2), lambda x: np.rot90(x, -1), lambda x: np.rot90(x, 4)),
        (np.roll, lambda x: np.roll(x, (1, 2), (0, 1)), lambda x: np.roll(x, 5)),
        (np.vsplit, lambda x: np.vsplit(x, 3)),
        (np.hsplit, lambda x: np.hsplit(x, 2)),
        (getattr(np, "unstack", None), lambda x: np.unstack(x), lambda x: np.unstack(x, axis=1)),
        (np.dot, lambda x: np.dot(x, ROW), lambda x: x.dot(x.T), lambda x: np.dot(x, 2.0),
         lambda x: np.dot(CUBE, x.T)),
        (np.tensordot, lambda x: np.tensordot(x, CUBE, ([0, 1], [1, 2])), lambda x: np.tensordot(x, ROW, 1)),
        (np.linalg.tensordot, lambda x: np.linalg.tensordot(x, x)),
        (np.cross, lambda x: np.cross(x[:, :3], x[:, 1:]), lambda x: np.cross(x, COLUMN, axis=0)),
        (np.linalg.cross, lambda x: np.linalg.cross(x[:, :3], BLOCK)),
        (np.einsum, lambda x: np.einsum("ij,kij->k", x, CUBE), lambda x: np.einsum("i...->...", x),
         lambda x: np.einsum("ij,ij,j", x, x, ROW)),
        (np.sum, np.sum, lambda x: x.sum(axis=-1, keepdims=True),
         lambda x: np.sum(x, where=CONDITION, initial=2.0)),
        (np.prod, np.prod, lambda x: x.prod(axis=0), lambda x: np.prod(x, axis=1, where=CONDITION)),
        (np.max, np.max, lambda x: x.max(axis=0), lambda x: np.max(x, axis=1, initial=1.0, keepdims=True)),
        (np.amax, np.amax),
        (np.min, np.min, lambda x: x.min(axis=1), lambda x: np.min(x, where=CONDITION, initial=9.0)),
        (np.amin, np.amin),
        (np.mean, np.mean, lambda x: x.mean(axis=0), lambda x: np.mean(x, axis=1, where=CONDITION)),
        (np.average, lambda x: np.average(x, 0), lambda x: np.average(x, 1, WEIGHTS, returned=True)),
        (np.var, np.var, lambda x: x.var(axis=1, ddof=1), lambda x: np.var(x, axis=0, keepdims=True)),
        (np.std, np.std, lambda x: x.std(axis=0), lambda x: np.std(x, axis=1, correction=1)),
        (np.ptp, np.ptp, lambda x: np.ptp(x, axis=1)),
        (np.cumsum, np.cumsum, lambda x: x.cumsum(axis=1)),
        (np.linalg.trace, np.linalg.trace),
        (np.trace, np.trace, lambda x: x.trace(offset=1)),
        ((np.add, "reduce"), np.add.reduce),
        ((np.multiply, "reduce"), lambda x: np.multiply.reduce(x, axis=1)),
        ((np.maximum, "reduce"), lambda x: np.maximum.reduce(x, axis=None)),
        ((np.minimum, "reduce"), np.minimum.reduce),
        ((np.add, "accumulate"), np.add.accumulate),
        (np.sort, np.sort, lambda x: np.sort(x, axis=0), lambda x: np.sort(x, axis=None)),
        (np.take, lambda x: np.take(x, INDICES, axis=1), lambda x: x.take([0, 2], axis=0)),
        (np.diagonal, np.diagonal, lambda x: x.diagonal(1), lambda x: np.diagonal(x, -1, 1, 0)),
        (np.linalg.diagonal, np.linalg.diagonal),
        (np.diag, np.diag),
        (np.tril, np.tril, lambda x: np.tril(x, -1)),
        (np.triu, np.triu, lambda x: np.triu(x, 1)),
        (np.diff, lambda x: np.diff(x, axis=0)),
        (np.concatenate, lambda x: np.concatenate([x, COLUMN], axis=1),
         lambda x: np.concatenate([x, ROW], axis=None)),
        (np.repeat, lambda x: np.repeat(x, 2, axis=1)),
        (np.reshape, lambda x: np.reshape(x, 12, order="F"), lambda x: np.reshape(x.T, (2, 6), order="A")),
        (np.stack, lambda x: np.stack(x, axis=-1)),
        (np.compress, lambda x: x.compress([False, True], axis=0)),
    ],
    "q": [
        (np.take_along_axis, lambda x: np.take_along_axis(x, ORDER, axis=1),
         lambda x: np.take_along_axis(x, ORDER, 0)),
        (np.einsum, lambda x: np.einsum("ii->i", x), lambda x: np.einsum("ij,jk,kl->il", x, x, x)),
        (np.triu, lambda x: np.triu(x[0])),
    ],
    "t": [
        (np.moveaxis, lambda x: np.moveaxis(x, 0, -1), lambda x: np.moveaxis(x, (0, 1), (2, 0))),
        (np.rollaxis, lambda x: np.rollaxis(x, 2), lambda x: np.rollaxis(x, 0, 3)),
        (np.permute_dims, lambda x: np.permute_dims(x, (2, 0, 1))),
        (np.concat, lambda x: np.concat([x, CUBE], axis=-1)),
        (np.sum, lambda x: np.sum(x, axis=(0, 2))),
        (np.tensordot, lambda x: np.tensordot(x, BLOCK, (1, 0))),
        (np.dot, lambda x: np.dot(BLOCK, x)),
        (np.ravel, lambda x: np.moveaxis(x, 0, 1).ravel("K"), lambda x: np.moveaxis(x, 0, 1).reshape(-1)),
        (np.trace, lambda x: np.trace(x, axis1=0, axis2=2)),
    ],
    "o": [(np.squeeze, np.squeeze, lambda x: x.squeeze(0), lambda x: np.squeeze(x, (0, -1)))],
    "w": [(np.cross, lambda x: np.cross(x, BLOCK[1]), lambda x: np.cross(BLOCK, x))],
    "s": [
        (np.stack, lambda x: np.stack([x, 1.0, x**2])),
        (np.append, lambda x: np.append(x, [1.0, 2.0])),
        (np.multiply, lambda x: np.multiply(x, ROW), lambda x: 3 * x),
        (np.sum, np.sum),
    ],
}  # fmt: skip

ELEMENTWISE = [
    np.log, np.exp, np.exp2, np.expm1, np.log2, np.log10, np.log1p, np.sqrt, np.cbrt, np.square,
    np.reciprocal, np.sin,
    np.cos, np.tan, np.arctan, np.sinh, np.cosh, np.tanh, np.arcsinh, np.deg2rad, np.rad2deg, np.degrees,
    np.radians,
    np.absolute,
]  # fmt: skip
# their arguments are brought into the domain
NARROW = {
    np.arcsin: lambda x: x / 3,
    np.arccos: lambda x: x / 3,
    np.arctanh: lambda x: x / 3,
    np.arccosh: lambda x: x + 1,
}

# functions without a derivative: only their values count
CONSTANTS = {
    **{f: (lambda x, f=f: f(x)) for f in (
        np.floor, np.ceil, np.rint, np.trunc, np.sign, np.isnan, np.isfinite, np.isinf, np.signbit,
        np.logical_not,
        np.shape, np.ndim, np.size, np.iscomplexobj, np.isrealobj, np.array_repr, np.array_str,
        np.array2string,
        np.argwhere, np.isreal, np.iscomplex, np.isneginf, np.isposinf, np.round, np.around, np.fix, np.all,
        np.any,
        np.argmax, np.argmin, np.argsort, np.count_nonzero, np.nonzero, np.flatnonzero, np.zeros_like,
        np.ones_like,
        np.result_type, np.unravel_index,
    )},
    **{f: (lambda x, f=f: f(x, ROW)) for f in (
        np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal, np.logical_and,
        np.logical_or,
        np.logical_xor, np.floor_divide, np.allclose, np.array_equal, np.array_equiv, np.isclose, np.isin,
        np.may_share_memory, np.shares_memory,
    )},
    **{f: (lambda x, f=f: f(x > 1, ROW > 0)) for f in (np.bitwise_and, np.bitwise_or, np.bitwise_xor)},
    **{f: (lambda x, f=f: f(np.argsort(x), 2)) for f in (np.left_shift, np.right_shift)},
    np.invert: lambda x: ~(x > 1),
    np.can_cast: lambda x: np.can_cast(x, np.float32),
    np.searchsorted: lambda x: np.searchsorted(np.sort(x), 1.0),
    np.digitize: lambda x: np.digitize(x, [0.5, 1.0, 1.5]),
    np.lexsort: lambda x: np.lexsort((x, ROW)),
    np.argpartition: lambda x: np.argpartition(x, 0),
    np.histogram: lambda x: np.histogram(x, [0.0, 1.0, 2.0]),
    np.empty_like: lambda x: np.empty_like(x).shape,
    np.zeros: lambda x: np.zeros(3, like=x),
    np.ones: lambda x: np.ones(3, like=x),
    np.empty: lambda x: np.empty(3, like=x).shape,
    np.eye: lambda x: np.eye(3, like=x),
    np.unravel_index: lambda x: np.unravel_index(np.argmax(x), (2, 2)),
    np.spacing: np.spacing,
    np.gcd: lambda x: np.gcd(np.argsort(x), 6), np.lcm: lambda x: np.lcm(np.argsort(x), 6),
    np.bitwise_count: lambda x: np.bitwise_count(np.argsort(x)),
    np.nanargmax: np.nanargmax, np.nanargmin: np.nanargmin,
    np.common_type: lambda x: np.common_type(x).__name__,
    np.min_scalar_type: np.min_scalar_type,
    np.einsum_path: lambda x: str(np.einsum_path("i,i", x, x)),
    np.diag_indices_from: lambda x: np.diag_indices_from(x[:, None] * x),
    np.tril_indices_from: lambda x: np.tril_indices_from(x[:, None] * x),
    np.triu_indices_from: lambda x: np.triu_indices_from(x[:, None] * x, 1),
    np.histogram_bin_edges: lambda x: np.histogram_bin_edges(x, [0.0, 1.0, 2.0]),
    np.histogram2d: lambda x: np.histogram2d(x, x, [[0.0, 1.0, 2.0], [0.0, 2.0]]),
    np.histogramdd: lambda x: np.histogramdd(x[:, None], [[0.0, 1.0, 2.0]]),
    np.packbits: lambda x: np.packbits(x > 1), np.unpackbits: lambda x: np.unpackbits(np.packbits(x > 1)),
    np.ravel_multi_index: lambda x: np.ravel_multi_index((np.argmax(x), 0), (4, 2)),
}  # fmt: skip
CASES = [(f, shape, form) for shape, rows in TABLE.items() for f, *forms in rows for form in forms if f is not None]
CASES += [(f, shape, form) for shape, rows in FORMS.items() for f, *forms in rows for form in forms if f is not None]
CASES += [(function, shape, function) for function in ELEMENTWISE for shape in "svm"]
CASES += [(f, "v", lambda x, f=f, to_domain=d: f(to_domain(x))) for f, d in NARROW.items()]


def name_of(case):
    function, shape, _ = case
    return f"{getattr(function, '__name__', function)}-{shape}"


each_case = pytest.mark.parametrize("case", CASES, ids=map(name_of, CASES))


def sample(shape, rng):
    """Positive entries that are well apart, so that no choice among them is at a tie."""
    count = math.prod(shape)
    steps = 0.4 + 1.7 * (rng.permutation(count) + 0.5 + 0.3 * rng.uniform(-1, 1, count)) / max(count, 1)
    return steps.reshape(shape)[()]


def leaves(results):
    return tree.flatten(results)[0]


def whole(form):
    """All results of a form in one vector."""
    return lambda x: np.concatenate([np.ravel(leaf) for leaf in leaves(form(x))])


def central(function, x, direction, step=1e-6):
    return (function(x + step * direction) - function(x - step * direction)) / (2 * step)


def close(left, right, tolerance):
    np.testing.assert_allclose(left, right, rtol=tolerance, atol=tolerance * (1 + np.abs(right).max(initial=0)))


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@each_case
def test_values_are_numpy_s(case, rng):
    _, shape, form = case
    x = sample(SHAPES[shape], rng)
    expected, found = tree.flatten(form(x)), tree.flatten(wg.vjp(form, x)[0])
    assert found[1] == expected[1]
    for left, right in zip(found[0], expected[0], strict=True):
        assert np.shape(left) == np.shape(right)
        assert np.asarray(left).dtype == np.asarray(right).dtype
        np.testing.assert_allclose(left, right, rtol=1e-13, atol=1e-15)


@each_case
def test_precision_is_kept(case, rng):
    _, shape, form = case
    x = np.asarray(sample(SHAPES[shape], rng), np.float32)[()]
    kinds = [np.asarray(leaf).dtype for leaf in leaves(form(x))]
    assert [np.asarray(leaf).dtype for leaf in leaves(wg.vjp(form, x)[0])] == kinds
    assert [np.asarray(leaf).dtype for leaf in leaves(wg.jvp(form, (x,), (x,))[1])] == kinds


@each_case
def test_first_derivatives_in_both_modes(case, rng):
    _, shape, form = case
    x = sample(SHAPES[shape], rng)
    function, direction = whole(form), rng.normal(size=x.shape)[()]
    expected = central(function, x, direction)
    _, pushed = wg.jvp(function, (x,), (direction,))
    close(pushed, expected, 1e-7)
    y, pullback = wg.vjp(function, x)
    cotangent = rng.normal(size=y.shape)
    (pulled,) = pullback(cotangent)
    assert np.shape(pulled) == np.shape(x)
    close(np.sum(pulled * direction), cotangent @ pushed, 1e-12)


@each_case
def test_second_derivatives_in_both_modes(case, rng):
    _, shape, form = case
    x = sample(SHAPES[shape], rng)
    function, direction = whole(form), rng.normal(size=x.shape)[()]
    weights = rng.normal(size=function(x).shape)

    def scalar(t):
        # the square makes second derivatives of linear functions too
        return np.sum(weights * function(t) ** 2)

    expected = central(wg.grad(scalar), x, direction)
    close(wg.hvp(scalar, x, direction), expected, 1e-6)
    close(wg.grad(lambda t: wg.jvp(scalar, (t,), (direction,))[1])(x), expected, 1e-6)


@each_case
def test_vmap_is_a_loop(case, rng):
    _, shape, form = case
    examples = np.stack([sample(SHAPES[shape], rng) for _ in range(3)])
    function = whole(form)
    loop = np.stack([function(example) for example in examples])
    close(wg.vmap(function)(examples), loop, 1e-13)


@each_case
def test_jacobians_agree_in_both_modes(case, rng):
    _, shape, form = case
    x = sample(SHAPES[shape], rng)
    function = whole(form)
    close(wg.jacobian(function, mode="forward")(x), wg.jacobian(function, mode="reverse")(x), 1e-12)


@pytest.mark.parametrize("function", CONSTANTS, ids=lambda f: f.__name__)
def test_constants_have_numpy_s_values(function, rng):
    x, form = sample((4,), rng), CONSTANTS[function]
    seen = []

    def program(t):
        seen.append(tree.map(lambda leaf: leaf.value if hasattr(leaf, "recording") else leaf, form(t)))
        return np.sum(t)

    wg.grad(program)(x)
    expected = form(x)
    for left, right in zip(leaves(seen[0]), leaves(expected), strict=True):
        np.testing.assert_array_equal(left, right)


def test_every_function_of_the_table_is_tested():
    tested = {function for function, _, _ in CASES} | set(CONSTANTS)
    # documentation examples, run in the same process, may teach functions of other libraries
    own = {f for f in UFUNCS if getattr(np, f.__name__, None) is f} | {f for f in FUNCTIONS if callable(f)}
    # numpy.linalg has tests of its own
    left_out = {f for f in own - tested if getattr(np.linalg, f.__name__, None) is not f}
    left_out = {f for f in left_out if f"np.{f.__name__}" not in REFUSED}
    assert not left_out, f"put them into TABLE, FORMS or CONSTANTS: {left_out}"
