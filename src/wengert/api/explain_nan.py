"""explain_nan: which line, operation and operands a NaN or an infinity comes from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import numpy as np

from wengert import tree
from wengert.api.arguments import flat_output, name_of
from wengert.api.listing import input_names
from wengert.api.nan_advice import advice_for
from wengert.api.nan_report import CONSTANT, PARTS, NanOperand, NanReport, NanStep, kind_of
from wengert.api.nan_search import Bad, Birth, Sweeps, is_nan, not_finite, places
from wengert.errors import ArgumentError, OutputError
from wengert.graph import ArrayType, Equation, Var
from wengert.graph import Literal as Constant
from wengert.programs import Program, call
from wengert.tracing import primal, type_of

__all__ = ["explain_nan"]

MOST_PLACES: Final = 8
_NAMES: Final = ("value", "gradient", "second derivative")


def explain_nan(f: Callable[..., Any], *args: Any, order: int = 1, **kwargs: Any) -> NanReport:
    """Find the operation in which the first NaN or infinity arises that spoils a value or a derivative of f.

    Parameters
    ----------
    f
        Any function that Wengert differentiates; returns arrays or scalars of any shape, nested at will. The derivative
        of several results is that of their sum with unequal positive weights.
    args, kwargs
        The point. Floating-point numbers and arrays among the positional arguments are differentiated, in trees too.
    order
        How many derivatives are looked at after the value: 0, 1 or 2.

    Returns
    -------
    A report to print. The first order that is not finite is explained: the user's line, the operation, its operands,
    what came out, and, for a NaN that an infinity has become, where the infinity arose. An infinity that does no harm,
    such as that of `1 / (1 + exp(1000))`, is not named; nor is a NaN that `where` does not choose. A NaN in the formula
    of a derivative that zeros annihilate is told as information.

    Raises
    ------
    ArgumentError
        `order` is not 0, 1 or 2, or no positional argument holds floating-point numbers.
    OutputError
        f returned no floating-point number.

    >>> import numpy as np
    >>> import wengert as wg
    >>> from wengert.api.explain_nan import explain_nan
    >>> report = explain_nan(lambda p: -np.sum(p * np.log(p)), np.array([0.5, 0.5, 0.0]))
    >>> report.where, [(step.operation, step.kind) for step in report.steps]
    ('value', [('log', '-inf'), ('multiply', 'nan')])
    """
    if order not in (0, 1, 2):
        raise ArgumentError(f"explain_nan: order must be 0, 1 or 2; received {order!r}")
    if not callable(f):
        raise ArgumentError(f"explain_nan takes a function, received {type(f).__name__}; write explain_nan(f, x)")
    leaves, structure = tree.flatten(args)
    active = [place for place, leaf in enumerate(leaves) if _floats(leaf)]
    if not active:
        raise ArgumentError(
            f"explain_nan: no positional argument of {name_of(f)} holds floating-point numbers; pass floats or arrays"
        )
    program = Program(f)

    def run(chosen: Sequence[Any]) -> list[Any]:
        filled = list(leaves)
        for place, leaf in zip(active, chosen, strict=True):
            filled[place] = leaf.copy() if isinstance(leaf, np.ndarray) else leaf
        with np.errstate(all="ignore"):
            results, _ = flat_output(f, call(program, structure.unflatten(filled), kwargs), "explain_nan")
        floats = [result for result in results if _floats(result)]
        if not floats:
            raise OutputError(f"explain_nan: {name_of(f)} returned no floating-point number; return floats")
        return floats

    names = input_names(f, args)
    point = [leaves[place] for place in active]
    return _report(name_of(f), run, point, [names[place] for place in active], order)


def _floats(leaf: Any) -> bool:
    kind: Any = type_of(leaf)
    return isinstance(kind, ArrayType) and kind.inexact


def _report(
    name: str, run: Callable[[list[Any]], list[Any]], point: list[Any], names: list[str], order: int
) -> NanReport:
    """Look at one order after the other, until one is not finite."""
    results: list[tuple[str, Any]] = []
    hidden: tuple[NanStep, ...] = ()
    for each in range(order + 1):
        sweeps = Sweeps(run, point, each)
        called = dict(zip(sweeps.inputs, names, strict=True))
        values = [(_result_name(each, i, names), sweeps.value_of(a)) for i, a in enumerate(sweeps.outputs[each])]
        results += values
        bad: Bad = is_nan if any(np.any(is_nan(value)) for _, value in values) else not_finite
        if any(np.any(bad(value)) for _, value in values):
            steps = _chain(sweeps, sweeps.outputs[each], bad, called)
            where: Literal["argument", "value", "derivative"] = "derivative" if each else "value"
            where = "argument" if steps[0].where == "argument" else where
            return NanReport(name, where, each, steps, tuple(results), advice_for(steps), hidden)
        if each:
            unsafe = sweeps.unsafe[each - 1]
            if any(np.any(is_nan(sweeps.value_of(atom))) for atom in unsafe):
                hidden = hidden or _chain(sweeps, unsafe, is_nan, called)[:1]
    return NanReport(name, "", 0, (), tuple(results), "", hidden)


def _result_name(order: int, position: int, names: list[str]) -> str:
    if order:
        return f"{_NAMES[order]} in {names[position]}"
    return _NAMES[0] if not position else f"value {position}"


def _chain(sweeps: Sweeps, outputs: Sequence[Any], bad: Bad, called: dict[Var, str]) -> tuple[NanStep, ...]:
    """The first NaN, behind the infinity that it came from."""
    birth = sweeps.birth(outputs, bad)
    if birth is None:
        constant = next(atom for atom in outputs if np.any(bad(sweeps.value_of(atom))))
        value = sweeps.value_of(constant)
        return (_step(CONSTANT, "value", 0, None, (), value, not_finite),)
    steps = [_told(birth, bad, called)]
    if bad is is_nan and birth.equation is not None:
        given = [
            atom
            for atom, operand in zip(birth.equation.inputs, birth.operands, strict=True)
            if isinstance(atom, Var) and np.any(not_finite(operand))
        ]
        before = sweeps.birth(given, not_finite) if given else None
        if before is not None:
            steps.insert(0, _told(before, not_finite, called))
    return tuple(steps)


def _told(birth: Birth, bad: Bad, called: dict[Var, str]) -> NanStep:
    if birth.equation is None:
        return _step(called[birth.variable], "argument", 0, None, (), birth.value, bad)
    if not birth.order:
        operands = _operands(birth.equation, birth.operands, birth.value, places(birth.value, bad)[0], called)
        return _step(birth.equation.primitive.name, "value", 0, birth.equation, operands, birth.value, bad)
    if birth.root is None:
        operands = _operands(birth.equation, birth.operands, birth.value, places(birth.value, bad)[0], called)
        return _step(PARTS, "derivative", birth.order, None, operands, birth.value, bad)
    operands = _operands(birth.root, birth.root_operands, birth.root_value, _index(birth, bad), called)
    return _step(birth.root.primitive.name, "derivative", birth.order, birth.root, operands, birth.value, bad)


def _index(birth: Birth, bad: Bad) -> tuple[int, ...] | None:
    """Where the value of the program is that the bad multiplier belongs to."""
    same = np.shape(birth.value) == np.shape(birth.root_value)
    return places(birth.value, bad)[0] if same else None


def _step(
    operation: str,
    where: Literal["argument", "value", "derivative"],
    order: int,
    equation: Equation | None,
    operands: tuple[NanOperand, ...],
    value: Any,
    bad: Bad,
) -> NanStep:
    source = equation.source if equation is not None else None
    found = places(value, bad)
    file, line, function = (source.file, source.line, source.function) if source else ("", 0, "")
    kind = kind_of(np.asarray(value)[found[0]])
    return NanStep(
        where, order, operation, file, line, function, operands, value, tuple(found[:MOST_PLACES]), kind
    )  # fmt: skip


def _operands(
    equation: Equation, values: Sequence[Any], result: Any, index: tuple[int, ...] | None, called: dict[Var, str]
) -> tuple[NanOperand, ...]:
    """The operands of an operation that are arrays, with the entries that met the bad one."""
    found: list[NanOperand] = []
    for position, (atom, value) in enumerate(zip(equation.inputs, values, strict=True)):
        if not isinstance(type_of(value), ArrayType):
            continue
        stem = called.get(atom) if isinstance(atom, Var) else None
        what = f"constant {position}" if isinstance(atom, Constant) else f"operand {position}"
        met = _met(value, result, index) if equation.primitive.elementwise and index is not None else None
        bad = tuple(places(primal(value), not_finite)[:MOST_PLACES])
        found.append(NanOperand(stem or what, value, met, bad))
    return tuple(found)


def _met(value: Any, result: Any, index: tuple[int, ...]) -> tuple[int, ...] | None:
    """The index into a broadcast operand that belongs to an index into the result."""
    shape = np.shape(value)
    own = index[len(index) - len(shape) :]
    if len(shape) > len(index) or len(shape) > np.ndim(result):
        return None
    return tuple(0 if length == 1 else place for length, place in zip(shape, own, strict=True))
