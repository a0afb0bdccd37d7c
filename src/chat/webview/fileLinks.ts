import { type FileLink, fileLinkOfCode, fileLinkText, maxFilePaths } from "../../platform/core/fileLinks";
import type { Params, Result } from "../../platform/core/rpc";
import type { ChatHostContract } from "../core/webviewContract";
import { fill } from "./strings";

/** What is finished within this time is asked for together: the parts of a message, all of an opened conversation. */
const gatherMs = 50;
/** More of one text is left as it is. */
const maxRequests = 10;

type Ask = <N extends "resolveLinks" | "openFile">(
  name: N,
  params: Params<ChatHostContract, N>,
) => Promise<Result<ChatHostContract, N> | undefined>;

/** Inline code of finished answers that names a file of the workspace becomes a link to it, once the host knows it. */
export class FileLinks {
  private readonly waiting = new Set<HTMLElement>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** @param title with "{0}" for the file and line. */
  constructor(
    private readonly ask: Ask,
    private readonly title: string,
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
    const candidates = new Map<string, { readonly code: HTMLElement; readonly link: FileLink }[]>();
    for (const text of this.waiting) {
      for (const code of text.querySelectorAll<HTMLElement>("code:not(pre code, a code, .file-link)")) {
        // A mark stands for a character that cannot be seen; no such text names a file.
        const link = code.childElementCount === 0 ? fileLinkOfCode(code.textContent) : undefined;
        if (link === undefined) continue;
        const same = candidates.get(link.path);
        if (same === undefined) candidates.set(link.path, [{ code, link }]);
        else same.push({ code, link });
      }
    }
    this.waiting.clear();
    const paths = [...candidates.keys()];
    for (let at = 0; at < Math.min(paths.length, maxFilePaths * maxRequests); at += maxFilePaths) {
      const result = await this.ask("resolveLinks", { candidates: paths.slice(at, at + maxFilePaths) });
      for (const path of result?.found ?? [])
        for (const { code, link } of candidates.get(path) ?? []) this.mark(code, link);
    }
  }

  private mark(code: HTMLElement, link: FileLink): void {
    if (code.classList.contains("file-link")) return;
    const open = (event: Event): void => {
      event.preventDefault();
      void this.ask("openFile", { ...link });
    };
    code.classList.add("file-link");
    code.setAttribute("role", "link");
    code.tabIndex = 0;
    code.title = fill(this.title, fileLinkText(link));
    code.addEventListener("click", open);
    code.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.repeat && !event.isComposing) open(event);
    });
  }
}
