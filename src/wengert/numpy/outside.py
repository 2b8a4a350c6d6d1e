"""NumPy's functions that read or write files, or the settings of NumPy: no recording stands for what they do."""

from __future__ import annotations

from typing import Final

from wengert.tracing import active_recordings

__all__ = ["OUTSIDE", "tell"]

OUTSIDE: Final = frozenset(
    {"DataSource", "fromfile", "fromregex", "genfromtxt", "get_printoptions", "getbufsize", "geterr", "geterrcall",
     "load", "loadtxt", "memmap", "save", "savetxt", "savez", "savez_compressed", "set_printoptions", "setbufsize",
     "seterr", "seterrcall"}
)  # fmt: skip
"""Their names."""


def tell(name: str) -> None:
    """Tell the recordings that run that the program is about to call one of them."""
    for recording in active_recordings():
        recording.reached(name)
