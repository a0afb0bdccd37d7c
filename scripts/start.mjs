// npm start: builds Paddock and opens an editor with it.
//   npm start [-- --editor code|embedded] [--port 8123] [--folder DIR]
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { cacheFolder, ensureInstalled, main, onPath, root } from "./setup.mjs";

const PORT = 8123;

await main(async () => {
  const { values } = parseArgs({
    options: {
      editor: { type: "string" },
      port: { type: "string" },
      folder: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log("npm start [-- --editor code|embedded] [--port 8123] [--folder DIR]");
    return;
  }
  const code = onPath("code");
  const editor = values.editor ?? (code === undefined ? "embedded" : "code");
  if (editor !== "code" && editor !== "embedded") throw new Error(`--editor is "code" or "embedded", not "${editor}".`);
  if (editor === "code" && code === undefined)
    throw new Error("There is no `code` on the PATH. Use --editor embedded.");
  const port = Number(values.port ?? PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new Error(`--port is a number from 1 to 65535, not "${values.port}".`);
  const folder = path.resolve(values.folder ?? root);
  if (!existsSync(folder)) throw new Error(`The folder ${folder} does not exist.`);

  await ensureInstalled(import.meta.url);
  if (editor === "code") await desktop(code, folder);
  else await embedded(port, folder);
});

async function desktop(code, folder) {
  const { runnable } = await import("./package/runnable.mjs");
  console.log("Building …");
  const extension = await runnable();
  console.log(
    'Opening VS Code with Paddock in it. The chat is in the activity bar; "Paddock: Open Chat" opens it too.',
  );
  spawn(code, ["--new-window", `--extensionDevelopmentPath=${extension}`, folder], {
    stdio: "ignore",
    detached: true,
    shell: process.platform === "win32",
  }).unref();
}

async function embedded(wanted, folder) {
  const { makePackage } = await import("./package.mjs");
  const { thisTarget } = await import("./package/targets.mjs");
  const { freePort, installExtension, startEditor } = await import("./editor.mjs");
  const home = path.join(cacheFolder(), "home");
  await mkdir(home, { recursive: true });
  console.log("Building the extension …");
  const { file } = await makePackage({ target: thisTarget(), log: () => undefined });
  await installExtension(home, file);
  const port = await freePort(wanted);
  if (port !== wanted) console.log(`Port ${wanted} is taken; using ${port}.`);
  const running = await startEditor({ home, port, folder });
  console.log(
    `\nPaddock is ready:\n\n  ${running.url}\n\nOpen it in a browser; the chat is the fence in the activity bar. Ctrl+C ends it.`,
  );
  openBrowser(running.url);
  await new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, resolve);
    void running.exited.then(resolve);
  });
  await running.stop();
}

/** Where somebody sits in front of a display. */
function openBrowser(url) {
  const [command, options] =
    process.platform === "darwin"
      ? ["open", [url]]
      : process.platform === "win32"
        ? ["cmd", ["/c", "start", "", url]]
        : process.env.DISPLAY || process.env.WAYLAND_DISPLAY
          ? ["xdg-open", [url]]
          : [];
  if (command === undefined) return;
  spawn(command, options, { stdio: "ignore", detached: true })
    .on("error", () => undefined)
    .unref();
}
