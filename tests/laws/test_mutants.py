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
import wengert.scipy.linalg
import wengert.scipy.signal
import wengert.scipy.special
from wengert.errors import CheckError
from wengert.graph import bind
from wengert.graph.primitive import REGISTRY
from wengert.primitives.arithmetic import conj
from wengert.primitives.shaping import transpose
from wengert.testing import InconclusiveWarning
from wengert.testing.cases import cases, complex_cases
from wengert.tracing import GraphRecording, type_of
from wengert.transforms.rule import rule_for

NAMES = [name for name, primitive in REGISTRY.items() if primitive.differentiable]
FACTORS = {"sign": -1.0, "double": 2.0, "slightly large": 1 + 1e-4}
MAP_KINDS = (*FACTORS, "missing", "transposed", "without conj", "conjugated")
TRANSPOSE_KINDS = (*FACTORS, "missing")
# so many samples at most have to show each mutant
SHOWN = 2

# linear, but refused for some operands, and so for some tangents
GUARDS = {"full_rank"}
# damage that changes nothing: heaviside depends on its second operand at zero only; the real part of a tangent, or its
# conversion to a real number, is that of its conjugate; and a function of the symmetric part of a real matrix does not
# see a transposition
EQUIVALENT = {
    "convert": {"map of argument 0, conjugated"},
    "eigenbasis": {"map of argument 0, transposed"},
    "heaviside": {f"map of argument 1, {kind}" for kind in ("sign", "double", "slightly large", "missing")},
    "real": {"map of argument 0, conjugated"},
}
# at least so many of each kind, and in all
FEWEST = {
    ("map", "sign"): 100,
    ("map", "double"): 100,
    ("map", "slightly large"): 100,
    ("map", "missing"): 100,
    ("map", "transposed"): 20,
    ("map", "conjugated"): 80,
    ("map", "without conj"): 8,
    ("transpose", "sign"): 40,
    ("transpose", "double"): 40,
    ("transpose", "slightly large"): 40,
    ("transpose", "missing"): 40,
}
TOTAL = 700


def scaled(parts, factor):
    """A result of a linear map, or a tuple of them, times a factor."""
    if isinstance(parts, tuple):
        return tuple(scaled(part, factor) for part in parts)
    return None if parts is None else parts * factor


def square(value):
    shape = type_of(value).shape
    return len(shape) >= 2 and shape[-1] == shape[-2] > 1


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
                if primitive.name in GUARDS:
                    # the operands themselves are in the domain, so small changes of them are
                    others[position] = args[position] + tangent
                    return primitive(*others, **params) - primitive(*args, **params)
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
        return f"{self.slot} of argument {self.place}, {self.kind}"

    def places(self, case):
        """The operands that are varied: a transpose is looked at alone, as its damage in two might cancel."""
        return case.active if self.slot == "map" else (self.place,)


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

    def rule_of_every_argument(place, *args, **params):
        return rule(place, *args, **params) if place == mutant.place else original(place, *args, **params)

    return rule if mutant.place in mutant.primitive.transposes else rule_of_every_argument


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
def sound(mutant):
    """The same primitive without the damage; for a transpose, with the differential that makes use of it."""
    primitive = mutant.primitive
    by_linearity = mutant.slot == "transpose" or primitive.differential_rule is None
    rule = linear_differential(primitive) if by_linearity else primitive.differential_rule
    with patched(primitive, rule, primitive.transposes):
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
        slot = mutant.place if mutant.place in rules else None
        rules[slot] = damaged_transpose(mutant, rules[slot])
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
    for place in filter(primitive.transposable, places):
        for kind in TRANSPOSE_KINDS:
            yield Mutant(primitive, "transpose", place, kind)


def relevant(mutant, case):
    """Whether this damage can be told at this sample: an error of 1e-4 is asked for in double precision only."""
    if mutant.place not in case.active:
        return False
    kinds = [case.types[place] for place in case.active] + [type_of(result) for result in case.results]
    return mutant.kind != "slightly large" or all(kind.dtype.char in "dD" for kind in kinds)


