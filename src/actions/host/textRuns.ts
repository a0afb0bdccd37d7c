import * as vscode from "vscode";
import type { ModelId } from "../../engine/backend";
import { PaddockError } from "../../platform/core/errors";
import type { ActionKind } from "../core/actionKinds";
import { tokensIn } from "../core/actionPrompt";
import { sourceLine } from "../core/actionWords";
import { type PlannedQuestion, planQuestion, type QuestionSubject, roomForQuestion } from "../core/chatQuestion";
import { type ModelSize, modelSize } from "../core/modelSize";
import type { ModelFacts } from "../node/actionRun";
import type { ActionReference, ActionsDeps } from "./actionDeps";
import {
  actionTitle,
  cutNote,
  folderInstruction,
  folderQuestion,
  partLabel,
  problemQuestion,
  questionFor,
  workingText,
} from "./actionTexts";
import { type CodeTarget, codeTarget, type GivenTarget } from "./codeTarget";
import type { LastAction } from "./lastAction";
import type { ModelForAction } from "./modelForAction";
import type { RunningActions } from "./runningActions";

/** Everything by which the same can be asked again. */
interface TextRun {
  readonly kind: ActionKind;
  readonly title: string;
  /** Undefined: the one for the action. */
  readonly model: ModelId | undefined;
  readonly about: QuestionSubject;
  /** Of what it is about: the label with lines where there are some, and the path without. */
  readonly place: { readonly label: string; readonly path: string; readonly uri: string };
  readonly question: (size: ModelSize) => string;
  /** What goes along besides, as it is. */
  readonly references: readonly ActionReference[];
  /** The question's text has the code where the person wants it. */
  readonly hasCode?: boolean;
}

/** A shorter selection may stand in a prompt by chance, characters. */
const leastQuoted = 16;

/** An action of the person's own that asks the chat. */
export interface OwnQuestion {
  readonly title: string;
  readonly model: ModelId | undefined;
  readonly text: string;
  readonly references: readonly ActionReference[];
  readonly target: CodeTarget;
  /** Nothing of the file around the code goes along. */
  readonly alone: boolean;
}

/**
 * Actions whose answer is a text: the chat is asked, where it can be read, refined and asked about. The question is the
 * action's own for the model's size, and all that it carries stands below it.
 */
export class TextRuns {
  constructor(
    private readonly deps: ActionsDeps,
    private readonly running: Pick<RunningActions, "run">,
    private readonly last: Pick<LastAction, "set">,
    private readonly models: Pick<ModelForAction, "get">,
  ) {}

  async explain(given?: GivenTarget): Promise<void> {
    const target = await this.running.run(vscode.l10n.t("Paddock: {0}", workingText("explain")), ({ signal }) =>
      codeTarget(this.deps, given, signal),
    );
    const { subject } = target;
    const [problem] = given?.diagnostics ?? [];
    const question = (size: ModelSize): string =>
      problem === undefined
        ? questionFor("explain", size)
        : problemQuestion(problem.message.trim(), sourceLine(subject, problem.range.start.line + 1), size);
    await this.ask({
      kind: "explain",
      title: actionTitle("explain"),
      model: undefined,
      about: { kind: "code", subject },
      place: placeOf(target),
      question,
      references: [],
    });
  }

  async explainCommand(): Promise<void> {
    const { reference } = this.deps.failedCommand();
    await this.askAbout("explainCommand", "command", reference, (size) => questionFor("explainCommand", size));
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
    if (reference.text.trim() === "") {
      throw new PaddockError("unsupported", vscode.l10n.t("{0} is empty.", reference.label), {
        remedy: vscode.l10n.t("Choose another file."),
      });
    }
    await this.askAbout("summarize", "file", reference, (size) => questionFor("summarize", size));
  }

  /** @param given the folder of the Explorer; else the workspace's, or the one the person picks. */
  async askFolder(given: vscode.Uri | undefined): Promise<void> {
    const folder = given ?? (await chosenFolder());
    if (folder === undefined) return;
    const wanted = await vscode.window.showInputBox({
      title: vscode.l10n.t("Ask About {0}", vscode.workspace.asRelativePath(folder)),
      prompt: vscode.l10n.t("The model sees the folder's files by name, with what they define."),
      value: folderQuestion(),
      ignoreFocusOut: true,
    });
    if (wanted === undefined || wanted.trim() === "") return;
    const reference = await this.running.run(vscode.l10n.t("Paddock: {0}", workingText("askFolder")), ({ signal }) =>
      this.deps.folderReference(folder, signal),
    );
    await this.askAbout("askFolder", "folder", reference, (size) => `${wanted.trim()}\n\n${folderInstruction(size)}`);
  }

  /** The prompt is the question, and nothing is added to it. */
  async askOwn({ title, model, text, references, target, alone }: OwnQuestion): Promise<void> {
    const { subject } = target;
    const code = subject.selected.trim();
    await this.ask({
      kind: "explain",
      title,
      model,
      about: { kind: "code", subject, alone },
      place: placeOf(target),
      question: () => text,
      references,
      hasCode: code.length >= leastQuoted && text.includes(code),
    });
  }

  private askAbout(
    kind: ActionKind,
    what: Exclude<QuestionSubject["kind"], "code">,
    { label, uri, text }: ActionReference,
    question: TextRun["question"],
  ): Promise<void> {
    return this.ask({
      kind,
      title: actionTitle(kind),
      model: undefined,
      about: { kind: what, text },
      place: { label, path: label, uri },
      question,
      references: [],
    });
  }

  private async ask(run: TextRun): Promise<void> {
    const { deps } = this;
    const model = run.model ?? (await this.models.get(run.kind));
    const { text, planned } = await this.running.run(
      vscode.l10n.t("Paddock: {0}", workingText(run.kind)),
      async ({ signal }) => plannedFor(run, await deps.facts(model, signal)),
      deps.destination(model),
      deps.nameOf(model),
    );
    const { dropped, parts } = planned;
    if (dropped.length > 0) deps.log.info(`Action ${run.kind} with ${model}: left out: ${dropped.join(", ")}.`);
    const own = parts
      .filter(({ what }) => what !== "code" || run.hasCode !== true)
      .map((part) => ({ label: partLabel(part, run.place), uri: run.place.uri, text: part.text }));
    const conversation = await deps.ask({ text, references: [...run.references, ...own], model });
    this.last.set({
      title: run.title,
      model,
      isReviewed: false,
      // The question is asked as it was: it quotes what it is about.
      check: () => undefined,
      repeat: (other) => this.ask({ ...run, model: other }),
      refine: async (wish) => {
        await deps.ask({ text: wish, references: [], model, conversation });
      },
    });
  }
}

/** The question for the model, with what goes along. */
function plannedFor(
  { question, references, about }: TextRun,
  { contextSize = Number.POSITIVE_INFINITY, parameters }: ModelFacts,
): { readonly text: string; readonly planned: PlannedQuestion } {
  const size = modelSize(parameters);
  const text = question(size);
  const taken = [text, cutNote(), ...references.map((one) => one.text)].reduce((sum, one) => sum + tokensIn(one), 0);
  const planned = planQuestion(about, size, roomForQuestion(contextSize) - taken);
  return { text: planned.cut ? `${text}\n\n${cutNote()}` : text, planned };
}

function placeOf({ subject, document, range }: CodeTarget): TextRun["place"] {
  const label = `${subject.path}:${range.start.line + 1}-${range.end.line + 1}`;
  return { label, path: subject.path, uri: document.uri.toString() };
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
