"""A small interpreter of formulas: tables of functions, functions that call one another, and memory between calls."""

import cmath
import math
import operator
from functools import lru_cache, partial

import numpy as np

BINARY = {"+": operator.add, "-": lambda a, b: a - b, "*": operator.mul, "/": operator.truediv, "^": pow}
UNARY = {"sin": math.sin, "exp": math.exp, "sqrt": lambda a: math.sqrt(a), "neg": lambda a: -a}


def evaluate(tree, values):
    """A formula given as nested tuples."""
    if isinstance(tree, str):
        return values[tree]
    if isinstance(tree, (int, float)):
        return tree
    if len(tree) == 2:
        return evaluate_call(tree, values)
    symbol, left, right = tree
    return BINARY[symbol](evaluate(left, values), evaluate(right, values))


def evaluate_call(tree, values):
    name, argument = tree
    return UNARY[name](evaluate(argument, values))


FORMULA = ("+", ("*", "a", ("sin", ("/", "b", 2.0))), ("sqrt", ("^", ("+", "a", 3), "b")))


def formula(a, b):
    return evaluate(FORMULA, {"a": a, "b": b})


def polish(tokens, point):
    """Reverse polish notation with a stack."""
    stack = []
    for token in tokens.split():
        if token in BINARY:
            right, left = stack.pop(), stack.pop()
            stack.append(BINARY[token](left, right))
        elif token in UNARY:
            stack.append(UNARY[token](stack.pop()))
        elif token.startswith("x"):
            stack.append(point[int(token[1:])])
        else:
            stack.append(float(token))
    (result,) = stack
    return result


def sine(n, x):
    """By addition formulas, down to small angles."""
    return x - x**3 / 6 if n == 0 else 2 * sine(n - 1, x / 2) * cosine(n - 1, x / 2)


def cosine(n, x):
    return 1 - math.pow(x, 2) / 2 if n == 0 else 1 - 2 * sine(n - 1, x / 2) ** 2


def angles(x):
    return [sine(3, x), cosine(3, x)]


@lru_cache(maxsize=None)
def binomial(n, k):
    return 1.0 if k in (0, n) else binomial(n - 1, k - 1) + binomial(n - 1, k)


def bernstein(coefficients, t):
    n = len(coefficients) - 1
    return sum(binomial(n, k) * c * t**k * (1 - t) ** (n - k) for k, c in enumerate(coefficients))


def bspline_basis(knots, i, degree, t):
    """Cox and de Boor's recursion."""
    if degree == 0:
        return 1.0 if knots[i] <= t < knots[i + 1] else 0.0
    left = (t - knots[i]) / (knots[i + degree] - knots[i]) * bspline_basis(knots, i, degree - 1, t)
    right = (knots[i + degree + 1] - t) / (knots[i + degree + 1] - knots[i + 1])
    return left + right * bspline_basis(knots, i + 1, degree - 1, t)


def spline_curve(control, t):
    knots = np.arange(len(control) + 3.0)
    return sum(c * bspline_basis(knots, i, 2, t) for i, c in enumerate(control))


def continued_fraction(terms):
    result = terms[-1]
    for term in reversed(terms[:-1]):
        result = term + 1 / result
    return result


def phasor_sum(amplitudes, phases):
    total = 0
    for a, p in zip(amplitudes, phases):
        total += a * cmath.exp(1j * p)
    return abs(total), total.real


def logged(x, log=None):
    """Old style of writing numbers, and a cast on the way."""
    log = [] if log is None else log
    value = np.float64(x[0]) * x[1].item()
    log.append("%.3f %s" % (value, "{:8.2e}".format(x[0])))
    assert len(log) == 1
    return value**2


def residual(x, A, b):
    r = A.dot(x) - b
    return r.dot(r)


SYSTEM = {"A": np.array([[2.0, 1.0], [0.5, 3.0], [1.0, -1.0]]), "b": np.array([1.0, 0.3, -0.5])}
BLOCKS = [np.array([[1.0, 0.2], [0.3, 2.0]]), np.array([[0.0, 1.0], [-1.0, 0.5]])]


def system_by_keywords(x):
    return residual(x, **SYSTEM) + 0.1 * SYSTEM["A"].sum(axis=0).dot(x)


def chain_of_blocks(x):
    for block in BLOCKS:
        x = block.dot(np.tanh(x))
    return x


def lists_in_ufuncs(x):
    a, b = x
    return np.exp([a, a * b]) + BLOCKS[0] @ [a, b] + np.maximum([a, 1.0], [0.1, b])


def flags(x):
    """Arrays that begin as constants and are then written."""
    weights = (x > 0).astype(float)
    weights *= x
    steps = np.floor(x)
    steps[0] = x[1] ** 2
    rest = np.asarray([1.0, 2.0, 3.0])
    rest[:2] -= x[:2]
    return weights[:2] * steps[:2] + rest[:2]


x = np.array([0.7, 1.3])

PROGRAMS = {
    "formula": (formula, (0.8, 1.4), {}),
    "polish notation": (partial(polish, "x0 sin x1 2 ^ * 3 x0 / +"), (x,), {}),
    "addition formulas": (angles, (0.9,), {}),
    "bernstein polynomial": (bernstein, (np.array([0.3, -0.5, 1.1, 0.4]), 0.35), {}),
    "b-spline": (spline_curve, (np.array([0.3, -0.5, 1.1, 0.4]), 2.6), {}),
    "continued fraction": (continued_fraction, (np.array([1.0, 2.2, 3.1, 1.4]),), {}),
    "phasors": (phasor_sum, (x, np.array([0.4, -0.9])), {}),
    "logged": (logged, (x,), {}),
    "partial of data": (partial(residual, A=SYSTEM["A"], b=SYSTEM["b"]), (x,), {}),
    "data by keywords": (system_by_keywords, (x,), {}),
    "list of matrices": (chain_of_blocks, (x,), {}),
    "lists in ufuncs": (lists_in_ufuncs, (x,), {}),
    "constants written": (flags, (np.array([0.7, 1.3, -0.4]),), {}),
}
