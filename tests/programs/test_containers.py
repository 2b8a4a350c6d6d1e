"""Functions, objects and arrays in lists, dictionaries and objects, and what a program leaves behind in them."""

# ruff: noqa: B006, B008, RUF005, RUF012 (as people write it)

import copy
import enum
import functools
import json
import math
import operator
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

import wengert as wg
from wengert.errors import LeakedTracerError

X = np.array([0.5, 1.25])
A = np.array([[2.0, 1.0], [1.0, 3.0]])
B = np.array([[1.0, -1.0], [0.5, 3.0]])


def filled(x):
    out = np.zeros(2)
    out[0] = x[0] ** 2
    out[1] = x[1]
    return out


def sines(x):
    return np.array([math.sin(v) for v in x])


def residual(x, A, b):
    return A.dot(x) - b


class Activation(enum.Enum):
    TANH = "tanh"
    SQUARE = "square"

    def __call__(self, v):
        return math.tanh(v) if self is Activation.TANH else v**2

    @property
    def slope(self):
        return np.array([2.0])[0] if self.value == "tanh" else 3.0

    @classmethod
    def of(cls, name):
        return cls[name]


class Layer:
    made = 0

    def __init__(self, weights):
        self.weights = weights
        Layer.made += 1

    def __call__(self, v):
        return self.weights.dot(sines(v))


class Network:
    tables = {"exp": lambda v: math.exp(v), "cos": math.cos}

    def __init__(self, layers):
        self.layers = layers
        self.names = []

    def __call__(self, v):
        self.names.append("call")
        for layer in self.layers:
            v = layer(v)
        return v * Network.tables["exp"](v[0]) + self.tables["cos"](v[1])


class Holder:
    """Has no method that needs anything."""


class Data(NamedTuple):
    A: np.ndarray
    b: np.ndarray


@dataclass
class Settings:
    A: np.ndarray
    scale: float = 2.0


class Node:
    def __init__(self, symbol, *children):
        self.symbol, self.children = symbol, children

    def value(self, names):
        if self.symbol in names:
            return names[self.symbol]
        return OPERATIONS[self.symbol](*[child.value(names) for child in self.children])


OPERATIONS = {"+": operator.add, "sin": math.sin, "*": lambda a, b: math.fsum([a * b])}
TREE = Node("+", Node("sin", Node("x")), Node("*", Node("x"), Node("y")))
FUNCTIONS = {"filled": filled, "sines": sines, "sine": math.sin, "root": lambda v: math.sqrt(v)}
STEPS = [filled, sines]
MATRICES = [A, B]
SYSTEM = {"A": A, "b": np.ones(2)}
NESTED = {"layers": [{"W": A, "act": math.tanh}, {"W": B, "act": lambda v: math.exp(v)}], "sizes": [1.0, 2.0]}
NAMESPACE = SimpleNamespace(A=A, f=lambda v: math.log(v), inner=SimpleNamespace(B=B))
LAYERS = [Layer(A), Layer(B)]
NETWORK = Network(LAYERS)
HOLDER = Holder()
HOLDER.A, HOLDER.steps = A, STEPS
DATA = Data(A, np.ones(2))
SETTINGS = Settings(A)
WEIGHTS = {sines: 3.0, filled: 2.0, Activation.TANH: 5.0}
CHOSEN = {LAYERS[0]}
ORDERED = OrderedDict([("first", A), ("second", B)])


def first_and_rest(x):
    (a, b), (first, *rest) = MATRICES, STEPS
    matrix, offset = DATA
    return a.dot(x) + b.dot(first(x)) + rest[0](matrix.dot(x) - offset)


def differentiated_within(x):
    def loss(parts):
        return np.sum(parts["A"].dot(x) ** 2) + parts["b"].dot(x)

    found = wg.grad(loss)(SYSTEM)
    return found["A"].dot(x) + found["b"]


def copied_deeply(x):
    own = copy.deepcopy(SYSTEM)
    own["A"][0] = x
    return residual(x, **own)


