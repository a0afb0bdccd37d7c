import { ggmlTypes } from "../../gguf/core/ggmlTypes";
import { PaddockError } from "../../platform/core/errors";

/** Tensors whose name matches get this type, whatever the mixture says. The first that matches counts. */
export interface TensorOverride {
  /** An ECMAScript regular expression, found anywhere in a tensor's name. */
  readonly pattern: string;
  /** ggml's number. */
  readonly type: number;
}

const MAX_OVERRIDES = 256;
const MAX_PATTERN = 200;
/** What C++'s regular expressions lack of JavaScript's: look-behind and named groups, \p, \k. */
const notInCpp = /\(\?<|\\[pPk]/;
/** Intermediate types, which no file holds, and types that are no weights. */
const noTarget = /^(Q8_1|Q8_K|I8|I16|I32|I64|F64|NVFP4)$/;

/** A tensor type by its name, in any case; undefined where llama.cpp makes none of that name. */
export function tensorTypeOf(name: string): number | undefined {
  const wanted = name.trim().toUpperCase();
  if (noTarget.test(wanted)) return undefined;
  for (const [type, known] of ggmlTypes) if (known.name.toUpperCase() === wanted) return type;
  return undefined;
}

/**
 * A list as llama-quantize's --tensor-type-file takes it: PATTERN=TYPE, parted by spaces, commas or lines. As there,
 * patterns are taken in lower case.
 * @throws PaddockError quantizer/failed, saying which entry is wrong.
 */
export function parseOverrides(text: string): TensorOverride[] {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== "");
  if (entries.length > MAX_OVERRIDES) throw wrong(`there are ${entries.length} of them, of ${MAX_OVERRIDES} at most`);
  return entries.map((entry) => {
    const split = entry.lastIndexOf("=");
    if (split < 1) throw wrong(`${JSON.stringify(entry.slice(0, 80))} is not PATTERN=TYPE`);
    const type = tensorTypeOf(entry.slice(split + 1));
    if (type === undefined)
      throw wrong(`${JSON.stringify(entry.slice(split + 1, split + 40))} is no tensor type that can be made`);
    return { pattern: checkedPattern(entry.slice(0, split).toLowerCase()), type };
  });
}

function checkedPattern(pattern: string): string {
  const shown = JSON.stringify(pattern.slice(0, 80));
  if (pattern.length > MAX_PATTERN) throw wrong(`${shown} is longer than ${MAX_PATTERN} characters`);
  if (notInCpp.test(pattern)) throw wrong(`${shown} uses what llama.cpp's regular expressions do not have`);
  try {
    new RegExp(pattern);
  } catch {
    throw wrong(`${shown} is not a regular expression`);
  }
  return pattern;
}

function wrong(what: string): PaddockError {
  return new PaddockError("quantizer/failed", `The list of tensor types is wrong: ${what}.`, {
    remedy: "Write it as PATTERN=TYPE, such as ffn_down=q6_k attn_v=q8_0.",
  });
}
