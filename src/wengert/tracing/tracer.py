"""The traced value: to the user's program an array, to us an operand of a recording."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, NoReturn, TypeVar

import numpy as np

from wengert.errors import ConversionError, WengertError
from wengert.graph import ArrayType, Operand, Primitive, bind, locate
from wengert.tracing import names
from wengert.tracing.recording import as_operand, beneath, defers_to, primal

__all__ = ["Tracer", "binary", "joined", "joined_with", "method", "unary"]

MethodT = TypeVar("MethodT", bound=Callable[..., Any] | property)


class Tracer(Operand):
    """An array or scalar that a recording follows. Behaves as what it holds; made by Wengert only.

    The operators and the array methods are installed by the primitives that they stand for.
    """

    # the last three are set for views only: what they look into, how, and what they saw there
    __slots__ = ("how", "origin", "seen")
    # NumPy compares priorities before it tries its own operators on us
    __array_priority__: ClassVar[float] = 1000.0

    def __init__(self, value: Any, type: ArrayType, recording: Any, payload: Any) -> None:
        self.value = value
        self.type = type
        self.recording = recording
        self.payload = payload

    # What an array says of itself.

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self.type.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the traced array."""
        return self.type.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.type.ndim

    @property
    def size(self) -> int:
        """Number of entries."""
        return self.type.size

    @property
    def itemsize(self) -> int:
        """Bytes of one entry."""
        return self.type.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all entries."""
        return self.type.size * self.type.dtype.itemsize

    def __len__(self) -> int:
        if not self.type.shape:
            raise TypeError("len() of unsized object: the traced value is a scalar")
        return self.type.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.type.shape:
            raise TypeError("iteration over a traced scalar")
        return (self[i] for i in range(self.type.shape[0]))  # type: ignore[index]

    # What steers the program.

    def __bool__(self) -> bool:
        self.refresh()
        return self.recording.truth(self)  # type: ignore[no-any-return]

    def __index__(self) -> int:
        if self.type.dtype.kind not in "iub":
            raise TypeError("only integer values can be used as an index; received a traced float")
        self.refresh()
        return self.recording.number(self)  # type: ignore[no-any-return]

    def __hash__(self) -> int:
        plain = primal(self)
        if self.type.shape or isinstance(plain, np.ndarray):
            raise TypeError("unhashable type: a traced array, as numpy.ndarray is")
        return hash(plain)

    def __repr__(self) -> str:
        return f"Traced({primal(self)!r})"

    def __str__(self) -> str:
        return str(primal(self))

    def __format__(self, specification: str) -> str:
        plain = primal(self)
        if np.ndim(plain) > self.type.ndim and specification:
            # one number for the program, and many inside: those of a batch
            return np.array2string(plain, formatter={"all": lambda entry: format(entry, specification)})
        return format(plain, specification)

    # What would lose the derivative.

    def refusal(self, attempt: str, remedy: str) -> ConversionError:
        """The error for what would make a plain value of this one."""
        place = locate(3)
        where = f" at {place}" if place else ""
        return ConversionError(
            f"{attempt}{where} would turn a traced value into a plain one and lose its derivative. {remedy} "
            f"If the result is to count as constant, apply wengert.stop_gradient first."
        )

    def _plain(self) -> Any:
        """The value one level further out, where nothing is lost with it; otherwise itself.

        That is a constant of its recording, or any value of one that has ended.
        """
        self.refresh()
        return self.value if self.recording.closed or self.recording.is_constant(self) else self

    def __float__(self) -> float:
        plain = self._plain()
        if plain is not self:
            return float(plain)
        if self.type.dtype.kind not in "iub":
            attempt = "float(x), or a function of the math module,"
            raise self.refusal(attempt, "Leave float(...) out, or use numpy's function.")
        return float(self.__index__())

    def __int__(self) -> int:
        plain = self._plain()
        if plain is not self:
            return int(plain)
        if self.type.dtype.kind not in "iub":
            return self.recording.truncated(self)  # type: ignore[no-any-return]
        number: int = self.__index__()
        return number

    def __complex__(self) -> complex:
        plain = self._plain()
        if plain is not self:
            return complex(plain)
        raise self.refusal("complex(x)", "Leave complex(...) out; x + 0j is complex and traced.")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        plain = self._plain()
        if plain is not self:
            copied = np.array(plain, dtype)
            # a write into it would not reach the traced array
            copied.flags.writeable = False
            return copied
        raise self.refusal(
            "np.array([...]), np.asarray(x), or writing x into a plain array",
            "Use numpy.stack or numpy.concatenate, or `import wengert.numpy as np`, whose array, asarray and "
            "zeros hold traced values.",
        )

    def item(self, *index: Any) -> Any:
        """The only entry, or the one at an index, as a Python number that stays traced."""
        if not index and self.type.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        place = index[0] if len(index) == 1 and isinstance(index[0], tuple) else index
        whole: Any = self
        entry = whole[place] if len(place) > 1 else whole.reshape(-1)[place[0] if place else 0]
        return names.FUNCTIONS["number"](entry)

    def tolist(self) -> Any:
        """Nested lists of traced Python numbers."""
        if not self.type.shape:
            return names.FUNCTIONS["number"](self)
        return [entry.tolist() if isinstance(entry, Tracer) else entry for entry in self]

    # NumPy's protocols.

    def __array_ufunc__(self, ufunc: np.ufunc, how: str, *inputs: Any, **options: Any) -> Any:
        if not options and how == "__call__":
            primitive = names.UFUNCS.get(ufunc)
            if primitive.__class__ is Primitive:
                return call_ufunc(self, primitive, inputs)
        rule = names.resolve_ufunc(ufunc, how)
        try:
            if isinstance(rule, Primitive):
                return names.FUNCTIONS["ufunc with options"](rule, *inputs, **options)
            return rule(*inputs, **options)
        except TypeError as error:
            if "argument" in str(error) and not isinstance(error, WengertError):
                raise names.refuse_arguments(ufunc, error) from error
            raise

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        rule = names.resolve_function(function)
        try:
            return rule(*args, **options)
        except TypeError as error:
            if " argument" in str(error) and str(error).startswith(getattr(rule, "__qualname__", "?")):
                raise names.refuse_arguments(function, error) from error
            raise

    def __array_namespace__(self, api_version: str | None = None) -> Any:
        return names.FUNCTIONS["array namespace"]()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()  # type: ignore[attr-defined]

    def __reduce__(self) -> NoReturn:
        raise self.refusal("pickling", "Pass the value itself.")


def joined(primitive: Primitive, x: Any, y: Any) -> Any:
    """`bind` for two operands that one recording may follow."""
    followed = x.__class__ is Tracer and y.__class__ is Tracer and x.recording is y.recording
    return x.recording.binary(primitive, x, y) if followed and not x.recording.closed else bind(primitive, (x, y))


def joined_with(primitive: Primitive, x: Any, constant: Any, constant_first: bool) -> Any:
    """`bind` for an operand that a recording may follow, and a plain number or array, in this or the other order."""
    if x.__class__ is Tracer and not x.recording.closed:
        return x.recording.with_constant(primitive, x, constant, constant_first)
    return bind(primitive, (constant, x) if constant_first else (x, constant))


def call_ufunc(self: Tracer, primitive: Primitive, inputs: tuple[Any, ...]) -> Any:
    """A ufunc call: its result is a NumPy scalar even where every operand is a Python number."""
    if self.is_view:
        self.refresh()
    if primitive.infix is None:
        if len(inputs) == 1 and primitive.outputs == 1:
            return self.recording.unary(primitive, self, ())
    elif self.type.weak and all([beneath(operand).__class__ in (float, int, complex) for operand in inputs]):
        inputs = tuple([names.FUNCTIONS["strong"](operand) for operand in inputs])
    elif inputs[0].__class__ is np.ndarray:
        return self.recording.with_constant(primitive, self, inputs[0], True)
    elif inputs[-1].__class__ is np.ndarray:
        return self.recording.with_constant(primitive, self, inputs[-1], False)
    return bind(primitive, tuple([as_operand(operand) for operand in inputs]))


def method(name: str) -> Callable[[MethodT], MethodT]:
    """Install a function as a method of traced values."""

    def install(function: MethodT) -> MethodT:
        setattr(Tracer, name, function)
        return function

    return install


def unary(name: str, primitive: Primitive) -> None:
    """Install a primitive as a unary operator of traced values."""

    def apply(self: Tracer) -> Any:
        if self.is_view:
            self.refresh()
        result = self.recording.unary(primitive, self, ())
        if self.type.weak and primitive.infix is None and self.recording.repeats:
            # Python's own function gives a number of Python's
            return names.FUNCTIONS["number"](result)
        return result

    setattr(Tracer, f"__{name}__", apply)


def binary(name: str, primitive: Primitive, reflected: bool = True) -> None:
    """Install a primitive as a binary operator of traced values, and as its reflection."""

    def forward(self: Tracer, other: Any) -> Any:
        if self.is_view:
            self.refresh()
        kind = other.__class__
        if kind is float or kind is int:
            return self.recording.with_constant(primitive, self, other, False)
        if isinstance(other, Tracer) and other.recording is self.recording:
            if other.is_view:
                other.refresh()
            return self.recording.binary(primitive, self, other)
        if reflected and defers_to(other, f"__r{name}__"):
            return NotImplemented
        return bind(primitive, (self, as_operand(other)))

    def backward(self: Tracer, other: Any) -> Any:
        if self.is_view:
            self.refresh()
        if other.__class__ is float or other.__class__ is int:
            return self.recording.with_constant(primitive, self, other, True)
        return bind(primitive, (as_operand(other), self))

    forward.__name__, backward.__name__ = f"__{name}__", f"__r{name}__"
    setattr(Tracer, f"__{name}__", forward)
    if reflected:
        setattr(Tracer, f"__r{name}__", backward)
