"""The generated parts of the problem book: the program of each problem, its formulas, and how they are found."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from closed_form_gallery.page import fence, formulas, shown, told, without_figures
from closed_form_gallery.rows import Row, rows_of
from wengert.display.derivation_latex import Latex

__all__ = ["CHAPTERS", "contents", "parts_of"]

BOOK: Final = Path(__file__).parents[1] / "problems"

# characters of code beside one another on a page
_WIDEST: Final = 88
# The rows of the exam by page and problem; the rows of one problem differ in the variable or in what is assumed.
CHAPTERS: Final = {
    "linear-and-quadratic": ("R01a R01b", "R02", "R18", "R16", "R03 R03s", "R05", "R27n R27"),
    "norms": ("R06", "R07", "R22", "R23", "R28"),
    "functions-of-forms": ("R04", "R08", "R09", "R20", "R25", "R26"),
    "traces-and-determinants": ("R13 R14", "R10", "R15", "R11 R11s", "R30", "R31", "R32"),
    "likelihoods": ("R21", "R12", "R29", "R17b R17", "R24b R24W", "R19 R19s"),
}

_ERROR: Final = re.compile(r"\b\d\.\de[+-]\d\d\b")


def contents() -> str:
    """The problems of all chapters by number."""
    return "\n\n".join([_list(chapter) for chapter in CHAPTERS])


def _list(chapter: str) -> str:
    text = (BOOK / f"{chapter}.md").read_text(encoding="utf-8")
    lines = [f"**{text.splitlines()[0].removeprefix('# ')}**", ""]
    for heading in re.findall(r"^## (.*)$", text, re.MULTILINE):
        number, _, title = heading.partition(". ")
        place = re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-")
        lines.append(f"{number}. [{title}]({chapter}.md#{place})")
    return "\n".join(lines)


def parts_of(chapter: str) -> dict[str, Callable[[], str]]:
    """What makes each generated part of a page: programs, formulas, derivations."""
    named = {row.name: row for row in rows_of("R")}
    parts: dict[str, Callable[[], str]] = {}
    for problem in CHAPTERS[chapter]:
        rows = [named[name] for name in problem.split()]
        for number, row in enumerate(rows):
            if row.source not in [other.source for other in rows[:number]]:
                parts[f"{row.name} program"] = functools.partial(fence, row.source)
            solution = _Solution(row)
            parts[f"{row.name} formulas"] = solution.formulas
            parts[f"{row.name} derivation"] = solution.derivation
    return parts


@dataclass(frozen=True)
class _Solution:
    """What is found for one function."""

    row: Row

    @functools.cached_property
    def form(self) -> Any:
        return self.row.form()

    @functools.cached_property
    def made(self) -> list[Any]:
        return formulas(self.form)

    @property
    def words(self) -> list[str]:
        return [formula.what.lower() for formula in self.made]

    def formulas(self) -> str:
        derivation = self.form.derivation()
        style = Latex(derivation.account)
        return "\n\n".join([
            told(style, self.form, self.row.origin),
            shown(style, self.form, derivation, self.made),
        ])  # fmt: skip

    def derivation(self) -> str:
        return "\n\n".join([
            "The derivation:",
            f"$$\n{without_figures(self.form.derivation().latex())}\n$$",
            "The formulas as NumPy code:",
            fence(self.form.python("value", *self.words)),
            "The check:",
            fence(self._dialogue()),
        ])  # fmt: skip

    def _dialogue(self) -> str:
        """The formulas as they are asked for, and how far they are from the numbers, which differs by machine."""
        form = self.row.form()
        symbols = [f"wg.{symbol!r}".replace("'", '"') for symbol in self.row.symbols]
        lines = [_broken(f">>> form = wg.derive(f, {', '.join(symbols)})")]
        for word in self.words:
            lines += [f">>> print(form.{word})", str(getattr(form, word))]
        where, _, errors = _ERROR.sub("...", str(form.check)).partition(": ")
        return "\n".join([*lines, ">>> print(form.check)", f"{where}:", errors.replace("; ", ";\n")])


def _broken(call: str) -> str:
    """A call on two lines if one is too narrow, the second one beneath the arguments."""
    if len(call) <= _WIDEST:
        return call
    place = call.rindex(", wg.", 0, _WIDEST)
    return f"{call[: place + 1]}\n...{' ' * (call.index('(') - 2)}{call[place + 2 :]}"
