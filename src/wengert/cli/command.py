"""Reading the command line, and turning everything that can happen into output and an exit code."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import warnings
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Final, TextIO

import numpy as np

from wengert import tree
from wengert.api.explain import explain_call
from wengert.api.explanation import Explanation
from wengert.cli.experiments import add_experiments
from wengert.cli.formulas import derived_text
from wengert.cli.inputs import Inputs, choose_argnames, gather
from wengert.cli.target import Target, find_function, imported, split_target, told
from wengert.display.sections import sections_text
from wengert.errors import CheckError, UsageError, WengertError

__all__ = ["main"]

PROVED, DISPROVED, USAGE, INTERRUPTED = 0, 1, 2, 130

DESCRIPTION: Final = """\
Differentiate a NumPy function at a point and show everything about it: the Wengert list, the value,
the gradient, the proof against differences, what it costs, and the formula of the gradient where there is
one. A function with many results is explained by the products of its Jacobian with vectors."""

EPILOG: Final = """\
The arguments of FUNCTION come from --input, else from a function example_inputs() in the file, which
returns a tuple in the order of the parameters or a dict by name, else from the defaults in the signature.

FUNCTION is called many times. What it prints on the first call goes to the standard error, what it prints
later is dropped.

exit codes:
  0  the derivative passed its proof
  1  it did not, and the account says where
  2  something is wrong with the command, the file, the function or the inputs

examples:
  wengert explain examples/logistic.py:loss           a program that is shipped with the package
  wengert explain model.py:loss --wrt w,b --order 1   your own, differentiated in two of its parameters
  wengert explain model.py:loss --input data.npz --json
  wengert explain model.py:loss --html loss.html      one page, with formula, derivation, picture and steps"""


DERIVE_DESCRIPTION: Final = """\
Find the first and second derivative of a formula in matrix notation. Every formula is compared with the
traced derivative, and with differences, at two random instances before it is written."""

DERIVE_EPILOG: Final = """\
exit codes:
  0  the formulas were found, and passed their check
  1  a formula did not pass it, and is not written
  2  something is wrong with the text, a name or a property, or there is no closed form

