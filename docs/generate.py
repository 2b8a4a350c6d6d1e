"""Write the generated parts of the documentation afresh: `python docs/generate.py [PAGE ...]`, by default of all pages.

It describes the package that Python imports, so install this checkout first, or set PYTHONPATH=src.
A generated part stands between `<!-- begin NAME -->` and `<!-- end NAME -->`; the rest is written by hand.
With `--check` nothing is written, and the exit code is 1 if a part is out of date.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import closed_form_gallery.book
import closed_form_gallery.page
import coverage_matrix.page
import coverage_matrix.scipy_page
import text_language
from closed_form_gallery.rows import GROUPS
from coverage_matrix.programs import PRIMITIVES

from wengert.display.registry import constants, graph_rules, primitive_table

__all__ = ["PARTS", "main", "part_of", "renewed"]

DOCS: Final = Path(__file__).resolve().parent
GRAPH: Final = DOCS / "explanation" / "graph.md"
COVERAGE: Final = DOCS / "explanation" / "coverage.md"
GALLERY: Final = DOCS / "gallery"
PROBLEMS: Final = DOCS / "problems"
TEXT: Final = DOCS / "reference" / "text-language.md"

# page -> name of the part -> what makes it
PARTS: Final[dict[Path, dict[str, Callable[[], str]]]] = {
    GRAPH: {
        "rules": graph_rules,
        "primitives": lambda: primitive_table(PRIMITIVES),
        "constants": lambda: constants(PRIMITIVES),
    },
    COVERAGE: {
        "functions": coverage_matrix.page.numpy_table,
        "methods": coverage_matrix.page.methods_table,
        "ufuncs": coverage_matrix.page.ufunc_methods_table,
        "constants": coverage_matrix.page.constants,
        "without arrays": coverage_matrix.page.without_arrays,
        "refused": coverage_matrix.page.refused,
        "SciPy's functions": coverage_matrix.scipy_page.functions_table,
        "SciPy's distributions": coverage_matrix.scipy_page.distributions_table,
        "SciPy's constants": coverage_matrix.scipy_page.constants,
        "SciPy's refused": coverage_matrix.scipy_page.refused,
        "primitives": coverage_matrix.page.primitives_table,
    },
    TEXT: {
        "properties": text_language.properties,
        "functions": text_language.functions,
        "methods": text_language.methods,
    },
    GALLERY / "index.md": {"helpers": closed_form_gallery.page.helpers},
    **{
        GALLERY / f"{group}.md": {"rows": functools.partial(closed_form_gallery.page.rows, letter)}
        for letter, group in GROUPS.items()
    },
    PROBLEMS / "index.md": {"contents": closed_form_gallery.book.contents},
    **{
        PROBLEMS / f"{chapter}.md": closed_form_gallery.book.parts_of(chapter)
        for chapter in closed_form_gallery.book.CHAPTERS
    },
}


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- begin {name} -->\n\n)(.*?)(\n\n<!-- end {name} -->)", re.DOTALL)


def part_of(page: Path, name: str) -> str:
    """A generated part as it stands on a page."""
    found = _pattern(name).search(page.read_text(encoding="utf-8"))
    if found is None:
        raise LookupError(
            f"{page.name} has no part {name!r}: mark it with <!-- begin {name} --> and <!-- end {name} -->"
        )
    return found[2]


def renewed(page: Path) -> str:
    """The text of a page with its generated parts as they should be."""
    text = page.read_text(encoding="utf-8")
    for name, make in PARTS[page].items():
        part = make()
        text, count = _pattern(name).subn(lambda found, part=part: found[1] + part + found[3], text)  # type: ignore[misc]
        if count != 1:
            raise LookupError(f"{page.name} has {count} parts {name!r}, and should have one")
    return text


def main(arguments: Sequence[str]) -> int:
    """Renew pages, or say which ones are out of date."""
    named = {Path(argument).resolve() for argument in arguments if argument != "--check"}
    unknown = named - PARTS.keys()
    if unknown:
        raise LookupError(
            f"{', '.join(map(str, unknown))} has no generated part; there are {', '.join(map(str, PARTS))}"
        )
    stale = False
    for page in [page for page in PARTS if not named or page in named]:
        text = renewed(page)
        if text != page.read_text(encoding="utf-8"):
            stale = True
            sys.stdout.write(f"{page.relative_to(DOCS.parent)}\n")
            if "--check" not in arguments:
                page.write_text(text, encoding="utf-8")
    return int("--check" in arguments and stale)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
