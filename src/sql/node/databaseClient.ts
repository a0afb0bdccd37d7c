import { PaddockError, toPaddockError } from "../../platform/core/errors";
import type { CallOptions, Params, Progress, Result } from "../../platform/core/rpc";
import type { ConnectionTarget } from "../core/connection";
import type { Cell, OpenDatabase, PlanStep, QueryLimits, QueryResult, ResultColumn, ValueHit } from "../core/database";
import { DATABASE_PROTOCOL_VERSION, type DatabaseContract, type OpenTarget } from "../core/protocol";
import type { DatabaseEngine, DatabaseSchema } from "../core/schema";
import { type DatabaseLaunch, DatabaseProcess } from "./databaseProcess";
import { openTunnel, type OpenTunnel } from "./sshTunnel";

export interface OpenRequest {
  readonly target: ConnectionTarget;
  /** Kept in memory only, to open the database again. */
  readonly password?: string;
  readonly writable: boolean;
}

/** How long an engine that is told to stop may take before its process is ended, ms. */
const graces: Readonly<Record<DatabaseEngine, number>> = {
  // Nothing can interrupt it; it hears of the abort only between rows.
  sqlite: 300,
  duckdb: 500,
  postgres: 2000,
  mysql: 2000,
  mariadb: 2000,
};

/** How long a call may take before its process is taken to hang, ms: longer than the process's own limits. */
const deadlines = {
  open: 40_000,
  schema: 120_000,
  prepare: 15_000,
  explain: 15_000,
  findValues: 8000,
  preview: 70_000,
  execute: 70_000,
} as const;

/** DuckDB lets nobody write to a file that anybody reads: it is let go of after so long without a call, ms. */
const DUCKDB_IDLE_MS = 20_000;

type RequestName = Extract<keyof DatabaseContract["requests"], string>;
type Call<N extends RequestName> = Pick<CallOptions<Progress<DatabaseContract, N>>, "onProgress"> & {
  readonly signal: AbortSignal;
  readonly deadline: number;
};

/** A process in which the database is open. */
interface Live {
  readonly process: DatabaseProcess;
  readonly tunnel: OpenTunnel | undefined;
  readonly engine: DatabaseEngine;
}

/**
 * A database in a process of its own. One call runs at a time; the others wait. A process that crashed, hangs, or was
 * ended to cancel a call is started again by the next call, which notices nothing of it.
 */
export class DatabaseClient implements OpenDatabase {
  private live: Live | undefined;
  private last: Promise<unknown> = Promise.resolve();
  private idle: NodeJS.Timeout | undefined;
  private closed = false;
  /** What the process last said of a line that broke. */
  private lost: PaddockError | undefined;
  private starting: DatabaseProcess | undefined;

  private constructor(
    private readonly launch: DatabaseLaunch,
    private readonly request: OpenRequest,
    /** The engine that answers: a server that is asked as MySQL may be MariaDB. */
    private answering: DatabaseEngine,
  ) {}

  /** @throws PaddockError sql/connection, sql/authentication, sql/locked, unsupported; cancelled. */
  static async open(launch: DatabaseLaunch, request: OpenRequest, signal: AbortSignal): Promise<DatabaseClient> {
    const client = new DatabaseClient(launch, request, request.target.engine);
    await client.inTurn(signal, () => client.opened(signal));
    return client;
  }

  get engine(): DatabaseEngine {
    return this.answering;
  }

  /** Of the process that runs now, for tests and the log. */
  get pid(): number | undefined {
    return this.live?.process.pid;
  }

  schema({ samples, signal }: { readonly samples: boolean; readonly signal: AbortSignal }): Promise<DatabaseSchema> {
    return this.call("schema", { samples }, { signal, deadline: deadlines.schema });
  }

  prepare(sql: string, signal: AbortSignal): Promise<{ readonly columns: readonly ResultColumn[] }> {
    return this.call("prepare", { sql }, { signal, deadline: deadlines.prepare });
  }

  async query(sql: string, limits: QueryLimits, signal: AbortSignal): Promise<QueryResult> {
    let rows: (readonly Cell[])[] = [];
    const { columns, elapsedMs, cut } = await this.call(
      "query",
      { sql, limits },
      {
        signal,
        deadline: limits.timeoutMs + graces[this.engine],
        onProgress: ({ rows: more }) => void rows.push(...more),
        again: () => (rows = []),
      },
    );
    return { columns, rows, elapsedMs, ...(cut === undefined ? {} : { cut }) };
  }

  async explain(sql: string, signal: AbortSignal): Promise<readonly PlanStep[]> {
    return (await this.call("explain", { sql }, { signal, deadline: deadlines.explain })).steps;
  }

  async findValues(
    question: string,
    { limit, signal }: { readonly limit: number; readonly signal: AbortSignal },
  ): Promise<readonly ValueHit[]> {
    return (await this.call("findValues", { question, limit }, { signal, deadline: deadlines.findValues })).hits;
  }

  preview(sql: string, signal: AbortSignal): Promise<{ readonly rows: number }> {
    return this.call("preview", { sql }, { signal, deadline: deadlines.preview });
  }

