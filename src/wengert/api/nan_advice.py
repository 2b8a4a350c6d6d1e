"""What to do about a value that is not finite: one sentence for each way in which it arises."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.api.nan_report import CONSTANT, PARTS, NanOperand, NanStep

__all__ = ["advice_for"]

_LOGARITHMS: Final = {"log": 0.0, "log2": 0.0, "log10": 0.0, "log1p": -1.0}
_GROWING: Final = {"exp", "exp2", "expm1", "sinh", "cosh", "power", "power_constant", "square"}
_POWERS: Final = {"power", "power_constant", "sqrt", "cbrt"}


def advice_for(steps: tuple[NanStep, ...]) -> str:
    """One sentence on the operation that the trouble begins with."""
    first, last = steps[0], steps[-1]
    if first.where == "argument":
        return "the function was given it: look at where this argument comes from"
    if first.operation == CONSTANT:
        return "the function was to return it: clean the data that it is made of"
    if last is not first and last.operation == "multiply" and first.operation in _LOGARITHMS:
        return f"{_at(first)}; for x * log(y) with x = 0 use scipy.special.xlogy, or choose with np.where"
    for operand in first.operands:
        if operand.bad and operand.name.startswith("constant"):
            return f"a constant of the program holds {_first(operand)}: clean the data, or leave these entries out"
    if first.where == "derivative":
        return _of_derivative(first)
    return _of_value(first, last)


def _first(operand: NanOperand) -> str:
    index = operand.bad[0]
    return f"{np.asarray(operand.value)[index]}{f' at {index}' if index else ''}"


def _entry(step: NanStep, position: int = 0) -> Any:
    operands = [operand for operand in step.operands if operand.index is not None]
    return operands[position].entry if position < len(operands) else None


def _at(step: NanStep, position: int = 0) -> str:
    """`log of 0.0 at index (3,)`."""
    operands = [operand for operand in step.operands if operand.index is not None]
    if position >= len(operands):
        return step.title
    operand = operands[position]
    return (
        f"{step.title.rpartition(' of ')[2]} of {operand.entry}{f' at index {operand.index}' if operand.index else ''}"
    )


def _of_value(step: NanStep, last: NanStep) -> str:
    name, x = step.operation, _entry(step)
    guard = "keep the argument inside its domain (np.maximum, np.clip), or leave these entries out with np.where"
    if name in _LOGARITHMS or name in ("sqrt", "arcsin", "arccos", "arccosh", "arctanh"):
        return f"{_at(step)}: {guard}"
    if name in ("divide", "remainder", "reciprocal"):
        y = _entry(step, 1) if name != "reciprocal" else x
        what = "0 / 0" if y == 0 and x == 0 else f"a division by {y}"
        return f"{what}: choose another value there with np.where, or keep the denominator away from 0"
    if name in _POWERS and x is not None and not np.iscomplexobj(x):
        if x < 0:
            return f"{_at(step)}: a negative number to a fractional power is not real: take np.abs, or a whole exponent"
        if x == 0:
            return f"{_at(step)}: 0 to a negative power is infinite: {guard}"
    if name in _GROWING:
        dtype: Any = step.operands[0].dtype if step.operands else np.dtype(float)
        largest = f"exp overflows above {np.log(np.finfo(dtype).max):.4g} in {dtype}" if dtype.kind in "fc" else ""
        return (
            f"{_at(step)} overflows{f' ({largest})' if name == 'exp' and largest else ''}: compute with logarithms "
            f"(np.logaddexp, scipy.special.logsumexp), subtract the maximum first, or scale the argument"
        )
    if step.kind != "nan":
        return f"{name} overflows {np.asarray(step.value).dtype}: scale the numbers, or compute with their logarithms"
    if last is step and name in ("add", "subtract", "multiply", "sum"):
        return "an infinity in a constant or argument cancels another one: leave these entries out with np.where"
    return f"{name} has no finite value at these operands: leave them out with np.where, or guard its arguments"


def _of_derivative(step: NanStep) -> str:
    name, x = step.operation, _entry(step)
    if name == PARTS:
        return "infinite parts of the derivative cancel: rewrite the program so that each part is finite here"
    if x is not None:
        return (
            f"the derivative of {_at(step)} is not finite: the function has no finite slope here; move the point (an "
            f"epsilon under a root, np.maximum before it), or give the true slope with wengert.custom_rule"
        )
    return (
        f"the derivative of {name} is not finite at these operands: move the point, or give the true slope with "
        f"wengert.custom_rule"
    )
