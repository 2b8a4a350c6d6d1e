"""LLVM's language as it is written here: what LLVM makes of it is what was meant."""

from __future__ import annotations

import ctypes
import math
import struct

import numpy as np
import pytest

from wengert.compiler import engine, ir

WORD, NUMBER, SINGLE = ir.IntType(64), ir.DoubleType(), ir.FloatType()
TYPES = {
    "i1": ir.IntType(1),
    "i64": WORD,
    "half": ir.HalfType(),
    "float": SINGLE,
    "double": NUMBER,
    "void": ir.VoidType(),
    "ptr": ir.PointerType(),
    "<4 x double>": ir.VectorType(NUMBER, 4),
    "[3 x i64]": ir.ArrayType(WORD, 3),
    "{i64, <2 x float>}": ir.LiteralStructType([WORD, ir.VectorType(SINGLE, 2)]),
    "double (i64, ptr)": ir.FunctionType(NUMBER, [WORD, ir.PointerType()]),
}


@pytest.mark.parametrize("text", TYPES)
def test_a_type_is_one_object(text):
    kind = TYPES[text]
    assert str(kind) == text
    parts = {
        "<4 x double>": (ir.DoubleType(), 4),
        "[3 x i64]": (ir.IntType(64), 3),
        "{i64, <2 x float>}": ((ir.IntType(64), ir.VectorType(ir.FloatType(), 2)),),
        "double (i64, ptr)": (ir.DoubleType(), (ir.IntType(64), ir.PointerType())),
        "i1": (1,),
        "i64": (64,),
    }
    assert type(kind)(*parts.get(text, ())) is kind


def written(write, *kinds, result=NUMBER):
    """A function of one block, as module, function and builder, after `write(builder, *arguments)`."""
    module = ir.Module()
    function = ir.Function(module, ir.FunctionType(result, kinds), "function")
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    found = write(builder, *function.args)
    if found is not None:
        builder.ret(found)
    return module, function


def called(write, *values, result=NUMBER):
    """What machine code gives for values in Python."""
    kinds = [WORD if isinstance(value, int) else NUMBER for value in values]
    module, _ = written(write, *kinds, result=result)
    code = engine.compile_module(module)
    in_c = {WORD: ctypes.c_int64, NUMBER: ctypes.c_double, SINGLE: ctypes.c_float, TYPES["i1"]: ctypes.c_bool}
    return ctypes.CFUNCTYPE(in_c[result], *[in_c[kind] for kind in kinds])(code.address("function"))(*values)


def word(value):
    return ir.Constant(WORD, value)


INTEGERS = {
    "add": lambda b, x, y: b.add(x, y),
    "sub": lambda b, x, y: b.sub(x, y),
    "mul": lambda b, x, y: b.mul(x, y),
}


@pytest.mark.parametrize("y", [0, 1, 7, -1, 2**62, -(2**63)])
@pytest.mark.parametrize("x", [0, 1, -3, 2**62, 2**63 - 1])
@pytest.mark.parametrize("name", INTEGERS)
def test_known_integers_are_computed_as_the_machine_does(name, x, y):
    write = INTEGERS[name]
    expected = called(write, x, y, result=WORD)
    for known in (
        lambda b: write(b, word(x), word(y)),
        lambda b: write(b, b.load(stored(b, x)), word(y)),
        lambda b: write(b, word(x), b.load(stored(b, y))),
    ):
        assert called(known, result=WORD) == expected
    module, _ = written(lambda b: write(b, word(x), word(y)), result=WORD)
    assert f" {name} " not in str(module)


def stored(builder, value):
    room = builder.alloca(WORD)
    builder.store(word(value), room)
    return room


@pytest.mark.parametrize("kind", [NUMBER, SINGLE])
@pytest.mark.parametrize("value", [0.0, -0.0, 1.0, 0.1, -1e300, 5e-324, math.inf, -math.inf, math.nan])
def test_a_constant_is_exact_to_the_bit(value, kind):
    found = called(lambda b: ir.splat(kind, value), result=kind)
    with np.errstate(over="ignore"):
        expected = float(np.float32(value)) if kind is SINGLE else value
    assert struct.pack("<d", found) == struct.pack("<d", expected) or (math.isnan(found) and math.isnan(value))


