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
    kind = type(value).__name__
    if kind in _FROZEN:
        return _frozen_mirror_of(value, kind)
    for package in (".".join(value.__module__.split(".")[:2]), value.__module__):
        name = _public_name(value, package)
        if name:
            return counterpart_in(package, name)
    return None


_FROZEN = {"rv_continuous_frozen": "args", "rv_discrete_frozen": "args", "multivariate_normal_frozen": "mean"}
# the packages within packages that have a mirror
_DEEPER = ("scipy.spatial.distance",)


def _public_name(value: Any, package: str) -> str:
    """The name by which a package of SciPy's offers something, empty where it does not."""
    module = sys.modules.get(package)
    # a distribution of scipy.stats is an object that knows its name
    name = getattr(value, "__name__", None) or getattr(value, "name", "")
    if isinstance(name, str) and name and getattr(module, name, None) is value:
        return name
    if callable(value) and not hasattr(value, "__name__") and module is not None:
        # a distribution of vectors does not
        return next((name for name, public in vars(module).items() if public is value), "")
    return ""


def _frozen_mirror_of(value: Any, kind: str) -> Any:
    """What stands for a distribution of SciPy's whose parameters are fixed; None for those of a user's own class."""
    stats = sys.modules["scipy.stats"]
    if _FROZEN[kind] == "mean":
        family = counterpart_in("scipy.stats", "multivariate_normal")
        return family(value.mean, value.cov_object.covariance)
    name = value.dist.name
    if type(getattr(stats, name, None)) is not type(value.dist):
        return None
    family = counterpart_in("scipy.stats", name)
    return None if family is None else family(*value.args, **value.kwds)


def counterpart_in(package: str, name: str) -> Any:
    """What `wengert.scipy` itself defines for a name of one of SciPy's packages; None where it does not."""
    mirror = f"wengert.{package}"
    if (package.count(".") != 1 and package not in _DEEPER) or find_spec(mirror) is None:
        return None
    return vars(import_module(mirror)).get(name)
