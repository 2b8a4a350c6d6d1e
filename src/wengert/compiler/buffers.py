"""Arrays in memory as loops meet them: single entries, and vectors of them along one of the loops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from wengert.compiler import entrywise, ir
from wengert.compiler.counting import number
from wengert.compiler.interleaving import interleaved, joined, parted, piece, register_lanes
from wengert.compiler.shape import Access
from wengert.compiler.values import Builder, Value

__all__ = ["Buffer", "as_stored", "spread", "stored_type"]

BYTE: Final = ir.IntType(8)
WORD: Final = ir.IntType(32)


def stored_type(dtype: np.dtype[Any]) -> Any:
    """LLVM's type of one number in memory: a truth value takes a byte."""
    return BYTE if dtype.kind == "b" else entrywise.element(dtype)


def as_stored(value: Value) -> Any:
    """A value as it is written to memory."""
    return value.to_integer(8).ir if value.width == 1 else value.ir


def spread(builder: Builder, one: Any, lanes: int) -> Any:
    """One of LLVM's numbers in every lane."""
    kind = ir.VectorType(one.type, lanes)
    first = builder.insert_element(ir.Constant(kind, ir.Undefined), one, ir.Constant(WORD, 0))
    places = ir.splat(ir.VectorType(WORD, lanes), 0)
    return builder.shuffle_vector(first, ir.Constant(kind, ir.Undefined), places)


