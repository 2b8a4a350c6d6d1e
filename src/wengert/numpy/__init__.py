"""NumPy's namespace, with functions that can hold traced values and take lists of them.

`import wengert.numpy as np` serves where plain NumPy cannot: `np.array([x, x])`, `np.sum([x, y])`, and `np.zeros(n)` to
write traced values into. Every other name is NumPy's own, which hands traced values to Wengert by itself. While it is
differentiated, a function that was written with `import numpy as np` sees this namespace, see `wengert.programs`.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as _numpy

from wengert.numpy import methods
from wengert.numpy.concatenators import c_, r_
from wengert.numpy.creating import (
    arange,
    array,
    asanyarray,
    asarray,
    asarray_chkfinite,
    ascontiguousarray,
    asfortranarray,
    empty,
    empty_like,
    eye,
    full,
    full_like,
    geomspace,
    identity,
    linspace,
    logspace,
    ones,
    ones_like,
    tri,
    zeros,
    zeros_like,
)
from wengert.numpy.drawing import random
from wengert.numpy.elements import fromfunction, fromiter, vectorize
from wengert.numpy.grids import mgrid, ogrid
from wengert.numpy.indexed import isscalar, ndenumerate
from wengert.numpy.iterators import nditer, nested_iters
from wengert.numpy.joining import unstack
from wengert.numpy.lists import Mirror, mirrored
from wengert.numpy.outside import OUTSIDE, tell
from wengert.numpy.reducing import cumulative_prod, cumulative_sum
from wengert.numpy.ufuncs import matvec, vecmat
from wengert.tracing import FUNCTIONS

__all__ = [
    "arange",
    "array",
    "asanyarray",
    "asarray",
    "asarray_chkfinite",
    "ascontiguousarray",
    "asfortranarray",
    "c_",
    "emath",
    "empty",
    "empty_like",
    "eye",
    "fft",
    "fromfunction",
    "fromiter",
    "full",
    "full_like",
    "geomspace",
    "identity",
    "isscalar",
    "linalg",
    "linspace",
    "logspace",
    "mgrid",
    "ndenumerate",
    "nditer",
    "nested_iters",
    "ogrid",
    "ones",
    "ones_like",
    "r_",
    "random",
    "tri",
    "vectorize",
    "zeros",
    "zeros_like",
]

linalg = Mirror(_numpy.linalg, "wengert.numpy.linalg")
fft = Mirror(_numpy.fft, "wengert.numpy.fft")
emath = Mirror(_numpy.emath, "wengert.numpy.emath")

FUNCTIONS["array namespace"] = lambda: sys.modules[__name__]
# importing it fills the table of names, that of all families included
_table = methods


# what NumPy has from 2.1 or 2.2 on
_NEWER = {
    "cumulative_prod": cumulative_prod,
    "cumulative_sum": cumulative_sum,
    "matvec": matvec,
    "unstack": unstack,
    "vecmat": vecmat,
}


def __getattr__(name: str) -> Any:
    newer = name in _NEWER and not hasattr(_numpy, name)
    value = mirrored(_NEWER[name] if newer else getattr(_numpy, name))
    if name in OUTSIDE:
        tell(name)
    elif not name.startswith("__"):
        # found at once the next time
        globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *dir(_numpy)})
