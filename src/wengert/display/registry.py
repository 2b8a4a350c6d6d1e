"""The registry of primitives, and the rules of the graph, as Markdown."""

from __future__ import annotations

import inspect
import re
import string
from collections.abc import Iterable
from typing import Final

from wengert.graph import Primitive, verify

__all__ = ["constants", "graph_rules", "primitive_table", "shown_notation"]

_OPERANDS: Final = "xyzw"
_HEADER: Final = ("primitive", "written", "shapes", "linear", "domain", "source")


def primitive_table(primitives: Iterable[Primitive]) -> str:
    """A table with one row per differentiable primitive, in alphabetical order."""
    rows = [_HEADER, ("---",) * len(_HEADER)]
    rows += [
        (
            f"`{p.name}`",
            _code(shown_notation(p)),
            _shapes(p),
            p.linear or "",
            _text(p.domain),
            _text(p.cite),
        )
        for p in sorted(primitives, key=lambda p: p.name)
        if p.differentiable
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def constants(primitives: Iterable[Primitive]) -> str:
    """The names of the primitives that count as constant."""
    return ", ".join(f"`{name}`" for name in sorted(p.name for p in primitives if not p.differentiable))


def graph_rules() -> str:
    """The rules that `verify` holds every graph to, as a numbered list."""
    text = " ".join(inspect.getdoc(verify).split()) if verify.__doc__ else ""  # type: ignore[union-attr]
    rules = re.findall(r"(\d+)\. (.*?)(?= \d+\. |$)", text)
    return "\n".join(f"{number}. {rule}" for number, rule in rules)


def shown_notation(primitive: Primitive) -> str:
    """How a formula shows an operation on x, y, ..., its parameters by their names."""
    count = len(primitive.signature.inputs) if primitive.signature else 0
    args = ", ".join(_OPERANDS[:count]) if count else "x, ..." if primitive.outputs == 1 else "x"
    parts: list[str] = []
    for literal, field, _, _ in string.Formatter().parse(primitive.notation):
        parts.append(literal)
        if field is not None:
            named = f"({field})" if literal[-1:].isalnum() else field
            parts.append(args if field == "args" else _OPERANDS[int(field)] if field.isdecimal() else named)
    return "".join(parts)


def _shapes(primitive: Primitive) -> str:
    shapes = primitive.shapes
    return _code(shapes) if re.fullmatch(r"[\w(),.\->]+", shapes) else _text(shapes)


def _code(text: str) -> str:
    return f"`{text}`".replace("|", r"\|")


def _text(text: str) -> str:
    """Text that Markdown shows as it is."""
    return re.sub(r"([|*_<\\`])", r"\\\1", text)
