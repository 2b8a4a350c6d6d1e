"""Pictures of graphs: as SVG, as text for Mermaid and Graphviz, on the screen."""

from __future__ import annotations

import sys
import tempfile
import webbrowser
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from wengert.display.picture.building import MOST_NODES
from wengert.display.picture.dot import dot
from wengert.display.picture.mermaid import mermaid
from wengert.display.picture.scene import Scene
from wengert.display.picture.svg import svg

__all__ = ["Drawable"]


class Drawable(ABC):
    """What has a picture as a graph.

    Inputs are rounded blue boxes, constants dashed ones, operations pills, and what is folded has a second outline;
    results have a thick one. A value stands above the wire that leaves its node, its adjoint below. Beneath a node is
    the user's name of the value, from the assignment in the source, or the number of its step. Where there would be
    more than `most_nodes`, calls of functions, then loops, then lines of the program are one node each.

    Parameters
    ----------
    adjoints
        Whether to write the derivatives of the result with respect to each value below the wires. The function
        returns one number then.
    most_nodes
        How many nodes are drawn at most.
    theme
        `"auto"` follows the reader's system, `"light"` and `"dark"` do not. Paper is always light.
    """

    @abstractmethod
    def scene(self, adjoints: bool = False, most_nodes: int = MOST_NODES) -> Scene:
        """What the picture shows."""

    def svg(self, *, adjoints: bool = False, most_nodes: int = MOST_NODES, theme: str = "auto") -> str:
        """The picture as an SVG document, laid out from left to right, without scripts, fonts or links.

        Raises
        ------
        ArgumentError
            There is no such theme, or `most_nodes` is less than one.
        OutputError
            Adjoints were asked for, and the function does not return one floating-point number.
        """
        return svg(self.scene(adjoints, most_nodes), theme)

    def mermaid(self, *, adjoints: bool = False, most_nodes: int = MOST_NODES) -> str:
        """The picture in the language of Mermaid. Raises as `svg` does."""
        return mermaid(self.scene(adjoints, most_nodes))

    def dot(self, *, adjoints: bool = False, most_nodes: int = MOST_NODES) -> str:
        """The picture in the language of Graphviz. Raises as `svg` does."""
        return dot(self.scene(adjoints, most_nodes))

    def show(self, *, adjoints: bool = False, most_nodes: int = MOST_NODES, theme: str = "auto") -> None:
        """Show the picture: in a notebook below the cell, elsewhere in the browser. Raises as `svg` does."""
        show_page(self.svg(adjoints=adjoints, most_nodes=most_nodes, theme=theme))

    def _repr_svg_(self) -> str:
        return self.svg()


def show_page(content: str) -> None:
    """Show a piece of HTML: in a notebook below the cell, elsewhere in the browser, from a file that stays."""
    notebook: Any = sys.modules.get("IPython")
    shell = notebook.get_ipython() if notebook is not None else None
    if shell is not None and hasattr(shell, "kernel"):
        notebook.display.display(notebook.display.HTML(content))
        return
    page = f'<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark">{content}'
    with tempfile.NamedTemporaryFile("w", suffix=".html", prefix="wengert-", delete=False, encoding="utf-8") as file:
        file.write(page)
    if not webbrowser.open(Path(file.name).as_uri()):
        print(f"wengert: no browser could be opened; the picture is in {file.name}", file=sys.stderr)  # noqa: T201
