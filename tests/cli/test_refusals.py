"""What `wengert explain` refuses: one line, exit code 2, no traceback."""

import numpy as np
import pytest

from wengert.cli import command, main

SQUARE = "def square(x=2.0):\n    return x * x\n"


def test_a_missing_file(refusal, write):
    assert refusal("model.py:f") == "there is no file model.py in the current folder"
    assert refusal("nowhere/model.py:f") == "there is no file nowhere/model.py: there is no folder nowhere"
    write("model.py", SQUARE)
    assert refusal("modle.py:f") == "there is no file modle.py; did you mean model.py?"
    assert refusal("examples/logistics.py:loss") == (
        "there is no file examples/logistics.py, and the shipped examples are examples/logistic.py"
    )


def test_something_else_than_a_python_file(refusal, folder):
    (folder / "notes.txt").write_text("x")
    assert refusal("notes.txt:f") == "notes.txt is not a Python file; name one that ends in .py"
    (folder / "models").mkdir()
    assert refusal("models:f") == "models is a folder; name a file in it, as FILE.py:FUNCTION"


def test_no_function(refusal, write):
    write("model.py", "def _hidden():\n    pass\n\n" + SQUARE)
    assert refusal("model.py") == (
        "write FILE.py:FUNCTION; 'model.py' does not say which function is meant; for example model.py:square"
    )
    assert refusal("model.py:") == (
        "write FILE.py:FUNCTION; nothing follows the colon in 'model.py:'; for example model.py:square"
    )
    assert refusal("elsewhere.py") == ("write FILE.py:FUNCTION; 'elsewhere.py' does not say which function is meant")


def test_a_wrong_name(refusal, write):
    write("model.py", SQUARE + "\nrate = 0.1\n")
    assert refusal("model.py:sqare") == "model.py has no function sqare; did you mean square?"
    assert refusal("model.py:SQUARE") == "model.py has no function SQUARE; did you mean square?"
    assert refusal("model.py:loss") == "model.py has no function loss; it defines square"
    assert refusal("model.py:rate") == "rate in model.py is a float, not a function; it defines square"
    write("empty.py", "")
    assert refusal("empty.py:f") == "empty.py has no function f; it defines none"


def test_a_syntax_error(refusal, write):
    write("model.py", "def f(x)\n    return x\n")
    assert refusal("model.py:f") == "model.py:2 is no valid Python: expected ':'"


def test_an_exception_while_importing(refusal, write):
    write("model.py", "rate = 1 / 0\n")
    assert refusal("model.py:f") == "model.py:2 raised while the file was imported: ZeroDivisionError: division by zero"
    write("uses.py", "import no_such_module_anywhere\n")
    assert refusal("uses.py:f") == (
        "uses.py:2 raised while the file was imported: ModuleNotFoundError: No module named 'no_such_module_anywhere'"
    )
    write("broken_neighbour.py", "\nraise ValueError('two\\n  lines')\n")
    write("imports.py", "import broken_neighbour\n")
    assert refusal("imports.py:f") == (
        "broken_neighbour.py:3 raised while the file was imported: ValueError: two lines"
    )


def test_a_program_that_ends_while_imported(refusal, write):
    write("script.py", "import sys\nsys.exit(3)\n")
    assert refusal("script.py:f") == (
        "script.py:3 ended the program while the file was imported; put what the script does under "
        'if __name__ == "__main__":'
    )


def test_a_function_that_raises(refusal, write):
    write(
        "model.py",
        """
        def f(x=np.ones(3)):
            return helper(x)

        def helper(x):
            return x @ np.ones(4)

        def silent(x=1.0):
            raise RuntimeError

        def quits(x=1.0):
            raise SystemExit(4)
        """,
    )
    line = refusal("model.py:f")
    assert line.startswith("f raised ValueError: matmul: Input operand 1 has a mismatch")
    assert line.endswith("(model.py:7)")
    assert refusal("model.py:silent") == "silent raised RuntimeError (model.py:10)"
    assert refusal("model.py:quits") == "quits raised SystemExit: 4 (model.py:13)"


def test_a_function_that_raises_only_while_it_is_differentiated(refusal, write):
    write(
        "model.py",
        "CALLS = []\ndef f(x=np.ones(3)):\n    CALLS.append(x)\n    return np.sum(x) if len(CALLS) == 1 else x.lost\n",
    )
    line = refusal("model.py:f")
    assert line.startswith("f raised, while it was differentiated, AttributeError: ")
    assert line.endswith("(model.py:5)")


def test_a_function_that_wengert_cannot_follow(refusal, write):
    write("model.py", "def f(x=1.0):\n    return x * int(x)\n")
    assert "model.py:3" in refusal("model.py:f")


def test_missing_inputs(refusal, write):
    write("model.py", "def f(w, X, n=2):\n    return np.sum(w)\n")
    assert refusal("model.py:f") == (
        "f needs a value for w, X: give arrays by name in --input data.npz, or let example_inputs() in "
        "model.py return (w, X, n), or give defaults in the signature"
    )
    np.savez("data.npz", w=np.ones(2), x=np.ones(2))
    assert refusal("model.py:f", "--input", "data.npz") == (
        "f needs a value for X: give arrays by name in --input data.npz, or let example_inputs() in model.py "
        "return (w, X, n), or give defaults in the signature (data.npz holds w, x)"
    )


