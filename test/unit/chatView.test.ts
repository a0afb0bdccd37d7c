import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type * as vscode from "vscode";
import type { ModelId } from "../../src/engine/backend";
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  createMessageConnection,
  type DataCallback,
  type Disposable,
  type Message,
} from "vscode-jsonrpc/node";
import type { ContextSources, TakenContext } from "../../src/chat/core/contextItems";
import { chatHostContract, chatWebviewContract, type ViewState } from "../../src/chat/core/webviewContract";
import { ConversationSearch } from "../../src/chat/node/conversationSearch";
import { ChatView } from "../../src/chat/host/chatView";
import { Offers } from "../../src/chat/host/offers";
import { silentLogger } from "../../src/platform/core/logger";
import { RpcPeer } from "../../src/platform/core/rpc";
import { type ChatWindow, chatWindow, type Script, scriptedBackend, textNames } from "../support/chatHarness";
import { soon } from "../support/soon";

/** The few things of the editor that the view touches. What VS Code itself does with them is for the in-host tests. */
const editor = vi.hoisted(
  (): {
    opened: string[];
    clipboard: string;
    activeTextEditor: unknown;
    documents: unknown[];
    terminals: { name: string; exitStatus: unknown; typed: [string, boolean][] }[];
  } => ({ opened: [], clipboard: "", activeTextEditor: undefined, documents: [], terminals: [] }),
);
vi.mock("vscode", () => {
  const uri = (text: string) => ({ text, toString: () => text });
  return {
    Uri: { joinPath: (base: { text: string }, ...rest: string[]) => uri([base.text, ...rest].join("/")), parse: uri },
    l10n: { t: (text: string) => text },
    commands: { executeCommand: () => Promise.resolve() },
    env: {
      language: "de",
      clipboard: { writeText: (text: string) => Promise.resolve(void (editor.clipboard = text)) },
      openExternal: (target: { text: string }) => Promise.resolve(editor.opened.push(target.text) > 0),
    },
    window: {
      get activeTextEditor() {
        return editor.activeTextEditor;
      },
      showTextDocument: () => Promise.resolve(undefined),
      get terminals() {
        return editor.terminals;
      },
      createTerminal: ({ name }: { name: string }) => {
        const typed: [string, boolean][] = [];
        const sendText = (text: string, run: boolean) => typed.push([text, run]);
        const terminal = { name, exitStatus: undefined, typed, sendText, show: () => undefined, processId: 1 };
        editor.terminals.push(terminal);
        return terminal;
      },
    },
    languages: { getLanguages: () => Promise.resolve(["plaintext", "python", "shellscript"]) },
    workspace: { openTextDocument: (document: unknown) => Promise.resolve(editor.documents.push(document)) },
  };
});

/** A webview view whose page can be destroyed and loaded again, as VS Code does when the view is hidden. */
class FakeWebviewView {
  visible = true;
  readonly toHost = new Set<(message: unknown) => void>();
  readonly visibility = new Set<() => void>();
  toPage: ((message: Message) => void) | undefined;
  readonly webview = {
    cspSource: "https://webview.test",
    options: {},
    html: "",
    asWebviewUri: (uri: unknown) => uri,
    onDidReceiveMessage: (listener: (message: unknown) => void) => {
      this.toHost.add(listener);
      return { dispose: () => this.toHost.delete(listener) };
    },
    postMessage: (message: Message) => {
      const toPage = this.visible ? this.toPage : undefined;
      if (toPage !== undefined) setTimeout(() => toPage(structuredClone(message)), 0);
      return Promise.resolve(toPage !== undefined);
    },
  };

  onDidChangeVisibility = (listener: () => void) => {
    this.visibility.add(listener);
    return { dispose: () => this.visibility.delete(listener) };
  };
  onDidDispose = () => ({ dispose: () => undefined });

  post(message: unknown): void {
    for (const listener of [...this.toHost]) listener(structuredClone(message));
  }

  show(visible: boolean): void {
    this.visible = visible;
    if (!visible) this.toPage = undefined;
    for (const listener of this.visibility) listener();
  }

