// Bundles the three programs Paddock is made of into dist/: the extension, the engine process and the webviews.
import { cp, mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as esbuild from "esbuild";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** @param {{production?: boolean}} options minified and without source maps for a .vsix. */
export async function build({ production = false } = {}) {
  const dist = path.join(root, "dist");
  await rm(dist, { recursive: true, force: true });
  const shared = {
    absWorkingDir: root,
    bundle: true,
    minify: production,
    sourcemap: production ? false : "linked",
    target: "es2023",
    logLevel: "warning",
  };
  await Promise.all([
    esbuild.build({
      ...shared,
      entryPoints: ["src/extension.ts"],
      outfile: "dist/extension.cjs",
      platform: "node",
      format: "cjs",
      external: ["vscode"],
    }),
    esbuild.build({
      ...shared,
      entryPoints: ["src/engine/process/main.ts"],
      outfile: "dist/engine.mjs",
      platform: "node",
      format: "esm",
      // ESM only and full of native parts: it stays a package of its own, found beside the bundle.
      external: ["node-llama-cpp"],
      // CommonJS packages inside an ESM bundle ask for Node's built-ins through require.
      banner: { js: "import { createRequire as __paddockRequire } from 'node:module'; const require = __paddockRequire(import.meta.url);" },
    }),
    esbuild.build({
      ...shared,
      entryPoints: ["src/chat/webview/chat.ts"],
      outfile: "dist/webview/chat.js",
      platform: "browser",
      format: "esm",
      tsconfigRaw: { compilerOptions: { experimentalDecorators: true, useDefineForClassFields: false } },
    }),
  ]);
  await mkdir(path.join(dist, "webview"), { recursive: true });
  for (const file of ["codicon.css", "codicon.ttf"]) {
    await cp(path.join(root, "node_modules/@vscode/codicons/dist", file), path.join(dist, "webview", file));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await build({ production: process.argv.includes("--production") });
}
