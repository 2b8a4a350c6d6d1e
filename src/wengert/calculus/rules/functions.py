"""Rules for functions of entries, and for quotients of exponentials that have a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    is_zero,
    matmul,
    negative,
    number,
    ones,
    power,
    product,
    split,
    transpose,
)
from wengert.calculus.expression import (
    Apply,
    Determinant,
    Diagonal,
    Expression,
    Hadamard,
    Identity,
    Number,
    Ones,
    Product,
    Sum,
    Transpose,
    make,
    neighbours,
    rule,
)
from wengert.calculus.properties import has, is_nonnegative, uniform
from wengert.calculus.rules.exponents import logarithms_in
from wengert.calculus.rules.pieces import filled

__all__: list[str] = []

Powers = dict[Expression, Fraction]
_ZERO: Final = Fraction(0)


def _is(name: str, x: Expression) -> bool:
    return isinstance(x, Apply) and x.name == name


@rule(Hadamard)
def _logistic_by_entries(node: Hadamard) -> Any:
    found = _logistic(dict(node.factors))
    return None if found is None else hadamard_of(found)


@rule(Product)
def _logistic_of_scalars(node: Product) -> Any:
    found = _logistic(dict(node.scalars))
    return None if found is None else product(node.coefficient, found, node.chain)


def _logistic(powers: Powers) -> Powers | None:
    """Powers in which e^a/(1 + e^a) is the logistic function of a, and 1/(1 + e^a) that of −a; None if there are none.

    With σ(−a) = 1 − σ(a), e^a σ(−a) is σ(a).
    """
    named = any(_is("logistic", base) for base in powers)
    for base, exponent in powers.items():
        if named and _is("exp", base) and exponent >= 1:
            turned, straight = apply("logistic", negative(base.parts[0])), apply("logistic", base.parts[0])
            times = min(exponent, powers.get(turned, _ZERO))
            if times >= 1:
                return _changed(powers, {base: -times, turned: -times, straight: times})
        if isinstance(base, Sum) and len(base.parts) == 2 and exponent < 0 and exponent.denominator == 1:
            growing = next((part for part in base.parts if _is("exp", part)), None)
            if growing is not None and 1 in map(uniform, base.parts):
                turned = apply("logistic", negative(growing.parts[0]))
                return _changed(powers, {base: -exponent, turned: -exponent})
    return None


def _changed(powers: Powers, changes: Mapping[Expression, Fraction]) -> Powers:
    found = dict(powers)
    for base, change in changes.items():
        found[base] = found.get(base, _ZERO) + change
    return {base: exponent for base, exponent in found.items() if exponent}


@rule(Hadamard)
def _squares_by_entries(node: Hadamard) -> Any:
    found = _difference_of_squares(node.factors, lambda u: hadamard_of({u: Fraction(2)}))
    return None if found is None else hadamard(*[hadamard_of({base: exponent}) for base, exponent in found])


@rule(Product)
def _squares_of_numbers(node: Product) -> Any:
    found = _difference_of_squares(node.scalars, lambda u: power(u, 2))
    if found is None:
        return None
    return matmul(number(node.coefficient), *[power(base, exponent) for base, exponent in found], *node.chain)


def _difference_of_squares(
    factors: Sequence[tuple[Expression, Fraction]], square: Callable[[Expression], Any]
) -> Sequence[tuple[Any, Fraction]] | None:
    """Factors in which (1 + u)(1 − u) is 1 − u²; None where they are not among them."""
    sums = [base for base, exponent in factors if isinstance(base, Sum) and len(base.parts) == 2 and exponent == 1]
    seen: dict[Any, Expression] = {}
    for one in sums if len(sums) > 1 else ():
        unit = next((part for part in one.parts if uniform(part) == 1), None)
        if unit is not None:
            (u,) = [part for part in one.parts if part is not unit]
            coefficient, scalars, chain = split(u)
            other = seen.get((-coefficient, frozenset(scalars.items()), chain))
            if other is not None:
                kept = [pair for pair in factors if pair[0] is not one and pair[0] is not other]
                return [*kept, (add(unit, negative(square(u))), ONE)]
            seen[coefficient, frozenset(scalars.items()), chain] = one
    return None


@rule(Sum)
def _sum_of_diagonals(node: Sum) -> Any:
    """diag(u) + diag(v) = diag(u + v), and I is diag(1) beside others."""
    entries = {term: _on_diagonal(term) for term in node.parts}
    diagonals = [term for term, column in entries.items() if column is not None]
    if len(diagonals) < 2 or not any(isinstance(split(term)[2][0], Diagonal) for term in diagonals):
        return None
    whole = diagonal(add(*[entries[term] for term in diagonals]))
    return add(whole, *[term for term in node.parts if entries[term] is None])


def _on_diagonal(term: Expression) -> Any:
    """The column of which a term is the diagonal matrix; None where it is none."""
    coefficient, scalars, chain = split(term)
    if len(chain) != 1 or not isinstance(chain[0], (Diagonal, Identity)):
        return None
    column = chain[0].parts[0] if isinstance(chain[0], Diagonal) else ones(term.rows)
    return matmul(product(coefficient, scalars, ()), column)


@rule(Sum)
def _complement_of_logistic(node: Sum) -> Any:
    """1 − σ(a) = σ(−a)."""
    if len(node.parts) != 2 or 1 not in map(uniform, node.parts):
        return None
    (other,) = [term for term in node.parts if uniform(term) != 1]
    coefficient, scalars, chain = split(other)
    body = next(iter((*chain, *scalars)), None)
    if coefficient == -1 and len(chain) + len(scalars) == 1 and body is not None and _is("logistic", body):
        return apply("logistic", negative(body.parts[0])) if not scalars or scalars[body] == 1 else None
    return None


@rule(Product)
def _softmax(node: Product) -> Any:
    """Exponentials over their sum are softmax, in the chain and in the scalars in front of it."""
    powers = dict(node.scalars)
    for base, exponent in node.scalars:
        column = _summed_exponential(base)
        if column is None or exponent >= 0:
            continue
        soft = apply("softmax", column.parts[0])
        exchange = {column: soft, transpose(column): transpose(soft)}
        found = _exchanged_once(node.chain, exchange)
        if found is not None:
            return matmul(product(node.coefficient, _changed(powers, {base: ONE}), ()), *found)
        for form, times in node.scalars:
            if form is not base and isinstance(form, Product) and form.chain and times >= 1:
                found = _exchanged_once(form.chain, exchange)
                if found is not None:
                    rest = product(node.coefficient, _changed(powers, {base: ONE, form: -ONE}), node.chain)
                    return matmul(matmul(*found), rest)
    return None


def _exchanged_once(chain: tuple[Expression, ...], exchange: Mapping[Expression, Expression]) -> Any:
    """A chain with one factor exchanged; None where it holds none."""
    for place, link in enumerate(chain):
        found = _exchanged(link, exchange)
        if found is not None:
            return [*chain[:place], found, *chain[place + 1 :]]
    return None


def _exchanged(link: Expression, exchange: Mapping[Expression, Expression]) -> Any:
    if link in exchange:
        return exchange[link]
    if isinstance(link, Hadamard):
        for base, exponent in link.factors:
            if base in exchange and exponent >= 1:
                return hadamard_of(_changed(dict(link.factors), {base: -ONE, exchange[base]: ONE}))
    if isinstance(link, (Transpose, Diagonal)):
        found = _exchanged(link.parts[0], exchange)
        if found is not None:
            return transpose(found) if isinstance(link, Transpose) else diagonal(found)
    return None


def _summed_exponential(x: Expression) -> Any:
    """The exp(z) of 1ᵀexp(z)."""
    if isinstance(x, Product) and x.is_scalar and len(x.chain) == 2:
        row, column = x.chain
        if isinstance(row, Transpose) and isinstance(row.parts[0], Ones) and _is("exp", column):
            # the sum of x^p is one of powers
            return None if logarithms_in(column.parts[0]) else column
    return None


@rule(Product)
def _mean_of_shifted(node: Product) -> Any:
    """sᵀ(x − c1) = sᵀx − c where the entries of s add up to one."""
    if not (node.is_scalar and len(node.chain) == 2):
        return None
    first, last = node.chain
    for one, other in ((transpose(first), last), (last, transpose(first))):
        if isinstance(other, Sum) and has(one, "one-hot"):
            shifts = [term for term in other.parts if is_one(next(iter(split(term)[2]), number(0)))]
            if shifts:
                rest = add(*[term for term in other.parts if term not in shifts])
                fronts = [product(*split(term)[:2], ()) for term in shifts]
                return add(matmul(transpose(one), rest), *fronts)
    return None


@neighbours
def _row_softmax(left: Expression, right: Expression) -> Any:
    """diag(exp(Z) 1)⁻¹ exp(Z) is softmax of every row."""
    if not (isinstance(left, Diagonal) and _is("exp", right)):
        return None
    inside = left.parts[0]
    powers = dict(inside.factors) if isinstance(inside, Hadamard) else {inside: ONE}
    total = matmul(right, ones(right.cols))
    if powers.get(total, _ZERO) > -1:
        return None
    rest = _changed(powers, {total: ONE})
    soft = make(Apply, right.rows, right.cols, ("softmax_rows",), right.parts)
    return matmul(diagonal(hadamard_of(rest)), soft) if rest else soft


@rule(Apply)
def _logarithm(node: Apply) -> Any:
    """Logarithms of exponentials, of their sums, and of powers."""
    x = node.operand
    if node.name != "log":
        return None
    if isinstance(x, Sum) and len(x.parts) == 2 and 1 in map(uniform, x.parts):
        growing = next((part for part in x.parts if _is("exp", part)), None)
        return None if growing is None else apply("softplus", growing.parts[0])
    if _is("exp", x):
        return x.parts[0]
    if _is("logistic", x):
        return negative(apply("softplus", negative(x.parts[0])))
    column = _summed_exponential(x)
    if column is not None:
        return make(Apply, 1, 1, ("logsumexp",), column.parts)
    if _is("absolute", x):
        return apply("logabs", x.parts[0])
    return _logarithm_of_power(x)


def _logarithm_of_power(x: Expression) -> Any:
    """log(u^p) = p log u, with |u| for u where the power is even; log 1 = 0."""
    if isinstance(x, Number):
        return number(0) if x.value == 1 else None
    several = isinstance(x, Product) and not x.chain and len(x.scalars) > 1 and x.coefficient > 0
    if several and any(isinstance(base, Determinant) for base in x.parts) and all(map(is_nonnegative, x.parts)):
        # determinants overflow where their logarithms do not
        logs = [matmul(number(e), apply("log", base)) for base, e in x.scalars]  # type: ignore[attr-defined]
        return add(apply("log", number(x.coefficient)), *logs)  # type: ignore[attr-defined]
    powers = dict(x.factors) if isinstance(x, Hadamard) else {}
    if isinstance(x, Product) and not x.chain and x.coefficient == 1:
        powers = dict(x.scalars)
    if len(powers) != 1:
        return None
    ((base, exponent),) = powers.items()
    even = exponent.numerator % 2 == 0 and not is_nonnegative(base)
    return matmul(number(exponent), apply("logabs" if even else "log", base))


@rule(Sum)
def _exponential_less_one(node: Sum) -> Any:
    """(e^a − 1) + 1 = e^a."""
    unit = next((term for term in node.parts if (uniform(term) or 0) > 0), None)
    less = next((term for term in node.parts if _is("expm1", term)), None)
    if unit is None or less is None:
        return None
    rest = [term for term in node.parts if term is not less]
    one = filled(1, node)
    return add(apply("exp", less.parts[0]), negative(one), *rest)


@rule(Apply)
def _logarithm_of_exponential_less_one(node: Apply) -> Any:
    """log(1 + (e^a − 1)) = a."""
    return node.operand.parts[0] if node.name == "log1p" and _is("expm1", node.operand) else None


@rule(Apply)
def _log_of_one_and_more(node: Apply) -> Any:
    """log1p(e^a) is softplus."""
    return apply("softplus", node.operand.parts[0]) if node.name == "log1p" and _is("exp", node.operand) else None


@rule(Apply)
def _exponential_of_logarithms(node: Apply) -> Any:
    """In exp of a scalar, logarithms with rational factors become powers."""
    if node.name != "exp" or not node.is_scalar:
        return None
    powers: list[Any] = []
    rest: list[Expression] = []
    for term in node.operand.parts if isinstance(node.operand, Sum) else (node.operand,):
        coefficient, scalars, _ = split(term)
        base = next(iter(scalars), None)
        if base is not None and len(scalars) == 1 and _is("log", base) and scalars[base] == 1:
            powers.append(power(base.parts[0], Fraction(coefficient)))
        elif isinstance(node.operand, Sum) and logarithms_in(term):
            powers.append(apply("exp", term))
        else:
            rest.append(term)
    if not powers:
        return None
    exponent = add(*rest) if rest else number(0)
    return matmul(*powers) if is_zero(exponent) else matmul(apply("exp", exponent), *powers)
