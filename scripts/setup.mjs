// What every npm script does first, so that a fresh clone needs nothing but Node 20 and npm.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Node's major version that VS Code itself runs on, and that every script runs under. */
const NODE_MAJOR = 24;

/**
 * Installs the dependencies when they are missing or older than the lock file, then goes on under the Node that came
 * with them. No dependency runs a script of its own: none needs to, and npm 12 would refuse.
 * @param {string} script import.meta.url of the script that was called, to be started again under the right Node.
 */
export async function ensureInstalled(script) {
  const [major = 0] = process.versions.node.split(".").map(Number);
  if (major < 20) throw new Error(`Node 20 or newer is needed; this is ${process.versions.node}.`);
  if (!installed()) {
    console.log("Installing dependencies (npm ci) …");
    await run(...npm("ci", "--ignore-scripts", "--no-audit", "--no-fund"), { cwd: root });
  }
  if (major === NODE_MAJOR || script === undefined) return;
  const node = bundledNode();
  if (node === undefined) {
    if (major > NODE_MAJOR) return;
    throw new Error(
      `No Node ${NODE_MAJOR} came with the dependencies for ${process.platform}-${process.arch}: use Node ${NODE_MAJOR} yourself.`,
    );
  }
  const env = { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ""}` };
  const child = spawn(node, [fileURLToPath(script), ...process.argv.slice(2)], { stdio: "inherit", env });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  process.exit(code ?? 1);
}

/** npm notes in node_modules/.package-lock.json what it installed. */
function installed() {
  const done = path.join(root, "node_modules/.package-lock.json");
  return existsSync(done) && statSync(done).mtimeMs >= statSync(path.join(root, "package-lock.json")).mtimeMs;
}

function bundledNode() {
  const names = [
    `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`,
    `node-bin-${process.platform}-${process.arch}`,
  ];
  return names
    .map((name) => path.join(root, "node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node"))
    .find((file) => existsSync(file));
}

/** The npm that runs this script, or the one on the PATH, as [command, arguments]. */
export function npm(...options) {
  const script = process.env.npm_execpath;
  if (script?.endsWith(".js") === true) return [process.execPath, [script, ...options]];
  return [process.platform === "win32" ? "npm.cmd" : "npm", options];
}

/** Runs a program to its end, its output shown unless `quiet`. Rejects with its output when it fails. */
export async function run(command, options, { cwd = root, env = process.env, quiet = false } = {}) {
  const child = spawn(command, options, {
    cwd,
    env,
    stdio: quiet ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32" && command.endsWith(".cmd"),
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text) => (output += text));
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  if (code !== 0) throw new Error(`${command} ${options.join(" ")} ended with ${code}.\n${output}`);
  return output;
}

/** Where downloads and builds that outlive a clone are kept. $PADDOCK_CACHE moves it. */
export function cacheFolder() {
  if (process.env.PADDOCK_CACHE) return path.resolve(process.env.PADDOCK_CACHE);
  if (process.platform === "win32" && process.env.LOCALAPPDATA)
    return path.join(process.env.LOCALAPPDATA, "paddock", "cache");
  if (process.platform === "darwin") return path.join(os.homedir(), "Library", "Caches", "paddock");
  return path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), ".cache"), "paddock");
}

/** The full path of a program on the PATH, or undefined. */
export function onPath(name) {
  const endings = process.platform === "win32" ? [".cmd", ".exe", ""] : [""];
  for (const folder of (process.env.PATH ?? "").split(path.delimiter)) {
    for (const ending of endings) {
      const file = path.join(folder, name + ending);
      if (folder !== "" && existsSync(file) && statSync(file).isFile()) return file;
    }
  }
  return undefined;
}

/**
 * A Chromium for the tests: $PADDOCK_CHROMIUM, one on the PATH, or Debian's package where it may be installed.
 * @throws {Error} naming the command that installs one.
 */
export async function ensureChromium() {
  const find = () =>
    process.env.PADDOCK_CHROMIUM ??
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"]
      .map(onPath)
      .find((file) => file !== undefined) ??
    [
      "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
      "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    ].find((file) => existsSync(file));
  const found = find();
  if (found !== undefined) return found;
  const installed = aptInstall("Chromium", ["chromium"]);
  if (installed !== undefined) {
    const now = find();
    if (installed.status === 0 && now !== undefined) return now;
    throw new Error(`apt-get could not install Chromium:\n${installed.stderr}`);
  }
  throw new Error(
    "The tests need Chromium. Install it with: sudo apt-get install chromium (or set PADDOCK_CHROMIUM to a Chrome's path)",
  );
}

/** Where Debian keeps PostgreSQL's programs, which are not on the PATH. */
export function postgresFolder() {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = versions.map((version) => path.join(debian, version, "bin"));
  const onThePath = onPath("initdb");
  return [...folders, ...(onThePath === undefined ? [] : [path.dirname(onThePath)])].find((folder) =>
    ["initdb", "postgres"].every((name) => existsSync(path.join(folder, name))),
  );
}

/** MariaDB's server, or undefined. Debian keeps it where only root's PATH leads. */
export function mariadbServer() {
  return onPath("mariadbd") ?? ["/usr/sbin/mariadbd", "/usr/libexec/mariadbd"].find((file) => existsSync(file));
}

/** The servers that tests of databases start: Debian's packages where they may be installed. Tests say what is missing. */
export function ensureSqlServers() {
  const missing = [
    ...(postgresFolder() === undefined ? ["postgresql"] : []),
    ...(mariadbServer() === undefined ? ["mariadb-server"] : []),
  ];
  if (missing.length === 0) return;
  const installed = aptInstall(missing.join(" and "), missing);
  if (installed !== undefined && installed.status !== 0) console.error(installed.stderr);
}

/** @returns undefined where packages cannot be installed: without apt-get, or by somebody other than root. */
export function aptInstall(what, packages) {
  if (process.getuid?.() !== 0 || onPath("apt-get") === undefined) return undefined;
  console.log(`Installing ${what} (apt-get) …`);
  const options = { encoding: "utf8", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
  spawnSync("apt-get", ["update", "-qq"], options);
  return spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], options);
}

/** Was this module's caller started as a program? */
export function isMain(url) {
  return url === pathToFileURL(process.argv[1] ?? "").href;
}

/** Runs a script's main function and turns its failure into one message and exit code 1. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
