"""Factorisations in the planner: which of them LAPACK computes on the kernel's memory, and in whose place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wengert.compiler.plan import Call, Read, kind_of
from wengert.compiler.views import identity, long_axes
from wengert.graph import Equation, Literal, Var, array_type

if TYPE_CHECKING:
    from wengert.compiler.planner import Planner

__all__ = ["FACTORISATIONS", "is_factorisation"]

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


def _factorise(planner: Planner, equation: Equation) -> bool:
    kinds = [kind_of(atom) for atom in equation.inputs]
    matrices = [kind for kind in kinds if kind.dtype.kind != "i"]
    plain = all([kind.ndim == 2 and 0 not in kind.shape for kind in matrices])
    if not plain or kinds[0].shape[0] < 2 or {kind.dtype.name for kind in matrices} not in ({"float64"}, {"float32"}):
        return False
    if equation.primitive.name == "eigh_factor" and equation.outputs[1] in planner.lifetimes.last:
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
    scratch = _scratch(equation, kinds[0].shape[0], kinds[0].dtype)
    for variable in (*equation.outputs, *scratch):
        planner.level[variable] = level
        planner.store(variable)
    planner.note(reads, level)
    planner.calls.append(Call(level, equation, tuple(reads), None, scratch))
    return True


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
