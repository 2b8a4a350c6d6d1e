"""What a plan consists of, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from wengert.compiler.clusters import Cluster, in_teams
from wengert.compiler.convolving import is_convolution
from wengert.compiler.cumulative import is_cumulative
from wengert.compiler.factorising import is_factorisation, is_unrolled
from wengert.compiler.inlaying import is_inlay
from wengert.compiler.placed import is_placed
from wengert.compiler.plan import Block, Call, Contraction, Nest
from wengert.compiler.products import is_product
from wengert.compiler.relaying import Relay
from wengert.compiler.searching import is_search
from wengert.compiler.symmetrising import is_transposed_sum
from wengert.graph import ArrayType
from wengert.primitives.branches import is_branch
from wengert.primitives.loops import Loop

__all__ = ["account_of"]


def account_of(block: Block) -> tuple[str, ...]:
    """The loops and the calls of libraries, line by line."""
    return tuple([line for clusters in in_teams(block.clusters) for line in _clusters(clusters)])


def _clusters(clusters: Sequence[Cluster]) -> Iterator[str]:
    """A cluster alone, or a team."""
    if len(clusters) == 1:
        yield from _cluster(clusters[0])
        return
    yield "  side by side:"
    for cluster in clusters:
        for line in _cluster(cluster):
            yield "  " + line.replace("\n", "\n  ")


def _cluster(cluster: Cluster) -> Iterator[str]:
    nests = [step for step in cluster.steps if isinstance(step, Nest)]
    together = len(nests) > 1 and cluster.blocks is not None
    if cluster.blocks is not None:
        blocks = cluster.blocks
        shared = f" in {blocks.chunks} chunks" if blocks.chunks > 1 else ""
        yield f"  rows of {cluster.length}, {blocks.rows} at a time{shared}{':' if together else ''}"
    margin = "    " if cluster.blocks is not None else "  "
    for step in cluster.steps:
        told = _nest(step) if isinstance(step, Nest) else _call(step)
        yield margin + told.replace("\n", f"\n{margin}")


def _nest(nest: Nest) -> str:
    if isinstance(nest, Relay):
        return "\n".join(["tile by tile:", *[f"  {_nest(part)}" for part in nest.parts()]])
    names = [entry.equation.primitive.name if entry.equation else "copy" for entry in nest.operations()]
    names += [f"{reduction.name} over {reduction.axes}" for reduction in nest.reductions]
    counted = [name if count == 1 else f"{count} {name}" for name, count in Counter(names).items()]
    domain = " x ".join(map(str, nest.domain))
    if isinstance(nest, Contraction):
        kept = " x ".join([str(length) for axis, length in enumerate(nest.domain) if axis != nest.terms])
        name = "sum" if len(nest.operands) == 1 else "gram" if nest.symmetric else "matmul"
        return f"tiles of {kept}: {name} over {nest.domain[nest.terms]}"
    return f"loop over {domain}: {', '.join(counted)}" if domain else f"numbers: {', '.join(counted)}"


def _call(call: Call) -> str:
    if call.body is not None:
        return "\n".join(_bodies(call, call.body))
    name = call.equation.primitive.name
    kinds: list[Any] = [atom.type for atom in call.equation.inputs]
    shapes = " and ".join([str(kind.shape) for kind in kinds if isinstance(kind, ArrayType)])
    return f"{_library(call)}: {name} of {shapes or 'constants'}"


def _bodies(call: Call, block: Block) -> list[str]:
    """A branch or a loop, and what it runs."""
    inside = account_of(block)
    other = () if call.otherwise is None else account_of(call.otherwise)
    if is_branch(call.equation):
        return ["one of two branches:", *inside, "or:", *other]
    loop: Loop = call.equation.params[0]
    if loop.until is not None:
        return ["as long as this holds:", *other, "do:", *inside]
    return [f"{loop.count} times:" if loop.counted else "as many times as that:", *inside]


def _library(call: Call) -> str:
    """Who computes a call."""
    if is_unrolled(call):
        return "unrolled"
    if is_factorisation(call):
        return "LAPACK"
    if is_inlay(call):
        return "into zeros"
    if is_transposed_sum(call) or call.equation.primitive.name == "mirror":
        return "tiles"
    if is_cumulative(call):
        return "step by step"
    if is_convolution(call):
        return "tiles"
    if is_search(call):
        return "by halving"
    return "BLAS" if is_product(call) else "at computed places" if is_placed(call) else "NumPy"
