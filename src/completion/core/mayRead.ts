/** Why the gate keeps a file from the model. */
export type ReadRefusal =
  /** By its name, by where a link leads to, or by what is in it. */
  | "secret"
  /** By Git. */
  | "ignored"
  | "binary"
  | "tooLarge"
  /** It is gone, or its file system does not answer. */
  | "unreadable";

/**
 * The gate that a chat's context passes too, for what is shown to the model without anybody having chosen it. Rejects
 * only when the signal is aborted.
 */
export interface MayRead {
  /** By the path alone, nothing opened; cached, so that it can be asked at every key. */
  mayShow(uri: string, signal?: AbortSignal): Promise<"yes" | ReadRefusal>;
  /** By a text that is in the editor already, which should be all of its file: lines of a secret may say nothing. */
  mayShowText(text: string): "yes" | ReadRefusal;
  /** A file as it is on disk, opened only after `mayShow` was asked anew. */
  read(uri: string, signal?: AbortSignal): Promise<{ readonly text: string } | { readonly refusal: ReadRefusal }>;
}
