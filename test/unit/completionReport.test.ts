import MarkdownIt from "markdown-it";
import { describe, expect, it } from "vitest";
import type { CompletionRecord } from "../../src/completion/core/completionRecord";
import { promptReport } from "../../src/completion/core/promptReport";
import { hostilePayloads } from "../support/hostileMarkdown";

const timings = {
  prompt_n: 50,
  cache_n: 150,
  prompt_ms: 100,
  prompt_per_second: 500,
  predicted_n: 3,
  predicted_ms: 30,
  predicted_per_second: 66,
  draft_n: 0,
  draft_n_accepted: 0,
  queue_ms: 5,
  paused_ms: 0,
  ttft_ms: 105,
  tpot_ms: 15,
  itl_ms: null,
};
const record: CompletionRecord = {
  at: Date.UTC(2026, 0, 2, 3, 4, 5),
  document: { name: "src/a.ts", languageId: "typescript", position: { line: 9, character: 4 } },
  model: "Tiny model",
  layout: { order: "prefix-suffix-middle", prefix: "<P>", suffix: "<S>", middle: "<M>" },
  chunks: [
    { kind: "definition", name: "src/b.ts", uri: "file:///w/src/b.ts", firstLine: 4, text: "class B {\n}\n" },
    { kind: "recentEdit", name: "src/b.ts", uri: "file:///w/src/b.ts", firstLine: 40, text: "b();\n" },
    { kind: "imports", name: "src/a.ts", uri: "file:///w/src/a.ts", firstLine: 0, text: "import b;\nimport c;\n" },
  ],
  described: [
    { part: "beginning", tokens: 1, text: "<s>" },
    { part: "file", name: "src/b.ts", tokens: 60, text: "class B {\n}\n" },
    { part: "file", name: "src/b.ts", tokens: 19, text: "b();\n" },
    { part: "file", name: "src/a.ts", tokens: 20, text: "import b;\nimport c;\n" },
    { part: "prefix", tokens: 60, text: "<P>const a = " },
    { part: "suffix", tokens: 30, text: "<S>;\n" },
    { part: "typed", tokens: 10, text: "<M>b" },
  ],
  parts: [
    { part: "beginning", tokens: 1, cached: 1 },
    { part: "file", name: "src/b.ts", tokens: 60, cached: 60 },
    { part: "file", name: "src/b.ts", tokens: 19, cached: 19 },
    { part: "file", name: "src/a.ts", tokens: 20, cached: 20 },
    { part: "prefix", tokens: 60, cached: 50 },
    { part: "suffix", tokens: 30, cached: 0 },
    { part: "typed", tokens: 10, cached: 0 },
  ],
  timings,
  stopReason: "maxTokens",
  waits: { debounce: 20, shown: 140, ended: 170 },
  pieces: [
    { text: ".run", probability: 0.91 },
    { text: "()\n", probability: 0.5 },
    { text: "x", probability: 0.04 },
  ],
  shown: ".run()",
  reason: undefined,
};
const report = (more: Partial<CompletionRecord> = {}): string =>
  promptReport({ ...record, ...more }, (reason) => `Because: ${reason}.`);

describe("the report on the last suggestion", () => {
  it("says what each part is, what it cost and that this is estimated", () => {
    const text = report();
    expect(text).toContain("At line 10, column 5 of `src/a.ts` (`typescript`), 03:04:05 UTC, by `Tiny model`");
    expect(text).toContain("| imported definition | `src/b.ts` | 5-6 | 60 | 60 | 0.0 ms |");
    expect(text).toContain("| edited lately | `src/b.ts` | 41 | 19 | 19 | 0.0 ms |");
    expect(text).toContain("| imports of the file | `src/a.ts` | from 1 | 20 | 20 | 0.0 ms |");
    expect(text).toContain("| before the anchor |  |  | 60 | 50 | 20 ms |");
    expect(text).toContain("| after the cursor |  |  | 30 | 0 | 60 ms |");
    expect(text).toContain("| **all** |  |  | 200 | 150 (75%) | 100 ms |");
    expect(text).toContain("processing is estimated");
  });

  it("says the times, the exact prompt and what of the answer was shown", () => {
    const text = report();
    expect(text).toContain("| first token (TTFT) | 105 ms |");
    expect(text).toContain("| from the key to what was shown | 140 ms |");
    expect(text).toContain("```text\n<s>class B {\n}\nb();\nimport b;\nimport c;\n<P>const a = <S>;\n<M>b\n```");
    expect(text).toContain('0.9100  ".run"\n0.5000  "()\\n", shown up to "()"\n0.0400  "x"\n');
    expect(text).toContain("as many tokens as a suggestion may have");
    expect(report({ shown: ".run" })).toContain('0.9100  ".run"\n------  shown up to here\n0.5000  "()\\n"\n');
    expect(report({ shown: ".run()\nx" })).not.toContain("shown up to");
    expect(report({ shown: "" })).toContain('------  shown up to here\n0.9100  ".run"');
  });

  it("says what is missing", () => {
    const none = report({
      parts: [],
      timings: undefined,
      stopReason: undefined,
      pieces: [],
      shown: "",
      reason: "typedOn",
      waits: { debounce: 20, shown: null, ended: 20 },
    });
    expect(none).toContain("| before the anchor |  |  | 60 | – | – |");
    expect(none).toContain("| first token (TTFT) | – |");
    expect(none).toContain("No token came.");
    expect(none).toContain("Because: typedOn.");
    expect(report({ parts: [], described: [] })).toContain("The engine was not asked.");
    expect(promptReport(undefined, String)).toContain("No suggestion has been asked for");
  });

  it("keeps whatever the texts hold as text", () => {
    const evil = `${hostilePayloads.join("\n")}\n\`\`\`\`\`\`\n<img src=x onerror=alert(1)>\n# Heading\u202e\r\n~~~\n`;
    const text = report({
      document: { ...record.document, name: `x|y\n# z ${evil}` },
      model: evil,
      chunks: [{ kind: "visible", name: evil, uri: "file:///w/b", firstLine: 0, text: evil }],
      described: [{ part: "file", name: evil, tokens: 1, text: evil }],
      parts: [{ part: "file", name: evil, tokens: 1, cached: 0 }],
      pieces: [{ text: evil, probability: 1 }],
      shown: evil,
    });
    const tokens = new MarkdownIt({ html: true, linkify: true }).parse(text, {});
    expect(tokens.filter(({ type }) => type === "html_block")).toEqual([]);
    const inside = tokens.flatMap(({ children }) => children ?? []);
    expect(inside.filter(({ type }) => ["html_inline", "image", "link_open"].includes(type))).toEqual([]);
    expect(tokens.filter(({ type }) => type === "heading_open").map(({ tag }) => tag)).toEqual([
      "h1",
      ...Array.from({ length: 5 }, () => "h2"),
    ]);
    expect(tokens.filter(({ type }) => type === "fence")).toHaveLength(3);
    expect(tokens.filter(({ type }) => type === "table_open")).toHaveLength(2);
    expect(text).not.toContain("\u202e");
  });
});
