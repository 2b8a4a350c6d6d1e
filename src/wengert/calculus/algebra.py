"""Making expressions: every function returns the normal form of what it is asked for.

Products are never distributed over sums. What is done: sums and chains are flat, like terms are one, coefficients and
scalars stand in front, transposes at the leaves; a row times a column is a scalar; inverses, diagonal matrices and
vectors of ones go where they meet their like.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from wengert.calculus.chains import legibility, scalar_inside, together
from wengert.calculus.dimension import Length
from wengert.calculus.expression import (
    Apply,
    Coefficient,
    Diagonal,
    Expression,
    Hadamard,
    Identity,
    Inverse,
    Number,
    Ones,
    Product,
    Sum,
    Transpose,
    Zero,
    make,
    normal,
    recalled,
)
from wengert.calculus.leaves import identity, is_one, is_zero, number, ones, size, symbol, zero
from wengert.calculus.properties import has, is_nonnegative
from wengert.calculus.surds import reduced
from wengert.calculus.whole import of_entries, shape_of
from wengert.errors import UnsupportedError

__all__ = [
    "ONE", "add", "apply", "diagonal", "hadamard", "hadamard_of", "identity",
    "identity_and_rank_one", "inverse", "is_one", "is_zero", "matmul",
    "negative", "number", "ones", "power", "product", "size", "split", "subtract", "symbol", "together",
    "transpose", "zero",
]  # fmt: skip

Scalars = dict[Expression, Fraction]
ONE: Final = Fraction(1)


def split(x: Expression) -> tuple[Coefficient, Scalars, tuple[Expression, ...]]:
    """Coefficient, scalars with exponents, and chain of any expression."""
    if isinstance(x, Number):
        return x.value, {}, ()
    if isinstance(x, Product) and not (x.is_scalar and x.chain) and not x.kept:
        return x.coefficient, dict(x.scalars), x.chain
    return (ONE, {x: ONE}, ()) if x.is_scalar else (ONE, {}, (x,))


def product(coefficient: Coefficient, scalars: Mapping[Expression, Fraction], chain: Sequence[Expression]) -> Any:
    """The node of a product whose chain is in order."""
    rows, cols = (chain[0].rows, chain[-1].cols) if chain else (1, 1)
    if coefficient == 0:
        return zero(rows, cols)
    powers = {base: exponent for base, exponent in scalars.items() if exponent}
    coefficient, powers = reduced(coefficient, powers)
    if not chain and not powers:
        return number(coefficient)
    if coefficient == 1 and not powers and len(chain) == 1:
        return chain[0]
    if coefficient == 1 and not chain and list(powers.values()) == [1]:
        return next(iter(powers))
    bases = sorted(powers)
    exponents = tuple([powers[base] for base in bases])
    return normal(make(Product, rows, cols, (coefficient, exponents), (*bases, *chain)))


def _into(scalars: Scalars, x: Expression, exponent: Fraction) -> Coefficient:
    """Multiply a power of a scalar into a product; returns the coefficient that it brings."""
    coefficient, factors, chain = split(x)
    if exponent < 0 and coefficient == 0:
        raise UnsupportedError("something is divided by what is zero for all arguments")
    assert not chain
    whole = exponent.denominator == 1
    if not whole and coefficient > 0:
        # the root of a square is an absolute value
        for base, e in list(factors.items()):
            if e.numerator % 2 == 0 and not is_nonnegative(base):
                side = apply("absolute", base)
                factors[side] = factors.get(side, Fraction(0)) + factors.pop(base)
    if not whole and not (coefficient > 0 and all(map(is_nonnegative, factors))):
        # (a b)^p is a^p b^p for what is not negative
        scalars[x] = scalars.get(x, Fraction(0)) + exponent
        return ONE
    for base, power_ in factors.items():
        scalars[base] = scalars.get(base, Fraction(0)) + power_ * exponent
    if whole:
        return coefficient ** int(exponent)
    return _root(coefficient, exponent, scalars)


def _root(coefficient: Coefficient, exponent: Fraction, scalars: Scalars) -> Coefficient:
    """A power of a positive coefficient, which stays a factor of its own where it is irrational."""
    if isinstance(coefficient, Fraction):
        parts = [round(part ** (1 / exponent.denominator)) for part in coefficient.as_integer_ratio()]
        if Fraction(parts[0] ** exponent.denominator, parts[1] ** exponent.denominator) == coefficient:
            return Fraction(*parts) ** exponent.numerator
        base = number(coefficient)
        scalars[base] = scalars.get(base, Fraction(0)) + exponent
        return ONE
    return float(coefficient**exponent)


def matmul(*factors: Expression) -> Any:
    """The product of matrices, among which scalars may stand anywhere."""
    coefficient: Coefficient = ONE
    scalars: Scalars = {}
    chains: list[Sequence[Expression]] = []
    rows = cols = None
    for factor in factors:
        if not factor.is_scalar:
            rows, cols = factor.rows if rows is None else rows, factor.cols
        own, powers, links = split(factor)
        coefficient = coefficient * own
        for base, exponent in powers.items():
            coefficient = coefficient * _into(scalars, base, exponent)
        chains.append(links)
    if coefficient == 0 or any(isinstance(link, Zero) for chain in chains for link in chain):
        return zero(1 if rows is None else rows, 1 if cols is None else cols)
    return _settled(coefficient, scalars, chains, rows)


def _settled(
    coefficient: Coefficient, scalars: Scalars, chains: Sequence[Sequence[Expression]], rows: Length | None
) -> Any:
    """A product with neighbours merged and inner scalars taken out, of chains that are in normal form each."""
    chain: list[Expression] = []
    waiting = [(link, place == 0) for links in reversed(chains) for place, link in reversed(list(enumerate(links)))]
    while waiting:
        link, meets = waiting.pop()
        merged = together(chain[-1], link) if meets and chain else None
        if merged is None:
            chain.append(link)
            continue
        chain.pop()
        own, powers, links = split(merged)
        coefficient = coefficient * own
        for base, exponent in powers.items():
            coefficient = coefficient * _into(scalars, base, exponent)
        if waiting:
            waiting[-1] = (waiting[-1][0], True)
        waiting.extend((link, place == 0) for place, link in reversed(list(enumerate(links))))
    cut = scalar_inside(chain)
    if cut is not None:
        first, last = cut
        inner = chain[first : last + 1]
        coefficient = coefficient * _into(scalars, _form(inner), ONE)
        return _settled(coefficient, scalars, (chain[:first], chain[last + 1 :]), rows)
    if not chain and rows is not None and rows != 1:
        # only identities were there
        chain = [identity(rows)]
    return product(coefficient, scalars, chain)


def _form(chain: Sequence[Expression]) -> Any:
    """The scalar of a row, matrices and a column, in the one way to write it."""
    if len(chain) == 2 and any(isinstance(side, Hadamard) for side in (transpose(chain[0]), chain[1])):
        whole = hadamard(transpose(chain[0]), chain[1])
        if isinstance(whole, Hadamard) and len(whole.factors) > 2:
            # of (u ∘ v)ᵀw, (u ∘ w)ᵀv, and so on, one
            (base, exponent), *rest = whole.factors
            chain = [*split(transpose(hadamard_of({base: exponent})))[2], hadamard_of(dict(rest))]
    turned = [transpose(link) for link in reversed(chain)]
    best = min((list(chain), turned), key=legibility)
    return normal(make(Product, 1, 1, (ONE, ()), tuple(best)))


def negative(x: Expression) -> Any:
    """`-x`."""
    return matmul(number(-1), x)


def subtract(x: Expression, y: Expression) -> Any:
    """`x - y`."""
    return add(x, negative(y))


def add(*terms: Expression) -> Any:
    """The sum, like terms merged."""
    shape = next((term.shape for term in terms), (1, 1))
    if shape[0] == 1 != shape[1]:
        return transpose(add(*[transpose(term) for term in terms]))
    gathered: dict[Any, tuple[Coefficient, Expression]] = {}
    for term in [part for whole in terms for part in _terms_of(whole)]:
        if is_zero(term):
            continue
        coefficient, scalars, chain = split(term)
        key = (frozenset(scalars.items()), chain)
        if key in gathered:
            coefficient = coefficient + gathered[key][0]
            term = product(coefficient, scalars, chain)
        gathered[key] = coefficient, term
    found = [term for _, term in gathered.values() if not is_zero(term)]
    if not found:
        return zero(*shape)
    if len(found) == 1:
        return found[0]
    return normal(make(Sum, *shape, (), tuple(sorted(found))))


def _terms_of(x: Expression) -> Sequence[Expression]:
    """The terms of a sum, also of one that stands in a bracket with a number in front."""
    if isinstance(x, Sum) and not x.kept:
        return x.parts
    coefficient, scalars, chain = split(x)
    inside = next(iter((*chain, *scalars)), None)
    if len(chain) + len(scalars) == 1 and isinstance(inside, Sum) and not inside.kept and scalars.get(inside, ONE) == 1:
        return [matmul(number(coefficient), part) for part in inside.parts]
    return (x,)


def transpose(x: Expression) -> Any:
    """The transpose, at the leaves."""
    if x.is_scalar or has(x, "symmetric"):
        return x
    if isinstance(x, Transpose):
        return x.parts[0]
    if isinstance(x, Zero):
        return zero(x.cols, x.rows)
    return recalled("transposed", x, _turned)


def _turned(x: Expression) -> Any:
    if has(x, "antisymmetric"):
        return negative(x)
    if x.kept:
        return make(Transpose, x.cols, x.rows, (), (x,))
    if isinstance(x, Product):
        return product(x.coefficient, dict(x.scalars), [transpose(link) for link in reversed(x.chain)])
    if isinstance(x, Inverse):
        return inverse(transpose(x.parts[0]))
    if x.cols != 1 and x.rows != 1:
        if isinstance(x, Sum):
            turned = add(*map(transpose, x.parts))
            if turned.length < x.length:
                return turned
        if isinstance(x, Hadamard):
            return hadamard_of({transpose(base): exponent for base, exponent in x.factors})
        if isinstance(x, Apply) and of_entries(x.name):
            return apply(x.name, transpose(x.operand))
    return make(Transpose, x.cols, x.rows, (), (x,))


def inverse(x: Expression) -> Any:
    """The inverse of a square matrix or of a number."""
    if x.is_scalar:
        return power(x, Fraction(-1))
    if isinstance(x, Inverse):
        return x.parts[0]
    if isinstance(x, Identity):
        return x
    if isinstance(x, Diagonal):
        return diagonal(hadamard_of({x.parts[0]: Fraction(-1)}))
    if has(x, "orthogonal"):
        return transpose(x)
    if isinstance(x, Product) and not x.kept:
        squares = all(link.rows == link.cols for link in x.chain)
        if squares and (len(x.chain) == 1 or all(has(link, "invertible") for link in x.chain)):
            front = matmul(*[power(base, -exponent) for base, exponent in x.scalars], inverse(number(x.coefficient)))
            return matmul(front, *[inverse(link) for link in reversed(x.chain)])
    changed = identity_and_rank_one(x)
    if changed is not None:
        # J. Sherman and W. J. Morrison, Ann. Math. Stat. 21 (1950)
        scale, term, inner = changed
        rest = matmul(number(-1), power(add(scale, inner), -1), term)
        return matmul(power(scale, -1), add(identity(x.rows), rest))
    return make(Inverse, x.rows, x.cols, (), (x,))


def identity_and_rank_one(x: Expression) -> tuple[Any, Any, Any] | None:
    """The c, the uvᵀ, and the number vᵀu of cI + uvᵀ; None for anything else."""
    if not isinstance(x, Sum) or x.kept or len(x.parts) != 2:
        return None
    for one, other in (x.parts, x.parts[::-1]):
        coefficient, scalars, chain = split(one)
        links = split(other)[2]
        cut = next((place for place, link in enumerate(links) if link.cols == 1), None)
        if len(chain) == 1 and isinstance(chain[0], Identity) and cut is not None:
            front = product(*split(other)[:2], ())
            return product(coefficient, scalars, ()), other, matmul(front, *links[cut + 1 :], *links[: cut + 1])
    return None


def power(x: Expression, exponent: Fraction | int) -> Any:
    """A power of a scalar."""
    scalars: Scalars = {}
    coefficient = _into(scalars, x, Fraction(exponent))
    return product(coefficient, scalars, ())


def hadamard(*factors: Expression) -> Any:
    """The product entry by entry of matrices of one shape."""
    powers: dict[Expression, Fraction] = {}
    for factor in factors:
        powers[factor] = powers.get(factor, Fraction(0)) + 1
    return hadamard_of(powers)


def hadamard_of(powers: Mapping[Expression, Fraction]) -> Any:
    """Powers of matrices, entry by entry, multiplied entry by entry."""
    shape = next(iter(powers)).shape
    coefficient: Coefficient = ONE
    scalars: Scalars = {}
    gathered: dict[Expression, Fraction] = {}
    for factor, exponent in powers.items():
        own, fronts, chain = split(factor)
        if exponent.denominator != 1:
            own, fronts, chain = ONE, {}, (factor,)
        coefficient = coefficient * own ** int(exponent) if own != 1 else coefficient
        for base, inner in fronts.items():
            coefficient = coefficient * _into(scalars, base, inner * exponent)
        base = product(ONE, {}, chain)
        if isinstance(base, Hadamard) and not base.kept and (exponent.denominator == 1 or _has_roots(base)):
            for inside, inner in base.factors:
                # the root of a square is an absolute value
                turned = inner % 2 == 0 and (inner * exponent) % 2 != 0 and not is_nonnegative(inside)
                whole = apply("absolute", inside) if turned else inside
                gathered[whole] = gathered.get(whole, Fraction(0)) + inner * exponent
        elif isinstance(base, Zero) and exponent > 0:
            return zero(*shape)
        else:
            gathered[base] = gathered.get(base, Fraction(0)) + exponent
    kept = {base: exponent for base, exponent in gathered.items() if exponent and not isinstance(base, Ones)}
    kept, rows, cols = _rank_one(kept, shape)
    if rows or cols:
        return matmul(product(coefficient, scalars, ()), _spread_over(kept, shape, rows, cols))
    if not kept:
        body = [ones(shape[0])] if shape[1] == 1 else [ones(shape[0]), transpose(ones(shape[1]))]
        return product(coefficient, scalars, body)
    if list(kept.values()) == [1]:
        return matmul(product(coefficient, scalars, ()), next(iter(kept)))
    bases = sorted(kept)
    node = normal(make(Hadamard, *shape, (tuple([kept[base] for base in bases]),), tuple(bases)))
    return matmul(product(coefficient, scalars, ()), node)


def _has_roots(x: Hadamard) -> bool:
    """Whether every factor has real powers of any exponent."""
    return all(inner % 2 == 0 or inner.denominator % 2 == 0 or is_nonnegative(base) for base, inner in x.factors)


def _rank_one(
    powers: Mapping[Expression, Fraction], shape: tuple[Length, Length]
) -> tuple[dict[Expression, Fraction], dict[Expression, Fraction], dict[Expression, Fraction]]:
    """The factors of a product by entries that are u 1ᵀ, 1 vᵀ or u vᵀ, apart from the others."""
    kept: dict[Expression, Fraction] = {}
    rows: dict[Expression, Fraction] = {}
    cols: dict[Expression, Fraction] = {}
    for base, exponent in powers.items():
        chain = split(base)[2]
        apart = 1 not in shape and any(link.cols == 1 for link in chain[:-1])
        if not apart or (exponent.denominator != 1 and not all(map(is_nonnegative, chain))):
            kept[base] = exponent
            continue
        cut = next(place for place, link in enumerate(chain) if link.cols == 1)
        left, right = product(ONE, {}, chain[: cut + 1]), transpose(product(ONE, {}, chain[cut + 1 :]))
        rows[left] = rows.get(left, Fraction(0)) + exponent
        cols[right] = cols.get(right, Fraction(0)) + exponent
    return kept, rows, cols


def _spread_over(
    kept: Mapping[Expression, Fraction],
    shape: tuple[Length, Length],
    rows: Mapping[Expression, Fraction],
    cols: Mapping[Expression, Fraction],
) -> Any:
    """diag(u) M diag(v), or u vᵀ where nothing else is there."""
    left, right = hadamard_of(rows), hadamard_of(cols)
    if not kept:
        return matmul(left, transpose(right))
    return matmul(diagonal(left), hadamard_of(kept), diagonal(right))


def apply(name: str, x: Expression) -> Any:
    """A named function of a scalar, of every entry, or of a matrix as a whole."""
    return normal(make(Apply, *shape_of(name, x), (name,), (x,)))


def diagonal(v: Expression) -> Any:
    """The diagonal matrix of a vector."""
    coefficient, scalars, chain = split(v)
    if len(chain) == 1 and isinstance(chain[0], Ones):
        return product(coefficient, scalars, (identity(v.rows),))
    if isinstance(v, Zero):
        return zero(v.rows, v.rows)
    node = normal(make(Diagonal, v.rows, v.rows, (), (product(ONE, {}, chain),)))
    return matmul(product(coefficient, scalars, ()), node)
