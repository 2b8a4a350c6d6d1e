"""Loops that count, and the numbers they count with, in LLVM's language."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

from wengert.compiler import ir
from wengert.compiler.values import Builder

__all__ = ["INDEX", "counting", "greatest", "least", "number", "word"]

INDEX: Final = ir.IntType(64)
_TURNING: Final = ir.FunctionType(INDEX, [INDEX])


def number(value: Any) -> Any:
    """LLVM's number of a Python integer; what is one of LLVM's already as it is."""
    return _constant(value) if isinstance(value, int) else value


@lru_cache(maxsize=4096)
def _constant(value: int) -> Any:
    return ir.Constant(INDEX, value)


def word(value: int) -> Any:
    """LLVM's number of 32 bits, as the functions of kernels return it."""
    return ir.Constant(ir.IntType(32), int(value))


def least(builder: Builder, value: Any, bound: Any) -> Any:
    """The smaller one of two numbers."""
    if isinstance(value, ir.Constant) and isinstance(bound, ir.Constant):
        return value if value.constant < bound.constant else bound
    return builder.select(builder.icmp_signed("<", value, bound), value, bound)


def greatest(builder: Builder, value: Any, bound: Any) -> Any:
    """The larger one of two numbers."""
    return builder.select(builder.icmp_signed(">", value, bound), value, bound)


@contextmanager
def counting(builder: Builder, start: Any, stop: Any, step: int = 1, *, perhaps_never: bool = False) -> Iterator[Any]:
    """A loop over `range(start, stop, step)`, whose body is written inside: it runs at least once, or `perhaps_never`.

    The block in which the body begins may get further phi nodes.
    """
    before, first = builder.block, number(start)
    body, after = builder.append_basic_block("loop"), builder.append_basic_block("after")
    if perhaps_never:
        builder.cbranch(builder.icmp_signed("<", first, number(stop)), body, after)
    else:
        builder.branch(body)
    builder.position_at_end(body)
    place = builder.phi(INDEX)
    place.add_incoming(first, before)
    yield place
    following = builder.add(place, number(step))
    place.add_incoming(_hidden(builder, following), builder.block)
    builder.cbranch(builder.icmp_signed("<", following, number(stop)), body, after)
    builder.position_at_end(after)


@contextmanager
def turns(builder: Builder, start: int, stop: Any, step: int, *, perhaps_never: bool = False) -> Iterator[Any]:
    """The same, and no loop at all where it is known that the body runs once."""
    end = number(stop)
    if isinstance(end, ir.Constant) and start < end.constant <= start + step:
        yield number(start)
        return
    with counting(builder, start, end, step, perhaps_never=perhaps_never) as place:
        yield place


def _hidden(builder: Builder, value: Any) -> Any:
    """The same number, which LLVM's analysis of loops does not recognise before instructions are selected.

    It would take a quarter of the time of the back end to find out that places are counted as they should be.
    """
    turned = builder.module.declared("llvm.bswap.i64", _TURNING)
    return builder.call(turned, [builder.call(turned, [value])])
