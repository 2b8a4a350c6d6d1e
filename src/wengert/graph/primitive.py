"""A primitive: one operation, with everything that Wengert knows about it in one place."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, ClassVar, Final, Literal, TypeVar

import numpy as np

from wengert.errors import RuleError
from wengert.graph.signature import broadcast_shapes, parse_signature
from wengert.graph.types import OPAQUE, ArrayType, OpaqueType, array_type

__all__ = ["REGISTRY", "Operand", "Primitive", "Recorder", "bind", "typed_params"]

Rule = Callable[..., Any]
RuleT = TypeVar("RuleT", bound=Rule)
Params = tuple[Any, ...]

REGISTRY: Final[dict[str, Primitive]] = {}
_OPERATORS: Final[dict[tuple[str, int], Callable[..., Any]]] = {
    ("+", 2): operator.add, ("-", 2): operator.sub, ("*", 2): operator.mul, ("/", 2): operator.truediv,
    ("**", 2): operator.pow, ("%", 2): operator.mod, ("//", 2): operator.floordiv, ("@", 2): operator.matmul,
    ("-", 1): operator.neg, (">", 2): operator.gt, (">=", 2): operator.ge, ("<", 2): operator.lt,
    ("<=", 2): operator.le, ("==", 2): operator.eq, ("!=", 2): operator.ne, ("&", 2): operator.and_,
    ("|", 2): operator.or_, ("^", 2): operator.xor, ("<<", 2): operator.lshift, (">>", 2): operator.rshift,
    ("+", 1): operator.pos,
}  # fmt: skip
_PYTHON_TYPE: Final = {"f": float, "i": int, "c": complex, "b": bool, "u": int}


class Recorder(ABC):
    """Something that follows operations on its operands: a recording, a batch, a forward sweep."""

    level: int
    closed: bool = False

    @abstractmethod
    def apply(self, primitive: Primitive, args: tuple[Any, ...], params: Params) -> Any:
        """Carry out one operation, at least one of whose operands is of this recorder."""

    def outlived(self, primitive: Primitive, args: tuple[Any, ...], params: Params) -> Any:
        """`apply` after the end."""
        raise NotImplementedError

    def unary(self, primitive: Primitive, operand: Operand, params: Params) -> Any:
        """`apply` for a single operand of this recorder."""
        return self.apply(primitive, (operand,), params)

    def binary(self, primitive: Primitive, left: Operand, right: Operand) -> Any:
        """`apply` for two operands of this recorder, without parameters."""
        return self.apply(primitive, (left, right), ())

    def with_opaque(self, primitive: Primitive, operand: Operand, opaque: Any, params: Params) -> Any:
        """`apply` for an operand of this recorder and an opaque object."""
        return self.apply(primitive, (operand, opaque), params)

    def with_constant(self, primitive: Primitive, operand: Operand, constant: Any, constant_first: bool) -> Any:
        """`apply` for an operand of this recorder and a plain number or array, in this or the other order."""
        return self.apply(primitive, (constant, operand) if constant_first else (operand, constant), ())


class Operand:
    """A value that a recorder follows. What `payload` means is the recorder's own affair."""

    __slots__ = ("payload", "recording", "type", "value")

    value: Any
    type: ArrayType
    recording: Any
    payload: Any
    is_view: ClassVar[bool] = False

    def refresh(self) -> None:
        """Bring a view up to date with what it looks at."""


def bind(primitive: Primitive, args: tuple[Any, ...], params: Params = ()) -> Any:
    """Apply a primitive: through the innermost recorder among the operands, or to plain values."""
    recorder: Recorder | None = None
    level = -1
    for arg in args:
        if isinstance(arg, Operand):
            if arg.is_view:
                arg.refresh()
            if arg.recording.closed:
                return arg.recording.outlived(primitive, args, params)
            if arg.recording.level > level:
                recorder = arg.recording
                level = recorder.level
    if recorder is None:
        return primitive.function(params)(*args)
    return recorder.apply(primitive, args, params)


