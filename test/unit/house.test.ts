import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const tracked = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" })
  .split("\0")
  .filter((name) => name !== "" && existsSync(path.join(root, name)));
const sources = tracked.filter((name) => /^src\/.*\.ts$/.test(name) && !name.endsWith(".d.ts"));
const read = (name: string): string => readFileSync(path.join(root, name), "utf8");

/** Imports of a source file: bare names as they are, relative ones as the file they mean. */
function imports(name: string): { name: string; typeOnly: boolean }[] {
  return [...read(name).matchAll(/^(?:import|export)\s+(type\s)?[^;]*?from\s+"([^"]+)"|^import\s+"([^"]+)"/gm)].map(
    (found) => {
      const target = found[2] ?? found[3] ?? "";
      return {
        name: target.startsWith(".") ? `${path.posix.join(path.posix.dirname(name), target)}.ts` : target,
        typeOnly: found[1] !== undefined,
      };
    },
  );
}
const room = (name: string): string => name.split("/")[1] ?? "";

describe("the house", () => {
  it("lets no room see into another; only the composition root sees all", () => {
    const shared = new Set(["platform", "gguf", "engine", "ui"]);
    const trespasses = sources
      .filter((name) => name.split("/").length > 2)
      .flatMap((name) =>
        imports(name)
          .filter((one) => one.name.startsWith("src/") && room(one.name) !== room(name) && !shared.has(room(one.name)))
          .map((one) => `${name} imports ${one.name}`),
      );
    expect(trespasses).toEqual([]);
  });

  it("keeps rooms out of the engine's process and the engine out of the rooms", () => {
    const wrong = sources.flatMap((name) =>
      imports(name)
        .filter(
          (one) =>
            (one.name.startsWith("src/engine/process/") && !name.startsWith("src/engine/process/")) ||
            (room(name) === "engine" &&
              one.name.startsWith("src/") &&
              !["engine", "platform"].includes(room(one.name))),
        )
        .map((one) => `${name} imports ${one.name}`),
    );
    expect(wrong).toEqual([]);
  });

  it("has one importer of node-llama-cpp", () => {
    const importers = sources.filter((name) => read(name).includes('"node-llama-cpp"'));
    expect(importers.length).toBeGreaterThan(0);
    expect(importers.filter((name) => !name.startsWith("src/engine/process/"))).toEqual([]);
  });

  it("has few importers of koffi, and no importer of the quantizer's process", () => {
    const importers = sources.filter((name) => read(name).includes('"koffi"'));
    expect(importers.length).toBeGreaterThan(0);
    const allowed = /^src\/(quantizer\/process|engine\/process\/kernels|platform\/process)\//;
    expect(importers.filter((name) => !allowed.test(name))).toEqual([]);
    const trespasses = sources
      .filter((name) => !name.startsWith("src/quantizer/process/"))
      .filter((name) => imports(name).some((one) => one.name.startsWith("src/quantizer/process/")));
    expect(trespasses).toEqual([]);
  });

  it("has one importer of databases' drivers, and no importer of its process", () => {
    const drivers = /"(node:sqlite|@duckdb\/node-api|pg|mysql2(\/[^"]*)?)"/;
    const importers = sources.filter((name) => drivers.test(read(name)));
    expect(importers.length).toBeGreaterThan(0);
    expect(importers.filter((name) => !name.startsWith("src/sql/process/"))).toEqual([]);
    const trespasses = sources
      .filter((name) => !name.startsWith("src/sql/process/"))
      .filter((name) => imports(name).some((one) => one.name.startsWith("src/sql/process/")));
    expect(trespasses).toEqual([]);
  });

  it("has no import cycle at run time", () => {
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (name: string, trail: readonly string[]): void => {
      if (trail.includes(name)) cycles.push([...trail.slice(trail.indexOf(name)), name].join(" → "));
      if (trail.includes(name) || done.has(name) || !existsSync(path.join(root, name))) return;
      for (const one of imports(name))
        if (!one.typeOnly && one.name.startsWith("src/")) visit(one.name, [...trail, name]);
      done.add(name);
    };
    for (const name of sources) visit(name, []);
    expect(cycles).toEqual([]);
  });

  it("keeps files short, and activate shorter", () => {
    expect(sources.filter((name) => read(name).split("\n").length > 420)).toEqual([]);
    expect(read("src/extension.ts").split("\n").length).toBeLessThanOrEqual(80);
  });
});

describe("the repository", () => {
  it("documents every command and every setting in the README", () => {
    const { contributes } = JSON.parse(read("package.json")) as {
      contributes: {
        commands: { command: string; title: string }[];
        configuration: { properties: Record<string, unknown> };
      };
    };
    const readme = read("README.md");
    const names = [
      ...contributes.commands.map(({ command }) => command),
      ...Object.keys(contributes.configuration.properties),
    ];
    expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });

  it("names no registry host in its lock file and carries nothing heavy but the starter model", () => {
    expect(read("package-lock.json")).not.toMatch(/"resolved"/);
    expect(tracked.filter((name) => statSync(path.join(root, name)).size > 1024 * 1024)).toEqual([
      "media/models/SmolLM2-135M-Instruct.Q4_1.gguf",
      "media/models/SmolLM2-135M-Instruct.text-to-sql.lora.Q8_0.gguf",
    ]);
  });
});
