"""Factorisations in the planner: which of them code of their own computes, or LAPACK, and in whose place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wengert.compiler.optimise.decompositions import UNROLLED
from wengert.compiler.plan import Call, Read, kind_of
from wengert.compiler.views import identity, long_axes
from wengert.graph import ArrayType, Equation, Literal, Var, array_type

if TYPE_CHECKING:
    from wengert.compiler.planner import Planner

__all__ = ["FACTORISATIONS", "is_brief", "is_factorisation", "is_unrolled"]

# The operand whose memory the first result takes; None where the result is written elsewhere.
_PLACES: Final[dict[str, int | None]] = {
    "cholesky": None,
    "cholesky_inverse": 0,
    "eigh_factor": None,
    "lu": 0,
    "lu_cofactor": None,
    "lu_inverse": 0,
    "lu_solve": 3,
    "triangular_solve": 1,
}
# Columns that LAPACK's blocks have, at most.
_BLOCK: Final = 64


def is_factorisation(call: Call) -> bool:
    """Whether LAPACK computes a call in the kernel's memory."""
    return call.callback is None and call.equation.primitive.name in _PLACES


def is_unrolled(call: Call) -> bool:
    """Whether code of its own computes a call, for matrices of few rows and stacks of them."""
    return is_factorisation(call) and _is_small(call.equation)


def is_brief(call: Call) -> bool:
    """Whether a call is over before another thread could begin: one small matrix."""
    return is_unrolled(call) and kind_of(call.equation.inputs[0]).ndim == 2


def _is_small(equation: Equation) -> bool:
    return equation.primitive.name != "eigh_factor" and kind_of(equation.inputs[0]).shape[-1] <= UNROLLED


def _factorise(planner: Planner, equation: Equation) -> bool:
    kinds = [kind_of(atom) for atom in equation.inputs]
    matrices = [kind for kind in kinds if kind.dtype.kind != "i"]
    if not _are_plain(matrices):
        return False
    if _is_small(equation):
        _factorise_small(planner, equation)
        return True
    if equation.primitive.name == "eigh_factor" and (
        kinds[0].ndim > 2 or kinds[0].shape[0] < 2 or equation.outputs[1] in planner.lifetimes.last
    ):
        # another library's eigenvectors may have another sign
        return False
    place = _PLACES[equation.primitive.name]
    reads = [
        _changed(planner, equation, atom) if number == place else planner.whole_read(atom)
        for number, atom in enumerate(equation.inputs)
    ]
    level = max([0, *(planner.ready(read) for read in reads)])
    if place is not None:
        root = _root(planner, reads[place])
        planner.same[equation.outputs[0]] = root
        planner.changed.add(root)
        # whoever reads what is overwritten comes before
        level = max(level, planner.read_on.get(root, -1) + 1)
    scratch = _scratch(equation, kinds[0].shape[-1], kinds[0].dtype)
    for variable in (*equation.outputs, *scratch):
        planner.level[variable] = level
        planner.store(variable)
    planner.note(reads, level)
    planner.calls.append(Call(level, equation, tuple(reads), None, scratch))
    return True


def _are_plain(matrices: Sequence[ArrayType]) -> bool:
    """Whether operands are matrices that LAPACK knows, or stacks of them side by side."""
    stacks = {kind.shape[:-2] for kind in matrices}
    names = {kind.dtype.name for kind in matrices}
    return len(stacks) == 1 and names in ({"float64"}, {"float32"}) and all([0 not in kind.shape for kind in matrices])


def _factorise_small(planner: Planner, equation: Equation) -> None:
    reads = [planner.whole_read(atom) for atom in equation.inputs]
    level = max([0, *(planner.ready(read) for read in reads)])
    for variable in equation.outputs:
        planner.level[variable] = level
        planner.store(variable)
    planner.note(reads, level)
    planner.calls.append(Call(level, equation, tuple(reads)))


def _changed(planner: Planner, equation: Equation, atom: Var | Literal) -> Read:
    """An operand whose memory may be overwritten: a copy, unless nothing else needs it."""
    once = sum([operand is atom for operand in equation.inputs]) == 1
    if isinstance(atom, Var) and once and planner.uses_up(atom, equation):
        return planner.whole_read(atom)
    base = planner.copied(atom, planner.resolve(atom, kind_of(atom).shape))
    return Read(base, identity(len(long_axes(base.type.shape))))


def _root(planner: Planner, read: Read) -> Var:
    assert isinstance(read.base, Var)
    return planner.same.get(read.base, read.base)


def _scratch(equation: Equation, size: int, dtype: np.dtype[Any]) -> tuple[Var, ...]:
    """The room that LAPACK wants to work in."""
    if equation.primitive.name not in ("lu_cofactor", "lu_inverse", "eigh_factor"):
        return ()
    return (Var(array_type(((_BLOCK + 2) * size,), dtype)),)


FACTORISATIONS: Final[dict[str, Any]] = dict.fromkeys(_PLACES, _factorise)
