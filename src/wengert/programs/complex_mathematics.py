"""The `cmath` module for traced values."""

from __future__ import annotations

import cmath
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from wengert.graph import Operand
from wengert.primitives.access import cast
from wengert.programs.mathematics import mirrored_module

__all__ = ["CMATH"]

_RENAMED: Final = {
    "acos": "arccos", "asin": "arcsin", "atan": "arctan", "acosh": "arccosh", "asinh": "arcsinh", "atanh": "arctanh",
}  # fmt: skip
_SAME: Final = ("cos", "cosh", "exp", "log10", "sin", "sinh", "sqrt", "tan", "tanh")
_CONSTANT: Final = frozenset({"isclose", "isfinite", "isinf", "isnan"})


def _complex(x: Any) -> Any:
    return cast(x, np.complex128) if isinstance(x, Operand) else complex(x)


def _of_complex(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda z: function(_complex(z))


def _log(z: Any, base: Any = None) -> Any:
    logarithm = np.log(_complex(z))
    return logarithm if base is None else logarithm / np.log(_complex(base))


def _phase(z: Any) -> Any:
    z = _complex(z)
    return np.arctan2(z.imag, z.real)


def _polar(z: Any) -> Any:
    return abs(_complex(z)), _phase(z)


def _rect(r: Any, phi: Any) -> Any:
    return r * np.cos(phi) + 1j * (r * np.sin(phi))


_TRACED: Final[dict[str, Callable[..., Any]]] = {
    **{name: _of_complex(getattr(np, name)) for name in _SAME},
    **{name: _of_complex(getattr(np, other)) for name, other in _RENAMED.items()},
    "log": _log, "phase": _phase, "polar": _polar, "rect": _rect,
}  # fmt: skip

CMATH: Final = mirrored_module(cmath, _TRACED, _CONSTANT)
