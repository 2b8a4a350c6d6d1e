"""The command `wengert experiments`: run an experiment of a course, print its numbers, draw its plot."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from wengert.errors import UsageError
from wengert.experiments import EXPERIMENTS
from wengert.experiments.result import from_extra

__all__ = ["add_experiments"]

DESCRIPTION: Final = """\
Run an experiment that courses on automatic differentiation draw, and print its numbers. Times are those of this
machine; let nothing else run on it."""

EPILOG: Final = """\
experiments:
{experiments}

examples:
  wengert experiments difference-error --out error.png
  wengert experiments gradient-time --quick --json"""


def add_experiments(commands: Any) -> None:
    """Add the command to the others."""
    width = max(map(len, EXPERIMENTS))
    listed = "\n".join(f"  {name:<{width}}  {_summary(function)}" for name, function in EXPERIMENTS.items())
    command = commands.add_parser(
        "experiments",
        help="run and draw an experiment of a course on automatic differentiation",
        description=DESCRIPTION,
        epilog=EPILOG.format(experiments=listed),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("name", metavar="NAME", choices=sorted(EXPERIMENTS), help="which one, from the list below")
    command.add_argument("--out", metavar="PLOT", help="draw into this file: .png, .svg or .pdf (needs matplotlib)")
    command.add_argument("--quick", action="store_true", help="take fewer and smaller cases: seconds, not minutes")
    command.add_argument("--json", action="store_true", help="write one JSON document")
    command.set_defaults(run=_run, command="experiments")


def _summary(function: Callable[..., Any]) -> str:
    return (function.__doc__ or "").strip().partition("\n")[0].rstrip(".")


def _run(options: argparse.Namespace) -> int:
    if options.out is not None:
        _check(Path(options.out))
    result = EXPERIMENTS[options.name](progress=_progress, quick=options.quick)
    if options.out is not None:
        result.draw().savefig(options.out)
    shown = json.dumps(result.to_dict()) if options.json else str(result)
    sys.stdout.write(shown + "\n")
    return 0


def _check(path: Path) -> None:
    """Complain before the experiment runs, not after."""
    if path.suffix not in (".png", ".svg", ".pdf"):
        raise UsageError(f"--out is a file that ends with .png, .svg or .pdf, received {path.name!r}")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"--out: there is no folder {str(path.parent)!r}; make it first")
    from_extra("matplotlib.figure")


def _progress(items: Iterable[Any]) -> Iterable[Any]:
    """The items, with a progress bar on the terminal where tqdm is installed."""
    try:
        tqdm = from_extra("tqdm")
    except UsageError:
        return items
    bar: Iterable[Any] = tqdm.tqdm(items, disable=None, leave=False)
    return bar
