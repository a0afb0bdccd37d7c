// Runs the in-host suite in the embedded editor, or with --desktop in VS Code through @vscode/test-electron.
//   node test/host/run.mjs [--json FILE] [--desktop] [--entry FILE]
// --entry: another suite than test/host/index.ts, as the benches have one.
import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import * as esbuild from "esbuild";
import { extensionHostLog, freePort, startEditor, temporaryHome } from "../../scripts/editor.mjs";
import { ensureChromium, main, root } from "../../scripts/setup.mjs";

const suite = path.join(root, "build", "host", "suite.cjs");
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

await main(async () => {
  const { values } = parseArgs({
    options: { json: { type: "string" }, desktop: { type: "boolean" }, entry: { type: "string" } },
  });
  const report = path.resolve(values.json ?? path.join(root, "test-results", "host.json"));
  await mkdir(path.dirname(report), { recursive: true });
  await rm(report, { force: true });
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: [values.entry ?? "test/host/index.ts"],
    outfile: suite,
    bundle: true,
    platform: "node",
    format: "cjs",
    external: ["vscode", "mocha"],
    logLevel: "warning",
  });
  if (values.desktop) await desktop(report);
  else await embedded(report);
  if (!existsSync(report)) throw new Error("The suite did not report.");
  const { stats, passes, failures } = JSON.parse(await readFile(report, "utf8"));
  for (const title of passes) console.log(`  ✓ ${title}`);
  for (const { title, error } of failures) console.error(`  ✗ ${title}\n${error}`);
  console.log(`${stats.passes} passed, ${stats.failures} failed`);
  if (stats.failures > 0) process.exitCode = 1;
});

async function embedded(report) {
  const { chromium } = await import("playwright-core");
  const home = await temporaryHome();
  const port = await freePort();
  const editor = await startEditor({
    home,
    port,
    folder: path.join(root, "media", "walkthrough"),
    env: { PADDOCK_HOST_REPORT: report },
  });
  const browser = await chromium.launch({ executablePath: await ensureChromium(), args: flags });
  try {
    const page = await browser.newPage();
    const exited = new Promise((resolve) => void page.exposeFunction("codeAutomationExit", resolve));
    await page.exposeFunction("codeAutomationLog", (type, args) => {
      if (process.env.DEBUG) console.log(type, ...args);
    });
    await page.addInitScript(
      ({ folder, tests }) => {
        // The workbench reads its configuration from a meta tag; the tests are put into it as soon as it is parsed.
        const observer = new MutationObserver(() => {
          const meta = document.getElementById("vscode-workbench-web-configuration");
          if (meta === null) return;
          observer.disconnect();
          const configuration = JSON.parse(meta.getAttribute("data-settings"));
          const uri = (file) => ({ scheme: "vscode-remote", authority: location.host, path: file });
          configuration.developmentOptions = { extensions: [uri(folder)], extensionTestsPath: uri(tests) };
          meta.setAttribute("data-settings", JSON.stringify(configuration));
        });
        observer.observe(document, { childList: true, subtree: true });
      },
      { folder: root, tests: suite },
    );
    const answer = await page.goto(editor.url);
    if (answer?.ok() !== true)
      throw new Error(`The editor answers ${answer?.status()}: ${await page.innerText("body")}`);
    const limit = new Promise((_, reject) =>
      setTimeout(() => reject(new Error("The suite did not end within 10 minutes.")), 600_000).unref(),
    );
    await Promise.race([exited, limit]);
  } catch (error) {
    console.error(await extensionHostLog(home));
    throw error;
  } finally {
    await browser.close();
    await editor.stop();
    await rm(home, { recursive: true, force: true });
  }
}

async function desktop(report) {
  const { runTests } = await import("@vscode/test-electron");
  await runTests({
    ...(process.env.VSCODE_PATH ? { vscodeExecutablePath: process.env.VSCODE_PATH } : {}),
    extensionDevelopmentPath: root,
    extensionTestsPath: suite,
    extensionTestsEnv: { PADDOCK_HOST_REPORT: report },
    launchArgs: [path.join(root, "media", "walkthrough"), "--disable-extensions", "--disable-workspace-trust"],
  });
}
