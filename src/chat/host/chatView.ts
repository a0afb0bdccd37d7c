import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { type Disposable, DisposableStore, toDisposable } from "../../platform/core/disposables";
import type { ModelId } from "../../engine/backend";
import { PaddockError } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import { RpcPeer } from "../../platform/core/rpc";
import { webviewConnection } from "../../platform/host/webviewRpc";
import type { ChatTexts } from "../core/chatTexts";
import type { Snippet } from "../core/foldText";
import { chatHtml } from "../core/html";
import {
  type ChatHostContract,
  chatHostContract,
  type ChatWebviewContract,
  chatWebviewContract,
  type SearchView,
} from "../core/webviewContract";
import { webviewTexts } from "../core/webviewTexts";
import type { ChatController } from "./chatController";
import type { ChatCommand } from "./chatDeps";
import type { Attachments } from "./attachments";
import type { ChatPresenter } from "./chatPresenter";
import { CodeActions } from "./codeActions";
import type { ConversationSearch, SearchResult } from "../node/conversationSearch";
import type { Offers } from "./offers";
import type { Presets } from "./presets";
import type { ToolConsent } from "./toolConsent";
import { openInstructions } from "./workspaceInstructions";
import { WorkspaceLinks } from "./workspaceLinks";
import { WorkspaceSymbols } from "./workspaceSymbols";
import { manageTrust } from "./workspaceTrust";

export const chatViewId = "paddock.chat";

type ChatPeer = RpcPeer<ChatHostContract, ChatWebviewContract>;
const done = {};
/** What has been found by then is shown; the page asks again while there is more to read. */
const searchPatienceMs = 300;

export interface ChatViewDeps {
  readonly extensionUri: vscode.Uri;
  readonly controller: ChatController;
  readonly presenter: ChatPresenter;
  readonly attachments: Attachments;
  readonly consent: Pick<ToolConsent, "answer">;
  readonly offers: Pick<Offers, "suggest" | "choose" | "drop">;
  readonly texts: ChatTexts;
  readonly presets: Presets;
  /** Asks for a model for one answer. */
  readonly chooseModel: () => Promise<ModelId | undefined>;
  /** Resolves when the stored conversations are known, or when they are too slow. */
  readonly ready: () => Promise<void>;
  /** Somebody opened the chat or types: a view that merely came back with the window loads nothing. */
  readonly warmUp: () => void;
  readonly search: Pick<ConversationSearch, "search">;
  readonly exportConversation: (conversation: string) => Promise<void>;
  readonly applyCode: (block: { text: string; language: string; info: string }) => Promise<void>;
  readonly runSql: (sql: string) => Promise<void>;
  readonly runCommand: (command: ChatCommand) => Promise<void>;
  readonly log: Logger;
}

/** The sidebar view. It holds nothing: each time it is shown, the page starts anew and asks for all there is. */
export class ChatView implements vscode.WebviewViewProvider, Disposable {
  private view: vscode.WebviewView | undefined;
  private session: DisposableStore | undefined;
  private peer: ChatPeer | undefined;
  /** The page has asked for what there is to show, so it hears what it is told. */
  private pageReady = false;
  private focusWanted = false;
  private searching: AbortController | undefined;
  private readonly code: CodeActions;
  private readonly links: WorkspaceLinks;
  private readonly symbols: WorkspaceSymbols;

  constructor(private readonly deps: ChatViewDeps) {
    this.code = new CodeActions(deps.texts);
    this.links = new WorkspaceLinks(deps.texts);
    this.symbols = new WorkspaceSymbols(deps.texts);
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.endSession();
    this.view = view;
    const { webview } = view;
    const folder = vscode.Uri.joinPath(this.deps.extensionUri, "dist", "webview");
    webview.options = { enableScripts: true, localResourceRoots: [folder] };
    view.onDidChangeVisibility(() => {
      if (view.visible) this.startSession(view);
      else this.endSession();
    });
    view.onDidDispose(() => {
      if (this.view !== view) return;
      this.endSession();
      this.view = undefined;
    });
    this.startSession(view);
    this.fillPage(view);
  }

  /** The page anew, without anything that it still held. */
  restart(): void {
    if (this.view === undefined) return;
    this.startSession(this.view);
    this.fillPage(this.view);
  }

