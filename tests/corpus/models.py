"""Models as small class libraries: abstract bases, operators, properties, records and factories."""

import math
from abc import ABC, abstractmethod
from collections import defaultdict, deque
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import NamedTuple

import numpy as np

zeros = np.zeros


class Kernel(ABC):
    """Covariance functions that add and multiply."""

    @abstractmethod
    def __call__(self, a, b): ...

    def __add__(self, other):
        return Combined(self, other, np.add)

    def __mul__(self, other):
        return Combined(self, other, np.multiply)

    def gram(self, points):
        n = len(points)
        K = zeros((n, n))
        for i in range(n):
            for j in range(n):
                K[i, j] = self(points[i], points[j])
        return K


class Gaussian(Kernel):
    def __init__(self, length):
        self.length = length

    def __call__(self, a, b):
        return math.exp(-((a - b) ** 2) / (2 * self.length**2))


class Periodic(Kernel):
    def __init__(self, period, length=1.0):
        self.period = period
        self.length = length

    def __call__(self, a, b):
        return math.exp(-2 * math.sin(math.pi * abs(a - b) / self.period) ** 2 / self.length**2)


class Combined(Kernel):
    def __init__(self, left, right, how):
        self.left, self.right, self.how = left, right, how

    def __call__(self, a, b):
        return self.how(self.left(a, b), self.right(a, b))


def kernel_score(params, points, y):
    kernel = Gaussian(params[0]) * Periodic(params[1]) + Gaussian(length=2 * params[0])
    K = kernel.gram(points) + 0.2 * np.eye(len(points))
    return y @ np.linalg.solve(K, y) + np.log(np.linalg.det(K))


class Quaternion:
    __slots__ = ("w", "x", "y", "z")

    def __init__(self, w, x, y, z):
        self.w, self.x, self.y, self.z = w, x, y, z

    @classmethod
    def about(cls, axis, angle):
        s = math.sin(angle / 2)
        return cls(math.cos(angle / 2), *(s * a for a in axis))

    def __add__(self, other):
        return Quaternion(*(p + q for p, q in zip(self, other)))

    def __mul__(self, other):
        if isinstance(other, Quaternion):
            a, b, c, d = self
            e, f, g, h = other
            return Quaternion(
                a * e - b * f - c * g - d * h,
                a * f + b * e + c * h - d * g,
                a * g - b * h + c * e + d * f,
                a * h + b * g - c * f + d * e,
            )
        return Quaternion(*(other * p for p in self))

    __rmul__ = __mul__

    def __iter__(self):
        return iter((self.w, self.x, self.y, self.z))

    def __abs__(self):
        return math.sqrt(sum(p * p for p in self))

    @property
    def conjugate(self):
        return Quaternion(self.w, -self.x, -self.y, -self.z)

    def rotate(self, vector):
        _, x, y, z = self * Quaternion(0, *vector) * self.conjugate
        return np.array([x, y, z])


def blended_rotation(weights, angles, vector):
    """The linear blend of two rotations, the numbers on the left."""
    q = weights[0] * Quaternion.about((0, 0, 1), angles[0]) + weights[1] * Quaternion.about((1, 0, 0), angles[1])
    unit = (1 / abs(q)) * q
    return unit.rotate(vector)


class State(NamedTuple):
    position: float
    velocity: float

    def step(self, force, dt):
        velocity = self.velocity + dt * force
        return self._replace(position=self.position + dt * velocity, velocity=velocity)

    @property
    def energy(self):
        return 0.5 * self.velocity**2 + math.cosh(self.position)


def oscillator_energy(x0, v0, dt=0.1):
    state = State(x0, v0)
    for _ in range(4):
        state = state.step(-math.sinh(state.position), dt)
    return state.energy


@dataclass(slots=True)
class Particle:
    mass: float
    place: np.ndarray
    speed: np.ndarray = field(default_factory=lambda: np.zeros(2))

    def push(self, force, dt):
        self.speed += dt * force / self.mass
        self.place += dt * self.speed

    def kinetic(self):
        return 0.5 * self.mass * float(self.speed @ self.speed)


@dataclass
class World:
    particles: list = field(default_factory=list)
    time: float = 0.0

    def add(self, **options):
        self.particles.append(Particle(**options))
        return self

    def run(self, steps, dt):
        for _ in range(steps):
            forces = defaultdict(lambda: np.zeros(2))
            for i, p in enumerate(self.particles):
                for q in self.particles[:i]:
                    d = q.place - p.place
                    f = d / math.hypot(*d) ** 3
                    forces[id(p)] += f
                    forces[id(q)] -= f
            for p in self.particles:
                p.push(forces[id(p)], dt)
            self.time += dt
        return sum(p.kinetic() for p in self.particles)


