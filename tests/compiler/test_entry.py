"""The call from Python into a kernel: what fits runs, what does not goes to `miss`, and no object is kept or lost.

Every test runs twice, with the machine code and with the interpreter of the same programs.
"""

from __future__ import annotations

import ctypes
import gc
import mmap
import operator
import pickle
import platform
import subprocess
import sys
import sysconfig
import threading
import time
import tracemalloc
import weakref
from collections import OrderedDict, namedtuple
from copy import copy
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from wengert import tree
from wengert.compiler import calling, engine
from wengert.compiler.entry import entry, entry_program
from wengert.compiler.guards import Check, Guards
from wengert.compiler.hosts import HostArray, attribute, cell, fixed, item
from wengert.compiler.patterns import Constant, Input, Made, NotNativeError, Output, arguments_of, result_of
from wengert.graph import array_type, concrete_type

DTYPES = ["?", "b", "h", "i", "l", "B", "H", "I", "L", "e", "f", "d", "F", "D"]


@pytest.fixture(params=["machine code", "interpreted"], autouse=True)
def way(request, monkeypatch):
    if request.param == "interpreted":
        monkeypatch.setattr(calling, "supported", lambda: False)
    return request.param


def entered(*types, miss, refused=None, **options):
    """The callable of a program that is made at once."""
    return entry(entry_program(*types, **options), miss, refused or {})


@cache
def copying(sizes, status=0):
    """A kernel that copies each input to the output of its place, and returns a status."""
    lines = []
    for k, size in enumerate(sizes):
        lines += [
            f"%from.at{k} = getelementptr ptr, ptr %inputs, i64 {k}",
            f"%from{k} = load ptr, ptr %from.at{k}",
            f"%to.at{k} = getelementptr ptr, ptr %outputs, i64 {k}",
            f"%to{k} = load ptr, ptr %to.at{k}",
            f"call void @llvm.memcpy.p0.p0.i64(ptr %to{k}, ptr %from{k}, i64 {size}, i1 false)",
        ]
    body = "\n".join(lines)
    return engine.compile_module(
        f"declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)\n"
        f"define i32 @kernel(ptr %inputs, ptr %outputs, ptr %arena) {{\n{body}\nret i32 {status}\n}}"
    )


def copies(*types, status=0, **options):
    """An entry which returns copies of its inputs."""
    code = copying(tuple([type_.size * type_.dtype.itemsize for type_ in types]), status)
    options.setdefault("miss", missed)
    return entered(code.address("kernel"), types, types, keep=[code], **options)


class Missed(SimpleNamespace):
    """What `miss` was called with."""


def missed(*args, **kwargs):
    return Missed(args=args, kwargs=kwargs)


def same(found, expected):
    """Whether two results are of the same classes and hold the same bits."""
    leaves, structure = tree.flatten(found)
    others, other_structure = tree.flatten(expected)
    return structure.layout() == other_structure.layout() and all(
        [
            type(one) is type(other)
            and np.asarray(one).dtype == np.asarray(other).dtype
            and np.asarray(one).tobytes() == np.asarray(other).tobytes()
            and np.shape(one) == np.shape(other)
            for one, other in zip(leaves, others, strict=True)
        ]
    )


def test_the_machine_code_is_used_where_it_can_be(way):
    usual = platform.python_implementation() == "CPython" and not sysconfig.get_config_var("Py_GIL_DISABLED")
    if way == "machine code" and usual and sys.maxsize > 2**32:
        assert calling.supported()
        assert type(copies(concrete_type(1.0))) is type(len)


