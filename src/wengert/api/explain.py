"""explain: a function at a point, with its Wengert list, derivative, proof and bill."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from wengert import tree
from wengert.api.arguments import Names, Positions, name_of
from wengert.api.explain_nan import explain_nan
from wengert.api.explanation import Explained, Explanation, Gradient, Products
from wengert.api.forward import jvp
from wengert.api.matrices import jacobian
from wengert.api.point import Point, hold, is_float
from wengert.api.reverse import value_and_grad, vjp
from wengert.calculus.exchange import uncompiled
from wengert.display.bill import Bill, Cost, measure
from wengert.display.parts import Part
from wengert.errors import OutputError, WengertWarning
from wengert.graph import concrete_type
from wengert.testing import check_derivatives

__all__ = ["explain", "explain_call"]

Function = Callable[..., Any]

# The proof of order 2 costs some hundred gradients, and is made unasked where they take a minute at most:
# by the operations of one gradient, where recording an equation counts as some ten thousand, and by its time.
AFFORDABLE: Final = 100_000_000
EQUATION: Final = 10_000
AFFORDABLE_SECONDS: Final = 0.2
# a Jacobian of up to so many entries is shown, besides its products
SMALL_JACOBIAN: Final = 64
_OWN: Final = Path(__file__).parents[1]


def explain(
    f: Function,
    *args: Any,
    argnums: Positions | None = None,
    argnames: Names | None = None,
    order: int | None = None,
    seed: int = 0,
    **kwargs: Any,
) -> Explanation:
    """Explain a function at a point: its Wengert list, value, derivative, the proof of it, and what it costs.

    Parameters
    ----------
    f
        Any function that Wengert differentiates. It is called many times, for the proof and for the times; of a
        compiled one the function behind it is.
    args, kwargs
        The point. The arrays in it are never modified.
    argnums, argnames
        The differentiated arguments, by position or by name; by default the first one that holds floats.
    order
        The highest order that is proved, 1 to 3; by default 2, or 1 where the program is too large for 2.
    seed
        Of the random directions.

    Returns
    -------
    An explanation to print. A failed proof does not raise: look at `passed`.

    Raises
    ------
    IntegerInputError
        No argument, or not the chosen one, holds floating-point numbers.
    OutputError
        f returned no floating-point number.

    >>> import numpy as np
    >>> from wengert.api.explain import explain
    >>> found = explain(lambda x: np.sum(x ** 2), np.array([1.0, 2.0]))
    >>> found.passed, found.derivative.parts[0].value
    (True, array([2., 4.]))
    """
    return explain_call(f, args, kwargs, argnums, argnames, order, seed)


def explain_call(
    f: Function,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    argnums: Positions | None = None,
    argnames: Names | None = None,
    order: int | None = None,
    seed: int = 0,
) -> Explanation:
    """`explain` for arguments in hand, whose names may be those of `explain` itself."""
    f = uncompiled(f)
    point = Point(f, args, kwargs, argnums, argnames)
    notes: list[str] = []
    with _noted(notes):
        results, structure = tree.flatten(point.run(f))
        kept = _kept(f, results, structure, notes)
        listing = point.trace(kept)
        derivative, programs = _derivative(point, kept, results, seed)
    value = tuple(Part("result" + path, leaf) for path, leaf in zip(structure.paths(), results, strict=True))
    if _differs(results, tree.flatten(listing.value)[0]):
        notes.append(
            f"{point.name} returned different results for the same arguments (random numbers, or state "
            f"that it keeps?): its proof cannot hold"
        )
    with warnings.catch_warnings():
        # what the checker left open stands in its report, and its probes may leave the domain of f
        warnings.simplefilter("ignore")
        graphs = [point.trace(program).graph for program in programs.values()]
        bill = Bill(
            measure(point.name, point.closed(f), listing.graph),
            tuple(
                measure(name, point.closed(program), graph)
                for (name, program), graph in zip(programs.items(), graphs, strict=True)
            ),
        )
        order = _affordable(bill.derivatives[0], notes) if order is None else order
        subject, chosen = point.restrict(kept, point.places)
        program, inputs = point.inputs_of(kept)
        proof = check_derivatives(subject, *chosen, order=order, seed=seed, raises=False)
        origin = explain_nan(subject, *chosen)
    own, named = tree.map(_copied, (args, kwargs))
    # without a name of its own, as a partial function, the docstring is that of a class
    documentation = (inspect.getdoc(f) or "") if hasattr(f, "__name__") else ""
    return Explanation(
        point.name,
        proof.source,
        documentation.partition("\n")[0],
        point.inputs(),
        listing,
        value,
        derivative,
        proof,
        bill,
        tuple(dict.fromkeys(notes)),
        origin if origin.found else None,
        Explained(f, own, named, program, tuple(inputs)),
    )


def _copied(leaf: Any) -> Any:
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


@contextmanager
def _noted(notes: list[str]) -> Iterator[None]:
    """Collect warnings as lines of text, with the place where it is not ours."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        text = " ".join(str(warning.message).split())
        file = Path(warning.filename)
        ours = file.is_relative_to(_OWN) and not file.is_relative_to(_OWN / "examples")
        known = ours or issubclass(warning.category, WengertWarning)
        place = "" if known else f" ({file.name}:{warning.lineno})"
        if not any(text in note for note in notes):
            notes.append(f"{warning.category.__name__}: {text}{place}")


