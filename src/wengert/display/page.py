"""Pieces of a page in HTML: whatever comes from a program is escaped here."""

from __future__ import annotations

import linecache
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from wengert.display.bill import Bill
from wengert.display.page_style import style_of_page
from wengert.display.parts import Part, figures
from wengert.display.quantities import count
from wengert.display.text import shown_operation, step_names
from wengert.graph import Equation, Graph, Var

__all__ = [
    "Block", "bill_table", "document", "graph_table", "paragraph", "parts_table", "piece", "preformatted", "table",
    "whole_page", "wide",
]  # fmt: skip

# columns of numbers, which end in line
_RIGHT: Final = "figure"
_WHOLE: Final = "body>.wg-page{min-height:100vh;box-sizing:border-box;border-radius:0}"


@dataclass(frozen=True)
class Block:
    """A section of a page: its name in links, its heading, and its content in HTML."""

    name: str
    heading: str
    content: str


def document(title: str, head: str, blocks: Sequence[Block], theme: str = "auto") -> str:
    """A page by itself, without anything that is fetched.

    Raises
    ------
    ArgumentError
        There is no such theme.
    """
    links = "".join(f'<a href="#{escape(block.name)}">{escape(block.heading)}</a>' for block in blocks)
    return whole_page(title, f"body{{margin:0}}{_WHOLE}", piece(f"{head}<nav>{links}</nav>", blocks, theme), theme)


def whole_page(title: str, rules: str, content: str, theme: str) -> str:
    """A page around its content, with rules for its style sheet."""
    scheme = "light dark" if theme == "auto" else theme
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"/><title>{escape(title)}</title>'
        f'<style>:root{{color-scheme:{scheme}}}{rules}</style></head>\n<body class="wg-whole">{content}</body></html>\n'
    )


def piece(head: str, blocks: Iterable[Block], theme: str = "auto") -> str:
    """The same as a part of a page, such as the output of a cell of a notebook."""
    sections = "\n".join(
        f'<section id="{escape(block.name)}"><h2>{escape(block.heading)}</h2>\n{block.content}</section>'
        for block in blocks
    )
    return f'<article class="wg-page"><style>{style_of_page(theme)}</style>\n{head}\n{sections}\n</article>'


def paragraph(text: str, kind: str = "") -> str:
    """Words of a program, or about it."""
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def preformatted(text: str) -> str:
    """Lines as they are."""
    return f"<pre>{escape(text)}</pre>"


def wide(content: str) -> str:
    """What may be wider than the page, in a frame that scrolls."""
    return f'<div class="wide">{content}</div>'


def table(header: Sequence[str], rows: Iterable[Sequence[str]], kinds: Sequence[str] = ()) -> str:
    """A table of texts; `kinds` are the classes of the columns."""
    kinds = [*kinds, *[""] * (len(header) - len(kinds))]
    head = "".join(_cell("th", text, kind) for text, kind in zip(header, kinds, strict=True))
    lines = [
        "<tr>" + "".join(_cell("td", text, kind) for text, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in rows
    ]
    return wide(f"<table><thead><tr>{head}</tr></thead><tbody>\n" + "\n".join(lines) + "\n</tbody></table>")


def _cell(tag: str, text: str, kind: str) -> str:
    return f'<{tag} class="{kind}">{escape(text)}</{tag}>' if kind else f"<{tag}>{escape(text)}</{tag}>"


def parts_table(parts: Sequence[Part], previews: bool = True) -> str:
    """Named values: type, figures and note, and with `previews` some of their entries."""
    noted = any(part.note for part in parts)
    header = ["name", "type", *(["entries"] if previews else ["figures"]), *([""] if noted else [])]
    rows = [
        [part.name, part.type, _shown(part) if previews else figures(part), *([part.note] if noted else [])]
        for part in parts
    ]
    return table(header, rows, ["code", "code", "code" if previews else "", ""][: len(header)])


def _shown(part: Part) -> str:
    found = part.preview()
    more = figures(part)
    return f"{found}\n{more}" if more and more != found else found


def graph_table(graph: Graph, most: int | None) -> str:
    """A Wengert list with the lines of the program that its equations come from.

    Of more than `most` equations the first and the last are written out.
    """
    names, equations = step_names(graph), graph.equations
    if most is None or len(equations) <= most:
        rows = [*_equation_rows(equations, names)]
    else:
        head, tail = most - most // 2, most // 2
        left_out = ["…", "", f"{count(len(equations) - most, 'equation')} folded", "", ""]
        last = equations[len(equations) - tail :]
        rows = [*_equation_rows(equations[:head], names), left_out, *_equation_rows(last, names)]
    return table(["", "type", "operation", "from", "line of the program"], rows, ["code"] * 5)


def _equation_rows(equations: Iterable[Equation], names: Mapping[Var, str]) -> Iterator[list[str]]:
    """Names, types, operation and place of each equation; the line of the program where it is another one."""
    previous = None
    for equation in equations:
        name = ", ".join(names[variable] for variable in equation.outputs)
        kind = ", ".join(repr(variable.type) for variable in equation.outputs)
        source = equation.source
        place = str(source) if source else ""
        line = linecache.getline(source.file, source.line).strip() if source and place != previous else ""
        yield [name, kind, shown_operation(equation, names), place, line]
        previous = place


def bill_table(bill: Bill) -> str:
    """What the function and its derivatives cost."""
    header, *rows = bill.rows()
    return table(header, rows, ["", *[_RIGHT] * (len(header) - 1)])
