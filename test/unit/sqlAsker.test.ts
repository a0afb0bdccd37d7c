import { DatabaseSync } from "node:sqlite";
import { beforeEach, describe, expect, it } from "vitest";
import type { ModelId, SearchRequest } from "../../src/engine/backend";
import type { SearchResult } from "../../src/engine/core/search";
import { PaddockError } from "../../src/platform/core/errors";
import { createAsker, type AskerOptions } from "../../src/sql/core/ask/asker";
import type { AskSteps } from "../../src/sql/core/ask/steps";
import type { AskOptions } from "../../src/sql/core/asking";
import type { Cell } from "../../src/sql/core/database";
import type { DatabaseSchema, TableSchema } from "../../src/sql/core/schema";
import { loadGate } from "../support/sqlGate";

/** Asking with the real gate and SQLite; only the model is told what to say. */
const gate = await loadGate();
const table = (name: string, columns: readonly string[]): TableSchema => ({
  ...{ name, kind: "table", foreignKeys: [], indexes: [] },
  columns: columns.map((one) => ({ name: one, type: "TEXT", kind: "text", nullable: true })),
});
const schema: DatabaseSchema = {
  ...{ engine: "sqlite", version: "3.50.0" },
  tables: [table("singer", ["Name", "Country"]), table("concert", ["Title", "Year"])],
};

let sqlite: DatabaseSync;
let asked: SearchRequest[];
let ran: string[];
let valuesRead: number;
let answers: (request: SearchRequest) => readonly (readonly [text: string, logProbability: number])[];
beforeEach(() => {
  sqlite = new DatabaseSync(":memory:", { enableDoubleQuotedStringLiterals: false });
  sqlite.exec("CREATE TABLE singer (Name, Country); CREATE TABLE concert (Title, Year)");
  sqlite.exec("INSERT INTO singer VALUES ('Ann', 'France'), ('Bob', 'Spain'), ('Cy', 'France')");
  asked = [];
  ran = [];
  valuesRead = 0;
  answers = () => [];
});

const steps: AskSteps = { constrained: "always", answers: 5, budgetMs: 1000, weighed: false, voted: true };
const timings = {
  ...{ prompt_n: 10, cache_n: 90, prompt_ms: 1, prompt_per_second: 1, predicted_n: 1, predicted_ms: 1 },
  ...{ predicted_per_second: 1, draft_n: 0, draft_n_accepted: 0, queue_ms: 0, paused_ms: 0, ttft_ms: 1, tpot_ms: 1 },
  itl_ms: null,
};
const machine = {
  ...{ backend: "cpu" as const, threads: 1, gpuLayers: 0, batchSize: 1, contextSize: 1, contextUsed: 1 },
  ...{ rssBytes: 1, vramBytes: 0, identityKey: "k" },
};
function asker(more: Partial<AskerOptions> & { steps?: Partial<AskSteps>; layout?: "chat" } = {}) {
  const { steps: changed, layout, ...options } = more;
  return createAsker({
    backend: {
      countTokens: (texts) => Promise.resolve(texts.map((text) => text.length / 3)),
      search: (request, { signal }): Promise<SearchResult> => {
        asked.push(request);
        return Promise.resolve({
          answers: answers(request).map(([text, logProbability]) => ({ text, logProbability })),
          stopReason: signal.aborted ? "cancelled" : "end",
          ...{ timings, machine },
        });
      },
    },
    model: {
      ...{ id: "m" as ModelId, layout: layout ?? "schema-lines", contextSize: 4096 },
      steps: { ...steps, ...changed },
    },
    database: {
      engine: "sqlite",
      prepare: (sql) => attempt(() => (sqlite.prepare(sql), { columns: [] })),
      query: (sql) => {
        ran.push(sql);
        return attempt(() => {
          const statement = sqlite.prepare(sql);
          statement.setReturnArrays(true);
          return { columns: [], rows: statement.all() as unknown as Cell[][], elapsedMs: 1 };
        });
      },
      findValues: () => {
        valuesRead++;
        return Promise.resolve([{ table: "singer", column: "Country", value: "France" }]);
      },
    },
    ...{ schema, gate, notes: {}, values: true, session: "s" },
    ...options,
  });
}
const attempt = async <T>(work: () => T): Promise<T> => {
  try {
    return await Promise.resolve(work());
  } catch (error) {
    throw new PaddockError("sql/invalid", error instanceof Error ? error.message : String(error));
  }
};
const plainly = (more: Partial<AskOptions> = {}): AskOptions => ({
  ...{ earlier: [], examples: [], signal: new AbortController().signal },
  ...more,
});
const textOf = (request: SearchRequest | undefined): string => {
  if (request === undefined) return "";
  const { prompt } = request;
  return prompt.of === "pieces" ? prompt.pieces.map(({ text }) => text).join("") : JSON.stringify(prompt.messages);
};

