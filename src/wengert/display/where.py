"""Names for what occurs more than once in formulas and is long: s = softmax(Ax + b), M = A − tI."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, Final

from wengert.calculus.expression import (
    Apply,
    Expression,
    Hadamard,
    Identity,
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
from wengert.display.forms import root_of_square, turned, with_squares
from wengert.display.naming import written
from wengert.display.powers import power_in

__all__ = ["with_where"]

# How many symbols a name must save before it is worth its line.
_WORTH: Final = 2
# How many parts of nodes are looked at before the search for names ends: a large formula is not for reading.
_LOOKS: Final = 300_000
_SCALARS: Final = ("q", "s", "c", "p", "r", "t", "a", "b")
_VECTORS: Final = ("v", "u", "w", "z", "p", "q", "r", "s")
_MATRICES: Final = ("M", "G", "N", "K", "Q", "H", "P", "R", "S", "T")
# by what is named; the others follow where these are taken
_FITTING: Final = {
    "softmax": ("s", "p"),
    "softmax_rows": ("P", "S"),
    "sum": ("r", "d", "z"),
    "inverse": ("G", "H"),
    "centring": ("C",),
}
_LEAVES: Final = (Symbol, Number, Size, Identity, Ones, Zero)


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
    formulas = list(map(with_squares, expressions))
    nodes = [node for formula in formulas for node in walk(formula)]
    symbols = {node.name for node in nodes if isinstance(node, Symbol)}
    symbols |= {str(node.dim) for node in nodes if isinstance(node, Size)}
    taken = {written(name).text for name in {*symbols, *names_taken}}
    named: list[tuple[str, Expression]] = []
    looks = sum(1 + len(node.parts) for node in nodes)
    for _ in range(_LOOKS // max(looks, 1)):
        found = _best([*formulas, *(inner for _, inner in named)])
        if found is None:
            break
        name = _name(found, taken)
        taken.add(written(name).text)
        properties = frozenset({"symmetric"} if centred_axis(found) is not None else ())
        symbol = make(Symbol, found.rows, found.cols, (name, properties))
        formulas = [_exchanged(formula, found, symbol) for formula in formulas]
        named = [(other, _exchanged(inner, found, symbol)) for other, inner in named]
        named.append((name, found))
    return formulas, _in_order(named)


def _best(formulas: Sequence[Expression]) -> Any:
    """The node or the part of a chain whose name saves most; None where none saves enough."""
    order = list(dict.fromkeys(node for formula in formulas for node in walk(formula)))
    times: dict[Expression, int] = dict.fromkeys(order, 0)
    for formula in formulas:
        times[formula] += 1
    lengths: dict[Expression, int] = {}
    segments: dict[Expression, int] = {}
    for node in order:
        _measure(node, lengths)
    for node in reversed(order):
        read = _read(node)
        for part in read:
            times[part] += times[node]
        for segment in _segments(node, read):
            segments[segment] = segments.get(segment, 0) + times[node]
    best, gain = None, _WORTH - 1
    for node, count in (*times.items(), *segments.items()):
        if count > 1 and node not in formulas and not isinstance(node, (*_LEAVES, Transpose)) and not _is_uniform(node):
            saved = count * (_measure(node, lengths) - 1) - lengths[node] - 2
            if saved > gain:
                best, gain = node, saved
    return best


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
    for stop in range(2, len(chain) + 1):
        if chain[stop - 1].cols == 1:
            first = stop - 2
            while first > 0 and chain[first - 1].cols != 1 and chain[first].rows != 1:
                first -= 1
            found.extend(_segment(chain[start:stop]) for start in range(first, stop - 1) if chain[start].rows != 1)
    for start in range(len(chain) - 1):
        if chain[start].rows == 1:
            row = [turned(link) for link in chain[start:]]
            for stop in range(2, len(row) + 1):
                if chain[start + stop - 1].cols == 1:
                    break
                found.append(_segment(row[:stop][::-1]))
    return found


def _segment(links: Sequence[Expression]) -> Expression:
    return make(Product, links[0].rows, links[-1].cols, (Fraction(1), ()), tuple(links))  # type: ignore[no-any-return]


def _exchanged(formula: Expression, old: Expression, symbol: Expression) -> Expression:
    """A formula with a name in the place of a node, and of the part of chains that this node is."""
    new: dict[Expression, Expression] = {}
    for node in walk(formula):
        if node is old:
            new[node] = symbol
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


def _name(node: Expression, taken: set[str]) -> str:
    """A free name in the manner of what is named."""
    kind: str = node.name if isinstance(node, Apply) else type(node).__name__.lower()
    kind = kind if centred_axis(node) is None else "centring"
    usual = _SCALARS if node.is_scalar else _VECTORS if 1 in node.shape else _MATRICES
    fitting: tuple[str, ...] = _FITTING.get(kind, ()) if not node.is_scalar else ()
    fitting = tuple(letter for letter in fitting if letter.isupper() == (1 not in node.shape))
    free: str | None = next((letter for letter in (*fitting, *usual) if letter not in taken), None)
    if free is not None:
        return free
    numbered = (f"{usual[0]}_{number}" for number in itertools.count(1))
    return next(name for name in numbered if written(name).text not in taken)


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
