"""Loops of compiled code let handlers of signals run, and end with what these raise."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager

import numpy as np
import pytest

import wengert as wg

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no alarms here")


class EndedError(Exception):
    """What a handler raises."""


def counted(limit):
    return wg.while_loop(lambda c: c < limit, lambda c: c + 1.0, 0.0)


def scanned(start, length=10**12):
    return wg.scan(lambda c, _: (np.sin(c) + start, None), start, None, length=length)[0]


# loops that do not end in the lifetime of a test where the argument says so, with an argument for which they do
ENDLESS = {
    "numbers": (counted, 3.0, np.inf),
    "several values": (
        lambda x: wg.while_loop(lambda c: c[0] < x, lambda c: (c[0] + 1.0, c[1] * 0.5), (0.0, np.ones(7)))[1],
        2.0, np.inf),
    "a long array": (
        lambda x: wg.while_loop(lambda c: c[0] < x, lambda c: c * 0.5, np.full(100_000, 0.25)).sum(), 0.0, 1.0),
    "a loop in a loop": (
        lambda x: wg.while_loop(lambda c: c < x, lambda c: c + counted(x), 0.0), 0.0, np.inf),
    "a loop in a branch": (
        lambda x: wg.cond(x > 5.0, lambda t: counted(t), lambda t: t * 2.0, x), 2.0, np.inf),
    "the derivative of a loop": (wg.jacobian(
        lambda x: wg.while_loop(lambda c: c[0] < c[1], lambda c: (c[0] + 1.0, c[1]), (0.0, x))[1], mode="forward"),
        2.0, np.inf),
    "a number of steps": (lambda x: wg.cond(x > 5.0, scanned, lambda t: t * 2.0, x), 2.0, 6.0),
}  # fmt: skip


@contextmanager
def alarm(handler, seconds=0.05):
    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def end(*details):
    raise EndedError("of a handler")


@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason="signals are the main thread's")
@pytest.mark.parametrize("name", ENDLESS)
def test_an_endless_loop_is_interrupted(name):
    program, short, endless = ENDLESS[name]
    fast = wg.jit(program)
    expected = program(short)
    np.testing.assert_allclose(fast(short), expected)
    np.testing.assert_allclose(fast(short), expected)
    with alarm(end), pytest.raises(EndedError, match="of a handler"):
        fast(endless)
    with alarm(signal.default_int_handler), pytest.raises(KeyboardInterrupt):
        fast(endless)
    np.testing.assert_allclose(fast(short), expected)


def test_a_handler_that_returns_changes_nothing():
    fast, seen = wg.jit(counted), []
    fast(3.0)
    with alarm(lambda *details: seen.append(details), 1e-3):
        while not seen:
            assert fast(1e6) == 1e6
