import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { makePackage } from "../../scripts/package.mjs";
import { below, readFolder, readZip } from "../../scripts/package/archive.mjs";
import { inspect, programKind, unpackAndLoad } from "../../scripts/package/inspect.mjs";
import { stage } from "../../scripts/package/stage.mjs";
import { readTargets, thisTarget } from "../../scripts/package/targets.mjs";
import { thinMachO } from "../../scripts/package/thinMachO.mjs";
import { askPackagedEngine } from "./packagedEngine";
import { sumWithPackagedDuckdb } from "./packagedDatabase";
import { planWithPackagedQuantizer } from "./packagedQuantizer";

const { targets } = await readTargets();
const quiet = { log: () => undefined };
const minute = 60_000;
let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(path.join(os.tmpdir(), "paddock-package-test-"));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe("the package of this platform", () => {
  it(
    "answers from where it is unpacked, with nothing of the repository around it",
    { timeout: 5 * minute },
    async () => {
      // Where the journeys want it next.
      const file = process.env.PADDOCK_TEST_VSIX ?? path.join(scratch, "this.vsix");
      const made = await makePackage({ target: thisTarget(), out: file, ...quiet });
      expect(made.otherBytes).toBeGreaterThan(4 * 1024 * 1024);
      const extension = path.join(scratch, "this");
      const tree = below(await readZip(file), "extension/");
      await unpack(tree, extension);
      const { entries } = JSON.parse(await readFile(path.join(extension, "media/models/manifest.json"), "utf8")) as {
        entries: { file: string }[];
      };
      const starter = path.join(extension, "media/models", entries[0]?.file ?? "");
      const answer = await askPackagedEngine(extension, starter, "What is the capital of France?");
      console.log(`${thisTarget()} ${JSON.stringify(answer)}`);
      expect(answer.text).toMatch(/Paris/);
      expect(answer.bindingVersion).toBe(made.binding);
      expect(await planWithPackagedQuantizer(extension, starter)).toBeCloseTo(8.5, 1);
      expect(await sumWithPackagedDuckdb(extension, scratch)).toBe(42);
    },
  );
});

describe("the packages of the other platforms", () => {
  it.each(Object.keys(targets).filter((target) => target !== thisTarget()))(
    "%s is made, passes every check and loads its JavaScript",
    { timeout: 10 * minute },
    async (target) => {
      const made = await makePackage({ target, out: path.join(scratch, `${target}.vsix`), ...quiet });
      expect(made.natives).toBeGreaterThan(3);
      expect(made.modelBytes).toBeGreaterThan(50 * 1024 * 1024);
    },
  );

  const versions = new Set(Object.values(targets).flatMap(({ binding }) => (binding === undefined ? [] : [binding])));
  it.runIf(thisTarget() === "linux-x64").each([...versions])(
    "the engine answers with node-llama-cpp %s too, which some of them carry",
    { timeout: 10 * minute },
    async (binding) => {
      const folder = path.join(scratch, binding);
      await stage("linux-x64", { binding, native: ["@node-llama-cpp/linux-x64"], folder });
      const tree = await readFolder(folder);
      const starter = [...tree.keys()].find((name) => name.endsWith(".Q4_1.gguf")) ?? "";
      const answer = await askPackagedEngine(folder, path.join(folder, starter), "What is the capital of France?");
      expect(answer.text).toMatch(/Paris/);
      expect(answer.bindingVersion).toBe(binding);
      expect(await planWithPackagedQuantizer(folder, path.join(folder, starter))).toBeCloseTo(8.5, 1);
    },
  );
});

