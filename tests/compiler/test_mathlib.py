"""The math library of compiled code is exact to the last digits: against mpmath, and densely against long doubles."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import mpmath
import numpy as np
import pytest

from wengert.compiler import ir


def beside(name):
    """A module of this folder, which is no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


mathlib = beside("mathlib_kernels")
LARGEST = float(np.finfo(np.float64).max)
BOUND = 2.0


@dataclass(frozen=True)
class Row:
    """A function of one number: its value by mpmath and by long doubles, the interval, and where it is delicate."""

    exact: Callable[..., Any]
    extended: Callable[..., Any] | None
    low: float = -LARGEST
    high: float = LARGEST
    points: tuple[float, ...] = ()
    # the largest of the terms of a sum, where the error is measured against that
    scale: Callable[..., Any] | None = None


def _left_of_zero(x: Any) -> Any:
    return np.maximum(1.0, np.abs(x * np.log(-x)))


ROWS = {
    "exp": Row(mpmath.exp, np.exp, -760, 720, (0.0, 709.78, -708.4, -745.13)),
    "exp2": Row(lambda x: mpmath.power(2, x), np.exp2, -1080, 1030, (0.0, 0.5, -1022.0, -1074.0, 1023.5)),
    "exp10": Row(lambda x: mpmath.power(10, x), None, -330, 310, (0.0, 308.25, -323.3)),
    "expm1": Row(mpmath.expm1, np.expm1, -60, 720, (0.0, 0.3465735, -0.3465735, 709.78)),
    "log": Row(mpmath.log, np.log, 0.0, LARGEST, (1.0, 0.7071067811865476, 1.414213562373095)),
    "log2": Row(lambda x: mpmath.log(x) / mpmath.log(2), np.log2, 0.0, LARGEST, (1.0, 2.0, 0.7071067811865476)),
    "log10": Row(lambda x: mpmath.log(x) / mpmath.log(10), np.log10, 0.0, LARGEST, (1.0, 10.0, 1000.0)),
    "log1p": Row(mpmath.log1p, np.log1p, -1.0, LARGEST, (0.0, -1.0, -0.2928932, 0.4142135)),
    "sin": Row(mpmath.sin, np.sin, points=(np.pi, np.pi / 2, np.pi / 4, 2.0**40, 22 * np.pi)),
    "cos": Row(mpmath.cos, np.cos, points=(np.pi, np.pi / 2, np.pi / 4, 2.0**40, 22.5 * np.pi)),
    "tan": Row(mpmath.tan, np.tan, points=(np.pi, np.pi / 2, np.pi / 4, 2.0**40, 22.5 * np.pi)),
    "arcsin": Row(mpmath.asin, np.arcsin, -1.0, 1.0, (0.0, 0.5, -0.5, 1.0, -1.0)),
    "arccos": Row(mpmath.acos, np.arccos, -1.0, 1.0, (0.0, 0.5, -0.5, 1.0, -1.0)),
    "arctan": Row(mpmath.atan, np.arctan, points=(0.0, 0.5, -0.5, 2.0, 1.0)),
    "sinh": Row(mpmath.sinh, np.sinh, -720, 720, (0.0, 0.3465735, 0.1245, 710.47)),
    "cosh": Row(mpmath.cosh, np.cosh, -720, 720, (0.0, 0.3465735, 37.2, 710.47)),
    "tanh": Row(mpmath.tanh, np.tanh, -400, 400, (0.0, 0.17328, 0.55, 19.06, 22.0)),
    "arcsinh": Row(mpmath.asinh, np.arcsinh, points=(0.0, 1.0, 2.0**60, 1.1677)),
    "arccosh": Row(mpmath.acosh, np.arccosh, 1.0, LARGEST, (1.0, 2.0**60, 1.5)),
    "arctanh": Row(mpmath.atanh, np.arctanh, -1.0, 1.0, (0.0, 1.0, -1.0, 0.1716)),
    "cbrt": Row(lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)), np.cbrt, points=(1.0, 8.0, 2.0**-600, 2.0**600)),
    "erf": Row(mpmath.erf, None, -30, 30, (0.0, 1.0, -1.0, 6.0)),
    "erfc": Row(mpmath.erfc, None, -30, 28, (0.0, 0.5, -0.5, 26.5)),
    "erfcx": Row(lambda x: mpmath.exp(x * x) * mpmath.erfc(x), None, -26.6, 1e9, (0.0, 0.5, -0.5)),
    "ndtr": Row(lambda x: mpmath.erfc(-x / mpmath.sqrt(2)) / 2, None, -38.6, 38.6, (0.0, 0.7, -0.7, -38.4)),
    "log_ndtr": Row(
        lambda x: mpmath.log1p(-mpmath.erfc(x / mpmath.sqrt(2)) / 2)
        if x > 0
        else mpmath.log(mpmath.erfc(-x / mpmath.sqrt(2)) / 2),
        None, -1e6, 37.0, (0.0, -0.7, -0.70711),
    ),
    "gamma": Row(mpmath.gamma, None, 1e-300, 171.6, (1.0, 2.0, 1.5, 2.5, 4.5, 171.6)),
    "gammaln": Row(mpmath.loggamma, None, 1e-300, 1e305, (1.0, 2.0, 0.5, 1.5, 2.5, 3.5, 4.5)),
    "psi": Row(mpmath.digamma, None, 1e-300, 1e300, (1.0, 2.0, 3.0, 4.0, 1.4616321449683623)),
    "expit": Row(lambda x: 1 / (1 + mpmath.exp(-x)), lambda x: 1 / (1 + np.exp(-x)), -740, 740, (0.0, -36.7, 36.7)),
    "log_expit": Row(lambda x: -mpmath.log1p(mpmath.exp(-x)), lambda x: -np.log1p(np.exp(-x)), -700, 740, (0.0,)),
    "softplus": Row(lambda x: mpmath.log1p(mpmath.exp(x)), lambda x: np.log1p(np.exp(x)), -740, 700, (0.0,)),
    "logit": Row(
        lambda p: mpmath.log(p / (1 - p)),
        lambda p: np.where(p < 0.5, -np.log1p((1 - 2 * p) / p), np.log1p((2 * p - 1) / (1 - p))),
        0.0, 1.0, (0.5, 1.0, 2.0**-1000),
    ),
    "entr": Row(lambda x: -x * mpmath.log(x), lambda x: -x * np.log(x), 1e-300, 1e300, (1.0, 0.3678794411714423)),
}  # fmt: skip

