/** What a model can be quantized to, named as llama-quantize names it. */
export interface QuantType {
  readonly name: string;
  /** llama.cpp's number of the file type (llama.h, enum llama_ftype). */
  readonly fileType: number;
  /** The tensor type that most weights get (ggml's number); others follow llama.cpp's mixture. */
  readonly tensorType: number;
  /**
   * It cannot be made without an importance matrix: some of its weights get a type of so few bits that llama.cpp refuses
   * to guess what matters.
   */
  readonly needsImatrix: boolean;
  /** Made for models of one kind only, and of no use for others. */
  readonly onlyFor: "ternary" | "experts" | undefined;
}

/** Few bits first. What llama-quantize offers, but for its aliases and COPY. */
export const quantTypes: readonly QuantType[] = (
  [
    ["Q1_0", 40, 41, false],
    ["IQ1_S", 24, 19, true],
    ["TQ1_0", 36, 34, false, "ternary"],
    ["IQ1_M", 31, 29, true],
    ["TQ2_0", 37, 35, false, "ternary"],
    ["IQ2_XXS", 19, 16, true],
    ["IQ2_XS", 20, 17, true],
    ["Q2_0", 41, 42, false],
    ["IQ2_S", 28, 17, true],
    ["IQ2_M", 29, 22, true],
    ["Q2_K_S", 21, 10, true],
    ["Q2_K", 10, 10, false],
    ["IQ3_XXS", 23, 18, true],
    ["IQ3_XS", 22, 21, true],
    ["Q3_K_S", 11, 11, false],
    ["IQ3_S", 26, 21, false],
    ["IQ3_M", 27, 21, false],
    ["Q3_K_M", 12, 11, false],
    ["Q3_K_L", 13, 11, false],
    ["IQ4_XS", 30, 23, false],
    ["MXFP4_MOE", 38, 39, false, "experts"],
    ["Q4_0", 2, 2, false],
    ["IQ4_NL", 25, 20, false],
    ["Q4_K_S", 14, 12, false],
    ["Q4_K_M", 15, 12, false],
    ["Q4_1", 3, 3, false],
    ["Q5_0", 8, 6, false],
    ["Q5_K_S", 16, 13, false],
    ["Q5_K_M", 17, 13, false],
    ["Q5_1", 9, 7, false],
    ["Q6_K", 18, 14, false],
    ["Q8_0", 7, 8, false],
    ["BF16", 32, 30, false],
    ["F16", 1, 1, false],
    ["F32", 0, 0, false],
  ] as const
).map(([name, fileType, tensorType, needsImatrix, onlyFor]) => ({
  name,
  fileType,
  tensorType,
  needsImatrix,
  onlyFor,
}));

/** By its name, in any case; undefined for a name that llama-quantize does not know. */
export function quantTypeOf(name: string): QuantType | undefined {
  const wanted = name.toUpperCase();
  return quantTypes.find((type) => type.name === wanted);
}

/** F32, F16, F64 and BF16: what a model is quantized from without loss upon loss. */
const unquantized: ReadonlySet<number> = new Set([0, 1, 28, 30]);

export function isQuantized(tensorType: number): boolean {
  return !unquantized.has(tensorType);
}

/** A name for the result beside its source: what names a quantization at the end of the source's name is replaced. */
export function targetName(sourceName: string, type: QuantType): string {
  const base = sourceName
    .replace(/\.gguf$/i, "")
    .replace(/-\d{5}-of-\d{5}$/, "")
    .replace(
      /[-._](?:U?D-)?(?:i1-)?(?:IQ\d_[A-Z]+|T?Q\d_[A-Z\d]+(?:_[A-Z]+)?|MXFP4(?:_MOE)?|BF16|F16|F32|FP16|FP32)$/i,
      "",
    );
  return `${base === "" ? "model" : base}.${type.name}.gguf`;
}
