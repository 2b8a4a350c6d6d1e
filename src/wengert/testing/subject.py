"""The function under test, as a function of flat leaves and of one real vector."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from wengert import tree
from wengert.errors import ArgumentError, IntegerInputError, OutputError, WengertError
from wengert.graph import Operand
from wengert.programs import Program, call
from wengert.testing.space import Space, Vector
from wengert.tracing import type_of

__all__ = ["REFUSALS", "Subject"]

# what a program may raise where it is asked for a value outside its domain, or for one of another dtype
REFUSALS: Final = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError, WengertError,
)  # fmt: skip


def _floats(leaf: Any) -> bool:
    return bool(type_of(leaf).inexact)


class Subject:
    """A function at a point: which leaves are differentiated, what they are called, and how to call it."""

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        options: dict[str, Any],
        argnums: int | Sequence[int] | None,
    ) -> None:
        self.function = function
        self.program = Program(function)
        self.args, self.options = args, options
        self.name = getattr(function, "__name__", type(function).__name__)
        self.argnums = self._choose(argnums)
        trees = tuple(args[i] for i in self.argnums)
        self._leaves, self._structure = tree.flatten(trees)
        names = self._names()
        paths = [names[i] + path for i in self.argnums for path in tree.flatten(args[i])[1].paths()]
        self._active = [place for place, leaf in enumerate(self._leaves) if _floats(leaf)]
        if not self._active:
            raise IntegerInputError(
                f"check_derivatives found no floating-point number in the arguments of {self.name}: integers have no "
                f"derivative. Pass floats, such as 2.0 instead of 2."
            )
        leaves = [self._leaves[place] for place in self._active]
        self.domain = Space(leaves, [paths[place] for place in self._active])
        self.point = self.domain.pack(leaves)
        self.codomain, self._kept = self._inspect(leaves)
        # single precision is checked against the same program in double precision where it has one
        self.wide = False
        self.wide = self._accepts_double()

    @property
    def source(self) -> str:
        """The file and line of the function, where it is written in Python."""
        code = getattr(inspect.unwrap(self.function), "__code__", None)
        return f"{Path(code.co_filename).name}:{code.co_firstlineno}" if code is not None else ""

    def _choose(self, argnums: int | Sequence[int] | None) -> tuple[int, ...]:
        if argnums is None:
            chosen = range(len(self.args))
            return tuple(i for i in chosen if any(map(_floats, tree.flatten(self.args[i])[0])))
        listed = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        for position in listed:
            if not -len(self.args) <= position < len(self.args):
                raise ArgumentError(
                    f"argnums names argument {position}, and {self.name} was given {len(self.args)} positional "
                    f"arguments. Count from 0."
                )
        return tuple(position % len(self.args) for position in listed)

    def _names(self) -> list[str]:
        """The names of the positional arguments, from the signature where there is one."""
        names: list[str] = []
        try:
            parameters = list(inspect.signature(self.function).parameters.values())
        except (TypeError, ValueError):
            parameters = []
        for position in range(len(self.args)):
            parameter = parameters[min(position, len(parameters) - 1)] if parameters else None
            if parameter is None:
                names.append(f"argument {position}")
            elif parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                names.append(f"{parameter.name}[{position - len(parameters) + 1}]")
            else:
                names.append(parameter.name)
        return names

    def _results(self, leaves: Sequence[Any]) -> tuple[list[Any], Any]:
        filled = list(self._leaves)
        for place, leaf in zip(self._active, leaves, strict=True):
            filled[place] = leaf
        arguments = list(self.args)
        for position, argument in zip(self.argnums, self._structure.unflatten(filled), strict=True):
            arguments[position] = argument
        if any([isinstance(leaf, Operand) for leaf in leaves]):
            return tree.flatten(call(self.program, tuple(arguments), self.options))
        # plain values go through the function exactly as it stands
        return tree.flatten(self.function(*arguments, **self.options))

    def _inspect(self, leaves: list[Any]) -> tuple[Space, list[int]]:
        results, structure = self._results(leaves)
        kept = [place for place, result in enumerate(results) if _floats(result)]
        if not kept:
            raise OutputError(
                f"{self.name} returned no floating-point number, so that there is no derivative to check; it returned "
                f"{', '.join(repr(type_of(result)) for result in results) or 'nothing'}. Return floats."
            )
        paths = structure.paths()
        return Space([results[place] for place in kept], ["result" + paths[place] for place in kept]), kept

    def call(self, leaves: Sequence[Any]) -> list[Any]:
        """The floating-point leaves of the result, for plain or traced leaves."""
        results, _ = self._results(leaves)
        return [results[place] for place in self._kept]

    def value(self, vector: Vector) -> Vector:
        """The plain function in coordinates; NaN where it refuses the point."""
        try:
            with np.errstate(all="ignore"):
                return self.codomain.pack(self.call(self.domain.unpack(vector, wide=self.wide)))
        except REFUSALS:
            return np.full(self.codomain.size, np.nan)

    def complex_value(self, vector: Vector, tangent: Vector) -> Vector | None:
        """The imaginary parts of f(x + i v), or None where the program does not take complex numbers."""
        real = self.domain.unpack(vector, wide=True)
        leaves = [x + 1j * v for x, v in zip(real, self.domain.unpack(tangent, wide=True), strict=True)]
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("error")
                results = self.call(leaves)
                parts = [np.imag(result) for result in results]
                return self.codomain.pack(parts)
        except (*REFUSALS, Warning):
            return None

    def _accepts_double(self) -> bool:
        if self.domain.rounding < 1e-10:
            return False
        single = self.value(self.point)
        leaves = self.domain.unpack(self.point, wide=True)
        try:
            with np.errstate(all="ignore"):
                results = self.call(leaves)
                double = self.codomain.pack(results)
        except REFUSALS:
            return False
        precise = all(type_of(result).dtype.itemsize >= 8 for result in results)
        scale = float(np.max(np.abs(single), initial=0.0))
        return precise and bool(np.all(np.abs(double - single) <= 1e-3 * scale))

    @property
    def rounding(self) -> float:
        """The unit roundoff of the precision that the derivatives are computed in."""
        return max(self.domain.rounding, self.codomain.rounding)

    @property
    def noise_unit(self) -> float:
        """The unit roundoff of the precision that the differences are computed in."""
        return float(np.finfo(float).eps) if self.wide else self.rounding
