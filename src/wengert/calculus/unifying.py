"""Which axes of a program's arrays must be equally long, found by running it with all of them unequal.

Every axis gets a prime of its own for its length. Where an operation then refuses its operands, the axes that it
needs to be equal become one, and the program runs again. Axes that happen to be equally long stay apart.
"""

from __future__ import annotations

import copy
import functools
import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from wengert.calculus.layouts import Layout, layouts, meeting
from wengert.calculus.sizing import PRIMES, Axis, Sizes, on_diagonal
from wengert.errors import UnsupportedError
from wengert.graph import ArrayType, Operand, Primitive, array_type, locate
from wengert.graph.source import blame
from wengert.tracing import GraphRecording, type_of
from wengert.tracing.index import Index

__all__ = ["unified"]

_MOST_LENGTHS: Final = 60
# what a program raises at arrays of other shapes
_OF_PROGRAMS: Final = (ValueError, IndexError, ArithmeticError, AssertionError, np.linalg.LinAlgError)
# draws of arrays, of which the first may make a program fail by its numbers
_DRAWS: Final = 4


class _ConflictError(Exception):
    def __init__(
        self, primitive: Primitive, kinds: Sequence[Any], params: tuple[Any, ...], found: Sequence[Layout]
    ) -> None:
        super().__init__()
        self.primitive, self.kinds, self.params, self.layouts = primitive, kinds, params, found
        self.place = locate()


