import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import path from "node:path";
import type { Frame, Page } from "@playwright/test";
import { describing, inspect, type InspectedModel, tensorRows } from "../../src/inspector/core/inspection";
import type { Inspection } from "../../src/inspector/core/inspectorContract";
import { inspectorTexts } from "../../src/inspector/core/inspectorTexts";
import { metadataRows, valuePiece } from "../../src/inspector/core/metadataRows";
import { pageHtml } from "../../src/platform/core/pageHtml";
import { themes } from "../support/themes";

/** The built page in its real shell under its real policy, with this test as the host behind it. */
export interface InspectorPage {
  readonly frame: Frame;
  /** Violations of the policy, errors of the page, and requests for anything but its own files. */
  readonly problems: string[];
  /** What the page asked of the host. */
  readonly calls: { readonly method: string; readonly params: Record<string, unknown> }[];
  /** The file is another one now. */
  change(view: Inspection): Promise<void>;
}

const dist = path.resolve("dist/webview");
const types: Readonly<Record<string, string>> = { ".js": "text/javascript", ".css": "text/css", ".ttf": "font/ttf" };

export async function serveInspector(): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? "/", "http://x").pathname;
    const html = (text: string): void => {
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end(text);
    };
    if (name === "/") {
      html(
        `<!DOCTYPE html><html lang="en"><title>host</title><body style="margin:0"><iframe title="inspector" src="/inspector.html" style="border:0;width:100vw;height:100vh"></iframe></body></html>`,
      );
    } else if (name === "/inspector.html") {
      html(
        pageHtml({
          element: "paddock-inspector",
          nonce: "test",
          cspSource: "'self'",
          scriptUri: "/inspector.js",
          codiconsUri: "/codicon.css",
          language: "en",
          title: "model.gguf",
          texts: inspectorTexts({ t: (text) => text }),
        }),
      );
    } else {
      readFile(path.join(dist, path.basename(name))).then(
        (content) => {
          response.setHeader("content-type", types[path.extname(name)] ?? "text/plain");
          response.end(content);
        },
        () => response.writeHead(name === "/favicon.ico" ? 204 : 404).end(),
      );
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { server, url: `http://127.0.0.1:${address.port}` };
}

/** What the host would answer of a model. */
export function answersOf(model: InspectedModel, file = "model.gguf") {
  const header = describing(model.files);
  return (method: string, params: Record<string, unknown>): unknown => {
    switch (method) {
      case "ready":
      case "retry":
        return inspect(file, model);
      case "tensors":
        return tensorRows(model);
      case "metadata":
        return { rows: metadataRows(header) };
      case "value":
        return valuePiece(header, String(params.key), Number(params.from));
      default:
        return {};
    }
  };
}

export async function openInspector(
  page: Page,
  url: string,
  answer: (method: string, params: Record<string, unknown>) => unknown,
  theme = "dark",
): Promise<InspectorPage> {
  const problems: string[] = [];
  const calls: InspectorPage["calls"] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(url)) problems.push(`asked for ${request.url()}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(error.message));
  await page.exposeFunction("paddockAnswer", (method: string, params: Record<string, unknown>) => {
    calls.push({ method, params });
    return answer(method, params);
  });
  const chosen = themes[theme];
  await page.addInitScript(
    ({ colours, kind }) => {
      interface Host {
        paddockAnswer(method: string, params: unknown): Promise<unknown>;
      }
      if (window.parent === window) {
        window.addEventListener(
          "message",
          (event: MessageEvent<{ id?: number; method?: string; params?: { params?: unknown } }>) => {
            const { id, method, params } = event.data;
            if (method === undefined) return;
            const given = params !== undefined && "params" in params ? params.params : params;
            void (window as unknown as Host).paddockAnswer(method, given).then((result) => {
              if (id !== undefined) (event.source as Window).postMessage({ jsonrpc: "2.0", id, result }, "*");
            });
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
      });
    },
    { colours: chosen?.colours ?? {}, kind: chosen?.kind ?? "" },
  );
  await page.goto(url);
  const frame = page.frames().find((one) => one.url().endsWith("/inspector.html"));
  if (frame === undefined) throw new Error("The inspector's frame is missing.");
  await frame.locator("h1").waitFor();
  return {
    frame,
    problems,
    calls,
    change: (view) =>
      page.evaluate((message) => document.querySelector("iframe")?.contentWindow?.postMessage(message, "*"), {
        jsonrpc: "2.0",
        method: "changed",
        params: view,
      }),
  };
}
