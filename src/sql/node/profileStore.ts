import { mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";
import { PaddockError } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import { writeFileAtomic } from "../../platform/node/atomicFile";
import { withFileLock } from "../../platform/node/fileLock";
import { errnoOf, toStorageError } from "../../platform/node/storageError";
import type { ConnectionProfile } from "../core/connection";
import { parseProfile } from "../core/profileSchema";

const fileSchema = v.object({ version: v.literal(1), profiles: v.array(v.unknown()) });
const mostProfiles = 500;
/** Five hundred connections with notes on each column of large schemas; more was not written by us. */
const maxBytes = 32 * 1024 * 1024;

interface Kept {
  readonly profiles: readonly ConnectionProfile[];
  /** What this version does not understand is written back as it was. */
  readonly others: readonly unknown[];
}
const nothing: Kept = { profiles: [], others: [] };

/** The connections that a person keeps, in one file; windows that write it at once wait for each other. No password is ever in it. */
export class ProfileStore {
  private kept: Kept = nothing;
  private tail: Promise<unknown> = Promise.resolve();

  constructor(
    readonly file: string,
    private readonly log: Logger,
  ) {}

  /** As they were last read or written. */
  get profiles(): readonly ConnectionProfile[] {
    return this.kept.profiles;
  }

  /**
   * Reads what other windows wrote. Never rejects: what cannot be read is as it was.
   * @returns the ids of what they changed, added or removed.
   */
  async refresh(): Promise<readonly string[]> {
    try {
      return await this.inTurn(async () => {
        // Compared within the turn: what this window writes before or after it is none of theirs.
        const before = textById(this.kept);
        this.kept = await this.read();
        const after = textById(this.kept);
        return [...new Set([...before.keys(), ...after.keys()])].filter((id) => before.get(id) !== after.get(id));
      });
    } catch (error) {
      this.log.warn(`The kept connections could not be read: ${String(error)}`);
      return [];
    }
  }

  /** Puts a connection in the place of the one of its id, or after the others. @throws PaddockError storage/* */
  async save(profile: ConnectionProfile): Promise<void> {
    await this.change((profiles) =>
      profiles.some(({ id }) => id === profile.id)
        ? profiles.map((one) => (one.id === profile.id ? profile : one))
        : [...profiles, profile],
    );
  }

  /** Changes a connection as it is on disk. @returns it; undefined: it is gone. @throws PaddockError storage/* */
  async update(
    id: string,
    make: (profile: ConnectionProfile) => ConnectionProfile,
  ): Promise<ConnectionProfile | undefined> {
    await this.change((profiles) => profiles.map((one) => (one.id === id ? make(one) : one)));
    return this.profiles.find((one) => one.id === id);
  }

  /** @throws PaddockError storage/* */
  async remove(id: string): Promise<void> {
    await this.change((profiles) => profiles.filter((one) => one.id !== id));
  }

  /** Forgets all of them. @throws PaddockError storage/* */
  async erase(): Promise<void> {
    await this.inTurn(async () => {
      try {
        await rm(this.file, { force: true });
      } catch (error) {
        throw toStorageError(error);
      }
      this.kept = nothing;
    });
  }

  private change(make: (profiles: readonly ConnectionProfile[]) => readonly ConnectionProfile[]): Promise<void> {
    return this.inTurn(async () => {
      try {
        await mkdir(path.dirname(this.file), { recursive: true });
        await withFileLock(`${this.file}.lock`, () => this.rewrite(make));
      } catch (error) {
        throw toStorageError(error);
      }
    });
  }

  private async rewrite(make: (profiles: readonly ConnectionProfile[]) => readonly ConnectionProfile[]): Promise<void> {
    // Another window may have written meanwhile.
    const { profiles, others } = await this.read();
    const next = { profiles: make(profiles), others };
    if (next.profiles.length > mostProfiles && next.profiles.length > profiles.length) {
      throw new PaddockError("unsupported", `There are ${mostProfiles} connections already.`, {
        remedy: "Remove one first.",
      });
    }
    const rows = { version: 1, profiles: [...next.profiles, ...others] };
    await writeFileAtomic(this.file, JSON.stringify(rows, undefined, 2), 0o600);
    this.kept = next;
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.tail.then(work);
    this.tail = turn.catch(() => undefined);
    return turn;
  }

  private async read(): Promise<Kept> {
    let text: string;
    try {
      text = (await stat(this.file)).size > maxBytes ? "too large" : await readFile(this.file, "utf8");
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return nothing;
      throw toStorageError(error);
    }
    try {
      const { profiles: rows } = v.parse(fileSchema, JSON.parse(text));
      const profiles: ConnectionProfile[] = [];
      const others: unknown[] = [];
      for (const row of rows) {
        const profile = parseProfile(row);
        if (profile === undefined || profiles.some(({ id }) => id === profile.id)) others.push(row);
        else profiles.push(profile);
      }
      return { profiles, others };
    } catch (error) {
      const aside = `${this.file}.damaged-${Date.now()}`;
      this.log.warn(`The kept connections are damaged and were set aside as ${aside}: ${String(error)}`);
      // Where it cannot be set aside, nothing is written over it.
      await rename(this.file, aside).catch((failed: unknown) => {
        throw toStorageError(failed);
      });
      return nothing;
    }
  }
}

function textById({ profiles }: Kept): ReadonlyMap<string, string> {
  return new Map(profiles.map((profile) => [profile.id, JSON.stringify(profile)]));
}