LEFT = {
    "gamma": Row(mpmath.gamma, None, -170.0, -1e-300, (-0.5, -1.5), None),
    "gammaln": Row(lambda x: mpmath.log(abs(mpmath.gamma(x))), None, -1000.0, -1e-3, (-0.5, -2.457), _left_of_zero),
    "psi": Row(mpmath.digamma, None, -100.0, -1e-300, (-0.5, -1.5), lambda x: np.abs(1 / np.sinc(x)) + 8.0),
}

PAIRS = {
    "arctan2": (mpmath.atan2, np.arctan2, None),
    "power": (mpmath.power, np.power, None),
    "hypot": (mpmath.hypot, np.hypot, None),
    "logaddexp": (lambda x, y: mpmath.log(mpmath.exp(x) + mpmath.exp(y)), np.logaddexp, np.maximum),
    "logaddexp2": (lambda x, y: mpmath.log(mpmath.power(2, x) + mpmath.power(2, y)) / mpmath.log(2), None, np.maximum),
    "rel_entr": (lambda x, y: x * mpmath.log(x / y), None, None),
    "huber": (lambda d, r: r * r / 2 if abs(r) <= d else d * (abs(r) - d / 2), None, None),
    "xlogy": (lambda x, y: x * mpmath.log(y), lambda x, y: x * np.log(y), None),
    "xlog1py": (lambda x, y: x * mpmath.log1p(y), lambda x, y: x * np.log1p(y), None),
}


