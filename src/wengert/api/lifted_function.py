"""A function as a formula: its symbols, the formula, and two instances at which everything is checked."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np

from wengert.api.forward import jvp
from wengert.calculus import algebra
from wengert.calculus.capture import Program
from wengert.calculus.derive import lifted
from wengert.calculus.dimension import Dim
from wengert.calculus.evaluation import evaluate
from wengert.calculus.expression import Expression
from wengert.calculus.instances import MANNERS, SQUARE, draw, manner_of, with_implied
from wengert.calculus.sizing import PRIMES, sizes_of, unified
from wengert.display.formula import text_of
from wengert.errors import CheckError, ConversionError, OutputError, UnsupportedError
from wengert.graph import Operand

__all__ = ["Instance", "LiftedFunction", "quiet"]

_DIMENSIONS: Final = ("n", "m", "k", "p", "q", "r", "s", "t", "u", "v", "w", "l")
_ATTEMPTS: Final = 12
_PAIRS: Final = 3


@dataclass(frozen=True)
class Instance:
    """Numbers for all arrays of a program, at distinct prime sizes."""

    values: dict[str, Any]
    sizes: dict[Dim, int]


class LiftedFunction:
    """What a function computes as an expression of its arrays, found and checked at two instances.

    Parameters
    ----------
    program
        The function.
    shapes
        For each of its arrays the lengths of the axes, as found in data or by name.
    data
        Arrays whose numbers are known; they only show in which part of its domain the function is used.
    properties
        What is assumed of arrays.
    variables
        Those that derivatives are taken in.
    """

    def __init__(
        self,
        program: Program,
        shapes: Mapping[str, Sequence[int | str]],
        data: Mapping[str, Any],
        properties: Mapping[str, Sequence[str]],
        variables: Sequence[str],
    ) -> None:
        self.program, self.data, self.variables = program, data, tuple(variables)
        self.shapes = {name: tuple(lengths) for name, lengths in shapes.items()}
        self.properties = {name: with_implied(properties.get(name, ()), name) for name in self.shapes}
        self._manners = {"": dict.fromkeys(self.shapes, "")}
        self._manners["as the data"] = {name: manner_of(value) for name, value in data.items()}
        self._manners.update({manner: dict.fromkeys(self.shapes, manner) for manner in MANNERS if manner})
        sizes = sizes_of(self.shapes)
        for name, held in self.properties.items():
            if held & SQUARE:
                sizes.merge((name, 0), (name, 1))
        counts = {name: len(lengths) for name, lengths in self.shapes.items()}
        with quiet():
            self._sizes = unified(self.run, sizes, self._sized, counts)
        self.dims = self._named_dims()
        self.symbols: dict[str, Expression] = {name: self._symbol(name) for name in self.shapes}
        self.manner, self.result_axes = "", 0
        self.instances, self.expression = self._found()

    def run(self, values: Mapping[str, Any]) -> Any:
        """The function itself with these numbers."""
        try:
            return self.program(values)
        except ConversionError:
            moving = [value for value in values.values() if isinstance(value, Operand)]
            if len(moving) in (0, len(values)):
                raise
            # a method of a plain array does not see that its operand is traced: A.dot(x)
            box = max(moving, key=lambda operand: operand.recording.level).recording.box
            still = {name: box(np.array(value)) for name, value in values.items() if isinstance(value, np.ndarray)}
            return self.program({**values, **still})

    def drawn(self, name: str, shape: tuple[int, ...], seed: int, kind: str | None = None) -> Any:
        """A random array that honours what is assumed of the array of this name."""
        random = np.random.default_rng([seed, *name.encode()])
        manner = self._manners[self.manner].get(name, "") if kind is None else ""
        found = draw(shape, self.properties[kind or name], random, manner)
        dtype = getattr(self.data.get(name), "dtype", None)
        # masks stay masks
        return found > 0.5 if dtype == np.bool_ else found

    def _sized(self, name: str, shape: tuple[int, ...]) -> Any:
        """An array that has only its shape, while lengths are looked for."""
        held = self.properties[name]
        self.manner = ""
        if (held & SQUARE and len(set(shape)) > 1) or len(shape) == 1:
            held = frozenset()
        return draw(shape, held, np.random.default_rng([0, *name.encode()])) if held else self._plain(name, shape)

    def _plain(self, name: str, shape: tuple[int, ...]) -> Any:
        dtype = getattr(self.data.get(name), "dtype", None)
        found = np.random.default_rng([0, *name.encode()]).uniform(0.5, 1.5, shape)
        return found > 1 if dtype == np.bool_ else found if shape else float(found)

    def _named_dims(self) -> dict[tuple[str, int], Dim]:
        """A letter for each class of axes, those of the variables first."""
        classes = self._sizes.classes()
        roots = [self._sizes.root((name, axis)) for name in self.variables for axis in range(len(self.shapes[name]))]
        own = [axis for axis in dict.fromkeys(roots) if axis in classes]
        told = self._sizes.names
        taken = {*self.shapes, *told.values()}
        free = [name for name in _DIMENSIONS if name not in taken]
        fresh = iter([*free, *(f"n{number}" for number in range(1, 1 + len(classes)))])
        ordered = [*own, *(axis for axis in classes if axis not in own)]
        return {axis: Dim(told[axis] if axis in told else next(fresh)) for axis in ordered}

    def _symbol(self, name: str) -> Any:
        roots = [self._sizes.root((name, axis)) for axis in range(len(self.shapes[name]))]
        lengths = [self.dims.get(root, self._sizes.fixed.get(root, 1)) for root in roots]
        rows, cols = [*lengths, 1, 1][:2]
        return algebra.symbol(name, rows, cols, self.properties[name])

    def _found(self) -> tuple[list[Instance], Expression]:
        """Two instances at which the function is well behaved, and the formula on which they agree.

        A number in the program may happen to be as large as a length, so that different lengths have to be tried.
        """
        found: list[tuple[Instance, Expression]] = []
        for _, one in zip(range(2 * _PAIRS), self._sound_instances(), strict=False):
            lengths = {size: dim for dim, size in one.sizes.items()}
            with quiet():
                expression = lifted(self.run, self.symbols, one.values, lengths)
                if not self._is_steady(expression, one):
                    continue
            for other, same in found:
                # a length that did not change between the two might stand in the formula as a number
                if expression is same and not set(other.sizes.items()) & set(one.sizes.items()):
                    return [other, one], expression
            found.append((one, expression))
        if not found:
            raise UnsupportedError(
                f"derive: no random arrays were found at which {self.program.name} and its differential are finite and "
                f"stable; say with assume what its arguments have to be (positive entries, positive definite, ...)"
            )
        texts = dict.fromkeys(text_of(expression) for _, expression in found)
        raise CheckError(
            f"derive: {self.program.name} is {next(iter(texts))} at one size and {[*texts][-1]} at another; write "
            f"numbers of entries as x.shape[0] or len(x)"
        )

    def _sound_instances(self) -> Iterator[Instance]:
        """Instances; a matrix that the function inverts may have to be wide enough, an argument inside a domain."""
        primes = [prime for prime in PRIMES if not any(_shows(prime, number) for number in self.program.numbers)]
        random = np.random.default_rng(0)
        count = len(self.dims) + 1
        for manner in self._manners:
            self.manner, sound = manner, 0
            orders = [tuple(primes[:count]), (*primes[1:count], primes[0])]
            orders += [tuple(random.permutation(primes[: count + 2])) for _ in range(_ATTEMPTS - len(orders))]
            for seed, order in enumerate(orders):
                one = self._instance(order, seed)
                if self._is_sound(one):
                    sound += 1
                    yield one
            if sound > 1:
                return

    def _instance(self, primes: Sequence[int], seed: int) -> Instance:
        lengths = self._sizes.primes([int(prime) for prime in primes])
        values = {name: self.drawn(name, self._sizes.shape(name, lengths), seed) for name in self.shapes}
        return Instance(values, {dim: lengths[axis] for axis, dim in self.dims.items()})

    def direction_at(self, name: str, point: Any) -> Any:
        """A direction in which a variable may move."""
        found = np.random.default_rng([1, *f"d{name}".encode()]).standard_normal(np.shape(point))
        return self.among(name, found) if np.shape(point) else float(found)

    def among(self, name: str, change: Any) -> Any:
        """The nearest change of a variable that keeps it symmetric, or diagonal."""
        if "diagonal" in self.properties[name]:
            return np.diag(np.diag(change))
        return 0.5 * (change + change.T) if "symmetric" in self.properties[name] else change

    def values_at(self, one: Instance) -> dict[str, Any]:
        """All arrays of an instance, those of the directions included."""
        return {**one.values, **{f"d{name}": self.direction_at(name, one.values[name]) for name in self.variables}}

    def restricted(self, one: Instance, names: Sequence[str]) -> tuple[Callable[..., Any], list[Any]]:
        """The function of a few arrays, the others as they are in an instance, and the point."""

        def function(*arrays: Any) -> Any:
            return self.run({**one.values, **dict(zip(names, arrays, strict=True))})

        return function, [one.values[name] for name in names]

    def _look_at(self, result: Any) -> None:
        """Refuse what is no single array of numbers."""
        kind = type(result).__name__
        if isinstance(result, (tuple, list, dict)) or result is None:
            many = f" of {len(result)}" if result is not None else ""
            raise OutputError(
                f"derive: {self.program.name} returned a {kind}{many}; a formula is of one array or number: return "
                f"one of them"
            )
        array = np.asarray(result)
        if array.dtype.kind not in "fiub":
            raise OutputError(
                f"derive: {self.program.name} returned a {kind} of dtype {array.dtype}; a formula is of real numbers"
            )
        if array.ndim > 2:
            raise UnsupportedError(
                f"derive: {self.program.name} returned an array of {array.ndim} axes; formulas are of numbers, vectors "
                f"and matrices"
            )
        self.result_axes = array.ndim

    def _is_steady(self, expression: Expression, one: Instance) -> bool:
        """Whether rounding changes the formula by little: inverses in it may not exist where the function does."""
        found = []
        for change in (0.0, 1e-11):
            moved = {name: value * (1 + change) if np.ndim(value) else value for name, value in one.values.items()}
            found.append(evaluate(expression, moved, one.sizes))
        size = np.max(np.abs(found[0]), initial=0.0)
        return bool(np.max(np.abs(found[1] - found[0]), initial=0.0) <= 1e-7 * size)

    def _is_sound(self, one: Instance) -> bool:
        """Whether rounding of the arguments changes the differential by little."""
        found = []
        for change in (0.0, 1e-11):
            moved = {
                name: value * (1 + change) if np.asarray(value).dtype.kind == "f" else value
                for name, value in one.values.items()
            }
            function, point = self.restricted(Instance(moved, one.sizes), self.variables)
            directions = tuple([self.direction_at(name, moved[name]) for name in self.variables])
            try:
                with quiet():
                    self._look_at(self.run(moved))
                    value, pushed = jvp(function, tuple(point), directions)
            except np.linalg.LinAlgError:
                return False
            found.append(np.asarray(pushed))
            if not np.all(np.isfinite(value)):
                return False
        size = np.max(np.abs(found[0]), initial=0.0)
        return bool(np.isfinite(size) and np.max(np.abs(found[1] - found[0]), initial=0.0) <= 1e-7 * size)


@contextmanager
def quiet() -> Iterator[None]:
    """No warnings: random arrays may lie outside the domain of a function."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _shows(prime: int, number: float) -> bool:
    """Whether a number of the program could be taken for a length of that size, or for one over it."""
    if not np.isfinite(number) or number == 0:
        return False
    if number + 1 == prime:
        return True
    exact = Fraction(number).limit_denominator(10**6)
    return any(part % prime == 0 for part in (exact.numerator, exact.denominator) if part)
