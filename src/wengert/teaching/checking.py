"""The grader: which partial derivative of a student's operation is wrong, where, and by how much."""

from __future__ import annotations

import inspect
import warnings
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np

from wengert.api.reverse import vjp
from wengert.display.quantities import count
from wengert.errors import ArgumentError, RuleError, WengertError
from wengert.teaching.autograd_value import AutogradValue
from wengert.teaching.forward_value import ForwardValue
from wengert.teaching.value import Value

__all__ = ["Verdict", "check"]

# numbers to try: on both sides of zero, none of them special; for several arguments in all combinations
_NUMBERS: Final = (0.7, 2.3, -1.4, 3.1, -0.6, 1.9, 0.2, -2.7)
_MOST_INPUTS: Final = 64
_MOST_ARGUMENTS: Final = 6
_TOLERANCE: Final = 1e-7
# how far differences may be from the derivative that Wengert finds
_ROUGHLY: Final = 1e-5
# factors that are forgotten or written twice
_SLIPS: Final = (2.0, 0.5, 3.0, 4.0, -2.0, -0.5)


@dataclass(frozen=True)
class Verdict:
    """What the grader found.

    Attributes
    ----------
    operation
        The name of the operation.
    passed
        Whether every partial derivative was right at every input.
    message
        What is wrong, at which input, with both numbers; or how much was tried.
    """

    operation: str
    passed: bool
    message: str

    def __str__(self) -> str:
        return f"{self.operation}: {self.message}"

    def __bool__(self) -> bool:
        return self.passed


def check(operation: Any, *args: Any) -> Verdict:
    """Compare the derivatives that an operation states with the true ones of its `func`.

    The true ones are those that Wengert finds by differentiating `func`, confirmed by central differences, which decide
    where `func` is beyond Wengert. For arrays, what is compared is the product with random numbers.

    Parameters
    ----------
    operation
        A subclass of `AutogradValue` or `ForwardValue`, with `func` and with `grads` or `vjp`.
    args
        Arguments to check it at, numbers or arrays; by default several numbers on both sides of zero, of which those
        are left out where `func` is not defined.

    Returns
    -------
    A `Verdict`, which prints as a sentence and is true where everything is right.

    Raises
    ------
    ArgumentError
        `operation` is no such class, or `func` is defined at none of the inputs.

    >>> from wengert.teaching import AutogradValue, check
    >>> class divide(AutogradValue):
    ...     def func(self, a, b):
    ...         return a / b
    ...     def grads(self, a, b):
    ...         return (1 / b, a / b**2)
    >>> print(check(divide))
    divide: the derivative with respect to argument 2, b, is wrong at a = 0.7, b = 0.7: grads gave 1.42857, but it is
    -1.42857; the sign is wrong
    """
    if not (isinstance(operation, type) and issubclass(operation, Value) and _own(operation)):
        raise ArgumentError(
            f"check: expected an operation, a subclass of AutogradValue or ForwardValue with a method func of its own, "
            f"received {operation!r}"
        )
    names = [name for name in inspect.signature(operation.func).parameters if name != "self"]
    if args and len(args) != len(names):
        raise ArgumentError(
            f"check: {operation.__name__}.func takes {count(len(names), 'argument')}, received {len(args)}"
        )
    tried = 0
    for inputs in [args] if args else _inputs(len(names)):
        found = _wrong_at(operation, names, inputs)
        if found is None:
            continue
        if found:
            return Verdict(operation.__name__, False, found)
        tried += 1
    if not tried:
        raise ArgumentError(
            f"check: {operation.__name__}.func has no finite value at any input that was tried; give arguments at "
            f"which it is defined, as in check({operation.__name__}, 0.5)"
        )
    told = f"all partial derivatives are right ({count(len(names), 'argument')}, {count(tried, 'input')})"
    return Verdict(operation.__name__, True, told)


def _own(operation: type[Value]) -> bool:
    return operation not in (Value, AutogradValue, ForwardValue) and operation.func is not Value.func


