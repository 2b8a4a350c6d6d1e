"""The derivative that a person writes in NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.case import Case, Function
from benchmarks.contestant import Contestant

__all__ = ["ByHand"]


class ByHand(Contestant):
    """The case's own derivative, or what a person would write where that is a shortcut."""

    name = "by-hand"

    def takes_part(self, case: Case) -> bool:
        """Only where somebody wrote one."""
        return case.by_hand is not None or case.derivative is not None

    def build(self, case: Case, inputs: tuple[Any, ...]) -> Mapping[str, Function]:
        """The derivative as it stands."""
        derivative = case.by_hand or case.derivative
        assert derivative is not None
        return {"": derivative}
