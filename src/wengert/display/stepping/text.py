"""The steps of a sweep in lines of Unicode."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wengert.display.stepping.table import Derivative, Function, Line, Sheet, Step

__all__ = ["text_of_sheet", "text_of_step"]

_GAP: Final = 4
# a function of more characters stands above its derivative, and not beside it
_WIDEST: Final = 44
_NOTE: Final = 100


def text_of_sheet(sheet: Sheet) -> str:
    """The heading, then the steps: the number, what is computed, and beside it the derivative."""
    cells = [(step, _functions(step), _derivatives(step)) for step in sheet.steps]
    width = max((len(line) for _, left, _ in cells for line in left if len(line) <= _WIDEST), default=0)
    numbers = max((len(_number(step)) for step in sheet.steps), default=1)
    lines = [str(sheet.heading), sheet.about, *sheet.remarks, ""]
    for step, left, right in cells:
        lines += _rows(step, left, right, numbers, width)
    return "\n".join(lines)


def text_of_step(step: Step) -> str:
    """One step by itself."""
    left, right = _functions(step), _derivatives(step)
    width = max((len(line) for line in left if len(line) <= _WIDEST), default=0)
    return "\n".join(_rows(step, left, right, len(_number(step)), width))


def _number(step: Step) -> str:
    return str(step.number) if step.count == 1 else f"{step.number}–{step.number + step.count - 1}"


def _rows(step: Step, left: Sequence[str], right: Sequence[str], numbers: int, width: int) -> list[str]:
    """The lines of a step, one cell beside the other where the first is not too wide."""
    first = f"{_number(step):>{numbers}}  "
    blank = " " * len(first)
    margin = blank + " " * (width + _GAP)
    said = [margin + line for note in step.notes for line in textwrap.wrap(f"({note})", _NOTE)]
    if step.kind == "folded":
        return [first + left[0]]
    if any(len(line) > _WIDEST for line in left):
        rows = [f"{blank}{line}" for line in left] + [margin + line for line in right]
    else:
        pairs = zip_longest(left, right, fillvalue="")
        rows = [f"{blank}{one:<{width + _GAP}}{other}".rstrip() for one, other in pairs]
    rows[0] = first + rows[0].removeprefix(blank)
    return [*rows, *said]


def _functions(step: Step) -> list[str]:
    if step.kind == "folded":
        return [step.note]
    return [line for function in step.functions for line in _function(function)]


def _function(function: Function) -> list[str]:
    return _aligned(function.name, function.chain())


def _derivatives(step: Step) -> list[str]:
    return [line for derivative in step.derivatives for line in _derivative(derivative)]


def _derivative(derivative: Derivative) -> list[str]:
    """The chain of equations, with the shapes beside the formula."""
    lines = _aligned(derivative.name, derivative.chain())
    place = next((k for k, line in enumerate(derivative.chain()) if line is derivative.formula), 0)
    if derivative.shapes and (derivative.formula is not None or "," not in lines[-1]):
        lines[place] += f"   {derivative.shapes}"
    return lines


def _aligned(name: Line, chain: Iterable[Line]) -> list[str]:
    """`name = line` with further lines under the first."""
    left = str(name)
    heads = [left, *[" " * len(left)] * 99]
    return [f"{head} = {line}" for head, line in zip(heads, chain, strict=False)]
