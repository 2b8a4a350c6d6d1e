"""Guards notice every change of what a recording has found, and nothing else."""

from __future__ import annotations

import gc
import math
import threading
import timeit
from types import CellType
from typing import Any

import numpy as np
import pytest

from wengert.compiler.guards import Notes
from wengert.compiler.hosts import HostArray, attribute, cell, fixed, item
from wengert.compiler.recording import NotRecordable, record
from wengert.graph import concrete_type


class Slotted:
    __slots__ = ("a",)


def looked(manner: str, place: Any, expected: Any, name: str = "") -> Any:
    notes = Notes()
    notes.add(manner, place, expected, name)
    return notes.guards(None, []).hold


# what is there, what else may come, and whether that counts as the same
NUMBERS = [
    (1, 1, True), (1, 2, False), (1, True, False), (1, 1.0, False), (1000, int("1000"), True), (0.0, -0.0, False),
    (2.5, float("2.5"), True), (math.nan, float("nan"), True), (math.nan, 1.0, False), ("ab", "a" + "b", True),
    (1.0, np.float64(1.0), False), (np.float64(1.0), np.float64(1.0), True), (np.float32(1.0), np.float64(1.0), False),
    (1 + 2j, complex(1, 2), True), (None, 0, False), (b"x", b"x", True), (np.int64(3), np.int64(3), True),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "same"), NUMBERS)
def test_numbers_are_compared_by_value_and_class(one: Any, other: Any, same: bool) -> None:
    names = {"k": one}
    hold = looked("number", item(names, "k", "k"), one)
    assert hold()
    names["k"] = other
    assert hold() is same
    names["k"] = one
    assert hold()


def test_each_place_is_read_again() -> None:
    value, other = object(), object()
    names, members, holder, slotted = {"k": value}, [value], CellType(value), Slotted()
    slotted.a = value
    places = [item(names, "k", "k"), item(members, 0, "m[0]"), cell(holder, "c"), attribute(slotted, "a", "s.a")]
    assert all([place.read() is value for place in places])
    holds = [looked("same", place, value) for place in places]
    assert all([hold() for hold in holds])
    names["k"], members[0], holder.cell_contents, slotted.a = (other,) * 4
    assert not any([hold() for hold in holds])
    del names["k"], members[0], holder.cell_contents, slotted.a
    assert not any([hold() for hold in holds])


@pytest.mark.parametrize(
    ("manner", "value", "expected", "change"),
    [
        ("names", {"a": 1, "b": 2}, ["a", "b"], lambda d: d.update(a=d.pop("a"))),
        ("names", {"a": 1}, ["a"], lambda d: d.update(c=1)),
        ("length", [1, 2], 2, lambda m: m.append(3)),
        ("void", {}, None, lambda d: d.update(a=1)),
        ("members", [1, 2.0, "a"], [1, 2.0, "a"], lambda m: m.__setitem__(0, 1.0)),
        ("members", [1, 2], [1, 2], lambda m: m.pop()),
        ("keys", {1, 2}, [1, 2], lambda m: m.add(3)),
        ("keys", {1: "a"}, [1], lambda d: d.update({True: d.pop(1)})),
        ("keys", {0.0, 1.5}, [0.0, 1.5], lambda m: (m.discard(0.0), m.add(-0.0))),
        ("keys", {(1, 2.0): "a"}, [(1, 2.0)], lambda d: d.update({(1.0, 2.0): d.pop((1, 2.0))})),
        ("absent", {"a": 1}, "k", lambda d: d.update(k=1)),
        ("class", Slotted(), Slotted, lambda m: None),
        ("content", np.arange(3.0), np.arange(3.0), lambda a: a.__setitem__(0, 7.0)),
        ("content", np.array([0.0]), np.array([0.0]), lambda a: a.__setitem__(0, -0.0)),
        ("empty", Slotted(), "a", lambda m: setattr(m, "a", 1)),
    ],
)
def test_a_change_is_noticed(manner: str, value: Any, expected: Any, change: Any) -> None:
    hold = looked(manner, fixed(value, "it"), expected)
    assert hold()
    change(value)
    assert hold() is (manner == "class")


