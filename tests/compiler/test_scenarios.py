"""What all other tests say of functions and programs, compiled: values and first derivatives are those of NumPy."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np
import pytest
from scenarios import SCENARIOS, is_differentiated
from test_jit import assert_same

import wengert as wg
from wengert import tree
from wengert.errors import WengertError


def total(function: Any) -> Any:
    """The sum of all results of a function, each entry with a weight of its own."""

    def scalar(*args: Any) -> Any:
        leaves = [leaf for leaf in tree.flatten(function(*args))[0] if np.result_type(leaf).kind in "fc"]
        return sum([np.sum(np.real(leaf) * np.linspace(1.0, 1.7, np.size(leaf)).reshape(np.shape(leaf)))
                    for leaf in leaves], 0.0)  # fmt: skip

    return scalar


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_holds_compiled(name: str) -> None:
    function, *args = SCENARIOS[name]
    places = tuple([place for place, arg in enumerate(args) if np.result_type(arg).kind == "f"])
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # a few of SciPy's solve systems that enlarge what rounding does
        agrees(function, args, assert_close if name.startswith("scipy") else assert_same)
        if is_differentiated(name, args):
            agrees(wg.grad(total(function), places), args, assert_close)


def agrees(function: Any, args: Any, assert_equal: Any) -> None:
    """The compiled function gives what the function gives, when it is recorded and afterwards."""
    try:
        expected = function(*copy.deepcopy(args))
    except (WengertError, TypeError, ValueError):
        # a result of texts, or a program that has no derivative
        return
    fast = wg.jit(function)
    for _ in range(2):
        assert_equal(fast(*copy.deepcopy(args)), expected)
    assert "no machine code" not in fast.explain()


def assert_close(found: Any, expected: Any) -> None:
    """The same leaves, of the same types, to what rounding does to derivatives."""
    for a, b in zip(tree.flatten(found)[0], tree.flatten(expected)[0], strict=True):
        assert type(a) is type(b)
        assert np.shape(a) == np.shape(b)
        assert np.result_type(a) == np.result_type(b)
        if np.result_type(b).kind not in "fc":
            np.testing.assert_array_equal(a, b)
            continue
        scale = np.max(np.abs(b), initial=1e-3, where=np.isfinite(b))
        tolerance = 1e-10 if np.finfo(np.result_type(b)).eps < 1e-10 else 1e-4
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * scale, equal_nan=True)
