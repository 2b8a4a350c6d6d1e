"""The pullback of an operation written down as equations at once, without traced values in between.

A reverse sweep over a long program carries out the same few pullbacks again and again. For each that is met often, and
for which of its operands are followed, a Python function is made that appends the equations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from wengert.compiler.postponing import LARGE
from wengert.graph import REGISTRY, Equation, Literal, Var, concrete_type
from wengert.graph.walk import live
from wengert.tracing import Tracer
from wengert.transforms.rule import Rule

__all__ = ["Retracing", "retracing_of"]

_Writer = Callable[[Any, tuple[Any, ...], list[Any], list[Any]], Any]

# Uses of a pullback from which on it is worth a function of its own.
_OFTEN: Final = 12
# What may give a number of Python's, or the operand itself in another class.
_TURNING: Final = frozenset({"constant", "number", "stop_gradient"})


def retracing_of(rule: Rule) -> Retracing | None:
    """How the pullback of a rule is written down; None where it has to go operation by operation."""
    if rule.retracing is None:
        rule.retracing = Retracing(rule)
    found: Retracing = rule.retracing
    return found if found.usual else None


class Retracing:
    """The equations of a pullback, for operands that depend on the inputs and are no numbers of Python's.

    Attributes
    ----------
    usual
        Whether all operations are Wengert's own, and give one array, or a number that is none of Python's.
    long
        Whether one may have to be given a stand-in on account of its size.
    """

    def __init__(self, rule: Rule) -> None:
        self.graph = rule.pull_graph
        self.opaque = rule.opaque
        self.equations = live(self.graph)
        self.usual = all(map(_is_usual, self.equations))
        atoms = [atom for equation in self.equations for atom in (*equation.inputs, *equation.outputs)]
        bodied = any([equation.params and hasattr(equation.params[0], "bodies") for equation in self.equations])
        self.long = bodied or any([atom.type.size >= LARGE for atom in atoms])
        self._uses = 0
        self._writers: dict[Any, _Writer] = {}

    def write(
        self, recording: Any, operands: tuple[Any, ...], values: list[Any], atoms: list[Any], deferring: bool
    ) -> Any:
        """Append the equations to a recording; what is not followed has None for an atom.

        Where it is `deferring`, operations may be given stand-ins.
        """
        self._uses += 1
        if self._uses < _OFTEN:
            return self._step_by_step(recording, operands, values, atoms)
        key = (*[atom is None for atom in atoms], deferring)
        writer = self._writers.get(key)
        if writer is None:
            writer = self._writers[key] = _Text(self, [atom is not None for atom in atoms], deferring).compiled()
        return writer(recording, operands, values, atoms)

    def _step_by_step(
        self, recording: Any, operands: tuple[Any, ...], values: Sequence[Any], atoms: Sequence[Any]
    ) -> Any:
        known = dict(zip(self.graph.inputs, zip(values, atoms, strict=True), strict=True))

        def found(atom: Var | Literal) -> tuple[Any, Any]:
            if isinstance(atom, Var):
                return known[atom]
            place = self.opaque.get(id(atom.value))
            return (atom.value, None) if place is None else (values[place], None)

        for equation in self.equations:
            given = [found(atom) for atom in equation.inputs]
            plain = [value for value, _ in given]
            if all([atom is None for _, atom in given]):
                result = equation.primitive.function(equation.params)(*plain), None
            else:
                # constants of the rule as they stand in it, as the function writes them: equal programs, equal graphs
                inputs = [
                    made or (operand if self._is_constant(operand) else recording.atom(value))
                    for operand, (value, made) in zip(equation.inputs, given, strict=True)
                ]
                large = any([atom is not None and atom.type.size >= LARGE for _, atom in given])
                result = recording.note(equation.primitive, inputs, plain, equation.params, True, large)
            known[equation.outputs[0]] = result
        results = []
        for atom in self.graph.outputs:
            value, made = found(atom)
            if atom in self.graph.inputs:
                value = operands[self.graph.inputs.index(atom)]
            elif made is not None:
                value = Tracer(value, made.type, recording, made)
            results.append(value)
        return results[0] if len(results) == 1 else results

    def _is_constant(self, atom: Var | Literal) -> bool:
        return isinstance(atom, Literal) and id(atom.value) not in self.opaque


class _Text:
    """The text of a function that does the same."""

    def __init__(self, retracing: Retracing, followed: Sequence[bool], deferring: bool) -> None:
        self.retracing = retracing
        self.deferring = deferring
        inputs = retracing.graph.inputs
        self.names = {variable: str(place) for place, variable in enumerate(inputs)}
        self.followed = {variable for variable, one in zip(inputs, followed, strict=True) if one}
        self.constants: dict[Literal, str] = {}
        self.held: dict[str, Any] = {
            "Equation": Equation, "Var": Var, "Tracer": Tracer, "concrete_type": concrete_type
        }  # fmt: skip

    def compiled(self) -> _Writer:
        """The function."""
        places = range(len(self.names))
        lines = [f"{''.join([f'{kind}{place}, ' for place in places])}= {of}" for kind, of in _GIVEN]
        if not self.deferring:
            lines.append("append = recording.equations.append")
        for number, equation in enumerate(self.retracing.equations):
            lines += self._lines(number, equation)
        results = list(map(self._result, self.retracing.graph.outputs))
        lines.append(f"return {results[0]}" if len(results) == 1 else f"return ({', '.join(results)})")
        body = "".join([f"    {line}\n" for line in lines])
        exec(compile(f"def write(recording, given, values, atoms):\n{body}", "<wengert>", "exec"), self.held)
        found: _Writer = self.held["write"]
        return found

    def _value(self, atom: Var | Literal) -> str:
        if isinstance(atom, Var):
            return f"x{self.names[atom]}"
        place = self.retracing.opaque.get(id(atom.value))
        if place is not None:
            return f"x{place}"
        name = self.constants.setdefault(atom, f"k{len(self.constants)}")
        self.held[name], self.held[f"literal_{name}"] = atom.value, atom
        return name

    def _atom(self, atom: Var | Literal) -> str:
        if isinstance(atom, Var) and atom in self.followed:
            return f"y{self.names[atom]}"
        value = self._value(atom)
        return f"literal_{value}" if value[0] == "k" else f"recording.atom({value})"

    def _lines(self, number: int, equation: Equation) -> list[str]:
        output = equation.outputs[0]
        name = self.names[output] = f"_{number}"
        values = ", ".join(map(self._value, equation.inputs))
        self.held[f"f{name}"] = equation.primitive.function(equation.params)
        self.held[f"p{name}"], self.held[f"q{name}"] = equation.primitive, equation.params
        computed = f"x{name} = f{name}({values})"
        followed = self.followed.intersection(equation.inputs)
        if not followed:
            return [computed]
        atoms = ", ".join(map(self._atom, equation.inputs))
        self.followed.add(output)
        if self.deferring:
            large = any([atom.type.size >= LARGE for atom in followed])
            return [f"x{name}, y{name} = recording.note(p{name}, [{atoms}], [{values}], q{name}, True, {large})"]
        noted = f"append(Equation(p{name}, ({atoms},), q{name}, (y{name},)))"
        return [computed, f"y{name} = Var(concrete_type(x{name}))", noted]

    def _result(self, atom: Var | Literal) -> str:
        if atom in self.retracing.graph.inputs:
            return f"given[{self.names[atom]}]"
        if atom in self.followed:
            name = self.names[atom]
            return f"Tracer(x{name}, y{name}.type, recording, y{name})"
        return self._value(atom)


_GIVEN: Final = (("x", "values"), ("y", "atoms"))


def _is_usual(equation: Equation) -> bool:
    primitive = equation.primitive
    own = REGISTRY.get(primitive.name) is primitive
    return own and len(equation.outputs) == 1 and not primitive.gives_numbers and primitive.name not in _TURNING
