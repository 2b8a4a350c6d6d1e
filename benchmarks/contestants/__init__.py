"""The contestants, in the order of the tables."""

from __future__ import annotations

from benchmarks.contestant import Contestant
from benchmarks.contestants.autograd import Autograd
from benchmarks.contestants.by_hand import ByHand
from benchmarks.contestants.casadi import CasADi
from benchmarks.contestants.closed_form import ClosedForm
from benchmarks.contestants.function import PlainFunction
from benchmarks.contestants.jax import Jax, JaxJit
from benchmarks.contestants.torch import Torch
from benchmarks.contestants.wengert import Wengert, WengertIEEE

__all__ = ["CONTESTANTS", "present"]

CONTESTANTS: tuple[Contestant, ...] = (
    PlainFunction(),
    ByHand(),
    ClosedForm(),
    Wengert(),
    Autograd(),
    Jax(),
    JaxJit(),
    Torch(),
    CasADi(),
    WengertIEEE(),
)

_ALWAYS = frozenset({"function", "closed-form", "wengert"})


def present(peers: frozenset[str] | None = None) -> list[Contestant]:
    """Those that can run here: the function, Wengert's own, and of the others the chosen ones (all for None)."""
    return [
        contestant
        for contestant in CONTESTANTS
        if (peers is None or contestant.name in peers | _ALWAYS) and contestant.available()
    ]