def drawn(rng, kind):
    part = rng.uniform(0.5, 1.5, kind.shape) * rng.choice([-1.0, 1.0], kind.shape)
    if kind.dtype.kind == "c":
        part = part + 1j * rng.uniform(0.5, 1.5, kind.shape)
    return np.asarray(part, kind.dtype)[()]


def bits(places):
    return sum(1 << place for place in places)


def kinds_of(case):
    return tuple(type_of(result) for result in case.results)


def derivatives(case, places):
    """What the derived rule of a sample computes, in both modes, for random tangents and cotangents."""
    rng = np.random.default_rng(7)
    kinds = kinds_of(case)
    rule = rule_for(case.primitive, case.params, case.args, bits(places), kinds)
    tangents = [drawn(rng, case.types[place]) for place in places]
    cotangents = [drawn(rng, kind) for kind in kinds]
    pushed = rule.pushforward(raw=True)(*case.args, *case.results, *tangents)
    pulled = rule.pullback(raw=True)(*case.args, *case.results, *cotangents)
    both = [part if isinstance(part, tuple) else (part,) for part in (pushed, pulled)]
    return [np.asarray(value) for part in both for value in part]


def differ(found, expected):
    """Whether two lists of arrays differ by more than rounding."""
    for left, right in zip(found, expected, strict=True):
        unit = max(np.finfo(array.dtype).eps for array in (left, right))
        size = max(np.max(np.abs(left), initial=0.0), np.max(np.abs(right), initial=0.0))
        if left.shape != right.shape or np.max(np.abs(left - right), initial=0.0) > 100 * unit * size:
            return True
    return False


def told(case, places):
    """Whether the checker reports a wrong derivative at this sample."""
    chosen = [case.active.index(place) for place in places]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InconclusiveWarning)
        try:
            wg.check_derivatives(case.function, *case.point, argnums=chosen, order=1)
        except CheckError as error:
            return "is wrong" in str(error).splitlines()[0]
    return False


def mutants(primitive):
    """The mutants of a primitive, each with the samples at which its derivatives differ from the right ones."""
    samples = all_cases(primitive)
    found = []
    for mutant in candidates(primitive, samples):
        shown = []
        for case in samples:
            if relevant(mutant, case):
                places = mutant.places(case)
                with sound(mutant):
                    right = derivatives(case, places)
                with planted(mutant):
                    if differ(derivatives(case, places), right):
                        shown.append(case)
        if mutant.applied:
            found.append((mutant, shown))
    return found


def test_there_are_mutants_of_every_kind():
    # planted without a look at the derivatives, which is the business of the other tests
    counts: Counter[tuple[str, str]] = Counter()
    for name in NAMES:
        primitive = REGISTRY[name]
        samples = all_cases(primitive)
        for mutant in candidates(primitive, samples):
            for case in samples:
                if relevant(mutant, case) and not mutant.applied:
                    places = mutant.places(case)
                    with planted(mutant):
                        rule_for(primitive, case.params, case.args, bits(places), kinds_of(case))
            counts[mutant.slot, mutant.kind] += bool(mutant.applied)
    assert set(EQUIVALENT) <= set(NAMES)
    assert set(counts) == set(FEWEST)
    assert {key: count for key, count in counts.items() if count < FEWEST[key]} == {}
    assert sum(counts.values()) >= TOTAL


@pytest.mark.parametrize("name", NAMES)
def test_every_mutant_is_caught(name):
    primitive = REGISTRY[name]
    found = mutants(primitive)
    assert found
    survivors = []
    for mutant, shown in found:
        for case in shown[:SHOWN]:
            with planted(mutant):
                if not told(case, mutant.places(case)):
                    survivors.append(f"{mutant} at {case}")
    assert survivors == []
    assert {str(mutant) for mutant, shown in found if not shown} == EQUIVALENT.get(name, set())
