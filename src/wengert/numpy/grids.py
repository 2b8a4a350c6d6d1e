"""`mgrid` and `ogrid`: the coordinates of a grid by indexing, with ends that may be traced."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.graph import Operand
from wengert.numpy.concatenators import spread
from wengert.numpy.constants import constant

__all__ = ["Grid", "mgrid", "ogrid"]


class Grid:
    """Coordinates along each axis of a grid, one slice per axis; with an imaginary step, so many points.

    >>> import numpy as np
    >>> import wengert as wg
    >>> from wengert.numpy.grids import mgrid
    >>> wg.jacobian(lambda x: mgrid[0:x:3j])(1.0)
    array([0. , 0.5, 1. ])
    """

    def __init__(self, original: Any, sparse: bool) -> None:
        self._original = original
        self._sparse = sparse

    def __getitem__(self, key: Any) -> Any:
        parts = key if isinstance(key, tuple) else (key,)
        bounds = [end for part in parts for end in (part.start, part.stop, part.step)]
        if not any([isinstance(end, Operand) for end in bounds]):
            return constant(self._original[key])
        axes = [spread(part) for part in parts]
        if not isinstance(key, tuple):
            return axes[0]
        grids = np.meshgrid(*axes, indexing="ij", sparse=self._sparse)
        return tuple(grids) if self._sparse else np.stack(grids)


mgrid: Final = Grid(np.mgrid, sparse=False)
ogrid: Final = Grid(np.ogrid, sparse=True)
