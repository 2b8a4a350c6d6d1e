"""The functions of the gallery, as NumPy programs with the symbols that they are derived in.

They are the rows of `tests/calculus/exam.json`, by which the tests judge every formula: one list for both.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import wengert as wg
from closed_form_gallery.titles import TITLES

__all__ = ["GROUPS", "HELPERS", "Row", "rows_of"]

EXAM: Final = Path(__file__).parents[2] / "tests" / "calculus" / "exam.json"
# the first letter of a row says where it is from: R is a lecture's exercises, which the problem book has
GROUPS: Final = {"T": "problems", "C": "cookbook", "L": "learning"}
_PROPERTIES: Final = {
    "sym": "symmetric", "pd": "positive definite", "inv": "invertible", "nspd": "invertible",
    "pos": "positive entries", "onehot": "one-hot rows", "onehot1": "one-hot",
}  # fmt: skip
_PATHS: Final = {
    **{name: f"np.{name}" for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "abs", "sum", "mean", "prod",
                                       "outer", "diag", "eye", "ones", "kron")},
    **{name: f"np.linalg.{name}" for name in ("inv", "det", "norm", "solve", "pinv", "eigvals")},
    "tr": "np.trace", "matpow": "np.linalg.matrix_power",
}  # fmt: skip

_WORDS: Final = {"fmin.xyz ex.": "fmin.xyz, exercise ", "MC(": "Matrix Cookbook (", "MIT pset1 ": "MIT problem set 1, ",
                 "HN comment": "a comment on Hacker News", "arXiv ": "arXiv:"}  # fmt: skip
_REFERENCES: Final = ("Laue", "Boyd", "matrixcalculus", "MC(")

HELPERS: Final = """import numpy as np
from wengert.scipy.linalg import expm


def sigma(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    return np.exp(z) / np.sum(np.exp(z))


def log_softmax_rows(Z):
    return Z - np.log(np.sum(np.exp(Z), axis=1, keepdims=True))
"""
"""What the programs of the gallery use besides NumPy."""


@dataclass(frozen=True)
class Row:
    """One function.

    Attributes
    ----------
    name
        Its key in the exam.
    title
        What it is called.
    source
        The program.
    symbols
        The arguments, the variable first.
    origin
        Where it is from.
    """

    name: str
    title: str
    source: str
    symbols: tuple[Any, ...]
    origin: str

    def form(self) -> Any:
        """Its closed form."""
        scope: dict[str, Any] = {}
        exec(f"{HELPERS}\n{self.source}", scope)
        return wg.derive(scope["f"], *self.symbols)


def rows_of(letter: str) -> list[Row]:
    """The rows of one group, in the order of the exam."""
    listed = json.loads(EXAM.read_text(encoding="utf-8"))
    return [_row(entry) for entry in listed if entry["id"].startswith(letter)]


def _row(entry: Mapping[str, str]) -> Row:
    declared = dict(_variables(entry["variables"]))
    names = [entry["wrt"], *(name for name in declared if name != entry["wrt"])]
    symbols = tuple([_symbol(name, *declared[name]) for name in names])
    body = ast.unparse(_Spelled(declared).visit(ast.parse(entry["f"], mode="eval")))
    source = f"def f({', '.join(names)}):\n    return {body}\n"
    return Row(entry["id"], TITLES[entry["id"]], source, symbols, _origin(entry["source"]))


def _variables(text: str) -> Iterator[tuple[str, tuple[list[str], str]]]:
    """Names with dimensions and property: `A:m,n:sym`, `l:pos`."""
    for entry in text.split():
        name, _, rest = entry.partition(":")
        dims, _, kind = rest.partition(":")
        dims, kind = ("", dims) if dims in _PROPERTIES else (dims, kind)
        yield name, ([dim for dim in dims.split(",") if dim], _PROPERTIES.get(kind, ""))


def _symbol(name: str, dims: Sequence[str], held: str) -> Any:
    kind = (wg.Scalar, wg.Vector, wg.Matrix)[len(dims)]
    told = [name, " ".join(dims), held] if dims else [name, held]
    return kind(*told) if held else kind(*told[:-1])


class _Spelled(ast.NodeTransformer):
    """The exam's short names as NumPy spells them, and lengths as they are taken from arrays."""

    def __init__(self, declared: Mapping[str, tuple[Sequence[str], str]]) -> None:
        self.declared = declared
        self.lengths = {
            dim: f"{name}.shape[{axis}]" if axis or len(dims) > 1 else f"len({name})"
            for name, (dims, _) in reversed(declared.items())
            for axis, dim in reversed(list(enumerate(dims)))
        }

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name):
            name = node.func.id
            if name == "relu":
                return ast.Call(_expression("np.maximum"), [*node.args, ast.Constant(0)], [])
            node.func = _expression(_PATHS.get(name, name))
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self.declared or node.id not in self.lengths:
            return node
        return _expression(self.lengths[node.id])


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _origin(text: str) -> str:
    """Where a row is from, without what its title says."""
    if text.startswith("ML "):
        text = re.split(r", |; | \(", text, maxsplit=1)[-1].rstrip(")")
        return _spelled_out(text) if any(word in text for word in _REFERENCES) else ""
    return _spelled_out(text).partition(", id ")[0]


def _spelled_out(text: str) -> str:
    for short, long in _WORDS.items():
        text = text.replace(short, long)
    return text
