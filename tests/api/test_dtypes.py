"""Precisions, layouts, scalars, empty arrays, broadcasting and axes: derivatives follow the array they are given."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.errors import ArgumentError, IntegerInputError, UndefinedDerivativeError, UnsupportedError
from wengert.graph import OPAQUE, REGISTRY, live
from wengert.testing.cases import Case, cases
from wengert.tracing import UFUNCS

Function = Callable[..., Any]

# a derivative that is constant or does not depend on the argument is meant here
pytestmark = pytest.mark.filterwarnings("ignore::wengert.errors.IndependentOutputWarning")


# precision

PROGRAMS: dict[str, Function] = {
    "polynomial": lambda x: np.sum(3 * x**3 - x**2 / 2 + 1),
    "elementary": lambda x: np.sum(np.exp(x) * np.sin(x) / np.sqrt(x + 1) + np.log(x + 1) ** 1.5 - x**-0.5),
    "statistics": lambda x: np.mean(x) + np.var(x) * np.std(x) + np.max(x) - np.min(x) + np.prod(x),
    "selection": lambda x: np.sum(np.where(x > 1, x**2, np.maximum(x, 0.5)) + np.clip(x, 0.7, 1.5) * np.abs(x)),
    "shapes": lambda x: np.sum(np.stack([x, x[::-1]]).T @ np.concatenate([x, x]).reshape(2, -1)),
    "quantiles": lambda x: np.median(x) * np.quantile(x, 0.3) + np.sum(np.nanpercentile(x, 40, keepdims=True)),
    "logaddexp": lambda x: np.sum(np.logaddexp(x, 1.0) * np.logaddexp2(x, x[::-1]) + np.hypot(x, 2) * np.arctan2(x, 1)),
    "cumulative": lambda x: np.sum(np.cumsum(x) * np.cumprod(x)) + np.sort(x)[0] * np.diff(x)[0],
    "softmax": lambda x: (np.exp(x - np.max(x)) / np.sum(np.exp(x - np.max(x))))[0],
    "writes": lambda x: np.sum(_written(x) * np.arange(3, dtype=x.dtype)),
    "loop": lambda x: _power_series(x),
    "einsum": lambda x: np.einsum("i,ij,j->", x, np.outer(x, x), x),
}
SOLVING: dict[str, Function] = {
    "norms": lambda x: np.linalg.norm(x) * np.linalg.norm(x, 1) + np.linalg.norm(x, 3) + np.linalg.norm(x, np.inf),
    "solve": lambda x: np.sum(np.linalg.solve(np.outer(x, x) + np.diag(x), x)),
    "factors": lambda x: (
        np.sum(np.linalg.cholesky(np.outer(x, x) + np.diag(x))) + np.linalg.det(np.outer(x, x) + np.diag(x))
    ),
    "eigenvalues": lambda x: np.sum(np.linalg.eigvalsh(np.outer(x, x) + np.diag(x)) ** 2),
}
POINT = np.array([0.6, 1.1, 1.9])


def _written(x: Any) -> Any:
    out = x.copy()
    out[0] = x[1] * x[2]
    out[1:] *= 2
    return out


def _power_series(x: Any) -> Any:
    total, term = 0.0, 1.0
    for k in range(1, 5):
        term = term * x / k
        total = total + term
    return np.sum(total)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("name", [*PROGRAMS, *SOLVING])
def test_every_derivative_has_the_precision_of_the_program(name, dtype):
    f = {**PROGRAMS, **SOLVING}[name]
    x = POINT.astype(dtype)
    if name in SOLVING and dtype in (np.float16, np.longdouble):
        # LAPACK knows neither, and the norms keep to the precisions of LAPACK
        with pytest.raises(TypeError, match="unsupported in linalg"):
            wg.grad(f)(x)
        return
    value, gradient = wg.value_and_grad(f)(x)
    tangent = wg.jvp(f, (x,), (x,))[1]
    moved = wg.hvp(f, x, x)
    hessian = wg.hessian(f)(x)
    pulled = wg.vjp(f, x)[1](np.ones((), dtype)[()])[0]
    third = wg.jvp(lambda t: wg.hvp(f, t, x), (x,), (x,))[1]
    rows = [wg.jacobian(lambda t: f(t) * t, mode=mode)(x) for mode in ("forward", "reverse")]
    batched = wg.vmap(wg.grad(f))(np.stack([x, x]))
    found = [value, gradient, tangent, moved, hessian, pulled, third, *rows, batched]
    assert [np.asarray(part).dtype for part in found] == [np.dtype(dtype)] * len(found)
    rough = {np.float16: 0.05, np.float32: 1e-4}.get(dtype, 1e-12)
    exact = wg.grad(f)(POINT)
    np.testing.assert_allclose(gradient, exact, rtol=rough, atol=rough * np.max(np.abs(exact)))


def narrowed(case: Case) -> Case:
    narrow = {"f": np.float32, "c": np.complex64}
    args = [
        np.asarray(x, narrow[k.dtype.kind])[()] if k.inexact else x for x, k in zip(case.args, case.types, strict=True)
    ]
    return Case(case.primitive, case.number, args, case.params)


def widened_by_integers(case: Case) -> bool:
    """Whether integers are computed with beside narrow numbers, which widens them in NumPy too."""
    kinds = [kind for kind in case.types if kind is not OPAQUE]
    return bool(case.primitive.elementwise) and any(kind.dtype.kind in "iu" for kind in kinds)


# what is told its dtype computes in that
SAMPLES = [case for primitive in REGISTRY.values() for case in cases(primitive) if "dtype" not in case.named]


@pytest.mark.parametrize(
    "case", [case for case in SAMPLES if case.differentiable and not widened_by_integers(case)], ids=repr
)
def test_nothing_is_computed_in_double_precision_on_the_way(case):
    wide = {np.dtype(np.float64), np.dtype(np.complex128)}
    try:
        rule = narrowed(case).rule()
    except UndefinedDerivativeError:
        # values that are apart in double precision may count as one in single
        return
    for graph in (rule.push_graph, rule.pull_graph):
        for equation in live(graph):
            results = [variable.type for variable in equation.outputs if not variable.type.weak]
            assert not wide & {kind.dtype for kind in results}, f"{equation.primitive.name} in\n{graph}"


# programs whose derivatives meet infinities, so that the sweeps run once more with zeros that annihilate
ANNIHILATING: dict[str, Function] = {
    "a branch not taken": lambda x: np.sum(np.where(x > 0, np.sqrt(x) / 2, 3 * x)),
    "no weight": lambda x: np.sum(0 * np.sqrt(x) + 0.0 * np.log(2 * np.sqrt(x) + 1)),
    "a mask": lambda x: np.sum((x > 0) * np.sqrt(x) + x),
    "a quotient": lambda x: np.sum(np.where(x > 0, np.log(x) / x + 1 / x, 2 * x)),
    "a length": lambda x: np.sqrt(np.sum((x - x) ** 2)) + np.sum(x),
    "a matrix product": lambda x: np.sum(np.diag(np.array([0, 1], x.dtype)) @ np.sqrt(x)),
    "overflow": lambda x: np.sum(1 / (1 + np.exp(-3e4 * x))),
}


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("f", ANNIHILATING.values(), ids=ANNIHILATING)
def test_the_precision_stays_where_zeros_annihilate(f, dtype):
    x = np.array([0, 1], dtype)
    with np.errstate(all="ignore"):
        found = [
            wg.grad(f)(x), wg.jvp(f, (x,), (x,))[1], wg.hvp(f, x, x), wg.hessian(f)(x),
            wg.jacobian(f, mode="forward")(x), wg.vmap(wg.grad(f))(np.stack([x, x])),
        ]  # fmt: skip
    assert [part.dtype for part in found] == [np.dtype(dtype)] * len(found)
    assert all(np.all(np.isfinite(part)) for part in found[:2])


# scalars, and arrays without axes

SCALARS: dict[str, tuple[Any, type]] = {
    "float": (2.0, float),
    "float64": (np.float64(2), np.float64),
    "float32": (np.float32(2), np.float32),
    "float16": (np.float16(2), np.float16),
    "longdouble": (np.longdouble(2), np.longdouble),
    "array without axes": (np.array(2.0), np.ndarray),
    "narrow array without axes": (np.array(2.0, np.float32), np.ndarray),
}
OPERATIONS: dict[str, Function] = {
    "grad": lambda f, x: wg.grad(f)(x),
    "value_and_grad": lambda f, x: wg.value_and_grad(f)(x)[1],
    "vjp": lambda f, x: wg.vjp(f, x)[1](np.ones_like(x)[()])[0],
    "jacobian": lambda f, x: wg.jacobian(f)(x),
    "jacobian forward": lambda f, x: wg.jacobian(f, mode="forward")(x),
    "hessian": lambda f, x: wg.hessian(f)(x),
}


OF_A_NUMBER = [
    np.sin, lambda x: x**3, lambda x: x * 0 + 1, lambda x: 2.0 * x / 3, lambda x: np.sum(np.array([x, 2 * x])[1:] * x),
]  # fmt: skip


@pytest.mark.parametrize("f", OF_A_NUMBER, ids=range(5))
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("kind", SCALARS)
def test_a_number_gives_a_number_and_an_array_an_array(kind, operation, f):
    x, expected = SCALARS[kind]
    found = OPERATIONS[operation](f, x)
    assert type(found) is expected
    assert np.shape(found) == ()
    assert expected is float or found.dtype == x.dtype


@pytest.mark.parametrize(
    "container", [list, tuple, lambda parts: dict(enumerate(parts))], ids=["list", "tuple", "dict"]
)
def test_containers_are_taken_apart(container):
    def f(parts: Any) -> Any:
        first, second = parts.values() if isinstance(parts, dict) else parts
        return first**2 + np.sum(second**3)

    found = wg.grad(f)(container([3.0, np.array([1.0, 2.0])]))
    expected = container([6.0, np.array([3.0, 12.0])])
    assert type(found) is type(expected)
    first, second = found.values() if isinstance(found, dict) else found
    assert first == 6.0
    np.testing.assert_array_equal(second, [3.0, 12.0])


# empty arrays

EMPTY: dict[str, tuple[Function, tuple[int, ...]]] = {
    "sum": (np.sum, (0,)),
    "sum of a matrix": (np.sum, (0, 3)),
    "sum of squares along an axis": (lambda x: np.sum(np.sum(x**2, axis=0)), (0, 3)),
    "prod": (np.prod, (0,)),
    "norm": (np.linalg.norm, (0,)),
    "matrix product": (lambda x: np.sum(x.T @ x), (0, 2)),
    "elementary": (lambda x: np.sum(np.exp(x) * np.sin(x) / (1 + x**2)), (2, 0)),
    "sort": (lambda x: np.sum(np.sort(x)), (0,)),
    "concatenation": (lambda x: np.sum(np.concatenate([x, x])), (0,)),
    "einsum": (lambda x: np.einsum("ij,ij->", x, x), (0, 3)),
    "cumsum": (lambda x: np.sum(np.cumsum(x)), (0,)),
    "where": (lambda x: np.sum(np.where(x > 0, x, 0)), (0,)),
}


@pytest.mark.parametrize(("f", "shape"), EMPTY.values(), ids=EMPTY)
def test_an_empty_array_has_an_empty_gradient(f, shape):
    x = np.zeros(shape, np.float32)
    gradient = wg.grad(f)(x)
    assert (gradient.shape, gradient.dtype) == (shape, np.float32)
    assert wg.jvp(f, (x,), (x,))[1] == 0
    hessian = wg.hessian(f)(x)
    assert (hessian.shape, hessian.dtype) == (shape + shape, np.float32)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    ("f", "shape", "expected"),
    [
        (lambda x: x**2, (0,), (0, 0)),
        (lambda x: x[:0], (3,), (0, 3)),
        (lambda x: np.concatenate([x, np.ones(2)]), (0,), (2, 0)),
        (lambda x: np.outer(x, np.ones(2)), (0,), (0, 2, 0)),
        (lambda x: np.sum(x, axis=0), (0, 2), (2, 0, 2)),
        (lambda x: np.sum(x, axis=1), (0, 2), (0, 0, 2)),
    ],
)
def test_jacobians_without_entries(f, shape, expected, mode):
    assert wg.jacobian(f, mode=mode)(np.zeros(shape)).shape == expected


# layouts

LAYOUTS: dict[str, Function] = {
    "contiguous": lambda a: a.copy(),
    "Fortran order": np.asfortranarray,
    "transposed": lambda a: a.T.copy().T,
    "every second entry": lambda a: np.repeat(np.repeat(a, 2, 0), 2, 1)[::2, ::2],
    "reversed": lambda a: a[::-1, ::-1].copy()[::-1, ::-1],
    "part of a larger array": lambda a: np.pad(a, 1)[1:-1, 1:-1],
    "broadcast": lambda a: np.broadcast_to(a[0], a.shape),
    "field of a record": lambda a: _field(a),
    "read-only": lambda a: _locked(a.copy()),
    "unaligned": lambda a: _unaligned(a),
}
OF_MATRICES: dict[str, Function] = {
    "elementwise": lambda a: np.sum(np.sin(a) * a**2 / (1 + a)),
    "products": lambda a: np.sum((a @ a.T) @ a),
    "vector": lambda a: np.sum((a @ a[0]) ** 2) + np.dot(a[:, 0], a[0, :]),
    "reductions": lambda a: np.sum(np.max(a, axis=0) * np.prod(a, axis=1)) + np.std(a),
    "indexing": lambda a: np.sum(a[1:, ::-1] ** 2) + a[0, 1] * a[[0, 2], [1, 1]].sum(),
    "shapes": lambda a: (
        np.sum(a.reshape(-1)[::2] ** 2) + np.sum(a.ravel(order="F")[:4] ** 3) + np.sum(a.T.reshape(-1)[:3])
    ),
    "solve": lambda a: np.sum(np.linalg.inv(a @ a.T + np.eye(3))),
    "writes": lambda a: np.sum(_doubled(a) ** 2),
    "einsum": lambda a: np.einsum("ij,jk,ki->", a, a, a),
}


def _field(a: Any) -> Any:
    records = np.zeros(a.shape, [("other", np.float32), ("wanted", np.float64)])
    records["wanted"] = a
    return records["wanted"]


def _locked(a: Any) -> Any:
    a.flags.writeable = False
    return a


def _unaligned(a: Any) -> Any:
    room = np.zeros(a.nbytes + 1, np.uint8)[1:].view(np.float64).reshape(a.shape)
    room[...] = a
    return room


def _doubled(a: Any) -> Any:
    b = a.copy()
    b[::2] *= 2
    b += a
    return b


@pytest.mark.parametrize("f", OF_MATRICES.values(), ids=OF_MATRICES)
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_the_layout_in_memory_does_not_matter(layout, f):
    a = layout(np.random.default_rng(3).uniform(0.5, 1.5, (3, 3)))
    plain, writeable = a.copy(order="C"), a.flags.writeable
    v = layout(np.cos(np.arange(9.0)).reshape(3, 3))
    close = {"rtol": 1e-12, "atol": 1e-12}
    gradient = wg.grad(f)(a)
    np.testing.assert_allclose(gradient, wg.grad(f)(plain), **close)
    assert gradient.flags.writeable
    assert not np.shares_memory(gradient, a)
    for derivative in (
        lambda x: wg.jvp(f, (x,), (v,))[1], lambda x: wg.hvp(f, x, v), wg.hessian(f),
        wg.jacobian(f, mode="forward"), lambda x: wg.vjp(f, x)[1](1.0)[0],
    ):  # fmt: skip
        np.testing.assert_allclose(derivative(a), derivative(plain), **close)
    np.testing.assert_array_equal(a, plain)
    assert a.flags.writeable == writeable


# what is refused, and what to do

INTEGERS = (IntegerInputError, "pass floating-point numbers, for example")
SUBCLASS = (
    ArgumentError,
    r"a subclass of ndarray with rules of its own; pass a plain array, for example numpy\.asarray",
)
OTHER = (ArgumentError, "cannot be differentiated; pass floating-point numbers")
NO_ARRAY = (ArgumentError, "cannot be differentiated; pass floats or NumPy arrays")


FOREIGN = np.dtype(float).newbyteorder("S")


class Subclass(np.ndarray):
    pass


class Column:
    """What the columns of tables are to NumPy: something that can be made an array."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.ones(2)


REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "an int": (3, *INTEGERS),
    "a NumPy integer": (np.int8(3), *INTEGERS),
    "an array of integers": (np.arange(3), *INTEGERS),
    "unsigned integers": (np.arange(3, dtype=np.uint8), *INTEGERS),
    "a bool": (True, *INTEGERS),
    "an array of Booleans": (np.array([True, False]), *INTEGERS),
    "a list with an int": ([1.0, 2], *INTEGERS),
    "foreign byte order": (np.ones(2, FOREIGN), ArgumentError, "foreign byte order .* convert it with"),
    "a masked array": (np.ma.masked_array([1.0, 2.0], [0, 1]), *SUBCLASS),
    "a matrix": (np.ones((2, 2)).view(np.matrix), *SUBCLASS),
    "a record array": (np.recarray(2, [("a", float)]), *SUBCLASS),
    "another subclass": (np.ones(2).view(Subclass), *SUBCLASS),
    "objects": (np.array([1.0, 2.0], object), *OTHER),
    "strings": (np.array(["a"]), *OTHER),
    "dates": (np.array(["2020-01-01"], "M8[D]"), *OTHER),
    "a time": (np.timedelta64(1, "D"), *OTHER),
    "records": (np.zeros(2, [("a", float)]), *OTHER),
    "a string": ("abc", *NO_ARRAY),
    "a column of a table": (Column(), *NO_ARRAY),
    "a fraction": (Fraction(1, 2), *NO_ARRAY),
    "a decimal": (Decimal(1), *NO_ARRAY),
    "a day": (datetime.date(2020, 1, 1), *NO_ARRAY),
    "a set": ({1.0, 2.0}, *NO_ARRAY),
    "nothing": ([None], ArgumentError, "holds nothing to differentiate"),
}  # fmt: skip


