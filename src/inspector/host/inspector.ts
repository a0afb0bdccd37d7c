import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import type { PaddockError } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import type { ErrorWords } from "../../platform/host/errorWords";
import type { Inspection } from "../core/inspectorContract";
import { GgufEditor } from "./ggufEditor";

export const inspectorViewType = "paddock.ggufInspector";

export interface InspectorDeps {
  readonly extensionUri: vscode.Uri;
  readonly describeError: (error: PaddockError) => ErrorWords;
  readonly log: Logger;
}

export interface InspectorRoom extends Disposable {
  readonly commands: Readonly<Record<string, (...given: unknown[]) => unknown>>;
  /** Opens a model file, given by its full path. */
  open(file: string): Promise<void>;
  /** What the page of a file was last told to show. */
  shown(uri: vscode.Uri): Inspection | undefined;
}

export function createInspector({ extensionUri, describeError, log }: InspectorDeps): InspectorRoom {
  const store = new DisposableStore();
  const shown = new Map<string, Inspection>();
  const editor = new GgufEditor({
    extensionUri,
    describeError,
    log,
    onShown: (uri, view) => void shown.set(uri.toString(), view),
    onClosed: (uri) => void shown.delete(uri.toString()),
  });
  store.add(
    vscode.window.registerCustomEditorProvider(inspectorViewType, editor, { supportsMultipleEditorsPerDocument: true }),
  );
  return {
    commands: { inspectModelFile: (target) => inspectModelFile(target) },
    open: (file) => openEditor(vscode.Uri.file(file)),
    shown: (uri) => shown.get(uri.toString()),
    dispose: () => store.dispose(),
  };
}

/** @param target a file's Uri or full path; anything else, as from the palette, asks. */
async function inspectModelFile(target: unknown): Promise<void> {
  const uri =
    target instanceof vscode.Uri
      ? target
      : typeof target === "string" && target !== ""
        ? vscode.Uri.file(target)
        : await askForFile();
  if (uri !== undefined) await openEditor(uri);
}

async function openEditor(uri: vscode.Uri): Promise<void> {
  await vscode.commands.executeCommand("vscode.openWith", uri, inspectorViewType);
}

async function askForFile(): Promise<vscode.Uri | undefined> {
  const [chosen] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t("Inspect Model File"),
      openLabel: vscode.l10n.t("Inspect"),
      filters: { [vscode.l10n.t("GGUF models")]: ["gguf"] },
    })) ?? [];
  return chosen;
}
