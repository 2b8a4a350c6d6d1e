"""The cases, in the order of the tables."""

from __future__ import annotations

from benchmarks.case import Case
from benchmarks.cases import (
    chain,
    closed_forms,
    determinant,
    factorisation,
    linear_algebra,
    logistic,
    loops,
    networks,
    quadratic,
    rosenbrock,
    scalars,
)

__all__ = ["CASES", "MEMORY_CASE"]

CASES: tuple[Case, ...] = (
    *scalars.CASES,
    *rosenbrock.CASES,
    *logistic.CASES,
    *quadratic.CASES,
    *factorisation.CASES,
    *networks.CASES,
    *linear_algebra.CASES,
    *loops.CASES,
    *determinant.CASES,
    *closed_forms.CASES,
)

MEMORY_CASE: Case = chain.CASE
