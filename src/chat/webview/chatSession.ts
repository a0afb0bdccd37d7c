import * as v from "valibot";
import { type Params, type Result, RpcPeer } from "../../platform/core/rpc";
import { isCancellation } from "../../platform/core/errors";
import { formatCount } from "../../platform/core/format";
import { visibleText } from "../../platform/core/visibleText";
import { hostConnection } from "../../platform/webview/hostConnection";
import { type VsCodeApi, vsCodeApi } from "../../platform/webview/vscodeApi";
import {
  type ChatHostContract,
  chatHostContract,
  type ChatWebviewContract,
  chatWebviewContract,
  type ViewState,
} from "../core/webviewContract";
import type { WebviewTexts } from "../core/webviewTexts";
import { ChatModel, type Failure, failureOf } from "./chatModel";
import type { ChatContext, HostRequest } from "./context";
import { fill, readTexts } from "./strings";
import { WorkspaceLinks } from "./workspaceLinks";

export interface ChatSessionEvents {
  changed(): void;
  /** @param first the first time since the page was built. */
  viewReplaced(state: ViewState, first: boolean): void;
  /** Scroll to a message and mark it. */
  reveal(message: string): void;
  focusInput(): void;
  asked(): void;
  quote(text: string): void;
}

/** All that the page itself remembers: where the person was reading. */
const scrollSchema = v.object({
  conversation: v.nullable(v.string()),
  /** At the list's upper edge, and how far from it in CSS pixels; null: the person was at the end. */
  message: v.nullable(v.string()),
  offset: v.number(),
});
export type Scroll = v.InferOutput<typeof scrollSchema>;

/** The page's end of the line to the host, and what it knows from there. */
export class ChatSession {
  readonly model = new ChatModel();
  readonly peer: RpcPeer<ChatWebviewContract, ChatHostContract>;
  readonly context: ChatContext;
  /** Why everything could not be asked for; undefined while it is under way and when all is well. */
  connection: Failure | undefined;
  private readonly api: VsCodeApi = vsCodeApi();
  private readonly failures = new Map<string, Failure>();
  private asking: Promise<void> | undefined;

  constructor(
    texts: string | undefined,
    private readonly events: ChatSessionEvents,
  ) {
    this.peer = new RpcPeer(hostConnection(this.api), chatWebviewContract, chatHostContract, (problem) =>
      this.report(problem),
    );
    this.context = this.createContext(readTexts(texts));
    this.listen();
    window.addEventListener("error", this.onError);
    window.addEventListener("unhandledrejection", this.onRejection);
  }

  get remembered(): Scroll | undefined {
    const parsed = v.safeParse(scrollSchema, this.api.getState());
    return parsed.success ? parsed.output : undefined;
  }

  remember(scroll: Scroll): void {
    this.api.setState(scroll);
  }

  /** Asks for everything; also when notifications no longer fit what is known. Joins what is under way. */
  start(): Promise<void> {
    this.asking ??= this.askForAll().finally(() => (this.asking = undefined));
    return this.asking;
  }

  dispose(): void {
    window.removeEventListener("error", this.onError);
    window.removeEventListener("unhandledrejection", this.onRejection);
    this.peer.dispose();
  }

  private async askForAll(): Promise<void> {
    this.connection = undefined;
    this.events.changed();
    try {
      const first = this.model.state === undefined;
      const state = await this.peer.request("ready", {});
      this.model.view(state);
      this.events.viewReplaced(state, first);
    } catch (error) {
      this.connection = failureOf(error);
      this.events.changed();
    }
  }

