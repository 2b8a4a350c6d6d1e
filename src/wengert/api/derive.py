"""derive: the closed form of a function's derivatives, in matrix notation."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal, get_args, overload

import numpy as np

from wengert.api.arguments import warn_of_independence
from wengert.api.calling import (
    check_argument,
    check_has_names,
    check_symbols,
    listed_assumptions,
    nothing_moves,
    refusal_of_call,
)
from wengert.api.closed_form import ClosedForm, ClosedForms
from wengert.api.formula import Formula
from wengert.api.lifted_function import Instance, LiftedFunction, quiet
from wengert.api.needs import IMMOBILE, lifted_as_needed
from wengert.api.symbols import SymbolicArray
from wengert.calculus.capture import Program, program_of
from wengert.calculus.expression import Determinant, Inverse, walk
from wengert.calculus.instances import PROPERTIES, SQUARE, detected, meant, with_implied
from wengert.calculus.parse import declarations, parse
from wengert.calculus.sizing import UNTOLD
from wengert.errors import ArgumentError, WengertError

__all__ = ["ClosedForm", "ClosedForms", "Formula", "Instance", "derive"]

Function = Callable[..., Any]
Convention = Literal["symmetric", "vech"]
Assumptions = Mapping[str, str | Sequence[str]] | str


@overload
def derive(
    f: Function | str,
    *args: Any,
    wrt: str | None = None,
    assume: Assumptions | None = None,
    convention: Convention = "symmetric",
    **kwargs: Any,
) -> ClosedForm: ...


@overload
def derive(
    f: Function | str,
    *args: Any,
    wrt: Sequence[str],
    assume: Assumptions | None = None,
    convention: Convention = "symmetric",
    **kwargs: Any,
) -> ClosedForms: ...


def derive(
    f: Function | str,
    *args: Any,
    wrt: str | Sequence[str] | None = None,
    assume: Assumptions | None = None,
    convention: Convention = "symmetric",
    **kwargs: Any,
) -> ClosedForm | ClosedForms:
    """The closed form of a function's derivatives, in matrix notation.

    Parameters
    ----------
    f
        A function that uses whole arrays of at most two axes; or one formula as text, in MATLAB's language as
        matrixcalculus.org reads it, or in NumPy's. Arrays and floats that a function takes from its closure, from
        globals or from attributes of objects appear under their names. Whole numbers stay numbers.
    args, kwargs
        The arguments of f. Of arrays only the shapes matter, and axes of one length by accident are told apart; or
        symbols without numbers, made by `wengert.Scalar`, `Vector` and `Matrix`. None for a text, but
        `language="matlab"` or `"numpy"` where it is valid in both, with two meanings.
    wrt
        The name of the variable, by default the first argument; or a tuple of several names.
    assume
        From names to properties: `"symmetric"`, `"positive definite"` and so on, one or several. As text,
        `"X: positive definite; y: one-hot"`. With `"detect"` the properties that the data of the other arrays have are
        used and stated in the output; without it nothing that holds of the data by accident is used, but for what an
        operation of f asks for: a Cholesky factor needs a positive definite matrix.
    convention
        What ∇ is in a symmetric variable: `"symmetric"` the gradient among symmetric matrices, ½(G + Gᵀ); `"vech"` the
        derivatives by the independent entries, G + Gᵀ − G∘I, as in the Matrix Cookbook (2012), (138). The form says
        which.

    Returns
    -------
    A form with `gradient`, `jacobian`, `derivative`, `differential` and `hessian`, made when they are asked for. Each
    has been compared with the traced derivative of f itself, and with differences, at two random instances of other
    sizes; `check` holds the figures. For several variables `gradient` and `hessian` are dicts by name, and by pairs of
    names.

    The gradient has the variable's shape, the Jacobian its axis last. For a symmetric variable the gradient is the
    symmetric one, for which df = ⟨∇f, dX⟩ with every symmetric dX (Srinivasan and Panda, arXiv:1911.06491).

    Raises
    ------
    UnsupportedError
        An operation of f has no closed form here, or f is steered by values.
    CheckError
        The formula and the numbers disagree: it is not given.
    ArgumentError
        A name or a property is not known, or lengths differ by name where f needs them equal.
    ParseError
        A text is no formula.

    Warns
    -----
    IndependentOutputWarning
        f does not depend on a variable, so that the derivative is zero.

    >>> import numpy as np
    >>> from wengert.api.derive import derive
    >>> A, b = np.ones((5, 5)), np.ones(5)
    >>> form = derive(lambda x: 0.5 * x @ A @ x + b @ x + 3.0, np.ones(5))
    >>> form.gradient, form.hessian
    (½(A + Aᵀ)x + b, ½(A + Aᵀ))
    >>> derive("1/2*x'*A*x + b'*x", wrt="x", assume="A: symmetric").gradient
    Ax + b
    """
    source: Any = f
    if isinstance(f, str):
        language = kwargs.pop("language", None)
        if args or kwargs:
            raise ArgumentError("derive: a formula given as text takes no arguments; say what its names are in assume")
        program, shapes, assumed = _from_text(f, wrt, assume, language)
        data: dict[str, Any] = {}
    else:
        program, shapes, data, assumed = _from_function(f, args, kwargs, assume)
    variables = _variables(program, shapes, data, wrt)
    found: dict[str, tuple[str, ...]] = {}
    if isinstance(assume, str) and assume == "detect":
        found = {name: detected(value) for name, value in data.items() if name not in variables}
        found = {name: held for name, held in found.items() if held and not assumed.get(name)}
    _check_movable(variables, assumed, data)
    _check_names(variables, shapes)
    lifted, needed = lifted_as_needed(program, shapes, data, {**assumed, **found}, variables)
    found.update(needed)
    found = {name: told for name, held in found.items() if (told := _used(name, held, lifted))}
    lifted.convention = _checked_convention(convention, lifted)
    used = set(walk(lifted.expression))
    if any(lifted.symbols[name] not in used for name in variables):
        warn_of_independence(source, "derive")
    if wrt is None or isinstance(wrt, str):
        return ClosedForm(lifted, variables[0], found)
    return ClosedForms(lifted, found)


def _used(name: str, held: tuple[str, ...], lifted: LiftedFunction) -> tuple[str, ...]:
    """What was found in an array, without that it is invertible where nothing is said of its inverse."""
    inverted = any(
        lifted.symbols.get(name) in set(walk(node))
        for node in walk(lifted.expression)
        if isinstance(node, (Inverse, Determinant))
    )
    return tuple([word for word in held if inverted or word != "invertible"])


def _checked_convention(convention: str, lifted: LiftedFunction) -> str:
    if convention not in get_args(Convention):
        raise ArgumentError(
            f"derive: convention is one of {', '.join(map(repr, get_args(Convention)))}; received {convention!r}"
        )
    if convention == "vech" and not any("symmetric" in lifted.properties[name] for name in lifted.variables):
        name = lifted.variables[0]
        raise ArgumentError(
            f"derive: convention='vech' is of symmetric variables, and {name} is not assumed to be symmetric; add "
            f"assume={{{name!r}: 'symmetric'}}"
        )
    return convention


Shapes = dict[str, tuple[int | str, ...]]
Held = dict[str, tuple[str, ...]]


def _from_function(
    f: Function, args: Sequence[Any], kwargs: Mapping[str, Any], assume: Assumptions | None
) -> tuple[Program, Shapes, dict[str, Any], Held]:
    """The program of a function, with shapes and numbers of its arrays, and what is assumed of them."""
    if not callable(f):
        raise ArgumentError(f"derive: expected a function or a formula as text; received a {type(f).__name__}")
    symbolic = [leaf for leaf in (*args, *kwargs.values()) if isinstance(leaf, SymbolicArray)]
    # each a number of its own, since arguments are told apart by identity
    shown = {id(one): np.zeros((1,) * len(one.dims)) if one.dims else float("0.5") for one in symbolic}
    plain = [shown.get(id(leaf), leaf) for leaf in args]
    named = {name: shown.get(id(leaf), leaf) for name, leaf in kwargs.items()}
    for leaf in (*plain, *named.values()):
        check_argument(leaf)
    try:
        program = program_of(f, plain, named)
    except WengertError:
        raise
    except TypeError as error:
        raise ArgumentError(f"derive: {refusal_of_call(f, str(error))}") from None
    check_symbols(f)
    if not program.arguments and args:
        raise nothing_moves(program, args)
    places = {id(shown[id(one)]): one for one in symbolic}
    renamed = {name: places[id(value)] for name, value in program.data.items() if id(value) in places}
    program = _with_names(program, {name: one.name for name, one in renamed.items() if name in program.arguments})
    own = {one.name: one for one in renamed.values()}
    data = {name: value for name, value in program.data.items() if name not in own}
    for name, value in data.items():
        if np.ndim(value) > 2:
            raise ArgumentError(f"derive: {name} has {np.ndim(value)} axes; formulas are of arrays of at most two axes")
    shapes: Shapes = {name: own[name].dims if name in own else np.shape(data[name]) for name in program.data}
    if not symbolic:
        # an error that the function raises by itself is the caller's own, but of numbers only the shapes matter
        with quiet(), suppress(np.linalg.LinAlgError):
            f(*args, **kwargs)
    assumed: Held = {name: one.properties for name, one in own.items() if one.properties}
    for name, held in _assumed(assume, program, shapes).items():
        assumed[name] = (*assumed.get(name, ()), *held)
    return program, shapes, data, assumed


def _with_names(program: Program, names: Mapping[str, str]) -> Program:
    clash = [new for old, new in names.items() if new in program.data and new != old and new not in names]
    if clash:
        raise ArgumentError(f"derive: {clash[0]} is the name of two arrays; name the symbol otherwise")
    if len(set(names.values())) < len(names):
        raise ArgumentError("derive: two arguments are symbols of one name; give each its own")
    return program.renamed(names)


def _assumed(assume: Assumptions | None, program: Program, shapes: Shapes) -> Held:
    """Properties by name, checked against the arrays that there are."""
    if assume is None or (isinstance(assume, str) and assume == "detect"):
        return {}
    if isinstance(assume, str):
        check_has_names(assume, shapes)
        told = {name: declaration.properties for name, declaration in declarations(assume).items()}
    else:
        told = listed_assumptions(assume)
    for name, held in told.items():
        if name not in shapes:
            close = difflib.get_close_matches(name, shapes, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            turned = [word for word in held if word in shapes]
            if name in PROPERTIES and turned:
                hint = f"; names come first: assume={{{turned[0]!r}: {name!r}}}"
            raise ArgumentError(f"derive: assume names {name}, but the arrays are {', '.join(shapes)}{hint}")
        told[name] = tuple([word.strip() for text in held for word in text.split(",") if word.strip()])
        _check_properties(name, told[name], shapes[name])
    return told


def _check_properties(name: str, held: Sequence[str], shape: Sequence[int | str]) -> None:
    for word in held:
        if word not in PROPERTIES:
            raise ArgumentError(f"derive: {name} cannot be assumed {word!r}, which is no property; {meant(word)}")
    square = [word for word in held if with_implied([word]) & SQUARE]
    listed = " × ".join(map(str, shape)) or "one number"
    if square and (len(shape) != 2 or shape[0] != shape[1]):
        raise ArgumentError(
            f"derive: {name} is assumed {square[0]}, which square matrices are, but its shape is {listed}"
        )
    needed: dict[str, Literal[1, 2]] = {"one-hot": 1, "one-hot rows": 2}
    wrong = [word for word in held if word in needed and needed[word] != len(shape)]
    if wrong:
        what = "a vector" if needed[wrong[0]] == 1 else "a matrix"
        raise ArgumentError(f"derive: {name} is assumed {wrong[0]}, as {what} may be, but its shape is {listed}")


def _from_text(
    text: str, wrt: str | Sequence[str] | None, assume: Assumptions | None, language: str | None
) -> tuple[Program, Shapes, Held]:
    """The program of a formula as text: a function of its names, the variables first."""
    if isinstance(assume, str) and assume == "detect":
        raise ArgumentError("derive: a formula given as text has no data in which properties could be detected")
    if assume is None or isinstance(assume, str):
        declared = declarations(assume or "")
    else:
        listed = listed_assumptions(assume)
        declared = declarations("; ".join(f"{name}: {', '.join(held)}" for name, held in listed.items()))
    found = parse(text, language, declared)
    if not found.names:
        raise ArgumentError(f"derive: there is no name in {text!r} to differentiate by")
    first = [wrt] if isinstance(wrt, str) else [*(wrt or ())]
    names = [*(name for name in first if name in found.names), *(name for name in found.names if name not in first)]
    arrays = {name: np.zeros((1,) * found.shapes[name]) if found.shapes[name] else 0.5 for name in names}
    program = program_of(found.function, (), arrays).ordered(names, "f")
    assumed: Held = {name: declaration.properties for name, declaration in declared.items()}
    told = {length for declaration in declared.values() for length in declaration.dims or ()}
    shapes: Shapes = {
        name: tuple([dim if isinstance(dim, int) or dim in told else f"{UNTOLD}{dim}" for dim in found.dims[name]])
        for name in names
    }
    return program, shapes, assumed


def _variables(
    program: Program, shapes: Shapes, data: Mapping[str, Any], wrt: str | Sequence[str] | None
) -> tuple[str, ...]:
    if wrt is None:
        if not program.arguments:
            raise ArgumentError(f"derive: {program.name} has no arguments; say with wrt which array is the variable")
        return program.arguments[:1]
    given: Any = wrt
    listed = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, Iterable) else ()
    if not listed or len(set(listed)) < len(listed) or not all(isinstance(name, str) for name in listed):
        raise ArgumentError(
            f"derive: wrt is the name of a variable, or a tuple of several names, each once; received {wrt!r}; the "
            f"arrays are {', '.join(shapes)}"
        )
    names = tuple(map(str, listed))
    for name in names:
        if name not in shapes:
            close = difflib.get_close_matches(name, shapes, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            if program.takes(name):
                hint = f"; {name} was given no array and no float: whole numbers stay numbers, so pass 3.0 instead of 3"
            raise ArgumentError(f"derive: wrt names {name}, but the arrays are {', '.join(shapes)}{hint}")
    return names


def _check_names(variables: Sequence[str], shapes: Shapes) -> None:
    for name in variables:
        if f"d{name}" in shapes:
            raise ArgumentError(
                f"derive: d{name} is what the direction is called in which {name} changes; give the array d{name} "
                f"another name"
            )
    for length in dict.fromkeys(length for lengths in shapes.values() for length in lengths):
        if length in shapes:
            raise ArgumentError(f"derive: {length} is the name of an array and of a length; give one another name")


def _is(word: str) -> str:
    """A property as a predicate."""
    return f"has {word}" if word.endswith((" entries", " rows")) else f"is {word}"


def _check_movable(variables: Sequence[str], assumed: Mapping[str, Sequence[str]], data: Mapping[str, Any]) -> None:
    for name in variables:
        if getattr(data.get(name), "dtype", None) == np.bool_:
            raise ArgumentError(
                f"derive: {name} is the variable, and an array of truth values, which cannot move; pass it as numbers: "
                f"{name}.astype(float)"
            )
        stuck = [word for word in assumed.get(name, ()) if word in IMMOBILE]
        if stuck:
            raise ArgumentError(
                f"derive: {name} is the variable, and if it {_is(stuck[0])} it cannot move in all directions; leave "
                f"the assumption out, and project the gradient afterwards"
            )
