"""The heat equation on a periodic square, from the initial temperatures and conductivities to a measured end."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from benchmarks.case import Case, Function, Quantity, with_namespace

__all__ = ["CASES"]


def heat_misfit(temperature: Any, conductivity: Any, durations: Any, measured: Any) -> Any:
    """Squared distance of the last temperatures from the measured ones."""
    for duration in durations:
        temperature = temperature + duration * conductivity * flow(temperature)
    return np.sum((temperature - measured) ** 2)


def flow(temperature: Any) -> Any:
    """What the four neighbours have more."""
    sides = np.roll(temperature, 1, 0) + np.roll(temperature, -1, 0)
    return sides + np.roll(temperature, 1, 1) + np.roll(temperature, -1, 1) - 4.0 * temperature


def heat_in_jax(namespace: Any) -> Function:
    """The loop as ``lax.scan``."""
    scan = importlib.import_module("jax.lax").scan
    flow_there = with_namespace(flow, namespace)

    def misfit(temperature: Any, conductivity: Any, durations: Any, measured: Any) -> Any:
        def body(temperature: Any, duration: Any) -> Any:
            return temperature + duration * conductivity * flow_there(temperature), None

        last, _ = scan(body, temperature, durations)
        return namespace.sum((last - measured) ** 2)

    return misfit


def heat_gradient(
    temperature: np.ndarray, conductivity: np.ndarray, durations: np.ndarray, measured: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Forwards with all flows kept, then backwards: the Laplacian is its own adjoint."""
    flows = np.empty((len(durations), *temperature.shape))
    scratch = np.empty_like(temperature)
    last = temperature.copy()
    for duration, kept in zip(durations, flows, strict=True):
        _flow_into(kept, last)
        np.multiply(conductivity, kept, out=scratch)
        scratch *= duration
        last += scratch
    last -= measured
    last *= 2.0
    cotangent, conductivity_bar = last, np.zeros_like(temperature)
    for duration, kept in zip(durations[::-1], flows[::-1], strict=True):
        cotangent_there = duration * cotangent
        kept *= cotangent_there
        conductivity_bar += kept
        cotangent_there *= conductivity
        _flow_into(scratch, cotangent_there)
        cotangent += scratch
    return cotangent, conductivity_bar


def _flow_into(out: np.ndarray, field: np.ndarray) -> None:
    np.multiply(field, -4.0, out=out)
    out[1:] += field[:-1]
    out[0] += field[-1]
    out[:-1] += field[1:]
    out[-1] += field[0]
    out[:, 1:] += field[:, :-1]
    out[:, 0] += field[:, -1]
    out[:, :-1] += field[:, 1:]
    out[:, -1] += field[:, 0]


def plate(n: int, steps: int) -> tuple[np.ndarray, ...]:
    """Temperatures, conductivities, durations of the steps, and measurements."""
    rng = np.random.default_rng(17)
    return (
        rng.random((n, n)),
        rng.uniform(0.5, 1.0, (n, n)),
        np.full(steps, 0.2),
        rng.random((n, n)),
    )


CASES = (
    Case(
        name="heat-100x100x200",
        title="heat equation 100×100, 200 steps",
        quantity=Quantity.GRADIENT,
        function=heat_misfit,
        inputs=plate,
        derivative=heat_gradient,
        sizes={"n": 100, "steps": 200},
        small_sizes={"n": 4, "steps": 3},
        arguments=(0, 1),
        spellings={"jax": heat_in_jax},
        declined={"torch-compile": "it unrolls the loop for minutes; --all runs it"},
        flops=lambda n, steps: 20.0 * steps * n**2,
    ),
)
