"""A long loop of scalar Python: a driven, damped pendulum, ten thousand steps of it."""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np

from benchmarks.case import Case, Function, Quantity

__all__ = ["CASES"]

DURATION = 1e-3


def last_energy(parameters: Any, pushes: Any) -> Any:
    """The energy after as many steps as there are pushes.

    The parameters are the angle and the speed at the start, the stiffness and the damping.
    """
    angle, speed, stiffness, damping = parameters[0], parameters[1], parameters[2], parameters[3]
    for push in pushes:
        speed = speed + DURATION * (push - stiffness * np.sin(angle) - damping * speed)
        angle = angle + DURATION * speed
    return 0.5 * speed**2 + stiffness * (1.0 - np.cos(angle))


def last_energy_in_jax(namespace: Any) -> Function:
    """The loop as ``lax.scan``."""
    scan = importlib.import_module("jax.lax").scan

    def energy(parameters: Any, pushes: Any) -> Any:
        angle, speed, stiffness, damping = parameters

        def body(state: Any, push: Any) -> Any:
            angle, speed = state
            speed = speed + DURATION * (push - stiffness * namespace.sin(angle) - damping * speed)
            return (angle + DURATION * speed, speed), None

        (angle, speed), _ = scan(body, (angle, speed), pushes)
        return 0.5 * speed**2 + stiffness * (1.0 - namespace.cos(angle))

    return energy


def last_energy_in_casadi(casadi: Any) -> Function:
    """The same with an index, since CasADi's vectors are columns."""

    def energy(parameters: Any, pushes: Any) -> Any:
        angle, speed, stiffness, damping = (parameters[k] for k in range(4))
        for k in range(pushes.shape[0]):
            speed = speed + DURATION * (pushes[k] - stiffness * casadi.sin(angle) - damping * speed)
            angle = angle + DURATION * speed
        return 0.5 * speed**2 + stiffness * (1.0 - casadi.cos(angle))

    return energy


def last_energy_gradient(parameters: np.ndarray, pushes: np.ndarray) -> np.ndarray:
    """Forwards with angles and speeds kept, then backwards."""
    angle, speed, stiffness, damping = parameters.tolist()
    kept = []
    sin, cos = math.sin, math.cos
    for push in pushes.tolist():
        kept.append((angle, speed))
        speed = speed + DURATION * (push - stiffness * sin(angle) - damping * speed)
        angle = angle + DURATION * speed
    angle_bar, speed_bar = stiffness * sin(angle), speed
    stiffness_bar, damping_bar = 1.0 - cos(angle), 0.0
    for angle, speed in reversed(kept):
        speed_bar += DURATION * angle_bar
        force_bar = DURATION * speed_bar
        angle_bar -= force_bar * stiffness * cos(angle)
        stiffness_bar -= force_bar * sin(angle)
        damping_bar -= force_bar * speed
        speed_bar -= force_bar * damping
    return np.array([angle_bar, speed_bar, stiffness_bar, damping_bar])


def driven(steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Parameters, and a push for every step."""
    return np.array([0.5, 0.0, 4.0, 0.3]), 0.5 * np.cos(1.7 * DURATION * np.arange(steps))


CASES = (
    Case(
        name="pendulum-10000",
        title="driven pendulum, 10⁴ steps, scalar Python",
        quantity=Quantity.GRADIENT,
        function=last_energy,
        inputs=driven,
        derivative=last_energy_gradient,
        sizes={"steps": 10**4},
        small_sizes={"steps": 5},
        spellings={"jax": last_energy_in_jax, "casadi": last_energy_in_casadi},
        invited=frozenset({"casadi"}),
        declined={"torch-compile": "it unrolls the loop for minutes; --all runs it"},
    ),
)
