import * as vscode from "vscode";
import type { ModelId } from "../../engine/backend";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { visibleText } from "../../platform/core/visibleText";
import { type ActionKind, actionKinds, type CodeActionKind, codeActionKinds } from "../core/actionKinds";
import { languageForm, translationTargets } from "../core/languageForms";
import { isUseless } from "../core/usefulness";
import type { ActionsDeps, OwnAction } from "./actionDeps";
import { actionTitle } from "./actionTexts";
import { CodeRuns } from "./codeRuns";
import { codeTarget, type GivenTarget } from "./codeTarget";
import { CommitBox } from "./commitBox";
import { HeaderProblems } from "./headerProblems";
import { LastAction } from "./lastAction";
import { type GivenAction, Lightbulb, runGivenCommand } from "./lightbulb";
import { ModelForAction } from "./modelForAction";
import { OwnActions } from "./ownActions";
import { RunningActions } from "./runningActions";
import { Sending } from "./sending";
import { TextRuns } from "./textRuns";

export interface ActionsRoom extends Disposable {
  /** By the name after "paddock.". */
  readonly commands: Readonly<Record<string, (...given: unknown[]) => Promise<unknown>>>;
  /** As the lightbulb and other rooms ask: for this code, whatever is in front. */
  run(kind: ActionKind, given?: GivenTarget): Promise<void>;
}

/** The model at the palette, the lightbulb, the context menu, the commit box and the terminal. */
export function createActions(deps: ActionsDeps): ActionsRoom {
  const store = new DisposableStore();
  const running = store.add(new RunningActions(new Sending(deps.memento)));
  const last = new LastAction(deps);
  const models = new ModelForAction(deps, running);
  const runs = new CodeRuns(deps, running, last, models);
  const texts = new TextRuns(deps, running, last, models);
  const commit = new CommitBox(deps, running, last, models);
  const own = new OwnActions(deps, runs, texts, running);
  store.add(new HeaderProblems(deps));

  const runCode = async (kind: CodeActionKind, given?: GivenTarget): Promise<void> => {
    if (kind === "explain") return texts.explain(given);
    const target = await running.run(vscode.l10n.t("Paddock: reading the code"), ({ signal }) =>
      codeTarget(deps, given, signal),
    );
    if (kind === "edit") {
      const instruction = await askInstruction();
      if (instruction !== undefined) await runs.run({ kind, target, instruction });
      return;
    }
    if (kind === "translate") {
      const targetLanguage = await askLanguage(target.subject.languageId);
      if (targetLanguage !== undefined) await runs.run({ kind, target, targetLanguage });
      return;
    }
    await runs.run({ kind, target });
  };
  const run = async (kind: ActionKind, given?: GivenTarget): Promise<void> => {
    switch (kind) {
      case "commit":
        return commit.write(undefined);
      case "explainCommand":
        return texts.explainCommand();
      case "summarize":
        return texts.summarize(undefined);
      case "askFolder":
        return texts.askFolder(undefined);
      default:
        return runCode(kind, given);
    }
  };
  /** @param given by a key binding: the name of an action, built in or the person's own. */
  const choose = async (given: unknown): Promise<void> => {
    if (typeof given === "string") {
      const known = actionKinds.find((kind) => kind === given);
      return known === undefined ? own.runNamed(given) : run(known);
    }
    const picked = await pickAction(own.list(), deps.model().id);
    if (picked === undefined) return;
    return "kind" in picked ? run(picked.kind) : own.run(picked.own);
  };
  store.add(
    vscode.languages.registerCodeActionsProvider({ scheme: "*" }, new Lightbulb(deps.lightbulb), Lightbulb.metadata),
  );
  store.add(
    vscode.commands.registerCommand(runGivenCommand, ({ kind, ...given }: GivenAction) =>
      run(kind, given).catch(deps.report),
    ),
  );
  return {
    run,
    commands: {
      ...Object.fromEntries(codeActionKinds.map((kind) => [commandNames[kind], () => run(kind)])),
      writeCommitMessage: (first) => commit.write(rootOf(first)),
      explainLastCommand: () => texts.explainCommand(),
      summarizeFile: (first) => texts.summarize(first instanceof vscode.Uri ? first : undefined),
      askFolder: (first) => texts.askFolder(first instanceof vscode.Uri ? first : undefined),
      runAction: (first) => choose(first),
      repeatAction: () => last.repeat(),
      refineAction: () => last.refine(),
      cancelAction: () => {
        running.cancelAll();
        return Promise.resolve();
      },
    },
    dispose: () => store.dispose(),
  };
}

const commandNames: Readonly<Record<CodeActionKind, string>> = {
  explain: "explainCode",
  fix: "fixCode",
  edit: "editCode",
  document: "documentCode",
  tests: "writeTests",
  simplify: "simplifyCode",
  translate: "translateCode",
  name: "suggestNames",
};

type ActionItem = vscode.QuickPickItem & ({ readonly kindOfAction: ActionKind } | { readonly own: OwnAction } | object);

async function pickAction(
  listed: Promise<readonly OwnAction[]>,
  model: ModelId,
): Promise<{ readonly kind: ActionKind } | { readonly own: OwnAction } | undefined> {
  const items = listed.then((own): ActionItem[] => [
    ...own.map((action) => ({
      label: `$(note) ${visibleText(action.name)}`,
      description: visibleText(action.description),
      detail: visibleText(action.place),
      own: action,
    })),
    ...(own.length === 0 ? [] : [{ label: "", kind: vscode.QuickPickItemKind.Separator }]),
    ...actionKinds.map((kindOfAction) => ({
      label: actionTitle(kindOfAction),
      description: isUseless(model, kindOfAction) ? vscode.l10n.t("seldom of use with this model (measured)") : "",
      kindOfAction,
    })),
  ]);
  const picked = await vscode.window.showQuickPick<ActionItem>(items, {
    title: vscode.l10n.t("Run Action"),
    placeHolder: vscode.l10n.t("On the selection, the code at the cursor, or the problem there"),
    matchOnDescription: true,
  });
  if (picked === undefined) return undefined;
  if ("own" in picked) return { own: picked.own };
  return "kindOfAction" in picked ? { kind: picked.kindOfAction } : undefined;
}

async function askInstruction(): Promise<string | undefined> {
  const given = await vscode.window.showInputBox({
    title: vscode.l10n.t("Edit as I Say"),
    prompt: vscode.l10n.t("What should be changed? The change is shown for review before anything is written."),
    placeHolder: vscode.l10n.t("for example: return early when the list is empty"),
    ignoreFocusOut: true,
  });
  return given === undefined || given.trim() === "" ? undefined : given.trim();
}

async function askLanguage(from: string): Promise<string | undefined> {
  const items = translationTargets
    .filter((id) => id !== from)
    .map((id) => ({ label: languageForm(id).name, id }))
    .sort((a, b) => a.label.localeCompare(b.label));
  const title = vscode.l10n.t("Translate to which language?");
  return (await vscode.window.showQuickPick(items, { title }))?.id;
}

/** The Source Control view hands its menu's commands the provider that was clicked. */
function rootOf(given: unknown): vscode.Uri | undefined {
  if (given === null || typeof given !== "object" || !("rootUri" in given)) return undefined;
  return given.rootUri instanceof vscode.Uri ? given.rootUri : undefined;
}