describe("looking into a package", () => {
  const target = targets["linux-arm64"];
  const native = "node_modules/@node-llama-cpp/linux-arm64/bins/linux-arm64";
  const entry = (bytes: Buffer) => ({ size: bytes.length, packed: bytes.length, read: () => Promise.resolve(bytes) });
  const elf = (machine: number): Buffer => {
    const bytes = Buffer.alloc(64);
    bytes.write("\x7fELF", 0, "latin1");
    bytes.writeUInt16LE(machine, 18);
    return bytes;
  };
  const problemsOf = async (name: string, bytes: Buffer): Promise<string[]> => {
    if (target === undefined) throw new Error("no such target");
    const { problems } = await inspect(new Map([[name, entry(bytes)]]), target);
    return problems.filter((problem) => problem.startsWith(name) && !problem.endsWith("is missing."));
  };

  it("finds a native file of another processor, of another system, and in a place it does not belong", async () => {
    expect(await problemsOf(`${native}/libggml.so`, elf(183))).toEqual([]);
    expect(await problemsOf(`${native}/libggml.so`, elf(62))).toHaveLength(1);
    const mach = Buffer.alloc(64);
    mach.writeUInt32BE(0xcffaedfe, 0);
    mach.writeUInt32LE(0x0100000c, 4);
    expect(programKind(mach)).toEqual({ format: "mach-o", machine: "arm64" });
    expect(await problemsOf(`${native}/libggml.so`, mach)).toHaveLength(1);
    expect(await problemsOf("node_modules/elsewhere/hidden.dat", elf(183))).toHaveLength(1);
    expect(await problemsOf(`${native}/libggml.so`, Buffer.from("version https://git-lfs"))).toHaveLength(1);
  });

  it("takes of a program for several processors the part for one", () => {
    const fat = Buffer.alloc(256);
    fat.writeUInt32BE(0xcafebabe, 0);
    fat.writeUInt32BE(2, 4);
    for (const [index, type] of [0x01000007, 0x0100000c].entries()) {
      fat.writeUInt32BE(type, 8 + 20 * index);
      fat.writeUInt32BE(64 + 64 * index, 16 + 20 * index);
      fat.writeUInt32BE(64, 20 + 20 * index);
      fat.writeUInt32BE(0xcffaedfe, 64 + 64 * index);
      fat.writeUInt32LE(type, 68 + 64 * index);
    }
    for (const machine of ["x64", "arm64"] as const)
      expect(programKind(thinMachO(fat, machine))).toEqual({ format: "mach-o", machine });
    const single = thinMachO(fat, "x64");
    expect(thinMachO(single, "x64")).toBe(single);
    fat.writeUInt32BE(1000, 40);
    expect(() => thinMachO(fat, "arm64")).toThrow("outside");
    fat.writeUInt32BE(7, 28);
    expect(() => thinMachO(fat, "arm64")).toThrow("no part");
  });

  it("finds what was left in by mistake", async () => {
    for (const name of ["dist/engine.mjs.map", "src/app.ts", "dist/a.test.js", ".npmrc", "node_modules/x/test/a.js"]) {
      expect(await problemsOf(name, Buffer.from("x"))).not.toEqual([]);
    }
    expect(await problemsOf("dist/engine.mjs", Buffer.from(`open("${process.cwd()}/x")`))).not.toEqual([]);
  });

  it.each([
    ["apart", "/home/somebody", "/var/scratch"],
    ["one below the other", "/var/scratch/home", "/var/scratch"],
    ["one below the other, the other way round", "/home/somebody", "/home/somebody/scratch"],
    ["the same", "/home/somebody", "/home/somebody"],
  ])("finds the packager's home and its folder for temporary files, told once: %s", async (_, home, temporary) => {
    vi.spyOn(os, "homedir").mockReturnValue(home);
    vi.spyOn(os, "tmpdir").mockReturnValue(temporary);
    try {
      for (const folder of [home, temporary]) {
        expect(await problemsOf("dist/engine.mjs", Buffer.from(`open("${folder}/x")`)), folder).toHaveLength(1);
      }
      expect(await problemsOf("dist/engine.mjs", Buffer.from('open("/home/another/x")'))).toEqual([]);
    } finally {
      vi.restoreAllMocks();
    }
  });

  it("finds a module that does not load", { timeout: minute }, async () => {
    const folder = path.join(scratch, "broken");
    const source = Buffer.from("import './gone.js';");
    const problems = await unpackAndLoad(
      new Map([
        ["node_modules/node-llama-cpp/package.json", entry(Buffer.from('{"type":"module","version":"1.0.0"}'))],
        ["node_modules/node-llama-cpp/dist/index.js", entry(source)],
      ]),
      folder,
    );
    expect(problems).toHaveLength(1);
  });

  it("refuses a zip whose paths lead out of the folder", async () => {
    const file = path.join(scratch, "evil.zip");
    await writeFile(file, zipWithOneName("../../evil"));
    await expect(readZip(file)).rejects.toThrow(/unsafe path/);
    await writeFile(file, "not a zip at all");
    await expect(readZip(file)).rejects.toThrow(/not a zip/);
  });
});

async function unpack(tree: Awaited<ReturnType<typeof readZip>>, folder: string): Promise<void> {
  for (const [name, { read }] of tree) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, await read());
  }
}

/** A directory entry and the end record suffice: the path is looked at before the file. */
function zipWithOneName(name: string): Buffer {
  const entry = Buffer.alloc(46 + name.length);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(name.length, 28);
  entry.write(name, 46);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt32LE(entry.length, 12);
  return Buffer.concat([entry, end]);
}
