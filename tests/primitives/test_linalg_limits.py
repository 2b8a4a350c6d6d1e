"""Where decompositions leave a choice open: what does not depend on it has its derivatives, the rest an error.

Every row of the tables gives a function by a decomposition, and the same function without one.
"""

from __future__ import annotations

import re
import warnings

import mpmath
import numpy as np
import pytest

import wengert as wg
from wengert.errors import UndefinedDerivativeError
from wengert.primitives.linalg.spectral import EXP, LOG, SQRT, divided_differences, power_function, spectral_function

rng = np.random.default_rng(5)
W = rng.normal(size=(4, 4))
W3 = rng.normal(size=(3, 3))
Q = np.linalg.qr(rng.normal(size=(4, 4)))[0]
U = np.linalg.qr(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)))[0]


def with_eigenvalues(*w, basis=Q):
    a = (basis * np.array(w)) @ basis.conj().T
    return (a + a.conj().T) / 2


def symmetric(a):
    return (a + a.conj().swapaxes(-1, -2)) / 2


def real_sum(x):
    return np.sum(np.real(x))


def by_eigh(function):
    def f(a):
        w, v = np.linalg.eigh(a)
        return real_sum(W * ((v * function(w)) @ np.conj(v.T)))

    return f


def invariant_projector(a):
    v = np.linalg.eigh(a)[1][:, :2]
    return real_sum(W * (v @ np.conj(v.T)))


def projector_by_sign(a):
    """The projector on the eigenvalues below 1.5 by Newton's iteration for the sign function."""
    x = a - 1.5 * np.eye(4)
    for _ in range(30):
        x = (x + np.linalg.inv(x)) / 2
    return real_sum(W * (np.eye(4) - x)) / 2


def root_by_iteration(a):
    """The square root by the iteration of Denman and Beavers."""
    x, y = a, np.eye(4)
    for _ in range(20):
        x, y = (x + np.linalg.inv(y)) / 2, (y + np.linalg.inv(x)) / 2
    return real_sum(W * x)


def by_svd(a):
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return real_sum(W[: a.shape[0], : a.shape[1]] * ((u * s**3) @ vh))


def cubic(a):
    return real_sum(W[: a.shape[0], : a.shape[1]] * (a @ np.conj(a.T) @ a))


def complement_by_svd(a):
    u = np.linalg.svd(a)[0][:, 2:]
    return real_sum(W * (u @ np.conj(u.T)))


def complement_by_qr(a):
    q = np.linalg.qr(a, mode="complete")[0][:, 2:]
    return real_sum(W * (q @ np.conj(q.T)))


def complement_by_inverse(a):
    return real_sum(W * (np.eye(4) - a @ np.linalg.inv(np.conj(a.T) @ a) @ np.conj(a.T)))


def by_eig(a):
    w, v = np.linalg.eig(a)
    return real_sum(W * ((v * w**3) @ np.linalg.inv(v)))


