import { PaddockError, toPaddockError } from "../../platform/core/errors";
import type { RequestHandlers } from "../../platform/core/rpc";
import type { StatementGate } from "../core/gate";
import { DATABASE_PROTOCOL_VERSION, type DatabaseContract, type OpenTarget } from "../core/protocol";
import { type Driver, times } from "./driver";
import { RowSink } from "./rowSink";

export interface OpenOptions {
  readonly target: OpenTarget;
  readonly password?: string;
}

/**
 * What the process answers: one database, one call after the other. Every statement passes the gate here, whatever the
 * other side has checked before.
 */
export class DatabaseService {
  private driver: Driver | undefined;
  private writable = false;
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly gate: () => Promise<StatementGate>,
    private readonly openDriver: (options: OpenOptions, signal: AbortSignal) => Promise<Driver>,
  ) {}

  readonly handlers: RequestHandlers<DatabaseContract> = {
    hello: ({ protocolVersion }) => {
      if (protocolVersion !== DATABASE_PROTOCOL_VERSION) {
        throw new PaddockError(
          "protocol-version",
          "The database's process and the extension are of different versions.",
          {
            remedy: "Reload the window.",
          },
        );
      }
      return { pid: process.pid };
    },
    open: ({ target, password, writable }, { signal }) =>
      this.inTurn(signal, async () => {
        if (this.driver !== undefined) throw new PaddockError("internal", "A database is open here already.");
        this.driver = await this.openDriver({ target, ...(password === undefined ? {} : { password }) }, signal);
        this.writable = writable;
        return { engine: this.driver.engine, version: this.driver.version };
      }),
    schema: ({ samples }, { signal }) => this.inTurn(signal, () => this.opened().schema(samples, signal)),
    prepare: ({ sql }, { signal }) =>
      this.inTurn(signal, async () => {
        const passed = await this.pass(sql, "read");
        return { columns: [...(await this.opened().prepare(passed, signal))] };
      }),
    query: ({ sql, limits }, { signal, progress }) =>
      this.inTurn(signal, async () => {
        const passed = await this.pass(sql, "read");
        const sink = new RowSink(limits, (rows) => progress({ rows }));
        const began = performance.now();
        const columns = await within(limits.timeoutMs, signal, (stop) =>
          this.opened().query(passed, limits, sink, stop),
        );
        const elapsedMs = performance.now() - began;
        sink.flush();
        return {
          columns: [...sink.told(columns)],
          elapsedMs,
          ...(sink.cut === undefined ? {} : { cut: sink.cut }),
        };
      }),
    explain: ({ sql }, { signal }) =>
      this.inTurn(signal, async () => {
        const passed = await this.pass(sql, "read");
        return { steps: [...(await within(times.prepare, signal, (stop) => this.opened().explain(passed, stop)))] };
      }),
    findValues: ({ question, limit }, { signal }) =>
      this.inTurn(signal, async () => ({ hits: [...(await this.opened().findValues(question, limit, signal))] })),
    preview: ({ sql }, { signal }) =>
      this.inTurn(signal, async () => {
        const passed = await this.pass(sql, "write");
        return { rows: await within(times.write, signal, (stop) => this.opened().preview(passed, stop)) };
      }),
    execute: ({ sql, expectedRows }, { signal }) =>
      this.inTurn(signal, async () => {
        const passed = await this.pass(sql, "write");
        return {
          rows: await within(times.write, signal, (stop) => this.opened().execute(passed, expectedRows, stop)),
        };
      }),
  };

  async close(): Promise<void> {
    await this.driver?.close();
  }

  private opened(): Driver {
    if (this.driver === undefined) throw new PaddockError("internal", "No database is open here.");
    return this.driver;
  }

  /** @returns the statement as it was understood, which is the text that the engine is given. */
  private async pass(sql: string, allow: "read" | "write"): Promise<string> {
    const { engine } = this.opened();
    if (allow === "write" && !this.writable) {
      throw new PaddockError("sql/refused", "This connection is read-only.", {
        remedy: "Allow writing for this connection first.",
      });
    }
    const verdict = (await this.gate()).check(sql, engine, undefined, allow);
    if (!verdict.allowed) throw new PaddockError("sql/refused", verdict.message, { detail: verdict.reason });
    return verdict.statement.sql;
  }

  private inTurn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(() => {
      signal.throwIfAborted();
      return work();
    });
    this.last = turn.catch(() => undefined);
    return turn;
  }
}

/** Aborts the work after so many ms, and rejects with sql/timeout then. */
async function within<T>(ms: number, signal: AbortSignal, work: (stop: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(timedOut(ms)), ms);
  const stop = AbortSignal.any([signal, late.signal]);
  try {
    return await work(stop);
  } catch (error) {
    // However an engine says that it was stopped: what matters is why.
    throw stop.aborted ? toPaddockError(stop.reason) : error;
  } finally {
    clearTimeout(timer);
  }
}

/** The error of a statement that took longer than it may. */
export function timedOut(ms: number): PaddockError {
  const seconds = ms >= 1000 ? Math.round(ms / 1000) : ms / 1000;
  return new PaddockError("sql/timeout", `The statement was stopped after ${seconds} s.`, {
    remedy: "Narrow it, or raise the time limit.",
  });
}
