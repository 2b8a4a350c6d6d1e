"""Questions about arrays, whose answers are constant for differentiation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert import tree
from wengert.graph import Operand, bind
from wengert.primitives import arithmetic
from wengert.primitives.elementwise import CONSTANT
from wengert.tracing import as_operand, implements, type_of

__all__: list[str] = []

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
    return np.can_cast(from_.dtype if isinstance(from_, Operand) else from_, to, casting)


@implements(np.may_share_memory, np.shares_memory)
def shares_memory(a: Any, b: Any, max_work: Any = None) -> bool:
    return a is b or getattr(a, "base", None) is b or getattr(b, "base", None) is a


def _on_values(function: Callable[..., Any]) -> None:
    """Answer from the values, one level of tracing at a time."""

    def answer(*args: Any, **options: Any) -> Any:
        leaves, structure = tree.flatten((args, options))
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
    np.searchsorted, np.digitize, np.unique, np.histogram, np.bincount, np.lexsort, np.argwhere, np.argpartition,
    np.isin, np.isreal, np.iscomplex, np.isneginf, np.isposinf, np.unravel_index,
):  # fmt: skip
    _on_values(_function)


@implements(np.real)
def real(val: Any) -> Any:
    return bind(arithmetic.real, (val,)) if type_of(val).dtype.kind == "c" else val


@implements(np.imag)
def imag(val: Any) -> Any:
    return bind(arithmetic.imag, (as_operand(val),))


@implements(np.round, np.around)
def round(a: Any, decimals: Any = 0, out: Any = None) -> Any:
    scale = 10.0**decimals
    return bind(CONSTANT["rint"], (as_operand(a) * scale,)) / scale


@implements(np.fix)
def fix(x: Any, out: Any = None) -> Any:
    return bind(CONSTANT["trunc"], (as_operand(x),))


@implements(np.nan_to_num)
def nan_to_num(x: Any, copy: Any = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    limits = np.finfo(type_of(x).dtype)
    x = arithmetic.select(np.isnan(x), nan, x)
    x = arithmetic.select(x == np.inf, limits.max if posinf is None else posinf, x)
    return arithmetic.select(x == -np.inf, limits.min if neginf is None else neginf, x)


