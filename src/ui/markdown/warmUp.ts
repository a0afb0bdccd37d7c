import { renderQueue } from "../renderQueue";
import type { MarkdownLabels } from "./labels";
import { renderHtml } from "./parser";
import { safeFragment } from "./sanitize";

/** Some of all that the parser and the sanitiser make their tables and patterns for when they first meet it. */
const sample =
  "Text `code` **strong** [link](https://example.com/a) https://example.com\n\n- item\n\n| a |\n| - |\n| b |\n";
let warm = false;

/** The first text of a page costs some 10 ms more than those after it; it gets a frame of its own for that. */
export function warmUp(labels: MarkdownLabels): void {
  if (warm) return;
  warm = true;
  renderQueue.add(() => {
    safeFragment(renderHtml(sample, {}) ?? "", labels, false);
    return false;
  }, "first");
}
