"""Formulas on paper, read as numbers: text as it is printed, and LaTeX by way of that text.

What a reader has to guess is tried: 𝟏 and I may be of any of the lengths. Shapes have to fit exactly.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.linalg

__all__ = ["UnreadableError", "as_text", "distance"]

FRACTIONS = {"½": "1/2", "⅓": "1/3", "¼": "1/4", "⅔": "2/3", "¾": "3/4", "⅙": "1/6", "⅛": "1/8"}
DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--")
PLAIN = ("exp", "log", "sin", "cos", "tanh", "sinh", "cosh", "expm1", "sign", "abs", "prod", "max")
FUNCTIONS = {
    **{name: getattr(np, name) for name in PLAIN},
    "tr": np.trace, "det": np.linalg.det, "erf": np.vectorize(math.erf), "σ": lambda z: 1 / (1 + np.exp(-z)),
    "softmax": lambda z: np.exp(z) / np.sum(np.exp(z)), "softplus": lambda z: np.log(1 + np.exp(z)),
    "softmax_rows": lambda z: np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True),
    "logsumexp": lambda z: np.log(np.sum(np.exp(z))), "relu": lambda z: np.maximum(z, 0),
    "expm": scipy.linalg.expm, "u₁": lambda z: np.linalg.svd(z)[0][:, :1], "v₁": lambda z: np.linalg.svd(z)[2][:1].T,
    "polar": lambda z: np.matmul(*np.linalg.svd(z, full_matrices=False)[::2]),
    "diag": lambda z: np.diag(z[:, 0]) if z.shape[1] == 1 else np.diag(z)[:, None],
}  # fmt: skip
COMPARISONS = {">": np.greater, "<": np.less, "≥": np.greater_equal, "≤": np.less_equal, "=": np.equal}
# What ends a chain of factors, beside the closing of a norm.
DERIVATIVES = ("Dexpm", "Dpolar")
END = re.compile(r"$|[)\]}/⟩,]| [+−∘⊘⊗><≥≤=] ")
MOST = 10


class UnreadableError(Exception):
    """A formula that cannot be read, or whose shapes fit with no lengths."""


def distance(text: str, values: Mapping[str, Any], lengths: Iterable[int], expected: Any) -> float:
    """How far a printed formula is from its value, relative to it, at the lengths that suit it best."""
    count = len(re.findall(r"𝟏(?!\[)|I", text))
    found = []
    for sizes in itertools.product(sorted(set(lengths)), repeat=min(count, MOST)):
        try:
            value = np.asarray(_read(text, values, iter(sizes)))
        except (ValueError, StopIteration, np.linalg.LinAlgError):
            continue
        if value.size in (1, np.size(expected)):
            wide = np.broadcast_to(value, np.shape(expected)) if value.size == 1 else value.reshape(np.shape(expected))
            found.append(float(np.max(np.abs(wide - expected)) / max(np.max(np.abs(expected)), 1e-9)))
            if found[-1] < 1e-9:
                break
    if not found:
        raise UnreadableError(f"no lengths fit {text}")
    return min(found)


def _read(text: str, values: Mapping[str, Any], sizes: Iterator[int]) -> Any:
    formula, _, named = text.partition(",  where ")
    known = {"π": math.pi, "e": math.e, **values}
    for definition in reversed(re.split(r", (?=\S+ = )", named)) if named else ():
        name, _, inner = definition.partition(" = ")
        known[name] = _Reader(inner, known, sizes).whole()
    return _Reader(formula, known, sizes).whole()


def _fitting(one: Any, other: Any) -> None:
    if 1 not in (np.size(one), np.size(other)) and np.shape(one) != np.shape(other):
        raise ValueError("shapes differ")


class _Reader:
    def __init__(self, text: str, values: Mapping[str, Any], sizes: Iterator[int]) -> None:
        self.text, self.values, self.sizes, self.place, self.fence = text, values, sizes, 0, ""
        words = sorted((re.escape(name) for name in (*values, *FUNCTIONS, *DERIVATIVES)), key=len, reverse=True)
        self.word = re.compile("|".join(words))

    def take(self, pattern: str) -> str | None:
        match = re.compile(pattern).match(self.text, self.place)
        if match is None:
            return None
        self.place = match.end()
        return match.group()

    def need(self, pattern: str) -> None:
        if self.take(pattern) is None:
            raise UnreadableError(f"{pattern} is missing before {self.text[self.place :]!r} in {self.text!r}")

    def whole(self) -> Any:
        value = self.sum()
        self.need("$")
        return value

    def sum(self) -> Any:
        value = -self.term() if self.take("−") else self.term()
        while sign := self.take(" [+−] "):
            other = self.term()
            _fitting(value, other)
            value = value + other if sign == " + " else value - other
        return value

    def term(self) -> Any:
        value = self.quotient()
        while sign := self.take(" [∘⊘⊗] "):
            other = self.quotient()
            if sign == " ⊗ ":
                value = np.kron(value, other)
                continue
            _fitting(value, other)
            value = value * other if sign == " ∘ " else value / other
        return value

    def quotient(self) -> Any:
        value = self.factors()
        if self.take("/"):
            other = self.power()
            _fitting(value, other)
            value = value / other
        return value

    def factors(self) -> Any:
        value = self.power()
        while not END.match(self.text, self.place) and not (
            self.fence and self.text.startswith(self.fence, self.place)
        ):
            self.take("[ ·]")
            other = self.power()
            value = value * other if 1 in (np.size(value), np.size(other)) else value @ other
        return value

    def ends(self) -> bool:
        closed = bool(self.fence) and self.text.startswith(self.fence, self.place)
        return closed or END.match(self.text, self.place) is not None

    def power(self) -> Any:
        if self.take("√"):
            return np.sqrt(self.atom())
        value = self.atom()
        while True:
            if self.take(r"\^∘\{") or self.take(r"\^\{"):
                value = value ** self.enclosed(r"\}")
            elif self.take(r"\^∘") or self.take(r"\^"):
                value = value ** (-self.atom() if self.take("−") else self.atom())
            elif found := self.take("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+"):
                exponent = int((found + "¹" if found == "⁻" else found).translate(DIGITS))
                square = np.ndim(value) == 2 and value.shape[0] == value.shape[1] > 1
                value = np.linalg.matrix_power(value, exponent) if square else value ** float(exponent)
            elif self.take("ᵀ"):
                value = np.transpose(value)
            elif self.take("⁺"):
                value = np.linalg.pinv(value)
            else:
                return value

    def enclosed(self, closing: str, fence: str = "") -> Any:
        before, self.fence = self.fence, fence
        value = self.sum()
        self.need(closing)
        self.fence = before
        return value

    def atom(self) -> Any:
        if found := self.take(r"[0-9]+(\.[0-9]+)?"):
            scale = self.take("·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")
            return float(found) * 10.0 ** int(scale[3:].translate(DIGITS)) if scale else float(found)
        if found := self.take("[½⅓¼⅔¾⅙⅛]"):
            return float(Fraction(FRACTIONS[found]))
        if self.take(r"\("):
            return self.enclosed(r"\)")
        if self.take("⟨"):
            return np.sum(self.enclosed(", ") * self.enclosed("⟩"))
        if self.take("‖"):
            return np.linalg.norm(self.enclosed("‖(_F)?", "‖"))
        if self.take(r"\|"):
            return np.abs(self.enclosed(r"\|", "|"))
        if self.take(r"𝟏\["):
            return self.indicator()
        if self.take("𝟏"):
            return np.ones((next(self.sizes), 1))
        match = self.word.match(self.text, self.place)
        if match is None:
            self.need("I")
            return np.eye(next(self.sizes))
        self.place = match.end()
        name = match.group()
        if name in self.values:
            return self.values[name]
        if name in DERIVATIVES:
            self.need(r"\(")
            at = self.enclosed(r"\)")
            self.need(r"\[")
            return slope(FUNCTIONS[name[1:]], at, self.enclosed(r"\]"))
        if self.take(r"\|"):
            return FUNCTIONS[name](np.abs(self.enclosed(r"\|", "|")))
        self.need(r"\(")
        return FUNCTIONS[name](self.enclosed(r"\)"))

    def indicator(self) -> Any:
        value = self.sum()
        sign = self.take(" [><≥≤=] ")
        other = self.sum()
        self.need(r"\]")
        return COMPARISONS[(sign or " > ").strip()](value, other).astype(float)


def slope(function: Any, at: Any, direction: Any) -> Any:
    """The derivative of a function of matrices, by differences of two widths."""
    wide, narrow = ((function(at + h * direction) - function(at - h * direction)) / (2 * h) for h in (2e-3, 1e-3))
    return (4 * narrow - wide) / 3


LETTERS = {
    "mu": "μ", "nu": "ν", "pi": "π", "lambda": "λ", "sigma": "σ", "theta": "θ", "gamma": "γ", "Sigma": "Σ",
    "Omega": "Ω", "lVert": "‖", "rVert": "‖", "lvert": "|", "rvert": "|", "odot": " ∘ ", "oslash": " ⊘ ",
    "otimes": " ⊗ ", "cdot": "·", "top": "ᵀ", "nabla": "∇", "left": "", "right": "", "quad": "",
    "langle": "⟨", "rangle": "⟩", ",": " ", ";": " ", " ": " ", "_": "_",
}  # fmt: skip
SIGNS = {"-": "−", ">": " > ", "<": " < "}
RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def as_text(latex: str) -> str:
    """A formula in LaTeX in the signs of the printed text."""
    text = re.sub(" +", " ", _Latex(latex).text()).strip()
    text = re.sub(" *, *WHERE *", ",  where ", text)
    text = text.replace("∇ ", "∇")
    return re.sub(r" *\)", ")", re.sub(r"\( *", "(", text))


class _Latex:
    def __init__(self, latex: str) -> None:
        self.latex, self.place = latex, 0

    def argument(self) -> str:
        """The next group without its braces, or the next command or character."""
        if self.latex[self.place] != "{":
            match = re.compile(r"\\[A-Za-z]+|.").match(self.latex, self.place)
            assert match is not None
            self.place = match.end()
            return match.group()
        start, depth = self.place + 1, 0
        while True:
            depth += {"{": 1, "}": -1}.get(self.latex[self.place], 0)
            self.place += 1
            if depth == 0:
                return self.latex[start : self.place - 1]

    def text(self) -> str:
        found = ""
        while self.place < len(self.latex):
            sign = self.latex[self.place]
            if sign == "\\":
                found += self.command()
                continue
            self.place += 1
            if sign == "^":
                found += self.raised()
            elif sign == "_":
                lower = self.argument()
                found += lower.translate(LOWERED) if lower.isdigit() else f"_{as_text(lower)}"
            elif sign not in "{}":
                found += SIGNS.get(sign, sign)
        return found

    def raised(self) -> str:
        exponent = self.argument()
        if exponent in (r"\top", r"-\top"):
            return exponent.replace(r"\top", "ᵀ").replace("-", "⁻")
        if exponent == "+":
            return "⁺"
        if re.fullmatch("-?[0-9]+", exponent):
            return exponent.translate(RAISED)
        entries = exponent.startswith(r"\circ")
        return f"{'^∘' if entries else '^'}{{{as_text(exponent.removeprefix(chr(92) + 'circ'))}}}"

    def command(self) -> str:
        match = re.compile(r"\\([A-Za-z]+|[,; _])((?:(?<=\\l[vV]ert)|(?<=\\langle)) *)?").match(self.latex, self.place)
        if match is None:
            raise UnreadableError(f"{self.latex[self.place :]!r} is no command")
        self.place = match.end()
        name = match.group(1)
        if name in ("frac", "tfrac"):
            return f"(({as_text(self.argument())})/({as_text(self.argument())}))"
        if name == "sqrt":
            return f"√({as_text(self.argument())})"
        if name in ("operatorname", "mathrm"):
            return self.argument().replace(r"\_", "_")
        if name == "mathbf":
            return "𝟏" if self.argument() == "1" else ""
        if name == "text":
            return "WHERE " if "where" in self.argument() else ""
        if name not in LETTERS and name not in FUNCTIONS:
            raise UnreadableError(f"\\{name} is not known")
        return LETTERS.get(name, name)
