import * as vscode from "vscode";
import type { ChatRequest, JobOptions, ModelId, PortableBackend, TimingSink } from "../../engine/backend";
import type { BackendRoute } from "../../engine/client/routedBackend";
import type { GeneratedPart, GenerationResult, PromptMessage, StopReason, Tool } from "../../engine/protocol";
import { abortable } from "../../platform/core/abortable";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { cancelled, PaddockError } from "../../platform/core/errors";
import { Emitter, type Event } from "../../platform/core/event";
import { foreignId, parseForeignId } from "../core/foreignIds";
import { foreignMachine, foreignTimings } from "../core/foreignTimings";
import { foreignMessages, foreignTools } from "./messageParts";
import { ownVendor } from "./modelProvider";

/** VS Code tells of several changes at once. ms. */
const calmMs = 250;
/** Looking is itself told as a change by some versions of VS Code: what finds nothing new is done ever less often. ms. */
const mostCalmMs = 60_000;
/** An extension that never says what it has keeps nobody from looking again. ms. */
const patienceMs = 30_000;

interface Counted {
  readonly messages: readonly PromptMessage[];
  readonly tools: readonly Tool[] | undefined;
  readonly signal: AbortSignal;
}

/** A model that another extension offers to all (`vscode.lm`), such as Copilot's; names are that extension's words. */
export interface ForeignModel {
  readonly id: ModelId;
  readonly displayName: string;
  readonly destination: string;
  readonly chat: true;
  readonly embed: false;
}

/** Models of other extensions as places of models, by whose they are; listing asks nobody. */
export interface OfferedForeign {
  readonly onDidChange: Event<unknown>;
  places(): {
    readonly id: string;
    readonly name: string;
    readonly state: string;
    readonly isAway: boolean;
    readonly isExtension: true;
    readonly tooltip: readonly string[];
    readonly models: readonly ForeignModel[];
  }[];
  find(id: string): ForeignModel | undefined;
  look(again: boolean): Promise<void>;
}

export interface ForeignModelsDeps {
  /** `vscode.lm`, or what stands in for it. */
  readonly lm: Pick<typeof vscode.lm, "selectChatModels" | "onDidChangeChatModels">;
  readonly timings: TimingSink;
  /** Whose models are no other extension's. */
  readonly own?: string;
}

/**
 * Models of other extensions, for comparison inside Paddock's own chat. What they are asked leaves this machine for all
 * that Paddock knows, so they are never chosen by anybody but the person, and `destination` says whose they are.
 */
export class ForeignModels implements BackendRoute, Disposable {
  private readonly subscriptions = new DisposableStore();
  private readonly changes = this.subscriptions.add(new Emitter<ModelId>());
  readonly onDidChange = this.changes.event;
  private readonly listed = this.subscriptions.add(new Emitter<void>());
  private readonly known = new Map<ModelId, vscode.LanguageModelChat>();
  private readonly busy = new Map<ModelId, number>();
  /** Somebody has wanted to see them, so that changes are followed. */
  private isWanted = false;
  private looking: Promise<void> | undefined;
  private later: ReturnType<typeof setTimeout> | undefined;
  private calm = calmMs;
  readonly models: OfferedForeign = {
    onDidChange: this.listed.event,
    places: () => this.places(),
    find: (id) => this.offered(id as ModelId),
    look: async (again) => {
      if (again || !this.isWanted) await this.look();
    },
  };
  readonly backend: PortableBackend = {
    capabilities: async (model, signal) => {
      await this.find(model, signal);
      return { chat: true, fillInMiddle: false, embed: false, tools: true, schema: false };
    },
    chat: (request, options) => this.chat(request, options),
    complete: () => Promise.reject(cannot(vscode.l10n.t("A model of another extension cannot continue a text."))),
    fillInMiddle: () =>
      Promise.reject(cannot(vscode.l10n.t("A model of another extension cannot complete inside a text."))),
    embed: () => Promise.reject(cannot(vscode.l10n.t("A model of another extension cannot make embeddings."))),
    countTokens: async (texts, { model, signal }) => {
      const found = await this.find(model, signal);
      return abortable(Promise.all(texts.map((text) => found.countTokens(text))), signal);
    },
    countMessageTokens: async (messages, { model, signal, tools }) =>
      this.count(await this.find(model, signal), { messages, tools, signal }),
  };

  constructor(private readonly deps: ForeignModelsDeps) {
    this.subscriptions.add(
      deps.lm.onDidChangeChatModels(() => {
        if (!this.isWanted) this.known.clear();
        else this.lookLater();
      }),
    );
  }

  owns(model: ModelId): boolean {
    return parseForeignId(model) !== undefined;
  }

  destination(model: ModelId): string | undefined {
    const { vendor } = parseForeignId(model) ?? {};
    return vendor === undefined ? undefined : vscode.l10n.t("{0}, another extension", vendor);
  }

  contextSize(model: ModelId): number | undefined {
    return this.known.get(model)?.maxInputTokens;
  }

