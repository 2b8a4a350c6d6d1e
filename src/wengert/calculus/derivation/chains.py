"""The lines of a derivation from the differential of a number to ⟨gradient, dx⟩."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from wengert.calculus import algebra, invariants
from wengert.calculus.beautify import length
from wengert.calculus.derivation.adjoint import Mover
from wengert.calculus.derivation.lines import Definition, Equation, Inner, Line, Piece, Rule
from wengert.calculus.derivation.pieces import by_direction, neat, pieces_of, pulled
from wengert.calculus.derivation.rules import rules_of
from wengert.calculus.derivation.setting import Setting, moves
from wengert.calculus.expression import Expression, Identity, Product, Sum, make, walk
from wengert.calculus.linear import coefficient
from wengert.calculus.rewriting import rewritten
from wengert.errors import UnsupportedError

__all__ = ["Chain", "as_product", "beside", "inner_chain", "with_value"]

ONE: Final = algebra.number(1)
# Why the gradient is what the last line has.
_BY_KIND: Final = {"": "collect", "symmetric": "symmetric", "diagonal": "diagonal variable"}
# A move of one factor on the way to a name is read along with what is put in for the name.
_TRIVIAL: Final = frozenset(["left factor", "entries"])


class Chain:
    """Lines that all say what the differential of one expression is."""

    def __init__(self, setting: Setting, expression: Expression, level: str) -> None:
        self.setting, self.expression, self.level = setting, expression, level
        self.lines: list[Line] = []
        self._known: dict[Definition, tuple[Expression, Equation]] = {}

    def add(self, pieces: Iterable[Piece], rules: Iterable[Rule]) -> None:
        """A line, after it has been evaluated."""
        line = Line(tuple(pieces), tuple(dict.fromkeys(rules)))
        self.setting.check_differential(line.pieces, self.expression, f"{len(self.lines) + 1}")
        self.lines.append(line)

    def replace(self, pieces: Iterable[Piece], rules: Iterable[Rule] = ()) -> None:
        """The last line in another form."""
        last = self.lines.pop()
        self.add(pieces, (*last.rules, *rules))

    def conclude(self, pieces: tuple[Piece, ...], rules: Iterable[Rule] = ("collect",)) -> None:
        """End with these pieces: in place of the last line, or as a line of their own at the full level."""
        if self.lines[-1].pieces == pieces:
            return
        if self.level == "full" and not _is_same(self.lines[-1].pieces, pieces):
            self.add(pieces, rules)
        else:
            self.replace(pieces)

    def pending(self, present: Iterable[Expression]) -> list[Definition]:
        """The names whose differentials are put in next: those that no other of them is made of."""
        held = set(present)
        found = [each for each in self.setting.definitions if each.direction in held]
        if self.level == "full":
            return found[-1:]
        inner = {node for each in found for node in walk(each.expression)}
        # the change of the value is what a reader expects least
        found.sort(key=lambda each: each not in self.setting.known)
        return [each for each in found if each.symbol not in inner]

    def differential_of(self, name: Definition) -> tuple[Expression, Equation]:
        """What dz is, and the equation that says so."""
        if name not in self._known:
            self._known[name] = self._differential_of(name)
        return self._known[name]

    def _differential_of(self, name: Definition) -> tuple[Expression, Equation]:
        if name in self.setting.known:
            return self._change_of_value(*self.setting.known)
        found = self.setting.differential(name.expression)
        if name.expression.cols == 1:
            found = as_product(self.setting, found)
        equation = Equation(name.symbol, pieces_of(found, self.setting.directions.values(), self.setting.constants))
        self.setting.check_differential(equation.pieces, name.symbol, f"d{name.symbol.name} = ...")
        return found, equation

    def _change_of_value(self, value: Definition, slope: Definition) -> tuple[Expression, Equation]:
        """The change of the value, df = ⟨∇f, dx⟩."""
        direction = self.setting.direction
        equation = Equation(value.symbol, (Inner(ONE, slope.symbol, direction),))
        self.setting.check_differential(equation.pieces, value.symbol, f"d{value.symbol.name} = ...")
        turned = algebra.transpose(slope.symbol)
        return invariants.trace(algebra.matmul(turned, direction)), equation


def inner_chain(
    setting: Setting, expression: Expression, gradient: Expression, level: str
) -> tuple[tuple[Line, ...], Expression]:
    """From the differential of a number to ⟨gradient, dx⟩, and the gradient as it is read off.

    The function and its gradient are in names.
    """
    chain = Chain(setting, expression, level)
    pieces: Sequence[Piece] = pieces_of(
        setting.differential(expression), setting.directions.values(), setting.constants
    )
    chain.add(pieces, rules_of(setting, expression))
    moved: dict[Expression, Expression] = {}
    while pieces:
        moved, rules, bare = _moved(setting, pieces)
        names = chain.pending(moved)
        merged = level != "full" and bool(names) and len(moved) == 1 and _TRIVIAL.issuperset(rules)
        if not bare and not merged:
            chain.add([_piece(setting, d, u) for d, u in moved.items()], rules)
        if not names:
            break
        pieces, equations = _put_in(chain, moved, names)
        chain.add(pieces, [*rules, *equations] if merged else equations)
    if setting.direction not in moved:
        # everything has cancelled
        return tuple(chain.lines), algebra.zero(*gradient.shape)
    own = moved[setting.direction]
    shortest = gradient if setting.kind or length(gradient) <= length(own) else own
    chain.conclude((Inner(ONE, shortest, setting.direction),), [_BY_KIND[setting.kind]])
    return tuple(chain.lines), shortest


def with_value(
    setting: Setting, expression: Expression, lines: Sequence[Line], derivative: Expression, level: str
) -> tuple[Line, ...]:
    """The lines to a first derivative, and one in which the value of the function stands in it by name."""
    chain = Chain(setting, expression, level)
    chain.lines = list(lines)
    direction = setting.direction
    if expression.is_scalar and not direction.is_scalar:
        chain.add([Inner(ONE, derivative, direction)], ["value"])
    else:
        chain.add(pieces_of(beside(derivative, direction), [direction], setting.constants), ["value"])
    return tuple(chain.lines)


def _moved(setting: Setting, pieces: Iterable[Piece]) -> tuple[dict[Expression, Expression], list[Rule], bool]:
    """The factor of each direction, the rules that were used, and whether nothing was to be done."""
    found: dict[Expression, list[Expression]] = {}
    rules: dict[Rule, None] = {}
    bare = True
    for piece in pieces:
        whole = piece.right if isinstance(piece, Inner) else piece
        for direction, part in by_direction(whole, setting.directions.values()).items():
            mover = Mover(direction)
            u = algebra.matmul(piece.front, piece.left) if isinstance(piece, Inner) else ONE
            found.setdefault(direction, []).append(mover.moved(u, part))
            rules.update(dict.fromkeys(mover.rules))
            bare = bare and (part is direction or direction.is_scalar) and len(found[direction]) == 1
    if any(len(terms) > 1 for terms in found.values()):
        rules["collect"] = None
    sums = {d: algebra.add(*[_opened(term) for term in terms]) for d, terms in found.items()}
    return {d: neat(rewritten(u, _summed)) for d, u in sums.items()}, list(rules), bare


def _summed(node: Expression) -> Any:
    """sᵀ(y/s) = 1ᵀy."""
    if not (isinstance(node, Product) and node.is_scalar and len(node.chain) == 2):
        return node
    first, last = node.chain
    entries = algebra.hadamard(algebra.transpose(first), last)
    return algebra.matmul(algebra.transpose(algebra.ones(last.rows)), entries) if length(entries) < 2 else node


def _opened(u: Expression) -> Any:
    """A product with a sum in it, term by term where that is shorter: (diag(s) − ssᵀ)(y/s) = y − s."""
    front, scalars, links = algebra.split(u)
    place = next((place for place, link in enumerate(links) if isinstance(link, Sum)), None)
    if place is None or len(links) == 1:
        return u
    number = algebra.product(front, scalars, ())
    terms = [algebra.matmul(number, *links[:place], part, *links[place + 1 :]) for part in links[place].parts]
    found = algebra.add(*terms)
    return found if length(found) < length(u) else u


def _piece(setting: Setting, direction: Expression, u: Expression) -> Piece:
    if direction.is_scalar:
        return algebra.matmul(u, direction)  # type: ignore[no-any-return]
    if direction is setting.direction:
        return Inner(ONE, u, direction)
    return Inner(*pulled(u), direction)


def _put_in(
    chain: Chain, moved: dict[Expression, Expression], names: list[Definition]
) -> tuple[list[Piece], list[Rule]]:
    """The pieces in which dz is what it is."""
    setting = chain.setting
    known = {name.direction: chain.differential_of(name) for name in names}
    pieces: list[Piece] = []
    for direction, u in moved.items():
        if direction not in known:
            pieces.append(_piece(setting, direction, u))
            continue
        inside, equation = known[direction]
        if direction.is_scalar:
            pieces.extend(pieces_of(algebra.matmul(u, inside), setting.directions.values(), setting.constants))
            continue
        for part in equation.pieces:
            assert isinstance(part, Expression)
            (front, left), (number, right) = pulled(u), pulled(part)
            if moves(number, setting.directions.values()):
                # a number that moves times what stands still: ⟨u, dq v⟩ = ⟨u, v⟩ dq
                still = algebra.matmul(algebra.transpose(left), right)
                whole = algebra.matmul(front, number, still if still.is_scalar else invariants.trace(still))
                pieces.extend(pieces_of(whole, setting.directions.values(), setting.constants))
            else:
                pieces.append(Inner(algebra.matmul(front, number), left, right))
    return pieces, [equation for _, equation in known.values()]


def beside(matrix: Expression, direction: Expression) -> Any:
    """A matrix times a direction as it is written, so that the matrix can be read off."""
    if algebra.is_zero(matrix):
        return algebra.zero(matrix.rows, direction.cols)
    front, scalars, links = algebra.split(matrix)
    if direction.is_scalar or not links or links[-1].cols == 1 or isinstance(links[0], Identity):
        return algebra.matmul(matrix, direction)
    bases = sorted(base for base, exponent in scalars.items() if exponent)
    data = (front, tuple([scalars[base] for base in bases]))
    return make(Product, matrix.rows, direction.cols, data, (*bases, *links, direction))


def as_product(setting: Setting, whole: Expression) -> Any:
    """A column that is linear in columns as matrices times directions, where it has such a form."""
    if whole.cols != 1 or whole.is_scalar:
        return neat(whole)
    found = []
    parts = by_direction(whole, setting.directions.values())
    for direction in setting.directions.values():
        part = parts.get(direction)
        if part is None:
            continue
        if direction.cols != 1 or direction.is_scalar:
            found.append(part)
            continue
        try:
            found.append(algebra.matmul(neat(coefficient(part, direction)), direction))
        except UnsupportedError:
            found.append(part)
    return algebra.add(*found) if found else whole


def _is_same(pieces: tuple[Piece, ...], others: tuple[Piece, ...]) -> bool:
    """Whether single inner products differ only in where their numbers stand."""
    if len(pieces) != 1 or len(others) != 1:
        return False
    one, other = pieces[0], others[0]
    if isinstance(one, Inner) and isinstance(other, Inner):
        return one.right is other.right and algebra.matmul(one.front, one.left) is algebra.matmul(
            other.front, other.left
        )
    return one is other
