import * as vscode from "vscode";
import { isCancellation, toPaddockError } from "../../platform/core/errors";
import { plainLabel } from "../../platform/host/plainLabel";
import type { ConversationSearch, SearchHit } from "../node/conversationSearch";
import type { ConversationStore } from "../node/conversationStore";
import type { ChatController } from "./chatController";
import { ConversationFiles } from "./conversationFiles";
import { memoryTexts } from "./memoryTexts";

const patienceMs = 250;
const fileNameLength = 60;

export interface MemoryCommandsDeps {
  readonly store: ConversationStore;
  readonly controller: ChatController;
  readonly search: ConversationSearch;
  readonly untitled: string;
  readonly ready: () => Promise<void>;
  /** Shows the chat. */
  readonly show: () => Promise<void>;
  /** Ends what runs and deletes all the extension keeps, of every room. @returns files that could not be deleted. */
  readonly eraseAll: () => Promise<number>;
}

interface HitItem extends vscode.QuickPickItem {
  readonly hit: SearchHit;
}

/** What a person does with conversations from the palette and the list: search, export, import, delete. */
export class MemoryCommands {
  private readonly texts = memoryTexts();
  private readonly files: ConversationFiles;

  constructor(private readonly deps: MemoryCommandsDeps) {
    this.files = new ConversationFiles(deps.store, this.texts, deps.untitled);
  }

  /** By the part of the command's name after "paddock.". */
  readonly commands: Readonly<Record<string, (...given: unknown[]) => Promise<unknown>>> = {
    searchConversations: () => this.searchAll(),
    exportConversation: () => this.exportOne(),
    exportAllConversations: (to) => this.exportAll(to instanceof vscode.Uri ? to : undefined),
    importConversations: (from) => this.importFiles(from instanceof vscode.Uri ? [from] : undefined),
    deleteConversations: () => this.deleteSome(),
    deleteAllConversations: () => this.deleteAll(),
    deleteAllData: () => this.erase(),
  };

  async exportOne(id?: string): Promise<void> {
    await this.deps.ready();
    const list = this.deps.controller.conversations();
    const chosen = id ?? this.deps.controller.selectedId ?? (await this.pickOne());
    const conversation = list.find((one) => one.id === chosen);
    if (conversation === undefined) return;
    const to = await vscode.window.showSaveDialog({
      title: this.texts.exportTitle,
      defaultUri: defaultFile(conversation.title, "md"),
      filters: { Markdown: ["md"], JSON: ["json"] },
    });
    if (to !== undefined) await this.export([conversation.id], to);
  }

  /** @param given where to, for a caller that has asked already. */
  private async exportAll(given?: vscode.Uri): Promise<void> {
    await this.deps.ready();
    const ids = this.deps.controller.conversations().map(({ id }) => id);
    if (ids.length === 0) return void vscode.window.showInformationMessage(this.texts.noConversations);
    const to =
      given ??
      (await vscode.window.showSaveDialog({
        title: this.texts.exportAllTitle,
        defaultUri: defaultFile("paddock-conversations", "json"),
        filters: { JSON: ["json"], Markdown: ["md"] },
      }));
    if (to !== undefined) await this.export(ids, to);
  }

  private async export(ids: readonly string[], to: vscode.Uri): Promise<void> {
    const count = await this.withProgress(this.texts.exporting, (signal, progress) =>
      this.files.write(ids, to, signal, progress),
    );
    // The message stays until the person has seen it; the command is done.
    void vscode.window.showInformationMessage(this.texts.exported(count), this.texts.openFile).then((picked) => {
      if (picked !== undefined) void vscode.commands.executeCommand("vscode.open", to);
    });
  }

  private async importFiles(given?: readonly vscode.Uri[]): Promise<void> {
    await this.deps.ready();
    const from =
      given ??
      (await vscode.window.showOpenDialog({
        title: this.texts.importTitle,
        canSelectMany: true,
        filters: { "JSON, Markdown": ["json", "md"] },
      }));
    if (from === undefined) return;
    const ids: string[] = [];
    let dropped = 0;
    const failed: string[] = [];
    try {
      await this.withProgress(this.texts.importing, async (signal, progress) => {
        for (const [index, file] of from.entries()) {
          try {
            const imported = await this.files.read(file, signal, (done) => progress((index + done) / from.length));
            ids.push(...imported.ids);
            dropped += imported.dropped;
          } catch (error) {
            if (isCancellation(error) || from.length === 1) throw error;
            // The others may be good; what is wrong with this one is said at the end.
            failed.push(toPaddockError(error).message);
          }
        }
      });
    } catch (error) {
      if (!isCancellation(error)) throw error;
      await this.files.withdraw(ids);
      void vscode.window.showInformationMessage(this.texts.importCancelled);
      return;
    }
    const words = [this.texts.imported(ids.length), ...(dropped > 0 ? [this.texts.dropped(dropped)] : []), ...failed];
    if (failed.length > 0) void vscode.window.showWarningMessage(words.join(" "));
    else void vscode.window.showInformationMessage(words.join(" "));
    const [first] = ids;
    if (ids.length !== 1 || first === undefined) return;
    await this.deps.controller.select(first);
    await this.deps.show();
  }

