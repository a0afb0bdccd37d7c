import type { EmbeddedBackend, InfillOptions, InfillRequest, ModelId } from "../../engine/backend";
import type { DescribedPart, InfillLayout, InfillPiece, InfillPrompt, InfillResult } from "../../engine/infill";
import type { StopReason } from "../../engine/protocol";
import { typedInfillRequest } from "../core/requests";
import { type AnswerPiece, TextAnswer } from "../core/streamedAnswer";
import type { ServerBackend } from "./serverBackend";

/** Another temperature gives another text, where the server has no way to name the first token. */
const ALTERNATIVE = 0.7;

/**
 * The order in which llama-server lays a prompt out; the marks are its model's own, and nobody here sees them. What was
 * typed comes last, so that typing only appends to what the server's KV cache holds.
 */
const layout: InfillLayout = {
  order: "prefix-suffix-middle",
  prefix: "<prefix>",
  suffix: "<suffix>",
  middle: "<middle>",
};

type Infill = Pick<EmbeddedBackend, "infill" | "describeInfill">;

/** Inline suggestions by a server's /infill, for the models it has, and by our own engine for all others. */
export class RoutedInfill implements Infill {
  constructor(
    private readonly engine: Infill,
    private readonly servers: ServerBackend,
  ) {}

  /** undefined: it is no server's model. */
  layout(model: ModelId): InfillLayout | undefined {
    return this.servers.owns(model) ? layout : undefined;
  }

  infill(request: InfillRequest, options: InfillOptions): Promise<InfillResult> {
    return this.servers.owns(options.model) ? this.ask(request, options) : this.engine.infill(request, options);
  }

  describeInfill(
    request: Pick<InfillRequest, "layout" | "prompt">,
    where: { readonly model: ModelId; readonly signal: AbortSignal },
  ): Promise<DescribedPart[]> {
    return this.servers.owns(where.model)
      ? this.describe(request.prompt, where)
      : this.engine.describeInfill(request, where);
  }

  private async ask(
    { prompt, maxTokens, branch = 0 }: InfillRequest,
    { onProgress, ...options }: InfillOptions,
  ): Promise<InfillResult> {
    const reached = await this.servers.reachedForInfill(options);
    const sampling = branch === 0 ? { temperature: 0 } : { temperature: ALTERNATIVE, seed: branch };
    const wire = typedInfillRequest(prompt, { maxTokens, sampling }, reached.model.name);
    const pieces: InfillPiece[] = [];
    const take = ({ text, probability = 1 }: AnswerPiece): void => {
      if (text === undefined) return;
      const piece = { text, probability };
      pieces.push(piece);
      onProgress?.({ pieces: [piece], prompt: { total: 0, cached: 0, processed: 0 } });
    };
    const { result } = await this.servers.generate(
      reached,
      wire,
      (who) => new TextAnswer({ ...who, maxTokens }),
      options,
      take,
    );
    const { stopReason, timings, machine } = result;
    return { pieces, stopReason: infillStop(stopReason), parts: [], timings, machine };
  }

  private async describe(
    { repository, files, file, prefix, suffix, typed }: InfillPrompt,
    where: { readonly model: ModelId; readonly signal: AbortSignal },
  ): Promise<DescribedPart[]> {
    const all: Omit<DescribedPart, "tokens">[] = [
      { part: "repository", text: repository },
      ...files.map(({ name, text }) => ({ part: "file" as const, name, text })),
      { part: "fileName", text: file },
      { part: "prefix", text: prefix },
      { part: "suffix", text: suffix },
      { part: "typed", text: typed },
    ];
    const parts = all.filter(({ text }) => text !== "");
    const counts = await this.servers.countTokens(
      parts.map(({ text }) => text),
      where,
    );
    return parts.map((part, index) => ({ ...part, tokens: counts[index] ?? 0 }));
  }
}

function infillStop(reason: StopReason): InfillResult["stopReason"] {
  return reason === "stopText" || reason === "toolCalls" ? "end" : reason;
}
