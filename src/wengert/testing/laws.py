"""The laws that every primitive keeps, as functions that raise `AssertionError` where one is broken.

Orders up to three against differences are the business of `check_derivatives`; these are the identities that hold to
rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any, Final

import numpy as np

from wengert.errors import UndefinedDerivativeError
from wengert.graph import ArrayType, Graph, verify
from wengert.primitives.linalg.witness import WITNESSES, renewed
from wengert.testing.cases import Case
from wengert.testing.subject import REFUSALS
from wengert.testing.sweeps import pull, push
from wengert.tracing import evaluate, type_of
from wengert.transforms.rule import Rule
from wengert.transforms.transpose import transpose
from wengert.transforms.vmap import BatchRecording, batch_graph

__all__ = ["LAWS"]

BATCH: Final = 3


def _random(kinds: Iterable[Any], seed: int) -> list[Any]:
    """Tangents or cotangents of these types."""
    rng = np.random.default_rng(seed)
    found = []
    for kind in kinds:
        value = rng.normal(size=kind.shape)
        if kind.dtype.kind == "c":
            value = value + 1j * rng.normal(size=kind.shape)
        found.append(np.asarray(value, kind.dtype)[()])
    return found


def _tangents(case: Case, seed: int = 1) -> list[Any]:
    return _random([case.types[i] for i in case.active], seed)


def _cotangents(case: Case, seed: int = 2) -> list[Any]:
    return _random([type_of(result) for result in case.results], seed)


def _many(result: Any, count: int) -> tuple[Any, ...]:
    return tuple(result) if count > 1 else (result,)


def _push(case: Case, tangents: Sequence[Any], **form: Any) -> tuple[Any, ...]:
    rule = case.rule()
    with np.errstate(all="ignore"):
        pushed = rule.pushforward(**{"raw": True, **form})(*case.args, *case.results, *tangents)
    return _many(pushed, len(rule.results))


def _pull(case: Case, cotangents: Sequence[Any], **form: Any) -> tuple[Any, ...]:
    rule = case.rule()
    with np.errstate(all="ignore"):
        pulled = rule.pullback(**{"raw": True, **form})(*case.args, *case.results, *cotangents)
    return _many(pulled, len(rule.active))


def _tolerance(case: Case) -> float:
    """What two orders of computation may differ by, relative to the largest entry."""
    kinds = [kind for kind in (*case.types, *map(type_of, case.results)) if kind.inexact]
    sizes = sum(kind.size for kind in kinds)
    return 1e3 * max(float(np.finfo(kind.dtype).eps) for kind in kinds) * max(float(np.sqrt(sizes)), 1.0)


def _same(case: Case, found: Sequence[Any], expected: Sequence[Any], law: str) -> None:
    for place, (one, other) in enumerate(zip(found, expected, strict=True)):
        assert np.shape(one) == np.shape(other), f"{case}: {law}, shape {np.shape(one)}, not {np.shape(other)}"
        gap = np.asarray(one) != other if type_of(other).dtype.kind == "b" else np.asarray(one) - np.asarray(other)
        error = np.max(np.abs(gap), initial=0.0)
        size = np.max(np.abs(other), initial=0.0)
        allowed = _tolerance(case) * max(size, 1.0) if type_of(other).inexact else 0.0
        assert error <= allowed, f"{case}: {law}, part {place} is off by {error:.2e}:\n{one}\n{other}"


# Types.


def inferred_types(case: Case) -> None:
    """The shape and dtype that are inferred are those that evaluation gives."""
    operands = tuple(
        kind if isinstance(kind, ArrayType) else arg for kind, arg in zip(case.types, case.args, strict=True)
    )
    inferred = case.primitive.infer(operands, case.params)
    for kind, result in zip(inferred, case.results, strict=True):
        found = type_of(result)
        assert (found.shape, found.dtype) == (kind.shape, kind.dtype), f"{case}: {found!r}, inferred {kind!r}"


def derivative_types(case: Case) -> None:
    """Tangents have the types of the results, cotangents those of the operands."""
    kinds = [type_of(result) for result in case.results], [case.types[i] for i in case.active]
    for parts, wanted in zip((_push(case, _tangents(case)), _pull(case, _cotangents(case))), kinds, strict=True):
        for part, kind in zip(parts, wanted, strict=True):
            found = type_of(part)
            assert (found.shape, found.dtype) == (kind.shape, kind.dtype), f"{case}: {found!r}, not {kind!r}"


# Linearity.


def adjoint_identity(case: Case) -> None:
    """Re <w, J v> = Re <J' w, v>."""
    tangents, cotangents = _tangents(case), _cotangents(case)
    left = [np.sum(w * dy) for w, dy in zip(cotangents, _push(case, tangents), strict=True)]
    right = [np.sum(g * v) for g, v in zip(_pull(case, cotangents), tangents, strict=True)]
    size = sum(float(np.abs(part)) for part in (*left, *right))
    error = abs(float(np.real(sum(left))) - float(np.real(sum(right))))
    assert error <= _tolerance(case) * max(size, 1.0), f"{case}: {left} and {right}"


