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
  const work = await ensureSource(tag, log);
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

/**
 * llama-bench over the very libraries that the engine loads. Built anew its kernels are others: with 4,096 tokens in the
 * KV cache, generating took four times as long as the package's took for the same, compiled for this processor or not.
 * @returns {Promise<{ program: string, cwd: string, env: NodeJS.ProcessEnv }>} how to start it: it looks for its backends
 * where it is started.
 */
export async function ensureLinkedBench(log = console.error) {
  if (process.platform !== "linux") {
    return { program: await ensureYardstick("llama-bench", log), cwd: root, env: process.env };
  }
  const { tag } = JSON.parse(await readFile(path.join(source, "llama.cpp.info.json"), "utf8"));
  const target = `linux-${process.arch}`;
  const libraries = path.join(root, "node_modules/@node-llama-cpp", target, "bins", target);
  const folder = path.join(cacheFolder(), `yardsticks-${tag}`);
  const program = path.join(folder, "llama-bench-linked");
  if (!existsSync(program)) {
    await ensureTools();
    const work = await ensureSource(tag, log);
    log(`Building llama-bench of llama.cpp ${tag} over the engine's own libraries, once …`);
    const from = ["include", "common", "ggml/include", "vendor"].map((name) => `-I${path.join(work, name)}`);
    const sources = ["llama-bench.cpp", "main.cpp"].map((name) => path.join(work, "tools/llama-bench", name));
    const names = ["llama-common.so", `llama.${tag}.so`, `ggml.${tag}.so`, "ggml-base.so"];
    const linked = names.map((name) => `-l:lib${name}`);
    await mkdir(folder, { recursive: true });
    const part = `${program}.${process.pid}`;
    await run("c++", ["-O2", "-std=c++17", ...from, ...sources, "-o", part, `-L${libraries}`, ...linked, "-lpthread"], {
      quiet: true,
    });
    await rename(part, program);
  }
  return { program, cwd: libraries, env: { ...process.env, LD_LIBRARY_PATH: libraries } };
}

/** @returns {Promise<string>} the folder of llama.cpp's source. */
async function ensureSource(tag, log) {
  const work = path.join(cacheFolder(), `llama.cpp-${tag}`);
  if (existsSync(path.join(work, "CMakeLists.txt"))) return work;
  log(`Unpacking llama.cpp ${tag} …`);
  await mkdir(cacheFolder(), { recursive: true });
  const part = await mkdtemp(path.join(cacheFolder(), "llama.cpp-part-"));
  await run("git", ["clone", "--quiet", path.join(source, "gitRelease.bundle"), part], { quiet: true });
  await rename(part, work);
  return work;
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
