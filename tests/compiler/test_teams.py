"""Independent large parts of a program: side by side where that pays, in memory of their own, with the same results."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest

import wengert as wg
from wengert.compiler import threads
from wengert.compiler.clusters import in_teams
from wengert.compiler.memory import bytes_of
from wengert.compiler.optimise import optimised
from wengert.compiler.plan import sources
from wengert.compiler.planner import laid_out
from wengert.graph import Var

RNG = np.random.default_rng(14)


def positive(n):
    root = RNG.normal(size=(n, n))
    return root @ root.T + n * np.eye(n)


def log_determinant(A):
    return 2 * np.sum(np.log(np.diag(np.linalg.cholesky(A))))


def turned(c, _):
    return (np.sin(c[0]) * 0.9 + 0.1 * c[1], np.cos(c[1]) * c[0]), c[0]


def orbit(x, y):
    (a, _), path = wg.scan(turned, (x, y), None, length=4000)
    return a + np.sum(path * path)


def two_orbits(x, y):
    return orbit(x, y) * orbit(y, x + 1.0)


def shared_memory(A, B):
    # copies that are factored in place, and work that needs both before and after
    C, D = A + 1.0, B - 1.0
    return np.linalg.inv(C) @ A[:, 0], np.linalg.inv(D) @ B[0], np.sum(C) + np.sum(D)


def crossed(A, B):
    # each of the first pair is needed by one of the second
    first, second = np.linalg.inv(A), np.linalg.inv(B)
    return np.linalg.inv(first + 2.0 * A), np.linalg.inv(second + 3.0 * B)


def by_numpy(A, B):
    return np.linalg.svd(A, compute_uv=False), np.linalg.svd(B, compute_uv=False)


def until(x, y):
    def once(x):
        return wg.while_loop(lambda c: c[0] < 5000.0, lambda c: (c[0] + 1.0, np.sin(c[1])), (0.0, x))[1]

    return once(x), once(y)


# program, arguments, and how many parts go side by side at most
PROGRAMS = {
    "two factorisations": (lambda A, B: log_determinant(A) + log_determinant(B), (positive(150), positive(160)), 2),
    "one factorisation": (log_determinant, (positive(150),), 0),
    "small factorisations": (lambda A, B: log_determinant(A) + log_determinant(B), (positive(30), positive(31)), 0),
    "gradients of factorisations": (
        wg.grad(lambda A, B: log_determinant(A) * log_determinant(B), (0, 1)), (positive(150), positive(140)), 2,
    ),
    "products": (lambda A, B: (A @ A, B.T @ B), (RNG.normal(size=(300, 300)), RNG.normal(size=(400, 250))), 2),
    "a chain": (lambda A: np.linalg.inv(np.linalg.inv(A) + A), (positive(150),), 0),
    "factorisation and loop": (
        lambda A, x: (log_determinant(A), np.sum(np.exp(np.sin(x)))), (positive(150), RNG.normal(size=40_000)), 2,
    ),
    "loops of many steps": (two_orbits, (0.3, 0.4), 2),
    "gradient of loops": (wg.grad(two_orbits, (0, 1)), (0.3, 0.4), 2),
    "running sums": (
        lambda x, y: (np.cumsum(np.sin(x)), np.cumsum(y * y)), (RNG.normal(size=50_000), RNG.normal(size=40_000)), 2,
    ),
    "loops over rows": (
        lambda x, y: (np.sum(np.exp(x)), np.sum(np.sin(y), axis=0)),
        (RNG.normal(size=90_000), RNG.normal(size=(300, 200))), 0,
    ),
    "in place": (shared_memory, (positive(150), positive(150)), 2),
    "crossed": (crossed, (positive(150), positive(150)), 2),
    "three": (
        lambda A, B, x: (np.linalg.inv(A), np.linalg.inv(B), np.cumsum(x)),
        (positive(150), positive(150), RNG.normal(size=50_000)), 3,
    ),
    "left to NumPy": (by_numpy, (positive(150), positive(150)), 0),
    "until a condition fails": (until, (0.3, 0.4), 0),
    "not positive definite": (
        lambda A, B: log_determinant(A) + log_determinant(B), (positive(150), -positive(160)), 2,
    ),
}  # fmt: skip


def laid_out_of(function, arguments):
    graph = optimised(wg.trace(function, *arguments).graph).graph
    return laid_out(graph, len(graph.outputs))


def all_of(function, *arguments):
    try:
        return [np.asarray(part) for part in wg.tree.flatten(function(*arguments))[0]]
    except np.linalg.LinAlgError as error:
        return [np.asarray(str(error))]


@pytest.fixture(autouse=True)
def usual_limit():
    yield
    threads.limit(threads.usable())


@pytest.mark.parametrize(("function", "arguments", "most"), PROGRAMS.values(), ids=PROGRAMS)
def test_results_do_not_depend_on_the_number_of_threads(function, arguments, most):
    fast = wg.jit(function)
    expected = all_of(function, *arguments)
    # what a function gives while it is recorded is NumPy's
    all_of(fast, *arguments)
    found = []
    for count in (1, 2, 3, 5):
        threads.limit(count)
        found.append(all_of(fast, *arguments))
    for parts in found:
        assert [part.tobytes() for part in parts] == [part.tobytes() for part in found[0]]
        for part, right in zip(parts, expected, strict=True):
            if part.dtype.kind == "f":
                np.testing.assert_allclose(part, right, rtol=1e-9, atol=1e-9 * np.max(np.abs(right)))
    assert ("side by side:" in fast.explain()) == (most > 0)


@pytest.mark.parametrize(("function", "arguments", "most"), PROGRAMS.values(), ids=PROGRAMS)
def test_parts_of_a_team_share_nothing_that_is_written(function, arguments, most):
    try:
        block = laid_out_of(function, arguments)
    except np.linalg.LinAlgError:
        return
    plan, places = block.plan, block.layout.places
    teams = [team for team in in_teams(block.clusters) if len(team) > 1]
    assert max(map(len, teams), default=0) == most

    def spans(variables):
        found = [(places[v], bytes_of(v.type)) for v in variables if isinstance(v, Var) and v in places]
        return [
            (place.table, place.number, place.number + (size if place.table == "arena" else 1)) for place, size in found
        ]

    for team in teams:
        for part in team:
            written = spans(part.written(plan.stored))
            for other in team:
                touched = spans([*other.written(plan.stored), *[base for s in other.steps for base in sources(s)]])
                if other is not part:
                    assert not [
                        (one, two) for one in written for two in touched
                        if one[0] == two[0] and one[1] < two[2] and two[1] < one[2]
                    ]  # fmt: skip


def test_many_threads_of_python_run_a_team_at_once():
    function, arguments, _ = PROGRAMS["crossed"]
    fast = wg.jit(function)
    all_of(fast, *arguments)
    right = [part.tobytes() for part in all_of(fast, *arguments)]
    found = []

    def work():
        found.extend([[part.tobytes() for part in all_of(fast, *arguments)] for _ in range(20)])

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == [right] * 80


@pytest.mark.parametrize("blas", ["1", "2"])
def test_a_blas_with_threads_of_its_own_keeps_them(blas):
    program = """if True:
        import numpy as np, wengert as wg
        from wengert.compiler import threads
        A = np.diag(np.arange(1.0, 201.0)) + 0.5
        fast = wg.jit(lambda A, B: (np.linalg.inv(A), np.linalg.inv(B)))
        fast(A, A + A.T)
        found = []
        for count in (1, 2):
            threads.limit(count)
            found.append([part.tobytes() for part in fast(A, A + A.T)])
        assert found[0] == found[1]
        print(threads.running())
    """
    environment = {"OPENBLAS_NUM_THREADS": blas, "PATH": "", "WENGERT_NUM_THREADS": "2"}
    found = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=120, env=environment
    )
    # the pool has begun only where LAPACK leaves the cores to it
    assert int(found.stdout) == (2 if blas == "1" else 0)
