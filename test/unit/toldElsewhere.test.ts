import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Message, Part } from "../../src/chat/core/conversation";
import { goesAlong, isNotTold, type TellingRules, toldElsewhere } from "../../src/chat/core/toldElsewhere";
import type { ModelId } from "../../src/engine/backend";
import { isSchemaUri, schemaUri } from "../../src/sql/core/schemaReference";
import { staysHere } from "../../src/tools/core/builtInTools";
import { type ChatWindow, chatWindow, FakeModel, type Script, scriptedBackend } from "../support/chatHarness";
import { soon } from "../support/soon";

const desk = "Desk (desk.example)";
const rules: TellingRules = {
  staysHere: { tool: staysHere, reference: isSchemaUri },
  destinationOf: (model) => (model.startsWith("server/") ? desk : undefined),
};

let next = 0;
const message = (role: Message["role"], parts: Part[], model?: string): Message => ({
  ...{ id: `m-${next++}`, parent: null, role, parts, at: 0, status: "complete" },
  ...(model === undefined ? {} : { model }),
});
const text = (words: string): Part => ({ type: "text", text: words });
const file: Part = { type: "reference", label: "a.ts", uri: "file:///w/a.ts", text: "let a = 1;" };
const problems: Part = { type: "reference", label: "Problems", uri: "paddock-context:problems", text: "none" };
const schema: Part = { type: "reference", label: "Schema of Shop", uri: schemaUri("s"), text: "CREATE TABLE secret" };
const calls = (name: string, result: string): Part[] => [
  { type: "toolCall", id: "1", name, arguments: { sql: "SELECT secret" } },
  { type: "toolResult", callId: "1", name, result },
];
const asked = (...parts: Part[]): Message => message("user", [text("What?"), ...parts]);
const local = (...parts: Part[]): Message => message("assistant", parts, "starter");
const remote = (...parts: Part[]): Message => message("assistant", parts, "server/desk/big");
const said = (messages: readonly Message[]): string => JSON.stringify(messages.map(({ parts }) => parts));

describe("what a model elsewhere is told of a conversation", () => {
  it("is all of it where nothing is from a database", () => {
    const talk = [asked(file, problems), local(...calls("read_file", "1: a"), text("So.")), asked()];
    expect(toldElsewhere(talk, rules)).toEqual(talk);
    expect(isNotTold(talk.slice(0, 2), rules)).toBe(false);
  });

  it("has no schema, no rows, no statement, and no answer that was made with any of them in sight", () => {
    const talk = [
      asked(file),
      local(text("Before.")),
      asked(schema),
      local(text("The table is secret.")),
      asked(),
      local({ type: "reasoning", text: "secret" }, ...calls("run_sql", "secret"), text("It is secret.")),
      asked(file),
      local(text("As I said: secret.")),
      asked(),
    ];
    const told = toldElsewhere(talk, rules);
    expect(told.map(({ id }) => id)).toEqual(talk.map(({ id }) => id));
    expect(said(told)).not.toContain("secret");
    expect(said(told)).toContain("Before.");
    expect(said(told).match(/let a = 1/gu)).toHaveLength(2);
    expect(said(told).match(/This answer stays/gu)).toHaveLength(3);
    expect(said(told)).toContain("Schema of Shop stays");
    expect(isNotTold(talk.slice(0, 8), rules)).toBe(true);
  });

  it("has the answers of models elsewhere, which had nothing of it in their prompts", () => {
    const talk = [
      asked(schema),
      remote(...calls("run_sql", "refused"), text("I can't.")),
      asked(),
      local(text("secret")),
    ];
    const told = toldElsewhere(talk, rules);
    expect(told[1]).toBe(talk[1]);
    expect(said(told.slice(2))).not.toContain("secret");
  });

  it("is no less of an answer that is empty so far, and of one whose model nobody knows any more", () => {
    const talk = [asked(schema), local(), message("assistant", [text("secret")]), asked()];
    const told = toldElsewhere(talk, rules);
    expect(told[1]?.parts).toEqual([]);
    expect(said(told)).not.toContain("secret");
  });
});

