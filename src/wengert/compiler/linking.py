"""Object code becomes functions with addresses: freshly compiled, or from the disk, and then without LLVM.

What such code calls outside of itself it names; `provide` says where the function of a name is.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, Final, TypeVar

import numpy as np

from wengert.compiler import cache as objects
from wengert.compiler import elf

__all__ = [
    "LOCK",
    "Code",
    "EngineError",
    "address_of",
    "beside",
    "compiled",
    "disk_in_use",
    "is_stored",
    "kept",
    "load",
    "load_stored",
    "provide",
    "provide_on_demand",
    "store",
    "versions",
]

_T = TypeVar("_T")

# One lock for all of LLVM, and for whatever is made once with it. Nobody forks while it is held.
LOCK: Final = threading.RLock()
# addresses, and what must live for something to be there
_PROVIDED: Final[dict[str, tuple[int, object]]] = {}
_ON_DEMAND: Final[dict[str, Callable[[], int]]] = {}
_DISK_IN_USE: Final = threading.Event()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=LOCK.acquire, after_in_parent=LOCK.release, after_in_child=LOCK.release)


class EngineError(RuntimeError):
    """LLVM refuses a module, or a symbol that it needs is not provided."""


class Code:
    """Machine code in memory, which lives as long as this object: `address(name)` of each function that it exports.

    `seconds` says what each part of making it took ("text", "parse", "optimise", "emit", "link"), `stored` whether the
    object code came from the disk, `metadata` is what the caller wanted to be kept beside it, and `symbols` names what
    it takes from outside.
    """

    __slots__ = ("__weakref__", "_keeper", "addresses", "metadata", "object_code", "seconds", "stored", "symbols")

    def __init__(
        self, addresses: Mapping[str, int], keeper: object, object_code: bytes, symbols: Sequence[str]
    ) -> None:
        self.addresses = dict(addresses)
        self.symbols = tuple(symbols)
        self._keeper = keeper
        self.object_code = object_code
        self.seconds: dict[str, float] = {}
        self.stored = False
        self.metadata: Mapping[str, Any] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The functions that are exported."""
        return tuple(self.addresses)

    def address(self, name: str) -> int:
        """Where the function of this name begins."""
        if name not in self.addresses:
            raise EngineError(f"the compiled module exports no function {name!r}: it has {', '.join(self.names)}.")
        return self.addresses[name]

    def __repr__(self) -> str:
        return f"Code({', '.join(self.names)}: {len(self.object_code)} bytes)"


def provide(name: str, address: int, keep: object = None) -> None:
    """Let compiled modules call the function at `address` by `name`; `keep` is what must live for it to be there."""
    with LOCK:
        if _PROVIDED.setdefault(name, (address, keep))[0] != address:
            raise EngineError(f"the symbol {name!r} is provided at another address already.")


def provide_on_demand(name: str, address: Callable[[], int]) -> None:
    """Let compiled modules call a function whose address is asked for when the first of them needs it."""
    _ON_DEMAND[name] = address


def address_of(name: str) -> int | None:
    """Where the function or object of this name is: one that was provided, or one of the C library."""
    with LOCK:
        if name not in _PROVIDED and name in _ON_DEMAND:
            provide(name, _ON_DEMAND[name]())
        if name in _PROVIDED:
            return _PROVIDED[name][0]
    try:
        return ctypes.cast(getattr(_process(), name), ctypes.c_void_p).value
    except AttributeError:
        return None


@cache
def _process() -> Any:
    return ctypes.CDLL(None) if sys.platform != "win32" else ctypes.CDLL("msvcrt")


