"""Mechanics, statistical physics, fields and optics."""

import itertools
import math

import numpy as np
from numpy import cos, sin
from numpy.linalg import eigh, norm

masses = np.array([1.0, 2.0, 0.5])
bodies = np.array([[0.0, 0.1], [1.2, 0.3], [-0.4, 1.5]])


def n_body_energy(positions, velocities, m, G=1.0, softening=0.05):
    kinetic = 0.5 * np.sum(m[:, None] * velocities**2)
    potential = 0.0
    for i, j in itertools.combinations(range(len(m)), 2):
        r = math.sqrt(np.sum((positions[i] - positions[j]) ** 2) + softening**2)
        potential -= G * m[i] * m[j] / r
    return kinetic + potential


def gravity(positions, m):
    """Accelerations, filled body by body."""
    n = positions.shape[0]
    acc = np.zeros_like(positions)
    for i in range(n):
        for j in range(n):
            if i == j:
                continue
            d = positions[j] - positions[i]
            acc[i] += m[j] * d / norm(d) ** 3
    return acc


def leapfrog(positions, velocities, m, dt=0.05, steps=3):
    x = positions.copy()
    v = velocities.copy()
    a = gravity(x, m)
    for _ in range(steps):
        v += 0.5 * dt * a
        x += dt * v
        a = gravity(x, m)
        v += 0.5 * dt * a
    return np.vstack([x, v])


def double_pendulum(state, l1=1.0, l2=0.7, m1=1.0, m2=1.5, g=9.81):
    t1, t2, w1, w2 = state
    c, s = cos(t1 - t2), sin(t1 - t2)
    den = m1 + m2 * s**2
    out = np.zeros(4)
    out[0] = w1
    out[1] = w2
    out[2] = (m2 * g * sin(t2) * c - m2 * s * (l1 * w1**2 * c + l2 * w2**2) - (m1 + m2) * g * sin(t1)) / (l1 * den)
    out[3] = ((m1 + m2) * (l1 * w1**2 * s - g * sin(t2) + g * sin(t1) * c) + m2 * l2 * w2**2 * s * c) / (l2 * den)
    return out


def pendulum_period(amplitude, length=1.0, g=9.81):
    """By the arithmetic-geometric mean."""
    a, b = 1.0, math.cos(amplitude / 2)
    while abs(a - b) > 1e-13:
        a, b = (a + b) / 2, math.sqrt(a * b)
    return 2 * math.pi * math.sqrt(length / g) / a


def spring_network_energy(x, springs, anchors):
    nodes = x.reshape(-1, 2)
    energy = 0
    for i, j, k, rest in springs:
        stretch = np.linalg.norm(nodes[i] - nodes[j]) - rest
        energy += 0.5 * k * stretch**2
    for index, place in anchors.items():
        energy += 5.0 * np.sum((nodes[index] - place) ** 2)
    return energy


def lennard_jones(coords, epsilon=1.0, sigma=1.0):
    pos = np.array(coords, copy=True).reshape((-1, 3))
    diff = pos[:, np.newaxis, :] - pos[np.newaxis, :, :]
    r2 = (diff**2).sum(axis=-1)
    iu = np.triu_indices(len(pos), k=1)
    s6 = (sigma**2 / r2[iu]) ** 3
    return 4 * epsilon * np.sum(s6**2 - s6)


def morse_chain(r, De=1.2, a=1.5, r0=1.0):
    return np.sum([De * (1 - math.exp(-a * (ri - r0))) ** 2 for ri in np.diff(r)])


def ising_mean_field(beta, h, J=1.0, z=4):
    """Magnetisation by fixed-point iteration."""
    m = 0.5
    for iteration in range(500):
        new = np.tanh(beta * (J * z * m + h))
        if abs(new - m) < 1e-14:
            break
        m = new
    else:
        raise RuntimeError(f"not converged after {iteration} rounds, m={m}")
    return m


def ising_partition(beta, J, h):
    """Free energy of a ring of four spins by enumeration."""
    Z = 0
    for spins in itertools.product([-1, 1], repeat=4):
        E = -h * sum(spins)
        for k, s in enumerate(spins):
            E -= J[k] * s * spins[(k + 1) % len(spins)]
        Z += math.exp(-beta * E)
    return -math.log(Z) / beta


def heat_equation(u0, alpha=0.2, steps=4):
    n = len(u0)
    u = np.zeros((steps + 1, n))
    u[0] = u0
    for t in range(steps):
        for i in range(1, n - 1):
            u[t + 1, i] = u[t, i] + alpha * (u[t, i + 1] - 2 * u[t, i] + u[t, i - 1])
        u[t + 1, 0] = u[t + 1, 1]
        u[t + 1, -1] = u[t + 1, -2]
    return u[-1]


def wave_energy(u0, c, dx=0.1, dt=0.05):
    """Kinetic and potential energy of a string after a few steps with slices."""
    prev = u0.copy()
    cur = u0.copy()
    r2 = (c * dt / dx) ** 2
    for _ in range(4):
        nxt = np.empty_like(cur)
        nxt[1:-1] = 2 * cur[1:-1] - prev[1:-1] + r2 * (cur[2:] - 2 * cur[1:-1] + cur[:-2])
        nxt[0] = nxt[-1] = 0.0
        prev, cur = cur, nxt
    velocity = (cur - prev) / dt
    return 0.5 * dx * np.sum(velocity**2) + 0.5 * c**2 * np.sum(np.diff(cur) ** 2) / dx


