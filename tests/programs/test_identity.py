"""What is one object in a program is one object while it is traced, or the program is refused."""

import enum

import numpy as np
import pytest

import wengert as wg
from wengert.errors import ConversionError


class Node:
    def __init__(self, place):
        self.place, self.next = place, None

    def filled(self, x):
        a = np.zeros(3)
        a[self.place] = x[self.place]
        return np.sum(a)


class Holder:
    def __init__(self, item):
        self.item = item


class Slotted:
    __slots__ = ("item",)

    def __init__(self, item):
        self.item = item


class Activation(enum.Enum):
    CUT = "cut"
    BENT = "bent"

    def __call__(self, x):
        return np.maximum(x, 0) if self is Activation.CUT else np.tanh(x)

    def filled(self, x):
        a = np.zeros(3)
        a[:] = x
        return np.sum(a) if self is Activation.CUT else np.sum(a**2)


class Layer:
    def __init__(self, activation):
        self.activation = activation

    def __matmul__(self, x):
        return self.activation(2 * x)


def copied(x):
    a = np.zeros(3)
    a[:] = x
    return a


NODES = [Node(0), Node(1)]
NODES[0].next, NODES[1].next = NODES[1], NODES[0]
HELD = Holder(Holder(NODES[0]))
TABLE = {"first": NODES[0], "held": HELD, NODES[1]: 3.0}
LAYERS = [Layer(Activation.CUT), Layer(Activation.BENT)]
SLOTTED = Slotted(NODES[0])
CHOSEN = {copied, np.sum}
X = np.array([0.3, -0.7, 1.1])


def around(x):
    total, node = 0.0, NODES[0]
    for _ in range(5):
        total = total + node.filled(x)
        node = node.next
        if node is NODES[0]:
            break
    return total


PROGRAMS = {
    "an attribute": lambda x: (HELD.item.item is NODES[0]) * NODES[0].filled(x),
    "a dictionary": lambda x: (TABLE["first"] is NODES[0]) * (TABLE["held"] is HELD) * NODES[0].filled(x),
    "a key": lambda x: TABLE[NODES[0].next] * NODES[0].filled(x),
    "a list": lambda x: (NODES[0] in NODES) * (NODES.index(NODES[1]) + 1) * NODES[1].filled(x),
    "a circle": around,
    "members as attributes": lambda x: np.sum(LAYERS[0] @ x) + np.sum(LAYERS[1] @ x) + copied(x)[0],
    "members compared": lambda x: (LAYERS[0].activation is Activation.CUT) * np.sum(copied(x)),
    "members with arrays": lambda x: LAYERS[0].activation.filled(x) + LAYERS[1].activation.filled(x),
    "members by value": lambda x: (Activation("cut") is LAYERS[0].activation) * np.sum(copied(x)),
    "a set": lambda x: (copied in CHOSEN) * np.sum(np.array([x[0], x[1]])),
}
REFUSED = {
    "kept in a slot": lambda x: (SLOTTED.item is NODES[0]) * NODES[0].filled(x),
    "kept in a set": lambda x: (copied in CHOSEN) * np.sum(copied(x)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_identity_is_kept(name):
    program = PROGRAMS[name]
    value, _ = wg.value_and_grad(program)(X)
    assert value == program(X)
    wg.check_derivatives(program, X)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_served_everywhere_is_served_nowhere(name):
    with pytest.raises(ConversionError, match=r"test_identity\.py"):
        wg.grad(REFUSED[name])(X)
