"""Numbers of the machine as Python values: arithmetic on them writes LLVM's intermediate representation.

A `Value` is one number or a vector of lanes, and the code that is written with it is the same for both. No operation
is allowed to be rounded otherwise than IEEE 754 says, so that an entry of an array comes out the same bit for bit
whether a loop reaches it in a full vector or in the remainder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from wengert.compiler import ir

__all__ = [
    "Builder",
    "Value",
    "any_lane",
    "bits",
    "copysign",
    "fabs",
    "floor",
    "fma",
    "from_bits",
    "is_nan",
    "maximum",
    "minimum",
    "rint",
    "select",
    "sqrt",
    "trunc",
]

Operand = "Value | int | float"

_BITS: Final = {"half": 16, "float": 32, "double": 64}
_MANTISSA: Final = {16: 10, 32: 23, 64: 52}


class Builder(ir.IRBuilder):
    """LLVM's builder, which knows whether the target multiplies and adds with one rounding.

    Without `has_fma` no instruction is used that an early x86-64 processor lacks, since LLVM would call the C library
    in its place: `fma` rounds twice, and numbers are rounded to whole ones by arithmetic.
    """

    def __init__(self, block: Any = None, has_fma: bool = True) -> None:
        super().__init__(block)
        self.has_fma = has_fma
        # what `shared` keeps: the block up to which it holds, the operand (so that its identity stays), the values
        self.kept: dict[tuple[int, str], tuple[Any, Any, list[Value]]] = {}


class Value:
    """A number or a vector of lanes: `ir` as LLVM knows it, `builder` where the code goes.

    `signed` says how an integer is to be read; LLVM's types do not. Truth values are integers of one bit.
    """

    __slots__ = ("builder", "ir", "signed")

    def __init__(self, value: Any, builder: Builder, signed: bool = True) -> None:
        self.ir = value
        self.builder = builder
        self.signed = signed

    @property
    def type(self) -> Any:
        """LLVM's type, a vector's included."""
        return self.ir.type

    @property
    def element(self) -> Any:
        """The type of one lane."""
        kind = self.ir.type
        return kind.element if kind.__class__ is ir.VectorType else kind

    @property
    def lanes(self) -> int | None:
        """The number of lanes, or None for one number."""
        kind = self.ir.type
        return kind.count if kind.__class__ is ir.VectorType else None

    @property
    def is_float(self) -> bool:
        return self.element.__class__ is not ir.IntType

    @property
    def width(self) -> int:
        """The bits of one lane."""
        element = self.element
        return int(element.width) if isinstance(element, ir.IntType) else _BITS[str(element)]

    def shaped(self, element: Any) -> Any:
        """The type with as many lanes as this value, of another element."""
        return element if self.lanes is None else ir.VectorType(element, self.lanes)

    def constant(self, number: float) -> Value:
        """The number in every lane, in this value's type: rounded to it if that is a floating one."""
        return Value(ir.splat(self.type, number), self.builder, self.signed)

    def operand(self, other: Any) -> Value:
        """The other operand, a Python number as one of this value's type."""
        if not isinstance(other, Value):
            return self.constant(other)
        if other.ir.type is not self.ir.type:
            raise TypeError(f"operands must have one type, but are {self.type} and {other.type}")
        return other

    def wrap(self, value: Any) -> Value:
        return Value(value, self.builder, self.signed)

    def _binary(self, floating: str | None, integer: str, other: Any, mirrored: bool = False) -> Value:
        left, right = self, self.operand(other)
        if mirrored:
            left, right = right, left
        name = floating if self.is_float else integer
        if name is None:
            raise TypeError(f"{integer} is for integers and truth values, not for {self.type}")
        return self.wrap(getattr(self.builder, name)(left.ir, right.ir))

    def __add__(self, other: Any) -> Value:
        return self._binary("fadd", "add", other)

    def __radd__(self, other: Any) -> Value:
        return self._binary("fadd", "add", other, mirrored=True)

    def __sub__(self, other: Any) -> Value:
        return self._binary("fsub", "sub", other)

    def __rsub__(self, other: Any) -> Value:
        return self._binary("fsub", "sub", other, mirrored=True)

    def __mul__(self, other: Any) -> Value:
        return self._binary("fmul", "mul", other)

    def __rmul__(self, other: Any) -> Value:
        return self._binary("fmul", "mul", other, mirrored=True)

    def __truediv__(self, other: Any) -> Value:
        """The quotient: of integers the whole one towards zero, as the machine divides."""
        return self._binary("fdiv", "sdiv" if self.signed else "udiv", other)

    def __rtruediv__(self, other: Any) -> Value:
        return self._binary("fdiv", "sdiv" if self.signed else "udiv", other, mirrored=True)

    def __neg__(self) -> Value:
        return self.wrap(self.builder.fneg(self.ir) if self.is_float else self.builder.neg(self.ir))

    def __and__(self, other: Any) -> Value:
        return self._binary(None, "and_", other)

    def __or__(self, other: Any) -> Value:
        return self._binary(None, "or_", other)

    def __xor__(self, other: Any) -> Value:
        return self._binary(None, "xor", other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self) -> Value:
        return self ^ -1

    def __lshift__(self, other: Any) -> Value:
        return self._binary(None, "shl", other)

    def __rshift__(self, other: Any) -> Value:
        """Shift to the right: the sign's bit moves in where the integer has one."""
        return self._binary(None, "ashr" if self.signed else "lshr", other)

    def _compare(self, sign: str, other: Any) -> Value:
        right = self.operand(other)
        if self.is_float:
            compare = self.builder.fcmp_unordered if sign == "!=" else self.builder.fcmp_ordered
        else:
            # one bit has no sign: true is above false
            signed = self.signed and self.width > 1
            compare = self.builder.icmp_signed if signed else self.builder.icmp_unsigned
        return Value(compare(sign, self.ir, right.ir), self.builder)

    def __lt__(self, other: Any) -> Value:
        return self._compare("<", other)

    def __le__(self, other: Any) -> Value:
        return self._compare("<=", other)

    def __gt__(self, other: Any) -> Value:
        return self._compare(">", other)

    def __ge__(self, other: Any) -> Value:
        return self._compare(">=", other)

    def __eq__(self, other: Any) -> Value:  # type: ignore[override]
        return self._compare("==", other)

    def __ne__(self, other: Any) -> Value:  # type: ignore[override]
        return self._compare("!=", other)

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise TypeError("a value of the compiled program is not known while its code is written: use select")

    def to_float(self, element: Any) -> Value:
        """The number in the floating type `element` (`ir.FloatType()`, `ir.DoubleType()`), rounded to nearest."""
        kind = self.shaped(element)
        if kind == self.type:
            return self
        if self.is_float:
            narrower = _BITS[str(element)] < self.width
            return Value((self.builder.fptrunc if narrower else self.builder.fpext)(self.ir, kind), self.builder)
        signed = self.signed and self.width > 1
        return Value((self.builder.sitofp if signed else self.builder.uitofp)(self.ir, kind), self.builder)

    def to_integer(self, width: int = 64, signed: bool = True) -> Value:
        """The integer of that many bits: a floating number's whole part, which must be in range.

        Of an integer the low bits; one that grows keeps its value. A truth value becomes 0 or 1.
        """
        kind = self.shaped(ir.IntType(width))
        if self.is_float:
            return Value((self.builder.fptosi if signed else self.builder.fptoui)(self.ir, kind), self.builder, signed)
        if width == self.width:
            return Value(self.ir, self.builder, signed)
        if width < self.width:
            return Value(self.builder.trunc(self.ir, kind), self.builder, signed)
        extend = self.builder.sext if self.signed and self.width > 1 else self.builder.zext
        return Value(extend(self.ir, kind), self.builder, signed)

    def unsigned(self) -> Value:
        """The same bits, read as an integer without a sign."""
        return Value(self.ir, self.builder, False)

    def lane(self, place: int) -> Value:
        """One lane as a number."""
        return self.wrap(self.builder.extract_element(self.ir, ir.Constant(ir.IntType(32), place)))


