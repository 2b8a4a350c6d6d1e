"""Linear maps of matrices: every form of one is the same map."""

import dataclasses
import re
import runpy
from pathlib import Path

import numpy as np
import pytest

import wengert as wg
from wengert.api.linear_map import LinearMap
from wengert.calculus import algebra
from wengert.calculus.algebra import add, diagonal, hadamard, inverse, matmul, number, ones, transpose
from wengert.calculus.dimension import Dim
from wengert.calculus.evaluation import evaluate
from wengert.calculus.expression import walk
from wengert.calculus.invariants import determinant, diagonal_of, frechet, trace
from wengert.display import linear_map as display
from wengert.errors import ArgumentError, ShapeError, UnsupportedError

N, M, K = Dim("n"), Dim("m"), Dim("k")
SIZES = ({N: 5, M: 3, K: 2}, {N: 3, M: 7, K: 5})


def symbol(name, *dims, held=()):
    return algebra.symbol(name, *(*dims, 1, 1)[:2], held)


X, A, B, P = (symbol(name, N, N, held=["invertible"] if name == "X" else ()) for name in "XABP")
D_X, S = symbol("dX", N, N), symbol("S", N, N, held=["symmetric", "positive definite"])
D_S = symbol("dS", N, N, held=["symmetric"])
u, v, c = symbol("u", N), symbol("v", N), symbol("c")
C, D, T, D_Z = symbol("C", K, M), symbol("D", N, K), symbol("T", M, N), symbol("dZ", M, N)
U, V, D_U, D_V, w = symbol("U", M, K), symbol("V", N, K), symbol("dU", M, K), symbol("dv", N), symbol("w", M)
INVERSE = inverse(X)
D_R, D_C = symbol("dr", 1, N), symbol("dc")


def minus(x):
    return algebra.negative(x)


MAPS = {
    "of an inverse": (minus(matmul(INVERSE, D_X, INVERSE)), D_X),
    "of a transposed inverse": (minus(matmul(transpose(INVERSE), transpose(D_X), transpose(INVERSE))), D_X),
    "of the gradient of a determinant": (
        matmul(
            determinant(X),
            add(
                matmul(trace(matmul(INVERSE, D_X)), transpose(INVERSE)),
                minus(matmul(transpose(INVERSE), transpose(D_X), transpose(INVERSE))),
            ),
        ),
        D_X,
    ),
    "of a square": (add(matmul(X, D_X), matmul(D_X, X)), D_X),
    "Sylvester with a multiple": (add(matmul(A, D_X), matmul(D_X, B), matmul(c, D_X)), D_X),
    "of a form": (add(matmul(transpose(D_X), A, X), matmul(transpose(X), A, D_X)), D_X),
    "symmetric part": (add(D_X, transpose(D_X)), D_X),
    "weights": (hadamard(P, D_X), D_X),
    "weights and a multiple": (add(hadamard(P, D_X), matmul(number(3), D_X)), D_X),
    "weights by rows": (matmul(hadamard(P, matmul(D_X, transpose(B))), B), D_X),
    "weights by columns": (matmul(transpose(B), hadamard(P, matmul(B, D_X))), D_X),
    "weights of a transpose": (transpose(hadamard(P, matmul(A, transpose(D_X)))), D_X),
    "only a diagonal": (diagonal(diagonal_of(matmul(A, D_X, B))), D_X),
    "a diagonal of a transpose": (diagonal_of(matmul(A, transpose(D_X), B)), D_X),
    "a diagonal matrix inside": (matmul(A, diagonal(matmul(D_X, u)), B), D_X),
    "a form times a matrix": (matmul(transpose(u), A, D_X, v, A), D_X),
    "a form": (matmul(transpose(u), D_X, v), D_X),
    "a trace": (trace(matmul(A, D_X, B)), D_X),
    "a sum of traces": (add(matmul(trace(matmul(A, D_X)), B), matmul(trace(matmul(D_X, B)), A)), D_X),
    "a column": (matmul(diagonal(u), D_X, v), D_X),
    "a row": (matmul(transpose(u), D_X, B), D_X),
    "row sums": (hadamard(P, matmul(D_X, ones(N), transpose(ones(N)))), D_X),
    "a bracket inside": (matmul(A, add(matmul(D_X, B), matmul(transpose(D_X), P)), A), D_X),
    "a bracket in weights": (hadamard(P, add(matmul(A, D_X), matmul(trace(D_X), B))), D_X),
    "of an exponential": (matmul(A, frechet("expm", X, matmul(D_X, B))), D_X),
    "a multiple and a form": (add(matmul(number(2), D_X), matmul(transpose(u), D_X, v, u, transpose(v))), D_X),
    "a compressed factor": (matmul(number(2), D_U, transpose(V), V), D_U),
    "a masked factor": (matmul(number(2), hadamard(T, matmul(D_U, transpose(V))), V), D_U),
    "other shapes": (matmul(C, D_Z, D), D_Z),
    "other shapes, transposed": (matmul(transpose(D), transpose(D_Z), transpose(C)), D_Z),
    "a number of another shape": (matmul(trace(matmul(transpose(T), D_Z)), C), D_Z),
    "outer columns": (matmul(D_V, transpose(w)), D_V),
    "outer rows": (matmul(w, transpose(D_V)), D_V),
    "of a row": (matmul(u, D_R, B), D_R),
    "of a number": (matmul(D_C, add(matmul(A, B), P)), D_C),
    "from number to number": (matmul(transpose(u), A, v, D_C), D_C),
    "from row to row": (add(matmul(D_R, A), hadamard(transpose(u), D_R)), D_R),
    "a vector": (add(matmul(A, D_V), hadamard(u, D_V), matmul(transpose(u), D_V, v)), D_V),
    "a diagonal of a vector": (matmul(A, diagonal(D_V), B), D_V),
    "of a symmetric matrix": (minus(matmul(inverse(S), D_S, inverse(S))), D_S),
    "nothing": (add(matmul(A, D_X), minus(matmul(A, D_X))), D_X),
}


