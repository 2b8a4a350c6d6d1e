"""What is asked of `steps`: the mode, the input, the direction, the seed, the length; and what is told of it."""

import numpy as np
import pytest

import wengert as wg
from wengert.api.local_derivatives import Local
from wengert.errors import ArgumentError, IntegerInputError, OutputError, SeedError

A = np.array([[2.0, 1.0], [0.5, 3.0]])
X = np.array([1.0, -2.0])


def layer(A, x, n):
    h = np.tanh(A @ x)
    y = n * h
    return y  # noqa: RET504 (a result with a name)


def energy(A, x, n):
    return np.sum(layer(A, x, n) ** 2)


def long(x):
    for _ in range(60):
        x = np.sin(x) + x
    return x


REFUSED = [
    (dict(mode="forwrd"), ArgumentError, "mode is 'forward' or 'reverse', received 'forwrd'; did you mean 'forward'"),
    (dict(mode=None), ArgumentError, "mode is 'forward' or 'reverse', received None"),
    (dict(wrt="B"), ArgumentError, "energy has no input 'B'; its inputs are A, x, n"),
    (dict(wrt="n"), IntegerInputError, r"wrt='n' is a whole number \(int\), which has no derivative; pass float\(n\)"),
    (dict(wrt=2), IntegerInputError, r"wrt=2 is a whole number \(int\), which has no derivative; pass float\(n\)"),
    (dict(wrt=3), ArgumentError, "wrt=3, but energy was called with 3 positional arguments"),
    (dict(wrt=1.5), ArgumentError, "wrt is the name or the position of an input, received 1.5; there is A, x, n"),
    (dict(wrt="x[0]"), ArgumentError, "derivatives by all entries of x in one pass; write wrt='x'"),
    (dict(mode="forward", wrt="x[2]"), ArgumentError, r"x has the shape \(2,\), in which 'x\[2\]' is no single entry"),
    (dict(mode="forward", wrt="A[1]"), ArgumentError, r"shape \(2, 2\), in which 'A\[1\]' is no single entry"),
    (dict(mode="forward", wrt=("A", "x")), ArgumentError, "forward mode moves one input in one direction"),
    (dict(direction=X), ArgumentError, "direction is for forward mode, and mode is 'reverse'; leave it out"),
    (dict(mode="forward", seed=1.0), ArgumentError, "seed is for reverse mode, and mode is 'forward'; leave it out"),
    (dict(mode="forward", wrt="x", direction=[1.0]), SeedError,
     r"direction is an array of the shape of x, \(2,\), received float64 of \(1,\)"),
    (dict(mode="forward", wrt="x[0]", direction=X), ArgumentError, "is one entry, which has no direction"),
    (dict(seed=X), SeedError, r"seed is like the result of energy, float64, received arrays of \(2,\)"),
    (dict(most_steps=2), ArgumentError, "most_steps is a whole number of at least 3, received 2"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "kind", "message"), REFUSED)
def test_a_wrong_wish_is_refused_in_the_callers_terms(options, kind, message):
    with pytest.raises(kind, match=message):
        wg.steps(energy, A, X, 2, **options)


@pytest.mark.parametrize(("f", "args", "kind", "message"), [
    (3.0, (1.0,), ArgumentError, r"steps takes a function, received a float; write wengert.steps\(f, x\)"),
    (layer, (A, X, 2), OutputError, r"layer returned float64\[2\], but .* floating-point number; .* seed="),
    (lambda n: n * 2, (3,), IntegerInputError, r"no input of <lambda> is a floating-point number \(n: int\); pass 3.0"),
])  # fmt: skip
def test_a_function_without_a_sweep_is_refused(f, args, kind, message):
    with pytest.raises(kind, match=message):
        wg.steps(f, *args)


def test_an_input_is_chosen_by_name_by_position_or_by_an_entry():
    entry = wg.steps(energy, A, X, 2, mode="forward", wrt="x[1]")
    by_position = wg.steps(energy, A, X, 2, mode="forward", wrt=1, direction=[0.0, 1.0])
    expected = wg.grad(energy, argnums=1)(A, X, 2)[1]
    for found in (entry, by_position):
        np.testing.assert_allclose(found[-1].derivatives[-1].value, expected)
    assert entry.about.startswith("forward mode, by x[1]")
    assert by_position.about.startswith("forward mode, along dx")
    assert wg.steps(energy, A, X, 2, mode="forward").about.startswith("forward mode, by A[0, 0]")


def test_reverse_mode_shows_the_inputs_that_are_asked_for():
    names = [str(d.name) for d in wg.steps(energy, A, X, 2, wrt="x")[-1].derivatives]
    assert names == ["x̄"]
    assert [str(d.name) for d in wg.steps(energy, A, X, 2, wrt=("x", "A"))[-1].derivatives] == ["x̄", "Ā"]


def test_a_seed_weighs_the_results():
    seed = np.array([1.0, -3.0])
    found = wg.steps(layer, A, X, 2, seed=seed)
    gradient = wg.grad(lambda A, x: seed @ layer(A, x, 2), argnums=(0, 1))(A, X)
    for derivative, expected in zip(found[-1].derivatives, gradient, strict=True):
        np.testing.assert_allclose(derivative.value, expected)
    assert "⟨seed, y⟩" in found.about


def test_of_two_results_forward_mode_has_both_and_reverse_mode_weighs_them():
    def both(x, y):
        p = x * y
        s = x + y
        return p, s

    forward = wg.steps(both, 2.0, 3.0, mode="forward")
    assert [str(step.derivatives[-1].number) for step in forward[1:]] == ["3", "1"]
    reverse = wg.steps(both, 2.0, 3.0, seed=(1.0, 10.0))
    assert [derivative.value for derivative in reverse[-1].derivatives] == [13.0, 12.0]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("most", [3, 10, 100, 121])
