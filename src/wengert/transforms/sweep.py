"""The two sweeps over a tape.

A sweep runs first as the formulas stand. Where a zero meets an infinity or a NaN on the way, a NaN comes out at the
end; then the same stretch is computed once more with zeros that annihilate. What is finite pays one look at the result.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.graph import ArrayType, Operand, bind, harden
from wengert.primitives.shaping import broadcast_to
from wengert.tracing import Tracer
from wengert.transforms.finite import is_lost
from wengert.transforms.mixed import sides, together, whole
from wengert.transforms.structured import Scaled, Unit, add, dense, factors, numbers, on_factors, recomputed

__all__ = ["any_traced", "pull_block", "push_all", "reaching", "zeros"]

Entry = tuple[Any, int, Any, tuple[Any, ...], Any]
# what Python raises on plain floats where NumPy gives inf or NaN
_PYTHON_ERRORS = (ZeroDivisionError, OverflowError)


def zeros(kind: ArrayType, batch: int) -> Any:
    """A zero tangent of this type, with a batch axis where asked."""
    shape = (batch, *kind.shape) if batch else kind.shape
    return bind(broadcast_to, (kind.dtype.type(0),), (shape,)) if shape else kind.dtype.type(0)


def pull_block(block: Sequence[Entry], cotangents: list[Any], live: int, raw: bool, batch: int) -> None:
    """Pull cotangents back through a stretch of the tape, last equation first.

    `cotangents` has one place per slot and changes in place; the first `live` of them are looked at for NaN.
    """
    before = cotangents.copy()
    _pull(block, cotangents, raw, batch, False)
    if any([part is not None and is_lost(numbers(part)) for part in cotangents[:live]]):

        def sweep(annihilate: bool) -> list[Any]:
            cotangents[:] = before
            _pull(block, cotangents, raw, batch, annihilate)
            return cotangents[:live]

        cotangents[:live] = recomputed(cotangents[:live], raw, sweep)


def _pull(block: Sequence[Entry], cotangents: list[Any], raw: bool, batch: int, annihilate: bool) -> None:
    """The sweep, as the formulas stand or with zeros that annihilate."""
    if batch or annihilate:
        for entry in reversed(block):
            _pull_one(cotangents, entry, raw, batch, annihilate)
        if annihilate:
            cotangents[:] = map(whole, cotangents)
    elif raw:
        _pull_plain(block, cotangents)
    else:
        _pull_traced(block, cotangents)


def _pull_plain(block: Sequence[Entry], cotangents: list[Any]) -> None:
    """The inner loop of reverse mode on plain arrays.

    A sum of cotangents is an array that nothing else refers to, and further summands go into it in place.
    """
    owned: set[int] = set()
    for entry in reversed(block):
        pull, slot, slots, saved, rule = entry
        if pull is None:
            if rule.accumulate is None:
                _pull_one(cotangents, entry, True, 0, False)
            else:
                _scatter(cotangents, entry, owned)
            continue
        cotangent = cotangents[slot]
        if cotangent is None:
            continue
        cotangents[slot] = None
        try:
            outgoing = pull(saved, cotangent)
        except _PYTHON_ERRORS:
            outgoing = _hardened(rule.pullback, saved, (cotangent,), True, 0)
        if slots.__class__ is int:
            present = cotangents[slots]
            if present is None:
                cotangents[slots] = outgoing
            else:
                cotangents[slots] = _sum(present, outgoing, slots, owned)
        else:
            for place, part in zip(slots, outgoing):  # noqa: B905 (a keyword would cost a tenth of the loop)
                present = cotangents[place]
                cotangents[place] = part if present is None else _sum(present, part, place, owned)


def _pull_traced(block: Sequence[Entry], cotangents: list[Any]) -> None:
    """The inner loop of reverse mode on what other recordings follow: it may run for every step of a long program."""
    forms: dict[Any, Any] = {}
    for entry in reversed(block):
        pull, slot, slots, saved, rule = entry
        if pull is None:
            # several results, or an adjoint that touches few entries
            _pull_one(cotangents, entry, False, 0, False)
            continue
        cotangent = cotangents[slot]
        if cotangent is None:
            continue
        cotangents[slot] = None
        try:
            outgoing = NotImplemented
            if cotangent.__class__ is Tracer:
                outgoing = cotangent.recording.retraced(rule, (*saved, cotangent))
            if outgoing is NotImplemented:
                form = forms.get(rule)
                if form is None:
                    form = forms[rule] = rule.pullback(raw=False)
                outgoing = form(*saved, cotangent)
        except _PYTHON_ERRORS:
            outgoing = _hardened(rule.pullback, saved, (cotangent,), False, 0)
        for place, part in ((slots, outgoing),) if slots.__class__ is int else zip(slots, outgoing, strict=True):
            present = cotangents[place]
            cotangents[place] = part if present is None else present + part


def _sum(present: Any, part: Any, place: int, owned: set[int]) -> Any:
    """A further cotangent added to the sum at a place."""
    if place in owned:
        present += part
        return present
    owned.add(place)
    return present + part


def _scatter(cotangents: list[Any], entry: Entry, owned: set[int]) -> None:
    """An equation whose adjoint touches few entries: it goes into the sum as it stands."""
    _, slot, place, saved, rule = entry
    cotangent = cotangents[slot]
    if cotangent is None:
        return
    cotangents[slot] = None
    if place not in owned:
        present = cotangents[place]
        fresh = rule.pullback(raw=True)(*saved, cotangent)
        cotangents[place] = fresh if present is None else present + fresh
        owned.add(place)
    else:
        rule.accumulate(cotangents[place], cotangent, *saved)


def _pull_one(cotangents: list[Any], entry: Entry, raw: bool, batch: int, annihilate: bool) -> None:
    """One equation in general: several results, many cotangents at once, traced ones, zeros that annihilate."""
    _, slot, slots, saved, rule = entry
    count = len(rule.results)
    incoming = cotangents[slot : slot + count]
    cotangents[slot : slot + count] = [None] * count
    if all([part is None for part in incoming]):
        return
    places = (slots,) if slots.__class__ is int else slots
    plus = together if annihilate else add if batch else operator.add
    for given in sides(incoming) if annihilate else (incoming,):
        for place, part in zip(places, _pulled(rule, saved, given, raw, batch, annihilate), strict=True):
            if part is not None:
                present = cotangents[place]
                cotangents[place] = part if present is None else plus(present, part)


def _pulled(
    rule: Any, saved: tuple[Any, ...], incoming: list[Any], raw: bool, batch: int, annihilate: bool
) -> Sequence[Any]:
    """The cotangents of the operands, given those of the results."""
    shared = factors(incoming, rule.results) if batch and on_factors(rule) else None
    if shared is not None:
        parts = _run(rule.pullback, saved, shared[1], raw, annihilate, 0)
        parts = parts if len(rule.active) > 1 else (parts,)
        return [part if part is None else Scaled(shared[0], part) for part in parts]
    if batch:
        incoming = [part if part is None else dense(part, annihilate) for part in incoming]
    if len(rule.results) > 1 and not getattr(rule, "takes_none", False):
        pairs = zip(incoming, rule.results, strict=True)
        incoming = [zeros(kind, batch) if part is None else part for part, kind in pairs]
    outgoing = _run(rule.pullback, saved, incoming, raw, annihilate, batch)
    return outgoing if len(rule.active) > 1 else (outgoing,)


def _run(form: Any, saved: tuple[Any, ...], seeds: Sequence[Any], raw: bool, annihilate: bool, batch: int) -> Any:
    try:
        return form(raw=raw, annihilate=annihilate, batch=batch)(*saved, *seeds)
    except _PYTHON_ERRORS:
        return _hardened(form, saved, seeds, raw, batch)


def _hardened(form: Any, saved: tuple[Any, ...], seeds: Sequence[Any], raw: bool, batch: int) -> Any:
    """The same with NumPy's floats, which give inf or NaN where Python's raise."""
    return form(raw=raw, batch=batch)(*map(harden, (*saved, *seeds)))


def reaching(entries: Sequence[Entry], wanted: Sequence[int | None], slots: int) -> list[Entry]:
    """The equations that results at the wanted slots depend on."""
    needed = [False] * slots
    for slot in wanted:
        if slot is not None:
            needed[slot] = True
    found: list[Entry] = []
    for entry in reversed(entries):
        _, slot, places, _, rule = entry
        if needed[slot] or (len(rule.results) > 1 and any(needed[slot : slot + len(rule.results)])):
            found.append(entry)
            for place in (places,) if places.__class__ is int else places:
                needed[place] = True
    found.reverse()
    return found


def push_all(entries: Sequence[Entry], tangents: list[Any], raw: bool, batch: int, annihilate: bool) -> list[Any]:
    """Push tangents of the first slots through equations: one tangent per slot comes out, None for zero."""
    for _, slot, slots, saved, rule in entries:
        places = (slots,) if slots.__class__ is int else slots
        given = [tangents[place] for place in places]
        if all([part is None for part in given]):
            continue
        out = _pushed(rule, saved, given, raw, batch, annihilate)
        if len(rule.results) == 1:
            tangents[slot] = out
        else:
            tangents[slot : slot + len(out)] = out
    return tangents


def _pushed(rule: Any, saved: tuple[Any, ...], given: list[Any], raw: bool, batch: int, annihilate: bool) -> Any:
    kinds = [rule.types[i] for i in rule.active]
    if batch and all([part is not None for part in given]):
        shared = factors(given, kinds) if on_factors(rule) else None
        if shared is not None:
            return Scaled(shared[0], _run(rule.pushforward, saved, shared[1], raw, annihilate, 0))
        columns = _columns(rule, saved, given)
        if columns is not None:
            return Scaled(columns, None)
        product = None if annihilate or not raw else _product(rule, saved, given)
        if product is not None:
            return product
    parts = [zeros(kind, batch) if part is None else part for part, kind in zip(given, kinds, strict=True)]
    if batch:
        parts = [dense(part, annihilate) for part in parts]
    return _run(rule.pushforward, saved, parts, raw, annihilate, batch)


def _columns(rule: Any, saved: tuple[Any, ...], given: list[Any]) -> Any:
    """What rows of the identity become in an operation that says so, without a product with the identity."""
    if len(given) != 1 or given[0].__class__ is not Unit or given[0].kind.ndim != 1:
        return None
    position = rule.active[0]
    columns = rule.primitive.columns.get(position)
    return None if columns is None else columns(given[0].start, given[0].stop, *saved[: len(rule.types)])


def _product(rule: Any, saved: tuple[Any, ...], given: list[Any]) -> Any:
    """A scaled batch through an operation that has a better way than to write it out first."""
    if len(given) != 1 or given[0].__class__ is not Scaled or given[0].factor is None:
        return None
    rows, product = given[0].base, rule.primitive.scaled.get(rule.active[0])
    if product is None or not isinstance(rows, np.ndarray):
        return None
    return product(rows, given[0].factor, *saved[: len(rule.types)])


def any_traced(values: Sequence[Any]) -> bool:
    """Whether one of these is followed by a recording."""
    return any([isinstance(value, Operand) for value in values])
