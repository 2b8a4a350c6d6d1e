"""What differentiation needs to know of one operation at given types, derived once and cached.

From the differential of the primitive comes its pushforward as a graph; the transpose of that is its pullback.
Both are compiled to plain Python functions, in up to four forms: for plain or for traced operands, with ordinary
or with annihilating zeros. A sweep over a recording then costs one call per equation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from wengert.errors import RuleError
from wengert.graph import ArrayType, Graph, Primitive, Var, bind, compile_graph, live
from wengert.primitives.arithmetic import add
from wengert.tracing import record_graph, type_of
from wengert.transforms.transpose import expand_to, transpose
from wengert.transforms.vmap import batch_graph

__all__ = ["Rule", "rule_for"]

_LIMIT = 4096
# From this size on it pays to add a sparse adjoint to a sum instead of writing it out.
_LARGE = 1024


def rule_for(
    primitive: Primitive,
    params: tuple[Any, ...],
    operands: Sequence[Any],
    active: int,
    results: tuple[ArrayType, ...],
) -> Rule:
    """The cached rule for operands of these types, of which the bits of `active` are differentiated."""
    key: tuple[Any, ...] = (params, active, *map(type_of, operands))
    if primitive.value_shaped:
        key += results
    rule = primitive.rules.get(key)
    if rule is None:
        if len(primitive.rules) > _LIMIT:
            primitive.rules.clear()
        rule = primitive.rules[key] = Rule(primitive, params, operands, active, results)
    return rule


class Rule:
    """The pushforward and the pullback of one operation at given types."""

    def __init__(
        self,
        primitive: Primitive,
        params: tuple[Any, ...],
        operands: Sequence[Any],
        active: int,
        results: tuple[ArrayType, ...],
    ) -> None:
        self.primitive = primitive
        self.evaluate = primitive.function(params)
        self.active = tuple(i for i in range(len(operands)) if active >> i & 1)
        self.results = results
        self.result = results[0]
        self.types = tuple(type_of(operand) for operand in operands)
        # an opaque operand takes part in the derivation as itself, and in the compiled code as an argument
        opaque = {i: op for i, op in enumerate(operands) if not isinstance(type_of(op), ArrayType)}
        self.opaque = {id(op): i for i, op in opaque.items()}
        self._held = opaque
        self.fixed = len(operands) + len(results)
        self.push_graph = self._derive_pushforward(params, opaque)
        self.pull_graph = transpose(self.push_graph, self.fixed)
        needed = self._needed(self.push_graph) | self._needed(self.pull_graph)
        self.keep_constant = tuple(i for i in sorted(needed) if i < len(operands) and i not in self.active)
        self.accumulate = self._accumulator(params)
        self.save = _selector(tuple(i in needed for i in range(self.fixed)))
        self._compiled: dict[Any, Callable[..., Any]] = {}
        # for recordings that write the pullback down at once
        self.retracing: Any = None
        # the form for the inner loop of the reverse sweep; what it does not serve goes another way
        plain = len(results) == 1 and self.accumulate is None
        self.pull_raw: Callable[..., Any] | None = self._first_pull if plain else None

    def _derive_pushforward(self, params: tuple[Any, ...], opaque: dict[int, Any]) -> Graph:
        """The graph (operands, results, tangents of the active operands) -> tangents of the results."""
        primitive, count = self.primitive, len(self.types)
        named = primitive.named(params)

        def push(*inputs: Any) -> Sequence[Any]:
            operands = [opaque.get(i, x) for i, x in enumerate(inputs[:count])]
            results = inputs[count : self.fixed]
            tangents = dict(zip(self.active, inputs[self.fixed :], strict=True))
            pushed = _push(primitive, results, operands, tangents, named)
            return [expand_to(p, kind) for p, kind in zip(pushed, self.results, strict=True)]

        types = [*self.types, *self.results, *(self.types[i] for i in self.active)]
        return record_graph(push, types)

    def _accumulator(self, params: tuple[Any, ...]) -> Callable[..., None] | None:
        """`f(total, cotangent, *saved)` adds the cotangent of the only active operand to `total` in place."""
        rule = self.primitive.accumulators.get(self.active[0]) if len(self.active) == 1 else None
        if rule is None or self.types[self.active[0]].size < _LARGE:
            return None
        names = [f"a{i}" for i in range(self.fixed)]
        source = f"lambda total, g, {', '.join(names)}: add(total, g, {', '.join(names[: len(self.types)])})"
        return eval(source, {"add": rule(**self.primitive.named(params))})  # type: ignore[no-any-return]

    def _needed(self, graph: Graph) -> set[int]:
        used = {atom for equation in live(graph) for atom in equation.inputs} | set(graph.outputs)
        literal = {self.opaque.get(id(atom.value)) for atom in used if not isinstance(atom, Var)}
        places = {i for i, variable in enumerate(graph.inputs[: self.fixed]) if variable in used}
        return places | {place for place in literal if place is not None}

    def pullback(self, raw: bool, annihilate: bool = False, batch: int = 0) -> Callable[..., Any]:
        """`f(*operands, *results, *cotangents)` -> cotangents of the active operands, a bare one if single."""
        return self._compile("pull", self.pull_graph, len(self.results), raw, annihilate, batch, ())

    def _first_pull(self, saved: tuple[Any, ...], cotangent: Any) -> Any:
        """`f(saved, cotangent)`, else as `pullback`: made when it is called, since a tape under another never does."""
        if self.pull_raw == self._first_pull:
            single = len(self.pull_graph.outputs) == 1
            self.pull_raw = compile_graph(
                self.pull_graph, raw=True, opaque=self.opaque, single=single, packed=self.fixed
            )
        return self.pull_raw(saved, cotangent)  # type: ignore[misc]

    def pushforward(
        self, raw: bool, annihilate: bool = False, batch: int = 0, missing: tuple[int, ...] = ()
    ) -> Callable[..., Any]:
        """`f(*operands, *results, *tangents)` -> tangents of the results, a bare one if single."""
        return self._compile("push", self.push_graph, len(self.active), raw, annihilate, batch, missing)

    def _compile(
        self,
        name: str,
        graph: Graph,
        count: int,
        raw: bool,
        annihilate: bool,
        batch: int,
        missing: tuple[int, ...],
    ) -> Callable[..., Any]:
        key = (name, raw, annihilate, batch, missing)
        found = self._compiled.get(key)
        if found is None:
            seeds = range(self.fixed, self.fixed + count)
            if batch:
                graph = batch_graph(graph, batch, tuple(i in seeds for i in range(len(graph.inputs))))
            found = self._compiled[key] = compile_graph(
                graph,
                raw=raw,
                annihilate=frozenset(seeds) if annihilate else frozenset(),
                opaque=self.opaque,
                single=len(graph.outputs) == 1,
            )
        return found


@lru_cache(maxsize=256)
def _selector(keep: tuple[bool, ...]) -> Callable[..., tuple[Any, ...]]:
    """A function of as many arguments that returns them as a tuple, None for those not kept."""
    names = [f"a{i}" for i in range(len(keep))]
    kept = "".join(f"{name}, " if flag else "None, " for name, flag in zip(names, keep, strict=True))
    return eval(f"lambda {', '.join(names)}: ({kept})")  # type: ignore[no-any-return]


def _push(
    primitive: Primitive,
    results: Sequence[Any],
    operands: list[Any],
    tangents: dict[int, Any],
    named: dict[str, Any],
) -> list[Any]:
    """The sum over the active operands of the differential's linear maps."""
    if primitive.differential_rule is None:
        return _push_multilinear(primitive, results, operands, tangents, named)
    maps = primitive.differential_rule(results[0] if len(results) == 1 else results, *operands, **named)
    maps = maps if isinstance(maps, tuple) else (maps,)
    if len(maps) != len(operands):
        raise RuleError(
            f"the differential of {primitive.name} returned {len(maps)} linear maps for {len(operands)} arguments; "
            f"return one per argument, None where it is constant"
        )
    totals: list[Any] = [None] * len(results)
    for position, tangent in tangents.items():
        if maps[position] is None:
            continue
        parts = maps[position](tangent)
        for place, part in enumerate(parts if len(results) > 1 else (parts,)):
            if part is not None:
                totals[place] = part if totals[place] is None else bind(add, (totals[place], part))
    return [kind.dtype.type(0) if p is None else p for p, kind in zip(totals, map(type_of, results), strict=True)]


def _push_multilinear(
    primitive: Primitive,
    results: Sequence[Any],
    operands: list[Any],
    tangents: dict[int, Any],
    named: dict[str, Any],
) -> list[Any]:
    """The differential of a product: each factor in turn replaced by its tangent."""
    if primitive.linear != "separately":
        raise RuleError(
            f"primitive {primitive.name} has no differential: fill its slot `differential`, or declare it with "
            f"differentiable=False if it is constant"
        )
    total: Any = None
    for position, tangent in tangents.items():
        if not primitive.transposable(position):
            continue
        part = primitive(*operands[:position], tangent, *operands[position + 1 :], **named)
        total = part if total is None else bind(add, (total, part))
    return [type_of(results[0]).dtype.type(0) if total is None else total]
