"""The part of the coverage page that is about SciPy: every public function in one list, every tick from a program."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.special

import wengert as wg
from wengert.errors import UnsupportedError

DOCS = Path(__file__).parents[2] / "docs"
if str(DOCS) not in sys.path:
    sys.path.insert(0, str(DOCS))
generate = importlib.import_module("generate")
lists = importlib.import_module("coverage_matrix.scipy_lists")
page = importlib.import_module("coverage_matrix.scipy_page")
programs = importlib.import_module("coverage_matrix.programs")
rows = importlib.import_module("coverage_matrix.page")

FUNCTIONS = programs.scipy_programs()
DISTRIBUTIONS = programs.scipy_distributions()
PUBLIC = lists.public_names_of_scipy()
WITHOUT = sorted(set(lists.reasons_of_scipy()) & set(PUBLIC))
RENEW = "run: python docs/generate.py"
# what the reference page promises, by SciPy's names
PROMISED = {
    "scipy.special": """gamma gammaln loggamma digamma psi polygamma rgamma multigammaln poch beta betaln binom comb erf
        erfc erfi erfinv erfcinv erfcx ndtr ndtri log_ndtr dawsn wofz expit logit log_expit softplus xlogy xlog1py
        logsumexp softmax log_softmax jv yv iv kv jn yn kn j0 j1 y0 y1 i0 i1 k0 k1 i0e i1e k0e k1e ive kve spherical_jn
        spherical_yn spherical_in spherical_kn hankel1 hankel2 gammainc gammaincc gammaincinv gammainccinv betainc
        betaincc betaincinv hyp1f1 hyp0f1 hyp2f1 hyperu zeta entr rel_entr kl_div huber pseudo_huber boxcox inv_boxcox
        expn exp1 expi sici shichi fresnel lambertw struve modstruve airy ellipk ellipe ellipkinc ellipeinc ellipj
        owens_t voigt_profile exprel cosm1 expm1 log1p powm1 radian sindg cosdg tandg cotdg diric sinc factorial
        eval_legendre eval_chebyt eval_hermite eval_laguerre eval_jacobi gdtr gdtrc bdtr bdtrc stdtr stdtrit btdtria
        kelvin ber bei ker kei""",
    "scipy.linalg": """expm logm sqrtm solve_triangular cho_solve cho_factor lu lu_factor lu_solve qr polar
        solve_sylvester solve_continuous_lyapunov solve_banded toeplitz block_diag eigh""",
    "scipy.signal": "convolve fftconvolve",
    "scipy.interpolate": "interp1d CubicSpline PchipInterpolator Akima1DInterpolator",
    "scipy.integrate": "trapezoid simpson cumulative_trapezoid cumulative_simpson",
}


def committed(part):
    return generate.part_of(generate.COVERAGE, f"SciPy's {part}").splitlines()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_row_of_a_function(name):
    assert rows.row(name, FUNCTIONS[name]) in committed("functions"), RENEW


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_the_row_of_a_distribution(name):
    assert set(DISTRIBUTIONS[name]) <= set(page.METHODS)
    found = rows.methods_row(f"scipy.stats.{name}", DISTRIBUTIONS[name], page.METHODS)
    assert found in committed("distributions"), RENEW


def test_the_page_has_no_other_rows_and_ticks_only():
    lines = {part: committed(part)[2:] for part in ("functions", "distributions")}
    assert [line.split("`")[1] for line in lines["functions"]] == list(FUNCTIONS), RENEW
    assert [line.split("`")[1] for line in lines["distributions"]] == [f"scipy.stats.{name}" for name in DISTRIBUTIONS]
    for line in [*lines["functions"], *lines["distributions"]]:
        assert {cell.strip() for cell in line.split("|")[2:-1]} <= {"✓", ""}, line


@pytest.mark.parametrize("part", ["constants", "refused"])
def test_the_reasons_are_those_of_the_lists(part):
    assert committed(part) == getattr(page, part)().splitlines(), RENEW


def test_every_name_of_scipy_s_is_in_one_list():
    elsewhere = {name: lists.lists_of_scipy(name) for name in PUBLIC if len(lists.lists_of_scipy(name)) != 1}
    assert elsewhere == {}, "differentiate it, or say why not (docs/coverage_matrix)"


def test_the_lists_hold_names_of_scipy_s_only():
    assert {*FUNCTIONS, *lists.reasons_of_scipy()} <= set(PUBLIC)


def test_every_name_that_is_offered_is_differentiated():
    for module in lists.MODULES:
        ours, theirs = importlib.import_module(f"wengert.{module}"), importlib.import_module(module)
        for name in ours.__all__:
            if hasattr(theirs, name) and lists.lists_of_scipy(f"{module}.{name}") != ["differentiable"]:
                assert lists.reasons_of_scipy().get(f"{module}.{name}") == "locally constant", f"{module}.{name}"


def test_a_name_that_scipy_gains_is_in_no_list(monkeypatch):
    monkeypatch.setattr(scipy.special, "wholly_unknown", lambda x: x, raising=False)
    monkeypatch.setattr(scipy.special, "__all__", [*scipy.special.__all__, "wholly_unknown"])
    assert "scipy.special.wholly_unknown" in lists.public_names_of_scipy()
    assert lists.lists_of_scipy("scipy.special.wholly_unknown") == []


@pytest.mark.parametrize("module", PROMISED)
def test_what_is_promised_is_differentiated(module):
    assert {f"{module}.{name}" for name in PROMISED[module].split()} <= set(FUNCTIONS)


@pytest.mark.parametrize("name", [name for name in WITHOUT if lists.reasons_of_scipy()[name] != "locally constant"])
def test_what_has_no_derivative_refuses_traced_values_by_name(name):
    module, _, function = name.rpartition(".")
    plain = getattr(importlib.import_module(f"wengert.{module}"), function)
    if not hasattr(plain, "__name__") and not callable(plain):
        pytest.skip("an object that is not called")

    def program(x):
        if isinstance(plain, np.ufunc):
            return plain(*[x] * plain.nin)
        return getattr(plain, "rvs", plain)(x) if hasattr(plain, "rvs") else plain(x)

    with pytest.raises(UnsupportedError, match=function):
        wg.jvp(program, (np.array([0.3, 0.6]),), (np.ones(2),))
