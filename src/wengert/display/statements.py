"""Steps as lines of NumPy code, with readable names for what is used more than once."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from wengert.display.steps import Step, steps_of

__all__ = ["RESERVED", "Writer"]

RESERVED: Final = frozenset({"np", "linalg", "special", "len"})
"""The modules and functions of the code, whose names nothing else may have."""
_ADD, _TIMES, _SIGN, _POWER, _ATOM = range(5)
# A part of a line that is longer gets a name of its own.
_LONGEST: Final = 88
_PRODUCT: Final = re.compile(r"([A-Za-z]\w{0,2})(\.T)? @ ([A-Za-z]\w{0,2})")
_HINTS: Final = {
    "special.expit": "sigma", "special.softmax": "probabilities", "special.logsumexp": "log_sum",
    "np.logaddexp": "softplus",
    "np.linalg.norm": "norm", "np.linalg.inv": "inverse", "np.linalg.det": "determinant", "np.sqrt": "root",
    "linalg.cho_factor": "factor", "linalg.lu_factor": "factor", "np.sum": "total", "np.maximum": "positive_part",
    "linalg.cho_solve": "solution", "linalg.lu_solve": "solution", "np.linalg.solve": "solution", "np.eye": "identity",
    "linalg.expm_frechet": "derivative", "np.linalg.eigh": "eigen", "np.linalg.eigvalsh": "eigenvalues",
}  # fmt: skip
# of what is written with more than one call, by what stands in it
_WORDS: Final = {"block": "derivative", "sqrtm": "root", "logm": "log", "argmax": "largest", "np.eye": "identity"}
_KINDS: Final = {"multiply": "scaled", "divide": "ratio", "power": "power", "outer": "outer", "negative": "negative",
                 "length": "count", "index": "column"}  # fmt: skip

_NOTHING: Final[Mapping[Step, str]] = {}


class Writer:
    """Steps as lines of code.

    Parameters
    ----------
    roots
        The results.
    results
        What they are called, where there are several.
    taken
        Names that are not to be given.
    called
        What steps are called that get a name.
    """

    def __init__(
        self,
        roots: Sequence[Step],
        results: Sequence[str],
        taken: Collection[str],
        called: Mapping[Step, str] = _NOTHING,
    ) -> None:
        self.roots, self.results, self.called = roots, results, called
        self.taken = {*taken, *results, *RESERVED}
        self.names: dict[Step, str] = {}
        self.texts: dict[Step, tuple[str, int]] = {}
        self.written: list[str] = []
        self.uses = Counter(roots if len(roots) > 1 else ())
        for step in reversed(list(steps_of(roots))):
            for part in step.parts:
                # whoever uses a view uses what it is a view of
                self.uses[part] += max(self.uses[step], 1) if _is_view(step) else 1 + (step.kind == "template")

    def lines(self) -> list[str]:
        """The body of the function."""
        named = dict(zip(reversed(self.roots), reversed(self.results), strict=True))
        # a result that stands alone is returned as it is, unless a name is needed to make it
        self._statements(named if len(self.roots) > 1 else {}, named)
        values = [self.texts[root][0] for root in self.roots]
        return [*self.written, f"return {', '.join(values)}"]

    def named(self) -> list[str]:
        """Names of the results, which stand in `written`."""
        self._statements({}, {})
        for root in self.roots:
            if root not in self.names and not _is_light(root):
                self._assign(root, self._hint(root))
        return [self.texts[root][0] for root in self.roots]

    def _statements(self, finals: Mapping[Step, str], changed: Mapping[Step, str]) -> None:
        """Write every step; results get their names, and so do those that are changed in their place."""
        for step in steps_of(self.roots):
            if step.kind == "diagonal":
                self._add_to_diagonal(step, changed.get(step, ""))
                continue
            self._write(step)
            if step in finals:
                self._assign(step, finals[step])
            elif self.uses[step] > 1 and not _is_light(step):
                self._assign(step, self._hint(step))

    def _write(self, step: Step) -> None:
        text = self._text(step)
        while len(text[0]) > _LONGEST:
            viewed = [part.parts[0] if _is_view(part) else part for part in step.parts]
            inline = [part for part in viewed if part not in self.names and not _is_light(part)]
            if not inline:
                break
            longest = max(inline, key=lambda part: len(self.texts[part][0]))
            self._assign(longest, self._hint(longest))
            for part in step.parts:
                if _is_view(part):
                    self.texts[part] = self._text(part)
            text = self._text(step)
        self.texts[step] = text

    def _add_to_diagonal(self, step: Step, name: str) -> None:
        """Add to the diagonal of a matrix that nothing else uses, or of a copy of it."""
        matrix, added = step.parts
        text = self.texts[matrix][0]
        own = matrix not in self.names and matrix.kind not in ("name", "transpose", "index", "diagonal")
        name = name or self._free("matrix")
        self.written.append(f"{name} = {text}" if own else f"{name} = {self._at(matrix, _ATOM)}.copy()")
        text, sign = self._at(added, _ADD), "+"
        if added.kind == "negative":
            text, sign = self._at(added.parts[0], _ADD), "-"
        elif added.kind == "number" and added.data[0] < 0:
            text, sign = text[1:], "-"
        self.written.append(f"{name}[np.diag_indices(len({name}))] {sign}= {text}")
        self.names[step] = name
        self.texts[step] = name, _ATOM

    def _assign(self, step: Step, name: str) -> None:
        self.written.append(f"{name} = {self.texts[step][0]}")
        self.names[step] = name
        self.texts[step] = name, _ATOM

    def _hint(self, step: Step) -> str:
        """A readable name for a temporary."""
        if step in self.called:
            return self._free(self.called[step])
        text = self.texts[step][0]
        product = _PRODUCT.fullmatch(text)
        if product is not None and step.axes:
            hint = product[1] + "t" * bool(product[2]) + product[3]
        elif step.kind == "call":
            hint = _HINTS.get(step.data[0], step.data[0].rpartition(".")[2])
        elif step.kind == "matmul":
            squared = step.parts[0] is step.parts[1]
            hint = "product" if step.axes else "squared" if squared else "inner"
        elif step.kind == "add":
            hint = _hint_of_sum(step)
        elif step.kind in ("multiply", "divide") and any(
            part.kind == "index" and part.axes == 2 for part in step.parts
        ):
            hint = "weighted"
        elif step.kind == "divide" and step.parts[0].data[:1] == (1,):
            hint = "reciprocal"
        elif step.kind == "power" and step.data == (2,):
            hint = "square"
        elif step.kind == "template":
            hint = next((hint for word, hint in _WORDS.items() if word in step.data[0]), "function")
        else:
            hint = _KINDS.get(step.kind, step.kind)
        return self._free(hint)

    def _free(self, hint: str) -> str:
        """A name that nothing else has."""
        name, number = hint, 2
        while name in self.taken or keyword.iskeyword(name):
            name, number = f"{hint}_{number}", number + 1
        self.taken.add(name)
        return name

    def _at(self, step: Step, least: int) -> str:
        text, level = self.texts[step]
        return text if level >= least else f"({text})"

    def _text(self, step: Step) -> tuple[str, int]:
        return getattr(self, f"_{step.kind}")(step)  # type: ignore[no-any-return]

    def _name(self, step: Step) -> tuple[str, int]:
        return step.data[0], _ATOM

    def _number(self, step: Step) -> tuple[str, int]:
        return repr(step.data[0]), _ATOM if step.data[0] >= 0 else _SIGN

    def _length(self, step: Step) -> tuple[str, int]:
        return f"{step.data[0]}.shape[{step.data[1]}]", _ATOM

    def _tuple(self, step: Step) -> tuple[str, int]:
        return f"({', '.join(self._at(part, _ADD) for part in step.parts)})", _ATOM

    def _call(self, step: Step) -> tuple[str, int]:
        listed = [*(self._at(part, _ADD) for part in step.parts), *step.data[1:]]
        return f"{step.data[0]}({', '.join(listed)})", _ATOM

    def _template(self, step: Step) -> tuple[str, int]:
        return step.data[0].format(*[self._at(part, _ATOM) for part in step.parts]), _ATOM

    def _outer(self, step: Step) -> tuple[str, int]:
        return f"np.outer({', '.join(self._at(part, _ADD) for part in step.parts)})", _ATOM

    def _index(self, step: Step) -> tuple[str, int]:
        return f"{self._at(step.parts[0], _ATOM)}[{step.data[0]}]", _ATOM

    def _copy(self, step: Step) -> tuple[str, int]:
        return f"{self._at(step.parts[0], _ATOM)}.copy()", _ATOM

    def _transpose(self, step: Step) -> tuple[str, int]:
        return f"{self._at(step.parts[0], _ATOM)}.T", _ATOM

    def _add(self, step: Step) -> tuple[str, int]:
        text = ""
        for part, subtracted in zip(step.parts, step.data, strict=True):
            level = _TIMES
            if not text:
                # a minus in front would turn the whole matrix of a product
                level = _POWER if subtracted and part.kind == "matmul" else _TIMES if subtracted else _ADD
            elif part.kind == "add" and not subtracted:
                level = _ADD
            inner = self._at(part, level)
            text += f" {'-' if subtracted else '+'} {inner}" if text else ("-" + inner if subtracted else inner)
        return text, _ADD

    def _negative(self, step: Step) -> tuple[str, int]:
        return f"-{self._at(step.parts[0], _POWER)}", _SIGN

    def _multiply(self, step: Step) -> tuple[str, int]:
        return " * ".join(self._factor(part, place) for place, part in enumerate(step.parts)), _TIMES

    def _factor(self, part: Step, place: int) -> str:
        """The first factor may be a product itself; a matrix product is always in brackets."""
        leading = place == 0 and part.kind in ("multiply", "divide")
        return self._at(part, _TIMES if leading else _SIGN if place == 0 else _POWER)

    def _divide(self, step: Step) -> tuple[str, int]:
        above, below = step.parts
        return f"{self._factor(above, 0)} / {self._at(below, _POWER)}", _TIMES

    def _matmul(self, step: Step) -> tuple[str, int]:
        left, right = step.parts
        return f"{self._at(left, _TIMES if left.kind == 'matmul' else _POWER)} @ {self._at(right, _POWER)}", _TIMES

    def _power(self, step: Step) -> tuple[str, int]:
        # as the usual formatting has it: no spaces around ** where both sides are simple
        base = self._at(step.parts[0], _ATOM)
        simple = re.fullmatch(r"[\w.]+", base) is not None
        return f"{base}**{step.data[0]!r}" if simple else f"{base} ** {step.data[0]!r}", _POWER


def _hint_of_sum(step: Step) -> str:
    if not any(step.data) or not step.axes:
        return "total"
    if any(part.kind == "number" for part in step.parts):
        return "complement"
    return "residual" if all(part.kind in ("name", "matmul") for part in step.parts) else "difference"


def _is_view(step: Step) -> bool:
    return step.kind in ("transpose", "index")


def _is_light(step: Step) -> bool:
    """Whether a step costs nothing to do again."""
    return _is_view(step) or step.kind in ("name", "number", "length", "tuple")
