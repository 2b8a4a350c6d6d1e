"""The step tables of the running example, equal to those that were worked out by hand.

L(w1, w2) = w2 log w1 + √(w2 log w1) at w1 = e, w2 = 4: then z1 = 1, z2 = 4, z3 = 2, L = 6, and the derivatives are
dz1/dw1 = 1/e, ∂z2/∂w2 = z1 = 1, ∂z2/∂z1 = w2 = 4, ∂z3/∂z2 = 1/(2·2) = 1/4, so that dL/dz2 = 5/4, dL/dw1 = 5/e = 1.839
and dL/dw2 = 5/4.
"""

import math

import numpy as np
import pytest
from tests.display.stepping.programs import L, whole

import wengert as wg

POINT = (math.e, 4.0)

FORWARD = """\
L(w1, w2) = 6
forward mode: the derivative of every value by w1, from the inputs to the result

1  w1 = 2.718       dw1/dw1 = 1
   w2 = 4           dw2/dw1 = 0
2  z1 = log(w1)     dz1/dw1 = ∂z1/∂w1 · dw1/dw1
      = 1                   = 1/w1 · dw1/dw1
                            = 1/2.718 · 1
                            = 0.3679
3  z2 = w2·z1       dz2/dw1 = ∂z2/∂z1 · dz1/dw1
      = 4                   = w2 · dz1/dw1
                            = 4 · 0.3679
                            = 1.472
4  z3 = √z2         dz3/dw1 = ∂z3/∂z2 · dz2/dw1
      = 2                   = 1/(2√z2) · dz2/dw1
                            = 1/(2√4) · 1.472
                            = 0.3679
5  L = z2 + z3      dL/dw1 = ∂L/∂z2 · dz2/dw1 + ∂L/∂z3 · dz3/dw1
     = 6                   = 1 · dz2/dw1 + 1 · dz3/dw1
                           = 1 · 1.472 + 1 · 0.3679
                           = 1.839"""

REVERSE = """\
L(w1, w2) = 6
reverse mode: the derivative of L by every value, from the result to the inputs

1  L = z2 + z3      dL/dL = 1
     = 6
2  z3 = √z2         dL/dz3 = dL/dL · ∂L/∂z3
      = 2                  = dL/dL · 1
                           = 1 · 1
                           = 1
3  z2 = w2·z1       dL/dz2 = dL/dL · ∂L/∂z2 + dL/dz3 · ∂z3/∂z2
      = 4                  = dL/dL · 1 + dL/dz3 · 1/(2√z2)
                           = 1 · 1 + 1 · 1/(2√4)
                           = 1.25
4  z1 = log(w1)     dL/dz1 = dL/dz2 · ∂z2/∂z1
      = 1                  = dL/dz2 · w2
                           = 1.25 · 4
                           = 5
5  w1 = 2.718       dL/dw1 = dL/dz1 · ∂z1/∂w1
   w2 = 4                  = dL/dz1 · 1/w1
                           = 5 · 1/2.718
                           = 1.839
                    dL/dw2 = dL/dz2 · ∂z2/∂w2
                           = dL/dz2 · z1
                           = 1.25 · 1
                           = 1.25"""


def spaced(text):
    """A text without what only aligns it."""
    return [" ".join(line.split()) for line in text.splitlines()]


def test_forward_mode_as_text():
    assert spaced(wg.steps(L, *POINT, mode="forward", wrt="w1").text()) == spaced(FORWARD)


def test_reverse_mode_as_text():
    assert spaced(wg.steps(L, *POINT, mode="reverse").text()) == spaced(REVERSE)


def test_the_columns_are_aligned():
    lines = wg.steps(L, *POINT).text().splitlines()[3:]
    assert len({line.index("dL/d") for line in lines if "dL/d" in line.partition("=")[0] or "dL/dL = 1" in line}) == 1
    assert lines[1].startswith("     = 6")
    assert lines[2].index("=") == lines[3].index("=")


