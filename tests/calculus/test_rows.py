"""Functions of the same kinds as those of the exam, whose derivatives were found by hand, judged as it judges.

The known answers are held against differences of the functions themselves, without anything that is tested here.
"""

import importlib.util
import json
import re
from pathlib import Path

import numpy as np
import pytest

import wengert.scipy.special
from wengert.api.derive import derive
from wengert.calculus import algebra
from wengert.calculus.derivation import LEVELS
from wengert.calculus.evaluation import evaluate
from wengert.calculus.expression import walk
from wengert.display.naming import written
from wengert.errors import UnsupportedError


def beside(name):
    """A module of this folder, which is no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


exam, paper = beside("test_exam"), beside("paper")
exam.FUNCTIONS.update(
    np=np, erf=wengert.scipy.special.erf, cosh=np.cosh, pi=np.pi, log_softmax=lambda z: z - np.log(np.sum(np.exp(z)))
)
exam.PROPERTIES.update(orth="orthogonal", idem="idempotent", diagm="diagonal")

ROWS = {row["id"]: row for row in json.loads(Path(__file__).with_name("rows.json").read_text(encoding="utf-8"))}
# matrices of more rows than columns, so that XᵀX is invertible
SIZES = ({"n": 4, "m": 7, "k": 3, "p": 6}, {"n": 5, "m": 6, "k": 2, "p": 3})
AGREEMENT = 1e-6
MOST = 1.5

# What is short of the six criteria in rows that are otherwise right, each with its reason.
SHORTCOMINGS = {
    "O12": {"formula": "a Kronecker product is no result of a formula"},
}


def drawn(shape, kind, random):
    """A random array of the kind that a row tells."""
    z = random.normal(size=shape)
    if not shape:
        return float(abs(z) + 0.5) if kind == "pos" else 0.7
    kinds = {
        "": lambda: z,
        "sym": lambda: (z + z.T) / 2,
        "pd": lambda: z @ z.T / len(z) + np.eye(len(z)),
        "inv": lambda: z + 2 * np.sqrt(len(z)) * np.eye(len(z)),
        "pos": lambda: np.abs(z) + 0.5,
        "bin": lambda: (z > 0).astype(float),
        "pm1": lambda: np.sign(z),
        "onehot": lambda: np.eye(shape[-1])[np.argmax(z, axis=1)],
        "onehot1": lambda: np.eye(shape[0])[np.argmax(z)],
        "orth": lambda: np.linalg.qr(z)[0],
        "idem": lambda: z[:, :2] @ np.linalg.inv(z[:, 1:3].T @ z[:, :2]) @ z[:, 1:3].T,
        "diagm": lambda: np.diag(np.diag(z)),
        "small": lambda: 0.1 * z,
        "big": lambda: np.abs(z) + 5,
    }
    return kinds[kind]()


def drawn_arrays(row, sizes, seed=0):
    random = np.random.default_rng(seed)
    return {name: drawn([sizes[dim] for dim in dims], kind, random) for name, dims, kind in exam.variables_of(row)}


def direction_of(row, values, random):
    """A random direction in which the variable of a row may move."""
    found = random.normal(size=np.shape(values[row["wrt"]]))
    kind = next(kind for name, _, kind in exam.variables_of(row) if name == row["wrt"])
    return (found + found.T) / 2 if kind in ("sym", "pd") else found if np.ndim(found) else 1.0


def answer_at(row, source, values, direction):
    """A known answer at arrays, where the lengths have their letters."""
    places = {
        dim: values[name].shape[axis] for name, dims, _ in exam.variables_of(row) for axis, dim in enumerate(dims)
    }
    return np.asarray(eval(source, {**exam.FUNCTIONS, **places, **values, f"d{row['wrt']}": direction}), dtype=float)


def slope(function):
    """The derivative at 0, by differences of three widths."""
    wide, middle, narrow = ((function(h) - function(-h)) / (2 * h) for h in (1e-3, 5e-4, 2.5e-4))
    return (16 * (4 * narrow - middle) - (4 * middle - wide)) / 45


def assert_near(found, expected):
    found = np.reshape(found, np.shape(expected))
    size = max(float(np.max(np.abs(expected), initial=0.0)), 1e-3)
    assert np.max(np.abs(found - expected), initial=0.0) <= AGREEMENT * size


@pytest.mark.parametrize("name", ROWS)
def test_the_known_answers_are_right(name):
    row = ROWS[name]
    function, names = exam.function_of(row, row["f"])
    for seed, sizes in enumerate(SIZES):
        values = drawn_arrays(row, sizes, seed)
        direction = direction_of(row, values, np.random.default_rng(seed + 10))

        def moved(step, values=values, direction=direction):
            return {**values, row["wrt"]: values[row["wrt"]] + step * direction}

        def along(step, moved=moved):
            return np.asarray(function(*[moved(step)[other] for other in names]), dtype=float)

        def answer(step, moved=moved, direction=direction):
            return answer_at(row, row["expected"], moved(step), direction)

        first = answer(0.0)
        change = np.sum(first * direction) if row["kind"] == "grad" else first
        assert_near(first @ direction if row["kind"] == "jac" else change, slope(along))
        if row["second"]:
            second = answer_at(row, row["second"], values, direction)
            whole = row["kind"] == "grad" and np.ndim(direction) == 1
            assert_near(second @ direction if whole else second, slope(answer))


WORDS = re.compile("softmax_rows|softmax|logsumexp|softplus|diag|prod|det|exp|log|tanh|erf|tr|sin|cos|sign|relu")


def symbols_in(text):
    """How many signs a reader has to take in; a word is one, brackets and spaces are none."""
    return len(re.sub(r"[\s()\[\]{},;]", "", WORDS.sub("#", text.replace("where", ""))))


def form_of(row, values):
    function, names = exam.function_of(row, row["f"])
    kinds = {name: exam.PROPERTIES[kind] for name, _, kind in exam.variables_of(row) if kind in exam.PROPERTIES}
    return derive(function, *[values[name] for name in names], assume=kinds), [values[name] for name in names]


def demanded(row):
    """The derivatives that a row asks for, with the known answers."""
    yield exam.KINDS[row["kind"]], row["expected"], row["expected_text"]
    if row["kind"] == "grad" or (row["second"] and row["kind"] == "scal"):
        yield "hessian", row["second"], row["second_text"]


def has_value(row, form, formula, source):
    for one in form.instances:
        value = evaluate(formula.expression, form.values_at(one), one.sizes)
        assert_near(value, np.asarray(exam.value_of(row, source, form, one), dtype=float))


def has_slope(row, form, formula):
    """A Hessian that nobody wrote down, beside differences of the known gradient."""
    one = form.instances[0]
    values = form.values_at(one)
    direction = direction_of(row, values, np.random.default_rng(2))
    own = {name: np.reshape(values[name], np.shape(one.values[name])) for name in one.values}

    def answer(step):
        return answer_at(row, row["expected"], {**own, row["wrt"]: own[row["wrt"]] + step * direction}, direction)

    value = evaluate(formula.expression, {**values, f"d{row['wrt']}": direction}, one.sizes)
    assert_near(value if formula._directions else value @ direction, slope(answer))


def is_short(formula, text):
    assert symbols_in(str(formula)) <= MOST * symbols_in(text), f"{formula} for {text}"


def is_closed(form, formula):
    assert not set("∂Σ") & set(str(formula))
    if not formula._directions:
        assert form.direction not in set(walk(formula.in_names.expression))


def has_code(row, formula, arguments, values, source):
    random = np.random.default_rng(3)
    direction = direction_of(row, values, random)
    moving = [direction] if formula._directions else []
    assert_near(formula.compile()(*arguments, *moving), answer_at(row, source, values, direction))


def reads_back(form, formula):
    """Whether text and LaTeX, read without the engine, have the value of the formula."""
    one = min(form.instances, key=lambda each: sum(each.sizes.values()))
    values = form.values_at(one)
    expected = evaluate(formula.expression, values, one.sizes)
    known = {str(dim): float(size) for dim, size in one.sizes.items()}
    for symbol, stands_for in formula.in_names.names:
        values[symbol.name] = evaluate(stands_for, values, one.sizes)
    for name, value in values.items():
        column = np.reshape(value, (-1, 1)) if np.ndim(value) == 1 else np.asarray(value, dtype=float)
        known[written(name).text] = float(column.ravel()[0]) if np.size(column) == 1 else column
    texts = [formula.text(style) for style in ("transpose", "inner")]
    texts += [paper.as_text(formula.latex(style)) for style in ("transpose", "inner")]
    for text in dict.fromkeys(texts):
        assert paper.distance(text, known, one.sizes.values(), expected) < AGREEMENT, text


def is_symmetric(row, form, formula):
    if not formula._directions:
        for written in (formula.expression, formula.in_names.expression):
            assert algebra.transpose(written) is written, str(formula)
        return
    one = form.instances[0]
    values = form.values_at(one)
    random = np.random.default_rng(4)
    left, right = (direction_of(row, values, random) for _ in range(2))
    name = f"d{row['wrt']}"
    pushed = [evaluate(formula.expression, {**values, name: each}, one.sizes) for each in (left, right)]
    assert_near(np.sum(left * pushed[1]), np.sum(right * pushed[0]))


def is_derived(form):
    for level in LEVELS:
        found = form.derivation(level)
        assert found.account.error < AGREEMENT
        assert found.latex()
        assert str(found).count("\n") > 1


def shortcomings(row):
    """The criteria that a row fails, with what is wrong."""
    values = drawn_arrays(row, SIZES[0])
    found = {}

    def judge(criterion, test, *told):
        try:
            test(*told)
        except Exception as error:  # noqa: BLE001
            found[criterion] = f"{type(error).__name__}: {error}"

    try:
        form, arguments = form_of(row, values)
    except UnsupportedError as error:
        return {"formula": str(error)}
    for what, source, text in demanded(row):
        try:
            formula = getattr(form, what)
        except UnsupportedError as error:
            found[what] = str(error)
            continue
        judge(f"{what} closed", is_closed, form, formula)
        judge(f"{what} as text", reads_back, form, formula)
        if source:
            judge(f"{what} right", has_value, row, form, formula, source)
            judge(f"{what} short", is_short, formula, text)
            judge(f"{what} as code", has_code, row, formula, arguments, values, source)
        else:
            judge(f"{what} right", has_slope, row, form, formula)
        if what == "hessian" and np.ndim(values[row["wrt"]]):
            judge("hessian symmetric", is_symmetric, row, form, formula)
    judge("derivation", is_derived, form)
    return found


@pytest.mark.parametrize("name", ROWS)
def test_rows_pass_the_six_criteria(name):
    found = shortcomings(ROWS[name])
    assert found.keys() == SHORTCOMINGS.get(name, {}).keys(), found


@pytest.mark.parametrize("name", ["M49s", "S1", "V1", "T1", "O1"])
def test_wrong_answers_are_noticed(name):
    row = ROWS[name]
    values = drawn_arrays(row, SIZES[0])
    form, arguments = form_of(row, values)
    formula = getattr(form, exam.KINDS[row["kind"]])
    with pytest.raises(AssertionError):
        has_value(row, form, formula, f"1.0001 * ({row['expected']})")
    with pytest.raises(AssertionError):
        has_code(row, formula, arguments, values, f"1.0001 * ({row['expected']})")
    with pytest.raises(AssertionError):
        is_short(formula, "x")


@pytest.mark.parametrize("name", exam.ROWS)
def test_formulas_of_the_exam_read_back(name):
    row = exam.ROWS[name]
    form = exam.derived(row)
    reads_back(form, getattr(form, exam.KINDS[row["kind"]]))
    if row["second"] and row["kind"] == "grad":
        reads_back(form, form.hessian)
