"""`scipy.spatial` for traced values: see `wengert.scipy.spatial.distance`."""

from __future__ import annotations

from typing import Any

from wengert.scipy.mirror import fall_through
from wengert.scipy.spatial import distance

__all__ = ["distance"]
_beyond = fall_through("scipy.spatial")


def __getattr__(name: str) -> Any:
    return _beyond(name)
