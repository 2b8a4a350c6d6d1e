"""The rule of a line: the differential of each operation in it, found by applying the operation to fresh symbols."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Final

from wengert.calculus import algebra, invariants
from wengert.calculus.algebra import ONE
from wengert.calculus.derivation.lines import Equation, Rule
from wengert.calculus.derivation.pieces import half_of, pieces_of
from wengert.calculus.derivation.setting import Setting
from wengert.calculus.expression import (
    Apply,
    Determinant,
    Expression,
    Hadamard,
    Inverse,
    Product,
    Sum,
    Symbol,
    Trace,
    Transpose,
    walk,
)
from wengert.errors import UnsupportedError

__all__ = ["rules_of"]

Template = Callable[[Expression], Any]
# More rules than this in one line say little.
_MOST: Final = 2


def rules_of(setting: Setting, expression: Expression) -> tuple[Rule, ...]:
    """The rules by which an expression in names is differentiated: those that are not linear, or `linear`."""
    moved: set[Expression] = set()
    found: dict[Any, tuple[Template, Expression]] = {}
    products = False
    squares = {base for node in walk(expression) for base in _raised(node)}
    for node in walk(expression):
        if node in setting.directions or any(part in moved for part in node.parts):
            moved.add(node)
            if node not in squares:
                found.update({key: found.get(key, template) for key, *template in _templates(node, moved)})
                products |= _is_product(node, moved)
    rules = [_rule(setting, *template) for template in list(found.values())[:_MOST]]
    if products and len(rules) < _MOST:
        rules.append("product")
    return tuple(rules) or ("linear" if expression in moved else "constant",)


def _raised(node: Expression) -> Sequence[Expression]:
    """Forms and determinants for which the rule of their power, or logarithm, stands."""
    if isinstance(node, Product):
        raised = [base for base, exponent in node.scalars if exponent != 1 and half_of(base) is not None]
        return [*raised, *(base.parts[0] for base in raised if isinstance(base, Trace))]
    if isinstance(node, Trace) and half_of(node) is not None:
        return node.parts
    return [node.operand] if isinstance(node, Apply) and _is_log_of_determinant(node) else []


def _is_log_of_determinant(node: Apply) -> bool:
    return node.name in ("log", "logabs") and isinstance(node.operand, Determinant)


def _templates(node: Expression, moved: set[Expression]) -> list[tuple[Any, Template, Expression]]:
    """Operations that are not linear, as functions of one part, each with a key by which it is told apart."""
    if isinstance(node, Apply):
        if _is_log_of_determinant(node):
            return [("log det", lambda u: algebra.apply(node.name, invariants.determinant(u)), node.operand.parts[0])]
        return [(node.name, lambda u: algebra.apply(node.name, u), node.operand)]
    if isinstance(node, Inverse):
        inner = node.parts[0]
        return [("inverse", algebra.inverse, inner.parts[0] if isinstance(inner, Transpose) else inner)]
    if isinstance(node, Determinant):
        return [("determinant", invariants.determinant, node.parts[0])]
    if isinstance(node, Hadamard):
        return [
            (("entries", exponent), functools.partial(_entries, exponent), base)
            for base, exponent in node.factors if base in moved and exponent != 1
        ]  # fmt: skip
    if isinstance(node, Product) and node.scalars:
        powers = [(base, exponent) for base, exponent in node.scalars if base in moved and exponent != 1]
        return [_power(base, exponent) for base, exponent in powers]
    half = half_of(node)
    return [] if half is None or moved.isdisjoint(walk(half)) else [_power(node, Fraction(1))]


def _entries(exponent: Fraction, u: Expression) -> Any:
    return algebra.hadamard_of({u: exponent})


def _power(base: Expression, exponent: Fraction) -> tuple[Any, Template, Expression]:
    half = half_of(base)
    if half is None:
        return ("power", exponent), lambda u: algebra.power(u, exponent), base
    square = _frobenius if isinstance(base, Trace) else _dot
    return ("norm", exponent), lambda u: algebra.power(square(u), exponent), half


def _dot(u: Expression) -> Any:
    return algebra.matmul(algebra.transpose(u), u)


def _frobenius(u: Expression) -> Any:
    return invariants.trace(algebra.matmul(algebra.transpose(u), u))


def _is_product(node: Expression, moved: set[Expression]) -> bool:
    """Whether several factors move, other than both of a square."""
    if isinstance(node, (Hadamard, Product)):
        return half_of(node) is None and sum(part in moved for part in node.parts) > 1
    return False


def _factored(found: Expression, direction: Expression) -> Any:
    """(1 − tanh(u)²) ∘ du for du − du ∘ tanh(u)²."""
    rests = []
    for term in found.parts if isinstance(found, Sum) else ():
        front, scalars, links = algebra.split(term)
        entries = links[0].factors if len(links) == 1 and isinstance(links[0], Hadamard) else [(x, ONE) for x in links]
        powers: dict[Expression, Fraction] = dict(entries)
        if len(links) != 1 or powers.pop(direction, None) != 1:
            return found
        rest = algebra.hadamard_of(powers) if powers else algebra.ones(direction.rows)
        rests.append(algebra.matmul(algebra.product(front, scalars, ()), rest))
    return algebra.hadamard(algebra.add(*rests), direction) if rests and direction.cols == 1 else found


def _rule(setting: Setting, template: Template, operand: Expression) -> Rule:
    try:
        return _equation(setting, template, operand)
    except UnsupportedError:
        # by itself it may have no formula, though the whole has one
        return "and so on"


def _equation(setting: Setting, template: Template, operand: Expression) -> Equation:
    """The differential of an operation on a symbol: its part itself where that is one, else a fresh one."""
    symbol = operand if isinstance(operand, Symbol) and operand in setting.directions else setting.fresh(operand)
    of = template(symbol)
    direction = setting.directions[symbol]
    found = setting.pushed(of, {symbol.name: direction}, setting.values[0])
    equation = Equation(of, pieces_of(_factored(found, direction), [direction], setting.constants))
    setting.check_differential(equation.pieces, of, "of a rule")
    return equation
