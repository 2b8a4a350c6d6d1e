"""Formulas given as text, in MATLAB's language or in NumPy's: read, typed and evaluated, and never executed."""

from wengert.calculus.parse.declaring import Declaration, declarations
from wengert.calculus.parse.reading import Parsed, parse

__all__ = ["Declaration", "Parsed", "declarations", "parse"]
