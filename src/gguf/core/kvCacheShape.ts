import type { ModelMetadata } from "./modelMetadata";

/** What a token leaves in the KV cache: values, of keys and values together and of all layers of a kind. */
export interface KvCacheShape {
  /** Of layers that look at everything. */
  readonly whole: number;
  /** Of layers that look back no further than the model's window: llama.cpp keeps no more tokens for them. */
  readonly windowed: number;
}

/** What is so of all layers for which the file says nothing else. */
export interface KvCacheDefaults {
  readonly layers: number;
  readonly headsKv: number;
  readonly keyLength: number;
  readonly valueLength: number;
}

/**
 * Layer by layer, because hybrid models have layers without attention, and the last ones of Gemma 3n and 4 have no cache
 * of their own, but that of a layer before them.
 * @param mostLength of keys and values that can be.
 * @throws GgufError damaged: a number that cannot be.
 */
export function kvCacheShape(
  model: ModelMetadata,
  { layers, headsKv, keyLength, valueLength }: KvCacheDefaults,
  isWindowed: (layer: number) => boolean,
  mostLength: number,
): KvCacheShape {
  const heads = model.counts("attention.head_count_kv", mostLength) ?? [];
  const shared = model.count("attention.shared_kv_layers", layers) ?? 0;
  const whole = keyLength + valueLength;
  const windowed =
    (model.count("attention.key_length_swa", mostLength) ?? keyLength) +
    (model.count("attention.value_length_swa", mostLength) ?? valueLength);
  const shape = { whole: 0, windowed: 0 };
  for (let layer = 0; layer < layers - shared; layer++) {
    const own = heads.length === layers ? (heads[layer] ?? headsKv) : headsKv;
    if (isWindowed(layer)) shape.windowed += own * windowed;
    else shape.whole += own * whole;
  }
  return shape;
}
