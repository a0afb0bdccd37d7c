import DOMPurify from "dompurify";
import { isShell } from "../../platform/core/codeFence";
import { visibleText } from "../../platform/core/visibleText";
import { iconButton } from "../icon";
import { longText } from "../longText";
import { markInvisible } from "../visibleNodes";
import type { MarkdownLabels } from "./labels";
import { isWebAddress, readInfo } from "./parser";

/** Longer code is shown piece by piece; Copy and Insert take all of it. */
export const maxCode = 60_000;

interface Source {
  readonly code: string;
  /** As the fence names it; may be empty. */
  readonly language: string;
  /** All that stands at the fence. */
  readonly info: string;
}
const sources = new WeakMap<Element, Source>();

/** The code of a block as the model wrote it. */
export function sourceOf(block: Element): Source {
  return sources.get(block) ?? { code: "", language: "", info: "" };
}

export function setSourceOf(block: Element, source: Source): void {
  sources.set(block, source);
}

/**
 * The last gate before model output becomes nodes: only plain text markup gets through, links only to the web, and
 * what cannot be seen is marked. Adds what the reader uses: copy and insert, scrolling tables.
 */
export function safeFragment(html: string, labels: MarkdownLabels): DocumentFragment {
  const fragment = safeNodes(html);
  for (const link of fragment.querySelectorAll("a")) {
    const href = link.getAttribute("href") ?? "";
    if (isWebAddress(href)) link.title = visibleText(href);
    else link.replaceWith(...link.childNodes);
  }
  for (const pre of fragment.querySelectorAll("pre")) {
    const code = pre.querySelector("code");
    const text = pre.textContent;
    const language = /(?:^|\s)language-([\w+#.-]+)/.exec(code?.className ?? "")?.[1] ?? "";
    pre.replaceWith(codeBlock(text, language, readInfo(code?.className ?? ""), [...(code ?? pre).childNodes], labels));
  }
  for (const table of fragment.querySelectorAll("table")) {
    const scroller = document.createElement("div");
    scroller.className = "md-table";
    makeScrollable(scroller, labels.table);
    table.replaceWith(scroller);
    scroller.append(table);
  }
  markInvisible(fragment, labels.invisible);
  return fragment;
}

/** HTML as nodes of the few kinds that text needs. */
export function safeNodes(html: string): DocumentFragment {
  return DOMPurify.sanitize(html, {
    RETURN_DOM_FRAGMENT: true,
    // prettier-ignore
    ALLOWED_TAGS: ["p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "s", "a", "br", "hr", "span", "table", "thead", "tbody", "tr", "th", "td"],
    ALLOWED_ATTR: ["href", "class", "start"],
    ALLOWED_URI_REGEXP: /^https?:\/\//i,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
  });
}

/** @param content the code as nodes, coloured or not; not yet marked. */
export function codeBlock(
  text: string,
  language: string,
  info: string,
  content: readonly Node[],
  labels: MarkdownLabels,
): HTMLElement {
  const block = document.createElement("div");
  block.className = "code-block";
  const bar = document.createElement("div");
  bar.className = "code-bar";
  const name = document.createElement("span");
  name.className = "code-language";
  name.textContent = language;
  const buttons = document.createElement("span");
  buttons.className = "code-buttons";
  buttons.append(
    iconButton("copy", labels.copy, "copy"),
    iconButton("diff", labels.apply, "apply"),
    iconButton("insert", labels.insert, "insert"),
    iconButton("replace", labels.replaceSelection, "replace"),
  );
  if (isShell(language)) buttons.append(iconButton("terminal", labels.toTerminal, "terminal"));
  else buttons.append(iconButton("new-file", labels.newFile, "newFile"));
  bar.append(name, buttons);
  const pre = document.createElement("pre");
  makeScrollable(pre, language === "" ? labels.code : labels.codeIn(language));
  const code = document.createElement("code");
  if (text.length > maxCode) code.append(longText(text, labels));
  else code.append(...content);
  pre.append(code);
  block.append(bar, pre);
  sources.set(block, { code: text, language, info });
  return block;
}

/** What scrolls sideways must be reachable by keyboard, and have a name when it is. */
function makeScrollable(element: HTMLElement, label: string): void {
  element.tabIndex = 0;
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", label);
}
