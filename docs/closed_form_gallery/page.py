"""The pages of the gallery: each function with its formulas, their derivation and their NumPy code."""

from __future__ import annotations

from typing import Any, Final

from closed_form_gallery.rows import HELPERS, Row, rows_of
from wengert.display.derivation import Derivation
from wengert.display.derivation_latex import Latex
from wengert.display.formula_latex import latex_of
from wengert.display.latex_lines import broken, visible_width
from wengert.errors import UnsupportedError

__all__ = ["fence", "formulas", "helpers", "rows", "shown", "told", "without_figures"]

_WHERE: Final = r", \quad \text{where } "
# characters beside the sign of equality on a page
_WIDEST: Final = 84
# a line that is not the last one of a block ends so
_NEXT: Final = r" \\"


def helpers() -> str:
    """The functions that the programs use besides NumPy."""
    return fence(HELPERS)


def rows(letter: str) -> str:
    """All functions of one group."""
    return "\n\n".join(_section(row) for row in rows_of(letter))


def _section(row: Row) -> str:
    form = row.form()
    derivation = form.derivation()
    style = Latex(derivation.account)
    made = formulas(form)
    lacks = form.expression.is_scalar and len(made) == 1
    return "\n\n".join([
        f"## {row.title}",
        fence(row.source),
        told(style, form, row.origin),
        shown(style, form, derivation, made),
        *(["The second derivative has no formula here; `wengert.hvp` has its numbers."] if lacks else []),
        _folded("Derivation", f"$$\n{without_figures(derivation.latex())}\n$$"),
        _folded("NumPy code", fence(form.python("value", *(formula.what.lower() for formula in made)))),
    ])  # fmt: skip


def told(style: Latex, form: Any, origin: str) -> str:
    """The arrays and what is assumed of them, where the formulas hold, and where the function is from."""
    places = [text for text in form.domain if not text.startswith("∇")]
    conventions = [f"{text}." for text in form.domain if text.startswith("∇")]
    holds = [f"Holds where {', '.join(places)}."] if places else []
    source = [f"Source: {origin}."] if origin else []
    return " ".join([f"${style.spaces}$.", *holds, *conventions, *source])


def formulas(form: Any) -> list[Any]:
    """The first derivative, and the second of a number where it has a formula."""
    if not form.expression.is_scalar:
        return [form.first]
    try:
        return [form.first, form.hessian]
    except UnsupportedError:
        return [form.first]


def shown(style: Latex, form: Any, derivation: Derivation, made: list[Any]) -> str:
    """The function and its derivatives, aligned at the sign of equality."""
    plain = latex_of(form.expression, form.variables)
    lines = _equation(style.function, plain if visible_width(plain) <= _WIDEST else form.function.latex())
    for part, formula in zip(derivation.account.parts, made, strict=False):
        lines += _equation(style.read_off(part.result), formula.latex())
    inner = " \\\\[0.3em]\n".join(lines)
    return f"$$\n\\begin{{aligned}}\n{inner}\n\\end{{aligned}}\n$$"


def _equation(left: str, latex: str) -> list[str]:
    """One equation on as many lines as it needs, what its names stand for on a line of its own."""
    right, _, names = latex.partition(_WHERE)
    first, *others = broken(right, _WIDEST)
    listed = broken(rf"\text{{where }} {names}", _WIDEST) if names else []
    return [f"{left} &= {first}", *(rf"&\quad {line}" for line in (*others, *listed))]


def without_figures(latex: str) -> str:
    """A derivation without the errors that were found, which differ from machine to machine."""
    *lines, end = [line for line in latex.splitlines() if not line.startswith(r"& \checkmark")]
    return "\n".join([*lines[:-1], lines[-1].removesuffix(_NEXT), end])


def fence(source: str) -> str:
    """Python code that is run with its page."""
    return f"```python\n{source.rstrip()}\n```"


def _folded(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"
