"""Instructions, one method for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

from wengert.compiler.ir.constants import Constant, Operand
from wengert.compiler.ir.module import Block, Function, Joined, Module
from wengert.compiler.ir.shifted import PLACES, Shifted, is_place, rounded, taken_apart
from wengert.compiler.ir.types import ArrayType, IntType, PointerType, Type, VectorType

__all__ = ["IRBuilder"]

_BIT: Final = IntType(1)
_SIGNS: Final = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge", "ord": "ord", "uno": "uno"}
_RARELY: Final = (1, 99)
_MOSTLY: Final = (99, 1)


def _listed(operands: Sequence[Any]) -> str:
    return ", ".join([operand.typed for operand in operands])


def _truth(kind: Any) -> Type:
    """The type of the results of comparing values of a type."""
    return VectorType(_BIT, kind.count) if kind.__class__ is VectorType else _BIT


def _binary(name: str) -> Callable[[IRBuilder, Any, Any], Operand]:
    def build(self: IRBuilder, left: Operand, right: Operand) -> Operand:
        kind = left.type
        return self._pure(kind, f"{name} {left.typed}, {right.text}")

    build.__doc__ = f"LLVM's `{name}`."
    return build


def _conversion(name: str) -> Callable[[IRBuilder, Any, Type], Operand]:
    def build(self: IRBuilder, value: Operand, kind: Type) -> Operand:
        return self._pure(kind, f"{name} {value.typed} to {kind.text}")

    build.__doc__ = f"LLVM's `{name}`."
    return build


class IRBuilder:
    """Writes instructions at the end of a block."""

    block: Block

    def __init__(self, block: Block | None = None) -> None:
        if block is not None:
            self.block = block

    @property
    def basic_block(self) -> Block:
        return self.block

    @property
    def function(self) -> Function:
        """The function that is written."""
        return self.block.function

    @property
    def module(self) -> Module:
        """The module that is written."""
        return self.block.function.module

    # Where instructions go.

    def append_basic_block(self, name: str) -> Block:
        """A further block of the function."""
        return self.block.function.append_basic_block(name)

    def position_at_end(self, block: Block) -> None:
        """Go on in that block."""
        self.block = block

    @contextmanager
    def goto_entry_block(self) -> Iterator[None]:
        """Write what the function does first, for a while."""
        before, self.block = self.block, self.block.function.entry_basic_block
        yield
        self.block = before

    @contextmanager
    def if_then(self, condition: Operand, likely: bool | None = None) -> Iterator[Block]:
        """Write what is done where a condition holds."""
        inside, after = self.append_basic_block("then"), self.append_basic_block("after")
        self.cbranch(condition, inside, after, likely)
        with self._within(inside, after):
            yield after
        self.block = after

    @contextmanager
    def if_else(
        self, condition: Operand
    ) -> Iterator[tuple[AbstractContextManager[None], AbstractContextManager[None]]]:
        """Write what is done where a condition holds, and where it does not."""
        inside, outside = self.append_basic_block("then"), self.append_basic_block("else")
        after = self.append_basic_block("after")
        self.cbranch(condition, inside, outside)
        yield self._within(inside, after), self._within(outside, after)
        self.block = after

    @contextmanager
    def _within(self, block: Block, after: Block) -> Iterator[None]:
        self.block = block
        yield
        if not self.block.terminator:
            self.branch(after)

    # The ends of blocks.

    def branch(self, target: Block) -> None:
        """Go on in another block."""
        self.block.terminator = f"br label %{target.name}"

    def cbranch(self, condition: Operand, yes: Block, no: Block, likely: bool | None = None) -> None:
        """Go on in one of two blocks."""
        weights = "" if likely is None else self.module.weighted(_MOSTLY if likely else _RARELY)
        self.block.terminator = f"br i1 {condition.text}, label %{yes.name}, label %{no.name}{weights}"

    def ret(self, value: Operand) -> None:
        """Return a value."""
        self.block.terminator = f"ret {value.typed}"

    def ret_void(self) -> None:
        """Return."""
        self.block.terminator = "ret void"

    def unreachable(self) -> None:
        """Say that nothing comes here."""
        self.block.terminator = "unreachable"

    # Instructions in general.

    def _name(self) -> str:
        function = self.block.function
        function.numbers += 1
        return f"%v{function.numbers}"

    def _pure(self, type: Type, text: str) -> Operand:
        """The result of an instruction that does nothing else, and which therefore is needed once."""
        return self.block.pure(type, text)

    def _effect(self, type: Type, text: str) -> Operand:
        """The result of an instruction that must run as often as it stands here."""
        name = self._name()
        self.block.lines.append(f"{name} = {text}")
        return Operand(type, name)

    # Arithmetic.

    def add(self, left: Any, right: Any) -> Operand:
        """The sum of integers."""
        if left.__class__ is Constant and right.__class__ is not Constant:
            left, right = right, left
        if right.__class__ is Constant and right.constant == 0:
            return left  # type: ignore[no-any-return]
        if left.__class__ is Shifted or right.__class__ is Shifted or is_place(left, right):
            one, distance = taken_apart(left)
            other, further = taken_apart(right)
            return self._shifted(one if other is None else self.add(one, other), distance + further)
        return self._folded("add", left, right, lambda a, b: a + b)

    def sub(self, left: Any, right: Any) -> Operand:
        """The difference of integers."""
        if right.__class__ is Constant and right.constant == 0:
            return left  # type: ignore[no-any-return]
        if left.__class__ is Shifted or right.__class__ is Shifted or is_place(left, right):
            one, distance = taken_apart(left)
            other, less = taken_apart(right)
            if one is not None:
                return self._shifted(one if other is None else self.sub(one, other), distance - less)
        return self._folded("sub", left, right, lambda a, b: a - b)

    def mul(self, left: Any, right: Any) -> Operand:
        """The product of integers."""
        if left.__class__ is Constant and right.__class__ is not Constant:
            left, right = right, left
        if right.__class__ is Constant and right.constant == 1:
            return left  # type: ignore[no-any-return]
        if left.__class__ is Shifted and right.__class__ is Constant:
            return self._shifted(self.mul(left.origin, right), left.distance * right.constant)
        return self._folded("mul", left, right, lambda a, b: a * b)

    def _shifted(self, value: Operand, distance: int) -> Operand:
        """An integer plus a known distance."""
        distance = rounded(distance, PLACES)
        if value.__class__ is Shifted:
            value, distance = value.origin, rounded(value.distance + distance, PLACES)  # type: ignore[attr-defined]
        if value.__class__ is Constant:
            return Constant(value.type, rounded(value.constant + distance, PLACES))
        return Shifted(self.block, value, distance) if distance else value

    def _folded(self, name: str, left: Any, right: Any, compute: Callable[[int, int], int]) -> Operand:
        kind = left.type
        if left.__class__ is Constant and right.__class__ is Constant and kind.__class__ is IntType:
            return Constant(kind, rounded(compute(left.constant, right.constant), kind.width))
        return self._pure(left.type, f"{name} {left.typed}, {right.text}")

    fadd = _binary("fadd")
    fsub = _binary("fsub")
    fmul = _binary("fmul")
    fdiv = _binary("fdiv")
    sdiv = _binary("sdiv")
    udiv = _binary("udiv")
    srem = _binary("srem")
    urem = _binary("urem")
    and_ = _binary("and")
    xor = _binary("xor")
    shl = _binary("shl")
    ashr = _binary("ashr")
    lshr = _binary("lshr")

    def or_(self, left: Any, right: Any) -> Operand:
        """The bits that are set in one of two integers."""
        if left.__class__ is Constant and left.constant == 0:
            return right  # type: ignore[no-any-return]
        return self._pure(left.type, f"or {left.typed}, {right.text}")

    def neg(self, value: Operand) -> Operand:
        """The integer with the other sign."""
        return self._pure(value.type, f"sub {value.type.text} zeroinitializer, {value.text}")

    def fneg(self, value: Operand) -> Operand:
        """The floating number with the other sign."""
        return self._pure(value.type, f"fneg {value.typed}")

    # Comparisons.

    def icmp_signed(self, sign: str, left: Operand, right: Operand) -> Operand:
        """Compare integers."""
        prefix = "" if sign in ("==", "!=") else "s"
        return self._pure(_truth(left.type), f"icmp {prefix}{_SIGNS[sign]} {left.typed}, {right.text}")

    def icmp_unsigned(self, sign: str, left: Operand, right: Operand) -> Operand:
        """Compare integers without a sign."""
        prefix = "" if sign in ("==", "!=") else "u"
        return self._pure(_truth(left.type), f"icmp {prefix}{_SIGNS[sign]} {left.typed}, {right.text}")

    def fcmp_ordered(self, sign: str, left: Operand, right: Operand) -> Operand:
        """Compare floating numbers; false where one is NaN."""
        prefix = "" if sign in ("ord", "uno") else "o"
        return self._pure(_truth(left.type), f"fcmp {prefix}{_SIGNS[sign]} {left.typed}, {right.text}")

    def fcmp_unordered(self, sign: str, left: Operand, right: Operand) -> Operand:
        """Compare floating numbers; true where one is NaN."""
        prefix = "" if sign in ("ord", "uno") else "u"
        return self._pure(_truth(left.type), f"fcmp {prefix}{_SIGNS[sign]} {left.typed}, {right.text}")

    def select(self, condition: Operand, yes: Operand, no: Operand) -> Operand:
        """One of two values, lane by lane if the condition is a vector."""
        return self._pure(
            yes.type,
            f"select {condition.typed}, {yes.typed}, {no.typed}",
        )

    # Other types.

    def bitcast(self, value: Any, kind: Type) -> Operand:
        """The same bits as a value of another type."""
        if value.type.text == kind.text:
            return value  # type: ignore[no-any-return]
        return self._pure(kind, f"bitcast {value.typed} to {kind.text}")

    trunc = _conversion("trunc")
    zext = _conversion("zext")
    sext = _conversion("sext")
    fptrunc = _conversion("fptrunc")
    fpext = _conversion("fpext")
    sitofp = _conversion("sitofp")
    uitofp = _conversion("uitofp")
    fptosi = _conversion("fptosi")
    fptoui = _conversion("fptoui")
    ptrtoint = _conversion("ptrtoint")
    inttoptr = _conversion("inttoptr")

    # Parts of vectors and structures.

    def insert_element(self, vector: Operand, value: Operand, place: Operand) -> Operand:
        """The vector with another value in one lane."""
        return self._pure(
            vector.type,
            f"insertelement {vector.typed}, {value.typed}, {place.typed}",
        )

    def extract_element(self, vector: Operand, place: Operand) -> Operand:
        """One lane."""
        return self._pure(vector.type.element, f"extractelement {vector.typed}, {place.typed}")

    def shuffle_vector(self, one: Operand, other: Operand, places: Operand) -> Operand:
        """A vector of lanes of two vectors."""
        kind = VectorType(one.type.element, places.type.count)
        return self._pure(
            kind,
            f"shufflevector {one.typed}, {other.typed}, {places.typed}",
        )

    def insert_value(self, structure: Operand, value: Operand, place: int) -> Operand:
        """The structure with another member."""
        return self._pure(
            structure.type,
            f"insertvalue {structure.typed}, {value.typed}, {place}",
        )

    def extract_value(self, structure: Operand, place: int) -> Operand:
        """One member."""
        return self._pure(
            structure.type.elements[place],
            f"extractvalue {structure.typed}, {place}",
        )

    # Memory.

    def alloca(self, kind: Type, size: int | None = None) -> Operand:
        """Memory of the function's own, for one value or for several."""
        return self._effect(PointerType(kind), f"alloca {kind.text}" + (f", i32 {size}" if size else ""))

    def gep(
        self, address: Operand, places: Sequence[Operand], inbounds: bool = False, source_etype: Type | None = None
    ) -> Operand:
        """The address of an entry: so many values of `source_etype` further, and then inside of it."""
        kind: Any = source_etype or address.type.pointee
        if len(places) == 1 and places[0].__class__ is Constant and places[0].constant == 0:
            return Operand(PointerType(kind), address.text)
        if len(places) == 1 and places[0].__class__ is Shifted:
            # all neighbours are so many bytes from one address, which itself need not be inside
            start = self.gep(address, [places[0].origin], source_etype=kind)
            return self.gep(start, [Constant(places[0].type, places[0].distance)], source_etype=kind)
        how = "inbounds " if inbounds else ""
        text = f"getelementptr {how}{kind.text}, ptr {address.text}, {_listed(places)}"
        for _ in places[1:]:
            assert isinstance(kind, ArrayType)
            kind = kind.element
        return self._pure(PointerType(kind), text)

    def load(self, address: Operand, align: int | None = None, typ: Type | None = None) -> Operand:
        """What stands in memory."""
        kind = typ or address.type.pointee
        aligned = f", align {align}" if align else ""
        text = f"load {kind.text}, ptr {address.text}{aligned}"
        found = self.block.read.get(text)
        if found is None:
            found = self._effect(kind, text)
            self.block.read[text] = found
        return found

    def store(self, value: Operand, address: Operand, align: int | None = None) -> None:
        """Write into memory."""
        aligned = f", align {align}" if align else ""
        line = f"store {value.typed}, ptr {address.text}{aligned}"
        self.block.lines.append(line)
        self.block.read.clear()

    # Calls, and values that depend on the way.

    def call(self, function: Any, operands: Sequence[Operand]) -> Operand:
        """Call a function, or what stands at an address whose type says what is there."""
        kind = function.type.pointee
        text = f"call {kind.returned.text} {function.text}({_listed(operands)})"
        if kind.returned.text == "void":
            self.block.lines.append(text)
            self.block.read.clear()
            return Operand(kind.returned, "")
        if function.__class__ is Function and function.is_pure:
            return self._pure(kind.returned, text)
        self.block.read.clear()
        return self._effect(kind.returned, text)

    def phi(self, kind: Type) -> Joined:
        """A value that depends on the block that came before."""
        joined = Joined(kind, self._name())
        self.block.phis.append(joined)
        return joined
