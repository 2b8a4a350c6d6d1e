"""Test functions of optimisation, after Moré, Garbow and Hillstrom (1981) and the usual collections."""

import math
from functools import partial

import numpy as np
from numpy import cos, exp, pi, sin, sqrt
from scipy.optimize import rosen


def rosenbrock(x):
    total = 0
    for i in range(len(x) - 1):
        total += 100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2
    return total


def ackley(x, a=20, b=0.2, c=2 * pi):
    n = len(x)
    s1 = sum([xi**2 for xi in x])
    s2 = sum([math.cos(c * xi) for xi in x])
    return -a * math.exp(-b * math.sqrt(s1 / n)) - math.exp(s2 / n) + a + math.e


def rastrigin(x):
    x = np.asarray_chkfinite(x)
    return 10 * len(x) + np.sum(x**2 - 10 * np.cos(2 * np.pi * x))


def griewank(x):
    j = np.arange(1.0, x.size + 1)
    return np.sum(x**2) / 4000 - np.prod(cos(x / sqrt(j))) + 1


def styblinski_tang(x):
    return np.sum([xi**4 - 16 * xi**2 + 5 * xi for xi in x]) / 2


def schwefel(x):
    return 418.9829 * len(x) - sum(x * np.sin(np.sqrt(np.abs(x))))


def levy(x):
    w = 1 + (np.asarray(x, dtype=float) - 1) / 4
    head = sin(pi * w[0]) ** 2
    tail = (w[-1] - 1) ** 2 * (1 + sin(2 * pi * w[-1]) ** 2)
    return head + np.sum((w[:-1] - 1) ** 2 * (1 + 10 * sin(pi * w[:-1] + 1) ** 2)) + tail


def michalewicz(x, m=10):
    i = np.arange(1, len(x) + 1)
    return -np.sum(np.sin(x) * np.sin(i * x**2 / np.pi) ** (2 * m))


def zakharov(x):
    n = x.shape[0]
    s = np.dot(0.5 * np.arange(1, n + 1), x)
    return x @ x + s**2 + s**4


def dixon_price(x):
    x = x.tolist()
    return (x[0] - 1) ** 2 + sum(i * (2 * x[i - 1] ** 2 - x[i - 2]) ** 2 for i in range(2, len(x) + 1))


def beale(x, y):
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def himmelblau(v):
    x, y = v
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def booth_and_friends(v):
    """Several functions of two variables, from a table."""
    x, y = float(v[0]), float(v[1])
    table = {
        "booth": (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2,
        "matyas": 0.26 * (x**2 + y**2) - 0.48 * x * y,
        "mccormick": math.sin(x + y) + (x - y) ** 2 - 1.5 * x + 2.5 * y + 1,
        "easom": -math.cos(x) * math.cos(y) * math.exp(-((x - math.pi) ** 2 + (y - math.pi) ** 2)),
    }
    return [table[name] for name in sorted(table)]


def goldstein_price(v):
    x, y = v[0], v[1]
    a = 1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)
    b = 30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)
    return a * b


def powell_singular(x):
    fvec = np.zeros(4)
    fvec[0] = x[0] + 10 * x[1]
    fvec[1] = math.sqrt(5) * (x[2] - x[3])
    fvec[2] = (x[1] - 2 * x[2]) ** 2
    fvec[3] = math.sqrt(10) * (x[0] - x[3]) ** 2
    return fvec


def wood(x):
    x1, x2, x3, x4 = [x[i] for i in range(4)]
    return sum(
        (
            100 * (x1**2 - x2) ** 2,
            (x1 - 1) ** 2,
            (x3 - 1) ** 2,
            90 * (x3**2 - x4) ** 2,
            10.1 * ((x2 - 1) ** 2 + (x4 - 1) ** 2),
            19.8 * (x2 - 1) * (x4 - 1),
        )
    )


def brown_almost_linear(x):
    n = len(x)
    fvec = np.zeros(n)
    total = sum(x) - (n + 1)
    prod = 1.0
    for j in range(n):
        prod = prod * x[j]
        fvec[j] = x[j] + total
    fvec[n - 1] = prod - 1.0
    return fvec


