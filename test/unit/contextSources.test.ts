import { describe, expect, it } from "vitest";
import { CommandLog } from "../../src/context/core/commandLog";
import { diffParts } from "../../src/context/core/diffParts";
import { IgnoreRules } from "../../src/context/core/ignoreRules";
import { parseItemId, symbolId } from "../../src/context/core/itemId";
import { maxGathered } from "../../src/context/core/limits";
import { outlineText } from "../../src/context/core/outline";
import { problemList } from "../../src/context/core/problemList";
import { PathIndex, rankNames } from "../../src/context/core/ranking";
import { terminalText } from "../../src/context/core/terminalText";

describe("what Git ignores", () => {
  const rules = (files: Record<string, string>): IgnoreRules =>
    new IgnoreRules((folder) => Promise.resolve(files[folder.join("/")]));
  const ignored = (files: Record<string, string>, path: string): Promise<boolean> =>
    rules(files).isIgnored(path.split("/"));

  it.each([
    ["a name anywhere", { "": "*.log\n" }, "a/b/x.log", true],
    ["no rule", { "": "*.log\n" }, "a/b/x.txt", false],
    ["no file with rules at all", {}, "a.txt", false],
    ["a folder's rule, for all below it", { "": "dist/\n" }, "src/dist/a/b.js", true],
    ["a folder's rule, not for a file of that name", { "": "dist/\n" }, "src/dist", false],
    ["a rule from the root only", { "": "/build\n" }, "src/build/a.js", false],
    ["a rule of a deeper file", { src: "secret.txt\n" }, "src/x/secret.txt", true],
    ["a rule of a deeper file, not beside it", { src: "secret.txt\n" }, "secret.txt", false],
    ["a negation after it", { "": "*.log\n!keep.log\n" }, "keep.log", false],
    ["a negation before it", { "": "!keep.log\n*.log\n" }, "keep.log", true],
    ["a deeper negation", { "": "*.log\n", logs: "!keep.log\n" }, "logs/keep.log", false],
    ["a deeper rule after a negation above", { "": "*.log\n!keep.log\n", logs: "keep.log\n" }, "logs/keep.log", true],
    ["a negation below an ignored folder", { "": "dist/\n!dist/keep.js\n" }, "dist/keep.js", true],
    ["a negation in an ignored folder's own file", { "": "dist/\n", dist: "!keep.js\n" }, "dist/keep.js", true],
    ["a folder's content, all but one", { "": "dist/*\n!dist/keep.js\n" }, "dist/keep.js", false],
    ["a folder included again deeper down", { "": "out/\n", a: "!out/\n" }, "a/out/x.js", false],
    ["a folder included again with its content", { "": "/*\n!/src/\n" }, "src/a.ts", false],
  ])("%s", async (_, files, path, expected) => {
    expect(await ignored(files, path)).toBe(expected);
  });

  it("reads each file once", async () => {
    const read: string[] = [];
    const one = new IgnoreRules((folder) => {
      read.push(folder.join("/"));
      return Promise.resolve(folder.length === 0 ? "*.log" : undefined);
    });
    expect(await Promise.all([one.isIgnored(["a", "x.log"]), one.isIgnored(["a", "y.txt"])])).toEqual([true, false]);
    expect(read.sort()).toEqual(["", "a"]);
  });
});

describe("what a command leaves on the terminal", () => {
  it.each([
    ["colours", "\x1b[1;31merror\x1b[0m: no\r\n", "error: no"],
    ["a link and a title", "\x1b]8;;http://x/\x07here\x1b]8;;\x1b\\ \x1b]0;title\x07done", "here done"],
    ["marks of shell integration", "\x1b]633;C\x07out\r\n\x1b]633;D;0\x07", "out"],
    ["a string that never ends swallows its line only", "\x1b]0;title\nnext", "\nnext"],
    ["a progress bar", "10%\r50%\r100%\r\ndone", "100%\ndone"],
    ["a shorter line over a longer one, erased", "downloading\r\x1b[Kok", "ok"],
    ["a shorter line over a longer one, not erased", "abcdef\rxy", "xycdef"],
    ["backspaces", "abc\b\bX", "aXc"],
    ["several lines rewritten", "a 1\nb 1\n\x1b[2Aa 2\n\x1b[1Bend", "a 2\nb 1\nend"],
    ["a screen that was cleared", "old\n\x1b[2J\x1b[Hnew", "new"],
    ["a full-screen program", "before\n\x1b[?1049h~\n~\x1b[5;5Hvim\x1b[?1049lafter", "before\nafter"],
    ["tabs", "a\tb", "a       b"],
    ["a column", "ab\x1b[5Gx", "ab  x"],
    ["8-bit control sequences", "\x9b31mred\x9b0m", "red"],
    ["other escapes and bells", "\x1b(B\x1b=\x07x\x1b7", "x"],
    ["an escape that was cut", "x\x1b[3", "x"],
  ])("%s", (_, raw, expected) => {
    expect(terminalText(raw)).toBe(expected);
  });

  it("of any length, in the time its length takes", () => {
    const since = performance.now();
    expect(terminalText("\x1b[32mok\x1b[0m some words\r\n".repeat(20_000)).length).toBe(20_000 * 14 - 1);
    expect(terminalText(`${"\x1b]0;".repeat(20_000)}x`).length).toBeLessThan(2);
    expect(terminalText("\x1b[9999999C\x1b[9999999B\x1b[9999999Ax").length).toBeLessThan(1_100);
    expect(performance.now() - since).toBeLessThan(2_000);
  });
});

