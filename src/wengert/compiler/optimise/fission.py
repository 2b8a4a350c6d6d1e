"""What in the steps of a loop does not wait for the step before: computed for all steps at once, before the loop.

So it runs as whole arrays, in the lanes of the processor, instead of one number after the other; and a product with
one matrix in each step becomes a single product. Large values stay in the loop: there they are gone after their step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from wengert.graph import (
    OPAQUE,
    REGISTRY,
    ArrayType,
    Equation,
    Graph,
    Literal,
    Primitive,
    Var,
    array_type,
    concrete_type,
)
from wengert.tracing.index import SLOT, Index

__all__ = ["before_the_loop"]

Atom = Var | Literal
Emit = Callable[[Primitive, tuple[Atom, ...], tuple[Any, ...], ArrayType], Var]
take: Final = REGISTRY["take"]
number_of: Final = REGISTRY["number"]
reshape: Final = REGISTRY["reshape"]
matmul: Final = REGISTRY["matmul"]
total: Final = REGISTRY["sum"]
transpose: Final = REGISTRY["transpose"]
convert: Final = REGISTRY["convert"]
# Entries of a value of one step, and of all steps together, up to which it is made before the loop.
SMALL: Final = 256
ROOM: Final = 1 << 21


def before_the_loop(
    body: Graph, fixed: list[Atom], carried: int, arrays: list[Atom], count: int, emit: Emit
) -> tuple[Graph, list[Atom]]:
    """The body without what is computed before the loop by `emit`, and the arrays of steps that it then takes."""
    split = len(fixed) + carried
    outer: dict[Any, Atom] = dict(zip(body.inputs, fixed, strict=False))
    stacks: dict[Any, Atom] = dict(zip(body.inputs[split:], arrays, strict=True))
    stay: list[Equation] = []
    moved: list[Var] = []
    for equation in body.equations:
        batched = _batched(equation, outer, stacks, count, emit)
        if batched is None:
            stay.append(equation)
        else:
            stacks[equation.outputs[0]] = batched
            moved.append(equation.outputs[0])
    if not moved:
        return body, arrays
    read = {atom for equation in stay for atom in equation.inputs} | set(body.outputs)
    inputs = list(body.inputs[:split])
    taken: list[Atom] = []
    first: list[Equation] = []
    for variable in (*body.inputs[split:], *moved):
        if variable not in read:
            continue
        if variable.type.weak:
            # the entry of an array, as the Python number that the step has
            strong = Var(array_type(variable.type.shape, variable.type.dtype))
            first.append(Equation(number_of, (strong,), (variable.type.dtype,), (variable,)))
            inputs.append(strong)
        else:
            inputs.append(variable)
        taken.append(stacks[variable])
    return Graph(tuple(inputs), (*first, *stay), body.outputs), taken


def _batched(
    equation: Equation, outer: dict[Any, Atom], stacks: dict[Any, Atom], count: int, emit: Emit
) -> Atom | None:
    """The results of an equation in all steps, along axis 0; None where they must wait."""
    if len(equation.outputs) != 1 or not any(atom in stacks for atom in equation.inputs):
        return None
    if not all(atom.__class__ is Literal or atom in stacks or atom in outer for atom in equation.inputs):
        return None
    kind = equation.outputs[0].type
    heavy = equation.primitive is matmul
    if kind.size > (64 * SMALL if heavy else SMALL) or kind.size * count > ROOM:
        return None
    operands = [(stacks.get(atom), outer.get(atom, atom)) for atom in equation.inputs]
    rule = _RULES.get(equation.primitive)
    made: tuple[Primitive, tuple[Atom, ...], tuple[Any, ...]] | None
    if rule is not None:
        made = rule(equation, operands, count, emit)
    elif equation.primitive.elementwise and not equation.primitive.gives_numbers:
        made = _entrywise(equation, operands, count, emit)
    else:
        return None
    if made is None:
        return None
    primitive, inputs, params = made
    types = tuple([getattr(atom, "value", None) if atom.type is OPAQUE else atom.type for atom in inputs])
    (found,) = primitive.infer(types, params)
    if found.shape != (count, *kind.shape) or found.dtype != kind.dtype:
        return None
    return emit(primitive, inputs, params, found)


def _entrywise(equation: Equation, operands: list[Any], count: int, emit: Emit) -> Any:
    rank = len(equation.outputs[0].type.shape)
    inputs: list[Atom] = []
    for stack, atom in operands:
        if stack is None:
            inputs.append(atom)
            continue
        shape = stack.type.shape[1:]
        aligned = array_type((count, *(1,) * (rank - len(shape)), *shape), stack.type.dtype)
        same = aligned.shape == stack.type.shape
        inputs.append(stack if same else emit(reshape, (stack,), (aligned.shape,), aligned))
    return equation.primitive, tuple(inputs), equation.params


def _number(equation: Equation, operands: list[Any], count: int, emit: Emit) -> Any:
    return convert, (operands[0][0],), equation.params


def _reshaped(equation: Equation, operands: list[Any], count: int, emit: Emit) -> Any:
    return reshape, (operands[0][0],), ((count, *equation.params[0]),)


def _turned(equation: Equation, operands: list[Any], count: int, emit: Emit) -> Any:
    return transpose, (operands[0][0],), ((0, *[axis + 1 for axis in equation.params[0]]),)


def _reduced(equation: Equation, operands: list[Any], count: int, emit: Emit) -> Any:
    axis, keepdims = equation.params
    return equation.primitive, (operands[0][0],), (tuple([a + 1 for a in axis]), keepdims)


def _taken(equation: Equation, operands: list[Any], count: int, emit: Emit) -> Any:
    """Entries of a fixed array at the indices of all steps, or the same entry of an array of each step."""
    stack, x = operands[0]
    index = operands[1][1].value
    if equation.params != (0,):
        return None
    if stack is not None:
        if len(operands) > 2 or any(item is Ellipsis or item is None for item in index.items) or index.advanced:
            return None
        moved = Index((slice(None), *index.items), 0)
        return take, (stack, Literal(moved, concrete_type(moved))), (0,)
    if len(operands) != 3 or index.items != (SLOT,) or operands[2][0] is None:
        return None
    places = operands[2][0]
    if places.__class__ is Literal and places.type.size == count:
        part = _as_slice(places.value.reshape(-1))
        if part is not None:
            index = Index((part,), 0)
            opaque = Literal(index, concrete_type(index))
            if len(places.type.shape) == 1:
                return take, (x, opaque), (0,)
            shape = (count, *x.type.shape[1:])
            entries = emit(take, (x, opaque), (0,), array_type(shape, x.type.dtype))
            return reshape, (entries,), ((*places.type.shape, *x.type.shape[1:]),)
    return take, (x, operands[1][1], places), (0,)


def _as_slice(places: Any) -> slice | None:
    steps = np.diff(places)
    if not len(steps) or not steps[0] or not (steps == steps[0]).all():
        return None
    start, step = int(places[0]), int(steps[0])
    stop = int(places[-1]) + (1 if step > 0 else -1)
    return slice(start, None if stop < 0 else stop, step)


def _product(equation: Equation, operands: list[Any], count: int, emit: Emit) -> Any:
    (left, x), (right, y) = operands
    if left is not None and right is None and len(y.type.shape) == 2:
        return matmul, (left, y), ()
    if left is None and right is not None and len(x.type.shape) == 2 and len(right.type.shape) == 2:
        kind = array_type(x.type.shape[::-1], x.type.dtype)
        return matmul, (right, emit(transpose, (x,), ((1, 0),), kind)), ()
    return None


_RULES: Final[dict[Primitive, Callable[..., Any]]] = {
    number_of: _number, reshape: _reshaped, transpose: _turned, total: _reduced, take: _taken, matmul: _product,
}  # fmt: skip