VALUES = {
    **{f"array {code}": np.arange(6).reshape(2, 3).astype(code) for code in DTYPES},
    **{f"scalar {code}": np.array(1).astype(code)[()] for code in DTYPES},
    "float": 1.5,
    "negative zero": -0.0,
    "NaN": float("nan"),
    "complex": 1 - 2j,
    "int": -3,
    "True": True,
    "large int": 2**63 - 1,
    "least int": -(2**63),
    "no entries": np.zeros((3, 0)),
    "one entry": np.ones((1, 1)),
    "nine axes": np.arange(512.0).reshape((2,) * 9),
    "read-only": np.broadcast_to(np.float64(2), (1, 1)),
    "view": np.arange(10.0)[4:8],
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_every_kind_of_number_goes_in_and_comes_out(value):
    assert same(copies(concrete_type(value))(value), value)


def test_an_array_without_axes_comes_out_where_it_is_asked_for():
    call = copies(concrete_type(np.float64(1)), arguments=[Input(0, np.ndarray)], result=Output(0, np.ndarray))
    assert same(call(np.array(2.5)), np.array(2.5))
    assert isinstance(call(np.float64(2.5)), Missed)


class Sub(np.ndarray):
    pass


class SubFloat(float):
    pass


def misaligned(n):
    return np.frombuffer(bytes(8 * n + 1), np.uint8)[1:].view(np.float64)


STRANGERS = {
    np.ndarray: {
        "another length": np.zeros(5),
        "another number of axes": np.zeros((4, 1)),
        "another dtype": np.zeros(4, np.float32),
        "integers": np.zeros(4, np.int64),
        "bytes in the other order": np.zeros(4, np.dtype(float).newbyteorder()),
        "a subclass": np.zeros(4).view(Sub),
        "a list": [0.0] * 4,
        "a float": 0.0,
        "nothing": None,
        "a masked array": np.ma.zeros(4),
    },
    float: {
        "an int": 1,
        "a bool": True,
        "a scalar": np.float64(1),
        "a subclass": SubFloat(1),
        "text": "1.0",
        "an array": np.zeros(()),
        "complex": 1j,
        "a class": float,
    },
    int: {"a float": 1.0, "a bool": True, "too large": 2**63, "too small": -(2**63) - 1, "a scalar": np.int64(1)},
    bool: {"an int": 1, "a scalar": np.True_, "nothing": None},
    np.float64: {"a float": 1.0, "another scalar": np.float32(1), "an array": np.zeros(())},
}
FITTING = {np.ndarray: np.zeros(4), float: 0.5, int: 1, bool: True, np.float64: np.float64(1)}


@pytest.mark.parametrize(
    ("kind", "stranger"),
    [pytest.param(k, s, id=f"{k.__name__}: {name}") for k, all_ in STRANGERS.items() for name, s in all_.items()],
)
def test_another_object_is_a_miss_with_the_very_arguments(kind, stranger):
    fitting = FITTING[kind]
    call = copies(concrete_type(fitting), concrete_type(1.0))
    assert same(call(fitting, 2.0), (fitting, 2.0))
    found = call(stranger, 2.0)
    assert isinstance(found, Missed)
    assert found.args[0] is stranger
    assert found.args[1:] == (2.0,)
    assert same(call(fitting, 2.0), (fitting, 2.0))


LAID_OUT = {
    "with gaps": np.arange(24.0)[::2].reshape(3, 4),
    "backwards": np.arange(12.0)[::-1].reshape(3, 4),
    "by columns": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "transposed": np.arange(12.0).reshape(4, 3).T,
    "one for all": np.broadcast_to(np.arange(4.0), (3, 4)),
    "misaligned": misaligned(12).reshape(3, 4),
}


@pytest.mark.parametrize("array", LAID_OUT.values(), ids=LAID_OUT)
def test_an_array_that_is_laid_out_in_another_way_is_copied(array):
    call = copies(concrete_type(array), arguments=[[Input(0)]], result=(Output(0), Input(0)))
    found, very = call([array])
    assert same(found, np.ascontiguousarray(array))
    assert very is array


def test_an_array_that_was_pickled_fits():
    array = pickle.loads(pickle.dumps(np.arange(4.0)))
    assert same(copies(concrete_type(array))(array), np.arange(4.0))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 20])
def test_the_number_of_arguments_is_checked(count):
    call = copies(*[concrete_type(1.0)] * count)
    assert same(call(*[1.0] * count), tuple([1.0] * count) if count != 1 else 1.0)
    for other in {max(count - 1, 0), count + 1} - {count}:
        assert call(*[1.0] * other).args == (1.0,) * other
    assert call(*[1.0] * count, x=1).kwargs == {"x": 1}


@pytest.mark.parametrize("count", [500, 20_000])
def test_a_tree_may_have_any_number_of_leaves(count):
    value = [float(k) for k in range(count)]
    arguments, _ = arguments_of((value,), {}, traced)
    kernel = engine.compile_module("define i32 @kernel(ptr %i, ptr %o, ptr %a) { ret i32 0 }")
    types = [concrete_type(1.0)] * count
    result = [Input(k) for k in reversed(range(count))]
    call = entered(kernel.address("kernel"), types, [], arguments=arguments, result=result, miss=missed, keep=[kernel])
    assert call(value) == value[::-1]
    assert isinstance(call(value[1:]), Missed)


def test_named_arguments_fit_in_the_recorded_order():
    arguments, keywords = arguments_of((1.0,), {"b": 2.0, "mode": "fast", "a": 3.0}, lambda leaf: type(leaf) is float)
    call = copies(*[concrete_type(1.0)] * 3, arguments=arguments, keywords=keywords)
    # dictionaries are flattened by their sorted keys
    assert call(1.0, b=2.0, mode="fast", a=3.0) == (1.0, 3.0, 2.0)
    for kwargs in (
        {"b": 2.0, "a": 3.0, "mode": "fast"},
        {"b": 2.0, "mode": "fast"},
        {"b": 1.0, "mode": "f", "a": 1.0},
        {},
    ):
        found = call(1.0, **kwargs)
        assert found.kwargs == kwargs
        assert list(found.kwargs) == list(kwargs)


