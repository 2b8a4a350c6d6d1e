"""The classes of a first course: the lectures' own programs, every operation, and a grader that finds wrong ones."""

import numpy as np
import pytest

import wengert as wg
from wengert import teaching
from wengert.teaching import AutogradValue, ForwardValue, check, exp, log, relu, sigmoid, sqrt, tanh
from wengert.teaching.functions import OPERATIONS


def test_the_first_program_of_the_lectures():
    a = AutogradValue(5)
    b = AutogradValue(2)
    c = a + b
    L = log(c)
    L.backward()
    assert (a.grad, b.grad, c.grad, L.grad) == (1 / 7, 1 / 7, 1 / 7, 1)
    assert c.parents == [a, b]
    assert c.args == [5, 2]
    assert c.value == 7


def test_the_second_program_of_the_lectures():
    x = AutogradValue(2)
    a = x**2
    b = 5 * a
    c = b * a
    L = -c
    L.backward()
    assert (L.value, x.grad) == (-80, -160)


def test_forward_grads_are_by_the_variable():
    w1, w2 = ForwardValue(2.718), ForwardValue(3.0)
    z = w2 * log(w1)
    L = z + sqrt(z)
    expected = wg.grad(lambda w1, w2: w2 * np.log(w1) + np.sqrt(w2 * np.log(w1)), argnums=(0, 1))(2.718, 3.0)
    assert set(L.forward_grads) == {w1, w2}
    np.testing.assert_allclose([L.forward_grads[w1], L.forward_grads[w2]], expected, rtol=1e-14)
    assert w1.forward_grads == {w1: 1}


PROGRAMS = {
    "every operator": (lambda m, x, y: (x + y) * (x - y) / y - x**2 + 2**y + (-x) ** 2 - 1 + 3 / x, (1.3, 0.8)),
    "functions": (lambda m, x, y: m.exp(x * 0.2) * m.log(y) + m.sin(x) * m.cos(y) + m.sqrt(x), (1.3, 0.8)),
    "activations": (lambda m, x, y: m.tanh(x) * m.sigmoid(y) + m.relu(x - y) + m.maximum(x, y), (1.3, 0.8)),
    "x to the x": (lambda m, x: x**x, (1.7,)),
    "one value often": (lambda m, x: x * x * x + x, (1.7,)),
}


class Plain:
    """The same functions on plain numbers, for `wengert.grad`."""

    exp, log, sin, cos, sqrt, tanh, maximum = np.exp, np.log, np.sin, np.cos, np.sqrt, np.tanh, np.maximum

    @staticmethod
    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    @staticmethod
    def relu(x):
        return np.maximum(x, 0.0)


@pytest.mark.parametrize("name", PROGRAMS)
def test_both_modes_give_the_gradient(name):
    f, point = PROGRAMS[name]
    expected = wg.grad(lambda *args: f(Plain, *args), argnums=tuple(range(len(point))))(*point)
    values = [AutogradValue(number) for number in point]
    f(teaching, *values).backward()
    np.testing.assert_allclose([value.grad for value in values], expected, rtol=1e-13)
    moved = [ForwardValue(number) for number in point]
    result = f(teaching, *moved)
    np.testing.assert_allclose([result.forward_grads[value] for value in moved], expected, rtol=1e-13)


def test_arrays_go_by_vector_jacobian_products():
    W, x, b = np.arange(6.0).reshape(2, 3) / 10, np.array([1.0, -1.0, 0.5]), 0.3

    def loss(W, x, b):
        y = np.tanh(W @ x + b)
        return (y * y).sum()

    values = [AutogradValue(part) for part in (W, x, b)]
    y = tanh(values[0] @ values[1] + values[2])
    (y * y).sum().backward()
    for value, gradient in zip(values, wg.grad(loss, argnums=(0, 1, 2))(W, x, b), strict=True):
        np.testing.assert_allclose(value.grad, gradient, rtol=1e-13)
        assert np.shape(value.grad) == np.shape(value.value)


@pytest.mark.parametrize("mode", [AutogradValue, ForwardValue])
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_of_the_course_passes_its_grader(mode, name):
    verdict = check(mode.operators[name])
    assert verdict.passed, str(verdict)


@pytest.mark.parametrize("left", [np.ones(3), np.arange(6.0).reshape(2, 3)])
@pytest.mark.parametrize("right", [np.arange(3.0), np.arange(12.0).reshape(3, 4)])
def test_the_matrix_product_passes_its_grader(left, right):
    assert check(AutogradValue.operators["matmul"], left, right)


def operation(func, grads=None, vjp=None, mode=AutogradValue, name="mine"):
    methods = {"func": func, "grads": grads, "vjp": vjp}
    return type(name, (mode,), {key: method for key, method in methods.items() if method})


