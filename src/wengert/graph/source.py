"""Where in the user's program something happened."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from types import CodeType, FrameType
from typing import Final

import numpy as np

__all__ = ["Source", "belongs_to_user", "blame", "locate", "user_frame"]

# absolute, but with links left as they are, because the names of files in code objects keep them too
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_NUMPY_PACKAGE = os.path.dirname(os.path.abspath(np.__file__))
_OWN = os.path.join(_PACKAGE, "")
_EXAMPLES = os.path.join(_PACKAGE, "examples", "")
_NUMPY = os.path.join(_NUMPY_PACKAGE, "")
# not imported here: it stands beside NumPy
_SCIPY = os.path.join(os.path.dirname(_NUMPY_PACKAGE), "scipy", "")


@dataclass(frozen=True, slots=True)
class Source:
    """A line of a file, and the function that it stands in; where it is known, also the instruction that ran."""

    file: str
    line: int
    function: str
    code: CodeType | None = field(default=None, compare=False, repr=False)
    instruction: int = field(default=-1, compare=False, repr=False)

    @property
    def extent(self) -> tuple[int, int, int, int] | None:
        """First and last line, first and last column of the expression that the instruction computes, if known."""
        return None if self.code is None else _extent(self.code, self.instruction)

    def __str__(self) -> str:
        return f"{os.path.basename(self.file)}:{self.line}"


@lru_cache(4096)
def _extent(code: CodeType, instruction: int) -> tuple[int, int, int, int] | None:
    # two bytes an instruction, in every interpreter that has positions
    found = next(islice(code.co_positions(), instruction // 2, None), ())
    return None if None in found or not found else found  # type: ignore[return-value]


# files by name, and whether they are the user's: asked for every equation that is recorded
_known: Final[dict[str, bool]] = {}


def belongs_to_user(code: CodeType) -> bool:
    """Whether a code is neither Wengert's nor NumPy's nor SciPy's."""
    file = code.co_filename
    known = _known.get(file)
    if known is None:
        own = file.startswith((_OWN, _NUMPY, _SCIPY, "<wengert")) or file.endswith("functools.py")
        known = _known[file] = file.startswith(_EXAMPLES) or not own
    return known


def user_frame(depth: int = 1) -> FrameType | None:
    """The innermost frame on the stack that is neither Wengert's nor NumPy's nor SciPy's."""
    frame: FrameType | None = sys._getframe(depth)
    while frame is not None:
        code = frame.f_code
        known = _known.get(code.co_filename)
        if belongs_to_user(code) if known is None else known:
            break
        frame = frame.f_back
    return frame


def locate(depth: int = 2) -> Source | None:
    """The user's line that is being executed, or None outside any user's program."""
    frame = user_frame(depth)
    return None if frame is None else _source(frame)


def _source(frame: FrameType) -> Source:
    code = frame.f_code
    key = (id(code), frame.f_lasti)
    found = _sources.get(key)
    if found is None or found[0] is not code:
        if len(_sources) >= _MOST:
            _sources.clear()
        found = _sources[key] = (code, Source(code.co_filename, frame.f_lineno, code.co_name, code, frame.f_lasti))
    return found[1]


# by the instruction that runs, since to find its line, or to hash its code, Python reads the whole code; the code
# stands here so that its identity stays
_sources: Final[dict[tuple[int, int], tuple[CodeType, Source]]] = {}
_MOST: Final = 4096


def blame(error: BaseException) -> tuple[Source | None, bool]:
    """The innermost line of the user's in an error's traceback, and whether the error arose below it in Wengert."""
    source: Source | None = None
    below = False
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if belongs_to_user(code):
            source = Source(code.co_filename, trace.tb_lineno, code.co_name)
            below = False
        elif code.co_filename.startswith((_OWN, "<wengert")):
            below = source is not None
        trace = trace.tb_next
    return source, below
