"""Functions of one real or complex number, entry by entry, and those without a derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from wengert.graph import Primitive
from wengert.primitives.arithmetic import conj, exceeds, log, multiply, pairs, real, select

__all__ = ["CONSTANT", "absolute", "unary"]


def unary(
    name: str,
    ufunc: np.ufunc,
    differential: Callable[[Any, Any], Callable[[Any], Any]],
    domain: str,
    cite: str,
    low: float = -1.5,
    high: float = 1.5,
) -> Primitive:
    """Declare a function of one number; `differential(out, x)` is the map dx -> d out."""
    primitive = Primitive(name, elementwise=1, ufunc=ufunc, notation=f"{name}({{0}})", domain=domain, cite=cite)
    primitive.differential(lambda out, x: (differential(out, x),))
    primitive.samples(
        lambda r: ((r.uniform(low, high, 3),), {}),
        lambda r: ((r.uniform(low, high, (2, 3)),), {}),
        lambda r: ((r.uniform(low, high),), {}),
        lambda r: ((r.uniform(low, high, 3).astype(np.float32),), {}),
    )
    return primitive


LN2: Final = float(np.log(2.0))
LN10: Final = float(np.log(10.0))
DEGREE: Final = float(np.pi / 180.0)

exp = unary("exp", np.exp, lambda y, x: lambda dx: dx * y, "everywhere", "DLMF 4.7.8")
exp2 = unary("exp2", np.exp2, lambda y, x: lambda dx: dx * (y * LN2), "everywhere", "DLMF 4.7.8")
expm1 = unary("expm1", np.expm1, lambda y, x: lambda dx: dx * exp(x), "everywhere", "DLMF 4.7.8")
log2 = unary("log2", np.log2, lambda y, x: lambda dx: dx / (x * LN2), "x > 0", "DLMF 4.7.1", 0.2, 3)
log10 = unary("log10", np.log10, lambda y, x: lambda dx: dx / (x * LN10), "x > 0", "DLMF 4.7.1", 0.2, 3)
log1p = unary("log1p", np.log1p, lambda y, x: lambda dx: dx / (1 + x), "x > -1", "DLMF 4.7.1", -0.6, 3)
sqrt = unary("sqrt", np.sqrt, lambda y, x: lambda dx: dx * (0.5 / y), "x > 0", "d x^(1/2) = dx / (2 x^(1/2))",
             0.2, 3)  # fmt: skip
cbrt = unary("cbrt", np.cbrt, lambda y, x: lambda dx: dx * (1 / (3 * y * y)), "x != 0",
             "d x^(1/3) = dx / (3 x^(2/3))", 0.2, 3)  # fmt: skip
square = unary("square", np.square, lambda y, x: lambda dx: dx * (x + x), "everywhere", "d x^2 = 2 x dx")
reciprocal = unary("reciprocal", np.reciprocal, lambda y, x: lambda dx: dx * -(y * y), "x != 0",
                   "d (1/x) = -dx / x^2", 0.3, 2)  # fmt: skip
sin = unary("sin", np.sin, lambda y, x: lambda dx: dx * cos(x), "everywhere", "DLMF 4.20.1")
cos: Primitive = unary("cos", np.cos, lambda y, x: lambda dx: dx * -sin(x), "everywhere", "DLMF 4.20.2")
tan = unary("tan", np.tan, lambda y, x: lambda dx: dx * (1 + y * y), "cos x != 0", "DLMF 4.20.3", -1.2, 1.2)
arcsin = unary("arcsin", np.arcsin, lambda y, x: lambda dx: dx * (1 / _complement(x)), "|x| < 1",
               "DLMF 4.24.7", -0.8, 0.8)  # fmt: skip
arccos = unary("arccos", np.arccos, lambda y, x: lambda dx: dx * (-1 / _complement(x)), "|x| < 1",
               "DLMF 4.24.8", -0.8, 0.8)  # fmt: skip
arctan = unary("arctan", np.arctan, lambda y, x: lambda dx: dx * (1 / (1 + x * x)), "everywhere", "DLMF 4.24.9")
sinh = unary("sinh", np.sinh, lambda y, x: lambda dx: dx * cosh(x), "everywhere", "DLMF 4.34.1")
cosh: Primitive = unary("cosh", np.cosh, lambda y, x: lambda dx: dx * sinh(x), "everywhere", "DLMF 4.34.2")
tanh = unary("tanh", np.tanh, lambda y, x: lambda dx: dx * ((1 - y) * (1 + y)), "everywhere", "DLMF 4.34.3")
arcsinh = unary("arcsinh", np.arcsinh, lambda y, x: lambda dx: dx / _length_with_one(x), "everywhere",
                "DLMF 4.38.9")  # fmt: skip
arccosh = unary("arccosh", np.arccosh, lambda y, x: lambda dx: dx * (1 / (sqrt(x - 1) * sqrt(_plus_one(x)))), "x > 1",
                "DLMF 4.38.10", 1.2, 3)  # fmt: skip
arctanh = unary("arctanh", np.arctanh, lambda y, x: lambda dx: dx / ((1 - x) * (1 + x)), "|x| < 1",
                "DLMF 4.38.11", -0.8, 0.8)  # fmt: skip
deg2rad = unary("deg2rad", np.deg2rad, lambda y, x: lambda dx: dx * DEGREE, "everywhere", "a constant factor")
rad2deg = unary("rad2deg", np.rad2deg, lambda y, x: lambda dx: dx / DEGREE, "everywhere", "a constant factor")

absolute = Primitive("absolute", elementwise=1, ufunc=np.absolute, notation="abs({0})",
                     domain="x != 0; the derivative at 0 is taken as 0",
                     cite="d|x| = Re(conj(x) dx) / |x|")  # fmt: skip
absolute.samples(
    lambda r: ((r.normal(size=3),), {}),
    lambda r: ((r.normal(size=(2, 3)) + 1j * r.normal(size=(2, 3)),), {}),
)


@absolute.differential
def _d_absolute(out: Any, x: Any) -> Any:
    if x.dtype.kind != "c":
        return (lambda dx: dx * sign(x),)
    # at 0 numerator and denominator are constants, so that all higher derivatives are 0 too
    zero = out == 0
    direction = conj(select(zero, 0.0, x)) / select(zero, 1.0, out)
    return (lambda dx: real(dx * direction),)


arctan2 = Primitive("arctan2", elementwise=2, ufunc=np.arctan2, domain="(x, y) != (0, 0), where it is taken as 0",
                    cite="d atan2(y, x) = (x dy - y dx) / (x^2 + y^2)")  # fmt: skip
arctan2.samples(*pairs(0.3, 2))


@arctan2.differential
def _d_arctan2(out: Any, y: Any, x: Any) -> Any:
    y, x, length = _direction(y, x, hypot(y, x))
    # divided twice, since the square of the length may overflow or underflow
    return lambda dy: dy * (x / length / length), lambda dx: dx * (-y / length / length)


hypot = Primitive("hypot", elementwise=2, ufunc=np.hypot, domain="(x, y) != (0, 0), where it is taken as 0",
                  cite="d sqrt(x^2 + y^2) = (x dx + y dy) / sqrt(x^2 + y^2)")  # fmt: skip
hypot.samples(*pairs(0.3, 2))


@hypot.differential
def _d_hypot(out: Any, x: Any, y: Any) -> Any:
    x, y, length = _direction(x, y, out)
    return lambda dx: dx * (x / length), lambda dy: dy * (y / length)


def _direction(x: Any, y: Any, length: Any) -> tuple[Any, Any, Any]:
    """A vector and its length; the constants (0, 0) and 1 at the origin, where all derivatives are taken as 0."""
    zero = length == 0
    return select(zero, 0.0, x), select(zero, 0.0, y), select(zero, 1.0, length)


def _complement(x: Any) -> Any:
    """sqrt(1 - x^2); for complex numbers on the cuts the root on the side that the sign of a zero says."""
    return sqrt(-(x - 1)) * sqrt(_plus_one(x)) if x.dtype.kind == "c" else sqrt((1 - x) * (1 + x))


def _length_with_one(x: Any) -> Any:
    """sqrt(x^2 + 1), for real numbers without overflow."""
    return sqrt(_plus_one(x * x)) if x.dtype.kind == "c" else hypot(x, 1.0)


def _plus_one(x: Any) -> Any:
    """`x + 1`, which keeps an imaginary part of -0: adding the +0 of a complex one would turn it."""
    return -(-x - 1) if x.dtype.kind == "c" else x + 1


logaddexp = Primitive("logaddexp", elementwise=2, ufunc=np.logaddexp, domain="everywhere",
                      cite="d log(e^x + e^y) = (e^x dx + e^y dy) / (e^x + e^y)")  # fmt: skip
logaddexp.differential(lambda out, x, y: (lambda dx: dx * _weight(x, out, y), lambda dy: dy * _weight(y, out, x)))
logaddexp.samples(*pairs())

logaddexp2 = Primitive("logaddexp2", elementwise=2, ufunc=np.logaddexp2, domain="everywhere",
                       cite="d log2(2^x + 2^y) = (2^x dx + 2^y dy) / (2^x + 2^y)")  # fmt: skip
logaddexp2.differential(
    lambda out, x, y: (lambda dx: dx * _weight(x, out, y, exp2), lambda dy: dy * _weight(y, out, x, exp2))
)
logaddexp2.samples(*pairs())


def _weight(x: Any, out: Any, y: Any, exponential: Any = exp) -> Any:
    """e^x / (e^x + e^y) = e^(x - out); where all is infinite, the share in the limit, one half each at a tie."""
    half = -LN2 if exponential is exp else -1.0
    infinite = absolute(out) == np.inf
    limit = select(infinite & (x == out), 0.0, select(infinite, -np.inf, x - out))
    return exponential(select(infinite & (x == y), half, limit))


def _d_extremum_of_numbers(wins: Any) -> Any:
    """Of two values one of which is no number the other one counts, as in NumPy."""

    def share(tangent: Any, mine: Any, other: Any) -> Any:
        alone = wins(mine, other) | CONSTANT["isnan"](other)
        return select(alone, tangent, select(mine == other, 0.5 * tangent, 0.0))

    return lambda out, x, y: (lambda dx: share(dx, x, y), lambda dy: share(dy, y, x))


fmax = Primitive("fmax", elementwise=2, ufunc=np.fmax, domain="everywhere; half to each where x == y",
                 cite="Clarke, Optimization and Nonsmooth Analysis, 2.3.12")  # fmt: skip
fmax.differential(_d_extremum_of_numbers(exceeds))
fmax.samples(*pairs())
fmin = Primitive("fmin", elementwise=2, ufunc=np.fmin, domain="everywhere; half to each where x == y",
                 cite="Clarke, Optimization and Nonsmooth Analysis, 2.3.12")  # fmt: skip
fmin.differential(_d_extremum_of_numbers(lambda x, y: exceeds(y, x)))
fmin.samples(*pairs())

remainder = Primitive("remainder", elementwise=2, ufunc=np.remainder, infix="%", notation="{0} % {1}",
                      domain="x / y not whole", cite="x mod y = x - floor(x / y) y")  # fmt: skip
remainder.differential(lambda out, x, y: (lambda dx: dx, lambda dy: dy * -floor_divide(x, y)))
remainder.samples(lambda r: ((r.uniform(3.2, 3.8, 3), r.uniform(1.1, 1.5, 3)), {}))

fmod = Primitive("fmod", elementwise=2, ufunc=np.fmod, domain="x / y not whole",
                 cite="fmod(x, y) = x - trunc(x / y) y")  # fmt: skip
fmod.differential(lambda out, x, y: (lambda dx: dx, lambda dy: dy * -CONSTANT["rint"]((x - out) / y)))
fmod.samples(lambda r: ((r.uniform(-3.8, -3.2, 3), r.uniform(1.1, 1.5, 3)), {}))

copysign = Primitive("copysign", elementwise=2, ufunc=np.copysign, domain="x != 0; constant in y",
                     cite="copysign(x, y) = |x| sign(y)")  # fmt: skip
copysign.differential(lambda out, x, y: (lambda dx: dx * (sign(x) * copysign(1.0, y)), None))
copysign.samples(*pairs())

ldexp = Primitive("ldexp", elementwise=2, ufunc=np.ldexp, linear="separately", notation="{0} 2**{1}",
                  domain="everywhere; the exponent is whole", cite="linear in its first argument")  # fmt: skip
ldexp.transpose(0)(lambda g, x, exponent: ldexp(g, exponent))
ldexp.samples(lambda r: ((r.normal(size=3), r.integers(-3, 4, 3)), {}),
              lambda r: ((r.normal(size=(2, 1)), r.integers(-3, 4, 3)), {}))  # fmt: skip
heaviside = Primitive("heaviside", elementwise=2, ufunc=np.heaviside, domain="x != 0, or constant x",
                      cite="heaviside(0, h) = h")  # fmt: skip
heaviside.differential(lambda out, x, h: (None, lambda dh: select(x == 0, dh, 0.0)))
heaviside.samples(*pairs())
nextafter = Primitive("nextafter", elementwise=2, ufunc=np.nextafter, domain="everywhere; constant in the second",
                      cite="x up to rounding")  # fmt: skip
nextafter.differential(lambda out, x, y: (lambda dx: dx, None))
nextafter.samples(*pairs())

CONSTANT: Final[dict[str, Primitive]] = {}


def _constant(ufunc: np.ufunc, infix: str | None = None, notation: str = "") -> Primitive:
    """Declare an operation that is constant almost everywhere, or has no number as its result."""
    primitive = Primitive(
        ufunc.__name__, elementwise=ufunc.nin, ufunc=ufunc, infix=infix, notation=notation, differentiable=False,
        domain="everywhere; constant", cite="locally constant",
    )  # fmt: skip
    CONSTANT[primitive.name] = primitive
    return primitive


_ufunc: Any
for _ufunc, _infix in (
    (np.greater, ">"), (np.greater_equal, ">="), (np.less, "<"), (np.less_equal, "<="), (np.equal, "=="),
    (np.not_equal, "!="),
):  # fmt: skip
    _constant(_ufunc, _infix, f"{{0}} {_infix} {{1}}").samples(*pairs())
for _ufunc in (
    np.floor, np.ceil, np.rint, np.trunc, np.sign, np.isnan, np.isfinite, np.isinf, np.signbit, np.logical_not,
    np.spacing,
):  # fmt: skip
    _constant(_ufunc).samples(lambda r: ((r.normal(size=3),), {}), lambda r: ((r.normal(size=(2, 3)),), {}))
for _ufunc in (np.logical_and, np.logical_or, np.logical_xor):
    _constant(_ufunc).samples(*pairs())
for _ufunc, _infix in ((np.bitwise_and, "&"), (np.bitwise_or, "|"), (np.bitwise_xor, "^")):
    _constant(_ufunc, _infix, f"{{0}} {_infix} {{1}}").samples(
        lambda r: ((r.normal(size=3) > 0, r.normal(size=3) > 0), {})
    )
for _ufunc in (np.gcd, np.lcm):
    _constant(_ufunc).samples(lambda r: ((r.integers(1, 30, 3), r.integers(1, 30, 3)), {}))
_constant(np.bitwise_count).samples(lambda r: ((r.integers(1, 30, 3),), {}))
for _shift, _infix in ((np.left_shift, "<<"), (np.right_shift, ">>")):
    _constant(_shift, _infix, f"{{0}} {_infix} {{1}}").samples(
        lambda r: ((r.integers(1, 9, 3), r.integers(1, 4, 3)), {})
    )
_constant(np.invert).samples(lambda r: ((r.normal(size=3) > 0,), {}))
binary_exponent = Primitive("binary_exponent", elementwise=1, differentiable=False, notation="frexp({0})[1]",
                            domain="everywhere; constant", cite="locally constant")  # fmt: skip
binary_exponent.evaluate(lambda xp, x: xp.frexp(x)[1])
binary_exponent.dtype(lambda x: np.dtype(np.intc))
binary_exponent.samples(lambda r: ((r.normal(size=3),), {}))
CONSTANT["binary_exponent"] = binary_exponent
sign: Primitive = CONSTANT["sign"]
floor_divide: Primitive = _constant(np.floor_divide, "//", "{0} // {1}")
floor_divide.samples(*pairs(0.5, 2))

__all__ += ["exp", "floor_divide", "log", "multiply", "sign", "sqrt"]