  execute(
    sql: string,
    { expectedRows, signal }: { readonly expectedRows: number; readonly signal: AbortSignal },
  ): Promise<{ readonly rows: number }> {
    return this.call("execute", { sql, expectedRows }, { signal, deadline: deadlines.execute });
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.idle);
    const { live, starting } = this;
    this.live = undefined;
    await starting?.kill();
    await live?.process.stop();
    await live?.tunnel?.close();
  }

  private call<N extends RequestName>(
    name: N,
    params: Params<DatabaseContract, N>,
    options: Call<N> & { readonly again?: () => void },
  ): Promise<Result<DatabaseContract, N>> {
    return this.inTurn(options.signal, async () => {
      const before = this.live;
      const live = await this.opened(options.signal);
      try {
        return await this.ask(live, name, params, options);
      } catch (error) {
        // A server that went away since the last call is asked again by a new connection; what writes is never repeated.
        // A process that died is not asked the same again: that may be what it died of.
        const lost = error === this.lost && live === before;
        if (!lost || name === "execute" || name === "preview") throw error;
        options.again?.();
        return await this.ask(await this.opened(options.signal), name, params, options);
      }
    });
  }

  /** One request to one process, which is ended when it does not stop or answer in time. */
  private async ask<N extends RequestName>(
    live: Live,
    name: N,
    params: Params<DatabaseContract, N>,
    { signal, deadline, onProgress }: Call<N>,
  ): Promise<Result<DatabaseContract, N>> {
    let ended: "aborted" | "late" | undefined;
    const end = (why: "aborted" | "late"): void => {
      ended ??= why;
      void live.process.kill();
    };
    const watchdog = setTimeout(() => end("late"), deadline);
    let grace: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      grace = setTimeout(() => end("aborted"), graces[live.engine]);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await live.process.peer.request(name, params, {
        signal,
        ...(onProgress === undefined ? {} : { onProgress }),
      });
    } catch (error) {
      const known = toPaddockError(error);
      const gone = known.code === "disconnected";
      if (gone || known.code === "sql/changed" || known.code === "sql/connection") await this.drop(live);
      if (known.code === "sql/connection") this.lost = known;
      if (!gone) throw known;
      throw await this.whatEnded(live, name, ended, deadline, signal);
    } finally {
      clearTimeout(watchdog);
      clearTimeout(grace);
      signal.removeEventListener("abort", onAbort);
    }
  }

  private async whatEnded(
    live: Live,
    name: RequestName,
    ended: "aborted" | "late" | undefined,
    deadline: number,
    signal: AbortSignal,
  ): Promise<unknown> {
    const detail = `${name}: ${await live.process.gone}`;
    if (name === "execute" && ended !== undefined) {
      return new PaddockError("sql/connection", "The database was stopped while it wrote.", {
        remedy: "Look whether it was written before you run the statement again.",
        detail,
      });
    }
    if (ended === "aborted") return toPaddockError(signal.reason, "cancelled");
    if (ended === "late") {
      return new PaddockError("sql/timeout", `The database was stopped after ${Math.round(deadline / 1000)} s.`, {
        remedy: "Narrow the statement, or raise the time limit.",
        detail,
      });
    }
    return new PaddockError("sql/connection", "The process that had the database open has ended.", {
      remedy: "Try again: it is started anew. If it happens again, the log says more.",
      detail,
    });
  }

  /** The process that runs, or a new one. Only called in turn. */
  private async opened(signal: AbortSignal): Promise<Live> {
    if (this.isClosed()) throw new PaddockError("sql/connection", "The connection is closed.");
    if (this.live?.process.over === true) await this.drop(this.live);
    if (this.live !== undefined) return this.live;
    const { target, password, writable } = this.request;
    const tunnel = "ssh" in target ? await openTunnel(target.ssh, target.host, target.port, signal) : undefined;
    const live: Live = { process: new DatabaseProcess(this.launch), tunnel, engine: target.engine };
    this.starting = live.process;
    try {
      await this.ask(
        live,
        "hello",
        { protocolVersion: DATABASE_PROTOCOL_VERSION },
        { signal, deadline: deadlines.open },
      );
      const { engine } = await this.ask(
        live,
        "open",
        { target: reachable(target, tunnel), writable, ...(password === undefined ? {} : { password }) },
        { signal, deadline: deadlines.open },
      );
      // It may have been closed while it opened.
      if (this.isClosed()) throw new PaddockError("sql/connection", "The connection is closed.");
      this.answering = engine;
      this.live = { ...live, engine };
      return this.live;
    } catch (error) {
      await this.drop(live);
      throw error;
    } finally {
      this.starting = undefined;
    }
  }

  private isClosed(): boolean {
    return this.closed;
  }

  private async drop(live: Live): Promise<void> {
    if (this.live?.process === live.process) this.live = undefined;
    await live.process.kill();
    await live.tunnel?.close();
  }

  /** One after the other. Who aborts while waiting is told so at once. */
  private async inTurn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const before = this.last;
    let begun = false;
    const turn = (async () => {
      await before;
      signal.throwIfAborted();
      begun = true;
      clearTimeout(this.idle);
      try {
        return await work();
      } finally {
        this.rest();
      }
    })();
    this.last = turn.catch(() => undefined);
    return new Promise<T>((resolve, reject) => {
      const onAbort = (): void => {
        if (!begun) reject(toPaddockError(signal.reason));
      };
      signal.addEventListener("abort", onAbort, { once: true });
      turn.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    });
  }

  /** Called after each call. */
  private rest(): void {
    const { target } = this.request;
    if (target.engine !== "duckdb" || target.file === undefined || this.closed) return;
    clearTimeout(this.idle);
    this.idle = setTimeout(() => {
      const { live } = this;
      this.live = undefined;
      void live?.process.stop();
    }, this.launch.idleMs ?? DUCKDB_IDLE_MS).unref();
  }
}

function reachable(target: ConnectionTarget, tunnel: OpenTunnel | undefined): OpenTarget {
  if (target.engine === "sqlite") return target;
  if (target.engine === "duckdb") return { ...target, files: [...target.files] };
  const { engine, host, port, database, user, tls } = target;
  return {
    ...{ engine, host, port, database, user, tls },
    ...(tunnel === undefined ? {} : { reach: { host: "127.0.0.1", port: tunnel.port } }),
  };
}
