"""Rules given by the user, recomputation instead of memory, and constants."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from wengert import tree
from wengert.api.arguments import flat_output, name_of
from wengert.api.forward import jvp
from wengert.api.reverse import vjp
from wengert.errors import ArgumentError, MutationError, RuleError
from wengert.graph import ArrayType, Operand, Primitive, bind
from wengert.numpy.constants import constant
from wengert.numpy.host import unhosted
from wengert.programs import RUNNER, Program
from wengert.tracing import primal, type_of
from wengert.transforms.custom import Sweep, custom_primitive

__all__ = ["CustomRule", "checkpoint", "custom_rule", "stop_gradient"]

RuleT = TypeVar("RuleT", bound=Callable[..., Any])
Function = Callable[..., Any]


class CustomRule:
    """A function with a derivative of the user's own; made by `custom_rule`."""

    def __init__(self, function: Function, constant: Sequence[int] = ()) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.program = Program(function)
        self.constant = tuple(constant)
        self._differential: Function | None = None
        self._jvp: Function | None = None
        self._vjp: Function | None = None

    def differential(self, rule: RuleT) -> RuleT:
        """`rule(out, *args)` returns one linear map per argument, None where constant: all modes follow."""
        self._differential = rule
        return rule

    def jvp(self, rule: RuleT) -> RuleT:
        """`rule(out, args, tangents)` returns the tangent of the result; a tangent is None where constant."""
        self._jvp = rule
        return rule

    def vjp(self, rule: RuleT) -> RuleT:
        """`rule(out, args, cotangent)` returns one cotangent per argument, None where constant."""
        self._vjp = rule
        return rule

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not (self._differential or self._jvp or self._vjp):
            raise RuleError(
                f"{name_of(self.function)} is declared with custom_rule but has no rule; give it one with "
                f"@{name_of(self.function)}.differential, .jvp or .vjp"
            )
        return _Call(self, *self._positional(args, kwargs)).run()

    def _positional(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The call with its arguments by position, as the rule gets them."""
        if not kwargs:
            return args, kwargs
        try:
            bound = inspect.signature(self.function).bind(*args, **kwargs)
        except ValueError:
            raise ArgumentError(
                f"{name_of(self.function)} has a rule of the user's and no signature; pass its arguments by position"
            ) from None
        bound.apply_defaults()
        if bound.kwargs:
            raise ArgumentError(
                f"{name_of(self.function)} has a rule of the user's, which gets its arguments by position, and takes "
                f"{', '.join(bound.kwargs)} by keyword only; declare these without the *"
            )
        return bound.args, {}


class _Call:
    """One call of a function with a rule: flat operands for the recording, trees for the user."""

    def __init__(self, rule: CustomRule, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.rule, self.args, self.kwargs = rule, args, kwargs
        self.leaves: list[Any] = []
        self.structures: list[tree.Structure] = []
        self.form: tree.Structure
        self.spans: list[tuple[int, int]] = []
        self.operands: list[int] = []
        for position, arg in enumerate(args):
            leaves, structure = tree.flatten(arg)
            start = len(self.leaves)
            self.leaves.extend(map(unhosted, leaves))
            self.structures.append(structure)
            self.spans.append((start, len(self.leaves)))
            if position in rule.constant:
                # a constant argument must not let a tangent in by the back door
                self.leaves[start:] = [stop_gradient(leaf) for leaf in leaves]
            places = range(start, len(self.leaves))
            # what is traced is an operand even where it has no derivative: it may differ between examples
            self.operands.extend(
                i
                for i in places
                if isinstance(self.leaves[i], Operand)
                or (position not in rule.constant and _differentiable(self.leaves[i]))
            )

    def run(self) -> Any:
        push = self.push if self.rule._jvp or self.rule._differential else None
        return self.through(push, self.pull if self.rule._vjp else None)

    def through(self, push: Sweep | None, pull: Sweep | None) -> Any:
        """The result of the call, recorded as one equation with these sweeps for its derivative."""
        primitive = custom_primitive(name_of(self.rule.function), self.flat, push, pull)
        values = tuple([self.leaves[i] for i in self.operands])
        if not any([isinstance(value, Operand) for value in values]):
            plain = self.flat(*values)
            return self.form.unflatten(list(plain))
        result = bind(primitive, values)
        return self.form.unflatten([result] if primitive.outputs == 1 else list(result))

    def flat(self, *operands: Any) -> tuple[Any, ...]:
        """The function on its differentiable leaves, with flat results."""
        result = self.rule.program.run(tuple(self.rebuild(operands)), self.kwargs)
        found, self.form = flat_output(self.rule.function, result, "custom_rule")
        return tuple(found)

    def rebuild(self, operands: Sequence[Any]) -> list[Any]:
        leaves = list(self.leaves)
        for place, operand in zip(self.operands, operands, strict=True):
            leaves[place] = operand
        return self.unflatten(leaves)

    def unflatten(self, leaves: Sequence[Any]) -> list[Any]:
        return [s.unflatten(leaves[a:b]) for s, (a, b) in zip(self.structures, self.spans, strict=True)]

    def spread(self, parts: Sequence[Any]) -> list[Any]:
        """Parts for the operands as trees of the arguments, None for an argument without any."""
        leaves: list[Any] = [None] * len(self.leaves)
        for place, part in zip(self.operands, parts, strict=True):
            leaves[place] = part
        trees = []
        for structure, (a, b) in zip(self.structures, self.spans, strict=True):
            some = any(part is not None for part in leaves[a:b])
            filled = [_filled(part, like) for part, like in zip(leaves[a:b], self.leaves[a:b], strict=True)]
            trees.append(structure.unflatten(filled) if some else None)
        return trees

    def push(self, results: Sequence[Any], operands: Sequence[Any], tangents: Sequence[Any]) -> Sequence[Any]:
        form = self.form
        out, args, directions = form.unflatten(list(results)), self.rebuild(operands), self.spread(tangents)
        if self.rule._jvp is not None:
            return self._same_form(self.rule._jvp(out, tuple(args), tuple(directions)), "jvp")
        assert self.rule._differential is not None
        maps = self.rule._differential(out, *args)
        maps = maps if isinstance(maps, tuple) else (maps,)
        if len(maps) != len(args):
            raise RuleError(
                f"the differential of {name_of(self.rule.function)} returned {len(maps)} linear maps for {len(args)} "
                f"arguments; return one per argument, None where it is constant"
            )
        total: list[Any] = [None] * form.leaf_count
        for linear, direction in zip(maps, directions, strict=True):
            if linear is None or direction is None:
                continue
            parts = self._same_form(linear(direction), "differential")
            total = [p if t is None else t + p for t, p in zip(total, parts, strict=True)]
        return total

    def _same_form(self, result: Any, what: str) -> list[Any]:
        parts, form = tree.flatten(result)
        mismatch = tree.difference(self.form, form)
        if mismatch is not None:
            raise RuleError(
                f"the {what} of {name_of(self.rule.function)} must return a tangent nested like the result: {mismatch}"
            )
        return parts

    def pull(self, results: Sequence[Any], operands: Sequence[Any], cotangents: Sequence[Any]) -> Sequence[Any]:
        form = self.form
        assert self.rule._vjp is not None
        filled = [_filled(g, y) for g, y in zip(cotangents, results, strict=True)]
        found = self.rule._vjp(form.unflatten(list(results)), tuple(self.rebuild(operands)), form.unflatten(filled))
        found = found if isinstance(found, tuple) else (found,)
        if len(found) != len(self.args):
            raise RuleError(
                f"the vjp of {name_of(self.rule.function)} returned {len(found)} cotangents for {len(self.args)} "
                f"arguments; return one per argument, None where it is constant"
            )
        leaves: list[Any] = []
        for part, structure in zip(found, self.structures, strict=True):
            leaves.extend([None] * structure.leaf_count if part is None else tree.flatten(part)[0])
        return [leaves[place] for place in self.operands]


def _differentiable(leaf: Any) -> bool:
    kind: Any = type_of(leaf)
    return isinstance(kind, ArrayType) and kind.inexact


def _filled(part: Any, like: Any) -> Any:
    """A missing tangent or cotangent beside others as explicit zeros."""
    if part is not None or not _differentiable(like):
        return part
    return np.zeros(type_of(like).shape, type_of(like).dtype)[()]


def custom_rule(function: Function | None = None, *, constant: int | Sequence[int] = ()) -> Any:
    """Give a function a derivative of your own; use as a decorator, then declare one rule.

    One of three rules suffices for forward and reverse mode, batching and every order:

    - `@f.differential`: `rule(out, *args)` returns one linear map per argument, `None` where constant;
    - `@f.jvp`: `rule(out, args, tangents)` returns the tangent of the result;
    - `@f.vjp`: `rule(out, args, cotangent)` returns one cotangent per argument.

    The rule is itself NumPy code, which is differentiated for higher orders. A vjp beside another rule serves
    reverse mode.

    Parameters
    ----------
    function
        Takes and returns arrays, scalars or nestings of them. What it needs must come in as arguments; those given by
        keyword reach the rule by position, in the order of the signature.
    constant
        Positions of arguments that count as constant. Arguments that hold no floating-point numbers always do.

    Raises
    ------
    RuleError
        The function is called without a rule, or its rule returns a wrong number of parts or a wrong shape.

    >>> import numpy as np
    >>> import wengert as wg
    >>> @wg.custom_rule
    ... def softplus(x):
    ...     return np.logaddexp(0.0, x)
    >>> @softplus.differential
    ... def _(out, x):
    ...     return lambda dx: dx / (1.0 + np.exp(-x))
    >>> wg.derivative(softplus, order=2)(0.0)
    0.25
    """
    positions = (constant,) if isinstance(constant, int) else tuple(constant)
    if function is None:
        return lambda f: CustomRule(f, positions)
    if not callable(function):
        raise ArgumentError(f"custom_rule takes a function, received {type(function).__name__}")
    return CustomRule(function, positions)


def _same_to_rounding(one: Any, two: Any) -> bool:
    if np.shape(one) != np.shape(two):
        return False
    if type_of(one).kind not in "fc":
        return bool(np.array_equal(one, two))
    size = np.max(np.abs(one), initial=0.0, where=np.isfinite(one))
    # of single precision, through which a part of the way may have gone
    slack = 100 * np.finfo(np.float32).eps
    return bool(np.allclose(one, two, rtol=slack, atol=slack * size, equal_nan=True))


def _require_same(f: Function, results: Sequence[Any], again: Sequence[Any]) -> None:
    """Raise unless the second run of a checkpointed function gave what the first one did."""
    for one, two in zip(map(primal, results), map(primal, again), strict=True):
        # plain and traced operands may take ways through NumPy that round differently
        if one is not None and two is not None and not _same_to_rounding(one, two):
            raise MutationError(
                f"checkpoint: {name_of(f)} gave another result when it was computed again for the derivative; "
                f"something that it reads besides its arguments has changed since (an array, a random state). Pass "
                f"that as an argument"
            )


def checkpoint(f: Function) -> Function:
    """The same function, whose inner values are computed again in the reverse sweep instead of being kept.

    Trades one more evaluation of f for the memory of its intermediate values. Traced values must come in as
    arguments, not through the closure.

    Raises
    ------
    TracingError
        f uses a traced value of its closure.

    Source: A. Griewank, Achieving logarithmic growth of temporal and spatial complexity in reverse automatic
    differentiation, Optimization Methods and Software 1 (1992).

    >>> import numpy as np
    >>> import wengert as wg
    >>> wg.grad(lambda x: np.sum(wg.checkpoint(np.sin)(x)))(np.zeros(2))
    array([1., 1.])
    """

    @functools.wraps(f, updated=())
    def recomputed(*args: Any, **kwargs: Any) -> Any:
        if RUNNER.get() is not None:
            # of a recording that is to be run again the compiler decides what is kept
            return Program(f).run(args, kwargs)
        inner = _Call(CustomRule(f), args, kwargs)

        def partial_of(operands: Sequence[Any], places: Sequence[int]) -> Function:
            def of_places(*values: Any) -> tuple[Any, ...]:
                full = list(operands)
                for place, value in zip(places, values, strict=True):
                    full[place] = value
                return inner.flat(*full)

            return of_places

        def push(results: Sequence[Any], operands: Sequence[Any], tangents: Sequence[Any]) -> Sequence[Any]:
            moving = [i for i, tangent in enumerate(tangents) if tangent is not None]
            directions = [tangents[i] for i in moving]
            again, found = jvp(partial_of(operands, moving), [operands[i] for i in moving], directions)
            _require_same(f, results, again)
            return found  # type: ignore[no-any-return]

        def pull(results: Sequence[Any], operands: Sequence[Any], cotangents: Sequence[Any]) -> Sequence[Any]:
            filled = tuple([_filled(g, y) for g, y in zip(cotangents, results, strict=True)])
            inexact = [i for i, operand in enumerate(operands) if _differentiable(operand)]
            again, pullback = vjp(partial_of(operands, inexact), *[operands[i] for i in inexact])
            _require_same(f, results, again)
            parts = pullback(filled)
            found = dict(zip(inexact, parts, strict=True))
            return [found.get(i) for i in range(len(operands))]

        return inner.through(push, pull)

    return recomputed


_constant = Primitive("stop_gradient", elementwise=1, differentiable=False, notation="stop_gradient({0})",
                      domain="everywhere; constant by declaration", cite="declared constant")  # fmt: skip
# a copy, so that a write into the result cannot reach what a recording keeps
_constant.evaluate(lambda xp, x: x.copy() if isinstance(x, np.ndarray) else x)
_constant.samples(lambda r: ((r.normal(size=3),), {}))


def stop_gradient(x: Any) -> Any:
    """The same value, constant for differentiation at every level; arrays, scalars or nestings of them.

    >>> import wengert as wg
    >>> wg.grad(lambda x: x * wg.stop_gradient(x))(3.0)
    3.0
    """

    def stop(leaf: Any) -> Any:
        hosts = isinstance(leaf, Operand) and leaf.recording.hosts
        while isinstance(leaf, Operand) and leaf.recording.differentiates:
            leaf = bind(_constant, (leaf,))
        if isinstance(leaf, Operand):
            return bind(_constant, (leaf,))
        # an array that the program may write into
        return constant(leaf) if hosts else leaf

    return tree.map(stop, x)
