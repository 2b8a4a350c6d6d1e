"""The formula of a derivative that is explained, or why there is none."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert import tree
from wengert.api.closed_form import ClosedForms
from wengert.api.derive import derive
from wengert.api.formula import Formula
from wengert.display.sections import sections_text
from wengert.errors import ArgumentError
from wengert.testing.subject import REFUSALS

__all__ = ["FormulaSection", "agreement_told", "formula_of"]

# programs with more operations are not tried, and formulas of more characters are no reading matter
_MOST_EQUATIONS: Final = 120
_MOST_CHARACTERS: Final = 1000
_LONGEST: Final = 400


@dataclass(frozen=True)
class FormulaSection:
    """The formula of a derivative at a point, or why there is none.

    Attributes
    ----------
    formulas
        By the name of the argument.
    errors
        The distance of each to the traced derivative at the point, relative to its size; None where the point holds
        no finite derivative.
    form
        The closed form that they are of; None if there is none.
    missing
        Why there is no formula; empty if there is one.
    """

    formulas: Mapping[str, Formula]
    errors: Mapping[str, float | None]
    form: ClosedForms | None = None
    missing: str = ""

    @property
    def domain(self) -> tuple[str, ...]:
        """Where the formulas hold."""
        return self.form.domain if self.form is not None else ()

    @property
    def values(self) -> tuple[str, ...]:
        """The names in the formulas that stand for the value of the function."""
        return tuple(sorted({symbol.name for made in self.formulas.values() for symbol, _ in made.in_names.names}))

    def __str__(self) -> str:
        lines = [f"none: {self.missing}"] if self.missing else []
        for name, formula in self.formulas.items():
            error = self.errors[name]
            lines.append(f"{formula.what} in {name}: {formula}")
            lines.append(agreement_told(error))
        lines += [f"{name} is the value of the function" for name in self.values]
        lines += list(self.domain)
        return sections_text([("Formula", lines)])

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        if self.missing:
            return {"missing": self.missing}
        return {
            "derivatives": [
                {"name": name, "what": made.what, "text": str(made), "latex": made.latex(), "error": self.errors[name]}
                for name, made in self.formulas.items()
            ],
            "domain": list(self.domain),
        }


def agreement_told(error: float | None) -> str:
    """How far a formula is from the traced derivative, as a sentence."""
    if error is None:
        return "the derivative at this point is not finite"
    return f"differs from the traced derivative at this point by {error:.1e} of its size"


def formula_of(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    names: Sequence[str],
    traced: Sequence[Any],
    equations: int,
) -> FormulaSection:
    """The formula of a derivative, compared with it at a point.

    Parameters
    ----------
    function, args, kwargs
        The function, and the point.
    names
        Of the differentiated arguments.
    traced
        The derivative itself, an array for each name; none where it is too large to be written out.
    equations
        How many operations the function has.
    """
    if equations > _MOST_EQUATIONS:
        return FormulaSection({}, {}, None, f"the formula of {equations} operations is no reading matter")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            own, named = tree.map(_copied, (args, dict(kwargs)))
            form = derive(function, *own, wrt=tuple(names), **named)
            formulas = form.gradient if form.expression.is_scalar else form.jacobian
            longest = max(len(str(formula)) for formula in formulas.values())
            if longest > _MOST_CHARACTERS:
                return FormulaSection({}, {}, None, f"a formula of {longest} characters is no reading matter")
            return FormulaSection(formulas, _errors(formulas, form, traced), form)
    except REFUSALS as error:
        text = " ".join(str(error).removeprefix("derive: ").split())
        return FormulaSection({}, {}, None, text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def _copied(leaf: Any) -> Any:
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


def _errors(formulas: Mapping[str, Formula], form: ClosedForms, traced: Sequence[Any]) -> dict[str, float | None]:
    if len(traced) != len(formulas):
        raise ArgumentError("the Jacobian is too large to be written beside its formula")
    point = form.data
    found: dict[str, float | None] = {}
    for (name, formula), direct in zip(formulas.items(), traced, strict=True):
        with np.errstate(all="ignore"):
            value = np.asarray(formula.compile()(*[point[word] for word in formula.arguments]))
        size = float(np.max(np.abs(direct), initial=0.0))
        error = float(np.max(np.abs(value - np.reshape(direct, np.shape(value))), initial=0.0)) / (size or 1.0)
        found[name] = error if np.isfinite(error) else None
    return found