def test_inputs_of_a_wrong_kind(refusal, write):
    write("listed.py", "def f(x):\n    return x\n\ndef example_inputs():\n    return [1.0]\n")
    assert refusal("listed.py:f") == (
        "example_inputs() must return a tuple in the order of the parameters (x), or a dict by name; it returned a list"
    )
    write("many.py", "def f(x):\n    return x\n\ndef example_inputs():\n    return 1.0, 2.0\n")
    assert refusal("many.py:f") == (
        "example_inputs() returned 2 values, but f takes 1 (x); return a dict by name, which may serve "
        "several functions"
    )
    write("failing.py", "def f(x):\n    return x\n\ndef example_inputs():\n    return open('no such file')\n")
    assert refusal("failing.py:f") == (
        "example_inputs() raised FileNotFoundError: [Errno 2] No such file or directory: 'no such file' (failing.py:6)"
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_files_that_are_no_npz(refusal, folder, write):
    write("model.py", SQUARE)
    assert refusal("model.py:square", "--input", "data.npz") == "--input: there is no file data.npz"
    np.savez("date.npz", x=1.0)
    assert refusal("model.py:square", "--input", "data.npz") == (
        "--input: there is no file data.npz; did you mean date.npz?"
    )
    np.save("array.npy", np.ones(3))
    assert refusal("model.py:square", "--input", "array.npy") == (
        "--input: array.npy holds one array without a name; write one with numpy.savez('array.npz', x=x)"
    )
    (folder / "text.npz").write_text("not an archive")
    (folder / "cut.npz").write_bytes((folder / "date.npz").read_bytes()[:60])
    (folder / "nothing.npz").write_bytes(b"")
    for name in ("text.npz", "cut.npz", "nothing.npz"):
        assert refusal("model.py:square", "--input", name) == (
            f"--input: {name} is no npz file; write one with numpy.savez('{name}', x=x)"
        )
    np.savez("objects.npz", x=np.array([{}], dtype=object))
    assert refusal("model.py:square", "--input", "objects.npz") == (
        "--input: objects.npz holds Python objects; write one with numpy.savez('objects.npz', x=x)"
    )


def test_integers(refusal, write):
    write("model.py", "def f(x=3, name='a'):\n    return x * 1.0\n\ndef g(x=2.0, k=3):\n    return x * k\n")
    assert refusal("model.py:f") == (
        "no argument of f holds floating-point numbers only (x is int), and nothing else has a "
        "derivative; pass floats, for example 3.0 for 3 or x.astype(float)"
    )
    assert refusal("model.py:g", "--wrt", "k") == (
        "k is int, and only floats have a derivative; pass floats, for example 3.0 for 3 or "
        "x.astype(float), or choose another argument"
    )


def test_nothing_to_differentiate(refusal, write):
    write("model.py", "def f():\n    return 1.0\n\ndef g(x=1.0):\n    return 3\n\ndef h(x=1.0):\n    pass\n")
    assert refusal("model.py:f") == "f takes no argument, so that there is nothing to differentiate"
    assert refusal("model.py:g") == (
        "g returned no floating-point number (int), so that there is nothing to differentiate; return floats"
    )
    assert refusal("model.py:h") == (
        "h returned no floating-point number (None), so that there is nothing to differentiate; return floats"
    )


def test_arguments_without_numbers(refusal, write):
    write(
        "model.py",
        """
        def nothing(x=np.ones(0)):
            return np.sum(x)

        def objects(x=np.array([1.0, 2.0], dtype=object)):
            return np.sum(x)

        sine = np.sin
        """,
    )
    assert refusal("model.py:nothing") == "x is empty, so that there is nothing to differentiate"
    assert refusal("model.py:objects").startswith(
        "no argument of objects holds floating-point numbers only (x is object[2]), and nothing else"
    )
    assert refusal("model.py:sine") == (
        "sine needs a value for x: give arrays by name in --input data.npz, or let example_inputs() in "
        "model.py return (x,), or give defaults in the signature"
    )


def test_unknown_arguments_to_differentiate_in(refusal, write):
    write("model.py", "def f(weights=1.0, bias=2.0):\n    return weights * bias\n")
    assert refusal("model.py:f", "--wrt", "weigths") == ("--wrt: f has no parameter 'weigths'; did you mean weights?")
    assert refusal("model.py:f", "--wrt", "q") == "--wrt: f has no parameter 'q'; it has weights, bias"
    assert refusal("model.py:f", "--wrt", "bias,bias") == "--wrt: name each parameter once; received bias,bias"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["differentiate"], "invalid choice: 'differentiate'"),
        (["explain"], "the following arguments are required: FILE.py:FUNCTION"),
        (["explain", "model.py:f", "--order", "7"], "--order: invalid choice: 7"),
        (["explain", "model.py:f", "--max-lines", "0"], "'0' is not a whole number of at least 1"),
        (["explain", "model.py:f", "--seed", "-x"], "--seed: expected one argument"),
        (["explain", "model.py:f", "--seed", "1.5"], "'1.5' is not a whole number of at least 0"),
    ],
)
def test_a_wrong_command_line(capsys, arguments, text):
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert text in captured.err


def test_an_interruption_is_quiet(explain, write, monkeypatch):
    write("model.py", SQUARE)

    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "explain_call", interrupted)
    ended = explain("model.py:square")
    assert (ended.code, ended.out, ended.err) == (130, "", "")
