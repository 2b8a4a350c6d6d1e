"""The rows of the coverage page."""

from __future__ import annotations

from coverage_matrix.programs import constant_programs, numpy_programs, primitive_programs
from coverage_matrix.proof import COLUMNS, RIGHT, Program, constant_outcome, outcomes

__all__ = ["constants", "heading", "numpy_table", "primitives_table", "row"]


def heading(what: str) -> str:
    """The first two lines of a table."""
    return f"| {what} | {' | '.join(COLUMNS)} |\n|{' --- |' * (len(COLUMNS) + 1)}"


def row(name: str, program: Program) -> str:
    """The line of one function."""
    found = outcomes(program)
    return f"| `{name}` | {' | '.join(found[column] for column in COLUMNS)} |"


def numpy_table() -> str:
    """All functions of NumPy that are differentiated."""
    return _table("function", numpy_programs())


def primitives_table() -> str:
    """All differentiable primitives."""
    return _table("primitive", primitive_programs())


def constants() -> str:
    """All functions of NumPy whose results are constant, with a mark on those that are not."""
    found = {name: constant_outcome(program) for name, program in constant_programs().items()}
    return ", ".join(f"`{name}`" + ("" if mark == RIGHT else f" ({mark})") for name, mark in found.items())


def _table(what: str, programs: dict[str, Program]) -> str:
    return "\n".join([heading(what), *(row(name, program) for name, program in programs.items())])
