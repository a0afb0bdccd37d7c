import * as v from "valibot";
import { maxFilePath, maxFilePaths, maxLine } from "../../platform/core/fileLinks";
import { maxSymbols, maxSymbolText } from "../../platform/core/symbolLinks";
import { askedCallSchema, callAnswerSchema, toolsViewSchema } from "./chatTools";
import { idSchema } from "./conversation";
import { conversationSettingsSchema } from "./conversationSettings";
import { shownPresetSchema } from "./presets";
import { promptUsageSchema } from "./promptUsage";
import { goesAlongSchema } from "./toldElsewhere";
import { shownMessageSchema } from "./versions";

/**
 * What the chat webview may ask of the host, and what the host tells it. The host owns the data: the webview can be
 * destroyed and rebuilt at any time and gets all it shows from `ready` and the notifications after it.
 */
export const conversationSummarySchema = v.object({
  id: idSchema,
  title: v.string(),
  updatedAt: v.number(),
  generating: v.boolean(),
  pinned: v.boolean(),
});
export type ConversationSummary = v.InferOutput<typeof conversationSummarySchema>;

const snippetSchema = v.object({
  text: v.string(),
  /** Offsets and lengths in `text`. */
  marks: v.array(v.tuple([v.number(), v.number()])),
});
export const searchResultSchema = v.object({
  hits: v.array(
    v.object({
      conversation: idSchema,
      title: snippetSchema,
      message: v.nullable(idSchema),
      snippet: v.nullable(snippetSchema),
      /** Messages that match. */
      count: v.number(),
    }),
  ),
  /** There are more than these. */
  more: v.boolean(),
  /** While `searched` is less than `total`, the text is still being read: ask again. */
  searched: v.number(),
  total: v.number(),
  titlesOnly: v.boolean(),
});
export type SearchView = v.InferOutput<typeof searchResultSchema>;

/** The engine as the chat shows it; words are made in the host, where l10n is. */
export const engineViewSchema = v.object({
  status: v.picklist(["unloaded", "loading", "ready", "restarting", "failed"]),
  modelName: v.string(),
  /** Says plainly that the starter is small and says foolish things; absent for other models. */
  modelNote: v.optional(v.string()),
  /** Where questions go; absent: they stay on this machine. */
  destination: v.optional(v.string()),
  /** 0 to 1 while loading. */
  fraction: v.optional(v.number()),
  message: v.optional(v.string()),
  remedy: v.optional(v.string()),
});
export type EngineView = v.InferOutput<typeof engineViewSchema>;

/** Figures of the answer that is being made; nothing here is stored. */
export const liveSchema = v.object({
  conversation: idSchema,
  message: idSchema,
  phase: v.picklist(["waiting", "prompt", "generating"]),
  prompt: v.object({ total: v.number(), cached: v.number(), processed: v.number() }),
  predicted_n: v.number(),
  /** tg so far, tokens/s; null before the second token. */
  predicted_per_second: v.nullable(v.number()),
});
export type Live = v.InferOutput<typeof liveSchema>;

/** Something that went wrong outside any one message, such as a full disk. Shown as a status, never a modal. */
export const noticeSchema = v.object({
  id: v.string(),
  severity: v.picklist(["info", "warning", "error"]),
  text: v.string(),
  /** Absent: the notice clears itself when the cause is gone. */
  dismissible: v.boolean(),
});
export type Notice = v.InferOutput<typeof noticeSchema>;

/** How the selected conversation, or the next new one, is answered. */
export const steeringSchema = v.object({
  settings: conversationSettingsSchema,
  presets: v.array(shownPresetSchema),
  /** The preset that new conversations begin with. */
  standard: v.string(),
  /** The workspace is not trusted: its instructions and prompt files are not used. */
  restricted: v.optional(v.boolean()),
});
export type Steering = v.InferOutput<typeof steeringSchema>;

/** Something that the person wants the next question to carry. `label`: "src/app.ts:3-9". */
export const attachmentSchema = v.variant("state", [
  v.object({
    state: v.literal("attached"),
    id: v.string(),
    label: v.string(),
    uri: v.string(),
    tokens: v.number(),
    /** By the model's own tokenizer; otherwise estimated from the text's length. */
    isCounted: v.boolean(),
  }),
  /** Ignored by Git: the question carries it when the person says so. */
  v.object({ state: v.literal("ignored"), id: v.string(), label: v.string(), uri: v.string() }),
  /** `reason`: a sentence. */
  v.object({ state: v.literal("refused"), id: v.string(), label: v.string(), reason: v.string() }),
]);
export type Attachment = v.InferOutput<typeof attachmentSchema>;

