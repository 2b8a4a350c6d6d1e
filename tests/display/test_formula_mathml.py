"""Formulas in MathML: elements that are well formed, and read back as what they are."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from display.formulas import FORMULAS, VARIABLES, random_formula
from display.instances import SIZES, instance
from display.operators import N
from display.reading import read
from wengert.calculus.evaluation import evaluate
from wengert.display.formula_mathml import mathml_of
from wengert.display.naming import Written, written
from wengert.display.notation import STYLES, Manner

SIGNS = {"\u2062": " ", "\u2061": "", "⊙": " ∘ ", "⊘": " ⊘ ", ",": ", ", ">": " > ", "+": " + ", "⊤": "⊤"}
RAISED = str.maketrans("0123456789−⊤", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵀ")


def text_of(element):
    """An element as the text that the reader of printed formulas knows."""
    parts = [text_of(child) for child in element]
    match element.tag:
        case "math" | "mrow":
            whole = "".join(parts)
            return f"−{whole[3:]}" if whole.startswith(" − ") else whole.replace("( − ", "(−").replace(", − ", ", −")
        case "mo":
            return " − " if element.text == "−" else SIGNS.get(element.text, element.text)
        case "mi" | "mn":
            return element.text
        case "mspace":
            return ""
        case "mfrac":
            return f"(({parts[0]})/({parts[1]}))"
        case "msqrt":
            return f"√({''.join(parts)})"
        case "msub" if parts[0].startswith("‖"):
            return f"{parts[0]}_{parts[1]}"
        case "msub":
            return Written(*parts).text
        case "msup":
            return parts[0] + raised(parts[1].replace(" − ", "−"))
    raise AssertionError(element.tag)


def raised(exponent):
    if exponent.startswith("∘"):
        return f"^∘{{{exponent[1:]}}}"
    if set(exponent) <= set("0123456789−⊤"):
        return exponent.translate(RAISED)
    return f"^{{{exponent}}}"


def assert_reads_back(node, manner):
    text = text_of(ET.fromstring(mathml_of(node, VARIABLES, manner)))
    values = instance(node)
    paper = {written(name).text: value for name, value in values.items()}
    paper |= {dim.name: float(size) for dim, size in SIZES[0].items()}
    expected = evaluate(node, values, SIZES[0])
    found = np.broadcast_to(read(text, paper, SIZES[0][N]), np.shape(expected))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, err_msg=text)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS)
def test_formulas_are_read_as_what_they_are(formula, style):
    assert_reads_back(formula.node, Manner(style))


@pytest.mark.parametrize("seed", range(200))
def test_random_formulas_are_read_as_what_they_are(seed):
    assert_reads_back(random_formula(seed).node, Manner())
