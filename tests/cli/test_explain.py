"""`wengert explain` on programs that are well: what it prints, and what it writes as JSON."""

import json
from importlib import metadata

import numpy as np
import pytest

from wengert.cli import main

POLYNOMIAL = '''
    def loss(w, X, n=2, *, scale=1.0):
        """Return a scaled sum of powers.

        More of it here.
        """
        return scale * np.sum((X @ w) ** n)


    def example_inputs():
        return np.array([1.0, -2.0]), np.array([[1.0, 2.0], [0.0, 1.0], [2.0, 2.0]])
'''

WAVES = """
    def waves(x=np.array([0.1, 0.2, 0.3])):
        return np.sin(x) * np.sum(x)
"""

WRONG_RULE = """
    import wengert as wg


    @wg.custom_rule
    def cube(x):
        return x**3


    @cube.differential
    def d_cube(y, x):
        return (lambda dx: 2.9 * x**2 * dx,)


    def loss(x=np.array([1.0, 2.0])):
        return np.sum(cube(x))
"""


def sections(text):
    """The printed sections by title, without the indentation of their lines."""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith(" "):
            lines = found.setdefault(line, [])
        else:
            lines.append(line.removeprefix("  "))
    return {title: "\n".join(lines).rstrip() for title, lines in found.items()}


@pytest.mark.parametrize("target", ["examples/logistic.py:loss", "wengert.examples.logistic:loss"])
def test_the_shipped_example_is_explained_from_any_folder(explain, target):
    ended = explain(target)
    assert (ended.code, ended.err) == (0, "")
    found = sections(ended.out)
    file, inputs = found["File"].splitlines()
    assert file.endswith("logistic.py  (shipped with wengert)")
    assert inputs == "w, X, y from example_inputs()"
    assert found["Function"] == (
        "loss  (logistic.py:26)\n"
        "Return the mean logistic loss of the labels y = ±1 under the scores X w, plus a ridge on w."
    )
    assert found["Inputs"] == (
        "w  float64[31]       norm 0.332, from -0.1 to 0.1  differentiated\n"
        "X  float64[569, 31]  norm 133, from -3.11 to 12.1\n"
        "y  float64[569]      norm 23.9, from -1 to 1"
    )
    (listing,) = [body for title, body in found.items() if title.startswith("Wengert list, ")]
    assert listing.startswith("loss(w: float64[31], X: float64[569, 31], y: float64[569]):")
    assert found["Value"].startswith("result  float64  0.68375232707727")
    assert found["Gradient"].splitlines()[0] == "w  float64[31]  norm 1.4, from -0.385 to 0.0927"
    assert "the derivative of loss (logistic.py:26) is right" in found["Proof"]
    rows = [line.split("  ")[0] for line in found["Bill"].splitlines()]
    assert rows[1:5] == ["time", "equations", "operations", "peak memory"]


def test_a_local_file_comes_before_the_shipped_one(explain, folder, write):
    (folder / "examples").mkdir()
    write("examples/logistic.py", "def loss(x=3.0):\n    return x * x\n")
    ended = explain("examples/logistic.py:loss")
    assert ended.code == 0
    assert "shipped" not in ended.out
    assert str(folder.resolve()) in ended.out
    assert sections(ended.out)["Gradient"] == "x  float  6.0"


