import type * as vscode from "vscode";
import type { ModelId, ModelLifecycle, PortableBackend } from "../../engine/backend";
import type { Disposable } from "../../platform/core/disposables";
import type { PaddockError } from "../../platform/core/errors";
import type { Event } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import type { ActiveModel } from "../core/activeModel";
import type { ChatTools } from "../core/chatTools";
import type { ConversationSettings } from "../core/conversationSettings";
import type { ContextReference, ContextSources, TakenContext } from "../core/contextItems";
import type { StaysHere } from "../core/toldElsewhere";
import type { KvStates } from "../node/kvStates";
import type { PromptFiles, SlashCommand } from "./promptFiles";

/** Commands that the chat's page and its lists run, by the name after "paddock.". */
export type ChatCommand = "restartEngine" | "showLog" | "switchModel" | "loadModel" | SlashCommand;

/** All that the chat is given; it reaches for nothing else. */
export interface ChatDeps {
  readonly extensionUri: vscode.Uri;
  /** An absolute folder of the chat's own, under the extension's global storage; made when it is missing. */
  readonly storageDir: string;
  readonly backend: Pick<PortableBackend, "chat">;
  /** What a prompt costs. */
  readonly tokens: Pick<PortableBackend, "countTokens" | "countMessageTokens">;
  /** Conversations' KV caches on disk; `backend` has them around its answers. */
  readonly kvStates: Pick<KvStates, "show" | "forget" | "sweep" | "clear">;
  readonly lifecycle: Pick<ModelLifecycle, "state" | "onDidChangeState" | "prepare">;
  readonly activeModel: ActiveModel;
  /** What models may call. */
  readonly tools: ChatTools;
  /** Whether a model's template has tools. Loads it where nobody knows, and rejects as that does. */
  readonly hasTools: (model: ModelId, signal: AbortSignal) => Promise<boolean>;
  /** Where text goes that the model is asked, for people; undefined: it stays on this machine. */
  readonly destination: (model: ModelId) => string | undefined;
  /** What of a conversation is told to models on this machine only. */
  readonly staysHere: StaysHere;
  /** A message is likely: have the model loaded by the time it is sent. Harmless when it is loaded already. */
  readonly warmUp: () => void;
  /** The setting paddock.chat.maxTokens, read anew for each answer. */
  readonly maxTokens: () => number;
  /** The setting paddock.chat.reasoningBudget; null for no limit. */
  readonly reasoningBudget: () => number | null;
  /** The setting paddock.chat.useInstructions, as it is for a folder of the workspace: it is about that folder's files. */
  readonly useInstructions: (folder: vscode.Uri) => boolean;
  /** Where the person's own prompt files are. */
  readonly ownPrompts: vscode.Uri;
  /** What is selected in the editor. @throws PaddockError when nothing is, or when no model may see it. */
  readonly selection: () => Promise<ContextReference>;
  /** Files of the workspace by way of the gate. */
  readonly takeFiles: (uris: readonly vscode.Uri[]) => Promise<TakenContext>;
  /** A setting changed that prompts are made by. */
  readonly onDidChangeSettings: Event<unknown>;
  /** Takes a code block to its file, for review. Rejects with a reason for a person; nothing is changed by it. */
  readonly applyCode: (block: { text: string; language: string; info: string }) => Promise<void>;
  /** Takes SQL of an answer to a database that the person chooses, by way of the gate. */
  readonly runSql: (sql: string) => Promise<void>;
  /** The words for an error, in the person's language: the catalogue in platform/host. */
  readonly describeError: (error: PaddockError) => { readonly message: string; readonly remedy?: string };
  /** The window's own: keeps the draft and the selected conversation. */
  readonly memento: Pick<vscode.Memento, "get" | "update">;
  /** Deletes all that the extension keeps outside the chat's own storage. @returns files that could not be deleted. */
  readonly eraseOthers: () => Promise<number>;
  /** All data was deleted, in whichever window: what other rooms of this window have recorded in memory goes too. */
  readonly forgetOthers: () => void;
  /** What a question can carry, offered after "@". */
  readonly context: ContextSources;
  readonly runCommand: (command: ChatCommand) => Promise<void>;
  readonly log: Logger;
}

export interface AskOptions {
  /** Answers this once; absent: the one in use. */
  readonly model?: ModelId;
  /** Goes on there; absent: a new one. */
  readonly conversation?: string;
}

/** The chat room as the commands see it. */
export interface Chat extends Disposable {
  /** An answer is being made in this window; for the context key paddock.generating. */
  readonly generating: boolean;
  readonly onDidChangeGenerating: Event<boolean>;
  /** Shows the view and puts the keyboard into its input box. */
  focusInput(): Promise<void>;
  /** Puts things of the workspace to what the next question carries, and the keyboard into the input box. */
  attach(taken: TakenContext): Promise<void>;
  /** Shows the view with a new, empty conversation. */
  newConversation(): Promise<void>;
  /** Asks and shows the conversation. @returns the conversation, when the question is stored. */
  ask(text: string, references?: readonly ContextReference[], how?: AskOptions): Promise<string>;
  /** What new conversations begin with: the person's preset for them. Never rejects. */
  defaultSettings(): Promise<ConversationSettings>;
  /** The prompt files of the workspace and of the person. */
  readonly prompts: Pick<PromptFiles, "list" | "use">;
  /** What a person does with conversations, by the name of the command after "paddock.". */
  readonly commands: Readonly<Record<string, (...given: unknown[]) => Promise<unknown>>>;
  /** Stops the answer of the selected conversation, or, when it has none, every answer of this window. */
  stop(): void;
  /** Ends the answers, marks them interrupted and writes what is not yet on disk; await it in deactivate, then dispose. */
  close(): Promise<void>;
}

/** Registers the view `paddock.chat`. Never throws for a storage that fails: the chat says so in a notice. */
export type CreateChat = (deps: ChatDeps) => Chat;