def random_sums():
    """Sums of three pieces, each with one to three operations in a row."""
    random = np.random.default_rng(1)
    steps = [
        lambda m: matmul(A, m), lambda m: matmul(m, B), transpose, lambda m: hadamard(P, m),
        lambda m: diagonal(diagonal_of(m)), lambda m: matmul(trace(matmul(B, m)), A),
        lambda m: matmul(m, u, transpose(v)), lambda m: matmul(number(-2), m),
        lambda m: matmul(c, ones(N), transpose(ones(N)), m),
        lambda m: diagonal(matmul(m, v)), lambda m: add(m, matmul(A, transpose(m), B)),
        lambda m: matmul(INVERSE, m),
    ]  # fmt: skip
    for _ in range(40):
        terms = []
        for _ in range(3):
            term = D_X
            for place in random.integers(len(steps), size=random.integers(1, 4)):
                term = steps[place](term)
            terms.append(term)
        yield add(*terms)


TABLE = {**MAPS, **{f"random sum {place}": (found, D_X) for place, found in enumerate(random_sums())}}


def numbers(expression, direction, sizes, seed=0):
    """Arrays for all symbols, the direction and an array of the result's shape."""
    random = np.random.default_rng(seed)
    values = {}
    for node in (direction, *walk(expression)):
        if hasattr(node, "properties") and node.name not in values:
            shape = [length if isinstance(length, int) else sizes[length] for length in node.shape]
            found = random.normal(size=shape)
            if "invertible" in node.properties:
                found = found + 3 * np.eye(len(found))
            if "symmetric" in node.properties:
                found = found + found.T
            if "positive definite" in node.properties:
                found = found @ found
            values[node.name] = found
    shape = [length if isinstance(length, int) else sizes[length] for length in expression.shape]
    return values, random.normal(size=shape)