def linear_in_the_tangent(case: Case) -> None:
    """J (2 u - 3 v) = 2 J u - 3 J v, and so for the pullback."""
    for apply, draw in ((_push, _tangents), (_pull, _cotangents)):
        u, v = draw(case, 3), draw(case, 4)
        whole = apply(case, [(2 * a - 3 * b).astype(a.dtype) for a, b in zip(u, v, strict=True)])
        parts = zip(apply(case, u), apply(case, v), strict=True)
        _same(case, whole, [2 * a - 3 * b for a, b in parts], "linearity")


def double_transpose(case: Case) -> None:
    """Transposing twice gives the pushforward again."""
    rule = case.rule()
    tangents = _tangents(case)
    again = evaluate(transpose(rule.pull_graph, rule.fixed), *case.args, *case.results, *tangents)
    _same(case, again, _push(case, tangents), "double transpose")


def forms_agree(case: Case) -> None:
    """Plain calls, bound calls, the graph itself, and the annihilating form give the same on finite data."""
    rule = case.rule()
    tangents, cotangents = _tangents(case), _cotangents(case)
    dy, dx = _push(case, tangents), _pull(case, cotangents)
    for form in ({"raw": False}, {"annihilate": True}, {"raw": False, "annihilate": True}):
        _same(case, _push(case, tangents, **form), dy, f"pushforward with {form}")
        _same(case, _pull(case, cotangents, **form), dx, f"pullback with {form}")
    _same(case, evaluate(rule.push_graph, *case.args, *case.results, *tangents), dy, "graph of the pushforward")
    _same(case, evaluate(rule.pull_graph, *case.args, *case.results, *cotangents), dx, "graph of the pullback")


def zeros_annihilate(case: Case) -> None:
    """A seed of zeros gives zeros where the operands are not finite, or at the edge of the domain.

    An error that says that the derivative is not defined there is as good: nothing wrong comes out.
    """
    for bad in (np.nan, np.inf, -np.inf, 0.0):
        poisoned = _poisoned(case, bad)
        if poisoned is None:
            continue
        for apply, seeds in ((_push, _tangents(case)), (_pull, _cotangents(case))):
            try:
                parts = apply(poisoned, [np.zeros_like(seed) for seed in seeds], annihilate=True)
            except UndefinedDerivativeError:
                continue
            for part in parts:
                assert np.all(part == 0), f"{case}: a zero meets {bad} and gives\n{part}"


def _poisoned(case: Case, bad: float) -> Case | None:
    """The same operation on operands full of this value; None where it refuses them, so that no zero meets them."""
    args = [np.full_like(arg, bad)[()] if i in case.active else arg for i, arg in enumerate(case.args)]
    try:
        with np.errstate(all="ignore"):
            return Case(case.primitive, case.number, renewed(case.primitive, args), case.params)
    except REFUSALS:
        return None


# Batches.


def batched_seeds(case: Case) -> None:
    """Many seeds at once give what they give one by one."""
    draws = [(_tangents(case, seed), _cotangents(case, seed)) for seed in range(BATCH)]
    for apply, which in ((_push, 0), (_pull, 1)):
        stacked = [np.stack(parts) for parts in zip(*(draw[which] for draw in draws), strict=True)]
        single = [apply(case, draw[which]) for draw in draws]
        expected = [np.stack(parts) for parts in zip(*single, strict=True)]
        for form in ({}, {"raw": False}, {"annihilate": True}):
            found = apply(case, stacked, batch=BATCH, **form)
            found = tuple(np.broadcast_to(f, e.shape) for f, e in zip(found, expected, strict=True))
            _same(case, found, expected, f"batched seeds with {form}")


def _choices(case: Case) -> list[tuple[int, ...]]:
    """The operands to batch: each by itself, witnesses together with their matrix, and all at once."""
    arrays = [i for i, kind in enumerate(case.types) if isinstance(kind, ArrayType)]
    together = (0, *case.witnesses)
    single = [together if i in together else (i,) for i in arrays]
    return list(dict.fromkeys([*single, tuple(arrays)]))


def _examples(case: Case, chosen: tuple[int, ...]) -> list[list[Any]]:
    """Operands of several examples that differ in the chosen ones; integers are turned round."""
    found = []
    for seed in range(BATCH):
        other = case.again(seed) if seed else case
        args = list(case.args)
        for i in chosen:
            args[i] = other.args[i] if np.shape(other.args[i]) == np.shape(case.args[i]) else case.args[i]
            if case.types[i].dtype.kind in "ui" and len(case.types[i].shape) and seed == 1 and case.types[i].size:
                args[i] = np.flip(args[i])
        found.append(args)
    return found


