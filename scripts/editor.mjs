// The embedded editor: code-server, which is VS Code's workbench and extension host served to a browser. It comes from
// npm, so that a person or a machine without VS Code can run the real thing.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { cacheFolder, npm, run } from "./setup.mjs";

/** code-server 4.139.1 is VS Code 1.139.1. */
const VERSION = "4.139.1";

/** Installs the editor into the cache once; what a broken attempt leaves is never taken for one. */
export async function ensureEditor(log = console.log) {
  const folder = path.join(cacheFolder(), `editor-${VERSION}`);
  const entry = path.join(folder, "node_modules/code-server");
  if (existsSync(path.join(folder, "complete"))) return entry;
  log(`Installing the embedded editor (code-server ${VERSION}) …`);
  await mkdir(cacheFolder(), { recursive: true });
  const part = await mkdtemp(path.join(cacheFolder(), "editor-part-"));
  try {
    await writeFile(path.join(part, "package.json"), JSON.stringify({ private: true }));
    const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev", "--loglevel=error"];
    await run(...npm("install", ...options, `code-server@${VERSION}`), { cwd: part, quiet: true });
    const code = path.join(part, "node_modules/code-server/lib/vscode");
    for (const cwd of [code, path.join(code, "extensions")])
      await run(...npm("install", ...options), { cwd, quiet: true });
    await writeFile(path.join(part, "complete"), VERSION);
    await rm(folder, { recursive: true, force: true });
    await rename(part, folder);
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    // Another run may have been faster.
    if (!existsSync(path.join(folder, "complete"))) throw error;
  }
  return entry;
}

/**
 * @param {{home: string, port: number, folder: string, settings?: object, env?: object, trust?: boolean}} options home:
 *   the editor's own user data and extensions, made when missing; folder: or a .code-workspace file; trust: whether the
 *   editor asks for workspace trust, and so opens the folder in Restricted Mode.
 * @returns {Promise<{url: string, pid: number, output: () => string, exited: Promise<void>, stop: () => Promise<void>}>}
 */
export async function startEditor({ home, port, folder, settings = {}, env = {}, trust = false }) {
  const entry = await ensureEditor();
  const userData = path.join(home, "data");
  await mkdir(path.join(userData, "User"), { recursive: true });
  const settingsFile = path.join(userData, "User", "settings.json");
  if (!existsSync(settingsFile)) {
    await writeFile(
      settingsFile,
      JSON.stringify({ "workbench.startupEditor": "none", "telemetry.telemetryLevel": "off", ...settings }, null, 2),
    );
  }
  const child = spawn(
    process.execPath,
    [
      path.join(entry, "out/node/entry.js"),
      "--auth",
      "none",
      "--bind-addr",
      `127.0.0.1:${port}`,
      "--disable-telemetry",
      "--disable-update-check",
      ...(trust ? [] : ["--disable-workspace-trust"]),
      ...folders(home),
      folder,
    ],
    // A process group of its own, so that all it started can be ended with it.
    {
      env: { ...process.env, ...env, HOME: home, USERPROFILE: home, VSCODE_IPC_HOOK_CLI: "" },
      stdio: ["ignore", "pipe", "pipe"],
      detached: process.platform !== "win32",
    },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const exited = new Promise((resolve) => child.on("exit", () => resolve()));
  const kind = folder.endsWith(".code-workspace") ? "workspace" : "folder";
  const url = `http://127.0.0.1:${port}/?${kind}=${encodeURIComponent(path.resolve(folder))}`;
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      signal(child, "SIGTERM");
      const late = setTimeout(() => signal(child, "SIGKILL"), 3000);
      await exited;
      clearTimeout(late);
    }
    signal(child, "SIGKILL");
  };
  try {
    await Promise.race([
      answering(`http://127.0.0.1:${port}/healthz`),
      exited.then(() => {
        throw new Error(`The editor ended while it started:\n${output}`);
      }),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, pid: child.pid, output: () => output, exited, stop };
}

/** Installs a .vsix into the editor of `home`. */
export async function installExtension(home, vsix) {
  const entry = await ensureEditor();
  await run(
    process.execPath,
    [path.join(entry, "out/node/entry.js"), ...folders(home), "--install-extension", path.resolve(vsix), "--force"],
    {
      quiet: true,
      env: { ...process.env, HOME: home },
    },
  );
}

/** The wanted port, or a free one when it is taken. */
export async function freePort(wanted = 0) {
  const attempt = (port) =>
    new Promise((resolve) => {
      const server = createServer();
      server.on("error", () => resolve(undefined));
      server.listen(port, "127.0.0.1", () => {
        const { port: got } = server.address();
        server.close(() => resolve(got));
      });
    });
  return (await attempt(wanted)) ?? (await attempt(0));
}

export async function temporaryHome() {
  return mkdtemp(path.join(os.tmpdir(), "paddock-editor-"));
}

/** The editor's log of the extension, for a failed test. */
export async function extensionHostLog(home) {
  const { readdir } = await import("node:fs/promises");
  const logs = path.join(home, "data", "logs");
  const names = existsSync(logs) ? await readdir(logs, { recursive: true }) : [];
  const wanted = names.filter((name) => /Paddock\.log$|remoteexthost\.log$/.test(name));
  return (
    await Promise.all(wanted.map(async (name) => `--- ${name}\n${await readFile(path.join(logs, name), "utf8")}`))
  ).join("\n");
}

function folders(home) {
  return ["--user-data-dir", path.join(home, "data"), "--extensions-dir", path.join(home, "extensions")];
}

function signal(child, name) {
  try {
    if (process.platform === "win32") child.kill(name);
    else process.kill(-child.pid, name);
  } catch {
    // It is gone already.
  }
}

async function answering(url) {
  for (let attempt = 0; attempt < 300; attempt++) {
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // Not yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("The editor did not answer within 30 seconds.");
}
