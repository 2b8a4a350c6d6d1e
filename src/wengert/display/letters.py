"""Letters for parts of formulas, in the manner of what they stand for: s for a softmax, r for a difference."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Final

from wengert.calculus.expression import Apply, Expression, Size, Symbol, walk
from wengert.calculus.properties import centred_axis
from wengert.display.naming import written

__all__ = ["free_name", "names_in"]

_SCALARS: Final = ("q", "s", "c", "p", "r", "t", "a", "b")
_VECTORS: Final = ("v", "u", "w", "z", "p", "q", "r", "s")
_MATRICES: Final = ("M", "G", "N", "K", "Q", "H", "P", "R", "S", "T")
# by what is named; the others follow where these are taken
_FITTING: Final = {
    "softmax": ("s", "p"),
    "softmax_rows": ("P", "S"),
    "sum": ("r", "d", "z"),
    "inverse": ("G", "H"),
    "centring": ("C",),
}


def names_in(formulas: Iterable[Expression], names_taken: Iterable[str]) -> set[str]:
    """The names that are not free."""
    nodes = [node for formula in formulas for node in walk(formula)]
    symbols = {node.name for node in nodes if isinstance(node, Symbol)}
    symbols |= {str(node.dim) for node in nodes if isinstance(node, Size)}
    return {written(name).text for name in {*symbols, *names_taken}}


def free_name(node: Expression, taken: set[str]) -> str:
    """A free name in the manner of what is named."""
    kind: str = node.name if isinstance(node, Apply) else type(node).__name__.lower()
    kind = kind if centred_axis(node) is None else "centring"
    usual = _SCALARS if node.is_scalar else _VECTORS if 1 in node.shape else _MATRICES
    fitting: tuple[str, ...] = _FITTING.get(kind, ()) if not node.is_scalar else ()
    fitting = tuple(letter for letter in fitting if letter.isupper() == (1 not in node.shape))
    free: str | None = next((letter for letter in (*fitting, *usual) if letter not in taken), None)
    if free is not None:
        return free
    numbered = (f"{usual[0]}_{number}" for number in itertools.count(1))
    return next(name for name in numbered if written(name).text not in taken)