def burgers_step(u, nu=0.05, dx=0.2, dt=0.01):
    """Upwind: the sign of the speed picks the neighbour."""
    new = np.array(u)
    for i in range(len(u)):
        left, right = u[i - 1], u[(i + 1) % len(u)]
        slope = (u[i] - left) / dx if u[i] > 0 else (right - u[i]) / dx
        new[i] = u[i] - dt * u[i] * slope + nu * dt * (right - 2 * u[i] + left) / dx**2
    return new


def schroedinger_ground_state(V, dx=0.3):
    n = len(V)
    H = np.zeros((n, n))
    for i in range(n):
        H[i, i] = 1 / dx**2 + V[i]
        if i > 0:
            H[i, i - 1] = -0.5 / dx**2
        if i < n - 1:
            H[i, i + 1] = -0.5 / dx**2
    E, psi = eigh(H)
    ground = psi[:, 0]
    position = np.arange(n) * dx
    return np.array([E[0], E[1] - E[0], np.sum(position * ground**2)])


def thin_film_reflectance(thicknesses, indices, wavelength=0.55):
    """Transfer matrices with complex numbers."""
    M = np.eye(2, dtype=complex)
    for d, n in zip(thicknesses, indices):
        delta = 2 * np.pi * n * d / wavelength
        layer = np.array([[np.cos(delta), 1j * np.sin(delta) / n], [1j * n * np.sin(delta), np.cos(delta)]])
        M = M @ layer
    B, C = M @ np.array([1.0, 1.52])
    r = (B - C) / (B + C)
    return abs(r) ** 2


def trace_ray(height, angle, surfaces):
    """A ray through spherical surfaces by Snell's law: where it meets the axis."""
    y, u, n = height, angle, 1.0
    for radius, index, gap in surfaces:
        sin_i = y / radius
        if abs(sin_i) >= 1:
            raise ValueError(f"the ray at height {y:.3f} misses the surface of radius {radius}")
        i = math.asin(sin_i) + u
        refracted = math.asin(n * math.sin(i) / index)
        u = refracted - math.asin(sin_i)
        y = y + gap * math.tan(u)
        n = index
    return y


def snell_path_time(x, a=1.0, b=2.0, d=3.0, n1=1.0, n2=1.33):
    return n1 * math.hypot(x, a) + n2 * math.hypot(d - x, b)


def relativistic_momentum(v, m=1.0, c=3.0):
    gamma = 1 / math.sqrt(1 - (v @ v) / c**2)
    return gamma * m * v


def madelung(scale):
    """Coulomb sum over a small cube of ions."""
    total = 0.0
    for i, j, k in itertools.product(range(-1, 2), repeat=3):
        if i == j == k == 0:
            continue
        r = math.sqrt((i * scale[0]) ** 2 + (j * scale[1]) ** 2 + (k * scale[2]) ** 2)
        total += (-1) ** (i + j + k) / r
    return total


springs = [(0, 1, 2.0, 0.8), (1, 2, 1.0, 1.1), (0, 2, 0.5, 1.0), (2, 3, 1.5, 0.9)]
velocities = np.array([[0.1, 0.0], [-0.2, 0.3], [0.0, -0.4]])
nodes = np.array([0.0, 0.1, 1.0, -0.1, 0.9, 1.1, 0.1, 0.8])
atoms = np.array([0.0, 0.0, 0.1, 1.1, 0.1, 0.0, 0.5, 1.0, -0.1])
lens = [(4.0, 1.5, 0.5), (-6.0, 1.0, 2.0)]

PROGRAMS = {
    "n-body energy": (n_body_energy, (bodies, velocities, masses), {}),
    "gravity": (gravity, (bodies, masses), {}),
    "leapfrog": (leapfrog, (bodies, velocities, masses), {"argnums": (0, 1)}),
    "double pendulum": (double_pendulum, (np.array([0.5, -0.3, 0.8, 1.1]),), {}),
    "pendulum period": (pendulum_period, (1.1,), {}),
    "spring network": (
        spring_network_energy,
        (nodes, springs, {0: np.array([0.0, 0.0]), 3: np.array([0.0, 1.0])}),
        {"argnums": 0},
    ),
    "lennard-jones": (lennard_jones, (atoms,), {"sigma": 1.1}),
    "morse chain": (morse_chain, (np.array([0.0, 1.1, 2.0, 3.3]),), {}),
    "ising mean field": (ising_mean_field, (0.4, 0.1), {}),
    "ising ring": (ising_partition, (0.7, np.array([1.0, 0.5, -0.3, 0.8]), 0.2), {}),
    "heat equation": (heat_equation, (np.array([0.0, 1.0, 0.5, -0.3, 0.2, 0.0]),), {}),
    "wave equation": (wave_energy, (np.array([0.0, 0.3, 0.8, 0.5, 0.1, 0.0]), 1.2), {}),
    "burgers": (burgers_step, (np.array([0.5, 1.0, -0.4, -0.8, 0.3]),), {}),
    "schroedinger": (schroedinger_ground_state, (np.array([2.0, 0.5, 0.1, 0.6, 1.8]),), {}),
    "thin film": (thin_film_reflectance, (np.array([0.1, 0.07, 0.12]), np.array([1.38, 2.1, 1.6])), {}),
    "ray tracing": (trace_ray, (0.7, 0.05, lens), {"argnums": (0, 1)}),
    "fermat": (snell_path_time, (1.3,), {}),
    "relativistic momentum": (relativistic_momentum, (np.array([1.0, -0.5, 0.7]),), {}),
    "madelung": (madelung, (np.array([1.0, 1.1, 0.9]),), {}),
}
