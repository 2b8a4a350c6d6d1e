"""The derivatives of single operations as formulas, found by `derive` and checked there.

An operation is asked for once for each kind of operands; what is found is kept, and written with the names of a
program where it is used.
"""

from __future__ import annotations

import functools
import inspect
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert.api.derive import derive
from wengert.calculus import algebra
from wengert.calculus.dimension import Dim, length_in
from wengert.calculus.evaluation import evaluate
from wengert.calculus.expression import Apply, Expression, walk
from wengert.calculus.rewriting import substituted
from wengert.graph import ArrayType, Equation, Literal, bind
from wengert.primitives.linalg.witness import WITNESSES, renewed

__all__ = ["COTANGENT", "RESULT", "Local", "LocalDerivatives", "direction", "local_derivatives", "operand"]

RESULT: Final = "r"
COTANGENT: Final = "g"
# entries up to which a matrix is formed to look at the value of a formula, however small the operands are
_LARGEST: Final = 1_000_000


def operand(place: int) -> str:
    """What the operand at a place is called in formulas of operations."""
    return f"u{place + 1}"


def direction(place: int) -> str:
    """What the change of that operand is called."""
    return f"d{operand(place)}"


@dataclass(frozen=True)
class Local:
    """A formula of one operation in one of its operands.

    Attributes
    ----------
    expression
        Of the symbols `operand(place)`, `RESULT`, and `direction(place)` or `COTANGENT` where it is linear in these.
    factor
        Whether it is multiplied by the direction, or by the cotangent, entry by entry.
    symbols
        Those of the operands, by name.
    """

    expression: Expression
    factor: bool
    symbols: Mapping[str, Expression]

    def value(self, values: Mapping[str, Any]) -> Any:
        """Its number, of two axes, where symbols have these values; None where that takes matrices much larger."""
        sizes = {
            dim: length
            for name, symbol in self.symbols.items()
            for dim, length in zip(symbol.shape, np.shape(values[name]), strict=False)
            if isinstance(dim, Dim)
        }
        largest = max(math.prod(length_in(side, sizes) for side in node.shape) for node in walk(self.expression))
        if largest > max(_LARGEST, *[4 * np.size(value) for value in values.values()]):
            return None
        named = {name: np.asarray(value) for name, value in values.items() if np.ndim(value) <= 2}
        with np.errstate(all="ignore"):
            return evaluate(self.expression, named, sizes)


