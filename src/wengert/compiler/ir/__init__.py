"""LLVM's intermediate representation, written as text.

The names are those of `llvmlite.ir`, whose objects are general and therefore slow to make: an instruction here is a
line as soon as it is built. Equal instructions of one block are one, and integers that are known are computed, so that
LLVM has less to read.

Source: LLVM Language Reference Manual.
"""

from wengert.compiler.ir.builder import IRBuilder
from wengert.compiler.ir.constants import Constant, Operand, Undefined, splat
from wengert.compiler.ir.module import Block, Function, GlobalVariable, Module
from wengert.compiler.ir.types import (
    ArrayType,
    DoubleType,
    FloatType,
    FunctionType,
    HalfType,
    IntType,
    LiteralStructType,
    PointerType,
    Type,
    VectorType,
    VoidType,
)

__all__ = [
    "ArrayType",
    "Block",
    "Constant",
    "DoubleType",
    "FloatType",
    "Function",
    "FunctionType",
    "GlobalVariable",
    "HalfType",
    "IRBuilder",
    "IntType",
    "LiteralStructType",
    "Module",
    "Operand",
    "PointerType",
    "Type",
    "Undefined",
    "VectorType",
    "VoidType",
    "splat",
]
