"""BLAS and LAPACK as SciPy exports them: functions that compiled code calls by name, found when it first needs one."""

from __future__ import annotations

import ctypes
import sys
from functools import cache, partial
from importlib import import_module
from importlib.machinery import ExtensionFileLoader, PathFinder
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Any, Final

from wengert.compiler import linking

__all__ = ["symbol_of"]

_ROUTINES: Final = {
    "scipy.linalg.cython_blas": ("gemm", "gemv", "swap", "syrk", "trmm", "trsm", "trsv"),
    "scipy.linalg.cython_lapack": ("getrf", "getri", "getrs", "potrf", "potri", "syevd"),
}
_LETTERS: Final = "sd"


def symbol_of(routine: str) -> str:
    """The name under which compiled code finds a routine, such as `dgemm`."""
    return f"{routine}_of_scipy"


def _address(module: str, routine: str) -> int:
    """Where SciPy has the function, which takes addresses only and has 32 bits in an integer."""
    capsule = _extension(module).__pyx_capi__[routine]
    api: Any = ctypes.pythonapi
    name, pointer = api.PyCapsule_GetName, api.PyCapsule_GetPointer
    name.restype, name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return int(pointer(capsule, name(capsule)))


@cache
def _extension(module: str) -> Any:
    """A module of SciPy's that is machine code, alone: the package around it would take some ten times as long."""
    package = module.rpartition(".")[0]
    if package not in sys.modules and sys.platform != "win32":
        root, *inner = package.split(".")
        around = find_spec(root)
        folders = (around.submodule_search_locations if around is not None else None) or []
        found = PathFinder.find_spec(module, [str(Path(folder, *inner)) for folder in folders])
        if found is not None and isinstance(found.loader, ExtensionFileLoader):
            extension = module_from_spec(found)
            found.loader.exec_module(extension)
            return extension
    return import_module(module)


for _module, _names in _ROUTINES.items():
    for _routine in [letter + name for letter in _LETTERS for name in _names]:
        linking.provide_on_demand(symbol_of(_routine), partial(_address, _module, _routine))
