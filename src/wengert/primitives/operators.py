"""The operators and ufuncs of traced values, each served by its primitive."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from wengert.errors import MutationError
from wengert.graph import REGISTRY, Operand, bind, locate, typed_params
from wengert.primitives import arithmetic, contraction, elementwise
from wengert.primitives.arithmetic import convert, power, power_constant
from wengert.tracing import FUNCTIONS, UFUNCS, Tracer, as_operand, beneath, binary, method, type_of, unary
from wengert.tracing.recording import defers_to

__all__: list[str] = []

_FLOAT = (float,)

for _name, _primitive in {
    "add": arithmetic.add, "sub": arithmetic.subtract, "mul": arithmetic.multiply, "truediv": arithmetic.divide,
    "mod": elementwise.remainder, "floordiv": elementwise.floor_divide, "matmul": contraction.matmul,
    "lshift": REGISTRY["left_shift"], "rshift": REGISTRY["right_shift"],
    "and": REGISTRY["bitwise_and"], "or": REGISTRY["bitwise_or"], "xor": REGISTRY["bitwise_xor"],
}.items():  # fmt: skip
    binary(_name, _primitive)
for _name, _primitive in {
    "lt": REGISTRY["less"], "le": REGISTRY["less_equal"], "gt": REGISTRY["greater"],
    "ge": REGISTRY["greater_equal"], "eq": REGISTRY["equal"], "ne": REGISTRY["not_equal"],
}.items():  # fmt: skip
    binary(_name, _primitive, reflected=False)

for _name, _primitive in {
    "neg": arithmetic.negative, "pos": arithmetic.positive, "abs": elementwise.absolute, "invert": REGISTRY["invert"],
}.items():  # fmt: skip
    unary(_name, _primitive)

for _primitive in list(REGISTRY.values()):
    if isinstance(_primitive.ufunc, np.ufunc):
        UFUNCS[_primitive.ufunc] = _primitive
UFUNCS[np.degrees] = REGISTRY["rad2deg"]
UFUNCS[np.radians] = REGISTRY["deg2rad"]
UFUNCS[np.fabs] = REGISTRY["absolute"]


@method("__pow__")
def _pow(x: Tracer, exponent: Any) -> Any:
    if exponent.__class__ is int:
        if x.is_view:
            x.refresh()
        return x.recording.unary(power_constant, x, (exponent,))
    if exponent.__class__ is float:
        if x.is_view:
            x.refresh()
        return x.recording.unary(power_constant, x, (exponent, _FLOAT))
    return NotImplemented if defers_to(exponent, "__rpow__") else bind(power, (x, as_operand(exponent)))


@method("__rpow__")
def _rpow(x: Tracer, base: Any) -> Any:
    return bind(power, (as_operand(base), x))


@method("__divmod__")
def _divmod(x: Tracer, y: Any) -> Any:
    return x // y, x % y


def _np_power(x: Any, exponent: Any) -> Any:
    if exponent.__class__ in (int, float):
        return bind(power_constant, (_strong(x),), typed_params((exponent,)))
    x, exponent = as_operand(x), as_operand(exponent)
    if isinstance(exponent, np.generic):
        # the operator of NumPy 2.0 keeps the precision of an array
        x = _in_dtype(x, np.result_type(1 if type_of(x).weak else type_of(x).dtype, exponent.dtype))
    # a Python number yields to the other operand, unless that is one too
    both = type_of(x).weak and type_of(exponent).weak
    return bind(power, (_strong(x), exponent) if both else (x, exponent))


def _float_power(x: Any, exponent: Any) -> Any:
    x, exponent = as_operand(x), as_operand(exponent)
    dtype = np.result_type(type_of(x).dtype, type_of(exponent).dtype, np.float64)
    if exponent.__class__ in (int, float):
        return bind(power_constant, (_in_dtype(x, dtype),), typed_params((exponent,)))
    return bind(power, (_in_dtype(x, dtype), _in_dtype(exponent, dtype)))


def _np_sign(x: Any) -> Any:
    """Constant for real numbers; z / |z| for complex ones, which turns with z, and 0 with all derivatives at 0."""
    if type_of(x).dtype.kind != "c":
        return bind(elementwise.sign, (x,))
    size = bind(elementwise.absolute, (x,))
    zero = size == 0
    return arithmetic.select(zero, 0.0, x) / arithmetic.select(zero, 1.0, size)


UFUNCS[np.power] = _np_power
UFUNCS[np.float_power] = _float_power
UFUNCS[np.sign] = _np_sign


def _in_dtype(x: Any, dtype: np.dtype[Any]) -> Any:
    kind = type_of(x)
    return bind(convert, (x,), (dtype,)) if kind.weak or kind.dtype != dtype else x


def _strong(x: Any) -> Any:
    """A Python number as a NumPy scalar, whose dtype counts."""
    kind = type_of(x)
    if not kind.weak:
        return x
    return bind(convert, (x,), (kind.dtype,)) if isinstance(x, Operand) else kind.dtype.type(x)


FUNCTIONS["strong"] = _strong


def _number(x: Any) -> Any:
    """A traced scalar as a Python number, whose dtype yields; anything else as it is."""
    if not isinstance(x, Operand) or x.type.weak or x.type.kind not in "fc":
        return x
    dtype = _COMPLEX if x.type.kind == "c" else _DOUBLE
    if np.ndim(beneath(x)):
        # the scalars of a batch are an array
        return _in_dtype(x, dtype)
    if x.is_view:
        x.refresh()
    return x.recording.unary(arithmetic.number, x, (dtype,))


_DOUBLE, _COMPLEX = np.dtype(np.float64), np.dtype(np.complex128)
FUNCTIONS["number"] = _number


def write_into(out: Any, result: Any) -> Any:
    """Serve an `out=` argument: write a traced result where the caller asks."""
    target = out[0] if isinstance(out, tuple) else out
    if not isinstance(target, Tracer):
        _refuse_plain_target(target)
    target[...] = result  # type: ignore[index]
    return target


def _refuse_plain_target(target: Any) -> NoReturn:
    place = locate(3)
    raise MutationError(
        f"a traced result was to be written into a plain NumPy array of shape {np.shape(target)}"
        f"{f' at {place}' if place else ''}, which cannot hold its derivative. Write `a = a + x` instead of "
        f"`a += x`, or make the array with `import wengert.numpy as np`."
    )


def _ufunc_with_options(primitive: Any, *inputs: Any, out: Any = None, where: Any = True, dtype: Any = None,
                        order: Any = None, casting: Any = None, subok: Any = None) -> Any:  # fmt: skip
    result = primitive(*[_strong(as_operand(x)) for x in inputs])
    if dtype is not None:
        result = bind(convert, (result,), (np.dtype(dtype),))
    if where is not True:
        if out is None:
            raise TypeError("got an argument 'where' without 'out', which leaves entries undefined")
        target = out[0] if isinstance(out, tuple) else out
        result = arithmetic.select(where, result, target)
    return result if out is None else write_into(out, result)


FUNCTIONS["ufunc with options"] = _ufunc_with_options
