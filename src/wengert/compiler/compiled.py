"""One recording of a function, compiled: its kernel, and the call of it from Python."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from wengert import tree
from wengert.compiler.calls import STOPPED, stopped
from wengert.compiler.entry import Constant, Input, NotNativeError, Output, arguments_of, entry, result_of
from wengert.compiler.kernel import FINITE, LOST, RAISED, Kernel, compile_kernel
from wengert.compiler.optimise import optimised
from wengert.compiler.plan import kind_of
from wengert.compiler.recording import NotRecordable, Recorded, Result, is_traced
from wengert.graph import ArrayType, Graph

__all__ = ["EAGER", "MISS", "Compiled"]

MISS: Final = object()
"""What a compiled call returns where the recording does not hold: another one may."""
EAGER: Final = object()
"""What it returns where NumPy has to run the function: a NaN came out, or an operation raised."""

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
        The recording, with its guards.
    kernel
        The machine code.
    call
        What takes the arguments and returns the result, `MISS` or `EAGER`.
    seconds
        What each part of the compilation took.
    """

    def __init__(self, recorded: Recorded, args: tuple[Any, ...], kwargs: dict[str, Any], cache: bool) -> None:
        if any([result.view_of is not None for result in recorded.results]):
            raise NotRecordable("it returns a view of an array that it was given")
        if any([kind_of(atom).dtype in _EXTENDED for atom in recorded.graph.outputs]):
            raise NotRecordable("it computes in extended precision")
        self.recorded = recorded
        clock = time.perf_counter()
        self.optimised = optimised(recorded.graph)
        seconds = {"optimise graph": time.perf_counter() - clock}
        results = len(recorded.graph.outputs) - len(recorded.steering)
        graph, finite = self.optimised.graph, self.optimised.finite
        expected = [*[seen.value for seen in recorded.steering], *[FINITE] * len(finite)]
        graph = Graph(graph.inputs, graph.equations, (*graph.outputs, *finite), graph.names)
        self.kernel: Kernel = compile_kernel(graph, expected=expected, lost=range(results), cache=cache)
        self.seconds = {**seconds, **self.kernel.seconds}
        call = self._entry(args, kwargs, results)
        self.call = self._row_by_row(call) if recorded.contiguous else call

    def _entry(self, args: tuple[Any, ...], kwargs: dict[str, Any], results: int) -> Callable[..., Any]:
        recorded, kernel = self.recorded, self.kernel
        outputs = [kind_of(atom) for atom in recorded.graph.outputs[:results]]
        try:
            arguments, keywords = arguments_of(args, kwargs, is_traced)
            return entry(
                kernel.address,
                [variable.type for variable in recorded.graph.inputs],
                outputs,
                arguments=arguments,
                keywords=keywords,
                captured=recorded.sources,
                constants=kernel.constants,
                guards=recorded.guards,
                result=result_of(recorded.structure, [_leaf(result, outputs) for result in recorded.results]),
                arena=kernel.block.layout.arena,
                heavy=kernel.heavy,
                miss=lambda *args, **kwargs: MISS,
                refused={LOST: lambda *args, **kwargs: EAGER, RAISED: lambda *args, **kwargs: EAGER, STOPPED: stopped},
                keep=[kernel],
            )
        except NotNativeError:
            return lambda *args, **kwargs: self._slowly(outputs, args, kwargs)

    def _row_by_row(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call, for arrays that lie in memory as those of the recording: the program has asked how they do."""

        def careful(*args: Any, **kwargs: Any) -> Any:
            given = [*tree.flatten((args, kwargs))[0], *[source.read() for source in self.recorded.sources]]
            apart = any([isinstance(array, np.ndarray) and not array.flags.c_contiguous for array in given])
            return MISS if apart else call(*args, **kwargs)

        return careful

    def _slowly(self, outputs: list[ArrayType], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The call for arguments that machine code cannot take apart."""
        recorded = self.recorded
        if not recorded.guards.hold():
            return MISS
        leaves = tree.flatten((args, kwargs))[0]
        given = [leaves[place] for place in recorded.leaves] + [source.read() for source in recorded.sources]
        if any([found is None for found in given]):
            return MISS
        kinds = [variable.type for variable in recorded.graph.inputs]
        inputs = [np.asarray(x, kind.dtype, order="C") for x, kind in zip(given, kinds, strict=True)]
        made = [np.empty(kind.shape, kind.dtype) for kind in outputs]
        code = self.kernel.run(inputs, made)
        if code == STOPPED:
            stopped()
        if code:
            return EAGER if code in (LOST, RAISED) else MISS

        def leaf(result: Result) -> Any:
            if result.kind == "constant":
                return result.value
            if result.kind != "output":
                return given[result.index]
            found = made[result.index]
            return found if result.form == "array" else found[()] if result.form == "scalar" else found.item()

        return recorded.structure.unflatten([leaf(result) for result in recorded.results])


def _leaf(result: Result, outputs: list[ArrayType]) -> Any:
    """The pattern of one leaf of the result."""
    if result.kind == "constant":
        return Constant(result.value)
    if result.kind != "output":
        return Input(result.index)
    return Output(result.index, _CLASSES[result.form](outputs[result.index]))
