"""What `explain` returns: data to look into, to print, to write as JSON, and as a page."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from wengert.api.explained_formula import FormulaSection, formula_of
from wengert.api.explanation_page import blocks_of, head_of
from wengert.api.listing import WengertList
from wengert.api.nan_report import NanReport
from wengert.api.picture import show_page
from wengert.display.bill import Bill
from wengert.display.page import document, piece
from wengert.display.parts import Part, part_lines, plain
from wengert.display.quantities import count
from wengert.display.sections import Section, folded, sections_text
from wengert.testing import Report

__all__ = ["Explained", "Explanation", "Gradient", "Products"]

PRINTED_LINES: Final = 40
PAGE_LINES: Final = 200


@dataclass(frozen=True)
class Explained:
    """The call that is explained, from which the formula and the steps are made when they are asked for.

    `function` was called with `args` and `kwargs`; `program` computes its results with a derivative from `inputs`, the
    arrays and floats among the arguments.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    program: Callable[..., Any]
    inputs: tuple[Any, ...]


@dataclass(frozen=True)
class Gradient:
    """The gradient of a scalar function, one part per array."""

    parts: tuple[Part, ...]

    def sections(self) -> list[Section]:
        """For print."""
        return [("Gradient", part_lines(self.parts))]

    def tables(self) -> list[tuple[str, list[str], tuple[Part, ...]]]:
        """For a page: titles, remarks and values."""
        return [("Gradient", [], self.parts)]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"gradient": [part.to_dict() for part in self.parts]}


@dataclass(frozen=True)
class Products:
    """The Jacobian of a function with many results, through its products with random vectors.

    `pushed` is J v for the tangents v, `pulled` is u J for the cotangents u; `jacobian` holds the matrix
    itself where it is small.
    """

    shapes: tuple[tuple[str, tuple[int, ...]], ...]
    tangents: tuple[Part, ...]
    pushed: tuple[Part, ...]
    cotangents: tuple[Part, ...]
    pulled: tuple[Part, ...]
    jacobian: tuple[Part, ...]
    seed: int

    def sections(self) -> list[Section]:
        """For print."""
        return [(title, [*lines, *part_lines(parts)]) for title, lines, parts in self.tables()]

    def tables(self) -> list[tuple[str, list[str], tuple[Part, ...]]]:
        """For a page: titles, remarks and values."""
        shapes = [] if self.jacobian else [f"{name}  shape {shape}" for name, shape in self.shapes]
        drawn = f"random, seed {self.seed}"
        return [
            ("Jacobian", ["Axes of the result first, then those of the argument.", *shapes], self.jacobian),
            (f"Jacobian-vector product J v (v {drawn})", [], self.pushed),
            (f"Vector-Jacobian product u J (u {drawn})", [], self.pulled),
        ]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        names = ("tangents", "pushed", "cotangents", "pulled", "jacobian")
        return {
            "jacobian_shapes": {name: list(shape) for name, shape in self.shapes},
            **{name: [part.to_dict() for part in getattr(self, name)] for name in names},
        }


