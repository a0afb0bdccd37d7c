import MarkdownIt from "markdown-it";
import { describe, expect, it } from "vitest";
import { CodeColours } from "../../src/ui/markdown/codeColours";
import { fenceAt } from "../../src/ui/markdown/fences";
import { colour } from "../../src/ui/markdown/highlight";
import { paragraphCut } from "../../src/ui/markdown/paragraphCut";
import { renderHtml, renderInline } from "../../src/ui/markdown/parser";
import { nextPieces, type OpenBlock, type Piece } from "../../src/ui/markdown/pieces";
import { longCode, longList, longTable, mixedAnswer, paragraph } from "../bench/support/longAnswers";
import { heavyPayloads, hostilePayloads } from "../support/hostileMarkdown";
import { seededRandom } from "../support/random";

/** Everything there is to plan of a text. */
function piecesOf(source: string, whole: boolean, from = 0, before?: OpenBlock): { pieces: Piece[]; at: number } {
  const pieces: Piece[] = [];
  let at = from;
  let open = before;
  for (;;) {
    const next = nextPieces(source, at, open, whole, {});
    pieces.push(...next.pieces);
    const progress = next.at > at;
    ({ at, open } = next);
    if (!progress || at === source.length) return { pieces, at };
  }
}

/** What a reader sees, without the tags that pieces are put together by. */
function html(pieces: readonly Piece[]): string {
  return pieces
    .map((piece) => {
      if (piece.kind === "fence") return `<pre><code>${piece.fence.code}</code></pre>`;
      return (piece.kind === "words" ? renderInline(piece.text, {}) : renderHtml(piece.text, {})) ?? piece.text;
    })
    .join("");
}

describe("a text in pieces", () => {
  it.each([
    ["mixed", mixedAnswer(100_000)],
    ["a list", longList(600)],
    ["a table", longTable(500)],
    ["code", longCode(5_000)],
    ["a paragraph", paragraph(50_000)],
    ["a paragraph without blanks", "a".repeat(30_000)],
  ])("has all of it, each piece small: %s", (_, source) => {
    const { pieces, at } = piecesOf(source, true);
    expect(at).toBe(source.length);
    expect(source.slice(pieces.at(-1)?.to).trim()).toBe("");
    for (const piece of pieces) if (piece.kind !== "fence") expect(piece.text.length).toBeLessThan(9_000);
    let last = 0;
    for (const { to } of pieces) {
      expect(to).toBeGreaterThan(last);
      last = to;
    }
  });

  it("renders a long list and a long paragraph as what they are", () => {
    const list = piecesOf(longList(600), true).pieces;
    expect(list.every(({ kind }) => kind === "list")).toBe(true);
    expect(html(list).match(/<li>/g)).toHaveLength(1_200);
    const words = piecesOf(paragraph(50_000), true).pieces;
    expect(words.every(({ kind }) => kind === "words")).toBe(true);
    const whole = renderHtml(paragraph(50_000), {}) ?? "";
    expect(`<p>${html(words)}</p>\n`.replace(/\s+/g, " ")).toBe(whole.replace(/\s+/g, " "));
  });

  it("keeps all rows of a long table", () => {
    const { pieces } = piecesOf(longTable(500), true);
    const rows = html(pieces).match(/<tr>\n<td/g);
    expect(rows).toHaveLength(500);
    expect(pieces.filter((piece) => piece.kind === "table" && piece.begins)).toHaveLength(1);
  });

  it("knows a definition that stands at the end from the beginning", () => {
    const source = `${paragraph(40_000)}\n\nSee [there][r].\n\n${longList(400)}\n\n${longTable(100)}[r]: https://example.com/r\n`;
    const env = {};
    for (let at = 0, open: OpenBlock | undefined; at < source.length;)
      ({ at, open } = nextPieces(source, at, open, true, env));
    expect(renderHtml("See [there][r].", env)).toContain("https://example.com/r");
  });

  it("settles the same while it grows as when it is whole, but for the end", () => {
    const source = `Before.\n\n${longTable(60)}${longList(200)}\n${longCode(80)}${paragraph(15_000)}\n\nAfter.\n`;
    const grown: Piece[] = [];
    let at = 0;
    let open: OpenBlock | undefined;
    const random = seededRandom(7);
    for (let length = 0; length < source.length;) {
      length = Math.min(source.length, length + 1 + Math.floor(random() * 200));
      for (let progress = true; progress;) {
        const next = nextPieces(source.slice(0, length), at, open, false, {});
        progress = next.at > at;
        grown.push(...next.pieces);
        ({ at, open } = next);
      }
    }
    for (let progress = true; progress;) {
      const next = nextPieces(source, at, open, true, {});
      progress = next.at > at;
      grown.push(...next.pieces);
      ({ at, open } = next);
    }
    expect(at).toBe(source.length);
    const text = (pieces: readonly Piece[]): string =>
      html(pieces)
        .replace(/<thead>.*?<\/thead>/gs, "")
        .replace(/<[^>]*>/g, "")
        .replace(/\s+/g, "");
    expect(text(grown)).toBe(text(piecesOf(source, true).pieces));
  });

  it("comes to the end of whatever it is given", () => {
    for (const source of [
      ...hostilePayloads,
      ...heavyPayloads,
      hostilePayloads.join("\n\n"),
      hostilePayloads.join("\n"),
    ])
      expect(piecesOf(source, true).at).toBe(source.length);
    const random = seededRandom(11);
    const bits = [
      "- a",
      "1. b",
      "  c",
      "```",
      "~~~",
      "| a | b |",
      "| - | - |",
      "> q",
      "",
      "",
      "# h",
      "===",
      "[r]: u",
      "    i",
      "text",
    ];
    for (let n = 0; n < 500; n++) {
      const lines = Array.from({ length: 40 }, () => bits[Math.floor(random() * bits.length)]);
      const source = lines.join("\n");
      expect(piecesOf(source, true).at).toBe(source.length);
      const half = piecesOf(source.slice(0, 150), false);
      expect(half.at).toBeLessThanOrEqual(150);
    }
  });
});