EYE, ZERO = np.eye(4), np.zeros((4, 4))
PAIRS = with_eigenvalues(1.0, 1.0, 2.0, 2.0)
NEAR = with_eigenvalues(1.0, 1.0 + 1e-9, 2.0, 2.0 + 1e-6)
COMPLEX_PAIRS = with_eigenvalues(1.0, 1.0, 2.0, 2.0, basis=U)
LOW = (Q[:, :2] * [2.0, 2.0]) @ np.linalg.qr(rng.normal(size=(3, 3)))[0][:2]
JORDAN = np.array([[2.0, 1, 0, 0], [0, 2, 0, 0], [0, 0, 3, 1], [0, 0, 0, 3]])
TALL = rng.normal(size=(4, 2))
# name: function, the same without a decomposition, points, whether of the Hermitian part only
ROWS = {
    "sum of squares": (lambda a: np.sum(np.linalg.eigvalsh(a) ** 2), lambda a: real_sum(a * np.conj(a)),
                       [EYE, ZERO, PAIRS, NEAR, COMPLEX_PAIRS], True),
    "sum of cubes": (lambda a: np.sum(np.linalg.eigvalsh(a) ** 3), lambda a: real_sum(np.trace(a @ a @ a)),
                     [EYE, PAIRS, NEAR, COMPLEX_PAIRS], True),
    "logarithmic determinant": (lambda a: np.sum(np.log(np.linalg.eigvalsh(a))), lambda a: np.linalg.slogdet(a)[1],
                                [EYE, PAIRS, NEAR, COMPLEX_PAIRS], True),
    "function cube": (by_eigh(lambda w: w**3), lambda a: real_sum(W * (a @ a @ a)),
                      [EYE, ZERO, PAIRS, NEAR, COMPLEX_PAIRS], True),
    "function inverse": (by_eigh(lambda w: 1 / w), lambda a: real_sum(W * np.linalg.inv(a)),
                         [EYE, PAIRS, NEAR, COMPLEX_PAIRS], True),
    "function root": (by_eigh(np.sqrt), root_by_iteration, [EYE, PAIRS, NEAR], True),
    "invariant projector": (invariant_projector, projector_by_sign, [PAIRS, NEAR, COMPLEX_PAIRS], True),
    "fourth powers": (lambda a: np.sum(np.linalg.svd(a, compute_uv=False) ** 4),
                      lambda a: real_sum(np.trace(a @ np.conj(a.T) @ a @ np.conj(a.T))),
                      [EYE, ZERO, Q, LOW, LOW.T, COMPLEX_PAIRS], False),
    "singular cube": (by_svd, cubic, [EYE, ZERO, 2 * Q, LOW, LOW.T, U, COMPLEX_PAIRS], False),
    "complement by svd": (complement_by_svd, complement_by_inverse, [TALL, TALL * (1 + 2j), 2 * Q[:, :2]], False),
    "complement by qr": (complement_by_qr, complement_by_inverse, [TALL, TALL * (1 + 2j), 2 * Q[:, :2]], False),
    "general cubes": (lambda a: real_sum(np.linalg.eigvals(a) ** 3), lambda a: real_sum(np.trace(a @ a @ a)),
                      [EYE, JORDAN, np.diag([1.0, 1, 2, 2])], False),
    "general function": (by_eig, lambda a: real_sum(W * (a @ a @ a)), [EYE, np.diag([1.0, 1, 2, 3])], False),
}  # fmt: skip
CASES = [
    pytest.param(f, plain, point, hermitian, id=f"{name} {number}")
    for name, (f, plain, points, hermitian) in ROWS.items()
    for number, point in enumerate(points)
]
every_row = pytest.mark.parametrize(("f", "plain", "point", "hermitian"), CASES)


def directions(point, hermitian, count=2):
    drawn = np.random.default_rng(6)
    found = [drawn.normal(size=point.shape) for _ in range(count)]
    if point.dtype.kind == "c":
        found = [dx + 1j * drawn.normal(size=point.shape) for dx in found]
    return [symmetric(dx) if hermitian else dx for dx in found]


def part(gradient, hermitian):
    return symmetric(gradient) if hermitian else gradient


# close values may cost half of the digits
def same(found, expected, digits=8):
    np.testing.assert_allclose(found, expected, rtol=0, atol=10.0**-digits * (1 + np.abs(expected).max()))


@every_row
def test_first_derivatives_in_both_modes(f, plain, point, hermitian):
    (dx, _) = directions(point, hermitian)
    expected = part(wg.grad(plain)(point), hermitian)
    same(wg.grad(f)(point), expected)
    same(wg.jvp(f, (point,), (dx,)), wg.jvp(plain, (point,), (dx,)))
    same(wg.vjp(f, point)[1](1.0)[0], np.conj(expected))
    same(wg.linearize(f, point)[1](dx), wg.jvp(plain, (point,), (dx,))[1])
    value, gradient = wg.value_and_grad(f)(point)
    same(value, plain(point))
    assert gradient.dtype == point.dtype


