"""The contestants, in the order of the tables."""

from __future__ import annotations

from benchmarks.contestant import Contestant
from benchmarks.contestants.autograd import Autograd
from benchmarks.contestants.by_hand import ByHand
from benchmarks.contestants.casadi import CasADi
from benchmarks.contestants.closed_form import ClosedForm
from benchmarks.contestants.function import PlainFunction
from benchmarks.contestants.jax import Jax, JaxJit
from benchmarks.contestants.torch import Torch, TorchCompile
from benchmarks.contestants.wengert import FunctionJit, Wengert, WengertIEEE, WengertJit, WengertJitOnDisk

__all__ = ["CONTESTANTS", "present"]

CONTESTANTS: tuple[Contestant, ...] = (
    PlainFunction(),
    ByHand(),
    ClosedForm(),
    Wengert(),
    WengertJit(),
    Autograd(),
    Jax(),
    JaxJit(),
    Torch(),
    TorchCompile(),
    CasADi(),
    WengertIEEE(),
    FunctionJit(),
    WengertJitOnDisk(),
)

_ALWAYS = frozenset({"function", "closed-form", "wengert"})


def present(peers: frozenset[str] | None = None) -> list[Contestant]:
    """Those that can run here: the function, Wengert's own, and of the others the chosen ones.

    For None these are all but those that run on request.
    """
    return [
        contestant
        for contestant in CONTESTANTS
        if (not contestant.on_request if peers is None else contestant.name in peers | _ALWAYS)
        and contestant.available()
    ]
