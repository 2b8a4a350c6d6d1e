"""Complex arithmetic as machine code: NumPy's numbers, at the edges of their range and on the cuts as elsewhere."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import wengert as wg
from wengert import tree

DRAW = np.random.default_rng(12)
EDGES = (0.0, -0.0, 1.0, -1.5, np.inf, -np.inf, np.nan, 1e300, -1e-300, 5e-324, 720.0, 88.9)
OPERATIONS = {
    "product": lambda z, w: z * w,
    "product with a real number": lambda z, w: z.real * w,
    "product with an imaginary number": lambda z, w: 1j * z,
    "product with a constant": lambda z, w: z * (2.0 - 1.0j),
    "sum": lambda z, w: z + w,
    "sum with a real number": lambda z, w: z.imag + w,
    "sum with a constant": lambda z, w: (z + 1.0) - (w + (1 + 0j)),
    "difference": lambda z, w: z - w,
    "difference from a real number": lambda z, w: 1.0 - z,
    "quotient": lambda z, w: z / w,
    "quotient by a real number": lambda z, w: z / w.real,
    "quotient of a real number": lambda z, w: 1.0 / z,
    "square": lambda z, w: z**2,
    "cube": lambda z, w: z**3,
    "exponential": lambda z, w: np.exp(z),
    "phase": lambda z, w: np.exp(1j * w.imag),
    "root": lambda z, w: np.sqrt(z),
    "root beyond a cut": lambda z, w: np.sqrt(np.conj(z) + 1.0),
    "root of a product": lambda z, w: np.sqrt(z * np.conj(w)),
    "root of a real number": lambda z, w: np.sqrt(z.real + 0j),
    "size": lambda z, w: np.abs(z),
    "argument": lambda z, w: np.angle(z),
    "logarithm": lambda z, w: np.log(z * w),
    "conjugate": lambda z, w: np.conj(z),
    "sign": lambda z, w: -z,
    "parts": lambda z, w: z.real + w.imag,
    "choice": lambda z, w: np.where(z.real > 0, z, w.real),
    "finite": lambda z, w: np.isfinite(z) | np.isnan(w) | np.isinf(z * w),
    "equal": lambda z, w: (z == w) | (z != w.real),
}
SMOOTH = [name for name in OPERATIONS if name not in ("finite", "equal")]


def same(found, expected, ulps=8):
    """Whether numbers are the same to rounding, relative to their sizes, and their zeros have the same signs."""
    assert np.result_type(found) == np.result_type(expected)
    assert np.shape(found) == np.shape(expected)
    assert isinstance(found, type(expected))
    if np.result_type(found).kind == "b":
        np.testing.assert_array_equal(found, expected)
        return
    eps = np.finfo(np.result_type(expected)).eps
    with np.errstate(all="ignore"):
        sizes = np.abs(expected)
        for one, other in ((np.real(found), np.real(expected)), (np.imag(found), np.imag(expected))):
            special = ~np.isfinite(other)
            scale = np.where(np.isfinite(sizes), sizes, np.abs(other))
            bound = ulps * eps * scale + np.finfo(np.result_type(expected)).smallest_subnormal * 4
            np.testing.assert_array_equal(np.where(special, one, 0.0), np.where(special, other, 0.0))
            assert np.all(special | (np.abs(one - other) <= bound))
            zero = (one == 0) & (other == 0)
            assert np.all(~zero | (np.signbit(one) == np.signbit(other)))


@pytest.mark.parametrize("dtype", [np.complex128, np.complex64])
@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_are_numpys(name, dtype):
    function = OPERATIONS[name]
    fast = wg.jit(function)
    for shapes in (((300,), (300,)), ((4, 1), (5,)), ((), ())):
        z, w = [(DRAW.normal(size=shape) + 1j * DRAW.normal(size=shape)).astype(dtype) for shape in shapes]
        for _ in range(2):
            same(fast(z, w), function(z, w))
        assert ("NumPy: " in fast.explain()) == (name == "logarithm")


@pytest.mark.parametrize("name", OPERATIONS)
def test_edges_are_numpys(name):
    function = OPERATIONS[name]
    fast = wg.jit(function)
    numbers = [complex(*parts) for parts in itertools.product(EDGES, EDGES)]
    with np.errstate(all="ignore"):
        for z, w in [*[(z, 2 - 1j) for z in numbers], *[(1.5 + 1j, w) for w in numbers], *itertools.pairwise(numbers)]:
            args = np.full(9, z), np.full(9, w)
            same(fast(*args), function(*args))


@pytest.mark.parametrize("name", SMOOTH)
def test_derivatives_are_those_of_eager_code(name):
    z, w = [DRAW.normal(size=7) + 1j * DRAW.normal(size=7) for _ in range(2)]

    def loss(x, y):
        return np.sum(np.abs(OPERATIONS[name](x + 1j * y, w * x)) ** 2 + np.real(OPERATIONS[name](z, x - 1j * y)))

    for derivative in (wg.grad(loss, (0, 1)), wg.hessian(loss)):
        expected, fast = derivative(z.real, z.imag), wg.jit(derivative)
        for _ in range(2):
            found = fast(z.real, z.imag)
        for one, other in zip(*[x if isinstance(x, tuple) else (x,) for x in (found, expected)], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-11 * np.max(np.abs(other), initial=1e-2))


def alternating(z, count=40):
    total = 0j
    for k in range(count):
        z = z * np.exp(0.1j * k) / (1 + 0.01 * np.abs(z))
        total = total + z if k % 2 else total - np.conj(z)
    return total


def scanned(z):
    def step(state, factor):
        return state * factor + 0.1j, np.abs(state)

    return wg.scan(step, z, np.linspace(0.5, 1.0, 20))


def exchanged(z):
    def step(state, factor):
        one, other = state
        return (other * factor, one), other * 1j

    return wg.scan(step, (z, np.conj(z)), np.linspace(0.5, 1.0, 7))


def grown(z):
    return wg.while_loop(lambda s: np.sum(np.abs(s)) < 40.0, lambda s: s * (1.1 + 0.1j) + 0.1, z)


def one_of_two(z):
    return wg.cond(z[0].real > 0, lambda z: z * np.exp(z), lambda z: np.conj(z) / 2, z)


def written(z):
    table = np.zeros((3, 4), dtype=complex)
    table[0] = z[:4]
    table[1, ::2] = z[4:6] * 1j
    table[2] = 1.0
    return table.T @ np.conj(table)


MOVES = {
    "transposed": lambda z: (z.reshape(2, 4) * 2.0).T,
    "every other one": lambda z: z[::-2] * 1j,
    "at places": lambda z: z[np.array([1, 1, 3])] * z[0],
    "put together": lambda z: np.concatenate([z[:2], z.real, 1j * z[3:5]]),
    "stacked": lambda z: np.stack([z, np.conj(z)]) @ z,
    "written": written,
    "sums": lambda z: (np.sum(z.reshape(2, 4), axis=0), np.mean(z), np.cumsum(z), np.vdot(z, z * 1j)),
    "products": lambda z: (z.reshape(2, 4) @ z.real.reshape(4, 2), np.outer(z, z.imag), np.einsum("i,i->", z, z)),
    "itself": lambda z: (z, z, z[2], np.real(z), np.imag(z[::2])),
    "constants": lambda z: (z * 0 + np.array([1j, 2.0, -1j, 0] * 2), np.full(3, 1 + 2j), np.eye(2) * (1j * z[0])),
    "to and fro": lambda z: np.fft.ifft(np.fft.fft(z) * np.exp(1j * np.arange(8))),
    "a loop of Python's": alternating,
    "a scan": scanned,
    "a scan of several": exchanged,
    "a while loop": grown,
    "a branch": lambda z: (one_of_two(z), one_of_two(-z)),
    "other precisions": lambda z: (z.astype(np.complex64) * z.real.astype(np.float32), np.abs(z).astype(np.float32)),
    "integers": lambda z: z * np.arange(8) + 3,
    "numbers": lambda z: (z[0] * 2.0 + 1j, complex(2, 1) * z[1].real, z[2] ** 2),
}


@pytest.mark.parametrize("name", MOVES)
def test_programs_of_complex_numbers(name):
    program, z = MOVES[name], DRAW.normal(size=8) + 1j * DRAW.normal(size=8)
    fast = wg.jit(program)
    expected = program(z)
    for _ in range(2):
        found = fast(z)
    assert "no machine code" not in fast.explain()
    for one, other in zip(*[tree.flatten(x)[0] for x in (found, expected)], strict=True):
        same(one, other, 200)

    def loss(x, y):
        return sum([np.sum(np.abs(leaf - 0.3) ** 2) for leaf in tree.flatten(program(x + 1j * y))[0]])

    gradient = wg.grad(loss, (0, 1))
    fast = wg.jit(gradient)
    for one, other in zip(fast(z.real, z.imag), gradient(z.real, z.imag), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6 if name == "other precisions" else 1e-10, atol=1e-10)


def test_arrays_of_any_layout_are_read():
    z = DRAW.normal(size=(6, 8)) + 1j * DRAW.normal(size=(6, 8))
    for given in (z, np.asfortranarray(z), z[::2, ::-1], z.T[1:]):
        fast = wg.jit(lambda z: (z * z, np.abs(z), z.T))
        for one, other in zip(fast(given), (given * given, np.abs(given), given.T), strict=True):
            same(one, other)
