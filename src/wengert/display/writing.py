"""From expressions to notation: the order of terms and factors, what stands under a bar, which roots are norms.

Powers of vectors are entry by entry and are written like powers of numbers, as are quotients: x², 1/x. Those of
matrices are marked, since X² is a product: X^∘2, A ⊘ X.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from wengert.calculus.evaluation import CONSTANTS
from wengert.calculus.expression import (
    Apply,
    Determinant,
    Diagonal,
    DiagonalOf,
    Expression,
    Frechet,
    Hadamard,
    Identity,
    Inverse,
    NamedNumber,
    Number,
    Ones,
    Product,
    Size,
    Sum,
    Symbol,
    Trace,
    Transpose,
    Zero,
    walk,
)
from wengert.display.applied import applied
from wengert.display.forms import fewest_transposes, holds, is_negative, magnitude, root_of_square, sides, straightened
from wengert.display.naming import FUNCTION_NAMES, Written, written_names
from wengert.display.notation import (
    VULGAR,
    Added,
    Call,
    Constant,
    Directional,
    Entrywise,
    Fenced,
    Inner,
    Juxtaposed,
    Manner,
    Name,
    Negative,
    Notation,
    Numeral,
    Quotient,
    Raised,
    Root,
    entry_by_entry,
    fraction_of,
    over_a_bar,
    side_by_side,
    signed,
)
from wengert.display.ordering import Degrees
from wengert.display.roots import constant_root, root_over_a_bar
from wengert.errors import UnsupportedError

__all__ = ["notation_of"]

_PLAIN: Final = Manner()
# A formula of more symbols than this is no reading matter.
_LONGEST: Final = 20_000


def notation_of(expression: Expression, variables: Iterable[str] = (), manner: Manner = _PLAIN) -> Notation:
    """How an expression is written.

    Parameters
    ----------
    expression
        Any expression of `wengert.calculus`.
    variables
        The names in which terms are ordered, the highest degree first.
    manner
        How it is written beside others.

    Raises
    ------
    UnsupportedError
        There is no notation for a node of the expression, or it is too long to be printed.
    """
    return _Writer(expression, frozenset(variables), manner).whole(expression)


class _Writer:
    """One expression on its way to paper."""

    def __init__(self, expression: Expression, variables: frozenset[str], manner: Manner) -> None:
        self.manner = manner
        own = {node.name for node in walk(expression) if isinstance(node, Symbol)}
        self.names = written_names(own | manner.names)
        taken = {written.text for written in self.names.values()}
        self.identity = "Identity" if "I" in taken else "identity"
        self.has_e = "e" in taken
        self.functions = {**FUNCTION_NAMES, **({"logistic": "logistic"} if "σ" in taken else {})}
        self.known: dict[Expression, Notation] = {}
        self.symbols: dict[Expression, int] = {}
        self.degrees = Degrees(variables)

    def whole(self, expression: Expression) -> Notation:
        self.learn(expression)
        if isinstance(expression, Product) and isinstance(self.known[expression], Negative):
            # rather (b − Ax) than −(Ax − b)
            mixed = [factor for factor in _sums(expression) if any(map(is_negative, factor.parts))]
            return self.product(expression, mixed[0]) if mixed else self.known[expression]
        return self.known[expression]

    def learn(self, expression: Expression) -> None:
        """Write all nodes, parts before what is made of them."""
        for node in walk(expression):
            if node in self.known:
                continue
            rule = _RULES.get(type(node))
            if rule is None:
                raise UnsupportedError(f"{type(node).__name__} has no notation: this formula cannot be printed")
            self.symbols[node] = 1 + is_negative(node) + sum(self.symbols[part] for part in node.parts)
            if self.symbols[node] > _LONGEST:
                raise UnsupportedError(
                    f"a formula of more than {_LONGEST} symbols is too long to be printed; its NumPy code names its "
                    f"parts"
                )
            self.degrees.learn(node)
            self.known[node] = rule(self, node)

    def sum(self, x: Sum, negated: bool = False) -> Notation:
        """A sum, or minus that sum."""
        ordered = self.degrees.in_order(x, lambda term: isinstance(self.term(term), Negative) != negated)
        terms = list(map(self.term, ordered))
        subtracted = tuple(isinstance(term, Negative) != negated for term in terms)
        return Added(tuple(term.parts[0] if isinstance(term, Negative) else term for term in terms), subtracted)

    def term(self, term: Expression) -> Notation:
        """A term of a sum, in which a number stands for a vector whose entries are all equal to it."""
        if isinstance(term, Ones):
            return Numeral((), Fraction(1))
        if isinstance(term, Product) and len(term.parts) == 1 and isinstance(term.parts[0], Ones):
            return signed(term.coefficient < 0, fraction_of(magnitude(term.coefficient)))
        return self.known[term]

    def product(self, x: Product, turned: Expression | None = None) -> Notation:
        """A product, in which sums of nothing but negative terms give their minus to it, as does a `turned` sum."""
        if x.is_scalar and x.chain:
            return self._inner(x.chain) if self._has_sides(x) else self._form(x.chain)
        sums = [factor for factor in _sums(x) if factor is turned or all(map(is_negative, factor.parts))]
        replaced: dict[Expression, Notation] = {factor: self.sum(factor, negated=True) for factor in sums}
        negative = (x.coefficient < 0) != (len(sums) % 2 == 1)
        alone = len(x.parts) == 1
        size, roots, scalars = constant_root(magnitude(x.coefficient), x.scalars)
        above, below = root_over_a_bar(roots, self.known_number)
        for base, exponent in sorted(scalars, key=self._front_rank):
            if base in replaced and exponent == 1:
                above.append(replaced[base])
            elif alone and exponent == 1:
                found = self.known[base]
                above.extend(found.parts if isinstance(found, Juxtaposed) else (found,))
            else:
                (above if exponent > 0 else below).append(self._powered(base, abs(exponent)))
        if below or size not in VULGAR:
            size, divisor = over_a_bar(size)
            if divisor != 1:
                below.insert(0, Numeral((), Fraction(divisor)))
        chain = self._chain(x.chain, replaced)
        over = chain[0] if len(chain) == 1 else None
        if isinstance(over, Quotient) and over.entrywise:
            # 2/x rather than 2(1/x)
            top, bottom = over.parts
            below, chain = [*below, bottom], [] if isinstance(top, Numeral) and top.value == 1 else [top]
        factors = [*above, *chain]
        if size != 1 or not factors:
            factors.insert(0, Numeral((), size))
        top = side_by_side(factors)
        entrywise = isinstance(over, Quotient) and over.entrywise
        return signed(negative, Quotient((top, side_by_side(below)), entrywise=entrywise) if below else top)

    def _front_rank(self, factor: tuple[Expression, Fraction]) -> tuple[int, int, Any]:
        """Names before functions, and those before brackets; short before long."""
        base = factor[0]
        leaf = isinstance(base, (NamedNumber, Symbol, Size, Number))
        rank = 0 if leaf else 2 if isinstance(base, (Sum, Product)) else 1
        return rank, self.symbols[base], base.order

    def _form(self, chain: Sequence[Expression]) -> Notation:
        """A scalar that is a chain: xᵀx as it is, longer squares as squared norms."""
        if len(chain) == 2 and isinstance(chain[0], Transpose) and isinstance(chain[1], Ones):
            # a sum of entries begins with its ones
            return Juxtaposed((Raised((self.known[chain[1]],), transposed=True), self.known[chain[0].parts[0]]))
        half = root_of_square(chain)
        short = half is not None and len(half) == 1 and not isinstance(half[0], (Sum, Hadamard, Apply))
        if half is None or (short and not self.manner.norms):
            chain = fewest_transposes(chain)
            for link in chain:
                self.learn(link)
            return side_by_side(self._chain(chain))
        return Raised((self._norm(half, "norm"),), Fraction(2))

    def _has_sides(self, x: Expression) -> bool:
        """Whether a form or a trace is written as an inner product."""
        directions = self.manner.directions
        return self.manner.style == "inner" or (bool(directions) and holds(x, directions))

    def _inner(self, chain: Sequence[Expression], trace: bool = False) -> Notation:
        """A form or the trace of a product as an inner product, of equal sides as a squared norm."""
        half = root_of_square(chain)
        if half is not None:
            return Raised((self._norm(half, "frobenius" if trace else "norm"),), Fraction(2))
        left, right = sides(chain, self.manner.directions, trace)
        for link in (*left, *right):
            self.learn(link)
        return Inner((side_by_side(self._chain(left)), side_by_side(self._chain(right))))

    def _norm(self, links: Sequence[Expression], kind: str) -> Notation:
        """The norm of a chain; a transpose has the same."""
        link = links[0]
        if len(links) == 1 and isinstance(link, Transpose):
            links = link.parts
        if len(links) == 1 and isinstance(link, Inverse) and isinstance(link.parts[0], Transpose):
            inverted = Raised((self.known[link.parts[0].parts[0]],), Fraction(-1))
            return Fenced((inverted,), kind)
        if len(links) == 1 and isinstance(link, Hadamard):
            straight = straightened(link)
            if all(base in self.known for base in straight.parts):
                return Fenced((self.hadamard(straight),), kind)
        return Fenced((side_by_side(self._chain(links)),), kind)

    def _chain(
        self, links: Sequence[Expression], replaced: Mapping[Expression, Notation] | None = None
    ) -> list[Notation]:
        """The factors of a chain, equal neighbours as powers."""
        if replaced:
            return [replaced.get(link, self.known[link]) for link in links]
        count = len(links)
        for period in range(2, count // 2 + 1 if len(set(links)) > 1 else 0):
            times, rest = divmod(count, period)
            if not rest and tuple(links) == tuple(links[:period]) * times and links[0].rows == links[-1].cols:
                return [Raised((side_by_side(self._chain(links[:period])),), Fraction(times))]
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
        found = self.as_norm(base, exponent)
        doubled = 2 * exponent
        if found is not None and doubled.denominator == 1:
            return found if doubled == 1 else Raised((found,), doubled)
        if exponent == Fraction(1, 2):
            return Root((self.known[base],))
        return self.known[base] if exponent == 1 else Raised((self.known[base],), exponent)

    def as_norm(self, base: Expression, exponent: Fraction) -> Notation | None:
        if isinstance(base, Product) and base.chain:
            half = root_of_square(base.chain)
            return None if half is None else self._norm(half, "norm")
        if isinstance(base, Trace) and isinstance(base.parts[0], Product):
            half = root_of_square(base.parts[0].chain)
            # the trace of X² is as short as a norm
            plain = exponent.denominator == 1 and half is not None and self._is_trace_of_square(base.parts[0], half)
            return None if half is None or plain else self._norm(half, "frobenius")
        return None

    def hadamard(self, x: Hadamard) -> Notation:
        matrix = x.rows != 1 and x.cols != 1
        # short factors stand before long ones
        ordered = sorted(x.factors, key=lambda factor: self.symbols[factor[0]])
        above = [self._entries(base, exponent, matrix) for base, exponent in ordered if exponent > 0]
        if matrix and not above:
            return entry_by_entry([self._entries(base, exponent, matrix) for base, exponent in ordered])
        below = [self._entries(base, -exponent, matrix) for base, exponent in ordered if exponent < 0]
        if matrix and below:
            return Entrywise((*above, *below), len(below))
        top = entry_by_entry(above) if above else Numeral((), Fraction(1))
        return Quotient((top, entry_by_entry(below)), entrywise=True) if below else top

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

    def known_number(self, x: Expression) -> Notation:
        """A plain number, or π, in digits where something else has that name."""
        if not isinstance(x, NamedNumber):
            return _RULES[type(x)](self, x)
        if any(written.text == x.name for written in self.names.values()):
            return Numeral((), CONSTANTS[x.name])
        return Name(written=Written(x.name))

    def trace(self, x: Trace) -> Notation:
        inner = x.parts[0]
        if isinstance(inner, Product):
            if len(inner.chain) > 1 and inner.coefficient == 1 and not inner.scalars and self._has_sides(x):
                return self._inner(inner.chain, trace=True)
            half = root_of_square(inner.chain)
            whole = inner.coefficient == 1 and not inner.scalars
            if half is not None and whole and not self._is_trace_of_square(inner, half):
                return Raised((self._norm(half, "frobenius"),), Fraction(2))
        return Call((self.known[inner],), "tr")

    def _is_trace_of_square(self, square: Product, half: Sequence[Expression]) -> bool:
        """Whether tr(X²) of a symmetric X is not written as a norm."""
        return square.chain[0] is half[0] and isinstance(half[0], Symbol) and not self.manner.norms

    def called(self, function: str, x: Expression) -> Notation:
        return Call((self.known[x.parts[0]],), function)


_RULES: Final[Mapping[type, Callable[[_Writer, Any], Notation]]] = {
    Symbol: lambda writer, x: Name(written=writer.names[x.name]),
    NamedNumber: _Writer.known_number,
    Size: lambda writer, x: Name(written=Written(str(x.dim))),
    Number: lambda writer, x: signed(x.value < 0, fraction_of(magnitude(x.value))),
    Identity: lambda writer, x: Constant((), writer.identity),
    Ones: lambda writer, x: Constant((), "ones"),
    Zero: lambda writer, x: Constant((), "zero"),
    Sum: _Writer.sum,
    Product: _Writer.product,
    Hadamard: _Writer.hadamard,
    Transpose: _Writer.transpose,
    Inverse: _Writer.inverse,
    Apply: applied,
    Frechet: lambda writer, x: Directional((writer.known[x.parts[0]], writer.known[x.parts[1]]), x.name),
    Trace: _Writer.trace,
    Diagonal: lambda writer, x: writer.called("diag", x),
    DiagonalOf: lambda writer, x: writer.called("diag", x),
    Determinant: lambda writer, x: writer.called("det", x),
}


def _sums(x: Product) -> list[Sum]:
    """The factors of a product that are sums, each as often as it stands there."""
    bases = [base for base, exponent in x.scalars if exponent == 1]
    return [factor for factor in (*x.chain, *bases) if isinstance(factor, Sum)]