def traced(leaf):
    return isinstance(leaf, (float, np.ndarray))


def test_names_are_compared_and_not_only_counted():
    arguments, keywords = arguments_of((), {"x": 1.0, "y": 2.0}, traced)
    call = copies(*[concrete_type(1.0)] * 2, arguments=arguments, keywords=keywords)
    assert call(x=1.0, y=2.0) == (1.0, 2.0)
    assert call(**{"".join(["x"]): 1.0, "".join(["y"]): 2.0}) == (1.0, 2.0)
    for kwargs in ({"y": 2.0, "x": 1.0}, {"x": 1.0, "z": 2.0}, {"x": 1.0}, {"x": 1.0, "y": 2.0, "z": 3.0}):
        found = call(**kwargs)
        assert list(found.kwargs.items()) == list(kwargs.items())


Point = namedtuple("Point", "x y")
Place = namedtuple("Place", "x y")


@dataclass
class Fields:
    w: Any
    b: Any
    n: Any = 3


@dataclass
class OtherFields:
    w: Any
    b: Any
    n: Any = 3


@dataclass(frozen=True, slots=True)
class Slots:
    w: Any
    n: Any = 3


@dataclass
class Remembering:
    w: Any

    @cached_property
    def twice(self):
        return self.w * 2


class Registered:
    def __init__(self, w):
        self.w = w


tree.register(Registered, lambda value: ((value.w,), None), lambda auxiliary, children: Registered(*children))


def changed(value, **attributes):
    value = copy(value)
    for name, member in attributes.items():
        object.__setattr__(value, name, member)
    return value


def without(value, name):
    value = copy(value)
    object.__delattr__(value, name)
    return value


TREES = {
    "named tuple": Point(1.0, [np.ones(2), 3]),
    "data class": Fields(np.ones(2), Point(1.0, 2.0)),
    "slots": Slots(np.ones(2)),
    "data classes in a dict": {"one": Fields(1.0, 2.0), "other": (Slots(1.0), Fields(1.0, Slots(2.0, 4)))},
    "tuple": (1.0, 2.0),
    "list": [1.0, np.ones(2)],
    "dict": {"w": np.ones((2, 2)), "b": 1.0},
    "nested": ({"layers": [(np.ones(2), 1.0), (np.zeros(3), 2.0)], "name": "net"}, None, [], {}, ()),
    "static": (1.0, 3, "text", b"bytes", None, True, Ellipsis),
}
DIFFERENT = {
    "named tuple": [(1.0, [np.ones(2), 3]), Place(1.0, [np.ones(2), 3]), Point(1.0, [np.ones(2), 4]), None, 1.0],
    "data class": [
        OtherFields(np.ones(2), Point(1.0, 2.0)),
        Fields(np.ones(3), Point(1.0, 2.0)),
        Fields(np.ones(2), Place(1.0, 2.0)),
        Fields(np.ones(2), Point(1.0, 2.0), 4),
        changed(TREES["data class"], further=1),
        without(TREES["data class"], "n"),
        without(TREES["data class"], "w"),
        {"w": np.ones(2), "b": Point(1.0, 2.0), "n": 3},
    ],
    "slots": [Slots(np.ones(2), 4), Slots(1.0), without(TREES["slots"], "n"), Fields(np.ones(2), 3), None],
    "data classes in a dict": [{"one": Fields(1.0, 2.0), "other": (Slots(1.0), Fields(1.0, Slots(2.0, 5)))}, {}],
    "tuple": [[1.0, 2.0], (1.0,), (1.0, 2.0, 3.0), (1.0, 2), None],
    "list": [(1.0, np.ones(2)), [1.0], [1.0, np.ones(3)], [np.ones(2), 1.0]],
    "dict": [{"b": 1.0, "w": np.ones((2, 2))}, {"w": np.ones((2, 2))}, {"w": np.ones((2, 2)), "c": 1.0}, {}, [1.0]],
    "nested": [({"layers": [(np.ones(2), 1.0)], "name": "net"}, None, [], {}, ()), (TREES["nested"][0], 0, [], {}, ())],
    "static": [
        (1.0, 3.0, "text", b"bytes", None, True, Ellipsis),
        (1.0, 4, "text", b"bytes", None, True, Ellipsis),
        (1.0, 3, "texts", b"bytes", None, True, Ellipsis),
        (1.0, 3, "text", b"bytes", None, 1, Ellipsis),
        (1.0, 3, "text", b"bytes", False, True, Ellipsis),
    ],
}


