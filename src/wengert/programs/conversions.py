"""Python's questions, for traced values: `isinstance(x, np.ndarray)`, `type(x)`, `hasattr(x, "__len__")`."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any, Final

from wengert.graph import Operand
from wengert.programs.kinds import Complex, Float, is_instance, like

__all__ = ["BUILTINS", "COMPARED", "Asking", "type_by"]


def _hasattr(instance: Any, name: str) -> bool:
    """`hasattr`, to which a traced value is what it stands for."""
    return hasattr(like(instance) if builtins.isinstance(instance, Operand) else instance, name)


def _getattr(instance: Any, name: str, *default: Any) -> Any:
    """`getattr`, to which a traced value is what it stands for; what is refused is no missing attribute."""
    if not builtins.isinstance(instance, Operand):
        return getattr(instance, name, *default)
    plain = like(instance)
    return getattr(instance, name) if hasattr(type(plain), name) else getattr(plain, name, *default)


def type_by(answer: Callable[[Any], Any]) -> type:
    """`type` as a traced program sees it, where `answer` tells the class of a value."""

    class Meta(type):
        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            return answer(args[0]) if len(args) == 1 else builtins.type(*args, **kwargs)

        def __instancecheck__(cls, instance: Any) -> bool:
            return builtins.isinstance(instance, builtins.type)

    return Meta("type", (type,), {})


class Asking:
    """`x.__class__`, as code can ask for it by an operator: `Asking(answer) + x`."""

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        self.answer = answer

    def __add__(self, x: Any) -> Any:
        return self.answer(x)


BUILTINS: Final[dict[str, Any]] = {
    "float": Float, "complex": Complex, "isinstance": is_instance, "hasattr": _hasattr, "getattr": _getattr,
}  # fmt: skip
# where classes are told apart by identity, Python's own must stay themselves
COMPARED: Final = frozenset({"float", "complex"})
