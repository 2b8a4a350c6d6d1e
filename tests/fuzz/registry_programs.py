"""Random chains of registered primitives: each at one of its own samples, moved by what was computed before.

So every primitive takes part, with dtypes, shapes and parameters that no NumPy call would give it, and the rules of any
two of them meet in higher derivatives.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from random_programs import Choices

import wengert as wg
from wengert.graph import REGISTRY
from wengert.testing.cases import Case, cases
from wengert.testing.subject import REFUSALS

__all__ = ["Chain", "chain_from", "primitives"]

# functions of the Hermitian part, which refuse any other matrix
HERMITIAN = {"cholesky", "eigenvalues", "eigenvectors", "eigenbasis"}
# operands that say what counts as zero: the rank must not change on the way
CUTOFFS = {("pinv", 1)}
STEP = 0.02
# as many as the package declares at import, so that what other tests register takes no part
NAMES = tuple(REGISTRY)


@cache
def primitives() -> tuple[Case, ...]:
    """All samples of differentiable primitives in whose neighbourhood they are defined."""
    return tuple(case for name in NAMES for case in cases(REGISTRY[name]) if case.differentiable and _movable(case))


def _movable(case: Case) -> bool:
    link = Link(case, (0,) * len(case.active), 1)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", wg.errors.IndependentOutputWarning)
            near = [link.apply([np.float64(t)]) for t in (-1.0, 0.0, 1.0)]
            slopes = [wg.grad(lambda t: np.sum(link.apply([t])))(np.float64(t)) for t in (-1.0, 0.0, 1.0)]
    except REFUSALS:
        return False
    return bool(np.all(np.isfinite([*near, *slopes])) and np.all(np.abs(slopes) < 1e3))


@dataclass(frozen=True)
class Link:
    """One primitive of a chain: which of the earlier numbers move its operands, and in which directions."""

    case: Case
    feeds: tuple[int, ...]
    seed: int

    def apply(self, numbers: Sequence[Any]) -> Any:
        """A number from all results of the primitive."""
        random = np.random.default_rng(self.seed)
        operands = []
        for feed, position in zip(self.feeds, self.case.active, strict=True):
            operand = self.case.args[position]
            direction = _draw(random, operand)
            if self.case.primitive.name in HERMITIAN:
                direction = direction + direction.conj().swapaxes(-1, -2)
            if (self.case.primitive.name, position) in CUTOFFS:
                operands.append(operand)
                continue
            move = STEP * np.tanh(numbers[feed])
            moved = operand + move * direction
            operands.append(moved.astype(operand.dtype) if hasattr(operand, "dtype") else moved)
        results = self.case.function(*operands)
        total: Any = 0.0
        for result in results if isinstance(results, tuple) else (results,):
            total = total + np.sum(np.real(result * _draw(random, result)))
        return total

    def __str__(self) -> str:
        feeds = ", ".join(f"v{feed}" for feed in self.feeds)
        return f"{self.case!r}, moved by {feeds} along directions of seed {self.seed}"


def _draw(random: np.random.Generator, like: Any) -> Any:
    shape, dtype = np.shape(like), np.dtype(getattr(like, "dtype", float))
    drawn: Any = random.uniform(-1, 1, shape)
    if dtype.kind == "c":
        drawn = drawn + 1j * random.uniform(-1, 1, shape)
    return np.asarray(drawn, dtype)[()]


@dataclass(frozen=True)
class Chain:
    """A function of three numbers that goes through some primitives."""

    links: tuple[Link, ...]

    def __call__(self, x: Any) -> Any:
        numbers = [x[0], x[1], x[2]]
        for link in self.links:
            numbers.append(link.apply(numbers))
        return np.stack(numbers[3:])

    def __str__(self) -> str:
        return "".join(f"v{3 + place} = {link}\n" for place, link in enumerate(self.links))

    @property
    def narrow(self) -> bool:
        """Whether it computes with less than double precision anywhere."""
        kinds = [kind.dtype for link in self.links for kind in link.case.types if hasattr(kind, "dtype")]
        outcomes = [np.asarray(result).dtype for link in self.links for result in link.case.results]
        return any(dtype in (np.float32, np.complex64) for dtype in [*kinds, *outcomes])


def chain_from(data: bytes) -> tuple[Chain, Callable[[], tuple[Any, ...]]]:
    """The chain that a string of bytes stands for, and what makes its input."""
    choices = Choices(data)
    known = primitives()
    links = []
    for place in range(1 + choices.below(4)):
        case = known[(choices.below(256) * 256 + choices.below(256)) % len(known)]
        feeds = tuple(2 + place - choices.below(3 + place) for _ in case.active)
        links.append(Link(case, feeds, choices.below(256)))
    x = np.random.default_rng(choices.below(256)).uniform(-1.5, 1.5, 3)
    return Chain(tuple(links)), lambda: (x.copy(),)
