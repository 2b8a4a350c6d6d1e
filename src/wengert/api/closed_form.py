"""ClosedForm: the derivatives of a function in one variable as formulas, made and checked when they are asked for."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from wengert.api.agreement import Check, Claim, Figure, compared
from wengert.api.blocks import Blocks
from wengert.api.conditions import conditions
from wengert.api.formula import Formula
from wengert.api.lifted_function import LiftedFunction
from wengert.api.misuse import NoArray
from wengert.api.overview import overview, properties_of
from wengert.api.together import Together
from wengert.calculus.dimension import Dim
from wengert.calculus.expression import Expression
from wengert.display.derivation import Derivation, Step, derivation
from wengert.display.derivation_blocks import Derivations, derivations
from wengert.display.formula import abridged, text_of
from wengert.display.formula_latex import latex_of, latex_with_where
from wengert.errors import ArgumentError

__all__ = ["ClosedForm", "ClosedForms"]


class _Form(NoArray, Together):
    """What forms of one and of several variables have in common."""

    _remedy = (
        "it has the formulas as attributes: form.gradient is one, and form.gradient.compile() a function of the "
        "arguments"
    )
    _elsewhere: ClassVar[Mapping[str, str]] = {
        "grad": "write form.gradient",
        "nabla": "write form.gradient",
        "hess": "write form.hessian",
        "jac": "write form.jacobian",
        "latex": "a formula has it: form.gradient.latex()",
        "text": "a formula has it: form.gradient.text()",
        "linear_map": "a formula has it: form.hessian.linear_map()",
        "steps": "write form.derivation()",
        "evaluate": "write form.gradient.compile(), which gives the function",
        "third": "third derivatives are no formulas here; wengert.taylor and wengert.derivative give their numbers",
    }

    def __init__(self, lifted: LiftedFunction, detected: Mapping[str, Sequence[str]]) -> None:
        self._lifted = lifted
        #: the function itself
        self.expression: Expression = lifted.expression
        #: the symbols of all arrays by name
        self.symbols: Mapping[str, Any] = lifted.symbols
        #: the two instances at which everything is checked
        self.instances: Sequence[Any] = lifted.instances
        self._figures: dict[str, Figure] = {}
        self._made: dict[str, Expression] = {}
        self._blocks = Blocks(lifted, self._compared)
        #: properties that were found in the data and used, by name
        self.detected = {name: tuple(found) for name, found in detected.items()}

    @property
    def dims(self) -> tuple[Dim, ...]:
        """The lengths of axes that are known by name."""
        return tuple(self._lifted.dims.values())

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables."""
        return self._lifted.variables

    @property
    def data(self) -> Mapping[str, Any]:
        """The numbers that the function was given or has captured, by name."""
        return self._lifted.data

    def values_at(self, one: Any) -> dict[str, Any]:
        """All arrays of an instance, those of the directions included."""
        return self._lifted.values_at(one)

    @functools.cached_property
    def function(self) -> Formula:
        """The function itself as a formula."""
        return self._formula(self.expression, "function", self._blocks.value(), self._lifted.result_axes)

    def _compared(self, expression: Expression, claim: Claim) -> None:
        key = claim.what
        if self._made.get(key) is expression:
            return
        # second derivatives follow from the first, at these lengths as at others
        own = None if "Hessian" in key else self._lifted.own_instance
        self._figures[key] = compared(expression, claim, self.instances, self._lifted.values_at, own)
        self._made[key] = expression

    def _formula(
        self, expression: Expression, what: str, claim: Claim | None, axes: int, directions: Sequence[str] = ()
    ) -> Formula:
        if claim is not None:
            self._compared(expression, claim)
        lifted = self._lifted
        program = lifted.program
        captured = [name for name in lifted.variables if name not in program.arguments]
        arguments = (*program.arguments, *captured, *[f"d{name}" for name in directions])
        held = {name: lifted.data[name] for name in lifted.shapes if name not in arguments}
        own = {name: len(lengths) for name, lengths in lifted.shapes.items()}
        own.update({f"d{name}": own[name] for name in lifted.variables})
        one = lifted.instances[0]
        symbols = {**lifted.symbols, **{f"d{name}": self._blocks.direction(name) for name in lifted.variables}}
        return Formula(
            expression, what, arguments, held, symbols, lifted.variables, {**own, "": axes},
            (lifted.values_at(one), one.sizes), tuple([f"d{name}" for name in directions]),
            self._blocks.in_names,
        )  # fmt: skip

    @property
    def domain(self) -> tuple[str, ...]:
        """Where the formulas hold, as far as their form tells, and by which convention."""
        found = conditions(self.expression, *self._made.values())
        for name in self._lifted.variables:
            kind = next((word for word in ("diagonal", "symmetric") if word in self._lifted.properties[name]), "")
            if self._lifted.is_by_entries(name):
                found.append(
                    f"∇ in {text_of(self.symbols[name])} is by independent entries, G + Gᵀ − G∘I: no gradient in ⟨A, B⟩"
                )
            elif kind:
                found.append(f"∇ in {text_of(self.symbols[name])} is taken among {kind} matrices")
        for one, other in self._blocks.without_matrix:
            first, second = (text_of(self.symbols[name]) for name in (one, other))
            found.append(
                f"∇² in {first}, {second} is the change of ∇ in the direction d{second}: its matrix is no formula"
            )
        return tuple(dict.fromkeys(found))

    def lines(self) -> list[str]:
        """The function, what is known of its arrays, and the formulas that have been made."""
        formulas = {what: self._blocks.in_names(e) for what, e in self._made.items() if what != "function"}
        return overview(self._lifted, formulas, self._blocks.reuse.value.name, self.detected, self.domain)

    def properties_of(self, name: str) -> str:
        """What is assumed of an array, in words."""
        return properties_of(self._lifted, name)

    @property
    def _all_figures(self) -> tuple[Figure, ...]:
        if not self._figures:
            _ = self.first
        return tuple(self._figures.values())

    @property
    def first(self) -> Any:
        """The first derivative that the function has: gradient, Jacobian, derivative or differential."""
        raise NotImplementedError

    @property
    def check(self) -> Check:
        """The figures of the verification of what has been asked for so far, of the first derivative at least.

        Every formula was compared with the traced derivative of the function as it was written, and with differences,
        at two random instances of other sizes, before it was given.
        """
        figures = self._all_figures
        return Check(tuple([one.sizes for one in self.instances]), figures)

    def __str__(self) -> str:
        _ = self.first
        return "\n".join([*self.lines(), str(self.check)])

    def _repr_latex_(self) -> str:
        name = self._blocks.reuse.value.name if "<" in self._lifted.program.name else self._lifted.program.name
        name = name if len(name) == 1 else rf"\mathrm{{{name}}}".replace("_", r"\_")
        variables = self._lifted.variables
        value = latex_with_where(self.expression, variables, self.symbols)
        listed = ", ".join(latex_of(self.symbols[word]) for word in variables)
        return f"$\\displaystyle {name}({listed}) = {value}$"