describe("asking", () => {
  it("answers with the result that most answers have, with what was taken for granted", async () => {
    answers = () => [
      ["SELECT Name FROM singer WHERE Country = 'Spain'", -0.9],
      ["SELECT Name FROM singer WHERE Country = 'France'", -1],
      ["SELECT Name FROM singer WHERE NOT Country = 'Spain'", -1.1],
    ];
    const steps: string[] = [];
    const answer = await asker().ask("Who is from France?", plainly({ onStep: (step) => steps.push(step) }));
    expect(answer).toMatchObject({ kind: "sql", confidence: "majority", cachedShare: 0.9, attempts: [] });
    if (answer.kind !== "sql") return;
    expect(answer.sql).toBe("SELECT Name FROM singer WHERE Country = 'France'");
    expect(answer.result?.rows).toEqual([["Ann"], ["Cy"]]);
    expect(answer.assumptions).toEqual(["“France” is taken for a value of singer.Country."]);
    expect(answer.statement.explanation).not.toBe("");
    expect(steps).toEqual(["values", "schema", "generate", "check", "vote"]);
    expect(textOf(asked[0])).toContain("values: singer.Country = 'France'\nquestion: Who is from France?");
    expect(asked[0]?.language?.tables.map(({ name }) => name)).toEqual(["singer", "concert"]);
  });

  it("says unconfirmed where no result has a majority", async () => {
    answers = () => [
      ["SELECT Name FROM singer", -1],
      ["SELECT Country FROM singer", -1.01],
      ["SELECT Title FROM concert", -1.02],
    ];
    expect(await asker().ask("What?", plainly())).toMatchObject({ kind: "sql", confidence: "unconfirmed" });
  });

  it("never runs what the gate refuses, and tells what was wrong on the way", async () => {
    answers = () => [
      ["DROP TABLE singer", -0.1],
      ["SELECT Nome FROM concert ORDER BY", -0.2],
      ["SELECT COUNT(*) FROM singer", -0.3],
    ];
    const answer = await asker().ask("How many?", plainly());
    expect(answer).toMatchObject({ kind: "sql", sql: "SELECT COUNT(*) FROM singer" });
    expect(answer.attempts).toHaveLength(2);
    expect(ran).toEqual(["SELECT COUNT(*) FROM singer"]);
  });

  it("fails in so many words where nothing can be run", async () => {
    expect(await asker().ask("What?", plainly())).toMatchObject({ kind: "failed", attempts: [] });
    answers = () => [["SELECT", -1]];
    const failed = await asker().ask("What?", plainly());
    expect(failed.kind === "failed" ? failed.message : "").toMatch(/no statement that the database understands/);
  });

  it("puts names right that a model made up, and says so", async () => {
    answers = () => [["SELECT Nane FROM singer", -1]];
    const answer = await asker().ask("Names?", plainly());
    expect(answer).toMatchObject({ kind: "sql", sql: "SELECT Name FROM singer" });
    expect(answer.kind === "sql" ? answer.assumptions[0] : "").toMatch(/Nane.*Name/);
  });

  it("reads no values and runs no answers where the person has not let it", async () => {
    answers = () => [["SELECT Name FROM singer", -1]];
    const answer = await asker({ values: false, runsAnswers: () => false }).ask("Names?", plainly());
    expect(answer).toMatchObject({ kind: "sql", sql: "SELECT Name FROM singer" });
    expect(answer.kind === "sql" ? answer.result : null).toBeUndefined();
    expect([valuesRead, ran]).toEqual([0, []]);
  });

  it("takes a confirmed pair at its word, if it still holds", async () => {
    const examples = [{ question: "How many singers are there?", sql: "SELECT COUNT(*) FROM singer" }];
    expect(await asker().ask("how many singers are there", plainly({ examples }))).toMatchObject({
      ...{ kind: "sql", confidence: "confirmed", sql: "SELECT COUNT(*) FROM singer" },
    });
    expect(asked).toEqual([]);
    answers = () => [["SELECT Name FROM singer", -2]];
    const gone = [{ question: "How many singers are there?", sql: "SELECT COUNT(*) FROM gone" }];
    expect(await asker().ask("How many singers are there?", plainly({ examples: gone }))).toMatchObject({
      ...{ kind: "sql", confidence: "unconfirmed", sql: "SELECT Name FROM singer" },
    });
  });

  it("tells a model of single questions the one before, where the new one points back", async () => {
    const earlier = [{ question: "List the singers.", sql: "SELECT Name FROM singer" }];
    await asker().ask("Only those from France", plainly({ earlier }));
    await asker().ask("Which concerts were there in the year 2014?", plainly({ earlier }));
    expect(textOf(asked[0])).toContain("question: List the singers, Only those from France");
    expect(textOf(asked[1])).toContain("question: Which concerts were there in the year 2014?");
  });

  it("has a chat model write freely first, and under the grammar when nothing can be used", async () => {
    answers = ({ language }) =>
      language === undefined ? [["I think:\n```sql\nSELECT x FROM y;\n```", -1]] : [["SELECT Name FROM singer", -2]];
    const answer = await asker({ layout: "chat", steps: { constrained: "on-failure" } }).ask("Names?", plainly());
    expect(answer).toMatchObject({ kind: "sql", sql: "SELECT Name FROM singer" });
    expect(asked.map(({ language }) => language === undefined)).toEqual([true, false]);
    expect(textOf(asked[0])).toContain("CREATE TABLE singer");
  });

  it("ends when it is cancelled", async () => {
    const stop = new AbortController();
    answers = () => {
      stop.abort();
      return [["SELECT Name FROM singer", -1]];
    };
    await expect(asker().ask("Names?", plainly({ signal: stop.signal }))).rejects.toMatchObject({ code: "cancelled" });
    expect(ran).toEqual([]);
  });

  it("processes the schema ahead, without a question", async () => {
    await asker().warm(new AbortController().signal);
    expect(asked[0]).toMatchObject({ answers: 0 });
    expect(textOf(asked[0])).toBe("<|im_start|>user\nsinger(Name, Country)\nconcert(Title, Year)\n");
  });
});

describe("fixing", () => {
  it("puts wrong names right without a model", async () => {
    const answer = await asker().fix("SELECT Nmae FROM singer", "no such column: Nmae", plainly());
    expect(answer).toMatchObject({ kind: "sql", sql: "SELECT Name FROM singer", confidence: "unconfirmed" });
    expect(asked).toEqual([]);
  });

  it("asks again otherwise, never for the same statement, with the engine's words for who can read them", async () => {
    answers = () => [["SELECT COUNT(*) FROM singer", -1]];
    const earlier = [{ question: "How many singers?", sql: "SELECT COUNT( FROM singer" }];
    const wrong = "SELECT COUNT( FROM singer";
    expect(await asker().fix(wrong, 'near "FROM": syntax error', plainly({ earlier }))).toMatchObject({ kind: "sql" });
    expect(asked[0]?.not).toEqual([wrong]);
    expect(textOf(asked[0])).toContain("question: How many singers?");
    await asker({ layout: "chat" }).fix(wrong, 'near "FROM": syntax error', plainly({ earlier }));
    expect(textOf(asked[1])).toContain("syntax error");
  });
});
