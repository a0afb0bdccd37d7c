import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PaddockError } from "../../src/platform/core/errors";
import { silentLogger } from "../../src/platform/core/logger";
import type { Answer, AskOptions } from "../../src/sql/core/asking";
import type { ConnectionProfile } from "../../src/sql/core/connection";
import type { OpenDatabase, QueryResult } from "../../src/sql/core/database";
import type { GateVerdict, UnderstoodStatement } from "../../src/sql/core/gate";
import type { ConnectedDatabase } from "../../src/sql/host/askPanelDeps";
import { AskSession } from "../../src/sql/host/askSession";
import { confirmedPairs } from "../../src/sql/node/askHistory";
import { AskStore } from "../../src/sql/node/askStore";
import { soon } from "../support/soon";

const profile: ConnectionProfile = {
  ...{ id: "shop", name: "Shop", writable: false, sampleValues: false, notes: {} },
  target: { engine: "sqlite", file: "/shop.db" },
};
const statement = (sql: string): UnderstoodStatement => ({
  ...{ sql, effect: /^\s*select/i.test(sql) ? "read" : "write", ordered: false, unknown: [] },
  ...{ tables: [{ table: "orders" }], columns: [{ table: "orders", column: "id" }], explanation: `Reads ${sql}.` },
});
const rows: QueryResult = {
  columns: [{ name: "id", type: "integer", kind: "integer" }],
  rows: [[1], [2]],
  elapsedMs: 3,
};
const right = (sql: string, over: Partial<Extract<Answer, { kind: "sql" }>> = {}): Answer => ({
  ...{ kind: "sql", sql, statement: statement(sql), confidence: "unconfirmed", assumptions: [], attempts: [] },
  ...{ elapsedMs: 5, cachedShare: 0.9 },
  ...over,
});

class Fakes {
  answer: (question: string, options: AskOptions) => Promise<Answer> = (question) =>
    Promise.resolve(right(`SELECT '${question}'`));
  fix: (sql: string, error: string) => Promise<Answer> = () => Promise.resolve(right("SELECT 2"));
  query: (sql: string, signal: AbortSignal) => Promise<QueryResult> = () => Promise.resolve(rows);
  executed: { sql: string; expectedRows: number }[] = [];
  asked: AskOptions[] = [];
  connects = 0;
  profile: ConnectionProfile | undefined = profile;
  runsAnswers = true;
  failure: PaddockError | undefined;

  connected(): ConnectedDatabase {
    const database: OpenDatabase = {
      engine: "sqlite",
      schema: () => Promise.reject(new Error("not asked")),
      prepare: () => Promise.resolve({ columns: [] }),
      query: (sql, _limits, signal) => this.query(sql, signal),
      explain: () =>
        Promise.resolve([{ text: "SCAN orders", detail: "1", steps: [{ text: "USING INDEX", steps: [] }] }]),
      findValues: () => Promise.resolve([]),
      preview: () => Promise.resolve({ rows: 7 }),
      execute: (sql, { expectedRows }) => {
        this.executed.push({ sql, expectedRows });
        return Promise.resolve({ rows: expectedRows });
      },
      close: () => Promise.resolve(),
    };
    return {
      profile: this.profile ?? profile,
      database,
      schema: { engine: "sqlite", version: "3.51.0", tables: [] },
      asker: {
        ask: (question, options) => {
          this.asked.push(options);
          return this.answer(question, options);
        },
        fix: (sql, error) => this.fix(sql, error),
        warm: () => Promise.resolve(),
      },
    };
  }
}

