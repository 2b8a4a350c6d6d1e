"""Operands and parameters of recorded operations, as a later run can take them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.compiler.refusals import NotRecordable
from wengert.graph import Operand, Primitive
from wengert.tracing import type_of

__all__ = ["is_too_large", "kept", "of_machine_size", "plain_param"]

# the first whole number that is none of 64 bits
_LARGEST: Final = 1 << 63


def is_too_large(operand: Any) -> bool:
    """Whether an operand is a whole number of more than 64 bits."""
    return operand.__class__ is int and not -_LARGEST <= operand < _LARGEST


def of_machine_size(primitive: Primitive, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Operands, in which a whole number of too many bits is what NumPy and Python make of it beside a float."""
    large = list(map(is_too_large, args))
    if primitive.infix in ("+", "-", "*", "/") and any([getattr(type_of(arg), "inexact", False) for arg in args]):
        return tuple([float(arg) if is_large else arg for arg, is_large in zip(args, large, strict=True)])
    raise NotRecordable("it computes with a whole number of more than 64 bits")


def plain_param(param: Any) -> Any:
    """A parameter as a plain value: a length that the program has computed may be an integer that is followed."""
    if isinstance(param, Operand):
        return param.recording.strip(param)
    if param.__class__ is tuple:
        return tuple(map(plain_param, param))
    return param


def kept(value: Any) -> Any:
    """A value that later writes do not reach."""
    return value.copy() if isinstance(value, np.ndarray) else value
