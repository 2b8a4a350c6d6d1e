"""Loops with a recorded body against those of Python's, in both modes, at orders 0 to 3, eager and compiled."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert import tree
from wengert.errors import NonlinearError

RNG = np.random.default_rng(7)


def plain_scan(step: Any, first: Any, steps: Any = None, *, length: Any = None, reverse: bool = False) -> Any:
    """What `wengert.scan` says that it does."""
    leaves, nesting = tree.flatten(steps)
    count = len(leaves[0]) if leaves else length
    carry, kept = first, []
    for number in reversed(range(count)) if reverse else range(count):
        carry, y = step(carry, nesting.unflatten([leaf[number] for leaf in leaves]))
        kept.append(y)
    kept = kept[::-1] if reverse else kept
    if not kept:
        return carry, None
    rows = [tree.flatten(y)[0] for y in kept]
    return carry, tree.flatten(kept[0])[1].unflatten([np.stack(list(column)) for column in zip(*rows, strict=True)])


def plain_while(condition: Any, step: Any, first: Any) -> Any:
    """What `wengert.while_loop` says that it does."""
    carry = first
    while condition(carry):
        carry = step(carry)
    return carry


def plain_cond(predicate: Any, if_true: Any, if_false: Any, *operands: Any) -> Any:
    """What `wengert.cond` says that it does."""
    return if_true(*operands) if predicate else if_false(*operands)


def plain_map(f: Any, in_axes: Any) -> Any:
    """What `wengert.vmap` does, for results that are one array."""

    def mapped(*args: Any) -> Any:
        rows = range(next(len(arg) for arg, axis in zip(args, in_axes, strict=True) if axis == 0))
        given = [[arg if axis is None else arg[row] for arg, axis in zip(args, in_axes, strict=True)] for row in rows]
        return np.stack([f(*row) for row in given])

    return mapped


OURS = SimpleNamespace(scan=wg.scan, while_loop=wg.while_loop, cond=wg.cond, vmap=wg.vmap)
PYTHONS = SimpleNamespace(scan=plain_scan, while_loop=plain_while, cond=plain_cond, vmap=plain_map)


def recurrent_network(loops: Any, W: Any, h: Any, X: Any) -> Any:
    def step(h: Any, x: Any) -> Any:
        h = np.tanh(W @ h + x)
        return h, np.sum(h**2)

    last, kept = loops.scan(step, h, X)
    return np.sum(last * np.arange(3.0)) + np.sum(kept**2)


def with_kept_values(loops: Any, x: Any, a: Any) -> Any:
    last, kept = loops.scan(lambda c, t: (c * a + np.sin(t), {"c": c, "both": (c * t, t)}), x[0], x)
    return last * np.sum(kept["c"] * kept["both"][0]) + np.sum(kept["both"][1])


def scan_in_scan(loops: Any, x: Any, a: Any) -> Any:
    def outer(c: Any, row: Any) -> Any:
        inner, kept = loops.scan(lambda d, t: (np.sin(d + t * c * a), d * t), c, row)
        return inner + 0.1 * c, np.sum(kept) * inner

    last, kept = loops.scan(outer, a, np.reshape(x, (2, -1)))
    return last + np.sum(kept**2)


def closure_of_traced_values(loops: Any, x: Any, a: Any) -> Any:
    scaled, weights = np.exp(a), np.cos(x)

    def step(c: Any, t: Any) -> Any:
        return c * scaled * 0.5 + np.sum(weights * t), c**2 * x[1]

    last, kept = loops.scan(step, 0.3, x)
    return last * np.sum(kept)


def counted(loops: Any, x: Any, a: Any) -> Any:
    def step(carry: Any, _: Any) -> Any:
        number, c = carry
        return (number + 1, c * np.sin(a + number) + np.exp(x[number])), number * c

    (number, last), kept = loops.scan(step, (0, 1.0), length=4)
    return last + number * np.sum(kept)


def backward_in_time(loops: Any, x: Any, a: Any) -> Any:
    last, kept = loops.scan(lambda c, t: (a * c + t**3, c * np.sin(t)), 0.0, x, reverse=True)
    return last + np.sum(kept * np.arange(4.0))


def choice_in_the_body(loops: Any, x: Any, a: Any) -> Any:
    def step(c: Any, t: Any) -> Any:
        c = np.where(t > 0.3, np.sqrt(np.abs(t)) * c, c * a + t)
        return c, np.maximum(c, t)

    last, kept = loops.scan(step, a, x)
    return last * np.sum(kept)


def nothing_carried(loops: Any, x: Any, a: Any) -> Any:
    _, kept = loops.scan(lambda c, t: (c, np.sin(t * a)), (), x)
    return np.sum(kept**2)


def written_in_the_body(loops: Any, x: Any, a: Any) -> Any:
    def step(c: Any, t: Any) -> Any:
        row = np.zeros(3)
        row[0] = t * c[1]
        row[1:] = np.sin(c[:2]) * a
        row[2] += t
        return row, row[0]

    last, kept = loops.scan(step, np.array([0.1, 0.2, 0.3]), x)
    return np.sum(last**2) + np.sum(kept)


def gradient_in_the_body(loops: Any, x: Any, a: Any) -> Any:
    def step(c: Any, t: Any) -> Any:
        c = c - 0.1 * wg.grad(lambda c: np.sum(np.sin(c * t) ** 2) + a * np.sum(c**2))(c)
        return c, None

    last, _ = loops.scan(step, x, x)
    return np.sum(last * x)


def of_one_step(loops: Any, x: Any, a: Any) -> Any:
    last, kept = loops.scan(lambda c, t: (c * np.cos(t), c**2), a, x[:1])
    return last * np.sum(kept)


def matrices(loops: Any, x: Any, a: Any) -> Any:
    M = np.outer(x, x) + 3.0 * np.eye(4)
    last, kept = loops.scan(lambda c, t: (np.linalg.solve(M, c) * t + x, c[0] * a), x, x)
    return np.sum(last) + np.sum(kept)


def in_single_precision(loops: Any, x: Any, a: Any) -> Any:
    last, kept = loops.scan(lambda c, t: (np.float32(0.5) * c + np.sin(t), c), np.float32(0.25), x.astype(np.float32))
    return a * (last.astype(np.float64) + np.sum(kept.astype(np.float64)))


def root_by_newton(loops: Any, x: Any, a: Any) -> Any:
    def step(carry: Any) -> Any:
        c, count, product = carry
        return c - (c**3 - a * c - x[0]) / (3.0 * c**2 - a), count + 1, product * np.sin(c)

    last = loops.while_loop(lambda c: np.abs(c[0] ** 3 - a * c[0] - x[0]) > 1e-2, step, (3.0, 0, x))
    return last[0] * np.sum(last[2] ** 2) * (1 + last[1])


def never_begun(loops: Any, x: Any, a: Any) -> Any:
    last = loops.while_loop(lambda c: np.sum(c) < -1.0, lambda c: np.sin(c) * a, x * a)
    return np.sum(last**3)


def while_in_scan(loops: Any, x: Any, a: Any) -> Any:
    def step(c: Any, t: Any) -> Any:
        c = loops.while_loop(lambda c: c < 1.0, lambda c: c * 1.5 + np.sin(t) ** 2, c * t)
        return c, c * a

    return np.sum(loops.scan(step, a, x)[1] ** 2)


def scan_in_while(loops: Any, x: Any, a: Any) -> Any:
    def step(c: Any) -> Any:
        return loops.scan(lambda d, t: (d + np.sin(t * d) ** 2, None), c, x)[0] + 0.1

    return loops.while_loop(lambda c: c < 3.0, step, a) ** 2 * x[1]


def root_or_square(loops: Any, x: Any, a: Any) -> Any:
    return loops.cond(np.sum(x) > 2.5, lambda x: np.sum(np.sqrt(x) * a), lambda x: np.sum(x**3) * a**2, x)


def undefined_where_not_chosen(loops: Any, x: Any, a: Any) -> Any:
    shifted = x - 0.63
    return np.sum(loops.cond(a > 1.0, lambda: np.log(shifted) / (a - a), lambda: shifted**2 * a))


def branch_in_scan(loops: Any, x: Any, a: Any) -> Any:
    def step(c: Any, t: Any) -> Any:
        c = loops.cond(t > 0.5, lambda c: c * np.sin(t) * a, lambda c: np.sqrt(c + t) + a, c)
        return c, loops.cond(c > 0.6, lambda: c**2, lambda: 0.0)

    last, kept = loops.scan(step, 0.3, x)
    return last * np.sum(kept) + last**2


def branch_with_a_loop(loops: Any, x: Any, a: Any) -> Any:
    def long(c: Any) -> Any:
        return loops.scan(lambda d, t: (d * np.cos(t), d**2), c, x)

    return sum(map(np.sum, loops.cond(x[0] > 0.5, long, lambda c: (c**3, x * c), a)))


def branch_in_a_branch(loops: Any, x: Any, a: Any) -> Any:
    def inner(c: Any) -> Any:
        return loops.cond(x[1] > 0.5, lambda: c * a, lambda: c**2 / a)

    return np.sum(loops.cond(x[0] > 0.6, inner, lambda c: np.sin(c), x**2))


VECTOR = RNG.uniform(0.2, 0.9, 4)


@wg.custom_rule
def softplus(x: Any) -> Any:
    return np.logaddexp(0.0, x)


@softplus.differential
def _softplus_differential(out: Any, x: Any) -> Any:
    return lambda dx: dx / (1.0 + np.exp(-x))


def rule_of_the_users(loops: Any, x: Any, a: Any) -> Any:
    def step(c: Any, t: Any) -> Any:
        c = softplus(c) * t + a
        return c, loops.cond(t > 0.5, lambda: softplus(c), lambda: c**2)

    last, kept = loops.scan(step, 0.3, x)
    return last * np.sum(kept)


def complex_numbers(loops: Any, x: Any, a: Any) -> Any:
    def step(c: Any, t: Any) -> Any:
        c = c * np.exp(1j * t) * a + t * np.conj(c)
        return c, np.abs(c) ** 2 + c.real

    last, kept = loops.scan(step, 1.0 + 0.5j, x)
    return np.abs(last) ** 2 + np.sum(kept)


def table_at_computed_places(loops: Any, x: Any, a: Any) -> Any:
    def step(c: Any, i: Any) -> Any:
        c = np.tanh(x[i] + c * a)
        return c, c * i

    last, kept = loops.scan(step, 0.1, np.array([0, 3, 3, 1, 2]))
    return last + np.sum(kept**2)


MATRIX = RNG.normal(size=(3, 3)) / 2
BODIES = {
    "a recurrent network": (recurrent_network, (MATRIX, RNG.normal(size=3), RNG.normal(size=(5, 3)))),
    **{
        body.__name__.replace("_", " "): (body, (VECTOR, 0.7))
        for body in (
            with_kept_values,
            scan_in_scan,
            closure_of_traced_values,
            counted,
            backward_in_time,
            choice_in_the_body,
            nothing_carried,
            written_in_the_body,
            gradient_in_the_body,
            of_one_step,
            matrices,
            in_single_precision,
            root_by_newton,
            never_begun,
            while_in_scan,
            scan_in_while,
            root_or_square,
            undefined_where_not_chosen,
            branch_in_scan,
            branch_with_a_loop,
            branch_in_a_branch,
            rule_of_the_users,
            complex_numbers,
            table_at_computed_places,
        )
    },
}  # fmt: skip


def along(f: Any, order: int) -> Any:
    """The derivative of this order along a direction, forward only."""
    if not order:
        return f
    inner = along(f, order - 1)
    return lambda *args: wg.jvp(inner, args, tuple(np.cos(np.asarray(arg) * 3)[()] for arg in args))[1]


def backward(f: Any, order: int) -> Any:
    """The gradient of this order in the first argument, contracted with fixed weights to a number each time."""
    if not order:
        return f
    inner = backward(f, order - 1)

    def contracted(*args: Any) -> Any:
        found = wg.grad(inner)(*args)
        return np.sum(found * np.sin(np.arange(found.size, dtype=float)).reshape(found.shape))

    return contracted


def mixed(f: Any, order: int) -> Any:
    """Forward over reverse, alternating."""
    return along(backward(f, (order + 1) // 2), order // 2)


LAWS = {
    "value": lambda f, vmap: f,
    "gradient": lambda f, vmap: wg.grad(f, argnums=(0, 1)),
    "tangent": lambda f, vmap: along(f, 1),
    "second tangent": lambda f, vmap: along(f, 2),
    "third tangent": lambda f, vmap: along(f, 3),
    "second gradient": lambda f, vmap: backward(f, 2),
    "third gradient": lambda f, vmap: backward(f, 3),
    "mixed third": lambda f, vmap: mixed(f, 3),
    "jacobian of gradient": lambda f, vmap: wg.jacobian(wg.grad(f)),
    "hessian": lambda f, vmap: wg.hessian(f),
    "batch": lambda f, vmap: vmap(f, in_axes=(0, None)),
    "batch of gradients": lambda f, vmap: vmap(wg.grad(f), in_axes=(0, None)),
    "gradient of a batch": lambda f, vmap: wg.grad(lambda *args: np.sum(vmap(f, in_axes=(0, None))(*args) ** 2)),
}


def arguments(args: Any, law: str) -> Any:
    if "batch" not in law:
        return args
    return (np.stack([args[0], args[0] * 0.9, args[0] + 0.05]), *args[1:])


def agree(found: Any, expected: Any, slack: float = 1e-11) -> None:
    parts, others = tree.flatten(found)[0], tree.flatten(expected)[0]
    assert len(parts) == len(others)
    for part, other in zip(parts, others, strict=True):
        assert np.shape(part) == np.shape(other)
        assert np.asarray(part).dtype == np.asarray(other).dtype
        np.testing.assert_allclose(part, other, rtol=slack, atol=slack * max(1.0, np.max(np.abs(other), initial=0.0)))


def of(body: Any, loops: Any, args: Any) -> Any:
    """The body as a function of its arguments alone, with a third one closed over."""
    if len(args) > 2:
        return lambda x, a: body(loops, x, a, *args[2:])
    return lambda x, a: body(loops, x, a)


CASES = [
    (name, law)
    for name in BODIES
    for law in LAWS
    # single precision leaves no digits at the third order
    if not ("single" in name and "third" in law)
]


def prepared(name: str, law: str) -> Any:
    """The law for a body in our loops, its arguments, what Python's loops give, and how close that is to be."""
    body, args = BODIES[name]
    given = arguments(args[:2], law)
    expected = LAWS[law](of(body, PYTHONS, args), plain_map)(*given)
    return LAWS[law](of(body, OURS, args), wg.vmap), given, expected, 2e-5 if "single" in name else 1e-11


