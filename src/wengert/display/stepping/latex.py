"""The steps of a sweep in LaTeX, in what MathJax knows of it."""

from __future__ import annotations

from collections.abc import Iterable

from wengert.display.stepping.printers import escaped
from wengert.display.stepping.table import Line, Sheet, Step

__all__ = ["latex_of_derivatives", "latex_of_sheet"]


def latex_of_sheet(sheet: Sheet) -> str:
    """An `array` with a row a step, without the dollars around it."""
    head = r"\text{step} & \text{function} & \text{derivative} \\ \hline"
    rows = [_row(step) for step in sheet.steps]
    return "\n".join([r"\begin{array}{rll}", head, " \\\\[1ex]\n".join(rows), r"\end{array}"])


def latex_of_derivatives(step: Step) -> str:
    """The derivatives of a step as an `aligned` block."""
    return _block([(derivative.name, derivative.chain()) for derivative in step.derivatives])


def _row(step: Step) -> str:
    if step.kind == "folded":
        return rf"\vdots & \text{{{escaped(step.note)}}} & \vdots"
    left = _block([(function.name, function.chain()) for function in step.functions])
    return f"{step.number} & {left} & {latex_of_derivatives(step)}"


def _block(equations: Iterable[tuple[Line, Iterable[Line]]]) -> str:
    lines = []
    for name, chain in equations:
        heads = [name.latex(), *[""] * 99]
        lines += [f"{head} &= {line.latex()}" for head, line in zip(heads, chain, strict=False)]
    inner = r" \\ ".join(lines)
    return rf"\begin{{aligned}}[t] {inner} \end{{aligned}}" if lines else ""
