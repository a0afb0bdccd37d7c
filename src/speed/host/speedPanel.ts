import * as vscode from "vscode";
import type { MessageConnection } from "vscode-jsonrpc/node";
import type { Logger } from "../../platform/core/logger";
import { RpcPeer } from "../../platform/core/rpc";
import { DeskPanel, type PageLine } from "../../platform/host/deskPanel";
import { speedHostContract, speedPageContract } from "../core/speedContract";
import { speedHtml } from "../core/speedHtml";
import { speedTexts } from "../core/speedTexts";
import type { SpeedDesk } from "../node/speedDesk";

export const panelType = "paddock.speed";
const done = {};

export interface SpeedPanelDeps {
  readonly extensionUri: vscode.Uri;
  readonly desk: SpeedDesk;
  readonly exportResults: () => Promise<void>;
  readonly importResults: () => Promise<void>;
  readonly clearHistory: () => Promise<void>;
  readonly log: Logger;
}

/** The speed panel in the editor area. */
export function speedPanel(panel: vscode.WebviewPanel, deps: SpeedPanelDeps, closed: () => void): DeskPanel {
  const { extensionUri, desk } = deps;
  const texts = speedTexts(vscode.l10n);
  return new DeskPanel(
    panel,
    {
      ...{ extensionUri, desk, title: texts.title, script: "speed", viewEvery: 100 },
      html: (parts) => speedHtml({ ...parts, texts }),
      connect: (connection) => answer(connection, deps),
    },
    closed,
  );
}

function answer(
  connection: MessageConnection,
  { desk, log, exportResults, importResults, clearHistory }: SpeedPanelDeps,
): PageLine {
  const peer = new RpcPeer(connection, speedHostContract, speedPageContract, (problem) =>
    log.warn(`speed view: ${problem}`),
  );
  /** What takes long is not waited for: it tells of itself in views. */
  const begin = (work: Promise<unknown>): typeof done => {
    work.catch((error: unknown) => desk.fail(error));
    return done;
  };
  peer.listen(
    {
      ready: () => desk.view(),
      benchmark: (request) => begin(desk.benchmark(request)),
      resume: () => begin(desk.resume()),
      cancel: () => begin(desk.cancel()),
      probe: () => begin(desk.probe()),
      explain: ({ file }) => begin(desk.explain(file)),
      tune: (request) => begin(desk.tune(request)),
      applyTuning: ({ offer }) => begin(desk.applyTuning(offer)),
      undoTuning: ({ id }) => begin(desk.undoTuning(id)),
      exportResults: () => begin(exportResults()),
      importResults: () => begin(importResults()),
      clearHistory: () => begin(clearHistory()),
      dismiss: () => {
        desk.dismiss();
        return done;
      },
    },
    { problem: ({ message }) => log.warn(`speed page: ${message}`) },
  );
  return {
    sendView: () => peer.notify("view", desk.view()),
    announce: (text) => peer.notify("announce", { text }),
    dispose: () => peer.dispose(),
  };
}
