"""Compiled programs are the programs: what they return, raise, print, warn of, change and share with others."""

from __future__ import annotations

import contextlib
import io
import re
import sys
import types
import warnings
from collections.abc import Iterator
from typing import Any

import changes
import numpy as np
import pytest
import sequences

import wengert as wg
from wengert.api.jit import Jitted

ROWS = {**{name: (source, steps) for name, (source, steps, _) in changes.rows().items()}, **sequences.rows()}
# of what depends on no argument, a derivative is told once for each recording
TOLD_ONCE = {"value that does not depend"}
# what rounding makes of residuals that are zero
ROUNDED = {"least squares": 1e-15}


class Answering(Jitted):
    """A compiled function whose machine code answers from the first call on."""

    def _made(self, args: Any, kwargs: Any, own: list[Any]) -> Any:
        try:
            return super()._made(args, kwargs, own)
        finally:
            own.clear()


class Numbers:
    """The entries of an array, equal to others to rounding: a few units in the last place of the largest one."""

    def __init__(self, array: Any) -> None:
        self.array = np.array(array)

    def __repr__(self) -> str:
        return repr(self.array)

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, Numbers)
        one, two = self.array, other.array
        if one.dtype.kind not in "fc":
            return bool(np.array_equal(one, two))
        finite = np.isfinite(two)
        size = 100 * np.finfo(one.dtype).eps * np.max(np.abs(two[finite]), initial=0.0) + ROUNDING[-1]
        with np.errstate(all="ignore"):
            near = np.where(finite, np.abs(one - two) <= size, (one == two) | (np.isnan(one) & np.isnan(two)))
        return bool(near.all())

    __hash__ = None  # type: ignore[assignment]


ROUNDING = [0.0]


def described(value: Any, depth: int = 0) -> Any:
    """A value as nested tuples that can be compared, with the classes of everything."""
    kind = type(value).__name__
    if depth > 6 or isinstance(value, (types.FunctionType, types.ModuleType, type, types.MethodType)):
        return kind, getattr(value, "__name__", "")
    if isinstance(value, np.ndarray) and value.dtype != object:
        shown = value.tolist() if isinstance(value, np.ma.MaskedArray) or value.dtype.kind == "V" else Numbers(value)
        return kind, str(value.dtype), value.shape, value.flags.writeable, shown
    if isinstance(value, (np.generic, float, complex)):
        return kind, Numbers(value)
    if isinstance(value, (int, str, bytes, type(None))):
        return kind, value
    if isinstance(value, dict):
        return kind, [(described(key, depth + 1), described(part, depth + 1)) for key, part in value.items()]
    if isinstance(value, (list, tuple, np.ndarray)):
        return kind, [described(part, depth + 1) for part in value]
    if isinstance(value, (set, frozenset)):
        return kind, sorted(map(repr, value))
    return kind, described(held_by(value), depth + 1)


def held_by(value: Any) -> dict[str, Any]:
    """The attributes of an object of the program's."""
    held = getattr(value, "__dict__", None) if type(value).__module__ == "program" else None
    return dict(held) if isinstance(held, dict) else {}


def arrays_in(value: Any, found: dict[int, Any], depth: int = 0) -> dict[int, Any]:
    """All arrays in something, in order."""
    if isinstance(value, np.ndarray):
        found.setdefault(id(value), value)
    elif depth < 6:
        parts: Any = value if isinstance(value, (list, tuple, set)) else ()
        parts = value.values() if isinstance(value, dict) else parts
        for part in [*parts, *held_by(value).values()]:
            arrays_in(part, found, depth + 1)
    return found


def shared(result: Any, names: dict[str, Any]) -> list[Any]:
    """For each array of a result: which arrays of the program it is, which it shares memory with."""
    pool = list(arrays_in(names, {}).values())
    leaves = [leaf for leaf in arrays_in(result, {}).values() if leaf.dtype != object]
    return [
        ([i for i, a in enumerate(pool) if a is leaf],
         [i for i, a in enumerate(pool) if a.dtype != object and np.shares_memory(a, leaf)],
         [i for i, a in enumerate(leaves) if np.shares_memory(a, leaf)])
        for leaf in leaves
    ]  # fmt: skip


def plainly(text: Any) -> str:
    """A text without addresses."""
    return re.sub(r"0x[0-9a-f]+", "0x", str(text))


def course(source: str, steps: list[str], made: Any) -> Iterator[tuple[str, Any]]:
    """What happens at each step of a program whose function f is put through `made`."""
    module = types.ModuleType("program")
    module.__dict__.update(np=np, wg=wg, X=np.arange(3.0))
    sys.modules["program"] = module
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(source, "<program>", "exec", dont_inherit=True), module.__dict__)
    function = made(module.__dict__["f"])
    for text in steps:
        try:
            code, value = compile(text, "<step>", "eval", dont_inherit=True), True
        except SyntaxError:
            code, value = compile(text, "<step>", "exec", dont_inherit=True), False
        names = {**vars(module), "f": function} if value else vars(module)
        result, printed = None, io.StringIO()
        with contextlib.redirect_stdout(printed), warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            try:
                result = eval(code, names) if value else exec(code, names)
                outcome: Any = described(result)
            except Exception as error:  # noqa: BLE001 (which may be any)
                outcome = type(error).__name__, plainly(error)
        said = [(w.category.__name__, plainly(w.message)) for w in told if not issubclass(w.category, RuntimeWarning)]
        kept = {name: part for name, part in vars(module).items() if not name.startswith("__")}
        yield text, (outcome, printed.getvalue(), said, shared(result, kept), described(kept))


@contextlib.contextmanager
def process_kept() -> Iterator[None]:
    """What a program may change for all others is put back."""
    errors, options, state = np.geterr(), np.get_printoptions(), np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        np.seterr(**errors)
        np.set_printoptions(**options)
        np.random.set_state(state)  # noqa: NPY002
        sys.modules.pop("program", None)


@pytest.mark.parametrize("name", ROWS)
def test_a_compiled_program_is_the_program(name: str) -> None:
    source, steps = ROWS[name]
    ROUNDING.append(ROUNDED.get(name, 0.0))
    try:
        with process_kept():
            plain = list(course(source, steps, lambda function: function))
        with process_kept():
            made: list[Answering] = []
            compiled = list(course(source, steps, lambda function: made.append(Answering(function)) or made[0]))
        for (text, expected), (_, found) in zip(plain, compiled, strict=True):
            for what, one, other in zip(("result", "printed", "told", "shared", "left"), found, expected, strict=True):
                assert one == other or (what == "told" and name in TOLD_ONCE), (text, what)
        assert "no machine code" not in made[0].explain()
    finally:
        ROUNDING.pop()
