"""Random NumPy programs, as the Python source that a person could have written.

A program is built step by step from a stream of choices while its values are computed along, so that a step which
leaves its domain, comes near a singularity or makes a value huge is not taken. The same choices give the same
program, and fewer or smaller choices a simpler one: that is how a failing program is shrunk.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from operations import MARGIN, OPERATIONS, Operation

__all__ = ["Choices", "Program", "program_from", "program_of_source"]

LARGEST_VALUE = 50.0
LARGEST_SIZE = 48
SHAPES = [(3,), (2, 3), (), (2, 1), (1, 3), (3, 3), (1,), (2, 2, 3), (0,), (2, 0)]
MAKERS = [
    "np.array({values})",
    "np.array({values}, dtype=np.float32)",
    "np.array({values}) + 1j * np.array({others})",
    "np.asfortranarray({values})",
    "np.repeat(np.array({values})[..., None], 2, axis=-1)[..., 0]",
    "np.complex64(np.array({values}) + 1j * np.array({others}))",
]
SCALARS = ["{values}", "np.float64({values})", "np.float32({values})", "np.array({values})", "({values} + {others}j)"]
SPECIAL = [0.0, 1.0, -1.0, 0.5, 2.0]


class Choices:
    """Numbers below a bound, read off a string of bytes; zeros when it is used up."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def below(self, bound: int) -> int:
        """The next choice."""
        if self.place >= len(self.data):
            return 0
        self.place += 1
        return self.data[self.place - 1] % bound

    def of(self, options: Sequence[Any]) -> Any:
        """One of these."""
        return options[self.below(len(options))]

    def spent(self) -> bool:
        """Whether all choices that follow are zeros."""
        return self.place >= len(self.data)


@dataclass(frozen=True)
class Program:
    """A function in source form, and the inputs at which it is differentiated."""

    source: str
    inputs: tuple[str, ...]

    @property
    def narrow(self) -> bool:
        """Whether it computes with single precision anywhere."""
        return "32" in str(self) or "complex64" in str(self)

    def function(self) -> Callable[..., Any]:
        """The program as a Python function of its inputs."""
        namespace: dict[str, Any] = {"np": np}
        exec(compile(self.source, "<random program>", "exec"), namespace)
        return namespace["program"]  # type: ignore[no-any-return]

    def values(self) -> tuple[Any, ...]:
        """The inputs, made afresh."""
        return tuple(eval(text, {"np": np}) for text in self.inputs)

    def __str__(self) -> str:
        assignments = "".join(f"x{place} = {text}\n" for place, text in enumerate(self.inputs))
        return f"import numpy as np\n\n{self.source}\n{assignments}"


def program_of_source(text: str) -> Program:
    """The program that `str(program)` shows."""
    head, *inputs = re.split(r"^x\d+ = ", text.strip(), flags=re.MULTILINE)
    source = head.partition("def program")
    return Program(f"def program{source[2].rstrip()}\n", tuple(line.strip() for line in inputs))


class _Builder:
    """A program under construction, with the value of every variable."""

    def __init__(self, choices: Choices, special: bool) -> None:
        self.choices = choices
        self.special = special
        self.values: dict[str, Any] = {}
        self.inputs: list[str] = []
        self.lines: list[str] = []

    def add_input(self) -> None:
        choices = self.choices
        shape = choices.of(SHAPES)
        random = np.random.default_rng([choices.below(256), len(self.inputs), 7])
        drawn = [self._numbers(random, shape) for _ in range(2)]
        maker = choices.of(MAKERS if shape else SCALARS)
        text = maker.format(values=drawn[0], others=drawn[1])
        if 0 in shape:
            text = text.replace(str(drawn[0]), f"np.zeros({shape})").replace(str(drawn[1]), f"np.zeros({shape})")
        self.values[f"x{len(self.inputs)}"] = eval(text, {"np": np})
        self.inputs.append(text)

    def _numbers(self, random: np.random.Generator, shape: tuple[int, ...]) -> Any:
        if self.special:
            return random.choice(SPECIAL, size=shape).tolist()
        return np.round(random.uniform(-1.5, 1.5, shape), 3).tolist()

    def operand(self) -> str:
        """The name of an earlier value; the latest is the simplest choice."""
        names = list(self.values)
        return names[-1 - self.choices.below(len(names))]

    def add_step(self) -> None:
        operation: Operation = self.choices.of(OPERATIONS)
        for _ in range(3):
            names = [self.operand() for _ in range(operation.operands)]
            operands = [self.values[name] for name in names]
            result = f"v{len(self.lines)}"
            text = operation.write(self.choices, operands)
            if text is None or not self._fits(operation, operands):
                continue
            statement = text.format(*names, out=result)
            found = self._run(statement, result)
            if found is not None and self._acceptable(found):
                self.values[result] = found
                self.lines.append(statement)
                return

    def _fits(self, operation: Operation, operands: list[Any]) -> bool:
        token = MARGIN.set(-1.0) if self.special else None
        try:
            with np.errstate(all="ignore"):
                return operation.fits(*operands)
        except (ValueError, TypeError):
            return False
        finally:
            if token is not None:
                MARGIN.reset(token)

    def _run(self, statement: str, result: str) -> Any:
        namespace = {"np": np, **{k: v.copy() if isinstance(v, np.ndarray) else v for k, v in self.values.items()}}
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("error")
                exec(statement, namespace)
        except (ValueError, TypeError, IndexError, ArithmeticError, Warning, AttributeError):
            return None
        return namespace[result]

    def _acceptable(self, value: Any) -> bool:
        array = np.asarray(value)
        if array.dtype.kind not in "fc" or array.size > LARGEST_SIZE:
            return False
        return bool(np.all(np.abs(array) < LARGEST_VALUE))

    def finished(self) -> Program:
        names = list(self.values)
        extra = self.choices.below(4)
        kept = [names[-1]] if extra < 3 or len(names) < 2 else [names[-1], self.operand()]
        outputs = ", ".join(kept) if len(kept) > 1 else f"np.sum({kept[0]})" if extra == 2 else kept[0]
        parameters = ", ".join(f"x{place}" for place in range(len(self.inputs)))
        body = "".join(f"    {line}\n" for statement in self.lines for line in statement.split("\n"))
        return Program(f"def program({parameters}):\n{body}    return {outputs}\n", tuple(self.inputs))


def program_from(data: bytes, special: bool = False) -> Program:
    """The program that a string of bytes stands for; `special` draws inputs at zeros, ones and ties."""
    choices = Choices(data)
    builder = _Builder(choices, special)
    for _ in range(1 + choices.below(3)):
        builder.add_input()
    for _ in range(1 + choices.below(7)):
        builder.add_step()
    return builder.finished()
