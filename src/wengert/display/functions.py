"""The NumPy code of named functions, in forms that neither overflow nor cancel."""

from __future__ import annotations

from functools import reduce
from typing import Final

from wengert.display.steps import Step, Steps
from wengert.errors import UnsupportedError

__all__ = ["frechet_step", "function_step"]

_NUMPY: Final = frozenset({
    "exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "log1p", "expm1", "arctan", "arcsin", "arccos",
    "arcsinh", "arctanh", "arccosh", "sign", "max", "prod",
})  # fmt: skip
_NAMED: Final = {
    "absolute": "np.abs",
    "pinv": "np.linalg.pinv",
    "cholesky": "np.linalg.cholesky",
    "logistic": "special.expit",
    **{
        name: f"special.{name}"
        for name in ("softmax", "logsumexp", "erf", "erfc", "erfcx", "gammaln", "digamma", "ndtr", "log_ndtr")
    },
    **{name: f"linalg.{name}" for name in ("expm", "sinm", "cosm")},
}
# a function, and what it is given behind its operand
_WITH: Final = {
    "softmax_rows": ("special.softmax", "axis=1"),
    "max_rows": ("np.max", "axis=1"),
    "spectral_norm": ("np.linalg.norm", "2"),
    "nuclear_norm": ("np.linalg.norm", '"nuc"'),
}
_ITEMS: Final = {"largest_eigenvalue": "-1", "smallest_eigenvalue": "0"}
_COLUMNS: Final = {"leading_projector": ":, -1", "trailing_projector": ":, 0"}
_TEMPLATES: Final = {
    "trigamma": "special.polygamma(1, {0})",
    "argmax_rows": "np.eye({0}.shape[1])[np.argmax({0}, axis=1)]",
    "logm": "np.real_if_close(linalg.logm({0}))",
    "sqrtm": "np.real_if_close(linalg.sqrtm({0}))",
}
_ONE_HOT: Final = ("np.eye({0}.size)[np.argmax({0})]", "np.eye({0}.size)[np.argmax({0})].reshape({0}.shape)")
# f of [[X, E], [0, X]] has the derivative above its diagonal: Higham, Functions of Matrices (2008), (3.16)
_FRECHET: Final = (
    "np.real_if_close(linalg.{name}(np.block([[{{0}}, {{1}}], [np.zeros_like({{0}}), {{0}}]])))"
    "[: len({{0}}), len({{0}}) :]"
)


def function_step(steps: Steps, name: str, x: Step, axes: int) -> Step:
    """A named function of an array; the result has this number of axes."""
    zero = steps.number(0.0)
    if name in _NUMPY:
        return steps.call(f"np.{name}", [x], axes)
    if name in _NAMED:
        return steps.call(_NAMED[name], [x], axes)
    if name in _WITH:
        function, keyword = _WITH[name]
        return steps.call(function, [x], axes, keyword)
    if name in _ITEMS:
        return steps.make("index", (steps.call("np.linalg.eigvalsh", [x], 1),), (_ITEMS[name],), 0)
    if name in _TEMPLATES or name == "argmax":
        return steps.make("template", (x,), (_TEMPLATES.get(name, _ONE_HOT[axes > 1]),), axes)
    if name == "logabs":
        return steps.call("np.log", [steps.call("np.abs", [x], axes)], axes)
    if name == "softplus":
        return steps.call("np.logaddexp", [zero, x], axes)
    if name in ("relu", "step"):
        return steps.call({"relu": "np.maximum", "step": "np.heaviside"}[name], [x, zero], axes)
    return _of_vectors(steps, name, x)


def _of_vectors(steps: Steps, name: str, x: Step) -> Step:
    """What is made of singular vectors or eigenvectors."""
    if name in _COLUMNS:
        vectors = steps.make("index", (steps.call("np.linalg.eigh", [x], 2),), ("1",), 2)
        vector = steps.make("index", (vectors,), (_COLUMNS[name],), 1)
        return steps.make("outer", (vector, vector), (), 2)
    if name in ("leading_pair", "polar"):
        factors = steps.call("np.linalg.svd", [x], 2, "full_matrices=False")
        left, right = (steps.make("index", (factors,), (place,), 2) for place in ("0", "2"))
        if name == "polar":
            return steps.make("matmul", (left, right), (), 2)
        first = steps.make("index", (left,), (":, 0",), 1), steps.make("index", (right,), ("0",), 1)
        return steps.make("outer", first, (), 2)
    raise UnsupportedError(f"{name} has no NumPy code: this formula can only be printed")


def _change_of_polar(steps: Steps, x: Step, direction: Step) -> Step:
    """From singular values: Higham, section 8.2; the last two terms are what leaves the range of either side."""
    factors = steps.call("np.linalg.svd", [x], 2, "full_matrices=False")
    left, values, right = (
        steps.make("index", (factors,), (place,), axes) for place, axes in (("0", 2), ("1", 1), ("2", 2))
    )

    def times(*matrices: Step) -> Step:
        return reduce(lambda a, b: steps.make("matmul", (a, b), (), 2), matrices)

    def less(a: Step, b: Step) -> Step:
        return steps.add([a, b], [False, True])

    inner = times(steps.transpose(left), direction, steps.transpose(right))
    sums = steps.add([steps.column(values), values], [False, False])
    turned = steps.divide(less(inner, steps.transpose(inner)), sums)
    above = steps.divide(less(times(direction, steps.transpose(right)), times(left, inner)), values)
    across = less(times(steps.transpose(left), direction), times(inner, right))
    parts = [times(left, turned, right), times(above, right), times(steps.divide(left, values), across)]
    return steps.add(parts, [False, False, False])


def frechet_step(steps: Steps, name: str, x: Step, direction: Step) -> Step:
    """The derivative of a function of matrices at x."""
    if name == "expm":
        return steps.call("linalg.expm_frechet", [x, direction], 2, "compute_expm=False")
    if name == "polar":
        return _change_of_polar(steps, x, direction)
    if name not in ("logm", "sqrtm", "sinm", "cosm"):
        raise UnsupportedError(f"the derivative of {name} has no NumPy code: this formula can only be printed")
    return steps.make("template", (x, direction), (_FRECHET.format(name=name),), 2)