def _kept(f: Function, results: list[Any], structure: tree.Structure, notes: list[str]) -> Function:
    """The function with only those results that have a derivative."""
    places = [place for place, result in enumerate(results) if is_float(result)]
    if not places:
        what = ", ".join(Part("", result).type for result in results) or "None"
        raise OutputError(
            f"explain: {name_of(f)} returned no floating-point number ({what}), so that there is nothing to "
            f"differentiate; return floats"
        )
    if len(places) == len(results) and (len(results) > 1 or structure.paths() == [""]):
        return f
    if len(places) < len(results):
        paths = structure.paths()
        names = ", ".join(f"result{paths[place]}" for place in places)
        notes.append(f"only the floating-point results are differentiated: {names}")

    @functools.wraps(f, updated=())
    def kept(*args: Any, **kwargs: Any) -> Any:
        leaves, _ = tree.flatten(f(*args, **kwargs))
        return leaves[places[0]] if len(places) == 1 else tuple([leaves[place] for place in places])

    return kept


def _derivative(
    point: Point, f: Function, results: list[Any], seed: int
) -> tuple[Gradient | Products, dict[str, Function]]:
    """The derivative, and the programs that compute it: those to be measured."""
    kinds = [concrete_type(result) for result in results if is_float(result)]
    if len(kinds) == 1 and kinds[0].shape == () and kinds[0].kind == "f":
        program = value_and_grad(f, **point.keys())
        _, gradient = point.run(program)
        leaves = tree.flatten(gradient)[0]
        differentiated = [part.name for part in point.inputs() if part.note]
        return Gradient(_named(differentiated, leaves)), {"value and gradient": program}
    return _products(point, f, seed)


def _named(names: Sequence[str], leaves: Sequence[Any]) -> tuple[Part, ...]:
    return tuple(Part(name, leaf) for name, leaf in zip(names, leaves, strict=True))


def _products(point: Point, f: Function, seed: int) -> tuple[Products, dict[str, Function]]:
    """The Jacobian of a function with many results, through its products with random vectors."""
    random = np.random.default_rng(seed)
    held, primals = point.restrict(f, point.places)
    y, pullback = vjp(held, *primals)
    tangents = tree.map(lambda leaf: _drawn(random, leaf), tuple(primals))
    cotangents = tree.map(lambda leaf: _drawn(random, leaf), y)

    def pushed(*args: Any, **kwargs: Any) -> Any:
        function, chosen = hold(f, args, kwargs, point.places)
        return jvp(function, tuple(chosen), tangents)

    def pulled(*args: Any, **kwargs: Any) -> Any:
        function, chosen = hold(f, args, kwargs, point.places)
        value, back = vjp(function, *chosen)
        return value, back(cotangents)

    leaves, structure = tree.flatten(y)
    results = [f"result{path}" for path in structure.paths()]
    arguments = [part for part in point.inputs() if part.note]
    pairs = [
        (f"d {result} / d {part.name}", (*np.shape(leaf), *np.shape(part.value)))
        for result, leaf in zip(results, leaves, strict=True)
        for part in arguments
    ]
    names = [part.name for part in arguments]
    small = sum(int(np.prod(shape)) for _, shape in pairs) <= SMALL_JACOBIAN
    blocks = tree.flatten(jacobian(held, tuple(range(len(primals))))(*primals))[0] if small else []
    found = Products(
        tuple(pairs),
        _named(names, tree.flatten(tangents)[0]),
        _named(results, tree.flatten(point.run(pushed)[1])[0]),
        _named(results, tree.flatten(cotangents)[0]),
        _named(names, tree.flatten(pullback(cotangents))[0]),
        _named([name for name, _ in pairs], blocks) if small else (),
        seed,
    )
    return found, {"value and J v": pushed, "value and u J": pulled}


def _drawn(random: np.random.Generator, leaf: Any) -> Any:
    """Random numbers of the shape and dtype of a leaf."""
    kind = concrete_type(leaf)
    drawn = random.standard_normal(kind.shape)
    if kind.kind == "c":
        drawn = drawn + 1j * random.standard_normal(kind.shape)
    return np.asarray(drawn).astype(np.result_type(leaf))[()]


def _differs(first: list[Any], again: list[Any]) -> bool:
    """Whether two calls returned different results, by more than rounding."""
    floats = [result for result in first if is_float(result)]
    return len(floats) != len(again) or not all(
        np.allclose(one, two, rtol=1e-4 if np.result_type(one).itemsize <= 4 else 1e-8, atol=0, equal_nan=True)
        for one, two in zip(floats, again, strict=True)
    )


def _affordable(gradient: Cost, notes: list[str]) -> int:
    """The order that the proof goes to unasked, by what the derivative costs."""
    work = gradient.operations + EQUATION * gradient.equations
    if work <= AFFORDABLE and gradient.seconds <= AFFORDABLE_SECONDS:
        return 2
    notes.append("the program is large or slow, so that only first derivatives were proved; order 2 proves second ones")
    return 1
