"""From a text to names, numbers, operators and quoted words."""

from __future__ import annotations

import keyword
import math
import re
from typing import Any, Final, NamedTuple

from wengert.calculus.parse.pointing import at_character, rejected, shown

__all__ = ["LANGUAGES", "LONGEST", "Token", "recognised", "tokens"]

LANGUAGES: Final = ("matlab", "numpy")
LONGEST: Final = 4000

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# 1./x divides entry by entry in MATLAB's language; in NumPy the dot belongs to the number
_NUMBER: Final = {
    "matlab": re.compile(r"(?:\d+(?:\.(?![*/\\^'])\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII),
    "numpy": re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII),
}
_OPERATOR: Final = {
    "matlab": re.compile(r"\.[*/^']|[-+*/\\^'(),]"),
    "numpy": re.compile(r"\*\*|[-+*/@(),=.\[\]]"),
}
_QUOTED: Final = re.compile(r"(['\"])([^'\"\n]*)\1")
_QUOTED_ARGUMENT: Final = re.compile(r"[(,=]\s*(['\"])[^'\"\n]*\1")
_LANGUAGE: Final = {
    "numpy": re.compile(r"@|\*\*|\[|(?:\b[A-Za-z_]\w*|[)\]])\s*\.\s*[A-Za-z_]|\w\s*=\s*\w", re.ASCII),
    "matlab": re.compile(r"[\w)']\s*\.?'|\b[A-Za-z_]\w*\.[*/^]|(?<![\d.])\.[*/^]|\^|\\", re.ASCII),
}
_MODULE: Final = re.compile(r"\b(?:np|numpy|scipy)\s*\.\s*[A-Za-z_]")
# functions that the reference tool has and NumPy has not
_REFERENCE: Final = re.compile(r"\b(?:tr|norm1|norm2|logdet|vector|matrix)\s*\(")
_TITLE: Final = {"matlab": "MATLAB's language", "numpy": "NumPy"}

# what is written for it in the language that is spoken
_FOREIGN: Final = {
    "matlab": {
        "**": "Write ^ for a power, .^ entry by entry.",
        "@": "Write * for the matrix product.",
        ".": "Write X' for X.T and sum(x) for x.sum(), or say language='numpy'.",
        "[": "Give an array a name instead of writing out or taking its entries.",
        "=": "Give the expression alone, without a name for it.",
    },
    "numpy": {
        ".*": "Write * for the product entry by entry.",
        "./": "Write / for the quotient entry by entry.",
        ".^": "Write ** for a power.",
        "^": "Write ** for a power.",
        "'": "Write X.T for a transpose.",
        "\\": "Write np.linalg.solve(A, b).",
        "//": "Write / for a quotient.",
    },
}


class Token(NamedTuple):
    """A piece of the text: a "number", "name", "quoted" word, "operator", or the "end"."""

    kind: str
    text: str
    start: int
    value: Any = None

    @property
    def end(self) -> int:
        """The position after the last character."""
        return self.start + len(self.text)


# f = ..., f(x) = ...
_NAMED: Final = re.compile(r"\s*[A-Za-z]\w{0,40}\s*(?:\([\w\s,]{0,80}\))?\s*=(?!=)")


def recognised(text: str) -> str | None:
    """The language of a text, or None where it could be either."""
    bare = _QUOTED_ARGUMENT.sub(lambda found: found.group()[0] + " " * (len(found.group()) - 1), text)
    if _MODULE.search(bare):
        return "numpy"
    first = {name: found.start() for name, marks in _LANGUAGE.items() if (found := marks.search(bare))}
    if first:
        return min(first, key=lambda name: first[name])
    return "matlab" if _REFERENCE.search(bare) else None


def tokens(text: str, language: str) -> list[Token]:
    """The pieces of a text, of which the last one is its end."""
    found: list[Token] = []
    position = 0
    if named := _NAMED.match(text):
        complaint = f"`=` {at_character(named.end() - 1)} gives the formula a name"
        raise rejected(text, named.end() - 1, complaint, "Write what stands behind it only.")
    while position < len(text):
        if text[position] in " \t\r\n":
            position += 1
            continue
        token = _token(text, position, language, found[-1] if found else None)
        found.append(token)
        position = token.end
    return [*found, Token("end", "", len(text.rstrip(" \t\r\n")))]


