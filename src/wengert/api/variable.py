"""Variable: an object that remembers what it was computed from, for a first course and for small scripts.

It is thin: each operation is differentiated by `vjp`, and `backward` walks over what was remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert import tree
from wengert.api.reverse import vjp
from wengert.errors import ArgumentError, OutputError, UnsupportedError
from wengert.graph import Operand
from wengert.graph.walk import back_from
from wengert.tracing import type_of
from wengert.transforms.sweep import zeros

__all__ = ["Variable", "no_grad"]

_remembering: ContextVar[bool] = ContextVar("wengert_variables_remember", default=True)


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute with Variables without remembering how: inside, every result is a Variable without a past.

    >>> import wengert as wg
    >>> w = wg.Variable(2.0)
    >>> with wg.no_grad():
    ...     step = w * 0.1
    >>> step.parents
    ()
    """
    before = _remembering.set(False)
    try:
        yield
    finally:
        _remembering.reset(before)


@dataclass(frozen=True)
class _Past:
    """How a result came about: the function, its arguments among the Variables, and its pullback."""

    name: str
    parents: tuple[Variable, ...]
    pullback: Callable[[Any], tuple[Any, ...]]
    # of a function with several results, which one this is, the types of all, and how they were returned
    place: int
    kinds: tuple[Any, ...]
    form: tree.Structure

    def pull(self, gradient: Any) -> tuple[Any, ...]:
        """The derivatives with respect to the parents, where only this result has one."""
        seeds = [gradient if place == self.place else zeros(kind, 0) for place, kind in enumerate(self.kinds)]
        return self.pullback(self.form.unflatten(seeds))


class Variable(np.lib.mixins.NDArrayOperatorsMixin):
    """A number or an array that remembers what it was computed from, so that derivatives can be pulled back to it.

    Operators, NumPy functions and the methods of arrays give Variables again. After `L.backward()`, every Variable
    that L was computed from has the derivative of L with respect to it in `grad`, in the shape of its value.
    Derivatives of several calls add up until `zero_grad`. For derivatives of whole programs, with loops that write
    into arrays and of any order, use `wengert.grad`.

    Parameters
    ----------
    value
        A float, or an array of floats, which is copied. Integers become floats.

    Attributes
    ----------
    value
        The number or array; a new one may be assigned to a Variable that was not computed, as in gradient descent.
    grad
        The derivative, or None before the first `backward`.
    parents
        The Variables that it was computed from.
    operation
        The name of what computed it, or an empty text.

    Raises
    ------
    ArgumentError
        The value is no number and no array of numbers.

    Source: R. E. Wengert, A simple automatic derivative evaluation program, CACM 7(8) (1964); the reverse sweep is
    Griewank and Walther, Evaluating Derivatives (2008), section 3.2.

    >>> import numpy as np
    >>> import wengert as wg
    >>> w1, w2 = wg.Variable(2.0), wg.Variable(3.0)
    >>> L = w2 * np.log(w1)
    >>> L.backward()
    >>> w1.grad, round(w2.grad, 4)
    (1.5, 0.6931)
    """

    __slots__ = ("_past", "_value", "grad")

    def __init__(self, value: Any) -> None:
        if isinstance(value, Variable):
            value = value.value
        self._value = _floating(value)
        self.grad: Any = None
        self._past: _Past | None = None

    @property
    def value(self) -> Any:
        """The number or array."""
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        if self._past is not None:
            raise UnsupportedError(
                f"Variable: this value was computed by {self._past.name}, and its derivative belongs to the value that "
                f"came out; assign to the Variables that it was computed from, or make a new Variable"
            )
        self._value = _floating(value)

    @property
    def parents(self) -> tuple[Variable, ...]:
        """The Variables that it was computed from; none for one that was made, or computed under `no_grad`."""
        return () if self._past is None else self._past.parents

    @property
    def operation(self) -> str:
        """The name of what computed it, or an empty text."""
        return "" if self._past is None else self._past.name

    shape = property(lambda self: np.shape(self._value), doc="The lengths of the axes; `()` for a number.")
    ndim = property(lambda self: np.ndim(self._value), doc="The number of axes.")
    size = property(lambda self: np.size(self._value), doc="The number of entries.")
    dtype = property(lambda self: np.result_type(self._value), doc="The type of the entries.")

    def backward(self, seed: Any = None) -> None:
        """Add to `grad`, of every Variable that this was computed from, the derivative with respect to it.

        Parameters
        ----------
        seed
            The derivative to begin with, in the shape of this value; by default 1, for a single number.

        Raises
        ------
        OutputError
            The value is not a single number, and there is no seed; or the seed has another shape.
        """
        pending = {id(self): self._seed(seed)}
        for variable in self._order():
            gradient = pending[id(variable)]
            variable.grad = gradient if variable.grad is None else variable.grad + gradient
            past = variable._past
            if past is None:
                continue
            for parent, part in zip(past.parents, past.pull(gradient), strict=True):
                before = pending.get(id(parent))
                pending[id(parent)] = part if before is None else before + part

    def zero_grad(self) -> None:
        """Forget the derivative of this Variable and of all that it was computed from."""
        for variable in self._order():
            variable.grad = None

    def _seed(self, seed: Any) -> Any:
        if seed is None:
            if np.ndim(self._value):
                raise OutputError(
                    f"backward: the value has shape {self.shape}, and derivatives are of one number; reduce it first "
                    f"(numpy.sum, numpy.mean), or give a seed of that shape"
                )
            return 1.0
        seed = _floating(seed.value if isinstance(seed, Variable) else seed)
        if np.shape(seed) != self.shape:
            raise OutputError(f"backward: the seed has shape {np.shape(seed)}, and the value {self.shape}")
        return seed

    def _order(self) -> list[Variable]:
        return back_from(self, lambda variable: variable.parents)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if kwargs.get("out") is not None:
            raise _written_into()
        function = ufunc if method == "__call__" else getattr(ufunc, method)
        return _applied(function, inputs, kwargs, ufunc.__name__)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return _applied(function, args, kwargs, function.__name__)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(self._value, name):
            raise AttributeError(f"'Variable' object has no attribute {name!r}")
        if not callable(getattr(self._value, name)):
            return _applied(lambda value: getattr(value, name), (self,), {}, name)
        return lambda *args, **kwargs: _applied(
            lambda value, *rest, **named: getattr(value, name)(*rest, **named), (self, *args), kwargs, name
        )

    def __getitem__(self, index: Any) -> Any:
        return _applied(lambda value, place: value[place], (self, index), {}, "index")

    def __setitem__(self, index: Any, value: Any) -> None:
        raise _written_into()

    # `w -= step` gives the name w to a new Variable, as with numbers; other names keep what they had
    __iadd__, __isub__, __imul__, __itruediv__, __ipow__, __imatmul__, __ifloordiv__, __imod__ = (
        getattr(np.lib.mixins.NDArrayOperatorsMixin, f"__{name}__")
        for name in ("add", "sub", "mul", "truediv", "pow", "matmul", "floordiv", "mod")
    )
    __hash__ = object.__hash__

    def __len__(self) -> int:
        return len(self._value)

    def __iter__(self) -> Iterator[Any]:
        return (self[place] for place in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self._value)

    def __float__(self) -> float:
        raise UnsupportedError(
            "Variable: float(x) would forget where x came from, and so would functions of math; use numpy's functions, "
            "or x.value for the number alone"
        )

    __int__ = __index__ = __complex__ = __float__

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise UnsupportedError(
            "Variable: to make a plain array of it would forget where it came from; use numpy's functions on the "
            "Variables themselves (numpy.stack for a list of them), or x.value for the numbers alone"
        )

    def __repr__(self) -> str:
        grad = "" if self.grad is None else f", grad={self.grad!r}"
        return f"Variable({self._value!r}{grad})"


