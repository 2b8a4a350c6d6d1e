"""SciPy's namespace for traced values: `import wengert.scipy.special as special`, and so on.

On plain arrays every name gives what SciPy gives, on traced values its derivative too. SciPy's universal functions
need no other import: a traced value that meets `scipy.special.gammaln` loads the rules by itself. What SciPy computes
in Python it first turns into plain arrays, so that those functions must be called by their name here.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import numpy as np

from wengert.tracing.names import PROVIDERS

__all__: list[str] = []


def _provide(function: Any) -> bool:
    """Load the rules of `scipy.special` when a universal function that is not NumPy's is met."""
    if not isinstance(function, np.ufunc) or "scipy.special" not in sys.modules:
        return False
    # loaded once; where two threads come here together, the second waits for the rules of the first
    import_module("wengert.scipy.special")
    return True


PROVIDERS.append(_provide)
