"""Distributions with their parameters fixed: `norm(loc=m, scale=s).logpdf(x)`, in m, s and x."""

from __future__ import annotations

from typing import Any

from wengert.scipy.mirror import refuse_traced, traced

__all__ = ["Frozen"]


class Frozen:
    """A distribution and its parameters, which may be traced; each method hands them on.

    What there is no formula for goes to SciPy's frozen distribution, where the parameters are plain numbers.
    """

    def __init__(self, distribution: Any, plain: Any, args: tuple[Any, ...], named: dict[str, Any]) -> None:
        self.dist = distribution
        self.args, self.kwds = args, named
        self._plain = plain
        if not traced(*args, *named.values()):
            # what SciPy says of parameters that are no good, it says at once
            self._frozen = plain(*args, **named)

    def __repr__(self) -> str:
        return f"<{self.dist!r} with parameters {self.args} {self.kwds}>"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self.dist.methods:
            method = getattr(self.dist, name)
            leading = 1 if name in self.dist.methods_at else 0
            return lambda *points, **named: method(
                *points[:leading], *self.args, **{**self.kwds, **named}, **_beyond(name, points[leading:])
            )
        if not traced(*self.args, *self.kwds.values()):
            found = getattr(self._frozen, name)
            return refuse_traced(f"scipy.stats.{self.dist.name}(...).{name}", found) if callable(found) else found
        # refused by its name
        return lambda *args, **named: getattr(self.dist, name)(*args, *self.args, **self.kwds, **named)


def _beyond(name: str, rest: tuple[Any, ...]) -> dict[str, Any]:
    if rest:
        raise TypeError(f"{name}() of a frozen distribution takes no parameters: they are fixed already")
    return {}
