import { describe, expect, it } from "vitest";
import { isShell, languageId, terminalText } from "../../src/platform/core/codeFence";

describe("a code fence", () => {
  const known = ["python", "typescript", "shellscript", "sql", "cpp"];
  it.each([
    ["py", "python"],
    ["TypeScript", "typescript"],
    ["bash", "shellscript"],
    ["c++", "cpp"],
    ["postgresql", "sql"],
    ["rust", undefined],
    ["", undefined],
    ["__proto__", undefined],
    ["constructor", undefined],
  ])("%s is the editor's %s", (fence, id) => expect(languageId(fence, known)).toBe(id));

  it("is for a terminal when it names a shell", () => {
    expect(["sh", "Bash", "pwsh", "console"].every(isShell)).toBe(true);
    expect(["", "python", "shellcheck"].some(isShell)).toBe(false);
  });

  it.each([
    ["ls -l\n", "ls -l"],
    ["  \n$ ls\n$ pwd\n", "ls\npwd"],
    ["$ ls\nfile", "$ ls\nfile"],
    ["echo $ HOME", "echo $ HOME"],
    ["a\r\nb\rc", "a\nb\nc"],
    ["a\tb", "a  b"],
    ["\u0000\u0003\u0007\u001b]0;x\u0007ls\u007f\u009b", "]0;xls"],
    ["l\u200bs \u202e-x\u2066\ufeff\u00ad", "ls -x"],
    ["a\u2028b", "ab"],
    ["", ""],
  ])("%j is %j at a prompt", (code, text) => expect(terminalText(code)).toBe(text));
});
