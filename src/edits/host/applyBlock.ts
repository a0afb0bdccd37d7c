import * as vscode from "vscode";
import { cancelled, PaddockError } from "../../platform/core/errors";
import { blockPath } from "../core/blockPath";
import { splitLines } from "../core/lines";
import { placeBlock, type Placement } from "../core/placement";
import { applyDiff, type DiffFile, parseUnifiedDiff } from "../core/unifiedDiff";
import { workspacePath } from "../core/workspacePath";
import type { EditProposal, EditService } from "./editService";
import { exists, filesInWorkspace } from "./editTarget";
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
      // All of it is looked at before any of it is shown: half a diff is seldom what was meant.
      const proposals = [];
      for (const file of diff) proposals.push(await this.diffProposal(file, blockPath(info, "")?.path));
      for (const proposal of proposals) await this.edits.propose(proposal);
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
    const base = (await vscode.workspace.openTextDocument(target.uri)).getText();
    const { editor } = target;
    const placed = placeBlock({
      block,
      document: splitLines(base),
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
    await this.edits.propose({
      target: target.uri,
      change: { kind: "whole", text: placed.proposed.join("\n"), base },
      label: placementWords(placed) ?? label,
    });
  }

  dispose(): void {
    this.subscription.dispose();
  }

  /** @param named the file at the fence, for a diff that names none itself. */
  private async diffProposal({ path, hunks }: DiffFile, named: string | undefined): Promise<EditProposal> {
    const { uri } = await this.target(path ?? named);
    const isThere = isOpen(uri) || (await exists(uri));
    const base = isThere ? (await vscode.workspace.openTextDocument(uri)).getText() : "";
    const result = applyDiff(splitLines(base), hunks);
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
    const change = { kind: "whole", text: result.proposed.join("\n"), base } as const;
    return { target: uri, change, label: vscode.l10n.t("diff from the chat") };
  }

  /** The named file; where none is named, the editor in front, and where several are, the one the person picks. */
  private async target(path: string | undefined): Promise<Target> {
    const near = this.editor();
    if (path !== undefined) {
      const meant = await filesInWorkspace(path, near?.document.uri);
      if (meant.length > 0) return await this.named(path, meant, near);
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
    // Even a single one is asked about: nothing says that it is meant.
    return { uri: await pick(choices.map(({ uri }) => uri)), editor: undefined };
  }

  private async named(
    path: string,
    meant: readonly vscode.Uri[],
    near: vscode.TextEditor | undefined,
  ): Promise<Target> {
    const uri = await only(await this.deeper(path, meant, near));
    const { visibleTextEditors } = vscode.window;
    const shows = ({ document }: vscode.TextEditor): boolean => document.uri.toString() === uri.toString();
    return { uri, editor: near !== undefined && shows(near) ? near : visibleTextEditors.find(shows) };
  }

  /** "index.ts" alone may well mean the one that is open somewhere deeper, or another one of that name. */
  private async deeper(
    path: string,
    meant: readonly vscode.Uri[],
    near: vscode.TextEditor | undefined,
  ): Promise<readonly vscode.Uri[]> {
    const written = workspacePath(path);
    const [name = "", ...rest] = written.kind === "inside" ? written.segments : [];
    const [first] = meant;
    if (name === "" || rest.length > 0 || first === undefined || (await exists(first))) return meant;
    if (near?.document.uri.path.endsWith(`/${name}`) === true) return [near.document.uri];
    const found = await vscode.workspace.findFiles(
      `**/${name.replace(/[[\]{}?*]/g, "[$&]")}`,
      "**/node_modules/**",
      20,
    );
    return [...found, ...meant];
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

/** What a person should know of how the place was found, for the title of the comparison. */
function placementWords(placed: Exclude<Placement, { readonly kind: "nowhere" }>): string | undefined {
  switch (placed.kind) {
    case "selection":
      return vscode.l10n.t("not found in the file: offered for your selection");
    case "cursor":
      return vscode.l10n.t("not found in the file: offered at your cursor");
    case "whole":
    case "located":
      if (placed.leftOut === 0) return undefined;
      return placed.leftOut === 1
        ? vscode.l10n.t("code from the chat: 1 line that it does not have would go")
        : vscode.l10n.t("code from the chat: {0} lines that it does not have would go", placed.leftOut);
  }
}

async function only(uris: readonly vscode.Uri[]): Promise<vscode.Uri> {
  const [first] = uris;
  return first !== undefined && uris.length === 1 ? first : await pick(uris);
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
