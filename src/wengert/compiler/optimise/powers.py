"""Powers with a constant exponent: small whole ones as products, halves as square roots.

Not kept is the sign of a zero whose root is taken; and where NumPy takes a power of minus infinity with a half in its
exponent, the square root gives NaN.
"""

from __future__ import annotations

import math
from typing import Any, Final

from wengert.compiler.optimise.builder import Builder, number
from wengert.compiler.optimise.elementwise import is_real_float, x_if
from wengert.compiler.optimise.moving import as_result
from wengert.compiler.optimise.rules import Atom, rule
from wengert.graph import REGISTRY, Primitive

__all__: list[str] = []

Inputs = tuple[Atom, ...]
Params = tuple[Any, ...]
multiply: Final = REGISTRY["multiply"]
divide: Final = REGISTRY["divide"]
select: Final = REGISTRY["select"]
sqrt: Final = REGISTRY["sqrt"]
equal: Final = REGISTRY["equal"]
power_constant: Final = REGISTRY["power_constant"]
# Up to here a product, at one rounding for each factor.
LARGEST_PRODUCT: Final = 8


@rule("power")
def power_of_constant(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """A power whose exponent is a number that is known."""
    x, y = inputs
    value = number(y)
    if value is None or y.type.kind not in "fi" or x.type.kind != "f" or x.type.weak:
        return None
    exponent = int(value) if y.type.kind == "i" else float(value)
    expected = build.infer(primitive, inputs, params)[0]
    key = (exponent,) if isinstance(exponent, int) else (exponent, (float,))
    if build.infer(power_constant, (x,), key)[0] is not expected:
        return None
    return build.apply(power_constant, x, params=key)


@rule("power_constant")
def power_simplified(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """Small powers as products, halves as roots."""
    (x,), exponent = inputs, params[0]
    expected = build.infer(primitive, inputs, params)[0]
    if exponent == 1:
        return x if x.type is expected else None
    if exponent == 0 and expected.kind == "f" and not expected.weak:
        return as_result(build, primitive, inputs, params, build.literal(expected.dtype.type(1)))
    if exponent == 2:
        return x_if(build.apply(multiply, x, x), expected)
    if x.type.kind != "f" or expected.kind != "f":
        return None
    if float(exponent).is_integer() and 1 <= abs(exponent) <= LARGEST_PRODUCT:
        product = _whole_power(build, x, abs(int(exponent)))
        found = product if exponent > 0 else build.apply(divide, build.literal(1), product)
        return x_if(found, expected)
    if x.type.weak or exponent not in (0.5, -0.5, 1.5):
        return None
    root = build.apply(sqrt, x)
    if exponent == 0.5:
        return x_if(root, expected)
    if exponent == 1.5:
        return x_if(build.apply(multiply, x, root), expected)
    # of a zero of either sign the power is positive infinity
    inverse = build.apply(divide, build.literal(1), root)
    zero = build.apply(equal, x, build.literal(0))
    return x_if(build.apply(select, zero, build.literal(math.inf), inverse), expected)


def _whole_power(build: Builder, x: Atom, exponent: int) -> Atom:
    if exponent == 1:
        return x
    half = _whole_power(build, x, exponent // 2)
    even = build.apply(multiply, half, half)
    return build.apply(multiply, even, x) if exponent % 2 else even


@rule("square")
def square_is_product(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """X * x, which shares what a power shares."""
    return x_if(build.apply(multiply, inputs[0], inputs[0]), build.infer(primitive, inputs, params)[0])


@rule("reciprocal")
def reciprocal_is_quotient(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """1 / x of floating-point numbers."""
    if not is_real_float(inputs[0]) or inputs[0].type.weak:
        return None
    return build.apply(divide, build.literal(1), inputs[0])