def test_what_is_printed_of_a_scalar_function(explain, write):
    write("model.py", POLYNOMIAL)
    ended = explain("model.py:loss")
    assert (ended.code, ended.err) == (0, "")
    found = sections(ended.out)
    assert found["File"].splitlines()[1:] == ["w, X from example_inputs()", "n, scale from its default"]
    assert found["Function"] == "loss  (model.py:3)\nReturn a scaled sum of powers."
    assert found["Inputs"] == (
        "w      float64[2]     norm 2.24, from -2 to 1  differentiated\n"
        "X      float64[3, 2]  norm 3.74, from 0 to 2\n"
        "n      int            2\n"
        "scale  float          1.0"
    )
    # the exponent n steers the program, so that it is a constant of the list and no input
    assert found["Wengert list, 4 equations"] == (
        "loss(w: float64[2], X: float64[3, 2], scale: float):\n"
        "  v1: float64[3] = X @ w         # model.py:8\n"
        "  v2: float64[3] = v1 ** 2       # model.py:8\n"
        "  v3: float64 = sum(v2, axis=0)  # model.py:8\n"
        "  v4: float64 = scale * v3       # model.py:8\n"
        "  return v4"
    )
    assert found["Value"] == "result  float64  17.0"
    assert found["Gradient"] == "w  float64[2]  norm 27.8, from -24 to -14\n  [-14., -24.]"
    assert found["Proof"].startswith("check_derivatives: the derivative of loss (model.py:3) is right\n")
    # 2 × 6 for the product, 3 powers, 3 additions and the scaling
    (operations,) = [line for line in found["Bill"].splitlines() if line.startswith("operations")]
    assert operations.split()[1] == "19"
    assert "an estimate" in found["Bill"]
    assert "Notes" not in found


def test_a_function_with_many_results_is_explained_by_its_jacobian(explain, write):
    write("model.py", WAVES)
    ended = explain("model.py:waves")
    assert ended.code == 0
    found = sections(ended.out)
    assert "Gradient" not in found
    assert found["Jacobian"].splitlines()[:3] == [
        "Axes of the result first, then those of the argument.",
        "d result / d x  float64[3, 3]  norm 1.46, from 0.0998 to 0.869",
        "  [[0.696836, 0.099833, 0.099833],",
    ]
    assert found["Jacobian-vector product J v (v random, seed 0)"].startswith("result  float64[3]  norm ")
    assert found["Vector-Jacobian product u J (u random, seed 0)"].startswith("x  float64[3]  norm ")
    assert found["Bill"].split("\n")[0].split() == [
        "waves",
        "value",
        "and",
        "J",
        "v",
        "value",
        "and",
        "u",
        "J",
    ]


def test_the_products_in_the_json_fit_the_jacobian(explain, write):
    write("model.py", WAVES)
    found = json.loads(explain("model.py:waves", "--json", "--seed", "3").out)
    arrays = {
        key: np.array(found[key][0]["values"]) for key in ("tangents", "pushed", "cotangents", "pulled", "jacobian")
    }
    assert found["jacobian_shapes"] == {"d result / d x": [3, 3]}
    np.testing.assert_allclose(arrays["jacobian"] @ arrays["tangents"], arrays["pushed"])
    np.testing.assert_allclose(arrays["cotangents"] @ arrays["jacobian"], arrays["pulled"])
    assert [cost["name"] for cost in found["bill"]["derivatives"]] == ["value and J v", "value and u J"]


def test_only_the_shape_of_a_large_jacobian_is_told(explain, write):
    write("model.py", "def f(x=np.linspace(0.1, 1, 20)):\n    return np.exp(x), np.sum(x)\n")
    found = sections(explain("model.py:f").out)
    assert found["Jacobian"].splitlines()[1:] == [
        "d result[0] / d x  shape (20, 20)",
        "d result[1] / d x  shape (20,)",
    ]


def test_a_wrong_derivative_is_an_exit_code_and_an_account(explain, write):
    write("model.py", WRONG_RULE)
    ended = explain("model.py:loss")
    assert (ended.code, ended.err) == (1, "")
    proof = sections(ended.out)["Proof"]
    assert "the derivative of loss (model.py:16) is wrong" in proof
    assert "derivative     11.6" in proof
    assert "'cube' at model.py:17" in proof


def test_a_wrong_derivative_in_json(explain, write):
    write("model.py", WRONG_RULE)
    ended = explain("model.py:loss", "--json")
    assert ended.code == 1
    found = json.loads(ended.out)
    assert found["passed"] is False
    assert found["proof"]["passed"] is False
    assert found["gradient"][0]["values"] == pytest.approx([2.9, 11.6])


