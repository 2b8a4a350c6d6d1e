"""Object code in memory: what it holds and reaches for is where it should be, with either linker and without LLVM."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from wengert.compiler import elf, engine, linking

ELF = pytest.mark.skipif(not elf.usable(), reason="the format is that of Linux on x86-64")
WORD = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)

# each exports `f`, an integer function of an integer
MODULES = {
    "no more than code": ("define i64 @f(i64 %x) { %y = mul i64 %x, 3\n ret i64 %y }", lambda x: 3 * x),
    "a table of constants": (
        "@table = internal constant [4 x i64] [i64 10, i64 11, i64 12, i64 13]\n"
        "define i64 @f(i64 %x) { %at = getelementptr i64, ptr @table, i64 %x\n %y = load i64, ptr %at\n ret i64 %y }",
        lambda x: 10 + x,
    ),
    "constants of a vector": (
        "define i64 @f(i64 %x) { %v = insertelement <8 x i64> poison, i64 %x, i32 0\n"
        "%w = shufflevector <8 x i64> %v, <8 x i64> poison, <8 x i32> zeroinitializer\n"
        "%p = mul <8 x i64> %w, <i64 1, i64 2, i64 3, i64 4, i64 5, i64 6, i64 7, i64 8>\n"
        "%y = call i64 @llvm.vector.reduce.add.v8i64(<8 x i64> %p)\n ret i64 %y }\n"
        "declare i64 @llvm.vector.reduce.add.v8i64(<8 x i64>)",
        lambda x: 36 * x,
    ),
    "variables": (
        "@counter = internal global i64 5\n@empty = internal global [1000 x i64] zeroinitializer, align 128\n"
        "define i64 @f(i64 %x) {\n"
        "%old = load i64, ptr @counter\n %new = add i64 %old, %x\n store i64 %new, ptr @counter\n"
        "%at = getelementptr i64, ptr @empty, i64 999\n store i64 %x, ptr %at\n %back = load i64, ptr %at\n"
        "store i64 5, ptr @counter\n %y = add i64 %new, %back\n ret i64 %y }",
        lambda x: 5 + 2 * x,
    ),
    "branches through a table": (
        "define i64 @f(i64 %x) {\n switch i64 %x, label %other ["
        + " ".join([f"i64 {k}, label %l{k}" for k in range(8)])
        + "]\n"
        + "".join([f'l{k}:\n call void asm sideeffect "nop", ""()\n ret i64 {(7 * k) % 11}\n' for k in range(8)])
        + "other:\n ret i64 -1\n}",
        lambda x: (7 * x) % 11,
    ),
    "addresses of functions in data": (
        "@table = internal constant [2 x ptr] [ptr @even, ptr @odd]\n"
        "define internal i64 @even(i64 %x) noinline { ret i64 100 }\n"
        "define internal i64 @odd(i64 %x) noinline { %y = add i64 %x, 200\n ret i64 %y }\n"
        "define i64 @f(i64 %x) { %k = and i64 %x, 1\n %at = getelementptr ptr, ptr @table, i64 %k\n"
        "%g = load ptr, ptr %at\n %y = call i64 %g(i64 %x)\n ret i64 %y }",
        lambda x: 200 + x if x & 1 else 100,
    ),
    "functions of the C library": (
        "declare i64 @labs(i64)\ndeclare void @llvm.memset.p0.i64(ptr, i8, i64, i1)\n"
        "define i64 @f(i64 %x) { %buffer = alloca [5000 x i8]\n %n = add i64 %x, 4000\n"
        "call void @llvm.memset.p0.i64(ptr %buffer, i8 1, i64 %n, i1 false)\n %minus = sub i64 0, %x\n"
        "%y = call i64 @labs(i64 %minus)\n %byte = load volatile i8, ptr %buffer\n %more = zext i8 %byte to i64\n"
        "%z = add i64 %y, %more\n ret i64 %z }",
        lambda x: abs(x) + 1,
    ),
    "data of somebody else": (
        "@number_of_a_linking_test = external global i64\n"
        "define i64 @f(i64 %x) { %n = load i64, ptr @number_of_a_linking_test\n %y = add i64 %n, %x\n ret i64 %y }",
        lambda x: 1234 + x,
    ),
    "calls among functions": (
        "define i64 @g(i64 %x) noinline { %y = add i64 %x, 1\n ret i64 %y }\n"
        "define i64 @f(i64 %x) { %a = call i64 @g(i64 %x)\n %b = call i64 @g(i64 %a)\n ret i64 %b }",
        lambda x: x + 2,
    ),
    "memory of each thread": (
        "@mine = internal thread_local global i64 3\n"
        "define i64 @f(i64 %x) { %n = load i64, ptr @mine\n %y = add i64 %n, %x\n ret i64 %y }",
        None,
    ),
}
NUMBER = ctypes.c_int64(1234)


@pytest.fixture(autouse=True)
def number():
    linking.provide("number_of_a_linking_test", ctypes.addressof(NUMBER), NUMBER)


@pytest.mark.parametrize("effort", [0, 2])
@pytest.mark.parametrize("linker", ["our own", "LLVM's"])
@pytest.mark.parametrize(
    ("text", "meaning"), [m for m in MODULES.values() if m[1]], ids=[n for n, m in MODULES.items() if m[1]]
)
def test_code_finds_what_it_reaches_for(text, meaning, linker, effort, monkeypatch):
    if linker == "LLVM's":
        monkeypatch.setattr(elf, "usable", lambda: False)
    elif not elf.usable():
        pytest.skip("the format is that of Linux on x86-64")
    code = engine.compile_module(text, effort=effort)
    assert isinstance(code._keeper, elf.Image) == (linker == "our own")
    function = WORD(code.address("f"))
    assert [function(x) for x in (0, 1, 2, 3)] == [meaning(x) for x in (0, 1, 2, 3)]


@ELF
def test_what_our_own_linker_does_not_know_is_left_to_the_other():
    text, _ = MODULES["memory of each thread"]
    try:
        code = engine.compile_module(text)
    except engine.EngineError:
        return
    assert not isinstance(code._keeper, elf.Image)


@ELF
@pytest.mark.parametrize("file", [b"", b"\x7fELF", bytes(200), b"\x7fELF\x02\x01\x01" + bytes(200)])
def test_what_is_no_object_code_is_refused(file):
    with pytest.raises(elf.UnknownFormatError):
        elf.Image(file, lambda name: None)


@ELF
def test_no_page_is_both_written_and_run():
    code = engine.compile_module(MODULES["variables"][0])
    start = code.address("f")
    for line in Path("/proc/self/maps").read_text().splitlines():
        span, rights = line.split()[:2]
        low, high = (int(end, 16) for end in span.split("-"))
        if low <= start < high:
            assert rights.startswith("r-x")
            break
    else:
        pytest.fail("the code is nowhere in the process's memory")


@ELF
def test_memory_is_given_back_with_the_code():
    def mapped():
        return len(Path("/proc/self/maps").read_text().splitlines())

    kept = [engine.compile_module(MODULES["variables"][0]) for _ in range(10)]
    before = mapped()
    del kept
    assert mapped() <= before - 10


def test_many_functions_are_exported():
    text = "\n".join([f"define i64 @f{k}(i64 %x) {{ %y = add i64 %x, {k}\n ret i64 %y }}" for k in range(50)])
    code = engine.compile_module(text)
    assert code.names == tuple([f"f{k}" for k in range(50)])
    assert [WORD(code.address(name))(1) for name in code.names] == list(range(1, 51))


@ELF
def test_code_from_the_disk_runs_without_llvm(tmp_path, monkeypatch):
    monkeypatch.setenv("WENGERT_CACHE_DIR", str(tmp_path / "cache"))
    program = """if True:
        import sys
        import numpy as np
        from wengert.compiler import linking
        linking.versions = lambda: ("of a test",)
        from wengert.compiler.entry import entry, entry_program
        from wengert.graph import concrete_type
        text = '''define i32 @kernel(ptr %inputs, ptr %outputs, ptr %arena) {
          %from = load ptr, ptr %inputs
          %value = load double, ptr %from
          %twice = fmul double %value, 2.0
          %to = load ptr, ptr %outputs
          store double %twice, ptr %to
          ret i32 0
        }'''
        code = linking.load_stored("twice")
        if code is None:
            from wengert.compiler import engine
            code = engine.compile_module(text, key="twice")
        x = np.array([21.0])
        program = entry_program(code.address("kernel"), [concrete_type(x)], [concrete_type(1.0)], keep=[code])
        call = entry(program, print)
        assert type(call) is type(len)
        print(call(x), "llvmlite" in sys.modules)
    """
    said = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120).stdout
        for _ in range(2)
    ]
    assert said == ["42.0 True\n", "42.0 False\n"]


def test_processors_are_told_apart():
    assert all(isinstance(part, str) for part in linking.versions())
    assert len(linking._processor()) >= 2
    assert np.__version__ in "".join(linking.versions())
