"""The global names of a module, some of them served by Wengert."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from wengert.programs.containers import CONTAINERS
from wengert.programs.settling import settled

__all__ = ["Scope"]

_MISSING: Final = object()
# what an import statement and the interpreter read of a module without asking for it by name
_OF_THE_MODULE: Final = ("__name__", "__package__", "__spec__", "__loader__", "__file__", "__path__")


class Scope(dict[str, Any]):
    """Globals for copies of the functions of one module.

    A name that is not in the dictionary is looked up in the module as it is then; what is to be served by something
    else is kept here, so that the interpreter finds it by itself the next time.
    """

    def __init__(
        self,
        names: dict[str, Any],
        builtins: dict[str, Any],
        serve: Callable[[Any], Any],
        given: Callable[[Any], Any],
    ) -> None:
        super().__init__({name: names[name] for name in _OF_THE_MODULE if name in names})
        self["__builtins__"] = builtins
        self.own = frozenset(self)
        self.names = names
        self.serve = serve
        self.given = given
        self.sources: dict[str, Any] = {}

    def __missing__(self, name: str) -> Any:
        value = self.names.get(name, _MISSING)
        if value is _MISSING:
            return self["__builtins__"][name]
        served = self.serve(value)
        # data may be bound anew while the program runs, by a function that runs as it is
        if served is not value and not isinstance(value, (np.ndarray, tuple, str, *CONTAINERS)):
            self.sources[name] = value
            self[name] = served
        return served

    def fresh(self) -> bool:
        """Whether the module still means the same by the names that are kept here."""
        return all([self.names.get(name) is source for name, source in self.sources.items()])

    def hand_back(self) -> None:
        """Give the module what a `global` statement has stored here."""
        if len(self) > len(self.own) + len(self.sources):
            for name in [name for name in list(self) if name not in self.own and name not in self.sources]:
                self.names[name] = settled(self.pop(name), self.given, set())
        for name in [name for name in list(self.sources) if name not in self]:
            del self.sources[name]
