"""Derivatives and batches of loops, each a loop again."""

from wengert.transforms.loops import batches, tangents
from wengert.transforms.loops.running import RULES, backwards, repeat

__all__ = ["backwards", "batches", "repeat", "tangents"]

RULES.update(rule=tangents.LoopRule, batch=batches.batched, adjoint=tangents.adjoint)