@pytest.mark.parametrize("name", TREES)
def test_trees_go_in_and_come_out(name):
    value = TREES[name]
    arguments, keywords = arguments_of((value,), {}, traced)
    leaves, structure = tree.flatten(value)
    numbers = iter(range(len(leaves)))
    patterns = [Output(next(numbers)) if traced(leaf) else Constant(leaf) for leaf in leaves]
    types = [concrete_type(leaf) for leaf in leaves if traced(leaf)]
    call = copies(*types, arguments=arguments, keywords=keywords, result=result_of(structure, patterns))
    again = pickle.loads(pickle.dumps(value)) if name != "static" else (*value[:2], "".join(["te", "xt"]), *value[3:])
    assert same(call(again), value)
    for other in DIFFERENT[name]:
        found = call(other)
        assert isinstance(found, Missed)
        assert found.args[0] is other


@pytest.mark.parametrize("values", [(0.0, -0.0), (float("nan"), 1.0), (1.5, 1.25)])
def test_a_static_float_is_compared_by_its_bits(values):
    expected, other = values
    call = copies(concrete_type(1.0), arguments=[Input(0), Constant(expected)])
    assert call(1.0, expected + 0.0) == 1.0
    assert isinstance(call(1.0, other), Missed)


UNUSUAL = {
    "a registered class": Registered(1.0),
    "an ordered dictionary": OrderedDict(w=1.0),
    "a key that is no text": {1: 1.0},
    "a value that is remembered": Remembering(1.0),
    "inside": Point(1.0, [Registered(1.0)]),
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_container_is_left_to_the_slow_way(name):
    value = UNUSUAL[name]
    with pytest.raises(NotNativeError, match="only Python"):
        arguments_of((value,), {}, traced)
    leaves, structure = tree.flatten(value)
    call = copies(*map(concrete_type, leaves), result=result_of(structure, list(map(Output, range(len(leaves))))))
    assert same(call(*leaves), value)


@pytest.mark.parametrize("dtype", ["M8[s]", "U3", "O"])
def test_entries_that_are_no_numbers_are_refused(dtype):
    type_ = array_type((2,), np.dtype(dtype))
    number = concrete_type(1.0)
    for inputs, outputs in (([type_], [number]), ([number], [type_])):
        with pytest.raises(NotNativeError, match="dtype"):
            entered(0, inputs, outputs, miss=missed)


def test_a_result_may_be_an_argument_itself_and_one_object_twice():
    x, y = np.ones(2), 0.25
    result = {
        "same": Input(0),
        "number": [Input(1), Output(0)],
        "again": Output(0),
        "made": Made(max, (Output(1), Constant(7))),
    }
    found = copies(concrete_type(x), concrete_type(y), result=result)(x, y)
    assert found["same"] is x
    assert found["number"][0] is y
    assert found["again"] is found["number"][1]
    assert found["again"] is not x
    assert found["made"] == 7
    assert list(found) == list(result)


def test_a_kernel_that_refuses_is_a_miss_or_has_another_way():
    x = np.ones(2)
    for status in (1, 2, 7, 8, -1):
        for refused in ({}, {status: lambda *args: ("refused", *args)} if 0 < status < 8 else {}):
            call = copies(concrete_type(x), status=status, refused=refused)
            found = call(x)
            assert (found[0] == "refused" and found[1] is x) if refused else found.args == (x,)


def test_errors_are_passed_on():
    def failing(*args, **kwargs):
        raise ZeroDivisionError("on purpose")

    x = np.ones(2)
    for options in ({"miss": failing}, {"miss": missed, "result": Made(failing, (Output(0),))}):
        call = copies(concrete_type(x), **options)
        with pytest.raises(ZeroDivisionError, match="on purpose"):
            call(x) if "result" in options else call(1)
    call = copies(concrete_type(x), status=3, miss=missed, refused={3: failing})
    with pytest.raises(ZeroDivisionError, match="on purpose"):
        call(x)
    huge = array_type((2**40, 2**10), np.dtype(float))
    code = copying((8,))
    with pytest.raises(MemoryError):
        entered(code.address("kernel"), [concrete_type(1.0)], [huge], miss=missed, keep=[code])(1.0)


class Odd:
    """A key that is mistaken for a name, and cannot be compared with it."""

    def __hash__(self):
        return hash("new")

    def __eq__(self, other):
        raise ZeroDivisionError


class Model:
    """Has an attribute in a slot, and one in a dictionary."""

    __slots__ = ("__dict__", "kept")


def guarded_places():
    """What may steer a program: a check, and how to change what it looks at, in ways that must be noticed."""
    namespace, mapping, members = {"helper": len, "rate": 0.5, "count": 3, "mode": "fast"}, {}, [len, max]
    value = object()
    variable = (lambda: value).__closure__[0]
    empty, named, ordered, odd = {}, {"a": 1, "b": 2}, {"a": 1, "b": 2}, {}
    kind = type("Kind", (), {})
    instance = kind()
    model = Model()
    model.kept = model.free = value

    def function(x=value, *, y=value):
        return x

    def plain():
        return None

    def put(container, key):
        return lambda new: operator.setitem(container, key, new)

    def of(owner, name):
        return attribute(owner, name, name), getattr(owner, name), lambda new: setattr(owner, name, new)

    return {
        "a name": ("same", item(namespace, "helper", ""), len, put(namespace, "helper"), [max, None]),
        "a variable": (
            "same",
            cell(variable, ""),
            value,
            lambda new: setattr(variable, "cell_contents", new),
            [1, None],
        ),
        "a slot": ("same", *of(model, "kept"), [1, None]),
        "an attribute": ("same", *of(model, "free"), [1, None]),
        "code": ("same", *of(plain, "__code__"), [(lambda: 1).__code__]),
        "defaults": ("same", *of(function, "__defaults__"), [(1,), None]),
        "named defaults": ("same", *of(function, "__kwdefaults__"), [{"y": 1}, None]),
        "no defaults": ("same", *of(plain, "__defaults__"), [(1,)]),
        "no named defaults": ("same", *of(plain, "__kwdefaults__"), [{}]),
        "a member of a list": ("same", item(members, 1, ""), max, put(members, 1), [len]),
        "a float": (
            "number",
            item(namespace, "rate", ""),
            0.5,
            put(namespace, "rate"),
            [0.25, np.float64(0.5), 1, None],
        ),
        "an int": ("number", item(namespace, "count", ""), 3, put(namespace, "count"), [4, 3.0, True]),
        "a text": ("number", item(namespace, "mode", ""), "fast", put(namespace, "mode"), ["slow", b"fast"]),
        "a name that is not there": ("absent", fixed(mapping, ""), "new", put(mapping, "new"), [1]),
        "a name beside another key": ("absent", fixed(odd, ""), "new", lambda new: odd.update({Odd(): new}), [1]),
        "a length": ("length", fixed(members, ""), 2, lambda new: members.append(new), [1]),
        "the length of a class": (
            "length",
            fixed(vars(kind), ""),
            len(vars(kind)),
            lambda new: setattr(kind, "x", new),
            [1],
        ),
        "no members": ("void", fixed(empty, ""), None, lambda new: empty.update(new=new), [1]),
        "names": ("names", fixed(named, ""), ["a", "b"], lambda new: named.update(c=new), [3]),
        "the order of names": (
            "names",
            fixed(ordered, ""),
            ["a", "b"],
            lambda new: ordered.update(a=ordered.pop("a")),
            [1],
        ),
        "a class": (
            "class",
            fixed(instance, ""),
            kind,
            lambda new: setattr(instance, "__class__", new),
            [type("Other", (), {})],
        ),
    }


@pytest.mark.parametrize("name", guarded_places())
def test_whatever_steered_the_recording_is_looked_at_in_each_call(name):
    manner, place, expected, put, others = guarded_places()[name]
    call = copies(concrete_type(1.0), guards=Guards([Check(manner, place, expected)]))
    assert call(1.0) == 1.0
    for other in others:
        put(other)
        assert isinstance(call(1.0), Missed)
        if manner in ("same", "number"):
            put(expected)
            assert call(1.0) == 1.0
    assert isinstance(call("x"), Missed)


@pytest.mark.parametrize("name", guarded_places())
def test_what_steered_the_recording_is_looked_at_without_python(name):
    manner, place, expected, *_ = guarded_places()[name]
    programs = [
        entry_program(0, [concrete_type(1.0)], [], guards=Guards(checks))
        for checks in ([], [Check(manner, place, expected)])
    ]
    without, calls = [[step.kind for step in program.steps].count("CALL") for program in programs]
    assert calls == without


def test_a_guard_that_finds_nothing_or_raises_does_not_hold():
    namespace, model = {"helper": len}, Model()
    variable = (lambda: namespace).__closure__[0]
    model.kept = len
    for place, remove in (
        (item(namespace, "helper", ""), namespace.clear),
        (attribute(model, "kept", ""), lambda: delattr(model, "kept")),
        (cell(variable, ""), lambda: delattr(variable, "cell_contents")),
    ):
        call = copies(concrete_type(1.0), guards=Guards([Check("same", place, place.read())]))
        assert call(1.0) == 1.0
        remove()
        for _ in range(2):
            assert isinstance(call(1.0), Missed)


def captured_places():
    array = np.arange(3.0)
    variable = (lambda: array).__closure__[0]
    namespace, members, owner = {"A": array}, [None, array], SimpleNamespace(A=array)

    def set_item(container, key):
        return lambda value: operator.setitem(container, key, value)

    return {
        "item of a dict": (item(namespace, "A", "A"), set_item(namespace, "A"), lambda: namespace.pop("A")),
        "item of a list": (item(members, 1, "A"), set_item(members, 1), members.clear),
        "cell": (
            cell(variable, "A"),
            lambda value: setattr(variable, "cell_contents", value),
            lambda: delattr(variable, "cell_contents"),
        ),
        "attribute": (
            attribute(owner, "A", "A"),
            lambda value: setattr(owner, "A", value),
            lambda: delattr(owner, "A"),
        ),
    }


@pytest.mark.parametrize("name", captured_places())
def test_captured_arrays_are_read_at_each_call(name):
    place, put, remove = captured_places()[name]
    array = np.arange(3.0)
    host = HostArray(place, concrete_type(array), np.ndarray)
    call = copies(concrete_type(1.0), concrete_type(array), captured=[host], result=(Output(1), Input(1)))
    put(array)
    array[0] = 7.0
    copy, very = call(1.0)
    assert same(copy, array)
    assert very is array
    put(np.full(3, 9.0))
    assert same(call(1.0)[0], np.full(3, 9.0))
    for other in (np.zeros(4), np.zeros(3, np.float32), None, 1.0):
        put(other)
        assert isinstance(call(1.0), Missed)
    put(array)
    assert same(call(1.0)[0], array)
    remove()
    assert isinstance(call(1.0), Missed)


def test_fixed_arrays_numbers_and_constants_are_inputs():
    array, constant = np.arange(3.0), np.full(2, 5.0)
    namespace = {"rate": 0.5}
    hosts = [
        HostArray(fixed(array, "A"), concrete_type(array), np.ndarray),
        HostArray(item(namespace, "rate", "rate"), concrete_type(0.5), float),
    ]
    types = [concrete_type(1.0), concrete_type(array), concrete_type(0.5)]
    code = copying((8, 24, 8, 16))
    call = entered(
        code.address("kernel"), types, [*types, concrete_type(constant)],
        captured=hosts, constants=[constant], keep=[code], miss=missed,
    )  # fmt: skip
    assert same(call(1.0), (1.0, array, 0.5, constant))
    namespace["rate"] = 0.25
    assert same(call(1.0), (1.0, array, 0.25, constant))
    namespace["rate"] = 1
    assert isinstance(call(1.0), Missed)


# writes a number into the first and last byte of the arena, waits, and returns what it finds there and the address
ARENA = """declare i32 @usleep(i32)
define i32 @kernel(ptr %inputs, ptr %outputs, ptr %arena) {{
  %from = load ptr, ptr %inputs
  %value = load i64, ptr %from
  %last = getelementptr i8, ptr %arena, i64 {last}
  store i64 %value, ptr %arena
  store volatile i64 %value, ptr %last
  {wait}
  %first.found = load volatile i64, ptr %arena
  %last.found = load volatile i64, ptr %last
  %to = load ptr, ptr %outputs
  %right = icmp eq i64 %first.found, %last.found
  %found = select i1 %right, i64 %first.found, i64 -1
  store i64 %found, ptr %to
  %second.at = getelementptr ptr, ptr %outputs, i64 1
  %second = load ptr, ptr %second.at
  %address = ptrtoint ptr %arena to i64
  store i64 %address, ptr %second
  ret i32 0
}}
"""


def arenas(size, wait="", heavy=False):
    code = engine.compile_module(ARENA.format(last=size - 8, wait=wait))
    integer = concrete_type(1)
    return entered(code.address("kernel"), [integer], [integer] * 2, arena=size, heavy=heavy, miss=missed, keep=[code])


@pytest.mark.parametrize("size", [8, 100, 1 << 14, (1 << 14) + 8, 1 << 20, (1 << 28) + 8])
def test_the_arena_is_aligned_and_large_enough(size):
    call = arenas(size)
    for value in range(3):
        found, address = call(value)
        assert found == value
        assert address % 64 == 0


def test_an_arena_is_used_again_and_a_very_large_one_given_back(way):
    if way == "interpreted":
        pytest.skip("it leaves arenas to NumPy")
    call = arenas(1 << 16)
    assert len({call(value)[1] for value in range(5)}) == 1
    call = arenas((1 << 28) + 8)
    pages = Path("/proc/self/statm")
    if not pages.exists():
        pytest.skip("the system does not say how much memory a process has")
    call(0)
    before = int(pages.read_text().split()[0])
    for value in range(20):
        call(value)
    assert int(pages.read_text().split()[0]) - before < (1 << 29) // mmap.PAGESIZE


@pytest.mark.parametrize("size", [64, 1 << 16, (1 << 28) + 8])
def test_calls_of_several_threads_have_arenas_of_their_own_and_run_at_once(size):
    call = arenas(size, "%slept = call i32 @usleep(i32 200000)", heavy=True)
    results = []
    workers = [threading.Thread(target=lambda k=k: results.append(call(k))) for k in range(4)]
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert time.perf_counter() - started < 0.7
    assert sorted([value for value, _ in results]) == [0, 1, 2, 3]
    assert len({address for _, address in results}) == 4


def test_what_a_kernel_reads_is_held_while_others_run():
    code = engine.compile_module(
        """declare i32 @usleep(i32)
        define i32 @kernel(ptr %inputs, ptr %outputs, ptr %arena) {
          %slept = call i32 @usleep(i32 200000)
          %from = load ptr, ptr %inputs
          %value = load double, ptr %from
          %to = load ptr, ptr %outputs
          store double %value, ptr %to
          ret i32 0
        }"""
    )
    for box in ([np.full(1000, 3.0)], {"a": np.full(1000, 3.0)}):
        arguments, _ = arguments_of((box,), {}, traced)
        types = [concrete_type(np.zeros(1000))]
        call = entered(
            code.address("kernel"),
            types,
            [concrete_type(1.0)],
            arguments=arguments,
            heavy=True,
            miss=missed,
            keep=[code],
        )
        found = []
        worker = threading.Thread(target=lambda call=call, box=box, found=found: found.append(call(box)))
        worker.start()
        time.sleep(0.05)
        box.clear()
        gc.collect()
        scribble = [np.full(1000, 4.0) for _ in range(50)]
        worker.join()
        assert found == [3.0]
        del scribble


OWNER = SimpleNamespace(names=[1.5, "text"])
GUARDED = [
    Check("same", item(globals(), "np", "np"), np),
    Check("same", attribute(OWNER, "names", "names"), OWNER.names),
    Check("same", attribute(copies, "__kwdefaults__", "defaults"), None),
    Check("number", item(OWNER.names, 0, "names[0]"), 1.5),
    Check("number", item(OWNER.names, 1, "names[1]"), "text"),
    Check("length", attribute(OWNER, "names", "names"), 2),
]
CLEAN = {
    "arrays": lambda: (copies(concrete_type(np.ones(3)), concrete_type(np.ones(3))), (np.ones(3), np.zeros(3)), {}),
    "scalars": lambda: (
        copies(concrete_type(np.float32(1)), concrete_type(np.int64(1))),
        (np.float32(1), np.int64(700)),
        {},
    ),
    "numbers": lambda: (copies(*map(concrete_type, (1.0, 1j, 1, True))), (1.5, 1j, 1 << 40, True), {}),
    "miss": lambda: (copies(concrete_type(1.0)), ("text that does not fit",), {"named": np.ones(2)}),
    "deep miss": lambda: (
        copies(*map(concrete_type, (1.0, 1.0)), arguments=[[Input(0), {"a": (Input(1),)}]]),
        ([1.0, {"a": (np.ones(2),)}],),
        {},
    ),
    "copied": lambda: (copies(concrete_type(np.ones((3, 2)))), (np.ones((2, 3)).T,), {}),
    "refused": lambda: (copies(concrete_type(np.ones(3)), status=2), (np.ones(3),), {}),
    "tree": lambda: (
        copies(
            *map(concrete_type, (1.0, np.ones(2))),
            arguments=[{"a": (Input(0),), "b": [Input(1), Constant("s")]}],
            result=[(Output(0), Output(1)), {"again": Output(0), "in": Input(1), "c": Constant("constant")}, []],
        ),
        ({"a": (1.5,), "b": [np.ones(2), "s"]},),
        {},
    ),
    "captured": lambda: (
        copies(
            *map(concrete_type, (1.0, np.ones(3))),
            captured=[HostArray(item({"A": np.ones(3)}, "A", "A"), concrete_type(np.ones(3)), np.ndarray)],
            guards=Guards(GUARDED),
        ),
        (1.5,),
        {},
    ),
    "made": lambda: (copies(concrete_type(1.0), result=Made(list, (Made(tuple, ()),))), (1.5,), {}),
    "large arena": lambda: (copies(concrete_type(np.ones(3)), arena=100_000, heavy=True), (np.ones(3),), {}),
}


def reachable(value):
    """The objects in a tree, containers and leaves."""
    if isinstance(value, dict):
        return [value, *[found for member in value.values() for found in reachable(member)]]
    if isinstance(value, (list, tuple)):
        return [value, *[found for member in value for found in reachable(member)]]
    return [value]


@pytest.mark.parametrize("make", CLEAN.values(), ids=CLEAN)
def test_no_object_is_kept_or_lost(make, way):
    call, args, kwargs = make()
    call(*args, **kwargs)
    own = [*reachable(args), *reachable(kwargs)]
    # which others count references to as well, here and there
    shared = [np.dtype(code) for code in "df?lD"] + [missed, None, True, "s", "constant", np]
    gc.collect()
    before = [sys.getrefcount(one) for one in own], [sys.getrefcount(one) for one in shared]
    for _ in range(1000):
        call(*args, **kwargs)
    gc.collect()
    assert [sys.getrefcount(one) for one in own] == before[0]
    assert all([abs(sys.getrefcount(one) - count) < 100 for one, count in zip(shared, before[1], strict=True)])
    tracemalloc.start()
    try:
        for _ in range(100):
            call(*args, **kwargs)
        gc.collect()
        first = tracemalloc.get_traced_memory()[0]
        for _ in range(5000 if way == "machine code" else 500):
            call(*args, **kwargs)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] - first < 4000
    finally:
        tracemalloc.stop()


