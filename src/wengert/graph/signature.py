"""NumPy's generalised-ufunc signatures, as in `"(n,n),(n,k)->(n,k)"`: shape rule and shape errors."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wengert.errors import ShapeError

__all__ = ["Signature", "broadcast_shapes", "parse_signature"]

Shape = tuple[int, ...]
_CORE = re.compile(r"\(([\w,]*)\)")


def broadcast_shapes(shapes: list[Shape], name: str) -> Shape:
    """The shape that NumPy broadcasting gives, or a `ShapeError` that names the operation."""
    result: list[int] = []
    for axis in range(1, max((len(shape) for shape in shapes), default=0) + 1):
        lengths = {shape[-axis] for shape in shapes if len(shape) >= axis} - {1}
        if len(lengths) > 1:
            listed = " and ".join(map(str, shapes))
            raise ShapeError(f"{name}: shapes {listed} cannot be broadcast together (axis -{axis} differs)")
        result.append(lengths.pop() if lengths else 1)
    return tuple(reversed(result))


@dataclass(frozen=True, slots=True)
class Signature:
    """Core dimensions of every argument and of every result, as names."""

    text: str
    inputs: tuple[tuple[str, ...], ...]
    outputs: tuple[tuple[str, ...], ...]

    def infer(self, shapes: list[Shape], name: str) -> tuple[Shape, ...]:
        """The shapes of the results; raises `ShapeError` where the arguments do not fit."""
        if len(shapes) != len(self.inputs):
            raise ShapeError(f"{name} takes {len(self.inputs)} arguments, received {len(shapes)}")
        lengths: dict[str, int] = {}
        loops: list[Shape] = []
        for position, (core, shape) in enumerate(zip(self.inputs, shapes, strict=True)):
            split = len(shape) - len(core)
            if split < 0:
                raise ShapeError(
                    f"{name}: argument {position} needs at least {len(core)} dimensions for the signature "
                    f"{self.text}, received shape {shape}"
                )
            loops.append(shape[:split])
            for letter, length in zip(core, shape[split:], strict=True):
                if lengths.setdefault(letter, length) != length:
                    raise ShapeError(
                        f"{name}: dimension {letter} of the signature {self.text} is {lengths[letter]} in one "
                        f"place and {length} in argument {position}; received shapes "
                        f"{' and '.join(map(str, shapes))}"
                    )
        loop = broadcast_shapes(loops, name)
        return tuple(loop + tuple(lengths[letter] for letter in core) for core in self.outputs)


def parse_signature(text: str) -> Signature:
    """Read a signature such as `"(m,n),(n)->(m)"`.

    >>> parse_signature("(m,n),(n,p)->(m,p)").infer([(5, 2, 3), (3, 4)], "matmul")
    ((5, 2, 4),)
    """
    left, _, right = text.partition("->")

    def cores(side: str) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(filter(None, core.split(","))) for core in _CORE.findall(side))

    return Signature(text, cores(left), cores(right))
