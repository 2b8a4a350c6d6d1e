"""Whether a function needs Wengert's names at all, by a look at its code.

Most numerical functions do not: NumPy's protocols hand traced values to Wengert. Those that make arrays, build lists or
ask for plain numbers do.
"""

from __future__ import annotations

import dis
from functools import lru_cache
from types import CodeType
from typing import Final, NamedTuple

__all__ = ["Manner", "Names", "formats", "names_in"]

# Attributes of NumPy, and builtins, that plain NumPy and Python cannot serve for traced values.
_TELLING: Final = frozenset(
    {"append", "arange", "array", "asanyarray", "asarray", "asarray_chkfinite", "ascontiguousarray",
     "asfortranarray", "asmatrix", "astype", "atleast_1d", "atleast_2d", "atleast_3d", "bmat", "c_", "clip",
     "complex", "copy", "default_rng", "dot", "emath", "empty", "empty_like", "extend", "eye", "filter", "flatten",
     "float", "fromfunction", "fromiter", "full", "full_like", "geomspace", "getattr", "hasattr", "identity",
     "isinstance", "isscalar", "linspace", "list", "logspace", "map", "ndenumerate", "nditer", "nested_iters",
     "normal", "ones", "ones_like", "r_", "rand", "randn", "random", "RandomState", "reduce", "repeat", "require",
     "sorted", "standard_normal", "tolist", "tri", "tuple", "type", "uniform", "vectorize", "zeros", "zeros_like"}
)  # fmt: skip
_BUILDING: Final = frozenset(
    {"BUILD_LIST", "BUILD_TUPLE", "BUILD_SET", "BUILD_MAP", "LIST_APPEND", "LIST_EXTEND", "IMPORT_NAME"}
)
_WRITING: Final = frozenset({"STORE_SUBSCR", "STORE_SLICE"})


# Classes that are called to convert what they are given.
_CONVERTING: Final = frozenset(
    {"complex128", "complex64", "double", "float16", "float32", "float64", "longdouble", "single", "csingle", "cdouble"}
)


class Manner(NamedTuple):
    """What a function does with classes."""

    compares: bool = False
    """Whether it may tell them apart by identity."""
    matches: bool = False
    """Whether it has a `match` statement on them."""
    converts: bool = False
    """Whether it calls one of NumPy's scalars."""

    @property
    def among_kinds(self) -> bool:
        """Whether it has to see classes of numbers that traced values belong to, and that make them."""
        return self.matches or self.converts

    def also(self, other: Manner) -> Manner:
        """What two functions do."""
        return Manner(*[one or another for one, another in zip(self, other, strict=True)])


class Names(NamedTuple):
    """What the code of a function says, that of the functions inside it included."""

    loaded: tuple[str, ...]
    """Names looked up among the globals and builtins."""
    attributes: frozenset[str]
    """All names, attributes included."""
    telling: bool
    """Whether something in it asks for names of ours."""
    manner: Manner
    """What it does with classes."""
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
    telling, matches, converts, stores, identities = False, False, False, False, False
    instructions = list(dis.get_instructions(code))
    for place, instruction in enumerate(instructions):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            loaded[instruction.argval] = None
        elif instruction.opname in _BUILDING:
            telling = True
        elif instruction.opname == "MATCH_CLASS":
            matches = True
        elif instruction.opname == "IS_OP":
            identities = True
        elif instruction.opname in _WRITING or (
            instruction.opname == "BINARY_OP" and instruction.argrepr.endswith("=")
        ):
            # the array that is written into may be a constant result
            telling = True
        elif instruction.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            stores = True
        elif instruction.opname in ("STORE_DEREF", "DELETE_DEREF"):
            rebound.add(instruction.argval)
        if instruction.argval in _CONVERTING and _called(instructions[max(place - 1, 0) : place + 2]):
            converts = True
    # a class that comes out of an array, `x.dtype.type is np.float64`, is NumPy's own
    taken_out = identities and "type" in attributes and "type" not in loaded
    compares = "__class__" in attributes or "type" in loaded or taken_out
    manner = Manner(compares, matches, converts and not taken_out)
    telling = telling or any(manner) or not _TELLING.isdisjoint(attributes) or formats(code)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            inner = names_in(constant)
            loaded.update(dict.fromkeys(inner.loaded))
            attributes |= inner.attributes
            telling, stores = telling or inner.telling, stores or inner.stores
            manner = manner.also(inner.manner)
            rebound |= inner.rebound
    return Names(tuple(loaded), frozenset(attributes), telling, manner, stores, frozenset(rebound))


def _called(around: list[dis.Instruction]) -> bool:
    """Whether what the middle one of three instructions loads is called."""
    method = any([instruction.opname == "LOAD_METHOD" for instruction in around[1:2]])
    return method or any(["NULL" in instruction.argrepr or instruction.opname == "PUSH_NULL" for instruction in around])


def formats(code: CodeType) -> bool:
    """Whether a function has a text to be filled in by `%`."""
    texts = any([isinstance(constant, str) and "%" in constant for constant in code.co_consts])
    return texts and any([i.opname == "BINARY_OP" and i.argrepr in ("%", "%=") for i in dis.get_instructions(code)])
