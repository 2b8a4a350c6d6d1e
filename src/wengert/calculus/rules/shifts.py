"""Rules for exponentials that are shifted by their maximum or by the logarithm of their sum, to stay small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from wengert.calculus.algebra import (
    ONE,
    add,
    apply,
    diagonal,
    hadamard,
    hadamard_of,
    is_one,
    matmul,
    number,
    ones,
    power,
    product,
    split,
    transpose,
)
from wengert.calculus.expression import (
    Apply,
    Diagonal,
    Expression,
    Hadamard,
    Ones,
    Product,
    Sum,
    Transpose,
    make,
    neighbours,
    rule,
    walk,
)
from wengert.calculus.properties import centred_axis

__all__: list[str] = []

_SHIFTS: Final = frozenset({"max", "max_rows", "logsumexp"})


def _is(name: str, x: Expression) -> bool:
    return isinstance(x, Apply) and x.name == name


def _is_shift(x: Expression) -> bool:
    """Whether a number, or a column, is one by which exponents are shifted."""
    return any(isinstance(node, Apply) and (node.name in _SHIFTS or _is_log_of_sums(node)) for node in walk(x))


def _is_log_of_sums(x: Expression) -> bool:
    """log(exp(Z) 1)."""
    if not _is("log", x) or not isinstance(x.parts[0], Product):
        return False
    chain = x.parts[0].chain
    return len(chain) == 2 and _is("exp", chain[0]) and isinstance(chain[1], Ones)


@rule(Apply)
def _shifted_exponential(node: Apply) -> Any:
    """exp(z − m1) = exp(−m) exp(z), and exp(Z − u1ᵀ) = diag(exp(−u)) exp(Z)."""
    if node.name != "exp":
        return None
    terms = _terms(node.operand)
    numbers: list[Any] = []
    rows: list[Any] = []
    cols: list[Any] = []
    rest: list[Expression] = []
    factors: dict[Expression, Fraction] = {}
    for term in terms:
        if _power_of(term, factors):
            continue
        coefficient, scalars, chain = split(term)
        front = product(coefficient, scalars, ())
        uniform = (not chain and len(terms) > 1) or (len(chain) == 1 and is_one(chain[0]))
        if uniform and _is_shift(front):
            numbers.append(apply("exp", front))
        elif len(chain) > 1 and _is_row_of_ones(chain[-1]) and _is_shift(term):
            rows.append(apply("exp", product(coefficient, scalars, chain[:-1])))
        elif len(chain) > 1 and isinstance(chain[0], Ones) and _is_shift(term):
            cols.append(apply("exp", transpose(product(coefficient, scalars, chain[1:]))))
        else:
            rest.append(term)
    if not (numbers or rows or cols or factors):
        return None
    return _put_together(node, numbers, rows, cols, rest, factors)


def _terms(x: Expression) -> Sequence[Expression]:
    """The terms of a sum, also of one with numbers in front."""
    if x.kept:
        return (x,)
    if isinstance(x, Sum):
        return [part for term in x.parts for part in _terms(term)]
    coefficient, scalars, chain = split(x)
    place = next((place for place, link in enumerate(chain) if isinstance(link, Sum)), None)
    if place is not None and _is_shift(x):
        front = product(coefficient, scalars, ())
        terms = [matmul(front, *chain[:place], term, *chain[place + 1 :]) for term in chain[place].parts]
        return [part for term in terms for part in _terms(term)]
    inside = next((base for base, exponent in scalars.items() if isinstance(base, Sum) and exponent == 1), None)
    if inside is not None and _is_shift(inside):
        rest = product(coefficient, {base: e for base, e in scalars.items() if base is not inside}, chain)
        return [part for term in inside.parts for part in _terms(matmul(rest, term))]
    return (x,)


def _put_together(
    node: Apply,
    numbers: list[Any],
    rows: list[Any],
    cols: list[Any],
    rest: list[Expression],
    factors: Mapping[Expression, Fraction],
) -> Any:
    if node.is_scalar:
        powers = [power(base, exponent) for base, exponent in factors.items()]
        return matmul(*numbers, *powers, *([apply("exp", add(*rest))] if rest else []))
    body = apply("exp", add(*rest)) if rest else matmul(ones(node.rows), transpose(ones(node.cols)))
    if factors:
        body = hadamard(body, hadamard_of(factors))
    left = [diagonal(hadamard(*rows))] if rows else []
    right = [diagonal(hadamard(*cols))] if cols else []
    return matmul(*numbers, *left, body, *right)


def _power_of(term: Expression, factors: dict[Expression, Fraction]) -> bool:
    """Whether an exponent is a multiple of a logarithm or of a maximum, whose power is then a factor."""
    coefficient, scalars, chain = split(term)
    bases = [*scalars, *chain]
    if len(bases) != 1 or any(exponent != 1 for exponent in scalars.values()) or not isinstance(coefficient, Fraction):
        return False
    (base,) = bases
    if not isinstance(base, Apply):
        return False
    if base.name == "logsumexp":
        powers = apply("exp", base.operand)
        inside = matmul(transpose(ones(powers.rows)), powers, ones(powers.cols))
    elif base.name == "log" and (not base.is_scalar or _is_shift(base)):
        inside = base.operand
    elif base.name in ("max", "max_rows") and coefficient != 1:
        inside = apply("exp", base)
    else:
        return False
    factors[inside] = factors.get(inside, Fraction(0)) + coefficient
    return True


def _is_row_of_ones(x: Expression) -> bool:
    return isinstance(x, Transpose) and isinstance(x.parts[0], Ones)


@rule(Apply)
def _softmax_of_shifted(node: Apply) -> Any:
    """softmax(z + c1) = softmax(z), and logsumexp(z + c1) = logsumexp(z) + c."""
    if node.name not in ("softmax", "logsumexp") or not isinstance(node.operand, Sum):
        return None
    shifts = [term for term in node.operand.parts if is_one(next(iter(split(term)[2]), number(0)))]
    terms = [term for term in node.operand.parts if term not in shifts]
    if node.name == "softmax":
        terms = list(map(_not_centred, terms))
    rest = add(*terms)
    if rest is node.operand:
        return None
    if node.name == "softmax":
        return apply("softmax", rest)
    return add(apply("logsumexp", rest), *[product(*split(term)[:2], ()) for term in shifts])


def _not_centred(x: Expression) -> Any:
    """X of CX, from which it differs by one number in all entries of a column."""
    coefficient, scalars, chain = split(x)
    if len(chain) < 2 or centred_axis(chain[0]) is None:
        return x
    return product(coefficient, scalars, chain[1:])


@rule(Apply)
def _logarithm_of_softmax(node: Apply) -> Any:
    """The logarithm: log softmax(z) = z − logsumexp(z) 1, also of every row."""
    if node.name != "log" or not isinstance(node.operand, Apply):
        return None
    z = node.operand.parts[0]
    powers = apply("exp", z)
    if node.operand.name == "softmax":
        total = apply("log", matmul(transpose(ones(z.rows)), powers, ones(z.cols)))
        return add(z, matmul(number(-1), total, ones(z.rows), transpose(ones(z.cols))))
    if node.operand.name == "softmax_rows":
        totals = apply("log", matmul(powers, ones(z.cols)))
        return add(z, matmul(number(-1), totals, transpose(ones(z.cols))))
    return None


@rule(Apply)
def _logarithm_of_exponentials(node: Apply) -> Any:
    """log(exp(a) r) = a + log r, of numbers and by entries."""
    if node.name != "log":
        return None
    coefficient, scalars, chain = split(node.operand)
    if len(chain) > 1:
        return None
    inner = dict(chain[0].factors) if chain and isinstance(chain[0], Hadamard) else dict.fromkeys(chain, ONE)
    exponents = [*_exponents(scalars), *_exponents(inner)]
    if not exponents:
        return None
    front = product(coefficient, {base: e for base, e in scalars.items() if not _is("exp", base)}, ())
    rest = {base: e for base, e in inner.items() if not _is("exp", base)}
    filled = matmul(ones(node.rows), transpose(ones(node.cols)))
    terms = [exponent if exponent.shape == node.shape else matmul(exponent, filled) for exponent in exponents]
    if rest:
        return add(*terms, apply("log", matmul(front, hadamard_of(rest))))
    return add(*terms, matmul(apply("log", front), filled))


def _exponents(powers: Mapping[Expression, Fraction]) -> list[Any]:
    return [matmul(number(exponent), base.parts[0]) for base, exponent in powers.items() if _is("exp", base)]


@rule(Product)
def _scaled_column(node: Product) -> Any:
    """diag(u) A v = u ∘ (A v) where u is a shift."""
    if node.cols == 1 and len(node.chain) > 2 and isinstance(node.chain[0], Diagonal):
        inside = node.chain[0].parts[0]
        if _is_shift(inside):
            front = product(node.coefficient, dict(node.scalars), ())
            return matmul(front, hadamard(inside, matmul(*node.chain[1:])))
    return None


@neighbours
def _weighted_rows(left: Expression, right: Expression) -> Any:
    """(P ∘ exp(Z)ᵀ)(exp(Z) 1)⁻¹ holds softmax of the rows of Z, with the exponent by entries."""
    if isinstance(left, Hadamard) and (right.cols == 1 or isinstance(right, Diagonal)):
        return _with_softmax(left, right)
    if isinstance(right, Hadamard) and (left.rows == 1 or isinstance(left, Diagonal)):
        found = _with_softmax(transpose(right), transpose(left))
        return None if found is None else transpose(found)
    return None


@rule(Hadamard)
def _weighted_sums(node: Hadamard) -> Any:
    """((P ∘ exp(Z)) 1) ∘ (exp(Z) 1)⁻¹ = (P ∘ softmax of the rows of Z) 1."""
    if node.cols != 1:
        return None
    powers = dict(node.factors)
    for base, exponent in node.factors:
        if not isinstance(base, Product) or len(base.chain) < 2 or exponent < 1:
            continue
        first = base.chain[0]
        if not isinstance(first, Hadamard):
            continue
        for factor, times in first.factors:
            total = matmul(factor, ones(factor.cols)) if _is("exp", factor) and times >= 1 else None
            if total is not None and powers.get(total, Fraction(0)) <= -1:
                soft = make(Apply, factor.rows, factor.cols, ("softmax_rows",), factor.parts)
                scaled = hadamard(soft, hadamard_of({**dict(first.factors), factor: times - 1}))
                rest = {**powers, total: powers[total] + 1, base: exponent - 1}
                return hadamard(matmul(scaled, *base.chain[1:]), hadamard_of(rest))
    return None


def _with_softmax(left: Expression, right: Expression) -> Any:
    """A product by entries times a column, or a diagonal matrix, in which exponentials are over their sums."""
    if not isinstance(left, Hadamard):
        return None
    weights = right.parts[0] if isinstance(right, Diagonal) else right
    powers = dict(weights.factors) if isinstance(weights, Hadamard) else {weights: ONE}
    for base, exponent in left.factors:
        if not _is("exp", base) or exponent < 1:
            continue
        turned = transpose(base)
        total = matmul(turned, ones(turned.cols))
        if powers.get(total, Fraction(0)) <= -1:
            soft = transpose(make(Apply, turned.rows, turned.cols, ("softmax_rows",), turned.parts))
            scaled = hadamard(soft, hadamard_of({**dict(left.factors), base: exponent - 1}))
            rest = hadamard_of({**powers, total: powers[total] + 1})
            return matmul(scaled, diagonal(rest) if isinstance(right, Diagonal) else rest)
    return None
