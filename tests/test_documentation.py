"""The documentation keeps to the code: its generated parts, its lists of names, its links."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest

import wengert
from wengert import errors

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
if str(DOCS) not in sys.path:
    sys.path.insert(0, str(DOCS))
generate = importlib.import_module("generate")


def relative(path):
    return path.relative_to(ROOT).as_posix()


PAGES = sorted(page for page in DOCS.rglob("*.md") if "_build" not in page.parts)
# one process may run a page that adds a primitive before the test: what is compared is made at once
GRAPH = {name: make() for name, make in generate.PARTS[generate.GRAPH].items()}


@pytest.mark.parametrize("part", GRAPH)
def test_the_page_of_the_graph_is_up_to_date(part):
    found = generate.part_of(generate.GRAPH, part).splitlines()
    assert found == GRAPH[part].splitlines(), "run: python docs/generate.py"


def test_every_public_name_is_in_the_reference():
    text = "\n".join(page.read_text(encoding="utf-8") for page in (DOCS / "reference").glob("*.md"))
    modules = {"errors", "numpy", "scipy", "tree"}
    documented = set(re.findall(r"^\.\. auto(?:function|class):: wengert(?:\.\w+)*\.(\w+)$", text, re.MULTILINE))
    assert set(wengert.__all__) - modules <= documented


def test_the_exception_tree_names_every_error():
    tree = errors.__doc__ or ""
    assert [name for name in errors.__all__ if name not in tree] == []


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=relative)
def test_links_between_pages_lead_somewhere(page):
    # in a program, brackets stand behind one another for other reasons
    text = re.sub(r"^```.*?^```$|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[\w-]*)?\)", text)
    broken = [link for link in links if not (page.parent / link).exists()]
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_page_is_in_a_table_of_contents(page):
    listed = {
        (index.parent / f"{entry}.md").resolve()
        for index in DOCS.rglob("index.md")
        for block in re.findall(r"```\{toctree\}\n(.*?)```", index.read_text(encoding="utf-8"), re.DOTALL)
        for entry in block.splitlines()
        if entry and not entry.startswith(":")
    }
    assert page == DOCS / "index.md" or page.resolve() in listed


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_modules_that_pages_name_exist(page):
    rooms = "api|calculus|cli|derivatives|display|graph|primitives|tracing|transforms"
    named = re.findall(rf"`(?:wengert\.)?((?:{rooms})(?:\.[a-z_]+)+)`", page.read_text(encoding="utf-8"))
    source = ROOT / "src" / "wengert"
    places = {name: source / name.replace(".", "/") for name in named}
    assert [name for name, place in places.items() if not (place.is_dir() or place.with_suffix(".py").exists())] == []


def test_the_times_on_the_first_page_are_those_of_the_page_on_performance():
    first = (DOCS / "index.md").read_text(encoding="utf-8")
    measured = (DOCS / "explanation" / "performance.md").read_text(encoding="utf-8").partition("## Time of a call")[2]
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in measured.splitlines() if "|" in line]
    times = dict(
        zip(rows[0], next(row for row in rows if row[0] == "logistic regression 100×10, with value"), strict=True)
    )
    names = {"`wg.jit`": "wengert-jit", "NumPy by hand": "by-hand", "JAX, compiled": "jax-jit", "PyTorch": "torch"}
    shown = dict(re.findall(r"^\| (.+?) \| ([\d.]+ [nµm]s) \|$", first, re.MULTILINE))
    assert shown == {name: times[column] for name, column in names.items()}
    (date,) = re.findall(r"AMD EPYC, 2 cores, ([\d-]+):", first)
    assert "AMD EPYC, 2 cores; python" in measured
    assert f"; {date} " in measured
