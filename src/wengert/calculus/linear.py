"""Reading the matrix off an expression that is linear in a direction: `M dx` gives M."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from wengert.calculus import algebra, invariants
from wengert.calculus.expression import Apply, Expression, Frechet, Sum, Symbol, walk
from wengert.calculus.linear_map.reading import steps_of
from wengert.calculus.linear_map.steps import Against, Extract, Multiply, Onto, Spread, Step, Turn, Weigh
from wengert.calculus.recurrence import kept
from wengert.errors import UnsupportedError

__all__ = ["coefficient"]

_MOST_PARTS: Final = 64


def coefficient(expression: Expression, direction: Symbol) -> Any:
    """The matrix M of `M d`, for a column or a number that is linear in the column d.

    Raises
    ------
    UnsupportedError
        The direction stands where no matrix can be taken off.
    """
    known: dict[Expression, list[Moving]] = {}
    nodes = list(walk(expression))
    uses = Counter(part for node in nodes for part in node.parts)
    for node in nodes:
        if node is direction:
            known[node] = [Column(algebra.identity(direction.rows))]
        elif any(part in known for part in node.parts):
            known[node] = _merged(_read(node, known, direction), uses[node] > 1)
    if expression not in known:
        return algebra.zero(expression.rows, direction.rows)
    return algebra.add(*[one.matrix for one in known[expression] if isinstance(one, Column)])


@dataclass(frozen=True)
class Moving:
    """A matrix that is linear in a column u = C d, where C is the `matrix`."""

    matrix: Any

    def after(self, step: Step) -> Moving | None:
        """What a step makes of it; None where that is no such form."""
        raise NotImplementedError


class Column(Moving):
    """u itself; a number where C has one row."""

    def after(self, step: Step) -> Moving | None:
        c = self.matrix
        if isinstance(step, Multiply):
            moved = algebra.matmul(step.left, c)
            if step.right.is_scalar:
                return Column(algebra.matmul(step.right, moved))
            return Outer(moved, algebra.transpose(step.right))
        if isinstance(step, Weigh):
            return Column(algebra.matmul(algebra.diagonal(step.by), c))
        if isinstance(step, Turn):
            return Row(c, algebra.number(1))
        if isinstance(step, Spread):
            return Between(c, algebra.identity(c.rows), algebra.identity(c.rows))
        if isinstance(step, Against):
            return Column(algebra.matmul(algebra.transpose(step.matrix), c))
        return _multiple(c, step.matrix) if isinstance(step, Onto) else None


def _multiple(row: Any, matrix: Any) -> Moving:
    """A number c d times a matrix."""
    return Column(algebra.matmul(matrix, row)) if matrix.cols == 1 else Multiple(row, matrix)


@dataclass(frozen=True)
class Multiple(Moving):
    """u T, where u is a number."""

    of: Any

    def after(self, step: Step) -> Moving | None:
        return _multiple(self.matrix, step.applied(self.of))


@dataclass(frozen=True)
class Outer(Moving):
    """u vᵀ."""

    v: Any

    def after(self, step: Step) -> Moving | None:
        c, v = self.matrix, self.v
        if isinstance(step, Multiply):
            moved, turned = algebra.matmul(step.left, c), algebra.matmul(algebra.transpose(step.right), v)
            return Column(algebra.matmul(turned, moved)) if turned.is_scalar else Outer(moved, turned)
        if isinstance(step, Turn):
            return Row(c, v)
        if isinstance(step, Weigh):
            return Between(c, algebra.identity(c.rows), algebra.matmul(step.by, algebra.diagonal(v)))
        if isinstance(step, Extract):
            return Column(algebra.matmul(algebra.diagonal(v), c))
        if isinstance(step, Against):
            return Column(algebra.matmul(algebra.transpose(algebra.matmul(step.matrix, v)), c))
        return None


@dataclass(frozen=True)
class Row(Moving):
    """v uᵀ; uᵀ itself where v is a number."""

    v: Any

    def after(self, step: Step) -> Moving | None:
        c, v = self.matrix, self.v
        if isinstance(step, Multiply):
            front, moved = algebra.matmul(step.left, v), algebra.matmul(algebra.transpose(step.right), c)
            return Column(algebra.matmul(front, moved)) if step.right.cols == 1 else Row(moved, front)
        if isinstance(step, Turn):
            return Column(algebra.matmul(v, c)) if v.is_scalar else Outer(c, v)
        # the others see no difference between a matrix and its transpose
        turned = Outer(c, v)
        if isinstance(step, Weigh):
            found = turned.after(Weigh(algebra.transpose(step.by)))
            return None if found is None else found.after(Turn())
        return turned.after(Against(algebra.transpose(step.matrix)) if isinstance(step, Against) else step)


@dataclass(frozen=True)
class Between(Moving):
    """L diag(u) R."""

    left: Any
    right: Any

    def after(self, step: Step) -> Moving | None:
        c, left, right = self.matrix, self.left, self.right
        if isinstance(step, Multiply):
            left, right = algebra.matmul(step.left, left), algebra.matmul(right, step.right)
            if right.cols == 1:
                return Column(algebra.matmul(left, algebra.diagonal(right), c))
            if left.rows == 1:
                turned = algebra.diagonal(algebra.transpose(left))
                return Row(algebra.matmul(algebra.transpose(right), turned, c), algebra.number(1))
            return Between(c, left, right)
        if isinstance(step, Turn):
            return Between(c, algebra.transpose(right), algebra.transpose(left))
        if isinstance(step, Weigh):
            return Weighed(c, left, right, step.by)
        if isinstance(step, Extract):
            return Column(algebra.matmul(algebra.hadamard(left, algebra.transpose(right)), c))
        if isinstance(step, Against):
            sides = algebra.matmul(algebra.transpose(left), step.matrix, algebra.transpose(right))
            return Column(algebra.matmul(algebra.transpose(invariants.diagonal_of(sides)), c))
        return None


@dataclass(frozen=True)
class Weighed(Moving):
    """P ∘ (L diag(u) R)."""

    left: Any
    right: Any
    by: Any

    def after(self, step: Step) -> Moving | None:
        c, left, right, by = self.matrix, self.left, self.right, self.by
        if isinstance(step, Turn):
            return Weighed(c, *map(algebra.transpose, (right, left, by)))
        if isinstance(step, Weigh):
            return Weighed(c, left, right, algebra.hadamard(by, step.by))
        if isinstance(step, Against):
            return Between(c, left, right).after(Against(algebra.hadamard(step.matrix, by)))
        if isinstance(step, Extract):
            found = Between(c, left, right).after(step)
            return None if found is None else found.after(Weigh(invariants.diagonal_of(by)))
        if not isinstance(step, Multiply):
            return None
        if step.right.cols == 1:
            # (P ∘ (L diag(u) R)) w = (L ∘ (P diag(w) Rᵀ)) u
            weights = algebra.matmul(by, algebra.diagonal(step.right), algebra.transpose(right))
            return Column(algebra.matmul(step.left, algebra.hadamard(left, weights), c))
        if step.left.rows == 1:
            turned = self.after(Turn())
            sides = algebra.transpose(step.right), algebra.transpose(step.left)
            found = None if turned is None else turned.after(Multiply(*sides))
            return None if found is None else found.after(Turn())
        return None


def _read(node: Expression, known: dict[Expression, list[Moving]], direction: Symbol) -> list[Moving]:
    moving = [part for part in node.parts if part in known]
    if isinstance(node, Sum):
        return [one for part in moving for one in known[part]]
    if isinstance(node, (Apply, Frechet)) or len(moving) > 1:
        raise _unreadable(node, direction)
    found: list[Moving] = known[moving[0]]
    for step in steps_of(node, moving[0], direction):
        followed = [one.after(step) for one in found]
        found = [one for one in followed if one is not None]
        if len(found) < len(followed):
            raise _unreadable(node, direction)
    return found


def _merged(parts: Sequence[Moving], shared: bool) -> list[Moving]:
    """The columns as one, of which the matrix stays one part of the others if it is used again; the rest as it is."""
    columns = [one.matrix for one in parts if isinstance(one, Column)]
    found = [one for one in parts if not isinstance(one, Column)]
    if len(found) > _MOST_PARTS:
        raise UnsupportedError(
            f"the second derivative is a sum of more than {_MOST_PARTS} products with the direction inside; "
            f"wengert.hessian and wengert.hvp give its numbers"
        )
    whole = algebra.add(*columns) if columns else None
    return [*([] if whole is None else [Column(kept(whole) if shared else whole)]), *found]


def _unreadable(node: Expression, direction: Symbol) -> UnsupportedError:
    kind = f"the derivative of {node.name}" if isinstance(node, (Apply, Frechet)) else "a product by entries"
    return UnsupportedError(
        f"the second derivative in the direction {direction.name} is an operator that has no matrix in matrix algebra: "
        f"{direction.name} stands inside {kind}; wengert.hessian and wengert.hvp give its numbers"
    )