def test_a_value_that_is_not_finite_is_traced_to_its_operation(explain, write):
    write("model.py", "def loss(x=np.array([0.5, -1.0])):\n    y = np.log(x)\n    return np.sum(x * y)\n")
    ended = explain("model.py:loss")
    assert ended.code == 1
    found = sections(ended.out)
    assert "nan arises in log  (model.py:3, in loss)" in found["NaN or infinity"]
    assert "x[1] = -1.0" in found["NaN or infinity"]
    assert "the derivative of loss (model.py:2) could not be checked at this point" in found["Proof"]
    assert "nan arises in log" in json.loads(explain("model.py:loss", "--json").out)["origin"]


def test_the_json_document(explain, write):
    write("model.py", POLYNOMIAL)
    ended = explain("model.py:loss", "--json")
    assert (ended.code, ended.err) == (0, "")
    found = json.loads(ended.out)
    assert list(found) == [
        "wengert", "file", "shipped", "inputs_from", "unused_inputs", "function", "source", "summary",
        "passed", "inputs", "wengert_list", "value", "gradient", "origin", "proof", "bill", "notes", "formula",
    ]  # fmt: skip
    assert found["inputs_from"] == {
        "w": "example_inputs()", "X": "example_inputs()", "n": "its default", "scale": "its default"
    }  # fmt: skip
    w, X, *_ = found["inputs"]
    assert w == {
        "name": "w", "type": "float64[2]", "note": "differentiated", "shape": [2], "dtype": "float64",
        "norm": pytest.approx(5**0.5), "min": -2.0, "max": 1.0, "values": [1.0, -2.0],
    }  # fmt: skip
    assert X["values"] == [[1.0, 2.0], [0.0, 1.0], [2.0, 2.0]]
    assert found["value"][0]["values"] == 17.0
    assert found["gradient"][0]["values"] == [-14.0, -24.0]
    assert found["wengert_list"]["equations"] == 4
    assert len(found["wengert_list"]["lines"]) == 6
    assert found["bill"]["function"]["operations"] == 19
    assert found["bill"]["derivatives"][0]["time_ratio"] > 0


def test_large_arrays_are_summarised_in_json(explain, write):
    write("model.py", "def f(x=np.ones(10_001)):\n    return np.sum(x * x)\n")
    (gradient,) = json.loads(explain("model.py:f", "--json").out)["gradient"]
    assert "values" not in gradient
    assert (gradient["shape"], gradient["summary"], gradient["first"]) == ([10_001], True, [2.0, 2.0, 2.0])


def test_nan_and_infinity_are_strings_in_json(explain, write):
    write("model.py", "def f(x=np.array([1.0, 4.0]), c=np.array([np.nan, np.inf])):\n    return np.sum(x)\n")
    ended = explain("model.py:f", "--json")
    assert "NaN" not in ended.out
    assert "Infinity" not in ended.out
    assert json.loads(ended.out)["inputs"][1]["values"] == ["nan", "inf"]


def test_complex_arguments(explain, write):
    write("model.py", "def f(z=np.array([1 + 2j])):\n    return np.sum(np.abs(z) ** 2)\n")
    ended = explain("model.py:f", "--json")
    assert ended.code == 0
    (gradient,) = json.loads(ended.out)["gradient"]
    assert gradient["values"] == [{"real": pytest.approx(2.0), "imag": pytest.approx(4.0)}]


def test_the_arguments_to_differentiate_in_are_chosen_by_name(explain, write):
    write("model.py", POLYNOMIAL)
    ended = explain("model.py:loss", "--wrt", "scale,w")
    assert ended.code == 0
    gradient = json.loads(explain("model.py:loss", "--wrt", "scale,w", "--json").out)["gradient"]
    assert {part["name"]: part["values"] for part in gradient} == {"scale": 17.0, "w": [-14.0, -24.0]}


def test_nested_arguments_are_named_by_their_place(explain, write):
    write(
        "model.py",
        """
        def f(p):
            return np.sum(p["W"] ** 2) + p["b"][0]

        def example_inputs():
            return {"p": {"W": np.array([1.0, 2.0]), "b": (3.0,)}}
        """,
    )
    gradient = json.loads(explain("model.py:f", "--json").out)["gradient"]
    assert {part["name"]: part["values"] for part in gradient} == {"p['W']": [2.0, 4.0], "p['b'][0]": 1.0}


