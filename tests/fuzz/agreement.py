"""What must agree when a program is differentiated in every way there is."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import wengert as wg
from wengert import tree
from wengert.errors import ConversionError, MutationError, TracingError, UndefinedDerivativeError, UnsupportedError
from wengert.testing.differences import Probe

__all__ = ["Case", "DisagreementError", "check"]

Program = Callable[..., Any]
EXACT, NARROW = 1e-8, 3e-3
STEP = 0.1


class DisagreementError(AssertionError):
    """Two ways to the same number that give different ones."""


class Case:
    """A program at a point, with random directions and weights for its results.

    `narrow` says that it computes with single precision somewhere, `special` that the point lies on kinks and poles.
    """

    def __init__(self, function: Program, inputs: Sequence[Any], narrow: bool = False, special: bool = False) -> None:
        self.function, self.inputs, self.special = function, tuple(inputs), special
        self.everything = tuple(range(len(self.inputs)))
        self.run = flattened(function)
        self.random = np.random.default_rng(0)
        with np.errstate(all="ignore"):
            self.results = flat(function(*map(fresh, self.inputs)))
        self.weights = [self.draw(result) for result in self.results]
        self.loss = weighted(self.run, self.weights)
        self.directions = [tuple(self.draw(x) for x in self.inputs) for _ in range(3)]
        dtypes = [np.result_type(x) for x in (*self.inputs, *self.results)]
        self.narrow = narrow or any(dtype in (np.float32, np.complex64) for dtype in dtypes)

    def draw(self, like: Any) -> Any:
        """A random direction of the type of a value."""
        drawn: Any = self.random.uniform(-1, 1, np.shape(like))
        if np.iscomplexobj(like):
            drawn = drawn + 1j * self.random.uniform(-1, 1, np.shape(like))
        if type(like) in (float, complex):
            return type(like)(drawn)
        direction = np.asarray(drawn, np.result_type(like))
        return direction if isinstance(like, np.ndarray) else direction[()]

    def compare(self, what: str, left: Any, right: Any, scale: float = 0.0) -> None:
        """Raise unless two trees of numbers agree to rounding, entry by entry."""
        pairs = list(zip(flat(left), flat(right), strict=True))
        sizes = [float(np.max(np.abs(x), initial=0.0)) for pair in pairs for x in pair if np.all(np.isfinite(x))]
        bar = (NARROW if self.narrow else EXACT) * max([scale if np.isfinite(scale) else 1.0, 1.0, *sizes])
        for one, two in pairs:
            if np.shape(one) != np.shape(two):
                raise DisagreementError(f"{what}: shapes {np.shape(one)} and {np.shape(two)}")
            if self.special and not (np.all(np.isfinite(one)) and np.all(np.isfinite(two))):
                # at a pole the modes meet infinities and zeros in another order
                continue
            if not np.allclose(one, two, rtol=0, atol=bar, equal_nan=True):
                raise DisagreementError(f"{what}: {one!r} and {two!r}")

    def same_types(self, what: str, left: Any, right: Any) -> None:
        """Raise unless shapes and dtypes are equal."""
        for one, two in zip(flat(left), flat(right), strict=True):
            if np.shape(one) != np.shape(two) or np.result_type(one) != np.result_type(two):
                kinds = [f"{np.result_type(x)}{np.shape(x)}" for x in (one, two)]
                raise DisagreementError(f"{what}: {kinds[0]} and {kinds[1]}")


def flat(value: Any) -> list[Any]:
    return tree.flatten(value)[0]


def flattened(function: Program) -> Program:
    """The function with all results in a list."""
    return lambda *inputs: flat(function(*inputs))


def weighted(run: Program, weights: Sequence[Any]) -> Program:
    """A real number: the results, weighted and summed."""
    return lambda *inputs: dot(run(*inputs), weights)


def fresh(value: Any) -> Any:
    return value.copy(order="K") if isinstance(value, np.ndarray) else value


def dot(left: Any, right: Any) -> Any:
    """The real inner product of two lists."""
    total: Any = 0.0
    for one, two in zip(left, right, strict=True):
        total = total + np.sum(np.real(np.conj(two) * one))
    return total


def along(f: Program, direction: Any) -> Program:
    """The derivative along a direction, by forward mode."""
    return lambda *xs: wg.jvp(f, xs, direction)[1]


def against(f: Program, direction: Any) -> Program:
    """The derivative of a number along a direction, by reverse mode."""
    gradient = wg.grad(f, tuple(range(len(direction))))
    return lambda *xs: dot(gradient(*xs), direction)


def values_agree(case: Case) -> Any:
    """Traced values are the plain ones, in the types of NumPy; tangents have the types of their values."""
    value, tangent = wg.jvp(case.run, case.inputs, case.directions[0])
    case.compare("plain and traced values", case.results, value)
    case.same_types("plain and traced values", case.results, value)
    case.same_types("value and tangent", value, tangent)
    return tangent


def modes_agree(case: Case, tangent: Any) -> None:
    """The product of gradient and direction is that of weights and tangent."""
    gradient = wg.grad(case.loss, case.everything)(*case.inputs)
    case.same_types("input and gradient", case.inputs, gradient)
    scale = sum(float(np.sum(np.abs(w * t))) for w, t in zip(case.weights, tangent, strict=True))
    pushed, pulled = dot(tangent, case.weights), dot(gradient, case.directions[0])
    case.compare("forward and reverse", pushed, pulled, scale)
    value, pullback = wg.vjp(case.run, *case.inputs)
    case.compare("plain values and those of vjp", case.results, value)
    pulled = pullback([np.conj(weight) for weight in case.weights])
    case.compare("grad and vjp", gradient, [np.conj(part) for part in pulled])
    if not case.narrow:
        # what rounds to single precision on the way may round differently the second time, which checkpoint refuses
        again = wg.grad(wg.checkpoint(case.loss), case.everything)(*case.inputs)
        case.compare("plain and checkpointed", gradient, again)


def jacobians_agree(case: Case, tangent: Any) -> None:
    """Both ways to the Jacobian, and the product of it with a direction."""
    try:
        forward = wg.jacobian(case.run, case.everything, mode="forward")(*case.inputs)
        reverse = wg.jacobian(case.run, case.everything, mode="reverse")(*case.inputs)
    except UndefinedDerivativeError:
        # complex results that are not holomorphic have no Jacobian
        return
    case.compare("Jacobians forward and reverse", forward, reverse)
    case.same_types("Jacobians forward and reverse", forward, reverse)
    for row, result, expected in zip(reverse, case.results, tangent, strict=True):
        found = product(row, case.directions[0])
        case.compare("Jacobian and jvp", found if np.iscomplexobj(result) else np.real(found), np.asarray(expected))


def product(blocks: Sequence[Any], directions: Sequence[Any]) -> Any:
    """The product of a row of blocks with a direction."""
    total: Any = 0.0
    for block, direction in zip(blocks, directions, strict=True):
        total = total + np.tensordot(block, direction, np.ndim(direction))
    return np.asarray(total)


def batches_agree(case: Case) -> None:
    """A batch gives what its examples give one by one: values, gradients, tangents."""
    if any(isinstance(x, np.ndarray) and not x.ndim for x in case.inputs):
        # the examples of a batch of numbers are scalars, into which nothing can be written
        return
    columns = [np.stack([np.asarray(x), *(x + 0.05 * case.draw(x) for _ in range(2))]) for x in case.inputs]
    columns = [column.astype(np.result_type(x)) for column, x in zip(columns, case.inputs, strict=True)]
    programs = {
        "values": case.run,
        "gradients": wg.grad(case.loss, case.everything),
        "tangents": along(case.run, case.directions[0]),
    }
    with np.errstate(all="ignore"):
        for name, program in programs.items():
            try:
                whole = flat(wg.vmap(program)(*columns))
            except TracingError as error:
                if isinstance(error, UnsupportedError):
                    raise
                # a condition steers the program and differs between the examples
                return
            singles = [flat(program(*[column[i] for column in columns])) for i in range(3)]
            stacked = [np.stack(parts) for parts in zip(*singles, strict=True)]
            case.compare(f"{name} of a batch and of its examples", whole, stacked)
            case.same_types(f"{name} of a batch and of its examples", whole, stacked)


def second_orders_agree(case: Case) -> None:
    """Forward over reverse, reverse over forward, reverse over reverse, forward over forward, and the Hessian."""
    u, v = case.directions[:2]
    gradient = wg.grad(case.loss, case.everything)
    over = wg.jvp(gradient, case.inputs, u)[1]
    under = wg.grad(along(case.loss, u), case.everything)(*case.inputs)
    twice = wg.grad(against(case.loss, u), case.everything)(*case.inputs)
    straight = along(along(case.loss, u), v)(*case.inputs)
    case.compare("forward over reverse, and reverse over forward", over, under)
    case.compare("forward over reverse, and reverse over reverse", over, twice)
    size = sum(float(np.sum(np.abs(part))) for part in over)
    case.compare("forward over reverse, and forward over forward", dot(over, v), straight, size)
    if not any(np.iscomplexobj(x) for x in case.inputs):
        hessian = wg.hessian(case.loss, case.everything)(*case.inputs)
        for row, expected in zip(hessian, over, strict=True):
            case.compare("Hessian and forward over reverse", product(row, u), np.asarray(expected))


def third_orders_agree(case: Case) -> None:
    """Four ways to a third derivative along three directions."""
    ways = [(along, along, along), (against, along, along), (against, against, against), (along, against, along)]
    u, v, w = case.directions
    found = [float(third(second(first(case.loss, u), v), w)(*case.inputs)) for first, second, third in ways]
    for other in found[1:]:
        case.compare("third derivatives", found[0], other, abs(found[0]))


def differences_agree(case: Case) -> None:
    """First and second derivatives along a line, against differences with an error bar of their own."""
    point = [np.asarray(x, np.result_type(x, np.float64))[()] for x in case.inputs]
    direction = tuple(np.asarray(d, np.result_type(d, np.float64))[()] for d in case.directions[0])
    slope, curvature = along(case.loss, direction), along(along(case.loss, direction), direction)
    for order, lower, higher in ((1, case.loss, slope), (2, slope, curvature)):

        def evaluate(t: Any, lower: Program = lower) -> Any:
            moved = [x + STEP * float(t[0]) * d for x, d in zip(point, direction, strict=True)]
            with np.errstate(all="ignore"):
                return np.array([float(lower(*moved))])

        estimate = Probe(evaluate, np.zeros(1), np.ones(1), np.finfo(float).eps).along(np.ones(1))
        expected, bar = float(estimate.value[0]) / STEP, float(estimate.bar[0]) / STEP
        found = float(higher(*point))
        if abs(estimate.jump[0]) > 2 * estimate.jump_bar[0] or not bar < 1e-2 * max(1.0, abs(expected)):
            # a kink, or nothing to be seen
            return
        if abs(found - expected) > 4 * bar + 1e-7 * max(1.0, abs(expected)):
            raise DisagreementError(f"order {order} and differences: {found!r} and {expected!r} ± {bar:.1e}")


def check(
    function: Program, inputs: Sequence[Any], narrow: bool = False, special: bool = False, differences: bool = True
) -> bool:
    """Raise where two ways to a derivative disagree; False for a program that is refused, clearly, from the start."""
    case = Case(function, inputs, narrow, special)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wg.errors.IndependentOutputWarning)
        try:
            tangent = values_agree(case)
        except (UnsupportedError, ConversionError, MutationError):
            return False
        except UndefinedDerivativeError:
            # a Python number to a broken power is complex at a negative point
            if not special:
                raise
            return False
        try:
            modes_agree(case, tangent)
            jacobians_agree(case, tangent)
            batches_agree(case)
            second_orders_agree(case)
            third_orders_agree(case)
        except UndefinedDerivativeError:
            if not special:
                raise
        if differences and not special:
            differences_agree(case)
    return True
