// Runs a TypeScript program of this repository (a bench, the demo) with the product's own modules bundled into it.
import path from "node:path";
import { pathToFileURL } from "node:url";
import * as esbuild from "esbuild";
import { root } from "./setup.mjs";

export async function runTypeScript(entry) {
  const outfile = path.join(root, "build", "run", `${path.basename(entry, ".ts")}.mjs`);
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "es2023",
    packages: "external",
    logLevel: "warning",
    sourcemap: "inline",
    plugins: [scriptsStayWhereTheyAre],
  });
  await import(pathToFileURL(outfile).href);
}

/** Scripts know the repository by where they lie, so they are not bundled into another folder. */
const scriptsStayWhereTheyAre = {
  name: "scripts",
  setup(bundle) {
    bundle.onResolve({ filter: /scripts\/[a-z]+\.mjs$/i }, ({ path: name, resolveDir }) => ({
      path: pathToFileURL(path.resolve(resolveDir, name)).href,
      external: true,
    }));
  },
};
