import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import { visibleText } from "../../platform/core/visibleText";
import type { ActionReference, ActionsDeps, OwnAction } from "./actionDeps";
import type { CodeRuns } from "./codeRuns";
import { type CodeTarget, codeTarget } from "./codeTarget";
import type { RunningActions } from "./runningActions";

/** Runs prompt files that say in their header that they are actions. */
export class OwnActions {
  constructor(
    private readonly deps: ActionsDeps,
    private readonly runs: CodeRuns,
    private readonly running: RunningActions,
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

  async run({ id, name, form }: OwnAction): Promise<void> {
    const { deps } = this;
    const filled = await deps.fillOwn(id);
    if (filled === undefined) return;
    const model = this.modelFor(form.model, name);
    const target = await this.target(form.where);
    if (form.output === "chat") {
      const { document, range, subject } = target;
      const label = `${subject.path}:${range.start.line + 1}-${range.end.line + 1}`;
      const own: ActionReference = { label, uri: document.uri.toString(), text: subject.selected };
      // A prompt that has the selection in its text has said where it wants it.
      const isThere = filled.text.includes(subject.selected.trim());
      await deps.ask(filled.text, [...filled.references, ...(isThere ? [] : [own])]);
      return;
    }
    const kind = form.output === "edit" ? "edit" : "explain";
    await this.runs.run({ kind, target, model, instruction: filled.text, alone: form.context === "none" });
  }

  private modelFor(named: string | undefined, action: string): ReturnType<ActionsDeps["model"]>["id"] {
    const found = named === undefined ? undefined : this.deps.modelNamed(named);
    // Prompt files of other products name models that nobody has here.
    if (named !== undefined && found === undefined) {
      this.deps.log.info(`The action ${action} names the model ${named}, which is not here; the one in use answers.`);
    }
    return found ?? this.deps.model().id;
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
