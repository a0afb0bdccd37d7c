import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Attachments } from "../../src/chat/host/attachments";
import { type KeptAttachment, KeptAttachments } from "../../src/chat/node/keptAttachments";
import { silentLogger } from "../../src/platform/core/logger";
import { soon } from "../support/soon";

const file = { label: "src/app.ts", uri: "file:///w/src/app.ts", text: "let a;" };
const kept: KeptAttachment[] = [
  { state: "attached", ...file },
  { state: "ignored", label: "dist/a.js", uri: "file:///w/dist/a.js", text: "a" },
];

let folder: string;
const store = (window = "one"): KeptAttachments => new KeptAttachments(folder, window, silentLogger);
beforeEach(async () => {
  folder = path.join(await mkdtemp(path.join(tmpdir(), "kept-")), "attached");
});
afterEach(() => rm(path.dirname(folder), { recursive: true, force: true }));

describe("what is attached", () => {
  it("is there after a reload of its window, and in no other", async () => {
    await store().write(kept);
    expect(await store().read()).toEqual(kept);
    expect(await store("two").read()).toEqual([]);
  });

  it("leaves no file behind when the question is sent", async () => {
    await store().write(kept);
    await store().write([]);
    expect(await readdir(folder)).toEqual([]);
  });

  it("is nothing where the file is damaged", async () => {
    await store().write(kept);
    await writeFile(path.join(folder, "one.json"), '{"version":1,"items":[{"state":"attached"');
    expect(await store().read()).toEqual([]);
  });

  it("is forgotten when its window did not come back for a month", async () => {
    await store("old").write(kept);
    const before = new Date(Date.now() - 31 * 24 * 3_600_000);
    await utimes(path.join(folder, "old.json"), before, before);
    await store().write(kept);
    await store().read();
    await soon(async () => expect(await readdir(folder)).toEqual(["one.json"]));
  });

  it("comes back in its place, once, and counted", async () => {
    const attachments = new Attachments((texts) => Promise.resolve(texts.map(() => 3)));
    await attachments.add({ references: [{ ...file, text: "newer" }], ignored: [], refused: [] });
    await attachments.restore([...kept, { state: "attached", label: "b.ts", uri: "file:///w/b.ts", text: "b" }]);
    expect(attachments.shown()).toMatchObject([
      { state: "ignored", label: "dist/a.js" },
      { state: "attached", label: "b.ts", tokens: 3 },
      { state: "attached", label: "src/app.ts" },
    ]);
    expect(attachments.kept().map(({ text }) => text)).toEqual(["a", "b", "newer"]);
  });
});
