// Type-checks every part of the house under its own rules: core sees neither Node, nor vscode, nor the DOM.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const tsc = path.join(root, "node_modules/typescript/bin/tsc");
const projects = [
  "src/tsconfig.core.json",
  "src/tsconfig.node.json",
  "src/tsconfig.host.json",
  "src/tsconfig.webview.json",
  "test/tsconfig.json",
];
let failed = 0;
for (const project of projects) {
  const { status } = spawnSync(process.execPath, [tsc, "-p", path.join(root, project)], { stdio: "inherit" });
  if (status !== 0) failed++;
}
process.exit(failed === 0 ? 0 : 1);
