"""What errors say: what happened, at which line of the user's, and what to do."""

from __future__ import annotations

import inspect
import math
import re
import warnings

import numpy as np
import pytest

import wengert as wg
import wengert.numpy as wnp
from wengert.errors import (
    ArgumentError,
    ConversionError,
    IndependentOutputWarning,
    IntegerInputError,
    LeakedTracerError,
    MutationError,
    OutputError,
    SeedError,
    ShapeError,
    UndefinedDerivativeError,
    UnsupportedError,
)

X = np.array([0.5, 1.5, 2.5])
Z = np.array([1 + 2j, 3 - 1j])


class Special(np.ndarray):
    """Arrays with rules of their own, as numpy.matrix."""


class Kept(dict):
    """A class of containers that Wengert does not look into."""


# what a program gets out of it is Python's and NumPy's own
OUT_OF_SIGHT = Kept({"np": np, "math": math, "float": float})
BUFFER = np.zeros(3)
SPECIAL = np.eye(3).view(Special)
UNKNOWN = np.frompyfunc(abs, 1, 1)


def total(x):
    return np.sum(x)


def writes_an_entry(x):
    BUFFER[0] = x[0]  # here
    return np.sum(BUFFER)


def writes_a_slice(x):
    BUFFER[0:2] = x[0:2]  # here
    return np.sum(BUFFER)


def adds_in_place(x):
    a = BUFFER
    a += x  # here
    return np.sum(a)


def lists_in_an_array(x):
    return np.sum(OUT_OF_SIGHT["np"].array([x[0], x[1]]))  # here


def through_math(x):
    return OUT_OF_SIGHT["math"].sin(x)  # here


def through_float(x):
    return OUT_OF_SIGHT["float"](x) * x  # here


def through_int(x):
    return np.sum(x[: int(x[0])])  # here


def misfits(x):
    return np.sum(x @ np.ones((2, 2)))  # here


def misfits_in_a_sum(x):
    return np.sum(x + np.ones(4))  # here


def reshapes_wrongly(x):
    return np.sum(x.reshape(2, 2))  # here


def without_rule(x):
    return np.sum(np.intersect1d(x, x[1:]))  # here


def without_ufunc_rule(x):
    return np.sum(UNKNOWN(x))  # here


def without_method(x):
    return np.power.reduce(x)  # here


def where_without_out(x):
    return np.sum(np.sin(x, where=[True, False, True]))  # here


def without_attribute(x):
    return x.strides  # here


def special_operand(x):
    return np.sum(SPECIAL @ x)  # here


def object_operand(x):
    return np.sum(x * [object(), object(), object()])  # here


def writes_a_diagonal(x):
    d = np.diagonal(np.outer(x, x))
    d[0] = 1.0  # here
    return np.sum(d)


def equal_entries(x):
    return np.sum(np.unique(x * 0))  # here


def moving_edges(x):
    return np.histogram(x, bins=3)[1][0]  # here


IN_PROGRAMS = [
    (writes_an_entry, X, ConversionError, "written into a plain NumPy array", "a = a.copy()"),
    (writes_a_slice, X, ConversionError, "written into a plain NumPy array", "a = a.copy()"),
    (adds_in_place, X, MutationError, "plain NumPy array of shape (3,)", "a = a + x"),
    (lists_in_an_array, X, ConversionError, "np.array([...])", "numpy.stack"),
    (through_math, 0.5, ConversionError, "math module", "numpy's function"),
    (through_float, 0.5, ConversionError, "float(x)", "Leave float(...) out"),
    (through_int, X, ConversionError, "int(x)", "numpy.floor"),
    (misfits, X, ShapeError, "size 2 is different from 3", ""),
    (misfits_in_a_sum, X, ShapeError, "(3,) (4,)", ""),
    (reshapes_wrongly, X, ShapeError, "size 3 into shape (2,2)", ""),
    (without_rule, X, UnsupportedError, "np.intersect1d is refused for traced values", "wengert.stop_gradient"),
    (without_ufunc_rule, X, UnsupportedError, "abs (vectorized) has no differentiation rule", "wengert.custom_rule"),
    (
        without_method,
        X,
        UnsupportedError,
        "np.power.reduce is refused for traced values",
        "stop_gradient",
    ),
    (where_without_out, X, UnsupportedError, "np.sin got an argument 'where' without 'out'", "not supported"),
    (without_attribute, X, AttributeError, "no attribute 'strides'", "stop_gradient"),
    (special_operand, X, UnsupportedError, "Special", "numpy.asarray"),
    (object_operand, X, UnsupportedError, "Python objects", "plain array of numbers"),
    (writes_a_diagonal, X, MutationError, "read-only view", "a.copy()"),
    (equal_entries, X, UndefinedDerivativeError, "equal entries", ""),
    (moving_edges, X, UnsupportedError, "np.histogram", "give it the edges"),
]


