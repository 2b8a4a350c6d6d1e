"""The checker finds wrong rules: every rule of every primitive is damaged in turn, and the damage must be reported.

A mutant is one damage to one rule: a linear map of a differential, or an explicit transpose. Mutants that compute
the same as the rule itself on all samples are equivalent, and listed by name; every other one must be caught, on the
primitive's own samples.
"""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections import Counter
from unittest import mock

import numpy as np
import pytest

import wengert as wg
from wengert.errors import CheckError
from wengert.graph import bind
from wengert.graph.primitive import REGISTRY
from wengert.primitives.arithmetic import conj
from wengert.primitives.shaping import transpose
from wengert.testing import InconclusiveWarning
from wengert.testing.cases import cases, complex_cases
from wengert.tracing import GraphRecording, type_of

NAMES = [name for name, primitive in REGISTRY.items() if primitive.differentiable]
FACTORS = {"sign": -1.0, "double": 2.0, "slightly large": 1 + 1e-4}
MAP_KINDS = (*FACTORS, "missing", "transposed", "without conj", "conjugated")
TRANSPOSE_KINDS = (*FACTORS, "missing")
# so many samples at most have to show each mutant
SHOWN = 3

# linear maps that are zero, or real and symmetric, on every sample: damaged, they are the same maps
EQUIVALENT: dict[str, set[str]] = {}


def scaled(parts, factor):
    """A result of a linear map, or a tuple of them, times a factor."""
    if isinstance(parts, tuple):
        return tuple(scaled(part, factor) for part in parts)
    return None if parts is None else parts * factor


def square(value):
    shape = type_of(value).shape
    return len(shape) >= 2 and shape[-1] == shape[-2]


def swapped(value):
    rank = len(type_of(value).shape)
    return bind(transpose, (value,), ((*range(rank - 2), rank - 1, rank - 2),))


@contextlib.contextmanager
def without_conj(seen):
    """Recordings in which every conjugation is left out; `seen` gets a note of each."""
    apply, unary = GraphRecording.apply, GraphRecording.unary

    def silent_apply(self, primitive, args, params):
        if primitive is conj:
            seen.append(primitive)
            return args[0]
        return apply(self, primitive, args, params)

    def silent_unary(self, primitive, operand, params):
        if primitive is conj:
            seen.append(primitive)
            return operand
        return unary(self, primitive, operand, params)

    with (
        mock.patch.object(GraphRecording, "apply", silent_apply),
        mock.patch.object(GraphRecording, "unary", silent_unary),
    ):
        yield


def linear_differential(primitive):
    """The differential that linearity gives: the operation itself, with the tangent in place of the operand."""

    def differential(out, *args, **params):
        def linear_map(position):
            def apply(tangent):
                others = list(args)
                if primitive.linear == "jointly":
                    places = [i for i in range(len(args)) if i != position and primitive.transposable(i)]
                    for place in places:
                        others[place] = args[place] * 0.0
                others[position] = tangent
                return primitive(*others, **params)

            return apply

        return tuple(linear_map(i) if primitive.transposable(i) else None for i in range(len(args)))

    return differential


class Mutant:
    """One rule of one primitive with one kind of damage; `place` is the argument, `slot` the sort of rule."""

    def __init__(self, primitive, slot, place, kind):
        self.primitive, self.slot, self.place, self.kind = primitive, slot, place, kind
        self.applied: list[object] = []

    def __repr__(self):
        where = "every argument" if self.place is None else f"argument {self.place}"
        return f"{self.slot} of {where}, {self.kind}"



def damaged_maps(mutant, original):
    """A differential rule with one damaged linear map."""

    def differential(out, *args, **params):
        if mutant.kind == "without conj":
            # the rule may conjugate before it returns its maps, and in any of them
            seen = []
            with without_conj(seen):
                broken = original(out, *args, **params)
            broken = broken if isinstance(broken, tuple) else (broken,)
            maps = original(out, *args, **params)
            maps = list(maps) if isinstance(maps, tuple) else [maps]
            if maps[mutant.place] is not None:
                maps[mutant.place] = functools.partial(conjless, broken[mutant.place], seen)
            return tuple(maps)
        maps = original(out, *args, **params)
        maps = list(maps) if isinstance(maps, tuple) else [maps]
        if maps[mutant.place] is not None:
            maps[mutant.place] = damaged_map(maps[mutant.place])
        return tuple(maps)

    def conjless(linear_map, seen, tangent):
        noted = list(seen)
        with without_conj(noted):
            parts = linear_map(tangent)
        mutant.applied.extend(noted)
        return parts

    def damaged_map(linear_map):
        def damaged(tangent):
            if mutant.kind == "transposed":
                if square(tangent):
                    mutant.applied.append(tangent)
                    return linear_map(swapped(tangent))
                parts = linear_map(tangent)
                if isinstance(parts, tuple) or parts is None or not square(parts):
                    return parts
                mutant.applied.append(tangent)
                return swapped(parts)
            if mutant.kind == "conjugated":
                if type_of(tangent).dtype.kind != "c":
                    return linear_map(tangent)
                mutant.applied.append(tangent)
                return linear_map(bind(conj, (tangent,)))
            mutant.applied.append(tangent)
            return scaled(linear_map(tangent), FACTORS.get(mutant.kind, 0.0))

        return damaged

    return differential


