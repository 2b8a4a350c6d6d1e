"""Which calls read or write at places that are known only at run time: single numbers among the items of an index."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.compiler import entrywise
from wengert.compiler.plan import Call, kind_of
from wengert.graph import ArrayType, Literal
from wengert.tracing.index import SLOT

__all__ = ["PLACE_OF_INDEX", "index_of", "is_placed"]

# Where the index stands among the operands.
PLACE_OF_INDEX: Final = {"take": 1, "put_add": 1, "replace": 2, "add_at": 2}


def is_placed(call: Call) -> bool:
    """Whether a call reads or writes at a basic index in which numbers stand that are computed."""
    equation = call.equation
    place = PLACE_OF_INDEX.get(equation.primitive.name)
    if place is None:
        return False
    index, arrays = index_of(call), equation.inputs[place + 1 :]
    plain = all([item is SLOT or type(item) is int or isinstance(item, slice) for item in index.items])
    numbers = [atom.type for atom in arrays]
    whole = all([isinstance(kind, ArrayType) and not kind.shape and kind.dtype == np.int64 for kind in numbers])
    kinds = [kind_of(atom) for atom in (*equation.inputs[:place], *equation.outputs)]
    same = len({kind.dtype for kind in kinds}) == 1 and entrywise.element(kinds[0].dtype) is not None
    return plain and whole and bool(arrays) and same and 0 not in [kind.size for kind in kinds]


def index_of(call: Call) -> Any:
    """The index of a call, which stands among its operands."""
    atom = call.equation.inputs[PLACE_OF_INDEX[call.equation.primitive.name]]
    assert isinstance(atom, Literal)
    return atom.value
