"""What is promised of compiled derivatives, and the figures by which a run is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import geometric_mean

from benchmarks.case import Quantity
from benchmarks.results import CaseResult, Run, Status

__all__ = [
    "COMPILED",
    "JIT_BARS",
    "JIT_CONTESTANTS",
    "ON_DISK",
    "OURS",
    "PEERS",
    "Figure",
    "JitBar",
    "accuracy_allowed",
    "behind",
    "distance",
    "fastest_peer",
    "first_call",
    "gradient_over_function",
]

COMPILED, ON_DISK, FUNCTION = "wengert-jit", "wengert-jit-disk", "function-jit"
PEERS = ("by-hand", "autograd", "jax-jit", "torch", "torch-compile", "casadi")
OURS = frozenset({COMPILED, FUNCTION})
JIT_CONTESTANTS = OURS | frozenset(PEERS)
ACCURACY = 1e-12
CONDITION = 8.0
"""How many times the change by the last bits of the inputs an answer may be off, if that is more."""
OF_SCALARS = frozenset({Quantity.GRADIENT.value, Quantity.VALUE_AND_GRADIENT.value, Quantity.MANY_GRADIENTS.value})


@dataclass(frozen=True)
class Figure:
    """A measured number, and the case from which it comes if it comes from one."""

    value: float
    where: str = ""


@dataclass(frozen=True)
class JitBar:
    """A figure of a run is at most ``at_most``."""

    promise: str
    at_most: float
    figure: Callable[[Run], Figure | None]
    unit: str = "×"
    of: str = COMPILED

    def measured(self, run: Run) -> float | None:
        """The figure."""
        figure = self.figure(run)
        return figure.value if figure else None

    def where(self, run: Run) -> str:
        """The case from which the figure comes."""
        figure = self.figure(run)
        return figure.where if figure else ""

    def status(self, run: Run) -> Status | None:
        """The worst that happened to the compiled derivatives in this run."""
        found = [timing.status for case in run.cases if (timing := case.timing(self.of))]
        return next((status for status in found if status in (Status.WRONG, Status.ERROR)), next(iter(found), None))


def fastest_peer(case: CaseResult) -> tuple[str, float] | None:
    """Who is the fastest besides Wengert, and its seconds."""
    present = [(seconds, name) for name in PEERS if (seconds := case.best(name)) is not None]
    return (min(present)[1], min(present)[0]) if present else None


def behind(case: CaseResult, peer: str | None = None) -> float | None:
    """The compiled derivative's time over a peer's, by default the fastest's."""
    own = case.best(COMPILED)
    other = case.best(peer) if peer else (fastest_peer(case) or (None, None))[1]
    return own / other if own is not None and other is not None else None


def gradient_over_function(case: CaseResult) -> float | None:
    """Both compiled; a Hessian or a Jacobian has no such bound."""
    own, function = case.best(COMPILED), case.best(FUNCTION)
    return own / function if own is not None and function is not None and case.quantity in OF_SCALARS else None


def first_call(run: Run, case: CaseResult, contestant: str, peer: str) -> float | None:
    """First call over a peer's, each in a fresh process."""
    own = run.first_calls.get(contestant, {}).get(case.name)
    other = run.first_calls.get(peer, {}).get(case.name)
    return own / other if own is not None and other is not None else None


def accuracy_allowed(case: CaseResult) -> float:
    """The error that the condition of the case allows."""
    return max(ACCURACY, CONDITION * (case.sensitivity or 0.0))


def distance(run: Run, case: CaseResult, contestant: str = COMPILED) -> float | None:
    """Time over the least that the machine's bandwidth and arithmetic allow, where the case counts its operations."""
    own = case.best(contestant)
    if own is None or run.ceiling is None or case.flops is None or case.moved is None:
        return None
    return own / run.ceiling.least_seconds(case.moved, case.flops)


def _worst(of: Callable[[CaseResult], float | None]) -> Callable[[Run], Figure | None]:
    def figure(run: Run) -> Figure | None:
        figures = _all(run, of)
        where = max(figures, key=figures.__getitem__) if figures else ""
        return Figure(figures[where], where) if figures else None

    return figure


def _mean(of: Callable[[CaseResult], float | None]) -> Callable[[Run], Figure | None]:
    return lambda run: _typical(_all(run, of))


def _all(run: Run, of: Callable[[CaseResult], float | None]) -> Mapping[str, float]:
    return {case.name: value for case in run.cases if (value := of(case)) is not None}


def _typical(figures: Mapping[str, float]) -> Figure | None:
    return Figure(geometric_mean(figures.values())) if figures else None


def _beside_jax(name: str) -> Callable[[Run], Figure | None]:
    def figure(run: Run) -> Figure | None:
        case = run.case(name)
        value = behind(case, "jax-jit") if case else None
        return Figure(value, name) if value is not None else None

    return figure


def _first_calls(contestant: str) -> Callable[[Run], Figure | None]:
    return lambda run: _mean(lambda case: first_call(run, case, contestant, "jax-jit"))(run)


def _seconds_of_first_call(name: str) -> Callable[[Run], Figure | None]:
    def figure(run: Run) -> Figure | None:
        value = run.first_calls.get(COMPILED, {}).get(name)
        return Figure(value, name) if value is not None else None

    return figure


def _inaccuracy(case: CaseResult) -> float | None:
    timing = case.timing(COMPILED)
    return None if timing is None or timing.error is None else timing.error / accuracy_allowed(case)


JIT_BARS: Sequence[JitBar] = (
    JitBar("every case beside its fastest peer: the slowest", 1.0, _worst(behind)),
    JitBar("every case beside its fastest peer: geometric mean", 1 / 2, _mean(behind)),
    JitBar("gradient of Rosenbrock, n = 10, beside JAX", 1 / 3, _beside_jax("rosenbrock-10")),
    JitBar("first calls beside JAX's: geometric mean", 1 / 4, _first_calls(COMPILED)),
    JitBar("first calls with the code on disk beside JAX's: geometric mean", 1 / 10, _first_calls(ON_DISK)),
    JitBar("gradient over function, both compiled: geometric mean", 2.0, _mean(gradient_over_function)),
    JitBar("gradient over function, both compiled: the largest", 3.5, _worst(gradient_over_function)),
    JitBar("Hessian of the quadratic form, n = 500, beside JAX", 1 / 5, _beside_jax("quadratic-hessian-500")),
    JitBar("Hessian of logistic regression 10⁴×100 beside JAX", 1 / 1.5, _beside_jax("logistic-hessian-10000x100")),
    JitBar("Hessian of the factorisation 60×60×5 beside JAX", 1 / 5, _beside_jax("factorisation-hessian-60x60x5")),
    JitBar("first call of a loop of 10⁴ steps of scalar Python", 2.0, _seconds_of_first_call("pendulum-10000"), "s"),
    JitBar("error beside 10⁻¹², or beside what the condition allows: the largest", 1.0, _worst(_inaccuracy)),
)