def line_of(program):
    """The line marked with a comment in a program."""
    lines, first = inspect.getsourcelines(program)
    return first + next(i for i, line in enumerate(lines) if line.rstrip().endswith("# here"))


@pytest.mark.parametrize(
    ("program", "x", "kind", "what", "remedy"), IN_PROGRAMS, ids=lambda p: getattr(p, "__name__", "")
)
@pytest.mark.parametrize("derivative", [wg.grad, lambda f: lambda x: wg.jvp(f, (x,), (x,))], ids=["grad", "jvp"])
def test_errors_in_programs_name_the_line_and_the_remedy(program, x, kind, what, remedy, derivative):
    with pytest.raises(kind) as caught:
        derivative(program)(x)
    text = str(caught.value)
    assert what in text
    assert remedy in text
    assert f"test_wording.py:{line_of(program)}" in text


CALLS = [
    (lambda: wg.grad(total)(np.arange(3)), IntegerInputError,
     "grad: argument 0 holds integers (dtype int64), which have no derivative; pass floating-point numbers"),
    (lambda: wg.grad(total)(np.array([True])), IntegerInputError, "holds Booleans"),
    (lambda: wg.jvp(total, (3,), (1.0,)), IntegerInputError, "jvp: argument [0] holds integers"),
    (lambda: wg.hvp(total, np.arange(3), X), IntegerInputError, "hvp: the argument holds integers"),
    (lambda: wg.grad(lambda x: x)(X), OutputError,
     "returned an array of shape (3,), but a gradient is of one scalar"),
    (lambda: wg.hessian(lambda x: x)(X), OutputError, "hessian: <lambda> returned an array of shape (3,)"),
    (lambda: wg.hvp(lambda x: x, X, X), OutputError, "hvp: <lambda> returned an array of shape (3,)"),
    (lambda: wg.grad(lambda x: (x[0], x[1]))(X), OutputError, "returned 2 values in a tuple"),
    (lambda: wg.grad(lambda x: x[0] * 1j)(X), OutputError, "returned a complex number"),
    (lambda: wg.grad(lambda x: None)(X), OutputError, "returned None; it needs a return statement"),
    (lambda: wg.jacobian(lambda x: "a")(X), OutputError, "returned a str ('a'), which is no array"),
    (lambda: wg.grad(total, has_aux=True)(X), OutputError, "must return a pair (output, extra)"),
    (lambda: wg.jvp(total, (X,), (np.ones(2),)), SeedError,
     "jvp: the tangent[0] has shape (2,), but the primal has shape (3,)"),
    (lambda: wg.jvp(total, (X,), (1j * X,)), SeedError, "does not fit into float64"),
    (lambda: wg.jvp(total, X, X), ArgumentError, "Write jvp(f, (x,), (dx,))"),
    (lambda: wg.hvp(total, X, np.ones(2)), SeedError,
     "hvp: the direction v has shape (2,), but the argument x has shape (3,)"),
    (lambda: wg.vjp(np.sin, X)[1](np.ones(2)), SeedError,
     "vjp: the cotangent has shape (2,), but the result has shape (3,)"),
    (lambda: wg.vjp(lambda x: {"a": x}, X)[1](X), SeedError, "must be nested like the result"),
    (lambda: wg.grad(total(X)), ArgumentError, "write wengert.grad(f)(x), not wengert.grad(f(x))"),
    (lambda: wg.vmap(3.0), ArgumentError, "vmap takes a function, received float"),
    (lambda: wg.grad(total, argnums=1)(X), ArgumentError,
     "argnums=1, but total was called with 1 positional argument;"),
    (lambda: wg.grad(total, argnums=1.0), ArgumentError, "argnums takes an int or a tuple of them"),
    (lambda: wg.grad(total, argnames="y")(X), ArgumentError, "argnames='y', but total was called without"),
    (lambda: wg.grad(total, argnums=(0, -1))(X), ArgumentError, "name each differentiated argument once"),
    (lambda: wg.grad(total, argnums=0, argnames="x")(X), ArgumentError,
     "name each differentiated argument once"),
    (lambda: wg.grad(total)(None), ArgumentError, "holds nothing to differentiate"),
    (lambda: wg.grad(total)("abc"), ArgumentError, "is a str ('abc'), which cannot be differentiated"),
    (lambda: wg.grad(total)(X.view(Special)), ArgumentError, "a subclass of ndarray"),
    (lambda: wg.jacobian(total, mode="up"), ArgumentError,
     "mode must be one of auto, forward, reverse; received 'up'"),
    (lambda: wg.vmap(np.sin, out_axes=(0, 1)), ArgumentError, "out_axes must be one int"),
    (lambda: wg.vmap(np.add)(X, np.ones(2)), ArgumentError, "must hold the same number of examples"),
    (lambda: wg.derivative(np.sin)(X), ArgumentError, "has shape (3,), but must be one number"),
    (lambda: wg.derivative(np.sin, order=-1), ArgumentError, "order must be a whole number >= 0"),
    (lambda: wg.elementwise_grad(np.sum)(X), OutputError, "does not act entry by entry"),
    (lambda: wg.jacobian(np.conj)(Z), UndefinedDerivativeError, "the function is not holomorphic"),
    (lambda: wg.jacobian(np.conj, mode="reverse")(Z), UndefinedDerivativeError,
     "the function is not holomorphic"),
    (lambda: wg.derivative(np.conj)(1j), UndefinedDerivativeError, "the function is not holomorphic"),
    (lambda: wg.hessian(lambda z: np.sum(z.real**2))(Z), UndefinedDerivativeError,
     "the function is not holomorphic"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "text"), CALLS, ids=[text for _, _, text in CALLS])
