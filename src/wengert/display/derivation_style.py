"""The pieces of a derivation that its languages, Unicode text, LaTeX and MathML, share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Final

from wengert.calculus import algebra
from wengert.calculus.beautify import length
from wengert.calculus.derivation import Account, Equation, Inner, Line, Part, Piece, Result
from wengert.calculus.expression import Expression, Hadamard, Number, Sum, Symbol, walk
from wengert.calculus.reuse import value_letter
from wengert.display.derivation_rules import REMARKS, RULES
from wengert.display.forms import with_squares
from wengert.display.naming import written_names
from wengert.display.notation import Manner

__all__ = ["Style", "is_one"]

# Of many moves in one line the first ones are named.
# A value of more symbols is not written out beside the line where it is reused.
_SHORT: Final = 12
_MOST: Final = {"short": 2, "normal": 2, "full": 9}


class Style:
    """What the languages share."""

    place: ClassVar[int]
    plus: ClassVar[str] = "+"
    minus: ClassVar[str]
    comma: ClassVar[str]
    times: ClassVar[str]
    gap: ClassVar[str]
    mark: ClassVar[str]

    def __init__(
        self, account: Account, style: str = "transpose", letter: str | None = None, within: bool = False
    ) -> None:
        self.account = account
        # whether there are other variables, so that what is said is said of this one
        self.within = within
        self.variables = [account.variable.name]
        self.letter = letter or value_letter(account.symbols)
        known = [each.symbol.name for each in account.known]
        self.directions = {f"d{name}" for name in (*self.variables, *_names(account), *known[:1], *account.fresh)}
        names = [*account.symbols, *_names(account), *known, *account.fresh]
        self.names = written_names([*names, *[f"d{name}" for name in names]])
        plain = Manner(style, frozenset(self.names), norms=True)
        self.manners = {True: plain, False: replace(plain, directions=frozenset(self.directions))}
        self.moving = {account.variable, *[each.symbol for each in account.definitions]}

    # what a language has to say for itself

    def formula(self, expression: Expression) -> str:
        """An expression."""
        raise NotImplementedError

    def grouped(self, text: str) -> str:
        """Something in brackets."""
        return f"({text})"

    def scaled(self, front: Expression, body: str) -> str:
        """A positive number times something."""
        raise NotImplementedError

    def inner(self, left: str, right: str) -> str:
        """An inner product."""
        raise NotImplementedError

    def named(self, name: str) -> str:
        """A name."""
        raise NotImplementedError

    def changed(self, of: Expression) -> str:
        """The d of something."""
        raise NotImplementedError

    def worded(self, text: str) -> str:
        """Words among formulas."""
        raise NotImplementedError

    def error(self, size: float) -> str:
        """The size of an error."""
        raise NotImplementedError

    @property
    def check(self) -> str:
        """What was checked of the lines."""
        raise NotImplementedError

    def manner_of(self, expression: Expression) -> Manner:
        """How it is written: numbers in front of vectors are inner products, a number itself is read as it is."""
        return self.manners[expression.is_scalar]

    # pieces

    def total(self, pieces: Sequence[Piece]) -> str:
        """The sum of pieces, the terms with more variables first, no negative one in front if that can be avoided."""
        signed = [self._signed(piece) for piece in sorted(pieces, key=self._rank)]
        if not signed:
            return "0"
        first = next((place for place, (negative, _) in enumerate(signed) if not negative), 0)
        signed.insert(0, signed.pop(first))
        text = (self.minus if signed[0][0] else "") + signed[0][1]
        return text + "".join(f" {self.minus if negative else self.plus} {body}" for negative, body in signed[1:])

    def _rank(self, piece: Piece) -> tuple[int, int]:
        """Terms that do not move last, short ones first."""
        parts = (piece.left, piece.right) if isinstance(piece, Inner) else (piece,)
        still = sum(self.moving.isdisjoint(walk(part)) for part in parts)
        return still - len(parts) if isinstance(piece, Inner) else -2 * (still == 0), sum(map(length, parts))

    def _signed(self, piece: Piece) -> tuple[bool, str]:
        """Whether a piece is subtracted, and its size."""
        if isinstance(piece, Inner):
            front, negative = _without_sign(piece.front)
            left = piece.left
            if isinstance(front, Number) and front.value == 1 and not negative and not isinstance(left, Sum):
                left, negative = _without_sign(left, least=True)
            return negative, self.scaled(front, self.inner(self.formula(left), self.formula(piece.right)))
        found = self._with_direction_last(piece)
        if found is not None:
            return found
        text = self.formula(piece)
        return text.startswith(self.minus), text.removeprefix(self.minus)

    def _with_direction_last(self, term: Expression) -> tuple[bool, str] | None:
        """det(M) dt, and not dt det(M); σ(u) ∘ du, and not du ∘ σ(u)."""
        front, scalars, chain = algebra.split(term)
        last = next((base for base in scalars if self._is_direction(base)), None)
        if last is not None and scalars[last] == 1:
            rest = {base: power for base, power in scalars.items() if base is not last}
            behind = algebra.product(algebra.ONE, {}, chain)
            text = self.grouped(self.formula(behind)) if isinstance(behind, Sum) else self.formula(behind)
            size, body = algebra.product(front, rest, ()), f"{self.formula(last)}{f'{self.gap}{text}' if chain else ''}"
        elif len(chain) == 1 and isinstance(chain[0], Hadamard) and term.cols == 1:
            size, entries = algebra.product(front, scalars, ()), self._entries_with_direction_last(chain[0])
            if entries is None:
                return None
            body = entries if is_one(size) else self.grouped(entries)
        else:
            return None
        size, negative = _without_sign(size)
        return negative, self.scaled(size, body)

    def _entries_with_direction_last(self, entries: Hadamard) -> str | None:
        powers = dict(entries.factors)
        last = next((base for base in powers if self._is_direction(base)), None)
        if last is None or any(power < 0 for power in powers.values()) or powers.pop(last) != 1:
            return None
        rest = algebra.hadamard_of(powers)
        text = self.grouped(self.formula(rest)) if isinstance(rest, Sum) else self.formula(rest)
        return f"{text} {self.times} {self.formula(last)}"

    def _is_direction(self, node: Expression) -> bool:
        return isinstance(node, Symbol) and node.name in self.directions

    # lines

    def target(self, part: Part) -> str:
        """The left side of the lines of a part."""
        number = self.account.variable.is_scalar
        texts = (
            ("d{f}", "d(∇{f})", "d{f}′"),
            (r"\mathrm{{d}}{f}", r"\mathrm{{d}}(\nabla {f})", r"\mathrm{{d}}{f}'"),
        )[self.place]
        return texts[0 if part.target == "f" else 2 if number else 1].format(f=self.letter)

    def left_out(self, part: Part) -> str:
        """That lines are left out."""
        lines = "a line that is" if part.left_out == 1 else f"{part.left_out} lines that are"
        return self.worded(f"... {lines} too long to be read: level='full' has them")

    def too_long(self, result: Result) -> str:
        """That a result is left out."""
        kind = {"operator": "hessian", "second derivative": "hessian"}.get(result.kind, result.kind)
        return self.worded(f"... too long to be read here: print the form's {kind}")

    def rules(self, line: Line) -> str:
        """The rules of a line."""
        words = [self._rule(rule) for rule in line.rules[: _MOST[self.account.level]]]
        return self.comma.join(words)

    def _rule(self, rule: str | Equation) -> str:
        if rule == "value":
            return self._value_reused()
        if isinstance(rule, str):
            return RULES[rule][self.place]
        return f"{self.changed(rule.of)} = {self.total(rule.pieces)}"

    def _value_reused(self) -> str:
        """That the value of the function stands by its name, with what it is where that is short."""
        value = self.restated() or self.formula(self.account.statement)
        short = length(self.account.named) <= _SHORT
        return f"{self.letter} = {value}{self.worded(' reused')}" if short else self.worded(f"{self.letter} reused")

    def read_off(self, result: Result) -> str:
        """The left side of a result."""
        x = self.named(self.account.variable.name)
        dx = self.formula(algebra.symbol(f"d{self.account.variable.name}", 1, 1))
        patterns = {
            "gradient": ("∇{f}({x})", r"\nabla {f}({x})"),
            "jacobian": ("∂{f}/∂{x}", r"\frac{{\partial {f}}}{{\partial {x}}}"),
            "derivative": ("{f}′({x})", r"{f}'({x})"),
            "differential": ("D{f}({x})[{dx}]", r"\mathrm{{D}}{f}({x})[{dx}]"),
            "hessian": ("∇²{f}({x})", r"\nabla^2 {f}({x})"),
            "operator": ("∇²{f}({x})[{dx}]", r"\nabla^2 {f}({x})[{dx}]"),
            "second derivative": ("{f}″({x})", r"{f}''({x})"),
        }
        return patterns[result.kind][self.place].format(f=self.letter, x=x, dx=dx)

    def remarks(self, result: Result) -> str:
        """What is said of a result: its shape, and what its form tells."""
        said = [self._remark(each) for each in result.remarks]
        if result.kind in ("gradient", "jacobian"):
            shape = result.expression.shape
            numbers = f"({shape[0]},)" if result.kind == "gradient" and shape[1] == 1 else f"({shape[0]}, {shape[1]})"
            said.insert(0, ("shape " if not self.place else r"\text{shape }") + numbers)
        where = self.comma.join([self._rule(equation) for equation in result.where])
        if where:
            said.append(f"{self.worded('with ')}{where}")
        return self.comma.join(said)

    def _remark(self, key: str) -> str:
        text = REMARKS[key][self.place].format(f=self.letter)
        if self.within and text.rstrip("}").endswith(("convex", "concave", "affine")):
            return f"{text}{self.worded(' in ')}{self.named(self.account.variable.name)}"
        return text

    # the beginning and the end

    @property
    def function(self) -> str:
        """f(x)."""
        return f"{self.letter}({self.named(self.account.variable.name)})"

    @property
    def statement(self) -> str:
        """The function, and once more with inner products where it has some."""
        whole = with_squares(self.account.statement)
        plain = self.formula(whole)
        if whole is not self.account.statement or not any(isinstance(piece, Inner) for piece in self.account.inner):
            return plain
        inner = self.total(self.account.inner)
        return plain if inner == plain else f"{plain} = {inner}"

    def defined(self) -> list[str]:
        """The names with what they stand for."""
        return [f"{self.named(d.symbol.name)} = {self.formula(d.expression)}" for d in self.account.definitions]

    def restated(self) -> str:
        """The function in the names, where it has some."""
        if self.account.named is self.account.statement:
            return ""
        return self.formula(with_squares(self.account.named))

    @property
    def missing(self) -> str:
        """That there is no second derivative, and why; empty where there is one, or where none is looked for."""
        whole, said = self.account.variable, self.account.missing.partition(";")[0]
        kind = "second derivative" if whole.is_scalar else "hessian" if whole.cols == 1 else "operator"
        return f"{self.read_off(Result(kind, whole))}{self.worded(f': {said}')}" if said else ""

    @property
    def agreement(self) -> str:
        """How far the results are from numbers that were found without them."""
        told = self.account.agreement
        if not told:
            return ""
        known = [error for _, _, error in told if error is not None]
        names = self.worded(" and ".join(name for name, _, _ in told))
        traced = self.worded(" beside the traced derivative: ") + self.error(max(error for _, error, _ in told))
        beside = self.worded(", beside differences: ") + self.error(max(known)) if known else ""
        return f"{self.mark} {names}{traced}{beside}"

    @property
    def closing(self) -> list[str]:
        """The lines behind the last result."""
        return [line for line in (self.missing, self.check, self.agreement) if line]

    def sizes(self) -> list[str]:
        """The sizes of the instances."""
        return [", ".join(f"{name} = {size}" for name, size in sizes.items()) for sizes in self.account.sizes]


def _without_sign(x: Expression, least: bool = False) -> tuple[Expression, bool]:
    """The size of a term, and whether it is negative; with `least`, only a minus that stands alone is taken."""
    front = x.value if isinstance(x, Number) else algebra.split(x)[0]
    return (algebra.negative(x), True) if (front == -1 if least else front < 0) else (x, False)


def is_one(x: Expression) -> bool:
    """Whether it is the number one."""
    return isinstance(x, Number) and x.value == 1


def _names(account: Account) -> list[str]:
    return [each.symbol.name for each in account.definitions]
