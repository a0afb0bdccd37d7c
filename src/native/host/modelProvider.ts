import { randomUUID } from "node:crypto";
import * as v from "valibot";
import * as vscode from "vscode";
import type { ChatRequest, JobOptions, ModelId, PortableBackend } from "../../engine/backend";
import { type GenerationResult, type Sampling, type Tool, toolSchema } from "../../engine/protocol";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { isCancellation, PaddockError, toPaddockError } from "../../platform/core/errors";
import type { Event } from "../../platform/core/event";
import { formatBytes } from "../../platform/core/format";
import type { Logger } from "../../platform/core/logger";
import { visibleText } from "../../platform/core/visibleText";
import { plainLabel } from "../../platform/host/plainLabel";
import { withSignal } from "../../platform/host/tokenSignal";
import { argumentsIn, argumentsSchema, demandedPrompt } from "../core/demandedCall";
import { allText, promptOf } from "../core/givenMessages";
import { limitsOf, type LocalModel } from "../core/modelCard";
import { requestOptions } from "../core/modelOptions";
import { givenMessage } from "./messageParts";

/** By which VS Code knows our models. */
export const ownVendor = "paddock";

/** Which models there are on this machine; the models room has them. */
export interface LocalModels {
  /** Another list, or other limits. */
  readonly onDidChange: Event<void>;
  /** Looks at the disk where nobody has yet. Never rejects. */
  list(): Promise<readonly LocalModel[]>;
}

export interface ModelProviderDeps {
  readonly models: LocalModels;
  readonly backend: Pick<PortableBackend, "chat" | "capabilities" | "countTokens" | "countMessageTokens">;
  /** Of an answer: the setting paddock.chat.maxTokens. */
  readonly maxTokens: () => number;
  /** The setting paddock.chat.reasoningBudget; null for no limit. */
  readonly reasoningBudget: () => number | null;
  /** What is sampled by where the caller says nothing: as new conversations in Paddock's own chat begin. */
  readonly sampling: () => Promise<Sampling>;
  readonly describeError: (error: PaddockError) => { readonly message: string; readonly remedy?: string };
  readonly log: Logger;
}

/** Every model on this machine, for VS Code's own chat and for other extensions (`vscode.lm`). */
export class ModelProvider implements vscode.LanguageModelChatProvider, Disposable {
  private readonly subscriptions = new DisposableStore();
  private readonly changed = this.subscriptions.add(new vscode.EventEmitter<void>());
  readonly onDidChangeLanguageModelChatInformation = this.changed.event;
  /** What VS Code was told last; undefined: it has not asked. */
  private told: string | undefined;

  constructor(private readonly deps: ModelProviderDeps) {
    this.subscriptions.add(deps.models.onDidChange(() => void this.compare()));
  }

  async provideLanguageModelChatInformation(): Promise<vscode.LanguageModelChatInformation[]> {
    const cards = await this.cards();
    this.told = JSON.stringify(cards);
    return cards;
  }

  /**
   * Streams the answer; what a model reasons is left out, since the stable API has no place for it. Loads the model.
   * Rejects with a sentence for a person.
   */
  async provideLanguageModelChatResponse(
    model: vscode.LanguageModelChatInformation,
    messages: readonly vscode.LanguageModelChatRequestMessage[],
    options: vscode.ProvideLanguageModelChatResponseOptions,
    progress: vscode.Progress<vscode.LanguageModelResponsePart>,
    token: vscode.CancellationToken,
  ): Promise<void> {
    await this.forCaller(() =>
      withSignal(token, (signal) => this.answer(model, messages, options, progress, { signal })),
    );
  }

