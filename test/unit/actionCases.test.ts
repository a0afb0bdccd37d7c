import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FittedAnswer } from "../../src/actions/core/fittedAnswer";
import { type ActionCase, isCodeCase, languageOfCase, readActionCases } from "../eval/actions/actionCases";
import { Judge, type Verdict } from "../eval/actions/judge";
import { languagesOf } from "../eval/actions/judgeable";
import { languages } from "../eval/actions/languages";
import { isEdited, offered } from "../eval/actions/offered";
import { missingFor } from "../eval/actions/toolchains";
import { type Ran, Workshop } from "../eval/actions/workshop";

/** The cases of eval:actions: each one's check passes its reference, and can fail. */
const cases = await readActionCases(path.resolve("test/eval/actions/cases"));
let workshop: Workshop;
let judge: Judge;
beforeAll(async () => {
  workshop = await Workshop.open(true);
  judge = new Judge(workshop);
});
afterAll(() => workshop.close());

/** Two at a time: most of it is waiting for programs to start. */
async function verdicts(of: readonly ActionCase[], text: (one: ActionCase) => string): Promise<Map<string, Verdict>> {
  const found = new Map<string, Verdict>();
  const waiting = [...of];
  const work = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      found.set(one.id, await judge.judge(one, offered(one, text(one))));
    }
  };
  await Promise.all([work(), work()]);
  return found;
}
const those = (found: Map<string, Verdict>, of: (verdict: Verdict) => boolean): string[] =>
  [...found].filter(([, verdict]) => of(verdict)).map(([id, { why }]) => `${id}: ${why}`);

it("there are at least 150, of six languages, with names of their own", () => {
  expect(cases.length).toBeGreaterThanOrEqual(150);
  expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
  for (const language of languages) {
    const own = cases.filter((one) => isCodeCase(one) && languageOfCase(one) === language);
    expect(own.length, language).toBeGreaterThanOrEqual(20);
  }
});

describe.each([...languages, "words" as const])("cases judged in %s", (language) => {
  const own = cases.filter((one) => (languagesOf(one)[0] ?? "words") === language);
  const missing = language === "words" ? undefined : missingFor(language);

  it.skipIf(missing !== undefined)(
    "pass with their reference, and fail with their wrong answer or as they were",
    async () => {
      const references = await verdicts(own, ({ reference }) => reference);
      expect(those(references, ({ applies, useful, untouched }) => !applies || !useful || !untouched)).toEqual([]);
      const wrong = await verdicts(own, (one) => one.wrong);
      expect(those(wrong, ({ useful }) => useful)).toEqual([]);
      const left = await verdicts(own.filter(isEdited), (one) => (isCodeCase(one) ? one.selected : ""));
      expect(those(left, ({ useful }) => useful)).toEqual([]);
    },
    90_000,
  );
});

describe("a verdict", () => {
  const [edit] = cases.filter((one) => one.action === "edit");
  if (edit === undefined) throw new Error("There is no case of an edit.");

  it("sees a byte that is changed outside the selection", async () => {
    const answer = offered(edit, edit.reference);
    if (answer.kind !== "edit") throw new Error("That was to be an edit.");
    expect(await judge.judge(edit, answer)).toMatchObject({ applies: true, untouched: true });
    expect(await judge.judge(edit, { ...answer, file: `${answer.file} ` })).toMatchObject({
      applies: false,
      untouched: false,
    });
  });

  it("is none for an answer of another form, or a refused one", async () => {
    const text: FittedAnswer = { kind: "text", form: "prose", text: "Why?" };
    expect(await judge.judge(edit, text)).toMatchObject({ applies: false, useful: false });
    expect(await judge.judge(edit, { kind: "refused", why: "empty" })).toMatchObject({ applies: false, useful: false });
  });
});

describe("the workshop", () => {
  const run = (program: string): Promise<Ran> =>
    workshop.run({ folder: workshop.room({}), command: ["bash", "-c", program], cpuSeconds: 1 });

  it("ends what runs on", async () => {
    expect((await run("while true; do :; done")).code).not.toBe(0);
  }, 40_000);

  it("bounds what is written", async () => {
    const { code, output } = await run("yes");
    expect(code).toBeNull();
    expect(output.length).toBeLessThan(1_000_000);
    expect((await run("head -c 300000000 /dev/zero > file")).code).not.toBe(0);
  });

  it("keeps secrets of the environment and, where it can, the network from what runs", async () => {
    process.env.PADDOCK_TEST_SECRET = "secret";
    expect((await run("env")).output).not.toContain("secret");
    delete process.env.PADDOCK_TEST_SECRET;
    if (workshop.isolation === "open") return;
    expect((await run("cat /proc/net/dev")).output).not.toMatch(/eth0|ens|enp/u);
    expect((await run(`touch ${path.resolve("package.json")}`)).code).not.toBe(0);
  });
});

it("a set that is not in the layout is refused with its file and line", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "paddock-cases-"));
  try {
    await expect(readActionCases(folder)).rejects.toThrow(/holds no cases/);
    const [first] = cases.filter(({ action }) => action === "askFolder");
    const line = JSON.stringify({ ...first, mentions: ["("] });
    await writeFile(path.join(folder, "x.jsonl"), `\n${line}\n`);
    await expect(readActionCases(folder)).rejects.toThrow(/x\.jsonl:2 is no case.*no regular expression/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
