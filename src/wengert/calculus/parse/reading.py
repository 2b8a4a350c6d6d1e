"""A text as a function of its names."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from wengert.calculus.parse.declaring import Declaration
from wengert.calculus.parse.grammar import read
from wengert.calculus.parse.inference import Sorts, inferred
from wengert.calculus.parse.lengths import Axis, Lengths, unified
from wengert.calculus.parse.meaning import Meaning, described_sort, meaning
from wengert.calculus.parse.nodes import Creation, Node, Tree
from wengert.calculus.parse.pointing import at_character, rejected, shown
from wengert.calculus.parse.sorts import COLUMN, MATRIX, NUMBER
from wengert.calculus.parse.tokens import LANGUAGES, LONGEST, recognised
from wengert.errors import ArgumentError, ParseError

__all__ = ["Parsed", "parse"]

_LETTERS: Final = ("n", "m", "k", "p", "q", "r", "s", "t", "u", "v", "w", "l")
_OF_MATRICES: Final = re.compile(r"\b(?:norm|mean|prod)\b")
_NO_VALUE: Final = ("literal", "tuple", "shape", "slogdet")


@dataclass(frozen=True)
class _Step:
    """One operation, ready to be evaluated."""

    node: Node
    meaning: Meaning | None
    lengths: tuple[int | Axis, ...] = ()


@dataclass(frozen=True, eq=False)
class Parsed:
    """A formula that was read from a text.

    Attributes
    ----------
    text, language
        What was read, and as which language: "matlab" or "numpy".
    names
        The free names, in the order in which they first stand in the text.
    shapes
        The number of axes of each name: 0, 1 or 2.
    dims
        The lengths of these axes by name; the same name means the same length.
    kind
        What the formula is: "scalar", "column", "row" or "matrix". Columns and rows are arrays of one axis.
    """

    text: str
    language: str
    names: tuple[str, ...]
    shapes: dict[str, int]
    dims: dict[str, tuple[str | int, ...]]
    kind: str
    _steps: tuple[_Step | None, ...] = field(repr=False)
    _surprising: bool = field(repr=False)
    _classes: tuple[tuple[Axis, ...], ...] = field(repr=False)

    @property
    def function(self) -> Callable[..., Any]:
        """The formula as a function of NumPy arrays, by position in the order of `names` or by name."""

        def formula(*args: Any, **arrays: Any) -> Any:
            return self._evaluate(self._given(args, arrays))

        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters = [inspect.Parameter(name, kind) for name in self.names]
        formula.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        formula.__doc__ = self.text
        return formula

    def _given(self, args: tuple[Any, ...], arrays: Mapping[str, Any]) -> dict[str, Any]:
        given = {**dict(zip(self.names, args, strict=False)), **arrays}
        if len(args) + len(arrays) != len(self.names) or set(given) != set(self.names):
            wanted, found = ", ".join(self.names) or "nothing", ", ".join(map(str, given)) or "nothing"
            raise ArgumentError(f"the formula {shown(self.text)} is a function of {wanted}, but was given {found}")
        for name, count in self.shapes.items():
            axes = np.ndim(given[name])
            if axes != count:
                raise ArgumentError(
                    f"{name} has {axes} axes, but is read as an array of {count} in {shown(self.text)}; give such an "
                    f"array, or declare {name} as what it is"
                )
        for axes_of_one_length in self._classes:
            found_lengths = {np.shape(given[name])[axis] for name, axis in axes_of_one_length}
            if 1 in found_lengths and len(found_lengths) > 1:
                # NumPy would repeat the single entry where the formula has no such thing
                names = ", ".join(dict.fromkeys(name for name, _ in axes_of_one_length))
                raise ArgumentError(f"{names} have the lengths {sorted(found_lengths)} where they must be equal")
        return {name: np.float64(value) if type(value) in (int, float) else value for name, value in given.items()}

    def _evaluate(self, given: Mapping[str, Any]) -> Any:
        values: list[Any] = []
        for step in self._steps:
            values.append(None if step is None else _value(step, values, given))
        return values[-1]


def _value(step: _Step, values: list[Any], given: Mapping[str, Any]) -> Any:
    node = step.node
    if node.operation == "number":
        return node.value
    if node.operation == "name":
        return given[node.value]
    if step.meaning is not None:
        return step.meaning[1](*[values[operand] for operand in node.operands])
    lengths = [told if isinstance(told, int) else np.shape(given[told[0]])[told[1]] for told in step.lengths]
    if node.operation == "dimension":
        return lengths[0]
    return np.eye(lengths[0]) if node.value.name == "eye" else np.full(tuple(lengths), node.value.fill)


def parse(text: str, language: str | None = None, declared: Mapping[str, Declaration] | None = None) -> Parsed:
    """Read a formula in the language of matrixcalculus.org, which is MATLAB's, or in NumPy's. Nothing is executed.

    Parameters
    ----------
    text
        One expression, as `1/2*x'*A*x + b'*x` or `0.5*x@A@x + b@x`.
    language
        "matlab" or "numpy"; recognised from the text when not given.
    declared
        What is known of names, from `declarations`. Other small letters are numbers or vectors, by their use, and
        capitals are matrices.

    Notes
    -----
    In MATLAB's language a small letter is a column, an array of one axis; `x'` is a row, also of one axis, and a
    product of a row and a column is a number. `sum`, `norm1` and `norm2` take all entries, so that norm2(X) is the
    Frobenius norm; norm(X) is refused, as MATLAB and NumPy mean different norms. `eye`, `ones`, `vector(1)` and
    `matrix(1)` are as long as what stands beside them. A name in `eye(n)` or `np.ones(n)` is a length, taken from the
    arrays, and not a free name. A text that is valid in both languages with two meanings, as `tr(A*B)`, is refused.

    Raises
    ------
    ParseError
        The text is not a formula in the language, or can be read in two ways; the message points at the character.

    >>> from wengert.calculus.parse import parse
    >>> found = parse("x'*A*x + c")
    >>> found.names, found.shapes, found.kind
    (('x', 'A', 'c'), {'x': 1, 'A': 2, 'c': 0}, 'scalar')
    >>> import numpy as np
    >>> print(found.function(x=np.ones(2), A=np.eye(2), c=3.0))
    5.0
    """
    if not isinstance(text, str):
        raise ArgumentError(f"parse: expected a formula as text, but received {type(text).__name__}")
    if language is not None and language not in LANGUAGES:
        raise ArgumentError(f"parse: language is one of {', '.join(LANGUAGES)}, but received {language!r}")
    if len(text) > LONGEST:
        complaint = f"the text has {len(text)} characters, but a formula has at most {LONGEST}"
        raise rejected(text, LONGEST, complaint, "Write a shorter formula.")
    known = dict(declared or {})
    chosen = language or recognised(text)
    return _in_language(text, chosen, known) if chosen else _in_both(text, known)


def _in_both(text: str, declared: Mapping[str, Declaration]) -> Parsed:
    """A text that may be of either language, where both must mean the same, or only one be a plausible reading."""
    trees: dict[str, Tree] = {}
    for language in LANGUAGES:
        try:
            trees[language] = read(text, language)
        except ParseError:
            if language == LANGUAGES[-1] and not trees:
                raise
    if len(trees) == 1:
        (language,) = trees
        return _in_language(text, language, declared)
    errors: dict[str, ParseError] = {}
    found: dict[str, Parsed] = {}
    for language in trees:
        try:
            found[language] = _in_language(text, language, declared)
        except ParseError as error:
            errors[language] = error
    if not found:
        raise errors["matlab"]
    plausible = [parsed for parsed in found.values() if not parsed._surprising]
    hidden = "matlab" in errors and _hidden(text, errors["matlab"])
    if not hidden and (len(found) == 1 or _alike(*found.values()) or len(plausible) == 1):
        return (plausible or list(found.values()))[0]
    mark = hidden or re.search("[*/]", text)
    position, what = (mark.start(), mark.group()) if mark else (0, text)
    complaint = f"{shown(what)} {at_character(position)} means different things in MATLAB's language and in NumPy"
    raise rejected(text, position, complaint, "Say language='matlab' or language='numpy', or use .* or @.")


def _hidden(text: str, error: ParseError) -> re.Match[str] | None:
    """What MATLAB has of matrices too, where it means something else: norms, means, and X/Y, which is X Y⁻¹."""
    return _OF_MATRICES.search(text) or re.compile("/").match(text, error.position)


def _alike(one: Parsed, other: Parsed) -> bool:
    meanings = [
        [step and (step.meaning[0] if step.meaning else step.node.operation) for step in parsed._steps]
        for parsed in (one, other)
    ]
    return meanings[0] == meanings[1] and one.shapes == other.shapes


def _in_language(text: str, language: str, declared: Mapping[str, Declaration]) -> Parsed:
    tree = read(text, language)
    _find_sizes(tree)
    names = tuple(dict.fromkeys(node.value for node in tree.nodes if node.operation == "name"))
    order = sorted(names, key=lambda name: min(node.position for node in tree.nodes if node.value == name))
    strange = [name for name in declared if name not in names]
    if strange:
        complaint = f"{shown(strange[0])} is declared, but the names in the formula are {', '.join(order) or 'none'}"
        raise rejected(text, 0, complaint, "Declare names that stand in the formula.")
    counts = {name: told.axes for name, told in declared.items()}
    sorts = inferred(tree, {name: _sorts_of(count) for name, count in counts.items() if count is not None})
    lengths = unified(tree, sorts, {name: told.dims for name, told in declared.items() if told.dims is not None})
    for name, told in declared.items():
        if told.is_square and (name, 1) in lengths.axes:
            place = next(place for place, node in enumerate(tree.nodes) if node.value == name)
            lengths.unify(lengths.axes[(name, 0)], lengths.axes[(name, 1)], place)
    return _assembled(tree, order, sorts, lengths)


def _sorts_of(count: int) -> int:
    return {0: NUMBER, 1: COLUMN, 2: MATRIX}[count]


def _find_sizes(tree: Tree) -> None:
    """Names that stand for lengths in one place stand for them everywhere."""
    for node in tree.nodes:
        if node.operation == "name" and node.value in tree.sizes:
            node.operation, node.fixed = "dimension", True
        elif node.operands and node.operation != "length" and not (node.function and node.function.family == "count"):
            node.fixed = all(tree.nodes[operand].fixed for operand in node.operands)


def _assembled(tree: Tree, names: list[str], sorts: Sorts, lengths: Lengths) -> Parsed:
    used = [False] * len(tree.nodes)
    used[-1] = True
    for place in range(len(tree.nodes) - 1, -1, -1):
        for operand in tree.nodes[place].operands:
            used[operand] = used[operand] or used[place]
    steps: list[_Step | None] = []
    for place, node in enumerate(tree.nodes):
        if not used[place] or node.operation in _NO_VALUE:
            steps.append(None)
        elif node.operation in ("number", "name"):
            steps.append(_Step(node, None))
        elif node.operation == "dimension":
            steps.append(_Step(node, None, (_source(tree, lengths, lengths.fresh(node.value), place),)))
        elif isinstance(node.value, Creation):
            found = tuple([_source(tree, lengths, length, place) for length in lengths.nodes[place]])
            steps.append(_Step(node, None, found))
        else:
            steps.append(_Step(node, meaning(tree, place, sorts)))
    sort_of = {node.value: sorts[place] for place, node in enumerate(tree.nodes) if node.operation == "name"}
    shapes = {name: {NUMBER: 0, COLUMN: 1, MATRIX: 2}[sort_of[name]] for name in names}
    dims, classes = _named_lengths(names, shapes, lengths)
    kind = described_sort(sorts[-1])
    return Parsed(tree.text, tree.language, tuple(names), shapes, dims, kind, tuple(steps), sorts.surprising, classes)


def _source(tree: Tree, lengths: Lengths, length: int, place: int) -> int | Axis:
    """Where a length comes from when the formula is evaluated."""
    told = lengths.told.get(lengths.root(length))
    axis = lengths.axis(length)
    if axis is not None:
        return axis
    if isinstance(told, int):
        return told
    node = tree.nodes[place]
    complaint = (
        f"the length of {shown(tree.written(place))} {at_character(node.position)} does not follow from any array"
    )
    raise rejected(tree.text, node.position, complaint, "Use it with arrays that fit it.")


def _named_lengths(
    names: list[str], shapes: Mapping[str, int], lengths: Lengths
) -> tuple[dict[str, tuple[str | int, ...]], tuple[tuple[Axis, ...], ...]]:
    """A letter for every class of lengths, and the axes of each class."""
    taken = {*names, *lengths.names}
    free = iter([letter for letter in _LETTERS if letter not in taken] + [f"n{count}" for count in range(1, 2000)])
    called: dict[int, str | int] = {}
    classes: dict[int, list[Axis]] = {}
    dims: dict[str, tuple[str | int, ...]] = {}
    for name in names:
        own: list[str | int] = []
        for axis in range(shapes[name]):
            root = lengths.root(lengths.axes[(name, axis)])
            if root not in called:
                called[root] = lengths.told[root] if root in lengths.told else next(free)
            classes.setdefault(root, []).append((name, axis))
            own.append(called[root])
        dims[name] = tuple(own)
    return dims, tuple(map(tuple, classes.values()))
