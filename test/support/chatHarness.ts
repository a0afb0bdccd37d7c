import path from "node:path";
import type { ActiveModel } from "../../src/chat/core/activeModel";
import type { ChatTools } from "../../src/chat/core/chatTools";
import type { ChatTexts } from "../../src/chat/core/chatTexts";
import type { TellingRules } from "../../src/chat/core/toldElsewhere";
import type { ShownMessage } from "../../src/chat/core/versions";
import type { EngineView, Live, Notice, Steering, ViewState } from "../../src/chat/core/webviewContract";
import { Attachments } from "../../src/chat/host/attachments";
import { ChatController } from "../../src/chat/host/chatController";
import { type ChatAudience, ChatPresenter } from "../../src/chat/host/chatPresenter";
import type { PromptMeter } from "../../src/chat/host/promptMeter";
import { Presets } from "../../src/chat/host/presets";
import { PromptPlanner } from "../../src/chat/host/promptPlanner";
import { PromptPreview } from "../../src/chat/host/promptPreview";
import { Toolbox } from "../../src/chat/host/toolbox";
import { ToolConsent } from "../../src/chat/host/toolConsent";
import { ConversationStore } from "../../src/chat/node/conversationStore";
import { PresetStore } from "../../src/chat/node/presetStore";
import type { StoreFiles } from "../../src/chat/node/storeFiles";
import type {
  ChatRequest,
  JobOptions,
  ModelId,
  ModelState,
  ModelStateChange,
  PortableBackend,
} from "../../src/engine/backend";
import type { GenerationResult } from "../../src/engine/protocol";
import { cancelled, PaddockError } from "../../src/platform/core/errors";
import { Emitter } from "../../src/platform/core/event";
import { silentLogger } from "../../src/platform/core/logger";

export const timings: GenerationResult["timings"] = {
  prompt_n: 10,
  cache_n: 0,
  prompt_ms: 20,
  prompt_per_second: 500,
  predicted_n: 3,
  predicted_ms: 40,
  predicted_per_second: 50,
  draft_n: 0,
  draft_n_accepted: 0,
  queue_ms: 0,
  paused_ms: 0,
  ttft_ms: 21,
  tpot_ms: 20,
  itl_ms: { p50: 20, p95: 20, p99: 20 },
};
export const machine: GenerationResult["machine"] = {
  backend: "cpu",
  threads: 2,
  gpuLayers: 0,
  batchSize: 512,
  contextSize: 4096,
  contextUsed: 13,
  rssBytes: 1,
  vramBytes: 0,
  identityKey: "k",
};

/** One answer as a test wants it. `say` streams; what it returns or throws ends the answer. */
export type Script = (
  say: (text: string, type?: "text" | "reasoning") => void,
  request: ChatRequest,
  options: JobOptions,
) => Promise<Partial<GenerationResult>>;

/** For faults only: what a real engine does when it dies, overflows or hangs at a chosen moment. */
export function scriptedBackend(next: () => Script): Pick<PortableBackend, "chat"> & { requests: ChatRequest[] } {
  const requests: ChatRequest[] = [];
  return {
    requests,
    async chat(request, options) {
      requests.push(request);
      const said: GenerationResult["parts"] = [];
      let predicted_n = 0;
      const say = (text: string, type: "text" | "reasoning" = "text"): void => {
        predicted_n++;
        const last = said.at(-1);
        if (last?.type === type) said[said.length - 1] = { type, text: last.text + text };
        else said.push({ type, text });
        const prompt = { total: 10, cached: 0, processed: 10 };
        options.onProgress?.({ [type]: text, prompt, predicted_n, predicted_ms: predicted_n * 20 });
      };
      const ended = await next()(say, request, options);
      return { parts: said, stopReason: "end", timings, machine, ...ended };
    },
  };
}

/** Resolves when the answer is cancelled, as an engine does, or rejects as one that had not begun. */
export function untilCancelled({ signal }: JobOptions): Promise<Partial<GenerationResult>> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve({ stopReason: "cancelled" });
    signal.addEventListener("abort", () => resolve({ stopReason: "cancelled" }), { once: true });
  });
}

