"""What the machine can do at most: bytes a second by the size of what is touched, and operations a second."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.linalg.blas import daxpy, ddot

from benchmarks.quiet import settle
from benchmarks.results import Ceiling

__all__ = ["measure_ceiling"]

SIZES = tuple(2**power for power in range(20, 29, 2))
"""Bytes touched, from a core's own cache to main memory; for less, the call itself would be measured."""
ORDER = 1024
LEAST_SECONDS = 2e-4
"""Of a look, so that the clock can tell."""


def measure_ceiling(patience: float = 0.3) -> Ceiling:
    """The fastest of many short looks at a triad, at a scalar product and at a product of matrices, all by BLAS.

    On each of them ``patience`` seconds are spent.
    """
    bandwidth = {size: max(_triad(size, patience), _reading(size, patience)) for size in SIZES}
    A = np.random.default_rng(0).random((ORDER, ORDER))
    product = np.empty_like(A)
    seconds = _fastest(lambda: np.matmul(A, A, out=product), patience)
    return Ceiling(bandwidth, 2.0 * ORDER**3 / seconds)


def _triad(size: int, patience: float) -> float:
    """y ← a x + y reads two arrays and writes one."""
    x, y = np.ones(size // 16), np.ones(size // 16)
    return 24.0 * len(x) / _fastest(lambda: daxpy(x, y, a=1e-9), patience)


def _reading(size: int, patience: float) -> float:
    x, y = np.ones(size // 16), np.ones(size // 16)
    return 16.0 * len(x) / _fastest(lambda: ddot(x, y), patience)


def _fastest(call: Callable[[], Any], patience: float) -> float:
    """Seconds of a call."""
    settle()
    fastest, calls, start = math.inf, 1, time.perf_counter()
    while fastest == math.inf or time.perf_counter() - start < patience:
        before = time.perf_counter()
        for _ in range(calls):
            call()
        elapsed = time.perf_counter() - before
        fastest = min(fastest, elapsed / calls)
        if elapsed < LEAST_SECONDS:
            calls *= 2
    return fastest
