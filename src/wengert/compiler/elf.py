"""Object code in the format ELF for x86-64, brought into memory: what LLVM's own linker does, in a fraction of its time
and without LLVM, which a process that finds its code on the disk need not load.

The numbers are those of the System V ABI: "ELF-64 Object File Format" and "System V ABI, AMD64 Architecture Processor
Supplement", table 4.10.
"""

from __future__ import annotations

import ctypes
import mmap
import platform
import sys
from collections.abc import Callable
from typing import Any, Final

import numpy as np

__all__ = ["Image", "UnknownFormatError", "usable"]

_SECTION: Final = np.dtype(
    [
        *(("name", "u4"), ("kind", "u4"), ("flags", "u8"), ("address", "u8"), ("offset", "u8"), ("size", "u8")),
        *(("link", "u4"), ("info", "u4"), ("alignment", "u8"), ("entry", "u8")),
    ]
)
_SYMBOL: Final = np.dtype(
    [("name", "u4"), ("info", "u1"), ("other", "u1"), ("section", "u2"), ("value", "u8"), ("size", "u8")]
)
_RELOCATION: Final = np.dtype([("offset", "u8"), ("kind", "u4"), ("symbol", "u4"), ("addend", "i8")])

_TABLE_OF_SYMBOLS, _RELOCATIONS, _NOTHING_IN_THE_FILE, _UNWINDING = 2, 4, 8, 0x70000001
_WRITABLE, _IN_MEMORY, _CODE, _PER_THREAD = 1, 2, 4, 0x400
_UNDEFINED, _FIRST_RESERVED = 0, 0xFF00

# Relocations: the address itself, its distance, that of a jump to it, that of a word that holds it.
_ADDRESS, _DISTANCE, _JUMP, _WORDS, _LONG_DISTANCE = 1, 2, 4, (9, 41, 42), 24

# jmp [rip + 0], followed by the address
_LONG_JUMP: Final = bytes([0xFF, 0x25, 0, 0, 0, 0])
_LONG_JUMP_BYTES: Final = 16
_HEADER_BYTES: Final = 64
_MAGIC: Final = b"\x7fELF\x02\x01\x01"


class UnknownFormatError(Exception):
    """Object code of another kind than this module knows."""


def usable() -> bool:
    """Whether this system runs such code."""
    return sys.platform == "linux" and platform.machine() == "x86_64" and ctypes.sizeof(ctypes.c_void_p) == 8


