"""Programs as people write them: every idiom gives the value that it gives without Wengert, and its derivatives."""

import functools
import importlib.util
import itertools
import math
import sys
import threading
from functools import lru_cache, partial
from math import cos
from pathlib import Path

import numpy as np
import numpy.linalg as la
import pytest
from numpy import array, zeros
from scipy.optimize import rosen

import wengert as wg
from wengert.errors import ConversionError, MutationError
from wengert.programs import Program

_spec = importlib.util.spec_from_file_location("elsewhere", Path(__file__).with_name("elsewhere.py"))
elsewhere = importlib.util.module_from_spec(_spec)
sys.modules["elsewhere"] = elsewhere
_spec.loader.exec_module(elsewhere)
fill = elsewhere.fill
X = np.array([0.5, 1.5, 0.7])


def into_zeros(x):
    out = np.zeros(3)
    out[0] = x[0] * x[1]
    out[1:] = x[1:] ** 2
    return np.sum(out)


def append_and_array(x):
    found = []
    for i in range(3):
        found.append(x[i] ** 2)  # noqa: PERF401 (as people write it)
    return np.sum(np.array(found) ** 2)


def concatenate_with_list(x):
    return np.sum(np.concatenate([x, [x @ x]]) ** 2)


def copy_and_scale(x):
    y = x.copy()
    y[::2] *= 2
    return np.sum(y**2)


def sum_of_comprehension(x):
    return np.sum([entry**2 for entry in x])


def python_builtins(x):
    return sum(x) * max(x) + min(x) - abs(x[0])


def through_tolist(x):
    return sum(entry**2 for entry in x.tolist())


def float_and_math(x):
    return float(x[0]) * math.sin(x[1]) + math.pow(x[2], 2) + math.hypot(x[0], x[1]) + math.log(x[0], 2)


def asarray_of_float(x):
    x = np.asarray(x, dtype=float)
    return np.sum(x**2)


def questions(x):
    if not isinstance(x, np.ndarray) or isinstance(x[0], np.ndarray):
        raise TypeError("not an array")
    return np.sum(x * float("2")) if isinstance(x[0], float) else 0.0 * x[0]


def vectorized(x):
    return np.sum(np.vectorize(lambda t: t**2 if t > 0.6 else 0.0)(x))


def reduced(x):
    return functools.reduce(lambda p, q: p * q, x)


def combined(x):
    return sum(p * q for p, q in itertools.combinations(x, 2))


def formatted(x):
    text = f"{x[0]:.2f} {x}"
    return np.sum(x) * len(text[:1])


def helpers_elsewhere(x):
    return np.sum(fill(x)) + np.sum(elsewhere.fill(x) ** 2)


def imported_names(x):
    z = zeros(3)
    z[1] = x[1]
    return np.sum(array([z[1], x[0]]) * 3)


def local_imports(x):
    from math import exp

    import numpy as q

    out = q.empty(2)
    out[0] = exp(x[0]) * cos(x[2])
    out[1] = x[1]
    return out.sum()


def _closure():
    def helper(x):
        out = np.zeros_like(np.ones(3))
        out[0] = x[0] ** 3
        return out

    def function(x):
        return np.sum(helper(x))

    return function


def recursive(x, n=2):
    out = np.zeros(1)
    out[0] = x[n]
    return out[0] if n == 0 else out[0] * recursive(x, n - 1)


@lru_cache
def basis(n):
    return np.eye(n)


def cached(x):
    matrix = basis(3) * 1.0
    matrix[0, 1] = x[0]
    return np.sum(matrix @ x)


def _decorated(function):
    @functools.wraps(function)
    def wrapper(x):
        return 2 * function(x)

    return wrapper


@_decorated
def decorated(x):
    out = np.zeros(1)
    out[0] = x @ x
    return out[0]


def grids(x):
    matrix, grid = np.eye(3), np.linspace(0, 1, 3)
    matrix[0, 1] = x[0]
    for t in grid:
        if t > 0.4:
            matrix = matrix * math.exp(t)
    return np.sum(matrix @ grid) + np.max([x[0], x[1]]) + np.linalg.norm([x[0], x[1]]) + la.norm([x[1], x[2]])


def nested_lists(x):
    matrix = np.zeros((2, 2))
    matrix[0][1] = x[0]
    matrix[1, :] = [x[1], x[2]]
    return np.sum(np.array([[x[0], 1.0], [x[1], x[2]]]) @ matrix) + np.linalg.det(matrix)


def accumulate_at(x):
    out = np.zeros(4)
    out[:3] = x
    np.add.at(out, [0, 0], x[0])
    return np.sum(out**2)


def euler_steps(x):
    t, y, h = 0.0, np.array([x[0], 0.0]), 0.1
    while t < 0.5:
        y = y + h * np.array([y[1], -math.sin(y[0])])
        t += h
    return y @ y


def object_elsewhere(x):
    return NETWORK(x)


def object_made_inside(x):
    made = elsewhere.Doubled.made(x[2])
    same = isinstance(made, elsewhere.Scaled) and isinstance(NETWORK.layer, elsewhere.Doubled)
    return np.sum(made.filled(x)) if same else 0.0 * x[0]


def rosen_of_scipy(x):
    return rosen(x)


