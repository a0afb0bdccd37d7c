import * as v from "valibot";
import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import type { EditService } from "./editService";
import type { ReviewSession } from "./reviewSession";

/** Lenses and links name a review or one change of it; the palette and the buttons of an editor name none. */
const referenceSchema = v.union([
  v.object({ session: v.number(), hunk: v.number() }),
  v.pipe(
    v.number(),
    v.transform((session) => ({ session, hunk: undefined })),
  ),
]);

/** @param report tells a person about a failure. */
export function registerReviewCommands(edits: EditService, report: (error: unknown) => void): Disposable {
  const store = new DisposableStore();
  const add = (name: string, run: (session: ReviewSession, hunk: number | undefined) => Promise<unknown>): void => {
    store.add(
      vscode.commands.registerCommand(`paddock.${name}`, async (argument: unknown) => {
        const parsed = v.safeParse(referenceSchema, argument);
        const session = parsed.success ? edits.get(parsed.output.session) : edits.active;
        try {
          if (session !== undefined) await run(session, parsed.success ? parsed.output.hunk : undefined);
          else void vscode.window.showInformationMessage(vscode.l10n.t("There are no proposed changes to review."));
        } catch (error) {
          report(error);
        }
      }),
    );
  };
  add("showReview", (session, hunk) => edits.show(session, hunk ?? session.current));
  add("nextChange", (session) => edits.step(session, 1));
  add("previousChange", (session) => edits.step(session, -1));
  add("acceptChange", (session, hunk) => edits.decide(session, hunk, "accepted"));
  add("rejectChange", (session, hunk) => edits.decide(session, hunk, "rejected"));
  add("acceptAllChanges", (session) => edits.decideAll(session, "accepted"));
  add("rejectAllChanges", (session) => edits.decideAll(session, "rejected"));
  add("applyAcceptedChanges", (session) => edits.finish(session));
  add("takeBackDecision", (session) => edits.takeBack(session));
  return store;
}
