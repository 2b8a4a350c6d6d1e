"""Kernels that recordings share, in a process and through the disk: found by what decides them, and by nothing less."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from test_jit import CALLS, assert_same, filled

import wengert as wg
from wengert.compiler import cache, keeping, linking, sharing
from wengert.compiler.fingerprint import fingerprint
from wengert.compiler.portable import NotPortableError, packed, unpacked
from wengert.compiler.recording import record
from wengert.graph import OPAQUE, array_type
from wengert.tracing.index import SLOT, Index


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("WENGERT_CACHE_DIR", str(tmp_path / "cache"))
    sharing.forget()
    yield tmp_path / "cache"
    sharing.forget()


def text_of(program, *args, **named):
    recorded = record(program, args, named)
    return fingerprint(recorded.graph, recorded.steering)


X = np.arange(1.0, 7.0)
LARGE = np.zeros(1000)
OTHER = np.zeros(1000)
OTHER[777] = 5e-324
DIFFERENT = {
    "an operation": (lambda x: np.sin(x), lambda x: np.cos(x)),
    "the order of operands": (lambda x: x - 2 * x, lambda x: 2 * x - x),
    "a number": (lambda x: x * 2.0, lambda x: x * 3.0),
    "the sign of zero": (lambda x: x * 0.0, lambda x: x * -0.0),
    "the class of a number": (lambda x: x**2, lambda x: x**2.0),
    "a truth value and a number": (lambda x: x + True, lambda x: x + 1),
    "the class of a scalar": (lambda x: x * np.float64(2.0), lambda x: x * 2.0),
    "an index": (lambda x: x[1:], lambda x: x[:-1]),
    "an index and a slice": (lambda x: x[1], lambda x: x[1:2]),
    "the entries of an index": (lambda x: x[np.array([0, 2])], lambda x: x[np.array([0, 3])]),
    "an axis": (lambda x: np.sum(x.reshape(2, 3), 0), lambda x: np.sum(x.reshape(2, 3), 1)),
    "whether axes are kept": (lambda x: np.sum(x, keepdims=True), lambda x: np.sum(x)),
    "a dtype": (lambda x: x.astype(np.float32), lambda x: x.astype(np.float16)),
    "a shape": (lambda x: x.reshape(2, 3), lambda x: x.reshape(3, 2)),
    "one entry of a constant": (lambda x: x[0] + np.eye(3), lambda x: x[0] + np.eye(3)[::-1]),
    "a bit of a large constant": (
        lambda x: x[0] + np.concatenate([LARGE, LARGE]) * np.ones(2000),
        lambda x: x[0] + np.concatenate([LARGE, OTHER]) * np.ones(2000),
    ),
    "the filling of a constant": (lambda x: x[0] + np.ones(1000), lambda x: x[0] + np.full(1000, 2.0)),
    "the length of a constant": (lambda x: x[0] + np.ones(1000), lambda x: x[0] + np.ones(1001)),
    "a result": (lambda x: (x * 2, x * 3), lambda x: (x * 3, x * 2)),
    "a branch": (lambda x: x * 2 if x[0] > 0 else x, lambda x: x * 2 if x[0] < 9 else x),
    "a value that steers": (lambda x: x * int(x[1]), lambda x: x * int(x[2])),
    "a body": (
        lambda x: wg.scan(lambda c, a: (c + a, c), 0.0, x),
        lambda x: wg.scan(lambda c, a: (c - a, c), 0.0, x),
    ),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_decides_the_code_is_told_apart(name):
    one, other = DIFFERENT[name]
    texts = [text_of(one, X), text_of(other, X)]
    assert None not in texts
    assert texts[0] != texts[1]
    assert [text_of(one, X), text_of(other, X)] == texts


@pytest.mark.parametrize(
    "others", [X[:5], X.astype(np.float32), X.astype(complex), X.reshape(2, 3), 2.0, np.float64(2.0)], ids=str
)
def test_the_types_of_arguments_are_told_apart(others):
    def program(x):
        return x * 2.0

    assert text_of(program, X) != text_of(program, others)


def test_names_lines_and_captured_arrays_do_not_count():
    def one(first, scale=LARGE):
        return np.sum(np.sin(first)) * scale

    def other(second):
        total = np.sum(np.sin(second))
        return total * OTHER

    assert text_of(one, X) == text_of(other, X)


def of_users():
    own = wg.custom_rule(lambda x: np.sin(x))
    own.differential(lambda out, x: (lambda dx: dx * np.cos(x),))
    return own


@pytest.mark.parametrize("program", [of_users(), wg.value_and_grad(lambda x: np.sum(of_users()(x)))])
def test_functions_of_the_users_have_no_text(program):
    assert text_of(program, X) is None
    fast = wg.jit(program, cache=True)
    for _ in range(2):
        assert_same(fast(X), program(X))


VALUES = [
    None, True, 1, 1.0, -0.0, 1j, "text", b"bytes", Ellipsis, 1 << 90, (1, (True, 2.0), ()), [1, [2]],
    slice(None, 3, -1), np.dtype("f4"), np.float64(2.0), np.int32(7), np.bool_(True), np.arange(6.0).reshape(2, 3),
    np.zeros((0, 3), np.complex64), array_type((2, 3), np.dtype(float)), array_type((), np.dtype(float), True),
    Index((1, slice(2), SLOT), 1), OPAQUE, float, np.float32, frozenset({3, 1}),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_come_back(value):
    found = unpacked(packed(value))
    assert type(found) is type(value)
    assert repr(found) == repr(value)
    assert packed(found) == packed(value)


@pytest.mark.parametrize("value", [object(), len, np.array([None]), {1: 2}, (1, object()), np.datetime64("2001")])
def test_what_means_nothing_elsewhere_is_refused(value):
    with pytest.raises(NotPortableError):
        packed(value)


def kernels(fast):
    return [compiled.kernel for several in fast._compiled.values() for compiled in several]


def test_equal_programs_share_a_kernel_and_differ_in_what_they_capture():
    made = []
    for rate in (2.0, 2.0, 3.0):
        weights = np.full(6, rate)
        fast = wg.jit(lambda x, weights=weights: np.sum(np.exp(x) * weights))
        assert_same(fast(X), np.sum(np.exp(X) * rate))
        made += kernels(fast)
    assert made[0] is made[1] is made[2]


def test_few_kernels_are_remembered(monkeypatch):
    monkeypatch.setattr(sharing, "_REMEMBERED", 3)
    for power in range(2, 8):
        wg.jit(lambda x, power=power: np.sum(x**power))(X)
    assert len(sharing._KERNELS) == 3
    monkeypatch.setattr(sharing, "_MOST_BYTES", 10)
    wg.jit(lambda x: np.sum(x**9))(X)
    assert len(sharing._KERNELS) == 3


@pytest.mark.parametrize("name", CALLS)
def test_kernels_from_the_disk_give_the_same_bits(name):
    function, *args = CALLS[name]
    with np.errstate(all="ignore"):
        made = wg.jit(function, cache=True)
        # the call that is recorded gives what NumPy has computed on the way
        recorded = made(*args)
        first = made(*args)
        sharing.forget()
        again = wg.jit(function, cache=True)
        assert_same(again(*args), recorded)
        for _ in range(2):
            assert_same(again(*args), first, exact=True)
    assert "emit" not in again.explain()


def test_rules_that_are_used_often_record_the_same_graph(place):
    # of a length that no other test has, so that its rules are used for the first time here
    x = np.linspace(0.5, 1.0, 2039)
    for number in range(16):
        fast = wg.jit(lambda x, g: wg.vjp(filled, x)[1](g), cache=True)
        fast(x, filled(x))
        assert ("emit" in fast.explain()) == (number == 0), number
        sharing.forget()


def test_a_kernel_of_this_process_is_written_when_it_is_asked_for(place):
    wg.jit(lambda x: np.cumsum(x))(X)
    assert not place.exists()
    wg.jit(lambda x: np.cumsum(x), cache=True)(X)
    assert len(list(place.iterdir())) == 1


DAMAGE = {
    "a damaged file": lambda path, key: path.write_bytes(path.read_bytes()[:-1]),
    "no notes of a kernel": lambda path, key: cache.store(
        path.stem, cache.stored(path.stem)[0], {**cache.stored(path.stem)[1], "of the caller": {}}
    ),
    "notes of another kind": lambda path, key: cache.store(
        path.stem, cache.stored(path.stem)[0], {**cache.stored(path.stem)[1], "of the caller": {"constants": 7}}
    ),
    "no code": lambda path, key: cache.store(path.stem, b"", cache.stored(path.stem)[1]),
    "code of another format": lambda path, key: cache.store(path.stem, b"\x7fELF" * 99, cache.stored(path.stem)[1]),
    "an unknown operation": lambda path, key: cache.store(
        path.stem,
        cache.stored(path.stem)[0],
        {
            **cache.stored(path.stem)[1],
            "of the caller": {
                **cache.stored(path.stem)[1]["of the caller"],
                "fallbacks": [(0, ("no such operation", (), [], []))],
            },
        },
    ),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_what_is_no_kernel_is_ignored_and_written_again(place, damage):
    def program(x):
        return np.sort(x)[::-1] * np.exp(x)

    wg.jit(program, cache=True)(X)
    recorded = record(program, (X,), {})
    key = fingerprint(recorded.graph, recorded.steering)
    path = place / f"{linking._name(key)}.object"
    sound = path.read_bytes()
    damage(path, key)
    assert path.read_bytes() != sound
    sharing.forget()
    assert keeping.kept(key) is None
    fast = wg.jit(program, cache=True)
    assert_same(fast(X), program(X))
    assert "emit" in fast.explain()
    assert keeping.kept(key) is not None


PROGRAM = """
import sys
import numpy as np
import wengert as wg