export const viewStateSchema = v.object({
  conversations: v.array(conversationSummarySchema),
  selected: v.nullable(idSchema),
  /** The shown path of the selected conversation. */
  messages: v.array(shownMessageSchema),
  engine: engineViewSchema,
  notices: v.array(noticeSchema),
  steering: steeringSchema,
  /** What was typed and not sent, kept by the host across rebuilds. */
  draft: v.string(),
  attachments: v.array(attachmentSchema),
  /** Of the next question; null until it is known. */
  usage: v.nullable(promptUsageSchema),
  /** What the model of the next answer may call. */
  tools: toolsViewSchema,
  /** A call in the selected conversation that waits for a person's word. */
  asked: v.nullable(askedCallSchema),
  /** What the next question takes to a model elsewhere for the first time; null: nothing. */
  goesAlong: v.nullable(goesAlongSchema),
});
export type ViewState = v.InferOutput<typeof viewStateSchema>;

/** In the list of "@" or "/"; see OfferedItem. */
const offeredItemSchema = v.object({ id: v.string(), label: v.string(), detail: v.string(), icon: v.string() });
const triggerKindSchema = v.picklist(["@", "/"]);
const droppedItemSchema = v.variant("kind", [
  v.object({ kind: v.literal("uri"), uri: v.pipe(v.string(), v.maxLength(4_000)) }),
  v.object({
    kind: v.literal("text"),
    name: v.pipe(v.string(), v.maxLength(255)),
    text: v.pipe(v.string(), v.maxLength(300_000)),
  }),
  v.object({
    kind: v.literal("other"),
    name: v.pipe(v.string(), v.maxLength(255)),
    mediaType: v.pipe(v.string(), v.maxLength(100)),
  }),
]);

const inConversation = v.object({ conversation: idSchema });
const onMessage = v.object({ conversation: idSchema, message: idSchema });
const done = v.object({});
const filePathSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(maxFilePath));
const symbolSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(maxSymbolText));
const lineSchema = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maxLine)));

