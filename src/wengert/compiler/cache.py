"""Object code kept on disk between processes, in a directory of the user's own.

A file holds a checksum, what the caller noted beside the code, and the code; its name is a digest of everything that
decides what the code is. A file that is damaged, or that somebody else could have written, counts as missing and is
written again. Nothing here raises for a directory that cannot be made, read or written: then nothing is kept.
"""
# Every process that finds its code here runs this first: pathlib, tempfile and OpenSSL would take longer than the rest.

from __future__ import annotations

import contextlib
import itertools
import marshal
import os
import stat
import sys
import time
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

try:
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

__all__ = ["clear", "digest", "directory", "holds", "name", "sources", "store", "stored"]

_SUFFIX: Final = ".object"
_UNFINISHED: Final = ".unfinished"
_BEGINNING: Final = b"wengert object code 1\n"
_DIGEST_BYTES: Final = 32
_LENGTH_BYTES: Final = 8

# When the files take more than the first, the oldest go until the rest takes less than the second.
_MOST_BYTES: Final = 256 << 20
_FEWEST_BYTES: Final = 192 << 20
# The directory is looked through at the first file that a process writes, and at every so many after it.
_LOOKED_THROUGH_EVERY: Final = 16
# Seconds after which a file that was never finished is left over from a process that died.
_ABANDONED: Final = 3600.0

_LOADED: Final = time.time()
_writes: Final = itertools.count()


def name(*decisive: str) -> str:
    """The name under which code is kept: a digest of everything that decides what it is."""
    return digest(repr(decisive).encode())


def digest(content: Any) -> str:
    """A short text that no other bytes, or contiguous array of bytes, have."""
    return blake2b(content, digest_size=_DIGEST_BYTES).hexdigest()


