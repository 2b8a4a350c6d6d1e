"""Identities of what is computed entry by entry.

Exact ones, and few that are not. Special values are kept: zero times x is not zero, since x may be infinite, unless x
is bounded and what bounds it is noted. Not kept is the sign of a zero where zero is added: `0.0 + -0.0` is 0.0 for
NumPy and -0.0 here. A sum of multiples is one multiple, rounded once; and a product of constants may be finite where
an intermediate one of NumPy's is not.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.bounds import assume_bounded
from wengert.compiler.optimise.builder import Builder, number
from wengert.compiler.optimise.moving import as_result
from wengert.compiler.optimise.rules import Atom, rule
from wengert.graph import REGISTRY, Literal, Primitive, Var

__all__: list[str] = []

Inputs = tuple[Atom, ...]
Params = tuple[Any, ...]
add: Final = REGISTRY["add"]
subtract: Final = REGISTRY["subtract"]
multiply: Final = REGISTRY["multiply"]
divide: Final = REGISTRY["divide"]
negative: Final = REGISTRY["negative"]
select: Final = REGISTRY["select"]
convert: Final = REGISTRY["convert"]
LARGE: Final = 1e100


def is_power_of_two(value: Any) -> bool:
    """Whether a product with this number and its reciprocal are exact, range apart."""
    if isinstance(value, (bool, np.bool_, complex, np.complexfloating)):
        return False
    plain = float(value)
    return 2.0**-64 <= abs(plain) <= 2.0**64 and math.frexp(abs(plain))[0] == 0.5


def is_real_float(atom: Atom) -> bool:
    """Whether the entries are real floating-point numbers."""
    return bool(atom.type.kind == "f")


def constant_factor(build: Builder, atom: Atom) -> tuple[Literal, Atom] | None:
    """`(c, y)` where the atom is c * y with a constant number c."""
    equation = build.defined_by(atom, multiply)
    if equation is None:
        return None
    left, right = equation.inputs
    if left.__class__ is Literal and not left.type.shape:
        return left, right
    if right.__class__ is Literal and not right.type.shape:
        return right, left
    return None


def negated(build: Builder, literal: Literal) -> Atom | None:
    """The constant number with the other sign, of the same type; None for what has no sign."""
    value = number(literal)
    if value is None or literal.type.kind not in "fic":
        return None
    return build.literal(-value)


@rule("add", "multiply")
def share_exchanged(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The same operands in the other order."""
    known = build.lookup(primitive, inputs[::-1], params)
    return known[0] if known is not None else None


