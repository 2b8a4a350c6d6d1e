"""Whether random numbers are drawn while a program is recorded: a later run would repeat them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from wengert.compiler.refusals import NotRecordable

__all__ = ["without_draws"]


@contextmanager
def without_draws() -> Iterator[None]:
    """Raise at the end if numbers of NumPy's global generator have been drawn, which gets its state back.

    What the program draws by its own names is refused at once; SciPy, and what is written in C, draws unseen.
    """
    before = _state()
    yield
    if not _same(before, _state()):
        np.random.set_state(before)  # noqa: NPY002 (it is the user's)
        raise NotRecordable("it draws random numbers from NumPy's global generator", passing=True)


def _state() -> Any:
    return np.random.get_state(legacy=False)  # noqa: NPY002


def _same(before: Any, after: Any) -> bool:
    if before["bit_generator"] != after["bit_generator"]:
        return False
    one, other = before["state"], after["state"]
    if not (isinstance(one, dict) and one.keys() == other.keys()):
        return False
    gauss = before.get("has_gauss") == after.get("has_gauss") and before.get("gauss") == after.get("gauss")
    return gauss and all([np.array_equal(one[name], other[name]) for name in one])
