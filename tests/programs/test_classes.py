"""What a traced program asks about classes and what it converts: answers, values and dtypes are the plain program's."""

# ruff: noqa: UP031, UP032 (texts are filled in as people do it)

import cmath
import collections.abc
import functools
import math
import numbers
from numbers import Real

import numpy as np
import pytest

import wengert as wg
from wengert.errors import ConversionError

POINTS = {
    "a float": 0.5,
    "a double": np.float64(0.5),
    "a single": np.float32(0.5),
    "doubles": np.array([0.5, 1.25]),
    "singles": np.array([0.5, 1.25], np.float32),
    "no axes": np.array(0.5),
}
SINGLES = np.ones(2, np.float32)


def matched_number(x):
    match x:
        case float() | int():
            return x * 2
        case np.floating():
            return x * 3
        case np.ndarray(shape=(2,)):
            return x[0] * 4
        case _:
            return x * 5


def matched_abstract(x):
    match x:
        case numbers.Real():
            return x * 2
        case collections.abc.Iterable():
            return np.sum(x)
        case _:
            return x * 3


def matched_and_compared(x):
    if type(x) is np.ndarray:
        return np.sum(x) * 2
    match x:
        case float():
            return x * 3 if type(x) is float else x * 4
        case Real():
            return x * 5


class Angle:
    __match_args__ = ("size",)

    def __init__(self, size):
        self.size = size

    def sine(self):
        return math.sin(self.size)


def matched_object(x):
    match Angle(np.sum(x)):
        case Angle(size) as angle:
            return angle.sine() * size


def asked_for_its_class(x):
    if x.__class__ is np.ndarray:
        return np.sum(x) * 2
    return x * 3 if x.__class__ in (float, int) else x * len(x.__class__.__name__)


def class_and_conversion(x):
    return np.sum(np.float64(x)) * (2 if x.__class__ is np.float64 or type(x) is float else 3)


def class_of_an_object(x):
    first, second = Angle(np.sum(x)), Angle(2 * np.sum(x))
    same = first.__class__ is second.__class__ and first.__class__ is Angle and type(second) is Angle
    return type(first)(first.size).sine() if same else 0.0


@functools.singledispatch
def doubled(x):
    return np.sum(x) * 5


@doubled.register
def _(x: float):
    return math.sin(x)


@doubled.register(np.ndarray)
def _(x):
    return np.array([x[0], 1.0]) if x.shape else x * 2


class Chooser:
    @functools.singledispatchmethod
    def chosen(self, x):
        return np.sum(x) * 3

    @chosen.register
    def _(self, x: float):
        return math.cos(x) * self.factor

    factor = 2.0


def missing_attribute(x):
    try:
        axes = getattr(x, "ndim")  # noqa: B009 (as people write it)
    except AttributeError:
        axes = 7
    return np.sum(x) * (axes + 1)


def table_of_classes(x):
    return {float: 1.0, np.float64: 2.0, np.float32: 3.0, np.ndarray: 4.0}[type(x)] * np.sum(np.float64(x))


PROGRAMS = {
    "match on numbers": matched_number,
    "match on abstract classes": matched_abstract,
    "match after a comparison": matched_and_compared,
    "match on an object": matched_object,
    "__class__": asked_for_its_class,
    "__class__ and a conversion": class_and_conversion,
    "__class__ of an object": class_of_an_object,
    "dispatch on the class": doubled,
    "dispatch within": lambda x: doubled(x) * 2,
    "dispatch of a method": lambda x: Chooser().chosen(x),
    "table of classes": table_of_classes,
    "getattr with a default": lambda x: np.sum(x) * (2 if getattr(x, "ndim", None) is None else 3),
    "getattr of what is there": lambda x: np.sum(x) * (3 if getattr(x, "shape", ()) == (2,) else 5),
    "getattr without a default": missing_attribute,
    "abstract isinstance": lambda x: np.sum(x) * (2 if isinstance(x, Real) else 3),
    "rounded": lambda x: np.sum(x) * (2 if isinstance(round(np.max(x)), int) else 3),
    "default of a class": lambda x, kinds=(float, np.float64): np.sum(x) * (2 if type(x) in kinds else 3),
    "double of it": lambda x: np.float64(x) * SINGLES,
    "single of it": lambda x: np.float32(x) * 2.0,
    "complex of it": lambda x: np.complex128(x).real * SINGLES,
    "half of a list": lambda x: np.float16([np.sum(x), 1.0]).astype(np.float64),
    "dtype beside a conversion": lambda x: np.zeros(2, dtype=np.float64) + np.float64(np.sum(x)),
    "float of it": lambda x: float(np.sum(x)) * SINGLES,
    "complex number of it": lambda x: (complex(np.sum(x), 1.0) * SINGLES).real,
    "tolist": lambda x: sum(np.ravel(x).tolist()) * SINGLES,
    "item": lambda x: np.ravel(x)[0].item() * SINGLES,
    "math": lambda x: math.sin(np.sum(x)) * SINGLES + math.hypot(np.sum(x), 2.0),
    "math in double precision": lambda x: math.exp(np.sum(x)),
    "fsum": lambda x: math.fsum(np.ravel(x)) * SINGLES,
    "class of a sine": lambda x: math.sin(np.sum(x)) * (2 if type(math.cos(np.sum(x))) is float else 3),
}


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_answers_values_and_dtypes_are_the_plain_programs(name, point):
    program, x = PROGRAMS[name], POINTS[point]
    plain = program(x)
    traced, _ = wg.jvp(program, (x,), (np.ones_like(x)[()],))
    np.testing.assert_array_equal(traced, plain)
    assert np.asarray(traced).dtype == np.asarray(plain).dtype
    pulled, _ = wg.vjp(program, x)
    np.testing.assert_array_equal(pulled, plain)
    if np.asarray(x).dtype == np.asarray(plain).dtype == np.float64 and name != "half of a list":
        wg.check_derivatives(program, x)


