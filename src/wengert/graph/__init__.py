"""The intermediate representation: types, primitives, equations, graphs. Knows no NumPy function by name."""

from wengert.graph.core import Equation, Graph, Literal, Var
from wengert.graph.primitive import REGISTRY, Operand, Primitive, Recorder, bind, typed_params
from wengert.graph.python_source import compile_graph, harden
from wengert.graph.source import Source, locate
from wengert.graph.types import OPAQUE, ArrayType, array_type, concrete_type, declare_opaque
from wengert.graph.verify import verify
from wengert.graph.walk import dependents, live, prune

__all__ = [
    "OPAQUE",
    "REGISTRY",
    "ArrayType",
    "Equation",
    "Graph",
    "Literal",
    "Operand",
    "Primitive",
    "Recorder",
    "Source",
    "Var",
    "array_type",
    "bind",
    "compile_graph",
    "concrete_type",
    "declare_opaque",
    "dependents",
    "harden",
    "live",
    "locate",
    "prune",
    "typed_params",
    "verify",
]
