import type { ModelId } from "../../engine/backend";
import type { ErrorCode } from "../../platform/core/errors";
import type { FileFacts } from "./fileFacts";

/** Where a model lies and who looks after it there. */
export const placeKinds = ["bundled", "own", "extra", "hugging-face", "lm-studio", "ollama", "chosen"] as const;
export type PlaceKind = (typeof placeKinds)[number];

export interface ModelPlace {
  readonly kind: PlaceKind;
  /** A full path. */
  readonly folder: string;
}

/** Why a file can't be used, or a folder can't be looked at, in the words of the check that found it. */
export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string | undefined;
}

/** One model on disk: a file, or the parts of a split one. Nothing of it was copied. */
export interface StoredModel {
  readonly id: ModelId;
  /** As a person knows it there: a file's name without its ending, an Ollama tag. Untrusted. */
  readonly name: string;
  /** Whose it is, such as "owner/name" on a model hub; untrusted. */
  readonly origin: string | undefined;
  /** The file that is loaded: the only one, or the first part. */
  readonly path: string;
  /** All its files, in order. */
  readonly parts: readonly string[];
  /** Other names of the same files: links to them, other revisions, other tags. */
  readonly alsoAt: readonly string[];
  readonly place: ModelPlace;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly content: FileContent;
}

export type FileContent =
  { readonly usable: true; readonly facts: FileFacts } | { readonly usable: false; readonly why: Problem };

/** What could not be looked at, or not to its end. */
export interface PlaceNote {
  readonly place: ModelPlace;
  readonly path: string;
  readonly why: "missing" | "unreadable" | "too-many";
}

export interface StoreContents {
  readonly models: readonly StoredModel[];
  readonly notes: readonly PlaceNote[];
}

/** Models that write; embedding models, projectors, adapters and matrices are no use in a chat. */
export function canChat({ content }: Pick<StoredModel, "content">): boolean {
  return content.usable && content.facts.kind === "model";
}

export function canEmbed({ content }: Pick<StoredModel, "content">): boolean {
  return content.usable && content.facts.embeds;
}

/** Places whose files Paddock may rename; in the others another program, or the package, counts on the names. */
export function isOurs({ place }: Pick<StoredModel, "place">): boolean {
  return place.kind === "own" || place.kind === "extra";
}
