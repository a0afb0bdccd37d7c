import { lstat, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Disposable } from "../../platform/core/disposables";
import { Emitter } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import type { RpcPeer } from "../../platform/core/rpc";
import { errnoOf } from "../../platform/node/storageError";
import { streamPeer } from "../../platform/node/streamRpc";
import {
  TurnQueue,
  type Turns,
  type TurnsKeeperContract,
  turnsKeeperContract,
  type TurnsMemberContract,
  turnsMemberContract,
} from "../turns";

const PING_MS = 1_000;
/** Who says nothing for so long hangs (a debugger's breakpoint, a suspended process), and nobody waits for it. */
const SILENCE_MS = 4_000;
/** After trouble this window computes without asking, and tries again so much later. */
const RETRY_MS = 5_000;
/** Windows that lost theirs at the same moment look for the next one at different moments. */
const JITTER_MS = 50;

/** This window in its own queue; others are known by their connection. */
const self = Symbol("self");
type Member = RpcPeer<TurnsKeeperContract, TurnsMemberContract>;

export interface MachineTurnsOptions {
  /** The socket or named pipe, see turnsPath. */
  readonly path: () => Promise<string>;
  readonly log: Logger;
  /** How long equals compute in turn, ms. */
  readonly sliceMs?: number;
}

/**
 * This window's part in the turns of all windows of a person. The first window hands them out; when it goes, another
 * one does. Whatever goes wrong, this window computes: turns make things faster, nothing depends on them.
 */
export class MachineTurns implements Turns, Disposable {
  private readonly changes = new Emitter<void>();
  readonly onDidChange = this.changes.event;
  private isGranted = true;
  private rank: number | null = null;
  private role: Keeper | Follower | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(private readonly options: MachineTurnsOptions) {
    void this.join();
  }

  get granted(): boolean {
    return this.isGranted;
  }

  /** This window hands out the turns. */
  get keeps(): boolean {
    return this.role instanceof Keeper;
  }

  want(rank: number | null): void {
    if (rank === this.rank) return;
    this.rank = rank;
    this.role?.want(rank);
  }

  dispose(): void {
    this.closed = true;
    this.leave(0);
    this.changes.dispose();
  }

  private async join(): Promise<void> {
    const { log, path, sliceMs } = this.options;
    try {
      const place = await path();
      if (this.isClosed()) return;
      const socket = await reach(place);
      const role = socket === undefined ? await Keeper.open(place, log, sliceMs) : new Follower(socket, log);
      if (this.isClosed()) {
        role.dispose();
        return;
      }
      this.role = role;
      log.debug(`Turns of the windows: this one ${role instanceof Keeper ? "hands them out" : "follows"}.`);
      role.begin({
        granted: (granted) => {
          if (this.role === role) this.grant(granted);
        },
        ended: (afterMs) => {
          if (this.role === role) this.leave(afterMs);
        },
      });
      role.want(this.rank);
    } catch (error) {
      log.debug(`Turns of the windows: ${String(error)}`);
      this.leave(errnoOf(error) === "EADDRINUSE" ? 0 : RETRY_MS);
    }
  }

  private leave(againAfterMs: number): void {
    const { role } = this;
    this.role = undefined;
    role?.dispose();
    this.grant(true);
    clearTimeout(this.retry);
    if (this.closed) return;
    this.retry = setTimeout(() => void this.join(), againAfterMs + Math.random() * JITTER_MS);
    this.retry.unref();
  }

  private grant(granted: boolean): void {
    if (granted === this.isGranted) return;
    this.isGranted = granted;
    this.changes.fire();
  }

  /** A function, because it changes over an await. */
  private isClosed(): boolean {
    return this.closed;
  }
}

interface RoleEvents {
  granted(granted: boolean): void;
  /** @param againAfterMs when to look for the others again. */
  ended(againAfterMs: number): void;
}

/** The window that hands out the turns. */
class Keeper implements Disposable {
  private readonly queue: TurnQueue<symbol | Member>;
  private readonly members = new Map<Member, { heardAt: number; rank: number | null; readonly socket: Socket }>();
  private told: symbol | Member | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private ping: ReturnType<typeof setInterval> | undefined;
  private events: RoleEvents | undefined;

  private constructor(
    private readonly server: Server,
    private readonly place: string,
    /** The socket's own file: where another one lies there, another window took over. */
    private readonly inode: bigint | undefined,
    private readonly log: Logger,
    sliceMs: number | undefined,
  ) {
    this.queue = new TurnQueue(sliceMs);
  }