describe("what goes along for the first time", () => {
  const along = (talk: readonly Message[], ...attached: Part[]) => goesAlong(talk, attached, desk, rules);

  it("is counted by kinds, with what stays", () => {
    const talk = [
      asked(file, file, problems),
      local(...calls("read_file", "1: a"), text("So.")),
      asked(schema),
      local(...calls("run_sql", "rows"), text("Ten.")),
    ];
    expect(along(talk)).toEqual({
      ...{ destination: desk, messages: 3, files: 2, others: 1, results: 1 },
      ...{ schemas: 1, rows: 1, answers: 1 },
    });
  });

  it("is nothing in a new conversation, and nothing that the same place has had", () => {
    expect(along([])).toBeNull();
    expect(along([], file)).toBeNull();
    const had = [asked(file), local(text("So.")), asked(), remote(text("Well."))];
    expect(along(had)).toBeNull();
    expect(along([...had, asked(), local(text("Here."))])).toMatchObject({ messages: 2, files: 0 });
    // Also while it has only been sent there.
    expect(along([asked(), local(text("So.")), asked(), remote()])).toBeNull();
  });

  it("tells of a schema that is attached to the next question that it stays", () => {
    expect(along([], file, schema)).toMatchObject({ messages: 0, files: 0, schemas: 1 });
  });
});

/** The starter, or a server's model. */
class SwitchedModel extends FakeModel {
  isElsewhere = false;

  override current() {
    return { ...super.current(), id: (this.isElsewhere ? "server/desk/big" : "starter") as ModelId };
  }

  switch(isElsewhere: boolean): void {
    this.isElsewhere = isElsewhere;
    this.changes.fire();
  }
}

describe("a conversation that is taken elsewhere", () => {
  let folder: string;
  let scripts: Script[];
  let window: ChatWindow;
  let backend: ReturnType<typeof scriptedBackend>;
  let model: SwitchedModel;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "paddock-told-"));
    scripts = [];
    backend = scriptedBackend(() => scripts.shift() ?? (() => Promise.resolve({})));
    model = new SwitchedModel();
    window = await chatWindow({ folder, backend, model, telling: rules });
  });
  afterEach(async () => {
    await window.close();
    await rm(folder, { recursive: true, force: true });
  });

  const idle = (): Promise<void> => soon(() => expect(window.controller.generating).toBe(false));
  const says =
    (words: string, stopReason: "end" | "maxTokens" = "end"): Script =>
    (say) => {
      say(words);
      return Promise.resolve({ stopReason });
    };
  const sent = (): string => JSON.stringify(backend.requests.at(-1)?.messages);

  it("is told of at the input box before the first question, and not after it", async () => {
    scripts.push(says("So."), says("Well."));
    const id = await window.controller.send(null, "What?", [file]);
    await idle();
    expect(window.page.state?.goesAlong).toBeNull();
    model.switch(true);
    expect(window.page.state?.goesAlong).toMatchObject({ destination: desk, messages: 2, files: 1 });
    await window.controller.send(id, "And now?");
    await idle();
    await soon(() => expect(window.page.state?.goesAlong).toBeNull());
    expect(sent()).toContain("let a = 1");
    model.switch(false);
    expect(window.page.state?.goesAlong).toBeNull();
  });

  it("leaves a schema here, also one that is attached to the question itself, and says so", async () => {
    model.switch(true);
    void window.attachments.add({
      references: [{ label: "Schema", uri: schemaUri("s"), text: "" }],
      ignored: [],
      refused: [],
    });
    expect(window.page.state?.goesAlong).toMatchObject({ schemas: 1, messages: 0 });
    scripts.push(says("Well."));
    await window.controller.send(null, "What?", [schema, file]);
    await idle();
    expect(sent()).not.toContain("secret");
    expect(sent()).toContain("let a = 1");
  });

  it("goes on there after calls, with all that was answered there", async () => {
    model.switch(true);
    const call = { type: "toolCall", id: "1", name: "run_sql", arguments: {} } as const;
    scripts.push(
      () => Promise.resolve({ parts: [{ type: "text", text: "Let me see." }, call], stopReason: "toolCalls" }),
      says("I can't."),
    );
    await window.controller.send(null, "What?", [schema]);
    await idle();
    expect(backend.requests.at(-1)?.messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "tool"]);
    expect(sent()).toContain("Let me see.");
  });

  it("is not gone on with in the middle of an answer that stays", async () => {
    scripts.push(says("The secret", "maxTokens"), says(" is out."));
    const id = await window.controller.send(null, "What?", [schema]);
    await idle();
    const begun = window.controller.shown().at(-1)?.id ?? "";
    model.switch(true);
    await expect(window.controller.continueAnswer(id, begun)).rejects.toMatchObject({ message: "answerStays" });
    expect(backend.requests).toHaveLength(1);
    model.switch(false);
    await window.controller.continueAnswer(id, begun);
    await idle();
    expect(window.controller.shown().at(-1)?.parts).toEqual([text("The secret is out.")]);
  });
});
