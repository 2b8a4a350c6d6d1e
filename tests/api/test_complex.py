"""Functions of complex numbers in every transform: by hand, by their real and imaginary parts, at kinks and cuts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.errors import ArgumentError, OutputError, SeedError, UndefinedDerivativeError

rng = np.random.default_rng(7)


def normal(*shape: int) -> Any:
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


Z, W, B = normal(3), normal(3), normal(3)
A, C = normal(3, 3), normal(3, 3)
H = A @ A.conj().T + np.eye(3)
X = rng.normal(size=3)
RANKS = np.arange(1.0, 4.0)
inv, solve = np.linalg.inv, np.linalg.solve


def adjoint(matrix: Any) -> Any:
    return np.conj(matrix).T


def hermitian(matrix: Any) -> Any:
    return (matrix + adjoint(matrix)) / 2


def re(values: Any) -> Any:
    return np.real(np.sum(values))


def eigenvalue_sum(matrix: Any) -> Any:
    _, vectors = np.linalg.eigh(matrix)
    return (vectors * RANKS) @ adjoint(vectors)


def polar(matrix: Any) -> Any:
    U, _, Vh = np.linalg.svd(matrix)
    return U @ Vh


# function, point, gradient by hand: the direction of steepest ascent
BY_HAND: dict[str, tuple[Callable[[Any], Any], Any, Any]] = {
    "squared modulus": (lambda z: np.sum(np.abs(z) ** 2), Z, 2 * Z),
    "z times its conjugate": (lambda z: re(z * np.conj(z)), Z, 2 * Z),
    "modulus": (lambda z: np.sum(np.abs(z)), Z, Z / np.abs(Z)),
    "argument": (lambda z: np.sum(np.angle(z)), Z, 1j * Z / np.abs(Z) ** 2),
    "real part": (lambda z: np.sum(z.real), Z, np.ones(3)),
    "imaginary part": (lambda z: np.sum(z.imag), Z, 1j * np.ones(3)),
    "real part of the conjugate": (lambda z: re(np.conj(z) * W), Z, W),
    "logarithm of the modulus": (lambda z: np.sum(np.log(np.abs(z))), Z, 1 / np.conj(Z)),
    "real part of the square": (lambda z: re(z**2), Z, 2 * np.conj(Z)),
    "imaginary part of the square": (lambda z: np.sum(np.imag(z**2)), Z, 2j * np.conj(Z)),
    "real part of exp": (lambda z: re(np.exp(z)), Z, np.conj(np.exp(Z))),
    "linear": (lambda z: re(W * z), Z, np.conj(W)),
    "squared residual": (lambda z: np.sum(np.abs(A @ z - B) ** 2), Z, 2 * adjoint(A) @ (A @ Z - B)),
    "norm": (np.linalg.norm, Z, Z / np.linalg.norm(Z)),
    "variance": (np.var, Z, 2 * (Z - np.mean(Z)) / 3),
    "variance of equal numbers": (np.var, np.full(2, 1 + 1j), [0, 0]),
    "trace of a product": (lambda M: np.real(np.trace(adjoint(C) @ M)), A, C),
    "solve, right-hand side": (lambda b: re(W * solve(A, b)), Z, solve(adjoint(A), np.conj(W))),
    "inverse": (lambda M: re(C * inv(M)), A, -adjoint(inv(A) @ C.T @ inv(A))),
    "determinant": (lambda M: np.real(np.linalg.det(M)), A, np.conj(np.linalg.det(A)) * adjoint(inv(A))),
    "log of the modulus of the determinant": (lambda M: np.linalg.slogdet(M)[1], A, adjoint(inv(A))),
    "sum of weighted eigenvalues": (
        lambda M: np.sum(RANKS * np.linalg.eigvalsh(hermitian(M))), H, eigenvalue_sum(H),
    ),
    "sum of singular values": (lambda M: np.linalg.norm(M, "nuc"), A, polar(A)),
    "Frobenius norm": (np.linalg.norm, A, A / np.linalg.norm(A)),
    "energy of a spectrum": (lambda z: np.sum(np.abs(np.fft.fft(z)) ** 2), Z, 6 * Z),
    "energy of the spectrum of a real signal": (lambda x: np.sum(np.abs(np.fft.fft(x)) ** 2), X, 6 * X),
}  # fmt: skip


# points on the cuts of functions, on both sides: the derivative is that of the side
CUTS = {
    np.sqrt: (-4, "real"), np.log: (-4, "real"), np.arcsin: (2, "real"), np.arccos: (2, "real"),
    np.arctanh: (2, "real"), np.arccosh: (-2, "real"), np.arcsinh: (2, "imaginary"), np.arctan: (2, "imaginary"),
}  # fmt: skip


@pytest.mark.parametrize("side", [0.0, -0.0])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("f", CUTS)
def test_derivatives_on_the_sides_of_a_cut(f, sign, side):
    place, axis = CUTS[f]
    along, step = sign * float(place), 1e-6

    def point(t):
        return complex(t, side) if axis == "real" else complex(side, t)

    ahead, behind = point(along + step), point(along - step)
    expected = (f(ahead) - f(behind)) / (ahead - behind)
    _, pushed = wg.jvp(f, (point(along),), (1 + 0j,))
    _, pullback = wg.vjp(f, point(along))
    np.testing.assert_allclose(pushed, expected, rtol=1e-8)
    np.testing.assert_allclose(pullback(1 + 0j)[0], expected, rtol=1e-8)


@pytest.mark.parametrize(("f", "z", "expected"), BY_HAND.values(), ids=BY_HAND)
def test_gradients_by_hand_in_both_conventions(f, z, expected):
    gradient = wg.grad(f)(z)
    assert gradient.dtype == z.dtype
    np.testing.assert_allclose(gradient, expected, rtol=1e-11, atol=1e-12)
    value, other = wg.value_and_grad(f, complex_convention="derivative")(z)
    assert value == pytest.approx(f(z), rel=1e-13)
    np.testing.assert_allclose(other, np.conj(expected), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(wg.jacobian(f)(z), np.conj(expected), rtol=1e-11, atol=1e-12)
    (pulled,) = wg.vjp(f, z)[1](1.0)
    np.testing.assert_allclose(pulled, np.conj(expected), rtol=1e-11, atol=1e-12)


# real functions of complex arrays, to be taken apart into real and imaginary parts
PROGRAMS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "solve": (lambda M: re(C @ solve(M, B)), A),
    "inv": (lambda M: re(C * inv(M)), A),
    "det": (lambda M: np.real((1 + 2j) * np.linalg.det(M)), A),
    "modulus of det": (lambda M: np.abs(np.linalg.det(M)), A),
    "slogdet": (lambda M: np.linalg.slogdet(M)[1], A),
    "phase of slogdet": (lambda M: np.real((2 + 1j) * np.linalg.slogdet(M)[0]), A),
    "cholesky": (lambda M: re(C * np.linalg.cholesky(hermitian(M))), H),
    "eigvalsh": (lambda M: np.sum(RANKS * np.linalg.eigvalsh(hermitian(M))), H),
    "eigh": (lambda M: np.abs(np.linalg.eigh(hermitian(M))[1][0, 0]) ** 2, H),
    "svdvals": (lambda M: np.sum(RANKS * np.linalg.svd(M, compute_uv=False)), A),
    "svd": (lambda M: np.abs(np.linalg.svd(M)[0][0, 0]) ** 2, A),
    "qr": (lambda M: re(C * np.linalg.qr(M)[0]) + re(C * np.linalg.qr(M)[1]), A),
    "pinv": (lambda M: re(C[:2] * np.linalg.pinv(M[:, :2])), A),
    "matrix_power": (lambda M: re(C * np.linalg.matrix_power(M, 3)), A),
    "norm": (np.linalg.norm, A),
    "norm of order 3": (lambda z: np.linalg.norm(z, 3), Z),
    "spectral norm": (lambda M: np.linalg.norm(M, 2), A),
    "abs, angle": (lambda z: np.sum(np.abs(z) * np.angle(z)), Z),
    "real, imag": (lambda z: np.sum(z.real**2 * z.imag), Z),
    "conj": (lambda z: re(np.conj(z) * z * z), Z),
    "sign": (lambda z: re(W * np.sign(z)), Z),
    "powers": (lambda z: re(z ** (1.5 + 0.5j) + z**-2 + z**z + 2j**z), Z),
    "exp, log, sqrt": (lambda z: re(1j * np.exp(z) * np.log(z) * np.sqrt(z)), Z),
    "trigonometric": (lambda z: re(1j * np.sin(z) * np.tan(z) + np.arcsin(z) * np.arctan(z)), Z),
    "hyperbolic": (lambda z: re(1j * np.cosh(z) * np.tanh(z) + np.arcsinh(z) * np.arccosh(z) * np.arctanh(z)), Z),
    "expm1, log1p, square, reciprocal": (
        lambda z: re(1j * np.expm1(z) * np.log1p(z) + np.square(z) * np.reciprocal(z + 2)), Z,
    ),
    "where": (lambda z: re(W * np.where(z.real > 0, z * z, np.conj(z))), Z),
    "indexing": (lambda z: np.real(z[0] * np.conj(z[2]) * 1j), Z),
    "prod, cumsum, mean": (lambda z: np.real(1j * np.prod(z)) + re(W * np.cumsum(z)) * np.real(np.mean(z)), Z),
    "std": (np.std, Z),
    "einsum, vdot": (lambda z: np.abs(np.vdot(z, B)) * np.real(np.einsum("i,ij,j->", z, A, np.conj(z))), Z),
    "outer, kron": (lambda z: re(C * np.outer(z, z)) + re(np.kron(z, np.conj(z) * z)), Z),
    "fft": (lambda z: np.sum(np.abs(np.fft.fft(z)) ** 3), Z),
    "ifft": (lambda z: re(B * np.fft.ifft(z) ** 2), Z),
    "fft2": (lambda M: re(C * np.fft.fft2(M) ** 2), A),
    "irfft": (lambda z: np.sum(np.fft.irfft(z) ** 3), Z),
    "hfft": (lambda z: np.sum(np.fft.hfft(z) ** 2), Z),
    "maximum, minimum": (lambda z: re(W * np.maximum(z, np.conj(z) * z) * np.minimum(z, 1 - 1j)), Z),
    "fmax, fmin, clip": (lambda z: re(W * np.fmax(z, z * z) + np.fmin(z, 0.2) * np.clip(z, -1 + 0j, 1j)), Z),
    "max, sort, median": (lambda z: np.real(np.max(z) * np.min(z) * np.sort(z)[1]) + np.imag(np.median(z) * z[0]), Z),
    "writes into an array": (lambda z: re(W * _written(z)), Z),
}  # fmt: skip


# which NumPy orders, and Python does not
ORDERED = {
    "maximum": lambda z: np.real(np.maximum(z, 1 - 1j) ** 2) + np.imag(np.maximum(z * z, 0)),
    "minimum": lambda z: np.real(np.minimum(2j, z) * np.minimum(z, 2 + 1j) ** 2),
    "fmax, fmin": lambda z: np.real(np.fmax(1.0, z) * np.fmin(z, z * z)),
    "clip": lambda z: np.real(np.clip(z, 0.5, 3 + 1j) ** 2 + 1j * np.clip(z, None, 0.5 + 2j)),
    "ties": lambda z: np.real(np.maximum(z, z) * np.minimum(z * 1, z)),
}


@pytest.mark.parametrize("f", ORDERED.values(), ids=ORDERED)
def test_numbers_of_python_are_ordered_as_numpy_does(f):
    z, entry = 1.3 + 2j, np.array(1.3 + 2j)
    assert wg.grad(f)(z) == pytest.approx(complex(wg.grad(f)(entry)))
    assert wg.jvp(f, (z,), (1 - 0.5j,)) == pytest.approx(wg.jvp(f, (entry,), (np.array(1 - 0.5j),)))
    bend, at = wg.jvp(wg.grad(f), (z,), (1 - 0.5j,))[1], wg.jvp(wg.grad(f), (entry,), (np.array(1 - 0.5j),))[1]
    assert bend == pytest.approx(complex(at))
    slope = (f(z + 1e-6 * (1 - 0.5j)) - f(z - 1e-6 * (1 - 0.5j))) / 2e-6
    assert wg.jvp(f, (z,), (1 - 0.5j,))[1] == pytest.approx(slope, rel=1e-6)


def _written(z: Any) -> Any:
    out = z.copy()
    out[1] = np.conj(out[0]) * z[2]
    return out


@pytest.mark.parametrize(("f", "z"), PROGRAMS.values(), ids=PROGRAMS)
def test_derivatives_are_those_of_the_real_and_imaginary_parts(f, z):
    def split(x: Any, y: Any) -> Any:
        return f(x + 1j * y)

    in_x, in_y = wg.grad(split, (0, 1))(z.real.copy(), z.imag.copy())
    gradient = wg.grad(f)(z)
    np.testing.assert_allclose(gradient, in_x + 1j * in_y, rtol=1e-9, atol=1e-10)
    dz = np.exp(1j * np.arange(z.size)).reshape(z.shape)
    dy = wg.jvp(f, (z,), (dz,))[1]
    assert dy == pytest.approx(np.real(np.vdot(gradient, dz)), rel=1e-9)
    # the gradient is a function of z like any other, and moves along dz by
    moved = wg.hvp(f, z, dz)
    tangents = dz.real.copy(), dz.imag.copy()
    by_parts = wg.jvp(wg.grad(split, (0, 1)), (z.real.copy(), z.imag.copy()), tangents)[1]
    np.testing.assert_allclose(moved, by_parts[0] + 1j * by_parts[1], rtol=1e-8, atol=1e-8)


# holomorphic functions with their first and second derivatives
HOLOMORPHIC: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any], Callable[[Any], Any]]] = {
    "cube": (lambda z: z**3, lambda z: 3 * z**2, lambda z: 6 * z),
    "exp": (np.exp, np.exp, np.exp),
    "log": (np.log, lambda z: 1 / z, lambda z: -1 / z**2),
    "sqrt": (np.sqrt, lambda z: 0.5 / np.sqrt(z), lambda z: -0.25 / z**1.5),
    "sin": (np.sin, np.cos, lambda z: -np.sin(z)),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2, lambda z: -2 * np.tanh(z) * (1 - np.tanh(z) ** 2)),
    "rational": (lambda z: 1 / (1 + z), lambda z: -1 / (1 + z) ** 2, lambda z: 2 / (1 + z) ** 3),
    "power of i": (lambda z: z**1j, lambda z: 1j * z ** (1j - 1), lambda z: 1j * (1j - 1) * z ** (1j - 2)),
}


@pytest.mark.parametrize(("f", "first", "second"), HOLOMORPHIC.values(), ids=HOLOMORPHIC)
def test_holomorphic_functions_in_every_transform(f, first, second):
    close = {"rtol": 1e-12}
    np.testing.assert_allclose(wg.jvp(f, (Z,), (W,))[1], first(Z) * W, **close)
    np.testing.assert_allclose(wg.vjp(f, Z)[1](W)[0], first(Z) * W, **close)
    np.testing.assert_allclose(wg.linearize(f, Z)[1](W), first(Z) * W, **close)
    np.testing.assert_allclose(wg.elementwise_grad(f)(Z), first(Z), **close)
    np.testing.assert_allclose(wg.vmap(wg.derivative(f))(Z), first(Z), **close)
    np.testing.assert_allclose(wg.derivative(f, order=2)(Z[0]), second(Z[0]), **close)
    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(wg.jacobian(f, mode=mode)(Z), np.diag(first(Z)), **close)
        along = wg.jacobian(lambda z: wg.jvp(f, (z,), (W,))[1], mode=mode)(Z)
        np.testing.assert_allclose(along, np.diag(second(Z) * W), **close)


MIXED: dict[str, Callable[[Any, Any], Any]] = {
    "product": lambda x, z: np.sum(np.abs(x * z - 1j) ** 2),
    "power": lambda x, z: re(z**x),
    "matrix": lambda x, z: np.sum(np.abs(np.outer(x, z) @ A) ** 2),
    "solve": lambda x, z: re(solve(A + np.diag(x), z)),
    "written": lambda x, z: re(np.exp(1j * x) * z) + np.sum(x**2),
    "spectrum": lambda x, z: np.sum(np.abs(np.fft.fft(x) * z) ** 2),
}


@pytest.mark.parametrize("f", MIXED.values(), ids=MIXED)
def test_a_real_argument_beside_a_complex_one_has_a_real_gradient(f):
    in_x, in_z = wg.grad(f, (0, 1))(X, Z)
    assert (in_x.dtype, in_z.dtype) == (np.float64, np.complex128)
    np.testing.assert_allclose(in_x, wg.grad(lambda x: f(x, Z))(X), rtol=1e-12)
    both = wg.grad(lambda x, u, v: f(x, u + 1j * v), (0, 1, 2))(X, Z.real.copy(), Z.imag.copy())
    np.testing.assert_allclose(in_x, both[0], rtol=1e-10)
    np.testing.assert_allclose(in_z, both[1] + 1j * both[2], rtol=1e-10)
    other = wg.grad(f, (0, 1), complex_convention="derivative")(X, Z)
    np.testing.assert_array_equal(other[0], in_x)
    np.testing.assert_array_equal(other[1], np.conj(in_z))
    wg.check_derivatives(f, X, Z, order=2)


# function, point, gradient, Hessian times 1
SPECIAL: dict[str, tuple[Callable[[Any], Any], complex, complex, complex]] = {
    "the modulus at 0": (np.abs, 0j, 0, 0),
    "the argument at 0": (np.angle, 0j, 0, 0),
    "the direction at 0": (lambda z: np.real(np.sign(z)), 0j, 0, 0),
    "the norm at 0": (lambda z: np.linalg.norm(z * np.ones(2)), 0j, 0, 0),
    "z times its conjugate at 0": (lambda z: np.real(z * np.conj(z)), 0j, 0, 2),
    "a branch not taken at 0": (lambda z: np.real(np.where(z != 0, np.log(z), z)), 0j, 1, 0),
    "the argument on its cut": (np.angle, -1 + 0j, -1j, -1j),
    "sqrt above its cut": (lambda z: np.imag(np.sqrt(z)), complex(-4, 0.0), -0.25, -0.03125),
    "sqrt below its cut": (lambda z: np.imag(np.sqrt(z)), complex(-4, -0.0), 0.25, 0.03125),
    "log above its cut": (lambda z: np.imag(np.log(z)), complex(-4, 0.0), -0.25j, -0.0625j),
    "log below its cut": (lambda z: np.imag(np.log(z)), complex(-4, -0.0), -0.25j, -0.0625j),
}


@pytest.mark.filterwarnings("ignore::wengert.errors.IndependentOutputWarning")
@pytest.mark.parametrize("kind", [np.complex128, np.array], ids=["number", "array"])
@pytest.mark.parametrize(("f", "z", "gradient", "moved"), SPECIAL.values(), ids=SPECIAL)
def test_kinks_and_cuts(f, z, gradient, moved, kind):
    with np.errstate(all="ignore"):
        assert wg.grad(f)(kind(z)) == pytest.approx(gradient, abs=1e-15)
        assert wg.jvp(f, (kind(z),), (kind(1 + 0j),))[1] == pytest.approx(np.real(gradient), abs=1e-15)
        assert wg.hvp(f, kind(z), kind(1 + 0j)) == pytest.approx(moved, abs=1e-15)


NARROW = {
    "fft": lambda z: np.sum(np.abs(np.fft.fft(z)) ** 2),
    "elementary": lambda z: np.sum(np.real(np.exp(z) * np.sqrt(z) / (1 + z) ** 2 * 1j)),
    "modulus": lambda z: np.sum(np.abs(z) ** 1.5 + np.angle(z)),
    "norm": np.linalg.norm,
    "solve": lambda z: np.sum(np.abs(np.linalg.solve(np.outer(z, np.conj(z)) + np.eye(3, dtype=np.float32), z))),
}


@pytest.mark.parametrize("f", NARROW.values(), ids=NARROW)
def test_single_precision_stays_single(f):
    z = Z.astype(np.complex64)
    assert wg.grad(f)(z).dtype == np.complex64
    assert wg.hvp(f, z, z).dtype == np.complex64
    value, tangent = wg.jvp(f, (z,), (z,))
    assert (value.dtype, tangent.dtype) == (np.float32, np.float32)
    np.testing.assert_allclose(wg.grad(f)(z), wg.grad(f)(z.astype(complex)), rtol=1e-4, atol=1e-4)


def squared(z: Any) -> Any:
    return np.sum(np.abs(z) ** 2)


REFUSED = {
    "a convention of another name": (
        ArgumentError, "complex_convention must be one of steepest, derivative; received 'jax'",
        lambda: wg.grad(squared, complex_convention="jax"),  # type: ignore[arg-type]
    ),
    "the gradient of a complex result": (OutputError, r"take its \.real or numpy\.abs", lambda: wg.grad(np.sum)(Z)),
    "a complex tangent of a real argument": (SeedError, "complex128", lambda: wg.jvp(np.sum, (X,), (Z,))),
    "a complex cotangent of a real result": (SeedError, "complex128", lambda: wg.vjp(squared, Z)[1](1j)),
    "the derivative of a conjugate": (UndefinedDerivativeError, "not holomorphic", lambda: wg.jacobian(np.conj)(Z)),
    "the Hessian of a real part": (
        UndefinedDerivativeError, "not holomorphic", lambda: wg.hessian(lambda z: np.sum(z.real**2))(Z),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("error", "wording", "attempt"), REFUSED.values(), ids=REFUSED)
def test_what_has_no_meaning_is_refused(error, wording, attempt):
    with pytest.raises(error, match=wording):
        attempt()
