"""The directive `draw`: a picture that the page's own code makes while the pages are built.

    ```{draw} wg.trace(f, 2.0).svg()
    ```

The expression sees the names of all `python` examples above it on its page. It gives SVG or HTML as text, or a figure
of matplotlib. An error in it is an error of the build.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import linecache
import re
import warnings
from pathlib import Path
from typing import Any, ClassVar, Final

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from wengert.display.picture.themes import properties

__all__ = ["Draw", "setup"]

_EXAMPLE: Final = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_STYLE: Final = "pictures.css"


class Draw(SphinxDirective):
    """A picture in a frame that scrolls where the page is narrow."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar = {"caption": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        page, line = self.get_source_info()
        names = _names_above(Path(page), line, self.env.temp_data)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            content = _as_html(eval(self.arguments[0], names))
        caption = self.options.get("caption", "")
        note = f"<figcaption>{caption}</figcaption>" if caption else ""
        return [nodes.raw("", f'<figure class="drawn"><div>{content}</div>{note}</figure>', format="html")]


def _names_above(page: Path, line: int, kept: dict[str, Any]) -> dict[str, Any]:
    """The names that the examples above this line leave behind; each example runs once for a page."""
    state = kept.setdefault("wengert_examples", {"names": {"__name__": page.stem}, "ran": 0})
    above = "".join(page.read_text(encoding="utf-8").splitlines(keepends=True)[: line - 1])
    for number, found in enumerate(_EXAMPLE.finditer(above)):
        if number >= state["ran"]:
            _run(found[1], f"<{page.name} example {number + 1}>", state["names"])
            state["ran"] = number + 1
    return state["names"]


def _run(text: str, name: str, names: dict[str, Any]) -> None:
    """Run an example, a dialogue without looking at its answers: the tests do that."""
    pieces = [text]
    if text.lstrip().startswith(">>>"):
        pieces = [example.source for example in doctest.DocTestParser().get_examples(text) if not example.exc_msg]
    for number, piece in enumerate(pieces):
        place = f"{name[:-1]}, {number + 1}>"
        # pictures name values as the source does, and look for the source here
        linecache.cache[place] = (len(piece), None, piece.splitlines(keepends=True), place)
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(piece, place, "exec"), names)


def _as_html(drawn: Any) -> str:
    if isinstance(drawn, str):
        return drawn
    file = io.StringIO()
    drawn.savefig(file, format="svg", transparent=True, bbox_inches="tight", metadata={"Date": None})
    text = file.getvalue()
    # black is what the theme writes with, so that the plot is readable on dark ground
    text = text[text.index("<svg") :].replace("#000000", "currentColor")
    return text.replace("<svg ", '<svg fill="currentColor" style="max-width:100%;min-width:24rem;height:auto" ', 1)


def _write_style(app: Sphinx, error: Exception | None) -> None:
    """The colours of pictures, as the theme's own switch between light and dark asks for."""
    if error is None and app.builder.format == "html":
        dark, light = properties("dark"), properties("light")
        rules = (
            "figure.drawn{margin:1rem 0}figure.drawn>div{overflow-x:auto}"
            f'body[data-theme="light"] :is(svg.wengert,.wg-steps){{{light}}}'
            f'@media screen{{body[data-theme="dark"] :is(svg.wengert,.wg-steps){{{dark}}}}}'
        )
        (Path(app.outdir) / "_static" / _STYLE).write_text(rules, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("draw", Draw)
    app.add_css_file(_STYLE)
    app.connect("build-finished", _write_style)
    return {"parallel_read_safe": True}
