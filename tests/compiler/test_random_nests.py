"""Random programs on random shapes, compiled: they give what NumPy gives, and write nowhere but into their results."""

from __future__ import annotations

import ctypes
import warnings

import numpy as np
import pytest

import wengert as wg
from wengert import tree
from wengert.compiler.building import compile_kernel
from wengert.compiler.optimise import optimised
from wengert.compiler.plan import kind_of
from wengert.errors import WengertError

# around the lengths of vectors and of blocks
LENGTHS = (1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 255, 257)
LONG = (1000, 10_007, 100_003)
SHORT = (1, 2, 3, 4, 7, 8, 9)
FUNCTION = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
MARGIN, MARK = 4096, 0xAB

POINTWISE = [
    np.sin, np.tanh, abs, np.sign, np.floor, np.negative, np.logical_not, np.cumsum,
    lambda x: np.exp(-abs(x)), lambda x: x * 2, lambda x: x**2, lambda x: x > 0, lambda x: x.astype(np.float32),
    lambda x: x.astype(float), lambda x: np.where(x > 0, x, -0.5), lambda x: np.clip(x, -1, 1),
    lambda x: 1 / (x**2 + 1), lambda x: np.sqrt(abs(x) + 1), lambda x: x // 2,
]  # fmt: skip
PAIRED = [
    np.add, np.multiply, np.maximum, np.minimum, np.greater, np.hypot, np.outer, np.matmul,
    lambda x, y: x - y, lambda x, y: np.where(x > y, x, y), lambda x, y: np.arctan2(x, y + 3),
    lambda x, y: x / (y**2 + 1), lambda x, y: x @ y.T, lambda x, y: x.T @ x,
    lambda x, y: np.concatenate([x, y]), lambda x, y: np.concatenate([x, y, x], axis=-1),
    lambda x, y: np.stack([x, y]), lambda x, y: np.stack([x, y], axis=-1), lambda x, y: np.vstack([x, y]),
    lambda x, y: np.concatenate([x[1:], y[:1]]),
]  # fmt: skip
MOVED = [
    np.transpose, np.ravel, np.squeeze, np.diagonal, np.tril, np.flip,
    lambda x: x[::-1], lambda x: x[::2], lambda x: x[1:], lambda x: x[-3::-2], lambda x: x[..., ::-2],
    lambda x: x[..., 0], lambda x: x[0], lambda x: x[None], lambda x: x[..., None], lambda x: x[1:-1],
    lambda x: x.reshape(-1, 2), lambda x: x.reshape(2, -1), lambda x: x.ravel()[::3],
    lambda x: np.swapaxes(x, 0, -1), lambda x: np.roll(x, 2, axis=0), lambda x: np.pad(x, 1),
    lambda x: np.pad(x, [(1, 2), *[(0, 0)] * (x.ndim - 1)]), lambda x: np.tile(x, 2), lambda x: np.repeat(x, 2),
    lambda x: np.broadcast_to(x, (3, *x.shape)),
]  # fmt: skip
REDUCED = [np.sum, np.max, np.min, np.mean, np.any, np.all, np.var]
PLACES = [np.s_[1:], np.s_[::2], np.s_[:-1], np.s_[0], np.s_[::-1], np.s_[..., 0], np.s_[..., 1:], np.s_[2:5]]


def reduction(draw, x):
    """One of the reductions over some of the axes."""
    function = REDUCED[draw.integers(len(REDUCED))]
    axes = tuple([axis for axis in range(np.ndim(x)) if draw.random() < 0.5])
    keep = bool(draw.random() < 0.5)
    return lambda x: function(x, axis=axes, keepdims=keep)


def write(draw):
    """A copy of the first operand into which the second is written, or added."""
    place, adds = PLACES[draw.integers(len(PLACES))], draw.random() < 0.5

    def written(x, y):
        x = x.copy()
        x[place] = x[place] + y if adds else y
        return x

    return written


def step(draw, x):
    """An operation, and how many operands it takes."""
    kind = draw.random()
    if kind < 0.25:
        return POINTWISE[draw.integers(len(POINTWISE))], 1
    if kind < 0.55:
        return PAIRED[draw.integers(len(PAIRED))], 2
    if kind < 0.75:
        return MOVED[draw.integers(len(MOVED))], 1
    return (reduction(draw, x), 1) if kind < 0.92 else (write(draw), 2)


