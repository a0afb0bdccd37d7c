import type { EmbeddedBackend, ModelId, ModelLifecycle } from "../../../src/engine/backend";
import type { InfillPrompt } from "../../../src/engine/infill";
import type { EditorSnapshot } from "../../../src/completion/core/editorSnapshot";
import type { SyntaxReader } from "../../../src/completion/core/syntaxAt";
import { Completions } from "../../../src/completion/node/completions";
import { silentLogger } from "../../../src/platform/core/logger";
import { defaultSettings } from "../../../src/platform/core/settings";
import type { Answer, Assistant } from "./assistant";
import type { RequestLog } from "./requests";
import { DEADLINE_MS } from "./score";

type Infill = Pick<EmbeddedBackend, "infill">;

/** The product's service and engine as the extension puts them together, with nothing open but the trace's file. */
export class PaddockCompletions implements Assistant {
  private readonly completions: Completions;
  private readonly running = new Set<Promise<unknown>>();
  /** The last prompt in each KV cache. */
  private readonly lastPrompts = new Map<string, InfillPrompt>();
  readonly onDidGrow: Completions["onDidGrow"];

  constructor(
    engine: Infill & Pick<ModelLifecycle, "load" | "state" | "onDidChangeState">,
    model: ModelId,
    syntax: SyntaxReader,
    private readonly log: RequestLog,
  ) {
    this.completions = new Completions({
      backend: this.recorded(engine),
      lifecycle: engine,
      model: () => model,
      layout: () => undefined,
      repository: () => "",
      chunks: () => [],
      syntax: (snapshot) => syntax.syntaxAt(snapshot),
      settings: () => ({
        deadlineMs: DEADLINE_MS,
        maxTokens: defaultSettings["completion.maxTokens"],
        maxLines: defaultSettings["completion.maxLines"],
        leastProbability: defaultSettings["completion.leastProbability"],
        prefetch: defaultSettings["completion.prefetch"],
      }),
      log: silentLogger,
    });
    this.onDidGrow = this.completions.onDidGrow;
  }

  /** The cursor lands in the document. */
  open(snapshot: EditorSnapshot): void {
    this.completions.changed(snapshot, "move");
  }

  changed(snapshot: EditorSnapshot, what: "edit" | "move"): void {
    this.completions.changed(snapshot, what);
  }

  async suggest(snapshot: EditorSnapshot, signal: AbortSignal): Promise<Answer> {
    const answer = await this.completions.suggest(snapshot, { explicit: false, suggestWidget: false, signal });
    if (answer.kind === "none") return { none: answer.reason };
    return { text: answer.items[0]?.text ?? "" };
  }

  shown(before: string, text: string): void {
    this.log.shown(before, text);
  }

  async close(): Promise<void> {
    this.completions.dispose();
    while (this.running.size > 0) await Promise.allSettled(this.running);
  }

  private recorded(backend: Infill): Infill {
    return {
      infill: async (request, options) => {
        const cache = options.session ?? "";
        const last = this.lastPrompts.get(cache);
        const { prompt } = request;
        this.lastPrompts.set(cache, prompt);
        const job = backend.infill(request, options);
        this.running.add(job);
        try {
          const result = await job;
          const { prompt_n, cache_n, predicted_n } = result.timings;
          this.log.add({
            base: prompt.prefix + prompt.typed,
            generated: result.pieces.map(({ text }) => text).join(""),
            prompt_n,
            cache_n,
            predicted_n,
            typedOnly: last !== undefined && differOnlyInTyped(last, prompt),
          });
          return result;
        } finally {
          this.running.delete(job);
        }
      },
    };
  }
}

function differOnlyInTyped({ typed: before, ...last }: InfillPrompt, { typed, ...now }: InfillPrompt): boolean {
  return typed !== before && JSON.stringify(last) === JSON.stringify(now);
}
