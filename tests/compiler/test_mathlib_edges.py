"""The math library of compiled code at its edges: NumPy's special values, lanes and numbers alike, and no library."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.special

import wengert.scipy.special
from wengert.compiler import engine, ir
from wengert.compiler.lanes import shared, where_any
from wengert.compiler.mathlib import FUNCTIONS, call, coefficients
from wengert.compiler.mathlib.trigonometric import cos, sin
from wengert.compiler.values import (
    Builder,
    Value,
    bits,
    copysign,
    floor,
    fma,
    from_bits,
    maximum,
    minimum,
    rint,
    select,
    trunc,
)
from wengert.graph import REGISTRY


def beside(name):
    """A module of this folder, which is no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


mathlib = beside("mathlib_kernels")
DOUBLE, SINGLE = ir.DoubleType(), ir.FloatType()
TINY, LEAST, LARGEST = 2.2250738585072014e-308, 5e-324, 1.7976931348623157e308
BELOW, ABOVE = 1 - 2.0**-53, 1 + 2.0**-52
SIZES = [0.0, LEAST, 1e-310, TINY, 1e-200, 1e-20, 0.25, 0.5, BELOW, 1.0, ABOVE, 2.0, 2.5, 3.0, 4.0, 36.0, 170.0]
SIZES += [709.0, 745.0, 746.0, 1024.0, 1074.0, 1e15, 1e22, 1e200, 1e300, LARGEST, float("inf"), float("nan")]
SPECIAL = np.array([sign * size for size in SIZES for sign in (1, -1)])
# where SciPy is wrong, or makes something else of a pole
MENDED = {
    "gammaln": [LEAST, 1e-310, BELOW, ABOVE],
    "loggamma": [LEAST, 1e-310, -1.0, -2.0, -3.0, -4.0, -36.0, BELOW, ABOVE],
    "psi": [-BELOW, -ABOVE],
    "gamma": [-BELOW, -ABOVE],
}
EXPECTED = [
    ("gammaln", LEAST, 744.4400719213812), ("gammaln", -LEAST, 744.4400719213812), ("gammaln", BELOW, 6.40838e-17),
    ("psi", -BELOW, -9007199254740992.0), ("gamma", -BELOW, -9007199254740992.0), ("erfc", 26.5, 2.8e-307),
    ("arctan2", 0.0, 0.0), ("power", 0.0, 1.0),
]  # fmt: skip


def eager(name: str, *operands: Any) -> Any:
    names = {"softplus": lambda x: np.logaddexp(x, 0.0)}
    function = names.get(name) or getattr(np, name, None) or getattr(scipy.special, name)
    with np.errstate(all="ignore"):
        return function(*operands)


def check(name: str, result: Any, expected: Any, *operands: Any) -> None:
    same = (result == expected) & (np.signbit(result) == np.signbit(expected)) | np.isnan(result) & np.isnan(expected)
    with np.errstate(all="ignore"):
        near = np.isfinite(expected) & (expected != 0) & (np.abs(result - expected) <= 1e-12 * np.abs(expected))
        # of a sum of logarithms that cancel, only the digits of the terms are known
        smallest = 1e-15 * np.abs(operands[0]) if name.startswith("logaddexp") else 1e-323
        near |= np.isfinite(expected) & (np.abs(result - expected) <= smallest)
    wrong = ~(same | near & (result != 0))
    shown = [(*[float(x[i]) for x in operands], float(result[i]), float(expected[i])) for i in np.flatnonzero(wrong)]
    assert not shown, f"{name}: operands, result and what was expected: {shown[:8]}"


@pytest.mark.parametrize("has_fma", [True, False])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_special_values_are_those_of_numpy(name, has_fma):
    if mathlib.arity(name) == 2:
        operands = [grid.ravel() for grid in np.meshgrid(SPECIAL, SPECIAL)]
    else:
        operands = [SPECIAL[~np.isin(np.abs(SPECIAL), np.abs(MENDED.get(name, [])))]]
    check(name, mathlib.kernels(has_fma=has_fma)(name, *operands), eager(name, *operands), *operands)


@pytest.mark.parametrize(("name", "x", "expected"), [row for row in EXPECTED if mathlib.arity(row[0]) == 1])
def test_values_where_scipy_is_wrong(name, x, expected):
    (result,) = mathlib.kernels()(name, np.array([x]))
    assert result == pytest.approx(expected, rel=1e-2 if name == "erfc" else 1e-5)


