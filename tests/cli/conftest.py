from dataclasses import dataclass
from textwrap import dedent

import pytest

from wengert.cli import main


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, which holds nothing yet."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(folder):
    """Write a program into the current folder, numpy imported."""

    def write(name, text, imports="import numpy as np\n"):
        (folder / name).write_text(imports + dedent(text), encoding="utf-8")

    return write


@pytest.fixture
def explain(folder, capsys):
    """Run `wengert explain` in process."""

    def explain(*argv):
        code = main(["explain", *argv])
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return explain


@pytest.fixture
def refusal(explain):
    """Run `wengert explain`, which must refuse with one line, and return the line."""

    def refusal(*argv):
        ended = explain(*argv)
        assert ended.code == 2
        assert ended.out == ""
        (line,) = ended.err.splitlines()
        assert line.startswith("wengert: ")
        return line.removeprefix("wengert: ")

    return refusal
