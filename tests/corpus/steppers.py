"""Ordinary differential equations, step by step."""

import math

import numpy as np


def rk4_step(f, t, y, h, *args):
    k1 = f(t, y, *args)
    k2 = f(t + h / 2, y + h / 2 * k1, *args)
    k3 = f(t + h / 2, y + h / 2 * k2, *args)
    k4 = f(t + h, y + h * k3, *args)
    return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def lotka_volterra(t, z, a, b, c, d):
    x, y = z
    return np.array([a * x - b * x * y, -c * y + d * x * y])


def lotka_volterra_loss(params, data):
    z = np.array([1.0, 0.5])
    loss = 0.0
    for k, obs in enumerate(data):
        z = rk4_step(lotka_volterra, 0.2 * k, z, 0.2, *params)
        loss += np.sum((z - obs) ** 2)
    return loss


def lorenz(t, u, sigma=10.0, rho=28.0, beta=8.0 / 3.0):
    du = np.zeros(3)
    du[0] = sigma * (u[1] - u[0])
    du[1] = u[0] * (rho - u[2]) - u[1]
    du[2] = u[0] * u[1] - beta * u[2]
    return du


def lorenz_trajectory(u0, rho, n=5, dt=0.01):
    traj = np.empty((n + 1, 3))
    traj[0, :] = u0
    for i in range(n):
        traj[i + 1, :] = rk4_step(lorenz, i * dt, traj[i], dt, 10.0, rho)
    return traj[-1]


def euler(y0, rate, t_end=1.0, n=10):
    ts, h = np.linspace(0, t_end, n, retstep=True)
    ys = [y0]
    for t in ts[:-1]:
        ys.append(ys[-1] + h * (-rate * ys[-1] + math.sin(t)))
    return np.array(ys)[-3:]


def adaptive_heun(y0, k, t_end=1.0, tol=1e-3):
    """The step is held constant for the derivative's sake by taking it from a fixed ladder."""
    t, y, h = 0.0, y0, 0.25
    while t < t_end - 1e-12:
        h = min(h, t_end - t)
        k1 = -k * y**2
        k2 = -k * (y + h * k1) ** 2
        err = abs(h * (k2 - k1) / 2)
        if err > tol:
            h /= 2
            continue
        y = y + h * (k1 + k2) / 2
        t += h
        if err < tol / 8:
            h *= 2
    return y


def adaptive_smooth(y0, k, t_end=1.0):
    """The step follows the error estimate, and is differentiated with everything else."""
    t, y = 0.0, y0
    h = 0.1
    while t < t_end:
        k1 = -k * y
        k2 = -k * (y + h * k1)
        y = y + 0.5 * h * (k1 + k2)
        t = t + h
        err = abs(0.5 * h * (k2 - k1)) + 1e-8
        h = 0.9 * h * (0.005 / err) ** 0.5
    return y + (t_end - t) * (-k * y)


def implicit_euler(u0, mu, h=0.1, steps=3):
    """Van der Pol's oscillator, Newton's method in every step."""
    u = np.array(u0, dtype=float)

    def rhs(u):
        return np.array([u[1], mu * (1 - u[0] ** 2) * u[1] - u[0]])

    def jac(u):
        J = np.zeros((2, 2))
        J[0, 1] = 1.0
        J[1, 0] = -2 * mu * u[0] * u[1] - 1
        J[1, 1] = mu * (1 - u[0] ** 2)
        return J

    for _ in range(steps):
        new = u.copy()
        for _ in range(20):
            residual = new - u - h * rhs(new)
            if np.max(np.abs(residual)) < 1e-13:
                break
            new = new - np.linalg.solve(np.eye(2) - h * jac(new), residual)
        u = new
    return u


def crank_nicolson(u0, kappa, dt=0.1):
    n = len(u0)
    A = np.zeros((n, n))
    for i in range(n):
        A[i, i] = -2.0
        if i > 0:
            A[i, i - 1] = 1.0
        if i + 1 < n:
            A[i, i + 1] = 1.0
    left = np.eye(n) - 0.5 * dt * kappa * A
    right = np.eye(n) + 0.5 * dt * kappa * A
    u = u0
    for _ in range(3):
        u = np.linalg.solve(left, right @ u)
    return u


def sir_model(beta, gamma, days=6):
    S, I, R = 0.99, 0.01, 0.0
    history = {"S": [], "I": [], "R": []}
    for _ in range(days):
        infections = beta * S * I
        recoveries = gamma * I
        S, I, R = S - infections, I + infections - recoveries, R + recoveries
        for name, value in zip("SIR", (S, I, R)):
            history[name].append(value)
    return {name: np.array(values[-2:]) for name, values in history.items()}


def adams_bashforth(theta0, omega0, h=0.1, n=6):
    f = lambda s: np.array([s[1], -9.81 * np.sin(s[0])])
    states = np.zeros((n, 2))
    slopes = np.zeros((n, 2))
    states[0] = theta0, omega0
    slopes[0] = f(states[0])
    states[1] = states[0] + h * slopes[0]
    for i in range(1, n - 1):
        slopes[i] = f(states[i])
        states[i + 1] = states[i] + h * (1.5 * slopes[i] - 0.5 * slopes[i - 1])
    return states[:, 0]


def projectile_range(speed, angle, drag=0.1, dt=0.02):
    """Flies until it is below ground; the last step is cut at the ground."""
    x, y = 0.0, 0.0
    vx, vy = speed * math.cos(angle), speed * math.sin(angle)
    while True:
        v = math.hypot(vx, vy)
        new_x, new_y = x + dt * vx, y + dt * vy
        if new_y < 0:
            return x + (new_x - x) * y / (y - new_y)
        x, y = new_x, new_y
        vx -= dt * drag * v * vx
        vy -= dt * (9.81 + drag * v * vy)


def gradient_descent_unrolled(log_step, x0=np.array([1.0, -0.5])):
    """A learning rate judged by the loss after some steps."""
    step = np.exp(log_step)
    x = x0
    velocity = np.zeros_like(x)
    for _ in range(5):
        g = np.array([4 * x[0] ** 3 + x[1], x[0] + 2 * x[1]])
        velocity *= 0.5
        velocity -= step * g
        x = x + velocity
    return x[0] ** 4 + x[0] * x[1] + x[1] ** 2


observed = np.array([[1.1, 0.5], [1.2, 0.6], [1.2, 0.7]])

PROGRAMS = {
    "lotka-volterra": (lotka_volterra_loss, (np.array([1.1, 0.6, 0.4, 0.3]), observed), {"argnums": 0}),
    "lorenz": (lorenz_trajectory, (np.array([1.0, 0.5, 20.0]), 27.0), {}),
    "euler": (euler, (1.2, 0.8), {}),
    "adaptive heun": (adaptive_heun, (1.1, 1.3), {}),
    "adaptive step in the derivative": (adaptive_smooth, (1.0, 0.9), {}),
    "implicit euler": (implicit_euler, (np.array([1.0, 0.3]), 1.5), {}),
    "crank-nicolson": (crank_nicolson, (np.array([0.2, 1.0, -0.3, 0.4]), 0.7), {}),
    "sir model": (sir_model, (0.5, 0.2), {}),
    "adams-bashforth": (adams_bashforth, (0.4, -0.2), {}),
    "projectile": (projectile_range, (5.0, 0.8), {}),
    "unrolled descent": (gradient_descent_unrolled, (-2.5,), {}),
}