def inputs(row: Row, dense: int, seed: str) -> Any:
    """Numbers of the row's interval: even, of every exponent, with any bits, and next to the delicate places."""
    rng = np.random.default_rng(crc32(seed.encode()))
    exponents = np.tile(np.arange(-1074, 1024), max(1, dense // 8000))
    near = np.concatenate([[p] for p in (*row.points, 0.0)])[:, None]
    steps = np.exp2(rng.uniform(-54, -3, dense // 2 // len(near))) * rng.choice([-1, 1], dense // 2 // len(near))
    parts = [
        *(rng.uniform(max(row.low, -width), min(row.high, width), dense // 4) for width in (1, 30, 1000)),
        np.ldexp(rng.uniform(1, 2, exponents.size), exponents) * rng.choice([-1, 1], exponents.size),
        rng.integers(0, 2**64, dense // 4, dtype=np.uint64).view(np.float64),
        (near * (1 + steps)).ravel(),
        (near + steps).ravel(),
    ]
    x = np.concatenate(parts)
    return x[(x > row.low) & (x < row.high)]


def worst(name: str, row: Row, x: Any, true: Any, kernels: Any) -> float:
    with np.errstate(all="ignore"):
        scale = None if row.scale is None else row.scale(x)
    error = mathlib.distance(kernels(name, x), true, scale)
    place = int(np.argmax(error))
    print(f"{name}: {error[place]:.3f} units in the last place at {float(x[place])!r}")  # noqa: T201
    return float(error[place])


@pytest.mark.parametrize("name", ROWS)
def test_two_units_in_the_last_place(name):
    row = ROWS[name]
    x = inputs(row, 2000, name)
    true = mathlib.true_values(row.exact, x)
    for has_fma in (True, False):
        assert worst(name, row, x, true, mathlib.kernels(has_fma=has_fma)) <= BOUND


@pytest.mark.skipif(not mathlib.PRECISE, reason="long doubles are no longer than doubles here")
@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.extended is not None])
def test_two_units_in_the_last_place_on_dense_grids(name):
    row = ROWS[name]
    x = inputs(row, 100_000, name)
    with np.errstate(all="ignore"):
        true = row.extended(x.astype(mathlib.LONG))
    assert worst(name, row, x, true, mathlib.kernels()) <= BOUND


@pytest.mark.parametrize("name", LEFT)
def test_reflections_to_the_left_of_zero(name):
    row = LEFT[name]
    x = inputs(row, 2000, name)
    x = x[x != np.floor(x)]
    assert worst(name, row, x, mathlib.true_values(row.exact, x), mathlib.kernels()) <= 2 * BOUND


@np.errstate(all="ignore")
def pairs(name: str, count: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(crc32(name.encode()))
    if name in ("logaddexp", "logaddexp2"):
        x = rng.normal(size=count) * np.exp(rng.uniform(-3, 5, count))
        return x, np.where(rng.random(count) < 0.5, x + rng.normal(size=count) * 9, rng.normal(size=count))
    if name == "power":
        x = np.exp(np.where(rng.random(count) < 0.5, rng.uniform(-700, 700, count), rng.normal(size=count) ** 7 * 1e-3))
        exponent = np.clip(rng.uniform(-745, 709, count) / np.log(x), -1e300, 1e300)
        return x, np.where(rng.random(count) < 0.2, np.round(exponent), exponent)
    if name in ("rel_entr", "huber"):
        x = np.exp(rng.uniform(-150, 150, count))
        near = x * (1 + np.exp(rng.uniform(-36, -0.1, count)) * rng.choice([-1, 1], count))
        return x, np.where(rng.random(count) < 0.5, near, rng.permutation(x))
    x = np.exp(rng.uniform(-300, 300, count)) * rng.choice([-1, 1], count)
    y = np.where(rng.random(count) < 0.5, x * np.exp(rng.normal(size=count) * 3), rng.permutation(x))
    if name in ("arctan2", "hypot"):
        return x, y * rng.choice([-1, 1], count)
    return x, np.abs(y)


@pytest.mark.parametrize("name", PAIRS)
def test_two_units_in_the_last_place_for_pairs(name):
    exact, extended, scale = PAIRS[name]
    few, many = pairs(name, 3000), pairs(name, 100_000)
    cases = [(few, mathlib.true_values(exact, *few))]
    if extended is not None and mathlib.PRECISE:
        with np.errstate(all="ignore"):
            cases.append((many, extended(*[x.astype(mathlib.LONG) for x in many])))
    for (x, y), true in cases:
        for has_fma in (True, False):
            size = None if scale is None else scale(np.abs(x), np.abs(y))
            error = mathlib.distance(mathlib.kernels(has_fma=has_fma)(name, x, y), true, size)
            place = int(np.argmax(error))
            assert error[place] <= BOUND, f"{name}({float(x[place])!r}, {float(y[place])!r}) is {error[place]} off"


@pytest.mark.parametrize("name", ["fmod", "remainder", "floor_divide"])
@pytest.mark.parametrize("has_fma", [True, False])
@np.errstate(all="ignore")
def test_remainders_are_exact(name, has_fma):
    rng = np.random.default_rng(5)
    x = rng.integers(0, 2**64, 60_000, dtype=np.uint64).view(np.float64)
    y = np.concatenate([rng.permutation(x[:20_000]), x[20_000:40_000] * np.exp2(rng.uniform(-60, 2, 20_000)),
                        rng.integers(-9, 9, 20_000)])  # fmt: skip
    x[40_000:50_000] = rng.integers(-99, 99, 10_000)
    expected = getattr(np, name)(x, y)
    result = mathlib.kernels(has_fma=has_fma)(name, x, y)
    np.testing.assert_array_equal(result, expected)
    np.testing.assert_array_equal(np.signbit(result[expected == 0]), np.signbit(expected[expected == 0]))


SINGLE = [name for name in (*ROWS, *PAIRS) if name not in ("logaddexp", "logaddexp2")]


@pytest.mark.parametrize("name", SINGLE)
def test_single_precision_is_within_two_units(name):
    if name in PAIRS:
        x = [np.clip(operand, -1e38, 1e38).astype(np.float32) for operand in pairs(name, 30_000)]
    else:
        with np.errstate(all="ignore"):
            x = [inputs(ROWS[name], 30_000, name).astype(np.float32)]
    true = mathlib.kernels()(name, *[operand.astype(np.float64) for operand in x])
    result = mathlib.kernels(ir.FloatType(), 16)(name, *x).astype(np.float64)
    with np.errstate(all="ignore"):
        rounded = true.astype(np.float32)
        finite = np.isfinite(rounded) & np.isfinite(result)
        unit = np.spacing(np.abs(np.where(finite, rounded, 1)))
        error = np.where(finite, np.abs(result - true) / unit, 0.0)
    edge = np.abs(true) > np.finfo(np.float32).max
    odd = ~finite & ~((result == rounded) | (np.isnan(result) & np.isnan(rounded)) | edge)
    assert not odd.any(), f"{name} at {[operand[odd][:3] for operand in x]}"
    assert error.max() <= BOUND, f"{name} at {[operand[np.argmax(error)] for operand in x]}: {error.max()} off"
