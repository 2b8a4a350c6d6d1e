"""The pieces of a derivation in two languages: Unicode text and LaTeX."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import ClassVar, Final

from wengert.calculus import algebra
from wengert.calculus.beautify import length
from wengert.calculus.derivation import Account, Equation, Inner, Line, Part, Piece, Result
from wengert.calculus.dimension import Length
from wengert.calculus.expression import (
    Apply,
    Determinant,
    Expression,
    Hadamard,
    Number,
    Product,
    Sum,
    Symbol,
    Trace,
    walk,
)
from wengert.display.formula import text_of
from wengert.display.naming import written
from wengert.display.notation import VULGAR

__all__ = ["RULES", "Style", "Text", "is_one", "lengths_of", "present", "said_of", "worded"]

# by the keys of wengert.calculus.derivation: text and LaTeX
RULES: Final = {
    "linear": ("linear", r"\text{linear}"),
    "constant": ("constant", r"\text{constant}"),
    "product": ("d(UV) = dU V + U dV", r"\mathrm{d}(UV) = \mathrm{d}U\,V + U\,\mathrm{d}V"),
    "left factor": ("⟨u, Av⟩ = ⟨Aᵀu, v⟩", r"\langle u, Av\rangle = \langle A^\top u, v\rangle"),
    "right factor": ("⟨U, VB⟩ = ⟨UBᵀ, V⟩", r"\langle U, VB\rangle = \langle UB^\top, V\rangle"),
    "both factors": ("⟨U, AVB⟩ = ⟨AᵀUBᵀ, V⟩", r"\langle U, AVB\rangle = \langle A^\top UB^\top, V\rangle"),
    "outer": ("⟨u, Vb⟩ = ⟨ubᵀ, V⟩", r"\langle u, Vb\rangle = \langle ub^\top, V\rangle"),
    "form": ("uᵀv = ⟨u, v⟩", r"u^\top v = \langle u, v\rangle"),
    "outer form": ("aᵀVb = ⟨abᵀ, V⟩", r"a^\top Vb = \langle ab^\top, V\rangle"),
    "transpose": ("⟨U, Vᵀ⟩ = ⟨Uᵀ, V⟩", r"\langle U, V^\top\rangle = \langle U^\top, V\rangle"),
    "diagonal": (
        "⟨U, diag(v)⟩ = ⟨diag(U), v⟩",
        r"\langle U, \operatorname{diag}(v)\rangle = \langle \operatorname{diag}(U), v\rangle",
    ),
    "diagonal of": (
        "⟨u, diag(V)⟩ = ⟨diag(u), V⟩",
        r"\langle u, \operatorname{diag}(V)\rangle = \langle \operatorname{diag}(u), V\rangle",
    ),
    "entries": ("⟨u, v ∘ w⟩ = ⟨u ∘ v, w⟩", r"\langle u, v \odot w\rangle = \langle u \odot v, w\rangle"),
    "trace": ("tr(AᵀB) = ⟨A, B⟩", r"\operatorname{tr}(A^\top B) = \langle A, B\rangle"),
    "scalar": ("⟨U, βV⟩ = β⟨U, V⟩", r"\langle U, \beta V\rangle = \beta\langle U, V\rangle"),
    "frechet": ("⟨U, L(X, V)⟩ = ⟨L(Xᵀ, U), V⟩", r"\langle U, L(X, V)\rangle = \langle L(X^\top, U), V\rangle"),
    "collect": ("terms collected", r"\text{terms collected}"),
    "symmetric": (
        "⟨G, D⟩ = ⟨½(G + Gᵀ), D⟩ for D = Dᵀ",
        r"\langle G, D\rangle = \langle \tfrac{1}{2}(G + G^\top), D\rangle \text{ for } D = D^\top",
    ),
    "and so on": ("chain rule", r"\text{chain rule}"),
}
# Of many moves in one line the first ones are named.
_MOST: Final = {"short": 2, "normal": 2, "full": 9}
_RAISED: Final = dict(zip("abcdefghijklmnoprstuvwxyz0123456789", "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True))


class Style:
    """What the two languages share."""

    place: ClassVar[int]
    minus: ClassVar[str]
    comma: ClassVar[str]
    times: ClassVar[str]

    def __init__(self, account: Account) -> None:
        self.account = account
        self.variables = [account.variable.name]
        self.directions = {f"d{name}" for name in (*self.variables, *_names(account), *account.fresh)}
        self.letter = next((letter for letter in "fgh" if letter not in account.symbols), "F")
        self.moving = {account.variable, *[each.symbol for each in account.definitions]}

    # what a language has to say for itself

    def formula(self, expression: Expression) -> str:
        """An expression."""
        raise NotImplementedError

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

    # pieces

    def total(self, pieces: Sequence[Piece]) -> str:
        """The sum of pieces, the terms with more variables first, no negative one in front if that can be avoided."""
        signed = [self._signed(piece) for piece in sorted(pieces, key=self._rank)]
        if not signed:
            return "0"
        first = next((place for place, (negative, _) in enumerate(signed) if not negative), 0)
        signed.insert(0, signed.pop(first))
        text = (self.minus if signed[0][0] else "") + signed[0][1]
        return text + "".join(f" {self.minus if negative else '+'} {body}" for negative, body in signed[1:])

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
        if len(chain) == 1 and isinstance(chain[0], Hadamard) and term.cols == 1:
            size, body = algebra.product(front, scalars, ()), self._entries_with_direction_last(chain[0])
        else:
            last = next((base for base in scalars if self._is_direction(base)), None)
            if chain or last is None or any(power < 0 for power in scalars.values()):
                return None
            rest = {base: power for base, power in scalars.items() if base is not last}
            size, body = algebra.product(front, rest, ()), self.formula(last)
        if body is None:
            return None
        size, negative = _without_sign(size)
        return negative, self.scaled(size, body if chain == () or is_one(size) else f"({body})")

    def _entries_with_direction_last(self, entries: Hadamard) -> str | None:
        powers = dict(entries.factors)
        last = next((base for base in powers if self._is_direction(base)), None)
        if last is None or any(power < 0 for power in powers.values()) or powers.pop(last) != 1:
            return None
        rest = algebra.hadamard_of(powers)
        text = f"({self.formula(rest)})" if isinstance(rest, Sum) else self.formula(rest)
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

    def rules(self, line: Line) -> str:
        """The rules of a line."""
        words = [self._rule(rule) for rule in line.rules[: _MOST[self.account.level]]]
        return self.comma.join(words)

    def _rule(self, rule: str | Equation) -> str:
        if isinstance(rule, str):
            return RULES[rule][self.place]
        return f"{self.changed(rule.of)} = {self.total(rule.pieces)}"

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
        words = {
            "symmetric": ("symmetric", r"\text{{symmetric}}"),
            "symmetric part": ("the symmetric part", r"\text{{the symmetric part}}"),
            "convex": ("⪰ 0, so {f} is convex", r"\succeq 0 \text{{, so }} {f} \text{{ is convex}}"),
            "concave": ("⪯ 0, so {f} is concave", r"\preceq 0 \text{{, so }} {f} \text{{ is concave}}"),
            "convex in parts": (
                "⪰ 0, so {f} is convex on convex parts of its domain",
                r"\succeq 0 \text{{, so }} {f} \text{{ is convex on convex parts of its domain}}",
            ),
            "concave in parts": (
                "⪯ 0, so {f} is concave on convex parts of its domain",
                r"\preceq 0 \text{{, so }} {f} \text{{ is concave on convex parts of its domain}}",
            ),
            "affine": ("{f} is affine", r"{f} \text{{ is affine}}"),
        }
        said = [words[each][self.place].format(f=self.letter) for each in result.remarks]
        if result.kind in ("gradient", "jacobian"):
            shape = result.expression.shape
            numbers = f"({shape[0]},)" if result.kind == "gradient" and shape[1] == 1 else f"({shape[0]}, {shape[1]})"
            said.insert(0, ("shape " if not self.place else r"\text{shape }") + numbers)
        return self.comma.join(said)

    # the beginning and the end

    @property
    def function(self) -> str:
        """f(x)."""
        return f"{self.letter}({self.named(self.account.variable.name)})"

    @property
    def statement(self) -> str:
        """The function, and once more with inner products where it has some."""
        plain = self.formula(self.account.statement)
        if not any(isinstance(piece, Inner) for piece in self.account.inner):
            return plain
        return f"{plain} = {self.total(self.account.inner)}"

    def defined(self) -> list[str]:
        """The names with what they stand for."""
        return [f"{self.named(d.symbol.name)} = {self.formula(d.expression)}" for d in self.account.definitions]

    def restated(self) -> str:
        """The function in the names, where it has some."""
        if self.account.named is self.account.statement:
            return ""
        return self.formula(self.account.named)

    def sizes(self) -> list[str]:
        """The sizes of the instances."""
        return [", ".join(f"{name} = {size}" for name, size in sizes.items()) for sizes in self.account.sizes]


class Text(Style):
    """In one line of Unicode."""

    place = 0
    minus = "−"
    comma = ",  "
    times = "∘"

    def formula(self, expression: Expression) -> str:
        return text_of(expression, self.variables)

    def named(self, name: str) -> str:
        return written(name).text

    def inner(self, left: str, right: str) -> str:
        return f"⟨{left}, {right}⟩"

    def scaled(self, front: Expression, body: str) -> str:
        number, above, below = _quotient(front)
        apart = "" if body.startswith(("⟨", "(")) else " "
        text = body if is_one(above) else f"{self._factor(above)}{apart}{body}"
        if not is_one(number):
            text = self.formula(number) + ("" if text[0] in "(⟨" or not is_one(above) else " ") + text
        if is_one(below):
            return text
        # one over it says how it stands below a bar
        inverse = self.formula(algebra.power(below, -1))
        return text + (inverse[1:] if inverse.startswith("1/") else f"/{self._factor(below)}")

    def _factor(self, expression: Expression) -> str:
        text = self.formula(expression)
        _, scalars, _ = algebra.split(expression)
        form = any(isinstance(base, Product) and power == 1 for base, power in scalars.items())
        return f"({text})" if isinstance(expression, Sum) or (form and "‖" not in text) else text

    def changed(self, of: Expression) -> str:
        text = self.formula(of)
        if isinstance(of, Symbol):
            return f"d{text}"
        called = isinstance(of, (Apply, Determinant, Trace)) and text[0].isalpha()
        return f"d {text}" if called else f"d{text}" if text.startswith("‖") else f"d({text})"

    @property
    def spaces(self) -> str:
        """Where the variable and the constants live."""
        return ", ".join(
            f"{self.named(symbol.name)} ∈ {_space(symbol.shape)}{_properties(symbol)}"
            for symbol in present(self.account)
        )

    @property
    def introduction(self) -> list[str]:
        """The names, and the function in them."""
        if not self.account.definitions:
            return []
        short = self.restated()
        names = "Let  " + ",  ".join(self.defined())
        return [f"{names};  {self.letter} = {short}" if short else names]

    @property
    def check(self) -> str:
        """What was checked."""
        where = " and at ".join(self.sizes()) if any(self.sizes()) else "two points"
        error = f"{self.account.error:.0e}" if self.account.error else "0"
        return f"✓ every line evaluated in a random direction, at {where}: largest relative error {error}"


def _without_sign(x: Expression, least: bool = False) -> tuple[Expression, bool]:
    """The size of a term, and whether it is negative; with `least`, only a minus that stands alone is taken."""
    front = x.value if isinstance(x, Number) else algebra.split(x)[0]
    return (algebra.negative(x), True) if (front == -1 if least else front < 0) else (x, False)


def is_one(x: Expression) -> bool:
    """Whether it is the number one."""
    return isinstance(x, Number) and x.value == 1


def _quotient(front: Expression) -> tuple[Expression, Expression, Expression]:
    """The number in front, what stands above a bar, and what stands below it."""
    number, scalars, _ = algebra.split(front)
    below = {base: -power for base, power in scalars.items() if power < 0}
    above = {base: power for base, power in scalars.items() if power > 0}
    divisor = Fraction(1)
    if isinstance(number, Fraction) and number.denominator != 1 and (below or number not in VULGAR):
        number, divisor = Fraction(number.numerator), Fraction(number.denominator)
    return algebra.number(number), algebra.product(algebra.ONE, above, ()), algebra.product(divisor, below, ())


def _names(account: Account) -> list[str]:
    return [each.symbol.name for each in account.definitions]


def present(account: Account) -> list[Symbol]:
    """The variable, then the constants of the function."""
    nodes = set(walk(account.statement))
    rest = [symbol for symbol in account.symbols.values() if symbol in nodes and symbol is not account.variable]
    return [account.variable, *rest]


def lengths_of(shape: Iterable[Length]) -> list[str]:
    """The lengths of the axes that an array has."""
    wide = [str(length) for length in shape]
    return [] if wide == ["1", "1"] else wide[:1] if wide[1] == "1" else wide


def _space(shape: tuple[Length, Length]) -> str:
    lengths = lengths_of(shape)
    if not lengths:
        return "ℝ"
    letters = [letter for length in lengths for letter in length]
    if all(letter in _RAISED for letter in letters):
        return "ℝ" + "ˣ".join("".join(_RAISED[letter] for letter in length) for length in lengths)
    return f"ℝ^({'×'.join(lengths)})" if len(lengths) > 1 else f"ℝ^{lengths[0]}"


def said_of(symbol: Symbol) -> list[str]:
    """Properties that do not follow from another one."""
    from_others = {"positive definite": {"positive semidefinite", "symmetric", "invertible"},
                   "positive semidefinite": {"symmetric"}, "diagonal": {"symmetric"}, "orthogonal": {"invertible"},
                   "positive entries": {"nonnegative entries"}}  # fmt: skip
    implied = {other for name in symbol.properties for other in from_others.get(name, ())}
    return sorted(symbol.properties - implied)


def _properties(symbol: Symbol) -> str:
    return "".join(f" {worded(name, symbol)}" for name in said_of(symbol))


def worded(name: str, symbol: Symbol) -> str:
    """A property as it follows the space of a symbol."""
    if symbol.is_scalar:
        return name.removesuffix(" entries")
    return f"with {name}" if name.endswith((" entries", " rows")) else name
