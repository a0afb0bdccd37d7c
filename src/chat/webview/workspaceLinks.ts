import { type FileLink, fileLinkOfCode, fileLinkText, maxFilePaths } from "../../platform/core/fileLinks";
import type { Params, Result } from "../../platform/core/rpc";
import { maxSymbols, symbolLinkOfCode } from "../../platform/core/symbolLinks";
import type { ChatHostContract } from "../core/webviewContract";
import type { WebviewTexts } from "../core/webviewTexts";
import { fill } from "./strings";

/** What is finished within this time is asked for together: the parts of a message, all of an opened conversation. */
const gatherMs = 50;
/** More of one text is left as it is. */
const maxRequests = 10;

type Ask = <N extends "resolveLinks" | "openFile" | "resolveSymbols" | "openSymbol">(
  name: N,
  params: Params<ChatHostContract, N>,
) => Promise<Result<ChatHostContract, N> | undefined>;

/**
 * Inline code of finished answers that names a file or a symbol of the workspace becomes a link to it, once the host
 * knows it. A file comes first: `app.ts` could be a symbol, too.
 */
export class WorkspaceLinks {
  private readonly waiting = new Set<HTMLElement>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly ask: Ask,
    private readonly texts: Pick<WebviewTexts, "openFile" | "openSymbol">,
  ) {}

  /** All of a text is in place; again after more of it was. */
  finished(text: HTMLElement): void {
    this.waiting.add(text);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.resolve();
    }, gatherMs);
  }

  private async resolve(): Promise<void> {
    // A mark stands for a character that cannot be seen; no such text names anything.
    const codes = [...this.waiting].flatMap((text) =>
      [...text.querySelectorAll<HTMLElement>("code:not(pre code, a code, .file-link)")].filter(
        ({ childElementCount }) => childElementCount === 0,
      ),
    );
    this.waiting.clear();
    await this.resolveFiles(codes);
    await this.resolveSymbols(codes);
  }

  private async resolveFiles(codes: readonly HTMLElement[]): Promise<void> {
    const candidates = new Map<string, { readonly code: HTMLElement; readonly link: FileLink }[]>();
    for (const code of codes) {
      const link = fileLinkOfCode(code.textContent);
      if (link === undefined) continue;
      const same = candidates.get(link.path);
      if (same === undefined) candidates.set(link.path, [{ code, link }]);
      else same.push({ code, link });
    }
    const paths = [...candidates.keys()];
    for (let at = 0; at < Math.min(paths.length, maxFilePaths * maxRequests); at += maxFilePaths) {
      const result = await this.ask("resolveLinks", { candidates: paths.slice(at, at + maxFilePaths) });
      for (const path of result?.found ?? [])
        for (const { code, link } of candidates.get(path) ?? [])
          mark(code, fill(this.texts.openFile, fileLinkText(link)), () => void this.ask("openFile", { ...link }));
    }
  }

  /** Each name is work for the languages' servers, so there is one request, for the first names. */
  private async resolveSymbols(codes: readonly HTMLElement[]): Promise<void> {
    const candidates = new Map<string, HTMLElement[]>();
    for (const code of codes) {
      const text = code.textContent;
      if (code.classList.contains("file-link") || symbolLinkOfCode(text) === undefined) continue;
      const same = candidates.get(text);
      if (same === undefined) candidates.set(text, [code]);
      else same.push(code);
    }
    const names = [...candidates.keys()].slice(0, maxSymbols);
    if (names.length === 0) return;
    const result = await this.ask("resolveSymbols", { names });
    for (const name of result?.found ?? [])
      for (const code of candidates.get(name) ?? [])
        mark(code, fill(this.texts.openSymbol, name), () => void this.ask("openSymbol", { name }));
  }
}

function mark(code: HTMLElement, title: string, open: () => void): void {
  if (code.classList.contains("file-link")) return;
  const act = (event: Event): void => {
    event.preventDefault();
    open();
  };
  code.classList.add("file-link");
  code.setAttribute("role", "link");
  code.tabIndex = 0;
  code.title = title;
  code.addEventListener("click", act);
  code.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.repeat && !event.isComposing) act(event);
  });
}
