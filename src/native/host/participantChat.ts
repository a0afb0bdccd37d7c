import * as v from "valibot";
import * as vscode from "vscode";
import { PaddockError, toPaddockError } from "../../platform/core/errors";
import { formatCount } from "../../platform/core/format";
import { markdownCode } from "../../platform/core/markdownText";
import { visibleText } from "../../platform/core/visibleText";
import { type CarriedText, type ChatTurn, conversationPrompt, fitTurns } from "../core/chatTurns";
import { limitsOf } from "../core/modelCard";
import { type AnswerMetadata, answerMetadataSchema } from "../core/participantNames";
import { type Question, sign } from "./participantAnswer";

/** A question in the person's own words, with what is attached to it and what was said before. */
export async function answerChat(question: Question): Promise<AnswerMetadata> {
  const { request, stream, signal, model, deps } = question;
  const carried = await readReferences(question);
  const contextSize = await deps.contextSize(model.id, signal);
  const { maxInputTokens, maxOutputTokens } = limitsOf(contextSize, deps.maxTokens());
  const turns = turnsOf(question.context.history);
  const fitted = await fitTurns(
    turns,
    (kept) => conversationPrompt(kept, request.prompt, carried),
    maxInputTokens,
    (messages) => deps.backend.countMessageTokens(messages, { model: model.id, signal }),
  );
  if (fitted === undefined) {
    throw new PaddockError(
      "context/overflow",
      vscode.l10n.t(
        "The question and what is attached to it do not fit the context of {0}, which holds {1} tokens.",
        visibleText(model.displayName),
        formatCount(contextSize),
      ),
      { remedy: vscode.l10n.t("Attach less, or raise paddock.engine.contextSize.") },
    );
  }
  if (fitted.left > 0) {
    stream.markdown(
      `> ${vscode.l10n.t("Earlier turns left out to fit the context: {0}.", formatCount(fitted.left))}\n\n`,
    );
  }
  const budget = deps.reasoningBudget();
  let answer = "";
  const result = await deps.backend.chat(
    {
      messages: fitted.messages,
      maxTokens: maxOutputTokens,
      sampling: await deps.sampling(),
      ...(budget === null ? {} : { reasoningBudget: budget }),
    },
    {
      ...{ model: model.id, feature: "chat", priority: "chat", signal, askedAt: performance.now() },
      session: "@paddock",
      onProgress: ({ text }) => {
        if (text === undefined || text === "") return;
        answer += text;
        stream.markdown(text);
      },
    },
  );
  // What was stopped is kept as it is: the next question may be about it.
  if (result.stopReason === "maxTokens")
    stream.markdown(
      `\n\n> ${vscode.l10n.t("The answer ended at {0} tokens (paddock.chat.maxTokens).", maxOutputTokens)}\n`,
    );
  if (result.stopReason !== "cancelled") sign(question, result.timings);
  return { answer };
}

/** What the person attached, each by way of the gate; what no model may see is told at its name. */
async function readReferences({ request, stream, deps }: Question): Promise<CarriedText[]> {
  const carried: CarriedText[] = [];
  const places = new Map<string, vscode.Uri | vscode.Location>();
  for (const { value } of request.references.toReversed()) {
    const place = placeOf(value);
    if (place !== undefined) places.set(keyOf(place), place);
    else if (typeof value === "string" && value !== "") carried.push({ label: "Attached", text: value });
  }
  for (const place of places.values()) {
    const uri = place instanceof vscode.Location ? place.uri : place;
    try {
      carried.push(await deps.read(uri, place instanceof vscode.Location ? place.range : undefined));
      stream.reference(place);
    } catch (error) {
      const known = toPaddockError(error);
      if (known.code === "cancelled") throw error;
      const name = markdownCode(visibleText(vscode.workspace.asRelativePath(uri)));
      stream.markdown(`> ${vscode.l10n.t("{0} was not shown to the model: {1}", name, known.message)}\n\n`);
    }
  }
  return carried;
}

/** @returns undefined for what is no place in a file. */
export function placeOf(value: unknown): vscode.Uri | vscode.Location | undefined {
  return value instanceof vscode.Uri || value instanceof vscode.Location ? value : undefined;
}

function keyOf(place: vscode.Uri | vscode.Location): string {
  if (place instanceof vscode.Uri) return place.toString();
  const { start, end } = place.range;
  return `${place.uri.toString()} ${start.line}:${start.character}-${end.line}:${end.character}`;
}

/** What was said before, from VS Code's own history; it holds this participant's turns only. */
function turnsOf(history: vscode.ChatContext["history"]): ChatTurn[] {
  const turns: ChatTurn[] = [];
  let asked: string | undefined;
  for (const turn of history) {
    if (turn instanceof vscode.ChatRequestTurn) asked = turn.prompt;
    else if (asked !== undefined) {
      turns.push({ question: asked, answer: answerOf(turn) });
      asked = undefined;
    }
  }
  return turns;
}

/** What the model wrote; of turns that keep it nowhere, all that was shown. */
function answerOf(turn: vscode.ChatResponseTurn): string {
  const kept = v.safeParse(answerMetadataSchema, turn.result.metadata ?? {});
  if (kept.success && kept.output.answer !== undefined) return kept.output.answer;
  return turn.response
    .map((part) => (part instanceof vscode.ChatResponseMarkdownPart ? part.value.value : ""))
    .join("");
}