describe("commands of terminals", () => {
  const terminal = {};
  const start = (log: CommandLog, line = "npm test", on: object = terminal) => log.start(on, "bash", line, "/w");

  it("keep what they wrote, with how they ended", () => {
    const command = start(new CommandLog());
    command.write("\x1b[31mone\r\n");
    expect([command.isRunning, command.exitCode]).toEqual([true, undefined]);
    command.write("two\r\n");
    command.end(1);
    expect(command.output()).toEqual({ text: "one\ntwo", leftOut: 0 });
    expect([command.isRunning, command.exitCode]).toEqual([false, 1]);
  });

  it("know when the beginning of their output was never told", () => {
    const command = start(new CommandLog());
    expect(command.isBeginningLost).toBe(false);
    command.write("late\r\n");
    expect(command.isBeginningLost).toBe(true);
    const whole = start(new CommandLog());
    whole.write("\x1b]633;C\x07late\r\n");
    expect(whole.isBeginningLost).toBe(false);
    const silent = start(new CommandLog());
    silent.end(0);
    expect(silent.isBeginningLost).toBe(true);
  });

  it("keep the beginning and more of the end of what is long, and say what is missing", () => {
    const command = start(new CommandLog());
    for (let line = 1; line <= 100_000; line++) command.write(`line ${line}\n`);
    const { text, leftOut } = command.output();
    expect(text.startsWith("line 1\nline 2\n")).toBe(true);
    expect(text.endsWith("\nline 99999\nline 100000")).toBe(true);
    expect(text).toMatch(/\n\[…\]\nline \d+\n/u);
    expect(text.length).toBeLessThan(maxGathered + 100);
    expect(leftOut).toBeGreaterThan(900_000);
  });

  it("is the last of the terminal in front, and five of each", () => {
    const log = new CommandLog();
    const other = {};
    for (let count = 1; count <= 8; count++) start(log, `first ${count}`);
    start(log, "second", other);
    expect(log.recent().map(({ commandLine }) => commandLine)).toEqual([
      "second",
      "first 8",
      "first 7",
      "first 6",
      "first 5",
      "first 4",
    ]);
    expect(log.last(terminal)?.commandLine).toBe("first 8");
    expect(log.last({})?.commandLine).toBe("second");
    expect(log.find(log.last(other)?.id ?? 0)?.commandLine).toBe("second");
  });

  it.each(["cat .env", "less ../config/id_rsa", 'grep -r x "server.key"', "echo x>prod.env", "type C:\\keys\\a.pfx"])(
    "that name a secret are refused: %s",
    (line) => expect(start(new CommandLog(), line).refusal()).toMatchObject({ why: "secret" }),
  );

  it.each(["npm run build", "cat .env.example", "git diff -- src/environment.ts"])("%s is none of them", (line) =>
    expect(start(new CommandLog(), line).refusal()).toBeUndefined(),
  );

  const key = "-----BEGIN OPENSSH PRIVATE KEY-----";
  it.each([
    ["at once", [`x\n${key}\nb3Bl\n`]],
    ["in pieces", ["x\n-----BEGIN OPENSSH PRI", "VATE KEY-----\nb3Bl\n"]],
    ["in colours", ["-----BEGIN \x1b[31mOPENSSH\x1b[0m PRIVATE KEY-----\n"]],
    ["by its end", ["b3Bl\n-----END PRIVATE KEY-----\n"]],
    ["where it is no longer kept", ["y".repeat(20_000), `${key}\n`, "b3Bl\n".repeat(30_000)]],
    ["where it is no longer kept, in one piece", ["y".repeat(20_000) + key + "b3Bl\n".repeat(30_000)]],
    ["across what is kept", ["y".repeat(16_370) + key + "b3Bl\n".repeat(30_000)]],
  ])("that show a private key are refused: %s", (_, pieces) => {
    const command = start(new CommandLog());
    for (const piece of pieces) command.write(piece);
    expect(command.refusal()).toMatchObject({ why: "secret" });
  });

  it("that write what is no text are not refused for it", () => {
    const command = start(new CommandLog());
    command.write("a\0b\n");
    expect(command.refusal()).toBeUndefined();
    expect(command.output().text).toBe("ab");
  });
});

