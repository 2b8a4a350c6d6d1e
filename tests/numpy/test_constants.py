"""Programs that write traced values into constant results, and give lists of them to ufuncs and plain arrays."""

from __future__ import annotations

import copy
import functools

import numpy as np
import pytest

import wengert as wg
from wengert.errors import ConversionError, MutationError, UnsupportedError

X = np.array([0.57, 1.43, 0.71])
C = np.array([[2.0, 1.0], [0.5, 3.0]])
COUNTS = np.array([[1, 0], [2, 1]])

# arrays that have no derivative when they are made
MADE = {
    "floor": "np.floor(x)", "sign": "np.sign(x)", "rint": "np.rint(x)", "trunc": "np.trunc(x)", "round": "x.round()",
    "np.round": "np.round(x, 1)", "floor_divide": "x // 0.3", "divmod": "np.divmod(x, 0.3)[0]",
    "heaviside": "np.heaviside(x - 1, 0.5)",
    "comparison as floats": "(x > 1).astype(float)", "comparison times a float": "(x > 1) * 1.0",
    "one minus a comparison": "1.0 - (x > 1)", "negated comparison": "(~(x > 1)) * 2.0",
    "two comparisons": "((x > 0) & (x < 1)) * 1.0", "where": "np.where(x > 1, 1.0, 0.0)",
    "isin": "np.isin(x, [0.5]) * 1.0",
    "integers as floats": "x.astype(int).astype(float)",
    "argsort": "np.argsort(x).astype(float)", "argsort method": "x.argsort() * 1.0",
    "nonzero": "np.nonzero(x > 0.6)[0] / 2",
    "digitize": "np.digitize(x, [1.0]) * 1.0", "bincount": "np.bincount((x > 1).astype(int)).astype(float)",
    "histogram": "np.histogram(x, [0.0, 1.0, 2.0])[0] * 1.0", "edges": "np.histogram(x, [0.0, 1.0, 2.0])[1]",
    "asarray": "np.asarray([1.0, 2.0])", "full": "np.full(3, 1.5)", "zeros plus": "np.zeros(3) + 1",
    "hanning": "np.hanning(5)", "kaiser": "np.kaiser(4, 2.0)", "mgrid": "np.mgrid[0:3] * 1.0",
    "points": "np.mgrid[0:1:3j]",
    "ogrid": "np.ogrid[0:3, 0:2][0] * 1.0", "r_": "np.r_[0.0, 1.0]", "c_": "np.c_[[0.0, 1.0], [1.0, 2.0]][:, 0]",
    "indices": "np.indices((3,))[0] * 1.0", "fromfunction": "np.fromfunction(lambda i: i * 2.0, (3,))",
    "fftfreq": "np.fft.fftfreq(4)", "fromstring": "np.fromstring('1 2 3', sep=' ')",
    "unique of constants": "np.unique(np.floor([1.5, 2.5, 2.5]))",
    "twice the data": "C[0] * 2.0", "data plus": "1 + C[0]", "negative data": "-C[0]", "power of data": "C[0] ** 2",
    "absolute data": "abs(C[0])", "product of data": "(C.T @ C)[0]", "sum of data": "C.sum(axis=0)",
    "mean of data": "C.mean(0)", "cumsum of data": "C.cumsum()", "exp of data": "np.exp(C[0])",
    "minimum of data": "np.minimum(C[0], 1.0)", "rows of data": "C[[0, 1], [1, 1]]", "mask of data": "C[C > 0.7]",
    "triangle of data": "np.triu(C)[0]", "solution of data": "np.linalg.solve(C, C[0])",
    "eigenvalues": "np.linalg.eigh(C)[0]",
    "deep copy of data": "copy.deepcopy(C)[0]", "counts": "COUNTS[0] / 2", "data as an array": "np.array(C)[0]",
    "old generator": "np.random.RandomState(0).randn(3)", "generator": "np.random.default_rng(0).normal(size=3) * 2",
}  # fmt: skip
WRITES = {"an entry": "a[0] = x[1] ** 2", "all entries": "a *= x[1] ** 2", "a slice": "a[1:] -= x[0]"}


