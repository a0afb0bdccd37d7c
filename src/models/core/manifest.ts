import * as v from "valibot";
import { infillLayoutSchema } from "../../engine/infill";

/**
 * What travels with the extension in media/models, described in manifest.json beside the files. Adapters and embedding
 * models join by an entry, not by code.
 */
const entryFields = {
  /** Stable: settings, conversations and measurements refer to it. */
  id: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)),
  /** A file name in the manifest's own folder. */
  file: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}\.gguf$/)),
  sizeBytes: v.pipe(v.number(), v.integer(), v.minValue(1)),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  displayName: v.pipe(v.string(), v.minLength(1), v.maxLength(80)),
  /** What a person should know before they rely on it. */
  note: v.optional(v.pipe(v.string(), v.maxLength(300))),
  /** The original model: its publisher's name for it. */
  baseModel: v.string(),
  license: v.object({ spdx: v.string(), file: v.optional(v.string()) }),
  provenance: v.string(),
};

const modelEntrySchema = v.object({
  ...entryFields,
  kind: v.literal("model"),
  roles: v.pipe(v.array(v.picklist(["chat", "completion", "sql", "embedding"])), v.minLength(1)),
  /** "template": the chat template in the file. "none": raw text. */
  promptLayout: v.picklist(["template", "none"]),
});

const adapterEntrySchema = v.object({
  ...entryFields,
  kind: v.literal("adapter"),
  /** Id of the model it was trained on. */
  appliesTo: v.string(),
  scale: v.number(),
  roles: v.pipe(v.array(v.picklist(["completion", "sql"])), v.minLength(1)),
  /** The layout it was trained with, by the name the room that uses it knows. */
  promptLayout: v.string(),
  /** For the role "completion": how its infill prompts are laid out, since the model's metadata knows nothing of it. */
  infill: v.optional(infillLayoutSchema),
});

export const manifestSchema = v.pipe(
  v.object({
    version: v.literal(1),
    /** What a fresh install chats with. */
    starter: v.string(),
    entries: v.array(v.variant("kind", [modelEntrySchema, adapterEntrySchema])),
  }),
  v.check(
    ({ entries }) => new Set(entries.map(({ id }) => id)).size === entries.length,
    "Two entries have the same id.",
  ),
  v.check(
    ({ starter, entries }) =>
      entries.some((entry) => entry.id === starter && entry.kind === "model" && entry.roles.includes("chat")),
    "The starter is not a chat model of this manifest.",
  ),
  v.check(
    ({ entries }) =>
      entries.every(
        (entry) => entry.kind === "model" || entries.some(({ id, kind }) => id === entry.appliesTo && kind === "model"),
      ),
    "An adapter applies to a model that is not there.",
  ),
  v.check(
    ({ entries }) =>
      entries.every(
        (entry) => entry.kind === "model" || !entry.roles.includes("completion") || entry.infill !== undefined,
      ),
    "An adapter for completions does not say how its prompts are laid out.",
  ),
);
export type Manifest = v.InferOutput<typeof manifestSchema>;
export type AdapterEntry = v.InferOutput<typeof adapterEntrySchema>;
export type ModelEntry = v.InferOutput<typeof modelEntrySchema>;
