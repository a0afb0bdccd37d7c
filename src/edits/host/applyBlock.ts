import * as vscode from "vscode";
import { cancelled, PaddockError } from "../../platform/core/errors";
import { blockPath } from "../core/blockPath";
import { splitLines } from "../core/lines";
import { placeBlock } from "../core/placement";
import { applyDiff, type DiffFile, parseUnifiedDiff } from "../core/unifiedDiff";
import { workspacePath } from "../core/workspacePath";
import type { EditService } from "./editService";
import { exists, fileInWorkspace } from "./editTarget";
import { reviewScheme } from "./reviewSession";

export interface CodeBlock {
  readonly text: string;
  /** As the fence names it; may be empty. */
  readonly language: string;
  /** All that stands at the fence. */
  readonly info: string;
}

interface Target {
  readonly uri: vscode.Uri;
  /** Where the person is in it; undefined when it is not in front of them. */
  readonly editor: vscode.TextEditor | undefined;
}

/** Takes a block of code to the file it is for and opens the review there. */
export class BlockApplier implements vscode.Disposable {
  private last: vscode.TextEditor | undefined = vscode.window.activeTextEditor;
  private readonly subscription = vscode.window.onDidChangeActiveTextEditor((editor) => {
    if (editor !== undefined && isFile(editor)) this.last = editor;
  });

  constructor(private readonly edits: EditService) {}

  /** Rejects with what is missing, in words for the place where the block stands. */
  async apply({ text, language, info }: CodeBlock): Promise<void> {
    const lines = splitLines(text);
    const diff = /^(?:diff|patch)$/i.test(language) ? parseUnifiedDiff(lines) : [];
    if (diff.length > 0) {
      for (const file of diff) await this.applyDiffFile(file);
      return;
    }
    const named = blockPath(info, text);
    const target = await this.target(named?.path);
    const block = named?.firstLine === true ? lines.slice(1) : lines;
    const label = vscode.l10n.t("code from the chat");
    if (!isOpen(target.uri) && !(await exists(target.uri))) {
      await this.edits.propose({ target: target.uri, change: { kind: "whole", text: block.join("\n") }, label });
      return;
    }
    const document = await vscode.workspace.openTextDocument(target.uri);
    const { editor } = target;
    const placed = placeBlock({
      block,
      document: splitLines(document.getText()),
      language,
      selection: editor === undefined ? undefined : selectedLines(editor.selection),
    });
    if (placed.kind === "nowhere") {
      throw new PaddockError(
        "unsupported",
        vscode.l10n.t("This code does not say where it belongs in {0}.", vscode.workspace.asRelativePath(target.uri)),
        { remedy: vscode.l10n.t("Put the cursor there, or select what it replaces, and apply it again.") },
      );
    }
    const where =
      placed.kind === "selection"
        ? vscode.l10n.t("not found in the file: offered for your selection")
        : placed.kind === "cursor"
          ? vscode.l10n.t("not found in the file: offered at your cursor")
          : label;
    await this.edits.propose({
      target: target.uri,
      change: { kind: "whole", text: placed.proposed.join("\n") },
      label: where,
    });
  }

  dispose(): void {
    this.subscription.dispose();
  }

  private async applyDiffFile({ path, hunks }: DiffFile): Promise<void> {
    const { uri } = await this.target(path);
    const isThere = isOpen(uri) || (await exists(uri));
    const text = isThere ? (await vscode.workspace.openTextDocument(uri)).getText() : "";
    const result = applyDiff(splitLines(text), hunks);
    if (result.kind === "refused") {
      throw new PaddockError(
        "unsupported",
        vscode.l10n.t(
          "Part {0} of this diff does not fit {1}: the lines it starts from are not there, or more than once.",
          result.hunk,
          vscode.workspace.asRelativePath(uri),
        ),
        { remedy: vscode.l10n.t("Ask for the diff again with the file attached as it is now.") },
      );
    }
    const change = { kind: "whole", text: result.proposed.join("\n") } as const;
    await this.edits.propose({ target: uri, change, label: vscode.l10n.t("diff from the chat") });
  }

