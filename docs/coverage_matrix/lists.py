"""In which list each public name of NumPy stands: differentiable, constant, or refused with a reason."""

from __future__ import annotations

import types
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import numpy as np

from coverage_matrix.constant_calls import WITHOUT_ARRAYS
from coverage_matrix.programs import constant_programs, method_programs, numpy_programs
from wengert.numpy.refused import REFUSED

__all__ = ["REFUSED", "lists_of", "public_names"]

_MODULES: Final = {"np": np, "np.linalg": np.linalg, "np.fft": np.fft, "np.emath": np.emath}


def public_names() -> list[str]:
    """The functions of `numpy`, `numpy.linalg`, `numpy.fft` and `numpy.emath`, and what arrays have, each once."""
    functions = {name for prefix, module in _MODULES.items() for name in _functions(prefix, module)}
    return sorted(functions | {f"ndarray.{name}" for name in dir(np.ndarray) if not name.startswith("_")})


def _functions(prefix: str, module: types.ModuleType) -> Iterator[str]:
    with warnings.catch_warnings():
        # some names are on their way out
        warnings.simplefilter("ignore")
        found = {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
    for name, value in found.items():
        if callable(value) and not isinstance(value, (type, types.ModuleType)):
            yield _canonical(prefix, name, value)


def _canonical(prefix: str, name: str, value: Any) -> str:
    """The name that a function bears itself: `np.abs` is `np.absolute`."""
    own = getattr(value, "__name__", name)
    for module_name, module in _MODULES.items():
        if module.__dict__.get(own) is value:
            return f"{module_name}.{own}"
    return f"{prefix}.{name}"


@cache
def _lists() -> dict[str, set[str]]:
    return {
        "differentiable": {*numpy_programs(), *method_programs()},
        "constant": {*constant_programs(), *WITHOUT_ARRAYS},
        "refused": set(REFUSED),
    }


def lists_of(name: str) -> list[str]:
    """The lists in which a name stands; one for every public name."""
    return [title for title, names in _lists().items() if name in names]
