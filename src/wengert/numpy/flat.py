"""The entries of a traced array in a row, as `x.flat`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from wengert.numpy.joining import stacked_list
from wengert.numpy.shaping import ravel
from wengert.tracing import Tracer, type_of

__all__ = ["Flat"]


class Flat:
    """Reads and writes the entries of an array in row-major order, whatever its layout."""

    def __init__(self, array: Tracer) -> None:
        self.base = array

    def __len__(self) -> int:
        return self.base.size

    def __iter__(self) -> Iterator[Any]:
        return iter(ravel(self.base))

    def __getitem__(self, index: Any) -> Any:
        return self.base[self._places(index)]  # type: ignore[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        values = stacked_list(value)
        if type_of(values).size:
            self.base[self._places(index)] = values  # type: ignore[index]

    def _places(self, index: Any) -> tuple[Any, ...]:
        return np.unravel_index(np.arange(self.base.size)[index], self.base.shape)
