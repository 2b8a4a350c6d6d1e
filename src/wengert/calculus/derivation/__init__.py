"""How a closed form is found: the function's differential, one rule a line, moved to ⟨gradient, dx⟩."""

from wengert.calculus.derivation.author import LEVELS, Form, account, results_of
from wengert.calculus.derivation.lines import Account, Definition, Equation, Inner, Line, Part, Piece, Result, Rule

__all__ = [
    "LEVELS", "Account", "Definition", "Equation", "Form", "Inner", "Line", "Part", "Piece", "Result", "Rule",
    "account", "results_of",
]  # fmt: skip
