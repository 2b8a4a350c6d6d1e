"""How the rules are reached: through plain SciPy where it dispatches, loudly refused where there is none."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import scipy.special

import wengert as wg
import wengert.scipy.interpolate as interpolate
import wengert.scipy.linalg as linalg
import wengert.scipy.special as special
import wengert.scipy.stats as stats
from wengert.errors import UndefinedDerivativeError, UnsupportedError

A = np.array([[1.0, 2.0], [3.0, 4.0]])
x = np.array([1.0, 2.0])


def run(program):
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()


def test_plain_scipy_needs_no_import_of_ours():
    program = (
        "import sys, numpy as np, wengert as wg, wengert.scipy\n"
        "print('scipy' in sys.modules, 'wengert.scipy.special' in sys.modules)\n"
        "import scipy.special\n"
        "print(wg.grad(lambda x: np.sum(scipy.special.gammaln(x)))(np.array([2.0]))[0])\n"
        "print('wengert.scipy.special' in sys.modules)\n"
    )
    assert run(program) == ["False", "False", repr(float(scipy.special.psi(2.0))), "True"]


def test_plain_scipy_functions_made_of_universal_functions():
    for function in (scipy.special.softplus, scipy.special.zeta, scipy.special.expit):
        wg.check_derivatives(function, x + 0.5, order=2)


def test_plain_values_are_those_of_scipy():
    assert special.jv is scipy.special.jv
    assert special.voigt_profile is scipy.special.voigt_profile
    assert special.stirling2(4, 2) == 7
    assert stats.norm.ppf(0.5) == 0.0
    assert "gammaln" in dir(special)
    with pytest.raises(AttributeError, match="neither wengert"):
        special.no_such_function  # noqa: B018


REFUSED = [
    (lambda a: np.sum(scipy.special.jv(a, 1.0)), UnsupportedError, r"scipy\.special\.jv .*in its order \(argument 0\)"),
    (lambda a: np.sum(scipy.special.hyp1f1(a, 2.0, 0.5)), UnsupportedError, "hyp1f1 .*in this parameter"),
    (
        lambda a: np.sum(scipy.special.kolmogorov(a)),
        UnsupportedError,
        "scipy.special.kolmogorov has no",
    ),
    (lambda a: special.stirling2(a, 1), UnsupportedError, "scipy.special.stirling2 .*for traced values"),
    (lambda a: linalg.schur(a * A)[0], UnsupportedError, "scipy.linalg.schur"),
    (lambda a: linalg.null_space(a * A), UnsupportedError, "scipy.linalg.null_space"),
    (lambda a: linalg.logm(-(a * A) @ (a * A).T), UndefinedDerivativeError, "negative eigenvalue"),
    (lambda a: linalg.qr(a * A, pivoting=True)[1], UnsupportedError, "pivoting"),
    (lambda a: interpolate.CubicSpline(a, a), UnsupportedError, "in the knots"),
    (lambda a: interpolate.interp1d(a, a)(5.0), ValueError, "interpolation range"),
    (lambda a: np.sum(scipy.special.gammaln(a + 1j)), TypeError, "gammaln of complex numbers"),
]


@pytest.mark.parametrize(("function", "error", "message"), REFUSED)
def test_what_has_no_rule_is_refused_by_name(function, error, message):
    with pytest.raises(error, match=message):
        wg.jacobian(function)(x)


def test_an_order_counts_as_constant_where_that_is_said():
    slope = wg.derivative(lambda v: scipy.special.jv(wg.stop_gradient(v), v))(2.0)
    assert slope == pytest.approx(scipy.special.jvp(2.0, 2.0))
