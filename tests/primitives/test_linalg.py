"""Linear algebra: every function of a table against differences, in both modes, at two orders, in stacks."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
import wengert.primitives.linalg
from wengert.errors import UndefinedDerivativeError
from wengert.primitives.linalg.spectral import EXP, SQRT, power_function, spectral_function

REAL, COMPLEX = np.dtype(np.float64), np.dtype(np.complex128)
BOTH = (REAL, COMPLEX)


def normal(rng, shape, dtype):
    x = rng.normal(size=shape)
    return np.asarray(x + 1j * rng.normal(size=shape) if dtype.kind == "c" else x, dtype)


def general(*shape):
    return lambda rng, dtype: normal(rng, shape, dtype)


def regular(*shape):
    return lambda rng, dtype: normal(rng, shape, dtype) + 3 * np.eye(shape[-1], dtype=dtype)


def spread(rng, dtype, *shape):
    """Entries whose sizes are far apart, so that no maximum is nearly attained twice."""
    x = normal(rng, shape, dtype)
    size = 1.4 ** rng.permutation(x.size).reshape(shape)
    return (x / abs(x) * size).astype(dtype)


def separated(*shape):
    return lambda rng, dtype: spread(rng, dtype, *shape)


def hermitian(*shape):
    def draw(rng, dtype):
        q = np.linalg.qr(normal(rng, shape, dtype))[0]
        a = (q * (1.0 + np.arange(shape[-1]) + 0.3 * rng.random(shape[-1]))) @ q.conj().swapaxes(-1, -2)
        return ((a + a.conj().swapaxes(-1, -2)) / 2).astype(dtype)

    return draw


def apart(*shape):
    """Matrices whose eigenvalues are far apart, and real where the entries are."""
    return lambda rng, dtype: normal(rng, shape, dtype) / 3 + np.diag(3.0 * np.arange(1, shape[-1] + 1)).astype(dtype)


def turning(rng, dtype):
    """Real matrices with a pair of complex eigenvalues, and entries of vectors that differ in size."""
    return normal(rng, (3, 3), dtype) / 4 + np.array([[1.0, -3.0, 0], [1.5, 1.2, 0.4], [0, 0, 5.0]])


def unfolded(*shape):
    """Tensors that are regular matrices of six rows."""
    return lambda rng, dtype: regular(6, 6)(rng, dtype).reshape(shape)


# name: function, sampler of its argument, dtypes, whether its argument is Hermitian
VECTOR = np.array([0.3, -1.2, 0.7])
COLUMNS = np.array([[0.3, 1.0], [-1.2, 0.5], [0.7, -0.4]])
STACK = np.array([[[0.3], [-1.2], [0.7]], [[1.0], [0.4], [-0.2]]])
TABLE = {
    "solve vector": (lambda a: np.linalg.solve(a, VECTOR), regular(3, 3), BOTH, False),
    "solve columns": (lambda a: np.linalg.solve(a, COLUMNS), regular(3, 3), BOTH, False),
    "solve both": (lambda a: np.linalg.solve(a, a @ COLUMNS + COLUMNS), regular(2, 3, 3), BOTH, False),
    "solve stacked columns": (lambda a: np.linalg.solve(a, STACK), regular(3, 3), BOTH, False),
    "solve large stack": (lambda a: np.linalg.solve(a, a[..., :2] ** 2), regular(2, 34, 34), (REAL,), False),
    "solve right side": (lambda b: np.linalg.solve(np.diag([2.0, 1, 3]) + 0.1, b), general(3), BOTH, False),
    "inv": (np.linalg.inv, regular(3, 3), BOTH, False),
    "inv stack": (np.linalg.inv, regular(2, 2, 2), (REAL,), False),
    "det": (np.linalg.det, general(3, 3), BOTH, False),
    "det stack": (np.linalg.det, general(2, 3, 3), (REAL,), False),
    "det large": (np.linalg.det, lambda r, d: regular(10, 10)(r, d) / 4, (REAL,), False),
    "slogdet": (lambda a: np.linalg.slogdet(a)[1], general(3, 3), BOTH, False),
    "slogdet sign": (lambda a: np.linalg.slogdet(a).sign, general(2, 3, 3), (COMPLEX,), False),
    "slogdet large": (lambda a: np.linalg.slogdet(a).logabsdet, regular(40, 40), (REAL,), False),
    "cholesky": (np.linalg.cholesky, hermitian(3, 3), BOTH, True),
    "cholesky upper": (lambda a: np.linalg.cholesky(a, upper=True), hermitian(2, 3, 3), BOTH, True),
    "eigvalsh": (np.linalg.eigvalsh, hermitian(3, 3), BOTH, True),
    "eigh vectors": (lambda a: np.linalg.eigh(a)[1], hermitian(3, 3), BOTH, True),
    "eigh upper": (lambda a: np.linalg.eigh(a, UPLO="U").eigenvectors, hermitian(3, 3), BOTH, True),
    "eigh one vector": (lambda a: np.linalg.eigh(a)[1][..., 1], hermitian(2, 3, 3), BOTH, True),
    "eigh function": (lambda a: eigen_function(a), hermitian(4, 4), BOTH, True),
    "svdvals": (np.linalg.svdvals, general(4, 3), BOTH, False),
    "svd values": (lambda a: np.linalg.svd(a, compute_uv=False), general(2, 3, 4), BOTH, False),
    "svd left": (lambda a: np.linalg.svd(a, full_matrices=False)[0], general(4, 3), BOTH, False),
    "svd right": (lambda a: np.linalg.svd(a, full_matrices=False)[2], general(4, 3), BOTH, False),
    "svd wide": (lambda a: np.concatenate(vectors_of(a), axis=-1), general(2, 4), BOTH, False),
    "svd square": (lambda a: np.linalg.svd(a)[0], general(3, 3), BOTH, False),
    "svd product": (lambda a: svd_function(a), general(2, 4, 3), BOTH, False),
    "svd of a full one": (lambda a: np.linalg.svd(a).U[:, :2], general(4, 2), BOTH, False),
    "qr q": (lambda a: np.linalg.qr(a)[0], general(4, 3), BOTH, False),
    "qr r": (lambda a: np.linalg.qr(a, mode="r"), general(2, 3, 3), BOTH, False),
    "qr wide": (lambda a: np.concatenate(np.linalg.qr(a), axis=-1), general(2, 4), BOTH, False),
    "norm": (np.linalg.norm, general(2, 3), BOTH, False),
    "norm axis": (lambda x: np.linalg.norm(x, axis=-1), general(2, 3), BOTH, False),
    "norm 1": (lambda x: np.linalg.norm(x, 1), general(4), BOTH, False),
    "norm inf": (lambda x: np.linalg.norm(x, np.inf), separated(4), BOTH, False),
    "norm -inf": (lambda x: np.linalg.norm(x, -np.inf, axis=0, keepdims=True), separated(3, 2), BOTH, False),
    "norm 3": (lambda x: np.linalg.norm(x, 3), general(4), BOTH, False),
    "norm 4": (lambda x: np.linalg.norm(x, 4, axis=0), general(3, 2), BOTH, False),
    "norm 1.5": (lambda x: np.linalg.norm(x, 1.5), general(4), BOTH, False),
    "norm -1": (lambda x: np.linalg.norm(x, -1), separated(3), BOTH, False),
    "matrix norm 1": (lambda x: np.linalg.norm(x, 1), separated(3, 2), BOTH, False),
    "matrix norm inf": (lambda x: np.linalg.norm(x, np.inf, keepdims=True), separated(3, 2), BOTH, False),
    "matrix norm -1": (lambda x: np.linalg.norm(x, -1, axis=(2, 0)), separated(2, 3, 2), (REAL,), False),
    "matrix norm -inf": (lambda x: np.linalg.norm(x, -np.inf), separated(3, 2), BOTH, False),
    "matrix norm 2": (lambda x: np.linalg.norm(x, 2), general(3, 2), BOTH, False),
    "matrix norm -2": (
        lambda x: np.linalg.norm(x, -2, axis=(0, 2), keepdims=True),
        general(2, 3, 4),
        BOTH,
        False,
    ),
    "matrix norm nuc": (lambda x: np.linalg.norm(x, "nuc"), general(3, 4), BOTH, False),
    "vector_norm": (lambda x: np.linalg.vector_norm(x, ord=3), general(2, 3), (REAL,), False),
    "matrix_norm": (lambda x: np.linalg.matrix_norm(x, ord="nuc"), general(2, 3, 3), (REAL,), False),
    "matrix_power": (lambda a: np.linalg.matrix_power(a, 5), general(3, 3), BOTH, False),
    "matrix_power -2": (lambda a: np.linalg.matrix_power(a, -2), regular(2, 3, 3), (REAL,), False),
    "multi_dot": (lambda a: np.linalg.multi_dot([VECTOR, a, a.T, COLUMNS]), general(3, 3), BOTH, False),
    "cond": (np.linalg.cond, regular(3, 3), BOTH, False),
    "cond of a tall one": (np.linalg.cond, general(4, 2), BOTH, False),
    "cond -2": (lambda a: np.linalg.cond(a, -2), regular(2, 3, 3), (REAL,), False),
    "cond 1": (lambda a: np.linalg.cond(a, 1), regular(3, 3), (REAL,), False),
    "cond -1": (lambda a: np.linalg.cond(a, -1), regular(3, 3), (REAL,), False),
    "cond inf": (lambda a: np.linalg.cond(a, np.inf), regular(3, 3), (REAL,), False),
    "cond -inf": (lambda a: np.linalg.cond(a, -np.inf), regular(3, 3), (REAL,), False),
    "cond fro": (lambda a: np.linalg.cond(a, "fro"), regular(3, 3), BOTH, False),
    "cond nuc": (lambda a: np.linalg.cond(a, "nuc"), regular(3, 3), (REAL,), False),
    "pinv tall": (np.linalg.pinv, general(4, 2), BOTH, False),
    "pinv wide": (np.linalg.pinv, general(2, 2, 3), BOTH, False),
    "pinv square": (lambda a: np.linalg.pinv(a, rtol=1e-6), regular(3, 3), BOTH, False),
    "pinv hermitian": (lambda a: np.linalg.pinv(a, hermitian=True), hermitian(3, 3), BOTH, True),
    "pinv of low rank": (lambda t: np.linalg.pinv(low_rank(t), rcond=1e-4), general(8), BOTH, False),
    "lstsq tall": (lambda a: np.linalg.lstsq(a, COLUMNS)[0], general(3, 2), BOTH, False),
    "lstsq wide": (lambda a: np.linalg.lstsq(a, VECTOR)[0], general(3, 5), BOTH, False),
    "lstsq residuals": (lambda a: np.linalg.lstsq(a, COLUMNS)[1], general(3, 2), BOTH, False),
    "lstsq values": (lambda a: np.linalg.lstsq(a, VECTOR)[3], general(3, 2), BOTH, False),
    "lstsq of low rank": (lambda t: np.linalg.lstsq(low_rank(t), t[:4], rcond=1e-4)[0], general(8), BOTH, False),
    "lstsq right side": (lambda b: np.linalg.lstsq(COLUMNS, b)[0], general(3, 2), BOTH, False),
    "eigvals": (np.linalg.eigvals, apart(3, 3), BOTH, False),
    "eigvals in pairs": (lambda a: np.linalg.eigvals(a) ** 2, turning, (REAL,), False),
    "eig vectors": (lambda a: squared(np.linalg.eig(a)[1]), apart(3, 3), BOTH, False),
    "eig phases": (lambda a: np.linalg.eig(a).eigenvectors, apart(3, 3), (COMPLEX,), False),
    "eig in pairs": (lambda a: squared(np.linalg.eig(a)[1]), turning, (REAL,), False),
    "eig function": (lambda a: general_function(a), apart(3, 3), BOTH, False),
    "tensorsolve": (lambda a: np.linalg.tensorsolve(a, COLUMNS.T), unfolded(2, 3, 6), BOTH, False),
    "tensorsolve axes": (lambda a: np.linalg.tensorsolve(a, COLUMNS.T, axes=(0,)), unfolded(6, 2, 3), BOTH, False),
    "tensorinv": (lambda a: np.linalg.tensorinv(a, ind=1), unfolded(6, 2, 3), BOTH, False),
    "qr complete r": (lambda a: np.linalg.qr(a, mode="complete")[1], general(4, 2), BOTH, False),
    "qr complete q": (lambda a: np.linalg.qr(a, mode="complete")[0], general(4, 3), (REAL,), False),
    "qr complete projector": (lambda a: complement(np.linalg.qr(a, mode="complete")[0]), general(4, 2), BOTH, False),
    "qr raw": (lambda a: np.linalg.qr(a, mode="raw")[0], general(4, 3), BOTH, False),
    "qr raw wide": (lambda a: np.linalg.qr(a, mode="raw")[0], general(2, 2, 3), BOTH, False),
    "qr raw factors": (lambda a: np.linalg.qr(a, mode="raw")[1], general(4, 3), BOTH, False),
    "svd full": (lambda a: np.linalg.svd(a)[0] ** 2, general(4, 3), (REAL,), False),
    "svd full right": (lambda a: np.linalg.svd(a)[2] ** 2, general(3, 4), (REAL,), False),
    "svd full projector": (lambda a: complement(np.linalg.svd(a)[0]), general(4, 2), BOTH, False),
    "svd hermitian": (lambda a: np.linalg.svd(a - 2.1 * np.eye(3), hermitian=True)[1], hermitian(3, 3), BOTH, True),
    "spectral exp": (lambda a: spectral_function(a, EXP), hermitian(3, 3), BOTH, True),
    "spectral root": (lambda a: spectral_function(a, SQRT), hermitian(2, 3, 3), BOTH, True),
    "spectral power": (lambda a: spectral_function(a, power_function(-1.5)), hermitian(3, 3), BOTH, True),
}


for order in (0.5, 1, 2, 3, 6, -0.5, -1, -2, np.inf, -np.inf):
    TABLE[f"vector_norm of order {order}"] = (
        lambda x, order=order: np.linalg.vector_norm(x, ord=order, axis=(0, 2), keepdims=True),
        separated(2, 2, 2),
        BOTH,
        False,
    )
for order in (1, -1, 2, -2, np.inf, -np.inf, "fro", "nuc"):
    TABLE[f"matrix_norm of order {order}"] = (
        lambda x, order=order: np.linalg.matrix_norm(x, ord=order),
        separated(2, 3, 2),
        BOTH,
        False,
    )


def low_rank(t):
    """Matrices of rank two, with four rows and columns."""
    return np.outer(t[:4], t[4:]) + np.outer(np.array([1.0, -2.0, 0.5, 1.0]), t[:4] * t[4:])


def squared(v):
    """What does not depend on the sign or the phase of vectors."""
    return np.real(v * np.conj(v))


def general_function(a):
    w, v = np.linalg.eig(a)
    return (v * np.exp(w / 4)) @ np.linalg.inv(v)


def complement(q):
    """The projector on what the last two vectors span."""
    return q[:, 2:] @ np.conj(q[:, 2:].T)


def eigen_function(a):
    w, v = np.linalg.eigh(a)
    return (v * np.log(w)) @ np.conj(v.T)


def vectors_of(a):
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return u, vh


def svd_function(a):
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return (u * np.sqrt(s)[..., None, :]) @ vh


CASES = [
    pytest.param(f, sampler, dtype, symmetric, id=f"{name} {dtype.name}")
    for name, (f, sampler, dtypes, symmetric) in TABLE.items()
    for dtype in dtypes
]
every_case = pytest.mark.parametrize(("f", "sampler", "dtype", "symmetric"), CASES)
# of deficient rank there is no second derivative, and in single precision no telling what the rank is
every_case_of_full_rank = pytest.mark.parametrize(
    ("f", "sampler", "dtype", "symmetric"), [case for case in CASES if "of low rank" not in str(case.id)]
)


def direction(rng, x, symmetric):
    dx = normal(rng, x.shape, x.dtype)
    return (dx + dx.conj().swapaxes(-1, -2)) / 2 if symmetric else dx


def inner(x, y):
    """The pairing of the gradient convention: the real part of the Hermitian product."""
    return np.real(np.sum(np.conj(x) * y))


def scalar_of(f, x, rng):
    weights = normal(rng, np.shape(f(x)), np.asarray(f(x)).dtype)
    return lambda x: np.sum(np.real(np.conj(weights) * f(x))) + 0.5 * np.sum(np.abs(f(x)) ** 2)


@every_case
def test_both_modes_agree_with_differences(f, sampler, dtype, symmetric):
    rng = np.random.default_rng(7)
    x = sampler(rng, dtype)
    dx = direction(rng, x, symmetric)
    h = 1e-6
    y, dy = wg.jvp(f, (x,), (dx,))
    np.testing.assert_allclose(y, f(x), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(dy, (f(x + h * dx) - f(x - h * dx)) / (2 * h), rtol=2e-6, atol=2e-7)
    loss = scalar_of(f, x, rng)
    slope = (loss(x + h * dx) - loss(x - h * dx)) / (2 * h)
    gradient = wg.grad(loss)(x)
    assert gradient.shape == x.shape
    assert gradient.dtype == x.dtype
    np.testing.assert_allclose(inner(gradient, dx), slope, rtol=2e-6, atol=2e-6)


@every_case
def test_the_two_modes_are_adjoint(f, sampler, dtype, symmetric):
    rng = np.random.default_rng(8)
    x = sampler(rng, dtype)
    dx = direction(rng, x, symmetric)
    loss = scalar_of(f, x, rng)
    _, slope = wg.jvp(loss, (x,), (dx,))
    np.testing.assert_allclose(inner(wg.grad(loss)(x), dx), slope, rtol=1e-9)


@every_case_of_full_rank
def test_the_second_order_agrees_with_differences_of_the_gradient(f, sampler, dtype, symmetric):
    rng = np.random.default_rng(9)
    x = sampler(rng, dtype)
    dx, ey = direction(rng, x, symmetric), direction(rng, x, symmetric)
    loss = scalar_of(f, x, rng)
    gradient, h = wg.grad(loss), 1e-6
    expected = (gradient(x + h * dx) - gradient(x - h * dx)) / (2 * h)
    scale = np.abs(expected).max()
    forward_over_reverse = wg.jvp(gradient, (x,), (dx,))[1]
    np.testing.assert_allclose(forward_over_reverse, expected, rtol=1e-5, atol=2e-6 * scale)
    reverse_over_reverse = wg.grad(lambda x: np.sum(np.real(np.conj(ey) * gradient(x))))(x)
    np.testing.assert_allclose(inner(reverse_over_reverse, dx), inner(ey, expected), rtol=1e-5, atol=1e-5 * scale)
    reverse_over_forward = wg.grad(lambda x: wg.jvp(loss, (x,), (dx,))[1])(x)
    np.testing.assert_allclose(inner(reverse_over_forward, ey), inner(ey, expected), rtol=1e-5, atol=1e-5 * scale)


@every_case
def test_a_batch_is_a_stack(f, sampler, dtype, symmetric):
    rng = np.random.default_rng(10)
    xs = np.stack([sampler(rng, dtype) for _ in range(3)])
    np.testing.assert_allclose(wg.vmap(f)(xs), np.stack([f(x) for x in xs]), rtol=1e-9, atol=1e-11)
    gradient = wg.grad(scalar_of(f, xs[0], rng))
    np.testing.assert_allclose(wg.vmap(gradient)(xs), np.stack([gradient(x) for x in xs]), rtol=1e-8, atol=1e-9)


@every_case_of_full_rank
def test_single_precision_stays(f, sampler, dtype, symmetric):
    rng = np.random.default_rng(11)
    x = sampler(rng, dtype)
    narrow = x.astype(np.complex64 if dtype.kind == "c" else np.float32)
    gradient = wg.grad(lambda x: np.sum(np.real(f(x))))(narrow)
    assert gradient.dtype == narrow.dtype
    exact = wg.grad(lambda x: np.sum(np.real(f(x))))(x)
    np.testing.assert_allclose(gradient, exact, rtol=2e-2, atol=2e-3 * (1 + np.abs(exact).max()))


@pytest.mark.parametrize(
    "rule", [lambda a: np.linalg.pinv(a, rcond=0.1), lambda a: np.linalg.lstsq(a, np.ones(2), 0.1)[0]]
)
def test_a_cutoff_above_a_singular_value_that_is_not_zero_is_refused(rule):
    with pytest.raises(UndefinedDerivativeError, match=r"drops a singular value of 0\.0421"):
        wg.grad(lambda a: np.sum(rule(a)))(np.array([[1.0, 0.3], [0.02, 0.05]]))