  private listen(): void {
    const { model, events, peer } = this;
    const fits = (fitting: boolean): void => {
      if (!fitting) void this.start();
      events.changed();
    };
    peer.listen(
      {},
      {
        view: (state) => {
          const first = model.state === undefined;
          model.view(state);
          events.viewReplaced(state, first);
        },
        conversations: (list) => {
          model.conversations(list);
          events.changed();
        },
        message: ({ conversation, message }) => fits(model.message(conversation, message)),
        delta: (delta) => fits(model.delta(delta)),
        live: (live) => {
          model.live = live;
          events.changed();
        },
        engine: (engine) => {
          model.engine(engine);
          events.changed();
        },
        notices: (notices) => {
          model.notices(notices);
          events.changed();
        },
        attachments: (attachments) => {
          model.attachments(attachments);
          events.changed();
        },
        usage: ({ usage }) => {
          model.usage(usage);
          events.changed();
        },
        tools: (tools) => {
          model.tools(tools);
          events.changed();
        },
        asked: ({ asked }) => {
          model.asked(asked);
          events.changed();
        },
        goesAlong: ({ goesAlong }) => {
          model.goesAlong(goesAlong);
          events.changed();
        },
        reveal: ({ conversation, message }) => {
          if (conversation === model.state?.selected) events.reveal(message);
        },
        steering: (steering) => {
          model.steering(steering);
          events.changed();
        },
        focusInput: () => events.focusInput(),
      },
    );
  }

  private createContext(texts: WebviewTexts): ChatContext {
    const ask = <N extends HostRequest>(place: string, name: N, params: Params<ChatHostContract, N>) =>
      this.ask(place, name, params);
    // Nobody asked for links, so no place shows that they could not be had; that one could not be opened is shown.
    const links = new WorkspaceLinks(
      (name, params) => ask(name.startsWith("open") ? "composer" : "links", name, params),
      texts,
    );
    return {
      texts,
      language: document.documentElement.lang || "en",
      labels: {
        copy: texts.copyCode,
        apply: texts.applyCode,
        insert: texts.insertCode,
        replaceSelection: texts.replaceSelection,
        newFile: texts.newFile,
        toTerminal: texts.toTerminal,
        runSql: texts.runSql,
        code: texts.code,
        codeIn: (language) => fill(texts.codeIn, language),
        table: texts.table,
        showMore: (left) => fill(texts.showMore, formatCount(left)),
        invisible: (mark) => fill(texts.invisibleCharacter, mark),
      },
      actions: {
        copy: async (text) => (await ask("composer", "copy", { text })) !== undefined,
        apply: async (text, language, info) =>
          (await ask("composer", "apply", { text, language, info: info.slice(0, 1_000) })) !== undefined,
        replaceSelection: async (text) => (await ask("composer", "replaceSelection", { text })) !== undefined,
        insert: async (text) => (await ask("composer", "insert", { text })) !== undefined,
        newFile: async (text, language) => (await ask("composer", "newFile", { text, language })) !== undefined,
        toTerminal: async (text) => (await ask("composer", "toTerminal", { text })) !== undefined,
        runSql: async (text) => (await ask("composer", "runSql", { text })) !== undefined,
        openLink: (url) => void ask("composer", "openLink", { url: url.slice(0, 4_000) }),
        finished: (text) => links.finished(text),
      },
      ask,
      failureAt: (place) => this.failures.get(place),
      dismissFailure: (place) => {
        this.failures.delete(place);
        this.events.changed();
      },
      toolTitle: (name) => visibleText(this.model.state?.tools.tools.find((tool) => tool.name === name)?.title ?? name),
      quote: (text) => this.events.quote(text),
      asked: () => this.events.asked(),
    };
  }

  private async ask<N extends HostRequest>(
    place: string,
    name: N,
    params: Params<ChatHostContract, N>,
  ): Promise<Result<ChatHostContract, N> | undefined> {
    try {
      const result = await this.peer.request(name, params);
      if (this.failures.delete(place)) this.events.changed();
      return result;
    } catch (error) {
      if (!isCancellation(error)) {
        this.failures.set(place, failureOf(error));
        this.events.changed();
      }
      return undefined;
    }
  }

  private readonly onError = (event: ErrorEvent): void => {
    this.report(event.error instanceof Error ? (event.error.stack ?? event.message) : event.message);
  };
  private readonly onRejection = (event: PromiseRejectionEvent): void => {
    const reason: unknown = event.reason;
    this.report(reason instanceof Error ? (reason.stack ?? reason.message) : String(reason));
  };

  private report(problem: string): void {
    this.peer.notify("problem", { message: problem.slice(0, 10_000) });
  }
}
