"""The user's names of values, from the assignments in the source: of `h = np.tanh(W @ x)` the `tanh` is `h`."""

from __future__ import annotations

import ast
import inspect
import linecache
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from wengert.graph import Equation, Graph, Var
from wengert.graph.source import Source

__all__ = ["assigned_names"]

Extent = tuple[int, int, int, int]


def assigned_names(graph: Graph) -> dict[Var, str]:
    """What the user's program calls its inputs and results; a name that is assigned again is numbered: `s₁`, `s₂`.

    A result has a name where the expression that computes it is the right-hand side of an assignment, `:=` and `+=`
    included. Files whose source is not at hand give no names.
    """
    targets: dict[tuple[str, int], dict[Extent, str]] = {}
    modules: dict[str, ast.Module | None] = {}
    found: list[tuple[Var, str]] = []
    for source, equations in _visits(graph.equations):
        extent = source.extent
        if extent is None:
            continue
        if source.file not in modules:
            modules[source.file] = _parsed(linecache.getlines(source.file))
        whole = modules[source.file]
        assert source.code is not None
        # a page of text with programs in it is read function by function
        place = source.file, 0 if whole else source.code.co_firstlineno
        if place not in targets:
            targets[place] = _targets(whole or _function(*place))
        name = targets[place].get(extent)
        if name:
            found += [(equation.outputs[0], name) for equation in equations if len(equation.outputs) == 1]
    names = {variable: name for variable, name in graph.names.items() if variable in graph.inputs}
    often = Counter(name for _, name in found)
    often.update(names.values())
    seen = Counter(names.values())
    for variable, name in found:
        seen[name] += 1
        names[variable] = name if often[name] == 1 else name + _subscript(seen[name])
    return names


def _visits(equations: Sequence[Equation]) -> Iterator[tuple[Source, list[Equation]]]:
    """For each instruction that ran, the equations that end what it computes: one each time that it ran.

    A call such as `np.mean(x)` may be several equations, of which the last one is its value. Where they stand in a
    row, a loop that runs the call again and again shows as a repetition of the same operations.
    """
    for key, group in groupby(equations, key=_expression):
        if key is None:
            continue
        run = list(group)
        what = [equation.primitive for equation in run]
        period = next(p for p in range(1, len(run) + 1) if len(run) % p == 0 and what[p:] == what[:-p])
        source = run[0].source
        assert source is not None
        yield source, run[period - 1 :: period]


def _expression(equation: Equation) -> tuple[int, Extent] | None:
    # the interpreter may carry out one expression by several instructions, and by others as it gets warm
    source = equation.source
    extent = None if source is None else source.extent
    return None if source is None or extent is None else (id(source.code), extent)


def _parsed(lines: Sequence[str]) -> ast.Module | None:
    try:
        return ast.parse("".join(lines))
    except (SyntaxError, ValueError):
        return None


def _function(file: str, first: int) -> ast.Module | None:
    """The function that begins at a line of a file that is no program as a whole."""
    try:
        block = inspect.getblock(linecache.getlines(file)[first - 1 :])
    except (SyntaxError, IndexError):
        return None
    inside = bool(block) and block[0][0].isspace()
    module = _parsed(["if True:\n", *block] if inside else block)
    return None if module is None else ast.increment_lineno(module, first - 1 - inside)


def _targets(module: ast.Module | None) -> dict[Extent, str]:
    """The names in a program that are assigned to, by the extents of the expressions that they are given."""
    found: dict[Extent, str] = {}
    for node in ast.walk(module) if module else ():
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    found.update(_pairs(target, value))
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                found.update(_pairs(target, value))
            case ast.AugAssign(target=target):
                found[_extent(node)] = ast.unparse(target)
    return found


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[Extent, str]]:
    """Targets with the expressions that they are given, `a, b = x, y` taken apart."""
    if isinstance(target, (ast.Tuple, ast.List)):
        if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
            for one, expression in zip(target.elts, value.elts, strict=True):
                yield from _pairs(one, expression)
    else:
        yield _extent(value), ast.unparse(target)


def _extent(node: ast.expr | ast.stmt) -> Extent:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return node.lineno, node.end_lineno, node.col_offset, node.end_col_offset


def _subscript(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