describe("a fence", () => {
  it("is read as the parser reads it", () => {
    const markdown = new MarkdownIt();
    const random = seededRandom(3);
    const bits = [
      "```",
      "````",
      "~~~",
      " ```",
      "   ~~~~",
      "    ```",
      "```js",
      "``` a`b",
      "x",
      "",
      " y",
      "``",
      "~~~ ",
      "``` \t",
    ];
    let found = 0;
    for (let n = 0; n < 3_000; n++) {
      const lines = Array.from(
        { length: 1 + Math.floor(random() * 8) },
        () => bits[Math.floor(random() * bits.length)],
      );
      const source = lines.join("\n") + (random() < 0.5 ? "\n" : "");
      const [token] = markdown.parse(source, {});
      const fence = fenceAt(source, 0);
      if (token?.type === "fence" && token.map?.[0] === 0) {
        expect(fence?.code, JSON.stringify(source)).toBe(token.content);
        expect(fence?.info).toBe(token.info.trim());
        found++;
      } else expect(fence, JSON.stringify(source)).toBeUndefined();
    }
    expect(found).toBeGreaterThan(500);
  });
});

describe("colours in pieces", () => {
  const typescript = `/**\n${" * what it does\n".repeat(200)} */\nexport class A<T> {\n${"  private readonly b = `one\n  ${two} three`; // four\n  c(d: string,\n    e: number): void {}\n".repeat(60)}}\n`;
  const python = `def a(b):\n    """doc\n    more"""\n    return {\n        'c': 1,\n    }\n\n`.repeat(80);

  function coloured(code: string, language: string): { html: string; pieces: number } {
    const colours = new CodeColours(language);
    let result = "";
    let pieces = 0;
    for (;;) {
      const next = colours.next(code, true);
      if (next === undefined) break;
      if (next === "more") continue;
      const to = next.from + next.length;
      expect(to === code.length || code[to - 1] === "\n").toBe(true);
      result += next.html;
      pieces++;
    }
    return { html: result, pieces };
  }

  it.each([
    ["typescript", typescript],
    ["python", python],
    ["css", "@media (max-width: 3px) {\n  .a:hover > b {\n    color: red;\n  }\n}\n".repeat(80)],
    [
      "cpp",
      "template <typename T>\nclass A : public B {\n  int c(int d,\n        int e) { return 1; } /* f\n g */\n};\n".repeat(
        60,
      ),
    ],
  ])("are those of the whole: %s", (language, code) => {
    const { html: pieceHtml, pieces } = coloured(code, language);
    expect(pieces).toBeGreaterThan(2);
    expect(pieceHtml).toBe(colour(code, language).html);
  });

  it("are those of each language of a web page", () => {
    const script = 'const a = "b"; // c\nfunction d() { return 1; }\n'.repeat(100);
    const page = `<!DOCTYPE html>\n<html>\n<style>\n${".a { color: red; }\n".repeat(100)}</style>\n<script>let x = 1;</script> <b>y</b>\n<script></script>\n<script>\n${script}</script>\n<p class="e">f</p>\n</html>\n`;
    const { html: result } = coloured(page, "html");
    expect(result.replace(/<[^>]*>/g, "")).toBe(
      page.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
    );
    expect(result.match(/hljs-comment/g)).toHaveLength(100);
    expect(result.match(/hljs-attribute/g)).toHaveLength(100);
    expect(result).toContain('<span class="hljs-attr">class</span>');
  });

  it("of growing code stay as they are once nothing can change them", () => {
    coloured("const ready = 1;\n", "typescript");
    const colours = new CodeColours("typescript");
    expect(colours.next("const a = 1;", false)).toBeUndefined();
    expect(colours.next("const a = 1;\n/* open", false)).toMatchObject({ length: 13, provisional: false });
    expect(colours.next("const a = 1;\n/* open\n still", false)).toMatchObject({ length: 8, provisional: true });
    expect(colours.next("const a = 1;\n/* open\n still */\nb", false)).toMatchObject({
      length: 18,
      provisional: false,
    });
  });

  it("end where something is open for too long, and where a line is", () => {
    expect(coloured(`/*${"a line\n".repeat(10_000)}*/`, "typescript").pieces).toBe(0);
    const long = coloured(`const a = "${"x".repeat(5_000)}";\nconst b = 1;\n`, "typescript");
    expect(long.html).toContain("hljs-keyword");
  });
});

describe("a long paragraph", () => {
  it("is cut where nothing is open", () => {
    const text = `${"word ".repeat(395)}**${"strong ".repeat(30)}** [${"a ".repeat(20)}](https://example.com) \`${"b ".repeat(10)}\` ${"word ".repeat(600)}`;
    const at = paragraphCut(text);
    expect(text.slice(0, at)).not.toMatch(/\*\*strong[^*]*$/);
    expect(at).toBeGreaterThan(1_999);
    expect(at).toBeLessThan(4_001);
    expect(paragraphCut("x".repeat(20_000))).toBe(8_000);
  });
});
