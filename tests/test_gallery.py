"""The gallery and the problem book show what is derived, and every formula is LaTeX that MathJax knows."""

from __future__ import annotations

import importlib
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import wengert as wg
from wengert.display.latex_lines import broken, visible_width

DOCS = Path(__file__).parents[1] / "docs"
if str(DOCS) not in sys.path:
    sys.path.insert(0, str(DOCS))
generate = importlib.import_module("generate")
gallery = importlib.import_module("closed_form_gallery.rows")

PAGES = [
    page for page in generate.PARTS if page.parent.name in ("gallery", "problems") or page.name == "text-language.md"
]
ROWS = [row for letter in ("R", *gallery.GROUPS) for row in gallery.rows_of(letter)]
BLOCKS = {
    f"{page.parent.name}/{page.stem} {number}": block
    for page in PAGES
    for number, block in enumerate(re.findall(r"^\$\$\n(.*?)\n\$\$$", page.read_text(encoding="utf-8"), re.M | re.S))
}
# what the text and the fences of MathJax's TeX know without an extension
KNOWN = {
    "begin", "end", "left", "right", "frac", "tfrac", "sqrt", "text", "quad", "qquad", "operatorname", "mathrm",
    "mathbf", "mathbb", "langle", "rangle", "lVert", "rVert", "lvert", "rvert", "in", "times", "top", "circ", "odot",
    "oslash", "cdot", "nabla", "partial", "succeq", "preceq", "checkmark", "beta", "mu", "sigma", "lambda", "ell",
    "exp", "log", "sin", "cos", "tanh", "det", "max", "min", "mapsto", "otimes", "delta", "ge", "le", "ne", "sum",
    "prod",
}  # fmt: skip
PAIRS = {
    "{": "}", "(": ")", "[": "]", r"\lVert": r"\rVert", r"\lvert": r"\rvert",
    r"\langle": r"\rangle", r"\begin{aligned}": r"\end{aligned}",
}  # fmt: skip
TOKEN = re.compile(r"\\(?:begin|end)\{aligned\}|\\[A-Za-z]+|\\.|[{}()\[\]]")


def unclosed(latex):
    """The brackets that are open at the end, or the one that closes another."""
    waiting = []
    for token in TOKEN.findall(re.sub(r"\\(?:left|right)(?![a-z])", "", latex)):
        if token in PAIRS:
            waiting.append(PAIRS[token])
        elif token in PAIRS.values() and (not waiting or waiting.pop() != token):
            return [token]
    return waiting


def assert_is_for_mathjax(latex):
    assert latex.isascii()
    assert set(re.findall(r"\\([A-Za-z]+)", latex)) <= KNOWN
    assert unclosed(latex) == []
    for cell in re.split(r"&|\\\\", re.sub(r"\\(?:begin|end)\{aligned\}", "", latex)):
        assert cell.count("{") == cell.count("}"), cell
        assert cell.count(r"\left") == cell.count(r"\right"), cell


@pytest.mark.parametrize(
    ("page", "part"),
    [(page, part) for page in PAGES for part in generate.PARTS[page]],
    ids=lambda it: getattr(it, "stem", it),
)
def test_pages_are_up_to_date(page, part):
    found = generate.part_of(page, part).splitlines()
    assert found == generate.PARTS[page][part]().splitlines(), f"run: python docs/generate.py {page}"


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_formulas_on_the_pages_are_for_mathjax(block):
    assert_is_for_mathjax(block)
    # the inverse of a transposed name is one power
    assert not re.search(r"\([A-Za-z]\^\\top\)\^", block)


def test_every_row_of_the_exam_is_on_a_page():
    assert len(ROWS) == len(gallery.TITLES) == len({row.title for row in ROWS})
    parts = [generate.part_of(page, part) for page in PAGES for part in generate.PARTS[page]]
    # its formulas, and their derivation
    assert sum(part.count("$$\n\\begin{aligned}") for part in parts) == 2 * len(ROWS)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.known, self.text = [], set(), ""

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.known.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("row", ROWS[::6], ids=lambda row: row.name)
@pytest.mark.parametrize("level", ["short", "full"])
def test_derivations_at_other_levels_are_for_mathjax_and_for_html(row, level):
    derivation = row.form().derivation(level)
    assert_is_for_mathjax(derivation.latex())
    tags = Tags()
    tags.feed(derivation.html())
    assert tags.open == []
    assert tags.known == {"table", "tr", "td"}
    # everything that the text says can be read in the table
    assert all(step.right in tags.text and step.rule in tags.text for step in derivation.steps)


@pytest.mark.parametrize("style", ["inner", "transpose"])
def test_derivations_in_several_variables_are_for_mathjax_and_for_html(style):
    symbols = wg.Matrix("U", "m k"), wg.Matrix("V", "n k"), wg.Matrix("A", "m n")
    form = wg.derive(lambda U, V, A: ((U @ V.T - A) ** 2).sum(), *symbols, wrt=("U", "V"))
    derivation = form.derivation(style=style)
    assert_is_for_mathjax(derivation.latex())
    assert_is_for_mathjax(form.gradient["U"].latex(style=style))
    tags = Tags()
    tags.feed(derivation.html())
    assert tags.open == []


def test_names_are_escaped_in_html():
    def f(x):
        return x @ x

    f.__name__ = "<script>"
    form = wg.derive(f, wg.Vector("x", "n"))
    shown = form.derivation().html()
    assert "<script>" not in shown
    tags = Tags()
    tags.feed(shown)
    assert tags.open == []


@pytest.mark.parametrize(
    ("latex", "widest", "lines"),
    [
        (r"A + B", 10, [r"A + B"]),
        (r"A^\top BCD + (C + D)E", 11, [r"A^\top BCD", "{} + (C + D)E"]),
        (r"AAAA(B + C)", 8, [r"AAAA(B", "{} + C)"]),
        (r"\frac{A + B + C + D}{x}", 5, [r"\frac{A + B + C + D}{x}"]),
        (r"\left(\frac{A}{x} + \frac{B}{x} + C\right)", 5, [r"\left(\frac{A}{x} + \frac{B}{x} + C\right)"]),
        (r"\langle A + B,\, C\rangle - DEFG", 11, [r"\langle A + B,\, C\rangle", "{} - DEFG"]),
        ("ABCDEFGH", 3, ["ABCDEFGH"]),
        ("-A - B", 3, ["-A", "{} - B"]),
        ("", 3, [""]),
    ],
)
def test_lines_end_between_terms(latex, widest, lines):
    assert broken(latex, widest) == lines


def test_long_sums_are_broken_in_time_that_grows_with_their_length():
    terms = " + ".join(r"\frac{\lVert x\rVert A_{1}^\top}{2}" for _ in range(20_000))
    lines = broken(terms)
    assert max(map(visible_width, lines)) <= 100
    assert terms.count("+") == sum(line.count("+") for line in lines)
