/** Why an answer is not used. */
export const refusals = [
  /** No code, or no words, where some were asked for. */
  "empty",
  /** The answer is what was there already. */
  "unchanged",
  /** It ended before it was whole. */
  "cutOff",
  /** Says "the rest stays as it is" in place of code. */
  "elided",
  /** Repeats itself until it was stopped. */
  "repeats",
  /** What was selected is defined nowhere in it. */
  "lost",
  /** Not what the form asked for. */
  "malformed",
] as const;
export type AnswerRefusal = (typeof refusals)[number];

/** What came of an answer. */
export type FittedAnswer =
  | {
      readonly kind: "edit";
      /** Takes the place of the selection and of nothing else, with the file's indentation and line ends. */
      readonly replacement: string;
      /** The whole file as it would be. */
      readonly file: string;
      /** Imports that the code needs and the file does not have. They belong outside the selection: a person decides. */
      readonly imports: readonly string[];
    }
  | { readonly kind: "text"; readonly form: "prose"; readonly text: string }
  /** Code of its own: tests, a translation. */
  | { readonly kind: "text"; readonly form: "code"; readonly text: string; readonly languageId: string }
  /** Names for what is selected, the best first. */
  | { readonly kind: "text"; readonly form: "names"; readonly text: string; readonly names: readonly string[] }
  /** A commit message: a conventional header, and a body where there is one. */
  | { readonly kind: "text"; readonly form: "message"; readonly text: string; readonly header: string }
  | { readonly kind: "refused"; readonly why: AnswerRefusal };
