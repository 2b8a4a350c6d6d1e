"""Functions whose derivative is given by the user, as a linear map, a pushforward or a pullback.

Such a rule is run on the values of each equation. From a pushforward the pullback follows by transposing a
recording of it, and the other way round; so one of them serves both modes, at every order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NoReturn

import numpy as np

from wengert.errors import RuleError, TracingError
from wengert.graph import REGISTRY, Operand, Primitive, bind
from wengert.primitives.reductions import sum_along
from wengert.tracing import Recording, type_of
from wengert.transforms.tape import Tape, own, snapshot, zeros
from wengert.transforms.transpose import conform, expand_to
from wengert.transforms.vmap import BatchRecording

__all__ = ["Sweep", "custom_primitive"]

# A pushforward maps (results, operands, tangents) to tangents of the results, a pullback
# (results, operands, cotangents) to cotangents of the operands.
Sweep = Callable[[Sequence[Any], Sequence[Any], Sequence[Any]], Sequence[Any]]


def _guarded(operand: Any) -> Any:
    """What the user's function gets of a value that a recording keeps: a write into it fails, or has no effect."""
    if isinstance(operand, np.ndarray):
        operand = operand.view()
        operand.flags.writeable = False
        return operand
    return snapshot(operand)


def custom_primitive(
    name: str, function: Callable[..., tuple[Any, ...]], push: Sweep | None, pull: Sweep | None
) -> Primitive:
    """A private primitive around a function of flat operands, with a rule for one mode or for both.

    How many results there are is known once the function has run.
    """
    # a function may be called like an operation, which it must not be taken for
    unlike = f"own {name}" if name in REGISTRY else name
    notation = f"{name}({{args}})"
    primitive = Primitive(unlike, register=False, notation=notation, domain="the user's", cite="the user's")

    def evaluate(xp: Any, *operands: Any) -> Any:
        with _Scope(operands):
            results = tuple(map(own, function(*map(_guarded, operands))))
        primitive.outputs = len(results)
        return results if len(results) > 1 else results[0]

    def batch(size: int, args: Any, batched: Any) -> Any:
        spread = None if push is None else _mapped_push(name, size, batched, push)
        gather = None if pull is None else _mapped_pull(name, size, batched, pull)
        whole = custom_primitive(name, _mapped(size, batched, function), spread, gather)
        results = bind(whole, args)
        primitive.outputs = whole.outputs
        return results

    primitive.evaluate(evaluate)
    primitive.batch(batch)
    primitive.rule_maker = partial(_CustomRule, primitive, push, pull)
    return primitive


class _Scope(Recording):
    """Stands before all recordings while a function or a rule of the user's runs on these values.

    An array that it makes to write into belongs to the innermost recording among the values, not to the one
    under way, which sees the call from outside; without such a recording it is a plain array.
    """

    def __init__(self, values: Sequence[Any]) -> None:
        super().__init__()
        recordings = [value.recording for value in values if isinstance(value, Operand)]
        self.owner = max(recordings, key=lambda recording: recording.level, default=None)

    def box(self, value: Any) -> Any:
        return value if self.owner is None else self.owner.box(value)

    def apply(self, primitive: Primitive, args: tuple[Any, ...], params: tuple[Any, ...]) -> NoReturn:
        raise AssertionError("a scope has no operands")


def _mapped(size: int, batched: Sequence[bool], function: Callable[..., Any]) -> Callable[..., Any]:
    def on_all(*operands: Any) -> tuple[Any, ...]:
        with BatchRecording(size) as recording:
            return tuple(map(recording.unwrap, function(*_examples(recording, operands, batched))))

    return on_all


def _examples(recording: BatchRecording, values: Sequence[Any], batched: Sequence[bool]) -> list[Any]:
    """Operands for one example; arrays that all share are traced too, so that what differs can index them."""
    return [
        recording.input(x) if flag and x is not None else recording.shared(x) if isinstance(x, np.ndarray) else x
        for x, flag in zip(values, batched, strict=True)
    ]


def _mapped_push(name: str, size: int, batched: Sequence[bool], push: Sweep) -> Sweep:
    """The pushforward of a whole batch; what all examples share has one tangent for all."""

    def on_all(results: Sequence[Any], operands: Sequence[Any], tangents: Sequence[Any]) -> Sequence[Any]:
        with BatchRecording(size) as recording:
            outputs = [recording.input(y) for y in results]
            found = push(outputs, _examples(recording, operands, batched), _examples(recording, tangents, batched))
            fitted = _fit_tangents(name, found, [type_of(y) for y in outputs])
            return [None if part is None else recording.unwrap(part) for part in fitted]

    return on_all


