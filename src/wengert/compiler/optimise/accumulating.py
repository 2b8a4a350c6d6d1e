"""Sums of products that a loop carries along, as one product behind the loop.

The gradient of a weight that every step uses is carried as a matrix, to which each step adds a product of two small
factors. What is kept instead are the factors: all rows of one times all rows of the other is the same sum.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from wengert.compiler.optimise.internal import add_at
from wengert.graph import REGISTRY, Equation, Graph, Var, array_type
from wengert.primitives.loops import Loop, loop_primitive

__all__ = ["summed_behind"]

# Rows that a factor has in one step, up to which a product of all steps is better than one in each.
MOST_TERMS: Final = 64
add: Final = REGISTRY["add"]
multiply: Final = REGISTRY["multiply"]
matmul: Final = REGISTRY["matmul"]
reshape: Final = REGISTRY["reshape"]
transpose: Final = REGISTRY["transpose"]


def summed_behind(graph: Graph) -> Graph:
    """The graph whose loops carry no sums of products."""
    if not any(equation.primitive.name == "loop" for equation in graph.equations):
        return graph
    equations: list[Equation] = []
    for equation in graph.equations:
        counted = equation.primitive.name == "loop" and equation.params[0].counted
        equations += _split(equation) if counted else [equation]
    return Graph(graph.inputs, tuple(equations), graph.outputs, graph.names)


def _split(equation: Equation) -> list[Equation]:
    loop: Loop = equation.params[0]
    body = loop.body
    makers: dict[Any, Equation] = {variable: each for each in body.equations for variable in each.outputs}
    uses: Counter[Any] = Counter(atom for each in body.equations for atom in each.inputs)
    uses.update(body.outputs)
    sums: dict[int, Any] = {}
    for place in range(loop.carried):
        factors = _factors(body, loop, place, makers, uses)
        if factors is not None:
            sums[place] = factors
    if not sums:
        return [equation]
    kept: dict[Any, Var] = {}
    for factors in sums.values():
        for factor in factors[:2]:
            kind: Any = factor.type
            kept.setdefault(factor, Var(array_type((loop.count, *kind.shape), kind.dtype)))
    stay = [place for place in range(loop.carried) if place not in sums]
    gone = {body.inputs[loop.fixed + place] for place in sums}
    inputs = tuple([variable for variable in body.inputs if variable not in gone])
    drop = {body.outputs[place] for place in sums}
    inner = Graph(
        inputs,
        tuple([each for each in body.equations if drop.isdisjoint(each.outputs)]),
        (*[body.outputs[place] for place in stay], *body.outputs[loop.carried :], *kept),
    )
    operands = tuple([a for a, v in zip(equation.inputs, body.inputs, strict=True) if v not in gone])
    results = (*[equation.outputs[place] for place in stay], *equation.outputs[loop.carried :], *kept.values())
    small = Loop(inner, loop.count, loop.fixed, len(stay))
    made = [Equation(loop_primitive(len(results)), operands, (small,), results, equation.source)]
    for place, (left, right, turned) in sums.items():
        first = equation.inputs[loop.fixed + place]
        step = makers[body.outputs[place]]
        made += _product(first, kept[left], kept[right], equation.outputs[place], step, turned)
    return made


def _factors(body: Graph, loop: Loop, place: int, makers: dict[Any, Equation], uses: Counter[Any]) -> Any:
    """The factors of what a step adds to a carried matrix, and whether the first has a column for every term.

    Else it has, as the other one, a row for each.
    """
    given, out = body.inputs[loop.fixed + place], body.outputs[place]
    step = makers.get(out)
    if step is None or uses[out] != 1 or uses[given] != 1:
        return None
    product = _added(step, given)
    maker = makers.get(product)
    if maker is None or uses[product] != 1 or len(product.type.shape) != 2:
        return None
    operands: Any = maker.inputs
    left, right = operands[0], operands[-1]
    if len({atom.type.dtype for atom in (left, right, given)}) > 1 or given.type.kind != "f":
        return None
    if maker.primitive is multiply:
        return _of_outer(left, right, product.type.shape, makers)
    if maker.primitive is not matmul or len(left.type.shape) != 2 or len(right.type.shape) != 2:
        return None
    if left.type.shape[1] > MOST_TERMS or right.__class__ is not Var:
        return None
    turned = makers.get(left)
    if turned is not None and turned.primitive is transpose and turned.inputs[0].__class__ is Var:
        return turned.inputs[0], right, False
    # what the loop is given may be turned as a whole
    return (left, right, True) if left in body.inputs[loop.fixed + loop.carried :] else None


def _added(step: Equation, given: Var) -> Any:
    """What a step adds to a carried value, all over or at a place that is the same in all steps."""
    if step.primitive is add and given in step.inputs and step.inputs[0] is not step.inputs[1]:
        product: Any = next(atom for atom in step.inputs if atom is not given)
        return product if product.type is given.type else None
    if step.primitive is add_at and step.inputs[0] is given and len(step.inputs) == 3:
        return step.inputs[1]
    return None


def _of_outer(left: Any, right: Any, shape: tuple[int, ...], makers: dict[Any, Equation]) -> Any:
    """The column and the row whose outer product it is."""
    for one, other in ((left, right), (right, left)):
        if one.type.shape == (shape[0], 1) and other.type.shape in ((shape[1],), (1, shape[1])):
            column, row = _unshaped(one, makers), _unshaped(other, makers)
            return (column, row, False) if column.__class__ is Var and row.__class__ is Var else None
    return None


def _unshaped(atom: Any, makers: dict[Any, Equation]) -> Any:
    maker = makers.get(atom)
    return maker.inputs[0] if maker is not None and maker.primitive is reshape else atom


def _product(first: Any, left: Var, right: Var, out: Var, origin: Equation, turned: bool) -> list[Equation]:
    """`first` plus the transpose of all rows of `left` times those of `right`, as equations that give `out`."""
    # the step at whose end stands what is added
    rows, columns = (origin.inputs[1] if origin.primitive is add_at else origin.outputs[0]).type.shape
    made: list[Equation] = []

    def emit(primitive: Any, inputs: tuple[Any, ...], params: tuple[Any, ...], variable: Var) -> Var:
        made.append(Equation(primitive, inputs, params, (variable,), origin.source))
        return variable

    terms = left.type.size // rows
    if turned:
        count, _, width = left.type.shape
        kind = array_type((count, width, rows), left.type.dtype)
        left = emit(transpose, (left,), ((0, 2, 1),), Var(kind))
    flat_left = emit(reshape, (left,), ((terms, rows),), Var(array_type((terms, rows), left.type.dtype)))
    flat_right = emit(reshape, (right,), ((terms, columns),), Var(array_type((terms, columns), right.type.dtype)))
    columnwise = emit(transpose, (flat_left,), ((1, 0),), Var(array_type((rows, terms), left.type.dtype)))
    product = emit(matmul, (columnwise, flat_right), (), Var(array_type((rows, columns), out.type.dtype)))
    if origin.primitive is add_at:
        emit(add_at, (first, product, origin.inputs[2]), (), out)
    else:
        emit(add, (first, product), (), out)
    return made