def argument(draw, lengths):
    """An array of one of the dtypes and shapes."""
    n, m = int(draw.choice(lengths)), int(draw.choice(SHORT))
    shapes = [(n,), (n,), (n, m), (m, n), (1, m), (n, 1), (), (2, n, 2), (m, 1, n)]
    values = draw.normal(size=shapes[draw.integers(len(shapes))])
    kind = draw.random()
    if kind < 0.7:
        return values
    return values > 0 if kind < 0.8 else (values * 4).astype(np.int64 if kind < 0.9 else np.int32)


def usable(found, most):
    if not isinstance(found, (np.ndarray, np.generic)) or found.size > most:
        return False
    return bool(np.all(np.isfinite(found)) and np.max(np.abs(found.astype(float)), initial=0) < 1e6)


def random_program(seed, lengths):
    """A function of arrays that does what NumPy could do with them, the arrays, and whether a number is narrow."""
    draw = np.random.default_rng(seed)
    args = [np.asarray(argument(draw, lengths)) for _ in range(draw.integers(1, 4))]
    values, steps = list(args), []
    for _ in range(draw.integers(4, 16)):
        recent = len(values) - min(len(values), 6)
        places = [int(place) for place in draw.integers(recent, len(values), 2)]
        operation, count = step(draw, values[places[0]])
        operands = [values[place] for place in places[:count]]
        if np.prod([float(np.size(operand)) for operand in operands]) > 1e8:
            continue
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                found = operation(*operands)
        except (TypeError, ValueError, IndexError, AttributeError):
            # not for operands of these shapes or types
            continue
        if usable(found, 300_000):
            values.append(found)
            steps.append((operation, places[:count]))
    kept = [len(values) - 1, *[place for place in range(len(args), len(values)) if draw.random() < 0.25]]

    def program(*given):
        found = list(given)
        for operation, places in steps:
            found.append(operation(*[found[place] for place in places]))
        return tuple([found[place] for place in kept])

    return program, args, any([value.dtype in (np.float32, np.float16) for value in values])


class Fenced:
    """Memory between two margins that nothing may write into."""

    def __init__(self, size, beyond=0):
        self.all = np.full(size + 2 * MARGIN + 128, MARK, np.uint8)
        self.start = MARGIN - (self.all.ctypes.data + MARGIN) % 64 + 64 + beyond
        self.stop = self.start + size

    @property
    def address(self):
        return self.all.ctypes.data + self.start

    def intact(self):
        return bool(np.all(self.all[: self.start] == MARK) and np.all(self.all[self.stop :] == MARK))


def fenced_run(graph, args):
    """The outputs of a compiled graph, after a look at all memory that it must not write to."""
    kernel = compile_kernel(graph)
    kinds = [kind_of(atom) for atom in graph.outputs]
    # as long as the call, and overwritten by nobody
    inputs = [np.array(x, v.type.dtype, order="C") for x, v in zip(args, graph.inputs, strict=True)]
    inputs += kernel.constants
    before = [x.tobytes() for x in inputs]
    # arrays of NumPy's begin at any multiple of sixteen bytes
    outputs = [Fenced(kind.size * kind.dtype.itemsize, 16 * (len(args) + n) % 64) for n, kind in enumerate(kinds)]
    arena = Fenced(kernel.arena)
    tables = [
        (ctypes.c_void_p * (len(several) + 1))(*several)
        for several in ([x.ctypes.data for x in inputs], [output.address for output in outputs])
    ]
    assert FUNCTION(kernel.address)(*tables, arena.address) == 0
    assert arena.intact()
    assert all([output.intact() for output in outputs])
    assert before == [x.tobytes() for x in inputs]
    return [
        output.all[output.start : output.stop].view(kind.dtype).reshape(kind.shape)
        for output, kind in zip(outputs, kinds, strict=True)
    ]


def assert_close(found, expected, narrow):
    for a, b in zip(found, tree.flatten(expected)[0], strict=True):
        b = np.asarray(b)
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        size = np.max(np.abs(b.astype(float)), initial=1e-3)
        np.testing.assert_allclose(a.astype(float), b.astype(float), rtol=0, atol=(1e-3 if narrow else 1e-9) * size)


def agrees(function, args, narrow=False):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        expected = function(*args)
        graph = wg.trace(function, *args).graph
        assert_close(fenced_run(optimised(graph).graph, args), expected, narrow)


