"""Whether the arrays that a formula holds are what was assumed of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wengert.calculus.expression import Expression, Symbol
from wengert.calculus.instances import has_property
from wengert.errors import ArgumentError

__all__ = ["check_held"]


def check_held(held: Mapping[str, Any], symbols: Mapping[str, Expression], what: str) -> None:
    """Refuse to compute with an array of which something was assumed that it does not have.

    Raises
    ------
    ArgumentError
        There is such an array.

    >>> import numpy as np
    >>> from wengert.api.holding import check_held
    >>> from wengert.calculus import algebra
    >>> check_held({"A": np.eye(2)}, {"A": algebra.symbol("A", 2, 2, ["symmetric"])}, "gradient")
    """
    for name, array in held.items():
        symbol = symbols.get(name)
        # what is invertible is a matter of degree
        assumed = symbol.properties - {"invertible"} if isinstance(symbol, Symbol) else ()
        wrong = sorted(word for word in assumed if not has_property(word, array))
        if wrong:
            raise ArgumentError(
                f"derive: {name} is assumed {wrong[0]}, but the array {name} that the function holds is not, so that "
                f"the {what} would be wrong with it; leave the assumption out, or give another {name}"
            )