  /** As the product's own page does: the same peer, seen from the other side. */
  load() {
    const view = this as FakeWebviewView;
    const told: { name: string; params: unknown }[] = [];
    class Reader extends AbstractMessageReader {
      listen(callback: DataCallback): Disposable {
        view.toPage = callback;
        return { dispose: () => undefined };
      }
    }
    class Writer extends AbstractMessageWriter {
      write(message: Message): Promise<void> {
        view.post(message);
        return Promise.resolve();
      }
      end(): void {
        // The page ends with its view.
      }
    }
    const connection = createMessageConnection(new Reader(), new Writer());
    const peer = new RpcPeer(connection, chatWebviewContract, chatHostContract, (problem) =>
      told.push({ name: "problem", params: problem }),
    );
    const hear = (name: string) => (params: unknown) => void told.push({ name, params });
    peer.listen(
      {},
      {
        view: hear("view"),
        conversations: hear("conversations"),
        message: hear("message"),
        delta: hear("delta"),
        live: hear("live"),
        engine: hear("engine"),
        notices: hear("notices"),
        attachments: hear("attachments"),
        usage: hear("usage"),
        tools: hear("tools"),
        asked: hear("asked"),
        goesAlong: hear("goesAlong"),
        reveal: hear("reveal"),
        steering: hear("steering"),
        focusInput: hear("focusInput"),
      },
    );
    return { peer, told, names: () => told.map(({ name }) => name) };
  }
}

let folder: string;
let scripts: Script[];
let chat: ChatWindow;
let view: ChatView;
let shown: FakeWebviewView;
let page: ReturnType<FakeWebviewView["load"]>;
const warnings: string[] = [];
let warmUps = 0;
let chosenModel: ModelId | undefined;
const commands: string[] = [];
const applied: unknown[] = [];
const statements: unknown[] = [];
const context: ContextSources = {
  offer: (query) => Promise.resolve([{ id: "file:a", label: query, detail: "src", icon: "file" }]),
  take: () =>
    Promise.resolve({ references: [{ label: "a.ts", uri: "file:///a.ts", text: "a" }], ignored: [], refused: [] }),
  takeDropped: (items) =>
    Promise.resolve({
      references: [],
      ignored: [],
      refused: items.map((item) => ({ label: item.kind, reason: "It is an image." })),
    }),
};

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "paddock-chat-"));
  scripts = [];
  warnings.length = 0;
  warmUps = 0;
  chosenModel = undefined;
  commands.length = 0;
  Object.assign(editor, { opened: [], clipboard: "", activeTextEditor: undefined });
  chat = await chatWindow({ folder, backend: scriptedBackend(() => scripts.shift() ?? (() => Promise.resolve({}))) });
  view = new ChatView({
    extensionUri: { text: "ext" } as unknown as vscode.Uri,
    controller: chat.controller,
    presenter: chat.presenter,
    attachments: chat.attachments,
    consent: chat.consent,
    offers: new Offers({
      context,
      prompts: { offer: context.offer, use: () => Promise.resolve(undefined) },
      attachments: chat.attachments,
    }),
    texts: textNames,
    presets: chat.presets,
    chooseModel: () => Promise.resolve(chosenModel),
    ready: () => Promise.resolve(),
    warmUp: () => warmUps++,
    search: new ConversationSearch(chat.store),
    exportConversation: (id) => Promise.resolve(void commands.push(`export ${id}`)),
    applyCode: (block) => Promise.resolve(void applied.push(block)),
    runSql: (sql) => Promise.resolve(void statements.push(sql)),
    runCommand: (command) => Promise.resolve(void commands.push(command)),
    log: { ...silentLogger, warn: (message) => warnings.push(message) },
  });
  shown = new FakeWebviewView();
  view.resolveWebviewView(shown as unknown as vscode.WebviewView);
  page = shown.load();
});

afterEach(async () => {
  view.dispose();
  await chat.close();
  await rm(folder, { recursive: true, force: true });
});