def test_errors_of_calls(call, kind, text):
    with pytest.raises(kind, match=re.escape(text)) as caught:
        call()
    assert type(caught.value) is kind


LEAKS = {
    "grad": lambda f: wg.grad(f)(X),
    "vjp": lambda f: wg.vjp(f, X),
    "jvp": lambda f: wg.jvp(f, (X,), (X,)),
    "jacobian": lambda f: wg.jacobian(f)(X),
    "vmap": lambda f: wg.vmap(f)(X),
}


@pytest.mark.parametrize("use", [lambda leaked: leaked, lambda leaked: leaked * 2], ids=["returned", "used"])
@pytest.mark.parametrize("operation", LEAKS.values(), ids=LEAKS)
def test_a_leaked_value_is_named(operation, use):
    leaked = []

    def leak(x):
        leaked.append(x[0] * 2)
        return np.sum(x)

    wg.grad(leak)(X)
    with pytest.raises(LeakedTracerError, match="after the differentiated function that it belongs to has returned"):
        operation(lambda x: use(leaked[0]))


CONSTANT_OUTPUTS = {
    "grad": lambda f: wg.grad(f)(X),
    "value_and_grad": lambda f: wg.value_and_grad(f)(X),
    "vjp": lambda f: wg.vjp(f, X),
    "jvp": lambda f: wg.jvp(f, (X,), (X,)),
    "jacobian": lambda f: wg.jacobian(f)(X),
    "hessian": lambda f: wg.hessian(f)(X),
    "hvp": lambda f: wg.hvp(f, X, X),
    "derivative": lambda f: wg.derivative(f)(0.5),
    "elementwise_grad": lambda f: wg.elementwise_grad(f)(0.5),
}


