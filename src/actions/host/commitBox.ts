import * as vscode from "vscode";
import type { ModelId } from "../../engine/backend";
import { visibleText } from "../../platform/core/visibleText";
import type { ActionRequest, Refinement } from "../core/actionRequest";
import { runAction } from "../node/actionRunner";
import type { ActionsDeps, CommitChange } from "./actionDeps";
import { actionTitle, refusalText, secretsText, workingText } from "./actionTexts";
import type { LastAction, RanAction } from "./lastAction";
import type { ModelForAction } from "./modelForAction";
import type { RunningAction, RunningActions } from "./runningActions";

/** Everything by which the same can be asked again, about what is changed by then. */
interface CommitRun {
  /** Undefined: it is found, or asked for. */
  readonly root: vscode.Uri | undefined;
  readonly model: ModelId;
  /** What the person had begun to write. */
  readonly begun?: string;
  readonly refine?: Refinement;
  /** Absent: another try where the box has our message, else the first. */
  readonly attempt?: number;
}

/** What we put into a box. */
interface Ours {
  /** All that stood there then. */
  readonly text: string;
  /** The person's words below our message. */
  readonly below: string;
  readonly attempt: number;
}

/** While a message is being written, the Source Control view has Cancel in the command's place. */
const writingKey = "paddock.writingCommitMessage";

/** Writes the message for what is staged into the Source Control view's box; what stands there is not lost unasked. */
export class CommitBox {
  /** By repository, because Git gives out another box at each call: what was written by us, and may go for another try. */
  private readonly written = new Map<string, Ours>();
  /** Of several repositories at once. */
  private writing = 0;

  constructor(
    private readonly deps: ActionsDeps,
    private readonly running: RunningActions,
    private readonly last: Pick<LastAction, "set" | "offerMore">,
    private readonly models: Pick<ModelForAction, "get">,
  ) {
    // What an extension host that is gone has said still holds.
    this.tellWriting(0);
  }

  /** @param root the repository's folder, where the person clicked in its title. */
  async write(root: vscode.Uri | undefined): Promise<void> {
    await this.run({ root, model: await this.models.get("commit") });
  }

  private async run(run: CommitRun): Promise<void> {
    const { deps } = this;
    const { model, refine } = run;
    const work = async ({ signal, report }: RunningAction) => {
      const change = await deps.commitChange(run.root, signal);
      if (change === undefined) return undefined;
      const { files, recent, box } = change;
      const before = box.value;
      const ours = this.ours(change);
      const begun = run.begun ?? (ours === undefined ? before.trim() : ours.below);
      const attempt = run.attempt ?? (ours === undefined ? 0 : ours.attempt + 1);
      const request: ActionRequest = {
        kind: "commit",
        subject: { files, recent },
        // What somebody has begun to write says what the change is about.
        ...(begun === "" ? {} : { instruction: `It is about this: ${begun.slice(0, 500)}` }),
        ...(refine === undefined ? {} : { refine }),
        attempt,
      };
      const facts = await deps.facts(model, signal);
      const { answer, raw } = await runAction({
        ...{ backend: deps.backend, model, facts, request, signal },
        onProgress: report,
      });
      return { change, answer, raw, before, begun, attempt };
    };
    const what = vscode.l10n.t("Paddock: {0}", workingText("commit"));
    const told = (action: RunningAction): ReturnType<typeof work> => this.whileWriting(() => work(action));
    const found = await this.running.run(what, told, deps.destination(model), deps.nameOf(model));
    if (found === undefined) return;
    const { change, answer, raw, before, begun, attempt } = found;
    const ran = this.ran({ root: change.root, model, begun, attempt }, raw);
    this.last.set(ran);
    if (answer.kind !== "text" || answer.form !== "message") {
      const why = answer.kind === "refused" ? answer.why : "malformed";
      this.last.offerMore(refusalText(why, deps.nameOf(model)), ran);
      return;
    }
    await this.put(change, answer.text, attempt, before);
    this.tell(change);
  }

  /** @param raw the answer as the model wrote it. */
  private ran(run: CommitRun & { readonly attempt: number }, raw: string): RanAction {
    const { model, attempt } = run;
    return {
      title: actionTitle("commit"),
      model,
      isReviewed: false,
      // What is changed is looked at anew, and what stands in the box is asked about.
      check: () => undefined,
      repeat: (other) => this.run({ ...run, model: other, attempt: other === model ? attempt + 1 : 0 }),
      refine: (wish) => this.run({ ...run, refine: { answer: raw, wish } }),
    };
  }

  private async whileWriting<T>(work: () => Promise<T>): Promise<T> {
    this.tellWriting(this.writing + 1);
    try {
      return await work();
    } finally {
      this.tellWriting(this.writing - 1);
    }
  }

  private tellWriting(count: number): void {
    this.writing = count;
    void vscode.commands.executeCommand("setContext", writingKey, count > 0);
  }

  /** What we wrote, where it stands in the box still. */
  private ours({ root, box }: CommitChange): Ours | undefined {
    const ours = this.written.get(root.toString());
    return ours?.text === box.value && box.value.trim() !== "" ? ours : undefined;
  }

  private async put(change: CommitChange, message: string, attempt: number, before: string): Promise<void> {
    const { box } = change;
    // What was typed while the model wrote counts as well.
    const ours = box.value === before ? this.ours(change) : undefined;
    let below = ours?.below ?? "";
    if (ours === undefined && box.value.trim() !== "") {
      const replace = vscode.l10n.t("Replace What Is There");
      const above = vscode.l10n.t("Put It Above");
      const picked = await vscode.window.showQuickPick([replace, above], {
        title: visibleText(message.split("\n")[0] ?? ""),
        placeHolder: vscode.l10n.t("The box has a message already"),
        // A look at the box or the changes must not lose what a model took its time for.
        ignoreFocusOut: true,
      });
      if (picked === undefined) return;
      below = picked === above ? box.value : "";
    }
    box.value = below === "" ? message : `${message}\n\n${below}`;
    this.written.set(change.root.toString(), { text: box.value, below, attempt });
  }

  private tell({ staged, refused }: CommitChange): void {
    const notes = [
      ...(staged ? [] : [vscode.l10n.t("Nothing is staged: the message is about all changes.")]),
      ...(refused.length === 0 ? [] : [secretsText(refused)]),
    ];
    if (notes.length === 0) return;
    // What the message does not know must still be there to read when it is.
    if (refused.length > 0) void vscode.window.showInformationMessage(notes.join(" "));
    else void vscode.window.setStatusBarMessage(notes.join(" "), 10_000);
  }
}
