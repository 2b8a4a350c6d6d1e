"""The arrays that a function refers to by name, and the same function with others in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import CellType, CodeType, FunctionType
from typing import Any

import numpy as np

__all__ = ["captured", "with_values"]

Function = Callable[..., Any]


def captured(function: Function) -> dict[str, Any]:
    """Arrays and floats among the closure and the globals of a function and of the functions that it calls, by name."""
    found: dict[str, Any] = {}
    for inner in _reached(function):
        for name, value in _references(inner):
            if _is_data(value):
                found.setdefault(name, value)
    return found


def with_values(function: Function, values: Mapping[str, Any]) -> Function:
    """The same function, and those that it calls, with other values under these names."""
    copies: dict[int, FunctionType] = {}
    scopes: dict[int, dict[str, Any]] = {}
    reached = _reached(function)
    for inner in reached:
        scope = scopes.setdefault(id(inner.__globals__), dict(inner.__globals__))
        cells = tuple([CellType() for _ in inner.__closure__ or ()])
        copy = FunctionType(inner.__code__, scope, inner.__name__, inner.__defaults__, cells)
        copy.__kwdefaults__ = inner.__kwdefaults__
        copies[id(inner)] = copy
    for inner in reached:
        copy = copies[id(inner)]
        for name, cell, new in zip(
            inner.__code__.co_freevars, inner.__closure__ or (), copy.__closure__ or (), strict=True
        ):
            new.cell_contents = _exchanged(name, cell.cell_contents, values, copies)
        for name, value in _globals_of(inner):
            copy.__globals__[name] = _exchanged(name, value, values, copies)
    return copies.get(id(function), function)


def _exchanged(name: str, value: Any, values: Mapping[str, Any], copies: Mapping[int, FunctionType]) -> Any:
    if name in values and _is_data(value):
        return values[name]
    return copies.get(id(value), value)


def _is_data(value: Any) -> bool:
    return isinstance(value, (np.ndarray, float, np.floating)) and np.ndim(value) <= 2


def _reached(function: Any) -> list[FunctionType]:
    """The user's functions that are reached from one, by the names in their code."""
    found: list[FunctionType] = []
    waiting = [function]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, FunctionType) and inner not in found and not _is_library(inner):
            found.append(inner)
            waiting.extend(value for _, value in _references(inner))
    return found


def _is_library(function: FunctionType) -> bool:
    return (function.__module__ or "").partition(".")[0] in ("numpy", "scipy", "wengert", "math")


def _references(function: FunctionType) -> list[tuple[str, Any]]:
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    held = [(name, cell.cell_contents) for name, cell in cells if _filled(cell)]
    return [*held, *_globals_of(function)]


def _filled(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018 (an empty cell raises)
    except ValueError:
        return False
    return True


def _globals_of(function: FunctionType) -> list[tuple[str, Any]]:
    names = dict.fromkeys(name for code in _codes(function.__code__) for name in code.co_names)
    return [(name, function.__globals__[name]) for name in names if name in function.__globals__]


def _codes(code: CodeType) -> list[CodeType]:
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return [code, *(part for one in inner for part in _codes(one))]