def broyden_tridiagonal(x):
    n = x.shape[0]
    fvec = np.empty(n)
    for k in range(n):
        before = 0.0 if k == 0 else x[k - 1]
        after = x[k + 1] if k < n - 1 else 0.0
        fvec[k] = (3 - 2 * x[k]) * x[k] - before - 2 * after + 1
    return fvec


def broyden_banded(x, ml=2, mu=1):
    fvec = []
    for k in range(len(x)):
        band = 0.0
        for j in range(max(0, k - ml), min(len(x), k + mu + 1)):
            if j != k:
                band += x[j] * (1 + x[j])
        fvec.append(x[k] * (2 + 5 * x[k] ** 2) + 1 - band)
    return np.array(fvec)


def extended_freudenstein_roth(x):
    fvec = np.zeros(x.size)
    fvec[::2] = -13 + x[::2] + ((5 - x[1::2]) * x[1::2] - 2) * x[1::2]
    fvec[1::2] = -29 + x[::2] + ((x[1::2] + 1) * x[1::2] - 14) * x[1::2]
    return fvec @ fvec


def trigonometric(x):
    n = len(x)
    fvec = np.zeros(n)
    s = 0.0
    for j in range(n):
        fvec[j] = math.cos(x[j])
        s += fvec[j]
    for j in range(n):
        fvec[j] = (n + j + 1) - math.sin(x[j]) - s - (j + 1) * fvec[j]
    return fvec


def helical_valley(x):
    tpi = 2 * math.pi
    if x[0] > 0:
        temp1 = math.atan(x[1] / x[0]) / tpi
    elif x[0] < 0:
        temp1 = math.atan(x[1] / x[0]) / tpi + 0.5
    else:
        temp1 = math.copysign(0.25, x[1])
    temp2 = math.sqrt(x[0] ** 2 + x[1] ** 2)
    fvec = np.zeros(3)
    fvec[0] = 10 * (x[2] - 10 * temp1)
    fvec[1] = 10 * (temp2 - 1)
    fvec[2] = x[2]
    return fvec


def watson(x):
    n = len(x)
    fvec = np.zeros(31)
    for i in range(29):
        div = (i + 1) / 29.0
        s1 = 0.0
        dx = 1.0
        for j in range(1, n):
            s1 += j * dx * x[j]
            dx = div * dx
        s2 = 0.0
        dx = 1.0
        for j in range(n):
            s2 += dx * x[j]
            dx = div * dx
        fvec[i] = s1 - s2 * s2 - 1
    fvec[29] = x[0]
    fvec[30] = x[1] - x[0] ** 2 - 1
    return fvec


def chebyquad(x):
    n = len(x)
    fvec = np.zeros(n)
    for j in range(n):
        t1, t2 = 1.0, 2 * x[j] - 1
        t = 2 * t2
        for i in range(n):
            fvec[i] += t2
            t1, t2 = t2, t * t2 - t1
    for i in range(n):
        fvec[i] /= n
        if (i + 1) % 2 == 0:
            fvec[i] += 1.0 / ((i + 1) ** 2 - 1)
    return fvec


def discrete_boundary_value(x):
    h = 1.0 / (len(x) + 1)
    padded = np.concatenate(([0.0], x, [0.0]))
    t = h * np.arange(1, len(x) + 1)
    return 2 * x - padded[:-2] - padded[2:] + h**2 * (x + t + 1) ** 3 / 2


def kowalik_osborne(x):
    u = [4.0, 2.0, 1.0, 0.5, 0.25, 0.167, 0.125]
    y = [0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456]
    return np.array([yi - x[0] * (ui**2 + x[1] * ui) / (ui**2 + x[2] * ui + x[3]) for ui, yi in zip(u, y)])


def biggs_exp6(x, m=8):
    t = 0.1 * np.arange(1, m + 1)
    y = exp(-t) - 5 * exp(-10 * t) + 3 * exp(-4 * t)
    r = x[2] * exp(-t * x[0]) - x[3] * exp(-t * x[1]) + x[5] * exp(-t * x[4]) - y
    return np.sum(r**2)