def gradient_of(program, args):
    """The gradient of the sum of all results; None where there is none, or it is refused."""
    places = tuple([place for place, arg in enumerate(args) if arg.dtype.kind == "f"])
    if not places:
        return None
    gradient = wg.grad(lambda *given: sum([np.sum(found) for found in program(*given)], 0.0), places)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            gradient(*args)
    except WengertError:
        return None
    return gradient


@pytest.mark.parametrize("block", range(12))
@pytest.mark.parametrize("lengths", [LENGTHS, LONG], ids=["short", "long"])
def test_random_programs_give_the_same_and_stay_in_their_memory(lengths, block):
    for seed in range(10 * block, 10 * block + (10 if lengths is LENGTHS else 3)):
        program, args, narrow = random_program(seed, lengths)
        agrees(program, args, narrow)
        gradient = gradient_of(program, args)
        if gradient is not None and seed % 2:
            agrees(gradient, args, True)


def swapped(a, b):
    a, b = a.copy(), b.copy()
    for i in range(40):
        a[i] = b[i] * 2 + a[i - 1]
        a, b = b, a
    return a, b


def recurrence(a):
    a = a.copy()
    for i in range(1, 40):
        a[i] = np.sin(a[i - 1]) + a[i]
    return a


def read_before_written(a):
    a, total = a.copy(), 0.0
    for i in range(1, 40):
        b = a.copy()
        a[i] = a[i] + b[i - 1] * 0.9
        total = total + np.sum(b * a)
    return a, total


def two_terms(x):
    p, q = x[:3], x[1:4]
    for _ in range(41):
        p, q = q, 0.5 * (p + q[::-1])
    return p, q


def rotated(x):
    a, b, c = x[:3], x[1:4], x[2:5]
    for _ in range(31):
        a, b, c = b, c, a * 0.9
    return a, b, c


def written_slices(x):
    u = x[:20].copy()
    for _ in range(30):
        u[1:-1] = 0.5 * (u[2:] + u[:-2])
        u[1:] = u[:-1] * 0.9
    return u


def turned_in_place(x):
    u = x[:20].copy()
    for i in range(30):
        u[:] = u[::-1] * 0.9
        u[0] = x[i]
    return u


def table(x):
    A = np.ones((8, 8)) * x[0]
    for i in range(1, 8):
        for j in range(1, 8):
            A[i, j] = np.minimum(A[i - 1, j], A[i, j - 1]) + x[i] * x[j] * 0.1
    return A


def backwards(x):
    y = np.zeros(40)
    for i in range(39, -1, -1):
        y[i] = x[i] - (0.5 * y[i + 1] if i < 39 else 0.0)
    return y


def of_steps(count):
    def few(x):
        v = x
        for i in range(count):
            v = np.sin(v) * x[i]
        return v

    return few


LOOPS = {
    **{f.__name__: f for f in (swapped, recurrence, read_before_written, two_terms, rotated, written_slices)},
    **{f.__name__: f for f in (turned_in_place, table, backwards)},
    **{f"{count} steps": of_steps(count) for count in (1, 2, 3, 4, 5, 8, 40)},
}


@pytest.mark.parametrize("name", LOOPS)
def test_loops_give_the_same_and_stay_in_their_memory(name):
    function = LOOPS[name]
    draw = np.random.default_rng(0)
    args = [draw.normal(size=41) for _ in range(2 if function is swapped else 1)]
    agrees(function, args)
    agrees(lambda *x: wg.jvp(function, x, tuple([0.5 * one for one in x])), args)
    agrees(wg.grad(lambda *x: sum([np.sum(one) for one in tree.flatten(function(*x))[0]], 0.0)), args)


def truths(x):
    return np.minimum(x > 0, x > 1), np.maximum(x > 0, x > 1), (x > 0) > (x > 1), np.min(x > 0), np.max(x > 0)


EDGES = {
    "truth values in order": (truths, np.array([-1.0, 0.5, 2.0])),
    "reduced over an axis of one entry": (lambda x: (np.all(x, 0), np.max(x[:, None], (0, 1))), np.ones((1, 4))),
    "an empty slice from before the start": (
        wg.grad(lambda x: np.sum(np.diagonal(np.where(x[-3::-2] > 0, x[-3::-2], 1.0)))), np.ones((2, 1, 8, 1)),
    ),
    "half precision": (lambda x: np.hypot(x > 0, x < 1), np.array([1.0, 2.0, -1.0])),
}  # fmt: skip


@pytest.mark.parametrize("name", EDGES)
def test_edges(name):
    function, *args = EDGES[name]
    agrees(function, args)
