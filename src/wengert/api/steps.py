"""steps: forward and reverse mode, one operation after the other, as a teacher writes them on the board."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, overload

import numpy as np

from wengert.api.named_program import NamedProgram, named_program
from wengert.api.picture import show_page
from wengert.api.step_arguments import Wish, checked_mode, forward_wish, reverse_wish
from wengert.api.step_sequence import StepSequence
from wengert.display.notation import Notation
from wengert.display.picture.scene import Scene
from wengert.display.picture.svg import svg
from wengert.display.quantities import count
from wengert.display.stepping.latex import latex_of_sheet
from wengert.display.stepping.notation import Code, Heading, Value, shown_number
from wengert.display.stepping.page import page_of_sheet, player_of_sheet
from wengert.display.stepping.table import Line, Sheet, Step
from wengert.display.stepping.text import text_of_sheet
from wengert.errors import ArgumentError

__all__ = ["Step", "Steps", "steps"]


@dataclass(frozen=True, eq=False)
class Steps(Sheet, Sequence[Step]):
    """The steps of forward or reverse mode over a program, in their order: a sequence of `Step`.

    `str()` is text; `.latex()`, `.html()` and `.to_dict()` have the same; a notebook shows the player.

    Attributes
    ----------
    name, mode, value
        Of the function, the sweep, and what the function returned.
    about, remarks
        What the derivatives mean, and what else is to be said: of operations that are one step, of steps that are not
        written out.
    program, heading
        The source of the function, and the function with its value.
    scene
        The picture, with all numbers in it.
    steps
        In the order of the sweep.
    """

    value: Any = None

    def __len__(self) -> int:
        return len(self.steps)

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Step, ...]: ...
    def __getitem__(self, index: int | slice) -> Step | tuple[Step, ...]:
        return self.steps[index]

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<{count(len(self), 'step')} of {self.name} in {self.mode} mode>"

    def text(self) -> str:
        """A table in lines of Unicode: what is computed, and beside it the derivative."""
        return text_of_sheet(self)

    def latex(self) -> str:
        """A table in LaTeX, without the dollars around it."""
        return latex_of_sheet(self)

    def html(self, theme: str = "auto") -> str:
        """A page by itself, without anything that is fetched: the table, the picture, and the player.

        The buttons and the arrow keys go from step to step. Without JavaScript, and on paper, it is the table with the
        picture above it.

        Raises
        ------
        ArgumentError
            The theme is none of `"auto"`, `"light"` and `"dark"`.
        """
        return page_of_sheet(self, theme)

    def fragment(self, theme: str = "auto") -> str:
        """The same as a piece of HTML that stands in another page. Raises as `html` does."""
        return player_of_sheet(self, theme)

    def _repr_html_(self) -> str:
        return self.fragment()

    def show(self, theme: str = "auto") -> None:
        """Show the player: in a notebook below the cell, elsewhere in the browser. Raises as `html` does."""
        show_page(self.fragment(theme))

    def svg(self, step: int, theme: str = "auto") -> str:
        """The picture at one of the steps, counted from zero, as an SVG document.

        Raises
        ------
        ArgumentError
            There is no such theme.
        """
        lighting = self.steps[step].lighting
        known = {"value": set(lighting.values), "adjoint": set(lighting.derivatives)}
        nodes = tuple(
            replace(
                node,
                lit=place in lighting.nodes,
                waiting=tuple(what for what, places in known.items() if place not in places),
            )
            for place, node in enumerate(self.scene.nodes)
        )
        edges = tuple(replace(edge, lit=place in lighting.edges) for place, edge in enumerate(self.scene.edges))
        return svg(Scene(self.scene.title, nodes, edges), theme)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, which JSON takes."""
        return {
            "function": self.name,
            "mode": self.mode,
            "about": self.about,
            "remarks": list(self.remarks),
            "program": self.program,
            "steps": [step.to_dict() for step in self.steps],
        }