def penalty_one(x, a=1e-5):
    return np.sum(np.concatenate([math.sqrt(a) * (x - 1), [x @ x - 0.25]]) ** 2)


def variably_dimensioned(x):
    n = len(x)
    f = np.append(x - 1, np.zeros(2))
    f[n] = sum((j + 1) * (x[j] - 1) for j in range(n))
    f[n + 1] = f[n] ** 2
    return f


def brown_badly_scaled(x):
    f = [x[0] - 1.0, x[1] - 2.0, x[0] * x[1] - 2]
    return sum(map(lambda v: v**2, f))


def hartmann3(x):
    alpha = np.array([1.0, 1.2, 3.0, 3.2])
    A = np.array([[3.0, 10, 30], [0.1, 10, 35], [3.0, 10, 30], [0.1, 10, 35]])
    P = 1e-4 * np.array([[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]])
    outer = 0
    for i in range(4):
        inner = 0
        for j in range(3):
            inner = inner + A[i, j] * (x[j] - P[i, j]) ** 2
        outer = outer + alpha[i] * np.exp(-inner)
    return -outer


def six_hump_camel(x):
    if isinstance(x, np.ndarray) and x.ndim != 1:
        raise ValueError("one point at a time")
    x1, x2 = x[0], x[1]
    return (4 - 2.1 * x1**2 + x1**4 / 3) * x1**2 + x1 * x2 + 4 * (x2**2 - 1) * x2**2


def augmented_lagrangian(x, multipliers, rho=2.0):
    constraints = [lambda x: x[0] + x[1] - 1, lambda x: x[0] ** 2 - x[2], lambda x: np.prod(x) - 0.1]
    value = np.sum((x - np.arange(len(x))) ** 2)
    for lam, c in zip(multipliers, constraints):
        value += lam * c(x) + 0.5 * rho * c(x) ** 2
    return value


def log_barrier(x, A, b):
    slack = b - A @ x
    if np.any(slack <= 0):
        return np.inf
    return -np.log(slack).sum() + 0.5 * x.dot(x)


def newton_minimum(a, tol=1e-12, verbose=True):
    """Minimises a function of one variable for a parameter, with its history."""
    x = 1.0
    history = []
    for k in range(30):
        slope = 4 * x**3 + 2 * a * x - 1
        curvature = 12 * x**2 + 2 * a
        x_new = x - slope / curvature
        history.append((k, float(x_new)))
        if verbose:
            print(f"{k:3d}  x = {x_new:.6f}  step = {abs(x_new - x):.1e}")
        if abs(x_new - x) < tol:
            break
        x = x_new
    return history[-1][1]


matrices = {}


def second_difference(n):
    """Built once per size and kept."""
    if n not in matrices:
        D = np.zeros((n - 2, n))
        for i in range(n - 2):
            D[i, i : i + 3] = 1.0, -2.0, 1.0
        matrices[n] = D
    return matrices[n]


def whittaker(x, y, lam=3.0):
    D = second_difference(len(x))
    return np.sum((x - y) ** 2) + lam * np.sum((D @ x) ** 2)


def golden_section(shift, rounds=4):
    """The value at the middle of the last bracket."""
    f = lambda t: (t - shift) ** 2 + 0.1 * math.sin(t)
    g = (math.sqrt(5) - 1) / 2
    a, b = shift - 1.0, shift + 2.0
    for _ in range(rounds):
        c, d = b - g * (b - a), a + g * (b - a)
        a, b = (a, d) if f(c) < f(d) else (c, b)
    return f((a + b) / 2)


def counted(f):
    calls = {"number": 0}

    def wrapped(*args, **kwargs):
        calls["number"] += 1
        return f(*args, **kwargs)

    wrapped.calls = calls
    return wrapped


