"""From tokens to operations, by two stacks: what waits for an operand, and the operands. Nothing here recurses."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from wengert.calculus.parse.calls import NO_ARRAYS, bare_function, call, creation, method, path_function, written_power
from wengert.calculus.parse.functions import CONSTANTS, CREATORS, FUNCTIONS, METHODS
from wengert.calculus.parse.nodes import Node, Tree
from wengert.calculus.parse.pointing import at_character, rejected, shown
from wengert.calculus.parse.tokens import Token, tokens
from wengert.errors import ParseError

__all__ = ["DEEPEST", "MOST", "read"]

DEEPEST: Final = 100
# names, numbers and operations of a formula
MOST: Final = 1000

_BINARY: Final = {
    "matlab": {"+": 10, "-": 10, "*": 20, "/": 20, "\\": 20, ".*": 20, "./": 20, "^": 40, ".^": 40},
    "numpy": {"+": 10, "-": 10, "*": 20, "/": 20, "@": 20, "**": 40},
}
MODULES: Final = ("np", "numpy", "scipy")
_SIGN: Final = 30
_POWER: Final = 40
# the sign of an exponent binds tighter than the power in MATLAB's language, where A^-1' is (A^-1)'
_SIGN_OF_EXPONENT: Final = 45
_POWERS: Final = ("^", ".^", "**")


@dataclass(slots=True)
class _Waiting:
    """An operator that waits for its right operand, or a bracket that waits to be closed."""

    symbol: str
    position: int
    level: int = 0
    function: str = ""
    receiver: int | None = None
    arguments: list[tuple[str, int]] = field(default_factory=list)
    keyword: str = ""
    start: int = 0
    bare: bool = False

    @property
    def is_bracket(self) -> bool:
        return self.symbol in ("(", "call")


class _Reader:
    def __init__(self, text: str, language: str) -> None:
        self.tree = Tree(text, language, [], set())
        self.numpy = language == "numpy"
        self.tokens = tokens(text, language)
        self.place = 0
        self.operands: list[int] = []
        self.waiting: list[_Waiting] = []
        self.depths: list[int] = []

    def read(self) -> Tree:
        wants_operand = True
        while True:
            token = self.tokens[self.place]
            self.place += 1
            if wants_operand:
                wants_operand = self.operand(token)
            elif token.kind == "end":
                break
            else:
                wants_operand = self.after_operand(token)
        self.reduce(0)
        if self.waiting:
            bracket = self.tree.text.index("(", self.waiting[-1].position)
            complaint = f"expected `)` for the bracket {at_character(bracket)}, but the text ends"
            raise self.rejected(bracket, complaint, "Close the bracket, or take it out.")
        self.usable(self.operands[-1])
        return self.tree

    def rejected(self, position: int, complaint: str, advice: str) -> ParseError:
        return rejected(self.tree.text, position, complaint, advice)

    def push(self, node: Node) -> None:
        depths = [self.depths[operand] for operand in node.operands]
        # a sum of many terms is long, and not deep; a product of many factors is both
        chain = len(depths) == 2 and node.operation in ("+", "-")
        self.depths.append(max(depths[0], depths[1] + 1) if chain else 1 + max(depths, default=0))
        if self.depths[-1] > DEEPEST:
            raise self.too_deep(node.position)
        if len(self.tree.nodes) == MOST:
            complaint = f"the formula has more than {MOST} names, numbers and operations {at_character(node.position)}"
            raise self.rejected(node.position, complaint, "Write a shorter formula.")
        self.tree.nodes.append(node)
        self.operands.append(len(self.tree.nodes) - 1)

    def too_deep(self, position: int) -> ParseError:
        complaint = f"what is reached {at_character(position)} is nested more than {DEEPEST} deep"
        return self.rejected(position, complaint, "Write a shorter formula.")

    def wait(self, entry: _Waiting) -> bool:
        self.waiting.append(entry)
        if len(self.waiting) > DEEPEST:
            raise self.too_deep(entry.position)
        return True

    def following(self, text: str) -> bool:
        return self.tokens[self.place].text == text

    def operand(self, token: Token) -> bool:
        """Take a token where an operand must begin; whether one is still wanted."""
        if token.kind == "number":
            self.push(Node("number", (), token.start, token.start, token.end, token.value, fixed=True))
        elif token.kind == "quoted":
            self.push(Node("literal", (), token.start, token.start, token.end, token.value))
        elif token.kind == "name":
            return self.name(token)
        elif token.text == "(":
            return self.wait(_Waiting("(", token.start, start=token.start))
        elif token.text in ("+", "-"):
            exponent = bool(self.waiting) and not self.numpy and self.waiting[-1].level >= _POWER
            level = _SIGN_OF_EXPONENT if exponent else _SIGN
            return self.wait(_Waiting("sign" + token.text, token.start, level, start=token.start))
        elif token.text == ")" and self.may_close():
            self.close(token, trailing_comma=self.tokens[self.place - 2].text == ",")
        else:
            raise self.unexpected(token)
        return False

    def may_close(self) -> bool:
        """Whether a bracket may be closed where an operand could begin: after `f(`, or after a comma."""
        if not self.waiting or not self.waiting[-1].is_bracket:
            return False
        bracket, previous = self.waiting[-1], self.tokens[self.place - 2]
        return (bracket.symbol == "call" and previous.text == "(") or (self.numpy and previous.text == ",")

    def unexpected(self, token: Token) -> ParseError:
        found = "the text ends" if token.kind == "end" else f"found {shown(token.text)}"
        complaint = f"expected a name, a number or an opening bracket {at_character(token.start)}, but {found}"
        if self.waiting and not self.waiting[-1].is_bracket:
            symbol = self.waiting[-1].symbol.removeprefix("sign")
            advice = f"Write the operand that belongs to the {shown(symbol)}, or take the {shown(symbol)} out."
        elif token.text == "[":
            advice = "Give an array a name instead of writing out its entries."
        else:
            advice = "Take it out, or write what belongs before it." if token.text else "Write a formula, as x'*A*x."
        return self.rejected(token.start, complaint, advice)

    def name(self, token: Token) -> bool:
        if self.numpy and token.text in MODULES and self.following("."):
            return self.path(token)
        if self.following("("):
            function = bare_function(self.tree, token)
            return self.open_call(_Waiting("call", token.start, function=function, start=token.start, bare=True))
        begins = self.tokens[self.place - 2].text in ("(", ",")
        if self.following("=") and begins and self.waiting and self.waiting[-1].symbol == "call":
            self.place += 1
            self.waiting[-1].keyword = token.text
            return True
        node = Node("name", (), token.start, token.start, token.end, token.text)
        if token.text in ("True", "False", "None"):
            node = Node("literal", (), token.start, token.start, token.end, _literal(token.text))
        elif token.text in CONSTANTS:
            node = Node("number", (), token.start, token.start, token.end, CONSTANTS[token.text], fixed=True)
        elif not self.numpy and token.text in ("eye", "ones", "zeros"):
            node = creation(self.tree, token.text, [], token.start)
        elif token.text in FUNCTIONS or token.text in CREATORS or token.text in MODULES:
            complaint = f"{shown(token.text)} {at_character(token.start)} is a function without its argument"
            if token.text in MODULES:
                complaint = f"{shown(token.text)} {at_character(token.start)} is the module, and no array"
            raise self.rejected(token.start, complaint, f"Call it, as {token.text}(x), or choose another name.")
        node.start, node.end = token.start, token.end
        self.push(node)
        return False

    def open_call(self, entry: _Waiting) -> bool:
        self.place += 1
        return self.wait(entry)

    def path(self, token: Token) -> bool:
        """A function of NumPy under its whole name."""
        words: list[str] = []
        while self.following("."):
            name = self.tokens[self.place + 1]
            if name.kind != "name":
                break
            words.append(name.text)
            self.place += 2
        last = self.tokens[self.place - 1]
        if len(words) == 1 and words[0] in CONSTANTS:
            self.push(Node("number", (), token.start, token.start, last.end, CONSTANTS[words[0]], fixed=True))
            return False
        if not words:
            complaint = f"expected the name of a function {at_character(last.end + 1)}, after {shown(token.text + '.')}"
            raise self.rejected(last.end, complaint, "Write it, as np.exp(x).")
        function = path_function(self.tree, token, words)
        if not self.following("("):
            complaint = f"{shown(self.tree.text[token.start : last.end])} {at_character(token.start)} is not called"
            raise self.rejected(token.start, complaint, "Write its arguments in brackets after it.")
        return self.open_call(_Waiting("call", token.start, function=function, start=token.start))

    def after_operand(self, token: Token) -> bool:
        """Take a token where an operand has ended; whether another one is wanted."""
        level = _BINARY[self.tree.language].get(token.text) if token.kind == "operator" else None
        if level is not None:
            return self.binary(token, level)
        if token.text in ("'", ".'"):
            self.reduce(_POWER)
            self.unary("'", token, self.operands.pop())
        elif token.text == "." and self.numpy:
            return self.attribute()
        elif token.text == "[":
            self.index(token)
        elif token.text == "," and self.waiting:
            self.argument(token)
            return True
        elif token.text == ")":
            self.reduce(0)
            if not self.waiting:
                complaint = f"the bracket {at_character(token.start)} closes nothing"
                raise self.rejected(token.start, complaint, "Take it out, or open it before.")
            self.argument(token)
            self.close(token)
        else:
            raise self.no_operator(token)
        return False

    def no_operator(self, token: Token) -> ParseError:
        complaint = f"expected an operator {at_character(token.start)}, but found {shown(token.text)}"
        advice = "Write the product with an operator, as 2*x." if token.kind != "operator" else "Take it out."
        if token.text == "(":
            advice = "Write the product with an operator before the bracket."
        return self.rejected(token.start, complaint, advice)

    def binary(self, token: Token, level: int) -> bool:
        power = token.text in _POWERS
        if power and not self.numpy and self.waiting and self.waiting[-1].level >= _POWER:
            complaint = f"the power {at_character(token.start)} follows another one, which languages read differently"
            raise self.rejected(token.start, complaint, "Write (a^b)^c or a^(b^c).")
        self.reduce(level + 1 if token.text == "**" else level)
        return self.wait(_Waiting(token.text, token.start, level))

    def reduce(self, level: int) -> None:
        """Give all waiting operators that bind at least so tightly their right operand."""
        while self.waiting and not self.waiting[-1].is_bracket and self.waiting[-1].level >= level:
            entry = self.waiting.pop()
            right = self.operands.pop()
            token = Token("operator", entry.symbol, entry.position)
            if entry.symbol.startswith("sign"):
                self.unary(entry.symbol.removeprefix("sign"), token, right)
            else:
                self.join(token, self.operands.pop(), right)

    def unary(self, symbol: str, token: Token, operand: int) -> None:
        self.usable(operand)
        inner = self.tree.nodes[operand]
        if symbol == "+":
            self.operands.append(operand)
            return
        start, end = (inner.start, token.end) if symbol == "'" else (token.start, inner.end)
        if symbol == "-" and inner.operation == "number":
            self.push(Node("number", (), token.start, start, end, -inner.value, fixed=True))
            return
        operation = "negative" if symbol == "-" else "'"
        self.push(Node(operation, (operand,), token.start, start, end, fixed=inner.fixed))

    def join(self, token: Token, left: int, right: int) -> None:
        self.usable(left)
        self.usable(right)
        one, other = self.tree.nodes[left], self.tree.nodes[right]
        if token.text in _POWERS and other.operation == "number" and one.operation != "number":
            written_power(self.tree, right)
        node = Node(token.text, (left, right), token.start, one.start, other.end, fixed=one.fixed and other.fixed)
        if one.operation == other.operation == "number":
            value = _folded(token.text, one.value, other.value)
            if value is None:
                complaint = f"{shown(token.text)} {at_character(token.start)} does not give a finite number"
                raise self.rejected(token.start, complaint, "Write numbers of which the result is finite.")
            node = Node("number", (), token.start, one.start, other.end, value, fixed=True)
        self.push(node)

    def usable(self, operand: int) -> None:
        """Refuse a tuple, a shape or a word where an array must stand."""
        node = self.tree.nodes[operand]
        if node.operation in NO_ARRAYS:
            what, advice = NO_ARRAYS[node.operation]
            complaint = f"expected an array or a number {at_character(node.start)}, but found {what}"
            raise self.rejected(node.start, complaint, advice)

    def attribute(self) -> bool:
        name = self.tokens[self.place]
        if name.kind != "name":
            found = "the text ends" if name.kind == "end" else f"found {shown(name.text)}"
            complaint = f"expected T, shape, size, real or a method {at_character(name.start)}, but {found}"
            raise self.rejected(name.start, complaint, "Write what is taken of the array, or take the dot out.")
        self.place += 1
        receiver = self.operands[-1]
        self.usable(receiver)
        if self.following("("):
            function = method(self.tree, name)
            start = self.tree.nodes[receiver].start
            return self.open_call(_Waiting("call", name.start, 0, function, self.operands.pop(), start=start))
        if name.text not in ("T", "shape", "size", "real"):
            complaint = f"expected T, shape, size or real {at_character(name.start)}, but found {shown(name.text)}"
            if name.text in METHODS:
                raise self.rejected(name.start, complaint, f"Call the method: .{name.text}().")
            raise self.rejected(name.start, complaint, "Use these alone, or the name of an array without dots.")
        self.operands.pop()
        inner = self.tree.nodes[receiver]
        node = Node("'" if name.text == "T" else name.text, (receiver,), name.start, inner.start, name.end)
        if name.text in ("size", "real"):
            node.function, node.fixed = FUNCTIONS[name.text], name.text == "size"
        self.push(node)
        return False

    def index(self, token: Token) -> None:
        """An entry of a shape or of what slogdet returns: no other index has a closed form."""
        receiver = self.operands.pop()
        inner = self.tree.nodes[receiver]
        number, bracket = self.tokens[self.place], self.tokens[min(self.place + 1, len(self.tokens) - 1)]
        fits = number.text in ("0", "1") and bracket.text == "]"
        if inner.operation not in ("shape", "slogdet") or not fits:
            complaint = f"the index {at_character(token.start)} takes entries, which have no closed form here"
            advice = "Write it with whole arrays; only x.shape[0], x.shape[1] and slogdet(X)[0], [1] are taken."
            raise self.rejected(token.start, complaint, advice)
        self.place += 2
        axis = int(number.value)
        node = Node("length", inner.operands, token.start, inner.start, bracket.end, axis, fixed=True)
        if inner.operation == "slogdet":
            function = FUNCTIONS["logdet" if axis else "signdet"]
            node = Node(function.name, inner.operands, inner.position, inner.start, bracket.end, function=function)
        self.push(node)

    def argument(self, token: Token) -> None:
        self.reduce(0)
        if not self.waiting:
            raise self.no_operator(token)
        bracket = self.waiting[-1]
        bracket.arguments.append((bracket.keyword, self.operands.pop()))
        bracket.keyword = ""

    def close(self, token: Token, trailing_comma: bool = False) -> None:
        bracket = self.waiting.pop()
        if bracket.symbol == "call":
            given = [("", bracket.receiver)] if bracket.receiver is not None else []
            arguments = [*given, *bracket.arguments]
            found = call(self.tree, bracket.function, arguments, bracket.position, bracket.bare)
            found.start, found.end = bracket.start, token.end
            self.push(found)
        elif len(bracket.arguments) == 1 and not trailing_comma:
            operand = bracket.arguments[0][1]
            self.tree.nodes[operand].start, self.tree.nodes[operand].end = bracket.start, token.end
            self.operands.append(operand)
        elif self.numpy:
            operands = tuple([operand for _, operand in bracket.arguments])
            self.push(Node("tuple", operands, bracket.position, bracket.start, token.end))
        else:
            complaint = f"the bracket {at_character(bracket.position)} holds several values"
            raise self.rejected(bracket.position, complaint, "Write one value.")


def _literal(word: str) -> bool | None:
    return {"True": True, "False": False, "None": None}[word]


def _folded(symbol: str, left: float, right: float) -> float | None:
    """Numbers in the text, computed as floats so that no power of integers grows without end."""
    try:
        found: float | complex
        if symbol in ("+", "-"):
            found = left + right if symbol == "+" else left - right
        elif symbol in ("*", ".*"):
            found = left * right
        elif symbol in ("/", "./"):
            found = left / right
        elif symbol == "\\":
            found = right / left
        elif symbol in _POWERS:
            found = float(left) ** float(right)
        else:
            return None
    except (OverflowError, ZeroDivisionError):
        return None
    if isinstance(found, complex) or not math.isfinite(found):
        return None
    whole = isinstance(left, int) and isinstance(right, int) and float(found).is_integer() and abs(found) < 2**53
    return int(found) if whole else float(found)


def read(text: str, language: str) -> Tree:
    """The operations of a text in one language, in the order of their evaluation."""
    return _Reader(text, language).read()