describe("what a panel does", () => {
  let folder: string;
  let store: AskStore;
  let fakes: Fakes;
  let said: string[];
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "paddock-asked-"));
    store = new AskStore(path.join(folder, "asked"), silentLogger);
    fakes = new Fakes();
    said = [];
  });
  afterEach(async () => {
    // Once it is read, all is written.
    await store.records("shop");
    await rm(folder, { recursive: true, force: true });
  });

  function open(): AskSession {
    const session = new AskSession({
      id: "shop",
      profile: () => fakes.profile,
      connect: () => {
        fakes.connects++;
        return fakes.failure === undefined ? Promise.resolve(fakes.connected()) : Promise.reject(fakes.failure);
      },
      gate: {
        check: (sql, _engine, _schema, allow): GateVerdict =>
          statement(sql).effect === "write" && allow === "read"
            ? { allowed: false, reason: "forbidden", message: "This connection is read-only." }
            : { allowed: true, statement: statement(sql) },
        translate: (sql) => sql,
      },
      limits: () => ({ maxRows: 10, maxBytes: 1000, timeoutMs: 1000 }),
      runsAnswers: () => fakes.runsAnswers,
      store,
      words: {
        failure: (error) => ({ message: error.message, remedy: error.remedy ?? null }),
        noAnswer: () => ({ message: "No answer.", remedy: null }),
        answered: (explanation) => explanation,
        found: (count) => `${count} rows`,
        wrote: (count) => `${count} changed`,
        confirmed: () => "Kept.",
      },
      log: silentLogger,
    });
    session.onAnnounce((text) => said.push(text));
    return session;
  }
  const last = (session: AskSession) => {
    const turn = session.view().turns.at(-1);
    if (turn === undefined) throw new Error("There is no turn.");
    return turn;
  };

  it("answers, runs what only reads, and says so", async () => {
    const session = open();
    const steps: (string | null)[] = [];
    fakes.answer = (_question, { onStep }) => {
      onStep?.("schema");
      steps.push(last(session).step);
      onStep?.("generate");
      steps.push(last(session).step);
      return Promise.resolve(right("SELECT 1"));
    };
    await session.ask("how many?");
    const turn = last(session);
    expect(steps).toEqual(["schema", "generate"]);
    expect(turn).toMatchObject({ state: "answered", step: null, sql: "SELECT 1", confidence: "unconfirmed" });
    expect(turn).toMatchObject({ run: { state: "done" }, result: { rows: 2, cut: null, elapsedMs: 3 } });
    expect(turn.tables).toEqual([{ schema: null, table: "orders", column: null }]);
    expect(session.results.rows(turn.result?.id ?? "", 1)).toEqual([[2]]);
    expect(said).toEqual(["Reads SELECT 1.", "2 rows"]);
    expect(session.view().connection).toMatchObject({ state: "ready", version: "3.51.0", isWritable: false });
  });

  it("takes the result that voting has, and leaves running to the person where they want that", async () => {
    const session = open();
    fakes.query = () => Promise.reject(new Error("run twice"));
    fakes.answer = () => Promise.resolve(right("SELECT 1", { result: rows, confidence: "majority" }));
    await session.ask("a");
    expect(last(session).result?.rows).toBe(2);
    fakes.runsAnswers = false;
    fakes.answer = () => Promise.resolve(right("SELECT 1"));
    await session.ask("b");
    expect(last(session).run.state).toBe("none");
  });

  it("asks follow-up questions with the last turns and the confirmed pairs", async () => {
    const session = open();
    for (const question of ["one", "two", "three", "four"]) await session.ask(question);
    expect(fakes.asked[3]?.earlier.map(({ question }) => question)).toEqual(["one", "two", "three"]);
    session.confirm(last(session).id, true);
    await session.ask("five");
    expect(fakes.asked[4]?.examples).toEqual([{ question: "four", sql: "SELECT 'four'" }]);
    expect(said).toContain("Kept.");
    expect(session.view().recent.slice(0, 2)).toEqual(["five", "four"]);
  });

  it("shows the best try of a question without an answer, and can have it put right", async () => {
    const session = open();
    fakes.answer = () =>
      Promise.resolve({
        kind: "failed",
        message: "Nothing worked.",
        attempts: [{ sql: "SELEC", error: "near SELEC" }],
      });
    await session.ask("?");
    expect(last(session)).toMatchObject({ state: "failed", sql: "SELEC", run: { canFix: true } });
    let asked: string[] = [];
    fakes.fix = (sql, error) => {
      asked = [sql, error];
      return Promise.resolve(right("SELECT 2"));
    };
    await session.fix(last(session).id);
    expect(asked).toEqual(["SELEC", "near SELEC"]);
    expect(last(session)).toMatchObject({ state: "answered", sql: "SELECT 2", failure: null });
    expect(last(session).attempts).toEqual([{ sql: "SELEC", error: "near SELEC" }]);
  });

  it("keeps the engine's words on a statement that does not run, and an empty result is none", async () => {
    const session = open();
    fakes.query = () => Promise.reject(new PaddockError("sql/invalid", "no such column: x"));
    await session.ask("?");
    expect(last(session)).toMatchObject({
      state: "answered",
      run: { state: "failed", canFix: true, failure: { message: "no such column: x" } },
    });
    fakes.query = () => Promise.resolve({ ...rows, rows: [] });
    await session.run(last(session).id);
    expect(last(session)).toMatchObject({ run: { state: "done", failure: null }, result: { rows: 0 } });
    fakes.query = () => Promise.reject(new PaddockError("sql/timeout", "Too long.", { remedy: "Wait." }));
    await session.run(last(session).id);
    expect(last(session).run).toMatchObject({ canFix: false, failure: { message: "Too long.", remedy: "Wait." } });
  });

  it("cancels an answer and a run, and a new question ends the one before", async () => {
    const session = open();
    const signals: AbortSignal[] = [];
    const hang = (signal: AbortSignal): Promise<never> =>
      new Promise((_, reject) => {
        signals.push(signal);
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      });
    fakes.answer = (_question, { signal }) => hang(signal);
    const first = session.ask("slow");
    await soon(() => expect(signals).toHaveLength(1));
    fakes.answer = () => Promise.resolve(right("SELECT 1"));
    fakes.query = (_sql, signal) => hang(signal);
    const second = session.ask("next");
    await first;
    expect(session.view().turns[0]).toMatchObject({ state: "cancelled", failure: null });
    await soon(() => expect(signals).toHaveLength(2));
    expect(last(session).run.state).toBe("running");
    session.cancel(last(session).id);
    await second;
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
    expect(last(session)).toMatchObject({ state: "answered", run: { state: "cancelled", failure: null } });
  });

  it("refuses what writes on a read-only connection, and on others asks with the number of rows", async () => {
    const session = open();
    const id = session.add("DELETE FROM orders");
    await session.run(id);
    expect(last(session).run).toMatchObject({ state: "failed", canFix: false, canAllow: true });
    expect(last(session).run.failure?.message).toBe("This connection is read-only.");
    fakes.profile = { ...profile, writable: true };
    await session.run(id);
    expect(last(session)).toMatchObject({ effect: "write", run: { state: "confirm", rows: 7, canAllow: false } });
    await session.allowWrite(id, 6);
    expect(fakes.executed).toEqual([]);
    session.declineWrite(id);
    expect(last(session).run.state).toBe("none");
    await session.allowWrite(id, 7);
    expect(fakes.executed).toEqual([]);
    await session.run(id);
    await session.allowWrite(id, 7);
    expect(fakes.executed).toEqual([{ sql: "DELETE FROM orders", expectedRows: 7 }]);
    expect(last(session).run).toMatchObject({ state: "wrote", rows: 7 });
  });

  it("never runs a model's statement that writes by itself", async () => {
    fakes.profile = { ...profile, writable: true };
    const session = open();
    fakes.answer = () => Promise.resolve(right("DELETE FROM orders"));
    await session.ask("delete all");
    expect(last(session).run.state).toBe("none");
    expect(fakes.executed).toEqual([]);
  });

  it("puts the person's own statement in the answer's place, which is no longer confirmed", async () => {
    const session = open();
    await session.ask("how many?");
    const { id } = last(session);
    session.confirm(id, true);
    await session.correct(id, "SELECT 42");
    expect(last(session)).toMatchObject({ sql: "SELECT 42", isCorrected: true, isConfirmed: false, confidence: null });
    expect(last(session).explanation).toBe("Reads SELECT 42.");
    session.confirm(id, true);
    expect(await confirmedPairs(store, "shop")).toEqual([{ question: "how many?", sql: "SELECT 42" }]);
  });

  it("shows the plan as lines of a tree", async () => {
    const session = open();
    const id = session.add("SELECT 1");
    await session.plan(id);
    expect(last(session).plan).toEqual({
      isRunning: false,
      failure: null,
      lines: [
        { level: 1, text: "SCAN orders", detail: "1" },
        { level: 2, text: "USING INDEX", detail: "" },
      ],
    });
  });

  it("comes back as it was after the window is gone, but for the results", async () => {
    const before = open();
    await before.ask("one");
    await before.ask("two");
    before.setFavourite(last(before).id, true);
    before.remove(before.view().turns[0]?.id ?? "");
    await store.records("shop");
    before.dispose();
    store = new AskStore(path.join(folder, "asked"), silentLogger);
    const after = open();
    await after.ready;
    expect(after.view().turns).toMatchObject([
      { question: "two", sql: "SELECT 'two'", result: null, isFavourite: true },
    ]);
    expect(after.view().recent).toEqual(["two", "one"]);
    expect(after.view().connection.state).toBe("closed");
    expect(fakes.connects).toBe(4);
    const { entries } = await after.history("ONE", "all");
    expect(entries).toMatchObject([{ question: "one", isFavourite: false }]);
    expect((await after.history("", "favourites")).entries).toMatchObject([{ question: "two" }]);
    await after.recall(entries[0]?.id ?? "");
    expect(after.view().turns.map(({ question }) => question)).toEqual(["two", "one"]);
    await after.forgetEntry(entries[0]?.id ?? "");
    expect(after.view().turns.map(({ question }) => question)).toEqual(["two"]);
    expect((await after.history("", "all")).entries).toHaveLength(1);
  });

  it("lets the oldest results go, and says so by having none", async () => {
    const session = open();
    for (const question of ["1", "2", "3", "4", "5"]) await session.ask(question);
    expect(session.view().turns.map(({ result }) => result !== null)).toEqual([false, true, true, true, true]);
    expect(() => session.results.rows("gone", 0)).toThrow("no longer kept");
  });

  it("tells why a database could not be opened, in the turn and of the connection", async () => {
    const session = open();
    fakes.failure = new PaddockError("sql/connection", "The server is away.");
    await session.ask("?");
    expect(last(session)).toMatchObject({ state: "failed", failure: { message: "The server is away." } });
    expect(session.view().connection).toMatchObject({ state: "failed", failure: { message: "The server is away." } });
    fakes.failure = undefined;
    await session.connect();
    expect(session.view().connection).toMatchObject({ state: "ready", failure: null });
    fakes.profile = undefined;
    expect(session.view().connection.state).toBe("gone");
  });

  it("gives rows to the page in pieces and to a file in the order that was asked for", async () => {
    const session = open();
    const many = Array.from({ length: 12_000 }, (_, index) => [index]);
    fakes.query = () => Promise.resolve({ ...rows, rows: many });
    await session.ask("all");
    const id = last(session).result?.id ?? "";
    const [first, rest] = [session.results.rows(id, 0), session.results.rows(id, 11_999)];
    expect(first.length).toBeGreaterThan(1000);
    expect(first.length).toBeLessThanOrEqual(5000);
    expect(rest).toEqual([[11_999]]);
    expect(session.results.rows(id, 12_000)).toEqual([]);
    const written = { done: false, rows: 0, guarded: 0, cut: 0 };
    const request = { result: id, format: "csv", guardsFormulas: true, hasHeading: true, columns: [0] } as const;
    let text = "";
    const order = { ...request, columns: [0], order: [5, 3, 99_999] };
    for await (const piece of session.results.write(order, session.target(id), written, new AbortController().signal))
      text += piece;
    expect(text).toBe("id\r\n5\r\n3\r\n");
    expect(written.rows).toBe(2);
    expect(session.target(id)).toEqual({ table: "orders", engine: "sqlite" });
  });

  it("a megabyte in one cell goes alone", async () => {
    const session = open();
    fakes.query = () => Promise.resolve({ ...rows, rows: [["x".repeat(1_000_000)], ["y"]] });
    await session.ask("long");
    expect(session.results.rows(last(session).result?.id ?? "", 0)).toHaveLength(1);
  });

  it("deletes all of one connection or of all, and nothing that was to be written comes back", async () => {
    const session = open();
    await session.ask("secret");
    await store.records("shop");
    const [file] = await readdir(path.join(folder, "asked"));
    expect(await readFile(path.join(folder, "asked", file ?? ""), "utf8")).toContain("secret");
    if (process.platform !== "win32")
      expect((await stat(path.join(folder, "asked", file ?? ""))).mode & 0o777).toBe(0o600);
    session.setFavourite(last(session).id, true);
    session.erase();
    await store.erase();
    expect(session.view()).toMatchObject({ turns: [], recent: [] });
    expect(await readdir(path.join(folder, "asked")).catch(() => [])).toEqual([]);
    await session.ask("again");
    await store.records("shop");
    await store.forget("shop");
    expect(await store.records("shop")).toEqual([]);
  });

  it("keeps favourites and confirmed pairs when there is too much, and reads round what is damaged", async () => {
    const record = {
      ...{ id: "kept", at: 1, question: "q", sql: "s", explanation: "", effect: "read" as const, confidence: null },
    };
    const rest = { ...{ isCorrected: false, tables: [], columns: [], assumptions: [], attempts: [] } };
    await store.put("big", { ...record, ...rest, isFavourite: true, isConfirmed: false });
    const [file] = await readdir(path.join(folder, "asked"));
    const at = path.join(folder, "asked", file ?? "");
    const kept = JSON.parse(await readFile(at, "utf8")) as { records: object[] };
    const many = Array.from({ length: 600 }, (_, index) => ({
      ...kept.records[0],
      id: `r${index}`,
      isFavourite: false,
    }));
    await writeFile(at, JSON.stringify({ ...kept, records: [...kept.records, { id: 3 }, ...many] }));
    await store.put("big", { ...record, ...rest, id: "new", isFavourite: false, isConfirmed: false });
    const records = await store.records("big");
    expect(records).toHaveLength(500);
    expect(records[0]?.id).toBe("kept");
    expect(records.at(-1)?.id).toBe("new");
    await writeFile(at, "{ no JSON");
    expect(await store.records("big")).toEqual([]);
  });
});