def load(object_code: bytes, exports: Sequence[str], symbols: Sequence[str] = ()) -> Code:
    """Object code linked into this process: what it exports, and the symbols that it needs."""
    with LOCK:
        missing = [name for name in symbols if address_of(name) is None]
        if missing:
            raise EngineError(f"the compiled module cannot be linked: nobody provides {', '.join(missing)}.")
        if elf.usable():
            try:
                image = elf.Image(object_code, address_of)
            except elf.UnknownFormatError:
                pass
            except (OSError, LookupError) as error:
                raise EngineError(f"the compiled module cannot be linked: {error}") from error
            else:
                return Code({name: image.symbols[name] for name in exports}, image, object_code, symbols)
        addresses, keeper = import_module("wengert.compiler.engine").linked(object_code, exports, symbols)
        return Code(addresses, keeper, object_code, symbols)


def beside(file: str) -> str:
    """The text of a file of LLVM's code, which stands beside this module."""
    with open(os.path.join(os.path.dirname(__file__), file), encoding="utf-8") as found:
        return found.read()


def compiled(text: str, effort: int | None = None) -> Code:
    """Machine code of a module that is the same in every process, from the disk where anybody uses that."""
    key = text if disk_in_use() else None
    found = load_stored(text) if key is not None else None
    if found is not None:
        return found
    code: Code = import_module("wengert.compiler.engine").compile_module(text, key=key, effort=effort)
    return code


def kept(value: _T) -> _T:
    """The value, which stays until the process ends: an interpreter that is shutting down takes modules apart while
    threads, and what others do last, may still be in the code.
    """
    ctypes.PYFUNCTYPE(None, ctypes.py_object)(("Py_IncRef", ctypes.pythonapi))(value)
    return value


def load_stored(key: str) -> Code | None:
    """The code that is kept on the disk under this key with its `metadata`; None where there is none that fits."""
    _DISK_IN_USE.set()
    found = objects.stored(_name(key))
    if found is None:
        return None
    object_code, notes = found
    try:
        code = load(object_code, notes["exports"], notes["symbols"])
        code.metadata = notes["of the caller"]
    except (EngineError, KeyError, TypeError):
        return None
    code.stored = True
    return code


def is_stored(key: str) -> bool:
    """Whether there is a file under this key, sound or not."""
    _DISK_IN_USE.set()
    return objects.holds(_name(key))


def store(key: str, code: Code, metadata: Mapping[str, Any] = MappingProxyType({})) -> None:
    """Keep code on the disk, with something of the caller's beside it: numbers, texts, bytes and containers of them."""
    notes = {"exports": code.names, "symbols": code.symbols, "of the caller": dict(metadata)}
    objects.store(_name(key), code.object_code, notes)


def disk_in_use() -> bool:
    """Whether anybody in this process has asked for code to be kept on disk."""
    return _DISK_IN_USE.is_set()


@cache
def versions() -> tuple[str, ...]:
    """What decides, beside the graph or module, which object code comes out: who makes it, for which processor."""
    return (
        objects.sources(),
        f"NumPy {np.__version__}",
        f"Python {sys.version}",
        _version("llvmlite", "_version.py"),
        _version("scipy", "version.py"),
        *_processor(),
    )


def _name(key: str) -> str:
    return objects.name(key, *versions())


def _version(package: str, file_of_version: str) -> str:
    """The version of a package, found out without loading it; llvmlite's is also that of LLVM."""
    found = find_spec(package)
    if found is None or found.origin is None:
        return "none"
    try:
        with open(os.path.join(os.path.dirname(found.origin), file_of_version), encoding="utf-8") as file:
            return file.read()
    except OSError:
        return str(import_module(package).__version__)


def _processor() -> tuple[str, ...]:
    """What tells processors apart that need different code, found out without LLVM where the system says it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            first = file.read(1 << 14).partition("\n\n")[0]
    except OSError:
        return tuple(import_module("wengert.compiler.engine").host())
    told = {"vendor_id", "cpu family", "model", "model name", "stepping", "flags", "Features", "isa"}
    told |= {"CPU implementer", "CPU architecture", "CPU variant", "CPU part"}
    lines = [line for line in first.splitlines() if line.partition(":")[0].strip() in told]
    return (platform.machine(), *lines)