PROGRAMS = {
    "functions in a dictionary": lambda x: FUNCTIONS["filled"](x) * FUNCTIONS["root"](x[1]),
    "functions of Python's": lambda x: x * FUNCTIONS.get("sine")(x[0]),
    "functions in a list": lambda x: sum([step(x) for step in STEPS]),
    "functions sorted": lambda x: sum(f(x) for _, f in sorted(FUNCTIONS.items())[:1]),
    "matrices in a list": lambda x: sum(matrix.dot(x) for matrix in MATRICES),
    "matrices paired": lambda x: sum(w * m.dot(x) for w, m in zip(NESTED["sizes"], MATRICES, strict=True)),
    "matrices stacked": lambda x: np.array(MATRICES)[1] @ x + np.stack(MATRICES).sum(0).dot(x),
    "matrices joined": lambda x: (MATRICES + [x * A])[2].dot(x) + ([A] + MATRICES[1:])[1].dot(x),
    "data by name": lambda x: SYSTEM["A"].dot(x) - SYSTEM["b"],
    "data by keywords": lambda x: residual(x, **SYSTEM),
    "data by position": lambda x, data=(A, np.ones(2)): residual(x, *data),
    "data in a default list": lambda x, data=[A, np.ones(2)]: residual(x, *data),
    "data in a namespace": lambda x: NAMESPACE.A.dot(x) * NAMESPACE.f(x[0]) + NAMESPACE.inner.B.dot(x),
    "data in an object": lambda x: HOLDER.A.dot(x) + HOLDER.steps[1](x),
    "data in a dataclass": lambda x: SETTINGS.A.dot(x) * SETTINGS.scale,
    "data in a named tuple": lambda x: DATA.A.dot(x) - DATA._replace(b=x).b.dot(x),
    "data in an ordered dictionary": lambda x: sum(m.dot(x) for m in ORDERED.values()) + ORDERED["first"].dot(x),
    "taken apart": first_and_rest,
    "nested containers": lambda x: sum(p["W"].dot(x) * p["act"](x[1]) for p in NESTED["layers"]),
    "objects in a list": lambda x: functools.reduce(lambda v, layer: layer(v), LAYERS, x),
    "objects in an object": lambda x: NETWORK(x),
    "a bound method": lambda x: {"f": NETWORK.layers[0].__call__}["f"](x),
    "a tree": lambda x: np.array([TREE.value({"x": x[0], "y": x[1]})]),
    "an enumeration": lambda x: np.array([a(x[0]) * a.slope for a in Activation] + [Activation("tanh")(x[1])]),
    "an enumeration by name": lambda x: Activation.of("SQUARE")(x) + Activation["TANH"](x[0]) * Activation.TANH.slope,
    "keys": lambda x: sines(x) * WEIGHTS[sines] * WEIGHTS[Activation.TANH] + sum(f(x) for f in list(WEIGHTS)[:2]),
    "objects in a set": lambda x: sines(x) * (2.0 if LAYERS[0] in CHOSEN else 3.0),
    "members": lambda x: sines(x) * (2.0 if sines in STEPS and STEPS.index(sines) == 1 and A is not B else 3.0),
    "as text": lambda x: sines(x) * len(json.dumps(NESTED["sizes"]) + json.dumps({"n": len(SYSTEM)})),
    "kinds": lambda x: sines(x) * (isinstance(SYSTEM, dict) + 2 * (type(MATRICES) is list) + (type(SYSTEM) is dict)),
    "the same object": lambda x: sines(x) * (2.0 if SYSTEM is SYSTEM and SYSTEM["A"] is MATRICES[0] else 3.0),
    "a derivative within": differentiated_within,
    "a deep copy": copied_deeply,
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_containers_hold_is_served(name):
    program = PROGRAMS[name]
    np.testing.assert_allclose(wg.vjp(program, X)[0], program(X.copy()), rtol=1e-14)
    wg.check_derivatives(program, X.copy(), order=2)
    np.testing.assert_allclose(wg.vmap(program)(np.stack([X, X]))[1], program(X), rtol=1e-14)


# What programs leave behind: by name, a program, and what it fills.
CACHE: dict = {}
HISTORY: list = []
COUNTED = {"calls": 0}
LOG = [0.0]
FACTORS = defaultdict(lambda: np.full(2, 2.0))
BLOCKS = [A]
LAZY = Holder()
LATEST = None


def cached(x):
    if "K" not in CACHE:
        matrix = np.zeros((2, 2))
        CACHE["K"] = matrix
        matrix[0] = 3.0
    return CACHE["K"].dot(x)


def remembered(x):
    HISTORY.append(np.ones(2) * 2)
    HISTORY[-1][0] = 5.0
    return HISTORY[-1].dot(x) * len(HISTORY) / len(HISTORY)


def counted(x):
    COUNTED["calls"] += 1
    COUNTED["last"] = {"array": [np.eye(2)]}
    return COUNTED["last"]["array"][0].dot(x)


def logged(x):
    LOG.append(float(np.zeros(1)[0]))
    return sines(x)


def made_up(x):
    return FACTORS["a"].dot(x) * sines(x)


def extended(x):
    BLOCKS.append(np.ones((2, 2)))
    BLOCKS[1:] = BLOCKS[1:2]
    return BLOCKS[0].dot(x) + BLOCKS[-1].dot(x)


def lazy(x):
    if not hasattr(LAZY, "K"):
        LAZY.K = np.eye(2) * 2
    return LAZY.K.dot(x)


def latest(x):
    global LATEST
    LATEST = np.zeros(2)
    LATEST[0] = 2.0
    return LATEST.dot(x)


def default_memory(x, memory={}):
    if "K" not in memory:
        memory["K"] = np.eye(2) * 3
    return memory["K"].dot(x)


def _closing():
    memory = {}

    def closed(x):
        memory.setdefault("K", np.eye(2) * 4)
        return memory["K"].dot(x)

    return closed, memory


closed, closed_memory = _closing()
FILLED = {
    "a cache": (cached, lambda: list(CACHE.values())),
    "a history": (remembered, lambda: HISTORY),
    "a record": (counted, lambda: COUNTED["last"]["array"]),
    "a log": (logged, lambda: [np.asarray(entry) for entry in LOG if type(entry) is float]),
    "a default dictionary": (made_up, lambda: list(FACTORS.values())),
    "a list of arrays": (extended, lambda: BLOCKS),
    "an attribute": (lazy, lambda: [LAZY.K]),
    "a global variable": (latest, lambda: [LATEST]),
    "a default": (default_memory, lambda: list(default_memory.__defaults__[0].values())),
    "a closure": (closed, lambda: list(closed_memory.values())),
}


@pytest.mark.parametrize("name", FILLED)
def test_what_a_program_leaves_behind_is_plain(name):
    program, left = FILLED[name]
    wg.grad(lambda x: np.sum(program(x)))(X)
    assert left()
    assert {type(value) for value in left()} == {np.ndarray}
    before = [value.copy() for value in left()]
    first = wg.jacobian(program, mode="forward")(X)
    for _ in range(2):
        np.testing.assert_allclose(wg.jacobian(program)(X), first)
    plain = program(X)
    np.testing.assert_allclose(wg.vjp(program, X)[0], plain)
    np.testing.assert_array_equal(left()[0], before[0])


KEPT: list = []


def test_what_depends_on_the_input_stays_an_error():
    def keeping(x):
        KEPT.append(np.array([1.0, x[0]]))
        return x @ x

    wg.grad(keeping)(X)
    with pytest.raises(LeakedTracerError, match=r"test_containers\.py"):
        KEPT[0] + 1.0


def test_writes_are_seen_at_once_and_by_everybody():
    parameters = {"w": A}
    inner = wg.grad(lambda x: np.sum(parameters["w"].dot(x) ** 2))

    def outer(x):
        parameters["w"] = B
        found = inner(x)
        parameters["w"] = A
        return found

    np.testing.assert_allclose(wg.jacobian(outer)(X), 2 * B.T @ B)
    assert parameters["w"] is A


def test_the_class_of_the_user_counts():
    class Counter:
        calls = 0

        def __call__(self, x):
            Counter.calls += 1
            return np.array([x, x])[0]

    counter = Counter()
    wg.grad(lambda x: counter(x))(1.0)
    wg.grad(lambda x: counter(x))(1.0)
    assert Counter.calls == 2


def test_what_a_program_stores_is_the_users_own():
    stored = {"none": None}
    steps, network = [A, filled], NETWORK

    def storing(x):
        stored.update(f=sines, matrix=steps[0], network=network, list=steps, pair=(sines, SYSTEM))
        return np.sum(sines(x))

    wg.grad(storing)(X)
    assert stored["f"] is sines
    assert stored["matrix"] is A
    assert stored["network"] is NETWORK
    assert stored["list"] is steps
    assert stored["pair"][1] is SYSTEM


def test_containers_are_returned_themselves():
    (value, system), _ = wg.vjp(lambda x: (np.sum(sines(x)), SYSTEM), X)
    assert np.ndim(value) == 0
    assert type(system) is dict
    assert type(system["A"]) is np.ndarray
