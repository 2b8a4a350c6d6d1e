"""Forward mode: pushforwards, linearization, derivatives of scalar functions to any order."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, SupportsIndex

import numpy as np

from wengert import tree
from wengert.api.arguments import (
    check_input,
    check_primals,
    flat_output,
    name_of,
    seeds_for,
    split_auxiliary,
    strip_auxiliary,
    warn_of_independence,
)
from wengert.api.recorded import record
from wengert.derivatives.dense import complex_derivative
from wengert.errors import ArgumentError, OutputError
from wengert.graph import Operand, bind
from wengert.numpy.values import of_class
from wengert.primitives.arithmetic import convert
from wengert.programs import Program, call
from wengert.tracing import outermost, type_of
from wengert.transforms.jvp import ForwardRecording
from wengert.transforms.limits import settled
from wengert.transforms.tape import Tape, apart, zeros

__all__ = ["derivative", "elementwise_grad", "jvp", "linearize", "pushed"]

Function = Callable[..., Any]


@settled
def jvp(f: Function, primals: Any, tangents: Any, *, has_aux: bool = False) -> tuple[Any, ...]:
    """The value of f and its derivative in one direction, in a single forward pass that keeps nothing.

    Parameters
    ----------
    f
        Returns arrays or scalars, nested at will.
    primals, tangents
        Tuples of the arguments and of the direction in each; shapes must agree.
    has_aux
        Whether f returns a pair, of which only the first part is differentiated.

    Returns
    -------
    `(y, dy)`, or `(y, dy, aux)`; dy has the structure, shapes and dtypes of y.

    Raises
    ------
    SeedError
        A tangent does not match its primal.

    Source: Griewank and Walther (2008), equation (3.2).

    >>> import numpy as np
    >>> import wengert as wg
    >>> wg.jvp(lambda x: x ** 2, (3.0,), (1.0,))
    (9.0, 6.0)
    """
    if not isinstance(primals, (tuple, list)):
        raise ArgumentError(
            f"jvp takes the primals and the tangents as tuples, one entry per argument of {name_of(f)}; received "
            f"{type(primals).__name__}. Write jvp(f, (x,), (dx,))"
        )
    y, dy, aux = pushed("jvp", f, f, tuple(primals), tangents, has_aux, warn=True)
    return (y, dy, aux) if has_aux else (y, dy)


def pushed(
    operation: str,
    named: Function,
    f: Function,
    primals: tuple[Any, ...],
    tangents: Any,
    has_aux: bool = False,
    warn: bool = False,
) -> tuple[Any, Any, Any]:
    """Value, tangent and extra results of f, in the name of a public operation and of the user's function."""
    tangents = tuple(tangents) if isinstance(tangents, list) else tangents
    leaves, structure = tree.flatten(primals)
    check_primals(leaves, structure, operation)
    seeds = seeds_for(tangents, structure, [type_of(leaf) for leaf in leaves], operation, "tangent", "primal")
    with ForwardRecording() as recording:
        traced = [recording.input(x, _strong(dx)) for x, dx in zip(leaves, seeds, strict=True)]
        result = call(Program(f), structure.unflatten(traced), {})
        aux = None
        if has_aux:
            result, aux = split_auxiliary(named, result, operation)
        outputs, form = flat_output(named, result, operation)
        parts = [recording.parts(output) for output in outputs]
        if warn and not any(
            [isinstance(y, Operand) and y.recording is recording and y.payload is not None for y in outputs]
        ):
            warn_of_independence(named, operation)
    taken: list[Any] = [*leaves, *seeds]
    for value, tangent in parts:
        taken.append(apart(value, taken))
        taken.append(_tidy(apart(_in_dtype_of(tangent, value), taken), value))
    results = taken[len(leaves) + len(seeds) :]
    return form.unflatten(results[::2]), form.unflatten(results[1::2]), strip_auxiliary(aux, recording)


def _in_dtype_of(tangent: Any, value: Any) -> Any:
    """A tangent in the dtype of its value: the seed of a Python float is a float64, and makes others so."""
    dtype = type_of(value).dtype
    return tangent if type_of(tangent).dtype == dtype else bind(convert, (tangent,), (dtype,))


def _strong(tangent: Any) -> Any:
    return np.float64(tangent) if tangent.__class__ is float else tangent


def _tidy(tangent: Any, value: Any) -> Any:
    """The tangent of a Python number as a Python number, and arrays that the caller may write into."""
    if isinstance(tangent, Operand):
        return of_class(tangent, value)
    if value.__class__ in (float, complex, int) and isinstance(tangent, (np.generic, np.ndarray)):
        return tangent.item()
    if isinstance(tangent, np.ndarray) and not tangent.flags.writeable:
        tangent = tangent.copy()
    if isinstance(value, np.generic) and isinstance(tangent, np.ndarray) and not tangent.ndim:
        return tangent[()]
    return tangent


