"""How a function of `scipy.special` is declared: one line says its value, its derivatives, its domain and source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import scipy.special

from wengert.errors import UnsupportedError
from wengert.graph import Primitive, locate
from wengert.primitives.access import cast
from wengert.primitives.arithmetic import select
from wengert.tracing import UFUNCS, as_operand, type_of

__all__ = [
    "SPECIAL",
    "as_complex",
    "between",
    "declare",
    "floating",
    "guarded",
    "implement",
    "integer_step",
    "library",
    "number",
]

# typed as `Any`: the stubs do not know the private functions, and distinguish loops that do not matter here
library: Final[Any] = scipy.special

# the functions by the names that SciPy gives them
SPECIAL: Final[dict[str, Any]] = {}

Rate = Callable[..., Any] | str | None
Range = tuple[float, float] | range


def between(*ranges: Range, complex_numbers: bool = False, length: int = 3) -> list[Any]:
    """Samples with one range per operand, of whole numbers if it is a `range`: vectors, broadcasting, scalars."""

    def draw(rng: np.random.Generator, bounds: Range, shape: tuple[int, ...], dtype: Any) -> Any:
        if isinstance(bounds, range):
            # small enough for single precision to stay single
            return np.asarray(rng.integers(bounds.start, bounds.stop, shape), np.int8)[()]
        drawn = rng.uniform(*bounds, shape)
        if complex_numbers:
            return np.asarray(drawn + 1j * rng.uniform(0.3, 0.8, shape), np.result_type(dtype, np.complex64))[()]
        return np.asarray(drawn, dtype)[()]

    def sample(shapes: Any, dtype: Any = np.float64) -> Any:
        return lambda rng: (
            tuple(draw(rng, bounds, shapes(place), dtype) for place, bounds in enumerate(ranges)),
            {},
        )

    return [
        sample(lambda place: (length,)),
        sample(lambda place: (length,) if place % 2 else (2, 1) if len(ranges) > 1 else (2, length)),
        sample(lambda place: ()),
        sample(lambda place: (length,), np.float32),
    ]


def declare(
    name: str,
    function: Callable[..., Any],
    *rates: Rate,
    ranges: tuple[Range, ...],
    domain: str,
    cite: str,
    outputs: int = 1,
    params: tuple[str, ...] = (),
    settings: tuple[dict[str, Any], ...] = (),
    holomorphic: bool = False,
    complex_samples: bool = False,
    finite: bool = False,
    draws: int = 4,
    length: int = 3,
    register: bool = True,
) -> Primitive:
    """Declare an elementwise function.

    There is one rate per operand: the derivative as a function of the result, the operands and the parameters (a
    tuple of derivatives where there are several results); None where it is constant; a text where it is refused,
    which says of what. `holomorphic` functions take complex numbers, all others refuse them. Where `finite`, SciPy
    hangs on an argument that is not, and the result is NaN. `draws` limits the samples of a setting, and `length` their
    entries, where an evaluation takes long.
    """
    count = len(rates)
    primitive = Primitive(
        name,
        elementwise=0 if outputs > 1 else count,
        signature=None if outputs == 1 else f"{','.join(['()'] * count)}->{','.join(['()'] * outputs)}",
        params=params,
        outputs=outputs,
        ufunc=function if isinstance(function, np.ufunc) else None,
        notation=f"{name}({{args}})",
        domain=domain,
        cite=cite,
        differentiable=any(rate is not None for rate in rates),
    )
    primitive.evaluate(_guarded(name, function, holomorphic, finite))
    # whole numbers, such as orders, do not count: with them SciPy turns single precision into double
    primitive.dtype(lambda *types, **named: (_floating(types),) * outputs if outputs > 1 else _floating(types))
    if primitive.differentiable:
        primitive.differential(_differential(name, rates, outputs))
    for setting in settings or ({},):
        primitive.samples(
            *(
                _with(sample, setting)
                for sample in between(*ranges, complex_numbers=complex_samples, length=length)[:draws]
            )
        )
    if register:
        SPECIAL[name] = primitive
        if isinstance(function, np.ufunc):
            UFUNCS[function] = primitive
    return primitive


def _with(sample: Any, setting: dict[str, Any]) -> Any:
    return lambda rng: (sample(rng)[0], setting)


def _guarded(name: str, function: Callable[..., Any], holomorphic: bool, finite: bool) -> Callable[..., Any]:
    def value(xp: Any, *operands: Any, **params: Any) -> Any:
        if not holomorphic and any(np.iscomplexobj(operand) for operand in operands):
            raise TypeError(f"scipy.special.{name} of complex numbers has no derivative of all orders here")
        if finite:
            *orders, x = operands
            x = np.asarray(x)
            known = np.isfinite(x)
            value = function(*orders, np.where(known, x, x.dtype.type(0)), **params)
            result = np.where(known, value, value.dtype.type(np.nan))[()]
        else:
            result = function(*operands, **params)
        dtype = _floating([type_of(operand) for operand in operands])
        if isinstance(result, tuple):
            return tuple(np.asarray(part, dtype)[()] for part in result)
        return np.asarray(result, dtype)[()]

    return value


def _floating(types: Any) -> np.dtype[Any]:
    """The floating-point dtype of a result: that of the operands that have one, float64 where none has."""
    inexact = [kind.dtype for kind in types if kind.inexact and not kind.weak]
    if any(kind.weak and kind.dtype.kind == "c" for kind in types):
        inexact.append(np.dtype(np.complex64))
    return np.result_type(*inexact) if inexact else np.dtype(np.float64)


def _differential(name: str, rates: tuple[Rate, ...], outputs: int) -> Callable[..., Any]:
    def linear(rate: Rate, place: int, out: Any, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
        if rate is None:
            return None

        def apply(tangent: Any) -> Any:
            if isinstance(rate, str):
                raise _refused(name, rate, place)
            found = rate(out, *operands, **params)
            return tuple(tangent * part for part in found) if outputs > 1 else tangent * found

        return apply

    def differential(out: Any, *operands: Any, **params: Any) -> Any:
        return tuple(linear(rate, place, out, operands, params) for place, rate in enumerate(rates))

    return differential


def _refused(name: str, what: str, place: int) -> UnsupportedError:
    where = locate(3)
    return UnsupportedError(
        f"scipy.special.{name}{f' at {where}' if where else ''} has no differentiation rule in {what} (argument "
        f"{place}); apply wengert.stop_gradient to that argument if it is to count as constant"
    )


def implement(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare that the decorated composition stands for this function of SciPy's on traced values."""

    def register(replacement: Callable[..., Any]) -> Callable[..., Any]:
        SPECIAL[name] = replacement
        function = getattr(library, name, None)
        if isinstance(function, np.ufunc):
            UFUNCS[function] = replacement
        return replacement

    return register


def floating(x: Any) -> Any:
    """The operand in a floating-point dtype, which integers are not."""
    x = as_operand(x)
    kind = type_of(x)
    return x if kind.inexact else cast(x, np.float64)


def as_complex(x: Any) -> Any:
    """The operand in the complex dtype of its precision."""
    x = floating(x)
    return cast(x, np.result_type(type_of(x).dtype, np.complex64))


def integer_step(n: Any, step: int) -> Any:
    """An order further by a step, without change of its dtype."""
    return n + np.asarray(step, type_of(n).dtype)[()] if not type_of(n).weak else n + step


def number(n: Any, x: Any) -> Any:
    """An order or degree as a factor, in the precision of the argument: small integers divide in half precision."""
    return cast(n, np.zeros((), type_of(x).dtype).real.dtype)


def guarded(condition: Any, x: Any, stand_in: float) -> Any:
    """X where the condition holds, else a constant at which the branch that is not taken does no harm."""
    return select(condition, x, stand_in)
