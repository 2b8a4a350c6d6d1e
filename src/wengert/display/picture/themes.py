"""Colours of pictures, for light and dark backgrounds and for paper."""

from __future__ import annotations

from typing import Final

from wengert.errors import ArgumentError

__all__ = ["THEMES", "properties", "style"]

THEMES: Final = ("auto", "light", "dark")

# Each kind of node has a colour, but also a shape of its own. The pairs have a contrast of 4.5 at least, after the
# Web Content Accessibility Guidelines 2.2, criterion 1.4.3.
_LIGHT: Final = {
    "ink": "#1f2430", "faint": "#5b6472", "wire": "#7b8494", "input": "#dcebfb", "input-edge": "#1d5fa8",
    "constant": "#f3f0e6", "constant-edge": "#8a7a45", "operation": "#ffffff", "operation-edge": "#3d4656",
    "folded": "#efe6f8", "folded-edge": "#6b3fa0", "value": "#0b6b36", "adjoint": "#b3261e", "lit": "#ffe08a",
    "lit-edge": "#b26a00", "panel": "#f6f7f9",
}  # fmt: skip
_DARK: Final = {
    "ink": "#e8eaf0", "faint": "#a9b1bf", "wire": "#8791a3", "input": "#14304f", "input-edge": "#7db7f2",
    "constant": "#2f2b1d", "constant-edge": "#cdbb78", "operation": "#1d222c", "operation-edge": "#b6bfce",
    "folded": "#2d2140", "folded-edge": "#c4a2ee", "value": "#6fd69b", "adjoint": "#ff9a90", "lit": "#5c4708",
    "lit-edge": "#ffc857", "panel": "#191d25",
}  # fmt: skip

_RULES: Final = """
{scope} text{{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:var(--wg-ink)}}
{scope} .wire{{fill:none;stroke:var(--wg-wire);stroke-width:1.4}}
{scope} .arrow{{fill:var(--wg-wire);stroke:none}}
{scope} .saved .wire{{stroke-dasharray:5 3}}
{scope} .node>.shape{{stroke-width:1.5}}
{scope} .input>.shape{{fill:var(--wg-input);stroke:var(--wg-input-edge)}}
{scope} .constant>.shape{{fill:var(--wg-constant);stroke:var(--wg-constant-edge);stroke-dasharray:3 2}}
{scope} .operation>.shape{{fill:var(--wg-operation);stroke:var(--wg-operation-edge)}}
{scope} .folded>.shape{{fill:var(--wg-folded);stroke:var(--wg-folded-edge)}}
{scope} .result>.shape{{stroke-width:3}}
{scope} .lit>.shape{{fill:var(--wg-lit);stroke:var(--wg-lit-edge);stroke-width:3}}
{scope} .lit>.wire{{stroke:var(--wg-lit-edge);stroke-width:3}}
{scope} .lit>.arrow{{fill:var(--wg-lit-edge)}}
{scope} .name{{fill:var(--wg-faint);font-style:italic}}
{scope} .value{{fill:var(--wg-value)}}
{scope} .adjoint{{fill:var(--wg-adjoint)}}
{scope} .size{{fill:var(--wg-faint)}}
{scope} .tag .shape{{fill:var(--wg-constant);stroke:var(--wg-wire)}}
{scope} .panel{{fill:var(--wg-panel);stroke:none}}
"""


def style(theme: str, scope: str) -> str:
    """The rules of a style sheet, for all elements inside `scope`, a selector.

    `"auto"` follows what the reader's system asks for; on paper everything is as on a light background. A page around
    the picture may set the properties `--wg-ink` and so on itself, since any rule of its own outweighs these.

    Raises
    ------
    ArgumentError
        There is no such theme.
    """
    if theme not in THEMES:
        raise ArgumentError(f"theme is one of {', '.join(map(repr, THEMES))}, received {theme!r}")
    rules = _RULES.format(scope=scope)
    light, dark = (f":where({scope}){{{properties(one)}}}" for one in ("light", "dark"))
    if theme == "auto":
        return f"{light}@media screen and (prefers-color-scheme:dark){{{dark}}}{rules}"
    return f"{light}@media screen{{{dark}}}{rules}" if theme == "dark" else light + rules


def properties(theme: str) -> str:
    """The colours of the light or the dark theme, as declarations of a style sheet."""
    colours = {"light": _LIGHT, "dark": _DARK}[theme]
    return ";".join(f"--wg-{name}:{colour}" for name, colour in colours.items())
