"""Derivations on paper: numbered lines, each an equation with its rule, as text, LaTeX and HTML."""

from __future__ import annotations

import copy
import functools
import html
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from wengert.calculus.beautify import length
from wengert.calculus.derivation import Account, Form, account, results_of
from wengert.calculus.expression import Apply, Expression, Inverse, Sum, Symbol, make, walk
from wengert.calculus.reuse import InNames
from wengert.calculus.rewriting import substituted
from wengert.display.derivation_latex import Latex
from wengert.display.derivation_mathml import Mathml
from wengert.display.derivation_style import Style
from wengert.display.derivation_words import Text
from wengert.display.formula_mathml import operator
from wengert.display.where import with_where
from wengert.errors import ArgumentError, UnsupportedError

__all__ = ["Derivation", "Step", "derivation"]


@dataclass(frozen=True)
class Step:
    """One row as it is printed: `left = right` with the rule, or a remark, beside it."""

    number: int | None
    left: str
    right: str
    rule: str


class Derivation:
    """How a closed form is found, one rule a line; every line was evaluated before it came here.

    `str()` is text, `.latex()` an `aligned` block for MathJax, `.html()` a table, `.mathml()` one with its formulas in
    MathML; `.steps` are the rows as data and `.account` is all of it as expressions.
    """

    def __init__(
        self,
        account: Account,
        style: str = "transpose",
        letters: tuple[str, str, str] | None = None,
        within: bool = False,
    ) -> None:
        self.account = account
        self._ending: tuple[Step, ...] = ()
        text, latex, mathml = letters or (None, None, None)
        self._text, self._latex = Text(account, style, text, within), Latex(account, style, latex, within)
        self._mathml = Mathml(account, style, mathml, within)

    @property
    def level(self) -> str:
        """`short`, `normal` or `full`."""
        return self.account.level

    @functools.cached_property
    def steps(self) -> tuple[Step, ...]:
        """The rows of the text, those of the results without a number."""
        return (*_rows(self.account, self._text), *self._ending[:1])

    def __str__(self) -> str:
        style = self._text
        wide = min(max(len(f"{row.left} = {row.right}") for row in self.steps), _WIDEST)
        head = f"{style.function} = {style.statement}"
        wide_head = len(head) > wide + _MARGIN
        apart = "\n" if wide_head and len(head) + len(style.spaces) > _LINE else ""
        first = f"{head}{apart}    {style.spaces}" if wide_head else _beside(head, style.spaces, wide + _MARGIN)
        lines = [first, *style.introduction]
        previous = ""
        for row in self.steps:
            shown = " " * len(row.left) if row.left == previous and row.number is not None else row.left
            number = "" if row.number is None else f"{row.number}.".ljust(_MARGIN)
            lines.append(_beside(f"{number}{shown} = {row.right}", row.rule, wide + _MARGIN))
            previous = row.left
        return "\n".join([*lines, *style.closing])

    __repr__ = __str__

    def with_ending(self, text: Step, latex: Step) -> Derivation:
        """The same with one row more, which follows from the results."""
        found = copy.copy(self)
        found._ending = (text, latex)
        return found

    def latex(self) -> str:
        """An `aligned` block without the dollars around it; rules stand in the last column."""
        style = self._latex
        rows: list[tuple[str, str, str]] = []
        previous = ""
        for row in (*_rows(self.account, style), *self._ending[1:]):
            left = "" if row.left == previous and row.number is not None else row.left
            rows.append((left, row.right, row.rule))
            previous = row.left
        return style.block(rows)

    def html(self) -> str:
        """A table that needs no other software to be read."""
        style = self._text
        first = ["", style.function, style.statement, style.spaces]
        body = [_table_row(first)]
        body += [f'<tr><td></td><td colspan="3">{html.escape(line)}</td></tr>' for line in style.introduction]
        for row in self.steps:
            number = "" if row.number is None else f"{row.number}."
            kind = "line" if row.number is not None else "result"
            body.append(_table_row([number, row.left, row.right, row.rule], kind))
        body += [f'<tr><td></td><td colspan="3">{html.escape(line)}</td></tr>' for line in style.closing]
        return '<table class="wengert-derivation">\n' + "\n".join(body) + "\n</table>"

    def mathml(self) -> str:
        """The same table with its formulas as `math` elements, which browsers draw without any other software."""
        words, style = self._text, self._mathml
        body = [_cells("", _math(style.function), _math(style.statement), html.escape(words.spaces), "statement")]
        for place, line in enumerate(style.introduction):
            left, _, right = line.partition(operator("="))
            body.append(_cells("" if place else "let", _math(left), _math(right), "", "name"))
        previous = ""
        for row, step in zip_longest(_rows(self.account, style), self.steps):
            left, right = (row.left, row.right) if row else map(style.worded, (step.left, step.right))
            number = "" if step.number is None else f"{step.number}."
            shown = "" if left == previous and number else _math(left)
            kind = "line" if number else "result"
            body.append(_cells(number, shown, _math(right), html.escape(step.rule), kind))
            previous = left
        body += [
            f'<tr class="closing"><td></td><td colspan="3">{html.escape(line)}</td></tr>' for line in words.closing
        ]
        return '<table class="wengert-derivation">\n' + "\n".join(body) + "\n</table>"

    def _repr_latex_(self) -> str:
        return f"$${self.latex()}$$"


