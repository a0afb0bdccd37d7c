import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Logger } from "../../../src/platform/core/logger";
import { PaddockError } from "../../../src/platform/core/errors";
import type { ConnectionTarget } from "../../../src/sql/core/connection";
import type { QueryLimits } from "../../../src/sql/core/database";
import type { StatementGate } from "../../../src/sql/core/gate";
import type { DatabaseEngine } from "../../../src/sql/core/schema";
import { DatabaseClient } from "../../../src/sql/node/databaseClient";
import { databaseBundle } from "../engineBundle";
import { loadGate } from "../sqlGate";
import { type Attack, formOf, type Harm, harmsInRows, patienceFor, type Range, readAttacks, YARDSTICK } from "./attack";

/** At least so many attacks an engine, and at most so many of one shape or form. */
const LEAST = 300;
const MOST_ALIKE = 10;
/** What stops a statement may take so many times as long as the statement itself was allowed, and this besides, ms. */
const TIMES_TO_STOP = 10;
const GRACE_MS = 3000;
/** The time limit of statements that are not slow, ms. */
const TIMEOUT_MS = 5000;
/** So many slow statements are tried at once: SQLite takes a process of each of them along. */
const LANES = 2;

const limits: Omit<QueryLimits, "timeoutMs"> = { maxRows: 1000, maxBytes: 1024 * 1024 };
/** What must not get through without the gate either. A server lets a user who may do anything read its own files. */
const guarded: readonly Harm[] = ["data", "file", "slow", "size"];
const forever = new AbortController().signal;
const quiet = (): void => undefined;
const log: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };

export interface AttackedRange extends Range {
  readonly target: ConnectionTarget;
  readonly password?: string;
  sql(attack: Attack): string;
}

type Bundle = Awaited<ReturnType<typeof databaseBundle>>;
type Layer = "gate" | "engine" | "caps" | "none";

/**
 * Every attack is first shown to do harm where nothing stops it; then it meets the layers, and none gets through; then
 * the engine's guard and the caps alone, as if the gate let everything pass.
 */
export function attackSuite(engine: DatabaseEngine, make: () => Promise<AttackedRange>): void {
  describe(`attacks on ${engine}`, () => {
    const attacks = readAttacks(engine);
    let gate: StatementGate;
    let range: AttackedRange;
    let ours: Bundle;
    let ungated: Bundle;
    const harmed: Attack[] = [];
    beforeAll(async () => {
      [gate, range, ours, ungated] = await Promise.all([
        loadGate(),
        make(),
        databaseBundle(),
        databaseBundle("test/support/sqlAttacks/ungatedMain.ts"),
      ]);
    });
    afterAll(async () => {
      await range.close();
      await ours.remove();
      await ungated.remove();
    });

    it("are many, and few of them alike", () => {
      expect(attacks.length).toBeGreaterThanOrEqual(LEAST);
      for (const key of [(one: Attack) => one.shape, (one: Attack) => formOf(one.sql)]) {
        const counts = new Map<string, number>();
        for (const one of attacks) counts.set(key(one), (counts.get(key(one)) ?? 0) + 1);
        expect([...counts].filter(([, count]) => count > MOST_ALIKE)).toEqual([]);
      }
    });

    it("do harm with all layers off", { timeout: 180_000 }, async () => {
      const harmless: string[] = [];
      for (const attack of attacks) {
        const seen = await range.strike(attack).catch((error: unknown) => String(error));
        if (typeof seen !== "string" && seen.has(attack.harm)) harmed.push(attack);
        else harmless.push(`${attack.shape}: ${attack.sql}: ${typeof seen === "string" ? seen : [...seen].join(" ")}`);
        await range.renew();
      }
      expect(harmless).toEqual([]);
    });

    it("are stopped by the layers, each and all", { timeout: 180_000 }, async () => {
      const run = await strikeAll(engine, range, harmed, ours.processPath, gate);
      show(engine, "with all layers", run);
      expect(run.filter((one) => one.layer === "none").map((one) => one.attack.sql)).toEqual([]);
    });

    it("meet the engine's own guard where there is no gate", { timeout: 180_000 }, async () => {
      const run = await strikeAll(engine, range, harmed, ungated.processPath, undefined);
      show(engine, "without the gate", run);
      const through = run.filter(({ layer, attack }) => layer === "none" && guarded.includes(attack.harm));
      expect(through.map((one) => one.attack.sql)).toEqual([]);
    });
  });
}

