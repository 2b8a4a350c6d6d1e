"""How many floating-point operations a plan takes: what is left of the bill when everything has been optimised."""

from __future__ import annotations

import math

from wengert.compiler.plan import Block, Call, Contraction, Entry, Nest
from wengert.primitives.branches import is_branch
from wengert.primitives.loops import Loop

__all__ = ["bill_of"]

_MILLION = 1_000_000


def bill_of(block: Block) -> str:
    """The operations of one call in words; every function, such as `exp`, counts as one.

    Of two branches the longer one counts, and of a loop that ends by itself one step, which makes the number the least.
    """
    number = _operations(block)
    shown = f"{number:,}" if number < _MILLION else f"{number / _MILLION:,.1f} million"
    least = "at least " if _ends_by_itself(block) else ""
    return f"  a call: {least}{shown} floating-point operation{'s' * (number != 1)}"


def _operations(block: Block) -> int:
    return sum([_of_nest(step) if isinstance(step, Nest) else _of_call(step) for step in block.plan.steps])


def _of_nest(nest: Nest) -> int:
    places = math.prod(nest.domain)
    if isinstance(nest, Contraction):
        # each term is multiplied and added; of what is symmetric, half of the places are enough
        return len(nest.operands) * places // (2 if nest.symmetric else 1)
    pieces = sum([_of_box(piece.box, piece.entries) for entry in nest.entries for piece in entry.pieces])
    return (sum(map(_computes, nest.entries)) + len(nest.reductions)) * places + pieces


def _of_box(box: tuple[tuple[int, int], ...], entries: tuple[Entry, ...]) -> int:
    return sum(map(_computes, entries)) * math.prod([high - low for low, high in box])


def _computes(entry: Entry) -> bool:
    """Whether a result is computed rather than moved."""
    return entry.equation is not None and bool(entry.equation.primitive.elementwise)


def _of_call(call: Call) -> int:
    if call.body is None:
        return call.equation.flops
    bodies = [_operations(body) for body in (call.body, call.otherwise) if body is not None]
    if is_branch(call.equation):
        return max(bodies)
    loop: Loop = call.equation.params[0]
    return (loop.count if loop.counted else 1) * sum(bodies)


def _ends_by_itself(block: Block) -> bool:
    """Whether it has a loop whose number of steps is not known."""
    for call in block.plan.calls():
        if call.body is not None and not is_branch(call.equation) and not call.equation.params[0].counted:
            return True
        if any([_ends_by_itself(body) for body in (call.body, call.otherwise) if body is not None]):
            return True
    return False