describe("what an id names", () => {
  it("is what was offered", () => {
    expect(parseItemId("git")).toEqual({ kind: "git" });
    expect(parseItemId("file")).toEqual({ kind: "file" });
    expect(parseItemId("file:file:///a%20b.ts")).toEqual({ kind: "file", uri: "file:///a%20b.ts" });
    expect(parseItemId("terminal:12")).toEqual({ kind: "terminal", command: 12 });
    const symbol = { uri: "file:///a.ts", name: "a:b", line: 3 };
    expect(parseItemId(symbolId(symbol))).toEqual({ kind: "symbol", symbol });
  });

  it.each([
    "",
    "gits",
    "git:x",
    "terminal:x",
    "terminal:",
    "symbol:{}",
    "symbol:[",
    'symbol:{"uri":"a","name":"b","line":1.5}',
    "http://x",
  ])("is never anything else: %s", (id) => expect(() => parseItemId(id)).toThrow("Nothing of that name was offered."));
});

describe("problems", () => {
  const error = {
    severity: "error",
    line: 9,
    column: 2,
    message: "No such name.\n  See below.",
    source: "ts",
    code: "2304",
  } as const;
  const hint = { severity: "hint", line: 1, column: 1, message: "Unused" } as const;

  it("read as compilers write them, the worst first in a file", () => {
    expect(
      problemList([
        { path: "src/a.ts", problems: [hint, error] },
        { path: "b.ts", problems: [hint] },
      ]),
    ).toEqual({
      text: "src/a.ts:9:2 error: No such name.\n    See below. (ts 2304)\nsrc/a.ts:1:1 hint: Unused\nb.ts:1:1 hint: Unused",
      count: 3,
      left: 0,
    });
  });

  it("are as many as fit, and the rest is counted", () => {
    const { text, count, left } = problemList([{ path: "a.ts", problems: Array.from({ length: 5_000 }, () => error) }]);
    expect(text.length).toBeLessThanOrEqual(maxGathered);
    expect([count, left + text.split("a.ts:").length - 1]).toEqual([5_000, 5_000]);
    expect(left).toBeGreaterThan(0);
  });
});

describe("a diff", () => {
  const part = (names: string, rest: string): string => `diff --git ${names}\nindex 1..2 100644\n${rest}\n`;
  const hunk = "@@ -1 +1 @@\n-diff --git a/no b/no\n+--- a/neither";

  it.each([
    ["a changed file", part("a/x.ts b/x.ts", `--- a/x.ts\n+++ b/x.ts\n${hunk}`), ["x.ts", "a/x.ts", "b/x.ts"]],
    ["a new file", part("a/.env b/.env", `--- /dev/null\n+++ b/.env\n${hunk}`), [".env", "b/.env"]],
    [
      "a name with spaces",
      part("a/a b.ts b/a b.ts", `--- a/a b.ts\t\n+++ b/a b.ts\t\n${hunk}`),
      ["a b.ts", "a/a b.ts", "b/a b.ts"],
    ],
    ["a renamed file", part("a/old b/new", "rename from old\nrename to new"), ["old", "new"]],
    ["a binary file", part("a/x.png b/x.png", "Binary files differ"), ["x.png", "b/x.png"]],
    [
      "a quoted name",
      part('"a/\\303\\244\\"x" "b/\\303\\244\\"x"', `--- "a/\\303\\244\\"x"\n+++ "b/\\303\\244\\"x"\n${hunk}`),
      ['ä"x', 'a/ä"x', 'b/ä"x'],
    ],
    ["other prefixes", part("i/x w/x", `--- i/x\n+++ w/x\n${hunk}`), ["x", "i/x", "w/x"]],
    ["no prefixes", part("src/x src/x", `--- src/x\n+++ src/x\n${hunk}`), ["src/x"]],
    [
      "a conflict",
      `diff --cc x.ts\nindex 1,2..0\n--- a/x.ts\n+++ b/x.ts\n@@@ -1 -1 +1 @@@\n`,
      ["x.ts", "a/x.ts", "b/x.ts"],
    ],
  ])("names %s", (_, diff, paths) => {
    const { parts, other } = diffParts(diff);
    expect(other).toBe("");
    expect(parts.map((one) => one.paths)).toEqual([paths]);
  });

  it("of several files is cut between them, and only there", () => {
    const one = part("a/x b/x", `--- a/x\n+++ b/x\n${hunk}`);
    const { parts } = diffParts(one + one.replaceAll("/x", "/y"));
    expect(parts.map(({ paths }) => paths[0])).toEqual(["x", "y"]);
    expect(parts[0]?.text).toBe(one.trimEnd());
  });

  it("of another program is told apart", () => {
    expect(diffParts("secret --- 1/1 --- Text\n1 TOKEN=1\n")).toEqual({
      parts: [],
      other: "secret --- 1/1 --- Text\n1 TOKEN=1",
    });
  });
});

