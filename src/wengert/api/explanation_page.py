"""An explanation as the sections of a page: numbers, formula, derivation, picture, steps, list, proof and bill."""

from __future__ import annotations

import inspect
import textwrap
import warnings
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np

from wengert.api.explained_formula import FormulaSection, agreement_told
from wengert.api.steps import steps
from wengert.display.page import (
    Block,
    bill_table,
    graph_table,
    paragraph,
    parts_table,
    preformatted,
    table,
    wide,
)
from wengert.display.quantities import count
from wengert.display.stepping.page import player_of_sheet
from wengert.errors import WengertError
from wengert.graph import ArrayType
from wengert.testing import Report
from wengert.testing.subject import REFUSALS

if TYPE_CHECKING:
    from wengert.api.explanation import Explanation

__all__ = ["blocks_of", "head_of"]

# longer programs have no table of steps
_MOST_STEPS: Final = 40
# a formula that is further from the traced derivative is marked
_AGREEMENT: Final = 1e-6


def head_of(explanation: Explanation) -> str:
    """The name of the function, what it says of itself, and whether its derivative passed its proof."""
    proved = max((check.order for check in explanation.proof.checks if check.outcome == "passed"), default=0)
    lost = "✗ derivative wrong" if explanation.proof.failures else "✗ derivative not proved"
    verdict = f"✓ derivative proved to order {proved}" if explanation.passed else lost
    kind = "verdict" if explanation.passed else "verdict failed"
    source = f' <span class="faint">{escape(explanation.source)}</span>' if explanation.source else ""
    summary = paragraph(explanation.summary) if explanation.summary else ""
    return f'<h1>{escape(explanation.function)}{source}</h1>{summary}<p class="{kind}">{verdict}</p>'


def blocks_of(explanation: Explanation, theme: str, max_lines: int | None) -> list[Block]:
    """All sections of the page."""
    # what is not finite stands on the page, so that it needs no warning
    with np.errstate(all="ignore"):
        return _blocks(explanation, theme, max_lines)


def _blocks(explanation: Explanation, theme: str, max_lines: int | None) -> list[Block]:
    scalar = _is_scalar(explanation)
    listing = explanation.listing
    found = [
        Block("numbers", "Numbers", _numbers(explanation)),
        Block("formula", "Formula", _formula(explanation.formula)),
        Block("derivation", "Derivation", _derivation(explanation.formula)),
        Block("picture", "Picture", _picture(explanation, scalar, theme)),
        Block("steps", "Steps", _steps(explanation, scalar, theme)),
        Block(
            "list", "Wengert list", paragraph(count(len(listing), "equation")) + graph_table(listing.graph, max_lines)
        ),
        Block("proof", "Proof", _proof(explanation.proof)),
        Block("bill", "Bill", bill_table(explanation.bill) + paragraph(" ".join(explanation.bill.remarks()), "faint")),
    ]
    if explanation.origin is not None:
        found.insert(1, Block("nan", "NaN or infinity", preformatted(str(explanation.origin))))
    if explanation.notes:
        found.append(Block("notes", "Notes", "".join(map(paragraph, explanation.notes))))
    return found


def _is_scalar(explanation: Explanation) -> bool:
    kinds = [output.type for output in explanation.listing.graph.outputs]
    return len(kinds) == 1 and isinstance(kinds[0], ArrayType) and kinds[0].shape == () and kinds[0].kind == "f"


def _numbers(explanation: Explanation) -> str:
    pieces = []
    call = explanation.explained
    if call is not None:
        try:
            pieces.append(preformatted(textwrap.dedent(inspect.getsource(call.function)).strip()))
        except (OSError, TypeError):
            pieces.append(paragraph("The text of the function cannot be read.", "faint"))
    pieces += ["<h3>Arguments</h3>", parts_table(explanation.inputs, previews=False)]
    pieces += ["<h3>Value</h3>", parts_table(explanation.value)]
    for title, lines, parts in explanation.derivative.tables():
        pieces.append(f"<h3>{escape(title)}</h3>")
        pieces += [paragraph(line, "faint") for line in lines]
        pieces.append(parts_table(parts) if parts else "")
    return "".join(pieces)


def _formula(found: FormulaSection) -> str:
    if found.form is None:
        return paragraph(f"There is none: {found.missing}")
    pieces = ["<h3>function</h3>", wide(found.form.function.mathml())]
    for name, made in found.formulas.items():
        error = found.errors[name]
        far = error is not None and error > _AGREEMENT
        pieces += [f"<h3>{escape(f'{made.what} in {name}')}</h3>", wide(made.mathml())]
        pieces.append(paragraph(agreement_told(error), "failed" if far else "faint"))
        pieces.append(f"<details><summary>LaTeX and NumPy code</summary>{preformatted(made.latex())}")
        pieces.append(f"{preformatted(made.python())}</details>")
    pieces += [paragraph(f"{name} is the value of the function", "faint") for name in found.values]
    pieces += [paragraph(line, "faint") for line in found.domain]
    return "".join(pieces)


def _derivation(found: FormulaSection) -> str:
    if found.form is None:
        return paragraph("A derivation belongs to a formula, and there is none.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return wide(found.form.derivation().mathml())
    except REFUSALS as error:
        return paragraph(f"There is none: {error}")


def _picture(explanation: Explanation, scalar: bool, theme: str) -> str:
    listing = explanation.listing
    told = "Values stand above the wires"
    told += ", derivatives of the result below them." if scalar else "."
    pieces = [paragraph(told, "faint"), wide(listing.svg(adjoints=scalar, theme=theme))]
    if scalar:
        derivative = listing.derivative()
        pieces += ["<h3>The graph of the derivative</h3>"]
        pieces += [paragraph("Dashed wires are what the backward part needs of the forward one.", "faint")]
        pieces += [wide(derivative.svg(theme=theme))]
    return "".join(pieces)


def _steps(explanation: Explanation, scalar: bool, theme: str) -> str:
    equations = len(explanation.listing)
    call = explanation.explained
    if call is None or equations > _MOST_STEPS:
        return paragraph(
            f"The program has {count(equations, 'operation')}, too many for a table of steps; "
            f"wengert.steps(f, ..., most_steps=20) shows the first and the last."
        )
    names = [part.name for part in explanation.inputs if part.note]
    mode = "reverse" if scalar else "forward"
    try:
        found = steps(call.program, *call.inputs, mode=mode, wrt=names if scalar else names[0])
    except WengertError as error:
        return paragraph(f"There are none: {' '.join(str(error).removeprefix('steps: ').split())}")
    return player_of_sheet(found, theme)


def _proof(report: Report) -> str:
    rows = [
        [check.name, str(check.order), check.mode, check.outcome, f"{check.count - check.undecided} of {check.count}",
         f"{check.error:.1e}", f"{check.allowed:.1e}"]
        for check in report.checks
    ]  # fmt: skip
    header = ["test", "order", "mode", "outcome", "decided", "largest error", "allowed"]
    kinds = ["", "figure", "", "", "figure", "figure", "figure"]
    said = "".join(_remarks(report))
    return (
        paragraph(f"{report.summary()}.", "passed" if report.passed else "failed") + said + table(header, rows, kinds)
    )


def _remarks(report: Report) -> Iterator[str]:
    if not report.passed:
        # which holds what the tests have to say
        yield preformatted(report.account())
        return
    for check in report.checks:
        if check.detail:
            yield paragraph(f"{check.title}: {check.detail}", "faint")
