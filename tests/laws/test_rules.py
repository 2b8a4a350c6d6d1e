"""What holds for the rule of every primitive at every one of its samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wengert.graph import REGISTRY, ArrayType, bind, compile_graph, verify
from wengert.primitives.linalg.witness import WITNESSES, renewed
from wengert.tracing import type_of
from wengert.transforms.rule import rule_for
from wengert.transforms.transpose import transpose
from wengert.transforms.vmap import batch_primitive

# complex-valued functions of a complex variable that have no complex derivative
NOT_HOLOMORPHIC = {"absolute", "conj", "maximum", "minimum", "sign"}
# graphs that cannot be verified, by what they hold: `last_writes` needs its index to infer the shape of its result, and
# does not say so, which leaves `verify` with the type of the index alone
# results that depend on the rank by intention: a stack of small matrices is kept
# unfactored, for operations on such a stack
PACKED = {"lu_factor"}
ANNIHILATING = ["multiply", "divide", "matmul", "einsum"]


def close(found: Any, expected: Any, tolerance: float) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        scale = float(np.max(np.abs(other), initial=1.0))
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * scale)


def pairing(left: Any, right: Any) -> float:
    return float(sum(np.real(np.sum(one * other)) for one, other in zip(left, right, strict=True)))


def scaled(factor: float, parts: Any) -> tuple[Any, ...]:
    return tuple((factor * part).astype(part.dtype) for part in parts)


def stacked(*many: Any) -> tuple[Any, ...]:
    return tuple(np.stack(parts) for parts in zip(*many, strict=True))


def test_inference_agrees_with_evaluation(drawn):
    inferred = drawn.primitive.infer(
        tuple(kind if isinstance(kind, ArrayType) else arg for kind, arg in zip(drawn.types, drawn.args, strict=True)),
        drawn.params,
    )
    found = [np.asarray(result) for result in drawn.results]
    assert [(kind.shape, kind.dtype) for kind in inferred] == [(result.shape, result.dtype) for result in found]


def test_graphs_are_well_formed(smooth):
    for graph in (smooth.rule.push_graph, smooth.rule.pull_graph):
        verify(graph)


def test_derivatives_have_the_types_of_their_variables(smooth):
    pushed, pulled = smooth.pushed(smooth.tangents()), smooth.pulled(smooth.cotangents())
    kinds = [type_of(result) for result in smooth.results] + [smooth.types[i] for i in smooth.active]
    for part, kind in zip([*pushed, *pulled], kinds, strict=True):
        assert (np.shape(part), np.asarray(part).dtype) == (kind.shape, kind.dtype)


def test_pushforward_agrees_with_differences(smooth, difference):
    wide = smooth.wide
    tangents = wide.tangents()
    operands = [wide.args[i] for i in wide.active]

    def along(step: float) -> Any:
        return wide.evaluate(wide.filled([x + step * t for x, t in zip(operands, tangents, strict=True)]))

    for pushed, (slope, error) in zip(wide.pushed(tangents), difference(along), strict=True):
        np.testing.assert_allclose(pushed, slope, rtol=0, atol=error)


def holomorphic(primitive: Any) -> bool:
    if not primitive.elementwise or not isinstance(primitive.ufunc, np.ufunc) or not primitive.differentiable:
        return False
    loop = "D" * primitive.ufunc.nin + "->" + "D" * primitive.ufunc.nout
    return loop in primitive.ufunc.types and primitive.name not in NOT_HOLOMORPHIC


def test_pushforward_agrees_with_complex_steps():
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


def test_pullback_is_the_adjoint_of_the_pushforward(smooth):
    tangents, cotangents = smooth.tangents(), smooth.cotangents()
    there = pairing(cotangents, smooth.pushed(tangents))
    back = pairing(smooth.pulled(cotangents), tangents)
    assert there == pytest.approx(back, rel=smooth.tolerance, abs=smooth.tolerance)


def test_pushforward_is_linear(smooth):
    one, other = smooth.tangents(1), smooth.tangents(5)
    both = tuple((2 * u - 3 * v).astype(u.dtype) for u, v in zip(one, other, strict=True))
    parts = zip(smooth.pushed(one), smooth.pushed(other), strict=True)
    close(smooth.pushed(both), [2 * u - 3 * v for u, v in parts], smooth.tolerance)


def test_transposing_twice_gives_the_pushforward(smooth):
    rule = smooth.rule
    twice = transpose(rule.pull_graph, rule.fixed)
    tangents = smooth.tangents()
    again = compile_graph(twice, raw=True, opaque=rule.opaque)(*smooth.args, *smooth.results, *tangents)
    close(again, smooth.pushed(tangents), smooth.tolerance)


@pytest.mark.parametrize("form", [{"raw": False}, {"annihilate": True}, {"raw": False, "annihilate": True}], ids=str)
def test_all_compiled_forms_agree_on_finite_data(smooth, form):
    tangents, cotangents = smooth.tangents(), smooth.cotangents()
    close(smooth.pushed(tangents, **form), smooth.pushed(tangents), smooth.tolerance)
    close(smooth.pulled(cotangents, **form), smooth.pulled(cotangents), smooth.tolerance)


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("name", ANNIHILATING)
def test_zero_seeds_annihilate_what_is_not_finite(name, bad):
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


def test_batched_forms_are_stacks_of_single_ones(smooth):
    tangents = smooth.tangents(), smooth.tangents(7)
    expected = stacked(*map(smooth.pushed, tangents))
    close(smooth.pushed(stacked(*tangents), batch=2), expected, smooth.tolerance)
    cotangents = smooth.cotangents(), smooth.cotangents(8)
    expected = stacked(*map(smooth.pulled, cotangents))
    close(smooth.pulled(stacked(*cotangents), batch=2), expected, smooth.tolerance)


def test_a_batch_of_operands_gives_the_stack_of_results(drawn):
    second = type(drawn)(drawn.name, drawn.number, seed=3)
    same = second.types == drawn.types and second.params == drawn.params
    other = second.args if same else drawn.args
    arrays = [i for i, kind in enumerate(drawn.types) if isinstance(kind, ArrayType)]
    # a witness is computed from operand 0, so it is batched exactly where that is
    together = (0, *WITNESSES[drawn.name][1]) if drawn.name in WITNESSES else ()
    choices = [arrays, *([i] for i in arrays if i not in together), *([list(together)] if together else [])]
    for chosen in filter(None, choices):
        pair = list(drawn.args), [other[i] if i in chosen else arg for i, arg in enumerate(drawn.args)]
        args = tuple(np.stack([arg, pair[1][i]]) if i in chosen else arg for i, arg in enumerate(drawn.args))
        batched = [i in chosen for i in range(len(args))]
        args = renewed(drawn.primitive, args)
        found = batch_primitive(drawn.primitive, 2, args, batched, drawn.params)
        found = found if drawn.primitive.outputs > 1 else (found,)
        if drawn.name in PACKED:
            expected = stacked(*map(drawn.evaluate, pair))
            assert [part.shape for part in found] == [part.shape for part in expected]
            continue
        close(found, stacked(*map(drawn.evaluate, pair)), drawn.tolerance)


def test_single_precision_stays_single(single):
    wide = single.wide
    close(single.results, wide.results, single.tolerance)
    tangents, cotangents = single.tangents(), single.cotangents()
    pushed, pulled = single.pushed(tangents), single.pulled(cotangents)
    # `convert` is there to change the precision
    kept = () if single.name == "convert" else (*single.results, *pushed, *pulled)
    for part in kept:
        assert np.asarray(part).dtype in (np.float32, np.complex64)
    doubled = [np.asarray(part, np.result_type(part, np.float64)) for part in tangents]
    close(pushed, wide.pushed(doubled), single.tolerance)
    doubled = [np.asarray(part, np.result_type(part, np.float64)) for part in cotangents]
    close(pulled, wide.pulled(doubled), single.tolerance)
