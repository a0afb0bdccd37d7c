import { mkdtemp, mkdir, rm, symlink } from "node:fs/promises";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));

const sqlParserFolder = "node_modules/@guanmingchiu/sqlparser-ts/wasm";

/** Where the starter model lies. */
export const starterPath = path.join(root, "media/models/SmolLM2-135M-Instruct.Q4_1.gguf");

/** Bundles the engine process as the build does, beside node_modules so that it finds node-llama-cpp. */
export async function engineBundle(): Promise<{ enginePath: string; remove(): Promise<void> }> {
  const { file, remove } = await processBundle("engine", ["node-llama-cpp"]);
  return { enginePath: file, remove };
}

/** Bundles the quantizer's process likewise. */
export async function quantizerBundle(): Promise<{ processPath: string; remove(): Promise<void> }> {
  const { file, remove } = await processBundle("quantizer", ["koffi"]);
  return { processPath: file, remove };
}

/** Bundles the databases' process likewise, or another program that stands in for it. */
export async function databaseBundle(
  entry = "src/sql/process/main.ts",
): Promise<{ processPath: string; remove(): Promise<void> }> {
  const { file, remove } = await processBundle("sql", ["@duckdb/node-bindings", "pg-native"], entry);
  await symlink(path.join(root, sqlParserFolder), path.join(path.dirname(file), "sqlparser"), "junction");
  return { processPath: file, remove };
}

async function processBundle(
  room: string,
  external: string[],
  entry = `src/${room}/process/main.ts`,
): Promise<{ file: string; remove(): Promise<void> }> {
  const cache = path.join(root, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(path.join(cache, `paddock-${room}-`));
  const file = path.join(folder, `${room}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: file,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "es2023",
    external,
    logLevel: "error",
    banner: {
      js: "import { createRequire as __paddockRequire } from 'node:module'; const require = __paddockRequire(import.meta.url);",
    },
  });
  return { file, remove: () => rm(folder, { recursive: true, force: true }) };
}
