"""Particles: the energy of a Lennard-Jones cluster with its forces, and planets on their way by leapfrog."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from benchmarks.case import Case, Function, Quantity, with_namespace

__all__ = ["CASES"]

SOFTENING = 1e-4


def cluster_energy(positions: Any, identity: Any) -> Any:
    """Σ 4 (r⁻¹² − r⁻⁶) over the pairs; the identity keeps particles from meeting themselves."""
    gaps = positions[:, None, :] - positions[None, :, :]
    squares = np.sum(gaps**2, -1) + identity
    sixth = (1.0 - identity) / squares**3
    return 2.0 * np.sum(sixth**2 - sixth)


def cluster_energy_and_gradient(positions: np.ndarray, identity: np.ndarray) -> tuple[Any, np.ndarray]:
    """Energy and minus the forces: the pulls along all gaps are summed as a matrix product."""
    squares = identity.copy()
    for coordinate in positions.T:
        gaps = np.subtract.outer(coordinate, coordinate)
        gaps *= gaps
        squares += gaps
    inverse = np.reciprocal(squares)
    sixth = inverse * inverse
    sixth *= inverse
    np.fill_diagonal(sixth, 0.0)
    energy = 2.0 * (np.vdot(sixth, sixth) - np.sum(sixth))
    pull = 2.0 * sixth
    pull -= 1.0
    pull *= sixth
    pull *= inverse
    pull *= -24.0
    return energy, np.sum(pull, axis=1)[:, None] * positions - pull @ positions


def cluster(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Particles near the points of a cubic lattice."""
    side = int(np.ceil(n ** (1 / 3)))
    lattice = np.stack(np.meshgrid(*3 * [np.arange(side)], indexing="ij"), axis=-1).reshape(-1, 3)[:n]
    return 1.2 * lattice + 0.05 * np.random.default_rng(15).normal(size=(n, 3)), np.eye(n)


def miss(positions: Any, velocities: Any, masses: Any, target: Any, durations: Any, identity: Any) -> Any:
    """Squared distance of the bodies from where they should be after steps of leapfrog of these durations."""
    pull = attraction(positions, masses, identity)
    for duration in durations:
        velocities = velocities + 0.5 * duration * pull
        positions = positions + duration * velocities
        pull = attraction(positions, masses, identity)
        velocities = velocities + 0.5 * duration * pull
    return np.sum((positions - target) ** 2)


def attraction(positions: Any, masses: Any, identity: Any) -> Any:
    """Newton's law, a little softened."""
    gaps = positions[None, :, :] - positions[:, None, :]
    squares = np.sum(gaps**2, -1) + SOFTENING + identity
    return np.sum((masses / (squares * np.sqrt(squares)))[:, :, None] * gaps, 1)


def miss_in_jax(namespace: Any) -> Function:
    """The loop as ``lax.scan``, which XLA compiles once instead of a thousand times."""
    scan = importlib.import_module("jax.lax").scan
    attraction_there = with_namespace(attraction, namespace)

    def loss(positions: Any, velocities: Any, masses: Any, target: Any, durations: Any, identity: Any) -> Any:
        def body(state: Any, duration: Any) -> Any:
            positions, velocities, pull = state
            velocities = velocities + 0.5 * duration * pull
            positions = positions + duration * velocities
            pull = attraction_there(positions, masses, identity)
            return (positions, velocities + 0.5 * duration * pull, pull), None

        start = (positions, velocities, attraction_there(positions, masses, identity))
        (positions, _, _), _ = scan(body, start, durations)
        return namespace.sum((positions - target) ** 2)

    return loss


def miss_in_casadi(casadi: Any) -> Function:
    """The same, pair by pair, on scalar symbols."""

    def pulls(rows: list[list[Any]], masses: Any) -> list[list[Any]]:
        total: list[list[Any]] = [[0.0, 0.0, 0.0] for _ in rows]
        for i, here in enumerate(rows):
            for j in range(i):
                gap = [there - coordinate for coordinate, there in zip(here, rows[j], strict=True)]
                square = gap[0] ** 2 + gap[1] ** 2 + gap[2] ** 2 + SOFTENING
                strength = 1.0 / (square * casadi.sqrt(square))
                for axis in range(3):
                    total[i][axis] += masses[j] * strength * gap[axis]
                    total[j][axis] -= masses[i] * strength * gap[axis]
        return total

    def loss(positions: Any, velocities: Any, masses: Any, target: Any, durations: Any, identity: Any) -> Any:
        bodies = range(masses.shape[0])
        place = [[positions[i, axis] for axis in range(3)] for i in bodies]
        speed = [[velocities[i, axis] for axis in range(3)] for i in bodies]
        pull = pulls(place, masses)
        for k in range(durations.shape[0]):
            for i in bodies:
                for axis in range(3):
                    speed[i][axis] = speed[i][axis] + 0.5 * durations[k] * pull[i][axis]
                    place[i][axis] = place[i][axis] + durations[k] * speed[i][axis]
            pull = pulls(place, masses)
            for i in bodies:
                for axis in range(3):
                    speed[i][axis] = speed[i][axis] + 0.5 * durations[k] * pull[i][axis]
        return sum((place[i][axis] - target[i, axis]) ** 2 for i in bodies for axis in range(3))

    return loss


