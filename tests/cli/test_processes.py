"""The command as its own process: entry point, encodings, pipes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import wengert

# the folder that the package was imported from, since a relative PYTHONPATH would not hold in another one
PACKAGES = str(Path(wengert.__file__).parents[1])


def run(*argv, folder, stdout=subprocess.PIPE, **environment):
    return subprocess.run(
        [sys.executable, "-m", "wengert", *argv],
        cwd=folder,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": PACKAGES, **environment},
        timeout=120,
    )


def test_the_module_runs_and_json_is_all_of_its_output(tmp_path):
    ended = run("explain", "examples/logistic.py:loss", "--json", "--order", "1", folder=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, b"")
    found = json.loads(ended.stdout)
    assert found["passed"] is True
    assert found["shipped"] is True


def test_a_terminal_that_knows_only_ascii(tmp_path):
    ended = run("explain", "examples/logistic.py:loss", "--order", "1", folder=tmp_path, PYTHONIOENCODING="ascii")
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"the labels y = ?1 under" in ended.stdout


def test_a_refusal_that_a_terminal_cannot_show(tmp_path):
    ended = run("explain", "größe.py:f", folder=tmp_path, PYTHONIOENCODING="ascii")
    assert ended.returncode == 2
    assert ended.stderr == b"wengert: there is no file gr??e.py in the current folder" + os.linesep.encode()


def test_a_refusal_is_one_line_and_an_exit_code(tmp_path):
    (tmp_path / "model.py").write_text("def f(x=1.0):\n    return x / 0\n")
    ended = run("explain", "model.py:f", folder=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert ended.stderr.splitlines() == [b"wengert: f raised ZeroDivisionError: float division by zero (model.py:2)"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no broken pipes")
def test_a_reader_that_goes_away(tmp_path):
    (tmp_path / "model.py").write_text("def f(x=1.0):\n    for _ in range(2000):\n        x = x * 0.5\n    return x\n")
    reading, writing = os.pipe()
    os.close(reading)
    ended = run("explain", "model.py:f", "--order", "1", "--max-lines", "9999", folder=tmp_path, stdout=writing)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, b"")