describe("what is attached", () => {
  const file = { label: "a.ts:1-2", uri: "file:///a.ts", text: "let a;" };
  const taken = (some: Partial<TakenContext>): TakenContext => ({ references: [], ignored: [], refused: [], ...some });

  it("is shown with its cost, goes with the question that is sent, and stays when that fails", async () => {
    await chat.attachments.add(taken({ references: [file] }));
    await chat.attachments.add(taken({ references: [{ ...file, text: "let b;" }] }));
    const { attachments } = await page.peer.request("ready", {});
    expect(attachments).toMatchObject([{ label: "a.ts:1-2", tokens: 7 }]);
    await expect(page.peer.request("send", { conversation: null, text: " " })).rejects.toThrow("emptyMessage");
    expect(chat.attachments.shown()).toHaveLength(1);
    await page.peer.request("send", { conversation: null, text: "What is it?" });
    expect(chat.attachments.shown()).toEqual([]);
    expect(chat.controller.shown()[0]?.parts).toEqual([
      { type: "text", text: "What is it?" },
      { type: "reference", ...file, text: "let b;" },
    ]);
  });

  it("is taken off", async () => {
    await chat.attachments.add(taken({ references: [file] }));
    const [attachment] = chat.attachments.shown();
    await page.peer.request("removeAttachment", { id: attachment?.id ?? "" });
    expect(chat.attachments.shown()).toEqual([]);
    expect(page.names()).toContain("attachments");
  });

  it("asks about what Git ignores, and carries it only when the person says so", async () => {
    await chat.attachments.add(taken({ ignored: [file] }));
    const [asked] = chat.attachments.shown();
    expect(asked).toMatchObject({ state: "ignored", label: "a.ts:1-2" });
    expect(chat.attachments.carried()).toEqual({ ids: [], parts: [] });
    await page.peer.request("keepAttachment", { id: asked?.id ?? "" });
    expect(chat.attachments.shown()).toMatchObject([{ state: "attached", label: "a.ts:1-2" }]);
    expect(chat.attachments.carried().parts).toEqual([{ type: "reference", ...file }]);
  });

  it("says why something is refused until it was read, and sends none of it", async () => {
    const refused = [{ label: ".env", reason: "It looks like a secret." }];
    await chat.attachments.add(taken({ references: [file], refused }));
    expect(chat.attachments.shown()).toMatchObject([
      { state: "attached" },
      { state: "refused", label: ".env", reason: "It looks like a secret." },
    ]);
    await page.peer.request("send", { conversation: null, text: "What is it?" });
    expect(chat.attachments.shown()).toEqual([]);
    expect(chat.controller.shown()[0]?.parts).toHaveLength(2);
  });
});

describe("what is offered at the input box", () => {
  it("is found for what was typed, and attached when it is chosen", async () => {
    const { items } = await page.peer.request("suggest", { kind: "@", query: "a.t" });
    expect(items).toEqual([{ id: "file:a", label: "a.t", detail: "src", icon: "file" }]);
    expect(await page.peer.request("choose", { kind: "@", id: "file:a" })).toEqual({ attached: ["a.ts"] });
    expect(chat.attachments.shown()).toMatchObject([{ state: "attached", label: "a.ts" }]);
  });

  it("takes what is dropped, and says what it cannot take", async () => {
    await page.peer.request("attachDropped", { items: [{ kind: "other", name: "p.png", mediaType: "image/png" }] });
    expect(chat.attachments.shown()).toMatchObject([{ state: "refused", label: "other", reason: "It is an image." }]);
    await expect(
      page.peer.request("attachDropped", { items: [{ kind: "uri", uri: "x".repeat(5_000) }] }),
    ).rejects.toThrow();
  });
});

