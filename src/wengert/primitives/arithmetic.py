"""Sums, products, quotients, powers, and the choice between two values."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import UndefinedDerivativeError
from wengert.graph import Primitive

__all__ = [
    "add",
    "compose",
    "conj",
    "constant",
    "convert",
    "divide",
    "exceeds",
    "imag",
    "log",
    "maximum",
    "minimum",
    "moving_as",
    "multiply",
    "negative",
    "number",
    "positive",
    "power",
    "power_constant",
    "real",
    "scale",
    "select",
    "subtract",
    "zero_times",
]


def pairs(low: float = -2.0, high: float = 2.0) -> list[Any]:
    """Samples for a binary operation: equal shapes, broadcasting both ways, scalars, float32."""

    def sample(left: tuple[int, ...], right: tuple[int, ...], dtype: Any = np.float64) -> Any:
        def draw(rng: np.random.Generator) -> Any:
            x, y = rng.uniform(low, high, left), rng.uniform(low, high, right)
            return (np.asarray(x, dtype)[()], np.asarray(y, dtype)[()]), {}

        return draw

    return [
        sample((3,), (3,)),
        sample((2, 3), (3,)),
        sample((), (2, 1)),
        sample((2, 1), (1, 3)),
        sample((), ()),
        sample((3,), (3,), np.float32),
    ]


add = Primitive("add", elementwise=2, ufunc=np.add, infix="+", linear="jointly", notation="{0} + {1}",
                domain="everywhere", cite="d(x + y) = dx + dy")  # fmt: skip
add.differential(lambda out, x, y: (lambda dx: dx, lambda dy: dy))
add.transpose()(lambda argument, g, x, y: g)
add.samples(*pairs())

subtract = Primitive("subtract", elementwise=2, ufunc=np.subtract, infix="-", linear="jointly",
                     notation="{0} - {1}", domain="everywhere", cite="d(x - y) = dx - dy")  # fmt: skip
subtract.differential(lambda out, x, y: (lambda dx: dx, lambda dy: -dy))
subtract.transpose(0)(lambda g, x, y: g)
subtract.transpose(1)(lambda g, x, y: -g)
subtract.samples(*pairs())

negative = Primitive("negative", elementwise=1, ufunc=np.negative, infix="-", linear="jointly", notation="-{0}",
                     domain="everywhere", cite="d(-x) = -dx")  # fmt: skip
negative.differential(lambda out, x: (lambda dx: -dx,))
negative.transpose(0)(lambda g, x: -g)
negative.samples(lambda r: ((r.normal(size=3),), {}), lambda r: ((r.normal(size=(2, 3)),), {}))

positive = Primitive("positive", elementwise=1, ufunc=np.positive, infix="+", linear="jointly", notation="+{0}",
                     domain="everywhere", cite="d(+x) = dx")  # fmt: skip
positive.differential(lambda out, x: (lambda dx: dx,))
positive.transpose(0)(lambda g, x: g)
positive.samples(lambda r: ((r.normal(size=3),), {}), lambda r: ((r.normal(size=(2, 3)),), {}))

constant = Primitive("constant", elementwise=1, differentiable=False, notation="{0}",
                     domain="everywhere; constant by declaration", cite="declared constant")  # fmt: skip
constant.evaluate(lambda xp, x: x)
constant.samples(lambda r: ((r.normal(size=3),), {}))

multiply = Primitive("multiply", elementwise=2, ufunc=np.multiply, infix="*", linear="separately",
                     notation="{0} * {1}", domain="everywhere", cite="d(x y) = dx y + x dy")  # fmt: skip
multiply.transpose(0)(lambda g, x, y: g * y)
multiply.transpose(1)(lambda g, x, y: g * x)
multiply.samples(*pairs())

divide = Primitive("divide", elementwise=2, ufunc=np.divide, infix="/", linear="separately", notation="{0} / {1}",
                   domain="y != 0", cite="d(x / y) = (dx - (x / y) dy) / y")  # fmt: skip
divide.differential(lambda out, x, y: (lambda dx: dx / y, lambda dy: dy * (-out / y)))
divide.transpose(0)(lambda g, x, y: g / y)
divide.samples(*pairs(0.5, 2.0))


scale = Primitive("scale", elementwise=2, linear="separately", notation="{0} * {1}", domain="everywhere",
                  shapes="a derivative and what it is multiplied by, which broadcast",
                  cite="the chain rule: a derivative that is zero stays zero, whatever moves beside it")  # fmt: skip
scale.evaluate(lambda xp, x, y: x * y)
scale.transpose(0)(lambda g, x, y: g * y)
scale.transpose(1)(lambda g, x, y: scale(x, g))
scale.samples(*pairs())


@multiply.annihilate(0)
@scale.annihilate(0)
def zero_times(x: Any, y: Any) -> Any:
    """The product of the linear x with y, in which 0 times infinity is 0 on either side, so that both modes agree."""
    return _product_with_zeros(x, y, (y == 0) & (abs(x) == np.inf))


@scale.annihilate(1)
def _moved_beside_zero(x: Any, y: Any) -> Any:
    # here y is linear, and x a derivative further in: a zero of it says that all this is not used, NaN included
    return _product_with_zeros(y, x, (x == 0) & ~(abs(y) < np.inf))


def _product_with_zeros(x: Any, y: Any, spent: Any) -> Any:
    limits = np.finfo(x.dtype)
    # only what is not finite is replaced: a zero may still move, and then the finite factor is its derivative
    linear = select(spent, 0.0, x)
    factor = select((x == 0) & ~(abs(y) < np.inf), limits.dtype.type(0), y)
    product = scale(linear, factor)
    # what has become small beyond measure is no true zero: it stays, and its meeting with an infinity is undefined
    fainted = (product == 0) & (linear != 0) & (factor != 0)
    met = (x != 0) & (abs(x) < limits.tiny / limits.eps**0.5) & (abs(y) == np.inf)
    return select(met, _undefined(x, y), select(fainted, limits.tiny, product))


@multiply.annihilate(1)
def _times_zero(x: Any, y: Any) -> Any:
    return zero_times(y, x)


@divide.annihilate(0)
def _zero_over(x: Any, y: Any) -> Any:
    limits, zero = np.finfo(x.dtype), x == 0
    divisor = select(zero & ((y == 0) | ~(abs(y) < np.inf)), limits.dtype.type(np.inf), y)
    quotient = select(zero, scale(x, 1.0 / divisor), x / divisor)
    crushed = (x != 0) & (abs(x) < np.inf) & (abs(y) == np.inf)
    # at a pole the function is infinite itself, and no zero may make its derivative look finite
    pole = (x != 0) & (y == 0)
    return select(pole, _undefined(x, y), select(crushed, limits.tiny, quotient))


def _undefined(x: Any, y: Any) -> Any:
    """NaN whose derivatives are NaN too."""
    return np.nan * (x + y)


power = Primitive("power", elementwise=2, ufunc=np.power, infix="**", notation="{0} ** {1}",
                  domain="x > 0, or x != 0 in the first argument; 0**y counts as constant in y",
                  cite="d(x^y) = y x^(y-1) dx + x^y log x dy")  # fmt: skip
power.samples(*pairs(0.5, 2.0))
power.prepare(lambda xp: _real_power)


def _real_power(x: Any, y: Any) -> Any:
    """`x ** y`, refused where Python would leave the real numbers without a word."""
    result = x**y
    if result.__class__ is complex and x.__class__ is float and y.__class__ is not complex:
        raise UndefinedDerivativeError(
            f"({x!r}) ** {y!r} is complex in Python, so the function is not real here; give numpy.float64({x!r}), for "
            f"which it is nan, or a complex number"
        )
    return result


@power.differential
def _d_power(out: Any, x: Any, y: Any) -> Any:
    # x = 0 makes x^y constant in y, in all orders, so that second derivatives are symmetric; 0^0 counts as constant
    # in x too: neither may meet the other's infinity
    zero = x == 0

    def in_base(dx: Any) -> Any:
        exponent = select(zero, constant(y), y)
        return dx * (exponent * x ** select(zero & (exponent == 0), 1.0, exponent - 1))

    # a negative base has a logarithm where the exponent is complex
    base = convert(x, dtype=out.dtype) if out.dtype.kind == "c" and x.dtype.kind != "c" else x
    return in_base, lambda dy: dy * (select(zero, 0.0, out) * log(select(zero, 1.0, base)))


power_constant = Primitive("power_constant", elementwise=1, params=("exponent",), notation="{0} ** {exponent}",
                           domain="x > 0, or any x for a whole exponent >= 0; x**0 is constant",
                           cite="d(x^p) = p x^(p-1) dx")  # fmt: skip
power_constant.prepare(
    lambda xp, *, exponent: (
        (lambda x: x**exponent) if float(exponent).is_integer() else lambda x: _real_power(x, exponent)
    )
)
power_constant.dtype(lambda x, *, exponent: np.result_type(float(1) if x.weak else x.dtype, exponent))
power_constant.samples(
    lambda r: ((r.normal(size=3),), {"exponent": 2}),
    lambda r: ((r.normal(size=(2, 3)),), {"exponent": 3}),
    lambda r: ((r.normal(size=3),), {"exponent": 0}),
    lambda r: ((r.normal(size=3),), {"exponent": 1}),
    lambda r: ((r.uniform(0.5, 2, size=3),), {"exponent": -1.5}),
    lambda r: ((r.uniform(0.5, 2, size=3).astype(np.float32),), {"exponent": 0.5}),
)


@power_constant.differential
def _d_power_constant(out: Any, x: Any, *, exponent: float) -> Any:
    if exponent == 0:
        return (None,)
    if exponent == 1:
        return (lambda dx: dx,)
    if exponent == 2:
        return (lambda dx: dx * (x + x),)
    return (lambda dx: dx * (exponent * x ** (exponent - 1)),)


log = Primitive("log", elementwise=1, ufunc=np.log, notation="log({0})", domain="x > 0",
                cite="d log x = dx / x; DLMF 4.7.1")  # fmt: skip
log.differential(lambda out, x: (lambda dx: dx / x,))
log.samples(lambda r: ((r.uniform(0.2, 3, size=3),), {}), lambda r: ((r.uniform(0.2, 3),), {}))

select = Primitive("select", elementwise=3, linear="jointly", notation="where({args})",
                   domain="everywhere; constant in the condition",
                   cite="d where(c, x, y) = where(c, dx, dy)")  # fmt: skip
select.evaluate(lambda xp, condition, x, y: xp.where(condition, x, y))
select.differential(lambda out, c, x, y: (None, lambda dx: select(c, dx, 0.0), lambda dy: select(c, 0.0, dy)))
select.transpose(1)(lambda g, c, x, y: select(c, g, 0.0))
select.transpose(2)(lambda g, c, x, y: select(c, 0.0, g))
select.samples(
    lambda r: ((r.normal(size=3) > 0, r.normal(size=3), r.normal(size=3)), {}),
    lambda r: ((r.normal(size=(2, 1)) > 0, r.normal(size=3), r.normal()), {}),
    lambda r: ((np.bool_(True), r.normal(size=3), r.normal(size=(2, 1))), {}),
)


@select.dtype
def _select_dtype(condition: Any, x: Any, y: Any) -> np.dtype[Any]:
    kinds = {"f": float, "c": complex, "i": int, "b": bool}
    return np.result_type(*(kinds[t.dtype.kind](1) if t.weak else t.dtype for t in (x, y)))


moving_as = Primitive("moving_as", elementwise=2, register=False, notation="{0}", domain="everywhere",
                      shapes="a value, and of the same shape and dtype what moves as the value does",
                      cite="a value found by cases has the derivative of the formula behind them")  # fmt: skip
moving_as.evaluate(lambda xp, value, formula: xp.broadcast_to(value, np.broadcast_shapes(value.shape, formula.shape)))
moving_as.differential(lambda out, value, formula: (None, lambda d: d))


def exceeds(x: Any, y: Any) -> Any:
    """Whether x > y in the order of NumPy, which has complex numbers by their real parts first; Python has none."""
    return comparable(x) > comparable(y)


def comparable(x: Any) -> Any:
    """A number that may be compared with another one."""
    return convert(x, dtype=np.dtype(complex)) if x.type.weak and x.dtype.kind == "c" else x


def _d_extremum(wins: Any) -> Any:
    def rule(out: Any, x: Any, y: Any) -> Any:
        def share(tangent: Any, mine: Any, other: Any) -> Any:
            # where both are equal each takes half: the subgradient of smallest norm
            return select(wins(mine, other), tangent, select(mine == other, 0.5 * tangent, 0.0))

        return lambda dx: share(dx, x, y), lambda dy: share(dy, y, x)

    return rule


maximum = Primitive("maximum", elementwise=2, ufunc=np.maximum, domain="everywhere; half to each where x == y",
                    cite="Clarke, Optimization and Nonsmooth Analysis, 2.3.12")  # fmt: skip
maximum.differential(_d_extremum(exceeds))
maximum.samples(*pairs())
minimum = Primitive("minimum", elementwise=2, ufunc=np.minimum, domain="everywhere; half to each where x == y",
                    cite="Clarke, Optimization and Nonsmooth Analysis, 2.3.12")  # fmt: skip
minimum.differential(_d_extremum(lambda x, y: exceeds(y, x)))
minimum.samples(*pairs())

convert = Primitive("convert", elementwise=1, params=("dtype",), linear="jointly", notation="{0}.astype({dtype})",
                    domain="everywhere; from complex to real it takes the real part",
                    cite="a change of precision is the identity up to rounding")  # fmt: skip


@convert.evaluate
def _convert_value(xp: Any, x: Any, *, dtype: np.dtype[Any]) -> Any:
    if isinstance(x, np.ndarray):
        return (x.real if x.dtype.kind == "c" and dtype.kind != "c" else x).astype(dtype)
    return dtype.type(x.real if np.iscomplexobj(x) and dtype.kind != "c" else x)


convert.dtype(lambda x, *, dtype: dtype)
convert.differential(
    lambda out, x, *, dtype: (None if dtype.kind not in "fc" else lambda dx: convert(dx, dtype=dtype),)
)
convert.transpose(0)(lambda g, x, *, dtype: convert(g, dtype=x.dtype))
convert.samples(
    lambda r: ((r.normal(size=3),), {"dtype": np.dtype(np.float32)}),
    lambda r: ((r.normal(size=3).astype(np.float32),), {"dtype": np.dtype(np.float64)}),
)


number = Primitive("number", elementwise=1, params=("dtype",), linear="jointly", gives_numbers=True,
                   notation="float({0})", domain="everywhere",
                   shapes="a scalar -> a Python number, whose dtype yields to that of an array; in a batch, arrays",
                   cite="a change of precision is the identity up to rounding")  # fmt: skip


@number.evaluate
def _number_value(xp: Any, x: Any, *, dtype: np.dtype[Any]) -> Any:
    if isinstance(x, np.ndarray) and x.shape:
        # the scalars of a batch
        return x.astype(dtype)
    return complex(x) if dtype.kind == "c" else float(x)


number.dtype(lambda x, *, dtype: dtype)
# a conversion even where the dtypes agree: a cotangent may be a Python number, too
number.differential(lambda out, x, *, dtype: (lambda dx: convert(dx, dtype=dtype),))
number.transpose(0)(lambda g, x, *, dtype: convert(g, dtype=x.dtype))
number.samples(
    lambda r: ((r.normal(),), {"dtype": np.dtype(np.float64)}),
    lambda r: ((np.float32(r.normal()),), {"dtype": np.dtype(np.float64)}),
)

conj = Primitive("conj", elementwise=1, ufunc=np.conjugate, linear="jointly", domain="everywhere",
                 cite="linear over the reals")  # fmt: skip
conj.differential(lambda out, x: (lambda dx: conj(dx),))
conj.transpose(0)(lambda g, x: conj(g))
real = Primitive("real", elementwise=1, linear="jointly", domain="everywhere", cite="linear over the reals")
real.evaluate(lambda xp, x: xp.real(x))
real.dtype(lambda x: np.zeros((), x.dtype).real.dtype)
real.differential(lambda out, x: (lambda dx: real(dx),))
# the pairing is Re sum(g dx), so that Re z has the adjoint g and Im z = Re(-i z) the adjoint -i g
real.transpose(0)(lambda g, x: g)
imag = Primitive("imag", elementwise=1, linear="jointly", domain="everywhere", cite="linear over the reals")
imag.evaluate(lambda xp, x: xp.imag(x))
imag.dtype(lambda x: np.zeros((), x.dtype).real.dtype)
imag.differential(lambda out, x: (lambda dx: imag(dx),))
imag.transpose(0)(lambda g, x: g * -1j if x.dtype.kind == "c" else 0.0 * g)
compose = Primitive("compose", elementwise=2, linear="jointly", notation="{0} + i {1}", domain="everywhere",
                    shapes="the real and the imaginary part -> the complex number",
                    cite="d(x + i y) = dx + i dy")  # fmt: skip
compose.dtype(lambda x, y: np.result_type(_select_dtype(None, x, y), np.complex64))
compose.differential(lambda out, x, y: (lambda dx: compose(dx, 0.0), lambda dy: compose(0.0, dy)))
compose.transpose(0)(lambda g, x, y: real(g))
compose.transpose(1)(lambda g, x, y: -imag(g))
compose.samples(*pairs())


@compose.evaluate
def _compose_value(xp: Any, x: Any, y: Any) -> Any:
    # filled by parts: the product of i and an infinity would hold a NaN
    out = np.empty(np.broadcast_shapes(np.shape(x), np.shape(y)), np.result_type(x, y, np.complex64))
    out.real, out.imag = x, y
    return out[()]


for _part in (conj, real, imag):
    _part.samples(
        lambda r: ((r.normal(size=3),), {}),
        lambda r: ((r.normal(size=3) + 1j * r.normal(size=3),), {}),
    )
