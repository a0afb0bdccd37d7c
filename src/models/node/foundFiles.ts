import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";
import type { ModelPlace, PlaceNote } from "../core/storedModel";
import { type Walk, walkFolder, walkLimits } from "./walkFolder";

/** A file that says by its name, or by another program's list, that it is a model's. */
export interface FoundFile {
  readonly path: string;
  readonly place: ModelPlace;
  /** Where it is not the file's own name. */
  readonly name?: string;
  readonly origin?: string;
}

export interface Found {
  readonly files: readonly FoundFile[];
  readonly notes: readonly PlaceNote[];
}

const isGguf = (name: string): boolean => /\.gguf$/i.test(name);

/** @throws what the signal was aborted with. */
export async function findFiles(place: ModelPlace, signal: AbortSignal): Promise<Found> {
  switch (place.kind) {
    case "hugging-face":
      return huggingFaceFiles(place, signal);
    case "ollama":
      return ollamaFiles(place, signal);
    case "lm-studio":
      return plainFiles(place, signal, (file) => {
        const parts = path.relative(place.folder, path.dirname(file)).split(path.sep);
        return parts.length >= 2 ? parts.slice(0, 2).join("/") : undefined;
      });
    case "own":
    case "extra":
    case "bundled":
    case "chosen":
      return plainFiles(place, signal, () => undefined);
  }
}

async function plainFiles(
  place: ModelPlace,
  signal: AbortSignal,
  originOf: (file: string) => string | undefined,
): Promise<Found> {
  const walk = await walkFolder(place.folder, isGguf, signal);
  return {
    files: walk.files.map((file) => {
      const origin = originOf(file);
      return { path: file, place, ...(origin === undefined ? {} : { origin }) };
    }),
    notes: notesOf(place, walk),
  };
}

/** Paddock's own folder is made with the first download: that it is not there yet is no news. */
function notesOf(place: ModelPlace, { problems }: Walk): PlaceNote[] {
  return problems
    .filter(({ path: at, why }) => !(why === "missing" && place.kind === "own" && at === place.folder))
    .map((problem) => ({ place, ...problem }));
}

/**
 * The Hugging Face cache: models--OWNER--NAME/snapshots/REVISION/… are links into blobs, or files where there are no
 * links. Of a file that several revisions have, the one of refs/main counts, so it comes first.
 */
async function huggingFaceFiles(place: ModelPlace, signal: AbortSignal): Promise<Found> {
  const files: FoundFile[] = [];
  const notes: PlaceNote[] = [];
  let names: string[];
  try {
    names = (await readdir(place.folder)).filter((name) => name.startsWith("models--")).sort();
  } catch {
    return { files, notes: [{ place, path: place.folder, why: "unreadable" }] };
  }
  for (const name of names) {
    const repository = path.join(place.folder, name);
    const main = await readFile(path.join(repository, "refs", "main"), "utf8").then(
      (text) => text.trim(),
      () => "",
    );
    const snapshots = path.join(repository, "snapshots");
    // A repository that was begun and never filled has none.
    const revisions = await readdir(snapshots).catch(() => []);
    revisions.sort((a, b) => Number(b === main) - Number(a === main) || (a < b ? -1 : 1));
    for (const revision of revisions) {
      const walk = await walkFolder(path.join(snapshots, revision), isGguf, signal);
      const origin = name.slice("models--".length).replaceAll("--", "/");
      files.push(...walk.files.map((file) => ({ path: file, place, origin })));
      notes.push(...notesOf(place, walk));
    }
  }
  return { files, notes };
}

const layerSchema = v.object({
  mediaType: v.string(),
  digest: v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/)),
});
const ollamaManifestSchema = v.object({ layers: v.array(v.unknown()) });
const MAX_MANIFEST_BYTES = 1024 * 1024;
/** Layers that hold a GGUF file; others are templates, licences and parameters. */
const ggufLayers = new Set(["model", "projector", "adapter"].map((name) => `application/vnd.ollama.image.${name}`));

/** Ollama: manifests/REGISTRY/NAMESPACE/NAME/TAG say which blob is what. */
async function ollamaFiles(place: ModelPlace, signal: AbortSignal): Promise<Found> {
  const manifests = path.join(place.folder, "manifests");
  if (!(await stat(manifests).catch(() => undefined))?.isDirectory()) return { files: [], notes: [] };
  const walk = await walkFolder(manifests, () => true, signal, { ...walkLimits, depth: 4 });
  const files: FoundFile[] = [];
  const notes = notesOf(place, walk);
  for (const manifest of walk.files) {
    signal.throwIfAborted();
    const name = ollamaName(path.relative(manifests, manifest).split(path.sep));
    if (name === undefined) continue;
    const digests = await ollamaDigests(manifest);
    if (digests === undefined) notes.push({ place, path: manifest, why: "unreadable" });
    for (const digest of digests ?? []) {
      files.push({ path: path.join(place.folder, "blobs", digest.replace(":", "-")), place, name });
    }
  }
  return { files, notes };
}

/** As `ollama list` prints it: the library's own names stand alone. */
function ollamaName(parts: readonly string[]): string | undefined {
  const [registry, namespace, name, tag] = parts;
  if (tag === undefined || parts.length !== 4 || tag.startsWith(".")) return undefined;
  const own = registry === "registry.ollama.ai";
  const before = own ? (namespace === "library" ? [] : [namespace]) : [registry, namespace];
  return `${[...before, name].join("/")}:${tag}`;
}

/** Undefined for what is no manifest. */
async function ollamaDigests(manifest: string): Promise<string[] | undefined> {
  try {
    if ((await stat(manifest)).size > MAX_MANIFEST_BYTES) return undefined;
    const { layers } = v.parse(ollamaManifestSchema, JSON.parse(await readFile(manifest, "utf8")));
    return layers
      .map((layer) => v.safeParse(layerSchema, layer))
      .flatMap((layer) => (layer.success && ggufLayers.has(layer.output.mediaType) ? [layer.output.digest] : []));
  } catch {
    return undefined;
  }
}
