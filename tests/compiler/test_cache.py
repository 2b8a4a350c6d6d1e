"""Object code on disk: found again by another process, never trusted when damaged or foreign, never an error."""

from __future__ import annotations

import ctypes
import os
import stat
import subprocess
import sys
import threading

import pytest

from wengert.compiler import cache, engine, linking

TEXT = "define i32 @f() { ret i32 42 }"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="owners and modes are those of POSIX")


@pytest.fixture
def place(tmp_path, monkeypatch):
    directory = tmp_path / "made when needed" / "cache"
    monkeypatch.setenv("WENGERT_CACHE_DIR", str(directory))
    return directory


def files(place):
    return sorted(place.iterdir()) if place.exists() else []


def answer(code):
    return ctypes.CFUNCTYPE(ctypes.c_int32)(code.address("f"))()


def test_nothing_is_kept_without_a_key(place):
    engine.compile_module(TEXT)
    assert files(place) == []


def test_code_and_notes_come_back(place):
    first = engine.compile_module(TEXT, key="a key")
    linking.store("a key", first, {"shapes": [3, 4]})
    second = engine.compile_module(TEXT, key="a key")
    third = engine.load_stored("a key")
    assert [code.stored for code in (first, second, third)] == [False, True, True]
    assert second.metadata == third.metadata == {"shapes": [3, 4]}
    assert all(answer(code) == 42 for code in (first, second, third))
    assert first.object_code == third.object_code
    assert engine.load_stored("another key") is None
    assert len(files(place)) == 1


