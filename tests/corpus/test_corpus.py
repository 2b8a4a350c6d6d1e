"""Every program of the corpus: its values and its derivatives, in both modes and at both orders."""

from __future__ import annotations

import copy
import importlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert import tree
from wengert.errors import WengertError

FIELDS = (
    "expressions",
    "finance",
    "gaussian_processes",
    "geometry",
    "graphs",
    "images",
    "learning",
    "linear_algebra",
    "models",
    "optimisation",
    "physics",
    "robotics",
    "signals",
    "statistics",
    "steppers",
    "with_scipy",
)
TABLES = {field: importlib.import_module(f"corpus.{field}").PROGRAMS for field in FIELDS}
# What Wengert cannot do yet, and why. The mark is strict: a program that works must be taken off the list.
AWAITED: dict[str, str] = {}


AWAITED_AT_ORDER_TWO: dict[str, str] = {}


def listed(awaited: dict[str, str]) -> list[Any]:
    """The programs as parameters of a test, marked where they are awaited."""
    found = []
    for field in FIELDS:
        for name, program in TABLES[field].items():
            label = f"{field}-{name}"
            reason = awaited.get(label)
            marks = [pytest.mark.xfail(reason=reason, raises=(WengertError, AssertionError))] if reason else []
            found.append(pytest.param(*program, id=label, marks=marks))
    return found


PROGRAMS = listed(AWAITED)
REFUSED = importlib.import_module("corpus.refused").REFUSED
ENOUGH = 80

# how people write: pattern, and in how many places it must be found
IDIOMS = {
    "zeros filled by entries": (r"= np\.zeros\(", 20),
    "zeros_like": (r"np\.zeros_like\(", 5),
    "empty": (r"np\.empty(_like)?\(", 5),
    "append and np.array": (r"\.append\(", 5),
    "concatenate with a list": (r"np\.concatenate\(\[[^]]*\[", 2),
    "copy and write": (r"\.copy\(\)", 10),
    "strided write": (r"\[1?::(2|factor)\] ?=", 2),
    "np.sum of a list": (r"np\.sum\(\[", 2),
    "builtin sum": (r"(?<![.\w])sum\(", 10),
    "builtin max and min": (r"(?<![.\w])(max|min)\(", 10),
    "builtin abs": (r"(?<![.\w])abs\(", 5),
    "tolist": (r"\.tolist\(\)", 3),
    "float": (r"(?<![.\w])float\([a-z]\w*[\[.(_]", 2),
    "math": (r"math\.(sin|cos|sqrt|exp|log|tan|hypot)\(", 20),
    "math by name": (r"from math import", 1),
    "asarray with dtype": (r"np\.asarray\([^)]*dtype=float\)", 2),
    "array of a copy": (r"copy=True", 2),
    "array with dtype": (r"np\.array\([^)]*dtype=float\)", 2),
    "atleast_1d": (r"np\.atleast_1d\(", 2),
    "isinstance": (r"isinstance\(\w+, ", 2),
    "vectorize": (r"np\.vectorize", 2),
    "reduce": (r"reduce\(", 2),
    "itertools": (r"(combinations|product)\(", 5),
    "f-strings": (r"f\"", 3),
    "print": (r"print\(", 2),
    "enumerate": (r"enumerate\(", 5),
    "zip": (r"zip\(", 5),
    "shape and len": (r"\.shape\[0\]|len\(", 20),
    "eye and write": (r"= np\.eye\(", 3),
    "dataclass": (r"@dataclass", 2),
    "class": (r"^class ", 5),
    "while": (r"while ", 5),
    "try": (r"try:", 2),
    "linalg": (r"linalg|la\.", 20),
    "mask": (r"\[~?(small|positive|bright|mask|\w+ < 0)\]", 5),
    "add.at": (r"np\.add\.at\(", 2),
    "out": (r"out=", 2),
    "in place": (r" [-+*/]= ", 30),
    "newaxis": (r"np\.newaxis", 2),
    "matmul": (r" @ ", 30),
    "dot": (r"\.dot\(", 5),
    "T": (r"\.T\b", 10),
    "outer": (r"np\.outer\(", 2),
    "einsum": (r"np\.einsum\(", 2),
    "fancy indexing": (r"np\.arange\(len\(\w+\)\), ", 2),
    "windows": (r"sliding_window_view\(", 2),
}


def split(args: tuple[Any, ...], options: dict[str, Any]) -> tuple[tuple[int, ...], dict[str, Any]]:
    """The positions that are differentiated, as the checker chooses them, and the keyword arguments."""
    keywords = dict(options)
    argnums = keywords.pop("argnums", None)
    if argnums is None:
        argnums = [i for i, arg in enumerate(args) if any(np.asarray(leaf).dtype.kind == "f" for leaf in leaves(arg))]
    return tuple(np.atleast_1d(argnums).tolist()), keywords


def leaves(nested: Any) -> list[Any]:
    return tree.flatten(nested)[0]


def assert_close(found: Any, expected: Any, tolerance: float) -> None:
    """Equal structure, and leaves as close as the largest of their entries asks for."""
    for a, b in zip(leaves(found), leaves(expected), strict=True):
        scale = np.max(np.abs(b), initial=1e-3)
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * scale)


@pytest.mark.parametrize(("program", "args", "options"), listed(AWAITED | AWAITED_AT_ORDER_TWO))
def test_the_derivatives_are_right(program, args, options):
    assert wg.check_derivatives(program, *args, order=2, **options).passed


@pytest.mark.parametrize(("program", "args", "options"), PROGRAMS)
def test_the_value_is_numpys_and_the_modes_agree(program, args, options):
    before = copy.deepcopy(args)
    places, keywords = split(args, options)

    def with_value(*given: Any) -> tuple[list[Any], list[Any]]:
        results = leaves(program(*given, **keywords))
        return results, results

    forward, value = wg.jacobian(with_value, places, mode="forward", has_aux=True)(*args)
    reverse, _ = wg.jacobian(with_value, places, mode="reverse", has_aux=True)(*args)
    assert_close(forward, reverse, 1e-9)
    # called afterwards, the plain program would also meet what tracing had left behind in caches
    assert_close(value, program(*args, **keywords), 1e-12)
    for left, given in zip(leaves(args), leaves(before), strict=True):
        np.testing.assert_array_equal(left, given)


@pytest.mark.parametrize(("program", "args", "error", "word"), REFUSED.values(), ids=REFUSED)
def test_what_has_no_derivative_is_refused(program, args, error, word):
    assert np.all(np.isfinite(program(*args)))
    with pytest.raises(error, match=word) as caught:
        wg.vjp(program, *args)
    assert "refused.py" in str(caught.value)


def test_what_is_awaited_exists():
    assert AWAITED.keys() | AWAITED_AT_ORDER_TWO.keys() <= {program.id for program in PROGRAMS}


def test_there_are_enough_programs():
    assert len(PROGRAMS) >= ENOUGH


@pytest.mark.parametrize("idiom", IDIOMS)
def test_the_idioms_occur(idiom):
    pattern, least = IDIOMS[idiom]
    sources = [path for path in Path(__file__).parent.glob("*.py") if path.name != Path(__file__).name]
    found = sum(len(re.findall(pattern, path.read_text(encoding="utf-8"), re.MULTILINE)) for path in sources)
    assert found >= least
