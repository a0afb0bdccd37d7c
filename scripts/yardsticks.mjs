// Builds the yardsticks, llama.cpp's own tools, from the source inside node-llama-cpp's package: the same version that
// the engine runs. Once; they are cached outside the repository.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { aptInstall, cacheFolder, isMain, main, onPath, root, run } from "./setup.mjs";

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
 * For tests, which build nothing themselves: what ensureLinkedServer built, or else the yardstick.
 * @returns {Promise<Linked | undefined>} undefined: there is none.
 */
export async function builtServer() {
  const linked = await whereIsLinked("llama-server");
  const { program } = await whereIs("llama-server");
  if (existsSync(linked.program)) return linked;
  return existsSync(program) ? { program, cwd: root, env: process.env } : undefined;
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

/** Tools that are a few files over llama.cpp's libraries, and where in its source those are. */
const fewFiles = { "llama-bench": "tools/llama-bench", "llama-perplexity": "tools/perplexity" };

/**
 * A tool over the very libraries that the engine loads. Built anew its kernels are others: with 4,096 tokens in the KV
 * cache, generating took four times as long as the package's took for the same, compiled for this processor or not; and
 * what a compiler takes a virtual machine for may have instructions that this one has not.
 * @param {keyof typeof fewFiles} tool
 * @returns {Promise<Linked>}
 */
export async function ensureLinked(tool, log = console.error) {
  if (process.platform !== "linux") return { program: await ensureYardstick(tool, log), cwd: root, env: process.env };
  const linked = await whereIsLinked(tool);
  if (existsSync(linked.program)) return linked;
  await ensureTools(["git", "c++"]);
  const work = await ensureSource(linked.tag, log);
  log(`Building ${tool} of llama.cpp ${linked.tag} over the engine's own libraries, once …`);
  const folder = path.join(work, fewFiles[tool]);
  const sources = (await readdir(folder))
    .filter((name) => name.endsWith(".cpp"))
    .map((name) => path.join(folder, name));
  await link(linked, ["-O2", ...including(work), ...sources]);
  return linked;
}

/** Of tools/server. */
const serverSources =
  "main server server-chat server-common server-context server-http server-mcp server-models server-queue server-schema server-stream server-task server-tools";
/**
 * What llama-server calls at its start of the libraries for pictures and for its page, neither of which is built:
 * compiling them would take most of the time.
 */
const withoutMedia = `
#include "mtmd.h"
#include "mtmd-helper.h"
#include "ui.h"
mtmd_context_params mtmd_context_params_default() { return {}; }
mtmd_helper_init_opt mtmd_helper_init_opt_default() { return {}; }
void mtmd_helper_log_set(ggml_log_callback, void *) {}
void mtmd_free(mtmd_context *) {}
std::map<ggml_backend_dev_t, size_t> mtmd_get_memory_usage(const char *, mtmd_context_params) { return {}; }
const llama_ui_asset * llama_ui_find_asset(const std::string &) { return nullptr; }
bool llama_ui_use_gzip() { return false; }
const std::array<llama_ui_asset, 0> & llama_ui_get_assets() {
    static const std::array<llama_ui_asset, 0> none{};
    return none;
}
`;

/**
 * llama-server over the engine's own libraries, for the tests: only what is the server's own is compiled, and quickly
 * rather than well, since the libraries compute.
 * @returns {Promise<Linked | undefined>} undefined: not here, or not without a compiler that nobody may install.
 */
export async function ensureLinkedServer(log = console.error) {
  if (process.platform !== "linux") return undefined;
  const linked = await whereIsLinked("llama-server");
  if (existsSync(linked.program)) return linked;
  try {
    await ensureTools(["git", "c++"]);
  } catch (error) {
    log(error instanceof Error ? error.message : error);
    return undefined;
  }
  const work = await ensureSource(linked.tag, log);
  log(`Building llama-server of llama.cpp ${linked.tag} over the engine's own libraries, once …`);
  const build = await mkdtemp(path.join(cacheFolder(), "llama-server-part-"));
  try {
    const ui = await readFile(path.join(work, "tools/ui/ui.h.in"), "utf8");
    await writeFile(path.join(build, "ui.h"), ui.replace(/^#cmakedefine.*$/mu, "").replace("@N_ASSETS@", "0"));
    await writeFile(path.join(build, "withoutMedia.cpp"), withoutMedia);
    await writeFile(path.join(build, "absent.cpp"), await absentMedia(work));
    const sources = [
      ...serverSources.split(" ").map((name) => path.join(work, "tools/server", `${name}.cpp`)),
      ...["withoutMedia.cpp", "absent.cpp"].map((name) => path.join(build, name)),
    ];
    const from = [...including(work), `-I${path.join(work, "tools/mtmd")}`, `-I${work}`, `-I${build}`];
    const objects = sources.map((source) => path.join(build, `${path.basename(source)}.o`));
    const left = sources.map((source, index) => [source, objects[index]]);
    // The largest takes as long as all others on another core.
    left.sort(([a], [b]) => Number(b.includes("server-context")) - Number(a.includes("server-context")));
    const compile = async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift())
        await run("c++", [...serverFlags, ...from, "-c", next[0], "-o", next[1]], { quiet: true });
    };
    await Promise.all(Array.from({ length: os.availableParallelism() }, compile));
    await link(linked, objects);
  } finally {
    await rm(build, { recursive: true, force: true });
  }
  return linked;
}

const serverFlags = ["-O0", "-w", "-std=c++17"];

/** All else that llama-server could call of the library for pictures: without one it calls none of it. */
async function absentMedia(work) {
  const headers = ["mtmd.h", "mtmd-helper.h"].map((name) => readFile(path.join(work, "tools/mtmd", name), "utf8"));
  const names = (await Promise.all(headers)).flatMap((text) =>
    [...text.matchAll(/^MTMD_API[^;(]*\b(mtmd_\w+)\s*\(/gmu)].map(([, name]) => name),
  );
  const absent = names.filter((name) => !withoutMedia.includes(` ${name}(`));
  return `#include <cstdlib>\n${absent.map((name) => `extern "C" void ${name}() { abort(); }\n`).join("")}`;
}

/**
 * @typedef {{ program: string, cwd: string, env: NodeJS.ProcessEnv }} Linked how to start it: it looks for its backends
 * where it is started.
 */

/** @param {Tool} tool */
async function whereIsLinked(tool) {
  const { tag, folder, program } = await whereIs(tool);
  const target = `linux-${process.arch}`;
  const libraries = path.join(root, "node_modules/@node-llama-cpp", target, "bins", target);
  const env = { ...process.env, LD_LIBRARY_PATH: libraries };
  return { tag, folder, program: `${program}-linked`, cwd: libraries, env };
}

/** @param {string} work the folder of llama.cpp's source. */
function including(work) {
  return ["include", "common", "ggml/include", "vendor"].map((name) => `-I${path.join(work, name)}`);
}

/** @param {string[]} options with what is to be linked. */
async function link({ tag, folder, program, cwd }, options) {
  const names = ["llama-common.so", `llama.${tag}.so`, `ggml.${tag}.so`, "ggml-base.so"];
  const libraries = [`-L${cwd}`, ...names.map((name) => `-l:lib${name}`), "-lpthread"];
  await mkdir(folder, { recursive: true });
  const part = `${program}.${process.pid}`;
  await run("c++", ["-std=c++17", ...options, "-o", part, ...libraries], { quiet: true });
  await rename(part, program);
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

/** Programs, and the Debian packages that have them. */
const packages = { cmake: "cmake", git: "git", "c++": "g++", make: "make" };

/** @param {(keyof typeof packages)[]} names */
async function ensureTools(names = ["cmake", "git", "c++", "make"]) {
  const missing = names.filter((name) => onPath(name) === undefined).map((name) => packages[name]);
  if (missing.length === 0) return;
  const installed = aptInstall(missing.join(" and "), missing);
  if (installed === undefined)
    throw new Error(
      `Building llama.cpp's tools needs ${missing.join(", ")}. Install them with: sudo apt-get install ${missing.join(" ")}`,
    );
  if (installed.status !== 0) throw new Error(`apt-get could not install ${missing.join(", ")}:\n${installed.stderr}`);
}

if (isMain(import.meta.url))
  await main(async () => console.log(await ensureYardstick(process.argv[2] ?? "llama-bench")));