@pytest.mark.parametrize(("name", "law"), CASES)
@pytest.mark.filterwarnings("ignore::wengert.errors.IndependentOutputWarning")
def test_loops_are_those_of_python(name: str, law: str) -> None:
    function, given, expected, slack = prepared(name, law)
    agree(function(*given), expected, slack)


# what there is to compile at all orders, in both modes and in batches
COMPILED = ("value", "gradient", "third tangent", "mixed third", "hessian", "batch of gradients", "gradient of a batch")


@pytest.mark.parametrize(("name", "law"), [case for case in CASES if case[1] in COMPILED])
@pytest.mark.filterwarnings("ignore::wengert.errors.IndependentOutputWarning")
def test_compiled_loops_are_those_of_python(name: str, law: str) -> None:
    function, given, expected, slack = prepared(name, law)
    fast = wg.jit(function)
    for _ in range(2):
        agree(fast(*given), expected, slack)
    assert "left to NumPy" not in fast.explain()


@pytest.mark.parametrize("name", ["a recurrent network", "root by newton", "branch in scan"])
def test_derivatives_of_loops_pass_their_proof(name: str) -> None:
    body, args = BODIES[name]
    wg.check_derivatives(of(body, OURS, args), *args[:2])


def test_one_recording_serves_every_number_of_steps_and_both_branches() -> None:
    body, _ = BODIES["root by newton"]
    fast = wg.jit(wg.grad(of(body, OURS, ())))
    chosen = wg.jit(wg.grad(of(root_or_square, OURS, ())))
    for factor in (1.0, 4.0, 50.0, 900.0):
        agree(fast(VECTOR * factor, 0.7), wg.grad(of(body, PYTHONS, ()))(VECTOR * factor, 0.7), 1e-9)
        agree(chosen(VECTOR * factor, 0.7), wg.grad(of(root_or_square, PYTHONS, ()))(VECTOR * factor, 0.7))
    for compiled in (fast, chosen):
        assert compiled.explain().count("operations recorded") == 1
        assert "left to NumPy" not in compiled.explain()


