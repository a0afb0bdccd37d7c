import path from "node:path";
import * as vscode from "vscode";
import { formatBytes, formatShare } from "../../platform/core/format";
import { plainLabel } from "../../platform/host/plainLabel";
import type { PlannedType } from "../core/plannedType";
import type { ImatrixChoice } from "../core/quantizeJob";
import type { QuantizeSource } from "../node/quantizer";

/** A model on this machine that may be quantized. */
export interface SourceModel {
  readonly name: string;
  readonly path: string;
  readonly sizeBytes: number;
  /** By its tensors: "F16", "Q4_K - Medium". */
  readonly quantization: string | undefined;
  readonly bitsPerWeight: number;
}

/** Above this, weights are F16, BF16 or F32, but for a few. */
const UNQUANTIZED_BITS = 15;

/** @returns the full path of a model's file; undefined when none was chosen. */
export async function askSource(models: () => Promise<readonly SourceModel[]>): Promise<string | undefined> {
  type Item = vscode.QuickPickItem & { readonly path?: string };
  const items = async (): Promise<Item[]> => {
    const item = ({ name, path: file, sizeBytes, quantization }: SourceModel): Item => ({
      label: plainLabel(name),
      description: [formatBytes(sizeBytes), ...(quantization === undefined ? [] : [plainLabel(quantization)])].join(
        " · ",
      ),
      detail: file,
      path: file,
    });
    const known = await models();
    const whole = known.filter(({ bitsPerWeight }) => bitsPerWeight >= UNQUANTIZED_BITS);
    const again = known.filter(({ bitsPerWeight }) => bitsPerWeight < UNQUANTIZED_BITS);
    return [
      { label: `$(folder-opened) ${vscode.l10n.t("Choose a .gguf file…")}` },
      ...headed(vscode.l10n.t("Not quantized yet"), whole.map(item)),
      ...headed(vscode.l10n.t("Quantized already: quantizing again loses more"), again.map(item)),
    ];
  };
  const picked = await vscode.window.showQuickPick(items(), {
    title: vscode.l10n.t("Quantize a Model: Which One?"),
    placeHolder: vscode.l10n.t("Best is a file in F16, BF16 or F32"),
    matchOnDescription: true,
  });
  if (picked === undefined) return undefined;
  return picked.path ?? askFile(vscode.l10n.t("Choose the model to quantize"));
}

async function askFile(title: string): Promise<string | undefined> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title,
      canSelectMany: false,
      filters: { [vscode.l10n.t("GGUF files")]: ["gguf"], [vscode.l10n.t("All files")]: ["*"] },
    })) ?? [];
  return file?.fsPath;
}

function headed<T extends vscode.QuickPickItem>(heading: string, items: readonly T[]): (T | vscode.QuickPickItem)[] {
  return items.length === 0 ? [] : [{ label: heading, kind: vscode.QuickPickItemKind.Separator }, ...items];
}

/** @returns whether the person goes on with a model that is quantized already. */
export async function askAgain(source: QuantizeSource): Promise<boolean> {
  const goOn = vscode.l10n.t("Quantize it again");
  const picked = await vscode.window.showQuickPick(
    [
      {
        label: `$(warning) ${goOn}`,
        detail: vscode.l10n.t("The result is worse than one of the same type made from F16: what was lost stays lost."),
        goOn: true,
      },
      { label: vscode.l10n.t("Leave it"), goOn: false },
    ],
    {
      title: vscode.l10n.t("{0} of This Model Is Quantized Already", formatShare(source.quantizedShare)),
      placeHolder: vscode.l10n.t("Better: download the F16 or BF16 file of this model and quantize that"),
    },
  );
  return picked?.goOn ?? false;
}