class ClosedForm(_Form):
    """The derivatives of a function in one variable, each made, and checked, when it is first asked for.

    Attributes
    ----------
    variable
        Its name.
    expression, symbols, dims
        The function as an expression, the symbols in it, and the lengths of their axes.
    detected
        Properties that were found in the data and used, by name.
    """

    def __init__(self, lifted: LiftedFunction, variable: str, detected: Mapping[str, Sequence[str]] | None = None):
        super().__init__(lifted, detected or {})
        self.variable = variable

    def __repr__(self) -> str:
        symbol = text_of(self.symbols[self.variable])
        return f"ClosedForm({self._blocks.reuse.value.name}({symbol}) = {abridged(self.expression, [self.variable])})"

    @property
    def first(self) -> Formula:
        """The first derivative that the function has: gradient, Jacobian, derivative or differential."""
        symbol = self.symbols[self.variable]
        if symbol.is_scalar:
            return self.derivative
        if self.expression.is_scalar:
            return self.gradient
        return self.jacobian if self.expression.is_vector and symbol.is_vector else self.differential

    @property
    def direction(self) -> Expression:
        """The symbol of the direction, `d` + the variable's name."""
        return self._blocks.direction(self.variable)  # type: ignore[no-any-return]

    def _axes(self) -> int:
        return len(self._lifted.shapes[self.variable])

    def derivation(self, level: str = "normal", style: str = "transpose") -> Derivation:
        """How the formulas are found, one named rule a line; every line has been evaluated.

        Parameters
        ----------
        level
            `"short"`, `"normal"` or `"full"`.
        style
            `"inner"` writes all forms and traces as inner products, `"transpose"` those that are moved.
        """
        name = self.variable
        if not self._lifted.is_by_entries(name):
            return derivation(self, level, style)
        # the way goes by the gradient, of which the derivatives by entries are then read off
        among = copy.copy(self._lifted)
        among.convention = "symmetric"
        symbol, value = self.symbols[name], self.gradient
        text = Step(None, f"∂f/∂{text_of(symbol)}", str(value), "2∇f − ∇f∘I: by independent entries")
        latex = Step(
            None, rf"\partial f/\partial {latex_of(symbol)}", value.latex(),
            r"2\nabla f - \nabla f \circ I\text{: by independent entries}",
        )  # fmt: skip
        return derivation(ClosedForm(among, name), level, style).with_ending(text, latex)

    @functools.cached_property
    def gradient(self) -> Formula:
        """The gradient of a function with one number as result: an array of the variable's shape."""
        self._needs_number("gradient", "jacobian, or differential")
        expression, claim = self._blocks.gradient(self.variable)
        return self._formula(expression, "gradient", claim, self._axes())

    @functools.cached_property
    def hessian(self) -> Formula:
        """The second derivative of a function with one number as result.

        The matrix for a vector; for a matrix X the change of the gradient in the direction dX, linear in it, whose
        compiled function takes the point and the direction, and whose `linear_map` has its Kronecker and index forms.
        """
        self._needs_number("hessian", "differential")
        return self._second(self.variable, self.variable, "Hessian")

    def _second(self, one: str, other: str, what: str) -> Formula:
        expression, claim, axes = self._blocks.second(one, other, what)
        return self._formula(expression, what, claim, axes, [other] if self._blocks.is_operator(one, other) else [])

    @functools.cached_property
    def jacobian(self) -> Formula:
        """The matrix of derivatives of a vector by a vector, the variable's axis last."""
        symbol = self.symbols[self.variable]
        if self.expression.is_scalar and not symbol.is_scalar:
            return self.gradient
        if symbol.is_scalar:
            return self.derivative
        if not (self.expression.is_vector and symbol.is_vector):
            raise ArgumentError(
                "derive: a jacobian is of a vector by a vector, and here a matrix is among the two; ask for "
                "differential, the change in a direction"
            )
        expression, claim = self._blocks.jacobian(self.variable)
        return self._formula(expression, "Jacobian", claim, 2)

    @functools.cached_property
    def differential(self) -> Formula:
        """The change of the function in the direction `d` + the variable's name, linear in it.

        Its compiled function takes the point and the direction.
        """
        expression, claim = self._blocks.differential([self.variable])
        return self._formula(expression, "differential", claim, self._lifted.result_axes, [self.variable])

    @functools.cached_property
    def derivative(self) -> Formula:
        """The derivative by a number."""
        if not self.symbols[self.variable].is_scalar:
            raise ArgumentError(
                f"derive: a derivative is by a number, and {self.variable} is an array; ask for "
                f"{'gradient' if self.expression.is_scalar else 'jacobian, or differential'}"
            )
        expression, claim = self._blocks.derivative(self.variable)
        return self._formula(expression, "derivative", claim, self._lifted.result_axes)

    def _needs_number(self, what: str, other: str) -> None:
        if not self.expression.is_scalar:
            shape = " × ".join(map(str, (length for length in self.expression.shape if length != 1)))
            raise ArgumentError(
                f"derive: a {what} is of one number, and {self._lifted.program.name} returns an array of {shape}; ask "
                f"for {other}"
            )


