"""Questions about arrays, whose answers are constant for differentiation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert import tree
from wengert.graph import Operand, Primitive, bind
from wengert.numpy.shaping import copied, read_only
from wengert.primitives import arithmetic
from wengert.primitives.access import view_by
from wengert.primitives.elementwise import CONSTANT
from wengert.primitives.operators import write_into
from wengert.tracing import as_operand, implements, type_of

__all__: list[str] = []

_function: Any
for _function, _answer in (
    (np.shape, lambda a: type_of(a).shape),
    (np.ndim, lambda a: type_of(a).ndim),
    (np.size, lambda a, axis=None: type_of(a).size if axis is None else type_of(a).shape[axis]),
    (np.iscomplexobj, lambda x: type_of(x).dtype.kind == "c"),
    (np.isrealobj, lambda x: type_of(x).dtype.kind != "c"),
):
    implements(_function)(_answer)


@implements(np.result_type)
def result_type(*arrays_and_dtypes: Any) -> np.dtype[Any]:
    plain = [
        (a.type.dtype.type(0).item() if a.type.weak else a.type.dtype) if isinstance(a, Operand) else a
        for a in arrays_and_dtypes
    ]
    return np.result_type(*plain)


@implements(np.can_cast)
def can_cast(from_: Any, to: Any, casting: Any = "safe") -> bool:
    return np.can_cast(from_.type.dtype if isinstance(from_, Operand) else from_, to, casting)


@implements(np.may_share_memory, np.shares_memory)
def shares_memory(a: Any, b: Any, max_work: Any = None) -> bool:
    return a is b or getattr(a, "base", None) is b or getattr(b, "base", None) is a


def _on_values(function: Callable[..., Any]) -> None:
    """Answer from the values, one level of tracing at a time."""

    def answer(*args: Any, **options: Any) -> Any:
        leaves, structure = tree.flatten((args, options))
        for leaf in leaves:
            if isinstance(leaf, Operand):
                leaf.refresh()
        innermost = max((x.recording.level for x in leaves if isinstance(x, Operand)), default=-1)
        plain = [
            x.recording.strip(x) if isinstance(x, Operand) and x.recording.level == innermost else x for x in leaves
        ]
        args, options = structure.unflatten(plain)
        return function(*args, **options)

    answer.__name__ = function.__name__
    implements(function)(answer)


for _function in (
    np.allclose, np.array_equal, np.array_equiv, np.isclose, np.array_repr, np.array_str, np.array2string,
    np.searchsorted, np.digitize, np.lexsort, np.argwhere, np.argpartition,
    np.isin, np.isreal, np.iscomplex, np.isneginf, np.isposinf, np.unravel_index,
):  # fmt: skip
    _on_values(_function)


@implements(np.real)
def real(val: Any) -> Any:
    if type_of(val).dtype.kind != "c":
        return val
    return view_by(
        val,
        lambda z: bind(arithmetic.real, (z,)),
        lambda z, part: arithmetic.compose(part, arithmetic.imag(z)),
    )


@implements(np.imag)
def imag(val: Any) -> Any:
    if type_of(val).dtype.kind != "c":
        return read_only(val, arithmetic.imag, "numpy.imag of real numbers")
    return view_by(
        val,
        lambda z: bind(arithmetic.imag, (z,)),
        lambda z, part: arithmetic.compose(arithmetic.real(z), part),
    )


_rounded = Primitive("round", elementwise=1, params=("decimals",), differentiable=False,
                     domain="everywhere; constant", cite="locally constant")  # fmt: skip
_rounded.evaluate(lambda xp, x, *, decimals: xp.round(x, decimals))
_rounded.dtype(lambda x, *, decimals: np.round(np.zeros(1, x.dtype), decimals).dtype)
_rounded.samples(lambda r: ((r.normal(size=3),), {"decimals": 1}))


@implements(np.round, np.around)
def round(a: Any, decimals: Any = 0, out: Any = None) -> Any:
    result = bind(_rounded, (as_operand(a),), (int(decimals),))
    return result if out is None else write_into(out, result)


@implements(np.fix)
def fix(x: Any, out: Any = None) -> Any:
    result = bind(CONSTANT["trunc"], (as_operand(x),))
    return result if out is None else write_into(out, result)


@implements(np.nan_to_num)
def nan_to_num(x: Any, copy: Any = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    kind = type_of(x).dtype.kind
    if kind == "c":
        result = arithmetic.compose(*[_finite(part, nan, posinf, neginf) for part in (x.real, x.imag)])
    else:
        result = _finite(x, nan, posinf, neginf) if kind == "f" else copied(x)
    return result if copy else write_into(x, result)


def _finite(x: Any, nan: Any, posinf: Any, neginf: Any) -> Any:
    limits = np.finfo(type_of(x).dtype)
    x = arithmetic.select(np.isnan(x), nan, x)
    x = arithmetic.select(x == np.inf, limits.max if posinf is None else posinf, x)
    return arithmetic.select(x == -np.inf, limits.min if neginf is None else neginf, x)
