import * as vscode from "vscode";
import { cancelled, PaddockError } from "../../platform/core/errors";
import { Breath } from "../../platform/node/breath";
import { shownMessages } from "../core/conversation";
import {
  conversationFile,
  conversationJson,
  importDrafts,
  type PortableConversation,
  readConversationFile,
} from "../core/conversationFile";
import { conversationMarkdown, readConversationMarkdown } from "../core/conversationMarkdown";
import type { ConversationStore } from "../node/conversationStore";
import type { MemoryTexts } from "./memoryTexts";

/** A larger file would hold the extension host up while it is parsed, and is no conversation. */
const maxFileBytes = 64 * 1024 * 1024;

export interface Imported {
  readonly ids: readonly string[];
  readonly dropped: number;
}

/** Conversations to files and back. A file is put together first and written whole, or not at all. */
export class ConversationFiles {
  constructor(
    private readonly store: ConversationStore,
    private readonly texts: MemoryTexts,
    private readonly untitled: string,
  ) {}

  /** @param ids more than one, or an address that ends in .json: JSON; else Markdown. @throws PaddockError */
  async write(
    ids: readonly string[],
    to: vscode.Uri,
    signal: AbortSignal,
    progress: (done: number) => void,
  ): Promise<number> {
    const breath = new Breath();
    const json = to.path.toLowerCase().endsWith(".json");
    const pieces: string[] = [];
    for (const [index, id] of ids.entries()) {
      if (signal.aborted) throw cancelled();
      const open = await this.store.peek(id);
      const conversation = open.conversation();
      const title = conversation.title === "" ? this.untitled : conversation.title;
      if (json) pieces.push(conversationJson(title, conversation, open.drafts()));
      else pieces.push(conversationMarkdown(title, shownMessages(conversation), this.texts));
      progress((index + 1) / ids.length);
      await breath.take();
    }
    if (signal.aborted) throw cancelled();
    const text = json ? conversationFile(pieces, Date.now()) : pieces.join("\n---\n\n");
    await vscode.workspace.fs.writeFile(to, Buffer.from(text, "utf8"));
    return pieces.length;
  }

  /**
   * New conversations from a file that anybody may have written.
   * @throws PaddockError the file is none of ours, of a newer version, or too large; nothing is imported then.
   */
  async read(from: vscode.Uri, signal: AbortSignal, progress: (done: number) => void): Promise<Imported> {
    const name = from.path.split("/").at(-1) ?? "";
    if ((await vscode.workspace.fs.stat(from)).size > maxFileBytes) {
      throw new PaddockError("unsupported", this.texts.tooLarge(name));
    }
    const text = Buffer.from(await vscode.workspace.fs.readFile(from)).toString("utf8");
    const markdown = readConversationMarkdown(text, Date.now());
    const read = markdown === undefined ? readConversationFile(text) : { conversations: [markdown], dropped: 0 };
    if (read === "newer") throw new PaddockError("unsupported", this.texts.newerFile(name));
    if (read === "not-ours") throw new PaddockError("unsupported", this.texts.notOurs(name));
    const ids: string[] = [];
    const breath = new Breath();
    for (const [index, conversation] of read.conversations.entries()) {
      if (signal.aborted) break;
      ids.push(await this.add(conversation));
      progress((index + 1) / read.conversations.length);
      await breath.take();
    }
    return { ids, dropped: read.dropped };
  }

  private async add(conversation: PortableConversation): Promise<string> {
    const handle = this.store.create();
    try {
      await handle.append(importDrafts(conversation, Date.now()));
      return handle.id;
    } finally {
      handle.dispose();
    }
  }
}
