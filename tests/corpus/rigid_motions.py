"""Rotations and homogeneous matrices, used by the robots."""

import math

import numpy as np


def skew(w):
    return np.array([[0.0, -w[2], w[1]], [w[2], 0.0, -w[0]], [-w[1], w[0], 0.0]])


def rodrigues(axis_angle):
    theta = np.linalg.norm(axis_angle)
    if theta < 1e-12:
        return np.eye(3)
    K = skew(axis_angle / theta)
    return np.eye(3) + math.sin(theta) * K + (1 - math.cos(theta)) * K @ K


def rot_z(angle):
    R = np.eye(3)
    R[0, 0] = math.cos(angle)
    R[0, 1] = -math.sin(angle)
    R[1, 0] = math.sin(angle)
    R[1, 1] = math.cos(angle)
    return R


def quat_mul(p, q):
    if isinstance(p, np.ndarray):
        p = p.tolist()
    w1, x1, y1, z1 = p
    w2, x2, y2, z2 = q
    return np.array(
        [
            w1 * w2 - x1 * x2 - y1 * y2 - z1 * z2,
            w1 * x2 + x1 * w2 + y1 * z2 - z1 * y2,
            w1 * y2 - x1 * z2 + y1 * w2 + z1 * x2,
            w1 * z2 + x1 * y2 - y1 * x2 + z1 * w2,
        ]
    )


def dh_matrix(theta, d, a, alpha):
    """One link in the convention of Denavit and Hartenberg, entry by entry."""
    T = np.zeros((4, 4))
    ct, st = np.cos(theta), np.sin(theta)
    ca, sa = np.cos(alpha), np.sin(alpha)
    T[0, 0] = ct
    T[0, 1] = -st * ca
    T[0, 2] = st * sa
    T[0, 3] = a * ct
    T[1, 0] = st
    T[1, 1] = ct * ca
    T[1, 2] = -ct * sa
    T[1, 3] = a * st
    T[2, 1] = sa
    T[2, 2] = ca
    T[2, 3] = d
    T[3, 3] = 1.0
    return T


class Pose:
    """A place and a heading in the plane."""

    def __init__(self, x, y, heading):
        self.x = x
        self.y = y
        self.heading = heading

    @classmethod
    def from_array(cls, values):
        return cls(*values)

    def inverse(self):
        c, s = np.cos(self.heading), np.sin(self.heading)
        return Pose(-c * self.x - s * self.y, s * self.x - c * self.y, -self.heading)

    def __matmul__(self, other):
        c, s = np.cos(self.heading), np.sin(self.heading)
        return Pose(
            self.x + c * other.x - s * other.y,
            self.y + s * other.x + c * other.y,
            self.heading + other.heading,
        )

    def as_array(self):
        return np.array([self.x, self.y, np.arctan2(np.sin(self.heading), np.cos(self.heading))])

    def __repr__(self):
        return f"Pose({self.x:.2f}, {self.y:.2f}, {self.heading:.2f})"