def world_energy(masses, places):
    world = World()
    for m, place in zip(masses, places):
        world.add(mass=m, place=place.copy())
    return world.run(3, 0.05)


class Activation(Enum):
    TANH = "tanh"
    SOFTPLUS = "softplus"

    def __call__(self, x):
        if self is Activation.TANH:
            return math.tanh(x)
        return math.log1p(math.exp(x))


def activations(x, name="softplus"):
    return [Activation(name)(v) * Activation.TANH(v) for v in x]


class Line:
    """A straight line fitted to data, its parts computed when asked for."""

    def __init__(self, x, y):
        self.x = np.asarray(x, dtype=float)
        self.y = np.asarray(y, dtype=float)

    @cached_property
    def slope(self):
        dx, dy = self.x - self.x.mean(), self.y - self.y.mean()
        return float(dx.dot(dy) / dx.dot(dx))

    @cached_property
    def intercept(self):
        return self.y.mean() - self.slope * self.x.mean()

    def __call__(self, at):
        if not isinstance(at, Iterable):
            return self.slope * at + self.intercept
        return np.array([self(one) for one in at])


def extrapolation(x, y):
    line = Line(x, y)
    return np.append(line([4.0, 5.0]), line(6.0))


@contextmanager
def scratch(n):
    """Lends a vector, to be filled."""
    work = np.zeros(n)
    try:
        yield work
    finally:
        assert len(work) == n


def differences(x):
    with scratch(len(x) - 1) as work:
        for i in range(len(work)):
            work[i] = x[i + 1] ** 2 - x[i]
        return work * work.sum()


@dataclass(frozen=True)
class Market:
    rate: float
    spot: float
    vol: float

    def bumped(self, **changes):
        return replace(self, **changes)

    def forward(self, T):
        return self.spot * math.exp(self.rate * T)

    def digital(self, strike, T):
        d = (math.log(self.forward(T) / strike) - 0.5 * self.vol**2 * T) / (self.vol * math.sqrt(T))
        return math.exp(-self.rate * T) * 0.5 * math.erfc(-d / math.sqrt(2))


def bumped_digital(rate, spot, vol):
    """The slope that a trading desk would compute by bumping."""
    market = Market(rate, spot, vol)
    up, down = (market.bumped(spot=market.spot * (1 + e)).digital(1.1, 0.5) for e in (0.01, -0.01))
    return (up - down) / (0.02 * market.spot)


def moving_average(x, window=3):
    """A queue of the last values."""
    queue = deque(maxlen=window)
    means = []
    for value in x:
        queue.append(value)
        means.append(sum(queue) / len(queue))
    return np.array(means) ** 2


class Tape:
    """A user's own reverse mode, to be differentiated like anything else."""

    def __init__(self):
        self.steps = []

    def variable(self, value, *parents):
        self.steps.append((value, parents))
        return len(self.steps) - 1

    def multiply(self, i, j):
        a, b = self.steps[i][0], self.steps[j][0]
        return self.variable(a * b, (i, b), (j, a))

    def sine(self, i):
        a = self.steps[i][0]
        return self.variable(math.sin(a), (i, math.cos(a)))

    def gradient(self, output):
        adjoint = np.zeros(len(self.steps))
        adjoint[output] = 1.0
        for k in range(output, -1, -1):
            for parent, weight in self.steps[k][1]:
                adjoint[parent] += adjoint[k] * weight
        return adjoint


def home_made_gradient(x):
    tape = Tape()
    places = [tape.variable(v) for v in x]
    output = tape.sine(tape.multiply(tape.multiply(*places), places[0]))
    return tape.gradient(output)[: len(x)]


points = np.array([0.0, 0.4, 1.1, 1.9])
values = np.array([0.3, 0.9, 0.1, -0.4])

PROGRAMS = {
    "kernels": (kernel_score, (np.array([0.7, 1.3]), points, values), {"argnums": 0}),
    "quaternions": (
        blended_rotation,
        (np.array([0.6, 0.5]), np.array([0.4, 1.1]), np.array([1.0, -0.5, 0.3])),
        {},
    ),
    "record of a state": (oscillator_energy, (0.5, -0.3), {}),
    "world": (world_energy, (np.array([1.0, 1.5]), np.array([[0.0, 0.1], [1.0, 0.8]])), {}),
    "enumerated activations": (activations, (np.array([0.4, -0.7]),), {}),
    "cached line": (extrapolation, (points, values), {}),
    "scratch array": (differences, (values,), {}),
    "frozen market": (bumped_digital, (0.02, 1.05, 0.3), {}),
    "moving average": (moving_average, (values,), {}),
    "home-made gradient": (home_made_gradient, (np.array([0.8, 1.2]),), {}),
}
