"""The derivation of a function of several variables: that of each gradient, and of each mixed second derivative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import combinations
from typing import Any, Protocol

from wengert.calculus.derivation import Form, account
from wengert.calculus.expression import Expression
from wengert.calculus.reuse import value_letter
from wengert.display.derivation import Derivation, derivation
from wengert.display.formula_mathml import operator, written_in_mathml
from wengert.display.naming import written_names
from wengert.errors import UnsupportedError

__all__ = ["Derivations", "derivations"]


class Forms(Protocol):
    """What it needs of a closed form in several variables."""

    expression: Expression
    symbols: Mapping[str, Any]
    instances: Sequence[Any]

    @property
    def variables(self) -> tuple[str, ...]:
        """Their names."""

    def __getitem__(self, name: str) -> Any: ...


@dataclass
class _Gradient:
    """The gradient in one variable as a function of another one."""

    expression: Expression
    symbols: Mapping[str, Any]
    variable: str
    instances: Sequence[Any]
    check: Any
    whole: Any

    def values_at(self, one: Any) -> dict[str, Any]:
        return self.whole.values_at(one)  # type: ignore[no-any-return]


class Derivations:
    """Derivations that belong together; `parts` are the single ones."""

    def __init__(self, parts: Sequence[Derivation]) -> None:
        self.parts = tuple(parts)

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.parts))

    __repr__ = __str__

    def latex(self) -> str:
        """One `aligned` block under the other, without the dollars around them."""
        inner = " \\\\[2ex]\n".join(part.latex() for part in self.parts)
        return f"\\begin{{gathered}}\n{inner}\n\\end{{gathered}}"

    def html(self) -> str:
        """A table for each."""
        return "\n".join(part.html() for part in self.parts)

    def mathml(self) -> str:
        """A table for each, with formulas in MathML."""
        return "\n".join(part.mathml() for part in self.parts)

    def _repr_latex_(self) -> str:
        return f"$${self.latex()}$$"


def derivations(forms: Forms, level: str = "normal", style: str = "transpose") -> Derivations:
    """How the derivatives in several variables are found.

    Those in each variable come first; then, of a function with one number as value, the gradient in each variable is
    differentiated by those that follow it, as far as there is a formula.

    Parameters
    ----------
    forms
        What `wengert.api.derive.derive` returns for several variables.
    level, style
        As in `wengert.display.derivation.derivation`.

    Raises
    ------
    ArgumentError
        There is no such level, or no such style.
    CheckError
        A line is false at a random direction.

    >>> import numpy as np
    >>> from wengert.api.derive import derive
    >>> forms = derive(lambda x, y, A: x @ A @ y, np.ones(2), np.ones(3), np.ones((2, 3)), wrt=("x", "y"))
    >>> print(str(derivations(forms)).splitlines()[-2])
    ∂∇_x f/∂y = A        shape (n, m)
    """
    single = [derivation(forms[name], level, style).account for name in forms.variables]
    found = [Derivation(told, style, within=True) for told in single]
    if forms.expression.is_scalar:
        for one, other in combinations(forms.variables, 2):
            try:
                found.append(_mixed(forms, one, other, level, style))
            except UnsupportedError:
                # each of the two says for itself why it has none
                continue
    return Derivations(found)


def _mixed(forms: Forms, one: str, other: str, level: str, style: str) -> Derivation:
    """The derivative by the one variable of the gradient in the other."""
    whole: Any = forms
    gradient = forms[one].first.expression
    block = whole.hessian[one, other]
    variable = forms.symbols[other]
    matrix = gradient.cols == 1 and variable.cols == 1
    kind = "derivative" if variable.is_scalar else "jacobian" if matrix else "differential"
    form: Form = _Gradient(gradient, forms.symbols, other, forms.instances, whole.check, forms[other])
    told = account(form, level, (), ((kind, block.expression), None))
    return Derivation(told, style, _letters(forms, one))


def _letters(forms: Forms, one: str) -> tuple[str, str, str]:
    """What the gradient is called, in text, in LaTeX and in MathML."""
    letter = value_letter(forms.symbols)
    name = written_names(forms.symbols)[one]
    below = f"<msub>{operator('∇')}{written_in_mathml(name)}</msub>"
    return f"∇_{name.text} {letter}", rf"\nabla_{{{name.latex}}} {letter}", f"{below}<mi>{escape(letter)}</mi>"
