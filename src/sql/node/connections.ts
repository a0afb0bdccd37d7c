import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { cancelled, isCancellation, PaddockError, toPaddockError } from "../../platform/core/errors";
import { Emitter } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import type { Asker } from "../core/asking";
import type { ConnectionProfile } from "../core/connection";
import type { OpenDatabase } from "../core/database";
import type { DatabaseSchema } from "../core/schema";
import type { ProfileStore } from "./profileStore";
import { withTrouble } from "./withTrouble";

/** An open database with all that is needed to ask it. Another schema or other notes make another one. */
export interface Connected {
  readonly profile: ConnectionProfile;
  readonly database: OpenDatabase;
  readonly schema: DatabaseSchema;
  readonly asker: Asker;
}

export type ConnectionState =
  | { readonly status: "closed" }
  | { readonly status: "connecting" }
  | { readonly status: "open"; readonly connected: Connected }
  | { readonly status: "failed"; readonly error: PaddockError };

/** Where connections are kept: in this workspace's storage or in that of all. */
export type ProfileScope = "workspace" | "everywhere";

export interface ConnectionsDeps {
  readonly stores: Readonly<Record<ProfileScope, ProfileStore | undefined>>;
  readonly passwords: {
    get(id: string): Promise<string | undefined>;
    /** Undefined takes it away. */
    set(id: string, password: string | undefined): Promise<void>;
  };
  /** Asks the person after a server refused what was known. @returns undefined: they gave up. */
  readonly askPassword: (
    profile: ConnectionProfile,
    isKnown: boolean,
  ) => Promise<{ readonly password: string; readonly keep: boolean } | undefined>;
  /** Throws where the workspace is not trusted. */
  readonly checkTrust: () => void;
  readonly open: (
    profile: ConnectionProfile,
    password: string | undefined,
    signal: AbortSignal,
  ) => Promise<OpenDatabase>;
  readonly createAsker: (profile: ConnectionProfile, database: OpenDatabase, schema: DatabaseSchema) => Asker;
  readonly log: Logger;
}

interface Opening {
  /** By whose words it is opened. */
  readonly profile: ConnectionProfile;
  readonly abort: AbortController;
  readonly done: Promise<Connected>;
  waiting: number;
}

const mostPasswords = 3;

/** The connections that a person keeps, and which of them are open. */
export class Connections implements Disposable {
  private readonly subscriptions = new DisposableStore();
  private readonly changes = this.subscriptions.add(new Emitter<string>());
  /** The id of a connection that was changed, opened, closed or removed. */
  readonly onDidChange = this.changes.event;
  private readonly states = new Map<string, ConnectionState>();
  private readonly opening = new Map<string, Opening>();
  /** Passwords that the person gave for this session alone. */
  private readonly given = new Map<string, string>();

  constructor(private readonly deps: ConnectionsDeps) {}

  /** Those of the workspace first. */
  list(): readonly ConnectionProfile[] {
    return this.stores().flatMap((store) => store.profiles);
  }

  get(id: string): ConnectionProfile | undefined {
    return this.list().find((profile) => profile.id === id);
  }

  scopeOf(id: string): ProfileScope {
    return this.deps.stores.workspace?.profiles.some((profile) => profile.id === id) === true
      ? "workspace"
      : "everywhere";
  }

  state(id: string): ConnectionState {
    return this.states.get(id) ?? { status: "closed" };
  }

  /** What is open of it, without opening anything. */
  connected(id: string): Connected | undefined {
    const state = this.state(id);
    return state.status === "open" ? state.connected : undefined;
  }

  /** Reads what other windows wrote. Never rejects. */
  async refresh(): Promise<void> {
    const changed = await Promise.all(this.stores().map((store) => store.refresh()));
    for (const id of new Set(changed.flat())) await this.follow(id);
  }

