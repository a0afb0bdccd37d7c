import * as vscode from "vscode";
import { cancelled, isCancellation, PaddockError } from "../../platform/core/errors";
import { writeWhole } from "../../platform/host/writeWhole";
import { Breath } from "../../platform/node/breath";
import { errnoOf } from "../../platform/node/storageError";
import { shownMessages } from "../core/conversation";
import {
  conversationFileFrame,
  conversationJson,
  importDrafts,
  type PortableConversation,
} from "../core/conversationFile";
import { conversationMarkdown, markdownRule } from "../core/conversationMarkdown";
import type { EntryDraft } from "../core/journal";
import type { ConversationStore } from "../node/conversationStore";
import { maxImportBytes, maxMarkdownBytes, readConversations } from "../node/readConversations";
import type { MemoryTexts } from "./memoryTexts";

/** Entries that are encoded and appended in one go: a few milliseconds. */
const batchEntries = 200;
const batchCharacters = 256 * 1024;

/** What is needed of the store. */
export type FilesStore = Pick<ConversationStore, "peek" | "create" | "withdraw">;

export interface Imported {
  readonly ids: readonly string[];
  /** Parts of the file that were left out. */
  readonly dropped: number;
}

/** Conversations to files and back. A file appears whole or not at all, and so does what is read from one. */
export class ConversationFiles {
  constructor(
    private readonly store: FilesStore,
    private readonly texts: MemoryTexts,
    private readonly untitled: string,
  ) {}

  /**
   * @param to an address that ends in .json: JSON; else Markdown.
   * @returns how many conversations were written. @throws PaddockError; what was there before is there still.
   */
  async write(
    ids: readonly string[],
    to: vscode.Uri,
    signal: AbortSignal,
    progress: (done: number) => void,
  ): Promise<number> {
    const json = to.path.toLowerCase().endsWith(".json");
    try {
      await writeWhole(to, this.pieces(ids, json, signal, progress));
    } catch (error) {
      if (error instanceof PaddockError || isCancellation(error)) throw error;
      const name = nameOf(to);
      const full = errnoOf(error) === "ENOSPC" || errnoOf(error) === "EDQUOT";
      throw new PaddockError("unsupported", full ? this.texts.noSpaceFor(name) : this.texts.notWritten(name), {
        remedy: this.texts.otherPlace,
        detail: String(error),
        cause: error,
      });
    }
    return ids.length;
  }

  /**
   * New conversations from a file that anybody may have written.
   * @throws PaddockError the file is none of ours, of a newer version, too large or can't be read, or the import was
   *   cancelled; nothing of it is kept then.
   */
  async read(from: vscode.Uri, signal: AbortSignal, progress: (done: number) => void): Promise<Imported> {
    const name = nameOf(from);
    const bytes = await this.bytesOf(from, name);
    // Reading is the smaller part of it.
    const read = await readConversations(bytes, signal, (done) => progress(done / 3));
    if (read === "newer") throw new PaddockError("unsupported", this.texts.newerFile(name));
    if (read === "too-large") throw this.tooLarge(name, maxMarkdownBytes);
    if (read === "not-ours") throw new PaddockError("unsupported", this.texts.notOurs(name));
    const ids: string[] = [];
    try {
      for (const [index, conversation] of read.conversations.entries()) {
        await this.add(conversation, signal, (id) => ids.push(id));
        progress((1 + (2 * (index + 1)) / read.conversations.length) / 3);
      }
    } catch (error) {
      await this.withdraw(ids);
      throw error;
    }
    return { ids, dropped: read.dropped };
  }

  /** Takes conversations back that an import has made. */
  async withdraw(ids: readonly string[]): Promise<void> {
    for (const id of ids) await this.store.withdraw(id);
  }

  private async *pieces(
    ids: readonly string[],
    json: boolean,
    signal: AbortSignal,
    progress: (done: number) => void,
  ): AsyncGenerator<string> {
    const breath = new Breath();
    if (json) yield conversationFileFrame.head(Date.now());
    for (const [index, id] of ids.entries()) {
      if (signal.aborted) throw cancelled();
      const open = await this.store.peek(id);
      const conversation = open.conversation();
      const title = conversation.title === "" ? this.untitled : conversation.title;
      if (index > 0) yield json ? conversationFileFrame.between : markdownRule;
      const pieces = json
        ? conversationJson(title, conversation, open.drafts())
        : conversationMarkdown(title, shownMessages(conversation), this.texts);
      for (const piece of pieces) {
        yield piece;
        await breath.take(signal);
      }
      progress((index + 1) / ids.length);
    }
    if (json) yield conversationFileFrame.foot;
  }

  private async bytesOf(from: vscode.Uri, name: string): Promise<Uint8Array> {
    try {
      if ((await vscode.workspace.fs.stat(from)).size > maxImportBytes) throw this.tooLarge(name, maxImportBytes);
      return await vscode.workspace.fs.readFile(from);
    } catch (error) {
      if (error instanceof PaddockError) throw error;
      throw new PaddockError("unsupported", this.texts.notRead(name), { detail: String(error), cause: error });
    }
  }

  private tooLarge(name: string, limit: number): PaddockError {
    return new PaddockError("unsupported", this.texts.tooLarge(name, limit / 1024 / 1024));
  }

  /** @param made told at once, so that what an error interrupts can be taken back. @throws AbortError */
  private async add(
    conversation: PortableConversation,
    signal: AbortSignal,
    made: (id: string) => void,
  ): Promise<void> {
    const breath = new Breath();
    const handle = this.store.create();
    made(handle.id);
    try {
      let batch: EntryDraft[] = [];
      let length = 0;
      for (const draft of importDrafts(conversation, Date.now())) {
        batch.push(draft);
        length += lengthOf(draft);
        if (batch.length < batchEntries && length < batchCharacters) continue;
        await handle.append(batch);
        batch = [];
        length = 0;
        await breath.take(signal);
      }
      await handle.append(batch);
      signal.throwIfAborted();
    } finally {
      handle.dispose();
    }
  }
}

/** Characters, about; what is no text may be anything, and goes by itself. */
function lengthOf(draft: EntryDraft): number {
  const values = "parts" in draft ? (draft.parts ?? []).flatMap((part): unknown[] => Object.values(part)) : [];
  return values.reduce<number>((sum, value) => sum + (typeof value === "string" ? value.length : batchCharacters), 0);
}

function nameOf(uri: vscode.Uri): string {
  return uri.path.split("/").at(-1) ?? "";
}
