"""What each typed operation computes, as functions of NumPy on arrays of at most two axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from wengert.calculus.parse.calls import HIGHEST, written_power
from wengert.calculus.parse.nodes import Tree
from wengert.calculus.parse.sorts import COLUMN, MATRIX, NUMBER, ROW

__all__ = ["Meaning", "meaning"]

Meaning = tuple[str, Callable[..., Any]]
"""The name of an operation, the same in both languages, and its function."""


def _same(x: Any) -> Any:
    return x


def _add(x: Any, y: Any) -> Any:
    return x + y


def _subtract(x: Any, y: Any) -> Any:
    return x - y


def _times(x: Any, y: Any) -> Any:
    return x * y


def _over(x: Any, y: Any) -> Any:
    return x / y


def _under(x: Any, y: Any) -> Any:
    return y / x


def _power(x: Any, y: Any) -> Any:
    # floats of Python would turn complex where NumPy gives NaN
    return np.float64(x) ** y if isinstance(x, (int, float)) else x**y


def _negative(x: Any) -> Any:
    return -x


def _matmul(x: Any, y: Any) -> Any:
    return x @ y


def _matrix_power(x: Any, exponent: int) -> Any:
    return np.linalg.inv(x) if exponent == -1 else np.linalg.matrix_power(x, exponent)


_MEANINGS: Final[dict[str, Meaning]] = {
    "+": ("+", _add),
    "-": ("-", _subtract),
    ".*": ("times", _times),
    "/": ("over", _over),
    "./": ("over", _over),
    "**": ("power", _power),
    ".^": ("power", _power),
    "@": ("matmul", _matmul),
    "negative": ("negative", _negative),
}
# a matrix of one entry is a number in MATLAB's language
_OF_NUMBERS: Final[dict[str, Callable[[Any], Any]]] = {
    "trace": _same,
    "det": _same,
    "sum": _same,
    "mean": _same,
    "prod": _same,
    "norm": np.abs,
    "norm1": np.abs,
    "norm2": np.abs,
    "inv": lambda x: 1.0 / x,
    "logdet": lambda x: np.log(np.abs(x)),
    "signdet": np.sign,
}


def meaning(tree: Tree, place: int, sorts: Sequence[int]) -> Meaning:
    """The meaning of an operation with operands of these sorts."""
    node = tree.nodes[place]
    operands = [sorts[operand] for operand in node.operands]
    if node.operation == "'":
        return ("transpose", np.transpose) if operands[0] == MATRIX else ("same", _same)
    if node.operation == "*":
        return _product(tree.language, operands)
    if node.operation == "^":
        if operands[0] == MATRIX:
            written_power(tree, node.operands[1], HIGHEST)
        return ("matrix_power", _matrix_power) if operands[0] == MATRIX else ("power", _power)
    if node.operation == "\\":
        return ("solve", np.linalg.solve) if operands[0] == MATRIX else ("under", _under)
    if node.operation == "length":
        return f"length {node.value}", lambda x: np.shape(x)[node.value]
    if node.function is None:
        return _MEANINGS[node.operation]
    if operands == [NUMBER] and node.operation in _OF_NUMBERS:
        return f"{node.operation} of a number", _OF_NUMBERS[node.operation]
    if node.operation in ("dot", "matmul") and NUMBER in operands:
        return "times", _times
    options, evaluate = dict(node.options), node.function.evaluate
    name = node.operation + "".join(f" {option}={value}" for option, value in sorted(options.items()))
    return (name, lambda *arrays: evaluate(*arrays, **options)) if options else (name, evaluate)


def _product(language: str, operands: Sequence[int]) -> Meaning:
    if language == "numpy" or NUMBER in operands:
        return "times", _times
    if operands[0] == COLUMN and operands[1] == ROW:
        return "outer", np.outer
    return "matmul", _matmul


def described_sort(sort: int) -> str:
    """The word for the sort of a whole formula."""
    return {NUMBER: "scalar", COLUMN: "column", ROW: "row", MATRIX: "matrix"}[sort]
