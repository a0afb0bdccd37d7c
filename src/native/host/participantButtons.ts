import * as v from "valibot";
import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import type { ChatActions } from "./participantDeps";

/** What buttons below an answer run. They are no commands of the palette: without an answer they mean nothing. */
export const buttonCommands = {
  reviewEdit: "paddock.chat.reviewEdit",
  openCode: "paddock.chat.openCode",
  useCommitMessage: "paddock.chat.useCommitMessage",
  askDatabase: "paddock.askDatabase",
} as const;

export interface ParticipantButtonsDeps {
  /** The one way a document is changed. */
  readonly propose: (proposal: {
    readonly target: vscode.Uri;
    readonly change: { readonly kind: "whole"; readonly text: string; readonly base: string };
    readonly label: string;
  }) => Promise<unknown>;
  readonly actions: Pick<ChatActions, "useCommitMessage">;
}

// An answer stays in VS Code's storage, and anybody can run a command: what comes back is looked at again.
const editSchema = v.object({ target: v.string(), base: v.string(), text: v.string() });
const codeSchema = v.object({ text: v.string(), languageId: v.string() });
const messageSchema = v.object({ text: v.string(), repository: v.string() });

/** By the name after "paddock.". */
export function participantButtons({
  propose,
  actions,
}: ParticipantButtonsDeps): Readonly<Record<string, (given: unknown) => Promise<unknown>>> {
  return {
    "chat.reviewEdit": (given) => {
      const { target, base, text } = parsed(editSchema, given);
      return propose({
        target: vscode.Uri.parse(target, true),
        change: { kind: "whole", text, base },
        label: vscode.l10n.t("Code from @paddock"),
      });
    },
    "chat.openCode": async (given) => {
      const { text, languageId } = parsed(codeSchema, given);
      const language = (await vscode.languages.getLanguages()).includes(languageId) ? languageId : "plaintext";
      await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language, content: text }));
    },
    "chat.useCommitMessage": (given) => {
      const { text, repository } = parsed(messageSchema, given);
      return actions.useCommitMessage(text, vscode.Uri.parse(repository, true));
    },
  };
}

function parsed<Schema extends v.GenericSchema>(schema: Schema, given: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, given);
  if (result.success) return result.output;
  throw new PaddockError("invalid-message", vscode.l10n.t("This works from an answer of @paddock only."));
}