def damaged_transpose(mutant, original):
    """A transpose rule whose result is damaged."""

    def rule(*args, **params):
        mutant.applied.append(args)
        return scaled(original(*args, **params), FACTORS.get(mutant.kind, 0.0))

    return rule


@contextlib.contextmanager
def patched(primitive, differential, transposes):
    """A primitive with other rules, and no rule derived from them outside of this context."""
    with contextlib.ExitStack() as stack:
        for each in REGISTRY.values():
            stack.enter_context(mock.patch.object(each, "rules", {}))
        stack.enter_context(mock.patch.object(primitive, "differential_rule", differential))
        stack.enter_context(mock.patch.object(primitive, "transposes", transposes))
        yield


@contextlib.contextmanager
def planted(mutant):
    """The damage in place."""
    primitive = mutant.primitive
    by_linearity = linear_differential(primitive)
    if mutant.slot == "map":
        original = primitive.differential_rule or by_linearity
        with patched(primitive, damaged_maps(mutant, original), primitive.transposes):
            yield
    else:
        rules = dict(primitive.transposes)
        rules[mutant.place] = damaged_transpose(mutant, rules[mutant.place])
        # a differential that uses the transpose: linearity allows the operation itself
        with patched(primitive, by_linearity, rules):
            yield


def all_cases(primitive):
    return [case for case in [*cases(primitive), *complex_cases(primitive)] if case.differentiable]


def candidates(primitive, samples):
    """Every damage that may be thought of."""
    places = sorted({place for case in samples for place in case.active})
    for place in places:
        for kind in MAP_KINDS:
            yield Mutant(primitive, "map", place, kind)
    for place in primitive.transposes:
        for kind in TRANSPOSE_KINDS:
            yield Mutant(primitive, "transpose", place, kind)


def relevant(mutant, case):
    """Whether this damage can be told at this sample: an error of 1e-4 is asked for in double precision only."""
    if mutant.place is not None and mutant.place not in case.active:
        return False
    kinds = [case.types[place] for place in case.active] + [type_of(result) for result in case.results]
    return mutant.kind != "slightly large" or all(kind.dtype.char in "dD" for kind in kinds)


def drawn(rng, kind):
    part = rng.uniform(0.5, 1.5, kind.shape) * rng.choice([-1.0, 1.0], kind.shape)
    if kind.dtype.kind == "c":
        part = part + 1j * rng.uniform(0.5, 1.5, kind.shape)
    return np.asarray(part, kind.dtype)[()]


def derivatives(case):
    """What the derived rule of a sample computes, in both modes, for random tangents and cotangents."""
    rng = np.random.default_rng(7)
    rule = case.rule()
    tangents = [drawn(rng, case.types[place]) for place in case.active]
    cotangents = [drawn(rng, type_of(result)) for result in case.results]
    pushed = rule.pushforward(raw=True)(*case.args, *case.results, *tangents)
    pulled = rule.pullback(raw=True)(*case.args, *case.results, *cotangents)
    listed = [*(pushed if isinstance(pushed, tuple) else (pushed,)), *(pulled if isinstance(pulled, tuple) else (pulled,))]
    return [np.asarray(value) for value in listed]


def differ(found, expected):
    """Whether two lists of arrays differ by more than rounding."""
    for left, right in zip(found, expected, strict=True):
        unit = max(np.finfo(array.dtype).eps for array in (left, right))
        size = max(np.max(np.abs(left), initial=0.0), np.max(np.abs(right), initial=0.0))
        if left.shape != right.shape or np.max(np.abs(left - right), initial=0.0) > 100 * unit * size:
            return True
    return False


def checked(case):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InconclusiveWarning)
        return wg.check_derivatives(case.function, *case.point, order=1)


def told(case):
    try:
        checked(case)
    except CheckError:
        return True
    return False


def mutants(primitive):
    """The mutants of a primitive, each with the samples at which its derivatives differ from the right ones."""
    samples = all_cases(primitive)
    expected = {}
    for slot in ("map", "transpose"):
        differential = primitive.differential_rule if slot == "map" else linear_differential(primitive)
        if slot == "map" or primitive.transposes:
            with patched(primitive, differential, primitive.transposes):
                expected[slot] = [derivatives(case) for case in samples]
    found = []
    for mutant in candidates(primitive, samples):
        shown = []
        for case, right in zip(samples, expected[mutant.slot], strict=True):
            if relevant(mutant, case):
                with planted(mutant):
                    if differ(derivatives(case), right):
                        shown.append(case)
        if mutant.applied:
            found.append((mutant, shown))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_mutant_is_caught(name):
    primitive = REGISTRY[name]
    found = mutants(primitive)
    assert found
    survivors = []
    for mutant, shown in found:
        for case in shown[:SHOWN]:
            with planted(mutant):
                if not told(case):
                    survivors.append(f"{mutant} at {case}")
    assert survivors == []
    assert {str(mutant) for mutant, shown in found if not shown} == EQUIVALENT.get(name, set())
