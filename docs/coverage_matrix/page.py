"""The rows of the coverage page."""

from __future__ import annotations

from typing import Final

from coverage_matrix.constant_calls import WITHOUT_ARRAYS
from coverage_matrix.programs import (
    constant_programs,
    method_programs,
    numpy_programs,
    primitive_programs,
    ufunc_method_programs,
)
from coverage_matrix.proof import COLUMNS, RIGHT, Program, constant_outcome, outcomes
from wengert.numpy.refused import REFUSED

__all__ = [
    "UFUNC_METHODS",
    "constants",
    "heading",
    "methods_row",
    "methods_table",
    "numpy_table",
    "primitives_table",
    "refused",
    "row",
    "ufunc_methods_table",
    "ufunc_row",
    "without_arrays",
]

UFUNC_METHODS: Final = ("reduce", "accumulate", "reduceat", "outer", "at")


def heading(what: str, columns: tuple[str, ...] = COLUMNS) -> str:
    """The first two lines of a table."""
    return f"| {what} | {' | '.join(columns)} |\n|{' --- |' * (len(columns) + 1)}"


def row(name: str, program: Program) -> str:
    """The line of one function."""
    found = outcomes(program)
    return f"| `{name}` | {' | '.join(found[column] for column in COLUMNS)} |"


def ufunc_row(name: str, programs: dict[str, Program]) -> str:
    """The line of one ufunc: a tick for a method that is right in every mode and order."""
    return methods_row(name, programs, UFUNC_METHODS)


def methods_row(name: str, programs: dict[str, Program], methods: tuple[str, ...]) -> str:
    """The line of an object with these methods, of which it may lack some."""
    cells = [_together(programs[method]) if method in programs else "" for method in methods]
    return f"| `{name}` | {' | '.join(cells)} |"


def _together(program: Program) -> str:
    found = {*outcomes(program).values()}
    return RIGHT if found == {RIGHT} else ", ".join(sorted(found - {RIGHT}))


def numpy_table() -> str:
    """All functions of NumPy that are differentiated."""
    return _table("function", numpy_programs())


def methods_table() -> str:
    """All methods and attributes of arrays that are differentiated."""
    return _table("array method", method_programs())


def ufunc_methods_table() -> str:
    """The methods of all ufuncs that are differentiated."""
    rows = [ufunc_row(name, programs) for name, programs in ufunc_method_programs().items()]
    return "\n".join([heading("ufunc", UFUNC_METHODS), *rows])


def primitives_table() -> str:
    """All differentiable primitives."""
    return _table("primitive", primitive_programs())


def constants() -> str:
    """All functions of NumPy whose results are constant, with a mark on those that are not."""
    found = {name: constant_outcome(program) for name, program in constant_programs().items()}
    return ", ".join(f"`{name}`" + ("" if mark == RIGHT else f" ({mark})") for name, mark in found.items())


def without_arrays() -> str:
    """The functions of NumPy that take no arrays."""
    return ", ".join(f"`{name}`" for name in sorted(WITHOUT_ARRAYS))


def refused() -> str:
    """What is refused, with the reasons."""
    rows = [f"| `{name}` | {reason} |" for name, reason in sorted(REFUSED.items())]
    return "\n".join(["| name | reason |\n| --- | --- |", *rows])


def _table(what: str, programs: dict[str, Program]) -> str:
    return "\n".join([heading(what), *(row(name, program) for name, program in programs.items())])
