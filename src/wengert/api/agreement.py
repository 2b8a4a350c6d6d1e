"""Formulas against numbers: the traced derivative of the function as it was written, and differences of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert.api.lifted_function import Instance, quiet
from wengert.calculus.dimension import Dim
from wengert.calculus.evaluation import evaluate
from wengert.calculus.expression import Expression
from wengert.calculus.magnitude import NEGLIGIBLE, magnitude, seen
from wengert.display.formula import abridged
from wengert.errors import CheckError, UndefinedDerivativeError, UnsupportedError
from wengert.testing.differences import Probe

__all__ = ["Check", "Claim", "Figure", "compared"]

Function = Callable[..., Any]
# Errors of a formula beside the traced derivative: both round, in different orders.
_AGREEMENT: Final = 1e-8
# for functions that round to single precision or less on the way
_AGREEMENT_SINGLE: Final = 1e-3
_SHORT: Final = (np.dtype(np.float32), np.dtype(np.float16))
# Differences that are less sure of themselves than this, relative to the derivative, say nothing.
_SURE: Final = 1e-3
_SURE_CLOSE_BY: Final = 1e-5
_DIFFERENCES: Final = 1e-6
# where differences begin, and where those do that are asked for once more
_STEP: Final = 0.25
_SMALLER_STEPS: Final = (2.0**-10, 2.0**-16)
_TARGET: Final = 1e-7


@dataclass(frozen=True)
class Figure:
    """How far one formula is from the numbers, relative to their size.

    Attributes
    ----------
    what
        The derivative.
    traced
        At each instance the distance to the traced derivative of the function as it was written.
    differences
        The same along a random direction, to extrapolated differences; None where these could not tell.
    """

    what: str
    traced: tuple[float, ...]
    differences: tuple[float | None, ...]

    def __str__(self) -> str:
        known = [error for error in self.differences if error is not None]
        if self.what == "function":
            return f"function: {max(self.traced):.1e} from its values"
        text = f"{self.what}: {max(self.traced):.1e} from the traced derivative"
        return f"{text}, {max(known):.1e} from differences" if known else f"{text}; differences could not tell"


@dataclass(frozen=True)
class Check:
    """The verification of a closed form: the sizes that it was made at, and a figure for each formula."""

    sizes: tuple[Mapping[Dim, int], ...]
    figures: tuple[Figure, ...]

    @property
    def error(self) -> float:
        """The largest distance to a traced derivative."""
        return max((error for figure in self.figures for error in figure.traced), default=0.0)

    def __str__(self) -> str:
        at = " and ".join([", ".join(f"{dim} = {size}" for dim, size in sizes.items()) for sizes in self.sizes])
        where = f" at {at}" if any(self.sizes) else " at two random points"
        return f"checked{where}: {'; '.join(map(str, self.figures))}"

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain Python values."""
        return {
            "sizes": [{str(dim): size for dim, size in sizes.items()} for sizes in self.sizes],
            "figures": [
                {"what": figure.what, "traced": list(figure.traced), "differences": list(figure.differences)}
                for figure in self.figures
            ],
        }


@dataclass(frozen=True)
class Claim:
    """What a formula claims to be.

    Attributes
    ----------
    what
        The word for it.
    numbers
        From an instance to the traced derivative.
    moved
        From an instance to the function of one number t of which the formula gives the slope at 0.
    slope
        From the value of the formula and an instance to that slope; None for the function itself.
    """

    what: str
    numbers: Callable[[Instance], Any]
    moved: Callable[[Instance], Function]
    slope: Callable[[Any, Instance], Any] | None


def compared(
    expression: Expression,
    claim: Claim,
    instances: Sequence[Instance],
    values_at: Callable[[Instance], dict[str, Any]],
    own: Instance | None = None,
) -> Figure:
    """How well a formula agrees with the numbers; those at the lengths of the caller's data it has to agree with, too.

    Raises
    ------
    CheckError
        It does not.
    UnsupportedError
        There are no numbers to compare it with.
    """
    try:
        return _compared(expression, claim, instances, values_at, own)
    except UndefinedDerivativeError as error:
        raise UnsupportedError(
            f"derive: the formula of the {claim.what} cannot be proved by numbers: {error}"
        ) from error


