"""A picture in the language of Graphviz, for those who have it and want its layouts."""

from __future__ import annotations

from typing import Final

from wengert.display.picture.scene import Node, Scene

__all__ = ["dot"]

_SHAPES: Final = {
    "input": 'shape=box style="rounded,filled" fillcolor="#dcebfb" color="#1d5fa8"',
    "constant": 'shape=box style="dashed,filled" fillcolor="#f3f0e6" color="#8a7a45"',
    "operation": 'shape=box style="rounded,filled" fillcolor="#ffffff" color="#3d4656"',
    "folded": 'shape=box3d style="filled" fillcolor="#efe6f8" color="#6b3fa0"',
}


def dot(scene: Scene) -> str:
    """The scene as a directed graph in DOT, from left to right; values and adjoints are labels of the edges."""
    lines = [f"digraph {_quoted(scene.title or 'graph')} {{", "  rankdir=LR;", '  node [fontname="sans-serif"];',
             '  edge [fontname="sans-serif" fontsize=10 color="#7b8494"];']  # fmt: skip
    for number, part in enumerate(dict.fromkeys(node.part for node in scene.nodes)):
        if part:
            lines += [f"  subgraph cluster_{number} {{", f"    label={_quoted(part)};"]
        lines += [
            f"{'    ' if part else '  '}n{i} [label={_label(node)} {_shape(node)}];"
            for i, node in enumerate(scene.nodes)
            if node.part == part
        ]
        if part:
            lines.append("  }")
    for edge in scene.edges:
        source = scene.nodes[edge.source]
        label = edge.saved or "\n".join(filter(None, (source.value, source.adjoint)))
        manner = " style=dashed" * bool(edge.saved) + ' penwidth=3 color="#b26a00"' * edge.lit
        lines.append(f"  n{edge.source} -> n{edge.target} [label={_quoted(label)}{manner}];")
    return "\n".join([*lines, "}"])


def _label(node: Node) -> str:
    shown = [node.symbol]
    if node.name and node.kind != "input":
        shown.append(node.name)
    if node.result and node.value:
        shown.append(node.value)
    return _quoted("\n".join(shown))


def _shape(node: Node) -> str:
    lit = ' fillcolor="#ffe08a"' if node.lit else ""
    return _SHAPES[node.kind] + " penwidth=3" * node.result + lit + f" tooltip={_quoted(node.detail)}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', r"\"").replace("\n", r"\n")
    return f'"{escaped}"'