@every_row
def test_second_derivatives_in_all_nestings(f, plain, point, hermitian):
    dx, ey = directions(point, hermitian)
    expected = part(wg.hvp(plain, point, dx), hermitian)
    same(wg.hvp(f, point, dx), expected)
    bend = np.real(np.sum(np.conj(expected) * ey))
    along = np.real(np.sum(np.conj(ey) * wg.grad(lambda a: np.sum(np.real(np.conj(dx) * wg.grad(f)(a))))(point)))
    same(along, bend)
    same(wg.jvp(lambda a: wg.jvp(f, (a,), (dx,))[1], (point,), (ey,))[1], bend)


# the third derivative of a sum of squares is zero, and says so
@pytest.mark.filterwarnings("ignore::wengert.errors.IndependentOutputWarning")
@every_row
def test_third_derivatives(f, plain, point, hermitian):
    dx, ey = directions(point, hermitian)

    def bend(g):
        return wg.jvp(lambda a: wg.hvp(g, a, dx), (point,), (ey,))[1]

    same(bend(f), part(bend(plain), hermitian), digits=6)


@pytest.mark.parametrize(("f", "plain", "points", "hermitian"), ROWS.values(), ids=ROWS)
def test_a_batch_is_a_stack(f, plain, points, hermitian):
    ties = [point for point in points if point.shape == points[0].shape and point.dtype == points[0].dtype]
    stack = np.stack([*ties, ties[0] + symmetric(np.diag(np.arange(4.0))[: ties[0].shape[0], : ties[0].shape[1]]) if
                      ties[0].shape == (4, 4) else ties[0]])  # fmt: skip
    same(wg.vmap(wg.grad(f))(stack), np.stack([wg.grad(f)(point) for point in stack]))


def test_the_hessian_of_the_sum_of_squares_is_twice_the_identity():
    hessian = wg.hessian(lambda a: np.sum(np.linalg.eigvalsh(a) ** 2))(np.eye(3))
    e = np.eye(3)
    identity = (np.einsum("ik,jl->ijkl", e, e) + np.einsum("il,jk->ijkl", e, e)) / 2
    np.testing.assert_allclose(hessian, 2 * identity, atol=1e-12)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_jacobians_of_matrices(mode):
    def f(a):
        u, s, vh = np.linalg.svd(a)
        return (u * s**3) @ vh

    same(wg.jacobian(f, mode=mode)(2 * Q), wg.jacobian(lambda a: a @ a.T @ a, mode=mode)(2 * Q))


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_nothing_depends_on_the_unit(scale):
    gradient = wg.grad(lambda a: by_eigh(lambda w: w**3)(a) / scale**3)(scale * PAIRS)
    expected = symmetric(wg.grad(lambda a: np.sum(W * (a @ a @ a)) / scale**3)(scale * PAIRS))
    np.testing.assert_allclose(gradient, expected, atol=1e-9 / scale)
    for unit in (scale, 1.0):
        with pytest.raises(UndefinedDerivativeError):
            wg.grad(lambda a, unit=unit: unit * np.linalg.eigh(a)[1][0, 0] ** 2)(scale * PAIRS)


def test_simple_vectors_keep_their_sign_beside_repeated_values():
    a = with_eigenvalues(1.0, 1.0, 2.0, 3.0)

    def f(a):
        w, v = np.linalg.eigh(a)
        return np.sum(w**3) + v[0, 3] + w[3] * v[1, 2]

    (dx, _) = directions(a, True)
    h, at = 1e-3, lambda t: f(a + t * dx)
    bend = (-at(2 * h) + 16 * at(h) - 30 * at(0) + 16 * at(-h) - at(-2 * h)) / (12 * h * h)
    np.testing.assert_allclose(np.sum(dx * wg.hvp(f, a, dx)), bend, rtol=1e-6)


def test_single_precision_stays():
    gradient = wg.grad(by_eigh(np.log))(np.eye(4, dtype=np.float32))
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, symmetric(W), atol=1e-4)


def test_extra_results_and_nested_arguments_pass():
    def f(p):
        w = np.linalg.eigvalsh(p["a"])
        return np.sum(w**2) * p["c"], {"rank": 4, "name": "spectrum"}

    hessian, extra = wg.hessian(f, has_aux=True)({"a": EYE, "c": 2.0})
    assert extra == {"rank": 4, "name": "spectrum"}
    same(hessian["c"]["a"], 2 * EYE)