def linearize(f: Function, *primals: Any) -> tuple[Any, Function]:
    """The value of f, and its derivative as a linear function that may be applied to many directions.

    What the derivative needs is computed once and kept; applying it runs no code of f.

    Parameters
    ----------
    f
        Returns arrays or scalars, nested at will.
    primals
        The arguments, all differentiated.

    Returns
    -------
    `(y, f_lin)`; `f_lin(*tangents)` takes one tangent per argument and returns the tangent of y.

    >>> import numpy as np
    >>> import wengert as wg
    >>> y, f_lin = wg.linearize(lambda x: x**2, 3.0)
    >>> f_lin(2.0)
    12.0
    """
    leaves, structure = tree.flatten(primals)
    check_primals(leaves, structure, "linearize")
    tape = Tape()
    outputs, form, values, _ = record(f, leaves, structure, tape, "linearize", has_aux=False)
    slots = [tape.slot_of(output) for output in outputs]
    kinds = [type_of(leaf) for leaf in leaves]
    if all(slot is None for slot in slots):
        warn_of_independence(f, "linearize")

    def linear(*tangents: Any) -> Any:
        seeds = seeds_for(tangents, structure, kinds, "linearize", "tangent", "primal")
        found = tape.push([_strong(seed) for seed in seeds], slots)
        pushed = [zeros(type_of(value), 0) if part is None else part for part, value in zip(found, values, strict=True)]
        return form.unflatten([_tidy(apart(part, seeds), value) for part, value in zip(pushed, values, strict=True)])

    def again(*tangents: Any) -> Any:
        return pushed("linearize", f, f, primals, tangents)[1]

    return form.unflatten(values), settled(linear, again)


def _with_first(program: Program, args: tuple[Any, ...], kwargs: dict[str, Any], t: Any) -> Any:
    """The program as a function of its first argument."""
    return call(program, (t, *args), kwargs)


def derivative(f: Function, order: SupportsIndex = 1) -> Function:
    """The derivative of a function of one number, of any order.

    Parameters
    ----------
    f
        A function of a real or complex scalar that returns a scalar, an array or a nesting of them; further
        arguments are passed through.
    order
        0 returns f itself.

    Returns
    -------
    A function of the same arguments. It nests forward mode, so its cost doubles with each order.

    >>> import numpy as np
    >>> import wengert as wg
    >>> wg.derivative(lambda x: x ** 5, order=3)(1.0)
    60.0
    """
    if not isinstance(order, (int, np.integer)) or isinstance(order, bool) or order < 0:
        raise ArgumentError(f"derivative: order must be a whole number >= 0, received {order!r}")
    result = f
    for depth in range(order):
        # a function whose derivative is constant is no mistake, one that is constant itself may be
        result = _differentiated(result, warn=depth == 0)
    return result


def _differentiated(f: Function, warn: bool) -> Function:
    program = Program(f)

    @settled
    @functools.wraps(f, updated=())
    def first(x: Any, *args: Any, **kwargs: Any) -> Any:
        check_input(x, "derivative")
        if type_of(x).shape:
            raise ArgumentError(
                f"derivative: the first argument has shape {type_of(x).shape}, but must be one number; use "
                f"wengert.elementwise_grad, grad or jacobian for arrays"
            )
        one = type_of(x).dtype.type(1)

        def along(direction: Any, warn: bool) -> Any:
            function = functools.partial(_with_first, program, args, kwargs)
            return pushed("derivative", f, function, (x,), (direction,), warn=warn)[1]

        slope = along(one, warn)
        if type_of(x).kind == "c":
            slope = tree.map(complex_derivative, slope, along(one * 1j, False))
        # as a gradient: in a Python number it is one
        if isinstance(x, Operand):
            return tree.map(functools.partial(of_class, like=x), slope) if x.type.weak else slope
        return tree.map(_as_number, slope) if x.__class__ in (float, complex) else slope

    return first


def _as_number(leaf: Any) -> Any:
    return leaf.item() if isinstance(leaf, np.generic) else leaf


def elementwise_grad(f: Function) -> Function:
    """The derivative of a function that acts on each entry of an array by itself, for all entries at once.

    Parameters
    ----------
    f
        Takes an array (further arguments are passed through) and returns one of the same shape.

    Raises
    ------
    OutputError
        An entry of the result depends on other entries of the argument, so that one number an entry does not say
        all. This is found by two directions pushed through f, one of them random.

    >>> import numpy as np
    >>> import wengert as wg
    >>> wg.elementwise_grad(np.square)(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    program = Program(f)

    @settled
    @functools.wraps(f, updated=())
    def entrywise(x: Any, *args: Any, **kwargs: Any) -> Any:
        check_input(x, "elementwise_grad")
        kind = type_of(x)

        def along(direction: Any, warn: bool = False) -> tuple[Any, Any, Any]:
            function = functools.partial(_with_first, program, args, kwargs)
            return pushed("elementwise_grad", f, function, (x,), (direction,), warn=warn)

        ones = np.ones(kind.shape, kind.dtype)[()]
        y, slopes, _ = along(ones, warn=True)
        if getattr(type_of(y), "shape", None) != kind.shape:
            raise OutputError(
                f"elementwise_grad: {name_of(f)} takes shape {kind.shape} and returns "
                f"{getattr(type_of(y), 'shape', type(y).__name__)}, so it does not act entry by entry; "
                f"use wengert.jacobian"
            )
        if kind.kind == "c":
            slopes = complex_derivative(slopes, along(ones * 1j)[1])
        probe = np.random.default_rng(0).uniform(0.5, 1.5, kind.shape).astype(kind.dtype)[()]
        expected = outermost(slopes) * probe
        _require_entrywise(f, outermost(along(probe)[1]), expected if type_of(y).kind == "c" else expected.real)
        return slopes

    return entrywise


def _require_entrywise(f: Function, pushed: Any, expected: Any) -> None:
    finite = np.isfinite(pushed) & np.isfinite(expected)
    pushed, expected = np.where(finite, pushed, 0.0), np.where(finite, expected, 0.0)
    size = np.abs(expected).max(initial=0.0)
    tolerance = 1e3 * np.finfo(expected.dtype).eps * np.maximum(size, 1e-300)
    if (np.abs(pushed - expected) > tolerance).any():
        raise OutputError(
            f"elementwise_grad: an entry of the result of {name_of(f)} depends on other entries of its argument; use "
            f"wengert.jacobian, or wengert.grad of the sum"
        )