class LocalDerivatives:
    """The formulas of one result of an operation on operands of one kind; None stands for what has no closed form."""

    def __init__(self, equation: Equation, result: int) -> None:
        self.index = result
        self.kinds = tuple([atom.type for atom in equation.inputs])
        self.result = equation.outputs[result].type
        self.primitive, self.params = equation.primitive, equation.params
        self.literal = {
            place: atom.value
            for place, atom in enumerate(equation.inputs)
            if isinstance(atom, Literal) and not (isinstance(atom.type, ArrayType) and atom.type.shape)
        }
        _, witnesses, _ = WITNESSES.get(self.primitive.name, (None, (), {}))
        held = {*self.literal, *witnesses}
        self.places = [place for place in range(len(self.kinds)) if place not in held]
        self.shapes = [kind.shape for kind in self.kinds]
        self._forms: dict[Any, Any] = {}

    @property
    def _expressible(self) -> bool:
        arrays = [kind for place, kind in enumerate(self.kinds) if place in self.places]
        return self.result.kind == "f" and all(
            isinstance(kind, ArrayType) and kind.kind in "fib" and kind.ndim <= 2 for kind in arrays
        )  # fmt: skip

    def is_factor(self, place: int) -> bool:
        """Whether the derivative in an operand is a number, or one for each entry."""
        shape = self.shapes[place]
        return not (shape or self.result.shape) or (bool(self.primitive.elementwise) and shape == self.result.shape)

    @functools.cached_property
    def value(self) -> Expression | None:
        """The operation itself."""
        form = self._form("itself")
        return None if form is None else form.expression

    def factor(self, place: int) -> Local | None:
        """The derivative in an operand, where it is a factor."""
        return self._told(place, "total" if self.shapes[place] else "itself", True)

    def pushed(self, place: int) -> Local | None:
        """What a change of an operand changes the result by."""
        return self._told(place, "itself", False)

    def pulled(self, place: int) -> Local | None:
        """What the cotangent of the result gives to an operand."""
        return self._told(place, "paired", False)

    def _told(self, place: int, how: str, factor: bool) -> Local | None:
        if not self._expressible or self.kinds[place].kind != "f":
            return None
        forward = how == "itself" and not factor
        form = self._form(how)
        found = None if form is None else _attempt(lambda: self._differentiated(form, place, forward))
        if found is None:
            return None
        value = self.value
        if isinstance(value, Apply):
            # what the operation has computed is called by its name: 1 − h² for the slope of h = tanh(a)
            found = substituted(found, {value: algebra.symbol(RESULT, value.rows, value.cols)})
        return Local(found, factor, form.symbols)

    @staticmethod
    def _differentiated(form: Any, place: int, forward: bool) -> Any:
        one = form[operand(place)]
        return (one.differential if forward else one.first).expression

    def _form(self, how: str) -> Any:
        if how not in self._forms:
            self._forms[how] = _attempt(lambda: self._derived(how)) if self._expressible else None
        return self._forms[how]

    def _derived(self, how: str) -> Any:
        paired = how == "paired"

        def program(*given: Any) -> Any:
            known = dict(zip(self.places, given, strict=False))
            args = tuple(known.get(place, self.literal.get(place)) for place in range(len(self.kinds)))
            found = bind(self.primitive, renewed(self.primitive, args), self.params)
            if self.primitive.outputs > 1:
                found = found[self.index]
            return np.sum(given[-1] * found) if paired else np.sum(found) if how == "total" else found

        names = [operand(place) for place in self.places]
        examples = _examples([*[self.kinds[place] for place in self.places], self.result])
        if paired:
            names.append(COTANGENT)
        parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
        program.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        moving = tuple([operand(place) for place in self.places if self.kinds[place].kind == "f"])
        return derive(program, *examples[: len(names)], wrt=moving)


def _examples(kinds: Sequence[Any]) -> list[Any]:
    """Values of these kinds, of which only the axes matter, and which of them are equally long."""
    shapes = _pattern([kind.shape for kind in kinds])
    return [
        np.ones(shape, np.bool_ if kind.kind == "b" else np.float64) if shape or kind.kind == "b" else 0.5
        for kind, shape in zip(kinds, shapes, strict=True)
    ]


def _pattern(shapes: Sequence[tuple[int, ...]]) -> tuple[tuple[int, ...], ...]:
    """Shapes with small lengths, equal ones where they are equal."""
    lengths = dict.fromkeys(length for shape in shapes for length in shape if length > 1)
    small = {length: 2 + place for place, length in enumerate(lengths)}
    return tuple([tuple([small.get(length, length) for length in shape]) for shape in shapes])


def _attempt(found: Callable[[], Any]) -> Any:
    """What is found, or None: whatever the engine meets, a formula that it does not find is left out."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return found()
    except Exception:  # noqa: BLE001
        return None


def local_derivatives(equation: Equation, result: int = 0) -> LocalDerivatives:
    """The formulas of one of the results of an operation, by what it is and by the kinds of its operands."""
    kinds = [atom.type for atom in (*equation.inputs, *equation.outputs)]
    pattern = _pattern([kind.shape for kind in kinds])
    literals = tuple([_literal(atom) for atom in equation.inputs])
    key = (equation.primitive, equation.params, tuple([kind.kind for kind in kinds]), pattern, literals, result)
    try:
        found = _known.get(key)
    except TypeError:
        return LocalDerivatives(equation, result)
    if found is None:
        if len(_known) >= _MOST:
            _known.clear()
        found = _known[key] = LocalDerivatives(equation, result)
    return found


_known: Final[dict[Any, LocalDerivatives]] = {}
_MOST: Final = 1024


def _literal(atom: Any) -> Any:
    """What of a constant is part of the operation: numbers are, and opaque objects."""
    if not isinstance(atom, Literal) or (isinstance(atom.type, ArrayType) and atom.type.shape):
        return None
    return (type(atom.value), atom.value)
