import { realpath, stat } from "node:fs/promises";
import path from "node:path";
import { checkLoadable, fileProblem } from "../../gguf/core/fileProblem";
import type { GgufHeader } from "../../gguf/core/ggufHeader";
import { type SplitName, splitName } from "../../gguf/core/splitFiles";
import { PaddockError } from "../../platform/core/errors";
import { errnoOf } from "../../platform/node/storageError";
import { factsOf } from "../core/fileFacts";
import type { FileContent, ModelPlace, PlaceNote, StoreContents, StoredModel } from "../core/storedModel";
import { findFiles, type FoundFile } from "./foundFiles";
import { readWholeFile } from "./ggufPreflight";
import type { HeaderCache } from "./headerCache";
import { fileModelId } from "./modelId";

/** Headers read at the same time: enough to hide a slow disk, few enough that a hostile folder costs little memory. */
const READERS = 2;

export interface ScanOptions {
  readonly places: readonly ModelPlace[];
  /** Files whose place is known: those that travel with Paddock, and those chosen by their path. */
  readonly files: readonly (FoundFile & { readonly id?: StoredModel["id"] })[];
  readonly cache: HeaderCache;
  readonly signal: AbortSignal;
}

type Listed = ScanOptions["files"][number];

/** A file that is there, or a name that leads nowhere. */
interface Seen extends Listed {
  readonly size: number;
  readonly modifiedMs: number;
  /** The same for every name of one file. */
  readonly key: string;
  readonly isThere: boolean;
}

interface Group {
  readonly first: Seen;
  readonly parts: readonly Seen[];
  readonly split: SplitName | undefined;
  readonly alsoAt: string[];
}

/**
 * What models there are. Files are looked at by their headers only; what is no model, or damaged, is listed with its
 * reason; nothing is copied or changed.
 * @throws what the signal was aborted with.
 */
export async function scanStore({ places, files, cache, signal }: ScanOptions): Promise<StoreContents> {
  const listed: Listed[] = [...files.filter(({ place }) => place.kind === "bundled")];
  const notes: PlaceNote[] = [];
  for (const place of places) {
    const found = await findFiles(place, signal);
    listed.push(...found.files);
    notes.push(...found.notes);
  }
  // A file in one of the places is shown there, though it was chosen by its path.
  listed.push(...files.filter(({ place }) => place.kind !== "bundled"));
  const seen = (await inTurn(listed, signal, see)).filter(({ place, isThere }) => isThere || place.kind !== "chosen");
  const models = await inTurn(groupsOf(seen), signal, (group) => toModel(group, cache, signal));
  signal.throwIfAborted();
  return { models: models.sort(byName), notes };
}

async function see(file: Listed): Promise<Seen> {
  try {
    const found = await stat(file.path, { bigint: true });
    return {
      ...file,
      size: Number(found.size),
      modifiedMs: Number(found.mtimeMs),
      // Some file systems have no inodes; then the real path tells.
      key: found.ino === 0n ? await realpath(file.path) : `${found.dev}:${found.ino}`,
      isThere: true,
    };
  } catch {
    return { ...file, size: 0, modifiedMs: 0, key: file.path, isThere: false };
  }
}

/** Parts of a split model together; other names of the same files beside the first that was found. */
function groupsOf(files: readonly Seen[]): Group[] {
  const byName = new Map<string, { parts: Seen[]; split: SplitName | undefined }>();
  for (const file of files) {
    const split = splitName(path.basename(file.path));
    const name =
      split === undefined ? file.path : path.join(path.dirname(file.path), `${split.base}-of-${split.count}`);
    const group = byName.get(name);
    if (group === undefined) byName.set(name, { parts: [file], split });
    else if (group.parts.every((part) => part.path !== file.path)) group.parts.push(file);
  }
  const byFiles = new Map<string, Group>();
  for (const { parts, split } of byName.values()) {
    const sorted = parts.sort((a, b) => (a.path < b.path ? -1 : 1));
    const [first] = sorted;
    if (first === undefined) continue;
    const key = sorted.map((part) => part.key).join("\n");
    const known = byFiles.get(key);
    if (known === undefined) byFiles.set(key, { first, parts: sorted, split, alsoAt: [] });
    else
      known.alsoAt.push(
        ...sorted.map((part) => part.path).filter((at) => !known.parts.some((part) => part.path === at)),
      );
  }
  return [...byFiles.values()];
}

