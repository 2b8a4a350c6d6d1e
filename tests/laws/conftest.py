"""Every sample of every primitive, drawn once, with what the laws need of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import pytest

from wengert.graph import REGISTRY, ArrayType, Primitive, bind, typed_params
from wengert.primitives.linalg.witness import WITNESSES, renewed
from wengert.tracing import type_of
from wengert.transforms.rule import Rule, rule_for

# functions of the Hermitian part, which refuse any other matrix: they are only varied within their domain
HERMITIAN = {"cholesky", "eigenvalues", "eigenvectors", "eigenbasis", "spectral_function", "spectral_derivative"}


def is_declared_at_import(name: str) -> bool:
    """Whether the package itself declares a primitive; those of SciPy's functions have tests of their own."""
    primitive = REGISTRY[name]
    rules = (primitive.differential_rule, primitive.evaluator, primitive.preparer, *primitive.transposes.values())
    modules = [getattr(rule, "__module__", None) or "" for rule in rules]
    return not any(module.startswith(("wengert.scipy", "wengert.calculus", "test")) for module in modules)


NAMES = tuple(filter(is_declared_at_import, REGISTRY))

Arrays = tuple[Any, ...]


@dataclass(frozen=True)
class Drawn:
    """One primitive at one of its samples."""

    name: str
    number: int
    seed: int = 0
    widened: bool = False

    @property
    def primitive(self) -> Primitive:
        return REGISTRY[self.name]

    @cached_property
    def _sample(self) -> tuple[Arrays, tuple[Any, ...]]:
        args, params = self.primitive.sample_list[self.number](np.random.default_rng(self.seed))
        if self.widened:
            args = renewed(self.primitive, [_wide(arg) for arg in args])
        return tuple(args), typed_params([params[name] for name in self.primitive.param_names])

    @property
    def args(self) -> Arrays:
        return self._sample[0]

    @property
    def params(self) -> tuple[Any, ...]:
        return self._sample[1]

    @cached_property
    def types(self) -> tuple[Any, ...]:
        return tuple(type_of(arg) for arg in self.args)

    @cached_property
    def results(self) -> Arrays:
        return self.evaluate(self.args)

    @cached_property
    def active(self) -> tuple[int, ...]:
        """The positions to differentiate: inexact, and no witness, which is constant beside its operand."""
        witnesses = WITNESSES[self.name][1] if self.name in WITNESSES else ()
        inexact = [i for i, kind in enumerate(self.types) if isinstance(kind, ArrayType) and kind.inexact]
        return tuple(i for i in inexact if i not in witnesses)

    @cached_property
    def rule(self) -> Rule:
        bits = sum(1 << position for position in self.active)
        kinds = tuple(type_of(result) for result in self.results)
        return rule_for(self.primitive, self.params, self.args, bits, kinds)

    @cached_property
    def narrow(self) -> bool:
        """Whether it computes with less than double precision."""
        kinds = [*self.types, *map(type_of, self.results)]
        return any(kind.dtype in (np.float32, np.complex64) for kind in kinds if isinstance(kind, ArrayType))

    @property
    def tolerance(self) -> float:
        return 2e-4 if self.narrow else 1e-10

    @property
    def wide(self) -> Drawn:
        """The same sample in double precision."""
        return Drawn(self.name, self.number, self.seed, widened=True) if self.narrow else self

    def evaluate(self, args: Sequence[Any]) -> Arrays:
        """The results, always as a tuple."""
        return tupled(bind(self.primitive, tuple(args), self.params), self.primitive.outputs > 1)

    def filled(self, values: Sequence[Any]) -> Arrays:
        """The operands with these values in the active positions, and with witnesses that fit."""
        args = list(self.args)
        for position, value in zip(self.active, values, strict=True):
            args[position] = value
        return renewed(self.primitive, args)

    def tangents(self, seed: int = 1) -> Arrays:
        """A random direction for each active operand, of unit length altogether."""
        rng = np.random.default_rng(seed)
        drawn = [self._direction(rng, self.types[i]) for i in self.active]
        length = np.sqrt(sum(np.sum(np.abs(part) ** 2) for part in drawn)) or 1.0
        return tuple(
            np.asarray(part / length, self.types[i].dtype)[()] for i, part in zip(self.active, drawn, strict=True)
        )

    def cotangents(self, seed: int = 2) -> Arrays:
        rng = np.random.default_rng(seed)
        return tuple(normal(rng, type_of(result)) for result in self.results)

    def _direction(self, rng: np.random.Generator, kind: ArrayType) -> Any:
        part = normal(rng, kind)
        return part + part.conj().swapaxes(-1, -2) if self.name in HERMITIAN else part

    def pushed(self, tangents: Sequence[Any], raw: bool = True, **options: Any) -> Arrays:
        form = self.rule.pushforward(raw, **options)
        return tupled(form(*self.args, *self.results, *tangents), len(self.results) > 1)

    def pulled(self, cotangents: Sequence[Any], raw: bool = True, **options: Any) -> Arrays:
        form = self.rule.pullback(raw, **options)
        return tupled(form(*self.args, *self.results, *cotangents), len(self.active) > 1)


