"""Closed forms on the command line: what `wengert derive` writes."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wengert.api.closed_form import ClosedForm, ClosedForms
from wengert.api.derive import Convention, derive
from wengert.api.formula import Formula
from wengert.errors import UnsupportedError, UsageError

__all__ = ["derived_text"]


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
