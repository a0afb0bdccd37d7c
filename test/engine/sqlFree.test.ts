import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ModelId, SearchRequest } from "../../src/engine/backend";
import type { SearchResult } from "../../src/engine/core/search";
import { createAsker } from "../../src/sql/core/ask/asker";
import { stepsFor } from "../../src/sql/core/ask/steps";
import type { Answer, Asker, AskOptions } from "../../src/sql/core/asking";
import { embeddedEngine } from "../support/embedded";
import { engineBundle, starterPath } from "../support/engineBundle";
import { type DatabaseBench, databaseBench, forever } from "../support/openDatabases";
import { loadGate } from "../support/sqlGate";

/**
 * A general model is asked as larger ones are: by messages, and free to write what it likes, which is taken where gate,
 * schema and database accept it. The starter without its adapter often writes prose.
 */
const model = "untuned" as ModelId;
let bundle: Awaited<ReturnType<typeof engineBundle>>;
let made: ReturnType<typeof embeddedEngine>;
let databases: DatabaseBench;
let database: Awaited<ReturnType<DatabaseBench["open"]>>;
let asker: Asker;
let asked: { readonly isFree: boolean; readonly texts: readonly string[] }[];

beforeAll(async () => {
  [bundle, databases] = await Promise.all([engineBundle(), databaseBench()]);
  // One thread waits for no other core, whatever else runs there.
  made = embeddedEngine(bundle.enginePath, { [model]: starterPath }, { threads: 1 });
  const { engine } = made;
  const file = path.join(databases.folder, "farm.sqlite");
  const farm = new DatabaseSync(file);
  farm.exec(`
    CREATE TABLE keeper (id INTEGER PRIMARY KEY, name TEXT, town TEXT);
    CREATE TABLE llama (id INTEGER PRIMARY KEY, name TEXT, colour TEXT, keeper_id INTEGER REFERENCES keeper (id));
    CREATE TABLE paddock (id INTEGER PRIMARY KEY, name TEXT, area INTEGER);
    INSERT INTO keeper VALUES (1, 'Ann', 'Bath'), (2, 'Bob', 'York');
    INSERT INTO llama VALUES (1, 'Kuzco', 'brown', 1), (2, 'Pacha', 'white', 1), (3, 'Yzma', 'brown', 2);`);
  farm.close();
  database = await databases.open({ engine: "sqlite", file });
  asker = createAsker({
    backend: {
      countTokens: (texts, options) => engine.countTokens(texts, options),
      search: async (request: SearchRequest, options): Promise<SearchResult> => {
        const result = await engine.search(request, options);
        asked.push({ isFree: request.language === undefined, texts: result.answers.map(({ text }) => text) });
        return result;
      },
    },
    model: { id: model, layout: "chat", steps: stepsFor("chat", 7e9), contextSize: 4096 },
    ...{ database, schema: await database.schema({ samples: true, signal: forever }), gate: await loadGate() },
    ...{ notes: {}, values: true, session: "database:farm" },
  });
}, 60_000);
afterAll(async () => {
  await made.engine.close();
  await databases.close();
  await bundle.remove();
});

/** What a question goes on from shows even the smallest model how it is done. */
const earlier = ["keeper", "paddock"].map((name) => ({
  question: `How many ${name}s are there?`,
  sql: `SELECT COUNT(*) FROM ${name}`,
}));
const ask = (question: string, more: Partial<AskOptions> = {}): Promise<Answer> => {
  asked = [];
  return asker.ask(question, { earlier, examples: [], signal: forever, ...more });
};
const freely = (): boolean[] => asked.map(({ isFree }) => isFree);

describe("a model that writes freely first", () => {
  it("is taken at its word where that is a statement over the schema", async () => {
    const answer = await ask("How many llamas are there?");
    expect(answer).toMatchObject({ kind: "sql", sql: "SELECT COUNT(*) FROM llama", attempts: [] });
    expect(freely()).toEqual([true]);
    expect(answer.kind === "sql" && answer.result?.rows).toEqual([[3]]);
  }, 90_000);

  it("is asked again under the schema's grammar where it answers in prose, which is never run", async () => {
    const answer = await ask("Tell me a joke about keepers.", { earlier: [] });
    const [free] = asked;
    expect(free?.texts.join(" ")).not.toMatch(/\bFROM\b/);
    expect(freely()).toEqual([true, false]);
    // What it had written is told, with the reason.
    expect(answer.attempts.length).toBeGreaterThanOrEqual(free?.texts.length ?? 1);
  }, 90_000);
});
