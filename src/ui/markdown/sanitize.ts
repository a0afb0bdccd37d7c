import DOMPurify from "dompurify";
import { visibleText } from "../../platform/core/visibleText";
import { markInvisible } from "../visibleNodes";
import { CodeBlock } from "./codeBlock";
import type { MarkdownLabels } from "./labels";
import { isWebAddress, readInfo } from "./parser";
import { makeScrollable } from "./scrollable";

/**
 * The last gate before model output becomes nodes: only plain text markup gets through, links only to the web, and
 * what cannot be seen is marked. Adds what the reader uses: copy and insert, scrolling tables.
 * @param growing the text may go on: code in it is not whole.
 */
export function safeFragment(html: string, labels: MarkdownLabels, growing: boolean): DocumentFragment {
  const fragment = safeNodes(html);
  const written = [...fragment.querySelectorAll("pre")];
  const sources = new Map(written.map((pre) => [pre, pre.textContent]));
  for (const link of fragment.querySelectorAll("a")) {
    const href = link.getAttribute("href") ?? "";
    if (isWebAddress(href)) link.title = visibleText(href);
    else link.replaceWith(...link.childNodes);
  }
  for (const table of fragment.querySelectorAll("table")) {
    const scroller = document.createElement("div");
    scroller.className = "md-table";
    makeScrollable(scroller, labels.table);
    table.replaceWith(scroller);
    scroller.append(table);
  }
  markInvisible(fragment, labels.invisible);
  // Last: a code block marks its own text.
  for (const pre of written) {
    const code = pre.querySelector("code");
    const language = /(?:^|\s)language-([\w+#.-]+)/.exec(code?.className ?? "")?.[1] ?? "";
    const info = readInfo(code?.className ?? "");
    pre.replaceWith(new CodeBlock({ language, info, code: sources.get(pre) ?? "" }, labels, growing).element);
  }
  return fragment;
}

// Given once: reading it takes longer than a short text does.
DOMPurify.setConfig({
  RETURN_DOM_FRAGMENT: true,
  // prettier-ignore
  ALLOWED_TAGS: ["p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "s", "a", "br", "hr", "span", "table", "thead", "tbody", "tr", "th", "td"],
  ALLOWED_ATTR: ["href", "class", "start"],
  ALLOWED_URI_REGEXP: /^https?:\/\//i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
});

/** HTML as nodes of the few kinds that text needs. */
function safeNodes(html: string): DocumentFragment {
  const nodes: unknown = DOMPurify.sanitize(html);
  if (!(nodes instanceof DocumentFragment)) throw new Error("The sanitizer returns a fragment.");
  return nodes;
}