def test_more_steps_than_there_is_room_for_are_left_to_numpy() -> None:
    def decayed(x: Any) -> Any:
        last, _ = wg.while_loop(lambda c: c[0] > 0.5, lambda c: (c[0] * 0.999, c[1]), (x, np.zeros((50, 50))))
        return last * 2.0

    fast = wg.jit(wg.grad(decayed))
    for x in (1.0, 1.5):
        agree(fast(x), wg.grad(decayed)(x))
    agree(fast(2.0), wg.grad(decayed)(2.0))
    assert fast.explain().count("operations recorded") == 1


def test_what_steers_behind_a_long_loop_is_known() -> None:
    def folded(x: Any) -> Any:
        last, _ = wg.scan(lambda c, t: (np.sin(c * t) - 0.1, None), 1.0, x)
        return last if last > 0 else -2.0 * last

    fast = wg.jit(wg.value_and_grad(folded))
    for sign in (1.0, -1.0):
        x = np.full(3000, sign)
        agree(fast(x), wg.value_and_grad(folded)(x))
    assert "left to NumPy" not in fast.explain()


def test_a_python_loop_around_a_loop_is_rolled_back() -> None:
    def repeated(loops: Any, a: Any) -> Any:
        for _ in range(100):
            a = loops.scan(
                lambda c, t: (loops.cond(t > 0.4, lambda: np.sin(c * t), lambda: c * t) + c, None), a, VECTOR
            )
            a = a[0] * 0.3 + 0.1
        return a

    fast = wg.jit(wg.value_and_grad(lambda a: repeated(OURS, a)))
    agree(fast(0.3), wg.value_and_grad(lambda a: repeated(PYTHONS, a))(0.3))
    assert len(fast.explain().splitlines()) < 60


