"""The cases, in the order of the tables."""

from __future__ import annotations

from benchmarks.case import Case
from benchmarks.cases import (
    chain,
    closed_forms,
    determinant,
    factorisation,
    gaussian_process,
    heat,
    linear_algebra,
    logistic,
    loops,
    lstm,
    mixture,
    networks,
    options,
    particles,
    pendulum,
    quadratic,
    robot,
    rosenbrock,
    scalars,
    softmax,
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
    *options.CASES,
    *mixture.CASES,
    *gaussian_process.CASES,
    *softmax.CASES,
    *particles.CASES,
    *robot.CASES,
    *lstm.CASES,
    *heat.CASES,
    *pendulum.CASES,
    *closed_forms.CASES,
)

MEMORY_CASE: Case = chain.CASE