def _intrinsic(name: str, *operands: Value) -> Value:
    first = operands[0]
    lanes = f"v{first.lanes}" if first.lanes else ""
    full = f"{name}.{lanes}{first.element.intrinsic_name}"
    # the name says what the types are
    function = first.builder.module.globals.get(full)
    if function is None:
        kinds = [operand.type for operand in operands]
        function = ir.Function(first.builder.module, ir.FunctionType(first.type, kinds), full)
    return Value(first.builder.call(function, [operand.ir for operand in operands]), first.builder, first.signed)


def _first_value(operands: Sequence[Any]) -> Value:
    return next(operand for operand in operands if isinstance(operand, Value))


def fma(a: Any, b: Any, c: Any) -> Value:
    """a·b + c, rounded once where the target can, otherwise after each of the two operations."""
    like = _first_value((a, b, c))
    a, b, c = like.operand(a), like.operand(b), like.operand(c)
    return _intrinsic("llvm.fma", a, b, c) if like.builder.has_fma else a * b + c


def select(condition: Value, yes: Any, no: Any) -> Value:
    """`yes` in the lanes where the condition is true, `no` in the others."""
    if not isinstance(yes, Value) and not isinstance(no, Value):
        raise TypeError("one of the two values to select from must be a Value, for its type")
    like = _first_value((yes, no))
    return like.wrap(like.builder.select(condition.ir, like.operand(yes).ir, like.operand(no).ir))


