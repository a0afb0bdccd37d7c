// Makes the .vsix of one platform and proves what is in it:
//   npm run package [-- --target linux-x64] [--out FILE]
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { ensureInstalled, isMain, main, root } from "./setup.mjs";

/**
 * @param {{target: string, out?: string, log?: (line: string) => void}} options out: the file to write.
 * @returns {Promise<{file: string, binding: string, otherBytes: number, modelBytes: number, files: number, natives: number}>}
 * @throws {Error} listing every fault of the package; the file is gone then.
 */
export async function makePackage({ target, out, log = console.log }) {
  // Loaded late: these need what the set-up installs.
  const { readTargets } = await import("./package/targets.mjs");
  const { stage } = await import("./package/stage.mjs");
  const { below, readZip } = await import("./package/archive.mjs");
  const { inspect, maximumSize, unpackAndLoad } = await import("./package/inspect.mjs");

  const { version } = JSON.parse(await readFile(path.join(root, "package.json"), "utf8"));
  const file = path.resolve(out ?? path.join(root, "build", `paddock-${version}-${target}.vsix`));
  log(`Laying out ${target}`);
  const { folder, binding } = await stage(target);
  log(`Packing ${path.basename(file)}`);
  await mkdir(path.dirname(file), { recursive: true });
  await rm(file, { force: true });
  await vsce(folder, target, file);

  log("Looking into it");
  const archive = await readZip(file);
  const tree = below(archive, "extension/");
  const found = await inspect(tree, (await readTargets()).targets[target]);
  const problems = [...found.problems];
  const manifest = (await archive.get("extension.vsixmanifest")?.read())?.toString("utf8") ?? "";
  if (!manifest.includes(`TargetPlatform="${target}"`))
    problems.push(`The package does not say that it is for ${target}.`);
  if (found.otherBytes > maximumSize) {
    problems.push(
      `It has ${mebibytes(found.otherBytes)} without the models; at most ${mebibytes(maximumSize)} are allowed.`,
    );
  }
  const unpacked = await mkdtemp(path.join(os.tmpdir(), "paddock-unpacked-"));
  try {
    problems.push(...(await unpackAndLoad(new Map([...tree].filter(([name]) => !name.endsWith(".gguf"))), unpacked)));
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
  if (problems.length > 0) {
    await rm(file, { force: true });
    throw new Error(`The package of ${target} is not right:\n${problems.join("\n")}`);
  }
  return { file, binding, ...found };
}

/** Without network and without a git remote; every complaint of vsce ends the packaging. */
async function vsce(folder, target, file) {
  const program = path.join(root, "node_modules/@vscode/vsce/vsce");
  const options = ["--target", target, "--out", file, "--no-rewrite-relative-links", "--allow-missing-repository"];
  const child = spawn(process.execPath, [program, "package", ...options], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, DISABLE_V8_COMPILE_CACHE: "1" },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  if (code !== 0 || !existsSync(file)) throw new Error(`vsce could not pack ${target}:\n${output}`);
}

function mebibytes(bytes) {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({ options: { target: { type: "string" }, out: { type: "string" } } });
    await ensureInstalled(import.meta.url);
    const { thisTarget } = await import("./package/targets.mjs");
    const made = await makePackage({ target: values.target ?? thisTarget(), out: values.out });
    console.log(
      [
        made.file,
        `  without models  ${mebibytes(made.otherBytes)}`,
        `  models          ${mebibytes(made.modelBytes)}`,
        `  files           ${made.files}, ${made.natives} of them native`,
        `  node-llama-cpp  ${made.binding}`,
      ].join("\n"),
    );
  });
}
