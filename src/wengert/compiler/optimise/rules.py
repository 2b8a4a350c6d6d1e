"""The table of rewriting rules: which of them are asked when an equation of some primitive is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from wengert.graph import REGISTRY, Primitive

if TYPE_CHECKING:
    from wengert.compiler.optimise.builder import Builder

__all__ = ["Atom", "Rule", "rule", "rule_for_elementwise", "rules_of"]

# a Var or a Literal; which of them, and of which type, is known where a rule has looked
Atom = Any
# (builder, primitive, inputs, params) -> the atom that stands for the only result, or a tuple of those that stand for
# several; None where it does not apply
Rule = Callable[["Builder", Primitive, tuple[Atom, ...], tuple[Any, ...]], Atom | None]

_BY_NAME: Final[dict[str, list[Rule]]] = {}
_ELEMENTWISE: Final[list[Rule]] = []
_found: Final[dict[Primitive, tuple[Rule, ...]]] = {}


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Declare a rule for equations of the primitives of these names."""

    def declare(function: Rule) -> Rule:
        for name in names:
            _BY_NAME.setdefault(name, []).append(function)
        return function

    return declare


def rule_for_elementwise(function: Rule) -> Rule:
    """Declare a rule for equations of every primitive that works entry by entry; asked before those by name."""
    _ELEMENTWISE.append(function)
    return function


def rules_of(primitive: Primitive) -> tuple[Rule, ...]:
    """All rules for one primitive, in the order in which they are asked."""
    found = _found.get(primitive)
    if found is None:
        rules = list(_ELEMENTWISE) if primitive.elementwise and not primitive.gives_numbers else []
        if REGISTRY.get(primitive.name) is primitive:
            rules += _BY_NAME.get(primitive.name, [])
        found = _found[primitive] = tuple(rules)
    return found
