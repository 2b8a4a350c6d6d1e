"""``python -m benchmarks``."""

from __future__ import annotations

import argparse
import fnmatch
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.bars import BARS, CLOSED_FORM_BARS, Bar, TimeBar, Verdict, judge
from benchmarks.case import Case
from benchmarks.cases import CASES, MEMORY_CASE
from benchmarks.ceiling import measure_ceiling
from benchmarks.contestant import Contestant
from benchmarks.contestants import CONTESTANTS, present
from benchmarks.exam import EXAM, measure_exam
from benchmarks.first_calls import measure_first_calls
from benchmarks.jit_bars import COMPILED, JIT_BARS, JIT_CONTESTANTS, ON_DISK, OURS, JitBar
from benchmarks.jit_report import jit_markdown, jit_text
from benchmarks.machine import describe
from benchmarks.measure import QUICK, Settings, measure_case
from benchmarks.memory import measure_memory
from benchmarks.report import bars_table, markdown, text
from benchmarks.results import CaseResult, Run
from benchmarks.startup import STARTUP, measure_startup

__all__ = ["main"]

JIT = "jit"
OWN = ("function", "wengert", "wengert-jit-disk", "closed-form")
PROMISES: dict[str, Sequence[Bar]] = {"bars": BARS, "closed-form": CLOSED_FORM_BARS, JIT: JIT_BARS}

DESCRIPTION = """\
Time Wengert and its peers on the same NumPy programs, in one run. Every answer is checked before it is timed.
"""
EPILOG = """\
examples:
  python -m benchmarks                            every case, memory and import time
  python -m benchmarks rosenbrock 'solve-*'       the cases whose names contain or match these
  python -m benchmarks memory import              peak memory and import time alone
  python -m benchmarks bars                       what the promises need, and a verdict on each
  python -m benchmarks closed-form                the same for the compiled closed forms
  python -m benchmarks jit                        compiled derivatives beside everyone else's
  python -m benchmarks jit --cases heat lstm      the same on the cases that match
  python -m benchmarks --json run.json            keep everything that was measured
  python -m benchmarks --read run.json --markdown the README's table from a kept run

A peer that is not installed is left out. `bars`, `closed-form` and `jit` exit with status 1 if a promise was missed.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure or read what was asked for, and report it."""
    options = _parser().parse_args(arguments)
    if options.list:
        print("\n".join(_list_lines()))
        return 0
    bars, names = promises(options), _names(options)
    if not names:
        return _complain(f"no case matches {' '.join(options.cases or options.patterns)}; --list shows the names")
    try:
        run = _read(options.read) if options.read else _measure(options, names)
        if not options.read:
            _keep(options, run)
    except OSError as error:
        return _complain(str(error))
    if JIT in options.patterns:
        print(jit_markdown(run) if options.markdown else jit_text(run), end="")
    else:
        print(markdown(run) if options.markdown else text(run), end="")
    if not bars:
        return 0
    verdicts = judge(run, bars)
    print("\n" + bars_table(verdicts, run))
    return int(any(verdict in (Verdict.MISSED, Verdict.FAILED) for _, _, verdict in verdicts))


def promises(options: argparse.Namespace) -> Sequence[Bar]:
    """The promises on which verdicts were asked for."""
    return PROMISES.get(options.patterns[0], ()) if len(options.patterns) == 1 else ()


def _names(options: argparse.Namespace) -> list[str]:
    """What is to be measured."""
    if options.patterns == ["bars"]:
        return [bar.needs for bar in BARS if not isinstance(bar, JitBar)]
    if JIT in options.patterns:
        compiled = [case.name for case in CASES if "closed-form" not in case.invited]
        return [name for name in compiled if not options.cases or name in select(options.cases)]
    return select([*options.patterns, *(options.cases or ())])


def _rivals_in(bars: Sequence[Bar]) -> frozenset[str]:
    """Who is needed for verdicts; beside a closed form also what a person would write."""
    if bars is JIT_BARS:
        return JIT_CONTESTANTS
    timed = [bar for bar in bars if isinstance(bar, TimeBar)]
    sides = [name for bar in timed for name in (bar.versus, bar.of)]
    return frozenset(sides + ["by-hand" for bar in timed if bar.of == "closed-form"])


