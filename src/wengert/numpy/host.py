"""Plain arrays whose methods take traced values.

`A.dot(x)` and `a = A.copy(); a[0] = x` ask a method of a plain array, which NumPy does not hand over. While a program
is traced, the plain arrays that it finds under its names are views of this class on the same memory.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from wengert.tracing import active_recordings, as_operand, holds_traced
from wengert.tracing.recording import require_within

__all__ = ["HostArray", "held", "hosted", "unhosted"]


class HostArray(np.ndarray):
    """A plain array, to a traced program."""

    # so that recordings take it for what it is
    is_plain = True

    def dot(self, b: Any, out: Any = None) -> Any:
        """The product with a traced or plain array."""
        return np.dot(_bare(self), _joined(b), out)

    def copy(self, order: Any = "C") -> Any:
        """A copy that traced values can be written into."""
        return held(np.array(_bare(self), order=order))

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        """A copy in another dtype that traced values can be written into."""
        return held(_bare(self).astype(dtype, *args, **kwargs))

    def repeat(self, repeats: Any, axis: Any = None) -> Any:
        """A copy with repeated entries that traced values can be written into."""
        return held(np.repeat(_bare(self), repeats, axis))

    def flatten(self, order: Any = "C") -> Any:
        """A copy in one axis that traced values can be written into."""
        return held(_bare(self).flatten(order))

    def clip(self, min: Any = None, max: Any = None, out: Any = None, **options: Any) -> Any:
        """The entries within bounds, which may be traced."""
        return np.clip(_bare(self), _joined(min), _joined(max), out, **options)


def _joined(argument: Any) -> Any:
    """A list that holds traced values as a traced array; anything else as it is."""
    return as_operand(argument) if argument.__class__ in (list, tuple) and holds_traced(argument) else argument


def held(value: Any) -> Any:
    """A plain array as one that traced values can be written into, while a recording runs.

    An array of integers stays as it is where traced values are floats: it cannot hold one, and may be an index.
    """
    recordings = active_recordings()
    kind = value.dtype.kind
    if not recordings or kind not in "fciub":
        return value
    if kind in "iub" and all([recording.differentiates for recording in recordings]):
        return hosted(value)
    return recordings[-1].box(value)


def _guarded(name: str) -> Any:
    """A method that writes, which fails where the array behind the view is locked."""
    plain = getattr(np.ndarray, name)

    @functools.wraps(plain)
    def write(array: Any, *args: Any, **kwargs: Any) -> Any:
        base = array.base
        require_within()
        if isinstance(base, np.ndarray) and not base.flags.writeable:
            raise ValueError("assignment destination is read-only")
        return plain(array, *args, **kwargs)

    return write


for _name in ("setitem", "iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow", "imatmul", "iand", "ior",
              "ixor"):  # fmt: skip
    setattr(HostArray, f"__{_name}__", _guarded(f"__{_name}__"))
for _name in ("fill", "itemset", "partition", "put", "sort"):
    if hasattr(np.ndarray, _name):
        setattr(HostArray, _name, _guarded(_name))


def _bare(array: Any) -> Any:
    return array.view(np.ndarray)


def hosted(value: Any) -> Any:
    """A plain array of numbers as a `HostArray` on the same memory; anything else as it is."""
    if value.__class__ is np.ndarray and value.dtype.kind in "fciub":
        return value.view(HostArray)
    return value


def unhosted(value: Any) -> Any:
    """What was hosted, as the program gives it away: the user's own array again."""
    if value.__class__ is not HostArray:
        return value
    bare = _bare(value)
    base = value.base
    if base.__class__ is np.ndarray and base.__array_interface__ == bare.__array_interface__:
        return base
    return bare
