"""One program in five ways: both modes, orders two and three, batched; each held against differences."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

import wengert as wg
from wengert.errors import IndependentOutputWarning
from wengert.graph import Operand

__all__ = ["COLUMNS", "RIGHT", "Program", "constant_outcome", "outcomes"]

COLUMNS: Final = ("forward", "reverse", "order 2", "order 3", "batched")
RIGHT: Final = "✓"
WRONG: Final = "**wrong**"
# central differences of order six
WEIGHTS: Final = ((1, 3 / 4), (2, -3 / 20), (3, 1 / 60))
STEP: Final = 1e-4
TOLERANCE: Final = 1e-5

Function = Callable[..., Any]


@dataclass(frozen=True)
class Program:
    """A function, the point at which it is tried, and whether its matrices must be moved symmetrically."""

    function: Function
    args: tuple[Any, ...]
    symmetric: bool = False

    def direction(self, rng: np.random.Generator) -> tuple[Any, ...]:
        """A random tangent of every argument."""
        return tuple(self._drawn(rng, arg) for arg in self.args)

    def _drawn(self, rng: np.random.Generator, arg: Any) -> Any:
        shape = np.shape(arg)
        drawn = rng.uniform(-1, 1, shape)
        if np.iscomplexobj(arg):
            drawn = drawn + 1j * rng.uniform(-1, 1, shape)
        if self.symmetric and len(shape) >= 2:
            drawn = (drawn + np.swapaxes(drawn, -1, -2)) / 2
        return drawn if shape else drawn[()]


def outcomes(program: Program) -> dict[str, str]:
    """A cell for each column: a tick where the derivative is there and right, else what happened instead."""
    proof = _Proof(program)
    found: dict[str, str] = {}
    for column, attempt in zip(COLUMNS, proof.attempts(), strict=True):
        with warnings.catch_warnings():
            # the derivative of a linear function is constant, which is as it should be
            warnings.simplefilter("ignore", IndependentOutputWarning)
            try:
                found[column] = RIGHT if attempt() else WRONG
            except Exception as error:  # noqa: BLE001  (whatever goes wrong belongs in the table)
                found[column] = f"`{type(error).__name__}`"
    return found


def constant_outcome(program: Program) -> str:
    """A tick where a function that counts as constant is constant, and passes the value through."""
    try:
        return RIGHT if _is_constant(program) else WRONG
    except Exception as error:  # noqa: BLE001
        return f"`{type(error).__name__}`"


def _is_constant(program: Program) -> bool:
    rng = np.random.default_rng(1)
    moved = [x + 1e-9 * d for x, d in zip(program.args, program.direction(rng), strict=True)]
    here, there = (_floats(program.function(*args)) for args in (program.args, moved))
    if any(not np.array_equal(a, b, equal_nan=True) for a, b in zip(here, there, strict=True)):
        return False
    seen: list[Any] = []

    def traced(*args: Any) -> Any:
        seen.extend(wg.tree.flatten(program.function(*args))[0])
        return 0.0 * sum(np.sum(x) for x in args)

    wg.grad(traced, tuple(range(len(program.args))))(*program.args)
    return not any(isinstance(x, Operand) and x.payload is not None for x in seen)


def _floats(result: Any) -> list[Any]:
    leaves = wg.tree.flatten(result)[0]
    return [leaf for leaf in leaves if not isinstance(leaf, (str, Operand)) and np.asarray(leaf).dtype.kind in "fc"]


def _close(found: Any, expected: Any) -> bool:
    return bool(np.all(np.abs(found - expected) <= TOLERANCE * (1 + np.abs(expected))))


def _dot(left: Sequence[Any], right: Sequence[Any]) -> Any:
    """The inner product of a gradient and a direction."""
    return sum(np.sum(np.real(np.conj(a) * b)) for a, b in zip(left, right, strict=True))


def _moved(args: Sequence[Any], direction: Sequence[Any], step: float) -> tuple[Any, ...]:
    return tuple(x + step * d for x, d in zip(args, direction, strict=True))


def _slope(f: Function, args: Sequence[Any], direction: Sequence[Any]) -> Any:
    """The derivative of f along a direction, by differences."""
    ahead = [(f(*_moved(args, direction, k * STEP)), w) for k, w in WEIGHTS]
    behind = [f(*_moved(args, direction, -k * STEP)) for k, _ in WEIGHTS]
    return sum(w * (there - back) for (there, w), back in zip(ahead, behind, strict=True)) / STEP


class _Proof:
    """The five attempts on one program, as functions that say whether the outcome is right."""

    def __init__(self, program: Program) -> None:
        rng = np.random.default_rng(7)
        self.f, self.args = program.function, program.args
        self.u, self.v, self.w = (program.direction(rng) for _ in range(3))
        self.weights = [rng.uniform(0.5, 1.5, np.shape(leaf)) for leaf in _leaves(self.f(*self.args))]
        self.gradient = wg.grad(self.scalar, tuple(range(len(self.args))))

    def attempts(self) -> tuple[Callable[[], bool], ...]:
        return self.forward, self.reverse, self.second, self.third, self.batched

    def scalar(self, *args: Any) -> Any:
        """A weighted sum of all results, real and imaginary parts alike."""
        total = 0.0
        for leaf, weight in zip(_leaves(self.f(*args)), self.weights, strict=True):
            total = total + np.sum(weight * np.real(leaf))
            if np.iscomplexobj(leaf):
                total = total + np.sum(weight**2 * np.imag(leaf))
        return total

    def along_u(self, *args: Any) -> Any:
        return _dot(self.gradient(*args), self.u)

    def along_u_and_v(self, *args: Any) -> Any:
        return wg.jvp(self.along_u, args, self.v)[1]

    def forward(self) -> bool:
        return _close(wg.jvp(self.scalar, self.args, self.u)[1], _slope(self.scalar, self.args, self.u))

    def reverse(self) -> bool:
        return _close(self.along_u(*self.args), _slope(self.scalar, self.args, self.u))

    def second(self) -> bool:
        """Forward over reverse, and reverse over forward."""
        expected = _slope(self.along_u, self.args, self.v)
        over_forward = wg.grad(lambda *args: wg.jvp(self.scalar, args, self.u)[1], tuple(range(len(self.args))))
        return _close(self.along_u_and_v(*self.args), expected) and _close(
            _dot(over_forward(*self.args), self.v), expected
        )

    def third(self) -> bool:
        found = wg.jvp(self.along_u_and_v, self.args, self.w)[1]
        return _close(found, _slope(self.along_u_and_v, self.args, self.w))

    def batched(self) -> bool:
        """Function and gradient of two examples at once, beside one after the other."""
        examples = [self.args, _moved(self.args, self.u, 1e-3)]
        stacked = [np.stack([example[i] for example in examples]) for i in range(len(self.args))]

        def both(*args: Any) -> Any:
            return (*_leaves(self.f(*args)), *self.gradient(*args))

        together = wg.vmap(both)(*stacked)
        apart = [both(*example) for example in examples]
        return all(_close(a, np.stack(parts)) for a, parts in zip(together, zip(*apart, strict=True), strict=True))


def _leaves(result: Any) -> list[Any]:
    """The floating-point results."""
    leaves = wg.tree.flatten(result)[0]
    return [leaf for leaf in leaves if getattr(leaf, "dtype", np.asarray(0.0).dtype).kind in "fc"]
