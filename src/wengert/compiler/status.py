"""What a kernel returns: whether its results hold, and if not, why."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Status"]


class Status(IntEnum):
    """The numbers that machine code returns, those of NumPy's calls inside it included."""

    DONE = 0
    """All went well."""
    MISSED = 1
    """A value that steered the program is not the recorded one."""
    LOST = 2
    """A result holds a NaN, or what was taken to be finite is not."""
    RAISED = 3
    """An operation would raise an exception, or has raised one."""
    STOPPED = 4
    """Something else has come in between: an interrupt, or what a handler of signals raises."""
