"""Where a formula holds: what its form tells of logarithms, quotients, roots, inverses and kinks in it."""

from __future__ import annotations

from fractions import Fraction

from wengert.calculus import algebra
from wengert.calculus.expression import (
    Apply,
    Determinant,
    Expression,
    Hadamard,
    Inverse,
    NamedNumber,
    Number,
    Product,
    Size,
    Sum,
    Symbol,
    Trace,
    Transpose,
    walk,
)
from wengert.calculus.properties import has, is_nonnegative
from wengert.display.formula import text_of

__all__ = ["conditions"]

_POSITIVE_VALUES = frozenset(
    {"exp", "cosh", "erfc", "erfcx", "ndtr", "logistic", "softmax", "softmax_rows", "softplus"}
)
_EACH = "every entry of "
_KINKED = frozenset({"absolute", "sign", "relu", "step", "max", "max_rows", "argmax", "argmax_rows"})


def conditions(*expressions: Expression) -> list[str]:
    """Lines as `x > 0`, `X is invertible`, `almost everywhere`, in the order in which expressions need them.

    >>> from wengert.calculus import algebra
    >>> from wengert.calculus.dimension import Dim
    >>> from wengert.api.conditions import conditions
    >>> x = algebra.symbol("x", Dim("n"), 1)
    >>> conditions(algebra.apply("log", x))
    ['x > 0']
    """
    found: list[str] = []
    inverted: set[Expression] = set()
    for node in dict.fromkeys(node for expression in expressions for node in walk(expression)):
        if isinstance(node, Apply):
            found += _of_function(node)
        elif isinstance(node, Inverse) and not _is_invertible(node.parts[0]):
            inner = node.parts[0].parts[0] if isinstance(node.parts[0], Transpose) else node.parts[0]
            if algebra.transpose(inner) not in inverted:
                found.append(f"{text_of(inner)} is invertible")
            inverted.add(inner)
        elif isinstance(node, Product):
            found += [line for base, exponent in node.scalars for line in _of_power(base, exponent)]
        elif isinstance(node, Hadamard):
            found += [line for base, exponent in node.factors for line in _of_power(base, exponent)]
    return _without_implied(list(dict.fromkeys(found)))


def _without_implied(found: list[str]) -> list[str]:
    """Lines that do not follow from others: what is positive is not zero, what has a determinant is invertible."""
    plain = [line.removeprefix(_EACH) for line in found]
    positive = {line.removesuffix(" > 0") for line in plain if line.endswith(" > 0")}
    positive |= {line.removeprefix("−") for line in positive}
    regular = {line[4:-1] for line in positive | {line.removesuffix(" ≠ 0") for line in plain} if line[:4] == "det("}
    implied = {f"{text}{end}" for text in positive for end in (" ≠ 0", " ≥ 0")}
    # det(X) ≠ 0 says the same as that X is invertible, and shorter where nothing else is said of it
    implied |= {f"{text} is invertible" for text in regular}
    return [line for line, bare in zip(found, plain, strict=True) if bare not in implied]


def _of_function(node: Apply) -> list[str]:
    inside = node.operand
    if node.name == "log":
        root, inside = _square_of(inside), _without_reciprocal(inside)
        if root is not None:
            return [f"{text_of(root)} ≠ 0"]
        return [] if _is_positive(inside) else [f"{text_of(inside)} > 0"]
    if node.name == "log1p":
        return [] if is_nonnegative(inside) else [f"{text_of(inside)} > −1"]
    if node.name == "logabs":
        return [] if _is_positive(inside) else [f"{text_of(inside)} ≠ 0"]
    if node.name in _KINKED:
        return ["almost everywhere"]
    return []


def _of_power(base: Expression, exponent: Fraction) -> list[str]:
    if (exponent > 0 and exponent.denominator == 1) or _is_positive(base):
        return []
    root = _square_of(base)
    if root is not None:
        return [f"{text_of(root)} ≠ 0"] if exponent < 0 else []
    whole = "" if base.is_scalar else _EACH
    gram = isinstance(base, Determinant) and _is_gram(base.parts[0])
    if exponent.denominator == 1 or gram or is_nonnegative(base):
        return [f"{whole}{text_of(base)} ≠ 0"] if exponent < 0 else []
    return [f"{whole}{text_of(base)} {'>' if exponent < 0 else '≥'} 0"]


def _square_of(base: Expression) -> Expression | None:
    """X of xᵀx, X of tr(XᵀX)."""
    inside = base.parts[0] if isinstance(base, Trace) else base
    if not isinstance(inside, Product) or inside.scalars or inside.coefficient != 1 or not _is_gram(inside):
        return None
    found = algebra.matmul(*inside.chain[len(inside.chain) // 2 :])
    return found.parts[0] if isinstance(found, Transpose) else found


def _without_reciprocal(x: Expression) -> Expression:
    """What 1/d is positive with: d."""
    if isinstance(x, Product) and not x.chain and x.coefficient > 0 and len(x.scalars) == 1:
        return x.scalars[0][0]
    return x


def _is_gram(x: Expression) -> bool:
    """Whether a product is MᵀM."""
    if not isinstance(x, Product) or x.coefficient < 0 or x.scalars or len(x.chain) % 2:
        return False
    return all(algebra.transpose(one) is other for one, other in zip(x.chain, reversed(x.chain), strict=True))


def _is_invertible(x: Expression) -> bool:
    return has(x, "invertible") or has(x, "positive definite")


def _is_positive(x: Expression) -> bool:
    """Whether a scalar, or every entry, is known to be positive."""
    if isinstance(x, Number):
        return x.value > 0
    if isinstance(x, (NamedNumber, Size)):
        return True
    if isinstance(x, Symbol):
        return "positive entries" in x.properties
    if isinstance(x, Transpose):
        return _is_positive(x.parts[0])
    if isinstance(x, Apply):
        return x.name in _POSITIVE_VALUES
    if isinstance(x, Determinant):
        return has(x.parts[0], "positive definite")
    if isinstance(x, Sum):
        return all(is_nonnegative(part) or _is_positive(part) for part in x.parts) and any(map(_is_positive, x.parts))
    if isinstance(x, Product) and x.coefficient > 0 and x.chain and not x.is_scalar:
        return all(_is_positive(link) or algebra.is_one(link) for link in x.chain) and all(
            _is_positive(base) for base, _ in x.scalars
        )
    if isinstance(x, Product) and x.coefficient > 0:
        links = [link.parts[0] if isinstance(link, Transpose) else link for link in x.chain]
        return all(_is_positive(base) for base, _ in x.scalars) and all(
            _is_positive(link) or algebra.is_one(link) for link in links
        )
    if isinstance(x, Hadamard):
        return all(_is_positive(base) for base, _ in x.factors)
    return False
