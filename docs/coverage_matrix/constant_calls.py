"""A call of every function of NumPy whose result counts as constant, and the functions that take no arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from coverage_matrix.calls import ONE, UP, M, V, W

__all__ = ["CONSTANT_CALLS", "CONSTANT_METHODS", "WITHOUT_ARRAYS"]

# what is constant almost everywhere, or answers a question about arrays
CONSTANT_CALLS: Final[dict[str, tuple[Callable[..., Any], tuple[Any, ...]]]] = {
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
    "np.can_cast": (lambda x: np.can_cast(np.asarray(x[0]).dtype, np.float64), (V,)),
    "np.may_share_memory": (np.may_share_memory, (V, W)), "np.shares_memory": (np.shares_memory, (V, W)),
    "np.array_repr": (np.array_repr, (V,)), "np.array_str": (np.array_str, (V,)),
    "np.array2string": (np.array2string, (V,)),
    "np.unravel_index": (lambda x: np.unravel_index(np.argmax(x), (3, 1)), (V,)),
    "np.zeros_like": (np.zeros_like, (V,)), "np.ones_like": (np.ones_like, (V,)),
    "np.empty_like": (lambda x: np.empty_like(x).shape, (V,)),
    "np.zeros": (lambda x: np.zeros(3), (V,)), "np.ones": (lambda x: np.ones(3), (V,)),
    "np.empty": (lambda x: np.empty(3).shape, (V,)), "np.eye": (lambda x: np.eye(3), (V,)),
    "np.linalg.matrix_rank": (np.linalg.matrix_rank, (M,)),
    "np.common_type": (lambda x: str(np.common_type(x)), (V,)),
    "np.min_scalar_type": (lambda x: str(np.min_scalar_type(x)), (V,)),
    "np.einsum_path": (lambda x: str(np.einsum_path("ij,jk", x, x.T)), (M,)),
    "np.diag_indices_from": (np.diag_indices_from, (M[:, :2],)),
    "np.tril_indices_from": (np.tril_indices_from, (M,)), "np.triu_indices_from": (np.triu_indices_from, (M,)),
    "np.nanargmax": (np.nanargmax, (V,)), "np.nanargmin": (np.nanargmin, (V,)),
    "np.histogram_bin_edges": (lambda x: np.histogram_bin_edges(x, [-1, 0, 1]), (V,)),
    "np.histogram2d": (lambda x, y: np.histogram2d(x, y, [[-1, 0, 1], [-1, 0, 1]]), (V, W)),
    "np.histogramdd": (lambda x: np.histogramdd(x, [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]), (M,)),
    "np.packbits": (lambda x: np.packbits(x > 0), (V,)),
    "np.unpackbits": (lambda x: np.unpackbits(np.packbits(x > 0)), (V,)),
    "np.ravel_multi_index": (lambda x: np.ravel_multi_index((np.argmax(x), 0), (3, 2)), (V,)),
    "np.arange": (lambda x: np.arange(3), (V,)), "np.identity": (lambda x: np.identity(3), (V,)),
    "np.tri": (lambda x: np.tri(3), (V,)), "np.iterable": (np.iterable, (V,)),
    "np.isscalar": (np.isscalar, (V,)),
}  # fmt: skip

# array method or attribute: its program
CONSTANT_METHODS: Final[dict[str, tuple[Callable[..., Any], tuple[Any, ...]]]] = {
    **{name: (lambda x, name=name: getattr(x, name)(), (M,))
       for name in ("all", "any", "argmax", "argmin", "argsort", "nonzero", "round")},
    **{name: (lambda x, name=name: str(getattr(x, name)), (M,))
       for name in ("device", "dtype", "itemsize", "nbytes", "ndim", "shape", "size")},
    "argpartition": (lambda x: x.argpartition(1), (V,)),
    "base": (lambda x: str((x.base is None, x[1:].base is x)), (V,)),
    "searchsorted": (lambda x: x.searchsorted(ONE), (UP,)),
}  # fmt: skip

# these make arrays of plain numbers, answer questions about dtypes, or speak of files and settings
WITHOUT_ARRAYS: Final = frozenset(
    f"np.{name}"
    for name in (
        "bartlett", "base_repr", "binary_repr", "blackman", "broadcast_shapes", "diag_indices",
        "format_float_positional", "format_float_scientific", "fromfile", "fromfunction", "fromregex", "fromstring",
        "genfromtxt", "get_include", "get_printoptions", "getbufsize", "geterr", "geterrcall", "hamming", "hanning",
        "indices", "info", "isdtype", "issubdtype", "kaiser", "load", "loadtxt", "mask_indices", "mintypecode",
        "printoptions", "promote_types", "set_printoptions", "setbufsize", "seterr", "seterrcall", "show_config",
        "show_runtime", "test", "tril_indices", "triu_indices", "typename", "linalg.test", "fft.test", "fft.fftfreq",
        "fft.rfftfreq",
    )
)  # fmt: skip