def test_pointers_are_told_apart_from_other_checks() -> None:
    function, names, holder = len, {"f": len, "k": 2.0}, CellType(len)
    notes = Notes()
    notes.add("same", item(names, "f", "f"), function)
    notes.add("same", cell(holder, "g"), function)
    notes.add("number", item(names, "k", "k"), 2.0)
    guards = notes.guards(None, [])
    assert guards.items == ((names, "f", len),)
    assert guards.cells == ((holder, len),)
    assert guards.hold()
    assert guards.rest is not None
    assert guards.rest()
    names["k"] = 3.0
    assert (guards.hold(), guards.rest(), guards.failed()) == (False, False, ["k"])
    names["f"] = abs
    assert guards.failed() == ["f", "k"]


def test_without_other_checks_there_is_no_rest() -> None:
    assert Notes().guards(None, []).rest is None
    assert Notes().guards(None, []).hold()


def test_attributes_that_the_program_never_says_are_left_out() -> None:
    notes = Notes()
    notes.add("same", item({"a": 1}, "a", "m.a"), 1, "a")
    notes.add("same", item({"b": 1}, "b", "m.b"), 1, "b")
    assert [check.name for check in notes.guards(frozenset({"b"}), []).checks] == ["b"]
    assert len(notes.guards(None, []).checks) == 2


def test_many_checks_hold_together() -> None:
    names = {str(i): object() for i in range(1000)}
    notes = Notes()
    for key, value in names.items():
        notes.add("same", item(names, key, key), value)
    hold = notes.guards(None, []).hold
    assert hold()
    names["777"] = object()
    assert not hold()


@pytest.mark.parametrize(
    ("other", "read"),
    [
        (np.zeros((2, 3)), True), (np.zeros((2, 3), np.float32), False), (np.zeros((3, 2)), False), (1.0, False),
        (np.zeros((2, 3), order="F"), True), (np.zeros((2, 3)).view(np.matrix), False), ([1.0], False),
    ],
)  # fmt: skip
def test_an_array_is_read_where_it_has_the_same_type(other: Any, read: bool) -> None:
    array = np.ones((2, 3))
    names = {"A": array}
    source = HostArray(item(names, "A", "A"), concrete_type(array), np.ndarray)
    assert source.read() is array
    names["A"] = other
    assert source.read() is (other if read else None)
    del names["A"]
    assert source.read() is None


def test_guards_cost_little() -> None:
    scale = 2.0

    def helper(x: Any) -> Any:
        return x * scale

    hold = record(lambda x: np.sum(helper(np.sin(x))), (np.ones(3),), {}).guards.hold
    # a bound for a loaded machine; it is about half a microsecond
    assert min(timeit.repeat(hold, number=1000, repeat=5)) < 10e-3


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_left_as_it_was(enabled: bool) -> None:
    def refused(x: Any) -> Any:
        print(x)  # noqa: T201 (which is refused)
        return x

    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        with pytest.raises(NotRecordable):
            record(refused, (1.0,), {})
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_what_is_drawn_while_recording_is_drawn_again() -> None:
    from scipy import stats

    np.random.seed(3)  # noqa: NPY002
    expected = np.random.normal(size=2)  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    with pytest.raises(NotRecordable, match="random"):
        record(lambda x: x * stats.norm.rvs(size=5)[0], (1.0,), {})
    np.testing.assert_array_equal(np.random.normal(size=2), expected)  # noqa: NPY002


def test_threads_record_at_once() -> None:
    weights = [np.full(3, float(i)) for i in range(8)]
    found: dict[int, Any] = {}

    def program(i: int) -> Any:
        return lambda x: np.sum(np.tanh(x * weights[i])) if x[0] > 0 else x

    def work(i: int) -> None:
        for _ in range(20):
            recorded = record(program(i), (np.ones(3),), {})
            found[i] = (len(recorded.sources), recorded.value[0], recorded.guards.hold())

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i in range(8):
        assert found[i] == (1, np.sum(np.tanh(weights[i])), True)
