"""Reverse mode: gradients, pullbacks, and the transpose of a linear function."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Literal, get_args

import numpy as np

from wengert import tree
from wengert.api.arguments import (
    Names,
    Positions,
    Selection,
    check_primals,
    flat_output,
    name_of,
    require_alive,
    seeds_for,
    split_auxiliary,
    strip_auxiliary,
    warn_of_independence,
)
from wengert.api.recorded import record
from wengert.errors import ArgumentError, OutputError
from wengert.graph import ArrayType, Operand
from wengert.numpy.values import counts_as_array, of_class
from wengert.primitives.arithmetic import conj
from wengert.primitives.linalg.parting import OpenChoiceError
from wengert.programs import Program, call
from wengert.tracing import type_of
from wengert.transforms.limits import settle, settled
from wengert.transforms.tape import Tape, apart, zeros

__all__ = ["grad", "gradient_of", "linear_transpose", "value_and_grad", "vjp"]

Function = Callable[..., Any]
ComplexConvention = Literal["steepest", "derivative"]


def value_and_grad(
    f: Function,
    argnums: Positions | None = None,
    *,
    argnames: Names | None = None,
    has_aux: bool = False,
    complex_convention: ComplexConvention = "steepest",
) -> Function:
    """The function that returns the value of f and its gradient, for about the cost of a few values.

    Parameters
    ----------
    f
        Returns a real scalar, of shape (). May use any NumPy that has rules, and any Python control flow.
    argnums, argnames
        The differentiated arguments, by position (default 0) or by name; one of them, or a tuple of them. Each may
        be a number, an array, or a nesting of tuples, lists, dicts, namedtuples and dataclasses of these.
    has_aux
        Whether f returns a pair, of which only the first part is differentiated.
    complex_convention
        What the gradient in a complex argument z is: `"steepest"`, the direction g of steepest ascent, for which
        df = Re sum(conj(g) dz), or `"derivative"`, its conjugate, for which df = Re sum(g dz).

    Returns
    -------
    A function of the same arguments that returns `(value, gradient)`, or `((value, aux), gradient)`. The gradient
    has the structure, shapes and dtypes of the argument; `df = <gradient, dx>` in the standard inner product, so
    for a complex argument it is the direction of steepest ascent.

    Raises
    ------
    IntegerInputError, ArgumentError
        The argument cannot be differentiated, or the convention is none of the two.
    OutputError
        f returns something else than a real scalar.

    Source: A. Griewank and A. Walther, Evaluating Derivatives (2008), chapter 3.2.

    >>> import wengert as wg
    >>> wg.value_and_grad(lambda x: x ** 3)(2.0)
    (8.0, 12.0)
    """
    return gradient_of("value_and_grad", f, argnums, argnames, has_aux, True, complex_convention)


def grad(
    f: Function,
    argnums: Positions | None = None,
    *,
    argnames: Names | None = None,
    has_aux: bool = False,
    complex_convention: ComplexConvention = "steepest",
) -> Function:
    """The function that returns the gradient of f; arguments as in `value_and_grad`.

    With `has_aux` it returns `(gradient, aux)`.

    >>> import numpy as np
    >>> import wengert as wg
    >>> wg.grad(lambda x: np.sum(np.sin(x)))(np.zeros(3))
    array([1., 1., 1.])
    """
    return gradient_of("grad", f, argnums, argnames, has_aux, False, complex_convention)


def gradient_of(
    operation: str,
    f: Function,
    argnums: Positions | None = None,
    argnames: Names | None = None,
    has_aux: bool = False,
    with_value: bool = False,
    complex_convention: ComplexConvention = "steepest",
) -> Function:
    """The gradient, with or without the value, in the name of a public operation."""
    if complex_convention not in get_args(ComplexConvention):
        raise ArgumentError(
            f"{operation}: complex_convention must be one of {', '.join(get_args(ComplexConvention))}; received "
            f"{complex_convention!r}"
        )
    conjugate = complex_convention == "steepest"
    selection = Selection(operation, f, argnums, argnames)
    program = Program(f)

    @functools.wraps(f, updated=())
    def gradient(*args: Any, **kwargs: Any) -> Any:
        leaves, structure, places = selection.pick(args, kwargs)
        selection.check(leaves, structure)
        aux = None
        try:
            with Tape() as tape:
                try:
                    traced = structure.unflatten([tape.input(leaf) for leaf in leaves])
                    result = call(program, *selection.replace(args, kwargs, places, traced), tape)
                    if has_aux:
                        result, aux = split_auxiliary(f, result, operation)
                    value, seed = _scalar_seed(f, result, operation, tape)
                    slot = tape.slot_of(result)
                    if slot is None:
                        if isinstance(result, Operand):
                            require_alive(result)
                        warn_of_independence(f, operation)
                    found = tape.pull([(slot, seed)], len(leaves), consume=True)
                finally:
                    tape.release()
        except OpenChoiceError as error:
            return settle(functools.partial(gradient, *args, **kwargs), error)
        whole = structure.unflatten(finish(found, leaves, conjugate))
        if has_aux:
            aux = strip_auxiliary(aux, tape)
            return ((value, aux), whole) if with_value else (whole, aux)
        return (value, whole) if with_value else whole

    return gradient


def _scalar_seed(f: Function, result: Any, operation: str, tape: Tape) -> tuple[Any, Any]:
    """The value of a scalar result, and the one that starts the reverse sweep."""
    kind: Any = type_of(result)
    if not isinstance(kind, ArrayType):
        flat, _ = flat_output(f, result, operation)
        raise OutputError(
            f"{operation}: {name_of(f)} returned {_counted(len(flat))} in a {type(result).__name__}, but a gradient is "
            f"of one scalar; choose one, add them up, or use wengert.jacobian"
        )
    if kind.shape:
        raise OutputError(
            f"{operation}: {name_of(f)} returned an array of shape {kind.shape}, but a gradient is of one scalar; "
            f"reduce it (numpy.sum, numpy.mean), or use wengert.jacobian"
        )
    if kind.dtype.kind == "c":
        raise OutputError(
            f"{operation}: {name_of(f)} returned a complex number, which has no gradient; take its .real or numpy.abs, "
            f"or use wengert.vjp"
        )
    # a result that does not depend on the argument may be traced by a transform further out
    own = isinstance(result, Operand) and result.recording is tape
    if own:
        result.refresh()
    return result.value if own else result, kind.one


def _counted(count: int) -> str:
    return f"{count} value{'s' * (count != 1)}"


def finish(found: list[Any], leaves: list[Any], conjugate: bool) -> list[Any]:
    """Cotangents as gradients: in the convention asked for, in arrays of their own."""
    finished: list[Any] = []
    for cotangent, leaf in zip(found, leaves, strict=True):
        if cotangent.__class__ is np.ndarray:
            if conjugate and cotangent.dtype.kind == "c":
                cotangent = cotangent.conj()
            shared = cotangent.base is not None or (finished and any([cotangent is other for other in finished]))
            if shared or not cotangent.flags.writeable:
                cotangent = cotangent.copy()
            finished.append(cotangent if counts_as_array(leaf) else _unboxed(cotangent, leaf))
        else:
            scalar = _finish_scalar(cotangent, type_of(leaf), conjugate)
            scalar = of_class(scalar, leaf)
            # an array without axes stays one, where NumPy's arithmetic made a number of it
            finished.append(
                np.asarray(scalar) if isinstance(scalar, np.generic) and counts_as_array(leaf, False) else scalar
            )
    return finished


def _unboxed(cotangent: Any, leaf: Any) -> Any:
    """The gradient of a number, which was computed as an array."""
    return cotangent.item() if type_of(leaf).weak else cotangent[()]


def _finish_scalar(cotangent: Any, kind: ArrayType, conjugate: bool) -> Any:
    """The same for scalars, traced values, and zeros that were never computed."""
    if cotangent is None:
        cotangent = zeros(kind, 0)
        if isinstance(cotangent, np.ndarray):
            return cotangent.copy()
    elif conjugate and kind.kind == "c":
        cotangent = conj(cotangent)
    return cotangent.item() if kind.weak and isinstance(cotangent, np.generic) else cotangent


def vjp(f: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The value of f, and its pullback: the linear map from cotangents of the result to cotangents of the arguments.

    Parameters
    ----------
    f
        Returns arrays or scalars, nested at will.
    primals
        The arguments, all differentiated; each a number, an array or a nesting of them.
    has_aux
        Whether f returns a pair, of which only the first part is differentiated.

    Returns
    -------
    `(y, pullback)`, or `(y, pullback, aux)`. `pullback(y_bar)` takes the structure of y and returns a tuple with
    one cotangent per argument: `sum(y_bar * dy) = sum(x_bar * dx)`, without conjugation. It may be called often.

    Source: Griewank and Walther (2008), equation (3.5).

    >>> import numpy as np
    >>> import wengert as wg
    >>> y, pullback = wg.vjp(lambda a, b: a * b, 3.0, 4.0)
    >>> pullback(1.0)
    (4.0, 3.0)
    """
    return _pullback("vjp", f, primals, has_aux, Tape())


