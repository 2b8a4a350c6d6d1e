"""Code that is written for the array API standard runs on traced values, in the namespace that they name."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg

# the names of the standard, version 2024.12; https://data-apis.org/array-api/2024.12/
NAMES = {
    "": """
        e inf nan newaxis pi arange asarray empty empty_like eye from_dlpack full full_like linspace meshgrid ones
        ones_like tril triu zeros zeros_like astype can_cast finfo iinfo isdtype result_type bool int8 int16 int32
        int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128 abs acos acosh add asin asinh atan atan2
        atanh bitwise_and bitwise_left_shift bitwise_invert bitwise_or bitwise_right_shift bitwise_xor ceil clip conj
        copysign cos cosh divide equal exp expm1 floor floor_divide greater greater_equal hypot imag isfinite isinf
        isnan less less_equal log log1p log2 log10 logaddexp logical_and logical_not logical_or logical_xor maximum
        minimum multiply negative nextafter not_equal positive pow real reciprocal remainder round sign signbit sin
        sinh square sqrt subtract tan tanh trunc take take_along_axis matmul matrix_transpose tensordot vecdot
        broadcast_arrays broadcast_to concat expand_dims flip moveaxis permute_dims repeat reshape roll squeeze stack
        tile unstack argmax argmin count_nonzero nonzero searchsorted where unique_all unique_counts unique_inverse
        unique_values argsort sort cumulative_prod cumulative_sum max mean min prod std sum var all any diff
        __array_namespace_info__""",
    "fft": """
        fft ifft fftn ifftn rfft irfft rfftn irfftn hfft ihfft fftfreq rfftfreq fftshift ifftshift""",
    "linalg": """
        cholesky cross det diagonal eigh eigvalsh inv matmul matrix_norm matrix_power matrix_rank matrix_transpose
        outer pinv qr slogdet solve svd svdvals tensordot trace vecdot vector_norm""",
}
ATTRIBUTES = ["dtype", "device", "mT", "ndim", "shape", "size", "T", "to_device", "__array_namespace__"]


def namespace_of(x):
    found = []
    wg.grad(lambda t: (found.append(t.__array_namespace__()), np.sum(t))[1])(x)
    return found[0]


@pytest.mark.parametrize("part", NAMES)
def test_the_namespace_has_the_names_of_the_standard(part):
    xp = namespace_of(np.ones(2))
    owner = getattr(xp, part) if part else xp
    # the last of them came with NumPy 2.1
    names = [name for name in NAMES[part].split() if hasattr(np, name) or name != "__array_namespace_info__"]
    assert [name for name in names if not hasattr(owner, name)] == []


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_traced_values_have_the_attributes_of_the_standard(name):
    wg.grad(lambda x: (getattr(x, name), np.sum(x))[1])(np.ones((2, 2)))


def standardized(x):
    xp = x.__array_namespace__()
    return (x - xp.mean(x, axis=0, keepdims=True)) / xp.std(x, axis=0, correction=1, keepdims=True)


def softmax(x):
    xp = x.__array_namespace__()
    shifted = xp.exp(x - xp.max(x, axis=-1, keepdims=True))
    return shifted / xp.sum(shifted, axis=-1, keepdims=True)


def angles(x):
    xp = x.__array_namespace__()
    parts = [xp.acos(x / 4), xp.asin(x / 4), xp.atan2(x, x + 1), xp.pow(x, 2), xp.asinh(x), xp.atanh(x / 4)]
    return xp.concat([xp.permute_dims(part, (1, 0)) for part in parts], axis=0)


def spectrum(x):
    xp = x.__array_namespace__()
    transformed = xp.fft.rfft(xp.astype(x, xp.float64), axis=1)
    return xp.real(transformed) ** 2 + xp.imag(transformed) ** 2


def regression(x):
    xp = x.__array_namespace__()
    left = xp.concat([x, xp.ones((x.shape[0], 1))], axis=1)
    normal = xp.matrix_transpose(left) @ left + xp.eye(left.shape[1])
    return xp.linalg.solve(normal, xp.sum(left, axis=0)) + xp.linalg.vector_norm(x)


def rearranged(x):
    xp = x.__array_namespace__()
    first, second, *_ = xp.unstack(x, axis=0)
    steps = xp.cumulative_sum(first, include_initial=True)
    chosen = xp.take_along_axis(x, xp.argsort(x, axis=1), axis=1)
    return xp.vecdot(first, second) + xp.sum(steps) * xp.sum(xp.where(chosen > 0.95, chosen, xp.square(chosen)))


@pytest.mark.parametrize("function", [standardized, softmax, angles, spectrum, regression, rearranged])
def test_generic_code_is_differentiated(function):
    if function is rearranged and not hasattr(np, "unstack"):
        pytest.skip("NumPy has these names from 2.1 on")
    x = np.array([[0.3, 1.1, 0.7], [1.6, 0.2, 0.9], [0.5, 1.4, 2.0], [1.2, 0.8, 0.1]])
    np.testing.assert_allclose(wg.vjp(function, x)[0], function(x), rtol=1e-13)
    wg.check_derivatives(function, x, order=2)


def test_a_traced_value_stays_on_its_device():
    assert wg.grad(lambda x: np.sum(x.to_device("cpu") ** 2))(np.array([1.0, 2.0])).tolist() == [2.0, 4.0]
    with pytest.raises(ValueError, match="there is no device 'cuda:0'"):
        wg.grad(lambda x: np.sum(x.to_device("cuda:0")))(np.ones(2))
