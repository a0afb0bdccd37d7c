import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import path from "node:path";
import type { Frame, Page } from "@playwright/test";
import type { ShownMessage } from "../../src/chat/core/versions";
import { chatHtml } from "../../src/chat/core/html";
import type { ViewState } from "../../src/chat/core/webviewContract";
import { webviewTexts } from "../../src/chat/core/webviewTexts";
import { themes } from "../support/themes";

/** The built page in its real shell under its real policy, with this test as the host behind it. */
export interface ChatPage {
  readonly frame: Frame;
  /** Requests that left the page for anywhere but its own files. */
  readonly strangers: string[];
  /** Violations of the policy and errors of the page. */
  readonly problems: string[];
  /** Calls the page made of the host: method and parameters. */
  calls(): Promise<{ method: string; params: Record<string, unknown> }[]>;
  /** A notification of the host. */
  tell(method: string, params: unknown): Promise<void>;
}

const dist = path.resolve("dist/webview");

export async function serveChat(): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? "/", "http://x").pathname;
    if (name === "/") {
      response.setHeader("content-type", "text/html");
      response.end(
        `<!DOCTYPE html><html lang="en"><title>host</title><body style="margin:0"><iframe title="chat" src="/chat.html" style="border:0;width:100vw;height:100vh"></iframe></body></html>`,
      );
      return;
    }
    if (name === "/chat.html") {
      const l10n = {
        t: (message: string, ...values: unknown[]) =>
          message.replace(/\{(\d+)\}/g, (mark: string, index) =>
            Number(index) in values ? String(values[Number(index)]) : mark,
          ),
      };
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end(
        chatHtml({
          nonce: "test",
          cspSource: "'self'",
          scriptUri: "/chat.js",
          codiconsUri: "/codicon.css",
          language: "en",
          title: "Paddock chat",
          texts: webviewTexts(l10n),
        }),
      );
      return;
    }
    if (name === "/favicon.ico") {
      response.writeHead(204).end();
      return;
    }
    readFile(path.join(dist, path.basename(name))).then(
      (content) => {
        response.setHeader(
          "content-type",
          name.endsWith(".js") ? "text/javascript" : name.endsWith(".css") ? "text/css" : "font/ttf",
        );
        response.end(content);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { server, url: `http://127.0.0.1:${address.port}` };
}

export async function openChat(
  page: Page,
  url: string,
  state: ViewState,
  theme = "dark",
  answers: Record<string, unknown> = {},
): Promise<ChatPage> {
  const strangers: string[] = [];
  const problems: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(url)) strangers.push(request.url());
  });
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("favicon")) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("dialog", (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  const chosen = themes[theme];
  await page.addInitScript(
    ({ view, colours, kind, given }) => {
      interface Host {
        calls: { method: string; params: unknown }[];
      }
      const host = window as unknown as Host;
      if (window.parent === window) {
        host.calls = [];
        window.addEventListener(
          "message",
          (event: MessageEvent<{ id?: number; method?: string; params?: { params?: unknown } }>) => {
            const { id, method, params } = event.data;
            if (method === undefined) return;
            host.calls.push({ method, params: params !== undefined && "params" in params ? params.params : params });
            if (id === undefined) return;
            const result =
              method in given
                ? given[method]
                : method === "ready"
                  ? view
                  : method === "send"
                    ? { conversation: view.selected ?? "new" }
                    : method === "search"
                      ? { hits: [], more: false, searched: 0, total: 0, titlesOnly: false }
                      : {};
            (event.source as Window).postMessage({ jsonrpc: "2.0", id, result }, "*");
          },
        );
        return;
      }
      let state: unknown;
      Object.assign(window, {
        acquireVsCodeApi: () => ({
          postMessage: (message: unknown) => window.parent.postMessage(message, "*"),
          getState: () => state,
          setState: (next: unknown) => (state = next),
        }),
      });
      document.addEventListener("DOMContentLoaded", () => {
        for (const [name, value] of Object.entries(colours)) document.documentElement.style.setProperty(name, value);
        document.body.className = kind;
        document.body.style.background = "var(--vscode-sideBar-background)";
      });
    },
    { view: state, colours: chosen?.colours ?? {}, kind: chosen?.kind ?? "", given: answers },
  );
  await page.goto(url);
  const frame = page.frames().find((one) => one.url().endsWith("/chat.html"));
  if (frame === undefined) throw new Error("The chat's frame is missing.");
  await frame.locator("textarea").waitFor();
  return {
    frame,
    strangers,
    problems,
    calls: () =>
      page.evaluate(
        () => (window as unknown as { calls: { method: string; params: Record<string, unknown> }[] }).calls,
      ),
    tell: (method, params) =>
      page.evaluate((message) => document.querySelector("iframe")?.contentWindow?.postMessage(message, "*"), {
        jsonrpc: "2.0",
        method,
        params,
      }),
  };
}

export function viewState(over: Partial<ViewState> = {}): ViewState {
  return {
    conversations: [],
    selected: null,
    messages: [],
    engine: { status: "ready", modelName: "SmolLM2 135M (starter)", modelNote: "The starter says foolish things." },
    notices: [],
    steering: {
      settings: {},
      presets: [
        { id: "default", name: "Default", settings: {}, builtIn: true },
        { id: "precise", name: "Precise", settings: { temperature: 0, repeatPenalty: 1 }, builtIn: true },
        { id: "mine", name: "Mine", settings: { seed: 7 }, builtIn: false },
      ],
      standard: "default",
    },
    draft: "",
    attachments: [],
    usage: null,
    tools: { support: "none", tools: [] },
    asked: null,
    goesAlong: null,
    ...over,
  };
}

let next = 0;
export function question(text: string, over: Partial<ShownMessage> = {}): ShownMessage {
  return {
    id: `q-${next++}`,
    parent: null,
    role: "user",
    parts: [{ type: "text", text }],
    at: 1,
    status: "complete",
    ...over,
  };
}
export function answer(text: string, over: Partial<ShownMessage> = {}): ShownMessage {
  return {
    id: `a-${next++}`,
    parent: null,
    role: "assistant",
    parts: [{ type: "text", text }],
    at: 2,
    status: "complete",
    model: "starter",
    timings: {
      prompt_n: 20,
      cache_n: 100,
      prompt_ms: 100,
      prompt_per_second: 200,
      predicted_n: 50,
      predicted_ms: 490,
      predicted_per_second: 100,
      draft_n: 0,
      draft_n_accepted: 0,
      queue_ms: 1,
      paused_ms: 0,
      ttft_ms: 101,
      tpot_ms: 10,
      itl_ms: { p50: 10, p95: 12, p99: 15 },
    },
    machine: {
      backend: "cpu",
      threads: 2,
      gpuLayers: 0,
      batchSize: 512,
      contextSize: 8192,
      contextUsed: 170,
      rssBytes: 5e8,
      vramBytes: 0,
      identityKey: "k",
    },
    ...over,
  };
}
export function conversation(messages: ShownMessage[], generating = false): ViewState {
  return viewState({
    conversations: [{ id: "c-1", title: "About llamas", updatedAt: 1, generating, pinned: false }],
    selected: "c-1",
    messages,
  });
}