/** @param nearby files that look like matrices and lie beside the model. */
export async function askImatrix(nearby: readonly string[]): Promise<ImatrixChoice | undefined> {
  type Item = vscode.QuickPickItem & { readonly choice: ImatrixChoice | "ask" };
  const picked = await vscode.window.showQuickPick<Item>(
    [
      {
        label: vscode.l10n.t("Without"),
        description: vscode.l10n.t("types of the fewest bits are left out"),
        choice: "none",
      },
      ...nearby.map((file): Item => ({
        label: plainLabel(path.basename(file)),
        description: vscode.l10n.t("beside the model"),
        choice: { file },
      })),
      {
        label: `$(folder-opened) ${vscode.l10n.t("From a file…")}`,
        detail: vscode.l10n.t("A GGUF file that llama-imatrix or Paddock wrote for this model."),
        choice: "ask",
      },
      {
        label: `$(beaker) ${vscode.l10n.t("Compute it from this workspace's text")}`,
        detail: vscode.l10n.t(
          "The model reads files of the workspace, but none with secrets and none that Git ignores. Nothing leaves this machine.",
        ),
        choice: "workspace",
      },
    ],
    {
      title: vscode.l10n.t("Quantize a Model: With an Importance Matrix?"),
      placeHolder: vscode.l10n.t("It tells which weights matter most; types of few bits need one"),
    },
  );
  if (picked?.choice !== "ask") return picked?.choice;
  const file = await askFile(vscode.l10n.t("Choose the importance matrix"));
  return file === undefined ? undefined : { file };
}

export interface TypeQuestion {
  readonly planned: readonly PlannedType[];
  readonly hasImatrix: boolean;
  readonly sourceBytes: number;
  /** What models may take of this machine's memory, bytes. */
  readonly memoryBytes: number;
  readonly hasExperts: boolean;
  /** Several may be chosen; these are chosen to begin with. */
  readonly ladder: readonly string[] | undefined;
}

type TypeItem = vscode.QuickPickItem & { readonly planned?: PlannedType };

/** @returns the types that were chosen, "options" when the person wants to set those first, undefined to leave. */
export async function askTypes(question: TypeQuestion): Promise<readonly PlannedType[] | "options" | undefined> {
  const pick = vscode.window.createQuickPick<TypeItem>();
  pick.title =
    question.ladder === undefined
      ? vscode.l10n.t("Quantize a Model: To Which Type?")
      : vscode.l10n.t("Ladder of Quantizations: Which Types?");
  pick.placeholder = question.hasImatrix
    ? vscode.l10n.t("More bits are closer to the model, and larger")
    : vscode.l10n.t("More bits are closer to the model; types that need an importance matrix are left out");
  pick.canSelectMany = question.ladder !== undefined;
  pick.matchOnDescription = true;
  const options = { iconPath: new vscode.ThemeIcon("gear"), tooltip: vscode.l10n.t("Options") };
  pick.buttons = [options];
  pick.items = typeItems(question);
  pick.selectedItems = pick.items.filter(({ planned }) => question.ladder?.includes(planned?.type.name ?? "") === true);
  try {
    return await new Promise((resolve) => {
      pick.onDidTriggerButton(() => resolve("options"));
      pick.onDidHide(() => resolve(undefined));
      pick.onDidAccept(() => {
        const chosen = pick.selectedItems.flatMap(({ planned }) => (planned === undefined ? [] : [planned]));
        if (chosen.length > 0) resolve(chosen);
      });
      pick.show();
    });
  } finally {
    pick.dispose();
  }
}

function typeItems({ planned, hasImatrix, sourceBytes, memoryBytes, hasExperts }: TypeQuestion): TypeItem[] {
  const offered = planned.filter(
    ({ type, needsImatrix, isSource }) =>
      !isSource && (hasImatrix || !needsImatrix) && (type.onlyFor !== "experts" || hasExperts),
  );
  const item = (plan: PlannedType): TypeItem => ({
    label: plan.type.name,
    description: [
      formatBytes(plan.fileBytes),
      vscode.l10n.t("{0} bits per weight", plan.bitsPerWeight.toFixed(2)),
      ...(plan.fileBytes > memoryBytes ? [`$(warning) ${vscode.l10n.t("more than this machine's memory")}`] : []),
      ...(plan.fileBytes > sourceBytes ? [vscode.l10n.t("larger than its source")] : []),
    ].join(" · "),
    planned: plan,
  });
  const bySize = offered.toSorted((a, b) => b.fileBytes - a.fileBytes);
  return [
    ...bySize.filter(({ type }) => type.onlyFor !== "ternary").map(item),
    ...headed(
      vscode.l10n.t("For models that were trained with three values"),
      bySize.filter(({ type }) => type.onlyFor === "ternary").map(item),
    ),
  ];
}