def _pullback(operation: str, f: Function, primals: tuple[Any, ...], has_aux: bool, tape: Tape) -> tuple[Any, ...]:
    leaves, structure = tree.flatten(primals)
    check_primals(leaves, structure, operation)
    outputs, form, values, aux = record(f, leaves, structure, tape, operation, has_aux)
    slots = [tape.slot_of(output) for output in outputs]
    kinds = [type_of(output) for output in outputs]
    if all(slot is None for slot in slots):
        warn_of_independence(f, operation)

    def pullback(cotangents: Any) -> Any:
        seeds = seeds_for(cotangents, form, kinds, operation, "cotangent", "result")
        found = tape.pull(zip(slots, seeds, strict=True), len(leaves))
        found = [apart(part, seeds) for part in found]
        return structure.unflatten(finish(found, leaves, conjugate=False))

    def again(cotangents: Any) -> Any:
        return _pullback(operation, f, primals, has_aux, Tape())[1](cotangents)

    pullback = settled(pullback, again)
    return (form.unflatten(values), pullback, aux) if has_aux else (form.unflatten(values), pullback)


def linear_transpose(f: Function, *primals: Any) -> Function:
    """The transpose of a linear function, from its code: `sum(f_T(y_bar) * x) = sum(y_bar * f(x))`.

    Parameters
    ----------
    f
        Linear in all arguments together.
    primals
        Arguments of the right shapes and dtypes; their values do not matter.

    Returns
    -------
    A function from a cotangent with the structure of f's result to a tuple with one cotangent per argument.

    Raises
    ------
    NonlinearError
        f does something that is not linear; the message names the operation and the line.

    >>> import numpy as np
    >>> import wengert as wg
    >>> A = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> wg.linear_transpose(lambda x: A @ x, np.zeros(2))(np.array([1.0, 0.0]))
    (array([1., 2.]),)
    """
    return _pullback("linear_transpose", f, primals, False, Tape(linear_only=True))[1]  # type: ignore[no-any-return]
