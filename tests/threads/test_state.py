"""What the package keeps outside of its callers' hands: tables that never change, and caches that are listed here."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pytest

import wengert
import wengert as wg
from wengert.graph import REGISTRY
from wengert.tracing import capture, recording

SOURCE = Path(wengert.__file__).parent

# Containers in modules that may change while the package is used, and why threads cannot hurt one another there.
CHANGING = {
    "wengert.graph.types._interned": "interned types: setdefault decides which of two equal ones stays, for ever",
    "wengert.graph.primitive.REGISTRY": "a primitive enters when its author declares it",
    "wengert.tracing.capture._locked": "how many recordings hold an array: written under _guard only",
    "wengert.tracing.capture._waiting": "views whose base is still held: written under _guard only",
    "wengert.tracing.capture._returned": "a deque, whose append and popleft are atomic",
    "wengert.tracing.capture._writing": "written under _guard only",
    "wengert.tree.registry._kinds": "containers that users register: written under a lock",
    "wengert.compiler.linking._PROVIDED": "functions that compiled code may call: written under LOCK only",
    "wengert.compiler.linking._ON_DEMAND": "how to find such functions: an entry comes when its module is imported",
    "wengert.graph.source._known": "whether a file is the user's: every thread finds the same, and entries stay",
    "wengert.graph.source._sources": "where an instruction stands: the same for every thread; all may be forgotten",
    "wengert.programs.copies.SHADOWS": "which class stands for a user's; entries are added and never changed",
}
MUTABLE = (dict, list, set, bytearray, np.ndarray, WeakKeyDictionary)


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(wengert.__path__, "wengert."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def containers() -> dict[str, Any]:
    """The mutable objects in modules and in the classes defined there, under the first name of each."""
    found: dict[int, tuple[str, Any]] = {}
    for module in modules():
        for name, value in vars(module).items():
            if isinstance(value, MUTABLE) and not name.startswith("__"):
                found.setdefault(id(value), (f"{module.__name__}.{name}", value))
            if isinstance(value, type) and value.__module__ == module.__name__:
                for own, held in vars(value).items():
                    if isinstance(held, MUTABLE) and not own.startswith("__"):
                        found.setdefault(id(held), (f"{module.__name__}.{name}.{own}", held))
    return dict(found.values())


def content(value: Any) -> Any:
    """What can be compared after a while: the identities of what a container holds."""
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if isinstance(value, (dict, WeakKeyDictionary)):
        return {id(key): id(held) for key, held in value.items()}
    return [id(held) for held in value] if isinstance(value, (list, set)) else bytes(value)


def filled(x):
    out = np.zeros(3)
    for i in range(3):
        out[i] = x[i] ** (i + 1.5) + np.linalg.norm(x)
    return np.sum(np.sort(out) * LARGE[:3]) + np.sum(LARGE) * x[0]


LARGE = np.linspace(0.0, 1.0, 2000)


def work() -> None:
    for size in (3, 5):
        x = np.linspace(0.5, 1.5, size)
        wg.hessian(filled)(x)
        wg.jvp(wg.grad(filled), (x,), (x,))
        wg.vmap(wg.grad(lambda v: np.sum(v**2)))(np.ones((2, size)))
        wg.grad(wg.checkpoint(filled))(x)
    with pytest.raises(wg.errors.WengertError):
        wg.grad(np.sin)(1)
    wg.trace(filled, np.ones(3))
    wg.grad(lambda A: np.sum(np.linalg.inv(A) + np.linalg.eigvalsh(A)))(np.diag([1.0, 2.0, 3.0]))


def test_tables_do_not_change_in_use():
    before = {name: content(value) for name, value in containers().items()}
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = {name: content(value) for name, value in containers().items()}
    changed = {name for name in before if after.get(name) != before[name]}
    assert changed <= set(CHANGING), f"these change while the package is used: {sorted(changed - set(CHANGING))}"


def test_what_is_listed_exists():
    names = {name.rpartition(".") for name in CHANGING}
    missing = [f"{module}.{name}" for module, _, name in names if not hasattr(importlib.import_module(module), name)]
    assert not missing


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_no_function_writes_a_global_name(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    written = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Global)]
    assert not written, f"{path.name} writes module-level names in the lines {written}: use a context variable"


def test_nothing_is_left_behind():
    """After the work no more arrays are locked than before, and no recording is active."""
    before = set(capture._locked), len(capture._waiting)
    work()
    assert set(capture._locked) <= before[0]
    assert len(capture._waiting) <= before[1]
    assert recording.active_recordings() == ()
    assert LARGE.flags.writeable


def test_the_caches_of_primitives_are_bounded():
    """Rules and prepared functions are kept by primitive; beyond a limit they are forgotten and derived again."""
    primitive = REGISTRY["sin"]
    primitive.functions.update({("never asked for", number): np.sin for number in range(5000)})
    primitive.rules.update({("never asked for", number): None for number in range(5000)})
    np.testing.assert_allclose(wg.grad(lambda x: np.sum(np.sin(x)))(np.ones((1, 2, 1, 3))), np.cos(1.0))
    assert len(primitive.rules) < 5000
    primitive.functions.clear()
    primitive.rules.clear()
