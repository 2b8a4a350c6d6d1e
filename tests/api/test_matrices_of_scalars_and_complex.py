"""Jacobians and derivatives in complex variables, and of numbers: equal in both modes, or refused."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
from wengert.errors import UndefinedDerivativeError

Z = np.array([1 + 2j, 3 - 1j])
X = np.array([0.5, 1.5])
MODES = ("auto", "forward", "reverse")

# function, argument, Jacobian by hand
TABLE = {
    "squared modulus": (lambda z: np.abs(z) ** 2, Z, np.diag(2 * Z.conj())),
    "modulus of a number": (np.abs, 1 + 1j, (1 - 1j) / 2**0.5),
    "real part": (np.real, Z, np.eye(2)),
    "imaginary part": (np.imag, Z, -1j * np.eye(2)),
    "sum of products with i": (lambda x: np.sum(x * 1j), X, np.full(2, 1j)),
    "exponential of i x": (lambda x: np.exp(1j * x), X, np.diag(1j * np.exp(1j * X))),
    "cube": (lambda z: z**3, Z, np.diag(3 * Z**2)),
    "product": (lambda z: z[0] * z[1], Z, Z[::-1]),
    "matrix product": (lambda z: np.array([[1, 2j], [0, 1 - 1j]]) @ z, Z, np.array([[1, 2j], [0, 1 - 1j]])),
    "modulus of a product": (lambda x: np.abs(x * (3 + 4j)), X, 5 * np.eye(2)),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("f", "x", "expected"), TABLE.values(), ids=TABLE)
def test_jacobians(f, x, expected, mode):
    found = wg.jacobian(f, mode=mode)(x)
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13)
    assert np.asarray(found).dtype == np.result_type(np.asarray(f(x)).dtype, np.asarray(x).dtype)


@pytest.mark.parametrize("chunk_size", [1, None])
@pytest.mark.parametrize("mode", MODES)
def test_real_and_complex_results_side_by_side(mode, chunk_size):
    square, modulus = wg.jacobian(lambda z: (z**2, np.abs(z) ** 2), mode=mode, chunk_size=chunk_size)(Z)
    np.testing.assert_allclose(square, np.diag(2 * Z))
    np.testing.assert_allclose(modulus, np.diag(2 * Z.conj()))


@pytest.mark.parametrize("mode", MODES)
def test_real_and_complex_arguments_side_by_side(mode):
    in_x, in_z = wg.jacobian(lambda x, z: x * z, argnums=(0, 1), mode=mode)(X, Z)
    np.testing.assert_allclose(in_x, np.diag(Z))
    np.testing.assert_allclose(in_z, np.diag(X))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", [np.conj, lambda z: z * z.real, lambda z: z + 1e-3 * z.conj()])
def test_functions_that_are_not_holomorphic_are_refused(f, mode):
    with pytest.raises(UndefinedDerivativeError, match="not holomorphic"):
        wg.jacobian(f, mode=mode)(Z)


def test_hessians_of_complex_arguments():
    np.testing.assert_allclose(wg.hessian(lambda z: np.sum(np.abs(z) ** 2))(Z), 2 * np.eye(2))
    with pytest.raises(UndefinedDerivativeError):
        wg.hessian(lambda z: np.sum(z.real**2))(Z)


def test_derivatives_in_one_complex_number():
    assert wg.derivative(np.abs)(1 + 1j) == pytest.approx((1 - 1j) / 2**0.5)
    assert wg.derivative(lambda z: z**3, order=2)(1 + 1j) == pytest.approx(6 + 6j)
    assert wg.derivative(lambda x: np.exp(1j * x))(0.5) == pytest.approx(1j * np.exp(0.5j))
    with pytest.raises(UndefinedDerivativeError):
        wg.derivative(np.conj)(1j)


def test_elementwise_derivatives_in_complex_numbers():
    np.testing.assert_allclose(wg.elementwise_grad(np.exp)(Z), np.exp(Z))
    np.testing.assert_allclose(wg.elementwise_grad(lambda z: np.abs(z) ** 2)(Z), 2 * Z.conj())
    with pytest.raises(UndefinedDerivativeError):
        wg.elementwise_grad(np.conj)(Z)


@pytest.mark.parametrize("operation", [wg.grad, wg.jacobian, wg.hessian, wg.derivative])
def test_numbers_give_numbers(operation):
    assert type(operation(lambda x: x**3)(2.0)) is float
    assert type(operation(np.sin)(2.0)) is float
    assert type(operation(np.sin)(np.float32(2))) is np.float32
    assert type(operation(lambda x: x**3)(np.float64(2))) is np.float64


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("f", "x", "dtype"),
    [
        (lambda a: a * np.ones(3), np.ones(3, np.float32), np.float64),
        (lambda s: s * np.ones(3, np.float32), 2.0, np.float32),
        (lambda a: a.astype(np.float32), np.ones(3), np.float64),
        (lambda a: a * 1j, np.ones(3, np.float32), np.complex64),
    ],
)
def test_the_dtype_does_not_depend_on_the_mode(f, x, dtype, mode):
    assert wg.jacobian(f, mode=mode)(x).dtype == dtype


def test_tangents_have_the_dtype_of_their_value():
    y, dy = wg.jvp(lambda s: s * np.ones(3, np.float32), (2.0,), (1.0,))
    assert y.dtype == dy.dtype == np.float32


@pytest.mark.parametrize("choice", [{"argnums": (0, -1)}, {"argnums": 0, "argnames": "x"}, {"argnums": (0, 0)}])
def test_an_argument_is_chosen_once(choice):
    with pytest.raises(TypeError, match="once"):
        wg.grad(lambda x: np.sum(x**2), **choice)(X)