def _floating(value: Any) -> Any:
    """A value as floats, in memory of its own; traced values, of a derivative around this one, as they are."""
    if isinstance(value, Operand):
        return value
    array = np.array(value) if isinstance(value, (int, float, complex, np.generic, np.ndarray, list, tuple)) else None
    if array is None or array.dtype.kind not in "biufc":
        raise ArgumentError(f"Variable: expected a number or an array of numbers, received {type(value).__name__}")
    if array.dtype.kind not in "fc":
        array = array.astype(np.float64)
    if array.ndim:
        return array
    return array.item() if array.dtype.itemsize == 8 or isinstance(value, complex) else array[()]


def _written_into() -> UnsupportedError:
    return UnsupportedError(
        "Variable: values are not written into, since a result may need what stands there; make a new Variable "
        "(numpy.where, numpy.stack), or use wengert.grad, which follows writes into arrays"
    )


class _NotFollowed(Exception):  # noqa: N818 (it says what a function is)
    """A function returns something that has no derivative."""


def _applied(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], name: str) -> Any:
    """A function of Variables and other things, with what its derivative needs remembered."""
    leaves, structure = tree.flatten((args, kwargs))
    variables = list({id(leaf): leaf for leaf in leaves if isinstance(leaf, Variable)}.values())

    def of_values(*values: Any) -> Any:
        known = {id(variable): value for variable, value in zip(variables, values, strict=True)}
        plain, named = structure.unflatten([known.get(id(leaf), leaf) for leaf in leaves])
        return function(*plain, **named)

    def followed(*values: Any) -> Any:
        found = of_values(*values)
        if not all(map(_is_inexact, tree.flatten(found)[0])):
            raise _NotFollowed
        return found

    values = [variable.value for variable in variables]
    pullback = None
    if _remembering.get():
        try:
            plain, pullback = vjp(followed, *values)
        except _NotFollowed:
            plain = of_values(*values)
    else:
        plain = of_values(*values)
    results, form = tree.flatten(plain)
    inexact = list(map(_is_inexact, results))
    if not any(inexact):
        return plain
    if not all(inexact):
        raise UnsupportedError(
            f"Variable: {name} returns numbers that have a derivative beside others that have none, which Variables do "
            f"not follow; use wengert.grad"
        )
    made = [Variable(result) for result in results]
    if pullback is not None:
        kinds = tuple(map(type_of, results))
        for place, variable in enumerate(made):
            variable._past = _Past(name, tuple(variables), pullback, place, kinds, form)
    return form.unflatten(made)


def _is_inexact(result: Any) -> bool:
    return type_of(result).kind in "fc"