def miss_gradient(
    positions: np.ndarray,
    velocities: np.ndarray,
    masses: np.ndarray,
    target: np.ndarray,
    durations: np.ndarray,
    identity: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Every step in reverse; the places are kept, and what the attraction needs is made again."""
    places = np.empty((len(durations) + 1, *positions.shape))
    places[0] = positions
    # half of a step's kick comes before its drift, and the other half together with the next step's first
    kicks = 0.5 * (np.append(durations, 0.0) + np.append(0.0, durations))
    for k, duration in enumerate(durations):
        velocities = velocities + kicks[k] * attraction(places[k], masses, identity)
        places[k + 1] = places[k] + duration * velocities
    position_bar = 2.0 * (places[-1] - target)
    velocity_bar = np.zeros_like(positions)
    for k in range(len(durations) - 1, -1, -1):
        velocity_bar += durations[k] * position_bar
        position_bar += attraction_adjoint(places[k], masses, identity, kicks[k] * velocity_bar)
    return position_bar, velocity_bar


def attraction_adjoint(
    positions: np.ndarray, masses: np.ndarray, identity: np.ndarray, pull_bar: np.ndarray
) -> np.ndarray:
    """The cotangent of the positions."""
    gaps = positions[None, :, :] - positions[:, None, :]
    squares = np.einsum("ijk,ijk->ij", gaps, gaps) + SOFTENING + identity
    strength = masses / (squares * np.sqrt(squares))
    along = np.einsum("ik,ijk->ij", pull_bar, gaps)
    along *= strength
    along *= -3.0 / squares
    gaps_bar = strength[:, :, None] * pull_bar[:, None, :]
    gaps_bar += along[:, :, None] * gaps
    position_bar: np.ndarray = gaps_bar.sum(axis=0) - gaps_bar.sum(axis=1)
    return position_bar


def planets(n: int, steps: int) -> tuple[np.ndarray, ...]:
    """A heavy body at rest and light ones on nearly circular ways around it."""
    rng = np.random.default_rng(16)
    radius = np.arange(n)
    angle = rng.uniform(0.0, 2.0 * np.pi, n)
    speed = 1.0 / np.sqrt(np.maximum(radius, 1.0)) * (radius > 0)
    zero = np.zeros(n)
    positions = np.stack([radius * np.cos(angle), radius * np.sin(angle), 0.05 * rng.normal(size=n)], axis=1)
    velocities = np.stack([-speed * np.sin(angle), speed * np.cos(angle), zero], axis=1)
    masses = np.where(radius > 0, 1e-3, 1.0)
    return positions, velocities, masses, positions + rng.normal(size=(n, 3)), np.full(steps, 0.005), np.eye(n)


CASES = (
    Case(
        name="lennard-jones-200",
        title="Lennard-Jones energy of 200 atoms, with forces",
        quantity=Quantity.VALUE_AND_GRADIENT,
        function=cluster_energy,
        inputs=cluster,
        derivative=cluster_energy_and_gradient,
        sizes={"n": 200},
        small_sizes={"n": 5},
        # a division counts 5
        flops=lambda n: n**2 * 30.0,
    ),
    Case(
        name="leapfrog-1000",
        title="five bodies, 1000 steps of leapfrog",
        quantity=Quantity.GRADIENT,
        function=miss,
        inputs=planets,
        derivative=miss_gradient,
        sizes={"n": 5, "steps": 1000},
        small_sizes={"n": 3, "steps": 4},
        arguments=(0, 1),
        spellings={"jax": miss_in_jax, "casadi": miss_in_casadi},
        invited=frozenset({"casadi"}),
        declined={"torch-compile": "it unrolls the loop for minutes; --all runs it"},
    ),
)