describe("the page", () => {
  it("may run its own script only, and load nothing from anywhere else", () => {
    const { html } = shown.webview;
    const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/.exec(html)?.[1] ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe-(?:eval|inline)|https?:\/\/(?!webview\.test)/);
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? "";
    expect(nonce.length).toBeGreaterThanOrEqual(16);
    const tags = html.match(/<script[^>]*>/g) ?? [];
    expect(tags).toHaveLength(1);
    expect(tags[0]).toContain(`nonce="${nonce}"`);
    expect(tags[0]).toContain("ext/dist/webview/chat.js");
    expect(html).toContain('lang="de"');
  });

  it("asks, sends, and hears the answer", async () => {
    expect((await page.peer.request("ready", {})).messages).toEqual([]);
    scripts.push(async (say) => {
      say("Hello");
      return Promise.resolve({});
    });
    const { conversation } = await page.peer.request("send", { conversation: null, text: "Hi" });
    await soon(() => expect(page.names()).toEqual(expect.arrayContaining(["view", "message", "delta", "live"])));
    await soon(() => {
      const messages = page.told.filter(({ name }) => name === "message");
      expect(messages.at(-1)?.params).toMatchObject({ conversation, message: { status: "complete" } });
    });
    expect(page.names()).not.toContain("problem");
  });

  it("that is built anew gets everything, and no answer meant for the one before", async () => {
    await page.peer.request("ready", {});
    const { conversation } = await page.peer.request("send", { conversation: null, text: "Hi" });
    // In flight when the view is hidden: its answer would carry an id that the next page uses too.
    const lost = page.peer.request("select", { conversation });
    lost.catch(() => undefined);
    shown.show(false);
    await soon(() => expect(chat.controller.generating).toBe(false));
    shown.show(true);
    const again = shown.load();
    const state: ViewState = await again.peer.request("ready", {});
    expect(state).toMatchObject({ selected: conversation });
    expect(state.messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
    expect(shown.toHost.size).toBe(1);
    expect(again.names()).not.toContain("problem");
  });

  it("gets the keyboard when it is ready, once", async () => {
    await view.focusInput();
    expect(page.names()).toEqual([]);
    await page.peer.request("ready", {});
    await soon(() => expect(page.names()).toEqual(["focusInput"]));
    await view.focusInput();
    await soon(() => expect(page.names()).toEqual(["focusInput", "focusInput"]));
  });

  it("has the model loaded ahead when somebody opens the chat or types, not when the window brings the view back", async () => {
    await page.peer.request("ready", {});
    page.peer.notify("draft", { text: "" });
    await page.peer.request("ready", {});
    expect(warmUps).toBe(0);
    page.peer.notify("draft", { text: "W" });
    await soon(() => expect(warmUps).toBe(1));
    await view.focusInput();
    expect(warmUps).toBe(2);
  });
});

