"""Running a program: what fails in an operation of ours is told as an error of the user's line."""

from __future__ import annotations

from typing import Any

from wengert.errors import ConversionError, MutationError, ShapeError, WengertError
from wengert.graph.source import blame
from wengert.programs.program import Program

__all__ = ["call"]


def call(program: Program, args: tuple[Any, ...], kwargs: dict[str, Any], tape: Any = None) -> Any:
    """Run the user's function; what fails inside an operation of ours is told as an error of the user's line."""
    try:
        return program.run(args, kwargs)
    except ValueError as error:
        told = _explained(error, tape)
        if told is None:
            raise
        raise told from error


# what NumPy's complaints about shapes say, beside which there are others: of integer powers, for instance
_OF_SHAPES = ("shape", "broadcast", "dimension", "axis", "axes", "size", "length", "division")


def _explained(error: ValueError, tape: Any) -> WengertError | None:
    """What is told in place of an error that NumPy raised, or we for it; None to leave it."""
    source, ours = blame(error)
    text = str(error)
    if isinstance(error.__cause__, ConversionError) and text.startswith("setting an array element"):
        return ConversionError(
            f"a traced value is written into a plain NumPy array{_at(source)}, which would lose its derivative. "
            f"Make the array inside the differentiated function, or copy it there (a = np.array(a)); where that "
            f"function is out of Wengert's sight, `import wengert.numpy as np` makes arrays that hold traced values. "
            f"If the value is to count as constant, apply wengert.stop_gradient first."
        )
    if tape is not None and tape.captured is not None and "read-only" in text:
        return MutationError(
            f"an array whose value a derivative still needs is overwritten{_at(source)}. Write into a copy "
            f"(a = a.copy()), or build a new array instead of changing it"
        )
    of_shapes = type(error) is ValueError and ours and any(word in text for word in _OF_SHAPES)
    if of_shapes or (type(error) is ShapeError and source is not None and str(source) not in text):
        return ShapeError(f"{text}{_at(source)}")
    return None


def _at(source: Any) -> str:
    return f" (at {source}, in {source.function})" if source else ""