  /**
   * Opens the database, or gives the one that is open.
   * @throws PaddockError sql/*, storage/*; `cancelled`, also where the person gives no password.
   */
  async connect(id: string, signal: AbortSignal): Promise<Connected> {
    this.deps.checkTrust();
    if (signal.aborted) throw cancelled();
    const open = this.connected(id);
    if (open !== undefined) return open;
    const opening = this.opening.get(id) ?? this.start(id);
    opening.waiting++;
    let leave: (() => void) | undefined;
    try {
      return await Promise.race([
        opening.done,
        new Promise<never>((_, reject) => {
          leave = () => reject(cancelled());
          signal.addEventListener("abort", leave);
        }),
      ]);
    } finally {
      if (leave !== undefined) signal.removeEventListener("abort", leave);
      // Whoever else waits for it still wants it; what is open is not stopped any more.
      if (--opening.waiting === 0 && this.opening.get(id) === opening) await this.disconnect(id);
    }
  }

  /** Reads the schema anew. @throws as `connect`. */
  async refreshSchema(id: string, signal: AbortSignal): Promise<Connected> {
    const known = this.connected(id);
    if (known === undefined) return this.connect(id, signal);
    const { database } = known;
    const schema = await database.schema({ samples: this.profile(id).sampleValues, signal });
    return this.opened(this.profile(id), database, schema);
  }

  /** Closes the database, or gives up opening it. Never rejects. */
  async disconnect(id: string): Promise<void> {
    this.opening.get(id)?.abort.abort();
    this.opening.delete(id);
    const open = this.connected(id);
    if (this.states.delete(id)) this.changes.fire(id);
    await open?.database
      .close()
      .catch((error: unknown) => this.deps.log.warn(`A database was not closed: ${String(error)}`));
  }

  /** Opens by other words than what is kept, and closes again. @param password undefined: what is known. @throws as `connect`. */
  async test(profile: ConnectionProfile, password: string | undefined, signal: AbortSignal): Promise<DatabaseSchema> {
    this.deps.checkTrust();
    const known = password ?? this.given.get(profile.id) ?? (await this.deps.passwords.get(profile.id));
    const database = await this.deps.open(profile, known, signal);
    try {
      return await database.schema({ samples: false, signal });
    } finally {
      await database.close().catch(() => undefined);
    }
  }

  /**
   * Keeps a connection, new or changed. What is open of it is closed where it would be opened otherwise now.
   * @param password undefined: as it was. Empty: none. @throws PaddockError storage/*
   */
  async save(profile: ConnectionProfile, scope: ProfileScope, password?: string): Promise<void> {
    const { workspace, everywhere } = this.deps.stores;
    const store = scope === "workspace" ? (workspace ?? everywhere) : everywhere;
    if (store === undefined) throw new PaddockError("storage/failed", "There is no place to keep connections.");
    await store.save(profile);
    for (const other of this.stores()) {
      if (other !== store && other.profiles.some(({ id }) => id === profile.id)) await other.remove(profile.id);
    }
    if (password !== undefined) {
      this.given.delete(profile.id);
      await this.deps.passwords.set(profile.id, password === "" ? undefined : password);
    }
    if (password !== undefined) await this.disconnect(profile.id);
    await this.follow(profile.id);
  }

  /** Changes what is kept of a connection, as it is on disk. @throws PaddockError storage/* */
  async update(id: string, make: (profile: ConnectionProfile) => ConnectionProfile): Promise<void> {
    const store = this.stores().find((one) => one.profiles.some((profile) => profile.id === id));
    if ((await store?.update(id, make)) !== undefined) await this.follow(id);
  }

  /** Closes and forgets it, with its password. @throws PaddockError storage/* */
  async remove(id: string): Promise<void> {
    await this.disconnect(id);
    await Promise.all(this.stores().map((store) => store.remove(id)));
    this.given.delete(id);
    await this.deps.passwords.set(id, undefined);
    this.changes.fire(id);
  }

  /** Closes and forgets all, with the passwords of this session. @throws PaddockError storage/* */
  async erase(): Promise<void> {
    const all = this.list();
    await this.close();
    this.given.clear();
    await Promise.all(this.stores().map((store) => store.erase()));
    for (const { id } of all) {
      await this.deps.passwords.set(id, undefined);
      this.changes.fire(id);
    }
  }

  /** Closes all. Never rejects. */
  async close(): Promise<void> {
    for (const { abort } of this.opening.values()) abort.abort();
    await Promise.all([...this.states.keys()].map((id) => this.disconnect(id)));
  }

  dispose(): void {
    void this.close();
    this.subscriptions.dispose();
  }

