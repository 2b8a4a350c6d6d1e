"""The checker itself: what it proves, what it refuses, what it leaves open, and the words that it uses."""

import json
import re
import warnings

import numpy as np
import pytest

import wengert as wg
from wengert.errors import ArgumentError, CheckError, IntegerInputError, OutputError
from wengert.testing import InconclusiveWarning, check_derivatives

X = np.array([0.4, -1.2, 0.9])


def failure(function, *args, **options):
    """The message of a check that must fail."""
    with pytest.raises(CheckError) as caught:
        check_derivatives(function, *args, **options)
    return str(caught.value)


def line(message, start):
    """What follows a heading of the account."""
    (found,) = re.findall(rf"^ *{re.escape(start)} +(.*)$", message, re.MULTILINE)
    return found


@wg.custom_rule
def wrong_sine(x):
    return np.sin(x)


@wrong_sine.differential
def _(out, x):
    return lambda dx: -dx * np.cos(x)


@wg.custom_rule
def swirl(x):
    """Half the sum of squares, whose rule claims a gradient that turns."""
    return 0.5 * np.sum(x * x)


@swirl.vjp
def _(out, args, g):
    (x,) = args
    return (g * np.stack([x[0] - x[1], x[1] + x[0]]),)


@wg.custom_rule
def wrong_second(x):
    """Right at order one; the derivative of its derivative is not."""
    return np.sum(x**3)


@wrong_second.differential
def _(out, x):
    return lambda dx: np.sum(dx * 3 * x * wg.stop_gradient(x))


# What is right.


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("modes", [("forward",), ("reverse",), ("forward", "reverse")])
def test_a_right_derivative_passes(order, modes):
    report = check_derivatives(lambda x: np.sum(np.sin(x) * np.exp(x)), X, order=order, modes=modes)
    assert report.passed
    assert not report.undecided
    assert {check.order for check in report.checks} == set(range(1, order + 1))
    assert ("dot product of the two modes" in {check.name for check in report.checks}) == (len(modes) == 2)


def test_trees_complex_numbers_and_several_results():
    def f(p, z, *, shift):
        return {"a": p["w"] * p["b"][0] + shift, "b": (np.abs(z) ** 2, z * p["b"][0])}

    report = check_derivatives(f, {"w": X, "b": (2.0, "tanh")}, 1.0 + 2.0j, order=3, shift=0.5)
    assert report.passed


def test_single_precision_is_compared_with_the_same_program_in_double():
    report = check_derivatives(lambda x: np.sum(np.tanh(x)), X.astype(np.float32), order=3)
    first = report.checks[0]
    # rounding of single precision is allowed for, and not much more
    assert 0 < first.allowed < 1e-4
    assert report.passed


def test_single_precision_that_the_program_insists_on():
    report = check_derivatives(lambda x: np.sum(np.tanh(x.astype(np.float32))), X, order=1)
    assert report.passed


def test_long_arguments_are_checked_in_combinations():
    report = check_derivatives(lambda x: np.sum(np.sin(x)), np.linspace(-1.0, 1.0, 1000))
    assert report.passed
    assert report.checks[0].count < 1000


def test_scale_does_not_matter():
    def f(large, small):
        return {"large": 1e6 * np.sin(large / 1e6), "small": 1e-6 * np.sin(small / 1e-6) * (large / 1e6)}

    assert check_derivatives(f, np.array([1e6, 2e6]), 1e-6, order=3).passed


def test_entries_of_one_array_may_differ_in_scale():
    scale = np.array([1e3, 1.0, 0.0])
    assert check_derivatives(lambda x: np.sum(np.sin(x) * np.cos(x[::-1] / 10)), scale).passed


def test_an_offset_does_not_hide_an_error():
    message = failure(lambda x: 1e6 + wrong_sine(x) * 1e-3, 0.3)
    assert "is wrong" in message


def test_fast_oscillation_is_followed_to_small_steps():
    for seed in range(20):
        assert check_derivatives(lambda x: np.sin(1e4 * x), 1.0, seed=seed).passed


def test_noise_widens_the_error_bar():
    rng = np.random.default_rng(0)
    noise = {}

    def noisy(x):
        # the same argument always gives the same value
        key = x if isinstance(x, float) else float(str(x))
        return np.sin(x) + noise.setdefault(key, 1e-9 * rng.normal())

    report = check_derivatives(noisy, 1.0, order=1)
    assert report.passed
    assert report.checks[0].allowed > 1e-10


def test_only_the_chosen_arguments_are_checked():
    assert check_derivatives(lambda x, y: wrong_sine(x) * y, 0.5, 2.0, argnums=1).passed
    assert not check_derivatives(lambda x, y: wrong_sine(x) * y, 0.5, 2.0, argnums=(0, 1), raises=False).passed


def test_integers_are_left_alone():
    assert check_derivatives(lambda x, n: x**n, 2.0, 3).passed


# What is wrong.


