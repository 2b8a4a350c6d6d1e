"""NumPy's namespace, with creation functions that can hold traced values.

`import wengert.numpy as np` serves where plain NumPy cannot: `np.array([x, x])`, and `a = np.zeros(n)` followed by
`a[i] = x`. Every other name is NumPy's own, which hands traced values to Wengert by itself.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as _numpy

from wengert.numpy import asking, counting, joining, methods, products, reducing, selecting, shaping
from wengert.numpy.creating import array, asarray, empty, eye, full, ones, zeros
from wengert.tracing import FUNCTIONS

__all__ = ["array", "asarray", "empty", "eye", "full", "ones", "zeros"]

FUNCTIONS["array namespace"] = lambda: sys.modules[__name__]
_families = (asking, counting, joining, methods, products, reducing, selecting, shaping)


def __getattr__(name: str) -> Any:
    return getattr(_numpy, name)


def __dir__() -> list[str]:
    return sorted({*__all__, *dir(_numpy)})
