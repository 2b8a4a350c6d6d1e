"""Forward and reverse mode on functions of flat lists of leaves, in forms that nest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from wengert.tracing import type_of
from wengert.transforms.jvp import ForwardRecording
from wengert.transforms.limits import settled
from wengert.transforms.tape import Tape, zeros

__all__ = ["FlatFunction", "directional", "gradient", "pull", "push"]

FlatFunction: TypeAlias = Callable[[Sequence[Any]], list[Any]]


@settled
def push(function: FlatFunction, leaves: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
    """The tangents of the results, by forward mode."""
    with ForwardRecording() as recording:
        inputs = [recording.input(leaf, tangent) for leaf, tangent in zip(leaves, tangents, strict=True)]
        return [recording.parts(result)[1] for result in function(inputs)]


@settled
def pull(function: FlatFunction, leaves: Sequence[Any], seeds: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """The cotangents of the inputs for each list of cotangents of the results, by reverse mode."""
    with Tape() as tape:
        inputs = [tape.input(leaf) for leaf in leaves]
        results = function(inputs)
        slots, kinds = [tape.slot_of(result) for result in results], [type_of(result) for result in results]
    found: list[list[Any]] = []
    for cotangents in seeds:
        triples = zip(slots, cotangents, kinds, strict=True)
        placed = [(slot, _seed(g, kind)) for slot, g, kind in triples if slot is not None]
        swept = tape.pull(placed, len(leaves))
        found.append([zeros(type_of(x), 0) if g is None else g for x, g in zip(leaves, swept, strict=True)])
    tape.release()
    return found


def _seed(cotangent: Any, kind: Any) -> Any:
    """A cotangent for a traced result: a Python number where the plain program gave one, and the traced one not."""
    return kind.dtype.type(cotangent) if cotangent.__class__ in (float, complex) and not kind.weak else cotangent


def directional(function: FlatFunction, tangents: Sequence[Any]) -> FlatFunction:
    """The function x -> Df(x)[v], by forward mode."""
    return lambda leaves: push(function, leaves, tangents)


def gradient(function: FlatFunction, cotangents: Sequence[Any]) -> FlatFunction:
    """The function x -> gradient of Re sum(w f(x)), by reverse mode."""
    return lambda leaves: pull(function, leaves, [cotangents])[0]
