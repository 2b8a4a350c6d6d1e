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

__all__ = ["THREADS", "symbol_of"]

THREADS: Final = "wengert_threads_of_blas"
"""The function that says how many threads a call of BLAS may take: 0 where that is not known."""

_ROUTINES: Final = {
    "scipy.linalg.cython_blas": ("gemm", "gemv", "swap", "syrk", "trmm", "trsm", "trsv"),
    "scipy.linalg.cython_lapack": ("getrf", "getri", "getrs", "laswp", "potrf", "potri", "syevd"),
}
_LETTERS: Final = "sd"
_ASKED: Final = ("scipy_openblas_get_num_threads", "openblas_get_num_threads")


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


def _threads() -> int:
    """Where OpenBLAS, which SciPy mostly brings, has the function that says how many threads it uses."""
    try:
        # what the module is linked with is searched as well
        library = ctypes.CDLL(_extension("scipy.linalg.cython_blas").__file__)
        function = next(getattr(library, name) for name in _ASKED if hasattr(library, name))
        return ctypes.cast(function, ctypes.c_void_p).value or 0
    except (OSError, StopIteration):
        text = f"define i32 @{THREADS}() nounwind {{\n  ret i32 0\n}}\n"
        return linking.kept(linking.compiled(text, effort=0)).address(THREADS)


for _module, _names in _ROUTINES.items():
    for _routine in [letter + name for letter in _LETTERS for name in _names]:
        linking.provide_on_demand(symbol_of(_routine), partial(_address, _module, _routine))
linking.provide_on_demand(THREADS, _threads)
