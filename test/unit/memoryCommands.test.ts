import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ConversationFiles } from "../../src/chat/host/conversationFiles";
import { MemoryCommands } from "../../src/chat/host/memoryCommands";
import { memoryTexts } from "../../src/chat/host/memoryTexts";
import { ConversationSearch } from "../../src/chat/node/conversationSearch";
import { nodeStoreFiles, type StoreFiles } from "../../src/chat/node/storeFiles";
import { type ChatWindow, chatWindow, scriptedBackend } from "../support/chatHarness";
import { soon } from "../support/soon";

/** The few things of the editor that the commands touch; what VS Code itself does with them is for the journeys. */
const editor = vi.hoisted(() => ({
  /** What the next dialog, pick or message answers. */
  answers: [] as unknown[],
  messages: [] as string[],
  /** Cancels the progress that is shown. */
  cancel: undefined as (() => void) | undefined,
  onProgress: undefined as (() => void) | undefined,
  memory: new Map<string, Uint8Array>(),
  opened: [] as string[],
}));
vi.mock("vscode", async () => {
  const fs = await import("node:fs/promises");
  class Uri {
    constructor(
      readonly scheme: string,
      readonly path: string,
    ) {}
    static file = (path: string): Uri => new Uri("file", path);
    static from = ({ scheme, path }: { scheme: string; path: string }): Uri => new Uri(scheme, path);
    get fsPath(): string {
      return this.path;
    }
  }
  const answer = (): Promise<unknown> => Promise.resolve(editor.answers.shift());
  const say = (text: string): Promise<unknown> => {
    editor.messages.push(text);
    return answer();
  };
  return {
    Uri,
    l10n: {
      t: (text: string, ...values: string[]) => text.replace(/\{(\d)\}/g, (_, n: string) => values[Number(n)] ?? ""),
    },
    ProgressLocation: { Notification: 15 },
    commands: {
      executeCommand: (_: string, target: { path: string }) => Promise.resolve(editor.opened.push(target.path)),
    },
    workspace: {
      fs: {
        stat: async ({ path }: { path: string }) => fs.stat(path),
        readFile: async ({ path }: { path: string }) => fs.readFile(path),
        writeFile: ({ path }: { path: string }, bytes: Uint8Array) =>
          Promise.resolve(void editor.memory.set(path, bytes)),
      },
    },
    window: {
      showSaveDialog: answer,
      showOpenDialog: answer,
      showQuickPick: answer,
      showInformationMessage: say,
      showWarningMessage: say,
      withProgress: (_: unknown, work: (progress: unknown, token: unknown) => Promise<unknown>) =>
        work(
          { report: () => editor.onProgress?.() },
          { onCancellationRequested: (listener: () => void) => (editor.cancel = listener) },
        ),
    },
  };
});
// After the mock is in place.
const vscode = await import("vscode");

let folder: string;
let chat: ChatWindow;
let memory: MemoryCommands;
let failWrites: string | undefined;
const shown: string[] = [];
let erased = 0;

beforeEach(async () => {
  Object.assign(editor, { answers: [], messages: [], cancel: undefined, onProgress: undefined, opened: [] });
  editor.memory.clear();
  failWrites = undefined;
  shown.length = erased = 0;
  folder = await mkdtemp(path.join(tmpdir(), "paddock-memory-"));
  const files: StoreFiles = {
    ...nodeStoreFiles,
    remove: (file) =>
      failWrites === undefined
        ? nodeStoreFiles.remove(file)
        : Promise.reject(Object.assign(new Error(), { code: failWrites })),
  };
  const backend = scriptedBackend(() => (say) => {
    say("An answer about badgers.");
    return Promise.resolve({});
  });
  chat = await chatWindow({ folder: path.join(folder, "chat"), backend, files });
  memory = new MemoryCommands({
    store: chat.store,
    controller: chat.controller,
    search: new ConversationSearch(chat.store),
    untitled: "Untitled",
    ready: () => Promise.resolve(),
    show: () => Promise.resolve(void shown.push("chat")),
    eraseAll: () => Promise.resolve(erased++),
  });
});
afterEach(async () => {
  await chat.close();
  await rm(folder, { recursive: true, force: true });
});

const run = (name: string, ...given: unknown[]) => memory.commands[name]?.(...given);
const list = () => chat.controller.conversations().map(({ title }) => title);
const fileUri = (name: string) => vscode.Uri.file(path.join(folder, name));
const journals = async () => (await readdir(path.join(folder, "chat", "conversations"))).length;
async function ask(text: string): Promise<string> {
  const id = await chat.controller.send(null, text);
  await soon(() => expect(chat.controller.generating).toBe(false));
  return id;
}

