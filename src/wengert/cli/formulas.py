"""Closed forms on the command line: `wengert derive`, and the section of `wengert explain` with the formula."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert import tree
from wengert.api.closed_form import ClosedForm, ClosedForms
from wengert.api.derive import Convention, derive
from wengert.api.explanation import Explanation, Gradient
from wengert.api.formula import Formula
from wengert.cli.inputs import Inputs
from wengert.display.sections import sections_text
from wengert.errors import ArgumentError, UnsupportedError, UsageError
from wengert.testing.subject import REFUSALS

__all__ = ["FormulaSection", "derived_text", "formula_of"]

# programs with more operations are not tried, and formulas of more characters are no reading matter
_MOST_EQUATIONS: Final = 120
_MOST_CHARACTERS: Final = 1000
_LONGEST: Final = 400


def derived_text(
    formula: str,
    wrt: str | None,
    assume: str | None,
    manner: str,
    version: str,
    convention: Convention = "symmetric",
    language: str | None = None,
) -> str:
    """What `wengert derive` writes, in the manner that was asked for."""
    names = tuple(word.strip() for word in wrt.split(",")) if wrt is not None else None
    if names is not None and not all(names):
        raise UsageError(f"--wrt {wrt!r} has an empty name; write the names of variables with commas between them")
    form: ClosedForm | ClosedForms
    told = {} if language is None else {"language": language}
    if names is not None and len(names) > 1:
        form = derive(formula, wrt=names, assume=assume, convention=convention, **told)
    else:
        form = derive(formula, wrt=names[0] if names else None, assume=assume, convention=convention, **told)
    if manner == "steps":
        return str(form.derivation())
    found = list(_formulas(form))
    if manner == "latex":
        return "\n".join(f"{what}: {made.latex()}" if len(found) > 1 else made.latex() for what, made in found)
    if manner == "python":
        return _program([made.python(re.sub(r"\W+", "_", what.lower())) for what, made in found])
    if manner == "json":
        return json.dumps(_document(form, dict(found), formula, version), allow_nan=False)
    return str(form)


def _program(sources: Sequence[str]) -> str:
    """Functions one after the other, what they import before them."""
    lines = [line for source in sources for line in source.splitlines()]
    imports = dict.fromkeys(line for line in lines if line.startswith(("import ", "from ")))
    bodies = ["\n".join(line for line in source.splitlines() if line not in imports).strip() for source in sources]
    return "\n\n\n".join(["\n".join(sorted(imports, reverse=True)), *bodies]).lstrip()


def _formulas(form: ClosedForm | ClosedForms) -> Iterator[tuple[str, Formula]]:
    """The first derivative, and the second where it has a closed form."""
    made: list[Any] = [form.first]
    if form.expression.is_scalar:
        try:
            made.append(form.hessian)
        except UnsupportedError as error:
            warnings.warn(f"no second derivative: {error}", stacklevel=2)
    for one in made:
        each = one.values() if isinstance(one, dict) else [one]
        names = one.keys() if isinstance(one, dict) else [None]
        for name, formula in zip(names, each, strict=True):
            what = formula.what
            yield (f"{what} in {name}" if isinstance(name, str) and " in " not in what else what), formula


def _document(
    form: ClosedForm | ClosedForms, found: Mapping[str, Formula], formula: str, version: str
) -> dict[str, Any]:
    symbols = form.symbols
    return {
        "wengert": version,
        "formula": formula,
        "variables": list(form.variables),
        "arrays": {
            name: {
                "dims": [str(length) for length in symbol.shape if length != 1],
                "properties": form.properties_of(name),
            }
            for name, symbol in symbols.items()
        },
        "function": {"text": str(form.function), "latex": form.function.latex()},
        "derivatives": [
            {"what": what, "arguments": [*made.arguments, *made.held], "text": str(made), "latex": made.latex(),
             "python": made.python()}
            for what, made in found.items()
        ],
        "domain": list(form.domain),
        "check": form.check.to_dict(),
    }  # fmt: skip


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
    domain
        Where they hold.
    missing
        Why there is no formula; empty if there is one.
    """

    formulas: Mapping[str, Formula]
    errors: Mapping[str, float | None]
    domain: tuple[str, ...] = ()
    missing: str = ""

    def __str__(self) -> str:
        lines = [f"none: {self.missing}"] if self.missing else []
        for name, formula in self.formulas.items():
            error = self.errors[name]
            lines.append(f"{formula.what} in {name}: {formula}")
            lines.append(
                "the derivative at this point is not finite"
                if error is None
                else f"differs from the traced derivative at this point by {error:.1e} of its size"
            )
        values = {symbol.name for formula in self.formulas.values() for symbol, _ in formula.in_names.names}
        lines += [f"{name} is the value of the function" for name in sorted(values)]
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


def formula_of(function: Callable[..., Any], inputs: Inputs, explanation: Explanation) -> FormulaSection:
    """The formula of an explained derivative, compared with it at the point."""
    names = [part.name for part in explanation.inputs if part.note == "differentiated"]
    if len(explanation.listing) > _MOST_EQUATIONS:
        return FormulaSection({}, {}, (), f"the formula of {len(explanation.listing)} operations is no reading matter")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            args, kwargs = tree.map(_copied, (inputs.args, inputs.kwargs))
            form = derive(function, *args, wrt=tuple(names), **kwargs)
            formulas = form.gradient if form.expression.is_scalar else form.jacobian
            longest = max(len(str(formula)) for formula in formulas.values())
            if longest > _MOST_CHARACTERS:
                return FormulaSection({}, {}, (), f"a formula of {longest} characters is no reading matter")
            return FormulaSection(formulas, _errors(formulas, form, explanation, inputs), form.domain)
    except REFUSALS as error:
        text = " ".join(str(error).removeprefix("derive: ").split())
        return FormulaSection({}, {}, (), text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def _copied(leaf: Any) -> Any:
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


def _errors(
    formulas: Mapping[str, Formula], form: ClosedForms, explanation: Explanation, inputs: Inputs
) -> dict[str, float | None]:
    point = form.data
    traced = _traced(explanation, len(formulas))
    found: dict[str, float | None] = {}
    for (name, formula), direct in zip(formulas.items(), traced, strict=True):
        with np.errstate(all="ignore"):
            value = np.asarray(formula.compile()(*[point[word] for word in formula.arguments]))
        size = float(np.max(np.abs(direct), initial=0.0))
        error = float(np.max(np.abs(value - np.reshape(direct, np.shape(value))), initial=0.0)) / (size or 1.0)
        found[name] = error if np.isfinite(error) else None
    return found


def _traced(explanation: Explanation, count: int) -> list[Any]:
    """The derivative itself, as the explanation has it."""
    derivative = explanation.derivative
    parts = derivative.parts if isinstance(derivative, Gradient) else derivative.jacobian
    if len(parts) != count:
        raise ArgumentError("the Jacobian is too large to be written beside its formula")
    return [part.value for part in parts]
