"""What needs to know how often a value is used: chains of products, symmetric products, sums of parts.

These are found by one walk over a graph that is simplified already. A step may only take apart what nothing else uses.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.builder import Builder, number
from wengert.compiler.optimise.contraction import sum_of_product, summed_product
from wengert.compiler.optimise.diagonals import inlaid_diagonal
from wengert.compiler.optimise.elementwise import constant_factor
from wengert.compiler.optimise.gathering import read_before_computing
from wengert.compiler.optimise.indexing import place_of
from wengert.compiler.optimise.internal import add_at, assemble, gram, weighted_gram, with_transpose
from wengert.compiler.optimise.lattices import inlaid, rows_in_steps
from wengert.compiler.optimise.products import matrix_transpose
from wengert.compiler.optimise.rules import Atom
from wengert.graph import REGISTRY, Equation, Graph, Literal, Var, typed_params
from wengert.tracing.index import Index

__all__ = ["Structure"]

matmul: Final = REGISTRY["matmul"]
multiply: Final = REGISTRY["multiply"]
divide: Final = REGISTRY["divide"]
add: Final = REGISTRY["add"]
negative: Final = REGISTRY["negative"]
transpose: Final = REGISTRY["transpose"]
reshape: Final = REGISTRY["reshape"]
total: Final = REGISTRY["sum"]
put_add: Final = REGISTRY["put_add"]
take: Final = REGISTRY["take"]
LONGEST_CHAIN: Final = 40
# Entries of a matrix that is worth to be read in tiles.
_SMALLEST_SQUARE: Final = 256


class Structure:
    """The steps, for the equations of one graph; `changed` is asked for each before it is made anew."""

    def __init__(self, graph: Graph) -> None:
        self.uses: Counter[Any] = Counter()
        self.consumer: dict[Any, Equation] = {}
        for equation in graph.equations:
            for atom in equation.inputs:
                if atom.__class__ is Var:
                    self.uses[atom] += 1
                    self.consumer[atom] = equation
        for atom in graph.outputs:
            self.uses[atom] += 2

    def changed(self, build: Builder, equation: Equation, inputs: tuple[Atom, ...]) -> Atom | None:
        """What is to stand for an equation, or None where it stays."""
        primitive = equation.primitive
        if primitive is matmul:
            return self._product(build, equation, inputs)
        if primitive is transpose:
            return self._turned_product(build, inputs[0], equation.params)
        if primitive is add:
            return self._assembled(build, equation, inputs) or _symmetrised(build, inputs)
        if primitive is total:
            inner = self._inside(build, inputs[0], multiply)
            if inner is not None:
                return summed_product(build, inner, equation.params[0])
            product = self._inside(build, inputs[0], matmul)
            if product is not None and not equation.params[1]:
                return sum_of_product(build, product, equation.params[0])
        if primitive is put_add:
            return inlaid(build, inputs, equation.params) or inlaid_diagonal(build, inputs, equation.params)
        if primitive is take:
            found = read_before_computing(build, self.uses, inputs, equation.params[0])
            return found or rows_in_steps(build, inputs, equation.params)
        return None

    def settle(self, equation: Equation, found: Atom) -> None:
        """Remember for what stands in place of an equation's result how often it is used."""
        if found is not equation.outputs[0] and found.__class__ is Var:
            # one that was there before has other uses besides
            self.uses[found] += self.uses[equation.outputs[0]]

    def _inside(self, build: Builder, atom: Atom, primitive: Any) -> Equation | None:
        """The equation of that primitive which gives this value to nobody else."""
        equation = build.defined_by(atom, primitive)
        return equation if equation is not None and self.uses[atom] == 1 else None

    # Products of matrices.

    def _product(self, build: Builder, equation: Equation, inputs: tuple[Atom, ...]) -> Atom | None:
        x, y = inputs
        if len(x.type.shape) == len(y.type.shape) == 2:
            found = _symmetric_product(build, x, y)
            if found is not None:
                build.notes["symmetric_product"] += 1
                return found
        return self._chain(build, equation, inputs) or self._scaled_operand(build, equation, inputs)

    def _turned_product(self, build: Builder, x: Atom, params: tuple[Any, ...]) -> Atom | None:
        inner = self._inside(build, x, matmul)
        if inner is None or params != ((1, 0),) or any(len(a.type.shape) != 2 for a in inner.inputs):
            return None
        build.notes["transposed_product"] += 1
        left, right = inner.inputs
        return build.apply(matmul, matrix_transpose(build, right), matrix_transpose(build, left))

    def _chain(self, build: Builder, equation: Equation, inputs: tuple[Atom, ...]) -> Atom | None:
        """The product of many matrices in the order that costs least."""
        if self._goes_on(equation.outputs[0], matmul):
            return None
        factors, now = self._factors(build, inputs, LONGEST_CHAIN)
        if len(factors) < 3 or any(len(f.type.shape) > 2 for f in factors):
            return None
        cost, split = _cheapest(_sizes(factors))
        if cost >= 0.9 * now:
            return None
        build.notes["chain_of_products"] += 1
        return build.assume_finite(_multiplied(build, factors, split, 0, len(factors) - 1))

    def _goes_on(self, output: Var, primitive: Any) -> bool:
        """Whether all that is done with a result is one more operation of the same kind."""
        follower = self.consumer.get(output)
        if self.uses[output] != 1 or follower is None or follower.primitive is not primitive:
            return False
        if primitive is add:
            return follower.outputs[0].type is output.type
        return all(len(atom.type.shape) <= 2 for atom in follower.inputs)

    def _factors(self, build: Builder, inputs: tuple[Atom, ...], room: int) -> tuple[list[Atom], float]:
        """The factors of a product of products, at most `room` deep, and what it costs as it is written."""
        x, y = inputs
        found: list[Atom] = []
        cost = float(x.type.size) * (y.type.shape[1] if len(y.type.shape) == 2 else 1)
        for atom, is_left in ((x, True), (y, False)):
            inner = self._inside(build, atom, matmul)
            if inner is not None and room and _is_link(inner, is_left):
                more, added = self._factors(build, inner.inputs, room - 1)
                found += more
                cost += added
            else:
                found.append(atom)
        return found, cost

    def _scaled_operand(self, build: Builder, equation: Equation, inputs: tuple[Atom, ...]) -> Atom | None:
        """Rows scaled after the product, and sums scaled on the smaller side, where that is less."""
        x, y = inputs
        out = equation.outputs[0].type
        if max(len(x.type.shape), len(y.type.shape)) > 2 or out.kind not in "fc":
            return None
        left = self._inside(build, x, multiply)
        if left is not None and len(x.type.shape) == 2:
            for one, other in (left.inputs, left.inputs[::-1]):
                if one.type.shape == (x.type.shape[0], 1) and out.size < x.type.size:
                    rows = one if len(y.type.shape) == 2 else build.apply(reshape, one, params=(one.type.shape[:1],))
                    product = self._times(build, other, y, x.type.shape)
                    if product is not None:
                        build.notes["scaled_rows"] += 1
                        return build.apply(multiply, rows, product)
                if one.type.shape in ((x.type.shape[1],), (1, x.type.shape[1])) and y.type.size < x.type.size:
                    if other.type.shape != x.type.shape:
                        continue
                    shape = (x.type.shape[1],) if len(y.type.shape) == 1 else (x.type.shape[1], 1)
                    factor = build.apply(reshape, one, params=(shape,))
                    build.notes["scaled_sums"] += 1
                    return build.apply(matmul, other, build.apply(multiply, factor, y))
        return None

    def _times(self, build: Builder, other: Atom, y: Atom, shape: tuple[int, ...]) -> Atom | None:
        if other.type.shape == shape:
            return build.apply(matmul, other, y)
        if other.type.shape in ((shape[1],), (1, shape[1])):
            # an outer product
            return build.apply(matmul, build.apply(reshape, other, params=((shape[1],),)), y)
        return None

    # Sums of parts.

    def _assembled(self, build: Builder, equation: Equation, inputs: tuple[Atom, ...]) -> Atom | None:
        """A sum of arrays that are zero but for a part of them, written into one array."""
        kind = equation.outputs[0].type
        if self._goes_on(equation.outputs[0], add):
            return None
        terms = self._terms(build, inputs, kind)
        if any(term.type is not kind for term in terms):
            return None
        parts: dict[Any, list[Atom]] = {}
        rest: list[Atom] = []
        for term in terms:
            put = self._basic_put(build, term, kind.shape)
            if put is None:
                rest.append(term)
            else:
                parts.setdefault(put.inputs[1], []).append(put.inputs[0])
        if len(terms) == 2 and rest:
            return self._added_at(build, terms, kind)
        if sum(map(len, parts.values())) < 2:
            return None
        operands: list[Atom] = [_sum_of(build, rest), build.opaque(Index((), 0))] if rest else []
        for index, values in parts.items():
            operands += [_sum_of(build, values), index]
        build.notes["assembled_parts"] += 1
        if len(operands) == 2:
            return build.apply(put_add, *operands, params=(kind.shape, 0))
        return build.apply(assemble, *operands, params=(kind.shape,))

    def _basic_put(self, build: Builder, term: Atom, shape: tuple[int, ...]) -> Any:
        """The equation that puts a part into zeros at a basic index, for nobody else."""
        put: Any = build.defined_by(term, put_add)
        if put is None or len(put.inputs) != 2 or put.params != (shape, 0) or self.uses[term] > 1:
            return None
        return put if place_of(put.inputs[1].value, 0, shape) is not None else None

    def _added_at(self, build: Builder, terms: list[Atom], kind: Any) -> Atom | None:
        """One part added to an array that is there already."""
        if len(terms) != 2 or any(term.type is not kind for term in terms):
            return None
        for x, term in (terms, terms[::-1]):
            put = self._inside(build, term, put_add)
            if put is None or put.params != (kind.shape, 0) or build.defined_by(x, put_add) is not None:
                continue
            if 4 * put.inputs[0].type.size <= kind.size:
                build.notes["added_at_a_place"] += 1
                return build.apply(add_at, x, *put.inputs)
        return None

    def _terms(self, build: Builder, inputs: tuple[Atom, ...], kind: Any) -> list[Atom]:
        """The terms of a sum, in order; by hand instead of recursion, for sums may have thousands."""
        found: list[Atom] = []
        waiting = list(reversed(inputs))
        while waiting:
            atom = waiting.pop()
            inner = self._inside(build, atom, add)
            if inner is not None and atom.type is kind:
                waiting.extend(reversed(inner.inputs))
            else:
                found.append(atom)
        return found


