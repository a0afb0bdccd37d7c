// Builds the yardsticks, llama.cpp's own tools, from the source inside node-llama-cpp's package: the same version that
// the engine runs. Once; they are cached outside the repository.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { cacheFolder, isMain, main, onPath, root, run } from "./setup.mjs";

const source = path.join(root, "node_modules/node-llama-cpp/llama");

/** As people build it: a release for this processor, with OpenMP where the compiler has it. */
const flags = [
  "-DCMAKE_BUILD_TYPE=Release",
  "-DGGML_NATIVE=ON",
  "-DBUILD_SHARED_LIBS=OFF",
  "-DLLAMA_OPENSSL=OFF",
  "-DLLAMA_BUILD_TESTS=OFF",
  "-DLLAMA_BUILD_EXAMPLES=OFF",
  "-DLLAMA_BUILD_APP=OFF",
  "-DLLAMA_USE_PREBUILT_UI=OFF",
  "-DLLAMA_BUILD_IS_DEV=OFF",
];

/** @typedef {"llama-bench" | "llama-imatrix" | "llama-perplexity" | "llama-server"} Tool */

/** @param {Tool} tool */
async function whereIs(tool) {
  const { tag } = JSON.parse(await readFile(path.join(source, "llama.cpp.info.json"), "utf8"));
  const folder = path.join(cacheFolder(), `yardsticks-${tag}`);
  return { tag, folder, program: path.join(folder, process.platform === "win32" ? `${tool}.exe` : tool) };
}

/**
 * For tests, which use a yardstick where there is one and build none.
 * @param {Tool} tool
 * @returns {Promise<string | undefined>} the program's path; undefined: nobody has built it here.
 */
export async function builtYardstick(tool) {
  const { program } = await whereIs(tool);
  return existsSync(program) ? program : undefined;
}

/**
 * @param {Tool} tool
 * @returns {Promise<string>} the program's path.
 */
export async function ensureYardstick(tool, log = console.error) {
  const { tag, folder, program } = await whereIs(tool);
  if (existsSync(program)) return program;
  await ensureTools();
  const work = path.join(cacheFolder(), `llama.cpp-${tag}`);
  if (!existsSync(path.join(work, "CMakeLists.txt"))) {
    log(`Unpacking llama.cpp ${tag} …`);
    await mkdir(cacheFolder(), { recursive: true });
    const part = await mkdtemp(path.join(cacheFolder(), "llama.cpp-part-"));
    await run("git", ["clone", "--quiet", path.join(source, "gitRelease.bundle"), part], { quiet: true });
    await rename(part, work);
  }
  log(`Building ${tool} of llama.cpp ${tag}; this takes some minutes, once …`);
  const build = path.join(work, "build");
  await run("cmake", ["-S", work, "-B", build, ...flags], { quiet: true });
  await run("cmake", ["--build", build, "--target", tool, "--parallel", String(os.availableParallelism())], {
    quiet: true,
  });
  await mkdir(folder, { recursive: true });
  await rm(program, { force: true });
  await rename(path.join(build, "bin", path.basename(program)), program);
  return program;
}

async function ensureTools() {
  const needed = { cmake: "cmake", git: "git", "c++": "g++", make: "make" };
  const missing = Object.entries(needed)
    .filter(([name]) => onPath(name) === undefined)
    .map(([, debian]) => debian);
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  if (process.getuid?.() !== 0 || onPath("apt-get") === undefined)
    throw new Error(`Building the yardsticks needs ${missing.join(", ")}. Install them with: sudo ${command}`);
  const [program, ...options] = command.split(" ");
  await run(program, options, { quiet: true, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
}

if (isMain(import.meta.url))
  await main(async () => console.log(await ensureYardstick(process.argv[2] ?? "llama-bench")));