def _wide(arg: Any) -> Any:
    wider = {np.dtype(np.float32): np.float64, np.dtype(np.complex64): np.complex128}
    dtype = getattr(arg, "dtype", None)
    return np.asarray(arg, wider[dtype])[()] if dtype in wider else arg


def tupled(value: Any, several: bool) -> Arrays:
    return tuple(value) if several else (value,)


def normal(rng: np.random.Generator, kind: ArrayType) -> Any:
    """A random array of this type; numbers come as NumPy scalars."""
    value: Any = rng.normal(size=kind.shape)
    if kind.dtype.kind == "c":
        value = value + 1j * rng.normal(size=kind.shape)
    return np.asarray(value, kind.dtype)[()]


@cache
def drawn_samples() -> tuple[Drawn, ...]:
    return tuple(Drawn(name, number) for name in NAMES for number in range(len(REGISTRY[name].sample_list)))


@cache
def smooth_samples() -> tuple[Drawn, ...]:
    return tuple(drawn for drawn in drawn_samples() if drawn.primitive.differentiable and drawn.active)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`drawn` stands for every sample, `smooth` for those of differentiable primitives."""
    sources: dict[str, Callable[[], Sequence[Drawn]]] = {
        "drawn": drawn_samples,
        "smooth": smooth_samples,
        "double": lambda: [drawn for drawn in smooth_samples() if not drawn.narrow],
        "single": lambda: [drawn for drawn in smooth_samples() if drawn.narrow],
    }
    for name, source in sources.items():
        if name in inspect.signature(metafunc.function).parameters:
            cases = source()
            metafunc.parametrize(name, cases, ids=[f"{case.name}-{case.number}" for case in cases])


def central_difference(function: Callable[[float], Arrays], first_step: float = 2e-2) -> list[tuple[Any, float]]:
    """The derivative at 0 with an estimate of its error, for each result: Ridders' extrapolation of differences.

    What cannot be seen below rounding is part of the estimate.
    """
    steps = [first_step / 2**level for level in range(7)]
    pairs = [(function(step), function(-step)) for step in steps]
    found = []
    for place in range(len(pairs[0][0])):
        sides = [(np.asarray(up[place]), np.asarray(down[place])) for up, down in pairs]
        size = max(float(np.max(np.abs(side), initial=0.0)) for pair in sides for side in pair)
        slopes = [(up - down) / (2 * step) for (up, down), step in zip(sides, steps, strict=True)]
        value, error = _extrapolated(slopes), np.inf
        best: Any = None
        for row in range(1, len(value)):
            for column in range(1, row + 1):
                here, left, above = value[row][column], value[row][column - 1], value[row - 1][column - 1]
                gap = max(float(np.max(np.abs(here - other), initial=0.0)) for other in (left, above))
                noise = 256 * np.finfo(float).eps * max(size, 1.0) / steps[row]
                if gap + noise < error:
                    error, best = gap + noise, here
        found.append((best, 4 * error))
    return found


def _extrapolated(slopes: Sequence[Any]) -> list[list[Any]]:
    table: list[list[Any]] = []
    for row, slope in enumerate(slopes):
        line = [slope]
        for column in range(1, row + 1):
            line.append(line[-1] + (line[-1] - table[row - 1][column - 1]) / (4**column - 1))
        table.append(line)
    return table


@pytest.fixture(scope="session")
def difference() -> Callable[..., list[tuple[Any, float]]]:
    return central_difference