def typed_params(values: Sequence[Any]) -> Params:
    """Parameters as a key: 2 and 2.0 are equal and mean different operations, so the types of floats stand behind."""
    types = tuple([type(value) for value in values if isinstance(value, (float, complex, np.inexact))])
    return (*values, types) if types else tuple(values)


class Primitive:
    """One operation: its value, its differential, its notation, its limits and its test inputs.

    Parameters
    ----------
    name
        Unique among all primitives; what error messages and the Wengert list call it.
    signature
        A gufunc signature: gives the shape rule and the batching rule. `elementwise=n` is short for n scalars.
    params
        Names of the static parameters, in order; their values must be hashable.
    ufunc, infix
        The NumPy function, or Python operator, that evaluates it.
    outputs
        Number of results; more than one makes every call return a tuple.
    linear
        `"jointly"` if linear in all of its transposable arguments at once (a sum), `"separately"` if in one
        at a time (a product).
    differentiable
        False for an operation that is constant almost everywhere, or has integer results.
    value_shaped
        True where the shape of the result depends on an opaque operand, such as an index.
    gives_numbers
        True where a result without axes is a Python number, whose dtype yields to that of an array.
    notation
        How a formula shows it: a template over the operands, `"{0}⁻¹{1}"`.
    shapes, domain, cite
        Documentation: what the operands are, where the differential holds, and its source.
    """

    def __init__(
        self,
        name: str,
        *,
        signature: str | None = None,
        elementwise: int = 0,
        params: tuple[str, ...] = (),
        ufunc: Callable[..., Any] | None = None,
        infix: str | None = None,
        outputs: int = 1,
        linear: Literal["jointly", "separately"] | None = None,
        differentiable: bool = True,
        value_shaped: bool = False,
        gives_numbers: bool = False,
        notation: str = "",
        shapes: str = "",
        domain: str = "",
        cite: str = "",
        register: bool = True,
    ) -> None:
        if elementwise:
            signature = ",".join(["()"] * elementwise) + "->()"
        self.name = name
        self.elementwise = elementwise
        self.signature = parse_signature(signature) if signature else None
        self.param_names = params
        self.ufunc = ufunc
        self.infix = infix
        self.outputs = outputs
        self.linear = linear
        self.differentiable = differentiable
        self.value_shaped = value_shaped
        self.gives_numbers = gives_numbers
        self.notation = notation or f"{name}({{args}})"
        self.shapes = shapes or (signature or "")
        self.domain = domain
        self.cite = cite
        # makes the rule of one equation from its values, where types alone do not determine it
        self.rule_maker: Rule | None = None
        self.evaluator: Rule | None = None
        self.preparer: Rule | None = None
        self.differential_rule: Rule | None = None
        self.vjp_rule: Rule | None = None
        self.shape_rule: Rule | None = None
        self.dtype_rule: Rule | None = None
        self.batch_rule: Rule | None = None
        self.flops_rule: Rule | None = None
        self.adjoint_rule: Rule | None = None
        self.transposes: dict[int | None, Rule] = {}
        self.annihilators: dict[int, Rule] = {}
        self.accumulators: dict[int, Rule] = {}
        self.columns: dict[int, Rule] = {}
        self.scaled: dict[int, Rule] = {}
        self.sample_list: list[Any] = []
        self.rules: dict[Any, Any] = {}
        self.functions: dict[Params, Callable[..., Any]] = {}
        if register:
            if name in REGISTRY:
                raise RuleError(f"a primitive named {name!r} exists already; choose another name")
            REGISTRY[name] = self

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __call__(self, *args: Any, **params: Any) -> Any:
        """Apply to traced or plain values."""
        return bind(self, args, typed_params([params[name] for name in self.param_names]))

    # The slots, each filled by a decorator.

    def evaluate(self, rule: RuleT) -> RuleT:
        """`rule(xp, *args, **params)` computes the value with the array namespace `xp`."""
        self.evaluator = rule
        return rule

    def prepare(self, rule: RuleT) -> RuleT:
        """`rule(xp, **params)` returns the function of the operands: `evaluate` for where calls must be cheap."""
        self.preparer = rule
        return rule

    def differential(self, rule: RuleT) -> RuleT:
        """`rule(out, *args, **params)` returns one linear map per argument, or None where constant."""
        self.differential_rule = rule
        return rule

    def vjp(self, rule: RuleT) -> RuleT:
        """`rule(cotangent, out, *args, **params)` returns one cotangent per argument; optional."""
        self.vjp_rule = rule
        return rule

    def transpose(self, argument: int | None = None) -> Callable[[RuleT], RuleT]:
        """`rule(cotangent, *args, **params)` returns the cotangent of that argument.

        The linear arguments arrive as their types. With `argument=None` the rule serves every argument and
        gets its position first.
        """

        def fill(rule: RuleT) -> RuleT:
            self.transposes[argument] = rule
            return rule

        return fill

    def adjoint(self, rule: RuleT) -> RuleT:
        """`rule(places, cotangents, operands, **params)` returns the cotangents at these places, all at once.

        For an operation that is linear in them together, whatever they are. The cotangents are those of all results,
        and linear operands arrive as their types.
        """
        self.adjoint_rule = rule
        return rule

    def annihilate(self, argument: int) -> Callable[[RuleT], RuleT]:
        """`rule(*args, **params)`: the value, where a zero in that linear argument annihilates inf and NaN."""

        def fill(rule: RuleT) -> RuleT:
            self.annihilators[argument] = rule
            return rule

        return fill

    def accumulate(self, argument: int) -> Callable[[RuleT], RuleT]:
        """`rule(**params)` returns `f(total, cotangent, *args)`: the transpose, added to a plain array in place.

        For adjoints that are zero almost everywhere, such as that of reading one entry.
        """

        def fill(rule: RuleT) -> RuleT:
            self.accumulators[argument] = rule
            return rule

        return fill

    def unit_columns(self, argument: int) -> Callable[[RuleT], RuleT]:
        """`rule(start, stop, *args)`: the derivatives in these entries of a linear argument, stacked along axis 0."""

        def fill(rule: RuleT) -> RuleT:
            self.columns[argument] = rule
            return rule

        return fill

    def scaled_rows(self, argument: int) -> Callable[[RuleT], RuleT]:
        """`rule(rows, factor, *args)`: the operation on each row of the plain `rows * factor`, or None to decline."""

        def fill(rule: RuleT) -> RuleT:
            self.scaled[argument] = rule
            return rule

        return fill

    def shape(self, rule: RuleT) -> RuleT:
        """`rule(*types, **params)` returns the shape of the result, or a tuple of them."""
        self.shape_rule = rule
        return rule

    def dtype(self, rule: RuleT) -> RuleT:
        """`rule(*types, **params)` returns the dtype of the result, or a tuple of them."""
        self.dtype_rule = rule
        return rule

    def batch(self, rule: RuleT) -> RuleT:
        """`rule(size, args, batched, **params)`: batched operands carry the batch as axis 0; so do results."""
        self.batch_rule = rule
        return rule

    def flops(self, rule: RuleT) -> RuleT:
        """`rule(*types, **params)` counts floating-point operations."""
        self.flops_rule = rule
        return rule

    def samples(self, *samples: Any) -> None:
        """Inputs for every generic law: functions of a random generator that return `(args, params)`."""
        self.sample_list.extend(samples)

    # What transforms ask.

    def named(self, params: Params) -> dict[str, Any]:
        """The static parameters by name."""
        # behind the values may stand their types: see `typed_params`
        return dict(zip(self.param_names, params, strict=False))

    def function(self, params: Params) -> Callable[..., Any]:
        """The function that computes the value from plain NumPy operands."""
        found = self.functions.get(params)
        if found is None:
            if self.preparer is not None:
                found = self.preparer(np, **self.named(params))
            elif self.evaluator is not None:
                found = partial(self.evaluator, np, **self.named(params))
            elif self.infix is not None:
                # on scalars Python's operators are ten times faster than NumPy's ufuncs
                found = _OPERATORS[self.infix, len(self.signature.inputs) if self.signature else 2]
            elif self.ufunc is not None:
                found = self.ufunc
            else:
                raise RuleError(f"primitive {self.name} cannot be evaluated: fill its slot `evaluate`")
            if len(self.functions) > 4096:
                self.functions.clear()
            self.functions[params] = found
        return found

    def transposable(self, argument: int) -> bool:
        """Whether the operation is linear in this argument, with an adjoint at hand."""
        return argument in self.transposes or None in self.transposes

    def infer(self, operands: tuple[Any, ...], params: Params) -> tuple[ArrayType, ...]:
        """The types of the results, from the types of the operands (opaque ones as themselves)."""
        types = [operand for operand in operands if isinstance(operand, ArrayType)]
        named = self.named(params)
        shapes = self._shapes(operands, types, named)
        dtypes = self._dtypes(operands, types, named)
        weak = self.infix is not None and all(operand.weak for operand in types)
        return tuple(
            array_type(s, d, weak or (self.gives_numbers and not s)) for s, d in zip(shapes, dtypes, strict=True)
        )

    def _shapes(
        self, operands: tuple[Any, ...], types: list[ArrayType], named: dict[str, Any]
    ) -> tuple[tuple[int, ...], ...]:
        if self.shape_rule is not None:
            shapes = self.shape_rule(*operands, **named)
            return shapes if self.outputs > 1 else (shapes,)
        if self.elementwise:
            return (broadcast_shapes([t.shape for t in types], self.name),)
        if self.signature is not None:
            return self.signature.infer([t.shape for t in types], self.name)
        raise RuleError(f"primitive {self.name} has no shape rule: give a signature or fill its slot `shape`")

    def _dtypes(
        self, operands: tuple[Any, ...], types: list[ArrayType], named: dict[str, Any]
    ) -> tuple[np.dtype[Any], ...]:
        if self.dtype_rule is not None:
            dtypes = self.dtype_rule(*operands, **named)
            return dtypes if self.outputs > 1 else (dtypes,)
        if isinstance(self.ufunc, np.ufunc) and self.ufunc.nin == len(types):
            return _ufunc_dtypes(self.ufunc, tuple(t.dtype if not t.weak else t for t in types))
        dtype = np.result_type(*(_representative(t) for t in types))
        return (dtype,) * self.outputs


def _representative(kind: ArrayType | OpaqueType) -> Any:
    """What stands for a type in `np.result_type`: a dtype, or a Python number where weak."""
    if kind is OPAQUE or not isinstance(kind, ArrayType):
        return np.dtype(np.bool_)
    return _PYTHON_TYPE[kind.dtype.kind](1) if kind.weak else kind.dtype


@lru_cache(maxsize=4096)
def _ufunc_dtypes(ufunc: np.ufunc, operands: tuple[Any, ...]) -> tuple[np.dtype[Any], ...]:
    asked: list[Any] = []
    for operand in operands:
        if isinstance(operand, ArrayType):
            # resolve_dtypes knows float, int and complex as weak; a Python bool is an ordinary bool
            weak = _PYTHON_TYPE[operand.dtype.kind]
            asked.append(operand.dtype if weak is bool else weak)
        else:
            asked.append(operand)
    if ufunc.nin == 1 and not isinstance(asked[0], np.dtype):
        asked[0] = np.dtype(asked[0])
    if all(not isinstance(item, np.dtype) for item in asked):
        asked = [np.dtype(item) for item in asked]
    resolved = ufunc.resolve_dtypes((*asked, *([None] * ufunc.nout)))
    return tuple(resolved[ufunc.nin :])
