"""Every primitive, at every one of its samples, keeps every law; real samples also moved into the complex plane."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import wengert
import wengert.scipy.linalg
import wengert.scipy.signal
import wengert.scipy.special  # noqa: F401  (declares the primitives)
from wengert.graph import REGISTRY, bind
from wengert.testing import check_derivatives
from wengert.testing.cases import cases, complex_cases
from wengert.testing.laws import DERIVATIVE_LAWS, VALUE_LAWS
from wengert.tracing import type_of
from wengert.transforms.rule import rule_for

# as many as are declared before any test runs: an example of the documentation declares one of its own
NAMES = frozenset(REGISTRY)
SAMPLES = [case for primitive in REGISTRY.values() for case in cases(primitive)]
ALL = SAMPLES + [case for primitive in REGISTRY.values() for case in complex_cases(primitive)]
DIFFERENTIABLE = [case for case in ALL if case.differentiable]
# complex-valued functions of a complex variable that have no complex derivative
NOT_HOLOMORPHIC = {"absolute", "conj", "maximum", "minimum", "sign"}
ANNIHILATING = ["multiply", "divide", "matmul", "einsum"]


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
    assert {case.primitive.name for case in SAMPLES} == NAMES
    differentiable = {name for name in NAMES if REGISTRY[name].differentiable}
    assert {case.primitive.name for case in DIFFERENTIABLE} == differentiable


def holomorphic(primitive: Any) -> bool:
    if not primitive.elementwise or not isinstance(primitive.ufunc, np.ufunc) or not primitive.differentiable:
        return False
    # those of SciPy are not all exact in the first digits of a step so small
    if getattr(np, primitive.ufunc.__name__, None) is not primitive.ufunc:
        return False
    loop = "D" * primitive.ufunc.nin + "->" + "D" * primitive.ufunc.nout
    return loop in primitive.ufunc.types and primitive.name not in NOT_HOLOMORPHIC


def test_pushforwards_agree_with_complex_steps():
    """An oracle that shares nothing with differences, exact to rounding where NumPy computes with complex numbers."""
    checked = 0
    for primitive in filter(holomorphic, REGISTRY.values()):
        for sample in primitive.sample_list:
            args, _ = sample(np.random.default_rng(0))
            if any(np.asarray(arg).dtype != np.float64 for arg in args):
                continue
            tangents = tuple(np.cos(np.arange(np.size(arg)).reshape(np.shape(arg)) + 1.0)[()] for arg in args)
            step = 1e-20
            moved = [arg + 1j * step * tangent for arg, tangent in zip(args, tangents, strict=True)]
            expected = np.imag(primitive.ufunc(*moved)) / step
            result = bind(primitive, args, ())
            rule = rule_for(primitive, (), args, 2 ** len(args) - 1, (type_of(result),))
            pushed = rule.pushforward(True)(*args, result, *tangents)
            np.testing.assert_allclose(pushed, expected, rtol=1e-12, atol=1e-13, err_msg=primitive.name)
            checked += 1
    assert checked > 80


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("name", ANNIHILATING)
def test_zero_seeds_annihilate_what_is_not_finite_in_one_operand(name, bad):
    primitive = REGISTRY[name]
    for sample in primitive.sample_list:
        args, params = sample(np.random.default_rng(0))
        values = tuple(params[key] for key in primitive.param_names)
        for place in range(len(args)):
            operands = [np.array(arg) for arg in args]
            operands[place][...] = bad
            with np.errstate(all="ignore"):
                result = bind(primitive, tuple(operands), values)
                rule = rule_for(primitive, values, operands, 2 ** len(args) - 1, (type_of(result),))
                seeds = [np.zeros(kind.shape, kind.dtype) for kind in rule.types]
                pushed = rule.pushforward(True, annihilate=True)(*operands, result, *seeds)
                zero = np.zeros_like(result)
                pulled = rule.pullback(True, annihilate=True)(*operands, result, zero)
            for part in (pushed, *(pulled if len(args) > 1 else (pulled,))):
                np.testing.assert_array_equal(part, np.zeros(np.shape(part)))


@pytest.mark.parametrize("bad", [np.inf, -np.inf])
@pytest.mark.parametrize("name", ["multiply", "matmul", "einsum"])
def test_zero_operands_annihilate_infinite_seeds(name, bad):
    """The other side of the same law, without which the two modes would differ."""
    primitive = REGISTRY[name]
    for sample in primitive.sample_list:
        args, params = sample(np.random.default_rng(0))
        if len(args) == 1:
            continue
        values = tuple(params[key] for key in primitive.param_names)
        operands = [np.zeros_like(arg) for arg in args]
        with np.errstate(all="ignore"):
            result = bind(primitive, tuple(operands), values)
            rule = rule_for(primitive, values, operands, 2 ** len(args) - 1, (type_of(result),))
            seeds = [np.full(kind.shape, bad, kind.dtype)[()] for kind in rule.types]
            pushed = rule.pushforward(True, annihilate=True)(*operands, result, *seeds)
            pulled = rule.pullback(True, annihilate=True)(*operands, result, np.full_like(result, bad)[()])
        for part in (pushed, *pulled):
            np.testing.assert_array_equal(part, np.zeros(np.shape(part)))


def test_single_precision_computes_what_double_precision_does(single):
    wide = single.wide

    def close(found: Any, expected: Any) -> None:
        for one, other in zip(found, expected, strict=True):
            scale = float(np.max(np.abs(other), initial=1.0))
            np.testing.assert_allclose(one, other, rtol=0, atol=single.tolerance * scale)

    def doubled(parts: Any) -> list[Any]:
        return [np.asarray(part, np.result_type(part, np.float64)) for part in parts]

    close(single.results, wide.results)
    tangents, cotangents = single.tangents(), single.cotangents()
    pushed, pulled = single.pushed(tangents), single.pulled(cotangents)
    # these two are there to change the precision
    kept = () if single.name in ("convert", "number") else (*single.results, *pushed, *pulled)
    assert {np.asarray(part).dtype for part in kept} <= {np.dtype(np.float32), np.dtype(np.complex64)}
    close(pushed, wide.pushed(doubled(tangents)))
    close(pulled, wide.pulled(doubled(cotangents)))
