"""Functions that Python chooses by the class of an argument, `functools.singledispatch`, for traced arguments."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any

from wengert.programs.kinds import SHADOWS, kind_of

__all__ = ["DispatchedMethod", "dispatched", "implementations"]

Serve = Callable[[Any], Any]


def implementations(function: Any) -> list[Any]:
    """What a function made by `singledispatch`, or a method so made, chooses from; nothing of any other."""
    chooser = function.dispatcher if isinstance(function, functools.singledispatchmethod) else function
    registry = getattr(chooser, "registry", None)
    made_by_python = getattr(chooser, "__globals__", {}).get("__name__") == "functools"
    return list(registry.values()) if registry is not None and made_by_python else []


def _chosen(function: Any, argument: Any) -> Any:
    kind = kind_of(argument)
    return function.dispatch(SHADOWS.get(kind, kind))


def dispatched(function: Any, serve: Serve) -> FunctionType:
    """The function that chooses by the class that a traced argument stands for."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return serve(_chosen(function, args[0]))(*args, **kwargs)

    return call  # type: ignore[return-value]


class DispatchedMethod:
    """The method that chooses so."""

    def __init__(self, method: functools.singledispatchmethod[Any], serve: Serve) -> None:
        self.method = method
        self.serve = serve

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        @functools.wraps(self.method.func)
        def call(*args: Any, **kwargs: Any) -> Any:
            chosen = self.serve(_chosen(self.method.dispatcher, args[0]))
            return chosen.__get__(instance, owner)(*args, **kwargs)

        return call