@pytest.mark.parametrize(
    "operation",
    [wg.grad, wg.value_and_grad, wg.jacobian, wg.hessian, wg.elementwise_grad],
    ids=lambda operation: operation.__name__,
)
@pytest.mark.parametrize(("value", "error", "wording"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_differentiated_is_refused_with_advice(value, error, wording, operation):
    if operation is wg.elementwise_grad and isinstance(value, list):
        # it takes no containers at all
        error, wording = NO_ARRAY
    with pytest.raises(error, match=wording):
        operation(lambda x: np.sum(x**2))(value)


BESIDE: dict[str, tuple[Any, Any]] = {
    "integers": (np.array([1, 2]), [1, 2]),
    "Booleans": (np.array([True, False]), [1, 0]),
    "a list": ([1, 2], [1, 2]),
    "foreign byte order": (np.array([1.0, 2.0], FOREIGN), [1, 2]),
    "half precision": (np.array([1, 2], np.float16), [1, 2]),
    "extended precision": (np.array([1, 2], np.longdouble), [1, 2]),
    "a read-only array": (_locked(np.array([1.0, 2.0])), [1, 2]),
}


@pytest.mark.parametrize(("constant", "expected"), BESIDE.values(), ids=BESIDE)
def test_constants_of_other_types_leave_the_gradient_its_own(constant, expected):
    for f in (lambda x: np.sum(x * constant), lambda x: np.sum(constant * x), lambda x: np.dot(constant, x)):
        for x in (np.ones(2), np.ones(2, np.float32)):
            gradient = wg.grad(f)(x)
            assert gradient.dtype == x.dtype
            np.testing.assert_array_equal(gradient, expected)


@pytest.mark.parametrize(
    "constant", [np.ones(2).view(Subclass), np.ones((2, 2)).view(np.matrix), np.array([1.0, 2.0], object)], ids=repr
)
def test_constants_with_rules_of_their_own_are_refused(constant):
    for f in (lambda x: np.sum(x * constant), lambda x: np.sum(constant * x)):
        with pytest.raises(UnsupportedError, match=r"plain array of numbers|floating-point numbers first"):
            wg.grad(f)(np.ones(2))


# broadcasting

BINARY = {
    ufunc.__name__: ufunc
    for ufunc in UFUNCS
    if isinstance(ufunc, np.ufunc) and ufunc.nin == 2 and ufunc.nout == 1 and ufunc.signature is None
    and getattr(np, ufunc.__name__, None) is ufunc and "dd->d" in ufunc.types
}  # fmt: skip
SHAPES = [((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3)), ((), (2, 1)), ((2, 1), (1, 3)), ((1,), (4,)), ((0,), (1,)),
          ((2, 1, 3), (4, 1)), ((), ())]  # fmt: skip


def test_the_binary_functions_are_all_there():
    expected = (
        "add subtract multiply divide power float_power maximum minimum fmax fmin hypot arctan2 logaddexp logaddexp2 "
        "remainder fmod copysign heaviside"
    )
    assert set(expected.split()) <= set(BINARY)


@pytest.mark.parametrize(("left", "right"), SHAPES, ids=repr)
@pytest.mark.parametrize("name", BINARY)
def test_a_broadcast_operand_collects_the_gradients_of_its_copies(name, left, right):
    ufunc = BINARY[name]
    rng = np.random.default_rng(1)
    x, y = rng.uniform(1.1, 1.9, left), rng.uniform(2.1, 2.9, right)
    shape = np.broadcast_shapes(left, right)
    weights = rng.normal(size=shape)

    def f(x: Any, y: Any) -> Any:
        return np.sum(weights * ufunc(x, y))

    found = wg.grad(f, (0, 1))(x, y)
    spread = wg.grad(f, (0, 1))(np.broadcast_to(x, shape).copy(), np.broadcast_to(y, shape).copy())
    for gradient, operand, copies in zip(found, (x, y), spread, strict=True):
        extra = tuple(range(len(shape) - np.ndim(operand)))
        stretched = tuple(i for i, n in enumerate(shape) if i not in extra and np.shape(operand)[i - len(extra)] != n)
        expected = np.sum(np.sum(copies, axis=stretched, keepdims=True), axis=extra)
        assert np.shape(gradient) == np.shape(operand)
        np.testing.assert_allclose(gradient, expected, rtol=1e-13, atol=1e-13)
    _, tangent = wg.jvp(f, (x, y), (np.ones_like(x), np.ones_like(y)))
    np.testing.assert_allclose(tangent, sum(np.sum(part) for part in found), rtol=1e-12, atol=1e-13)


# axes

REDUCTIONS: dict[str, Function] = {
    "sum": np.sum, "mean": np.mean, "prod": np.prod, "max": np.max, "min": np.min, "var": np.var, "std": np.std,
    "ptp": np.ptp, "weighted": lambda x, **to: np.sum(x * x, **to), "average": np.average,
    "norm": lambda x, axis, keepdims: np.sqrt(np.sum(np.abs(x) ** 2, axis=axis, keepdims=keepdims)),
}  # fmt: skip
AXES: list[Any] = [None, 0, 1, 2, -1, -3, (0,), (0, 2), (-1, 0), (1, -1), (0, 1, 2)]


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES, ids=repr)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions_along_any_axes(name, axis, keepdims):
    """The same as bringing the axes to the end, making one axis of them, and reducing that."""
    reduction = REDUCTIONS[name]
    x = np.random.default_rng(2).uniform(0.5, 1.5, (2, 3, 4))
    places = tuple(range(3)) if axis is None else tuple(a % 3 for a in np.atleast_1d(axis))
    kept = tuple(i for i in range(3) if i not in places)
    length = int(np.prod([x.shape[i] for i in places]))
    value = reduction(x, axis=axis, keepdims=keepdims)
    weights = np.cos(np.arange(1.0, 1 + np.size(value)))

    def direct(x: Any) -> Any:
        return np.sum(np.reshape(reduction(x, axis=axis, keepdims=keepdims), -1) * weights)

    def rearranged(x: Any) -> Any:
        rows = np.transpose(x, (*kept, *sorted(places))).reshape(-1, length)
        return np.sum(reduction(rows, axis=1, keepdims=False) * weights)

    np.testing.assert_allclose(wg.grad(direct)(x), wg.grad(rearranged)(x), rtol=1e-12, atol=1e-13)
    v = np.sin(np.arange(24.0)).reshape(2, 3, 4)
    np.testing.assert_allclose(wg.hvp(direct, x, v), wg.hvp(rearranged, x, v), rtol=1e-11, atol=1e-12)
    traced = wg.jvp(lambda x: reduction(x, axis=axis, keepdims=keepdims), (x,), (v,))[1]
    assert np.shape(traced) == np.shape(value)