def _complain(message: str) -> int:
    print(f"python -m benchmarks: {message}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "patterns",
        nargs="*",
        metavar="PATTERN",
        help="a part of a case's name, a wildcard, 'bars', 'closed-form' or 'jit'",
    )
    parser.add_argument("--cases", nargs="+", metavar="PATTERN", help="of what was asked for, the cases that match")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="also write machine, settings and all medians as JSON"
    )
    parser.add_argument("--read", type=Path, metavar="FILE", help="report a run kept with --json instead of measuring")
    parser.add_argument("--markdown", action="store_true", help="print the README's table instead of the report")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter samples: a look, not a measurement")
    parser.add_argument(
        "--peers",
        type=_peer_names,
        metavar="NAMES",
        help="run wengert beside these alone, separated by commas: " + ", ".join(_peer_choices()),
    )
    parser.add_argument("--all", action="store_true", help="also what is left out since it takes minutes")
    parser.add_argument("--list", action="store_true", help="show the cases and the contestants, and stop")
    return parser


def _peer_choices() -> list[str]:
    return [contestant.name for contestant in CONTESTANTS if contestant.name not in OWN]


def _peer_names(value: str) -> frozenset[str]:
    names = frozenset(part.strip() for part in value.split(",") if part.strip())
    unknown = names - set(_peer_choices())
    if unknown:
        raise argparse.ArgumentTypeError(
            f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(_peer_choices())}"
        )
    return names


def _list_lines() -> list[str]:
    width = max(len(case.name) for case in CASES)
    lines = [f"{case.name:<{width}}  {case.title} ({case.quantity.value})" for case in CASES]
    lines.append(f"{MEMORY_CASE.name:<{width}}  {MEMORY_CASE.title} (peak memory of the gradient)")
    lines.append(f"{STARTUP:<{width}}  import wengert beside import numpy")
    lines.append(f"{EXAM:<{width}}  everything about the formulas of the exam")
    standing = [f"{one.name} ({one.version() if one.available() else 'not installed'})" for one in CONTESTANTS]
    return [*lines, "", "contestants: " + ", ".join(standing)]


def select(patterns: Sequence[str]) -> list[str]:
    """The names that contain or match a pattern, in the order of the tables; all, if there is no pattern."""
    names = [*(case.name for case in CASES), MEMORY_CASE.name, STARTUP, EXAM]
    if not patterns:
        return names
    return [name for name in names if any(part in name or fnmatch.fnmatch(name, part) for part in patterns)]


def _as_json(run: Run) -> str:
    return json.dumps(run.to_json(), indent=2, ensure_ascii=False) + "\n"


def _read(path: Path) -> Run:
    return Run.from_json(json.loads(path.read_text(encoding="utf-8")))


def _measure(options: argparse.Namespace, names: Sequence[str]) -> Run:
    settings = QUICK if options.quick else Settings()
    bars = promises(options)
    peers = _rivals_in(bars) if options.peers is None and bars else options.peers
    contestants = present(peers | OURS if peers is not None and bars is JIT_BARS else peers)
    # Imports are timed first, while the machine is quiet and this process has started no threads.
    startup = measure_startup(3 if options.quick else 9) if STARTUP in names else None
    exam = measure_exam(1 if options.quick else 3) if EXAM in names else None
    for contestant in contestants:
        contestant.get_ready()
    cases = [case for case in CASES if case.name in names]
    if options.all:
        cases = [replace(case, declined={}) for case in cases]
    ceiling = measure_ceiling() if bars is JIT_BARS else None
    results: tuple[CaseResult, ...] = ()
    for case in cases:
        results = (*results, _announced(case, contestants, settings))
        _keep(options, Run(describe(contestants), results, (), startup, exam, vars(settings), ceiling))
    memory = measure_memory(contestants) if MEMORY_CASE.name in names else ()
    firsts = {}
    if bars is JIT_BARS and ceiling:
        ceiling = ceiling.or_better(measure_ceiling())
        firsts = measure_first_calls(_in_first_calls(contestants), results, 1 if options.quick else 3)
    return Run(describe(contestants), results, memory, startup, exam, vars(settings), ceiling, firsts)


def _in_first_calls(contestants: Sequence[Contestant]) -> list[str]:
    """Wengert's compiler, with and without code on disk, and the peer beside which it is judged."""
    on_disk = [one for one in CONTESTANTS if one.name == ON_DISK and one.available()]
    return [one.name for one in (*contestants, *on_disk) if one.name in (COMPILED, "jax-jit", ON_DISK)]


def _keep(options: argparse.Namespace, run: Run) -> None:
    """What there is so far, so that a run that is broken off was not for nothing."""
    if options.json:
        options.json.write_text(_as_json(run), encoding="utf-8")


def _announced(case: Case, contestants: list[Contestant], settings: Settings) -> CaseResult:
    start = time.perf_counter()
    result = measure_case(case, contestants, settings)
    print(f"{case.name}: {time.perf_counter() - start:.1f} s", file=sys.stderr, flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main())
