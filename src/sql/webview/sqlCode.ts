import hljs from "highlight.js/lib/core";
import sql from "highlight.js/lib/languages/sql";
import { customElement, property } from "lit/decorators.js";
import { PaddockElement } from "../../ui/base";
import { codeNodes } from "../../ui/markdown/codeNodes";
import { makeScrollable } from "../../ui/markdown/scrollable";
import { markInvisible, visibleNodes } from "../../ui/visibleNodes";

hljs.registerLanguage("sql", sql);

/** Longer statements stay without colours: the grammar's regular expressions would hold the page up. Characters. */
const mostColoured = 20_000;

/** A statement in the theme's colours; all of it is text. */
@customElement("paddock-sql")
export class SqlCode extends PaddockElement {
  @property({ attribute: false }) code = "";
  @property({ attribute: false }) label = "";
  /** The title of a character that cannot be seen. */
  @property({ attribute: false }) invisible: (mark: string) => string = (mark) => mark;

  protected override updated(): void {
    const block = document.createElement("div");
    block.className = "code-block";
    const pre = document.createElement("pre");
    makeScrollable(pre, this.label);
    const code = document.createElement("code");
    if (this.code.length > mostColoured) code.append(...visibleNodes(this.code, this.invisible));
    else {
      const nodes = codeNodes(hljs.highlight(this.code, { language: "sql", ignoreIllegals: true }).value);
      markInvisible(nodes, this.invisible);
      code.append(nodes);
    }
    pre.append(code);
    block.append(pre);
    this.replaceChildren(block);
  }
}