def program_of(made, write):
    """The program that makes an array, writes into it and reads it."""
    names = {"np": np, "C": C, "COUNTS": COUNTS, "copy": copy}
    source = f"def program(x):\n    a = {made}\n    {write}\n    return np.sum(a * x[0]) + a[-1]\n"
    exec(compile(source, f"{made}; {write}", "exec"), names)
    return names["program"]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("made", MADE)
def test_constant_results_can_be_written_into(made, write):
    if made in ("old generator", "generator") and write == "a slice":
        pytest.skip("three draws are enough for the other two")
    program = program_of(MADE[made], WRITES[write])
    data = C.copy(), COUNTS.copy()
    assert wg.vjp(program, X)[0] == pytest.approx(program(X.copy()), rel=1e-14)
    np.testing.assert_array_equal(wg.vmap(program)(np.stack([X, X]))[0], program(X.copy()))
    assert wg.check_derivatives(program, X.copy(), order=2).passed
    for one, other in zip((C, COUNTS), data, strict=True):
        np.testing.assert_array_equal(one, other)


def stopped(x):
    a = wg.stop_gradient(x)
    a[0] = x[1] ** 2
    return np.sum(a * x[2])


def test_a_stopped_array_can_be_written_into():
    np.testing.assert_allclose(wg.grad(stopped)(X), [0.0, 2 * X[1] * X[2], X[1] ** 2 + X[1] + X[2]])


def in_a_helper(x):
    def rounded():
        return np.floor(x)

    a = rounded()
    a[0] = x[1] ** 2
    return np.sum(a * x[0])


