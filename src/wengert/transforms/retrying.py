"""A derivative that is computed twice: as the formulas stand, and with zeros that annihilate.

Entry by entry the first counts, and where it is NaN the second. A derivative of it is again that of the first, where
this is no NaN. So the second, in which what is infinite no longer moves, has no say where the formulas are right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from wengert.graph import Operand, Primitive, bind
from wengert.primitives.arithmetic import select
from wengert.tracing import type_of
from wengert.transforms.finite import ANNIHILATING, is_differentiated

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["as_they_stand", "retried"]


@contextmanager
def as_they_stand() -> Iterator[None]:
    """Derivatives as the formulas stand, in recordings further out as well."""
    token = ANNIHILATING.set(False)
    try:
        yield
    finally:
        ANNIHILATING.reset(token)


def retried(plain: Any, annihilated: Any) -> Any:
    """A derivative, and where it is NaN the one with zeros that annihilate."""
    if not isinstance(plain, Operand) and not isinstance(annihilated, Operand):
        return np.where(plain != plain, annihilated, plain)[()]
    if is_differentiated(plain) or is_differentiated(annihilated):
        return bind(_RETRIED, (plain, annihilated))
    return select(plain != plain, annihilated, plain)


# its own derivative depends on the sweep, and is none of its value
_RETRIED = Primitive(
    "retried", elementwise=2, register=False, notation="where(isnan({0}), {1}, {0})", domain="everywhere",
    shapes="a derivative as the formulas stand, and with zeros that annihilate",
    cite="Wengert's own; see docs/explanation/derivatives.md",
)  # fmt: skip
_RETRIED.evaluate(lambda xp, plain, annihilated: xp.where(plain != plain, annihilated, plain)[()])


class _RetriedRule:
    """Stands where a `Rule` stands: a sweep as the formulas stand takes the first operand, the other the second."""

    takes_none = True

    def __init__(self, values: Sequence[Any], results: Sequence[Any], active: int, level: int) -> None:
        self.primitive = _RETRIED
        self.types = tuple(map(type_of, values))
        self.results = tuple(map(type_of, results))
        self.result = self.results[0]
        self.active = tuple(i for i in range(2) if active >> i & 1)
        self.keep_constant: tuple[int, ...] = ()
        # the reverse sweep takes this rule the general way, where a cotangent may be missing
        self.pull_raw = self.accumulate = None

    @staticmethod
    def save(*values: Any) -> tuple[Any, ...]:
        """Nothing is kept."""
        return ()

    @staticmethod
    def is_linear(operands: Sequence[Any], results: Sequence[Any]) -> bool:
        """Both ways to compute a derivative are followed by themselves."""
        return True

    def pushforward(self, raw: bool, annihilate: bool = False, batch: int = 0) -> Callable[..., Any]:
        """`f(*operands, *results, *tangents)`."""
        return partial(self._push, self._taken(annihilate), batch)

    def pullback(self, raw: bool, annihilate: bool = False, batch: int = 0) -> Callable[..., Any]:
        """`f(*operands, *results, *cotangents)`; a cotangent that is zero is None."""
        return partial(self._pull, self._taken(annihilate))

    def _taken(self, annihilate: bool) -> int:
        # what does not move as the formula stands may do so otherwise
        return 1 if annihilate or 0 not in self.active else 0

    def _push(self, taken: int, batch: int, *values: Any) -> Any:
        tangents = dict(zip(self.active, values[-len(self.active) :], strict=True))
        if taken in tangents:
            return tangents[taken]
        shape = (batch, *self.result.shape) if batch else self.result.shape
        return np.zeros(shape, self.result.dtype)[()]

    def _pull(self, taken: int, *values: Any) -> Any:
        cotangents = tuple([values[-1] if position == taken else None for position in self.active])
        return cotangents if len(cotangents) > 1 else cotangents[0]


_RETRIED.rule_maker = _RetriedRule
