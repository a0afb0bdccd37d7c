import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAllowed, notices } from "../../scripts/notices.mjs";

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(path.join(os.tmpdir(), "paddock-notices-test-"));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function packageWith(name: string, license: string | undefined, text?: string) {
  const source = path.join(scratch, name);
  await mkdir(source, { recursive: true });
  await writeFile(path.join(source, "package.json"), JSON.stringify({ name, version: "1.2.3", license }));
  if (text !== undefined) await writeFile(path.join(source, "LICENSE.md"), text);
  return { name, version: "1.2.3", source };
}

describe("third-party notices", () => {
  it("hold every package once, in order, with its text, and what the native files contain", async () => {
    const b = await packageWith("bee", "MIT", "Copyright Bee");
    const a = await packageWith("ant", "ISC", "Copyright Ant");
    const text = await notices([b, a, { ...b }]);
    expect(text.indexOf("ant 1.2.3 (ISC)")).toBeGreaterThan(0);
    expect(text.indexOf("bee 1.2.3 (MIT)")).toBeGreaterThan(text.indexOf("Copyright Ant"));
    expect(text.split("bee 1.2.3")).toHaveLength(2);
    expect(text).toContain("The ggml authors");
    expect(await notices([a, b])).toBe(text);
  });

  it("fail on a licence that nobody allowed, on none, and on a package without a text, naming each", async () => {
    const bad = await packageWith("copyleft", "GPL-3.0-only", "text");
    const none = await packageWith("unlicensed", undefined, "text");
    const bare = await packageWith("bare", "MIT");
    const failure = await notices([bad, none, bare]).catch((error: unknown) => String(error));
    for (const name of ["copyleft", "unlicensed", "bare"]) expect(failure).toContain(name);
  });

  it("read expressions: any side of an OR, every side of an AND", () => {
    expect(isAllowed("(MPL-2.0 OR Apache-2.0)", ["Apache-2.0"])).toBe(true);
    expect(isAllowed("MIT AND GPL-2.0", ["MIT"])).toBe(false);
    expect(isAllowed("MIT AND ISC", ["MIT", "ISC"])).toBe(true);
    expect(isAllowed("", ["MIT"])).toBe(false);
  });
});