  isBusy(model: ModelId): boolean {
    return this.busy.has(model);
  }

  async prepare(model: ModelId, signal: AbortSignal): Promise<void> {
    await this.find(model, signal);
    this.changes.fire(model);
  }

  dispose(): void {
    clearTimeout(this.later);
    this.subscriptions.dispose();
  }

  /** Changes that come while somebody looks are what that look finds, or come of it. */
  private lookLater(): void {
    if (this.looking !== undefined || this.later !== undefined) return;
    this.later = setTimeout(() => {
      this.later = undefined;
      // What fails is as it was; whoever asks for a model that is gone is told.
      this.look().catch(() => undefined);
    }, this.calm);
  }

  /** Asks VS Code which there are; that sends nothing anywhere. */
  private look(): Promise<void> {
    this.isWanted = true;
    this.looking ??= this.lookOnce().finally(() => (this.looking = undefined));
    return this.looking;
  }

  private async lookOnce(): Promise<void> {
    const late = AbortSignal.timeout(patienceMs);
    this.calm = Math.min(this.calm * 2, mostCalmMs);
    const models = await abortable(this.deps.lm.selectChatModels({}), late);
    const before = this.shown();
    this.known.clear();
    for (const model of models) {
      if (model.vendor !== (this.deps.own ?? ownVendor)) this.known.set(foreignId(model.vendor, model.id), model);
    }
    if (this.shown() === before) return;
    this.calm = calmMs;
    this.listed.fire();
  }

  /** What is listed of them, to tell whether it is another list. */
  private shown(): string {
    const each = [...this.known].map(([id, { name, maxInputTokens }]) => JSON.stringify([id, name, maxInputTokens]));
    return each.toSorted().join("\n");
  }

  private places(): ReturnType<OfferedForeign["places"]> {
    const vendors = new Set([...this.known.values()].map(({ vendor }) => vendor));
    return [...vendors].map((vendor) => ({
      id: `vscode:${vendor}`,
      name: vscode.l10n.t("{0}, through VS Code", vendor),
      state: vscode.l10n.t("another extension's models"),
      isAway: false,
      isExtension: true as const,
      tooltip: [
        vscode.l10n.t("What you ask goes to that extension, and from there wherever it sends it."),
        vscode.l10n.t("VS Code asks for your consent before the first question."),
      ],
      models: [...this.known].filter(([, model]) => model.vendor === vendor).flatMap(([id]) => this.offered(id) ?? []),
    }));
  }

  /** Also of an extension that has not come up yet: then by the id alone. */
  private offered(id: ModelId): ForeignModel | undefined {
    const destination = this.destination(id);
    if (destination === undefined) return undefined;
    const displayName = this.known.get(id)?.name ?? parseForeignId(id)?.id ?? id;
    return { id, displayName, destination, chat: true, embed: false };
  }

  private async find(model: ModelId, signal: AbortSignal): Promise<vscode.LanguageModelChat> {
    const known = this.known.get(model);
    if (known !== undefined) return known;
    const named = parseForeignId(model);
    const found = named === undefined ? undefined : (await abortable(this.deps.lm.selectChatModels(named), signal))[0];
    if (found === undefined) {
      throw new PaddockError("model/unknown", vscode.l10n.t("No extension offers the model {0} now.", model), {
        remedy: vscode.l10n.t("Sign in to the extension that had it, or choose another model."),
      });
    }
    this.known.set(model, found);
    return found;
  }

  private async chat(request: ChatRequest, options: JobOptions): Promise<GenerationResult> {
    const { model } = options;
    this.busy.set(model, (this.busy.get(model) ?? 0) + 1);
    this.changes.fire(model);
    try {
      return await this.answer(request, options);
    } finally {
      const others = (this.busy.get(model) ?? 1) - 1;
      if (others > 0) this.busy.set(model, others);
      else this.busy.delete(model);
      this.changes.fire(model);
    }
  }