@pytest.mark.parametrize("number", [-1, 0, 1, 255])
def test_a_constant_in_lanes_is_that_of_one_lane(number):
    kind = ir.VectorType(WORD, 4)
    lane = called(lambda b: b.extract_element(ir.splat(kind, number), ir.Constant(ir.IntType(32), 3)), result=WORD)
    assert lane == called(lambda b: ir.splat(WORD, number), result=WORD) == number


PLACES = {
    "x + 3": (lambda b, x, y: b.add(x, word(3)), lambda x, y: x + 3),
    "3 + x + 4": (lambda b, x, y: b.add(b.add(word(3), x), word(4)), lambda x, y: x + 7),
    "x + 3 - 3": (lambda b, x, y: b.sub(b.add(x, word(3)), word(3)), lambda x, y: x),
    "(x + 3)(-5)": (lambda b, x, y: b.mul(b.add(x, word(3)), word(-5)), lambda x, y: -5 * x - 15),
    "5(x - 3) + y": (lambda b, x, y: b.add(b.mul(word(5), b.sub(x, word(3))), y), lambda x, y: 5 * x + y - 15),
    "x + 3 + y + 9": (lambda b, x, y: b.add(b.add(x, word(3)), b.add(y, word(9))), lambda x, y: x + y + 12),
    "x + 3 - (y - 9)": (lambda b, x, y: b.sub(b.add(x, word(3)), b.sub(y, word(9))), lambda x, y: x - y + 12),
    "y - (x + 1)": (lambda b, x, y: b.sub(y, b.add(x, word(1))), lambda x, y: y - x - 1),
    "7 - (x + 1)": (lambda b, x, y: b.sub(word(7), b.add(x, word(1))), lambda x, y: 6 - x),
    "(x + 1)(y + 2)": (lambda b, x, y: b.mul(b.add(x, word(1)), b.add(y, word(2))), lambda x, y: (x + 1) * (y + 2)),
    "(x + 1) ^ (x + 1)": (lambda b, x, y: b.xor(b.add(x, word(1)), b.add(x, word(1))), lambda x, y: 0),
    "x + most + most": (lambda b, x, y: b.add(b.add(x, word(2**63 - 1)), word(2**63 - 1)), lambda x, y: x - 2),
}


@pytest.mark.parametrize("x", [0, 5, -(2**63), 2**63 - 1])
@pytest.mark.parametrize("name", PLACES)
def test_known_distances_are_added_at_last(name, x):
    write, expected = PLACES[name]
    for y in (-7, 11, 2**62):
        assert called(write, x, y, result=WORD) == (expected(x, y) + 2**63) % 2**64 - 2**63


@pytest.mark.parametrize("place", [-2, 0, 5])
def test_neighbours_are_addressed_from_one_place(place):
    def write(b, x):
        room = b.alloca(WORD, 16)
        for k in range(16):
            b.store(word(k * k), b.gep(room, [word(k)]))
        return b.load(b.gep(room, [b.add(b.mul(x, word(1)), word(place))]))

    assert called(write, 4, result=WORD) == (4 + place) ** 2
    module, _ = written(write, WORD, result=WORD)
    assert " add " not in str(module)


def test_a_distance_that_another_block_needs_is_added_where_it_is_known():
    def write(b, x):
        shifted = b.add(x, word(3))
        with b.if_then(b.icmp_signed("<", x, word(10))):
            b.ret(b.mul(shifted, shifted))
        return b.sub(word(0), shifted)

    assert [called(write, x, result=WORD) for x in (2, 20)] == [25, -23]
    joined = called(_chosen, 4, result=WORD), called(_chosen, 40, result=WORD)
    assert joined == (5, 39)


def _chosen(b, x):
    before, more, less = b.block, b.add(x, word(1)), b.sub(x, word(1))
    with b.if_then(b.icmp_signed("<", x, word(10))):
        inside = b.block
    value = b.phi(WORD)
    value.add_incoming(less, before)
    value.add_incoming(more, inside)
    return value


