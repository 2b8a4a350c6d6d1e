"""A function of the user's, and what runs in its place while it is traced."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar
from types import FunctionType, MethodType
from typing import Any, Final

import numpy as np

from wengert.programs.copies import Copies
from wengert.programs.reach import Reach
from wengert.tracing import Tracer, active_recordings

__all__ = ["RUNNER", "Program"]

# What runs programs in another way: `runner(function, args, kwargs)`. While a program is recorded to be run again, all
# that it finds outside of itself is noted.
RUNNER: Final[ContextVar[Callable[..., Any] | None]] = ContextVar("wengert_runner", default=None)

# what arguments mostly are, none of which brings code
_COMMON: Final = frozenset({Tracer, np.ndarray, float, int, np.float64, bool, type(None), str, tuple, list, dict})


class _Here(threading.local):
    """The copy of one thread: what a program sets in it is nobody else's."""

    copies: Copies | None = None
    target: Any = None


class Program:
    """What runs in place of a function while it is traced.

    The function itself where it needs no names of ours, else a copy of it. The look at a function is repeated when a
    name that was found in it means something else, as after the cell of a notebook has been run again.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._reach: Reach | None = None
        # whether the function runs as it is, with arguments that bring no code
        self._plain = False
        self._here = _Here()

    def current(self) -> Callable[..., Any]:
        """The function to run in this thread."""
        here = self._here
        if here.copies is None or here.copies.reach is not self._reach or not here.copies.fresh():
            here.copies = Copies(self._judge())
            here.target = here.copies.serve(self.function)
            method = getattr(type(self.function), "__call__", None)  # noqa: B004 (not whether, but what)
            if here.target is self.function and isinstance(method, FunctionType):
                here.target = here.copies.serve(MethodType(method, self.function))
            self._plain = here.target is self.function
        return here.target  # type: ignore[no-any-return]

    def _judge(self) -> Reach:
        if self._reach is None or not self._reach.fresh():
            self._reach = Reach()
        return self._reach

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the function, as it runs while it is traced."""
        runner = RUNNER.get()
        if runner is not None:
            return runner(self.function, args, kwargs)
        reach = self._reach
        if reach is None or (reach.seen and not reach.fresh()):
            self._reach, self._plain = None, False
        if self._plain:
            for argument in args:
                if argument.__class__ not in _COMMON:
                    break
            else:
                return self.function(*args, **kwargs) if kwargs else self.function(*args)
        function, copies = self.current(), self._here.copies
        assert copies is not None  # made by `current`
        copies.begin()
        served = [copies.serve(argument) for argument in args]
        named = {name: copies.serve(argument) for name, argument in kwargs.items()}
        if function is self.function and all([one is other for one, other in zip(served, args, strict=True)]):
            return function(*args, **kwargs)
        for recording in active_recordings():
            recording.hosts = True
        try:
            return copies.given_back(function(*served, **named))
        finally:
            copies.hand_back()
