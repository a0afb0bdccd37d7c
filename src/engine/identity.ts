import * as v from "valibot";

/**
 * What makes two contexts interchangeable. Saved state, caches and measurements are keyed by it:
 * state of one identity loaded into another is garbage at best and a crash at worst.
 */
export const contextIdentitySchema = v.object({
  /** Fingerprint of the model file (see models: a sampled SHA-256 over size, header and blocks). */
  modelHash: v.string(),
  adapters: v.array(v.object({ hash: v.string(), scale: v.number() })),
  kvCacheKeyType: v.string(),
  kvCacheValueType: v.string(),
  /** Where it was asked for or forbidden; the KV cache of one way cannot be read by the other. Absent: llama.cpp's choice. */
  flashAttention: v.optional(v.boolean()),
  /** SHA-256 of the chat template; empty for a model without one. */
  templateHash: v.string(),
  llamaCppVersion: v.string(),
});
export type ContextIdentity = v.InferOutput<typeof contextIdentitySchema>;

/** One line with the fields in a fixed order, to be hashed: equal identities give equal text. Adapter order does not count. */
export function canonicalIdentity(identity: ContextIdentity): string {
  const adapters = identity.adapters
    .map(({ hash, scale }) => `${hash}*${scale}`)
    .sort()
    .join("+");
  return [
    "context-identity-1",
    identity.modelHash,
    adapters,
    identity.kvCacheKeyType,
    identity.kvCacheValueType,
    identity.templateHash,
    identity.llamaCppVersion,
    ...(identity.flashAttention === undefined ? [] : [`flash-attention=${identity.flashAttention}`]),
  ].join("|");
}
