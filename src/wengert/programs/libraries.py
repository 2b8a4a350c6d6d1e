"""SciPy's functions by their own names: `from scipy.special import logsumexp` finds the one of `wengert.scipy`."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np

__all__ = ["counterpart_in", "is_of_scipy", "mirror_of"]


def is_of_scipy(value: Any) -> bool:
    """Whether something is a module, a function or a class of SciPy's."""
    name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
    return isinstance(name, str) and name.partition(".")[0] == "scipy"


def mirror_of(value: Any) -> Any:
    """What stands for a function or class of SciPy's in `wengert.scipy`; None where nothing does.

    Universal functions need no mirror: NumPy hands their arguments over.
    """
    if isinstance(value, (ModuleType, np.ufunc)) or not is_of_scipy(value):
        return None
    package = ".".join(value.__module__.split(".")[:2])
    # a distribution of scipy.stats is an object that knows its name
    name = getattr(value, "__name__", None) or getattr(value, "name", "")
    public = getattr(sys.modules.get(package), name, None) if isinstance(name, str) else None
    return counterpart_in(package, str(name)) if public is value else None


def counterpart_in(package: str, name: str) -> Any:
    """What `wengert.scipy` itself defines for a name of one of SciPy's packages; None where it does not."""
    mirror = f"wengert.{package}"
    if package.count(".") != 1 or find_spec(mirror) is None:
        return None
    return vars(import_module(mirror)).get(name)