def _compared(
    expression: Expression,
    claim: Claim,
    instances: Sequence[Instance],
    values_at: Callable[[Instance], dict[str, Any]],
    own: Instance | None,
) -> Figure:
    traced, differences = [], []
    for one in instances:
        with quiet():
            value = evaluate(expression, values_at(one), one.sizes)
            traced.append(_traced(expression, value, claim, one))
            differences.append(_differences(expression, value, claim, one))
    if own is not None:
        with quiet():
            try:
                _traced(expression, evaluate(expression, values_at(own), own.sizes), claim, own)
            except CheckError as error:
                raise CheckError(
                    f"derive: the function does not treat all lengths alike: at those of the given arrays "
                    f"({', '.join(f'{dim} = {size}' for dim, size in own.sizes.items())}) its {claim.what} is not "
                    f"{abridged(expression)}, as at others; write it without a choice by length, or use wengert.grad"
                ) from error
    return Figure(claim.what, tuple(traced), tuple(differences))


def _traced(expression: Expression, value: Any, claim: Claim, one: Instance) -> float:
    direct = np.asarray(claim.numbers(one))
    bound = _AGREEMENT_SINGLE if direct.dtype in _SHORT else _AGREEMENT
    if direct.size != np.size(value):
        raise CheckError(
            f"derive: the formula {abridged(expression)} for the {claim.what} has {np.size(value)} entries, but the "
            f"derivative has {direct.size}; it is not given"
        )
    size = max(float(np.max(np.abs(direct), initial=0.0)), _floor(claim.moved(one)))
    error = float(np.max(np.abs(value - np.reshape(direct, np.shape(value))), initial=0.0)) / size
    if not error <= bound:
        # what is zero everywhere comes out as the rounding errors of what it is computed from
        largest = max(float(np.max(np.abs(part), initial=0.0)) for part in (direct, value))
        if error <= _AGREEMENT_SINGLE and _is_single(claim, one):
            return error
        if largest <= NEGLIGIBLE * magnitude(lambda values: claim.numbers(Instance(values, one.sizes)), one.values):
            return 0.0
        raise CheckError(
            f"derive: the formula {abridged(expression)} for the {claim.what} differs from the traced derivative by "
            f"{error:.1e} of its size, and is not given"
        )
    return error


def _is_single(claim: Claim, one: Instance) -> bool:
    """Whether a number on the way is of single precision or less, as after `x.astype(np.float32)`."""
    recording = seen(lambda values: claim.numbers(Instance(values, one.sizes)), one.values)
    return any(variable.type.dtype in _SHORT for equation in recording.equations for variable in equation.outputs)


def _floor(function: Function) -> float:
    """The size beside which a derivative counts as zero: it is made of rounding errors of the function."""
    return max(1e-5 * float(np.max(np.abs(function(0.0)), initial=0.0)), 1e-300)


def _differences(expression: Expression, value: Any, claim: Claim, one: Instance) -> float | None:
    if claim.slope is None:
        return None
    function = claim.moved(one)
    size = np.size(function(0.0))

    def evaluated(place: Any) -> Any:
        try:
            return np.ravel(np.asarray(function(np.float64(place[0])), dtype=float))
        except (np.linalg.LinAlgError, ValueError):
            return np.full(size, np.nan)

    unit = float(np.finfo(np.float32 if np.asarray(function(0.0)).dtype == np.float32 else float).eps)
    probe = Probe(evaluated, np.zeros(1), np.ones(1), unit)
    claimed = np.ravel(claim.slope(value, one))
    scale = max(float(np.max(np.abs(claimed), initial=0.0)), _floor(function))
    distances, bars = _beside(probe, claimed, _STEP)
    known = bars <= _SURE * scale
    if not np.any(known):
        return None
    disputed = known & ~(distances <= np.maximum(bars, _DIFFERENCES * scale))
    for step in _SMALLER_STEPS if np.any(disputed) else ():
        # a function that is steep at the point alone looks flat from further away
        nearer, bars = _beside(probe, claimed, step)
        settled = disputed & (bars <= _SURE_CLOSE_BY * scale) & (nearer <= np.maximum(bars, _DIFFERENCES * scale))
        distances, disputed = np.where(settled, nearer, distances), disputed & ~settled
    error = float(np.max(distances[known])) / scale
    if np.any(disputed):
        if _is_single(claim, one):
            return None
        raise CheckError(
            f"derive: the formula {abridged(expression)} for the {claim.what} differs from differences of the function "
            f"by {error:.1e} of its size, and is not given"
        )
    return error


def _beside(probe: Probe, claimed: Any, step: float) -> tuple[Any, Any]:
    """How far slopes are from differences that begin with a step, and how sure these are."""
    found = probe.along(np.full(1, step), _TARGET)
    return np.abs(claimed - found.value / step), found.bar / step