def test_the_message_of_a_wrong_rule():
    def model(weights, bias):
        return np.sum(wrong_sine(weights) * 2) + bias

    message = failure(model, X, 1.0)
    assert message.startswith("check_derivatives: the derivative of model (test_checker.py:")
    assert ") is wrong" in message.splitlines()[0]
    worst = int(np.argmax(np.abs(np.cos(X))))
    assert line(message, "argument") == f"weights[{worst}]"
    assert line(message, "result") == "result"
    assert float(line(message, "derivative")) == pytest.approx(-2 * np.cos(X[worst]))
    value, bar = re.findall(r"^ *differences +(\S+) ± (\S+)$", message, re.MULTILINE)[0]
    assert float(value) == pytest.approx(2 * np.cos(X[worst]))
    assert float(bar) < 1e-8
    assert "times the error bar" in line(message, "error")
    for test in ("differences, order 1, forward", "differences, order 1, reverse", "Taylor remainder slope, order 1"):
        assert test in message
    place = re.search(r"cause: the rule of primitive 'wrong_sine' at test_checker\.py:(\d+)", message)
    assert place is not None
    assert int(place[1]) == model.__code__.co_firstlineno + 1
    assert "is wrong in argument 0" in message


def test_the_message_names_the_place_in_a_tree():
    message = failure(lambda p: np.sum(wrong_sine(p["layers"][1]) ** 2), {"layers": [1.0, X.reshape(1, 3)]})
    assert re.fullmatch(r"p\['layers'\]\[1\]\[0, \d\]", line(message, "argument"))


def test_the_message_names_the_part_of_a_complex_number():
    message = failure(lambda z: wrong_sine(z) * 1.0, 0.3 + 0.4j)
    assert re.fullmatch("(real|imaginary) part of z", line(message, "argument"))
    assert re.fullmatch("(real|imaginary) part of result", line(message, "result"))


def test_a_wrong_entry_among_many_is_found():
    only = np.zeros(1000)
    only[617] = 1.0
    message = failure(lambda x: np.sum(np.cos(x)) + np.sum(only * wrong_sine(x)), np.full(1000, 0.5))
    assert line(message, "argument") == "x[617]"


@pytest.mark.parametrize("factor", [1 + 1e-4, 1 + 1e-7, -1.0, 0.0])
def test_small_errors_are_seen(factor):
    @wg.custom_rule
    def scaled(x):
        return np.exp(x)

    scaled.differential(lambda out, x: lambda dx: dx * out * factor)
    assert "is wrong" in failure(scaled, 0.3)


def test_a_rule_that_is_wrong_in_one_mode_only():
    @wg.custom_rule
    def half(x):
        return x * x

    half.jvp(lambda out, args, tangents: 2 * args[0] * tangents[0])
    half.vjp(lambda out, args, g: (3 * args[0] * g,))
    report = check_derivatives(half, 1.5, raises=False)
    failed = {(check.name, check.mode) for check in report.failures}
    assert ("differences", "reverse") in failed
    assert ("differences", "forward") not in failed
    assert ("dot product of the two modes", "forward · reverse") in failed
    assert check_derivatives(half, 1.5, modes=("forward",)).passed


def test_a_wrong_second_derivative():
    assert check_derivatives(wrong_second, X, order=1).passed
    message = failure(wrong_second, X, order=2)
    assert line(message, "result").startswith("the derivative of order 1 in x[")
    assert "differences, order 2, reverse over reverse" in message
    assert "Taylor remainder slope, order 2" in message
    assert "a higher derivative of primitive 'wrong_second' at test_checker.py:" in message


def test_a_hessian_that_is_not_symmetric():
    # the first derivative along the diagonal is right, so that symmetry is what shows it
    report = check_derivatives(swirl, np.array([0.0, 0.0]), order=2, raises=False, modes=("reverse",))
    assert "symmetry" in {check.name for check in report.failures}


def test_what_is_wrong_at_one_order_is_no_base_for_the_next():
    report = check_derivatives(wrong_sine, 0.5, order=3, raises=False)
    assert {check.order for check in report.checks} == {1}


# What cannot be told.


def test_a_kink_is_told_and_fails_where_it_is_all_there_is():
    message = failure(np.abs, 0.0, order=1)
    assert "could not be checked at this point" in message
    assert "has a kink here: its slopes are -1 and 1, the derivative 0 lies between them" in message
    assert "away from kinks" in message


def test_a_kink_in_some_entries_warns():
    with pytest.warns(InconclusiveWarning, match="right where it could be checked, and open elsewhere"):
        report = check_derivatives(lambda x: np.maximum(x, 0.0), np.array([0.0, 1.0, -1.0]))
    assert report.passed
    assert report.undecided


def test_a_derivative_outside_the_slopes_of_a_kink_is_wrong():
    @wg.custom_rule
    def steep(x):
        return np.abs(x)

    steep.differential(lambda out, x: lambda dx: 2.0 * dx)
    message = failure(steep, np.array([0.0, 1.0]), order=1)
    assert "is wrong" in message


def test_the_slopes_of_a_kink_are_shown_where_the_derivative_is_outside():
    @wg.custom_rule
    def steep(x):
        return np.abs(x)

    steep.differential(lambda out, x: lambda dx: 2.0 * dx)
    assert line(failure(steep, 0.0, order=1), "slopes here") == "-1 on the left, 1 on the right (a kink)"


