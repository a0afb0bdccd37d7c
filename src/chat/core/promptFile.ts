import { filePath } from "../../platform/core/fileLinks";
import { parseFrontMatter } from "./frontMatter";

/** A prompt that somebody keeps in a file, as VS Code has them (`NAME.prompt.md`). */
export interface PromptFile {
  /** Written after "/": no blanks. */
  readonly name: string;
  readonly description: string;
  /** What to write behind the name, for the person. */
  readonly argumentHint: string;
  /** All of its header, by names in lower case, for rooms that know more of them. */
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
}

export const promptFileEnding = ".prompt.md";
/** Where a workspace has them, relative to each of its folders. */
export const promptFolder = ".github/prompts";
/** Some 16,000 tokens: more than a prompt that a person wrote, and than most contexts hold. Bytes. */
export const maxPromptBytes = 64 * 1024;
const maxName = 60;
const maxLine = 300;

/**
 * @param fileName its last segment. Fields that choose an agent or tools (`agent`, `mode`, `tools`) are another product's
 *   and mean nothing here; the prompt works without them. `where`, `context`, `model` and `output` are the actions'.
 */
export function parsePromptFile(fileName: string, raw: string): PromptFile {
  const { fields, body } = parseFrontMatter(raw);
  const stem = fileName.endsWith(promptFileEnding) ? fileName.slice(0, -promptFileEnding.length) : fileName;
  return {
    name: commandName(fields.get("name") ?? "") || commandName(stem) || "prompt",
    description: oneLine(fields.get("description") ?? ""),
    argumentHint: oneLine(fields.get("argument-hint") ?? ""),
    fields,
    body: body.trim(),
  };
}

/** Letters, digits and what joins them; the rest would end the word after "/". */
function commandName(text: string): string {
  return text
    .trim()
    .replace(/[^\p{L}\p{N}._:-]+/gu, "-")
    .replace(/^-+|-+$/gu, "")
    .slice(0, maxName);
}

function oneLine(text: string): string {
  return text.replace(/\s+/gu, " ").trim().slice(0, maxLine);
}

/** Something that a prompt asks the person for. */
export interface PromptInput {
  readonly name: string;
  /** What to write, or an example; may be empty. */
  readonly placeholder: string;
}

/** So many are asked for, one after the other; more is no prompt that anybody would run twice. */
export const maxInputs = 12;

const variable = /\$\{([A-Za-z]+)(?::([^}:\n]{1,60})(?::([^}\n]{0,200}))?)?\}/gu;
const fileVariables = ["file", "fileBasename", "fileDirname", "fileBasenameNoExtension"] as const;

/** What a prompt's text stands for besides itself. */
export interface PromptNeeds {
  readonly selection: boolean;
  /** It names the file of the editor in front. */
  readonly file: boolean;
  /** ${file} itself: what stands in it is meant, too. */
  readonly fileText: boolean;
  readonly inputs: readonly PromptInput[];
}

export function promptNeeds(body: string): PromptNeeds {
  const inputs = new Map<string, PromptInput>();
  const names = new Set<string>();
  for (const [, name = "", input, placeholder = ""] of body.matchAll(variable)) {
    names.add(name);
    if (name === "input" && input !== undefined && !inputs.has(input)) inputs.set(input, { name: input, placeholder });
  }
  return {
    selection: names.has("selection") || names.has("selectedText"),
    file: fileVariables.some((name) => names.has(name)),
    fileText: names.has("file"),
    inputs: [...inputs.values()].slice(0, maxInputs),
  };
}

export interface PromptValues {
  readonly selection: string;
  /** The path in the workspace, with "/"; empty where no file is open. */
  readonly file: string;
  /** The folder's name, as it stands in the editor: a prompt never says where on the disk somebody works. */
  readonly workspaceFolder: string;
  readonly inputs: ReadonlyMap<string, string>;
}

/** The text with its variables filled in, once: what is filled in is text, whatever it looks like. Others stay. */
export function fillPrompt(body: string, values: PromptValues): string {
  const base = values.file.slice(values.file.lastIndexOf("/") + 1);
  const dirname = values.file.includes("/") ? values.file.slice(0, values.file.lastIndexOf("/")) : ".";
  return body.replace(variable, (all, name: string, input: string | undefined) => {
    switch (name) {
      case "selection":
      case "selectedText":
        return values.selection;
      case "file":
        return values.file;
      case "fileBasename":
        return base;
      case "fileBasenameNoExtension":
        return base.replace(/(?<=.)\.[^.]*$/u, "");
      case "fileDirname":
        return values.file === "" ? "" : dirname;
      case "workspaceFolder":
      case "workspaceFolderBasename":
        return values.workspaceFolder;
      case "input":
        return input === undefined ? all : (values.inputs.get(input) ?? all);
      default:
        return all;
    }
  });
}

/** So many files are attached for one prompt. */
const maxLinks = 20;
/** Its parts are bounded, so that text made for it takes no time. */
const link =
  /(?<!!)\[[^\]\n]{0,200}\]\(<?([^()<>\s]{1,400})>?(?:\s{1,5}"[^"\n]{0,200}")?\)|(?<=^|\s)#file:([^\s,;)]{1,400})/gmu;

/**
 * The files that a prompt links to, as paths below the folder that `from` is relative to, each once. Web links, places
 * in the text itself and what leads out of the folder are no such files; nor is what stands in code, as an example.
 * @param from the folder of the prompt file, "" for the workspace folder itself.
 */
export function linkedFiles(body: string, from: string): string[] {
  const found = new Set<string>();
  for (const [, target, mention] of withoutCode(body).matchAll(link)) {
    const path = belowFolder(from, target ?? mention ?? "");
    if (path !== undefined && found.size < maxLinks) found.add(path);
  }
  return [...found];
}

function belowFolder(from: string, target: string): string | undefined {
  const [encoded = ""] = target.split("#");
  if (encoded === "" || encoded.startsWith("/")) return undefined;
  let path: string;
  try {
    path = decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
  const segments = from === "" ? [] : from.split("/");
  for (const segment of path.split("/")) {
    if (segment === ".") continue;
    if (segment !== "..") segments.push(segment);
    else if (segments.pop() === undefined) return undefined;
  }
  return filePath(segments.join("/"));
}

/** The text without fenced blocks and inline code. */
function withoutCode(text: string): string {
  let fence = "";
  const kept = text.split("\n").filter((line) => {
    const mark = /^ {0,3}(`{3,}|~{3,})/u.exec(line)?.[1];
    if (fence === "") {
      fence = mark ?? "";
      return mark === undefined;
    }
    if (mark?.startsWith(fence) === true) fence = "";
    return false;
  });
  return kept.join("\n").replace(/`[^`\n]{1,400}`/gu, "");
}
