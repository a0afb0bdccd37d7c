import * as vscode from "vscode";
import { ggmlTypes } from "../../gguf/core/ggmlTypes";
import { toPaddockError } from "../../platform/core/errors";
import { parseOverrides, tensorTypeOf } from "../core/overrides";
import type { QuantizeOptions } from "../core/protocol";

const typeName = (type: number | undefined): string =>
  type === undefined ? vscode.l10n.t("as the type's mixture says") : (ggmlTypes.get(type)?.name ?? String(type));

/** Shows the options until the person is content with them. @returns undefined when they left. */
export async function askOptions(options: QuantizeOptions): Promise<QuantizeOptions | undefined> {
  /** Without a change it is the one that ends this. */
  type Item = vscode.QuickPickItem & { readonly change?: () => Promise<QuantizeOptions> };
  let current = options;
  for (;;) {
    const now = current;
    const items: Item[] = [
      { label: `$(check) ${vscode.l10n.t("Done")}` },
      {
        label: vscode.l10n.t("Output tensor"),
        description: now.keepOutput ? vscode.l10n.t("left as it is") : typeName(now.outputType),
        change: async () => {
          const chosen = await askTensorType(vscode.l10n.t("Type of the Output Tensor"), true);
          if (chosen === undefined) return now;
          const { outputType: _, ...rest } = now;
          if (chosen === "keep") return { ...rest, keepOutput: true };
          return { ...rest, keepOutput: false, ...(chosen === "mixture" ? {} : { outputType: chosen }) };
        },
      },
      {
        label: vscode.l10n.t("Token embeddings"),
        description: typeName(now.tokenEmbeddingType),
        change: async () => {
          const chosen = await askTensorType(vscode.l10n.t("Type of the Token Embeddings"), false);
          if (chosen === undefined) return now;
          const { tokenEmbeddingType: _, ...rest } = now;
          return typeof chosen === "number" ? { ...rest, tokenEmbeddingType: chosen } : rest;
        },
      },
      {
        label: vscode.l10n.t("Types of single tensors"),
        description: overridesText(now) || vscode.l10n.t("none"),
        change: async () => ({ ...now, overrides: (await askOverrides(now)) ?? now.overrides }),
      },
      {
        label: vscode.l10n.t("One type for all tensors, without the mixture"),
        description: now.pure ? vscode.l10n.t("on") : vscode.l10n.t("off"),
        change: () => Promise.resolve({ ...now, pure: !now.pure }),
      },
    ];
    const picked = await vscode.window.showQuickPick(items, {
      title: vscode.l10n.t("Options of Quantizing"),
      placeHolder: vscode.l10n.t("llama-quantize's own options; the sizes follow them"),
    });
    if (picked === undefined) return undefined;
    if (picked.change === undefined) return now;
    current = await picked.change();
  }
}

async function askTensorType(title: string, mayKeep: boolean): Promise<number | "mixture" | "keep" | undefined> {
  type Item = vscode.QuickPickItem & { readonly value: number | "mixture" | "keep" };
  const types = [...ggmlTypes].filter(([, { name }]) => tensorTypeOf(name) !== undefined);
  const items: Item[] = [
    { label: typeName(undefined), value: "mixture" },
    ...(mayKeep ? [{ label: vscode.l10n.t("left as it is"), value: "keep" as const }] : []),
    ...types.map(([type, { name, bytes, values }]) => ({
      label: name,
      description: vscode.l10n.t("{0} bits per weight", ((bytes * 8) / values).toFixed(2)),
      value: type,
    })),
  ];
  return (await vscode.window.showQuickPick(items, { title }))?.value;
}

async function askOverrides(options: QuantizeOptions): Promise<QuantizeOptions["overrides"] | undefined> {
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t("Types of Single Tensors"),
    prompt: vscode.l10n.t(
      "PATTERN=TYPE, parted by spaces. A pattern is a regular expression; the first that matches counts.",
    ),
    placeHolder: "ffn_down=q6_k attn_v=q8_0",
    value: overridesText(options),
    validateInput: (value) => {
      try {
        parseOverrides(value);
        return undefined;
      } catch (error) {
        return toPaddockError(error).message;
      }
    },
  });
  return text === undefined ? undefined : parseOverrides(text);
}

function overridesText({ overrides }: QuantizeOptions): string {
  return overrides.map(({ pattern, type }) => `${pattern}=${typeName(type).toLowerCase()}`).join(" ");
}
