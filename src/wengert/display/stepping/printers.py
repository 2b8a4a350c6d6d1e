"""The chain rule in text, LaTeX and MathML."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from html import escape
from typing import Any, Final

import numpy as np

from wengert.display.formula import TextPrinter
from wengert.display.formula_latex import LatexPrinter
from wengert.display.formula_mathml import MathmlPrinter, operator, row, written_in_mathml
from wengert.display.naming import Written, written
from wengert.display.notation import ATOM, POWER, PRODUCT, SUM, Notation
from wengert.display.printing import Printer
from wengert.display.stepping.notation import (
    Adjoint,
    Chain,
    Change,
    Code,
    Entries,
    Heading,
    Measured,
    Shaped,
    Slope,
    Summary,
    Value,
    shape_text,
)

__all__ = ["escaped", "is_single", "latex_of_name", "printed", "shown_digits"]

_NAME: Final = re.compile(r"(\w*?[^\W\d₀-₉]\w*?)([₀-₉]*)(\W.*)?")
_LETTER: Final = re.compile(r"([^\W\d_])(\d*[₀-₉]*|_\w)")
_PLAIN_DIGITS: Final = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_SUPERSCRIPTS: Final = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_MACRON: Final = "\N{COMBINING MACRON}"
_NUMBER: Final = re.compile(r"[0-9.]+|[½⅓⅔¼¾⅙⅛]")
# a letter with a bar and a power, which may follow a number without a sign
_SINGLE: Final = re.compile(rf"[^\W\d]{_MACRON}?[⁰¹²³⁴-⁹⁻ᵀ]*|𝟏[ᵀ]?")
_LATEX_SPECIAL: Final = re.compile(r"([_#%&{}$])")
_DIGITS: Final = 4
# numbers of this size and up, or below the other, are written with a power of ten
_LARGE, _SMALL = 1e7, 1e-4


def printed(tree: Notation, language: str, scalar: bool = True) -> str:
    """A notation in `"text"`, `"latex"` or `"mathml"`; `scalar` says whether all values in it are numbers."""
    if language == "latex":
        return _Latex().printed(tree)
    return _Mathml().printed(tree) if language == "mathml" else _Text(scalar).printed(tree)


def shown_digits(value: float) -> tuple[str, int]:
    """A number with four digits, and the power of ten behind it.

    >>> shown_digits(0.36787944), shown_digits(123456.7), shown_digits(-1.25e-9)
    (('0.3679', 0), ('123457', 0), ('−1.25', -9))
    """
    size = abs(value)
    if not np.isfinite(value):
        text, exponent = {True: "∞", False: "NaN"}[bool(np.isinf(value))], 0
        return ("−" if value < 0 else "") + text, exponent
    if size and not _SMALL <= size < _LARGE:
        digits, _, power = f"{value:.{_DIGITS - 1}e}".partition("e")
        digits = digits.rstrip("0").rstrip(".")
        return digits.replace("-", "−"), int(power)
    text = f"{value:.0f}" if size >= 10**_DIGITS else f"{value:.{_DIGITS}g}"
    return ("0" if float(text) == 0 else text).replace("-", "−"), 0


def _parts_of(name: str) -> tuple[Written, str]:
    """A name of a program on paper: a letter or word with its subscript, and what follows it, as in `x[0]`."""
    match = _NAME.fullmatch(name)
    if match is None:
        return Written(name), ""
    base, number, path = match[1], match[2], match[3] or ""
    found = written(base)
    if number:
        subscript = f"{found.subscript},{number}" if found.subscript else number
        found = Written(found.stem, subscript.translate(_PLAIN_DIGITS), found.differential, found.gradient)
    return found, path


def escaped(text: str) -> str:
    """Text in LaTeX, with its signs as they are."""
    return _LATEX_SPECIAL.sub(r"\\\1", text)


def latex_of_name(name: str, over: str = "") -> str:
    r"""A name of a program in LaTeX; `over` is a command for what stands over it, such as `\bar`."""
    found, path = _parts_of(name)
    stem = Written(found.stem, "", found.differential, found.gradient).latex
    if over:
        stem = f"{over}{{{stem}}}" if len(found.stem) == 1 and not found.differential else rf"\overline{{{stem}}}"
    subscript = Written("x", found.subscript).latex[1:]
    if not path:
        return stem + subscript
    plain = re.fullmatch(r"\[[\d, ]*\]", path)
    return stem + subscript + (path if plain else rf"\texttt{{{escaped(path)}}}")


def _mathml_of_name(name: str, barred: bool = False) -> str:
    found, path = _parts_of(name)
    stem = written_in_mathml(Written(found.stem, "", found.differential, found.gradient))
    if barred:
        # a line of the box: an accent touches the letter where there is no font for mathematics
        stem = f'<mrow style="border-top:.06em solid;padding-top:.12em">{stem}</mrow>'
    if found.subscript:
        kind = "mn" if found.subscript.isdigit() else "mi"
        stem = f"<msub>{stem}<{kind}>{escape(found.subscript)}</{kind}></msub>"
    return row(stem, f"<mtext>{escape(path)}</mtext>") if path else stem


def _barred_text(name: str) -> str:
    """A name with a bar over its letter, and words with `_bar` behind them."""
    base, bracket, path = name.partition("[")
    match = _LETTER.fullmatch(base)
    if match is None:
        return f"{name}_bar"
    # one character where there is one, as for a
    return unicodedata.normalize("NFC", match[1] + _MACRON) + match[2] + bracket + path


def is_single(code: str) -> bool:
    """Whether a piece of code is one operand: a name, a call, an entry; or a sum, a product and the like.

    >>> is_single("sum((v * w), axis=1)[0]"), is_single("(a + b) * f(c)"), is_single("-a")
    (True, False, False)
    """
    outside, before = code, ""
    while outside != before:
        outside, before = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", outside), outside
    return " " not in outside and not outside.startswith("-")


def _level(node: Notation) -> int | None:
    """How tightly a piece of the chain rule binds; None for the notation of formulas."""
    if isinstance(node, Measured):
        digits, exponent = shown_digits(node.value)
        return SUM if digits.startswith("−") else PRODUCT if exponent else ATOM
    if isinstance(node, (Chain, Slope)):
        return PRODUCT
    if isinstance(node, Code):
        return ATOM if is_single(node.text) else SUM
    return None


class _Steps(Printer):
    """What the three languages have in common."""

    def level(self, node: Notation) -> int:
        found = _level(node)
        return super().level(node) if found is None else found

    def measured(self, node: Measured) -> str:
        digits, exponent = shown_digits(node.value)
        return self.decimal(digits, exponent) if exponent else digits

    def heading(self, node: Heading) -> str:
        known = [self.known[part] for part in node.parts]
        inputs = known[:-1] if node.valued else known
        return self.headed(self.value(Value((), node.name)), inputs, known[-1] if node.valued else "")

    def value(self, node: Value) -> str:
        """A name."""
        raise NotImplementedError

    def headed(self, name: str, inputs: Sequence[str], value: str) -> str:
        """A function of its inputs, with its value."""
        return f"{name}({', '.join(inputs)})" + (f" = {value}" if value else "")


class _Text(_Steps, TextPrinter):
    """One line of Unicode, with names as they stand in the program."""

    def __init__(self, scalar: bool) -> None:
        super().__init__()
        self.scalar = scalar

    def joined(self, left: str, right: str) -> str:
        number = _NUMBER.fullmatch(left)
        if number and (_SINGLE.fullmatch(right) or right[0] in "(√"):
            return left + right
        return f"{left}·{right}" if self.scalar or number else f"{left} {right}"

    def value(self, node: Value) -> str:
        return node.name

    def change(self, node: Change) -> str:
        return f"{node.sign}{node.name}"

    def adjoint(self, node: Adjoint) -> str:
        return _barred_text(node.name)

    def slope(self, node: Slope) -> str:
        sign = "∂" if node.partial else "d"
        return f"{sign}{node.of}/{sign}{node.by}"

    def chain(self, node: Chain) -> str:
        return " · ".join(self.within(part, PRODUCT) for part in node.parts)

    def decimal(self, digits: str, exponent: int) -> str:
        power = f"10{str(exponent).translate(_SUPERSCRIPTS)}"
        return power if digits == "1" else f"{digits}·{power}"

    def entries(self, node: Entries) -> str:
        rows = [[self._entry(entry) for entry in np.ravel(line)] for line in np.atleast_2d(node.value)]
        lines = [f"[{', '.join(line)}]" for line in rows]
        return lines[0] if np.ndim(node.value) == 1 else f"[{', '.join(lines)}]"

    def _entry(self, entry: Any) -> str:
        return self.measured(Measured((), float(entry)))

    def summary(self, node: Summary) -> str:
        norm = "" if node.norm is None else f", norm {self.measured(Measured((), node.norm))}"
        return shape_text(node.shape) + norm

    def code(self, node: Code) -> str:
        return node.text

    def shaped(self, node: Shaped) -> str:
        return self.known[node.parts[0]]


class _Latex(_Steps, LatexPrinter):
    """In what MathJax knows of LaTeX."""

    def joined(self, left: str, right: str) -> str:
        if right.startswith((r"\mathrm{d}", r"\underset")):
            return rf"{left}\,{right}"
        ends = left[-1].isdigit() or left.endswith(r"\end{pmatrix}") or left.startswith(r"\tfrac")
        numbers = ends and (right[0].isdigit() or right[0] == "(")
        return rf"{left} \cdot {right}" if numbers else super().joined(left, right)

    def value(self, node: Value) -> str:
        return latex_of_name(node.name)

    def change(self, node: Change) -> str:
        sign = r"\mathrm{d}" if node.sign == "d" else r"\delta "
        return sign + latex_of_name(node.name)

    def adjoint(self, node: Adjoint) -> str:
        return latex_of_name(node.name, r"\bar")

    def slope(self, node: Slope) -> str:
        sign = r"\partial " if node.partial else r"\mathrm{d}"
        return rf"\frac{{{sign}{latex_of_name(node.of)}}}{{{sign}{latex_of_name(node.by)}}}"

    def chain(self, node: Chain) -> str:
        return r" \cdot ".join(self.within(part, PRODUCT) for part in node.parts)

    def measured(self, node: Measured) -> str:
        found = super().measured(node).replace("−", "-").replace("∞", r"\infty")
        return found.replace("NaN", r"\mathrm{NaN}")

    def entries(self, node: Entries) -> str:
        value = np.asarray(node.value)
        lines = value[:, None] if value.ndim == 1 else value
        inner = r" \\ ".join(" & ".join(self.measured(Measured((), float(e))) for e in line) for line in lines)
        return rf"\begin{{pmatrix}} {inner} \end{{pmatrix}}"

    def summary(self, node: Summary) -> str:
        shape = shape_text(node.shape).replace("×", r" \times ")
        norm = "" if node.norm is None else rf",\; \lVert\cdot\rVert = {self.measured(Measured((), node.norm))}"
        return shape + norm

    def code(self, node: Code) -> str:
        return rf"\texttt{{{escaped(node.text)}}}"

    def shaped(self, node: Shaped) -> str:
        shape = r" \times ".join(map(str, node.shape))
        return rf"\underset{{{shape}}}{{{self.known[node.parts[0]]}}}"


class _Mathml(_Steps, MathmlPrinter):
    """As elements of MathML."""

    def level(self, node: Notation) -> int:
        return POWER if isinstance(node, Slope) else super().level(node)

    def value(self, node: Value) -> str:
        return _mathml_of_name(node.name)

    def change(self, node: Change) -> str:
        return row(f'<mi mathvariant="normal">{node.sign}</mi>', _mathml_of_name(node.name))

    def adjoint(self, node: Adjoint) -> str:
        return _mathml_of_name(node.name, barred=True)

    def slope(self, node: Slope) -> str:
        sign = f'<mi mathvariant="normal">{"∂" if node.partial else "d"}</mi>'
        above, below = row(sign, _mathml_of_name(node.of)), row(sign, _mathml_of_name(node.by))
        return f"<mfrac>{above}{below}</mfrac>"

    def chain(self, node: Chain) -> str:
        return row(operator("·").join(self.within(part, PRODUCT) for part in node.parts))

    def headed(self, name: str, inputs: Sequence[str], value: str) -> str:
        listed = operator(",").join(inputs)
        whole = row(name, operator("("), listed, operator(")"))
        return row(whole, operator("="), value) if value else whole

    def measured(self, node: Measured) -> str:
        found = super().measured(node)
        return found if found.startswith("<") else f"<mn>{found}</mn>"

    def entries(self, node: Entries) -> str:
        value = np.asarray(node.value)
        lines = value[:, None] if value.ndim == 1 else value
        rows = "".join(
            "<mtr>" + "".join(f"<mtd>{self.measured(Measured((), float(e)))}</mtd>" for e in line) + "</mtr>"
            for line in lines
        )
        return self.bracketed(f"<mtable>{rows}</mtable>")

    def summary(self, node: Summary) -> str:
        shape = f"<mtext>{shape_text(node.shape)}</mtext>"
        if node.norm is None:
            return shape
        norm = row(operator("‖"), operator("·"), operator("‖"), operator("="), self.measured(Measured((), node.norm)))
        return row(shape, operator(","), norm)

    def code(self, node: Code) -> str:
        return f'<mtext style="font-family:monospace;font-size:.88em">{escape(node.text)}</mtext>'

    def shaped(self, node: Shaped) -> str:
        return f"<munder>{self.known[node.parts[0]]}<mtext>{'×'.join(map(str, node.shape))}</mtext></munder>"
