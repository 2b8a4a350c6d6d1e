"""A rewriting that changes a value is not taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from wengert.calculus.dimension import Dim
from wengert.calculus.evaluation import evaluate
from wengert.calculus.expression import Expression

__all__ = ["gated"]

_AGREEMENT: Final = 1e-9


def gated(
    rewriting: Callable[[Expression], Any],
    expression: Expression,
    values: Mapping[str, Any],
    sizes: Mapping[Dim, int],
) -> Any:
    """What a rewriting makes of an expression; the expression itself if its value at these numbers is another one."""
    found = rewriting(expression)
    if found is expression:
        return expression
    with np.errstate(all="ignore"):
        before, after = evaluate(expression, values, sizes), evaluate(found, values, sizes)
    size = np.max(np.abs(before), initial=0.0, where=np.isfinite(before))
    same = np.allclose(after, before, rtol=_AGREEMENT, atol=_AGREEMENT * size, equal_nan=True)
    return found if same else expression
