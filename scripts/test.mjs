// npm test: sets up and runs every layer, and ends with one line that counts them all.
//   npm test [-- lint unit engine database package webview host e2e]
import { spawn } from "node:child_process";
import { mkdir, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { ensureChromium, ensureInstalled, ensureSqlServers, isMain, main, root } from "./setup.mjs";

const results = path.join(root, "test-results");
/** The package layer leaves the .vsix of this platform here, and the journeys install it. */
const madePackage = path.join(results, "paddock.vsix");

/** Each returns {passed, failed, skipped, failures}: the last says what failed. A layer that finds no test has failed. */
const layers = {
  lint: async () => {
    const counts = { passed: 0, failed: 0, skipped: 0, failures: [] };
    const check = async (...options) => {
      if ((await node(options)) === 0) return void counts.passed++;
      counts.failed++;
      counts.failures.push(path.basename(options[0]));
    };
    // Each computes on one core.
    await Promise.all([
      check("scripts/typecheck.mjs"),
      check("node_modules/eslint/bin/eslint.js", ".").then(() =>
        check("node_modules/prettier/bin/prettier.cjs", "--check", "--log-level", "warn", "."),
      ),
    ]);
    return counts;
  },
  unit: () => vitest("unit"),
  engine: async () => {
    await built();
    const { ensureLinkedServer } = await import("./yardsticks.mjs");
    // Tests that have no server say so.
    await ensureLinkedServer().catch((error) => console.error(error instanceof Error ? error.message : error));
    return vitest("engine");
  },
  database: async () => {
    ensureSqlServers();
    return vitest("database");
  },
  package: () => vitest("package"),
  webview: async () => {
    await built();
    // Pages wait for frames most of the time; those whose frames are measured have the machine to themselves.
    const workers = Math.min(os.availableParallelism(), 4);
    return added(
      await playwright("webview", "webview", "--grep-invert=@measured", `--workers=${workers}`),
      await playwright("webview", "webview-measured", "--grep=@measured"),
    );
  },
  host: async () => {
    await built();
    const file = path.join(results, "host.json");
    await node(["test/host/run.mjs", "--json", file], { PADDOCK_CHROMIUM: await ensureChromium() });
    const { stats, failures } = JSON.parse(await readFile(file, "utf8"));
    return {
      ...{ passed: stats.passes, failed: stats.failures, skipped: stats.pending },
      failures: failures.map(({ title, error }) => said(title, error)),
    };
  },
  e2e: () => {
    ensureSqlServers();
    return playwright("e2e");
  },
};

let builtOnce;
function built() {
  return (builtOnce ??= import("./build.mjs").then(({ build }) => build()));
}

async function vitest(layer) {
  const file = path.join(results, `${layer}.json`);
  const options = [
    "--config",
    "test/vitest.config.ts",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
  ];
  await node(["node_modules/vitest/vitest.mjs", "run", `test/${layer}`, ...options]);
  const report = JSON.parse(await readFile(file, "utf8"));
  // A file that could not even be loaded has no tests to fail.
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: [
      ...broken.map(({ name, message }) => said(path.relative(root, name), message)),
      ...report.testResults.flatMap(({ name, assertionResults }) =>
        assertionResults
          .filter(({ status }) => status === "failed")
          .map(({ fullName, failureMessages: [why] }) => said(`${path.relative(root, name)}: ${fullName}`, why)),
      ),
    ],
  };
}

/** @param {string} name of its results. @param {string[]} options more of Playwright's. */
async function playwright(layer, name = layer, ...options) {
  const file = path.join(results, `${name}.json`);
  const env = { PADDOCK_CHROMIUM: await ensureChromium(), PLAYWRIGHT_JSON_OUTPUT_NAME: file };
  await node(
    [
      "node_modules/@playwright/test/cli.js",
      "test",
      "-c",
      `test/${layer}/playwright.config.ts`,
      "--reporter=list,json",
      `--output=${path.join(results, name)}`,
      ...options,
    ],
    env,
  );
  const { stats, errors, suites } = JSON.parse(await readFile(file, "utf8"));
  return {
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected + errors.length,
    skipped: stats.skipped,
    failures: [
      ...errors.map(({ message }) => said("before any test", message)),
      ...suites.flatMap(allSpecs).flatMap(({ ok, file: of, title, tests }) => {
        const [why] = tests.flatMap(({ results: runs }) => runs.flatMap((run) => run.errors));
        return ok ? [] : [said(`${of}: ${title}`, why?.message)];
      }),
    ],
  };
}

function allSpecs({ specs = [], suites = [] }) {
  return [...specs, ...suites.flatMap(allSpecs)];
}

function added(...counts) {
  const sum = (key) => counts.reduce((total, one) => total + one[key], 0);
  const failures = counts.flatMap((one) => one.failures);
  return { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped"), failures };
}

/** What failed and why, with what differed, in a line: the reports above it are long, and may be cut. */
function said(what, why = "") {
  const line = stripVTControlCharacters(why)
    .trim()
    .replace(/\s*\n\s*/g, " ⏎ ");
  return line === "" ? what : `${what}: ${line.slice(0, 600)}`;
}

async function node(options, env = {}) {
  const child = spawn(process.execPath, options, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, PADDOCK_TEST_VSIX: madePackage, ...env },
  });
  return new Promise((resolve, reject) => child.on("error", reject).on("close", (code) => resolve(code ?? 1)));
}

async function runLayers(names) {
  await rm(results, { recursive: true, force: true });
  await mkdir(results, { recursive: true });
  const rows = [];
  for (const name of names) {
    console.log(`\n== ${name}`);
    const since = performance.now();
    let counts;
    try {
      counts = await layers[name]();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      console.error(why);
      counts = { passed: 0, failed: 1, skipped: 0, failures: [said("the layer itself", why)] };
    }
    if (counts.passed + counts.failed === 0) {
      counts.failed = 1;
      counts.failures.push("ran no test");
    }
    rows.push({ layer: name, ...counts, seconds: Math.round((performance.now() - since) / 1000) });
  }
  await rm(madePackage, { force: true });
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
  console.log("\nlayer     passed  failed  skipped  seconds");
  for (const { layer, passed, failed, skipped, seconds } of rows) {
    console.log(
      `${layer.padEnd(8)}  ${String(passed).padStart(6)}  ${String(failed).padStart(6)}  ${String(skipped).padStart(7)}  ${String(seconds).padStart(7)}`,
    );
  }
  if (sum("failed") > 0) process.exitCode = 1;
  const failures = rows.flatMap(({ layer, failures: some }) => some.map((failure) => `${layer}: ${failure}`));
  if (failures.length > 0) console.log(`\nfailed\n  ${failures.join("\n  ")}`);
  const skipped = sum("skipped");
  console.log(`\n${sum("passed")} passed, ${sum("failed")} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
}

if (isMain(import.meta.url)) {
  await main(async () => {
    await ensureInstalled(import.meta.url);
    const named = process.argv.slice(2);
    const unknown = named.filter((name) => !(name in layers));
    if (unknown.length > 0)
      throw new Error(`There is no layer ${unknown.join(", ")}; there are ${Object.keys(layers).join(", ")}.`);
    await runLayers(named.length > 0 ? named : Object.keys(layers));
  });
}