/** Answered by the host. Anything a button does ends here, so that a dead button is a rejected request, shown as such. */
export const chatHostContract = {
  requests: {
    ready: { params: v.object({}), result: viewStateSchema },
    /** `conversation` null starts a new one. Resolves when the message is stored, not when it is answered. */
    send: {
      params: v.object({
        conversation: v.nullable(idSchema),
        text: v.pipe(v.string(), v.minLength(1), v.maxLength(2_000_000)),
      }),
      result: v.object({ conversation: idSchema }),
    },
    stop: { params: inConversation, result: done },
    /** Answer the same question once more; the earlier answer stays in the tree. */
    retry: { params: onMessage, result: done },
    /** The same with a model that the person is asked for; nothing happens when none is chosen. */
    retryWithModel: { params: onMessage, result: done },
    /** Ask this instead, in a version of its own beside the earlier question; what was attached to that one comes along. */
    edit: {
      params: v.object({
        conversation: idSchema,
        message: idSchema,
        text: v.pipe(v.string(), v.minLength(1), v.maxLength(2_000_000)),
      }),
      result: done,
    },
    /** Show the path through this version of a question or an answer. */
    showVersion: { params: onMessage, result: done },
    /** Go on from where an interrupted or stopped answer ends. */
    continueAnswer: { params: onMessage, result: done },
    newConversation: { params: v.object({}), result: done },
    /** All settings of a conversation, or of the next new one; they count from its next answer on. */
    changeSettings: {
      params: v.object({ conversation: v.nullable(idSchema), settings: conversationSettingsSchema }),
      result: done,
    },
    /** The tools there are may be others by now: tell them anew. */
    refreshTools: { params: v.object({}), result: done },
    /** A person's word on a call that waits. */
    answerCall: {
      params: v.object({
        conversation: idSchema,
        call: v.pipe(v.string(), v.maxLength(100)),
        answer: callAnswerSchema,
      }),
      result: done,
    },
    /** Keeps settings under a name; one of the same name is replaced. */
    savePreset: {
      params: v.object({
        name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(60)),
        settings: conversationSettingsSchema,
      }),
      result: done,
    },
    removePreset: { params: v.object({ preset: idSchema }), result: done },
    /** New conversations begin with this preset. */
    setStandardPreset: { params: v.object({ preset: idSchema }), result: done },
    /** Opens a file of instructions that an answer was given. Only such a file of the workspace is opened. */
    openInstructions: { params: v.object({ uri: v.pipe(v.string(), v.maxLength(4_000)) }), result: done },
    /** Opens the editor's page on which a workspace is trusted. */
    manageTrust: { params: v.object({}), result: done },
    select: { params: inConversation, result: done },
    /** Full text over all conversations; a later search cancels an earlier one. An empty query only gets ready. */
    search: { params: v.object({ query: v.pipe(v.string(), v.maxLength(200)) }), result: searchResultSchema },
    /** Open a conversation where this message stands. */
    reveal: { params: onMessage, result: done },
    pin: { params: v.object({ conversation: idSchema, pinned: v.boolean() }), result: done },
    exportConversation: { params: inConversation, result: done },
    rename: {
      params: v.object({ conversation: idSchema, title: v.pipe(v.string(), v.minLength(1), v.maxLength(200)) }),
      result: done,
    },
    remove: { params: inConversation, result: done },
    undoRemove: { params: inConversation, result: done },
    /** What "@" or "/" offers for what was typed after it; a later request takes the place of an earlier one. */
    suggest: {
      params: v.object({ kind: triggerKindSchema, query: v.pipe(v.string(), v.maxLength(200)) }),
      result: v.object({ items: v.array(offeredItemSchema) }),
    },
    /** `text` goes into the input box; `attached`: the names of what was attached. The person may be asked for more. */
    choose: {
      params: v.object({ kind: triggerKindSchema, id: v.pipe(v.string(), v.maxLength(10_000)) }),
      result: v.object({ text: v.optional(v.string()), attached: v.array(v.string()) }),
    },
    attachDropped: { params: v.object({ items: v.pipe(v.array(droppedItemSchema), v.maxLength(50)) }), result: done },
    /** Takes it off, or the question or the refusal that stands in its place. */
    removeAttachment: { params: v.object({ id: v.string() }), result: done },
    /** Attaches what is ignored by Git all the same. */
    keepAttachment: { params: v.object({ id: v.string() }), result: done },
    copy: { params: v.object({ text: v.string() }), result: done },
    /** Take the code to the file it is for and open the review there. `info`: all that stands at the fence. */
    apply: {
      params: v.object({
        text: v.pipe(v.string(), v.maxLength(2_000_000)),
        language: v.pipe(v.string(), v.maxLength(100)),
        info: v.pipe(v.string(), v.maxLength(1_000)),
      }),
      result: done,
    },
    /** Insert at the cursor of the active editor. Rejects with a reason when there is none. */
    insert: { params: v.object({ text: v.string() }), result: done },
    /** Put in place of what is selected in the active editor. Rejects with a reason when nothing is. */
    replaceSelection: { params: v.object({ text: v.string() }), result: done },
    /** Open the code as a file without a name. `language` as the fence names it. */
    newFile: {
      params: v.object({ text: v.string(), language: v.pipe(v.string(), v.maxLength(100)) }),
      result: done,
    },
    /** Put one line at a terminal's prompt, without running it. Rejects with a reason when it is not one line. */
    toTerminal: { params: v.object({ text: v.string() }), result: done },
    /** Run on a database that the person chooses, by way of its gate. */
    runSql: { params: v.object({ text: v.pipe(v.string(), v.maxLength(100_000)) }), result: done },
    /** http and https only, through the host's own prompt. */
    openLink: { params: v.object({ url: v.pipe(v.string(), v.maxLength(4000)) }), result: done },
    /** Which of the paths that an answer names are files of the workspace. */
    resolveLinks: {
      params: v.object({ candidates: v.pipe(v.array(filePathSchema), v.maxLength(maxFilePaths)) }),
      result: v.object({ found: v.array(v.string()) }),
    },
    /** A file of the workspace, by its path in it. Rejects with a reason when it is none. */
    openFile: { params: v.object({ path: filePathSchema, line: lineSchema, endLine: lineSchema }), result: done },
    /** Which of these texts name symbols of the workspace. */
    resolveSymbols: {
      params: v.object({ names: v.pipe(v.array(symbolSchema), v.maxLength(maxSymbols)) }),
      result: v.object({ found: v.array(v.string()) }),
    },
    /** The definition of one of them. Rejects with a reason when there is none. */
    openSymbol: { params: v.object({ name: symbolSchema }), result: done },
    command: {
      params: v.object({ name: v.picklist(["restartEngine", "showLog", "switchModel", "loadModel"]) }),
      result: done,
    },
  },
  notifications: {
    draft: v.object({ text: v.pipe(v.string(), v.maxLength(2_000_000)) }),
    dismissNotice: v.object({ id: v.string() }),
    /** Something broke in the webview; for the log. */
    problem: v.object({ message: v.pipe(v.string(), v.maxLength(10_000)) }),
  },
} as const;
export type ChatHostContract = typeof chatHostContract;

/** Told by the host. */
export const chatWebviewContract = {
  requests: {},
  notifications: {
    /** Everything anew: after a select, a delete, or when another window changed the store. */
    view: viewStateSchema,
    conversations: v.object({ conversations: v.array(conversationSummarySchema), selected: v.nullable(idSchema) }),
    /** A message of the selected conversation was added or changed as a whole. */
    message: v.object({ conversation: idSchema, message: shownMessageSchema }),
    /** Text to append to the message's last part of `type` (or a new part). `length`: that part's length before, to detect a gap. */
    delta: v.object({
      conversation: idSchema,
      message: idSchema,
      type: v.picklist(["text", "reasoning"]),
      text: v.string(),
      length: v.number(),
    }),
    live: liveSchema,
    engine: engineViewSchema,
    notices: v.array(noticeSchema),
    attachments: v.array(attachmentSchema),
    usage: v.object({ usage: v.nullable(promptUsageSchema) }),
    tools: toolsViewSchema,
    asked: v.object({ asked: v.nullable(askedCallSchema) }),
    goesAlong: v.object({ goesAlong: v.nullable(goesAlongSchema) }),
    /** Scroll to a message of the selected conversation and mark it. */
    reveal: onMessage,
    steering: steeringSchema,
    /** Put the keyboard into the input box. */
    focusInput: v.object({}),
  },
} as const;
export type ChatWebviewContract = typeof chatWebviewContract;
