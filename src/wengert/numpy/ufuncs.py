"""Ufuncs with the arguments `out`, `where` and `dtype`, and those that are made of several operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from wengert.errors import MutationError
from wengert.graph import Operand, Primitive, bind, locate
from wengert.primitives import contraction
from wengert.primitives.access import cast
from wengert.primitives.arithmetic import conj, select
from wengert.primitives.elementwise import CONSTANT, copysign, floor_divide, fmod, ldexp, remainder
from wengert.primitives.operators import write_into
from wengert.primitives.reductions import normal_axes, sum_along
from wengert.primitives.shaping import expand
from wengert.tracing import FUNCTIONS, UFUNCS, Tracer, as_operand, implements, type_of

__all__ = ["composed", "placed"]

RuleT = TypeVar("RuleT", bound=Callable[..., Any])


def placed(result: Any, out: Any, where: Any = True) -> Any:
    """A result in the array that an `out=` argument names; itself where there is none."""
    if isinstance(result, tuple):
        targets = out if isinstance(out, tuple) else (out,) * len(result)
        return tuple(placed(part, target, where) for part, target in zip(result, targets, strict=True))
    target = out[0] if isinstance(out, tuple) else out
    if target is None:
        if where is not True:
            raise TypeError("got an argument 'where' without 'out', which leaves entries undefined")
        return result
    kind, wanted = type_of(result), type_of(target)
    if not np.can_cast(kind.dtype, wanted.dtype, "same_kind"):
        place = locate(3)
        raise MutationError(
            f"a result of dtype {kind.dtype} was to be written into an array of dtype {wanted.dtype} (out="
            f"{f', at {place}' if place else ''}), as NumPy refuses too; give an array of dtype {kind.dtype}"
        )
    if isinstance(target, Tracer) or isinstance(result, Operand):
        return write_into(target, result if where is True else select(where, result, target))
    np.copyto(target, result, where=where)
    return target


def _operands(ufunc: Any, inputs: tuple[Any, ...], dtype: Any, casting: Any) -> list[Any]:
    """The operands of a ufunc call, in the dtypes in which NumPy computes."""
    operands = [as_operand(x) for x in inputs]
    kinds = [type_of(x) for x in operands]
    if dtype is None:
        return [FUNCTIONS["strong"](x) for x in operands] if all(kind.weak for kind in kinds) else operands
    outputs = (np.dtype(dtype),) * ufunc.nout
    given = (*(kind.dtype for kind in kinds), *(None,) * ufunc.nout)
    wanted = ufunc.resolve_dtypes(given, signature=(*(None,) * ufunc.nin, *outputs), casting=casting or "same_kind")
    return [cast(x, kind) for x, kind in zip(operands, wanted, strict=False)]


def _with_options(rule: Any, *inputs: Any, out: Any = None, where: Any = True, dtype: Any = None, order: Any = None,
                  casting: Any = None, subok: Any = None) -> Any:  # fmt: skip
    ufunc = rule.ufunc if isinstance(rule, Primitive) else rule
    return placed(rule(*_operands(ufunc, inputs, dtype, casting)), out, where)


FUNCTIONS["ufunc with options"] = _with_options


def composed(ufunc: Any) -> Callable[[RuleT], RuleT]:
    """Declare what stands for a ufunc that is no primitive; the arguments of every ufunc come with it.

    None stands for a ufunc that the NumPy at hand does not have yet.
    """

    def register(function: RuleT) -> RuleT:
        def rule(*inputs: Any, out: Any = None, where: Any = True, dtype: Any = None, order: Any = None,
                 casting: Any = None, subok: Any = None, **own: Any) -> Any:  # fmt: skip
            if dtype is not None:
                inputs = tuple(_operands(ufunc, inputs, dtype, casting))
            return placed(function(*inputs, **own), out, where)

        rule.__name__ = rule.__qualname__ = (ufunc or function).__name__
        implements(ufunc)(rule)
        return function

    return register


for _ufunc in (np.power, np.float_power, np.sign):
    composed(_ufunc)(UFUNCS[_ufunc])


@composed(np.divmod)
def divmod(x: Any, y: Any) -> tuple[Any, Any]:
    x, y = as_operand(x), as_operand(y)
    return bind(floor_divide, (x, y)), bind(remainder, (x, y))


@composed(np.modf)
def modf(x: Any) -> tuple[Any, Any]:
    x = _floating(x)
    infinite = bind(CONSTANT["isinf"], (x,))
    fraction = fmod(select(infinite, 0.0, x), 1.0)
    return select(infinite, copysign(0.0, x), fraction), bind(CONSTANT["trunc"], (x,))


@composed(np.frexp)
def frexp(x: Any) -> tuple[Any, Any]:
    x = _floating(x)
    exponent = bind(CONSTANT["binary_exponent"], (x,))
    return bind(ldexp, (x, -exponent)), exponent


def _floating(x: Any) -> Any:
    x = as_operand(x)
    return x if type_of(x).dtype.kind == "f" else cast(x, np.float64)


def _conjugate(x: Any) -> Any:
    return conj(x) if type_of(x).dtype.kind == "c" else x


@composed(np.vecdot)
def vecdot(x1: Any, x2: Any, *, axis: Any = -1, keepdims: Any = False) -> Any:
    x1, x2 = as_operand(x1), as_operand(x2)
    one, two = (np.moveaxis(x, axis, -1) for x in (x1, x2))
    if one.shape[-1] != two.shape[-1]:
        raise ValueError(f"vecdot: vectors of {one.shape[-1]} and {two.shape[-1]} entries do not fit")
    product = _conjugate(one) * two
    total = bind(sum_along, (product,), ((len(product.shape) - 1,), False))
    if not keepdims:
        return total
    (place,) = normal_axes(axis, len(product.shape))
    return expand(total, (place,))


@composed(getattr(np, "matvec", None))
def matvec(x1: Any, x2: Any) -> Any:
    x1, x2 = as_operand(x1), as_operand(x2)
    return bind(contraction.matmul, (x1, x2[..., None]))[..., 0]


@composed(getattr(np, "vecmat", None))
def vecmat(x1: Any, x2: Any) -> Any:
    x1, x2 = as_operand(x1), as_operand(x2)
    return bind(contraction.matmul, (_conjugate(x1)[..., None, :], x2))[..., 0, :]
