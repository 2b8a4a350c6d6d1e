"""Where NumPy's functions have habits of their own: values, classes, shapes and errors of traced values are NumPy's."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import wengert as wg
from wengert.errors import UnsupportedError
from wengert.programs.kinds import kind_of

INF, NAN = np.inf, np.nan
ROW, LEADING, GRID = np.array([0.3, 1.1, 2.4]), np.array([0.0, 1.0, 2.0]), np.array([[0.3, NAN], [1.1, 0.2]])
ENDS, HIGH = np.array([1.0, -INF, 2.0, INF]), np.array([INF, 1.0, INF])
SHARES = (0.0, 0.3, 0.5, 0.9, 1.0)

# a program, and its argument
PROGRAMS = {
    "polymul, leading zeros of both": (lambda x: np.polymul(x, x), LEADING),
    "polymul, leading zeros of one": (lambda x: np.polymul(x, [0, 0, 1.0]), ROW),
    "polymul, integers": (lambda x: np.polymul([0, 1, 2], x), ROW),
    "polymul, nothing but zeros": (lambda x: np.polymul(0 * x, [0, 0.0]), ROW),
    "polymul, a number": (lambda x: np.polymul(x[1], x), LEADING),
    "polymul, two axes": (lambda x: np.polymul(x[:, None], x), ROW),
    **{f"quantile {q} with both infinities": (lambda x, q=q: np.quantile(x, q), ENDS) for q in SHARES},
    **{f"quantile {q} with infinities": (lambda x, q=q: np.quantile(x, [q, 0.4]), HIGH) for q in SHARES},
    **{f"quantile {q} with NaN": (lambda x, q=q: np.quantile(x, q), np.array([1.0, NAN, INF])) for q in SHARES},
    "quantiles of halves": (lambda x: np.quantile(x, [[0.5, 0.25], [0.75, 0.1]], method="hazen"), HIGH),
    "percentile": (lambda x: np.percentile(x, 90.0), ENDS),
    "nanquantile": (lambda x: np.nanquantile(x, 0.9, axis=0), np.array([[1.0, INF], [NAN, 2.0], [INF, -INF]])),
    "median of two": (lambda x: np.median(x), ENDS[1:3]),
    "median of three": (np.median, HIGH),
    "nanmedian": (lambda x: np.nanmedian(x), np.array([NAN, -INF, 2.0])),
    "quantile with weights": (
        lambda x: np.quantile(x, 0.5, weights=[1.0, -1.0, 2.0], method="inverted_cdf"), ROW),
    "no method": (lambda x: np.quantile(x, 0.5, method="median"), ROW),
    **{f"cov, {name} {weights}": (lambda x, name=name, weights=weights: np.cov(x, **{name: weights}), ROW)
       for name in ("fweights", "aweights")
       for weights in ([1, 2, 3], [1, -1, 2], [0, 0, 0], [1.5, 1, 2], [[1, 1, 2]], [1, 1], [2.0, 0.0, 1.0])},
    "cov, weights followed": (lambda x: np.cov(ROW, aweights=x), np.array([1.0, -1.0, 2.0])),
    "cov, ddof": (lambda x: np.cov(x, ddof=1.5), ROW),
    "cov, ddof as a float": (lambda x: np.cov(x, ddof=2.0), ROW),
    "nanmax": (np.nanmax, ROW),
    "nanmin of rows": (lambda x: np.nanmin(x, axis=1), GRID),
    "nanmax of all": (lambda x: np.nanmax(x, axis=(0, 1)), GRID),
    "nanmax, axes kept": (lambda x: np.nanmax(x, keepdims=True), GRID),
    "searchsorted, a number": (lambda x: np.searchsorted(x, 1.5), ROW),
    "searchsorted, no axes": (lambda x: np.searchsorted(x, np.array(1.5)), ROW),
    "searchsorted, a list": (lambda x: np.searchsorted(x, [1.5]), ROW),
    "searchsorted, a traced number": (lambda x: np.searchsorted(ROW, x[0], "right"), ROW),
    "searchsorted, the method": (lambda x: x.searchsorted(0.5), ROW),
    "digitize, a number": (lambda x: np.digitize(x[0], ROW), ROW),
    "digitize, falling": (lambda x: np.digitize(1.5, x[::-1]), ROW),
}  # fmt: skip


def outcome(program, *args):
    """The class and the value of a result, or the error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = program(*args)
        except (ValueError, TypeError, RuntimeError, ZeroDivisionError) as error:
            return type(error).__name__, str(error).partition(";")[0].partition(". ")[0]
        return kind_of(result).__name__, result


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_traced_program_does_what_numpy_does(name):
    program, x = PROGRAMS[name]
    seen = []

    def run(t):
        seen.append(outcome(program, t))
        return 2 * t.ravel()[-1]

    wg.grad(run)(x)
    expected, compiled = outcome(program, x), outcome(wg.jit(program), x)
    for kind, value in (*seen, compiled):
        if isinstance(expected[1], str):
            assert kind == expected[0]
            # which methods there are is listed in another order
            assert value == expected[1] or "method" in value
        else:
            assert kind == expected[0]
            found = value.value if hasattr(value, "recording") else value
            assert np.shape(found) == np.shape(expected[1])
            np.testing.assert_allclose(found, expected[1], rtol=1e-14)


@pytest.mark.parametrize("x", [np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.0, 3.0]), np.array([1.0, 0.0, 2.0])])
def test_what_is_left_of_a_product_moves_with_leading_zeros(x):
    other = np.array([2.0, 3.0])
    kept = len(np.polymul(x, other))
    expected = wg.jacobian(lambda t: np.convolve(t, other))(x)[-kept:]
    np.testing.assert_array_equal(wg.jacobian(lambda t: np.polymul(t, other))(x), expected)


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
@pytest.mark.parametrize("program", [
    lambda x: np.bmat([[x, x]]), lambda x: np.bmat([[x[:, None], np.ones((3, 1))]]), lambda x: np.bmat(x),
    lambda x: np.asmatrix(x), lambda x: np.asmatrix([x, x]),
])  # fmt: skip
def test_matrices_of_traced_values_are_refused(program):
    with pytest.raises(UnsupportedError, match="a matrix is a subclass of ndarray with rules of its own"):
        wg.grad(lambda x: np.sum(program(x)))(ROW)
    np.testing.assert_array_equal(wg.jit(program)(ROW), program(ROW))