@cache
def sources() -> str:
    """A digest of the state of Wengert's own files, so that a change in them never meets code from before.

    Where one was changed under a running process, what that process compiles is of no use to another.
    """
    states = list(_states(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    changed = max([state.st_mtime for _, state in states]) > _LOADED
    return name(*[f"{file} {state.st_size} {state.st_mtime_ns}" for file, state in states], str(_LOADED * changed))


def _states(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """The files of a package with their states: to read all of them would take ten times as long."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _states(entry.path)
            elif entry.name.endswith((".py", ".ll")):
                yield entry.name, entry.stat()


def directory() -> str | None:
    """Where the files are: `$WENGERT_CACHE_DIR`, or `wengert` among the user's caches; None where it is not safe.

    It is made where it is missing. It must belong to the user, and nobody else may write in it.
    """
    place = _place()
    try:
        if not os.path.isdir(place):
            os.makedirs(os.path.dirname(place), exist_ok=True)
            os.mkdir(place, 0o700)
    except FileExistsError:
        pass  # another process was faster, or it is no directory
    except OSError:
        return None
    try:
        state = os.lstat(place)
    except OSError:
        return None
    return place if stat.S_ISDIR(state.st_mode) and _own(state) else None


def stored(key: str) -> tuple[bytes, dict[str, Any]] | None:
    """The object code and the notes that are kept under a name, or None."""
    place = directory()
    if place is None:
        return None
    path = os.path.join(place, key + _SUFFIX)
    try:
        with open(path, "rb") as file:
            state = os.fstat(file.fileno())
            content = file.read() if stat.S_ISREG(state.st_mode) and _own(state) else b""
            found = _unpacked(key, content)
    except (OSError, ValueError, EOFError, TypeError):
        return None
    if found is not None:
        # the time of a file is that of its last use
        with contextlib.suppress(OSError):
            os.utime(path)
    return found


def holds(key: str) -> bool:
    """Whether there is a file under a name, which may be damaged."""
    place = directory()
    return place is not None and os.path.exists(os.path.join(place, key + _SUFFIX))


def store(key: str, object_code: bytes, notes: Mapping[str, Any]) -> bool:
    """Keep object code under a name, with notes; whether that succeeded.

    The notes may hold numbers, strings, bytes, tuples, lists and dictionaries.
    """
    content = _packed(key, object_code, notes)
    place = directory()
    if place is None:
        return False
    path = os.path.join(place, key + _SUFFIX)
    unfinished = os.path.join(place, f"{os.getpid()}-{os.urandom(8).hex()}{_UNFINISHED}")
    try:
        try:
            with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
            # in one step, so that another process reads the old file or the new one, and never a half
            os.replace(unfinished, path)
        except OSError:
            _removed(unfinished)
            raise
        if next(_writes) % _LOOKED_THROUGH_EVERY == 0:
            _shrink(place)
    except OSError:
        return False
    return True


def clear() -> int:
    """Remove all files of the cache; how many there were."""
    place = directory()
    return sum([_removed(path) for path, _ in _files(place)]) if place is not None else 0


def _place() -> str:
    chosen = os.environ.get("WENGERT_CACHE_DIR")
    if chosen:
        return os.path.abspath(chosen)
    caches = os.environ.get("XDG_CACHE_HOME", "")
    # a relative path there is to be ignored, says the convention
    if os.path.isabs(caches):
        return os.path.join(caches, "wengert")
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or os.path.expanduser(os.path.join("~", "AppData", "Local"))
        return os.path.join(local, "wengert", "Cache")
    return os.path.join(os.path.expanduser("~/Library/Caches" if sys.platform == "darwin" else "~/.cache"), "wengert")


def _own(state: os.stat_result) -> bool:
    """Whether what this is the state of belongs to the user, and nobody else may write to it."""
    if sys.platform == "win32":
        return True  # a profile's directories are closed to others by their access lists
    return state.st_uid == os.geteuid() and not state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _packed(key: str, object_code: bytes, notes: Mapping[str, Any]) -> bytes:
    written = marshal.dumps(dict(notes))
    content = len(written).to_bytes(_LENGTH_BYTES, "little") + written + object_code
    return _BEGINNING + _checksum(key, content) + content


def _unpacked(key: str, file: bytes) -> tuple[bytes, dict[str, Any]] | None:
    checksum_at = len(_BEGINNING)
    content = file[checksum_at + _DIGEST_BYTES :]
    if not file.startswith(_BEGINNING) or file[checksum_at : checksum_at + _DIGEST_BYTES] != _checksum(key, content):
        return None
    code_at = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "little")
    return content[code_at:], marshal.loads(content[_LENGTH_BYTES:code_at])


def _checksum(key: str, content: bytes) -> bytes:
    """Also of the name, so that a file in the place of another is found out."""
    return blake2b(content, key=key.encode()[:64], digest_size=_DIGEST_BYTES).digest()


def _files(place: str) -> Iterator[tuple[str, os.stat_result]]:
    """The cache's own files in the directory, and their states."""
    with contextlib.suppress(OSError), os.scandir(place) as entries:
        for entry in entries:
            if entry.name.endswith((_SUFFIX, _UNFINISHED)):
                with contextlib.suppress(OSError):
                    yield entry.path, entry.stat(follow_symlinks=False)


def _shrink(place: str) -> None:
    """Remove what was left unfinished, and the files that were not used for the longest time if all take too much."""
    kept = []
    now = time.time()
    for path, state in list(_files(place)):
        if path.endswith(_SUFFIX):
            kept.append((state.st_mtime_ns, state.st_size, path))
        elif now - state.st_mtime > _ABANDONED:
            _removed(path)
    total = sum([size for _, size, _ in kept])
    if total <= _MOST_BYTES:
        return
    for _, size, path in sorted(kept):
        total -= size * _removed(path)
        if total <= _FEWEST_BYTES:
            return


def _removed(path: str) -> bool:
    try:
        os.unlink(path)
    except OSError:
        return False
    return True
