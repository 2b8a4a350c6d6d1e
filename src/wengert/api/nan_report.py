"""The report of `wengert.explain_nan`: where a value that is not finite came from, as a compiler would say it."""

from __future__ import annotations

import linecache
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from wengert.display.parts import Part
from wengert.display.quantities import count

__all__ = ["CONSTANT", "PARTS", "NanOperand", "NanReport", "NanStep", "kind_of"]

Kind = Literal["nan", "inf", "-inf"]
_ORDERS: Final = ("value", "gradient", "second derivative")
# what stands in place of an operation where there is none
CONSTANT: Final = "a constant that the function returns"
PARTS: Final = "the sum of the parts of a derivative"
_OF: Final = ("", "the derivative of ", "the second derivative of ")


def kind_of(entry: Any) -> Kind:
    """NaN or infinity; a complex number is what its worse part is."""
    if np.isnan(entry):
        return "nan"
    return "-inf" if np.real(entry) == -np.inf else "inf"


@dataclass(frozen=True)
class NanOperand:
    """What an operation was given: `entry` is the number at `index` that met the bad result, None if none did.

    `bad` are the first indices at which the operand itself is NaN or infinite.
    """

    name: str
    value: Any
    index: tuple[int, ...] | None = None
    bad: tuple[tuple[int, ...], ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return np.shape(self.value)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype."""
        return np.asarray(self.value).dtype

    @property
    def entry(self) -> Any:
        """The number at `index`."""
        return None if self.index is None else np.asarray(self.value)[self.index]

    def __str__(self) -> str:
        part = Part(self.name, self.value)
        if self.index is not None:
            place = f"{self.name}[{_text(self.index)}]" if self.index else self.name
            return f"{place} = {self.entry}{f'  ({part.type})' if self.index else ''}"
        if self.bad:
            return f"{self.name}: {part.type}, {_entries(self.value, self.bad)}"
        return f"{self.name}: {part.type}, {part.preview()}" if part.numeric else f"{self.name}: {part.preview()}"


@dataclass(frozen=True)
class NanStep:
    """One operation that turned well operands into a value that is not finite.

    Attributes
    ----------
    where
        `"argument"`, `"value"`, or `"derivative"`: the multiplier in a reverse sweep.
    order
        0 for a value, otherwise the order of the derivative.
    operation
        The name of the operation; for an argument, the name of the argument.
    file, line, function
        Where the program asks for it; empty and 0 where no line of the program does.
    operands
        What it was given.
    value, bad, kind
        What came out, the first indices at which that is not finite, and what it is there.
    """

    where: Literal["argument", "value", "derivative"]
    order: int
    operation: str
    file: str
    line: int
    function: str
    operands: tuple[NanOperand, ...]
    value: Any
    bad: tuple[tuple[int, ...], ...]
    kind: Kind

    @property
    def text(self) -> str:
        """The source text of the line; empty where it cannot be read."""
        return linecache.getline(self.file, self.line).strip() if self.file else ""

    @property
    def title(self) -> str:
        """`log`, `the derivative of log`, `the sum of the parts of a derivative`."""
        if self.operation in (CONSTANT, PARTS):
            return self.operation
        return f"{_OF[self.order]}{self.operation.removesuffix('_constant')}"

    @property
    def place(self) -> str:
        """`file.py:12, in function`."""
        return f"{Path(self.file).name}:{self.line}, in {self.function}" if self.file else ""

    def lines(self, verb: str) -> list[str]:
        """The step as it is printed."""
        if self.where == "argument":
            return [f"{self.kind} {verb} in the argument: {NanOperand(self.operation, self.value, bad=self.bad)}"]
        at = f"  ({self.place})" if self.place else ""
        lines = [f"{self.kind} {verb} in {self.title}{at}"]
        if self.text:
            lines.append(f"    {self.text}")
        lines += [f"  given    {operand}" for operand in self.operands]
        what = "result" if self.where == "value" else "gives"
        lines.append(f"  {what:<8} {Part('', self.value).type}, {_entries(self.value, self.bad)}")
        return lines


@dataclass(frozen=True)
class NanReport:
    """What `wengert.explain_nan` found out; `print` it.

    Attributes
    ----------
    name
        Of the function.
    where
        `"argument"`, `"value"` or `"derivative"`; empty where everything is finite.
    order
        0 for the value, otherwise the order of the derivative that is not finite.
    steps
        From the first value that is not finite, and counts, to the first NaN: one or two operations.
    results
        The value, and the derivatives as far as they were computed, under their names.
    advice
        One thing to do.
    hidden
        Where a NaN would arise if zeros did not annihilate infinities, in a derivative that is finite.
    """

    name: str
    where: Literal["", "argument", "value", "derivative"]
    order: int
    steps: tuple[NanStep, ...]
    results: tuple[tuple[str, Any], ...]
    advice: str
    hidden: tuple[NanStep, ...] = ()

    @property
    def found(self) -> bool:
        """Whether something is not finite."""
        return bool(self.steps)

    @property
    def step(self) -> NanStep | None:
        """The operation in which the first NaN arises; where there is no NaN, the first infinity."""
        return self.steps[-1] if self.steps else None

    def __str__(self) -> str:
        if not self.found:
            told = ", ".join(f"{name} {_short(value)}" for name, value in self.results)
            lines = [f"explain_nan: {self.name} has no NaN or infinity: {told}"]
        else:
            bad = [name for name, value in self.results if not np.all(np.isfinite(value))]
            well = [f"{name} {_short(value)}" for name, value in self.results if np.all(np.isfinite(value))]
            kinds = " and ".join(dict.fromkeys(_kinds([value for _, value in self.results])))
            lines = [f"explain_nan: {', '.join(bad)} of {self.name} {'is' if len(bad) == 1 else 'are'} {kinds}"]
            lines += [f"  finite: {', '.join(well)}"] if well else []
            for number, step in enumerate(self.steps):
                verb = "arises" if number == 0 else "arises from it"
                lines += [f"  {line}" for line in step.lines(verb)]
            lines.append(f"  advice: {self.advice}")
        for step in self.hidden[-1:]:
            at = f" ({step.place})" if step.place else ""
            lines.append(
                f"  information: an infinity in {step.title}{at} meets zeros only, which annihilate "
                f"it; without that the {_ORDERS[max(step.order, 1)]} would be NaN"
            )
        return "\n".join(lines)


def _kinds(values: Sequence[Any]) -> list[str]:
    found = [kind_of(entry) for value in values for entry in np.ravel(value)[~np.isfinite(np.ravel(value))]]
    return sorted(set(found), key=["nan", "inf", "-inf"].index)


def _text(index: tuple[int, ...]) -> str:
    return ", ".join(map(str, index))


def _entries(value: Any, bad: Sequence[tuple[int, ...]]) -> str:
    """The bad entries of a value in a few words: `nan at [3]`, `-inf at [0, 1] and 5 more entries`."""
    entry = np.asarray(value)[bad[0]]
    if not bad[0]:
        return str(entry)
    total = int(np.sum(~np.isfinite(value)))
    more = f" and {count(total - 1, 'more entry', 'more entries')}" if total > 1 else ""
    return f"{entry} at [{_text(bad[0])}]{more}"


def _short(value: Any) -> str:
    return Part("", value).preview() if np.size(value) <= 6 else Part("", value).type
