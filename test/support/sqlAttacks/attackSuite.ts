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
import { type Attack, formOf, type Harm, harmsInRows, type Range, readAttacks, SLOW_MS } from "./attack";

/** At least so many attacks an engine, and at most so many of one shape or form. */
const LEAST = 300;
const MOST_ALIKE = 10;
/** What stops a statement that takes too long may take so long itself, ms. */
const GRACE_MS = 3000;

const limits: QueryLimits = { maxRows: 1000, maxBytes: 1024 * 1024, timeoutMs: SLOW_MS };
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
    const harmed: Attack[] = [];
    beforeAll(async () => {
      gate = await loadGate();
      range = await make();
    });
    afterAll(() => range.close());

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
      const process = await databaseBundle();
      const run = await strikeAll(engine, range, harmed, process.processPath, gate);
      await process.remove();
      show(engine, "with all layers", run);
      expect(run.filter((one) => one.layer === "none").map((one) => one.attack.sql)).toEqual([]);
    });

    it("meet the engine's own guard where there is no gate", { timeout: 180_000 }, async () => {
      const process = await databaseBundle("test/support/sqlAttacks/ungatedMain.ts");
      const run = await strikeAll(engine, range, harmed, process.processPath, undefined);
      await process.remove();
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
  await range.renew();
  let database = await open();
  const met: Met[] = [];
  for (const attack of attacks) {
    const sql = range.sql(attack);
    const verdict = gate?.check(sql, engine, undefined, "read");
    const { layer, harms } = await strikeOne(database, sql);
    const damage = await range.damage();
    const harm = harms.size > 0 || damage.size > 0;
    // Nothing was refused and no harm is seen; but what a session was told cannot be seen from outside.
    const unseen = layer === "none" && (attack.harm === "session" || attack.harm === "lock");
    met.push({
      attack,
      layer: harm || unseen ? "none" : verdict?.allowed === false ? "gate" : layer === "none" ? "engine" : layer,
    });
    if (damage.size > 0) {
      await database.close();
      await range.renew();
      database = await open();
    }
  }
  await database.close();
  return met;
}

async function strikeOne(database: DatabaseClient, sql: string): Promise<{ layer: Layer; harms: ReadonlySet<Harm> }> {
  const began = performance.now();
  const harms = new Set<Harm>();
  let layer: Layer = "none";
  try {
    const result = await database.query(sql, limits, forever);
    for (const harm of harmsInRows([result.rows])) harms.add(harm);
    // What is cut is told to be.
    if (result.cut !== undefined || JSON.stringify(result.rows).includes('"cut"')) layer = "caps";
  } catch (error) {
    layer = error instanceof PaddockError && error.code === "sql/timeout" ? "caps" : "engine";
  }
  if (performance.now() - began > SLOW_MS + GRACE_MS) harms.add("slow");
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
