"""From `FILE.py:FUNCTION` to the function: finding the file, importing it, and telling what went wrong."""

from __future__ import annotations

import ast
import difflib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from wengert.errors import UsageError, WengertError

__all__ = ["Target", "did_you_mean", "find_function", "imported", "locate_file", "split_target", "told"]

PACKAGE: Final = Path(__file__).parents[1]
EXAMPLES: Final = PACKAGE / "examples"


@dataclass(frozen=True)
class Target:
    """A function in a file, as the user named it, and where the file was found."""

    file: Path
    function: str
    shipped: bool


def split_target(text: str) -> Target:
    """The file and the name of the function in `FILE.py:FUNCTION`."""
    name, colon, function = text.rpartition(":")
    # the colon of a drive, C:\file.py, does not come before a function
    if not colon or not name or function.startswith(("\\", "/")):
        raise UsageError(f"write FILE.py:FUNCTION; {text!r} does not say which function is meant{_functions_of(text)}")
    if not function:
        raise UsageError(f"write FILE.py:FUNCTION; nothing follows the colon in {text!r}{_functions_of(name)}")
    file, shipped = locate_file(name)
    return Target(file, function, shipped)


def _functions_of(name: str) -> str:
    """For a target without a function: those that the file defines, read without running it."""
    try:
        file, _ = locate_file(name)
        statements = ast.parse(file.read_bytes()).body
    except (UsageError, SyntaxError, ValueError):
        return ""
    names = [node.name for node in statements if isinstance(node, ast.FunctionDef) and node.name[0] != "_"]
    return f"; for example {name}:{names[0]}" if names else ""


def locate_file(name: str) -> tuple[Path, bool]:
    """The file of that name, and whether it is an example that the package ships."""
    path = Path(name)
    if path.is_file():
        if path.suffix != ".py":
            raise UsageError(f"{name} is not a Python file; name one that ends in .py")
        return path.resolve(), EXAMPLES in path.resolve().parents
    if path.is_dir():
        raise UsageError(f"{name} is a folder; name a file in it, as FILE.py:FUNCTION")
    example = _example(name)
    if example is not None and example.is_file():
        return example, True
    raise UsageError(f"there is no file {name}{_other_file(path, example)}")


def _example(name: str) -> Path | None:
    """Where a shipped example of that name would be: `examples/x.py` or `wengert.examples.x`."""
    parts = Path(name).parts
    if len(parts) == 2 and parts[0] == "examples":
        return EXAMPLES / parts[1]
    package, _, module = name.rpartition(".")
    return EXAMPLES / f"{module}.py" if package == "wengert.examples" else None


def _other_file(path: Path, example: Path | None) -> str:
    shipped = sorted(file.name for file in EXAMPLES.glob("*.py") if not file.name.startswith("_"))
    if example is not None:
        return f", and the shipped examples are {', '.join(f'examples/{name}' for name in shipped)}"
    if not path.parent.is_dir():
        return f": there is no folder {path.parent}"
    beside = [file.name for file in path.parent.glob("*.py")]
    return did_you_mean(path.name, beside) or (" in the current folder" if str(path.parent) == "." else "")


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """A suggestion to put behind a message about an unknown name, where one is close."""
    close = difflib.get_close_matches(name, known, n=3)
    # difflib tells capitals apart, while they are what people mistake most easily
    close = close or [other for other in known if other.lower() == name.lower()]
    return f"; did you mean {' or '.join(close)}?" if close else ""


@contextmanager
def imported(file: Path) -> Iterator[ModuleType]:
    """The module of a file, which may import its neighbours, and sees none of our arguments in `sys.argv`."""
    folder, name = str(file.parent), file.stem
    while name in sys.modules:
        # the file must hide no module that is in use, `random` or `numpy` for instance
        name = f"_{name}"
    path, arguments = list(sys.path), list(sys.argv)
    sys.path.insert(0, folder)
    sys.argv[:] = [str(file)]
    try:
        yield _run(name, file)
    finally:
        sys.path[:], sys.argv[:] = path, arguments
        sys.modules.pop(name, None)


def _run(name: str, file: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(name, file)
    if specification is None or specification.loader is None:
        raise UsageError(f"{file} is not a Python file; name one that ends in .py")
    module = importlib.util.module_from_spec(specification)
    # dataclasses and pickles look their module up by name while the file still runs
    sys.modules[name] = module
    try:
        specification.loader.exec_module(module)
    except SyntaxError as error:
        place = _from_here(Path(error.filename or file))
        raise UsageError(f"{place}:{error.lineno or 1} is no valid Python: {error.msg}") from error
    except SystemExit as error:
        raise UsageError(f"{_place(error, file)} ended the program while the file was imported; {_MAIN}") from error
    except Exception as error:
        raise UsageError(f"{_place(error, file)} raised while the file was imported: {_text(error)}") from error
    return module


_MAIN: Final = 'put what the script does under if __name__ == "__main__":'


def find_function(module: ModuleType, target: Target) -> Callable[..., Any]:
    """The function of that name in an imported module; `Class.method` finds what belongs to a class."""
    found: Any = module
    for part in target.function.split("."):
        if not hasattr(found, part):
            raise UsageError(f"{target.file.name} has no function {target.function}{_other_function(module, target)}")
        found = getattr(found, part)
    if not callable(found):
        raise UsageError(
            f"{target.function} in {target.file.name} is a {type(found).__name__}, not a function"
            f"{_other_function(module, target)}"
        )
    return found  # type: ignore[no-any-return]


def _other_function(module: ModuleType, target: Target) -> str:
    known = [
        name
        for name, value in vars(module).items()
        if callable(value) and not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]
    guess = did_you_mean(target.function, [name for name in known if name != target.function])
    if guess or not known:
        return guess or "; it defines none"
    return f"; it defines {', '.join(known[:8])}{' and others' if len(known) > 8 else ''}"


@contextmanager
def told(what: str, file: Path) -> Iterator[None]:
    """Turn whatever the user's program raises into one line: the exception, and the user's line."""
    try:
        yield
    except WengertError:
        # says itself what is wrong, and where
        raise
    except (Exception, SystemExit) as error:
        raise UsageError(f"{what} {_text(error)} ({_place(error, file)})") from error


def _text(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _place(error: BaseException, file: Path) -> str:
    """The innermost line of the user's that an exception passed: in the file, or in one beside or below."""
    place = _from_here(file)
    trace = error.__traceback__
    while trace is not None:
        source = Path(trace.tb_frame.f_code.co_filename)
        if _beside(source, file):
            place = f"{_from_here(source)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _from_here(path: Path) -> str:
    """A path as one would write it in the current folder."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _beside(source: Path, file: Path) -> bool:
    if source == file:
        return True
    if not source.is_relative_to(file.parent) or "site-packages" in source.parts:
        return False
    return not source.is_relative_to(PACKAGE) or source.is_relative_to(EXAMPLES)
