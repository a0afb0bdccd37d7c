// Bundles the programs Paddock is made of into dist/: the extension, its processes and the webviews.
import { cp, mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as esbuild from "esbuild";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** CommonJS packages inside an ESM bundle ask for Node's built-ins through require. */
const requireBanner = {
  js: "import { createRequire as __paddockRequire } from 'node:module'; const require = __paddockRequire(import.meta.url);",
};

/** What src/completion/node/grammars.ts asks for; those without a body to complete (ini, regex) stay at home. */
const grammars = [
  "bash",
  "c-sharp",
  "cpp",
  "css",
  "go",
  "java",
  "javascript",
  "php",
  "powershell",
  "python",
  "ruby",
  "rust",
  "tsx",
  "typescript",
];

/**
 * @param {{production?: boolean, dist?: string, only?: ("extension" | "engine" | "hashWorker" | "quantizer" | "database" | "webview")[]}} options production:
 *   minified and without source maps, for a .vsix; dist: the folder to write, which is emptied first; only: leave the
 *   other programs as they are.
 * @returns {Promise<{inputs: string[]}>} every file that went into a bundle or beside it, relative to the repository.
 */
export async function build({ production = false, dist = path.join(root, "dist"), only } = {}) {
  if (only === undefined) await rm(dist, { recursive: true, force: true });
  const shared = {
    absWorkingDir: root,
    bundle: true,
    minify: production,
    sourcemap: production ? false : "linked",
    target: "es2023",
    logLevel: "warning",
    metafile: true,
  };
  const programs = {
    extension: {
      ...shared,
      entryPoints: ["src/extension.ts"],
      outfile: path.join(dist, "extension.cjs"),
      platform: "node",
      format: "cjs",
      external: ["vscode"],
    },
    engine: {
      ...shared,
      entryPoints: ["src/engine/process/main.ts"],
      outfile: path.join(dist, "engine.mjs"),
      platform: "node",
      format: "esm",
      // ESM only and full of native parts: it stays a package of its own, found beside the bundle.
      external: ["node-llama-cpp", "koffi"],
      banner: requireBanner,
    },
    hashWorker: {
      ...shared,
      entryPoints: ["src/models/node/hashWorker.ts"],
      outfile: path.join(dist, "hashWorker.cjs"),
      platform: "node",
      format: "cjs",
    },
    quantizer: {
      ...shared,
      entryPoints: ["src/quantizer/process/main.ts"],
      outfile: path.join(dist, "quantizer.mjs"),
      platform: "node",
      format: "esm",
      // Its native part is one file a platform, found beside the bundle.
      external: ["koffi"],
      banner: requireBanner,
    },
    database: {
      ...shared,
      entryPoints: ["src/sql/process/main.ts"],
      outfile: path.join(dist, "database.mjs"),
      platform: "node",
      format: "esm",
      // DuckDB is native, and found beside the bundle; pg's own native binding is another package, which is not here.
      external: ["@duckdb/node-bindings", "pg-native"],
      banner: requireBanner,
    },
    webview: {
      ...shared,
      entryPoints: {
        chat: "src/chat/webview/chat.ts",
        inspector: "src/inspector/webview/inspector.ts",
        ask: "src/sql/webview/ask.ts",
        picker: "src/picker/webview/picker.ts",
        speed: "src/speed/webview/speed.ts",
      },
      outdir: path.join(dist, "webview"),
      platform: "browser",
      format: "esm",
      tsconfigRaw: {
        compilerOptions: { experimentalDecorators: true, useDefineForClassFields: false, verbatimModuleSyntax: true },
      },
    },
  };
  const bundles = await Promise.all((only ?? Object.keys(programs)).map((name) => esbuild.build(programs[name])));
  await mkdir(path.join(dist, "webview"), { recursive: true });
  const copied = ["codicon.css", "codicon.ttf"].map((file) => `node_modules/@vscode/codicons/dist/${file}`);
  for (const file of copied) await cp(path.join(root, file), path.join(dist, "webview", path.basename(file)));
  await mkdir(path.join(dist, "grammars"), { recursive: true });
  const parsers = ["tree-sitter", ...grammars.map((name) => `tree-sitter-${name}`)].map(
    (name) => `node_modules/@vscode/tree-sitter-wasm/wasm/${name}.wasm`,
  );
  for (const file of parsers) await cp(path.join(root, file), path.join(dist, "grammars", path.basename(file)));
  // The glue is loaded at run time, anew where the parser failed, so it stays a file of its own beside the WebAssembly.
  await mkdir(path.join(dist, "sqlparser"), { recursive: true });
  const sqlParser = ["package.json", "sqlparser_rs_wasm.js", "sqlparser_rs_wasm_bg.wasm"].map(
    (name) => `node_modules/@guanmingchiu/sqlparser-ts/wasm/${name}`,
  );
  for (const file of sqlParser) await cp(path.join(root, file), path.join(dist, "sqlparser", path.basename(file)));
  const inputs = [
    ...bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs)),
    ...copied,
    ...parsers,
    ...sqlParser,
  ];
  return { inputs: [...new Set(inputs)] };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await build({ production: process.argv.includes("--production") });
}
