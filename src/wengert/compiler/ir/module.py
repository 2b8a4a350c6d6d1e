"""Modules of LLVM's language: functions, and the blocks of instructions that they are made of."""

from __future__ import annotations

from typing import Any

from wengert.compiler.ir.constants import Constant, Operand
from wengert.compiler.ir.types import FunctionType, PointerType, Type

__all__ = ["Block", "Function", "GlobalVariable", "Joined", "Module"]


class Module:
    """Functions and constants that are compiled together."""

    def __init__(self, name: str = "wengert") -> None:
        self.name = name
        self.triple = ""
        self.globals: dict[str, Function | GlobalVariable] = {}
        # how often a branch is taken, beside the other way
        self.weights: list[tuple[int, int]] = []
        self._counts: dict[str, int] = {}

    @property
    def functions(self) -> list[Function]:
        """The functions, those that are found elsewhere included."""
        return [part for part in self.globals.values() if isinstance(part, Function)]

    def get_unique_name(self, name: str) -> str:
        """A name that begins so and that nothing has."""
        unique = name
        while unique in self.globals:
            self._counts[name] = self._counts.get(name, 0) + 1
            unique = f"{name}.{self._counts[name]}"
        return unique

    def declared(self, name: str, kind: FunctionType) -> Function:
        """The function of that name, which is found elsewhere if the module has none."""
        found = self.globals.get(name)
        return found if isinstance(found, Function) else Function(self, kind, name)

    def constant(self, kind: Type, value: Any) -> GlobalVariable:
        """A constant in memory, for a routine that takes its address."""
        content = Constant(kind, value)
        name = f"constant {content.typed}"
        found = self.globals.get(name)
        if isinstance(found, GlobalVariable):
            return found
        made = GlobalVariable(self, kind, name)
        made.initializer, made.linkage, made.global_constant = content, "internal", True
        return made

    def weighted(self, weights: tuple[int, int]) -> str:
        """What stands behind a branch of which one way is taken that much more often than the other."""
        if weights not in self.weights:
            self.weights.append(weights)
        return f", !prof !{self.weights.index(weights)}"

    def __str__(self) -> str:
        parts = [f'source_filename = "{self.name}"']
        if self.triple:
            parts.append(f'target triple = "{self.triple}"')
        parts += [part.written() for part in self.globals.values()]
        for number, (one, other) in enumerate(self.weights):
            parts.append(f'!{number} = !{{!"branch_weights", i32 {one}, i32 {other}}}')
        return "\n".join(parts) + "\n"


class GlobalVariable(Operand):
    """A value in memory that a module brings; as an operand, its address."""

    __slots__ = ("global_constant", "initializer", "kind", "linkage")

    def __init__(self, module: Module, kind: Type, name: str) -> None:
        super().__init__(PointerType(kind), f'@"{name}"')
        self.kind = kind
        self.initializer: Any = None
        self.linkage = ""
        self.global_constant = False
        module.globals[name] = self

    def written(self) -> str:
        """The definition."""
        sort = "constant" if self.global_constant else "global"
        return f"{self.text} = {self.linkage or 'external'} {sort} {self.initializer.typed}"


class Function(Operand):
    """A function; as an operand, its address. Without blocks it is found elsewhere."""

    __slots__ = ("args", "attributes", "blocks", "is_pure", "kind", "linkage", "module", "name", "names", "numbers")

    def __init__(self, module: Module, kind: FunctionType, name: str) -> None:
        super().__init__(PointerType(kind), f'@"{name}"')
        self.module = module
        self.kind = kind
        self.name = name
        self.linkage = ""
        self.attributes: set[str] = set()
        self.blocks: list[Block] = []
        self.args = [Operand(type, f"%a{number}") for number, type in enumerate(kind.operands)]
        # what LLVM itself provides for numbers depends on its operands alone
        self.is_pure = name.startswith("llvm.") and not name.startswith("llvm.masked.")
        self.numbers = 0
        self.names: dict[str, int] = {}
        module.globals[name] = self

    @property
    def is_declaration(self) -> bool:
        """Whether it is found elsewhere."""
        return not self.blocks

    @property
    def entry_basic_block(self) -> Block:
        """What runs first."""
        return self.blocks[0]

    def append_basic_block(self, name: str = "block") -> Block:
        """A block without instructions; its name need not be another one."""
        number = self.names[name] = self.names.get(name, -1) + 1
        block = Block(self, f"{name}.{number}" if number else name)
        self.blocks.append(block)
        return block

    def written(self) -> str:
        """The definition, or the declaration."""
        returned = self.kind.returned.text
        if not self.blocks:
            return f"declare {returned} {self.text}({', '.join([kind.text for kind in self.kind.operands])})"
        operands = ", ".join([operand.typed for operand in self.args])
        attributes = " ".join(sorted(self.attributes))
        lines = [f"define {self.linkage} {returned} {self.text}({operands}) {attributes} {{"]
        for block in self.blocks:
            lines.append(f"{block.name}:")
            lines += [phi.line() for phi in block.phis]
            lines += block.lines
            lines.append(block.terminator)
        lines.append("}")
        return "\n".join(lines)


class Block:
    """Instructions that run one after the other."""

    __slots__ = ("function", "known", "lines", "name", "phis", "read", "terminator")

    def __init__(self, function: Function, name: str) -> None:
        self.function = function
        self.name = name
        self.phis: list[Joined] = []
        self.lines: list[str] = []
        self.terminator = ""
        # instructions without effects by their text: the second one is the first one
        self.known: dict[str, Operand] = {}
        # what was read from memory since it was last written
        self.read: dict[str, Operand] = {}

    @property
    def is_terminated(self) -> bool:
        return bool(self.terminator)

    def pure(self, type: Type, text: str) -> Operand:
        """The result of an instruction that does nothing else, and which therefore is needed once."""
        found = self.known.get(text)
        if found is None:
            function = self.function
            number = function.numbers = function.numbers + 1
            name = f"%v{number}"
            found = self.known[text] = Operand(type, name)
            self.lines.append(f"{name} = {text}")
        return found


class Joined(Operand):
    """A value that depends on the block from which its own is reached."""

    __slots__ = ("incoming",)

    def __init__(self, type: Type, text: str) -> None:
        super().__init__(type, text)
        self.incoming: list[tuple[str, Block]] = []

    def add_incoming(self, value: Operand, block: Block) -> None:
        """The value when the block comes first that is given here."""
        self.incoming.append((value.text, block))

    def line(self) -> str:
        """The instruction."""
        ways = ", ".join([f"[{value}, %{block.name}]" for value, block in self.incoming])
        return f"{self.text} = phi {self.type.text} {ways}"
