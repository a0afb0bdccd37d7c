import { beforeAll, expect, it } from "vitest";
import type { StatementGate } from "../../src/sql/core/gate";
import type { DatabaseEngine } from "../../src/sql/core/schema";
import { readAttacks } from "../support/sqlAttacks/attack";
import { loadGate } from "../support/sqlGate";

let gate: StatementGate;
beforeAll(async () => {
  gate = await loadGate();
});

/** Those that only take long or give much compute, which the gate cannot forbid: the caps stop them. */
const forCaps = new Set(["slow", "size"]);
/** In PostgreSQL the name of a column may be that of a function, which only the server can tell: its transaction stops it. */
const forEngine = new Set(["field notation"]);

it.each<DatabaseEngine>(["sqlite", "duckdb", "postgres", "mariadb"])(
  "the gate lets no attack on %s through but those that only compute",
  (engine) => {
    const allowed = readAttacks(engine)
      .filter(
        ({ shape, harm, sql }) =>
          !forCaps.has(harm) && !forEngine.has(shape) && gate.check(sql, engine, undefined, "read").allowed,
      )
      .map(({ sql }) => sql);
    expect(allowed).toEqual([]);
  },
);
