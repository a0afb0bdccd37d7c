import * as vscode from "vscode";
import type { ModelId } from "../../engine/backend";
import { PaddockError } from "../../platform/core/errors";
import { visibleText } from "../../platform/core/visibleText";
import type { ActionsDeps, OwnAction } from "./actionDeps";
import { unknownModelText, unknownValueText } from "./actionTexts";
import type { CodeRuns } from "./codeRuns";
import { type CodeTarget, codeTarget } from "./codeTarget";
import type { RunningActions } from "./runningActions";
import type { TextRuns } from "./textRuns";

/** Runs prompt files that say in their header that they are actions. */
export class OwnActions {
  /** Names of models that are not here, of which the person was told. */
  private readonly told = new Set<string>();

  constructor(
    private readonly deps: ActionsDeps,
    private readonly runs: Pick<CodeRuns, "run">,
    private readonly texts: Pick<TextRuns, "askOwn">,
    private readonly running: Pick<RunningActions, "run">,
  ) {}

  list(): Promise<readonly OwnAction[]> {
    return this.deps.ownActions();
  }

  /** @throws PaddockError where there is no such action. */
  async runNamed(name: string): Promise<void> {
    const found = (await this.list()).find((one) => one.name === name);
    if (found === undefined) {
      throw new PaddockError("unsupported", vscode.l10n.t("There is no action named {0}.", visibleText(name)), {
        remedy: vscode.l10n.t("An action is a prompt file with “where” or “output” in its header."),
      });
    }
    await this.run(found);
  }

  async run(action: OwnAction): Promise<void> {
    const { id, name, form } = action;
    if (form.unknown.length > 0) {
      this.refuse(action);
      return;
    }
    const filled = await this.deps.fillOwn(id);
    if (filled === undefined) return;
    const target = await this.target(form.where);
    const model = this.modelFor(action);
    const alone = form.context === "none";
    const title = visibleText(name);
    if (form.output === "chat") {
      await this.texts.askOwn({ title, model, target, alone, ...filled });
      return;
    }
    await this.runs.run({
      kind: form.output === "edit" ? "edit" : "explain",
      title,
      target,
      instruction: filled.text,
      alone,
      attached: filled.references,
      ...(model === undefined ? {} : { model }),
    });
  }

  /** What is spelt wrong is said, not guessed. */
  private refuse({ name, uri, form: { unknown } }: OwnAction): void {
    const start = vscode.l10n.t("The action {0} has not run, because its header is not understood.", visibleText(name));
    const words = [start, ...unknown.map(unknownValueText)].join(" ");
    this.say(words, uri);
  }

  /** @returns undefined for the one in use. */
  private modelFor({ name, uri, form: { model: named } }: OwnAction): ModelId | undefined {
    if (named === undefined) return undefined;
    const found = this.deps.modelNamed(named);
    const key = `${uri.toString()} ${named}`;
    if (found !== undefined || this.told.has(key)) return found;
    // Prompt files of other products name models that nobody has here, so it is said once and the action runs.
    this.told.add(key);
    const start = vscode.l10n.t("The action {0} names the model {1}.", visibleText(name), visibleText(named));
    this.say(`${start} ${unknownModelText()}`, uri);
    return undefined;
  }

  /** Nobody waits for the person. */
  private say(words: string, file: vscode.Uri): void {
    const open = vscode.l10n.t("Open the Prompt File");
    void vscode.window
      .showWarningMessage(words, open)
      .then((picked) => (picked === open ? vscode.window.showTextDocument(file) : undefined))
      .then(undefined, this.deps.report);
  }

  private async target(where: OwnAction["form"]["where"]): Promise<CodeTarget> {
    const { deps } = this;
    const editor = vscode.window.activeTextEditor;
    return this.running.run(vscode.l10n.t("Paddock: reading the code"), async ({ signal }) => {
      if (where === "selection" || editor === undefined) return codeTarget(deps, undefined, signal);
      const { document, selection } = editor;
      if (where === "symbol") {
        const range = new vscode.Range(selection.active, selection.active);
        return codeTarget(deps, { document, range }, signal);
      }
      const all = new vscode.Range(new vscode.Position(0, 0), document.lineAt(document.lineCount - 1).range.end);
      return codeTarget(deps, { document, range: all }, signal);
    });
  }
}