class Image:
    """Object code in memory, for as long as this object lives: its `symbols` are the addresses by name.

    `find` gives the address of a symbol that is not in the object code, or None.
    """

    def __init__(self, file: bytes, find: Callable[[str], int | None]) -> None:
        self._file = file
        if file[: len(_MAGIC)] != _MAGIC or len(file) < _HEADER_BYTES:
            raise UnknownFormatError("it is no ELF file of 64 bits")
        kind, machine = np.frombuffer(file, "u2", 2, 16)
        if (kind, machine) != (1, 62):
            raise UnknownFormatError("it is no relocatable file for x86-64")
        at = int.from_bytes(file[0x28:0x30], "little")
        self._sections = np.frombuffer(file, _SECTION, int.from_bytes(file[0x3C:0x3E], "little"), at)
        self._read_symbols()
        self._relocations = [
            (int(section["info"]), self._table(section, _RELOCATION))
            for section in self._sections
            if section["kind"] == _RELOCATIONS and self._is_loaded(self._sections[section["info"]])
        ]
        self._lay_out()
        self._fill(find)

    def _table(self, section: Any, dtype: np.dtype[Any]) -> Any:
        return np.frombuffer(self._file, dtype, int(section["size"]) // dtype.itemsize, int(section["offset"]))

    def _read_symbols(self) -> None:
        table = self._sections[self._sections["kind"] == _TABLE_OF_SYMBOLS][0]
        self._symbols = self._table(table, _SYMBOL)
        texts = int(self._sections[table["link"]]["offset"])
        self._names = [
            self._file[texts + name : self._file.index(b"\0", texts + name)].decode()
            for name in self._symbols["name"].tolist()
        ]

    @staticmethod
    def _is_loaded(section: Any) -> bool:
        return bool(section["flags"] & _IN_MEMORY) and section["kind"] != _UNWINDING

    def _lay_out(self) -> None:
        """Places for the sections: code and the jumps out of it, what is read only, what is written, in whole pages."""
        flags = self._sections["flags"]
        if (flags & _PER_THREAD).any():
            raise UnknownFormatError("it has memory of threads")
        loaded = [k for k, section in enumerate(self._sections) if self._is_loaded(section)]
        groups = ([k for k in loaded if flags[k] & _CODE], [k for k in loaded if not flags[k] & (_CODE | _WRITABLE)])
        places = np.zeros(len(self._sections), np.int64)
        at = self._placed(groups[0], 0, places)
        self._jumps = -(-at // _LONG_JUMP_BYTES) * _LONG_JUMP_BYTES
        self._read_only = _page(self._jumps + _LONG_JUMP_BYTES * len(self._symbols))
        at = self._placed(groups[1], self._read_only, places)
        self._words = -(-at // 8) * 8
        self._written = _page(self._words + 8 * len(self._symbols))
        at = self._placed([k for k in loaded if flags[k] & _WRITABLE], self._written, places)
        self._places, self._loaded, self._bytes = places, loaded, _page(at + 1)

    def _placed(self, group: list[int], at: int, places: Any) -> int:
        for k in group:
            alignment = max(int(self._sections[k]["alignment"]), 1)
            places[k] = at = -(-at // alignment) * alignment
            at += int(self._sections[k]["size"])
        return at

    def _fill(self, find: Callable[[str], int | None]) -> None:
        self._memory = mmap.mmap(-1, self._bytes, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        content = np.frombuffer(self._memory, np.uint8)
        base = int(content.ctypes.data)
        for k in self._loaded:
            section, place = self._sections[k], int(self._places[k])
            if section["kind"] != _NOTHING_IN_THE_FILE:
                size = int(section["size"])
                content[place : place + size] = np.frombuffer(self._file, np.uint8, size, int(section["offset"]))
        addresses = self._addresses(base, find)
        for k, relocations in self._relocations:
            self._relocate(content, base, int(self._places[k]), relocations, addresses)
        seen_outside = (self._symbols["info"] >> 4 != 0) & (self._symbols["section"] != _UNDEFINED)
        self.symbols = {self._names[k]: int(addresses[k]) for k in np.flatnonzero(seen_outside)}
        self._protect(base)
        del self._file, self._sections, self._symbols, self._relocations

    def _addresses(self, base: int, find: Callable[[str], int | None]) -> Any:
        """Where each symbol is; what is not here must be found outside."""
        sections = self._symbols["section"]
        if (sections >= _FIRST_RESERVED).any():
            # the name of the source file, which is no address
            sections = np.where((self._symbols["info"] & 15) == 4, 0, sections)
            if (sections >= _FIRST_RESERVED).any():
                raise UnknownFormatError("it has symbols without a section")
        addresses = base + self._places[sections] + self._symbols["value"].astype(np.int64)
        for k in np.flatnonzero((sections == _UNDEFINED) & (self._symbols["name"] != 0)):
            if (self._symbols["info"][k] & 15) != 4:
                found = find(self._names[k])
                if found is None:
                    raise LookupError(self._names[k])
                addresses[k] = found
        return addresses

    def _relocate(self, content: Any, base: int, place: int, relocations: Any, addresses: Any) -> None:
        kinds, symbols = relocations["kind"], relocations["symbol"]
        at = place + relocations["offset"].astype(np.int64)
        targets, addends = addresses[symbols], relocations["addend"]
        outside = self._symbols["section"][symbols] == _UNDEFINED
        through_word = np.isin(kinds, _WORDS)
        if through_word.any():
            words = self._words + 8 * symbols[through_word].astype(np.int64)
            _write(content, words, targets[through_word], 8)
            targets[through_word] = base + words
        jumps = (kinds == _JUMP) & outside
        if jumps.any():
            stubs = self._jumps + _LONG_JUMP_BYTES * symbols[jumps].astype(np.int64)
            content[stubs[:, None] + np.arange(len(_LONG_JUMP))] = np.frombuffer(_LONG_JUMP, np.uint8)
            _write(content, stubs + len(_LONG_JUMP), targets[jumps], 8)
            targets[jumps] = base + stubs
        if ((kinds == _DISTANCE) & outside).any():
            raise UnknownFormatError("it reaches for data of others directly")
        values = targets + addends
        whole, long_distance = kinds == _ADDRESS, kinds == _LONG_DISTANCE
        short = (kinds == _DISTANCE) | (kinds == _JUMP) | through_word
        if not (whole | long_distance | short).all():
            raise UnknownFormatError(f"it has relocations of the kinds {sorted(set(kinds.tolist()))}")
        distances = values - (base + at)
        if (distances[short] != distances[short].astype(np.int32)).any():
            raise UnknownFormatError("it reaches too far")
        _write(content, at[whole], values[whole], 8)
        _write(content, at[long_distance], distances[long_distance], 8)
        _write(content, at[short], distances[short], 4)

    def _protect(self, base: int) -> None:
        """No page is both written and run."""
        protect = ctypes.CDLL(None, use_errno=True).mprotect
        protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        for start, stop, rights in (
            (0, self._read_only, mmap.PROT_READ | mmap.PROT_EXEC),
            (self._read_only, self._written, mmap.PROT_READ),
        ):
            if protect(base + start, stop - start, rights) != 0:
                raise OSError(ctypes.get_errno(), "the system does not let code be made while a program runs")


def _page(size: int) -> int:
    return -(-size // mmap.PAGESIZE) * mmap.PAGESIZE


def _write(content: Any, at: Any, values: Any, size: int) -> None:
    """Write numbers of `size` bytes to places that need not be aligned."""
    if len(at):
        numbers = values.astype(f"<i{size}").view(np.uint8).reshape(len(at), size)
        content[at[:, None] + np.arange(size)] = numbers