export function rejectedWhenCancelled({ signal }: JobOptions): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(cancelled()), { once: true }));
}

/** Each text is its own name: tests ask which one came, not for its words. */
export const textNames = new Proxy({} as ChatTexts, { get: (_, name) => String(name) });

/** A page that believes all it is told, and notices a gap. */
export class FakePage implements ChatAudience {
  state: ViewState | undefined;
  readonly lives: Live[] = [];
  readonly problems: string[] = [];

  get messages(): ShownMessage[] {
    return this.state?.messages ?? [];
  }

  view(state: ViewState): void {
    this.state = structuredClone(state);
  }

  conversations(list: Pick<ViewState, "conversations" | "selected">): void {
    if (this.state !== undefined) this.state = { ...this.state, ...structuredClone(list) };
  }

  message({ conversation, message }: { conversation: string; message: ShownMessage }): void {
    if (this.state === undefined) return;
    if (this.state.selected !== conversation) this.problems.push(`a message of ${conversation}, which is not selected`);
    const index = this.messages.findIndex(({ id }) => id === message.id);
    if (index === -1) this.messages.push(structuredClone(message));
    else this.messages[index] = structuredClone(message);
  }

  delta(delta: {
    conversation: string;
    message: string;
    type: "text" | "reasoning";
    text: string;
    length: number;
  }): void {
    const message = this.messages.find(({ id }) => id === delta.message);
    if (message === undefined) {
      this.problems.push("a delta of an unknown message");
      return;
    }
    const last = message.parts.at(-1);
    const length = last?.type === delta.type ? last.text.length : 0;
    if (length !== delta.length) this.problems.push(`a gap: ${length} here, ${delta.length} there`);
    if (last?.type === delta.type) last.text += delta.text;
    else message.parts.push({ type: delta.type, text: delta.text });
  }

  live(live: Live): void {
    this.lives.push(live);
  }

  engine(engine: EngineView): void {
    if (this.state !== undefined) this.state = { ...this.state, engine };
  }

  attachments(attachments: ViewState["attachments"]): void {
    if (this.state !== undefined) this.state = { ...this.state, attachments };
  }

  usage(usage: ViewState["usage"]): void {
    if (this.state !== undefined) this.state = { ...this.state, usage };
  }

  tools(tools: ViewState["tools"]): void {
    if (this.state !== undefined) this.state = { ...this.state, tools };
  }

  asked(asked: ViewState["asked"]): void {
    if (this.state !== undefined) this.state = { ...this.state, asked };
  }

  goesAlong(goesAlong: ViewState["goesAlong"]): void {
    if (this.state !== undefined) this.state = { ...this.state, goesAlong };
  }

  notices(notices: Notice[]): void {
    if (this.state !== undefined) this.state = { ...this.state, notices };
  }

  steering(steering: Steering): void {
    if (this.state !== undefined) this.state = { ...this.state, steering };
  }
}

export class FakeModel implements ActiveModel {
  readonly changes = new Emitter<void>();
  readonly onDidChange = this.changes.event;
  readonly states = new Emitter<ModelStateChange>();
  readonly id: ModelId;
  modelState: ModelState = { status: "unloaded" };

  constructor(id = "starter") {
    // The brand is put on where ids are made; here the test makes one.
    this.id = id as ModelId;
  }

  current(): { id: ModelId; displayName: string; note: string } {
    return { id: this.id, displayName: "Starter", note: "small" };
  }

  nameOf(id: string): string {
    return id === this.id ? "Starter" : `The model ${id}`;
  }

  chooseOther(): Promise<ModelId | undefined> {
    return Promise.resolve(undefined);
  }

  become(state: ModelState): void {
    this.modelState = state;
    this.states.fire({ model: this.id, state });
  }
}

