"""A derivation from beginning to end: names, the lines to the first derivative, the lines to the second."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

import numpy as np

from wengert.calculus import algebra
from wengert.calculus.beautify import length
from wengert.calculus.derivation.chains import beside, inner_chain, with_value
from wengert.calculus.derivation.choosing import chosen, letter_for
from wengert.calculus.derivation.lines import Account, Definition, Equation, Line, Part, Piece, Result
from wengert.calculus.derivation.pieces import neat, stated
from wengert.calculus.derivation.reading import operator_chain
from wengert.calculus.derivation.setting import Setting, moves, parts_of
from wengert.calculus.derivation.signs import has_whole_domain, is_continuous, sign_of
from wengert.calculus.evaluation import evaluate
from wengert.calculus.expression import Expression, Inverse, Symbol, Transpose, walk
from wengert.calculus.properties import has
from wengert.calculus.reuse import InNames, value_letter
from wengert.errors import ArgumentError, CheckError, UnsupportedError

__all__ = ["LEVELS", "Form", "account", "results_of"]

LEVELS: Final = ("short", "normal", "full")
# A line of more symbols, those of its rules included, is left out; a part of a result that is longer gets no name.
_LONGEST: Final = 150
_LONGEST_NAME: Final = 60
# How many symbols an intermediate value must have to get a name.
_LEAST: Final = {"short": 4, "normal": 4, "full": 2}

_AS_THEY_ARE: Final[Mapping[Expression, InNames]] = {}


class Form(Protocol):
    """What a derivation needs of a closed form."""

    expression: Expression
    symbols: Mapping[str, Any]
    variable: str
    instances: Sequence[Any]

    @property
    def check(self) -> Any:
        """The figures of the verification of what has been made."""

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
    form: Form,
    level: str = "normal",
    named: Sequence[Expression] = (),
    results: Results | None = None,
    written: Mapping[Expression, InNames] = _AS_THEY_ARE,
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
    written
        The formulas among the results in which the value of the function, and its gradient, stand by name.

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
    return _Author(form, level, named, results or results_of(form), written).whole()


class _Author:
    def __init__(
        self,
        form: Form,
        level: str,
        named: Sequence[Expression],
        results: Results,
        written: Mapping[Expression, InNames],
    ) -> None:
        self.form, self.level, self.written = form, level, written
        instances = [(form.values_at(one), one.sizes) for one in form.instances]
        self.setting = Setting(form.symbols, form.variable, instances)
        self.first, self.second = results
        # as it is read off, in names
        self.gradient: Expression = self.first[1]
        self._name_values(named)

    def _name_values(self, named: Sequence[Expression]) -> None:
        """Names for what the function and its gradient are made of, inner ones first."""
        setting, least = self.setting, _LEAST[self.level]
        f, moving = self.form.expression, [self.setting.variable]
        wanted = chosen(f, moving, least)
        repeated = [node.parts[0] if isinstance(node, Inverse) else node for node in map(_upright, named)]
        repeated = [node for node in repeated if length(node) <= _LONGEST_NAME]
        still = [node for node in repeated if moves(node, moving) and not moves(node, [setting.direction])]
        wanted.update({node: False for node in still if node is not f and node not in wanted})
        needed = set(chosen(f, moving, least))
        for node in _inner_first(wanted, [f, self.first[1]]):
            short = setting.short(_with_fewer_transposes(node))
            if node not in needed and node.is_scalar and length(short) < _LEAST["normal"]:
                # 1 + q is as short as a name
                continue
            if not isinstance(_upright(short), Symbol) and not isinstance(algebra.negative(short), Symbol):
                taken = {*setting.symbols, *_reserved(setting)}
                setting.name(letter_for(short, wanted[node], taken), _with_fewer_transposes(node))

    def whole(self) -> Account:
        setting, f = self.setting, self.form.expression
        named = setting.short(f)
        parts, missing = [self._first_part()], ""
        if self.form.expression.is_scalar:
            # a gradient may have a formula where the second derivative has none
            try:
                parts.append(self._second_part())
            except UnsupportedError as error:
                missing = str(error).removeprefix("derive: ")
        if self.level != "full":
            parts = list(map(_readable, parts))
        if self.level == "short":
            parts = [replace(part, lines=_ends(part.lines)) for part in parts]
        statement = stated(f) if f.is_scalar else (f,)
        setting.check(statement, f, "that states the function")
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
            known=setting.known,
            missing=missing,
            fresh=setting.fresh_names,
            error=setting.error,
            sizes=sizes,
            agreement=self._agreement(),
        )

    def _agreement(self) -> tuple[tuple[str, float, float | None], ...]:
        """The figures of the derivatives that stand in the derivation."""
        wanted = {self.first[0], *(["hessian"] if self.second else [])}
        found = [figure for figure in self.form.check.figures if figure.what.lower() in wanted]
        return tuple(
            (each.what, max(each.traced), max((e for e in each.differences if e is not None), default=None))
            for each in found
        )

    def _short(self, result: Expression) -> Any:
        """A result in names, which must be the same numbers."""
        setting = self.setting
        found = setting.short(result)
        setting.check([found], result, "of a result in names")
        return found

    def _first_part(self) -> Part:
        setting, (kind, result) = self.setting, self.first
        short = self._short(result)
        f = self._short(self.form.expression)
        setting.difference(self.form.expression)
        if kind == "gradient":
            remarks = (f"{setting.kind} part",) if setting.kind else ()
            lines, found = inner_chain(setting, f, short, self.level)
            lines, self.gradient = self._with_value(f, lines, found)
            return Part("f", lines, Result(kind, self.gradient, remarks))
        lines, found, where, missing = operator_chain(setting, f, short, kind, self.level)
        if not missing:
            lines, found = self._with_value(f, lines, found)
        self.gradient = found
        return Part("f", lines, Result(kind, found, where=where), missing)

    def _with_value(
        self, f: Expression, lines: tuple[Line, ...], found: Expression
    ) -> tuple[tuple[Line, ...], Expression]:
        """The lines to the first derivative and the derivative, with the value of the function in it by name."""
        setting, result = self.setting, self.first[1]
        told = self.written.get(result, InNames(result))
        if not told.names:
            return lines, found
        (value, full), *_ = told.names
        setting.know(value, full, result)
        short = self._short(told.expression)
        return with_value(setting, f, lines, short, self.level), short

    def _times_direction(self, kind: str, result: Expression) -> Any:
        direction = self.setting.direction
        return result if kind in ("differential", "operator") else beside(result, direction)

    def _second_part(self) -> Part:
        setting, (kind, gradient) = self.setting, self.first
        setting.difference(gradient)
        if self.second is not None:
            second, result = self.second
        else:
            second, result = "operator", self._operator(gradient)
        setting.check_differential([self._times_direction(second, result)], gradient, "of the second derivative")
        told = self.written.get(result, InNames(result)) if setting.known else InNames(result)
        short = self._short(told.expression)
        lines, found, where, missing = operator_chain(setting, self.gradient, short, second, self.level)
        kind = "second derivative" if setting.variable.is_scalar else second
        return Part("gradient", lines, Result(kind, found, self._remarks(second, result, found), where), missing)

    def _operator(self, gradient: Expression) -> Any:
        """The differential of the gradient in the base symbols."""
        setting = self.setting
        if not moves(gradient, [setting.variable]):
            return algebra.zero(*gradient.shape)
        moving = {setting.variable.name: setting.direction}
        return neat(setting.pushed(gradient, moving, setting.values[0]))

    def _remarks(self, kind: str, result: Expression, named: Expression) -> tuple[str, ...]:
        """What the form of the second derivative tells, as it is or in names; numbers must not speak against it."""
        sign = self._curvature(kind, result) or self._curvature(kind, named)
        if sign in ("convex", "concave"):
            for least in self._curvatures(kind, result, 1 if sign == "convex" else -1):
                if least < -1e-9:
                    raise CheckError(f"derivation: the function is not {sign} where it was looked at")
            if not has_whole_domain(self.form.expression, self.setting.variable):
                sign += " in parts"
            elif result.is_scalar:
                sign = "bent up" if sign == "convex" else "bent down"
        symmetric = ("symmetric",) if self._is_symmetric(kind, result) or self._is_symmetric(kind, named) else ()
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
            told = [Line((), part.result.where)]
            for each in (part.result.expression, *_expressions([*part.lines, *told])):
                held.update(walk(each))
        found: list[Definition] = []
        for definition in reversed(self.setting.definitions):
            used = definition.symbol in held or definition.direction in held
            if used and definition not in self.setting.known:
                held.update(walk(definition.expression))
                found.append(definition)
        return tuple(reversed(found))


def _upright(node: Expression) -> Any:
    """A column, or an inverse, in the place of its transpose."""
    if isinstance(node, Inverse) and isinstance(node.parts[0], Transpose):
        return algebra.inverse(node.parts[0].parts[0])
    return algebra.transpose(node) if isinstance(node, Transpose) or (node.rows == 1 and node.cols != 1) else node


def _with_fewer_transposes(node: Expression) -> Any:
    """A matrix or its transpose."""
    ways = [node, node if 1 in node.shape else algebra.transpose(node)]
    return min(ways, key=lambda way: sum(isinstance(part, Transpose) for part in walk(way)))


def _inner_first(nodes: Iterable[Expression], sources: Iterable[Expression]) -> list[Expression]:
    """In the order in which they are met, each after those that it is made of."""
    wanted = list(nodes)
    places = {node: place for place, node in enumerate(node for source in sources for node in walk(source))}
    held = {node: set(walk(node)) for node in wanted}
    found: list[Expression] = []
    for node in sorted(wanted, key=lambda each: places.get(each, -1)):
        after = [place for place, other in enumerate(found) if node in held[other]]
        found.insert(min(after, default=len(found)), node)
    return found


def _reserved(setting: Setting) -> set[str]:
    """Letters that mean something else: the function, lengths, differentials."""
    lengths = {str(length) for symbol in setting.symbols.values() for length in symbol.shape}
    return {"f", "d", "I", value_letter(setting.symbols), *lengths}


def _readable(part: Part) -> Part:
    """The lines before the first one that is too long to be read."""
    count = next((place for place, line in enumerate(part.lines) if _size([line]) > _LONGEST), len(part.lines))
    return replace(part, lines=part.lines[:count], left_out=part.left_out + len(part.lines) - count)


def _size(lines: Sequence[Line]) -> int:
    return sum(map(length, _expressions(lines)))


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
    return [each for piece in found for each in parts_of(piece)]
