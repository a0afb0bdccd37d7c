import * as vscode from "vscode";
import type { Timings } from "../../engine/timings";
import { formatMilliseconds, formatRate } from "../../platform/core/format";
import { markdownCode } from "../../platform/core/markdownText";
import { visibleText } from "../../platform/core/visibleText";
import type { AnswerMetadata } from "../core/participantNames";
import { ownVendor } from "./modelProvider";
import type { AnsweringModel, ParticipantDeps } from "./participantDeps";

/** One question to @paddock, as those who answer it need it. */
export interface Question {
  readonly request: vscode.ChatRequest;
  readonly context: vscode.ChatContext;
  readonly stream: vscode.ChatResponseStream;
  readonly signal: AbortSignal;
  readonly model: AnsweringModel;
  readonly deps: ParticipantDeps;
}

export type AnswerQuestion = (question: Question) => Promise<AnswerMetadata>;

/** Before an answer, where VS Code's picker shows another model than the one that gives it. */
export function tellWho(
  { request, stream }: Pick<Question, "request" | "stream">,
  { id, displayName }: AnsweringModel,
): void {
  if (request.model.vendor === ownVendor && request.model.id === id) return;
  stream.progress(vscode.l10n.t("Asking {0}, on this machine", visibleText(displayName)));
}

/** Below every answer: who gave it, where, and how fast. VS Code's picker may show another model. */
export function sign({ stream, model }: Pick<Question, "stream" | "model">, timings?: Timings): void {
  const where = vscode.l10n.t("on this machine");
  const figures =
    timings === undefined
      ? []
      : [`TTFT ${formatMilliseconds(timings.ttft_ms)}`, formatRate(timings.predicted_per_second)];
  stream.markdown(`\n\n---\n${[markdownCode(visibleText(model.displayName)), where, ...figures].join(" · ")}\n`);
}

/** A text that grows, shown as it grows; another try begins below a line. */
export class Growing {
  private shown = "";

  constructor(private readonly stream: Pick<vscode.ChatResponseStream, "markdown">) {}

  readonly show = (text: string): void => {
    const goesOn = text.startsWith(this.shown);
    const more = goesOn ? text.slice(this.shown.length) : `\n\n---\n\n${text}`;
    this.shown = text;
    if (more !== "") this.stream.markdown(more);
  };
}