def test_a_long_sweep_says_how_many_steps_it_leaves_out(mode, most):
    found = wg.steps(long, 0.3, mode=mode, most_steps=most)
    assert sum(step.count for step in found) == 121
    assert len(found) <= most
    folded = [step for step in found if step.kind == "folded"]
    assert len(folded) == (most < 121)
    for step in folded:
        assert f"{step.count} steps that are not written out (most_steps={most})" in str(found)
        assert any(f"{step.count} steps in the middle" in remark for remark in found.remarks)
    np.testing.assert_allclose(found[-1].derivatives[0].value, wg.derivative(long)(0.3))


def test_values_have_the_names_of_the_program():
    def named(w):
        half = w / 2
        total = half * half + np.sin(w)
        return total  # noqa: RET504

    names = [str(function.name) for step in wg.steps(named, 1.0, mode="forward") for function in step.functions]
    assert names == ["w", "half", "v2", "v3", "total"]


def test_operations_that_the_program_names_apart_stay_apart():
    def apart(x):
        a = x * x
        b = x * x
        return a + b

    found = wg.steps(apart, 3.0)
    assert [str(step.functions[0].name) for step in found] == ["apart", "b", "a", "x"]
    assert not found.remarks


def test_shapes_stand_beside_the_products():
    def affine(W, x, b):
        a = W @ x
        h = np.tanh(a + b)
        return np.sum(h)

    W = np.ones((5, 3))
    reverse = wg.steps(affine, W, np.ones(3), np.ones(5))
    told = {str(d.name): (str(d.formula), d.shapes) for step in reverse for d in step.derivatives}
    assert told["W̄"] == ("ā xᵀ", "(5)·(1×3)")
    assert told["x̄"] == ("Wᵀ ā", "(3×5)·(5)")
    forward = wg.steps(affine, W, np.ones(3), np.ones(5), mode="forward", wrt="x", direction=np.arange(3.0))
    told = {str(d.name): (str(d.formula), d.shapes) for step in forward for d in step.derivatives}
    assert told["da"] == ("W dx", "(5×3)·(3)")
    assert told["dh"] == ("(1 − h²) ∘ dv2", "(5)")


def test_a_formula_that_disagrees_with_the_numbers_is_not_shown(monkeypatch):
    right = Local.value
    monkeypatch.setattr(Local, "value", lambda self, values: 1.01 * right(self, values))
    for derivative in (d for step in wg.steps(energy, A, X, 2) for d in step.derivatives if d.terms):
        assert derivative.formula is None
        assert "does not hold at this point" in derivative.note


def test_a_notebook_has_the_player_and_representation_is_short():
    found = wg.steps(energy, A, X, 2)
    assert repr(found) == "<6 steps of energy in reverse mode>"
    piece = found._repr_html_()
    assert piece.startswith("<section")
    assert piece.endswith("</section>")
    # players of one notebook share no names: that of the picture is made of what it shows
    assert piece.count(' id="') == 1
    assert piece == wg.steps(energy, A, X, 2)._repr_html_()
    assert found.html("dark") != found.html("light")
    with pytest.raises(ArgumentError, match="theme is one of"):
        found.html("blue")


def test_of_complex_values_the_convention_is_told():
    def power(z):
        return np.abs(z * z) ** 2

    found = wg.steps(power, 0.5 + 0.25j)
    np.testing.assert_allclose(np.conj(found[-1].derivatives[0].value), wg.grad(power)(0.5 + 0.25j))
    assert any("the gradient of wengert.grad is conjugate" in remark for remark in found.remarks)


def test_many_inputs_are_told_in_short():
    def total(xs):
        return sum(x * x for x in xs)

    found = wg.steps(total, [float(n) for n in range(15)], mode="forward", wrt="xs[3]")
    assert str(found.heading) == "total(xs[0], xs[1], ..., xs[14]) = 1015"
    assert len(found[0].derivatives) == 1
    assert found[0].notes == ["the changes of the other 14 inputs are 0"]
    np.testing.assert_allclose(found[-1].derivatives[0].value, 6.0)


def test_infinite_numbers_are_shown():
    with np.errstate(all="ignore"):
        found = wg.steps(lambda x: np.sqrt(x) * 2.0, 0.0)
    assert str(found[-1].derivatives[0].number) == "∞"
    assert found.html()
    assert found.to_dict()["steps"][-1]["derivatives"][0]["value"] == "inf"


def test_factorisations_are_made_for_the_steps_that_follow():
    def solved(A, b):
        x = np.linalg.solve(A, b)
        return b @ x

    found = wg.steps(solved, A, X.reshape(2))
    (made,) = [step for step in found if "made for the steps that follow" in step.note]
    assert not made.derivatives
    told = {str(d.name): str(d.formula) for step in found for d in step.derivatives}
    assert told["Ā"].startswith("−A⁻ᵀ")


def test_a_change_has_another_sign_where_a_value_has_its_name():
    def moved(x, dx):
        y = x + dx
        return np.sum(y)

    found = wg.steps(moved, X, X, mode="forward", wrt="x")
    assert [str(d.name) for step in found for d in step.derivatives] == ["δx", "δdx", "δy", "δmoved"]
    assert "δv stands for" in found.about
    assert r"\delta x" in found.latex()
    assert ">δ</mi>" in found.html()


def test_a_step_by_itself_is_its_rows_of_the_table():
    found = wg.steps(energy, A, X, 2)
    for step in found:
        rows = [" ".join(line.split()) for line in str(step).splitlines()]
        table = [" ".join(line.split()) for line in str(found).splitlines()]
        assert any(table[start : start + len(rows)] == rows for start in range(len(table)))