examples:
  wengert derive "1/2*x'*A*x + b'*x" --wrt x --assume "A: symmetric"
  wengert derive "log(det(X))" --assume "X: positive definite" --python"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    try:
        options = _parser().parse_args(argv)
    except SystemExit as ended:
        # argparse has said what there is to say
        return int(ended.code or 0)
    try:
        return options.run(options)  # type: ignore[no-any-return]
    except UsageError as error:
        _write(f"wengert: {error}\n", sys.stderr)
        return USAGE
    except WengertError as error:
        text = str(error).removeprefix(f"{options.command}: ").removeprefix("parse: ")
        _write(f"wengert: {text}\n", sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="wengert", description="Derivatives of NumPy programs.")
    parser.add_argument("--version", action="version", version=f"wengert {_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser(
        "explain",
        help="show a function's Wengert list, value, gradient, proof and cost",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("target", metavar="FILE.py:FUNCTION", help="the file, and the function in it")
    command.add_argument("--input", metavar="DATA.npz", help="arrays by parameter name, from numpy.savez")
    command.add_argument(
        "--wrt",
        metavar="NAME[,NAME]",
        help="the parameters to differentiate in (default: the first that holds floats)",
    )
    command.add_argument(
        "--order",
        type=int,
        choices=(1, 2),
        help="prove derivatives up to this order (default: 2, or 1 if too large)",
    )
    manner = command.add_mutually_exclusive_group()
    manner.add_argument("--json", action="store_true", help="write one JSON document instead")
    manner.add_argument(
        "--html", metavar="OUT.html", help="write one page with formula, derivation, picture and steps to this file"
    )
    command.add_argument(
        "--max-lines",
        type=_positive,
        metavar="N",
        help="fold a Wengert list longer than this (default: 40, --html: 200, --json: never)",
    )
    command.add_argument("--seed", type=_natural, default=0, metavar="N", help="of the random directions (default: 0)")
    command.set_defaults(run=_explain, command="explain")
    _add_derive(commands)
    add_experiments(commands)
    return parser


def _add_derive(commands: Any) -> None:
    command = commands.add_parser(
        "derive",
        help="show the closed form of the derivatives of a formula",
        description=DERIVE_DESCRIPTION,
        epilog=DERIVE_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("formula", metavar="FORMULA", help="one expression, in MATLAB's language or in NumPy's")
    command.add_argument("--wrt", metavar="NAME[,NAME]", help="the variables (default: the first name in the formula)")
    command.add_argument(
        "--assume", metavar="TEXT", help='properties, as "X: positive definite; y: one-hot", and lengths, as "A: m n"'
    )
    command.add_argument(
        "--convention",
        choices=("symmetric", "vech"),
        default="symmetric",
        help="the gradient in a symmetric variable: symmetric, or by independent entries (default: symmetric)",
    )
    command.add_argument(
        "--language", choices=("matlab", "numpy"), help="the language of FORMULA (default: what it shows)"
    )
    manner = command.add_mutually_exclusive_group()
    manner.add_argument("--latex", action="store_true", help="write the formulas in LaTeX")
    manner.add_argument("--python", action="store_true", help="write NumPy functions that compute them")
    manner.add_argument("--steps", action="store_true", help="write the derivation, one rule a line")
    manner.add_argument("--json", action="store_true", help="write one JSON document")
    command.set_defaults(run=_derive, command="derive")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def _natural(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 0")
    return int(text)


def _version() -> str:
    try:
        return metadata.version("wengert")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _explain(options: argparse.Namespace) -> int:
    target = split_target(options.target)
    # what the user's program prints must not get between the lines of ours, nor into the JSON
    with contextlib.redirect_stdout(sys.stderr), imported(target.file) as module:
        function = find_function(module, target)
        inputs = gather(function, target.function, module, target.file, options.input)
        argnames = choose_argnames(options.wrt, target.function, list(inputs.origins))
        explanation = _explained(function, target, inputs, argnames, options)
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
            formula = explanation.formula
            limit = {} if options.max_lines is None else {"max_lines": options.max_lines}
            page = explanation.html(**limit) if options.html is not None else ""
    if options.html is not None:
        _save(page, options.html)
        _write(f"{explanation.proof.summary()}\nwritten to {options.html}\n", sys.stdout)
    elif options.json:
        found = {**_heading(target, inputs), **explanation.to_dict(max_lines=options.max_lines)}
        found["formula"] = formula.to_dict()
        _write(json.dumps(found, allow_nan=False) + "\n", sys.stdout)
    else:
        _write(f"{_heading_text(target, inputs)}\n\n{explanation.text(**limit)}\n\n{formula}\n", sys.stdout)
    return PROVED if explanation.passed else DISPROVED


def _derive(options: argparse.Namespace) -> int:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = derived_text(
                options.formula, options.wrt, options.assume, _manner(options), _version(), options.convention,
                options.language,
            )  # fmt: skip
        except CheckError as error:
            _write(f"wengert: {str(error).removeprefix('derive: ')}\n", sys.stderr)
            return DISPROVED
    for text in dict.fromkeys(str(warning.message) for warning in caught):
        _write(f"wengert: note: {text.removeprefix('derive: ')}\n", sys.stderr)
    _write(found + "\n", sys.stdout)
    return PROVED


def _manner(options: argparse.Namespace) -> str:
    return next((manner for manner in ("latex", "python", "steps", "json") if getattr(options, manner)), "")


def _explained(
    function: Any,
    target: Target,
    inputs: Inputs,
    argnames: tuple[str, ...] | None,
    options: argparse.Namespace,
) -> Explanation:
    name = target.function
    with told(f"{name} raised", target.file), warnings.catch_warnings():
        # warnings of the program come with the explanation, as notes
        warnings.simplefilter("ignore")
        # once by itself: an error now is the program's own, and what it prints is printed once
        args, kwargs = tree.map(_copied, (inputs.args, inputs.kwargs))
        function(*args, **kwargs)
    with (
        told(f"{name} raised, while it was differentiated,", target.file),
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        contextlib.redirect_stdout(nowhere),
    ):
        return explain_call(
            function, inputs.args, inputs.kwargs, argnames=argnames, order=options.order, seed=options.seed
        )


def _copied(leaf: Any) -> Any:
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


def _heading(target: Target, inputs: Inputs) -> dict[str, Any]:
    return {
        "wengert": _version(),
        "file": str(target.file),
        "shipped": target.shipped,
        "inputs_from": inputs.origins,
        "unused_inputs": list(inputs.unused),
    }


def _heading_text(target: Target, inputs: Inputs) -> str:
    lines = [f"{target.file}{'  (shipped with wengert)' if target.shipped else ''}"]
    by_origin: dict[str, list[str]] = {}
    for name, origin in inputs.origins.items():
        by_origin.setdefault(origin, []).append(name)
    lines += [f"{', '.join(names)} from {origin}" for origin, names in by_origin.items()]
    if inputs.unused:
        lines.append(f"not used, since no parameter has the name: {', '.join(inputs.unused)}")
    return sections_text([("File", lines)])


def _save(page: str, file: str) -> None:
    try:
        Path(file).write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"--html: {file} cannot be written ({error.strerror}); name a file in a folder that is there"
        ) from error


def _write(text: str, stream: TextIO) -> None:
    """Write to a terminal that may know no more than ASCII, or to a pipe that may have been closed."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        stream.write(text.encode(encoding, errors="replace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        # as when the output goes through `head`; Python would complain again when it closes the stream
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
