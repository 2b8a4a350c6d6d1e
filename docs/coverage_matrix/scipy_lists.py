"""In which list each public function of SciPy stands: differentiated by its name, constant, or refused with a reason.

The modules are those that `wengert.scipy` stands for. Classes, modules and exceptions of SciPy are in no list.
"""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Final

from coverage_matrix.programs import scipy_distributions, scipy_programs
from coverage_matrix.scipy_refused import CONSTANT, REFUSED

__all__ = ["MODULES", "lists_of_scipy", "public_names_of_scipy", "reasons_of_scipy"]

MODULES: Final = (
    "scipy.special",
    "scipy.stats",
    "scipy.linalg",
    "scipy.signal",
    "scipy.interpolate",
    "scipy.integrate",
    "scipy.fft",
    "scipy.spatial.distance",
)


def public_names_of_scipy() -> list[str]:
    """The functions and distributions of the modules above, and the interpolants that are classes in SciPy."""
    return [name for module in MODULES for name in _public(module)]


def _public(module: str) -> list[str]:
    plain, ours = import_module(module), import_module(f"wengert.{module}")
    found = {name: getattr(plain, name) for name in plain.__all__}
    functions = {name for name, value in found.items() if callable(value) and not isinstance(value, (type, ModuleType))}
    return sorted(f"{module}.{name}" for name in functions | (set(ours.__all__) & set(found)))


@cache
def _lists() -> dict[str, set[str]]:
    return {
        "differentiable": {*scipy_programs(), *(f"scipy.stats.{name}" for name in scipy_distributions())},
        "constant": set(_by_name(CONSTANT)),
        "refused": set(_by_name(REFUSED)),
    }


def lists_of_scipy(name: str) -> list[str]:
    """The lists in which a name of SciPy stands."""
    return [title for title, names in _lists().items() if name in names]


def reasons_of_scipy() -> dict[str, str]:
    """Why a name has no derivative, for all that are constant or refused."""
    return {**_by_name(CONSTANT), **_by_name(REFUSED)}


def _by_name(groups: dict[str, dict[str, str]]) -> dict[str, str]:
    return {
        f"{module}.{name}": inspect.cleandoc(reason)
        for module, reasons in groups.items()
        for reason, names in reasons.items()
        for name in names.split()
    }
