"""Large graphs in few nodes: what one call of a function or one loop did becomes a node.

A node stands for neighbouring equations of the Wengert list. Since the list is in an order of evaluation, no two such
nodes need one another, whatever is folded.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from wengert.display.quantities import count
from wengert.graph import Equation

__all__ = ["Unit", "folded"]

# the longest body of a loop that is looked for, in units
_LONGEST_BODY: Final = 64
_FEWEST_REPETITIONS: Final = 3


@dataclass(frozen=True)
class Unit:
    """Neighbouring equations that are one node; `title` is empty for a single operation."""

    equations: tuple[Equation, ...]
    key: Hashable
    title: str = ""
    note: str = ""


def folded(equations: Sequence[Equation], limit: int, cost: Callable[[Sequence[Unit]], int]) -> list[Unit]:
    """Equations as units whose picture has at most `limit` nodes, where `cost` counts them.

    Calls of functions are folded first, then loops, then lines of the program, at last whatever stands together.
    """
    units = [Unit((equation,), _key(equation)) for equation in equations]
    for fold in (_calls, _loops, _lines, _loops):
        if cost(units) <= limit:
            return units
        units = fold(units)
    wanted = limit
    while cost(units) > limit and len(units) > 1:
        units = _chunks(units, wanted)
        wanted = max(1, wanted * 2 // 3)
    return units if cost(units) <= limit else [_united(units, units[0].title)]


def _key(equation: Equation) -> Hashable:
    source = equation.source
    return equation.primitive.name, source, source.extent if source else None


def _function(unit: Unit) -> tuple[str, str] | None:
    source = unit.equations[0].source
    return (source.file, source.function) if source else None


def _calls(units: Sequence[Unit]) -> list[Unit]:
    """Fold what the functions did that the traced one called; the traced one is where the last operation stands."""
    top = next((_function(unit) for unit in reversed(units) if _function(unit)), None)
    found: list[Unit] = []
    for inside, group in groupby(units, key=lambda unit: _function(unit) not in (top, None)):
        run = list(group)
        if not inside:
            found += run
            continue
        found += [_united(call, name) for name, call in _single_calls(run)]
    return found


def _single_calls(run: list[Unit]) -> list[tuple[str, list[Unit]]]:
    """A run inside functions, parted where the outermost of them begins anew.

    It begins anew where its first instruction of this run comes again.
    """
    functions = [_function(unit) for unit in run]
    outer = functions[0]
    first = run[0].key
    parts: list[list[Unit]] = []
    for unit, function in zip(run, functions, strict=True):
        if not parts or (function == outer and unit.key == first):
            parts.append([])
        parts[-1].append(unit)
    return [(outer[1] if outer else "", part) for part in parts]


def _loops(units: Sequence[Unit]) -> list[Unit]:
    """Fold what comes again and again in a row."""
    keys = [unit.key for unit in units]
    found: list[Unit] = []
    place = 0
    while place < len(units):
        body, times = _repetition(keys, place)
        if times >= _FEWEST_REPETITIONS:
            whole = units[place : place + body * times]
            found.append(_united(whole, _loop_title(whole[:body]), times))
            place += body * times
        else:
            found.append(units[place])
            place += 1
    return found


def _repetition(keys: Sequence[Hashable], start: int) -> tuple[int, int]:
    """The body and the count of the repetition that begins here and covers most."""
    best = (1, 1)
    for body in range(1, min(_LONGEST_BODY, (len(keys) - start) // _FEWEST_REPETITIONS) + 1):
        if keys[start] != keys[start + body]:
            continue
        end = start + body
        while end < len(keys) and keys[end] == keys[end - body]:
            end += 1
        times = (end - start) // body
        if times >= _FEWEST_REPETITIONS and body * times > best[0] * best[1]:
            best = body, times
    return best


def _loop_title(body: Sequence[Unit]) -> str:
    titles = list(dict.fromkeys(unit.title for unit in body if unit.title))
    return " · ".join(titles[:2]) if titles else "loop"


def _lines(units: Sequence[Unit]) -> list[Unit]:
    """Fold the operations of one line of the program."""
    found: list[Unit] = []
    for source, group in groupby(units, key=lambda unit: unit.equations[-1].source):
        run = list(group)
        found += run if len(run) == 1 or source is None else [_united(run, f"line {source.line}")]
    return found


def _chunks(units: Sequence[Unit], wanted: int) -> list[Unit]:
    """At most so many units, of about as many operations each."""
    size = -(-len(units) // wanted)
    parts = [units[start : start + size] for start in range(0, len(units), size)]
    return [part[0] if len(part) == 1 else _united(part, "") for part in parts]


def _united(units: Sequence[Unit], title: str, times: int = 1) -> Unit:
    equations = tuple(equation for unit in units for equation in unit.equations)
    note = (f"{times} × " if times > 1 else "") + count(len(equations) // times, "operation")
    lines = sorted({equation.source.line for equation in equations if equation.source})
    where = "" if not lines else f"line {lines[0]}" if lines[0] == lines[-1] else f"lines {lines[0]}–{lines[-1]}"
    return Unit(equations, (title, *(unit.key for unit in units)), title or where or "operations", note)
