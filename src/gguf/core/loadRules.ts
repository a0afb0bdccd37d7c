import { knownArchitectures } from "./architectures";
import { notAModel } from "./fileProblem";
import { GgufError, type GgufHeader, type GgufTensor } from "./ggufHeader";
import { ModelMetadata, orderParts } from "./modelMetadata";
import type { ModelShape } from "./modelShape";

interface Facts {
  readonly header: GgufHeader;
  readonly model: ModelMetadata;
  readonly shape: ModelShape;
  /** Of all parts. */
  readonly tensors: readonly GgufTensor[];
}

/** llama_rope_scaling_type_from_string of llama.cpp v0.5.0. */
const ropeScalings: ReadonlySet<string> = new Set(["none", "linear", "yarn", "longrope"]);
/** Of counts that only have to be compared. */
const MOST = 0xffff_ffff;

/**
 * Refuses what llama.cpp v0.5.0 ends its process at, by an assertion or an exception that nobody catches, instead of
 * refusing it itself: widths of nothing for tensors that are there, counts of experts that do not fit each other, and
 * vocabularies in which a text stands twice or a byte has no token. Files that no model is loaded from are left
 * alone.
 * @param headers of all parts of one model. @param shape what modelShape makes of them.
 * @throws GgufError damaged
 */
export function checkAssertions(headers: readonly GgufHeader[], shape: ModelShape): void {
  const { first: header, parts } = orderParts(headers);
  const tensors = parts.flatMap((part) => part.tensors);
  if (tensors.length === 0 || notAModel(header.metadata) !== undefined) return;
  const facts: Facts = { header, model: new ModelMetadata(header.metadata), shape, tensors };
  // The rules are of architectures that are known.
  if (!knownArchitectures.has(shape.architecture)) return;
  checkWidths(facts);
  checkExperts(facts);
  checkRope(facts);
  checkVocabulary(facts);
}

function checkWidths({ model, shape, tensors }: Facts): void {
  const has = (name: RegExp): boolean => tensors.some((tensor) => name.test(tensor.name));
  for (const key of ["block_count", "embedding_length"])
    if (model.count(key, MOST) === 0) throw damaged(model, key, "is 0, which cannot be");
  if ((model.count("nextn_predict_layers", MOST) ?? 0) > shape.layers)
    throw damaged(model, "nextn_predict_layers", "is more than it has layers");
  if ((shape.feedForwardLength ?? 0) === 0 && has(/^blk\.\d+\.ffn_(up|gate|down)\.weight$/))
    throw damaged(model, "feed_forward_length", "does not say how wide its feed-forward is");
  if (!has(/^blk\.\d+\.attn_(q|qkv|output)\.weight$/)) return;
  if (shape.heads === 0) throw damaged(model, "attention.head_count", "does not say how many heads its attention has");
  if (shape.headsKv === 0 && has(/^blk\.\d+\.attn_(k|v)\.weight$/))
    throw damaged(model, "attention.head_count_kv", "is 0, which cannot be");
  if (shape.keyLength === 0 || shape.valueLength === 0)
    throw new GgufError("damaged", `${shape.heads} heads do not fit a width of ${shape.embeddingLength}`);
}

function checkRope({ header, model }: Facts): void {
  const scaling = header.metadata.get(`${model.architecture}.rope.scaling.type`);
  if (typeof scaling === "string" && !ropeScalings.has(scaling))
    throw damaged(model, "rope.scaling.type", "is none that there is");
}

function checkExperts({ model, shape }: Facts): void {
  // llama.cpp forgets a single expert of these itself.
  if (model.architecture.startsWith("hunyuan")) return;
  const total = shape.experts?.total ?? 0;
  const groups = model.count("expert_group_count", MOST) ?? 0;
  const usedGroups = model.count("expert_group_used_count", MOST) ?? 0;
  if (total > 0 && shape.experts?.used === 0) throw damaged(model, "expert_used_count", "is 0, which cannot be");
  const fits =
    total === 0
      ? groups === 0
      : groups < total && (groups <= 1 || (total % groups === 0 && usedGroups > 0 && usedGroups < groups));
  if (!fits) throw damaged(model, "expert_group_count", `does not fit ${total} experts`);
}

function checkVocabulary({ header, shape, tensors }: Facts): void {
  if (shape.vocabularySize === 0 && tensors.some(({ name }) => name === "token_embd.weight"))
    throw new GgufError("damaged", "its vocabulary is empty");
  const { vocabulary } = header;
  if (vocabulary === undefined) return;
  if (vocabulary.repeated !== undefined)
    throw new GgufError("damaged", `the text of token ${vocabulary.repeated} stands twice in its vocabulary`);
  // SentencePiece's: what no token stands for is spelled byte by byte. A vocabulary that has no bytes at all is another
  // matter: it was made so, and only what it cannot spell is a problem.
  const { byteTokens, missingByte } = vocabulary;
  if (header.metadata.get("tokenizer.ggml.model") !== "llama" || byteTokens === 0 || missingByte === undefined) return;
  const name = missingByte.toString(16).toUpperCase().padStart(2, "0");
  throw new GgufError("damaged", `its vocabulary has no token for the byte 0x${name}`);
}

function damaged({ architecture }: ModelMetadata, key: string, what: string): GgufError {
  return new GgufError("damaged", `${architecture}.${key} ${what}`);
}