# What depends on the choice

CHOICES = {
    "an entry of a vector": (lambda a: np.linalg.eigh(a)[1][0, 0], EYE),
    "its square": (lambda a: np.linalg.eigh(a)[1][0, 0] ** 2, EYE),
    "fourth powers": (lambda a: np.sum(np.linalg.eigh(a)[1][0] ** 4), PAIRS),
    "weights within a group": (lambda a: np.sum((np.linalg.eigh(a)[1] * np.arange(4.0)) @ W @ np.linalg.eigh(a)[1].T),
                               PAIRS),
    "half of a group": (lambda a: real_sum(W * (np.linalg.eigh(a)[1][:, :1] @ np.linalg.eigh(a)[1][:, :1].T)), PAIRS),
    "the least value at order two": (lambda a: np.linalg.eigvalsh(a)[0] ** 2, EYE),
    "a general value": (lambda a: np.real(np.linalg.eigvals(a))[0], EYE),
    "a general vector": (lambda a: np.real(np.linalg.eig(a)[1][0, 0]) ** 2, EYE),
    "a left vector": (lambda a: np.linalg.svd(a)[0][0, 0] ** 2, Q),
    "the polar factor of low rank": (lambda a: np.sum(np.linalg.svd(a, full_matrices=False)[0][:, 2] ** 3), LOW),
    "the nuclear norm at order two": (lambda a: np.linalg.norm(a, "nuc"), LOW),
    "the spectral norm at order two": (lambda a: np.linalg.norm(a, 2), Q),
    "the completion of svd": (lambda a: np.linalg.svd(a)[0][0, 3] ** 2, TALL),
    "the phase of a vector": (lambda a: np.imag(np.linalg.eigh(a)[1][1, 1]), np.diag([1.0, 2, 3, 4]).astype(complex)),
    "the completion by its own entry": (lambda a: np.linalg.svd(a)[0][3, 3], np.diag([1.0, 2, 3, 4])[:, :2]),
    "the completion of qr": (lambda a: np.linalg.qr(a, mode="complete")[0][0, 3] ** 2, TALL),
    "the root at a singular matrix": (by_eigh(np.sqrt), np.diag([0.0, 0.0, 1.0, 2.0])),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("f", "point"), CHOICES.values(), ids=CHOICES)
def test_what_depends_on_the_choice_is_refused(f, point):
    (dx, _) = directions(point, True) if point.shape == (4, 4) else directions(point, False)
    with pytest.raises(UndefinedDerivativeError):
        wg.hvp(f, point, dx)
    with pytest.raises(UndefinedDerivativeError):
        wg.jvp(lambda a: wg.jvp(f, (a,), (dx,))[1], (point,), (dx,))


def test_the_error_says_what_was_tried():
    with pytest.raises(UndefinedDerivativeError, match="limit along paths on which the values part was tried too"):
        wg.grad(lambda a: np.linalg.eigh(a)[1][0, 0] ** 2)(EYE)


def test_vectors_of_close_values_have_the_derivative_they_have():
    gap = 1e-9
    a = np.diag([1.0, 1 + gap, 2.0])

    def entry(a):
        return np.linalg.eigh(a)[1][1, 0]

    for gradient in (wg.grad(entry)(a), wg.vjp(entry, a)[1](1.0)[0], wg.vmap(wg.grad(entry))(a[None])[0]):
        np.testing.assert_allclose(np.abs(gradient[0, 1] + gradient[1, 0]), 1 / gap, rtol=1e-6)
    # what only records takes the program as it stands
    assert wg.trace(wg.grad(entry), a) is not None


@pytest.mark.parametrize("gap", [0.0, 1e-15, 1e-13, 1e-11, 1e-9, 1e-7, 1e-5, 1e-3, 1e-1])
def test_no_gap_loses_more_than_half_of_the_digits(gap):
    a = with_eigenvalues(1.0, 1.0 + gap, 2.0, 3.0)
    f, plain = by_eigh(lambda w: w**3), lambda a: np.sum(W * (a @ a @ a))
    (dx, _) = directions(a, True)
    same(wg.grad(f)(a), symmetric(wg.grad(plain)(a)), digits=7)
    same(wg.hvp(f, a, dx), symmetric(wg.hvp(plain, a, dx)), digits=7)


