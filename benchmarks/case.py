"""What a benchmark case is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import FunctionType
from typing import Any

__all__ = ["Case", "Function", "Quantity", "with_namespace"]

Function = Callable[..., Any]


class Quantity(Enum):
    """What a contestant is asked for."""

    GRADIENT = "gradient"
    VALUE_AND_GRADIENT = "value and gradient"
    HESSIAN = "Hessian"
    COMPRESSED_HESSIAN = "Hessian, as a dense array or as an object that has `dense()` and `solve()`"
    JACOBIAN = "Jacobian"
    NEWTON_STEP = "Hessian, solved for the gradient"
    MANY_GRADIENTS = "one gradient per entry of the input, each a call of its own"


@dataclass(frozen=True)
class Case:
    """One program and the derivative that is asked of it.

    ``function`` is plain NumPy as a user writes it: a module-level function that reaches NumPy as ``np``. A
    contestant with a NumPy-like namespace runs the same source with ``np`` bound to that namespace (see
    ``with_namespace``), and special functions as ``special``. ``derivative`` is the exact answer, by which everyone
    is checked; it competes as well, unless it is a shortcut that only the checker may take: then ``by_hand`` is what
    a person would write. Without a derivative, answers are checked by differences of the function.
    """

    name: str
    title: str
    quantity: Quantity
    function: Function
    inputs: Callable[..., tuple[Any, ...]]
    derivative: Function | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)
    small_sizes: Mapping[str, int] = field(default_factory=dict)
    arguments: tuple[int, ...] = (0,)
    by_hand: Function | None = None
    spellings: Mapping[str, Callable[[Any], Function]] = field(default_factory=dict)
    """Contestant name -> a builder of the program in that peer's own idiom, given the peer's module."""
    alternatives: Mapping[str, Mapping[str, Callable[[Any], Function]]] = field(default_factory=dict)
    """Contestant name -> builders of programs that may be faster or slower than the first one, by name."""
    invited: frozenset[str] = frozenset()
    """Contestants that come only where they are natural, and are natural here."""
    declined: Mapping[str, str] = field(default_factory=dict)
    """Contestant name -> why it is run here only on request (a compilation that takes minutes, say)."""
    flops: Callable[..., float] | None = None
    """Floating-point operations that nobody can do without, from the sizes; where the machine's limits matter."""

    def make_inputs(self, *, small: bool = False) -> tuple[Any, ...]:
        """The inputs at full size, or reduced to what a test can afford."""
        return self.inputs(**(self.small_sizes if small else self.sizes))

    def programs(self, contestant: str, namespace: Any, special: Any = None) -> Mapping[str, Function]:
        """The function as ``contestant`` runs it, whose NumPy-like namespaces are given, by name of the way."""
        spelling = self.spellings.get(contestant)
        first = spelling(namespace) if spelling else with_namespace(self.function, namespace, special)
        others = self.alternatives.get(contestant, {})
        return {"": first, **{way: builder(namespace) for way, builder in others.items()}}


def with_namespace(function: Function, namespace: Any, special: Any = None) -> Function:
    """The same source under another ``import ... as np``, with the functions of its module that it calls.

    This is what the peers ask of their users. Binding the name here saves a copy of every program per peer.
    """
    assert isinstance(function, FunctionType)
    scope = {**function.__globals__, "np": namespace, "special": special}
    # compilers look up the globals of a function by the name of its module, where ``np`` is NumPy
    del scope["__name__"]
    for name, value in function.__globals__.items():
        if isinstance(value, FunctionType) and value.__module__ == function.__module__:
            scope[name] = FunctionType(value.__code__, scope, name, value.__defaults__, value.__closure__)
    bound: Function = scope[function.__name__]
    return bound