def test_a_program_reads_its_closure_at_each_call() -> None:
    weights = np.array([0.5, 0.25])
    fast = wg.jit(lambda x: wg.scan(lambda c, t: (c * weights + t, None), np.zeros(2), x)[0])
    x = np.array([1.0, 2.0, 3.0])
    agree(fast(x), np.array([4.25, 3.5625]))
    weights[:] = 1.0
    agree(fast(x), np.array([6.0, 6.0]))


def test_a_branch_that_is_not_chosen_leaves_no_nan() -> None:
    def slope(x: Any) -> Any:
        return wg.cond(x > 0.0, lambda: np.sqrt(x), lambda: 0.0 * x)

    for function in (wg.grad(slope), wg.jit(wg.grad(slope)), wg.vmap(wg.grad(slope)), wg.jit(wg.vmap(wg.grad(slope)))):
        x = np.array([4.0, -1.0, 0.0])
        try:
            found = function(x)
        except wg.errors.WengertError:
            found = np.array([function(entry) for entry in x])
        agree(found, np.array([0.25, 0.0, 0.0]))


def test_a_constant_table_is_read_at_a_place_that_is_carried() -> None:
    def walk(x: Any) -> Any:
        return wg.scan(lambda c, t: ((c[0] + 1, c[1] + np.sum(np.eye(4)[:, c[0]] * t)), None), (0, 0.0), x)[0][1]

    X = RNG.normal(size=(4, 4))
    agree(wg.jit(wg.grad(walk))(X), np.eye(4))