def test_an_error_leaves_no_object_behind():
    def failing(*args):
        raise ZeroDivisionError

    x = np.ones(3)
    failing_result = [Output(0), {"a": Made(failing, (Output(0), Input(0)))}]
    call = copies(concrete_type(x), arguments=[[Input(0)]], result=failing_result)
    box = [x]
    before = sys.getrefcount(x), sys.getrefcount(box), sys.getrefcount(failing)
    for _ in range(100):
        with pytest.raises(ZeroDivisionError):
            call(box)
    gc.collect()
    assert (sys.getrefcount(x), sys.getrefcount(box), sys.getrefcount(failing)) == before


def test_a_million_calls_take_no_memory(way):
    if way == "interpreted":
        pytest.skip("it is the machine code that manages memory by itself")
    call = copies(*map(concrete_type, (np.ones(3), 1.0)))
    x = np.ones(3)
    for _ in range(1000):
        call(x, 1.0)
    gc.collect()
    blocks = sys.getallocatedblocks()
    for _ in range(1_000_000):
        call(x, 1.0)
    gc.collect()
    assert sys.getallocatedblocks() - blocks < 200


def test_an_entry_gives_everything_back():
    class Kept:
        pass

    kept = [Kept(), Kept()]
    references = [weakref.ref(one) for one in kept]

    calls = []

    def slow(*args):
        return calls, kept[1]

    call = copies(concrete_type(1.0), miss=slow, arena=1 << 20, result=(Output(0), Constant(kept[0])))
    assert call(1.0)[1] is kept[0]
    calls.append(call)
    kept[:] = []
    gc.collect()
    assert references[0]() is not None
    calls = call = slow = None
    gc.collect()
    assert [reference() for reference in references] == [None, None]


