"""What stands for NumPy, its functions and the `math` module in a traced program."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

import wengert.numpy
from wengert.programs.mathematics import MATH

__all__ = ["MIRRORS"]


def _mirrors() -> dict[int, Any]:
    """What stands for modules and functions of NumPy and Python, by their identities."""
    found: dict[int, Any] = {id(np): wengert.numpy, id(math): MATH}
    # NumPy imports its random numbers on first use
    for name in set(wengert.numpy.__all__) - {"random"}:
        found[id(getattr(np, name))] = getattr(wengert.numpy, name)
    return found


MIRRORS: Final = _mirrors()
