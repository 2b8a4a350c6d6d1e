"""LinearMap: a derivative that is no matrix, as an operator, on vec(dX), by indices, and at numbers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

import numpy as np

from wengert.api.holding import check_held
from wengert.calculus import algebra
from wengert.calculus.dimension import Dim
from wengert.calculus.expression import Expression, Symbol, walk
from wengert.calculus.linear_map import PieceSum, read
from wengert.display.formula_python import compiled
from wengert.display.linear_map import index_text, operator_text, vec_text
from wengert.display.linear_map_python import map_python
from wengert.errors import ArgumentError, CheckError

__all__ = ["LinearMap"]

Order = Literal["C", "F"]
_NOTHING: Final[Mapping[str, Any]] = {}
_AGREEMENT: Final = 1e-7


class LinearMap:
    """A linear map of matrices as a formula: the differential of a function, or the Hessian of a number by a matrix.

    Parameters
    ----------
    expression
        An expression of `wengert.calculus` that is linear in the direction.
    direction
        The symbol of the direction, such as dX.
    variables
        Names in which terms are ordered in print, the highest degree first.
    others
        Further symbols by name, those of the formula that the map comes from: parts of the map are given other names,
        and arrays given for them tell lengths.
    held
        The arrays that stand for symbols where the caller gives none.

    Where the direction is symmetric or diagonal, the map is one of such matrices: the adjoint maps into them, while
    `dense`, `vec` and `operator` act on arrays of all entries.

    Raises
    ------
    ArgumentError
        The expression is not linear in the direction.
    UnsupportedError
        Its brackets, multiplied out, are more than 256 pieces.

    >>> from wengert.calculus import algebra
    >>> from wengert.calculus.dimension import Dim
    >>> n = Dim("n")
    >>> X, dX = algebra.symbol("X", n, n), algebra.symbol("dX", n, n)
    >>> of_inverse = LinearMap(algebra.negative(algebra.matmul(algebra.inverse(X), dX, algebra.inverse(X))), dX)
    >>> print(of_inverse)
    dX ↦ −X⁻¹ dX X⁻¹
    >>> print(of_inverse.vec())
    −X⁻¹ ⊗ X⁻ᵀ,  vec by rows, as numpy.ravel does
    >>> print(of_inverse.index())
    ∂Yᵢⱼ/∂Xₖₗ = −(X⁻¹)ᵢₖ (X⁻¹)ₗⱼ
    >>> print(of_inverse.adjoint())
    G ↦ −X⁻ᵀGX⁻ᵀ
    >>> of_inverse.structure
    'Kronecker product'
    """

    def __init__(
        self,
        expression: Expression,
        direction: Expression,
        variables: Sequence[str] = (),
        others: Mapping[str, Expression] = _NOTHING,
        held: Mapping[str, Any] = _NOTHING,
    ) -> None:
        self.pieces: PieceSum = read(expression, direction)
        assert isinstance(direction, Symbol)
        self.expression, self.direction = expression, direction
        self._variables, self._others, self._held = tuple(variables), others, held

    @property
    def structure(self) -> str:
        """Words for what the map is as a whole: "Kronecker product", "Sylvester", "rank one plus diagonal"."""
        return str(self.pieces.structure)

    @property
    def _symbols(self) -> dict[str, Symbol]:
        listed = [self.direction, *walk(self.expression)]
        return {node.name: node for node in listed if isinstance(node, Symbol)}

    @property
    def _names(self) -> frozenset[str]:
        return frozenset(self._others) | self._symbols.keys()

    def __str__(self) -> str:
        return operator_text(self.expression, self.direction, self._variables, self._names)

    __repr__ = __str__

    def latex(self) -> str:
        """The map in LaTeX, without the dollars around it."""
        return operator_text(self.expression, self.direction, self._variables, self._names, latex=True)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def vec(self, order: Order = "C", latex: bool = False) -> str:
        """As text, the matrix of the map on the vector of the entries, its ordering stated.

        Rows one after another as `numpy.ravel` (order "C"), in which vec(L dX R) = (L ⊗ Rᵀ) vec(dX), or columns one
        after another (order "F"), in which it is (Rᵀ ⊗ L) vec(dX).

        Raises
        ------
        UnsupportedError
            The derivative of a function of matrices is in it, which is no Kronecker product.
        """
        return vec_text(self.pieces, _checked(order), self._names, latex)

    def index(self, latex: bool = False) -> str:
        """The entries of the derivative as text: i and j of the result by k and l of the variable.

        Raises
        ------
        UnsupportedError
            There are other pieces than L dX R, P ∘ (L dX R) and ⟨S, dX⟩ T.
        """
        return index_text(self.pieces, self.direction, self._names, latex)

    def adjoint(self, name: str = "") -> LinearMap:
        """The map of a matrix G of the result's shape with ⟨G, map(dX)⟩ = ⟨adjoint(G), dX⟩.

        Parameters
        ----------
        name
            The name of its variable, by default a letter that is free.
        """
        if name and name in self._names:
            raise ArgumentError(f"linear map: {name} is the name of another array of the map; choose a free name")
        letters = (name,) if name else ("G", "H", "W", "Y", "Z", "Gamma", "adjoint_variable")
        free = next(letter for letter in letters if letter not in self._names)
        other = algebra.symbol(free, *self.pieces.target)
        return LinearMap(self.pieces.adjoint().applied(other), other, self._variables, self._others, self._held)

    def dense(
        self, values: Mapping[str, Any] = _NOTHING, sizes: Mapping[Dim, int] | None = None, order: Order | None = None
    ) -> Any:
        """The derivative as an array of float64: of the result's axes, then the variable's.

        Parameters
        ----------
        values
            Arrays by the names of the symbols, beside those that the map holds.
        sizes
            What the lengths of axes are; by default as the arrays have them.
        order
            With "C" or "F" the matrix on the vector of the variable's entries, by rows or by columns.

        Raises
        ------
        ArgumentError
            An array is missing, or a length is not known from the arrays.
        """
        found = self.pieces.dense(*self._numbers(values, sizes))
        if order is None:
            return found
        return _as_matrix(found, self._axes(), _checked(order))

    def python(self, arguments: Sequence[Expression] = (), name: str = "derivative") -> str:
        """The source of a NumPy function that computes the dense array; it runs without Wengert.

        Parameters
        ----------
        arguments
            The symbols of its parameters, by default those of the formula that the map comes from, or else of the map
            in alphabetical order; columns are arrays of one axis. Needed where a length is that of an array which does
            not occur in the map.
        name
            Of the function.

        Raises
        ------
        UnsupportedError
            The derivative of a function of matrices is in the map, or a length comes from no argument.
        """
        own = [one for one in arguments if isinstance(one, Symbol)] or self._parameters()
        return map_python(self.pieces, own, name)

    def _parameters(self) -> list[Symbol]:
        """The symbols of the formula that the map comes from, in their order, or its own."""
        listed = self._others.values() if self._others else [self._symbols[name] for name in sorted(self._symbols)]
        # the formula's directions are none of its arrays
        directions = {f"d{name}" for name in self._variables} | {self.direction.name}
        return [one for one in listed if isinstance(one, Symbol) and one.name not in directions]

    def compile(self) -> Callable[..., Any]:
        """The dense array as a fast NumPy function of the arrays that the map does not hold; nothing is traced.

        The first array that it computes is compared with the map in a random direction.

        Raises
        ------
        UnsupportedError
            The derivative of a function of matrices is in the map, or a length comes from no array.
        CheckError
            The first call: the code and the map disagree.

        >>> import numpy as np
        >>> import wengert as wg
        >>> V = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]])
        >>> form = wg.derive(lambda U: np.sum((U @ V.T) ** 2), np.ones((4, 2)))
        >>> hessian = form.hessian.linear_map().compile()
        >>> hessian(np.ones((4, 2))).shape
        (4, 2, 4, 2)
        """
        symbols = self._parameters()
        plain = compiled(self.python(symbols))
        names = tuple([symbol.name for symbol in symbols if symbol.name not in self._held])
        held = {symbol.name: self._held[symbol.name] for symbol in symbols if symbol.name in self._held}
        check_held(held, {symbol.name: symbol for symbol in symbols}, "linear map")
        columns = {symbol.name for symbol in symbols if symbol.is_vector}
        signature = inspect.Signature([inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in names])
        checked = False

        def dense(*args: Any, **named: Any) -> Any:
            nonlocal checked
            try:
                given = signature.bind(*args, **named).arguments
            except TypeError as error:
                raise ArgumentError(f"the linear map is a function of {', '.join(names)}: {error}") from None
            values = {**given, **held}
            found = plain(
                *[np.reshape(values[s.name], -1) if s.name in columns else values[s.name] for s in symbols]
            )  # fmt: skip
            if not checked:
                self._check(found, values)
                checked = True
            return found

        dense.__signature__ = signature  # type: ignore[attr-defined]
        dense.__doc__ = f"The dense array of {self}."
        return dense

    def _check(self, dense: Any, values: Mapping[str, Any]) -> None:
        """Compare the dense array with the operator in a random direction."""
        operator = self.operator(values)
        direction = np.random.default_rng(0).standard_normal(operator.shape[1])
        with np.errstate(all="ignore"):
            expected = operator.matvec(direction)
            found = np.reshape(dense, operator.shape) @ direction
        error = np.max(np.abs(found - expected), initial=0.0)
        if not error <= _AGREEMENT * max(float(np.max(np.abs(expected), initial=0.0)), 1e-300):
            raise CheckError(f"linear map: the code of the dense array differs from {self} by {error:.1e}")

    def _axes(self) -> int:
        """How many axes the result has."""
        rows, cols = self.pieces.target
        return 2 if cols != 1 else int(rows != 1)

    def operator(
        self, values: Mapping[str, Any] = _NOTHING, sizes: Mapping[Dim, int] | None = None, order: Order = "C"
    ) -> Any:
        """The map at numbers as a `scipy.sparse.linalg.LinearOperator`, which never forms its matrix.

        It has `matvec` and `rmatvec` on vectors in the stated order, `dense()`, `structure`, and `solve(rhs)` that uses
        the structure: `method` says how.

        Raises
        ------
        ArgumentError
            An array is missing, or a length is not known from the arrays.

        >>> import numpy as np
        >>> from wengert.calculus import algebra
        >>> from wengert.calculus.dimension import Dim
        >>> m, k = Dim("m"), Dim("k")
        >>> V, dU = algebra.symbol("V", m, k), algebra.symbol("dU", m, k)
        >>> hessian = LinearMap(algebra.matmul(algebra.number(2), dU, algebra.transpose(V), V), dU)
        >>> operator = hessian.operator({"V": np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]])})
        >>> operator.method
        'an LU factorisation of 2 × 2'
        >>> np.allclose(operator.matvec(operator.solve(np.arange(6.0))), np.arange(6.0))
        True
        """
        return self.pieces.operator(*self._numbers(values, sizes), _checked(order))

    def _numbers(
        self, given: Mapping[str, Any], sizes: Mapping[Dim, int] | None
    ) -> tuple[dict[str, Any], dict[Dim, int]]:
        """The arrays of the map and the lengths of their axes."""
        if not isinstance(given, Mapping):
            raise ArgumentError(f"linear map: values is a dict from names to arrays; received a {type(given).__name__}")
        values = {**self._held, **given}
        known = {**self._others, **self._symbols}
        check_held({name: value for name, value in self._held.items() if name not in given}, known, "linear map")
        missing = [name for name, node in self._symbols.items() if node is not self.direction and name not in values]
        if missing:
            raise ArgumentError(f"linear map: values has no array for {', '.join(sorted(missing))}")
        return values, self._sizes({name: known[name] for name in values if name in known}, values, sizes)

    def _sizes(
        self, symbols: Mapping[str, Expression], values: Mapping[str, Any], sizes: Mapping[Dim, int] | None
    ) -> dict[Dim, int]:
        found = dict(sizes or {})
        for name, symbol in symbols.items():
            own = (*np.shape(values[name]), 1, 1)[:2]
            for dim, length in zip(symbol.shape, own, strict=True):
                if isinstance(dim, Dim) and found.setdefault(dim, length) != length:
                    raise ArgumentError(f"linear map: {name} has {length} entries along {dim}, which is {found[dim]}")
        unknown = {node for one in walk(self.expression) for node in one.shape if isinstance(node, Dim)}
        unknown |= {dim for dim in (*self.pieces.source, *self.pieces.target) if isinstance(dim, Dim)}
        lacking = sorted(dim.name for dim in unknown - found.keys())
        if lacking:
            raise ArgumentError(
                f"linear map: no array has the length {', '.join(lacking)}; give the array of the variable in values, "
                f"or the length in sizes"
            )
        return found


def _checked(order: str) -> Order:
    if order not in ("C", "F"):
        raise ArgumentError(f"linear map: order is 'C', by rows, or 'F', by columns; received {order!r}")
    return order  # type: ignore[return-value]


def _as_matrix(array: Any, above: int, order: Order) -> Any:
    """The matrix on vectors of an array whose first axes are the result's."""
    shape = np.shape(array)
    if order == "C":
        return np.reshape(array, (int(np.prod(shape[:above])), -1))
    turned = np.transpose(array, (*range(above)[::-1], *range(above, len(shape))[::-1]))
    return np.reshape(turned, (int(np.prod(shape[:above])), -1))
