/**
 * The layouts of llama.cpp's parameter structures, written by hand from its headers. They belong to the versions named
 * here; whoever adds a version compares include/llama.h and ggml.h first. The quantizer refuses to run with any other.
 */
export const layoutVersions: readonly string[] = ["v0.4.0", "v0.5.0"];

export type FieldKind = "int32" | "uint32" | "float" | "bool" | "pointer" | "size";
export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  /** What llama.cpp's own function of defaults puts there. */
  readonly value: number;
}
type FieldRow = readonly [name: string, kind: FieldKind, value: number];

/** GGML_TYPE_COUNT: the type that stands for "as you think best". */
export const NO_TYPE = 43;

const fields = (rows: readonly FieldRow[]): readonly Field[] =>
  rows.map(([name, kind, value]) => ({ name, kind, value }));

/** struct llama_model_quantize_params. */
export const quantizeLayout = fields([
  ["nthread", "int32", 0],
  ["ftype", "int32", 7],
  ["output_tensor_type", "int32", NO_TYPE],
  ["token_embedding_type", "int32", NO_TYPE],
  ["allow_requantize", "bool", 0],
  ["quantize_output_tensor", "bool", 1],
  ["only_copy", "bool", 0],
  ["pure", "bool", 0],
  ["keep_split", "bool", 0],
  ["dry_run", "bool", 0],
  ["imatrix", "pointer", 0],
  ["kv_overrides", "pointer", 0],
  ["tt_overrides", "pointer", 0],
  ["prune_layers", "pointer", 0],
  ["max_buf_size", "size", 8 * 1024 ** 3],
]);

/** struct llama_model_params. */
export const modelLayout = fields([
  ["devices", "pointer", 0],
  ["tensor_buft_overrides", "pointer", 0],
  ["n_gpu_layers", "int32", -1],
  ["split_mode", "int32", 1],
  ["load_mode", "int32", -1],
  ["lazy_mode", "int32", 1],
  ["main_gpu", "int32", 0],
  ["tensor_split", "pointer", 0],
  ["progress_callback", "pointer", 0],
  ["progress_callback_user_data", "pointer", 0],
  ["kv_overrides", "pointer", 0],
  ["vocab_only", "bool", 0],
  ["check_tensors", "bool", 0],
  ["use_extra_bufts", "bool", 1],
  ["no_host", "bool", 0],
  ["no_alloc", "bool", 0],
  ["load_mtp", "bool", 0],
]);

/** struct llama_context_params. */
export const contextLayout = fields([
  ["n_ctx", "uint32", 512],
  ["n_batch", "uint32", 2048],
  ["n_ubatch", "uint32", 512],
  ["n_seq_max", "uint32", 1],
  ["n_rs_seq", "uint32", 0],
  ["n_outputs_max", "uint32", 0],
  ["n_outputs_max_per_seq", "uint32", 1],
  ["n_threads", "int32", 4],
  ["n_threads_batch", "int32", 4],
  ["ctx_type", "int32", 0],
  ["rope_scaling_type", "int32", -1],
  ["pooling_type", "int32", -1],
  ["attention_type", "int32", -1],
  ["flash_attn_type", "int32", -1],
  ["rope_freq_base", "float", 0],
  ["rope_freq_scale", "float", 0],
  ["yarn_ext_factor", "float", -1],
  ["yarn_attn_factor", "float", -1],
  ["yarn_beta_fast", "float", -1],
  ["yarn_beta_slow", "float", -1],
  ["yarn_orig_ctx", "uint32", 0],
  ["defrag_thold", "float", -1],
  ["cb_eval", "pointer", 0],
  ["cb_eval_user_data", "pointer", 0],
  ["type_k", "int32", 1],
  ["type_v", "int32", 1],
  ["abort_callback", "pointer", 0],
  ["abort_callback_data", "pointer", 0],
  ["embeddings", "bool", 0],
  ["offload_kqv", "bool", 1],
  ["no_perf", "bool", 1],
  ["op_offload", "bool", 1],
  ["swa_full", "bool", 1],
  ["kv_unified", "bool", 0],
  ["samplers", "pointer", 0],
  ["n_samplers", "size", 0],
  ["ctx_other", "pointer", 0],
]);

/** Bytes from the beginning of struct ggml_tensor to what an importance matrix is computed from. */
export const tensorOffsets = { type: 0, ne: 16, nb: 48, src: 152 } as const;
/** ggml_tensor_overhead(): the tensor and the object that holds it. */
export const TENSOR_OVERHEAD = 368;

const sizes: Readonly<Record<FieldKind, number>> = { int32: 4, uint32: 4, float: 4, bool: 1, pointer: 8, size: 8 };

export interface DefaultBytes {
  readonly bytes: Uint8Array;
  /** Whether a byte belongs to a field; the others lie between fields, and anything may stand there. */
  readonly counts: readonly boolean[];
}

/** A structure with its defaults as a 64-bit little-endian machine lays it out. */
export function defaultBytes(layout: readonly Field[]): DefaultBytes {
  const total = padded(
    layout.reduce((offset, { kind }) => padded(offset, sizes[kind]) + sizes[kind], 0),
    8,
  );
  const bytes = new Uint8Array(total);
  const counts = Array.from({ length: total }, () => false);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const { kind, value } of layout) {
    const size = sizes[kind];
    offset = padded(offset, size);
    counts.fill(true, offset, offset + size);
    if (kind === "float") view.setFloat32(offset, value, true);
    else if (kind === "bool") view.setUint8(offset, value);
    else if (size === 8) view.setBigUint64(offset, BigInt(value), true);
    else view.setInt32(offset, value, true);
    offset += size;
  }
  return { bytes, counts };
}

/** The first field whose bytes are not its default's; undefined: all are as they should be. */
export function firstDifference(layout: readonly Field[], found: Uint8Array): string | undefined {
  const { bytes, counts } = defaultBytes(layout);
  let offset = 0;
  for (const { name, kind } of layout) {
    offset = padded(offset, sizes[kind]);
    for (let at = offset; at < offset + sizes[kind]; at++)
      if (counts[at] === true && bytes[at] !== found[at]) return name;
    offset += sizes[kind];
  }
  return undefined;
}

function padded(offset: number, to: number): number {
  return Math.ceil(offset / to) * to;
}
