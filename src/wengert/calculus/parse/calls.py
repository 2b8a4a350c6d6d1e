"""Which function is called, and what its arguments are."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any, Final

from wengert.calculus.parse.functions import CREATORS, FUNCTIONS, METHODS, ONLY_NUMPY, PATHS, Function
from wengert.calculus.parse.nodes import Creation, LengthOf, Node, Tree
from wengert.calculus.parse.pointing import at_character, rejected, shown
from wengert.calculus.parse.tokens import Token
from wengert.errors import ParseError

__all__ = ["HIGHEST", "NO_ARRAYS", "bare_function", "call", "creation", "method", "path_function", "written_power"]

NO_ARRAYS: Final = {
    "tuple": ("several values in brackets", "Write one array or number."),
    "literal": ("a word", "Write one array or number."),
    "shape": ("a shape", "Take one length, as x.shape[0]."),
    "slogdet": ("a pair", "Take one of both, as slogdet(X)[1]."),
}
"""What a text may hold that is no operand, and what to write."""

_MATLAB_OPTIONS: Final = {"norm": ("ord",)}
_LONGEST_AXIS: Final = 4096
# the highest power of a matrix
HIGHEST: Final = 64
_OPTION_VALUES: Final[dict[str, tuple[Any, ...]]] = {
    "axis": (0, 1, -1, -2, None),
    "keepdims": (True, False),
    "ord": (1, 2, "fro", "nuc", None),
}


def _unknown(tree: Tree, position: int, name: str, known: Iterable[str]) -> ParseError:
    """The error for a function that is not known, with the name that is spelled most alike."""
    alike = difflib.get_close_matches(name[:40], list(known), 1, 0.75)
    complaint = f"{shown(name)} {at_character(position)} is not a function that has a closed form here"
    advice = f"Did you mean {alike[0]}?" if alike else "Write a product with its operator, or use a known function."
    return rejected(tree.text, position, complaint, advice)


def bare_function(tree: Tree, token: Token) -> str:
    """A function that is called by its own name."""
    known = [name for name in (*FUNCTIONS, *CREATORS) if tree.language == "numpy" or name not in ONLY_NUMPY]
    if tree.language == "numpy":
        known = [name for name in known if name not in ("vector", "matrix", "signdet", "real")]
    if token.text not in known:
        raise _unknown(tree, token.start, token.text, known)
    return token.text


def path_function(tree: Tree, token: Token, words: Sequence[str]) -> str:
    """A function that is called as `np.` and its name."""
    path = ".".join([token.text, *words])
    found = PATHS.get(path)
    if found is None:
        raise _unknown(tree, token.start, path, PATHS)
    return found


def method(tree: Tree, name: Token) -> str:
    """A function that is called as a method of an array."""
    if name.text not in METHODS:
        raise _unknown(tree, name.start, name.text, METHODS)
    return name.text


def call(tree: Tree, name: str, given: Sequence[tuple[str, int]], position: int, bare: bool) -> Node:
    """The operation that a call is; whether the function is called by its name alone, as in both languages."""
    if name in CREATORS:
        for keyword, argument in given:
            if keyword:
                raise _extra(tree, name, keyword, argument, ())
        return creation(tree, name, [argument for _, argument in given], position)
    function = FUNCTIONS[name]
    options = function.options if tree.language == "numpy" else _MATLAB_OPTIONS.get(name, ())
    # the second argument of sum is an axis in both languages, counted from 1 in one and from 0 in the other
    unnamed = () if bare and options[:1] == ("axis",) else options
    operands = _operands(tree, name, function, [argument for word, argument in given if not word], unnamed, position)
    found: dict[str, Any] = {}
    for place, (keyword, argument) in enumerate(given):
        if not keyword and place < function.operands:
            continue
        option = keyword or unnamed[min(place - function.operands, len(unnamed) - 1)]
        if option not in options or option in found:
            raise _extra(tree, name, option, argument, options)
        found[option] = _option(tree, name, option, argument)
    if "n" in function.options and "n" not in found:
        complaint = f"{name} {at_character(position)} is not told which power is meant"
        raise rejected(tree.text, position, complaint, f"Write {name}(X, 3).")
    if function.family == "length":
        return Node("length", operands, position, value=0, fixed=True)
    fixed = function.family == "count" or all(tree.nodes[operand].fixed for operand in operands)
    return Node(function.name, operands, position, function=function, options=found, fixed=fixed)


def _operands(
    tree: Tree, name: str, function: Function, given: Sequence[int], options: Sequence[str], position: int
) -> tuple[int, ...]:
    least, most = function.operands, function.operands + len(options)
    if not least <= len(given) <= most:
        takes = f"{least} argument{'s' * (least > 1)}" if least == most else f"{least} to {most} arguments"
        complaint = f"{name} {at_character(position)} takes {takes}, but {len(given)} stand in the brackets"
        named = [option for option in function.options if option not in options and len(given) > most]
        advice = f"Write {' and '.join(named)} with a name and =." if named and tree.language == "numpy" else ""
        raise rejected(tree.text, position, complaint, advice or "Write as many as it takes.")
    operands = tuple(given[:least])
    for operand in operands:
        node = tree.nodes[operand]
        if node.operation in NO_ARRAYS:
            what, advice = NO_ARRAYS[node.operation]
            complaint = f"expected an array or a number {at_character(node.start)}, but found {what}"
            raise rejected(tree.text, node.start, complaint, advice)
    return operands


def written_power(tree: Tree, exponent: int, highest: int = 1000) -> None:
    """Refuse a power that is out of all proportion; that of a matrix is written out as a product."""
    node = tree.nodes[exponent]
    if abs(node.value) > highest:
        complaint = f"the exponent {at_character(node.start)} is beyond {highest}"
        raise rejected(tree.text, node.start, complaint, f"Write an exponent between -{highest} and {highest}.")


def _extra(tree: Tree, name: str, option: str, argument: int, options: Sequence[str]) -> ParseError:
    position = tree.nodes[argument].start
    complaint = f"{name} takes no argument {shown(option)} {at_character(position)}, or only once"
    takes = f"It takes {', '.join(options)}." if options else "It takes its arguments without names."
    return rejected(tree.text, position, complaint, takes)


def _option(tree: Tree, name: str, option: str, argument: int) -> Any:
    node = tree.nodes[argument]
    value = node.value
    if option == "n" and node.operation == "number":
        written_power(tree, argument, HIGHEST)
    if option == "n":
        fits, wanted = node.operation == "number" and isinstance(value, int), "an integer"
    else:
        choices = _OPTION_VALUES[option]
        fits = node.operation in ("number", "literal") and any(
            value is choice or (type(value) is type(choice) and value == choice) for choice in choices
        )
        wanted = "one of " + ", ".join(map(repr, choices))
    if not fits:
        complaint = f"expected {wanted} for {option} of {name} {at_character(node.start)}, but found "
        raise rejected(tree.text, node.start, complaint + shown(tree.written(argument)), "Write one of these values.")
    return value


def creation(tree: Tree, name: str, arguments: Sequence[int], position: int) -> Node:
    """An array of ones, zeros or of the identity, of which the lengths are told or fit what stands around it."""
    fill = 0.0 if name == "zeros" else 1.0
    if name in ("vector", "matrix"):
        if len(arguments) != 1 or tree.nodes[arguments[0]].operation != "number":
            complaint = f"{name} {at_character(position)} takes one number, which all its entries are"
            raise rejected(tree.text, position, complaint, f"Write {name}(1).")
        lengths = (None,) * (1 if name == "vector" else 2)
        return _created(Creation("full", lengths, float(tree.nodes[arguments[0]].value)), position)
    if tree.language == "numpy" and name != "eye" and len(arguments) == 1:
        node = tree.nodes[arguments[0]]
        arguments = node.operands if node.operation == "tuple" else arguments
    elif tree.language == "numpy":
        arguments = arguments[:1] if name == "eye" and len(arguments) == 1 else ()
    found = tuple([_length(tree, name, argument) for argument in arguments])
    if name == "eye":
        if len(found) > 1 or (tree.language == "numpy" and not found):
            raise _lengths_wanted(tree, name, position)
        return _created(Creation("eye", (found * 2) or (None, None)), position)
    if tree.language == "numpy":
        if not 1 <= len(found) <= 2:
            raise _lengths_wanted(tree, name, position)
        return _created(Creation("full", found, fill), position)
    if len(found) == 1 or len(found) > 2:
        raise _lengths_wanted(tree, name, position)
    if 1 in found and found != (1, 1):
        return _created(Creation("full", (found[0] if found[1] == 1 else found[1],), fill, row=found[0] == 1), position)
    return _created(Creation("full", found or (None,), fill), position)


def _created(creation: Creation, position: int) -> Node:
    return Node("creation", (), position, value=creation)


def _lengths_wanted(tree: Tree, name: str, position: int) -> ParseError:
    wanted = "one length" if name == "eye" else "two lengths" if tree.language == "matlab" else "a length or a pair"
    complaint = f"{name} {at_character(position)} takes {wanted}"
    forms = {"eye": "eye(n)", "matlab": f"{name}(n,1), {name}(1,n) or {name}(n,m)", "numpy": f"{name}((n, m))"}
    return rejected(tree.text, position, complaint, f"Write {forms.get(name, forms[tree.language])}.")


def _length(tree: Tree, name: str, argument: int) -> int | str | LengthOf:
    node = tree.nodes[argument]
    if node.operation == "number" and isinstance(node.value, int) and 0 < node.value <= _LONGEST_AXIS:
        return node.value
    if node.operation == "name":
        tree.sizes.add(node.value)
        return str(node.value)
    if node.operation == "length":
        return LengthOf(node.operands[0], node.value)
    complaint = f"expected a length for {name} {at_character(node.start)}, but found {shown(tree.written(argument))}"
    raise rejected(tree.text, node.start, complaint, "Write the name of a length, as n, or x.shape[0].")
