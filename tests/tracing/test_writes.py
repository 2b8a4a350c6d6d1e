"""Programs that write into arrays: the value is NumPy's, the derivatives are those of central differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest

import wengert as wg
import wengert.numpy
from wengert.errors import LeakedTracerError, MutationError

Program = Callable[[Any, Any], Any]
PROGRAMS: list[Program] = []
SCALAR_PROGRAMS: list[Program] = []


def program(function: Program) -> Program:
    """A program of a vector of four entries that returns a scalar; np is numpy or wengert.numpy."""
    PROGRAMS.append(function)
    return function


def scalar_program(function: Program) -> Program:
    """A program of a scalar or an array of shape ()."""
    SCALAR_PROGRAMS.append(function)
    return function


@program
def a_reused_buffer(np, x):
    w, s = np.arange(4.0), 0.0
    for _ in range(3):
        w += 1
        s = s + np.sum(w * x)
    return s


@program
def a_reused_plain_buffer(np, x):
    w, s = numpy.arange(4.0), 0.0
    for _ in range(3):
        w += 1
        s = s + np.sum(w * x * x)
    return s


@program
def a_reused_traced_buffer(np, x):
    b, s = x * 1.0, 0.0
    for _ in range(3):
        b[...] = b * x + 1
        s = s + np.sum(b * x)
    return s


@program
def an_input_that_is_overwritten(np, x):
    y = np.sum(x**2)
    x[1] = x[0] * x[2]
    x *= 3
    return y + np.sum(x**2)


@program
def an_alias_of_the_input(np, x):
    y = x
    y += 1
    return np.sum(x * 10 + y**2)


@program
def an_alias_of_a_result(np, x):
    y = x * 2
    z = y
    z *= x
    y -= 1
    return np.sum(y * z)


@program
def a_scalar_is_no_alias(np, x):
    y = x[0]
    z = y
    y += 1
    return z * 10 + y * x[0]


@program
def a_sum_is_no_alias(np, x):
    y = np.sum(x)
    z = y
    y *= 2
    return z * 10 + y * z


@program
def an_array_of_shape_nothing(np, x):
    a = np.array(0.0)
    a += np.sum(x) * 2
    b = a
    b *= x[0]
    return a * 1.0


@program
def zeros_of_shape_nothing(np, x):
    a = np.zeros(())
    b = a
    b[...] = x[0] * x[1]
    a[()] += x[2]
    return a * b


@program
def an_entry_as_a_view(np, x):
    a = x * x
    b = a[1, ...]
    b += 5 * x[0]
    b *= x[3]
    return np.sum(a * x)


@program
def a_single_entry_without_axes(np, x):
    a = x[:1] * 2
    b = a.reshape(())
    c = b
    c *= x[1]
    a += 1
    return a[0] * b + c


@program
def an_array_of_shape_nothing_with_axes(np, x):
    a = np.array(1.0)
    a *= x[0]
    b = a.reshape(1, 1)
    b[0, 0] = b[0, 0] * x[1]
    a += 1
    return a * b[0, 0]


@program
def a_scalar_without_axes_is_no_view(np, x):
    s = x[0] * x[1]
    t = s[...]
    t += 1
    return s * t


@program
def a_slice_is_a_view(np, x):
    a = x * 1
    v = a[1:3]
    v *= x[0]
    a[2] += 7 * x[1]
    return np.sum(v**2) + np.sum(a * x)


@program
def views_of_views(np, x):
    a = x * 1
    v = a[1:]
    w = v[::-1]
    w[0] = x[0] ** 2
    v[1] *= x[3]
    a += 1
    return np.sum(w * x[1:]) + np.sum(a * v[0])


@program
def a_transposed_view(np, x):
    a = np.reshape(x * x, (2, 2))
    t = a.T
    t[0] = t[0] * x[:2]
    t[:, 1] += x[2]
    return np.sum(a * np.array([[1.0, 2.0], [3.0, 4.0]]))


@program
def a_reshaped_view(np, x):
    a = x * x
    r = a.reshape(2, 2)
    r[1] = r[0] * x[0]
    r[:, 0] += 1
    a[3] *= x[1]
    return np.sum(a**2) + r[1, 1]


@program
def a_copy_that_is_reshaped(np, x):
    a = np.reshape(x * x, (2, 2))
    r = a.T.reshape(-1)
    r[0] = 100 * x[0]
    return np.sum(a) + np.sum(r * x)


@program
def a_diagonal_by_a_step(np, x):
    a = np.zeros((4, 4))
    a.reshape(-1)[::5] = x
    a[1:, 0] += x[1:] ** 2
    return np.sum(a @ x)


@program
def rows_of_a_matrix(np, x):
    a = np.zeros((3, 4))
    for i in range(3):
        a[i] = x * (i + 1)
        a[i, i] *= x[0]
    for row in a:
        row += x[1]
    return np.sum(a**2)


@program
def a_row_that_is_written_into_itself(np, x):
    a = np.reshape(x * 1, (2, 2))
    a[0] += a[1]
    a[0] = a[0]
    a[-1] = a[0]
    a[:, 1] *= a[:, 0]
    return np.sum(a**3)


@program
def overlapping_parts(np, x):
    a = x * x
    a[1:] = a[:-1]
    a[::-1] += a
    return np.sum(a * x)


@program
def an_array_that_is_written_into_itself(np, x):
    a = x * x
    a[:] = a
    a[...] = a[::-1]
    a += a
    return np.sum(a * x)


@program
def a_mask(np, x):
    a = x * 2
    a[numpy.array([True, False, True, False])] = x[1]
    a[a > 1.0] *= 3
    a[[False, True, False, True]] -= x[:2]
    return np.sum(a**2)


@program
def duplicate_indices(np, x):
    a = np.zeros(3)
    a[[0, 0, 2, 0]] = x
    return np.sum(a * np.array([1.0, 10.0, 100.0]) * x[1])


@program
def duplicate_indices_of_a_sum(np, x):
    a = np.ones(3)
    a[[1, 1, 1, 2]] += x**2
    a[np.array([0, 0])] *= x[:2]
    return np.sum(a**2)


@program
def duplicate_indices_in_two_axes(np, x):
    a = np.ones((2, 2)) * x[0]
    a[[0, 0, 1], [1, 1, 0]] = x[1:] ** 2
    return np.sum(a * np.array([[1.0, 2.0], [3.0, 4.0]]))


@program
def a_copy_by_an_index_is_no_view(np, x):
    a = x * 1
    b = a[[0, 1]]
    b += 5
    c = a[numpy.array(2) : 4]
    c *= x[0]
    return np.sum(a**2) + np.sum(b * x[:2])


@program
def all_in_place_operators(np, x):
    a = x * 1
    a += x
    a -= 0.5
    a *= x
    a /= 2 + x**2
    a **= 2
    m = np.reshape(a, (2, 2)) * 1
    m @= np.array([[1.0, 2.0], [3.0, 4.0]])
    return np.sum(m * m)


@program
def integer_arrays(np, x):
    count = np.zeros(4, dtype=int)
    count[1:3] += 2
    count[count == 0] = 1
    return np.sum(x**2 * count)


@program
def rounding_in_place(np, x):
    a = x * 4
    a //= 1
    return np.sum(a * x)


@program
def a_float32_target(np, x):
    a = np.zeros(4, dtype=numpy.float32)
    a[:2] = [1.0, 2.0]
    a += 1
    return np.sum(a * x)


@program
def an_out_argument(np, x):
    a = np.zeros(4)
    np.multiply(x, x, out=a)
    np.add(a, x, out=a)
    np.sin(a[:2], out=a[2:])
    return np.sum(a * x)


@program
def fill_and_sort(np, x):
    a = x * x
    a.sort()
    b = x * 1
    b.fill(x[1])
    b[0] = a[-1]
    return np.sum(a[:2]) * b[0] + b[3]


@program
def a_recurrence(np, x):
    h = np.empty(6)
    h[0] = x[0]
    for k in range(5):
        h[k + 1] = np.sin(h[k]) * x[1] + x[2]
    return np.sum(h**2) + x[3]


@program
def a_swap(np, x):
    a = x * x
    a[0], a[1] = a[1], a[0]
    a[[2, 3]] = a[[3, 2]]
    return np.sum(a * x)


@scalar_program
def increments(np, s):
    t = s
    t += 1
    return s * 10 + t**2


@scalar_program
def a_product_in_place(np, s):
    t = s * s
    u = t
    u *= s
    return t + 3 * u


@scalar_program
def a_table(np, s):
    a = np.zeros(3)
    a[1:] = s
    a[0] = s * a[1]
    b = a
    b += s
    return np.sum(a * b)


each_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
# the mask of `a_mask` differs between the examples
each_program_of_a_batch = pytest.mark.parametrize(
    "program", [p for p in PROGRAMS if p is not a_mask], ids=lambda p: p.__name__
)
each_scalar_program = pytest.mark.parametrize("program", SCALAR_PROGRAMS, ids=lambda p: p.__name__)
X = numpy.array([0.7, 1.3, -0.4, 0.9])
BATCH = X + 0.1 * numpy.arange(3.0)[:, None] * numpy.array([1.0, -1.0, 2.0, 1.0])


def plain(program: Program) -> Callable[[Any], Any]:
    """The program as NumPy runs it, on a copy."""
    return lambda x: program(numpy, numpy.array(x) if isinstance(x, numpy.ndarray) else x)


def traced(program: Program) -> Callable[[Any], Any]:
    return lambda x: program(wengert.numpy, x)


def central(f: Callable[[Any], Any], x: Any, step: float = 1e-6) -> Any:
    """Central differences, one row per entry of x."""
    x = numpy.asarray(x)
    moves = [step * numpy.reshape(row, x.shape) for row in numpy.eye(x.size)]
    rows = [(f(x + move) - f(x - move)) / (2 * step) for move in moves]
    return numpy.reshape(rows, (*x.shape, *numpy.shape(rows[0])))


@each_program
def test_the_value_is_numpys(program):
    expected = plain(program)(X)
    given = X.copy()
    assert wg.value_and_grad(traced(program))(given)[0] == pytest.approx(expected, rel=1e-14)
    assert wg.jvp(traced(program), (given,), (given,))[0] == pytest.approx(expected, rel=1e-14)
    assert wg.vjp(traced(program), given)[0] == pytest.approx(expected, rel=1e-14)
    numpy.testing.assert_array_equal(given, X)
    assert given.flags.writeable


@each_program
def test_the_gradient_is_that_of_central_differences(program):
    expected = central(plain(program), X)
    given = X.copy()
    numpy.testing.assert_allclose(wg.grad(traced(program))(given), expected, atol=1e-7)
    for mode in ("forward", "reverse"):
        numpy.testing.assert_allclose(wg.jacobian(traced(program), mode=mode)(given), expected, atol=1e-7)
    direction = numpy.array([0.3, -1.0, 0.5, 2.0])
    pushed = wg.jvp(traced(program), (given,), (direction,))[1]
    assert pushed == pytest.approx(expected @ direction, abs=1e-6)
    numpy.testing.assert_array_equal(given, X)


# the gradient of some of them is constant
@pytest.mark.filterwarnings("ignore::wengert.errors.IndependentOutputWarning")
@each_program
def test_the_hessian_is_that_of_central_differences(program):
    expected = central(wg.grad(traced(program)), X, 1e-5)
    numpy.testing.assert_allclose(wg.hessian(traced(program))(X), expected, atol=1e-7)
    reverse_twice = wg.jacobian(wg.grad(traced(program)), mode="reverse")(X)
    numpy.testing.assert_allclose(reverse_twice, expected, atol=1e-7)


@each_program_of_a_batch
def test_vmap_is_a_loop(program):
    given = BATCH.copy()
    values = [plain(program)(x) for x in BATCH]
    numpy.testing.assert_allclose(wg.vmap(traced(program))(given), values, rtol=1e-13)
    for derivative in (wg.grad(traced(program)), wg.hessian(traced(program))):
        looped = numpy.stack([derivative(x) for x in BATCH])
        numpy.testing.assert_allclose(wg.vmap(derivative)(given), looped, rtol=1e-12, atol=1e-12)
    numpy.testing.assert_array_equal(given, BATCH)


@each_program_of_a_batch
def test_the_gradient_of_vmap_is_that_of_a_loop(program):
    gradients = numpy.stack([wg.grad(traced(program))(x) for x in BATCH])
    batched = wg.grad(lambda xs: numpy.sum(wg.vmap(traced(program))(xs)))(BATCH)
    numpy.testing.assert_allclose(batched, gradients, rtol=1e-12, atol=1e-12)


@each_program_of_a_batch
def test_nested_vmap_is_two_loops(program):
    given = numpy.stack([BATCH, BATCH[::-1] * 1.1])
    expected = [[wg.grad(traced(program))(x) for x in rows] for rows in given]
    found = wg.vmap(wg.vmap(wg.grad(traced(program))))(given)
    numpy.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@each_scalar_program
@pytest.mark.parametrize("make", [float, numpy.float64, numpy.array], ids=["float", "float64", "array"])
def test_scalars_and_arrays_of_shape_nothing(program, make):
    expected = plain(program)(make(0.7))
    value, gradient = wg.value_and_grad(traced(program))(make(0.7))
    assert value == pytest.approx(expected)
    slope = (plain(program)(make(0.7 + 1e-6)) - plain(program)(make(0.7 - 1e-6))) / 2e-6
    assert gradient == pytest.approx(slope)
    assert wg.jvp(traced(program), (make(0.7),), (make(1.0),)) == pytest.approx((expected, slope))
    curve = wg.grad(lambda s: wg.grad(traced(program))(s * 1.0))(0.7)
    assert wg.derivative(traced(program), order=2)(0.7) == pytest.approx(curve)


@each_scalar_program
def test_the_scalars_of_a_batch(program):
    given = numpy.array([0.7, -0.2, 1.1])
    values = [plain(program)(s) for s in given]
    numpy.testing.assert_allclose(wg.vmap(traced(program))(given), values)
    gradients = [wg.grad(traced(program))(s) for s in given]
    numpy.testing.assert_allclose(wg.vmap(wg.grad(traced(program)))(given), gradients)


def test_the_sum_over_a_reused_buffer():
    def f(x):
        w, s = numpy.arange(3.0), 0.0
        for _ in range(3):
            w += 1
            s = s + numpy.sum(w * x)
        return s

    numpy.testing.assert_array_equal(wg.grad(f)(numpy.ones(3)), [6.0, 9.0, 12.0])


def test_a_scalar_from_an_inner_gradient_is_no_alias():
    def f(x):
        y = wg.grad(lambda t: numpy.sum(t**3))(x)
        z = y
        y += 1
        return z * 10 + y

    numpy.testing.assert_allclose(wg.vmap(f)(numpy.arange(3.0)), [f(x) for x in numpy.arange(3.0)])


def test_duplicate_indices_of_a_batch():
    def f(x, i):
        a = wengert.numpy.zeros(3)
        a[i] = x
        return numpy.sum(a * numpy.array([1.0, 10.0, 100.0]))

    x, i = numpy.ones((2, 2)), numpy.array([[0, 0], [1, 2]])
    numpy.testing.assert_array_equal(wg.vmap(wg.grad(f))(x, i), [[0, 1], [10, 100]])
    numpy.testing.assert_array_equal(wg.grad(lambda x: numpy.sum(wg.vmap(f)(x, i)))(x), [[0, 1], [10, 100]])
    numpy.testing.assert_array_equal(wg.vmap(wg.hessian(lambda x, i: f(x**2, i)))(x, i)[0], [[0, 0], [0, 2]])


def test_a_row_by_a_batched_integer_is_a_view():
    def f(x, i):
        a = x * 1.0
        row = a[i]
        row += 1
        row[0] = x[0, 0] * x[1, 1]
        a[0] *= 2
        return a * numpy.sum(row)

    x, i = numpy.random.default_rng(0).normal(size=(3, 2, 2)), numpy.array([0, 1, -1])
    expected = numpy.stack([f(one, at) for one, at in zip(x, i, strict=True)])
    numpy.testing.assert_allclose(wg.vmap(f)(x, i), expected)


def test_a_batched_write_beyond_the_size_of_the_batch():
    def f(x):
        x[3] += 1
        return x * 1.0

    expected = numpy.zeros((2, 5, 2))
    expected[:, 3] = 1
    numpy.testing.assert_array_equal(wg.vmap(f)(numpy.zeros((2, 5, 2))), expected)


def test_batched_masks_are_changed_in_place():
    def f(x):
        small = x < 1
        alias = small
        alias |= x > 2
        alias &= x < 5
        alias ^= x == 3
        return numpy.where(small, x, 0.0)

    x = numpy.arange(8.0).reshape(2, 4)
    numpy.testing.assert_array_equal(wg.vmap(f)(x), numpy.stack([f(one) for one in x]))


def test_a_scalar_takes_no_item():
    def write(x):
        y = numpy.sum(x)
        y[...] = 1.0
        return y

    for f in (wg.grad(write), wg.vmap(write)):
        with pytest.raises(TypeError, match="does not support item assignment"):
            f(numpy.ones((2, 2)))


def test_complex_values_do_not_go_into_real_arrays():
    def f(x):
        a = wengert.numpy.zeros(3)
        a[:] = x * 1j
        return numpy.sum(a)

    with pytest.raises(MutationError, match=r"write their \.real"):
        wg.grad(f)(numpy.ones(3))

    def in_place(x):
        x *= 1j
        return numpy.sum(abs(x))

    with pytest.raises(MutationError, match="write x = x"):
        wg.grad(in_place)(numpy.ones(3))


def test_integers_in_place_by_floats_are_refused():
    def f(x):
        n = wengert.numpy.zeros(3, dtype=int)
        n += x
        return numpy.sum(n * x)

    with pytest.raises(MutationError, match="cannot write a result of dtype float64 into an array of dtype int64"):
        wg.vmap(f)(numpy.ones((2, 3)))


def test_a_traced_array_that_an_inner_recording_writes_into_is_of_no_use_afterwards():
    def f(x):
        a = x * 1.0
        wg.grad(lambda t: (a.__setitem__(0, t), t * t)[1])(2.0)
        return numpy.sum(a)

    with pytest.raises(LeakedTracerError):
        wg.grad(f)(numpy.ones(3))