# The rank held constant


def tall_of_rank_two(t):
    return t.reshape(4, 2) @ np.array([[1.0, 2.0, 0.0], [0.0, 1.0, -1.0]]) * np.cosh(t[0])


def laplacian(t):
    w = np.triu(np.outer(t[:4], t[:4]) ** 2 + 0.1, 1)
    w = w + w.T
    return np.diag(w.sum(axis=1)) - w


def padded(t):
    a = np.zeros((3, 4), dtype=t.dtype)
    a[:2, 1:] = t[:6].reshape(2, 3)
    return a


# programs that keep the rank
KEEPERS = {
    "product of thin factors": lambda t: np.sum(np.sin(np.linalg.pinv(tall_of_rank_two(t), rcond=1e-10))),
    "complex product": lambda t: np.sum(np.abs(np.linalg.pinv(tall_of_rank_two(t) * (1 + 1j * t[1]), rcond=1e-9)) ** 4),
    "laplacian": lambda t: np.linalg.pinv(laplacian(t), rcond=1e-10)[0, 1] ** 2,
    "hermitian laplacian": lambda t: np.sum(np.cosh(np.linalg.pinv(laplacian(t), rcond=1e-10, hermitian=True))),
    "zero row and column": lambda t: np.sum(np.exp(np.linalg.pinv(padded(t)))),
    "stack with one of full rank": lambda t: np.sum(
        np.sin(np.linalg.pinv(np.stack([np.outer(t[:2], t[2:4]), t[4:].reshape(2, 2)]), rcond=1e-10))
    ),
    "least squares": lambda t: np.sum(np.cos(np.linalg.lstsq(tall_of_rank_two(t), t[:4] ** 2, rcond=1e-10)[0])),
    "several right-hand sides": lambda t: np.sum(
        np.linalg.lstsq(laplacian(t), np.outer(t[:4], t[4:]), rcond=1e-10)[0] ** 3
    ),
    "zero": lambda t: np.sum((np.linalg.pinv(np.zeros((2, 3)) * t[0]) + t[1]) ** 2),
    "right side alone": lambda t: np.sum(np.linalg.lstsq(np.ones((4, 2)), t[:4] ** 3, rcond=None)[0] ** 2),
    "beside repeated eigenvalues": lambda t: np.sum(
        np.sin(np.linalg.pinv(tall_of_rank_two(t), rcond=1e-10))
    ) + np.sum(np.linalg.eigvalsh(np.eye(2) * t[0] + np.outer(t[:2], t[:2]) * 0) ** 3),
}  # fmt: skip


@pytest.mark.parametrize("f", KEEPERS.values(), ids=KEEPERS)
def test_programs_that_keep_the_rank_have_all_derivatives(f):
    assert wg.check_derivatives(f, np.array([0.9, -0.4, 0.3, 1.2, -0.7, 0.8, 0.5, -1.1]), order=2).passed


# the value of each is smooth or jumps, and its derivative with the rank held constant would be another one
LEAVERS = {
    "pseudoinverse": lambda a: np.sum(np.linalg.pinv(a)),
    "stack": lambda a: np.sum(np.linalg.pinv(np.stack([a, a + np.eye(3)]))),
    "least squares": lambda a: np.sum(np.linalg.lstsq(a, np.ones(3), rcond=None)[0] ** 2),
    "what is smooth all the same": lambda a: np.sum((a @ np.linalg.pinv(a) @ a) ** 2),
    "hermitian": lambda a: np.sum(np.linalg.pinv(a + a.T, hermitian=True) ** 2),
}
SQUARE = np.outer([1.0, 2.0, 2.0], [1.0, 2.0, 2.0]) / 3
WITHIN = SQUARE @ np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 0.0], [2.0, 0.0, 1.0]])


