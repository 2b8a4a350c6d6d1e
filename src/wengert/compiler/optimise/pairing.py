"""Complex numbers as pairs of real ones: what is computed from them becomes operations on their parts.

Loops know real numbers only. An operation that is not listed here gets its complex operands as they are, and the parts
of its result are read from memory. Of a product with a real number the imaginary part zero is multiplied as well, as
NumPy does it: with infinities, and for the signs of zeros, that is no detail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.complex_formulas import EXPONENTIAL, PLUS_ZERO, PRODUCT, QUOTIENT, ROOT, TOGETHER
from wengert.compiler.optimise.rules import Atom
from wengert.graph import REGISTRY, Equation, Graph, Literal, Primitive, Source, Var, array_type, concrete_type

__all__ = ["paired"]

Pair = tuple[Atom, Atom]
ZERO: Final = Literal(0.0, concrete_type(0.0))


class _NotPairedError(Exception):
    """An operation for which the parts have other types than they should."""


def paired(graph: Graph, may_assume: bool) -> Graph:
    """The graph without complex arithmetic; behind the outputs stands what was taken to be finite."""
    atoms = [atom for equation in graph.equations for atom in (*equation.inputs, *equation.outputs)]
    # half precision has no complex numbers, and what is computed with it is rounded where NumPy does
    if not any(map(_is_complex, atoms)) or any(map(_is_half, atoms)):
        return graph
    pairing = _Pairing(graph, may_assume)
    for equation in graph.equations:
        pairing.take(equation)
    outputs = tuple([pairing.whole(atom) for atom in graph.outputs])
    return Graph(graph.inputs, tuple(pairing.equations), (*outputs, *pairing.finite), graph.names)


def _is_complex(atom: Any) -> bool:
    return bool(atom.type.kind == "c")


def _is_half(atom: Any) -> bool:
    return bool(atom.type.kind == "f" and atom.type.dtype.itemsize < np.dtype(np.float32).itemsize)


def _real(kind: Any) -> Any:
    """The type of the parts of complex numbers."""
    return array_type(kind.shape, np.dtype(np.float32 if kind.dtype.itemsize == 8 else np.float64), kind.weak)


class _Pairing:
    """Takes one equation after the other."""

    def __init__(self, graph: Graph, may_assume: bool) -> None:
        self.may_assume = may_assume
        self.equations: list[Equation] = []
        self.finite: list[Atom] = []
        self.parts: dict[Any, Pair] = {}
        # what stands in memory as it is
        self.made: set[Var] = set(graph.inputs)
        # what stands for a real result
        self.known: dict[Atom, Atom] = {}
        self.shared: dict[Any, Atom] = {}
        self.source: Source | None = None

    def take(self, equation: Equation) -> None:
        """Write an equation, or what is to be computed of the parts."""
        self.source = equation.source
        if _is_complex(equation.outputs[0]) or any(map(_is_complex, equation.inputs)):
            rule = _RULES.get(equation.primitive.name)
            mine = rule is not None and REGISTRY.get(equation.primitive.name) is equation.primitive
            if mine and equation.outputs[0].type.size and self._follows(rule, equation):
                return
        inputs = tuple([self.whole(atom) for atom in equation.inputs])
        self.equations.append(equation if inputs == equation.inputs else replace(equation, inputs=inputs))
        self.made.update(equation.outputs)

    def _follows(self, rule: Any, equation: Equation) -> bool:
        """Whether a rule says how the parts of a result are computed."""
        (result,) = equation.outputs
        written, finite = len(self.equations), len(self.finite)
        inputs = tuple([self.known.get(atom, atom) for atom in equation.inputs])
        try:
            found = rule(self, inputs, equation.params, result.type)
            if found is None:
                return False
            if isinstance(found, tuple):
                self.parts[result] = (self.fit(found[0], _real(result.type)), self.fit(found[1], _real(result.type)))
            else:
                self.known[result] = self.fit(found, result.type)
        except _NotPairedError:
            self._forget(written, finite)
            return False
        return True

    def _forget(self, written: int, finite: int) -> None:
        """Take back what was written last."""
        gone = {variable for equation in self.equations[written:] for variable in equation.outputs}
        if not gone:
            return
        del self.equations[written:]
        del self.finite[finite:]
        self.shared = {key: atom for key, atom in self.shared.items() if atom not in gone}
        self.parts = {key: pair for key, pair in self.parts.items() if not gone & {*pair}}

    # What rules ask.

    def whole(self, atom: Any) -> Any:
        """An operand as it is."""
        atom = self.known.get(atom, atom)
        if atom.__class__ is Var and atom in self.parts and atom not in self.made:
            params = atom.type.dtype, atom.type.weak
            self.equations.append(Equation(TOGETHER, self.parts[atom], params, (atom,), self.source))
            self.made.add(atom)
        return atom

    def pair(self, atom: Any) -> Pair:
        """The parts of an operand; a real one has the imaginary part zero."""
        if not _is_complex(atom):
            return atom, ZERO
        found = self.parts.get(atom)
        if found is None:
            if atom.__class__ is Literal:
                found = _constant(np.real(atom.value)), _constant(np.imag(atom.value))
            else:
                kind = _real(atom.type)
                found = self("real", atom, kind=kind), self("imag", atom, kind=kind)
            self.parts[atom] = found
        return found

    def zeros(self, atom: Any) -> Pair:
        """The parts of an operand, both with its shape."""
        real, imaginary = self.pair(atom)
        return real, self.fit(imaginary, array_type(atom.type.shape, real.type.dtype, real.type.weak))

    def __call__(self, primitive: str | Primitive, *inputs: Any, params: Any = (), kind: Any = None) -> Atom:
        """The result of an operation; `kind` is its type where that is known better."""
        operation = REGISTRY[primitive] if isinstance(primitive, str) else primitive
        key = (operation, inputs, params)
        found = self.shared.get(key)
        if found is None:
            operands = tuple([atom.type if atom.type.kind != "O" else atom.value for atom in inputs])
            result = Var(kind or operation.infer(operands, params)[0])
            self.equations.append(Equation(operation, inputs, params, (result,), self.source))
            found = self.shared[key] = result
        return found

    def fit(self, atom: Any, kind: Any) -> Atom:
        """A value with a type, to which it may be repeated or converted."""
        have = atom.type
        if have is kind:
            return atom
        if kind.weak:
            if have.shape or have.dtype != kind.dtype:
                raise _NotPairedError
            return self("number", atom, params=(kind.dtype,), kind=kind)
        if have.dtype != kind.dtype or have.weak:
            if not np.can_cast(have.dtype, kind.dtype, "same_kind"):
                raise _NotPairedError
            atom = self("convert", atom, params=(kind.dtype,))
        if have.shape != kind.shape:
            atom = self("broadcast_to", atom, params=(kind.shape,))
        if atom.type is not kind:
            raise _NotPairedError
        return atom


def _constant(value: Any) -> Literal:
    value = np.ascontiguousarray(value) if isinstance(value, np.ndarray) and value.ndim else value
    return Literal(value, concrete_type(value))


# The rules: of the operands, parameters and the type of the result its parts, or the result where it is real.


def _by_parts(name: str) -> Any:
    """An operation that does with each part what it does with a real number."""

    def rule(pairing: _Pairing, inputs: Sequence[Any], params: Any, kind: Any) -> Any:
        if not _is_complex(inputs[0]):
            return None
        return tuple([pairing(name, part, *inputs[1:], params=params) for part in pairing.pair(inputs[0])])

    return rule


def _of_several(name: str, count: int | None) -> Any:
    """The same with several operands, of which some may be real."""

    def rule(pairing: _Pairing, inputs: Sequence[Any], params: Any, kind: Any) -> Any:
        pairs = [pairing.zeros(atom) for atom in inputs[:count]]
        rest = inputs[len(pairs) :]
        return tuple([pairing(name, *[pair[n] for pair in pairs], *rest, params=params) for n in range(2)])

    return rule


def _formula(parts: tuple[Primitive, Primitive]) -> Any:
    """An operation whose parts are formulas of the parts of all operands."""

    def rule(pairing: _Pairing, inputs: Sequence[Any], params: Any, kind: Any) -> Any:
        operands = [part for atom in inputs for part in pairing.pair(atom)]
        return tuple([pairing(part, *operands) for part in parts])

    return rule


def _sum(pairing: _Pairing, inputs: Sequence[Any], params: Any, kind: Any) -> Any:
    (a, b), (c, d) = map(pairing.pair, inputs)
    return _added(pairing, a, c), _added(pairing, b, d)


def _added(pairing: _Pairing, x: Any, y: Any) -> Atom:
    """The sum of two parts; a zero is negative only if both are."""
    for one, other in ((x, y), (y, x)):
        if other.__class__ is Literal and not other.type.shape and other.value == 0 and not np.signbit(other.value):
            return pairing(PLUS_ZERO, one)
    return pairing("add", x, y)


def _difference(pairing: _Pairing, inputs: Sequence[Any], params: Any, kind: Any) -> Any:
    (a, b), (c, d) = map(pairing.pair, inputs)
    return pairing("subtract", a, c), pairing("subtract", b, d)


def _square(pairing: _Pairing, inputs: Sequence[Any], params: Any, kind: Any) -> Any:
    pair = pairing.pair(inputs[0])
    return tuple([pairing(part, *pair, *pair) for part in PRODUCT])


def _power(pairing: _Pairing, inputs: Sequence[Any], params: Any, kind: Any) -> Any:
    if params[0] not in (2, 3) or kind.weak or not _is_complex(inputs[0]):
        return None
    pair = pairing.pair(inputs[0])
    square = tuple([pairing(part, *pair, *pair) for part in PRODUCT])
    if params[0] == 2:
        return square
    nothing = pairing("logical_and", *[pairing("equal", part, ZERO) for part in pair])
    return tuple([pairing("select", nothing, ZERO, pairing(part, *pair, *square)) for part in PRODUCT])


def _conjugate(pairing: _Pairing, inputs: Sequence[Any], params: Any, kind: Any) -> Any:
    real, imaginary = pairing.pair(inputs[0])
    return real, pairing("negative", imaginary)


def _size(pairing: _Pairing, inputs: Sequence[Any], params: Any, kind: Any) -> Any:
    size = pairing("hypot", *pairing.pair(inputs[0]))
    if inputs[0].type.weak:
        if not pairing.may_assume:
            return None
        # Python raises an error where NumPy has an infinity
        pairing.finite.append(size)
    return size


def _one_part(place: int) -> Any:
    return lambda pairing, inputs, params, kind: pairing.pair(inputs[0])[place] if _is_complex(inputs[0]) else None


def _composed(pairing: _Pairing, inputs: Sequence[Any], params: Any, kind: Any) -> Any:
    return inputs if not any(map(_is_complex, inputs)) else None


def _converted(pairing: _Pairing, inputs: Sequence[Any], params: Any, kind: Any) -> Any:
    real, imaginary = pairing.pair(inputs[0])
    if kind.kind == "c":
        part = _real(kind)
        return tuple([pairing("convert", x, params=(part.dtype,)) for x in (real, imaginary)])
    return pairing("convert", real, params=params) if kind.kind == "f" else None


def _number(pairing: _Pairing, inputs: Sequence[Any], params: Any, kind: Any) -> Any:
    if inputs[0].type.shape or kind.kind != "c":
        return None
    return tuple([pairing("number", part, params=(_real(kind).dtype,)) for part in pairing.pair(inputs[0])])


def _chosen(pairing: _Pairing, inputs: Sequence[Any], params: Any, kind: Any) -> Any:
    if _is_complex(inputs[0]):
        return None
    pairs = [pairing.pair(atom) for atom in inputs[1:]]
    return tuple([pairing("select", inputs[0], *[pair[n] for pair in pairs]) for n in range(2)])


def _looked_at(name: str, both: str) -> Any:
    """A question whose answers for the parts are combined."""

    def rule(pairing: _Pairing, inputs: Sequence[Any], params: Any, kind: Any) -> Any:
        pairs = [pairing.pair(atom) for atom in inputs]
        return pairing(both, *[pairing(name, *[pair[n] for pair in pairs]) for n in range(2)])

    return rule


def _product_of_arrays(name: str) -> Any:
    """A sum of products: four of the parts, two where one operand is real."""

    def rule(pairing: _Pairing, inputs: Sequence[Any], params: Any, kind: Any) -> Any:
        complexes = list(map(_is_complex, inputs))
        if len(inputs) != 2 or any([atom.type.weak for atom in inputs]):
            return None
        part = _real(kind)
        (a, b), (c, d) = [[pairing.fit(x, array_type(x.type.shape, part.dtype)) if x is not ZERO else x for x in pair]
                          for pair in map(pairing.pair, inputs)]  # fmt: skip
        if all(complexes):
            ac, bd, ad, bc = [pairing(name, x, y, params=params) for x, y in ((a, c), (b, d), (a, d), (b, c))]
            return pairing("subtract", ac, bd), pairing("add", ad, bc)
        if not pairing.may_assume:
            return None
        pairs = ((a, c), (b, c)) if complexes[0] else ((a, c), (a, d))
        found = tuple([pairing(name, x, y, params=params) for x, y in pairs])
        # zero times infinity is not met
        pairing.finite.extend(found)
        return found

    return rule


_RULES: Final[dict[str, Any]] = {
    **{name: _by_parts(name) for name in (
        "transpose", "reshape", "broadcast_to", "take", "sum", "cumsum", "copy", "positive", "constant",
        "stop_gradient", "negative", "put_add",
    )},
    **{name: _of_several(name, count) for name, count in (("replace", 2), ("concatenate", None))},
    **dict.fromkeys(("multiply", "scale"), _formula(PRODUCT)),
    **dict.fromkeys(("matmul", "scale_matmul"), _product_of_arrays("matmul")),
    "einsum": _product_of_arrays("einsum"),
    "divide": _formula(QUOTIENT),
    "exp": _formula(EXPONENTIAL),
    "sqrt": _formula(ROOT),
    "add": _sum,
    "subtract": _difference,
    "square": _square,
    "power_constant": _power,
    "conj": _conjugate,
    "absolute": _size,
    "real": _one_part(0),
    "imag": _one_part(1),
    "compose": _composed,
    "convert": _converted,
    "number": _number,
    "select": _chosen,
    "isfinite": _looked_at("isfinite", "logical_and"),
    "isnan": _looked_at("isnan", "logical_or"),
    "isinf": _looked_at("isinf", "logical_or"),
    "equal": _looked_at("equal", "logical_and"),
    "not_equal": _looked_at("not_equal", "logical_or"),
}  # fmt: skip
