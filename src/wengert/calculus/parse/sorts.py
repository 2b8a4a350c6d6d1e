"""The sorts, number, column, row and matrix, and which of them each operation takes and gives.

Every row lists the sorts of the operands, that of the result, and how natural the reading is: 0 where a writer means
just this, 1 where it is usual, 2 where it is allowed and would be a surprise. The ranks decide only what a letter
stands for that the rest of the text leaves open.
"""

from __future__ import annotations

from typing import Final

from wengert.calculus.parse.nodes import Node, Tree

__all__ = ["COLUMN", "MATRIX", "NUMBER", "ROW", "described", "rows"]

NUMBER: Final = 1
COLUMN: Final = 2
ROW: Final = 4
MATRIX: Final = 8

Row = tuple[int, ...]
_ALL: Final = {"matlab": (NUMBER, COLUMN, ROW, MATRIX), "numpy": (NUMBER, COLUMN, MATRIX)}


def described(sorts: int, language: str) -> str:
    """A set of sorts in words."""
    vector = "a column" if language == "matlab" else "a vector"
    words = {NUMBER: "a number", COLUMN: vector, ROW: "a row", MATRIX: "a matrix"}
    return " or ".join(word for sort, word in words.items() if sorts & sort) or "nothing"


def rows(tree: Tree, node: Node) -> list[Row]:
    """The readings of an operation."""
    found = _OPERATORS[tree.language].get(node.operation)
    if found is None and node.function is not None:
        found = _function_rows(tree.language, node)
    if node.operation == "length":
        found = [(COLUMN, NUMBER, 0), (MATRIX, NUMBER, 0)] if node.value == 0 else [(MATRIX, NUMBER, 0)]
    if node.operation == "^":
        found = _matlab_power(tree.nodes[node.operands[1]])
    assert found is not None, node.operation
    operands = [tree.nodes[operand] for operand in node.operands]
    if len(operands) == 2 and any(operand.fixed for operand in operands):
        # a number in the text says nothing of what it is added to or multiplied with
        dotted = node.operation in (".*", "./", ".^")
        return [(*row[:-1], int(dotted and set(row[:-1]) == {NUMBER})) for row in found]
    return found


def _same(language: str, count: int) -> list[Row]:
    return [(*[sort] * (count + 1), 0) for sort in _ALL[language]]


def _with_number(language: str, left: int, right: int) -> list[Row]:
    others = [sort for sort in _ALL[language] if sort != NUMBER]
    return [row for sort in others for row in ((NUMBER, sort, sort, left), (sort, NUMBER, sort, right))]


def _spread(language: str, rank: int) -> list[Row]:
    """NumPy lays a vector along the rows of a matrix."""
    return [(COLUMN, MATRIX, MATRIX, rank), (MATRIX, COLUMN, MATRIX, rank)] if language == "numpy" else []


def _sum(language: str) -> list[Row]:
    return [*_same(language, 2), *_with_number(language, 2, 2), *_spread(language, 2)]


def _product(language: str) -> list[Row]:
    return [*_same(language, 2), *_with_number(language, 1, 1), *_spread(language, 1)]


def _quotient(language: str) -> list[Row]:
    return [*_same(language, 2), *_with_number(language, 1, 0), *_spread(language, 1)]


def _entry_power(language: str) -> list[Row]:
    usual = [(*row[:-1], 1) for row in _same(language, 2) if row[0] != NUMBER]
    return [(NUMBER, NUMBER, NUMBER, 0), *usual, *_with_number(language, 1, 1), *_spread(language, 2)]


def _of_entries(found: list[Row]) -> list[Row]:
    """Nobody writes the dot for two numbers."""
    return [(*row[:-1], 1) if set(row[:-1]) == {NUMBER} else row for row in found]


_MATRIX_PRODUCT: Final[list[Row]] = [
    (COLUMN, COLUMN, NUMBER, 0),
    (COLUMN, MATRIX, COLUMN, 0),
    (MATRIX, COLUMN, COLUMN, 0),
    (MATRIX, MATRIX, MATRIX, 0),
]
_MATLAB_PRODUCT: Final[list[Row]] = [
    (NUMBER, NUMBER, NUMBER, 0),
    (COLUMN, ROW, MATRIX, 0),
    (ROW, COLUMN, NUMBER, 0),
    (ROW, MATRIX, ROW, 0),
    (MATRIX, COLUMN, COLUMN, 0),
    (MATRIX, MATRIX, MATRIX, 0),
    (NUMBER, COLUMN, COLUMN, 1),
    (NUMBER, ROW, ROW, 1),
    (NUMBER, MATRIX, MATRIX, 1),
    (COLUMN, NUMBER, COLUMN, 1),
    (ROW, NUMBER, ROW, 2),
    (MATRIX, NUMBER, MATRIX, 2),
]
_SOLUTION: Final[list[Row]] = [(MATRIX, COLUMN, COLUMN, 0), (MATRIX, MATRIX, MATRIX, 0)]