@pytest.mark.parametrize("f", LEAVERS.values(), ids=LEAVERS)
def test_directions_that_leave_the_rank_are_refused(f):
    within = WITHIN + WITHIN.T if f is LEAVERS["hermitian"] else WITHIN
    leaves = pytest.raises(UndefinedDerivativeError, match=r"of a matrix of deficient rank jumps.*as in left @ right")
    for sweep in (
        lambda: wg.grad(f)(SQUARE),
        lambda: wg.jvp(f, (SQUARE,), (np.eye(3),)),
        lambda: wg.vjp(f, SQUARE)[1](1.0),
        lambda: wg.vmap(wg.grad(f))(SQUARE[None]),
        # the direction stays to first order only
        lambda: wg.jvp(lambda a: wg.jvp(f, (a,), (within,))[1], (SQUARE,), (within.T @ np.diag([1.0, 2, 0]),)),
        lambda: wg.hvp(f, SQUARE, within),
    ):
        with leaves:
            sweep()
    assert np.isfinite(wg.jvp(f, (SQUARE,), (within,))[1])


def test_the_gradient_at_constant_rank_comes_by_the_tangent_space():
    a = SQUARE[:, :2]
    inverse = np.linalg.pinv(a)
    left, right = np.eye(3) - a @ inverse, np.eye(2) - inverse @ a

    def f(t):
        return np.sum(W3[:2] * np.linalg.pinv(a + t - left @ t @ right))

    def along_factors(u, v):
        return np.sum(W3[:2] * np.linalg.pinv(np.outer(u, v)))

    of_u, of_v = wg.grad(along_factors, argnums=(0, 1))(SQUARE[:, 0] * 3, SQUARE[0, :2])
    gradient = wg.grad(f)(0 * a)
    np.testing.assert_allclose(gradient @ SQUARE[0, :2], of_u, atol=1e-12)
    np.testing.assert_allclose(SQUARE[:, 0] * 3 @ gradient, of_v, atol=1e-12)


# Norms and determinants

SUBGRADIENTS = {
    "2": (lambda a: np.linalg.norm(a, 2), Q, Q / 4),
    "nuc": (lambda a: np.linalg.norm(a, "nuc"), LOW, LOW / 2),
    "nuc at zero": (lambda a: np.linalg.norm(a, "nuc"), ZERO, ZERO),
    "fro at zero": (np.linalg.norm, ZERO, ZERO),
    "2 at zero": (lambda a: np.linalg.norm(a, 2), ZERO, ZERO),
    "rows": (lambda a: np.sum(np.linalg.norm(a, axis=1)), np.diag([1.0, 0.0, 2.0, 0.0]), np.diag([1.0, 0, 1, 0])),
    "vector of zeros": (lambda a: np.linalg.vector_norm(a, ord=3), ZERO, ZERO),
}


# some of these are constant to all that a derivative sees
@pytest.mark.filterwarnings("ignore::wengert.errors.IndependentOutputWarning")
@pytest.mark.parametrize(("f", "point", "expected"), SUBGRADIENTS.values(), ids=SUBGRADIENTS)
def test_kinks_have_the_subgradient_of_smallest_norm(f, point, expected):
    np.testing.assert_allclose(wg.grad(f)(point), expected, atol=1e-13)


def polynomial_derivative(f, order):
    """A derivative at zero of a polynomial of one variable, of degree 20 at most."""
    nodes = np.cos(np.pi * (2 * np.arange(24) + 1) / 48)
    coefficients = np.polynomial.chebyshev.chebfit(nodes, [f(t) for t in nodes], 20)
    return np.polynomial.chebyshev.chebval(0, np.polynomial.chebyshev.chebder(coefficients, order))


@pytest.mark.parametrize("size", [2, 4, 8, 9, 12])
@pytest.mark.parametrize("missing", [0, 1, 2, 3])
def test_determinants_at_any_rank(size, missing):
    drawn = np.random.default_rng(size)
    left, right = (np.linalg.qr(drawn.normal(size=(size, size)))[0] for _ in range(2))
    values = np.where(np.arange(size) < size - missing, 1 + np.arange(size) / size, 0)
    a, dx = (left * values) @ right, drawn.normal(size=(size, size)) / size
    expected = [polynomial_derivative(lambda t: np.linalg.det(a + t * dx), order) for order in (1, 2, 3)]
    found = [
        np.sum(wg.grad(np.linalg.det)(a) * dx),
        np.sum(wg.hvp(np.linalg.det, a, dx) * dx),
        wg.jvp(lambda a: np.sum(wg.hvp(np.linalg.det, a, dx) * dx), (a,), (dx,))[1],
    ]
    np.testing.assert_allclose(found, expected, atol=1e-9)


