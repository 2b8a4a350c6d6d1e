"""A finite cotangent goes on where it meets an infinite one and both meet a zero."""

import itertools

import numpy as np
import pytest

import wengert as wg

WEIGHTS = np.array([[1.0, 2.0], [3.0, 4.0]])


def shared(x):
    v = x * x
    return np.sum(np.sqrt(v) + 3 * v)


def mixed_by_a_matrix(x):
    v = WEIGHTS @ (x * x)
    return np.sum(np.sqrt(v) + 3 * v)


def mixed_by_broadcasting(x):
    v = x[0] * x[0] + np.zeros(3)
    return np.sum(np.sqrt(v) * np.array([1.0, 0.0, 1.0]) + 3 * v) + x[1] ** 2


HESSIANS = {
    shared: np.diag([6.0, 6.0]),
    mixed_by_a_matrix: np.diag([24.0, 36.0]),
    mixed_by_broadcasting: np.diag([18.0, 2.0]),
}


@pytest.mark.parametrize("f", HESSIANS)
@pytest.mark.parametrize(("outer", "inner"), list(itertools.product(("forward", "reverse"), repeat=2)))
def test_hessians_where_an_infinity_meets_zero(f, outer, inner):
    hessian = wg.jacobian(wg.jacobian(f, mode=inner), mode=outer)
    np.testing.assert_array_equal(hessian(np.zeros(2)), HESSIANS[f])
    many = wg.vmap(hessian)(np.array([[0.0, 0.0], [1.0, 2.0]]))
    np.testing.assert_array_equal(many[0], HESSIANS[f])
    np.testing.assert_allclose(many[1], hessian(np.array([1.0, 2.0])), rtol=1e-14)