# A result of more symbols is no reading matter.
_LONGEST = 300
# And nothing in a result of so many deserves a name.
_FAR_TOO_LONG = 1000
# Longer lines have their rule on a line of its own.
_WIDEST = 64
_LINE = 110
_MARGIN = 4


def derivation(form: Form, level: str = "normal", style: str = "transpose") -> Derivation:
    r"""How the derivatives of a closed form are found.

    Parameters
    ----------
    form
        What `wengert.api.derive.derive` returns.
    level
        `"short"` gives the outermost rule and what is read off, `"normal"` one line for each rule, `"full"` a name for
        every intermediate value and a line for every step.
    style
        `"inner"` writes all forms and traces as inner products; `"transpose"` those that are moved.

    Raises
    ------
    ArgumentError
        There is no such level, or no such style.
    CheckError
        A line is false at a random direction.

    >>> import numpy as np
    >>> from wengert.api.derive import derive
    >>> form = derive(lambda x, A, b: 0.5 * np.sum((A @ x - b) ** 2), np.ones(2), np.ones((3, 2)), np.ones(3))
    >>> print("\n".join(f"{step.left} = {step.right}" for step in derivation(form).steps[:4]))
    df = ⟨r, dr⟩
    df = ⟨r, A dx⟩
    df = ⟨Aᵀr, dx⟩
    ∇f(x) = Aᵀr
    """
    results = results_of(form)
    written = _written(form, results[0])
    found = [result[1] for result in results if result]
    told = [result for result in found if length(result) <= _FAR_TOO_LONG]
    # the function is made of what its derivatives are made of
    told += [form.expression] if len(told) < len(found) else []
    shown = [written.get(result, InNames(result)) for result in told]
    return Derivation(account(form, level, _repeated(form, shown), results, written), style)


def _written(form: Form, first: tuple[str, Expression]) -> dict[Expression, InNames]:
    """The formulas with the value of the function in them by name, and the gradient, where the gradient has it."""
    whole: Any = form
    kind, expression = first
    told = getattr(whole, kind).in_names
    if not told.names:
        return {}
    try:
        second = whole.hessian
    except (ArgumentError, UnsupportedError):
        return {expression: told}
    return {expression: told, second.expression: second.in_names}


def _repeated(form: Form, shown: list[InNames]) -> list[Expression]:
    """Parts of the results that occur more than once and are values of functions, inverses or sums."""
    results = [each.expression for each in shown]
    names = {symbol for each in shown for symbol, _ in each.names}
    _, named = with_where(results, form.symbols)
    present = {node for result in results for node in walk(result)}
    known: dict[Expression, Expression] = {}
    for name, inner in named:
        full = substituted(inner, known)
        known[make(Symbol, inner.rows, inner.cols, (name, frozenset()))] = full
    return [
        full
        for full in known.values()
        if full in present
        and names.isdisjoint(walk(full))
        and (isinstance(full, (Apply, Inverse)) or (isinstance(full, Sum) and 1 in full.shape))
    ]


def _rows(account: Account, style: Style) -> list[Step]:
    found: list[Step] = []
    number = 0
    for part in account.parts:
        for line in part.lines:
            number += 1
            found.append(Step(number, style.target(part), style.total(line.pieces), style.rules(line)))
        if part.left_out:
            number += part.left_out
            found.append(Step(None, style.target(part), style.left_out(part), ""))
        result = part.result
        long = account.level != "full" and length(result.expression) > _LONGEST
        said = style.too_long(result) if long else style.formula(result.expression)
        found.append(Step(None, style.read_off(result), said, "" if long else style.remarks(result)))
    return found


def _beside(left: str, right: str, width: int) -> str:
    if not right:
        return left
    return f"{left.ljust(width)}    {right}" if len(left) <= width else f"{left}\n{' ' * width}    {right}"


def _math(pieces: str) -> str:
    return f'<math displaystyle="true">{pieces}</math>'


def _cells(number: str, left: str, right: str, said: str, kind: str) -> str:
    return f'<tr class="{kind}"><td>{number}</td><td>{left}</td><td>= {right}</td><td>{said}</td></tr>'


def _table_row(cells: list[str], kind: str = "statement") -> str:
    number, left, right, rule = map(html.escape, cells)
    return f'<tr class="{kind}"><td>{number}</td><td>{left}</td><td>= {right}</td><td>{rule}</td></tr>'