def _symmetric_product(build: Builder, x: Atom, y: Atom) -> Atom | None:
    """`Xᵀ diag(w) X`, where x and y are Xᵀ and X, one or both of them scaled along the sum."""
    if x.type is not build.infer(transpose, (y,), ((1, 0),))[0] or x.type.kind != "f":
        return None
    turned = matrix_transpose(build, x)
    left, right = _scaled_along_rows(build, turned), _scaled_along_rows(build, y)
    for base, weights in ((turned, []), *left):
        for other, more in ((y, []), *right):
            if base is not other:
                continue
            factors = [*weights, *more]
            if not factors:
                return build.apply(gram, base)
            weight = factors[0] if len(factors) == 1 else build.apply(multiply, *factors)
            return build.apply(weighted_gram, base, weight, params=(is_nonnegative(build, weight),))
    return None


def _scaled_along_rows(build: Builder, x: Atom) -> list[tuple[Atom, list[Atom]]]:
    """The ways to write a matrix as rows of another one times numbers."""
    equation = build.definitions.get(x)
    if equation is not None and equation.primitive is transpose:
        inner = build.defined_by(equation.inputs[0], multiply)
        if inner is None:
            return []
        rows, columns = x.type.shape
        return [
            (matrix_transpose(build, other), [build.apply(reshape, one, params=((rows,),))])
            for one, other in (inner.inputs, inner.inputs[::-1])
            if one.type.shape in ((rows,), (1, rows)) and other.type.shape == (columns, rows)
        ]
    if equation is None or equation.primitive is not multiply:
        return []
    rows = x.type.shape[0]
    return [
        (other, [build.apply(reshape, one, params=((rows,),))])
        for one, other in (equation.inputs, equation.inputs[::-1])
        if one.type.shape == (rows, 1) and other.type.shape == x.type.shape
    ]


