import { readFile } from "node:fs/promises";
import path from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Frame, type Page } from "@playwright/test";
import { themes } from "./themes";

export interface Call {
  readonly method: string;
  readonly params: Record<string, unknown>;
}

/** A built page in its real shell under its real policy, with the test as the host behind it. */
export interface WebviewPage {
  readonly frame: Frame;
  /** Violations of the policy, errors of the page, dialogs, and requests for anything but its own files. */
  readonly problems: string[];
  /** What the page asked of the host. */
  readonly calls: Call[];
  /** A notification of the host. */
  tell(method: string, params: unknown): Promise<void>;
}

export interface WebviewOptions {
  /** Of the page's script in dist/webview. */
  readonly name: string;
  readonly html: (parts: {
    readonly nonce: string;
    readonly cspSource: string;
    readonly scriptUri: string;
    readonly codiconsUri: string;
    readonly language: string;
  }) => string;
  /** What the host answers; an Error becomes the answer's. */
  readonly answer: (method: string, params: Record<string, unknown>) => unknown;
  readonly theme?: string | undefined;
  /** The colour that the editor has below the page. */
  readonly background?: string;
}

const dist = path.resolve("dist/webview");
const types: Readonly<Record<string, string>> = { ".js": "text/javascript", ".css": "text/css", ".ttf": "font/ttf" };

/** Opens a page as the editor does: in a frame, with its theme's colours, and nothing but messages to the outside. */
export async function openWebview(page: Page, options: WebviewOptions): Promise<WebviewPage> {
  const { name, html, answer, theme = "dark", background = "--vscode-editor-background" } = options;
  const origin = `http://${name}.test`;
  const problems: string[] = [];
  const calls: Call[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("favicon")) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("dialog", (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.route("**/*", async (route) => {
    const { pathname, origin: asked } = new URL(route.request().url());
    if (asked !== origin) problems.push(`asked for ${asked}`);
    if (pathname === "/") {
      const body = `<!DOCTYPE html><html lang="en"><title>host</title><body style="margin:0"><iframe title="${name}" src="/${name}.html" style="border:0;width:100vw;height:100vh"></iframe></body></html>`;
      return route.fulfill({ contentType: "text/html", body });
    }
    if (pathname === `/${name}.html`) {
      const body = html({
        ...{
          nonce: "test",
          cspSource: "'self'",
          scriptUri: `/${name}.js`,
          codiconsUri: "/codicon.css",
          language: "en",
        },
      });
      return route.fulfill({ contentType: "text/html; charset=utf-8", body });
    }
    const body = await readFile(path.join(dist, path.basename(pathname))).catch(() => undefined);
    if (body === undefined) return route.fulfill({ status: 404 });
    return route.fulfill({ contentType: types[path.extname(pathname)] ?? "application/json", body });
  });
  await page.exposeFunction("paddockAnswer", async (method: string, params: Record<string, unknown>) => {
    calls.push({ method, params });
    const result = await answer(method, params);
    return result instanceof Error ? { error: { code: -32603, message: result.message } } : { result };
  });
  const chosen = themes[theme];
  await page.addInitScript(
    ({ colours, kind, below }) => {
      interface Host {
        paddockAnswer(method: string, params: unknown): Promise<object>;
      }
      if (window.parent === window) {
        window.addEventListener(
          "message",
          (event: MessageEvent<{ id?: number; method?: string; params?: { params?: unknown } }>) => {
            const { id, method, params } = event.data;
            if (method === undefined) return;
            const given = params !== undefined && "params" in params ? params.params : params;
            void (window as unknown as Host).paddockAnswer(method, given).then((answered) => {
              if (id !== undefined) (event.source as Window).postMessage({ jsonrpc: "2.0", id, ...answered }, "*");
            });
          },
        );
        return;
      }
      Object.assign(window, {
        acquireVsCodeApi: () => ({
          postMessage: (message: unknown) => window.parent.postMessage(message, "*"),
          // As the editor does, it outlives the page.
          getState: () => JSON.parse(sessionStorage.getItem("state") ?? "null") as unknown,
          setState: (next: unknown) => sessionStorage.setItem("state", JSON.stringify(next)),
        }),
      });
      document.addEventListener("DOMContentLoaded", () => {
        for (const [property, value] of Object.entries(colours))
          document.documentElement.style.setProperty(property, value);
        document.body.className = kind;
        document.body.style.background = `var(${below})`;
      });
    },
    { colours: chosen?.colours ?? {}, kind: chosen?.kind ?? "", below: background },
  );
  await page.goto(origin);
  const frame = page.frames().find((one) => one.url().endsWith(`/${name}.html`));
  if (frame === undefined) throw new Error(`The frame of ${name} is missing.`);
  return {
    frame,
    problems,
    calls,
    tell: (method, params) =>
      page.evaluate((message) => document.querySelector("iframe")?.contentWindow?.postMessage(message, "*"), {
        jsonrpc: "2.0",
        method,
        params,
      }),
  };
}

/** Nothing that axe finds in the page's frame; a view beside others needs no landmarks of its own. */
export async function expectAccessible(page: Page, disabled: readonly string[] = ["region"]): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .include("iframe")
    .disableRules([...disabled])
    .analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""} ${nodes[0]?.failureSummary ?? ""}`)).toEqual(
    [],
  );
}
