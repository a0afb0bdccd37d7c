import { readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";

/** What a check and plain code use of Node; its whole typings take longer than all else. */
const ambient = `
declare module "node:assert/strict" {
  interface Assert {
    (value: unknown, message?: string): asserts value;
    ok(value: unknown, message?: string): asserts value;
    equal(actual: unknown, expected: unknown, message?: string): void;
    notEqual(actual: unknown, expected: unknown, message?: string): void;
    deepEqual(actual: unknown, expected: unknown, message?: string): void;
    match(actual: string, expected: RegExp, message?: string): void;
    throws(work: () => unknown, expected?: unknown): void;
    rejects(work: Promise<unknown> | (() => Promise<unknown>), expected?: unknown): Promise<void>;
  }
  const assert: Assert;
  export default assert;
}
declare const console: { log(...values: unknown[]): void; error(...values: unknown[]): void; warn(...values: unknown[]): void };
declare function setTimeout(work: (...values: unknown[]) => void, ms?: number): number;
declare function clearTimeout(timer: number | undefined): void;
`;
const ambientFile = "/ambient.d.ts";

const options: ts.CompilerOptions = {
  ...{ strict: true, noEmit: true, allowImportingTsExtensions: true, skipLibCheck: true, types: [] },
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.es2023.d.ts"],
};

/** The compiler, with what it has read of its own library kept from one program to the next. */
export class TypeScriptCode {
  private readonly library = new Map<string, ts.SourceFile | undefined>();
  private readonly folder = path.dirname(path.resolve("node_modules/typescript/lib/lib.d.ts"));

  /** @param files by name. @returns the first error; undefined: all is right. */
  problemOf(files: Readonly<Record<string, string>>, typed: readonly string[]): string | undefined {
    const texts = new Map(Object.entries(files).map(([name, text]) => [`/${name}`, text]));
    const host: ts.CompilerHost = {
      getSourceFile: (name) => this.sourceFile(name, texts),
      getDefaultLibFileName: () => path.join(this.folder, "lib.es2023.d.ts"),
      getDefaultLibLocation: () => this.folder,
      writeFile: () => undefined,
      getCurrentDirectory: () => "/",
      getCanonicalFileName: (name) => name,
      useCaseSensitiveFileNames: () => true,
      getNewLine: () => "\n",
      fileExists: (name) => name === ambientFile || texts.has(name),
      readFile: (name) => texts.get(name),
    };
    const program = ts.createProgram([ambientFile, ...typed.map((name) => `/${name}`)], options, host);
    for (const name of typed) {
      const file = program.getSourceFile(`/${name}`);
      const [first] = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
      if (first !== undefined) return `${name}: ${ts.flattenDiagnosticMessageText(first.messageText, " ")}`;
    }
    return undefined;
  }

  private sourceFile(name: string, texts: ReadonlyMap<string, string>): ts.SourceFile | undefined {
    const text = texts.get(name);
    if (text !== undefined) return ts.createSourceFile(name, text, ts.ScriptTarget.ES2023);
    if (!this.library.has(name))
      this.library.set(name, name === ambientFile ? source(name, ambient) : readSource(name));
    return this.library.get(name);
  }
}

function readSource(name: string): ts.SourceFile | undefined {
  try {
    return source(name, readFileSync(name, "utf8"));
  } catch {
    return undefined;
  }
}

function source(name: string, text: string): ts.SourceFile {
  return ts.createSourceFile(name, text, ts.ScriptTarget.ES2023);
}

/** The code as the compiler prints it, without comments and without its layout. */
export function printedScript(text: string): string {
  const file = ts.createSourceFile("code.ts", text, ts.ScriptTarget.ES2023);
  return ts.createPrinter({ removeComments: true, newLine: ts.NewLineKind.LineFeed }).printFile(file);
}
