"""Functions whose derivative is given by the user, as a linear map, a pushforward or a pullback.

Such a rule is run on the values of each equation. From a pushforward the pullback follows by transposing a
recording of it, and the other way round; so one of them serves both modes, at every order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from wengert.errors import RuleError, TracingError
from wengert.graph import Operand, Primitive, bind
from wengert.tracing import type_of
from wengert.transforms.tape import Tape, zeros
from wengert.transforms.transpose import conform, expand_to
from wengert.transforms.vmap import BatchRecording

__all__ = ["Sweep", "custom_primitive"]

# Push: (results, operands, tangents) -> tangents of the results; Pull: (results, operands, cotangents) -> of operands
Sweep = Callable[[Sequence[Any], Sequence[Any], Sequence[Any]], Sequence[Any]]


def custom_primitive(
    name: str, function: Callable[..., tuple[Any, ...]], push: Sweep | None, pull: Sweep | None
) -> Primitive:
    """A private primitive around a function of flat operands, with a rule for one mode or for both.

    How many results there are is known once the function has run.
    """
    primitive = Primitive(name, register=False, domain="the user's", cite="the user's")

    def evaluate(xp: Any, *operands: Any) -> Any:
        results = function(*operands)
        primitive.outputs = len(results)
        return results if len(results) > 1 else results[0]

    def batch(size: int, args: Any, batched: Any) -> Any:
        spread = None if push is None else _mapped_sweep(size, batched, push)
        gather = None if pull is None else _mapped_sweep(size, batched, pull)
        whole = custom_primitive(name, _mapped(size, batched, function), spread, gather)
        results = bind(whole, args)
        primitive.outputs = whole.outputs
        return results

    primitive.evaluate(evaluate)
    primitive.batch(batch)
    primitive.rule_maker = partial(_CustomRule, primitive, push, pull)
    return primitive


def _mapped(size: int, batched: Sequence[bool], function: Callable[..., Any]) -> Callable[..., Any]:
    def on_all(*operands: Any) -> tuple[Any, ...]:
        with BatchRecording(size) as recording:
            each = [recording.input(x) if flag else x for x, flag in zip(operands, batched, strict=True)]
            return tuple(map(recording.unwrap, function(*each)))

    return on_all


def _mapped_sweep(size: int, batched: Sequence[bool], sweep: Sweep) -> Sweep:
    def on_all(results: Sequence[Any], operands: Sequence[Any], seeds: Sequence[Any]) -> Sequence[Any]:
        with BatchRecording(size) as recording:
            each = [recording.input(x) if flag else x for x, flag in zip(operands, batched, strict=True)]
            found = sweep(
                [recording.input(y) for y in results], each, [None if s is None else recording.input(s) for s in seeds]
            )
            return [None if part is None else recording.unwrap(part) for part in found]

    return on_all


class _CustomRule:
    """Stands where a `Rule` stands, for one equation."""

    keep_constant: tuple[int, ...] = ()

    def __init__(
        self,
        primitive: Primitive,
        push: Sweep | None,
        pull: Sweep | None,
        operands: Sequence[Any],
        results: Sequence[Any],
        active: int,
        level: int,
    ) -> None:
        self.primitive = primitive
        self.types = tuple(map(type_of, operands))
        self.results = tuple(map(type_of, results))
        self.result = self.results[0]
        self.active = tuple(i for i in range(len(operands)) if active >> i & 1)
        self.keep_constant = tuple(i for i in range(len(operands)) if i not in self.active)
        self._push, self._pull = push, pull
        for value in results:
            if isinstance(value, Operand) and value.recording.level >= level:
                raise TracingError(
                    f"{primitive.name} uses a traced value that it gets from its closure, which its rule cannot see; "
                    f"pass that value as an argument"
                )
        self.pull_raw = self.pullback(raw=True)

    @staticmethod
    def save(*values: Any) -> tuple[Any, ...]:
        """Everything is kept: what the user's rule needs is not known."""
        return values

    def _split(self, values: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any], Sequence[Any]]:
        count, end = len(self.types), len(self.types) + len(self.results)
        return values[:count], values[count:end], values[end:]

    def pushforward(self, raw: bool, annihilate: bool = False, batch: int = 0) -> Callable[..., Any]:
        """`f(*operands, *results, *tangents)`."""

        def run(*values: Any) -> Any:
            operands, results, tangents = self._split(values)
            if batch:
                with BatchRecording(batch) as recording:
                    found = self._pushed(operands, results, [recording.input(t) for t in tangents])
                    found = [recording.unwrap(part) for part in found]
            else:
                found = self._pushed(operands, results, tangents)
            return tuple(found) if len(self.results) > 1 else found[0]

        return run

    def pullback(self, raw: bool, annihilate: bool = False, batch: int = 0) -> Callable[..., Any]:
        """`f(*operands, *results, *cotangents)`."""

        def run(*values: Any) -> Any:
            operands, results, cotangents = self._split(values)
            if batch:
                with BatchRecording(batch) as recording:
                    found = self._pulled(operands, results, [recording.input(g) for g in cotangents])
                    found = [recording.unwrap(part) for part in found]
            else:
                found = self._pulled(operands, results, cotangents)
            return tuple(found) if len(self.active) > 1 else found[0]

        return run

    def _pushed(self, operands: Sequence[Any], results: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        if self._push is None:
            return self._transposed(self._pulled, operands, results, tangents, self.results)
        given = dict(zip(self.active, tangents, strict=True))
        found = self._push(results, operands, [given.get(i) for i in range(len(operands))])
        return [
            zeros(kind, 0) if part is None else expand_to(self._checked(part, kind), kind)
            for part, kind in zip(found, self.results, strict=True)
        ]

    def _pulled(self, operands: Sequence[Any], results: Sequence[Any], cotangents: Sequence[Any]) -> list[Any]:
        kinds = [self.types[i] for i in self.active]
        if self._pull is None:
            return self._transposed(self._pushed, operands, results, cotangents, kinds)
        found = self._pull(results, operands, cotangents)
        if len(found) != len(operands):
            raise RuleError(
                f"the vjp of {self.primitive.name} returned {len(found)} cotangents for {len(operands)} arguments; "
                f"return one per argument, None where it is constant"
            )
        return [
            zeros(kind, 0) if found[i] is None else conform(self._checked(found[i], kind), kind)
            for i, kind in zip(self.active, kinds, strict=True)
        ]

    def _checked(self, part: Any, kind: Any) -> Any:
        shape = type_of(part).shape
        if shape != kind.shape and shape != ():
            raise RuleError(
                f"the rule of {self.primitive.name} returned an array of shape {shape} where one of shape "
                f"{kind.shape} is needed; check the transposes and sums in it"
            )
        return part

    def _transposed(
        self, sweep: Any, operands: Sequence[Any], results: Sequence[Any], seeds: Sequence[Any], kinds: Sequence[Any]
    ) -> list[Any]:
        """The adjoint of a linear sweep: record it at zero and sweep the recording the other way."""
        with Tape(linear_only=True) as tape:
            inputs = [tape.input(zeros(kind, 0)) for kind in kinds]
            outputs = sweep(operands, results, inputs)
        found = tape.pull([(tape.slot_of(y), g) for y, g in zip(outputs, seeds, strict=True)], len(inputs))
        return [zeros(kind, 0) if part is None else part for part, kind in zip(found, kinds, strict=True)]
