import { type FileLink, fileLinkOfCode, fileLinkText, maxFilePaths } from "../../platform/core/fileLinks";
import type { Params, Result } from "../../platform/core/rpc";
import { maxSymbols, symbolLinkOfCode } from "../../platform/core/symbolLinks";
import { inFrames } from "../../ui/inFrames";
import type { ChatHostContract } from "../core/webviewContract";
import type { WebviewTexts } from "../core/webviewTexts";
import { fill } from "./strings";

/** What is finished within this time is asked for together: the parts of a message, all of an opened conversation. */
const gatherMs = 50;
/** More of one text is left as it is. */
const maxRequests = 10;

/** Inline code by its text. */
type Codes = Map<string, HTMLElement[]>;

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
    const all = [...this.waiting].flatMap((text) => [...text.querySelectorAll("code")]);
    this.waiting.clear();
    // A long answer has a thousand of them, and many say the same.
    const codes: Codes = new Map();
    await inFrames(all, (code) => {
      if (mayBeLink(code)) add(codes, code.textContent, code);
    });
    await this.resolveFiles(codes);
    await this.resolveSymbols(codes);
  }

  private async resolveFiles(codes: Codes): Promise<void> {
    const candidates = new Map<string, { readonly code: HTMLElement; readonly link: FileLink }[]>();
    await inFrames(codes, ([text, same]) => {
      const link = fileLinkOfCode(text);
      if (link !== undefined) for (const code of same) add(candidates, link.path, { code, link });
    });
    const paths = [...candidates.keys()];
    for (let at = 0; at < Math.min(paths.length, maxFilePaths * maxRequests); at += maxFilePaths) {
      const result = await this.ask("resolveLinks", { candidates: paths.slice(at, at + maxFilePaths) });
      const found = (result?.found ?? []).flatMap((path) => candidates.get(path) ?? []);
      await inFrames(found, ({ code, link }) =>
        mark(code, fill(this.texts.openFile, fileLinkText(link)), () => void this.ask("openFile", { ...link })),
      );
    }
  }

  /** Each name is work for the languages' servers, so there is one request, for the first names. */
  private async resolveSymbols(codes: Codes): Promise<void> {
    const names: string[] = [];
    await inFrames(codes, ([text, same]) => {
      if (names.length < maxSymbols && !same.every(isMarked) && symbolLinkOfCode(text) !== undefined) names.push(text);
    });
    if (names.length === 0) return;
    const result = await this.ask("resolveSymbols", { names });
    const found = (result?.found ?? []).flatMap((name) => (codes.get(name) ?? []).map((code) => ({ name, code })));
    await inFrames(found, ({ name, code }) =>
      mark(code, fill(this.texts.openSymbol, name), () => void this.ask("openSymbol", { name })),
    );
  }
}

/** A mark inside stands for a character that cannot be seen; no such text names anything. */
function mayBeLink(code: HTMLElement): boolean {
  return code.childElementCount === 0 && !isMarked(code) && code.parentElement?.closest("pre, a") === null;
}

function isMarked(code: HTMLElement): boolean {
  return code.classList.contains("file-link");
}

function add<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function mark(code: HTMLElement, title: string, open: () => void): void {
  if (isMarked(code)) return;
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
