"""What a program comes to, with or without machine code: its results or its error."""

from __future__ import annotations

import warnings

import numpy as np

import wengert as wg
from wengert.errors import WengertError

__all__ = ["assert_same", "outcome"]


def outcome(function, *args):
    """The results, or the error."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return wg.tree.flatten(function(*args))[0]
        except (ValueError, WengertError) as error:
            return str(error)


def assert_same(found, expected, digits):
    """Equal errors, or results of equal types that differ by a part of their largest finite entry."""
    if isinstance(expected, str):
        assert found == expected
        return
    for one, other in zip(found, expected, strict=True):
        assert type(one) is type(other)
        assert one.dtype == other.dtype
        size = np.max(np.abs(other[np.isfinite(other)]), initial=0.0)
        np.testing.assert_allclose(one, other, rtol=0, atol=digits * size, equal_nan=True)