def _mapped_pull(name: str, size: int, batched: Sequence[bool], pull: Sweep) -> Sweep:
    """The pullback of a whole batch; what all examples share gets the sum of their cotangents."""

    def on_all(results: Sequence[Any], operands: Sequence[Any], cotangents: Sequence[Any]) -> Sequence[Any]:
        with BatchRecording(size) as recording:
            each = _examples(recording, operands, batched)
            outputs = [recording.input(y) for y in results]
            found = pull(outputs, each, _examples(recording, cotangents, [True] * len(cotangents)))
            fitted = _fit_cotangents(name, found, [type_of(x) for x in each])
            whole = [None if part is None else recording.unwrap(part) for part in fitted]
        return [
            part if part is None or flag else sum_along(part, axis=(0,), keepdims=False)
            for part, flag in zip(whole, batched, strict=True)
        ]

    return on_all


def _fit_tangents(name: str, found: Sequence[Any], kinds: Sequence[Any]) -> list[Any]:
    """What a pushforward returned, in the types of the results."""
    return [
        None if part is None else expand_to(_checked(name, part, kind), kind)
        for part, kind in zip(found, kinds, strict=True)
    ]


def _fit_cotangents(name: str, found: Sequence[Any], kinds: Sequence[Any]) -> list[Any]:
    """What a pullback returned, in the types of the operands; integers among them get nothing."""
    if len(found) != len(kinds):
        raise RuleError(
            f"the vjp of {name} returned {len(found)} cotangents for {len(kinds)} arguments; "
            f"return one per argument, None where it is constant"
        )
    return [
        None if part is None or not kind.inexact else conform(_checked(name, part, kind), kind)
        for part, kind in zip(found, kinds, strict=True)
    ]


def _checked(name: str, part: Any, kind: Any) -> Any:
    shape = type_of(part).shape
    if shape != kind.shape and shape != ():
        raise RuleError(
            f"the rule of {name} returned an array of shape {shape} where one of shape {kind.shape} is "
            f"needed; check the transposes and sums in it"
        )
    return part


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
                    f"{primitive.name} uses a traced value that it gets from its closure, which its rule "
                    f"cannot see; pass that value as an argument"
                )
        # the reverse sweep takes this rule the general way
        self.pull_raw = self.accumulate = None

    @staticmethod
    def save(*values: Any) -> tuple[Any, ...]:
        """Everything is kept: what the user's rule needs is not known."""
        return values

    def _run(self, sweep: Any, values: Sequence[Any], batch: int) -> list[Any]:
        count, end = len(self.types), len(self.types) + len(self.results)
        operands, results, seeds = values[:count], values[count:end], values[end:]
        if not batch:
            with _Scope(values):
                return sweep(operands, results, seeds)  # type: ignore[no-any-return]
        with BatchRecording(batch) as recording:
            found = sweep(operands, results, [recording.input(seed) for seed in seeds])
            return [recording.unwrap(part) for part in found]

    def pushforward(self, raw: bool, annihilate: bool = False, batch: int = 0) -> Callable[..., Any]:
        """`f(*operands, *results, *tangents)`."""

        def run(*values: Any) -> Any:
            found = self._run(self._pushed, values, batch)
            return tuple(found) if len(self.results) > 1 else found[0]

        return run

    def pullback(self, raw: bool, annihilate: bool = False, batch: int = 0) -> Callable[..., Any]:
        """`f(*operands, *results, *cotangents)`."""

        def run(*values: Any) -> Any:
            found = self._run(self._pulled, values, batch)
            return tuple(found) if len(self.active) > 1 else found[0]

        return run

    def _pushed(self, operands: Sequence[Any], results: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        if self._push is None:
            return self._transposed(self._pulled, operands, results, tangents, self.results)
        given = dict(zip(self.active, tangents, strict=True))
        found = self._push(results, operands, [given.get(i) for i in range(len(operands))])
        fitted = _fit_tangents(self.primitive.name, found, self.results)
        return [zeros(kind, 0) if part is None else part for part, kind in zip(fitted, self.results, strict=True)]

    def _pulled(self, operands: Sequence[Any], results: Sequence[Any], cotangents: Sequence[Any]) -> list[Any]:
        if self._pull is None:
            kinds = [self.types[i] for i in self.active]
            return self._transposed(self._pushed, operands, results, cotangents, kinds)
        found = self._pull(results, operands, cotangents)
        fitted = _fit_cotangents(self.primitive.name, found, self.types)
        return [zeros(self.types[i], 0) if fitted[i] is None else fitted[i] for i in self.active]

    def _transposed(
        self,
        sweep: Any,
        operands: Sequence[Any],
        results: Sequence[Any],
        seeds: Sequence[Any],
        kinds: Sequence[Any],
    ) -> list[Any]:
        """The adjoint of a linear sweep: record it at zero and sweep the recording the other way."""
        with Tape(linear_only=True) as tape:
            inputs = [tape.input(zeros(kind, 0)) for kind in kinds]
            outputs = sweep(operands, results, inputs)
        found = tape.pull([(tape.slot_of(y), g) for y, g in zip(outputs, seeds, strict=True)], len(inputs))
        return [zeros(kind, 0) if part is None else part for part, kind in zip(found, kinds, strict=True)]
