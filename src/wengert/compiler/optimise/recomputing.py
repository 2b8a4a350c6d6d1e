"""What a later loop computes again instead of reading it: cheap to compute from what is kept anyway.

Keeping a value of every step costs memory, and the time to write and to read it.
"""

from __future__ import annotations

from typing import Final

from wengert.compiler.optimise.repetition import Listing
from wengert.compiler.optimise.steps import Plan

__all__ = ["choose_recomputed"]

CHEAP: Final = frozenset({
    "add", "subtract", "multiply", "scale", "negative", "reshape", "transpose", "broadcast_to", "convert", "copy",
    "take", "positive", "constant", "number", "equal", "not_equal", "less", "less_equal", "greater", "greater_equal",
})  # fmt: skip
# How many equations may stand between a value and what is kept.
DEPTH: Final = 3


def choose_recomputed(listing: Listing, plans: list[Plan]) -> None:
    """Move places from `kept` to `recomputed`."""
    joined = _joined(listing, plans)
    for plan in plans:
        kept = sorted(plan.kept)
        chosen = [p for p in kept if (plan.run, p) not in joined and _is_cheap(listing, plan, p, set(kept), DEPTH)]
        for place in chosen:
            del plan.kept[place]
        plan.recomputed.update(chosen)


def _joined(listing: Listing, plans: list[Plan]) -> set[tuple[object, int]]:
    """What is joined to one array of all steps, which is just what keeping it gives."""
    found: set[tuple[object, int]] = set()
    for place in listing.joining:
        for number in listing.row(place):
            for plan in plans:
                if plan.run.holds(number):
                    found.add((plan.run, (number - plan.run.first) % plan.run.width))
    return found


def _is_cheap(listing: Listing, plan: Plan, place: int, kept: set[int], depth: int) -> bool:
    k = listing.maker(plan.run, place)
    equation = listing.graph.equations[plan.run.start + k]
    if equation.primitive.name not in CHEAP:
        return False
    for j in range(len(equation.inputs)):
        source = plan.sources[k, j]
        if source.kind == "carried":
            return False
        if source.kind != "own" or (source.place in kept and source.place != place):
            continue
        if not depth or not _is_cheap(listing, plan, source.place, kept, depth - 1):
            return False
        # what stands between is computed again as well
        plan.recomputed.add(source.place)
    return True