  private async answer(request: ChatRequest, options: JobOptions): Promise<GenerationResult> {
    if (request.schema !== undefined)
      throw cannot(vscode.l10n.t("A model of another extension cannot be held to a form."));
    if (request.continueLast === true)
      throw cannot(vscode.l10n.t("A model of another extension cannot go on in the middle of an answer."));
    const { signal, onProgress } = options;
    const model = await this.find(options.model, signal);
    const askedAt = options.askedAt ?? performance.now();
    await options.before?.();
    const source = new vscode.CancellationTokenSource();
    // Another extension may be slow to stop: nobody waits for it.
    const stopped = new Promise<undefined>((resolve) => {
      const stop = (): void => {
        source.cancel();
        resolve(undefined);
      };
      if (signal.aborted) stop();
      else signal.addEventListener("abort", stop, { once: true });
    });
    const { messages, tools } = request;
    const total = await this.count(model, { messages, tools, signal }).catch((error: unknown) => {
      // What was stopped ends as a cancelled answer, as with any other model.
      if (!signal.aborted) throw error;
      return 0;
    });
    const parts: GeneratedPart[] = [];
    const sentAt = performance.now();
    let firstAt: number | undefined;
    let lastAt = sentAt;
    let count = 0;
    const came = (text?: string): void => {
      lastAt = performance.now();
      firstAt ??= lastAt;
      count++;
      // Until the answer is whole and counted, its pieces stand for its tokens.
      onProgress?.({
        ...(text === undefined ? {} : { text }),
        prompt: { total, cached: 0, processed: total },
        predicted_n: count,
        predicted_ms: lastAt - firstAt,
      });
    };
    try {
      onProgress?.({ prompt: { total, cached: 0, processed: 0 }, predicted_n: 0, predicted_ms: 0 });
      const sent = signal.aborted
        ? undefined
        : model.sendRequest(
            foreignMessages(messages),
            {
              justification: vscode.l10n.t("You chose this model in Paddock's chat."),
              ...(tools === undefined ? {} : { tools: foreignTools(tools) }),
            },
            source.token,
          );
      const pieces = (await Promise.race([sent, stopped]))?.stream[Symbol.asyncIterator]();
      for (;;) {
        const next = await Promise.race([pieces?.next(), stopped]);
        if (next === undefined || next.done === true) break;
        const part: unknown = next.value;
        if (part instanceof vscode.LanguageModelTextPart) {
          addText(parts, part.value);
          came(part.value);
        } else if (part instanceof vscode.LanguageModelToolCallPart) {
          parts.push({ type: "toolCall", id: part.callId, name: part.name, arguments: part.input });
          came();
        }
      }
    } catch (error) {
      if (!signal.aborted) throw wordsOf(error, model);
    } finally {
      source.dispose();
    }
    const text = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
    const predicted = text === "" ? 0 : await counted(model, text, count, signal);
    const timings = foreignTimings(total, predicted, { askedAt, sentAt, firstAt, lastAt });
    const machine = foreignMachine(
      { vendor: model.vendor, destination: this.destination(options.model), contextSize: model.maxInputTokens },
      timings,
    );
    const stopReason: StopReason = signal.aborted
      ? "cancelled"
      : parts.some(({ type }) => type === "toolCall")
        ? "toolCalls"
        : "end";
    const { feature } = options;
    this.deps.timings.record({ at: Date.now(), model: options.model, feature, stopReason, timings, machine });
    return { parts, stopReason, timings, machine };
  }

  private async count(model: vscode.LanguageModelChat, { messages, tools, signal }: Counted): Promise<number> {
    if (signal.aborted) throw cancelled();
    const all: (string | vscode.LanguageModelChatMessage)[] = foreignMessages(messages);
    if (tools !== undefined && tools.length > 0) all.push(JSON.stringify(foreignTools(tools)));
    const counts = await abortable(Promise.all(all.map((one) => model.countTokens(one))), signal);
    return counts.reduce((sum, one) => sum + one, 0);
  }
}

function addText(parts: GeneratedPart[], text: string): void {
  const last = parts.at(-1);
  if (last?.type === "text") parts[parts.length - 1] = { type: "text", text: last.text + text };
  else parts.push({ type: "text", text });
}

/** An answer that is there is not lost because nobody counts it; of one that was stopped the pieces are enough. */
async function counted(
  model: vscode.LanguageModelChat,
  text: string,
  pieces: number,
  signal: AbortSignal,
): Promise<number> {
  if (signal.aborted) return pieces;
  try {
    return await abortable(model.countTokens(text), signal);
  } catch {
    return pieces;
  }
}

function cannot(message: string): PaddockError {
  return new PaddockError("unsupported", message, {
    remedy: vscode.l10n.t("Choose a model on this machine for it."),
  });
}

function wordsOf(error: unknown, { name, vendor }: vscode.LanguageModelChat): PaddockError {
  const said = error instanceof Error ? error.message : String(error);
  const code = error instanceof vscode.LanguageModelError ? error.code : "";
  const options = { detail: `${code} ${said}`, cause: error };
  switch (code) {
    case vscode.LanguageModelError.NoPermissions().code:
      return new PaddockError("unsupported", vscode.l10n.t("Paddock may not ask {0}.", name), {
        ...options,
        remedy: vscode.l10n.t("Allow it when VS Code asks, or under “Manage Language Model Access” of {0}.", vendor),
      });
    case vscode.LanguageModelError.Blocked().code:
      return new PaddockError("unsupported", vscode.l10n.t("{0} refused the question.", name), {
        ...options,
        remedy: vscode.l10n.t("Its quota may be used up; ask later, or choose another model."),
      });
    case vscode.LanguageModelError.NotFound().code:
      return new PaddockError("model/unknown", vscode.l10n.t("{0} is not there any more.", name), {
        ...options,
        remedy: vscode.l10n.t("Choose another model."),
      });
    default:
      return new PaddockError(
        "unsupported",
        vscode.l10n.t("{0} could not answer: {1}", name, said.slice(0, 500)),
        options,
      );
  }
}
