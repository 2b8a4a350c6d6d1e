"""Random programs, compiled: at orders 0 to 2 they give what NumPy gives."""

from __future__ import annotations

import warnings

import hypothesis
import numpy as np
import pytest
from random_programs import program_from
from test_fuzz import CHOICES, SEED, blocks

import wengert as wg
from wengert import tree
from wengert.errors import WengertError

BLOCK = 20


def fresh(values):
    return [value.copy() if isinstance(value, np.ndarray) else value for value in values]


def assert_same(found, expected, narrow):
    """The same leaves, of the same types, to rounding."""
    for a, b in zip(tree.flatten(found)[0], tree.flatten(expected)[0], strict=True):
        # NumPy itself has arrays without axes for some numbers
        assert np.shape(a) == np.shape(b)
        assert np.result_type(a) == np.result_type(b)
        scale = np.max(np.abs(b), initial=1e-3, where=np.isfinite(b))
        np.testing.assert_allclose(a, b, rtol=0, atol=(1e-3 if narrow else 1e-9) * scale, equal_nan=True)


def total(function):
    """The sum of all results of a program."""
    return lambda *args: sum([np.sum(leaf) for leaf in tree.flatten(function(*args))[0]], 0.0)


@pytest.mark.parametrize("block", blocks(8, 200))
def test_compiled_random_programs_give_the_same(block):
    def examine(data):
        program = program_from(data)
        hypothesis.note(str(program))
        function, values = program.function(), program.values()
        places = tuple(range(len(values)))
        for derived in (function, wg.grad(total(function), places), wg.hessian(total(function), places)):
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                try:
                    expected = derived(*fresh(values))
                except WengertError:
                    continue
                fast = wg.jit(derived)
                assert_same(fast(*fresh(values)), expected, program.narrow)
                assert "no machine code" not in fast.explain()

    bounds = hypothesis.settings(
        max_examples=BLOCK,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
    )
    hypothesis.seed(SEED + 7000 + block)(bounds(hypothesis.given(CHOICES)(examine)))()
