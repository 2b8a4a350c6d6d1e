"""One small program for every function of NumPy that traced values know, at inputs away from kinks."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np

import wengert.scipy.linalg
import wengert.scipy.signal
import wengert.scipy.special
from coverage_matrix.calls import CALLS, METHODS, POSITIVE, UP, V
from coverage_matrix.constant_calls import CONSTANT_CALLS, CONSTANT_METHODS
from coverage_matrix.proof import Program
from coverage_matrix.scipy_calls import DISTRIBUTIONS, SCIPY_CALLS
from wengert.graph import REGISTRY, ArrayType, Primitive, concrete_type
from wengert.numpy.refused import REFUSED
from wengert.primitives.linalg.witness import renewed
from wengert.scipy.special.declare import SPECIAL
from wengert.tracing import FUNCTIONS, UFUNCS, as_operand

__all__ = [
    "PRIMITIVES",
    "constant_programs",
    "method_programs",
    "name_of",
    "numpy_programs",
    "primitive_programs",
    "rule_of",
    "scipy_distributions",
    "scipy_programs",
    "ufunc_method_programs",
    "without_program",
]

# taken when this module is read, so that a primitive of somebody else's does not count
PRIMITIVES: Final[tuple[Primitive, ...]] = tuple(REGISTRY.values())
_HERMITIAN: Final = (
    "cholesky", "eigenvalues", "eigenvectors", "eigenbasis", "spectral_function", "spectral_derivative",
)  # fmt: skip


def numpy_programs() -> dict[str, Program]:
    """A program for each function of NumPy that is differentiated, by name."""
    programs = {name_of(ufunc): _of_ufunc(ufunc) for ufunc in _plain_ufuncs(differentiable=True)}
    programs.update(_made(CALLS))
    return dict(sorted(programs.items()))


def constant_programs() -> dict[str, Program]:
    """A program for each function of NumPy whose result counts as constant, by name."""
    programs = {name_of(ufunc): _of_ufunc(ufunc) for ufunc in _plain_ufuncs(differentiable=False)}
    programs.update(_made(CONSTANT_CALLS))
    programs.update(_made(CONSTANT_METHODS, "ndarray."))
    return dict(sorted(programs.items()))


def method_programs() -> dict[str, Program]:
    """A program for each method and attribute of arrays that is differentiated, by name."""
    return dict(sorted(_made(METHODS, "ndarray.").items()))


def ufunc_method_programs() -> dict[str, dict[str, Program]]:
    """For each differentiable ufunc of two arguments its methods, those that NumPy has for it."""
    ufuncs = [ufunc for ufunc in UFUNCS if (ufunc, "outer") in FUNCTIONS and name_of(ufunc) in numpy_programs()]
    found = {name_of(ufunc): _of_methods(ufunc) for ufunc in sorted(ufuncs, key=name_of)}
    return {name: programs for name, programs in found.items() if programs}


def _of_methods(ufunc: np.ufunc) -> dict[str, Program]:
    a, b = POSITIVE + 1, UP
    calls: dict[str, Callable[[Any], Any]] = {
        "reduce": lambda x: ufunc.reduce(x),
        "accumulate": lambda x: ufunc.accumulate(x),
        "reduceat": lambda x: ufunc.reduceat(x, [0, 2, 1]),
        "outer": lambda x: ufunc.outer(x, b),
        "at": lambda x: _at(ufunc, x, b),
    }
    found = {}
    for name, call in calls.items():
        with contextlib.suppress(TypeError):
            # NumPy does not have every method for every ufunc
            call(a)
            if f"{name_of(ufunc)}.{name}" not in REFUSED:
                found[name] = Program(call, (a,))
    return found


def _at(ufunc: np.ufunc, x: Any, other: Any) -> Any:
    y = x.copy()
    ufunc.at(y, [0, 2, 0], other)
    return y


def _made(calls: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]], prefix: str = "") -> dict[str, Program]:
    return {prefix + name: Program(f, args) for name, (f, args) in calls.items()}


def scipy_programs() -> dict[str, Program]:
    """A program for each function of SciPy that is differentiated, by its name in SciPy."""
    special = wengert.scipy.special
    programs = {
        f"scipy.special.{name}": _of_primitive(p, getattr(special, name)) for name, p in _of_scipy_s_name().items()
    }
    for module, calls in SCIPY_CALLS.items():
        programs.update(_made(calls, f"{module}."))
    return dict(sorted(programs.items()))


def scipy_distributions() -> dict[str, dict[str, Program]]:
    """For each distribution of `scipy.stats` its methods, those that are differentiated."""
    return {name: _made(calls) for name, calls in sorted(DISTRIBUTIONS.items())}


def _of_scipy_s_name() -> dict[str, Primitive]:
    """The differentiable primitives that stand for a function of `scipy.special`, by its name."""
    special = wengert.scipy.special
    return {
        name: p
        for name, p in SPECIAL.items()
        if isinstance(p, Primitive) and p.differentiable and name in special.__all__
    }


def primitive_programs() -> dict[str, Program]:
    """A program for each differentiable primitive, made from the first of its samples in real float64.

    Those that are functions of SciPy themselves are tried by their names there.
    """
    tried = {p.name for p in _of_scipy_s_name().values()}
    chosen = [p for p in PRIMITIVES if p.differentiable and p.name not in tried]
    return {p.name: _of_primitive(p) for p in sorted(chosen, key=lambda p: p.name)}


def without_program() -> list[str]:
    """Functions in the tables of the tracer that have no program here and are not refused."""
    functions = [f for f in (*UFUNCS, *FUNCTIONS) if not isinstance(f, (str, tuple))]
    # a library of somebody else's may have put functions of its own into the tables
    known = {name_of(f) for f in functions if not isinstance(f, np.ufunc) or getattr(np, f.__name__, None) is f}
    return sorted(
        name for name in known - {*numpy_programs(), *constant_programs(), *REFUSED} if name.startswith("np.")
    )


def rule_of(name: str) -> Callable[..., Any]:
    """What stands for a function of NumPy, by its name."""
    tables = {**FUNCTIONS, **UFUNCS}
    for function, rule in tables.items():
        if not isinstance(function, str) and full_name(function) == name:
            return rule
    raise LookupError(f"nothing stands for {name}")


def full_name(function: Any) -> str:
    """How a program calls a function of NumPy, or the method of a ufunc."""
    return f"{name_of(function[0])}.{function[1]}" if isinstance(function, tuple) else name_of(function)


def name_of(function: Any) -> str:
    """How a program calls a function of NumPy."""
    module = (getattr(function, "__module__", None) or "numpy").replace("numpy._core", "numpy")
    module = module.replace("numpy.lib.scimath", "numpy.emath")
    return f"{module.replace('numpy', 'np', 1)}.{getattr(function, '__name__', '?')}"


def _plain_ufuncs(differentiable: bool) -> Iterable[np.ufunc]:
    for ufunc, rule in UFUNCS.items():
        if (
            getattr(np, ufunc.__name__, None) is ufunc
            and isinstance(rule, Primitive)
            and rule.differentiable is differentiable
        ):
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


def _of_primitive(primitive: Primitive, call: Callable[..., Any] | None = None) -> Program:
    """A program that calls the primitive, or the function that it stands for."""
    args, params = _sample(primitive)
    passive = _witnesses(primitive, args)
    active = [i for i, arg in enumerate(args) if i not in passive and np.asarray(arg).dtype.kind in "fc"]

    def function(*values: Any) -> Any:
        operands = list(args)
        for place, value in zip(active, values, strict=True):
            operands[place] = value
        # arrays that a program makes are operands when plain
        operands = [as_operand(operand) if isinstance(operand, np.ndarray) else operand for operand in operands]
        return (call or primitive)(*renewed(primitive, operands), **params)

    return Program(function, tuple(args[i] for i in active), symmetric=primitive.name in _HERMITIAN)


def _witnesses(primitive: Primitive, args: tuple[Any, ...]) -> set[int]:
    fresh = renewed(primitive, args)
    return {i for i, (old, new) in enumerate(zip(args, fresh, strict=True)) if old is not new}