COMPLEX = {
    "exp": lambda z: cmath.exp(1j * z),
    "log": cmath.log,
    "log to a base": lambda z: cmath.log(z, 3.0),
    "log10": lambda z: cmath.log10(z),
    "sqrt of a negative number": lambda z: cmath.sqrt(-z),
    "circular": lambda z: cmath.sin(z) + cmath.cos(z) * cmath.tan(z),
    "hyperbolic": lambda z: cmath.sinh(z) + cmath.cosh(z) * cmath.tanh(z),
    "inverse circular": lambda z: cmath.asin(0.3j * z) + cmath.acos(0.5 * z) * cmath.atan(z),
    "inverse hyperbolic": lambda z: cmath.asinh(z) + cmath.acosh(2.0 + z) * cmath.atanh(0.1 * z),
    "phase": lambda z: cmath.phase(z + 1j),
    "polar": lambda z: cmath.polar(z * (1 + 2j))[0] * cmath.polar(z + 1j)[1],
    "rect": lambda z: cmath.rect(z, z**2),
    "constants": lambda z: z * cmath.pi if cmath.isfinite(z) and not cmath.isnan(z * 1j) else 0.0,
    "close": lambda z: z * 2 if cmath.isclose(z, z + 1e-15) else z,
}


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_mathematics(name):
    function = COMPLEX[name]

    def parts(z):
        value = function(z)
        return np.array([value.real, value.imag])

    traced, _ = wg.vjp(parts, 0.7)
    np.testing.assert_allclose(traced, parts(0.7), rtol=1e-14)
    wg.check_derivatives(parts, 0.7, order=2)
    if name != "rect":
        wg.check_derivatives(lambda z: np.abs(function(z)) ** 2, 0.6 + 0.3j)


TEXTS = {
    "a number": lambda x: "%.3f" % x[0],
    "several": lambda x: "%5.2e|%s|%d" % (x[0], x[1], 3),
    "by name": lambda x: "%(a).2f %(b)s" % {"a": x[0], "b": "b"},
    "an array": lambda x: "%s" % x,
    "added up": lambda x: "x: " + "%g" % (x[0] * 2),
    "format": lambda x: "{:.2f} {}".format(x[0], x[1]),
    "in a comprehension": lambda x: ["%+.1f" % v for v in x],
    "no text": lambda x: "%d" % (x[1] // 1 % 2),
}


@pytest.mark.parametrize("name", TEXTS)
def test_traced_values_fill_in_texts(name):
    x, texts = np.array([0.5, 1.25]), []

    def program(x):
        texts.append(TEXTS[name](x))
        return np.sum(x)

    program(x)
    wg.grad(program)(x)
    assert texts[0] == texts[1]


def test_code_with_many_names_asks_for_classes():
    """An operation has a prefix where the function has more names, or constants, than a byte counts."""
    names = {"np": np, "__name__": "generated"}
    many = "\n".join(f"    y.a{i} = {i}" for i in range(300))
    exec(f"def f(x, y):\n{many}\n    return x[0] * 2 if x.__class__ is np.ndarray else x[1]", names)
    holder = type("Holder", (), {})()
    assert names["f"](np.array([1.0, 2.0]), holder) == 2.0
    np.testing.assert_array_equal(wg.grad(lambda x: names["f"](x, holder))(np.array([1.0, 2.0])), [2.0, 0.0])


def test_math_takes_scalars_only():
    with pytest.raises(TypeError, match="one entry"):
        wg.grad(lambda x: np.sum(math.sin(x)))(np.ones(2))
    with pytest.raises(TypeError, match="must be real"):
        wg.grad(lambda x: np.float64(x * 1j))(1.0)


def test_what_stays_out_of_sight_is_an_error():
    def given(x):
        return "".join(map("{:.1f}".format, x)), "%.1f".__mod__(x[0])

    with pytest.raises(ConversionError, match=r"test_classes\.py"):
        wg.grad(lambda x: x[0] * len(given(x)))(np.ones(2))
