"""A picture as Mermaid text, which code hosts and notebooks draw in Markdown."""

from __future__ import annotations

from typing import Final

from wengert.display.picture.scene import Node, Scene

__all__ = ["mermaid"]

_SHAPES: Final = {"input": '["{}"]', "constant": '["{}"]', "operation": '(["{}"])', "folded": '[["{}"]]'}
# what means something to Mermaid, or to the HTML that it makes
_ESCAPED: Final = {"&": "#amp;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "`": "#96;", "\\": "#92;"}


def mermaid(scene: Scene) -> str:
    """The scene in Mermaid's language for flowcharts, from left to right; results have a thick outline."""
    lines = ["flowchart LR"]
    parts = list(dict.fromkeys(node.part for node in scene.nodes))
    for part in parts:
        indent = "    " if part else "  "
        if part:
            lines.append(f"  subgraph {part}")
        lines += [f"{indent}n{i}{_node(node)}" for i, node in enumerate(scene.nodes) if node.part == part]
        if part:
            lines.append("  end")
    for edge in scene.edges:
        source = scene.nodes[edge.source]
        label = edge.saved or " / ".join(filter(None, (source.value, source.adjoint)))
        arrow = "-.->" if edge.saved else "-->"
        words = f'|"{_text(label)}"|' if label else ""
        lines.append(f"  n{edge.source} {arrow}{words} n{edge.target}")
    for kind, rule in (
        ("constant", "stroke-dasharray:3 2"),
        ("result", "stroke-width:3px"),
        ("lit", "fill:#ffe08a,color:#1f2430,stroke:#b26a00,stroke-width:3px"),
    ):
        members = [f"n{i}" for i, node in enumerate(scene.nodes) if node.kind == kind or getattr(node, kind, False)]
        if members:
            lines += [f"  classDef {kind} {rule}", f"  class {','.join(members)} {kind}"]
    return "\n".join(lines)


def _node(node: Node) -> str:
    text = _text(node.symbol)
    if node.name and node.kind != "input":
        text += f"<br/><i>{_text(node.name)}</i>"
    if node.result and node.value:
        text += f"<br/>{_text(node.value)}"
    return _SHAPES[node.kind].format(text)


def _text(text: str) -> str:
    return "".join(_ESCAPED.get(letter, letter) for letter in text)
