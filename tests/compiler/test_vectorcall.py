"""Objects that the interpreter calls by machine code: whatever is done with one goes as with any object of Python's."""

from __future__ import annotations

import copy
import functools
import gc
import inspect
import pickle
import platform
import re
import sys
import sysconfig
import threading
import tracemalloc
import weakref

import numpy as np
import pytest

import wengert as wg
from wengert.api.jit import Jitted
from wengert.compiler import calling, engine, improving, interior, vectorcall
from wengert.compiler.calling import Object, Output, Program, Step
from wengert.compiler.vectorcall import call_directly, directly_callable


@directly_callable
class Called:
    """What is called here."""

    __slots__ = ("__call__", "__dict__", "__weakref__")

    def __init__(self, function=None):
        if function is not None:
            self.__call__ = function
        call_directly(self)


class Silent(Called):
    """A subclass as it comes."""


class Answering(Called):
    """One that answers by itself."""

    def __call__(self, *args, **kwargs):
        return "answered", args, kwargs


class Late(Called):
    """One that gets its answer later."""


Late.__call__ = Answering.__call__


def entry(miss):
    """An entry which adds one to a float."""
    code = calling._machine().code
    program = Program(code.address("wengert_trial"), 1, (), 1, [Output("NEW_FLOAT", np.dtype(float), ())], 0, False, 1)
    program.steps, program.building = [Step("SCALAR", 0, Object(float))], [Step("MOVE_OUTPUT", 0)]
    return calling.callable_of(program, miss, {})


def told(*args, **kwargs):
    return args, kwargs


def square(x: float, *, offset: float = 0.0) -> float:
    """The square."""
    return x**2 + offset


natively = pytest.mark.skipif(not calling.supported(), reason="machine code does not know these objects")


def test_it_is_used_where_it_can_be():
    usual = platform.python_implementation() == "CPython" and not sysconfig.get_config_var("Py_GIL_DISABLED")
    if usual and sys.maxsize > 2**32 and not hasattr(sys, "gettotalrefcount"):
        assert vectorcall.supported()
        assert len(Called.__mro__) == 3
        assert vectorcall._word(Called(told), vectorcall._PLACES[Called]).value == calling.object_call()


@natively
@pytest.mark.parametrize("kind", [Called, Silent])
@pytest.mark.parametrize("served", [entry(told), told, max, "text".count], ids=["entry", "function", "other", "method"])
def test_the_slot_is_called_with_the_very_arguments(kind, served):
    value = kind(served)
    for args, kwargs in (
        ((), {}),
        ((1.5,), {}),
        ((1,), {}),
        ((1.5, 2), {}),
        ((1.5,), {"x": 1}),
        ((), {"a": 1, "b": []}),
    ):
        try:
            expected = served(*args, **kwargs)
        except TypeError as error:
            with pytest.raises(TypeError, match=re.escape(str(error))):
                value(*args, **kwargs)
        else:
            # the ways on which an interpreter comes to an object
            assert value(*args, **kwargs) == expected
            assert value.__call__(*args, **kwargs) == expected
            assert functools.partial(value, *args, **kwargs)() == expected
            if len(args) == 1 and not kwargs:
                assert [value(args[0]), *map(value, args)] == [expected] * 2


@natively
@pytest.mark.parametrize("kind", [Answering, Late])
def test_a_subclass_answers_by_itself(kind):
    value = kind()
    assert value(1.5, x=2) == ("answered", (1.5,), {"x": 2})
    assert [*map(value, [1.5])] == [("answered", (1.5,), {})]


@natively
def test_a_slot_without_anything_is_told_as_by_python():
    class Plain:
        __slots__ = ("__call__",)

    for value in (Called(), Called(told)):
        if hasattr(value, "__call__"):  # noqa: B004 (the slot is looked at, and not the class)
            del value.__call__
        for called in (value, Plain()):
            with pytest.raises(AttributeError, match="__call__"):
                called(1.5)
        value.__call__ = told
        assert value(1.5) == ((1.5,), {})


@natively
def test_errors_are_passed_on():
    def failing(*args):
        raise ZeroDivisionError("on purpose")

    for served in (failing, entry(failing)):
        with pytest.raises(ZeroDivisionError, match="on purpose"):
            Called(served)("text")


@natively
def test_what_is_called_lives_until_it_is_done():
    """It may exchange itself, and be given up with the object, while it runs."""
    owner = {}

    def exchanged(*args):
        owner["it"].__call__ = told
        gc.collect()
        return args

    def given_up(*args):
        owner.clear()
        gc.collect()
        return args

    for miss in (exchanged, given_up):
        for make in (entry, lambda function: lambda *args: function(*args)):
            owner["it"] = Called(make(miss))
            assert owner["it"]("text") == ("text",)
            assert owner.get("it", told)("text") == (("text",), {})


@natively
def test_threads_may_exchange_what_others_call():
    value = Called(entry(told))
    wrong, done = [], threading.Event()

    def call():
        while not done.is_set():
            found = value(1.5)
            if found not in (2.5, ((1.5,), {})):
                wrong.append(found)

    workers = [threading.Thread(target=call) for _ in range(3)]
    for worker in workers:
        worker.start()
    for number in range(2000):
        value.__call__ = entry(told) if number % 3 else told
    done.set()
    for worker in workers:
        worker.join()
    assert not wrong


