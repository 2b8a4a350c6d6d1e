"""Every primitive is complete: it says what it is, where it holds, and has a rule for everything it can meet."""

from __future__ import annotations

import pytest

import wengert
from wengert.graph import REGISTRY

PRIMITIVES = tuple(REGISTRY.values())


@pytest.fixture(params=PRIMITIVES, ids=[primitive.name for primitive in PRIMITIVES])
def primitive(request):
    return request.param


def missing(primitive):
    """The names of the slots that are empty and must not be."""
    filled = {
        "samples": primitive.sample_list,
        "shapes or signature": primitive.shapes,
        "domain": primitive.domain,
        "cite": primitive.cite,
        "notation": primitive.notation,
        "evaluate, prepare, infix or ufunc": (
            primitive.evaluator or primitive.preparer or primitive.infix or primitive.ufunc
        ),
        "signature or batch": primitive.signature or primitive.batch_rule,
        "signature, elementwise or shape": primitive.signature or primitive.elementwise or primitive.shape_rule,
        "differential, or linear='separately'": (
            not primitive.differentiable or primitive.differential_rule or primitive.linear == "separately"
        ),
        "transpose": primitive.linear is None or primitive.transposes,
    }
    return [slot for slot, value in filled.items() if not value]


def test_no_slot_is_missing(primitive):
    empty = missing(primitive)
    assert not empty, f"primitive {primitive.name} lacks {' and '.join(empty)}"


def test_constants_have_no_derivative(primitive):
    if not primitive.differentiable:
        rules = (primitive.differential_rule, primitive.vjp_rule, primitive.transposes, primitive.linear)
        assert not any(rules), f"primitive {primitive.name} is constant, but has a differential or a transpose"


def test_slots_by_argument_name_arguments_that_exist(primitive):
    if primitive.signature is not None:
        count = len(primitive.signature.inputs)
        places = {*primitive.transposes, *primitive.annihilators, *primitive.columns, *primitive.scaled} - {None}
        assert all(place < count for place in places), f"primitive {primitive.name} has {count} arguments"


def test_names_are_those_of_the_registry(primitive):
    assert REGISTRY[primitive.name] is primitive


def test_a_missing_slot_is_named():
    bare = wengert.Primitive("bare", register=False)
    assert missing(bare) == [
        "samples",
        "shapes or signature",
        "domain",
        "cite",
        "evaluate, prepare, infix or ufunc",
        "signature or batch",
        "signature, elementwise or shape",
        "differential, or linear='separately'",
    ]