  /** A text as it stands; a message as the template writes it, with what the template puts around a prompt. */
  async provideTokenCount(
    { id }: vscode.LanguageModelChatInformation,
    text: string | vscode.LanguageModelChatRequestMessage,
    token: vscode.CancellationToken,
  ): Promise<number> {
    return this.forCaller(() =>
      withSignal(token, async (signal) => {
        const where = { model: id as ModelId, signal };
        const { backend } = this.deps;
        const given = typeof text === "string" ? undefined : givenMessage(text);
        if (given?.role === "user" && given.parts.every(({ kind }) => kind === "text"))
          return backend.countMessageTokens(promptOf([given]), where);
        const plain = typeof text === "string" ? text : given === undefined ? "" : allText(given);
        return (await backend.countTokens([plain], where))[0] ?? 0;
      }),
    );
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  private async answer(
    model: vscode.LanguageModelChatInformation,
    given: readonly vscode.LanguageModelChatRequestMessage[],
    options: vscode.ProvideLanguageModelChatResponseOptions,
    progress: vscode.Progress<vscode.LanguageModelResponsePart>,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<void> {
    const { backend, reasoningBudget, sampling, log } = this.deps;
    const id = model.id as ModelId;
    const messages = promptOf(given.map(givenMessage));
    const budget = reasoningBudget();
    const request: ChatRequest = {
      messages,
      ...requestOptions(options.modelOptions, await sampling(), model.maxOutputTokens),
      ...(budget === null ? {} : { reasoningBudget: budget }),
    };
    const job: JobOptions = {
      ...{ model: id, feature: "chat", priority: "chat", signal, askedAt: performance.now() },
      // VS Code does not say which conversation it is: whoever asks by this way shares a KV cache.
      session: "vscode.lm",
    };
    const tools = toolsOf(options.tools ?? []);
    if (tools.length > 0 && options.toolMode === vscode.LanguageModelChatToolMode.Required) {
      await this.demandedCall(request, tools, job, progress);
      return;
    }
    if (tools.length > 0 && !(await backend.capabilities(id, signal)).tools) {
      throw new PaddockError("unsupported", vscode.l10n.t("The chat template of {0} has no tools.", model.name), {
        remedy: vscode.l10n.t("Choose a model that has them, or ask without tools."),
      });
    }
    let streamed = "";
    const result = await backend.chat(tools.length === 0 ? request : { ...request, tools }, {
      ...job,
      onProgress: ({ text }) => {
        if (text === undefined || text === "") return;
        streamed += text;
        progress.report(new vscode.LanguageModelTextPart(text));
      },
    });
    for (const part of result.parts) {
      if (part.type !== "toolCall") continue;
      // An engine numbers the calls of one answer; in a conversation they need names of their own.
      const callId = `paddock-${randomUUID()}`;
      progress.report(new vscode.LanguageModelToolCallPart(callId, part.name, objectOf(part.arguments)));
    }
    const rest = remainder(streamed, result);
    if (rest !== "") progress.report(new vscode.LanguageModelTextPart(rest));
    if (result.stopReason === "maxTokens")
      log.info(`An answer for VS Code's chat ended at ${request.maxTokens} tokens (paddock.chat.maxTokens).`);
    if (result.stopReason === "contextFull") throw contextFull(model.name);
  }

  private async demandedCall(
    request: ChatRequest,
    tools: readonly Tool[],
    job: JobOptions,
    progress: vscode.Progress<vscode.LanguageModelResponsePart>,
  ): Promise<void> {
    const [tool, ...others] = tools;
    if (tool === undefined || others.length > 0) {
      throw new PaddockError("unsupported", vscode.l10n.t("A call can be demanded of one tool at a time."));
    }
    const { parts, stopReason } = await this.deps.backend.chat(
      { ...request, messages: demandedPrompt(request.messages, tool), schema: argumentsSchema(tool) },
      job,
    );
    if (stopReason === "cancelled") return;
    const text = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
    progress.report(
      new vscode.LanguageModelToolCallPart(`paddock-${randomUUID()}`, tool.name, argumentsIn(text, tool)),
    );
  }

  private async cards(): Promise<vscode.LanguageModelChatInformation[]> {
    const maxTokens = this.deps.maxTokens();
    return (await this.deps.models.list()).map((model) => ({
      id: model.id,
      name: plainLabel(model.displayName),
      family: visibleText(model.architecture ?? "unknown"),
      version: visibleText(model.quantization ?? "unknown"),
      detail: detailOf(model),
      tooltip: tooltipOf(model),
      ...limitsOf(model.contextSize, maxTokens),
      capabilities: { toolCalling: model.tools },
    }));
  }

  /** Whoever chose a model by its limits hears of other ones, and nobody hears of what is the same. */
  private async compare(): Promise<void> {
    if (this.told === undefined) return;
    const now = JSON.stringify(await this.cards());
    if (now === this.told) return;
    this.told = now;
    this.changed.fire();
  }

  /** VS Code shows an error's message to whoever asked, and nothing else of it. */
  private async forCaller<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isCancellation(error)) throw new vscode.CancellationError();
      const known = toPaddockError(error);
      this.deps.log.warn(`VS Code's chat: ${known.message} ${known.detail ?? ""}`);
      const { message, remedy } = this.deps.describeError(known);
      throw new Error(remedy === undefined ? message : `${message} ${remedy}`, { cause: error });
    }
  }
}

/** @throws PaddockError invalid-message for a name or a schema that no grammar can be made of. */
function toolsOf(given: readonly vscode.LanguageModelChatTool[]): Tool[] {
  return given.map(({ name, description, inputSchema }) => {
    const tool = { name, description, ...(inputSchema === undefined ? {} : { parameters: inputSchema }) };
    const parsed = v.safeParse(toolSchema, tool);
    if (parsed.success) return parsed.output;
    throw new PaddockError("invalid-message", `The tool ${visibleText(name.slice(0, 100))} can't be offered.`, {
      detail: parsed.issues[0].message,
    });
  });
}

/** Some ways to generate tell a text only when it is whole. */
function remainder(streamed: string, { parts }: GenerationResult): string {
  const whole = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  return whole.startsWith(streamed) ? whole.slice(streamed.length) : "";
}

function objectOf(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}

function contextFull(name: string): PaddockError {
  return new PaddockError("context/overflow", vscode.l10n.t("The context of {0} is full.", name), {
    remedy: vscode.l10n.t("Begin a new conversation, or raise paddock.engine.contextSize."),
  });
}

function detailOf({ quantization, sizeBytes }: LocalModel): string {
  return [
    vscode.l10n.t("on this machine"),
    ...(quantization === undefined ? [] : [visibleText(quantization)]),
    ...(sizeBytes === undefined ? [] : [formatBytes(sizeBytes)]),
  ].join(" · ");
}

function tooltipOf({ note, contextSize, tools }: LocalModel): string {
  return [
    vscode.l10n.t("Runs on this machine, by Paddock; nothing is sent anywhere."),
    vscode.l10n.t("Context of {0} tokens.", contextSize.toLocaleString()),
    tools ? vscode.l10n.t("Can use tools.") : vscode.l10n.t("Its chat template has no tools."),
    ...(note === undefined ? [] : [note]),
  ].join(" ");
}