def given_on(x: Any) -> Any:
    kept = []
    wg.scan(lambda c, t: (kept.append(c), (c * t, None))[1], 1.0, x)
    return kept[0] * 2


def counting(x: Any) -> Any:
    number = 0

    def step(c: Any, t: Any) -> Any:
        nonlocal number
        number += 1
        return c * number + t, None

    return wg.scan(step, 1.0, x)


def iterating(x: Any) -> Any:
    numbers = iter(range(9))
    return wg.scan(lambda c, t: (c * next(numbers) + t, None), 1.0, x)


def writing(x: Any) -> Any:
    total = np.zeros(2) + x[0]

    def step(c: Any, t: Any) -> Any:
        total[0] = total[0] + 1.0
        return c * t, None

    last, _ = wg.scan(step, 1.0, x)
    return last + np.sum(total)


def chosen_by_if(c: Any, t: Any) -> Any:
    return (c + t if t > 0.3 else c), None


STEPS = np.linspace(0.1, 1.0, 4)
MISUSES = {
    "an if": (
        lambda: wg.scan(chosen_by_if, 1.0, STEPS),
        wg.errors.TracingError,
        "scan: chosen_by_if decides by a value that differs from step to step, at test_loops.py:",
        "Choose with wengert.cond or numpy.where",
    ),
    "an if under grad": (
        lambda: wg.grad(lambda x: wg.scan(chosen_by_if, 1.0, x)[0])(STEPS),
        wg.errors.TracingError,
        "decides by a value that differs from step to step",
    ),
    "an if under jit": (
        lambda: wg.jit(lambda x: wg.scan(chosen_by_if, 1.0, x)[0])(STEPS),
        wg.errors.TracingError,
        "decides by a value that differs from step to step",
    ),
    "an if in a branch": (
        lambda: wg.vmap(lambda t: wg.cond(t > 0.5, lambda: chosen_by_if(t, t)[0], lambda: t))(STEPS),
        wg.errors.TracingError,
        "cond: <lambda> decides by a value that differs from run to run",
    ),
    "a number": (
        lambda: wg.scan(lambda c, t: (c + STEPS[int(t)], None), 1.0, STEPS),
        wg.errors.TracingError,
        "scan: <lambda> makes a Python number of a value that differs from step to step",
    ),
    "a text": (
        lambda: wg.scan(lambda c, t: (c + len(f"{t}"), None), 1.0, STEPS),
        wg.errors.TracingError,
        "scan: <lambda> looks at the content of a value that differs from step to step",
    ),
    "random numbers": (
        lambda: wg.scan(lambda c, t: (c + np.random.normal(), None), 1.0, STEPS),  # noqa: NPY002
        wg.errors.TracingError,
        "scan: <lambda> draws random numbers by normal",
        "Draw them before, and pass them as arrays",
    ),
    "a counter": (
        lambda: counting(STEPS),
        wg.errors.MutationError,
        "scan: step assigns to number, a variable outside of it (at test_loops.py:",
        "Carry it along, and return it",
    ),
    "an iterator": (
        lambda: iterating(STEPS),
        wg.errors.TracingError,
        "scan: <lambda> does something else when it runs again, from test_loops.py:",
        "Let it get what changes as an argument",
    ),
    "an array outside": (
        lambda: writing(STEPS),
        wg.errors.MutationError,
        "a step of a loop, or a branch, writes into an array that it finds outside at test_loops.py:",
        "Carry the array along, and return it",
    ),
    "an array outside under grad": (
        lambda: wg.grad(writing)(STEPS),
        wg.errors.MutationError,
        "a step of a loop, or a branch, writes into an array that it finds outside at test_loops.py:",
    ),
    "a value that is given on": (lambda: given_on(STEPS), wg.errors.LeakedTracerError, "is used at test_loops.py:"),
    "a shape": (
        lambda: wg.scan(lambda c, t: (c + np.ones(3), None), 0.0, STEPS),
        wg.errors.OutputError,
        "scan: carry goes into <lambda> as float64 and comes out as float64[3]; every step must keep shapes and dtypes",
        "give first that shape",
    ),
    "a dtype": (
        lambda: wg.scan(lambda c, t: ({"a": c["a"] + t}, None), {"a": np.float32(1)}, STEPS),
        wg.errors.OutputError,
        "scan: carry['a'] goes into <lambda> as float32 and comes out as float64",
        "give first['a'] as float64, or convert",
    ),
    "another nesting": (
        lambda: wg.scan(lambda c, t: ((c, c), None), 1.0, STEPS),
        wg.errors.OutputError,
        "must return a carry nested like the one that it gets: expected a single value, received a tuple of 2",
    ),
    "no pair": (
        lambda: wg.scan(lambda c, t: c + t, 1.0, STEPS),
        wg.errors.OutputError,
        "scan: <lambda> must return a pair, the next carry and what is kept of the step (or None); "
        "received a number of dtype float64",
    ),
    "no number of steps": (
        lambda: wg.scan(lambda c, t: (c, None), 1.0),
        wg.errors.ArgumentError,
        "the number of steps is not known; give arrays of steps, or length=100",
    ),
    "two numbers of steps": (
        lambda: wg.scan(lambda c, t: (c, None), 1.0, {"a": STEPS, "b": STEPS[1:]}),
        wg.errors.ArgumentError,
        "scan: steps['a'] tells 4 steps, and steps['b'] tells 3; make them alike",
    ),
    "a length besides": (
        lambda: wg.scan(lambda c, t: (c, None), 1.0, STEPS, length=3),
        wg.errors.ArgumentError,
        "scan: steps tells 4 steps, and length tells 3",
    ),
    "a number of steps that is none": (
        lambda: wg.scan(lambda c, t: (c, None), 1.0, length=-1),
        wg.errors.ArgumentError,
        "length must be a whole number, at least 0; received -1",
    ),
    "steps that are numbers": (
        lambda: wg.scan(lambda c, t: (c, None), 1.0, 3.0),
        wg.errors.ArgumentError,
        "steps is a number; steps are arrays with one entry for each step",
    ),
    "a text to carry": (
        lambda: wg.scan(lambda c, t: (c, None), ("a", 1.0), STEPS),
        wg.errors.ArgumentError,
        "scan: first[0] is of type str; it must hold arrays and numbers only",
    ),
    "no step": (
        lambda: wg.scan(3, 1.0, STEPS),
        wg.errors.ArgumentError,
        "scan: step must be a function, received int",
    ),
    "many truth values": (
        lambda: wg.while_loop(lambda c: c < 3, lambda c: c + 1, np.zeros(2)),
        wg.errors.OutputError,
        "while_loop: <lambda> must return one truth value, received an array of shape (2,)",
        "numpy.any or numpy.all",
    ),
    "a number for a truth value": (
        lambda: wg.while_loop(lambda c: c, lambda c: c + 1.0, 0.0),
        wg.errors.OutputError,
        "must return one truth value, received a number of dtype float64",
    ),
    "an array to choose by": (
        lambda: wg.cond(STEPS > 0.5, lambda: 1, lambda: 2),
        wg.errors.ArgumentError,
        "cond: the predicate must be one truth value, received an array of shape (4,)",
        "choose entry by entry with numpy.where",
    ),
    "branches of different nestings": (
        lambda: wg.vmap(lambda t: wg.cond(t > 0.5, lambda: t, lambda: (t, t)))(STEPS),
        wg.errors.OutputError,
        "cond: <lambda> must return what is nested like that of <lambda>",
    ),
    "branches of different shapes": (
        lambda: wg.vmap(lambda t: wg.cond(t > 0.5, lambda: {"a": t}, lambda: {"a": t * np.ones(3)}))(STEPS),
        wg.errors.OutputError,
        "cond: result['a'] of <lambda> is float64, and that of <lambda> is float64[3]; "
        "both must have the same shape and dtype",
    ),
}