def _token(text: str, position: int, language: str, previous: Token | None) -> Token:
    after_operand = previous is not None and (
        previous.kind in ("number", "name") or previous.text in (")", "]", "'", ".'")
    )
    character = text[position]
    if character in "'\"" and not (after_operand and character == "'"):
        return _quoted(text, position)
    if _is_number(text, position, language):
        return _number(text, position, language)
    if name := _NAME.match(text, position):
        return _name(text, position, name.group())
    match = _OPERATOR[language].match(text, position)
    operator = match.group() if match else ""
    foreign = max((word for word in _FOREIGN[language] if text.startswith(word, position)), key=len, default="")
    # the longer one was meant: ** is no product, .* no attribute
    if len(foreign) >= len(operator) > 0 or (foreign and not operator):
        complaint = f"{shown(foreign)} {at_character(position)} is not an operator of {_TITLE[language]}"
        raise rejected(text, position, complaint, _FOREIGN[language][foreign])
    if operator:
        return Token("operator", operator, position)
    if character == ":" and "[" in text[:position]:
        complaint = f"the slice {at_character(position)} takes entries, which have no closed form here"
        raise rejected(text, position, complaint, "Write it with whole arrays.")
    complaint = f"{shown(character)} {at_character(position)} has no meaning in a formula"
    raise rejected(text, position, complaint, _advice(text, position))


# characters of printed formulas and of typographers, and what the languages have for them
_TYPED: Final = {
    "−": "-", "–": "-", "—": "-", "·": "*", "×": "*", "⋅": "*", "∗": "*", "∘": ".* or *", "⊙": ".* or *",
    "⊘": "./ or /", "÷": "/", "’": "'", "‘": "'", "′": "'", "´": "'", "ᵀ": "' or .T", "⊤": "' or .T", "⁻": "inv(X)",
    "²": "^2 or **2", "³": "^3 or **3", "½": "1/2", "¼": "1/4", "√": "sqrt(x)", "‖": "norm(x)", "𝟏": "ones(n)",
    "⟨": "x'*y or x @ y", "∑": "sum(x)", "Σ": "sum(x)",
}  # fmt: skip


def _advice(text: str, position: int) -> str:
    """What to do about a character that has no meaning."""
    if text[position] in _TYPED:
        return f"Write {_TYPED[text[position]]} for it."
    if "α" <= text[position] <= "ω":
        return "Write Greek letters in words, as mu for μ and lam for λ; they are printed as letters."
    if text[position].isalpha():
        return "Write names in ASCII letters, digits and underscores."
    if text[position] == ":" and text[:position].endswith(".py"):
        return "A function in a file is derived in Python: wengert.derive(f, x0)."
    if text[position] in "{}" and "\\" in text:
        return "LaTeX is not read: write the formula as 1/2*x'*A*x or 0.5 * x @ A @ x."
    return "Take it out."


def _is_number(text: str, position: int, language: str) -> bool:
    return _NUMBER[language].match(text, position) is not None


def _number(text: str, position: int, language: str) -> Token:
    match = _NUMBER[language].match(text, position)
    written = match.group() if match else ""
    if text[position + len(written) : position + len(written) + 1] in ("j", "J"):
        complaint = f"the number {at_character(position)} is complex, but closed forms are of real arrays"
        raise rejected(text, position, complaint, "Write a real number.")
    value: float = float(written)
    if not math.isfinite(value):
        complaint = f"the number {at_character(position)} is too large for a float"
        raise rejected(text, position, complaint, "Write a number below 1.8e308.")
    whole = written.isdigit() and len(written) <= 15
    return Token("number", written, position, int(written) if whole else value)


def _name(text: str, position: int, name: str) -> Token:
    if name.startswith("__") or (name.startswith("_") and name.endswith("_")):
        complaint = f"the name {shown(name)} {at_character(position)} is one of Python's own"
        raise rejected(text, position, complaint, "Give the array a name of letters and digits.")
    if keyword.iskeyword(name) and name not in ("True", "False", "None"):
        complaint = f"{shown(name)} {at_character(position)} is a word of Python's grammar, and no name"
        advice = "Choose another name, and write one expression."
        if name == "lambda" and ":" not in text:
            advice = "Write lam, which is printed as λ."
        raise rejected(text, position, complaint, advice)
    return Token("name", name, position)


def _quoted(text: str, position: int) -> Token:
    match = _QUOTED.match(text, position)
    if match:
        return Token("quoted", match.group(), position, match.group(2))
    complaint = f"the quote {at_character(position)} neither transposes anything nor encloses a word"
    raise rejected(text, position, complaint, "Put it after what it transposes, as in x', or take it out.")