def bits(x: Value) -> Value:
    """The bits of floating numbers, as signed integers of the same width."""
    return Value(x.builder.bitcast(x.ir, x.shaped(ir.IntType(x.width))), x.builder)


def from_bits(x: Value) -> Value:
    """The floating numbers that have these bits."""
    element = {16: ir.HalfType, 32: ir.FloatType, 64: ir.DoubleType}[x.width]()
    return Value(x.builder.bitcast(x.ir, x.shaped(element)), x.builder)


def fabs(x: Value) -> Value:
    """The absolute value; the sign of a zero and of NaN goes."""
    return _intrinsic("llvm.fabs", x)


def copysign(x: Any, sign: Any) -> Value:
    """|x| with the sign of the second operand."""
    like = _first_value((x, sign))
    return _intrinsic("llvm.copysign", like.operand(x), like.operand(sign))


def sqrt(x: Value) -> Value:
    """The square root, rounded to nearest."""
    return _intrinsic("llvm.sqrt", x)


def is_nan(x: Value) -> Value:
    """Whether the value is no number."""
    return Value(x.builder.fcmp_unordered("uno", x.ir, x.ir), x.builder)


def rint(x: Value) -> Value:
    """The nearest whole number, of two the even one; the sign of a zero stays."""
    return _intrinsic("llvm.rint", x) if x.builder.has_fma else _rounded(x)


def floor(x: Value) -> Value:
    """The largest whole number that is not above x."""
    if x.builder.has_fma:
        return _intrinsic("llvm.floor", x)
    whole = _rounded(x)
    return copysign(select(whole > x, whole - 1, whole), x)


def trunc(x: Value) -> Value:
    """The whole number next to x on the side of zero."""
    if x.builder.has_fma:
        return _intrinsic("llvm.trunc", x)
    size = fabs(x)
    whole = _rounded(size)
    return copysign(select(whole > size, whole - 1, whole), x)


def _rounded(x: Value) -> Value:
    """`rint` by arithmetic: adding 2^52 leaves no room for a fraction."""
    large = float(2 ** _MANTISSA[x.width])
    shift = copysign(large, x)
    return select(fabs(x) < large, copysign((x + shift) - shift, x), x)


def maximum(x: Any, y: Any) -> Value:
    """The larger one, the first if they are equal; no number (NaN) if one of them is none, as in NumPy."""
    return _extreme(x, y, lambda a, b: b > a)


def minimum(x: Any, y: Any) -> Value:
    """The smaller one, the first if they are equal; no number (NaN) if one of them is none, as in NumPy."""
    return _extreme(x, y, lambda a, b: b < a)


def _extreme(x: Any, y: Any, second_wins: Callable[[Value, Value], Value]) -> Value:
    like = _first_value((x, y))
    x, y = like.operand(x), like.operand(y)
    winner = select(second_wins(x, y), y, x)
    # a comparison with NaN is false, so that the first operand has won: right unless only the second is NaN
    return select(is_nan(y) & ~is_nan(x), y, winner) if like.is_float else winner


def any_lane(condition: Value) -> Value:
    """Whether the condition is true in any lane, as one truth value."""
    if condition.lanes is None:
        return condition
    word = ir.IntType(condition.lanes)
    packed = condition.builder.bitcast(condition.ir, word)
    return Value(condition.builder.icmp_unsigned("!=", packed, ir.Constant(word, 0)), condition.builder)
