"""What derive refuses of a call before anything is recorded, told in the caller's terms."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.api.symbols import SymbolicArray
from wengert.calculus.capture import Program, is_data
from wengert.calculus.instances import PROPERTIES, meant
from wengert.errors import ArgumentError, IntegerInputError

__all__ = [
    "check_argument", "check_has_names", "check_symbols", "listed_assumptions", "nothing_moves", "refusal_of_call",
]  # fmt: skip


def refusal_of_call(f: Callable[..., Any], reason: str) -> str:
    """Why a function cannot be called with the arguments that derive was given."""
    name = getattr(f, "__name__", type(f).__name__).replace("<lambda>", "f")
    unknown = re.search(r"unexpected keyword argument '(\w+)'", reason)
    word = unknown[1] if unknown else ""
    if word in ("argnums", "argnames"):
        return (
            f"{word} is no argument of the function; derive takes variables by name: wrt='x', or wrt=('x', 'y') for "
            f"several"
        )
    if word == "language":
        return f"language is of formulas given as text, and {name} is a function"
    if meant(word).startswith("did you mean"):
        return f"{word} is no argument of {name}; properties are told by name: assume={{'A': {word!r}}}"
    example = f"wengert.derive({name}, x0), or symbols such as wengert.Vector('x')"
    return f"{name} cannot be called with these arguments: {reason}; give it all that it takes, as {example}"


def nothing_moves(program: Program, args: Sequence[Any]) -> ArgumentError:
    """The error where no argument is an array or a float."""
    whole = any(isinstance(one, (int, np.integer)) and not isinstance(one, bool) for one in args)
    received = ", ".join(type(one).__name__ for one in args)
    if whole:
        return IntegerInputError(
            f"derive: no argument of {program.name} is an array or a float; whole numbers stay numbers in a formula: "
            f"pass 3.0 instead of 3"
        )
    return ArgumentError(
        f"derive: no argument of {program.name} is an array or a float; received {received}: pass numpy.array([...]) "
        f"or a symbol such as wengert.Vector('x')"
    )


def check_symbols(f: Callable[..., Any]) -> None:
    """Symbols that a function finds by itself are no arguments."""
    try:
        found = inspect.getclosurevars(f)
    except (TypeError, ValueError):
        return
    for name, value in {**found.globals, **found.nonlocals}.items():
        if isinstance(value, SymbolicArray):
            raise ArgumentError(
                f"derive: {name} is a symbol that the function finds outside; make it an argument of the function, and "
                f"give {name} to derive behind the others"
            )


def check_argument(leaf: Any) -> None:
    """Refuse an argument that no formula has a symbol for."""
    kind = type(leaf).__name__
    if (
        isinstance(leaf, (tuple, list))
        and leaf
        and all(isinstance(part, (int, float)) for part in tree.flatten(leaf)[0])
    ):
        raise ArgumentError(f"derive: an argument is a {kind} of numbers; pass it as an array: numpy.array({leaf!r})")
    if isinstance(leaf, (np.ndarray, np.generic)) and leaf.dtype.kind not in "fiubc":
        raise ArgumentError(
            f"derive: an argument is an array of dtype {leaf.dtype}; formulas are of numbers: pass an array of floats"
        )
    if isinstance(leaf, (tuple, list, dict)) and any(is_data(part) for part in tree.flatten(leaf)[0]):
        raise ArgumentError(
            f"derive: an argument is a {type(leaf).__name__} of arrays, which have no names in a formula; pass each "
            f"array as an argument of its own"
        )
    if isinstance(leaf, (np.ndarray, complex, np.complexfloating)) and np.iscomplexobj(leaf):
        raise ArgumentError("derive: an argument is complex; formulas are of real arrays")


def listed_assumptions(assume: Mapping[str, str | Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Assumptions as a dict from names to lists of properties."""
    given: Any = assume
    found: dict[str, tuple[str, ...]] = {}
    for name, held in given.items() if isinstance(given, Mapping) else [("", None)]:
        words = (held,) if isinstance(held, str) else held
        if not isinstance(words, (tuple, list, set, frozenset)) or not all(isinstance(word, str) for word in words):
            raise ArgumentError(
                f"derive: assume is a dict from names to properties, as {{'A': 'symmetric'}}, or one text, as "
                f"'A: symmetric'; received {assume!r}"
            )
        found[name] = tuple(words)
    return found


def check_has_names(assume: str, shapes: Mapping[str, tuple[int | str, ...]]) -> None:
    """A property without a name is told of nothing."""
    if ":" not in assume and meant(assume).startswith("did you mean"):
        word = assume if assume in PROPERTIES else meant(assume).removeprefix("did you mean ").removesuffix("?")
        name = next((name for name, shape in shapes.items() if len(shape) == 2), next(iter(shapes), "A"))
        raise ArgumentError(f"derive: assume={assume!r} does not say which array; write assume={{{name!r}: {word!r}}}")
