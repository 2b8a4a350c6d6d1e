"""Forward mode: every value carries its tangent, and nothing is kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import ArrayType, Operand, Primitive, bind, harden
from wengert.tracing import FUNCTIONS, Recording, Tracer, type_of
from wengert.transforms.finite import is_lost
from wengert.transforms.rule import rule_for
from wengert.transforms.structured import recomputed
from wengert.transforms.sweep import any_traced, zeros
from wengert.transforms.tape import own

__all__ = ["ForwardRecording"]

# what Python raises on plain floats where NumPy gives inf or NaN
_PYTHON_ERRORS = (ZeroDivisionError, OverflowError)


class ForwardRecording(Recording):
    """Pushes tangents along with the values, one equation at a time."""

    def input(self, value: Any, tangent: Any) -> Tracer:
        """A value with its tangent, None for zero."""
        # a copy, so that a write into the original does not change the value behind its tangent
        return Tracer(own(value), type_of(value), self, tangent)

    def box(self, value: Any) -> Tracer:
        return Tracer(value, type_of(value), self, None)

    def is_constant(self, operand: Operand) -> bool:
        return operand.payload is None

    def apply(self, primitive: Primitive, args: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
        if self.closed:
            return self.outlived(primitive, args, params)
        values: list[Any] = []
        tangents: list[Any] = []
        active = 0
        for position, arg in enumerate(args):
            if isinstance(arg, Operand) and arg.recording is self:
                values.append(arg.value)
                if arg.payload is not None:
                    tangents.append(arg.payload)
                    active |= 1 << position
            else:
                values.append(arg)
        result = bind(primitive, tuple(values), params)
        if not primitive.differentiable:
            return FUNCTIONS["constant of a program"](result, self) if self.hosts else result
        results = result if primitive.outputs > 1 else (result,)
        types = tuple([type_of(value) for value in results])
        if not active:
            boxes = tuple([self.box(value) for value in results])
        elif not any([kind.inexact for kind in types]):
            return result
        else:
            maker = primitive.rule_maker
            rule = (
                rule_for(primitive, params, values, active, types)
                if maker is None
                else maker(values, results, active, self.level)
            )
            pushed = self._push(rule, (*values, *results, *tangents))
            pushed = pushed if primitive.outputs > 1 else (pushed,)
            boxes = tuple([Tracer(v, t, self, d) for v, t, d in zip(results, types, pushed, strict=True)])
        return boxes if primitive.outputs > 1 else boxes[0]

    def _push(self, rule: Any, operands: tuple[Any, ...]) -> Any:
        raw = not self.nested and not any_traced(operands)
        with np.errstate(all="ignore"):
            try:
                pushed = rule.pushforward(raw=raw)(*operands)
            except _PYTHON_ERRORS:
                pushed = rule.pushforward(raw=raw)(*map(harden, operands))
            if not (any(map(is_lost, pushed)) if isinstance(pushed, tuple) else is_lost(pushed)):
                return pushed
            return _pushed_again(pushed, rule, operands, raw)

    def parts(self, value: Any) -> tuple[Any, Any]:
        """Value and tangent of a result; the tangent of a constant is zero."""
        if isinstance(value, Operand):
            if value.is_view:
                value.refresh()
            if value.recording is self:
                tangent = zeros(value.type, 0) if value.payload is None else value.payload
                return value.value, tangent
        kind: Any = type_of(value)
        return value, zeros(kind, 0) if isinstance(kind, ArrayType) else None


def _pushed_again(pushed: Any, rule: Any, operands: tuple[Any, ...], raw: bool) -> Any:
    """Tangents of the results in the place of those in which a NaN was found."""

    def sweep(annihilate: bool) -> tuple[Any, ...]:
        values = operands if annihilate else map(harden, operands)
        found = rule.pushforward(raw=raw, annihilate=annihilate)(*values)
        return found if isinstance(found, tuple) else (found,)

    if isinstance(pushed, tuple):
        return tuple(recomputed(pushed, raw, sweep))
    return recomputed((pushed,), raw, sweep)[0]
