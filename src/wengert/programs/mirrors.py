"""What stands for NumPy, its functions and Python's mathematics in a traced program."""

from __future__ import annotations

import cmath
import math
from typing import Any, Final

import numpy as np

import wengert.numpy
from wengert.programs.complex_mathematics import CMATH
from wengert.programs.mathematics import MATH

__all__ = ["MIRRORS"]


def _mirrors() -> dict[int, Any]:
    """What stands for modules and functions of NumPy and Python, by their identities."""
    found: dict[int, Any] = {id(np): wengert.numpy}
    for module, mirror in ((math, MATH), (cmath, CMATH)):
        found[id(module)] = mirror
        found.update({id(getattr(module, name)): value for name, value in vars(mirror).items() if callable(value)})
    # NumPy imports its random numbers on first use
    for name in set(wengert.numpy.__all__) - {"random"}:
        found[id(getattr(np, name))] = getattr(wengert.numpy, name)
    return found


MIRRORS: Final = _mirrors()