def likelihood(t, x, y):
    K = t[0] ** 2 * np.exp(-0.5 * (x[:, None] - x) ** 2 / t[1] ** 2) + t[2] ** 2 * np.eye(len(x))
    return y @ np.linalg.solve(K, y) + np.linalg.slogdet(K)[1] + np.sum(np.sort(np.fft.fft(y).real) ** 3)

def pieces(x):
    for _ in range(30):
        x = np.where(x > 0.5, np.tanh(x), np.concatenate([x[1:], x[:1]]))
    return np.sum(x[np.array([0, 2, 2])])

x, y = np.linspace(0, 1, 40), np.cos(np.arange(40.0))
big = np.linspace(0, 1, 300 * 300).reshape(300, 300)
for program, args in ((wg.hessian(likelihood), (np.ones(3), x, y)), (wg.value_and_grad(pieces), (x,)),
                      (wg.grad(lambda A: np.sum(np.exp(A @ A))), (big / 300,)),
                      (lambda A: np.linalg.solve(A, A * 3) * np.linalg.slogdet(A)[1], (np.eye(1) * 2,)),
                      (lambda x: wg.scan(lambda c, a: (np.tanh(c + a), c * a), 0.0, x), (x,))):
    fast = wg.jit(program, cache=True)
    for result in (fast(*args), fast(*args)):
        print([np.asarray(part).tobytes().hex() for part in (result if isinstance(result, tuple) else (result,))])
    assert "left to NumPy" not in fast.explain(), fast.explain()
    assert ("emit" in fast.explain()) == (sys.argv[1] == "first"), fast.explain()
print("llvmlite" in sys.modules)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere LLVM links")
def test_another_process_needs_no_llvm(place, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(PROGRAM)
    found = []
    for number, turn in enumerate(("first", "second", "third")):
        environment = {**os.environ, "PYTHONHASHSEED": str(number + 1), "PYTHONPATH": str(Path(wg.__file__).parents[1])}
        command = [sys.executable, str(script), turn]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        found.append(done.stdout.splitlines())
    assert [lines[-1] for lines in found] == ["True", "False", "False"]
    assert found[0][:-1] == found[1][:-1] == found[2][:-1]


def test_what_is_large_is_not_kept(monkeypatch):
    def program(x):
        return np.sum(np.exp(x))

    monkeypatch.setattr(keeping, "_MOST_BYTES", 100)
    fast = wg.jit(program, cache=True)
    assert_same(fast(X), program(X))
    assert not keeping.holds(text_of(program, X))
