"""How a formula is computed: the order of matrix products, what is solved for, what is never formed.

Vectors go through chains of matrices before matrices meet. Inverses that multiply something are solved with. Diagonal
matrices scale rows and columns. Sums are applied term by term to vectors, and to matrices where their terms are
diagonal or of rank one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from wengert.calculus.dimension import Dim, Length
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
from wengert.calculus.properties import has, is_nonnegative
from wengert.display.forms import (
    cheapest_splits,
    is_negative,
    is_row_of_ones,
    is_special,
    is_thin,
    magnitude,
    positive,
    reversed_product,
    root_of_square,
    split,
    turns,
)
from wengert.display.functions import frechet_step, function_step
from wengert.display.steps import Step, Steps, Value
from wengert.errors import UnsupportedError

__all__ = ["Planner"]

# In a formula of more nodes even matrices that are not formed are planned, which keeps the planning flat.
_DEEP: Final = 200
Factors = tuple[list[Step], list[Step]]


class Planner:
    """From expressions to steps; formulas that are planned together share theirs."""

    def __init__(self, names: Mapping[str, str], sizes: Mapping[Dim, tuple[str, int]], formed: set[Expression]) -> None:
        self.names, self.sizes = names, sizes
        # sums that are there as a whole anyway
        self.formed = formed
        self.steps = Steps()
        self.known: dict[Expression, Step] = {}

    def plan(self, expression: Expression) -> Step:
        """The step that computes an expression."""
        nodes = list(walk(expression))
        for node in nodes:
            # inner results first, so that the depth of a formula is no matter; some matrices are never formed
            needed = 1 in node.shape or isinstance(node, (Apply, Hadamard)) or len(nodes) > _DEEP
            if needed and not isinstance(node, (Ones, Zero, Identity)):
                self.value(node)
        return self.value(expression)

    def value(self, x: Expression) -> Step:
        """The array of a node: of no axis for a number, one for a row or a column, two for a matrix."""
        if x not in self.known:
            rule = _RULES.get(type(x))
            if rule is None:
                raise UnsupportedError(f"{type(x).__name__} has no NumPy code: this formula can only be printed")
            self.known[x] = rule(self, x)
        return self.known[x]

    def valued(self, x: Expression) -> Value:
        return Value(self.value(x), x.rows, x.cols)

    def length(self, length: Length) -> Step:
        """A number of entries, from the shape of an argument."""
        if isinstance(length, int):
            return self.steps.number(length)
        found = self.sizes.get(length)
        if found is None:
            raise UnsupportedError(f"the length {length} is that of no argument: give all arrays as arguments")
        return self.steps.make("length", (), found)

    def symbol(self, x: Symbol) -> Step:
        if x.name not in self.names:
            raise UnsupportedError(f"{x.name} stands in the formula, but not among the arguments of its code")
        return self.steps.name(self.names[x.name], _axes(x))

    def zero(self, x: Zero) -> Step:
        lengths = [self.length(length) for length in x.shape if length != 1]
        shape = lengths if len(lengths) == 1 else [self.steps.make("tuple", lengths)]
        return self.steps.call("np.zeros", shape, len(lengths))

    def sum(self, x: Sum) -> Step:
        parts = sorted(x.parts, key=_bulk)
        spread = [self._spread(term) for term in parts]
        full = [step is None for step in spread]
        if not any(full) and not ({step.axes for step in spread if step} >= {x.rows != 1 and x.cols != 1, 2}):
            # something has to have all the axes
            full[0] = True
        terms, subtracted = [], []
        for term, short, whole in zip(parts, spread, full, strict=True):
            step = self.value(positive(term)) if whole or short is None else short
            terms.append(step)
            subtracted.append(is_negative(term))
        return self.steps.add(terms, subtracted)

    def _spread(self, term: Expression) -> Step | None:
        """A term without its ones, as broadcasting has it; None for a term that is no such."""
        coefficient, scalars, chain = split(term)
        kept = [link for link in chain if not isinstance(link, Ones) and not is_row_of_ones(link)]
        if term.is_scalar or len(kept) == len(chain) or len(kept) > 1:
            return None
        above, below = self.front(magnitude(coefficient), scalars)
        if not kept:
            return self.steps.quotient(above, below)
        if kept[0].rows != 1 and kept[0].cols != 1:
            return None
        scaled = self.steps.scaled(above, below, self.value(kept[0]))
        return self.steps.column(scaled) if kept[0].cols == 1 else scaled

    def product(self, x: Product) -> Step:
        coefficient, scalars, chain = x.coefficient, x.scalars, x.chain
        if x.is_scalar and chain:
            return self.chain(chain).step
        negative = coefficient < 0
        above, below = self.front(magnitude(coefficient), scalars)
        if negative and above:
            above[0] = self.steps.negative(above[0])
            negative = False
        if chain:
            step = self.steps.scaled(above, below, self.chain(chain).step)
        else:
            step = self.steps.quotient(above, below)
        return self.steps.negative(step) if negative else step

    def front(self, size: Coefficient, scalars: Sequence[tuple[Expression, Fraction]]) -> Factors:
        """Scalar factors above and below the bar."""
        above: list[Step] = []
        below: list[Step] = []
        if isinstance(size, Fraction) and size.denominator & (size.denominator - 1):
            below.append(self.steps.number(size.denominator))
            size = Fraction(size.numerator)
        if size != 1:
            above.append(self.steps.number(size))
        for base, exponent in scalars:
            (above if exponent > 0 else below).append(self.power(base, abs(exponent)))
        return above, below

    def power(self, base: Expression, exponent: Fraction) -> Step:
        """A power of a scalar; roots of squares are norms."""
        inner = base.parts[0] if isinstance(base, Trace) and isinstance(base.parts[0], Product) else base
        half = root_of_square(inner.chain) if isinstance(inner, Product) and inner.chain else None
        if half is not None and (2 * exponent) % 2 == 1 and isinstance(inner, Product) and inner.coefficient == 1:
            norm = self.steps.call("np.linalg.norm", [_unturned(self.chain(half).step)], 0)
            return self.steps.power(norm, 2 * exponent)
        return self.steps.power(self.value(base), exponent)

    def chain(self, links: Sequence[Expression]) -> Value:
        """The product of matrices in the cheapest order."""
        if len(links) == 1:
            return self.valued(links[0])
        gram = self._gram(links)
        if gram is not None:
            return gram
        splits = cheapest_splits(links)

        def built(first: int, last: int) -> Value:
            if first == last:
                return self.valued(links[first])
            cut = splits[first, last]
            left, right = links[first], links[last]
            own = is_special(right) or (self._is_spread(right) and (left.rows == 1 or is_thin(right)))
            if cut == first and (last != cut + 1 or not own or is_special(left)):
                return self.apply(left, False, built(first + 1, last))
            if cut == last - 1 and own:
                return self.turned(self.apply(right, True, self.turned(built(first, last - 1))))
            return self.steps.product(built(first, cut), built(cut + 1, last))

        return built(0, len(links) - 1)

    def _is_spread(self, link: Expression) -> bool:
        """Whether a link is a sum that may be applied term by term."""
        return isinstance(link, Sum) and 1 not in link.shape and link not in self.formed

    def turned(self, x: Value) -> Value:
        return Value(self.steps.transpose(x.step), x.cols, x.rows)

    def _gram(self, links: Sequence[Expression]) -> Value | None:
        """RᵀR and RᵀMR with a diagonal M, or one of low rank beside it, each symmetric as computed."""
        count = len(links) // 2
        if links[0].rows == 1 or any(links[place].cols == 1 for place in range(count)):
            return None
        even = len(links) % 2 == 0
        half = root_of_square([*links[:count], *links[len(links) - count :]])
        middle = None if even else links[count]
        if half is None or not (even or isinstance(middle, Diagonal) or (isinstance(middle, Sum) and is_thin(middle))):
            return None
        if isinstance(middle, Sum):
            return self._terms(middle, lambda chain: self.chain(_without_identity(links, count, chain)))
        root = self.chain(half)
        right = left = root.step
        if middle is not None:
            weights = self.value(middle.parts[0])
            if is_nonnegative(middle.parts[0]):
                # one factor twice: a symmetric product is half the work
                weights = self.steps.call("np.sqrt", [weights], 1)
                right = self.steps.make("multiply", (right, self.steps.column(weights)), (), 2)
                left = right
            else:
                left = self.steps.make("multiply", (left, self.steps.column(weights)), (), 2)
        step = self.steps.make("matmul", (self.steps.transpose(left), right), (), 2)
        return Value(step, root.cols, root.cols)

    def _terms(self, x: Sum, each: Callable[[Sequence[Expression]], Value]) -> Value:
        """A sum whose terms' chains go through something one by one."""
        values = []
        for term in x.parts:
            coefficient, scalars, chain = split(term)
            value = each(chain)
            above, below = self.front(magnitude(coefficient), scalars)
            values.append(Value(self.steps.scaled(above, below, value.step), value.rows, value.cols))
        step = self.steps.add([value.step for value in values], [is_negative(term) for term in x.parts])
        return Value(step, values[0].rows, values[0].cols)

    def apply(self, link: Expression, transposed: bool, x: Value) -> Value:
        """A matrix, or its transpose, times what is computed already."""
        rows = link.cols if transposed else link.rows
        if isinstance(link, Transpose):
            return self.apply(link.parts[0], not transposed, x)
        if isinstance(link, Identity):
            return x
        if isinstance(link, Diagonal):
            scale = self.value(link.parts[0])
            if x.step.axes == 2:
                return Value(self._rows_scaled(scale, x.step), rows, x.cols)
            return Value(self.steps.multiply([scale, x.step]), rows, 1)
        if isinstance(link, Inverse):
            return Value(self._solved(link.parts[0], transposed, x.step), rows, x.cols)
        if isinstance(link, Ones) and transposed and x.rows != 1:
            return Value(self._row_sums(self.steps.transpose(x.step)), 1, x.cols)
        if isinstance(link, Sum) and self._is_spread(link) and (x.step.axes < 2 or is_thin(link)):
            return self._terms(link, lambda chain: self._through(chain, transposed, x))
        value = self.valued(link)
        return self.steps.product(self.turned(value) if transposed else value, x)

    def _rows_scaled(self, scale: Step, step: Step) -> Step:
        if step.kind == "transpose":
            return self.steps.transpose(self.steps.make("multiply", (step.parts[0], scale), (), 2))
        return self.steps.make("multiply", (step, self.steps.column(scale)), (), 2)

    def _row_sums(self, step: Step) -> Step:
        """The sums of the rows of a matrix, or of a row."""
        if step.axes == 1:
            return self.steps.call("np.sum", [step], 0)
        axis = "axis=0" if step.kind == "transpose" else "axis=1"
        return self.steps.call("np.sum", [_unturned(step)], 1, axis)

    def _through(self, chain: Sequence[Expression], transposed: bool, x: Value) -> Value:
        """A chain, or its transpose, applied link by link."""
        for link in chain if transposed else reversed(chain):
            x = self.apply(link, transposed, x)
        return x

    def _solved(self, matrix: Expression, transposed: bool, right: Step) -> Step:
        while isinstance(matrix, Transpose):
            matrix, transposed = matrix.parts[0], not transposed
        other = reversed_product(matrix)
        if other is not None and turns(other) < turns(matrix):
            # (XᵀAᵀX)⁻¹ is (XᵀAX)⁻¹ transposed: one factorisation for both
            matrix, transposed = other, not transposed
        definite = has(matrix, "positive definite")
        data = (transposed and not has(matrix, "symmetric"), definite)
        return self.steps.make("solve", (self.value(matrix), right), data, right.axes)

    def inverse(self, x: Inverse) -> Step:
        inner = x.parts[0]
        if isinstance(inner, Transpose):
            inner = inner.parts[0]
            return self.steps.transpose(self.steps.call("np.linalg.inv", [self.value(inner)], 2))
        return self.steps.call("np.linalg.inv", [self.value(inner)], 2)

    def hadamard(self, x: Hadamard) -> Step:
        above = [self.steps.power(self.value(base), exponent) for base, exponent in x.factors if exponent > 0]
        below = [self.steps.power(self.value(base), -exponent) for base, exponent in x.factors if exponent < 0]
        return self.steps.quotient(above, below)

    def function(self, x: Apply) -> Step:
        inner = x.operand
        axes = _axes(x)
        if x.name in ("log", "logabs") and isinstance(inner, Determinant):
            matrix = inner.parts[0]
            return self.steps.make("logdet", (self.value(matrix),), (has(matrix, "positive definite"),))
        return function_step(self.steps, x.name, self.value(inner), axes)

    def frechet(self, x: Frechet) -> Step:
        return frechet_step(self.steps, x.name, *[self.value(part) for part in x.parts])

    def diagonal_of(self, x: DiagonalOf) -> Step:
        entries = self._entry_products(x.parts[0])
        if entries is None:
            return self.steps.call("np.diag", [self.value(x.parts[0])], 1)
        return self._row_sums(entries)

    def trace(self, x: Trace) -> Step:
        inner = x.parts[0]
        if isinstance(inner, Product) and isinstance(inner.chain[-1], Inverse):
            # what is solved for comes first
            count = len(inner.scalars)
            turned = (*inner.parts[:count], inner.chain[-1], *inner.chain[:-1])
            inner = make(Product, inner.rows, inner.cols, inner.data, turned)
        entries = self._entry_products(inner)
        if entries is None:
            return self.steps.call("np.trace", [_unturned(self.value(inner))], 0)
        return self.steps.call("np.sum", [_unturned(entries)], 0)

    def _entry_products(self, x: Expression) -> Step | None:
        """P ∘ Qᵀ of a product PQ: its diagonal needs no more."""
        if not isinstance(x, Product) or len(x.chain) < 2 or x.scalars or x.coefficient != 1:
            return None
        chain = x.chain
        if any(link.cols == 1 for link in chain) or sum(not is_special(link) for link in chain) < 2:
            return None
        half = root_of_square(chain)
        if half is not None:
            # the columns of the root by themselves
            return self.steps.power(self.steps.transpose(self.chain(half).step), Fraction(2))
        last = len(chain) - 1
        cuts = [1 + cheapest_splits(chain)[0, last], *range(1, last + 1)]
        # a solve stays with what it solves for
        cut = next(at for at in cuts if not _lonely(chain[:at]) and not _lonely(chain[at:]))
        left, right = self.chain(chain[:cut]).step, self.steps.transpose(self.chain(chain[cut:]).step)
        return self.steps.power(left, Fraction(2)) if left is right else self.steps.multiply([left, right])


