"""Comparing a recorded graph with a changed one: values, types, special values, for programs and derivatives."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

import wengert as wg
from wengert import tree
from wengert.compiler.optimise import Optimised, optimised
from wengert.errors import WengertError
from wengert.graph import Graph, Literal, bind, concrete_type, verify
from wengert.tracing import evaluate

SPECIAL = (0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 1e300, 1e-310)
# what a program may be refused for, or fail with in NumPy
FAILURES = (WengertError, np.linalg.LinAlgError, ArithmeticError, ValueError)


class DifferentValuesError(AssertionError):
    """An optimised graph that gives another value, or a value of another type."""


def leaves(nested: Any) -> list[Any]:
    return tree.flatten(nested)[0]


def is_inexact(value: Any) -> bool:
    return np.asarray(value).dtype.kind in "fc"


def loss_of(f: Any, options: dict[str, Any]) -> Any:
    """One real number from all results of a program, each entry with a weight of its own."""

    def loss(*args: Any) -> Any:
        total = 0.0
        for place, leaf in enumerate(leaves(f(*args, **options))):
            if np.result_type(leaf.dtype if hasattr(leaf, "dtype") else type(leaf)).kind in "fc":
                weights = np.cos(np.arange(np.size(leaf)) + place).reshape(np.shape(leaf))
                total = total + np.sum(np.real(leaf * weights))
        return total

    return loss


def derivatives(f: Any, args: Any, places: tuple[int, ...], options: dict[str, Any], orders: int = 2) -> Any:
    """The program itself, its gradient, and functions whose graphs hold second derivatives."""
    loss = loss_of(f, options)
    yield "value", lambda *given: f(*given, **options)
    yield "gradient", wg.value_and_grad(loss, places)
    if orders < 2:
        return

    def slope(*given: Any) -> Any:
        found = leaves(wg.grad(loss, places)(*given))
        return sum(0.5 * np.sum(np.real(g * np.conj(g))) + np.sum(np.real(g)) for g in found)

    yield "gradient of gradient", lambda *given: wg.grad(slope, places)(*given)
    size = sum(np.size(x) for place in places for x in leaves(args[place]))
    if size < 40 and not any(np.iscomplexobj(x) for place in places for x in leaves(args[place])):
        yield "hessian", wg.hessian(loss, places)


def values(graph: Graph, inputs: list[Any], finite: Any = ()) -> tuple[Any, ...] | None:
    """The outputs of a graph, each of whose equations must give what its variables say.

    None where something is not finite that was taken to be.
    """
    environment: dict[Any, Any] = dict(zip(graph.inputs, inputs, strict=True))
    for equation in graph.equations:
        operands = tuple(a.value if isinstance(a, Literal) else environment[a] for a in equation.inputs)
        result = bind(equation.primitive, operands, equation.params)
        for variable, value in zip(
            equation.outputs, result if equation.primitive.outputs > 1 else (result,), strict=True
        ):
            found = concrete_type(value)
            if (found.shape, found.dtype) != (variable.type.shape, variable.type.dtype):
                raise DifferentValuesError(f"{equation.primitive.name} gives {found}, not {variable.type}")
            environment[variable] = value
    if not all(np.all(np.isfinite(environment[variable])) for variable in finite):
        return None
    return tuple(a.value if isinstance(a, Literal) else environment[a] for a in graph.outputs)


def varied(random: np.random.Generator, inputs: list[Any], kind: str) -> list[Any]:
    """Other inputs of the same types: random ones, or special values in any combination."""
    found = []
    for x in inputs:
        if kind == "same" or not is_inexact(x):
            found.append(x)
            continue
        drawn = random.normal(size=np.shape(x)) if kind == "random" else random.choice(SPECIAL, size=np.shape(x))
        if np.iscomplexobj(x):
            drawn = drawn + 1j * random.normal(size=np.shape(x))
        found.append(type(x)(drawn) if isinstance(x, (float, complex)) else np.asarray(drawn, x.dtype)[()])
    return found


def compare(old: Any, new: Any, special: bool, scale: float, least: float = 0.0) -> None:
    """Raise unless two results have one type and agree to rounding; special values exactly."""
    if concrete_type(old) is not concrete_type(new):
        raise DifferentValuesError(f"{concrete_type(old)} and {concrete_type(new)}")
    old, new = np.asarray(old), np.asarray(new)
    if old.dtype.kind not in "fc":
        if not np.array_equal(old, new):
            raise DifferentValuesError(f"{old!r} and {new!r}")
        return
    eps = max(np.finfo(old.dtype).eps, least)
    finite = np.isfinite(old) & np.isfinite(new)
    size = max(np.max(np.abs(old[finite]), initial=0.0), scale)
    close = np.abs(np.where(finite, old, 0) - np.where(finite, new, 0)) <= 1e4 * eps * size
    same = np.where(finite, close, (old == new) | (np.isnan(old) & np.isnan(new)))
    if special:
        # large finite values may be infinite in another order of operations
        same |= np.isfinite(old) != np.isfinite(new) if size > 1e100 else False
    if not np.all(same):
        raise DifferentValuesError(f"{old!r} and {new!r}")


def compare_graphs(graph: Graph, found: Optimised, inputs: list[Any], seed: int = 0, special: bool = True) -> int:
    """How many sets of inputs gave equal outputs; raises where one did not."""
    verify(found.graph)
    if "given_up" in found.applied:
        raise DifferentValuesError("the rules went on without end")
    random = np.random.default_rng(seed)
    # what decomposes matrices need not say the same of matrices that have no decomposition
    decomposes = any(e.primitive.signature and not e.primitive.elementwise for e in graph.equations)
    kinds_of_all = [v.type.dtype for e in graph.equations for v in e.outputs] + [np.result_type(x) for x in inputs]
    narrow = any(kind in (np.float32, np.complex64) for kind in kinds_of_all)
    kinds = ["same", "random", *(["special"] * 3 if special and not decomposes and not narrow else [])]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sum([_agree(graph, found, varied(random, inputs, kind), kind, narrow) for kind in kinds])


def _agree(graph: Graph, found: Optimised, given: list[Any], kind: str, narrow: bool) -> bool:
    """Whether the graph can be evaluated at these inputs; raises where the changed one then gives something else."""
    if kind == "special" and any(np.iscomplexobj(x) for x in given):
        return False
    try:
        old = evaluate(graph, *given)
    except FAILURES:
        return False
    new = values(found.graph, given, found.finite)
    if new is None:
        return False
    for one, two in zip(old, new, strict=True):
        if kind != "random" or np.all(np.isfinite(np.asarray(one, complex))):
            compare(one, two, kind == "special", 1.0, 1e-7 if narrow else 0.0)
    return True


def check(f: Any, args: Any, options: Any = None, orders: int = 2, special: bool = True, seed: int = 0) -> int:
    """Compare the graphs of a program and of its derivatives with the optimised ones."""
    options = dict(options or {})
    argnums = options.pop("argnums", None)
    if argnums is None:
        argnums = [place for place, arg in enumerate(args) if any(map(is_inexact, leaves(arg)))]
    places = tuple(np.atleast_1d(argnums).tolist())
    count = 0
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for _, derivative in derivatives(f, args, places, options, orders):
            try:
                graph = wg.trace(derivative, *args).graph
            except FAILURES:
                continue
            inputs = [leaf for leaf in leaves(args) if concrete_type(leaf).kind != "O"]
            count += compare_graphs(graph, optimised(graph), inputs, seed, special)
    return count
