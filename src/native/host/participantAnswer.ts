import * as vscode from "vscode";
import type { Timings } from "../../engine/timings";
import { formatMilliseconds, formatRate } from "../../platform/core/format";
import { markdownCode } from "../../platform/core/markdownText";
import { visibleText } from "../../platform/core/visibleText";
import type { AnswerMetadata } from "../core/participantNames";
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

/** Below every answer: who gave it, where, and how fast. VS Code's picker may show another model. */
export function sign({ stream, model }: Question, timings?: Timings): void {
  const where =
    model.destination === undefined
      ? vscode.l10n.t("on this machine")
      : vscode.l10n.t("not on this machine: {0}", visibleText(model.destination));
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
