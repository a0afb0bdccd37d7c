import { randomUUID } from "node:crypto";
import * as v from "valibot";
import type { StoreFiles } from "./storeFiles";

const epochSchema = v.object({ version: v.literal(1), epoch: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,64}$/)) });
const maxBytes = 1000;

/**
 * A file that says when the person last deleted all data, by a random name and nothing else. A window that knows
 * another name than the file's has missed it: a conversation that is gone then was deleted, while one that is gone under
 * the same name vanished by accident and is written anew from memory.
 */
export class Epoch {
  private known: string | null = null;

  constructor(
    readonly path: string,
    private readonly files: StoreFiles,
  ) {}

  /** Null: nothing was ever deleted as a whole. */
  get current(): string | null {
    return this.known;
  }

  async start(): Promise<void> {
    this.known = await this.read();
  }

  /** True once after all data was deleted elsewhere. A file that can't be read says nothing. */
  async hasPassed(): Promise<boolean> {
    const now = await this.read();
    if (now === null || now === this.known) return false;
    this.known = now;
    return true;
  }

  /** @throws Node's error */
  async begin(): Promise<void> {
    const epoch = randomUUID();
    await this.files.replace(this.path, JSON.stringify({ version: 1, epoch }));
    this.known = epoch;
  }

  private async read(): Promise<string | null> {
    try {
      if ((await this.files.facts(this.path)).size > maxBytes) return null;
      const chunks: Buffer[] = [];
      await this.files.read(this.path, 0, (chunk) => chunks.push(Buffer.from(chunk)));
      return v.parse(epochSchema, JSON.parse(Buffer.concat(chunks).toString("utf8"))).epoch;
    } catch {
      return null;
    }
  }
}
