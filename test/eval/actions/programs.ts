import { readFileSync } from "node:fs";
import path from "node:path";
import { endingOf, type Language } from "./languages";

/** Files and what is run in their folder, one command after the other: each has to end with 0. */
export interface Program {
  readonly files: Readonly<Record<string, string>>;
  /** Files whose types have to be right. */
  readonly typed: readonly string[];
  readonly steps: readonly (readonly string[])[];
  /** What the last step prints when it has come to its end; absent: its exit code alone counts. */
  readonly prints?: string;
}

export interface Tools {
  readonly node: string;
  /** A header of C++ that was compiled before. */
  readonly cppPrelude: string;
}

/** The code that is judged: its file's name without ending, and its whole text. */
export interface Subject {
  readonly language: Language;
  readonly name: string;
  readonly text: string;
}

const cHeaders = ["assert", "ctype", "math", "stdbool", "stddef", "stdint", "stdio", "stdlib", "string"];
const cPrelude = cHeaders.map((name) => `#include <${name}.h>\n`).join("");
export const cppPrelude = cHeaders
  .map((name) => `${name}.h`)
  .concat("algorithm", "cassert", "cstddef", "map", "numeric", "stdexcept", "string", "vector")
  .map((name) => `#include <${name}>\n`)
  .join("");
const cOptions = ["-std=gnu11", "-O0", "-Werror=implicit-function-declaration", "-Werror=int-conversion"];
/** As they are given to the header that is compiled before, too: another set would not fit it. */
export const cppOptions = ["-std=c++17", "-O0", "-w"];

/**
 * The subject with the check of its case behind it. The layout of a check is documented in cases/README.md.
 * @param word is printed at the very end: code that ends the program by itself has not passed.
 */
export function checkProgram({ language, name, text }: Subject, check: string, word: string, tools: Tools): Program {
  const file = name + endingOf(language);
  const checkFile = `check${endingOf(language)}`;
  const program = (source: string, steps: Program["steps"], typed: readonly string[] = []): Program => ({
    files: { [file]: text, [checkFile]: source },
    ...{ typed, steps, prints: word },
  });
  switch (language) {
    case "typescript":
    case "javascript": {
      const head = `import assert from "node:assert/strict";\nimport * as m from "./${file}";\n`;
      const source = `${head}${check}\nconsole.log("${word}");\n`;
      return program(source, [[tools.node, checkFile]], language === "typescript" ? [file, checkFile] : []);
    }
    case "python":
      return program(`import ${name} as m\n${check}\nprint("${word}")\n`, [["python3", "-B", checkFile]]);
    case "c": {
      const source = `${cPrelude}#include "${file}"\nint main(void) {\n${check}\nputs("${word}");\nreturn 0;\n}\n`;
      return program(source, [["gcc", ...cOptions, checkFile, "-o", "check", "-lm"], ["./check"]]);
    }
    case "cpp": {
      const source = `#include "${file}"\nint main() {\n${check}\nputs("${word}");\nreturn 0;\n}\n`;
      return program(source, [
        ["g++", ...cppOptions, "-include", tools.cppPrelude, checkFile, "-o", "check"],
        ["./check"],
      ]);
    }
    case "shellscript": {
      const same = 'same() { [ "$1" = "$2" ] || { echo "got $1, wanted $2"; exit 1; }; }';
      const source = `${same}\nsource ./${file}\n${check}\necho "${word}"\n`;
      return program(source, [
        ["bash", "-n", file],
        ["bash", checkFile],
      ]);
    }
  }
}