  /** What is open, or being opened, goes by what is kept now. */
  private async follow(id: string): Promise<void> {
    const profile = this.get(id);
    const open = this.connected(id);
    const by = open?.profile ?? this.opening.get(id)?.profile;
    if (by !== undefined && (profile === undefined || isOpenedOtherwise(by, profile))) await this.disconnect(id);
    // Notes are part of what the model is told.
    else if (open !== undefined && profile !== undefined) this.opened(profile, open.database, open.schema);
    this.changes.fire(id);
  }

  private start(id: string): Opening {
    const profile = this.profile(id);
    const abort = new AbortController();
    const done = this.open(profile, abort.signal).finally(() => {
      // One that was given up may end after the next has begun.
      if (this.opening.get(id) === opening) this.opening.delete(id);
    });
    // Where nobody waits any more, its end is nobody's failure.
    done.catch(() => undefined);
    const opening: Opening = { profile, abort, done, waiting: 0 };
    this.opening.set(id, opening);
    return opening;
  }

  private async open(profile: ConnectionProfile, signal: AbortSignal): Promise<Connected> {
    const { id } = profile;
    this.set(id, { status: "connecting" });
    let database: OpenDatabase | undefined;
    try {
      const opened = withTrouble(await this.openWithPassword(profile, signal), (error) => this.lost(opened, id, error));
      database = opened;
      const schema = await database.schema({ samples: profile.sampleValues, signal });
      if (signal.aborted) throw cancelled();
      // Its notes may be others by now; by what else would be opened otherwise, this would have been stopped.
      return this.opened(this.get(id) ?? profile, database, schema);
    } catch (error) {
      await database?.close().catch(() => undefined);
      const known = toPaddockError(error, "sql/connection");
      // Whoever stopped it has said what is so now.
      if (!signal.aborted)
        this.set(id, isCancellation(known) ? { status: "closed" } : { status: "failed", error: known });
      throw known;
    }
  }

  private async openWithPassword(profile: ConnectionProfile, signal: AbortSignal): Promise<OpenDatabase> {
    const { passwords, askPassword, open } = this.deps;
    let password = this.given.get(profile.id) ?? (await passwords.get(profile.id));
    for (let tries = 1; ; tries++) {
      try {
        return await open(profile, password, signal);
      } catch (error) {
        if (toPaddockError(error).code !== "sql/authentication" || tries > mostPasswords) throw error;
        const answer = await askPassword(profile, password !== undefined);
        if (answer === undefined || signal.aborted) throw tries === 1 ? error : cancelled();
        password = answer.password;
        this.given.set(profile.id, password);
        if (answer.keep) await passwords.set(profile.id, password);
      }
    }
  }

  private opened(profile: ConnectionProfile, database: OpenDatabase, schema: DatabaseSchema): Connected {
    const asker = this.deps.createAsker(profile, database, schema);
    const connected = { profile, database, schema, asker };
    this.set(profile.id, { status: "open", connected });
    return connected;
  }

  /** The server went away, or the file did: what is asked next opens it anew. */
  private lost(database: OpenDatabase, id: string, error: PaddockError): void {
    const open = this.connected(id);
    // What one that was closed before says is no news of the one that is open.
    if (open?.database !== database) return;
    this.set(id, { status: "failed", error });
    void open.database.close().catch(() => undefined);
  }

  private set(id: string, state: ConnectionState): void {
    this.states.set(id, state);
    this.changes.fire(id);
  }

  private profile(id: string): ConnectionProfile {
    const profile = this.get(id);
    if (profile !== undefined) return profile;
    throw new PaddockError("sql/connection", "This connection is not kept any more.", {
      remedy: "Choose another one in the Databases view.",
    });
  }

  private stores(): readonly ProfileStore[] {
    const { workspace, everywhere } = this.deps.stores;
    return [workspace, everywhere].filter((store) => store !== undefined);
  }
}

function isOpenedOtherwise(before: ConnectionProfile, after: ConnectionProfile): boolean {
  return (
    JSON.stringify(before.target) !== JSON.stringify(after.target) ||
    before.writable !== after.writable ||
    before.sampleValues !== after.sampleValues
  );
}
