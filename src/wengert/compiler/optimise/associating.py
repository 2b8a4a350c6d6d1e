"""Products of matrices that are never made, since all that is done with them is to multiply them once more.

`(A @ B) @ x` costs less as `A @ (B @ x)`, and so do sums of rows or columns, which are products with ones. A derivative
uses the same product again, on the way back with cotangents or on the way forth with tangents, so that it depends on
all uses together which order is cheapest: they are counted in the graph of value and derivative, whatever the order of
differentiation and its mode. An outer product is the product of a column and a row, and a sum of products is multiplied
term by term.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from wengert.compiler.optimise.rules import Atom
from wengert.graph import REGISTRY, ArrayType, Equation, Graph, Primitive, Var

__all__ = ["reassociated"]

add: Final = REGISTRY["add"]
matmul: Final = REGISTRY["matmul"]
multiply: Final = REGISTRY["multiply"]
reshape: Final = REGISTRY["reshape"]
total: Final = REGISTRY["sum"]
transpose: Final = REGISTRY["transpose"]
_TURNED: Final = ((1, 0),)
_OF_ROWS: Final = ((1,), False)
_OF_COLUMNS: Final = ((0,), False)
# What a multiplication in the product of a matrix with a vector takes, beside one of two matrices: it waits for memory.
_OF_A_VECTOR: Final = 6.0
# What has to be left of the cost, since an estimate it is.
_WORTH: Final = 0.9


def reassociated(graph: Graph, applied: Counter[str]) -> Graph:
    """The graph without such products; behind its outputs stands what is taken to be finite for that."""
    products = [e for e in graph.equations if e.primitive is matmul]
    if len(products) < 2:
        return graph
    work = _Products(graph)
    work.take_apart()
    if not work.finite:
        return graph
    applied["products_taken_apart"] += len(work.finite)
    equations = tuple([made for equation in graph.equations for made in work.standing_for(equation)])
    return Graph(graph.inputs, equations, (*graph.outputs, *work.finite), graph.names)


@dataclass(frozen=True)
class _Use:
    """A product in which a matrix, or its transpose, stands on the left or the right of another operand, or of ones."""

    equation: Equation
    on_the_left: bool
    turned: bool

    @property
    def other(self) -> Atom | None:
        """The other operand; None where it is ones."""
        return None if self.equation.primitive is total else self.equation.inputs[1 if self.on_the_left else 0]

    @property
    def width(self) -> int:
        """The number of columns, or rows, of the other operand."""
        shape = () if self.other is None else self.other.type.shape
        return 1 if len(shape) < 2 else int(shape[1 if self.on_the_left else 0])


class _Products:
    """The products of a graph, who uses them, and what has been put in their place."""

    def __init__(self, graph: Graph) -> None:
        self.makers: dict[Atom, Equation] = {}
        self.users: dict[Atom, list[Equation]] = {}
        self.outputs = set(graph.outputs)
        self.waiting: list[Var] = []
        self.finite: list[Var] = []
        self._instead: dict[int, list[Equation]] = {}
        for equation in graph.equations:
            self._note(equation)

    def _note(self, equation: Equation) -> None:
        for atom in equation.inputs:
            if atom.__class__ is Var:
                self.users.setdefault(atom, []).append(equation)
        for variable in equation.outputs:
            self.makers[variable] = equation
        if _is_product(equation):
            self.waiting.append(equation.outputs[0])

    def take_apart(self) -> None:
        """Go from the last product to the first one: what one of them leaves is multiplied with what made it."""
        # each replacement lowers the cost; the bound is for graphs in which that takes long
        for _ in range(8 * len(self.waiting)):
            if not self.waiting:
                return
            product = self.waiting.pop()
            maker, uses = self.makers[product], self._uses(product)
            if uses and self._pays(maker, uses):
                for use in uses:
                    self._replace(maker, use)
                self._forget(maker)
                # what made the factors has other uses than before
                self.waiting += [atom for atom in map(self._untransposed, maker.inputs) if self._makes_product(atom)]

    def standing_for(self, equation: Equation) -> list[Equation]:
        """The equations in the place of one, in their order."""
        instead = self._instead.get(id(equation))
        return [equation] if instead is None else [made for one in instead for made in self.standing_for(one)]

    def _uses(self, product: Var) -> list[_Use] | None:
        """All uses of a matrix, if they are products with something else."""
        found: list[_Use] = []
        waiting = [(product, False)]
        while waiting:
            atom, turned = waiting.pop()
            if atom in self.outputs:
                return None
            for equation in self.users.get(atom, ()):
                if equation.primitive is transpose and equation.params == _TURNED:
                    waiting.append((equation.outputs[0], not turned))
                    continue
                is_sum = equation.primitive is total and equation.params in (_OF_ROWS, _OF_COLUMNS)
                if not is_sum and not (equation.primitive is matmul and _is_usual(equation)):
                    return None
                on_the_left = equation.params == _OF_ROWS if is_sum else equation.inputs[0] is atom
                use = _Use(equation, on_the_left, turned)
                if self._untransposed(use.other) is product:
                    return None
                found.append(use)
        return found

    def _untransposed(self, atom: Atom) -> Atom:
        maker = self.makers.get(atom)
        while maker is not None and maker.primitive is transpose:
            atom = maker.inputs[0]
            maker = self.makers.get(atom)
        return atom

    def _pays(self, maker: Equation, uses: list[_Use]) -> bool:
        rows, columns = maker.outputs[0].type.shape
        made, apart = self._costs(maker, uses)
        return apart < _WORTH * (made + sum([_effort(rows, columns, use.width) for use in uses]))

    def _costs(self, maker: Equation, uses: list[_Use]) -> tuple[float, float]:
        """What it costs to make a matrix, and what the uses of it cost if it is not made."""
        rows, columns = maker.outputs[0].type.shape
        if maker.primitive is add:
            made, apart = float(rows * columns), 0.0
            for term in maker.inputs:
                if self._makes_product(term) and term not in self.outputs and len(self.users[term]) == 1:
                    costs = self._costs(self.makers[term], uses)
                    made, apart = made + costs[0], apart + costs[1]
                else:
                    apart += sum([_effort(rows, columns, use.width) for use in uses])
            return made, apart
        inner = maker.inputs[0].type.shape[1] if maker.primitive is matmul else 1
        made = _effort(rows, inner, columns)
        if maker.primitive is matmul and self._untransposed(maker.inputs[0]) is self._untransposed(maker.inputs[1]):
            # symmetric
            made /= 2
        return made, sum([_effort(rows, inner, use.width) + _effort(inner, columns, use.width) for use in uses])

    def _replace(self, maker: Equation, use: _Use) -> None:
        """Multiply with one factor after the other."""
        steps = _Steps(use.equation, self.makers)
        if maker.primitive is matmul:
            left, right = maker.inputs
            if use.turned:
                left, right = steps.turned(right), steps.turned(left)
            if use.on_the_left:
                steps.end(matmul, *steps.usual(left, steps.times(right, use.other)))
            else:
                steps.end(matmul, *steps.usual(steps.into(use.other, left), right))
        elif maker.primitive is add:
            terms = [steps.turned(term) if use.turned else term for term in maker.inputs]
            steps.end(add, *[steps.times(x, use.other) if use.on_the_left else steps.into(use.other, x) for x in terms])
        else:
            self._replace_outer(_column_and_row(maker), use, steps)
        self._forget(use.equation)
        self._instead[id(use.equation)] = steps.made
        self.finite.append(use.equation.outputs[0])
        for equation in steps.made:
            self._note(equation)
        sums = [equation for equation in self.users.get(use.equation.outputs[0], ()) if equation.primitive is add]
        self.waiting += [equation.outputs[0] for equation in sums if _is_product(equation)]

    def _forget(self, equation: Equation) -> None:
        """An equation that nothing needs any more."""
        for atom in set(equation.inputs):
            if atom.__class__ is Var:
                self.users[atom] = [one for one in self.users[atom] if one is not equation]

    def _replace_outer(self, factors: tuple[Atom, Atom], use: _Use, steps: _Steps) -> None:
        column, row = reversed(factors) if use.turned else factors
        column, row = steps.vector(column), steps.vector(row)
        is_matrix = len(use.equation.outputs[0].type.shape) == 2
        if use.on_the_left:
            row = steps.times(row, use.other)
        else:
            column = steps.into(use.other, column)
        steps.end(multiply, steps.reshaped(column, (column.type.size, 1)) if is_matrix else column, row)

    def _makes_product(self, atom: Atom) -> bool:
        maker = self.makers.get(atom)
        return maker is not None and _is_product(maker)


class _Steps:
    """Equations in the place of one."""

    def __init__(self, equation: Equation, makers: dict[Atom, Equation]) -> None:
        self.equation = equation
        self.makers = makers
        self.made: list[Equation] = []

    def end(self, primitive: Primitive, *inputs: Atom) -> None:
        """The operation that gives what the equation gave."""
        self.made.append(Equation(primitive, inputs, (), self.equation.outputs, self.equation.source))

    def times(self, left: Atom, right: Atom | None) -> Atom:
        """The product of matrices or vectors, of which the right one may be ones."""
        if right is None:
            return self._apply(total, (left,), ((len(left.type.shape) - 1,), False))
        return self._apply(matmul, self.usual(left, right), ())

    def into(self, left: Atom | None, right: Atom) -> Atom:
        """The same, where the left one may be ones."""
        return self._apply(total, (right,), _OF_COLUMNS) if left is None else self.times(left, right)

    def usual(self, left: Atom, right: Atom) -> tuple[Atom, Atom]:
        """The operands of a product; a vector stands on the side where its matrix need not be turned."""
        matrix = right if len(left.type.shape) == 1 else left
        maker = self.makers.get(matrix)
        if maker is None or maker.primitive is not transpose or min(len(left.type.shape), len(right.type.shape)) == 2:
            return left, right
        return (maker.inputs[0], left) if matrix is right else (right, maker.inputs[0])

    def turned(self, x: Atom) -> Atom:
        """The transpose of a matrix."""
        return self._apply(transpose, (x,), _TURNED)

    def vector(self, x: Atom) -> Atom:
        """A row or a column as a vector."""
        return x if len(x.type.shape) == 1 else self.reshaped(x, (x.type.size,))

    def reshaped(self, x: Atom, shape: tuple[int, ...]) -> Atom:
        """The same entries in another shape."""
        return self._apply(reshape, (x,), (shape,))

    def _apply(self, primitive: Primitive, inputs: tuple[Atom, ...], params: tuple[Any, ...]) -> Atom:
        (kind,) = primitive.infer(tuple([atom.type for atom in inputs]), params)
        output = Var(kind)
        self.made.append(Equation(primitive, inputs, params, (output,), self.equation.source))
        return output


def _is_product(equation: Equation) -> bool:
    """Whether this is the product of two matrices, or of a column and a row, or a sum."""
    shape = equation.outputs[0].type.shape
    if len(shape) != 2 or not _is_usual(equation):
        return False
    if equation.primitive is add:
        return all([atom.type.shape == shape for atom in equation.inputs])
    return equation.primitive is matmul or (equation.primitive is multiply and _column_and_row(equation) is not None)


def _column_and_row(equation: Equation) -> Any:
    """The operands of an outer product, in this order; None for another product."""
    rows, columns = equation.outputs[0].type.shape
    if min(rows, columns) > 1:
        for column, row in (equation.inputs, equation.inputs[::-1]):
            if column.type.shape == (rows, 1) and row.type.shape in ((columns,), (1, columns)):
                return column, row
    return None


def _is_usual(equation: Equation) -> bool:
    """Whether all operands are vectors or matrices of the same floating-point numbers."""
    kind = equation.outputs[0].type
    return kind.kind == "f" and all(
        [
            atom.type.__class__ is ArrayType and atom.type.dtype == kind.dtype and 1 <= len(atom.type.shape) <= 2
            for atom in equation.inputs
        ]
    )


def _effort(rows: int, inner: int, columns: int) -> float:
    return float(rows) * inner * columns * (_OF_A_VECTOR if min(rows, columns) == 1 < inner else 1.0)
