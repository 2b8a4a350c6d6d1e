"""Normal forms have the value of what was written: random formulas are computed beside their expressions."""

from fractions import Fraction

import numpy as np
import pytest

from wengert.calculus import algebra as al
from wengert.calculus import invariants
from wengert.calculus.dimension import Dim
from wengert.calculus.evaluation import evaluate
from wengert.calculus.rules import functions, structure, sums

N, M = Dim("n"), Dim("m")
SIZES = {N: 3, M: 5}
RULES = (functions, structure, sums)
NAMES = {
    "A": (N, N, []), "B": (N, N, []), "S": (N, N, ["symmetric"]),
    "D": (N, N, ["diagonal", "symmetric"]),
    "P": (N, N, ["positive definite", "positive semidefinite", "symmetric", "invertible"]),
    "Q": (N, N, ["orthogonal", "invertible"]), "X": (M, N, []), "Y": (M, N, ["one-hot rows"]),
    "x": (N, 1, []), "u": (N, 1, ["positive entries", "nonnegative entries"]), "y": (M, 1, []),
    "h": (N, 1, ["one-hot"]),
    "t": (1, 1, []), "p": (1, 1, ["positive entries", "nonnegative entries"]),
}  # fmt: skip


def numbers(seed):
    random = np.random.default_rng(seed)
    found = {}
    for name, (rows, cols, _) in NAMES.items():
        found[name] = random.uniform(-1.5, 1.5, (SIZES.get(rows, 1), SIZES.get(cols, 1)))
    found["S"] = found["A"] + found["A"].T
    found["D"] = np.diag(np.diag(found["B"]))
    found["P"] = found["B"] @ found["B"].T + np.eye(3)
    found["Q"] = np.linalg.qr(found["A"])[0]
    found["Y"] = np.eye(3)[random.integers(0, 3, 5)]
    found["h"] = np.eye(3)[:, :1]
    found["u"], found["p"] = np.abs(found["u"]) + 0.5, np.abs(found["p"]) + 0.5
    return found


class Written:
    """An expression with its value, computed as it is written."""

    def __init__(self, expression, value):
        self.expression, self.value = expression, np.asarray(value, float)

    @property
    def shape(self):
        return self.expression.shape


def written(name, values):
    rows, cols, properties = NAMES[name]
    return Written(al.symbol(name, rows, cols, properties), values[name])


def combined(random, pool):
    """One more formula, made of two of these."""
    one, other = (pool[i] for i in random.integers(0, len(pool), 2))
    a, b, v, w = one.expression, other.expression, one.value, other.value
    scalar, vector, square = one.shape == (1, 1), one.shape == (N, 1), one.shape == (N, N)
    found = [
        (True, lambda: (al.transpose(a), v.T)),
        (True, lambda: (al.matmul(al.number(Fraction(int(random.integers(-3, 4)), 2)), a), None)),
        (one.shape == other.shape, lambda: (al.add(a, b), v + w)),
        (one.shape == other.shape, lambda: (al.subtract(a, b), v - w)),
        (one.shape == other.shape and not scalar, lambda: (al.hadamard(a, b), v * w)),
        (a.cols == b.rows or scalar or other.shape == (1, 1), lambda: (al.matmul(a, b), product(v, w))),
        (square, lambda: (invariants.trace(a), np.trace(v))),
        (square, lambda: (invariants.diagonal_of(a), np.diag(v)[:, None])),
        (square, lambda: (invariants.determinant(a), np.linalg.det(v))),
        (square and v.any(), lambda: (al.inverse(a), np.linalg.inv(v))),
        (vector, lambda: (al.diagonal(a), np.diag(v[:, 0]))),
        (vector, lambda: (al.matmul(al.transpose(al.ones(N)), a), v.sum())),
        (vector or scalar, lambda: (al.apply("exp", a), np.exp(v))),
        (vector, lambda: (al.apply("logistic", a), 1 / (1 + np.exp(-v)))),
        (vector, lambda: (softmax(a), np.exp(v) / np.exp(v).sum())),
        (scalar, lambda: (al.power(a, 2), v**2)),
        (scalar and v.any(), lambda: (al.power(a, -1), 1 / v)),
        (scalar, lambda: (al.power(al.power(a, 2), Fraction(1, 2)), np.abs(v))),
        (square or vector, lambda: (al.power(invariants.trace(al.matmul(al.transpose(a), a)), Fraction(1, 2)),
                                    np.sqrt((v * v).sum()))),
        (one.shape == (M, N), lambda: (al.matmul(a, al.ones(N)), v.sum(1, keepdims=True))),
    ]  # fmt: skip
    allowed = [make for fits, make in found if fits]
    expression, value = allowed[random.integers(0, len(allowed))]()
    if value is None:
        # a multiple, whose factor the expression shows
        value = ratio(expression, a) * v if v.any() else v
    return Written(expression, value)


def ratio(expression, a):
    own, before = al.split(expression)[0], al.split(a)[0]
    return 0.0 if al.is_zero(expression) else float(own / before)


def product(v, w):
    return v * w if 1 in (v.size, w.size) else v @ w


def softmax(a):
    powers = al.apply("exp", a)
    return al.matmul(powers, al.power(al.matmul(al.transpose(al.ones(N)), powers), -1))


@pytest.mark.parametrize("seed", range(200))
def test_normal_forms_keep_the_value(seed):
    random, values = np.random.default_rng(seed), numbers(seed)
    pool = [written(name, values) for name in NAMES] + [
        Written(al.ones(N), np.ones((3, 1))), Written(al.identity(N), np.eye(3)), Written(al.number(2), 2.0),
    ]  # fmt: skip
    for _ in range(25):
        with np.errstate(all="ignore"):
            try:
                made = combined(random, pool)
            except np.linalg.LinAlgError:
                continue
            if not np.all(np.isfinite(made.value)) or np.abs(made.value).max(initial=0) > 1e6:
                continue
            found = evaluate(made.expression, values, SIZES)
        expected = np.reshape(made.value, found.shape)
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6 * max(1, np.abs(expected).max(initial=0)))
        pool.append(made)
