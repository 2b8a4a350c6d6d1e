"""Names in formulas: of what occurs more than once and is long, s = softmax(Ax + b), and of the function's value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, Final

from wengert.calculus.algebra import add, apply, matmul, negative, number, ones, split, transpose
from wengert.calculus.expression import (
    Apply,
    Expression,
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
    make,
    walk,
)
from wengert.calculus.properties import centred_axis
from wengert.calculus.reuse import InNames
from wengert.calculus.rewriting import substituted
from wengert.display.forms import root_of_square, turned, upright, with_squares
from wengert.display.letters import free_name, names_in
from wengert.display.naming import written
from wengert.display.powers import power_in
from wengert.display.signs import with_signs_in_front

__all__ = ["shortest", "with_where"]

# How many symbols a name must save before it is worth its line.
_WORTH: Final = 2
# A value of so many symbols has a name also where it is but a factor.
_LONG: Final = 12
# How many parts of nodes are looked at before the search for names ends: a large formula is not for reading.
_LOOKS: Final = 300_000
_LEAVES: Final = (NamedNumber, Symbol, Number, Size, Identity, Ones, Zero)


def with_where(
    expressions: Sequence[Expression], names_taken: Iterable[str] = ()
) -> tuple[list[Expression], list[tuple[str, Expression]]]:
    """Expressions in which long parts that occur more than once have names, and what the names stand for.

    Parameters
    ----------
    expressions
        Formulas that are read together.
    names_taken
        Names that must not be given, besides those of the symbols in the formulas.

    Returns
    -------
    The formulas, and pairs of a name and what it stands for, in which only names of earlier pairs occur.

    >>> from wengert.calculus import algebra
    >>> from wengert.calculus.dimension import Dim
    >>> A, x = algebra.symbol("A", Dim("m"), Dim("n")), algebra.symbol("x", Dim("n"), 1)
    >>> s = algebra.apply("softmax", algebra.matmul(A, x))
    >>> spread = algebra.subtract(algebra.diagonal(s), algebra.matmul(s, algebra.transpose(s)))
    >>> (short,), ((name, long),) = with_where([spread])
    >>> name, long is s
    ('s', True)
    """
    ways = [(list(expressions), []), *_with_complements(expressions, names_taken)]
    return min((_named(formulas, named, names_taken) for formulas, named in ways), key=_size)


def _size(way: tuple[Sequence[Expression], Sequence[tuple[str, Expression]]]) -> int:
    """How many symbols there are to be read, those of the list of names included."""
    formulas, named = way
    lengths: dict[Expression, int] = {}
    return sum(_measure(each, lengths) for each in formulas) + sum(_measure(each, lengths) + 2 for _, each in named)


def _with_complements(
    formulas: Sequence[Expression], names_taken: Iterable[str]
) -> list[tuple[list[Expression], list[tuple[str, Expression]]]]:
    """The formulas with s for σ(z), and 1 − s for σ(−z), where both are there; none where they are not."""
    nodes = dict.fromkeys(node for formula in formulas for node in walk(formula))
    taken = names_in(formulas, names_taken)
    exchange: dict[Expression, Expression] = {}
    named: list[tuple[str, Expression]] = []
    for one in nodes:
        other = apply("logistic", negative(one.parts[0])) if isinstance(one, Apply) and one.name == "logistic" else None
        if other in nodes and one not in exchange:
            straight, turned_ = sorted((one, other), key=lambda each: _minuses(each.parts[0]))
            symbol = make(Symbol, *one.shape, (free_name(one, taken), frozenset()))
            taken.add(written(symbol.name).text)
            named.append((symbol.name, straight))
            unit = number(1) if one.is_scalar else matmul(ones(one.rows), transpose(ones(one.cols)))
            exchange |= {straight: symbol, turned_: add(unit, negative(symbol))}
    return [([substituted(formula, exchange) for formula in formulas], named)] if exchange else []


def _minuses(x: Expression) -> int:
    return sum(split(term)[0] < 0 for term in (x.parts if isinstance(x, Sum) else (x,)))


def _named(
    formulas: Sequence[Expression], named: Sequence[tuple[str, Expression]], names_taken: Iterable[str]
) -> tuple[list[Expression], list[tuple[str, Expression]]]:
    """Formulas in which long parts that occur more than once have names, beside those that are given."""
    whole = [*formulas, *(inner for _, inner in named)]
    taken = names_in(whole, names_taken)
    short = [with_squares(with_signs_in_front(upright(formula))) for formula in whole]
    names = [name for name, _ in named]
    lengths: dict[Expression, int] = {}
    known: dict[Expression, tuple[Sequence[Expression], Sequence[Expression]]] = {}
    looks = sum(1 + len(node.parts) for formula in short for node in walk(formula))
    for _ in range(_LOOKS // max(looks, 1)):
        found = _best(short, lengths, known)
        if found is None:
            break
        names.append(free_name(found, taken))
        taken.add(written(names[-1]).text)
        properties = frozenset({"symmetric"} if centred_axis(found) is not None else ())
        symbol = make(Symbol, found.rows, found.cols, (names[-1], properties))
        short = [*(_exchanged(formula, found, symbol) for formula in short), found]
    count = len(formulas)
    return short[:count], _in_order(list(zip(names, short[count:], strict=True)))


def shortest(plain: Expression, ways: Iterable[InNames], names_taken: Iterable[str] = ()) -> InNames:
    """The way to write a formula in which there is least to read, the list of its names included; itself, mostly.

    The names of a way stand for what the reader knows, so that they are not listed. They have to save two symbols. A
    value that is one function, a product, a power or a norm tells more than a name, and so does one that is but a
    factor of the whole; these have names only where they are long.

    Parameters
    ----------
    plain
        The formula.
    ways
        The same in names.
    names_taken
        As for `with_where`.
    """
    taken = set(names_taken)
    best, least = InNames(plain), _reading(plain, taken) - _WORTH
    for way in ways:
        if _is_worth_its_name(way):
            size = _reading(way.expression, taken)
            if size <= least:
                best, least = way, size - 1
    return best


def _reading(formula: Expression, names_taken: Iterable[str]) -> int:
    """How many symbols there are to be read, with the names."""
    (short,), named = with_where([formula], names_taken)
    return _measure(short, {}) + sum(_measure(inner, {}) + 2 for _, inner in named)


def _is_worth_its_name(way: InNames) -> bool:
    """Whether the first name of a formula stands for more than it says itself."""
    (symbol, value), *_ = way.names
    present = set(walk(way.expression))
    if present.isdisjoint(name for name, _ in way.names):
        return False
    return _measure(with_squares(value), {}) >= _LONG or (
        _is_put_together(value) and (symbol not in present or _is_in_terms(way.expression, symbol))
    )


def _is_put_together(value: Expression) -> bool:
    """Whether it is a quotient, or a form; not a function, a power or a norm."""
    _, scalars, links = split(value)
    if links or len(scalars) != 1:
        return any(exponent < 0 for exponent in scalars.values())
    ((base, exponent),) = scalars.items()
    inner = base.parts[0] if isinstance(base, Trace) else base
    return exponent == 1 and isinstance(inner, Product) and root_of_square(inner.chain) is None


def _is_in_terms(formula: Expression, symbol: Expression) -> bool:
    """Whether a symbol stands in some of the terms of a sum, but not in all of them."""
    held: set[Expression] = set()
    for node in walk(formula):
        if node is symbol or any(part in held for part in node.parts):
            held.add(node)
            if isinstance(node, Sum) and not held.issuperset(node.parts):
                return True
    return False


def _best(
    formulas: Sequence[Expression],
    lengths: dict[Expression, int],
    known: dict[Expression, tuple[Sequence[Expression], Sequence[Expression]]],
) -> Any:
    """The node or the part of a chain whose name saves most; None where none saves enough.

    How long nodes are, and what is read of them, is kept from one search to the next.
    """
    order = list(dict.fromkeys(node for formula in formulas for node in walk(formula)))
    times: dict[Expression, int] = dict.fromkeys(order, 0)
    for formula in formulas:
        times[formula] += 1
    segments: dict[Expression, int] = {}
    for node in order:
        _measure(node, lengths)
    for node in reversed(order):
        if node not in known:
            read = _read(node)
            known[node] = read, _segments(node, read)
        read, own = known[node]
        for part in read:
            times[part] += times[node]
        for segment in own:
            segments[segment] = segments.get(segment, 0) + times[node]
    for node in order:
        other = _turned_inverse(node)
        if other in times and isinstance(node.parts[0], Transpose):
            # one name is enough for X⁻¹ and X⁻ᵀ
            times[other] += times.pop(node)
    best, gain = None, _WORTH - 1
    for node, count in (*times.items(), *segments.items()):
        if count > 1 and node not in formulas and not isinstance(node, (*_LEAVES, Transpose)) and not _is_uniform(node):
            saved = count * (_measure(node, lengths) - 1) - lengths[node] - 2
            if saved > gain:
                best, gain = node, saved
    return best


def _turned_inverse(node: Expression) -> Any:
    """The inverse of the transpose of what is inverted; None for what is no inverse."""
    return turned(node) if isinstance(node, Inverse) else None


def _is_uniform(x: Expression) -> bool:
    """Whether all entries are one number made of lengths, as those of 11ᵀ/n."""
    return isinstance(x, Product) and all(
        isinstance(part.parts[0] if isinstance(part, Transpose) else part, (Ones, Size)) for part in x.parts
    )


def _measure(node: Expression, lengths: dict[Expression, int]) -> int:
    """About how many symbols a node is when it is printed."""
    if node not in lengths:
        own = 1
        if isinstance(node, Product):
            own = (node.coefficient != 1) + sum(exponent != 1 for _, exponent in node.scalars)
        elif isinstance(node, Sum):
            own = len(node.parts) - 1
        elif isinstance(node, Apply):
            # its brackets count once
            own = 2
        lengths[node] = own + sum(_measure(part, lengths) for part in _read(node))
    return lengths[node]


def _read(node: Expression) -> Sequence[Expression]:
    """The parts of a node that are printed: of a square, its root; of x^p, no logarithm."""
    raised = power_in(node.parts[0]) if isinstance(node, Apply) and node.name == "exp" else None
    if raised is not None:
        inside = [link for part in _factors(node.parts[0]) for link in _factors(part)]
        return [raised[0].operand, *(part for part in inside if part is not raised[0])]
    square = node.parts[0] if isinstance(node, Trace) else node
    if not isinstance(square, Product) or not square.chain or (node is square and not node.is_scalar):
        return node.parts
    half = root_of_square(square.chain)
    plain = half is None or (len(half) == 1 and isinstance(half[0], Symbol)) or half[0] is square.chain[0]
    return node.parts if half is None or plain or square.coefficient != 1 else half


def _factors(x: Expression) -> Sequence[Expression]:
    return x.parts if isinstance(x, (Hadamard, Product)) else (x,)


def _segments(node: Expression, read: Sequence[Expression]) -> list[Expression]:
    """Matrices times a column, and their transposes: the parts of chains that a name makes shorter."""
    if not isinstance(node, Product) or len(node.chain) < 3:
        return []
    chain = read[len(node.scalars) :] if read is node.parts else read
    found: list[Expression] = []
    # where the columns begin that were found, since in yᵀGy it is once that Gy or yᵀG can be read
    begun: dict[Expression, int] = {}
    for stop in range(2, len(chain) + 1):
        if chain[stop - 1].cols == 1:
            first = stop - 2
            while first > 0 and chain[first - 1].cols != 1 and chain[first].rows != 1:
                first -= 1
            for start in range(first, stop - 1):
                if chain[start].rows != 1:
                    found.append(_segment(chain[start:stop]))
                    begun[found[-1]] = start
    for start in range(len(chain) - 1):
        if chain[start].rows == 1:
            row = [turned(link) for link in chain[start:]]
            for stop in range(2, len(row) + 1):
                if chain[start + stop - 1].cols == 1:
                    break
                segment = _segment(row[:stop][::-1])
                if not start <= begun.get(segment, -1) < start + stop:
                    found.append(segment)
    return found


def _segment(links: Sequence[Expression]) -> Expression:
    return make(Product, links[0].rows, links[-1].cols, (Fraction(1), ()), tuple(links))  # type: ignore[no-any-return]


def _exchanged(formula: Expression, old: Expression, symbol: Expression) -> Expression:
    """A formula with a name in the place of a node, and of the part of chains that this node is."""
    new: dict[Expression, Expression] = {}
    other = _turned_inverse(old)
    for node in walk(formula):
        if node is old:
            new[node] = symbol
            continue
        if node is other:
            new[node] = make(Transpose, symbol.cols, symbol.rows, (), (symbol,))
            continue
        if isinstance(node, Apply) and node.name == "exp" and (power_in(node.parts[0]) or (None,))[0] is old:
            # x^p does not show its logarithm
            new[node] = node
            continue
        parts = tuple(new[part] for part in node.parts)
        data = node.data
        if isinstance(node, Product) and isinstance(old, Product) and not old.scalars and old.coefficient == 1:
            count = len(node.scalars)
            middle = count + len(node.chain) // 2 if _read(node) is not node.parts else count
            parts = tuple(
                link
                for start, stop in ((0, count), (count, middle), (middle, len(parts)))
                for link in _shortened(node.parts[start:stop], parts[start:stop], old, symbol)
            )
        same = len(parts) == len(node.parts) and all(a is b for a, b in zip(parts, node.parts, strict=True))
        if isinstance(node, Product) and len(parts) == 1 < len(node.parts) and node.coefficient == 1:
            # all of a chain has become a name
            new[node] = parts[0]
            continue
        new[node] = node if same else make(type(node), node.rows, node.cols, data, parts)
    return new[formula]


def _shortened(
    chain: Sequence[Expression], parts: Sequence[Expression], old: Product, symbol: Expression
) -> list[Expression]:
    """The parts of a chain with a name where the links of `old`, or of its transpose, stand."""
    straight = list(old.chain)
    row = [turned(link) for link in reversed(straight)]
    found: list[Expression] = []
    place, count = 0, len(straight)
    while place < len(chain):
        here = list(chain[place : place + count])
        if here == straight:
            found.append(symbol)
            place += count
        elif here == row and not old.is_scalar:
            found.append(make(Transpose, symbol.cols, symbol.rows, (), (symbol,)))
            place += count
        else:
            found.append(parts[place])
            place += 1
    return found


def _in_order(named: Sequence[tuple[str, Expression]]) -> list[tuple[str, Expression]]:
    """Each after those that it is made of."""
    inner = dict(named)
    found: dict[str, Expression] = {}

    def place(name: str) -> None:
        if name in found:
            return
        for node in walk(inner[name]):
            if isinstance(node, Symbol) and node.name in inner:
                place(node.name)
        found[name] = inner[name]

    for name, _ in named:
        place(name)
    return list(found.items())
