"""What holds for the source as a whole: sizes, names, imports, and the surface of the package."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import wengert

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "wengert"
MODULES = sorted(SOURCE.rglob("*.py"))
TEXT_SUFFIXES = {".py", ".md", ".toml", ".yml", ".yaml"}
TEXTS = sorted(
    path
    for folder in ("src", "tests", "docs", "benchmarks", ".ci")
    for path in (ROOT / folder).rglob("*")
    if path.is_file() and (path.suffix in TEXT_SUFFIXES or path.name == "run") and "_build" not in path.parts
)

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60
EMPTY_NAMES = {"utils", "helpers", "misc", "common", "base"}
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")  # split, so that this line is not found
HEAVY = ["scipy", "matplotlib", "llvmlite", "dask", "jax", "torch"]

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(module: Path) -> Iterator[FunctionNode]:
    nodes = ast.walk(ast.parse(module.read_text(encoding="utf-8")))
    return (node for node in nodes if isinstance(node, FunctionNode))


def lines_of_code(function: FunctionNode) -> int:
    """The lines of a function from ``def`` on, without its docstring: prose may take the room it needs."""
    assert function.end_lineno is not None
    lines = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        assert first.end_lineno is not None
        lines -= first.end_lineno - first.lineno + 1
    return lines


def imported_modules(function: FunctionNode) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "wengert" if node.level else node.module or ""


every_module = pytest.mark.parametrize("module", MODULES, ids=relative)


def test_the_source_is_found():
    assert SOURCE / "tree" / "__init__.py" in MODULES


@every_module
def test_files_are_short(module):
    length = len(module.read_text(encoding="utf-8").splitlines())
    assert length <= MOST_LINES_OF_A_FILE, f"{relative(module)} has {length} lines: split it by subject"


@every_module
def test_functions_are_short(module):
    long = [
        f"{function.name}, line {function.lineno}"
        for function in functions(module)
        if lines_of_code(function) > MOST_LINES_OF_A_FUNCTION
    ]
    assert not long, f"{relative(module)} has functions over {MOST_LINES_OF_A_FUNCTION} lines of code: {long}"


@every_module
def test_modules_are_named_after_what_they_hold(module):
    names = {*module.relative_to(SOURCE).parent.parts, module.stem.strip("_")}
    assert not names & EMPTY_NAMES, f"{relative(module)} says nothing of what it holds: rename it"


@every_module
def test_functions_import_nothing_of_the_package(module):
    offenders = [
        f"{function.name}, line {function.lineno}, imports {name}"
        for function in functions(module)
        for name in imported_modules(function)
        if name.split(".")[0] == "wengert"
    ]
    assert not offenders, f"{relative(module)} hides imports from the layer contract: {offenders}"


@pytest.mark.parametrize("path", TEXTS, ids=relative)
def test_nothing_is_left_unfinished(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    marks = [number for number, line in enumerate(lines, start=1) if UNFINISHED.search(line)]
    assert not marks, f"{relative(path)} marks unfinished work in the lines {marks}: finish it"


def test_the_public_names_are_sorted():
    assert wengert.__all__ == sorted(wengert.__all__)
    assert len(set(wengert.__all__)) == len(wengert.__all__)


def test_every_public_name_is_documented():
    # inspect.getdoc would accept the docstring of a base class, which says nothing of the name itself.
    values = {name: getattr(wengert, name) for name in wengert.__all__}
    bare = [name for name, value in values.items() if not inspect.cleandoc(value.__doc__ or "")]
    assert values
    assert not bare, f"without a docstring: {bare}"


def test_importing_the_package_imports_nothing_heavy():
    program = f"import sys, wengert; print([name for name in {HEAVY} if name in sys.modules])"
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert outcome.stdout.strip() == "[]", "import these where they are first used"
