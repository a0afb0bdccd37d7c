import * as vscode from "vscode";
import type { ModelId } from "../../engine/backend";
import { PaddockError } from "../../platform/core/errors";
import type { CodeActionKind } from "../core/actionKinds";
import type { CodeRequest, Refinement } from "../core/actionRequest";
import type { FittedAnswer } from "../core/fittedAnswer";
import { withImports } from "../core/placeImports";
import { isUseless, measuredUse } from "../core/usefulness";
import { runAction } from "../node/actionRunner";
import type { ActionsDeps } from "./actionDeps";
import { actionTitle, proposalLabel, refusalText, workingText } from "./actionTexts";
import type { CodeTarget } from "./codeTarget";
import { renameTo } from "./renameTo";
import type { RunningActions } from "./runningActions";

/** Everything by which the same can be asked again. */
export interface CodeRun {
  readonly kind: CodeActionKind;
  readonly target: CodeTarget;
  readonly model: ModelId;
  readonly instruction?: string;
  readonly targetLanguage?: string;
  readonly refine?: Refinement;
  readonly attempt?: number;
  readonly alone?: boolean;
}

interface LastRun {
  readonly run: CodeRun;
  /** As the model wrote it. */
  readonly raw: string;
}

const lastKey = "paddock.hasLastAction";

/** Actions whose answer is code or names: they are asked here, and their edits go to review. */
export class CodeRuns {
  private last: LastRun | undefined;
  private readonly toldUseless = new Set<string>();

  constructor(
    private readonly deps: ActionsDeps,
    private readonly running: RunningActions,
  ) {}

  /** Asks the model, and takes what it answers to where it belongs. Rejects with `cancelled` where it was. */
  async run(run: CodeRun): Promise<void> {
    const { deps } = this;
    const { kind, target, model } = run;
    const request: CodeRequest = {
      kind,
      subject: target.subject,
      ...(run.instruction === undefined ? {} : { instruction: run.instruction }),
      ...(run.targetLanguage === undefined ? {} : { targetLanguage: run.targetLanguage }),
      ...(run.refine === undefined ? {} : { refine: run.refine }),
      ...(run.attempt === undefined ? {} : { attempt: run.attempt }),
      ...(run.alone === undefined ? {} : { alone: run.alone }),
    };
    this.tellUseless(run);
    const name = deps.nameOf(model);
    const outcome = await this.running.run(
      vscode.l10n.t("Paddock: {0}", workingText(kind)),
      async ({ signal, report }) => {
        const facts = await deps.facts(model, signal);
        return runAction({ backend: deps.backend, model, facts, request, signal, onProgress: report });
      },
      deps.destination(model),
      name,
    );
    this.last = { run, raw: outcome.raw };
    await vscode.commands.executeCommand("setContext", lastKey, true);
    const { answer, tries, plan } = outcome;
    const dropped = plan.dropped.length === 0 ? "nothing" : plan.dropped.join(", ");
    deps.log.info(
      `Action ${kind} with ${model}: ${answer.kind} after ${tries} tries; left out of the prompt: ${dropped}.`,
    );
    await this.use(run, name, answer);
  }

  /** The last action once more, with a model that the person chooses; with the same one it is another try. */
  async repeat(): Promise<void> {
    const { run } = this.lastRun();
    const model = await this.deps.chooseModel();
    if (model === undefined) return;
    await this.run({ ...run, model, attempt: model === run.model ? (run.attempt ?? 0) + 1 : 0 });
  }

  /** The last answer, changed as the person says. */
  async refine(): Promise<void> {
    const { run, raw } = this.lastRun();
    const wish = await vscode.window.showInputBox({
      title: vscode.l10n.t("Refine: {0}", actionTitle(run.kind)),
      prompt: vscode.l10n.t("What should be different?"),
      ignoreFocusOut: true,
    });
    if (wish === undefined || wish.trim() === "") return;
    await this.run({ ...run, refine: { answer: raw, wish: wish.trim() } });
  }

