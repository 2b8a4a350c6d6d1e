"""Branches on truth values that are known only when the program runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.api.arguments import name_of
from wengert.api.bodies import body_graph, converted, joined, leaves_of, require_function, type_text
from wengert.errors import ArgumentError, OutputError
from wengert.graph import ArrayType, Graph, Operand, array_type
from wengert.numpy.host import unhosted
from wengert.primitives.branches import Branch
from wengert.tracing import type_of
from wengert.transforms.bodied import constant_of
from wengert.transforms.branches import choose
from wengert.transforms.vmap import BatchRecording

__all__ = ["cond"]


def cond(predicate: Any, if_true: Callable[..., Any], if_false: Callable[..., Any], *operands: Any) -> Any:
    """`if_true(*operands)` where the predicate holds, else `if_false(*operands)`.

    Python's own `if` does the same, as long as the program may take another way each time that it runs. Within the step
    of a `scan` or a `while_loop`, under `vmap` and under `jit` one recording stands for many runs: there both functions
    are recorded, and the truth value chooses.

    Parameters
    ----------
    predicate
        A truth value, of shape ().
    if_true, if_false
        Functions of the operands. Where both are recorded, their results must have the same nesting, shapes and dtypes;
        Python numbers take the dtype of the other result.
    operands
        Arguments of the function that is chosen; it may as well find them in its closure.

    Returns
    -------
    What the chosen function returns. Only this one is computed, and differentiated; except under `vmap`, where examples
    choose differently: there both are computed, and what is not chosen has no part in derivatives.

    Raises
    ------
    ArgumentError
        The predicate is no single truth value.
    OutputError
        Both functions are recorded, and their results differ in nesting, shape or dtype.

    >>> import numpy as np
    >>> import wengert as wg
    >>> def root_or_square(x):
    ...     return wg.cond(x > 0, np.sqrt, np.square, x)
    >>> wg.vmap(wg.grad(root_or_square))(np.array([4.0, -3.0]))
    array([ 0.25, -6.  ])
    """
    require_function("cond", "if_true", if_true)
    require_function("cond", "if_false", if_false)
    chosen = _shared(unhosted(predicate))
    kind: Any = type_of(chosen)
    if not isinstance(kind, ArrayType) or kind.shape or kind.kind not in "biu":
        raise ArgumentError(
            f"cond: the predicate must be one truth value, received {_told(kind, chosen)}; compare with a number, or "
            f"choose entry by entry with numpy.where"
        )
    if not isinstance(chosen, Operand) or chosen.recording.is_constant(chosen):
        return if_true(*operands) if chosen else if_false(*operands)
    if kind.kind != "b":
        chosen = chosen.__ne__(0)
    return _recorded(chosen, if_true, if_false, operands)


def _shared(chosen: Any) -> Any:
    """A truth value without the levels that differentiate, and without batches whose examples share it."""
    while True:
        chosen = constant_of(chosen)
        if not isinstance(chosen, Operand) or not isinstance(chosen.recording, BatchRecording) or chosen.payload:
            return chosen
        chosen = chosen.value


def _told(kind: Any, value: Any) -> str:
    if not isinstance(kind, ArrayType):
        return f"a value of type {type(value).__name__}"
    return f"an array of shape {kind.shape}" if kind.shape else f"a number of dtype {kind.dtype}"


def _recorded(chosen: Any, if_true: Any, if_false: Any, operands: tuple[Any, ...]) -> Any:
    """Both functions as graphs, of which one will run."""
    forms: list[tree.Structure] = []
    kinds: list[list[ArrayType]] = []
    wanted: list[ArrayType] | None = None

    def record(function: Any) -> tuple[Graph, list[Any]]:
        def finish(result: Any, recording: Any) -> Sequence[Any]:
            leaves, structure = leaves_of("cond", f"what {name_of(function)} returns", result)
            forms.append(structure)
            kinds.append([type_of(leaf) for leaf in leaves])
            if wanted is None:
                return leaves
            return [converted(leaf, kind) for leaf, kind in zip(leaves, wanted, strict=True)]

        return body_graph(function, [], lambda inputs: operands, finish, f"cond: {name_of(function)}", "run", True)

    found = [record(if_true), record(if_false)]
    mismatch = tree.difference(*forms)
    if mismatch is not None:
        raise OutputError(
            f"cond: {name_of(if_false)} must return what is nested like that of {name_of(if_true)}: {mismatch}"
        )
    wanted = [_common(if_true, if_false, path, *pair) for path, *pair in zip(forms[0].paths(), *kinds, strict=True)]
    if kinds[0] != wanted or kinds[1] != wanted:
        found = [record(if_true), record(if_false)]
    (one, other), outside = joined(found)
    return forms[0].unflatten(choose(Branch(one, other), chosen, outside))


def _common(if_true: Any, if_false: Any, path: str, one: ArrayType, other: ArrayType) -> ArrayType:
    """The type of a result of both functions."""
    if one.shape == other.shape:
        if one.weak and other.weak:
            return array_type((), np.promote_types(one.dtype, other.dtype))
        strong, weak = (other, one) if one.weak else (one, other)
        if one.dtype == other.dtype or (weak.weak and np.can_cast(weak.dtype, strong.dtype, "same_kind")):
            return array_type(one.shape, strong.dtype)
    raise OutputError(
        f"cond: result{path} of {name_of(if_true)} is {type_text(one)}, and that of {name_of(if_false)} is "
        f"{type_text(other)}; both must have the same shape and dtype"
    )
