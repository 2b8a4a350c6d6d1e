"""Broadcasts, transposes and reshapes: composed, and moved behind what is computed entry by entry."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.builder import Builder
from wengert.compiler.optimise.rules import Atom, rule, rule_for_elementwise
from wengert.graph import REGISTRY, Equation, Literal, Primitive

__all__ = ["as_result", "broadcasted"]

Shape = tuple[int, ...]
broadcast_to: Final = REGISTRY["broadcast_to"]
transpose: Final = REGISTRY["transpose"]
reshape: Final = REGISTRY["reshape"]


def as_result(
    build: Builder, primitive: Primitive, inputs: tuple[Atom, ...], params: tuple[Any, ...], atom: Atom
) -> Atom | None:
    """The atom, repeated where needed, if it has the type that the operation gives."""
    expected = build.infer(primitive, inputs, params)[0]
    if atom.type is expected:
        return atom
    kind = atom.type
    if kind.dtype != expected.dtype or kind.weak or expected.weak or kind.shape == expected.shape:
        return None
    return broadcasted(build, atom, expected.shape)


def broadcasted(build: Builder, atom: Atom, shape: Shape) -> Atom:
    """The atom repeated to a shape."""
    return atom if atom.type.shape == shape else build.apply(broadcast_to, atom, params=(shape,))


@rule_for_elementwise
def broadcast_behind(
    build: Builder, primitive: Primitive, inputs: tuple[Atom, ...], params: tuple[Any, ...]
) -> Atom | None:
    """Compute once what is the same in all repetitions."""
    sources = _unrepeated(build, inputs, len(inputs) > 1)
    if sources is None:
        return None
    wide = build.infer(primitive, inputs, params)[0]
    narrow = build.infer(primitive, sources, params)[0]
    if narrow.shape != wide.shape:
        # the axes in front that a reshape has put in are missing: only what a broadcast repeats may be taken off
        sources = _unrepeated(build, inputs, False)
        if sources is None:
            return None
        narrow = build.infer(primitive, sources, params)[0]
    if narrow.dtype != wide.dtype or narrow.weak != wide.weak:
        return None
    # a Python complex number times a NumPy float without axes is one of Python's, whatever the types say
    if any([atom.type.weak and atom.type.kind == "c" for atom in sources]):
        return None
    return broadcasted(build, build.apply(primitive, *sources, params=params), wide.shape)


def _unrepeated(build: Builder, inputs: tuple[Atom, ...], axes_in_front: bool) -> tuple[Atom, ...] | None:
    sources: list[Atom] | None = None
    for place, atom in enumerate(inputs):
        equation = build.definitions.get(atom)
        if equation is None:
            continue
        in_front = axes_in_front and equation.primitive is reshape and _adds_axes_in_front(equation)
        if (equation.primitive is broadcast_to or in_front) and not equation.inputs[0].type.weak:
            if sources is None:
                sources = list(inputs)
            sources[place] = equation.inputs[0]
    return tuple(sources) if sources is not None else None


def _adds_axes_in_front(equation: Equation) -> bool:
    before, after = equation.inputs[0].type.shape, equation.outputs[0].type.shape
    front = len(after) - len(before)
    return front > 0 and after[front:] == before and math.prod(after[:front]) == 1


@rule_for_elementwise
def move_behind(build: Builder, primitive: Primitive, inputs: tuple[Atom, ...], params: tuple[Any, ...]) -> Atom | None:
    """Compute before the entries are moved: all operands are moved alike, or are numbers or constants."""
    definitions = build.definitions
    mover: Equation | None = None
    for atom in inputs:
        if not atom.type.shape:
            continue
        equation = definitions.get(atom)
        if equation is not None and (equation.primitive is transpose or equation.primitive is reshape):
            if mover is None:
                mover = equation
            elif (
                equation.primitive is not mover.primitive
                or equation.params != mover.params
                or equation.inputs[0].type.shape != mover.inputs[0].type.shape
            ):
                return None
        elif atom.__class__ is not Literal:
            return None
    if mover is None or mover.inputs[0].type.weak:
        return None
    moved = mover.outputs[0].type.shape
    sources: list[Atom] = []
    for atom in inputs:
        if not atom.type.shape:
            sources.append(atom)
        elif atom.__class__ is Literal:
            if atom.type.shape != moved:
                return None
            sources.append(build.literal(_moved_back(atom.value, mover)))
        else:
            sources.append(definitions[atom].inputs[0])
    return build.apply(mover.primitive, build.apply(primitive, *sources, params=params), params=mover.params)


def _moved_back(value: Any, mover: Equation) -> Any:
    if mover.primitive is reshape:
        return value.reshape(mover.inputs[0].type.shape)
    return np.ascontiguousarray(value.transpose(np.argsort(mover.params[0])))


@rule("transpose")
def transpose_simplified(
    build: Builder, primitive: Primitive, inputs: tuple[Atom, ...], params: tuple[Any, ...]
) -> Atom | None:
    """None at all, one for two, a reshape where only axes of length one move, and nothing where all are alike."""
    (x,), (axes,) = inputs, params
    if axes == tuple(range(len(axes))):
        return x
    shape = x.type.shape
    long = [axis for axis in axes if shape[axis] != 1]
    if long == sorted(long):
        return build.apply(reshape, x, params=(tuple(shape[axis] for axis in axes),))
    equation = build.definitions.get(x)
    if equation is None:
        return None
    if equation.primitive is transpose:
        inner = equation.params[0]
        return build.apply(transpose, equation.inputs[0], params=(tuple(inner[axis] for axis in axes),))
    if equation.primitive is reshape:
        return _turned_before_reshape(build, equation, axes)
    if equation.primitive is broadcast_to:
        source = _aligned(build, equation)
        turned = build.apply(transpose, source, params=(axes,))
        return broadcasted(build, turned, tuple(shape[axis] for axis in axes))
    return None


def _turned_before_reshape(build: Builder, equation: Equation, axes: tuple[int, ...]) -> Atom | None:
    """The transpose of a reshape that only puts in or takes out axes of length one."""
    before, after = equation.inputs[0].type.shape, equation.outputs[0].type.shape
    long_before = [axis for axis, n in enumerate(before) if n != 1]
    long_after = [axis for axis, n in enumerate(after) if n != 1]
    if len(before) >= len(after) or [before[a] for a in long_before] != [after[a] for a in long_after]:
        return None
    order = [long_before[long_after.index(axis)] for axis in axes if after[axis] != 1]
    turned = build.apply(
        transpose, equation.inputs[0], params=((*order, *[a for a, n in enumerate(before) if n == 1]),)
    )
    return build.apply(reshape, turned, params=(tuple([after[axis] for axis in axes]),))


def _aligned(build: Builder, equation: Equation) -> Atom:
    """What a broadcast repeats, with as many axes as the result."""
    source, shape = equation.inputs[0], equation.outputs[0].type.shape
    missing = len(shape) - len(source.type.shape)
    if not missing:
        return source
    return build.apply(reshape, source, params=((1,) * missing + source.type.shape,))


@rule("reshape")
def reshape_simplified(
    build: Builder, primitive: Primitive, inputs: tuple[Atom, ...], params: tuple[Any, ...]
) -> Atom | None:
    """None at all, one for two, and before a broadcast."""
    (x,), (shape,) = inputs, params
    if x.type.shape == shape and not x.type.weak:
        return x
    equation = build.definitions.get(x)
    if equation is None:
        return None
    if equation.primitive is reshape:
        return build.apply(reshape, equation.inputs[0], params=(shape,))
    if equation.primitive is transpose:
        long = [axis for axis in equation.params[0] if equation.inputs[0].type.shape[axis] != 1]
        return build.apply(reshape, equation.inputs[0], params=(shape,)) if long == sorted(long) else None
    if equation.primitive is broadcast_to:
        return _reshaped_broadcast(build, equation, shape)
    return None


def _reshaped_broadcast(build: Builder, equation: Equation, shape: Shape) -> Atom | None:
    source, wide = equation.inputs[0], equation.outputs[0].type.shape
    if source.type.weak:
        return None
    if source.type.size == 1:
        single = build.apply(reshape, source, params=((),)) if source.type.shape else source
        return broadcasted(build, single, shape)
    if [n for n in wide if n != 1] != [n for n in shape if n != 1]:
        return None
    narrow = (1,) * (len(wide) - len(source.type.shape)) + source.type.shape
    lengths = iter([n for n, w in zip(narrow, wide, strict=True) if w != 1])
    fresh = tuple([1 if w == 1 else next(lengths) for w in shape])
    return broadcasted(build, build.apply(reshape, source, params=(fresh,)), shape)


@rule("broadcast_to")
def broadcast_simplified(
    build: Builder, primitive: Primitive, inputs: tuple[Atom, ...], params: tuple[Any, ...]
) -> Atom | None:
    """None at all, one for two, and of a strong number."""
    (x,), (shape,) = inputs, params
    if x.type.weak:
        if x.__class__ is not Literal:
            return None
        return build.apply(broadcast_to, build.literal(build.dtype(x).type(x.value)), params=params)
    if x.type.shape == shape:
        return x
    if x.type.size == math.prod(shape) and x.__class__ is not Literal:
        return build.apply(reshape, x, params=params)
    equation = build.definitions.get(x)
    if equation is None:
        return None
    if equation.primitive is broadcast_to or (equation.primitive is reshape and _adds_axes_in_front(equation)):
        source = equation.inputs[0]
    else:
        return None
    return None if source.type.weak else build.apply(broadcast_to, source, params=params)