  /** Shows the view and puts the keyboard into its input box, when the page is there. */
  async focusInput(): Promise<void> {
    this.focusWanted = true;
    this.deps.warmUp();
    await vscode.commands.executeCommand(`${chatViewId}.focus`);
    this.giveFocus();
  }

  /** Shows the view. */
  async reveal(): Promise<void> {
    await vscode.commands.executeCommand(`${chatViewId}.focus`);
  }

  dispose(): void {
    this.endSession();
  }

  /** One page, one session: an answer to a page that is gone must not reach the next one, whose ids start anew. */
  private startSession(view: vscode.WebviewView): void {
    this.endSession();
    const { controller, presenter, log } = this.deps;
    const session = new DisposableStore();
    const peer: ChatPeer = session.add(
      new RpcPeer(webviewConnection(view.webview), chatHostContract, chatWebviewContract, (problem) =>
        log.warn(`chat view: ${problem}`),
      ),
    );
    peer.listen(
      {
        ready: async () => {
          await this.deps.ready();
          this.pageReady = true;
          // After the answer, when there is an input box.
          setTimeout(() => this.giveFocus(), 0);
          return presenter.state();
        },
        send: async ({ conversation, text }) => {
          await this.deps.ready();
          const { attachments } = this.deps;
          const { ids, parts } = attachments.carried();
          const id = await controller.send(conversation, text, parts);
          attachments.remove(ids);
          presenter.setDraft("");
          return { conversation: id };
        },
        stop: ({ conversation }) => {
          controller.stop(conversation);
          return done;
        },
        retry: ({ conversation, message }) => controller.retry(conversation, message).then(() => done),
        retryWithModel: async ({ conversation, message }) => {
          const model = await this.deps.chooseModel();
          if (model !== undefined) await controller.retry(conversation, message, model);
          return done;
        },
        changeSettings: ({ conversation, settings }) =>
          controller.changeSettings(conversation, settings).then(() => done),
        refreshTools: () => {
          presenter.tellTools();
          return done;
        },
        answerCall: ({ conversation, call, answer }) => {
          this.deps.consent.answer(conversation, call, answer);
          return done;
        },
        savePreset: ({ name, settings }) => this.deps.presets.save(name, settings).then(() => done),
        removePreset: ({ preset }) => this.deps.presets.remove(preset).then(() => done),
        setStandardPreset: ({ preset }) => this.deps.presets.setStandard(preset).then(() => done),
        openInstructions: ({ uri }) => openInstructions(uri, this.deps.texts).then(() => done),
        manageTrust: () => manageTrust().then(() => done),
        edit: ({ conversation, message, text }) => controller.edit(conversation, message, text).then(() => done),
        showVersion: ({ conversation, message }) => controller.showVersion(conversation, message).then(() => done),
        continueAnswer: ({ conversation, message }) =>
          controller.continueAnswer(conversation, message).then(() => done),
        newConversation: () => {
          controller.newConversation();
          return done;
        },
        search: async ({ query }) => {
          await this.deps.ready();
          this.searching?.abort();
          this.searching = new AbortController();
          return this.deps.search.search(query, searchPatienceMs, this.searching.signal).then(toView);
        },
        reveal: ({ conversation, message }) => controller.reveal(conversation, message).then(() => done),
        pin: ({ conversation, pinned }) => controller.pin(conversation, pinned).then(() => done),
        exportConversation: ({ conversation }) => this.deps.exportConversation(conversation).then(() => done),
        select: ({ conversation }) => controller.select(conversation).then(() => done),
        rename: ({ conversation, title }) => controller.rename(conversation, title).then(() => done),
        remove: ({ conversation }) => controller.remove(conversation).then(() => done),
        undoRemove: ({ conversation }) => controller.undoRemove(conversation).then(() => done),
        suggest: async (trigger) => ({ items: [...(await this.deps.offers.suggest(trigger))] }),
        choose: ({ kind, id }) => this.deps.offers.choose(kind, id),
        attachDropped: ({ items }) => this.deps.offers.drop(items).then(() => done),
        removeAttachment: ({ id }) => {
          this.deps.attachments.remove([id]);
          return done;
        },
        keepAttachment: ({ id }) => {
          // Not waited for: the count comes when it comes.
          void this.deps.attachments.keep(id);
          return done;
        },
        copy: async ({ text }) => {
          await vscode.env.clipboard.writeText(text);
          return done;
        },
        apply: (block) => this.deps.applyCode(block).then(() => done),
        insert: ({ text }) => this.code.insert(text).then(() => done),
        replaceSelection: ({ text }) => this.code.replaceSelection(text).then(() => done),
        newFile: ({ text, language }) => this.code.newFile(text, language).then(() => done),
        toTerminal: ({ text }) => this.code.toTerminal(text).then(() => done),
        runSql: ({ text }) => this.deps.runSql(text).then(() => done),
        openLink: ({ url }) => this.openLink(url).then(() => done),
        resolveLinks: async ({ candidates }) => ({ found: await this.links.existing(candidates) }),
        openFile: (link) => this.links.open(link).then(() => done),
        resolveSymbols: async ({ names }, { signal }) => ({ found: await this.symbols.existing(names, signal) }),
        openSymbol: ({ name }) => this.symbols.open(name).then(() => done),
        command: ({ name }) => this.deps.runCommand(name).then(() => done),
      },
      {
        draft: ({ text }) => {
          presenter.setDraft(text);
          if (text !== "") this.deps.warmUp();
        },
        dismissNotice: ({ id }) => presenter.dismissNotice(id),
        problem: ({ message }) => log.warn(`chat page: ${message}`),
      },
    );
    session.add(
      presenter.attach({
        view: (state) => peer.notify("view", state),
        conversations: (list) => peer.notify("conversations", list),
        message: (message) => peer.notify("message", message),
        delta: (delta) => peer.notify("delta", delta),
        live: (live) => peer.notify("live", live),
        engine: (engine) => peer.notify("engine", engine),
        notices: (notices) => peer.notify("notices", notices),
        steering: (steering) => peer.notify("steering", steering),
        attachments: (attachments) => peer.notify("attachments", attachments),
        usage: (usage) => peer.notify("usage", { usage }),
        tools: (tools) => peer.notify("tools", tools),
        asked: (asked) => peer.notify("asked", { asked }),
        goesAlong: (goesAlong) => peer.notify("goesAlong", { goesAlong }),
      }),
    );
    session.add(controller.onReveal((place) => peer.notify("reveal", place)));
    session.add(toDisposable(() => this.searching?.abort()));
    this.session = session;
    this.peer = peer;
  }