@pytest.mark.parametrize(("mode", "expected"), [("forward", FORWARD), ("reverse", REVERSE)])
def test_one_expression_has_the_same_steps_with_other_names(mode, expected):
    found = wg.steps(whole, *POINT, mode=mode)
    assert len(found) == 5
    assert found.remarks == ("2 operations that the program repeats stand here once",)
    renamed = expected.replace("L", "whole").replace("z", "v")
    told = [line for line in spaced(found.text()) if line not in found.remarks]
    assert told == spaced(renamed)


D = r"\frac{\mathrm{d}%s}{\mathrm{d}%s}"
P = r"\frac{\partial %s}{\partial %s}"


def aligned(*lines):
    return r"\begin{aligned}[t] " + r" \\ ".join(lines) + r" \end{aligned}"


def table(*rows):
    head = "\\begin{array}{rll}\n\\text{step} & \\text{function} & \\text{derivative} \\\\ \\hline\n"
    numbered = [f"{number} & {left} & {right}" for number, (left, right) in enumerate(rows, 1)]
    return head + " \\\\[1ex]\n".join(numbered) + "\n\\end{array}"


INPUTS = aligned("w_1 &= 2.718", "w_2 &= 4")
LOGARITHM = aligned(r"z_1 &= \log(w_1)", " &= 1")
PRODUCT = aligned("z_2 &= w_2z_1", " &= 4")
ROOT = aligned(r"z_3 &= \sqrt{z_2}", " &= 2")
RESULT = aligned("L &= z_2 + z_3", " &= 6")


def dot(*factors):
    return r" \cdot ".join(factors)


LATEX_FORWARD = table(
    (INPUTS, aligned(D % ("w_1", "w_1") + " &= 1", D % ("w_2", "w_1") + " &= 0")),
    (LOGARITHM, aligned(
        D % ("z_1", "w_1") + " &= " + dot(P % ("z_1", "w_1"), D % ("w_1", "w_1")),
        " &= " + dot(r"\frac{1}{w_1}", D % ("w_1", "w_1")),
        " &= " + dot(r"\frac{1}{2.718}", "1"),
        " &= 0.3679",
    )),
    (PRODUCT, aligned(
        D % ("z_2", "w_1") + " &= " + dot(P % ("z_2", "z_1"), D % ("z_1", "w_1")),
        " &= " + dot("w_2", D % ("z_1", "w_1")),
        " &= " + dot("4", "0.3679"),
        " &= 1.472",
    )),
    (ROOT, aligned(
        D % ("z_3", "w_1") + " &= " + dot(P % ("z_3", "z_2"), D % ("z_2", "w_1")),
        " &= " + dot(r"\frac{1}{2\sqrt{z_2}}", D % ("z_2", "w_1")),
        " &= " + dot(r"\frac{1}{2\sqrt{4}}", "1.472"),
        " &= 0.3679",
    )),
    (RESULT, aligned(
        D % ("L", "w_1") + " &= " + dot(P % ("L", "z_2"), D % ("z_2", "w_1")) + " + "
        + dot(P % ("L", "z_3"), D % ("z_3", "w_1")),
        " &= " + dot("1", D % ("z_2", "w_1")) + " + " + dot("1", D % ("z_3", "w_1")),
        " &= " + dot("1", "1.472") + " + " + dot("1", "0.3679"),
        " &= 1.839",
    )),
)  # fmt: skip

