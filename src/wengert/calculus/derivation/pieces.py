"""From the formula of a differential to the terms in which a reader sees it: inner products, traces, numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from wengert.calculus import algebra, invariants
from wengert.calculus.beautify import beautify, length
from wengert.calculus.derivation.lines import Inner, Piece
from wengert.calculus.expression import Expression, Ones, Product, Sum, Symbol, Trace, Transpose, walk
from wengert.calculus.rewriting import rewritten, substituted

__all__ = ["by_direction", "half_of", "neat", "pieces_of", "pulled", "spread", "stated", "terms_of"]

# Common factors are looked for in formulas of at most so many symbols.
_LONGEST: Final = 60
# Brackets are multiplied with each other up to so many terms.
_MOST_OPENED: Final = 64


def by_direction(expression: Expression, directions: Iterable[Expression]) -> dict[Expression, Expression]:
    """The parts of a linear formula that hold one direction each."""
    present = set(walk(expression))
    held = [direction for direction in directions if direction in present]
    if len(held) < 2:
        return dict.fromkeys(held, expression)
    alone: dict[Expression, list[Expression]] = {direction: [] for direction in held}
    mixed: list[Expression] = []
    for term in expression.parts if isinstance(expression, Sum) else (expression,):
        own = set(walk(term)).intersection(held)
        (alone[own.pop()] if len(own) == 1 else mixed).append(term)
    for term in mixed:
        inside = [direction for direction in held if direction in set(walk(term))]
        for direction in inside:
            zeros = {other: algebra.zero(*other.shape) for other in inside if other is not direction}
            alone[direction].append(rewritten(substituted(term, zeros), _settled))
    return {direction: algebra.add(*terms) for direction, terms in alone.items()}


def _settled(node: Expression) -> Any:
    """A sum without terms that are zero."""
    if isinstance(node, Sum):
        return algebra.add(*[term for term in node.parts if not any(map(algebra.is_zero, term.parts))])
    return algebra.zero(*node.shape) if isinstance(node, Product) and any(map(algebra.is_zero, node.parts)) else node


def neat(expression: Expression) -> Any:
    """An expression with common factors collected, unless it is so long that the search for them would take long."""
    return beautify(expression) if length(expression) <= _LONGEST else expression


def terms_of(expression: Expression) -> list[Expression]:
    """The terms of a sum, also of one in a bracket with numbers in front of it.

    Where these are more than can be read, brackets that are multiplied with each other stay.
    """
    found: list[Expression] = []
    waiting = [expression]
    while waiting:
        term = waiting.pop()
        parts = _in_bracket(term)
        if not parts:
            found.append(term)
        elif len(found) + len(waiting) > _MOST_OPENED and not isinstance(term, Sum):
            return list(expression.parts) if isinstance(expression, Sum) else [expression]
        waiting.extend(reversed(parts))
    return found


def _in_bracket(expression: Expression) -> list[Any]:
    """The terms of a sum, or of a number that is a multiple of one."""
    if isinstance(expression, Sum):
        return list(expression.parts)
    coefficient, scalars, chain = algebra.split(expression)
    inside = next((base for base, power in scalars.items() if isinstance(base, Sum) and power == 1), None)
    if inside is None or chain:
        return []
    rest = algebra.product(coefficient, {base: power for base, power in scalars.items() if base is not inside}, ())
    return [algebra.matmul(rest, part) for part in inside.parts]


def pieces_of(
    expression: Expression, directions: Iterable[Expression], constants: Iterable[Expression] = ()
) -> tuple[Piece, ...]:
    """A linear formula as the pieces of a line, numbers as inner products where they are.

    The `constants` do not move: as factors next to a direction they stay with it.
    """
    found: list[Piece] = []
    for direction, part in by_direction(expression, directions).items():
        if expression.is_scalar:
            constant = frozenset(constants)
            found.extend(_as_inner(term, direction, constant) for term in _holding(part, direction))
        else:
            found.append(part)
    return tuple(found)


def _holding(expression: Expression, direction: Expression) -> list[Expression]:
    """Terms of a number, written out as far as the direction stands in sums, like terms together."""
    terms = [part for term in terms_of(expression) for part in _written_out(term, direction)]
    return terms_of(algebra.add(*terms))


def _written_out(term: Expression, direction: Expression) -> list[Expression]:
    """The terms of a number whose form or trace holds the direction in a sum."""
    coefficient, scalars, _ = algebra.split(term)
    base = next((base for base in scalars if direction in set(walk(base))), None)
    if base is None:
        return []
    links = _links(base)
    place = next((place for place, link in enumerate(links) if direction in set(walk(link))), None)
    parts = [] if place is None else _added(links[place])
    if place is None or not parts:
        return [term]
    front = algebra.product(coefficient, {b: power for b, power in scalars.items() if b is not base}, ())
    whole = [algebra.matmul(*links[:place], part, *links[place + 1 :]) for part in parts]
    made = [algebra.matmul(front, invariants.trace(each) if isinstance(base, Trace) else each) for each in whole]
    return [part for each in made for part in _written_out(each, direction)]


def spread(expression: Expression, directions: Iterable[Expression], most: int) -> list[Expression]:
    """The terms of a linear formula, sums of moving terms multiplied out; none where they are more than `most`.

    All sums are, where like terms then leave less to read.
    """
    held = frozenset(directions)
    found, whole = _spread(expression, held, most), _spread(expression, frozenset(walk(expression)), most)
    return whole if whole and (not found or sum(map(length, whole)) < sum(map(length, found))) else found


def _spread(expression: Expression, moving: frozenset[Expression], most: int) -> list[Expression]:
    found: list[Expression] = []
    waiting = [expression]
    while waiting:
        term = waiting.pop()
        parts = _multiplied_out(term, moving)
        if parts:
            waiting.extend(reversed(parts))
        else:
            found.append(term)
        if len(found) + len(waiting) > 2 * most:
            return []
    terms = terms_of(algebra.add(*found))
    return terms if len(terms) <= most else []


def _multiplied_out(term: Expression, moving: frozenset[Expression]) -> list[Any]:
    """The terms of a sum, or of a product with a sum in which something moves."""
    if isinstance(term, Sum):
        return list(term.parts)
    coefficient, scalars, chain = algebra.split(term)
    front = algebra.number(coefficient)
    for base, exponent in scalars.items():
        if exponent == 1 and isinstance(base, Sum) and not moving.isdisjoint(walk(base)):
            rest = [algebra.power(other, e) for other, e in scalars.items() if other is not base]
            return [algebra.matmul(front, *rest, part, *chain) for part in base.parts]
    powers = [algebra.power(base, exponent) for base, exponent in scalars.items()]
    for place, link in enumerate(chain):
        parts = _added(link)
        if parts and not moving.isdisjoint(walk(link)) and term is not link:
            return [algebra.matmul(front, *powers, *chain[:place], part, *chain[place + 1 :]) for part in parts]
    return []


def _links(base: Expression) -> tuple[Expression, ...]:
    """The chain of a form, or under a trace."""
    inner = base.parts[0] if isinstance(base, Trace) else base
    return inner.chain if isinstance(inner, Product) else ()


def _added(link: Expression) -> list[Expression]:
    """The terms of a sum, or of the transpose of one."""
    if isinstance(link, Transpose) and isinstance(link.parts[0], Sum):
        return [algebra.transpose(part) for part in link.parts[0].parts]
    return list(link.parts) if isinstance(link, Sum) else []


def _as_inner(term: Expression, direction: Expression, constants: frozenset[Expression]) -> Piece:
    coefficient, scalars, _ = algebra.split(term)
    base = next((base for base in scalars if direction in set(walk(base))), None)
    if base is None or base is direction:
        return term
    front = algebra.product(coefficient, {b: power for b, power in scalars.items() if b is not base}, ())
    split = _split(base, direction, constants)
    if split is None:
        return term
    number, right = pulled(split[1])
    return Inner(algebra.matmul(front, number), split[0], right)


def pulled(x: Expression) -> tuple[Any, Any]:
    """The numbers in front, and the rest."""
    coefficient, scalars, links = algebra.split(x)
    return algebra.product(coefficient, scalars, ()), algebra.product(algebra.ONE, {}, links)


def _split(
    base: Expression, direction: Expression, constants: frozenset[Expression]
) -> tuple[Expression, Expression] | None:
    """The two sides of a form, the direction on the right."""
    if isinstance(base, Product) and base.chain:
        chain = base.chain
        turned = any(isinstance(link, Transpose) and link.parts[0] is direction for link in chain)
        if turned or direction in set(walk(chain[0])):
            chain = tuple([algebra.transpose(link) for link in reversed(chain)])
        place = next(place for place, link in enumerate(chain) if direction in set(walk(link)))
        cut = len(chain) // 2 if _is_mirrored(chain) else place
        while cut > 1 and constants.issuperset(_leaves(chain[cut - 1])) and not _is_mirrored(chain):
            cut -= 1
        if not 0 < cut <= place:
            return None
        return _transposed(chain[:cut]), algebra.matmul(*chain[cut:])
    if isinstance(base, Trace) and isinstance(base.parts[0], Product) and len(base.parts[0].chain) == 2:
        first, last = base.parts[0].chain
        if direction in set(walk(first)):
            first, last = last, first
        if direction not in set(walk(first)):
            left, right = algebra.transpose(first), last
            if isinstance(right, Transpose) and right.parts[0] is direction:
                left, right = algebra.transpose(left), direction
            return left, right
    return None


def _leaves(link: Expression) -> set[Expression]:
    return {node for node in walk(link) if isinstance(node, Symbol)}


def _is_mirrored(chain: tuple[Expression, ...]) -> bool:
    """Whether the inner links of a form are those of a square."""
    count = len(chain)
    inner = [(chain[place], chain[count - 1 - place]) for place in range(1, count // 2)]
    return count > 3 and count % 2 == 0 and all(one is algebra.transpose(other) for one, other in inner)


def _transposed(chain: tuple[Expression, ...]) -> Any:
    return algebra.transpose(algebra.matmul(*chain))


def half_of(base: Expression) -> Any:
    """The v of vᵀv or of tr(VᵀV)."""
    inner = base.parts[0] if isinstance(base, Trace) else base
    if not isinstance(inner, Product) or not inner.chain or (inner is base and not base.is_scalar):
        return None
    chain, count = inner.chain, len(inner.chain) // 2
    if len(chain) % 2 or any(chain[place] is not algebra.transpose(chain[-1 - place]) for place in range(count)):
        return None
    half = algebra.matmul(*chain[count:])
    return half.parts[0] if isinstance(half, Transpose) else half


def stated(expression: Expression) -> tuple[Piece, ...]:
    """A function with a number as value, its forms and traces as inner products; squares stay norms."""
    found: list[Piece] = []
    for term in terms_of(expression):
        coefficient, scalars, chain = algebra.split(term)
        forms = [base for base, power in scalars.items() if power == 1 and _is_form(base)]
        # sums of entries are read as they are
        if chain or len(forms) != 1 or any(isinstance(node, Ones) for node in forms[0].parts[0].parts):
            found.append(term)
            continue
        (base,) = forms
        links = base.chain if isinstance(base, Product) else base.parts[0].parts
        rest = {other: power for other, power in scalars.items() if other is not base}
        front = algebra.product(coefficient, rest, ())
        left, right = algebra.transpose(links[0]), algebra.matmul(*links[1:])
        if isinstance(right, Transpose) or (isinstance(left, Transpose) and isinstance(base, Product)):
            left, right = algebra.transpose(left), algebra.transpose(right)
        found.append(Inner(front, left, right))
    return tuple(found)


def _is_form(base: Expression) -> bool:
    """Whether it is a form or a trace of two factors, and no square."""
    if half_of(base) is not None:
        return False
    if isinstance(base, Trace):
        inner = base.parts[0]
        return isinstance(inner, Product) and len(inner.chain) == 2 and inner.coefficient == 1 and not inner.scalars
    return isinstance(base, Product) and bool(base.chain)
