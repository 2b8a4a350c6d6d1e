"""`wengert explain --html`: one page that needs nothing else, whatever the program is called or returns."""

import re
import xml.etree.ElementTree as ElementTree
from textwrap import dedent

import numpy as np
import pytest

import wengert as wg
from wengert.cli import main
from wengert.errors import ArgumentError

PROGRAMS = '''
    import wengert as wg


    def squares(x=np.array([1.0, 2.0]), A=np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), b=np.ones(3)):
        """Return half the squared <residual> & nothing else."""
        r = A @ x - b
        return 0.5 * np.sum(r**2)


    def marked(x=np.array([0.1, 0.2])):
        tag = "<script>alert(1)</script>"
        return np.sin(x) * np.sum(x), np.exp(x)


    @wg.custom_rule
    def cube(x):
        return x**3


    @cube.differential
    def d_cube(y, x):
        return (lambda dx: 2.9 * x**2 * dx,)


    def wrong(x=np.array([1.0, 2.0])):
        return np.sum(cube(x))


    def nan(x=np.array([0.5, -1.0])):
        return np.sum(x * np.log(x))


    def long(x=0.5):
        for k in range(300):
            x = x + 0.01 * np.cos(k * x)
        return x


    def keyed(p={"<w>": np.ones(3), "b": 2.0}):
        return np.sum(p["<w>"]) * p["b"]
'''

SECTIONS = ["numbers", "formula", "derivation", "picture", "steps", "list", "proof", "bill"]
NAMES = {"squares": 0, "marked": 0, "wrong": 1, "nan": 1, "long": 0, "keyed": 0}


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The exit code and the page of each program above."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "programs.py").write_text("import numpy as np\n" + dedent(PROGRAMS), encoding="utf-8")
    found = {}
    for name in NAMES:
        out = folder / f"{name}.html"
        code = main(["explain", f"{folder / 'programs.py'}:{name}", "--html", str(out), "--max-lines", "20"])
        found[name] = code, out.read_text(encoding="utf-8")
    return found


@pytest.fixture
def page(pages):
    return pages.__getitem__


def texts(page):
    """The text of each section by its name, from the page read as XML: what is not escaped would break it."""
    body = ElementTree.fromstring(page.removeprefix("<!DOCTYPE html>\n"))
    found = {section.get("id"): "".join(section.itertext()) for section in body.iter("section") if section.get("id")}
    return {name: re.sub(r"\s+", " ", text) for name, text in found.items()}


@pytest.mark.parametrize(("name", "code"), NAMES.items())
def test_a_page_stands_by_itself(page, name, code):
    ended, text = page(name)
    assert ended == code
    assert not re.search(r'(src|href)="(?!#)|url\(|@import|<link|<iframe', text)
    assert text.count("<script>") == text.count("<script>\nfor (const root") <= 1
    found = texts(text)
    assert [section for section in found if section in SECTIONS] == SECTIONS
    for section in found:
        assert f'<a href="#{section}">' in text


def test_what_the_sections_hold(page):
    found = texts(page("squares")[1])
    assert "r = A @ x - b" in found["numbers"]
    assert "[114., 144.]" in found["numbers"]
    assert "of its size" in found["formula"]
    assert "⟨u, Av⟩ = ⟨Aᵀu, v⟩" in found["derivation"]
    assert "graph of the derivative" in found["picture"]
    assert "derivative by the chain rule" in found["steps"]
    assert "return 0.5 * np.sum(r**2)" in found["list"]
    assert "is right" in found["proof"]
    assert "peak memory" in found["bill"]


def test_what_is_missing_is_told(page):
    found = texts(page("marked")[1])
    assert "There is none: marked returned a tuple of 2" in found["formula"]
    assert "forward mode" in found["steps"]
    assert "too many for a table of steps" in texts(page("long")[1])["steps"]


def test_a_derivative_that_is_wrong_or_not_finite(page):
    text = page("wrong")[1]
    assert "✗ derivative wrong" in text
    assert "'cube' at programs.py" in texts(text)["proof"]
    text = page("nan")[1]
    assert "✗ derivative not proved" in text
    assert "nan arises in log" in texts(text)["nan"]


def test_a_long_list_is_folded(page):
    assert "equations folded" in texts(page("long")[1])["list"]


def test_what_is_said_on_the_screen(explain, write, folder):
    write("model.py", "def f(x=2.0):\n    return x * x\n")
    ended = explain("model.py:f", "--html", "out.html")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "the derivative of f (model.py:2) is right\nwritten to out.html\n"
    assert (folder / "out.html").exists()


def test_a_file_that_cannot_be_written(refusal, write):
    write("model.py", "def f(x=2.0):\n    return x * x\n")
    assert refusal("model.py:f", "--html", "no/such/folder.html") == (
        "--html: no/such/folder.html cannot be written (No such file or directory); "
        "name a file in a folder that is there"
    )


def test_one_manner_at_a_time(explain, write):
    write("model.py", "def f(x=2.0):\n    return x * x\n")
    ended = explain("model.py:f", "--html", "out.html", "--json")
    assert ended.code == 2
    assert "not allowed with argument" in ended.err


def test_pages_in_python():
    found = wg.explain(lambda x: np.sum(np.exp(x)), np.array([0.0, 1.0]))
    assert "prefers-color-scheme" in found.html()
    assert "prefers-color-scheme" not in found.html("light")
    assert found.html("light") != found.html("dark")
    piece = found._repr_html_()
    assert piece.startswith("<article")
    assert piece.endswith("</article>")
    with pytest.raises(ArgumentError, match="theme is one of"):
        found.html("blue")


def test_the_formula_is_of_the_arguments_that_were_explained():
    x = np.array([1.0, 2.0])
    found = wg.explain(lambda x: np.sum(x**3), x)
    x[:] = 7.0
    assert list(found.formula.errors.values()) == [pytest.approx(0, abs=1e-12)]
