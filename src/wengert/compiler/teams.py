"""Large parts of a plan that do not depend on one another: a team of them runs side by side, in several threads.

Loops over rows are shared by threads in chunks as they are. What has no such chunks, a factorisation, a product of a
library's or a loop of many steps, takes one thread; in a team others are at work on something else meanwhile. Which
parts make a team depends on their sizes alone, and each computes what it would alone, so results are the same with
every number of threads. What Python computes belongs to no team: it needs the interpreter's lock.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

from wengert.compiler.clusters import Cluster, work_of
from wengert.compiler.cumulative import is_cumulative
from wengert.compiler.factorising import is_factorisation
from wengert.compiler.placed import placement_of
from wengert.compiler.plan import Block, Call, Nest, Plan, kind_of, sources
from wengert.compiler.products import is_product
from wengert.graph import Var
from wengert.primitives.loops import is_loop

__all__ = ["asks_blas", "teamed"]

# Additions, or as many of what costs more, from which on a part is worth a call of another thread.
_WORTH: Final = 100_000
# Multiplications with additions that take as long as one addition of a loop.
_FASTER: Final = 4
# Additions for which a step of a loop, or one along an axis, costs as much by itself.
_STEP: Final = 10
# Multiplications with additions of a factorisation, by the cube of its order.
_CUBES: Final = {
    "cholesky": 1 / 6, "cholesky_inverse": 1 / 3, "eigh_factor": 4 / 3, "lu": 1 / 3, "lu_cofactor": 1.0,
    "lu_inverse": 2 / 3,
}  # fmt: skip


def teamed(clusters: list[Cluster], plan: Plan) -> list[Cluster]:
    """The clusters, those of a team behind one another, in an order of execution."""
    large = [number for number, cluster in enumerate(clusters) if _is_large(cluster)]
    if len(large) < 2 or all([_chunks(clusters[number]) > 1 for number in large]):
        return clusters
    before = _before(clusters, plan)
    teams: dict[int, list[int]] = {}
    for number in large:
        if number in teams:
            continue
        team = [number]
        for other in large:
            if other > number and other not in teams and not any([before[other] >> one & 1 for one in team]):
                team.append(other)
        if len(team) > 1 and any([_chunks(clusters[one]) == 1 for one in team]):
            teams.update(dict.fromkeys(team, team))
            _bind(team, before)
    for team in teams.values():
        for one in team:
            clusters[one].team = team[0]
    return [clusters[number] for number in _ordered(before, teams)]


def asks_blas(cluster: Cluster) -> bool:
    """Whether a cluster calls BLAS or LAPACK, which may have threads of their own."""
    return any([isinstance(step, Call) and _asks_blas(step) for step in cluster.steps])


def _asks_blas(call: Call) -> bool:
    return is_factorisation(call) or is_product(call) or any(map(_asks_blas, _inner(call)))


def _chunks(cluster: Cluster) -> int:
    return 1 if cluster.blocks is None else cluster.blocks.chunks


def _is_large(cluster: Cluster) -> bool:
    """Whether a cluster may be of a team, and is worth it."""
    if not all([isinstance(step, Nest) or _needs_no_python(step) for step in cluster.steps]):
        return False
    return sum([_work_of_call(step) if isinstance(step, Call) else work_of(step) for step in cluster.steps]) >= _WORTH


def _inner(call: Call) -> list[Call]:
    """The calls that a call runs."""
    return [inner for block in (call.body, call.otherwise) if block is not None for inner in block.plan.calls()]


def _needs_no_python(call: Call) -> bool:
    """Whether a call runs without the interpreter, and comes to an end: nobody could interrupt it otherwise."""
    ends = not is_loop(call.equation) or call.equation.params[0].counted
    return call.callback is None and ends and all(map(_needs_no_python, _inner(call)))


def _work_of_call(call: Call) -> float:
    """Additions, or their equivalent, that a call takes."""
    equation = call.equation
    if is_loop(equation):
        assert call.body is not None
        return float(equation.params[0].count * (_work_of_block(call.body) + _STEP))
    if call.body is not None and call.otherwise is not None:
        return min(_work_of_block(call.body), _work_of_block(call.otherwise))
    name, result = equation.primitive.name, kind_of(equation.outputs[0])
    if is_factorisation(call):
        order = kind_of(equation.inputs[0]).shape[0]
        # a solution takes a product's work with each column
        return (_CUBES[name] * order**3 if name in _CUBES else order * result.size) / _FASTER
    if is_product(call) and name != "mirror":
        terms = kind_of(equation.inputs[0]).shape[0 if "gram" in name else -1]
        return result.size * terms / _FASTER
    if is_cumulative(call):
        return result.size * _STEP
    placed = placement_of(call)
    return result.size if placed is None else result.size + math.prod(placed.full)


def _work_of_block(block: Block) -> float:
    return sum([_work_of_call(step) if isinstance(step, Call) else work_of(step) for step in block.plan.steps])


def _before(clusters: Sequence[Cluster], plan: Plan) -> list[int]:
    """For each cluster those that must have run before, as bits: of what it reads, and of whose memory it takes."""
    before: list[int] = []
    writer: dict[Var | None, int] = {}
    readers: dict[Var | None, int] = {}
    for number, cluster in enumerate(clusters):
        found = 0
        bit = 1 << number
        read: list[Var | None] = _roots([base for s in cluster.steps for base in sources(s)], plan)
        written: list[Var | None] = _roots(cluster.written(plan.stored), plan)
        if not all([isinstance(step, Nest) or _needs_no_python(step) for step in cluster.steps]):
            # what Python computes keeps its order
            written.append(None)
        for root in read:
            found |= writer.get(root, 0)
        for root in written:
            found |= writer.get(root, 0) | readers.get(root, 0)
        for root in read:
            readers[root] = readers.get(root, 0) | bit
        for root in written:
            writer[root], readers[root] = bit, 0
        found &= ~bit
        before.append(found | _union([before[one] for one in _bits(found)]))
    return before


def _roots(atoms: Iterable[object], plan: Plan) -> list[Var | None]:
    """The values in whose memory these stand."""
    return [plan.same.get(atom, atom) for atom in dict.fromkeys(atoms) if isinstance(atom, Var)]


def _bits(number: int) -> Iterable[int]:
    while number:
        place = number.bit_length() - 1
        yield place
        number ^= 1 << place


def _union(sets: Iterable[int]) -> int:
    union = 0
    for one in sets:
        union |= one
    return union


def _bind(team: list[int], before: list[int]) -> None:
    """From here on whatever waits for one of a team waits for all of it, and all for what one waits for."""
    mates = _union([1 << one for one in team])
    first = _union([before[one] for one in team])
    for number, found in enumerate(before):
        if number in team:
            before[number] = first
        elif found & mates:
            before[number] = found | mates | first


def _ordered(before: Sequence[int], teams: dict[int, list[int]]) -> list[int]:
    """The numbers in an order in which each comes behind those before it, and teams are together."""
    order: list[int] = []
    placed = 0

    def place(number: int) -> None:
        nonlocal placed
        for one in sorted(_bits(before[number] & ~placed)):
            if not placed >> one & 1:
                place(one)
        found = teams.get(number, [number])
        order.extend(found)
        placed |= _union([1 << one for one in found])

    for number in range(len(before)):
        if not placed >> number & 1:
            place(number)
    return order
