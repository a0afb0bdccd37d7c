import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import { formatBytes, formatCount } from "../../platform/core/format";
import { plainLabel } from "../../platform/host/plainLabel";
import { writeWhole } from "../../platform/host/writeWhole";
import { toStorageError } from "../../platform/node/storageError";
import { benchFormats } from "../core/llamaBenchText";
import { mostImportedBytes, type SpeedDesk, type SpeedModel } from "../node/speedDesk";

/** Asks for one of the models of this machine. @returns undefined when none was chosen. */
export async function askForModel(
  title: string,
  models: readonly SpeedModel[],
  active: string | undefined,
): Promise<string | undefined> {
  const items = models
    .map(({ file, name, sizeBytes }) => ({
      label: plainLabel(name),
      description: [formatBytes(sizeBytes), ...(file === active ? [vscode.l10n.t("in use")] : [])].join(" · "),
      file,
    }))
    // What is used now stands first, so that Enter means it.
    .sort((one, other) => Number(other.file === active) - Number(one.file === active));
  const picked = await vscode.window.showQuickPick(items, { title, matchOnDescription: true });
  return picked?.file;
}

/** Asks for a file, whose ending says the format, and writes all results there. @throws PaddockError storage/* */
export async function exportResults(desk: SpeedDesk): Promise<void> {
  const home = vscode.workspace.workspaceFolders?.[0]?.uri;
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t("Export Benchmark Results"),
    ...(home === undefined ? {} : { defaultUri: vscode.Uri.joinPath(home, "paddock-bench.jsonl") }),
    filters: { "JSON Lines": ["jsonl"], JSON: ["json"], Markdown: ["md"], CSV: ["csv"], SQL: ["sql"] },
  });
  if (target === undefined) return;
  const format = benchFormats.find((one) => target.path.toLowerCase().endsWith(`.${one}`)) ?? "jsonl";
  try {
    await writeWhole(target, inOnePiece(desk.exported(format)));
  } catch (error) {
    throw toStorageError(error);
  }
  desk.tell(vscode.l10n.t("{0} results are in {1}.", formatCount(desk.bench.all().length), plainPath(target)));
}

/** Asks for files, and takes what results they have. @throws PaddockError unsupported, storage/* */
export async function importResults(desk: SpeedDesk): Promise<void> {
  const files = await vscode.window.showOpenDialog({
    title: vscode.l10n.t("Import Benchmark Results"),
    openLabel: vscode.l10n.t("Import"),
    canSelectMany: true,
    filters: {
      [vscode.l10n.t("What llama-bench writes")]: ["json", "jsonl", "csv", "sql", "md", "txt"],
      [vscode.l10n.t("All files")]: ["*"],
    },
  });
  let results = 0;
  let leftOut = 0;
  for (const file of files ?? []) {
    const found = await desk.import(await readText(file));
    results += found.results;
    leftOut += found.leftOut;
  }
  if (files === undefined) return;
  desk.tell(
    leftOut === 0
      ? vscode.l10n.t("{0} results were imported.", formatCount(results))
      : vscode.l10n.t(
          "{0} results were imported; {1} rows made no sense and were left out.",
          ...[formatCount(results), formatCount(leftOut)],
        ),
  );
}

/** Asks once, since this cannot be undone. @returns whether it was done. @throws PaddockError storage/* */
export async function clearHistory(desk: SpeedDesk): Promise<boolean> {
  const agree = vscode.l10n.t("Delete");
  const picked = await vscode.window.showWarningMessage(
    vscode.l10n.t("Delete the speed history of this machine?"),
    {
      modal: true,
      detail: vscode.l10n.t(
        "All benchmark results, imported ones too, and the timings of all requests. Tunings stay. This cannot be undone.",
      ),
    },
    agree,
  );
  if (picked !== agree) return false;
  await desk.clear();
  return true;
}

async function* inOnePiece(text: string): AsyncGenerator<string> {
  yield await Promise.resolve(text);
}

async function readText(file: vscode.Uri): Promise<string> {
  const { size } = await vscode.workspace.fs.stat(file);
  if (size > mostImportedBytes)
    throw new PaddockError("unsupported", `${plainPath(file)} is too long for benchmark results.`, {
      remedy: "llama-bench writes what can be read with -o json, jsonl, csv, sql or md.",
    });
  return new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
}

function plainPath(file: vscode.Uri): string {
  return vscode.workspace.asRelativePath(file);
}
