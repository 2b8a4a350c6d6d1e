"""explain_nan names the line, the operation and the operands that a NaN or an infinity comes from."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.api.explain_nan import explain_nan
from wengert.errors import ArgumentError, OutputError

ZERO_ONE = np.array([0.0, 1.0])


def entropy(p):
    q = p / np.sum(p)
    return -np.sum(q * np.log(q))  # first, last


def overflow(x):
    big = np.exp(2 * x)  # first
    small = np.exp(x)
    return np.sum(big - small)  # last


def harmless_infinity(x):
    wave = 1 / (1 + np.exp(x))
    return np.sum(wave) + np.sum(np.log(x - 2.0))  # first, last


def unselected(x):
    ok = np.where(x > 0, np.log(x), 0.0)
    return np.sum(ok / (x - 1.0))  # first, last


def root(x):
    y = np.sqrt(x)  # first, last
    return 3 * np.sum(y)


def cancelling(x):
    a = np.sqrt(x)
    b = np.sqrt(x)  # first
    return np.sum(a - b)


def three_halves(x):
    return np.sum(x**1.5)  # first, last


def filled(p):
    out = np.zeros(3)
    for i in range(3):
        out[i] = p["a"][i] / (p["b"] - i)  # first, last
    return out


def batched(x):
    def one(row):
        return np.sum(np.log(row))  # first, last

    return wg.vmap(one)(x)


def with_data(t):
    data = np.array([1.0, np.nan, 2.0])
    return np.sum(t * data)  # first, last


def of_two(x, y):
    return np.hypot(x, y), x / y  # first, last


def negative_root(x):
    return (x - 1.0) ** 0.5  # first, last


def of_integers(n, x):
    return np.sum([x / (n - i) for i in range(n + 1)])  # first, last


def written(x):
    y = x.copy()
    y[1] = np.log(x[0])  # first
    y *= x - x[0]  # last
    return np.sum(y)


@dataclass(frozen=True)
class Row:
    function: Any
    args: tuple[Any, ...]
    where: str
    steps: tuple[tuple[str, str], ...]
    index: tuple[int, ...] = ()
    order: int = 1


TABLE = [
    Row(entropy, (np.array([0.5, 0.5, 0.0]),), "value", (("log", "-inf"), ("multiply", "nan")), (2,)),
    Row(overflow, (np.array([1.0, 800.0]),), "value", (("exp", "inf"), ("subtract", "nan")), (1,)),
    Row(harmless_infinity, (np.array([1000.0, 2.0]),), "value", (("log", "-inf"),), (1,)),
    Row(unselected, (np.array([0.0, 1.0]),), "value", (("divide", "nan"),), (1,)),
    Row(root, (np.array([4.0, 0.0]),), "derivative", (("sqrt", "inf"),), (1,)),
    Row(root, (np.array([4.0, -1.0]),), "value", (("sqrt", "nan"),), (1,)),
    Row(three_halves, (np.array([2.0, 0.0]),), "derivative", (("power_constant", "inf"),), (1,), 2),
    Row(filled, ({"a": np.ones(3), "b": np.float64(1.0)},), "value", (("divide", "inf"),)),
    Row(batched, (np.array([[1.0, 2.0], [0.0, 1.0]]),), "value", (("log", "-inf"),), (1, 0)),
    Row(with_data, (2.0,), "value", (("multiply", "nan"),), (1,)),
    Row(of_two, (np.float64(0.0), np.float64(0.0)), "value", (("divide", "nan"),)),
    Row(negative_root, (np.array([0.0, 2.0]),), "value", (("power_constant", "nan"),), (0,)),
    Row(of_integers, (2, np.float64(1.0)), "value", (("divide", "inf"),)),
    Row(written, (np.array([0.0, 2.0]),), "value", (("log", "-inf"),)),
]


def marked_line(function, mark):
    lines, start = inspect.getsourcelines(function)
    return next(start + place for place, line in enumerate(lines) if mark in line.partition("#")[2])


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.function.__name__)
def test_the_operation_is_named_with_its_line_and_entry(row):
    report = explain_nan(row.function, *row.args, order=row.order)
    assert report.found
    assert report.where == row.where
    assert tuple((step.operation, step.kind) for step in report.steps) == row.steps
    assert report.steps[0].line == marked_line(row.function, "first")
    assert Path(report.steps[0].file) == Path(__file__)
    assert report.steps[0].bad[0] == row.index
    if "last" in inspect.getsource(row.function) and len(row.steps) > 1:
        assert report.step.line == marked_line(row.function, "last")
    assert report.steps[0].text in str(report)
    assert report.advice in str(report)


def test_a_nan_out_of_the_parts_of_a_derivative():
    report = explain_nan(cancelling, np.array([1.0, 0.0]))
    assert [step.kind for step in report.steps] == ["inf", "nan"]
    assert report.steps[0].line == marked_line(cancelling, "first")
    assert "the sum of the parts of a derivative" in str(report)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_the_arguments_hold_is_said(value):
    weights = {"w": np.array([1.0, value])}
    report = explain_nan(lambda x, p: x - np.sum(p["w"]), 1.0, weights)
    assert report.where == "argument"
    assert report.step.operation == "p['w']"
    assert report.step.bad == ((1,),)
    assert f"{report.step.kind} arises in the argument: p['w']: float64[2], {value} at [1]" in str(report)


def test_a_nan_in_the_arguments_that_is_not_used_is_none():
    report = explain_nan(lambda x: np.sum(x[1:]) + np.nansum(x), np.array([np.nan, 2.0]))
    assert not report.found


@pytest.mark.parametrize(
    ("function", "hidden"),
    [
        (lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0)), "the derivative of sqrt"),
        (lambda x: np.sum(1 / (1 + np.exp(1000 * x))), "exp"),
    ],
)
def test_what_zeros_annihilate_is_information_only(function, hidden):
    report = explain_nan(function, ZERO_ONE)
    assert not report.found
    assert report.step is None
    assert [step.title for step in report.hidden] == [hidden]
    assert f"information: an infinity in {hidden} " in str(report)


def test_nothing_to_explain():
    report = explain_nan(lambda x: np.sum(x**2), ZERO_ONE, order=2)
    assert not report.found
    assert not report.hidden
    expected = (
        "explain_nan: <lambda> has no NaN or infinity: value 1.0, gradient in x [0., 2.], second derivative in x ["
    )
    assert str(report).startswith(expected)


def test_agreement_with_the_derivatives_themselves():
    """The report is about the gradient that grad gives: finite where that is finite, at the same entries otherwise."""
    for function in (root, cancelling, three_halves, lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0))):
        gradient = wg.grad(function)(ZERO_ONE)
        report = explain_nan(function, ZERO_ONE)
        np.testing.assert_array_equal(dict(report.results)["gradient in x"], gradient)
        assert report.found == (not np.all(np.isfinite(gradient)))


def test_the_arguments_are_left_alone():
    def program(x):
        x[0] = np.log(x[1])
        return np.sum(x)

    x = np.array([1.0, 0.0])
    explain_nan(program, x)
    np.testing.assert_array_equal(x, [1.0, 0.0])
    x[0] = 2.0  # and still writable


def test_how_it_reads():
    line = marked_line(entropy, "first")
    text = str(explain_nan(entropy, np.array([0.5, 0.5, 0.0])))
    place = f"({Path(__file__).name}:{line}, in entropy)"
    assert text.splitlines() == [
        "explain_nan: value of entropy is nan",
        f"  -inf arises in log  {place}",
        "      return -np.sum(q * np.log(q))  # first, last",
        "    given    operand 0[2] = 0.0  (float64[3])",
        "    result   float64[3], -inf at [2]",
        f"  nan arises from it in multiply  {place}",
        "      return -np.sum(q * np.log(q))  # first, last",
        "    given    operand 0[2] = 0.0  (float64[3])",
        "    given    operand 1[2] = -inf  (float64[3])",
        "    result   float64[3], nan at [2]",
        "  advice: log of 0.0 at index (2,); for x * log(y) with x = 0 use scipy.special.xlogy, or choose with "
        "np.where",
    ]


@pytest.mark.parametrize(
    ("function", "point", "advice"),
    [
        (np.exp, 800.0, "exp overflows above 709.8 in float64"),
        (np.exp, np.float32(200.0), "exp overflows above 88.72 in float32"),
        (np.log, -1.0, "log of -1.0: keep the argument inside its domain"),
        (lambda x: x ** np.float64(-2.0), np.float64(0.0), "0 to a negative power is infinite"),
        (lambda x: (x - 1) ** 0.5, np.float64(0.0), "a negative number to a fractional power is not real"),
        (lambda x: 1 / x, np.float64(0.0), "a division by 0.0"),
        (lambda x: x * 1e308 * 10, np.float64(3.0), "multiply overflows float64"),
        (lambda x: x**0.5, np.float64(0.0), "the derivative of power of 0.0"),
        (lambda x: (x, np.array([np.nan])), 1.0, "clean the data that it is made of"),
    ],
)
def test_the_advice_fits(function, point, advice):
    report = explain_nan(function, point)
    assert report.found
    assert advice in report.advice


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: explain_nan(np.sin, 1.0, order=3), ArgumentError, "order must be 0, 1 or 2; received 3"),
        (lambda: explain_nan(np.sin, 1), ArgumentError, "no positional argument of sin holds floating-point numbers"),
        (lambda: explain_nan(3.0, 1.0), ArgumentError, "takes a function, received float"),
        (lambda: explain_nan(np.isnan, 1.0), OutputError, "returned no floating-point number"),
    ],
)
def test_wrong_calls_are_told(call, error, message):
    with pytest.raises(error, match=message):
        call()