  private lastRun(): LastRun {
    const { last } = this;
    if (last === undefined) {
      throw new PaddockError("unsupported", vscode.l10n.t("No action has run yet that could be repeated."), {
        remedy: vscode.l10n.t("Run one first, such as “Paddock: Fix”."),
      });
    }
    const { document, subject } = last.run.target;
    // An edit that was taken back is none.
    if (document.isClosed || document.getText() !== subject.before + subject.selected + subject.after) {
      throw new PaddockError(
        "unsupported",
        vscode.l10n.t("The file was changed since, so the action can't be repeated."),
        {
          remedy: vscode.l10n.t("Select the code again and run the action anew."),
        },
      );
    }
    return last;
  }

  private async use(run: CodeRun, model: string, answer: FittedAnswer): Promise<void> {
    if (answer.kind === "refused") {
      this.offerMore(refusalText(answer.why, model));
      return;
    }
    if (answer.kind === "edit") {
      await this.propose(run, model, answer);
      return;
    }
    switch (answer.form) {
      case "names":
        await this.rename(run, answer.names);
        return;
      case "code":
        await openBeside(answer.text, answer.languageId);
        return;
      case "prose":
      case "message":
        await openBeside(`${answer.text}\n`, "markdown");
    }
  }

  private async propose(run: CodeRun, model: string, answer: FittedAnswer & { kind: "edit" }): Promise<void> {
    const { document, subject } = run.target;
    const base = subject.before + subject.selected + subject.after;
    const label = proposalLabel(run.kind, model);
    const propose = (text: string): Promise<boolean> =>
      this.deps.propose({ target: document.uri, change: { kind: "whole", text, base }, label });
    await propose(answer.file);
    if (answer.imports.length === 0) return;
    // They stand outside what was selected, so a person says whether they are wanted. Not waited for.
    const add = vscode.l10n.t("Propose Them Too");
    void vscode.window
      .showInformationMessage(
        vscode.l10n.t("The code needs imports that the file has not: {0}", answer.imports.join(" ")),
        add,
      )
      .then((picked) => (picked === add ? propose(withImports(answer.file, answer.imports, subject)) : undefined))
      .then(undefined, this.deps.report);
  }

  private async rename({ target }: CodeRun, names: readonly string[]): Promise<void> {
    const picked = await vscode.window.showQuickPick([...names], {
      title: vscode.l10n.t("Suggested names"),
      placeHolder: vscode.l10n.t("Nothing is changed before you have looked at it"),
    });
    if (picked !== undefined) await renameTo(this.deps, this.running, target, picked);
  }

  private offerMore(text: string): void {
    const another = vscode.l10n.t("Try Another Model");
    const refine = vscode.l10n.t("Refine…");
    void vscode.window
      .showWarningMessage(text, another, refine)
      .then(async (picked) => {
        if (picked === another) await this.repeat();
        else if (picked === refine) await this.refine();
      })
      .then(undefined, this.deps.report);
  }

  /** Said once in a window: after that the person knows. */
  private tellUseless(run: CodeRun): void {
    const { kind, model } = run;
    const key = `${model} ${kind}`;
    const use = measuredUse(model, kind);
    if (!isUseless(model, kind) || use === undefined || this.toldUseless.has(key)) return;
    this.toldUseless.add(key);
    const another = vscode.l10n.t("Use Another Model");
    void vscode.window
      .showInformationMessage(
        vscode.l10n.t(
          "“{0}” was of use in {1} of {2} measured cases with {3}: a larger model does it better.",
          actionTitle(kind),
          use.useful,
          use.cases,
          this.deps.nameOf(model),
        ),
        another,
      )
      .then(async (picked) => {
        if (picked !== another) return;
        const chosen = await this.deps.chooseModel();
        if (chosen !== undefined) await this.run({ ...run, model: chosen });
      })
      .then(undefined, this.deps.report);
  }
}

async function openBeside(content: string, language: string): Promise<void> {
  const known = (await vscode.languages.getLanguages()).includes(language);
  const document = await vscode.workspace.openTextDocument({ content, ...(known ? { language } : {}) });
  await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preview: false });
}
