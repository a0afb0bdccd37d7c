import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Language, Parser } from "@vscode/tree-sitter-wasm";
import type { Logger } from "../../platform/core/logger";

/** VS Code's names for languages, and the grammars that read them. C++ reads C too. */
const grammarNames: Readonly<Record<string, string>> = {
  c: "cpp",
  cpp: "cpp",
  csharp: "c-sharp",
  css: "css",
  go: "go",
  java: "java",
  javascript: "javascript",
  javascriptreact: "javascript",
  php: "php",
  powershell: "powershell",
  python: "python",
  ruby: "ruby",
  rust: "rust",
  shellscript: "bash",
  typescript: "typescript",
  typescriptreact: "tsx",
};

type Library = typeof import("@vscode/tree-sitter-wasm");

/** Parsers by language, loaded when they are first asked for: nobody waits for one. */
export class Grammars {
  private readonly parsers = new Map<string, Parser | "loading" | "failed">();
  private library: Promise<Library> | undefined;
  private disposed = false;

  /** @param folder where the .wasm files are. */
  constructor(
    private readonly folder: string,
    private readonly log: Logger,
  ) {}

  /** Undefined where the language has no grammar, or where it is not there yet. */
  parser(languageId: string): Parser | undefined {
    const name = Object.hasOwn(grammarNames, languageId) ? grammarNames[languageId] : undefined;
    if (name === undefined || this.disposed) return undefined;
    const parser = this.parsers.get(name);
    if (parser === undefined) void this.load(name);
    return typeof parser === "object" ? parser : undefined;
  }

  /** Resolves when the language's grammar is there, or cannot be loaded or has none. For tests and benches. */
  async ready(languageId: string): Promise<void> {
    while (this.parser(languageId) === undefined && this.isLoading(languageId)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  dispose(): void {
    this.disposed = true;
    for (const parser of this.parsers.values()) if (typeof parser === "object") parser.delete();
    this.parsers.clear();
  }

  private isLoading(languageId: string): boolean {
    return this.parsers.get(grammarNames[languageId] ?? "") === "loading";
  }

  private async load(name: string): Promise<void> {
    this.parsers.set(name, "loading");
    try {
      const started = performance.now();
      const library = await (this.library ??= this.loadLibrary());
      // Read by us: the library's own reading keeps the file twice.
      const bytes = await readFile(path.join(this.folder, `tree-sitter-${name}.wasm`));
      const language: Language = await library.Language.load(bytes);
      if (this.disposed) return;
      const parser = new library.Parser().setLanguage(language);
      this.parsers.set(name, parser);
      this.log.debug(`completion: the grammar for ${name} took ${Math.round(performance.now() - started)} ms to load`);
    } catch (error) {
      this.parsers.set(name, "failed");
      this.log.error(`completion: the grammar for ${name} could not be loaded; indentation decides instead`, error);
    }
  }

  private async loadLibrary(): Promise<Library> {
    const module: Library & { readonly default?: Library } = await import("@vscode/tree-sitter-wasm");
    // It is one of the old kind, which Node hands out as a whole where no bundler has looked into it.
    const library = module.default ?? module;
    await library.Parser.init({ locateFile: () => path.join(this.folder, "tree-sitter.wasm") });
    return library;
  }
}
