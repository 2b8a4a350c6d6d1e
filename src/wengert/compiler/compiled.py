"""One recording of a function, compiled: its kernel, and the call of it from Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np

from wengert import tree
from wengert.compiler.entry import entry, entry_program
from wengert.compiler.fallback import stopped
from wengert.compiler.patterns import Constant, Input, NotNativeError, Output, arguments_of, result_of
from wengert.compiler.plan import kind_of
from wengert.compiler.recording import NotRecordable, Recorded, Result, is_traced, signature
from wengert.compiler.results import Containers, all_different
from wengert.compiler.sharing import kernel_for
from wengert.compiler.status import Status
from wengert.graph import ArrayType, Graph

__all__ = ["EAGER", "MISS", "Compiled"]

MISS: Final = object()
"""What a compiled call returns where the recording does not hold: another one may."""
EAGER: Final = object()
"""What it returns where NumPy has to run the function: a NaN came out, or an operation raised."""

_Entry = Callable[[Callable[..., Any], Callable[..., Any]], Callable[..., Any]]
# of these the machine has no loops; double precision may be called so as well
_EXTENDED: Final = {np.dtype(kind) for kind in (np.longdouble, np.clongdouble)} - {np.dtype(float), np.dtype(complex)}
_CLASSES: Final[dict[str, Callable[[Any], type]]] = {
    "array": lambda kind: np.ndarray,
    "scalar": lambda kind: kind.dtype.type,
    "number": lambda kind: {"f": float, "i": int, "c": complex, "b": bool}[kind.kind],
}


class Compiled:
    """Machine code for one recording; `call` runs it with arguments of the recorded signature.

    Attributes
    ----------
    recorded
        The recording, with its guards, but without its equations.
    operations
        How many equations there were.
    kernel
        The machine code.
    call
        What takes the arguments and returns the result, `MISS` or `EAGER`.
    serve
        The same with what `miss` and `eager` return for the arguments.
    seconds
        What each part of the compilation took.
    """

    def __init__(
        self,
        recorded: Recorded,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        cache: bool,
        miss: Callable[..., Any],
        eager: Callable[..., Any],
    ) -> None:
        if any([result.view_of is not None for result in recorded.results]):
            raise NotRecordable("it returns a view of an array that it was given")
        if any([kind_of(atom).dtype in _EXTENDED for atom in recorded.graph.outputs]):
            raise NotRecordable("it computes in extended precision")
        graph = recorded.graph
        self.kernel, self.seconds = kernel_for(graph, recorded.steering, cache)
        # the machine code stands for the equations, of which there may be hundreds of thousands
        self.operations = len(graph.equations)
        self.recorded = replace(recorded, graph=Graph(graph.inputs, (), graph.outputs))
        results = len(graph.outputs) - len(recorded.steering)
        made = self._entry(args, kwargs, results)
        made = self._carefully(made) if recorded.contiguous or recorded.apart else made
        self.call, self.serve = made(_missed, _left_to_numpy), made(miss, eager)

    def _entry(self, args: tuple[Any, ...], kwargs: dict[str, Any], results: int) -> _Entry:
        outputs = [kind_of(atom) for atom in self.recorded.graph.outputs[:results]]
        try:
            return self._native(*arguments_of(args, kwargs, is_traced), outputs)
        except NotNativeError:
            leaves = tree.flatten((args, kwargs))[0]
            arguments = [Input(index, type(leaves[place])) for index, place in enumerate(self.recorded.leaves)]
        try:
            return self._leaf_by_leaf(self._native(arguments, {}, outputs), signature(args, kwargs))
        except NotNativeError as error:
            raise NotRecordable(f"machine code takes no such arrays: {error}") from error

    def _native(self, arguments: list[Any], keywords: dict[str, Any], outputs: list[ArrayType]) -> _Entry:
        """The call in machine code, for arguments of these patterns."""
        recorded, kernel = self.recorded, self.kernel
        program = entry_program(
            kernel.address,
            [variable.type for variable in recorded.graph.inputs],
            outputs,
            arguments=arguments,
            keywords=keywords,
            captured=recorded.sources,
            constants=kernel.constants,
            guards=recorded.guards,
            result=result_of(recorded.structure, [_leaf(result, outputs) for result in recorded.results]),
            arena=kernel.arena,
            heavy=kernel.heavy,
            keep=[kernel],
            attach=kernel.attach,
        )
        return lambda miss, eager: entry(
            program, miss, {Status.LOST: eager, Status.RAISED: eager, Status.STOPPED: stopped}
        )

    def _leaf_by_leaf(self, made: _Entry, expected: Any) -> _Entry:
        """The call for containers that machine code does not take apart: it gets their leaves, if all else is equal."""
        call, places = made(_missed, _left_to_numpy), self.recorded.leaves

        def apart(miss: Callable[..., Any], eager: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            if signature(args, kwargs) != expected:
                return miss(*args, **kwargs)
            leaves = tree.flatten((args, kwargs))[0]
            result = call(*[leaves[place] for place in places])
            if result is MISS:
                return miss(*args, **kwargs)
            return eager(*args, **kwargs) if result is EAGER else result

        return lambda miss, eager: partial(apart, miss, eager)

    def _carefully(self, made: _Entry) -> _Entry:
        """The call, for arrays that lie in memory, or are different, as those of the recording: the program asks."""
        recorded = self.recorded

        def careful(call: Callable[..., Any], miss: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            given = [*tree.flatten((args, kwargs))[0], *[source.read() for source in recorded.sources]]
            arrays = [array for array in given if isinstance(array, np.ndarray)]
            holds = not recorded.contiguous or all([array.flags.c_contiguous for array in arrays])
            if recorded.apart:
                holds = holds and all_different([*arrays, *Containers((args, kwargs)).found])
            return (call if holds else miss)(*args, **kwargs)

        return lambda miss, eager: partial(careful, made(miss, eager), miss)


def _missed(*args: Any, **kwargs: Any) -> Any:
    return MISS


def _left_to_numpy(*args: Any, **kwargs: Any) -> Any:
    return EAGER


def _leaf(result: Result, outputs: list[ArrayType]) -> Any:
    """The pattern of one leaf of the result."""
    if result.kind == "constant":
        return Constant(result.value)
    if result.kind != "output":
        return Input(result.index)
    return Output(result.index, _CLASSES[result.form](outputs[result.index]))
