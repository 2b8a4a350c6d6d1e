"""A primitive at one of its samples: the ground on which the laws of differentiation are tried."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.graph import ArrayType, Primitive, bind
from wengert.primitives.linalg.witness import WITNESSES, renewed
from wengert.testing.subject import REFUSALS
from wengert.tracing import type_of
from wengert.transforms.rule import Rule, rule_for

__all__ = ["Case", "cases", "complex_cases"]


class Case:
    """One sample of a primitive, with its operands drawn.

    `active` are the positions of the operands that it is differentiated in: the floating-point ones, save
    witnesses, which are functions of operand 0.
    """

    def __init__(
        self,
        primitive: Primitive,
        number: int,
        args: Sequence[Any],
        params: tuple[Any, ...],
        shifted: bool = False,
    ) -> None:
        self.shifted = shifted
        self.primitive, self.number, self.params = primitive, number, params
        self.args = tuple(args)
        self.types: list[Any] = [type_of(arg) for arg in self.args]
        self.witnesses: tuple[int, ...] = WITNESSES[primitive.name][1] if primitive.name in WITNESSES else ()
        self.active = tuple(i for i, kind in enumerate(self.types) if kind.inexact and i not in self.witnesses)
        self.results = self.run(self.args)

    def __repr__(self) -> str:
        kind = "-complex" if any(kind.inexact and kind.dtype.kind == "c" for kind in self.types) else ""
        return f"{self.primitive.name}-{self.number}{kind}"

    def run(self, operands: Sequence[Any]) -> tuple[Any, ...]:
        """The results on plain or traced operands, always in a tuple."""
        result = bind(self.primitive, tuple(operands), self.params)
        return tuple(result) if self.primitive.outputs > 1 else (result,)

    def fresh(self, operands: Sequence[Any]) -> tuple[Any, ...]:
        """The results, with witnesses computed anew from operand 0."""
        return self.run(renewed(self.primitive, operands))

    @property
    def named(self) -> dict[str, Any]:
        """The parameters by name."""
        return self.primitive.named(self.params)

    @property
    def differentiable(self) -> bool:
        """Whether there is a derivative to look at: a rule, operands and results of floating point."""
        return self.primitive.differentiable and bool(self.active) and type_of(self.results[0]).inexact

    @property
    def point(self) -> list[Any]:
        """The active operands."""
        return [self.args[i] for i in self.active]

    def function(self, *active: Any) -> Any:
        """The operation as a function of its active operands, witnesses renewed."""
        operands = list(self.args)
        for position, value in zip(self.active, active, strict=True):
            operands[position] = value
        results = self.fresh(operands)
        return results if len(results) > 1 else results[0]

    def rule(self) -> Rule:
        """The derived rule for all active operands."""
        mask = sum(1 << i for i in self.active)
        kinds = tuple(type_of(result) for result in self.results)
        # what is no array stands in the graphs of a rule as itself, and the cached one may be that of another case
        of_arrays = all(isinstance(kind, ArrayType) for kind in self.types)
        return (rule_for if of_arrays else Rule)(self.primitive, self.params, self.args, mask, kinds)

    def again(self, seed: int) -> Case:
        """Another draw of the same sample, with the same number of entries everywhere."""
        other = _drawn(self.primitive, self.number, seed)
        return _shifted(other, seed) if self.shifted else other


def _drawn(primitive: Primitive, number: int, seed: int = 0) -> Case:
    rng = np.random.default_rng([zlib.crc32(primitive.name.encode()), number, seed])
    args, params = primitive.sample_list[number](rng)
    return Case(primitive, number, args, tuple(params[name] for name in primitive.param_names))


def cases(primitive: Primitive) -> list[Case]:
    """All samples of a primitive."""
    return [_drawn(primitive, number) for number in range(len(primitive.sample_list))]


def _shifted(case: Case, seed: int = 0) -> Case:
    """A real case with its active operands moved off the real axis."""
    rng = np.random.default_rng([case.number, seed])
    args = list(case.args)
    for i in case.active:
        args[i] = np.asarray(args[i] + 0.4j * rng.uniform(0.5, 1.0, np.shape(args[i])))[()]
    return Case(case.primitive, case.number, args, case.params, shifted=True)


def complex_cases(primitive: Primitive) -> list[Case]:
    """The real samples moved into the complex plane, for an operation that is given entry by entry or is linear.

    What it refuses there, as NumPy does, is declared for real numbers only.
    """
    found: list[Case] = []
    if not (primitive.differentiable and (primitive.elementwise or primitive.linear)):
        return found
    for case in cases(primitive):
        if not case.active or any(case.types[i].dtype != np.dtype(float) for i in case.active):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", np.exceptions.ComplexWarning)
                shifted = _shifted(case)
        except (*REFUSALS, np.exceptions.ComplexWarning):
            continue
        if shifted.differentiable:
            found.append(shifted)
    return found
