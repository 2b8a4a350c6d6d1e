"""What is printed of a form: the function, its arrays, the formulas that have been made, and where they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wengert.api.lifted_function import LiftedFunction
from wengert.calculus.instances import told
from wengert.calculus.reuse import InNames
from wengert.display.formula import text_of, text_with_where

__all__ = ["overview", "properties_of"]


def overview(
    lifted: LiftedFunction,
    formulas: Mapping[str, InNames],
    letter: str,
    detected: Mapping[str, Sequence[str]],
    domain: Sequence[str],
) -> list[str]:
    """The lines about a function.

    Parameters
    ----------
    lifted
        The function.
    formulas
        Its derivatives by the words for them.
    letter
        The name of its value in them.
    detected
        Properties by names of arrays that were found in data and used.
    domain
        Where the formulas hold.
    """
    variables, symbols = lifted.variables, lifted.symbols
    listed = ", ".join(text_of(symbols[name]) for name in variables)
    named = f"{lifted.program.name}({listed})".replace("<lambda>", letter)
    if any(formula.names for formula in formulas.values()) and not named.startswith(f"{letter}("):
        named = f"{letter}({listed}) = {named}"
    found = [f"{named} = {text_with_where(lifted.expression, variables, symbols)}"]
    found.append("    " + ", ".join(_described(lifted, name) for name in lifted.shapes))
    for what, formula in formulas.items():
        found.append(f"{what}: {text_with_where(formula.expression, variables, symbols)}")
    if detected:
        each = "; ".join(f"{name} {', '.join(held)}" for name, held in detected.items())
        found.append(f"detected in the data, and used: {each}")
    return [*found, *(line if line[0] == "∇" or "everywhere" in line else f"where {line}" for line in domain)]


def _described(lifted: LiftedFunction, name: str) -> str:
    lengths = [length for length in lifted.symbols[name].shape if length != 1]
    shape = {0: "a number", 1: "a vector", 2: "a matrix"}[len(lengths)]
    held = properties_of(lifted, name)
    by = f" of {' × '.join(map(str, lengths))}" if lengths else ""
    return f"{text_of(lifted.symbols[name])} {shape}{by}{f' ({held})' if held else ''}"


def properties_of(lifted: LiftedFunction, name: str) -> str:
    """What is assumed of an array, in words."""
    return ", ".join(told(lifted.properties[name]))
