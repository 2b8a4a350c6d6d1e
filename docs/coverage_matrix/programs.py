"""One small program for every function of NumPy that traced values know, at inputs away from kinks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np

from coverage_matrix.proof import Program
from wengert.graph import REGISTRY, ArrayType, Primitive, concrete_type
from wengert.primitives.linalg.witness import renewed
from wengert.tracing import FUNCTIONS, UFUNCS

__all__ = ["PRIMITIVES", "constant_programs", "numpy_programs", "primitive_programs", "without_program"]

# taken when this module is read, so that a primitive of somebody else's does not count
PRIMITIVES: Final[tuple[Primitive, ...]] = tuple(REGISTRY.values())
_HERMITIAN: Final = ("cholesky", "eigenvalues", "eigenvectors", "eigenbasis")


def _random(*shape: int, low: float = -1.0, high: float = 1.0) -> Any:
    return np.random.default_rng([int(abs(low) * 10), *shape]).uniform(low, high, shape)


V, W = _random(3), _random(4)[:3]
M, N = _random(2, 3), _random(3, 2)
S = _random(3, 3) + 2 * np.eye(3)
T = _random(2, 3, 2)
POSITIVE = _random(3, low=0.5, high=2.0)
UP = np.array([0.1, 0.4, 0.9])  # in ascending order, and nowhere near a whole number
ONE = 0.7


def _sym(x: Any) -> Any:
    return (x + x.T) / 2


def _spd(x: Any) -> Any:
    return x @ x.T + np.eye(3)


# name: (call, its differentiated arguments)
_CALLS: Final[dict[str, tuple[Callable[..., Any], tuple[Any, ...]]]] = {
    # elementwise functions that are no plain primitive
    "np.positive": (np.positive, (V,)),
    "np.power": (np.power, (POSITIVE, V)),
    "np.float_power": (np.float_power, (POSITIVE, V)),
    "np.real": (lambda x: np.real(x * (1 + 2j)), (V,)),
    "np.imag": (lambda x: np.imag(x * (1 + 2j)), (V,)),
    "np.nan_to_num": (np.nan_to_num, (V,)),
    "np.clip": (lambda x, a, b: np.clip(x, a, b), (np.array([-2.0, 0.1, 2.0]), -ONE, ONE)),
    # reductions
    "np.sum": (lambda x: np.sum(x**2, axis=0), (M,)),
    "np.prod": (lambda x: np.prod(x, axis=1), (M,)),
    "np.max": (lambda x: np.max(x, axis=1) ** 2, (M,)),
    "np.amax": (lambda x: np.amax(x) ** 2, (M,)),
    "np.min": (lambda x: np.min(x, axis=1) ** 2, (M,)),
    "np.amin": (lambda x: np.amin(x) ** 2, (M,)),
    "np.mean": (lambda x: np.mean(x, axis=0) ** 2, (M,)),
    "np.average": (lambda x, w: np.average(x, weights=w), (V, POSITIVE)),
    "np.var": (lambda x: np.var(x, axis=1), (M,)),
    "np.std": (lambda x: np.std(x, axis=1), (M,)),
    "np.ptp": (lambda x: np.ptp(x, axis=1) ** 2, (M,)),
    "np.cumsum": (lambda x: np.cumsum(x**2, axis=1), (M,)),
    "np.trace": (lambda x: np.trace(x @ x), (S,)),
    "np.linalg.trace": (lambda x: np.linalg.trace(x @ x), (S,)),
    "np.add.reduce": (lambda x: np.add.reduce(x**2), (M,)),
    "np.multiply.reduce": (lambda x: np.multiply.reduce(x), (M,)),
    "np.maximum.reduce": (lambda x: np.maximum.reduce(x) ** 2, (M,)),
    "np.minimum.reduce": (lambda x: np.minimum.reduce(x) ** 2, (M,)),
    "np.add.accumulate": (lambda x: np.add.accumulate(x**2), (M,)),
    # products
    "np.matmul": (np.matmul, (M, N)),
    "np.dot": (np.dot, (M, N)),
    "np.inner": (np.inner, (V, W)),
    "np.vdot": (np.vdot, (V, W)),
    "np.outer": (np.outer, (V, W)),
    "np.kron": (np.kron, (M, N)),
    "np.cross": (np.cross, (V, W)),
    "np.tensordot": (lambda a, b: np.tensordot(a, b, 1), (M, N)),
    "np.einsum": (lambda a, b: np.einsum("ij,jk->ki", a, b), (M, N)),
    "np.linalg.vecdot": (np.linalg.vecdot, (V, W)),
    "np.linalg.outer": (np.linalg.outer, (V, W)),
    "np.linalg.cross": (np.linalg.cross, (V, W)),
    "np.linalg.matmul": (np.linalg.matmul, (M, N)),
    "np.linalg.tensordot": (lambda a, b: np.linalg.tensordot(a, b, axes=1), (M, N)),
    "np.linalg.multi_dot": (lambda a, b, c: np.linalg.multi_dot([a, b, c]), (M, N, M)),
    # linear algebra
    "np.linalg.solve": (np.linalg.solve, (S, N)),
    "np.linalg.inv": (np.linalg.inv, (S,)),
    "np.linalg.det": (np.linalg.det, (S,)),
    "np.linalg.slogdet": (lambda a: np.linalg.slogdet(a)[1], (S,)),
    "np.linalg.cholesky": (lambda a: np.linalg.cholesky(_spd(a)), (S,)),
    "np.linalg.eigh": (lambda a: np.linalg.eigh(_sym(a)), (S,)),
    "np.linalg.eigvalsh": (lambda a: np.linalg.eigvalsh(_sym(a)), (S,)),
    "np.linalg.svd": (lambda a: np.linalg.svd(a, full_matrices=False), (M,)),
    "np.linalg.svdvals": (np.linalg.svdvals, (M,)),
    "np.linalg.qr": (np.linalg.qr, (S,)),
    "np.linalg.norm": (np.linalg.norm, (V,)),
    "np.linalg.vector_norm": (lambda x: np.linalg.vector_norm(x, axis=1), (M,)),
    "np.linalg.matrix_norm": (lambda x: np.linalg.matrix_norm(x, ord="nuc"), (M,)),
    "np.linalg.matrix_power": (lambda a: np.linalg.matrix_power(a, -2), (S,)),
    "np.linalg.cond": (np.linalg.cond, (S,)),
    # shapes
    "np.reshape": (lambda x: np.reshape(x, (3, 2)) ** 2, (M,)),
    "np.ravel": (lambda x: np.ravel(x) ** 2, (M,)),
    "np.transpose": (lambda x: np.transpose(x, (2, 0, 1)) ** 2, (T,)),
    "np.matrix_transpose": (lambda x: np.matrix_transpose(x) ** 2, (T,)),
    "np.linalg.matrix_transpose": (lambda x: np.linalg.matrix_transpose(x) ** 2, (T,)),
    "np.swapaxes": (lambda x: np.swapaxes(x, 0, 2) ** 2, (T,)),
    "np.moveaxis": (lambda x: np.moveaxis(x, 0, 2) ** 2, (T,)),
    "np.rollaxis": (lambda x: np.rollaxis(x, 2) ** 2, (T,)),
    "np.expand_dims": (lambda x: np.expand_dims(x, 1) ** 2, (M,)),
    "np.squeeze": (lambda x: np.squeeze(x[:, None]) ** 2, (M,)),
    "np.broadcast_to": (lambda x: np.broadcast_to(x, (2, 3)) ** 2, (V,)),
    "np.broadcast_arrays": (lambda x, y: np.broadcast_arrays(x, y[:, None]), (V, W)),
    "np.atleast_1d": (lambda x: np.atleast_1d(x) ** 2, (ONE,)),
    "np.atleast_2d": (lambda x: np.atleast_2d(x) ** 2, (V,)),
    "np.atleast_3d": (lambda x: np.atleast_3d(x) ** 2, (M,)),
    "np.flip": (lambda x: np.flip(x, 1) ** 2, (M,)),
    "np.fliplr": (lambda x: np.fliplr(x) ** 2, (M,)),
    "np.flipud": (lambda x: np.flipud(x) ** 2, (M,)),
    "np.rot90": (lambda x: np.rot90(x) ** 2, (M,)),
    "np.roll": (lambda x: np.roll(x, 1, axis=1) ** 2, (M,)),
    "np.repeat": (lambda x: np.repeat(x, [2, 0, 1]) ** 2, (V,)),
    "np.tile": (lambda x: np.tile(x, (2, 2)) ** 2, (V,)),
    # joining and splitting
    "np.concatenate": (lambda a, b: np.concatenate([a, b]) ** 2, (V, W)),
    "np.stack": (lambda a, b: np.stack([a, b], axis=1) ** 2, (V, W)),
    "np.vstack": (lambda a, b: np.vstack([a, b]) ** 2, (V, W)),
    "np.hstack": (lambda a, b: np.hstack([a, b]) ** 2, (V, W)),
    "np.dstack": (lambda a, b: np.dstack([a, b]) ** 2, (V, W)),
    "np.column_stack": (lambda a, b: np.column_stack([a, b]) ** 2, (V, W)),
    "np.append": (lambda a, b: np.append(a, b) ** 2, (V, W)),
    "np.array_split": (lambda x: [part**2 for part in np.array_split(x, 2)], (V,)),
    "np.split": (lambda x: [part**2 for part in np.split(x, 3)], (V,)),
    "np.vsplit": (lambda x: [part**2 for part in np.vsplit(x, 2)], (M,)),
    "np.hsplit": (lambda x: [part**2 for part in np.hsplit(x, 3)], (M,)),
    "np.unstack": (lambda x: [part**2 for part in np.unstack(x)], (M,)),
    # selecting
    "np.where": (lambda a, b: np.where(np.array([True, False, True]), a, b) ** 2, (V, W)),
    "np.select": (lambda a, b: np.select([a > 0, a < -0.5], [a**2, b**2], 1.0), (V, W)),
    "np.sort": (lambda x: np.sort(x) ** 2, (M,)),
    "np.take": (lambda x: np.take(x, [2, 0, 2]) ** 2, (V,)),
    "np.take_along_axis": (lambda x: np.take_along_axis(x, np.array([[2], [0]]), 1) ** 2, (M,)),
    "np.compress": (lambda x: np.compress([True, False, True], x) ** 2, (V,)),
    "np.extract": (lambda x: np.extract([True, False, True], x) ** 2, (V,)),
    "np.diagonal": (lambda x: np.diagonal(x) ** 2, (S,)),
    "np.linalg.diagonal": (lambda x: np.linalg.diagonal(x) ** 2, (S,)),
    "np.diag": (lambda x: np.diag(x) ** 2, (V,)),
    "np.diagflat": (lambda x: np.diagflat(x) ** 2, (M,)),
    "np.tril": (lambda x: np.tril(x) ** 2, (S,)),
    "np.triu": (lambda x: np.triu(x) ** 2, (S,)),
    "np.unique": (lambda x: np.unique(x) ** 2, (V,)),
    "np.bincount": (lambda x: np.bincount([0, 1, 1], weights=x) ** 2, (V,)),
    "np.diff": (lambda x: np.diff(x) ** 2, (V,)),
    # making arrays
    "np.copy": (lambda x: np.copy(x) ** 2, (V,)),
    "np.full_like": (lambda x: np.full_like(x, x[0]) ** 2, (V,)),
    "np.full": (lambda x: np.full(3, x[0], like=x) ** 2, (V,)),
    "np.array": (lambda x: np.array([x[0], x[1] ** 2, 1.0], like=x), (V,)),
    "np.asarray": (lambda x: np.asarray([x[0], x[1] ** 2], like=x), (V,)),
}

# what is constant almost everywhere, or answers a question about arrays
_CONSTANT_CALLS: Final[dict[str, tuple[Callable[..., Any], tuple[Any, ...]]]] = {
    "np.round": (np.round, (UP,)), "np.around": (np.around, (UP,)), "np.fix": (np.fix, (UP,)),
    "np.argmax": (np.argmax, (V,)), "np.argmin": (np.argmin, (V,)), "np.argsort": (np.argsort, (V,)),
    "np.argpartition": (lambda x: np.argpartition(x, 1), (V,)),
    "np.lexsort": (lambda x: np.lexsort((x,)), (V,)),
    "np.searchsorted": (np.searchsorted, (UP, ONE)), "np.digitize": (np.digitize, (V, UP)),
    "np.histogram": (lambda x: np.histogram(x, [-1, 0, 1]), (V,)),
    "np.nonzero": (np.nonzero, (V,)), "np.flatnonzero": (np.flatnonzero, (V,)),
    "np.argwhere": (np.argwhere, (V,)), "np.count_nonzero": (np.count_nonzero, (V,)),
    "np.all": (np.all, (V,)), "np.any": (np.any, (V,)), "np.isin": (np.isin, (V, UP)),
    "np.allclose": (np.allclose, (V, W)), "np.isclose": (np.isclose, (V, W)),
    "np.array_equal": (np.array_equal, (V, W)), "np.array_equiv": (np.array_equiv, (V, W)),
    "np.isreal": (np.isreal, (V,)), "np.iscomplex": (np.iscomplex, (V,)),
    "np.isrealobj": (np.isrealobj, (V,)), "np.iscomplexobj": (np.iscomplexobj, (V,)),
    "np.isneginf": (np.isneginf, (V,)), "np.isposinf": (np.isposinf, (V,)),
    "np.shape": (np.shape, (M,)), "np.ndim": (np.ndim, (M,)), "np.size": (np.size, (M,)),
    "np.result_type": (lambda x: str(np.result_type(x)), (V,)),
    "np.can_cast": (lambda x: np.can_cast(np.asarray(1.0, like=x).dtype, np.float64), (V,)),
    "np.may_share_memory": (np.may_share_memory, (V, W)), "np.shares_memory": (np.shares_memory, (V, W)),
    "np.array_repr": (np.array_repr, (V,)), "np.array_str": (np.array_str, (V,)),
    "np.array2string": (np.array2string, (V,)),
    "np.unravel_index": (lambda x: np.unravel_index(np.argmax(x), (3, 1)), (V,)),
    "np.zeros_like": (np.zeros_like, (V,)), "np.ones_like": (np.ones_like, (V,)),
    "np.empty_like": (lambda x: np.empty_like(x).shape, (V,)),
    "np.zeros": (lambda x: np.zeros(3, like=x), (V,)), "np.ones": (lambda x: np.ones(3, like=x), (V,)),
    "np.empty": (lambda x: np.empty(3, like=x).shape, (V,)), "np.eye": (lambda x: np.eye(3, like=x), (V,)),
}  # fmt: skip


def numpy_programs() -> dict[str, Program]:
    """A program for each function of NumPy that is differentiated, by name."""
    programs = {_name(ufunc): _of_ufunc(ufunc) for ufunc in _plain_ufuncs(differentiable=True)}
    programs.update({name: Program(f, args) for name, (f, args) in _CALLS.items()})
    return dict(sorted(programs.items()))


def constant_programs() -> dict[str, Program]:
    """A program for each function of NumPy whose result counts as constant, by name."""
    programs = {_name(ufunc): _of_ufunc(ufunc) for ufunc in _plain_ufuncs(differentiable=False)}
    programs.update({name: Program(f, args) for name, (f, args) in _CONSTANT_CALLS.items()})
    return dict(sorted(programs.items()))


def primitive_programs() -> dict[str, Program]:
    """A program for each differentiable primitive, made from the first of its samples in real float64."""
    return {p.name: _of_primitive(p) for p in sorted(PRIMITIVES, key=lambda p: p.name) if p.differentiable}


def without_program() -> list[str]:
    """Functions in the tables of the tracer that have no program here, and programs of no such function."""
    known = {_name(function) for function in (*UFUNCS, *FUNCTIONS) if not isinstance(function, str)}
    return sorted(known ^ {*numpy_programs(), *constant_programs()})


def _name(function: Any) -> str:
    if isinstance(function, tuple):
        return f"{_name(function[0])}.{function[1]}"
    module = (getattr(function, "__module__", None) or "numpy").replace("numpy._core", "numpy")
    return f"{module.replace('numpy', 'np', 1)}.{function.__name__}"


def _plain_ufuncs(differentiable: bool) -> Iterable[np.ufunc]:
    for ufunc, rule in UFUNCS.items():
        if isinstance(rule, Primitive) and rule.differentiable is differentiable:
            yield ufunc


def _of_ufunc(ufunc: np.ufunc) -> Program:
    args, _ = _sample(UFUNCS[ufunc])  # type: ignore[arg-type]
    kinds = {np.asarray(arg).dtype.kind for arg in args}
    if kinds & {"f", "c"}:
        return Program(ufunc, args)
    # of integers or truth values: those that a program makes of its input
    return Program(lambda x: ufunc(*[x > 0 if "b" in kinds else np.argsort(x) for _ in args]), (V,))


def _sample(primitive: Primitive) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A sample in double precision, a real one if there is one."""
    if primitive.name == "convert":
        # its own samples go to single precision and back, where differences say nothing
        return (V,), {"dtype": np.dtype(np.complex128)}
    drawn = [draw(np.random.default_rng(5)) for draw in primitive.sample_list]
    for single, kind in ((np.float32, "c"), (np.float32, "")):
        for args, params in drawn:
            dtypes = [np.asarray(arg).dtype for arg in args if isinstance(concrete_type(arg), ArrayType)]
            if single not in dtypes and kind not in [dtype.kind for dtype in dtypes]:
                return args, params
    raise LookupError(f"primitive {primitive.name} has no sample in double precision")


def _of_primitive(primitive: Primitive) -> Program:
    args, params = _sample(primitive)
    passive = _witnesses(primitive, args)
    active = [i for i, arg in enumerate(args) if i not in passive and np.asarray(arg).dtype.kind in "fc"]

    def function(*values: Any) -> Any:
        operands = list(args)
        for place, value in zip(active, values, strict=True):
            operands[place] = value
        return primitive(*renewed(primitive, operands), **params)

    return Program(function, tuple(args[i] for i in active), symmetric=primitive.name in _HERMITIAN)


def _witnesses(primitive: Primitive, args: tuple[Any, ...]) -> set[int]:
    fresh = renewed(primitive, args)
    return {i for i, (old, new) in enumerate(zip(args, fresh, strict=True)) if old is not new}
