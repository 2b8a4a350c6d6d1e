"""What a caller of `steps` asks for: the mode, the inputs, the direction and the seed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert import tree
from wengert.api.named_program import NamedProgram
from wengert.errors import ArgumentError, IntegerInputError, OutputError, SeedError
from wengert.graph import ArrayType, Var
from wengert.tracing import type_of

__all__ = ["Wish", "checked_mode", "forward_wish", "reverse_wish"]

_MODES: Final = ("forward", "reverse")
_ENTRY: Final = re.compile(r"(.*)\[\s*(-?\d+(?:\s*,\s*-?\d+)*)\s*,?\s*\]")


@dataclass(frozen=True)
class Wish:
    """What a sweep starts with.

    Attributes
    ----------
    seeds
        Tangents of inputs, or adjoints of results.
    inputs
        Those whose derivatives are asked for.
    by
        What the derivatives are taken by or of, in words: `w1`, `x[0]`, `L`.
    entry
        Of forward mode, whether the direction is one entry.
    given
        Whether the seeds are the caller's.
    """

    seeds: dict[Var, Any]
    inputs: tuple[Var, ...]
    by: str
    entry: bool = False
    given: bool = False


def checked_mode(f: Any, mode: Any, most_steps: Any) -> None:
    """Raise unless there is a function, a mode of that name and a number of steps."""
    if not callable(f):
        raise ArgumentError(
            f"steps takes a function, received a {type(f).__name__}; write wengert.steps(f, x), not wengert.steps(f(x))"
        )
    if mode not in _MODES:
        close = difflib.get_close_matches(mode, _MODES, 1, 0.4) if isinstance(mode, str) else []
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ArgumentError(f"steps: mode is 'forward' or 'reverse', received {mode!r}{hint}")
    if not isinstance(most_steps, int) or isinstance(most_steps, bool) or most_steps < _FEWEST:
        raise ArgumentError(f"steps: most_steps is a whole number of at least {_FEWEST}, received {most_steps!r}")


_FEWEST: Final = 3


def forward_wish(program: NamedProgram, args: Sequence[Any], wrt: Any, direction: Any) -> Wish:
    """The input that moves, and how.

    Raises
    ------
    ArgumentError
        There is no such input, or several were asked for.
    IntegerInputError
        It is a whole number or a truth value.
    SeedError
        The direction has another shape than the input.
    """
    if isinstance(wrt, (tuple, list)):
        raise ArgumentError(
            f"steps: forward mode moves one input in one direction, received wrt={wrt!r}; name one of them, or use "
            f"mode='reverse', which has the derivatives by all inputs in one pass"
        )
    if wrt is None:
        moving = [variable for variable in program.graph.inputs if variable.type.inexact]
        if not moving:
            raise IntegerInputError(_no_floats(program))
        variable, index = moving[0], None
    else:
        variable, index = _input(program, args, wrt)
    name, kind = program.names[variable], variable.type
    if direction is not None:
        if index is not None:
            raise ArgumentError(f"steps: wrt={wrt!r} is one entry, which has no direction; write wrt={name!r}")
        return Wish({variable: _direction(name, kind, direction)}, (variable,), name, given=True)
    if not kind.shape:
        return Wish({variable: kind.dtype.type(1)}, (variable,), name)
    if not kind.size:
        raise ArgumentError(f"steps: {name} has no entries, so that there is nothing to move")
    place = index or (0,) * kind.ndim
    tangent = np.zeros(kind.shape, kind.dtype)
    tangent[place] = 1
    return Wish({variable: tangent}, (variable,), f"{name}[{', '.join(map(str, place))}]", entry=True)


def reverse_wish(program: NamedProgram, args: Sequence[Any], wrt: Any, seed: Any) -> Wish:
    """The inputs whose derivatives are asked for, and the adjoint of the result.

    Raises
    ------
    ArgumentError
        There is no such input.
    IntegerInputError
        An input that is named is a whole number or a truth value, or all of them are.
    OutputError
        The result is no single floating-point number, and there is no seed.
    SeedError
        The seed does not match the result.
    """
    if wrt is None:
        inputs = program.graph.inputs
        if not any(variable.type.inexact for variable in inputs):
            raise IntegerInputError(_no_floats(program))
    else:
        found = [_input(program, args, one) for one in (wrt if isinstance(wrt, (tuple, list)) else (wrt,))]
        entry = next((one for one, index in found if index is not None), None)
        if entry is not None:
            name = program.names[entry]
            raise ArgumentError(
                f"steps: reverse mode has the derivatives by all entries of {name} in one pass; write wrt={name!r}"
            )
        inputs = tuple(dict.fromkeys(variable for variable, _ in found))
    return Wish(_seeds(program, seed), inputs, _result(program), given=seed is not None)


def _input(program: NamedProgram, args: Sequence[Any], wrt: Any) -> tuple[Var, tuple[int, ...] | None]:
    """The input that is called so, and the entry of it."""
    inputs = {program.names[variable]: variable for variable in program.graph.inputs}
    listed = ", ".join(inputs) or "none"
    if isinstance(wrt, (int, np.integer)) and not isinstance(wrt, bool):
        return _float(program, _at(program, args, int(wrt)), wrt), None
    if not isinstance(wrt, str):
        raise ArgumentError(f"steps: wrt is the name or the position of an input, received {wrt!r}; there is {listed}")
    if wrt in inputs:
        return _float(program, inputs[wrt], wrt), None
    match = _ENTRY.fullmatch(wrt)
    if match is None or match[1] not in inputs:
        close = difflib.get_close_matches(wrt, inputs, 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ArgumentError(f"steps: {program.name} has no input {wrt!r}; its inputs are {listed}{hint}")
    variable = _float(program, inputs[match[1]], match[1])
    place = tuple(map(int, match[2].split(",")))
    shape = variable.type.shape
    if len(place) != len(shape) or not all(-length <= k < length for k, length in zip(place, shape, strict=True)):
        raise ArgumentError(f"steps: {match[1]} has the shape {shape}, in which {wrt!r} is no single entry")
    return variable, tuple([k % length for k, length in zip(place, shape, strict=True)])


def _at(program: NamedProgram, args: Sequence[Any], position: int) -> Var:
    """The input at a position among the arguments."""
    if not -len(args) <= position < len(args):
        raise ArgumentError(
            f"steps: wrt={position}, but {program.name} was called with {len(args)} positional "
            f"argument{'s' * (len(args) != 1)}"
        )
    position %= len(args)
    leaves = [[isinstance(type_of(leaf), ArrayType) for leaf in tree.flatten(arg)[0]] for arg in args]
    before = sum(sum(one) for one in leaves[:position])
    own = program.graph.inputs[before : before + sum(leaves[position])]
    if len(own) != 1:
        names = ", ".join(repr(program.names[variable]) for variable in own) or "no arrays or numbers"
        raise ArgumentError(f"steps: the argument at position {position} holds {names}; name one input in wrt")
    return own[0]


def _float(program: NamedProgram, variable: Var, wrt: Any) -> Var:
    if variable.type.inexact:
        return variable
    name, kind = program.names[variable], variable.type
    word = "truth value" if kind.kind == "b" else "whole number"
    what = f"holds {word}s" if kind.shape else f"is a {word}"
    remedy = f"{name}.astype(float)" if kind.shape else f"float({name})"
    raise IntegerInputError(f"steps: wrt={wrt!r} {what} ({kind!r}), which has no derivative; pass {remedy}")


def _no_floats(program: NamedProgram) -> str:
    kinds = ", ".join(f"{program.names[variable]}: {variable.type!r}" for variable in program.graph.inputs) or "nothing"
    return f"steps: no input of {program.name} is a floating-point number ({kinds}); pass 3.0 instead of 3"


def _direction(name: str, kind: ArrayType, direction: Any) -> Any:
    found = np.asarray(direction)
    if found.shape != kind.shape or found.dtype.kind not in "fiu" + "c" * (kind.kind == "c"):
        raise SeedError(
            f"steps: direction is an array of the shape of {name}, {kind.shape}, received {found.dtype.name} of "
            f"{found.shape}"
        )
    return found.astype(kind.dtype) if kind.shape else kind.dtype.type(found)


def _result(program: NamedProgram) -> str:
    outputs = program.graph.outputs
    if len(outputs) == 1 and isinstance(outputs[0], Var):
        return program.names[outputs[0]]
    return program.name if program.name.isidentifier() else "f"


def _seeds(program: NamedProgram, seed: Any) -> dict[Var, Any]:
    """The adjoints of the results: one for a single number, otherwise what the caller gives."""
    outputs = program.graph.outputs
    kinds = [atom.type for atom in outputs]
    listed = ", ".join(map(repr, kinds)) or "nothing"
    if seed is None:
        if len(outputs) != 1 or kinds[0].shape or kinds[0].kind != "f":
            raise OutputError(
                f"steps: {program.name} returned {listed}, but reverse mode starts from one floating-point number; "
                f"reduce it (numpy.sum, numpy.mean), choose one entry, or give seed=, of the shape of the result: the "
                f"derivatives are those of ⟨seed, result⟩ then"
            )
        return {atom: atom.type.dtype.type(1) for atom in outputs if isinstance(atom, Var)}
    leaves = [np.asarray(leaf) for leaf in tree.flatten(seed)[0]]
    if [leaf.shape for leaf in leaves] != [kind.shape for kind in kinds]:
        received = ", ".join(str(leaf.shape) for leaf in leaves) or "nothing"
        raise SeedError(f"steps: seed is like the result of {program.name}, {listed}, received arrays of {received}")
    if not any(kind.kind == "f" for kind in kinds):
        raise OutputError(f"steps: {program.name} returned {listed}, and a seed is for floating-point numbers")
    found: dict[Var, Any] = {}
    for atom, leaf in zip(outputs, leaves, strict=True):
        if isinstance(atom, Var) and atom.type.kind == "f":
            part = leaf.astype(atom.type.dtype) if leaf.ndim else atom.type.dtype.type(leaf)
            found[atom] = found[atom] + part if atom in found else part
    return found
