"""The steps of a sweep as HTML: a table that is read without a script, and a player over it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from wengert.display.page import whole_page
from wengert.display.picture.svg import svg
from wengert.display.stepping.player import SCRIPT, style_of_player
from wengert.display.stepping.table import Derivative, Function, Line, Sheet, Step

__all__ = ["page_of_sheet", "player_of_sheet"]

# a longer program is folded away
_SHORT: Final = 14
_WHOLE: Final = "body{margin:0 auto;max-width:1180px;padding:8px}"


def page_of_sheet(sheet: Sheet, theme: str = "auto") -> str:
    """A page by itself, without anything that is fetched.

    Raises
    ------
    ArgumentError
        There is no such theme.
    """
    return whole_page(f"{sheet.name}, {sheet.mode} mode", _WHOLE, player_of_sheet(sheet, theme), theme)


def player_of_sheet(sheet: Sheet, theme: str = "auto") -> str:
    """The same as a piece of a page, such as the output of a cell of a notebook."""
    remarks = "".join(f"<li>{escape(remark)}</li>" for remark in sheet.remarks)
    rows = "\n".join(_row(step) for step in sheet.steps)
    opened = ' open=""' if sheet.program.count("\n") < _SHORT else ""
    parts = [
        f'<section class="wg-steps" tabindex="0" aria-label="{escape(sheet.name)}, {sheet.mode} mode, step by step" '
        f'data-values="{_since(sheet, "values")}" data-derivatives="{_since(sheet, "derivatives")}">',
        f"<style>{style_of_player(theme)}</style>",
        f"<h2>{_math(sheet.heading)}</h2>",
        f'<p class="about">{escape(sheet.about)}</p>',
        f"<ul>{remarks}</ul>" if remarks else "",
        f"<details{opened}><summary>program</summary><pre>{escape(sheet.program)}</pre></details>",
        f'<div class="picture">{svg(sheet.scene, theme)}</div>',
        '<div class="controls" hidden=""><button type="button">← previous</button>'
        '<button type="button">next →</button><span class="place" aria-live="polite"></span></div>',
        '<div class="card" hidden=""></div>',
        '<table class="steps"><thead><tr><th scope="col" class="number">step</th>'
        '<th scope="col" class="function">function</th>'
        '<th scope="col" class="derivative">derivative by the chain rule</th></tr></thead>',
        f"<tbody>\n{rows}\n</tbody></table>",
        f"<script>{SCRIPT}</script></section>",
    ]
    return "\n".join(part for part in parts if part)


def _since(sheet: Sheet, what: str) -> str:
    """For each node of the picture the first step, counted from zero, at which its number is known."""
    never = len(sheet.steps)
    first = [never] * len(sheet.scene.nodes)
    for place, step in reversed(list(enumerate(sheet.steps))):
        for node in getattr(step.lighting, what):
            first[node] = place
    return " ".join(map(str, first))


def _row(step: Step) -> str:
    lighting = step.lighting
    number = str(step.number) if step.count == 1 else f"{step.number}–{step.number + step.count - 1}"
    lit = f'data-nodes="{_listed(lighting.nodes)}" data-edges="{_listed(lighting.edges)}"'
    if step.kind == "folded":
        said = f'<td class="function" colspan="2">{escape(step.note)}</td>'
        return f'<tr class="folded" {lit}><td class="number">{number}</td>{said}</tr>'
    functions = "".join(map(_function, step.functions))
    source = f'<div class="source">{escape(step.source)}</div>' if step.source else ""
    derivatives = "".join(map(_derivative, step.derivatives))
    notes = "".join(f'<div class="note">{escape(note)}</div>' for note in step.notes)
    return (
        f'<tr {lit}><td class="number">{number}</td><td class="function">{functions}{source}</td>'
        f'<td class="derivative">{derivatives}{notes}</td></tr>'
    )


def _listed(places: Sequence[int]) -> str:
    return " ".join(map(str, places))


def _function(function: Function) -> str:
    return _chain(function.name, [_math(line) for line in function.chain()])


def _derivative(derivative: Derivative) -> str:
    """The chain of equations; shapes stand under the factors of products, otherwise beside the formula."""
    lines = []
    for line in derivative.chain():
        whole = line is derivative.formula
        shown = _math(derivative.shaped if whole and derivative.shaped is not None else line)
        if whole and derivative.shaped is None and derivative.shapes:
            shown += f'<span class="shapes">{escape(derivative.shapes)}</span>'
        lines.append(shown)
    return _chain(derivative.name, lines)


def _chain(name: Line, lines: Iterable[str]) -> str:
    """Equations under one another, with their signs of equality in a column."""
    cells = []
    for place, line in enumerate(lines):
        left = "" if place else _math(name)
        cells.append(f'<span class="left">{left}</span><span>=</span><span class="right">{line}</span>')
    return f'<div class="chain">{"".join(cells)}</div>'


def _math(line: Line) -> str:
    return f'<math displaystyle="true">{line.mathml()}</math>'
