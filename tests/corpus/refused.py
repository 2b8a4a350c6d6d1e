"""Programs that have no derivative by their nature, or leave NumPy: refused, in words that say where and why."""

import math
import pickle

import numpy as np
from scipy.integrate import quad

from wengert.errors import ConversionError, UnsupportedError

buffer = np.zeros(2)
x = np.array([0.5, 1.2])


def nearest_neighbour(x, table=(1.0, 4.0, 9.0)):
    return table[int(x[1])] * x[0]


def counts_of_level(x):
    out = np.zeros(len(x), dtype=int)
    for i, xi in enumerate(x):
        out[i] = 10 * xi
    return out * x


def adaptive_quadrature(x):
    value, error = quad(lambda s: math.exp(-x[0] * s), 0, x[1])
    return value


def sampled(x):
    return x[0] * np.random.default_rng(0).poisson(lam=x).sum()


def sent_to_a_worker(x):
    return pickle.loads(pickle.dumps(x)).sum()


# name: function, example arguments, class of the error, a word of its message
REFUSED = {
    "number as an index": (nearest_neighbour, (x,), ConversionError, r"int\(x\)"),
    "array of integers": (counts_of_level, (x,), ConversionError, r"int\(x\)"),
    "compiled quadrature": (adaptive_quadrature, (x,), ConversionError, "lose its derivative"),
    "random counts": (sampled, (x,), UnsupportedError, "poisson"),
    "pickled": (sent_to_a_worker, (x,), ConversionError, "pickling"),
}