class ClosedForms(_Form):
    """The derivatives of a function in several variables.

    `gradient` and `hessian` are dicts: by name, and by pairs of names. The block (x, y) is the derivative by y of the
    gradient in x: a matrix where both are vectors or numbers, else the change of that gradient in the direction `dy`.
    `form["x"]` is the closed form in x alone.
    """

    def __getitem__(self, name: str) -> ClosedForm:
        if name not in self.variables:
            raise ArgumentError(f"derive: the variables are {', '.join(self.variables)}, and {name!r} is none of them")
        return self._parts[name]

    @functools.cached_property
    def _parts(self) -> dict[str, ClosedForm]:
        return {name: ClosedForm(self._lifted, name, self.detected) for name in self.variables}

    def derivation(self, level: str = "normal", style: str = "transpose") -> Derivations:
        """How the formulas are found: those in each variable, then the mixed second derivatives.

        Parameters
        ----------
        level
            `"short"`, `"normal"` or `"full"`.
        style
            `"inner"` writes all forms and traces as inner products, `"transpose"` those that are moved.
        """
        return derivations(self, level, style)

    def __repr__(self) -> str:
        listed = ", ".join(text_of(self.symbols[name]) for name in self.variables)
        return f"ClosedForms({self._blocks.reuse.value.name}({listed}) = {abridged(self.expression, self.variables)})"

    @property
    def first(self) -> dict[str, Formula] | Formula:
        """The gradients by name; of a function that returns an array, its differential."""
        return self.gradient if self.expression.is_scalar else self.differential

    @functools.cached_property
    def gradient(self) -> dict[str, Formula]:
        """The gradients by name."""
        return self._each(lambda name: self[name].gradient)

    @functools.cached_property
    def jacobian(self) -> dict[str, Formula]:
        """The Jacobians by name."""
        return self._each(lambda name: self[name].jacobian)

    def _each(self, made: Callable[[str], Formula]) -> dict[str, Formula]:
        found = {name: made(name) for name in self.variables}
        self._collect()
        return found

    def _collect(self) -> None:
        """Take over what the forms in one variable have made."""
        for name, part in self._parts.items():
            for what, figure in part._figures.items():
                told = what if " in " in what else f"{what} in {text_of(self.symbols[name])}"
                self._figures[told] = Figure(told, figure.traced, figure.differences)
                self._made[told] = part._made[what]

    @functools.cached_property
    def hessian(self) -> dict[tuple[str, str], Formula]:
        """All blocks of the Hessian by pairs of names."""
        pairs = [(one, other) for one in self.variables for other in self.variables]
        listed = {name: text_of(self.symbols[name]) for name in self.variables}
        found = {
            (one, other): self[one]._second(one, other, f"Hessian in {listed[one]}, {listed[other]}")
            for one, other in pairs
        }
        self._collect()
        return found

    @functools.cached_property
    def differential(self) -> Formula:
        """The change of the function when all variables change, in the directions `d` + their names."""
        expression, claim = self._blocks.differential(self.variables)
        return self._formula(expression, "differential", claim, self._lifted.result_axes, self.variables)