@pytest.mark.parametrize(("order", "highest"), [("1", 1), ("2", 2)])
def test_the_order_of_the_proof_is_chosen(explain, write, order, highest):
    write("model.py", WAVES)
    found = json.loads(explain("model.py:waves", "--json", "--order", order).out)
    assert max(check["order"] for check in found["proof"]["checks"]) == highest


def test_the_proof_of_a_large_program_stays_at_order_1(explain, write, monkeypatch):
    monkeypatch.setattr("wengert.api.explain.AFFORDABLE", 0)
    write("model.py", WAVES)
    found = json.loads(explain("model.py:waves", "--json").out)
    assert max(check["order"] for check in found["proof"]["checks"]) == 1
    assert "only first derivatives were proved" in found["notes"][0]


LOOP = """
    def f(x=0.5):
        for _ in range(100):
            x = np.sin(x)
        return x
"""


def test_a_long_list_is_folded(explain, write):
    write("model.py", LOOP)
    lines = sections(explain("model.py:f", "--order", "1").out)["Wengert list, 100 equations"].splitlines()
    assert len(lines) == 42
    assert "  ... 61 lines folded ..." in lines
    lines = sections(explain("model.py:f", "--order", "1", "--max-lines", "5").out)["Wengert list, 100 equations"]
    assert [line.split("#")[0].rstrip() for line in lines.splitlines()] == [
        "f(x: float):",
        "  v1: float64 = sin(x)",
        "  v2: float64 = sin(v1)",
        "  ... 96 lines folded ...",
        "  v99: float64 = sin(v98)",
        "  v100: float64 = sin(v99)",
        "  return v100",
    ]


def test_json_holds_the_whole_list_unless_asked(explain, write):
    write("model.py", LOOP)
    whole = json.loads(explain("model.py:f", "--order", "1", "--json").out)["wengert_list"]
    part = json.loads(explain("model.py:f", "--order", "1", "--json", "--max-lines", "5").out)["wengert_list"]
    assert (len(whole["lines"]), len(part["lines"])) == (102, 7)
    assert whole["equations"] == part["equations"] == 100


def test_results_without_a_derivative_are_left_aside(explain, write):
    write("model.py", 'def f(x=np.array([1.0, 2.0])):\n    return np.sum(x * x), {"n": 2, "name": "squares"}\n')
    found = sections(explain("model.py:f").out)
    assert found["Gradient"].startswith("x  float64[2]")
    assert found["Notes"] == "only the floating-point results are differentiated: result[0]"


def test_warnings_become_notes(explain, write):
    write("model.py", "def f(x=np.array([0.0, 1.0])):\n    return np.sum(np.log(x)[1:])\n")
    ended = explain("model.py:f")
    assert ended.err == ""
    assert "RuntimeWarning: divide by zero encountered in log (model.py:3)" in sections(ended.out)["Notes"]


def test_a_result_that_does_not_depend_on_the_argument_is_noted(explain, write):
    write("model.py", "def f(x=2.0, y=3.0):\n    return y * 1.0\n")
    ended = explain("model.py:f")
    assert sections(ended.out)["Gradient"] == "x  float  0.0"
    assert "does not depend on the differentiated argument" in sections(ended.out)["Notes"]


def test_random_numbers_in_the_function_are_noted(explain, write):
    write("model.py", "def f(x=2.0):\n    return x * np.random.default_rng().standard_normal()\n")
    ended = explain("model.py:f")
    assert ended.code == 1
    assert "f returned different results for the same arguments" in sections(ended.out)["Notes"]


def test_a_function_may_write_into_its_arguments(explain, write):
    write("model.py", "def f(x=np.array([1.0, 2.0])):\n    x *= 2\n    return np.sum(x * x)\n")
    ended = explain("model.py:f")
    assert ended.code == 0
    assert sections(ended.out)["Value"] == "result  float64  20.0"
    assert "[ 8., 16.]" in sections(ended.out)["Gradient"]