GRADED = [
    (
        operation(lambda self, a, b: a / b, lambda self, a, b: (1 / b, a / b**2)),
        (),
        "mine: the derivative with respect to argument 2, b, is wrong at a = 0.7, b = 0.7: grads gave 1.42857, but it "
        "is -1.42857; the sign is wrong",
    ),
    (
        operation(lambda self, a: a**2, lambda self, a: (a,)),
        (),
        "mine: the derivative with respect to argument 1, a, is wrong at a = 0.7: grads gave 0.7, but it is 1.4; "
        "that is 0.5 times what it should be",
    ),
    (
        operation(lambda self, a: np.sin(a) * a, lambda self, a: (np.cos(a) * a,), mode=ForwardValue),
        (),
        "mine: the derivative with respect to argument 1, a, is wrong at a = 0.7: grads gave 0.53539, but it "
        "is 1.17961",
    ),
    (
        # right for positive numbers only
        operation(lambda self, a: np.abs(a), lambda self, a: (1.0,)),
        (),
        "mine: the derivative with respect to argument 1, a, is wrong at a = -1.4: grads gave 1, but it is -1; the "
        "sign is wrong",
    ),
    (
        operation(lambda self, a, b: a * b, lambda self, a, b: b),
        (),
        "mine: grads returns a tuple with one partial derivative per argument, received float; for one argument write "
        "(derivative,), with the comma",
    ),
    (
        operation(lambda self, a, b: a * b, lambda self, a, b: (b,)),
        (),
        "mine: grads returned 1 partial derivatives for 2 arguments",
    ),
    (
        operation(lambda self, a, b: a @ b, vjp=lambda self, grad, a, b: (grad @ b.T, grad @ a.T)),
        (np.ones((2, 2)), np.array([[0.0, 1.0], [2.0, 3.0]])),
        "mine: the derivative with respect to argument 2, b, at entry (0, 1), is wrong at a = [[1., 1.], [1., 1.]], b "
        "= [[0., 1.], [2., 3.]]: vjp gave 1.90675, but it is 1.28631",
    ),
    (
        operation(lambda self, a: np.sum(a), vjp=lambda self, grad, a: (grad,)),
        (np.ones(3),),
        "mine: vjp returned shape () for argument 1, which has shape (3,); the derivative of one number has the shape "
        "of what it is taken by",
    ),
    (
        # beyond Wengert: differences decide
        operation(lambda self, a: float(str(a)) ** 2, lambda self, a: (3 * a,)),
        (),
        "mine: the derivative with respect to argument 1, a, is wrong at a = 0.7: grads gave 2.1, but it is 1.4",
    ),
    (
        operation(lambda self, a: np.log(a), lambda self, a: (1 / a,)),
        (),
        "mine: all partial derivatives are right (1 argument, 5 inputs)",
    ),
    (
        operation(lambda self, a: np.arcsin(a), lambda self, a: (1 / np.sqrt(1 - a**2),)),
        (0.5,),
        "mine: all partial derivatives are right (1 argument, 1 input)",
    ),
]


@pytest.mark.parametrize(("graded", "args", "message"), GRADED)
def test_the_grader_says_what_is_wrong_and_where(graded, args, message):
    verdict = check(graded, *args)
    assert str(verdict) == message
    assert bool(verdict) == verdict.passed == ("right" in message)


MISUSE = [
    (
        lambda: check(np.sin),
        wg.errors.ArgumentError,
        "expected an operation, a subclass of AutogradValue or ForwardValue",
    ),
    (lambda: check(AutogradValue), wg.errors.ArgumentError, "with a method func of its own"),
    (lambda: check(operation(lambda self, a: a), 1.0, 2.0), wg.errors.ArgumentError, "takes 1 argument, received 2"),
    (
        lambda: check(operation(lambda self, a: np.sqrt(-1 - a * a), lambda self, a: (1.0,))),
        wg.errors.ArgumentError,
        "func has no finite value at any input that was tried",
    ),
    (lambda: AutogradValue(1.0) + ForwardValue(1.0), wg.errors.ArgumentError, "an AutogradValue meets a ForwardValue"),
    (lambda: log(AutogradValue(1.0) * 1) + exp(ForwardValue(1.0)), wg.errors.ArgumentError, "use one mode"),
    (lambda: teaching.maximum(AutogradValue(1.0), ForwardValue(1.0)), wg.errors.ArgumentError, "use one mode"),
    (lambda: np.asarray(AutogradValue(1.0)), wg.errors.UnsupportedError, "would forget where x came from"),
    (lambda: float(ForwardValue(1.0)), wg.errors.UnsupportedError, "use those of wengert.teaching, or write an"),
    (lambda: ForwardValue(np.ones(2)), wg.errors.UnsupportedError, "one ForwardValue per entry, or wengert.jvp"),
    (lambda: AutogradValue(np.ones(2)).backward(), wg.errors.OutputError, r"the value has shape \(2,\)"),
    (lambda: AutogradValue(), TypeError, "AutogradValue expects a value to begin with"),
    (lambda: (5).grad, AttributeError, "'int' object has no attribute 'grad'"),
]


@pytest.mark.parametrize(("misuse", "error", "message"), MISUSE)
def test_misuse_is_told(misuse, error, message):
    with pytest.raises(error, match=message):
        misuse()


def test_plain_numbers_stay_plain():
    assert [relu(-1.0), sigmoid(0.0)] == [0.0, 0.5]
