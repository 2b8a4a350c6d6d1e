"""The look for what must not be in a result, taken in the nest that makes it: not a second time through memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from wengert.compiler.plan import Entry, Read, Reduction
from wengert.compiler.views import identity, long_axes
from wengert.graph import REGISTRY, Equation, Var, array_type

if TYPE_CHECKING:
    from wengert.compiler.planner import Planner

__all__ = ["watched"]

# Entries of a result below which a look at its memory costs next to nothing.
_FEW: Final = 1024
_TRUTH: Final = np.dtype(np.bool_)


def watched(planner: Planner, result: Var, or_infinite: bool) -> Var | None:
    """Whether a result holds a NaN, or with `or_infinite` an infinity, as a value; None if no nest makes the result."""
    root = planner.same.get(result, result)
    kind = root.type
    if root in planner.changed or kind.kind != "f" or kind.size < _FEW:
        return None
    if root in planner.inlaid:
        base = planner.inlaid[root].base
        return _watched_values(planner, base, or_infinite) if isinstance(base, Var) else None
    if root in planner.flagged and not or_infinite:
        return _any(planner, planner.flagged[root])
    if root not in planner.entries:
        return None
    domain, level = long_axes(kind.shape), planner.level[root]
    nest, entries = planner.nest(level, domain), _unwanted(root, or_infinite)
    nest.entries.extend(entries)
    flag, found = Var(array_type((), _TRUTH)), Read(entries[-1].result, identity(len(domain)))
    nest.reductions.append(Reduction(flag, "any", found, tuple(range(len(domain)))))
    planner.store(flag)
    return flag


def _unwanted(value: Var, or_infinite: bool) -> list[Entry]:
    """Which entries of a value are unwanted, in steps."""
    truth, whole = array_type(value.type.shape, _TRUTH), identity(len(long_axes(value.type.shape)))
    entries = []
    for name in ("isfinite", "logical_not") if or_infinite else ("isnan",):
        found = Var(truth)
        entries.append(Entry(found, Equation(REGISTRY[name], (value,), (), (found,)), (Read(value, whole),)))
        value = found
    return entries


def _watched_values(planner: Planner, values: Var, or_infinite: bool) -> Var:
    """The same of the values that stand among zeros, of which there are fewer."""
    for entry in _unwanted(values, or_infinite):
        planner.enter(entry)
    return _any(planner, entry.result)


def _any(planner: Planner, truths: Var) -> Var:
    """Whether any of some truth values holds."""
    flag, axes = Var(array_type((), _TRUTH)), tuple(range(len(truths.type.shape)))
    planner.reduce(Equation(REGISTRY["any"], (truths,), (axes, False), (flag,)))
    return flag
