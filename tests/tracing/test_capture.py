"""Plain arrays that a program overwrites after a derivative has come to need them."""

import numpy as np
import pytest

import wengert as wg
from wengert.errors import MutationError
from wengert.tracing.capture import ROOM, SMALL

COPIED = [3, SMALL // 8 + 1, ROOM // 16]
GUARDED = [ROOM // 8 + 1, ROOM]


def reused_buffer(x):
    work, total = np.arange(float(x.size)), 0.0
    for _ in range(3):
        work += 1
        total = total + np.sum(work * x)
    return total


def buffer_from_outside(buffer):
    def f(x):
        total = np.sum(buffer * x)
        buffer[:] = 7.0
        return total

    return f


@pytest.mark.parametrize("size", [*COPIED, *GUARDED])
def test_a_reused_buffer_gives_the_right_gradient(size):
    np.testing.assert_array_equal(wg.grad(reused_buffer)(np.ones(size)), 3 * np.arange(float(size)) + 6)


@pytest.mark.parametrize("size", COPIED)
def test_an_array_that_is_copied_may_be_overwritten(size):
    buffer = np.arange(float(size))
    np.testing.assert_array_equal(wg.grad(buffer_from_outside(buffer))(np.ones(size)), np.arange(float(size)))


@pytest.mark.parametrize("size", GUARDED)
def test_an_array_that_is_guarded_may_not(size):
    buffer = np.arange(float(size))
    with pytest.raises(MutationError, match=r"still needs is overwritten \(at test_capture\.py:\d+, in f\)"):
        wg.grad(buffer_from_outside(buffer))(np.ones(size))
    assert buffer.flags.writeable
    np.testing.assert_array_equal(buffer, np.arange(float(size)))


def test_what_is_copied_is_limited_for_all_arrays_together():
    arrays = [np.ones(ROOM // 16) for _ in range(3)]
    _, pullback = wg.vjp(lambda x: sum(np.sum(array * x) for array in arrays), np.ones(ROOM // 16))
    # the argument takes the first half of the room
    assert [array.flags.writeable for array in arrays] == [True, False, False]
    del pullback
    assert all(array.flags.writeable for array in arrays)


@pytest.mark.parametrize("size", GUARDED)
def test_a_write_through_a_view_that_was_made_before_is_found(size):
    buffer = np.ones(size)
    view = buffer[:]

    def f(x):
        total = np.sum(buffer * x)
        view[...] = 2.0
        return total

    with pytest.raises(MutationError, match=r"overwritten through another view of its memory.*a = a\.copy"):
        wg.grad(f)(np.ones(size))
    assert buffer.flags.writeable


def test_views_of_one_buffer_are_given_back_in_order():
    buffer = np.ones(2 * ROOM)
    one, other = buffer[:ROOM], buffer[ROOM:]
    gradient = wg.grad(lambda x: np.sum(one * x) + np.sum(other * x))(np.ones(ROOM))
    np.testing.assert_array_equal(gradient, np.full(ROOM, 2.0))
    assert buffer.flags.writeable
    assert one.flags.writeable
    assert other.flags.writeable


def test_an_array_is_given_back_after_an_error():
    buffer = np.ones(ROOM)

    def f(x):
        return np.sum(buffer * x) / (1 // 0)

    with pytest.raises(ZeroDivisionError):
        wg.grad(f)(np.ones(ROOM))
    assert buffer.flags.writeable