def test_another_process_finds_it(place, monkeypatch):
    monkeypatch.setattr(linking, "versions", lambda: ("of a test",))
    linking.store("a key", engine.compile_module(TEXT), {"n": 1})
    program = """if True:
        from wengert.compiler import engine, linking
        linking.versions = lambda: ("of a test",)
        code = engine.load_stored("a key")
        print(code.names, code.metadata)
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "('f',) {'n': 1}\n"


@POSIX
def test_the_directory_is_the_users_own(place):
    engine.compile_module(TEXT, key="a key")
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert stat.S_IMODE(files(place)[0].stat().st_mode) == 0o600


DAMAGE = {
    "empty": lambda content: b"",
    "cut off": lambda content: content[: len(content) // 2],
    "longer": lambda content: content + b"\0",
    "one bit of the code": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    "one bit of the notes": lambda content: content[:70] + bytes([content[70] ^ 1]) + content[71:],
    "another version": lambda content: content.replace(b"code 1", b"code 2"),
    "not ours": lambda content: b"#!/bin/sh\nexit 1\n",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_ignored_and_written_again(place, damage):
    sound = engine.compile_module(TEXT, key="a key")
    path = files(place)[0]
    content = path.read_bytes()
    path.write_bytes(damage(content))
    assert engine.load_stored("a key") is None
    again = engine.compile_module(TEXT, key="a key")
    assert not again.stored
    assert answer(again) == 42
    assert path.read_bytes() == content
    assert engine.load_stored("a key").object_code == sound.object_code


def test_a_file_under_the_name_of_another_is_ignored(place):
    engine.compile_module(TEXT, key="one")
    one = files(place)[0]
    engine.compile_module(TEXT, key="two")
    two = next(path for path in files(place) if path != one)
    two.write_bytes(one.read_bytes())
    assert engine.load_stored("two") is None
    assert engine.load_stored("one") is not None


@POSIX
@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_file_that_others_may_write_is_ignored(place, mode):
    engine.compile_module(TEXT, key="a key")
    files(place)[0].chmod(mode)
    assert engine.load_stored("a key") is None


@POSIX
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o722])
def test_a_directory_that_others_may_write_is_not_used(place, mode):
    engine.compile_module(TEXT, key="a key")
    place.chmod(mode)
    assert cache.directory() is None
    assert engine.load_stored("a key") is None
    assert answer(engine.compile_module(TEXT, key="a key")) == 42


@POSIX
def test_a_directory_or_file_of_somebody_else_is_not_used(place, monkeypatch):
    engine.compile_module(TEXT, key="a key")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert cache.directory() is None
    assert engine.load_stored("a key") is None


@POSIX
def test_a_link_in_the_place_of_the_directory_is_not_used(place, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    place.parent.mkdir()
    place.symlink_to(elsewhere)
    assert cache.directory() is None
    assert answer(engine.compile_module(TEXT, key="a key")) == 42
    assert files(elsewhere) == []


def _file_in_place(place, monkeypatch):
    place.parent.mkdir()
    place.write_bytes(b"")


def _no_space(place, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache.os, "replace", full)


def _read_only(place, monkeypatch):
    def refused(*args, **kwargs):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(cache.os, "open", refused)


@pytest.mark.parametrize("trouble", [_file_in_place, _no_space, _read_only])
def test_a_disk_in_trouble_is_no_error(place, monkeypatch, trouble):
    trouble(place, monkeypatch)
    for _ in range(2):
        code = engine.compile_module(TEXT, key="a key")
        assert answer(code) == 42
        assert not code.stored


def test_the_files_that_were_not_used_for_the_longest_time_go(place, monkeypatch):
    for k in range(8):
        cache.store(cache.name(str(k)), bytes(1000), {})
    ages = {cache.name(str(k)): 1000 * (k if k != 1 else 20) for k in range(8)}
    for path in files(place):
        os.utime(path, (ages[path.stem], ages[path.stem]))
    (place / "old.unfinished").write_bytes(b"")
    os.utime(place / "old.unfinished", (0, 0))
    (place / "a file of the user's").write_bytes(bytes(9000))
    monkeypatch.setattr(cache, "_MOST_BYTES", 7000)
    monkeypatch.setattr(cache, "_FEWEST_BYTES", 5000)
    cache._shrink(str(place))
    left = {path.stem for path in files(place) if path.suffix == ".object"}
    assert left == {cache.name(str(k)) for k in (1, 5, 6, 7)}
    assert not (place / "old.unfinished").exists()
    assert (place / "a file of the user's").exists()
    assert cache.clear() == 4


def test_a_read_makes_a_file_young(place):
    cache.store(cache.name("k"), b"code", {})
    path = files(place)[0]
    os.utime(path, (0, 0))
    assert cache.stored(cache.name("k")) == (b"code", {})
    assert path.stat().st_mtime > 0


def test_many_writers_and_readers_of_one_name_see_whole_files(place):
    name = cache.name("shared")
    seen = []

    def work(k):
        for _ in range(30):
            cache.store(name, bytes([k]) * 5000, {"writer": k})
            found = cache.stored(name)
            seen.append(found is not None and found[0] == bytes([found[1]["writer"]]) * 5000)

    workers = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(seen) == 120
    assert all(seen)
    assert [path.suffix for path in files(place)] == [".object"]


PLACES = {
    "ours first": ({"WENGERT_CACHE_DIR": "/w", "XDG_CACHE_HOME": "/x"}, "/w"),
    "then the user's": ({"XDG_CACHE_HOME": "/x"}, "/x/wengert"),
    "a relative one is no place": ({"XDG_CACHE_HOME": "x"}, "/home/of/test/.cache/wengert"),
    "then the usual": ({}, "/home/of/test/.cache/wengert"),
}


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the places of Linux")
@pytest.mark.parametrize(("environment", "expected"), PLACES.values(), ids=PLACES)
def test_the_place_is_the_one_that_the_user_chose(monkeypatch, environment, expected):
    for name in ("WENGERT_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/of/test")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cache._place() == expected


def test_whatever_decides_the_code_is_part_of_its_name(place, monkeypatch):
    engine.compile_module(TEXT, key="a key")
    for k in range(len(linking.versions())):
        others = [*linking.versions()]
        others[k] += "'"
        monkeypatch.setattr(linking, "versions", lambda others=others: tuple(others))
        assert engine.load_stored("a key") is None
        monkeypatch.undo()
        monkeypatch.setenv("WENGERT_CACHE_DIR", str(place))
    assert engine.load_stored("a key") is not None


def test_a_process_whose_files_were_changed_shares_nothing(place, monkeypatch):
    before = cache.sources.__wrapped__()
    assert before == cache.sources.__wrapped__()
    for loaded in (1.0, 2.0):
        monkeypatch.setattr(cache, "_LOADED", loaded)
        assert cache.sources.__wrapped__() not in (before, cache.sources())
        before = cache.sources.__wrapped__()