/** The subject and tests of it that a model wrote, for what a test is usually written with in the language. */
export function testProgram(subject: Subject, tests: string, { node, cppPrelude }: Tools): Program {
  const { language, name, text } = subject;
  const file = name + endingOf(language);
  const testFile = `${name}_test${endingOf(language)}`;
  const program = (source: string, steps: Program["steps"], more: Program["files"] = {}): Program => ({
    files: { [file]: text, [testFile]: source, ...more },
    ...{ typed: [], steps },
  });
  switch (language) {
    case "typescript":
    case "javascript": {
      const vitest = harness("vitest.mjs");
      const own = JSON.stringify({ type: "module", main: "index.mjs" });
      const installed = ["vitest", "@jest/globals"].flatMap((one) => [
        [`node_modules/${one}/package.json`, own] as const,
        [`node_modules/${one}/index.mjs`, vitest] as const,
      ]);
      const files = Object.fromEntries(installed);
      const globals = "./node_modules/vitest/index.mjs";
      return program(importingScript(tests, file, text), [[node, "--import", globals, testFile]], files);
    }
    case "python": {
      const more = { "pytest.py": harness("pytest.py"), "runTests.py": harness("runTests.py") };
      return program(importingPython(tests, name, text), [["python3", "-B", "runTests.py", `${name}_test`]], more);
    }
    case "c":
    case "cpp": {
      const including = tests.replaceAll(/^\s*#\s*include\s+"[^"]*"[^\n]*$/gmu, "");
      const [compiler, options, head] =
        language === "c" ? ["gcc", cOptions, cPrelude] : ["g++", [...cppOptions, "-include", cppPrelude], ""];
      const steps = [
        [compiler, ...options, testFile, "-o", "tests", ...(language === "c" ? ["-lm"] : [])],
        ["./tests"],
      ];
      return program(`${head}#include "${file}"\n${including}\n`, steps);
    }
    case "shellscript": {
      const without = tests.replaceAll(/^\s*(?:source|\.)\s+\S+[^\n]*$/gmu, "");
      return program(`source ./${file}\n${without}\n`, [["bash", testFile]]);
    }
  }
}

/** A translation's own names: a model seldom exports what nobody asked it to. */
export function exportingAll(text: string, language: Language): string {
  if (language !== "typescript" && language !== "javascript") return text;
  const names = [...text.matchAll(/^(?:async\s+)?(?:function\*?|const|let|class)\s+([\w$]+)/gmu)].map(
    ([, name]) => name,
  );
  const open = names.filter(
    (name) => name !== undefined && !new RegExp(`export\\s*\\{[^}]*\\b${name}\\b`, "u").test(text),
  );
  const plain = text.replaceAll(/^module\.exports\b[^\n]*$/gmu, "");
  return open.length === 0 ? plain : `${plain}\nexport { ${[...new Set(open)].join(", ")} };\n`;
}

/** Where the file of the subject stands is not what a test is judged by. */
function importingScript(tests: string, file: string, subject: string): string {
  const named = tests.replaceAll(/(from\s+|import\()(["'])(\.{1,2}\/[^"']*|@\/[^"']*)\2/gu, `$1"./${file}"`);
  if (named.includes(`"./${file}"`)) return named;
  const names = [...subject.matchAll(/^export\s+(?:async\s+)?(?:function\*?|const|let|class)\s+([\w$]+)/gmu)];
  return `import { ${names.map(([, name]) => name).join(", ")} } from "./${file}";\n${named}`;
}

function importingPython(tests: string, module: string, subject: string): string {
  const defined = [...subject.matchAll(/^(?:def|class)\s+(\w+)/gmu)].map(([, name]) => name ?? "");
  const here = (names: string): boolean =>
    names.split(",").some((name) => defined.includes(name.trim().split(" ")[0] ?? ""));
  const named = tests.replaceAll(/^from\s+[\w.]+\s+import\s+([^\n(]+)$/gmu, (line: string, names: string) =>
    here(names) ? `from ${module} import ${names}` : line,
  );
  return new RegExp(`^(?:from|import)\\s+${module}\\b`, "mu").test(named) ? named : `from ${module} import *\n${named}`;
}

function harness(name: string): string {
  return readFileSync(path.resolve("test/eval/actions/harness", name), "utf8");
}
