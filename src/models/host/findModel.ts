import * as vscode from "vscode";
import { isCancellation, toPaddockError } from "../../platform/core/errors";
import { formatCount, formatParameters } from "../../platform/core/format";
import { plainLabel } from "../../platform/host/plainLabel";
import { catalogue, type CatalogueEntry, type CatalogueReason, type Purpose } from "../core/catalogue";
import { type ModelAddress, parseModelAddress } from "../core/hubAddress";
import type { HubClient } from "../node/hubClient";

/** Somebody types faster than the hub answers, and it counts requests. */
const PAUSE_MS = 300;
const MOST_RESULTS = 30;

interface AddressItem extends vscode.QuickPickItem {
  readonly address?: ModelAddress;
}

/**
 * Asks which model: from the catalogue, by searching as one types, or by a repository or an address.
 * @param typed what stands in the box at first.
 * @returns undefined when nothing was chosen.
 */
export async function pickAddress(hub: HubClient, typed = ""): Promise<ModelAddress | undefined> {
  const picker = vscode.window.createQuickPick<AddressItem>();
  const host = new URL(hub.endpoint).host;
  let current = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let named: ModelAddress | undefined;
  // The box's text is a step ahead of its list: Enter right after a key is about what the list held before.
  let listBehind = false;
  const show = (items: readonly AddressItem[]): void => {
    // What is shown was ranked by the hub; the editor's own filter would hide what it found by other words.
    picker.items = items.map((item) => ({ ...item, alwaysShow: true }));
  };
  const search = async (words: string): Promise<void> => {
    const { signal } = current;
    picker.busy = true;
    try {
      show(await searched(hub, words, signal));
    } catch (error) {
      if (isCancellation(error) || signal.aborted) return;
      const { message, remedy } = toPaddockError(error);
      show([{ label: `$(warning) ${plainLabel(message)}`, ...(remedy === undefined ? {} : { detail: remedy }) }]);
    } finally {
      if (!signal.aborted) picker.busy = false;
    }
  };
  const look = (value: string): void => {
    current.abort();
    current = new AbortController();
    clearTimeout(timer);
    picker.busy = false;
    listBehind = true;
    named = undefined;
    const words = value.trim();
    if (words === "") {
      show(catalogueItems());
      return;
    }
    const { items, isWords } = namedItems(words, hub.endpoint);
    named = items[0]?.address;
    show([...items, ...catalogueItems(words)]);
    if (isWords) timer = setTimeout(() => void search(words), PAUSE_MS);
  };
  try {
    picker.title = vscode.l10n.t("Find and Download a Model");
    picker.placeholder = vscode.l10n.t("Search {0}, or give owner/name or the address of a .gguf file", host);
    picker.onDidChangeValue(look);
    picker.onDidChangeActive(() => (listBehind = false));
    picker.value = typed;
    look(typed);
    picker.show();
    return await new Promise<ModelAddress | undefined>((resolve) => {
      picker.onDidAccept(() => {
        const address = listBehind ? named : picker.selectedItems[0]?.address;
        if (address !== undefined) resolve(address);
      });
      picker.onDidHide(() => resolve(undefined));
    });
  } finally {
    clearTimeout(timer);
    current.abort();
    picker.dispose();
  }
}

async function searched(hub: HubClient, words: string, signal: AbortSignal): Promise<AddressItem[]> {
  const found = await hub.search(words, MOST_RESULTS, signal);
  if (found.length === 0) return [{ label: vscode.l10n.t("No models with GGUF files were found.") }];
  return found.map(({ id, downloads, license }) => ({
    label: plainLabel(id),
    description: [
      vscode.l10n.t("{0} downloads", formatCount(downloads)),
      ...(license === undefined ? [] : [plainLabel(license)]),
    ].join(" · "),
    address: { kind: "repository", repository: id, revision: "main" },
  }));
}

/** What was typed or pasted, as an address, where it is one. */
function namedItems(typed: string, endpoint: string): { readonly items: AddressItem[]; readonly isWords: boolean } {
  try {
    const address = parseModelAddress(typed, endpoint);
    if (address.kind === "words") return { items: [], isWords: true };
    const label = address.kind === "url" ? address.url : address.repository;
    const item = { label: `$(cloud-download) ${plainLabel(label)}`, address };
    // What looks like owner/name may also be the words of a search.
    return { items: [item], isWords: address.kind === "repository" && !typed.includes(":") };
  } catch (error) {
    const { message, remedy } = toPaddockError(error);
    const label = `$(warning) ${plainLabel(message)}`;
    return { items: [remedy === undefined ? { label } : { label, detail: remedy }], isWords: false };
  }
}

function catalogueItems(words = ""): AddressItem[] {
  const wanted = words.toLowerCase().split(/\s+/);
  const matches = ({ name, repository }: CatalogueEntry): boolean =>
    wanted.every((word) => `${name} ${repository}`.toLowerCase().includes(word));
  return (["chat", "completion", "embedding"] as const).flatMap((purpose) => {
    const entries = catalogue.filter((entry) => entry.purpose === purpose && matches(entry));
    if (entries.length === 0) return [];
    return [
      { label: purposeWords(purpose), kind: vscode.QuickPickItemKind.Separator },
      ...entries.map((entry): AddressItem => ({
        label: entry.name,
        description: [
          vscode.l10n.t("{0} parameters", formatParameters(entry.parameters)),
          ...(entry.activeParameters === undefined
            ? []
            : [vscode.l10n.t("{0} of them at a time", formatParameters(entry.activeParameters))]),
          entry.license,
        ].join(" · "),
        detail: `${reasonWords(entry.reason)} · ${entry.repository}`,
        address: { kind: "repository", repository: entry.repository, revision: "main" },
      })),
    ];
  });
}

function purposeWords(purpose: Purpose): string {
  switch (purpose) {
    case "chat":
      return vscode.l10n.t("Chat");
    case "completion":
      return vscode.l10n.t("Inline suggestions");
    case "embedding":
      return vscode.l10n.t("Embeddings");
  }
}

function reasonWords(reason: CatalogueReason): string {
  switch (reason) {
    case "tiny":
      return vscode.l10n.t("Runs on anything; simple questions");
    case "light":
      return vscode.l10n.t("Light on memory");
    case "all-round":
      return vscode.l10n.t("Good all-round");
    case "strong":
      return vscode.l10n.t("Strong answers, for machines with memory to spare");
    case "reasons":
      return vscode.l10n.t("Reasons before it answers, where you let it");
    case "code":
      return vscode.l10n.t("Made for code");
    case "experts":
      return vscode.l10n.t("Mixture of experts: large in memory, fast for its size");
    case "fill-in":
      return vscode.l10n.t("Fills in code between what stands before and after");
    case "search":
      return vscode.l10n.t("Small; finds texts by meaning");
    case "languages":
      return vscode.l10n.t("Finds texts by meaning in many languages");
  }
}