def constant(x):
    return 1.0


@pytest.mark.parametrize("operation", CONSTANT_OUTPUTS)
def test_an_independent_output_is_warned_of_once_at_the_users_line(operation):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        CONSTANT_OUTPUTS[operation](constant)
    (warning,) = caught
    assert warning.category is IndependentOutputWarning
    assert str(warning.message).startswith(f"{operation}: the result of constant does not depend on")
    assert warning.filename == __file__
    assert warning.lineno == CONSTANT_OUTPUTS[operation].__code__.co_firstlineno


def test_a_constant_derivative_is_not_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert wg.derivative(lambda x: 3 * x, order=2)(1.0) == 0.0
        assert not wg.hessian(np.sum)(X).any()


def test_errors_that_are_not_of_shapes_stay_as_they_are():
    with pytest.raises(ValueError, match="Integers to negative integer powers") as caught:
        wg.vmap(lambda i: i**-1)(np.arange(1, 3))
    assert type(caught.value) is ValueError


def test_a_batched_number_can_be_formatted():
    texts = []

    def program(x):
        texts.append(f"{x:.2f}")
        return x

    wg.vmap(program)(X)
    assert texts == ["[0.50 1.50 2.50]"]


def test_scipy_s_functions_are_named_and_the_users_line_with_them():
    special = pytest.importorskip("scipy.special")
    with pytest.raises(UnsupportedError, match=r"scipy\.special\.kolmogorov has no differentiation rule \(at test_w"):
        wg.grad(lambda x: np.sum(special.kolmogorov(x)))(X)


def test_sparse_matrices_are_refused_on_both_sides():
    sparse = pytest.importorskip("scipy.sparse").csr_array(np.eye(3))
    with pytest.raises(ConversionError, match=r"test_wording\.py"):
        wg.grad(lambda x: np.sum(sparse @ x))(X)
    with pytest.raises(UnsupportedError, match="csr_array"):
        wg.grad(lambda x: np.sum(x @ sparse))(X)


def test_masked_arrays_are_refused_on_both_sides():
    masked = np.ma.array(X, mask=[False, True, False])
    with pytest.raises(UnsupportedError, match="MaskedArray"):
        wg.grad(lambda x: np.sum(x * masked))(X)
    with pytest.raises((UnsupportedError, ConversionError)):
        wg.grad(lambda x: np.sum(masked * x))(X)


def test_the_advised_array_holds_traced_values():
    def program(x):
        a = wnp.zeros(3)
        a[0] = x[0]
        return np.sum(a * 2)

    assert wg.grad(program)(X).tolist() == [2.0, 0.0, 0.0]


def test_keyword_only_arguments_of_a_custom_rule_are_refused():
    @wg.custom_rule
    def power(x, *, n):
        return x**n

    power.differential(lambda out, x, n: (lambda dx: n * x ** (n - 1) * dx, None))
    with pytest.raises(ArgumentError, match="takes n by keyword only; declare these without"):
        wg.grad(lambda x: power(x, n=3))(2.0)


def test_arguments_of_a_custom_rule_reach_it_by_position():
    @wg.custom_rule
    def power(x, n=2, scale=1.0):
        return scale * x**n

    power.differential(lambda out, x, n, scale: (lambda dx: scale * n * x ** (n - 1) * dx, None, None))
    assert wg.grad(lambda x: power(x, scale=2.0, n=3))(2.0) == 24.0
