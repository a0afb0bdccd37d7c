import { visibleText } from "./visibleText";

/** A place in a file of the workspace as text names it. */
export interface FileLink {
  /** Relative to a workspace folder, with "/" between its segments. */
  readonly path: string;
  /** 1 is the first. */
  readonly line?: number | undefined;
  readonly endLine?: number | undefined;
}

/** A path that is longer than this is none that anybody wrote into a sentence. Characters. */
export const maxFilePath = 300;
/** Of a request to the host: so many paths are looked for at once. */
export const maxFilePaths = 100;
export const maxLine = 10_000_000;

/** `:12`, `:12:5`, `:12-20`, `#L12`, `#L12C3`, `#L12-L20`, `#12`; columns are left out. */
const place = /^(.+?)(?::(\d{1,8})(?:-(\d{1,8})|:\d{1,8})?|#L?(\d{1,8})(?:C\d{1,8})?(?:-L?(\d{1,8})(?:C\d{1,8})?)?)$/;
/** Devices on Windows, whatever follows the dot: looking at one could hang or do something. */
const device = /^(?:con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(?:\.|$)/i;
const namesWithoutEnding =
  /^(?:[A-Z][a-z]+file|LICEN[CS]E|README|CHANGELOG|CONTRIBUTING|NOTICE|AUTHORS|CODEOWNERS|Makefile)$/;

/**
 * The path when it can only mean a file below the folder it is relative to, on every platform; else undefined. Absolute
 * paths, "..", schemes, drives, backslashes, devices and what cannot be seen are refused, not repaired.
 */
export function filePath(text: string): string | undefined {
  if (text.length > maxFilePath) return undefined;
  const path = text.replace(/^(?:\.\/)+/, "");
  if (path === "" || path !== path.trim() || visibleText(path) !== path) return undefined;
  if (/[\\:*?"<>|\t\n\r]/.test(path) || path.startsWith("~")) return undefined;
  // Windows drops dots and blanks at a name's end, so "…/.. /" would be another way to write "..".
  const odd = (segment: string): boolean => segment === "" || /[. ]$/.test(segment) || device.test(segment);
  return path.split("/").some(odd) ? undefined : path;
}

/** What the inline code of an answer may name. Most is refused, so that few names are looked for. */
export function fileLinkOfCode(text: string): FileLink | undefined {
  if (text.length > maxFilePath) return undefined;
  const found = place.exec(text);
  const path = filePath(found?.[1] ?? text);
  if (path === undefined || !mayBeFile(path)) return undefined;
  const line = lineOf(found?.[2] ?? found?.[4]);
  const endLine = lineOf(found?.[3] ?? found?.[5]);
  if (line === undefined) return { path };
  return { path, line, ...(endLine !== undefined && endLine > line ? { endLine } : {}) };
}

/** The target of a Markdown link, as written or encoded. A fragment that names no line is left out. */
export function fileLinkOfTarget(target: string): FileLink | undefined {
  // Each character of a path takes at most nine when encoded.
  if (target.length > maxFilePath * 9) return undefined;
  const mark = target.indexOf("#");
  const path = mark === -1 ? target : target.slice(0, mark);
  const fragment = mark === -1 ? "" : target.slice(mark);
  let text: string;
  try {
    text = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  return fileLinkOfCode(/^#L?\d+(?:C\d+)?(?:-L?\d+(?:C\d+)?)?$/.test(fragment) ? text + fragment : text);
}

/** The link as inline code that means the same. */
export function fileLinkText({ path, line, endLine }: FileLink): string {
  if (line === undefined) return path;
  return endLine === undefined ? `${path}:${line}` : `${path}:${line}-${endLine}`;
}

function mayBeFile(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return (
    path.includes("/") || /^\.?[^\s.][^.]*(?:\.[^.]+)*\.\w{1,12}$|^\.\w/.test(name) || namesWithoutEnding.test(name)
  );
}

function lineOf(digits: string | undefined): number | undefined {
  const line = Number(digits ?? 0);
  return line >= 1 && line <= maxLine ? line : undefined;
}