/** Everything fits, so nothing is ever counted. */
export const roomyMeter: PromptMeter = {
  knownSize: () => undefined,
  contextSize: () => Promise.resolve(Number.MAX_SAFE_INTEGER),
  countPrompt: () => Promise.reject(new Error("nothing should be counted")),
  countTexts: () => Promise.reject(new Error("nothing should be counted")),
};

/** Every model is on this machine, and nothing is from a database. */
export const allHere: TellingRules = {
  staysHere: { tool: () => false, reference: () => false },
  destinationOf: () => undefined,
};

/** One window's chat, with its page open. */
export async function chatWindow(options: {
  folder: string;
  backend: Pick<PortableBackend, "chat">;
  files?: StoreFiles;
  model?: FakeModel;
  memory?: Map<string, unknown>;
  maxTokens?: number;
  meter?: PromptMeter;
  /** What models may call, by one whose template has tools; absent: there are none. */
  tools?: ChatTools;
  /** Where the model is asked; absent: on this machine. */
  destination?: () => string | undefined;
  /** What stays here, and where which model is; absent: nothing does, and no model is elsewhere. */
  telling?: TellingRules;
}) {
  const {
    folder,
    backend,
    files,
    model = new FakeModel(),
    memory = new Map<string, unknown>(),
    maxTokens = 64,
    meter = roomyMeter,
    tools,
    destination = () => undefined,
    telling = allHere,
  } = options;
  const store = new ConversationStore({ folder, log: silentLogger, ...(files === undefined ? {} : { files }) });
  const describeError = ({ message, remedy }: { message: string; remedy: string | undefined }) => ({
    message,
    ...(remedy === undefined ? {} : { remedy }),
  });
  const presets = new Presets(new PresetStore(path.join(folder, "presets.json"), silentLogger), {
    presetNames: { default: "Default", precise: "Precise", creative: "Creative", explain: "Explain", review: "Review" },
  });
  const consent = new ToolConsent();
  const toolbox = new Toolbox({
    tools: tools ?? {
      list: () => [],
      opens: () => undefined,
      invoke: () => Promise.reject(new Error("there are none")),
    },
    supports: () => Promise.resolve(tools !== undefined),
    consent,
    destination,
  });
  const planner = new PromptPlanner({
    toolbox,
    instructions: () => Promise.resolve([]),
    maxTokens: () => maxTokens,
    ...{ meter, telling },
    tooLarge: (tokens, most) => new PaddockError("context/overflow", `${tokens} of ${most}`),
    reasoningBudget: () => null,
  });
  const controller = new ChatController({
    store,
    backend,
    activeModel: model,
    planner,
    toolbox,
    standardSettings: () => presets.standardSettings(),
    describeError,
    texts: textNames,
    log: silentLogger,
  });
  const attachments = new Attachments((texts) => Promise.resolve(texts.map(() => 7)));
  const lifecycle = { onDidChangeState: model.states.event, state: () => model.modelState };
  const settingsChanges = new Emitter<void>();
  const preview = new PromptPreview({
    controller,
    planner,
    attachments,
    activeModel: model,
    lifecycle,
    meter,
    onDidChangeSettings: settingsChanges.event,
  });
  const presenter = new ChatPresenter({
    controller,
    attachments,
    preview,
    toolbox,
    consent,
    telling,
    store,
    presets,
    lifecycle,
    activeModel: model,
    describeError,
    texts: textNames,
    memory: {
      get: (key) => memory.get(key),
      update: (key, value) => Promise.resolve(void memory.set(key, value)),
    },
    log: silentLogger,
  });
  await store.start();
  const page = new FakePage();
  const looking = presenter.attach(page);
  page.view(presenter.state());
  return {
    store,
    presets,
    controller,
    presenter,
    attachments,
    preview,
    consent,
    /** Dispose it, and the page is gone. */
    looking,
    settingsChanges,
    page,
    model,
    async close(): Promise<void> {
      presenter.dispose();
      preview.dispose();
      await controller.close();
    },
  };
}
export type ChatWindow = Awaited<ReturnType<typeof chatWindow>>;