def steps(
    f: Callable[..., Any],
    *args: Any,
    mode: str = "reverse",
    wrt: str | int | Sequence[str | int] | None = None,
    direction: Any = None,
    seed: Any = None,
    most_steps: int = 100,
    **kwargs: Any,
) -> Steps:
    """Forward or reverse mode over a program, step by step, with formulas, numbers and pictures.

    Forward mode has a step for the inputs, then one for each operation; reverse mode one for each operation from the
    last to the first, then one for all inputs. Equal operations are one step.

    Parameters
    ----------
    f
        Returns arrays or scalars, nested at will.
    args, kwargs
        The arguments of f. Arrays and numbers among the positional ones are inputs; everything else is constant.
    mode
        `"forward"`: the derivatives of all values by one input. `"reverse"`: those of the result by all values.
    wrt
        In forward mode the name or the position of the input, by default the first one; of an array one entry moves,
        `"x[2]"`, by default the first. In reverse mode the inputs whose derivatives are shown, by default all.
    direction
        For forward mode, an array of the shape of the input: the derivatives are those in this direction.
    seed
        For reverse mode, numbers like the result: the derivatives are those of ⟨seed, result⟩. Without it the result
        is one floating-point number.
    most_steps
        Of a longer sweep so many steps are written out, from its beginning and its end; one that is counted stands
        for the others.

    Returns
    -------
    A sequence of steps. The derivatives are fractions dz/dw where all values are numbers; where there are arrays, dh is
    the change of h, and h̄ the derivative of the result by h, in the shape of h. The local derivatives are found by
    `derive`, and each has been compared with the numbers of the sweep.

    Raises
    ------
    ArgumentError
        There is no such mode or input, or a direction or a seed is given in the other mode.
    IntegerInputError
        The input is a whole number or a truth value, or there are no others.
    OutputError
        In reverse mode the result is no single floating-point number, and there is no seed.
    SeedError
        The direction has not the shape of the input, or the seed not that of the result.

    Source: A. Griewank and A. Walther, Evaluating Derivatives (2008), sections 3.1 and 3.2.

    >>> import numpy as np
    >>> import wengert as wg
    >>> print(wg.steps(lambda x: x * np.sin(x), 2.0, mode="forward"))
    f(x) = 1.819
    forward mode: the derivative of every value by x, from the inputs to the result
    <BLANKLINE>
    1  x = 2          dx/dx = 1
    2  v1 = sin(x)    dv1/dx = ∂v1/∂x · dx/dx
          = 0.9093           = cos(x) · dx/dx
                             = cos(2) · 1
                             = −0.4161
    3  f = x·v1       df/dx = ∂f/∂x · dx/dx + ∂f/∂v1 · dv1/dx
         = 1.819            = v1 · dx/dx + x · dv1/dx
                            = 0.9093 · 1 + 2 · (−0.4161)
                            = 0.077
    """
    checked_mode(f, mode, most_steps)
    forward = mode == "forward"
    misplaced = {"direction": direction} if not forward else {"seed": seed}
    for name, given in misplaced.items():
        if given is not None:
            other = "forward" if name == "direction" else "reverse"
            raise ArgumentError(f"steps: {name} is for {other} mode, and mode is {mode!r}; leave it out")
    program = named_program(f, args, kwargs)
    wish = forward_wish(program, args, wrt, direction) if forward else reverse_wish(program, args, wrt, seed)
    sequence = StepSequence(program, wish, forward, most_steps)
    found = tuple(sequence.steps())
    return Steps(
        program.name,
        mode,
        _about(wish, sequence),
        tuple(_remarks(program, found, sequence.rule.codes)),
        program.source,
        _heading(program),
        sequence.scene,
        found,
        program.value,
    )


# of more inputs, the heading has the first ones and the last
_MOST_INPUTS: Final = 12


def _heading(program: NamedProgram) -> Line:
    """The function of its inputs, and its value where that is one number or array."""
    name = program.name if program.name.isidentifier() else "f"
    parts: list[Notation] = [
        Value((), program.names[variable], variable.type.shape) for variable in program.graph.inputs
    ]
    if len(parts) > _MOST_INPUTS:
        parts = [*parts[:2], Code((), "..."), parts[-1]]
    value = program.value
    valued = len(program.graph.outputs) == 1 and isinstance(value, (float, int, complex, np.ndarray, np.generic))
    if valued:
        parts.append(shown_number(value))
    return Line(Heading(tuple(parts), name, valued), program.scalar)


def _about(wish: Wish, sequence: StepSequence) -> str:
    """What the mode does, and what the derivatives of it mean."""
    by, d, forward, fraction = wish.by, sequence.rule.sign, sequence.forward, sequence.fraction
    if forward:
        if fraction:
            return f"forward mode: the derivative of every value by {by}, from the inputs to the result"
        if wish.entry:
            return f"forward mode, by {by}: {d}v stands for the derivative of v by {by}, for every value v"
        return f"forward mode, along {d}{by}: {d}v stands for the derivative of v in that direction, for every value v"
    if fraction:
        return f"reverse mode: the derivative of {by} by every value, from the result to the inputs"
    what = f"⟨seed, {by}⟩" if wish.given else by
    return f"reverse mode: v̄ stands for the derivative of {what} by v, in the shape of v, for every value v"


def _remarks(program: NamedProgram, found: Sequence[Step], codes: Sequence[str]) -> Iterator[str]:
    if program.merged:
        what = count(program.merged, "operation")
        yield f"{what} that the program repeats {'stands' if program.merged == 1 else 'stand'} here once"
    for step in found:
        if step.kind == "folded":
            yield f"{count(step.count, 'step')} in the middle {'is' if step.count == 1 else 'are'} counted, not shown"
    variables = (*program.graph.inputs, *(v for equation in program.graph.equations for v in equation.outputs))
    if any(variable.type.kind == "c" for variable in variables):
        yield "derivatives by complex values are those of wengert.vjp, and the gradient of wengert.grad is conjugate"
    if codes:
        told = "; put_add(v, [i], n) has v at [i], and is zero elsewhere" if any("put_add(" in c for c in codes) else ""
        yield f"what matrix algebra has no word for is written as the operation that Wengert carries out{told}"
