"""The plain NumPy function itself: what "gradient over function" divides by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.case import Case, Function, Quantity
from benchmarks.contestant import Contestant

__all__ = ["PlainFunction"]


class PlainFunction(Contestant):
    """Evaluates and differentiates nothing."""

    name = "function"
    checked = False

    def build(self, case: Case, inputs: tuple[Any, ...]) -> Mapping[str, Function]:
        """The function, called as often as the others are."""
        function = case.function
        if case.quantity is Quantity.MANY_GRADIENTS:
            return {"": lambda points: [function(point) for point in points]}
        return {"": function}
