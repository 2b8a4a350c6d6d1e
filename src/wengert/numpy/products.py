"""NumPy's products of vectors, matrices and tensors, for traced values."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import Operand, bind
from wengert.numpy.shaping import copied, reshaped
from wengert.numpy.values import gives_array, gives_scalar
from wengert.primitives import contraction
from wengert.primitives.access import cast
from wengert.primitives.arithmetic import conj
from wengert.primitives.operators import write_into
from wengert.primitives.reductions import sum_along
from wengert.tracing import FUNCTIONS, Tracer, as_operand, implements, type_of
from wengert.tracing.mutation import How, is_array, view_of

__all__: list[str] = []

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _array(a: Any) -> Any:
    """An operand of a product, to which NumPy takes a Python number as an array: its dtype counts."""
    return FUNCTIONS["strong"](as_operand(a))


@implements(np.dot)
def dot(a: Any, b: Any, out: Any = None) -> Any:
    a, b = _array(a), _array(b)
    left, right = type_of(a).ndim, type_of(b).ndim
    if not left or not right:
        result = a * b
    elif right <= 2:
        result = bind(contraction.matmul, (a, b))
    else:
        result = tensordot(a, b, ((left - 1,), (right - 2,)))
    return result if out is None else write_into(out, result)


@implements(np.inner)
@gives_scalar
def inner(a: Any, b: Any, /) -> Any:
    a, b = _array(a), _array(b)
    if not type_of(a).ndim or not type_of(b).ndim:
        return a * b
    return tensordot(a, b, ((-1,), (-1,)))


@implements(np.vdot)
def vdot(a: Any, b: Any, /) -> Any:
    a, b = as_operand(a), as_operand(b)
    a = conj(a) if type_of(a).dtype.kind == "c" else a
    return bind(contraction.matmul, (reshaped(a, (type_of(a).size,)), reshaped(b, (type_of(b).size,))))


@implements(np.linalg.vecdot)
def vecdot(x1: Any, x2: Any, /, *, axis: Any = -1) -> Any:
    x1 = as_operand(x1)
    return np.sum((conj(x1) if type_of(x1).dtype.kind == "c" else x1) * x2, axis=axis)


@implements(np.outer, np.linalg.outer)
def outer(a: Any, b: Any, out: Any = None) -> Any:
    a, b = as_operand(a), as_operand(b)
    result = reshaped(a, (type_of(a).size, 1)) * reshaped(b, (1, type_of(b).size))
    return result if out is None else write_into(out, result)


@implements(np.tensordot, np.linalg.tensordot)
@gives_array
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    a, b = as_operand(a), as_operand(b)
    left, right = type_of(a).ndim, type_of(b).ndim
    if isinstance(axes, (int, np.integer)):
        one, two = list(range(left - int(axes), left)), list(range(int(axes)))
    else:
        one, two = ([int(i) for i in (part if isinstance(part, (tuple, list)) else (part,))] for part in axes)
    one, two = [i % left for i in one], [i % right for i in two]
    first = list(_LETTERS[:left])
    second = list(_LETTERS[left : left + right])
    for i, j in zip(one, two, strict=True):
        if type_of(a).shape[i] != type_of(b).shape[j]:
            raise ValueError(
                f"shape-mismatch for sum: axis {i} of shape {type_of(a).shape} and axis {j} of shape {type_of(b).shape}"
            )
        second[j] = first[i]
    kept = [c for i, c in enumerate(first) if i not in one] + [c for j, c in enumerate(second) if j not in two]
    return einsum(f"{''.join(first)},{''.join(second)}->{''.join(kept)}", a, b)


@implements(np.linalg.matmul)
def linalg_matmul(x1: Any, x2: Any, /) -> Any:
    return bind(contraction.matmul, (as_operand(x1), as_operand(x2)))


@implements(np.kron)
def kron(a: Any, b: Any) -> Any:
    a, b = as_operand(a), as_operand(b)
    ndim = max(type_of(a).ndim, type_of(b).ndim)
    one = (1,) * (ndim - type_of(a).ndim) + type_of(a).shape
    two = (1,) * (ndim - type_of(b).ndim) + type_of(b).shape
    spread = reshaped(a, tuple(n for length in one for n in (length, 1)))
    product = spread * reshaped(b, tuple(n for length in two for n in (1, length)))
    return reshaped(product, tuple(m * n for m, n in zip(one, two, strict=True)))


@implements(np.cross, np.linalg.cross)
def cross(a: Any, b: Any, axisa: Any = -1, axisb: Any = -1, axisc: Any = -1, axis: Any = None) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(as_operand(a), axisa, -1), np.moveaxis(as_operand(b), axisb, -1)
    if a.shape[-1] != 3 or b.shape[-1] != 3:
        raise ValueError(
            f"np.cross of traced values takes vectors of 3 entries, received {a.shape[-1]} and {b.shape[-1]}"
        )
    parts = [a[..., i] * b[..., j] - a[..., j] * b[..., i] for i, j in ((1, 2), (2, 0), (0, 1))]
    return np.moveaxis(np.stack(parts, axis=-1), -1, axisc)


@implements(np.einsum)
def einsum(*operands: Any, out: Any = None, dtype: Any = None, optimize: Any = False, **options: Any) -> Any:
    if not isinstance(operands[0], str):
        operands = _lettered(operands)
    arrays = [as_operand(x) for x in operands[1:]]
    left, right = _explicit(operands[0].replace(" ", ""), [type_of(x).ndim for x in arrays])
    _check_diagonals(left, arrays)
    if len(arrays) == 1 and set(left[0]) == set(right) and dtype is out is None and isinstance(arrays[0], Tracer):
        return _rearranged(arrays[0], left[0], right)
    pairs = [_diagonals(array, letters) for array, letters in zip(arrays, left, strict=True)]
    arrays, left = _without_repeated(pairs)
    parts: list[str] = []
    for position, letters in enumerate(left):
        others = set(right).union(*(part for i, part in enumerate(left) if i != position))
        alone = tuple(i for i, letter in enumerate(letters) if letter not in others)
        if alone:
            # NumPy keeps the dtype here, where its sums of truth values and short integers do not
            kept = type_of(arrays[position]).dtype
            arrays[position] = cast(bind(sum_along, (arrays[position],), (alone, False)), kept)
        parts.append("".join(letter for letter in letters if letter in others))
    result = bind(contraction.einsum, tuple(arrays), (f"{','.join(parts)}->{right}",))
    result = result if dtype is None else cast(result, dtype)
    return result if out is None else write_into(out, result)


def _rearranged(x: Any, letters: str, right: str) -> Any:
    """A single operand of which nothing is summed: a view, as NumPy gives one."""
    if len(set(letters)) == len(letters):
        return np.transpose(x, [letters.index(letter) for letter in right])[...]
    lengths = dict(zip(letters, x.shape, strict=True))
    places = dict(zip(right, np.ix_(*[np.arange(lengths[letter]) for letter in right]), strict=True))
    mesh = tuple([places[letter] for letter in letters])

    def back(whole: Any, part: Any) -> Any:
        changed = copied(whole)
        changed[mesh] = part
        return changed

    def project(whole: Any) -> Any:
        return whole[mesh]

    return view_of(x, project(x), How(project, back)) if is_array(x) else project(x)


def _lettered(operands: tuple[Any, ...]) -> tuple[Any, ...]:
    """Operands with lists of axis numbers behind them as operands with subscripts in front."""

    def letters(numbers: Any) -> str:
        return "".join("..." if number is Ellipsis else _LETTERS[int(number)] for number in numbers)

    pairs = len(operands) // 2
    subscripts = ",".join(letters(operands[2 * i + 1]) for i in range(pairs))
    if len(operands) % 2:
        subscripts += f"->{letters(operands[-1])}"
    return subscripts, *(operands[2 * i] for i in range(pairs))


@implements(np.einsum_path)
def einsum_path(*operands: Any, optimize: Any = "greedy", einsum_call: Any = False) -> Any:
    plain = [np.broadcast_to(np.int8(0), x.type.shape) if isinstance(x, Operand) else x for x in operands]
    return np.einsum_path(*plain, optimize=optimize, einsum_call=einsum_call)


def _explicit(subscripts: str, ndims: list[int]) -> tuple[list[str], str]:
    """Subscripts with letters for the ellipsis and an explicit result."""
    head, arrow, tail = subscripts.partition("->")
    parts = head.split(",")
    if len(parts) != len(ndims):
        raise ValueError(f"einsum: {subscripts!r} names {len(parts)} operands, received {len(ndims)}")
    free = [letter for letter in _LETTERS if letter not in subscripts]
    widths = [ndim - len(part.replace("...", "")) for part, ndim in zip(parts, ndims, strict=True)]
    widest = max((w for part, w in zip(parts, widths, strict=True) if "..." in part), default=0)
    spare = "".join(free[:widest])
    full = [part.replace("...", spare[widest - w :] if w else "") for part, w in zip(parts, widths, strict=True)]
    if arrow:
        return full, tail.replace("...", spare)
    letters = "".join(full)
    single = sorted(c for c in set(letters) if letters.count(c) == 1 and c not in spare)
    return full, spare + "".join(single)


def _check_diagonals(parts: list[str], arrays: list[Any]) -> None:
    """Axes of one operand with the same letter must be of one length; between operands a length of one will do."""
    for letters, array in zip(parts, arrays, strict=True):
        lengths: dict[str, int] = {}
        for letter, length in zip(letters, type_of(array).shape, strict=True):
            if lengths.setdefault(letter, length) != length:
                raise ValueError(
                    f"einsum: {letter!r} of {letters!r} has two lengths in an operand of shape {type_of(array).shape}"
                )


def _without_repeated(pairs: list[tuple[Any, str]]) -> tuple[list[Any], list[str]]:
    """Operands without their axes of length one that are repeated along a longer axis of another operand."""
    lengths: dict[str, int] = {}
    for array, letters in pairs:
        for letter, length in zip(letters, type_of(array).shape, strict=True):
            if lengths.get(letter, 1) == 1:
                lengths[letter] = length
    arrays, parts = [], []
    for array, letters in pairs:
        shape = type_of(array).shape
        kept = [i for i, letter in enumerate(letters) if shape[i] == lengths[letter] or shape[i] != 1]
        if len(kept) < len(letters):
            array = reshaped(array, tuple(shape[i] for i in kept))
        arrays.append(array)
        parts.append("".join(letters[i] for i in kept))
    return arrays, parts


def _diagonals(array: Any, letters: str) -> tuple[Any, str]:
    """Take the diagonal of axes with the same letter."""
    while len(set(letters)) < len(letters):
        letter = next(c for c in letters if letters.count(c) > 1)
        one = letters.index(letter)
        two = letters.index(letter, one + 1)
        array = np.diagonal(array, axis1=one, axis2=two)
        letters = letters[:one] + letters[one + 1 : two] + letters[two + 1 :] + letter
    return array, letters
