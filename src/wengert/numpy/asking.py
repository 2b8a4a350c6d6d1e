"""Questions about arrays, whose answers are constant for differentiation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert import tree
from wengert.graph import Operand, Primitive, bind
from wengert.numpy.differences import places_in
from wengert.numpy.selecting import take
from wengert.numpy.shaping import copied, read_only
from wengert.numpy.ufuncs import placed
from wengert.numpy.values import gives_scalar
from wengert.primitives import arithmetic, ordering, shaping
from wengert.primitives.access import cast, view_by
from wengert.primitives.elementwise import CONSTANT
from wengert.primitives.operators import write_into
from wengert.primitives.reductions import normal_axes
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


@implements(np.allclose)
def allclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False) -> bool:
    return bool(np.all(np.isclose(a, b, rtol, atol, equal_nan)))


@implements(np.array_equal)
def array_equal(a1: Any, a2: Any, equal_nan: Any = False) -> bool:
    one, other = as_operand(a1), as_operand(a2)
    if np.shape(one) != np.shape(other):
        return False
    same = one == other
    return bool(np.all(same | ((one != one) & (other != other)) if equal_nan else same))


for _function in (
    np.array_equiv, np.array_repr, np.array_str, np.array2string, np.lexsort,
    np.argwhere, np.packbits, np.unpackbits, np.ravel_multi_index, np.min_scalar_type,
):  # fmt: skip
    _on_values(_function)


def _tested(answer: Callable[..., Any], *functions: Any) -> None:
    """Answer entry by entry, so that the examples of a batch may differ."""

    def test(x: Any, out: Any = None) -> Any:
        found = answer(as_operand(x))
        return placed(found, out)

    implements(*functions)(test)


def _no(x: Any) -> Any:
    return np.zeros(type_of(x).shape, bool)[()]


_tested(lambda x: (x.imag == 0) if type_of(x).dtype.kind == "c" else ~_no(x), np.isreal)
_tested(lambda x: (x.imag != 0) if type_of(x).dtype.kind == "c" else _no(x), np.iscomplex)
_tested(lambda x: x == np.inf, np.isposinf)
_tested(lambda x: x == -np.inf, np.isneginf)


@implements(np.isclose)
def isclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: Any = False) -> Any:
    a, b = as_operand(a), as_operand(b)
    near = (np.abs(a - b) <= atol + rtol * np.abs(b)) & np.isfinite(b)
    close = near | (a == b)
    return close | ((a != a) & (b != b)) if equal_nan else close


@implements(np.searchsorted)
def searchsorted(a: Any, v: Any, side: Any = "left", sorter: Any = None) -> Any:
    edges = as_operand(a)
    return _scalar(places_in(edges if sorter is None else edges[sorter], as_operand(v), side))


def _scalar(places: Any) -> Any:
    """A place of one number as a scalar, constant or not."""
    return places if type_of(places).shape else places[()]


@implements(np.digitize)
def digitize(x: Any, bins: Any, right: Any = False) -> Any:
    bins, x = as_operand(bins), as_operand(x)
    steps = np.diff(bins)
    side = "left" if right else "right"
    if np.all(steps >= 0):
        return _scalar(places_in(bins, x, side))
    if not np.all(steps <= 0):
        raise ValueError("bins must be monotonically increasing or decreasing")
    return _scalar(type_of(bins).shape[0] - places_in(bins[::-1], x, "right" if right else "left"))


@implements(np.isin)
def isin(element: Any, test_elements: Any, assume_unique: Any = False, invert: Any = False, *, kind: Any = None) -> Any:
    element, tests = as_operand(element), np.ravel(as_operand(test_elements))
    column = bind(shaping.reshape, (element,), ((*type_of(element).shape, 1),))
    found = np.any(column == tests, axis=-1)
    return ~found if invert else found


@implements(np.argpartition)
def argpartition(a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> Any:
    a = as_operand(a)
    if axis is None:
        a, axis = np.ravel(a), 0
    (place,) = normal_axes(axis, type_of(a).ndim)
    places = tuple(int(k) for k in np.ravel(kth))
    return bind(ordering.argpartition, (a,), (places, place))


@implements(np.partition)
def partition(a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> Any:
    a = as_operand(a)
    if axis is None:
        a, axis = np.ravel(a), 0
    return np.take_along_axis(a, argpartition(a, kth, axis), axis)


@implements(np.sort_complex)
def sort_complex(a: Any) -> Any:
    a = np.sort(as_operand(a), axis=-1)
    return a if type_of(a).dtype.kind == "c" else cast(a, np.complex128)


@implements(np.unravel_index)
def unravel_index(indices: Any, shape: Any, order: Any = "C") -> Any:
    rest, found = as_operand(indices), []
    lengths = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    *inner, last = reversed(lengths) if order == "C" else lengths
    for length in inner:
        found.append(rest % length)
        rest = rest // length
    # which an index has that is outside, negative ones included: looking it up raises an error then
    found.append(take(np.arange(last), np.where(rest < 0, last, rest)))
    return tuple(reversed(found)) if order == "C" else tuple(found)


def _triangle_of(name: str) -> None:
    plain: Any = getattr(np, name)

    def places(arr: Any, k: Any = 0) -> Any:
        return plain(np.broadcast_to(np.int8(0), type_of(arr).shape), k)

    implements(plain)(places)


_triangle_of("tril_indices_from")
_triangle_of("triu_indices_from")


@implements(np.diag_indices_from)
def diag_indices_from(arr: Any) -> Any:
    return np.diag_indices_from(np.broadcast_to(np.int8(0), type_of(arr).shape))


@implements(np.common_type)
def common_type(*arrays: Any) -> Any:
    return np.common_type(*[np.zeros(0, type_of(a).dtype) for a in arrays])


@implements(np.astype)
def astype(x: Any, dtype: Any, /, *, copy: Any = True, device: Any = None) -> Any:
    return x.astype(dtype, copy=copy)


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
    return placed(result, out)


@implements(np.fix)
def fix(x: Any, out: Any = None) -> Any:
    result = bind(CONSTANT["trunc"], (as_operand(x),))
    return placed(result, out)


@implements(np.nan_to_num)
@gives_scalar
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
