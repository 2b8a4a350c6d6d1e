"""NumPy code of formulas: one function for several results, which share what they have in common."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import FunctionType
from typing import Any, Final

from wengert.calculus.dimension import Dim
from wengert.calculus.expression import Expression, Inverse, Product, Sum, Symbol, walk
from wengert.display.factoring import with_factors
from wengert.display.planning import Planner
from wengert.display.steps import Step, steps_of
from wengert.errors import ArgumentError

__all__ = ["compiled", "python_of"]

_RESERVED: Final = frozenset({"np", "linalg", "special"})
_ADD, _TIMES, _SIGN, _POWER, _ATOM = range(5)
# A part of a line that is longer gets a name of its own.
_LONGEST: Final = 88
_PRODUCT: Final = re.compile(r"([A-Za-z]\w{0,2})(\.T)? @ ([A-Za-z]\w{0,2})")
_HINTS: Final = {
    "special.expit": "sigma", "special.softmax": "probabilities", "special.logsumexp": "log_sum",
    "np.logaddexp": "softplus",
    "np.linalg.norm": "norm", "np.linalg.inv": "inverse", "np.linalg.det": "determinant", "np.sqrt": "root",
    "linalg.cho_factor": "factor", "linalg.lu_factor": "factor", "np.sum": "total", "np.maximum": "positive_part",
    "linalg.cho_solve": "solution", "linalg.lu_solve": "solution", "np.linalg.solve": "solution", "np.eye": "identity",
    "linalg.expm_frechet": "derivative", "np.linalg.eigh": "eigen", "np.linalg.eigvalsh": "eigenvalues",
}  # fmt: skip
_KINDS: Final = {"multiply": "scaled", "divide": "ratio", "power": "power", "outer": "outer", "negative": "negative",
                 "length": "count", "index": "column"}  # fmt: skip


def python_of(
    results: Mapping[str, Expression],
    arguments: Sequence[str | Expression],
    one_axis: Collection[str] = (),
    *,
    name: str = "formula",
) -> str:
    """The source of a function that computes formulas with NumPy, and SciPy where that is better.

    Parameters
    ----------
    results
        Expressions by the names under which the code has them; with several, the function returns a tuple.
    arguments
        The names of the arguments in their order, or their symbols, whose shapes are then known even where they do not
        occur in the formulas.
    one_axis
        Which of them are vectors of one axis; the other columns have two.
    name
        Of the function.

    Returns
    -------
    Source that imports what it needs. Numbers come out as numbers, columns as arrays of one axis, all else with two.

    Raises
    ------
    UnsupportedError
        A node has no code, or a name or a length of the formulas comes from no argument.

    >>> from wengert.calculus import algebra
    >>> from wengert.calculus.dimension import Dim
    >>> n = Dim("n")
    >>> A, x, b = algebra.symbol("A", n, n), algebra.symbol("x", n, 1), algebra.symbol("b", n, 1)
    >>> gradient = algebra.add(algebra.matmul(algebra.add(A, algebra.transpose(A)), x), b)
    >>> print(python_of({"gradient": gradient}, ["x", "A", "b"], ["x", "b"]))
    def formula(x, A, b):
        return A @ x + A.T @ x + b
    <BLANKLINE>
    """
    names = {_argument(given): _safe(_argument(given)) for given in arguments}
    symbols = _symbols(results, arguments)
    opening = [
        f"{names[key]} = {names[key]}[{'0' if x.rows == 1 else ':, 0'}]"
        for key, x in symbols.items()
        if key in names and key not in one_axis and (x.rows == 1) != (x.cols == 1)
    ]
    planner = Planner(names, _sizes(names, symbols), _formed(results.values()))
    roots = [_result(planner, expression) for expression in results.values()]
    taken = set(names.values())
    labels = [f"{key}_" if key in taken else _safe(key) for key in results]
    writer = _Writer(with_factors(planner.steps, roots), labels, taken)
    lines = [*opening, *writer.lines()]
    used = "\n".join(lines)
    modules = [module for module in ("linalg", "special") if re.search(rf"(?<!\.)\b{module}\.", used)]
    imports = ["import numpy as np"] if re.search(r"\bnp\.", used) else []
    imports += [f"from scipy import {', '.join(modules)}"] if modules else []
    body = "\n".join(f"    {line}" for line in lines)
    return "\n".join([*imports, *["", ""][: 2 * len(imports)], f"def {name}({', '.join(names.values())}):", body, ""])


def compiled(source: str) -> Callable[..., Any]:
    """The function of a source that `python_of` has written."""
    scope: dict[str, Any] = {}
    exec(compile(source, "<formula>", "exec"), scope)
    (function,) = (value for value in scope.values() if isinstance(value, FunctionType))
    return function


def _argument(given: str | Expression) -> str:
    if isinstance(given, str):
        return given
    if isinstance(given, Symbol):
        return given.name
    raise ArgumentError(f"python_of: an argument is a name or a symbol, but {type(given).__name__} was given")


def _safe(name: str) -> str:
    """A name that Python takes, and that no module of the code has."""
    return f"{name}_" if keyword.iskeyword(name) or name in _RESERVED else name


def _symbols(results: Mapping[str, Expression], arguments: Iterable[str | Expression]) -> dict[str, Expression]:
    given = [argument for argument in arguments if isinstance(argument, Symbol)]
    found = [node for expression in results.values() for node in walk(expression) if isinstance(node, Symbol)]
    return {node.name: node for node in (*found, *given)}


def _sizes(names: Mapping[str, str], symbols: Mapping[str, Expression]) -> dict[Dim, tuple[str, int]]:
    """Where each length can be read off."""
    found: dict[Dim, tuple[str, int]] = {}
    for key, written in names.items():
        symbol = symbols.get(key)
        if symbol is not None:
            for axis, length in enumerate(length for length in symbol.shape if length != 1):
                if isinstance(length, Dim):
                    found.setdefault(length, (written, axis))
    return found


def _formed(expressions: Iterable[Expression]) -> set[Expression]:
    """Sums that are results, up to a factor, or are inverted: they are there to multiply with."""
    found: set[Expression] = set()
    for expression in expressions:
        found.add(expression)
        if isinstance(expression, Product) and len(expression.chain) == 1:
            found.add(expression.chain[0])
        found.update(node.parts[0] for node in walk(expression) if isinstance(node, Inverse))
    return {node for node in found if isinstance(node, Sum)}


def _result(planner: Planner, expression: Expression) -> Step:
    step = planner.plan(expression)
    if step.kind == "number":
        return planner.steps.number(float(step.data[0]))
    if expression.rows == 1 and expression.cols != 1:
        return planner.steps.make("index", (step,), ("None, :",), 2)
    # an argument, or a view of one, is not given out
    inner = step.parts[0] if step.kind == "transpose" else step
    return planner.steps.make("copy", (step,), (), step.axes) if inner.kind == "name" and step.axes else step


class _Writer:
    """Steps as lines of code."""

    def __init__(self, roots: Sequence[Step], results: Sequence[str], taken: Collection[str]) -> None:
        self.roots, self.results = roots, results
        self.taken = {*taken, *results, *_RESERVED}
        self.names: dict[Step, str] = {}
        self.texts: dict[Step, tuple[str, int]] = {}
        self.written: list[str] = []
        self.uses = Counter(roots if len(roots) > 1 else ())
        for step in reversed(list(steps_of(roots))):
            for part in step.parts:
                # whoever uses a view uses what it is a view of
                self.uses[part] += max(self.uses[step], 1) if _is_view(step) else 1 + (step.kind == "template")

    def lines(self) -> list[str]:
        """The body of the function."""
        finals = dict(zip(reversed(self.roots), reversed(self.results), strict=True)) if len(self.roots) > 1 else {}
        for step in steps_of(self.roots):
            self._write(step)
            if step in finals:
                self._assign(step, finals[step])
            elif self.uses[step] > 1 and not _is_light(step):
                self._assign(step, self._hint(step))
        values = [self.texts[root][0] for root in self.roots]
        return [*self.written, f"return {', '.join(values)}"]

    def _write(self, step: Step) -> None:
        text = self._text(step)
        while len(text[0]) > _LONGEST:
            viewed = [part.parts[0] if _is_view(part) else part for part in step.parts]
            inline = [part for part in viewed if part not in self.names and not _is_light(part)]
            if not inline:
                break
            longest = max(inline, key=lambda part: len(self.texts[part][0]))
            self._assign(longest, self._hint(longest))
            for part in step.parts:
                if _is_view(part):
                    self.texts[part] = self._text(part)
            text = self._text(step)
        self.texts[step] = text

    def _assign(self, step: Step, name: str) -> None:
        self.written.append(f"{name} = {self.texts[step][0]}")
        self.names[step] = name
        self.texts[step] = name, _ATOM

    def _hint(self, step: Step) -> str:
        """A readable name for a temporary."""
        text = self.texts[step][0]
        product = _PRODUCT.fullmatch(text)
        if product is not None and step.axes:
            hint = product[1] + "t" * bool(product[2]) + product[3]
        elif step.kind == "call":
            hint = _HINTS.get(step.data[0], step.data[0].rpartition(".")[2])
        elif step.kind == "matmul":
            squared = step.parts[0] is step.parts[1]
            hint = "product" if step.axes else "squared" if squared else "inner"
        elif step.kind == "add":
            hint = "residual" if any(step.data) and step.axes else "total"
        else:
            hint = _KINDS.get(step.kind, step.kind)
        name, number = hint, 2
        while name in self.taken or keyword.iskeyword(name):
            name, number = f"{hint}_{number}", number + 1
        self.taken.add(name)
        return name

    def _at(self, step: Step, least: int) -> str:
        text, level = self.texts[step]
        return text if level >= least else f"({text})"

    def _text(self, step: Step) -> tuple[str, int]:
        return getattr(self, f"_{step.kind}")(step)  # type: ignore[no-any-return]

    def _name(self, step: Step) -> tuple[str, int]:
        return step.data[0], _ATOM

    def _number(self, step: Step) -> tuple[str, int]:
        return repr(step.data[0]), _ATOM if step.data[0] >= 0 else _SIGN

    def _length(self, step: Step) -> tuple[str, int]:
        return f"{step.data[0]}.shape[{step.data[1]}]", _ATOM

    def _tuple(self, step: Step) -> tuple[str, int]:
        return f"({', '.join(self._at(part, _ADD) for part in step.parts)})", _ATOM

    def _call(self, step: Step) -> tuple[str, int]:
        listed = [*(self._at(part, _ADD) for part in step.parts), *step.data[1:]]
        return f"{step.data[0]}({', '.join(listed)})", _ATOM

    def _template(self, step: Step) -> tuple[str, int]:
        return step.data[0].format(*[self._at(part, _ATOM) for part in step.parts]), _ATOM

    def _outer(self, step: Step) -> tuple[str, int]:
        return f"np.outer({', '.join(self._at(part, _ADD) for part in step.parts)})", _ATOM

    def _index(self, step: Step) -> tuple[str, int]:
        return f"{self._at(step.parts[0], _ATOM)}[{step.data[0]}]", _ATOM

    def _copy(self, step: Step) -> tuple[str, int]:
        return f"{self._at(step.parts[0], _ATOM)}.copy()", _ATOM

    def _transpose(self, step: Step) -> tuple[str, int]:
        return f"{self._at(step.parts[0], _ATOM)}.T", _ATOM

    def _add(self, step: Step) -> tuple[str, int]:
        text = ""
        for part, subtracted in zip(step.parts, step.data, strict=True):
            level = _TIMES
            if not text:
                # a minus in front would turn the whole matrix of a product
                level = _POWER if subtracted and part.kind == "matmul" else _TIMES if subtracted else _ADD
            inner = self._at(part, level)
            text += f" {'-' if subtracted else '+'} {inner}" if text else ("-" + inner if subtracted else inner)
        return text, _ADD

    def _negative(self, step: Step) -> tuple[str, int]:
        return f"-{self._at(step.parts[0], _POWER)}", _SIGN

    def _multiply(self, step: Step) -> tuple[str, int]:
        return " * ".join(self._factor(part, place) for place, part in enumerate(step.parts)), _TIMES

    def _factor(self, part: Step, place: int) -> str:
        """The first factor may be a product itself; a matrix product is always in brackets."""
        leading = place == 0 and part.kind in ("multiply", "divide")
        return self._at(part, _TIMES if leading else _SIGN if place == 0 else _POWER)

    def _divide(self, step: Step) -> tuple[str, int]:
        above, below = step.parts
        return f"{self._factor(above, 0)} / {self._at(below, _POWER)}", _TIMES

    def _matmul(self, step: Step) -> tuple[str, int]:
        left, right = step.parts
        return f"{self._at(left, _TIMES if left.kind == 'matmul' else _POWER)} @ {self._at(right, _POWER)}", _TIMES

    def _power(self, step: Step) -> tuple[str, int]:
        # as the usual formatting has it: no spaces around ** where both sides are simple
        base = self._at(step.parts[0], _ATOM)
        simple = re.fullmatch(r"[\w.]+", base) is not None
        return f"{base}**{step.data[0]!r}" if simple else f"{base} ** {step.data[0]!r}", _POWER


def _is_view(step: Step) -> bool:
    return step.kind in ("transpose", "index")


def _is_light(step: Step) -> bool:
    """Whether a step costs nothing to do again."""
    return _is_view(step) or step.kind in ("name", "number", "length", "tuple")
