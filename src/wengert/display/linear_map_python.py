"""The dense array of a linear map as NumPy code: one einsum for each piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from string import ascii_lowercase
from typing import Any, Final

from wengert.calculus import algebra
from wengert.calculus.dimension import Length
from wengert.calculus.expression import Expression, Number, Symbol
from wengert.calculus.linear_map import Piece, PieceSum
from wengert.calculus.linear_map.pieces import is_identity
from wengert.calculus.linear_map.steps import Against, Extract, Multiply, Onto, Shape, Spread, Step, Turn, Weigh
from wengert.display.formula_python import python_of
from wengert.errors import UnsupportedError

__all__ = ["map_python"]

# of the axes of the result and of the variable; the others are summed over
_RESULT: Final = "ij"
_VARIABLE: Final = "kl"
_SUMMED: Final = "".join(letter for letter in ascii_lowercase if letter not in "ijkl")


def map_python(pieces: PieceSum, arguments: Sequence[Symbol], name: str) -> str:
    """The source of a function that computes the array of the result's axes, then the variable's.

    Parameters
    ----------
    pieces
        The map.
    arguments
        The symbols of the function's parameters; columns are arrays of one axis.
    name
        Of the function. The arrays that stand in its products come from a second function, `arrays_of_` and the name.

    Raises
    ------
    UnsupportedError
        The derivative of a function of matrices is in the map, or a length comes from no argument.
    """
    arrays: dict[Expression, str] = {}
    terms = [_Contraction(piece, arrays).term() for piece in pieces.pieces]
    listed = ", ".join(symbol.name for symbol in arguments)
    columns = [symbol.name for symbol in arguments if symbol.cols == 1 and symbol.rows != 1]
    if not terms:
        # zeros of the right shape, by a product of columns of zeros
        return _zeros(pieces, arguments, columns, name)
    named = {word: matrix for matrix, word in arrays.items()}
    body = "\n        + ".join(terms)
    body = body if len(terms) == 1 else f"(\n        {body}\n    )"
    value = f"return {_with_rows(body, pieces)}"
    if not named:
        return _with_import(f"def {name}({listed}):\n    {value}\n")
    inner = python_of(named, arguments, columns, name=f"arrays_of_{name}")
    taken = f"{', '.join(named)} = arrays_of_{name}({listed})"
    return _with_import(f"{inner}\n\ndef {name}({listed}):\n    {taken}\n    {value}\n")


def _with_rows(body: str, pieces: PieceSum) -> str:
    """With the axis of length 1 that a matrix of one row has."""
    before, behind = (shape[0] == 1 and shape[1] != 1 for shape in (pieces.target, pieces.source))
    if not before and not behind:
        return body
    whole = body if body.startswith("(") else f"({body})"
    return f"{whole}[{', '.join(['None'] * before + ['...', 'None', ':'] * behind)}]"


def _with_import(source: str) -> str:
    return source if source.startswith("import") else f"import numpy as np\n\n\n{source}"


def _zeros(pieces: PieceSum, arguments: Sequence[Symbol], columns: Sequence[str], name: str) -> str:
    axes = [length for shape in (pieces.target, pieces.source) for length in shape[: 1 if shape[1] == 1 else 2]]
    axes = axes[int(pieces.target == (1, 1)) : len(axes) - int(pieces.source == (1, 1))]
    named: dict[str, Any] = {f"length_{place}": algebra.size(length) for place, length in enumerate(axes)}
    inner = python_of(named, arguments, columns, name=f"arrays_of_{name}")
    if not axes:
        return inner
    listed = ", ".join(symbol.name for symbol in arguments)
    return _with_import(
        f"{inner}\n\ndef {name}({listed}):\n    lengths = arrays_of_{name}({listed})\n"
        f"    return np.zeros(np.atleast_1d(lengths).astype(int))\n"
    )


class _Contraction:
    """A piece as an einsum: letters for the axes, and the arrays that have them."""

    def __init__(self, piece: Piece, arrays: dict[Expression, str]) -> None:
        self.piece, self.arrays = piece, arrays
        self.operands: list[tuple[str, str]] = []
        self.free: Iterator[str] = iter(_SUMMED)
        self.rows, self.cols = _letters(piece.source, _VARIABLE)
        self.shape: Shape = piece.source

    def term(self) -> str:
        """The code of the piece."""
        for step in self.piece.steps:
            self._take(step)
            self.shape = step.target(self.shape)
        above = _letters(self.shape, _RESULT)
        self._settle(above)
        below = _letters(self.piece.source, _VARIABLE)
        front = self._front()
        if not self.operands:
            return f"{front}1.0"
        axes = ",".join(letters for letters, _ in self.operands)
        words = ", ".join(word for _, word in self.operands)
        optimize = ", optimize=True" if len(self.operands) > 2 else ""
        return f'{front}np.einsum("{axes}->{"".join((*above, *below))}", {words}{optimize})'

    def _front(self) -> str:
        front = self.piece.front
        if algebra.is_one(front):
            return ""
        if isinstance(front, Number) and front.value == -1:
            return "-"
        return f"{float(front.value)!r} * " if isinstance(front, Number) else f"{self._name(front)} * "

    def _settle(self, above: tuple[str, str]) -> None:
        """Name the axes of the result, with an identity where one of them is an axis of the variable, too."""
        for letter, current, length in zip(above, (self.rows, self.cols), self.shape, strict=True):
            if current in _VARIABLE:
                if letter:
                    self._hold(algebra.identity(length), letter, current)
            else:
                self.operands = [(axes.replace(current, letter), word) for axes, word in self.operands]

    def _name(self, matrix: Expression) -> str:
        return self.arrays.setdefault(matrix, f"array_{len(self.arrays) + 1}")

    def _hold(self, matrix: Expression, rows: str, cols: str) -> None:
        """Multiply by the entries of a matrix at these indices."""
        if matrix.rows == 1:
            # a vector has one axis
            matrix = algebra.transpose(matrix)
        if not matrix.is_scalar:
            self.operands.append((rows + cols, self._name(matrix)))

    def _next(self, length: Length) -> str:
        return "" if length == 1 else next(self.free)

    def _take(self, step: Step) -> None:
        if isinstance(step, Multiply):
            self._multiply(step)
        elif isinstance(step, Turn):
            self.rows, self.cols = self.cols, self.rows
        elif isinstance(step, (Weigh, Against)):
            self._hold(step.matrices[0], self.rows, self.cols)
            if isinstance(step, Against):
                self.rows = self.cols = ""
        elif isinstance(step, Onto):
            self.rows, self.cols = (self._next(length) for length in step.matrix.shape)
            self._hold(step.matrix, self.rows, self.cols)
        elif isinstance(step, Extract):
            self._hold(algebra.identity(self.shape[0]), self.rows, self.cols)
            self.cols = ""
        elif isinstance(step, Spread):
            self.cols = self._next(self.shape[0])
            self._hold(algebra.identity(self.shape[0]), self.rows, self.cols)
        else:
            raise UnsupportedError(
                "linear map: the derivative of a function of matrices in a direction has no code as an array; ask for "
                "dense() at numbers"
            )

    def _multiply(self, step: Multiply) -> None:
        if not is_identity(step.left):
            rows = self._next(step.left.rows)
            self._hold(step.left, rows, self.rows)
            self.rows = rows
        if not is_identity(step.right):
            cols = self._next(step.right.cols)
            self._hold(step.right, self.cols, cols)
            self.cols = cols


def _letters(shape: Shape, letters: str) -> tuple[str, str]:
    rows, cols = shape
    return ("" if rows == 1 else letters[0]), ("" if cols == 1 else letters[1])
