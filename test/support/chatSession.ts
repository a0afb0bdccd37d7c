import path from "node:path";
import { plainText } from "../../src/chat/core/conversation";
import type { ShownMessage } from "../../src/chat/core/versions";
import { KvFolder } from "../../src/chat/node/kvFolder";
import { KvStates } from "../../src/chat/node/kvStates";
import type { ModelId } from "../../src/engine/backend";
import { EmbeddedEngine } from "../../src/engine/client/embeddedEngine";
import type { Logger } from "../../src/platform/core/logger";
import { chatWindow, FakeModel } from "./chatHarness";

export interface ChatSessionOptions {
  readonly enginePath: string;
  readonly modelPath: string;
  /** The chat's storage; what a reload finds again. */
  readonly folder: string;
  readonly contextSize?: number;
  readonly maxTokens?: number;
  readonly capBytes?: number;
}

/** A window without its editor: store, controller, KV states and engine put together as src/app.ts does. */
export async function chatSession(options: ChatSessionOptions) {
  const { enginePath, modelPath, folder, contextSize = 2048, maxTokens = 40, capBytes = 1e9 } = options;
  const model = "model" as ModelId;
  const logs: string[] = [];
  const line = (message: string): void => void logs.push(message);
  const log: Logger = { debug: line, info: line, warn: line, error: line };
  const engine = new EmbeddedEngine({
    enginePath,
    models: { resolve: () => Promise.resolve({ path: modelPath }) },
    timings: { record: () => undefined },
    settings: () => ({ gpu: "cpu", gpuLayers: null, threads: 0, contextSize, idleUnloadMinutes: 0 }),
    log,
  });
  const states = new KvStates({
    folder: new KvFolder(path.join(folder, "kv")),
    engine,
    capBytes: () => capBytes,
    log,
  });
  const { controller, store, close } = await chatWindow({
    folder,
    backend: states,
    maxTokens,
    model: new FakeModel(model),
  });
  controller.onDidSelect((id) => states.show(id, () => model));
  const last = (): ShownMessage => {
    const message = controller.shown().at(-1);
    if (message === undefined) throw new Error("Nothing is shown.");
    return message;
  };
  const ended = async (): Promise<ShownMessage> => {
    while (controller.generating) await new Promise((resolve) => setTimeout(resolve, 5));
    const message = last();
    if (message.error !== undefined) throw new Error(JSON.stringify(message.error));
    return message;
  };
  return {
    engine,
    states,
    controller,
    store,
    model,
    logs,
    last,
    ended,
    load: () => engine.load(model, new AbortController().signal),
    /** Sends, and waits for the answer's end. @returns wall-clock ms from sending to the first of the answer, and it. */
    ask: async (conversation: string | null, question: string) => {
      const since = performance.now();
      let ttft: number | undefined;
      const listener = controller.onDelta(() => (ttft ??= performance.now() - since));
      const id = await controller.send(conversation, question);
      const answer = await ended();
      listener.dispose();
      return { id, answer, text: plainText(answer.parts), ttft: ttft ?? Number.NaN };
    },
    /** As the extension does when the window closes. */
    close: async () => {
      const closed = close();
      await states.close();
      await Promise.all([closed, engine.close()]);
    },
  };
}
export type ChatSession = Awaited<ReturnType<typeof chatSession>>;
