"""Jacobians and Hessians, dense or as products with a vector."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, get_args

import numpy as np

from wengert import tree
from wengert.api.arguments import (
    Names,
    Positions,
    Selection,
    check_primals,
    flat_output,
    name_of,
    seeds_for,
    split_auxiliary,
    strip_auxiliary,
    warn_of_independence,
)
from wengert.api.forward import pushed
from wengert.api.reverse import gradient_of, vjp
from wengert.derivatives.dense import Mode, jacobian_blocks
from wengert.errors import ArgumentError
from wengert.graph import Operand
from wengert.numpy.values import counts_as_array, of_class
from wengert.primitives.arithmetic import conj
from wengert.programs import Program, call
from wengert.tracing import type_of
from wengert.transforms.limits import settled
from wengert.transforms.tape import Tape

__all__ = ["gauss_newton_product", "hessian", "hvp", "jacobian"]

Function = Callable[..., Any]


def jacobian(
    f: Function,
    argnums: Positions | None = None,
    *,
    argnames: Names | None = None,
    mode: Mode = "auto",
    chunk_size: int | None = None,
    has_aux: bool = False,
) -> Function:
    """The function that returns the Jacobian of f: the axes of the result first, then those of the argument.

    Parameters
    ----------
    f
        Returns arrays or scalars, nested at will.
    argnums, argnames
        The differentiated arguments, as in `grad`.
    mode
        `"forward"` costs about one evaluation of f per entry of the argument, `"reverse"` a few per entry of the
        result; `"auto"` takes the cheaper one by the shapes.
    chunk_size
        How many seeds go through f in one batched sweep; by default as many as a fixed budget of memory holds.
    has_aux
        Whether f returns a pair, of which only the first part is differentiated; then `(jacobian, aux)` is returned.

    Returns
    -------
    A function whose result has the structure of f's result, each leaf replaced by the structure of the
    differentiated arguments, and whose dtypes do not depend on the mode. Holomorphic convention for complex
    arguments: `dy = J dx`; a real result of a complex argument has the conjugate of its gradient as its row, so that
    `dy = Re(J dx)`.

    Raises
    ------
    UndefinedDerivativeError
        A complex result is not holomorphic in a complex argument, so that no single complex matrix is its derivative.

    >>> import numpy as np
    >>> import wengert as wg
    >>> wg.jacobian(lambda x: x[::-1] * 2)(np.array([1.0, 2.0]))
    array([[0., 2.],
           [2., 0.]])
    """
    return _jacobian("jacobian", f, Selection("jacobian", f, argnums, argnames), mode, chunk_size, has_aux)


def _jacobian(
    operation: str, f: Function, selection: Selection, mode: Mode, chunk_size: int | None, has_aux: bool
) -> Function:
    given: Any = chunk_size
    if mode not in get_args(Mode):
        raise ArgumentError(f"{operation}: mode must be one of {', '.join(get_args(Mode))}; received {mode!r}")
    if given is not None and (not isinstance(given, (int, np.integer)) or given < 1):
        raise ArgumentError(f"{operation}: chunk_size must be a whole number >= 1, or None; received {chunk_size!r}")

    program = Program(f)

    @settled
    @functools.wraps(f, updated=())
    def matrix(*args: Any, **kwargs: Any) -> Any:
        leaves, structure, places = selection.pick(args, kwargs)
        selection.check(leaves, structure)
        with Tape() as tape:
            try:
                traced = structure.unflatten([tape.input(leaf) for leaf in leaves])
                args, kwargs = selection.replace(args, kwargs, places, traced)
                result = call(program, args, kwargs, tape)
                aux = None
                if has_aux:
                    result, aux = split_auxiliary(f, result, operation)
                outputs, form = flat_output(f, result, operation)
                kinds = [type_of(output) for output in outputs]
                slots = [tape.slot_of(output) for output in outputs]
                if operation == "jacobian" and all(slot is None for slot in slots):
                    warn_of_independence(f, operation)
                blocks = jacobian_blocks(tape, slots, [type_of(x) for x in leaves], kinds, mode, chunk_size)
            finally:
                tape.release()
        whole = form.unflatten([structure.unflatten(list(map(_own, row, leaves))) for row in blocks])
        return (whole, strip_auxiliary(aux, tape)) if has_aux else whole

    return matrix


def _own(block: Any, leaf: Any) -> Any:
    """A block in memory of its own; a number where the argument is one, as a gradient is."""
    if isinstance(block, Operand):
        return of_class(block, leaf)
    if not type_of(block).shape:
        if counts_as_array(leaf, False):
            return np.array(block)
        return np.asarray(block).item() if type_of(leaf).weak else np.asarray(block)[()]
    if isinstance(block, np.ndarray):
        return block.copy() if block.base is not None or not block.flags.writeable else block
    return block


def hessian(
    f: Function,
    argnums: Positions | None = None,
    *,
    argnames: Names | None = None,
    chunk_size: int | None = None,
    has_aux: bool = False,
) -> Function:
    """The function that returns the Hessian of a scalar function: the axes of the argument twice.

    The gradient is recorded once, and all directions are pushed through that recording in one batched sweep
    (forward over reverse).

    Parameters
    ----------
    f, argnums, argnames, has_aux
        As in `grad`.
    chunk_size
        As in `jacobian`.

    Returns
    -------
    A function whose result nests the structure of the arguments in itself: `H["a"]["b"]` holds the second
    derivatives in a and b, with the axes of a first. With `has_aux`, `(hessian, aux)`.

    Raises
    ------
    OutputError
        f does not return a real scalar.

    Source: Griewank and Walther (2008), chapter 3.3.

    >>> import numpy as np
    >>> import wengert as wg
    >>> wg.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0]))
    array([[6., 2.],
           [2., 0.]])
    """
    selection = Selection("hessian", f, argnums, argnames)
    inner = gradient_of("hessian", f, argnums, argnames, has_aux)
    return _jacobian("hessian", inner, selection, "forward", chunk_size, has_aux)


@settled
def hvp(f: Function, x: Any, v: Any, *args: Any, argnum: int = 0, **kwargs: Any) -> Any:
    """The product of the Hessian of f at x with v, at the cost of a few gradients; the Hessian is never formed.

    Parameters
    ----------
    f
        Returns a real scalar.
    x, v
        The differentiated argument, and a direction of the same structure and shapes.
    args, kwargs
        The other arguments of f, in order, without x.
    argnum
        The position of x among the arguments of f.

    Source: B. A. Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 6 (1994), equation (5).

    >>> import numpy as np
    >>> import wengert as wg
    >>> wg.hvp(lambda x: np.sum(x ** 3), np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    array([6., 0.])
    """
    if not 0 <= argnum <= len(args):
        raise ArgumentError(
            f"hvp: argnum={argnum}, but {name_of(f)} gets {len(args) + 1} positional arguments; give the position of x"
        )
    gradient = gradient_of("hvp", f, argnum)
    before, after = args[:argnum], args[argnum:]
    leaves, structure = tree.flatten(x)
    check_primals(leaves, structure, "hvp")
    seeds = seeds_for(v, structure, [type_of(leaf) for leaf in leaves], "hvp", "direction v", "argument x")
    direction = structure.unflatten(seeds)
    return pushed("hvp", f, lambda t: gradient(*before, t, *after, **kwargs), (x,), (direction,))[1]


@settled
def gauss_newton_product(f: Function, x: Any, v: Any, *args: Any, loss: Function | None = None, **kwargs: Any) -> Any:
    """The product of the Gauss-Newton matrix of `loss(f(x))` with v: `Jᵀ L J v`, semidefinite for convex losses.

    Parameters
    ----------
    f
        Returns the residuals or predictions: arrays or scalars, nested at will.
    x, v
        The differentiated argument, and a direction of the same structure and shapes.
    args, kwargs
        The other arguments of f.
    loss
        A scalar function of f's result whose Hessian is L; by default half the sum of squares, so that L = I.

    Source: N. N. Schraudolph, Fast curvature matrix-vector products, Neural Computation 14 (2002), section 3.

    >>> import numpy as np
    >>> import wengert as wg
    >>> A = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> wg.gauss_newton_product(lambda x: A @ x - 1.0, np.zeros(2), np.array([1.0, 0.0]))
    array([10., 14.])
    """
    program = Program(f)

    def residuals(t: Any) -> Any:
        return call(program, (t, *args), kwargs)

    operation = "gauss_newton_product"
    y, dy, _ = pushed(operation, f, residuals, (x,), (v,))
    if loss is not None:
        dy = hvp(loss, y, dy)
    _, pullback = vjp(residuals, x)
    leaves, structure = tree.flatten(dy)
    conjugated = [conj(leaf) if type_of(leaf).dtype.kind == "c" else leaf for leaf in leaves]
    (product,) = pullback(structure.unflatten(conjugated))
    return tree.map(lambda g: conj(g) if type_of(g).dtype.kind == "c" else g, product)