every_map = pytest.mark.parametrize("name", TABLE)
every_size = pytest.mark.parametrize("sizes", SIZES, ids=["wide", "tall"])


@every_size
@every_map
def test_the_pieces_add_up_to_the_expression(name, sizes):
    expression, direction = TABLE[name]
    values, _ = numbers(expression, direction, sizes)
    again = LinearMap(expression, direction).pieces.applied(direction)
    expected = evaluate(expression, values, sizes)
    np.testing.assert_allclose(
        evaluate(again, values, sizes), expected, rtol=1e-9, atol=1e-10 * max(1, abs(expected).max())
    )


@every_size
@every_map
def test_the_dense_array_holds_what_becomes_of_every_unit_array(name, sizes):
    expression, direction = TABLE[name]
    values, _ = numbers(expression, direction, sizes)
    point = values[direction.name]
    found = LinearMap(expression, direction).dense(values, sizes)
    columns = []
    for place in range(point.size):
        unit = np.reshape(np.eye(point.size)[place], point.shape)
        if "symmetric" in direction.properties:
            # numbers are put into the formula for all matrices
            assert "symmetric" not in expression.data
        columns.append(evaluate(expression, {**values, direction.name: unit}, sizes))
    expected = np.reshape(np.moveaxis(columns, 0, -1), found.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-10 * max(1, abs(expected).max()))


@every_size
@every_map
def test_the_code_computes_the_dense_array(name, sizes):
    expression, direction = TABLE[name]
    values, _ = numbers(expression, direction, sizes)
    found = LinearMap(expression, direction)
    point = symbol("point", *direction.shape)
    symbols = {node.name: node for node in (point, *walk(expression)) if hasattr(node, "properties")}
    symbols = {word: one for word, one in symbols.items() if one is not direction}
    if "exponential" in name:
        with pytest.raises(UnsupportedError, match="has no code as an array"):
            found.python(list(symbols.values()))
        return
    scope = {}
    source = found.python(list(symbols.values()))
    assert max(map(len, source.splitlines())) <= 120
    exec(source, scope)
    arrays = {word: np.reshape(x, [d for d in np.shape(x) if d != 1]) for word, x in values.items()}
    arrays["point"] = arrays[direction.name]
    expected = found.dense(values, sizes)
    code = scope["derivative"](*[arrays[word] for word in symbols])
    np.testing.assert_allclose(code, expected, rtol=1e-9, atol=1e-10 * max(1, np.abs(expected).max()))


@every_size
@every_map
def test_the_adjoint_is_on_the_other_side_of_an_inner_product(name, sizes):
    expression, direction = TABLE[name]
    values, g = numbers(expression, direction, sizes)
    adjoint = LinearMap(expression, direction).adjoint()
    there = np.sum(g * evaluate(expression, values, sizes))
    pulled = evaluate(adjoint.expression, {**values, adjoint.direction.name: g}, sizes)
    back = np.sum(pulled * values[direction.name])
    scale = max(1.0, np.max(np.abs(pulled)) * np.sum(np.abs(values[direction.name])))
    assert abs(there - back) <= 1e-11 * scale