def test_a_kink_beside_the_point_does_no_harm():
    assert check_derivatives(lambda x: np.abs(x - 1e-3), 0.0).passed


def test_the_edge_of_a_domain():
    message = failure(lambda x: np.sqrt(x), 0.0, order=1)
    assert "the point is at the edge of the domain" in message


def test_a_value_that_is_not_finite_is_no_fault_of_a_rule():
    with np.errstate(invalid="ignore"):
        message = failure(lambda x: np.sum(np.log(x) * x), np.array([0.5, -1.0, 2.0]))
    assert "could not be checked at this point" in message
    assert "The value of <lambda> is not finite here; wengert.explain_nan says which operation makes it so." in message
    assert "wrong" not in message


def test_an_infinite_derivative_leaves_the_other_entries_to_be_checked():
    with pytest.warns(InconclusiveWarning, match="x\\[0\\] has no finite value on both sides"):
        report = check_derivatives(lambda x: np.sum(np.sqrt(x)), np.array([0.0, 1.0]))
    compared = {check.mode: (check.undecided, check.count) for check in report.checks if check.name == "differences"}
    assert compared["forward"] == compared["reverse"] == compared["reverse over reverse"] == (1, 2)


def test_a_point_near_the_edge_of_a_domain_is_checked():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check_derivatives(lambda x: np.log(x) * np.sqrt(x), 1e-3, order=3).passed


def test_a_jump():
    message = failure(lambda x: np.floor(x) + x, 2.0, order=1)
    assert "could not be checked" in message or "is wrong" in message


def test_a_program_that_refuses_points_is_checked_at_those_that_it_takes():
    def choosy(x):
        if x > 1.01:
            raise ValueError("too large")
        return x * x

    assert check_derivatives(choosy, 1.0).passed


# The report.


def test_the_report_reads_as_a_table():
    text = str(check_derivatives(np.sin, 0.5, order=1))
    head, empty, columns, *rows = text.splitlines()
    assert head == "check_derivatives: the derivative of sin is right"
    assert empty == ""
    assert columns.split() == ["test", "order", "mode", "outcome", "compared", "largest", "error", "allowed"]
    assert len(rows) == 5


def test_the_report_is_plain_data():
    report = check_derivatives(wrong_sine, 0.5, raises=False)
    data = json.loads(json.dumps(report.to_dict()))
    assert data["passed"] is False
    assert data["causes"] == list(report.causes)
    assert data["checks"][0]["finding"]["argument"] == "x"


def test_the_same_seed_gives_the_same_report():
    assert check_derivatives(np.sin, X, seed=3).to_dict() == check_derivatives(np.sin, X, seed=3).to_dict()


def test_arguments_are_not_modified():
    def writes(x):
        y = x * 2
        y[0] = x[1]
        return np.sum(y * y)

    before = X.copy()
    assert check_derivatives(writes, X).passed
    np.testing.assert_array_equal(X, before)


# Calls that make no sense.


def test_integers_have_no_derivative():
    with pytest.raises(IntegerInputError, match=r"no floating-point number.*Pass floats, such as 2\.0"):
        check_derivatives(lambda n: n * n, 3)


def test_a_result_without_numbers():
    with pytest.raises(OutputError, match="returned no floating-point number"):
        check_derivatives(lambda x: x > 0, 1.0)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"order": 4}, "knows the orders 1, 2 and 3"),
        ({"modes": ("sideways",)}, "give 'forward', 'reverse' or both"),
        ({"modes": ()}, "give 'forward', 'reverse' or both"),
        ({"argnums": 2}, "argnums names argument 2"),
    ],
)
def test_wrong_options(options, text):
    with pytest.raises(ArgumentError, match=text):
        check_derivatives(np.sin, 1.0, **options)


# Rules of the user, further.


def test_a_missing_conjugation_is_caught():
    @wg.custom_rule
    def squared_size(z):
        return np.real(z * np.conj(z))

    squared_size.differential(lambda out, z: lambda dz: 2 * np.real(z * dz))
    message = failure(squared_size, 1.0 + 2.0j)
    assert line(message, "argument") == "imaginary part of z"
    assert float(line(message, "derivative")) == -4.0


def test_a_wrong_rule_is_caught_in_single_precision():
    message = failure(lambda x: np.sum(wrong_sine(x)), X.astype(np.float32), order=1)
    assert float(line(message, "derivative")) == pytest.approx(-np.cos(0.4), abs=1e-6)


def test_the_cause_names_the_argument_whose_derivative_is_wrong():
    @wg.custom_rule
    def product(x, y):
        return x * y

    product.differential(lambda out, x, y: (lambda dx: dx * y, lambda dy: -dy * x))
    message = failure(product, 2.0, 5.0)
    assert line(message, "argument") == "y"
    assert "is wrong in argument 1" in message
    assert "is wrong in argument 0" not in message


def test_a_forgotten_dependence_is_no_fault_of_a_rule():
    message = failure(lambda x: np.sum(wg.stop_gradient(x) * x), X)
    assert "cause: no single rule fails by itself; look at custom rules and at stop_gradient" in message
