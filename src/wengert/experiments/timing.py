"""How long a call takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

__all__ = ["seconds"]

# what is spent on one figure, and the fewest samples
_BUDGET: Final = 0.05
_FEWEST: Final = 3


def seconds(*calls: Callable[[], Any], budget: float = _BUDGET) -> list[float]:
    """The fastest of several runs of each call: on a machine that does other things too, all else only adds to it.

    The calls take turns, so that what disturbs one of them disturbs the others too.
    """
    for call in calls:
        call()
    best = [float("inf")] * len(calls)
    spent = [0.0] * len(calls)
    samples = 0
    while samples < _FEWEST or min(spent) < budget:
        for place, call in enumerate(calls):
            if samples >= _FEWEST and spent[place] >= budget:
                continue
            start = time.perf_counter()
            call()
            elapsed = time.perf_counter() - start
            best[place] = min(best[place], elapsed)
            spent[place] += elapsed
        samples += 1
    return best