@natively
def test_entries_and_objects_run_better_code_once_it_is_made():
    improving.settle()
    machine = calling._machine()
    made = entry(told)
    value, code = Called(made), machine.code
    machine.take(engine.compile_module(calling._text(), effort=0))
    try:
        for called in (made, value, Called(made)):
            assert called(1.5) == 2.5
            assert called("text") == (("text",), {})
        assert machine.call.call == machine.code.address("wengert_call") != code.address("wengert_call")
    finally:
        machine.take(code)
    assert value(1.5) == 2.5


@natively
@pytest.mark.parametrize("argument", [1.5, "text that does not fit"])
def test_no_object_is_kept_or_lost(argument):
    served = entry(told)
    value = Called(served)
    watched = [argument, served, value, told, Called]
    calls = 100_000
    for _ in range(100):
        value(argument)
    improving.settle()  # the thread that makes better code takes memory of its own
    gc.collect()
    before = [sys.getrefcount(one) for one in watched]
    tracemalloc.start()
    try:
        first = tracemalloc.get_traced_memory()[0]
        for _ in range(calls):
            value(argument)
        gc.collect()
        # The smallest object takes 16 bytes; other parts of the process may keep some, but not with each call.
        assert tracemalloc.get_traced_memory()[0] - first < calls
    finally:
        tracemalloc.stop()
    assert [sys.getrefcount(one) for one in watched] == before


def test_an_object_is_given_back_with_all_that_it_holds():
    class Kept:
        pass

    kinds = [Called, Silent, Answering]
    gc.collect()
    before = [sys.getrefcount(kind) for kind in kinds]
    for kind in kinds:
        value, kept = kind(told), Kept()
        value.itself, value.kept = value, kept
        held, gone = weakref.ref(kept), weakref.ref(value)
        del value, kept
        gc.collect()
        assert held() is None
        assert gone() is None
    del kind
    assert [sys.getrefcount(kind) for kind in kinds] == before


def test_a_class_keeps_its_name_and_its_text():
    assert (Called.__name__, Called.__qualname__, Called.__module__) == ("Called", "Called", __name__)
    assert Called.__doc__ == "What is called here."
    assert str(inspect.signature(Called)) == "(function=None)"
    assert pickle.loads(pickle.dumps(Called)) is Called


def refusing(*args):
    raise SystemError("no such class.")


UNKNOWN = {
    "another interpreter": (interior, "known", lambda: False),
    "other places": (interior, "layout", lambda: {"header": 24}),
    "no such classes": (vectorcall, "_new_class", lambda: refusing),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_class_stays_itself_where_its_objects_are_not_known(name, monkeypatch):
    monkeypatch.setattr(*UNKNOWN[name])

    class Plain:
        __slots__ = ("__call__", "__dict__")

    assert directly_callable(Plain) is Plain
    value = Plain()
    value.__call__ = told
    call_directly(value)
    assert value(1, x=2) == ((1,), {"x": 2})


def test_an_interpreter_whose_entries_look_otherwise_is_noticed(monkeypatch):
    if not calling.supported():
        pytest.skip("machine code does not know these objects")
    assert calling._is_entry(entry(told))
    assert not calling._is_entry(max)
    assert not calling._is_entry(told)
    monkeypatch.setattr(calling, "_is_entry", lambda value: False)
    assert not calling.trial()


def twice(x):
    return 2.0 * x


# asked of a compiled function, and of the function: the answers agree
ASKED = {
    "value": lambda f: f(1.5),
    "array": lambda f: f(np.arange(3.0)).tolist(),
    "another type": lambda f: (f(2), type(f(2))),
    "a float's subclass": lambda f: float(f(type("Float", (float,), {})(1.5))),
    "named": lambda f: f(x=1.5),
    "NaN": lambda f: repr(f(float("nan"))),
    "loud": lambda f: np.errstate(all="raise")(f)(1.5),
    "derivative": lambda f: wg.grad(f)(1.5),
    "derivative of its machine code": lambda f: wg.jit(wg.grad(f))(1.5),
    "mapped": lambda f: [*map(f, [1.5, 2, np.float64(3)])],
    "method": lambda f: type("Owner", (float,), {"double": f})(1.5).double(),
    "sorted by": lambda f: sorted([2.0, 1.0], key=f),
    "name": lambda f: (f.__name__, f.__doc__, f.__module__, f.__qualname__),
    "signature": lambda f: str(inspect.signature(f)),
    "unwrapped": lambda f: inspect.unwrap(f).__name__,
    "copied": lambda f: copy.copy(f)(1.5) + copy.deepcopy(f)(1.5),
    "pickled": lambda f: pickle.loads(pickle.dumps(f))(1.5),
    "referred to": lambda f: weakref.ref(f)() is f,
    "callable": callable,
    "hashed": lambda f: {f: 1}[f],
}


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_a_compiled_function_answers_like_the_function(asked):
    jitted = wg.jit(twice)
    for _ in range(3):
        assert asked(jitted) == asked(twice)
        jitted(1.5)


def test_compiled_functions_are_of_one_class():
    jitted = wg.jit(square)
    assert type(jitted) is Jitted
    assert isinstance(jitted, Jitted)
    assert jitted(3.0, offset=1.0) == 10.0
    again = pickle.loads(pickle.dumps(jitted))
    assert type(again) is Jitted
    assert again(3.0) == 9.0
    if vectorcall.supported():
        assert vectorcall._word(jitted, vectorcall._PLACES[Jitted]).value == calling.object_call()