  private async searchAll(): Promise<void> {
    await this.deps.ready();
    const { search, controller } = this.deps;
    const pick = vscode.window.createQuickPick<HitItem>();
    pick.title = this.texts.searchTitle;
    pick.placeholder = this.texts.searchHint;
    pick.matchOnDescription = pick.matchOnDetail = true;
    let abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (query: string): Promise<void> => {
      clearTimeout(timer);
      abort.abort();
      abort = new AbortController();
      const { signal } = abort;
      pick.busy = true;
      try {
        const found = await search.search(query, patienceMs, signal);
        const reading = found.searched < found.total;
        pick.items = found.hits.map((hit) => this.hitItem(hit));
        pick.title = reading ? this.texts.reading(found.searched, found.total) : this.texts.searchTitle;
        pick.busy = reading;
        if (reading) timer = setTimeout(() => void look(query), patienceMs);
      } catch {
        // Something else is searched for by now.
      }
    };
    pick.onDidChangeValue((query) => void look(query));
    pick.onDidAccept(() => {
      const hit = pick.selectedItems[0]?.hit;
      pick.hide();
      if (hit === undefined) return;
      void this.deps.show().then(async () => {
        if (hit.message === null) await controller.select(hit.conversation);
        else await controller.reveal(hit.conversation, hit.message);
      });
    });
    pick.onDidHide(() => {
      clearTimeout(timer);
      abort.abort();
      pick.dispose();
    });
    pick.show();
    void look("");
  }

  private hitItem(hit: SearchHit): HitItem {
    return {
      label: plainLabel(hit.title.text === "" ? this.deps.untitled : hit.title.text),
      ...(hit.count > 1 ? { description: this.texts.matches(hit.count) } : {}),
      ...(hit.snippet === null ? {} : { detail: plainLabel(hit.snippet.text) }),
      // It has been matched already, without case and accents, which the list itself does not know.
      alwaysShow: true,
      hit,
    };
  }

  private items(): { label: string; id: string }[] {
    return this.deps.controller.conversations().map(({ id, title }) => ({ label: plainLabel(title), id }));
  }

  private async pickOne(): Promise<string | undefined> {
    const items = this.items();
    if (items.length === 0) return void vscode.window.showInformationMessage(this.texts.noConversations);
    return (await vscode.window.showQuickPick(items, { placeHolder: this.texts.pickExport }))?.id;
  }

  private async deleteSome(): Promise<void> {
    await this.deps.ready();
    const items = this.items();
    if (items.length === 0) return void vscode.window.showInformationMessage(this.texts.noConversations);
    const picked = await vscode.window.showQuickPick(items, {
      placeHolder: this.texts.pickDelete,
      canPickMany: true,
    });
    await this.remove((picked ?? []).map(({ id }) => id));
  }

  private async deleteAll(): Promise<void> {
    await this.deps.ready();
    await this.remove(this.deps.controller.conversations().map(({ id }) => id));
  }

  private async remove(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const { controller } = this.deps;
    await controller.removeAll(ids);
    // How long the editor's message offers Undo is its affair; what is deleted can come back for a day.
    void vscode.window.showInformationMessage(this.texts.deleted(ids.length), this.texts.undo).then((picked) => {
      if (picked !== undefined) void controller.restoreAll(ids);
    });
  }

  private async erase(): Promise<void> {
    // There is no way back from this, so here a question that must be answered is right.
    const picked = await vscode.window.showWarningMessage(
      this.texts.eraseQuestion,
      { modal: true, detail: this.texts.eraseDetail },
      this.texts.erase,
    );
    if (picked !== this.texts.erase) return;
    const left = await this.withProgress(this.texts.erasing, () => this.deps.eraseAll(), false);
    if (left > 0) void vscode.window.showWarningMessage(this.texts.notErased(left));
    else void vscode.window.showInformationMessage(this.texts.erased);
  }

  private async withProgress<T>(
    title: string,
    work: (signal: AbortSignal, progress: (done: number) => void) => Promise<T>,
    cancellable = true,
  ): Promise<T> {
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable };
    return vscode.window.withProgress(options, (progress, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => abort.abort());
      let told = 0;
      return work(abort.signal, (done) => {
        progress.report({ increment: (done - told) * 100 });
        told = done;
      });
    });
  }
}

function defaultFile(title: string, extension: string): vscode.Uri {
  const name = title
    .replace(/[^\p{L}\p{N} _-]+/gu, "")
    .trim()
    .slice(0, fileNameLength)
    .replace(/\s+/gu, "-");
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const file = `${name === "" ? "conversation" : name}.${extension}`;
  return folder === undefined ? vscode.Uri.file(file) : vscode.Uri.joinPath(folder, file);
}
