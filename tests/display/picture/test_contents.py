"""What pictures say: names from the source, values, adjoints, what is folded, and what is saved."""

import numpy as np
import pytest
from tests.display.picture.programs import PROGRAMS, SCALAR

import wengert as wg
from wengert.api.sweeps import values_of
from wengert.display.picture.assignments import assigned_names


def annotated(x):
    y: float = x * 2
    if (z := y + 1) > 0:
        z = np.sin(z)
    first, second = z * x, z / x
    self = {}
    self["kept"] = first + second
    total = self["kept"]
    total += y
    return total


def again(x):
    for _ in range(3):
        x = x * 1.5
    return x


def averages(X):
    for _ in range(2):
        X = np.mean(X, axis=0)  # the sum and the quotient are one expression
    return X


def unnamed(x):
    return np.sin(x) * x


def over_lines(x):
    sine = np.sin(
        x,
    )
    return (
        sine
        + sine
    )  # fmt: skip


NAMES = [
    (annotated, (2.0,), ["y", "z₁", "z₂", "first", "second", "self['kept']", "total"]),
    (again, (1.0,), ["x₂", "x₃", "x₄"]),
    (averages, (np.ones((2, 2)),), ["", "X₂", "", "X₃"]),
    (unnamed, (1.0,), ["", ""]),
    (over_lines, (1.0,), ["sine", ""]),
    (PROGRAMS["running example"][0], (2.0, 3.0), ["z1", "z2", "z3", ""]),
    (lambda x: (lambda y: y * x)(x + 1), (2.0,), ["", ""]),
]


@pytest.mark.parametrize(("f", "args", "expected"), NAMES)
def test_values_have_the_names_that_the_source_gives_them(f, args, expected):
    graph = wg.trace(f, *args).graph
    names = assigned_names(graph)
    found = [names.get(equation.outputs[0], "") for equation in graph.equations]
    assert found == expected


@pytest.mark.parametrize("name", [name for name in SCALAR if name not in ("constant", "identity")])
def test_numbers_beside_the_nodes_are_values_and_gradients(name):
    f, args = PROGRAMS[name]
    listing = wg.trace(f, *args)
    derivative = listing.derivative()
    gradients = wg.tree.flatten(wg.grad(f, argnums=tuple(range(len(args))))(*args))[0]
    found = listing.values()
    assert np.allclose(found[listing.graph.outputs[0]], f(*args), rtol=1e-14)
    computed = dict(zip(derivative.graph.outputs[1:], gradients, strict=True))
    from_graph = values_of_outputs(derivative)
    for atom, expected in computed.items():
        np.testing.assert_allclose(from_graph[atom], expected, rtol=1e-12, atol=1e-14)


def values_of_outputs(derivative):
    values = values_of(derivative.graph, derivative.inputs)
    return {atom: values.get(atom, getattr(atom, "value", None)) for atom in derivative.graph.outputs}


@pytest.mark.parametrize("name", SCALAR)
def test_what_is_saved_is_what_passes_between_the_parts(name):
    f, args = PROGRAMS[name]
    derivative = wg.trace(f, *args).derivative()
    scene = derivative.scene(most_nodes=10_000)
    crossing = {edge.source for edge in scene.edges if edge.saved}
    assert len(crossing) == len(derivative.saved)
    assert derivative.saved_bytes == sum(v.type.size * v.type.dtype.itemsize for v in derivative.saved)
    before = set(derivative.graph.inputs)
    for equation in derivative.graph.equations[: derivative.forward]:
        before.update(equation.outputs)
    assert before.issuperset(derivative.saved)


FOLDED = [
    ("recurrent", 100, [("cell", "60 × 5 operations")]),
    ("many numbers", 100, [("numbers", "150 inputs"), ("loop", "150 × 2 operations")]),
]


@pytest.mark.parametrize(("name", "most_nodes", "expected"), FOLDED)
def test_calls_and_loops_are_folded(name, most_nodes, expected):
    f, args = PROGRAMS[name]
    scene = wg.trace(f, *args).scene(most_nodes=most_nodes)
    found = [(node.symbol, node.name) for node in scene.nodes if node.kind == "folded"]
    assert [pair for pair in expected if pair not in found] == [], found


def test_mermaid_names_nodes_and_labels_wires():
    def f(a, b):
        return a * b

    assert wg.trace(f, 2.0, 3.0).mermaid(adjoints=True) == (
        'flowchart LR\n  n0["a"]\n  n1["b"]\n  n2(["×<br/><i>v1</i><br/>6"])\n'
        '  n0 -->|"2 / 3"| n2\n  n1 -->|"3 / 2"| n2\n  classDef result stroke-width:3px\n  class n2 result'
    )


def test_dot_groups_the_parts_of_a_derivative():
    text = wg.trace(lambda x: np.sin(x), 0.0).derivative().dot()
    assert 'label="forward"' in text
    assert 'label="backward"' in text
    assert 'n0 -> n2 [label="8 B" style=dashed];' in text
    assert text.count("{") == text.count("}")
