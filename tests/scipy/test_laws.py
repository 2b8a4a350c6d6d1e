"""The primitives of SciPy's functions are among those whose laws, orders and mutants tests/laws tries."""

from __future__ import annotations

import pkgutil
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

import wengert.scipy
from wengert.graph import REGISTRY

LAWS = Path(__file__).parents[1] / "laws"


def declared():
    """The primitives with a rule that was written in wengert.scipy."""
    for module in pkgutil.walk_packages(wengert.scipy.__path__, "wengert.scipy."):
        import_module(module.name)
    return {
        name
        for name, primitive in REGISTRY.items()
        for rule in (primitive.evaluator, primitive.differential_rule, *primitive.transposes.values())
        if (getattr(rule, "__module__", None) or "").startswith("wengert.scipy.")
    }


@pytest.mark.parametrize("tests", ["test_laws", "test_mutants"])
def test_the_laws_are_tried(tests):
    spec = spec_from_file_location(f"{tests}_of_primitives", LAWS / f"{tests}.py")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    differentiable = {name for name in declared() if REGISTRY[name].differentiable}
    assert len(differentiable) > 120
    assert differentiable <= set(module.NAMES)
