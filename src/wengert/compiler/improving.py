"""Code that was made in a hurry is made once more, better, by a thread that is there as long as anything is to be done.

The first call of a function waits for its code, so code of little work is what LLVM makes of it without optimising,
which takes a third of the time. The better code, which gives the same numbers bit by bit, takes its place in the calls
that follow as soon as it is there.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Protocol
from weakref import ref

from wengert.compiler import engine, linking
from wengert.compiler.clusters import work_of
from wengert.compiler.plan import Block, Call
from wengert.primitives.loops import is_loop

__all__ = ["improve", "in_a_hurry", "settle"]

# Characters of a module's text: below, LLVM has not much to do anyhow, and above, it would hold others up too long.
_SHORT: Final = 2_000
_LONG: Final = 1_000_000
# Additions, or their equivalent, that code made in a hurry may run for each character: it takes about a tenth of a
# nanosecond longer for each, and a third of a microsecond less to be made.
_WORK: Final = 3_000


def in_a_hurry(block: Block, text: str) -> bool:
    """Whether a plan is served best by code that is there soon, given LLVM's text of its module."""
    return _SHORT < len(text) < _LONG and _work(block) < _WORK * len(text)


def _work(block: Block) -> float:
    """Additions, or their equivalent, that the plan's own code takes."""
    return sum([_work_of_call(step) if isinstance(step, Call) else work_of(step) for step in block.plan.steps])


def _work_of_call(call: Call) -> float:
    inside = sum([_work(block) for block in (call.body, call.otherwise) if block is not None])
    if not is_loop(call.equation):
        return inside
    loop = call.equation.params[0]
    return loop.count * (inside + 1.0) if loop.counted else math.inf


# Seconds before a thread begins, in which the first call makes the rest of what it needs: two cores may share a unit.
_HEAD_START: Final = 0.01


class Improvable(Protocol):
    """What has code that may be made better, and takes it."""

    provisional: bool

    def take(self, code: linking.Code) -> None:
        """Run other code from the next call on, which computes the same."""


class _Workshop:
    """What is to be done, one after the other; `at_work` is held while LLVM is busy with it.

    A thread may take either lock again: whatever it does, a handler of signals may come in between and compile more.
    """

    def __init__(self) -> None:
        self.jobs: deque[tuple[ref[Improvable], str]] = deque()
        self.at_work = threading.RLock()
        self.door = threading.RLock()
        self.is_open = False
        self.thread = threading.main_thread()

    def add(self, kernel: Improvable, text: str) -> None:
        with self.door:
            self.jobs.append((ref(kernel), text))
        self.open()

    def open(self) -> None:
        """Have a thread do what there is."""
        with self.door:
            if self.is_open or not self.jobs:
                return
            self.is_open = True
            self.thread = threading.Thread(target=self.work, name="wengert-compiler", daemon=False)
            try:
                self.thread.start()
            except RuntimeError:
                # no further thread: the code that is there goes on serving
                self.is_open = False
            except BaseException:
                # an interrupt, after which there may be a thread all the same
                self.is_open = False
                raise

    def work(self) -> None:
        """Do what there is, once the call that waits for the code has had time to run it."""
        time.sleep(_HEAD_START)
        try:
            while self.do_next():
                pass
        except BaseException:
            # another thread goes on with the rest when something is added
            with self.door:
                self.is_open = False
            raise

    def worker(self) -> threading.Thread | None:
        """The thread that is at work, if there is one."""
        with self.door:
            return self.thread if self.is_open else None

    def do_next(self) -> bool:
        """Do what has waited longest; False where nothing is left to be done."""
        with self.at_work:
            with self.door:
                # an interpreter that is shutting down waits for what has begun only
                self.is_open = bool(self.jobs) and threading.main_thread().is_alive()
                if not self.is_open:
                    return False
                kernel, text = self.jobs.popleft()
            made = _made(kernel, text)
        if made is not None:
            _hand_over(kernel, *made)
        return True

    def wait(self) -> None:
        """Before a fork: until LLVM is at rest, or an interrupt comes, which ends no fork."""
        self.at_work.acquire()

    def go_on(self) -> None:
        """After a fork, where the thread is."""
        with suppress(RuntimeError):
            self.at_work.release()

    def begin_anew(self) -> None:
        """In a child of fork, where the thread is not."""
        try:
            self.at_work.release()
        except RuntimeError:
            # LLVM was not at rest, and better nobody calls it for what can be done without
            self.at_work = threading.RLock()
            self.jobs.clear()
        self.door = threading.RLock()
        self.is_open = False
        self.open()


_WORKSHOP: Final = _Workshop()

if hasattr(os, "register_at_fork"):
    # before LLVM's other locks are taken, for which a job may wait
    os.register_at_fork(
        before=_WORKSHOP.wait,
        after_in_parent=_WORKSHOP.go_on,
        after_in_child=_WORKSHOP.begin_anew,
    )


def improve(kernel: Improvable, text: str) -> None:
    """Have the code of a kernel, or of calls, made better, from LLVM's text of it, while it already runs."""
    kernel.provisional = True
    _WORKSHOP.add(kernel, text)


def settle() -> None:
    """Wait until there is nothing left to be made better."""
    while thread := _WORKSHOP.worker():
        thread.join()


def _made(kernel: ref[Improvable], text: str) -> tuple[bytes, list[str], list[str]] | None:
    """Better object code for a kernel, if it is still there."""
    try:
        return None if kernel() is None else engine.object_code_aside(text)
    except (engine.EngineError, MemoryError):
        # the code that is there goes on serving
        return None


def _hand_over(kernel: ref[Improvable], object_code: bytes, names: Sequence[str], needed: Sequence[str]) -> None:
    found = kernel()
    if found is not None:
        with suppress(engine.EngineError):
            found.take(engine.load(object_code, names, needed))
