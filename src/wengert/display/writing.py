"""From expressions to notation: the order of terms and factors, what stands under a bar, which roots are norms.

Powers of vectors are entry by entry and are written like powers of numbers, as are quotients: x², 1/x. Those of
matrices are marked, since X² is a product: X^∘2, A ⊘ X.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from wengert.calculus.expression import (
    Apply,
    Coefficient,
    Determinant,
    Diagonal,
    DiagonalOf,
    Expression,
    Frechet,
    Hadamard,
    Identity,
    Inverse,
    Number,
    Ones,
    Product,
    Size,
    Sum,
    Symbol,
    Trace,
    Transpose,
    Zero,
    make,
    walk,
)
from wengert.display.forms import is_negative, magnitude, root_of_square
from wengert.display.naming import FENCES, FUNCTION_NAMES, PAIRS, Written, written_names
from wengert.display.notation import (
    VULGAR,
    Added,
    Call,
    Constant,
    Directional,
    Entrywise,
    Fenced,
    Indicator,
    Juxtaposed,
    Name,
    Negative,
    Notation,
    Numeral,
    Power,
    Pseudoinverse,
    Quotient,
    Raised,
    Root,
)
from wengert.errors import UnsupportedError

__all__ = ["notation_of"]

# A formula of more symbols than this is no reading matter.
_LONGEST: Final = 20_000


def notation_of(expression: Expression, variables: Iterable[str] = ()) -> Notation:
    """How an expression is written.

    Parameters
    ----------
    expression
        Any expression of `wengert.calculus`.
    variables
        The names in which terms are ordered, the highest degree first.

    Raises
    ------
    UnsupportedError
        There is no notation for a node of the expression, or it is too long to be printed.
    """
    return _Writer(expression, frozenset(variables)).whole(expression)


class _Writer:
    """One expression on its way to paper."""

    def __init__(self, expression: Expression, variables: frozenset[str]) -> None:
        self.variables = variables
        self.names = written_names(node.name for node in walk(expression) if isinstance(node, Symbol))
        taken = {written.text for written in self.names.values()}
        self.identity = "Identity" if "I" in taken else "identity"
        self.functions = {**FUNCTION_NAMES, **({"logistic": "logistic"} if "σ" in taken else {})}
        self.known: dict[Expression, Notation] = {}
        self.symbols: dict[Expression, int] = {}
        self.degrees: dict[Expression, Fraction] = {}
        self.in_numbers: set[Expression] = set()

    def whole(self, expression: Expression) -> Notation:
        for node in walk(expression):
            rule = _RULES.get(type(node))
            if rule is None:
                raise UnsupportedError(f"{type(node).__name__} has no notation: this formula cannot be printed")
            self.symbols[node] = 1 + is_negative(node) + sum(self.symbols[part] for part in node.parts)
            if self.symbols[node] > _LONGEST:
                raise UnsupportedError(
                    f"a formula of more than {_LONGEST} symbols is too long to be printed; its NumPy code names its "
                    f"parts"
                )
            self.degrees[node] = self._degree(node)
            if any(part in self.in_numbers for part in node.parts) or self._is_number_variable(node):
                self.in_numbers.add(node)
            self.known[node] = rule(self, node)
        if isinstance(expression, Product) and isinstance(self.known[expression], Negative):
            # rather (b − Ax) than −(Ax − b)
            mixed = [link for link in expression.chain if isinstance(link, Sum) and any(map(is_negative, link.parts))]
            return self.product(expression, mixed[0]) if mixed else self.known[expression]
        return self.known[expression]

    def _is_number_variable(self, node: Expression) -> bool:
        return isinstance(node, Symbol) and node.is_scalar and node.name in self.variables

    def _degree(self, node: Expression) -> Fraction:
        """The degree in the variables; without any, vectors and matrices count."""
        inner = [self.degrees[part] for part in node.parts]
        if isinstance(node, Symbol):
            return Fraction(int(node.name in self.variables if self.variables else not node.is_scalar))
        if isinstance(node, (Product, Hadamard)):
            exponents = node.data[-1]
            powers = [*exponents, *[1] * (len(inner) - len(exponents))]
            return sum((power * degree for power, degree in zip(powers, inner, strict=True)), Fraction(0))
        if isinstance(node, Inverse):
            return -inner[0]
        # functions of the variable stand between it and constants
        return Fraction(int(any(inner)), 2) if isinstance(node, Apply) else max(inner, default=Fraction(0))

    def sum(self, x: Sum, negated: bool = False) -> Notation:
        """A sum, or minus that sum."""
        terms = [self._term(term) for term in self._in_order(x, negated)]
        subtracted = tuple(isinstance(term, Negative) != negated for term in terms)
        return Added(tuple(term.parts[0] if isinstance(term, Negative) else term for term in terms), subtracted)

    def _term(self, term: Expression) -> Notation:
        """A term of a sum, in which a number stands for a vector whose entries are all equal to it."""
        if isinstance(term, Ones):
            return Numeral((), Fraction(1))
        if isinstance(term, Product) and len(term.parts) == 1 and isinstance(term.parts[0], Ones):
            return _signed(term.coefficient < 0, Numeral((), magnitude(term.coefficient)))
        return self.known[term]

    def _in_order(self, x: Sum, negated: bool) -> list[Expression]:
        """The highest degree first, and no negative term in front if that can be avoided.

        A matrix polynomial in a number ascends (A + tB), as do a constant and a term that is no logarithm (1 + xᵀx).
        """
        sign = 1 if not x.is_scalar and x in self.in_numbers else -1
        terms = sorted(x.parts, key=lambda term: (sign * self.degrees[term], _breadth(term), term.order))
        if len(terms) == 2 and any(isinstance(term, (Number, Ones)) for term in terms):
            other = next(term for term in terms if not isinstance(term, (Number, Ones)))
            constant = next(term for term in terms if term is not other)
            terms = [other, constant] if _is_logarithm(other) else [constant, other]
        if is_negative(terms[0]) != negated:
            positive = next((term for term in terms if is_negative(term) == negated), terms[0])
            terms.remove(positive)
            terms.insert(0, positive)
        return terms

    def product(self, x: Product, turned: Expression | None = None) -> Notation:
        """A product, in which sums of nothing but negative terms give their minus to it, as does a `turned` sum."""
        if x.is_scalar and x.chain:
            return self._form(x.chain)
        links = [link for link in x.chain if isinstance(link, Sum)]
        sums = [link for link in links if link is turned or all(map(is_negative, link.parts))]
        replaced: dict[Expression, Notation] = {link: self.sum(link, negated=True) for link in sums}
        negative = (x.coefficient < 0) != (len(sums) % 2 == 1)
        above: list[Notation] = []
        below: list[Notation] = []
        alone = len(x.parts) == 1
        for base, exponent in sorted(x.scalars, key=self._front_rank):
            if alone and exponent == 1:
                found = self.known[base]
                above.extend(found.parts if isinstance(found, Juxtaposed) else (found,))
            else:
                (above if exponent > 0 else below).append(self._powered(base, abs(exponent)))
        size = magnitude(x.coefficient)
        if isinstance(size, Fraction) and size.denominator != 1 and (below or size not in VULGAR):
            below.insert(0, Numeral((), Fraction(size.denominator)))
            size = Fraction(size.numerator)
        factors = [*above, *self._chain(x.chain, replaced)]
        if size != 1 or not factors:
            factors.insert(0, Numeral((), size))
        top = _side_by_side(factors)
        return _signed(negative, Quotient((top, _side_by_side(below))) if below else top)

    def _front_rank(self, factor: tuple[Expression, Fraction]) -> tuple[int, int, Any]:
        """Names before functions, and those before brackets; short before long."""
        base = factor[0]
        rank = 0 if isinstance(base, (Symbol, Size, Number)) else 2 if isinstance(base, (Sum, Product)) else 1
        return rank, self.symbols[base], base.order

    def _form(self, chain: Sequence[Expression]) -> Notation:
        """A scalar that is a chain: xᵀx as it is, longer squares as squared norms."""
        if len(chain) == 2 and isinstance(chain[0], Transpose) and isinstance(chain[1], Ones):
            # a sum of entries begins with its ones
            return Juxtaposed((Raised((self.known[chain[1]],), transposed=True), self.known[chain[0].parts[0]]))
        half = root_of_square(chain)
        if half is None or (len(half) == 1 and not isinstance(half[0], (Sum, Hadamard, Apply))):
            return _side_by_side(self._chain(chain))
        return Raised((self._norm(half, "norm"),), Fraction(2))

    def _norm(self, links: Sequence[Expression], kind: str) -> Notation:
        """The norm of a chain; a transpose has the same."""
        if len(links) == 1 and isinstance(links[0], Transpose):
            links = links[0].parts
        return Fenced((_side_by_side(self._chain(links)),), kind)

    def _chain(
        self, links: Sequence[Expression], replaced: Mapping[Expression, Notation] | None = None
    ) -> list[Notation]:
        """The factors of a chain, equal neighbours as powers."""
        if replaced:
            return [replaced.get(link, self.known[link]) for link in links]
        count = len(links)
        for period in range(2, count // 2 + 1):
            times, rest = divmod(count, period)
            if not rest and tuple(links) == tuple(links[:period]) * times and links[0].rows == links[-1].cols:
                return [Raised((_side_by_side(self._chain(links[:period])),), Fraction(times))]
        found: list[Notation] = []
        place = 0
        while place < count:
            link, times = links[place], 1
            while place + times < count and links[place + times] is link:
                times += 1
            piece = self.known[link] if times == 1 else self._repeated(link, times)
            found.extend(piece.parts if isinstance(piece, Juxtaposed) else (piece,))
            place += times
        return found

    def _repeated(self, link: Expression, times: int) -> Notation:
        """A power of a matrix, transposed as a whole."""
        sign = 1
        transposed = False
        while isinstance(link, (Inverse, Transpose)):
            sign = -sign if isinstance(link, Inverse) else sign
            transposed ^= isinstance(link, Transpose)
            link = link.parts[0]
        power = Raised((self.known[link],), Fraction(sign * times))
        return Raised((power,), transposed=True) if transposed else power

    def _powered(self, base: Expression, exponent: Fraction) -> Notation:
        """A power of a scalar among factors; squares are powers of norms."""
        found = self._as_norm(base, exponent)
        doubled = 2 * exponent
        if found is not None and doubled.denominator == 1:
            return found if doubled == 1 else Raised((found,), doubled)
        if exponent == Fraction(1, 2):
            return Root((self.known[base],))
        return self.known[base] if exponent == 1 else Raised((self.known[base],), exponent)

    def _as_norm(self, base: Expression, exponent: Fraction) -> Notation | None:
        if isinstance(base, Product) and base.chain:
            half = root_of_square(base.chain)
            return None if half is None else self._norm(half, "norm")
        if isinstance(base, Trace) and isinstance(base.parts[0], Product):
            half = root_of_square(base.parts[0].chain)
            # the trace of X² is as short as a norm
            plain = exponent.denominator == 1 and half is not None and base.parts[0].chain[0] is half[0]
            return None if half is None or plain else self._norm(half, "frobenius")
        return None

    def hadamard(self, x: Hadamard) -> Notation:
        matrix = x.rows != 1 and x.cols != 1
        # short factors stand before long ones
        ordered = sorted(x.factors, key=lambda factor: self.symbols[factor[0]])
        above = [self._entries(base, exponent, matrix) for base, exponent in ordered if exponent > 0]
        if matrix and not above:
            return _entry_by_entry([self._entries(base, exponent, matrix) for base, exponent in ordered])
        below = [self._entries(base, -exponent, matrix) for base, exponent in ordered if exponent < 0]
        if matrix and below:
            return Entrywise((*above, *below), len(below))
        top = _entry_by_entry(above) if above else Numeral((), Fraction(1))
        return Quotient((top, _entry_by_entry(below))) if below else top

    def _entries(self, base: Expression, exponent: Fraction, matrix: bool) -> Notation:
        inner = self.known[base]
        if exponent == 1:
            return inner
        if exponent == Fraction(1, 2) and not matrix:
            return Root((inner,))
        return Raised((inner,), exponent, entrywise=matrix)

    def transpose(self, x: Transpose) -> Notation:
        inner = x.parts[0]
        if isinstance(inner, Inverse):
            return Raised((self.known[inner.parts[0]],), Fraction(-1), transposed=True)
        return Raised((self.known[inner],), transposed=True)

    def inverse(self, x: Inverse) -> Notation:
        inner = x.parts[0]
        if isinstance(inner, Transpose):
            return Raised((self.known[inner.parts[0]],), Fraction(-1), transposed=True)
        return Raised((self.known[inner],), Fraction(-1))

    def apply(self, x: Apply) -> Notation:
        inner = self.known[x.operand]
        if x.name == "exp":
            power = self._as_power(x.operand)
            if power is not None:
                return power
        if x.name == "step":
            return Indicator((inner,))
        if x.name == "logabs":
            return Call((Fenced((inner,), "absolute"),), "log")
        if x.name == "absolute" and 1 in x.shape:
            return Fenced((inner,), "absolute")
        if x.name in FENCES:
            return Fenced((inner,), FENCES[x.name])
        if x.name == "pinv":
            return Pseudoinverse((inner,))
        if x.name in PAIRS:
            left, right = (Call((inner,), vector) for vector in PAIRS[x.name])
            return Juxtaposed((left, Raised((right,), transposed=True)))
        return Call((inner,), self.functions.get(x.name, x.name))

    def _as_power(self, x: Expression) -> Notation | None:
        """exp(a log b) as a power of b."""
        if not isinstance(x, Product) or x.chain or not x.is_scalar:
            return None
        for base, exponent in x.scalars:
            if isinstance(base, Apply) and base.name == "log" and exponent == 1:
                rest = [(other, power) for other, power in x.scalars if other is not base]
                data = (x.coefficient, tuple(power for _, power in rest))
                left = make(Product, 1, 1, data, tuple(other for other, _ in rest))
                return Power((self.known[base.operand], self.product(left)))
        return None

    def trace(self, x: Trace) -> Notation:
        inner = x.parts[0]
        if isinstance(inner, Product):
            half = root_of_square(inner.chain)
            if half is not None and inner.chain[0] is not half[0] and inner.coefficient == 1 and not inner.scalars:
                return Raised((self._norm(half, "frobenius"),), Fraction(2))
        return Call((self.known[inner],), "tr")

    def called(self, function: str, x: Expression) -> Notation:
        return Call((self.known[x.parts[0]],), function)


_RULES: Final[Mapping[type, Callable[[_Writer, Any], Notation]]] = {
    Symbol: lambda writer, x: Name(written=writer.names[x.name]),
    Size: lambda writer, x: Name(written=Written(str(x.dim))),
    Number: lambda writer, x: _signed(x.value < 0, _fraction(magnitude(x.value))),
    Identity: lambda writer, x: Constant((), writer.identity),
    Ones: lambda writer, x: Constant((), "ones"),
    Zero: lambda writer, x: Constant((), "zero"),
    Sum: _Writer.sum,
    Product: _Writer.product,
    Hadamard: _Writer.hadamard,
    Transpose: _Writer.transpose,
    Inverse: _Writer.inverse,
    Apply: _Writer.apply,
    Frechet: lambda writer, x: Directional((writer.known[x.parts[0]], writer.known[x.parts[1]]), x.name),
    Trace: _Writer.trace,
    Diagonal: lambda writer, x: writer.called("diag", x),
    DiagonalOf: lambda writer, x: writer.called("diag", x),
    Determinant: lambda writer, x: writer.called("det", x),
}


def _signed(negative: bool, piece: Notation) -> Notation:
    return Negative((piece,)) if negative else piece


def _fraction(value: Coefficient) -> Notation:
    if isinstance(value, Fraction) and value.denominator != 1 and value not in VULGAR:
        return Quotient((Numeral((), Fraction(value.numerator)), Numeral((), Fraction(value.denominator))))
    return Numeral((), value)


def _side_by_side(factors: Sequence[Notation]) -> Notation:
    return factors[0] if len(factors) == 1 else Juxtaposed(tuple(factors))


def _entry_by_entry(factors: Sequence[Notation]) -> Notation:
    return factors[0] if len(factors) == 1 else Entrywise(tuple(factors))


def _breadth(term: Expression) -> int:
    return len(term.chain) if isinstance(term, Product) else 0 if isinstance(term, (Number, Ones)) else 1


def _is_logarithm(term: Expression) -> bool:
    return isinstance(term, Apply) and term.name in ("log", "log1p", "logabs", "logsumexp")
