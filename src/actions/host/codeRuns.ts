import * as vscode from "vscode";
import type { ModelId } from "../../engine/backend";
import { PaddockError } from "../../platform/core/errors";
import { type CodeActionKind, isEditing } from "../core/actionKinds";
import type { CodeRequest, Refinement } from "../core/actionRequest";
import type { FittedAnswer } from "../core/fittedAnswer";
import { withImports } from "../core/placeImports";
import { runAction } from "../node/actionRunner";
import type { ActionReference, ActionsDeps } from "./actionDeps";
import { actionTitle, proposalLabel, refusalText, workingText } from "./actionTexts";
import type { CodeTarget } from "./codeTarget";
import type { LastAction, RanAction } from "./lastAction";
import type { ModelForAction } from "./modelForAction";
import { renameTo } from "./renameTo";
import type { RunningActions } from "./runningActions";

/** Everything by which the same can be asked again. */
export interface CodeRun {
  readonly kind: CodeActionKind;
  readonly target: CodeTarget;
  /** Absent: the one for the action. */
  readonly model?: ModelId;
  /** What a person calls it, where that is no action of ours. */
  readonly title?: string;
  readonly instruction?: string;
  readonly targetLanguage?: string;
  readonly refine?: Refinement;
  readonly attempt?: number;
  readonly alone?: boolean;
  readonly attached?: readonly ActionReference[];
}

/** Actions whose answer is code or names: they are asked here, and their edits go to review. */
export class CodeRuns {
  constructor(
    private readonly deps: ActionsDeps,
    private readonly running: RunningActions,
    private readonly last: LastAction,
    private readonly models: ModelForAction,
  ) {}

  /** Asks the model, and takes what it answers to where it belongs. Rejects with `cancelled` where it was. */
  async run(run: CodeRun): Promise<void> {
    const { deps } = this;
    const { kind, target } = run;
    const model = run.model ?? (await this.models.get(kind));
    const request: CodeRequest = {
      kind,
      subject: target.subject,
      ...(run.instruction === undefined ? {} : { instruction: run.instruction }),
      ...(run.targetLanguage === undefined ? {} : { targetLanguage: run.targetLanguage }),
      ...(run.refine === undefined ? {} : { refine: run.refine }),
      ...(run.attempt === undefined ? {} : { attempt: run.attempt }),
      ...(run.alone === undefined ? {} : { alone: run.alone }),
      ...(run.attached === undefined ? {} : { attached: run.attached }),
    };
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
    const { answer, tries, plan } = outcome;
    const ran = this.ran({ ...run, model }, outcome.raw);
    this.last.set(ran);
    const dropped = plan.dropped.length === 0 ? "nothing" : plan.dropped.join(", ");
    deps.log.info(
      `Action ${kind} with ${model}: ${answer.kind} after ${tries} tries; left out of the prompt: ${dropped}.`,
    );
    if (answer.kind === "refused") this.last.offerMore(refusalText(answer.why, name), ran);
    else await this.use(run, name, answer);
  }

  /** @param raw the answer as the model wrote it. */
  private ran(run: CodeRun & { readonly model: ModelId }, raw: string): RanAction {
    const { model, target, attempt = 0 } = run;
    return {
      title: run.title ?? actionTitle(run.kind),
      model,
      isReviewed: isEditing(run.kind) || run.kind === "name",
      check: () => checkUnchanged(target),
      repeat: (other) => this.run({ ...run, model: other, attempt: other === model ? attempt + 1 : 0 }),
      refine: (wish) => this.run({ ...run, refine: { answer: raw, wish } }),
    };
  }

  private async use(run: CodeRun, model: string, answer: Exclude<FittedAnswer, { kind: "refused" }>): Promise<void> {
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
}

/** An edit that was taken back is none. @throws PaddockError where the document is not as it was asked about. */
function checkUnchanged({ document, subject }: CodeTarget): void {
  const { before, selected, after } = subject;
  if (!document.isClosed && document.getText() === before + selected + after) return;
  throw new PaddockError("unsupported", vscode.l10n.t("The file was changed since, so the action can't be repeated."), {
    remedy: vscode.l10n.t("Select the code again and run the action anew."),
  });
}

async function openBeside(content: string, language: string): Promise<void> {
  const known = (await vscode.languages.getLanguages()).includes(language);
  const document = await vscode.workspace.openTextDocument({ content, ...(known ? { language } : {}) });
  await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preview: false });
}
