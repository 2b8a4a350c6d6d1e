"""What a plan consists of, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from wengert.compiler.clusters import Cluster
from wengert.compiler.factorising import is_factorisation
from wengert.compiler.inlaying import is_inlay
from wengert.compiler.placed import is_placed
from wengert.compiler.plan import Block, Call, Nest
from wengert.compiler.products import is_product
from wengert.compiler.symmetrising import is_transposed_sum
from wengert.graph import ArrayType

__all__ = ["account_of"]


def account_of(block: Block) -> tuple[str, ...]:
    """The loops and the calls of libraries, line by line."""
    return tuple([line for cluster in block.clusters for line in _cluster(cluster)])


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
    if call.body is not None and call.otherwise is not None:
        ways = [
            [line for cluster in block.clusters for line in _cluster(cluster)] for block in (call.body, call.otherwise)
        ]
        return "\n    ".join(["one of two branches:", *ways[0], "or", *ways[1]])
    if call.body is not None:
        inside = [line for cluster in call.body.clusters for line in _cluster(cluster)]
        return "\n    ".join([f"{call.equation.params[0].count} times:", *inside])
    name = call.equation.primitive.name
    kinds: list[Any] = [atom.type for atom in call.equation.inputs]
    shapes = " and ".join([str(kind.shape) for kind in kinds if isinstance(kind, ArrayType)])
    return f"{_library(call)}: {name} of {shapes or 'constants'}"


def _library(call: Call) -> str:
    """Who computes a call."""
    if is_factorisation(call):
        return "LAPACK"
    if is_inlay(call):
        return "into zeros"
    if is_transposed_sum(call):
        return "tiles"
    return "BLAS" if is_product(call) else "at computed places" if is_placed(call) else "NumPy"