@dataclass(frozen=True)
class Explanation:
    """What `explain` found out about a function at a point.

    `print` shows it, `to_dict` gives it for JSON, and `html` as a page with formula, derivation, picture and steps.

    Attributes
    ----------
    function, source, summary
        The name of the function, its file and line, and the first line of its docstring.
    inputs
        Every array and number among the arguments; `note` says which are differentiated.
    listing
        The Wengert list.
    value
        The results, as the plain function returned them.
    derivative
        The gradient, or for other results than one real number the products with the Jacobian.
    proof
        The report of `check_derivatives`.
    bill
        Time, operations and memory.
    notes
        Warnings that were given, and what was decided on the way.
    origin
        Where a value or derivative that is not finite comes from, as `wengert.explain_nan` says it; None if all are.
    explained
        The call itself.
    """

    function: str
    source: str
    summary: str
    inputs: tuple[Part, ...]
    listing: WengertList
    value: tuple[Part, ...]
    derivative: Gradient | Products
    proof: Report
    bill: Bill
    notes: tuple[str, ...]
    origin: NanReport | None = None
    explained: Explained | None = field(default=None, repr=False, compare=False)

    @property
    def passed(self) -> bool:
        """Whether the derivative passed its proof."""
        return self.proof.passed

    @functools.cached_property
    def formula(self) -> FormulaSection:
        """The formula of the derivative, or why there is none."""
        call = self.explained
        if call is None:
            return FormulaSection({}, {}, None, "the function was not kept")
        names = [part.name for part in self.inputs if part.note]
        found = self.derivative
        parts = found.parts if isinstance(found, Gradient) else found.jacobian
        traced = [part.value for part in parts]
        return formula_of(call.function, call.args, call.kwargs, names, traced, len(self.listing))

    def html(self, theme: str = "auto", max_lines: int | None = PAGE_LINES) -> str:
        """One page by itself, without anything that is fetched.

        It shows the program, the numbers, the formula and its derivation, the graph with values and adjoints, the
        steps of the derivative, the Wengert list, the proof and the bill.

        Parameters
        ----------
        theme
            `"auto"` follows the reader's system, `"light"` and `"dark"` do not. Paper is always light.
        max_lines
            A Wengert list of more equations is folded in the middle.

        Raises
        ------
        ArgumentError
            There is no such theme.

        >>> import wengert as wg
        >>> page = wg.explain(lambda x: x * x, 3.0).html()
        >>> page.startswith("<!DOCTYPE html>"), "<script src" in page
        (True, False)
        """
        title = f"{self.function}, explained"
        return document(title, head_of(self), blocks_of(self, theme, max_lines), theme)

    def _repr_html_(self) -> str:
        return piece(head_of(self), blocks_of(self, "auto", PAGE_LINES))

    def show(self, theme: str = "auto") -> None:
        """Show the page: in a notebook below the cell, elsewhere in the browser. Raises as `html` does."""
        show_page(piece(head_of(self), blocks_of(self, theme, PAGE_LINES), theme))

    def __str__(self) -> str:
        return self.text()

    def text(self, max_lines: int | None = PRINTED_LINES) -> str:
        """The whole account; a Wengert list of more than `max_lines` equations is folded in the middle."""
        head = [f"{self.function}{f'  ({self.source})' if self.source else ''}"]
        sections: list[Section] = [
            ("Function", [*head, *([self.summary] if self.summary else [])]),
            ("Inputs", part_lines(self.inputs, previews=False)),
            (f"Wengert list, {count(len(self.listing), 'equation')}", _folded_list(self.listing, max_lines)),
            ("Value", part_lines(self.value)),
            *self.derivative.sections(),
            *([("NaN or infinity", str(self.origin).splitlines())] if self.origin else []),
            ("Proof", [str(self.proof) if self.passed else self.proof.account()]),
            ("Bill", self.bill.lines()),
        ]
        if self.notes:
            sections.append(("Notes", self.notes))
        return sections_text(sections)

    def to_dict(self, max_lines: int | None = None) -> dict[str, Any]:
        """Everything as plain Python values, ready for JSON; large arrays are summarised, NaN is a string."""
        found = {
            "function": self.function,
            "source": self.source,
            "summary": self.summary,
            "passed": self.passed,
            "inputs": [part.to_dict() for part in self.inputs],
            "wengert_list": {
                "equations": len(self.listing),
                "lines": _folded_list(self.listing, max_lines),
            },
            "value": [part.to_dict() for part in self.value],
            **self.derivative.to_dict(),
            "origin": str(self.origin) if self.origin else None,
            "proof": self.proof.to_dict(),
            "bill": self.bill.to_dict(),
            "notes": list(self.notes),
        }
        return plain(found)  # type: ignore[no-any-return]


def _folded_list(listing: WengertList, most: int | None) -> list[str]:
    first, *body, last = str(listing).splitlines()
    return [first, *folded(body, most), last]