def test_parameters_may_have_the_names_of_options(explain, write):
    write("model.py", "def f(x=2.0, *, order=3, seed=1.0, argnums=0):\n    return x**order * seed\n")
    ended = explain("model.py:f")
    assert ended.code == 0
    assert sections(ended.out)["Gradient"] == "x  float  12.0"


def test_what_the_program_prints_goes_to_the_standard_error_once(explain, write):
    write(
        "model.py",
        """
        print("importing")

        def f(x):
            print("running")
            return x * x

        def example_inputs():
            print("making")
            return (2.0,)
        """,
    )
    ended = explain("model.py:f", "--json")
    assert ended.code == 0
    assert json.loads(ended.out)["gradient"][0]["values"] == 4.0
    assert ended.err.split() == ["importing", "making", "running"]


def test_the_program_is_imported_and_not_run(explain, write):
    write(
        "model.py",
        """
        import sys

        def f(x=2.0):
            assert sys.argv[1:] == []
            return x * len(sys.argv)

        if __name__ == "__main__":
            raise SystemExit("run as a script")
        """,
    )
    ended = explain("model.py:f")
    assert ended.code == 0
    assert sections(ended.out)["Gradient"] == "x  float  1.0"


def test_a_program_may_import_its_neighbours_then_and_later(explain, folder, write):
    write("neighbour_of_model.py", "def square(x):\n    return x * x\n")
    write("later_neighbour_of_model.py", "FACTOR = 3.0\n")
    write(
        "model.py",
        """
        from neighbour_of_model import square

        def f(x=2.0):
            import later_neighbour_of_model
            return later_neighbour_of_model.FACTOR * square(x)
        """,
    )
    assert sections(explain("model.py:f").out)["Gradient"] == "x  float  12.0"


def test_a_file_may_have_the_name_of_a_module_in_use(explain, write):
    write("json.py", "def f(x=2.0):\n    return x * x\n")
    assert explain("json.py:f", "--json").code == 0


def test_a_method_is_found_through_its_class(explain, write):
    write("model.py", "class Model:\n    @staticmethod\n    def f(x=2.0):\n        return x * x\n")
    assert sections(explain("model.py:Model.f").out)["Gradient"] == "x  float  4.0"


def test_the_order_in_which_inputs_are_looked_for(explain, write):
    write(
        "model.py",
        """
        def f(a, b=20.0, c=30.0):
            return a + b + c

        def example_inputs():
            return {"a": 1.0, "b": 2.0, "unrelated": "text"}
        """,
    )
    np.savez("data.npz", a=100.0, other=np.ones(2))
    found = sections(explain("model.py:f", "--input", "data.npz").out)
    assert found["Value"] == "result  float64  132.0"
    assert found["File"].splitlines()[1:] == [
        "a from data.npz",
        "b from example_inputs()",
        "c from its default",
        "not used, since no parameter has the name: other",
    ]


def test_example_inputs_are_not_made_where_a_file_has_them_all(explain, write):
    write("model.py", "def f(a):\n    return a * a\n\ndef example_inputs():\n    raise RuntimeError\n")
    np.savez("data.npz", a=3.0)
    assert explain("model.py:f", "--input", "data.npz").code == 0


def test_a_function_with_defaults_needs_no_inputs_of_another(explain, write):
    write("model.py", "def f(a=3.0):\n    return a * a\n\ndef example_inputs():\n    return 1.0, 2.0\n")
    assert sections(explain("model.py:f").out)["Gradient"] == "a  float  6.0"


def test_the_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("wengert ")


def test_the_version_is_that_of_the_installed_package(capsys, monkeypatch):
    monkeypatch.setattr(metadata, "version", lambda name: f"{name} 1.2.3")
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "wengert wengert 1.2.3\n"


def test_help(capsys):
    assert main(["--help"]) == 0
    assert "explain" in capsys.readouterr().out
    assert main(["explain", "--help"]) == 0
    shown = capsys.readouterr().out
    assert all(option in shown for option in ("--input", "--wrt", "--order", "--json", "--max-lines", "--seed"))
    assert "exit codes" in shown