WRITES = {
    "a store": lambda b, room: b.store(word(7), room),
    "a call": lambda b, room: b.call(_filled(b.module), [room, ir.Constant(ir.IntType(32), 0), word(8)]),
}


def _filled(module):
    return module.declared("memset", ir.FunctionType(ir.PointerType(), [ir.PointerType(), ir.IntType(32), WORD]))


@pytest.mark.parametrize("name", WRITES)
def test_memory_is_read_again_only_when_it_may_have_changed(name):
    def write(b, x):
        room = b.alloca(WORD)
        b.store(x, room)
        first = b.load(room)
        assert b.load(room) is first
        WRITES[name](b, room)
        assert b.load(room) is not first
        return b.sub(first, b.load(room))

    assert called(write, 40, result=WORD) == 40 - (7 if name == "a store" else 0)


def test_equal_instructions_of_a_block_are_one():
    def write(b, x, y):
        assert b.fmul(x, y) is b.fmul(x, y)
        assert b.fmul(x, y) is not b.fmul(y, x)
        return b.fadd(b.fmul(x, y), b.fmul(x, y))

    module, function = written(write, NUMBER, NUMBER)
    assert str(module).count("fmul") == 2
    assert called(write, 3.0, 5.0) == 30.0
    builder = ir.IRBuilder(function.append_basic_block("another"))
    assert builder.fmul(*function.args) is builder.fmul(*function.args)
    assert str(module.globals["function"].written()).count("fmul") == 3


def test_what_has_an_effect_stays_as_often_as_it_was_written():
    def write(b, x):
        room = b.alloca(NUMBER)
        b.store(x, room)
        first = b.load(room)
        b.store(b.fadd(first, first), room)
        return b.fadd(b.load(room), first)

    assert called(write, 2.0) == 6.0


def chosen(b, x):
    with b.if_else(b.fcmp_ordered(">", x, ir.Constant(NUMBER, 0.0))) as (positive, other):
        with positive:
            one, first = b.fmul(x, x), b.block
        with other:
            two, second = b.fneg(x), b.block
    joined = b.phi(NUMBER)
    joined.add_incoming(one, first)
    joined.add_incoming(two, second)
    return joined


def rare(b, x):
    before = b.block
    with b.if_then(b.fcmp_unordered("uno", x, x), likely=False):
        inside = b.block
    joined = b.phi(NUMBER)
    joined.add_incoming(x, before)
    joined.add_incoming(ir.Constant(NUMBER, -1.0), inside)
    return joined


@pytest.mark.parametrize(
    ("write", "x", "expected"),
    [(chosen, 3.0, 9.0), (chosen, -3.0, 3.0), (rare, 2.0, 2.0), (rare, math.nan, -1.0)],
)
def test_ways_part_and_meet(write, x, expected):
    assert called(write, x) == expected


def test_names_in_a_module_are_unique_and_declarations_are_made_once():
    module = ir.Module()
    kind = ir.FunctionType(NUMBER, [NUMBER])
    assert module.declared("llvm.sqrt.f64", kind) is module.declared("llvm.sqrt.f64", kind)
    assert module.constant(WORD, 7) is module.constant(WORD, 7)
    assert module.constant(WORD, 7) is not module.constant(ir.IntType(32), 7)
    for name in ("part", "part.1", "part.2"):
        assert module.get_unique_name("part") == name
        ir.Function(module, kind, name)
    assert str(module).count("declare") == 4


def test_a_table_of_bytes_is_kept_to_the_byte():
    content = bytes(range(256))

    def write(b, place):
        kind = ir.ArrayType(ir.IntType(8), len(content))
        table = ir.GlobalVariable(b.module, kind, "table")
        table.initializer, table.linkage, table.global_constant = ir.Constant(kind, content), "internal", True
        return b.zext(b.load(b.gep(table, [word(0), place], inbounds=True)), WORD)

    assert [called(write, place, result=WORD) for place in (0, 34, 92, 255)] == [0, 34, 92, 255]
