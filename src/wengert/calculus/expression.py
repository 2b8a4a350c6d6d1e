"""Expressions of matrix algebra: immutable, each kept once, with a symbolic shape.

Everything is a matrix: a vector has one column, a scalar one row and one column. Nodes are made by the functions of
`wengert.calculus.algebra`, which keep them in normal form; here they are only told apart.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, ClassVar, Final, TypeVar
from weakref import WeakValueDictionary, ref

from wengert.calculus.dimension import Dim, Length

__all__ = [
    "NEIGHBOURS", "Apply", "Determinant", "Diagonal", "DiagonalOf", "Expression", "Frechet", "Hadamard",
    "Identity", "Inverse", "NamedNumber", "Number", "Ones", "Product", "Size", "Sum", "Symbol", "Trace", "Transpose",
    "Zero", "make", "neighbours", "normal", "once", "recalled", "rule", "walk",
]  # fmt: skip

Coefficient = Fraction | float


class Expression:
    """A node: its kind is the class, `data` what it holds besides its `parts`."""

    __slots__ = ("__weakref__", "cols", "data", "digest", "kept", "known", "length", "parts", "rows")

    rank: ClassVar[int] = 9
    rows: Length
    cols: Length
    data: tuple[Any, ...]
    parts: tuple[Expression, ...]
    digest: bytes
    #: whether it is an intermediate value of a long program, which is not opened in what is made of it
    kept: bool
    #: about how many symbols it is when it is printed
    length: int
    #: what has been found out of it, by what was asked
    known: dict[str, Any] | None

    @property
    def shape(self) -> tuple[Length, Length]:
        """Rows and columns."""
        return self.rows, self.cols

    @property
    def is_scalar(self) -> bool:
        """Whether it is a single number."""
        return self.rows == 1 and self.cols == 1

    @property
    def is_vector(self) -> bool:
        """Whether it is a column."""
        return self.cols == 1 and self.rows != 1

    @property
    def signs(self) -> int:
        """How many symbols it brings itself, besides those of its parts."""
        return 1

    def __lt__(self, other: Expression) -> bool:
        return self.order < other.order

    @property
    def order(self) -> tuple[int, str, bytes]:
        """A key by which nodes are sorted, the same in every process."""
        return self.rank, str(self.data[0]) if self.data else "", self.digest

    def __repr__(self) -> str:
        held = [*map(repr, self.data), *map(repr, self.parts)]
        return f"{type(self).__name__}({', '.join(held)})"


class Symbol(Expression):
    """A variable or a constant by name; `data` is (name, properties)."""

    __slots__ = ()
    rank = 1

    @property
    def name(self) -> str:
        """As it is printed."""
        return self.data[0]  # type: ignore[no-any-return]

    @property
    def properties(self) -> frozenset[str]:
        """What was assumed of it."""
        return self.data[1]  # type: ignore[no-any-return]


class Number(Expression):
    """A coefficient; `data` is (value,): a fraction where it is exact."""

    __slots__ = ()
    rank = 0

    @property
    def value(self) -> Coefficient:
        """The number."""
        return self.data[0]  # type: ignore[no-any-return]


class NamedNumber(Expression):
    """A number that has a name everywhere; `data` is (name,)."""

    __slots__ = ()
    rank = 0

    @property
    def name(self) -> str:
        """As it is printed."""
        return self.data[0]  # type: ignore[no-any-return]

    @property
    def key(self) -> str:
        """What it is called among the values of symbols, one of which may have its name."""
        return f"the number {self.name}"


class Size(Expression):
    """The length of an axis as a scalar; `data` is (dim,)."""

    __slots__ = ()
    rank = 0

    @property
    def dim(self) -> Dim:
        """Whose length."""
        return self.data[0]  # type: ignore[no-any-return]


class Identity(Expression):
    """The identity matrix."""

    __slots__ = ()
    rank = 2


class Ones(Expression):
    """A column of ones."""

    __slots__ = ()
    rank = 2


class Zero(Expression):
    """A matrix of zeros."""

    __slots__ = ()
    rank = 2


class Sum(Expression):
    """Terms of one shape; `parts` are sorted."""

    __slots__ = ()

    @property
    def signs(self) -> int:
        """A sign between terms."""
        return len(self.parts) - 1


class Product(Expression):
    """A coefficient, scalars with exponents, and a chain of matrices; `data` is (coefficient, exponents).

    A chain that is a single number as a whole stands alone in its product, and is a scalar of other products.
    """

    __slots__ = ()

    @property
    def coefficient(self) -> Coefficient:
        """The number in front."""
        return self.data[0]  # type: ignore[no-any-return]

    @property
    def scalars(self) -> tuple[tuple[Expression, Fraction], ...]:
        """Scalar factors with their exponents."""
        return tuple(zip(self.parts, self.data[1], strict=False))

    @property
    def chain(self) -> tuple[Expression, ...]:
        """The matrices, in their order."""
        return self.parts[len(self.data[1]) :]

    @property
    def signs(self) -> int:
        """The coefficient, and the exponents."""
        exponents: tuple[Fraction, ...] = self.data[1]
        return int(abs(self.coefficient) != 1) + sum(exponent != 1 for exponent in exponents)


class Transpose(Expression):
    """The transpose of something into which it goes no deeper."""

    __slots__ = ()

    @property
    def order(self) -> tuple[int, str, bytes]:
        """Beside what is transposed."""
        rank, text, digest = self.parts[0].order
        return rank, text + "'", digest


class Inverse(Expression):
    """The inverse of a square matrix."""

    __slots__ = ()
    rank = 3


class Hadamard(Expression):
    """A product entry by entry; `data` is (exponents,)."""

    __slots__ = ()
    rank = 4

    @property
    def factors(self) -> tuple[tuple[Expression, Fraction], ...]:
        """Factors with their exponents."""
        return tuple(zip(self.parts, self.data[0], strict=True))

    @property
    def order(self) -> tuple[int, str, bytes]:
        """By its content."""
        return self.rank, "", self.digest


class Apply(Expression):
    """A named function of an expression; `data` is (name,)."""

    __slots__ = ()
    rank = 5

    @property
    def name(self) -> str:
        """Of the function."""
        return self.data[0]  # type: ignore[no-any-return]

    @property
    def operand(self) -> Expression:
        """What it is applied to."""
        return self.parts[0]


class Frechet(Expression):
    """The derivative of a function of matrices at X in the direction E; `data` is (name,), `parts` are (X, E)."""

    __slots__ = ()
    rank = 5

    @property
    def name(self) -> str:
        """Of the function."""
        return self.data[0]  # type: ignore[no-any-return]


class Diagonal(Expression):
    """The diagonal matrix of a vector."""

    __slots__ = ()
    rank = 4


class DiagonalOf(Expression):
    """The diagonal of a matrix, as a vector."""

    __slots__ = ()
    rank = 4


class Trace(Expression):
    """The trace of a square matrix."""

    __slots__ = ()
    rank = 6


class Determinant(Expression):
    """The determinant of a square matrix."""

    __slots__ = ()
    rank = 6


_known: Final[WeakValueDictionary[Any, Expression]] = WeakValueDictionary()
_guard: Final = threading.Lock()


def make(
    kind: type[Expression],
    rows: Length,
    cols: Length,
    data: tuple[Any, ...] = (),
    parts: tuple[Expression, ...] = (),
    kept: bool = False,
) -> Any:
    """The one node with this content."""
    key = (kind, rows, cols, data, parts, kept)
    with _guard:
        found = _known.get(key)
        if found is None:
            found = object.__new__(kind)
            found.rows, found.cols, found.data, found.parts, found.known = rows, cols, data, parts, None
            found.kept = kept
            found.length = found.signs + sum([part.length for part in parts])
            text = f"{kind.__name__}|{rows}|{cols}|{_written(data)}{'|kept' if kept else ''}"
            found.digest = hashlib.blake2b(
                text.encode() + b"".join([part.digest for part in parts]), digest_size=12
            ).digest()
            _known[key] = found
    return found


def _written(data: Any) -> str:
    if isinstance(data, frozenset):
        return ",".join(sorted(data))
    if isinstance(data, tuple):
        return f"({','.join(map(_written, data))})"
    return str(data)


Rule = Callable[[Any], Any]
RuleT = TypeVar("RuleT", bound=Callable[..., Any])
_RULES: Final[dict[type[Expression], list[Rule]]] = {}
NEIGHBOURS: Final[list[Callable[[Expression, Expression], Any]]] = []
"""Rules for what two neighbours in a chain are together; each returns None where it does not apply."""


def rule(*kinds: type[Expression]) -> Callable[[RuleT], RuleT]:
    """Declare a rule for nodes of these kinds: from a node to an equal one nearer to the normal form, or None."""

    def register(function: RuleT) -> RuleT:
        for kind in kinds:
            _RULES.setdefault(kind, []).append(function)
        return function

    return register


def neighbours(function: RuleT) -> RuleT:
    """Declare a rule for two neighbours in a chain."""
    NEIGHBOURS.append(function)
    return function


def normal(node: Expression) -> Any:
    """The normal form of a node whose parts are in normal form."""
    return once("normal", node, _by_rules)


def _by_rules(node: Expression) -> Expression:
    return next((f for f in (r(node) for r in _RULES.get(type(node), ())) if f is not None), node)


def once(what: str, node: Expression, found: Callable[[Any], Any]) -> Any:
    """What a function makes of a node, kept with the node and freed with it."""
    if node.known is None:
        node.known = {}
    if what not in node.known:
        made = found(node)
        # a node that referred to itself would wait for the cycle collector
        node.known[what] = None if made is node else made
    kept = node.known[what]
    return node if kept is None else kept


def recalled(what: str, node: Expression, found: Callable[[Any], Any]) -> Any:
    """The same of what may refer back to the node: it is kept only as long as anything else needs it."""
    held = None if node.known is None else node.known.get(what)
    made = None if held is None else held()
    if made is None:
        made = found(node)
        node.known = {} if node.known is None else node.known
        node.known[what] = ref(made)
    return made


def walk(expression: Expression) -> Iterator[Expression]:
    """Every node once, parts before what is made of them."""
    seen: set[Expression] = set()
    waiting: list[tuple[Expression, bool]] = [(expression, False)]
    while waiting:
        node, ready = waiting.pop()
        if ready:
            yield node
        elif node not in seen:
            seen.add(node)
            waiting.append((node, True))
            waiting.extend((part, False) for part in reversed(node.parts))