@rule("add", "subtract", "multiply", "divide")
def yielding_constant(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """A constant number as a Python float, which is one constant for every dtype."""
    x, y = inputs
    for place, (one, other) in enumerate(((x, y), (y, x))):
        kind = one.type
        if one.__class__ is not Literal or other.__class__ is not Var or kind.shape or not is_real_float(other):
            continue
        strong = kind.kind == "f" and not kind.weak and other.type.dtype == kind.dtype
        if not other.type.weak and (strong or (kind.kind == "i" and kind.weak and abs(one.value) < 2**53)):
            operands = (build.literal(float(number(one))), other)
            return build.apply(primitive, *(operands[::-1] if place else operands))
    return None


@rule("add")
def add_simplified(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """Zero added, x + x, and differences written as sums."""
    x, y = inputs
    for one, other in ((x, y), (y, x)):
        if one.__class__ is Literal and _is_number(one, 0):
            return as_result(build, primitive, inputs, params, other)
    if x is y and x.type.kind in "fi" and x.__class__ is Var:
        return build.apply(multiply, build.literal(2), x)
    multiple = _joined_multiples(build, x, y) if is_real_float(x) and x.type is y.type else None
    if multiple is not None:
        return multiple
    for one, other in ((x, y), (y, x)):
        minus = build.defined_by(other, negative)
        if minus is not None:
            return build.apply(subtract, one, minus.inputs[0])
    return _joined_choices(build, inputs)


def _joined_multiples(build: Builder, x: Atom, y: Atom) -> Atom | None:
    """`a x + b x` with constants of one sign: their sum is rounded once, and nothing cancels."""
    (first, of_x), (second, of_y) = _as_multiple(build, x), _as_multiple(build, y)
    if of_x is not of_y or of_x.type is not x.type or not (0 < first < LARGE or -LARGE < first < 0):
        return None
    if not 0 < second / first < LARGE:
        return None
    return x_if(build.apply(multiply, build.literal(first + second), of_x), x.type)


def _as_multiple(build: Builder, x: Atom) -> tuple[float, Atom]:
    scaled = constant_factor(build, x)
    if scaled is None or scaled[0].type.kind not in "fi" or not scaled[0].type.weak:
        return 1.0, x
    return float(scaled[0].value), scaled[1]


def _is_number(atom: Atom, value: int) -> bool:
    found = number(atom)
    return found is not None and bool(found == value)


def _joined_choices(build: Builder, inputs: Inputs) -> Atom | None:
    """`where(c, x, 0) + where(c, 0, y)` is `where(c, x, y)`."""
    first, second = [build.defined_by(atom, select) for atom in inputs]
    if first is None or second is None or first.inputs[0] is not second.inputs[0]:
        return None
    for one, other in ((first, second), (second, first)):
        c, x, nothing = one.inputs
        _, none, y = other.inputs
        if _is_number(nothing, 0) and _is_number(none, 0):
            atom = build.apply(select, c, x, y)
            return atom if atom.type is build.infer(add, inputs, ())[0] else None
    return None


@rule("subtract")
def subtract_simplified(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """Zero subtracted, and x - (-y)."""
    x, y = inputs
    if y.__class__ is Literal and _is_number(y, 0):
        return as_result(build, primitive, inputs, params, x)
    minus = build.defined_by(y, negative)
    return build.apply(add, x, minus.inputs[0]) if minus is not None else None


@rule("scale")
def scale_is_product(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The chain rule's product, which has the value of any other."""
    return build.apply(multiply, *inputs)


@rule("multiply")
def multiply_simplified(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """Products with one and minus one, signs outward, and powers of two joined with other constants."""
    x, y = inputs
    for one, other in ((x, y), (y, x)):
        if one.__class__ is Literal:
            value = number(one)
            if value is None:
                continue
            if value == 1:
                found = as_result(build, primitive, inputs, params, other)
                if found is not None:
                    return found
            elif value == -1 and other.type.kind == "f":
                found = as_result(build, primitive, inputs, params, other)
                if found is not None:
                    return build.apply(negative, found)
            elif value == 0 and other.type.kind == "f" and assume_bounded(build, other):
                expected = build.infer(primitive, inputs, params)[0]
                return as_result(build, primitive, inputs, params, build.literal(expected.dtype.type(0)))
            return _scaled_again(build, inputs, one, other)
    left, right = build.defined_by(x, negative), build.defined_by(y, negative)
    if left is not None and right is not None:
        return build.apply(multiply, left.inputs[0], right.inputs[0])
    if left is not None and is_real_float(x):
        return build.apply(negative, build.apply(multiply, left.inputs[0], y))
    if right is not None and is_real_float(y):
        return build.apply(negative, build.apply(multiply, x, right.inputs[0]))
    return None


def _scaled_again(build: Builder, inputs: Inputs, constant: Literal, other: Atom) -> Atom | None:
    expected = build.infer(multiply, inputs, ())[0]
    if expected.kind != "f":
        return None
    minus = build.defined_by(other, negative)
    if minus is not None:
        turned = negated(build, constant)
        return build.apply(multiply, turned, minus.inputs[0]) if turned is not None else None
    inner = constant_factor(build, other)
    if inner is None or other.type.kind != "f":
        return None
    first, second = number(constant), number(inner[0])
    if not (is_power_of_two(first) or is_power_of_two(second)):
        return None
    product = float(first) * float(second)
    if not 1e-200 < abs(product) < 1e200:
        return None
    # the dtype of the product of both, weak where both are
    kind = build.infer(multiply, (constant, inner[0]), ())[0]
    joined = product if kind.weak and kind.kind == "f" else _in_type(first * second, product, kind)
    found = build.apply(multiply, build.literal(joined), inner[1])
    return found if found.type is expected else None


def _in_type(value: Any, product: float, kind: Any) -> Any:
    if kind.weak:
        return value
    return kind.dtype.type(product) if kind.kind == "f" else value


@rule("divide")
def divide_simplified(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """Quotients by one and by powers of two, signs outward."""
    x, y = inputs
    if y.__class__ is Literal:
        value = number(y)
        if value is not None and y.type.kind in "fi":
            if value == 1:
                found = as_result(build, primitive, inputs, params, x)
                if found is not None:
                    return found
            expected = build.infer(primitive, inputs, params)[0]
            if is_power_of_two(value) and expected.kind == "f" and x.type.kind == "f":
                inverse = 1.0 / float(value)
                found = build.apply(
                    multiply, x, build.literal(inverse if y.type.weak else build.dtype(y).type(inverse))
                )
                return found if found.type is expected else None
    over, under = build.defined_by(x, negative), build.defined_by(y, negative)
    if over is not None and under is not None:
        return build.apply(divide, over.inputs[0], under.inputs[0])
    if over is not None and is_real_float(x):
        return build.apply(negative, build.apply(divide, over.inputs[0], y))
    if under is not None and is_real_float(y):
        return build.apply(negative, build.apply(divide, x, under.inputs[0]))
    return None


@rule("negative")
def negative_simplified(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """Two signs, and the sign of a product or quotient with a constant."""
    (x,) = inputs
    equation = build.definitions.get(x)
    if equation is None:
        return None
    if equation.primitive is negative:
        return equation.inputs[0]
    if equation.primitive is multiply or equation.primitive is divide:
        for place, atom in enumerate(equation.inputs):
            if atom.__class__ is Literal and not atom.type.shape and x.type.kind == "f":
                turned = negated(build, atom)
                if turned is None:
                    continue
                operands = list(equation.inputs)
                operands[place] = turned
                found = build.apply(equation.primitive, *operands)
                return found if found.type is x.type else None
    return None


def x_if(atom: Atom, expected: Any) -> Atom | None:
    """The atom if it has the type that is expected."""
    return atom if atom.type is expected else None


@rule("positive", "copy", "constant", "stop_gradient")
def identity(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """What changes no value."""
    return x_if(inputs[0], build.infer(primitive, inputs, params)[0])


@rule("convert")
def convert_simplified(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """To the dtype that is there already, or through a wider one."""
    (x,), (dtype, *_) = inputs, params
    if x.type.dtype == dtype:
        return x if not x.type.weak else None
    inner = build.defined_by(x, convert)
    if inner is None:
        return None
    source = inner.inputs[0].type
    if source.kind not in "fcb" or source.weak or not np.can_cast(build.dtype(inner.inputs[0]), build.dtype(x), "safe"):
        return None
    return build.apply(convert, inner.inputs[0], params=params)


@rule("real", "conj")
def real_already(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The real part and the conjugate of a real number."""
    if inputs[0].type.kind == "c":
        return None
    return x_if(inputs[0], build.infer(primitive, inputs, params)[0])


@rule("absolute")
def absolute_simplified(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """Of an absolute value, and of what differs in its sign."""
    equation = build.definitions.get(inputs[0])
    if equation is None or inputs[0].type.kind != "f":
        return None
    if equation.primitive is primitive:
        return inputs[0]
    return build.apply(primitive, equation.inputs[0]) if equation.primitive is negative else None


@rule("maximum", "minimum", "fmax", "fmin", "bitwise_and", "bitwise_or", "logical_and", "logical_or")
def of_one_twice(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """Both operands are the same."""
    if inputs[0] is not inputs[1]:
        return None
    return x_if(inputs[0], build.infer(primitive, inputs, params)[0])


@rule("invert", "logical_not")
def not_not(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """A negation of a negation."""
    inner = build.defined_by(inputs[0], primitive)
    if inner is None or inner.inputs[0].type.kind != "b":
        return None
    return x_if(inner.inputs[0], build.infer(primitive, inputs, params)[0])


@rule("select")
def select_simplified(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """A condition that is known, equal values, and a choice inside a choice by the same condition."""
    condition, x, y = inputs
    known = build.uniform(condition)
    if known is not None:
        return as_result(build, primitive, inputs, params, x if known else y)
    if x is y:
        return as_result(build, primitive, inputs, params, x)
    inside = build.defined_by(x, select)
    if inside is not None and inside.inputs[0] is condition:
        return x_if(build.apply(select, condition, inside.inputs[1], y), build.infer(primitive, inputs, params)[0])
    inside = build.defined_by(y, select)
    if inside is not None and inside.inputs[0] is condition:
        return x_if(build.apply(select, condition, x, inside.inputs[2]), build.infer(primitive, inputs, params)[0])
    return None
