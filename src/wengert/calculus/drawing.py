"""Ways to draw all arrays of a program at random, tried in turn until it is evaluated inside its domain.

Nothing is known of the domain beforehand. Numbers between 0 and 1 serve one function, large ones another; and where
the program came with data, arrays that resemble these are inside as a rule.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from wengert.calculus.instances import MANNERS, PROPERTIES, SQUARE, draw, has_property, manner_of
from wengert.calculus.sizing import Axis, Sizes

__all__ = ["Drawing", "Way"]

Array = Any
_MIXTURES: Final = 120
_UNIFORM: Final = ("small", "positive entries", "entries between 0 and 1", "entries 0 and 1", "positive definite")
# what resampled rows and columns would lose
_MADE: Final = (SQUARE | {"zero-one entries", "one-hot", "one-hot rows"}) - {
    "symmetric", "diagonal", "invertible", "positive definite", "positive semidefinite",
}  # fmt: skip
# how far an array is from the data that it is drawn near to, and how much variables are shrunk
_NEAR: Final = ((0.1, 1.0), (0.01, 1.0), (0.1, 0.1), (0.01, 0.01))


@dataclass(frozen=True)
class Way:
    """A way to draw all arrays of a program.

    Attributes
    ----------
    manners
        From names of arrays to manners; the others are normal.
    near
        From names to the distance at which arrays are drawn from their data.
    factors
        By which arrays are multiplied in the end.
    mixed
        Whether it is one of many that are chosen at random.
    """

    manners: Mapping[str, str] = field(default_factory=dict)
    near: Mapping[str, float] = field(default_factory=dict)
    factors: Mapping[str, float] = field(default_factory=dict)
    mixed: bool = False


class Drawing:
    """Draws the arrays of a program.

    Parameters
    ----------
    sizes
        The lengths of their axes.
    data
        The numbers of those that have any.
    properties
        What is assumed of each.
    variables
        Those that derivatives are taken in.
    """

    def __init__(
        self,
        sizes: Sizes,
        data: Mapping[str, Any],
        properties: Mapping[str, frozenset[str]],
        variables: Sequence[str],
    ) -> None:
        self.sizes, self.properties, self.variables = sizes, properties, variables
        self.data = {name: np.asarray(value) for name, value in data.items() if _is_usable(value)}

    def ways(self) -> Iterator[Way]:
        """All of them, the plain ones first."""
        yield Way()
        yield Way({name: manner_of(value) for name, value in self.data.items()})
        known = [name for name in self.properties if name in self.data]
        for distance, factor in _NEAR if known else ():
            yield Way(near=dict.fromkeys(known, distance), factors=dict.fromkeys(self.variables, factor))
        for manner in _UNIFORM:
            yield Way(dict.fromkeys(self.properties, manner))
        random = np.random.default_rng(0)
        for _ in range(_MIXTURES):
            chosen = {name: str(random.choice([*MANNERS])) for name in self.properties}
            near = {name: 0.1 for name in known if random.random() < 0.7}
            yield Way(chosen, near, mixed=True)

    def plain_ways(self) -> Iterator[Way]:
        """Those that are not mixed."""
        return itertools.takewhile(lambda way: not way.mixed, self.ways())

    def array(self, name: str, shape: tuple[int, ...], way: Way, seed: int) -> Any:
        """An array of this name and shape, with all that is assumed of it."""
        random = np.random.default_rng([seed, *name.encode()])
        if name in way.near:
            found = self._resembling(name, shape, way.near[name], random, seed)
        else:
            found = draw(shape, self.properties[name], random, way.manners.get(name, ""))
        if name in self.data and self.data[name].dtype == np.bool_:
            # masks stay masks
            return found > 0.5
        factor = way.factors.get(name, 1.0)
        return found if factor == 1 or self.properties[name] & _MADE else factor * found

    def _resembling(
        self, name: str, shape: tuple[int, ...], distance: float, random: np.random.Generator, seed: int
    ) -> Any:
        """An array whose entries are those of the data, a little changed, in other numbers of rows and columns."""
        held, data = self.properties[name], self.data[name].astype(float)
        if not shape:
            return np.float64(data + distance * (abs(float(data)) or 1.0) * random.standard_normal())
        definite = len(set(shape)) == 1 and has_property("positive definite", data)
        if held & _MADE:
            return draw(shape, held, random)
        roots = [self.sizes.root((name, axis)) for axis in range(len(shape))]
        places = [self._places(root, old, new, seed) for root, old, new in zip(roots, data.shape, shape, strict=True)]
        found = data[np.ix_(*places)]
        if np.all((data == 0) | (data == 1)):
            return found
        noise = draw(shape, {"positive definite"} if definite else (), random)
        if definite:
            # rows that occur twice leave it singular, and symmetry is only kept where it is assumed
            tilt = np.triu(random.standard_normal(shape)) if "symmetric" not in held else 0.0
            found = found + distance * float(np.mean(np.diag(data))) * (noise + 0.1 * (tilt - np.transpose(tilt)))
        else:
            scale = float(np.mean(np.abs(data))) or 1.0
            found = found + distance * np.where(found == 0, scale, np.abs(found)) * noise
        for kept in ("symmetric", "diagonal"):
            found = PROPERTIES[kept](found) if kept in held else found
        # what is assumed is kept, whatever the data are
        return found if all(has_property(word, found) for word in held) else draw(shape, held, random)

    def _places(self, root: Axis, old: int, new: int, seed: int) -> Any:
        """Which entries of the data stand along an axis: every one about as often as the others."""
        random = np.random.default_rng([seed, root[1], *root[0].encode()])
        return random.permutation(np.resize(random.permutation(old), new))


def _is_usable(value: Any) -> bool:
    array = np.asarray(value)
    return bool(array.size and array.dtype.kind in "fiub" and np.all(np.isfinite(array)))
