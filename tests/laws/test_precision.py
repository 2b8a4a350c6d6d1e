"""Zeros that annihilate keep the precision: no cotangent or tangent is wider than what it belongs to."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest

import wengert as wg
from wengert.errors import UndefinedDerivativeError, UnsupportedError
from wengert.graph import REGISTRY

NAMES = tuple(REGISTRY)
WHAT_IS_LOST = (0.0, np.inf, np.nan, 1.5)
# names a dtype itself, so that it may well change it
CONVERSIONS = {"convert"}


def differentiable(name):
    return REGISTRY[name].differentiable and name not in CONVERSIONS


ELEMENTWISE = [name for name in NAMES if differentiable(name) and REGISTRY[name].elementwise]
OTHERS = [name for name in NAMES if differentiable(name) and not REGISTRY[name].elementwise]


def is_inexact(x):
    return isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "fc"


def elementwise_operands(primitive, dtype):
    """What may meet in a branch that is not taken, as arrays, as NumPy scalars, and beside a Python number."""
    count = primitive.elementwise
    for values, shape in itertools.product(itertools.product(WHAT_IS_LOST, repeat=count), ((2,), ())):
        operands = [np.full(shape, value, dtype)[()] for value in values]
        if primitive.name == "select":
            operands[0] = operands[0] != 0
        yield operands
        for place in range(count) if count > 1 and primitive.name != "select" else ():
            yield [*operands[:place], dtype(values[place]).item(), *operands[place + 1 :]]


def poisoned_samples(primitive, dtype):
    for sample in primitive.sample_list:
        operands, params = sample(np.random.default_rng(0))
        for poison in (*WHAT_IS_LOST[:3], None):
            yield [narrowed(x, dtype, poison) for x in operands], params


def narrowed(x, dtype, poison):
    if not is_inexact(x):
        return x
    narrow = np.array(x).astype(np.complex64 if x.dtype.kind == "c" else dtype)
    if poison is not None:
        narrow.reshape(-1)[:1] = poison
    return narrow[()]


def parameters(primitive):
    found = []
    for sample in primitive.sample_list:
        _, params = sample(np.random.default_rng(0))
        if params not in found:
            found.append(params)
    return found


def zero(x):
    return np.zeros_like(x)[()]


def check(primitive, operands, params):
    """Whether there is a value, with zero derivatives of its dtype."""
    places = [place for place, x in enumerate(operands) if is_inexact(x)]
    # orders and the like have no derivative; beside them the other operands are looked at one by one
    return any(differentiates(primitive, operands, params, chosen) for chosen in (places, *([p] for p in places)))


def differentiates(primitive, operands, params, places):
    """`check` by some of the operands."""

    def f(*moving):
        whole = list(operands)
        for place, x in zip(places, moving, strict=True):
            whole[place] = x
        return primitive(*whole, **params)

    points = tuple(operands[place] for place in places)
    try:
        result = f(*points)
    except (TypeError, ValueError, OverflowError, np.linalg.LinAlgError, UndefinedDerivativeError):
        return False
    results = result if primitive.outputs > 1 else (result,)
    if not points or not all(map(is_inexact, results)):
        return False
    try:
        seed = tuple(map(zero, results)) if primitive.outputs > 1 else zero(result)
        cotangents = wg.vjp(f, *points)[1](seed)
        tangents = wg.jvp(f, points, tuple(map(zero, points)))[1]
    except (UndefinedDerivativeError, UnsupportedError):
        return False
    assert [x.dtype for x in cotangents] == [x.dtype for x in points], (primitive.name, operands)
    tangents = tangents if primitive.outputs > 1 else (tangents,)
    assert [x.dtype for x in tangents] == [x.dtype for x in results], (primitive.name, operands)
    return True


@pytest.mark.parametrize("dtype", [np.float32, np.complex64])
@pytest.mark.parametrize("name", [*ELEMENTWISE, *OTHERS])
def test_annihilating_zeros_keep_the_precision(name, dtype):
    primitive = REGISTRY[name]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        points = list(poisoned_samples(primitive, dtype))
        if primitive.elementwise:
            tried = elementwise_operands(primitive, dtype)
            points += [(operands, params) for operands in tried for params in parameters(primitive)]
        done = [check(primitive, operands, params) for operands, params in points]
    # most have a derivative there in real numbers, and all of these keep the dtype
    if dtype is np.float32 and primitive.elementwise and name != "ldexp":
        assert any(done)