  /** The named file; where none is named, the editor in front, and where several are, the one the person picks. */
  private async target(path: string | undefined): Promise<Target> {
    const near = this.editor();
    if (path !== undefined) {
      const uri = await fileInWorkspace(path, near?.document.uri);
      if (uri !== undefined) {
        const editor = vscode.window.visibleTextEditors.find(
          ({ document }) => document.uri.toString() === uri.toString(),
        );
        const written = workspacePath(path);
        // "index.ts" alone may well mean the one that is open somewhere deeper.
        const isBare = written.kind === "inside" && written.segments.length === 1;
        if (isBare && !(await exists(uri))) return await this.sameName(uri, near);
        return { uri, editor: editor ?? (near?.document.uri.toString() === uri.toString() ? near : undefined) };
      }
      if (near === undefined) {
        throw new PaddockError("unsupported", vscode.l10n.t("No folder is open to look for {0} in.", path), {
          remedy: vscode.l10n.t("Open a folder or the file that is meant, and apply the code again."),
        });
      }
    }
    if (near !== undefined) return { uri: near.document.uri, editor: near };
    const open = vscode.workspace.textDocuments.filter(
      ({ uri, isClosed }) =>
        !isClosed && (uri.scheme === "untitled" || vscode.workspace.fs.isWritableFileSystem(uri.scheme) === true),
    );
    const shown = new Set(
      vscode.window.tabGroups.all
        .flatMap(({ tabs }) => tabs)
        .flatMap(({ input }) => (input instanceof vscode.TabInputText ? [input.uri.toString()] : [])),
    );
    const choices = open.filter(({ uri }) => shown.has(uri.toString()));
    if (choices.length === 0) {
      throw new PaddockError("unsupported", vscode.l10n.t("There is no file to apply this code to."), {
        remedy: vscode.l10n.t("Open the file it is for and try again, or open the code as a new file."),
      });
    }
    return { uri: await pick(choices.map(({ uri }) => uri)), editor: undefined };
  }

  private async sameName(uri: vscode.Uri, near: vscode.TextEditor | undefined): Promise<Target> {
    const name = uri.path.slice(uri.path.lastIndexOf("/") + 1);
    const isNamed = (other: vscode.Uri): boolean => other.path.endsWith(`/${name}`);
    if (near !== undefined && isNamed(near.document.uri)) return { uri: near.document.uri, editor: near };
    const pattern = `**/${name.replace(/[[\]{}?*]/g, "[$&]")}`;
    const found = await vscode.workspace.findFiles(pattern, "**/node_modules/**", 20);
    return { uri: found.length === 0 ? uri : await pick([...found, uri]), editor: undefined };
  }

  /** The sidebar has no editor, so the one that was active last counts as long as it is to be seen. */
  private editor(): vscode.TextEditor | undefined {
    const { activeTextEditor: active, visibleTextEditors } = vscode.window;
    if (active !== undefined && isFile(active)) return active;
    const { last } = this;
    if (last !== undefined && visibleTextEditors.includes(last)) return last;
    const visible = visibleTextEditors.filter(isFile);
    return visible.length === 1 ? visible[0] : undefined;
  }
}

async function pick(uris: readonly vscode.Uri[]): Promise<vscode.Uri> {
  const items = uris.map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri }));
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t("Which file is this code for?"),
    placeHolder: vscode.l10n.t("Nothing is changed before you have looked at it"),
  });
  if (picked === undefined) throw cancelled();
  return picked.uri;
}

function isFile({ document }: vscode.TextEditor): boolean {
  const { scheme } = document.uri;
  return (
    scheme !== reviewScheme && (scheme === "untitled" || vscode.workspace.fs.isWritableFileSystem(scheme) === true)
  );
}

function isOpen(uri: vscode.Uri): boolean {
  return vscode.workspace.textDocuments.some(
    ({ uri: open, isClosed }) => !isClosed && open.toString() === uri.toString(),
  );
}

/** Whole lines; a selection that ends at a line's start does not mean that line. */
function selectedLines({ start, end, isEmpty }: vscode.Selection): { start: number; end: number } {
  if (isEmpty) return { start: start.line, end: start.line };
  return { start: start.line, end: end.character === 0 ? end.line : end.line + 1 };
}
