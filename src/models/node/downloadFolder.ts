import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";
import { writeFileAtomic } from "../../platform/node/atomicFile";
import { type DownloadState, downloadStateSchema } from "../core/downloadState";

/** Half downloads lie in the models' own folder, so that a finished one only changes its name. Hidden: no model is in it. */
const NAME = ".paddock-downloads";
/** 1,000 files with all their ranges. */
const MOST_BYTES = 32 * 1024 * 1024;

const checksumsSchema = v.record(v.string(), v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)));

/** What a window asks of the one that downloads. */
export type DownloadOrder = "pause" | "cancel";

/** The files of half downloads: ID.json says how one stands, ID.N.part are its bytes, ID.lock says who downloads. */
export class DownloadFolder {
  readonly folder: string;

  /** @param models the models' own folder. */
  constructor(readonly models: string) {
    this.folder = path.join(models, NAME);
  }

  part(id: string, index: number): string {
    return path.join(this.folder, `${id}.${index}.part`);
  }

  lock(id: string): string {
    return path.join(this.folder, `${id}.lock`);
  }

  async make(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
  }

  async ids(): Promise<string[]> {
    const names = await readdir(this.folder).catch((): string[] => []);
    return names.flatMap((name) => /^([0-9a-f]{16})\.json$/.exec(name)?.[1] ?? []);
  }

  /** Undefined where there is none, or none that makes sense. */
  async read(id: string): Promise<DownloadState | undefined> {
    try {
      const file = this.state(id);
      if ((await stat(file)).size > MOST_BYTES) return undefined;
      const parsed = v.safeParse(downloadStateSchema, JSON.parse(await readFile(file, "utf8")));
      return parsed.success ? parsed.output : undefined;
    } catch {
      return undefined;
    }
  }

  /** @throws Node's own errors. */
  async write(id: string, state: DownloadState): Promise<void> {
    await writeFileAtomic(this.state(id), JSON.stringify(state));
  }

  /** Removes all of one download but its lock. */
  async remove(id: string): Promise<void> {
    const names = await readdir(this.folder).catch((): string[] => []);
    // The state goes last: a part without one would lie there for ever.
    const own = names.filter((name) => name.startsWith(`${id}.`) && /\.(?:part|pause|cancel|tmp|guard)$/.test(name));
    for (const name of [...own, `${id}.json`]) await rm(path.join(this.folder, name), { force: true });
  }

  async order(id: string, order: DownloadOrder): Promise<void> {
    await writeFile(path.join(this.folder, `${id}.${order}`), "");
  }

  /** What another window asked for since the last look. */
  async takeOrder(id: string): Promise<DownloadOrder | undefined> {
    for (const order of ["cancel", "pause"] as const) {
      const isTaken = await rm(path.join(this.folder, `${id}.${order}`)).then(
        () => true,
        () => false,
      );
      if (isTaken) return order;
    }
    return undefined;
  }

  /** Remembers the checksum that a file had when it arrived. @param target below the models' folder. */
  async keepChecksum(target: string, sha256: string): Promise<void> {
    await writeFileAtomic(this.checksums(), JSON.stringify({ ...(await this.readChecksums()), [target]: sha256 }));
  }

  /** SHA-256 that a file had when it arrived; undefined for one that was not downloaded, or was renamed since. */
  async checksumOf(file: string): Promise<string | undefined> {
    return (await this.readChecksums())[this.nameOf(file)];
  }

  /** A file has another name now, or is gone: what is said of its checksum goes with it. @throws Node's own errors. */
  async moveChecksum(from: string, to: string | undefined): Promise<void> {
    const sha256 = await this.checksumOf(from);
    if (sha256 === undefined) return;
    const { [this.nameOf(from)]: _, ...others } = await this.readChecksums();
    await writeFileAtomic(
      this.checksums(),
      JSON.stringify(to === undefined ? others : { ...others, [this.nameOf(to)]: sha256 }),
    );
  }

  /**
   * Everything of every half download. Models stay, and so does what their checksums are, of those that are still there.
   * @throws Node's own errors.
   */
  async erase(): Promise<void> {
    const kept: Record<string, string> = {};
    for (const [name, sha256] of Object.entries(await this.readChecksums())) {
      const isThere = await stat(path.join(this.models, ...name.split("/"))).then(
        (found) => found.isFile(),
        () => false,
      );
      if (isThere) kept[name] = sha256;
    }
    if (Object.keys(kept).length === 0) {
      await rm(this.folder, { recursive: true, force: true });
      return;
    }
    await writeFileAtomic(this.checksums(), JSON.stringify(kept));
    for (const name of await readdir(this.folder)) {
      const at = path.join(this.folder, name);
      if (at !== this.checksums()) await rm(at, { recursive: true, force: true });
    }
  }

  /** As the checksums name a file. */
  private nameOf(file: string): string {
    return path.relative(this.models, file).split(path.sep).join("/");
  }

  private checksums(): string {
    return path.join(this.folder, "checksums.json");
  }

  private async readChecksums(): Promise<Readonly<Record<string, string>>> {
    try {
      const parsed = v.safeParse(checksumsSchema, JSON.parse(await readFile(this.checksums(), "utf8")));
      return parsed.success ? parsed.output : {};
    } catch {
      return {};
    }
  }

  private state(id: string): string {
    return path.join(this.folder, `${id}.json`);
  }
}
