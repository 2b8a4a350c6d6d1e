"""Every program of the corpus, compiled: its values and derivatives are those that NumPy computes."""

from __future__ import annotations

import contextlib
import copy
import functools
import io

import numpy as np
import pytest

import wengert as wg
from corpus.test_corpus import PROGRAMS, leaves, split
from wengert.errors import WengertError


def assert_same(found, expected):
    """The same leaves, of the same types, to rounding."""
    for a, b in zip(leaves(found), leaves(expected), strict=True):
        # a scalar of NumPy's is a Python number too
        assert isinstance(a, type(b))
        if not isinstance(b, (np.ndarray, np.generic, float, complex)):
            assert a == b
            continue
        assert np.result_type(a) == np.result_type(b)
        scale = np.max(np.abs(b), initial=1e-3, where=np.isfinite(b))
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-9 * scale, equal_nan=True)


def weighted(program, keywords):
    """The sum of all results, each with a weight of its own."""

    @functools.wraps(program)
    def total(*args):
        found = [leaf for leaf in leaves(program(*args, **keywords)) if not isinstance(leaf, (str, bool, type(None)))]
        return sum([np.sum(leaf) * (1 + 0.1 * place) for place, leaf in enumerate(found)], 0.0)

    return total


def orders(program, args, options):
    """The program and its first derivative; its second one where that is cheap."""
    places, keywords = split(args, options)
    total = weighted(program, keywords)
    found = [functools.partial(program, **keywords) if keywords else program, wg.grad(total, places)]
    size = sum([np.size(leaf) for place in places for leaf in leaves(args[place])])
    return [*found, wg.hessian(total, places)] if size <= 6 else found


@pytest.mark.parametrize(("program", "args", "options"), PROGRAMS)
def test_compiled_programs_give_the_same(program, args, options):
    for function in orders(program, args, options):
        with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            try:
                expected = function(*copy.deepcopy(args))
            except (WengertError, TypeError):
                # a result of strings, or a real derivative of a complex program
                continue
            fast = wg.jit(function)
            for _ in range(2):
                assert_same(fast(*copy.deepcopy(args)), expected)
            assert "no machine code" not in fast.explain()