interface Met {
  readonly attack: Attack;
  readonly layer: Layer;
}

async function strikeAll(
  engine: DatabaseEngine,
  range: AttackedRange,
  attacks: readonly Attack[],
  processPath: string,
  gate: StatementGate | undefined,
): Promise<readonly Met[]> {
  const open = (): Promise<DatabaseClient> => {
    const { target, password } = range;
    return DatabaseClient.open(
      { processPath, log },
      { target, writable: false, ...(password === undefined ? {} : { password }) },
      forever,
    );
  };
  await range.leave();
  await range.renew();
  const met: Met[] = [];
  const judge = (attack: Attack, sql: string, seen: Struck, damaged: boolean): void => {
    const verdict = gate?.check(sql, engine, undefined, "read");
    const { layer, harms } = seen;
    // Nothing was refused and no harm is seen; but what a session was told cannot be seen from outside.
    const unseen = layer === "none" && (attack.harm === "session" || attack.harm === "lock");
    const through = damaged || harms.size > 0 || unseen;
    met.push({
      attack,
      layer: through ? "none" : verdict?.allowed === false ? "gate" : layer === "none" ? "engine" : layer,
    });
  };

  let database = await open();
  for (const attack of attacks.filter(({ harm }) => harm !== "slow")) {
    const sql = range.sql(attack);
    const seen = await strikeOne(database, attack, sql);
    const damage = await range.damage();
    judge(attack, sql, seen, damage.size > 0);
    if (damage.size > 0) {
      await database.close();
      await range.renew();
      database = await open();
    }
  }

  // What only computes is not worth looking at the damage each time: were there any, all of it would have got through.
  const slow = attacks.filter(({ harm }) => harm === "slow").values();
  const struck: (readonly [Attack, string, Struck])[] = [];
  const lane = async (client: DatabaseClient): Promise<void> => {
    for (const attack of slow) {
      const sql = range.sql(attack);
      struck.push([attack, sql, await strikeOne(client, attack, sql)]);
    }
    await client.close();
  };
  const others = await Promise.all(Array.from({ length: LANES - 1 }, open));
  await Promise.all([database, ...others].map(lane));
  const damage = await range.damage();
  for (const [attack, sql, seen] of struck) judge(attack, sql, seen, damage.size > 0);
  return met;
}

interface Struck {
  readonly layer: Layer;
  readonly harms: ReadonlySet<Harm>;
}

async function strikeOne(database: DatabaseClient, attack: Attack, sql: string): Promise<Struck> {
  const ask = (text: string, timeoutMs: number) => database.query(text, { ...limits, timeoutMs }, forever);
  const timeoutMs = await patienceFor(attack, () => ask(YARDSTICK, TIMEOUT_MS), TIMEOUT_MS);
  const began = performance.now();
  const harms = new Set<Harm>();
  let layer: Layer = "none";
  try {
    const result = await ask(sql, timeoutMs);
    for (const harm of harmsInRows([result.rows])) harms.add(harm);
    // What is cut is told to be.
    if (result.cut !== undefined || JSON.stringify(result.rows).includes('"cut"')) layer = "caps";
  } catch (error) {
    // Whatever else goes wrong stopped no attack.
    if (!(error instanceof PaddockError && error.code.startsWith("sql/"))) throw error;
    layer = error.code === "sql/timeout" ? "caps" : "engine";
  }
  if (performance.now() - began > timeoutMs * TIMES_TO_STOP + GRACE_MS) harms.add("slow");
  return { layer, harms };
}

/** One line for each kind of harm: how many attacks each layer stopped. */
function show(engine: DatabaseEngine, title: string, met: readonly Met[]): void {
  const kinds = [...new Set(met.map((one) => one.attack.harm))].sort();
  const table = Object.fromEntries(
    [...kinds, "all" as const].map((kind) => {
      const of = met.filter((one) => kind === "all" || one.attack.harm === kind);
      const count = (layer: Layer): number => of.filter((one) => one.layer === layer).length;
      return [
        kind,
        {
          attacks: of.length,
          gate: count("gate"),
          engine: count("engine"),
          caps: count("caps"),
          through: count("none"),
        },
      ];
    }),
  );
  console.log(`${engine}, ${title}`);
  console.table(table);
}
