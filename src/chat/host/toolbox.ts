import type { ModelId } from "../../engine/backend";
import type { GeneratedPart, Tool } from "../../engine/protocol";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { isCancellation, toPaddockError } from "../../platform/core/errors";
import { Emitter } from "../../platform/core/event";
import {
  type ChatTool,
  type ChatTools,
  chosenTools,
  offeredTools,
  type ToolBudget,
  toolsFor,
  type ToolsView,
  unreadable,
} from "../core/chatTools";
import type { Part } from "../core/conversation";
import type { ConversationSettings } from "../core/conversationSettings";
import type { ToolConsent } from "./toolConsent";

export type ToolCall = Extract<GeneratedPart, { type: "toolCall" }>;
type ToolResult = Extract<Part, { type: "toolResult" }>;

export interface ToolboxDeps {
  readonly tools: ChatTools;
  /** Whether the model's template has tools; loads it where nobody knows. */
  readonly supports: (model: ModelId, signal: AbortSignal) => Promise<boolean>;
  readonly consent: ToolConsent;
  /** Where the model is asked, for people; undefined: on this machine. */
  readonly destination: (model: ModelId) => string | undefined;
}

/** Where a call stands. */
export interface CallPlace {
  readonly conversation: string;
  readonly message: string;
  /** That made it, and that is told what comes of it. */
  readonly model: ModelId;
}

/** What the model of a conversation may call, and the calling of it. */
export class Toolbox implements Disposable {
  private readonly subscriptions = new DisposableStore();
  private readonly changes = this.subscriptions.add(new Emitter<void>());
  /** It is known of another model whether it has tools. */
  readonly onDidChange = this.changes.event;
  private readonly known = new Map<ModelId, boolean>();

  constructor(private readonly deps: ToolboxDeps) {}

  /** What an answer's model is offered; nothing where its template has no tools. Rejects as loading the model does. */
  async offered(model: ModelId, settings: ConversationSettings, signal: AbortSignal): Promise<readonly Tool[]> {
    if (this.usable(model, settings).length === 0) return [];
    if (!this.known.has(model)) this.learn(model, await this.deps.supports(model, signal));
    return this.offeredNow(model, settings);
  }

  /** The same as far as it is known, without asking anybody. */
  offeredNow(model: ModelId, settings: ConversationSettings): readonly Tool[] {
    return this.known.get(model) === true ? offeredTools(this.usable(model, settings)) : [];
  }

  /** A model was loaded, or has been asked. */
  learn(model: ModelId, hasTools: boolean): void {
    if (this.known.get(model) === hasTools) return;
    this.known.set(model, hasTools);
    this.changes.fire();
  }

  view(model: ModelId, settings: ConversationSettings): ToolsView {
    const tools = this.deps.tools.list();
    const chosen = new Set(chosenTools(tools, settings).map(({ name }) => name));
    const known = this.known.get(model);
    const destination = this.deps.destination(model);
    return {
      support: known === undefined ? "unknown" : known ? "some" : "none",
      tools: tools.map((tool) => {
        const { name, title, description, origin } = tool;
        const heldBack = toolsFor([tool], destination).length === 0;
        return {
          ...{ name, title, description, origin, heldBack },
          on: chosen.has(name),
          asks: asksFirst(tool, destination),
        };
      }),
    };
  }

  /**
   * Makes one call, where the conversation lets it be made and the person does. What goes wrong is the result: the model
   * reads it and may mend its call. @throws only `cancelled`.
   */
  async run(
    call: ToolCall,
    { conversation, message, model }: CallPlace,
    settings: ConversationSettings,
    budget: ToolBudget,
    signal: AbortSignal,
  ): Promise<ToolResult> {
    const { tools, consent } = this.deps;
    const answered = (result: unknown): ToolResult => ({
      type: "toolResult",
      callId: call.id,
      name: call.name,
      result,
    });
    const failed = (error: string): ToolResult => answered({ error: budget.fit(error) });
    // A model may name what it was never offered.
    const tool = chosenTools(tools.list(), settings).find(({ name }) => name === call.name);
    if (tool === undefined) return failed("There is no such tool.");
    const destination = this.deps.destination(model);
    if (toolsFor([tool], destination).length === 0)
      return failed("What is in a database is told to models on this machine only.");
    const problem = unreadable(call.arguments);
    if (problem !== undefined) return failed(problem);
    const opens = tools.opens(tool.name, call.arguments);
    if (asksFirst(tool, destination) || opens !== undefined) {
      const about = {
        ...(destination === undefined ? {} : { destination }),
        ...(opens === undefined ? {} : { opens }),
      };
      const asked = { message, call: call.id, tool: tool.name, ...about };
      if (!(await consent.ask(conversation, asked, signal))) return failed("The person does not allow this call.");
    }
    try {
      return answered(budget.fit((await tools.invoke(tool.name, call.arguments, signal)).text));
    } catch (error) {
      if (signal.aborted || isCancellation(error)) throw error;
      const { message: words, remedy } = toPaddockError(error);
      return failed(remedy === undefined ? words : `${words} ${remedy}`);
    }
  }

  private usable(model: ModelId, settings: ConversationSettings): readonly ChatTool[] {
    return toolsFor(chosenTools(this.deps.tools.list(), settings), this.deps.destination(model));
  }

  dispose(): void {
    this.subscriptions.dispose();
  }
}

/**
 * A server's tool may do anything, and only the server knows what. And a model elsewhere is told nothing of this machine
 * that nobody attached, unless a person says so.
 */
function asksFirst({ writes, origin }: ChatTool, destination: string | undefined): boolean {
  return writes || origin === "mcp" || destination !== undefined;
}