def is_nonnegative(build: Builder, atom: Atom, depth: int = 12) -> bool:
    """Whether no entry can be below zero; NaN apart."""
    if atom.__class__ is Literal:
        return bool((atom.value >= 0).all()) if hasattr(atom.value, "all") else bool(number(atom) >= 0)
    equation = build.definitions.get(atom)
    if equation is None or not depth:
        return False
    name = equation.primitive.name
    if name in ("exp", "exp2", "absolute", "sqrt", "cosh", "hypot"):
        return True
    if name == "multiply" and equation.inputs[0] is equation.inputs[1]:
        return bool(atom.type.kind == "f")
    if name in ("multiply", "add", "divide", "reshape", "transpose", "broadcast_to", "take", "sum", "maximum"):
        operands = [operand for operand in equation.inputs if operand.type.kind in "fib"]
        check = any if name == "maximum" else all
        return check(is_nonnegative(build, operand, depth - 1) for operand in operands)
    return False


def _symmetrised(build: Builder, inputs: tuple[Atom, ...]) -> Atom | None:
    """A matrix plus its transpose, each with the same constant factor."""
    for one, other in (inputs, inputs[::-1]):
        turned = build.defined_by(other, transpose)
        if turned is None or turned.inputs[0] is not one or turned.params != ((1, 0),):
            continue
        if build.dtype(one) not in (np.float64, np.float32) or one.type.size < _SMALLEST_SQUARE:
            continue
        build.notes["symmetrised"] += 1
        scaled = constant_factor(build, one)
        if scaled is not None and scaled[1].type is one.type:
            return build.apply(with_transpose, scaled[1], params=typed_params((float(scaled[0].value),)))
        return build.apply(with_transpose, one, params=typed_params((1.0,)))
    return None