@pytest.mark.parametrize("name", MISUSES)
def test_misuse_is_told_in_the_terms_of_the_caller(name: str) -> None:
    call, error, *parts = MISUSES[name]
    with pytest.raises(error) as caught:
        call()
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize("length", [0, 1, 2, 3])
def test_loops_of_few_steps(length: int) -> None:
    def run(x: Any, a: Any) -> Any:
        last, kept = wg.scan(lambda c, t: (c * np.sin(t), (c, 1.5)), a, x)
        return last, kept

    def plain(x: Any, a: Any) -> Any:
        rows = [a * np.prod(np.sin(x[:number])) for number in range(length + 1)]
        return rows[-1], (np.array(rows[:-1]), np.full(length, 1.5))

    x = VECTOR[:length]
    for function in (run, wg.jit(run)):
        agree(function(x, 2.0), plain(x, 2.0))
    slope = np.prod(np.sin(x))
    for function in (wg.grad(run_last := lambda x, a: run(x, a)[0], argnums=1), wg.jit(wg.grad(run_last, argnums=1))):
        agree(function(x, 2.0), float(slope))


W, STEP = np.arange(6.0).reshape(3, 2), np.array([[0.5, 1.5], [2.5, 3.5]])
LINEAR = {
    "powers": lambda x: wg.scan(lambda c, _: (STEP @ c, None), x, None, length=3)[0],
    "what is kept": lambda x: wg.scan(lambda c, _: (STEP @ c, c.sum()), x, None, length=3),
    "arrays of steps": lambda x: wg.scan(lambda c, w: (c * 0.5 + w * x, w @ c), 0 * x, W),
    "a start of zeros": lambda x: wg.scan(lambda c, w: (c + w * x, w @ c), np.zeros(2), W),
    "sums": lambda x: wg.scan(lambda c, w: (c * 0.5 + w, c), np.zeros(()), x)[1],
    "a loop in a loop": lambda x: wg.scan(
        lambda c, _: (wg.scan(lambda d, _: (d * 0.5, None), c, None, length=2)[0], None), x, None, length=3),
    "a known end": lambda x: wg.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, STEP @ c[1]), (0, x))[1],
    "compiled": wg.jit(lambda x: wg.scan(lambda c, _: (STEP @ c, None), x, None, length=3)[0]),
}  # fmt: skip
NOT_LINEAR = {
    "affine": lambda x: wg.scan(lambda c, _: (STEP @ c + 1.0, None), x, None, length=3)[0],
    "a square": lambda x: wg.scan(lambda c, _: (c * c, None), x, None, length=3)[0],
    "a product": lambda x: wg.scan(lambda c, _: (c * x, None), x, None, length=3)[0],
    "another start": lambda x: wg.scan(lambda c, w: (c + w * x, None), np.ones(2), W)[0],
    "a constant beside it": lambda x: wg.scan(lambda c, w: (STEP @ c, w.sum()), x, W)[1].sum() + x,
    "a branch": lambda x: wg.scan(
        lambda c, w: (wg.cond(c[0] > 0, lambda c: c, lambda c: 2 * c, c), None), x, W)[0],
    "a choice": lambda x: wg.scan(lambda c, w: (np.where(c > 0, c, 0.0), None), x, W)[0],
    "an unknown end": lambda x: wg.while_loop(lambda c: np.sum(c) < 3, lambda c: c * 2, x),
    "affine in a loop": lambda x: wg.scan(
        lambda c, _: (wg.scan(lambda d, _: (d + 1.0, None), c, None, length=2)[0], None), x, None, length=3)[0],
    "another start in a loop": lambda x: wg.scan(
        lambda c, _: (wg.scan(lambda d, _: (d + c, None), np.ones(2), None, length=2)[0], None), x, None, length=3)[0],
}  # fmt: skip


