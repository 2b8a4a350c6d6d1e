"""The rows of the coverage page that are about SciPy."""

from __future__ import annotations

from typing import Final

from coverage_matrix.page import heading, methods_row, row
from coverage_matrix.programs import scipy_distributions, scipy_programs
from coverage_matrix.scipy_refused import CONSTANT, REFUSED

__all__ = ["METHODS", "constants", "distributions_table", "functions_table", "refused"]

METHODS: Final = (
    "logpdf", "pdf", "logpmf", "pmf", "cdf", "sf", "logcdf", "logsf", "ppf", "isf", "mean", "var", "std", "median",
    "entropy",
)  # fmt: skip


def functions_table() -> str:
    """All functions of SciPy that are differentiated by name."""
    return "\n".join([heading("function"), *(row(name, program) for name, program in scipy_programs().items())])


def distributions_table() -> str:
    """All distributions, with their methods."""
    rows = [methods_row(f"scipy.stats.{name}", programs, METHODS) for name, programs in scipy_distributions().items()]
    return "\n".join([heading("distribution", METHODS), *rows])


def constants() -> str:
    """The functions of SciPy that have no derivative because nothing varies."""
    return _reasons(CONSTANT)


def refused() -> str:
    """The functions of SciPy that refuse traced values, with the reasons."""
    return _reasons(REFUSED)


def _reasons(groups: dict[str, dict[str, str]]) -> str:
    rows = [
        f"| `{module}` | {', '.join(f'`{name}`' for name in sorted(names.split()))} | {reason} |"
        for module, reasons in groups.items()
        for reason, names in reasons.items()
    ]
    return "\n".join(["| module | functions | reason |\n| --- | --- | --- |", *rows])
