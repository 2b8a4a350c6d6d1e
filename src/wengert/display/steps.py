"""NumPy operations as nodes: what the code of a formula is planned with before it is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, NamedTuple

from wengert.calculus.dimension import Length

__all__ = ["COLUMN", "Factors", "Step", "Steps", "Value", "is_floating", "steps_of"]


@dataclass(frozen=True, eq=False)
class Step:
    """One operation on arrays; its value has this number of axes."""

    kind: str
    parts: tuple[Step, ...]
    data: tuple[Any, ...]
    axes: int


class Value(NamedTuple):
    """A matrix of so many rows and columns; rows and columns of matrices are arrays of one axis."""

    step: Step
    rows: Length
    cols: Length


Factors = tuple[list[Step], list[Step]]
"""What stands above a bar and below it."""


COLUMN: Final = ":, None"
"""The index that makes a vector a matrix of one column."""
_FLOATING: Final = frozenset({
    *(f"np.{name}" for name in ("sqrt", "exp", "log", "log1p", "expm1", "logaddexp", "sin", "cos", "tan", "tanh",
                                "sinh", "cosh", "arctan", "mean", "eye", "ones", "zeros")),
    *(f"np.linalg.{name}" for name in ("inv", "pinv", "solve", "norm", "cholesky", "eigvalsh")),
})  # fmt: skip


def steps_of(roots: Iterable[Step]) -> Iterator[Step]:
    """Every step once, parts before what is made of them."""
    seen: set[Step] = set()
    for root in roots:
        waiting = [(root, False)]
        while waiting:
            step, ready = waiting.pop()
            if ready:
                yield step
            elif step not in seen:
                seen.add(step)
                waiting.append((step, True))
                waiting.extend((part, False) for part in reversed(step.parts))


def is_floating(step: Step) -> bool:
    """Whether the value has a fractional part even if all arguments are integers."""
    found: dict[Step, bool] = {}
    for one in steps_of([step]):
        if one.kind == "number":
            found[one] = isinstance(one.data[0], float)
        elif one.kind in ("divide", "solve", "logdet") or (
            one.kind == "call" and (one.data[0] in _FLOATING or one.data[0].partition(".")[0] in ("special", "linalg"))
        ):
            found[one] = True
        else:
            found[one] = any(found[part] for part in one.parts)
    return found[step]


class Steps:
    """Makes steps, each once, the trivial ones away."""

    def __init__(self) -> None:
        self.known: dict[Any, Step] = {}
        self.unordered: dict[Any, Step] = {}
        self._transposed: dict[Step, Step] = {}

    def commuted(self, step: Step, contents: Iterable[Any]) -> Step:
        """The step that was first made of the same parts in whatever order."""
        return self.unordered.setdefault((step.kind, frozenset(Counter(contents).items())), step)

    def make(self, kind: str, parts: Sequence[Step], data: tuple[Any, ...] = (), axes: int = 0) -> Step:
        """The one step with this content."""
        key = (kind, tuple(parts), data)
        if key not in self.known:
            self.known[key] = Step(kind, tuple(parts), data, axes)
        return self.known[key]

    def name(self, name: str, axes: int) -> Step:
        """An argument."""
        return self.make("name", (), (name,), axes)

    def number(self, value: Any) -> Step:
        """A literal."""
        if isinstance(value, Fraction):
            value = int(value) if value.denominator == 1 else float(value)
        return self.make("number", (), (value, type(value)))

    def call(self, function: str, parts: Sequence[Step], axes: int, *keywords: str) -> Step:
        """A function by its name in the code, with keyword arguments as they are written."""
        return self.make("call", parts, (function, *keywords), axes)

    def transpose(self, step: Step) -> Step:
        """A matrix turned; rows and columns of one axis are the same array."""
        if step.axes < 2:
            return step
        if step not in self._transposed:
            self._transposed[step] = self._turned(step)
        return self._transposed[step]

    def _turned(self, step: Step) -> Step:
        if step.kind == "transpose":
            return step.parts[0]
        if step.kind == "outer":
            return self.make("outer", step.parts[::-1], (), 2)
        if step.kind == "add" and all(part.kind in ("outer", "transpose") for part in step.parts):
            return self.add([self.transpose(part) for part in step.parts], step.data)
        if self._is_symmetric(step):
            return step
        return self.make("transpose", (step,), (), 2)

    def _is_symmetric(self, step: Step) -> bool:
        """Whether a matrix is its own transpose, as far as its form tells."""
        if step.kind in ("matmul", "outer"):
            return step.parts[0] is self.transpose(step.parts[1])
        matrices = [part for part in step.parts if part.axes]
        if step.kind == "add":
            signed = list(zip(step.parts, step.data, strict=True))
            turned = [(self._opposite(part), sign) for part, sign in signed]
            return all(part.axes != 1 for part in step.parts) and Counter(signed) == Counter(turned)
        if step.kind in ("multiply", "divide", "negative", "power"):
            return all(part.axes == 2 and self.transpose(part) is part for part in matrices)
        if step.kind == "diagonal":
            return self.transpose(step.parts[0]) is step.parts[0]
        if step.kind == "call" and step.data[0] == "np.linalg.inv":
            return self.transpose(step.parts[0]) is step.parts[0]
        return step.kind == "call" and step.data[0] == "np.eye"

    def _opposite(self, term: Step) -> Step:
        """The transpose of a term, without a look at what it is made of: sums may be deep."""
        if term in self._transposed or term.kind in ("transpose", "outer"):
            return self.transpose(term)
        squared = term.kind == "matmul" and self.make("transpose", (term.parts[1],), (), 2) is term.parts[0]
        return term if squared or term.axes < 2 else self.make("transpose", (term,), (), 2)

    def column(self, step: Step) -> Step:
        """A vector as a matrix of one column, which scales rows."""
        return self.make("index", (step,), (COLUMN,), 2)

    def add(self, terms: Sequence[Step], subtracted: Sequence[bool]) -> Step:
        """A sum with signs, what is added first."""
        if len(terms) == 1:
            return self.negative(terms[0]) if subtracted[0] else terms[0]
        signed = [self._without_minus(*pair) for pair in zip(terms, subtracted, strict=True)]
        if all(sign for _, sign in signed):
            return self.negative(self.add([term for term, _ in signed], [False] * len(signed)))
        pairs = sorted(signed, key=lambda pair: pair[1])
        axes = max(term.axes for term in terms)
        step = self.make("add", [term for term, _ in pairs], tuple(sign for _, sign in pairs), axes)
        return self.commuted(step, pairs)

    def _without_minus(self, step: Step, subtracted: bool) -> tuple[Step, bool]:
        """A term whose minus has become that of the sum."""
        if step.kind == "negative":
            return step.parts[0], not subtracted
        if step.kind == "outer" and any(part.kind == "negative" for part in step.parts):
            first, second = (self._without_minus(part, False) for part in step.parts)
            return self.make("outer", (first[0], second[0]), (), 2), subtracted != (first[1] != second[1])
        return step, subtracted

    def negative(self, step: Step) -> Step:
        """Minus a step."""
        if step.kind == "number":
            return self.number(-step.data[0])
        if step.kind == "outer":
            return self.make("outer", (self.negative(step.parts[0]), step.parts[1]), (), 2)
        return self.make("negative", (step,), (), step.axes)

    def multiply(self, factors: Sequence[Step]) -> Step:
        """A product entry by entry, with broadcasting; scalars first."""
        ordered = sorted(factors, key=lambda factor: (factor.axes, factor.kind not in ("number", "negative")))
        if len(ordered) == 1:
            return ordered[0]
        last = ordered[-1]
        if _is_reciprocal(last) and all(factor.axes == 0 and not _is_reciprocal(factor) for factor in ordered[:-1]):
            # twice a reciprocal is one quotient
            return self.divide(self.multiply(ordered[:-1]), last.parts[1])
        if all(factor.kind == "transpose" for factor in ordered):
            return self.transpose(self.multiply([factor.parts[0] for factor in ordered]))
        return self.commuted(self.make("multiply", ordered, (), max(f.axes for f in ordered)), ordered)

    def divide(self, above: Step, below: Step) -> Step:
        """A quotient entry by entry."""
        return self.make("divide", (above, below), (), max(above.axes, below.axes))

    def power(self, base: Step, exponent: Fraction) -> Step:
        """A positive power entry by entry."""
        if exponent == 1:
            return base
        if exponent == Fraction(1, 2):
            return self.call("np.sqrt", (base,), base.axes)
        if base.kind == "transpose":
            return self.transpose(self.power(base.parts[0], exponent))
        plain = int(exponent) if exponent.denominator == 1 else float(exponent)
        return self.make("power", (base,), (plain,), base.axes)

    def quotient(self, above: Sequence[Step], below: Sequence[Step]) -> Step:
        """Factors over factors."""
        top = self.multiply(above) if above else self.number(1)
        return self.divide(top, self.multiply(below)) if below else top

    def scaled(self, above: Sequence[Step], below: Sequence[Step], body: Step) -> Step:
        """A body times scalars over scalars, which become one number before they meet it."""
        if not above and not below:
            return body
        if body.kind == "outer":
            return self.make("outer", (self.scaled(above, below, body.parts[0]), body.parts[1]), (), 2)
        if not above:
            return self.divide(body, self.multiply(below))
        if not below:
            return self.multiply([*above, body])
        return self.multiply([self.quotient(above, below), body])

    def product(self, left: Value, right: Value) -> Value:
        """The matrix product."""
        a, b = left.step, right.step
        rows, cols = left.rows, right.cols
        if a.axes == 0 or b.axes == 0:
            step = self.multiply([a, b])
        elif rows == 1 and cols == 1:
            step = self.commuted(self.make("matmul", (a, b), (), 0), (a, b))
        elif left.cols == 1:
            step = self.make("outer", (a, b), (), 2)
        elif rows == 1:
            step = self.make("matmul", (self.transpose(b), a), (), 1)
        else:
            step = self.make("matmul", (a, b), (), b.axes)
        return Value(step, rows, cols)


def _is_reciprocal(step: Step) -> bool:
    """Whether it is one over something."""
    return step.kind == "divide" and step.parts[0].kind == "number" and step.parts[0].data[0] == 1