@pytest.mark.parametrize("name", LINEAR)
@pytest.mark.parametrize("start", [np.zeros(2), np.array([0.3, -1.2])])
def test_linear_loops_are_transposed(name, start):
    program, random = LINEAR[name], np.random.default_rng(0)
    x = random.normal(size=2)
    y = program(x)
    cotangent = wg.tree.map(lambda leaf: random.normal(size=np.shape(leaf)), y)
    (found,) = wg.linear_transpose(program, start)(cotangent)
    pairs = zip(wg.tree.flatten(cotangent)[0], wg.tree.flatten(y)[0], strict=True)
    np.testing.assert_allclose(found @ x, sum(np.sum(one * other) for one, other in pairs), rtol=1e-12)


@pytest.mark.parametrize("name", NOT_LINEAR)
def test_other_loops_are_not_transposed(name):
    with pytest.raises(NonlinearError, match=r"linear_transpose needs a linear function.*(loop at|number of steps)"):
        wg.linear_transpose(NOT_LINEAR[name], np.array([0.3, 1.2]))


# what a step computes of a value from outside, x, and what is carried, with a derivative of its own
WITHIN = {
    "a gradient": lambda x, c: wg.grad(lambda a: np.sum(x * a * a))(c),
    "a compiled gradient": lambda x, c: wg.jit(wg.grad(lambda a: np.sum(x * a * a)))(c),
    "a value and its gradient": lambda x, c: np.add(*wg.value_and_grad(lambda a: np.sum(x * (a + c) * a))(c)),
    "a product with a Hessian": lambda x, c: wg.hvp(lambda a: np.sum(x * np.tanh(a * x) * a), c, x),
    "a Jacobian": lambda x, c: wg.jacobian(lambda a: x * np.sin(a * x))(c) @ x,
    "a gradient with a choice": lambda x, c: wg.grad(
        lambda a: np.sum(x * (a + np.where(c > 0.3, np.exp(-(x**2)), c)) * a))(c),
    "a batch": lambda x, c: wg.vmap(lambda a: x * a * np.sum(x))(np.stack([c, x]))[0],
    "a gradient of a loop": lambda x, c: wg.grad(
        lambda a: np.sum(wg.scan(lambda d, _: (d * x * a, None), x, None, length=2)[0] * x))(c),
}  # fmt: skip


