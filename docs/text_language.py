"""The functions and properties of formulas given as text, as tables for the reference."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from wengert.calculus.instances import PROPERTIES
from wengert.calculus.parse.functions import CREATORS, FUNCTIONS, METHODS, ONLY_NUMPY, PATHS, Function

__all__ = ["functions", "methods", "properties"]

# by the families of wengert.calculus.parse.functions
_TAKES: Final = {
    "elementwise": "anything, entry by entry",
    "vector map": "a vector; gives a vector",
    "vector to number": "a vector; gives a number",
    "matrix map": "a matrix; gives a matrix, row by row",
    "reduction": "anything; gives one number",
    "square to number": "a square matrix; gives a number",
    "pair": "a square matrix; gives a sign and a logarithm, of which one is taken",
    "square map": "a square matrix; gives a square matrix",
    "square to vector": "a square matrix; gives a vector",
    "transposition": "a matrix; gives one with the lengths exchanged",
    "solution": "a square matrix, and a vector or a matrix",
    "diagonal": "a vector gives the diagonal matrix, a square matrix its diagonal",
    "outer product": "two vectors; gives a matrix",
    "kronecker": "two matrices; gives a matrix",
    "dot product": "two arrays, as `@`",
    "inner product": "two vectors; gives a number",
    "matrix product": "two arrays, as `@`",
    "product": "two arrays, as `*`",
    "sum": "two arrays, entry by entry",
    "quotient": "two arrays, as `/`",
    "entry power": "two arrays, as `**`",
    "length": "an array; gives its first length",
    "count": "an array; gives the number of its entries",
}

# what NumPy's language has under other names
_NOT_BARE: Final = frozenset({"signdet", "real", "vector", "matrix"})


def functions() -> str:
    """The functions by what they take."""
    lines = ["| takes | in both languages | in NumPy's only |", "| --- | --- | --- |"]
    for takes in dict.fromkeys(_TAKES[function.family] for function in FUNCTIONS.values()):
        names = [name for name, function in FUNCTIONS.items() if _TAKES[function.family] == takes]
        both = _listed(name for name in names if name not in ONLY_NUMPY)
        lines.append(f"| {takes} | {both} | {_listed(name for name in names if name in ONLY_NUMPY - _NOT_BARE)} |")
    own = [name for name in CREATORS if name in _NOT_BARE]
    both = _listed(name for name in CREATORS if name not in own)
    return "\n".join([*lines, f"| lengths; makes an array | {both}, and in MATLAB's language {_listed(own)} | |"])


def _listed(names: Iterable[str]) -> str:
    """Names in the order of the alphabet, those of one function together."""
    known: dict[Function | str, list[str]] = {}
    for name in sorted(names):
        known.setdefault(FUNCTIONS.get(name, name), []).append(name)
    return ", ".join(" = ".join(f"`{name}`" for name in alike) for alike in known.values())


def methods() -> str:
    """The whole names of functions, and the methods of arrays, in NumPy's language."""
    modules: dict[str, list[str]] = {}
    for path in PATHS:
        module, _, name = path.rpartition(".")
        if not module.startswith("numpy"):
            modules.setdefault(module, []).append(name)
    lines = [f"- `{module}.`: {', '.join(f'`{name}`' for name in sorted(names))}" for module, names in modules.items()]
    return "\n".join([*lines, f"- methods of arrays: {', '.join(f'`.{name}()`' for name in sorted(METHODS))}"])


def properties() -> str:
    """The properties that may be assumed."""
    return ", ".join(f"`{word}`" for word in PROPERTIES)
