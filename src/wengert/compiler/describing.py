"""What a compiled recording consists of, in words."""

from __future__ import annotations

from collections.abc import Iterator

from wengert.compiler.compiled import Compiled

__all__ = ["described"]

_MILLI = 1e3


def described(compiled: Compiled) -> str:
    """The inputs, the loops, the calls of libraries, the memory, the guards, and the time that compiling took."""
    return "\n".join(_lines(compiled))


def _lines(compiled: Compiled) -> Iterator[str]:
    recorded, kernel = compiled.recorded, compiled.kernel
    given = recorded.graph.inputs[: len(recorded.leaves)]
    yield f"for {', '.join([str(variable.type) for variable in given]) or 'no arrays'}:"
    before, after = compiled.operations, kernel.operations
    yield f"  {before} operations recorded, {after} after optimising"
    if recorded.spared:
        repeated = f"{recorded.spared} repeated operation{'s' * (recorded.spared != 1)}"
        yield f"  the derivative is that of the program without {repeated}"
    yield from kernel.account
    constants = sum([constant.nbytes for constant in kernel.constants])
    yield f"  memory: {_bytes(kernel.arena)} to work in, {_bytes(constants)} of constants"
    places = [check.place.text for check in recorded.guards.checks]
    if recorded.sources:
        yield f"  read anew at each call: {_listed([source.place.text for source in recorded.sources])}"
    if places:
        yield f"  guarded: {_listed(list(dict.fromkeys(places)))}"
    count = len([seen for seen in recorded.steering if seen.how != "finite"])
    if count:
        values = "1 value that steers" if count == 1 else f"{count} values that steer"
        yield f"  compared with the recording: {values} the program"
    parts = [f"{name} {_MILLI * seconds:.1f}" for name, seconds in compiled.seconds.items()]
    yield f"  compiled in {_MILLI * sum(compiled.seconds.values()):.1f} ms ({', '.join(parts)})"


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown


def _bytes(count: int) -> str:
    return f"{count} bytes" if count < 10_000 else f"{count / 1e6:.2f} MB"
