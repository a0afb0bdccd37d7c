import { randomUUID } from "node:crypto";
import path from "node:path";
import * as vscode from "vscode";
import * as v from "valibot";
import { DisposableStore } from "../../platform/core/disposables";
import { pageStateSchema } from "../core/askContract";
import type { ShowRequest } from "../core/resultsSink";
import { confirmedPairs } from "../node/askHistory";
import { AskStore } from "../node/askStore";
import { AskPanel, askPanelType } from "./askPanel";
import type { AskPanelDeps, AskPanels } from "./askPanelDeps";
import { AskSession } from "./askSession";
import { askWords } from "./askWords";

interface Open {
  readonly session: AskSession;
  readonly panel: AskPanel;
}

/** The panels in which a person asks databases, one for each connection, and what is kept of what was asked. */
export function createAskPanels(deps: AskPanelDeps): AskPanels {
  const subscriptions = new DisposableStore();
  const store = new AskStore(path.join(deps.storage.fsPath, "databases", "asked"), deps.log);
  const open = new Map<string, Open>();

  const show = (id: string, existing?: vscode.WebviewPanel): Open => {
    const known = open.get(id);
    if (known !== undefined) {
      // The editor gave a page back for a connection whose panel is open already.
      existing?.dispose();
      known.panel.reveal();
      return known;
    }
    const session = new AskSession({
      id,
      profile: () => deps.profile(id),
      connect: (signal) => deps.connect(id, signal),
      gate: deps.gate,
      limits: deps.limits,
      runsAnswers: deps.runsAnswers,
      store,
      words: askWords(deps.describeError),
      log: deps.log,
    });
    const panel = new AskPanel(
      existing ??
        vscode.window.createWebviewPanel(askPanelType, deps.profile(id)?.name ?? id, vscode.ViewColumn.Active, {
          retainContextWhenHidden: false,
        }),
      {
        ...{ id, session, extensionUri: deps.extensionUri, log: deps.log },
        ...{ reveal: deps.reveal, allowWriting: deps.allowWriting, openSql: deps.openSql },
      },
      () => {
        session.dispose();
        open.delete(id);
      },
    );
    const made = { session, panel };
    open.set(id, made);
    return made;
  };

  subscriptions.add(deps.onDidChangeConnection((id) => open.get(id)?.session.refresh()));
  subscriptions.add(
    vscode.window.registerWebviewPanelSerializer(askPanelType, {
      deserializeWebviewPanel: (panel, state) => {
        const kept = v.safeParse(pageStateSchema, state);
        // Whose panel it was is not known, or it is gone: there is nothing to show.
        if (!kept.success || deps.profile(kept.output.connection) === undefined) panel.dispose();
        else void show(kept.output.connection, panel).session.ready;
        return Promise.resolve();
      },
    }),
  );

  const begin = (work: Promise<void>): void => {
    work.catch((error: unknown) => deps.log.warn(`database panel: ${String(error)}`));
  };
  const showRequest = async (request: ShowRequest): Promise<void> => {
    const { session } = show(request.connection);
    await session.ready;
    switch (request.kind) {
      case "ask":
        if (request.about !== undefined) session.add(request.about);
        begin(request.question === undefined ? session.connect() : session.ask(request.question));
        return;
      case "run":
        begin(session.run(session.add(request.sql)));
        return;
      case "explain":
        begin(session.plan(session.add(request.sql)));
    }
  };

  return {
    show: showRequest,
    open: (id, question) =>
      showRequest({ kind: "ask", connection: id, ...(question === undefined ? {} : { question }) }),
    examples: (id) => confirmedPairs(store, id),
    remember: async (id, { question, sql }) => {
      const same = (await store.records(id)).find((one) => one.question === question && one.sql === sql);
      if (same !== undefined) return;
      await store.put(id, {
        ...{ id: randomUUID(), at: Date.now(), question, sql, explanation: "", effect: "read", confidence: null },
        ...{ isCorrected: false, tables: [], columns: [], assumptions: [], attempts: [] },
        ...{ isFavourite: false, isConfirmed: false },
      });
    },
    forget: async (id) => {
      open.get(id)?.panel.dispose();
      await store.forget(id);
    },
    erase: async () => {
      for (const { session } of open.values()) session.erase();
      await store.erase();
    },
    dispose: () => {
      for (const { panel } of [...open.values()]) panel.dispose();
      subscriptions.dispose();
    },
  };
}