  private fillPage({ webview }: vscode.WebviewView): void {
    const folder = vscode.Uri.joinPath(this.deps.extensionUri, "dist", "webview");
    webview.html = chatHtml({
      nonce: randomBytes(16).toString("base64"),
      cspSource: webview.cspSource,
      scriptUri: webview.asWebviewUri(vscode.Uri.joinPath(folder, "chat.js")).toString(),
      codiconsUri: webview.asWebviewUri(vscode.Uri.joinPath(folder, "codicon.css")).toString(),
      language: vscode.env.language,
      title: vscode.l10n.t("Paddock chat"),
      texts: webviewTexts(vscode.l10n),
    });
  }

  private endSession(): void {
    this.session?.dispose();
    this.session = undefined;
    this.peer = undefined;
    this.pageReady = false;
  }

  private giveFocus(): void {
    if (this.peer === undefined || !this.pageReady || !this.focusWanted) return;
    this.focusWanted = false;
    this.peer.notify("focusInput", {});
  }

  private async openLink(url: string): Promise<void> {
    let parsed: URL | undefined;
    try {
      parsed = new URL(url);
    } catch {
      // No link at all is refused like one of another scheme.
    }
    if (parsed === undefined || !["http:", "https:"].includes(parsed.protocol)) {
      throw new PaddockError("unsupported", this.deps.texts.linkRefused);
    }
    await vscode.env.openExternal(vscode.Uri.parse(parsed.href, true));
  }
}

function toView({ hits, ...rest }: SearchResult): SearchView {
  const copy = ({ text, marks }: Snippet): SearchView["hits"][number]["title"] => ({
    text,
    marks: marks.map(([at, length]) => [at, length]),
  });
  return {
    ...rest,
    hits: hits.map((hit) => ({
      ...hit,
      title: copy(hit.title),
      snippet: hit.snippet === null ? null : copy(hit.snippet),
    })),
  };
}
