"""Large arrays that are not computed while a program is recorded: nothing but the time tells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert as wg
import wengert.scipy.special
from wengert.compiler import following
from wengert.compiler.following import ValueNeeded
from wengert.compiler.postponing import FACTORING, LARGE, VIEWING, Types, factored, is_postponed, room
from wengert.compiler.recording import record
from wengert.graph import REGISTRY, ArrayType, Literal, concrete_type, typed_params

SEEDS = range(3)
N = 3 * LARGE


def samples(name: str) -> list[tuple[Any, ...]]:
    """Operands and parameters from the samples of a primitive."""
    primitive = REGISTRY[name]
    found = [sample(np.random.default_rng(seed)) for seed in SEEDS for sample in primitive.sample_list]
    return [(args, typed_params([params[key] for key in primitive.param_names])) for args, params in found]


def turned(operand: Any) -> Any:
    """The same entries, in another order in memory."""
    return np.asfortranarray(operand) if isinstance(operand, np.ndarray) else operand


@pytest.mark.parametrize("name", [name for name, primitive in REGISTRY.items() if is_postponed(primitive)])
def test_a_stand_in_is_of_the_kind_of_the_value(name):
    primitive = REGISTRY[name]
    for args, params in samples(name):
        for operands in (args, tuple(map(turned, args))):
            with np.errstate(all="ignore"):
                value = primitive.function(params)(*operands)
            inputs = [Literal(operand, concrete_type(operand)) for operand in operands]
            (kind,) = Types().of(primitive, inputs, params)
            assert isinstance(kind, ArrayType)
            found = room(primitive, kind, operands)
            if found is None:
                continue
            assert concrete_type(found) is concrete_type(value)
            assert type(found) is type(value)
            assert getattr(found, "strides", ()) == getattr(value, "strides", ())
            assert not any(np.shares_memory(value, operand) for operand in operands if isinstance(operand, np.ndarray))


def test_what_looks_into_an_array_is_carried_out():
    assert not [name for name in VIEWING if is_postponed(REGISTRY[name])]


def scaled(x):
    y = x * 2.0
    y[1] = 5.0
    return y


def branching(x):
    return np.sum(x) if np.sum(x) > 0 else -np.sum(x**2)


def counting(x):
    return x * float(int(np.sum(x > 0)))


def viewing(x):
    y = np.sin(x).reshape(3, -1)
    part = y[1:]
    part += 1.0
    return np.sum(y * y.T.reshape(3, -1), axis=0)


def gathering(x):
    return x[np.argsort(np.cos(x))][:5]


def telling(x):
    return f"{np.sum(x * x):.0f}"


PROGRAMS: dict[str, Any] = {
    "a sum of products": lambda x: np.sum(np.exp(-x) * x),
    "a gradient": wg.grad(lambda x: np.sum(np.tanh(x) ** 2)),
    "a write into a result": scaled,
    "a gradient through a write": wg.grad(lambda x: np.sum(scaled(x) ** 2)),
    "a branch": branching,
    "its gradient": wg.grad(branching),
    "a number of Python's": counting,
    "views": viewing,
    "a gradient through views": wg.grad(lambda x: np.sum(viewing(x))),
    "places that depend on values": gathering,
    "a mask": lambda x: np.sum(x[x > 0.5]),
    "an order of its own": lambda x: (x.reshape(3, -1).T * 2.0).reshape(-1),
    "products of matrices": wg.grad(lambda x: np.sum((x.reshape(3, -1) @ x.reshape(-1, 3)) ** 2)),
    "a decomposition": wg.grad(lambda x: np.linalg.det(x[: 65 * 65].reshape(65, 65) * 0.01 + np.eye(65))),
    "a scalar": lambda x: np.max(x) - np.min(x),
}


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_on_large_arrays(name, sign):
    program, x = PROGRAMS[name], sign * np.random.default_rng(0).normal(size=N)
    fast = wg.jit(program)
    for point in (x, x[::-1], 0.5 - x):
        np.testing.assert_allclose(fast(point), program(point), rtol=1e-9, atol=1e-12)


def test_a_text_of_a_large_array_is_written_by_numpy():
    x = np.ones(N)
    assert wg.jit(telling)(x) == telling(x) == str(N)


def test_nothing_large_is_computed():
    def program(x):
        return np.sum(np.sqrt(x) + x)

    recorded = record(program, (np.full(N, -1.0),), {})
    # the square root of a negative number would have warned
    assert recorded.value == (None,)
    assert record(program, (np.ones(3),), {}).value == (6.0,)


def test_a_look_at_a_value_records_once_more(monkeypatch):
    asked = []

    class Noted(ValueNeeded):
        def __init__(self):
            asked.append(self)

    monkeypatch.setattr(following, "ValueNeeded", Noted)
    recorded = record(branching, (np.ones(N),), {})
    assert len(asked) == 1
    assert [seen.value for seen in recorded.steering] == [True]


@pytest.mark.parametrize("name", sorted(FACTORING))
def test_a_stand_in_of_a_factorisation_is_of_the_kind_of_the_value(name):
    primitive = REGISTRY[name]
    for args, params in samples(name):
        value = primitive.function(params)(*args)
        inputs = [Literal(operand, concrete_type(operand)) for operand in args]
        found = factored(primitive, Types().of(primitive, inputs, params))
        if found is None:
            assert name == "solve"
            continue
        for one, other in zip(found, value if primitive.outputs > 1 else (value,), strict=True):
            assert concrete_type(one) is concrete_type(other)
            assert type(one) is type(other)
            assert getattr(one, "strides", ()) == getattr(other, "strides", ())