describe("what comes in", () => {
  it("is checked: nothing malformed does anything, and the page goes on", async () => {
    const rejected = (method: string, params: unknown) =>
      expect(page.peer.request(method as "select", params as never)).rejects.toBeInstanceOf(Error);
    shown.post(null);
    shown.post("text");
    shown.post([1, 2]);
    shown.post({ jsonrpc: "2.0" });
    shown.post({ jsonrpc: "2.0", id: {}, method: 5 });
    shown.post({ jsonrpc: "2.0", method: "draft", params: { text: 5 } });
    shown.post({ jsonrpc: "2.0", method: "nothing", params: {} });
    await rejected("select", { conversation: "../../etc/passwd" });
    await rejected("send", { conversation: null, text: "" });
    await rejected("send", { conversation: null, text: "   " });
    await rejected("command", { name: "workbench.action.quit" });
    await rejected("rename", { conversation: "a", title: "x".repeat(201) });
    expect(commands).toEqual([]);
    expect(chat.controller.conversations()).toEqual([]);
    expect(warnings.length).toBeGreaterThan(3);
    expect((await page.peer.request("ready", {})).draft).toBe("");
    page.peer.notify("draft", { text: "half" });
    await soon(async () => expect((await page.peer.request("ready", {})).draft).toBe("half"));
  });

  it("opens web links and no others", async () => {
    for (const url of [
      "javascript:alert(1)",
      "command:workbench.action.quit",
      "file:///etc/passwd",
      "vscode://x",
      "data:text/html,x",
      "no link",
      "",
    ]) {
      await expect(page.peer.request("openLink", { url }), url).rejects.toMatchObject({ message: "linkRefused" });
    }
    expect(editor.opened).toEqual([]);
    await page.peer.request("openLink", { url: "https://example.com/a?b=c#d" });
    expect(editor.opened).toEqual(["https://example.com/a?b=c#d"]);
  });

  it("hands a block over to be applied, with all that stands at its fence", async () => {
    const block = { text: "x();", language: "ts", info: "ts src/x.ts" };
    await page.peer.request("apply", block);
    expect(applied).toEqual([block]);
  });

  it("copies, inserts at every cursor, replaces every selection in one step, or says why it can't", async () => {
    await page.peer.request("copy", { text: "code" });
    expect(editor.clipboard).toBe("code");
    await expect(page.peer.request("insert", { text: "x" })).rejects.toMatchObject({
      message: "noEditor",
      remedy: "noEditorRemedy",
    });
    const edits: [unknown, string][] = [];
    let writable = true;
    editor.activeTextEditor = {
      selections: [
        { isEmpty: true, end: { at: 1, character: 3 } },
        { isEmpty: false, end: { at: 2, character: 5 } },
      ],
      edit: (build: (edit: Record<"insert" | "replace", (at: unknown, text: string) => void>) => void) => {
        const put = (at: unknown, text: string): void => void edits.push([at, text]);
        build({ insert: put, replace: put });
        return Promise.resolve(writable);
      },
    };
    await page.peer.request("insert", { text: "x\n" });
    expect(edits.splice(0)).toEqual([
      [{ at: 1, character: 3 }, "x\n"],
      [{ at: 2, character: 5 }, "x\n"],
    ]);
    await page.peer.request("replaceSelection", { text: "x\n" });
    expect(edits).toEqual([[{ isEmpty: false, end: { at: 2, character: 5 } }, "x"]]);
    Object.assign(editor.activeTextEditor as object, { selections: [{ isEmpty: true }] });
    await expect(page.peer.request("replaceSelection", { text: "x" })).rejects.toMatchObject({
      message: "nothingSelected",
      remedy: "nothingSelectedRemedy",
    });
    writable = false;
    await expect(page.peer.request("insert", { text: "x" })).rejects.toMatchObject({ message: "insertRefused" });
  });

  it("hands SQL over to be run on a database", async () => {
    await page.peer.request("runSql", { text: "SELECT 1;" });
    expect(statements).toEqual(["SELECT 1;"]);
  });

  it("opens code as a file without a name, in its language where the editor knows it", async () => {
    await page.peer.request("newFile", { text: "print(1)", language: "py" });
    await page.peer.request("newFile", { text: "x", language: "brainwave" });
    expect(editor.documents).toEqual([{ content: "print(1)", language: "python" }, { content: "x" }]);
  });

  it("types a command into a terminal of its own and never runs it", async () => {
    await page.peer.request("toTerminal", { text: "$ npm test\n" });
    await page.peer.request("toTerminal", { text: "echo \u001b[201~a\u0003b\u202e" });
    expect(editor.terminals.map(({ name, typed }) => ({ name, typed }))).toEqual([
      {
        name: "Paddock",
        typed: [
          ["npm test", false],
          ["echo [201~ab", false],
        ],
      },
    ]);
    for (const [text, words] of [
      ["cd /tmp\nrm -rf x", "severalLines"],
      ["true\rrm -rf x", "severalLines"],
      ["\u2028\n \n", "noCommand"],
    ] as const) {
      await expect(page.peer.request("toTerminal", { text }), text).rejects.toMatchObject({ message: words });
    }
    expect(editor.terminals[0]?.typed).toHaveLength(2);
  });

  it("runs the commands of other rooms by name", async () => {
    await page.peer.request("command", { name: "restartEngine" });
    expect(commands).toEqual(["restartEngine"]);
  });
});
