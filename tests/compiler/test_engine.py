"""LLVM modules become code that can be called, from any thread, and what LLVM refuses is refused in plain words."""

from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from llvmlite import ir

from wengert.compiler import engine

DOUBLE = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)
CALLING = "declare i32 @{name}()\ndefine i32 @f() {{ %a = call i32 @{name}()\n ret i32 %a }}"
PROGRAMS = {
    "polynomial": ("%a = fmul double %x, %x\n %y = fadd double %a, 1.0", lambda x: x * x + 1),
    "internal function, inlined": ("%y = call double @halved(double %x)", lambda x: x / 2),
    "constant of four lanes": (
        "%v = insertelement <4 x double> splat (double 0x4008000000000000), double %x, i32 2\n"
        " %w = fmul <4 x double> %v, <double 1.0, double 2.0, double 5.0, double 4.0>\n"
        " %y = extractelement <4 x double> %w, i32 2",
        lambda x: 5 * x,
    ),
    "the C library": ("%y = call double @cos(double %x)", np.cos),
}
TEXT = """declare double @cos(double)
define internal double @halved(double %x) alwaysinline {{ %y = fmul double %x, 0.5\n ret double %y }}
define double @f(double %x) {{\n {body}\n ret double %y\n}}
"""


@pytest.mark.parametrize("effort", [None, 0, 1, 2, 3])
@pytest.mark.parametrize(("body", "meaning"), PROGRAMS.values(), ids=PROGRAMS)
def test_code_computes_what_the_module_says(body, meaning, effort):
    code = engine.compile_module(TEXT.format(body=body), effort=effort)
    assert code.names == ("f",)
    assert DOUBLE(code.address("f"))(0.75) == pytest.approx(float(meaning(0.75)), rel=1e-15)
    assert set(code.seconds) == {"text", "parse", "optimise", "emit", "link"}
    assert not code.stored
    again = engine.load(code.object_code, code.names, ["cos"])
    assert DOUBLE(again.address("f"))(0.75) == DOUBLE(code.address("f"))(0.75)


def test_a_module_of_llvmlite_is_taken_as_it_is():
    module = ir.Module("m")
    function = ir.Function(module, ir.FunctionType(ir.DoubleType(), [ir.DoubleType()]), "twice")
    builder = ir.IRBuilder(function.append_basic_block())
    builder.ret(builder.fadd(*function.args * 2))
    assert DOUBLE(engine.compile_module(module).address("twice"))(1.5) == 3.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("define i32 @f() { ret i64 4 }", "LLVM refuses the module"),
        ("define i32 @f() {\nentry:\n br label %next\nnext:\n br label %entry\n}", "LLVM refuses the module"),
        (
            "declare i32 @nobody_has_it()\ndefine i32 @f() { %a = call i32 @nobody_has_it()\n ret i32 %a }",
            "nobody_has_it",
        ),
    ],
)
def test_what_llvm_refuses_is_an_error_of_ours(text, said):
    with pytest.raises(engine.EngineError, match=said):
        engine.compile_module(text)


def test_a_name_that_is_not_exported_is_named():
    with pytest.raises(engine.EngineError, match="exports no function 'g': it has f"):
        engine.compile_module("define i32 @f() { ret i32 1 }").address("g")


def test_symbols_are_provided_by_name_once_and_for_all():
    answer = ctypes.CFUNCTYPE(ctypes.c_int32)(lambda: 42)
    address = ctypes.cast(answer, ctypes.c_void_p).value
    asked = []

    def on_demand():
        asked.append(1)
        return address

    engine.provide("the_answer_of_a_test", address, answer)
    engine.provide("the_answer_of_a_test", address, answer)
    engine.provide_on_demand("the_late_answer_of_a_test", on_demand)
    with pytest.raises(engine.EngineError, match="another address"):
        engine.provide("the_answer_of_a_test", address + 1)
    for name in ("the_answer_of_a_test", "the_late_answer_of_a_test", "the_late_answer_of_a_test"):
        code = engine.compile_module(
            f"declare i32 @{name}()\ndefine i32 @f() {{ %a = call i32 @{name}()\n ret i32 %a }}"
        )
        assert ctypes.CFUNCTYPE(ctypes.c_int32)(code.address("f"))() == 42
    assert asked == [1]


def test_threads_compile_at_once():
    results = {}

    def work(k):
        code = engine.compile_module(f"define i32 @f() {{ ret i32 {k} }}")
        results[k] = ctypes.CFUNCTYPE(ctypes.c_int32)(code.address("f"))()

    workers = [threading.Thread(target=work, args=(k,)) for k in range(12)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert results == {k: k for k in range(12)}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_of_fork_compiles_while_its_parent_does():
    program = """if True:
        import os, threading
        from wengert.compiler import engine
        stop = threading.Event()
        def keep_compiling():
            while not stop.is_set():
                engine.compile_module("define i32 @f() { ret i32 1 }")
        worker = threading.Thread(target=keep_compiling)
        worker.start()
        for _ in range(5):
            child = os.fork()
            if not child:
                engine.compile_module("define i32 @g() { ret i32 2 }")
                os._exit(7)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        stop.set()
        worker.join()
    """
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, timeout=120)


def test_code_is_given_back_with_its_object():
    resident = []
    for _ in range(3):
        for k in range(40):
            engine.compile_module(f"define i32 @f() {{ ret i32 {k} }}")
        gc.collect()
        resident.append(_mappings())
    assert resident[2] <= resident[1] + 10


def _mappings():
    try:
        with open("/proc/self/maps") as file:  # noqa: PTH123  (no path of a file: a view of the process)
            return len(file.readlines())
    except OSError:
        pytest.skip("the system does not list a process's memory")


def test_the_host_is_described():
    assert engine.vector_width() in (2, 4, 8)
    assert isinstance(engine.has_fma(), bool)
    assert all(engine.host())
