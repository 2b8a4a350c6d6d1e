"""Reverse a linear graph: from tangents in, tangents out to cotangents in, cotangents out."""

from __future__ import annotations

from typing import Any

from wengert.errors import NonlinearError
from wengert.graph import ArrayType, Equation, Graph, Var, bind, dependents, live
from wengert.primitives.arithmetic import add, convert, real
from wengert.primitives.reductions import sum_along
from wengert.primitives.shaping import broadcast_to, reshape
from wengert.tracing import record_graph, type_of

__all__ = ["conform", "expand_to", "transpose"]


def conform(cotangent: Any, kind: ArrayType) -> Any:
    """Bring a cotangent to the type of what it belongs to: sum broadcast axes, project, change precision.

    Broadcasting repeats entries, so its adjoint sums; a real variable sees the real part of the pairing.
    """
    found = type_of(cotangent)
    if found.shape != kind.shape:
        extra = found.ndim - kind.ndim
        if extra < 0:
            cotangent = bind(broadcast_to, (cotangent,), (kind.shape,))
            found = type_of(cotangent)
            extra = 0
        lengths = zip(found.shape[extra:], kind.shape, strict=True)
        summed = tuple(range(extra)) + tuple(extra + i for i, (has, wants) in enumerate(lengths) if has != wants)
        if summed:
            cotangent = bind(sum_along, (cotangent,), (summed, False))
        if type_of(cotangent).shape != kind.shape:
            narrow = type_of(cotangent).size < kind.size
            cotangent = bind(broadcast_to if narrow else reshape, (cotangent,), (kind.shape,))
    if found.dtype != kind.dtype:
        if found.dtype.kind == "c" and kind.dtype.kind != "c":
            cotangent = bind(real, (cotangent,))
        if type_of(cotangent).dtype != kind.dtype:
            cotangent = bind(convert, (cotangent,), (kind.dtype,))
    return cotangent


def expand_to(tangent: Any, kind: ArrayType) -> Any:
    """Bring a tangent to the type of the result that it belongs to."""
    found = type_of(tangent)
    if found.shape != kind.shape:
        tangent = bind(broadcast_to, (tangent,), (kind.shape,))
    if found.dtype != kind.dtype:
        tangent = bind(convert, (tangent,), (kind.dtype,))
    return tangent


def transpose(graph: Graph, fixed: int) -> Graph:
    """The adjoint of a graph that is linear in all inputs but the first `fixed`.

    Inputs of the result are the fixed inputs, then one cotangent per output; its outputs are one cotangent per
    linear input. Raises `NonlinearError` where an equation is not linear, or has no adjoint.
    """
    equations = live(graph)
    linear = dependents(equations, graph.inputs[fixed:])
    types = [variable.type for variable in graph.inputs[:fixed]] + [atom.type for atom in graph.outputs]

    def adjoint(*operands: Any) -> list[Any]:
        environment: dict[Var, Any] = dict(zip(graph.inputs[:fixed], operands[:fixed], strict=True))
        for equation in equations:
            if linear.isdisjoint(equation.outputs):
                _run(equation, environment)
        cotangents: dict[Var, Any] = {}
        for atom, cotangent in zip(graph.outputs, operands[fixed:], strict=True):
            if isinstance(atom, Var) and atom in linear:
                _accumulate(cotangents, atom, cotangent)
        for equation in reversed(equations):
            if not linear.isdisjoint(equation.outputs):
                _pull(equation, linear, environment, cotangents)
        return [cotangents[v] if v in cotangents else _zero(v.type) for v in graph.inputs[fixed:]]

    return record_graph(adjoint, types)  # type: ignore[arg-type]


def _run(equation: Equation, environment: dict[Var, Any]) -> None:
    operands = tuple(environment[a] if isinstance(a, Var) else a.value for a in equation.inputs)
    result = bind(equation.primitive, operands, equation.params)
    results = result if equation.primitive.outputs > 1 else (result,)
    environment.update(zip(equation.outputs, results, strict=True))


def _zero(kind: ArrayType) -> Any:
    return bind(broadcast_to, (kind.dtype.type(0),), (kind.shape,))


def _accumulate(cotangents: dict[Var, Any], variable: Var, cotangent: Any) -> None:
    cotangent = conform(cotangent, variable.type)
    present = cotangents.get(variable)
    cotangents[variable] = cotangent if present is None else bind(add, (present, cotangent))


def _pull(equation: Equation, linear: set[Var], environment: dict[Var, Any], cotangents: dict[Var, Any]) -> None:
    primitive = equation.primitive
    incoming = [cotangents.pop(variable, None) for variable in equation.outputs]
    if all(cotangent is None for cotangent in incoming):
        return
    incoming = [_zero(v.type) if g is None else g for g, v in zip(incoming, equation.outputs, strict=True)]
    places = [i for i, atom in enumerate(equation.inputs) if atom in linear]
    joint = primitive.adjoint_rule
    if joint is None and (
        (primitive.linear == "separately" and len(places) > 1) or not all(map(primitive.transposable, places))
    ):
        raise NonlinearError(
            f"{primitive.name} is not linear in argument {' and '.join(map(str, places))}, so it has no adjoint there; "
            f"a differential must be linear in its tangent (or fill the slot `transpose` of {primitive.name})"
        )
    operands = [
        atom.type if atom in linear else environment[atom] if isinstance(atom, Var) else atom.value
        for atom in equation.inputs
    ]
    named = primitive.named(equation.params)
    found = dict(zip(places, joint(places, incoming, operands, **named), strict=True)) if joint is not None else {}
    for place in places:
        variable = equation.inputs[place]
        assert isinstance(variable, Var)
        if place in found:
            cotangent = found[place]
        elif place in primitive.transposes:
            cotangent = primitive.transposes[place](*incoming, *operands, **named)
        else:
            cotangent = primitive.transposes[None](place, *incoming, *operands, **named)
        _accumulate(cotangents, variable, cotangent)