def _lonely(chain: Sequence[Expression]) -> bool:
    return all(map(is_special, chain))


def _unturned(step: Step) -> Step:
    return step.parts[0] if step.kind == "transpose" else step


def _axes(x: Expression) -> int:
    return (x.rows != 1) + (x.cols != 1)


def _bulk(term: Expression) -> tuple[int, bool]:
    """Long products first, then matrices before what is spread over them, numbers last."""
    _, scalars, chain = split(term)
    kept = [link for link in chain if not isinstance(link, (Ones, Number)) and not is_row_of_ones(link)]
    inner = max((len(base.parts) for base, _ in scalars), default=0) if term.is_scalar else 0
    return -len(kept) - inner, len(kept) < len(chain)


def _without_identity(links: Sequence[Expression], place: int, chain: Sequence[Expression]) -> list[Expression]:
    """Links with a chain in the place of one of them."""
    return [*links[:place], *[link for link in chain if not isinstance(link, Identity)], *links[place + 1 :]]


_RULES: Final[Mapping[type, Callable[[Planner, Any], Step]]] = {
    Symbol: Planner.symbol,
    Number: lambda planner, x: planner.steps.number(x.value),
    Size: lambda planner, x: planner.length(x.dim),
    Identity: lambda planner, x: planner.steps.call("np.eye", [planner.length(x.rows)], 2),
    Ones: lambda planner, x: planner.steps.call("np.ones", [planner.length(x.rows)], 1),
    Zero: Planner.zero,
    Sum: Planner.sum,
    Product: Planner.product,
    Hadamard: Planner.hadamard,
    Transpose: lambda planner, x: planner.steps.transpose(planner.value(x.parts[0])),
    Inverse: Planner.inverse,
    Apply: Planner.function,
    Frechet: Planner.frechet,
    Trace: Planner.trace,
    Diagonal: lambda planner, x: planner.steps.call("np.diag", [planner.value(x.parts[0])], 2),
    DiagonalOf: Planner.diagonal_of,
    Determinant: lambda planner, x: planner.steps.call("np.linalg.det", [planner.value(x.parts[0])], 0),
}
