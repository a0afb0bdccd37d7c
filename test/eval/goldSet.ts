import { readFile } from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";

/** A question of an evaluation set, with the statement that answers it. */
const questionSchema = v.object({ id: v.string(), db: v.string(), question: v.string(), gold: v.string() });
export type GoldQuestion = v.InferOutput<typeof questionSchema>;

export interface GoldSet {
  /** Those of one database together, as somebody would ask them. */
  readonly questions: readonly GoldQuestion[];
  databaseFile(name: string): string;
}

/**
 * A set in the layout `questions.jsonl` and `databases/<db>.sqlite`.
 * @param limit how many questions, drawn evenly over the whole set; undefined: all.
 */
export async function readGoldSet(folder: string, limit: number | undefined): Promise<GoldSet> {
  const lines = (await readFile(path.join(folder, "questions.jsonl"), "utf8")).split("\n");
  const all = lines.filter((line) => line.trim() !== "").map((line) => v.parse(questionSchema, JSON.parse(line)));
  const chosen =
    limit === undefined || limit >= all.length
      ? all
      : Array.from({ length: limit }, (_, index) => all[Math.floor((index * all.length) / limit)]).filter(
          (question) => question !== undefined,
        );
  const order = [...new Set(chosen.map(({ db }) => db))].sort();
  return {
    questions: order.flatMap((db) => chosen.filter((question) => question.db === db)),
    databaseFile: (name) => path.join(folder, "databases", `${name}.sqlite`),
  };
}
