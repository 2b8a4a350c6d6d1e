"""What the page of steps looks like, and how it moves from step to step."""

from __future__ import annotations

from typing import Final

from wengert.display.picture.themes import style

__all__ = ["SCRIPT", "style_of_player"]

_RULES: Final = """
.wg-steps{container-type:inline-size;color:var(--wg-ink);background:var(--wg-operation);
font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;padding:4px 14px 14px;
border-radius:8px;text-align:left}
.wg-steps:focus-visible,.wg-steps button:focus-visible{outline:2px solid var(--wg-lit-edge);outline-offset:2px}
.wg-steps h2{font-size:19px;font-weight:600;margin:12px 0 4px}
.wg-steps p,.wg-steps li{margin:2px 0}
.wg-steps ul{margin:2px 0;padding-left:20px}
.wg-steps .about,.wg-steps .note,.wg-steps .source,.wg-steps .shapes{color:var(--wg-faint)}
.wg-steps .note,.wg-steps .source,.wg-steps .shapes{font-size:13px}
.wg-steps pre{font:13px/1.4 ui-monospace,"DejaVu Sans Mono",monospace;background:var(--wg-panel);color:inherit;
padding:8px 10px;border-radius:6px;overflow-x:auto;margin:6px 0}
.wg-steps summary{cursor:pointer;color:var(--wg-faint)}
.wg-steps .picture{overflow-x:auto;margin:6px 0}
.wg-steps .picture svg{max-width:none!important;display:block}
.wg-steps .before-value>.value,.wg-steps .before-derivative>.adjoint{visibility:hidden}
.wg-steps .controls{display:flex;flex-wrap:wrap;align-items:center;gap:8px;margin:4px 0 8px}
.wg-steps .controls[hidden],.wg-steps .card[hidden]{display:none}
.wg-steps button{font:inherit;color:inherit;background:var(--wg-panel);border:1px solid var(--wg-wire);
border-radius:6px;padding:3px 12px;cursor:pointer}
.wg-steps button:disabled{opacity:.45;cursor:default}
.wg-steps .card{display:grid;grid-template-columns:minmax(0,2fr) minmax(0,3fr);gap:4px 24px;
border:2px solid var(--wg-lit-edge);border-radius:8px;padding:8px 12px;margin:0 0 12px;min-height:7.5em}
.wg-steps table.steps{border-collapse:collapse;width:100%;margin:0;font-size:inherit;color:inherit;
background:none;display:table}
.wg-steps table.steps th,.wg-steps table.steps td{border:0;border-top:1px solid var(--wg-wire);padding:6px 10px 6px 8px;
vertical-align:top;text-align:left;background:none;max-width:0}
.wg-steps table.steps th{border-top:0;font-weight:600;color:var(--wg-faint);font-size:13px}
.wg-steps table.steps .number{width:3.2em;max-width:none;white-space:nowrap}
.wg-steps table.steps .function{width:36%}
.wg-steps table.steps tr.current{background:var(--wg-lit)}
.wg-steps[data-ready] tbody tr{cursor:pointer}
.wg-steps .chain{display:grid;grid-template-columns:max-content max-content minmax(0,1fr);column-gap:6px;row-gap:5px;
align-items:center;overflow-x:auto;overflow-y:hidden;padding:2px 0}
.wg-steps .chain+.chain{margin-top:8px}
.wg-steps .chain .right{white-space:nowrap}
.wg-steps math{font-size:1.08em}
.wg-steps .shapes{margin-left:14px}
@container (max-width:640px){
.wg-steps .card{grid-template-columns:minmax(0,1fr)}
.wg-steps table.steps,.wg-steps table.steps tbody{display:block}
.wg-steps table.steps thead{display:none}
.wg-steps table.steps tr{display:grid;grid-template-columns:2.4em minmax(0,1fr);border-top:1px solid var(--wg-wire)}
.wg-steps table.steps td{border:0;width:auto;max-width:none}
.wg-steps table.steps td.derivative{grid-column:2}
}
@media print{.wg-steps .controls,.wg-steps .card{display:none}.wg-steps table.steps tr.current{background:none}
.wg-steps tr{break-inside:avoid}.wg-steps .picture svg{max-width:100%!important}}
"""

# written without the characters that XML does not take, so that the page is XML as well
SCRIPT: Final = """
for (const root of document.querySelectorAll('.wg-steps:not([data-ready])')) {
  root.dataset.ready = '';
  const find = selector => [...root.querySelectorAll(selector)];
  const rows = find('tr[data-nodes]'), nodes = find('.picture g.node'), edges = find('.picture g.edge');
  const [controls] = find('.controls'), [card] = find('.card'), [picture] = find('.picture');
  const [previous, next] = find('.controls button'), [place] = find('.place');
  const numbers = text => text.split(' ').filter(Boolean).map(Number);
  const values = numbers(root.dataset.values), derivatives = numbers(root.dataset.derivatives);
  const last = rows.length - 1;
  let current = 0;
  const plain = () => {
    for (const one of [...nodes, ...edges]) one.classList.remove('lit', 'before-value', 'before-derivative');
    for (const row of rows) row.classList.remove('current');
  };
  const show = step => {
    current = Math.max(0, Math.min(last, step));
    plain();
    const row = rows[current];
    row.classList.add('current');
    for (const [place, node] of nodes.entries()) {
      node.classList.toggle('before-value', values[place] > current);
      node.classList.toggle('before-derivative', derivatives[place] > current);
    }
    const lit = numbers(row.dataset.nodes).map(place => nodes[place]);
    for (const node of lit) node.classList.add('lit');
    for (const place of numbers(row.dataset.edges)) edges[place].classList.add('lit');
    card.replaceChildren(...[...row.cells].slice(1).map(cell => {
      const part = document.createElement('div');
      part.append(...[...cell.childNodes].map(child => child.cloneNode(true)));
      return part;
    }));
    place.textContent = `step ${current + 1} of ${last + 1}`;
    previous.disabled = current === 0;
    next.disabled = current === last;
    if (lit.length) {
      const box = lit[0].getBoundingClientRect(), frame = picture.getBoundingClientRect();
      picture.scrollLeft += box.left + box.width / 2 - frame.left - frame.width / 2;
    }
  };
  const keys = {ArrowLeft: -1, ArrowRight: 1, Home: -1e9, End: 1e9};
  const pressed = event => {
    const modified = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
    const move = modified ? undefined : keys[event.key];
    if (move === undefined) return;
    event.preventDefault();
    show(current + move);
  };
  previous.addEventListener('click', () => show(current - 1));
  next.addEventListener('click', () => show(current + 1));
  for (const [step, row] of rows.entries()) row.addEventListener('click', () => show(step));
  (root.parentElement.matches('body.wg-whole') ? document : root).addEventListener('keydown', pressed);
  addEventListener('beforeprint', plain);
  addEventListener('afterprint', () => show(current));
  controls.hidden = card.hidden = false;
  show(0);
}
"""


def style_of_player(theme: str) -> str:
    """The style sheet of players, for all of them on a page.

    Raises
    ------
    ArgumentError
        There is no such theme.
    """
    return style(theme, ".wg-steps") + _RULES
