import { expect, it, vi } from "vitest";
import type * as vscode from "vscode";
import type { Question } from "../../src/native/host/participantAnswer";
import { answerCommit } from "../../src/native/host/participantCode";
import type { ActionAnswer } from "../../src/native/host/participantDeps";

vi.mock("vscode", () => ({
  LanguageModelChatMessageRole: { User: 1, Assistant: 2 },
  l10n: {
    t: (text: string, ...values: unknown[]) => text.replace(/\{(\d)\}/gu, (_, index) => String(values[Number(index)])),
  },
}));

/** @returns all that the chat shows of the answer. */
async function shown(answer: ActionAnswer): Promise<string> {
  const texts: string[] = [];
  const question = {
    request: { prompt: "" },
    stream: { progress: () => undefined, button: () => undefined, markdown: (text: string) => texts.push(text) },
    signal: new AbortController().signal,
    model: { id: "m", displayName: "Tiny" },
    deps: { actions: { commit: () => Promise.resolve(answer) } },
  };
  await answerCommit(question as unknown as Question);
  return texts.join("");
}

const repository = { toString: () => "file:///a" } as unknown as vscode.Uri;
const message = { kind: "message", text: "fix: it", repository, staged: true, refused: [] } as const;

it("says below the message which files the model was not shown, by names that stay text", async () => {
  const text = await shown({ ...message, staged: false, refused: [".env", "keys/[a](http://b.example)`.pem"] });
  const notes = text.split("\n").filter((line) => line.startsWith("> "));
  expect(notes).toEqual([
    "> Nothing is staged: the message is about all changes.",
    "> Not shown to the model, because it may hold secrets: `.env`, `keys/[a](http://b.example)'.pem`.",
  ]);
  expect(text.indexOf("fix: it")).toBeLessThan(text.indexOf(notes[0] ?? ""));
});

it("says nothing more where the message knows all that is staged", async () => {
  expect(await shown(message)).not.toContain("> ");
});