# Chains.


def _is_link(inner: Equation, is_left: bool) -> bool:
    """Whether a product joins a chain: one with a vector on its inner side is a vector of its own."""
    left, right = [len(atom.type.shape) for atom in inner.inputs]
    return (right == 2 and left <= 2) if is_left else (left == 2 and right <= 2)


def _sum_of(build: Builder, terms: list[Atom]) -> Atom:
    total = terms[0]
    for term in terms[1:]:
        total = build.apply(add, total, term)
    return total


def _sizes(factors: list[Atom]) -> list[int]:
    """The lengths between which the factors stand; a vector is a row in front and a column behind."""
    first = factors[0].type.shape
    sizes = [1 if len(first) == 1 else first[0]]
    for place, factor in enumerate(factors):
        shape = factor.type.shape
        if len(shape) == 2:
            sizes.append(shape[1])
        else:
            sizes.append(shape[0] if place == 0 else 1)
    return sizes


def _cheapest(sizes: list[int]) -> tuple[float, dict[tuple[int, int], int]]:
    """Costs and best splits of all parts of a chain, by dynamic programming."""
    count = len(sizes) - 1
    cost: dict[tuple[int, int], float] = {(i, i): 0.0 for i in range(count)}
    split: dict[tuple[int, int], int] = {}
    for length in range(1, count):
        for first in range(count - length):
            last = first + length
            options = [
                (cost[first, k] + cost[k + 1, last] + float(sizes[first]) * sizes[k + 1] * sizes[last + 1], k)
                for k in range(first, last)
            ]
            cost[first, last], split[first, last] = min(options)
    return cost[0, count - 1], split


def _multiplied(build: Builder, factors: list[Atom], split: dict[tuple[int, int], int], first: int, last: int) -> Atom:
    if first == last:
        return factors[first]
    middle = split[first, last]
    left = _multiplied(build, factors, split, first, middle)
    right = _multiplied(build, factors, split, middle + 1, last)
    return build.apply(matmul, left, right)
