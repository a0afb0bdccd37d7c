import * as vscode from "vscode";
import type { ActionRequest } from "./actions/core/actionRequest";
import type { FittedAnswer } from "./actions/core/fittedAnswer";
import type { ActionsDeps } from "./actions/host/actionDeps";
import { refusalText } from "./actions/host/actionTexts";
import { codeTarget, type GivenTarget } from "./actions/host/codeTarget";
import { runAction } from "./actions/node/actionRunner";
import type { ActionAnswer, Asked, ChatActions, CodePlace } from "./native/host/participantDeps";
import { PaddockError } from "./platform/core/errors";
import { visibleText } from "./platform/core/visibleText";

type Deps = Pick<
  ActionsDeps,
  "backend" | "facts" | "checkDocument" | "enclosing" | "commitChange" | "commitBox" | "nameOf"
>;

/** The actions for a question to @paddock: the same prompts and the same fitting, shown in the chat. */
export function chatActions(deps: Deps): ChatActions {
  return {
    code: async (kind, place, asked) => {
      const { document, range, subject } = await codeTarget(deps, await givenTarget(place), asked.signal);
      const answer = await run(deps, { kind, subject, ...instruction(asked) }, asked);
      const { before, selected, after } = subject;
      const base = before + selected + after;
      return { ...codeAnswer(answer, document, base, asked, deps), place: { uri: document.uri, range } };
    },
    commit: async (asked) => {
      const change = await deps.commitChange(undefined, asked.signal);
      if (change === undefined) {
        throw new PaddockError("unsupported", vscode.l10n.t("No repository was chosen."));
      }
      const { files, recent, root, staged, refused: withheld } = change;
      const answer = await run(deps, { kind: "commit", subject: { files, recent }, ...instruction(asked) }, asked);
      return answer.kind === "text" && answer.form === "message"
        ? { kind: "message", text: answer.text, repository: root, staged, refused: withheld }
        : refused(answer, asked, deps);
    },
    useCommitMessage: async (text, repository) => {
      const box = await deps.commitBox(repository);
      if (box === undefined) {
        const closed = vscode.l10n.t("The repository {0} is not open any more.", visibleText(repository.fsPath));
        throw new PaddockError("unsupported", closed, {
          remedy: vscode.l10n.t("Open it in the Source Control view, or copy the message from the answer."),
        });
      }
      const replace = vscode.l10n.t("Replace It");
      const isFree = box.value.trim() === "" || box.value === text;
      const words = vscode.l10n.t("There is a commit message already.");
      if (!isFree && (await vscode.window.showWarningMessage(words, replace)) !== replace) return;
      box.value = text;
      await vscode.commands.executeCommand("workbench.view.scm");
    },
  };
}

/** A file that is attached as a whole and is in front means what is around its cursor; any other all of it. */
async function givenTarget(place: CodePlace | undefined): Promise<GivenTarget | undefined> {
  if (place === undefined) return undefined;
  const front = vscode.window.activeTextEditor;
  if (place.range === undefined && front?.document.uri.toString() === place.uri.toString()) return undefined;
  const document = await vscode.workspace.openTextDocument(place.uri);
  const end = document.lineAt(document.lineCount - 1).range.end;
  return { document, range: place.range ?? new vscode.Range(new vscode.Position(0, 0), end) };
}

function instruction({ instruction: words }: Asked): { readonly instruction?: string } {
  return words === "" ? {} : { instruction: words };
}

async function run(deps: Deps, request: ActionRequest, { model, signal, onText }: Asked): Promise<FittedAnswer> {
  const { answer } = await runAction({
    ...{ backend: deps.backend, model, request, signal, facts: await deps.facts(model, signal) },
    onProgress: ({ text }) => {
      if (text !== "") onText?.(text);
    },
  });
  return answer;
}

/** @param base the document when it was asked about: what was typed since is not written over. */
function codeAnswer(
  answer: FittedAnswer,
  { uri: target, languageId }: vscode.TextDocument,
  base: string,
  asked: Asked,
  deps: Deps,
): ActionAnswer {
  if (answer.kind === "edit") {
    const { replacement, file, imports } = answer;
    return { kind: "edit", target, base, file, replacement, languageId, imports };
  }
  if (answer.kind !== "text") return refused(answer, asked, deps);
  return answer.form === "code"
    ? { kind: "code", text: answer.text, languageId: answer.languageId }
    : { kind: "prose", text: answer.text };
}

function refused(answer: FittedAnswer, { model }: Asked, { nameOf }: Deps): ActionAnswer {
  return { kind: "refused", reason: refusalText(answer.kind === "refused" ? answer.why : "malformed", nameOf(model)) };
}
