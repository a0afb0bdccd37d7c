import { codeBlockOf } from "./codeBlock";

/**
 * Makes the children of `target` from `from` on equal to those of `source`, keeping every node that is equal already, so
 * that a selection, a focus, a scroll position or colours in what did not change stay. Takes nodes out of `source`.
 * @param keepRest what `target` has more of stays.
 */
export function morph(target: Node, source: Node, from = 0, keepRest = false): void {
  const wanted = [...source.childNodes];
  for (const [index, node] of wanted.entries()) {
    const present = target.childNodes[from + index];
    if (present === undefined) target.appendChild(node);
    else if (!present.isEqualNode(node)) change(target, present, node);
  }
  while (!keepRest && target.childNodes.length > from + wanted.length) target.lastChild?.remove();
}

function change(parent: Node, present: Node, wanted: Node): void {
  if (present instanceof Text && wanted instanceof Text) {
    if (wanted.data.startsWith(present.data)) present.appendData(wanted.data.slice(present.data.length));
    else present.data = wanted.data;
    return;
  }
  if (present instanceof Element && wanted instanceof Element && present.cloneNode().isEqualNode(wanted.cloneNode())) {
    const code = codeBlockOf(present);
    const wantedCode = codeBlockOf(wanted);
    if (code !== undefined || wantedCode !== undefined) {
      if (code !== undefined && wantedCode !== undefined && code.grow(wantedCode.source, wantedCode.growing)) return;
    } else if (!present.classList.contains("long-text")) {
      // Long text keeps its own account of what it shows.
      morph(present, wanted);
      return;
    }
  }
  parent.replaceChild(wanted, present);
}
