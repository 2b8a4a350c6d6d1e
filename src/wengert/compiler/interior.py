"""Where CPython and NumPy keep the parts of their objects, and their functions: what machine code must know of them."""

from __future__ import annotations

import ctypes
import platform
import sys
from functools import cache
from typing import Any, Final

import numpy as np

from wengert.compiler import linking

__all__ = ["FUNCTION_PARTS", "known", "layout", "parts", "provide_functions"]

# The parts of a function that a program can exchange.
FUNCTION_PARTS: Final = ("__code__", "__defaults__", "__kwdefaults__")

_FUNCTIONS: Final = (
    *("Py_IncRef", "Py_DecRef", "PyErr_Clear", "PyErr_Occurred", "PyErr_NoMemory", "PyObject_Vectorcall"),
    *("PyObject_CallNoArgs", "PyObject_GetAttr", "PyObject_GetItem", "PyObject_IsTrue", "PyObject_RichCompareBool"),
    *("PyDict_GetItemWithError", "PyDict_Contains", "PyDict_Next", "PyDict_Size", "PyDict_New", "PyDict_SetItem"),
    *("PyObject_Size", "PyTuple_New"),
    *("PyList_New", "PyCell_Get", "PyLong_AsLongLongAndOverflow", "PyLong_FromLongLong", "PyFloat_FromDouble"),
    *("PyComplex_FromDoubles", "PyBool_FromLong", "PyMem_RawMalloc", "PyMem_RawFree"),
    *("PyEval_SaveThread", "PyEval_RestoreThread", "PyContextVar_Get"),
)
_CLASSES: Final = {f"Py{name}_Type": class_ for name, class_ in (
    ("CFunction", type(len)), ("List", list), ("Dict", dict), ("Long", int), ("Bool", bool), ("Float", float),
    ("Unicode", str),
)} | {"numpy_ndarray": np.ndarray}  # fmt: skip
# Places in NumPy's table of functions, which its binary interface keeps.
_NUMPY_FUNCTIONS: Final = {"numpy_new_array": 94, "numpy_scalar": 60, "numpy_copy": 85}


def known() -> bool:
    """Whether this is an interpreter whose objects may look as is said here: CPython with its lock, on 64 bits."""
    if platform.python_implementation() != "CPython" or "free-threading" in sys.version:
        return False
    return ctypes.sizeof(ctypes.c_void_p) == 8 and sys.byteorder == "little"


def layout() -> dict[str, int]:
    """Where the parts are that every call reads, by the names that `entry.ll` has for them."""
    header = object.__basicsize__
    return {
        "class": header - 8,
        "header": header,
        "size": header,
        "tuple_items": tuple.__basicsize__,
        "list_items": header + 8,
        "bytes_data": bytes.__basicsize__ - 1,
        # PyMethodDef: ml_name, ml_meth; PyCFunctionObject: m_ml, m_self
        "method_call": 8,
        "method_self": header + 8,
        # numpy/ndarraytypes.h: data, nd, dimensions, strides, base, descr, flags
        "array_data": header,
        "array_axes": header + 8,
        "array_lengths": header + 16,
        "array_dtype": header + 40,
        "array_flags": header + 48,
        # and typeobj, kind, type, byteorder, flags, type_num
        "dtype_order": header + 10,
        "dtype_number": header + 12,
        "contiguous_and_aligned": 0x0001 | 0x0100,
    }


@cache
def parts() -> dict[str, int]:
    """Where objects have the parts that can change, found by looking for them in objects whose parts are known."""
    if not known():
        return {}

    def function(x: Any = None, *, y: Any = None) -> Any:
        return cell

    cell = (lambda: function).__closure__[0]  # type: ignore[index]
    found = {}
    for owner, names in ((function, FUNCTION_PARTS), (cell, ("cell_contents",))):
        count = type(owner).__basicsize__ // 8
        words = list((ctypes.c_void_p * count).from_address(id(owner)))
        for name in names:
            part = id(getattr(owner, name))
            if words.count(part) == 1:
                found[name] = 8 * words.index(part)
    return found


def provide_functions() -> None:
    """Let compiled code call what it needs of CPython and NumPy."""
    for name in _FUNCTIONS:
        function = getattr(ctypes.pythonapi, name)
        linking.provide(name, ctypes.cast(function, ctypes.c_void_p).value or 0)
    for name, class_ in _CLASSES.items():
        linking.provide(name, id(class_), class_)
    name_of_call = sys.intern("__call__")
    linking.provide("name_of_call", id(name_of_call), name_of_call)
    capsule = np._core._multiarray_umath._ARRAY_API  # type: ignore[attr-defined]
    kind = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)
    read = kind(("PyCapsule_GetPointer", ctypes.pythonapi))
    table = ctypes.cast(read(capsule, None), ctypes.POINTER(ctypes.c_void_p))
    for name, place in _NUMPY_FUNCTIONS.items():
        linking.provide(name, table[place] or 0, capsule)