def numbers(count: int) -> Any:
    rng = np.random.default_rng(7)
    x = np.concatenate([rng.integers(0, 2**64, count, dtype=np.uint64).view(np.float64), rng.normal(size=count),
                        rng.uniform(-50, 50, count), SPECIAL])  # fmt: skip
    return rng.permutation(x)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_result_does_not_depend_on_lanes_or_neighbours(name):
    x = [numbers(3000) for _ in range(mathlib.arity(name))]
    if len(x) == 2:
        x[1] = np.random.default_rng(3).permutation(x[1])
    expected = mathlib.kernels(lanes=None)(name, *x)
    for kernels in (mathlib.kernels(), mathlib.kernels(lanes=3)):
        result = kernels(name, *x)
        equal = (result.view(np.int64) == expected.view(np.int64)) | np.isnan(result) & np.isnan(expected)
        assert equal.all(), f"{name}{tuple(float(operand[~equal][0]) for operand in x)} differs in vectors"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_single_precision_is_the_same_in_lanes(name):
    with np.errstate(all="ignore"):
        x = [numbers(2000).astype(np.float32) for _ in range(mathlib.arity(name))]
    expected, result = mathlib.kernels(SINGLE, None)(name, *x), mathlib.kernels(SINGLE, 16)(name, *x)
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("lanes", [None, 4])
@pytest.mark.parametrize("has_fma", [True, False])
def test_no_library_is_called(lanes, has_fma):
    module = mathlib.module_of(FUNCTIONS, DOUBLE, lanes, has_fma)
    declared = {function.name for function in module.functions if function.is_declaration}
    kinds = {name.split(".")[1] for name in declared}
    # what every processor that multiplies and adds at once has as an instruction
    assert kinds <= {"sqrt", "fabs", "copysign", "fshl", "bswap"} | (
        {"fma", "rint", "floor", "trunc"} if has_fma else set()
    )


def test_functions_are_named_after_primitives():
    assert wengert.scipy.special
    assert not [name for name in FUNCTIONS if name not in REGISTRY]


def compiled(operation: Any, *arrays: Any, lanes: int | None = None, has_fma: bool = True) -> Any:
    """An operation on double-precision values, run over arrays."""
    module = ir.Module()
    kind = ir.FunctionType(ir.VoidType(), [ir.PointerType()] * (len(arrays) + 1) + [ir.IntType(64)])
    mathlib.loop(ir.Function(module, kind, "loop"), operation, DOUBLE, lanes, has_fma)
    code = engine.compile_module(module)
    result = np.empty(len(arrays[0]))
    pointers = [np.ascontiguousarray(array).ctypes.data for array in (*arrays, result)]
    signature = mathlib.ctypes.CFUNCTYPE(None, *[mathlib.ctypes.c_void_p] * len(pointers), mathlib.ctypes.c_int64)
    signature(code.address("loop"))(*pointers, len(result))
    return result


FLOATS = np.array([*SPECIAL, 0.49999999999999994, 2.0**52 + 1, -(2.0**53), 4503599627370495.5, -0.2, 1.5, -2.5, 0.1])
FLOATS = np.resize(FLOATS, 64)
OTHERS = np.roll(FLOATS, 5)
OPERATIONS = {
    "floor": (lambda x, y: floor(x), lambda x, y: np.floor(x)),
    "rint": (lambda x, y: rint(x), lambda x, y: np.rint(x)),
    "trunc": (lambda x, y: trunc(x), lambda x, y: np.trunc(x)),
    "maximum": (maximum, np.maximum),
    "minimum": (minimum, np.minimum),
    "copysign": (copysign, np.copysign),
    "negative": (lambda x, y: -x, lambda x, y: -x),
    "arithmetic": (lambda x, y: (1 - x) * 3 / y + (x - 2) * 0.5, lambda x, y: (1 - x) * 3 / y + (x - 2) * 0.5),
    "less": (lambda x, y: select(x < y, x.constant(1.0), 0.0), lambda x, y: (x < y) * 1.0),
    "not equal": (lambda x, y: (x != y).to_float(DOUBLE), lambda x, y: (x != y) * 1.0),
    "equal or not less": (lambda x, y: ((x == y) | ~(x < y)).to_float(DOUBLE), lambda x, y: ~(x < y) * 1.0),
    "bits": (lambda x, y: from_bits((bits(x) >> 52) & 2047), lambda x, y: (x.view("i8") >> 52 & 2047).view("f8")),
    "unsigned": (lambda x, y: from_bits(bits(x).unsigned() >> 1), lambda x, y: (x.view("u8") >> 1).view("f8")),
    "integers": (
        lambda x, y: from_bits((bits(x) ^ bits(y)) * 3 - (bits(x) << 2)),
        lambda x, y: ((x.view("i8") ^ y.view("i8")) * 3 - (x.view("i8") << 2)).view("f8"),
    ),
    "rounded to single": (
        lambda x, y: x.to_float(SINGLE).to_float(DOUBLE),
        lambda x, y: x.astype(np.float32).astype(np.float64),
    ),
    "truth to integer": (
        lambda x, y: ((x < y).to_integer(64) + (x < y).to_integer(8).to_integer(64)).to_float(DOUBLE),
        lambda x, y: (x < y) * 2.0,
    ),
    "rare part": (
        lambda x, y: where_any(x > 100.0, lambda: [y * 2.0], [y])[0],
        lambda x, y: np.where(x > 100.0, y * 2, y),
    ),
}


