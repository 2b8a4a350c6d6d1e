"""What a compiled recording consists of, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from wengert.compiler.clusters import Cluster
from wengert.compiler.compiled import Compiled
from wengert.compiler.placed import is_placed
from wengert.compiler.plan import Call, Nest
from wengert.compiler.products import is_product
from wengert.graph import ArrayType

__all__ = ["described"]

_MILLI = 1e3


def described(compiled: Compiled) -> str:
    """The inputs, the loops, the calls of libraries, the memory, the guards, and the time that compiling took."""
    return "\n".join(_lines(compiled))


def _lines(compiled: Compiled) -> Iterator[str]:
    recorded, kernel = compiled.recorded, compiled.kernel
    given = recorded.graph.inputs[: len(recorded.leaves)]
    yield f"for {', '.join([str(variable.type) for variable in given]) or 'no arrays'}:"
    before, after = len(recorded.graph.equations), len(compiled.optimised.graph.equations)
    yield f"  {before} operations recorded, {after} after optimising"
    for cluster in kernel.block.clusters:
        yield from _cluster(cluster)
    work = kernel.block.layout.arena
    yield f"  memory: {_bytes(work)} to work in, {_bytes(sum([c.nbytes for c in kernel.constants]))} of constants"
    places = [check.place.text for check in recorded.guards.checks]
    if recorded.sources:
        yield f"  read anew at each call: {_listed([source.place.text for source in recorded.sources])}"
    if places:
        yield f"  guarded: {_listed(list(dict.fromkeys(places)))}"
    if recorded.steering:
        count = len(recorded.steering)
        values = "1 value that steers" if count == 1 else f"{count} values that steer"
        yield f"  compared with the recording: {values} the program"
    parts = [f"{name} {_MILLI * seconds:.1f}" for name, seconds in compiled.seconds.items()]
    yield f"  compiled in {_MILLI * sum(compiled.seconds.values()):.1f} ms ({', '.join(parts)})"


def _cluster(cluster: Cluster) -> Iterator[str]:
    nests = [step for step in cluster.steps if isinstance(step, Nest)]
    together = len(nests) > 1 and cluster.blocks is not None
    if cluster.blocks is not None:
        blocks = cluster.blocks
        shared = f" in {blocks.chunks} chunks" if blocks.chunks > 1 else ""
        yield f"  rows of {cluster.length}, {blocks.rows} at a time{shared}{':' if together else ''}"
    for step in cluster.steps:
        yield ("    " if cluster.blocks is not None else "  ") + (
            _nest(step) if isinstance(step, Nest) else _call(step)
        )


def _nest(nest: Nest) -> str:
    names = [entry.equation.primitive.name if entry.equation else "copy" for entry in nest.entries]
    names += [f"{reduction.name} over {reduction.axes}" for reduction in nest.reductions]
    counted = [name if count == 1 else f"{count} {name}" for name, count in Counter(names).items()]
    domain = " x ".join(map(str, nest.domain))
    return f"loop over {domain}: {', '.join(counted)}" if domain else f"numbers: {', '.join(counted)}"


def _call(call: Call) -> str:
    if call.body is not None:
        inside = [line for cluster in call.body.clusters for line in _cluster(cluster)]
        return "\n    ".join([f"{call.equation.params[0].count} times:", *inside])
    name = call.equation.primitive.name
    kinds: list[Any] = [atom.type for atom in call.equation.inputs]
    shapes = " and ".join([str(kind.shape) for kind in kinds if isinstance(kind, ArrayType)])
    library = "BLAS" if is_product(call) else "at computed places" if is_placed(call) else "NumPy"
    return f"{library}: {name} of {shapes or 'constants'}"


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown


def _bytes(count: int) -> str:
    return f"{count} bytes" if count < 10_000 else f"{count / 1e6:.2f} MB"
