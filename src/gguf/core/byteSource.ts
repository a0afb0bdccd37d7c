/** Something whose bytes can be read by ranges: a file, or one on a server. */
export interface ByteSource {
  /** Bytes in all. */
  readonly size: number;
  /**
   * @returns the bytes from `offset` on, `length` of them or up to the end.
   * @throws PaddockError; what the signal was aborted with.
   */
  read(offset: number, length: number, signal: AbortSignal): Promise<Uint8Array>;
}