async function toModel(group: Group, cache: HeaderCache, signal: AbortSignal): Promise<StoredModel> {
  const { first, parts, split, alsoAt } = group;
  const signature = parts.map(({ size, modifiedMs }) => `${size}:${modifiedMs}`).join(" ");
  const content = (await cache.get(first.path, signature)) ?? (await read(group, cache, signature, signal));
  const own = (split?.base ?? path.basename(first.path)).replace(/\.gguf$/i, "");
  return {
    id: first.id ?? fileModelId(first.path),
    name: first.name ?? own,
    origin: first.origin,
    path: first.path,
    parts: parts.map((part) => part.path),
    alsoAt,
    place: first.place,
    sizeBytes: parts.reduce((sum, { size }) => sum + size, 0),
    modifiedMs: Math.max(...parts.map(({ modifiedMs }) => modifiedMs)),
    content,
  };
}

async function read(
  { first, parts, split }: Group,
  cache: HeaderCache,
  signature: string,
  signal: AbortSignal,
): Promise<FileContent> {
  try {
    checkComplete(first, parts, split);
    const headers: GgufHeader[] = [];
    for (const part of parts) headers.push((await readWholeFile(part.path, signal)).header);
    const facts = factsOf(headers);
    // What llama.cpp cannot load is no use; projectors and adapters are loaded by other ways.
    if (headers[0] !== undefined && (facts.kind === "model" || facts.kind === "embedding"))
      checkLoadable(headers[0], path.basename(first.path));
    const content: FileContent = { usable: true, facts };
    cache.set(first.path, signature, content);
    return content;
  } catch (error) {
    signal.throwIfAborted();
    const { code, message, remedy } = toProblem(error, path.basename(first.path));
    const content: FileContent = { usable: false, why: { code, message, remedy } };
    // Permissions and missing parts change without any of these files changing.
    if (code !== "model/unreadable" && code !== "model/missing") cache.set(first.path, signature, content);
    return content;
  }
}

/** @throws PaddockError model/missing */
function checkComplete(first: Seen, parts: readonly Seen[], split: SplitName | undefined): void {
  if (!parts.every(({ isThere }) => isThere)) {
    throw new PaddockError("model/missing", `${path.basename(first.path)} leads to a file that is not there.`, {
      remedy: "Its data was removed: download it again, or delete what is left of it.",
    });
  }
  if (split === undefined) return;
  const there = new Set(parts.map(({ path: at }) => splitName(path.basename(at))?.part));
  for (let part = 1; part <= split.count; part++) {
    if (there.has(part)) continue;
    throw new PaddockError(
      "model/missing",
      `Part ${part} of ${split.count} of ${split.base} is missing; ${there.size === 1 ? "1 part is" : `${there.size} parts are`} there.`,
      { remedy: "Download all parts into one folder." },
    );
  }
}

function toProblem(thrown: unknown, name: string): PaddockError {
  const error = fileProblem(thrown, name);
  if (error instanceof PaddockError) return error;
  return new PaddockError("model/unreadable", `The model file ${name} cannot be read.`, {
    remedy: "Check its permissions.",
    detail: errnoOf(error) ?? "",
    cause: error,
  });
}

/** A few at a time, results in the order of what was given. */
async function inTurn<T, R>(items: readonly T[], signal: AbortSignal, work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Map<number, R>();
  const todo = items.entries();
  await Promise.all(
    Array.from({ length: READERS }, async () => {
      for (const [index, item] of todo) {
        signal.throwIfAborted();
        results.set(index, await work(item));
      }
    }),
  );
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
}

function byName(a: StoredModel, b: StoredModel): number {
  return a.name.localeCompare(b.name, undefined, { numeric: true }) || (a.path < b.path ? -1 : 1);
}
