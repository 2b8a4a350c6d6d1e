"""The LAPACK that NumPy itself is linked with, called directly; SciPy's where it cannot be found.

NumPy's wheels and SciPy's each carry a BLAS with threads of its own, which go on spinning for a while after a
call. A program that goes to and fro between the two pays milliseconds at every turn: on two cores a
triangular solve by SciPy and a product by NumPy, of 100 rows, took 8 ms together and 0.05 ms one by one.
NumPy offers no function that keeps LU factors, so the routines are taken from the library that it has loaded.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import numpy as np

__all__ = ["Routines", "routines"]

_LETTERS: Final = {"f": "s", "d": "d", "F": "c", "D": "z"}


class Routines:
    """What is needed of LAPACK for one dtype.

    Matrices are arrays in C order and hold the *transpose* of what the Fortran routine sees; right-hand sides
    are arrays in Fortran order. Every array is overwritten. Pivots count from 1, as LAPACK's do.
    """

    def factor(self, a: Any) -> Any:
        """LU factors in place; returns the pivots."""
        raise NotImplementedError

    def solve(self, factors: Any, pivots: Any, b: Any, transposed: bool) -> Any:
        """The solution for the factored Fortran matrix, or its transpose; `b` in Fortran order."""
        raise NotImplementedError

    def invert(self, factors: Any, pivots: Any) -> tuple[Any, int]:
        """The inverse, and the place of a zero pivot if there is one."""
        raise NotImplementedError

    def solve_triangle(self, t: Any, b: Any, lower: bool, transposed: bool) -> Any:
        """X with X T = B in Fortran's view, or X T^T = B."""
        raise NotImplementedError


class _OfNumpy(Routines):
    """NumPy's own library, through ctypes."""

    def __init__(self, find: Callable[[str], Any], integer: Any, dtype: np.dtype[Any]) -> None:
        letter = _LETTERS[dtype.char]
        self.getrf, self.getrs = find(letter + "getrf"), find(letter + "getrs")
        self.getri, self.trsm = find(letter + "getri"), find(letter + "trsm")
        self.integer = integer
        self.dtype = dtype
        self.one = np.ones(1, dtype)

    def _call(self, routine: Any, *arguments: Any) -> None:
        passed = [
            self.integer(argument) if isinstance(argument, int)
            else ctypes.c_char_p(argument) if isinstance(argument, bytes)
            else argument
            for argument in arguments
        ]  # fmt: skip
        pointers = [
            argument if isinstance(argument, ctypes.c_char_p)
            else ctypes.c_void_p(argument.ctypes.data) if isinstance(argument, np.ndarray)
            else ctypes.byref(argument)
            for argument in passed
        ]  # fmt: skip
        # Fortran passes the length of each character last
        lengths = [ctypes.c_size_t(1) for argument in arguments if isinstance(argument, bytes)]
        routine(*pointers, *lengths)

    def factor(self, a: Any) -> Any:
        n = a.shape[0]
        pivots, info = np.empty(n, self.integer), self.integer(0)
        self._call(self.getrf, n, n, a, n, pivots, info)
        return pivots

    def solve(self, factors: Any, pivots: Any, b: Any, transposed: bool) -> Any:
        n, k = b.shape
        pivots, info = np.ascontiguousarray(pivots, self.integer), self.integer(0)
        self._call(self.getrs, b"T" if transposed else b"N", n, k, factors, n, pivots, b, n, info)
        return b

    def invert(self, factors: Any, pivots: Any) -> tuple[Any, int]:
        n = factors.shape[0]
        pivots, info = np.ascontiguousarray(pivots, self.integer), self.integer(0)
        work = np.empty(64 * n, self.dtype)
        self._call(self.getri, n, factors, n, pivots, work, len(work), info)
        return factors, info.value

    def solve_triangle(self, t: Any, b: Any, lower: bool, transposed: bool) -> Any:
        n, k = b.shape
        uplo, how = b"U" if lower else b"L", b"T" if transposed else b"N"
        self._call(self.trsm, b"R", uplo, how, b"N", k, n, self.one, t, n, b, k)
        return b


class _OfScipy(Routines):
    """SciPy's library."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        # SciPy is large, and most programs find what they need in NumPy
        from scipy.linalg import get_blas_funcs, get_lapack_funcs

        lapack: Any = get_lapack_funcs(("getrf", "getrs", "getri"), dtype=dtype)
        blas: Any = get_blas_funcs(("trsm",), dtype=dtype)
        self.getrf, self.getrs, self.getri = lapack
        (self.trsm,) = blas

    def factor(self, a: Any) -> Any:
        factors, pivots, _ = self.getrf(a.T)
        a[...] = factors.T
        return pivots + 1

    def solve(self, factors: Any, pivots: Any, b: Any, transposed: bool) -> Any:
        return self.getrs(factors.T, pivots - 1, b, trans=int(transposed))[0]

    def invert(self, factors: Any, pivots: Any) -> tuple[Any, int]:
        found, info = self.getri(factors.T, pivots - 1, lwork=64 * len(factors))
        return found.T, info

    def solve_triangle(self, t: Any, b: Any, lower: bool, transposed: bool) -> Any:
        return self.trsm(1, t.T, b.T, side=1, lower=not lower, trans_a=int(transposed)).T


@lru_cache(maxsize=1)
def _library() -> tuple[Callable[[str], Any], Any] | None:
    """How to find a routine in NumPy's library, and its integer type; None where it does not show them."""
    module = getattr(np.linalg, "_umath_linalg", None)
    if module is None or not hasattr(module, "_ilp64"):
        return None
    integer = ctypes.c_int64 if module._ilp64 else ctypes.c_int32
    suffix = "_64_" if module._ilp64 else "_"
    try:
        library = ctypes.CDLL(module.__file__)
    except OSError:
        return None
    known = [prefix for prefix in ("scipy_", "") if hasattr(library, f"{prefix}dgetrf{suffix}")]
    if not known:
        return None
    return lambda name: getattr(library, f"{known[0]}{name}{suffix}"), integer


def _agree(found: Routines, dtype: np.dtype[Any]) -> bool:
    """Whether the routines solve a small system, factored and triangular."""
    a = np.array([[2.0, 1.0, 0.0], [4.0, 1.0, 3.0], [1.0, 5.0, 1.0]], dtype)
    b = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], dtype)
    factors = a.copy()
    pivots = found.factor(factors)
    x = found.solve(factors, pivots, np.asfortranarray(b), True)
    y = found.solve_triangle(np.tril(a), b.copy(), True, False)
    z, _ = found.invert(factors.copy(), pivots)
    return all(np.allclose(p, b, rtol=1e-3) for p in (a @ x, np.tril(a) @ y, a @ (z @ b)))


@lru_cache(maxsize=8)
def routines(dtype: np.dtype[Any]) -> Routines:
    """The routines for one dtype: NumPy's own where they can be had."""
    library = _library()
    if library is not None:
        try:
            found = _OfNumpy(*library, dtype)
        except AttributeError:
            return _OfScipy(dtype)
        if _agree(found, dtype):
            return found
    return _OfScipy(dtype)
