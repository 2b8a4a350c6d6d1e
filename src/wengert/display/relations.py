"""Where something is positive, as a reader writes it: |u| < 1 for 1 − |u| > 0."""

from __future__ import annotations

from collections.abc import Sequence

from wengert.display.notation import Added, Indicator, Notation, Numeral, signed

__all__ = ["indicator"]

Terms = Sequence[tuple[Notation, bool]]
"""Terms of a sum, each with whether it is subtracted."""


def indicator(terms: Terms, bounds: Terms = ()) -> Indicator:
    """One where the sum of these terms is positive: no minus in front of a side, and numbers and bounds on the right.

    Parameters
    ----------
    terms
        What varies from entry to entry, and numbers.
    bounds
        Terms that are the same in every entry.
    """
    numbers = [*(term for term in terms if isinstance(term[0], Numeral)), *bounds]
    above = [term for term in terms if not term[1] and term not in numbers]
    below = [(term, False) for term, subtracted in terms if subtracted and not isinstance(term, Numeral)]
    if above:
        # what is on the other side than it was has the other sign
        right = [*below, *((term, not subtracted) for term, subtracted in numbers)]
        return Indicator((_sum(above), _sum(right)), ">")
    return Indicator((_sum(below), _sum(numbers)), "<")


def _sum(terms: Terms) -> Notation:
    if not terms:
        return Numeral()
    if len(terms) == 1:
        return signed(terms[0][1], terms[0][0])
    return Added(tuple([term for term, _ in terms]), tuple([subtracted for _, subtracted in terms]))