class _Watching(GraphRecording):
    """Says which operation refuses its operands, and where the program is steered by values."""

    def truth(self, operand: Operand) -> bool:
        raise self._steered("a decision depends on values")

    def number(self, operand: Operand) -> int:
        raise self._steered("a count or an index depends on values")

    def _steered(self, what: str) -> UnsupportedError:
        place = locate()
        return UnsupportedError(
            f"derive: {what}{f' at {place}' if place else ''}, so that no formula holds everywhere; wengert.grad gives "
            f"the derivative as numbers"
        )

    def apply(self, primitive: Primitive, args: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
        if primitive.name == "take" and isinstance(args[1], Index) and on_diagonal(args[1], args[2:]):
            rows, cols = type_of(args[0]).shape[-2:]
            if rows != cols:
                # the diagonal of a matrix that is square wherever the program is used
                found = layouts(self.equations, args[:1])
                if any(len(axis) > 1 for axis in found[0]):
                    raise _ConflictError(primitive, [type_of(args[0])], params, found)
                raise ValueError(f"the diagonal of a matrix of shape ({rows}, {cols})")
        try:
            return super().apply(primitive, args, params)
        except (ValueError, np.linalg.LinAlgError) as error:
            if primitive.shape_rule is None and primitive.signature is None and not primitive.elementwise:
                place = locate()
                raise UnsupportedError(
                    f"derive: {primitive.name}{f' at {place}' if place else ''} has a rule of its own, which is no "
                    f"closed form; write it with NumPy's functions, or use wengert.grad, which takes its rule"
                ) from error
            found = layouts(self.equations, args)
            raise _ConflictError(primitive, [type_of(arg) for arg in args], params, found) from error


def unified(
    run: Callable[[dict[str, Any]], Any],
    sizes: Sizes,
    instance: Callable[[str, tuple[int, ...], int], Any],
    shapes: Mapping[str, int],
    primes: Sequence[int] = PRIMES,
) -> frozenset[str]:
    """Find the classes of equally long axes that a program needs, and which arrays take part in it.

    Parameters
    ----------
    run
        The program, given its arrays by name.
    sizes
        The classes that are known beforehand; they are joined here.
    instance
        Makes an array under a name, with a shape, in one of several draws.
    shapes
        The numbers of axes of the arrays.
    primes
        Lengths to run it with; none is a number that stands in the program.

    Raises
    ------
    UnsupportedError
        The program wants lengths that it does not take from its arrays, or is steered by values.
    ArgumentError
        It needs equal lengths where the user gave different names.
    """
    classes = sizes.classes()
    if len(classes) > len(primes):
        raise _too_many(len(classes), len(primes))
    own = dict(zip(classes, primes, strict=False))
    made = functools.lru_cache(maxsize=None)(instance)
    draw = 0

    def attempt(tried: Sizes) -> frozenset[str]:
        """The arrays that take part where the lengths of classes are these."""
        lengths = tried.assigned(own)
        values = {name: made(name, tried.shape(name, lengths), draw) for name in shapes}
        with _Watching() as recording:
            inputs = {name: recording.input(type_of(value), value) for name, value in values.items()}
            result = run(inputs)
        used = {atom for equation in recording.equations for atom in equation.inputs}
        return frozenset(name for name, box in inputs.items() if box.payload in used or box is result)

    for _ in range(len(sizes.parents) + _DRAWS):
        try:
            used = attempt(sizes)
        except _ConflictError as conflict:
            if _is_of_numbers(conflict) and draw + 1 < _DRAWS:
                draw += 1
            else:
                _merge(sizes, sizes.assigned(own), conflict)
        except _OF_PROGRAMS as error:
            square = _made_square(sizes, attempt, error)
            if square is None:
                _merge_those_named(sizes, sizes.assigned(own), error)
            else:
                sizes.merge((square, 0), (square, 1))
        else:
            if len(sizes.classes()) > _MOST_LENGTHS:
                raise _too_many(len(sizes.classes()), _MOST_LENGTHS)
            return used
    raise UnsupportedError("derive: the lengths of the program's arrays do not follow from it")


def _made_square(sizes: Sizes, attempt: Callable[[Sizes], Any], error: Exception) -> str | None:
    """The matrix that has to be square for the program's own assertion to hold."""
    if not isinstance(error, AssertionError):
        return None
    matrices = [name for name, axis in sizes.parents if axis == 1]
    for name in matrices:
        one, other = (name, 0), (name, 1)
        if sizes.root(one) == sizes.root(other) or not sizes.may_be_equal(one, other):
            continue
        tried = copy.deepcopy(sizes)
        tried.merge(one, other)
        try:
            attempt(tried)
        except AssertionError:
            continue
        except (_ConflictError, *_OF_PROGRAMS):
            return name
        return name
    return None


def _too_many(count: int, most: int) -> UnsupportedError:
    return UnsupportedError(
        f"derive: the arrays have {count} lengths that may differ, and a formula has at most {most}; derive a part of "
        f"the function, or use wengert.grad, which gives its derivative as numbers"
    )


def _owners(sizes: Sizes, primes: Mapping[Axis, int]) -> dict[int, Axis]:
    return {primes[axis]: axis for axis in sizes.classes()}


def _merge_those_named(sizes: Sizes, primes: Mapping[Axis, int], error: Exception) -> None:
    """Make those two axes one whose lengths an error speaks of."""
    owners = _owners(sizes, primes)
    lengths = list(dict.fromkeys(map(int, re.findall(r"\d+", str(error)))))
    named = [owners[length] for length in lengths if length in owners]
    pairs = _pairs_of_factors(owners, lengths) if not named and len(lengths) == 2 else _neighbours(owners, str(error))
    if pairs and all(sizes.may_be_equal(one, other) for one, other in pairs):
        for one, other in pairs:
            sizes.merge(one, other)
        return
    if len(named) != 2 or not sizes.may_be_equal(*named):
        text = " ".join(str(error).split())
        place, _ = blame(error)
        where, why = f", at {place}" if place else "", f": {text}" if text else ""
        raise UnsupportedError(
            f"derive: the function cannot be run at arrays of other shapes{where}: {type(error).__name__}{why}; write "
            f"x.shape[0] or len(x) for numbers of entries, and whole arrays for single entries"
        ) from error
    sizes.merge(*named)


def _neighbours(owners: Mapping[int, Axis], text: str) -> list[tuple[Axis, Axis]]:
    """The axes that meet in an operation on arrays whose shapes, or axes, an error lists."""
    at = re.search(r"axis (\d+) of shape \(([\d, ]+)\) and axis (\d+) of shape \(([\d, ]+)\)", text)
    shapes = [[int(length) for length in re.findall(r"\d+", found)] for found in re.findall(r"\(([\d, ]+)\)", text)]
    rows = re.search(r"with (\d+) rows, received shape \((\d+)", text)
    if rows is not None:
        pairs = [(int(rows[1]), int(rows[2]))]
    elif "broadcast" in text and len(shapes) == 2:
        pairs = [(one, other) for one, other in zip(*(shape[::-1] for shape in shapes), strict=False)
                 if one != other and 1 not in (one, other)]  # fmt: skip
    elif at is not None:
        pairs = [(shapes[0][int(at[1])], shapes[1][int(at[3])])]
    else:
        pairs = [(one[-1], other[0]) for one, other in itertools.pairwise(shapes)] if "fit together" in text else []
    known = [(owners[one], owners[other]) for one, other in pairs if one in owners and other in owners]
    return [(one, other) for one, other in known if one != other]


def _pairs_of_factors(owners: Mapping[int, Axis], lengths: Sequence[int]) -> list[tuple[Axis, Axis]]:
    """The axes of factors that must be equal where products of two lengths must be.

    That is so of a Kronecker product that must be square, and of matrices laid out as vectors.
    """
    factors = [[prime for prime in owners if length % prime == 0] for length in lengths]
    chosen = [found * 2 if len(found) == 1 else found for found in factors]
    if any(len(found) != 2 or found[0] * found[1] != length for found, length in zip(chosen, lengths, strict=True)):
        return []
    rows, cols = ([owners[prime] for prime in found] for found in chosen)
    if {axis[0] for axis in rows} != {axis[0] for axis in cols} or len({axis[0] for axis in rows}) == 1:
        # one array beside another: first axes are the slow ones
        rows, cols = sorted(rows, key=_axis_first), sorted(cols, key=_axis_first)
    elif rows[0][0] != cols[0][0]:
        # the axes of one array belong together
        cols = cols[::-1]
    return [(one, other) for one, other in zip(rows, cols, strict=True) if one != other]


def _pairs_of_parts(owners: Mapping[int, Axis], conflict: _ConflictError) -> list[tuple[Axis, Axis]]:
    """The axes that must be equal where matrices laid out as vectors, and Kronecker products, meet."""
    met = meeting(conflict.primitive.name, conflict.kinds, conflict.layouts)
    if any(len(one) != len(other) for one, other in met):
        return []
    pairs = [pair for one, other in met for pair in zip(one, other, strict=True) if pair[0] != pair[1]]
    known = all(length in owners for pair in pairs for length in pair)
    return [(owners[one], owners[other]) for one, other in pairs] if known else []


def _axis_first(axis: Axis) -> tuple[int, str]:
    return axis[1], axis[0]


def _is_of_numbers(conflict: _ConflictError) -> bool:
    """Whether an operation refuses the numbers of its operands, and not their shapes."""
    return isinstance(conflict.__cause__, np.linalg.LinAlgError) and _fits(conflict, {})


def _merge(sizes: Sizes, primes: Mapping[Axis, int], conflict: _ConflictError) -> None:
    """Make those axes one that the operation needs to be equal."""
    if _is_of_numbers(conflict):
        raise UnsupportedError(
            f"derive: {conflict.primitive.name}{f' at {conflict.place}' if conflict.place else ''} fails at random "
            f"arrays ({conflict.__cause__}); say with assume what its arguments have to be (positive definite, ...)"
        )
    owners = _owners(sizes, primes)
    if conflict.primitive.name == "einsum" and _merge_letters(sizes, owners, conflict):
        return
    asked = [length for param in conflict.params if isinstance(param, tuple) for length in param]
    present = [length for kind in conflict.kinds for length in getattr(kind, "shape", ())]
    found = sorted({length for length in (*present, *asked) if isinstance(length, int) and length in owners})
    pairs = [
        (one, other)
        for one, other in itertools.combinations(found, 2)
        if sizes.may_be_equal(owners[one], owners[other])
    ]
    for count in (1, 2):
        for chosen in itertools.combinations(pairs, count):
            if _fits(conflict, {other: one for one, other in chosen}):
                for one, other in chosen:
                    sizes.merge(owners[one], owners[other])
                return
    joined = _pairs_of_parts(owners, conflict)
    if joined and all(sizes.may_be_equal(*pair) for pair in joined):
        for pair in joined:
            sizes.merge(*pair)
        return
    shapes = " and ".join([str(kind) for kind in conflict.kinds if isinstance(kind, ArrayType)])
    place = f" at {conflict.place}" if conflict.place else ""
    fixed = [
        kind.shape
        for kind in conflict.kinds
        if isinstance(kind, ArrayType) and kind.shape and not any(length in owners for length in kind.shape)
    ]
    advice = (
        f"; if the array of shape {fixed[0]} is data, make it an argument of the function: derive finds no arrays in "
        f"classes and class methods, nor in libraries"
        if fixed
        else ""
    )
    raise UnsupportedError(
        f"derive: {conflict.primitive.name}{place} does not fit operands of other lengths ({shapes}), so that the "
        f"function works at some sizes only; write x.shape[0] or len(x) for numbers of entries{advice}"
    )


def _merge_letters(sizes: Sizes, owners: Mapping[int, Axis], conflict: _ConflictError) -> bool:
    """Make those axes one that have one letter in an einsum; False where that is no help."""
    axes: dict[str, list[Axis]] = {}
    for letters, kind in zip(conflict.params[0].partition("->")[0].split(","), conflict.kinds, strict=False):
        for letter, length in zip(letters, kind.shape[-len(letters) :], strict=False):
            if length in owners:
                axes.setdefault(letter, []).append(owners[length])
    pairs = [(one, other) for named in axes.values() for one, other in itertools.pairwise(named) if one != other]
    if not pairs or not all(sizes.may_be_equal(one, other) for one, other in pairs):
        return False
    for one, other in pairs:
        sizes.merge(one, other)
    return True


def _fits(conflict: _ConflictError, exchange: Mapping[int, int]) -> bool:
    kinds = [
        array_type(tuple([exchange.get(length, length) for length in kind.shape]), kind.dtype, kind.weak)
        if isinstance(kind, ArrayType)
        else kind
        for kind in conflict.kinds
    ]
    params = [
        tuple([exchange.get(length, length) for length in param]) if isinstance(param, tuple) else param
        for param in conflict.params
    ]
    try:
        conflict.primitive.infer(tuple(kinds), tuple(params))
    except (ValueError, TypeError):
        return False
    return True