def _matlab_power(exponent: Node) -> list[Row]:
    whole = exponent.operation == "number" and isinstance(exponent.value, int)
    return [(NUMBER, NUMBER, NUMBER, 0), *([(MATRIX, NUMBER, MATRIX, 0)] if whole else [])]


_OPERATORS: Final[dict[str, dict[str, list[Row]]]] = {
    "matlab": {
        "+": _sum("matlab"),
        "-": _sum("matlab"),
        "*": _MATLAB_PRODUCT,
        ".*": _of_entries(_product("matlab")),
        "./": _of_entries([*_same("matlab", 2), *_with_number("matlab", 1, 1)]),
        ".^": _of_entries(_entry_power("matlab")),
        "/": [(sort, NUMBER, sort, 0) for sort in _ALL["matlab"]],
        "\\": [*[(NUMBER, sort, sort, 1) for sort in _ALL["matlab"]], *_SOLUTION],
        "negative": _same("matlab", 1),
        "'": [(NUMBER, NUMBER, 2), (COLUMN, ROW, 0), (ROW, COLUMN, 0), (MATRIX, MATRIX, 0)],
    },
    "numpy": {
        "+": _sum("numpy"),
        "-": _sum("numpy"),
        "*": _product("numpy"),
        "/": _quotient("numpy"),
        "**": _entry_power("numpy"),
        "@": _MATRIX_PRODUCT,
        "negative": _same("numpy", 1),
        "'": [(NUMBER, NUMBER, 2), (COLUMN, COLUMN, 2), (MATRIX, MATRIX, 0)],
    },
}


def _function_rows(language: str, node: Node) -> list[Row]:
    function = node.function
    assert function is not None
    simple = {"elementwise": _same(language, 1), "sum": _sum(language), "product": _product(language),
              "quotient": _quotient(language), "entry power": _entry_power(language)}  # fmt: skip
    if function.family in simple:
        return simple[function.family]
    if function.family == "reduction":
        return _reduction(language, node)
    found = list(_FAMILIES[function.family])
    if function.name == "diagonal":
        found = [(MATRIX, COLUMN, 0)]
    if function.name == "vdot":
        found.append((MATRIX, MATRIX, NUMBER, 0))
    if function.name == "transpose":
        found.extend([(NUMBER, NUMBER, 2), (COLUMN, COLUMN, 2)])
    if language == "numpy":
        return [row for row in found if ROW not in row[:-1]]
    # a matrix of one entry is a number there
    one_entry = function.family == "square to number" or function.name == "inv"
    return [*found, (NUMBER, NUMBER, 2)] if one_entry else found


_FAMILIES: Final[dict[str, list[Row]]] = {
    "matrix product": _MATRIX_PRODUCT,
    "dot product": [*_MATRIX_PRODUCT, *_with_number("numpy", 1, 1), (NUMBER, NUMBER, NUMBER, 1)],
    "inner product": [(COLUMN, COLUMN, NUMBER, 0)],
    "square to number": [(MATRIX, NUMBER, 0)],
    "square to vector": [(MATRIX, COLUMN, 0)],
    "square map": [(MATRIX, MATRIX, 0)],
    "transposition": [(MATRIX, MATRIX, 0)],
    "solution": _SOLUTION,
    "diagonal": [(COLUMN, MATRIX, 0), (ROW, MATRIX, 0), (MATRIX, COLUMN, 0)],
    "outer product": [(COLUMN, COLUMN, MATRIX, 0)],
    "kronecker": [(MATRIX, MATRIX, MATRIX, 0)],
    "matrix map": [(MATRIX, MATRIX, 0)],
    "vector map": [(COLUMN, COLUMN, 0), (ROW, ROW, 0)],
    "vector to number": [(COLUMN, NUMBER, 0), (ROW, NUMBER, 0)],
    "count": [(sort, NUMBER, 0) for sort in (COLUMN, MATRIX)],
}


def _reduction(language: str, node: Node) -> list[Row]:
    axis, keepdims, order = (node.options.get(option) for option in ("axis", "keepdims", "ord"))
    if language == "matlab" and order in ("fro", "nuc"):
        return [(MATRIX, NUMBER, 0)]
    if language == "matlab":
        # of matrices, the mean and the product are by columns there, and the plain norm is not the root of squares
        whole = node.operation in ("sum", "norm1", "norm2") or order is not None
        number = [] if order is not None else [(NUMBER, NUMBER, 2)]
        return [*number, (COLUMN, NUMBER, 0), (ROW, NUMBER, 0), *([(MATRIX, NUMBER, 0)] if whole else [])]
    column = COLUMN if keepdims else NUMBER
    if order in ("fro", "nuc"):
        # a name of a norm of matrices
        return [(MATRIX, MATRIX if keepdims else NUMBER, 0)] if axis is None else []
    if axis is None:
        matrix = MATRIX if keepdims else NUMBER
        number = [] if order is not None else [(NUMBER, NUMBER, 2)]
        return [*number, (COLUMN, column, 0), (MATRIX, matrix, 0)]
    matrix = MATRIX if keepdims else COLUMN
    return [*([(COLUMN, column, 0)] if axis in (0, -1) else []), (MATRIX, matrix, 0)]