LATEX_REVERSE = table(
    (RESULT, aligned(D % ("L", "L") + " &= 1")),
    (ROOT, aligned(
        D % ("L", "z_3") + " &= " + dot(D % ("L", "L"), P % ("L", "z_3")),
        " &= " + dot(D % ("L", "L"), "1"),
        " &= " + dot("1", "1"),
        " &= 1",
    )),
    (PRODUCT, aligned(
        D % ("L", "z_2") + " &= " + dot(D % ("L", "L"), P % ("L", "z_2")) + " + "
        + dot(D % ("L", "z_3"), P % ("z_3", "z_2")),
        " &= " + dot(D % ("L", "L"), "1") + " + " + dot(D % ("L", "z_3"), r"\frac{1}{2\sqrt{z_2}}"),
        " &= " + dot("1", "1") + " + " + dot("1", r"\frac{1}{2\sqrt{4}}"),
        " &= 1.25",
    )),
    (LOGARITHM, aligned(
        D % ("L", "z_1") + " &= " + dot(D % ("L", "z_2"), P % ("z_2", "z_1")),
        " &= " + dot(D % ("L", "z_2"), "w_2"),
        " &= " + dot("1.25", "4"),
        " &= 5",
    )),
    (INPUTS, aligned(
        D % ("L", "w_1") + " &= " + dot(D % ("L", "z_1"), P % ("z_1", "w_1")),
        " &= " + dot(D % ("L", "z_1"), r"\frac{1}{w_1}"),
        " &= " + dot("5", r"\frac{1}{2.718}"),
        " &= 1.839",
        D % ("L", "w_2") + " &= " + dot(D % ("L", "z_2"), P % ("z_2", "w_2")),
        " &= " + dot(D % ("L", "z_2"), "z_1"),
        " &= " + dot("1.25", "1"),
        " &= 1.25",
    )),
)  # fmt: skip


def test_forward_mode_in_latex():
    assert wg.steps(L, *POINT, mode="forward").latex() == LATEX_FORWARD


def test_reverse_mode_in_latex():
    assert wg.steps(L, *POINT).latex() == LATEX_REVERSE


def test_the_numbers_are_those_that_were_worked_out():
    forward, reverse = wg.steps(L, *POINT, mode="forward"), wg.steps(L, *POINT)
    e = math.e
    np.testing.assert_allclose([step.derivatives[-1].value for step in forward[1:]], [1 / e, 4 / e, 1 / e, 5 / e])
    np.testing.assert_allclose([step.derivatives[0].value for step in reverse], [1, 1, 1.25, 5, 5 / e])
    np.testing.assert_allclose(reverse[-1].derivatives[1].value, 1.25)


# which nodes and wires of the picture each step lights, by the signs of the nodes
LIT = {
    "forward": [
        ({"w1", "w2"}, set()),
        ({"log"}, {("w1", "log")}),
        ({"×"}, {("log", "×")}),
        ({"√"}, {("×", "√")}),
        ({"+"}, {("×", "+"), ("√", "+")}),
    ],
    "reverse": [
        ({"+"}, set()),
        ({"√"}, {("√", "+")}),
        ({"×"}, {("×", "+"), ("×", "√")}),
        ({"log"}, {("log", "×")}),
        ({"w1", "w2"}, {("w1", "log"), ("w2", "×")}),
    ],
}


@pytest.mark.parametrize("mode", LIT)
def test_the_picture_lights_the_node_and_the_wires_that_the_derivative_comes_along(mode):
    found = wg.steps(L, *POINT, mode=mode)
    signs = [node.symbol for node in found.scene.nodes]
    for step, (nodes, wires) in zip(found, LIT[mode], strict=True):
        assert {signs[place] for place in step.lighting.nodes} == nodes
        edges = [found.scene.edges[place] for place in step.lighting.edges]
        assert {(signs[edge.source], signs[edge.target]) for edge in edges} == wires


@pytest.mark.parametrize(("mode", "values", "derivatives"), [
    ("forward", [2, 3, 4, 5, 6], [2, 3, 4, 5, 6]),
    ("reverse", [6, 6, 6, 6, 6], [1, 2, 3, 4, 6]),
])  # fmt: skip
def test_numbers_come_into_the_picture_as_the_steps_go_on(mode, values, derivatives):
    found = wg.steps(L, *POINT, mode=mode)
    assert [len(step.lighting.values) for step in found] == values
    assert [len(step.lighting.derivatives) for step in found] == derivatives
    assert found.svg(0).count('class="adjoint"') < found.svg(len(found) - 1).count('class="adjoint"')
    assert found.svg(1).count("lit") > 1