  /** @throws Node's error where another window was faster, or nobody may listen there. */
  static async open(place: string, log: Logger, sliceMs: number | undefined): Promise<Keeper> {
    const server = createServer();
    server.unref();
    try {
      await listen(server, place);
    } catch (error) {
      if (errnoOf(error) !== "EADDRINUSE" || process.platform === "win32") throw error;
      const faster = await reach(place);
      faster?.destroy();
      if (faster !== undefined) throw error;
      // Left behind by a window that was killed: nobody answers there.
      await rm(place, { force: true });
      await listen(server, place);
    }
    return new Keeper(server, place, await inodeOf(place), log, sliceMs);
  }

  begin(events: RoleEvents): void {
    this.events = events;
    this.server.on("error", () => events.ended(RETRY_MS));
    this.server.on("connection", (socket) => this.accept(socket));
    this.ping = setInterval(() => void this.look(), PING_MS);
    this.ping.unref();
    this.tell();
  }

  want(rank: number | null): void {
    this.queue.want(self, rank, performance.now());
    this.tell();
  }

  dispose(): void {
    clearTimeout(this.timer);
    clearInterval(this.ping);
    // Takes the socket's file away, so that the next window finds nobody there and takes over at once.
    this.server.close();
    for (const [member, { socket }] of this.members) {
      member.dispose();
      socket.destroy();
    }
    this.members.clear();
  }

  private accept(socket: Socket): void {
    socket.unref();
    socket.on("error", () => socket.destroy());
    const member: Member = streamPeer(socket, socket, turnsKeeperContract, turnsMemberContract, (problem) =>
      this.log.debug(`turns: ${problem}`),
    );
    const known = { heardAt: performance.now(), rank: null as number | null, socket };
    this.members.set(member, known);
    member.onClose(() => {
      this.members.delete(member);
      this.queue.want(member, null, performance.now());
      this.tell();
    });
    member.listen(
      {},
      {
        want: ({ rank }) => {
          known.heardAt = performance.now();
          known.rank = rank;
          this.queue.want(member, rank, known.heardAt);
          this.tell();
        },
        alive: () => {
          known.heardAt = performance.now();
          // It hung and is back.
          this.queue.want(member, known.rank, known.heardAt);
          this.tell();
        },
      },
    );
    member.notify("turn", { granted: false });
  }

  /** Whoever hangs leaves the queue until it speaks again; and this one leaves when its place was taken. */
  private async look(): Promise<void> {
    const now = performance.now();
    for (const [member, { heardAt }] of this.members) {
      if (now - heardAt > SILENCE_MS) this.queue.want(member, null, now);
      member.notify("ping", {});
    }
    this.tell();
    if (this.inode !== undefined && (await inodeOf(this.place)) !== this.inode) this.events?.ended(0);
  }

  private tell(): void {
    const now = performance.now();
    this.queue.decide(now);
    const { holder } = this.queue;
    if (holder !== this.told) {
      const before = this.told;
      this.told = holder;
      if (typeof before === "object" && this.members.has(before)) before.notify("turn", { granted: false });
      if (typeof holder === "object") holder.notify("turn", { granted: true });
    }
    this.events?.granted(holder === undefined || holder === self);
    clearTimeout(this.timer);
    const next = this.queue.nextChange(now);
    this.timer = next === undefined ? undefined : setTimeout(() => this.tell(), next);
    this.timer?.unref();
  }
}

/** A window that gets its turns from another one. */
class Follower implements Disposable {
  private readonly peer: RpcPeer<TurnsMemberContract, TurnsKeeperContract>;
  private heardAt = performance.now();
  private rank: number | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly socket: Socket,
    log: Logger,
  ) {
    socket.unref();
    this.peer = streamPeer(socket, socket, turnsMemberContract, turnsKeeperContract, (problem) =>
      log.debug(`turns: ${problem}`),
    );
  }

  begin(events: RoleEvents): void {
    this.peer.onClose(() => events.ended(0));
    this.timer = setInterval(() => {
      if (performance.now() - this.heardAt > SILENCE_MS && this.rank !== null) events.ended(RETRY_MS);
    }, PING_MS);
    this.timer.unref();
    this.peer.listen(
      {},
      {
        turn: ({ granted }) => {
          this.heardAt = performance.now();
          events.granted(granted);
        },
        ping: () => {
          this.heardAt = performance.now();
          this.peer.notify("alive", {});
        },
      },
    );
  }

  want(rank: number | null): void {
    this.rank = rank;
    this.peer.notify("want", { rank });
  }

  dispose(): void {
    clearInterval(this.timer);
    this.peer.dispose();
    this.socket.destroy();
  }
}

function listen(server: Server, place: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(place, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** A connection to the window that hands out the turns; undefined when there is none. */
function reach(place: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(place);
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      socket.on("error", () => socket.destroy());
      resolve(socket);
    });
    socket.once("error", () => resolve(undefined));
  });
}

async function inodeOf(place: string): Promise<bigint | undefined> {
  if (process.platform === "win32") return undefined;
  return lstat(place, { bigint: true }).then(
    ({ ino }) => ino,
    () => 0n,
  );
}
