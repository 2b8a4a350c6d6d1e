"""How a formula is computed: each node as steps, the parts that nodes share once."""

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
from wengert.calculus.properties import has
from wengert.display.forms import (
    cheapest_splits,
    is_row_of_ones,
    is_special,
    is_sum_of_exponentials,
    magnitude,
    root_of_square,
)
from wengert.display.functions import frechet_step, function_step
from wengert.display.notation import over_a_bar
from wengert.display.products import one_way, unturned
from wengert.display.steps import Factors, Step
from wengert.display.sums import Scalars, Sums
from wengert.errors import UnsupportedError

__all__ = ["Planner"]

# In a formula with more nodes inside one another even matrices that are not formed are planned, from the inside out.
_DEEP: Final = 20
_CONSTANTS: Final = {"π": "np.pi"}


class Planner(Sums):
    """From expressions to steps; formulas that are planned together share theirs."""

    def __init__(self, names: Mapping[str, str], sizes: Mapping[Dim, tuple[str, int]], formed: set[Expression]) -> None:
        super().__init__(formed)
        self.names, self.sizes = names, sizes
        self.known: dict[Expression, Step] = {}

    def plan(self, expression: Expression) -> Step:
        """The step that computes an expression."""
        depths: dict[Expression, int] = {}
        for node in walk(expression):
            depths[node] = 1 + max((depths[part] for part in node.parts), default=0)
        deep = depths[expression] > _DEEP
        for node in depths:
            # inner results first, so that the depth of a formula is no matter; some matrices are never formed
            needed = deep or 1 in node.shape or isinstance(node, (Apply, Hadamard))
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

    def product(self, x: Product) -> Step:
        coefficient, scalars, chain = x.coefficient, x.scalars, x.chain
        if x.is_scalar and chain:
            return self.chain(chain).step
        gram = self.weighted_gram(x)
        if gram is not None:
            return gram
        if chain and all(isinstance(link, Ones) or is_row_of_ones(link) for link in chain):
            return self.filled(x)
        mean, others = self.mean_of_lines(scalars, chain)
        negative = coefficient < 0
        above, below = self.front(magnitude(coefficient), others)
        if negative and above:
            above[0] = self.steps.negative(above[0])
            negative = False
        if chain:
            step = self.steps.scaled(above, below, self.chain(chain).step if mean is None else mean)
        else:
            step = self.steps.quotient(above, below)
        return self.steps.negative(step) if negative else step

    def front(self, size: Coefficient, scalars: Scalars) -> Factors:
        """Scalar factors above and below the bar."""
        above: list[Step] = []
        below: list[Step] = []
        if isinstance(size, Fraction) and size.denominator & (size.denominator - 1):
            size, divisor = over_a_bar(size)
            if divisor != 1:
                below.append(self.steps.number(divisor))
        if size != 1:
            above.append(self.steps.number(size))
        mean, scalars = self.mean(scalars)
        above += mean
        for base, exponent in scalars:
            (above if exponent > 0 else below).append(self.power(base, abs(exponent)))
        return above, below

    def power(self, base: Expression, exponent: Fraction) -> Step:
        """A power of a scalar; roots of squares are norms."""
        inner = base.parts[0] if isinstance(base, Trace) and isinstance(base.parts[0], Product) else base
        half = root_of_square(inner.chain) if isinstance(inner, Product) and inner.chain else None
        if half is not None and (2 * exponent) % 2 == 1 and isinstance(inner, Product) and inner.coefficient == 1:
            norm = self.steps.call("np.linalg.norm", [unturned(self.chain(half).step)], 0)
            return self.steps.power(norm, 2 * exponent)
        return self.steps.power(self.value(base), exponent)

    def inverse(self, x: Inverse) -> Step:
        matrix, transposed = one_way(x.parts[0])
        step = self.steps.call("np.linalg.inv", [self.value(matrix)], 2)
        return self.steps.transpose(step) if transposed else step

    def hadamard(self, x: Hadamard) -> Step:
        above = [self.steps.power(self.value(base), exponent) for base, exponent in x.factors if exponent > 0]
        below = [self.steps.power(self.value(base), -exponent) for base, exponent in x.factors if exponent < 0]
        return self.steps.quotient(above, below)

    def log_determinant(self, matrix: Step) -> Step:
        """The logarithm of a determinant, which is undefined where that is negative, and never overflows."""
        found = self.steps.call("np.linalg.slogdet", [matrix], 0)
        sign, logarithm = [self.steps.make("index", (found,), (place,), 0) for place in ("0", "1")]
        return self.steps.add([self.steps.call("np.log", [sign], 0), logarithm], [False, False])

    def function(self, x: Apply) -> Step:
        inner = x.operand
        axes = _axes(x)
        if x.name in ("log", "logabs") and isinstance(inner, Determinant):
            matrix = inner.parts[0]
            definite = has(matrix, "positive definite")
            if x.name == "log" and not definite:
                return self.log_determinant(self.value(matrix))
            return self.steps.make("logdet", (self.value(matrix),), (definite,))
        if x.name == "log" and isinstance(inner, Product) and is_sum_of_exponentials(inner):
            # the sums of rows, or of columns, neither of which may overflow
            first = inner.chain[0]
            turned = isinstance(first, Transpose)
            step = self.value((first.parts[0] if turned else first).parts[0])
            axis = 0 if turned != (step.kind == "transpose") else 1
            return self.steps.call("special.logsumexp", [unturned(step)], axes, f"axis={axis}")
        if x.name == "exp" and isinstance(inner, Number) and inner.value == 1:
            return self.steps.name("np.e", 0)
        return function_step(self.steps, x.name, self.value(inner), axes)

    def frechet(self, x: Frechet) -> Step:
        return frechet_step(self.steps, x.name, *[self.value(part) for part in x.parts])

    def diagonal_of(self, x: DiagonalOf) -> Step:
        entries = self._entry_products(x.parts[0])
        if entries is None:
            return self.steps.call("np.diag", [self.value(x.parts[0])], 1)
        return self.row_sums(entries)

    def trace(self, x: Trace) -> Step:
        inner = x.parts[0]
        if isinstance(inner, Product) and isinstance(inner.chain[-1], Inverse):
            # what is solved for comes first
            count = len(inner.scalars)
            turned = (*inner.parts[:count], inner.chain[-1], *inner.chain[:-1])
            inner = make(Product, inner.rows, inner.cols, inner.data, turned)
        entries = self._entry_products(inner)
        if entries is None:
            return self.steps.call("np.trace", [unturned(self.value(inner))], 0)
        return self.steps.call("np.sum", [unturned(entries)], 0)

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


def _axes(x: Expression) -> int:
    return (x.rows != 1) + (x.cols != 1)


_RULES: Final[Mapping[type, Callable[[Planner, Any], Step]]] = {
    Symbol: Planner.symbol,
    Number: lambda planner, x: planner.steps.number(x.value),
    NamedNumber: lambda planner, x: planner.steps.name(_CONSTANTS[x.name], 0),
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
