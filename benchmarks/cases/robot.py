"""The forward kinematics of a robot arm in scalar code, as a textbook's formulas are typed in."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.case import Case, Quantity

__all__ = ["CASES"]

Triple = tuple[float, ...]
JOINTS = (
    # Denavit–Hartenberg: offset along the axis, length and twist of the link
    (0.0892, 0.0, math.pi / 2),
    (0.0, -0.425, 0.0),
    (0.0, -0.392, 0.0),
    (0.1093, 0.0, math.pi / 2),
    (0.0948, 0.0, -math.pi / 2),
    (0.0825, 0.0, 0.0),
)


def tool(q: Any) -> Any:
    """Where the tool is and where it points, for these angles of the joints."""
    xx, xy, xz = 1.0, 0.0, 0.0
    yx, yy, yz = 0.0, 1.0, 0.0
    zx, zy, zz = 0.0, 0.0, 1.0
    px, py, pz = 0.0, 0.0, 0.0
    for i, (offset, length, twist) in enumerate(JOINTS):
        c, s = np.cos(q[i]), np.sin(q[i])
        ct, st = math.cos(twist), math.sin(twist)
        px, py, pz = px + offset * zx, py + offset * zy, pz + offset * zz
        ux, uy, uz = c * xx + s * yx, c * xy + s * yy, c * xz + s * yz
        vx, vy, vz = c * yx - s * xx, c * yy - s * xy, c * yz - s * xz
        px, py, pz = px + length * ux, py + length * uy, pz + length * uz
        xx, xy, xz = ux, uy, uz
        yx, yy, yz = ct * vx + st * zx, ct * vy + st * zy, ct * vz + st * zz
        zx, zy, zz = ct * zx - st * vx, ct * zy - st * vy, ct * zz - st * vz
    return np.stack([px, py, pz, zx, zy, zz])


def tool_jacobian(q: np.ndarray) -> np.ndarray:
    """Every joint turns what comes after it about its axis: two cross products a column."""
    axes: list[Triple] = []
    places: list[Triple] = []
    x: Triple = (1.0, 0.0, 0.0)
    y: Triple = (0.0, 1.0, 0.0)
    z: Triple = (0.0, 0.0, 1.0)
    place: Triple = (0.0, 0.0, 0.0)
    for angle, (offset, length, twist) in zip(q.tolist(), JOINTS, strict=True):
        axes.append(z)
        places.append(place)
        c, s, ct, st = math.cos(angle), math.sin(angle), math.cos(twist), math.sin(twist)
        u = [c * a + s * b for a, b in zip(x, y, strict=True)]
        v = [c * b - s * a for a, b in zip(x, y, strict=True)]
        place = tuple(p + offset * a + length * b for p, a, b in zip(place, z, u, strict=True))
        x, y, z = (
            tuple(u),
            tuple(ct * b + st * a for a, b in zip(z, v, strict=True)),
            tuple(ct * a - st * b for a, b in zip(z, v, strict=True)),
        )
    columns = []
    for axis, origin in zip(axes, places, strict=True):
        arm = tuple(p - o for p, o in zip(place, origin, strict=True))
        columns.append((*_cross(axis, arm), *_cross(axis, z)))
    return np.array(columns).T


def _cross(a: Triple, b: Triple) -> Triple:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def angles() -> tuple[np.ndarray]:
    """A posture away from singular ones."""
    return (np.array([0.3, -1.1, 1.4, -0.7, 0.9, 0.2]),)


CASES = (
    Case(
        name="robot-arm-jacobian",
        title="robot arm with six joints, scalar Python, Jacobian",
        quantity=Quantity.JACOBIAN,
        function=tool,
        inputs=angles,
        derivative=tool_jacobian,
        invited=frozenset({"casadi"}),
    ),
)