@pytest.mark.parametrize("name", WITHIN)
@pytest.mark.parametrize("order", [0, 1, 2])
def test_derivatives_within_a_step_use_values_from_outside(name, order):
    inner, x = WITHIN[name], np.array([0.3, 0.5, -0.2])

    def looped(x):
        return np.sum(wg.while_loop(lambda c: c[0] < 2.0, lambda c: (c[0] + 1.0, inner(x, c[1]) * 0.9), (0.0, x))[1])

    def unrolled(x):
        carry = x
        for _ in range(2):
            carry = inner(x, carry) * 0.9
        return np.sum(carry)

    lift = (lambda f: f, wg.grad, wg.hessian)[order]
    expected = lift(unrolled)(x)
    np.testing.assert_allclose(lift(looped)(x), expected, rtol=1e-10, atol=1e-13)
    fast = wg.jit(lift(looped))
    fast(x)
    np.testing.assert_allclose(fast(x), expected, rtol=1e-10, atol=1e-13)


# what repeats a step, starting at x
REPEATING = {
    "a loop that ends": lambda step, x: wg.while_loop(
        lambda c: c[0] < 2.0, lambda c: (c[0] + 1.0, step(c[1])), (0.0, x))[1],
    "a scan": lambda step, x: wg.scan(lambda c, _: (step(c), None), x, None, length=2)[0],
    "a scan with a branch": lambda step, x: wg.scan(
        lambda c, _: (wg.cond(c[0] > -9.0, step, lambda c: c * c, c), None), x, None, length=2)[0],
    "a branch": lambda step, x: wg.cond(x[0] > 0.5, step, lambda c: c * c, x),
}  # fmt: skip
BATCHES = {
    "gradients": lambda f: wg.vmap(wg.grad(f)),
    "Jacobians, forward": lambda f: wg.vmap(wg.jacobian(f, mode="forward")),
    "Hessians": lambda f: wg.vmap(wg.hessian(f)),
    "a batch of batches": lambda f: lambda xs: wg.vmap(wg.vmap(wg.grad(f)))(xs[None])[0],
    "compiled gradients": lambda f: wg.jit(wg.vmap(wg.grad(f))),
}


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("repeating", REPEATING)
@pytest.mark.parametrize("name", ["a gradient", "a gradient with a choice", "a gradient of a loop"])
def test_derivatives_within_a_step_are_batched(name, repeating, batch):
    inner, xs = WITHIN[name], np.array([[0.3, 0.5, -0.2], [0.7, -0.6, 0.4]])

    def looped(x):
        return np.sum(REPEATING[repeating](lambda c: inner(x, c) * 0.9, x + np.zeros(3)))

    lift = wg.hessian if batch == "Hessians" else wg.grad
    expected = np.stack([lift(looped)(x) for x in xs])
    found = BATCHES[batch](looped)
    found(xs)
    np.testing.assert_allclose(found(xs), expected, rtol=1e-10, atol=1e-12)
