"""Which rule is to blame: every recorded operation is put through the same tests by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wengert.graph import Equation, Var, bind
from wengert.primitives.linalg.witness import WITNESSES, renewed
from wengert.testing.first_order import first_order
from wengert.testing.higher_order import higher_order
from wengert.testing.setting import Mode, Setting
from wengert.testing.space import Vector
from wengert.testing.subject import REFUSALS, Subject
from wengert.testing.sweeps import FlatFunction, directional, gradient
from wengert.tracing import GraphRecording, primal, type_of

__all__ = ["causes"]


def causes(subject: Subject, modes: Sequence[Mode], order: int, seed: int) -> tuple[str, ...]:
    """One sentence for each rule that fails by itself at the operands that the program gave it."""
    sentences: dict[str, None] = {}
    for equation, operands in _recorded(subject.call, subject.domain.unpack(subject.point)):
        for sentence in _blame(equation, operands, modes, order, seed):
            sentences.setdefault(sentence)
    return tuple(sentences)


def _recorded(function: FlatFunction, leaves: list[Any]) -> list[tuple[Equation, list[Any]]]:
    """The operations of a program, with the plain operands that each of them met."""
    with GraphRecording(constants=True) as recording:
        function([recording.input(type_of(leaf), leaf) for leaf in leaves])
    known: dict[Var, Any] = dict(zip(recording.inputs, leaves, strict=True))
    found: list[tuple[Equation, list[Any]]] = []
    for equation in recording.equations:
        operands = [known[atom] if isinstance(atom, Var) else primal(atom.value) for atom in equation.inputs]
        result = bind(equation.primitive, tuple(operands), equation.params)
        results = result if equation.primitive.outputs > 1 else (result,)
        known.update(zip(equation.outputs, results, strict=True))
        found.append((equation, operands))
    return found


def _blame(equation: Equation, operands: list[Any], modes: Sequence[Mode], order: int, seed: int) -> list[str]:
    if not equation.primitive.differentiable:
        return []
    place = f" at {equation.source}" if equation.source else ""
    name = equation.primitive.name
    sentences: list[str] = []
    witnesses = WITNESSES[name][1] if name in WITNESSES else ()
    for position, operand in enumerate(operands):
        if position in witnesses or not isinstance(equation.inputs[position], Var) or not type_of(operand).inexact:
            continue
        subject = _alone(equation, operands, position)
        if subject is None:
            continue
        if _fails(subject, modes, 1, seed):
            sentences.append(f"the rule of primitive {name!r}{place} is wrong in argument {position}")
        elif order > 1 and _fails(subject, modes, order, seed):
            inner = _deeper(subject, modes, seed)
            told = f"; it uses {inner}" if inner else ""
            what = f"a higher derivative of primitive {name!r}{place}"
            sentences.append(f"{what} is wrong in argument {position}{told}")
    return sentences


def _alone(equation: Equation, operands: list[Any], position: int) -> Subject | None:
    """One operation as a function of one of its operands."""

    def operation(operand: Any) -> Any:
        filled = [*operands[:position], operand, *operands[position + 1 :]]
        # factors that were computed from operand 0 must follow it
        filled = list(renewed(equation.primitive, filled)) if position == 0 else filled
        return bind(equation.primitive, tuple(filled), equation.params)

    try:
        return Subject(operation, (operands[position],), {}, 0)
    except REFUSALS:
        return None


def _fails(subject: Subject, modes: Sequence[Mode], order: int, seed: int) -> bool:
    setting = Setting(subject, modes, seed)
    try:
        first_order(setting)
        for each in range(2, order + 1):
            higher_order(setting, each)
    except REFUSALS:
        return True
    return any(check.outcome == "failed" for check in setting.checks)


def _deeper(subject: Subject, modes: Sequence[Mode], seed: int) -> str:
    """The wrong rule that the first derivative of an operation is computed with."""
    w: Vector = subject.codomain.pack(subject.call(subject.domain.unpack(subject.point))) * 0 + 1
    leaves = subject.domain.unpack(subject.point)
    derivatives: list[Callable[[Sequence[Any]], list[Any]]] = []
    if "forward" in modes:
        derivatives.append(directional(subject.call, leaves))
    if "reverse" in modes:
        derivatives.append(gradient(subject.call, subject.codomain.unpack_cotangent(w)))
    for derivative in derivatives:
        for equation, operands in _recorded(derivative, leaves):
            sentences = _blame(equation, operands, modes, 1, seed)
            if sentences:
                return f"primitive {equation.primitive.name!r}, whose rule is wrong"
    return ""
