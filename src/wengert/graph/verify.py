"""The rules of the intermediate representation, as code."""

from __future__ import annotations

from wengert.errors import GraphError
from wengert.graph.core import Equation, Graph, Literal, Var
from wengert.graph.primitive import REGISTRY, typed_params
from wengert.graph.types import ArrayType

__all__ = ["verify"]


def verify(graph: Graph) -> None:
    """Raise `GraphError` unless the graph keeps every rule.

    1. Inputs are distinct. 2. Each variable is assigned once, before its use. 3. Every primitive is the registered
    one of its name, or a private one. 4. Parameters match the primitive's and hash. 5. The outputs of an
    equation have the types that its primitive infers. 6. Outputs of the graph are assigned or literal.
    """
    assigned: set[Var] = set()
    for variable in graph.inputs:
        if variable in assigned:
            raise GraphError("an input stands twice in the list of inputs")
        assigned.add(variable)
    for position, equation in enumerate(graph.equations):
        _verify_equation(position, equation, assigned)
        assigned.update(equation.outputs)
    for atom in graph.outputs:
        if isinstance(atom, Var) and atom not in assigned:
            raise GraphError("an output of the graph is never assigned")


def _verify_equation(position: int, equation: Equation, assigned: set[Var]) -> None:
    primitive = equation.primitive
    place = f"equation {position} ({primitive.name})"
    for atom in equation.inputs:
        if isinstance(atom, Var) and atom not in assigned:
            raise GraphError(f"{place} uses a variable before it is assigned")
    for variable in equation.outputs:
        if variable in assigned:
            raise GraphError(f"{place} assigns a variable that has a value already")
    if primitive.name in REGISTRY and REGISTRY[primitive.name] is not primitive:
        raise GraphError(f"{place} uses a stranger under the name of a registered primitive")
    if equation.params != typed_params(equation.params[: len(primitive.param_names)]):
        raise GraphError(f"{place} has {len(equation.params)} parameters, not {primitive.param_names}")
    try:
        hash(equation.params)
    except TypeError as error:
        raise GraphError(f"{place} has a parameter that cannot be hashed: {equation.params}") from error
    if len(equation.outputs) != primitive.outputs:
        raise GraphError(f"{place} has {len(equation.outputs)} outputs, not {primitive.outputs}")
    _verify_types(place, equation)


def _verify_types(place: str, equation: Equation) -> None:
    primitive = equation.primitive
    if primitive.rule_maker is not None:
        return
    operands = tuple(
        atom.value if isinstance(atom, Literal) and not isinstance(atom.type, ArrayType) else atom.type
        for atom in equation.inputs
    )
    inferred = primitive.infer(operands, equation.params)
    for variable, expected in zip(equation.outputs, inferred, strict=True):
        found = variable.type
        if found.shape != expected.shape or found.dtype != expected.dtype:
            raise GraphError(f"{place} has an output of type {found!r}, its primitive infers {expected!r}")
