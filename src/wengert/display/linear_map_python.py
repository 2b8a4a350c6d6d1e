"""The dense array of a linear map as NumPy code: one einsum for each piece.

A piece that is zero outside a diagonal, such as I ⊗ B, is written into a view of its entries there, and nothing of its
zeros is ever computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any, Final

from wengert.calculus import algebra
from wengert.calculus.dimension import Length
from wengert.calculus.expression import Diagonal, Expression, Number, Ones, Symbol
from wengert.calculus.linear_map import Piece, PieceSum
from wengert.calculus.linear_map.pieces import is_identity
from wengert.calculus.linear_map.steps import Against, Extract, Multiply, Onto, Shape, Spread, Step, Turn, Weigh
from wengert.display.factoring import with_factors
from wengert.display.formula_python import Parameters, formed, parameters_of, source_of
from wengert.display.planning import Planner
from wengert.display.statements import Writer
from wengert.errors import UnsupportedError

__all__ = ["map_python"]

# of the axes of the result and of the variable; the others are summed over
_RESULT: Final = "ij"
_VARIABLE: Final = "kl"
_SUMMED: Final = "".join(letter for letter in ascii_lowercase if letter not in "ijkl")
_LONGEST: Final = 110
_ORDER: Final = _RESULT + _VARIABLE + _SUMMED


def map_python(pieces: PieceSum, arguments: Sequence[Symbol], name: str) -> str:
    """The source of a function that computes the array of the result's axes, then the variable's.

    Parameters
    ----------
    pieces
        The map.
    arguments
        The symbols of the function's parameters; columns are arrays of one axis.
    name
        Of the function.

    Raises
    ------
    UnsupportedError
        The derivative of a function of matrices is in the map, or a length comes from no argument.
    """
    terms = [_Contraction(piece).term() for piece in pieces.pieces]
    matrices = dict.fromkeys(matrix for term in terms for matrix in term.matrices)
    one_axis = [symbol.name for symbol in arguments if symbol.cols == 1 and symbol.rows != 1]
    parameters = parameters_of(matrices, arguments, one_axis)
    planner = Planner(parameters.names, parameters.lengths, formed(matrices))
    roots = with_factors(planner.steps, [planner.plan(matrix) for matrix in matrices])
    taken = {*parameters.names.values()}
    result = next(word for word in (name, f"{name}_array", f"{name}_of_{'_'.join(taken)}") if word not in taken)
    writer = Writer(roots, [result], taken)
    words = dict(zip(matrices, writer.named(), strict=True))
    before, behind = (shape[0] == 1 and shape[1] != 1 for shape in (pieces.target, pieces.source))
    rows = f"[{', '.join(['None'] * before + ['...', 'None', ':'] * behind)}]" if before or behind else ""
    shape = [_length(length, parameters) for length in _lengths(pieces)]
    lines = [*writer.written, *_statements(terms, words, shape, result, rows)]
    return source_of(name, parameters, lines)


def _statements(
    terms: Sequence[_Term], words: dict[Expression, str], shape: Sequence[str], result: str, rows: str
) -> list[str]:
    """The terms added up, and the sum returned with the axis of length 1 that a matrix of one row has."""
    full = [term.value(words) for term in terms if not term.is_sparse]
    sparse = [term for term in terms if term.is_sparse]
    if not sparse and full:
        whole = _sum(full)
        return [f"return ({whole}){rows}" if rows else f"return {whole}"]
    if not shape:
        return ["return 0.0"]
    lengths = f"({', '.join(shape)})" if len(shape) > 1 else shape[0]
    lines = [f"{result} = np.zeros({lengths})"]
    if full:
        lines.append(f"{result} += {_sum(full)}")
    for place, term in enumerate(sparse):
        sign, value = ("-", term.value(words)[1:]) if term.value(words).startswith("-") else ("+", term.value(words))
        equals = f"{sign}=" if full or place or sign == "-" else "="
        lines.append(_broken(f'np.einsum("{term.axes}->{term.kept}", {result})[...] {equals} {value}'))
    return [*lines, f"return {result}{rows}"]


def _sum(terms: Sequence[str]) -> str:
    text = terms[0]
    for term in terms[1:]:
        text += f" - {term[1:]}" if term.startswith("-") else f" + {term}"
    if len(text) <= 100:
        return text
    lines = [f"        {'' if not place or term.startswith('-') else '+ '}{term}" for place, term in enumerate(terms)]
    return "\n".join(["(", *lines, "    )"])


def _broken(line: str) -> str:
    """A long line, the arguments of its last call in lines of their own."""
    if len(line) <= _LONGEST or line.count("np.einsum(") < 2:
        return line
    front, _, rest = line.rpartition("np.einsum(")
    return f"{front}np.einsum(\n        {rest[:-1]}\n    )"


def _lengths(pieces: PieceSum) -> list[Length]:
    """Of the axes of the array, without those of length 1."""
    return [length for shape in (pieces.target, pieces.source) for length in shape if length != 1]


def _length(length: Length, parameters: Parameters) -> str:
    if isinstance(length, int):
        return str(length)
    if length not in parameters.lengths:
        raise UnsupportedError(f"the length {length} is that of no argument: give all arrays as arguments")
    written, axis = parameters.lengths[length]
    return f"{written}.shape[{axis}]"


@dataclass(frozen=True)
class _Term:
    """A number times a product of arrays by indices.

    A letter that occurs twice among the `axes` of the result says that all entries elsewhere are zero.
    """

    front: Expression
    operands: tuple[tuple[str, Expression], ...]
    axes: str

    @property
    def matrices(self) -> list[Expression]:
        """The arrays in it."""
        front = [] if isinstance(self.front, Number) else [self.front]
        return [*front, *[matrix for _, matrix in self.operands]]

    @property
    def is_sparse(self) -> bool:
        """Whether most entries are zero."""
        return len(set(self.axes)) < len(self.axes)

    @property
    def kept(self) -> str:
        """The letters of the axes once, those that the entries do not depend on first."""
        held = "".join(letters for letters, _ in self.operands)
        letters = dict.fromkeys(self.axes)
        return "".join(sorted(letters, key=lambda letter: letter in held))

    def value(self, words: dict[Expression, str]) -> str:
        """The code of it; for a sparse one, of the entries that are not zero."""
        front = self._front(words)
        if not self.operands:
            return front
        axes = "".join(letter for letter in self.kept if any(letter in held for held, _ in self.operands))
        value = self._product(axes if self.is_sparse else self.axes, words)
        if front in ("1", "-1"):
            return f"-{value}" if front == "-1" else value
        return f"{front} * {value}"

    def _front(self, words: dict[Expression, str]) -> str:
        if not isinstance(self.front, Number):
            return words[self.front]
        number: Any = self.front.value
        return repr(int(number) if number == int(number) else float(number))

    def _product(self, axes: str, words: dict[Expression, str]) -> str:
        listed = [_unturned(letters, words[matrix]) for letters, matrix in self.operands]
        if len(listed) == 1:
            ((letters, word),) = listed
            if letters in (axes, axes[::-1]):
                return word if letters == axes else f"{word}.T"
        optimize = ", optimize=True" if len(listed) > 2 else ""
        subscripts = f'"{",".join(letters for letters, _ in listed)}->{axes}"'
        return f"np.einsum({', '.join([subscripts, *[word for _, word in listed]])}{optimize})"


def _unturned(letters: str, word: str) -> tuple[str, str]:
    """An array and its indices without a transposition."""
    return (letters[::-1], word[:-2]) if word.endswith(".T") else (letters, word)


class _Contraction:
    """A piece as an einsum: letters for the axes, and the arrays that have them."""

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        self.operands: list[tuple[str, Expression]] = []
        self.free: Iterator[str] = iter(_SUMMED)
        # of two letters of one index, the other one
        self.same: dict[str, str] = {}
        self.rows, self.cols = _letters(piece.source, _VARIABLE)
        self.shape: Shape = piece.source

    def term(self) -> _Term:
        """What the piece contributes."""
        for step in self.piece.steps:
            self._take(step)
            self.shape = step.target(self.shape)
        above, below = _letters(self.shape, _RESULT), _letters(self.piece.source, _VARIABLE)
        for letter, current in zip(above, (self.rows, self.cols), strict=True):
            self._tie(letter, current)
        operands = [(self._renamed(letters), matrix) for letters, matrix in self.operands]
        operands = [one for one in operands if not _is_idle(one, operands)]
        return _Term(self.piece.front, tuple(operands), self._renamed("".join((*above, *below))))

    def _tie(self, one: str, other: str) -> None:
        """Say that two letters are one index."""
        first, second = sorted((self._renamed(one), self._renamed(other)), key=_ORDER.find)
        if first and first != second:
            self.same[second] = first

    def _renamed(self, letters: str) -> str:
        while any(letter in self.same for letter in letters):
            letters = "".join([self.same.get(letter, letter) for letter in letters])
        return letters

    def _hold(self, matrix: Expression, rows: str, cols: str) -> None:
        """Multiply by the entries of a matrix at these indices."""
        if matrix.rows == 1:
            # a vector has one axis
            matrix = algebra.transpose(matrix)
        if not matrix.is_scalar:
            self.operands.append((rows + cols, matrix))

    def _next(self, length: Length) -> str:
        return "" if length == 1 else next(self.free)

    def _take(self, step: Step) -> None:
        if isinstance(step, Multiply):
            self.rows = self._through(step.left, self.rows, step.left.rows)
            self.cols = self._through(algebra.transpose(step.right), self.cols, step.right.cols)
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
            self._tie(self.rows, self.cols)
            self.cols = ""
        elif isinstance(step, Spread):
            self.cols = self.rows
        else:
            raise UnsupportedError(
                "linear map: the derivative of a function of matrices in a direction has no code as an array; ask for "
                "dense() at numbers"
            )

    def _through(self, matrix: Expression, current: str, length: Length) -> str:
        """The index behind a factor, which stands in front of what has the current index."""
        if is_identity(matrix):
            return current
        if isinstance(matrix, Diagonal):
            self._hold(matrix.parts[0], current, "")
            return current
        behind = self._next(length)
        self._hold(matrix, behind, current)
        return behind


def _is_idle(operand: tuple[str, Expression], operands: Sequence[tuple[str, Expression]]) -> bool:
    """Whether it is a vector of ones along an axis that another array has, too."""
    letters, matrix = operand
    return isinstance(matrix, Ones) and any(letters in held and other is not matrix for held, other in operands)


def _letters(shape: Shape, letters: str) -> tuple[str, str]:
    rows, cols = shape
    return ("" if rows == 1 else letters[0]), ("" if cols == 1 else letters[1])
