"""Every primitive, at every one of its samples, keeps every law; real samples also moved into the complex plane."""

import warnings

import pytest

import wengert  # noqa: F401  (declares the primitives)
from wengert.graph import REGISTRY
from wengert.testing import check_derivatives
from wengert.testing.cases import cases, complex_cases
from wengert.testing.laws import DERIVATIVE_LAWS, VALUE_LAWS

SAMPLES = [case for primitive in REGISTRY.values() for case in cases(primitive)]
ALL = SAMPLES + [case for primitive in REGISTRY.values() for case in complex_cases(primitive)]
DIFFERENTIABLE = [case for case in ALL if case.differentiable]


def named(law):
    return law.__name__


@pytest.mark.parametrize("case", ALL, ids=repr)
@pytest.mark.parametrize("law", VALUE_LAWS, ids=named)
def test_values(law, case):
    law(case)


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=repr)
@pytest.mark.parametrize("law", DERIVATIVE_LAWS, ids=named)
def test_derivatives(law, case):
    law(case)


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=repr)
def test_orders_to_three_in_both_modes_against_differences(case):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = check_derivatives(case.function, *case.point, order=3)
    assert {check.order for check in report.checks} == {1, 2, 3}
    assert not report.undecided


def test_no_primitive_is_left_out():
    assert {case.primitive.name for case in SAMPLES} == set(REGISTRY)
    differentiable = {name for name, primitive in REGISTRY.items() if primitive.differentiable}
    assert {case.primitive.name for case in DIFFERENTIABLE} == differentiable
