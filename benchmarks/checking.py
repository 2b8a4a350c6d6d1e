"""An answer is checked before it is timed: a fast wrong derivative is worth nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.case import Case, Quantity

__all__ = [
    "difference_from",
    "fault_by_differences",
    "flatten",
    "largest_error",
    "modified",
    "sensitivity",
    "snapshot",
]

TOLERANCE = 1e-9
"""Largest error allowed, relative to the largest entry of the exact answer."""
DIFFERENCE_TOLERANCE = {1: 1e-6, 2: 1e-4}
"""The same for differences of first and second order, which are less exact themselves."""
DIRECTIONS = 3


def flatten(answer: Any) -> list[np.ndarray]:
    """The arrays of an answer, nested tuples laid flat, and what is compressed made dense."""
    if hasattr(answer, "dense"):
        return [answer.dense()]
    if isinstance(answer, (tuple, list)):
        return [array for part in answer for array in flatten(part)]
    return [np.asarray(answer)]


def difference_from(expected: Any, answer: Any) -> str | None:
    """What is wrong with an answer whose exact value is known, or None."""
    wanted, given = flatten(expected), flatten(answer)
    if len(wanted) != len(given):
        return f"{len(given)} arrays instead of {len(wanted)}"
    for exact, array in zip(wanted, given, strict=True):
        if array.shape != exact.shape:
            return f"shape {array.shape} instead of {exact.shape}"
        if array.dtype != exact.dtype:
            return f"{array.dtype} instead of {exact.dtype}"
        error = _relative_error(array, exact)
        if not error <= TOLERANCE:
            return f"relative error {error:.1e}"
    return None


def largest_error(expected: Any, answer: Any) -> float:
    """The error of an answer of the right shapes, relative to the largest entry of each of its arrays."""
    return max(map(_relative_error, flatten(answer), flatten(expected)))


def sensitivity(case: Case, inputs: tuple[Any, ...]) -> float:
    """The change of the exact answer when every number it depends on is off by about its last bit."""
    assert case.derivative is not None
    generator = np.random.default_rng(2)

    def off(value: Any) -> Any:
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            return value * (1.0 + np.finfo(value.dtype).eps * generator.choice([-1.0, 1.0], size=value.shape))
        return value

    return largest_error(case.derivative(*inputs), case.derivative(*map(off, inputs)))


def _relative_error(array: np.ndarray, exact: np.ndarray) -> float:
    scale = float(np.max(np.abs(exact))) or 1.0
    return float(np.max(np.abs(array - exact))) / scale


def fault_by_differences(case: Case, inputs: tuple[Any, ...], answer: Any) -> str | None:
    """What is wrong with an answer according to differences of the function in random directions, or None.

    Three dense random directions miss a wrong entry only by chance, and cost a dozen evaluations at any size.
    """
    parts = flatten(answer)
    if case.quantity is Quantity.VALUE_AND_GRADIENT:
        fault = difference_from(case.function(*inputs), parts.pop(0))
        if fault:
            return f"value: {fault}"
    if case.quantity is Quantity.NEWTON_STEP:
        return _fault_of_step(case, inputs, parts[0])
    if case.quantity is Quantity.JACOBIAN:
        parts, fault = _rows_together(case, inputs, parts[0])
        if fault:
            return fault
    order = 2 if case.quantity in (Quantity.HESSIAN, Quantity.COMPRESSED_HESSIAN) else 1
    expected_shapes = [np.shape(inputs[k]) * order for k in case.arguments]
    if [part.shape for part in parts] != expected_shapes:
        return f"shapes {[part.shape for part in parts]} instead of {expected_shapes}"
    generator = np.random.default_rng(0)
    for _ in range(DIRECTIONS):
        directions = [generator.normal(size=np.shape(inputs[k])) for k in case.arguments]
        estimate = _directional_difference(case, inputs, directions, order)
        slope = _contract(parts, directions, order)
        scale = max(abs(estimate), *(float(np.linalg.norm(part)) for part in parts))
        if not abs(slope - estimate) <= DIFFERENCE_TOLERANCE[order] * scale:
            return f"{slope:.10g} along a random direction, where differences give {estimate:.10g}"
    return None


def _rows_together(case: Case, inputs: tuple[Any, ...], jacobian: np.ndarray) -> tuple[list[np.ndarray], str | None]:
    """The gradient of the weighted outputs, from the Jacobian."""
    weights = _weights(case.function(*inputs))
    expected = weights.shape + np.shape(inputs[case.arguments[0]])
    if jacobian.shape != expected:
        return [], f"shape {jacobian.shape} instead of {expected}"
    return [np.tensordot(weights, jacobian, weights.ndim)], None


def _weights(value: Any) -> np.ndarray:
    """By which several outputs become one number."""
    return np.asarray(np.random.default_rng(1).normal(size=np.shape(value)))


def _fault_of_step(case: Case, inputs: tuple[Any, ...], step: np.ndarray) -> str | None:
    """The Hessian along the step and along a random direction is the slope along that direction."""
    point = inputs[case.arguments[0]]
    if step.shape != np.shape(point):
        return f"shape {step.shape} instead of {np.shape(point)}"
    generator = np.random.default_rng(0)
    for _ in range(DIRECTIONS):
        direction = generator.normal(size=step.shape)
        above, below = (_directional_difference(case, inputs, [step + sign * direction], 2) for sign in (1.0, -1.0))
        slope = _directional_difference(case, inputs, [direction], 1)
        if not abs((above - below) / 4.0 - slope) <= DIFFERENCE_TOLERANCE[2] * max(abs(above), abs(below)):
            return f"{(above - below) / 4.0:.10g} along a random direction, where differences give {slope:.10g}"
    return None


def _contract(parts: Sequence[np.ndarray], directions: Sequence[np.ndarray], order: int) -> float:
    if order == 2:
        flat = np.ravel(directions[0])
        return float(flat @ parts[0].reshape(flat.size, flat.size) @ flat)
    return float(sum(np.vdot(part, direction) for part, direction in zip(parts, directions, strict=True)))


def _directional_difference(case: Case, inputs: tuple[Any, ...], directions: Sequence[np.ndarray], order: int) -> float:
    """First or second derivative along a direction, by central differences with an error of order four."""
    length = math.sqrt(sum(float(np.vdot(direction, direction)) for direction in directions))
    step = {1: 1e-3, 2: 1e-2}[order] / length
    far_down, down, here, up, far_up = (_value_at(case, inputs, directions, k * step) for k in (-2, -1, 0, 1, 2))
    if order == 1:
        return (8.0 * (up - down) - (far_up - far_down)) / (12.0 * step)
    return (16.0 * (up + down) - (far_up + far_down) - 30.0 * here) / (12.0 * step**2)


def _value_at(case: Case, inputs: tuple[Any, ...], directions: Sequence[np.ndarray], step: float) -> float:
    moved = list(inputs)
    for k, direction in zip(case.arguments, directions, strict=True):
        moved[k] = moved[k] + step * direction
    if case.quantity is Quantity.MANY_GRADIENTS:
        return float(sum(case.function(point) for point in moved[0]))
    value = case.function(*moved)
    return float(np.vdot(_weights(value), value) if case.quantity is Quantity.JACOBIAN else value)


def snapshot(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Copies of the inputs, by which a contestant that writes into them is found out."""
    return tuple(value.copy() if isinstance(value, np.ndarray) else value for value in inputs)


def modified(inputs: tuple[Any, ...], before: tuple[Any, ...]) -> bool:
    """Whether any input has changed."""
    return any(not np.array_equal(value, old) for value, old in zip(inputs, before, strict=True))