def _inputs(arguments: int) -> list[tuple[float, ...]]:
    combinations = list(product(_NUMBERS, repeat=min(arguments, _MOST_ARGUMENTS)))
    if arguments > _MOST_ARGUMENTS or not arguments:
        return []
    random = np.random.default_rng(0)
    chosen = random.permutation(len(combinations))[:_MOST_INPUTS]
    return [combinations[place] for place in sorted(chosen.tolist())]


def _wrong_at(operation: type[Value], names: list[str], inputs: tuple[Any, ...]) -> str | None:
    """What is wrong at one input: an empty text if nothing is, None where the value is not defined."""
    values = [np.array(arg, dtype=np.float64) if np.ndim(arg) else float(arg) for arg in inputs]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        node = object.__new__(operation)
        try:
            value = node.func(*values)
        except (ArithmeticError, ValueError):
            return None
        if not np.isrealobj(value) or not np.all(np.isfinite(value)):
            return None
        seed = np.random.default_rng(0).uniform(0.5, 1.5, np.shape(value)) if np.ndim(value) else 1.0
        node.parents, node.args, node.value = list(values), list(values), value
        try:
            given = node._products(seed)
        except RuleError as error:
            return str(error).removeprefix(f"{operation.__name__}.")
        expected = _expected(node, values, seed)
    where = ", ".join(f"{name} = {_shown(value)}" for name, value in zip(names, values, strict=True))
    for place, (one, other) in enumerate(zip(given, expected, strict=True)):
        difference = np.abs(np.asarray(one, dtype=float) - other)
        if not np.all(difference <= _TOLERANCE * np.maximum(np.abs(other), 1.0)):
            worst = int(np.argmax(np.nan_to_num(difference, nan=np.inf)))
            entry = tuple(map(int, np.unravel_index(worst, np.shape(difference))))
            method = "grads" if operation.vjp is Value.vjp else "vjp"
            return _sentence(method, place, names[place], where, entry, np.asarray(one)[entry], other[entry])
    return ""


def _expected(node: Value, values: list[Any], seed: Any) -> list[np.ndarray]:
    """The true products: those that Wengert finds, where differences agree; otherwise what the differences say."""
    differences = [_difference(node, values, place, seed) for place in range(len(values))]
    try:
        _, pullback = vjp(node.func, *values)
        exact = [np.asarray(part) for part in pullback(seed)]
    except WengertError:
        return differences
    # a number that went through text, for instance, is a constant for Wengert
    agree = all(np.allclose(*pair, rtol=_ROUGHLY, atol=_ROUGHLY) for pair in zip(exact, differences, strict=True))
    return exact if agree else differences


def _difference(node: Value, values: list[Any], place: int, seed: Any) -> np.ndarray:
    """Central differences, extrapolated once: their error is of the fourth order in the step."""
    arg = np.asarray(values[place], dtype=float)
    found = np.empty(arg.shape)
    for entry in np.ndindex(arg.shape):
        slopes = []
        for step in (1e-3, 5e-4):
            sides = []
            for sign in (step, -step):
                moved = arg.copy()
                moved[entry] += sign
                sides.append(np.sum(seed * node.func(*values[:place], moved[()], *values[place + 1 :])))
            slopes.append((sides[0] - sides[1]) / (2 * step))
        found[entry] = (4 * slopes[1] - slopes[0]) / 3
    return found


def _sentence(method: str, place: int, name: str, where: str, entry: tuple[Any, ...], given: Any, expected: Any) -> str:
    which = f", at entry {entry if len(entry) > 1 else entry[0]}," if entry else ","
    text = (
        f"the derivative with respect to argument {place + 1}, {name}{which} is wrong at {where}: {method} gave "
        f"{given:.6g}, but it is {expected:.6g}"
    )
    hint = _hint(float(given), float(expected))
    return f"{text}; {hint}" if hint else text


def _hint(given: float, expected: float) -> str:
    if np.isclose(given, -expected):
        return "the sign is wrong"
    known = [factor for factor in _SLIPS if expected and np.isclose(given, factor * expected)]
    return f"that is {known[0]:g} times what it should be" if known else ""


def _shown(value: Any) -> str:
    return (
        f"{value:.6g}"
        if not np.ndim(value)
        else np.array2string(np.asarray(value), precision=4, separator=", ").replace("\n", "")
    )
