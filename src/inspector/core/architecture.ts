import type { GgufHeader, GgufTensor } from "../../gguf/core/ggufHeader";
import { ModelMetadata } from "../../gguf/core/modelMetadata";
import { layerOf, type ModelShape } from "../../gguf/core/modelShape";
import type { Architecture } from "./inspectorContract";

/** More than any file means; what cannot be was refused when the shape was made. */
const MOST = 0xffff_ffff;

/**
 * What a model is built of, as far as its file says. llama.cpp knows more of some architectures than their files do (which
 * layers of Gemma 2 have a window, for one); of that nothing is claimed.
 * @param header the one that describes the model. @param tensors of all parts.
 */
export function describeArchitecture(
  shape: ModelShape,
  header: GgufHeader,
  tensors: readonly GgufTensor[],
): Architecture {
  const model = new ModelMetadata(header.metadata);
  const layers = tensorsOfLayers(shape.layers, tensors);
  const everywhere = new Set(layers.flatMap((roles) => [...roles]));
  const has = (name: string): boolean => everywhere.has(name);
  const layerKinds = layers.map((roles, layer) => kindOf(roles, layer, model, shape));
  const shared = model.count("expert_shared_count", MOST) ?? 0;
  const feedForward = model.counts("feed_forward_length", MOST);
  return {
    attention: attentionOf(shape, model, layerKinds),
    heads: shape.heads,
    headsKv: shape.headsKv,
    keyLength: shape.keyLength,
    valueLength: shape.valueLength,
    qkNorm: has("attn_q_norm.weight"),
    slidingWindow: shape.slidingWindow ?? null,
    layerKinds,
    expertLayers: layers.filter((roles) => [...roles].some((role) => /^ffn_.*_exps\./.test(role))).length,
    experts:
      shape.experts === undefined
        ? null
        : {
            ...shape.experts,
            shared,
            feedForwardLength: model.count("expert_feed_forward_length", MOST) ?? null,
          },
    feedForward:
      feedForward === undefined || feedForward.length === 0
        ? null
        : {
            least: feedForward.reduce((a, b) => Math.min(a, b)),
            most: feedForward.reduce((a, b) => Math.max(a, b)),
            // Some fuse gate and up into one tensor of twice the width.
            gated:
              has("ffn_gate.weight") || has("ffn_gate_exps.weight") || isFused(layers.length, tensors, feedForward),
          },
    rope: ropeOf(model),
    norm: normOf(model),
    postNorms: has("post_attention_norm.weight") || has("post_ffw_norm.weight"),
    tiedOutput: tensors.some(({ name }) => name === "token_embd.weight") && !tensors.some(isOutput),
  };
}

function isOutput({ name }: GgufTensor): boolean {
  return name === "output.weight";
}

/** For each layer, the names of its tensors within it, such as "attn_q.weight". */
function tensorsOfLayers(count: number, tensors: readonly GgufTensor[]): Set<string>[] {
  const layers = Array.from({ length: count }, () => new Set<string>());
  for (const { name } of tensors) {
    const layer = layerOf(name);
    if (layer !== undefined) layers[layer]?.add(roleOf(name));
  }
  return layers;
}

/** "blk.3.attn_q.weight" is an "attn_q.weight". */
export function roleOf(tensorName: string): string {
  return tensorName.replace(/^blk\.\d+\./, "");
}

function kindOf(
  roles: ReadonlySet<string>,
  layer: number,
  model: ModelMetadata,
  shape: ModelShape,
): Architecture["layerKinds"][number] {
  const names = [...roles];
  const hasAttention = names.some((name) => /^attn_(q|qkv|q_a|k|kv_a_mqa)\./.test(name));
  if (!hasAttention) return names.some((name) => /^(ssm_|time_mix_|shortconv)/.test(name)) ? "recurrent" : "other";
  if (names.includes("attn_qkv.weight") && names.some((name) => name.startsWith("ssm_"))) return "recurrent";
  if (shape.slidingWindow === undefined) return "full";
  const pattern = model.counts("attention.sliding_window_pattern", MOST);
  // One number: each layer of that count is a full one. One for each layer: 1 where it has a window.
  if (pattern?.length === 1) return (layer + 1) % Math.max(1, pattern[0] ?? 1) === 0 ? "full" : "sliding";
  const isWindowed = pattern?.[layer];
  return isWindowed === undefined ? "attention" : isWindowed === 0 ? "full" : "sliding";
}

function attentionOf(
  { heads, headsKv }: ModelShape,
  model: ModelMetadata,
  kinds: Architecture["layerKinds"],
): Architecture["attention"] {
  if (heads === 0 || (kinds.length > 0 && kinds.every((kind) => kind === "recurrent"))) return "none";
  if (model.count("attention.kv_lora_rank", MOST) !== undefined) return "latent";
  const perLayer = model.counts("attention.head_count_kv", MOST) ?? [];
  if (new Set(perLayer.filter((each) => each > 0)).size > 1) return "varied";
  if (headsKv === 1 && heads > 1) return "multi-query";
  return headsKv < heads ? "grouped-query" : "multi-head";
}

function isFused(layers: number, tensors: readonly GgufTensor[], feedForward: readonly number[]): boolean {
  const up = tensors.find(({ name }) => layers > 0 && roleOf(name) === "ffn_up.weight");
  return up?.dimensions[1] !== undefined && up.dimensions[1] === 2 * (feedForward[0] ?? 0);
}

function ropeOf(model: ModelMetadata): Architecture["rope"] {
  const rope = {
    dimensions: model.number("rope.dimension_count") ?? null,
    base: model.number("rope.freq_base") ?? null,
    scaling: model.text("rope.scaling.type") ?? null,
    factor: model.number("rope.scaling.factor") ?? model.number("rope.scale_linear") ?? null,
    originalContext: model.number("rope.scaling.original_context_length") ?? null,
  };
  return Object.values(rope).every((value) => value === null) ? null : rope;
}

function normOf(model: ModelMetadata): Architecture["norm"] {
  const rms = model.number("attention.layer_norm_rms_epsilon");
  if (rms !== undefined) return { kind: "RMSNorm", epsilon: rms };
  const layer = model.number("attention.layer_norm_epsilon");
  return layer === undefined ? null : { kind: "LayerNorm", epsilon: layer };
}