USES = {
    "an index": lambda x: x[(x > 1).astype(int)][0] * x[np.argsort(x)][0] * x[np.floor(x).astype(int)][0],
    "a mask": lambda x: np.sum(x[x > 0.6] ** 2) + np.sum(x[~(x > 0.6)]),
    "a condition": lambda x: x[0] * 2 if np.floor(x)[1] == 1 and (x > 1)[1] and not (x > 1)[0] else x[1],
    "a count": lambda x: sum([x[0] * i for i in range(int(np.floor(x).sum()) + 2)]),
    "a number of places": lambda x: np.sum(np.repeat(x, [1, 2, int(np.sign(x)[0])])),
    "a mask that is written": lambda x: (lambda m: (m.__setitem__(0, True), np.sum(x[m]))[1])(x > 1),
    "a type": lambda x: x[0] * 2 if isinstance(np.floor(x), np.ndarray) and isinstance(x > 1, np.ndarray) else x[1],
    "a text": lambda x: x[0] * len(f"{x > 1} {np.floor(x)} {(x > 1)!r}"),
    "flags and bytes": lambda x: x[0] * len(np.floor(x).tobytes()) * np.floor(x).flags.c_contiguous,
    "a helper": in_a_helper,
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_constant_results_steer_the_program(use):
    assert wg.vjp(lambda x: [use(x)][0], X)[0] == pytest.approx(use(X.copy()))
    assert wg.check_derivatives(lambda x: [use(x)][0], X, order=2).passed


OF_LISTS = {
    "exp": lambda x: np.exp([x[0], 2 * x[1]]),
    "maximum": lambda x: np.maximum([x[0], 1], [2, x[1]]),
    "matmul": lambda x: np.matmul(C, [x[0], x[1]]),
    "a nested list": lambda x: np.sin([[x[0], 1.0], (x[1], x[2])]),
    "arctan2": lambda x: np.arctan2((x[0], x[1]), C),
    "out": lambda x: np.exp([x[0], x[1]], out=np.zeros(2)),
    "where": lambda x: np.add([x[0], x[1]], 1.0, out=np.ones(2), where=[True, False]),
    "reduce": lambda x: np.add.reduce([x[0], x[1] * x[0]]),
    "accumulate": lambda x: np.multiply.accumulate([x[0], x[1], x[2]]),
    "reduceat": lambda x: np.add.reduceat([x[0], x[1], x[2]], [0, 2]),
    "outer": lambda x: np.multiply.outer([x[0], x[1]], [1.0, 2.0]),
    "at": lambda x: (lambda a: (np.add.at(a, [0, 0], [x[0], x[1]]), a)[1])(np.zeros(2)),
    "functools.reduce": lambda x: functools.reduce(np.add, [x[0], x[1], x[2]]),
    "modf": lambda x: np.modf([x[0], 2.5])[0],
    "array @ list": lambda x: C @ [x[0], x[1]],
    "list @ array": lambda x: [x[0], x[1]] @ C,
    "array * list": lambda x: C * [x[0], x[1]],
    "list * array": lambda x: [x[0], x[1]] * C,
    "list + array": lambda x: [x[0], x[1]] + C,  # noqa: RUF005 (a sum)
    "array - list": lambda x: C - [x[0], x[1]],
    "array / tuple": lambda x: C / (x[0], x[1]),
    "array ** list": lambda x: C ** [x[0], x[1]],
    "counts * list": lambda x: COUNTS * [x[0], x[1]],
    "list < array": lambda x: ([x[0], x[1]] < C) * x[0],
    "array > list": lambda x: (C > [x[0], x[1]]) * x[0],  # noqa: SIM300 (the array is asked)
    "array % list": lambda x: C % [x[0], x[1]],
    "traced * list": lambda x: x[:2] * [x[0], 3.0],
    "mean of data with a traced weight": lambda x: np.average(C, axis=0, weights=[x[0], x[1]]),
    "method of data": lambda x: C.clip(x[0], 2.0),
    "emath": lambda x: np.emath.sqrt([x[0], x[1]]),
    "emath of negative entries": lambda x: np.abs(np.emath.log([-x[0], x[1]])),
    "grid": lambda x: np.mgrid[0 : x[0] : 3j],
    "grids": lambda x: np.mgrid[0 : x[0] : 3j, x[1] : 2.0 : 2j],
    "open grids": lambda x: np.ogrid[0 : x[0] : 3j, x[1] : 2.0 : 2j][1],
    "ranges in brackets": lambda x: np.r_[x[0] : x[1] : 3j, 1.0],
    "fromfunction": lambda x: np.fromfunction(lambda i, j: i * x[0] + j * x[1], (2, 3)),
    "nditer": lambda x: sum([v**2 for v in np.nditer(x)]),
    "nditer of two": lambda x: np.stack([v * w for v, w in np.nditer([x[:, None] * x, C[0, :1]])]),
    "nditer with places": lambda x: np.stack([v * i[0] for it in [np.nditer(x, flags=["multi_index"])]
                                              for v, i in ((v, it.multi_index) for v in it)]),
    "nditer of columns": lambda x: np.stack(list(np.nditer(np.asfortranarray(np.outer(x, x[:2] ** 2))))),
    "nditer in rows": lambda x: np.stack(list(np.nditer(np.outer(x, x[:2] ** 2).T, order="C"))),
    "nditer in chunks": lambda x: np.concatenate(list(np.nditer(x, flags=["external_loop"]))),
    "put nothing": lambda x: (lambda a: (np.put(a, [0], []), a)[1])(x.copy()),
    "putmask nothing": lambda x: (lambda a: (np.putmask(a, a > 1, []), a)[1])(x.copy()),
    "fill_diagonal with nothing": lambda x: (lambda a: (np.fill_diagonal(a, np.array([])), a)[1])(np.outer(x, x)),
    "flat nothing": lambda x: (lambda a: (a.flat.__setitem__(slice(None), []), a)[1])(x.copy()),
    "shuffle": lambda x: (lambda a: (np.random.default_rng(0).shuffle(a), a)[1])(np.outer(x, x)),
    "shuffle along an axis": lambda x: (lambda a: (np.random.default_rng(0).shuffle(a, axis=1), a)[1])(np.outer(x, x)),
    "shuffle of old": lambda x: (lambda a: (np.random.RandomState(0).shuffle(a), a)[1])(x.copy()),
    "permutation": lambda x: np.random.default_rng(1).permutation(np.outer(x, x), axis=1),
    "permuted": lambda x: np.random.default_rng(1).permuted(np.outer(x, x), axis=0),
    "choice of a list": lambda x: np.random.default_rng(1).choice([x[0], x[1], 2.0], 4),
    "choice of columns": lambda x: np.random.default_rng(1).choice(np.outer(x, x), 2, axis=1),
    "gumbel": lambda x: np.random.default_rng(1).gumbel(x[0], x[1], size=3),
}  # fmt: skip


@pytest.mark.parametrize("program", OF_LISTS.values(), ids=OF_LISTS)
def test_lists_and_plain_arrays_take_traced_values(program):
    value = wg.vjp(lambda x: [program(x)][0], X)[0]
    expected = program(X.copy())
    assert np.result_type(value) == np.result_type(expected)
    np.testing.assert_allclose(value, expected, rtol=1e-14)
    assert wg.check_derivatives(lambda x: [program(x)][0], X.copy(), order=2).passed


def into_data(x):
    C[0, 0] = x[0]
    return np.sum(C)


def into_integers(x):
    places = np.argsort(x)
    places[0] = x[1]
    return np.sum(x[places])


def list_into_data(x):
    C[0] = [x[0], x[1]]
    return np.sum(C)


def added_to_data(x):
    rows = C
    rows += x[0]
    return np.sum(rows)


def filled(x):
    C.fill(x[0])
    return np.sum(C)


def put_into_data(x):
    np.put(C, [0], x[0])
    return np.sum(C)


def copied_into_data(x):
    np.copyto(C, x[0])
    return np.sum(C)


def iterated(x):
    with np.nditer(x, op_flags=["readwrite"]) as places:
        for place in places:
            place[...] = 2 * place
    return np.sum(x)


def nested(x):
    outer, inner = np.nested_iters(x[:, None] * x, [[0], [1]])
    return sum([v for _ in outer for v in inner])


REFUSED = {
    "into data": (into_data, ConversionError, "copy it there"),
    "a list into data": (list_into_data, ConversionError, "copy it there"),
    "into integers": (into_integers, ConversionError, "astype\\(float\\)"),
    "added to data": (added_to_data, MutationError, "a = a \\+ x"),
    "filled data": (filled, ConversionError, "a.copy|np.array"),
    "put into data": (put_into_data, MutationError, "wengert.numpy"),
    "copied into data": (copied_into_data, MutationError, "wengert.numpy"),
    "a writing iterator": (iterated, UnsupportedError, "array of your own"),
    "nested iterators": (nested, UnsupportedError, "ndindex"),
}
WAYS = {
    "grad": lambda f: wg.grad(f)(X),
    "jvp": lambda f: wg.jvp(f, (X,), (X,)),
    "hessian": lambda f: wg.hessian(f)(X),
    "vmap": lambda f: wg.vmap(f)(np.stack([X, 2 * X])),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize(("program", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_writes_that_would_lose_a_derivative_name_the_line_and_the_remedy(program, error, words, way):
    if program is into_integers and way is WAYS["vmap"]:
        pytest.skip("the examples of a batch are integers there, and NumPy rounds what is written")
    data = C.copy()
    with pytest.raises(error, match=words) as caught:
        way(program)
    assert "test_constants.py" in str(caught.value)
    assert "setting an array element" not in str(caught.value)
    np.testing.assert_array_equal(C, data)
