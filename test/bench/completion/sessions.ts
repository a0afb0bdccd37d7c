import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";
import { Typist } from "./typist";

/** Editing sessions, from which the traces here are made: see test/bench/traces/README.md for their format. */
const headerSchema = v.strictObject({
  name: v.string(),
  language: v.string(),
  file: v.string(),
  text: v.string(),
  indent: v.strictObject({ spaces: v.boolean(), size: v.number() }),
  quotes: v.string(),
  indentsAfter: v.optional(v.string(), ""),
  seed: v.number(),
});
const ENDING = ".session.txt";
const STEP = /^@@ (after|erase|pause) (.*)$/u;

/** The trace of a session, as its file holds it. @throws Error for a step that cannot be done. */
export function traceOf(session: string, text: string): string {
  const [head = "", ...lines] = session.replace(/\n$/u, "").split("\n");
  const { quotes, indentsAfter, seed, indent, ...header } = v.parse(headerSchema, JSON.parse(head));
  const unit = indent.spaces ? " ".repeat(indent.size) : "\t";
  const typist = new Typist(text, { seed, unit, quotes, indentsAfter });
  let typed: string[] = [];
  const flush = (): void => {
    typist.type(typed.join("\n"));
    typed = [];
  };
  for (const line of lines) {
    const [, step, rest = ""] = STEP.exec(line) ?? [];
    if (step === undefined) {
      typed.push(line);
      continue;
    }
    flush();
    const found = rest.replaceAll("⏎", "\n");
    if (step === "after") typist.goAfter(found);
    else if (step === "erase") typist.erase(found);
    else typist.pause(Number(rest));
  }
  flush();
  const first = {
    format: 1,
    ...header,
    indent,
    licence: "MIT",
    provenance: "Written for this repository; the keys are a session's, their times a seeded model's.",
    text: { file: header.text },
  };
  return `${[first, ...typist.lines].map((value) => JSON.stringify(value)).join("\n")}\n`;
}

/** Every session of a folder: the name of its trace and what it holds. */
export async function tracesOf(folder: string): Promise<{ name: string; content: string }[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(ENDING)).sort();
  return Promise.all(
    names.map(async (name) => {
      const session = await readFile(path.join(folder, name), "utf8");
      const { text } = v.parse(headerSchema, JSON.parse(session.split("\n", 1)[0] ?? ""));
      const content = traceOf(session, await readFile(path.join(folder, text), "utf8"));
      return { name: `${name.slice(0, -ENDING.length)}.jsonl`, content };
    }),
  );
}

export async function writeTraces(folder: string): Promise<string[]> {
  const traces = await tracesOf(folder);
  for (const { name, content } of traces) await writeFile(path.join(folder, name), content);
  return traces.map(({ name }) => name);
}
