"""Linear algebra where it is singular: repeated and zero values, singular matrices, kinks, and errors."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
import wengert.primitives.linalg
from wengert.errors import ShapeError, UndefinedDerivativeError, UnsupportedError
from wengert.graph import REGISTRY
from wengert.primitives.linalg.library import _OfScipy, routines
from wengert.primitives.linalg.witness import WITNESSES, renewed

rng = np.random.default_rng(3)
Q = np.linalg.qr(rng.normal(size=(4, 4)))[0]
REPEATED = (Q * [1.0, 1.0, 2.0, 3.0]) @ Q.T
REPEATED = (REPEATED + REPEATED.T) / 2
DIRECTION = np.array([[0.0, 1.0, 0.3, 0.2], [1.0, 0.5, 0.1, 0.4], [0.3, 0.1, -1.0, 0.6], [0.2, 0.4, 0.6, 0.7]])
WEIGHTS = rng.normal(size=(4, 4))


# Norms


# the gradient of some of these norms is constant, which is fine here
@pytest.mark.filterwarnings("ignore::wengert.errors.IndependentOutputWarning")
@pytest.mark.parametrize("order", [None, 1, 2, 3, 4, 1.5, np.inf])
def test_norms_at_zero_have_zero_derivatives(order):
    def f(x):
        return np.linalg.norm(x, order)

    x, dx = np.zeros(3), np.array([1.0, -2.0, 0.5])
    assert wg.jvp(f, (x,), (dx,))[1] == 0
    np.testing.assert_array_equal(wg.grad(f)(x), np.zeros(3))
    np.testing.assert_array_equal(wg.hessian(f)(x), np.zeros((3, 3)))
    third = wg.grad(lambda x: dx @ wg.hvp(f, x, dx))(x)
    np.testing.assert_array_equal(third, np.zeros(3))


def test_a_norm_at_zero_leaks_no_nan_into_its_neighbours():
    x = np.array([[0.0, 0.0], [3.0, 4.0]])
    gradient = wg.grad(lambda x: np.sum(np.linalg.norm(x, axis=1)))(x)
    np.testing.assert_allclose(gradient, [[0, 0], [0.6, 0.8]])


@pytest.mark.parametrize("order", [3, 1.5, -1])
def test_power_norms_with_a_zero_entry(order):
    x = np.array([0.0, 1.0, -2.0])
    gradient = wg.grad(lambda x: np.linalg.norm(x, order))(x)
    rest = wg.grad(lambda x: np.linalg.norm(x, order))(x[1:])
    np.testing.assert_allclose(gradient, [0, *(rest if order > 0 else (0, 0))])
    assert np.isfinite(wg.hessian(lambda x: np.linalg.norm(x, order))(x)).all()


@pytest.mark.parametrize("order", ["nuc", 2, -2, "fro"])
def test_matrix_norms_of_a_matrix_of_low_rank(order):
    a = np.outer([1.0, 2.0, 2.0], [0.6, 0.8])
    left, right = np.array([1.0, 2.0, 2.0]) / 3, np.array([0.6, 0.8])
    gradient = wg.grad(lambda a: np.linalg.norm(a, order))(a)
    np.testing.assert_allclose(gradient, 0 * a if order == -2 else np.outer(left, right), atol=1e-14)


# Repeated eigenvalues and singular values


@pytest.mark.parametrize("values", [np.linalg.eigvalsh, lambda a: np.linalg.eigh(a)[0]])
def test_a_loss_of_repeated_eigenvalues_has_its_gradient(values):
    gradient = wg.grad(lambda a: np.sum(values(a) ** 3))(REPEATED)
    np.testing.assert_allclose(gradient, 3 * REPEATED @ REPEATED, atol=1e-12)
    slope = wg.jvp(lambda a: np.sum(values(a) ** 3), (REPEATED,), (DIRECTION,))[1]
    np.testing.assert_allclose(slope, np.sum(gradient * DIRECTION))


def test_repeated_eigenvalues_take_equal_shares():
    gradient = wg.grad(lambda a: np.linalg.eigvalsh(a)[0])(REPEATED)
    np.testing.assert_allclose(gradient, Q[:, :2] @ Q[:, :2].T / 2, atol=1e-12)


@pytest.mark.parametrize("take", [lambda v: v[:, -1], lambda v: v[..., 2:][:, 1], lambda v: v[0:4, 3]])
def test_vectors_of_simple_eigenvalues_are_differentiable_beside_repeated_ones(take):
    def f(a):
        return np.sum(take(np.linalg.eigh(a)[1]) ** 3 * np.arange(1.0, 5.0))

    h = 1e-6
    slope = (f(REPEATED + h * DIRECTION) - f(REPEATED - h * DIRECTION)) / (2 * h)
    np.testing.assert_allclose(np.sum(wg.grad(f)(REPEATED) * DIRECTION), slope, rtol=1e-6)
    np.testing.assert_allclose(wg.jvp(f, (REPEATED,), (DIRECTION,))[1], slope, rtol=1e-6)


def test_one_of_several_repeated_vectors_is_refused():
    with pytest.raises(UndefinedDerivativeError, match="here 1"):
        wg.grad(lambda a: np.linalg.eigh(a)[1][0, 1])(REPEATED)


def test_repeated_singular_values():
    a = Q[:, :3] * [2.0, 2.0, 1.0]
    gradient = wg.grad(lambda a: np.sum(np.linalg.svdvals(a) ** 2))(a)
    np.testing.assert_allclose(gradient, 2 * a, atol=1e-12)
    with pytest.raises(UndefinedDerivativeError, match="singular vectors belonging to a repeated singular value"):
        wg.grad(lambda a: np.sum(np.linalg.svd(a, full_matrices=False)[0] * WEIGHTS[:, :3]))(a)
    last = wg.grad(lambda a: np.linalg.svd(a, full_matrices=False)[2][2, 0])(a)
    assert np.isfinite(last).all()


@pytest.mark.parametrize("values", [lambda a: np.linalg.svd(a, hermitian=True)[1], np.linalg.svdvals])
def test_singular_values_of_a_hermitian_matrix_are_those_of_any(values):
    def f(a):
        return values(a) @ np.arange(1.0, 4.0)

    # all but one are zero up to rounding, and one is negative
    a = -np.outer([1.0, 2.0, 2.0], [1.0, 2.0, 2.0]) / 9
    np.testing.assert_allclose(wg.grad(f)(a), a, atol=1e-14)
    np.testing.assert_allclose(wg.jvp(f, (a,), (DIRECTION[:3, :3],))[1], np.sum(a * DIRECTION[:3, :3]))


def test_zero_singular_values():
    a = np.outer([1.0, 2.0, 2.0], [0.6, 0.8])
    gradient = wg.grad(lambda a: np.sum(np.linalg.svdvals(a) ** 2))(a)
    np.testing.assert_allclose(gradient, 2 * a, atol=1e-12)
    with pytest.raises(UndefinedDerivativeError, match="zero singular value"):
        wg.grad(lambda a: np.sum(np.linalg.svd(a, full_matrices=False)[0]))(a)
    with pytest.raises(UndefinedDerivativeError, match="order two"):
        wg.hessian(lambda a: np.linalg.norm(a, "nuc"))(a)


def test_a_complex_matrix_without_off_diagonal_entries():
    a = np.diag([1.0, 2.0, 3.0]).astype(complex)

    def projector(a):
        v = np.linalg.eigh(a)[1]
        return np.real(((v * np.array([1.0, 4.0, 2.0])) @ np.conj(v.T))[0, 1])

    e = np.zeros((3, 3), complex)
    e[0, 1], e[1, 0] = 1 + 2j, 1 - 2j
    h = 1e-6
    slope = (projector(a + h * e) - projector(a - h * e)) / (2 * h)
    np.testing.assert_allclose(np.real(np.sum(np.conj(wg.grad(projector)(a)) * e)), slope, rtol=1e-6)
    with pytest.raises(UndefinedDerivativeError, match=r"LAPACK fixes its phase by entry 0.*limit along paths"):
        wg.grad(lambda a: np.imag(np.linalg.eigh(a)[1][1, 1]))(a)


# Views of the vectors


def test_vectors_may_be_written_into():
    def f(a):
        w, v = np.linalg.eigh(a)
        first = v[:, 0]
        first *= 2.0
        v[:, 1] = w
        return np.sum(v * WEIGHTS)

    def plain(a):
        w, v = np.linalg.eigh(a)
        return np.sum(np.concatenate([2 * v[:, :1], w[:, None], v[:, 2:]], axis=1) * WEIGHTS)

    a = DIRECTION + np.diag([0.0, 2, 4, 8])
    np.testing.assert_allclose(wg.value_and_grad(f)(a)[0], plain(a))
    np.testing.assert_allclose(wg.grad(f)(a), wg.grad(plain)(a))


def test_the_matrix_may_be_overwritten_before_the_vectors_are_used():
    def f(x):
        a = x * 1.0
        v = np.linalg.eigh(a)[1]
        a[0, 0] = 100.0
        return v[:, 0] @ WEIGHTS @ v[:, 1]

    def plain(x):
        v = np.linalg.eigh(x)[1]
        return v[:, 0] @ WEIGHTS @ v[:, 1]

    np.testing.assert_allclose(wg.grad(f)(DIRECTION), wg.grad(plain)(DIRECTION))


# Determinants


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_determinants_of_singular_matrices(rank):
    a = WEIGHTS[:3, :rank] @ WEIGHTS[:rank, :3]
    e, h = DIRECTION[:3, :3], 1e-4
    gradient = wg.grad(np.linalg.det)
    np.testing.assert_allclose(
        np.sum(gradient(a) * e),
        (np.linalg.det(a + h * e) - np.linalg.det(a - h * e)) / (2 * h),
        atol=1e-6,
    )
    second = wg.jvp(gradient, (a,), (e,))[1]
    np.testing.assert_allclose(second, (gradient(a + h * e) - gradient(a - h * e)) / (2 * h), atol=1e-6)
    third = wg.jvp(lambda a: wg.jvp(gradient, (a,), (e,))[1], (a,), (e,))[1]
    # the determinant of three rows is a cubic polynomial, whose third derivative is six times that of e
    np.testing.assert_allclose(np.sum(third * e), 6 * np.linalg.det(e), atol=1e-9)


def test_determinants_that_leave_the_range_of_numbers():
    a = 1e-200 * np.eye(2)
    np.testing.assert_allclose(wg.grad(np.linalg.det)(a), 1e-200 * np.eye(2))


def test_slogdet_of_a_singular_matrix():
    with pytest.raises(UndefinedDerivativeError, match=r"np.linalg.slogdet has no derivative at a singular matrix"):
        wg.grad(lambda a: np.linalg.slogdet(a)[1])(np.diag([1.0, 0.0]))


def test_the_sign_of_a_determinant_may_steer_the_program():
    def f(a):
        sign, logarithm = np.linalg.slogdet(a)
        return logarithm if sign > 0 else -logarithm

    a = np.diag([1.0, 2.0])
    np.testing.assert_allclose(wg.grad(f)(a), np.diag([1.0, 0.5]))
    np.testing.assert_allclose(
        wg.grad(f)(-a @ [[0, 1], [1, 0]]), wg.grad(f)(a @ [[0, 1], [-1, 0]]) * [[1, 1], [-1, -1]]
    )


# Arguments and results as NumPy has them


def test_results_are_numpys_named_tuples():
    kinds = {}

    def f(a):
        kinds.update(eigh=np.linalg.eigh(a), svd=np.linalg.svd(a), qr=np.linalg.qr(a), slogdet=np.linalg.slogdet(a))
        return kinds["eigh"].eigenvalues[0] + kinds["svd"].S[0] + kinds["qr"].R[0, 0] + kinds["slogdet"].logabsdet

    assert np.isfinite(wg.grad(f)(DIRECTION + 3 * np.eye(4))).all()
    for name, result in kinds.items():
        assert type(result) is type(getattr(np.linalg, name)(np.eye(2)))


def test_lists_and_integers_are_converted():
    gradient = wg.grad(lambda b: np.sum(np.linalg.solve([[2, 0], [1, 4]], b)))(np.array([1.0, 2.0]))
    np.testing.assert_allclose(gradient, np.linalg.solve([[2.0, 1.0], [0.0, 4.0]], [1, 1]))


def test_a_right_side_of_two_axes_is_a_matrix():
    a = np.stack([np.eye(2), 2 * np.eye(2)])
    b = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert wg.jacobian(lambda b: np.linalg.solve(a, b))(b).shape == (2, 2, 2, 2, 2)
    assert wg.grad(lambda a: np.sum(np.linalg.solve(a, b[0])))(a).shape == a.shape


def test_a_complex_right_side_leaves_a_real_matrix_real():
    a, b = np.array([[2.0, 1.0], [0.5, 3.0]]), np.array([1.0 + 2j, 0.5 - 1j])
    gradient = wg.grad(lambda a: np.sum(np.abs(np.linalg.solve(a, b)) ** 2))(a)
    assert gradient.dtype == np.float64
    shifted = [np.sum(np.abs(np.linalg.solve(a + 1e-6 * s * np.eye(2), b)) ** 2) for s in (1, -1)]
    np.testing.assert_allclose(np.trace(gradient), (shifted[0] - shifted[1]) / 2e-6, rtol=1e-6)


@pytest.mark.parametrize("order", ["C", "F"])
def test_memory_order_makes_no_difference(order):
    a = np.array(WEIGHTS + 4 * np.eye(4), order=order)
    np.testing.assert_allclose(
        wg.grad(lambda a: np.sum(np.linalg.solve(a, WEIGHTS)))(a),
        -np.linalg.solve(a.T, np.ones((4, 4))) @ np.linalg.solve(a, WEIGHTS).T,
    )


def test_matrices_without_entries():
    empty = np.zeros((0, 0))
    assert wg.value_and_grad(np.linalg.det)(empty)[0] == 1
    assert wg.grad(lambda a: np.sum(np.linalg.solve(a, np.zeros((0, 2)))))(empty).shape == (0, 0)


ERRORS = [
    (lambda a: np.linalg.solve(a[:2], a), np.linalg.LinAlgError, "np.linalg.solve needs square matrices"),
    (
        lambda a: np.linalg.solve(a, np.ones(3)),
        ShapeError,
        r"of shape \(4, 4\) needs b with 4 rows, received shape \(3,\)",
    ),
    (
        lambda a: np.linalg.solve(a, np.ones((2, 3, 1))),
        ShapeError,
        r"write b\[..., None\] for a stack of vectors",
    ),
    (lambda a: np.linalg.solve(a, a[0, 0]), np.linalg.LinAlgError, "received a number"),
    (lambda a: np.linalg.solve(0 * a, a), np.linalg.LinAlgError, "Singular matrix"),
    (lambda a: np.linalg.inv(0 * a), np.linalg.LinAlgError, "Singular matrix"),
    (
        lambda a: np.linalg.inv(a[0]),
        np.linalg.LinAlgError,
        r"np.linalg.inv needs a matrix.*received shape \(4,\)",
    ),
    (lambda a: np.linalg.cholesky(-a @ a.T), np.linalg.LinAlgError, "not positive definite"),
    (
        np.linalg.cholesky,
        UnsupportedError,
        r"np.linalg.cholesky of a matrix that is not symmetric.*np.tril\(a, -1\).T",
    ),
    (
        np.linalg.eigvalsh,
        UnsupportedError,
        r"eigh or eigvalsh of a matrix that is not symmetric.*\(a \+ a.T\) / 2",
    ),
    (
        lambda a: np.linalg.qr(np.triu(a), mode="raw")[1],
        UndefinedDerivativeError,
        r"np.linalg.qr\(mode='raw'\) has no derivative here: column 0 .*Use mode='reduced'",
    ),
    (
        lambda a: np.linalg.qr(np.outer(a[0], a[1]), mode="raw")[0],
        UndefinedDerivativeError,
        r"column 1 is zero on or below the diagonal when its turn comes",
    ),
    (
        lambda a: np.linalg.qr(a[:, :2], "complete")[0],
        UndefinedDerivativeError,
        r"the 2 vectors that complete the basis of a 4 by 2 matrix .*mode='reduced'",
    ),
    (lambda a: np.linalg.qr(a, "full"), ValueError, "Unrecognized mode 'full'"),
    (lambda a: np.linalg.svd(a[:, :2])[0], UndefinedDerivativeError, r"of a 4 by 2 matrix.*full_matrices=False"),
    (lambda a: np.linalg.svd(a[:2])[2][-1], UndefinedDerivativeError, r"of a 4 by 2 matrix.*such as one of Z @ Z.T"),
    (lambda a: np.linalg.cond(0 * a), UndefinedDerivativeError, r"cond\(x, p=None\) of a singular matrix"),
    (lambda a: np.linalg.cond(0 * a, 1), UndefinedDerivativeError, r"cond\(x, p=1\) of a singular matrix"),
    (lambda a: np.linalg.eig(a * np.nan)[0], np.linalg.LinAlgError, "must not contain infs or NaNs"),
    (lambda a: np.linalg.pinv(a * np.nan), np.linalg.LinAlgError, "SVD did not converge"),
    (lambda a: np.linalg.pinv(a, 1e-5, rtol=1e-5), ValueError, "can't be both set"),
    (lambda a: np.linalg.pinv(a, hermitian=True), UnsupportedError, "pinv of a matrix that is not symmetric"),
    (lambda a: np.linalg.lstsq(a, a[:3])[0], ShapeError, "a has 4 rows and b has 3"),
    (lambda a: np.linalg.lstsq(a[None], a)[0], np.linalg.LinAlgError, "needs one matrix"),
    (lambda a: np.linalg.tensorsolve(a, a), ShapeError, "as many equations as unknowns"),
    (lambda a: np.linalg.tensorinv(a[:2]), ShapeError, "as many entries in the first 2 axes"),
    (lambda a: np.linalg.tensorinv(a, 0), ValueError, "Invalid ind"),
    (lambda a: np.linalg.norm(a[0], "fro"), ValueError, "Invalid norm order 'fro' for vectors"),
    (lambda a: np.linalg.norm(a, 3), ValueError, "Invalid norm order for matrices"),
    (lambda a: np.linalg.norm(a[None], 2), ValueError, "Improper number of dimensions"),
    (lambda a: np.linalg.norm(a, axis=2), np.exceptions.AxisError, "axis 2 is out of bounds"),
    (lambda a: np.linalg.matrix_power(a, 0.5), TypeError, "exponent must be an integer"),
    (lambda a: np.linalg.multi_dot([a, a[:3]]), ShapeError, "multi_dot: shapes .* do not fit together"),
]


@pytest.mark.parametrize(("f", "kind", "words"), ERRORS)
def test_errors_say_what_is_wrong(f, kind, words):
    with pytest.raises(kind, match=f"(?s){words}"):
        wg.grad(lambda a: np.sum(f(a)))(WEIGHTS + np.diag([1.0, 2.0, 3.0, 4.0]))


def test_qr_of_dependent_columns():
    a = np.array([[1.0, 2.0], [2.0, 4.0], [2.0, 4.0]])
    with pytest.raises(UndefinedDerivativeError, match="column 1 of the matrix depends on those before it"):
        wg.grad(lambda a: np.sum(np.linalg.qr(a)[0]))(a)


# Witnesses and the library


@pytest.mark.parametrize("name", sorted(WITNESSES))
def test_witnesses_belong_to_the_matrix(name):
    primitive = REGISTRY[name]
    for sample in primitive.sample_list:
        operands, _ = sample(np.random.default_rng(0))
        for given, fresh in zip(operands, renewed(primitive, operands), strict=True):
            np.testing.assert_array_equal(given, fresh)


@pytest.mark.parametrize("dtype", "fdFD")
def test_scipys_routines_agree_with_numpys(dtype):
    a = np.asarray(WEIGHTS + 3 * np.eye(4), dtype)
    b = np.asarray(DIRECTION[:, :2], dtype)
    results = []
    for library in (routines(np.dtype(dtype)), _OfScipy(np.dtype(dtype))):
        factors = a.copy()
        pivots = library.factor(factors)
        results.append(
            [
                factors,
                pivots,
                library.solve(factors, pivots, np.asfortranarray(b), True),
                library.solve(factors, pivots, np.asfortranarray(b), False),
                library.invert(factors.copy(), pivots)[0],
                library.solve_triangle(np.triu(a), b.copy(), False, True),
            ]
        )
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4 if dtype in "fF" else 1e-12)
