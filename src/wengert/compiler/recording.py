"""A function and its arguments as a graph that can be run again, with all that has to be as it was for that.

The function runs once, on values, as a program in surroundings of its own (see `surroundings`): what it computes from
its arguments, and from arrays that it finds outside, becomes the graph; every value at which Python looked becomes a
*steering* output, which a later run has to compare; everything else that it read becomes a guard.
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wengert import tree
from wengert.compiler.draws import without_draws
from wengert.compiler.following import Expected, GuardedRecording, ValueNeeded
from wengert.compiler.guards import Guards
from wengert.compiler.hosts import HostArray, fixed
from wengert.compiler.operands import kept
from wengert.compiler.pausing import without_collection
from wengert.compiler.raising import watched
from wengert.compiler.refusals import REFUSALS, NotRecordable
from wengert.compiler.results import UNKNOWN, Containers, Result, all_different, confirmed_leaf, form_of
from wengert.compiler.signature import STATIC, is_traced, signature
from wengert.compiler.steering import combined, distinct
from wengert.compiler.surroundings import World
from wengert.errors import HEARD
from wengert.graph import ArrayType, Equation, Graph, Operand, Var
from wengert.graph.walk import dependents, live
from wengert.programs import RUNNER
from wengert.tracing import Tracer, type_of
from wengert.tracing.mutation import View
from wengert.transforms.finite import ANNIHILATING

__all__ = ["Expected", "NotRecordable", "Recorded", "Result", "is_traced", "record", "signature"]


@dataclass(frozen=True)
class Recorded:
    """A graph that computes what a function does, as long as guards hold and steering outputs are as expected.

    Attributes
    ----------
    graph
        Inputs: leaves of the arguments, then captured arrays. Outputs: the results that are computed, then the
        steering values.
    leaves
        For each of the first inputs: which leaf of `tree.flatten((args, kwargs))` it is.
    sources
        For each of the other inputs: where to read it in this call.
    steering
        For each trailing output: what is expected of it.
    results
        For each leaf of the result: what it is.
    structure
        The nesting of the result.
    guards
        Whether what was found outside is what it was.
    value
        What the recorded call computed, one entry for each output that is no steering value; None where it was not
        computed.
    contiguous
        Whether it holds only for inputs that lie in memory row by row, because the program asks how they lie.
    apart
        Whether it holds only for arrays and containers that are different objects, because the program may ask if two
        are one.
    spared
        How many operations are missing that the program does again, and of which a derivative is taken.
    """

    graph: Graph
    leaves: tuple[int, ...]
    sources: tuple[HostArray, ...]
    steering: tuple[Expected, ...]
    results: tuple[Result, ...]
    structure: tree.Structure
    guards: Guards
    value: tuple[Any, ...]
    contiguous: bool = False
    apart: bool = False
    spared: int = 0


def record(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    known: Any = UNKNOWN,
    varying: frozenset[Any] = frozenset(),
) -> Recorded:
    """Run a function and record what it does.

    Parameters
    ----------
    function, args, kwargs
        The call. What it would write outside of itself is not written.
    known
        What the program itself has returned for these arguments: what is recorded must agree with it, and the classes
        of scalars are taken from it.
    varying
        Places of floats that change from call to call, as `Guards.varied` tells them: they become inputs of the graph,
        where the program allows it.

    Raises
    ------
    NotRecordable
        A later call could differ in a way that nothing would tell, or the program writes to what is not its own.
    """
    with without_collection(), without_draws():
        try:
            # the values are not wanted, unless they steer the program
            recorded = _recorded(function, args, kwargs, varying, deferring=known is UNKNOWN)
        except ValueNeeded:
            recorded = _recorded(function, args, kwargs, varying, deferring=False)
    return recorded if known is UNKNOWN else confirmed(recorded, known)


def _recorded(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    varying: frozenset[Any],
    deferring: bool,
) -> Recorded:
    if varying:
        try:
            return _Attempt(True, deferring, varying).run(function, args, kwargs)
        except Exception:  # noqa: BLE001 (a float may be asked for something that a traced one does not give)
            pass
    try:
        return _Attempt(True, deferring).run(function, args, kwargs)
    except NotRecordable:
        raise
    except Exception:  # noqa: BLE001 (a captured array may be asked for something that a traced one does not give)
        pass
    try:
        return _Attempt(False, deferring).run(function, args, kwargs)
    except NotRecordable:
        raise
    except Exception as error:
        raise NotRecordable(f"it raises {type(error).__name__} while it is recorded: {error}", passing=True) from error


class _Attempt:
    """One recording of one function."""

    def __init__(self, captured: bool, deferring: bool, varying: frozenset[Any] = frozenset()) -> None:
        self.recording = GuardedRecording(deferring)
        self.world = World(self._captured if captured else lambda source, value: None, varying)
        self.sources: list[HostArray] = []
        self.inputs: list[tuple[Tracer, Var, str]] = []

    def _input(self, kind: ArrayType, value: Any, text: str) -> Tracer:
        traced = self.recording.input(kind, value)
        self.inputs.append((traced, traced.payload, text))
        return traced

    def _captured(self, source: HostArray, value: Any) -> Tracer:
        self.sources.append(source)
        return self._input(source.type, value, source.place.text)

    def run(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Recorded:
        leaves, structure = tree.flatten((args, kwargs))
        places = [place for place, leaf in enumerate(leaves) if is_traced(leaf)]
        tokens = RUNNER.set(self.world.run), ANNIHILATING.set(False), REFUSALS.set([]), HEARD.set([])
        try:
            with self.recording:
                given = [self._argument(leaf, place) for place, leaf in enumerate(leaves)]
                self.recording.arguments = len(self.inputs)
                own, named = self.world.dressed(structure.unflatten(given))
                containers = Containers((own, named))
                result = self.world.given_back(self.world.run(function, own, named))
                for refusal in REFUSALS.get() or ():
                    # the program has caught it
                    raise refusal
                for error in HEARD.get() or ():
                    # without a recording there is none to catch
                    raise NotRecordable(f"it catches {type(error).__name__}: {error}")
                for error in self.recording.raised:
                    reason = f"it catches {type(error).__name__}, which is raised for some values and not for others"
                    raise NotRecordable(reason, passing=True)
                containers.require_untouched()
                self._require_untouched()
                return self._finish(result, tuple(places), containers, Containers((args, kwargs)).found)
        finally:
            # traced values that the program has put somewhere would keep all of them
            self.recording.equations, self.recording.alike = [], None
            RUNNER.reset(tokens[0])
            ANNIHILATING.reset(tokens[1])
            REFUSALS.reset(tokens[2])
            HEARD.reset(tokens[3])

    def _argument(self, leaf: Any, place: int) -> Any:
        text = f"argument {place}"
        if is_traced(leaf):
            return self._input(type_of(leaf), leaf, text)
        return self.world.serve(leaf, fixed(leaf, text))

    def _require_untouched(self) -> None:
        self.world.require_untouched()
        for traced, variable, text in self.inputs:
            if traced.payload is not variable or traced.recording is not self.recording:
                raise NotRecordable(f"it writes into {text}", passing=True)

    def _finish(self, result: Any, places: tuple[int, ...], containers: Containers, given: list[Any]) -> Recorded:
        recording, arguments = self.recording, len(places)
        returned = Containers(result)
        if returned.holds(containers) or any(map(self.world.is_known, returned.found)):
            raise NotRecordable("it returns a list or dictionary that is not its own")
        found, structure = tree.flatten(result)
        outputs: list[Any] = []
        results: list[Result] = []
        for leaf in found:
            # what is returned twice is one array
            index = next((i for i, other in enumerate(outputs) if other is leaf), len(outputs))
            results.append(self._result(leaf, index))
            if results[-1].kind == "output" and index == len(outputs):
                outputs.append(leaf)
        changing = dependents(recording.equations, recording.inputs) if recording.steered else set()
        steered = distinct([(atom, seen) for atom, seen in recording.steered if atom in changing])
        equations, steered = combined(recording.equations, steered)
        atoms = (*map(recording.atom, outputs), *[atom for atom, _ in steered])
        graph = Graph(tuple(recording.inputs), tuple(equations), atoms, recording.names)
        needed = live(graph)
        further, watching = watched(equations, needed, recording.inputs)
        if further:
            steered = [*steered, *watching]
            outputs_and_steering = (*graph.outputs, *[atom for atom, _ in watching])
            graph = Graph(graph.inputs, (*equations, *further), outputs_and_steering, graph.names)
            needed = live(graph)
        equations = needed
        graph, sources, results = self._without_unused(graph, equations, arguments, results)
        said = None if self.world.said is None else frozenset(self.world.said)
        guards = self.world.notes.guards(said, [source.place for source in sources])
        if not guards.hold():
            raise NotRecordable(f"it changes what it reads: {', '.join(guards.failed()[:3])}", passing=True)
        contiguous = "order" in recording.memory or {"sharing", "writing"} <= recording.memory
        # a copy of an array may be a view of another one
        contiguous = contiguous or ("sharing" in recording.memory and self._moves_inputs(outputs))
        arrays = [traced.value for traced, _, _ in self.inputs if isinstance(traced.value, np.ndarray)]
        if contiguous and not all([array.flags.c_contiguous for array in arrays]):
            raise NotRecordable("it asks how an array lies in memory, which is not row by row", passing=True)
        objects = [*arrays, *given] if self.world.comparing else []
        if not all_different(objects):
            raise NotRecordable("it may ask whether two arrays or containers are one", passing=True)
        values = [
            None if atom in recording.deferred else kept(recording.plain(output))
            for output, atom in zip(outputs, atoms, strict=False)
        ]
        return Recorded(
            graph,
            places,
            sources,
            tuple([seen for _, seen in steered]),
            tuple(results),
            structure,
            guards,
            tuple(values),
            contiguous,
            # the dictionary of keywords is one of them
            len(objects) > 2,
            recording.spared,
        )

    def _result(self, leaf: Any, index: int) -> Result:
        if isinstance(leaf, Operand):
            leaf.refresh()
            if leaf.recording is not self.recording:
                raise NotRecordable("it returns a value of a derivative that has ended")
            for position, (traced, _, _) in enumerate(self.inputs):
                if leaf is traced and isinstance(leaf.value, np.ndarray):
                    return Result("input", position)
            form = form_of(leaf)
            return Result("output", index, None, form, self._view_of(leaf) if form == "array" else None)
        if isinstance(leaf, np.ndarray):
            if self.world.is_given(leaf):
                return Result("constant", value=self.world.original_of(leaf))
            return Result("output", index)
        if leaf.__class__ in STATIC or isinstance(leaf, (float, complex, np.generic, enum.Enum)):
            return Result("constant", value=leaf)
        found = self.world.original_of(leaf)
        if found is leaf and not self.world.is_known(leaf):
            raise NotRecordable(f"it returns an object of the class {type(leaf).__name__}, which is no container")
        return Result("constant", value=found)

    def _moves_inputs(self, outputs: list[Any]) -> bool:
        """Whether a result has the entries of an input, in another order or shape."""
        makers = {equation.outputs[0]: equation for equation in self.recording.equations}
        for atom in map(self.recording.atom, outputs):
            while atom in makers and makers[atom].primitive.name in ("reshape", "transpose"):
                atom = makers[atom].inputs[0]
            if atom in self.recording.inputs:
                return True
        return False

    def _view_of(self, leaf: Any) -> int | None:
        while isinstance(leaf, View):
            leaf = leaf.origin
        for position, (traced, _, _) in enumerate(self.inputs):
            if leaf is traced:
                return position
        return None

    def _without_unused(
        self, graph: Graph, equations: list[Equation], arguments: int, results: list[Result]
    ) -> tuple[Graph, tuple[HostArray, ...], list[Result]]:
        """The graph without dead equations, and without captured inputs that nothing needs."""
        captured = set(graph.inputs[arguments:])
        taken = itertools.chain(graph.outputs, *[equation.inputs for equation in equations]) if captured else ()
        used = captured.intersection(taken)
        returned = {result.index for result in results if result.kind == "input"}
        returned |= {result.view_of for result in results if result.view_of is not None}
        # what is only compared with another array is wanted for that
        arguments_or_all = len(graph.inputs) if self.world.comparing else arguments
        kept = [i for i, v in enumerate(graph.inputs) if i < arguments_or_all or v in used or i in returned]
        renumbered = {old: new for new, old in enumerate(kept)}
        final = []
        for result in results:
            if result.kind == "input":
                kind = "argument" if result.index < arguments else "captured"
                result = replace(result, kind=kind, index=renumbered[result.index])
            elif result.view_of is not None:
                result = replace(result, view_of=renumbered[result.view_of])
            final.append(result)
        inputs = tuple([graph.inputs[i] for i in kept])
        sources = tuple([self.sources[i - arguments] for i in kept if i >= arguments])
        return Graph(inputs, tuple(equations), graph.outputs, graph.names), sources, final


def confirmed(recorded: Recorded, known: Any, arguments: Any = ()) -> Recorded:
    """A recording that agrees with what the program itself has returned, with scalars of the same classes."""
    leaves, structure = tree.flatten(known)
    if structure.layout() != recorded.structure.layout():
        raise NotRecordable("it returns something else while it is recorded")
    given = [leaf for leaf in tree.flatten(arguments)[0] if isinstance(leaf, np.ndarray)]
    results = []
    for result, leaf in zip(recorded.results, leaves, strict=True):
        results.append(confirmed_leaf(result, recorded.value, leaf))
        if result.kind == "output" and any([np.may_share_memory(leaf, array) for array in given]):
            raise NotRecordable("it returns a view of an array that it was given")
    return replace(recorded, results=tuple(results))
