"""Whether an operation raises an error, as a value: what a program that catches errors is steered by."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.graph import REGISTRY, Primitive

__all__ = ["raises"]

raises: Final = Primitive(
    "raises",
    params=("operation", "options"),
    differentiable=False,
    notation="{operation} fails",
    shapes="operands of the operation -> ()",
    cite="LinAlgError, of a matrix that is singular or not positive definite",
    register=False,
)


@raises.evaluate
def _raises(xp: Any, *operands: Any, operation: str, options: tuple[Any, ...]) -> Any:
    try:
        REGISTRY[operation].function(options)(*operands)
    except np.linalg.LinAlgError:
        return np.bool_(True)
    return np.bool_(False)


raises.shape(lambda *kinds, operation, options: ())
raises.dtype(lambda *kinds, operation, options: np.dtype(bool))
