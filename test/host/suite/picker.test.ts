import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import { ReadingGate } from "../../../src/context/host/readingGate";
import { workspaceText } from "../../../src/picker/host/workspaceText";
import type { PickerDesk } from "../../../src/picker/node/pickerDesk";
import type { TestApi } from "../../../src/testApi";
import { tinyGguf } from "../../support/tinyGguf";
import { paddock, until } from "./extension";

describe("choosing a quantization", () => {
  let api: TestApi;
  let folder: string;
  let notes: string;
  const file = (weights: string): string => path.join(folder, `tiny-${weights}.gguf`);
  const desk = (): PickerDesk => {
    const found = api.picker.desk();
    assert.ok(found !== undefined, "the picker is open");
    return found;
  };
  const row = (name: string) =>
    desk()
      .view()
      .rows.find(({ id }) => id === file(name));

  before(async () => {
    api = await paddock();
    folder = await mkdtemp(path.join(os.tmpdir(), "paddock-picker-"));
    for (const weights of ["F32", "Q8_0", "Q4_0"] as const)
      await writeFile(file(weights), tinyGguf({ weights, width: 256 }));
    const [root] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(root !== undefined);
    notes = path.join(root.uri.fsPath, "picker-notes");
    await mkdir(notes, { recursive: true });
    await writeFile(path.join(notes, "llamas.md"), "A line about llamas, and hay for them.\n".repeat(150));
    await writeFile(path.join(notes, ".env"), `TOKEN=${"pickersecret".repeat(300)}\n`);
    await writeFile(
      path.join(notes, "key.md"),
      "-----BEGIN PRIVATE KEY-----\nMIIpickersecret\n-----END PRIVATE KEY-----\n",
    );
  });
  after(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await until("the picker to close", () => api.picker.desk() === undefined);
    await rm(folder, { recursive: true, force: true });
    await rm(notes, { recursive: true, force: true });
  });

  it("shows a file's siblings with what their headers say", async () => {
    await vscode.commands.executeCommand("paddock.openPicker", vscode.Uri.file(file("Q4_0")));
    assert.deepEqual(
      desk()
        .view()
        .rows.map(({ quantization }) => quantization),
      ["all F32", "Q8_0", "Q4_0"],
    );
    assert.equal(desk().view().recommendation.row, file("Q8_0"));
    assert.match(desk().view().recommendation.sentence, /tiny-Q8_0/);
    assert.ok((row("Q4_0")?.bitsPerWeight ?? 0) < 5);
    assert.equal(row("Q4_0")?.tg, null);
    assert.ok(
      vscode.window.tabGroups.all.some(({ tabs }) => tabs.some(({ label }) => label === "Choose a quantization")),
    );
  });

  it("replaces the formula of memory by llama.cpp's own simulation", async () => {
    await until("the simulation", () => row("Q4_0")?.memory?.kvCache.how === "calibrated");
  });

  it("measures speed and quality in place, and remembers both", async () => {
    await desk().act(file("Q4_0"), "measureSpeed");
    assert.equal(desk().view().failure, null);
    assert.equal(row("Q4_0")?.tg?.how, "measured");
    await desk().act(file("Q4_0"), "measureQuality");
    assert.equal(desk().view().failure, null);
    assert.equal(row("Q4_0")?.kld?.how, "measured");
    assert.equal(row("Q4_0")?.reference, "tiny-F32.gguf");
    await vscode.commands.executeCommand("paddock.openPicker", vscode.Uri.file(folder));
    await until("what was measured before", () => row("Q4_0")?.tg?.how === "measured");
  });

  it("shows what a server tells of its models, and asks nobody before", async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      if (request.url !== "/v1/models") response.writeHead(404).end();
      else response.end(JSON.stringify({ data: [{ id: "served", meta: { n_params: 8e9, size: 4.5e9 } }] }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    try {
      const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      await vscode.commands.executeCommand("paddock.compareServerModels", `${address}/v1`);
      const [served, ...others] = desk().view().rows;
      assert.deepEqual(others, []);
      assert.equal(desk().view().source, address);
      assert.equal(served?.name, "served");
      assert.equal(served.origin, "server");
      assert.equal(served.bitsPerWeight, 4.5);
      assert.deepEqual([served.kld, served.tg, served.memory, served.actions], [null, null, null, []]);
      assert.deepEqual([...asked].sort(), ["/api/tags", "/api/v0/models", "/v1/models"]);
    } finally {
      server.close();
    }
  });

  it("compares models on the workspace's text, and reads no secret for it", async () => {
    const gate = new ReadingGate();
    try {
      const text = await workspaceText(gate, new AbortController().signal);
      assert.ok(text.includes("A line about llamas"));
      assert.ok(!text.includes("pickersecret"));
    } finally {
      gate.dispose();
    }
  });
});
