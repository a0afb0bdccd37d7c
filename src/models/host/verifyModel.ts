import { stat } from "node:fs/promises";
import path from "node:path";
import * as vscode from "vscode";
import { formatBytes } from "../../platform/core/format";
import { toStorageError } from "../../platform/node/storageError";
import { isCancellation } from "../../platform/core/errors";
import type { StoredModel } from "../core/storedModel";
import { type ExpectedHash, expectedHash } from "../node/checksum";
import type { FileHash } from "../node/hashInWorker";

export interface VerifyDeps {
  /** Of a model that travels with the extension. */
  readonly manifestHash: (model: StoredModel) => string | undefined;
  /** SHA-256 that the server of a downloaded file gave; undefined for any other file. */
  readonly downloadedHash: (file: string) => Promise<string | undefined>;
  /** SHA-256 of a file, 64 hexadecimal digits. */
  readonly hash: FileHash;
}

/** What hashing a model's files found. */
export interface Verdict {
  readonly kind: "same" | "different" | "nothing-to-compare";
  readonly files: readonly { readonly path: string; readonly sha256: string; readonly expected?: ExpectedHash }[];
}

/**
 * Hashes all files of a model, and compares with what somebody has said they are.
 * @param onProgress share of all bytes, 0 to 1.
 * @throws PaddockError storage/*; what the signal was aborted with.
 */
export async function verify(
  model: StoredModel,
  deps: VerifyDeps,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<Verdict> {
  const files: Verdict["files"][number][] = [];
  let done = 0;
  try {
    const sizes = await Promise.all(model.parts.map(async (part) => (await stat(part)).size));
    const total = Math.max(
      1,
      sizes.reduce((sum, size) => sum + size, 0),
    );
    for (const part of model.parts) {
      const sha256 = await deps.hash(part, signal, (bytes) => onProgress((done += bytes) / total));
      const expected = await expectedHash(part, {
        manifest: deps.manifestHash(model),
        downloaded: deps.downloadedHash,
      });
      files.push({ path: part, sha256, ...(expected === undefined ? {} : { expected }) });
    }
  } catch (error) {
    if (signal.aborted || isCancellation(error)) throw error;
    throw toStorageError(error);
  }
  const different = files.some(({ sha256, expected }) => expected !== undefined && expected.sha256 !== sha256);
  const compared = files.every(({ expected }) => expected !== undefined);
  return { kind: different ? "different" : compared ? "same" : "nothing-to-compare", files };
}

/** Verifies with progress and a way to cancel, and says what came of it. */
export async function verifyWithWords(model: StoredModel, deps: VerifyDeps): Promise<Verdict | undefined> {
  const verdict = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t("Checking {0} ({1})", model.name, formatBytes(model.sizeBytes)),
      cancellable: true,
    },
    async (progress, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => abort.abort());
      let told = 0;
      try {
        return await verify(model, deps, abort.signal, (share) => {
          const percent = Math.floor(share * 100);
          if (percent > told) progress.report({ increment: percent - told, message: `${percent}%` });
          told = Math.max(told, percent);
        });
      } catch (error) {
        if (abort.signal.aborted) return undefined;
        throw error;
      }
    },
  );
  if (verdict !== undefined) tell(model, verdict);
  return verdict;
}

function tell(model: StoredModel, { kind, files }: Verdict): void {
  const [first] = files;
  if (first === undefined) return;
  if (kind === "different") {
    const bad = files.filter(({ sha256, expected }) => expected !== undefined && expected.sha256 !== sha256);
    void vscode.window.showErrorMessage(
      vscode.l10n.t(
        "{0} is not what it should be: its SHA-256 differs from {1}. It was damaged or changed: delete it and download it again.",
        bad.map((file) => path.basename(file.path)).join(", "),
        sourceName(bad[0]?.expected?.by ?? "download"),
      ),
    );
    return;
  }
  const copy = vscode.l10n.t("Copy SHA-256");
  const words =
    kind === "same"
      ? vscode.l10n.t(
          "{0} is what it should be: its SHA-256 is that of {1}.",
          model.name,
          sourceName(first.expected?.by ?? "download"),
        )
      : vscode.l10n.t(
          "{0}: SHA-256 {1}. Nobody has told Paddock what it should be; compare it with the publisher's.",
          model.name,
          first.sha256,
        );
  void vscode.window.showInformationMessage(words, copy).then((picked) => {
    if (picked !== copy) return;
    const lines = files.map(({ path: file, sha256 }) => `${sha256}  ${path.basename(file)}`);
    void vscode.env.clipboard.writeText(lines.join("\n"));
  });
}

function sourceName(by: ExpectedHash["by"]): string {
  switch (by) {
    case "manifest":
      return vscode.l10n.t("the manifest of Paddock's own models");
    case "hugging-face":
      return vscode.l10n.t("the name that Hugging Face's cache gives its data");
    case "ollama":
      return vscode.l10n.t("Ollama's digest");
    case "download":
      return vscode.l10n.t("the server it was downloaded from");
  }
}
