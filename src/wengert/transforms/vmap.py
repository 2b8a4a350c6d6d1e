"""Batching: one pass over an operation for many examples at once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from wengert.errors import RuleError, TracingError
from wengert.graph import ArrayType, Graph, Operand, Primitive, array_type, bind
from wengert.primitives.indexing import take
from wengert.primitives.shaping import broadcast_to, expand
from wengert.tracing import Recording, Tracer, as_operand, evaluate, outermost, record_graph, type_of
from wengert.tracing.index import Index
from wengert.tracing.mutation import as_array, is_array

__all__ = ["BatchRecording", "Shared", "batch_graph"]


class Shared(NamedTuple):
    """A result of a batching rule that is the same for all examples."""

    value: Any


class BatchRecording(Recording):
    """Follows operations on examples.

    The payload of an operand says whether its value carries the examples as axis 0, or is shared by all.
    """

    differentiates = False

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def input(self, value: Any) -> Tracer:
        """The examples stacked along axis 0 of a value."""
        return self._wrap(value)

    def box(self, value: Any) -> Tracer:
        boxed = self.shared(value)
        array = is_array(value) if isinstance(value, Operand) else isinstance(value, np.ndarray)
        return as_array(boxed) if array else boxed

    def shared(self, value: Any) -> Tracer:
        """A value that is the same for all examples, as one that follows them: what differs can index it."""
        return Tracer(value, type_of(value), self, False)

    def _wrap(self, value: Any) -> Tracer:
        if value.__class__ is Shared:
            return self.shared(value.value)
        kind = type_of(value)
        return Tracer(value, array_type(kind.shape[1:], kind.dtype), self, True)

    def apply(self, primitive: Primitive, args: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
        if self.closed:
            raise self.leaked()
        own = [isinstance(arg, Operand) and arg.recording is self for arg in args]
        batched = [flag and arg.payload for arg, flag in zip(args, own, strict=True)]
        values = tuple([arg.value if flag else _listed(arg) for arg, flag in zip(args, own, strict=True)])
        if any(batched):
            result = batch_primitive(primitive, self.size, values, batched, params)
            wrap = self._wrap
        else:
            result = bind(primitive, values, params)
            wrap = self.shared
        return tuple([wrap(value) for value in result]) if primitive.outputs > 1 else wrap(result)

    def unwrap(self, value: Any) -> Any:
        """The stacked examples of a result; one that is the same for all is repeated."""
        if isinstance(value, Operand):
            if value.is_view:
                value.refresh()
            if value.recording is self:
                if value.payload:
                    return value.value
                value = value.value
        value = as_operand(value)
        return bind(broadcast_to, (value,), ((self.size, *type_of(value).shape),))

    def _common(self, operand: Operand, what: str) -> Any:
        """The value that all examples share, one level further out."""
        if operand.is_view:
            operand.refresh()
        if not operand.payload:
            return operand.value
        whole: Any = outermost(operand)
        whole = whole if isinstance(whole, Operand) else np.asarray(whole)
        examples: Any = np.moveaxis(whole, _batches_around(operand.value), 0)
        if self.size and _agree(examples):
            return bind(take, (operand.value, _FIRST), (0,))
        raise TracingError(
            f"inside vmap a {what} steers the program, and it differs between the examples: "
            f"{examples.ravel()[:5]}. Use numpy.where for the choice, or a Python loop over the examples "
            f"instead of vmap"
        )

    def is_constant(self, operand: Operand) -> bool:
        return not operand.payload

    def truth(self, operand: Operand) -> bool:
        return bool(self._common(operand, "condition"))

    def number(self, operand: Operand) -> int:
        return int(self._common(operand, "number"))

    def strip(self, operand: Operand) -> Any:
        return self._common(operand, "value without a batching rule")


_FIRST = Index((0,), 0)


def _batches_around(value: Any) -> int:
    """How many batch axes stand in front of the array under a traced value."""
    count = 0
    while isinstance(value, Operand):
        if value.is_view:
            value.refresh()
        count += isinstance(value.recording, BatchRecording) and value.payload
        value = value.value
    return count


def _agree(examples: Any) -> bool:
    """Whether all examples along axis 0 are alike, NaN counted as equal to NaN."""
    first = examples[0]
    return bool(np.all((examples == first) | ((examples != examples) & (first != first))))


def _listed(value: Any) -> Any:
    """An operand as it is, unless it is a list."""
    return as_operand(value) if isinstance(value, (list, tuple)) else value


def batch_primitive(
    primitive: Primitive, size: int, args: tuple[Any, ...], batched: list[bool], params: tuple[Any, ...]
) -> Any:
    """Apply a primitive to a whole batch by its batching rule, or by its signature."""
    if primitive.batch_rule is not None:
        return primitive.batch_rule(size, args, batched, **primitive.named(params))
    if primitive.signature is None:
        raise RuleError(f"primitive {primitive.name} cannot be batched: give a signature or fill its slot `batch`")
    cores = [len(core) for core in primitive.signature.inputs]
    ranks = [len(type_of(x).shape) - flag - core for x, flag, core in zip(args, batched, cores, strict=True)]
    loop = max(ranks)
    aligned = [
        expand(x, tuple(range(1, 1 + loop - rank))) if flag and rank < loop else x
        for x, flag, rank in zip(args, batched, ranks, strict=True)
    ]
    return bind(primitive, tuple(aligned), params)


def batch_graph(graph: Graph, size: int, batched: tuple[bool, ...]) -> Graph:
    """The graph on a whole batch: the flagged inputs, and all outputs, carry it as axis 0."""

    def stacked(kind: ArrayType, flag: bool) -> ArrayType:
        return array_type((size, *kind.shape), kind.dtype) if flag else kind

    def run(*inputs: Any) -> list[Any]:
        with BatchRecording(size) as recording:
            operands = [recording.input(x) if flag else x for x, flag in zip(inputs, batched, strict=True)]
            return [recording.unwrap(result) for result in evaluate(graph, *operands)]

    return record_graph(run, [stacked(v.type, flag) for v, flag in zip(graph.inputs, batched, strict=True)])