@every_map
def test_the_adjoint_of_the_adjoint_is_the_map(name):
    expression, direction = TABLE[name]
    if "symmetric" in direction.properties:
        pytest.skip("among symmetric matrices")
    there = LinearMap(expression, direction)
    again = there.adjoint().adjoint()
    values, _ = numbers(expression, direction, SIZES[0])
    np.testing.assert_allclose(again.dense(values, SIZES[0]), there.dense(values, SIZES[0]), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("order", ["C", "F"])
@every_map
def test_kronecker_products_and_the_operator_are_the_same_matrix(name, order):
    expression, direction = TABLE[name]
    sizes = SIZES[0]
    values, g = numbers(expression, direction, sizes)
    found = LinearMap(expression, direction)
    dense = found.dense(values, sizes, order)
    x, y = values[direction.name], evaluate(expression, values, sizes)
    scale = max(1.0, np.abs(dense).max())
    np.testing.assert_allclose(dense @ x.ravel(order), y.ravel(order), rtol=1e-9, atol=1e-10 * scale)
    if "exponential" not in name:
        np.testing.assert_allclose(found.pieces.matrix(values, sizes, order), dense, rtol=1e-9, atol=1e-10 * scale)
    operator = found.operator(values, sizes, order)
    assert operator.shape == dense.shape
    np.testing.assert_allclose(operator @ x.ravel(order), y.ravel(order), rtol=1e-9, atol=1e-10 * scale)
    np.testing.assert_allclose(operator.H @ g.ravel(order), dense.T @ g.ravel(order), rtol=1e-9, atol=1e-9 * scale)
    np.testing.assert_allclose(operator.dense(), found.dense(values, sizes), rtol=1e-12)


@every_size
@every_map
def test_a_solution_is_the_array_that_was_mapped_or_there_is_none(name, sizes):
    expression, direction = TABLE[name]
    values, _ = numbers(expression, direction, sizes)
    operator = LinearMap(expression, direction).operator(values, sizes)
    x, y = values[direction.name], evaluate(expression, values, sizes)
    y = np.reshape(y, operator.target_shape)
    if operator.shape[0] != operator.shape[1]:
        with pytest.raises(ArgumentError, match="least-squares"):
            operator.solve(y)
        return
    dense = np.reshape(operator.dense(), operator.shape)
    if np.linalg.matrix_rank(dense) < len(dense):
        with pytest.raises(np.linalg.LinAlgError, match="no inverse"):
            operator.solve(y)
        return
    bound = 1e-13 * np.linalg.cond(dense) * np.abs(x).max()
    assert np.max(np.abs(operator.solve(y) - np.reshape(x, operator.source_shape))) <= max(bound, 1e-12)
    np.testing.assert_allclose(operator.solve(y.ravel()), x.ravel(), atol=max(bound, 1e-12))


METHODS = {
    "of an inverse": ("Kronecker product", "a product"),
    "of a transposed inverse": ("Kronecker product with a transposition", "a product"),
    "of the gradient of a determinant": (
        "rank one plus Kronecker product with a transposition", "a product, and Woodbury's formula for rank 1",
    ),
    "of a square": ("Sylvester", "a Sylvester equation, by Schur decompositions"),
    "Sylvester with a multiple": ("Sylvester", "a Sylvester equation, by Schur decompositions"),
    "weights and a multiple": ("diagonal", "division by entries"),
    "weights by rows": ("block diagonal by rows", "5 systems of 5 × 5"),
    "weights by columns": ("block diagonal by columns", "5 systems of 5 × 5"),
    "a masked factor": ("block diagonal by rows", "3 systems of 2 × 2"),
    "a bracket inside": ("sum of 2 pieces", "an LU factorisation of the dense matrix of 25 × 25"),
    "a multiple and a form": (
        "rank one plus scaled identity", "division by entries, and Woodbury's formula for rank 1",
    ),
    "a compressed factor": ("Kronecker product", "an LU factorisation of 2 × 2"),
    "a vector": ("rank one plus matrix", "an LU factorisation of 5 × 5, and Woodbury's formula for rank 1"),
    "of an exponential": ("composition", "an LU factorisation of the dense matrix of 25 × 25"),
}  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_the_structure_is_told_and_used(name):
    expression, direction = TABLE[name]
    values, _ = numbers(expression, direction, SIZES[0])
    found = LinearMap(expression, direction)
    operator = found.operator(values, SIZES[0])
    assert (found.structure, operator.method) == METHODS[name]
    assert operator.structure == found.structure


C_ORDER, F_ORDER = ",  vec by rows, as numpy.ravel does", ",  vec by columns"
TURNED = ",  K vec(M) = vec(Mᵀ)"
TEXTS = {
    "of an inverse": (
        "dX ↦ −X⁻¹ dX X⁻¹", "G ↦ −X⁻ᵀGX⁻ᵀ", "−X⁻¹ ⊗ X⁻ᵀ" + C_ORDER, "−X⁻ᵀ ⊗ X⁻¹" + F_ORDER,
        "∂Yᵢⱼ/∂Xₖₗ = −(X⁻¹)ᵢₖ (X⁻¹)ₗⱼ",
    ),
    "of a transposed inverse": (
        "dX ↦ −X⁻ᵀ dXᵀ X⁻ᵀ", "G ↦ −X⁻ᵀGᵀX⁻ᵀ", "−(X⁻ᵀ ⊗ X⁻¹)K" + C_ORDER + TURNED,
        "−(X⁻¹ ⊗ X⁻ᵀ)K" + F_ORDER + TURNED, "∂Yᵢⱼ/∂Xₖₗ = −(X⁻¹)ₗᵢ (X⁻¹)ⱼₖ",
    ),
    "a compressed factor": (
        "dU ↦ 2 dU VᵀV", "G ↦ 2GVᵀV", "2(I ⊗ VᵀV)" + C_ORDER, "2(VᵀV ⊗ I)" + F_ORDER,
        "∂Yᵢⱼ/∂Uₖₗ = 2 δᵢₖ (VᵀV)ₗⱼ",
    ),
    "weights": (
        "dX ↦ P ∘ dX", "G ↦ G ∘ P", "diag(vec(P))" + C_ORDER, "diag(vec(P))" + F_ORDER,
        "∂Yᵢⱼ/∂Xₖₗ = Pᵢⱼ δᵢₖ δₗⱼ",
    ),
    "a form": ("dX ↦ uᵀ dX v", "G ↦ Guvᵀ", "vec(uvᵀ)ᵀ" + C_ORDER, "vec(uvᵀ)ᵀ" + F_ORDER, "∂y/∂Xₖₗ = uₖ vₗ"),
    "a column": (
        "dX ↦ diag(u) dX v", "G ↦ (G ∘ u)vᵀ", "diag(u) ⊗ vᵀ" + C_ORDER, "vᵀ ⊗ diag(u)" + F_ORDER,
        "∂yᵢ/∂Xₖₗ = δᵢₖ uᵢ vₗ",
    ),
    "a diagonal of a transpose": (
        "dX ↦ diag(A dXᵀ B)", "G ↦ B diag(G) A", "Dᵀ(A ⊗ Bᵀ)K" + C_ORDER + TURNED + ",  Dv = vec(diag(v))",
        "Dᵀ(Bᵀ ⊗ A)K" + F_ORDER + TURNED + ",  Dv = vec(diag(v))", None,
    ),
    "nothing": ("dX ↦ 0", "G ↦ 0", "0" + C_ORDER, "0" + F_ORDER, "∂Yᵢⱼ/∂Xₖₗ = 0"),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_maps_are_written_as_on_paper(name):
    operator, adjoint, by_rows, by_columns, by_indices = TEXTS[name]
    found = LinearMap(*TABLE[name])
    assert (str(found), str(found.adjoint())) == (operator, adjoint)
    assert (found.vec(), found.vec("F")) == (by_rows, by_columns)
    if by_indices is None:
        with pytest.raises(UnsupportedError, match="by indices are written sums of L dX R"):
            found.index()
    else:
        assert found.index() == by_indices


def test_latex_of_a_map():
    found = LinearMap(*TABLE["of an inverse"])
    assert found.latex() == r"\mathrm{d}X \mapsto -X^{-1}\,\mathrm{d}X\,X^{-1}"
    assert found._repr_latex_() == rf"$\displaystyle {found.latex()}$"
    assert (
        found.vec(latex=True)
        == r"-X^{-1} \otimes X^{-\top}, \quad \operatorname{vec}\text{ by rows, as numpy.ravel does}"
    )
    assert found.index(latex=True) == r"\frac{\partial Y_{ij}}{\partial X_{kl}} = -(X^{-1})_{ik} (X^{-1})_{lj}"


def test_letters_that_are_taken_are_not_used_for_something_else():
    G, F, own = symbol("G", N, N), symbol("Y", N, N), symbol("K", N, N)
    found = LinearMap(add(matmul(own, transpose(D_X), G), matmul(F, D_X)), D_X)
    assert found.adjoint().direction.name == "H"
    assert "K' vec(M) = vec(Mᵀ)" in found.vec()
    assert found.index().startswith("∂Fᵢⱼ/∂Xₖₗ")


REFUSALS = {
    "a square": (matmul(D_X, D_X), D_X, ArgumentError, "not linear in dX: it is multiplied by itself"),
    "a power by entries": (hadamard(D_X, D_X), D_X, ArgumentError, "not linear in dX"),
    "an inverse": (inverse(D_X), D_X, ArgumentError, "it stands inside inverse"),
    "a function": (algebra.apply("exp", D_X), D_X, ArgumentError, "it stands inside exp"),
    "a constant": (A, D_X, ArgumentError, "does not hold dX"),
    "a constant term": (add(A, D_X), D_X, ArgumentError, "a term of a sum is constant"),
    "no symbol": (matmul(A, B), matmul(A, B), ArgumentError, "the direction is a symbol; received a Product"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_is_no_linear_map_is_refused(name):
    expression, direction, kind, words = REFUSALS[name]
    with pytest.raises(kind, match=words):
        LinearMap(expression, direction)


def test_a_map_of_too_many_pieces_is_refused():
    found = D_X
    for place in range(5):
        one, other = symbol(f"L{place}", N, N), symbol(f"R{place}", N, N)
        found = add(matmul(one, found, other), matmul(other, transpose(found), A), hadamard(P, found))
    assert len(LinearMap(matmul(found, u), D_X).pieces.pieces) == 3**5
    with pytest.raises(UnsupportedError, match="more than 256 pieces"):
        LinearMap(add(matmul(B, found), matmul(found, A)), D_X)


def test_wrong_arguments_are_named():
    found = LinearMap(*TABLE["of an inverse"])
    values = {"X": np.eye(3)}
    with pytest.raises(ArgumentError, match="values has no array for X"):
        found.dense({})
    with pytest.raises(ArgumentError, match="order is 'C', by rows, or 'F', by columns; received 'K'"):
        found.vec("K")
    with pytest.raises(ArgumentError, match="X has 4 entries along n, which is 3"):
        found.dense({"X": np.ones((3, 4))})
    with pytest.raises(ArgumentError, match="no array has the length n; give the array of the variable in values"):
        LinearMap(matmul(number(2), D_X), D_X).dense({})
    with pytest.raises(ShapeError, match=r"the right side has the shape \(2,\); expected \(3, 3\) or \(9,\)"):
        found.operator(values).solve(np.ones(2))
    with pytest.raises(ArgumentError, match="X is the name of another array"):
        found.adjoint("X")
    with pytest.raises(UnsupportedError, match="is no sum of Kronecker products"):
        LinearMap(*TABLE["of an exponential"]).vec()


def test_a_symmetric_variable_stays_symmetric():
    there = LinearMap(matmul(A, D_S), D_S)
    assert str(there.adjoint()) == "G ↦ ½(GᵀA + AᵀG)"
    random = np.random.default_rng(0)
    a, y = random.normal(size=(2, 4, 4))
    with pytest.raises(UnsupportedError, match="the variable is symmetric, and the solution among all matrices is not"):
        there.operator({"A": a}).solve(y)
    s = y @ y.T + np.eye(4)
    of_inverse = LinearMap(*TABLE["of a symmetric matrix"]).operator({"S": s})
    np.testing.assert_allclose(of_inverse.solve(y + y.T), -s @ (y + y.T) @ s, rtol=1e-9, atol=1e-9)


EXAM = runpy.run_path(str(Path(__file__).with_name("test_exam.py")))
OF_MATRICES = [
    name for name, row in EXAM["ROWS"].items()
    if any(own == row["wrt"] and len(dims) == 2 for own, dims, _ in EXAM["variables_of"](row))
]  # fmt: skip


@pytest.mark.parametrize("name", OF_MATRICES)
def test_differentials_and_hessians_of_programs_are_their_traced_derivatives(name):
    row = EXAM["ROWS"][name]
    form = EXAM["derived"](row)
    first = LinearMap(form.differential.expression, form.direction, [row["wrt"]], form.symbols)
    second = None
    if row["second"]:
        second = LinearMap(form.hessian.expression, form.direction, [row["wrt"]], form.symbols)
    for one in form.instances:
        function, names = EXAM["function_of"](row, row["f"])
        others = [one.values[other] for other in names[1:]]
        point = one.values[row["wrt"]]
        for found, transform in ((first, wg.jacobian), (second, wg.hessian)):
            if found is None:
                continue
            expected = transform(lambda x, others=others, function=function: function(x, *others))(point)
            dense = found.dense(form.values_at(one), one.sizes)
            if "symmetric" in form.direction.properties:
                # the gradient is taken among symmetric matrices
                expected = _among_symmetric(expected)
                dense = _among_symmetric(dense)
            np.testing.assert_allclose(dense, expected, rtol=1e-6, atol=1e-8 * max(abs(expected).max(), 1e-300))


def _among_symmetric(array):
    """A derivative by a matrix, seen from symmetric matrices on both sides."""
    array = 0.5 * (array + np.swapaxes(array, -1, -2))
    return 0.5 * (array + np.swapaxes(array, 0, 1)) if array.ndim == 4 else array


def coded_style(known):
    """A style in which matrices are written as numbers in braces, so that what is written can be evaluated."""

    def of(expression):
        return f"{{{known.setdefault(expression, len(known))}}}"

    return dataclasses.replace(display._TEXT, of=of, minus="-", delta="δ", lowered=lambda letters: f"_{letters}")


def evaluated(text, known, values, sizes, letters):
    """The array that a sum of products of entries is."""
    matrices = {place: evaluate(matrix, values, sizes) for matrix, place in known.items()}
    whole = 0.0
    for sign, term in re.findall(r"(?:^|(?<= ))([-+]?) ?([^ +-][^+-]*)", text):
        operands, subscripts, front = [np.ones(())], [""], -1.0 if sign == "-" else 1.0
        for delta, place, below in re.findall(r"(δ)?\(?(?:\{(\d+)\})?\)?(?:_([ijkl]+))?", term):
            if delta:
                operands.append(np.eye(*[letters[letter] for letter in below]))
                subscripts.append(below)
            elif place and below:
                operands.append(np.reshape(matrices[int(place)], [letters[letter] for letter in below]))
                subscripts.append(below)
            elif place:
                front *= float(matrices[int(place)].reshape(()))
        # an entry that is 1 is not written
        operands += [np.ones(length) for length in letters.values()]
        subscripts += list(letters)
        whole = whole + front * np.einsum(",".join(subscripts) + "->" + "".join(letters), *operands)
    return whole


@every_size
@every_map
def test_what_is_written_by_indices_is_the_dense_array(name, sizes, monkeypatch):
    known = {}
    monkeypatch.setattr(display, "_TEXT", coded_style(known))
    expression, direction = TABLE[name]
    found = LinearMap(expression, direction)
    try:
        header, text = found.index().split(" = ")
    except UnsupportedError:
        assert any(len(piece.steps) > 1 for piece in found.pieces.pieces)
        return
    values, _ = numbers(expression, direction, sizes)
    above, below = (re.sub(".*_", "", part) if "_" in part else "" for part in header.split("/"))
    expected = np.squeeze(found.dense(values, sizes))
    letters = dict(zip(above + below, expected.shape, strict=True))
    written = evaluated(text, known, values, sizes, letters) if text != "0" else np.zeros(expected.shape)
    np.testing.assert_allclose(written, expected, rtol=1e-9, atol=1e-10 * max(1, np.abs(expected).max()))
