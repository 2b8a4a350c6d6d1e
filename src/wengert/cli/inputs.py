"""The arguments of the explained function: from a file of arrays, `example_inputs()`, or its defaults."""

from __future__ import annotations

import inspect
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np

from wengert.api.point import is_input_by_default
from wengert.cli.target import did_you_mean, told
from wengert.errors import UsageError

__all__ = ["Inputs", "choose_argnames", "gather"]

EXAMPLE_INPUTS: Final = "example_inputs"
_FREE: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@dataclass(frozen=True)
class Inputs:
    """Arguments for a call, where each came from, and the arrays that no parameter asked for."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    origins: dict[str, str]
    unused: tuple[str, ...]


def gather(function: Callable[..., Any], name: str, module: ModuleType, file: Path, archive: str | None) -> Inputs:
    """A value for every parameter: from the archive, else from `example_inputs()`, else its default."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name} does not tell its parameters; wrap it: def f(x): return {name}(x)") from error
    parameters = [parameter for parameter in signature.parameters.values() if parameter.kind not in _FREE]
    names = [parameter.name for parameter in parameters]
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    arrays = _arrays(archive) if archive else {}
    for key in names:
        if key in arrays:
            values[key], origins[key] = arrays[key], str(archive)
    if set(names) - set(values):
        needed = [p.name for p in parameters if p.default is p.empty and p.name not in values]
        for key, value in _examples(module, name, names, needed, file).items():
            if key in names and key not in values:
                values[key], origins[key] = value, f"{EXAMPLE_INPUTS}()"
    for parameter in parameters:
        if parameter.name not in values and parameter.default is not parameter.empty:
            origins[parameter.name] = "its default"
            if is_input_by_default(parameter):
                values[parameter.name] = parameter.default
    missing = [key for key in names if key not in origins]
    if missing:
        # flags and the like are left to their defaults
        listed = [p.name for p in parameters if p.default is p.empty or is_input_by_default(p)]
        raise UsageError(_missing(name, missing, listed, file, archive, arrays))
    bound = signature.bind_partial()
    bound.arguments.update({key: values[key] for key in names if key in values})
    return Inputs(bound.args, bound.kwargs, origins, tuple(key for key in arrays if key not in names))


def _missing(
    name: str, missing: list[str], names: list[str], file: Path, archive: str | None, arrays: dict[str, Any]
) -> str:
    which = ", ".join(missing)
    listed = ", ".join(names) + ("," if len(names) == 1 else "")
    text = (
        f"{name} needs a value for {which}: give arrays by name in --input data.npz, or let "
        f"{EXAMPLE_INPUTS}() in {file.name} return ({listed}), or give defaults in the signature"
    )
    if archive and missing:
        text += f" ({archive} holds {', '.join(arrays) or 'nothing'})"
    return text


def _arrays(archive: str) -> dict[str, Any]:
    """The arrays of an npz file by name; those of shape () as numbers."""
    path = Path(archive)
    if not path.is_file():
        beside = [file.name for file in path.parent.glob("*.npz")] if path.parent.is_dir() else []
        raise UsageError(f"--input: there is no file {archive}{did_you_mean(path.name, beside)}")
    save = f"write one with numpy.savez({path.with_suffix('.npz').name!r}, x=x)"
    try:
        # opened here, since numpy.load leaves a damaged file open
        with path.open("rb") as stream:
            # objects would have to be unpickled, and a pickle may run any program
            loaded = np.load(stream, allow_pickle=False)
            if not isinstance(loaded, np.lib.npyio.NpzFile):
                raise UsageError(f"--input: {archive} holds one array without a name; {save}")
            return {key: loaded[key][()] for key in loaded.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        objects = "pickle" in str(error) and zipfile.is_zipfile(path)
        reason = "holds Python objects" if objects else "is no npz file"
        raise UsageError(f"--input: {archive} {reason}; {save}") from error


def _examples(module: ModuleType, name: str, names: list[str], needed: list[str], file: Path) -> dict[str, Any]:
    """What `example_inputs()` of the file returns, by name."""
    make = getattr(module, EXAMPLE_INPUTS, None)
    if make is None or name == EXAMPLE_INPUTS:
        return {}
    with told(f"{EXAMPLE_INPUTS}() raised", file):
        made = make()
    if isinstance(made, dict):
        return made
    listed = ", ".join(names)
    if not isinstance(made, tuple):
        raise UsageError(
            f"{EXAMPLE_INPUTS}() must return a tuple in the order of the parameters ({listed}), or a dict "
            f"by name; it returned a {type(made).__name__}"
        )
    if len(made) > len(names):
        if not needed:
            # the inputs are of another function in the file, and this one has defaults
            return {}
        raise UsageError(
            f"{EXAMPLE_INPUTS}() returned {len(made)} values, but {name} takes {len(names)} ({listed}); "
            f"return a dict by name, which may serve several functions"
        )
    return dict(zip(names, made, strict=False))


def choose_argnames(wrt: str | None, name: str, known: list[str]) -> tuple[str, ...] | None:
    """The names in `--wrt w,b`, or None for the default."""
    if wrt is None:
        return None
    names = tuple(word.strip() for word in wrt.split(","))
    for word in names:
        if word not in known:
            hint = did_you_mean(word, known) or f"; it has {', '.join(known)}"
            raise UsageError(f"--wrt: {name} has no parameter {word!r}{hint}")
    if len(set(names)) < len(names):
        raise UsageError(f"--wrt: name each parameter once; received {wrt}")
    return names
