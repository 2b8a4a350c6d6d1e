"""Every primitive that stands for a function of SciPy keeps every law, and its derivatives agree with differences."""

from __future__ import annotations

import warnings

import pytest

import wengert.scipy.linalg
import wengert.scipy.signal
import wengert.scipy.special  # noqa: F401 (declares the primitives)
from wengert.graph import REGISTRY
from wengert.testing import check_derivatives
from wengert.testing.cases import cases, complex_cases
from wengert.testing.laws import LAWS

HERE = "wengert.scipy."
NAMES = [name for name, primitive in REGISTRY.items() if primitive.evaluator is not None]
# SciPy's packages declare theirs at import; a rule of theirs says where it was written
MINE = [
    name
    for name in NAMES
    if any(
        getattr(rule, "__module__", "").startswith(HERE)
        for rule in (REGISTRY[name].evaluator, REGISTRY[name].differential_rule, *REGISTRY[name].transposes.values())
        if rule is not None
    )
]
# derivatives of higher order take seconds each: sums of hundreds of terms
SLOW = {
    "betainc", "betaincc", "betainccinv", "betaincinv", "betainc_in_parameters", "gammainc_in_shape", "stdtr",
    "elliptic_moment", "scaled_integral", "beta_kernel", "polygamma_difference", "zeta",
}  # fmt: skip


def drawn(name):
    primitive = REGISTRY[name]
    return [*cases(primitive), *complex_cases(primitive)]


def test_the_primitives_are_found():
    assert len(MINE) > 120


@pytest.mark.parametrize("name", MINE)
def test_laws(name):
    for case in drawn(name):
        for law in LAWS(case):
            law(case)


@pytest.mark.parametrize("name", MINE)
def test_orders_in_both_modes_against_differences(name):
    for case in drawn(name):
        if not case.differentiable:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            report = check_derivatives(case.function, *case.point, order=1 if name in SLOW else 3)
        assert not report.undecided
