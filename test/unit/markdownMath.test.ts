import { expect, it } from "vitest";
import { renderHtml } from "../../src/ui/markdown/parser";

it.each(["$a_1 * b_2 * c_3$", "$$\\frac{a}{b}_x_$$", "\\(x_1 \\* y_2\\)", "\\[\\sum_{i}^{n} *i*\\]"])(
  "shows %s as it was written",
  (formula) => {
    const html = renderHtml(`Here ${formula} stands.`, {}) ?? "";
    expect(html).toContain(`<span class="md-math">${formula}</span>`);
  },
);

it.each(["It costs $5 and then $6 more.", "$ not math $", "a lone $ sign", "`$x$` is code"])(
  "%s is no formula",
  (text) => {
    expect(renderHtml(text, {})).not.toContain("md-math");
  },
);

it("escapes what stands in a formula", () => {
  expect(renderHtml("$<img src=x>$", {})).toContain("&lt;img");
});
