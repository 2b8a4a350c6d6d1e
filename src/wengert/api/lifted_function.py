"""A function as a formula: its symbols, the formula, and two instances at which everything is checked."""

from __future__ import annotations

import functools
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert.api.forward import jvp
from wengert.api.results import axes_of
from wengert.calculus import algebra
from wengert.calculus.capture import Program
from wengert.calculus.constants import constants_of, told_apart
from wengert.calculus.derive import lifted
from wengert.calculus.dimension import Dim
from wengert.calculus.drawing import Drawing, Way
from wengert.calculus.evaluation import evaluate
from wengert.calculus.expression import Expression
from wengert.calculus.instances import SQUARE, draw, with_implied
from wengert.calculus.magnitude import firmness, undefined
from wengert.calculus.sizing import PRIMES, Sizes, shows, sizes_of
from wengert.calculus.unifying import unified
from wengert.display.formula import abridged
from wengert.errors import CheckError, ConversionError, UndefinedDerivativeError, UnsupportedError
from wengert.graph import Operand

__all__ = ["Instance", "LiftedFunction", "quiet"]

_DIMENSIONS: Final = ("n", "m", "k", "p", "q", "r", "s", "t", "u", "v", "w", "l")
_ATTEMPTS: Final = 12
_PAIRS: Final = 3
_MOST_WEAK: Final = 60
# entries of all data, and of one axis, up to which formulas are checked at these lengths, too
_LARGEST_OWN: Final = 200_000
_LONGEST_OWN: Final = 1000
_MOST_INSTANCES: Final = 24
# a derivative that is so much smaller than the numbers that it is computed from tells little
_WEAK: Final = 1e-7


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
        masks = {name: ("zero-one entries",) for name in self.shapes if self._is_mask(name)}
        self.properties = {
            name: with_implied((*properties.get(name, ()), *masks.get(name, ())), name) for name in self.shapes
        }
        self._constants: frozenset[float] = frozenset()
        self.result_axes = 0
        sizes = sizes_of(self.shapes)
        for name, held in self.properties.items():
            if held & SQUARE:
                sizes.merge((name, 0), (name, 1))
        self._sizes = self._unified(sizes)
        self._check_repeatable()
        self._drawing = Drawing(self._sizes, self.data, self.properties, self.variables)
        self.dims = self._named_dims()
        self.symbols: dict[str, Expression] = {name: self._symbol(name) for name in self.shapes}
        self.convention = "symmetric"
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

    def _unified(self, sizes: Sizes) -> Sizes:
        """The classes of equally long axes; captured arrays that take no part in the function are left out."""
        counts = {name: len(lengths) for name, lengths in self.shapes.items()}
        with quiet():
            used = unified(self.run, sizes, self._sized, counts, self._primes())
            idle = [name for name in self.shapes if name not in {*used, *self.variables, *self.program.arguments}]
            if not idle or not self._runs_without(idle, sizes):
                return sizes
        for name in idle:
            del self.shapes[name], self.properties[name]
        self.data = {name: value for name, value in self.data.items() if name not in idle}
        return sizes.without(idle)

    def _runs_without(self, names: Sequence[str], sizes: Sizes) -> bool:
        """Whether the function never looks at some of its arrays, not even at their shapes."""
        lengths = sizes.primes()
        values = {name: self._sized(name, sizes.shape(name, lengths), 0) for name in self.shapes}
        try:
            self.run({**values, **dict.fromkeys(names, object())})
        except Exception:  # noqa: BLE001 (whatever the function does with such a thing)
            return False
        return True

    def _sized(self, name: str, shape: tuple[int, ...], draw_number: int) -> Any:
        """An array that has only its shape, while lengths are looked for."""
        random = np.random.default_rng([draw_number, *name.encode()])
        square = len(shape) == 2 and len(set(shape)) == 1
        held = self.properties[name]
        if held and not (len(shape) == 1 or (held & SQUARE and not square)):
            return draw(shape, held, random)
        if draw_number == 1 and square:
            return draw(shape, {"positive definite"}, random)
        found = random.uniform(0.5, 1.5, shape)
        return found > 1 if self._is_mask(name) else found if shape else np.float64(found)

    def _check_repeatable(self) -> None:
        """Refuse a function that is another one when it is called again."""
        lengths = self._sizes.primes(self._primes())
        values = {name: self._sized(name, self._sizes.shape(name, lengths), 0) for name in self.shapes}
        before = {name: np.copy(value) for name, value in values.items()}
        with quiet(), suppress(np.linalg.LinAlgError, UndefinedDerivativeError):
            first, second = self.run(values), self.run(values)
            self.result_axes = axes_of(first, self.program.name)
            changed = [name for name, value in values.items() if not np.array_equal(value, before[name])]
            if changed:
                name = changed[0]
                raise UnsupportedError(
                    f"derive: {self.program.name} writes into the array {name} that it is given, so that it is another "
                    f"function at every call; write {name} = {name}.copy() first, or an operation that makes a new "
                    f"array"
                )
            if not np.array_equal(first, second, equal_nan=True):
                raise UnsupportedError(
                    f"derive: {self.program.name} has different values at the same arrays, as with random numbers, "
                    f"which have no formula; draw them outside and pass them as an argument, or use wengert.grad with "
                    f"a generator of a fixed seed"
                )

    def _is_mask(self, name: str) -> bool:
        return getattr(self.data.get(name), "dtype", None) == np.bool_

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
        for _, one in zip(range(_MOST_INSTANCES), self._sound_instances(), strict=False):
            lengths = {size: dim for dim, size in one.sizes.items()}
            with quiet():
                expression = lifted(self.run, self.symbols, one.values, lengths)
                steady = self._is_steady(expression, one)
            for other, same in found if steady else ():
                # a length that did not change between the two might stand in the formula as a number
                if expression is same and not set(other.sizes.items()) & set(one.sizes.items()):
                    return [other, one], expression
            doubtful = not steady or any(expression is not same for _, same in found)
            if doubtful and self._has_numbers_like_lengths():
                return self._found()
            if steady:
                found.append((one, expression))
            if len(dict.fromkeys(expression for _, expression in found)) > _PAIRS:
                break
        texts = [*dict.fromkeys(abridged(expression) for _, expression in found)]
        if len(texts) > 1:
            raise CheckError(
                f"derive: {self.program.name} is {texts[0]} at one size and {texts[-1]} at another; write numbers of "
                f"entries as x.shape[0] or len(x)"
            )
        raise UnsupportedError(self._undefined())

    def _has_numbers_like_lengths(self) -> bool:
        """Whether the program makes numbers that could be taken for lengths in use, which are others from then on."""
        if self._constants or not self.dims:
            return False
        primes, count = self._primes(), len(self.dims)
        places = [primes[start : start + count] for start in (0, count)]
        with quiet(), suppress(np.linalg.LinAlgError, UndefinedDerivativeError, UnsupportedError):
            self._constants = constants_of(self.run, [self._instance(chosen, 0, Way()).values for chosen in places])
        if len(self._primes()) < 2 * count:
            raise UnsupportedError(
                f"derive: {self.program.name} works with so many different numbers ({len(self._constants)}) that they "
                f"cannot be told from lengths; shorten its loop, or use wengert.grad, which gives its derivative as "
                f"numbers"
            )
        return self._primes() != primes

    def _undefined(self) -> str:
        """What is told where the function is defined nowhere that was looked at."""
        values = self._instance(self._orders()[0], 0, next(self._drawing.ways())).values
        given = self.data if self.shapes.keys() == self.data.keys() else None
        with quiet():
            return undefined(self.program.name, self.run, given, values)

    def _sound_instances(self) -> Iterator[Instance]:
        """Instances; a matrix that the function inverts may have to be wide enough, an argument inside a domain.

        Those at which the derivative is next to nothing come late: a singular matrix, or a function that saturates,
        shows less than others, but a derivative may be zero everywhere.
        """
        orders = self._orders()
        weak: list[tuple[float, Instance]] = []
        given: Counter[tuple[int, ...]] = Counter()
        for way in self._drawing.ways():
            if way.mixed or len(weak) > _MOST_WEAK:
                yield from _best_first(weak)
                weak = []
            for seed, order in enumerate(orders):
                if given[order[: len(self.dims)]] >= _PAIRS:
                    continue
                one = self._instance(order, seed, way)
                soundness = self._soundness(one)
                if soundness > _WEAK:
                    given[order[: len(self.dims)]] += 1
                    yield one
                elif soundness >= 0:
                    weak.append((soundness, one))
        yield from _best_first(weak)

    def _orders(self) -> list[tuple[int, ...]]:
        """Lengths for the classes of axes."""
        primes = self._primes()
        random = np.random.default_rng(0)
        count = len(self.dims) + 1
        # small arrays first, with other numbers in them; then lengths that are ordered as those of the data are
        small = tuple(primes[:count]), (*primes[1:count], primes[0])
        known = [self._sizes.lengths[axis] or 0 for axis in self.dims]
        ranks = {axis: place for place, axis in enumerate(sorted(range(len(known)), key=known.__getitem__))}
        alike = [tuple([primes[start + ranks[axis]] for axis in range(len(known))]) for start in (0, 1)]
        orders = [*small, *small, *alike]
        return [*orders, *(tuple(random.permutation(primes[: count + 2])) for _ in range(_ATTEMPTS - len(orders)))]

    def _primes(self) -> list[int]:
        """Primes that are no numbers of the program."""
        free = [prime for prime in PRIMES if not any(shows(prime, number) for number in self.program.numbers)]
        return [*told_apart(free, self._constants)] if self._constants else free

    def _instance(self, primes: Sequence[int], seed: int, way: Way) -> Instance:
        lengths = self._sizes.primes([int(prime) for prime in primes])
        values = {name: self._drawing.array(name, self._sizes.shape(name, lengths), way, seed) for name in self.shapes}
        return Instance(values, {dim: lengths[axis] for axis, dim in self.dims.items()})

    @functools.cached_property
    def own_instance(self) -> Instance | None:
        """Arrays of the lengths that the caller's data have, where those are known and no great burden.

        A program may look at lengths, and be another function at just these.
        """
        if self.shapes.keys() != self.data.keys() or sum(map(np.size, self.data.values())) > _LARGEST_OWN:
            return None
        lengths = {axis: np.shape(self.data[axis[0]])[axis[1]] for axis in self._sizes.parents}
        if max(lengths.values(), default=0) > _LONGEST_OWN:
            return None
        sizes = {dim: lengths[axis] for axis, dim in self.dims.items()}
        for seed, way in enumerate(self._drawing.plain_ways()):
            values = {name: self._drawing.array(name, np.shape(x), way, seed) for name, x in self.data.items()}
            one = Instance(values, sizes)
            if self._soundness(one) >= 0:
                return one
        return None

    def direction_at(self, name: str, point: Any) -> Any:
        """A direction in which a variable may move."""
        found = np.random.default_rng([1, *f"d{name}".encode()]).standard_normal(np.shape(point))
        return self.among(name, found) if np.shape(point) else np.float64(found)

    def among(self, name: str, change: Any) -> Any:
        """The nearest change of a variable that keeps it symmetric, or diagonal."""
        if "diagonal" in self.properties[name]:
            return np.diag(np.diag(change))
        return 0.5 * (change + change.T) if "symmetric" in self.properties[name] else change

    def is_by_entries(self, name: str) -> bool:
        """Whether the derivative by a symmetric variable is by its independent entries, which is no gradient."""
        held = self.properties[name]
        return self.convention == "vech" and "symmetric" in held and "diagonal" not in held

    def gradient_of(self, name: str, slope: Any) -> Any:
        """The gradient among the matrices where the variable moves, from that among all; or that by its entries."""
        inside = self.among(name, slope)
        return 2 * inside - np.diag(np.diag(inside)) if self.is_by_entries(name) else inside

    def values_at(self, one: Instance) -> dict[str, Any]:
        """All arrays of an instance, those of the directions included."""
        return {**one.values, **{f"d{name}": self.direction_at(name, one.values[name]) for name in self.variables}}

    def restricted(self, one: Instance, names: Sequence[str]) -> tuple[Callable[..., Any], list[Any]]:
        """The function of a few arrays, the others as they are in an instance, and the point."""

        def function(*arrays: Any) -> Any:
            return self.run({**one.values, **dict(zip(names, arrays, strict=True))})

        return function, [one.values[name] for name in names]

    def _is_steady(self, expression: Expression, one: Instance) -> bool:
        """Whether rounding changes the formula by little: inverses in it may not exist where the function does."""
        return firmness(lambda values: evaluate(expression, values, one.sizes), one.values) >= 0

    def _soundness(self, one: Instance) -> float:
        """How large value and differential are beside what they come from; negative where not to be relied on."""
        directions = tuple([self.direction_at(name, one.values[name]) for name in self.variables])

        def pushed(values: Mapping[str, Any]) -> Any:
            function, point = self.restricted(Instance(dict(values), one.sizes), self.variables)
            return jvp(function, tuple(point), directions)[1]

        try:
            with quiet():
                value = self.run(one.values)
                self.result_axes = axes_of(value, self.program.name)
                if not np.all(np.isfinite(value)):
                    return -1.0
                return min(firmness(self.run, one.values), firmness(pushed, one.values))
        except (np.linalg.LinAlgError, UndefinedDerivativeError):
            return -1.0


def _best_first(found: list[tuple[float, Instance]]) -> list[Instance]:
    """Instances by their soundness, the best of each size before the others."""
    ranked: list[tuple[int, float, Instance]] = []
    seen: Counter[tuple[int, ...]] = Counter()
    for soundness, one in sorted(found, key=lambda pair: -pair[0]):
        size = tuple(one.sizes.values())
        ranked.append((seen[size], -soundness, one))
        seen[size] += 1
    return [one for *_, one in sorted(ranked, key=lambda entry: entry[:2])]


@contextmanager
def quiet() -> Iterator[None]:
    """No warnings: random arrays may lie outside the domain of a function."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
