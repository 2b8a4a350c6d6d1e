"""Why a program cannot be recorded to be run again, and what stands for something that cannot be followed."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Final

from wengert.errors import WengertError

__all__ = ["REFUSALS", "NotRecordable", "Refused"]

# Refusals of the recording that runs: the program may catch them, which must not hide them.
REFUSALS: Final[ContextVar[list[NotRecordable] | None]] = ContextVar("wengert_refusals", default=None)


class NotRecordable(WengertError):  # noqa: N818 (it says what a program is)
    """A program cannot be recorded to be run again: `reason` says why, in a sentence.

    `passing` says that another call may well be recordable: one that raises nothing, or that finds what this one has
    made for it.
    """

    def __init__(self, reason: str, passing: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.passing = passing
        heard = REFUSALS.get()
        if heard is not None:
            heard.append(self)


class Refused:
    """Something that a recorded program may hold, and pass on, but not use."""

    def __init__(self, reason: str) -> None:
        object.__setattr__(self, "_reason", reason)

    def __getattribute__(self, name: str) -> Any:
        raise NotRecordable(object.__getattribute__(self, "_reason"))


def _refuse(self: Any, *args: Any, **kwargs: Any) -> Any:
    raise NotRecordable(object.__getattribute__(self, "_reason"))


_OPERATIONS: Final = (
    "call", "bool", "len", "iter", "next", "contains", "getitem", "setitem", "delitem", "setattr", "delattr",
    "str", "repr", "format", "int", "float", "complex", "index", "hash", "eq", "ne", "lt", "le", "gt", "ge",
    "neg", "pos", "abs", "invert", "enter", "exit", "array", "array_ufunc", "array_function", "instancecheck",
    "add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "floordiv", "rfloordiv", "mod",
    "rmod", "pow", "rpow", "matmul", "rmatmul", "and", "rand", "or", "ror", "xor", "rxor", "lshift",
    "rlshift", "rshift", "rrshift",
)  # fmt: skip
for _name in _OPERATIONS:
    setattr(Refused, f"__{_name}__", _refuse)