def test_what_serves_an_object_may_be_exchanged_while_it_runs():
    jitted = type("Jitted", (), {"__slots__": ("__call__",)})()

    def missed_once(*args, **kwargs):
        jitted.__call__ = copies(concrete_type(1))
        gc.collect()
        return "missed", args, kwargs

    jitted.__call__ = copies(concrete_type(1.0), miss=missed_once)
    del missed_once
    assert jitted(2.5) == 2.5
    assert jitted(2, x=1) == ("missed", (2,), {"x": 1})
    assert jitted(2) == 2
    assert isinstance(jitted(2.5), Missed)


def test_an_entry_may_be_called_while_the_interpreter_shuts_down():
    program = """if True:
        import builtins, sys
        from wengert.compiler import engine, threads
        from wengert.compiler.entry import entry, entry_program
        from wengert.graph import concrete_type
        code = engine.compile_module('''
          declare void @wengert_parallel_for(ptr, ptr, i64)
          define internal void @nothing(ptr %context, i64 %k) { ret void }
          define i32 @kernel(ptr %inputs, ptr %outputs, ptr %arena) {
            call void @wengert_parallel_for(ptr @nothing, ptr %inputs, i64 8)
            %to = load ptr, ptr %outputs
            store double 42.0, ptr %to
            ret i32 0
          }''')
        threads.limit(4)
        number = concrete_type(1.0)
        program = entry_program(code.address("kernel"), [number], [number], heavy=True, keep=[code])
        call = entry(program, print)

        class Last:
            def __init__(self):
                self.call, self.write = call, sys.stdout.write

            def __del__(self):
                self.write(f"{self.call(1.0)} ")

        here, builtins.there = Last(), Last()
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.split() == ["42.0"] * 2


def test_entries_may_be_made_and_called_by_many_threads():
    results = []

    def work():
        for k in range(20):
            call = copies(concrete_type(1.0), concrete_type(np.ones(2)))
            results.append(same(call(float(k), np.full(2, k)), (float(k), np.full(2, float(k)))) or k)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(results) == 80


def test_a_table_of_addresses_fits_any_kernel():
    """The kernel sees the addresses of the arrays themselves: nothing is copied on the way in."""
    code = engine.compile_module(
        """define i32 @kernel(ptr %inputs, ptr %outputs, ptr %arena) {
          %from = load i64, ptr %inputs
          %to = load ptr, ptr %outputs
          store i64 %from, ptr %to
          ret i32 0
        }"""
    )
    x = np.ones(5)
    call = entered(code.address("kernel"), [concrete_type(x)], [concrete_type(1)], miss=missed, keep=[code])
    assert call(x) == x.ctypes.data
    assert ctypes.c_double.from_address(call(x)).value == 1.0