PROGRAMS = {
    "rosenbrock": (rosenbrock, (np.array([-1.2, 1.0, 0.7, 1.3]),), {}),
    "ackley": (ackley, (np.array([0.4, -0.7, 1.1]),), {}),
    "rastrigin": (rastrigin, (np.array([0.3, -0.6, 1.2]),), {}),
    "griewank": (griewank, (np.array([1.3, -2.6, 0.8]),), {}),
    "styblinski-tang": (styblinski_tang, (np.array([1.3, -2.6, 0.8]),), {}),
    "schwefel": (schwefel, (np.array([10.0, -25.0, 7.0]),), {}),
    "levy": (levy, (np.array([0.5, 1.7, -0.4]),), {}),
    "michalewicz": (michalewicz, (np.array([2.1, 1.5, 1.3]),), {}),
    "zakharov": (zakharov, (np.array([0.4, -0.7, 0.2]),), {}),
    "dixon-price": (dixon_price, (np.array([0.6, 1.1, -0.4]),), {}),
    "beale": (counted(beale), (1.2, 0.7), {}),
    "himmelblau": (himmelblau, (np.array([1.2, 2.3]),), {}),
    "two variables": (booth_and_friends, (np.array([1.2, 2.3]),), {}),
    "goldstein-price": (goldstein_price, (np.array([0.3, -0.8]),), {}),
    "powell singular": (powell_singular, (np.array([3.0, -1.0, 0.4, 1.0]),), {}),
    "wood": (wood, (np.array([-3.0, -1.0, -2.0, 0.5]),), {}),
    "brown almost linear": (brown_almost_linear, (np.array([0.5, 0.7, 1.3, 0.9]),), {}),
    "broyden tridiagonal": (broyden_tridiagonal, (np.array([-1.0, -0.8, 0.3, -0.5]),), {}),
    "broyden banded": (broyden_banded, (np.array([-1.0, -0.8, 0.3, -0.5]),), {}),
    "extended freudenstein-roth": (extended_freudenstein_roth, (np.array([0.5, -2.0, 1.5, 0.7]),), {}),
    "trigonometric": (trigonometric, (np.array([0.2, 0.5, -0.3]),), {}),
    "helical valley": (helical_valley, (np.array([-1.0, 0.4, 0.3]),), {}),
    "watson": (watson, (np.array([0.1, 0.9, -0.2]),), {}),
    "chebyquad": (chebyquad, (np.array([0.2, 0.45, 0.8]),), {}),
    "discrete boundary value": (discrete_boundary_value, (np.array([-0.1, 0.2, -0.3, 0.1]),), {}),
    "kowalik-osborne": (kowalik_osborne, (np.array([0.25, 0.39, 0.415, 0.39]),), {}),
    "biggs exp6": (biggs_exp6, (np.array([1.0, 2.0, 1.0, 1.5, 0.7, 1.2]),), {}),
    "penalty function": (penalty_one, (np.array([0.5, 0.3, -0.4]),), {}),
    "variably dimensioned": (variably_dimensioned, (np.array([0.6, 0.3, 0.9]),), {}),
    "brown badly scaled": (brown_badly_scaled, (np.array([1.1, 1.7]),), {}),
    "hartmann": (hartmann3, (np.array([0.3, 0.5, 0.7]),), {}),
    "six-hump camel": (six_hump_camel, (np.array([0.5, -0.4]),), {}),
    "six-hump camel through partial": (partial(six_hump_camel), (np.array([0.5, -0.4]),), {}),
    "augmented lagrangian": (augmented_lagrangian, (np.array([0.5, 0.9, 1.4]), np.array([0.3, -0.2, 0.5])), {}),
    "newton with history": (newton_minimum, (0.7,), {}),
    "whittaker smoothing": (
        whittaker,
        (np.array([0.3, 0.8, 0.1, 1.2]), np.array([0.2, 0.9, 0.4, 1.0])),
        {"argnums": 0},
    ),
    "golden section": (golden_section, (0.4,), {}),
    "rosenbrock as scipy ships it": (rosen, (np.array([-1.2, 1.0, 0.7, 1.3]),), {}),
    "log barrier": (
        log_barrier,
        (np.array([0.2, 0.1]), np.array([[1.0, 1.0], [-1.0, 0.5], [0.0, -1.0]]), np.array([1.0, 1.0, 1.0])),
        {"argnums": 0},
    ),
}
