"""The scenarios of all other tests, as functions and their arguments: what they say of a program holds compiled too."""

from __future__ import annotations

import functools
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import scipy.stats

import wengert as wg
import wengert.scipy.linalg
import wengert.scipy.signal
import wengert.scipy.special
from wengert.graph import REGISTRY, ArrayType, bind
from wengert.testing.cases import cases, complex_cases

__all__ = ["SCENARIOS", "is_differentiated"]

TESTS = Path(__file__).parent.parent
NAMES = tuple(REGISTRY)


def of(folder: str, name: str) -> ModuleType:
    """A module of the tests, under a name of its own: several folders have files of the same name."""
    own = f"scenarios_{folder}_{name}"
    if own not in sys.modules:
        spec = importlib.util.spec_from_file_location(own, TESTS / folder / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[own] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[own]


def forms() -> dict[str, tuple[Any, ...]]:
    """The forms in which NumPy's functions are called."""
    module = of("numpy", "test_functions")
    found: dict[str, tuple[Any, ...]] = {}
    for number, (function, shape, form) in enumerate(module.CASES):
        x = module.sample(module.SHAPES[shape], np.random.default_rng(7))
        found[f"numpy-{number}-{getattr(function, '__name__', function)}"] = form, x
    for function, form in module.CONSTANTS.items():
        found[f"numpy-{function.__name__}"] = form, module.sample((4,), np.random.default_rng(7))
    return found


def applied(case: Any) -> tuple[Any, ...]:
    """A primitive as a function of its arrays; what else it takes is fixed."""
    primitive, params, given = case.primitive, case.params, case.args
    arrays = [place for place, kind in enumerate(case.types) if isinstance(kind, ArrayType)]
    fixed = {place: value for place, value in enumerate(given) if place not in arrays}

    def function(*operands: Any) -> Any:
        rest = iter(operands)
        every = [fixed[place] if place in fixed else next(rest) for place in range(len(given))]
        return bind(primitive, tuple(every), params)

    return (function, *[given[place] for place in arrays])


def is_differentiated(name: str, args: Any) -> bool:
    """Whether a scenario has a derivative; whole numbers beside a primitive are a matter of its public function."""
    kinds = {np.result_type(arg).kind for arg in args}
    return "f" in kinds and not (name.startswith("primitive-") and kinds & set("iub"))


def samples() -> dict[str, tuple[Any, ...]]:
    """Every primitive at its samples; real ones also moved into the complex plane."""
    found = [case for name in NAMES for case in (*cases(REGISTRY[name]), *complex_cases(REGISTRY[name]))]
    # what is made of a witness beside its operand is no function of the operand alone
    return {f"primitive-{case!r}": applied(case) for case in found if not case.witnesses}


def namespaces() -> dict[str, tuple[Any, ...]]:
    """SciPy's functions, and the distributions of `scipy.stats`."""
    found: dict[str, tuple[Any, ...]] = {}
    for _, theirs, table in of("scipy", "test_functions").SPACES:
        for name, (function, *arguments) in table.items():
            found[f"{theirs.__name__}-{name}"] = functools.partial(called_with, function, theirs), *arguments
    module = of("scipy", "test_stats")
    points = np.array([1.9, 2.7, 3.4])
    for name, standard in module.CONTINUOUS.items():
        place = () if name in module.SPECIAL_SHAPES or name in module.SLOW else (-0.1, 4.5)
        shapes = module.shapes_of(name, standard)
        found[f"scipy.stats-{name}"] = getattr(scipy.stats, name).logpdf, points, *shapes, *place
    return found


def called_with(function: Any, module: Any, *arguments: Any) -> Any:
    return function(module, *arguments)


def programs() -> dict[str, tuple[Any, ...]]:
    """Programs as people write them."""
    found: dict[str, tuple[Any, ...]] = {}
    classes = of("programs", "test_classes")
    for name, program in classes.PROGRAMS.items():
        for point, x in classes.POINTS.items():
            found[f"classes-{name}-{point}"] = program, x
    for file in ("test_containers", "test_identity", "test_names"):
        module = of("programs", file)
        for name, program in module.PROGRAMS.items():
            found[f"{file}-{name}"] = program, module.X
    idioms = of("programs", "test_programs")
    for program in idioms.IDIOMS:
        found[f"idioms-{idioms.named(program)}"] = program, idioms.X
    calculus = of("calculus", "test_programs")
    for name, (program, _) in calculus.PROGRAMS.items():
        found[f"calculus-{name}"] = program, calculus.x0
    return found


def transforms() -> dict[str, tuple[Any, ...]]:
    """Kinks, at which derivatives are a matter of a table, at orders one and two."""
    kinks = {
        "abs": np.abs, "maximum": lambda x: np.maximum(x, 0.0), "clip": lambda x: np.clip(x, -1.0, 1.0), "max": np.max,
        "sort": np.sort, "norm": np.linalg.norm, "prod": np.prod, "sqrt": lambda x: np.sqrt(np.abs(x)), "sign": np.sign,
        "where": lambda x: np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), 0.0), "median": np.median,
        "hypot": lambda x: np.hypot(x, x[::-1]), "arctan2": lambda x: np.arctan2(x, x[::-1]), "power": lambda x: x**2.5,
        "cumprod": np.cumprod, "std": np.std, "logaddexp": lambda x: np.logaddexp(x, x[::-1]), "floor": np.floor,
    }  # fmt: skip
    points = {"zeros": np.zeros(4), "ties": np.array([1.0, 0.0, 1.0, -1.0]), "ones": np.ones(4)}
    found: dict[str, tuple[Any, ...]] = {}
    for name, function in kinks.items():
        for point, x in points.items():
            total = functools.partial(summed, function)
            found[f"kinks-{name}-{point}"] = wg.hessian(total), x
    return found


def summed(function: Any, x: Any) -> Any:
    return np.sum(function(x) * (1.0 + 0.5 * np.arange(np.size(function(x)))))


SCENARIOS = forms() | samples() | namespaces() | programs() | transforms()
"""By name: a function and its arguments."""
