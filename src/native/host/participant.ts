import * as v from "valibot";
import * as vscode from "vscode";
import type { ModelId } from "../../engine/backend";
import type { Disposable } from "../../platform/core/disposables";
import { isCancellation, toPaddockError } from "../../platform/core/errors";
import { visibleText } from "../../platform/core/visibleText";
import { withSignal } from "../../platform/host/tokenSignal";
import {
  type AnswerMetadata,
  answerMetadataSchema,
  isSlashCommand,
  type NextStep,
  nextSteps,
  participantId,
} from "../core/participantNames";
import { ownVendor } from "./modelProvider";
import { type Question, tellWho } from "./participantAnswer";
import { answerChat } from "./participantChat";
import { answerCode, answerCommit, followUpWords } from "./participantCode";
import type { ParticipantDeps } from "./participantDeps";
import { answerSql } from "./participantSql";

/**
 * @paddock in VS Code's own chat. A model of ours that is picked there answers; where another's is picked, a model on
 * this machine does, because a question to @paddock is a question to this machine.
 */
export function createParticipant(deps: ParticipantDeps): Disposable {
  const participant = vscode.chat.createChatParticipant(participantId, (request, context, stream, token) =>
    withSignal(token, async (signal): Promise<vscode.ChatResult> => {
      const { vendor, id } = request.model;
      const model = deps.model(vendor === ownVendor ? (id as ModelId) : undefined);
      return answered({ request, context, stream, signal, model, deps });
    }),
  );
  participant.iconPath = vscode.Uri.joinPath(deps.extensionUri, "media", "icon.png");
  participant.followupProvider = {
    provideFollowups: ({ metadata }) => {
      const known = v.safeParse(answerMetadataSchema, metadata ?? {});
      return known.success ? nextSteps(known.output).map(followUp) : [];
    },
  };
  return participant;
}

async function answered(question: Question): Promise<vscode.ChatResult> {
  const { deps, signal } = question;
  try {
    return { metadata: await answer(question) };
  } catch (error) {
    // VS Code marks what was stopped by itself.
    if (isCancellation(error) || signal.aborted) return {};
    const known = toPaddockError(error);
    deps.log.warn(`@paddock: ${known.message} ${known.detail ?? ""}`);
    const { message, remedy } = deps.describeError(known);
    return { errorDetails: { message: remedy === undefined ? message : `${message} ${remedy}` } };
  }
}

function answer(question: Question): Promise<AnswerMetadata> {
  const { command } = question.request;
  // A database has a model of its own, and figures need none.
  if (command !== "sql" && command !== "speed") tellWho(question, question.model);
  if (!isSlashCommand(command)) return answerChat(question);
  switch (command) {
    case "explain":
    case "fix":
    case "tests":
    case "doc":
      return answerCode(command, question);
    case "commit":
      return answerCommit(question);
    case "sql":
      return answerSql(question);
    case "speed":
      return Promise.resolve(answerSpeed(question));
  }
}

/** /speed: what was measured in this window, in the field's terms. */
function answerSpeed({ stream, deps }: Question): AnswerMetadata {
  stream.markdown(deps.speedReport());
  stream.button({ command: "paddock.showSpeedPanel", title: vscode.l10n.t("Open the Speed Panel") });
  return { command: "speed", answer: "" };
}

function followUp(step: NextStep): vscode.ChatFollowup {
  if (step.kind === "database") {
    return { prompt: step.prompt, command: "sql", label: vscode.l10n.t("Ask {0}", visibleText(step.name)) };
  }
  const { command } = step;
  return { prompt: followUpWords(command), command };
}
