"""Running a function of leaves on a tape that outlives the call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wengert import tree
from wengert.api.arguments import flat_output, split_auxiliary, strip_auxiliary
from wengert.primitives.linalg.parting import unwatched
from wengert.programs import Program, call
from wengert.transforms.tape import Tape

__all__ = ["record"]


def record(
    f: Callable[..., Any],
    leaves: list[Any],
    structure: tree.Structure,
    tape: Tape,
    operation: str,
    has_aux: bool,
) -> tuple[list[Any], tree.Structure, list[Any], Any]:
    """Record f at these leaves: the traced results, their structure, their values, and the extra result."""
    aux = None
    # what is recorded is used later, when no program can be run again
    with tape, unwatched():
        try:
            result = call(Program(f), structure.unflatten([tape.input(leaf) for leaf in leaves]), {}, tape)
            if has_aux:
                result, aux = split_auxiliary(f, result, operation)
            outputs, form = flat_output(f, result, operation)
        except BaseException:
            tape.release()
            raise
    values = [strip_auxiliary(output, tape) for output in outputs]
    return outputs, form, values, strip_auxiliary(aux, tape)
