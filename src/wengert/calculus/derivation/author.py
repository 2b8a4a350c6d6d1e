"""A derivation from beginning to end: names, the lines to the first derivative, the lines to the second."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np

from wengert.calculus import algebra
from wengert.calculus.beautify import length
from wengert.calculus.derivation.chains import beside, inner_chain, operator_chain
from wengert.calculus.derivation.choosing import chosen, letter_for
from wengert.calculus.derivation.lines import Account, Definition, Equation, Inner, Line, Part, Piece, Result
from wengert.calculus.derivation.pieces import neat, stated
from wengert.calculus.derivation.setting import Setting, moves
from wengert.calculus.derivation.signs import has_whole_domain, is_continuous, sign_of
from wengert.calculus.evaluation import evaluate
from wengert.calculus.expression import Expression, Inverse, Symbol, walk
from wengert.calculus.properties import has
from wengert.errors import ArgumentError, CheckError, UnsupportedError

__all__ = ["LEVELS", "Form", "account", "results_of"]

LEVELS: Final = ("short", "normal", "full")
# How many symbols an intermediate value must have to get a name.
_LEAST: Final = {"short": 4, "normal": 4, "full": 2}


class Form(Protocol):
    """What a derivation needs of a closed form."""

    expression: Expression
    symbols: Mapping[str, Any]
    variable: str
    instances: Sequence[Any]

    def values_at(self, one: Any) -> dict[str, Any]:
        """The numbers of an instance, those of a direction included."""


Results = tuple[tuple[str, Expression], tuple[str, Expression] | None]


def results_of(form: Form) -> Results:
    """The kinds and the formulas of the first derivative, and of the second where there is one."""
    whole: Any = form
    f, x = form.expression, form.symbols[form.variable]
    if f.is_scalar and not x.is_scalar:
        first = "gradient", whole.gradient.expression
    elif x.is_scalar:
        first = "derivative", whole.derivative.expression
    elif f.cols == 1 and x.cols == 1:
        try:
            first = "jacobian", whole.jacobian.expression
        except UnsupportedError:
            first = "differential", whole.differential.expression
    else:
        first = "differential", whole.differential.expression
    if not f.is_scalar:
        return first, None
    try:
        second = whole.hessian.expression
    except (ArgumentError, UnsupportedError):
        return first, None
    matrix = x.cols == 1 and second.shape == (x.rows, x.rows)
    return first, ("hessian" if matrix else "operator", second)


def account(
    form: Form, level: str = "normal", named: Sequence[Expression] = (), results: Results | None = None
) -> Account:
    """The derivation of a closed form, every line evaluated.

    Parameters
    ----------
    form
        A function with its symbols, instances and derivatives.
    level
        `"short"` (the outermost rule, and what is read off), `"normal"` or `"full"` (every step in a line of its own).
    named
        Parts of the results that get names too.
    results
        What `results_of` gives, where it is at hand.

    Raises
    ------
    ArgumentError
        There is no such level.
    CheckError
        A line is false.
    UnsupportedError
        An operation of the form has no differential in matrix algebra.
    """
    if level not in LEVELS:
        raise ArgumentError(f"derivation: level is one of {', '.join(LEVELS)}, received {level!r}")
    return _Author(form, level, named, results or results_of(form)).whole()


class _Author:
    def __init__(self, form: Form, level: str, named: Sequence[Expression], results: Results) -> None:
        self.form, self.level = form, level
        instances = [(form.values_at(one), one.sizes) for one in form.instances]
        self.setting = Setting(form.symbols, form.variable, instances)
        self.first, self.second = results
        self._name_values(named)

    def _name_values(self, named: Sequence[Expression]) -> None:
        """Names for what the function and its gradient are made of, inner ones first."""
        setting, least = self.setting, _LEAST[self.level]
        f, moving = self.form.expression, [self.setting.variable]
        sources = [f, self.first[1]]
        wanted = chosen(f, moving, least)
        wanted.update({node: False for node in named if moves(node, moving) and node is not f and node not in wanted})
        order = [node for source in sources for node in walk(source) if node in wanted]
        for node in dict.fromkeys(order):
            short = setting.short(node)
            # the inverse of a name is short enough
            if not isinstance(short, Symbol) and not (isinstance(short, Inverse) and length(short) == 2):
                taken = {*setting.symbols, *_reserved(setting)}
                setting.name(letter_for(short, wanted[node], taken), node)

    def whole(self) -> Account:
        setting, f = self.setting, self.form.expression
        parts = [self._first_part()]
        if self.form.expression.is_scalar:
            # a gradient may have a formula where the second derivative has none
            with contextlib.suppress(UnsupportedError):
                parts.append(self._second_part())
        if self.level == "short":
            parts = [Part(part.target, _ends(part.lines), part.result) for part in parts]
        named = setting.short(f)
        statement = stated(f) if f.is_scalar else (f,)
        setting.check(statement, setting.numbers(f), lambda: f"{f!r} = {statement!r}")
        sizes = tuple({str(dim): size for dim, size in sizes.items()} for sizes in setting.sizes)
        return Account(
            level=self.level,
            variable=setting.variable,
            symbols=dict(self.form.symbols),
            statement=f,
            inner=statement,
            named=named,
            definitions=self._used(named, parts),
            parts=tuple(parts),
            fresh=setting.fresh_names,
            error=setting.error,
            sizes=sizes,
        )

    def _short(self, result: Expression) -> Any:
        """A result in names, which must be the same numbers."""
        setting = self.setting
        found = setting.short(result)
        setting.check([found], setting.numbers(result), lambda: f"{result!r} = {found!r}")
        return found

    def _first_part(self) -> Part:
        setting, (kind, result) = self.setting, self.first
        short = self._short(result)
        f = self._short(self.form.expression)
        setting.differenced(self.form.expression)
        if kind == "gradient":
            remarks = ("symmetric part",) if "symmetric" in setting.direction.properties else ()
            return Part("f", inner_chain(setting, f, short, self.level), Result(kind, short, remarks))
        lines = operator_chain(setting, f, lambda: self._times_direction(kind, short), self.level)
        return Part("f", lines, Result(kind, short))

    def _times_direction(self, kind: str, result: Expression) -> Any:
        direction = self.setting.direction
        return result if kind in ("differential", "operator") else beside(result, direction)

    def _second_part(self) -> Part:
        setting, (kind, gradient) = self.setting, self.first
        targets = setting.differenced(gradient)
        if self.second is not None:
            second, result = self.second
        else:
            second, result = "operator", self._operator(gradient)
        setting.check([self._times_direction(second, result)], targets, lambda: f"{second} {result!r}")
        short = self._short(result)
        lines = operator_chain(
            setting, setting.short(gradient), lambda: self._times_direction(second, short), self.level
        )
        kind = "second derivative" if setting.variable.is_scalar else second
        return Part("gradient", lines, Result(kind, short, self._remarks(second, result)))

    def _operator(self, gradient: Expression) -> Any:
        """The differential of the gradient in the base symbols."""
        setting = self.setting
        if not moves(gradient, [setting.variable]):
            return algebra.zero(*gradient.shape)
        moving = {setting.variable.name: setting.direction}
        return neat(setting.pushed(gradient, moving, setting.values[0]))

    def _remarks(self, kind: str, result: Expression) -> tuple[str, ...]:
        """What the form of the second derivative tells; numbers must not speak against it."""
        sign = self._curvature(kind, result)
        if sign in ("convex", "concave"):
            for least in self._curvatures(kind, result, 1 if sign == "convex" else -1):
                if least < -1e-9:
                    raise CheckError(f"derivation: the function is not {sign} where it was looked at")
            if not has_whole_domain(self.form.expression):
                sign += " in parts"
        symmetric = ("symmetric",) if self._is_symmetric(kind, result) else ()
        return (*symmetric, *([sign] if sign else []))

    def _curvature(self, kind: str, result: Expression) -> str:
        """`affine`, `convex` or `concave` where that follows; a gradient that jumps says more than its derivative."""
        gradient = self.first[1]
        if not moves(gradient, [self.setting.variable]):
            return "affine"
        sign = sign_of(result, self.setting.direction if kind == "operator" else None)
        return "" if sign == "flat" or not is_continuous(gradient) else sign

    def _curvatures(self, kind: str, result: Expression, sign: int) -> list[float]:
        """The least eigenvalues of the second derivative, or its forms at the direction, as parts of its size."""
        setting, found = self.setting, []
        for values, sizes in zip(setting.values, setting.sizes, strict=True):
            if kind == "hessian":
                matrix = np.asarray(evaluate(result, values, sizes))
                parts = sign * np.linalg.eigvalsh(0.5 * (matrix + matrix.T))
            else:
                change = np.reshape(values[setting.direction.name], -1)
                parts = sign * change * np.reshape(evaluate(self._times_direction(kind, result), values, sizes), -1)
                parts = np.array([np.sum(parts), np.max(np.abs(parts))])
            found.append(float(np.min(parts) / max(np.max(np.abs(parts)), 1e-300)))
        return found

    def _is_symmetric(self, kind: str, result: Expression) -> bool:
        return kind == "hessian" and not result.is_scalar and not algebra.is_zero(result) and has(result, "symmetric")

    def _used(self, named: Expression, parts: Sequence[Part]) -> tuple[Definition, ...]:
        """The names that are read somewhere."""
        held = set(walk(named))
        for part in parts:
            for each in (part.result.expression, *_expressions(part.lines)):
                held.update(walk(each))
        found: list[Definition] = []
        for definition in reversed(self.setting.definitions):
            if definition.symbol in held or definition.direction in held:
                held.update(walk(definition.expression))
                found.append(definition)
        return tuple(reversed(found))


def _reserved(setting: Setting) -> set[str]:
    """Letters that mean something else: the function, lengths, differentials."""
    lengths = {str(length) for symbol in setting.symbols.values() for length in symbol.shape}
    return {"f", "d", "I", *lengths}


def _ends(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The outermost rule, and the last line."""
    if len(lines) < 3:
        return lines
    return lines[0], Line(lines[-1].pieces, ("and so on",))


def _expressions(lines: Sequence[Line]) -> list[Expression]:
    found: list[Piece] = []
    for line in lines:
        found.extend(line.pieces)
        found.extend(piece for rule in line.rules if isinstance(rule, Equation) for piece in rule.pieces)
    return [each for piece in found for each in _parts(piece)]


def _parts(piece: Piece) -> tuple[Expression, ...]:
    return (piece.front, piece.left, piece.right) if isinstance(piece, Inner) else (piece,)
