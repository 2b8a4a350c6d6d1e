"""Compiled graphs: every primitive and many shapes of loops give what NumPy gives."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import wengert as wg

# the registry grows as operations are imported
import wengert.scipy.special
from wengert.compiler import threads
from wengert.compiler.building import compile_kernel
from wengert.compiler.compiled import kind_of
from wengert.compiler.optimise import optimised
from wengert.compiler.status import Status
from wengert.graph import REGISTRY, ArrayType
from wengert.tracing import GraphRecording, type_of

NAMES = sorted(name for name, primitive in REGISTRY.items() if primitive.sample_list)
DRAW = np.random.default_rng(5)


def run(graph, inputs, expected=(), lost=()):
    """The status, the outputs and the kernel of a graph on plain arrays."""
    kernel = compile_kernel(graph, expected=expected, lost=lost)
    given = [
        np.ascontiguousarray(x, v.type.dtype).reshape(v.type.shape) for x, v in zip(inputs, graph.inputs, strict=True)
    ]
    kinds = [kind_of(atom) for atom in graph.outputs[: len(graph.outputs) - len(expected)]]
    outputs = [np.full(kind.shape, 77, kind.dtype) for kind in kinds]
    return kernel.run(given, outputs), outputs, kernel


def assert_close(found, expected, ulps):
    for a, b in zip(found, expected, strict=True):
        b = np.asarray(b)
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        if b.dtype.kind not in "fc":
            np.testing.assert_array_equal(a, b)
            continue
        finite = np.abs(b[np.isfinite(b)])
        size = float(np.max(finite, initial=0.0))
        np.testing.assert_allclose(a, b, rtol=0, atol=ulps * np.finfo(b.dtype).eps * size, equal_nan=True)


def recorded_samples(name):
    """One graph of all samples of a primitive, its inputs, and the values that were recorded."""
    primitive = REGISTRY[name]
    inputs: list[Any] = []
    outputs: list[Any] = []
    with GraphRecording() as recording, warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for sample in primitive.sample_list:
            args, params = sample(np.random.default_rng(3))
            traced = []
            for arg in args:
                kind: Any = type_of(arg)
                traced.append(recording.input(kind, arg) if isinstance(kind, ArrayType) else arg)
                if isinstance(kind, ArrayType):
                    inputs.append(arg)
            result = primitive(*traced, **params)
            outputs.extend(result if isinstance(result, tuple) else (result,))
        graph = recording.graph(outputs)
        values = [recording.plain(output) for output in outputs]
    return graph, inputs, values


@pytest.mark.parametrize("name", NAMES)
def test_every_primitive_is_compiled(name):
    graph, inputs, values = recorded_samples(name)
    status, outputs, _ = run(graph, inputs)
    assert status == 0
    # the special functions of SciPy are off by a few roundings themselves
    assert_close(outputs, values, ulps=8)


def normal(*shape):
    return DRAW.normal(size=shape)


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def logistic(w, X, y):
    return np.mean(np.log1p(np.exp(-y * (X @ w)))) + 0.05 * np.sum(w**2)


def softmax(A):
    e = np.exp(A - A.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    return p, -np.sum(np.log(p[:, 0])), p.sum(0)


def energy(x):
    d = x[:, None, :] - x[None, :, :]
    r = np.sum(d * d, -1) + np.eye(len(x))
    return np.sum(np.triu(1 / r**6 - 1 / r**3, 1))


def heat(u):
    for _ in range(3):
        inner = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1]
        u = u + 0.1 * np.pad(inner, 1)
    return np.sum(u**2)


def reductions(A):
    return A.sum(0), A.sum(1), A.sum(), A.max(0), A.max(1), A.min(), A.prod(1), (A > 0).any(0), (A > -3).all(1)


def rows(A):
    return A.sum(1), A.sum(0), A.sum(), (A * A.sum(1, keepdims=True)).sum(0), A.max(0), (A > 0).all(0)


def slices(A):
    return np.sum(A[1:, :-1] * A[:-1, 1:], axis=0), A[::-1, 0], A.T + 1, A[::2, ::-1] * 2


def joined(A):
    return np.concatenate([A, 2 * A[:1]], axis=0), np.concatenate([A * A, A], axis=1), np.stack([A, -A], 1)


def pieces(A):
    m, n = A.shape
    whole = np.concatenate([np.pad(A[1:, ::-1] * 2, ((1, 0), (0, 0))), A[: m // 2]])
    a = np.concatenate([A[:1] * 0, A[1:-1], A[-1:] * 0])
    b = np.concatenate([A[:, n // 2 :], A[:, : n // 2]], axis=1)
    c = np.pad(A[::-1], ((2, 3), (1, 0)))
    return whole, a, b, c, a + np.roll(A, 1, axis=0) + np.roll(A, -1, axis=1), (A.T[:, 1:] - A.T[:, :-1]).T


def chosen(A):
    return np.where(A > 0, A, -A * 2), np.maximum(A, 0.5), abs(A), A**3, A**-2, np.sign(A), np.clip(A, -0.5, 0.5)


def products(A, x, y):
    return A @ x, y @ A, A.T @ y, A @ A.T, A.T @ A, x @ x, (A.T * np.exp(y)) @ A


def stacked(A, x):
    return A @ x, np.swapaxes(A, 1, 2) @ A, A.sum((0, 2)), A.max(1)


def elementwise(x):
    return np.sqrt(x * x + 1) * 3 - x, np.sum(x * x), np.max(x), np.min(np.abs(x))


def whole_numbers(x):
    count = np.arange(x.size).reshape(x.shape)
    return x * count, count % 3 == 0, np.where(count > 2, count, -count), (x > 0).sum(), (x > 0) * x


SIZES = [(2, 3), (3, 4), (10, 9), (1, 5), (7, 1), (33, 17), (8, 8), (200, 100)]
PROGRAMS = {
    **{f"rosenbrock {n}": (wg.value_and_grad(rosenbrock), normal(n)) for n in (2, 3, 9, 10, 17, 1000, 12345, 100_003)},
    **{f"sums {n}": (elementwise, normal(n)) for n in (1, 2, 5, 8, 31, 257, 100_000, 123_457)},
    **{
        f"{f.__name__} {m} x {n}": (f, normal(m, n))
        for f in (reductions, rows, slices, joined, chosen, whole_numbers)
        for m, n in SIZES
    },
    **{f"products {m} x {n}": (products, normal(m, n), normal(n), normal(m)) for m, n in SIZES},
    **{f"stacked {m} x {n}": (stacked, normal(2, m, n), normal(n)) for m, n in SIZES},
    **{f"rows in blocks {m} x {n}": (rows, normal(m, n)) for m, n in ((10_000, 37), (12_347, 37), (37, 10_007))},
    **{f"softmax {m}": (softmax, normal(m, 30)) for m in (10, 10_000, 12_347)},
    **{f"energy {n}": (wg.value_and_grad(energy), normal(n, 3)) for n in (2, 5, 30, 200)},
    **{f"pieces {m} x {n}": (pieces, normal(m, n)) for m, n in (*SIZES[:3], (100_003, 1), (1000, 301), (3, 70_001))},
    "large heat": (wg.grad(heat), normal(400, 300)),
    "heat": (heat, normal(20, 30)),
    "gradient of heat": (wg.grad(heat), normal(20, 30)),
    **{
        f"logistic {m}": (wg.value_and_grad(logistic), normal(20), normal(m, 20), np.sign(normal(m)))
        for m in (10, 1000, 30_011)
    },
    "Hessian of logistic": (wg.hessian(logistic), normal(20), normal(3000, 20), np.sign(normal(3000))),
    "single precision": (
        wg.value_and_grad(logistic),
        *[x.astype(np.float32) for x in (normal(7), normal(40, 7), normal(40))],
    ),
    "empty": (lambda x: (x[:0] * 2, np.sum(x[:0]), x[:0].reshape(0, 3)), normal(4)),
    "numbers": (lambda x, y: (np.sin(x) * y, x**y, np.hypot(x, y) > 1), 0.3, 1.7),
}


@pytest.mark.parametrize("whether", ["as recorded", "optimised"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_are_compiled(name, whether):
    function, *args = PROGRAMS[name]
    graph = wg.trace(function, *args).graph
    values = wg.tree.flatten(function(*args))[0]
    status, outputs, _ = run(optimised(graph).graph if whether == "optimised" else graph, args)
    assert status == 0
    assert_close(outputs, values, ulps=200)


def test_results_do_not_depend_on_the_number_of_threads():
    function, *args = PROGRAMS["rows in blocks 12347 x 37"]
    graph = wg.trace(function, *args).graph
    kernel = compile_kernel(graph)
    assert any(" chunks" in line for line in kernel.account)
    found = []
    for count in (1, 2, 3):
        threads.limit(count)
        outputs = [np.empty(kind_of(atom).shape, kind_of(atom).dtype) for atom in graph.outputs]
        assert kernel.run(args, outputs) == 0
        found.append([output.tobytes() for output in outputs])
    threads.limit(threads.usable())
    assert found[0] == found[1] == found[2]


def test_sums_are_as_accurate_as_numpys():
    x = DRAW.uniform(1, 2, 1_000_003) * np.where(np.arange(1_000_003) % 2, 1.0, -0.999)
    graph = wg.trace(np.sum, x).graph
    _, (total,), _ = run(graph, [x])
    exact = float(np.sum(x.astype(np.longdouble)))
    assert abs(total - exact) <= max(abs(np.sum(x) - exact), 1e-16 * np.sum(np.abs(x)))


@pytest.mark.parametrize(
    ("expected", "status"),
    [
        ([np.arange(19) > 3, 171.0], 0),
        ([np.arange(19) > 4, 171.0], Status.MISSED),
        ([np.arange(19) > 3, 172.0], Status.MISSED),
    ],
)
def test_steering_values_are_compared(expected, status):
    x = np.arange(19.0)
    graph = wg.trace(lambda x: (x * 2, x > 3, np.sum(x)), x).graph
    assert run(graph, [x], expected=expected, lost=[0])[0] == status


@pytest.mark.parametrize("place", [0, 7, 31, 32, 33, 99])
def test_a_nan_is_found(place):
    x = np.arange(100.0)
    graph = wg.trace(lambda x: x * 2, x).graph
    assert run(graph, [x], lost=[0])[0] == 0
    x[place] = np.nan
    assert run(graph, [x], lost=[0])[0] == Status.LOST
    assert run(graph, [x])[0] == 0


def test_what_numpy_raises_is_told():
    A = np.eye(3)
    graph = wg.trace(np.linalg.cholesky, A).graph
    assert run(graph, [A])[0] == 0
    assert run(graph, [-A])[0] == Status.RAISED
