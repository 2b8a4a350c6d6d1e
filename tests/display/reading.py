"""Reads printed formulas back as numbers: a formula that two readers could take for two things fails here.

The language is that of the printer: least brackets, factors side by side, `/` after a whole product.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import numpy as np

VULGAR = {"½": 1 / 2, "⅓": 1 / 3, "¼": 1 / 4, "⅔": 2 / 3, "¾": 3 / 4, "⅙": 1 / 6, "⅛": 1 / 8}
DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
FUNCTIONS = {
    "tr": np.trace, "det": np.linalg.det, "exp": np.exp, "log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh,
    "σ": lambda z: 1 / (1 + np.exp(-z)), "softmax": lambda z: np.exp(z) / np.sum(np.exp(z)),
    "softmax_rows": lambda z: np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True), "relu": lambda z: np.maximum(z, 0),
    "softplus": lambda z: np.log(1 + np.exp(z)), "logsumexp": lambda z: np.log(np.sum(np.exp(z))), "sign": np.sign,
    "abs": np.abs, "diag": lambda z: np.diag(z[:, 0]) if z.shape[1] == 1 else np.diag(z)[:, None],
}  # fmt: skip


def read(text: str, values: dict[str, Any], count: int) -> Any:
    """The value of a printed formula; 1 and I are of this length."""
    formula, _, named = text.partition(",  where ")
    known = dict(values)
    for definition in reversed(named.split(", ")) if named else ():
        name, _, inner = definition.partition(" = ")
        known[name] = _Reader(inner, known, count).whole()
    return _Reader(formula, known, count).whole()


class _Reader:
    def __init__(self, text: str, values: dict[str, Any], count: int) -> None:
        self.text, self.values, self.count, self.place, self.fences = text, values, count, 0, 0
        words = sorted((re.escape(name) for name in (*values, *FUNCTIONS)), key=len, reverse=True)
        self.word = re.compile("|".join(words))

    def whole(self) -> Any:
        value = self.sum()
        assert self.place == len(self.text), f"{self.text!r} is not read beyond {self.text[self.place :]!r}"
        return value

    def take(self, pattern: str) -> str | None:
        match = re.compile(pattern).match(self.text, self.place)
        if match is None:
            return None
        self.place = match.end()
        return match.group()

    def sum(self) -> Any:
        value = -self.term() if self.take("−") else self.term()
        while sign := self.take(r" [+−] "):
            value = value + (self.term() if sign == " + " else -self.term())
        return value

    def term(self) -> Any:
        value = self.quotient()
        while sign := self.take(r" [∘⊘] "):
            value = value * self.quotient() if sign == " ∘ " else value / self.quotient()
        return value

    def quotient(self) -> Any:
        value = self.factors()
        return value / self.power() if self.take("/") else value

    def factors(self) -> Any:
        value = self.power()
        while not re.compile(r"$|[)/\]}|⟩]|, | [+−∘⊘>]|" + ("‖" if self.fences else "$")).match(self.text, self.place):
            assert self.take(" |·|") is not None
            other = self.power()
            value = value * other if 1 in (np.size(value), np.size(other)) else value @ other
        return value

    def power(self) -> Any:
        if self.take("√"):
            return np.sqrt(self.atom())
        value = self.atom()
        if found := self.take(r"\^∘(\{[−0-9/]+\}|−?[0-9]+|[½⅓¼⅔¾⅙⅛])"):
            exponent = found[2:].strip("{}").replace("−", "-")
            return value ** float(VULGAR[exponent] if exponent in VULGAR else Fraction(exponent))
        if found := self.take(r"\^\{[−0-9/]+\}"):
            return value ** float(Fraction(found[2:-1].replace("−", "-")))
        if self.take(r"\^\{"):
            return value ** self.inside(r"\}")
        if self.take(r"\^"):
            return value ** self.atom()
        found = self.take("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
        if found:
            exponent = int((found + "¹" if found == "⁻" else found).translate(DIGITS))
            square = np.ndim(value) == 2 and value.shape[0] == value.shape[1] > 1
            value = np.linalg.matrix_power(value, exponent) if square else value ** float(exponent)
        return np.transpose(value) if self.take("ᵀ") else value

    def inside(self, closing: str, fences: int = 0) -> Any:
        before, self.fences = self.fences, fences
        value = self.sum()
        assert self.take(closing), f"{closing} is missing in {self.text!r} at {self.text[self.place :]!r}"
        self.fences = before
        return value

    def atom(self) -> Any:
        if found := self.take(r"[0-9]+(\.[0-9]+)?"):
            return float(found)
        if found := self.take("[½⅓¼⅔¾⅙⅛]"):
            return VULGAR[found]
        if self.take(r"\("):
            return self.inside(r"\)")
        if self.take("⟨"):
            left = self.inside(", ")
            right = self.inside("⟩")
            assert left.shape == right.shape
            return np.sum(left * right)
        if self.take("‖"):
            return np.linalg.norm(self.inside("‖(_F)?", 1))
        if self.take(r"\|"):
            return np.abs(self.inside(r"\|"))
        if self.take(r"𝟏\["):
            return (self.inside(" > 0]") > 0).astype(float)
        if self.take("𝟏"):
            return np.ones((self.count, 1))
        match = self.word.match(self.text, self.place)
        if match is None and self.take("I"):
            return np.eye(self.count)
        assert match is not None, f"{self.text!r} cannot be read from {self.text[self.place :]!r}"
        self.place = match.end()
        name = match.group()
        if name in self.values:
            return self.values[name]
        if self.take(r"\|"):
            return FUNCTIONS[name](np.abs(self.inside(r"\|")))
        assert self.take(r"\(")
        return FUNCTIONS[name](self.inside(r"\)"))
