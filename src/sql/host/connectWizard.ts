import * as vscode from "vscode";
import { isCancellation, toPaddockError } from "../../platform/core/errors";
import type { ConnectionProfile } from "../core/connection";
import type { Connections } from "../node/connections";
import { type ConnectDraft, draftOf, emptyDraft, profileOf, targetOf } from "./connectDraft";
import { stepsFor, usualScope } from "./connectSteps";
import { engineName, placeWords } from "./databaseItems";
import { type Answer, askChoice } from "./wizardSteps";

export interface WizardDeps {
  readonly connections: Connections;
}

/**
 * Asks step by step for a connection, with a way back at each, and keeps it.
 * @returns its id; undefined: the person went away, and nothing is kept. @throws PaddockError storage/*
 */
export async function connectWizard(deps: WizardDeps, profile?: ConnectionProfile): Promise<string | undefined> {
  const isNew = profile === undefined;
  const title = isNew ? vscode.l10n.t("Connect to a Database") : vscode.l10n.t("Edit {0}", profile.name);
  const start = isNew ? emptyDraft(usualScope()) : draftOf(profile, deps.connections.scopeOf(profile.id));
  /** The drafts before each step that was answered, so that going back also takes back. */
  const behind: ConnectDraft[] = [];
  let draft = start;
  for (;;) {
    const steps = stepsFor(draft);
    const at = { title, step: behind.length + 1, steps: draft.engine === undefined ? 0 : steps.length + 1 };
    const step = steps[behind.length];
    if (step === undefined) {
      const end = await finish(deps, draft, at);
      if (end !== "back") return end?.value;
      draft = behind.pop() ?? start;
      continue;
    }
    const answer = await step(draft, at);
    if (answer === undefined) return undefined;
    if (answer === "back") draft = behind.pop() ?? start;
    else {
      behind.push(draft);
      draft = answer.value;
    }
  }
}

type End = "connect" | "test" | "keep" | "scope" | "samples";

/** The last step: keep it, here or everywhere, and try it before if wanted. */
async function finish(
  { connections }: WizardDeps,
  given: ConnectDraft,
  at: { readonly title: string; readonly step: number; readonly steps: number },
): Promise<Answer<string>> {
  let draft = given;
  let said = "";
  for (;;) {
    const target = targetOf(draft);
    if (target === undefined) return "back";
    const profile = profileOf(draft, target);
    const answer = await askChoice<End>({
      ...at,
      placeholder: said === "" ? placeWords(target) : said,
      items: [
        { value: "connect", label: `$(plug) ${vscode.l10n.t("Keep and connect")}` },
        { value: "test", label: `$(beaker) ${vscode.l10n.t("Test the connection")}` },
        { value: "keep", label: `$(save) ${vscode.l10n.t("Keep without connecting")}` },
        {
          value: "scope",
          label: `$(globe) ${vscode.l10n.t("Kept for")}`,
          description: draft.scope === "workspace" ? vscode.l10n.t("this workspace") : vscode.l10n.t("all workspaces"),
        },
        {
          value: "samples",
          label: `$(symbol-enum) ${vscode.l10n.t("Sample values")}`,
          description: profile.sampleValues ? vscode.l10n.t("read") : vscode.l10n.t("not read"),
          detail: vscode.l10n.t("Values of columns that have few, for the Databases view and for the model"),
        },
      ],
    });
    if (answer === undefined || answer === "back") return answer;
    switch (answer.value) {
      case "scope":
        draft = { ...draft, scope: draft.scope === "workspace" ? "everywhere" : usualScope() };
        break;
      case "samples":
        draft = { ...draft, sampleValues: !profile.sampleValues };
        break;
      case "test":
        said = await testWords(connections, profile, draft.password);
        break;
      case "connect":
      case "keep":
        await connections.save(profile, draft.scope, draft.password);
        if (answer.value === "connect") void vscode.commands.executeCommand("paddock.openDatabase", profile.id);
        return { value: profile.id };
    }
  }
}

/** Tries a connection that is not kept yet. @returns what came of it, in words. */
export async function testWords(
  connections: Connections,
  profile: ConnectionProfile,
  password: string | undefined,
): Promise<string> {
  try {
    const schema = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t("Testing {0}", profile.name),
        cancellable: true,
      },
      (_, token) => {
        const abort = new AbortController();
        token.onCancellationRequested(() => abort.abort());
        return connections.test(profile, password, abort.signal);
      },
    );
    const server = `${engineName(schema.engine)} ${schema.version}`;
    return schema.tables.length === 1
      ? vscode.l10n.t("It works: {0}, 1 table.", server)
      : vscode.l10n.t("It works: {0}, {1} tables.", server, schema.tables.length);
  } catch (error) {
    if (isCancellation(error)) return vscode.l10n.t("The test was stopped.");
    const { message, remedy } = toPaddockError(error, "sql/connection");
    return vscode.l10n.t("It does not work: {0}", remedy === undefined ? message : `${message} ${remedy}`);
  }
}
