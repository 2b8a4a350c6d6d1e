"""Products that sum over letters: einsum, and sums of products, as matrix products."""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from typing import Any, Final

from wengert.compiler.optimise.builder import Builder
from wengert.compiler.optimise.rules import Atom, rule
from wengert.graph import REGISTRY, Primitive

__all__ = ["contract", "summed_product"]

Letters = Sequence[Any]
multiply: Final = REGISTRY["multiply"]
matmul: Final = REGISTRY["matmul"]
total: Final = REGISTRY["sum"]
transpose: Final = REGISTRY["transpose"]
reshape: Final = REGISTRY["reshape"]


@rule("einsum")
def einsum_as_products(
    build: Builder, primitive: Primitive, inputs: tuple[Atom, ...], params: tuple[Any, ...]
) -> Atom | None:
    """Two operands at a time, in the order that costs least."""
    left, right = params[0].split("->")
    parts = left.split(",")
    expected = build.infer(primitive, inputs, params)[0]
    if expected.kind not in "fc" or any(len(set(part)) != len(part) for part in (*parts, right)):
        return None
    if any(atom.type.weak or atom.type.dtype != expected.dtype for atom in inputs):
        return None
    operands = list(zip(inputs, parts, strict=True))
    for pair in _order(params[0], inputs):
        chosen = [operands[place] for place in pair]
        operands = [operand for place, operand in enumerate(operands) if place not in pair]
        needed = set(right).union(*[letters for _, letters in operands])
        if len(chosen) == 1:
            operands.append(_alone(build, *chosen[0], needed))
            continue
        (a, of_a), (b, of_b) = chosen
        out = [letter for letter in dict.fromkeys(of_a + of_b) if letter in needed]
        if not operands:
            out = list(right)
        operands.append((contract(build, a, of_a, b, of_b, out), "".join(out)))
    atom, letters = _alone(build, *operands[0], set(right))
    found = _turned(build, atom, letters, right)
    if found.type is not expected:
        return None
    one_by_one = len(parts) == 2 and set(parts[0]) ^ set(parts[1]) <= set(right)
    return found if one_by_one else build.assume_finite(found)


def _order(subscripts: str, inputs: tuple[Atom, ...]) -> list[tuple[int, ...]]:
    if len(inputs) < 3:
        return [tuple(range(len(inputs)))]
    # imported where needed: it takes long, and few programs have products of three
    contract_path = importlib.import_module("opt_einsum").contract_path
    path, _ = contract_path(subscripts, *[atom.type.shape for atom in inputs], shapes=True)
    ordered: list[tuple[int, ...]] = []
    count = len(inputs)
    for pair in path:
        places = sorted(pair)
        while len(places) > 2:
            ordered.append((places[0], places[1]))
            # the product stands last, and what was behind the two has moved down
            count -= 1
            places = [place - 2 for place in places[2:]] + [count - 1]
        ordered.append(tuple(places))
        count -= 1
    return ordered


def _alone(build: Builder, x: Atom, letters: str, needed: set[str]) -> tuple[Atom, str]:
    """One operand, summed over the letters that nothing else has."""
    gone = tuple([place for place, letter in enumerate(letters) if letter not in needed])
    if not gone:
        return x, letters
    kept = "".join(letter for letter in letters if letter in needed)
    return build.apply(total, x, params=(gone, False)), kept


def _turned(build: Builder, x: Atom, letters: Letters, wanted: Letters) -> Atom:
    axes = tuple([list(letters).index(letter) for letter in wanted])
    return build.apply(transpose, x, params=(axes,)) if axes != tuple(range(len(axes))) else x


