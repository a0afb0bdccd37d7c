import { setSourceOf, sourceOf } from "./sanitize";

/**
 * Makes the children of `target` equal to those of `source`, keeping every node that is equal already, so that a
 * selection, a focus or a scroll position in what did not change stays. Takes nodes out of `source`.
 */
export function morph(target: Node, source: Node): void {
  const wanted = [...source.childNodes];
  for (const [index, node] of wanted.entries()) {
    const present = target.childNodes[index];
    if (present === undefined) target.appendChild(node);
    else if (!present.isEqualNode(node)) change(target, present, node);
    else if (isCode(present) && isCode(node)) setSourceOf(present, sourceOf(node));
  }
  while (target.childNodes.length > wanted.length) target.lastChild?.remove();
}

function change(parent: Node, present: Node, wanted: Node): void {
  if (present instanceof Text && wanted instanceof Text) {
    if (wanted.data.startsWith(present.data)) present.appendData(wanted.data.slice(present.data.length));
    else present.data = wanted.data;
    return;
  }
  if (present instanceof Element && wanted instanceof Element && present.cloneNode().isEqualNode(wanted.cloneNode())) {
    // Long text keeps its own account of what it shows.
    if (!present.classList.contains("long-text")) {
      if (isCode(present) && isCode(wanted)) setSourceOf(present, sourceOf(wanted));
      morph(present, wanted);
      return;
    }
  }
  parent.replaceChild(wanted, present);
}

function isCode(node: Node): node is Element {
  return node instanceof Element && node.classList.contains("code-block");
}