@pytest.mark.parametrize("has_fma", [True, False])
@pytest.mark.parametrize("lanes", [None, 4, 8])
@pytest.mark.parametrize(("operation", "meaning"), OPERATIONS.values(), ids=OPERATIONS)
def test_operations_on_values_are_those_of_numpy(operation, meaning, lanes, has_fma):
    with np.errstate(all="ignore"):
        expected = meaning(FLOATS, OTHERS)
    result = compiled(operation, FLOATS, OTHERS, lanes=lanes, has_fma=has_fma)
    known = ~np.isnan(expected)
    # maximum and minimum may give either zero
    zeros = (expected == 0) & (result == 0)
    assert np.isnan(result[~known]).all()
    assert ((result.view("i8") == expected.view("i8")) | zeros)[known].all()


def test_fused_multiplication_and_addition_rounds_once():
    x = np.full(8, 1 + 2.0**-30)
    product = lambda x: fma(x, x, -1.0 - 2.0**-29)  # noqa: E731
    assert (compiled(product, x) == 2.0**-60).all()
    assert (compiled(product, x, has_fma=False) == 0).all()


def test_values_refuse_what_they_cannot_be():
    builder = Builder(
        ir.Function(ir.Module(), ir.FunctionType(ir.VoidType(), [DOUBLE, SINGLE]), "f").append_basic_block()
    )
    x, y = (Value(argument, builder) for argument in builder.function.args)
    with pytest.raises(TypeError, match="operands must have one type, but are double and float"):
        x + y
    with pytest.raises(TypeError, match="and_ is for integers and truth values, not for double"):
        x & 1
    with pytest.raises(TypeError, match="use select"):
        bool(x < 1)
    with pytest.raises(TypeError, match="must be a Value"):
        select(x < 1, 1.0, 2.0)


def test_sine_and_cosine_of_one_angle_share_its_reduction():
    module = ir.Module()
    kind = ir.FunctionType(ir.VoidType(), [ir.PointerType()] * 2 + [ir.IntType(64)])
    mathlib.loop(ir.Function(module, kind, "both"), lambda x: sin(x) * cos(x), DOUBLE, 4, True)
    assert str(module).count('@"wengert.angle.lanes') == 2


@pytest.mark.parametrize("lanes", [None, 8])
@pytest.mark.parametrize("name", ["exp", "sin", "fmod", "gammaln"])
def test_a_call_gives_what_the_code_in_place_gives(name, lanes):
    operands = [FLOATS, OTHERS][: mathlib.arity(name)]
    once = compiled(lambda *xs: FUNCTIONS[name](FUNCTIONS[name](*xs) * 0.0 + xs[0], *xs[1:]), *operands, lanes=lanes)
    called = compiled(lambda *xs: call(name, call(name, *xs) * 0.0 + xs[0], *xs[1:]), *operands, lanes=lanes)
    np.testing.assert_array_equal(called, once)


def test_what_is_shared_is_computed_again_in_another_block():
    function = ir.Function(ir.Module(), ir.FunctionType(ir.VoidType(), [DOUBLE]), "f")
    builder = Builder(function.append_basic_block())
    x = Value(function.args[0], builder)
    first = shared(x, "square", lambda: [x * x])
    assert shared(x, "square", lambda: [x * x]) is first
    builder.position_at_end(function.append_basic_block())
    assert shared(x, "square", lambda: [x * x]) is not first


def test_the_constants_are_those_of_the_tool(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "tools"))
    tool = importlib.import_module("mathlib_coefficients")
    for name in ("mathlib_coefficients", "minimax"):
        monkeypatch.delitem(sys.modules, name)
    source = Path(coefficients.__file__).read_text(encoding="utf-8")
    with tool.mpmath.workdps(60):
        for name in ("EXP", "LOG", "SIN", "ERF"):
            assert tool.written(name) in source
        for name in tool.SUMS:
            assert tool.written_sum(name) in source
    assert tool.words_of_two_over_pi() in source
