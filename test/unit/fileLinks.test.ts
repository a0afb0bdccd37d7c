import { describe, expect, it } from "vitest";
import {
  fileLinkOfCode,
  fileLinkOfTarget,
  fileLinkText,
  filePath,
  maxFilePath,
} from "../../src/platform/core/fileLinks";
import { renderHtml } from "../../src/ui/markdown/parser";

const hostile = [
  "/etc/passwd",
  "//server/share.txt",
  "\\\\server\\share.txt",
  "C:/Windows/win.ini",
  "C:\\a.txt",
  "C:a.txt",
  "~/.ssh/id_rsa",
  "../a.ts",
  "src/../../a.ts",
  "src/..",
  "./../a.ts",
  "././../a.ts",
  "src/.. /a.ts",
  "src/.../a.ts",
  "src//a.ts",
  "src/./a.ts",
  "src/a.ts.",
  "src/a.ts ",
  " src/a.ts",
  "src\\a.ts",
  "src/a.ts::$DATA",
  "src/a.ts:stream",
  "file:///etc/passwd",
  "http://example.com/a.ts",
  "command:workbench.action.reload",
  "vscode://x/y.ts",
  "src/\u202ets.a",
  "src/a\u200b.ts",
  "src/a\u0000.ts",
  "src/a\n.ts",
  "src/a\t.ts",
  "src/con.ts",
  "NUL",
  "src/lpt1",
  "src/a?.ts",
  "src/*.ts",
  "src/a|b.ts",
  '"src/a.ts"',
  "<src/a.ts>",
  "",
  ".",
  "./",
  "src/",
  `src/${"a".repeat(maxFilePath)}.ts`,
];

describe("paths of files that text names", () => {
  it.each(["src/app.ts", "a.b", "src/a b.ts", "src/(group)/[id]/page.tsx", "日本/é.md", ".github/x.yml", "100%.md"])(
    "takes %j",
    (path) => expect(filePath(path)).toBe(path),
  );
  it("takes ./ away", () => expect(filePath("././src/app.ts")).toBe("src/app.ts"));
  it.each(hostile)("refuses %j", (path) => expect(filePath(path)).toBeUndefined());
  it.each(hostile)("refuses %j as code", (path) => expect(fileLinkOfCode(path)).toBeUndefined());
  it.each(hostile)("refuses %j as a link's encoded target", (path) =>
    expect(fileLinkOfTarget(encodeURIComponent(path))).toBeUndefined(),
  );
});

describe("inline code that may name a file", () => {
  it.each([
    ["src/app.ts", { path: "src/app.ts" }],
    ["./app.ts", { path: "app.ts" }],
    ["app.ts:12", { path: "app.ts", line: 12 }],
    ["app.ts:12:5", { path: "app.ts", line: 12 }],
    ["app.ts:12-20", { path: "app.ts", line: 12, endLine: 20 }],
    ["src/app.ts#L12", { path: "src/app.ts", line: 12 }],
    ["src/app.ts#L12-L20", { path: "src/app.ts", line: 12, endLine: 20 }],
    ["src/app.ts#L12C3-L20C5", { path: "src/app.ts", line: 12, endLine: 20 }],
    ["src/app.ts:20-12", { path: "src/app.ts", line: 20 }],
    ["src/app.ts:0", { path: "src/app.ts" }],
    ["src/app.ts:99999999", { path: "src/app.ts" }],
    ["docs/F#.md", { path: "docs/F#.md" }],
    [".gitignore", { path: ".gitignore" }],
    ["Dockerfile", { path: "Dockerfile" }],
    ["LICENSE", { path: "LICENSE" }],
    ["bin/run", { path: "bin/run" }],
  ])("%j", (text, link) => expect(fileLinkOfCode(text)).toEqual(link));
  it.each(["ChatController", "npm", "x", "console.log()", "a => b", "1:2", "12", "e.g.", "...", ":12", "#L3"])(
    "finds none in %j",
    (text) => expect(fileLinkOfCode(text)).toBeUndefined(),
  );
  it("is written back as what it means", () => {
    for (const text of ["a.ts", "a.ts:3", "a.ts:3-9"]) {
      const link = fileLinkOfCode(text);
      expect(link === undefined ? undefined : fileLinkText(link)).toBe(text);
    }
  });
});

describe("links to files", () => {
  it("decodes once, and leaves out a fragment that names no line", () => {
    expect(fileLinkOfTarget("src/a%20b.ts#L3")).toEqual({ path: "src/a b.ts", line: 3 });
    expect(fileLinkOfTarget("docs/a.md#the-end")).toEqual({ path: "docs/a.md" });
    expect(fileLinkOfTarget("src/%252e%252e/a.ts")).toEqual({ path: "src/%2e%2e/a.ts" });
    expect(fileLinkOfTarget("src/%zz.ts")).toBeUndefined();
    expect(fileLinkOfTarget("#L3")).toBeUndefined();
    expect(fileLinkOfTarget("javascript:1")).toBeUndefined();
  });

  it.each([
    ["[src/app.ts](src/app.ts)", "<p><code>src/app.ts</code></p>\n"],
    ["[`app.ts:3`](src/app.ts#L3)", "<p><code>src/app.ts:3</code></p>\n"],
    ["[](src/app.ts)", "<p><code>src/app.ts</code></p>\n"],
    ["See [the **app**](./src/app.ts:3-5).", "<p>See the <strong>app</strong> (<code>src/app.ts:3-5</code>).</p>\n"],
    ["[src/safe.ts](src/other.ts)", "<p>src/safe.ts (<code>src/other.ts</code>)</p>\n"],
    ["[x](<src/a b&lt;.ts>)", "<p>[x](&lt;src/a b&lt;.ts&gt;)</p>\n"],
    ["[x](../a.ts)", "<p>[x](../a.ts)</p>\n"],
    ["[x](/etc/passwd)", "<p>[x](/etc/passwd)</p>\n"],
    ["[x](file:///a.ts)", "<p>[x](file:///a.ts)</p>\n"],
    ["[x][1] y\n\n[1]: src/a.ts", "<p>x (<code>src/a.ts</code>) y</p>\n"],
    ["[x](https://example.com/a.ts)", '<p><a href="https://example.com/a.ts">x</a></p>\n'],
  ])("%j says where it leads", (source, html) => expect(renderHtml(source, {})).toBe(html));
});