UNSELECTED = {
    "det": np.linalg.det, "large det": lambda a: np.linalg.det(np.kron(np.eye(4), a)),
    "slogdet": lambda a: np.linalg.slogdet(a)[1], "inv": lambda a: np.sum(np.linalg.inv(a)),
    "solve": lambda a: np.sum(np.linalg.solve(a, a[:, 0] * 0 + 1)), "cholesky": lambda a: np.sum(np.linalg.cholesky(a)),
    "qr": lambda a: np.sum(np.linalg.qr(a)[0]), "norm": np.linalg.norm, "cond": lambda a: np.linalg.cond(a, 1),
    "power": lambda a: np.sum(np.linalg.matrix_power(a, -2)), "tensorinv": lambda a: np.sum(np.linalg.tensorinv(a, 1)),
    "right side": lambda a: np.sum(np.linalg.solve(np.eye(3) + 1, a)),
    "several right sides": lambda a: np.sum(np.linalg.solve(a, np.ones((3, 2)))),
    "complete": lambda a: np.sum(np.linalg.qr(a[:, :2], mode="complete")[0]),
    "multi_dot": lambda a: np.sum(np.linalg.multi_dot([a, a, a])),
}  # fmt: skip
LOST = {"diagonal": np.eye(3) > 0, "one entry": np.diag([1, 0, 0]) > 0, "all": np.ones((3, 3), bool)}
NOT_INVERTIBLE = {
    "slogdet": UNSELECTED["slogdet"], "large slogdet": lambda a: np.linalg.slogdet(np.kron(np.eye(12), a))[1],
    "a stack": lambda a: np.sum(np.linalg.slogdet(np.stack([a, a + np.diag([3.0, 1.0, 2.0])]))[1]),
    "qr": UNSELECTED["qr"], "complete": UNSELECTED["complete"], "pinv": lambda a: np.sum(np.linalg.pinv(a)),
    "lstsq": lambda a: np.sum(np.linalg.lstsq(a, np.ones(3), rcond=None)[0]),
    "vectors": lambda a: np.sum(np.linalg.eigh(a)[1]), "singular vectors": lambda a: np.sum(np.linalg.svd(a)[0]),
}  # fmt: skip


def all_are_those_of_the_cube(f):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = [
            wg.grad(f)(2.0),
            wg.jvp(f, (2.0,), (1.0,))[1],
            wg.hessian(f)(2.0),
            wg.derivative(f, 3)(2.0),
            *wg.vmap(wg.grad(f))(np.array([2.0, 1.0])),
        ]
        # where a limit is taken there is rounding
        np.testing.assert_allclose(found, [12, 12, 12, 6, 12, 3], rtol=1e-12)


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
@pytest.mark.parametrize("g", UNSELECTED.values(), ids=UNSELECTED)
def test_an_unselected_branch_poisons_nothing(g, lost):
    def f(t):
        a = np.where(lost, np.nan * t, np.array([[3.0, 0.5, 0.2], [0.5, 3.0, 0.1], [0.2, 0.1, 3.0]]) * t)
        return np.where(t > 0, t**3, g(a))

    all_are_those_of_the_cube(f)


@pytest.mark.parametrize("g", NOT_INVERTIBLE.values(), ids=NOT_INVERTIBLE)
def test_a_singular_matrix_in_an_unselected_branch_is_no_fault(g):
    all_are_those_of_the_cube(lambda t: np.where(t > 0, t**3, g(SQUARE * t)))
    with pytest.raises(UndefinedDerivativeError), np.errstate(all="ignore"):
        wg.grad(lambda t: np.where(t < 0, t**3, g(SQUARE + t * np.diag([1.0, 2.0, 4.0]))))(0.0)


