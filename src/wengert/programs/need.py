"""Whether a function needs Wengert's names at all, by a look at its code.

Most numerical functions do not: NumPy's protocols hand traced values to Wengert. Those that make arrays, build lists or
ask for plain numbers do.
"""

from __future__ import annotations

import dis
from functools import lru_cache
from types import CodeType
from typing import Final, NamedTuple

__all__ = ["Names", "names_in"]

# Attributes of NumPy, and builtins, that plain NumPy and Python cannot serve for traced values.
_TELLING: Final = frozenset(
    {"default_rng", "ndenumerate", "normal", "random", "rand", "randn", "standard_normal", "uniform",
     "append", "arange", "array", "asanyarray", "asarray", "asarray_chkfinite", "ascontiguousarray",
     "asfortranarray", "astype", "atleast_1d", "atleast_2d", "atleast_3d", "c_", "clip", "complex", "copy", "dot",
     "empty", "empty_like", "extend", "eye", "filter", "flatten", "float", "fromfunction", "fromiter", "full",
     "full_like", "geomspace", "hasattr", "identity", "isinstance", "isscalar", "linspace", "list", "logspace",
     "map", "ones", "ones_like", "r_", "reduce", "repeat", "sorted", "tolist", "tri", "tuple", "type", "vectorize",
     "zeros", "zeros_like"}
)  # fmt: skip
_BUILDING: Final = frozenset(
    {"BUILD_LIST", "BUILD_TUPLE", "BUILD_SET", "BUILD_MAP", "LIST_APPEND", "LIST_EXTEND", "IMPORT_NAME"}
)


class Names(NamedTuple):
    """What the code of a function says, that of the functions inside it included."""

    loaded: tuple[str, ...]
    """Names looked up among the globals and builtins."""
    attributes: frozenset[str]
    """All names, attributes included."""
    telling: bool
    """Whether something in it asks for names of ours."""
    compares: bool
    """Whether it may tell classes apart by identity."""
    matches: bool
    """Whether it has a `match` statement on classes."""
    stores: bool
    """Whether it sets global variables."""
    rebound: frozenset[str]
    """Variables of enclosing functions that it sets."""


@lru_cache(maxsize=4096)
def names_in(code: CodeType) -> Names:
    """Read the code of a function."""
    loaded: dict[str, None] = {}
    attributes = set(code.co_names)
    rebound: set[str] = set()
    telling, compares, matches, stores = False, "__class__" in attributes, False, False
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            loaded[instruction.argval] = None
        elif instruction.opname in _BUILDING:
            telling = True
        elif instruction.opname == "MATCH_CLASS":
            matches = telling = True
        elif instruction.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            stores = True
        elif instruction.opname in ("STORE_DEREF", "DELETE_DEREF"):
            rebound.add(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            inner = names_in(constant)
            loaded.update(dict.fromkeys(inner.loaded))
            attributes |= inner.attributes
            telling, compares, matches = telling or inner.telling, compares or inner.compares, matches or inner.matches
            stores, rebound = stores or inner.stores, rebound | inner.rebound
    telling = telling or not _TELLING.isdisjoint(attributes)
    compares = compares or "type" in loaded
    return Names(tuple(loaded), frozenset(attributes), telling, compares, matches, stores, frozenset(rebound))