def contract(build: Builder, a: Atom, of_a: Letters, b: Atom, of_b: Letters, out: Letters) -> Atom:
    """The sum over all letters that `out` has not of the product of two arrays, whose letters are distinct."""
    kept = set(out)
    lengths = dict(zip(of_a, a.type.shape, strict=True)) | dict(zip(of_b, b.type.shape, strict=True))
    a, of_a = _summed_alone(build, a, of_a, kept | set(of_b))
    b, of_b = _summed_alone(build, b, of_b, kept | set(of_a))
    both = [letter for letter in of_a if letter in of_b]
    batch = [letter for letter in out if letter in both]
    inner = [letter for letter in both if letter not in kept]
    only_a = [letter for letter in out if letter not in of_b]
    only_b = [letter for letter in out if letter not in of_a]
    if not inner or (batch and not (only_a and only_b)) or not math.prod(lengths.values()):
        return _entrywise(build, (a, of_a), (b, of_b), list(out), inner, lengths)
    size = math.prod(lengths[letter] for letter in inner)
    rows = math.prod(lengths[letter] for letter in only_a)
    columns = math.prod(lengths[letter] for letter in only_b)
    stack = tuple([lengths[letter] for letter in batch])
    left = _turned(build, a, of_a, [*batch, *only_a, *inner])
    right = _turned(build, b, of_b, [*batch, *inner, *only_b])
    left = build.apply(reshape, left, params=((*stack, *((rows,) if only_a else ()), size),))
    right = build.apply(reshape, right, params=((*stack, size, *((columns,) if only_b else ())),))
    product = build.apply(matmul, left, right)
    order = [*batch, *only_a, *only_b]
    product = build.apply(reshape, product, params=(tuple([lengths[letter] for letter in order]),))
    return _turned(build, product, order, out)


def _summed_alone(build: Builder, x: Atom, letters: Letters, needed: set[Any]) -> tuple[Atom, list[Any]]:
    gone = tuple([place for place, letter in enumerate(letters) if letter not in needed])
    kept = [letter for letter in letters if letter in needed]
    return (build.apply(total, x, params=(gone, False)) if gone else x), kept


def _entrywise(
    build: Builder,
    a: tuple[Atom, Letters],
    b: tuple[Atom, Letters],
    out: list[Any],
    inner: list[Any],
    lengths: dict[Any, int],
) -> Atom:
    order = [*out, *inner]
    factors = []
    for atom, letters in (a, b):
        present = [letter for letter in order if letter in letters]
        turned = _turned(build, atom, letters, present)
        shape = tuple([lengths[letter] if letter in letters else 1 for letter in order])
        factors.append(build.apply(reshape, turned, params=(shape,)))
    product = build.apply(multiply, *factors)
    if not inner:
        return product
    return build.apply(total, product, params=(tuple(range(len(out), len(order))), False))


def summed_product(build: Builder, product: Any, axis: tuple[int, ...]) -> Atom | None:
    """The sum of a product that has more entries than its factors, without making it."""
    shape = product.outputs[0].type.shape
    kinds = {atom.type.dtype for atom in product.inputs}
    if len(kinds) != 1 or product.outputs[0].type.kind not in "fc" or 0 in shape:
        return None
    a, b = product.inputs
    if not a.type.shape or not b.type.shape or product.outputs[0].type.size < 2 * max(a.type.size, b.type.size):
        return None
    letters = []
    small = []
    for atom in (a, b):
        front = len(shape) - len(atom.type.shape)
        own = [front + place for place, length in enumerate(atom.type.shape) if length != 1]
        small.append(build.apply(reshape, atom, params=(tuple([shape[place] for place in own]),)))
        letters.append(own)
    out = [place for place, length in enumerate(shape) if place not in axis and length != 1]
    repeated = math.prod(shape[place] for place in axis if all(place not in own for own in letters))
    if repeated != 1:
        return None
    found = contract(build, small[0], letters[0], small[1], letters[1], out)
    if not set(letters[0]) ^ set(letters[1]) <= set(out):
        build.assume_finite(found)
    return build.apply(reshape, found, params=(tuple([n for place, n in enumerate(shape) if place not in axis]),))


def sum_of_product(build: Builder, product: Any, axis: tuple[int, ...]) -> Atom | None:
    """The sum of the rows, or of the columns, of a product: those of one factor are summed before."""
    x, y = product.inputs
    shape = product.outputs[0].type.shape
    if min(len(x.type.shape), len(y.type.shape)) < 2 or len(axis) != 1 or x.type.dtype != y.type.dtype:
        return None
    if product.outputs[0].type.kind not in "fc" or 0 in shape or axis[0] < len(shape) - 2:
        return None
    by_rows = axis[0] == len(shape) - 2
    factor = x if by_rows else y
    stack, place = factor.type.shape[:-2], len(factor.type.shape) - (2 if by_rows else 1)
    summed = build.apply(total, factor, params=((place,), False))
    inner = summed.type.shape[-1]
    summed = build.apply(reshape, summed, params=((*stack, 1, inner) if by_rows else (*stack, inner, 1),))
    found = build.apply(matmul, summed, y) if by_rows else build.apply(matmul, x, summed)
    build.assume_finite(found)
    return build.apply(reshape, found, params=(tuple([n for place, n in enumerate(shape) if place not in axis]),))
