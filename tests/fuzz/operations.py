"""The steps that a random program is made of: how each is written, and where it is smooth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["MARGIN", "OPERATIONS", "Operation"]

# How far operands stay from kinks and poles; below zero where they are welcome to lie on them.
MARGIN: ContextVar[float] = ContextVar("margin", default=0.2)


def anywhere(*operands: Any) -> bool:
    return True


@dataclass(frozen=True)
class Operation:
    """One step: its source with places for the operands, or a function of the choices that writes it."""

    text: str | Callable[[Any, Sequence[Any]], str | None]
    operands: int
    fits: Callable[..., bool] = anywhere

    def write(self, choices: Any, operands: Sequence[Any]) -> str | None:
        """The statements, with `{0}`, `{1}` for the operands and `{out}` for the result."""
        text = self.text if isinstance(self.text, str) else self.text(choices, operands)
        return text if text is None or "{out} =" in text else f"{{out}} = {text}"


def smallest(x: Any) -> float:
    return float(np.min(np.abs(x), initial=np.inf))


def positive(x: Any, *_: Any) -> bool:
    """Away from zero and from the cut along the negative real axis."""
    return MARGIN.get() < 0 or bool(np.all(np.real(x) > MARGIN.get()))


def nonzero(*operands: Any) -> bool:
    return smallest(operands[-1]) > MARGIN.get()


def inside(x: Any) -> bool:
    return MARGIN.get() < 0 or bool(np.all(np.abs(x) < 1 - MARGIN.get()))


def real(*operands: Any) -> bool:
    return not any(np.iscomplexobj(x) for x in operands)


def apart(x: Any, y: Any) -> bool:
    try:
        return real(x, y) and smallest(np.subtract(x, y)) > 0.01 * MARGIN.get()
    except ValueError:
        return False


def distinct(x: Any) -> bool:
    flat = np.sort(np.ravel(x))
    return real(x) and smallest(np.diff(flat)) > 0.01 * MARGIN.get()


def regular(a: Any) -> bool:
    return np.ndim(a) >= 2 and a.shape[-1] == a.shape[-2] and (MARGIN.get() < 0 or bool(np.all(np.linalg.cond(a) < 30)))


def equal_shapes(x: Any, y: Any) -> bool:
    return np.shape(x) == np.shape(y)


def alike(x: Any, y: Any) -> bool:
    # of axes of one letter, NumPy broadcasts those of length 1, and Wengert refuses them
    return np.ndim(x) > 0 < np.ndim(y) and all(a == b for a, b in zip(x.shape[::-1], y.shape[::-1], strict=False))


def square(a: Any) -> bool:
    return np.ndim(a) >= 2 and a.shape[-1] == a.shape[-2] > 0


def between_jumps(x: Any) -> bool:
    """Not near a multiple of 0.7."""
    return real(x) and bool(np.all(np.abs(np.abs(x) / 0.7 % 1 - 0.5) < 0.6 - MARGIN.get()))


def small_power(x: Any, y: Any) -> bool:
    return positive(x) and bool(np.all(np.abs(y) < 4))


def axis_of(choices: Any, x: Any) -> str:
    """An axis argument: all axes, one, a negative one, or several."""
    rank = np.ndim(x)
    options = ["None", *map(str, range(rank)), *map(str, range(-rank, 0))]
    if rank > 1:
        options += ["(0, 1)", "(-1, 0)"]
    return choices.of(options)  # type: ignore[no-any-return]


def reduction(name: str, fits: Callable[..., bool] = anywhere) -> Operation:
    def write(choices: Any, operands: Sequence[Any]) -> str:
        keep = choices.of(["", ", keepdims=True"])
        return f"np.{name}({{0}}, axis={axis_of(choices, operands[0])}{keep})"

    return Operation(write, 1, fits)


def along(text: str, fits: Callable[..., bool] = anywhere, operands: int = 1) -> Operation:
    """An operation along one axis, which stands as AXIS in its source."""

    def write(choices: Any, values: Sequence[Any]) -> str | None:
        rank = np.ndim(values[0])
        return text.replace("AXIS", str(choices.of(range(-rank, rank)))) if rank else None

    return Operation(write, operands, fits)


def index_of(choices: Any, x: Any) -> str | None:
    """An index into an array: basic, advanced, masks and mixtures."""
    rank = np.ndim(x)
    if not rank or 0 in np.shape(x):
        return None
    options = ["0", "-1", "...", "None", "::-1", "1:", ":-1", "::2", "np.array([0, 0, -1])", "[0, -1]", "..., 0",
               "..., None", "..., ::-1", "np.array([[0, -1], [-1, 0]])", "..., [0, 0]"]  # fmt: skip
    if rank == 1:
        options += ["np.arange(len({0})) % 2 == 0"]
    if rank > 1:
        options += ["0, -1", ":, 0", ":, [0, -1, 0]", "[0, -1], [0, 0]", "[[0], [-1]], [0, -1]", "0, 1:", "None, :, 0",
                    "[0, 0], ::-1", "np.ix_([0, -1], [0])"]  # fmt: skip
    if rank > 2:
        options += ["0, :, [0, 1]", "[0, 1], :, [0, 0]", ":, 0, ::2", "..., 0, [0, 0]"]
    return choices.of(options)  # type: ignore[no-any-return]


def reading(choices: Any, operands: Sequence[Any]) -> str | None:
    index = index_of(choices, operands[0])
    return None if index is None else f"{{0}}[{index}]"


def writing(how: str) -> Callable[[Any, Sequence[Any]], str | None]:
    def write(choices: Any, operands: Sequence[Any]) -> str | None:
        index = index_of(choices, operands[0])
        if index is None or "None" in index or not isinstance(operands[0], np.ndarray):
            return None
        return how.replace("INDEX", index)

    return write


def reshaping(choices: Any, operands: Sequence[Any]) -> str | None:
    size = np.size(operands[0])
    options = ["-1", "(-1, 1)", "(1, -1)"] + [f"({n}, -1)" for n in (2, 3) if size and size % n == 0]
    return f"np.reshape({{0}}, {choices.of(options)}{choices.of(['', ', order=' + repr('F')])})"


def every(template: str, *names: str, fits: Callable[..., bool] = anywhere, operands: int = 1) -> list[Operation]:
    return [Operation(template.replace("NAME", name), operands, fits) for name in names]


BINARY = [Operation(text, 2) for text in ("{0} + {1}", "{0} * {1}", "{0} - {1}", "np.add({0}, {1})")]
ENTRYWISE = [
    *every("np.NAME({0})", "sin", "cos", "tanh", "arctan", "square", "negative", "expm1", "sinh", "conj", "positive"),
    *every("np.NAME({0})", "exp", "exp2", "cosh", fits=lambda x: bool(np.all(np.real(x) < 3.5))),
    *every("np.NAME({0})", "log", "log2", "log10", "sqrt", "cbrt", fits=positive),
    *every("np.NAME({0})", "arcsin", "arccos", "arctanh", "tan", "log1p", fits=inside),
    *every("np.NAME({0})", "reciprocal", "abs", fits=nonzero),
    *every("np.NAME({0})", "deg2rad", "rad2deg", "arcsinh", "fabs", "sign", fits=lambda x: real(x) and nonzero(x)),
    *every("np.NAME({0}, {1})", "maximum", "minimum", "fmax", "fmin", fits=apart, operands=2),
    *every(
        "np.NAME({0}, {1})",
        "hypot",
        "arctan2",
        "copysign",
        operands=2,
        fits=lambda x, y: real(x, y) and nonzero(x) and nonzero(y),
    ),
    *every("np.NAME({0}, {1})", "logaddexp", "logaddexp2", fits=real, operands=2),
    # at whole numbers NumPy gives rounding errors for zeros, and what follows would differentiate these
    Operation("np.sinc({0})", 1, lambda x: real(x) and nonzero(x) and bool(np.all(np.abs(x) < 0.95))),
    Operation("np.log(np.square({0}) + 1.5)", 1, real),
    Operation("np.sqrt({0} * {0} + 0.5)", 1, real),
    Operation("{0} / {1}", 2, nonzero),
    Operation("{0} ** {1}", 2, small_power),
    Operation("2.0 ** {0}", 1, lambda x: bool(np.all(np.real(x) < 4))),
    Operation("{0} ** 2", 1),
    Operation("{0} ** 3.0", 1),
    Operation("{0} ** -1", 1, nonzero),
    Operation("{0} ** 0.5", 1, positive),
    Operation("np.where({0} > 0.1, {0}, {1})", 2, lambda x, y: real(x) and nonzero(np.subtract(x, 0.1))),
    Operation("np.where(np.abs({0}) > 0.5, {1}, 2.0 * {0})", 2, lambda x, y: nonzero(np.subtract(np.abs(x), 0.5))),
    Operation("np.clip({0}, -0.7, 0.9)", 1, lambda x: real(x) and nonzero((x + 0.7) * (x - 0.9))),
    Operation("np.float32(1.5) * {0}", 1),
    Operation("{0} * np.array([1, 2, 3])", 1),
    Operation("1j * {0} + 0.5", 1),
    Operation("{0} % 0.7", 1, between_jumps),
    Operation("{0}.astype(np.float32) * 1.0", 1, real),
    Operation("{0}.astype(np.complex128)", 1),
    Operation("{0}.real", 1),
    Operation("{0}.imag + 0.0", 1),
    Operation("np.abs({0}) ** 2", 1, nonzero),
    Operation("np.angle({0})", 1, lambda x: np.iscomplexobj(x) and positive(x)),
    Operation("np.nan_to_num({0})", 1),
    Operation("{0} * {1} - {1} / 2", 2),
]
REDUCTIONS = [
    *[reduction(name) for name in ("sum", "mean", "prod")],
    *[reduction(name, distinct) for name in ("max", "min", "std", "var", "ptp", "median")],
    along("np.cumsum({0}, axis=AXIS)"),
    along("np.cumprod({0}, axis=AXIS)", nonzero),
    along("np.sort({0}, axis=AXIS)", distinct),
    along("np.flip({0}, axis=AXIS)"),
    along("np.roll({0}, 1, axis=AXIS)"),
    along("np.diff({0}, axis=AXIS)"),
    along("np.linalg.norm({0}, axis=AXIS)", lambda x: smallest(x) > MARGIN.get() and np.size(x) > 0),
    along("np.repeat({0}, 2, axis=AXIS)"),
    along("np.concatenate([{0}, {1}], axis=AXIS)", operands=2),
    along("np.stack([{0}, {0} * {1}], axis=AXIS)", operands=2),
    along("np.take({0}, [0, 0], axis=AXIS)"),
    along("np.gradient({0}, axis=AXIS)"),
    along("np.trapezoid({0}, axis=AXIS)"),
    Operation("np.linalg.norm({0})", 1, lambda x: smallest(x) > MARGIN.get() and np.size(x) > 0),
    Operation("np.add.reduce({0})", 1, lambda x: np.ndim(x) > 0),
    Operation("np.percentile({0}, 30)", 1, distinct),
]
SHAPING = [
    Operation("{0}.T", 1),
    Operation("np.ravel({0})", 1),
    Operation(reshaping, 1),
    Operation(reading, 1),
    Operation(reading, 1),
    Operation("np.broadcast_to({0}, (2, 3)) * 1.0", 1),
    Operation("np.swapaxes({0}, 0, -1)", 1, lambda x: np.ndim(x) > 0),
    Operation("np.moveaxis({0}, 0, -1)", 1, lambda x: np.ndim(x) > 0),
    Operation("np.squeeze({0})", 1),
    Operation("np.atleast_2d({0})", 1),
    Operation("np.tile({0}, 2)", 1),
    Operation("np.pad({0}, 1)", 1, lambda x: np.ndim(x) > 0),
    Operation("np.hstack([{0}, {1}])", 2),
    Operation("np.vstack([{0}, {1}])", 2),
    Operation("np.array([{0}, {1}])", 2),
    Operation("np.outer({0}, {1})", 2),
    Operation("np.triu({0})", 1, lambda x: np.ndim(x) > 1),
    Operation("np.diag({0})", 1, lambda x: np.ndim(x) in (1, 2)),
    Operation("np.rot90({0})", 1, lambda x: np.ndim(x) > 1),
    Operation("np.expand_dims({0}, (0, -1))", 1),
    Operation("np.split({0}, [1])[1]", 1, lambda x: np.ndim(x) > 0),
]
WRITES = [
    Operation(writing("{out} = {0}.copy()\n{out}[INDEX] = {1}"), 2),
    Operation(writing("{out} = {0}.copy()\n{out}[INDEX] *= {1}"), 2),
    Operation(writing("{out} = np.zeros_like({0})\n{out}[INDEX] = {1} * {1}"), 2),
    Operation(writing("{out} = {0} * 1.0\n{out}[INDEX] += {1}\n{out}[INDEX] -= {out}[INDEX] ** 2"), 2),
    Operation(writing("{out} = {0}.copy()\nview = {out}[INDEX]\nview *= {1}"), 2),
    Operation(writing("{out} = {0}.copy()\nview = {out}[INDEX]\n{out} *= {1}\n{out} = {out} + np.sum(view)"), 2),
    Operation("{out} = {0}.copy()\nview = {out}[::-1]\n{out}[0] = {1}\n{out} = {out} * view", 2),
    Operation("{out} = {0}.copy()\nview = {out}.T\nview += {1}\n{out} = {out} * {0}", 2),
    Operation("{out} = {0}.copy()\n{out} += {1}\n{out} *= {out}", 2),
    Operation("{out} = {0}.copy()\nview = {out}.reshape(-1)\nview[0] = {1}\nview[-1:] *= 2.0", 2),
    Operation("{out} = np.zeros(3)\n{out}[1] = {0}\n{out}[0] = {1}", 2),
    Operation("{out} = np.empty({0}.shape)\nfor i in range(len({out})):\n    {out}[i] = {0}[i] * i", 1),
    Operation("{out} = {0}\nfor entry in {0}:\n    {out} = {out} + entry * entry", 1, lambda x: np.ndim(x) > 0),
    Operation("{out} = sum([entry * 2 for entry in {0}])", 1, lambda x: np.ndim(x) > 0 and len(x) > 0),
    Operation("{out} = {0} if np.sum({0}) > np.sum({1}) else {1}", 2, real),
    Operation("{out} = {0}.copy()\nnp.multiply({0}, {1}, out={out})", 2, lambda x, y: np.ndim(x) > 0),
    Operation("{out} = {0}.copy()\n{out}.fill(0.5)\n{out} = {out} + {0}", 1, lambda x: np.ndim(x) > 0),
]
PRODUCTS = [
    Operation("{0} @ {1}", 2),
    Operation("np.dot({0}, {1})", 2),
    Operation("np.einsum('...i,...i->...', {0}, {1})", 2, alike),
    Operation("np.einsum('ij,ij->i', {0}, {1})", 2, alike),
    Operation("np.einsum('ii->i', {0})", 1),
    Operation("np.vdot({0}, {1})", 2),
    Operation("np.inner({0}, {1})", 2),
    Operation("np.tensordot({0}, {1}, axes=1)", 2),
    Operation("np.kron({0}, {1})", 2),
    Operation("np.cross({0}, {1})", 2),
    Operation("np.trace({0})", 1, square),
    Operation("np.linalg.inv({0})", 1, regular),
    Operation("np.linalg.det({0})", 1, square),
    Operation("np.linalg.solve({0}, {1})", 2, lambda a, b: regular(a)),
    Operation("np.linalg.slogdet({0})[1]", 1, regular),
    Operation("np.linalg.cholesky({0} @ np.conj({0}.T) + np.eye({0}.shape[-1]))", 1,
              lambda a: np.ndim(a) == 2 and square(a)),
    Operation("np.linalg.eigvalsh({0} + np.conj({0}.T) + np.diag(np.arange({0}.shape[-1]) * 9.0))", 1,
              lambda a: np.ndim(a) == 2 and square(a)),
    Operation("np.linalg.svd({0}, compute_uv=False)", 1, lambda a: np.ndim(a) == 2 and regular(a)),
    Operation("np.linalg.matrix_power({0}, 2)", 1, square),
    Operation("np.linalg.pinv({0})", 1, regular),
    Operation("np.convolve({0}, {1})", 2, lambda x, y: np.ndim(x) == 1 == np.ndim(y) and np.size(x) * np.size(y) > 0),
    Operation("np.fft.fft({0})", 1, lambda x: np.ndim(x) > 0 and np.size(x) > 0),
    Operation("np.fft.rfft({0})", 1, lambda x: real(x) and np.ndim(x) > 0 and np.size(x) > 0),
]  # fmt: skip
FURTHER = [
    *[reduction(name) for name in ("nansum", "nanmean", "nanprod")],
    *[reduction(name, distinct) for name in ("nanmax", "nanstd", "nanvar")],
    along("np.quantile({0}, [0.2, 0.7], axis=AXIS)", distinct),
    along("np.partition({0}, 0, axis=AXIS)", distinct),
    along("np.unwrap({0}, axis=AXIS)", distinct),
    along("np.insert({0}, 0, 0.5, axis=AXIS)"),
    along("np.delete({0}, 0, axis=AXIS)"),
    along("np.append({0}, {0}, axis=AXIS)"),
    along("np.average({0}, axis=AXIS)"),
    along("np.nancumsum({0}, axis=AXIS)"),
    along("np.take_along_axis({0}, np.argsort({0}, axis=AXIS), axis=AXIS)", distinct),
    along("np.apply_along_axis(np.sum, AXIS, {0})", lambda x: np.ndim(x) > 1),
    along("np.fft.ifft({0}, axis=AXIS)", lambda x: np.size(x) > 0),
    along("np.fft.irfft({0}, n=5, axis=AXIS)", lambda x: np.size(x) > 0),
    along("np.fft.fftshift({0}, axes=AXIS)"),
    along("np.cumulative_sum({0}, axis=AXIS)"),
    along("np.linalg.vector_norm({0}, axis=AXIS, ord=3)", lambda x: smallest(x) > MARGIN.get() and np.size(x) > 0),
    along("np.linalg.vecdot({0}, {1}, axis=AXIS)", operands=2),
    Operation("np.interp({0}, [-1.0, 0.1, 1.0], [0.0, 2.0, 1.0])", 1, lambda x: real(x) and nonzero(x - 0.1)),
    Operation("np.cov({0})", 1, lambda x: np.ndim(x) == 2 and x.shape[1] > 1),
    Operation("np.corrcoef({0})", 1, lambda x: np.ndim(x) == 2 and x.shape[1] > 2),
    Operation("np.correlate({0}, {1}, mode='full')", 2,
              lambda x, y: np.ndim(x) == 1 == np.ndim(y) and np.size(x) * np.size(y) > 0),
    Operation("np.polyval([1.0, -2.0, 0.5], {0})", 1),
    Operation("np.polyval({0}, {1})", 2, lambda x, y: np.ndim(x) == 1),
    Operation("np.vander({0}, 3)", 1, lambda x: np.ndim(x) == 1),
    Operation("np.meshgrid({0}, {1})[0] * np.meshgrid({0}, {1})[1]", 2, lambda x, y: np.ndim(x) < 2 > np.ndim(y)),
    Operation("np.block([[{0}, {1}]])", 2),
    Operation("np.ediff1d({0})", 1),
    Operation("np.heaviside({0}, 0.5) * {0}", 1, lambda x: real(x) and nonzero(x)),
    Operation("np.select([{0} > 0.3, {0} > -0.2], [{0}, {1}], 0.5)", 2,
              lambda x, y: equal_shapes(x, y) and real(x) and nonzero((x - 0.3) * (x + 0.2))),
    Operation("np.piecewise({0}, [{0} < 0], [lambda t: t * t, lambda t: t])", 1, lambda x: real(x) and nonzero(x)),
    Operation("np.choose([0, 1, 0], [{0}, {1}])", 2, equal_shapes),
    Operation("np.compress([True, False, True], {0})", 1, lambda x: np.size(x) > 2),
    Operation("np.linalg.lstsq({0}, {1})[0]", 2, lambda a, b: np.ndim(a) == 2 and regular(a)),
    Operation("np.linalg.multi_dot([{0}, {1}, {0}.T])", 2, lambda a, b: np.ndim(a) == 2),
    Operation("np.linalg.qr({0})[1]", 1, lambda a: np.ndim(a) == 2 and regular(a)),
    Operation("np.linalg.eigh({0} + np.conj({0}.T) + np.diag(np.arange({0}.shape[-1]) * 9.0))[0]", 1,
              lambda a: np.ndim(a) == 2 and square(a)),
    Operation("np.linalg.norm({0}, 'nuc')", 1, lambda a: np.ndim(a) == 2 and regular(a)),
    Operation("np.linalg.norm({0}, 2)", 1, lambda a: np.ndim(a) == 2 and regular(a)),
    Operation("np.linalg.norm({0}, np.inf)", 1,
              lambda a: np.ndim(a) in (1, 2) and real(a) and np.size(a) > 0 and distinct(np.abs(a))),
    Operation("np.linalg.tensorinv({0}[None], ind=1)", 1, lambda a: np.ndim(a) == 2 and regular(a)),
    Operation("np.fft.fft2({0})", 1, lambda x: np.ndim(x) > 1 and np.size(x) > 0),
    Operation("np.fft.ihfft({0})", 1, lambda x: real(x) and np.ndim(x) > 0 and np.size(x) > 0),
    Operation("np.add.outer({0}, {1})", 2),
    Operation("np.multiply.reduce({0})", 1, lambda x: np.ndim(x) > 0),
    Operation("np.add.accumulate({0})", 1, lambda x: np.ndim(x) > 0),
    Operation("np.multiply({0}, {1}, where=np.abs({0}) > 0.5, out=np.zeros(3))", 2,
              lambda x, y: nonzero(np.abs(x) - 0.5)),
    Operation("np.sum({0}, where=np.abs({0}) > 0.5)", 1, lambda x: nonzero(np.abs(x) - 0.5)),
    Operation("np.mean({0}, where=[True, False, True])", 1),
    Operation("np.einsum('i,j,ij->ij', {0}, {0}, {1})", 2, alike),
    Operation("np.einsum('ij,kj', {0}, {1})", 2, alike),
    Operation("np.fmod({0}, 0.7)", 1, between_jumps),
    Operation("np.divmod({0}, 0.7)[1]", 1, between_jumps),
    Operation("np.modf({0})[0]", 1, lambda x: real(x) and nonzero(np.sin(np.pi * x))),
    Operation("np.ldexp({0}, 2)", 1, real),
    Operation("np.float_power(np.abs({0}) + 0.5, {1})", 2, real),
    Operation("np.i0({0})", 1, lambda x: real(x) and nonzero(x)),
    Operation("np.trim_zeros({0})", 1, lambda x: np.ndim(x) == 1),
    Operation("np.array([entry**2 for entry in {0}])", 1, lambda x: np.ndim(x) > 0 and len(x) > 0),
    Operation("{out} = []\nfor entry in {0}:\n    {out}.append(entry * 2)\n{out} = np.stack({out})", 1,
              lambda x: np.ndim(x) > 0 and len(x) > 0),
    Operation("max({0}, key=abs) * {1}", 2, lambda x, y: np.ndim(x) == 1 and np.size(x) > 0 and distinct(np.abs(x))),
    Operation("np.vectorize(lambda t: t * t + 1.0)({0})", 1, lambda x: np.size(x) > 0),
    Operation("np.ravel({0}, order='F')", 1),
    Operation("{0}.flatten()[::-1]", 1),
    Operation("np.array({0}, dtype=float)", 1, real),
    Operation("{out} = np.array({0})\n{out}.flat[0] = {1}", 2, lambda x, y: np.ndim(x) > 0),
    Operation("{out} = np.ones_like({0})\n{out} *= {0}\n{out} /= 2", 1, lambda x: np.ndim(x) > 0),
    Operation("{out} = np.full({0}.shape, 0.5)\n{out} -= {0}\n{out}[..., 0] = 1.0", 1, lambda x: np.ndim(x) > 0),
    Operation("{out} = {0}.copy()\n{out}.sort()", 1, distinct),
    Operation("{out} = {0}.copy()\nnp.add.at({out}, [0, 0], {1})", 2, lambda x, y: np.ndim(x) > 0),
    Operation("{out} = {0}.copy()\nnp.fill_diagonal({out}, {1})", 2, lambda x, y: np.ndim(x) == 2 and np.size(y) > 0),
    Operation("{out} = {0}.copy()\nnp.put({out}, [0, -1], {1})", 2, lambda x, y: np.ndim(x) > 0 and np.size(y) > 0),
    Operation("{out} = {0}.copy()\nnp.copyto({out}, {1})", 2, lambda x, y: np.ndim(x) > 0),
    Operation("{out} = {0}.copy()\n{out}[{out} > 0] *= {1}", 2,
              lambda x, y: real(x) and nonzero(x) and np.ndim(x) > 0 == np.ndim(y)),
]  # fmt: skip
OPERATIONS = [*BINARY, *ENTRYWISE, *REDUCTIONS, *SHAPING, *WRITES, *PRODUCTS, *FURTHER]
