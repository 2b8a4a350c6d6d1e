"""What a page that explains a function looks like: light and dark, on a telephone, a wide screen and paper."""

from __future__ import annotations

from typing import Final

from wengert.display.picture.themes import style

__all__ = ["style_of_page"]

_RULES: Final = """
.wg-page{container-type:inline-size;color:var(--wg-ink);background:var(--wg-operation);text-align:left;
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:break-word;
padding:12px max(20px,calc(50% - 580px)) 32px;border-radius:8px}
.wg-page h1{font-size:27px;line-height:1.2;margin:8px 0 2px;font-weight:650}
.wg-page h2{font-size:19px;font-weight:600;margin:0 0 8px}
.wg-page h3{font-size:15px;font-weight:600;margin:14px 0 4px;color:var(--wg-faint)}
.wg-page p{margin:4px 0}
.wg-page .faint,.wg-page caption{color:var(--wg-faint)}
.wg-page code,.wg-page pre{font:13px/1.45 ui-monospace,"DejaVu Sans Mono",monospace}
.wg-page pre{background:var(--wg-panel);color:inherit;padding:8px 12px;border-radius:6px;overflow-x:auto;margin:6px 0}
.wg-page nav{display:flex;flex-wrap:wrap;gap:2px 14px;padding:8px 0;font-size:14px}
.wg-page nav a{color:var(--wg-input-edge)}
.wg-page>section{border-top:1px solid var(--wg-wire);padding:16px 0 6px;margin:14px 0 0}
.wg-page .verdict{display:inline-block;border:1.5px solid var(--wg-value);color:var(--wg-value);border-radius:14px;
padding:1px 12px;margin:8px 0 2px;font-weight:600}
.wg-page .verdict.failed{border-color:var(--wg-adjoint);color:var(--wg-adjoint)}
.wg-page .failed{color:var(--wg-adjoint)}
.wg-page .passed{color:var(--wg-value)}
.wg-page .wide{overflow-x:auto;overflow-y:hidden;padding:2px 0}
.wg-page .wide>table{border-collapse:collapse;margin:4px 0;font-size:14px;color:inherit;background:none}
.wg-page .wide>table td,.wg-page .wide>table th{border:0;padding:3px 18px 3px 0;text-align:left;vertical-align:top;
background:none}
.wg-page .wide>table th{color:var(--wg-faint);font-weight:600;font-size:13px}
.wg-page .wide>table tbody tr+tr td{border-top:1px solid var(--wg-panel)}
.wg-page td.code{font:13px/1.5 ui-monospace,"DejaVu Sans Mono",monospace;white-space:pre}
.wg-page td.figure,.wg-page th.figure{text-align:right!important;white-space:nowrap}
.wg-page table.wengert-derivation td{vertical-align:middle!important;white-space:nowrap;border:0!important}
.wg-page table.wengert-derivation td:first-child,.wg-page table.wengert-derivation td:last-child{
color:var(--wg-faint)}
.wg-page table.wengert-derivation tr.result td{background:var(--wg-panel)}
.wg-page table.wengert-derivation tr.closing td{font-size:13px;color:var(--wg-value);white-space:normal}
.wg-page math{font-size:1.12em}
.wg-page math[display=block]{display:math}
.wg-page .wide>svg{max-width:none!important;display:block}
.wg-page .wg-steps{padding-left:0;padding-right:0}
.wg-page .wg-steps>details{display:none}
.wg-page details>summary{cursor:pointer;color:var(--wg-faint);margin:4px 0}
@container (max-width:560px){.wg-page h1{font-size:22px}}
@media print{.wg-page{padding:0}.wg-page nav{display:none}
.wg-page tr,.wg-page pre,.wg-page svg{break-inside:avoid}.wg-page h2,.wg-page h3{break-after:avoid}
.wg-page .wide,.wg-page pre{overflow:visible}.wg-page pre{white-space:pre-wrap}
.wg-page .wide>svg{min-width:0!important;max-width:100%!important}}
"""


def style_of_page(theme: str) -> str:
    """The style sheet.

    Raises
    ------
    ArgumentError
        There is no such theme.
    """
    return style(theme, ".wg-page") + _RULES