NETWORK = elsewhere.Network()
IDIOMS = [
    into_zeros, append_and_array, concatenate_with_list, copy_and_scale, sum_of_comprehension, python_builtins,
    through_tolist, float_and_math, asarray_of_float, questions, vectorized, reduced, combined, formatted,
    helpers_elsewhere, imported_names, local_imports, _closure(), recursive, cached, decorated, grids, nested_lists,
    accumulate_at, euler_steps, object_elsewhere, object_made_inside, NETWORK, elsewhere.Scaled(3.0).filled,
    elsewhere.Doubled(3.0).filled, partial(lambda c, x: np.sum(np.array([x[0] * c, x[1]])), 2.0), rosen_of_scipy, rosen,
]  # fmt: skip


def named(function):
    return getattr(function, "__qualname__", type(function).__name__)


@pytest.mark.parametrize("function", IDIOMS, ids=named)
def test_an_idiom_has_its_value_and_its_derivatives(function):
    x = X.copy()
    plain = function(x)
    traced, _ = wg.vjp(function, x)
    np.testing.assert_allclose(traced, plain, rtol=1e-14)
    wg.check_derivatives(function, x, order=2)
    np.testing.assert_array_equal(x, X)


def test_a_function_that_needs_nothing_runs_itself():
    def plain(x):
        return np.sum(np.sin(x[1:]) ** 2)

    assert Program(plain).current() is plain


def test_numpy_and_the_module_of_the_function_stay_as_they_are():
    before = dict(vars(np)), dict(globals())
    wg.grad(into_zeros)(X)
    assert (dict(vars(np)), dict(globals())) == before


def test_another_thread_sees_plain_numpy_meanwhile():
    seen, entered, left = [], threading.Event(), threading.Event()

    def slow(x):
        out = np.zeros(1)
        out[0] = x[0]
        entered.set()
        left.wait(10)
        return out[0]

    thread = threading.Thread(target=lambda: wg.grad(slow)(X))
    thread.start()
    entered.wait(10)
    seen.append(type(np.zeros(1)))
    left.set()
    thread.join()
    assert seen == [np.ndarray]


def test_a_redefined_helper_counts_from_then_on():
    names = {"np": np, "__name__": "notebook"}
    exec("def f(x):\n    return np.sum(h(x))\ndef h(x):\n    return 2 * x", names)
    gradient = wg.grad(names["f"])
    assert gradient(1.0) == 2.0
    exec("def h(x):\n    out = np.zeros(1)\n    out[0] = 3 * x\n    return out", names)
    assert gradient(1.0) == 3.0
    exec("def h(x):\n    out = np.zeros(1)\n    out[0] = 5 * x\n    return out", names)
    assert gradient(1.0) == 5.0


def test_a_global_variable_that_the_program_sets_is_set():
    names = {"np": np, "__name__": "notebook", "calls": 0}
    exec("def f(x):\n    global calls\n    calls += 1\n    return np.array([x, x])[0]", names)
    wg.grad(names["f"])(1.0)
    wg.grad(names["f"])(1.0)
    assert names["calls"] == 2


def test_state_of_an_object_is_kept_in_the_object():
    scaled = elsewhere.Scaled(2.0)
    wg.grad(lambda x: np.sum(scaled.filled(x)))(X)
    assert scaled.calls == 1
    assert type(scaled) is elsewhere.Scaled


def test_math_raises_what_it_raises():
    with pytest.raises(ValueError, match="math domain error"):
        wg.grad(lambda x: math.sqrt(x))(-1.0)


def test_int_of_a_traced_float_is_an_error():
    with pytest.raises(ConversionError, match=r"int\(x\) at test_programs.py:\d+"):
        wg.grad(lambda x: np.array([x])[0] * int(x))(2.0)


def test_a_constant_may_leave_the_program():
    def f(x):
        scale = np.full(3, 2.0)
        return np.sum(x) * float(scale[0]) * scale.tolist()[1] * complex(scale[2]).real * int(scale[0])

    np.testing.assert_array_equal(wg.grad(f)(X), [16.0] * 3)


def _rebinding():
    state = np.ones(3)

    def update(v):
        nonlocal state
        state = v

    def function(x):
        update(2 * x)
        return np.array([x @ state, x[0]])

    return function


GLOBAL_STATE = np.ones(3)


def _update_global(v):
    global GLOBAL_STATE
    GLOBAL_STATE = v


def _read_global(x):
    return x @ GLOBAL_STATE


def global_rebound_by_a_helper(x):
    _update_global(2 * x)
    return np.array([_read_global(x), x @ GLOBAL_STATE])


def global_rebound_here(x):
    global GLOBAL_STATE
    GLOBAL_STATE = 3 * x
    return np.array([_read_global(x), x[0]])


@pytest.mark.parametrize("function", [_rebinding(), global_rebound_by_a_helper, global_rebound_here], ids=named)
def test_variables_that_the_program_sets_are_read_as_set(function):
    np.testing.assert_allclose(wg.vjp(function, X)[0], function(X.copy()), rtol=1e-14)
    np.testing.assert_allclose(wg.jacobian(function)(X), wg.jacobian(function, mode="forward")(X))
    wg.check_derivatives(function, X.copy())


WORK = np.ones(20_000)


def test_an_array_that_a_derivative_needs_cannot_be_overwritten_under_its_name():
    def overwritten(x):
        work, total = WORK, np.zeros(1)
        total[0] = np.sum(WORK * x)
        work[:] = 2.0
        return total[0]

    with pytest.raises(MutationError, match=r"test_programs\.py"):
        wg.grad(overwritten)(np.ones(20_000))
    assert WORK.flags.writeable
    assert WORK[0] == 1.0
