import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import type { ActionRequest } from "../core/actionRequest";
import { tokensIn } from "../core/actionPrompt";
import { runAction } from "../node/actionRunner";
import type { ActionReference, ActionsDeps } from "./actionDeps";
import { questionFor, refusalText, workingText } from "./actionTexts";
import { codeTarget, type GivenTarget } from "./codeTarget";
import type { RunningActions } from "./runningActions";

/** Of a context, what a question of the chat may take; the rest is for its frame and the answer. */
const shareForQuestion = 0.6;

/** Actions whose answer is a text: the chat is asked, where it can be read, refined and asked about. */
export class TextRuns {
  constructor(
    private readonly deps: ActionsDeps,
    private readonly running: RunningActions,
  ) {}

  async explain(given?: GivenTarget): Promise<void> {
    const { deps } = this;
    const { subject, document, range } = await this.running.run(
      vscode.l10n.t("Paddock: {0}", workingText("explain")),
      ({ signal }) => codeTarget(deps, given, signal),
    );
    const [problem] = given?.diagnostics ?? [];
    const label = `${subject.path}:${range.start.line + 1}-${range.end.line + 1}`;
    const question =
      problem === undefined
        ? questionFor("explain")
        : vscode.l10n.t("What does this message mean here, and what is wrong? “{0}”", problem.message.trim());
    await deps.ask(question, [{ label, uri: document.uri.toString(), text: subject.selected }]);
  }

  async explainCommand(): Promise<void> {
    const { commandLine, exitCode, reference } = this.deps.failedCommand();
    await this.ask(
      { kind: "explainCommand", subject: { commandLine, exitCode, output: reference.text } },
      questionFor("explainCommand"),
      reference,
    );
  }

  /** @param given the file of the Explorer or of a tab; else the one in front. */
  async summarize(given: vscode.Uri | undefined): Promise<void> {
    const uri = given ?? vscode.window.activeTextEditor?.document.uri;
    if (uri === undefined) {
      throw new PaddockError("unsupported", vscode.l10n.t("No file is open."), {
        remedy: vscode.l10n.t("Open a file and try again."),
      });
    }
    const reference = await this.deps.fileReference(uri);
    const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
    const languageId = document?.languageId ?? "";
    const subject = { path: reference.label, languageId, text: reference.text };
    await this.ask({ kind: "summarize", subject }, questionFor("summarize"), reference);
  }

  /** @param given the folder of the Explorer; else the workspace's, or the one the person picks. */
  async askFolder(given: vscode.Uri | undefined): Promise<void> {
    const folder = given ?? (await chosenFolder());
    if (folder === undefined) return;
    const question = await vscode.window.showInputBox({
      title: vscode.l10n.t("Ask About {0}", vscode.workspace.asRelativePath(folder)),
      prompt: vscode.l10n.t("The model sees the folder's files by name, with what they define."),
      value: questionFor("askFolder"),
      ignoreFocusOut: true,
    });
    if (question === undefined || question.trim() === "") return;
    const reference = await this.running.run(vscode.l10n.t("Paddock: {0}", workingText("askFolder")), ({ signal }) =>
      this.deps.folderReference(folder, signal),
    );
    const subject = { path: reference.label, outline: reference.text };
    await this.ask({ kind: "askFolder", subject, instruction: question }, question, reference);
  }

  /** In the chat where it fits there; what is too long for the model is cut, and answered in an editor. */
  private async ask(request: ActionRequest, question: string, reference: ActionReference): Promise<void> {
    const { deps } = this;
    const model = deps.model();
    const answer = await this.running.run(
      vscode.l10n.t("Paddock: {0}", workingText(request.kind)),
      async ({ signal, report }) => {
        const facts = await deps.facts(model.id, signal);
        const room = (facts.contextSize ?? Number.POSITIVE_INFINITY) * shareForQuestion;
        if (tokensIn(question) + tokensIn(reference.text) < room) return undefined;
        const run = { backend: deps.backend, model: model.id, facts, request, signal, onProgress: report };
        return (await runAction(run)).answer;
      },
      deps.destination(model.id),
    );
    if (answer === undefined) {
      await deps.ask(question, [reference]);
      return;
    }
    if (answer.kind === "refused") {
      void vscode.window.showWarningMessage(refusalText(answer.why, model.displayName));
      return;
    }
    const note = vscode.l10n.t(
      "{0} is longer than the context of {1}; the model saw part of it.",
      reference.label,
      model.displayName,
    );
    const content = `# ${question}\n\n${answer.kind === "text" ? answer.text : ""}\n\n_${note}_\n`;
    const document = await vscode.workspace.openTextDocument({ content, language: "markdown" });
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preview: false });
  }
}

async function chosenFolder(): Promise<vscode.Uri | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length === 0) {
    throw new PaddockError("unsupported", vscode.l10n.t("No folder is open."), {
      remedy: vscode.l10n.t("Open a folder and try again, or use the menu of a folder in the Explorer."),
    });
  }
  return folders.length === 1 ? folders[0]?.uri : (await vscode.window.showWorkspaceFolderPick())?.uri;
}
