"""`scipy.fft` for traced values: Fourier transforms through NumPy's, cosine and sine transforms as matrices.

>>> import numpy as np
>>> import wengert as wg
>>> import wengert.scipy.fft as fft
>>> wg.grad(lambda x: np.sum(fft.dct(x) ** 2))(np.array([1.0, 0.0]))
array([12.,  4.])
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import scipy.fft

from wengert.scipy.along import apply_along, length_along
from wengert.scipy.mirror import fall_through, serves
from wengert.tracing import type_of

_plain: Final[Any] = scipy.fft
_beyond = fall_through("scipy.fft")
_OFFERED: dict[str, Any] = {}


def _fourier(name: str) -> None:
    numpy_function = getattr(np.fft, name)

    @serves(getattr(_plain, name))
    def transform(x: Any, n: Any = None, axis: Any = None, norm: Any = None, overwrite_x: bool = False,
                  workers: Any = None, *, s: Any = None, axes: Any = None) -> Any:  # fmt: skip
        several = name.endswith(("2", "n"))
        length, place = (n if s is None else s, axis if axes is None else axes) if several else (n, axis)
        given = {} if place is None else {"axes" if several else "axis": place}
        return numpy_function(x, length, norm=norm, **given)

    transform.__name__ = name
    transform.__doc__ = f"`scipy.fft.{name}`, with derivatives."
    _OFFERED[name] = transform


for _name in (
    "fft", "fft2", "fftn", "hfft", "ifft", "ifft2", "ifftn", "ihfft", "irfft", "irfft2", "irfftn", "rfft", "rfft2",
    "rfftn",
):  # fmt: skip
    _fourier(_name)
for _name in ("fftshift", "ifftshift"):
    _OFFERED[_name] = getattr(np.fft, _name)


@functools.lru_cache(maxsize=64)
def _matrix(function: Callable[..., Any], kind: int, length: int, n: int | None, norm: Any, orthogonalize: Any) -> Any:
    return function(np.eye(length), kind, n, 0, norm, orthogonalize=orthogonalize)


def _trigonometric(name: str) -> None:
    function = getattr(_plain, name)

    @serves(function)
    def transform(x: Any, type: int = 2, n: int | None = None, axis: int = -1, norm: Any = None,
                  overwrite_x: bool = False, workers: Any = None, orthogonalize: Any = None) -> Any:  # fmt: skip
        return apply_along(_matrix(function, type, length_along(x, axis), n, norm, orthogonalize), x, axis)

    transform.__name__ = name
    transform.__doc__ = f"`scipy.fft.{name}`, with derivatives."
    _OFFERED[name] = transform


def _trigonometric_along_many(name: str, single: Any) -> None:
    @serves(getattr(_plain, name))
    def transform(x: Any, type: int = 2, s: Any = None, axes: Any = None, norm: Any = None, overwrite_x: bool = False,
                  workers: Any = None, *, orthogonalize: Any = None) -> Any:  # fmt: skip
        rank = len(type_of(x).shape)
        if axes is None:
            axes = range(rank) if s is None else range(rank - len(s), rank)
        places = [axes] if isinstance(axes, int) else list(axes)
        lengths = [None] * len(places) if s is None else list(s)
        for axis, length in zip(places, lengths, strict=True):
            x = single(x, type, length, axis, norm, orthogonalize=orthogonalize)
        return x

    transform.__name__ = name
    transform.__doc__ = f"`scipy.fft.{name}`, with derivatives."
    _OFFERED[name] = transform


for _name in ("dct", "idct", "dst", "idst"):
    _trigonometric(_name)
    _trigonometric_along_many(f"{_name}n", _OFFERED[_name])
globals().update(_OFFERED)
__all__ = sorted(_OFFERED)


def __getattr__(name: str) -> Any:
    return _beyond(name)
