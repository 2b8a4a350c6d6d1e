"""Arms, poses and controllers."""

import functools
import math

import numpy as np

from corpus import rigid_motions
from corpus.rigid_motions import Pose, dh_matrix, quat_mul, rodrigues

LINKS = [(0.3, 0.0, np.pi / 2), (0.0, 0.4, 0.0), (0.1, 0.25, -np.pi / 2)]


def forward_kinematics(q):
    T = np.eye(4)
    for angle, (d, a, alpha) in zip(q, LINKS):
        T = T @ dh_matrix(angle, d, a, alpha)
    return T[:3, 3]


def planar_arm(q, lengths=(1.0, 0.8, 0.5)):
    """The joints of an arm in the plane, row by row."""
    points = np.zeros((len(q) + 1, 2))
    total = 0.0
    for i in range(len(q)):
        total += q[i]
        points[i + 1, 0] = points[i, 0] + lengths[i] * math.cos(total)
        points[i + 1, 1] = points[i, 1] + lengths[i] * math.sin(total)
    return points


def inverse_kinematics_step(q, target):
    """Damped least squares with the Jacobian written by hand."""
    p = planar_arm(q)
    J = np.zeros((2, len(q)))
    for i in range(len(q)):
        J[0, i] = -(p[-1, 1] - p[i, 1])
        J[1, i] = p[-1, 0] - p[i, 0]
    error = target - p[-1]
    return q + J.T @ np.linalg.solve(J @ J.T + 0.01 * np.eye(2), error)


def rotate_points(axis_angle, points):
    R = rodrigues(axis_angle)
    return np.dot(points, R.T)


def rotate_by_quaternion(q, v):
    q = q / np.linalg.norm(q)
    conj = q.copy()
    conj[1:] *= -1
    rotated = quat_mul(quat_mul(q, np.concatenate([[0.0], v])), conj)
    return rotated[1:]


def spinning_chain(angles):
    rotations = [rigid_motions.rot_z(a) for a in angles]
    R = functools.reduce(np.matmul, rotations)
    tilt = rodrigues(np.array([0.1, angles[0], -0.3]))
    return np.trace(R @ tilt)


def pose_graph_error(x, edges):
    poses = [Pose.from_array(row) for row in x.reshape(-1, 3)]
    residuals = []
    for i, j, measured, weight in edges:
        relative = poses[i].inverse() @ poses[j]
        e = (Pose(*measured).inverse() @ relative).as_array()
        residuals.extend(weight * e)
    return np.array(residuals)


def two_link_torques(q, qd, qdd, m=(1.0, 0.8), l=(0.5, 0.4), g=9.81):
    """Inverse dynamics: inertia, Coriolis and gravity."""
    m1, m2 = m
    l1, l2 = l
    c2, s2 = np.cos(q[1]), np.sin(q[1])
    M = np.zeros((2, 2))
    M[0, 0] = (m1 + m2) * l1**2 + m2 * l2**2 + 2 * m2 * l1 * l2 * c2
    M[0, 1] = M[1, 0] = m2 * l2**2 + m2 * l1 * l2 * c2
    M[1, 1] = m2 * l2**2
    h = m2 * l1 * l2 * s2
    C = np.array([-h * (2 * qd[0] * qd[1] + qd[1] ** 2), h * qd[0] ** 2])
    G = np.array(
        [
            (m1 + m2) * g * l1 * math.cos(q[0]) + m2 * g * l2 * math.cos(q[0] + q[1]),
            m2 * g * l2 * math.cos(q[0] + q[1]),
        ]
    )
    return M.dot(qdd) + C + G


def lqr_cost(gains_log, x0, horizon=8):
    """The cost to go of a double integrator by Riccati's recursion."""
    dt = 0.2
    A = np.eye(2)
    A[0, 1] = dt
    B = np.array([[0.0], [dt]])
    q, r = np.exp(gains_log)
    Q, R = np.diag([q, 0.1]), np.array([[r]])
    P = Q
    for _ in range(horizon):
        K = np.linalg.solve(R + B.T @ P @ B, B.T @ P @ A)
        P = Q + A.T @ P @ (A - B @ K)
    return x0 @ P @ x0


def shooting(controls, goal=(1.0, 0.5)):
    """A car driven by steering angles: distance to the goal and effort."""
    state = np.zeros(3)
    for u in controls:
        state[0] += 0.3 * np.cos(state[2])
        state[1] += 0.3 * np.sin(state[2])
        state[2] += 0.3 * np.tan(u)
    return np.sum((state[:2] - np.array(goal)) ** 2) + 0.01 * sum(u**2 for u in controls)


def pid_response(gains, setpoint=1.0, dt=0.1, steps=12):
    kp, ki, kd = gains
    x = v = integral = 0.0
    last = setpoint
    trace = []
    for _ in range(steps):
        error = setpoint - x
        integral += error * dt
        u = kp * error + ki * integral + kd * (error - last) / dt
        u = np.clip(u, -5.0, 5.0)
        last = error
        v += dt * (u - 0.4 * v)
        x += dt * v
        trace.append(x)
    return np.array(trace[::3])


def camera_projection(params, points):
    """Reprojection of points with radial distortion."""
    R = rodrigues(params[:3])
    t = params[3:6]
    f, k = params[6], params[7]
    cam = (R @ points.T).T + t
    xy = cam[:, :2] / cam[:, 2:]
    r2 = np.sum(xy**2, axis=1, keepdims=True)
    return (f * (1 + k * r2) * xy).ravel()


corners = np.array([[0.2, -0.1, 2.0], [-0.3, 0.4, 2.5]])
edges = [(0, 1, (1.0, 0.1, 0.2), 1.0), (1, 2, (0.9, -0.1, 0.4), 2.0), (0, 2, (1.7, 0.5, 0.5), 0.5)]
q = np.array([0.3, -0.8, 1.1])

PROGRAMS = {
    "forward kinematics": (forward_kinematics, (q,), {}),
    "planar arm": (planar_arm, (q,), {}),
    "inverse kinematics step": (inverse_kinematics_step, (q, np.array([1.0, 0.9])), {}),
    "rodrigues": (rotate_points, (np.array([0.4, -0.2, 0.9]), corners), {}),
    "quaternion rotation": (rotate_by_quaternion, (np.array([0.9, 0.1, -0.4, 0.2]), np.array([1.0, 0.5, -0.3])), {}),
    "spinning chain": (spinning_chain, (q,), {}),
    "pose graph": (
        pose_graph_error,
        (np.array([0.0, 0.1, 0.0, 1.1, 0.2, 0.3, 1.8, 0.6, 0.6]), edges),
        {"argnums": 0},
    ),
    "two-link torques": (two_link_torques, (q[:2], np.array([0.5, -0.7]), np.array([1.0, 0.4])), {}),
    "lqr": (lqr_cost, (np.array([0.3, -1.0]), np.array([1.0, -0.4])), {}),
    "shooting": (shooting, (np.array([0.2, -0.1, 0.4, 0.3]),), {}),
    "pid controller": (pid_response, (np.array([2.0, 0.5, 0.3]),), {}),
    "camera projection": (
        camera_projection,
        (np.array([0.1, -0.2, 0.3, 0.1, 0.0, 0.5, 1.4, -0.1]), corners),
        {"argnums": 0},
    ),
}
