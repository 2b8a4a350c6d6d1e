"""NumPy's functions that are refused for traced values, each with the reason."""

from __future__ import annotations

from typing import Any, Final, NoReturn

import numpy as np

from wengert.errors import ConversionError, UnsupportedError
from wengert.graph import locate
from wengert.tracing import UFUNCS, implements

__all__ = ["REFUSED"]

_DATES: Final = "it works on dates, which have no derivative"
_FILES: Final = "it writes plain numbers to a file, which would lose the derivative"
_OBJECTS: Final = "it makes an object of Python values, which cannot hold traced ones"
_MEMORY: Final = "it speaks of memory, which a traced array does not have"
_LAYOUT: Final = "NumPy's own result depends on how the array lies in memory; take numpy's accumulate, or a loop"
_BYTES: Final = "it turns numbers into bytes, which would lose the derivative"

# what is refused, by the name that a program uses; a name with a dot belongs to arrays
REFUSED: Final[dict[str, str]] = {
    "np.busday_count": _DATES, "np.busday_offset": _DATES, "np.is_busday": _DATES, "np.datetime_as_string": _DATES,
    "np.datetime_data": _DATES, "np.isnat": _DATES,
    "np.save": _FILES, "np.savez": _FILES, "np.savez_compressed": _FILES, "np.savetxt": _FILES,
    "np.intersect1d": "the entries that two arrays share change with the smallest change of either",
    "np.asmatrix": "a matrix is a subclass of ndarray with rules of its own",
    "np.bmat": "a matrix is a subclass of ndarray with rules of its own; take numpy.block",
    "np.frompyfunc": _OBJECTS,
    "np.asarray_chkfinite": "it makes a plain array, which cannot hold traced values; take numpy.asarray",
    "np.require": "it makes a plain array with requirements on its memory; take numpy.asarray",
    "np.power.reduce": _LAYOUT, "np.power.reduceat": _LAYOUT,
    "np.arctan2.reduce": _LAYOUT, "np.arctan2.reduceat": _LAYOUT,
    "np.from_dlpack": _MEMORY, "np.frombuffer": _MEMORY, "np.nested_iters": _MEMORY,
    "ndarray.ctypes": _MEMORY, "ndarray.data": _MEMORY, "ndarray.flags": _MEMORY,
    "ndarray.strides": _MEMORY, "ndarray.setflags": _MEMORY, "ndarray.getfield": _MEMORY, "ndarray.setfield": _MEMORY,
    "ndarray.byteswap": _BYTES, "ndarray.tobytes": _BYTES, "ndarray.tofile": _FILES, "ndarray.dump": _FILES,
    "ndarray.choose": "NumPy's method makes plain numbers of the choices; take numpy.choose",
    "ndarray.dumps": _BYTES, "np.isfortran": _MEMORY,
    "ndarray.resize": "it changes the memory of an array in place; take numpy.resize",
}  # fmt: skip


def _refuse(name: str, reason: str) -> Any:
    kind = ConversionError if reason in (_FILES, _BYTES) else UnsupportedError

    def refuse(*args: Any, **options: Any) -> NoReturn:
        place = locate(3)
        raise kind(
            f"{name} is refused for traced values{f' (at {place})' if place else ''}: {reason}. Apply "
            f"wengert.stop_gradient to its argument if it is to count as constant."
        )

    refuse.__name__ = name.rpartition(".")[2]
    return refuse


for _name, _reason in REFUSED.items():
    _place, _, _own = _name.rpartition(".")
    _function: Any = getattr(np, _own, None) if _place == "np" else None
    if _place.startswith("np."):
        implements((getattr(np, _place.removeprefix("np.")), _own))(_refuse(_name, _reason))
    elif isinstance(_function, np.ufunc):
        UFUNCS[_function] = _refuse(_name, _reason)
    elif _function is not None:
        implements(_function)(_refuse(_name, _reason))
