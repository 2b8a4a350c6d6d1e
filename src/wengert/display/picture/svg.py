"""A picture as SVG: text that a browser draws, without scripts, fonts or links."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from wengert.display.picture.layering import Layers, layered
from wengert.display.picture.lettering import width_of
from wengert.display.picture.placing import Box, Placed, placed
from wengert.display.picture.scene import Edge, Node, Scene
from wengert.display.picture.themes import style

__all__ = ["svg"]

_SYMBOL: Final = 15.0
_SMALL: Final = 11.5
_HALF: Final = 17.0
_PAD: Final = 9.0
_ARROW: Final = 7.0
_MARGIN: Final = 14.0
_HEADING: Final = 20.0


@dataclass(frozen=True)
class _Drawn:
    """A node with its measures: the width of its shape, and the length of the wire that its numbers stand at."""

    node: Node
    shape: float
    wire: float

    @property
    def box(self) -> Box:
        below = _HALF + (_SMALL + 3 if self.node.name and self.node.kind != "input" else 0)
        return Box(self.shape + self.wire, _HALF, below)


def svg(scene: Scene, theme: str = "auto") -> str:
    """The scene as an SVG document, sized in pixels; its description for screen readers is the list of operations.

    Raises
    ------
    ArgumentError
        There is no such theme.
    """
    used = {edge.source for edge in scene.edges}
    drawn = [_measured(node, place in used) for place, node in enumerate(scene.nodes)]
    layers = layered(scene)
    tags = _tags(scene, layers)
    where = placed(layers, [one.box for one in drawn], {place: _tag_box(text) for place, text in tags.items()})
    heading = _HEADING if scene.title else 0.0
    size = where.width + 2 * _MARGIN, where.total + 2 * _MARGIN + heading + _panels_room(scene)
    parts = [f'<g transform="translate({_MARGIN:g} {_MARGIN + heading + _panels_room(scene):g})">']
    parts += _panels(scene, drawn, where)
    parts += [
        _edge(scene.edges[place], path, drawn, where, arrivals)
        for place, (path, arrivals) in enumerate(zip(layers.paths, _arrivals(scene, layers.paths, where), strict=True))
    ]
    parts += [_node(one, where.left[place], where.height[place]) for place, one in enumerate(drawn)]
    parts += [_tag(text, where.left[place], where.height[place]) for place, text in tags.items()]
    parts.append("</g>")
    if scene.title:
        parts.insert(0, _text(scene.title, _MARGIN, _MARGIN + 8, "title", _SYMBOL, "start"))
    body = "\n".join(parts)
    name = "wg" + hashlib.sha256((body + theme).encode()).hexdigest()[:8]
    width, height = (f"{length:.0f}" for length in size)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" class="wengert" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" style="max-width:100%;min-width:min({width}px,40rem);height:auto">'
        f"<title>{escape(scene.title or 'computational graph')}</title><desc>{escape(_described(scene))}</desc>"
        f"<style>{style(theme, f'#{name}')}</style>\n{body}\n</svg>"
    )


def _described(scene: Scene) -> str:
    return "; ".join(node.detail for node in scene.nodes if node.detail)


def _measured(node: Node, used: bool) -> _Drawn:
    inside = width_of(node.symbol, _SYMBOL) + 2 * _PAD
    shape = max(inside, 2 * _HALF) if node.kind != "constant" else inside
    caption = width_of(node.name, _SMALL)
    numbers = max(width_of(node.value, _SMALL), width_of(node.adjoint, _SMALL))
    least = 2 * _PAD if numbers else 0.0
    return _Drawn(node, max(shape, caption * 0.8), numbers + least if used or numbers else 0.0)


def _node(drawn: _Drawn, left: float, height: float) -> str:
    node = drawn.node
    kinds = " ".join(["node", node.kind, *["result"] * node.result, *["lit"] * node.lit])
    middle, right = left + drawn.shape / 2, left + drawn.shape
    rounding = {"input": 6.0, "constant": 0.0, "operation": _HALF, "folded": 3.0}[node.kind]
    inset = 4.0 if node.kind == "constant" else 0.0
    shapes = [_rectangle(left, height - _HALF + inset, drawn.shape, 2 * (_HALF - inset), rounding)]
    if node.kind == "folded":
        # a second outline behind it: there is more than one
        shapes.insert(0, _rectangle(left + 4, height - _HALF - 4, drawn.shape, 2 * _HALF, rounding))
    parts = [f'<g class="{kinds}">', f"<title>{escape(node.detail)}</title>" if node.detail else "", *shapes]
    parts.append(_text(node.symbol, middle, height + _SYMBOL * 0.34, "symbol", _SYMBOL))
    if node.name and node.kind != "input":
        parts.append(_text(node.name, middle, height + _HALF + _SMALL, "name", _SMALL))
    if drawn.wire:
        end = right + drawn.wire
        parts.append(f'<path class="wire" d="M{right:.1f} {height:.1f}H{end:.1f}"/>')
        at = right + drawn.wire / 2
        for kind, text, below in (("value", node.value, -5.0), ("adjoint", node.adjoint, _SMALL + 3)):
            if kind not in node.waiting:
                parts.append(_text(text, at, height + below, kind, _SMALL))
    parts.append("</g>")
    return "".join(parts)


def _edge(edge: Edge, path: Sequence[int], drawn: Sequence[_Drawn], where: Placed, arrival: float) -> str:
    """A wire from where the numbers of its source end, through the columns between, to its target."""
    start = where.left[path[0]] + drawn[path[0]].box.width, where.height[path[0]]
    points = [start, *[(where.left[between], where.height[between]) for between in path[1:-1]]]
    end = where.left[path[-1]], where.height[path[-1]] + arrival
    command = f"M{start[0]:.1f} {start[1]:.1f}"
    previous = start
    for point in [*points[1:], (end[0] - _ARROW, end[1])]:
        bend = max((point[0] - previous[0]) / 2, 8.0)
        command += f"C{previous[0] + bend:.1f} {previous[1]:.1f} {point[0] - bend:.1f} {point[1]:.1f} "
        command += f"{point[0]:.1f} {point[1]:.1f}"
        previous = point
    kinds = " ".join(["edge", *["saved"] * bool(edge.saved), *["lit"] * edge.lit])
    arrow = f"M{end[0]:.1f} {end[1]:.1f}l{-_ARROW} {-_ARROW / 2}v{_ARROW}z"
    return f'<g class="{kinds}"><path class="wire" d="{command}"/><path class="arrow" d="{arrow}"/></g>'


def _arrivals(scene: Scene, paths: Sequence[Sequence[int]], where: Placed) -> list[float]:
    """How far above or below the middle of its target each wire ends, so that two do not end in one point."""
    found = [0.0] * len(paths)
    arriving: dict[int, list[int]] = {}
    for place, edge in enumerate(scene.edges):
        arriving.setdefault(edge.target, []).append(place)
    for places in arriving.values():
        places.sort(key=lambda place: where.height[paths[place][-2]])
        step = min(9.0, 1.2 * _HALF / max(len(places) - 1, 1))
        for number, place in enumerate(places):
            found[place] = step * (number - (len(places) - 1) / 2)
    return found


def _tags(scene: Scene, layers: Layers) -> dict[int, str]:
    """What is saved between the parts, by the places where it passes from one to the other."""
    last = max((column for column, order in enumerate(layers.orders) if _has_part(scene, order, "forward")), default=0)
    between = set(layers.orders[last + 1]) if last + 1 < len(layers.orders) else set()
    found: dict[int, str] = {}
    for edge, path in zip(scene.edges, layers.paths, strict=True):
        if edge.saved:
            source = scene.nodes[edge.source]
            name = source.symbol if source.kind == "input" else source.name
            found.update((place, f"{name}  {edge.saved}") for place in path if place in between)
    return found


def _has_part(scene: Scene, order: Sequence[int], part: str) -> bool:
    return any(place < len(scene.nodes) and scene.nodes[place].part == part for place in order)


def _tag_box(text: str) -> Box:
    return Box(width_of(text, _SMALL) + _PAD, _SMALL, _SMALL)


def _tag(text: str, left: float, height: float) -> str:
    box = _tag_box(text)
    shape = _rectangle(left, height - box.above, box.width, box.above + box.below, 2.0)
    words = _text(text, left + box.width / 2, height + _SMALL * 0.34, "size", _SMALL)
    return f'<g class="tag"><title>saved for the backward part</title>{shape}{words}</g>'


def _panels_room(scene: Scene) -> float:
    return _HEADING if any(node.part for node in scene.nodes) else 0.0


def _panels(scene: Scene, drawn: Sequence[_Drawn], where: Placed) -> list[str]:
    """A ground behind each part, with its name."""
    found = []
    for part in dict.fromkeys(node.part for node in scene.nodes if node.part):
        members = [place for place, node in enumerate(scene.nodes) if node.part == part]
        left = min(where.left[place] for place in members) - 8
        right = max(where.left[place] + drawn[place].box.width for place in members) + 8
        found.append(f'<rect class="panel" x="{left:.1f}" y="-24" width="{right - left:.1f}" '
                     f'height="{where.total + 32:.1f}" rx="8"/>')  # fmt: skip
        found.append(_text(part, left + 8, -10, "name", _SMALL, "start"))
    return found


def _rectangle(x: float, y: float, width: float, height: float, rounding: float) -> str:
    return (
        f'<rect class="shape" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{rounding:.1f}"/>'
    )


def _text(text: str, x: float, y: float, kind: str, size: float, anchor: str = "middle") -> str:
    if not text:
        return ""
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}">{escape(text)}</text>'
    )
