"""The Wengert list as data: variables, equations, graphs (R. E. Wengert, CACM 7(8), 1964)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from wengert.graph.primitive import Primitive
from wengert.graph.source import Source
from wengert.graph.types import ArrayType, OpaqueType

__all__ = ["Equation", "Graph", "Literal", "Var"]


class Var:
    """A name for one value: an input of a graph, or a result of one of its equations."""

    __slots__ = ("type",)

    def __init__(self, type: ArrayType) -> None:
        self.type = type

    def __repr__(self) -> str:
        return f"<{self.type}>"


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A constant that stands in an equation: a number, an array, or an opaque object."""

    value: Any
    type: ArrayType | OpaqueType


Atom = Var | Literal


@dataclass(slots=True, eq=False)
class Equation:
    """`outputs = primitive(*inputs, **params)`, and the user's line that asked for it.

    Nothing of it is changed once it is made; Python would take four times as long to make it if it forbade that.
    """

    primitive: Primitive
    inputs: tuple[Atom, ...]
    params: tuple[Any, ...]
    outputs: tuple[Var, ...]
    source: Source | None = None

    @property
    def flops(self) -> int:
        """The floating-point operations that it takes, as its primitive says.

        Otherwise an estimate: one for each entry of the result of an elementwise function, or of the largest operand.
        """
        rule = self.primitive.flops_rule
        if rule is not None:
            # opaque operands, such as an index, come as themselves: they have no type that would tell a size
            operands = [
                atom.value if isinstance(atom, Literal) and not isinstance(atom.type, ArrayType) else atom.type
                for atom in self.inputs
            ]
            return int(rule(*operands, **self.primitive.named(self.params)))
        results = sum([variable.type.size for variable in self.outputs])
        if self.primitive.elementwise:
            return results
        return max([results, *[atom.type.size for atom in self.inputs if isinstance(atom.type, ArrayType)]])


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A function as a list of equations, each variable assigned once and before its use."""

    inputs: tuple[Var, ...]
    equations: tuple[Equation, ...]
    outputs: tuple[Atom, ...]
    names: dict[Var, str] = field(default_factory=dict)

    @property
    def flops(self) -> int:
        """The floating-point operations of one evaluation, as an estimate."""
        return sum([equation.flops for equation in self.equations])