class Buffer:
    """The entries of an array, by the places of loops of which the one numbered `vector` runs in vectors."""

    def __init__(
        self, builder: Builder, access: Access, start: Any, dtype: np.dtype[Any], vector: int, group: int = 0
    ) -> None:
        self.builder = builder
        self.access = access
        self.start = start
        self.dtype = dtype
        self.type = stored_type(dtype)
        self.vector = vector
        # so many entries along the last loop stand beside one another, and those of the vector's next place behind
        self.group = group
        # the same of entries of which only one is read: how many, and which one
        self.beside = (0, 0)

    def at(self, start: Any) -> Buffer:
        """Another array, whose entries stand in the same order."""
        return Buffer(self.builder, self.access, start, self.dtype, self.vector)

    def get(self, places: Sequence[Any], lanes: int | None, fitting: Value | None = None) -> Value:
        """The entry at a place, or of so many neighbours; of lanes that are not `fitting` nothing is read."""
        loaded = Value(self._loaded(places, lanes, fitting), self.builder, self.dtype.kind != "u")
        return loaded != 0 if self.dtype.kind == "b" else loaded

    def holds_group(self, values: Sequence[Value]) -> bool:
        """Whether vectors are all those that stand beside one another."""
        lanes = values[0].lanes if values else None
        return lanes is not None and len(values) == self.group and register_lanes(lanes) is not None

    def combine(self, places: Sequence[Any], values: Sequence[Value], how: Callable[[Value, Value], Value]) -> None:
        """Combine vectors with what stands there already: one for each entry of the group, which begins at a place."""
        builder, lanes = self.builder, values[0].lanes
        assert lanes is not None
        width = register_lanes(lanes)
        assert width is not None
        first = self.address(places, True)
        for start in range(0, lanes, width):
            vectors = interleaved(builder, [piece(builder, value.ir, start, width) for value in values])
            for at, vector in enumerate(vectors):
                offset = number(start * self.group + at * width)
                address = builder.gep(first, [offset], inbounds=True, source_etype=self.type)
                present = values[0].wrap(self._load(address, vector.type))
                builder.store(how(present, present.wrap(vector)).ir, address, align=self.dtype.itemsize)

    def put(self, places: Sequence[Any], value: Value) -> None:
        """Write an entry, or as many neighbours as the value has lanes."""
        builder, lanes = self.builder, value.lanes
        given, address = as_stored(value), self.address(places, True)
        stride = self.access.strides[self.vector] if lanes else 1
        if stride == 1:
            builder.store(given, address, align=self.dtype.itemsize)
            return
        assert lanes is not None
        for lane in range(lanes):
            place = builder.gep(address, [number(lane * stride)], inbounds=True, source_etype=self.type)
            one = builder.extract_element(given, ir.Constant(WORD, lane))
            builder.store(one, place, align=self.dtype.itemsize)

    def address(self, places: Sequence[Any], inside: bool) -> Any:
        """Where the entry at a place stands; a place that is `inside` is one of the array's."""
        builder = self.builder
        offset: Any = number(self.access.offset)
        for place, stride in zip(places, self.access.strides, strict=True):
            if stride:
                offset = builder.add(offset, builder.mul(place, number(stride)) if stride != 1 else place)
        return builder.gep(self.start, [offset], inbounds=inside, source_etype=self.type)

    def _load(self, address: Any, kind: Any) -> Any:
        return self.builder.load(address, align=self.dtype.itemsize, typ=kind)

    def _loaded(self, places: Sequence[Any], lanes: int | None, fitting: Value | None) -> Any:
        address = self.address(places, fitting is None)
        if lanes is None:
            return self._load(address, self.type)
        stride = self.access.strides[self.vector]
        if stride == 0:
            return spread(self.builder, self._load(address, self.type), lanes)
        kind = ir.VectorType(self.type, lanes)
        if stride == 1:
            return self._load(address, kind) if fitting is None else self._load_fitting(address, kind, fitting)
        in_group = self.group and fitting is None and isinstance(places[-1], ir.Constant)
        in_group = in_group or (stride == self.beside[0] and fitting is None)
        width = register_lanes(lanes) if in_group else None
        if width is not None:
            return self._regrouped(places, lanes, width)
        return self._gathered(address, kind, stride, fitting)

    def _regrouped(self, places: Sequence[Any], lanes: int, width: int) -> Any:
        """Every so manieth entry, from whole vectors."""
        builder, kind = self.builder, ir.VectorType(self.type, width)
        group, which = self.beside
        if group:
            first = builder.gep(self.address(places, True), [number(-which)], source_etype=self.type)
        else:
            group, which = self.group, int(places[-1].constant)
            first = self.address((*places[:-1], number(0)), True)
        parts = []
        for start in range(0, lanes * group, width * group):
            offsets = [number(start + at * width) for at in range(group)]
            addresses = [builder.gep(first, [offset], inbounds=True, source_etype=self.type) for offset in offsets]
            vectors = [self._load(address, kind) for address in addresses]
            parts.append(parted(builder, vectors, which))
        return joined(builder, parts)

    def _gathered(self, address: Any, kind: Any, stride: int, fitting: Value | None) -> Any:
        """Entries that stand apart, one after the other."""
        builder = self.builder
        gathered: Any = ir.Constant(kind, ir.Undefined)
        for lane in range(kind.count):
            place = builder.gep(address, [number(lane * stride)], source_etype=self.type)
            if fitting is not None:
                # any entry will do where none is used
                place = builder.select(fitting.lane(lane).ir, place, self.start)
            gathered = builder.insert_element(gathered, self._load(place, self.type), ir.Constant(WORD, lane))
        return gathered

    def _load_fitting(self, address: Any, kind: Any, fitting: Value) -> Any:
        """The entries of some lanes, zero in the others, of which nothing is read."""
        module = self.builder.module
        name = f"llvm.masked.load.v{kind.count}{kind.element.intrinsic_name}.p0"
        function = module.globals.get(name)
        if function is None:
            operands = [ir.PointerType(), WORD, fitting.type, kind]
            function = ir.Function(module, ir.FunctionType(kind, operands), name)
        nothing = ir.Constant(kind, [ir.Constant(kind.element, 0)] * kind.count)
        return self.builder.call(function, [address, ir.Constant(WORD, 1), fitting.ir, nothing])