describe("export and import", () => {
  it("writes the selected conversation where the person says, and brings it back as one of its own", async () => {
    await ask("What do badgers eat?");
    for (const name of ["one.md", "one.json"]) {
      editor.answers = [fileUri(name), "Open"];
      await run("exportConversation");
      expect(editor.messages.at(-1)).toBe("1 conversation exported.");
      await soon(() => expect(editor.opened.at(-1)).toBe(path.join(folder, name)));
      const text = await readFile(path.join(folder, name), "utf8");
      expect(text).toContain("An answer about badgers.");
      const before = chat.controller.selectedId;
      await run("importConversations", fileUri(name));
      expect(editor.messages.at(-1)).toBe("1 conversation imported.");
      expect(chat.controller.selectedId).not.toBe(before);
      expect(chat.controller.shown().map(({ parts }) => parts)).toMatchObject([
        [{ text: "What do badgers eat?" }],
        [{ text: "An answer about badgers." }],
      ]);
    }
    expect(shown).toEqual(["chat", "chat"]);
    expect(list()).toEqual(Array(3).fill("What do badgers eat?"));
    // Only what was asked for: no temporary file is left.
    expect((await readdir(folder)).sort()).toEqual(["chat", "one.json", "one.md"]);
  });

  it("leaves the old file as it was when it is cancelled or the disk is full", async () => {
    await ask("First");
    await ask("Second");
    await writeFile(path.join(folder, "all.json"), "old", { mode: 0o600 });
    editor.onProgress = () => editor.cancel?.();
    await expect(run("exportAllConversations", fileUri("all.json"))).rejects.toMatchObject({ code: "cancelled" });
    expect(await readFile(path.join(folder, "all.json"), "utf8")).toBe("old");
    expect((await readdir(folder)).sort()).toEqual(["all.json", "chat"]);
    editor.onProgress = undefined;
    await run("exportAllConversations", fileUri("all.json"));
    expect((await stat(path.join(folder, "all.json"))).mode & 0o777).toBe(0o600);
    await expect(run("exportAllConversations", fileUri("none/all.json"))).rejects.toMatchObject({
      message: "all.json could not be written.",
      remedy: "Choose another place for the file.",
    });
  });

  it("writes through the editor where there is no disk", async () => {
    await ask("First");
    await run("exportAllConversations", vscode.Uri.from({ scheme: "memfs", path: "/all.json" }));
    const text = Buffer.from(editor.memory.get("/all.json") ?? []).toString();
    expect(JSON.parse(text)).toMatchObject({ paddock: "conversations", conversations: [{ title: "First" }] });
  });

  it("keeps nothing of an import that is cancelled, whichever file it was at", async () => {
    await ask("First");
    await ask("Second");
    await run("exportAllConversations", fileUri("a.json"));
    const before = await journals();
    let reports = 0;
    editor.onProgress = () => (++reports === 6 ? editor.cancel?.() : undefined);
    editor.answers = [[fileUri("a.json"), fileUri("a.json"), fileUri("a.json")]];
    await run("importConversations");
    expect(editor.messages.at(-1)).toBe("The import was cancelled. Nothing was imported.");
    expect(reports).toBeGreaterThanOrEqual(6);
    expect(list()).toHaveLength(2);
    expect(await journals()).toBe(before);
  });

  it("imports the good files and says what is wrong with the others", async () => {
    await ask("First");
    await run("exportAllConversations", fileUri("a.json"));
    await writeFile(path.join(folder, "notes.md"), "# Mine");
    await writeFile(path.join(folder, "newer.json"), '{"paddock":"conversations","version":9,"conversations":[]}');
    editor.answers = [["notes.md", "a.json", "newer.json", "gone.json"].map(fileUri)];
    await run("importConversations");
    expect(editor.messages.at(-1)).toBe(
      "1 conversation imported. notes.md holds no conversations of Paddock. " +
        "newer.json was made by a newer version of Paddock. Update Paddock to import it. gone.json could not be read.",
    );
    await expect(run("importConversations", fileUri("notes.md"))).rejects.toMatchObject({
      message: "notes.md holds no conversations of Paddock.",
    });
  });

  it("shows no conversation before all of it is there, and none of one that a crash cut off", async () => {
    const files = new ConversationFiles(chat.store, memoryTexts(), "Untitled");
    const messages = Array.from({ length: 500 }, (_, n) => ({
      ...{ id: `m-${n}`, parent: n === 0 ? null : `m-${n - 1}`, role: "user", at: 1, status: "complete" },
      parts: [{ type: "text", text: "x" }],
    }));
    await writeFile(
      path.join(folder, "long.json"),
      JSON.stringify({ paddock: "conversations", version: 1, conversations: [{ title: "Long", messages }] }),
    );
    const seen = new Set<number>();
    const listening = chat.store.onDidChange(() => seen.add(chat.store.list().length));
    const crash = new AbortController();
    failWrites = "EIO";
    chat.store.onDidChange(() => crash.abort());
    await expect(files.read(fileUri("long.json"), crash.signal, () => undefined)).rejects.toThrow();
    expect([...seen]).toEqual([0]);
    // What is left on the disk is a removed conversation, which goes in a day.
    expect(await journals()).toBe(1);
    failWrites = undefined;
    await files.read(fileUri("long.json"), new AbortController().signal, () => undefined);
    listening.dispose();
    expect(chat.store.list().map(({ title }) => title)).toEqual(["Long"]);
  });
});

describe("delete", () => {
  it("takes several that were picked, and Undo brings them back", async () => {
    await ask("First");
    await ask("Second");
    await ask("Third");
    const [third, , first] = chat.controller.conversations();
    editor.answers = [[third, first], "Undo"];
    await run("deleteConversations");
    expect(editor.messages).toEqual(["2 conversations deleted."]);
    await soon(() => expect(list()).toHaveLength(3));
    editor.answers = [undefined];
    await run("deleteAllConversations");
    expect(list()).toEqual([]);
    await run("deleteConversations");
    await run("exportConversation");
    expect(editor.messages.slice(-2)).toEqual(Array(2).fill("There are no conversations yet."));
  });

  it("deletes all data only after a yes, and says what is left", async () => {
    editor.answers = [undefined];
    await run("deleteAllData");
    expect(erased).toBe(0);
    editor.answers = ["Delete All My Data"];
    await run("deleteAllData");
    expect(editor.messages.at(-1)).toBe("All your Paddock data on this machine is deleted.");
    editor.answers = ["Delete All My Data"];
    await run("deleteAllData");
    expect(editor.messages.at(-1)).toContain("1 files could not be deleted.");
  });
});
