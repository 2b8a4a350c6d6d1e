"""The bodies of loops and branches: from functions of the user's, with nested values, to graphs of leaves."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Callable, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any

import numpy as np

from wengert import tree
from wengert.api.arguments import name_of
from wengert.errors import ArgumentError, MutationError, OutputError, TracingError
from wengert.graph import ArrayType, Graph, Operand, Source, Var, array_type, bind, prune
from wengert.numpy.host import unhosted
from wengert.primitives.arithmetic import convert
from wengert.programs import Program, call
from wengert.tracing import active_recordings, as_operand, type_of
from wengert.transforms.again import first_difference, same_value
from wengert.transforms.bodies import BodyRecording

__all__ = [
    "Carry", "Found", "body_graph", "confirmed", "converted", "joined", "leaves_of", "require_function",
    "settled_carry", "type_text",
]  # fmt: skip

Finish = Callable[[Any, BodyRecording], Sequence[Any]]
# a graph, and the values from outside for its first inputs
Found = tuple[Graph, list[Any]]


def require_function(operation: str, what: str, given: Any) -> None:
    """Refuse what cannot be called."""
    if not callable(given):
        raise ArgumentError(f"{operation}: {what} must be a function, received {type(given).__name__}")


def require_no_assignment(told: str, function: Any, differs: str) -> None:
    """Refuse a function that assigns to variables outside of it: it would once, and not in every run."""
    inner = inspect.unwrap(getattr(function, "__func__", function))
    code = getattr(inner, "__code__", None)
    found = None if code is None else _assigned_outside(code)
    if found is not None:
        name, source = found
        raise MutationError(
            f"{told} assigns to {name}, a variable outside of it (at {source}), but Python runs it once for every "
            f"{differs}. Carry it along, and return it"
        )


@lru_cache(maxsize=1024)
def _assigned_outside(code: CodeType) -> tuple[str, Source] | None:
    """The first variable outside of a code that it assigns to, and the line."""
    line = code.co_firstlineno
    for instruction in dis.get_instructions(code):
        line = (instruction.positions.lineno if instruction.positions else None) or line
        outside = instruction.opname == "STORE_DEREF" and instruction.argval in code.co_freevars
        if outside or instruction.opname == "STORE_GLOBAL":
            return instruction.argval, Source(code.co_filename, line, code.co_name)
    return None


def leaves_of(operation: str, what: str, nested: Any) -> tuple[list[Any], tree.Structure]:
    """The leaves of a nesting of arrays and numbers, and their structure."""
    leaves, structure = tree.flatten(nested)
    found = [unhosted(as_operand(leaf)) if _is_number(leaf) else leaf for leaf in leaves]
    for leaf, path in zip(found, structure.paths(), strict=True):
        kind: Any = type_of(leaf)
        if not isinstance(kind, ArrayType) or kind.kind not in "fciub":
            raise ArgumentError(
                f"{operation}: {what}{path} is {_described(leaf)}; it must hold arrays and numbers only, nested at will"
            )
    return found, structure


def _is_number(leaf: Any) -> bool:
    return isinstance(leaf, (Operand, np.ndarray, np.generic, float, int, complex))


def _described(leaf: Any) -> str:
    if isinstance(leaf, np.ndarray):
        return f"an array of dtype {leaf.dtype}"
    return f"of type {type(leaf).__name__}"


def body_graph(
    function: Callable[..., Any],
    given: Sequence[tuple[ArrayType, Any]],
    arguments: Callable[[list[Any]], tuple[Any, ...]],
    finish: Finish,
    told: str,
    differs: str,
    claims: bool = False,
) -> Found:
    """The graph of a function of the user's, and the values that it finds outside.

    Inputs are those values first, then one for each of `given`, a type with an operand for which the input stands.
    `arguments` nests the inputs for the function, and `finish` takes its result apart, into the outputs. With `claims`
    the graph holds all that the function computes, also what depends on values from outside only.
    """
    require_no_assignment(told, function, differs)
    with BodyRecording(told, differs, claims) as recording:
        inputs = [recording.given(kind, operand) for kind, operand in given]
        result = call(Program(function), arguments(list(inputs)), {})
        outputs = finish(result, recording)
        graph = recording.graph(outputs)
    own = graph.inputs
    return prune(Graph((*recording.outer_inputs, *own), graph.equations, graph.outputs)), recording.outside


def confirmed(found: Found, record: Callable[[], Found], told: str, differs: str) -> Found:
    """What was recorded, if another recording agrees: a function that counts, or draws, does something else."""
    if any([isinstance(recording, BodyRecording) for recording in active_recordings()]):
        # the whole body around it is recorded again
        return found
    again, outside = record()
    other, source = first_difference(found[0], again)
    if other or len(outside) != len(found[1]) or not all(map(same_value, outside, found[1])):
        raise TracingError(
            f"{told} does something else when it runs again{f', from {source} on' if source else ''}, but Python "
            f"runs it once for every {differs}: it must not count, draw random numbers, or take from an iterator. "
            f"Let it get what changes as an argument"
        )
    return found


class Carry:
    """What goes from step to step: leaves, their structure, and the types that they have in all steps."""

    def __init__(self, operation: str, first: Any) -> None:
        self.operation = operation
        self.leaves, self.structure = leaves_of(operation, "first", first)
        self.types = [type_of(leaf) for leaf in self.leaves]

    def operands(self) -> list[Any]:
        """The first values, in these types."""
        return [converted(leaf, kind) for leaf, kind in zip(self.leaves, self.types, strict=True)]

    def given(self) -> list[tuple[ArrayType, Any]]:
        """Types and operands, as `body_graph` takes them."""
        return list(zip(self.types, self.leaves, strict=True))

    def next(self, function: Any, result: Any) -> list[Any]:
        """The leaves of what a step gives on, which must be nested as the first values."""
        leaves, structure = leaves_of(self.operation, f"the carry that {name_of(function)} returns", result)
        mismatch = tree.difference(self.structure, structure)
        if mismatch is not None:
            raise OutputError(
                f"{self.operation}: {name_of(function)} must return a carry nested like the one that it gets: "
                f"{mismatch}"
            )
        return leaves

    def fitted(self, function: Any, leaves: Sequence[Any]) -> list[Any]:
        """The same leaves in the types of this carry; the types of Python numbers adapt to what comes back."""
        found: list[Any] = []
        adapted = list(self.types)
        for place, (leaf, kind) in enumerate(zip(leaves, self.types, strict=True)):
            now = type_of(leaf)
            if kind.weak:
                adapted[place] = _adapted(kind, now)
            elif now.weak and not kind.shape and np.can_cast(now.dtype, kind.dtype, "same_kind"):
                leaf, now = converted(leaf, kind), kind
            expected = adapted[place]
            if now.shape != expected.shape or (now.dtype != expected.dtype and not kind.weak):
                raise self._changed(function, place, kind, now)
            found.append(leaf)
        self.types = adapted
        return found

    def _changed(self, function: Any, place: int, kind: ArrayType, now: ArrayType) -> OutputError:
        path = self.structure.paths()[place]
        given = "that shape" if now.shape != kind.shape else f"as {now.dtype}, or convert"
        remedy = f"give first{path} {given}"
        return OutputError(
            f"{self.operation}: carry{path} goes into {name_of(function)} as {type_text(kind)} and comes out as "
            f"{type_text(now)}; every step must keep shapes and dtypes: {remedy}"
        )


def settled_carry(carry: Carry, record: Callable[[], Found], told: str) -> Found:
    """The body of a loop, recorded with a carry whose types stay as they are from step to step."""
    while True:
        before = list(carry.types)
        found = record()
        if all([one is other for one, other in zip(before, carry.types, strict=True)]):
            return confirmed(found, record, told, "step")


def _adapted(kind: ArrayType, now: ArrayType) -> ArrayType:
    """The type that a Python number has from the first step on."""
    if now.shape:
        return array_type((), kind.dtype)
    wider = now.dtype if not now.weak else np.promote_types(now.dtype, kind.dtype)
    return array_type((), wider if np.can_cast(kind.dtype, wider, "same_kind") else kind.dtype)


def converted(leaf: Any, kind: ArrayType) -> Any:
    """A number as one of NumPy's, of this dtype; anything else as it is."""
    found = type_of(leaf)
    if found.dtype == kind.dtype and not found.weak:
        return leaf
    if isinstance(leaf, Operand):
        return bind(convert, (leaf,), (kind.dtype,))
    return kind.dtype.type(leaf)


def joined(found: Sequence[Found]) -> tuple[list[Graph], list[Any]]:
    """Bodies with the same inputs, and the values from outside for the first of these: each of them once."""
    outside: list[Any] = []
    for _, values in found:
        outside += [value for value in values if not any([_same(value, other) for other in outside])]
    bodies = []
    for graph, values in found:
        known = list(zip(graph.inputs, values, strict=False))
        inputs = [next((v for v, value in known if _same(value, other)), Var(other.type)) for other in outside]
        bodies.append(Graph((*inputs, *graph.inputs[len(values) :]), graph.equations, graph.outputs))
    return bodies, outside


def _same(one: Any, other: Any) -> bool:
    same = one.recording is other.recording and one.value is other.value
    return same and one.payload is other.payload and one.type is other.type


def type_text(kind: ArrayType) -> str:
    """A type as errors tell it."""
    lengths = ", ".join(map(str, kind.shape))
    return f"{kind.dtype}[{lengths}]" if kind.shape else f"{kind.dtype}"
