"""Functions of matrices as wholes, with differentials in terms of one another.

They stand for compositions of decompositions, whose own differentials are no formulas. They are in no registry: a
formula is evaluated with them, so that its derivative holds nothing that cannot be read back as a formula.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import scipy

from wengert.errors import UnsupportedError
from wengert.graph import Primitive
from wengert.primitives.reductions import sum_along
from wengert.primitives.shaping import swap_last

__all__ = ["OPERATORS", "frechet"]

OPERATORS: Final[dict[str, Callable[[Any], Any]]] = {}
"""Functions of one matrix of two axes, by the name that they have in expressions."""


def _number(name: str, value: Callable[[Any], Any], gradient: Callable[[Any, Any], Any]) -> None:
    """A number that a matrix has, with its gradient from the number and the matrix."""
    primitive = Primitive(f"whole_{name}", signature="(m,n)->()", register=False)
    primitive.evaluate(lambda xp, x: value(x))

    @primitive.differential
    def differential(out: Any, x: Any) -> Any:
        slope = gradient(out, x)
        return (lambda dx: sum_along(slope * dx, axis=(0, 1), keepdims=False),)

    OPERATORS[name] = primitive


def _flat(name: str, value: Callable[[Any], Any]) -> Primitive:
    """An array that is constant almost everywhere."""
    primitive = Primitive(f"whole_{name}", signature="(m,n)->(m,n)", register=False, differentiable=False)
    primitive.evaluate(lambda xp, x: value(x))
    OPERATORS[name] = primitive
    return primitive


def _last(name: str, signature: str, value: Callable[[Any], Any]) -> Primitive:
    """A matrix whose own derivative has no formula here."""
    primitive = Primitive(f"whole_{name}", signature=signature, register=False)
    primitive.evaluate(lambda xp, x: value(x))

    @primitive.differential
    def differential(out: Any, x: Any) -> Any:
        raise UnsupportedError(
            f"the derivative of {name.replace('_', ' ')} has no closed form here; wengert.jvp and wengert.hvp give it "
            f"as numbers"
        )

    OPERATORS[name] = primitive
    return primitive


def _thin(x: Any) -> Any:
    return np.linalg.svd(x, full_matrices=False)


def _leading_pair(x: Any) -> Any:
    left, _, right = _thin(x)
    return np.outer(left[:, 0], right[0])


def _polar(x: Any) -> Any:
    left, _, right = _thin(x)
    return left @ right


def _projector(place: int) -> Callable[[Any], Any]:
    def value(x: Any) -> Any:
        vectors = np.linalg.eigh(x)[1]
        return np.outer(vectors[:, place], vectors[:, place])

    return value


def _one_at_largest(x: Any) -> Any:
    found = np.zeros(x.shape)
    found[np.unravel_index(np.argmax(x), x.shape)] = 1.0
    return found


def _one_in_each_row(x: Any) -> Any:
    return np.eye(x.shape[1])[np.argmax(x, axis=1)]


def _change_of_polar(x: Any, e: Any) -> Any:
    """The derivative of the polar factor UVᵀ of X = U diag(s) Vᵀ at X, in the direction E."""
    u, s, vt = _thin(x)
    inner = u.T @ e @ vt.T
    turned = (inner - inner.T) / (s[:, None] + s)
    return u @ turned @ vt + ((e @ vt.T - u @ inner) / s) @ vt + (u / s) @ (u.T @ e - inner @ vt)


frechet = Primitive(
    "frechet",
    signature="(m,n),(m,n)->(m,n)",
    params=("kind",),
    register=False,
    cite="Higham, Functions of Matrices (2008), section 3.2, (3.16) and, for the polar factor, section 8.2",
)
"""The derivative of a function of matrices at the first operand, in the direction of the second."""


@frechet.evaluate
def _frechet_value(xp: Any, x: Any, e: Any, *, kind: str) -> Any:
    if kind == "polar":
        return _change_of_polar(x, e)
    n = len(x)
    # f([[X, E], [0, X]]) has f(X) twice on its diagonal, and the derivative above it
    whole = getattr(scipy.linalg, kind)(np.block([[x, e], [np.zeros((n, n)), x]]))
    return np.real_if_close(whole)[:n, n:]


@frechet.differential
def _d_frechet(out: Any, x: Any, e: Any, *, kind: str) -> Any:
    def in_matrix(dx: Any) -> Any:
        raise UnsupportedError(
            f"the second derivative of {kind} of a matrix has no closed form here; wengert.jvp and wengert.hvp give it "
            f"as numbers"
        )

    return in_matrix, lambda de: frechet(x, de, kind=kind)


@frechet.transpose(1)
def _frechet_adjoint(g: Any, x: Any, e: Any, *, kind: str) -> Any:
    # the polar factor is the gradient of a norm, and what a Hessian does to a direction is its own adjoint
    return frechet(x if kind == "polar" else swap_last(x), g, kind=kind)


_unitary = Primitive("whole_polar", signature="(m,n)->(m,n)", register=False)
_unitary.evaluate(lambda xp, x: _polar(x))
_unitary.differential(lambda out, x: (lambda dx: frechet(x, dx, kind="polar"),))
OPERATORS["polar"] = _unitary

_pair = _last("leading_pair", "(m,n)->(m,n)", _leading_pair)
_upper = _last("leading_projector", "(n,n)->(n,n)", _projector(-1))
_lower = _last("trailing_projector", "(n,n)->(n,n)", _projector(0))
_chosen = _flat("argmax", _one_at_largest)
_chosen_in_rows = _flat("argmax_rows", _one_in_each_row)

_number("spectral_norm", lambda x: np.linalg.norm(x, 2), lambda out, x: _pair(x))
_number("nuclear_norm", lambda x: np.linalg.norm(x, "nuc"), lambda out, x: _unitary(x))
_number("largest_eigenvalue", lambda x: np.linalg.eigvalsh(x)[-1], lambda out, x: _upper(x))
_number("smallest_eigenvalue", lambda x: np.linalg.eigvalsh(x)[0], lambda out, x: _lower(x))
_number("max", np.max, lambda out, x: _chosen(x))
_number("prod", np.prod, lambda out, x: out * (1 / x))

_largest_in_rows = Primitive("whole_max_rows", signature="(m,n)->(m)", register=False)
_largest_in_rows.evaluate(lambda xp, x: np.max(x, axis=1))
OPERATORS["max_rows"] = _largest_in_rows


@_largest_in_rows.differential
def _d_largest_in_rows(out: Any, x: Any) -> Any:
    chosen = _chosen_in_rows(x)
    return (lambda dx: sum_along(chosen * dx, axis=(1,), keepdims=False),)


def _of_matrix(kind: str) -> None:
    primitive = Primitive(f"whole_{kind}", signature="(n,n)->(n,n)", register=False)
    primitive.evaluate(lambda xp, x: np.real_if_close(getattr(scipy.linalg, kind)(x)))
    primitive.differential(lambda out, x: (lambda dx: frechet(x, dx, kind=kind),))
    OPERATORS[kind] = primitive


for _kind in ("expm", "logm", "sqrtm", "sinm", "cosm"):
    _of_matrix(_kind)