def _mapped(function: Callable[[list[Any]], Sequence[Any]], examples: list[list[Any]], chosen: tuple[int, ...]) -> Any:
    with BatchRecording(len(examples)) as recording:
        operands = [
            recording.input(np.stack(column)) if i in chosen else column[0]
            for i, column in enumerate(zip(*examples, strict=True))
        ]
        return [recording.unwrap(result) for result in function(operands)]


def vmap_is_stack(case: Case) -> None:
    """A batched value is the stack of the single values, whichever operands are batched.

    How a witness is stored is the affair of its maker, and may differ for stacks; what uses it shows that it fits.
    """
    is_witness = any(case.primitive is maker for maker, _, _ in WITNESSES.values())
    for chosen in _choices(case):
        examples = _examples(case, chosen)
        single = [case.fresh(args) for args in examples]
        expected = [np.stack(parts) for parts in zip(*single, strict=True)]
        found = _mapped(case.fresh, examples, chosen)
        _same(case, expected if is_witness else found, expected, f"vmap over {chosen}")
        assert [type_of(one) for one in found] == [type_of(other) for other in expected]


def vmap_of_derivatives(case: Case) -> None:
    """A batched derivative is the stack of the single ones, in both modes."""
    tangents, cotangents = _tangents(case), _cotangents(case)

    def active(args: Sequence[Any]) -> list[Any]:
        return [args[i] for i in case.active]

    def function(args: Sequence[Any]) -> Callable[[Sequence[Any]], list[Any]]:
        def of_active(leaves: Sequence[Any]) -> list[Any]:
            filled = list(args)
            for i, leaf in zip(case.active, leaves, strict=True):
                filled[i] = leaf
            return list(case.fresh(filled))

        return of_active

    def pushed(args: list[Any]) -> list[Any]:
        return push(function(args), active(args), tangents)

    def pulled(args: list[Any]) -> list[Any]:
        return pull(function(args), active(args), [cotangents])[0]

    for chosen, derivative in product(_choices(case), (pushed, pulled)):
        examples = _examples(case, chosen)
        expected = [np.stack(parts) for parts in zip(*map(derivative, examples), strict=True)]
        found = _mapped(derivative, examples, chosen)
        _same(case, found, expected, f"vmap over {chosen} of {derivative.__name__}")


# Precision and graphs.


def single_precision(case: Case) -> None:
    """Single precision in, single precision out, in values and in both derivatives."""
    if "dtype" in case.named:
        # an operation that is given its dtype keeps that promise instead
        return
    args = [_narrow(arg) for arg in case.args]
    narrow = Case(case.primitive, case.number, args, case.params)
    for result in narrow.results:
        assert not type_of(result).inexact or type_of(result).dtype.itemsize in (4, 8), f"{case}: {result!r}"
        assert type_of(result).dtype not in (np.dtype(np.float64), np.dtype(np.complex128)), f"{case}: {result!r}"
    if narrow.differentiable:
        derivative_types(narrow)
        assert {type_of(g).dtype for g in _pull(narrow, _cotangents(narrow))} <= {
            np.dtype(np.float32), np.dtype(np.complex64),
        }  # fmt: skip


def _narrow(arg: Any) -> Any:
    kind = type_of(arg)
    if not kind.inexact:
        return arg
    return np.asarray(arg, np.float32 if kind.dtype.kind == "f" else np.complex64)[()]


def graphs_verify(case: Case) -> None:
    """Every derived graph keeps the rules of the intermediate representation."""
    for graph in _graphs(case.rule()):
        verify(graph)


def _graphs(rule: Rule) -> list[Graph]:
    found = [rule.push_graph, rule.pull_graph, transpose(rule.pull_graph, rule.fixed)]
    for graph in (rule.push_graph, rule.pull_graph):
        flags = tuple(i >= rule.fixed for i in range(len(graph.inputs)))
        found.append(batch_graph(graph, BATCH, flags))
    return found


VALUE_LAWS: Final = (inferred_types, vmap_is_stack, single_precision)
DERIVATIVE_LAWS: Final = (
    derivative_types, adjoint_identity, linear_in_the_tangent, double_transpose, forms_agree, zeros_annihilate,
    batched_seeds, vmap_of_derivatives, graphs_verify,
)  # fmt: skip


def LAWS(case: Case) -> tuple[Callable[[Case], None], ...]:
    """The laws that apply to a case."""
    return VALUE_LAWS + DERIVATIVE_LAWS if case.differentiable else VALUE_LAWS
