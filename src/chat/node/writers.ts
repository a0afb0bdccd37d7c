import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import * as path from "node:path";
import * as v from "valibot";
import { Emitter } from "../../platform/core/event";
import type { StoreFiles } from "./storeFiles";

const heartbeatMs = 5_000;
/** Six beats missed: its process may exist, but it is another one that got the number, or it hangs. */
const staleMs = 30_000;
const forgetMs = 24 * 60 * 60 * 1000;

const factsSchema = v.object({ pid: v.pipe(v.number(), v.integer(), v.minValue(1)), host: v.string() });

/**
 * Who may be writing: each window that uses the storage keeps a small file with its process id and touches it every
 * few seconds. A writer lives while its file is fresh and, on this machine, its process exists; so the death of a
 * killed window is seen at once, and a process id used again by another program is seen through.
 */
export class Writers {
  readonly own = randomBytes(4).toString("hex");
  private readonly changes = new Emitter<void>();
  /** Raised when some writer has come or gone. */
  readonly onDidChange = this.changes.event;
  private live = new Set<string>();
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly folder: string,
    private readonly files: StoreFiles,
  ) {}

  /** Rejects when the folder can't be written; the beat goes on and tries again. */
  async start(): Promise<void> {
    this.timer ??= setInterval(() => void this.beat().catch(() => undefined), heartbeatMs);
    this.timer.unref();
    await this.beat();
  }

  isLive(writer: string): boolean {
    return writer === this.own || this.live.has(writer);
  }

  /** Looks again who lives. */
  async refresh(): Promise<void> {
    const live = new Set<string>();
    const names = await this.files.names(this.folder).catch((): string[] => []);
    for (const name of names) {
      const writer = /^([a-z0-9]{4,32})\.json$/.exec(name)?.[1];
      if (writer !== undefined && writer !== this.own && (await this.check(writer))) live.add(writer);
    }
    const changed = live.size !== this.live.size || [...live].some((writer) => !this.live.has(writer));
    this.live = live;
    if (changed) this.changes.fire();
  }

  async dispose(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    this.changes.dispose();
    await this.files.remove(this.file(this.own)).catch(() => undefined);
  }

  private async beat(): Promise<void> {
    try {
      await this.files.touch(this.file(this.own));
    } catch {
      await this.files.makeFolder(this.folder);
      await this.files.replace(this.file(this.own), JSON.stringify({ pid: process.pid, host: hostname() }));
    }
    await this.refresh();
  }

  private async check(writer: string): Promise<boolean> {
    const file = this.file(writer);
    try {
      const { mtimeMs, size } = await this.files.facts(file);
      const age = Date.now() - mtimeMs;
      if (age > forgetMs) await this.files.remove(file);
      if (age > staleMs || size > 1000) return false;
      const chunks: Buffer[] = [];
      await this.files.read(file, 0, (chunk) => chunks.push(Buffer.from(chunk)));
      const facts = v.parse(factsSchema, JSON.parse(Buffer.concat(chunks).toString("utf8")));
      return facts.host !== hostname() || processExists(facts.pid);
    } catch {
      return false;
    }
  }

  private file(writer: string): string {
    return path.join(this.folder, `${writer}.json`);
  }
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