describe("an outline", () => {
  it("is a tree, folders first, with what the files define", () => {
    const files = [
      { pieces: ["b.ts"], symbols: ["one", "two"] },
      { pieces: ["a", "z.ts"], symbols: [] },
      { pieces: ["a", "c", "y.ts"], symbols: ["three"] },
    ];
    expect(outlineText(files)).toEqual({ text: "a/\n  c/\n    y.ts: three\n  z.ts\nb.ts: one, two", cut: 0 });
  });

  it("gives up symbols first, then what lies deepest", () => {
    const files = Array.from({ length: 3_000 }, (_, index) => ({
      pieces: ["src", `part ${index % 30}`, "deep", `file ${index}.ts`],
      symbols: ["aSymbol"],
    }));
    const { text, cut } = outlineText(files);
    expect(text.length).toBeLessThanOrEqual(maxGathered);
    expect(cut).toBe(0);
    expect(text).not.toContain("aSymbol");
    expect(text).toContain("deep/ (100 files)");
    const flat = outlineText(
      Array.from({ length: 3_000 }, (_, index) => ({ pieces: [`a rather long name ${index}`], symbols: [] })),
    );
    expect(flat.text.length).toBeLessThanOrEqual(maxGathered);
    expect(flat.cut + flat.text.split("\n").length).toBe(3_000);
  });
});

describe("what fits what was typed", () => {
  const paths = [
    "src/app.ts",
    "test/fixtures/application.ts",
    "src/chat/host/chatController.ts",
    "docs/chat.md",
    "README.md",
  ];
  const indexOf = (all: readonly string[]): PathIndex => {
    const index = new PathIndex();
    for (const path of all) index.add(path);
    return index;
  };
  const rank = (query: string, recent: string[] = []) => indexOf(paths).search(query, new Set(recent), 10);

  it.each([
    ["app", "src/app.ts"],
    ["chatC", "src/chat/host/chatController.ts"],
    ["host/chat", "src/chat/host/chatController.ts"],
    ["src\\app", "src/app.ts"],
    ["readme", "README.md"],
    ["chat.md", "docs/chat.md"],
  ])("%s is %s", (query, expected) => expect(rank(query)[0]).toBe(expected));

  it("is what is open where two fit, however many others do", () => {
    expect(rank("app", ["test/fixtures/application.ts"])[0]).toBe("test/fixtures/application.ts");
    expect(rank("zzz", ["docs/chat.md"])).toEqual([]);
    const many = indexOf(Array.from({ length: 1_000 }, (_, index) => `a/file${index}.ts`));
    expect(many.search("file", new Set(["a/file777.ts"]), 5)[0]).toBe("a/file777.ts");
  });

  it("is found among many in time", () => {
    const many = indexOf(Array.from({ length: 20_000 }, (_, at) => `src/part${at % 97}/module${at}/file${at}.ts`));
    const since = performance.now();
    expect(many.search("file199", new Set(), 30).length).toBe(30);
    expect(performance.now() - since).toBeLessThan(500);
  });

  it("goes for names too", () => {
    expect(rankNames("open", [{ n: "close" }, { n: "openChat" }], ({ n }) => n, 5)).toEqual([{ n: "openChat" }]);
    expect(rankNames("", ["a", "b", "c"], (name) => name, 2)).toEqual(["a", "b"]);
  });
});
