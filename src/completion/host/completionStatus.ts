import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { formatMilliseconds } from "../../platform/core/format";
import { visibleText } from "../../platform/core/visibleText";
import type { CompletionFigures } from "../core/completionStats";
import type { Reason } from "../core/reasons";
import type { Completions } from "../node/completions";
import { reasonWords } from "./reasonWords";

const commands = ["paddock.toggleSuggestions", "paddock.whyNoSuggestion", "paddock.showSuggestionPrompt"];
/** The item is redrawn at most this often, ms: figures that change with each key cannot be read. */
const REDRAW_MS = 500;
/** Reasons that the tooltip names, the most frequent first. */
const MOST_REASONS = 4;

export interface CompletionStatusDeps {
  readonly completions: Completions;
  readonly isEnabled: () => boolean;
  /** Where the text around the cursor goes, for people; undefined: it stays on this machine. */
  readonly destination: () => string | undefined;
  /** Whether the person wants suggestions, or what makes them, is another. */
  readonly onDidChange: readonly ((listener: () => void) => Disposable)[];
}

/** The suggestions' own item in the status bar: median latency, cached share and acceptance rate of this session. */
export class CompletionStatus implements Disposable {
  private readonly store = new DisposableStore();
  private readonly item: vscode.StatusBarItem;
  private redrawing: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly deps: CompletionStatusDeps) {
    this.item = this.store.add(
      vscode.window.createStatusBarItem("paddock.suggestions", vscode.StatusBarAlignment.Right, 99),
    );
    this.item.name = vscode.l10n.t("Paddock: inline suggestions");
    this.item.command = "paddock.whyNoSuggestion";
    this.store.add(deps.completions.onDidEnd(() => this.soon()));
    for (const changed of deps.onDidChange) this.store.add(changed(() => this.draw()));
    this.draw();
    this.item.show();
  }

  dispose(): void {
    clearTimeout(this.redrawing);
    this.store.dispose();
  }

  private soon(): void {
    this.redrawing ??= setTimeout(() => {
      this.redrawing = undefined;
      this.draw();
    }, REDRAW_MS);
  }

  private draw(): void {
    const { completions, isEnabled } = this.deps;
    const figures = completions.stats.figures();
    const enabled = isEnabled();
    const parts = enabled
      ? [
          figures.p50 === null ? undefined : formatMilliseconds(figures.p50),
          percent(figures.cachedShare),
          percent(figures.acceptanceRate),
        ].filter((part) => part !== undefined)
      : [];
    const destination = enabled ? this.deps.destination() : undefined;
    const icon = enabled ? `$(sparkle)${destination === undefined ? "" : "$(globe)"}` : "$(circle-slash)";
    this.item.text = [icon, parts.join(" · ")].join(" ").trim();
    const goes = destination === undefined ? undefined : goesWords(destination);
    this.item.tooltip = this.tooltip(figures, enabled, goes);
    this.item.accessibilityInformation = {
      label: enabled
        ? [vscode.l10n.t("Paddock inline suggestions: {0}", spoken(figures)), goes]
            .filter((words) => words !== undefined)
            .join(", ")
        : vscode.l10n.t("Paddock inline suggestions are turned off"),
      role: "button",
    };
  }

  private tooltip(figures: CompletionFigures, enabled: boolean, goes: string | undefined): vscode.MarkdownString {
    const text = new vscode.MarkdownString(undefined, true);
    text.isTrusted = { enabledCommands: commands };
    text.appendMarkdown(`**${vscode.l10n.t("Inline suggestions")}**`);
    const line = (words: string): void => {
      text.appendMarkdown("\n\n");
      text.appendText(words);
    };
    if (goes !== undefined) line(goes);
    if (!enabled) line(vscode.l10n.t("Turned off."));
    else if (figures.requests === 0)
      line(vscode.l10n.t("Type in a file of code, and the model suggests how it goes on."));
    if (this.deps.completions.seesSuffix === false) {
      line(
        vscode.l10n.t(
          "This model sees what stands before the cursor only. One trained to fill in the middle suggests inside a line too.",
        ),
      );
    }
    if (figures.p50 !== null && figures.p95 !== null) {
      line(
        vscode.l10n.t(
          "From key to text: p50 {0}, p95 {1} (measured)",
          formatMilliseconds(figures.p50),
          formatMilliseconds(figures.p95),
        ),
      );
    }
    if (figures.requests > 0) {
      line(
        vscode.l10n.t(
          "Prompt tokens found in the KV cache: {0}; processed {1}, generated {2}",
          percent(figures.cachedShare) ?? "–",
          figures.promptTokens.toLocaleString(),
          figures.predictedTokens.toLocaleString(),
        ),
      );
      line(
        vscode.l10n.t(
          "Accepted {0} of {1} suggestions; {2} of {3} requests cancelled",
          figures.accepted.toLocaleString(),
          figures.suggestions.toLocaleString(),
          figures.cancelled.toLocaleString(),
          figures.requests.toLocaleString(),
        ),
      );
    }
    for (const [reason, count] of mostFrequent(figures.reasons))
      line(vscode.l10n.t("No suggestion {0} times: {1}", count.toLocaleString(), reasonWords(reason)));
    const link = (label: string, command: string): string => `[${label}](command:${command})`;
    text.appendMarkdown("\n\n---\n\n");
    text.appendMarkdown(
      [
        link(enabled ? vscode.l10n.t("Turn Off") : vscode.l10n.t("Turn On"), "paddock.toggleSuggestions"),
        link(vscode.l10n.t("Why No Suggestion?"), "paddock.whyNoSuggestion"),
        link(vscode.l10n.t("Last Prompt"), "paddock.showSuggestionPrompt"),
      ].join(" · "),
    );
    return text;
  }
}

function goesWords(destination: string): string {
  return vscode.l10n.t("the text around the cursor goes to {0}", visibleText(destination));
}

function percent(share: number | null): string | undefined {
  return share === null ? undefined : `${Math.round(share * 100)}%`;
}

function spoken(figures: CompletionFigures): string {
  if (figures.p50 === null) return vscode.l10n.t("none yet");
  return vscode.l10n.t(
    "median {0}, {1} of the prompt cached, {2} accepted",
    formatMilliseconds(figures.p50),
    percent(figures.cachedShare) ?? "–",
    percent(figures.acceptanceRate) ?? "–",
  );
}

function mostFrequent(reasons: ReadonlyMap<Reason, number>): [Reason, number][] {
  return [...reasons].sort(([, a], [, b]) => b - a).slice(0, MOST_REASONS);
}
