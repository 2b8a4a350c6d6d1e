"""Closed forms of derivatives: record, lift, differentiate the formula by the rules of the numbers, lift again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wengert.calculus.beautify import beautify
from wengert.calculus.dimension import Dim
from wengert.calculus.evaluation import CONSTANTS, evaluate
from wengert.calculus.expression import Expression, NamedNumber, Size, walk
from wengert.calculus.gate import gated
from wengert.calculus.lifting import lift
from wengert.calculus.rules import functions, structure, sums
from wengert.tracing import GraphRecording, type_of

__all__ = ["derived", "lifted"]

# importing them puts them to work
_RULES = (functions, structure, sums)

Values = Mapping[str, Any]


def lifted(
    program: Callable[[dict[str, Any]], Any],
    symbols: Mapping[str, Expression],
    values: Values,
    lengths: Mapping[int, Any],
    sized: bool = False,
) -> Any:
    """What a program of named arrays computes, as an expression of these symbols."""
    names = list(symbols)
    with GraphRecording() as recording:
        inputs = {name: recording.input(type_of(values[name]), values[name]) for name in names}
        graph = recording.graph([program(inputs)])
    (found,) = lift(graph, [symbols[name] for name in names], [values[name] for name in names], lengths, sized=sized)
    return gated(beautify, found.expression, values, {dim: size for size, dim in lengths.items()})


def derived(
    formula: Expression,
    transform: Callable[[Callable[[dict[str, Any]], Any]], Callable[[dict[str, Any]], Any]],
    symbols: Mapping[str, Expression],
    values: Values,
    sizes: Mapping[Dim, int],
) -> Any:
    """A derivative of a formula: the rules of the numbers, applied to the formula as a program."""

    def program(given: dict[str, Any]) -> Any:
        return evaluate(formula, given, sizes)

    lengths = {size: dim for dim, size in sizes.items()}
    # a length that stands in the formula is an input, and not a number that happens to be as large
    used = {node.dim.name: node for node in walk(formula) if isinstance(node, Size)}
    numbers = {name: float(sizes[node.dim]) for name, node in used.items()}
    # as is a number with a name of its own
    named = {node.key: node for node in walk(formula) if isinstance(node, NamedNumber)}
    numbers.update({key: CONSTANTS[node.name] for key, node in named.items()})
    return lifted(transform(program), {**symbols, **used, **named}, {**values, **numbers}, lengths, sized=True)
