"""The problem book has every problem of the lecture, and hides the derivative that is known until it is asked for."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
for place in (ROOT / "docs", ROOT / "tests" / "calculus"):
    if str(place) not in sys.path:
        sys.path.insert(0, str(place))
generate = importlib.import_module("generate")
book = importlib.import_module("closed_form_gallery.book")
titles = importlib.import_module("closed_form_gallery.titles")
exam = importlib.import_module("test_exam")

ROWS = [name for name in exam.ROWS if name.startswith("R")]
TEXTS = {chapter: (book.BOOK / f"{chapter}.md").read_text(encoding="utf-8") for chapter in book.CHAPTERS}
PROBLEMS = [problem.split() for chapter in book.CHAPTERS.values() for problem in chapter]
CHAPTER_OF = {
    name: chapter for chapter, problems in book.CHAPTERS.items() for names in problems for name in names.split()
}
PARTS = {part for chapter in book.CHAPTERS for part in book.parts_of(chapter)}
FENCE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PROGRAM = re.compile(r"<!-- begin \w+ program -->\n\n```python\n(.*?)```", re.DOTALL)


def part(name, what):
    return generate.part_of(book.BOOK / f"{CHAPTER_OF[name]}.md", f"{name} {what}")


def section(name):
    """What stands on the page from the title of a row to the next one."""
    found = re.search(
        rf"^##+ (?:\d+\. )?{titles.TITLES[name]}\n(.*?)(?=^## |^### |\Z)", TEXTS[CHAPTER_OF[name]], re.M | re.S
    )
    assert found, f"{name} has no heading on its page"
    return found[1]


def program(name):
    """The program that stands last above the solution, with what the page gives it."""
    text = TEXTS[CHAPTER_OF[name]].partition(f"<!-- begin {name} formulas -->")[0]
    scope = {}
    exec(FENCE.findall(text)[0], scope)
    exec(PROGRAM.findall(text)[-1], scope)
    return scope["f"]


def test_the_book_has_every_problem_of_the_lecture():
    assert len(PROBLEMS) == 31
    assert sorted(name for names in PROBLEMS for name in names) == sorted(ROWS)
    # what has one number is one problem; the trace and the sum of eigenvalues are one function
    numbers = [{name[:3] for name in names} for names in PROBLEMS]
    assert [found for found in numbers if len(found) > 1] == [{"R13", "R14"}]
    assert sum(map(len, numbers)) == len({name[:3] for name in ROWS})


def test_problems_are_numbered_in_the_order_of_the_book():
    listed = generate.part_of(book.BOOK / "index.md", "contents")
    expected = [f"{number}. {titles.TITLES[names[0]]}" for number, names in enumerate(PROBLEMS, 1)]
    found = [heading for text in TEXTS.values() for heading in re.findall(r"^## (.*)$", text, re.MULTILINE)]
    assert found == expected
    assert re.findall(r"^(\d+\. )\[(.*?)\]", listed, re.MULTILINE) == [
        (f"{number}. ", titles.TITLES[names[0]]) for number, names in enumerate(PROBLEMS, 1)
    ]


@pytest.mark.parametrize("name", ROWS)
def test_the_program_is_that_of_the_problem(name):
    function, names = exam.function_of(exam.ROWS[name], exam.ROWS[name]["f"])
    shown = program(name)
    assert list(inspect.signature(shown).parameters) == names
    for one in exam.derived(exam.ROWS[name]).instances:
        arguments = [one.values[name] for name in names]
        np.testing.assert_allclose(shown(*arguments), function(*arguments), rtol=1e-12)


@pytest.mark.parametrize("name", ROWS)
def test_the_code_of_the_solution_gives_the_derivatives_that_are_known(name):
    row = exam.ROWS[name]
    form = exam.derived(row)
    getattr(form, exam.KINDS[row["kind"]])
    scope = {"np": np}
    exec(FENCE.findall(part(name, "derivation"))[0], scope)
    for one in form.instances:
        # the direction of a derivative that is an operator has a name, too
        moved = random_directions(one)
        given = {**one.values, **moved}
        derivatives = scope["derivatives"](
            *[given[name] for name in inspect.signature(scope["derivatives"]).parameters]
        )
        for found, source in zip(derivatives[1:], (row["expected"], row["second"]), strict=False):
            if source:
                assert_is(found, known(row, source, one, moved))


def random_directions(one):
    random = np.random.default_rng(0)
    moved = {f"d{name}": random.normal(size=np.shape(value)) for name, value in one.values.items()}
    # a symmetric variable moves among the symmetric matrices
    return {
        name: move + move.T if np.array_equal(one.values[name[1:]], np.transpose(one.values[name[1:]])) else move
        for name, move in moved.items()
    }


def known(row, source, one, moved):
    sizes = {
        dim: one.values[name].shape[axis] for name, dims, _ in exam.variables_of(row) for axis, dim in enumerate(dims)
    }
    return np.asarray(eval(source, {"np": np, **exam.FUNCTIONS, **sizes, **moved, **one.values}))


def assert_is(found, expected):
    np.testing.assert_allclose(
        found, np.reshape(expected, np.shape(found)), rtol=1e-6, atol=1e-9 * np.abs(expected).max()
    )


@pytest.mark.parametrize("name", ROWS)
def test_a_problem_can_be_solved_before_it_is_looked_up(name):
    text = section(name)
    before, _, hidden = text.partition("<details><summary>Hint</summary>")
    assert hidden.count("<details>") == 1
    hint, _, solution = hidden.partition("<details><summary>Solution</summary>")
    assert len(hint.split()) > 5
    assert hidden.count("</details>") == 2
    assert solution.rstrip().endswith("</details>")
    assert f"<!-- begin {name} formulas -->" in solution
    assert f"<!-- begin {name} derivation -->" in solution
    # the picture shows the program, and no more
    assert before.count("{draw} wg.trace(f, ") == len(PROGRAM.findall(before))
    assert (f"<!-- begin {name} program -->" in before) == (f"{name} program" in PARTS)
