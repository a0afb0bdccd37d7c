import * as v from "valibot";
import { quantizeOptionsSchema } from "./protocol";
import { type QuantType, quantTypeOf } from "./quantTypes";

const file = v.pipe(v.string(), v.minLength(1), v.maxLength(32_768));

/** What the commands may be given by another command; what is missing is asked for. Settings and links cannot reach it. */
export const quantizeJobSchema = v.object({
  /** The full path of a model's file, or of its first part. */
  source: v.optional(file),
  /** By llama-quantize's names. */
  types: v.optional(
    v.pipe(
      v.array(
        v.pipe(
          v.string(),
          v.check((name) => quantTypeOf(name) !== undefined, "is no type"),
        ),
      ),
      v.minLength(1),
      v.maxLength(64),
    ),
  ),
  /** Where the results go; the source's folder where it is missing. */
  folder: v.optional(file),
  /** A file, or one computed from the workspace's text; none where it is missing and types are given. */
  imatrix: v.optional(v.union([v.object({ file }), v.literal("workspace")])),
  options: v.optional(quantizeOptionsSchema),
});
export type GivenJob = v.InferOutput<typeof quantizeJobSchema>;

/** A job with nothing left to ask. */
export interface QuantizeJob {
  readonly types: readonly QuantType[];
  readonly imatrix: ImatrixChoice;
  /** Full paths of the results, by type. */
  readonly targets: ReadonlyMap<QuantType, string>;
  /** Of types whose file is there already: replace it, or keep it as it is. */
  readonly overwrite: boolean;
}

export type ImatrixChoice = "none" | "workspace" | { readonly file: string };
