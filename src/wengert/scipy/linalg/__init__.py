"""`scipy.linalg` for traced values.

>>> import numpy as np
>>> import wengert as wg
>>> import wengert.scipy.linalg as linalg
>>> wg.grad(lambda a: np.trace(linalg.expm(a)))(np.zeros((2, 2)))
array([[1., 0.],
       [0., 1.]])
"""

from __future__ import annotations

from typing import Any

from wengert.scipy.linalg.decompositions import (
    cho_factor,
    cholesky,
    det,
    eig,
    eigh,
    eigvals,
    eigvalsh,
    inv,
    lstsq,
    lu,
    lu_factor,
    lu_solve,
    norm,
    pinv,
    polar,
    qr,
    svd,
    svdvals,
)
from wengert.scipy.linalg.equations import (
    cho_solve,
    solve,
    solve_banded,
    solve_continuous_lyapunov,
    solve_discrete_lyapunov,
    solve_sylvester,
    solve_toeplitz,
    solve_triangular,
    solveh_banded,
)
from wengert.scipy.linalg.functions import (
    coshm,
    cosm,
    expm,
    expm_frechet,
    fractional_matrix_power,
    logm,
    sinhm,
    sinm,
    sqrtm,
    tanhm,
    tanm,
)
from wengert.scipy.linalg.structured import block_diag, circulant, hankel, khatri_rao, kron, toeplitz
from wengert.scipy.mirror import fall_through

__all__ = [
    "block_diag", "cho_factor", "cho_solve", "cholesky", "circulant", "coshm", "cosm", "det", "eig", "eigh", "eigvals",
    "eigvalsh", "expm", "expm_frechet", "fractional_matrix_power", "hankel", "inv", "khatri_rao", "kron", "logm",
    "lstsq", "lu", "lu_factor", "lu_solve", "norm", "pinv", "polar", "qr", "sinhm", "sinm", "solve", "solve_banded",
    "solve_continuous_lyapunov", "solve_discrete_lyapunov", "solve_sylvester", "solve_toeplitz", "solve_triangular",
    "solveh_banded", "sqrtm", "svd", "svdvals", "tanhm", "tanm", "toeplitz",
]  # fmt: skip
_beyond = fall_through("scipy.linalg")


def __getattr__(name: str) -> Any:
    return _beyond(name)
