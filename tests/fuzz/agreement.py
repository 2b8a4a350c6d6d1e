"""What must agree when a program is differentiated in every way there is."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import wengert as wg
from wengert import tree
from wengert.errors import TracingError, UndefinedDerivativeError, UnsupportedError
from wengert.testing.differences import Probe

__all__ = ["Case", "check"]


class Disagreement(AssertionError):
    """Two ways to the same number that give different ones."""


class Case:
    """A program at a point, with random directions and weights.

    Everything is made real and flat: `run(xs)` are the results weighted by random numbers and summed, as a function of
    the list of inputs.
    """

    def __init__(
        self, function: Callable[..., Any], inputs: Sequence[Any], narrow: bool = False, seed: int = 0
    ) -> None:
        self.function = function
        self.inputs = tuple(inputs)
        self.random = np.random.default_rng(seed)
        with np.errstate(all="ignore"):
            self.results = flat(function(*map(fresh, self.inputs)))
        self.weights = [self.draw(result) for result in self.results]
        self.directions = [tuple(self.draw(x) for x in self.inputs) for _ in range(3)]
        dtypes = [np.result_type(x) for x in (*self.inputs, *self.results)]
        self.narrow = narrow or any(dtype in (np.float32, np.complex64) for dtype in dtypes)
        self.complex_inputs = any(np.iscomplexobj(x) for x in self.inputs)

    def draw(self, like: Any) -> Any:
        """A random direction of the type of a value."""
        drawn: Any = self.random.uniform(-1, 1, np.shape(like))
        if np.iscomplexobj(like):
            drawn = drawn + 1j * self.random.uniform(-1, 1, np.shape(like))
        if isinstance(like, (float, complex)) and not isinstance(like, np.generic):
            return type(like)(drawn)
        return (
            np.asarray(drawn, np.result_type(like))[()]
            if not isinstance(like, np.ndarray)
            else np.asarray(drawn, like.dtype)
        )

    def run(self, *inputs: Any) -> Any:
        return flat(self.function(*inputs))

    def loss(self, *inputs: Any) -> Any:
        """A real number from all results."""
        total: Any = 0.0
        for weight, result in zip(self.weights, self.run(*inputs), strict=True):
            total = total + np.sum(np.real(np.conj(weight) * result))
        return total

    def compare(self, what: str, left: Any, right: Any, scale: float = 0.0) -> None:
        """Raise unless two trees of numbers agree to rounding, entry by entry."""
        one, two = flat(left), flat(right)
        if len(one) != len(two):
            raise Disagreement(f"{what}: {len(one)} and {len(two)} results")
        scale = max(
            [scale, 1.0, *(float(np.max(np.abs(x), initial=0.0)) for x in (*one, *two) if np.all(np.isfinite(x)))]
        )
        bar = (3e-3 if self.narrow else 1e-8) * scale
        for a, b in zip(one, two, strict=True):
            if np.shape(a) != np.shape(b):
                raise Disagreement(f"{what}: shapes {np.shape(a)} and {np.shape(b)}")
            if not np.allclose(a, b, rtol=0, atol=bar, equal_nan=True):
                raise Disagreement(f"{what}: {a!r} and {b!r}")

    def same_type(self, what: str, left: Any, right: Any) -> None:
        for a, b in zip(flat(left), flat(right), strict=True):
            if np.shape(a) != np.shape(b) or np.result_type(a) != np.result_type(b):
                raise Disagreement(f"{what}: {np.result_type(a)}{np.shape(a)} and {np.result_type(b)}{np.shape(b)}")


def flat(value: Any) -> list[Any]:
    return tree.flatten(value)[0]


def fresh(value: Any) -> Any:
    return value.copy(order="K") if isinstance(value, np.ndarray) else value


def pairing(left: Any, right: Any) -> float:
    """The real inner product of two trees."""
    return float(sum(np.sum(np.real(np.conj(a) * b)) for a, b in zip(flat(left), flat(right), strict=True)))


def values_agree(case: Case) -> Any:
    """Traced values are the plain ones, in the types of NumPy; tangents have the types of their values."""
    value, tangent = wg.jvp(case.run, case.inputs, case.directions[0])
    case.compare("plain and traced values", case.results, value)
    case.same_type("plain and traced values", case.results, value)
    case.same_type("value and tangent", value, tangent)
    return tangent


def modes_agree(case: Case, tangent: Any) -> Any:
    """The product of gradient and direction is the product of weights and tangent."""
    everything = tuple(range(len(case.inputs)))
    gradient = wg.grad(case.loss, everything)(*case.inputs)
    case.same_type("input and gradient", case.inputs, gradient)
    scale = sum(float(np.sum(np.abs(w * t))) for w, t in zip(case.weights, flat(tangent), strict=True))
    case.compare("forward and reverse", pairing(case.weights, tangent), pairing(gradient, case.directions[0]), scale)
    value, pullback = wg.vjp(case.run, *case.inputs)
    case.compare("plain values and those of vjp", case.results, value)
    pulled = pullback([np.conj(w) for w in case.weights])
    case.compare("vjp and grad", [np.conj(g) for g in pulled], gradient)
    try:
        case.compare("checkpointed", wg.grad(wg.checkpoint(case.loss), everything)(*case.inputs), gradient)
    except wg.errors.MutationError:
        pass
    return gradient


def jacobians_agree(case: Case, tangent: Any, gradient: Any) -> None:
    """Both ways to the Jacobian, and both as products."""
    everything = tuple(range(len(case.inputs)))
    try:
        forward = wg.jacobian(case.run, everything, mode="forward")(*case.inputs)
        reverse = wg.jacobian(case.run, everything, mode="reverse")(*case.inputs)
    except UndefinedDerivativeError:
        return
    case.compare("Jacobians forward and reverse", forward, reverse)
    case.same_type("Jacobians forward and reverse", forward, reverse)
    for row, result, expected in zip(reverse, case.results, flat(tangent), strict=True):
        product: Any = 0.0
        for block, x, v in zip(row, case.inputs, case.directions[0], strict=True):
            product = product + np.tensordot(block, v, np.ndim(x))
        product = product if np.iscomplexobj(result) else np.real(product)
        case.compare("Jacobian and jvp", np.asarray(product), np.asarray(expected))


def batches_agree(case: Case) -> None:
    """A batch gives what its examples give one by one: values, gradients, tangents."""
    examples = [[x, *(x + 0.05 * case.draw(x) for _ in range(2))] for x in case.inputs]
    stacked = [
        np.stack([np.asarray(e, np.result_type(x)) for e in column])
        for column, x in zip(examples, case.inputs, strict=True)
    ]
    everything = tuple(range(len(case.inputs)))
    programs = {
        "values": case.run,
        "gradients": wg.grad(case.loss, everything),
        "tangents": lambda *xs: wg.jvp(case.run, xs, case.directions[0])[1],
    }
    for name, program in programs.items():
        with np.errstate(all="ignore"):
            try:
                whole = flat(wg.vmap(program)(*stacked))
            except TracingError as error:
                # the program is steered by a condition, or chooses entries by their values
                if isinstance(error, UnsupportedError):
                    raise
                return
            rows = [flat(program(*[np.asarray(column)[i] for column in stacked])) for i in range(3)]
        case.compare(f"batch and single {name}", whole, [np.stack(parts) for parts in zip(*rows, strict=True)])
        case.same_type(f"batch and single {name}", whole, [np.stack(parts) for parts in zip(*rows, strict=True)])


def second_orders_agree(case: Case) -> Any:
    """Four ways to a second derivative along two directions."""
    everything = tuple(range(len(case.inputs)))
    u, v = case.directions[:2]
    gradient = wg.grad(case.loss, everything)

    def slope(*xs: Any) -> Any:
        return wg.jvp(case.loss, xs, u)[1]

    over = wg.jvp(gradient, case.inputs, u)[1]
    under = wg.grad(slope, everything)(*case.inputs)
    twice = wg.grad(lambda *xs: dot(gradient(*xs), u), everything)(*case.inputs)
    straight = wg.jvp(slope, case.inputs, v)[1]
    case.compare("hvp forward over reverse, and reverse over forward", over, under)
    case.compare("hvp forward over reverse, and reverse over reverse", over, twice)
    size = sum(float(np.sum(np.abs(part))) for part in flat(over))
    case.compare("hvp and forward over forward", pairing(over, v), straight, size)
    hessian_agrees(case, over, u)
    return over


def dot(left: Any, right: Any) -> Any:
    return sum(np.sum(np.real(np.conj(b) * a)) for a, b in zip(left, right, strict=True))


def hessian_agrees(case: Case, over: Any, u: Any) -> None:
    if case.complex_inputs:
        return
    everything = tuple(range(len(case.inputs)))
    hessian = wg.hessian(case.loss, everything)(*case.inputs)
    for row, expected in zip(hessian, over, strict=True):
        product: Any = 0.0
        for block, part in zip(row, u, strict=True):
            product = product + np.tensordot(block, part, np.ndim(part))
        case.compare("Hessian and hvp", np.asarray(product), np.asarray(expected))


def third_orders_agree(case: Case) -> None:
    """Three ways to a third derivative along three directions."""
    everything = tuple(range(len(case.inputs)))
    u, v, w = case.directions

    def along(f: Callable[..., Any], direction: Any) -> Callable[..., Any]:
        return lambda *xs: wg.jvp(f, xs, direction)[1]

    def against(f: Callable[..., Any], direction: Any) -> Callable[..., Any]:
        return lambda *xs: dot(wg.grad(f, everything)(*xs), direction)

    found = [
        float(c(b(a(case.loss, u), v), w)(*case.inputs))
        for a, b, c in (
            (along, along, along),
            (against, along, along),
            (against, against, against),
            (along, against, along),
        )
    ]
    for other in found[1:]:
        case.compare("third derivatives", found[0], other, max(map(abs, found)))


def differences_agree(case: Case) -> None:
    """First and second derivatives along a line, against differences with an error bar of their own."""
    wide = [np.asarray(x, np.result_type(x, np.float64)) for x in case.inputs]
    v = [np.asarray(d, np.result_type(d, np.float64)) for d in case.directions[0]]

    def moved(t: float) -> list[Any]:
        return [(x + t * d)[()] if x.ndim == 0 else x + t * d for x, d in zip(wide, v, strict=True)]

    def value(t: Any) -> Any:
        with np.errstate(all="ignore"):
            return np.array([float(case.loss(*moved(float(t[0]))))])

    def slope(t: Any) -> Any:
        return np.array([float(wg.jvp(case.loss, tuple(moved(float(t[0]))), tuple(moved_type(v, wide)))[1])])

    exact = float(slope(np.zeros(1))[0])
    curvature = float(
        wg.jvp(
            lambda *xs: wg.jvp(case.loss, xs, tuple(moved_type(v, wide)))[1],
            tuple(moved(0.0)),
            tuple(moved_type(v, wide)),
        )[1]
    )
    unit = 1e-7 if case.narrow else float(np.finfo(float).eps)
    for order, function, found in ((1, value, exact), (2, slope, curvature)):
        probe = Probe(function, np.zeros(1), np.ones(1) * 0.1, unit)
        estimate = probe.along(np.ones(1) * 0.1)
        expected, bar = 10 * float(estimate.value[0]), 10 * float(estimate.bar[0])
        kinked = abs(estimate.jump[0]) > 2 * estimate.jump_bar[0] or not np.isfinite(bar)
        if kinked or bar > 1e-2 * max(1.0, abs(expected)):
            return
        if abs(found - expected) > 4 * bar + 1e-7 * max(1.0, abs(expected)):
            raise Disagreement(f"order {order} and differences: {found!r} and {expected!r} ± {bar:.1e}")


def moved_type(v: list[Any], wide: list[Any]) -> list[Any]:
    return [d[()] if x.ndim == 0 else d for d, x in zip(v, wide, strict=True)]


def check(function: Callable[..., Any], inputs: Sequence[Any], differences: bool = True, narrow: bool = False) -> None:
    """Raise where two ways to a derivative of the function disagree."""
    case = Case(function, inputs, narrow)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wg.errors.IndependentOutputWarning)
        tangent = values_agree(case)
        gradient = modes_agree(case, tangent)
        jacobians_agree(case, tangent, gradient)
        batches_agree(case)
        second_orders_agree(case)
        third_orders_agree(case)
        if differences:
            differences_agree(case)
