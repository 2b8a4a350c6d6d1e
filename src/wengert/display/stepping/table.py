"""The steps of a sweep as data: what is computed in each, and its derivatives by the chain rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wengert.display.notation import Notation
from wengert.display.picture.scene import Scene
from wengert.display.stepping.printers import printed
from wengert.display.stepping.text import text_of_step

__all__ = ["Derivative", "Function", "Lighting", "Line", "Sheet", "Step", "Term", "plain"]


@dataclass(frozen=True, eq=False)
class Line:
    """A formula or a number; `str()` is a line of text."""

    notation: Notation = field(repr=False)
    scalar: bool = True

    def __str__(self) -> str:
        return printed(self.notation, "text", self.scalar)

    def __repr__(self) -> str:
        return f"<{self}>"

    def latex(self) -> str:
        """In LaTeX, without the dollars around it."""
        return printed(self.notation, "latex")

    def mathml(self) -> str:
        """As elements of MathML, without the `math` element around them."""
        return printed(self.notation, "mathml")


@dataclass(frozen=True, eq=False)
class Term:
    """One summand of the chain rule: what comes along one wire.

    Attributes
    ----------
    of, by
        The names of the values whose local derivative ∂of/∂by it has as a factor.
    formula
        The product, where the local derivative has a formula.
    value
        Its number, an array of the shape of the derivative.
    """

    of: str
    by: str
    formula: Line | None
    value: Any


@dataclass(frozen=True, eq=False)
class Derivative:
    """A derivative by the chain rule.

    Attributes
    ----------
    name
        dz2/dw1, or dh or h̄ where there are arrays.
    symbols
        The chain rule, with names for the local derivatives; None for a seed, and where nothing comes along.
    formula
        The same with formulas for them; None where one of them has none, and `note` says so.
    numbers
        The formula with numbers in the place of names; None where there are large arrays.
    number
        The value as it is printed.
    shaped
        The formula with the shapes of arrays under them, where there are products of arrays.
    value
        The number or array itself.
    terms
        What it is a sum of.
    note
        What is to be said of it.
    shapes
        Of the factors of a product, `(5×3)·(3)`, otherwise of the derivative; empty for a number.
    """

    name: Line
    number: Line
    value: Any
    symbols: Line | None = None
    formula: Line | None = None
    numbers: Line | None = None
    shaped: Line | None = None
    terms: tuple[Term, ...] = ()
    note: str = ""
    shapes: str = ""

    def chain(self) -> list[Line]:
        """What stands between the signs of equality, each line once."""
        return distinct([self.symbols, self.formula, self.numbers, self.number])


@dataclass(frozen=True, eq=False)
class Function:
    """What a step computes: `name = formula = number`; an input has no formula."""

    name: Line
    formula: Line | None
    number: Line
    value: Any

    def chain(self) -> list[Line]:
        """What stands between the signs of equality, each line once."""
        return distinct([self.formula, self.number])


@dataclass(frozen=True)
class Lighting:
    """What the picture shows at a step: places of nodes and edges that are lit, and of nodes with known numbers."""

    nodes: tuple[int, ...] = ()
    edges: tuple[int, ...] = ()
    values: tuple[int, ...] = ()
    derivatives: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a sweep; `str()` is its rows of the table.

    Attributes
    ----------
    number
        Counted from one; of steps that are folded, the first.
    kind
        `"inputs"`, `"operation"`, or `"folded"` for steps that are counted and not written out.
    functions
        What is computed: one for an operation with one result, one for each input.
    derivatives
        By the chain rule, one for each of the functions that has any.
    note
        What is to be said of the step.
    source
        The line of the program, such as `model.py:12`.
    count
        How many steps it stands for.
    lighting
        What the picture shows.
    """

    number: int
    kind: str
    functions: tuple[Function, ...] = ()
    derivatives: tuple[Derivative, ...] = ()
    note: str = ""
    source: str = ""
    count: int = 1
    lighting: Lighting = field(default_factory=Lighting, repr=False)

    def __str__(self) -> str:
        return text_of_step(self)

    @property
    def notes(self) -> list[str]:
        """What is to be said of it and of its derivatives."""
        said = [self.note, *(derivative.note for derivative in self.derivatives)]
        return list(dict.fromkeys(note for note in said if note))

    def to_dict(self) -> dict[str, Any]:
        """As plain dicts, lists, strings and numbers, which JSON takes; a number that JSON has not is a string."""
        return {
            "number": self.number,
            "kind": self.kind,
            "count": self.count,
            "functions": [_function_dict(function) for function in self.functions],
            "derivatives": [_derivative_dict(derivative) for derivative in self.derivatives],
            "notes": self.notes,
            "source": self.source,
        }


@dataclass(frozen=True, eq=False)
class Sheet:
    """Steps with what stands above them.

    Attributes
    ----------
    name
        Of the function.
    mode
        `"forward"` or `"reverse"`.
    about
        What the mode does, and what its derivatives mean, in a sentence.
    remarks
        What else is to be said: of operations that are one step, and of steps that are folded.
    program
        The source of the function, or its Wengert list where that is not at hand.
    heading
        The function and its value.
    scene
        The picture, with all numbers in it.
    steps
        In the order of the sweep.
    """

    name: str
    mode: str
    about: str
    remarks: tuple[str, ...]
    program: str = field(repr=False)
    heading: Line
    scene: Scene = field(repr=False)
    steps: tuple[Step, ...] = field(repr=False)


def distinct(lines: list[Line | None]) -> list[Line]:
    """Lines without those that look like the one before them."""
    found: list[Line] = []
    for line in lines:
        if line is not None and not (found and str(found[-1]) == str(line)):
            found.append(line)
    return found


def _function_dict(function: Function) -> dict[str, Any]:
    return {"name": str(function.name), "formula": _text(function.formula), "value": plain(function.value)}


def _derivative_dict(derivative: Derivative) -> dict[str, Any]:
    lines: Mapping[str, Line | None] = {
        "symbols": derivative.symbols,
        "formula": derivative.formula,
        "numbers": derivative.numbers,
    }
    return {
        "name": str(derivative.name),
        **{key: _text(line) for key, line in lines.items()},
        "latex": {key: None if line is None else line.latex() for key, line in lines.items()},
        "value": plain(derivative.value),
        "terms": [
            {"of": term.of, "by": term.by, "formula": _text(term.formula), "value": plain(term.value)}
            for term in derivative.terms
        ],
    }


def _text(line: Line | None) -> str | None:
    return None if line is None else str(line)


def plain(value: Any) -> Any:
    """A number or array in what JSON has: lists, and strings for what is no finite real number."""
    if value is None:
        return None
    found = np.asarray(value).tolist()
    return _finite(found)


def _finite(found: Any) -> Any:
    if isinstance(found, list):
        return [_finite(entry) for entry in found]
    if isinstance(found, complex) or (isinstance(found, float) and not np.isfinite(found)):
        return str(found)
    return found