@pytest.mark.parametrize(
    "g",
    [
        np.linalg.svd, np.linalg.svdvals, np.linalg.eigh, np.linalg.eigvalsh, np.linalg.eig, np.linalg.eigvals,
        np.linalg.pinv, np.linalg.cond, lambda a: np.linalg.norm(a, 2), lambda a: np.linalg.svd(a, hermitian=True),
    ],
)  # fmt: skip
def test_what_numpy_refuses_for_nan_is_refused_at_the_same_place(g):
    def f(t):
        found = g(np.where(np.eye(3) > 0, np.nan * t, 1.0))
        return np.where(t > 0, t**3, np.real(np.sum(found[0] if isinstance(found, tuple) else found)))

    try:
        plain = f(2.0)
    except np.linalg.LinAlgError as error:
        for derivative in (wg.grad(f), wg.hessian(f)):
            with pytest.raises(np.linalg.LinAlgError, match=re.escape(str(error))):
                derivative(2.0)
    else:
        assert plain == 8
        all_are_those_of_the_cube(f)


def test_what_counts_is_constant():
    def f(a):
        return np.sum(a) * np.linalg.matrix_rank(a) + np.linalg.norm(a[0], 0)

    np.testing.assert_allclose(wg.grad(f)(LOW), np.full(LOW.shape, 2.0))


# Functions of matrices by divided differences

POINTS = [
    [1, 1], [1, 1 + 1e-7], [1, 1.3], [1, 10], [1, 1, 1], [1, 1, 1.1], [1, 1.2, 1.5], [1, 1, 3], [1, 1, 1, 1],
    [1, 1, 2, 2], [1, 1.3, 1.6, 1.9], [0.01, 1, 1, 100], [1, 1.45, 1.9, 2.3, 2.9],
]  # fmt: skip
SPECTRAL = {
    "exp": (EXP, mpmath.exp),
    "log": (LOG, mpmath.log),
    "sqrt": (SQRT, mpmath.sqrt),
    "inverse": (power_function(-1), lambda x: 1 / x),
    "power 2.5": (power_function(2.5), lambda x: x**2.5),
}


@pytest.mark.parametrize("points", POINTS, ids=str)
@pytest.mark.parametrize(("function", "exact"), SPECTRAL.values(), ids=SPECTRAL)
def test_divided_differences_are_accurate(function, exact, points):
    with mpmath.workdps(90):
        # equal points are told apart by less than any float, at ninety digits
        column = [mpmath.mpf(float(x)) + place * mpmath.mpf(10) ** -20 for place, x in enumerate(points)]
        table = [exact(x) for x in column]
        for width in range(1, len(points)):
            table = [(table[i + 1] - table[i]) / (column[i + width] - column[i]) for i in range(len(table) - 1)]
        expected = float(table[0])
    np.testing.assert_allclose(divided_differences(function, np.array(points, float)), expected, rtol=1e-12)


def exponential(a):
    total, term = np.eye(4), np.eye(4)
    for k in range(1, 40):
        term = term @ a / k
        total = total + term
    return real_sum(W * total)


@pytest.mark.parametrize("point", [EYE, ZERO, PAIRS, NEAR], ids=["eye", "zero", "pairs", "near"])
def test_spectral_functions_to_order_four(point):
    (dx, ey) = directions(point, True)

    def f(a):
        return np.sum(W * spectral_function(a, EXP))

    same(wg.grad(f)(point), symmetric(wg.grad(exponential)(point)), digits=12)
    same(wg.hvp(f, point, dx), symmetric(wg.hvp(exponential, point, dx)), digits=12)
    for order in (3, 4):
        along = [wg.derivative(lambda t, g=g: g(point + t * (dx + ey)), order)(0.0) for g in (f, exponential)]
        same(along[0], along[1], digits=11)


def test_spectral_functions_at_the_edge_of_their_domain():
    with pytest.raises(UndefinedDerivativeError, match=r"power 0.5 of a matrix has no derivative .*here 0"):
        wg.grad(lambda a: np.sum(spectral_function(a, SQRT)))(np.zeros((2, 2)))
