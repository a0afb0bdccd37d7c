import { visiblePieces } from "../platform/core/visibleText";

/** Text as nodes, with what cannot be seen shown as a mark. @param label the mark's title, in the person's language. */
export function visibleNodes(text: string, label: (mark: string) => string): (Text | HTMLElement)[] {
  return visiblePieces(text).map((piece) => {
    if (piece.kind === "text") return document.createTextNode(piece.text);
    const mark = document.createElement("span");
    mark.className = "invisible-mark";
    mark.title = label(piece.mark);
    mark.textContent = piece.mark;
    return mark;
  });
}

/** Puts nodes behind what stands in an element, as more of its last text where both are one. */
export function appendNodes(element: Element, nodes: readonly (Text | HTMLElement)[]): void {
  const last = element.lastChild;
  const [first, ...others] = nodes;
  if (last instanceof Text && first instanceof Text) {
    last.appendData(first.data);
    element.append(...others);
  } else element.append(...nodes);
}

/** Puts marks into everything below a node that has not been shown yet. */
export function markInvisible(root: Node, label: (mark: string) => string): void {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walker.nextNode() !== null) texts.push(walker.currentNode as Text);
  for (const text of texts) {
    const nodes = visibleNodes(text.data, label);
    if (nodes.length !== 1 || !(nodes[0] instanceof Text)) text.replaceWith(...nodes);
  }
}
