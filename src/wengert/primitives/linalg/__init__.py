"""Linear algebra, one file per decomposition. Importing this package declares what is known of `np.linalg`.

A decomposition is computed once, by a primitive whose result counts as constant: a *witness*. The operations
that have a derivative take the matrix and its witness; they compute with the witness and are differentiated
with respect to the matrix. So the factors of the forward pass serve every derivative after it.
"""

from wengert.primitives.linalg import (
    cholesky,
    completion,
    determinant,
    eig,
    eigh,
    least_squares,
    norm,
    parting,
    powers,
    pseudoinverse,
    qr,
    solve,
    spectral,
    svd,
    tensors,
)

__all__ = [
    "cholesky",
    "completion",
    "determinant",
    "eig",
    "eigh",
    "least_squares",
    "norm",
    "parting",
    "powers",
    "pseudoinverse",
    "qr",
    "solve",
    "spectral",
    "svd",
    "tensors",
]
