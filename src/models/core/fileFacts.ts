import * as v from "valibot";
import { hasTools } from "../../engine/core/templateTools";
import type { GgufHeader, GgufValue } from "../../gguf/core/ggufHeader";
import { checkAssertions } from "../../gguf/core/loadRules";
import { modelShape } from "../../gguf/core/modelShape";

/** What a GGUF file is for, by what it says of itself. */
const kinds = ["model", "embedding", "projector", "importance-matrix", "adapter"] as const;
export type FileKind = (typeof kinds)[number];

const count = v.pipe(v.number(), v.minValue(0));
const text = v.optional(v.pipe(v.string(), v.maxLength(1000)));

/** What is shown of a file without opening it again; kept between sessions. Texts are the file's own: untrusted. */
export const fileFactsSchema = v.object({
  kind: v.picklist(kinds),
  /** It can make embeddings; some models that write can, too. */
  embeds: v.boolean(),
  /** Its chat template has tools. */
  tools: v.boolean(),
  title: text,
  architecture: text,
  license: text,
  /** By the tensor list: "Q4_K - Medium" where the file's own word agrees with its tensors, else their main type. */
  quantization: text,
  /** Shares of all bytes, the largest first. */
  types: v.array(v.object({ name: v.string(), share: v.number() })),
  hasImportanceMatrix: v.boolean(),
  bitsPerWeight: count,
  parameters: count,
  /** Tokens; 0 where the file does not say. */
  trainContextSize: count,
});
export type FileFacts = v.InferOutput<typeof fileFactsSchema>;

/** Architectures that embed and do not write (llama.cpp's LLM_ARCH_BERT and its kin). */
const encoders = /bert|^t5encoder$|^gemma-embedding$/;
/** llama.cpp's enum llama_pooling_type: mean, cls and last give a vector; 0 is none, 4 a rank. */
const vectorPoolings: readonly GgufValue[] = [1, 2, 3];
const MAX_TEXT = 1000;

/**
 * @param headers of all parts of one model, the first part's first.
 * @throws GgufError for a model whose metadata makes no sense.
 */
export function factsOf(headers: readonly GgufHeader[]): FileFacts {
  const metadata = headers[0]?.metadata ?? new Map<string, GgufValue>();
  const said = (key: string): string | undefined => {
    const value = metadata.get(key);
    return typeof value === "string" && value !== "" ? value.slice(0, MAX_TEXT) : undefined;
  };
  const kind = kindOf(said);
  const architecture = said("general.architecture");
  const shared = { kind, title: said("general.name"), architecture, license: said("general.license") };
  if (kind !== "model" && kind !== "embedding") {
    return {
      ...shared,
      embeds: false,
      tools: false,
      quantization: undefined,
      types: [],
      hasImportanceMatrix: false,
      bitsPerWeight: 0,
      parameters: 0,
      trainContextSize: 0,
    };
  }
  const shape = modelShape(headers);
  const template = metadata.get("tokenizer.chat_template");
  checkAssertions(headers, shape);
  return {
    ...shared,
    embeds: kind === "embedding" || vectorPoolings.includes(metadata.get(`${architecture ?? ""}.pooling_type`) ?? 0),
    tools: hasTools(template),
    quantization: quantizationOf(shape),
    types: shape.types.map(({ name, bytes }) => ({
      name,
      share: shape.tensorBytes === 0 ? 0 : bytes / shape.tensorBytes,
    })),
    hasImportanceMatrix: shape.hasImportanceMatrix,
    bitsPerWeight: shape.bitsPerWeight,
    parameters: shape.parameters,
    trainContextSize: shape.trainContextSize,
  };
}

function kindOf(said: (key: string) => string | undefined): FileKind {
  const type = said("general.type");
  const architecture = said("general.architecture");
  if (type === "mmproj" || architecture === "clip") return "projector";
  if (type === "imatrix") return "importance-matrix";
  if (type === "adapter" || said("adapter.type") !== undefined || architecture === "controlvector") return "adapter";
  return architecture !== undefined && encoders.test(architecture) ? "embedding" : "model";
}

/**
 * The name by which people choose, such as Q4_K - Medium, says more than the main type, but it is only a word in the
 * file: where the tensors are of another family, their main type is what is true. IQ mixes are named by their size, and
 * their tensors are of any type of that size.
 */
function quantizationOf({ fileType, types }: ReturnType<typeof modelShape>): string | undefined {
  const [main] = types;
  if (main === undefined || fileType === undefined) return main?.name ?? fileType;
  const size = /^IQ\d_/.exec(fileType)?.[0];
  const agrees = types.some(
    ({ name }) => fileType.split(" ").includes(name) || (size !== undefined && name.startsWith(size)),
  );
  return agrees ? fileType : main.name;
}
