"""Transposes that are results, or are needed entry by entry: what gives them is computed in their order.

A Jacobian in forward mode is the transpose of the tangents, and programs return `np.exp(A).T`. A transpose of operands
is only another way to read them, while that of a result would be a copy, and that of an operand would have to be made
in memory first.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from wengert.compiler.optimise.rules import Atom
from wengert.graph import REGISTRY, ArrayType, Equation, Graph, Primitive, Var, prune

__all__ = ["turned"]

broadcast_to: Final = REGISTRY["broadcast_to"]
matmul: Final = REGISTRY["matmul"]
reshape: Final = REGISTRY["reshape"]
transpose: Final = REGISTRY["transpose"]
Axes = tuple[int, ...]
# Operations that are computed in another order for one result, one behind the other.
_DEEP: Final = 32


def turned(graph: Graph, applied: Counter[str]) -> Graph:
    """The graph in which transposes that are results are computed in their own order, where that is no detour."""
    if not any([equation.primitive is transpose for equation in graph.equations]):
        return graph
    makers = {variable: equation for equation in graph.equations for variable in equation.outputs}
    uses = Counter([atom for equation in graph.equations for atom in equation.inputs] + list(graph.outputs))
    instead: dict[int, list[Equation]] = {}
    for equation in _candidates(graph):
        work = _Turning(makers, uses, equation)
        if work.is_worth_it():
            instead[id(equation)] = work.made
            applied["computed_in_the_order_of_a_transpose"] += 1
    equations = [one for equation in graph.equations for one in instead.get(id(equation), (equation,))]
    return prune(Graph(graph.inputs, tuple(equations), graph.outputs, graph.names)) if instead else graph


def _candidates(graph: Graph) -> list[Equation]:
    """The transposes that are results, and those that are needed entry by entry only."""
    results = set(graph.outputs)
    otherwise: set[Atom] = set()
    for equation in graph.equations:
        if not equation.primitive.elementwise:
            otherwise.update(equation.inputs)
    return [
        one
        for one in graph.equations
        if one.primitive is transpose and (one.outputs[0] in results or one.outputs[0] not in otherwise)
    ]


class _Turning:
    """One transpose, and the equations that give the same in its order."""

    def __init__(self, makers: dict[Atom, Equation], uses: Counter[Atom], equation: Equation) -> None:
        self.makers = makers
        self.uses = uses
        self.made: list[Equation] = []
        # arrays of full size that will be read across the memory, and those that were until now
        self.across: set[Atom] = set()
        self.along: set[Atom] = set()
        (source,), (axes,) = equation.inputs, equation.params
        self.computed = self._is_computed(source)
        if self.computed:
            maker = makers[source]
            self._end(maker.primitive, self._operands(maker, axes, 0), maker.params, equation)

    def is_worth_it(self) -> bool:
        """Whether no more is read across the memory than the copy would have read."""
        return self.computed and len(self.across) <= 1 + len(self.along)

    def _is_computed(self, atom: Atom) -> bool:
        """Whether an array is computed for this result only, by an operation that has an order to choose."""
        maker = self.makers.get(atom)
        if maker is None or self.uses[atom] != 1 or not isinstance(atom.type, ArrayType):
            return False
        if maker.primitive is matmul:
            return all([len(operand.type.shape) == 2 for operand in maker.inputs])
        return bool(maker.primitive.elementwise) and len(maker.outputs) == 1

    def _operands(self, maker: Equation, axes: Axes, depth: int) -> tuple[Atom, ...]:
        if maker.primitive is matmul:
            # BLAS reads a matrix in any order
            left, right = [self._transposed(atom, axes) for atom in maker.inputs]
            return right, left
        return tuple([self._turned(atom, axes, depth) for atom in maker.inputs])

    def _turned(self, atom: Atom, axes: Axes, depth: int) -> Atom:
        """An operand in the order of the axes."""
        shape = atom.type.shape
        if not shape:
            return atom
        if len(shape) < len(axes):
            shape = (1,) * (len(axes) - len(shape)) + shape
            return self._transposed(self._apply(reshape, (atom,), (shape,)), axes)
        maker = self.makers.get(atom)
        if maker is not None and depth < _DEEP and self._is_computed(atom):
            return self._apply(maker.primitive, self._operands(maker, axes, depth + 1), maker.params)
        primitive = None if maker is None else maker.primitive
        if primitive is transpose:
            self.along.add(atom)
        elif primitive is not broadcast_to and max(shape) < atom.type.size:
            self.across.add(atom)
        return self._transposed(atom, axes)

    def _transposed(self, atom: Atom, axes: Axes) -> Atom:
        maker = self.makers.get(atom)
        if maker is not None and maker.primitive is transpose:
            atom, axes = maker.inputs[0], tuple([maker.params[0][axis] for axis in axes])
        return atom if axes == tuple(range(len(axes))) else self._apply(transpose, (atom,), (axes,))

    def _apply(self, primitive: Primitive, inputs: tuple[Atom, ...], params: tuple[Any, ...]) -> Atom:
        (kind,) = primitive.infer(tuple([atom.type for atom in inputs]), params)
        output = Var(kind)
        self.made.append(Equation(primitive, inputs, params, (output,)))
        return output

    def _end(self, primitive: Primitive, inputs: tuple[Atom, ...], params: tuple[Any, ...], equation: Equation) -> None:
        """The operation that gives what the transpose gave."""
        self.made.append(Equation(primitive, inputs, params, equation.outputs, equation.source))
