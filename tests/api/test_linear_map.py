"""Formulas in a direction as linear maps: their forms, and the operator beside the numeric derivatives."""

import numpy as np
import pytest

import wengert as wg
from wengert.errors import ArgumentError, CheckError

RNG = np.random.default_rng(4)
T, U, V = RNG.normal(size=(6, 5)), RNG.normal(size=(6, 2)), RNG.normal(size=(5, 2))
X, B = RNG.normal(size=(4, 4)) + 4 * np.eye(4), RNG.normal(size=(4, 4))


def factorisation(U):
    return np.sum((T - U @ V.T) ** 2)


def log_volume(X):
    return np.linalg.slogdet(X)[1]


def weighted(X):
    return np.sum(B * X * X)


FORMULAS = {
    "Hessian of a factorisation": (factorisation, U, "hessian"),
    "Hessian of a penalised mean": (lambda U: np.mean((U @ V.T - T) ** 2) + 0.5 * np.sum(U**2), U, "hessian"),
    "Hessian of log det": (log_volume, X, "hessian"),
    "Hessian of weighted squares": (weighted, X, "hessian"),
    "differential of an inverse": (np.linalg.inv, X, "differential"),
    "differential of a product": (lambda X: X @ B @ X, X, "differential"),
}
NUMBERS = {"hessian": wg.hessian, "differential": wg.jacobian}


@pytest.mark.parametrize("name", FORMULAS)
def test_the_map_of_a_formula_is_the_numeric_derivative(name):
    function, point, what = FORMULAS[name]
    form = wg.derive(function, point)
    found, expected = getattr(form, what).linear_map(), NUMBERS[what](function)(point)
    given = {form.variable: point}
    np.testing.assert_allclose(found.dense(given), expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.compile()(point), expected, rtol=1e-12, atol=1e-12)
    operator = found.operator(given)
    seed = RNG.normal(size=point.size)
    matrix = expected.reshape(operator.shape)
    np.testing.assert_allclose(operator.matvec(seed), matrix @ seed, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(operator.rmatvec(seed), matrix.T @ seed, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(operator.matvec(operator.solve(seed)), seed, rtol=1e-9, atol=1e-9)


def test_the_code_of_a_kronecker_product_writes_its_blocks_alone():
    second = wg.derive(factorisation, U).hessian.linear_map()
    assert second.python(name="hessian") == (
        "import numpy as np\n\n\n"
        "def hessian(U, T, V):\n"
        "    VtV = V.T @ V\n"
        "    hessian = np.zeros((U.shape[0], U.shape[1], U.shape[0], U.shape[1]))\n"
        '    np.einsum("ijil->ijl", hessian)[...] = 2 * VtV\n'
        "    return hessian\n"
    )


def test_a_compiled_map_names_what_it_takes():
    hessian = wg.derive(factorisation, U).hessian.linear_map().compile()
    with pytest.raises(ArgumentError, match="the linear map is a function of U: "):
        hessian(U, V)


def test_a_wrong_code_of_a_map_is_not_given_out(monkeypatch):
    found = wg.derive(factorisation, U).hessian.linear_map()
    source = found.python()
    monkeypatch.setattr(type(found), "python", lambda *_: source.replace("2 * VtV", "3 * VtV"))
    with pytest.raises(CheckError, match="the code of the dense array differs from dU ↦ 2 dU VᵀV by"):
        found.compile()(U)


def test_the_forms_of_a_second_derivative():
    second = wg.derive(factorisation, U).hessian.linear_map()
    assert str(second) == "dU ↦ 2 dU VᵀV"
    assert second.vec() == "2(I ⊗ VᵀV),  vec by rows, as numpy.ravel does"
    assert second.vec(order="F").startswith("2(VᵀV ⊗ I),  vec by columns")
    assert second.structure == "Kronecker product"
    # the array of the variable tells how many rows it has: it is not in the map
    assert second.operator({"U": U}).method == "an LU factorisation of 2 × 2"


def test_what_is_no_linear_map_of_one_direction():
    with pytest.raises(ArgumentError, match="linear map is of one direction, and the gradient has no direction"):
        wg.derive(factorisation, U).gradient.linear_map()
    both = wg.derive(lambda U, V: np.sum(U @ V.T), U, V, wrt=("U", "V"))
    with pytest.raises(ArgumentError, match="the differential is linear in dU, dV; take linear_map of"):
        both.differential.linear_map()


def test_arrays_of_the_map():
    symbols = wg.Matrix("U", "m k"), wg.Matrix("V", "n k"), wg.Matrix("T", "m n")
    second = wg.derive(lambda U, V, T: np.sum((T - U @ V.T) ** 2), *symbols).hessian.linear_map()
    with pytest.raises(ArgumentError, match="values has no array for V"):
        second.operator({"U": U})
    with pytest.raises(ArgumentError, match="no array has the length m; give the array of the variable in values"):
        second.operator({"V": V})
    with pytest.raises(ArgumentError, match="T has 3 entries along n, which is 5"):
        second.operator({"V": V, "T": np.ones((6, 3))})
    np.testing.assert_allclose(
        second.dense({"V": V, "U": U}), wg.hessian(lambda U: np.sum((T - U @ V.T) ** 2))(U), rtol=1e-12
    )
